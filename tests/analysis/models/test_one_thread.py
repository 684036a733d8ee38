from __future__ import annotations

import numpy as np
import pytest
from test_variance import scores_of
from threadpoolctl import ThreadpoolController, threadpool_limits

from study_utils.analysis import Settings, family_gains, robustness_intervals, sensitivity, variance_shares
from study_utils.analysis.models.one_thread import on_one_thread

CODES = "es fr it pt fi et hu".split()


def threads():
    return {library.num_threads for library in ThreadpoolController().select(user_api="blas").lib_controllers}


def test_the_caller_has_its_threads_again():
    with threadpool_limits(2, user_api="blas"):
        assert on_one_thread(threads)() == {1}
        assert threads() == {2}
        with pytest.raises(ValueError, match="wrong"):
            on_one_thread(fails)()
        assert threads() == {2}


def fails():
    raise ValueError("wrong")


@pytest.mark.parametrize("analyse", [family_gains, sensitivity, robustness_intervals, variance_shares])
def test_small_matrices_are_solved_on_one_thread(analyse, monkeypatch):
    """On more, a busy machine takes twenty times as long."""
    seen, inverse = set(), np.linalg.inv

    def watched(matrix):
        seen.update(threads())
        return inverse(matrix)

    monkeypatch.setattr(np.linalg, "inv", watched)
    scores, settings = scores_of({"task": 0.02, "run": 0.01}, codes=CODES), Settings(resamples=3)
    with threadpool_limits(2, user_api="blas"):
        if analyse is variance_shares:
            analyse(scores, settings=settings)
        else:
            analyse(None, scores, settings=settings)
    assert seen == {1}
