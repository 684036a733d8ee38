"""Fixtures that several rooms share; the tests reach no network."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

# a busy machine makes no test fail
hypothesis.settings.register_profile("study", deadline=None)
hypothesis.settings.load_profile("study")

os.environ["HF_HUB_OFFLINE"] = "1"  # before anything imports the hub's client; kernels inherit it
os.environ["MPLBACKEND"] = "Agg"
os.environ["ACCELERATE_MIXED_PRECISION"] = "no"  # references compute in float32, also where bf16 is fast
os.environ.setdefault("OMP_NUM_THREADS", "1")  # the tests run side by side, their models are tiny


@pytest.fixture(scope="session", autouse=True)
def _only_loopback() -> Iterator[None]:
    """Refuse every connection that leaves this machine; notebook kernels need loopback."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in (
            "127.0.0.1",
            "::1",
            "localhost",
        ):
            raise OSError(f"a test tried to reach {address}: tests use no network")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield


@pytest.fixture(autouse=True)
def _no_study_open() -> Iterator[None]:
    """Forget layers and targets of the study of an earlier test: titles would say them."""
    yield
    from study_utils.catalog.titles import name_layers, name_sources

    name_layers({})
    name_sources(())


@contextlib.contextmanager
def _catalogue_kept() -> Iterator[None]:
    from study_utils.catalog import CONDITIONS, ENCODERS, TASKS

    before = [(entries, dict(entries)) for entries in (CONDITIONS, ENCODERS, TASKS)]
    yield
    for entries, kept in before:
        entries.clear()
        entries.update(kept)


@pytest.fixture(autouse=True, scope="module")
def _catalogue_of_a_module() -> Iterator[None]:
    """Encoders, tasks and conditions that a module's fixtures enter are gone after it."""
    with _catalogue_kept():
        yield


@pytest.fixture(autouse=True)
def _catalogue_of_a_test() -> Iterator[None]:
    """Those that a test enters are gone after it."""
    with _catalogue_kept():
        yield


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a one-layer XLM-R with its tokenizer."""
    from tiny_encoder import make_tiny_encoder

    return make_tiny_encoder(tmp_path_factory.mktemp("encoder") / "tiny")


@pytest.fixture(scope="session")
def broken_encoder(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the same encoder with weights that are no numbers: only who loads it sees that."""
    import shutil

    import torch
    from safetensors.torch import load_file, save_file

    folder = shutil.copytree(tiny_encoder, tmp_path_factory.mktemp("encoder") / "broken")
    weights = load_file(folder / "model.safetensors")
    weights = {name: torch.full_like(value, float("nan")) for name, value in weights.items()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


@pytest.fixture(scope="session")
def study():
    """Predictions and scores of a simulated study: two conditions, five families, two tasks, three seeds."""
    import numpy as np
    from simulated_studies import simulate_study

    return simulate_study(
        np.random.default_rng(1),
        effects={"mnli": 0.05, "sst2": {"Slavic": -0.1}},
        languages=["en", "es", "fr", "it", "ru", "pl", "bg", "ar", "he", "eu", "ja"],
        tasks={"sib200": "accuracy", "udpos": "token_accuracy"},
        language_sd=0.01,
    )
