from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from study_utils.analysis import mixed_gains
from study_utils.analysis.models.covariates import COVARIATES, choose_covariates, choose_formats, language_facts
from study_utils.analysis.results.tables import join_languages
from study_utils.catalog import covariate_table, language_table
from study_utils.errors import AnalysisError

FAMILIES = {"Germanic": "de nl sv af", "Romance": "es fr it pt ro", "Slavic": "ru pl bg uk"}
CODES = " ".join(FAMILIES.values()).split()
METRICS = {"xnli": "accuracy", "sib200": "accuracy", "udpos": "token_accuracy", "tatoeba": "accuracy_to_english"}


def scores_of(
    gain, *, codes=CODES, tasks=("xnli", "sib200"), seeds=2, noise=0.003, number=0, encoder="xlmr_base", run=0.0
):
    """Scores with `gain` (language to fraction, or one number) and noise between languages, cells and training runs."""
    rng = np.random.default_rng(number)
    own = {code: rng.normal(0, noise) for code in codes}
    runs = dict(zip(itertools.product(tasks, range(seeds)), rng.normal(0, run, len(tasks) * seeds)))
    rows = []
    for task, code, seed in itertools.product(tasks, codes, range(seeds)):
        key = {"encoder": encoder, "task": task, "language": code, "variant": "clean", "seed": seed}
        rest = {"metric": METRICS[task], "n": 100, "zero_shot": True, "same_data": False, "run": "r"}
        value = (gain.get(code, 0.0) if isinstance(gain, dict) else gain) + own[code] + rng.normal(0, noise)
        value += runs[task, seed]
        rows += [key | rest | {"condition": c, "value": 0.5 + v} for c, v in (("none", 0), ("snli", value))]
    return pd.DataFrame(rows)


def facts_of(codes, encoder="xlmr_base"):
    table = join_languages(pd.DataFrame({"encoder": encoder, "language": codes}))
    return language_facts(table.assign(label=table["group"]))


def test_families_that_differ_are_told_apart():
    found = mixed_gains(scores_of(dict.fromkeys(FAMILIES["Slavic"].split(), 0.05)), covariates=())
    families = found.families.set_index("group")
    assert families.loc["Slavic", "estimate"] == pytest.approx(0.05, abs=4 * 0.003 / 2)
    assert families["n_languages"].to_dict() == {"Germanic": 4, "Romance": 5, "Slavic": 4}
    contrasts = found.contrasts.set_index(["group", "other"])
    assert contrasts["clear"].to_dict() == {
        **{("Germanic", "Romance"): False, ("Germanic", "Slavic"): True, ("Romance", "Slavic"): True}
    }
    assert (contrasts["p_holm"] >= contrasts["p"]).all()
    assert contrasts.loc[("Germanic", "Slavic"), "freedom"] == pytest.approx(10, rel=0.3)


def test_an_effect_of_script_is_not_one_of_family():
    """Slavic languages in Cyrillic gain more: with script in the model, Slavic in Latin script does not differ."""
    gain = dict.fromkeys(["ru", "bg", "uk"], 0.06)
    codes = [*CODES, "cs", "sk", "hr"]
    found = mixed_gains(scores_of(gain, codes=codes), covariates=("latin",))
    row = found.covariates.set_index("covariate").loc["latin"]
    assert row["low"] < -0.06 < row["high"] < 0
    assert not found.contrasts["clear"].any()
    assert "one family only (Slavic)" in found.warnings["warning"].str.cat()


def test_training_runs_make_means_uncertain_but_not_differences_of_families():
    """All languages of a task share its training runs: six runs a point apart cost every mean alike."""
    tasks = ("xnli", "sib200", "tatoeba")
    calm, noisy = (
        mixed_gains(scores_of(0.02, tasks=tasks, seeds=4, noise=0.002, number=3, run=run), covariates=())
        for run in (0.0, 0.02)
    )
    deviations = noisy.variances.set_index("source")["deviation"]
    assert list(deviations.index) == ["language", "task", "cell", "seed", "run", "residual"]
    assert 0.008 < deviations["run"] < 0.032
    assert calm.variances.set_index("source").loc["run", "deviation"] < 0.002
    assert noisy.families["standard_error"].min() > 3 * calm.families["standard_error"].max()
    assert noisy.contrasts["standard_error"].to_numpy() == pytest.approx(calm.contrasts["standard_error"], rel=0.25)


def test_effects_that_the_cells_cannot_tell_apart_are_left_out():
    """Each language has one task only: a language within its task is the language."""
    scores = scores_of(0.0, seeds=3)
    half = scores["language"].isin(CODES[::2]) == (scores["task"] == "xnli")
    found = mixed_gains(scores[half], covariates=())
    assert found.variances["source"].tolist() == ["language", "task", "seed", "run", "residual"]
    assert len(found.contrasts) == 3


def test_contrasts_cover_the_truth_and_rarely_cry_wolf():
    clear = inside = 0
    for number in range(15):
        found = mixed_gains(scores_of(0.02, number=number, noise=0.02), covariates=())
        clear += bool(found.contrasts["clear"].any())
        inside += int(((found.contrasts["low"] <= 0) & (found.contrasts["high"] >= 0)).sum())
    assert clear <= 3
    assert inside >= 0.95 * 45 - 5


def test_seen_and_family_nested_are_named():
    chosen = choose_covariates(facts_of(["es", "fr", "it", "de", "nl", "ig", "tn"]), ["seen"])
    assert chosen.names == []
    assert chosen.warnings == (
        "family and being seen in pretraining can't be separated: no family has languages that differ in it (not seen: "
        "Niger-Congo; seen: Germanic, Romance). A difference between such families may be one of being seen in "
        "pretraining. It is left out.",
    )


def test_what_the_languages_cannot_tell_is_said():
    facts = facts_of(CODES)
    chosen = choose_covariates(facts, list(COVARIATES))
    assert "being seen in pretraining is the same for all languages here" in chosen.warnings[0]
    assert "seen" not in chosen.names
    assert chosen.languages[chosen.names].mean().to_numpy() == pytest.approx(0)
    near = facts.assign(distance=2 * facts["resource"] + 1e-3 * facts["log_size"])
    twin = choose_covariates(near, ["resource", "distance"])
    assert "resource class and distance to English say nearly the same within families" in " ".join(twin.warnings)
    exact = choose_covariates(facts.assign(distance=2 * facts["resource"]), ["resource", "distance"])
    assert exact.names == ["resource"]
    assert "distance to English can't be separated from family and resource class" in " ".join(exact.warnings)
    few = choose_covariates(facts_of(["es", "fr", "de", "nl"]), ["log_size", "distance"])
    assert "too few" in " ".join(few.warnings)
    missing = choose_covariates(facts_of([*CODES, "kk", "tr", "az"]), ["distance"])
    assert "distance to English not known for Kazakh" in missing.warnings[0]
    assert "kk" not in missing.languages.index
    assert "not known for this encoder" in choose_covariates(facts_of(CODES, encoder="./mine"), ["seen"]).warnings[0]


def test_unseen_languages_have_the_mean_size():
    facts = facts_of(["sw", "zu", "ig", "yo", "en"])
    seen = facts["seen"] == 1
    assert facts.loc[~seen, "log_size"].to_numpy() == pytest.approx(facts.loc[seen, "log_size"].mean())
    assert facts.loc["sw", "log_size"] == pytest.approx(np.log10(covariate_table().loc["sw", "xlmr_gib"]))


def test_formats():
    effects, told = choose_formats(["xnli", "sib200", "udpos", "tatoeba"])
    assert effects.empty or effects.shape[1] == 0
    assert "4 tasks of 3 formats" in told[0]
    effects, told = choose_formats(["xnli", "sib200", "intent", "udpos", "slots"])
    assert (effects.shape, told) == ((5, 1), ())
    assert effects["format classify"].tolist() == [1, 1, 1, -1, -1]
    assert choose_formats(["xnli", "sib200"])[1] == ()


def test_families_of_one_language_have_no_contrast():
    found = mixed_gains(scores_of(0.0, codes=[*CODES, "eu", "ja"]), covariates=())
    assert {"Basque", "Japanese"} <= set(found.families["group"])
    assert set(found.contrasts["group"]) | set(found.contrasts["other"]) == set(FAMILIES)
    alone = mixed_gains(scores_of(0.0, codes=["eu", "ja", "es"]), covariates=())
    assert alone.families.empty
    assert "family and language can't be separated" in alone.warnings["warning"].iloc[0]


def test_one_seed_one_task_is_fitted_and_said():
    found = mixed_gains(scores_of(0.0, seeds=1, tasks=("sib200",)), covariates=("log_size",))
    assert found.variances["source"].tolist() == ["residual"]
    assert "One seed" in found.warnings["warning"].iloc[-1]
    assert len(found.contrasts) == 3


def test_gains_that_do_not_vary_have_no_model_and_that_is_said():
    found = mixed_gains(scores_of(0.0, noise=0.0))
    assert found.families.empty
    assert found.contrasts.empty
    assert any("No model of these gains" in text for text in found.warnings["warning"])


def test_unknown_choices_are_refused():
    with pytest.raises(AnalysisError, match=r"unknown value of covariates 'sen'.*'seen'"):
        mixed_gains(scores_of(0.0), covariates=("sen",))
    with pytest.raises(AnalysisError, match="unknown value of by"):
        mixed_gains(scores_of(0.0), by="language")


def test_the_table_of_covariates_fits_the_languages():
    table = covariate_table()
    assert table.index.tolist() == language_table().index.tolist()
    seen = language_table()["xlmr_seen"] == "True"
    assert (table["xlmr_gib"].notna() == seen).all()
    known = table["uriel_syntactic"].dropna()
    assert known.between(0, 1).all()
    assert known["en"] == 0
    assert (table["n_syntactic"].dropna() >= 20).all()


def test_a_study_of_the_baseline_alone_gives_empty_tables_of_numbers():
    scores = scores_of(0.0)
    found = mixed_gains(scores[scores["condition"] == "none"])
    assert found.contrasts.nsmallest(10, "p").empty
    assert found.families.empty
    assert found.covariates["estimate"].dtype == float
