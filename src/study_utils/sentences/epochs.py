"""Sentences about the choice of an epoch."""

from __future__ import annotations

import pandas as pd

from study_utils.catalog.titles import source_name
from study_utils.sentences.gains import counted


def describe_epochs(choices: pd.DataFrame) -> list[str]:
    """Say how good the choice of an epoch in the source language is.

    Parameters
    ----------
    choices : pandas.DataFrame
        What `study_utils.analysis.epochs.epoch_choices` returns.
    """
    if choices.empty:
        source = source_name(())
        return [f"No run has kept several epochs (keep_epochs), so what their choice in {source} costs is not known."]
    source = source_name(choices.get("task", ()), adjective=True)
    runs, agree = len(choices), int(choices["agree"].sum())
    sentences = [
        f"The epoch with the best {source} selection score is also the best one in the zero-shot languages in {agree} "
        f"of {counted(runs, 'run')} ({agree / runs:.0%}; random epochs: {choices['by_chance'].mean():.0%}).",
        f"It is {_points(choices['lost'].mean())} points below the oracle on average and "
        f"{_points(choices['lost'].max())} at most; the last epoch is {_points(choices['lost_last'].mean())} below it. "
        "The oracle looks at the test rows: it is an upper bound, and no choice that a study may make.",
    ]
    if len(means := choices["lost_mean"].dropna()):
        side = "below" if means.mean() >= 0 else "above"
        sentences.append(f"The mean of all epochs' weights is {_points(abs(means.mean()))} points {side} the oracle.")
    known = choices["correlation"].dropna()
    if len(known):
        against = int((known < 0).sum())
        sentences.append(
            f"Over the epochs of a run, the rank correlation of selection score and zero-shot score has a median of "
            f"{known.median():.2f}; it is negative in {against} of {counted(len(known), 'run')}."
        )
    if constant := runs - len(known):
        sentences.append(
            f"In {counted(constant, 'run')} one of the two scores never changed, so it has no correlation."
        )
    return sentences


def _points(fraction: float) -> str:
    return f"{100 * fraction:.1f}"
