"""What a task declaration says: a data set with a format, labels and a metric, and where its rows are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from study_utils.catalog.languages import LANGUAGES
from study_utils.errors import CatalogError, unknown

FORMATS = ("classify", "regress", "choose", "tag", "answer", "retrieve")
SEARCHES = ("neighbour", "mine", "rank")
"""What a retrieve task looks for: the one translation, pairs in two pools, or targets among many candidates."""

METRICS = {
    "classify": ("accuracy", "macro_f1"),
    "regress": ("spearman", "pearson"),
    "choose": ("accuracy",),
    "tag": ("token_accuracy", "span_f1", "legacy_chunk_f1"),
    "answer": (
        *("squad", "squad_em", "squad_f1"),
        *("mlqa", "mlqa_em", "mlqa_f1"),
        *("multilingual", "multilingual_em", "multilingual_f1"),
    ),
    "retrieve": ("accuracy_from_english", "accuracy_to_english", "mining_f1", "mining_f1_oracle", "map_at_20"),
}
"""Metrics that each format produces; definitions in `study_utils.metrics`."""


@dataclass(frozen=True, kw_only=True)
class HubRows:
    """Where rows are on the hub, and in a mirror folder of the same layout.

    Attributes
    ----------
    hub_id, revision : str
        Data set id (always ``namespace/name``) and the commit, tag or branch it is read at.
    split : str
        Split as the hub names it.
    configs : mapping of str to str
        Language code to hub config.
    columns : mapping of str to str
        Field of the format to column of the data set. Fields by format: classify ``text``, ``text_pair``,
        ``label``; regress ``text``, ``text_pair``, ``label``; tag ``tokens``, ``tags``; retrieve ``text``,
        ``translation``; and ``id`` where the data set has ids (else the row number).
    unlabelled : tuple
        Label values that mean "no gold label": such rows are dropped and counted.
    """

    hub_id: str
    revision: str
    split: str
    configs: Mapping[str, str]
    columns: Mapping[str, str]
    unlabelled: tuple[object, ...] = ()


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


Rows = HubRows | StarterRows


@dataclass(frozen=True, kw_only=True)
class Task:
    """A data set with a format, labels and a metric.

    Attributes
    ----------
    key, title : str
        Key in parameters and results; title in figures.
    format : {"classify", "regress", "choose", "tag", "answer", "retrieve"}
        What the model does with a row.
    labels : tuple of str
        Label or tag names in the order of the output units. Rows carry names, never numbers.
    metric : str
        Primary metric, one of `METRICS` of its format.
    train, validation : HubRows, StarterRows or None
        English rows that train and select. None: never trained on (retrieval).
    test : HubRows, StarterRows or None
        Rows of every language that is scored. None: an intermediate task only.
    chance : float
        Score of guessing, as a fraction.
    value_range : tuple of float or None
        Lowest and highest gold value of a regress task.
    search : {"neighbour", "mine", "rank"}
        What a retrieve task looks for; no meaning in other formats.
    unanswerable : bool
        Whether questions of an answer task may have no answer in their text.
    same_data : tuple of str
        Tasks made from the same training data with the same labels (MNLI and XNLI): a pair of them is flagged in
        results and left out of averages that compare tasks.
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
    chance: float = 0.0
    value_range: tuple[float, float] | None = None
    search: str = "neighbour"
    unanswerable: bool = False
    same_data: tuple[str, ...] = field(default=())
    licence: str
    citation: str
    note: str = ""

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise CatalogError(unknown("format", self.format, FORMATS, where=f"task {self.key}"))
        if self.metric not in METRICS[self.format]:
            raise CatalogError(unknown("metric", self.metric, METRICS[self.format], where=f"task {self.key}"))
        if (self.format in ("classify", "tag")) != bool(self.labels):
            raise CatalogError(f"task {self.key}: format {self.format} and labels {self.labels!r} do not fit")
        if (self.format == "regress") != (self.value_range is not None):
            raise CatalogError(f"task {self.key}: only a regress task has a value_range, and it must have one")
        if self.search not in SEARCHES:
            raise CatalogError(unknown("search", self.search, SEARCHES, where=f"task {self.key}"))
        if (self.train is None) != (self.validation is None):
            raise CatalogError(f"task {self.key}: training rows need English validation rows, and the reverse")
        if self.train is None and self.test is None:
            raise CatalogError(f"task {self.key} has neither training nor test rows")
        for rows in (self.train, self.validation):
            if rows is not None and row_languages(rows) != ("en",):
                raise CatalogError(f"task {self.key}: training and selection rows must be English only")
        if self.test is not None and (bad := set(row_languages(self.test)) - set(LANGUAGES)):
            raise CatalogError(f"task {self.key}: languages {sorted(bad)} are not in languages.csv")

    @property
    def shape(self) -> str:
        """What its rows look like: the format, and for retrieval what is looked for."""
        return f"retrieve-{self.search}" if self.format == "retrieve" else self.format

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages that the task can score."""
        return row_languages(self.test) if self.test is not None else ()

    @property
    def is_trained(self) -> bool:
        """Whether the task has training rows."""
        return self.train is not None


def row_languages(rows: Rows) -> tuple[str, ...]:
    """Languages that a row source declares."""
    return tuple(rows.configs) if isinstance(rows, HubRows) else rows.languages
