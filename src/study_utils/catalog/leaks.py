"""Which training rows hold test items of a target: combinations that no study may run."""

from __future__ import annotations

from dataclasses import dataclass

from study_utils.catalog.schema import HubRows, Rows, Task


@dataclass(frozen=True, kw_only=True)
class Leak:
    """A published split that holds items of another one.

    Attributes
    ----------
    source, source_split : str
        Data set and split that must not train or select.
    target, target_split : str
        Data set and split whose scores would be wrong.
    reason : str
        What they share.
    """

    source: str
    source_split: str
    target: str
    target_split: str
    reason: str


_XQUAD = "240 paragraphs of SQuAD's development set are those of XQuAD and LAReQA"
_COPA = "XCOPA's development set translates it"

LEAKS = (
    *(
        Leak(source=source, source_split=split, target=target, target_split="validation", reason=_XQUAD)
        for source, split in (
            ("rajpurkar/squad", "validation"),
            ("rajpurkar/squad_v2", "validation"),
            ("derived/squad_reqa_10k", "test"),
        )
        for target in ("google/xquad", "google-research-datasets/xquad_r")
    ),
    *(
        Leak(source=source, source_split=split, target="cambridgeltl/xcopa", target_split="validation", reason=_COPA)
        for source, split in (("aps/super_glue", "validation"), ("pkavumba/balanced-copa", "train"))
    ),
    Leak(
        source="RobZamp/sick",
        source_split="test",
        target="hpprc/jsick",
        target_split="test",
        reason="JSICK translates SICK",
    ),
)


def leak(trained: Task, target: Task) -> str:
    """Say why training or selecting on a task spoils the scores of a target; "" if it doesn't.

    Besides the published overlaps in `LEAKS`, a split that is scored must not train or select in the same config. Rows
    in other languages (`train_in`, `validation_in`) are only read where a target is trained for itself.
    """
    in_others = (trained.train_in, trained.validation_in) if trained.key == target.key else ()
    for rows in (trained.train, trained.validation, *in_others):
        if reason := _leak(rows, target.test):
            return reason
    return ""


def _leak(rows: Rows | None, test: Rows | None) -> str:
    if not (isinstance(rows, HubRows) and isinstance(test, HubRows)):
        return ""
    splits, scored = set(rows.split.split("+")), set(test.split.split("+"))
    for item in LEAKS:
        same = (rows.hub_id, test.hub_id) == (item.source, item.target)
        if same and item.source_split in splits and item.target_split in scored:
            return f"{item.source} {item.source_split}: {item.reason}"
    if rows.hub_id == test.hub_id and splits & scored and _cells(rows) & _cells(test):
        return f"{rows.hub_id} {rows.split}: the same rows are scored"
    return ""


def _cells(rows: HubRows) -> set[tuple[str, str]]:
    """Configs that are read, with the language where a config holds several."""
    return {
        (config, language if rows.select else "") for language in rows.configs for config in rows.configs_of(language)
    }
