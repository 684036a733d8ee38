"""What notebooks call to show and keep things: figures, tables, sentences, the banner, the provenance panel.

Everything shown is also written under the study's report folder; what is shown carries its name in the output's
metadata, so that `study_utils.report.site` can build the index from executed notebooks alone.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib import resources
from typing import TYPE_CHECKING, Protocol

import pandas as pd
from matplotlib.figure import Figure

from study_utils.analysis.results.tables import is_primary
from study_utils.figures.style import NOTHING
from study_utils.paths import project_root
from study_utils.report.outputs import picture_bytes, save_figure, save_table
from study_utils.report.provenance import Provenance, provenance
from study_utils.report.tables import table_html, table_text

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.legend import Legend

    from study_utils.params import StudyParams
    from study_utils.study import Study

MARK = "study_utils"
"""Key in the metadata of outputs."""
FIGURES, TABLES, RESULTS = "figures", "tables", "results"
MOST_SENTENCES = 5
"""Sentences that are seen at once; the rest is folded."""
_MOST_WORDS = 12
"""Panels, rows or labels that the words of a figure name; the rest is counted."""


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


def banner(study: HasParams) -> None:
    """Show the study's title and its warning, if it has one, and bring the look of the tables that follow."""
    look = f"<style>{tables_style()}</style>"
    html = look + banner_html(study.params.title, study.params.banner)
    _show({"text/html": html, "text/plain": study.params.banner})


def tables_style() -> str:
    """Style sheet of tables: once in a notebook, once in a page."""
    return (resources.files("study_utils.report") / "tables.css").read_text(encoding="utf-8")


def banner_html(title: str, warning: str) -> str:
    """Banner as HTML, styled in place so that it looks the same in JupyterLab; `title` may be empty."""
    told = "<br>".join(filter(None, (f"<strong>{escape(title)}</strong>" if title else "", escape(warning))))
    return (
        '<div role="note" style="background:#fff6dd;color:#222;border-left:4px solid #c98a00;padding:8px 12px;'
        f'margin:4px 0">{told}</div>'
    )


def keep_figure(study: HasReport, figure: Figure, name: str, data: pd.DataFrame) -> None:
    """Show a figure, and write it as PNG with the table behind it into the report.

    A figure that has nothing to draw is a sentence that says why, and no picture; one of an earlier time is removed.
    """
    if why := _why_nothing(figure):
        for ending in ("png", "csv"):
            (study.report / FIGURES / f"{name}.{ending}").unlink(missing_ok=True)
        _show_sentence(why)
        return
    picture, _ = save_figure(figure, study.report / FIGURES, name, data)
    _show_picture(picture.read_bytes(), figure, name)


def show_figure(figure: Figure) -> None:
    """Show a figure with its own words as alternative text, or why there is nothing to draw; nothing is written."""
    if why := _why_nothing(figure):
        _show_sentence(why)
    else:
        _show_picture(picture_bytes(figure), figure)


def _why_nothing(figure: Figure) -> str:
    """Why a figure has nothing to draw; empty for one that has."""
    label = str(figure.get_label())
    return label.removeprefix(NOTHING) if label.startswith(NOTHING) else ""


def _show_sentence(text: str) -> None:
    _show({"text/markdown": f"{escape(text.rstrip('.'), quote=False)}.", "text/plain": text})


def _show_picture(picture: bytes, figure: Figure, name: str = "") -> None:
    """Show a picture; of one that is a file of the report, its name is marked."""
    alt = figure_text(figure, name or "figure")
    encoded = base64.b64encode(picture).decode()
    marks = {"figure": name, "alt": alt} if name else {}
    _show({"image/png": encoded, "text/plain": alt}, {"image/png": {"alt": alt}}, **marks)


def figure_text(figure: Figure, name: str = "figure") -> str:
    """Describe a figure by its own words: title (else its name), panels, axes, rows and legend, without repetition."""
    axes = [ax for ax in figure.axes if ax.axison and ax.get_label() != "<colorbar>"]
    legends = [legend for one in (*axes, figure) for legend in _legends(one)]
    kinds = {
        "panels": [ax.get_title(loc="left") for ax in axes],
        "across": [ax.get_xlabel() for ax in axes],
        "upwards": [ax.get_ylabel() for ax in axes],
        "rows": [tick.get_text() for ax in axes for tick in reversed(ax.get_yticklabels())],
        "legend": [text.get_text() for legend in legends for text in legend.get_texts()],
    }
    title = _plain(figure.get_suptitle()) or name.replace("_", " ").capitalize()
    return "; ".join([title, *(f"{kind}: {told}" for kind, texts in kinds.items() if (told := _listed(texts)))])


def _legends(drawn: Figure | Axes) -> list[Legend]:
    return drawn.legends if isinstance(drawn, Figure) else [one for one in [drawn.get_legend()] if one]


def _listed(texts: Iterable[str]) -> str:
    """Words among texts, each once; numbers, as of the ticks of an axis, say nothing alone."""
    words = list(dict.fromkeys(told for text in texts if any(map(str.isalpha, told := _plain(text)))))
    rest = f" and {len(words) - _MOST_WORDS} more" if len(words) > _MOST_WORDS else ""
    return ", ".join(words[:_MOST_WORDS]) + rest


def _plain(text: str) -> str:
    return " ".join(text.split())


def keep_table(
    study: HasReport,
    frame: pd.DataFrame,
    name: str,
    columns: Sequence[str] | None = None,
    *,
    shown: pd.DataFrame | None = None,
) -> None:
    """Write a table as CSV into the report, and show it, cut to `columns` if they are given, or `shown` in its place.

    Gains and scores are fractions in the CSV; what is shown is in points and percent, as the headings say. Of a table
    without rows nothing is shown.
    """
    save_table(frame, study.report / TABLES, name)
    shown = frame if shown is None else shown
    show_table(shown if columns is None else shown[list(columns)], file=f"{TABLES}/{name}.csv")


def show_table(frame: pd.DataFrame, *, file: str = "") -> None:
    """Show a table that isn't kept, or whose whole is in a `file` of the report; nothing if it has no rows."""
    if len(frame):
        _show({"text/html": table_html(frame, file=file), "text/plain": table_text(frame)})


def show_parameters(study: Study) -> None:
    """Show the choices of a study that differ from the defaults, and fold all of them below."""
    chosen = study.parameters()
    own = chosen[chosen["value"] != chosen["default"]].drop(columns="default")
    _show({"text/html": _choices(own), "text/plain": own.to_string(index=False)})
    every = f'<details class="more screen"><summary>All {len(chosen)} parameters</summary>{_choices(chosen)}</details>'
    _show({"text/html": every, "text/plain": f"{len(chosen)} parameters"})


def _choices(frame: pd.DataFrame) -> str:
    rows = "".join(
        "<tr>" + "".join(f'<td style="text-align:left;overflow-wrap:anywhere">{_broken(cell)}</td>' for cell in row)
        for row in frame.itertuples(index=False)
    )
    heads = "".join(f'<th scope="col" style="text-align:left">{name}</th>' for name in frame)
    return f'<table class="gt_table"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'


def _broken(cell: str) -> str:
    """Cell whose long names may break where a name has its parts, before they break anywhere."""
    return re.sub(r"(?<=[a-z])([._])(?=[a-z])", r"\1<wbr>", escape(cell))


def keep_results(study: Study, scores: pd.DataFrame) -> None:
    """Write the results table, from which every later figure can be made again, and say so.

    The column `primary` says whether a score is of the task's primary metric.
    """
    path = save_table(scores.assign(primary=is_primary(scores)), study.report, RESULTS)
    _show({"text/plain": f"{len(scores)} scores written to {path.name}"})


def say(sentences: str | Sequence[str]) -> None:
    """Show generated sentences, one a line; those beyond the first five are folded. Of none nothing is shown."""
    sentences = [sentences] if isinstance(sentences, str) else list(sentences)
    if not sentences:
        return
    lines = [f"- {escape(sentence, quote=False)}" for sentence in sentences]
    text = "\n".join(lines[:MOST_SENTENCES])
    if rest := sentences[MOST_SENTENCES:]:
        folded = "".join(f"<p>{escape(sentence, quote=False)}</p>" for sentence in rest)
        text += f'\n\n<details class="more"><summary>{len(rest)} more</summary>{folded}</details>'
    _show({"text/markdown": text, "text/plain": "\n".join(sentences)}, sentences=sentences)


def show_provenance(study: Study) -> None:
    """Show where the study's results come from, and hand the panel to the index of the report."""
    show_facts(study_provenance(study))


def show_facts(panel: Provenance) -> None:
    """Show a provenance panel, and hand it to the index of the report."""
    _show({"text/html": panel._repr_html_(), "text/plain": repr(panel)}, provenance=[list(f) for f in panel.facts])


def study_provenance(study: Study) -> Provenance:
    """Collect the provenance of a study: parameters, runs, code, versions, machine, data and times."""
    runs = study.runs()
    facts = study.data_facts() if (runs.query("stage == '01_data_prep'")["status"] == "done").all() else None
    changed = ", ".join(f"{field}={value!r}" for field, value in study.chosen.items())
    return provenance(
        root=project_root(),
        device="; ".join(sorted(study.devices())) or study.params.device,
        seeds=study.params.seeds,
        fingerprints=None if facts is None else _fingerprints(facts),
        seconds=dict(zip(*(study.seconds()[name] for name in ("stage", "seconds")))),
        more={
            "study": f"{study.name}{f' with {changed}' if changed else ''}",
            "runs": f"{(runs['status'] == 'done').sum()} of {len(runs)} done",
        },
    )


def _fingerprints(facts: pd.DataFrame) -> dict[str, str]:
    regimes = facts["regime"].where(~facts["regime"].isin(["english", "source"]), "").str.replace("_", " ")
    return dict(zip((facts["task"] + " " + facts["role"] + " " + regimes).str.strip(), facts["fingerprint"]))


def _show(data: dict[str, str], about: Mapping[str, object] | None = None, /, **marks: object) -> None:
    from IPython.display import publish_display_data

    publish_display_data(data, metadata={**(about or {}), **({MARK: marks} if marks else {})})
