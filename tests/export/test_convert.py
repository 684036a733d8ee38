"""Heads on transformers' own classes: read by plain transformers in another process, the outputs are the study's."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from embedding_rows import word_rows
from rows import answer_rows, choose_rows, classify_rows, regress_rows, tag_rows
from small_models import KINDS, POOLING, make_small_model

from study_utils.catalog import encoder, task
from study_utils.encoders.load import load_encoder, quiet
from study_utils.encoders.segments import segments_of
from study_utils.encoders.vocabulary import Vocabulary
from study_utils.errors import EncoderError
from study_utils.evaluation.predict import predict_features
from study_utils.export.compare import check_same_outputs
from study_utils.export.convert import CLASSES, whole_encoder, with_head
from study_utils.export.write import _tokenizer
from study_utils.formats.features import encode_texts
from study_utils.model import TaskModel, encoder_under, make_heads
from study_utils.training import TaskRows, TrainingSettings, train

TASKS = {"sst2": classify_rows, "stsb": regress_rows, "copa": choose_rows, "udpos": tag_rows, "squad1": answer_rows}
TEXTS = ["the film is good", "a", "и не свет 光 turn on the light"]
PAIRS = ["is it not bad", "der die das und nicht", "no"]
EVERY = {"classify", "regress", "choose", "tag", "answer"}
EXPORTED = {
    **dict.fromkeys(("xlmr", "roberta", "bert", "bert_segments", "rembert", "deberta", "xlnet"), EVERY),
    "modernbert": set(),  # a norm above the dense layer
    "eurobert": {"tag"},  # GELU, where ours is tanh
}

PLAIN = """
import json, sys
import torch, transformers
transformers.logging.set_verbosity_error()
found = {}
for name, folder, auto, format, texts, pairs in json.load(sys.stdin):
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model, loading = getattr(transformers, auto).from_pretrained(folder, output_loading_info=True)
    assert not model.training and not any(loading["missing_keys"]) and not any(loading["unexpected_keys"]), loading
    outputs = []
    for text, pair in zip(texts, pairs):
        batch = tokenizer(text, pair, return_tensors="pt")
        if format == "choose":
            batch = {key: value[None] for key, value in batch.items()}
        with torch.inference_mode():
            result = model(**batch)
        both = (result.start_logits[0], result.end_logits[0]) if format == "answer" else None
        outputs.append((torch.stack(both, dim=-1) if both else result.logits[0]).tolist())
    found[name] = outputs
assert "study_utils" not in sys.modules
json.dump(found, sys.stdout)
"""


def plainly(jobs: list) -> dict:
    """Outputs of exported models in a process that doesn't know this project."""
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    command = [sys.executable, "-W", "ignore", "-c", PLAIN]
    done = subprocess.run(command, input=json.dumps(jobs), capture_output=True, text=True, cwd="/", env=env)
    assert not done.returncode, done.stderr
    return json.loads(done.stdout)


def studied(model, item) -> list[np.ndarray]:
    """Outputs as the study computes them: under a vocabulary trimmed to these texts."""
    base = model.base
    features = encode_texts(base.tokenizer, TEXTS, PAIRS, 64)
    vocabulary = Vocabulary.of(features.ids, tokenizer=base.tokenizer)
    whole = TaskModel(encoder_under(model, vocabulary), model.heads, segments_of(base, vocabulary))
    pad = base.tokenizer.pad_token_id
    return predict_features(whole, item.key, features, vocabulary, pad, torch.device("cpu"))


@pytest.fixture(scope="module")
def trained(tmp_path_factory, tiny_encoder):
    """One model a kind, with a head a format."""
    models = {}
    for kind in KINDS:
        folder = make_small_model(kind, tmp_path_factory.mktemp(kind) / "encoder", tiny_encoder)
        changes = {"pooling": POOLING.get(kind, "first"), "segments": kind == "bert_segments"}
        base = load_encoder(dataclasses.replace(encoder(str(folder)), **changes), cache=folder)
        settings = TrainingSettings(epochs=1, learning_rate=1e-2, batch_size=4, max_length=64)
        rows = [TaskRows(task=task(key), train=make(8, seed=3)) for key, make in TASKS.items()]
        models[kind] = train(base, rows, settings, seed=0, folder=folder.parent / "run", device="cpu").model
    return models


@pytest.fixture(scope="module")
def exported(trained, tmp_path_factory):
    """What every kind exports, and what plain transformers says about each."""
    root, jobs, refused = tmp_path_factory.mktemp("exported"), [], {}
    for kind, model in trained.items():
        whole, tokenizer = whole_encoder(model), _tokenizer(model.base)
        for key in TASKS:
            item, folder = task(key), root / f"{kind}-{key}"
            try:
                made = with_head(model, whole, item)
                check_same_outputs(model, whole, item, made, tokenizer)
            except EncoderError as error:
                refused[kind, item.format] = str(error)
                continue
            with quiet():
                made.save_pretrained(folder)
            tokenizer.save_pretrained(folder)
            jobs.append((f"{kind}-{key}", str(folder), CLASSES[item.format][0], item.format, TEXTS, PAIRS))
    return plainly(jobs), refused


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("key", TASKS)
def test_outputs_are_those_of_the_study_or_there_are_none(trained, exported, kind, key):
    found, refused = exported
    item = task(key)
    if item.format not in EXPORTED[kind]:
        assert (
            "other layers above the encoder" in refused[kind, item.format]
            or "no model of format" in (refused[kind, item.format])
        )
        assert "--encoder" in refused[kind, item.format]
        return
    assert (kind, item.format) not in refused
    ours = studied(trained[kind], item)
    if item.format == "regress":
        ours = [values * 5.0 for values in ours]  # graded from 0 to 5
    for one, other in zip(ours, found[f"{kind}-{key}"], strict=True):
        np.testing.assert_allclose(np.asarray(other).reshape(one.shape), one, atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_are_trained_where_trained_and_pretrained_elsewhere(trained, kind):
    model = trained[kind]
    whole, pretrained = word_rows(whole_encoder(model)), word_rows(model.base.model)
    kept = model.vocabulary.kept
    others = np.setdiff1d(np.arange(len(pretrained)), kept)
    assert len(others) > (0 if kind in ("modernbert", "eurobert") else 100)
    np.testing.assert_array_equal(whole[kept], word_rows(model.encoder))
    np.testing.assert_array_equal(whole[others], pretrained[others])
    assert not np.array_equal(whole[kept], pretrained[kept])
    assert len(word_rows(model.encoder)) == len(kept), "the trained model is left trimmed"


def test_a_mean_over_the_text_is_refused(trained):
    model = trained["xlmr"]
    head = model.heads["sst2"]
    head.pooling = "mean"
    try:
        with pytest.raises(EncoderError, match=r"reads the mean over the tokens.*--encoder"):
            with_head(model, whole_encoder(model), task("sst2"))
    finally:
        head.pooling = "first"


def test_a_head_for_text_is_refused(trained):
    model, item = trained["xlmr"], task("message_text")
    model = dataclasses.replace(model, heads=make_heads([item], model.encoder, "first", seed=0))
    with pytest.raises(EncoderError, match=r"no model of format 'mask'.*--encoder"):
        with_head(model, whole_encoder(model), item)


@pytest.mark.parametrize("fault", ["weight", "types", "pooling"])
def test_a_model_with_other_outputs_is_never_written(trained, fault):
    model, item = trained["bert_segments"], task("sst2")
    whole, tokenizer = whole_encoder(model), _tokenizer(model.base)
    made = with_head(model, whole, item)
    check_same_outputs(model, whole, item, made, tokenizer)
    if fault == "weight":
        made.classifier.weight = torch.nn.Parameter(made.classifier.weight + 0.01)
    elif fault == "types":
        tokenizer.model_input_names = ["input_ids", "attention_mask"]
    else:
        model.heads["sst2"].pooling = "last"
    try:
        with pytest.raises(EncoderError, match="gives other outputs than the trained model"):
            check_same_outputs(model, whole, item, made, tokenizer)
    finally:
        model.heads["sst2"].pooling = "first"
