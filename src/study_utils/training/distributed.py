"""Several processes at one run: whose part of a batch is which, what it counts for, and what the first one decides."""

from __future__ import annotations

import numpy as np
from accelerate import Accelerator
from accelerate.utils import broadcast_object_list

from study_utils.formats.features import Features


def own_part(features: Features, index: np.ndarray, rank: int, processes: int) -> tuple[np.ndarray, float]:
    """Part of a batch that one process computes, and the weight of its mean loss.

    Gradients are averaged over processes. With these weights the average is the gradient of the mean over the
    whole batch, also when parts differ in size or in the number of labelled tokens.

    Parameters
    ----------
    index : numpy.ndarray of int
        Units of the batch: inputs, or rows of several inputs that stay together.
    rank, processes : int
        Number of this process, counted from 0, and of all.

    Returns
    -------
    part : numpy.ndarray of int
        Every `processes`-th unit; the first one where none is left, for processes must step together.
    weight : float
        Labels of the part, as a share of the batch's, times `processes`; 0 where none is left.
    """
    if processes == 1:
        return index, 1.0
    part = index[rank::processes]
    if not len(part):
        return index[:1], 0.0
    labelled = features.labelled
    return part, float(processes * labelled[part].sum() / labelled[index].sum())


def agreed(accelerator: Accelerator, decision: bool) -> bool:
    """What the first process decides, in all of them: only that one scores the selection rows."""
    return decision if accelerator.num_processes == 1 else broadcast_object_list([decision])[0]
