"""Sentences generated from results: direction, size, interval and what stands behind it; no number is ever typed."""

from __future__ import annotations

import pandas as pd

from study_utils.analysis.inference.families import claim_barred
from study_utils.analysis.results.above_chance import compare_with_chance
from study_utils.analysis.results.gains import of_metric
from study_utils.analysis.results.tables import BASELINE, ENGLISH, join_languages, require_columns
from study_utils.catalog import TASKS
from study_utils.catalog.perturbations import CLEAN
from study_utils.catalog.titles import condition_title, encoder_title, metric_label, metric_title, task_title

NEEDED = (
    *(
        "encoder",
        "condition",
        "unit",
        "group",
        "estimate",
        "low",
        "high",
        "level",
        "clear",
        "n_languages",
        "n_tasks",
    ),
    *("n_seeds", "resampled", "comparable", "withheld"),
)

_TINY = 1e-9


def points(value: float) -> str:
    """Fraction as signed points with one decimal and a real minus sign."""
    rounded = round(100 * value, 1) + 0.0
    return f"{rounded:+.1f}".replace("-", "\N{MINUS SIGN}") if rounded else "0.0"


def counted(count: int, noun: str) -> str:
    """Count with its noun, in the plural where it must be."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def describe_gain(row: pd.Series) -> str:
    """Say what one row of `study_utils.analysis.family_gains` shows.

    A gain or a loss is called clear only if its interval excludes zero and the corrected p-value is below 0.05;
    everything else is not decided at this size, whatever its sign.
    """
    who = _condition(row["condition"])
    over = {"all": "all zero-shot languages", "language": row["group"]}.get(row["unit"], f"{row['group']} languages")
    change = f"{who} changes zero-shot scores on {over} by {points(row['estimate'])} points"
    if row["withheld"]:
        return f"{change} ({', '.join(behind(row))}); no interval: {row['withheld']}."
    interval = f"{row['level']:.0%} interval {points(row['low'])} to {points(row['high'])}"
    return f"{change} ({interval}; {', '.join(behind(row))}): {verdict(row)}."


def describe_contrast(row: pd.Series) -> str:
    """Say what one row of `study_utils.analysis.contrast_gains` shows; "clear" as in `describe_gain`."""
    over = {"all": "all languages", "language": row["group"]}.get(row["unit"], f"{row['group'].lower()} languages")
    told = f"{_arm(row['arm'])} against {_arm(row['against'])}, {over}: {points(row['estimate'])} points"
    if row["withheld"]:
        return f"{told} ({', '.join(behind(row))}); no interval: {row['withheld']}."
    interval = f"{row['level']:.0%} interval {points(row['low'])} to {points(row['high'])}"
    return f"{told} ({interval}; {', '.join(behind(row))}): {verdict(row)}."


def describe_contrasts(table: pd.DataFrame) -> list[str]:
    """Say what each contrast shows, one sentence a row; or that the study has no two arms to compare."""
    if table.empty:
        return ["The study has no two arms that can be compared here."]
    several = table["encoder"].nunique() > 1
    return [
        (f"{encoder_title(row['encoder'])}: " if several else "") + describe_contrast(row)
        for _, row in table.iterrows()
    ]


def _arm(key: str) -> str:
    return "English fine-tuning alone" if key == BASELINE else condition_title(key)


def behind(row: pd.Series) -> list[str]:
    """What stands behind a mean gain: numbers of languages (unless it is of one), tasks and seeds."""
    told = [counted(row["n_tasks"], "task"), counted(row["n_seeds"], "seed")]
    return told if row["unit"] == "language" else [counted(row["n_languages"], "language"), *told]


def verdict(row: pd.Series, up: str = "a clear gain", down: str = "a clear loss") -> str:
    """What a row shows: words for a clear estimate above (`up`) or below zero (`down`), or why it is not clear."""
    if row["clear"]:
        return up if row["estimate"] > 0 else down
    if row["low"] <= 0 <= row["high"]:
        same = max(-row["low"], row["high"]) < _TINY
        return "no test row is scored differently" if same else "not clear at this size"
    barred = claim_barred(row.to_frame().T).iloc[0]
    return f"no claim from {barred}" if barred else "not clear after correction for multiple comparisons"


def describe_overall(overall: pd.DataFrame) -> list[str]:
    """Say what each condition does over all languages: ``family_gains(..., by="all")``.

    Returns
    -------
    list of str
        One sentence a condition and encoder, then one on comparability where conditions cover different cells.
    """
    require_columns(overall, NEEDED, table="table of gains")
    if overall.empty:
        return ["No condition besides the baseline has a zero-shot language, so there is no gain to report."]
    several = overall["encoder"].nunique() > 1
    sentences = []
    for _, row in overall.iterrows():
        start = f"{encoder_title(row['encoder'])}: " if several else ""
        sentences.append(start + describe_gain(row))
    return sentences + _comparability(overall)


def describe_families(families: pd.DataFrame) -> list[str]:
    """Say which families clearly gain or lose, and how many results are open.

    Returns
    -------
    list of str
        One sentence a clear result, largest first; the largest gain and loss that are not clear, if none is; a count.
    """
    require_columns(families, NEEDED, table="table of gains")
    if families.empty:
        return ["No condition besides the baseline has a zero-shot language, so there is no gain to report."]
    tested = families[families["withheld"] == ""]
    clear = tested[tested["clear"]]
    clear = clear.reindex(clear["estimate"].abs().sort_values(ascending=False).index)
    up, down = (clear["estimate"] > 0).sum(), (clear["estimate"] < 0).sum()
    sentences = [
        f"Of {counted(len(tested), 'comparison')} of a condition with the baseline in a family or language, "
        f"{up} show a clear gain and {down} a clear loss after correction for multiple comparisons; "
        f"{len(tested) - len(clear)} are not decided at this size."
    ]
    sentences += [describe_gain(row) for _, row in clear.iterrows()]
    if clear.empty and len(tested):
        picked = {"largest": tested["estimate"].idxmax(), "smallest": tested["estimate"].idxmin()}
        sentences += [f"The {name}: {describe_gain(tested.loc[place])}" for name, place in picked.items()]
    if len(held := families[families["withheld"] != ""]):
        reasons = held["withheld"].value_counts()
        told = "; ".join(f"{count} \N{MULTIPLICATION SIGN} {reason}" for reason, count in reasons.items())
        sentences.append(f"For {counted(len(held), 'comparison')} no interval is given ({told}).")
    return sentences + _comparability(families)


def describe_scores(scores: pd.DataFrame) -> list[str]:
    """Say how the baseline does per task: English, mean of the zero-shot languages, best, worst and chance.

    Returns
    -------
    list of str
        One sentence an encoder and task, and one on cells at or below chance, if there are any.
    """
    chosen = of_metric(scores)
    chosen = join_languages(chosen[chosen["condition"] == BASELINE])
    sentences = []
    for (encoder, task), part in chosen.groupby(["encoder", "task"], sort=False):
        others = part[part["zero_shot"].astype(bool) & (part["language"] != ENGLISH)]
        if others.empty:
            continue
        zero_shot = others.groupby("name")["value"].mean()
        english = part.loc[part["language"] == ENGLISH, "value"]
        told = f"English {100 * english.mean():.1f}, " if len(english) else ""
        chance = TASKS[task].chance
        at_chance = int((zero_shot <= chance).sum()) if chance else 0
        end = f"; chance is {100 * chance:.1f}" if chance else ""
        start = f"{encoder_title(encoder)}, " if chosen["encoder"].nunique() > 1 else ""
        metric = metric_label(part["metric"].iloc[0])
        best, worst = (f"{name} {100 * zero_shot[name]:.1f}" for name in (zero_shot.idxmax(), zero_shot.idxmin()))
        mean = f"mean of {len(zero_shot)} zero-shot languages {100 * zero_shot.mean():.1f}, best {best}, worst {worst}"
        told += mean if len(zero_shot) > 1 else f"zero-shot {best}"
        sentences.append(f"{start}{task_title(task)} without intermediate training ({metric}): {told}{end}.")
        if at_chance:
            sentences.append(f"{task_title(task)}: {counted(at_chance, 'language')} at or below chance.")
    return sentences


def describe_unlearnt(scores: pd.DataFrame) -> list[str]:
    """Name targets that no condition learnt, so that a difference there says nothing; empty if there are none.

    Judged as in `study_utils.analysis.results.above_chance`, on clean rows in languages other than English.
    """
    table = compare_with_chance(scores[(scores["language"] != ENGLISH) & (scores["variant"] == CLEAN)])
    sentences = []
    for task, part in table.groupby("task", sort=False):
        if not part["learnt"].any():
            chance = TASKS[task].chance
            end = f" (chance {100 * chance:.1f})" if chance else ""
            sentences.append(
                f"{task_title(task)} was not learnt under any condition: {metric_title(part['metric'].iloc[0])} of at "
                f"most {100 * part['value'].max():.1f}{end} in the mean over other languages than English. "
                f"Differences there say nothing."
            )
    return sentences


def _comparability(table: pd.DataFrame) -> list[str]:
    different = table[~table["comparable"].astype(bool)]
    if different.empty:
        return []
    names = sorted({condition_title(key) for key in different["condition"]})
    lack = "lacks" if len(names) == 1 else "lack"
    return [
        f"Conditions are not averaged over the same tasks and languages here ({', '.join(names)} {lack} some, for "
        f"example tasks made from the same data), so compare them with the baseline and not with each other."
    ]


def _condition(key: str) -> str:
    return f"Intermediate training on {condition_title(key)}"


def titled(encoder: str, text: str, table: pd.DataFrame) -> str:
    """Put the encoder before a text if the table has several."""
    return f"{encoder_title(encoder)}: {text}" if table["encoder"].nunique() > 1 else text
