"""Weights: find, load, trim and save encoders.

Start reading at `study_utils.encoders.load.load_encoder`. Importing this package does not import torch
(asking it for `load_encoder` does); `study_utils.encoders.identity` works without.
"""

from __future__ import annotations

from study_utils.encoders.identity import encoder_digest

__all__ = ["LoadedEncoder", "encoder_digest", "load_encoder"]


def __getattr__(name: str) -> object:
    """Import what needs torch when it is first asked for."""
    if name in ("LoadedEncoder", "load_encoder"):
        from study_utils.encoders import load

        return getattr(load, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
