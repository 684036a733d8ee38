"""Whether everything in a figure has room: words, legends, titles and axes, by the boxes that they are drawn in."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.text import Text


def drawn(figure: Figure) -> list[Axes]:
    """Draw without a warning (warnings are errors), check that everything has room; return its axes with content."""
    check(figure)
    return [ax for ax in figure.axes if ax.axison and ax.get_label() != "<colorbar>"]


def axes_text(figure: Figure) -> str:
    """Words written into the axes of a figure."""
    return " ".join(text.get_text() for ax in figure.axes for text in ax.texts)


def check(figure: Figure) -> None:
    """Draw once; fail where something leaves the picture or lies over something else."""
    figure.draw_without_rendering()
    words = seen_words(figure)
    named = {f"{text.get_text()!r}": text.get_window_extent() for text in words}
    named |= {legend_name(legend): legend.get_window_extent() for legend in seen_legends(figure)}
    page = figure.bbox.padded(2)
    for name, box in named.items():
        assert page.x0 <= box.x0, f"{name} leaves the picture on the left"
        assert box.x1 <= page.x1, f"{name} leaves the picture on the right"
        assert page.y0 <= box.y0, f"{name} leaves the picture below"
        assert box.y1 <= page.y1, f"{name} leaves the picture above"
    for name, over in (
        ("words over words", words_over_words(words)),
        ("titles over axes", titles_over_axes(figure)),
        ("legends over axes, words or legends", legends_over_others(figure, words)),
    ):
        assert not over, f"{name}: {over[:5]}"


def seen_words(figure: Figure) -> list[Text]:
    """All words that are seen: labels of ticks only inside what their axis shows."""
    unseen = {
        label
        for ax in figure.axes
        for axis in (ax.xaxis, ax.yaxis)
        for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks())
        for label, shown in ((tick.label1, tick.label1.get_visible()), (tick.label2, tick.label2.get_visible()))
        if not shown or not ax.axison or not inside(axis, tick.get_loc())
    }
    hidden = {t for ax in figure.axes if not ax.axison for t in (*ax.get_xticklabels(), *ax.get_yticklabels())}
    return [
        text for text in figure.findobj(Text)
        if text.get_text().strip() and text.get_visible() and text not in unseen | hidden
    ]  # fmt: skip


def inside(axis, place: float) -> bool:
    """Whether a place on an axis is among those that it shows."""
    low, high = sorted(axis.get_view_interval())
    return low - 1e-9 <= place <= high + 1e-9


def words_over_words(words: list[Text]) -> list[tuple[str, str]]:
    """Pairs of words whose boxes, a little smaller than their lines, overlap."""
    x0, y0, x1, y1 = np.array([text.get_window_extent().shrunk(0.94, 0.6).extents for text in words]).reshape(-1, 4).T
    over = (x0[:, None] < x1) & (x0 < x1[:, None]) & (y0[:, None] < y1) & (y0 < y1[:, None])
    return [(words[i].get_text(), words[j].get_text()) for i, j in np.argwhere(np.triu(over, 1))]


def titles_over_axes(figure: Figure) -> list[tuple[str, str]]:
    """Titles of the figure and of panels, and names of axes, that lie over a panel."""
    panels = seen_panels(figure)
    titles = [text for text in (figure._suptitle, figure._supxlabel, figure._supylabel) if text]
    for ax in panels:
        titles += [ax.title, ax._left_title, ax._right_title, ax.xaxis.label, ax.yaxis.label]
    told = [text for text in titles if text.get_text().strip() and text.get_visible()]
    return [
        (text.get_text(), panel_name(ax))
        for text in told
        for ax in panels
        if text.get_window_extent().shrunk(0.94, 0.6).overlaps(ax.get_window_extent())
    ]


def legends_over_others(figure: Figure, words: list[Text]) -> list[tuple[str, str]]:
    """Legends that lie over a panel, over words that are not their own, or over another legend."""
    legends = seen_legends(figure)
    found = []
    for place, legend in enumerate(legends):
        box, own = legend.get_window_extent().shrunk(0.98, 0.9), set(legend.findobj(Text))
        others = {f"{text.get_text()!r}": text.get_window_extent().shrunk(0.94, 0.6) for text in set(words) - own}
        others |= {panel_name(ax): ax.get_window_extent() for ax in seen_panels(figure)}
        others |= {legend_name(other): other.get_window_extent() for other in legends[place + 1 :]}
        found += [(legend_name(legend), name) for name, other in others.items() if box.overlaps(other)]
    return found


def seen_legends(figure: Figure) -> list[Legend]:
    """Legends of the figure and of its panels."""
    of_panels = [ax.get_legend() for ax in seen_panels(figure)]
    return [legend for legend in (*figure.legends, *of_panels) if legend and legend.get_visible()]


def seen_panels(figure: Figure) -> list[Axes]:
    """Axes that are drawn, bars of colours among them."""
    return [ax for ax in figure.axes if ax.axison and ax.get_visible()]


def legend_name(legend: Legend) -> str:
    """What a legend is called in messages: by its words."""
    return f"legend {', '.join(text.get_text() for text in legend.get_texts())!r}"


def panel_name(ax: Axes) -> str:
    """What a panel is called in messages: by its title or the name of its axis."""
    return f"panel {ax.get_title(loc='left') or ax.get_title() or ax.get_xlabel()!r}"
