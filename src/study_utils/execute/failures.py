"""Runs that couldn't be made, and those that are left out for them."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from study_utils.errors import StudyError
from study_utils.plan import Run

log = logging.getLogger(__name__)

LEFT_OUT = "left out: it needs a run that failed"
"""Why a run wasn't made that begins with one that couldn't be."""


def describe_error(run: Run, error: BaseException) -> str:
    """Say why a run failed; where that was foreseen by nobody, its traceback is logged."""
    if isinstance(error, StudyError):
        return str(error)
    log.error("run %s failed", run.id, exc_info=error)
    return f"{type(error).__name__}: {error}"


def describe_failures(failed: dict[str, str]) -> list[str]:
    """Say which runs failed and why, and how many were left out for it."""
    lines = [f"run {run}: {reason}" for run, reason in failed.items() if reason != LEFT_OUT]
    left_out = sum(reason == LEFT_OUT for reason in failed.values())
    return lines + ([f"{left_out} runs that need these were left out"] if left_out else [])


def leave_out(waiting: Iterable[Run], failed: dict[str, str]) -> list[Run]:
    """Runs that can still be made; the others are entered in `failed`."""
    able = []
    for run in waiting:
        if failed.keys().isdisjoint(run.inputs):
            able.append(run)
        else:
            failed[run.id] = LEFT_OUT
    return able
