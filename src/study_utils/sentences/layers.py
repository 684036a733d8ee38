"""Sentences about the layer that retrieval reads, and whether a gain depends on it."""

from __future__ import annotations

import pandas as pd

from study_utils.analysis.questions.layers import LAYER_COLUMNS
from study_utils.analysis.results.tables import BASELINE, require_columns
from study_utils.catalog.retrieval import LAST, PUBLISHED
from study_utils.catalog.titles import condition_title, encoder_title, metric_title, rows_title
from study_utils.sentences.gains import in_order, points

_RULES = {PUBLISHED: "as the benchmark does", LAST: "the last one, not the benchmark's rule"}


def describe_reading(reading: pd.DataFrame) -> list[str]:
    """Say at which layer and how retrieval targets are read: columns of `study_utils.study.Study.retrieval`."""
    needed = ("task", "layer", "rule", "pooling", "special_tokens", "query_length", "candidate_length")
    require_columns(reading, needed, table="table of retrieval targets")
    sentences = []
    for row in reading.itertuples():
        rule = _RULES.get(row.rule, "chosen for this study")
        tokens = "all tokens, special ones included" if row.special_tokens else "the tokens of the text"
        vector = f"mean over {tokens}" if row.pooling == "mean" else f"{row.pooling} token"
        lengths = {row.query_length, row.candidate_length}
        cut = (
            f"{row.query_length} tokens"
            if len(lengths) == 1
            else f"{row.query_length} and {row.candidate_length} tokens"
        )
        sentences.append(f"{rows_title(row.task)} is read at {row.layer} ({rule}): {vector}, cut at {cut}.")
    return sentences


def describe_layers(table: pd.DataFrame) -> list[str]:
    """Say whether gains of retrieval depend on the layer: ``layer_gains(...)``.

    Returns
    -------
    list of str
        For each encoder and task one sentence that sums up, then one a condition: the gain at the layer that is read,
        its range over the encoder's layers (without the embeddings), and at how many it is above and below zero. One
        sentence where there is nothing to compare.
    """
    require_columns(table, tuple(LAYER_COLUMNS), table="table of layers")
    if table.empty:
        return ["The study has no retrieval target, so no result depends on a layer that is read."]
    sentences = []
    for (encoder, task), own in in_order(table[table["layer"] > 0]).groupby(["encoder", "task"], sort=False):
        start = f"{encoder_title(encoder)}, " if table["encoder"].nunique() > 1 else ""
        name = f"{start}{rows_title(task)} ({metric_title(own['metric'].iloc[0])})"
        scores = own[own["condition"] == BASELINE].set_index("layer")["score"] * 100
        used = own.loc[own["used"]]
        read, depth = int(used["layer"].iloc[0]), int(used["depth"].iloc[0])
        if len(scores) < 2:
            sentences.append(
                f"{name}: layer {read} of {depth} alone was scored, so the others can't be compared with it."
            )
            continue
        sentences.append(
            f"{name} without intermediate training: {scores[read]:.1f} at layer {read} of {depth}, the one that is "
            f"read; best {scores.max():.1f} (layer {scores.idxmax()}), worst {scores.min():.1f} (layer "
            f"{scores.idxmin()}) of the {len(scores)} layers."
        )
        gains = own[own["condition"] != BASELINE].groupby("condition", sort=False)
        sentences += [_gain(f"{start}{rows_title(task)}", key, part.set_index("layer"), read) for key, part in gains]
    return sentences


def _gain(name: str, condition: str, part: pd.DataFrame, read: int) -> str:
    gain, depth, count = part["gain"], int(part["depth"].iloc[0]), len(part)
    told = (
        f"{name} after {condition_title(condition)}: {points(gain[read])} points at layer {read} of {depth}; over the "
        f"layers from {points(gain.min())} (layer {gain.idxmin()}) to {points(gain.max())} (layer {gain.idxmax()}), "
        f"{_signs((gain > 0).sum(), (gain < 0).sum(), count)}"
    )
    withheld = part.loc[part["withheld"] != "", "withheld"]
    return f"{told}. No interval is given ({withheld.iloc[0]})." if len(withheld) else f"{told}."


def _signs(up: int, down: int, count: int) -> str:
    if count in (up, down):
        return "the same sign at every layer"
    return f"above zero at {up} and below at {down} of {count}"
