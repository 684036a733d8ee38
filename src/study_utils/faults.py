"""What pydantic finds wrong with a file of YAML, in words that say what to write."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

_BRANCH = re.compile(r"\[key\]|constrained-\w+|(tuple|literal)\[.*|str|int")
"""Parts of a fault's place that name no field but how pydantic tried to read it."""

NOT_BLANK = r"\S"
"""Pattern of a text that isn't made of blanks."""

_WRITE = {
    "too_short": "name at least one",
    "missing": "is missing",
    "tuple_type": "write a list, such as [a, b]",
    "dict_type": "write fields and their values, such as {a: b}",
    "model_type": "write fields and their values, such as {a: b}",
    "invalid_key": "names of fields are texts",
}


def place(loc: Sequence[object]) -> str:
    """Dotted name of the field that a fault is in; ``file`` if it is the whole."""
    return ".".join(str(part) for part in loc if not _BRANCH.fullmatch(str(part))) or "file"


def message(fault: Mapping[str, Any], rules: Mapping[str, str]) -> str:
    """What is wrong with a field and what to write.

    Parameters
    ----------
    fault : mapping
        One of pydantic's `ValidationError.errors`.
    rules : mapping of str to str
        Pattern of a text to what it demands in words.
    """
    kind, value = fault["type"], fault["input"]
    if kind == "missing":
        return _WRITE[kind]
    said = ({NOT_BLANK: "write something else than blanks"} | {**rules}).get(
        fault.get("ctx", {}).get("pattern", ""), _WRITE.get(kind, fault["msg"])
    )
    if kind == "value_error":
        return said.removeprefix("Value error, ")
    if isinstance(value, bool):
        return f"{said}; got {value} (in YAML, no/yes/on/off are booleans: put the word in quotes, as 'no')"
    if kind == "string_type" and isinstance(value, int | float):
        return f"{said}; got {value} (put it in quotes: '{value}')"
    if (isinstance(value, str) and "number" in said) or "valid integer" in said:
        return f"{said}; got {value!r} (YAML reads 1e-5 as text: write 1.0e-5)"
    return said if isinstance(value, dict) else f"{said}; got {value!r}"
