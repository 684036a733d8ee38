"""What the optimiser is told: the learning rate at a step, which weights decay, how much dropout there is."""

from __future__ import annotations

from torch import nn


def schedule(step: int, total: int, warmup: float) -> float:
    """Factor of the learning rate at a step counted from 0: linear rise, then linear fall to zero."""
    rise = round(warmup * total)
    if step < rise:
        return (step + 1) / (rise + 1)
    return max(0.0, (total - step) / max(1, total - rise))


def parameter_groups(model: nn.Module, weight_decay: float) -> list[dict]:
    """Weight decay for matrices of dense layers only."""
    embeddings = {
        id(parameter)
        for module in model.modules()
        if isinstance(module, nn.Embedding)
        for parameter in module.parameters()
    }
    decayed = [p for p in model.parameters() if p.ndim >= 2 and id(p) not in embeddings]
    spared = [p for p in model.parameters() if p.ndim < 2 or id(p) in embeddings]
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": spared, "weight_decay": 0.0}]


def set_dropout(model: nn.Module, share: float) -> None:
    """Give every dropout layer the same share."""
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = share
