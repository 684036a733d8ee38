"""Text mixed into training: it is learnt, its output layer is the encoder's, and it is fixed by the seed."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from rows import classify_rows, text_rows
from safetensors import safe_open
from transformers import XLMRobertaForMaskedLM

from study_utils.catalog import encoder, task
from study_utils.encoders.load import load_encoder, quiet
from study_utils.errors import DataError
from study_utils.evaluation.predict import predict
from study_utils.model import HEADS, TaskModel, load_trained, make_heads
from study_utils.training import TaskRows, TrainingSettings, train
from study_utils.training.optimizer import parameter_groups

SST2, TEXT = task("sst2"), task("message_text")
SETTINGS = TrainingSettings(epochs=2, learning_rate=5e-3, batch_size=8, max_length=32)


@pytest.fixture(scope="module")
def base(tiny_encoder, tmp_path_factory):
    return load_encoder(encoder(str(tiny_encoder)), cache=tmp_path_factory.mktemp("cache"))


def text(n=48):
    return TaskRows(task=TEXT, train=text_rows(n), validation=text_rows(12, languages=("en",), seed=9))


def labelled():
    return TaskRows(task=SST2, train=classify_rows(40), validation=classify_rows(12, seed=9))


@pytest.fixture
def run(base, tmp_path):
    def run(tasks, settings=SETTINGS, *, start=None, folder="run", seed=0, **options):
        options = {"new_mask_head": True} | options
        return train(start or base, tasks, settings, seed=seed, folder=tmp_path / folder, device="cpu", **options)

    return run


def weights(model):
    return {**model.encoder.state_dict(), **{f"heads.{k}": v for k, v in model.heads.state_dict().items()}}


def same(a, b):
    a, b = weights(a), weights(b)
    return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)


def test_text_is_learnt_and_english_rows_choose(run):
    settings = TrainingSettings(epochs=6, learning_rate=1e-2, batch_size=8, max_length=32, dropout=0.0)
    result = run([text(160)], settings)
    losses = result.history["loss"]
    assert losses[:10].mean() > 1.5 * losses[-10:].mean()
    by_epoch = result.validation.set_index("epoch")["value"]
    assert set(result.validation["metric"]) == {"masked_accuracy"}
    assert by_epoch.max() > by_epoch.iloc[0]
    assert result.kept_epoch == by_epoch.idxmax()


def test_mixed_with_a_task_both_are_learnt_from_in_proportion(run):
    result = run([labelled(), text()])
    assert result.history.groupby("task")["examples"].sum().to_dict() == {"sst2": 80, "message_text": 96}
    assert np.isfinite(result.history["loss"]).all()
    assert set(result.model.heads) == {"sst2", "message_text"}


def test_the_output_layer_is_the_embeddings_and_is_stored_once(run, base, tmp_path):
    result = run([labelled(), text()])
    with safe_open(tmp_path / "run" / HEADS, framework="pt") as file:
        shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
    tokens, width = len(result.model.vocabulary), base.model.config.hidden_size
    assert (tokens, width) not in shapes.values()
    assert shapes["message_text.bias"] == (tokens,)
    again = load_trained(tmp_path / "run", base)
    assert same(result.model, again)
    one, two = (predict(m, SST2, classify_rows(10, seed=4), max_length=32, device="cpu") for m in (result.model, again))
    assert one.equals(two)


def test_the_embeddings_of_hidden_tokens_learn_from_the_output_layer(run, base):
    """A token that is never an input, only a label, moves too."""
    result = run([text()])
    now = result.model.encoder.get_input_embeddings().weight
    before = base.model.get_input_embeddings().weight[torch.from_numpy(result.model.vocabulary.kept)]
    assert (now != before).any(dim=1).all(), "the softmax is over all kept tokens"


class Killed(BaseException):
    """Stands for a killed process: nothing of ours catches it."""


@pytest.mark.parametrize("at", [3, 14])
def test_continued_after_a_kill_it_ends_bitwise_the_same(run, at):
    def die(step, total, loss):
        if step == at:
            raise Killed

    whole = run([labelled(), text()], folder="whole")
    with pytest.raises(Killed):
        run([labelled(), text()], folder="cut", checkpoint_seconds=0.0, progress=die)
    steps = []
    resumed = run([labelled(), text()], folder="cut", progress=lambda step, total, loss: steps.append(step))
    assert steps[0] == at
    assert same(whole.model, resumed.model)
    assert list(whole.history["loss"]) == list(resumed.history["loss"])


def test_the_seed_fixes_which_tokens_are_hidden(run):
    one, again, other = (run([text()], folder=name, seed=seed) for name, seed in (("a", 0), ("b", 0), ("c", 1)))
    assert same(one.model, again.model)
    assert not same(one.model, other.model)


def test_a_head_of_the_checkpoint_is_gone_on_with(base, tmp_path):
    frozen = TrainingSettings(epochs=1, learning_rate=1e-12, batch_size=8, max_length=32)
    folder = tmp_path / "with_head"
    with quiet():
        model = XLMRobertaForMaskedLM(base.model.config)
        for parameter in model.lm_head.parameters():
            torch.nn.init.normal_(parameter)
        model.save_pretrained(folder)
    base.tokenizer.save_pretrained(folder)
    own = load_encoder(encoder(str(folder)), cache=tmp_path / "cache")
    found = train(own, [text()], frozen, seed=0, folder=tmp_path / "run", device="cpu").model
    torch.testing.assert_close(found.heads["message_text"].dense.weight, model.lm_head.dense.weight)
    torch.testing.assert_close(found.heads["message_text"].bias, model.lm_head.bias[found.vocabulary.kept])


def test_the_head_that_guesses_tokens_learns_at_the_rate_of_the_encoder(base):
    settings = TrainingSettings(epochs=1, learning_rate=1e-3, head_learning_rate=1e-2, weight_decay=0.1)
    tasks = [labelled().task, text().task]
    model = TaskModel(base.model, make_heads(tasks, base.model, base.spec.pooling, seed=0))
    peaks = {id(p): group["peak"] for group in parameter_groups(model, settings) for p in group["params"]}
    assert len(peaks) == len(list(model.parameters())), "every weight is in one group"
    found = {name: peaks[id(p)] for name, p in model.named_parameters()}
    fast = {name for name, peak in found.items() if peak == 1e-2}
    assert fast == {name for name in found if name.startswith(f"heads.{tasks[0].key}.")}
    assert all(peak == 1e-3 for name, peak in found.items() if name not in fast)


def test_target_languages_may_train_text_but_choose_no_epoch():
    assert set(text().train["language"]) == {"en", "de"}
    with pytest.raises(DataError, match="only the training language 'en' may choose"):
        TaskRows(task=TEXT, train=text_rows(4), validation=text_rows(4))
