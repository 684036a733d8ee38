"""Does the selection score in the source language choose the epoch that is best in the target languages?

Keung et al. 2020 (arXiv 2004.15001): English development scores often rise where target-language scores fall, so the
choice is set beside that of an oracle, which looks at the test rows: an upper bound, no method.
"""

from __future__ import annotations

import pandas as pd

from study_utils.analysis.results.tables import require_columns

RUN = ("encoder", "condition", "task", "seed")
"""Columns that name the run whose epochs are compared."""

EPOCH_COLUMNS = (*RUN, "epoch", "selection", "language", "metric", "value", "zero_shot")

MEAN = 0
"""Number of the mean of all epochs' weights; epochs are counted from 1."""


def epoch_curves(scores: pd.DataFrame) -> pd.DataFrame:
    """Average the zero-shot languages of every epoch.

    Parameters
    ----------
    scores : pandas.DataFrame
        Columns of `EPOCH_COLUMNS`: one row a run, epoch and language; `value` is the primary metric on the test rows,
        `selection` the score of the epoch on the selection rows, both fractions.

    Returns
    -------
    pandas.DataFrame
        One row a run and epoch: the columns of `RUN`, `epoch` (0: the mean of all), `metric`, `selection`, `target`
        (macro average) and `languages`, how many are averaged. A run without zero-shot languages has no rows.
    """
    require_columns(scores, EPOCH_COLUMNS, table="table of epochs")
    kept = scores[scores["zero_shot"].astype(bool)]
    grouped = kept.groupby([*RUN, "epoch", "metric", "selection"], sort=False)["value"]
    return grouped.agg(target="mean", languages="size").reset_index()


def epoch_choices(curves: pd.DataFrame) -> pd.DataFrame:
    """Compare, run by run, the epoch that the selection score chooses with the oracle's.

    Parameters
    ----------
    curves : pandas.DataFrame
        What `epoch_curves` returns.

    Returns
    -------
    pandas.DataFrame
        One row a run of two epochs or more: the columns of `RUN`, `epochs` (how many), `chosen` (epoch with the best
        selection score, the first of equals), `oracle` (with the best macro average), `agree` (whether the chosen one
        is as good), `by_chance` (share of the epochs that are), `lost` (oracle − chosen), `lost_last` (oracle − last
        epoch), `lost_mean` (oracle − mean of all epochs' weights, below zero where the mean is better; missing if it
        was not kept), and `correlation` (Spearman's, of selection score and macro average over the epochs; missing if
        one of them never changes).
    """
    found = []
    for run, rows in curves.groupby(list(RUN), sort=False):
        each = rows[rows["epoch"] != MEAN].sort_values("epoch").set_index("epoch")
        if len(each) < 2:
            continue
        target, chosen = each["target"], each["selection"].idxmax()
        mean = rows.loc[rows["epoch"] == MEAN, "target"]
        found.append(
            {
                **dict(zip(RUN, run)),
                "epochs": len(each),
                "chosen": chosen,
                "oracle": target.idxmax(),
                "agree": bool(target[chosen] == target.max()),
                "by_chance": float((target == target.max()).mean()),
                "lost": target.max() - target[chosen],
                "lost_last": target.max() - target.iloc[-1],
                "lost_mean": target.max() - mean.iloc[0] if len(mean) else float("nan"),
                "correlation": _rank_correlation(each["selection"], target),
            }
        )
    columns = ["epochs", "chosen", "oracle", "agree", "by_chance", "lost", "lost_last", "lost_mean", "correlation"]
    return pd.DataFrame(found, columns=[*RUN, *columns])


def _rank_correlation(one: pd.Series, other: pd.Series) -> float:
    if one.nunique() < 2 or other.nunique() < 2:
        return float("nan")
    return float(one.rank().corr(other.rank()))


def epoch_table(choices: pd.DataFrame) -> pd.DataFrame:
    """Sum up the choices of an encoder on a target over conditions and seeds.

    Returns
    -------
    pandas.DataFrame
        One row an encoder and target: `encoder`, `task`, `runs`, `agree` (share of runs), `by_chance` (what random
        epochs would reach), `lost`, `lost_last`, `lost_mean` (means, in points) and `correlation` (median).
    """
    grouped = choices.groupby(["encoder", "task"], sort=False)
    table = grouped.agg(
        runs=("agree", "size"),
        agree=("agree", "mean"),
        by_chance=("by_chance", "mean"),
        lost=("lost", "mean"),
        lost_last=("lost_last", "mean"),
        lost_mean=("lost_mean", "mean"),
        correlation=("correlation", "median"),
    ).reset_index()
    losses = ["lost", "lost_last", "lost_mean"]
    table[losses] = table[losses] * 100
    return table
