"""Which weights a run ends with: those of an epoch, or the mean of all epochs' weights."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

EPOCHS = "epochs"
"""Folder in a run's that holds the model of every epoch, where these are kept."""

MEAN_EPOCH = 0
"""Number under which the mean of all epochs is scored; epochs are counted from 1."""


def epoch_folder(folder: Path, epoch: int) -> Path:
    """Where the model of an epoch is in the folder of its run."""
    return folder / EPOCHS / f"{epoch:03d}"


def copy_weights(model: nn.Module) -> dict[str, torch.Tensor]:
    """Copy a model's weights to the CPU."""
    return {name: value.detach().cpu().clone() for name, value in model.state_dict().items()}


def add_to_mean(mean: dict[str, torch.Tensor] | None, model: nn.Module, count: int) -> dict[str, torch.Tensor]:
    """Take the weights after one more epoch into the mean of all epochs so far, in place and in float32.

    The mean of encoder and heads over the checkpoints of one run (Schmidt et al. 2023, arXiv 2305.16834). It goes on
    from a saved mean bit for bit.

    Parameters
    ----------
    mean : dict of str to torch.Tensor or None
        Mean of the epochs before; None before the first.
    count : int
        Number of epochs with this one.

    Returns
    -------
    dict of str to torch.Tensor
        On the CPU. What is no floating-point number is that of the latest epoch.
    """
    if mean is None:
        return copy_weights(model)
    for name, value in model.state_dict().items():
        latest = value.detach().cpu()
        if latest.is_floating_point():
            mean[name].lerp_(latest, 1.0 / count)
        else:
            mean[name].copy_(latest)
    return mean
