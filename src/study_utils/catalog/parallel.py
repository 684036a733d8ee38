"""Which intermediate tasks are there in several languages, and which test sets hold the same examples in all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from study_utils.catalog.tasks import TASKS
from study_utils.errors import CatalogError


@dataclass(frozen=True, kw_only=True)
class Series:
    """An intermediate task in English and its like in other languages.

    Attributes
    ----------
    key, title : str
        Key in tables; title in figures and sentences.
    english : str
        The task in English.
    others : tuple of str
        The same kind of task in other languages, one each.
    parallel : bool
        Whether its tasks hold the same examples; else texts and sources differ too, not only the language.
    """

    key: str
    title: str
    english: str
    others: tuple[str, ...]
    parallel: bool

    def __post_init__(self) -> None:
        if missing := [key for key in (self.english, *self.others) if key not in TASKS]:
            raise CatalogError(f"series {self.key} names unknown tasks: {missing}")
        if TASKS[self.english].training_language != "en" or "en" in self.languages.values():
            raise CatalogError(f"series {self.key}: the task {self.english} alone is to be in English")

    @property
    def languages(self) -> Mapping[str, str]:
        """Task in another language to that language."""
        return {key: TASKS[key].training_language for key in self.others}


def _series(start: str, *, but: str = "") -> tuple[str, ...]:
    return tuple(key for key, task in TASKS.items() if key.startswith(start) and not task.languages and key != but)


SERIES = {
    item.key: item
    for item in (
        Series(
            key="stsb",
            title="STS-B",
            english="stsb",
            others=_series("stsb_"),
            parallel=True,
        ),
        Series(
            key="xnli_pairs",
            title="XNLI pairs",
            english="xnli_pairs_en",
            others=_series("xnli_pairs_", but="xnli_pairs_en"),
            parallel=True,
        ),
        Series(
            key="native_nli",
            title="Native inference",
            english="mnli",
            others=("ocnli", "indonli", "farstail", "jsick"),
            parallel=False,
        ),
    )
}

PARALLEL_TESTS = ("xnli", "pawsx", "pawsx_qqp", "stsb_multi", "xquad", "mlqa", "mlqa_dev")
"""Targets whose test examples have the same id, and the same meaning, in every language."""

ADVERSARIAL = ("pawsx", "pawsx_qqp")
"""Targets whose test examples were written to mislead models; `pawsx` trains on such examples too."""


def series_of(conditions: Iterable[str]) -> list[Series]:
    """Series of which a study has the English condition and at least one other, in the catalogue's order."""
    there = set(conditions)
    return [item for item in SERIES.values() if item.english in there and there.intersection(item.others)]
