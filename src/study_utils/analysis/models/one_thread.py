"""Linear algebra of many small matrices on one thread, whatever the machine has.

A library that shares a product of 60 by 60 among threads waits longer for them than the product takes: on two cores
that another program uses too, a bootstrap of variances took twenty times as long with two threads as with one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps

import scipy.linalg  # noqa: F401 - loads its library, so that the controller finds it
from threadpoolctl import ThreadpoolController


def on_one_thread(function: Callable) -> Callable:
    """Decorate a function: its linear algebra runs on one thread, and that of its caller as before."""

    @wraps(function)
    def limited(*args, **kwargs):
        with _libraries().limit(limits=1, user_api="blas"):
            return function(*args, **kwargs)

    return limited


@cache
def _libraries() -> ThreadpoolController:
    return ThreadpoolController()
