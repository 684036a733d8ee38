"""Render executed notebooks to self-contained HTML pages, with an index in front.

Pages load nothing from anywhere: pictures are inside, there are no scripts. Code is shown, small and above its output.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib import resources
from pathlib import Path
from string import Template
from urllib.parse import quote

from study_utils.errors import NotebookError
from study_utils.report.notebook import FIGURES, MARK, banner_html
from study_utils.report.provenance import Provenance
from study_utils.store import write_atomically

ANSWER = "The answer first"
"""Heading under which a notebook's generated sentences become headlines of the index."""
FILE_KINDS = {".csv": "table", ".png": "picture", ".svg": "drawing", ".ipynb": "executed notebook", ".json": "manifest"}


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
                question = " ".join(found[1].split())
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
    notebooks: Sequence[Path],
    banner: str = "",
    seconds: Mapping[str, float] | None = None,
    more: Sequence[tuple[str, str]] = (),
) -> Path:
    """Write one page a notebook and ``index.html`` into the report folder.

    Parameters
    ----------
    report : pathlib.Path
        Report folder; executed notebooks lie in it, figures in ``figures/``, tables in ``tables/``.
    title, banner : str
        Heading of the study, and a warning on top of every page (may be empty).
    notebooks : sequence of pathlib.Path
        Executed notebooks in reading order.
    seconds : mapping of str to float, optional
        Stem of a notebook to the seconds that its execution took.
    more : sequence of (str, str)
        File name and title of further pages in the folder, for the navigation.

    Returns
    -------
    pathlib.Path
        The index.

    Raises
    ------
    NotebookError
        If a notebook cannot be read or was not executed.
    """
    pages = [read_notebook(path) for path in notebooks]
    links = [("index.html", "Overview"), *more, *((one.page, one.title) for one in pages)]
    for one in pages:
        body = notebook_body(one.path, pages=[other.path.stem for other in pages])
        write_atomically(report / one.page, page(one.title, body, links=links, current=one.page))
    index = report / "index.html"
    body = _index_body(report, title, pages, seconds or {})
    warning = banner_html(title, banner) if banner else ""
    write_atomically(index, page(title, body, links=links, current="index.html", banner=warning))
    return index


def notebook_body(path: Path, *, pages: Sequence[str]) -> str:
    """Body of a notebook's page; links to notebooks among `pages` (stems) lead to their pages."""
    import nbformat
    from nbconvert import HTMLExporter

    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            picture = output.get("data", {}).get("image/png")
            if picture:
                alt = escape(str(output.get("metadata", {}).get(MARK, {}).get("alt", "Figure")))
                output["data"] = {"text/html": f'<img alt="{alt}" src="data:image/png;base64,{picture.strip()}">'}
    exporter = HTMLExporter(template_name="basic", exclude_input_prompt=True, exclude_output_prompt=True)
    body, _ = exporter.from_notebook_node(notebook)
    for stem in pages:
        body = body.replace(f'href="{stem}.ipynb', f'href="{stem}.html')
    return body


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
    navigation = "".join(
        f'<a href="{quote(target)}"{" aria-current=page" if target == current else ""}>{escape(name)}</a>'
        for target, name in links
    )
    style = (files / "page.css").read_text(encoding="utf-8") + HtmlFormatter(style="default").get_style_defs(
        ".highlight"
    )
    template = Template((files / "page.html").read_text(encoding="utf-8"))
    return template.substitute(title=escape(title), style=style, navigation=navigation, banner=banner, body=body)


def _index_body(report: Path, title: str, pages: Sequence[NotebookPage], seconds: Mapping[str, float]) -> str:
    headlines = [(page, sentence) for page in pages for sentence in page.headlines]
    parts = [f"<h1>{escape(title)}</h1>"]
    if headlines:
        items = "".join(f"<li>{escape(sentence)}</li>" for _, sentence in headlines)
        parts.append(f'<h2>What the runs say</h2><ul class="headline">{items}</ul>')
    answering = [page for page in pages if page.headlines and page.figures]
    for page in answering:
        name, alt = page.figures[0]
        parts.append(
            f'<figure class="main-figure"><a href="{quote(page.page)}"><img alt="{escape(alt)}" '
            f'src="{FIGURES}/{quote(name)}.png"></a><figcaption>From <a href="{quote(page.page)}">'
            f'{escape(page.title)}</a>; numbers: <a href="{FIGURES}/{quote(name)}.csv">{escape(name)}.csv</a>.'
            f"</figcaption></figure>"
        )
    cards = "".join(_card(page, seconds.get(page.path.stem), picture=page not in answering) for page in pages)
    parts.append(f'<h2>Notebooks</h2><div class="cards">{cards}</div>')
    parts.append(f"<h2>Files</h2>{_file_table(report, pages)}")
    facts = next((page.provenance for page in reversed(pages) if page.provenance), ())
    if facts:
        parts.append(f'<h2>Provenance</h2><div class="wide">{Provenance(facts=facts)._repr_html_()}</div>')
    return "\n".join(parts)


def _card(page: NotebookPage, seconds: float | None, *, picture: bool) -> str:
    parts = [f'<h3><a href="{quote(page.page)}">{escape(page.title)}</a></h3>']
    if page.question:
        parts.append(f"<p>{escape(page.question)}</p>")
    if picture and page.figures:
        name, alt = page.figures[0]
        parts.append(f'<a href="{quote(page.page)}"><img alt="{escape(alt)}" src="{FIGURES}/{quote(name)}.png"></a>')
    if page.sentences and not page.headlines:
        parts.append(f"<p>{escape(page.sentences[0])}</p>")
    if seconds is not None:
        parts.append(f"<p>Executed in {_duration(seconds)}.</p>")
    return f'<article class="card">{"".join(parts)}</article>'


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _file_table(report: Path, pages: Sequence[NotebookPage]) -> str:
    stems: dict[str, list[Path]] = {}
    for path in sorted(report.rglob("*")):
        relative = path.relative_to(report)
        if path.is_file() and path.suffix in FILE_KINDS and ".failed" not in path.name and len(relative.parts) <= 2:
            stems.setdefault(relative.with_suffix("").as_posix(), []).append(relative)
    rows = []
    for stem, files in stems.items():
        links = ", ".join(
            f'<a href="{quote(file.as_posix())}">{FILE_KINDS[file.suffix]} ({file.suffix[1:]})</a>' for file in files
        )
        rows.append(f'<tr><th scope="row">{escape(stem)}</th><td>{links}</td></tr>')
    return f'<div class="wide"><table>{"".join(rows)}</table></div>'
