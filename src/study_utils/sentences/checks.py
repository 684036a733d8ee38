"""Sentences about what a result rests on: what would change it, what else explains it, what is ruled out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np
import pandas as pd

from study_utils.analysis.inference.clear import too_few_languages
from study_utils.analysis.inference.equivalence import ALPHA, VERDICTS
from study_utils.analysis.models.mixed import MixedGains
from study_utils.analysis.models.variance import OF_SOURCE
from study_utils.analysis.results.tables import BASELINE, require_columns
from study_utils.catalog.titles import at_most_five, condition_title, source_name
from study_utils.sentences.gains import counted, ends_text, in_order, points, titled, told_few

_MOST = 5
"""Results or names that are told one by one; more are left to the table."""
_UNKNOWN = "cpu, "
"""How a device begins whose processor has no name; after the name of one that has."""
_ANYTHING = 0.9
"""Width of a share's interval from which it says nothing."""


def describe_sensitivity(table: pd.DataFrame) -> list[str]:
    """Say what would change each result of `study_utils.analysis.sensitivity`.

    Returns
    -------
    list of str
        One text a condition and group, of leaving out each language and each task. Of families only the results that
        exclude zero after correction, or come to, are told. Of more than five these, then the largest.
    """
    needed = ("condition", "unit", "group", "left_out", "excludes_zero", "sign_changes", "zero_changes")
    require_columns(table, needed, table="leave-one-out")
    told = table[(table["unit"] == "all") | table["excludes_zero"].astype(bool) | (table["zero_changes"] != "")]
    if told.empty:
        return ["No family's result excludes zero, and leaving out one language or one task makes none do so."]
    parts = list(in_order(told).groupby(["encoder", "variant", "condition", "group"], sort=False))
    if len(parts) > _MOST:
        parts.sort(key=lambda part: (part[1]["excludes_zero"].any(), abs(part[1]["estimate"].iloc[0])), reverse=True)
    texts = []
    for (encoder, _, condition, group), part in parts:
        row = part.iloc[0]
        told = [
            titled(encoder, f"{condition_title(condition)}, {_within(group)}: {points(row['estimate'])} points", table)
        ]
        for one in part.itertuples():
            low, high = points(one.lowest), points(one.highest)
            told.append(
                f"Without any one {one.left_out} it is {low}"
                if low == high
                else f"Without one {one.left_out} it is between {low} (without {one.lowest_without}) and {high} "
                f"(without {one.highest_without})"
            )
        turns = [f"The sign is another without {_few(names)}" for names in part["sign_changes"] if names]
        becomes = "no longer differs from zero" if row["excludes_zero"] else "differs from zero"
        for one in part.itertuples():
            if one.zero_changes and one.left_out == "language" and too_few_languages(one.unit, one.n_left_out - 1):
                turns.append("Without any one language, too few are left for a claim")
            elif one.zero_changes:
                turns.append(f"After correction it {becomes} without {_few(one.zero_changes)}")
        texts.append([". ".join([*told, *(turns or ["No single one changes the conclusion"])]) + "."])
    return told_few(texts, "figure")


def _within(group: str) -> str:
    """Group within a sentence: that of all languages is no name."""
    return group.replace("All languages", "all languages")


def _few(names: str) -> str:
    parts = names.split(", ")
    if len(parts) <= 2:
        return " or ".join(parts)
    return f"any of {', '.join(parts)}" if len(parts) <= _MOST else f"any of {len(parts)} (see the table)"


def describe_equivalence(table: pd.DataFrame) -> list[str]:
    """Say for which results an effect as large as the margin is ruled out: `study_utils.analysis.equivalence`."""
    require_columns(
        table, ("condition", "group", "equivalence", "margin", "smallest_margin"), table="equivalence table"
    )
    tested = table[table["equivalence"] != ""]
    if tested.empty:
        return ["No result has an interval, so none can be tested against the smallest effect that matters."]
    margin = f"{100 * tested['margin'].iloc[0]:g}"
    unit = "point" if margin == "1" else "points"
    small = tested[tested["equivalence"] == VERDICTS[0]]
    sentences = [
        f"A gain or loss of {margin} {unit} or more is ruled out for {len(small)} of {counted(len(tested), 'result')} "
        f"(two one-sided tests, corrected together); for the others \N{LEFT DOUBLE QUOTATION MARK}no "
        f"effect\N{RIGHT DOUBLE QUOTATION MARK} is not shown."
    ]
    sentences += [
        f"{condition_title(row.condition)}, {_within(row.group)}: {points(row.estimate)} points, smaller than {margin} "
        f"in size."
        for row in small.head(_MOST).itertuples()
    ]
    if len(small) > _MOST:
        sentences.append(f"{len(small) - _MOST} more are in the table.")
    holds = tested["p_equivalence_holm"] < ALPHA
    if barred := int((holds & (tested["equivalence"] != VERDICTS[0])).sum()):
        sentences.append(
            f"In {counted(barred, 'more result')} the test rules it out too, but from too few languages or seeds, or "
            f"with runs at chance or collapsed, so nothing is claimed."
        )
    if small.empty and not barred:
        best = tested.loc[tested["smallest_margin"].idxmin()]
        sentences.append(
            f"The closest: {condition_title(best['condition'])}, {_within(best['group'])}, where effects beyond "
            f"{100 * best['smallest_margin']:.1f} points are ruled out before correction."
        )
    return sentences


def describe_mixed(found: MixedGains) -> list[str]:
    """Say which families differ once covariates are accounted for, and what the design cannot separate."""
    contrasts = found.contrasts
    sentences = []
    if contrasts.empty:
        sentences.append("No two families can be compared: the mixed model needs two with two languages each.")
    else:
        clear = contrasts[contrasts["clear"].astype(bool)]
        sentences.append(
            f"Of {counted(len(contrasts), 'difference')} between two families under one condition, {len(clear)} are "
            f"clear after correction, with languages, tasks and covariates accounted for."
        )
        shown = clear.sort_values("p")
        sentences += [
            f"{condition_title(row.condition)}: {row.group} minus {row.other} {points(row.estimate)} points "
            f"(interval {ends_text(row.low, row.high)})."
            for row in shown.head(_MOST).itertuples()
        ]
        if len(shown) > _MOST:
            sentences.append(f"{len(shown) - _MOST} more clear differences are in the table.")
    for warning, part in found.warnings.groupby("warning", sort=False):
        everywhere = part["condition"].nunique() == found.warnings["condition"].nunique()
        names = at_most_five([condition_title(key) for key in part["condition"].unique()])
        where = "" if everywhere else f" ({names})"
        sentences.append(f"Caution{where}: {warning}")
    return sentences


def describe_variance(shares: pd.DataFrame) -> list[str]:
    """Say where most of the variance of gains lies: `study_utils.analysis.variance_shares`.

    Returns
    -------
    list of str
        For each condition the largest share, that of training runs whatever its size, and what can't be told.
    """
    require_columns(shares, ("condition", "source", "share", "low", "high", "withheld"), table="table of shares")
    texts = []
    for (encoder, _, condition), part in in_order(shares).groupby(["encoder", "variant", "condition"], sort=False):
        texts.append(sentences := [])
        start = titled(encoder, condition_title(condition), shares)
        known = part[part["withheld"] == ""].sort_values("share", ascending=False, kind="stable")
        if known.empty:
            sentences.append(f"{start}: no decomposition, {part['withheld'].iloc[0]}.")
            continue
        sentences.append(f"{start}: single gains differ most by {_share(next(known.itertuples()))}.")
        runs = known[known["source"] == "run"]
        if len(runs) and known["source"].iloc[0] != "run":
            sentences.append(f"{start}: they differ by {_share(next(runs.itertuples()))} too.")
        held = part[(part["withheld"] != "") & (part["source"] != "residual")]
        for reason, rows in held.groupby("withheld", sort=False):
            *first, last = (OF_SOURCE[source].replace(",", "") for source in rows["source"])
            names = f"{', '.join(first)} and {last}" if first else last
            sentences.append(f"{start}: what {names} contribute can't be told ({reason}).")
    return told_few(texts)


def _share(row: tuple) -> str:
    low, high = f"{row.low:.0%}", f"{row.high:.0%}"
    interval = "almost any share is possible" if row.high - row.low >= _ANYTHING else f"interval {low} to {high}"
    if low == high:
        interval = f"interval below {max(0.01, row.high):.0%}" if low == "0%" else f"interval around {low}"
    return f"{OF_SOURCE[row.source]} ({row.share:.0%} of the variance, {interval})"


def describe_robustness(found: pd.DataFrame) -> list[str]:
    """Say under each condition what the worst language is and how many languages lose; the rest is in the table.

    Parameters
    ----------
    found : pandas.DataFrame
        From ``robustness_intervals(..., by="all")``.
    """
    needed = ("condition", "quantity", "estimate", "low", "high", "worst", "n_languages", "withheld")
    require_columns(found, needed, table="robustness table")
    texts = []
    for (encoder, _, condition, _), part in in_order(found).groupby(
        ["encoder", "variant", "condition", "group"], sort=False
    ):
        texts.append(sentences := [])
        rows = part.set_index("quantity")
        worst, share = rows.loc["worst_gain"], rows.loc["negative_share"]
        start = titled(encoder, condition_title(condition), found)
        if points(worst["estimate"]) == points(rows.loc["gain", "estimate"]):
            sentences.append(
                f"{start}: languages can't be told apart; noise explains how they differ from their mean, "
                f"{points(worst['estimate'])} points."
            )
            continue
        ends = f"interval {ends_text(worst['low'], worst['high'])}"
        known = ends if np.isfinite(worst["low"]) else f"no interval: {worst['withheld']}"
        sentences.append(
            f"{start}: adjusted for the tasks that each has, the worst language is {worst['worst']}, "
            f"{points(worst['estimate'])} points ({known})."
        )
        many = int(share["n_languages"])
        told = (
            f"{start}: the estimate, adjusted so, is below zero in {round(share['estimate'] * many)} of "
            f"{counted(many, 'language')}"
        )
        sentences.append(
            f"{told}, in {round(share['low'] * many)} with its interval." if np.isfinite(share["low"]) else f"{told}."
        )
    return told_few(texts)


def describe_retention(table: pd.DataFrame) -> list[str]:
    """Say how much of training in the language itself zero-shot transfer keeps; a description, no test.

    Parameters
    ----------
    table : pandas.DataFrame
        From `study_utils.analysis.retention`.
    """
    if table.empty:
        return ["Nothing here was fine-tuned in the scored languages themselves (`in_language`) on as many rows."]
    told = []
    for (encoder, condition), part in table.groupby(["encoder", "condition"], sort=False):
        by_language = part.groupby(["task", "language"])["retention"].mean()
        alone = f"Fine-tuning in {source_name(part['task'])} alone"
        who = alone if condition == BASELINE else f"With {condition_title(condition)} it"
        text = (
            f"{who} reaches {by_language.mean():.0%} of the score of fine-tuning in the language itself, the mean over "
            f"{counted(part['language'].nunique(), 'language')} and {counted(part['task'].nunique(), 'task')} (from "
            f"{by_language.min():.0%} to {by_language.max():.0%})."
        )
        told.append(titled(encoder, text, table))
    return told


def describe_processors(made: Mapping[str, int], here: str = "") -> list[str]:
    """Say where results rest on several models of processor or GPU: they round otherwise, and training carries that on.

    Parameters
    ----------
    made : mapping of str to int
        On what runs were made, as `study_utils.store.Store.devices` counts them. Those of unknown models don't count.
    here : str
        Model of this machine's processor, where runs are still to be made on it.
    """
    models: Counter[str] = Counter()
    for device, count in made.items():
        if not device.startswith(_UNKNOWN):
            model, is_processor, _ = device.partition(f", {_UNKNOWN}")
            models[model if is_processor else device.rpartition(", ")[0]] += count
    told = at_most_five([f"{counted(count, 'run')} on {model}" for model, count in models.most_common()])
    if here and models and set(models) != {here}:
        told += f"; what is left is made here, on {here}"
    elif len(models) < 2:
        return []
    return [
        f"Not all of its runs are made on one model of processor: {told}. Each rounds otherwise, and training carries "
        "that on: a difference between runs of different ones can be the processor's."
    ]
