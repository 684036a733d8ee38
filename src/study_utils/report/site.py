"""Render executed notebooks to HTML pages, with an index in front.

Pages load nothing but the pictures in `figures/` beside them, and run no scripts. Code is folded; a switch on top of
each page shows it, above its output.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib import resources
from pathlib import Path
from string import Template
from urllib.parse import quote

from PIL import Image

from study_utils.errors import NotebookError
from study_utils.report.crate import CRATE
from study_utils.report.finished import earlier_version
from study_utils.report.notebook import FIGURES, MARK, MOST_SENTENCES, banner_html, tables_style
from study_utils.report.provenance import Provenance, duration
from study_utils.store import write_atomically

ANSWER = "The answer first"
"""Heading under which a notebook's generated sentences become headlines of the index."""
SWITCH = '<input type="checkbox" id="code" class="switch"><label for="code">Show the code</label>'
"""Shows the code of a page without a script: what follows it is styled by its state."""
FILE_KINDS = {".csv": "table", ".png": "picture", ".ipynb": "executed notebook", ".json": "manifest"}


@dataclass(frozen=True, kw_only=True)
class NotebookPage:
    """What the index says about one executed notebook.

    Attributes
    ----------
    path : pathlib.Path
        Executed notebook; its page is the same name with the ending ``.html``.
    title : str
        First heading.
    question : str
        The paragraph that starts with "Question.", without that word; empty if there is none.
    sentences, headlines : tuple of str
        All generated sentences, and those under the heading `ANSWER`.
    figures : tuple of (str, str)
        Name and alternative text of every figure, in their order.
    """

    path: Path
    title: str
    question: str
    sentences: tuple[str, ...]
    headlines: tuple[str, ...]
    figures: tuple[tuple[str, str], ...]
    provenance: tuple[tuple[str, str], ...]

    @property
    def page(self) -> str:
        """File name of the page."""
        return f"{self.path.stem}.html"


def read_notebook(path: Path) -> NotebookPage:
    """Read from an executed notebook what the index says about it.

    Raises
    ------
    NotebookError
        If the file is not a notebook, or has cells that were not executed.
    """
    cells = _cells(path)
    title, question, heading = path.stem, "", ""
    sentences: list[str] = []
    headlines: list[str] = []
    figures: list[tuple[str, str]] = []
    facts: tuple[tuple[str, str], ...] = ()
    for cell in cells:
        if cell.cell_type == "markdown":
            for line in re.findall(r"^#+ .+$", cell.source, re.M):
                heading = line.lstrip("# ").strip()
                title = heading if title == path.stem else title
            if not question and (found := re.search(r"\*\*Question\.\*\*\s*(.+?)(?:\n\s*\n|\Z)", cell.source, re.S)):
                question = " ".join(re.sub(r"[*`]", "", found[1]).split())
        for output in cell.get("outputs", []):
            marks = output.get("metadata", {}).get(MARK, {})
            said = [str(sentence) for sentence in marks.get("sentences", [])]
            sentences += said
            headlines += said if heading == ANSWER else []
            if "figure" in marks:
                figures.append((marks["figure"], marks.get("alt", marks["figure"])))
            facts = tuple((str(name), str(value)) for name, value in marks.get("provenance", [])) or facts
    return NotebookPage(
        path=path,
        title=title,
        question=question,
        sentences=tuple(sentences),
        headlines=tuple(headlines),
        figures=tuple(figures),
        provenance=facts,
    )


def build_site(
    report: Path,
    *,
    title: str,
    pages: Sequence[NotebookPage],
    banner: str = "",
    seconds: Mapping[str, float] | None = None,
    more: Sequence[tuple[str, str]] = (),
    answers: Collection[str] | None = None,
) -> Path:
    """Write one page a notebook and ``index.html`` into the report folder.

    Parameters
    ----------
    report : pathlib.Path
        Report folder; executed notebooks lie in it, figures in ``figures/``, tables in ``tables/``.
    title, banner : str
        Heading of the study, and a warning on top of every page (may be empty).
    pages : sequence of NotebookPage
        What `read_notebook` says of the executed notebooks, in reading order.
    seconds : mapping of str to float, optional
        Stem of a notebook to the seconds that its execution took.
    more : sequence of (str, str)
        File name and title of further pages in the folder, for the navigation.
    answers : collection of str, optional
        Stems of the notebooks whose answers the index shows; without it, all that have one.

    Returns
    -------
    pathlib.Path
        The index.

    Raises
    ------
    StoreError
        If the pages can't be written.
    """
    links = site_links(pages, more)
    earlier = earlier_version(report)
    for one in pages:
        body = notebook_body(one.path, pages=[other.path.stem for other in pages])
        write_atomically(report / one.page, page(one.title, body, links=links, current=one.page, banner=earlier))
    index = report / "index.html"
    body = _index_body(report, title, pages, seconds or {}, answers)
    warning = (banner_html("", banner) if banner else "") + earlier
    write_atomically(index, page(title, body, links=links, current="index.html", banner=warning))
    return index


def site_links(pages: Sequence[NotebookPage], more: Sequence[tuple[str, str]] = ()) -> list[tuple[str, str]]:
    """File name and title of every page of a report, in the order of its navigation."""
    return [("index.html", "Overview"), *more, *((one.page, one.title) for one in pages)]


def navigation(links: Sequence[tuple[str, str]], current: str) -> str:
    """Links of a page's navigation as HTML; `current` is the page's own file name."""
    return "".join(
        f'<a href="{quote(target)}"{" aria-current=page" if target == current else ""}>{escape(name)}</a>'
        for target, name in links
    )


def notebook_body(path: Path, *, pages: Sequence[str]) -> str:
    """Body of a notebook's page; links to notebooks among `pages` (stems) and into this report lead to pages here."""
    import nbformat
    from nbconvert import HTMLExporter

    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            marks = output.get("metadata", {}).get(MARK, {})
            if "figure" in marks:
                picture = _picture(path.parent, marks["figure"], marks.get("alt", marks["figure"]))
                output["data"] = {"text/html": picture}
            elif output.output_type == "stream":
                output["text"] = without_bars(output["text"])
            elif "text/html" in output.get("data", {}):
                output["data"]["text/html"] = re.sub(r"<style>.*?</style>", "", output["data"]["text/html"], flags=re.S)
    exporter = HTMLExporter(template_name="basic", exclude_input_prompt=True, exclude_output_prompt=True)
    body, _ = exporter.from_notebook_node(notebook)
    for stem in pages:
        body = body.replace(f'href="{stem}.ipynb', f'href="{stem}.html')
    return body.replace(f'href="../reports/{path.parent.name}/', 'href="')


def without_bars(text: str) -> str:
    """Text of a cell in which a progress bar that was drawn to its end is a plain line, and earlier states are gone."""
    lines = [line for line in re.split(r"[\r\n]+", text) if line.strip()]
    states = [(line, re.match(r".*?(\d+)% \|.*\| (\S+) gone(?:, )?(.*)", line)) for line in lines]
    kept = [
        line if state is None else f"{state[3].strip() or 'done'} in {state[2]}"
        for line, state in states
        if state is None or state[1] == "100"
    ]
    return "".join(f"{line}\n" for line in kept)


def _picture(report: Path, name: str, alt: str) -> str:
    """Picture of a figure from its file, leading to the file itself, where it can be enlarged."""
    file = f"{FIGURES}/{quote(name)}.png"
    data = f'<a href="{FIGURES}/{quote(name)}.csv">{escape(name)}.csv</a>'
    with Image.open(report / FIGURES / f"{name}.png") as drawn:
        size = f'width="{drawn.width}" height="{drawn.height}"'
    return (
        f'<figure><div class="wide"><a href="{file}"><img {size} alt="{escape(alt)}" src="{file}"></a>'
        f"</div><figcaption>Numbers: {data}.</figcaption></figure>"
    )


def _cells(path: Path) -> list:
    import nbformat

    try:
        cells = nbformat.read(path, as_version=4).cells
    except (OSError, ValueError, AttributeError, nbformat.ValidationError) as error:
        raise NotebookError(f"{path} is not a readable notebook ({error}): execute it again") from error
    if bad := [n for n, c in enumerate(cells, 1) if c.cell_type == "code" and c.source and c.execution_count is None]:
        raise NotebookError(f"{path.name}, cell {bad[0]} was not executed: run it with 'python run_all.py'")
    return cells


def page(title: str, body: str, *, links: Sequence[tuple[str, str]], current: str, banner: str = "") -> str:
    """Put a body of HTML into the page that all reports have.

    Parameters
    ----------
    title, body, banner : str
        Text of the title; HTML of the content and of what is above it.
    links : sequence of (str, str)
        File name and title of every page in the navigation.
    current : str
        File name of this one.
    """
    from pygments.formatters import HtmlFormatter

    files = resources.files("study_utils.report")
    looks = ((files / "page.css").read_text(encoding="utf-8"), tables_style())
    style = "\n".join((*looks, HtmlFormatter(style="default").get_style_defs(".highlight")))
    template = Template((files / "page.html").read_text(encoding="utf-8"))
    switch = SWITCH if 'class="highlight' in body else ""
    fields = {
        "style": style,
        "navigation": navigation(links, current),
        "switch": switch,
        "banner": banner,
        "body": body,
    }
    return template.substitute(title=escape(title), **fields)


def _index_body(
    report: Path,
    title: str,
    pages: Sequence[NotebookPage],
    seconds: Mapping[str, float],
    answers: Collection[str] | None,
) -> str:
    parts = [f"<h1>{escape(title)}</h1>"]
    answering = [page for page in pages if page.headlines and (answers is None or page.path.stem in answers)]
    for page in answering:
        link = f'<a href="{quote(page.page)}">{escape(page.title)}</a>'
        items = "".join(f"<li>{escape(sentence)}</li>" for sentence in page.headlines[:MOST_SENTENCES])
        more = "<p>More in its page.</p>" if len(page.headlines) > MOST_SENTENCES else ""
        parts.append(f'<section><h2>{link}</h2><p class="question">{escape(page.question)}</p>')
        parts.append(f'<ul class="headline">{items}</ul>{more}')
        parts.append(f"{_picture(report, *page.figures[0]) if page.figures else ''}</section>")
    cards = "".join(_card(report, page, seconds.get(page.path.stem), picture=page not in answering) for page in pages)
    parts.append(f'<h2>Notebooks</h2><div class="cards">{cards}</div>')
    files = _file_table(report)
    parts.append(
        '<section class="screen"><h2>Files</h2><details class="more"><summary>Every figure and table</summary>'
    )
    parts.append(f"{files}</details></section>")
    facts = next((page.provenance for page in reversed(pages) if page.provenance), ())
    if facts:
        parts.append(f'<h2>Provenance</h2><div class="wide">{Provenance(facts=facts)._repr_html_()}</div>')
    return "\n".join(parts)


def _card(report: Path, page: NotebookPage, seconds: float | None, *, picture: bool) -> str:
    parts = [f'<h3><a href="{quote(page.page)}">{escape(page.title)}</a></h3>']
    if page.question:
        parts.append(f"<p>{escape(page.question)}</p>")
    if picture and page.figures:
        parts.append(_picture(report, *page.figures[0]))
    if page.sentences and not page.headlines:
        parts.append(f"<p>{escape(page.sentences[0])}</p>")
    if seconds is not None:
        parts.append(f"<p>Executed in {duration(seconds)}.</p>")
    return f'<article class="card">{"".join(parts)}</article>'


def _file_table(report: Path) -> str:
    """Files to take away, without the one that describes the finished folder: it is written after the pages."""
    stems: dict[str, list[Path]] = {}
    for path in sorted(report.rglob("*")):
        relative = path.relative_to(report)
        is_left_out = ".failed" in path.name or path.name == CRATE or len(relative.parts) > 2
        if path.is_file() and path.suffix in FILE_KINDS and not is_left_out:
            stems.setdefault(relative.with_suffix("").as_posix(), []).append(relative)
    rows = []
    for stem, files in stems.items():
        links = ", ".join(
            f'<a href="{quote(file.as_posix())}">{FILE_KINDS[file.suffix]} ({file.suffix[1:]})</a>' for file in files
        )
        rows.append(f'<tr><th scope="row">{escape(stem)}</th><td>{links}</td></tr>')
    return f'<div class="wide"><table>{"".join(rows)}</table></div>'
