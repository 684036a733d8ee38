"""Sentences about divergence: how far tasks are apart, whether gains follow, and what can't be told."""

from __future__ import annotations

import pandas as pd

from study_utils.analysis.questions.divergence.explain import PARTS, Explained
from study_utils.analysis.questions.divergence.sets import MEASURES
from study_utils.analysis.questions.divergence.slopes import CONTROLS, FORMAT, TYPOLOGY
from study_utils.analysis.results.tables import is_source, require_columns
from study_utils.catalog.titles import condition_title, task_title
from study_utils.sentences.gains import counted, interval_text, points, titled

NOT_ASKED = "This study measures no divergence: it takes 'divergence' among the study's questions."
_FARTHER = {
    "task": "farther than the other intermediate tasks on the same target and language",
    "language": "farther in one language than in the others of its family on the same target",
}
_BETWEEN = {"task": "between intermediate tasks", "language": "between languages of a family"}
_UNITS = {"task": "intermediate tasks", "language": "families"}
_A_UNIT = {"task": "an intermediate task", "language": "a family"}


def describe_divergence(table: pd.DataFrame) -> list[str]:
    """Say which condition is nearest to and farthest from each target, by maximum mean discrepancy."""
    require_columns(table, ("encoder", "condition", "task", "language", "mmd"), table="table of divergence")
    if table.empty:
        return [NOT_ASKED]
    sentences = []
    for (encoder, task), part in table[~is_source(table)].groupby(["encoder", "task"], sort=False):
        means = part.groupby("condition")["mmd"].mean().dropna()
        if means.empty:
            told = f"{task_title(task)}: too few rows a language to measure distances between samples."
        elif len(means) < 2:
            told = f"{task_title(task)}: there is one condition only, so none is nearer than another."
        else:
            near, far = means.idxmin(), means.idxmax()
            over = counted(part["language"].nunique(), "language")
            told = (
                f"{task_title(task)}: nearest is {condition_title(near)} ({MEASURES['mmd']} {means[near]:.3f}), "
                f"farthest {condition_title(far)} ({means[far]:.3f}); means over {over}."
            )
        sentences.append(titled(encoder, told, table))
    return sentences


def describe_explained(found: Explained) -> list[str]:
    """Answer whether gains fall with divergence, and what divergence says beyond format; or why it can't be told."""
    slopes = found.slopes
    if slopes.empty:
        return [
            "Whether gains follow divergence can't be told: no zero-shot gain of a single intermediate task has a "
            f"measured divergence. {NOT_ASKED}"
        ]
    sentences = []
    for encoder, part in slopes.groupby("encoder", sort=False):
        tested = part[part["withheld"] == ""]
        for name in PARTS:
            sentences.append(titled(encoder, _answer(tested[tested["part"] == name], part, name), slopes))
        clear = tested[tested["clear"]]
        for _, row in clear.iterrows():
            sentences.append(_capital(titled(encoder, describe_slope(row), slopes)))
            sentences += [titled(encoder, text, slopes) for text in _on_targets(found.by_target, row)]
        left_out = found.left_out[found.left_out["encoder"] == encoder]
        for name in PARTS:
            sentences.append(titled(encoder, _foretold(left_out[left_out["part"] == name], name), slopes))
    return sentences


def describe_by_target(found: Explained) -> list[str]:
    """Say for how many measures the slopes of single targets differ in sign."""
    sentences = []
    for (encoder, name), part in found.by_target.groupby(["encoder", "part"], sort=False):
        known = part[part["withheld"] == ""]
        measures = known["measure"].nunique()
        if known["task"].nunique() < 2:
            told = f"Slopes {_BETWEEN[name]} can't be compared between targets: fewer than two targets have one."
            sentences.append(titled(encoder, told, found.by_target))
            continue
        signs = known.groupby("measure")["estimate"].agg(lambda values: (values > 0).any() and (values < 0).any())
        text = (
            f"Slopes {_BETWEEN[name]}: for {int(signs.sum())} of {counted(measures, 'measure')} they rise on one "
            f"target and fall on another."
        )
        sentences.append(titled(encoder, text, found.by_target))
    return sentences


def _on_targets(by_target: pd.DataFrame, slope: pd.Series) -> list[str]:
    """Whether a slope over all targets is that of each: the lowest and highest, where there are two targets or more."""
    keys = ["encoder", "measure", "part"]
    same = (by_target[keys] == slope[keys].to_numpy()).all(axis=1) & (by_target["withheld"] == "")
    own = by_target[same]
    if len(own) < 2:
        return []
    low, high = (own.loc[getattr(own["estimate"], which)()] for which in ("idxmin", "idxmax"))
    title = MEASURES[slope["measure"]]
    alike = "in the same direction on every target"
    if low["estimate"] < 0 < high["estimate"]:
        alike = "not in the same direction on every target, so it is no rule for other targets"
    return [f"On single targets the slope of {title} runs from {_points_on(low)} to {_points_on(high)}: {alike}."]


def _points_on(row: pd.Series) -> str:
    return f"{points(row['estimate'])} points ({task_title(row['task'])})"


def _answer(tested: pd.DataFrame, part: pd.DataFrame, name: str) -> str:
    where = _BETWEEN[name]
    if tested.empty:
        reasons = dict.fromkeys(part.loc[part["part"] == name, "withheld"])
        return f"Whether gains follow divergence {where} can't be told: {'; '.join(reasons)}."
    clear = tested[tested["clear"]]
    up, down = int((clear["estimate"] > 0).sum()), int((clear["estimate"] < 0).sum())
    first = tested.iloc[0]
    number = first["n_conditions"] if name == "task" else first["n_languages"]
    behind = counted(int(number), "intermediate task" if name == "task" else "language")
    verdict = (
        f"{down} with clearly smaller gains farther away and {up} with clearly larger ones, the others not decided"
        if len(clear)
        else "none shows a clear change of the gain, in either direction"
    )
    biggest = tested.loc[tested["estimate"].abs().idxmax()]
    tail = "" if len(clear) else f" The largest: {describe_slope(biggest)}"
    return f"Divergence {where}: of {counted(len(tested), 'measure')} over {behind}, {verdict}.{tail}"


def describe_slope(row: pd.Series) -> str:
    """Say what one row of `Explained.slopes`, `together` or `controls` shows."""
    title = (MEASURES | CONTROLS)[row["measure"]]
    if row["withheld"]:
        return f"{title[0].upper()}{title[1:]}: can't be told, {row['withheld']}."
    unit = {
        FORMAT: "from the same format to a wholly different one",
        TYPOLOGY: "a tenth more syntactic distance to English",
    }
    step = unit.get(row["measure"]) or f"one standard deviation more {title} ({_FARTHER[row['part']]})"
    verdict = "not clear at this size"
    if row["clear"]:
        verdict = "a clear rise" if row["estimate"] > 0 else "a clear fall"
    elif row["low"] > 0 or row["high"] < 0:
        verdict = "not clear after correction for multiple comparisons"
    return f"{step} goes with {points(row['estimate'])} points of gain ({interval_text(row)}): {verdict}."


def describe_controls(found: Explained) -> list[str]:
    """Say what format and typological distance alone go with, and which measures say the same as format."""
    sentences = [
        _capital(titled(r["encoder"], describe_slope(r), found.controls)) for _, r in found.controls.iterrows()
    ]
    if not sentences:
        return [
            "The controls, format and typological distance, have no estimate: there are too few tasks and languages."
        ]
    same = found.together[found.together["withheld"] == ""]
    for encoder, part in same.groupby("encoder", sort=False):
        told = ", ".join(f"{MEASURES[r.measure]} {points(r.estimate)} points" for r in part.itertuples())
        largest = part.loc[part["inflation"].idxmax()]
        text = (
            f"All measures that can be told apart in one model, a standard deviation each: {told}; the largest "
            f"variance inflation is {largest['inflation']:.1f} ({MEASURES[largest['measure']]})."
        )
        sentences.append(titled(encoder, text, found.together))
    left = found.together[found.together["withheld"] != ""]
    for reason, part in left.groupby("withheld", sort=False):
        names = ", ".join(dict.fromkeys(MEASURES[m] for m in part["measure"]))
        sentences.append(f"Not in that model: {names} ({reason}).")
    return sentences


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _foretold(left_out: pd.DataFrame, name: str) -> str:
    """Of all measures together, or else of the first that can be used: never of the one that does best."""
    known = left_out[left_out["withheld"] == ""]
    control = {"task": "format", "language": "typological distance"}[name]
    start = f"How much divergence says beyond {control} about {_A_UNIT[name]} that was left out"
    if known.empty:
        reasons = "; ".join(dict.fromkeys(left_out["withheld"]))
        return f"{start} can't be told: {reasons}."
    together = known[known["measure"] == "all"]
    row = (together if len(together) else known).iloc[0]
    title = "all measures together" if row["measure"] == "all" else MEASURES[row["measure"]]
    verdict = "whether that is better or worse than without can't be told"
    if row["low"] > 0:
        verdict = "its gains are foretold better"
    elif row["high"] < 0:
        verdict = "its gains are foretold worse"
    low, high = _percent(-row["high"]), _percent(-row["low"])
    return (
        f"{start}: with {title} the squared error changes by {_percent(-row['share'])} ({row['level']:.0%} interval "
        f"{low} to {high}, from refits without each of {row['n_left_out']} {_UNITS[name]}): {verdict}."
    )


def _percent(share: float) -> str:
    rounded = round(100 * share)
    return f"{rounded:+d}%".replace("-", "\N{MINUS SIGN}") if rounded else "0%"
