"""The protocol as one page of plain markdown tables, written from the declarations alone."""

from __future__ import annotations

from study_utils.catalog.page import table
from study_utils.catalog.protocol import CHOICES, PROTOCOL, SOURCES, Choice
from study_utils.catalog.tasks import TASKS

_TITLE = """# Protocol

How XTREME and XTREME-R measure, and where this project measures otherwise. Written by `python -m study_utils.catalog
--write` from the declarations in `src/study_utils/catalog/`: edit those, never this page. *The benchmark's way* says
whether it is the default here, which setting of a parameter file makes it so, or that none does. Words are explained in
[GLOSSARY.md](GLOSSARY.md), data sets listed in [CATALOG.md](CATALOG.md)."""

_HEAD = ("task", "what", "benchmark", "here", "the benchmark's way", "what the difference changes", "source")


def protocol_page() -> str:
    """Write the protocol as markdown.

    Returns
    -------
    str
        How many choices are the benchmark's, those that never are, and one table for every kind of task.
    """
    parts = [_TITLE, *_summary()]
    for heading, choices in PROTOCOL.items():
        parts += [f"## {heading}", table(_HEAD, [_row(choice) for choice in choices])]
    return "\n\n".join(parts) + "\n"


def _summary() -> list[str]:
    default = sum(choice.default for choice in CHOICES)
    by_setting = sum(bool(choice.setting) for choice in CHOICES)
    never = [choice for choice in CHOICES if not (choice.default or choice.setting)]
    told = "\n".join(f"- {_tasks(choice)}, {choice.about}: {choice.here}" for choice in never)
    return [
        f"Of {len(CHOICES)} choices {default} are the benchmark's by default, {by_setting} by a setting, and "
        f"{len(never)} by none:",
        told,
    ]


def _row(choice: Choice) -> tuple[str, ...]:
    way = "the default" if choice.default else _setting(choice) or "none"
    source = SOURCES[choice.source]
    return _tasks(choice), choice.about, choice.benchmark, choice.here, way, choice.changes, source


def _tasks(choice: Choice) -> str:
    return ", ".join(TASKS[key].title for key in choice.tasks) or "all"


def _setting(choice: Choice) -> str:
    return ", ".join(f"`{field}: {_yaml(value)}`" for field, value in choice.setting.items())


def _yaml(value: object) -> str:
    return f"[{', '.join(map(str, value))}]" if isinstance(value, list) else str(value)
