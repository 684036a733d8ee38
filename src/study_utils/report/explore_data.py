"""What the page to explore shows, read from the files of a report: every cell, and every gain with its interval."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from study_utils.analysis.results.gains import gains, group_labels, of_metric
from study_utils.analysis.results.tables import CELL, join_languages
from study_utils.catalog.perturbations import CLEAN
from study_utils.catalog.titles import condition_title, encoder_title, metric_label, rows_title
from study_utils.figures.style import language_order
from study_utils.report.finished import read_table

POINTS = 100
_DIGITS = 3
_ESTIMATES = ("overall_gains", "task_gains", "family_gains", "branch_gains")
"""Tables and figures of gains with intervals, the widest first."""
_UNIT_WORDS = {"all": "All languages", "task": "Target", "family": "Family", "branch": "Branch", "language": "Language"}


def cell_rows(results: pd.DataFrame) -> pd.DataFrame:
    """Primary scores and gains as people read them.

    Parameters
    ----------
    results : pandas.DataFrame
        Results table of a study.

    Returns
    -------
    pandas.DataFrame
        One row a cell: `encoder`, `condition`, `target`, `family`, `language`, `rows` (clean, or the variant), `seed`,
        `metric` (titles); `score` (hundredths), `gain` (points; missing for the baseline), `kind` (zero-shot,
        trained on, or same data).

    Raises
    ------
    AnalysisError
        If the results table is not valid.
    """
    scores = of_metric(results)
    gained = gains(results)[[*CELL, "gain"]]
    table = join_languages(scores.merge(gained, on=list(CELL), how="left"))
    table["group"] = group_labels(table)
    places = {code: place for place, code in enumerate(language_order(table["language"])["language"])}
    table = table.sort_values("language", key=lambda codes: codes.map(places), kind="stable", ignore_index=True)
    return pd.DataFrame(
        {
            "encoder": table["encoder"].map(encoder_title),
            "condition": table["condition"].map(condition_title),
            "target": table["task"].map(rows_title),
            "family": table["group"],
            "language": table["name"],
            "rows": table["variant"].str.replace("_", " "),
            "seed": table["seed"].astype(str),
            "metric": table["metric"].map(metric_label),
            "score": (table["value"] * POINTS).round(_DIGITS),
            "gain": (table["gain"] * POINTS).round(_DIGITS) + 0.0,
            "kind": _kinds(table),
        }
    )


def _kinds(table: pd.DataFrame) -> pd.Series:
    kinds = pd.Series("zero-shot", index=table.index)
    kinds[~table["zero_shot"].astype(bool)] = "trained in this language"
    kinds[table["same_data"].astype(bool)] = "intermediate task made from the target's data"
    return kinds


def estimate_rows(report: Path) -> pd.DataFrame:
    """Gains with intervals that a report holds, as people read them.

    Returns
    -------
    pandas.DataFrame
        One row an estimate: `encoder`, `condition`, `of` (kind of group), `group`, `rows`; `gain`, `low`, `high`
        (points; ends missing where no interval is given), `clear` (yes, no, or why there is no interval), `languages`
        and `seeds` (numbers). Empty if the study has asked no such question.
    """
    frames = []
    for name in _ESTIMATES:
        for folder in ("tables", "figures"):
            path = report / folder / f"{name}.csv"
            if path.is_file():
                frames.append(_estimates(read_table(path), name))
                break
    columns = ["encoder", "condition", "of", "group", "rows", "gain", "low", "high", "clear", "languages", "seeds"]
    if not frames:
        return pd.DataFrame(columns=columns)
    together = pd.concat(frames, ignore_index=True)[columns]
    return together.drop_duplicates(["encoder", "condition", "group", "rows"], ignore_index=True)


def _estimates(table: pd.DataFrame, name: str) -> pd.DataFrame:
    by_task = name == "task_gains"
    units = pd.Series("task", index=table.index) if by_task else table["unit"]
    if name == "branch_gains":
        units = units.replace("family", "branch")
    clear = table["clear"].astype(bool).map({True: "yes", False: "no"})
    return pd.DataFrame(
        {
            "encoder": table["encoder"].map(encoder_title),
            "condition": table["condition"].map(condition_title),
            "of": units.map(_UNIT_WORDS),
            "group": table["task"].map(rows_title) if by_task else table["group"],
            "rows": table["variant"].fillna(CLEAN).str.replace("_", " "),
            **{
                shown: (table[column] * POINTS).round(_DIGITS) + 0.0
                for shown, column in (("gain", "estimate"), ("low", "low"), ("high", "high"))
            },
            "clear": clear.where(table["withheld"] == "", "no interval: " + table["withheld"]),
            "languages": table["n_languages"],
            "seeds": table["n_seeds"],
        }
    )


def coded(table: pd.DataFrame) -> dict[str, object]:
    """Pack a table for a page: columns of texts as their values once and a number a row, numbers as they are."""
    packed: dict[str, object] = {}
    for name in table:
        column = table[name]
        if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
            packed[name] = [None if pd.isna(value) else value for value in column.tolist()]
        else:
            codes, values = pd.factorize(column)
            packed[name] = {"values": list(values), "codes": codes.tolist()}
    return packed
