"""Languages of a user's own: declared in a file of tasks, for data in what the language table lacks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from study_utils.catalog.languages import Language, add_languages, language_code
from study_utils.errors import CatalogError
from study_utils.faults import NOT_BLANK

CODE = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
CODE_RULE = "a code is ISO 639-1 or 639-3, or one of them with a script or region behind it, such as pt-BR or zh-Hant"
SCRIPT = r"^[A-Z][a-z]{3}$"
SCRIPT_RULE = "a script is its four letters of ISO 15924, such as Latn"

Code = Annotated[str, Field(strict=True, pattern=CODE)]
_Text = Annotated[str, Field(strict=True, min_length=1, pattern=NOT_BLANK)]
_Known = Annotated[bool, Field(strict=True)] | None


class UserLanguage(BaseModel):
    """One language of a user's file; fields mean what they mean in `study_utils.catalog.Language`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: _Text = Field(description="as reports show it")
    family: _Text = Field(description="as the language table names it where it has one of it")
    branch: str = Field("", strict=True, description="part of the family, about a genus; empty: not known")
    script: Annotated[str, Field(strict=True, pattern=SCRIPT)] = Field(description="its four letters of ISO 15924")
    is_isolate: Annotated[bool, Field(strict=True)] = Field(False, description="whether it has no relative")
    xlmr_seen: _Known = Field(None, description="whether XLM-R's pretraining saw it; null: not known")
    mbert_seen: _Known = Field(None, description="whether multilingual BERT's did; null: not known")


def enter_languages(declared: Mapping[str, UserLanguage]) -> None:
    """Enter a user's own languages for the rest of this process. The same declaration again changes nothing.

    Raises
    ------
    CatalogError
        If the language table has a code, or another declaration does.
    """
    new = [_language(code, spec) for code, spec in declared.items()]
    for item in new:
        if (known := _known_as(item.code)) and known != item.code:
            raise CatalogError(
                f"language {item.code!r} is {known!r} in the language table: use it, without a declaration"
            )
    add_languages(new)


def _known_as(code: str) -> str:
    try:
        return language_code(code)
    except CatalogError:
        return ""


def _language(code: str, spec: UserLanguage) -> Language:
    iso = code.split("-")[0]
    nothing = {"glottocode": "", "word_order": "", "joshi_class": None, "in_xtreme_r": False}
    return Language(code=code, iso639_3=iso if len(iso) == 3 else "", **nothing, **spec.model_dump())
