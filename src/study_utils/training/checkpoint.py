"""Mid-run checkpoints: everything a run needs to go on as if it had never stopped. Safetensors and JSON only."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from study_utils.store import file_sha256, read_object

log = logging.getLogger(__name__)

PREFIX, KEPT = "checkpoint-", "kept.safetensors"


def save_checkpoint(
    folder: Path,
    step: int,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    kept: dict | None,
    facts: dict,
    *,
    run: str,
) -> None:
    """Write a checkpoint, atomically, and remove the earlier ones.

    Parameters
    ----------
    folder : pathlib.Path
        Folder of the run.
    kept : dict of str to torch.Tensor or None
        Weights of the best epoch so far, or the mean of the epochs so far.
    facts : dict
        JSON-able: position, history, validation.
    run : str
        What `fingerprint` says of the run: only the same run may continue from here.
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
    if kept is not None:
        save_file(_contiguous(kept), part / KEPT)
    noted = {"run": run, "facts": facts, "sha256": {path.name: file_sha256(path) for path in part.iterdir()}}
    (part / "facts.json").write_text(json.dumps(noted), encoding="utf-8")
    shutil.rmtree(final, ignore_errors=True)
    os.replace(part, final)
    remove_checkpoints(folder, keep=final)


def load_checkpoint(
    folder: Path, model: nn.Module, optimizer: torch.optim.Optimizer, *, run: str
) -> tuple[dict, dict[str, torch.Tensor] | None] | None:
    """Restore the latest checkpoint of this run that can be read.

    Parameters
    ----------
    run : str
        As in `save_checkpoint`: a checkpoint of other rows, settings, seed or initial weights is not used.

    Returns
    -------
    (facts, kept weights) or None
        None if there is none. A damaged one, or one of another run, is moved beside the folder (`*.damaged`) and
        logged; nothing is changed by it.
    """
    for path in sorted(folder.glob(f"{PREFIX}*"), reverse=True):
        try:
            noted = read_object(path / "facts.json")
            if noted["run"] != run:
                _set_aside(path, "it is of a run with other rows, settings, seed or weights")
                continue
            if changed := [name for name, digest in noted["sha256"].items() if file_sha256(path / name) != digest]:
                raise ValueError(f"{', '.join(changed)} isn't what was written")
            weights = load_file(path / "model.safetensors")
            moments = load_file(path / "optimizer.safetensors")
            random = load_file(path / "random.safetensors")
            kept = load_file(path / KEPT) if (path / KEPT).is_file() else None
            restored = _moments(model, optimizer, moments)
            model.load_state_dict(weights, strict=True)
            optimizer.state.update(restored)
            torch.set_rng_state(random["cpu"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError, SafetensorError) as error:
            _set_aside(path, f"it is damaged: {error}")
            continue
        if "cuda" in random and torch.cuda.is_available():
            torch.cuda.set_rng_state(random["cuda"])
        return noted["facts"], kept
    return None


def _set_aside(path: Path, why: str) -> None:
    aside = path.parent.with_suffix(".damaged") / path.name
    log.warning("checkpoint %s is not used, %s; it is now %s", path.name, why, aside)
    shutil.rmtree(aside, ignore_errors=True)
    aside.parent.mkdir(parents=True, exist_ok=True)
    os.replace(path, aside)


def remove_checkpoints(folder: Path, *, keep: Path | None = None) -> None:
    """Remove the checkpoints of a run, all or all but one."""
    for path in folder.glob(f"*{PREFIX}*"):
        if path != keep:
            shutil.rmtree(path, ignore_errors=True)


def fingerprint(model: nn.Module, *facts: object) -> str:
    """Hash initial weights and whatever else fixes a run: arrays by their bytes, anything else by its `repr`."""
    digest = hashlib.blake2b(digest_size=16)
    for name, value in model.state_dict().items():
        digest.update(name.encode())
        digest.update(value.detach().cpu().contiguous().numpy().data)
    for fact in facts:
        digest.update(fact.tobytes() if isinstance(fact, np.ndarray) else repr(fact).encode())
    return digest.hexdigest()


def _moments(model: nn.Module, optimizer: torch.optim.Optimizer, moments: dict[str, torch.Tensor]) -> dict:
    restored = {}
    for name, parameter in model.named_parameters():
        if f"{name}|step" in moments:
            own = {kind: moments[f"{name}|{kind}"] for kind in ("step", "exp_avg", "exp_avg_sq")}
            device = parameter.device
            restored[parameter] = {
                "step": own["step"].reshape(()).to(device if _is_fused(optimizer) else "cpu"),
                "exp_avg": own["exp_avg"].reshape(parameter.shape).to(device),
                "exp_avg_sq": own["exp_avg_sq"].reshape(parameter.shape).to(device),
            }
    return restored


def _is_fused(optimizer: torch.optim.Optimizer) -> bool:
    return bool(optimizer.param_groups[0].get("fused"))


def _contiguous(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: value.detach().cpu().contiguous() for name, value in state.items()}
