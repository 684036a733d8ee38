"""What a task declaration says: a data set with a format, labels and a metric, and where its rows are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from study_utils.catalog.formats import FORMATS
from study_utils.catalog.languages import LANGUAGES
from study_utils.catalog.retrieval import Retrieval
from study_utils.errors import CatalogError, unknown

DOMAINS = ("general", "scientific", "biomedical", "legal")

KEY = r"^[a-z][a-z0-9_]{0,59}$"
"""What the key of a task or condition of one's own may be: it names runs, files and columns."""

KEY_RULE = "a key is 1 to 60 small letters, digits and _, and begins with a letter, such as my_task"

ROLES = ("train", "validation", "train_in", "validation_in", "test")
"""Fields of a task that hold rows."""

_MIXED_CONFIGS = {("google/xtreme", "udpos."): "they mix in ancient and other languages (Greek, Chinese, French, ...)"}
"""Configs that hold something else than their name says; source: `xtreme.py` in huggingface/datasets, UdposParser."""


@dataclass(frozen=True, kw_only=True)
class Select:
    """Which rows of a config are in a language, where one config holds several.

    Attributes
    ----------
    column : str
        Column that tells the language.
    by_language : mapping of str to str
        Language code to the column's value.
    prefix : bool
        Whether the column only begins with the value (TyDiQA: the id ``arabic-...``).
    """

    column: str
    by_language: Mapping[str, str]
    prefix: bool = False


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """Cut a split in two where a data set has no split to select on.

    A row is held out if the SHA-256 of its key, read as a fraction of the largest, is below `share`: rows with the same
    key stay together, and neither order nor number of the rows matters.

    Attributes
    ----------
    held : bool
        Whether these rows are the part held out (for selection) or the rest (for training).
    by : str
        Column whose value is the key (a passage, so that its questions stay together). Empty: the row number.
    block : int
        With row numbers: so many rows in a row share a key.
    share : float
        Share of keys held out.
    """

    held: bool
    by: str = ""
    block: int = 1
    share: float = 0.1


@dataclass(frozen=True, kw_only=True)
class TableRows:
    """How columns become rows; what `HubRows` and `FolderRows` share.

    Attributes
    ----------
    columns : mapping of str to str or tuple of str
        Field to column; a nested column is dotted (``answers.text``). Fields by shape of the task: classify and regress
        ``text``, ``text_pair``, ``label``; choose ``text``, ``question``, ``choices`` (one list column, or one column
        a choice), ``label``; tag ``tokens``, ``tags``; answer ``question``, ``text``, ``answers``, ``starts``;
        neighbour ``text``, ``translation``; mine and rank as in `study_utils.data.pools`; mask ``text``. ``id``
        everywhere where the data set has ids (else the row number).
    labels : mapping
        Value of the label (or tag) column, or its class name, to label of the task; for choose, to the position of the
        right choice, counted from 0. Values that are not named are labels already.
    other : str
        Label of every tag that is neither a label of the task nor in `labels`. Empty: such a tag is an error.
    questions : mapping of str to str
        Value of the question column to the question in words.
    unlabelled : tuple
        Values that mean "no gold label": such rows are dropped and counted.
    without : tuple of str
        Ids of rows that the published data has wrong (an empty text): dropped and counted.
    leave_out : mapping of str to tuple
        Column to values: rows that hold one of them there are dropped and counted.
    separator : str
        What separates the cells of a text file; empty: as its kind has it (`study_utils.data.files.Layout`).
    quoting : {"", "none", "minimal"}
        Whether quotation marks hold a cell of a text file together; empty: as its kind has it.
    select : Select or None
        Rule that finds the rows of a language in a config that holds several.
    held_out : HeldOut or None
        Take only one part of the split.
    expected : mapping of str to int
        Language to number of rows of the published split (of the language, with unlabelled rows, before `held_out`),
        as far as known: what `python -m study_utils.data check` compares with. Changes no run.
    """

    columns: Mapping[str, str | tuple[str, ...]]
    labels: Mapping[object, object] = field(default_factory=dict)
    other: str = ""
    questions: Mapping[str, str] = field(default_factory=dict)
    unlabelled: tuple[object, ...] = ()
    without: tuple[str, ...] = ()
    leave_out: Mapping[str, tuple[object, ...]] = field(default_factory=dict)
    separator: str = ""
    quoting: str = ""
    select: Select | None = None
    held_out: HeldOut | None = None
    expected: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class HubRows(TableRows):
    """Where rows are on the hub, and in a mirror folder of the same layout.

    Attributes
    ----------
    hub_id, revision : str
        Data set id (always ``namespace/name``) and the commit, tag or branch it is read at.
    split : str
        Split as the hub names it; several are joined by ``+``.
    configs : mapping of str to str or tuple of str
        Language code to hub config, or configs that are joined in this order (treebanks).
    beside : mapping of str to str
        Name to ``config/split`` of further rows of the same data set that are needed to make rows, where ``{language}``
        stands for the language: ``questions`` (the question field by id), ``english`` and ``foreign`` (pools of a mine
        task), ``candidates`` (of a rank task).
    not_on_hub : str
        Why the hub can't have the rows and how to lay out a copy in the mirror. Empty: the hub has them.
    """

    hub_id: str
    revision: str
    split: str
    configs: Mapping[str, str | tuple[str, ...]]
    beside: Mapping[str, str] = field(default_factory=dict)
    not_on_hub: str = ""

    def __post_init__(self) -> None:
        for (hub_id, start), reason in _MIXED_CONFIGS.items():
            names = [name for code in self.configs for name in self.configs_of(code)]
            if hub_id == self.hub_id and (bad := [name for name in names if name.startswith(start)]):
                raise CatalogError(
                    f"configs {bad} of {hub_id}: {reason}. Use commul/universal_dependencies, one config a treebank."
                )
        if self.select is not None and (missing := set(self.configs) - set(self.select.by_language)):
            raise CatalogError(f"{self.hub_id}: select names no value for the languages {sorted(missing)}")

    def configs_of(self, language: str) -> tuple[str, ...]:
        """Configs that rows of a language are read from, in order."""
        names = self.configs[language]
        return (names,) if isinstance(names, str) else names

    def parts(self, language: str) -> dict[str, tuple[tuple[str, str], ...]]:
        """Config and split of everything that rows of a language need: under "" the rows, then what is beside them."""
        found = {"": tuple((config, name) for config in self.configs_of(language) for name in self.split.split("+"))}
        for name, place in self.beside.items():
            config, _, split = place.replace("{language}", language).rpartition("/")
            found[name] = ((config, split),)
        return found


@dataclass(frozen=True, kw_only=True)
class FolderRows(TableRows):
    """Rows of a user's own files, one or more languages a file.

    Attributes
    ----------
    folder : str
        Folder of the files.
    files : mapping of str to str
        Language code to file in the folder, of any kind that `study_utils.data.files.read_file` reads.
    """

    folder: str
    files: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class StarterRows:
    """Rows made from sentences that installed packages ship (`study_utils.data.starter`).

    Attributes
    ----------
    recipe : str
        Name of the recipe in `study_utils.data.starter.RECIPES`.
    split : {"train", "validation", "test"}
        Splits are by template (or by message), so that no test sentence shares one with a training sentence.
    languages : tuple of str
        Languages that the recipe is asked for.
    """

    recipe: str
    split: str
    languages: tuple[str, ...]


Rows = HubRows | FolderRows | StarterRows


@dataclass(frozen=True, kw_only=True)
class Task:
    """A data set with a format, labels and a metric.

    Attributes
    ----------
    key, title : str
        Key in parameters and results; title in figures.
    format : {"classify", "regress", "choose", "tag", "answer", "retrieve", "mask"}
        What the model does with a row. A mask task is plain text without labels: it is mixed into intermediate stages
        (`study_utils.catalog.conditions.MLM`) and never scored.
    labels : tuple of str
        Label or tag names in the order of the output units. Rows carry names, never numbers.
    metric : str
        Primary metric, one of its format's.
    train, validation : HubRows, FolderRows, StarterRows or None
        Rows in `training_language` that train and select; those of a mask task train in many languages and select in
        `training_language`. None: never trained on (retrieval).
    test : HubRows, FolderRows, StarterRows or None
        Rows of every language that is scored. None: an intermediate task only.
    train_in, validation_in : HubRows, FolderRows, StarterRows or None
        Rows of a target in other languages than `training_language` that train and select under conditions that are not
        zero-shot (`study_utils.catalog.conditions.REGIMES`). A language may have training rows and none to select.
    training_language : str
        Language of the rows that train and select. Of a target it is the source language: scores in every other one are
        zero-shot.
    domain : {"general", "scientific", "biomedical", "legal"}
        What its texts are about.
    chance : float
        Score of guessing, as a fraction.
    value_range : tuple of float or None
        Lowest and highest gold value of a regress task.
    retrieval : Retrieval or None
        How a retrieve task is measured, as its benchmark does; None in other formats.
    unanswerable : bool
        Whether questions of an answer task may have no answer in their text.
    same_data : tuple of str
        Tasks made from the same training data with the same labels (MNLI and XNLI): a pair of them is flagged in
        results and left out of averages that compare tasks.
    beside : tuple of str
        Metrics of its format that tables show beside the primary one.
    test_length : int or None
        Longest test input, in tokens, in the benchmark that the task is of; None: not published.
    licence, citation, note : str
        As the source states them.
    """

    key: str
    title: str
    format: str
    labels: tuple[str, ...] = ()
    metric: str
    train: Rows | None = None
    validation: Rows | None = None
    test: Rows | None = None
    train_in: Rows | None = None
    validation_in: Rows | None = None
    training_language: str = "en"
    domain: str = "general"
    chance: float = 0.0
    value_range: tuple[float, float] | None = None
    retrieval: Retrieval | None = None
    unanswerable: bool = False
    same_data: tuple[str, ...] = field(default=())
    beside: tuple[str, ...] = ()
    test_length: int | None = None
    licence: str
    citation: str
    note: str = ""

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise CatalogError(unknown("format", self.format, FORMATS, where=f"task {self.key}"))
        for name in (self.metric, *self.beside):
            if name not in FORMATS[self.format].metrics:
                raise CatalogError(unknown("metric", name, FORMATS[self.format].metrics, where=f"task {self.key}"))
        if (self.format in ("classify", "tag")) != bool(self.labels):
            wanted = "must name its labels, such as labels: [no, yes]" if not self.labels else "has no labels"
            raise CatalogError(f"task {self.key}: a task of format {self.format} {wanted}")
        if (self.format == "regress") != (self.value_range is not None):
            raise CatalogError(f"task {self.key}: only a regress task has a value_range, and it must have one")
        if self.value_range is not None and not self.value_range[0] < self.value_range[1]:
            raise CatalogError(f"task {self.key}: value_range {self.value_range} is not lowest, then highest")
        if (self.format == "retrieve") != (self.retrieval is not None):
            raise CatalogError(f"task {self.key}: only a retrieve task has a retrieval, and it must have one")
        if (self.train is None) != (self.validation is None):
            raise CatalogError(f"task {self.key}: training rows need validation rows, and the reverse")
        if self.train is None and self.test is None:
            raise CatalogError(f"task {self.key} has neither training nor test rows")
        if self.domain not in DOMAINS:
            raise CatalogError(unknown("domain", self.domain, DOMAINS, where=f"task {self.key}"))
        if self.training_language not in LANGUAGES:
            raise CatalogError(unknown("language", self.training_language, LANGUAGES, where=f"task {self.key}"))
        if self.train is None and self.training_language != "en":
            raise CatalogError(
                f"task {self.key}: training_language {self.training_language!r} is of train and validation, and there "
                "are none: leave it out, or name them"
            )
        for role in ("validation",) if self.is_text else ("train", "validation"):
            if (rows := getattr(self, role)) is None or (found := row_languages(rows)) == (self.training_language,):
                continue
            told = ", ".join(found)
            if len(found) == 1:
                told += f": say training_language: {found[0]} if the task is trained in that language"
                told += f", or train_in: {{{found[0]}: ...}} for such rows beside others" if self.test else ""
            raise CatalogError(
                f"task {self.key}, {role}: training and selection rows must be in its training_language "
                f"{self.training_language!r} only, and these are in {told}"
            )
        if self.is_text and self.test is not None:
            raise CatalogError(f"task {self.key}: text (format mask) is only trained on and has no test rows")
        if bad := {*self.languages, *self.training_languages} - set(LANGUAGES):
            raise CatalogError(f"task {self.key}: languages {sorted(bad)} are not in languages.csv")
        self._check_other_languages()

    def _check_other_languages(self) -> None:
        if self.train_in is None and self.validation_in is None:
            return
        if self.train_in is None or self.train is None or self.test is None:
            raise CatalogError(f"task {self.key}: train_in and validation_in belong to a target with training rows")
        trained = set(row_languages(self.train_in))
        if bad := trained - (set(row_languages(self.test)) - {self.training_language}):
            raise CatalogError(
                f"task {self.key}: train_in has {sorted(bad)}: it may have languages that are scored, and not the "
                f"training_language {self.training_language!r}"
            )
        if self.validation_in is not None and (bad := set(row_languages(self.validation_in)) - trained):
            raise CatalogError(f"task {self.key}: validation_in has {sorted(bad)}, which train_in has not")

    @property
    def shape(self) -> str:
        """What its rows look like: the format, and for retrieval what is looked for."""
        return f"retrieve-{self.retrieval.search}" if self.retrieval else self.format

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages that the task can score."""
        return row_languages(self.test) if self.test is not None else ()

    @property
    def is_text(self) -> bool:
        """Whether its rows are plain text, to be mixed into intermediate stages."""
        return self.format == "mask"

    @property
    def training_languages(self) -> tuple[str, ...]:
        """Languages of its training rows: one, but for plain text."""
        return row_languages(self.train) if self.train is not None else ()

    @property
    def own_languages(self) -> tuple[str, ...]:
        """Languages besides the source in which a target has training rows of its own."""
        return row_languages(self.train_in) if self.train_in is not None else ()

    @property
    def is_trained(self) -> bool:
        """Whether the task has training rows."""
        return self.train is not None


def row_languages(rows: Rows) -> tuple[str, ...]:
    """Languages that a row source declares."""
    if isinstance(rows, StarterRows):
        return rows.languages
    return tuple(rows.configs if isinstance(rows, HubRows) else rows.files)
