"""Scores on the rows that choose an epoch."""

from __future__ import annotations

import numpy as np
import torch

from study_utils.evaluation.predict import predict_features
from study_utils.formats import format_of
from study_utils.metrics import score
from study_utils.model import TaskModel
from study_utils.training.rows import EncodedRows


def score_selection(model: TaskModel, rows: EncodedRows, device: torch.device) -> tuple[list[dict], float]:
    """Score the selection rows of all tasks.

    Returns
    -------
    scores : list of dict
        One a task and metric: `task`, `metric`, `value`, `n`, `primary`.
    value : float
        Mean of the tasks' primary metrics.
    """
    scores, primary = [], []
    for key, features in rows.selection.items():
        item, own = rows.tasks[key].task, rows.tasks[key].validation
        outputs = predict_features(model, key, features, rows.vocabulary, rows.pad, device)
        for row in score(format_of(item).decode(outputs, features, own, item), item).to_dict("records"):
            row = {"task": key, **row, "primary": row["metric"] == item.metric}
            scores.append({name: value for name, value in row.items() if name != "language"})
            if row["primary"]:
                primary.append(row["value"])
    return scores, float(np.mean(primary))
