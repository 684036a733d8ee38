from __future__ import annotations

import copy
import dataclasses
import logging

import numpy as np
import pytest
import torch
from rows import classify_rows, regress_rows, tag_rows
from torch.nn import functional

from study_utils.catalog import encoder, task
from study_utils.encoders.load import load_encoder
from study_utils.encoders.vocabulary import Vocabulary
from study_utils.errors import DataError, ParameterError, StudyError
from study_utils.evaluation.predict import predict
from study_utils.formats import format_of
from study_utils.formats.features import collate
from study_utils.model import TaskModel, encoder_under, load_trained, make_heads
from study_utils.training import TaskRows, TrainingSettings, train
from study_utils.training.batches import mixed_batches
from study_utils.training.optimizer import schedule

SETTINGS = TrainingSettings(epochs=2, learning_rate=5e-3, batch_size=8, max_length=32)
SST2, STSB, UDPOS = task("sst2"), task("stsb"), task("udpos")


@pytest.fixture(scope="module")
def base(tiny_encoder, tmp_path_factory):
    return load_encoder(encoder(str(tiny_encoder)), cache=tmp_path_factory.mktemp("cache"))


@pytest.fixture
def run(base, tmp_path):
    def run(tasks=None, settings=SETTINGS, *, start=None, folder="run", seed=0, **options):
        tasks = tasks or [TaskRows(task=SST2, train=classify_rows(60), validation=classify_rows(20, seed=9))]
        return train(start or base, tasks, settings, seed=seed, folder=tmp_path / folder, device="cpu", **options)

    return run


def weights(model):
    return {**model.encoder.state_dict(), **{f"heads.{k}": v for k, v in model.heads.state_dict().items()}}


def same(a, b):
    a, b = weights(a), weights(b)
    return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)


def test_a_watcher_is_told_every_step_and_every_scored_epoch_and_changes_nothing(run):
    told = []
    watched = run(folder="watched", watch=lambda values, step: told.append((step, values)))
    assert same(run().model, watched.model)
    steps = [(step, values) for step, values in told if "learning_rate" in values]
    history = watched.history
    assert [step for step, _ in steps] == history["step"].tolist()
    assert [values["loss/sst2"] for _, values in steps] == history["loss"].tolist()
    assert [values["learning_rate"] for _, values in steps] == history["learning_rate"].tolist()
    scored = [(step, values["validation/sst2/accuracy"]) for step, values in told if "learning_rate" not in values]
    accuracy = watched.validation.query("metric == 'accuracy'")
    per_epoch = history.groupby("epoch")["step"].max()
    assert scored == list(zip(accuracy["epoch"].map(per_epoch), accuracy["value"]))
    assert len(scored) == 2


def test_a_task_that_can_be_learnt_is_learnt(run, base):
    settings = TrainingSettings(epochs=8, learning_rate=1e-2, batch_size=8, max_length=32, dropout=0.0)
    rows = [TaskRows(task=SST2, train=classify_rows(160), validation=classify_rows(40, seed=9))]
    result = run(rows, settings)
    losses = result.history["loss"]
    assert losses[:10].mean() > 2 * losses[-10:].mean()
    found = predict(result.model, SST2, classify_rows(50, seed=5, language="de"), max_length=32, device="cpu")
    assert found["correct"].mean() > 0.9


def test_tagging_and_regression_train_and_keep_their_best_epoch(run):
    settings = TrainingSettings(epochs=12, learning_rate=1e-2, batch_size=8, max_length=64, dropout=0.0)
    tagged = run([TaskRows(task=UDPOS, train=tag_rows(150), validation=tag_rows(20, seed=3))], settings)
    by_epoch = tagged.validation.query("primary").set_index("epoch")["value"]
    assert by_epoch.max() > by_epoch.iloc[0] + 0.2
    assert tagged.kept_epoch == by_epoch.idxmax()
    assert set(tagged.validation.loc[tagged.validation["chosen"], "epoch"]) == {tagged.kept_epoch}
    graded = run([TaskRows(task=STSB, train=regress_rows(40), validation=regress_rows(20, seed=3))], folder="b")
    assert set(graded.validation["metric"]) == {"spearman", "pearson"}


@pytest.mark.parametrize("heads", [None, 2e-2])
def test_equal_to_a_plain_loop_of_torch(run, base, heads):
    """The same batches through AdamW of torch and a learning rate by the schedule: the same losses."""
    settings = TrainingSettings(
        epochs=2, learning_rate=1e-3, head_learning_rate=heads, batch_size=8, max_length=32, dropout=0.0
    )
    rows = classify_rows(60)
    ours = run([TaskRows(task=SST2, train=rows)], settings)
    features = format_of(SST2).encode(rows, SST2, base.tokenizer, 32)
    everything = Vocabulary(kept=np.arange(len(base.tokenizer)), size_full=len(base.tokenizer))  # untrimmed
    plain = copy.deepcopy(base.model)
    model = TaskModel(plain, make_heads([SST2], plain, base.spec.pooling, seed=0)).train()
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    parts = [model.encoder.parameters(), model.heads.parameters()]
    optimizer = torch.optim.AdamW([{"params": part} for part in parts], weight_decay=0.0)
    losses = []
    for epoch in (1, 2):
        for _, index in mixed_batches({"sst2": features.lengths}, 8, seed=0, epoch=epoch):
            batch = collate(features, index, everything, base.tokenizer.pad_token_id)
            for group, peak in zip(optimizer.param_groups, (1e-3, heads or 1e-3)):
                group["lr"] = peak * schedule(len(losses), 16, 0.1)
            loss = functional.cross_entropy(model("sst2", batch), batch["labels"])
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            losses.append(loss.item())
    np.testing.assert_allclose(ours.history["loss"], losses, atol=1e-5)


def test_rows_of_unseen_tokens_stay_as_pretrained_even_with_weight_decay(run, base):
    settings = TrainingSettings(epochs=2, learning_rate=5e-3, batch_size=8, max_length=32, weight_decay=0.5)
    model = run(settings=settings).model
    wide = Vocabulary(kept=np.arange(len(base.tokenizer)), size_full=len(base.tokenizer))
    after = encoder_under(model, wide).get_input_embeddings().weight
    before = base.model.get_input_embeddings().weight
    seen = np.isin(wide.kept, model.vocabulary.kept)
    assert torch.equal(after[~torch.from_numpy(seen)], before[~torch.from_numpy(seen)])
    assert not torch.equal(after[torch.from_numpy(seen)], before[torch.from_numpy(seen)])
    moved = model.encoder.encoder.layer[0].output.dense.weight
    assert not torch.equal(moved, base.model.encoder.layer[0].output.dense.weight)


def test_the_seed_fixes_everything_and_the_global_state_nothing(run):
    first = run(folder="a")
    torch.manual_seed(999)
    again = run(folder="b")
    other = run(folder="c", seed=1)
    assert same(first.model, again.model)
    assert not same(first.model, other.model)
    assert list(first.history["loss"]) == list(again.history["loss"])


def test_the_start_is_left_unchanged_and_heads_are_new(run, base):
    before = {k: v.clone() for k, v in base.model.state_dict().items()}
    first = run(folder="a")
    assert all(torch.equal(v, before[k]) for k, v in base.model.state_dict().items())
    kept = weights(first.model)
    second = run([TaskRows(task=UDPOS, train=tag_rows(30))], start=first.model, folder="b")
    assert all(torch.equal(v, kept[k]) for k, v in weights(first.model).items())
    assert list(second.model.heads) == ["udpos"]


def test_heads_may_learn_alone(run, base):
    settings = TrainingSettings(epochs=1, learning_rate=1e-12, head_learning_rate=1e-2, batch_size=8, max_length=32)
    before, after = base.model.state_dict(), run(settings=settings, folder="a").model
    name = "encoder.layer.0.output.dense.weight"
    assert torch.allclose(after.encoder.state_dict()[name], before[name], atol=1e-8)
    still = TrainingSettings(epochs=1, learning_rate=1e-12, batch_size=8, max_length=32)
    heads = [m.heads.state_dict() for m in (after, run(settings=still, folder="b").model)]
    assert not any(torch.allclose(heads[0][key], heads[1][key], atol=1e-4) for key in heads[0])


def test_a_stage_that_goes_on_keeps_the_head_and_its_start(run):
    first = run(folder="a").model
    frozen = TrainingSettings(epochs=1, learning_rate=1e-12, batch_size=8, max_length=32)
    more = [TaskRows(task=SST2, train=classify_rows(16, language="de", seed=3))]
    kept = run(more, frozen, start=first, folder="b", seed=7, keep_heads=True).model.heads.state_dict()
    new = run(more, frozen, start=first, folder="c", seed=7).model.heads.state_dict()
    old = first.heads.state_dict()
    assert all(torch.allclose(kept[name], old[name], atol=1e-8) for name in old)
    assert not all(torch.allclose(new[name], old[name], atol=1e-3) for name in old)
    with pytest.raises(DataError, match="no head to go on with"):
        run([TaskRows(task=UDPOS, train=tag_rows(8))], frozen, start=first, folder="d", keep_heads=True)
    with pytest.raises(DataError, match="no head to go on with"):
        run(more, frozen, folder="e", keep_heads=True)


def test_another_language_selects_only_where_it_trains():
    german = {"train": classify_rows(4, language="de"), "validation": classify_rows(4, language="de")}
    assert TaskRows(task=SST2, selects="de", **german).selects == "de"
    with pytest.raises(DataError, match="only the training language 'en' may choose"):
        TaskRows(task=SST2, **german)
    with pytest.raises(DataError, match="'de' may not choose an epoch: other languages are trained on"):
        TaskRows(task=SST2, selects="de", train=classify_rows(4), validation=german["validation"])


def test_a_second_stage_begins_where_the_first_ended(run, base):
    first = run(folder="a").model
    frozen = TrainingSettings(epochs=1, learning_rate=1e-12, batch_size=8, max_length=32)
    second = run([TaskRows(task=UDPOS, train=tag_rows(30))], frozen, start=first, folder="b").model
    shared = Vocabulary(kept=np.union1d(first.vocabulary.kept, second.vocabulary.kept), size_full=len(base.tokenizer))
    one, two = encoder_under(first, shared).state_dict(), encoder_under(second, shared).state_dict()
    assert not [k for k in one if not torch.allclose(one[k], two[k], atol=1e-8)]


def test_saved_and_loaded_it_predicts_the_same(run, base, tmp_path):
    model = run(folder="a").model
    again = load_trained(tmp_path / "a", base)
    rows = classify_rows(30, language="fr", seed=4)
    one, two = (predict(m, SST2, rows, max_length=32, device="cpu") for m in (model, again))
    assert one.equals(two)
    assert same(model, again)


class Killed(BaseException):
    """Stands for a killed process: nothing of ours catches it."""


@pytest.mark.parametrize("at", [1, 5, 8, 11, 15])
def test_continued_after_a_kill_it_ends_bitwise_the_same(run, tmp_path, at):
    whole = run(folder="whole")

    def die(step, total, loss):
        if step == at:
            raise Killed

    with pytest.raises(Killed):
        run(folder="cut", checkpoint_seconds=0.0, progress=die)
    kept = list((tmp_path / "cut").glob("checkpoint-*"))
    assert len(kept) <= 1
    steps = []
    resumed = run(folder="cut", progress=lambda step, total, loss: steps.append(step))
    assert steps[0] == at if at > 1 else steps[0] == 1, "at most the step that was cut is done again"
    assert same(whole.model, resumed.model)
    assert list(whole.history["loss"]) == list(resumed.history["loss"])
    assert not list((tmp_path / "cut").glob("*checkpoint*")), "nothing is left when it is done"


def test_a_damaged_checkpoint_is_ignored_with_a_warning(run, tmp_path, caplog):
    def die(step, total, loss):
        if step == 5:
            raise Killed

    with pytest.raises(Killed):
        run(folder="cut", checkpoint_seconds=0.0, progress=die)
    (checkpoint,) = (tmp_path / "cut").glob("checkpoint-*")
    damage(checkpoint / "model.safetensors")
    with caplog.at_level(logging.WARNING):
        resumed = run(folder="cut")
    assert "model.safetensors isn't what was written" in caplog.text
    assert same(run(folder="whole").model, resumed.model)
    assert [path.name for path in (tmp_path / "cut.damaged").iterdir()] == [checkpoint.name]


def damage(path):
    """Flip one bit, which leaves the file readable."""
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))


def cut_at(run, at):
    def die(step, total, loss):
        if step == at:
            raise Killed

    with pytest.raises(Killed):
        run(folder="cut", checkpoint_seconds=0.0, progress=die)


def test_a_damaged_checkpoint_is_replaced_by_one_of_the_same_step(run, tmp_path):
    cut_at(run, 5)
    (checkpoint,) = (tmp_path / "cut").glob("checkpoint-*")
    (checkpoint / "model.safetensors").write_bytes(b"half")
    cut_at(run, 2)  # removes the damaged one with its own checkpoint of step 1
    kept = tmp_path / "cut" / "checkpoint-000000001"
    (kept / "optimizer.safetensors").write_bytes(b"half")
    cut_at(run, 2)
    assert same(run(folder="cut").model, run(folder="whole").model)


@pytest.mark.parametrize("change", ["seed", "settings", "rows"])
def test_the_checkpoint_of_another_run_is_not_continued(run, caplog, change):
    other = {
        "seed": {"seed": 3},
        "settings": {"settings": dataclasses.replace(SETTINGS, learning_rate=1e-3)},
        "rows": {"tasks": [TaskRows(task=SST2, train=classify_rows(60, seed=8))]},
    }[change]
    cut_at(run, 5)
    with caplog.at_level(logging.WARNING):
        found = run(folder="cut", **other)
    assert "other rows, settings, seed or weights" in caplog.text
    fresh = run(folder="fresh", **other)
    assert list(found.history["loss"]) == list(fresh.history["loss"])
    assert same(found.model, fresh.model)


def test_two_tasks_share_the_encoder_and_have_a_head_each(run):
    tasks = [
        TaskRows(task=SST2, train=classify_rows(64), validation=classify_rows(10, seed=1)),
        TaskRows(task=UDPOS, train=tag_rows(32, longest=3), validation=tag_rows(10, seed=1)),
    ]
    result = run(tasks)
    assert set(result.model.heads) == {"sst2", "udpos"}
    assert result.history.groupby("task")["examples"].sum().to_dict() == {"sst2": 128, "udpos": 64}


def test_a_loss_that_is_no_number_stops_with_advice(run, monkeypatch):
    monkeypatch.setattr(format_of(SST2), "loss", lambda outputs, labels: outputs.sum() * float("nan"))
    with pytest.raises(StudyError, match="step 1: lower learning_rate"):
        run()


def test_wrong_input_is_refused(run):
    with pytest.raises(DataError, match="no training or no validation rows"):
        TaskRows(task=SST2, train=classify_rows(1).iloc[:0])
    with pytest.raises(DataError, match="only the training language 'en' may choose"):
        TaskRows(task=SST2, train=classify_rows(4), validation=classify_rows(4, language="de"))
    with pytest.raises(ParameterError, match="max_length 100000 is more than"):
        run(settings=TrainingSettings(epochs=1, learning_rate=1e-3, max_length=100_000))
