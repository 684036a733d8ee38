"""The masked-language head is the checkpoint's, whole, whatever the architecture; else it is refused."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from architectures import MASKED, make_encoder
from rows import text_rows
from safetensors.torch import load_file, save_file
from transformers import AutoModelForMaskedLM

import study_utils.encoders.mask_head as mask_head
from study_utils.catalog import encoder, task
from study_utils.encoders.facts import has_mask_head
from study_utils.encoders.load import LoadedEncoder, load_encoder, quiet
from study_utils.encoders.mask_head import head_form, pretrained_mask_head
from study_utils.encoders.vocabulary import Vocabulary
from study_utils.errors import EncoderError
from study_utils.formats import mask
from study_utils.formats.features import IGNORED, collate
from study_utils.model import TaskModel, encoder_under, make_heads, take_pretrained_heads

TEXT = task("message_text")
KEPT = np.array([0, 1, 2, 3, 7, 11])
NAMES = {  # weight to its name in the checkpoint, by hand
    "bert": {"dense": "cls.predictions.transform.dense", "norm": "cls.predictions.transform.LayerNorm",
             "bias": "cls.predictions.bias"},
    "xlmr": {"dense": "lm_head.dense", "norm": "lm_head.layer_norm", "bias": "lm_head.bias"},
    "modernbert": {"dense": "head.dense", "norm": "head.norm", "bias": "decoder.bias"},
    "rembert": {"dense": "cls.predictions.dense", "norm": "cls.predictions.LayerNorm",
                "weight": "cls.predictions.decoder.weight", "bias": "cls.predictions.decoder.bias"},
    "eurobert": {"weight": "lm_head.weight"},
}  # fmt: skip


def load(folder: Path, tmp_path: Path) -> LoadedEncoder:
    return load_encoder(encoder(str(folder)), cache=tmp_path)


def rewrite(folder: Path, change) -> None:
    path = folder / "model.safetensors"
    save_file(change(load_file(path)), path, metadata={"format": "pt"})


@pytest.mark.parametrize("kind", MASKED)
def test_outputs_on_a_trimmed_vocabulary_are_those_of_transformers(kind, tmp_path):
    folder = make_encoder(kind, tmp_path / "encoder", head=True)
    base = load(folder, tmp_path)
    features = mask.encode(text_rows(6), TEXT, base.tokenizer, 32)
    vocabulary = Vocabulary.of(features.used_ids, tokenizer=base.tokenizer)
    assert len(vocabulary) < len(base.tokenizer)
    small = encoder_under(base, vocabulary)
    heads = make_heads([TEXT], small, "first", seed=0)
    take_pretrained_heads(heads, base, vocabulary)
    batch = collate(features, np.arange(6), vocabulary, base.tokenizer.pad_token_id)
    heads.train()  # what guesses; the encoder stays without dropout
    with torch.inference_mode(), quiet():
        found = TaskModel(small, heads)(TEXT.key, batch)
        whole = AutoModelForMaskedLM.from_pretrained(folder, use_safetensors=True).eval()
        ids = torch.from_numpy(vocabulary.kept[batch["input_ids"].numpy()])
        wanted = whole(input_ids=ids, attention_mask=batch["attention_mask"]).logits[..., vocabulary.kept]
    torch.testing.assert_close(found, wanted[batch["labels"] != IGNORED], atol=1e-5, rtol=1e-5)
    assert has_mask_head(base.spec) is True


@pytest.mark.parametrize("kind", NAMES)
def test_every_weight_is_the_checkpoints(kind, tmp_path):
    folder = make_encoder(kind, tmp_path / "encoder", head=True)
    found, stored = pretrained_mask_head(load(folder, tmp_path), KEPT), load_file(folder / "model.safetensors")
    assert {name.split(".")[0] for name in found} == set(NAMES[kind])
    for own, value in found.items():
        first, *rest = own.split(".")
        wanted = stored[".".join([NAMES[kind][first], *rest])]
        assert torch.equal(value, wanted[KEPT] if own in ("weight", "bias") else wanted)


def test_names_of_checkpoints_converted_from_tensorflow_are_known(tmp_path):
    folder = make_encoder("bert", tmp_path / "encoder", head=True)
    before = pretrained_mask_head(load(folder, tmp_path), KEPT)
    old = {"LayerNorm.weight": "LayerNorm.gamma", "LayerNorm.bias": "LayerNorm.beta"}

    def renamed(weights):
        return {n.replace(e := ".".join(n.split(".")[-2:]), old.get(e, e)): v for n, v in weights.items()}

    rewrite(folder, renamed)
    after = pretrained_mask_head(load(folder, tmp_path), KEPT)
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_that_of_deberta_v3_under_its_own_names(tmp_path):
    folder = make_encoder("mdeberta", tmp_path / "encoder", head=True, legacy=False)
    config = json.loads((folder / "config.json").read_text())
    del config["legacy"]  # as on the hub
    (folder / "config.json").write_text(json.dumps(config))
    found, stored = pretrained_mask_head(load(folder, tmp_path), KEPT), load_file(folder / "model.safetensors")
    assert torch.equal(found["dense.weight"], stored["lm_predictions.lm_head.dense.weight"])
    assert torch.equal(found["bias"], stored["lm_predictions.lm_head.bias"][KEPT])


@pytest.mark.parametrize("kind", MASKED)
def test_half_a_head_is_refused_and_what_it_lacks_is_listed(kind, tmp_path):
    folder = make_encoder(kind, tmp_path / "encoder", head=True)
    base = load(folder, tmp_path)
    lost = next(iter(head_form(base.model.config).names.values()))
    rewrite(folder, lambda weights: {name: value for name, value in weights.items() if name != lost})
    with pytest.raises(EncoderError, match=rf"lacks .*{lost.rsplit('.', 1)[0]}.*intermediate\.new_mlm_head=true"):
        pretrained_mask_head(base, KEPT)


def test_no_head_is_refused_unless_a_new_one_is_allowed(tiny, tmp_path):
    vocabulary = Vocabulary(kept=KEPT, size_full=len(tiny.tokenizer))
    heads = make_heads([TEXT], encoder_under(tiny, vocabulary), "first", seed=0)
    before = {name: value.clone() for name, value in heads.state_dict().items()}
    with pytest.raises(EncoderError, match="lacks lm_head"):
        take_pretrained_heads(heads, tiny, vocabulary)
    take_pretrained_heads(heads, tiny, vocabulary, new_ok=True)
    assert all(torch.equal(value, before[name]) for name, value in heads.state_dict().items())
    xlnet = load(make_encoder("xlnet", tmp_path / "encoder"), tmp_path)
    with pytest.raises(EncoderError, match="no class with one for model type 'xlnet'"):
        pretrained_mask_head(xlnet, KEPT)


def test_a_head_that_computes_something_else_is_refused(tmp_path, monkeypatch):
    base = load(make_encoder("bert", tmp_path / "encoder", head=True, hidden_act="relu"), tmp_path)
    assert type(head_form(base.model.config).activation) is torch.nn.ReLU
    assert pretrained_mask_head(base, KEPT)
    monkeypatch.setattr(mask_head, "head_form", lambda config: dataclasses.replace(head_form(config), activation=None))
    with pytest.raises(EncoderError, match="computes something else"):
        pretrained_mask_head(base, KEPT)


def test_a_new_head_is_the_one_that_it_was(tiny):
    """Weights of a new head follow from its seed: numbers from before the form was looked up."""
    heads = make_heads([TEXT], encoder_under(tiny, Vocabulary(kept=KEPT, size_full=715)), "first", seed=3)
    assert list(heads.state_dict()) == [f"{TEXT.key}.{name}" for name in
                                        ("bias", "dense.weight", "dense.bias", "norm.weight", "norm.bias")]  # fmt: skip
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        dense = torch.nn.Linear(16, 16)
    assert torch.equal(heads[TEXT.key].dense.weight, dense.weight)
    assert heads[TEXT.key].norm.eps == tiny.model.config.layer_norm_eps


@pytest.mark.parametrize(("kind", "head", "shows"), [("bert", False, False), ("eurobert", True, True)])
def test_a_head_shows_in_names_of_weights_or_classes(kind, head, shows, tmp_path):
    folder = make_encoder(kind, tmp_path, head=head)
    assert has_mask_head(encoder(str(folder))) is shows
    assert has_mask_head(encoder("e5_small")) is False
    assert has_mask_head(encoder(f"some/unknown@{'0' * 40}")) is None
