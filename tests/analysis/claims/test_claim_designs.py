"""Facts of a design, followed or not, from the parameters and tables of a study."""

from __future__ import annotations

import pandas as pd
import pytest
from claim_studies import TRAINING_SIZES, XTREME, evidence, scores

from study_utils.analysis.claims.designs import DESIGNS
from study_utils.catalog.benchmarks import BENCHMARKS
from study_utils.catalog.claims import CLAIMS

NINE = ("anli_plus", "mnli", "qqp", "squad1", "squad2", "hellaswag", "ccg", "cosmosqa", "commonsenseqa")


def follows(key, own):
    return DESIGNS[key](CLAIMS[key], own)


def test_the_design_of_nine_tasks():
    tables = [
        scores(
            dict.fromkeys((*NINE, "all_nine"), 0.0), targets=[task], languages=codes, seeds=(0,), encoder="xlmr_large"
        )
        for task, codes in BENCHMARKS["xtreme"].tasks.items()
    ]
    full = evidence(pd.concat(tables, ignore_index=True))
    for key in DESIGNS:
        if key.startswith("phang"):
            assert follows(key, full)[0], key
    less = scores({"mnli": 0.0, "squad1": 0.0}, targets=XTREME[:2], languages=("en", "de"))
    told = {key: follows(key, evidence(less)) for key in DESIGNS if key.startswith("phang")}
    assert [key for key, (holds, _) in told.items() if holds] == ["phang-three-phases"]
    assert told["phang-nine-tasks"][1] == "2 of 9: MNLI, SQuAD 1.1"
    assert told["phang-targets"][1] == "2 of 9 targets, 4 of 162 target languages"
    assert told["phang-formats"][1] == "answer, classify"


def english_study(**more):
    encoders = ("bert_base", "roberta_base", "xlnet_base")
    targets = {"airline_sentiment": "en", "sib200": "de", "stsb_multi": "de"}
    tables = [
        scores({"in_language": 0.0, "imdb_in_language": 0.0}, targets=[task], languages=[code], encoder=encoder)
        for encoder in encoders
        for task, code in targets.items()
    ]
    table = pd.concat(tables, ignore_index=True)
    return evidence(table.assign(zero_shot=table["condition"] == "none"), study="monolingual", **more)


def test_the_design_of_english_encoders():
    sizes = TRAINING_SIZES.assign(condition="imdb_in_language", task="sib200", intermediate_examples=17500)
    own = english_study(training_sizes=sizes)
    for key in DESIGNS:
        if key.startswith("mohapatra"):
            assert follows(key, own)[0], key
    small = english_study(training_sizes=sizes.assign(target_examples=17500))
    assert follows("mohapatra-larger-intermediate", small) == (
        False, "at least 1.0 times (IMDB, then in the language itself, 17,500 rows, before SIB-200, 17,500)"
    )  # fmt: skip


@pytest.mark.parametrize("study", ["quick", "published"])
def test_parameters_that_follow_nothing(study):
    own = evidence(scores({"mnli": 0.0}, targets=("xnli",)), study=study)
    assert not follows("mohapatra-share", own)[0]
    assert not follows("mohapatra-epochs", own)[0]
    assert follows("mohapatra-all-weights", own)[0]


def test_without_an_intermediate_task_nothing_is_larger():
    own = evidence(scores({}, targets=("xnli",)), training_sizes=TRAINING_SIZES.iloc[:0])
    assert follows("mohapatra-larger-intermediate", own) == (
        False,
        "no intermediate task before a target with training rows",
    )
