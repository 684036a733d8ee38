"""Inference, paraphrase and similarity over sentence pairs."""

from __future__ import annotations

from dataclasses import replace

from study_utils.catalog.hub.shared import (
    NLI,
    PREMISE_HYPOTHESIS,
    SENTENCES,
    STSB_CODES,
    STSB_FAMILY,
    XNLI_CODES,
    XNLI_FAMILY,
    derived,
    english,
    every,
    glue,
    others,
)
from study_utils.catalog.schema import HubRows, Task

_XNLI = "b8dd5d7af51114dbda02c0e3f6133f332186418e"
_SNLI = "cdb5c3d5eed6ead6e5a341c8e56e669bb666725b"
_ANLI = "8e4813d81f46d313dac7892e1c28076917cfcdf9"
_PAWSX = "4cd8187c404bda33cb1f62b49b001115862acf37"
_STSB_MULTI = "93d57ef91790589e3ce9c365164337a8a78b7632"
_PAWSX_CODES = "en de es fr ja ko zh".split()
_QUESTIONS = {"text": "question1", "text_pair": "question2", "label": "label"}
_QQP_LABELS = {"not_duplicate": "different", "duplicate": "paraphrase"}


def _xnli(split: str, languages: tuple[str, ...], rows: int) -> HubRows:
    return HubRows(
        hub_id="facebook/xnli",
        revision=_XNLI,
        split=split,
        configs={code: code for code in languages},
        columns=PREMISE_HYPOTHESIS,
        expected=every(languages, rows),
    )


def _snli(split: str, rows: int) -> HubRows:
    return english(
        "stanfordnlp/snli",
        split,
        PREMISE_HYPOTHESIS,
        config="plain_text",
        revision=_SNLI,
        rows=rows,
        unlabelled=(-1,),
    )


def _anli(part: str, rows: int | None) -> HubRows:
    split = "+".join(f"{part}_r{number}" for number in (1, 2, 3))
    return english("facebook/anli", split, PREMISE_HYPOTHESIS, config="plain_text", revision=_ANLI, rows=rows)


def _pawsx(split: str, languages: list[str], rows: int) -> HubRows:
    return HubRows(
        hub_id="google-research-datasets/paws-x",
        revision=_PAWSX,
        split=split,
        configs={code: code for code in languages},
        columns={"id": "id", **SENTENCES},
        labels={"0": "different", "1": "paraphrase"},
        expected=every(languages, rows),
    )


def _stsb_multi(split: str, languages: tuple[str, ...], rows: int) -> HubRows:
    return HubRows(
        hub_id="PhilipMay/stsb_multi_mt",
        revision=_STSB_MULTI,
        split=split,
        configs={code: code for code in languages},
        columns={**SENTENCES, "label": "similarity_score"},
        expected=every(languages, rows),
    )


PAIR_TASKS = (
    Task(
        key="xnli",
        title="XNLI",
        format="classify",
        labels=NLI,
        metric="accuracy",
        test_length=128,
        train=glue("mnli", "train", PREMISE_HYPOTHESIS, 392702),
        validation=_xnli("validation", ("en",), 2490),
        test=_xnli("test", XNLI_CODES, 5010),
        train_in=_xnli("train", XNLI_CODES[1:], 392702),
        validation_in=_xnli("validation", XNLI_CODES[1:], 2490),
        chance=1 / 3,
        same_data=others(XNLI_FAMILY, "xnli"),
        licence="CC BY-NC 4.0",
        citation="Conneau et al. 2018, arXiv 1809.05053",
        note=(
            "Trained on English MNLI; selected on the English development set; test sentences are parallel. Training "
            "rows in other languages are MNLI by machine translation."
        ),
    ),
    Task(
        key="pawsx",
        title="PAWS-X",
        format="classify",
        labels=("different", "paraphrase"),
        metric="accuracy",
        test_length=128,
        train=_pawsx("train", ["en"], 49401),
        validation=_pawsx("validation", ["en"], 2000),
        test=_pawsx("test", _PAWSX_CODES, 2000),
        train_in=_pawsx("train", _PAWSX_CODES[1:], 49401),
        validation_in=_pawsx("validation", _PAWSX_CODES[1:], 2000),
        chance=1 / 2,
        licence="free for any purpose with attribution (PAWS-X)",
        citation="Yang et al. 2019, arXiv 1908.11828",
        note="Sentences without a translation read 'NS' and count as different, as published.",
    ),
    Task(
        key="pawsx_qqp",
        title="PAWS-X from QQP",
        format="classify",
        labels=("different", "paraphrase"),
        metric="accuracy",
        train=replace(glue("qqp", "train", _QUESTIONS, 363846), labels=_QQP_LABELS),
        validation=replace(glue("qqp", "validation", _QUESTIONS, 40430), labels=_QQP_LABELS),
        test=_pawsx("test", _PAWSX_CODES, 2000),
        chance=1 / 2,
        same_data=("qqp", "qqp_sample"),
        licence="Quora terms, non-commercial (training); free for any purpose with attribution (PAWS-X)",
        citation="Wang et al. 2019 (GLUE), arXiv 1804.07461; Yang et al. 2019, arXiv 1908.11828",
        note=(
            "Adversarial: trained on English QQP, tested on pairs whose words overlap whether or not they mean the "
            "same. Models that were not trained on such pairs do badly on them (Zhang et al. 2019, arXiv 1904.01130)."
        ),
    ),
    Task(
        key="stsb_multi",
        title="STS-B in 11 languages",
        format="regress",
        metric="spearman",
        train=_stsb_multi("train", ("en",), 5749),
        validation=_stsb_multi("dev", ("en",), 1500),
        test=_stsb_multi("test", ("en", *STSB_CODES), 1379),
        train_in=_stsb_multi("train", STSB_CODES, 5749),
        validation_in=_stsb_multi("dev", STSB_CODES, 1500),
        value_range=(0.0, 5.0),
        same_data=others(STSB_FAMILY, "stsb_multi"),
        licence="CC BY-SA 4.0",
        citation="Philip May 2021, github.com/PhilipMay/stsb-multi-mt",
        note="STS-B by machine translation, parallel across languages; English is the original.",
    ),
    Task(
        key="mnli",
        title="MNLI",
        format="classify",
        labels=NLI,
        metric="accuracy",
        train=glue("mnli", "train", PREMISE_HYPOTHESIS, 392702),
        validation=glue("mnli", "validation_matched", PREMISE_HYPOTHESIS, 9815),
        chance=1 / 3,
        same_data=others(XNLI_FAMILY, "mnli"),
        licence="OANC, CC BY 3.0, CC BY-SA 3.0 (by genre)",
        citation="Williams et al. 2018, arXiv 1704.05426",
    ),
    Task(
        key="snli",
        title="SNLI",
        format="classify",
        labels=NLI,
        metric="accuracy",
        train=_snli("train", 550152),
        validation=_snli("validation", 10000),
        chance=1 / 3,
        licence="CC BY-SA 4.0",
        citation="Bowman et al. 2015, arXiv 1508.05326",
    ),
    Task(
        key="anli",
        title="ANLI",
        format="classify",
        labels=NLI,
        metric="accuracy",
        train=_anli("train", 162865),
        validation=_anli("dev", None),
        chance=1 / 3,
        licence="CC BY-NC 4.0",
        citation="Nie et al. 2020, arXiv 1910.14599",
        note="Rounds 1 to 3 together.",
    ),
    Task(
        key="qqp",
        title="QQP",
        format="classify",
        labels=("not_duplicate", "duplicate"),
        metric="accuracy",
        train=glue("qqp", "train", _QUESTIONS, 363846),
        validation=glue("qqp", "validation", _QUESTIONS, 40430),
        chance=1 / 2,
        same_data=("qqp_sample", "pawsx_qqp"),
        licence="Quora terms, non-commercial",
        citation="Wang et al. 2019 (GLUE), arXiv 1804.07461",
    ),
    Task(
        key="qqp_sample",
        title="QQP, a sample",
        format="classify",
        labels=("not_duplicate", "duplicate"),
        metric="accuracy",
        train=derived("qqp", "train", _QUESTIONS, rows=7600),
        validation=derived("qqp", "validation", _QUESTIONS, rows=2000),
        chance=1 / 2,
        same_data=("qqp", "pawsx_qqp"),
        licence="Quora terms, non-commercial",
        citation="Wang et al. 2019 (GLUE), arXiv 1804.07461",
        note="About 10,000 of its pairs, split anew: the general counterpart of medical question pairs.",
    ),
    Task(
        key="stsb",
        title="STS-B",
        format="regress",
        metric="spearman",
        train=glue("stsb", "train", SENTENCES, 5749),
        validation=glue("stsb", "validation", SENTENCES, 1500),
        value_range=(0.0, 5.0),
        same_data=others(STSB_FAMILY, "stsb"),
        licence="CC BY-SA 4.0",
        citation="Cer et al. 2017, arXiv 1708.00055",
    ),
)
