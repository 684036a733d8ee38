"""Conditions: what is trained before the target task, and on which languages of it; one declaration each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from study_utils.catalog.languages import LANGUAGES
from study_utils.catalog.schema import Task
from study_utils.catalog.tasks import TASKS
from study_utils.errors import CatalogError, unknown


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One intermediate stage: its tasks are mixed in proportion to their training examples, one head each.

    Attributes
    ----------
    tasks : tuple of str
        Keys of its tasks.
    cap : int or None
        Training examples that a task counts for at most: a larger one gives so many to each epoch, other ones every
        time until all have had their turn.
    text : bool
        Whether plain text of many languages is mixed in (`MLM`); which, a study says (`intermediate.mlm_text`).
    """

    tasks: tuple[str, ...]
    cap: int | None = None
    text: bool = False

    def __post_init__(self) -> None:
        if not self.tasks and not self.text:
            raise CatalogError("an intermediate stage needs at least one task")
        if self.cap is not None and self.cap < 1:
            raise CatalogError(f"cap {self.cap} of an intermediate stage is below 1")
        for key in self.tasks:
            if key not in TASKS:
                raise CatalogError(unknown("task", key, TASKS, where="stage"))
            if not TASKS[key].is_trained:
                raise CatalogError(f"task {key!r} has no training rows: it cannot be an intermediate task")
            if TASKS[key].is_text:
                raise CatalogError(
                    f"task {key!r} is plain text: name it as intermediate.mlm_text and the condition as "
                    f"'<condition>{MLM}', which mixes it in"
                )


MLM = "+mlm"
"""End of a condition's key that says: with masked-language modelling of many languages mixed into its last stage."""


REGIMES = ("english", "in_language", "multilingual", "multilingual_sequential", "few_shot")
"""Whose training rows of the target task fine-tune the encoder.

english
    Those in the target's source language only, English unless the target says otherwise: scores in every other
    language are zero-shot.
in_language
    Those of the scored language itself, a run for each. Its own validation rows choose the epoch if they are declared,
    else the source's.
multilingual
    The source's and those of all other scored languages that have some, mixed: together as many rows as `english` has,
    shared evenly.
multilingual_sequential
    The same rows, the source's first, then the others.
few_shot
    The source's first, then a few of the scored language itself, a run for each; the head is kept.

Rows of the source language choose the epoch in all but `in_language`, and few shots end with the last one: the source
would choose the epoch that has changed least. In the source language itself, the runs of `in_language` and `few_shot`
are those of `english`.
"""

ONE_BY_ONE = ("in_language", "few_shot")
"""Regimes with a training run for each language."""


@dataclass(frozen=True, kw_only=True)
class Condition:
    """A recipe: intermediate stages in order, then fine-tuning on the target task under a regime.

    Attributes
    ----------
    key, title : str
        Key in parameters and results; title in figures.
    stages : tuple of Stage
        Empty for the baseline `none`.
    regime : str
        One of `REGIMES`; fine-tuning in the source language if left out.
    reason : str
        What the condition is there to show.
    """

    key: str
    title: str
    stages: tuple[Stage, ...] = ()
    regime: str = "english"
    reason: str

    def __post_init__(self) -> None:
        if self.regime not in REGIMES:
            raise CatalogError(unknown("regime", self.regime, REGIMES, where=f"condition {self.key}"))

    @property
    def tasks(self) -> tuple[str, ...]:
        """Keys of all intermediate tasks, in the order of the stages, without the text that a study mixes in."""
        return tuple(key for stage in self.stages for key in stage.tasks)

    @property
    def has_text(self) -> bool:
        """Whether plain text of many languages is mixed into a stage."""
        return any(stage.text for stage in self.stages)

    def may_have_seen(self, language: str) -> bool:
        """Whether the recipe can train in a language: then a score in it must not be taken for zero-shot unchecked."""
        if self.has_text or self.regime != "english":
            return True
        return any(language in TASKS[key].training_languages for key in self.tasks)


BASELINE = "none"


_REASONS = {
    "mnli": "Inference over sentence pairs; the training data of XNLI itself.",
    "snli": "Inference over sentence pairs from another domain (image captions).",
    "anli": "Inference written to defeat models.",
    "qqp": "Paraphrase of questions.",
    "squad1": "Answers in a passage; the training data of XQuAD and MLQA itself.",
    "squad2": "Answers in a passage, or none.",
    "hellaswag": "The likely continuation of a text.",
    "cosmosqa": "Commonsense over a narrative.",
    "commonsenseqa": "Commonsense without a text.",
    "social_iqa": "Commonsense about people; the first half of XCOPA's own training.",
    "ccg": "Lexical categories: syntax on every word (licensed).",
    "sst2": "Sentiment of single sentences: far from every target here.",
    "imdb": "Sentiment of long reviews.",
    "stsb": "Graded similarity: near to sentence retrieval in what it asks of the encoder.",
    "panx": "Names in Wikipedia, tagged automatically: entities that a small training set has many of.",
    "utterance_domain": "Near to the starter targets: the same commands, other labels.",
    "utterance_match": "Between near and far: the same commands, as pairs.",
    "command_choice": "Near to the starter targets: which command asks for the same?",
    "utterance_similarity": "Between near and far: how much do two commands share?",
    "message_order": "Far from commands: other sentences, another kind of question.",
}

_BOTH = ("command_choice", "utterance_similarity", "panx", "head_qa")
"""Tasks with test rows that are intermediate tasks too."""

_ALL_PUBLIC = ("mnli", "snli", "anli", "qqp", "squad2", "squad1", "hellaswag", "cosmosqa", "commonsenseqa")

_CAP = 2**17
"""Near the size of SQuAD 2.0, the middle of the nine: no inference task drowns the small ones."""


def single(item: Task) -> Condition:
    """Make the condition of one intermediate task, under the task's key."""
    return Condition(key=item.key, title=item.title, stages=(Stage(tasks=(item.key,)),), reason=_reason(item))


def _reason(item: Task) -> str:
    if item.key in _REASONS:
        return _REASONS[item.key]
    if item.training_language != "en":
        return f"The same kind of task in {LANGUAGES[item.training_language].name}: does it have to be English?"
    if item.domain != "general":
        return f"Texts of one domain ({item.domain}), against a general task of the same format and size."
    return "The English or general counterpart of another intermediate task, or one of the user's own."


_DECLARED = (
    Condition(key=BASELINE, title="No intermediate task", reason="English target fine-tuning only."),
    *(
        single(item)
        for item in TASKS.values()
        if item.is_trained and not item.is_text and (not item.languages or item.key in _BOTH)
    ),
    Condition(
        key="mixture",
        title="Mixture of four",
        stages=(Stage(tasks=("mnli", "snli", "sst2", "stsb")),),
        reason="All four intermediate tasks at once, one head each.",
    ),
    Condition(
        key="anli_plus",
        title="ANLI+",
        stages=(Stage(tasks=("snli", "mnli", "anli")),),
        reason="Three inference tasks in proportion to their size (arXiv 2005.13013).",
    ),
    Condition(
        key="all_nine",
        title="All nine",
        stages=(Stage(tasks=(*_ALL_PUBLIC, "ccg"), cap=_CAP),),
        reason="The nine tasks of arXiv 2005.13013 at once (ANLI+ is three of these); CCG needs a licence.",
    ),
    Condition(
        key="all_public",
        title="All nine but CCG",
        stages=(Stage(tasks=_ALL_PUBLIC, cap=_CAP),),
        reason="What public data leaves of the nine tasks of arXiv 2005.13013.",
    ),
    Condition(
        key="small_public",
        title="Four of the nine",
        stages=(Stage(tasks=("mnli", "qqp_sample", "squad1", "commonsenseqa")),),
        reason="Those of the nine tasks of arXiv 2005.13013 that public data has in small copies.",
    ),
    Condition(
        key="starter_mixture",
        title="Mixture of three",
        stages=(Stage(tasks=("command_choice", "utterance_similarity", "message_order")),),
        reason="A near, a middling and a far task of the starter suite at once, one head each: three formats.",
    ),
    Condition(
        key="in_language",
        title="In the language itself",
        regime="in_language",
        reason="Fine-tuning on the scored language's own training rows: what zero-shot transfer is measured against.",
    ),
    *(
        Condition(
            key=f"{key}_in_language",
            title=f"{TASKS[key].title}, then in the language itself",
            stages=(Stage(tasks=(key,)),),
            regime="in_language",
            reason="An English task before fine-tuning in the scored language, against that fine-tuning alone.",
        )
        for key in ("imdb", "sst2", "qqp", "qqp_sample")
    ),
    Condition(
        key="multilingual",
        title="Multilingual, mixed",
        regime="multilingual",
        reason="Direct fine-tuning on all languages at once, with as many rows in all as English fine-tuning has.",
    ),
    Condition(
        key="multilingual_sequential",
        title="Multilingual, English first",
        regime="multilingual_sequential",
        reason="The rows of multilingual fine-tuning, the English ones first: does the order matter?",
    ),
    Condition(
        key="few_shot",
        title="Few shots",
        regime="few_shot",
        reason="English fine-tuning and then a few rows of the scored language: what zero-shot transfer lacks.",
    ),
)

CONDITIONS = {item.key: item for item in _DECLARED}


def add_conditions(tasks: Iterable[Task]) -> None:
    """Enter the condition of each of a user's own tasks that can train, for the rest of this process.

    Raises
    ------
    CatalogError
        If a key is taken by another condition.
    """
    for item in tasks:
        if item.is_trained and not item.is_text and CONDITIONS.setdefault(item.key, new := single(item)) != new:
            raise CatalogError(f"task {item.key!r} needs another key: a condition has this one")


def add_mixtures(mixtures: Mapping[str, Sequence[str]]) -> None:
    """Enter conditions that mix some tasks in one stage, for the rest of this process.

    Parameters
    ----------
    mixtures : mapping of str to sequence of str
        Key of the condition to keys of its tasks, two or more. The same mixture again changes nothing.

    Raises
    ------
    CatalogError
        If a key is no plain word or is taken, or a task is unknown, named twice or not trainable. Nothing is entered
        then.
    """
    new = {}
    for key, tasks in mixtures.items():
        where = f"mixture {key!r}"
        if not re.fullmatch(r"[A-Za-z]\w*", key, flags=re.ASCII):
            raise CatalogError(f"{where}: a key is a letter, then letters, digits and underscores")
        if unknowns := [name for name in tasks if name not in TASKS]:
            raise CatalogError(unknown("task", unknowns[0], TASKS, where=where))
        if len(set(tasks)) < max(2, len(tasks)):
            raise CatalogError(f"{where} needs two tasks or more, each named once; it has {', '.join(tasks) or 'none'}")
        item = Condition(
            key=key,
            title=_mixture_title(key, tasks),
            stages=(Stage(tasks=tuple(tasks)),),
            reason="A mixture of the study's own: its tasks at once, one head each.",
        )
        if CONDITIONS.get(key, item) != item or key in TASKS:
            raise CatalogError(f"{where} needs another key: a condition or a task has this one")
        new[key] = item
    CONDITIONS.update(new)


def _mixture_title(key: str, tasks: Sequence[str]) -> str:
    """Titles of the tasks; of more than three the key, which fits into sentences and figures."""
    if len(tasks) <= 3:
        return " + ".join(TASKS[name].title for name in tasks)
    return f"{key[0].upper()}{key[1:].replace('_', ' ')} ({len(tasks)} tasks)"


def condition(key: str) -> Condition:
    """Look a condition up by its key; one that ends in `MLM` is made from the condition before it.

    Raises
    ------
    CatalogError
        If the key is unknown, with the nearest keys.
    """
    base = key.removesuffix(MLM)
    if base not in CONDITIONS:
        known = [*CONDITIONS, *(f"{name}{MLM}" for name in CONDITIONS)] if "+" in key else CONDITIONS
        raise CatalogError(unknown("condition", key, known))
    return CONDITIONS[key] if base == key else _with_text(CONDITIONS[base])


def _with_text(item: Condition) -> Condition:
    """Mix text into the last stage of a condition; without a stage, train on the text alone."""
    *before, last = item.stages or (Stage(tasks=(), text=True),)
    title = "MLM alone" if item.key == BASELINE else f"{item.title} + MLM"
    return replace(
        item,
        key=f"{item.key}{MLM}",
        title=title,
        stages=(*before, replace(last, text=True)),
        reason="The same with masked-language modelling of many languages mixed in (arXiv 2005.13013).",
    )


def find_condition(key: str) -> Condition | None:
    """Look a condition up by its key; None if the catalogue has none, as for an arm of a table of one's own."""
    try:
        return condition(str(key))
    except CatalogError:
        return None
