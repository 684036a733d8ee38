"""What the optimiser is told: the learning rate at a step, which weights decay, how much dropout there is."""

from __future__ import annotations

from torch import nn

from study_utils.formats.mask import MaskHead
from study_utils.model import TaskModel
from study_utils.training.settings import TrainingSettings


def schedule(step: int, total: int, warmup: float) -> float:
    """Factor of the learning rate at a step counted from 0: linear rise, then linear fall to zero."""
    rise = round(warmup * total)
    if step < rise:
        return (step + 1) / (rise + 1)
    return max(0.0, (total - step) / max(1, total - rise))


def parameter_groups(model: TaskModel, settings: TrainingSettings) -> list[dict]:
    """Groups of weights with their peak learning rate: heads and encoder, each with and without weight decay.

    Only matrices of dense layers decay. The head that guesses hidden tokens may be pretrained, so it learns no faster
    than the encoder.
    """
    embeddings = {
        id(parameter)
        for module in model.modules()
        if isinstance(module, nn.Embedding)
        for parameter in module.parameters()
    }
    new = [head for head in model.heads.values() if not isinstance(head, MaskHead)]
    heads = {id(parameter) for head in new for parameter in head.parameters()}
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for parameter in model.parameters():
        is_decayed = parameter.ndim >= 2 and id(parameter) not in embeddings
        rate = settings.head_learning_rate if id(parameter) in heads else None
        key = (rate or settings.learning_rate, settings.weight_decay if is_decayed else 0.0)
        groups.setdefault(key, []).append(parameter)
    return [
        {"params": parameters, "lr": rate, "peak": rate, "weight_decay": decay}
        for (rate, decay), parameters in groups.items()
    ]


def set_dropout(model: nn.Module, share: float) -> None:
    """Give every dropout layer the same share."""
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = share
