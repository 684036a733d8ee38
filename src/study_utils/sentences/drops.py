"""Sentences about perturbed test rows: what they cost, whom they cost less, and what was changed."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from study_utils.analysis.results.tables import BASELINE, require_columns
from study_utils.catalog import TASKS
from study_utils.catalog.parallel import ADVERSARIAL, SERIES, series_of
from study_utils.catalog.perturbations import CLEAN, variant, variant_title
from study_utils.catalog.titles import condition_title, task_title
from study_utils.sentences.gains import NEEDED, counted, describe_gain, interval_text, points, size, titled, verdict

_NO_VARIANTS = (
    "The study has no perturbed test rows (evaluation.variants is empty), so nothing is said about robustness to them."
)
_NO_SERIES = "The study has no intermediate task both in English and in another language, so the two can't be compared."
_MOST = 5
"""Differences that are told one by one; more are left to the table."""
_COLUMNS = tuple(name for name in NEEDED if name not in ("condition", "comparable"))


def describe_drops(table: pd.DataFrame) -> list[str]:
    """Say what every variant costs the baseline: ``drops(..., by="all")``."""
    require_columns(table, ("condition", "variant", *_COLUMNS), table="table of drops")
    if table.empty:
        return [_NO_VARIANTS]
    told = []
    for _, row in table[table["condition"] == BASELINE].iterrows():
        start = f"{variant_title(row['variant'])}: without intermediate training, zero-shot scores on"
        way = "drop" if row["estimate"] >= 0 else "rise"
        change = f"{start} {_where(row)} {way} by {size(row['estimate'])} points"
        told.append(titled(row["encoder"], f"{change} {_behind(row, 'a clear drop', 'a clear rise')}.", table))
    return told


def describe_drop_families(table: pd.DataFrame) -> list[str]:
    """Say in which families each variant costs the baseline most and least: ``drops(..., by="family")``."""
    require_columns(table, ("condition", "variant", *_COLUMNS), table="table of drops")
    told = []
    for (encoder, name), part in table[table["condition"] == BASELINE].groupby(["encoder", "variant"], sort=False):
        ranked = part.sort_values("estimate", ascending=False)
        clear = int(part["clear"].sum())
        most, least = ranked.iloc[0], ranked.iloc[-1]
        told.append(
            titled(
                encoder,
                f"{variant_title(name)}, baseline: scores change most in {most['group']} ({points(-most['estimate'])} "
                f"points) and least in {least['group']} ({points(-least['estimate'])}); {clear} of {len(part)} "
                f"families and single languages show a clear drop or rise.",
                table,
            )
        )
    return told or [_NO_VARIANTS]


def describe_drop_differences(table: pd.DataFrame) -> list[str]:
    """Say whether intermediate training makes drops smaller: ``drop_differences(..., by="all")``."""
    require_columns(table, ("arm", "against", "variant", *_COLUMNS), table="table of differences of drops")
    if table.empty:
        return [f"{_NO_VARIANTS} Or it has no condition besides the baseline."]
    tested = table[table["withheld"] == ""]
    clear = tested[tested["clear"]]
    less, more = int((clear["estimate"] < 0).sum()), int((clear["estimate"] > 0).sum())
    told = [
        f"Of {counted(len(tested), 'comparison')} of a condition with the baseline under a perturbation, {less} "
        f"show a clearly smaller drop and {more} a clearly larger one after correction for multiple comparisons; "
        f"{len(tested) - len(clear)} are not clear at this size."
    ]
    shown = clear
    if clear.empty and len(tested):
        shown = tested.loc[list(dict.fromkeys([tested["estimate"].idxmin(), tested["estimate"].idxmax()]))]
    largest = shown.loc[shown["estimate"].abs().sort_values(ascending=False, kind="stable").index[:_MOST]]
    told += [_difference(row, condition_title(row["arm"]), "without it", table) for _, row in largest.iterrows()]
    if len(shown) > _MOST:
        told.append(f"{len(shown) - _MOST} more clear differences are in the table.")
    if len(held := table[table["withheld"] != ""]):
        told.append(f"For {counted(len(held), 'comparison')} no interval is given ({held['withheld'].iloc[0]}).")
    return told


def describe_english(of_scores: pd.DataFrame, of_drops: pd.DataFrame) -> list[str]:
    """Say how an intermediate task in English does against the same in other languages.

    Parameters
    ----------
    of_scores, of_drops : pandas.DataFrame
        From `study_utils.analysis.questions.drops.english_against_others` with ``by="all"``.
    """
    for table in (of_scores, of_drops):
        require_columns(table, ("series", "arm", "variant", *_COLUMNS), table="table of English against others")
    if of_scores.empty:
        return [_NO_SERIES]
    told = []
    for _, row in of_scores[of_scores["variant"] == CLEAN].iterrows():
        start = f"{SERIES[row['series']].title} in English instead of another language changes zero-shot scores on"
        change = f"{start} {_where(row)} outside the families of both by {points(row['estimate'])} points"
        text = f"{change} {_behind(row, 'English is clearly better', 'English is clearly worse')}."
        told.append(titled(row["encoder"], text, of_scores))
    for _, row in of_drops.iterrows():
        title = f"{SERIES[row['series']].title} in English"
        told.append(_difference(row, title, "with it in a language of another family", of_drops))
    return told if len(of_drops) else [*told, _NO_VARIANTS]


def describe_adversarial(table: pd.DataFrame, targets: Sequence[str]) -> list[str]:
    """Say what intermediate training does on test sets written to mislead models.

    Parameters
    ----------
    table : pandas.DataFrame
        ``family_gains(..., by="all")`` of the clean rows of the study's adversarial targets; may be empty.
    targets : sequence of str
        All targets of the study.
    """
    there = [task_title(key) for key in targets if key in ADVERSARIAL]
    if not there:
        known = " or ".join(task_title(key) for key in ADVERSARIAL)
        return [f"No target of the study was written to mislead models (as {known} were)."]
    if table.empty:
        return [f"{' and '.join(there)}: no condition can be compared with the baseline."]
    names = " and ".join(there)
    return [f"{names}. {describe_gain(row)}" for _, row in table.iterrows()]


def describe_perturbed(counts: pd.DataFrame) -> list[str]:
    """Say how much of the test rows was changed: the table of `study_utils.study.Study.perturbed`."""
    require_columns(counts, ("variant", "unit", "examples", "untouched", "all", "asked", "changed"), table="counts")
    if counts.empty:
        return [_NO_VARIANTS]
    told = []
    for name, part in counts.groupby("variant", sort=False):
        total = part[["examples", "untouched", "all", "asked", "changed"]].sum()
        told.append(
            f"{variant_title(name)}: {total['changed'] / max(1, total['all']):.1%} of the {part['unit'].iloc[0]} were "
            f"changed ({total['asked'] - total['changed']:.0f} of {total['asked']:.0f} asked for could not be), and "
            f"{total['untouched']:.0f} of {total['examples']:.0f} examples stayed as they were."
        )
    return told


def describe_variants(names: Sequence[str]) -> list[str]:
    """Say what each variant does to a text."""
    return [f"{variant_title(name)} ({name}): {variant(name).kind.does}" for name in names] or [_NO_VARIANTS]


def describe_sizes(facts: pd.DataFrame, conditions: Sequence[str]) -> list[str]:
    """Say whether the tasks of each series were trained on equally many rows.

    Parameters
    ----------
    facts : pandas.DataFrame
        Columns `task`, `role`, `rows`: the table of `study_utils.study.Study.data_facts`.
    conditions : sequence of str
        Conditions of the study.
    """
    rows = facts[facts["role"] == "train"].groupby("task")["rows"].max()
    told = []
    for item in series_of(conditions):
        keys = [key for key in (item.english, *item.others) if key in conditions and key in rows.index]
        sizes = rows.loc[keys]
        names = ", ".join(f"{TASKS[key].training_language} {size}" for key, size in sizes.items())
        equal = "equally many rows in every language" if sizes.nunique() == 1 else "not equally many rows"
        same = "the same examples" if item.parallel else "other examples in every language, not only another language"
        told.append(f"{item.title}: {equal} ({names}); {same}.")
    return told or [_NO_SERIES]


def _difference(row: pd.Series, arm: str, against: str, table: pd.DataFrame) -> str:
    lost = f"{size(row['estimate'])} points {'less' if row['estimate'] < 0 else 'more'} than"
    if size(row["estimate"]) == "0.0":
        lost = "as much as"
    text = f"{variant_title(row['variant'])}: with {arm}, {_where(row)} lose {lost} {against}"
    return titled(row["encoder"], f"{text} {_behind(row, 'a clearly larger drop', 'a clearly smaller drop')}.", table)


def _where(row: pd.Series) -> str:
    return {"all": "all zero-shot languages", "language": row["group"]}.get(row["unit"], f"{row['group']} languages")


def _behind(row: pd.Series, up: str, down: str) -> str:
    """Interval of a row, what stands behind it, and what it shows."""
    counts = [counted(row["n_languages"], "language"), counted(row["n_tasks"], "task")]
    counts.append(counted(row["n_seeds"], "seed"))
    if row["withheld"]:
        return f"({', '.join(counts)}; no interval: {row['withheld']})"
    return f"({interval_text(row)}; {', '.join(counts)}): {verdict(row, up, down)}"
