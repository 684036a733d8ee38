"""Gains and divergence of made-up studies whose truth is known."""

from __future__ import annotations

import numpy as np
import pandas as pd

from study_utils.analysis.questions.divergence.sets import MEASURES
from study_utils.analysis.questions.divergence.slopes import FAMILY, FORMAT, TYPOLOGY


def simulate_cells(
    rng, *, tasks=6, targets=3, languages=8, families=4, slopes=None, sds=(1, 1, 0.5, 0.5, 0.3, 0.5), like_format=(),
    family=(0, 0),
):  # fmt: skip
    """Cells as `modelled_cells` gives them; every measure independent of the others, slopes per raw unit.

    `slopes` maps a measure to the true change of the gain with its values; `sds` are the standard deviations of the
    effects of task, task and target, language, target and language, task and language, and of the residual, in points.
    Measures in `like_format` follow the format but for a little noise. `family` are the standard deviations between
    families of a target, of the gain in points and of every measure.
    """
    shape = (tasks, targets, languages)
    index = np.indices(shape).reshape(3, -1)

    def effects(*axes):
        full = tuple(size if axis in axes else 1 for axis, size in enumerate(shape))
        return np.broadcast_to(rng.normal(size=full), shape).ravel()

    formats = np.broadcast_to(rng.integers(0, 3, size=(tasks, targets, 1)) / 3, shape).ravel()
    columns = {
        name: 3 * formats + 0.05 * effects(0, 1, 2)
        if name in like_format
        else effects(0) + effects(0, 1) + effects(2) + 0.5 * effects(1, 2) + 0.3 * effects(0, 1, 2)
        for name in MEASURES
    }
    axes = ((0,), (0, 1), (2,), (1, 2), (0, 2), (0, 1, 2))
    gain = sum(sd * effects(*which) for sd, which in zip(sds, axes, strict=True))
    gain += sum(slope * columns[name] for name, slope in (slopes or {}).items())
    if any(family):
        place = index[1], index[2] % families
        gain += rng.normal(0, family[0], (targets, families))[place]
        for values in columns.values():
            values += rng.normal(0, family[1], (targets, families))[place]
    typology = rng.normal(5, 1, size=languages)[index[2]]
    names = [[f"{kind}{i:02d}" for i in index[axis]] for axis, kind in enumerate(("task", "target", "lang"))]
    return pd.DataFrame(
        {
            **{"encoder": "e5_small", "condition": names[0], "task": names[1], "language": names[2]},
            FAMILY: [f"family{i % families:02d}" for i in index[2]],
            **{"gain": gain / 100, "seeds": 3, FORMAT: formats, "same_format": 0.0, TYPOLOGY: typology},
            **columns,
        }
    )
