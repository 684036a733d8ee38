"""Sentences generated from results: direction, size, interval and what stands behind it; no number is ever typed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from study_utils.analysis.inference.clear import claim_barred
from study_utils.analysis.inference.groups import MIN_POOL
from study_utils.analysis.inference.settings import Primary
from study_utils.analysis.results.gains import of_metric
from study_utils.analysis.results.tables import BASELINE, is_source, join_languages, require_columns
from study_utils.catalog import LANGUAGES, TASKS
from study_utils.catalog.titles import (
    at_most_five,
    condition_order,
    condition_title,
    encoder_title,
    metric_label,
    source_name,
    task_title,
)
from study_utils.sentences.tasks_behind import describe_tasks_behind

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
    *("n_seeds", "generalises_over", "comparable", "withheld"),
)

_TINY = 1e-9
_MOST = 5
"""Results that are told one by one; more are left to the table."""


def points(value: float) -> str:
    """Fraction as signed points with one decimal and a real minus sign."""
    rounded = round(100 * value, 1) + 0.0
    return f"{rounded:+.1f}".replace("-", "\N{MINUS SIGN}") if rounded else "0.0"


def size(value: float) -> str:
    """Fraction as points without a sign, where a word says the direction."""
    return f"{100 * abs(value):.1f}"


def interval_text(row: pd.Series) -> str:
    """Interval of a row; in words where both ends are zero to the digit that is shown."""
    return f"{row['level']:.0%} interval {ends_text(row['low'], row['high'])}"


def ends_text(low: float, high: float) -> str:
    """Ends of an interval; in words where both are zero to the digit that is shown."""
    ends = points(low), points(high)
    return "less than 0.1 points wide on either side of zero" if ends == ("0.0", "0.0") else " to ".join(ends)


def told_few(texts: Sequence[Sequence[str]], where: str = "table") -> list[str]:
    """Sentences of at most five conditions, given those of each; of more, where they are."""
    more = len(texts) - _MOST
    left = f"{counted(more, 'more condition')} {'is' if more == 1 else 'are'} in the {where}."
    return [*(text for own in texts[:_MOST] for text in own), *[left] * (more > 0)]


def counted(count: int, noun: str) -> str:
    """Count with its noun, in the plural where it must be."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def in_order(table: pd.DataFrame) -> pd.DataFrame:
    """Rows encoder by encoder, their conditions in the order that figures have, otherwise as they are."""
    places = {key: place for place, key in enumerate(condition_order(table["condition"]))}
    return table.sort_values("condition", key=lambda keys: keys.map(places), kind="stable").sort_values(
        "encoder", kind="stable"
    )


def describe_gain(row: pd.Series) -> str:
    """Say what one row of `study_utils.analysis.family_gains` shows on the tasks of the study.

    A gain or a loss is called clear only if its interval excludes zero, the corrected p-value is below 0.05 and nothing
    bars a claim; everything else is not clear at this size, whatever its sign.
    """
    who = _condition(row["condition"])
    over = {"all": _all_languages(row), "language": row["group"]}.get(row["unit"], f"{row['group']} languages")
    change = f"{who} changes zero-shot scores on {over} by {points(row['estimate'])} points"
    if row["withheld"]:
        return f"{change} ({', '.join(behind(row))}); no interval: {row['withheld']}."
    return f"{change} ({interval_text(row)}; {', '.join(behind(row))}): {verdict(row)}."


def _all_languages(row: pd.Series) -> str:
    """What a mean over all languages is over: by its name where there is one language."""
    alone = row["unit"] == "all" and row["n_languages"] == 1
    return LANGUAGES[row["languages"]].name if alone else "all zero-shot languages"


def describe_generally(row: pd.Series) -> str:
    """Say what the same row shows for tasks like those of the study; empty where no interval is given at all."""
    if row["withheld"]:
        return ""
    if row["general_withheld"]:
        return f"For tasks like these nothing is claimed: {row['general_withheld']}."
    ends = ends_text(row["general_low"], row["general_high"])
    if ends_text(0.0, 0.0) == ends:
        return f"For tasks like these the interval is {ends} too."
    told = f"For tasks like these the change is {points(row['general_estimate'])} points ({ends})"
    if row["general_clear"]:
        return f"{told}: a clear {'gain' if row['general_estimate'] > 0 else 'loss'}."
    if row["general_low"] * row["general_high"] <= 0:
        return f"{told}: not clear, so it may be another on other tasks."
    if barred := claim_barred(row.to_frame().T).iloc[0]:
        return f"{told}: no claim from {barred}."
    return f"{told}: not clear after correction for multiple comparisons, so it may be another on other tasks."


def describe_sound(row: pd.Series) -> str:
    """Say what the same row shows without runs that failed; empty if none did."""
    kinds = {"collapsed": "collapsed", "not_learnt": "not learnt", "at_chance": "one side at chance"}
    failed = [f"{at_most_five(row[kind].split(', '))} ({told})" for kind, told in kinds.items() if row[kind]]
    if row["withheld"] or not failed:
        return ""
    if not np.isfinite(row["sound_estimate"]):
        return f"Without {' and '.join(failed)} nothing is left."
    ends = ends_text(row["sound_low"], row["sound_high"])
    return f"Without {' and '.join(failed)} it is {points(row['sound_estimate'])} points ({ends})."


def describe_contrast(row: pd.Series) -> str:
    """Say what one row of `study_utils.analysis.contrast_gains` shows; "clear" as in `describe_gain`."""
    over = {"all": "all languages", "language": row["group"]}.get(row["unit"], f"{row['group'].lower()} languages")
    arm, against = (_arm(row[side], row["tasks"].split()) for side in ("arm", "against"))
    told = f"{arm} against {against}, {over}: {points(row['estimate'])} points"
    if row["withheld"]:
        return f"{told} ({', '.join(behind(row))}); no interval: {row['withheld']}."
    return f"{told} ({interval_text(row)}; {', '.join(behind(row))}): {verdict(row)}."


def describe_contrasts(table: pd.DataFrame) -> list[str]:
    """Say what contrasts show, or that the study has no two arms to compare.

    Returns
    -------
    list of str
        One sentence a row; of more than five a count, and the largest clear ones, or the largest in size if none is.
    """
    if table.empty:
        return ["The study has no two arms that can be compared here."]
    shown, told = table, []
    if len(table) > _MOST:
        clear = table["clear"].astype(bool)
        up, down = int((clear & (table["estimate"] > 0)).sum()), int((clear & (table["estimate"] < 0)).sum())
        told.append(
            f"Of {counted(len(table), 'comparison')} of two arms the first is clearly better in {up} and clearly worse "
            f"in {down}; {len(table) - up - down} are not clear at this size. The figure shows all."
        )
        shown = table[clear] if clear.any() else table
        order = shown["estimate"].abs().sort_values(ascending=False, kind="stable").index
        shown = shown.loc[order[: _MOST - 1 if clear.any() else 1]]
    return told + [titled(row["encoder"], describe_contrast(row), table) for _, row in shown.iterrows()]


def _arm(key: str, tasks: Sequence[str]) -> str:
    return f"{source_name(tasks, adjective=True)} fine-tuning alone" if key == BASELINE else condition_title(key)


def behind(row: pd.Series) -> list[str]:
    """What stands behind a mean gain: numbers of languages (unless it is of one), tasks and seeds."""
    told = [counted(row["n_tasks"], "task"), counted(row["n_seeds"], "seed")]
    return told if row["unit"] == "language" else [counted(row["n_languages"], "language"), *told]


def verdict(row: pd.Series, up: str = "a clear gain", down: str = "a clear loss") -> str:
    """What a row shows: words for a clear estimate above (`up`) or below zero (`down`), or why it is not clear.

    These words hold on the tasks of the study, and say so.
    """
    if row["clear"]:
        return (up if row["estimate"] > 0 else down) + (" on these tasks" if row["n_tasks"] > 1 else " on this task")
    if row["low"] <= 0 <= row["high"]:
        same = max(-row["low"], row["high"]) < _TINY
        return "no score differs" if same else "not clear at this size"
    barred = claim_barred(row.to_frame().T).iloc[0]
    return f"no claim from {barred}" if barred else "not clear after correction for multiple comparisons"


def describe_tasks(table: pd.DataFrame) -> list[str]:
    """Say on which target tasks each condition gains or loses: `study_utils.analysis.task_gains`.

    Returns
    -------
    list of str
        One sentence a condition and encoder, and one a task where runs collapsed, with and without them; of more
        than five conditions those with most clear results, then the largest.
    """
    require_columns(table, ("encoder", "condition", "task", "estimate", "clear", "withheld"), table="gains by task")
    if table.empty:
        return ["No condition besides the baseline has a zero-shot language, so there is no gain to report."]
    texts = []
    parts = list(in_order(table).groupby(["encoder", "condition"], sort=False))
    if len(parts) > _MOST:
        parts.sort(key=lambda part: (part[1]["clear"].sum(), part[1]["estimate"].abs().max()), reverse=True)
    for (encoder, condition), part in parts:
        clear = part[part["clear"]].sort_values("estimate", key=abs, ascending=False)
        told = []
        for row in clear.head(_MOST).itertuples():
            kind = "gain" if row.estimate > 0 else "loss"
            alone = f" in {LANGUAGES[row.languages].name}" if row.n_languages == 1 else ""
            told.append(f"a clear {kind} on {task_title(row.task)}{alone} ({points(row.estimate)} points)")
        if len(clear) > _MOST:
            told.append(f"{counted(len(clear) - _MOST, 'more clear result')} in the table")
        held = part[part["withheld"] != ""]
        rest = part[~part["clear"] & (part["withheld"] == "")]
        if len(rest):
            low, high = points(rest["estimate"].min()), points(rest["estimate"].max())
            ends = f"{low} points" if len(rest) == 1 or low == high else f"estimates from {low} to {high} points"
            other = "other " * (len(clear) > 0)
            many = f"{other}task" if len(rest) == 1 else f"{len(rest)} {other}tasks"
            told.append(f"no clear change on {'the' if other else 'its'} {many} ({ends})")
        if len(held):
            low, high = points(held["estimate"].min()), points(held["estimate"].max())
            ends = f"{low} points" if low == high else f"estimates from {low} to {high} points"
            told.append(f"no interval on {counted(len(held), 'task')} ({ends}; {held['withheld'].iloc[0]})")
        sentences = [titled(encoder, f"{condition_title(condition)}: {', '.join(told)}.", table)]
        fell = part[part["collapsed"] != ""] if "collapsed" in part else part.head(0)
        for _, row in fell.head(_MOST).iterrows():
            start = f"{condition_title(condition)} on {task_title(row['task'])}: {points(row['estimate'])} points."
            sentences.append(titled(encoder, f"{start} {describe_sound(row)}".strip(), table))
        texts.append(sentences)
    return told_few(texts, "figure")


def describe_overall(overall: pd.DataFrame, primary: Primary | None = None) -> list[str]:
    """Say what each condition does over all languages: ``family_gains(..., by="all")``.

    Parameters
    ----------
    overall : pandas.DataFrame
    primary : Primary, optional
        The study's primary comparison; named in the last sentence.

    Returns
    -------
    list of str
        One text a condition and encoder (on these tasks, for tasks like these, without failed runs); of more than
        five a count, then the clear and the largest ones. Then one on comparability where conditions cover different
        cells.
    """
    require_columns(overall, NEEDED, table="table of gains")
    if overall.empty:
        return ["No condition besides the baseline has a zero-shot language, so there is no gain to report."]
    sentences, shown = [], in_order(overall)
    if len(overall) > _MOST:
        clear = overall["clear"].astype(bool)
        up, down = int((clear & (overall["estimate"] > 0)).sum()), int((clear & (overall["estimate"] < 0)).sum())
        sentences.append(
            f"Of {len(overall)} conditions, {up} show a clear gain and {down} a clear loss over all languages; "
            f"{len(overall) - up - down} are not clear at this size."
        )
        shown = overall.assign(size=overall["estimate"].abs()).sort_values(["clear", "size"], ascending=False)
    texts = []
    for _, row in shown.iterrows():
        parts = (describe_gain(row), describe_generally(row), describe_sound(row))
        texts.append([titled(row["encoder"], " ".join(filter(None, parts)), overall)])
    sentences += told_few(texts)
    if primary is not None:
        group = "all languages" if primary.group == "all" else primary.group
        of = "every condition" if primary.condition is None else condition_title(primary.condition)
        sentences.append(
            f"The study's primary comparison is {group} under {of}: it is corrected for its own conditions alone, and "
            f"each other comparison for those of its table."
        )
    return sentences + _comparability(overall)


def describe_families(families: pd.DataFrame) -> list[str]:
    """Say which families clearly gain or lose, and how many results are open.

    Returns
    -------
    list of str
        A count; one sentence a clear result, the largest five; the largest gain and loss that are not clear, if none
        is.
    """
    require_columns(families, NEEDED, table="table of gains")
    if families.empty:
        return ["No condition besides the baseline has a zero-shot language, so there is no gain to report."]
    tested = families[families["withheld"] == ""]
    clear = tested[tested["clear"]]
    clear = clear.reindex(clear["estimate"].abs().sort_values(ascending=False).index)
    up, down = (clear["estimate"] > 0).sum(), (clear["estimate"] < 0).sum()
    alone = int((tested.drop_duplicates("group")["unit"] == "language").sum())
    sentences = [
        f"Of {counted(len(tested), 'comparison')} of a condition with the baseline in a family or language, "
        f"{up} show a clear gain and {down} a clear loss on these tasks after correction for multiple comparisons; "
        f"{len(tested) - len(clear)} {'is' if len(tested) - len(clear) == 1 else 'are'} not clear at this size."
    ] * (len(tested) > 0)
    sentences += describe_tasks_behind(tested)
    if alone >= MIN_POOL:
        sentences.append(
            f"{counted(alone, 'language')} alone in their family are drawn towards each other's mean as far as noise "
            f"would explain how they differ."
        )
    sentences += [_with_and_without(row) for _, row in clear.head(_MOST).iterrows()]
    if len(clear) > _MOST:
        more = len(clear) - _MOST
        sentences.append(f"{counted(more, 'more clear result')} {'is' if more == 1 else 'are'} in the table.")
    if clear.empty and len(tested):
        picked = {"largest": tested["estimate"].idxmax(), "smallest": tested["estimate"].idxmin()}
        if picked["largest"] == picked["smallest"]:
            picked = {"only one" if len(tested) == 1 else "first": picked["largest"]}
        sentences += [f"The {name}: {_with_and_without(tested.loc[place])}" for name, place in picked.items()]
    if len(held := families[families["withheld"] != ""]):
        reasons = held["withheld"].value_counts()
        told = "; ".join(f"{count} \N{MULTIPLICATION SIGN} {reason}" for reason, count in reasons.items())
        sentences.append(f"For {counted(len(held), 'comparison')} no interval is given ({told}).")
    return sentences + _comparability(families)


def _with_and_without(row: pd.Series) -> str:
    """What a row shows, and without the runs that failed."""
    return f"{describe_gain(row)} {describe_sound(row)}".strip()


def describe_scores(scores: pd.DataFrame) -> list[str]:
    """Say how the baseline does per task: the source language, mean of the zero-shot languages, best, worst and chance.

    Returns
    -------
    list of str
        One sentence an encoder and task, and one on cells at or below chance, if there are any.
    """
    chosen = of_metric(scores)
    chosen = join_languages(chosen[chosen["condition"] == BASELINE])
    sentences = []
    for (encoder, task), part in chosen.groupby(["encoder", "task"], sort=False):
        others = part[part["zero_shot"].astype(bool) & ~is_source(part)]
        if others.empty:
            continue
        zero_shot = others.groupby("name")["value"].mean()
        source = part.loc[is_source(part), "value"]
        told = f"{source_name([task])} {100 * source.mean():.1f}, " if len(source) else ""
        chance = TASKS[task].chance
        at_chance = int((zero_shot <= chance).sum()) if chance else 0
        end = f"; chance is {100 * chance:.1f}" if chance else ""
        start = f"{encoder_title(encoder)}, " if chosen["encoder"].nunique() > 1 else ""
        metric = metric_label(part["metric"].iloc[0])
        best, worst = (_at(zero_shot, end) for end in (zero_shot.max(), zero_shot.min()))
        mean = f"mean of {len(zero_shot)} zero-shot languages {100 * zero_shot.mean():.1f}, best {best}, worst {worst}"
        told += mean if len(zero_shot) > 1 else f"zero-shot {best}"
        sentences.append(f"{start}{task_title(task)} without intermediate training ({metric}): {told}{end}.")
        if at_chance:
            sentences.append(f"{task_title(task)}: {counted(at_chance, 'language')} at or below chance.")
    return sentences


def _at(scores: pd.Series, score: float) -> str:
    """Name the languages that have a score, or how many."""
    names = scores.index[scores == score]
    return f"{' and '.join(names) if len(names) <= 2 else counted(len(names), 'language')} {100 * score:.1f}"


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
