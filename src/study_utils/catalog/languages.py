"""Languages: one row each in `languages.csv`, with the source of every field beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources

import pandas as pd

from study_utils.errors import CatalogError, unknown

SPLIT_FAMILIES = ("Indo-European", "Afro-Asiatic")
"""Families reported by branch (Romance, Semitic, ...); every other family is reported whole, as XTREME-R does."""


@dataclass(frozen=True, kw_only=True)
class Language:
    """One language as the study counts it.

    Attributes
    ----------
    code : str
        ISO 639-1 where it exists, else ISO 639-3: the only language code used anywhere in the project. A user's own may
        have a script or region behind it.
    iso639_3, glottocode : str
        The individual language that the data is in, not the macrolanguage.
    family, branch : str
        Family as XTREME-R names it where it does, else Glottolog's top level; branch about the size of a WALS genus.
    is_isolate : bool
        Isolates are shown as languages, never as families.
    script : str
        ISO 15924 code of the majority script.
    word_order : str
        WALS feature 81A; empty where not known.
    joshi_class : int or None
        Resource class 0 to 5 (Joshi et al. 2020); None where not known.
    xlmr_seen, mbert_seen : bool or None
        In the pretraining data of XLM-R (100 languages) and multilingual BERT (104 languages); None, of a user's own
        language, where not known.
    in_xtreme_r : bool
        A language of at least one XTREME-R task.
    """

    code: str
    name: str
    iso639_3: str
    glottocode: str
    family: str
    branch: str
    is_isolate: bool
    script: str
    word_order: str
    joshi_class: int | None
    xlmr_seen: bool | None
    mbert_seen: bool | None
    in_xtreme_r: bool


def language_table() -> pd.DataFrame:
    """Give the table of languages, a user's own at its end.

    Returns
    -------
    pandas.DataFrame
        One row a language, indexed by `code`; the columns are the fields of `Language` and `source`, as texts.
        Empty strings mean "not known".
    """
    own = [item for code, item in LANGUAGES.items() if is_own(code)]
    rows = [{name: "" if value is None else str(value) for name, value in vars(item).items()} for item in own]
    more = pd.DataFrame(rows, columns=_packaged_table().columns, index=[item.code for item in own])
    return pd.concat([_packaged_table(), more.assign(source="the user")]) if own else _packaged_table()


def is_own(code: str) -> bool:
    """Whether a language is a user's own."""
    return code not in _packaged_table().index


@cache
def _packaged_table() -> pd.DataFrame:
    path = resources.files("study_utils.catalog") / "languages.csv"
    with path.open(encoding="utf-8") as file:
        return pd.read_csv(file, keep_default_na=False, dtype=str).set_index("code", drop=False)


@cache
def covariate_table() -> pd.DataFrame:
    """Read what is known of languages as numbers, for models of gains.

    `covariates.csv` is a table of its own because of its licence: the syntactic distances are derived from URIEL+
    1.3.2 (CC BY-SA 4.0).

    Returns
    -------
    pandas.DataFrame
        One row a language, indexed by `code`, missing where not known: `xlmr_gib` (GiB of XLM-R's training text, Table
        6 of Conneau et al. 2020; missing where it saw none), `wikipedia_articles_log10` (log10 of the number of
        articles in August 2020), `uriel_syntactic` (distance to English, 0 to 1: angle between the syntactic features
        known of both, missing below 20 of them), `n_syntactic` (how many), and `source`.
    """
    path = resources.files("study_utils.catalog") / "covariates.csv"
    with path.open(encoding="utf-8") as file:
        # Only an empty cell is missing: "nan" and "NA" could be codes.
        return pd.read_csv(file, keep_default_na=False, na_values=[""]).set_index("code")


def _languages() -> dict[str, Language]:
    fields = list(Language.__dataclass_fields__)
    flags = ("is_isolate", "xlmr_seen", "mbert_seen", "in_xtreme_r")
    found = {}
    for row in _packaged_table()[fields].to_dict("records"):
        row |= {flag: row[flag] == "True" for flag in flags}
        row["joshi_class"] = int(row["joshi_class"]) if row["joshi_class"] else None
        found[row["code"]] = Language(**row)
    return found


LANGUAGES = _languages()


def language(code: str) -> Language:
    """Look a language up by its code.

    Raises
    ------
    CatalogError
        If the code is unknown, with the nearest codes.
    """
    if code not in LANGUAGES:
        names = {item.name.lower(): item.code for item in LANGUAGES.values()}
        if str(code).lower() in names:
            raise CatalogError(f"unknown language {code!r}: use its code {names[str(code).lower()]!r}")
        raise CatalogError(unknown("language", code, LANGUAGES))
    return LANGUAGES[code]


def group_names(codes: Iterable[str]) -> dict[str, set[str]]:
    """Say under which names reports show languages.

    Parameters
    ----------
    codes : iterable of str
        Languages of a study.

    Returns
    -------
    dict of str to set of str
        Code to its own name and those of its family (its branch, of `SPLIT_FAMILIES`) and branch, where the study has
        another language of these; an isolate has none.
    """
    found = [language(code) for code in codes]
    names = {item.code: {item.name} for item in found}
    for large in (SPLIT_FAMILIES, {item.family for item in found}):
        of = {i.code: i.branch if i.family in large else i.family for i in found if not i.is_isolate}
        count = Counter(of.values())
        for code, group in of.items():
            if count[group] > 1:
                names[code].add(group)
    return names


def add_languages(languages: Iterable[Language]) -> None:
    """Enter a user's own languages for the rest of this process. The same declaration again changes nothing.

    Raises
    ------
    CatalogError
        If a code is taken. Nothing is entered then.
    """
    new = {item.code: item for item in languages}
    for code, item in new.items():
        if LANGUAGES.get(code, item) != item:
            what = "declared twice" if is_own(code) else "in the language table: use it, without a declaration"
            raise CatalogError(f"language {code!r} is {what}")
    LANGUAGES.update(new)


_MACROLANGUAGES = (
    "ar:ara ay:aym az:aze et:est fa:fas gn:grn lv:lav mn:mon ms:msa ne:nep no:nor om:orm sq:sqi sw:swa zh:zho"
)
"""ISO 639-1 to the ISO 639-3 code of the same macrolanguage; source: the code tables of ISO 639-3 (SIL)."""


def language_code(code: str) -> str:
    """Give the catalogue's code of a language that is named by it or by ISO 639-3 (`deu`; `swh` and `swa` for `sw`).

    Raises
    ------
    CatalogError
        If the code is unknown, with the nearest codes.
    """
    if code in LANGUAGES:
        return code
    return language(_BY_ISO639_3.get(code, code)).code


_BY_ISO639_3 = {item.iso639_3: item.code for item in LANGUAGES.values() if item.iso639_3} | {
    macro: code for code, macro in (pair.split(":") for pair in _MACROLANGUAGES.split())
}
