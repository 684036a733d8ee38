"""Mid-run checkpoints: everything a run needs to go on as if it had never stopped. Safetensors and JSON only."""

from __future__ import annotations

import json
import logging
import os
import shutil
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

log = logging.getLogger(__name__)

PREFIX = "checkpoint-"


def save_checkpoint(
    folder: Path,
    step: int,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    best: dict | None,
    facts: dict,
) -> None:
    """Write a checkpoint, atomically, and remove the earlier ones.

    Parameters
    ----------
    folder : pathlib.Path
        Folder of the run.
    best : dict of str to torch.Tensor or None
        Weights of the best epoch so far.
    facts : dict
        JSON-able: position, history, validation.
    """
    part, final = folder / f".{PREFIX}part", folder / f"{PREFIX}{step:09d}"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    save_file(_contiguous(model.state_dict()), part / "model.safetensors")
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    moments = {
        f"{names[id(parameter)]}|{kind}": value.detach().cpu().contiguous().reshape(-1)
        for parameter, state in optimizer.state.items()
        for kind, value in state.items()
    }
    save_file(moments, part / "optimizer.safetensors")
    random = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        random["cuda"] = torch.cuda.get_rng_state()
    save_file(random, part / "random.safetensors")
    if best is not None:
        save_file(_contiguous(best), part / "best.safetensors")
    (part / "facts.json").write_text(json.dumps(facts), encoding="utf-8")
    os.replace(part, final)
    remove_checkpoints(folder, keep=final)


def load_checkpoint(
    folder: Path, model: nn.Module, optimizer: torch.optim.Optimizer
) -> tuple[dict, dict[str, torch.Tensor] | None] | None:
    """Restore the latest checkpoint that can be read.

    Returns
    -------
    (facts, best weights) or None
        None if there is none. A damaged one is logged and skipped.
    """
    for path in sorted(folder.glob(f"{PREFIX}*"), reverse=True):
        try:
            facts = json.loads((path / "facts.json").read_text(encoding="utf-8"))
            weights = load_file(path / "model.safetensors")
            moments = load_file(path / "optimizer.safetensors")
            random = load_file(path / "random.safetensors")
            best = load_file(path / "best.safetensors") if (path / "best.safetensors").is_file() else None
            model.load_state_dict(weights, strict=True)
            _restore_moments(model, optimizer, moments)
        except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
            log.warning("checkpoint %s is damaged (%s): ignored", path, error)
            continue
        torch.set_rng_state(random["cpu"])
        if "cuda" in random and torch.cuda.is_available():
            torch.cuda.set_rng_state(random["cuda"])
        return facts, best
    return None


def remove_checkpoints(folder: Path, *, keep: Path | None = None) -> None:
    """Remove the checkpoints of a run, all or all but one."""
    for path in folder.glob(f"*{PREFIX}*"):
        if path != keep:
            shutil.rmtree(path, ignore_errors=True)


def _restore_moments(model: nn.Module, optimizer: torch.optim.Optimizer, moments: dict[str, torch.Tensor]) -> None:
    for name, parameter in model.named_parameters():
        own = {
            kind: moments[f"{name}|{kind}"] for kind in ("step", "exp_avg", "exp_avg_sq") if f"{name}|{kind}" in moments
        }
        if own:
            device = parameter.device
            optimizer.state[parameter] = {
                "step": own["step"].reshape(()).to(device if _is_fused(optimizer) else "cpu"),
                "exp_avg": own["exp_avg"].reshape(parameter.shape).to(device),
                "exp_avg_sq": own["exp_avg_sq"].reshape(parameter.shape).to(device),
            }


def _is_fused(optimizer: torch.optim.Optimizer) -> bool:
    return bool(optimizer.param_groups[0].get("fused"))


def _contiguous(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: value.detach().cpu().contiguous() for name, value in state.items()}
