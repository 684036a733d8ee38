"""One row a condition, target and language: how far the intermediate training is from what is scored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from study_utils.analysis.questions.divergence.distances import Gaussian, a_distance, frechet, median_distance, mmd2
from study_utils.analysis.questions.divergence.labels import format_distance
from study_utils.analysis.questions.divergence.overlap import jaccard_distance, jensen_shannon
from study_utils.analysis.questions.divergence.sets import MEASURES, EmbeddedRows
from study_utils.analysis.questions.divergence.similarity import linear_cka
from study_utils.catalog import TASKS, Condition, condition
from study_utils.errors import AnalysisError

_OVERLAPS = ("word_jaccard", "subword_jaccard", "label_shift")
COLUMNS = (
    *("encoder", "condition", "task", "language", "n_tasks", "n_examples", "n_seeds"),
    *(*MEASURES, *_OVERLAPS, "same_format", "format_distance"),
)
_FOR_BANDWIDTH = 50
"""Rows of each set that give the common bandwidth."""
LEAST_ROWS = 10
"""Fewest rows a language from which distances between samples are measured."""


def divergence_table(embedded: Sequence[EmbeddedRows], conditions: Iterable[str]) -> pd.DataFrame:
    """Measure every condition against every target and language, with the pretrained encoder.

    Parameters
    ----------
    embedded : sequence of EmbeddedRows
        Training rows of the intermediate tasks and test rows of the targets as pretrained, and test rows after each
        condition.
    conditions : iterable of str
        Keys; those without intermediate stage or fine-tuned in other languages than the source are passed over.

    Returns
    -------
    pandas.DataFrame
        One row an (encoder, condition, task, language): `n_tasks` (intermediate), `n_examples` (rows on each side of
        `frechet` and `a_distance`: the fewest that a language of the target or an intermediate task has; `mmd` uses
        all; below `LEAST_ROWS` these and `change` are missing), `n_seeds` (behind `change`),
        `mmd` (squared, unbiased; one bandwidth an encoder), `frechet` (squared), `a_distance`, `change` (1 - debiased
        linear CKA between the target's sentences before and after intermediate training, mean over seeds), `words` and
        `subwords` (Jensen-Shannon divergence in bits), `word_jaccard`, `subword_jaccard` (distances), `label_shift`
        (Jensen-Shannon divergence of the labels; missing unless both tasks have the same), `same_format` (share of the
        tasks) and `format_distance`. Of a mixture, means over its tasks weighted by their training examples.

    Raises
    ------
    AnalysisError
        If the rows of a task or target are missing.
    """
    conditions = [c for c in map(condition, conditions) if c.stages and c.regime == "english"]
    pretrained = {(e.encoder, e.task, e.role): e for e in embedded if e.condition is None}
    after: dict[tuple, list[EmbeddedRows]] = defaultdict(list)
    for item in embedded:
        if item.condition is not None:
            after[item.encoder, item.condition, item.task].append(item)
    rows = []
    for encoder in dict.fromkeys(e.encoder for e in embedded):
        mine = [e for e in pretrained.values() if e.encoder == encoder]
        bandwidth = _bandwidth(mine)
        for target in (e for e in mine if e.role == "test"):
            needed = dict.fromkeys(key for c in conditions for key in c.tasks)
            if missing := [key for key in needed if (encoder, key, "train") not in pretrained]:
                raise AnalysisError(f"no sentence vectors of intermediate task {missing[0]!r}: run stage 04 again")
            sources = [pretrained[encoder, key, "train"] for key in needed]
            n = min(len(v) for e in (target, *sources) for v in e.vectors.values())
            around = {c: Gaussian.of(v[:n]) for c, v in target.vectors.items()} if n >= LEAST_ROWS else {}
            apart = {source.task: _apart(source, target, n, bandwidth, around) for source in sources}
            for item in conditions:
                weights = _weights(item, {key: pretrained[encoder, key, "train"].examples for key in needed})
                mixed = sum(apart[key] * share for key, share in weights.items())
                changed = _change(target, after[encoder, item.key, target.task], n)
                frame = mixed.assign(**changed).rename_axis("language").reset_index()
                facts = {"encoder": encoder, "condition": item.key, "task": target.task, "n_tasks": len(weights)}
                rows.append(frame.assign(**facts, n_examples=n))
    if not rows:
        return pd.DataFrame(columns=list(COLUMNS))
    return pd.concat(rows, ignore_index=True)[list(COLUMNS)]


def _bandwidth(embedded: Sequence[EmbeddedRows]) -> float:
    return median_distance(np.concatenate([v[:_FOR_BANDWIDTH] for e in embedded for v in e.vectors.values()]))


def _weights(item: Condition, examples: Mapping[str, int]) -> dict[str, float]:
    """Share of each intermediate task in the training examples of all stages."""
    counts: dict[str, float] = defaultdict(float)
    for stage in item.stages:
        for key in stage.tasks:
            counts[key] += max(1, min(examples[key], stage.cap or examples[key]))
    return {key: count / sum(counts.values()) for key, count in counts.items()}


def _apart(
    source: EmbeddedRows, target: EmbeddedRows, n: int, bandwidth: float, around: Mapping[str, Gaussian]
) -> pd.DataFrame:
    """Distances between one intermediate task and one target, a row a language."""
    (spoken, vectors), *_ = source.vectors.items()
    a, b = TASKS[source.task], TASKS[target.task]
    asks = format_distance(a, b, a_pairs=source.pairs, b_pairs=target.pairs)
    same_labels = bool(a.labels) and set(a.labels) == set(b.labels)
    enough = n >= LEAST_ROWS
    gaussian = Gaussian.of(vectors[:n]) if enough else None
    found = {}
    for language, others in target.vectors.items():
        types = {k: (source.types(k, spoken), target.types(k, language)) for k in ("word", "subword", "label")}
        found[language] = {
            "mmd": mmd2(vectors, others, bandwidth=bandwidth) if enough else _MISSING,
            "frechet": frechet(gaussian, around[language]) if enough else _MISSING,
            "a_distance": a_distance(vectors[:n], others[:n]) if enough else _MISSING,
            "words": jensen_shannon(*types["word"]),
            "subwords": jensen_shannon(*types["subword"]),
            "word_jaccard": jaccard_distance(*types["word"]),
            "subword_jaccard": jaccard_distance(*types["subword"]),
            "label_shift": jensen_shannon(*types["label"]) if same_labels else _MISSING,
            "same_format": float(a.format == b.format),
            "format_distance": asks,
        }
    return pd.DataFrame.from_dict(found, orient="index")


_MISSING = float("nan")


def _change(target: EmbeddedRows, after: Sequence[EmbeddedRows], n: int) -> dict[str, object]:
    """How much the representation of the target's sentences changed, and over how many seeds that is the mean."""
    if n < LEAST_ROWS or not after:
        return {"change": _MISSING, "n_seeds": len(after)}
    similar = [[linear_cka(before, e.vectors[code]) for code, before in target.vectors.items()] for e in after]
    return {"change": 1 - np.mean(similar, axis=0), "n_seeds": len(after)}
