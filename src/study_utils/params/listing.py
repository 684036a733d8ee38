"""What a parameter file can name, as text for `--list`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from study_utils.catalog import CONDITIONS, ENCODERS, LANGUAGES, TASKS
from study_utils.params.reading import load_params
from study_utils.paths import project_root


def list_text(kind: str, study: str, changes: Mapping[str, object]) -> str:
    """List what there is, one a line: its key, then what it is.

    Parameters
    ----------
    kind : {"studies", "tasks", "conditions", "encoders", "languages"}
        What to list.
    study, changes
        A study as for `study_utils.study.open_study`; what it declares itself is listed too.

    Raises
    ------
    ParameterError
        If the study's parameters are wrong.
    """
    if kind == "studies":
        return _lines((path.stem, load_params(str(path)).title) for path in _studies())
    load_params(study, changes)  # enters what it declares into the catalogue
    return _lines(_LISTED[kind]())


def _studies() -> list:
    return sorted((project_root() / "params").glob("*.y*ml"))


def _tasks() -> Iterable[tuple[str, ...]]:
    for key, item in sorted(TASKS.items()):
        use = [name for name, there in (("target", item.languages), ("intermediate", item.train)) if there]
        count = f"{len(item.languages)} languages" if len(item.languages) != 1 else item.languages[0]
        yield key, item.format, " and ".join(use), count if item.languages else "", item.title


def _conditions() -> Iterable[tuple[str, ...]]:
    return ((key, item.title) for key, item in CONDITIONS.items())


def _encoders() -> Iterable[tuple[str, ...]]:
    for key, item in ENCODERS.items():
        yield key, item.hub_id or f"package {item.package}", item.title


def _languages() -> Iterable[tuple[str, ...]]:
    return ((code, item.iso639_3, item.family, item.script, item.name) for code, item in sorted(LANGUAGES.items()))


_LISTED = {"tasks": _tasks, "conditions": _conditions, "encoders": _encoders, "languages": _languages}


def _lines(rows: Iterable[tuple[str, ...]]) -> str:
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip(*rows)]
    return "\n".join("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths)).rstrip() for row in rows)
