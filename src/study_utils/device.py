"""The device that computes in this process, and autocast on it."""

from __future__ import annotations

import torch

from study_utils.computing import device_kind, processor, uses_bf16
from study_utils.errors import ParameterError


def resolve_device(name: str) -> torch.device:
    """Find the device that a parameter names; ``"auto"`` prefers a GPU.

    Raises
    ------
    ParameterError
        If the device is not there.
    """
    kind = device_kind(name)
    try:
        device = torch.device(kind if name == "auto" else name)
    except RuntimeError as error:
        raise ParameterError(f"unknown device {name!r}: use auto, cpu, cuda, cuda:0 or mps") from error
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if not there.get(device.type, False):
        raise ParameterError(f"device {name!r} is not there: use --set device=auto or device=cpu")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise ParameterError(f"device {name!r} is not there: {torch.cuda.device_count()} GPUs were found")
    return device


def autocast(device: torch.device) -> torch.autocast:
    """Context of mixed precision: bf16 if that is what runs compute in, else no change."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=uses_bf16(device.type))


def describe_device(name: str) -> str:
    """Device, its model and the precision, for the provenance of a report: other processors round otherwise."""
    device = resolve_device(name)
    precision = "bf16 autocast" if uses_bf16(device.type) else "float32"
    if device.type == "cuda":
        return f"{torch.cuda.get_device_name(device)}, {precision}"
    threads = torch.get_num_threads()
    model = f"{name}, " if device.type == "cpu" and (name := processor()) else ""
    return f"{model}{device.type}, {threads} thread{'s' * (threads > 1)}, {precision}"
