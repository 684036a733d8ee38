"""Tiny encoders of the architectures that English studies use: BERT, RoBERTa, XLNet; with their kinds of tokenizer."""

from __future__ import annotations

from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import (
    BertConfig,
    BertModel,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaModel,
    XLNetConfig,
    XLNetModel,
)

WORDS = "the a film is good bad and not light turn on off der film ist gut licht".split()
SIZES = dict(num_hidden_layers=1, hidden_size=16, num_attention_heads=2, intermediate_size=32)


def make_encoder(kind: str, folder: Path) -> Path:
    """Write a one-layer encoder (16 wide) of a kind, "bert", "roberta" or "xlnet", with weights from a fixed seed."""
    tokenizer, settings = {"bert": _wordpiece, "roberta": _bytes, "xlnet": _unigram}[kind]()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        model = _model(kind, tokenizer.get_vocab_size())
        for parameter in model.parameters():  # as spread out as trained weights, so that differences show
            if parameter.ndim > 1:
                torch.nn.init.normal_(parameter, std=0.3)
    model.save_pretrained(folder)
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **settings).save_pretrained(folder)
    return folder


def _model(kind: str, size: int) -> PreTrainedModel:
    if kind == "xlnet":
        config = XLNetConfig(vocab_size=size, d_model=16, n_layer=1, n_head=2, d_inner=32, mem_len=None)
        return XLNetModel(config)
    if kind == "bert":
        return BertModel(BertConfig(vocab_size=size, pad_token_id=0, **SIZES), add_pooling_layer=False)
    config = RobertaConfig(vocab_size=size, max_position_embeddings=130, pad_token_id=1, type_vocab_size=1, **SIZES)
    return RobertaModel(config, add_pooling_layer=False)


def _wordpiece() -> tuple[Tokenizer, dict]:
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    letters = "abcdefghijklmnopqrstuvwxyz"
    pieces = dict.fromkeys([*special, *WORDS, *letters, *(f"##{letter}" for letter in letters)])
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), special))
    return tokenizer, {**names, "model_max_length": 512}


def _bytes() -> tuple[Tokenizer, dict]:
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    pieces = [*special, *sorted(pre_tokenizers.ByteLevel.alphabet()), "Ġf", "il", "Ġfil", "Ġfilm", "<mask>"]
    merges = [("Ġ", "f"), ("i", "l"), ("Ġf", "il"), ("Ġfil", "m")]
    tokenizer = Tokenizer(models.BPE({piece: number for number, piece in enumerate(pieces)}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    names = {"bos_token": "<s>", "cls_token": "<s>", "eos_token": "</s>", "sep_token": "</s>", "pad_token": "<pad>"}
    return tokenizer, {**names, "unk_token": "<unk>", "mask_token": "<mask>", "model_max_length": 128}


def _unigram() -> tuple[Tokenizer, dict]:
    special = ["<unk>", "<s>", "</s>", "<cls>", "<sep>", "<pad>", "<mask>"]
    letters = "abcdefghijklmnopqrstuvwxyz"
    pieces = dict.fromkeys(["▁", *(f"▁{word}" for word in WORDS), *letters])
    scores = [(piece, -2.0 if len(piece) > 1 else -10.0) for piece in pieces]
    tokenizer = Tokenizer(models.Unigram([(name, 0.0) for name in special] + scores, unk_id=0, byte_fallback=False))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A <sep> <cls>:2",
        pair="$A <sep> $B:1 <sep>:1 <cls>:2",
        special_tokens=[("<sep>", 4), ("<cls>", 3)],
    )
    names = {f"{name}_token": f"<{name}>" for name in ("unk", "cls", "sep", "pad", "mask")}
    return tokenizer, {**names, "padding_side": "left"}
