"""Small encoders of the architectures that studies use: random weights, and tokenizers of each family."""

from __future__ import annotations

from pathlib import Path

import torch
import transformers as hf
from encoder_texts import SCRIPTS
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedConfig, PreTrainedTokenizerFast

WORDS = "the a film is good bad and not light turn on off der film ist gut licht".split()
CORPUS = [*SCRIPTS.values(), *[" ".join(WORDS)] * 8]
SIZES = dict(num_hidden_layers=1, hidden_size=16, num_attention_heads=2, intermediate_size=32)
MASKED = ("bert", "roberta", "xlmr", "xlmr_xl", "mdeberta", "modernbert", "eurobert", "rembert", "gte")
"""Kinds that are pretrained by masking, with a head for it."""


def make_encoder(kind: str, folder: Path, *, head: bool = False, **changes: object) -> Path:
    """Write a one-layer encoder (16 wide) of a kind, with weights from a fixed seed; with its masked-language head."""
    tokenizer, settings = TOKENIZERS[TOKENIZER_OF[kind]]()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        config = _config(kind, tokenizer.get_vocab_size(), tokenizer.token_to_id(settings["pad_token"]))
        config.update(changes)
        model = (hf.AutoModelForMaskedLM if head else hf.AutoModel).from_config(config)
        for parameter in model.parameters():  # as spread out as trained weights, so that differences show
            if parameter.ndim > 1:
                torch.nn.init.normal_(parameter, std=0.3)
            elif head:
                torch.nn.init.normal_(parameter, mean=0.5, std=0.3)
    model.save_pretrained(folder)
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **settings).save_pretrained(folder)
    return folder


def _config(kind: str, size: int, pad: int) -> PreTrainedConfig:
    common = dict(vocab_size=size, pad_token_id=pad, **SIZES)
    shifted = dict(common, max_position_embeddings=130, type_vocab_size=1)
    two = dict(num_key_value_heads=2, head_dim=8)
    makers = {
        "bert": lambda: hf.BertConfig(**common),
        "roberta": lambda: hf.RobertaConfig(**shifted),
        "xlnet": lambda: hf.XLNetConfig(vocab_size=size, d_model=16, n_layer=1, n_head=2, d_inner=32, mem_len=None),
        "xlmr": lambda: hf.XLMRobertaConfig(**shifted),
        "xlmr_xl": lambda: hf.XLMRobertaXLConfig(**shifted),
        "mdeberta": lambda: hf.DebertaV2Config(
            **common, relative_attention=True, position_buckets=8, pos_att_type=["p2c", "c2p"], share_att_key=True,
            norm_rel_ebd="layer_norm", position_biased_input=False, type_vocab_size=0, max_relative_positions=-1,
        ),
        "modernbert": lambda: hf.ModernBertConfig(
            **common, cls_token_id=1, sep_token_id=2, bos_token_id=1, eos_token_id=2
        ),
        "eurobert": lambda: hf.EuroBertConfig(
            **common, **two, tie_word_embeddings=False, bos_token_id=0, eos_token_id=1
        ),
        "rembert": lambda: hf.RemBertConfig(**common, input_embedding_size=8, output_embedding_size=24),
        "gte": lambda: hf.GteConfig(**common),
        "mt5": lambda: hf.MT5Config(
            vocab_size=size, pad_token_id=pad, d_model=16, d_ff=32, d_kv=8, num_layers=1, num_heads=2
        ),
        "qwen3": lambda: hf.Qwen3Config(**common, **two),
    }  # fmt: skip
    return makers[kind]()


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


def _bytes(prefix: bool = False) -> tuple[Tokenizer, dict]:
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    pieces = [*special, *sorted(pre_tokenizers.ByteLevel.alphabet()), "Ġf", "il", "Ġfil", "Ġfilm", "<mask>"]
    merges = [("Ġ", "f"), ("i", "l"), ("Ġf", "il"), ("Ġfil", "m")]
    tokenizer = Tokenizer(models.BPE({piece: number for number, piece in enumerate(pieces)}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=prefix)
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


def _sentencepiece() -> tuple[Tokenizer, dict]:
    """XLM-R's kind, trained on ten and more scripts: `<s>` 0, `<pad>` 1."""
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")]
    )
    trainer = trainers.UnigramTrainer(
        vocab_size=900, special_tokens=[*special, "<mask>"], unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.post_processor = _frame(tokenizer, "<s>", "</s>")
    names = {"bos_token": "<s>", "cls_token": "<s>", "eos_token": "</s>", "sep_token": "</s>", "pad_token": "<pad>"}
    return tokenizer, {**names, "unk_token": "<unk>", "mask_token": "<mask>", "model_max_length": 128}


def _gemma() -> tuple[Tokenizer, dict]:
    """Gemma's kind, as mmBERT has it: blanks become ▁ and are put before nothing. Padding stands at the end."""
    special = ["<unk>", "<bos>", "<eos>"]
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=False, fuse_unk=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    trainer = trainers.BpeTrainer(vocab_size=900, special_tokens=special, show_progress=False, max_token_length=6)
    words = [f"▁{word}" for text in CORPUS for word in text.split()]  # no piece reaches across a blank
    tokenizer.train_from_iterator([*words, *(word[1:] for word in words)], trainer)
    tokenizer.add_special_tokens(["<pad>", "<mask>"])
    tokenizer.post_processor = _frame(tokenizer, "<bos>", "<eos>")
    names = {"bos_token": "<bos>", "cls_token": "<bos>", "eos_token": "<eos>", "sep_token": "<eos>"}
    return tokenizer, {**names, "pad_token": "<pad>", "unk_token": "<unk>", "mask_token": "<mask>"}


def _llama() -> tuple[Tokenizer, dict]:
    """Llama 3's kind, as EuroBERT has it: bytes, cut by a pattern of its own. All special tokens stand at the end."""
    pattern = (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s+(?!\S)|\s+"
    )
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=700, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.add_special_tokens(["<|begin|>", "<|end|>", "<|pad|>", "<|mask|>"])
    tokenizer.post_processor = _frame(tokenizer, "<|begin|>", "<|end|>")
    names = {"bos_token": "<|begin|>", "cls_token": "<|begin|>", "eos_token": "<|end|>", "sep_token": "<|end|>"}
    return tokenizer, {**names, "pad_token": "<|pad|>", "mask_token": "<|mask|>"}


def _frame(tokenizer: Tokenizer, first: str, last: str) -> processors.TemplateProcessing:
    return processors.TemplateProcessing(
        single=f"{first} $A {last}",
        pair=f"{first} $A {last} $B {last}",
        special_tokens=[(name, tokenizer.token_to_id(name)) for name in (first, last)],
    )


TOKENIZERS = {
    "wordpiece": _wordpiece,
    "unigram": _unigram,
    "sentencepiece": _sentencepiece,
    "bytes": _bytes,
    "bytes with prefix": lambda: _bytes(prefix=True),
    "gemma": _gemma,
    "llama": _llama,
}
TOKENIZER_OF = {
    **dict(bert="wordpiece", roberta="bytes", xlnet="unigram", modernbert="gemma", eurobert="llama", qwen3="llama"),
    **dict.fromkeys(("xlmr", "xlmr_xl", "mdeberta", "rembert", "gte", "mt5"), "sentencepiece"),
}
