"""The masked-language head of a checkpoint is read where there is one, in any of its spellings."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertForMaskedLM, XLMRobertaForMaskedLM

from study_utils.encoders.load import quiet
from study_utils.encoders.mask_head import pretrained_mask_head

KEPT = np.array([0, 1, 2, 3, 7, 11])


@pytest.fixture
def xlmr(tiny, tmp_path):
    with quiet():
        model = XLMRobertaForMaskedLM(tiny.model.config)
        for parameter in model.lm_head.parameters():
            torch.nn.init.normal_(parameter)
        model.save_pretrained(tmp_path)
    return tmp_path, model.lm_head


def test_that_of_xlmr_with_the_biases_of_the_kept_tokens(xlmr):
    folder, head = xlmr
    found = pretrained_mask_head(folder, KEPT)
    assert torch.equal(found["dense.weight"], head.dense.weight)
    assert torch.equal(found["dense.bias"], head.dense.bias)
    assert torch.equal(found["norm.weight"], head.layer_norm.weight)
    assert torch.equal(found["norm.bias"], head.layer_norm.bias)
    assert torch.equal(found["bias"], head.bias[KEPT])


@pytest.mark.parametrize("old", [False, True])
def test_that_of_bert_also_as_converted_from_tensorflow(tmp_path, old):
    config = BertConfig(vocab_size=20, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8)
    with quiet():
        model = BertForMaskedLM(config)
        for parameter in model.cls.parameters():
            torch.nn.init.normal_(parameter)
        model.save_pretrained(tmp_path)
    path = tmp_path / "model.safetensors"
    if old:
        names = {"LayerNorm.weight": "LayerNorm.gamma", "LayerNorm.bias": "LayerNorm.beta"}
        renamed = {}
        for name, value in load_file(path).items():
            ending = ".".join(name.split(".")[-2:])
            renamed[name.replace(ending, names.get(ending, ending))] = value
        save_file(renamed, path, metadata={"format": "pt"})
    found, head = pretrained_mask_head(tmp_path, KEPT), model.cls.predictions
    assert torch.equal(found["dense.weight"], head.transform.dense.weight)
    assert torch.equal(found["norm.weight"], head.transform.LayerNorm.weight)
    assert torch.equal(found["norm.bias"], head.transform.LayerNorm.bias)
    assert torch.equal(found["bias"], head.bias[KEPT])


def test_none_or_half_a_head_is_none(tiny_encoder, xlmr):
    assert pretrained_mask_head(tiny_encoder, KEPT) is None
    folder, _ = xlmr
    path = folder / "model.safetensors"
    save_file({k: v for k, v in load_file(path).items() if k != "lm_head.dense.weight"}, path)
    assert pretrained_mask_head(folder, KEPT) is None
