"""Intermediate tasks in other languages than English, and their English counterparts.

All are intermediate only: runs that begin with them have seen their language, so it is no longer zero-shot.
"""

from __future__ import annotations

from collections.abc import Mapping

from study_utils.catalog.hub.question_tasks import TYDIQA_NAMES, tydiqa
from study_utils.catalog.hub.shared import (
    FROM_PARQUET,
    FROM_SCRIPT,
    LOCAL,
    MAIN,
    NLI,
    PARQUET,
    PREMISE_HYPOTHESIS,
    SENTENCES,
    SICK_FAMILY,
    STSB_CODES,
    STSB_FAMILY,
    UNPINNED,
    XNLI_CODES,
    XNLI_FAMILY,
    english,
    others,
)
from study_utils.catalog.languages import LANGUAGES
from study_utils.catalog.schema import HeldOut, HubRows, Task


def _rows(
    hub_id: str,
    split: str,
    language: str,
    config: str,
    columns: Mapping[str, str],
    *,
    revision: str = MAIN,
    rows: int | None = None,
    **more: object,
) -> HubRows:
    return HubRows(
        hub_id=hub_id,
        revision=revision,
        split=split,
        configs={language: config},
        columns=columns,
        expected={language: rows} if rows else {},
        **more,
    )


def _nli(key: str, title: str, language: str, train: HubRows, validation: HubRows, **more: object) -> Task:
    return Task(
        key=key,
        title=title,
        format="classify",
        labels=NLI,
        metric="accuracy",
        train=train,
        validation=validation,
        training_language=language,
        chance=1 / 3,
        **more,
    )


def _xnli_pairs(code: str) -> Task:
    train, validation = (
        _rows(
            "facebook/xnli",
            "validation",
            code,
            code,
            PREMISE_HYPOTHESIS,
            revision="b8dd5d7af51114dbda02c0e3f6133f332186418e",
            rows=2490,
            held_out=HeldOut(held=held, block=3, share=0.2),
        )
        for held in (False, True)
    )
    return _nli(
        f"xnli_pairs_{code}",
        f"XNLI pairs, {LANGUAGES[code].name}",
        code,
        train,
        validation,
        same_data=others(XNLI_FAMILY, f"xnli_pairs_{code}"),
        licence="CC BY-NC 4.0",
        citation="Conneau et al. 2018, arXiv 1809.05053",
        note=(
            "The same 2,490 development pairs in 15 languages, every fifth premise held out to select: a small, "
            "controlled comparison. The target XNLI selects on the English ones."
        ),
    )


def _stsb(code: str) -> Task:
    columns = {**SENTENCES, "label": "similarity_score"}
    train, validation = (
        _rows(
            "PhilipMay/stsb_multi_mt",
            split,
            code,
            code,
            columns,
            revision="93d57ef91790589e3ce9c365164337a8a78b7632",
            rows=rows,
        )
        for split, rows in (("train", 5749), ("dev", 1500))
    )
    return Task(
        key=f"stsb_{code}",
        title=f"STS-B, {LANGUAGES[code].name}",
        format="regress",
        metric="spearman",
        train=train,
        validation=validation,
        training_language=code,
        value_range=(0.0, 5.0),
        same_data=others(STSB_FAMILY, f"stsb_{code}"),
        licence="CC BY-SA 4.0",
        citation="Philip May 2021, github.com/PhilipMay/stsb-multi-mt",
        note="STS-B by machine translation, item by item.",
    )


def _tydiqa(code: str) -> Task:
    return Task(
        key=f"tydiqa_{code}",
        title=f"TyDiQA-GoldP, {LANGUAGES[code].name}",
        format="answer",
        metric="squad",
        train=tydiqa("train", [code], held=False),
        validation=tydiqa("train", [code], held=True),
        training_language=code,
        licence="Apache-2.0",
        citation="Clark et al. 2020, arXiv 2003.05002",
        note="Selects on passages held out of its training rows.",
    )


def _jsick(held: bool) -> HubRows:
    columns = {"id": "id", **PREMISE_HYPOTHESIS}
    return _rows(
        "hpprc/jsick",
        "train",
        "ja",
        "base",
        columns,
        revision=LOCAL,
        rows=4500,
        held_out=HeldOut(held=held, by="premise"),
        not_on_hub=FROM_SCRIPT,
    )


def _sick(split: str) -> HubRows:
    columns = {"id": "id", "text": "sentence_A", "text_pair": "sentence_B", "label": "label"}
    return english("RobZamp/sick", split, columns, revision=LOCAL, not_on_hub=FROM_SCRIPT)


def _ocnli(split: str, rows: int) -> HubRows:
    return _rows("clue/clue", split, "zh", "ocnli", SENTENCES, rows=rows, unlabelled=(-1,))


def _indonli(split: str, rows: int) -> HubRows:
    return _rows(
        "afaji/indonli",
        split,
        "id",
        "indonli",
        PREMISE_HYPOTHESIS,
        revision=PARQUET,
        rows=rows,
        not_on_hub=FROM_PARQUET,
    )


def _korsts(split: str) -> HubRows:
    columns = {**SENTENCES, "label": "score"}
    return _rows("kakaobrain/kor_nlu", split, "ko", "sts", columns, revision=PARQUET, not_on_hub=FROM_PARQUET)


def _farstail(split: str, rows: int) -> HubRows:
    return _rows(
        "azarijafari/FarsTail",
        split,
        "fa",
        "default",
        PREMISE_HYPOTHESIS,
        revision="7335288588f14e5a687d97fc979194c2abe6f4e7",
        rows=rows,
        labels={"e": "entailment", "n": "neutral", "c": "contradiction"},
    )


OTHER_LANGUAGE_TASKS = (
    *(_xnli_pairs(code) for code in XNLI_CODES),
    *(_stsb(code) for code in STSB_CODES),
    Task(
        key="stsb_ko",
        title="STS-B, Korean",
        format="regress",
        metric="spearman",
        train=_korsts("train"),
        validation=_korsts("validation"),
        training_language="ko",
        value_range=(0.0, 5.0),
        same_data=others(STSB_FAMILY, "stsb_ko"),
        licence="CC BY-SA 4.0",
        citation="Ham et al. 2020, arXiv 2004.03289",
        note=(
            "KorSTS: STS-B in Korean, item by item. Not confirmed: its number of rows (5,703 and 1,471 on the hub, "
            "which leaves malformed rows out; 5,749 and 1,500 in the original files)."
        ),
    ),
    _nli(
        "ocnli",
        "OCNLI (Chinese)",
        "zh",
        _ocnli("train", 50437),
        _ocnli("validation", 2950),
        licence="CC BY-NC 2.0",
        citation="Hu et al. 2020, arXiv 2010.05444",
        note=f"Written in Chinese. {UNPINNED}",
    ),
    _nli(
        "indonli",
        "IndoNLI (Indonesian)",
        "id",
        _indonli("train", 10330),
        _indonli("validation", 2197),
        licence="CC BY-SA 4.0",
        citation="Mahendra et al. 2021, arXiv 2110.14566",
        note="Written in Indonesian.",
    ),
    _nli(
        "farstail",
        "FarsTail (Persian)",
        "fa",
        _farstail("train", 7266),
        _farstail("validation", 1537),
        licence="Apache-2.0",
        citation="Amirkhani et al. 2020, arXiv 2009.08820",
        note="Written in Persian; labels are the letters e, n and c.",
    ),
    _nli(
        "jsick",
        "JSICK (Japanese)",
        "ja",
        _jsick(held=False),
        _jsick(held=True),
        same_data=others(SICK_FAMILY, "jsick"),
        licence="CC BY 4.0",
        citation="Yanaka and Mineshima 2022, arXiv 2208.04826",
        note=(
            "SICK in Japanese, item by item; selects on premises held out of its training rows. Not confirmed: the "
            "columns of the hub's copy."
        ),
    ),
    _nli(
        "sick",
        "SICK",
        "en",
        _sick("train"),
        _sick("validation"),
        same_data=others(SICK_FAMILY, "sick"),
        licence="CC BY-NC-SA 3.0",
        citation="Marelli et al. 2014",
        note=(
            "English counterpart of JSICK. Not confirmed: its number of rows (4,439 and 495 on the hub, 4,500 and 500 "
            "in the files of SemEval)."
        ),
    ),
    *(_tydiqa(code) for code in TYDIQA_NAMES if code != "en"),
)
