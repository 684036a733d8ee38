"""Attention while weights are trained: written out where its gradients are faster, as before everywhere else."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
import torch

from study_utils.catalog import TASKS, encoder
from study_utils.computing import PRECISION
from study_utils.encoders.load import load_encoder
from study_utils.encoders.vocabulary import Vocabulary
from study_utils.model import TaskModel, encoder_under, make_heads
from study_utils.training.engine import Engine


@pytest.fixture
def engine(tiny_encoder: Path, tmp_path: Path) -> Engine:
    base = load_encoder(encoder(str(tiny_encoder)), cache=tmp_path)
    plain = encoder_under(base, Vocabulary.of(range(len(base.tokenizer)), tokenizer=base.tokenizer))
    model = TaskModel(plain, make_heads([TASKS["intent"]], plain, "mean", seed=0))
    return Engine(accelerator=None, device=torch.device("cpu"), model=model, optimizer=None, plain=model, inner=None)


def attends(engine: Engine) -> str:
    return engine.plain.encoder.config._attn_implementation


@pytest.mark.parametrize(("precision", "inside"), [("bf16", "eager"), ("no", "sdpa")])
def test_attention_is_written_out_only_where_its_gradients_are_faster(engine, monkeypatch, precision, inside):
    monkeypatch.setenv(PRECISION, precision)
    assert attends(engine) == "sdpa"
    with engine.attention():
        assert attends(engine) == inside
    assert attends(engine) == "sdpa"


def test_an_error_in_a_step_leaves_the_model_as_it_was(engine, monkeypatch):
    monkeypatch.setenv(PRECISION, "bf16")
    with contextlib.suppress(KeyError), engine.attention():
        raise KeyError
    assert attends(engine) == "sdpa"


def test_both_kinds_of_attention_have_the_same_gradients(engine, monkeypatch):
    monkeypatch.setenv(PRECISION, "bf16")
    encoder_ = engine.plain.encoder.train()
    for module in encoder_.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    inputs = {
        "input_ids": torch.tensor([[1, 5, 6, 2], [1, 7, 2, 0]]),
        "attention_mask": torch.tensor([[1] * 4, [1, 1, 1, 0]]),
    }

    def gradients() -> list[torch.Tensor]:
        encoder_.zero_grad()
        encoder_(**inputs).last_hidden_state[:, 0].square().sum().backward()
        return [part.grad.clone() for part in encoder_.parameters() if part.grad is not None]

    usual = gradients()
    with engine.attention():
        other = gradients()
    assert len(usual) == len(other) > 5
    for one, two in zip(usual, other):
        assert torch.allclose(one, two, atol=1e-5)
