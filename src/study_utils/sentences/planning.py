"""Sentences about what a study can detect."""

from __future__ import annotations

from study_utils.analysis.planning.outlook import Outlook
from study_utils.analysis.planning.power import ABOUT, POWER, PRIMARY
from study_utils.sentences.gains import counted


def describe_outlook(outlook: Outlook) -> list[str]:
    """Say the smallest gains that a study can detect, and where the variances behind them come from."""
    notes = [f"Not used: {note.rstrip('.')}." for note in outlook.notes]
    if outlook.unknown:
        told = f"What this study can detect can't be told: {outlook.unknown.rstrip('.')}."
        return [told, *notes, f"It takes a finished study with {_NEEDED}, named by analysis.components."]
    return [*_smallest(outlook), *_source(outlook), *notes]


def describe_margin(outlook: Outlook) -> list[str]:
    """Say what it takes to reach the margin, where the study as planned doesn't and that is known."""
    reach = outlook.reach
    if reach is None or reach.gain != reach.gain:
        return []
    of = "Over all languages, on these tasks" if reach.about == ABOUT[0] else f"For {reach.about}"
    start = f"{of}, the margin of {_margin(outlook.margin)} is out of reach"
    tried = f"{counted(reach.seeds, 'seed')} and {counted(reach.rows, 'test row')} a language"
    if reach.enough:
        return [f"{start} as planned: {tried} would reach it ({reach.gain:.1f} points)."]
    return [f"{start}: even {tried}, the most that was tried, leave {reach.gain:.1f} points."]


_NEEDED = "two tasks, two languages and two seeds or more"


def _smallest(outlook: Outlook) -> list[str]:
    found = outlook.planned.set_index("about")
    shown = found[found["withheld"] == ""]
    if shown.empty:
        return [f"As planned, this study can detect no gain of any size: {found['withheld'].iloc[0]}."]
    said = [
        f"With {counted(outlook.seeds, 'seed')}, these are the smallest true gains that this study calls clear with "
        f"{POWER:.0%} power."
    ]
    for about in (PRIMARY, *ABOUT):
        if about in shown.index:
            many = int(shown.loc[about, "comparisons"])
            among = f", where it has to stand out among {many} comparisons" if many > 1 else ""
            why = "; three languages tell little of how much they differ" if about == ABOUT[2] else ""
            said.append(f"For {about}: {100 * shown.loc[about, 'gain_corrected']:.1f} points{among}{why}.")
    for reason, part in found[found["withheld"] != ""].groupby("withheld", sort=False):
        said.append(f"It can say nothing about {' or '.join(part.index)}: {reason}.")
    return said


def _source(outlook: Outlook) -> list[str]:
    known = outlook.components
    told = f"How gains vary is known from {outlook.source}: {counted(known.conditions, 'condition')}, "
    told += f"{counted(known.tasks, 'task')}, {counted(known.languages, 'language')}, {counted(known.seeds, 'seed')}"
    if known.from_predictions:
        return [f"{told}.", "The noise of its test rows was measured."]
    return [f"{told}.", "The noise of its test rows is only bounded, so more test rows may bring more than is said."]


def _margin(value: float) -> str:
    return f"{value:g} point{'s' * (value != 1)}"
