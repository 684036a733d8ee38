"""Random encoders of many architectures, a layer or two, with the tokenizer of the tiny XLM-R."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import torch
from tokenizers import Tokenizer, processors
from transformers import (
    AutoModel,
    BertConfig,
    DebertaV2Config,
    EuroBertConfig,
    ModernBertConfig,
    RemBertConfig,
    RobertaConfig,
    XLMRobertaConfig,
    XLNetConfig,
)

SIZES = dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32)
SPECIAL = dict(pad_token_id=1, bos_token_id=0, eos_token_id=2)
KINDS = ("xlmr", "roberta", "bert", "bert_segments", "rembert", "deberta", "xlnet", "modernbert", "eurobert")
POOLING = {"xlnet": "last"}


def make_small_model(kind: str, folder: Path, tokenizer: Path) -> Path:
    """Write an encoder of a kind into a folder; `bert_segments` is told the two texts of a pair apart."""
    shutil.copytree(tokenizer, folder, ignore=lambda _, names: [n for n in names if not n.startswith("tokenizer")])
    text = Tokenizer.from_file(str(folder / "tokenizer.json"))
    size, names = text.get_vocab_size(), json.loads((folder / "tokenizer_config.json").read_text())
    if kind.startswith("bert"):  # like BERT's own, both make token types
        text.post_processor = processors.TemplateProcessing(
            single="<s> $A </s>", pair="<s> $A </s> $B:1 </s>:1", special_tokens=[("<s>", 0), ("</s>", 2)]
        )
        text.save(str(folder / "tokenizer.json"))
        names["model_input_names"] = ["input_ids", "token_type_ids", "attention_mask"]
    if kind == "xlnet":
        names["padding_side"] = "left"
    (folder / "tokenizer_config.json").write_text(json.dumps(names))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        config = _config(kind, size)
        options = {} if kind in ("xlnet", "deberta", "modernbert", "eurobert") else {"add_pooling_layer": False}
        model = AutoModel.from_config(config, **options)
        for parameter in model.parameters():  # as spread out as trained weights, so that differences show
            torch.nn.init.normal_(parameter, mean=float(parameter.ndim == 1) * 0.1, std=0.3)
    model.save_pretrained(folder)
    return folder


def _config(kind: str, size: int):
    common = dict(vocab_size=size, **SIZES, **SPECIAL)
    if kind == "xlnet":
        return XLNetConfig(vocab_size=size, d_model=16, n_layer=2, n_head=2, d_inner=32, mem_len=None, **SPECIAL)
    if kind == "deberta":
        return DebertaV2Config(
            **common, max_position_embeddings=128, relative_attention=True, position_buckets=16, type_vocab_size=0,
            pos_att_type=["p2c", "c2p"], share_att_key=True, norm_rel_ebd="layer_norm", position_biased_input=False,
        )  # fmt: skip
    if kind == "rembert":
        return RemBertConfig(**common, input_embedding_size=8, output_embedding_size=12, max_position_embeddings=128)
    if kind == "modernbert":
        return ModernBertConfig(**common, max_position_embeddings=128, cls_token_id=0, sep_token_id=2)
    if kind == "eurobert":
        return EuroBertConfig(**common, max_position_embeddings=128, num_key_value_heads=2)
    classes = {"xlmr": XLMRobertaConfig, "roberta": RobertaConfig, "bert": BertConfig, "bert_segments": BertConfig}
    return classes[kind](**common, max_position_embeddings=130, type_vocab_size=2)
