"""Treebanks of Universal Dependencies 2.7 in the languages of UD-POS, with their sentences.

The benchmark joins all treebanks whose files begin with the language's code (google-research/xtreme,
`scripts/download_data.sh` and `udpos_preprocess`). Those whose words are withheld (ar NYUAD, en ESL and GUMReddit, fr
FTB, ja BCCWJ) lose all but a few sentences there, and are not in the table. Numbers of sentences: huggingface/datasets,
`datasets/universal_dependencies/README.md`; for Lithuanian HSE, which that page counts wrongly, the treebank's own. The
sums of all languages equal what the benchmark's prepared files hold, except in French (12 test sentences of FTB more).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from importlib.resources import files

SPLITS = ("train", "validation", "test")


def _read() -> dict[tuple[str, str], dict[str, int]]:
    """(language, split) to treebank to sentences; the first treebank of a language is its main one."""
    found: dict[tuple[str, str], dict[str, int]] = {}
    with files("study_utils.catalog").joinpath("treebanks.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for split in SPLITS:
                if row[split]:
                    found.setdefault((row["language"], split), {})[row["treebank"]] = int(row[split])
    return found


TREEBANKS = _read()
"""(language, split) to treebank to sentences, of the splits that there are."""

CODES = tuple(dict.fromkeys(language for language, _ in TREEBANKS))
"""Languages, English first."""


def treebanks(split: str, languages: Iterable[str]) -> dict[str, str | tuple[str, ...]]:
    """Name the treebanks of each language that has the split, as `HubRows.configs` has them."""
    found = {code: tuple(TREEBANKS[code, split]) for code in languages if (code, split) in TREEBANKS}
    return {code: names if len(names) > 1 else names[0] for code, names in found.items()}


def sentences(split: str, languages: Iterable[str]) -> dict[str, int]:
    """Count the sentences of each language that has the split, in all its treebanks."""
    return {code: sum(TREEBANKS[code, split].values()) for code in languages if (code, split) in TREEBANKS}
