"""Conditions: what is trained before the target task, one declaration each."""

from __future__ import annotations

from dataclasses import dataclass

from study_utils.catalog.tasks import TASKS
from study_utils.errors import CatalogError, unknown


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One intermediate stage: its tasks are mixed in proportion to their training examples, one head each."""

    tasks: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.tasks:
            raise CatalogError("an intermediate stage needs at least one task")
        for key in self.tasks:
            if key not in TASKS:
                raise CatalogError(unknown("task", key, TASKS, where="stage"))
            if not TASKS[key].is_trained:
                raise CatalogError(f"task {key!r} has no training rows: it cannot be an intermediate task")


@dataclass(frozen=True, kw_only=True)
class Condition:
    """A recipe: intermediate stages in order, before fine-tuning on the English target task.

    Attributes
    ----------
    key, title : str
        Key in parameters and results; title in figures.
    stages : tuple of Stage
        Empty for the baseline `none`.
    reason : str
        What the condition is there to show.
    """

    key: str
    title: str
    stages: tuple[Stage, ...] = ()
    reason: str

    @property
    def tasks(self) -> tuple[str, ...]:
        """Keys of all intermediate tasks, in the order of the stages."""
        return tuple(key for stage in self.stages for key in stage.tasks)


BASELINE = "none"


def _single(key: str, reason: str) -> Condition:
    return Condition(key=key, title=TASKS[key].title, stages=(Stage(tasks=(key,)),), reason=reason)


_DECLARED = (
    Condition(key=BASELINE, title="No intermediate task", reason="English target fine-tuning only."),
    _single("mnli", "Inference over sentence pairs; the training data of XNLI itself."),
    _single("snli", "Inference over sentence pairs from another domain (image captions)."),
    _single("sst2", "Sentiment of single sentences: far from every target here."),
    _single("stsb", "Graded similarity: near to sentence retrieval in what it asks of the encoder."),
    Condition(
        key="mixture",
        title="Mixture of four",
        stages=(Stage(tasks=("mnli", "snli", "sst2", "stsb")),),
        reason="All four intermediate tasks at once, one head each.",
    ),
    _single("utterance_domain", "Near to the starter targets: the same commands, other labels."),
    _single("utterance_match", "Between near and far: the same commands, as pairs."),
    _single("message_order", "Far from commands: other sentences, another kind of question."),
    Condition(
        key="starter_mixture",
        title="Mixture of three",
        stages=(Stage(tasks=("utterance_domain", "utterance_match", "message_order")),),
        reason="The three intermediate tasks of the starter suite at once, one head each.",
    ),
)

CONDITIONS = {item.key: item for item in _DECLARED}


def condition(key: str) -> Condition:
    """Look a condition up by its key.

    Raises
    ------
    CatalogError
        If the key is unknown, with the nearest keys.
    """
    if key not in CONDITIONS:
        raise CatalogError(unknown("condition", key, CONDITIONS))
    return CONDITIONS[key]
