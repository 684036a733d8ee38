"""Time exact search among many candidates beside numpy and scikit-learn: ranking, and mining of translation pairs.

Random vectors; each arm runs in a process of its own, with a peak memory of its own. `agrees` is the share of positions
that equal ours. Run it on an otherwise idle machine.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import time

import numpy as np
import pandas as pd

from study_utils.metrics import margin_pairs, nearest

CUT, NEIGHBOURS = 20, 4
"""Ranks that count in mAP@20, and neighbours that a margin is taken from."""


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--candidates", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=1000, help="of the ranking; mining has ten times as many")
    parser.add_argument("--width", type=int, default=384, help="of a vector")
    options = parser.parse_args(arguments)
    print(pd.DataFrame(search(options)).round(2).to_string(index=False))


def search(options: argparse.Namespace) -> list[dict]:
    """Time and peak memory of ranking and mining, ours beside numpy and scikit-learn."""
    rows = []
    for kind, queries, arms in (
        ("rank", options.queries, ("ours", "numpy", "sklearn")),
        ("mine", 10 * options.queries, ("ours", "sklearn")),  # numpy would hold all similarities
    ):
        answers = []
        for arm in arms:
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                seconds, mebibytes, found = pool.apply(
                    _searched, (kind, arm, queries, options.candidates, options.width)
                )
            answers.append(found)
            rows.append(
                {
                    **{"search": kind, "arm": arm, "queries": queries, "candidates": options.candidates},
                    **{"s": seconds, "MiB more": mebibytes, "agrees": float(np.mean(found == answers[0]))},
                }
            )
    return rows


def _searched(kind: str, arm: str, queries: int, candidates: int, width: int) -> tuple[float, float, np.ndarray]:
    """Seconds, growth of the peak memory in MiB, and the positions found: shape (queries, ranks) or (queries,)."""
    from sklearn.neighbors import NearestNeighbors

    rng = np.random.default_rng(0)
    all_of = rng.random((queries + candidates, width), dtype=np.float32)  # positive, so that ratios of means are
    all_of /= np.linalg.norm(all_of, axis=1, keepdims=True)
    own, other = all_of[:queries], all_of[queries:]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    if kind == "rank":
        if arm == "ours":
            found = nearest(own, other, CUT)[0]
        elif arm == "numpy":
            found = np.argsort(-(own @ other.T), axis=1)[:, :CUT]
        else:
            model = NearestNeighbors(n_neighbors=CUT, algorithm="brute", metric="cosine").fit(other)
            found = model.kneighbors(own, return_distance=False)
    elif arm == "ours":
        left, right, _ = margin_pairs(own, other, k=NEIGHBOURS)
        found = np.full(queries, -1)
        found[left] = right
    else:
        found = _mined_by_sklearn(own, other)
    seconds = time.perf_counter() - started
    return seconds, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024, found


def _mined_by_sklearn(own: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Margin pairs from two brute-force searches and a loop."""
    from sklearn.neighbors import NearestNeighbors

    sides = []
    for queries, pool in ((own, other), (other, own)):
        model = NearestNeighbors(n_neighbors=NEIGHBOURS, algorithm="brute", metric="cosine").fit(pool)
        distance, places = model.kneighbors(queries)
        sides.append((1 - distance, places))
    mean = [cosine.mean(axis=1) for cosine, _ in sides]
    pairs = {}
    for side, (cosine, places) in enumerate(sides):
        score = 2 * cosine / (mean[side][:, None] + mean[1 - side][places])
        for n, place in enumerate(score.argmax(axis=1)):
            pair = (n, places[n, place]) if side == 0 else (places[n, place], n)
            pairs[pair] = max(score[n, place], pairs.get(pair, 0.0))
    found, used = np.full(len(own), -1), set()
    for left, right in sorted(pairs, key=lambda pair: -pairs[pair]):
        if found[left] < 0 and right not in used:
            found[left] = right
            used.add(right)
    return found


if __name__ == "__main__":
    main()
