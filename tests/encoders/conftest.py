"""The packaged encoder, decoded once a session, and the tiny one. Tests that change a model copy it first."""

from __future__ import annotations

from pathlib import Path

import pytest

from study_utils.catalog.encoders import encoder
from study_utils.encoders.load import LoadedEncoder, load_encoder


@pytest.fixture(scope="session")
def encoder_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder that packaged encoders are decoded into."""
    return tmp_path_factory.mktemp("decoded")


@pytest.fixture(scope="session")
def packaged(encoder_cache: Path) -> LoadedEncoder:
    return load_encoder(encoder("e5_small"), cache=encoder_cache)


@pytest.fixture
def tiny(tiny_encoder: Path, tmp_path: Path) -> LoadedEncoder:
    return load_encoder(encoder(str(tiny_encoder)), cache=tmp_path)
