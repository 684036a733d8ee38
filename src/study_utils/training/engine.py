"""The model and its optimiser where they compute: one process or several, in which precision."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from accelerate import Accelerator
from accelerate.utils import DistributedDataParallelKwargs
from torch import nn

from study_utils.computing import uses_bf16
from study_utils.device import resolve_device
from study_utils.model import TaskModel
from study_utils.training.optimizer import parameter_groups
from study_utils.training.settings import TrainingSettings


@dataclass(frozen=True, kw_only=True)
class Engine:
    """A model ready to be trained.

    Attributes
    ----------
    accelerator : accelerate.Accelerator
        Autocast, gradients and, in several processes, their means.
    device : torch.device
        Where this process computes.
    model, optimizer
        As accelerate wraps them.
    plain, inner
        The same without the wrapping: what is saved, scored and given a learning rate.
    """

    accelerator: Accelerator
    device: torch.device
    model: nn.Module
    optimizer: torch.optim.Optimizer
    plain: TaskModel
    inner: torch.optim.Optimizer

    @property
    def rank(self) -> int:
        """Number of this process, counted from 0."""
        return self.accelerator.process_index

    @property
    def processes(self) -> int:
        """Number of all processes."""
        return self.accelerator.num_processes

    def step(self, loss: torch.Tensor, clip: float, factor: float) -> None:
        """Move the weights down the gradient of a loss, at a share of the peak learning rates."""
        for group in self.inner.param_groups:
            group["lr"] = group["peak"] * factor
        self.accelerator.backward(loss)
        self.accelerator.clip_grad_norm_(self.model.parameters(), clip)
        self.optimizer.step()
        self.optimizer.zero_grad()

    @contextlib.contextmanager
    def attention(self) -> Iterator[None]:
        """Attend in the way whose gradients this device computes fastest.

        On a processor in bf16 those of torch's fused attention take longer than all matrix products of a short batch;
        written out, a step is 1.2 to 1.5 times faster (`benchmarks/training_speed.py`). Without gradients, in float32
        and on GPUs the fused one is faster.
        """
        config = self.plain.encoder.config
        usual = config._attn_implementation
        is_slow = usual == "sdpa" and self.device.type == "cpu" and uses_bf16(self.device.type)
        if is_slow:
            self.plain.encoder.set_attn_implementation("eager")
        try:
            yield
        finally:
            if is_slow:
                self.plain.encoder.set_attn_implementation(usual)

    def place(self, batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """Move a batch to the device."""
        if self.device.type == "cuda":
            return {name: value.pin_memory().to(self.device, non_blocking=True) for name, value in batch.items()}
        return {name: value.to(self.device) for name, value in batch.items()}


def start_engine(model: TaskModel, settings: TrainingSettings, device: str) -> Engine:
    """Put a model on its device, in all processes alike, with AdamW."""
    place = resolve_device(device)
    if place.index is not None:
        torch.cuda.set_device(place)
    accelerator = Accelerator(
        mixed_precision="bf16" if uses_bf16(place.type) else "no",
        cpu=place.type == "cpu",
        kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=_has_idle_weights(model))],
    )
    if accelerator.num_processes > 1:
        place = accelerator.device
    optimizer = torch.optim.AdamW(parameter_groups(model, settings), fused=place.type != "mps")
    wrapped, optimizer = accelerator.prepare(model, optimizer)
    return Engine(
        accelerator=accelerator,
        device=place,
        model=wrapped,
        optimizer=optimizer,
        plain=accelerator.unwrap_model(wrapped, keep_fp32_wrapper=False),
        inner=getattr(optimizer, "optimizer", optimizer),
    )


def _has_idle_weights(model: TaskModel) -> bool:
    """Whether a step can leave weights out: heads of other tasks, or XLNet's mask vector, for pretraining alone."""
    return len(model.heads) > 1 or model.encoder.config.model_type == "xlnet"
