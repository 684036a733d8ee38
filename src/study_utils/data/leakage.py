"""Do test rows occur among training rows: a guard behind the words zero-shot."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping

import pandas as pd


def normalise(text: str) -> str:
    """Bring a text into the form in which it is compared: NFKC, case folded, one blank between words."""
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).split())


def overlap(train: pd.DataFrame, test: pd.DataFrame) -> pd.DataFrame:
    """Count the test rows whose text occurs in training rows.

    Texts are compared after `normalise`. If both frames hold pairs, a test row overlaps when both of its
    texts occur together, in this order, in a training row. Otherwise it overlaps when any of its sentences
    (text, second text, either side of a translation, tokens joined by blanks) is a sentence of any training
    row. A question to a passage and the choices to a text don't enter: they may well be asked again.

    Parameters
    ----------
    train, test : pandas.DataFrame
        Rows of any formats.

    Returns
    -------
    pandas.DataFrame
        One row a test language, in their order: `language`, `rows`, `overlapping`, `share` (a fraction).
    """
    return _count(_overlapping(_Texts(train), _Texts(test)), test)


def overlap_table(frames: Mapping[tuple[str, str], pd.DataFrame]) -> pd.DataFrame:
    """Compare the test rows of every task with the training rows of every task.

    Parameters
    ----------
    frames : mapping of (task, role) to pandas.DataFrame
        Rows; only the roles "train" and "test" are used.

    Returns
    -------
    pandas.DataFrame
        One row a pair of tasks: `train_task`, `test_task`, `languages`, `rows` and `overlapping` (summed
        over test languages), `share`, and `most_in` and `most_share`, the test language with the largest
        share ("" if no row overlaps).
    """
    texts = {key: _Texts(frame) for key, frame in frames.items() if key[1] in ("train", "test")}
    found = []
    for test_task in (task for task, role in texts if role == "test"):
        for train_task in (task for task, role in texts if role == "train"):
            hit = _overlapping(texts[train_task, "train"], texts[test_task, "test"])
            table = _count(hit, frames[test_task, "test"])
            most = table.loc[table["share"].idxmax()]
            found.append(
                {
                    "train_task": train_task,
                    "test_task": test_task,
                    "languages": len(table),
                    "rows": int(table["rows"].sum()),
                    "overlapping": int(table["overlapping"].sum()),
                    "share": float(table["overlapping"].sum() / table["rows"].sum()),
                    "most_in": str(most["language"]) if most["overlapping"] else "",
                    "most_share": float(most["share"]),
                }
            )
    columns = [
        "train_task",
        "test_task",
        "languages",
        "rows",
        "overlapping",
        "share",
        "most_in",
        "most_share",
    ]
    return pd.DataFrame(found, columns=columns)


class _Texts:
    """Normalised sentences of each row of a frame, and whether the rows are pairs."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.rows = [tuple(normalise(text) for text in texts) for texts in _sentences(frame)]
        self.are_pairs = "text_pair" in frame.columns and bool((frame["text_pair"] != "").any())


def _overlapping(train: _Texts, test: _Texts) -> list[bool]:
    if train.are_pairs and test.are_pairs:
        pairs = set(train.rows)
        return [row in pairs for row in test.rows]
    sentences = {text for row in train.rows for text in row}
    return [not sentences.isdisjoint(row) for row in test.rows]


def _count(hit: list[bool], test: pd.DataFrame) -> pd.DataFrame:
    counts = pd.Series(hit, dtype=bool).groupby(test["language"].to_numpy(), sort=False).agg(["size", "sum"])
    return pd.DataFrame(
        {
            "language": counts.index.to_numpy(),
            "rows": counts["size"].to_numpy(dtype=int),
            "overlapping": counts["sum"].to_numpy(dtype=int),
            "share": (counts["sum"] / counts["size"]).to_numpy(dtype=float),
        }
    )


def _sentences(frame: pd.DataFrame) -> Iterator[tuple[str, ...]]:
    """Give one to two sentences a row."""
    if "tokens" in frame.columns:
        yield from ((" ".join(tokens),) for tokens in frame["tokens"])
        return
    names = [name for name in ("text", "text_pair", "translation") if name in frame.columns]
    for row in zip(*(frame[name] for name in names)):
        yield tuple(text for text in row if text)
