"""Look-alikes: a letter becomes one of another script that looks the same."""

from __future__ import annotations

from study_utils.catalog.languages import LANGUAGES
from study_utils.catalog.perturbations import LOOKALIKES


def options(word: str, language: str) -> list[str]:
    """All forms of a word with one look-alike."""
    alike = LOOKALIKES[LANGUAGES[language].script]
    return [word[:place] + alike[c] + word[place + 1 :] for place, c in enumerate(word) if c in alike]
