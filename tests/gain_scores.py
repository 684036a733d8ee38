"""Results tables whose gains vary by known amounts."""

from __future__ import annotations

import numpy as np
import pandas as pd

CODES = "es fr it pt de nl af sv ru pl bg uk fi et hu ar he hi bn ur".split()
TASKS = {"xnli": "accuracy", "sib200": "accuracy", "udpos": "token_accuracy", "tatoeba": "accuracy_from_english"}


def scores_of(deviations, *, number=0, codes=CODES, tasks=tuple(TASKS), seeds=3, conditions=("snli",), rows=100):
    """Scores whose gains have the given standard deviations between languages, tasks, ..."""
    rng = np.random.default_rng(number)
    sd = dict.fromkeys(("task", "language", "language_task", "seed", "run"), 0.0) | {"residual": 0.005} | deviations
    found = []
    for condition in conditions:
        size = len(tasks), len(codes), seeds
        gain = (
            rng.normal(0, sd["task"], size[0])[:, None, None]
            + rng.normal(0, sd["language"], size[1])[None, :, None]
            + rng.normal(0, sd["language_task"], size[:2])[:, :, None]
            + rng.normal(0, sd["seed"], size[2])
            + rng.normal(0, sd["run"], (size[0], 1, size[2]))
            + rng.normal(0, sd["residual"], size)
        )
        for (i, j, k), value in np.ndenumerate(gain):
            key = {"encoder": "e5_small", "task": tasks[i], "language": codes[j], "variant": "clean", "seed": k}
            key |= {"metric": TASKS[tasks[i]], "n": rows, "zero_shot": True, "same_data": False, "run": "r"}
            found.append(key | {"condition": condition, "value": 0.5 + value})
            if condition == conditions[0]:
                found.append(key | {"condition": "none", "value": 0.5})
    return pd.DataFrame(found)
