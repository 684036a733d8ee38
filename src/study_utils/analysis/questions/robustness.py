"""How evenly a condition helps, per family or branch, each quantity with an interval and what it rests on."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from study_utils.analysis.inference.bootstrap import Borrowed, Settings
from study_utils.analysis.inference.families import behind
from study_utils.analysis.inference.grids import Grid, grid_interval, prepare, unit_grids, withheld_reason
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
    *("method", "resampled", "n_languages", "n_tasks", "n_seeds", "n_examples", "languages", "tasks", "withheld"),
]


def robustness_intervals(
    predictions: pd.DataFrame | None,
    scores: pd.DataFrame | None = None,
    *,
    by: str = "family",
    settings: Settings = Settings(),  # noqa: B008 - frozen
    rng: np.random.Generator | None = None,
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
            English minus language, and language divided by English, macro over the tasks that score English.
        ``gap_change``, ``retention_change``
            the same minus what they are under `none`, paired.
        ``worst_gain``
            smallest gain of a language, averaged over its tasks and seeds; `worst` names the language.
        ``negative_share``
            share of the languages whose gain, averaged likewise, is below zero.
        ``spread``
            standard deviation of measured gains between languages, within tasks.
        ``seed_spread``
            standard deviation of the mean gain between seeds.

        `method` says how the interval was made. ``bootstrap``: nested paired bootstrap as in `family_gains`, of
        retention by its linear part. ``bootstrap, simultaneous``: the worst language and the share speak about these
        languages and no others, so languages are not resampled; every language has an interval at level
        1 - (1 - level)/languages (Bonferroni), and all that holds within those intervals is covered: the worst gain is
        between the smallest low end and the smallest high end, the share between that of the languages clearly
        negative and that of those not clearly positive. This is cautious, and honest about a minimum of noisy numbers,
        which plain resampling biases downwards. ``chi-square``: a standard deviation of normal deviations with as many
        degrees of freedom as languages or seeds less one. `resampled`, the `n_` columns and `withheld` as in
        `family_gains`; they count the cells that the quantity has.
    """
    prepared = prepare(
        predictions,
        scores,
        by=by,
        settings=settings,
        rng=rng,
        same_data=same_data,
        cells=cells,
        function="robustness_intervals",
    )
    rows = []
    for value in LIMITS:
        for (encoder, variant, label, condition), part, grid, borrowed in unit_grids(prepared, value):
            unit = part["unit"].iloc[0]
            keys = {"encoder": encoder, "variant": variant, "condition": condition, "unit": unit, "group": label}
            args = {"settings": settings, "root": prepared.root, "borrowed": borrowed}
            lonely = unit != "language" and len(grid.languages) == 1
            found = [_average(value, grid, lonely=lonely, **args)]
            if value == "gain":
                found += _over_languages(grid, **args) + _spreads(grid, settings.level)
            rows += [keys | row | {"level": settings.level} for row in found]
    table = pd.DataFrame(rows, columns=ROBUSTNESS_INTERVAL_COLUMNS)
    place = table["quantity"].map({name: i for i, name in enumerate(QUANTITIES)})
    keys = ["encoder", "variant", "group", "condition"]
    return table.assign(place=place).sort_values([*keys, "place"], ignore_index=True).drop(columns="place")


def _average(value: str, grid: Grid, *, lonely: bool, settings: Settings, root: int, borrowed: Borrowed) -> dict:
    found = grid_interval(grid, settings=settings, root=root, borrowed=borrowed, limits=LIMITS[value])
    withheld = withheld_reason(grid, lonely=lonely, flat=not np.isfinite(found.p))
    return _row(value, grid, found.estimate, (found.low, found.high), method="bootstrap", withheld=withheld)


def _over_languages(grid: Grid, *, settings: Settings, root: int, borrowed: Borrowed) -> list[dict]:
    """Worst language and share with negative transfer, from simultaneous intervals of the languages."""
    count = len(grid.languages)
    strict = Settings(resamples=settings.resamples, level=1 - (1 - settings.level) / count, seed=settings.seed)
    alone = [grid.keep(language=place) for place in range(count)]
    each = [grid_interval(one, settings=strict, root=root, borrowed=borrowed) for one in alone]
    estimates, lows, highs = (np.array([getattr(i, name) for i in each]) for name in ("estimate", "low", "high"))
    reasons = [withheld_reason(one, lonely=False, flat=not np.isfinite(i.p)) for one, i in zip(alone, each)]
    withheld = "one language" if count == 1 else next(filter(None, reasons), "")
    resampled = ", ".join(name for name in grid.resampled.split(", ") if name != "language")
    told = {"method": "bootstrap, simultaneous", "withheld": withheld, "resampled": resampled}
    worst = LANGUAGES[grid.languages[int(estimates.argmin())]].name
    below = NEGATIVE_TRANSFER - 1e-9
    share = (float((highs < below).mean()), float((lows < below).mean()))
    return [
        _row("worst_gain", grid, estimates.min(), (lows.min(), highs.min()), worst=worst, **told),
        _row("negative_share", grid, (estimates < below).mean(), share, **told),
    ]


def _spreads(grid: Grid, level: float) -> list[dict]:
    gain = grid.value.mean(axis=2)
    scored = ~np.isnan(gain)
    freedom = int(scored.sum()) - len(grid.tasks)
    within = gain - np.nanmean(gain, axis=1, keepdims=True)
    spread = float(np.sqrt(np.nansum(within**2) / freedom)) if freedom else float("nan")
    seeds = np.nanmean(grid.value, axis=1).mean(axis=0)
    seed_spread = float(seeds.std(ddof=1)) if len(seeds) > 1 else float("nan")
    found = []
    for name, estimate, count, what in (
        ("spread", spread, len(grid.languages), "language"),
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
        found.append(_row(name, grid, estimate, ends, method="chi-square", withheld=withheld, resampled=what))
    return found


def _row(quantity: str, grid: Grid, estimate: float, ends: tuple, *, withheld: str, worst: str = "", **told) -> dict:
    low, high = (float("nan"), float("nan")) if withheld else ends
    numbers = {"quantity": quantity, "estimate": float(estimate), "low": low, "high": high, "worst": worst}
    return behind(grid) | numbers | told | {"withheld": withheld}


_TITLES = {
    "gain": "gain",
    "gap": "transfer gap",
    "retention": "retention, %",
    "worst_gain": "worst language",
    "negative_share": "negative transfer, %",
    "spread": "spread within",
    "seed_spread": "spread of seeds",
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
        `encoder`, `condition`, `group`, what stands behind the gain (`languages`, `tasks`, `seeds`, `examples`,
        `resampled`) and texts: the estimate in points or percent with its interval in brackets; no brackets where no
        interval is given, a dash where the cells lack the quantity.
    """
    keys = ["encoder", "variant", "condition", "group"]
    shown = found[found["quantity"].isin(_TITLES)]
    numbers = shown[["estimate", "low", "high"]].mul(100).round(1).add(0.0)
    texts = []
    for (estimate, low, high), worst in zip(numbers.to_numpy(), shown["worst"]):
        text = f"{estimate:.1f}" if np.isnan(low) else f"{estimate:.1f} [{low:.1f}, {high:.1f}]"
        texts.append("\N{EN DASH}" if np.isnan(estimate) else f"{text} {worst}".strip())
    wide = shown.assign(text=texts).pivot_table(index=keys, columns="quantity", values="text", aggfunc="first")
    wide = wide.reindex(columns=list(_TITLES)).astype(object).fillna("\N{EN DASH}").rename(columns=_TITLES)
    counts = {"n_languages": "languages", "n_tasks": "tasks", "n_seeds": "seeds", "n_examples": "examples"}
    of_gain = found[found["quantity"] == "gain"].set_index(keys)[[*counts, "resampled"]].rename(columns=counts)
    table = of_gain.join(wide).reset_index()
    return table.drop(columns="variant") if table["variant"].nunique() < 2 else table
