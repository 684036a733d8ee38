from __future__ import annotations

import pytest

from study_utils.catalog import encoder
from study_utils.encoders.load import load_encoder


@pytest.fixture(scope="session")
def base(tiny_encoder, tmp_path_factory):
    return load_encoder(encoder(str(tiny_encoder)), cache=tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def tokenizer(base):
    return base.tokenizer
