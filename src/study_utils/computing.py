"""How runs compute: on which kind of device, in which precision, with how many threads. Works without torch.

All of it changes results, if only in rounding that training then carries on, so all of it is part of run ids; how many
runs go at a time, and where, isn't.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from study_utils.errors import ParameterError

KINDS = ("cpu", "cuda", "mps")

PRECISION = "ACCELERATE_MIXED_PRECISION"
"""Environment variable of accelerate: ``no`` (float32) or ``bf16``; where set, what ``precision: auto`` means."""

_GPU_SIGNS = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")
"""Files of the drivers of GPUs (NVIDIA's, AMD's, that of Windows for Linux); without one, torch isn't asked."""


@dataclass(frozen=True, kw_only=True)
class Computing:
    """How every run of a study computes.

    Attributes
    ----------
    device : {"cpu", "cuda", "mps"}
        Kind of device.
    precision : {"bf16", "float32"}
        Of matrix products; weights are always kept in float32.
    threads : int
        Of the processor, a run; on a GPU they change nothing.
    processes : int
        GPUs that train one run together.
    """

    device: str
    precision: str
    threads: int
    processes: int

    def identity(self, *, trains: bool) -> dict[str, object]:
        """Give what of this changes the result of a run that trains, or only reads."""
        own: dict[str, object] = {"device": self.device, "precision": self.precision}
        if self.device == "cpu":
            own["threads"] = self.threads
        if trains and self.processes > 1:
            own["processes"] = self.processes
        return own

    def __str__(self) -> str:
        threads = f", {self.threads} thread{'s' * (self.threads > 1)} a run" if self.device == "cpu" else ""
        return f"{self.device}, {self.precision}{threads}"

    @contextlib.contextmanager
    def applied(self) -> Iterator[None]:
        """Let torch and accelerate compute so while the block runs."""
        import torch

        threads, precision = torch.get_num_threads(), os.environ.get(PRECISION)
        torch.set_num_threads(self.threads)
        os.environ[PRECISION] = "bf16" if self.precision == "bf16" else "no"
        try:
            yield
        finally:
            torch.set_num_threads(threads)
            if precision is None:
                del os.environ[PRECISION]
            else:
                os.environ[PRECISION] = precision


def computing(device: str, precision: str, threads: int, processes: int) -> Computing:
    """Decide how a study computes, from its parameters and, where these say ``auto``, from this machine.

    A device that is named need not be there: what was computed on a GPU can be read and planned elsewhere.

    Raises
    ------
    ParameterError
        If there is no such kind of device, or the variable `PRECISION` has another value than ``no`` or ``bf16``.
    """
    kind = device_kind(device)
    if precision == "auto":
        precision = "bf16" if uses_bf16(kind) else "float32"
    return Computing(device=kind, precision=precision, threads=threads, processes=processes)


def device_kind(name: str) -> str:
    """Kind of device that a parameter names; ``"auto"`` prefers a GPU.

    Raises
    ------
    ParameterError
        If there is no such kind.
    """
    if name != "auto":
        kind = name.partition(":")[0]
        if kind not in KINDS:
            raise ParameterError(f"unknown device {name!r}: use auto, cpu, cuda, cuda:0 or mps")
        return kind
    may_have_gpu = sys.platform in ("darwin", "win32") or any(Path(name).exists() for name in _GPU_SIGNS)
    if not may_have_gpu or importlib.util.find_spec("torch") is None:
        return "cpu"
    import torch

    return "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"


def uses_bf16(kind: str) -> bool:
    """Whether a kind of device computes in bf16: where it does that fast, unless the variable `PRECISION` says other.

    Raises
    ------
    ParameterError
        If the variable has another value than ``no`` or ``bf16``.
    """
    asked = os.environ.get(PRECISION, "")
    if asked not in ("", "no", "bf16"):
        raise ParameterError(f"{PRECISION}={asked!r} in the environment: use no (float32) or bf16, or unset it")
    return asked == "bf16" if asked else has_fast_bf16(kind)


def has_fast_bf16(kind: str) -> bool:
    """Whether bf16 matrix products are computed by hardware: without it they are far slower than float32.

    A GPU that isn't in this machine is taken to have them, as all since 2020 do.
    """
    if kind == "cuda":
        import torch

        return not torch.cuda.is_available() or torch.cuda.is_bf16_supported(including_emulation=False)
    if kind != "cpu":
        return False
    return bool(_flags() & {"avx512_bf16", "amx_bf16", "bf16"})


_VECTORS = {"avx512_bf16": "AVX-512 with bf16", "avx512f": "AVX-512", "avx2": "AVX2"}
"""Flags of a processor that say how it multiplies matrices, the first that it has, and their names."""


def processor() -> str:
    """Name of the processor, as far as the system tells it, and its vector instructions, where two have one name."""
    names = (line.partition(":")[2].strip() for line in _info().splitlines() if line.startswith("model name"))
    vectors = next((f" ({name})" for flag, name in _VECTORS.items() if flag in _flags()), "")
    return next(names, platform.processor()) + vectors


def _flags() -> set[str]:
    return set(_info().split())


def _info() -> str:
    path = Path("/proc/cpuinfo")
    return path.read_text(encoding="utf-8") if path.is_file() else ""
