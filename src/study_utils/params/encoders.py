"""Encoders of a study's own: a hub id, a folder or a declared encoder, with how it is used."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator

from study_utils.catalog import encoder
from study_utils.catalog.encoders import ENCODERS, POOLINGS, Encoder, add_encoder
from study_utils.errors import CatalogError
from study_utils.params.stages import Name, Params, known_languages
from study_utils.paths import project_root


class EncoderParams(Params):
    """An encoder and how it is used; what is left out is as declared, or as `study_utils.catalog.Encoder` has it."""

    source: Name = Field(description="catalogue key, hub id @ commit, or folder (from the project folder)")
    title: Name | None = None
    pooling: Literal[POOLINGS] | None = Field(None, description="sentence vector: first or last token, or the mean")
    layer: Annotated[int, Field(strict=True, ge=0)] | None = Field(
        None, description="layer that retrieval reads instead of the published one"
    )
    segments: Annotated[bool, Field(strict=True)] | None = Field(
        None, description="whether token types tell the texts of a pair apart"
    )
    max_length: Annotated[int, Field(strict=True, ge=8)] | None = Field(None, description="tokens of the longest input")
    seen: tuple[Name, ...] | Literal["xlmr_seen", "mbert_seen", "english"] | None = Field(
        None, description="codes of the languages that its pretraining saw, or a column of the language table"
    )

    @field_validator("seen")
    @classmethod
    def _known_languages(cls, values: tuple[str, ...] | str | None) -> tuple[str, ...] | str | None:
        return known_languages(values) if isinstance(values, tuple) else values


def enter_encoder(key: str, own: EncoderParams) -> None:
    """Enter an encoder of a study's own under its key, for this process.

    Raises
    ------
    CatalogError
        If the key is no plain word or another encoder's, the source is unknown, or it has fewer layers or tokens.
    """
    if not re.fullmatch(r"[A-Za-z]\w{0,59}", key, flags=re.ASCII):
        raise CatalogError(f"encoder {key!r}: a key is a letter, then letters, digits and underscores, 60 at most")
    changes = own.model_dump(exclude={"source"}, exclude_none=True)
    if "seen" in changes:
        changes["seen_at_least"] = False
    found = _found(own.source)
    for field, most in {"layer": found.layers, "max_length": found.layers and found.max_length}.items():
        if most and changes.get(field, 0) > most:
            raise CatalogError(f"encoder {key!r}: {field} {changes[field]} is more than the {most} of {own.source}")
    add_encoder(replace(found, key=key, **changes))


def enter_source(name: str) -> None:
    """Enter an encoder that a study names without a key of its own, so that every lookup finds the same files.

    Raises
    ------
    CatalogError
        If it is unknown.
    """
    item = _found(name)
    if name not in ENCODERS:
        add_encoder(item)


def _found(name: str) -> Encoder:
    """Look an encoder up; a relative folder is one of the project folder's, wherever a process works."""
    item = encoder(name)
    if not name.startswith(("./", "../")):
        return item
    return replace(item, hub_id=str((project_root() / Path(name)).resolve()))
