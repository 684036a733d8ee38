"""How unlike is what two tasks ask for?"""

from __future__ import annotations

from study_utils.catalog import Task

_INPUTS = {"choose": "text and choices", "tag": "words", "answer": "passage and question", "retrieve": "text"}
_OUTPUTS = {
    "classify": "label",
    "regress": "number",
    "choose": "choice",
    "tag": "label of every word",
    "answer": "span",
    "retrieve": "neighbour",
}


def format_distance(a: Task, b: Task, *, a_pairs: bool = False, b_pairs: bool = False) -> float:
    """Say how much of what a row asks for differs: inputs, kind of output, label set; each a third.

    Parameters
    ----------
    a, b : Task
        Two tasks.
    a_pairs, b_pairs : bool
        Whether rows have two texts (classify and regress).

    Returns
    -------
    float
        Between 0 (MNLI and XNLI) and 1. Inputs and outputs are the same or not; label sets differ by their Jaccard
        distance, and altogether where outputs do. A convention of this study, not an estimate.
    """
    inputs = float(_inputs(a, a_pairs) != _inputs(b, b_pairs))
    output = float(_OUTPUTS[a.format] != _OUTPUTS[b.format])
    one, other = set(a.labels), set(b.labels)
    labels = 1.0 if output else 1 - len(one & other) / len(one | other) if one | other else 0.0
    return (inputs + output + labels) / 3


def _inputs(task: Task, pairs: bool) -> str:
    return _INPUTS.get(task.format, "two texts" if pairs else "text")
