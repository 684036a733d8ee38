"""Scores and gains by layer against numbers worked out on paper, and what is said of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from study_utils.analysis import Settings, family_gains, layer_gains, layer_table
from study_utils.errors import AnalysisError
from study_utils.sentences.layers import describe_layers, describe_reading

MINUS = "\N{MINUS SIGN}"
GAINS = ["gain (points)|SST-2", "gain (points)|MNLI"]
SETTINGS = Settings(resamples=200)
SHIFT = {"de": -0.01, "fr": 0.0, "ru": 0.01}
BASE = {0: 0.2, 1: 0.5, 2: 0.6, 3: 0.7}
GAIN = {"sst2": {0: 0.0, 1: 0.05, 2: -0.1, 3: -0.3}, "mnli": {0: 0.0, 1: 0.03, 2: 0.04, 3: 0.02}}


def made(seeds=(0, 1, 2), conditions=("none", "sst2", "mnli"), layers=tuple(BASE)):
    """Layer 2 of 3 is read; the gain of a language differs from the mean by its shift."""
    rows = []
    for condition in conditions:
        for code in SHIFT:
            for seed in seeds:
                for layer in layers:
                    gain = GAIN.get(condition, {}).get(layer, 0.0)
                    value = BASE[layer] + gain
                    if condition != "none":  # languages, seeds and what is left: each has the mean zero
                        value += SHIFT[code] + 0.001 * (seed - 1) + 0.2 * SHIFT[code] * (seed - 1)
                    rows.append((condition, code, seed, layer, value, layer == 2))
    table = pd.DataFrame(rows, columns=["condition", "language", "seed", "layer", "value", "used"])
    facts = {"encoder": "e5_small", "task": "tatoeba", "variant": "clean", "metric": "accuracy_from_english"}
    table = table.assign(**facts, zero_shot=True, same_data=False, run="r", depth=3, published=table["used"])
    return pd.concat([table, table.assign(metric="accuracy_to_english", value=0.9)], ignore_index=True)


def test_the_table_for_readers_has_a_row_a_layer_and_a_column_a_condition():
    table = layer_table(layer_gains(made(), settings=SETTINGS))
    assert list(table) == ["encoder", "task", "layer", "score (%)|No intermediate task", *GAINS]
    assert table["layer"].tolist() == ["0", "1", "2 (read)", "3"]
    assert table["score (%)|No intermediate task"].tolist() == ["20.0", "50.0", "60.0", "70.0"]
    assert table["gain (points)|SST-2"].iloc[2].startswith(f"{MINUS}10.0 [{MINUS}")
    assert "clear" not in " ".join(table.astype(str).to_numpy().ravel())
    assert layer_table(layer_gains(made().head(0), settings=SETTINGS)).empty


def test_scores_and_gains_of_every_layer():
    table = layer_gains(made(), settings=SETTINGS)
    assert len(table) == 3 * 4, "one row a condition and layer, of the primary metric"
    means = table.set_index(["condition", "layer"])
    for layer, base in BASE.items():
        assert means.loc[("none", layer), "score"] == pytest.approx(base)
        assert np.isnan(means.loc[("none", layer), "gain"])
        for condition, gains in GAIN.items():
            assert means.loc[(condition, layer), "gain"] == pytest.approx(gains[layer])
            assert means.loc[(condition, layer), "score"] == pytest.approx(base + gains[layer])
    assert means.loc[("sst2", 2), ["n_languages", "n_seeds"]].tolist() == [3, 3]
    assert set(table.loc[table["used"], "layer"]) == {2}


def test_a_layer_is_what_family_gains_says_of_it_without_examples():
    layers = made()
    scores = layers[(layers["layer"] == 3) & (layers["metric"] == "accuracy_from_english")].assign(n=1)
    expected = family_gains(None, scores, by="all", settings=SETTINGS).set_index("condition")
    found = layer_gains(layers, settings=SETTINGS).query("layer == 3").set_index("condition")
    for name in ("low", "high", "withheld"):
        assert found.loc["sst2", name] == expected.loc["sst2", name]


def test_seen_languages_and_english_do_not_count():
    layers = made()
    english = layers[layers["language"] == "de"].assign(language="en", value=0.0)
    seen = layers["language"].eq("fr") & layers["condition"].eq("mnli")
    table = layer_gains(
        pd.concat([layers.assign(zero_shot=~seen), english], ignore_index=True), settings=SETTINGS
    ).set_index(["condition", "layer"])
    assert table.loc[("mnli", 2), "n_languages"] == 2
    assert table.loc[("mnli", 2), "gain"] == pytest.approx(0.04), "de and ru shift against each other"
    assert table.loc[("none", 2), "score"] == pytest.approx(0.6)


def test_a_table_without_rows_or_columns():
    assert layer_gains(made().iloc[:0]).empty
    with pytest.raises(AnalysisError, match="layer"):
        layer_gains(made().drop(columns="layer"))


def after(table, name):
    (line,) = [line for line in describe_layers(table) if f"after {name}:" in line]
    return line


def test_what_is_said_of_the_layers_without_intermediate_training():
    assert describe_layers(layer_gains(made(), settings=SETTINGS))[0] == (
        "Tatoeba (accuracy from English) without intermediate training: 60.0 at layer 2 of 3, the one that is read; "
        "best 70.0 (layer 3), worst 50.0 (layer 1) of the 3 layers."
    )


def test_what_is_said_of_gains_that_depend_on_the_layer_and_of_those_that_do_not():
    table = layer_gains(made(), settings=SETTINGS)
    assert after(table, "SST-2") == (
        f"Tatoeba after SST-2: {MINUS}10.0 points at layer 2 of 3; over the layers from {MINUS}30.0 (layer 3) to +5.0 "
        "(layer 1), above zero at 1 and below at 2 of 3."
    )
    assert after(table, "MNLI") == (
        "Tatoeba after MNLI: +4.0 points at layer 2 of 3; over the layers from +2.0 (layer 3) to +4.0 (layer 2), the "
        "same sign at every layer."
    )


def test_without_intervals_the_reason_is_said():
    told = describe_layers(layer_gains(made(seeds=(0,)), settings=SETTINGS))
    assert len(told) == 3
    assert all("No interval is given (1 seed" in line for line in told[1:])


def test_one_layer_or_no_retrieval_is_said():
    assert describe_layers(layer_gains(made(layers=(2,)), settings=SETTINGS)) == [
        "Tatoeba (accuracy from English): layer 2 of 3 alone was scored, so the others can't be compared with it."
    ]
    assert describe_layers(layer_gains(made().iloc[:0])) == [
        "The study has no retrieval target, so no result depends on a layer that is read."
    ]


def test_how_targets_are_read():
    columns = ["task", "layer", "rule", "pooling", "special_tokens", "query_length", "candidate_length"]
    table = pd.DataFrame(
        [
            ("tatoeba", "layer 8 of 12", "published", "mean", True, 512, 512),
            ("lareqa", "layer 12 of 12", "last", "mean", False, 96, 256),
            ("bucc", "layer 3 of 12", 3, "first", True, 512, 512),
        ],
        columns=columns,
    )
    assert describe_reading(table) == [
        "Tatoeba is read at layer 8 of 12 (as the benchmark does): mean over all tokens, special ones included, cut at "
        "512 tokens.",
        "LAReQA is read at layer 12 of 12 (the last one, not the benchmark's rule): mean over the tokens of the text, "
        "cut at 96 and 256 tokens.",
        "BUCC (development) is read at layer 3 of 12 (chosen for this study): first token, cut at 512 tokens.",
    ]
    assert describe_reading(table.iloc[:0]) == []
