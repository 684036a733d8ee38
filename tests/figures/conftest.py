from __future__ import annotations

import pytest
from figure_studies import MANY, study

from study_utils.analysis import Settings, family_gains
from study_utils.catalog import CONDITIONS

SIZES = {
    "tiny": (["es"], ["mnli"]),
    "small": (["en", "es", "fr", "eu"], ["mnli", "sst2"]),
    "large": (MANY, [*(k for k in CONDITIONS if k != "none")][:8]),
}


@pytest.fixture(scope="session", params=SIZES)
def tables(request):
    """Scores and gains by family of studies of three sizes."""
    predictions, scores = study(*SIZES[request.param], tasks=("sib200", "xnli"))
    return scores, family_gains(predictions, scores, settings=Settings(resamples=100), same_data="include")
