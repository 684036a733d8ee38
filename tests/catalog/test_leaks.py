"""Combinations of training rows and targets that no study may run."""

from __future__ import annotations

import dataclasses

import pytest
import yaml

from study_utils.catalog import TASKS, HeldOut, HubRows, conditions, tasks
from study_utils.catalog.conditions import Condition, Stage
from study_utils.catalog.leaks import leak
from study_utils.errors import CatalogError, ParameterError
from study_utils.params import load_params


def trained_on(hub_id: str, split: str, config: str = "c"):
    rows = HubRows(
        hub_id=hub_id, revision="r", split=split, configs={"en": config}, columns=TASKS["squad1"].train.columns
    )
    return dataclasses.replace(TASKS["squad1"], key="leaky", train=rows, validation=rows, same_data=())


@pytest.mark.parametrize(
    ("hub_id", "split", "target", "said"),
    [
        ("rajpurkar/squad", "validation", "xquad", "240 paragraphs"),
        ("rajpurkar/squad", "train+validation", "lareqa", "240 paragraphs"),
        ("rajpurkar/squad_v2", "validation", "xquad", "240 paragraphs"),
        ("derived/squad_reqa_10k", "test", "lareqa", "240 paragraphs"),
        ("rajpurkar/squad", "train", "xquad", ""),
        ("rajpurkar/squad", "validation", "tydiqa", ""),
        ("aps/super_glue", "validation", "xcopa", ""),  # XCOPA's test set translates another split
    ],
)
def test_published_overlaps(hub_id: str, split: str, target: str, said: str) -> None:
    reason = leak(trained_on(hub_id, split), TASKS[target])
    assert said in reason
    assert bool(reason) == bool(said)


def test_a_split_that_is_scored_neither_trains_nor_selects() -> None:
    assert "the same rows are scored" in leak(trained_on("google/xquad", "validation", "xquad.en"), TASKS["xquad"])
    assert not leak(trained_on("google/xquad", "validation", "xquad.other"), TASKS["xquad"])
    bad = dataclasses.replace(TASKS["panx_dev"], key="bad", test=TASKS["panx"].validation, train_in=None)
    with pytest.raises(CatalogError, match="trains or selects on rows that it scores"):
        tasks.add_tasks([bad])
    assert "bad" not in TASKS


def test_rows_in_other_languages_are_read_by_a_target_alone() -> None:
    """PAN-X in English as an intermediate task selects on English rows, those of its copy are in other languages."""
    assert not leak(TASKS["panx"], TASKS["panx_dev"])
    bad = dataclasses.replace(TASKS["panx_dev"], validation_in=TASKS["panx_dev"].test)
    assert "the same rows are scored" in leak(bad, bad)


def test_no_declared_condition_leaks_into_a_declared_target() -> None:
    targets = [item for item in TASKS.values() if item.languages]
    for condition in conditions.CONDITIONS.values():
        for key in condition.tasks:
            for target in targets:
                assert not leak(TASKS[key], target), condition.key + " " + target.key


def test_a_study_with_a_leak_is_refused(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(tasks.TASKS, "leaky", trained_on("rajpurkar/squad", "validation"))
    condition = Condition(key="leaky", title="L", stages=(Stage(tasks=("leaky",)),), reason="r")
    monkeypatch.setitem(conditions.CONDITIONS, "leaky", condition)
    study = {
        "title": "t",
        "encoders": ["e5_small"],
        "conditions": ["none", "leaky"],
        "targets": ["xquad"],
        "seeds": [0],
    }
    path = tmp_path / "study.yaml"
    path.write_text(yaml.safe_dump(study), encoding="utf-8")
    with pytest.raises(ParameterError, match=r"condition 'leaky' trains or selects on rows of target 'xquad'.*240"):
        load_params(str(path))


def test_held_out_parts_are_declared_in_pairs() -> None:
    for item in TASKS.values():
        rows = [r for r in (item.train, item.validation) if isinstance(r, HubRows) and r.held_out is not None]
        if rows and rows[0].split == getattr(item.validation, "split", ""):
            cuts = [row.held_out for row in rows]
            assert len(cuts) == 2, item.key
            assert dataclasses.replace(cuts[0], held=True) == cuts[1], item.key
            assert isinstance(cuts[0], HeldOut)
