"""Describe rows in small tables: lengths, labels and repetitions per task, role and language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pandas as pd

Frames = Mapping[tuple[str, str], pd.DataFrame]
"""Rows by (task, role)."""


def length_table(frames: Frames) -> pd.DataFrame:
    """Measure how long the rows are.

    The length of a row is the number of characters (Unicode code points) of its text; of a pair, of both
    texts together; of a tokenized sentence, of its tokens joined by blanks; of a translation pair, of the
    sentence in the row's language.

    Parameters
    ----------
    frames : mapping of (task, role) to pandas.DataFrame
        Rows of any formats.

    Returns
    -------
    pandas.DataFrame
        One row a task, role and language: `task`, `role`, `language`, `rows`, `median_characters`,
        `p90_characters` (90th percentile, linear interpolation).
    """
    found = []
    for (task, role), frame in frames.items():
        lengths = pd.Series(_lengths(frame), dtype=float)
        for language, values in lengths.groupby(frame["language"].to_numpy(), sort=False):
            found.append(
                {
                    "task": task,
                    "role": role,
                    "language": language,
                    "rows": len(values),
                    "median_characters": float(values.median()),
                    "p90_characters": float(values.quantile(0.9)),
                }
            )
    columns = ["task", "role", "language", "rows", "median_characters", "p90_characters"]
    return pd.DataFrame(found, columns=columns)


def label_table(frames: Frames) -> pd.DataFrame:
    """Count the labels of classify rows and the tags of tag rows.

    Parameters
    ----------
    frames : mapping of (task, role) to pandas.DataFrame
        Rows of any formats; those without label or tag names are passed over.

    Returns
    -------
    pandas.DataFrame
        One row a task, role, language and label: `task`, `role`, `language`, `label`, `count`, `share` (of
        the language's labels or tags; sums to 1). Every label that a task has anywhere in `frames` gets a
        row in each of its languages, in alphabetical order, with count 0 where it doesn't occur.
    """
    counts: dict[tuple[str, str, str], Counter[str]] = {}
    labels: dict[str, set[str]] = {}
    for (task, role), frame in frames.items():
        column = "tags" if "tags" in frame.columns else "label"
        if column not in frame.columns or pd.api.types.is_numeric_dtype(frame[column]):
            continue
        for language, group in frame.groupby("language", sort=False):
            values = (tag for tags in group[column] for tag in tags) if column == "tags" else group[column]
            counts[task, role, str(language)] = Counter(values)
            labels.setdefault(task, set()).update(counts[task, role, str(language)])
    found = [
        {
            "task": task,
            "role": role,
            "language": language,
            "label": label,
            "count": counter[label],
            "share": counter[label] / counter.total(),
        }
        for (task, role, language), counter in counts.items()
        for label in sorted(labels[task])
    ]
    return pd.DataFrame(found, columns=["task", "role", "language", "label", "count", "share"])


def repeated_rows(frame: pd.DataFrame) -> int:
    """Count the rows whose texts (or tokens) occurred before in the same language; labels don't enter."""
    names = [name for name in ("side", "text", "text_pair", "translation", "question", "context") if name in frame]
    content = frame[["language", *names]].copy()
    for name in ("tokens", "choices"):
        if name in frame.columns:
            content[name] = ["\x1f".join(values) for values in frame[name]]
    return int(content.duplicated().sum())


def _lengths(frame: pd.DataFrame) -> list[int]:
    if "tokens" in frame.columns:
        return [len(" ".join(tokens)) for tokens in frame["tokens"]]
    if "text_pair" in frame.columns:
        return [len(text) + len(pair) for text, pair in zip(frame["text"], frame["text_pair"])]
    return [len(text) for text in frame["text"]]
