"""What of computing changes results, enters ids, and is then done."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import pytest
import torch

from study_utils import computing
from study_utils.computing import Computing
from study_utils.device import autocast, describe_device
from study_utils.errors import ParameterError
from study_utils.params import load_params
from study_utils.plan import make_plan

CPU = torch.device("cpu")


def ids(**changes: object) -> dict[str, set[str]]:
    """Run ids of the quick study by kind."""
    small = {"conditions": ["none"], "targets": ["intent", "messages"], "seeds": [0], "tasks": {}, **changes}
    found: dict[str, set[str]] = {}
    for run in make_plan(load_params("quick", small)).runs.values():
        found.setdefault(run.kind, set()).add(run.id)
    return found


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize(("asked", "bf16"), [("no", False), ("bf16", True), (None, None)])
def test_precision_is_what_the_device_is_good_at_or_what_the_environment_says(monkeypatch, fast, asked, bf16):
    monkeypatch.setattr(computing, "has_fast_bf16", lambda _: fast)
    monkeypatch.delenv(computing.PRECISION)
    if asked:
        monkeypatch.setenv(computing.PRECISION, asked)
    expected = fast if bf16 is None else bf16
    assert computing.computing("cpu", "auto", 1, 1).precision == ("bf16" if expected else "float32")
    with autocast(CPU):
        product = torch.ones(2, 2) @ torch.ones(2, 2)
    assert product.dtype == (torch.bfloat16 if expected else torch.float32)
    assert describe_device("cpu").endswith("bf16 autocast" if expected else "float32")
    info = Path("/proc/cpuinfo")
    model = [line for line in info.read_text().splitlines() if line.startswith("model name")] if info.is_file() else []
    assert describe_device("cpu").startswith(model[0].split(":")[1].strip() if model else platform.processor())


def test_what_a_study_says_of_precision_and_threads_holds_while_its_runs_compute(monkeypatch):
    monkeypatch.setenv(computing.PRECISION, "no")
    threads = torch.get_num_threads()
    with Computing(device="cpu", precision="bf16", threads=threads + 1, processes=1).applied():
        assert torch.get_num_threads() == threads + 1
        with autocast(CPU):
            assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.bfloat16
    assert torch.get_num_threads() == threads
    assert os.environ[computing.PRECISION] == "no"


def test_another_precision_is_refused(monkeypatch):
    monkeypatch.setenv(computing.PRECISION, "fp16")
    with pytest.raises(ParameterError, match="'fp16' in the environment: use no"):
        computing.computing("cpu", "auto", 1, 1)


def test_an_unknown_device_is_refused_before_anything_is_planned():
    with pytest.raises(ParameterError, match="unknown device 'gpu': use auto, cpu, cuda"):
        computing.computing("gpu", "auto", 1, 1)


@pytest.mark.parametrize(
    ("changes", "kinds"),
    [
        ({"precision": "bf16"}, {"train", "predict"}),
        ({"threads": 2}, {"train", "predict"}),
        ({"device": "cuda", "precision": "float32"}, {"train", "predict"}),
        ({"jobs": 2}, set()),
        ({"checkpoint_seconds": 5.0}, set()),
    ],
)
def test_what_changes_results_changes_ids_and_nothing_else_does(changes, kinds):
    usual = {"device": "cpu", "precision": "float32", "threads": 1}
    one, other = ids(**usual), ids(**{**usual, **changes})
    assert {kind for kind in one if not one[kind] & other[kind]} == kinds
    assert {kind for kind in one if one[kind] == other[kind]} == set(one) - kinds


def test_on_a_gpu_threads_are_no_part_of_ids_and_its_number_isn_t():
    asked = {"precision": "bf16", "device": "cuda"}
    assert ids(**asked) == ids(**asked, threads=4) == ids(**{**asked, "device": "cuda:0"})
    one, two = ids(**asked), ids(**asked, processes=2)
    assert one["train"].isdisjoint(two["train"])
    assert len(one["predict"] & two["predict"]) == 1, "only the target without training reads what was not trained"
    assert one["data"] == two["data"]
