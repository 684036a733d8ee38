"""Studies made up with a known truth, to check that intervals and figures say what they should."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from study_utils.analysis.results.tables import BASELINE, ENGLISH, PREDICTION_COLUMNS, SCORE_COLUMNS, join_languages

_SHARED_LUCK = 0.8
"""Share of examples whose difficulty decides alike in every run: what makes pairing worth while."""


def simulate_study(
    rng: np.random.Generator,
    *,
    effects: Mapping[str, float] | Mapping[str, Mapping[str, float]],
    languages: Sequence[str],
    tasks: Mapping[str, str],
    seeds: Sequence[int] = (0, 1, 2),
    examples: int = 100,
    accuracy: float = 0.6,
    language_sd: float = 0.0,
    seed_sd: float = 0.0,
    run_sd: float = 0.0,
    encoder: str = "e5_small",
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make predictions and scores of a study whose true gains are known.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    effects : mapping
        Condition to its true gain (fraction), or to a mapping of reported family (column `group` of
        `join_languages`) to true gain; families left out have none. The baseline is added.
    languages : sequence of str
        Codes; English, if among them, is not zero-shot.
    tasks : mapping of str to str
        Task to the per-example measure of its predictions.
    seeds, examples
        Seeds; test examples of each task and language.
    accuracy : float
        Mean of the baseline.
    language_sd, seed_sd, run_sd : float
        Standard deviations of a condition's true gain between languages, between seeds, and between single runs.
    encoder : str
        Key written into the tables.

    Returns
    -------
    predictions, scores : pandas.DataFrame
        Columns of `PREDICTION_COLUMNS` and `SCORE_COLUMNS`.
    """
    groups = join_languages(pd.DataFrame({"language": list(languages)}))["group"]
    conditions = [BASELINE, *effects]
    by_language = rng.normal(0, language_sd, (len(conditions), len(languages)))
    by_seed = rng.normal(0, seed_sd, (len(conditions), len(seeds)))
    parts, scores = [], []
    ids = np.array([f"{i:05d}" for i in range(examples)])
    for task, measure in tasks.items():
        for j, language in enumerate(languages):
            base = accuracy + rng.normal(0, 0.05)
            luck = rng.random(examples)
            shared = rng.random(examples) < _SHARED_LUCK
            for i, condition in enumerate(conditions):
                for k, seed in enumerate(seeds):
                    gain = 0.0
                    if condition != BASELINE:
                        effect = effects[condition]
                        gain = effect.get(groups[j], 0.0) if isinstance(effect, Mapping) else effect
                        gain += by_language[i, j] + by_seed[i, k] + rng.normal(0, run_sd)
                    correct = (np.where(shared, luck, rng.random(examples)) < base + gain).astype(float)
                    keys = {
                        **{"encoder": encoder, "condition": condition, "task": task, "variant": "clean"},
                        **{"seed": seed, "run": f"{task}-{condition}-s{seed}", "language": language},
                    }
                    parts.append((keys, correct, measure))
                    scores.append(
                        keys
                        | {
                            "metric": measure,
                            "value": correct.mean(),
                            "n": examples,
                            "zero_shot": language != ENGLISH,
                        }
                        | {"same_data": False}
                    )
    keys = pd.DataFrame([k | {"measure": m} for k, _, m in parts]).loc[np.repeat(np.arange(len(parts)), examples)]
    predictions = keys.reset_index(drop=True).assign(
        example_id=np.tile(ids, len(parts)), correct=np.concatenate([c for _, c, _ in parts]), total=1.0
    )
    predictions["gold"] = "yes"
    predictions["prediction"] = np.where(predictions["correct"] == 1, "yes", "no")
    return predictions[list(PREDICTION_COLUMNS)], pd.DataFrame(scores)[list(SCORE_COLUMNS)]
