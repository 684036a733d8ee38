"""Answers as spans of a passage."""

from __future__ import annotations

from study_utils.catalog.hub.shared import (
    LOCAL,
    MAIN,
    SQUAD,
    SQUAD_FAMILY,
    SQUAD_NOTE,
    UNPINNED,
    derived,
    english,
    every,
    others,
    squad,
)
from study_utils.catalog.schema import HeldOut, HubRows, Select, Task

_SQUAD2 = "3ffb306f725f7d2ce8394bc1873b24868140c412"
_TYDIQA = "da78f23f9119363459acbaf46bf89426ff26c259"
_XQUAD = "51adfef1c1287aab1d2d91b5bead9bcfb9c68583"
_XQUAD_CODES = "en ar de el es hi ro ru th tr vi zh".split()
_MLQA_TEST_ROWS = dict(en=11590, ar=5335, de=4517, es=5253, hi=4918, vi=5495, zh=5137)
_MLQA_DEV_ROWS = dict(en=1148, ar=517, de=512, es=500, hi=507, vi=511, zh=504)

TYDIQA_NAMES = {
    **dict(en="english", ar="arabic", bn="bengali", fi="finnish", id="indonesian", ko="korean", ru="russian"),
    **dict(sw="swahili", te="telugu"),
}
_TYDIQA_DEV_ROWS = dict(en=440, ar=921, bn=113, fi=782, id=565, ko=276, ru=812, sw=499, te=669)
_TYDIQA_TRAIN_ROWS = dict(en=3696, ko=1625, sw=2755)


def tydiqa(split: str, languages: list[str], held: bool | None = None) -> HubRows:
    """Rows of TyDiQA-GoldP: one config for all languages, told apart by the beginning of the id."""
    sizes = _TYDIQA_TRAIN_ROWS if split == "train" else _TYDIQA_DEV_ROWS
    return HubRows(
        hub_id="google-research-datasets/tydiqa",
        revision=_TYDIQA,
        split=split,
        configs=dict.fromkeys(languages, "secondary_task"),
        columns=SQUAD,
        select=Select(column="id", by_language={code: f"{TYDIQA_NAMES[code]}-" for code in languages}, prefix=True),
        held_out=None if held is None else HeldOut(held=held, by="context"),
        expected={code: sizes[code] for code in languages if code in sizes},
    )


def _squad2(held: bool) -> HubRows:
    return english(
        "rajpurkar/squad_v2",
        "train",
        SQUAD,
        config="squad_v2",
        revision=_SQUAD2,
        rows=130319,
        held_out=HeldOut(held=held, by="context", share=0.05),
    )


_MLQA = dict(
    format="answer",
    metric="mlqa",
    test_length=384,
    train=squad(held=False),
    validation=squad(held=True),
    licence="CC BY-SA 3.0",
    citation="Lewis et al. 2020, arXiv 1910.07475",
)

QUESTION_TASKS = (
    Task(
        key="xquad",
        title="XQuAD",
        format="answer",
        metric="squad",
        test_length=384,
        train=squad(held=False),
        validation=squad(held=True),
        test=HubRows(
            hub_id="google/xquad",
            revision=_XQUAD,
            split="validation",
            configs={code: f"xquad.{code}" for code in _XQUAD_CODES},
            columns=SQUAD,
            expected=every(_XQUAD_CODES, 1190),
        ),
        same_data=others(SQUAD_FAMILY, "xquad"),
        licence="CC BY-SA 4.0",
        citation="Artetxe et al. 2020, arXiv 1910.11856",
        note=f"Trained on SQuAD 1.1. {SQUAD_NOTE}",
    ),
    Task(
        key="mlqa",
        title="MLQA",
        test=HubRows(
            hub_id="google/xtreme",
            revision=MAIN,
            split="test",
            configs={code: f"MLQA.{code}.{code}" for code in _MLQA_TEST_ROWS},
            columns=SQUAD,
            expected=_MLQA_TEST_ROWS,
        ),
        same_data=others(SQUAD_FAMILY, "mlqa"),
        note=f"Trained on SQuAD 1.1; question and passage in one language. {SQUAD_NOTE} {UNPINNED}",
        **_MLQA,
    ),
    Task(
        key="mlqa_dev",
        title="MLQA (development)",
        test=HubRows(
            hub_id="facebook/mlqa",
            revision=LOCAL,
            split="validation",
            configs={code: f"mlqa.{code}.{code}" for code in _MLQA_DEV_ROWS},
            columns=SQUAD,
            expected=_MLQA_DEV_ROWS,
            not_on_hub="its hub copy is a loading script without data; write the rows of the MLQA release as parquet",
        ),
        same_data=others(SQUAD_FAMILY, "mlqa_dev"),
        note=f"MLQA's development set, for copies without the test set; it never selects. {SQUAD_NOTE}",
        **_MLQA,
    ),
    Task(
        key="tydiqa",
        title="TyDiQA-GoldP",
        format="answer",
        metric="squad",
        test_length=384,
        train=tydiqa("train", ["en"], held=False),
        validation=tydiqa("train", ["en"], held=True),
        test=tydiqa("validation", list(TYDIQA_NAMES)),
        train_in=tydiqa("train", list(TYDIQA_NAMES)[1:], held=False),
        validation_in=tydiqa("train", list(TYDIQA_NAMES)[1:], held=True),
        licence="Apache-2.0",
        citation="Clark et al. 2020, arXiv 2003.05002",
        note=(
            "Scored on its development set (the test set isn't public); selects on passages held out of the English "
            "training rows. A copy whose answers are empty, as XTREME's prepared files can have them, is refused."
        ),
    ),
    Task(
        key="squad1",
        title="SQuAD 1.1",
        format="answer",
        metric="squad",
        train=squad(held=False),
        validation=squad(held=True),
        same_data=others(SQUAD_FAMILY, "squad1"),
        licence="CC BY-SA 4.0",
        citation="Rajpurkar et al. 2016, arXiv 1606.05250",
        note=SQUAD_NOTE,
    ),
    Task(
        key="squad2",
        title="SQuAD 2.0",
        format="answer",
        metric="squad",
        train=_squad2(held=False),
        validation=_squad2(held=True),
        unanswerable=True,
        same_data=others(SQUAD_FAMILY, "squad2"),
        licence="CC BY-SA 4.0",
        citation="Rajpurkar et al. 2018, arXiv 1806.03822",
        note=f"Its answerable questions are those of SQuAD 1.1. {SQUAD_NOTE}",
    ),
    Task(
        key="squad2_rest",
        title="SQuAD 2.0, development paragraphs outside XQuAD",
        format="answer",
        metric="squad",
        train=derived("squad_dev_minus_xquad", "train", SQUAD, config="v2", rows=8758),
        validation=derived("squad_dev_minus_xquad", "validation", SQUAD, config="v2", rows=1416),
        unanswerable=True,
        same_data=others(SQUAD_FAMILY, "squad2_rest"),
        licence="CC BY-SA 4.0",
        citation="Rajpurkar et al. 2018, arXiv 1806.03822",
        note="For copies without the training set: free of XQuAD's paragraphs, but from the same articles.",
    ),
)
