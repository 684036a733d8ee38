"""How evenly a condition helps, per family or branch, each quantity with an interval and what it rests on."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from study_utils.analysis.inference.example_noise import Noise, example_noise
from study_utils.analysis.inference.families import behind, withhold
from study_utils.analysis.inference.groups import prepare
from study_utils.analysis.inference.interval import Interval
from study_utils.analysis.inference.settings import Settings
from study_utils.analysis.inference.shared_models import SharedModels
from study_utils.analysis.results.gains import NEGATIVE_TRANSFER
from study_utils.catalog import LANGUAGES

LIMITS = {
    "gain": (-1.0, 1.0),
    "gap": (-1.0, 1.0),
    "gap_change": (-2.0, 2.0),
    "retention": (0.0, np.inf),
    "retention_change": (-np.inf, np.inf),
}
"""Averages of cells, and the values they can have."""

QUANTITIES = (*LIMITS, "worst_gain", "negative_share", "spread", "seed_spread")
MIN_UNITS = 3
"""Fewest languages or seeds for the interval of a standard deviation: with two its ends differ 70-fold."""

ROBUSTNESS_INTERVAL_COLUMNS = [
    *("encoder", "variant", "condition", "unit", "group", "quantity", "estimate", "low", "high", "level", "worst"),
    *(
        "method",
        "generalises_over",
        "n_languages",
        "n_tasks",
        "n_seeds",
        "n_examples",
        "languages",
        "tasks",
        "withheld",
    ),
]


def robustness_intervals(
    predictions: pd.DataFrame | None,
    scores: pd.DataFrame | None = None,
    *,
    by: str = "family",
    settings: Settings = Settings(),  # noqa: B008 - frozen
    same_data: str = "exclude",
    cells: str = "own",
) -> pd.DataFrame:
    """Summarise robustness under every condition and in every group; parameters and errors as in `family_gains`.

    Returns
    -------
    pandas.DataFrame
        One row an (encoder, variant, condition, group) and `quantity`, in fractions:

        ``gain``
            score minus that of `none`; the same row as in `family_gains`.
        ``gap``, ``retention``
            source minus language, and language divided by source, macro over the tasks that score their source.
        ``gap_change``, ``retention_change``
            the same minus what they are under `none`, paired.
        ``worst_gain``
            smallest gain of a language, over seeds and all tasks of the condition: one that lacks a task takes over
            what others gain on it, as families do. `worst` names the language.
        ``negative_share``
            share of the languages whose gain, likewise, is below zero.
        ``spread``
            standard deviation of measured gains between languages, within tasks.
        ``seed_spread``
            standard deviation of the mean gain between seeds.

        `method` says how the interval was made. ``mixed model``: as in `family_gains`, on these tasks. ``mixed model,
        simultaneous``: the worst language and the share speak about these languages and no others. Every language is
        predicted (partial pooling) with an interval at level 1 - (1 - level)/languages (Bonferroni), and all that holds
        within those intervals is covered: the worst gain is between the smallest low end and the smallest high end, the
        share between that of the languages clearly negative and that of those not clearly positive. Pooling keeps the
        smallest of many noisy numbers from looking worse than it is. ``chi-square``: a standard deviation of normal
        deviations with as many degrees of freedom as languages or seeds less one. `generalises_over`, the `n_` columns
        and `withheld` as in `family_gains`; they count the cells that the quantity has.
    """
    prepared = prepare(predictions, scores, by=by, same_data=same_data, cells=cells, function="robustness_intervals")
    keys, rows, models = ["encoder", "variant", "condition"], [], SharedModels()
    for key, whole in prepared.table.groupby(keys, sort=True):
        for value, limits in LIMITS.items():
            # A language of a task that lacks the value under some seed (retention where the source scores 0) is out.
            lacking = whole[value].isna().groupby([whole["task"], whole["language"]]).transform("any")
            part = whole[~lacking]
            if part.empty:
                continue
            noise = example_noise(prepared.blocks, part, value=value) if prepared.blocks else {}
            told = {"noise": noise, "level": settings.level, "limits": limits}
            found = models.of(part).estimate(part[value].to_numpy(), **told)
            single = _by_language(part, models, noise, settings.level) if value == "gain" else {}
            for label, own in part.groupby("label", sort=True):
                row = dict(zip(keys, key)) | {"group": label, "level": settings.level} | behind(own)
                rows.append(row | _average(value, row, found[label]))
                if value == "gain":
                    others = [*_over_languages(row, single), *_spreads(own, settings.level)]
                    rows += [row | other for other in others]
    table = pd.DataFrame(rows, columns=ROBUSTNESS_INTERVAL_COLUMNS)
    place = table["quantity"].map({name: i for i, name in enumerate(QUANTITIES)})
    keys = ["encoder", "variant", "group", "condition"]
    return table.assign(place=place).sort_values([*keys, "place"], ignore_index=True).drop(columns="place")


def _average(value: str, row: dict, found: Interval) -> dict:
    withheld = withhold(row | {"p": found.p})["withheld"]
    return _numbers(value, found.estimate, (found.low, found.high), method="mixed model", withheld=withheld)


def _by_language(
    part: pd.DataFrame, models: SharedModels, noise: dict[str, Noise], level: float
) -> dict[int, dict[str, Interval]]:
    """Intervals of every language's gain, by the number of languages of a group about which they speak at once."""
    model = models.of(part.assign(unit="language", label=part["language"]))
    gains, counts = part["gain"].to_numpy(), part.groupby("label")["language"].nunique().unique()
    return {count: model.estimate(gains, noise=noise, level=1 - (1 - level) / count) for count in counts}


def _over_languages(row: dict, single: dict[int, dict[str, Interval]]) -> list[dict]:
    """Worst language and share with negative transfer, from simultaneous intervals of the languages."""
    codes = row["languages"].split()
    each = [single[len(codes)][code] for code in codes]
    estimates, lows, highs, p = (
        np.array([getattr(i, name) for i in each]) for name in ("estimate", "low", "high", "p")
    )
    withheld = "one language" if len(codes) == 1 else withhold(row | {"p": p.sum()})["withheld"]
    generalises_over = ", ".join(name for name in row["generalises_over"].split(", ") if name != "language")
    told = {"method": "mixed model, simultaneous", "withheld": withheld, "generalises_over": generalises_over}
    worst = LANGUAGES[codes[int(estimates.argmin())]].name
    below = NEGATIVE_TRANSFER - 1e-9
    share = (float((highs < below).mean()), float((lows < below).mean()))
    return [
        _numbers("worst_gain", estimates.min(), (lows.min(), highs.min()), worst=worst, **told),
        _numbers("negative_share", (estimates < below).mean(), share, **told),
    ]


def _spreads(own: pd.DataFrame, level: float) -> list[dict]:
    cells = own.groupby(["task", "language"])["gain"].mean()
    within = cells - cells.groupby("task").transform("mean")
    freedom = len(cells) - own["task"].nunique()
    spread = float(np.sqrt((within**2).sum() / freedom)) if freedom else float("nan")
    seeds = own.groupby(["seed", "task"])["gain"].mean().groupby("seed").mean()
    seed_spread = float(seeds.std(ddof=1)) if len(seeds) > 1 else float("nan")
    found = []
    for name, estimate, count, what in (
        ("spread", spread, own["language"].nunique(), "language"),
        ("seed_spread", seed_spread, len(seeds), "seed"),
    ):
        many = f"{count} {what}" if count == 1 else f"{count} {what}s"
        withheld = f"{many}, fewer than {MIN_UNITS}: a standard deviation of so few says little"
        ends = (np.nan, np.nan)
        if count >= MIN_UNITS and np.isfinite(estimate):
            withheld = "" if estimate > 0 else "nothing varies"
            tails = stats.chi2.ppf([0.5 + level / 2, 0.5 - level / 2], count - 1)
            ends = tuple(estimate * np.sqrt((count - 1) / tails))
        elif count >= MIN_UNITS:
            withheld = "no task has two languages"
        found.append(_numbers(name, estimate, ends, method="chi-square", withheld=withheld, generalises_over=what))
    return found


def _numbers(quantity: str, estimate: float, ends: tuple, *, withheld: str, worst: str = "", **told) -> dict:
    low, high = (float("nan"), float("nan")) if withheld else ends
    numbers = {"quantity": quantity, "estimate": float(estimate), "low": low, "high": high, "worst": worst}
    return numbers | told | {"withheld": withheld}


_TITLES = {
    "gain": "gain (points)",
    "gap": "transfer gap (points)",
    "retention": "retention (%)",
    "worst_gain": "worst language (points)",
    "negative_share": "negative transfer (%)",
    "spread": "spread (points)|of languages",
    "seed_spread": "spread (points)|of seeds",
}


def robustness_table(found: pd.DataFrame) -> pd.DataFrame:
    """Lay out `robustness_intervals` for reading: one row a condition and group, one column a quantity.

    Parameters
    ----------
    found : pandas.DataFrame
        From `robustness_intervals`.

    Returns
    -------
    pandas.DataFrame
        `encoder`, `condition`, `group`, what stands behind the gain (`languages`, `tasks`, `seeds`) and texts: the
        estimate in points or percent with its interval in brackets; no brackets where no interval is given, a dash
        where the cells lack the quantity.
    """
    keys = ["encoder", "variant", "condition", "group"]
    shown = found[found["quantity"].isin(_TITLES)]
    numbers = shown[["estimate", "low", "high"]].mul(100).round(1).add(0.0)
    texts = []
    for (estimate, low, high), worst in zip(numbers.to_numpy(), shown["worst"]):
        text = f"{estimate:.1f}" if np.isnan(low) else f"{estimate:.1f} [{low:.1f},\N{NO-BREAK SPACE}{high:.1f}]"
        text = text.replace("-", "\N{MINUS SIGN}")
        texts.append("\N{EN DASH}" if np.isnan(estimate) else f"{text} {worst}".strip())
    wide = shown.assign(text=texts).pivot_table(index=keys, columns="quantity", values="text", aggfunc="first")
    wide = wide.reindex(columns=list(_TITLES)).astype(object).fillna("\N{EN DASH}").rename(columns=_TITLES)
    counts = {"n_languages": "languages", "n_tasks": "tasks", "n_seeds": "seeds"}
    of_gain = found[found["quantity"] == "gain"].set_index(keys)[[*counts]].rename(columns=counts)
    table = of_gain.join(wide).reset_index()
    return table.drop(columns="variant") if table["variant"].nunique() < 2 else table
