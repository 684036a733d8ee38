"""Claims of Phang et al. 2020 about English intermediate tasks before zero-shot transfer, and what belongs to them."""

from __future__ import annotations

from study_utils.catalog.claims.schema import BACKGROUND, DESIGN, Claim

_LARGE = (("xlmr_large",),)
_PUBLIC = tuple(
    (key,) for key in ("anli_plus", "mnli", "qqp", "squad1", "squad2", "hellaswag", "cosmosqa", "commonsenseqa")
)
"""Eight of the nine intermediate tasks: CCG needs a licence."""
_DIFFERENT = (("squad1", "squad2"), *(keys for keys in _PUBLIC if keys[0] not in ("squad1", "squad2")))
"""The same with the two versions of SQuAD as one task."""
_POINTS = "points on the average of the XTREME development scores"
_OF_XTREME = {
    "source": "phang2020",
    "encoders": _LARGE,
    "targets": ("xnli", "pawsx", "udpos", "panx", "xquad", "mlqa", "tydiqa", "bucc", "tatoeba"),
    "benchmark": "xtreme",
}
_DESIGN = {"source": "phang2020", "kind": DESIGN}
_TRANSLATED = tuple(f"stsb_{code}" for code in "de es fr it ja nl pl pt ru zh".split())

CLAIMS = (
    Claim(
        **_OF_XTREME,
        key="phang-best-single",
        says="SQuAD, MNLI and HellaSwag as intermediate tasks each raise the average of the targets by much.",
        published={"SQuAD": 8.2, "MNLI": 7.5, "HellaSwag": 7.0},
        unit=_POINTS,
        compares="gain of each over no intermediate task, mean over the targets: above half of the published one, and "
        "not with most targets losing",
        conditions=(("squad1", "squad2"), ("mnli",), ("hellaswag",)),
    ),
    Claim(
        **_OF_XTREME,
        key="phang-most-targets",
        says="English intermediate training raises the score of most targets.",
        compares="gain on each target, mean over single tasks: above the margin on more than half",
        conditions=_PUBLIC,
    ),
    Claim(
        **_OF_XTREME,
        key="phang-multitask-best",
        says="All nine intermediate tasks together are better than any one of them.",
        published={"all nine against SQuAD": 0.5},
        unit=f"{_POINTS} (8.7 against 8.2 over no intermediate task)",
        compares="the mixture against each single task: above half of the published lead over the best one",
        conditions=(("all_nine",), *_PUBLIC),
    ),
    Claim(
        **{**_OF_XTREME, "source": "phang2020_v1"},
        key="phang-multitask-no-better",
        says="Intermediate tasks together (seven then) are no better than the best one.",
        compares="the mixture against each single task: for one at least, gains as large as the margin ruled out",
        conditions=(("all_nine", "all_public"), *_PUBLIC),
        lacks="the seven tasks of the first version, which are not all known",
    ),
    Claim(
        **_OF_XTREME,
        key="phang-retrieval",
        says="The retrieval targets, which have no training data, gain more than the other targets.",
        compares="gain on BUCC, and on Tatoeba, minus that on the targets with training data: both above the margin",
        conditions=_PUBLIC,
    ),
    Claim(
        **_OF_XTREME,
        key="phang-answering",
        says="Question answering gains, though less than retrieval.",
        compares="gain on XQuAD, MLQA and TyDiQA, and that on retrieval minus it: both above the margin",
        conditions=_PUBLIC,
    ),
    Claim(
        **{**_OF_XTREME, "targets": ("tydiqa",)},
        key="phang-tydiqa-consistent",
        says="TyDiQA gains from many different intermediate tasks.",
        compares="gain of each task (SQuAD once) on TyDiQA-GoldP: above the margin for more than half",
        conditions=_DIFFERENT,
    ),
    Claim(
        **{**_OF_XTREME, "targets": ("xnli",)},
        key="phang-xnli-none",
        says="XNLI gains from no intermediate task.",
        compares="gain of each single task on XNLI: as large as the margin ruled out for all",
        conditions=_PUBLIC,
    ),
    Claim(
        **_OF_XTREME,
        key="phang-benchmark",
        says="With the best intermediate task of each target the benchmark's average rises.",
        published={"average": 5.4},
        unit="points on the XTREME test average",
        compares="the condition that English development rows choose for each target, against no intermediate task: "
        "above half of the published gain",
        conditions=_PUBLIC,
        lacks="English development rows of BUCC and Tatoeba, and BUCC's test rows",
    ),
    Claim(
        **_OF_XTREME,
        key="phang-mlm-no-better",
        says="Multilingual masked-language modelling beside the intermediate task brings no consistent gain.",
        compares="each task with it against the same without: gains as large as the margin ruled out for half or more",
        conditions=tuple((f"{key}+mlm",) for (key,) in _PUBLIC),
    ),
    Claim(
        **{**_OF_XTREME, "source": "phang2020_told"},
        key="phang-mlm-worse",
        says="English intermediate tasks alone do better than with multilingual masked-language modelling beside them.",
        compares="each task without it against the same with it: above the margin for more than half",
        conditions=tuple((f"{key}+mlm",) for (key,) in _PUBLIC),
    ),
    Claim(
        **_OF_XTREME,
        key="phang-translated-no-better",
        says="Machine-translated intermediate data brings no consistent gain over the English original.",
        compares="translated against English data of one task at equal size: gains as large as the margin ruled out "
        "for half of the languages or more",
        conditions=(("stsb",), _TRANSLATED),
        lacks="translations of its nine tasks: STS-B is none of them",
    ),
    Claim(
        **{**_OF_XTREME, "source": "phang2020_told"},
        key="phang-translated-worse",
        says="English intermediate data does better than its machine translation.",
        compares="English against translated data of one task at equal size: above the margin for more than half "
        "of the languages",
        conditions=(("stsb",), _TRANSLATED),
        lacks="translations of its nine tasks: STS-B is none of them",
    ),
    Claim(
        key="stilts-steadier",
        source="stilts2018",
        says="After an intermediate task, results differ less between restarts.",
        compares="spread between seeds with an intermediate task divided by that without, mean over targets: below one",
        lacks="BERT large on the English tasks of GLUE",
    ),
    Claim(
        **_DESIGN,
        key="phang-encoder",
        says="The start is XLM-R large.",
        compares="the study's encoders",
        encoders=_LARGE,
    ),
    Claim(
        **_DESIGN,
        key="phang-three-phases",
        says="Three phases: the public checkpoint, an English intermediate task, an English target; then zero-shot.",
        compares="a condition of one English stage and English fine-tuning, and languages that no stage was trained in",
    ),
    Claim(
        **_DESIGN,
        key="phang-nine-tasks",
        says="Nine intermediate tasks: ANLI+, MNLI, QQP, SQuAD 1.1 and 2.0, HellaSwag, CCG, CosmosQA, CommonsenseQA.",
        compares="the study's conditions",
        conditions=(*_PUBLIC, ("ccg",)),
    ),
    Claim(
        **_DESIGN,
        key="phang-formats",
        says="The intermediate tasks are classification, answering, multiple choice, tagging and completion.",
        compares="formats of the study's English intermediate tasks; completion is HellaSwag, a choice here",
    ),
    Claim(
        **_DESIGN,
        key="phang-single-and-mixed",
        says="Intermediate tasks are trained one at a time and all together.",
        compares="conditions of one English intermediate task and of several",
    ),
    Claim(
        **_DESIGN,
        key="phang-targets",
        says="The targets are the nine of XTREME, in all of its languages.",
        compares="the study's targets and their languages",
        targets=_OF_XTREME["targets"],
        benchmark="xtreme",
    ),
    Claim(
        key="xtreme-aim",
        source="xtreme2020",
        kind=BACKGROUND,
        says="XTREME measures how well multilingual representations generalise over 40 languages and nine tasks.",
    ),
    Claim(
        key="phang-leaderboard",
        source="phang2020",
        kind=BACKGROUND,
        says="It was the state of the art on XTREME in June 2020, until FILTER passed it.",
    ),
)
