"""What notebooks call to show and keep things: figures, tables, sentences, the banner, the provenance panel.

Everything shown is also written under the study's report folder; what is shown carries its name in the output's
metadata, so that `study_utils.report.site` can build the index from executed notebooks alone.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Protocol

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from study_utils.analysis.results.tables import is_primary
from study_utils.figures.style import rc
from study_utils.paths import project_root
from study_utils.report.outputs import DPI, save_figure, save_table
from study_utils.report.provenance import Provenance, provenance

if TYPE_CHECKING:
    from pathlib import Path

    from study_utils.params import StudyParams
    from study_utils.study import Study

MARK = "study_utils"
"""Key in the metadata of outputs."""
FIGURES, TABLES, RESULTS = "figures", "tables", "results"
_DIGITS = 4


class HasReport(Protocol):
    """Anything with a report folder: a study, the calibration."""

    @property
    def report(self) -> Path:
        """Folder of executed notebooks, figures and tables."""


class HasParams(Protocol):
    """Anything with parameters of a study: a study, a report."""

    @property
    def params(self) -> StudyParams:
        """Choices of the study."""


_TABLES = ("display.max_rows", 100, "display.max_columns", None, "display.max_colwidth", None)
"""How the tables of a notebook are shown: whole cells, and all rows of any table that lists choices."""


def banner(study: HasParams) -> None:
    """Show the study's title and its warning, if it has one; tables that follow are shown whole, up to 100 rows."""
    pd.set_option(*_TABLES)
    _show({"text/html": banner_html(study.params.title, study.params.banner), "text/plain": study.params.banner})


def banner_html(title: str, warning: str) -> str:
    """Banner as HTML, styled in place so that it looks the same in JupyterLab and in the report."""
    told = f"<br>{escape(warning)}" if warning else ""
    return (
        '<div role="note" style="background:#fff6dd;color:#222;border-left:4px solid #c98a00;padding:8px 12px;'
        f'margin:4px 0"><strong>{escape(title)}</strong>{told}</div>'
    )


def keep_figure(study: HasReport, figure: Figure, name: str, data: pd.DataFrame) -> None:
    """Show a figure, and write it as PNG and SVG with the table behind it into the report."""
    save_figure(figure, study.report / FIGURES, name, data)
    show_figure(figure, name)


def show_figure(figure: Figure, name: str = "figure") -> None:
    """Show a figure with its own words as alternative text; nothing is written."""
    alt = figure_text(figure) or name.replace("_", " ")
    picture = io.BytesIO()
    with mpl.rc_context(rc()):
        figure.savefig(picture, format="png", dpi=DPI, metadata={"Software": None})
    encoded = base64.b64encode(picture.getvalue()).decode()
    _show({"image/png": encoded, "text/plain": alt}, figure=name, alt=alt)


def figure_text(figure: Figure) -> str:
    """Describe a figure by its own words: its title, the titles of its panels, what the axes show."""
    parts = [figure.get_suptitle()]
    axes = [ax for ax in figure.axes if ax.axison and ax.get_label() != "<colorbar>"]
    parts.append("panels: " + ", ".join(dict.fromkeys(t for ax in axes if (t := _plain(ax.get_title(loc="left"))))))
    parts.append("axis: " + ", ".join(dict.fromkeys(t for ax in axes if (t := _plain(ax.get_xlabel())))))
    return "; ".join(part for part in parts if part and not part.endswith(": "))


def _plain(text: str) -> str:
    return " ".join(text.split())


_ENDS = ("estimate", "low", "high")
_IN_POINTS = {*_ENDS, *(f"{prefix}_{name}" for prefix in ("general", "sound") for name in _ENDS), "standard_error"}
_IN_POINTS |= {"lowest", "highest", "margin", "smallest_margin"}
"""Columns of fractions that are differences between scores."""


def keep_table(
    study: HasReport, frame: pd.DataFrame, name: str, columns: Sequence[str] | None = None
) -> pd.DataFrame | None:
    """Write a table as CSV into the report; return it rounded for display, cut to `columns` if they are given.

    Gains are fractions in the CSV and points in what is shown, as the heading says. Of a table without rows nothing is
    returned to be shown.
    """
    save_table(frame, study.report / TABLES, name)
    if frame.empty:
        return None
    shown = frame if columns is None else frame[list(columns)]
    gains = [column for column in shown if column in _IN_POINTS]
    shown = shown.assign(**{column: shown[column] * 100 for column in gains})
    shown = shown.rename(columns={column: f"{column}, points" for column in gains}).round(_DIGITS)
    numbers = shown.select_dtypes("float").columns
    return shown.assign(**{name: shown[name] + 0.0 for name in numbers})  # no minus zero


def keep_results(study: Study, scores: pd.DataFrame) -> None:
    """Write the results table, from which every later figure can be made again, and say so.

    The column `primary` says whether a score is of the task's primary metric.
    """
    path = save_table(scores.assign(primary=is_primary(scores)), study.report, RESULTS)
    _show({"text/plain": f"{len(scores)} scores written to {path.name}"})


def say(sentences: str | Sequence[str]) -> None:
    """Show generated sentences, one a line."""
    sentences = [sentences] if isinstance(sentences, str) else list(sentences)
    text = "\n".join(f"- {escape(sentence, quote=False)}" for sentence in sentences)
    plain = "\n".join(sentences)
    _show({"text/markdown": text, "text/plain": plain}, sentences=sentences)


def show_provenance(study: Study) -> None:
    """Show where the study's results come from, and hand the panel to the index of the report."""
    show_facts(study_provenance(study))


def show_facts(panel: Provenance) -> None:
    """Show a provenance panel, and hand it to the index of the report."""
    _show({"text/html": panel._repr_html_(), "text/plain": repr(panel)}, provenance=[list(f) for f in panel.facts])


def study_provenance(study: Study) -> Provenance:
    """Collect the provenance of a study: parameters, runs, code, versions, machine, data and times."""
    runs = study.runs()
    devices = {str(study.store.manifest(run).get("device", "")) for run in runs.loc[runs["status"] == "done", "run"]}
    facts = study.data_facts() if (runs.query("stage == '01_data_prep'")["status"] == "done").all() else None
    changed = ", ".join(f"{field}={value!r}" for field, value in study.chosen.items())
    return provenance(
        root=project_root(),
        device="; ".join(sorted(devices - {""})) or study.params.device,
        seeds=study.params.seeds,
        fingerprints=None if facts is None else _fingerprints(facts),
        seconds=dict(zip(*(study.seconds()[name] for name in ("stage", "seconds")))),
        more={
            "study": f"{study.name}{f' with {changed}' if changed else ''}",
            "runs": f"{(runs['status'] == 'done').sum()} of {len(runs)} done",
        },
    )


def _fingerprints(facts: pd.DataFrame) -> dict[str, str]:
    regimes = facts["regime"].where(facts["regime"] != "english", "").str.replace("_", " ")
    return dict(zip((facts["task"] + " " + facts["role"] + " " + regimes).str.strip(), facts["fingerprint"]))


def _show(data: dict[str, str], **marks: object) -> None:
    from IPython.display import publish_display_data

    publish_display_data(data, metadata={MARK: marks} if marks else {})
