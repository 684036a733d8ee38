"""All studies on one page: each in a line, and the same comparison in several; from the files of their reports."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import quote

import pandas as pd

from study_utils.analysis.results.several import same_comparisons, study_comparisons
from study_utils.analysis.results.tables import SCORE_COLUMNS, require_columns
from study_utils.catalog.questions import QUESTIONS
from study_utils.catalog.titles import condition_title, encoder_title, rows_title
from study_utils.errors import AnalysisError, StudyError
from study_utils.figures.studies import plot_same_comparisons
from study_utils.params import load_params
from study_utils.paths import project_root
from study_utils.report.finished import TOUR, earlier_version, read_table
from study_utils.report.notebook import FIGURES, RESULTS, TABLES, figure_text
from study_utils.report.outputs import save_figure
from study_utils.report.site import page, read_notebook
from study_utils.sentences.gains import counted, points
from study_utils.sentences.studies import describe_same, describe_study
from study_utils.store import writable, write_atomically

log = logging.getLogger(__name__)

OLDER = "this report is older than the table that says it"
SAME = "same_comparisons"
TITLE = "All studies"
_MAIN = "families"
_CLAIMS = "claims"


@dataclass(frozen=True, kw_only=True)
class StudyLine:
    """What the page says of a study, in words.

    `name` is its report folder; `earlier`: it was made by code that gave runs other ids.
    `comparisons` are `study_comparisons`, None where its results can't be read here.
    """

    name: str
    title: str
    question: str
    encoders: str
    size: str
    seeds: str
    answer: str
    detects: str
    earlier: bool
    comparisons: pd.DataFrame | None


def study_title(name: str) -> tuple[str, str]:
    """Title and warning of a study by its parameter file, whose own tasks and encoders are known afterwards.

    A study whose parameter file isn't in `params/` has its name and no warning.

    Raises
    ------
    ParameterError
        If the parameter file is wrong.
    """
    if not (project_root() / "params" / f"{name}.yaml").is_file():
        return name, ""
    params = load_params(name)
    return params.title, params.banner


def read_line(report: Path) -> StudyLine:
    """Read from a report folder what the page says of its study.

    Raises
    ------
    AnalysisError, NotebookError, ParameterError
        If its results table lacks columns, an executed notebook is broken, or its parameter file is wrong.
    """
    title, _ = study_title(report.name)
    question, answer = _answer(report)
    results = read_table(report / f"{RESULTS}.csv")
    require_columns(results, SCORE_COLUMNS, table=f"results table of {report.name}")
    try:
        comparisons = study_comparisons(report.name, results, _table(report, "task_gains"))
    except AnalysisError as error:
        comparisons, answer = None, f"{answer} (not compared with other studies: {error})"
    return StudyLine(
        name=report.name,
        title=title,
        question=question,
        encoders=", ".join(encoder_title(key) for key in results["encoder"].unique()),
        size=_size(results),
        seeds=str(results["seed"].nunique()),
        answer=answer,
        detects=_detects(report),
        earlier=bool(earlier_version(report)),
        comparisons=comparisons,
    )


def _table(report: Path, name: str) -> pd.DataFrame | None:
    path = report / TABLES / f"{name}.csv"
    return read_table(path) if path.is_file() else None


def _size(results: pd.DataFrame) -> str:
    conditions, targets = results["condition"].nunique(), results["task"].nunique()
    told = [counted(conditions, "condition"), counted(targets, "target")]
    told.append(counted(results["language"].nunique(), "language"))
    if "train_examples" in results and (trained := results.loc[results["train_examples"] > 0, "train_examples"]).size:
        low, high = int(trained.min()), int(trained.max())
        told.append(f"{low:,} training rows" if low == high else f"{low:,} to {high:,} training rows")
    return ", ".join(told)


def _answer(report: Path) -> tuple[str, str]:
    """Question and one-sentence answer: those of the last question that the study asks, published claims aside."""
    asked = [item for item in QUESTIONS.values() if (report / f"{item.notebook}.ipynb").is_file()]
    if not asked:
        return "", "it asks no question of its results"
    last = ([item for item in asked if item.key != _CLAIMS] or asked)[-1]
    if last.key == _MAIN:
        overall, by_task = _table(report, "overall_gains"), _table(report, "task_gains")
        known = overall is not None and by_task is not None
        return last.asks, describe_study(overall, by_task) if known else OLDER
    said = read_notebook(report / f"{last.notebook}.ipynb").headlines
    return last.asks, said[0] if said else OLDER


def _detects(report: Path) -> str:
    table = _table(report, "detectable")
    if table is None:
        asked = (report / f"{QUESTIONS[_MAIN].notebook}.ipynb").is_file()
        return OLDER if asked else "it doesn't ask about gains in general"
    if table.empty:
        return "not known: no variances to go by"
    planned = table.iloc[0]
    named = {"all_these_tasks": "over all languages", "family_of_three": "for a family of three"}
    told = [f"{planned[key]:.1f} points {words}" for key, words in named.items() if pd.notna(planned[key])]
    return ", ".join(told) or "no gain of any size: too few seeds"


def write_overview(reports: Path) -> Path:
    """Write ``index.html`` over all reports in a folder, and the figure that it shows.

    Parameters
    ----------
    reports : pathlib.Path
        Folder of the reports: folders in it with an ``index.html``. Those without results are only linked.

    Returns
    -------
    pathlib.Path
        The page.

    Raises
    ------
    StoreError
        If the page can't be written. A report that can't be read stops no other: the page names it, the log says why.
    """
    there = [path.parent for path in sorted(reports.glob("*/index.html"))]
    lines, broken = [], []
    for path in there:
        if (path / f"{RESULTS}.csv").is_file():
            try:
                lines.append(read_line(path))
            except (StudyError, ValueError, OSError) as error:
                log.warning("report %s is left out of the page over all studies: %s", path.name, error)
                broken.append(path.name)
    lines.sort(key=lambda line: line.earlier)  # what the present code made comes first
    tours = [path.name for path in there if (path / f"{TOUR}.html").is_file()]
    others = [path.name for path in there if not (path / f"{RESULTS}.csv").is_file()]
    same = same_comparisons({line.name: line.comparisons for line in lines if line.comparisons is not None})
    alt = ""
    if len(same):
        figure = plot_same_comparisons(same)
        save_figure(figure, reports / FIGURES, SAME, same)
        alt = figure_text(figure, SAME)
    body = _body(lines, tours, others, broken, same, alt)
    with writable(reports):
        write_atomically(reports / "index.html", page(TITLE, body, links=[("index.html", TITLE)], current="index.html"))
    return reports / "index.html"


def _body(
    lines: Sequence[StudyLine],
    tours: Sequence[str],
    others: Sequence[str],
    broken: Sequence[str],
    same: pd.DataFrame,
    alt: str,
) -> str:
    names = ("study", "question", "answer", "could detect", "size", "seeds", "encoder")
    links = ", ".join(f'<a href="{quote(name)}/index.html">{escape(name)}</a>' for name in others)
    names_broken = escape(", ".join(broken))
    said = "".join(f"<li>{escape(sentence)}</li>" for sentence in describe_same(same))
    parts = [
        f"<h1>{TITLE}</h1>",
        "<p>Each study in a line, from the files of its report; its answer is the first sentence of the last question "
        "that it asks (of published claims only where it asks nothing else). What it could detect is the smallest true "
        "gain that it finds with 80% power.</p>",
        *(
            f'<p>New here, or with a class? <a href="{quote(name)}/{TOUR}.html">A tour in ten minutes</a> through the '
            "results of one study, with exercises.</p>"
            for name in tours
        ),
        f'<div class="wide"><table class="studies">{_head(names)}',
        f"<tbody>{''.join(_row(line, names) for line in lines)}</tbody></table></div>",
        f"<p>Reports without results of their own: {links}.</p>" if links else "",
        f"<p><strong>Reports that can't be read: {names_broken}.</strong> Build them again.</p>" if broken else "",
        f"<h2>The same comparison in several studies</h2><ul>{said}</ul>",
        _same_figure(alt) if alt else "",
        f'<div class="wide">{_same_table(same)}</div>' if alt else "",
    ]
    return "\n".join(filter(None, parts))


def _same_figure(alt: str) -> str:
    return (
        f'<figure><div class="wide"><img alt="{escape(alt)}" src="{FIGURES}/{SAME}.png"></div>'
        "<figcaption>Filled marks are clear results, lines are intervals. Studies that share runs are one mark. "
        f'Numbers: <a href="{FIGURES}/{SAME}.csv">{SAME}.csv</a>.</figcaption></figure>'
    )


def _head(names: Sequence[str]) -> str:
    cells = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    return f"<thead><tr>{cells}</tr></thead>"


def _row(line: StudyLine, names: Sequence[str]) -> str:
    """A study's row; on a narrow screen its cells stand below each other, each with its heading."""
    link = f'<a href="{quote(line.name)}/index.html">{escape(line.title)}</a>{" (earlier version)" * line.earlier}'
    texts = (line.question, line.answer, line.detects, line.size, line.seeds, line.encoders)
    cells = "".join(
        f'<td data-name="{escape(name)}">{escape(text)}</td>' for name, text in zip(names[1:], texts, strict=True)
    )
    return f'<tr><th scope="row">{link}</th>{cells}</tr>'


def _cells(first: str, texts: Sequence[str]) -> str:
    return f'<tr><th scope="row">{first}</th>{"".join(f"<td>{escape(text)}</td>" for text in texts)}</tr>'


def _same_table(same: pd.DataFrame) -> str:
    names = ("comparison", "study", "gain, points", "interval, points", "clear", "languages", "seeds")
    rows = []
    for row in same.itertuples():
        interval = f"{points(row.low)} to {points(row.high)}" if row.low == row.low else "none"
        studies = f"{row.study} (the same runs: {row.also})" if row.also else row.study
        told = (studies, points(row.estimate), interval, "yes" if row.clear else "no", row.n_languages, row.n_seeds)
        name = escape(f"{condition_title(row.condition)}: {rows_title(row.task)}")
        rows.append(_cells(name, [str(text) for text in told]))
    return f"<table>{_head(names)}<tbody>{''.join(rows)}</tbody></table>"
