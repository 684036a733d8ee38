"""The errors a user can meet. Each message says what is wrong, where, and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from functools import cache


class StudyError(Exception):
    """Base of every error that the study raises on purpose: the command line prints it without a traceback."""


class CatalogError(StudyError):
    """A name is not in the catalogue, or a declaration contradicts itself."""


class ParameterError(StudyError):
    """A parameter file or an override is wrong."""


class DataError(StudyError):
    """Rows are missing, malformed or leak."""


class MissingRowsError(DataError):
    """Rows are in none of the places where they may come from."""


class EncoderError(StudyError):
    """An encoder cannot be found or loaded."""


class StoreError(StudyError):
    """An artifact is missing, damaged or cannot be written."""


class AnalysisError(StudyError):
    """A results table cannot answer the question that was put to it."""


class NotebookError(StudyError):
    """A notebook has the wrong form or failed while it ran."""


def unknown(kind: str, name: object, known: Iterable[str], *, where: str = "") -> str:
    """Compose the message for a name that does not exist, with the nearest ones that do.

    Parameters
    ----------
    kind : str
        What the name should have been, such as ``"task"``.
    name : object
        What was given.
    known : iterable of str
        Every name that would have been right.
    where : str
        Where the name was given, such as ``"params/quick.yaml, field targets"``.
    """
    known = tuple(sorted(known))
    near = _nearest(str(name), known)
    hint = f"Did you mean {' or '.join(repr(n) for n in near)}?" if near else f"Known: {', '.join(known)}."
    return f"unknown {kind} {name!r}{f' ({where})' if where else ''}. {hint}"


@cache
def _nearest(name: str, known: tuple[str, ...]) -> list[str]:
    """Names that are spelt most like one; kept, as sources ask often for rows that aren't there."""
    spelt = {one.lower(): one for one in known}
    return [spelt[one] for one in difflib.get_close_matches(name.lower(), spelt, n=3, cutoff=0.5)]
