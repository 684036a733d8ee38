"""Runs of perturbed test rows, and what is refused before any training."""

from __future__ import annotations

import pytest

from study_utils.errors import ParameterError
from study_utils.params import load_params
from study_utils.plan import make_plan

TYPOS = {"evaluation.variants": ["typos@0.1"], "evaluation.variant_languages": {"typos": ["en", "de", "tr"]}}


def plan(changes=None):
    return make_plan(load_params("quick", changes))


def test_clean_runs_keep_their_ids_and_variants_add_predictions_only():
    clean, perturbed = plan(), plan(TYPOS)
    added = [run for key, run in perturbed.runs.items() if key not in clean.runs]
    assert set(clean.runs) < set(perturbed.runs)
    assert {run.kind for run in added} == {"predict"}
    assert len(added) == sum(run.kind == "predict" for run in clean.runs.values())
    assert [cell for cell in perturbed.cells if cell.variant == "clean"] == list(clean.cells)


def test_a_variant_starts_from_the_same_model_and_rows():
    found = plan(TYPOS)
    by_cell = {(c.condition, c.task, c.seed, c.variant): found.runs[c.run] for c in found.cells}
    for (condition, task, seed, variant), run in by_cell.items():
        clean = by_cell[condition, task, seed, "clean"]
        assert run.inputs == clean.inputs
        if variant != "clean":
            assert run.work["settings"] == clean.work["settings"] | {"variant": variant}
            assert set(run.work["languages"]) <= {"en", "de", "tr"}


def test_severities_differ_in_id_and_in_nothing_else():
    found = plan(TYPOS | {"evaluation.variants": ["typos@0.1", "typos@0.3"], "targets": ["intent"]})
    cells = [c for c in found.cells if c.variant != "clean"]
    assert {c.variant for c in cells} == {"typos@0.1", "typos@0.3"}
    assert len({c.run for c in cells}) == len(cells)


def test_a_kind_is_left_out_where_it_does_not_suit_the_target():
    found = plan({"evaluation.variants": ["shuffles@0.5"], "languages": ["en", "de", "es", "ru", "fi"]})
    assert {c.task for c in found.cells if c.variant != "clean"} == {"intent", "slot_answer", "messages"}


def test_in_language_cells_share_the_english_run_of_the_baseline():
    changes = {
        "conditions": ["none", "in_language"],
        "targets": ["intent"],
        "languages": ["en", "de", "fr"],
        "evaluation.variants": ["drops@0.1"],
    }
    found = plan(changes)
    english = {c.condition: c.run for c in found.cells if c.variant != "clean" and "en" in c.languages and c.seed == 11}
    assert english == {"none": english["none"]} | ({"in_language": english["none"]} if len(english) > 1 else {})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"evaluation.variants": ["typo@0.1"]}, "Did you mean 'typos'"),
        ({"evaluation.variants": ["typos@2"]}, "above 0 and up to 1"),
        ({"evaluation.variants": ["drops@0.1", "drops@0.10"]}, "named twice: drops@0.1"),
        ({"evaluation.variants": ["typos@0.1"]}, r"Korean \(ko\).* for want of a keyboard layout"),
        ({"evaluation.variants": ["codeswitch@0.1"]}, "suits none of the targets"),
        (TYPOS | {"evaluation.variant_languages": {"typos": ["xx"]}}, "unknown language 'xx'"),
        ({"evaluation.variant_languages": {"typos": ["en"]}}, "is no kind of the variants"),
    ],
)
def test_what_can_not_be_made_is_refused_when_the_study_is_opened(changes, message):
    with pytest.raises(ParameterError, match=message):
        load_params("quick", changes)
