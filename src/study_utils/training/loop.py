"""The training loop: one for intermediate and target stages, one or several tasks."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import nn

from study_utils.encoders.load import LoadedEncoder
from study_utils.encoders.segments import segments_of
from study_utils.errors import DataError
from study_utils.formats import format_of
from study_utils.formats.features import collate
from study_utils.model import (
    TaskModel,
    TrainedModel,
    encoder_under,
    make_heads,
    save_trained,
    take_pretrained_heads,
)
from study_utils.training.batches import mixed_batches
from study_utils.training.checkpoint import fingerprint, load_checkpoint, remove_checkpoints, save_checkpoint
from study_utils.training.distributed import agreed, own_part
from study_utils.training.engine import Engine, start_engine
from study_utils.training.keep import EPOCHS, MEAN_EPOCH, add_to_mean, copy_weights, epoch_folder
from study_utils.training.optimizer import schedule, set_dropout
from study_utils.training.record import State, TrainingResult
from study_utils.training.rows import EncodedRows, TaskRows, encode_rows
from study_utils.training.selection import score_selection
from study_utils.training.settings import TrainingSettings

log = logging.getLogger(__name__)

FLUSH = 20
"""Steps between two looks at the loss: each look waits for the GPU."""

Progress = Callable[[int, int, float], None]
"""Called with the steps done, the steps in all and the latest loss."""


def train(
    start: LoadedEncoder | TrainedModel,
    tasks: Sequence[TaskRows],
    settings: TrainingSettings,
    *,
    seed: int,
    folder: Path,
    keep_heads: bool = False,
    new_mask_head: bool = False,
    device: str = "auto",
    checkpoint_seconds: float = 60.0,
    progress: Progress | None = None,
) -> TrainingResult:
    """Train an encoder and new heads on one or several tasks, and write the model into a folder.

    AdamW with linear warm-up and decay, clipped gradients, batches of similar length. Weight decay spares
    embeddings, biases and norms, so tokens that never occur keep their pretrained embeddings exactly.

    `settings.keep` says which weights are kept: ``"best"``, of the epoch with the best mean primary metric on the
    validation rows; ``"last"``, of the last epoch; ``"mean"``, the mean of all epochs' weights. The latter two choose
    nothing, so validation rows are scored once, with the weights that are kept. With `settings.patience`, training ends
    after so many epochs in a row without a better one; the learning rate falls as if all epochs were to come. With
    `settings.keep_epochs`, the model of every epoch stays in the folder beside (`epoch_folder`), and is scored.

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
    rows = encode_rows(start, tasks, settings, seed=seed)
    model = _build(start, rows, settings, seed=seed, keep_heads=keep_heads, new_mask_head=new_mask_head)
    run = _fingerprint(model, settings, seed, rows)
    work = _Training(
        rows=rows,
        settings=settings,
        seed=seed,
        folder=folder,
        engine=start_engine(model, settings, device),
        run=run,
        checkpoint_seconds=checkpoint_seconds,
        progress=progress,
    )
    work.resume()
    for epoch in range(work.next_epoch, settings.epochs + 1):
        if work.is_over(epoch - 1):
            break
        work.train_epoch(epoch)
        work.end_epoch(epoch)
    return work.finish(began)


def _build(
    start: LoadedEncoder | TrainedModel,
    rows: EncodedRows,
    settings: TrainingSettings,
    *,
    seed: int,
    keep_heads: bool,
    new_mask_head: bool,
) -> TaskModel:
    """Put an encoder under the vocabulary of the rows, with new heads or those it has."""
    encoder = encoder_under(start, rows.vocabulary)
    heads = make_heads([t.task for t in rows.tasks.values()], encoder, rows.base.spec.pooling, seed=seed)
    take_pretrained_heads(heads, rows.base, rows.vocabulary, new_ok=new_mask_head)
    if keep_heads:
        _take_heads(heads, start)
    model = TaskModel(encoder, heads, segments_of(rows.base, rows.vocabulary))
    if settings.dropout is not None:
        set_dropout(model, settings.dropout)
    return model


def _take_heads(heads: nn.ModuleDict, start: LoadedEncoder | TrainedModel) -> None:
    """Give new heads the weights of those that a model was trained with."""
    for key, head in heads.items():
        if not isinstance(start, TrainedModel) or key not in start.heads:
            raise DataError(
                f"task {key}: there is no head to go on with; train the task before, or begin with a new head"
            )
        head.load_state_dict(start.heads[key].state_dict())


def _fingerprint(model: TaskModel, settings: TrainingSettings, seed: int, rows: EncodedRows) -> str:
    """Everything that fixes the weights a run ends with."""
    encoded = (*rows.training.values(), *rows.selection.values())
    values = [part for features in encoded for part in (features.ids, features.offsets, features.labels)]
    return fingerprint(model, settings, seed, list(rows.training), list(rows.selection), *values)


@dataclass
class _Training:
    """A run at work; its methods are the steps of `train`, in order.

    Attributes
    ----------
    run : str
        What its checkpoints are known by.
    kept : dict of str to torch.Tensor or None
        Weights of the best epoch, or the mean of the epochs, so far.
    """

    rows: EncodedRows
    settings: TrainingSettings
    seed: int
    folder: Path
    engine: Engine
    run: str
    checkpoint_seconds: float
    progress: Progress | None
    state: State = field(default_factory=State)
    kept: dict[str, torch.Tensor] | None = None
    last_saved: float = 0.0

    def __post_init__(self) -> None:
        self.lengths = {key: features.unit_lengths for key, features in self.rows.training.items()}
        self.per_epoch = len(self._batches(1))
        self.total = self.per_epoch * self.settings.epochs

    def _batches(self, epoch: int) -> list[tuple[str, np.ndarray]]:
        own = self.settings
        return mixed_batches(self.lengths, own.batch_size, seed=self.seed, epoch=epoch, cap=own.cap)

    def resume(self) -> None:
        """Go on from the last checkpoint of this run, or begin."""
        torch.manual_seed(self.seed)
        found = load_checkpoint(self.folder, self.engine.plain, self.engine.inner, run=self.run)
        if found is not None:
            facts, self.kept = found
            self.state = State(**facts)
            log.info("continuing at step %d", self.state.step)
        elif self.engine.rank == 0:  # of an attempt that can't be continued
            shutil.rmtree(self.folder / EPOCHS, ignore_errors=True)
        if self.engine.rank:  # another dropout in every process
            torch.manual_seed(self.seed + 1_000_003 * self.engine.rank + self.state.step)
        self.last_saved = time.monotonic()

    @property
    def next_epoch(self) -> int:
        """Epoch that the next step belongs to, counted from 1."""
        return self.state.step // self.per_epoch + 1

    def is_over(self, epoch: int) -> bool:
        """Whether patience ends with an epoch."""
        patience = self.settings.patience
        return bool(patience) and agreed(self.engine.accelerator, self.state.is_exhausted(epoch, patience))

    def train_epoch(self, epoch: int) -> None:
        """Take the steps of an epoch that are still to come."""
        with self.engine.attention():
            self._take_steps(epoch)

    def _take_steps(self, epoch: int) -> None:
        state, engine = self.state, self.engine
        engine.model.train()
        waiting: list[tuple[dict, torch.Tensor]] = []
        for key, index in self._batches(epoch)[state.step - (epoch - 1) * self.per_epoch :]:
            waiting.append(self._step(epoch, key, index))
            if len(waiting) >= FLUSH or engine.device.type == "cpu" or state.step % self.per_epoch == 0:
                state.record(waiting)
                if self.progress is not None:
                    self.progress(state.step, self.total, state.history[-1]["loss"])
            if engine.rank == 0 and self._is_time_to_save() and state.step % self.per_epoch:
                state.record(waiting)
                self._save()

    def _step(self, epoch: int, key: str, index: np.ndarray) -> tuple[dict, torch.Tensor]:
        """Take one step; return what is known of it, and its loss."""
        engine, state, features = self.engine, self.state, self.rows.training[key]
        part, weight = own_part(features, index, engine.rank, engine.processes)
        batch = collate(features, features.inputs_of(part), self.rows.vocabulary, self.rows.pad)
        batch = engine.place(batch)
        with engine.accelerator.autocast():
            outputs = engine.model(key, batch)
        loss = format_of(self.rows.tasks[key].task).loss(outputs, batch["labels"]) * weight
        factor = schedule(state.step, self.total, self.settings.warmup)
        engine.step(loss, self.settings.clip, factor)
        state.step += 1
        row = {
            "step": state.step,
            "epoch": epoch,
            "task": key,
            "learning_rate": self.settings.learning_rate * factor,
            "examples": len(index),
        }
        return row, engine.accelerator.reduce(loss.detach(), "mean")

    def end_epoch(self, epoch: int) -> None:
        """Score an epoch, where that is asked for, and keep what is to be kept of it."""
        if self.engine.rank:
            return
        own, plain = self.settings, self.engine.plain
        if self.rows.selection and (own.keep == "best" or own.patience or own.keep_epochs):
            value = self._score(epoch)
            if value > self.state.best_value:
                self.state.best_value, self.state.best_epoch = value, epoch
                if own.keep == "best":
                    self.kept = copy_weights(plain)
        if own.keep == "mean":
            self.kept = add_to_mean(self.kept, plain, epoch)
        if own.keep_epochs:
            save_trained(epoch_folder(self.folder, epoch), self._trained())
        if epoch < own.epochs and self._is_time_to_save():
            self._save()

    def _score(self, epoch: int) -> float:
        scores, value = score_selection(self.engine.plain, self.rows, self.engine.device)
        self.state.note(epoch, scores)
        return value

    def _is_time_to_save(self) -> bool:
        return time.monotonic() - self.last_saved >= self.checkpoint_seconds

    def _save(self) -> None:
        state = self.state
        save_checkpoint(
            self.folder, state.step, self.engine.plain, self.engine.inner, self.kept, vars(state), run=self.run
        )
        self.last_saved = time.monotonic()

    def finish(self, began: float) -> TrainingResult:
        """Take the weights that are kept, score them where nothing has, and write the model."""
        engine, state = self.engine, self.state
        last = state.step // self.per_epoch
        epoch = {"best": state.best_epoch or last, "last": last, "mean": MEAN_EPOCH}[self.settings.keep]
        if engine.rank == 0:
            if self.kept is not None:
                engine.plain.load_state_dict(self.kept)
            if self.rows.selection and epoch not in {row["epoch"] for row in state.validation}:
                self._score(epoch)
        engine.accelerator.wait_for_everyone()
        trained = self._trained()
        trained.encoder.cpu().eval()
        trained.heads.cpu().eval()
        if engine.rank == 0:
            save_trained(self.folder, trained)
            remove_checkpoints(self.folder)
        return state.result(trained, epoch, time.monotonic() - began, is_first=engine.rank == 0)

    def _trained(self) -> TrainedModel:
        plain, rows = self.engine.plain, self.rows
        return TrainedModel(base=rows.base, encoder=plain.encoder, vocabulary=rows.vocabulary, heads=plain.heads)
