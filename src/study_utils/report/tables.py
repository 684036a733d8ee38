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
MANY = 8
"""Columns beyond which those that say the same in every row are told below the table."""
SHORT, SHORT_HEADING = 16, 10
"""Letters of a cell of words, and of a heading, that are never broken into lines."""

_ENDS = ("estimate", "low", "high")
_IN_POINTS = {*_ENDS, *(f"{prefix}_{name}" for prefix in ("general", "sound") for name in _ENDS), "standard_error"}
_IN_POINTS |= {"seed_error", "lowest", "highest", "margin", "smallest_margin"}
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
    "tasks": lambda keys: ", ".join(map(rows_title, keys.replace(",", "").split())),
}  # fmt: skip
_MEASURES = MEASURES | CONTROLS
_HEADINGS = {
    "p_holm": "p (Holm)", "p_equivalence_holm": "p of equivalence (Holm)", "freedom": "degrees of freedom",
}  # fmt: skip
_DETECTS, _COVERS, _CLAIMS, _FAILED = "detectable gain (points)", "coverage (%)", "false claims (%)", "what failed"
_SPANNED = {
    "all_these_tasks": (_DETECTS, "all languages, these tasks"),
    "all_tasks_like_these": (_DETECTS, "all languages, tasks like these"),
    "family_of_three": (_DETECTS, "family of three"), "one_language": (_DETECTS, "one language"),
    "coverage": (_COVERS, "share"), "coverage_error": (_COVERS, "error"),
    "false_claims": (_CLAIMS, "share"), "false_claims_error": (_CLAIMS, "error"),
    "at_chance": (_FAILED, "one side at chance"), "not_learnt": (_FAILED, "not learnt"),
    "collapsed": (_FAILED, "collapsed runs"),
    "of": ("published", "languages"), "of_rows": ("published", "rows"),
}  # fmt: skip
"""Columns that share words with others: what stands above them all, and what is left for the column."""
_ABOVE = {"general_": "tasks like these", "sound_": "without what failed"}
"""Beginnings of columns' names, and what stands above them instead."""
_SURE = "#e3eefa"
"""Behind the rows of clear results; their column says it in words."""


def table_html(frame: pd.DataFrame, *, file: str = "") -> str:
    """Lay out a frame as an HTML table; its look is in `tables.css`.

    Parameters
    ----------
    frame : pandas.DataFrame
        At least one row. Columns that are empty in every row, or say the same of the one encoder or the unperturbed
        rows all along, are left out. Both ends of an interval share a column, and neighbours shared words above them
        (in the name of a column, what is before a bar). Of a wide table, columns that say the same in every row are
        told below it; of rows whose result is withheld, only the reasons.
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
    laid, headings, numbers = _laid(shown)
    same = _same(laid)
    cut = laid.drop(columns=same).head(LONGEST)
    table = GT(cut, id="t").cols_label({name: headings[name][1] for name in cut}).cols_align("left")
    table = table.cols_align("right", columns=[name for name in numbers if name in cut])
    for above in dict.fromkeys(headings[name][0] for name in cut):
        under = [name for name in cut if headings[name][0] == above]
        table = table.tab_spanner(above, columns=under, gather=False) if above else table
    if "clear" in shown:
        sure = [n for n, is_clear in enumerate(shown["clear"].head(LONGEST)) if str(is_clear) == "True"]
        table = table.tab_style(style.fill(_SURE), loc.body(rows=sure)) if sure else table
    if same:
        told = ", ".join(f"{' '.join(filter(None, headings[name]))} {laid[name].iloc[0]}" for name in same)
        table = table.tab_source_note(f"The same in every row: {told}")
    if file:
        rest = (
            "The whole table" if len(cut) == len(shown) else f"The first {len(cut)} of {len(shown)} rows; all of them"
        )
        table = table.tab_source_note(md(f"{rest}: [{file.rsplit('/', 1)[-1]}]({file})"))
    if reasons:
        table = table.tab_source_note(f"Not told; reasons, and of how many rows: {reasons}")
    html = re.sub(r"<style>.*?</style>\s*", "", table.as_raw_html(), flags=re.S)
    html = re.sub(r' (?:id|headers)="t?-?[^"]*"| data-quarto-\w+(?:-\w+)*="[^"]*"', "", html)
    for cell, most in (('td class="gt_row gt_left', SHORT), ('th class="[^"]*', SHORT_HEADING)):
        html = re.sub(rf'(<{cell})("[^>]*>[^<]{{1,{most}}}</)', r"\1 short\2", html)
    return html.replace('class="gt_table"', 'class="gt_table many"') if len(cut.columns) > MANY else html


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


def _laid(frame: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, tuple[str, str]], list[str]]:
    """Cells as texts with both ends of an interval in one, what stands above each column, and which are numbers."""
    units = {name: _unit(frame, name) for name in frame}
    texts = {name: _texts(frame[name], name, units[name]) for name in frame}
    headings = {name: _heading(name, units[name]) for name in frame}
    numbers = [name for name in frame if pd.api.types.is_numeric_dtype(frame[name].dtype) and frame[name].dtype != bool]
    for low in [name for name in frame if name.endswith("low") and f"{name[:-3]}high" in frame]:
        ends = zip(texts[low], texts.pop(f"{low[:-3]}high"))
        texts[low] = pd.Series([" to ".join(filter(None, pair)) for pair in ends], index=frame.index, dtype=object)
        headings[low] = _heading(f"{low[:-3]}interval", units[low])
    return pd.DataFrame(texts), headings, [name for name in numbers if name in texts]


def _same(laid: pd.DataFrame) -> list[str]:
    """Columns of a wide table that say the same in every row; the first one stays, and what is clear."""
    if len(laid.columns) <= MANY or len(laid) < 2:
        return []
    return [name for name in laid.columns[1:] if name != "clear" and laid[name].nunique() == 1]


def _unit(frame: pd.DataFrame, name: str) -> str:
    if not pd.api.types.is_float_dtype(frame[name].dtype):
        return ""
    if name in _IN_PERCENT or (name in ("low", "high") and "share" in frame and "estimate" not in frame):
        return "%"
    if name in _IN_POINTS or (name == "gain" and {"score", "baseline"} & set(frame)):
        return "points"
    return "p" if re.match(r"(\w+_)?p(_\w+)?$", name) else ""


def _heading(name: str, unit: str) -> tuple[str, str]:
    """What stands above a column and its neighbours, if they share words, and above the column alone."""
    if find_condition(name):  # a column of its scores
        return "score (%)", condition_title(name)
    if name in _SPANNED:
        return _SPANNED[name]
    if "|" in name:
        return tuple(name.split("|", 1))
    start = next((start for start in _ABOVE if name.startswith(start)), "")
    above, name = _ABOVE.get(start, ""), name.removeprefix(start)
    heading = _HEADINGS.get(name) or _MEASURES.get(name) or re.sub(r"^n_", "", name).replace("_", " ")
    return above, f"{heading} ({unit})" if unit in ("%", "points") else heading


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
