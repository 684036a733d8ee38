"""A tiny XLM-R for tests: real configuration, weights and tokenizer files, without a download."""

from __future__ import annotations

from pathlib import Path

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast, XLMRobertaConfig, XLMRobertaModel

SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
WORDS = """
the a is not in and of to what light kitchen turn on off good bad film movie house der die und nicht ist das
Licht le la et est pas lumière el los luz no в и не свет 光 灯 النور في प्रकाश nuru
"""
RANGES = (
    (0x21, 0x7E),  # Latin
    (0xC0, 0x17F),
    (0x3B1, 0x3C9),  # Greek
    (0x410, 0x44F),  # Cyrillic
    (0x5D0, 0x5EA),  # Hebrew
    (0x621, 0x64A),  # Arabic
    (0x905, 0x94D),  # Devanagari
    (0xE01, 0xE3A),  # Thai
    (0x3041, 0x3096),  # Hiragana
)


def _vocabulary() -> list[tuple[str, float]]:
    characters = [chr(point) for first, last in RANGES for point in range(first, last + 1)]
    pieces = ["▁", *(f"▁{word}" for word in WORDS.split()), *characters]
    pieces += [piece for word in WORDS.split() for piece in word]
    unique = list(dict.fromkeys(pieces))
    scores = [-(2.0 if len(piece) > 1 else 10.0) - rank / len(unique) for rank, piece in enumerate(unique)]
    return [(name, 0.0) for name in SPECIAL] + list(zip(unique, scores)) + [("<mask>", 0.0)]


def make_tiny_encoder(folder: Path, layers: int = 1) -> Path:
    """Write an XLM-R of one layer, or some (16 wide, 2 heads), with its tokenizer, loadable by the Auto classes.

    Ids and template are XLM-R's: ``<s>`` 0, ``<pad>`` 1, ``</s>`` 2, ``<unk>`` 3, ``<mask>`` last. The
    weights are drawn from a fixed seed; the global generator is left as it was.

    Returns
    -------
    pathlib.Path
        The folder.
    """
    vocabulary = _vocabulary()
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=3, byte_fallback=False))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        cls_token="<s>",
        eos_token="</s>",
        sep_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        mask_token="<mask>",
        model_max_length=128,
        model_input_names=["input_ids", "attention_mask"],
    )
    config = XLMRobertaConfig(
        vocab_size=len(vocabulary),
        hidden_size=16,
        num_hidden_layers=layers,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=130,
        type_vocab_size=1,
        layer_norm_eps=1e-5,
        pad_token_id=1,
        bos_token_id=0,
        eos_token_id=2,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(20)
        model = XLMRobertaModel(config, add_pooling_layer=False)
        for parameter in model.parameters():  # as spread out as trained weights, so that differences show
            if parameter.ndim == 2:
                torch.nn.init.normal_(parameter, std=0.2)
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    fast.save_pretrained(folder)
    return folder
