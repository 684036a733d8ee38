"""What several declarations share: data sets read by more than one task, label names, and the cut for selection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from study_utils.catalog.schema import HeldOut, HubRows

MAIN = "main"
PARQUET = "refs/convert/parquet"
"""Branch that the hub makes of data sets whose own branch is a loading script, which `datasets` no longer runs."""

UNPINNED = "Not confirmed: a commit to pin, so its branch is read."
"""Note of a task whose data set is read at a branch: fetch a mirror once, and the digest in a run's id pins it."""

FROM_PARQUET = (
    "its main branch is a loading script, which `datasets` no longer runs, and its parquet branch has no card: fetch "
    f"that branch (hf download --repo-type dataset --revision {PARQUET}) and name its files under `configs:` in a "
    "README.md"
)
"""Why the hub can't be read directly, and what to do: several configs, and files only on the parquet branch."""

FROM_SCRIPT = (
    "its main branch is a loading script, which `datasets` no longer runs: write its rows as parquet, with the columns "
    "it declares, beside a README.md that names the files under `configs:`"
)
"""The same where no parquet branch is known either."""

LOCAL = "local"
"""Revision of data sets that only a mirror has: their content is pinned by the digest."""

NLI = ("entailment", "neutral", "contradiction")
PREMISE_HYPOTHESIS = {"text": "premise", "text_pair": "hypothesis", "label": "label"}
SENTENCES = {"text": "sentence1", "text_pair": "sentence2", "label": "label"}
SQUAD = {
    **dict(id="id", text="context", question="question"),
    **dict(answers="answers.text", starts="answers.answer_start"),
}

# Commits that public code reads with the parquet files of today (looked up in stored copies of that code).
_GLUE = "bcdcba79d07bc864c1c254ccfcedcce55bcc9a8c"
_SQUAD = "7b6d24c440a36b6815f21b70d25016731768db1f"

SICK_FAMILY = ("sick", "sick_relatedness", "jsick")

DERIVED = "it is cut from published data and has no hub data set: copy its folder into the mirror"


def every(languages: Iterable[str], rows: int) -> dict[str, int]:
    """Give the same number of rows to every language."""
    return dict.fromkeys(languages, rows)


def glue(config: str, split: str, columns: Mapping[str, str], rows: int) -> HubRows:
    """Rows of a GLUE task."""
    return HubRows(
        hub_id="nyu-mll/glue",
        revision=_GLUE,
        split=split,
        configs={"en": config},
        columns=columns,
        expected={"en": rows},
    )


def english(
    hub_id: str,
    split: str,
    columns: Mapping[str, str | tuple[str, ...]],
    *,
    config: str = "default",
    revision: str = MAIN,
    rows: int | None = None,
    **more: object,
) -> HubRows:
    """English rows of one config."""
    return HubRows(
        hub_id=hub_id,
        revision=revision,
        split=split,
        configs={"en": config},
        columns=columns,
        expected={"en": rows} if rows else {},
        **more,
    )


def derived(
    name: str, split: str, columns: Mapping[str, str | tuple[str, ...]], *, config: str = "default", **more: object
) -> HubRows:
    """English rows of a data set that is cut from published ones and is in a mirror only."""
    return english(f"derived/{name}", split, columns, config=config, revision=LOCAL, **{"not_on_hub": DERIVED, **more})


def squad(held: bool) -> HubRows:
    """Training rows of SQuAD 1.1, or the part of them that selects.

    Its development set never trains nor selects: 240 of its paragraphs are XQuAD and LAReQA.
    """
    return english(
        "rajpurkar/squad",
        "train",
        SQUAD,
        config="plain_text",
        revision=_SQUAD,
        rows=87599,
        held_out=HeldOut(held=held, by="context", share=0.05),
    )


SQUAD_NOTE = (
    "Selects on passages held out of the training rows: the development set holds the paragraphs of XQuAD and LAReQA."
)
SQUAD_FAMILY = ("squad1", "squad2", "squad2_rest", "xquad", "mlqa", "mlqa_dev")
STSB_CODES = tuple("de es fr it ja nl pl pt ru zh".split())
STSB_FAMILY = ("stsb", "stsb_multi", *(f"stsb_{code}" for code in STSB_CODES), "stsb_ko")
XNLI_CODES = tuple("en ar bg de el es fr hi ru sw th tr ur vi zh".split())
XNLI_FAMILY = ("xnli", "mnli", *(f"xnli_pairs_{code}" for code in XNLI_CODES))
XCOPA_FAMILY = ("xcopa", "social_iqa", "copa")


def others(family: Iterable[str], key: str) -> tuple[str, ...]:
    """Keys of a family of tasks from the same data, without this one."""
    return tuple(name for name in family if name != key)
