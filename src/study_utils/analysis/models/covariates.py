"""What the mixed model knows of languages and tasks, and which of it a study's design can tell from families."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from study_utils.catalog import ENCODERS, LANGUAGES, TASKS, covariate_table, source_language
from study_utils.catalog.titles import task_title

COVARIATES = {
    "seen": "seen in pretraining, against not seen",
    "log_size": "ten times as much pretraining text",
    "latin": "Latin script, against any other",
    "resource": "one resource class (0 to 5) higher",
    "distance": "syntactic distance to English, per 0.1",
}
"""Covariates of languages, and what one unit of each means. Task format is added where tasks allow it."""

TITLES = {
    "seen": "being seen in pretraining",
    "log_size": "size of the pretraining text",
    "latin": "Latin script",
    "resource": "resource class",
    "distance": "distance to English",
}
"""Covariates as people call them."""

_SIZES = {"xlmr_seen": ("xlmr_gib", np.log10), "mbert_seen": ("wikipedia_articles_log10", np.asarray)}
"""Column of pretraining size for each column that says what was seen, and how it becomes a logarithm."""

_SAME = 0.95
"""Correlation within families from which two covariates say nearly the same."""


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """Fixed effects that a design can estimate.

    Attributes
    ----------
    languages : pandas.DataFrame
        One row a language, indexed by code: `label` and one centred column a covariate.
    warnings : tuple of str
        What was left out or cannot be separated, in plain words.
    """

    languages: pd.DataFrame
    warnings: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """Covariates that were kept."""
        return [name for name in self.languages if name != "label"]


def without_distance(tasks: Sequence[str], wanted: Sequence[str]) -> tuple[list[str], list[str]]:
    """Leave out the distance, which is one to English, where a target is trained in another language.

    Parameters
    ----------
    tasks : sequence of str
        Keys of targets.
    wanted : sequence of str
        Keys of `COVARIATES`.

    Returns
    -------
    wanted, notes : list of str
        The covariates that may be asked for, and what is left out in plain words.
    """
    others = [task for task in tasks if source_language(task) != "en"]
    if "distance" not in wanted or not others:
        return list(wanted), []
    told = ", ".join(f"{task_title(task)} in {LANGUAGES[source_language(task)].name}" for task in others)
    note = f"distance is known to English alone, and not every target is trained in it ({told}): left out."
    return [name for name in wanted if name != "distance"], [note]


def language_facts(table: pd.DataFrame) -> pd.DataFrame:
    """Facts of the languages of one encoder's cells.

    Parameters
    ----------
    table : pandas.DataFrame
        With `encoder` (one), `language`, `label`, and what `join_languages` adds.

    Returns
    -------
    pandas.DataFrame
        One row a language, indexed by code: `label` and the columns of `COVARIATES`, missing where not known.
    """
    first = table.drop_duplicates("language").set_index("language").sort_index()
    found = pd.DataFrame({"label": first["label"], "seen": first["seen"].astype("Float64").astype(float)})
    encoder = ENCODERS.get(table["encoder"].iloc[0])
    numbers = covariate_table().reindex(found.index)
    found["log_size"] = np.nan
    if encoder is not None and encoder.seen in _SIZES:
        column, logarithm = _SIZES[encoder.seen]
        found["log_size"] = logarithm(numbers[column])
        # Of languages not seen there is no size; at the mean of the others, `seen` alone speaks for them.
        found.loc[found["seen"] == 0, "log_size"] = found.loc[found["seen"] == 1, "log_size"].mean()
    found["latin"] = (first["script"] == "Latn").astype(float)
    found["resource"] = [np.nan if (c := LANGUAGES[code].joshi_class) is None else float(c) for code in found.index]
    found["distance"] = 10 * numbers["uriel_syntactic"]
    return found


def choose_covariates(facts: pd.DataFrame, wanted: Sequence[str]) -> Chosen:
    """Keep the covariates whose effects can be told from family and from each other, and say what cannot.

    Covariates are taken in the order given; one that adds nothing to those before it is left out.

    Parameters
    ----------
    facts : pandas.DataFrame
        From `language_facts`.
    wanted : sequence of str
        Keys of `COVARIATES`.
    """
    notes = []
    for name in list(wanted):
        if facts[name].isna().all():
            notes.append(f"{TITLES[name]} is not known for this encoder or these languages: left out.")
            wanted = [other for other in wanted if other != name]
    unknown = facts[list(wanted)].isna()
    if unknown.any().any():
        lost = facts.index[unknown.any(axis=1)]
        which = ", ".join(TITLES[name] for name in wanted if unknown[name].any())
        notes.append(f"{which} not known for {_names(lost)}: these languages are not in the model.")
        facts = facts.drop(index=lost)
    columns = pd.get_dummies(facts["label"]).astype(float)
    kept: list[str] = []
    for name in wanted:
        centred = facts[name] - facts[name].mean()
        together = pd.concat([columns, *(facts[other] for other in kept), centred], axis=1).to_numpy()
        rank = np.linalg.matrix_rank(together[:, :-1])
        if facts[name].nunique() < 2:
            notes.append(f"{TITLES[name]} is the same for all languages here: no effect of it can be estimated.")
        elif np.linalg.matrix_rank(together) == rank:
            notes.append(_nested(facts, name, kept))
        elif len(facts) <= rank + 2:
            notes.append(
                f"{len(facts)} languages are too few for {TITLES[name]} beside {rank} other effects: left out."
            )
        else:
            kept.append(name)
            notes += _weak(facts, name, kept)
    chosen = facts[kept] - facts[kept].mean()
    return Chosen(languages=pd.concat([facts[["label"]], chosen], axis=1), warnings=tuple(notes))


def choose_formats(tasks: Sequence[str]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Contrasts of task formats against their mean, one row a task, where formats can be told from tasks."""
    formats = pd.Series({task: TASKS[task].format for task in tasks})
    counts = formats.value_counts().sort_index()
    none = pd.DataFrame(index=list(tasks))
    if len(counts) < 2:
        return none, ()
    if len(tasks) <= len(counts) + 1:
        told = f"{len(tasks)} tasks of {len(counts)} formats: task and format can't be separated, format is left out."
        return none, (told,)
    dummies = pd.get_dummies(formats).astype(float)
    last = dummies.columns[-1]
    effects = dummies.drop(columns=last).sub(dummies[last], axis=0)
    return effects.rename(columns=lambda name: f"format {name}"), ()


def _nested(facts: pd.DataFrame, name: str, kept: list[str]) -> str:
    if (facts.groupby("label")[name].nunique() > 1).any():
        others = " and ".join(["family", *(TITLES[other] for other in kept)])
        return f"{TITLES[name]} can't be separated from {others}: together they already determine it. It is left out."
    means = facts.groupby("label")[name].first()
    parts = [f"{_value(name, v)}: {', '.join(sorted(means.index[means == v]))}" for v in sorted(means.unique())]
    return (
        f"family and {TITLES[name]} can't be separated: no family has languages that differ in it "
        f"({'; '.join(parts)}). A difference between such families may be one of {TITLES[name]}. It is left out."
    )


def _weak(facts: pd.DataFrame, name: str, kept: list[str]) -> list[str]:
    groups = facts["label"]
    within = facts[kept] - facts[kept].groupby(groups).transform("mean")
    found = []
    varies = facts.groupby("label")[name].nunique()
    varies = list(varies.index[varies > 1])
    if len(varies) == 1:
        found.append(
            f"{TITLES[name]} differs within one family only ({varies[0]}): its estimate is a comparison inside that "
            f"family."
        )
    for other in kept[:-1]:
        spread = within[[other, name]].std()
        if spread.min() > 0 and abs(within[other].corr(within[name])) >= _SAME:
            both = f"{TITLES[other]} and {TITLES[name]}"
            found.append(f"{both} say nearly the same within families: their effects can't be separated.")
    return found


def _value(name: str, value: float) -> str:
    words = {("seen", 1): "seen", ("seen", 0): "not seen", ("latin", 1): "Latin", ("latin", 0): "another script"}
    return words.get((name, value), f"{value:.3g}")


def _names(codes: Sequence[str]) -> str:
    return ", ".join(LANGUAGES[code].name for code in codes)
