"""Which device computes, and in which precision. Decided once, in one place."""

from __future__ import annotations

import os
from pathlib import Path

import torch

from study_utils.errors import ParameterError

PRECISION = "ACCELERATE_MIXED_PRECISION"
"""Environment variable of accelerate: ``no`` (float32) or ``bf16``, whatever the device is good at."""


def resolve_device(name: str) -> torch.device:
    """Find the device that a parameter names; ``"auto"`` prefers a GPU.

    Raises
    ------
    ParameterError
        If the device is not there.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ParameterError(f"unknown device {name!r}: use auto, cpu, cuda, cuda:0 or mps") from error
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if not there.get(device.type, False):
        raise ParameterError(f"device {name!r} is not there: use --set device=auto or device=cpu")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise ParameterError(f"device {name!r} is not there: {torch.cuda.device_count()} GPUs were found")
    return device


def has_fast_bf16(device: torch.device) -> bool:
    """Whether bf16 matrix products are computed by hardware: without it they are far slower than float32."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type != "cpu":
        return False
    info = Path("/proc/cpuinfo")
    flags = set(info.read_text().split()) if info.is_file() else set()
    return bool(flags & {"avx512_bf16", "amx_bf16", "bf16"})


def uses_bf16(device: torch.device) -> bool:
    """Whether runs compute in bf16: where the device does it fast, unless the variable `PRECISION` says otherwise.

    Raises
    ------
    ParameterError
        If the variable has another value than ``no`` or ``bf16``.
    """
    asked = os.environ.get(PRECISION, "")
    if asked not in ("", "no", "bf16"):
        raise ParameterError(f"{PRECISION}={asked!r} in the environment: use no (float32) or bf16, or unset it")
    return asked == "bf16" if asked else has_fast_bf16(device)


def autocast(device: torch.device) -> torch.autocast:
    """Context of mixed precision: bf16 if `uses_bf16`, else no change."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=uses_bf16(device))


def describe_device(name: str) -> str:
    """Device, its model and the precision, for the provenance of a report."""
    device = resolve_device(name)
    precision = "bf16 autocast" if uses_bf16(device) else "float32"
    if device.type == "cuda":
        return f"{torch.cuda.get_device_name(device)}, {precision}"
    return f"{device.type}, {torch.get_num_threads()} threads, {precision}"
