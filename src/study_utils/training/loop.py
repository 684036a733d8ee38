"""The training loop: one for intermediate and target stages, one or several tasks."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from accelerate import Accelerator
from accelerate.utils import DistributedDataParallelKwargs
from torch import nn

from study_utils.catalog import Task
from study_utils.device import resolve_device, uses_bf16
from study_utils.encoders.load import LoadedEncoder
from study_utils.encoders.segments import segments_of
from study_utils.encoders.vocabulary import Vocabulary
from study_utils.errors import DataError, ParameterError, StudyError
from study_utils.evaluation.predict import predict_features
from study_utils.formats import format_of
from study_utils.formats.features import Features, collate
from study_utils.metrics import score
from study_utils.model import (
    TaskModel,
    TrainedModel,
    base_of,
    encoder_under,
    make_heads,
    save_trained,
    take_pretrained_heads,
)
from study_utils.training.batches import mixed_batches
from study_utils.training.checkpoint import fingerprint, load_checkpoint, remove_checkpoints, save_checkpoint
from study_utils.training.optimizer import parameter_groups, schedule, set_dropout
from study_utils.training.parts import agreed, own_part
from study_utils.training.settings import TrainingSettings

log = logging.getLogger(__name__)

FLUSH = 20
"""Steps between two looks at the loss: each look waits for the GPU."""


@dataclass(frozen=True, kw_only=True)
class TaskRows:
    """Training rows of a task and the rows that select the epoch (None: the last epoch is kept).

    Selection rows are in the language `selects`; left out, it is the task's training language, English for every
    target. Only a run that trains in a language is told to select in it.
    """

    task: Task
    train: pd.DataFrame
    validation: pd.DataFrame | None = None
    selects: str = ""

    def __post_init__(self) -> None:
        if self.train.empty or (self.validation is not None and self.validation.empty):
            raise DataError(f"task {self.task.key}: no training or no validation rows")
        allowed = self.selects or self.task.training_language
        if allowed != self.task.training_language and set(self.train["language"]) != {allowed}:
            raise DataError(
                f"task {self.task.key}: {allowed!r} may not choose an epoch: other languages are trained on"
            )
        if self.validation is not None and (other := set(self.validation["language"]) - {allowed}):
            raise DataError(
                f"task {self.task.key}: selection rows in {sorted(other)}: only the training language "
                f"{allowed!r} may choose an epoch"
            )


@dataclass(frozen=True, kw_only=True)
class TrainingResult:
    """What training leaves besides the model in its folder.

    Attributes
    ----------
    history : pandas.DataFrame
        One row a step: `step`, `epoch`, `task`, `loss`, `learning_rate`, `examples` (of the step).
    validation : pandas.DataFrame
        One row an epoch, task and metric: `epoch`, `task`, `metric`, `value`, `n`, `primary`, `chosen`.
    best_epoch : int
        Epoch whose weights were kept, counted from 1.
    seconds : float
        Time in the loop since this call began.
    is_first : bool
        Whether this process is the only one, or the first of several: the one whose result counts.
    """

    model: TrainedModel
    history: pd.DataFrame
    validation: pd.DataFrame
    best_epoch: int
    seconds: float
    is_first: bool = True


@dataclass
class _State:
    """Position and record of a run at work."""

    step: int = 0
    history: list[dict] = field(default_factory=list)
    validation: list[dict] = field(default_factory=list)
    best_epoch: int = 0
    best_value: float = -np.inf


def train(
    start: LoadedEncoder | TrainedModel,
    tasks: Sequence[TaskRows],
    settings: TrainingSettings,
    *,
    seed: int,
    folder: Path,
    keep_heads: bool = False,
    keep_last: bool = False,
    new_mask_head: bool = False,
    device: str = "auto",
    checkpoint_seconds: float = 60.0,
    progress: Callable[[int, int, float], None] | None = None,
) -> TrainingResult:
    """Train an encoder and new heads on one or several tasks, and write the model into a folder.

    AdamW with linear warm-up and decay, clipped gradients, batches of similar length. Weight decay spares
    embeddings, biases and norms, so tokens that never occur keep their pretrained embeddings exactly. After every
    epoch the validation rows are scored; the epoch with the best mean primary metric is kept. With `patience`, training
    ends after so many epochs in a row without a better one; the learning rate falls as if all epochs were to come.

    Started in several processes (by torchrun or `accelerate launch`), each takes its part of every batch; the first
    one scores, saves and reports. Up to rounding the result is that of one process (with dropout: of another seed).

    Parameters
    ----------
    start : LoadedEncoder or TrainedModel
        Weights to begin with; heads of an earlier stage are dropped, unless `keep_heads`. Left unchanged.
    tasks : sequence of TaskRows
        With several, batches are drawn from each in proportion to its examples.
    seed : int
        Fixes new heads, the order of examples, dropout and which tokens of plain text are hidden.
    folder : pathlib.Path
        Where the model goes; checkpoints of an interrupted call in it are continued.
    keep_heads : bool
        Whether to go on with the heads of `start`: the same task, other rows.
    keep_last : bool
        Whether the last epoch is kept; the validation rows are scored after it alone and choose nothing.
    new_mask_head : bool
        Whether plain text may be learnt from with a new head where the checkpoint has none.
    device : str
        As in `study_utils.device.resolve_device`.
    checkpoint_seconds : float
        Time between two checkpoints: what an interruption can lose.
    progress : callable, optional
        Called as ``progress(step, total, loss)``.

    Returns
    -------
    TrainingResult

    Raises
    ------
    DataError, ParameterError
        If there are no tasks, inputs are longer than the encoder allows, or a head to go on with is missing.
    EncoderError
        If plain text is learnt from and the checkpoint has no complete masked-language head, unless `new_mask_head`.
    StudyError
        If the loss is no longer a number.
    """
    began = time.monotonic()
    base = base_of(start)
    if not tasks:
        raise DataError("training needs at least one task")
    if settings.max_length > base.max_length:
        raise ParameterError(
            f"max_length {settings.max_length} is more than the {base.max_length} tokens of {base.spec.key}: lower it"
        )
    encoded = {t.task.key: _encode(t.task, t.train, base, settings, seed, windows=settings.windows) for t in tasks}
    selected = [t for t in tasks if t.validation is not None]
    selection = {t.task.key: _encode(t.task, t.validation, base, settings, 0) for t in selected}
    used = [f.used_ids for f in (*encoded.values(), *selection.values())]
    vocabulary = Vocabulary.of(np.concatenate(used), tokenizer=base.tokenizer)
    if isinstance(start, TrainedModel):
        vocabulary = vocabulary.union(start.vocabulary)  # what the stage before has learnt stays
    encoder = encoder_under(start, vocabulary)
    heads = make_heads([t.task for t in tasks], encoder, base.spec.pooling, seed=seed)
    take_pretrained_heads(heads, base, vocabulary, new_ok=new_mask_head)
    if keep_heads:
        _take_heads(heads, start)
    model = TaskModel(encoder, heads, segments_of(base, vocabulary))
    if settings.dropout is not None:
        set_dropout(model, settings.dropout)
    run = _fingerprint(model, settings, seed, encoded, selection)

    place = resolve_device(device)
    if place.index is not None:
        torch.cuda.set_device(place)
    accelerator = Accelerator(
        mixed_precision="bf16" if uses_bf16(place) else "no",
        cpu=place.type == "cpu",
        kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=_has_idle_weights(model))],
    )
    rank, processes = accelerator.process_index, accelerator.num_processes
    if processes > 1:
        place = accelerator.device
    optimizer = torch.optim.AdamW(parameter_groups(model, settings), fused=place.type != "mps")
    model, optimizer = accelerator.prepare(model, optimizer)
    plain, inner = (
        accelerator.unwrap_model(model, keep_fp32_wrapper=False),
        getattr(optimizer, "optimizer", optimizer),
    )
    torch.manual_seed(seed)

    lengths = {key: features.unit_lengths for key, features in encoded.items()}
    per_epoch = len(mixed_batches(lengths, settings.batch_size, seed=seed, epoch=1, cap=settings.cap))
    total = per_epoch * settings.epochs
    state, best = _resume(folder, plain, inner, run)
    if rank:  # another dropout in every process
        torch.manual_seed(seed + 1_000_003 * rank + state.step)
    last_saved = time.monotonic()
    by_key = {t.task.key: t for t in tasks}

    for epoch in range(state.step // per_epoch + 1, settings.epochs + 1):
        if settings.patience and agreed(accelerator, is_exhausted(state, epoch - 1, settings.patience)):
            break
        batches = mixed_batches(lengths, settings.batch_size, seed=seed, epoch=epoch, cap=settings.cap)
        model.train()
        waiting: list[tuple[dict, torch.Tensor]] = []
        for key, index in batches[state.step - (epoch - 1) * per_epoch :]:
            part, weight = own_part(encoded[key], index, rank, processes)
            inputs = encoded[key].inputs_of(part)
            batch = collate(encoded[key], inputs, vocabulary, base.tokenizer.pad_token_id)
            batch = {name: _to(value, place) for name, value in batch.items()}
            factor = schedule(state.step, total, settings.warmup)
            for group in inner.param_groups:
                group["lr"] = group["peak"] * factor
            with accelerator.autocast():
                outputs = model(key, batch)
            loss = format_of(by_key[key].task).loss(outputs, batch["labels"]) * weight
            accelerator.backward(loss)
            accelerator.clip_grad_norm_(model.parameters(), settings.clip)
            optimizer.step()
            optimizer.zero_grad()
            state.step += 1
            row = {
                "step": state.step,
                "epoch": epoch,
                "task": key,
                "learning_rate": settings.learning_rate * factor,
                "examples": len(index),
            }
            waiting.append((row, accelerator.reduce(loss.detach(), "mean")))
            if len(waiting) >= FLUSH or place.type == "cpu" or state.step % per_epoch == 0:
                _record(state, waiting)
                if progress is not None:
                    progress(state.step, total, state.history[-1]["loss"])
            if rank == 0 and time.monotonic() - last_saved >= checkpoint_seconds and state.step % per_epoch:
                _record(state, waiting)
                save_checkpoint(folder, state.step, plain, inner, best, vars(state), run=run)
                last_saved = time.monotonic()
        if selection and rank == 0:
            if not keep_last or epoch == settings.epochs:
                value = _validate(plain, by_key, selection, base, vocabulary, place, epoch, state)
                if keep_last or value > state.best_value:
                    state.best_value, state.best_epoch = value, epoch
                    best = {name: v.detach().cpu().clone() for name, v in plain.state_dict().items()}
            if epoch < settings.epochs and time.monotonic() - last_saved >= checkpoint_seconds:
                save_checkpoint(folder, state.step, plain, inner, best, vars(state), run=run)
                last_saved = time.monotonic()
    if best is not None:
        plain.load_state_dict(best)
    accelerator.wait_for_everyone()
    trained = TrainedModel(
        base=base, encoder=plain.encoder.cpu().eval(), vocabulary=vocabulary, heads=plain.heads.cpu().eval()
    )
    if rank == 0:
        save_trained(folder, trained)
        remove_checkpoints(folder)
    return _result(trained, state, settings.epochs, time.monotonic() - began, is_first=rank == 0)


def is_exhausted(state: _State, epoch: int, patience: int) -> bool:
    """Whether the epoch that has just ended is the last of so many without a better selection score."""
    return bool(state.validation) and epoch - state.best_epoch >= patience


def _take_heads(heads: nn.ModuleDict, start: LoadedEncoder | TrainedModel) -> None:
    """Give new heads the weights of those that a model was trained with."""
    for key, head in heads.items():
        if not isinstance(start, TrainedModel) or key not in start.heads:
            raise DataError(
                f"task {key}: there is no head to go on with; train the task before, or begin with a new head"
            )
        head.load_state_dict(start.heads[key].state_dict())


def _encode(
    task: Task,
    rows: pd.DataFrame,
    base: LoadedEncoder,
    settings: TrainingSettings,
    seed: int,
    *,
    windows: int | None = None,
) -> Features:
    """Encode rows; the seed chooses which tokens are hidden and which windows are left out, where a format does so."""
    own = {"mask": {"seed": seed}, "answer": {"seed": seed, "windows": windows}}.get(task.format, {})
    features = format_of(task).encode(rows, task, base.tokenizer, settings.max_length, **own)
    if features.truncated:
        log.info("%s: %d rows are longer than %d tokens", task.key, features.truncated, settings.max_length)
    return features


def _fingerprint(
    model: TaskModel,
    settings: TrainingSettings,
    seed: int,
    encoded: dict[str, Features],
    selection: dict[str, Features],
) -> str:
    """Everything that fixes the weights a run ends with."""
    rows = [part for f in (*encoded.values(), *selection.values()) for part in (f.ids, f.offsets, f.labels)]
    return fingerprint(model, settings, seed, list(encoded), list(selection), *rows)


def _has_idle_weights(model: TaskModel) -> bool:
    """Whether a step can leave weights out: heads of other tasks, or XLNet's mask vector, for pretraining alone."""
    return len(model.heads) > 1 or model.encoder.config.model_type == "xlnet"


def _to(value: torch.Tensor, device: torch.device) -> torch.Tensor:
    if device.type == "cuda":
        return value.pin_memory().to(device, non_blocking=True)
    return value.to(device)


def _record(state: _State, waiting: list[tuple[dict, torch.Tensor]]) -> None:
    for row, loss in waiting:
        value = float(loss)
        if not np.isfinite(value):
            raise StudyError(
                f"the loss of task {row['task']} is {value} at step {row['step']}: lower learning_rate "
                f"(it is {row['learning_rate']:.1e} there), or raise warmup"
            )
        state.history.append({**row, "loss": value})
    waiting.clear()


def _resume(
    folder: Path, model: TaskModel, optimizer: torch.optim.Optimizer, run: str
) -> tuple[_State, dict[str, torch.Tensor] | None]:
    found = load_checkpoint(folder, model, optimizer, run=run)
    if found is None:
        return _State(), None
    facts, best = found
    log.info("continuing at step %d", facts["step"])
    return _State(**facts), best


def _validate(
    model: TaskModel,
    tasks: dict[str, TaskRows],
    selection: dict[str, Features],
    base: LoadedEncoder,
    vocabulary: Vocabulary,
    device: torch.device,
    epoch: int,
    state: _State,
) -> float:
    """Score the validation rows; return the mean of the tasks' primary metrics."""
    values = []
    for key, features in selection.items():
        item, rows = tasks[key].task, tasks[key].validation
        outputs = predict_features(model, key, features, vocabulary, base.tokenizer.pad_token_id, device)
        for row in score(format_of(item).decode(outputs, features, rows, item), item).to_dict("records"):
            row = {"epoch": epoch, "task": key, **row, "primary": row["metric"] == item.metric}
            state.validation.append({k: v for k, v in row.items() if k != "language"})
            if row["primary"]:
                values.append(row["value"])
    return float(np.mean(values))


def _result(model: TrainedModel, state: _State, epochs: int, seconds: float, *, is_first: bool) -> TrainingResult:
    columns = ["epoch", "task", "metric", "value", "n", "primary"]
    validation = pd.DataFrame(state.validation, columns=columns)
    chosen = state.best_epoch or epochs
    return TrainingResult(
        model=model,
        history=pd.DataFrame(state.history),
        validation=validation.assign(chosen=validation["epoch"] == chosen),
        best_epoch=chosen,
        seconds=seconds,
        is_first=is_first,
    )
