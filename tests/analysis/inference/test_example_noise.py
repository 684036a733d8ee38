"""Noise of examples: by hand, and against drawing examples again."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from simulated_studies import simulate_study

from study_utils.analysis.inference.example_noise import example_noise
from study_utils.analysis.inference.groups import prepare


def noise_of(predictions, scores=None, value="gain"):
    prepared = prepare(predictions, scores, by="all")
    return example_noise(prepared.blocks, prepared.table, value=value)


def hand(by_language):
    """Predictions on sib200 under one seed; the baseline is wrong everywhere."""
    rows = [
        {
            **{"encoder": "e5_small", "condition": condition, "task": "sib200", "variant": "clean", "seed": 0},
            **{"run": "r", "language": code, "example_id": name, "measure": "accuracy", "gold": "x"},
            **{"prediction": "x", "correct": float(right) * (condition == "mnli"), "total": 1.0},
        }
        for code, answers in by_language.items()
        for name, right in answers.items()
        for condition in ("none", "mnli")
    ]
    return pd.DataFrame(rows)


def test_translations_share_their_noise_and_other_rows_do_not():
    first = dict(zip("abcd", (1, 1, 0, 0)))
    other = dict(zip("efgh", (1, 1, 0, 0)))
    one = 4 * 0.25 / 16
    same = noise_of(hand({"es": first, "fr": first}))["sib200"]
    assert (same.shared, same.own) == pytest.approx((one, 0.0))
    apart = noise_of(hand({"es": first, "fr": other}))["sib200"]
    assert (apart.shared, apart.own) == pytest.approx((0.0, one))
    against = noise_of(hand({"es": first, "fr": dict(zip("abcd", (0, 0, 1, 1)))}))["sib200"]
    assert (against.shared, against.own) == pytest.approx((0.0, one)), "never below zero"
    alone = noise_of(hand({"es": first}))["sib200"]
    assert (alone.shared, alone.own) == pytest.approx((0.0, one))


def test_it_is_the_variance_of_means_over_examples_drawn_again(study):
    predictions, scores = study
    kept = [f[(f["condition"] != "sst2") & (f["task"] == "sib200")] for f in (predictions, scores)]
    found = noise_of(*kept)["sib200"]
    wide = kept[0][kept[0]["language"] != "en"].pivot_table(
        index="example_id", columns=["condition", "seed", "language"], values="correct"
    )
    gain = (wide["mnli"] - wide["none"]).T.groupby("language").mean().T
    rng = np.random.default_rng(0)
    drawn = np.stack([gain.to_numpy()[rng.integers(0, len(gain), len(gain))].mean(axis=0) for _ in range(4000)])
    together = np.cov(drawn.T)
    count = len(together)
    apart = (together.sum() - np.trace(together)) / (count * (count - 1))
    assert found.shared + found.own == pytest.approx(np.trace(together) / count, rel=0.05)
    assert found.shared == pytest.approx(max(0.0, apart), abs=0.1 * (found.shared + found.own))


def test_english_rows_count_where_the_value_holds_them():
    predictions, _ = simulate_study(
        np.random.default_rng(0), effects={"mnli": 0.0}, languages=["en", "es", "fr"], tasks={"sib200": "accuracy"}
    )
    gap, gain = (noise_of(predictions, value=value)["sib200"] for value in ("gap_change", "gain"))
    assert gap.shared > gain.shared + 0.2 * gain.own, "the same English rows are behind every language's gap"
