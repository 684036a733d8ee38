"""Claims of Mohapatra and Mohapatra 2022 about English encoders and fine-tuning without an intermediate task."""

from __future__ import annotations

from study_utils.catalog.claims.schema import DESIGN, Claim

_TEST = {
    "source": "mohapatra2022",
    "encoders": (("bert_base",), ("roberta_base",), ("xlnet_base",)),
    "n_targets": 6,
    "design": ("mohapatra-larger-intermediate", "mohapatra-share", "mohapatra-two-kinds"),
}
_TOLD = {**_TEST, "source": "mohapatra2022_told"}
_DESIGN = {"source": "mohapatra2022", "kind": DESIGN}

CLAIMS = (
    Claim(
        **_TEST,
        key="mohapatra-direct-better",
        says="On most targets, fine-tuning without an intermediate task does better.",
        compares="gain on each target, mean over encoders: below minus the margin on more than half",
    ),
    Claim(
        **_TEST,
        key="mohapatra-general-tasks",
        says="More general tasks may need an intermediate task.",
        compares="gain on each target of the general domain, mean over encoders: above the margin on one at least",
    ),
    Claim(
        **_TEST,
        key="mohapatra-roberta-best",
        says="RoBERTa is the best of three encoders on three of six targets.",
        published={"RoBERTa": 3.0},
        unit="targets of 6",
        compares="score of each encoder on each target, with and without intermediate task: ahead on exactly half",
    ),
    Claim(
        **_TOLD,
        key="mohapatra-bert-best",
        says="BERT is the best of three encoders on the other three targets (some summaries say less).",
        published={"BERT": 3.0},
        unit="targets of 6",
        compares="score of each encoder on each target, with and without intermediate task: ahead on exactly half",
    ),
    Claim(
        **_TEST,
        key="mohapatra-xlnet-worst",
        says="XLNet is the worst of three encoders on every target.",
        compares="score of each encoder on each target, with and without intermediate task: behind on all",
    ),
    Claim(
        **_TOLD,
        key="mohapatra-similar",
        says="RoBERTa and BERT are similar, and both better than XLNet.",
        compares="mean over targets: RoBERTa minus BERT within the margin both ways, each minus XLNet above it",
    ),
    Claim(
        **_TOLD,
        key="mohapatra-intermediate-best",
        says="RoBERTa and BERT with intermediate training are the best models, which of them depends on the task.",
        compares="on each target, one of the two after an intermediate task against XLNet and against both without: "
        "ahead on all targets",
    ),
    Claim(
        **_DESIGN,
        key="mohapatra-encoders",
        says="Three English encoders: BERT, RoBERTa and XLNet.",
        compares="the study's encoders",
        encoders=_TEST["encoders"],
    ),
    Claim(
        **_DESIGN,
        key="mohapatra-tasks",
        says="Three kinds of task: text classification, sentiment analysis, sentence similarity.",
        compares="labels and formats of the study's targets",
    ),
    Claim(
        **_DESIGN,
        key="mohapatra-two-kinds",
        says="Two kinds of target for each task: another domain in English, and another language.",
        compares="targets fine-tuned and scored in English, and targets fine-tuned in another language",
    ),
    Claim(
        **_DESIGN,
        key="mohapatra-imdb",
        says="The intermediate task of text classification is IMDB.",
        compares="the study's conditions",
        conditions=(("imdb", "imdb_in_language"),),
    ),
    Claim(
        **_DESIGN,
        key="mohapatra-larger-intermediate",
        says="The intermediate data is at least ten times as large as the target's.",
        published={"at least": 10.0},
        unit="times the training rows of the target",
        compares="training rows of an intermediate task and of the target after it; the smallest ratio",
    ),
    Claim(
        **_DESIGN,
        key="mohapatra-share",
        says="Seventy percent of the data trains.",
        published={"training share": 0.7},
        unit="of the rows",
        compares="`train_share` of both stages",
    ),
    Claim(
        **_DESIGN,
        key="mohapatra-epochs",
        says="Training takes up to a hundred epochs, in both stages.",
        published={"epochs": 100.0},
        unit="epochs at most",
        compares="`epochs` of both stages and all targets",
    ),
    Claim(
        **_DESIGN,
        key="mohapatra-all-weights",
        says="All weights are updated: no layer is frozen.",
        compares="no setting of a study freezes any",
    ),
)
