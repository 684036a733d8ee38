"""Tables for people: headings with units, sensible digits, titles instead of keys; long ones are cut.

The frames of the analysis hold fractions; what is shown holds points (differences of scores) and percent (scores,
shares). Which is which is said by the names of columns.
"""

from __future__ import annotations

import re
from html import escape

import pandas as pd
from great_tables import GT, loc, md, style

from study_utils.analysis.models.covariates import TITLES
from study_utils.analysis.models.variance import OF_SOURCE
from study_utils.analysis.questions.divergence.sets import MEASURES
from study_utils.analysis.questions.divergence.slopes import CONTROLS
from study_utils.catalog import LANGUAGES
from study_utils.catalog.conditions import find_condition
from study_utils.catalog.perturbations import variant_title
from study_utils.catalog.titles import condition_title, encoder_title, metric_title, rows_title, task_title
from study_utils.figures.style import POINTS

LONGEST = 20
"""Rows that are shown of a longer table."""

_ENDS = ("estimate", "low", "high")
_IN_POINTS = {*_ENDS, *(f"{prefix}_{name}" for prefix in ("general", "sound") for name in _ENDS), "standard_error"}
_IN_POINTS |= {"lowest", "highest", "margin", "smallest_margin"}
_IN_PERCENT = {"score", "baseline", "value", "share", "most_share", "in_language", "retention", "level"}
_IN_PERCENT |= {f"{name}{end}" for name in ("coverage", "claims", "false_claims") for end in ("", "_error")}


def _language(code: str) -> str:
    return LANGUAGES[code].name if code in LANGUAGES else code


def _regime(key: str) -> str:
    return "English" if key == "english" else key.replace("_", " ")


_TITLES = {
    "condition": condition_title, "arm": condition_title, "encoder": encoder_title, "task": task_title,
    "against": condition_title, "target": task_title, "train_task": rows_title, "test_task": rows_title,
    "variant": variant_title, "measure": lambda key: _MEASURES.get(key, key), "metric": metric_title,
    "language": _language, "most_in": _language, "selected_in": _language, "regime": _regime,
    "source": lambda key: OF_SOURCE.get(key, key), "covariate": lambda key: TITLES.get(key, key),
    "tasks": lambda keys: ", ".join(map(rows_title, keys.split(", "))),
}  # fmt: skip
_MEASURES = MEASURES | CONTROLS
_HEADINGS = {
    "p_holm": "p (Holm)", "low": "from", "high": "to", "general_estimate": "tasks like these: estimate",
    "general_low": "tasks like these: from", "general_high": "tasks like these: to",
    "p_equivalence_holm": "p of equivalence (Holm)", "general_clear": "tasks like these: clear",
    "freedom": "degrees of freedom", "of": "published languages", "of_rows": "published rows",
    "all_these_tasks": "all languages, these tasks (points)",
    "all_tasks_like_these": "all languages, tasks like these (points)",
    "family_of_three": "family of three languages (points)", "one_language": "one language (points)",
}  # fmt: skip
_SURE = "#e3eefa"
"""Behind the rows of clear results; their column says it in words."""


def table_html(frame: pd.DataFrame, *, file: str = "") -> str:
    """Lay out a frame as an HTML table; its look is in `tables.css`.

    Parameters
    ----------
    frame : pandas.DataFrame
        At least one row. Columns that are empty in every row, or say the same of the one encoder or the unperturbed
        rows all along, are left out. Of rows whose result is withheld only the reasons are told, below the table.
    file : str
        Where the whole table is, from the report's folder. Named under the table, and needed where it is cut.
    """
    untold = _untold(frame)
    why = frame.loc[untold, "withheld"].value_counts() if untold.any() else pd.Series(dtype=int)
    reasons = "; ".join(f"{text} ({count})" for text, count in why.items())
    if untold.all():
        whole = f' The whole table: <a href="{escape(file)}">{escape(file.rsplit("/", 1)[-1])}</a>.' if file else ""
        return f'<p class="untold">No result can be told; reasons, and of how many rows: {escape(reasons)}.{whole}</p>'
    shown = _telling(frame[~untold])
    units = {name: _unit(shown, name) for name in shown}
    cut = shown.head(LONGEST)
    laid = pd.DataFrame({name: _texts(cut[name], name, units[name]) for name in cut})
    headings = {name: _heading(name, units[name]) for name in laid}
    numbers = [name for name in laid if pd.api.types.is_numeric_dtype(shown[name].dtype) and shown[name].dtype != bool]
    table = GT(laid, id="t").cols_label(headings).cols_align("left").cols_align("right", columns=numbers)
    if "clear" in cut:
        sure = [place for place, is_clear in enumerate(cut["clear"]) if is_clear is True or str(is_clear) == "True"]
        table = table.tab_style(style.fill(_SURE), loc.body(rows=sure)) if sure else table
    if file:
        rest = (
            "The whole table" if len(cut) == len(shown) else f"The first {len(cut)} of {len(shown)} rows; all of them"
        )
        table = table.tab_source_note(md(f"{rest}: [{file.rsplit('/', 1)[-1]}]({file})"))
    if reasons:
        table = table.tab_source_note(f"Not told; reasons, and of how many rows: {reasons}")
    html = re.sub(r"<style>.*?</style>\s*", "", table.as_raw_html(), flags=re.S)
    return re.sub(r' (?:id|headers)="t?-?[^"]*"| data-quarto-\w+(?:-\w+)*="[^"]*"', "", html)


def table_text(frame: pd.DataFrame) -> str:
    """Lay out a frame as plain text, cut as `table_html` does, for readers without HTML."""
    return frame.head(LONGEST).round(4).to_string(index=False)


def _untold(frame: pd.DataFrame) -> pd.Series:
    """Which rows have no result, but a reason why."""
    results = [name for name in ("estimate", "share") if name in frame]
    if "withheld" not in frame or not results:
        return pd.Series(False, index=frame.index)
    return frame["withheld"].fillna("").ne("") & frame[results].isna().all(axis=1)


def _telling(frame: pd.DataFrame) -> pd.DataFrame:
    """Drop columns that tell nothing here."""
    said = frame.astype(object).where(frame.notna(), "")
    empty = [name for name in frame if (said[name].astype(str) == "").all()]
    same = [name for name in ("encoder", "variant") if name in frame and len(frame) > 1 and said[name].nunique() == 1]
    return frame.drop(columns=[*empty, *same])


def _unit(frame: pd.DataFrame, name: str) -> str:
    if not pd.api.types.is_float_dtype(frame[name].dtype):
        return ""
    if name in _IN_PERCENT or (name in ("low", "high") and "share" in frame and "estimate" not in frame):
        return "%"
    if name in _IN_POINTS or (name == "gain" and {"score", "baseline"} & set(frame)):
        return "points"
    return "p" if re.match(r"(\w+_)?p(_\w+)?$", name) else ""


def _heading(name: str, unit: str) -> str:
    if find_condition(name):  # a column of its scores
        return f"{condition_title(name)} (%)"
    heading = _HEADINGS.get(name) or _MEASURES.get(name) or re.sub(r"^n_", "", name).replace("_", " ")
    return f"{heading} ({unit})" if unit in ("%", "points") else heading


def _texts(column: pd.Series, name: str, unit: str) -> pd.Series:
    """Cells as they are shown."""
    if pd.api.types.is_bool_dtype(column.dtype):
        return column.map({True: "yes", False: "no"}).astype(object)
    if pd.api.types.is_float_dtype(column.dtype):
        return column.map(lambda value: "" if pd.isna(value) else number_text(value, unit)).astype(object)
    if pd.api.types.is_integer_dtype(column.dtype):
        return column.map(lambda value: "" if pd.isna(value) else f"{value:,}").astype(object)
    title = _TITLES.get(name, str)
    return column.map(lambda value: "" if pd.isna(value) else title(value)).astype(object)


def number_text(value: float, unit: str) -> str:
    """Write a number with the digits that its unit deserves: one for points and percent, three for p-values.

    >>> number_text(-0.01234, "points"), number_text(0.731, "%"), number_text(0.00004, "p"), number_text(-1e-9, "%")
    ('−1.2', '73.1', '<0.001', '0.0')
    """
    if unit == "p":
        return "<0.001" if value < 0.001 else f"{value:.3f}"
    if unit in ("points", "%"):
        text = f"{round(value * POINTS, 1) + 0.0:.1f}"  # no minus zero
    else:
        text = f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.3g}"
    return text.replace("-", "\N{MINUS SIGN}")
