"""What a study can detect, from its plan and the variances of a finished study; with more of everything, and its hours.

Told before anything is trained: by `--plan`, and again in notebook 05.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd

from study_utils.analysis.inference.clear import CLAIM_SEEDS, is_primary
from study_utils.analysis.inference.settings import Primary
from study_utils.analysis.models.one_thread import on_one_thread
from study_utils.analysis.planning.components import Components, gain_components
from study_utils.analysis.planning.outlook import COLUMNS, POINTS, Outlook, in_points, reach_margin, typical_rows
from study_utils.analysis.planning.power import ABOUT, PRIMARY, StudyCells, detectable, make_cells, with_seeds
from study_utils.analysis.results.cells import Blocks
from study_utils.analysis.results.gains import group_labels
from study_utils.analysis.results.tables import BASELINE, join_languages
from study_utils.catalog import TASKS, condition, source_language
from study_utils.catalog.benchmarks import BENCHMARKS
from study_utils.catalog.perturbations import CLEAN
from study_utils.errors import AnalysisError, StoreError, unknown
from study_utils.estimate import UNSTATED, expected_seconds
from study_utils.outcomes.scores import read_examples, read_scores
from study_utils.params import StudyParams, TaskParams
from study_utils.plan import STAGES, Plan, make_plan
from study_utils.store import Store

DEFAULT = "evidence"
"""Study whose committed results say how gains vary, where nothing nearer does."""
SEEDS = (3, 5, 10, 20)
ROWS = (2, 4, 10)
"""Numbers of seeds, and multiples of the test rows, of larger studies."""
RESULTS = "results.csv"


def outlook(
    plan: Plan,
    store: Store,
    params: StudyParams,
    *,
    name: str,
    root: Path,
    vary: bool = False,
    scores: pd.DataFrame | None = None,
    examples: Blocks | None = None,
) -> Outlook:
    """Say what a study can detect.

    The variances are those of the study's own results (its store if all is scored, else its report); else those of the
    study that `analysis.components` names, or of `DEFAULT`. Reads results, makes no run.

    Parameters
    ----------
    plan, store, params
        The study.
    name : str
        Name of its report folder.
    root : pathlib.Path
        Project folder, in which reports are found.
    vary : bool
        Whether to plan the study with more seeds, test rows, languages and tasks too, with the hours that these take.
    scores, examples : optional
        What `read_scores` and `read_examples` give, where they have been read.
    """
    read = {"scores": scores, "examples": examples}
    components, source, notes = _find_components(plan, store, params, name=name, root=root, **read)
    if components is None:
        return Outlook(unknown=notes[-1], notes=notes[:-1])
    try:
        cells = planned_cells(plan, params)
    except AnalysisError as error:
        return Outlook(unknown=str(error))
    level, margin = params.analysis.level, params.analysis.margin
    counts = _comparisons(plan, params)
    rows = list(dict.fromkeys(planned_cells(plan, own) for own in (params, *(_with_rows(params, n) for n in ROWS))))
    table, curves = _larger(components, plan, store, params) if vary else (Outlook().table, Outlook().curves)
    return Outlook(
        source=source,
        components=components,
        notes=notes,
        planned=detectable(components, cells, comparisons=counts, level=level),
        seeds=cells.seeds,
        margin=margin,
        reach=reach_margin(components, rows, most=SEEDS[-1], margin=margin, level=level, comparisons=counts),
        table=table,
        curves=curves,
    )


def planned_cells(plan: Plan, params: StudyParams) -> StudyCells:
    """Zero-shot cells that at least half of the conditions have, with the test rows that are asked for and declared.

    Pairs of tasks made from the same data and languages that a condition is trained in don't count.

    Raises
    ------
    AnalysisError
        If there is no such cell.
    """
    cells = _cells(plan, params)
    arms = cells.groupby(["encoder", "condition"]).ngroups
    common = cells.groupby(["task", "language"], sort=False).size()
    common = common[common * 2 >= arms].reset_index()[["task", "language"]]
    rows = [_test_rows(params, task, code) for task, code in zip(common["task"], common["language"])]
    return make_cells(common.assign(rows=rows), seeds=len(params.seeds), group=params.analysis.primary.group)


def _cells(plan: Plan, params: StudyParams) -> pd.DataFrame:
    """Zero-shot cells of one seed under every condition but the baseline."""
    found = []
    for cell in plan.cells:
        item = condition(cell.condition)
        related = not set(TASKS[cell.task].same_data).isdisjoint(params.trained_tasks(cell.condition))
        first = (cell.variant, cell.seed) == (CLEAN, params.seeds[0])
        if item.key == BASELINE or item.regime != "english" or related or not first:
            continue
        found += [
            (cell.encoder, item.key, cell.task, code)
            for code in cell.languages
            if code != source_language(cell.task) and not item.may_have_seen(code)
        ]
    return pd.DataFrame(found, columns=["encoder", "condition", "task", "language"])


def _test_rows(params: StudyParams, task: str, code: str) -> int:
    """Test rows of a language: the limit that is asked for, or as many as are declared if these are fewer."""
    known = [number for number in (params.test_examples(task), _declared(task).get(code)) if number]
    return min(known, default=UNSTATED)


def _declared(task: str) -> dict[str, int]:
    return getattr(TASKS[task].test, "expected", {})


def _comparisons(plan: Plan, params: StudyParams) -> dict[str, int]:
    """How many results are corrected together: the primary comparison's for themselves, the others among themselves."""
    chosen = params.analysis.primary
    primary, found = Primary(group=chosen.group, condition=chosen.condition), {}
    cells = join_languages(_cells(plan, params))
    kinds = {
        "all": "All languages",
        "family": group_labels(cells),
        "branch": cells["branch"],
        "language": cells["name"],
    }
    for unit, group in kinds.items():
        rows = cells.assign(unit=unit, group=group).drop_duplicates(["encoder", "condition", "group"])
        first = is_primary(rows, primary)
        found[unit] = int(first.sum()), int((~first).sum())
    of_group = next((count for unit, (count, _) in found.items() if unit != "all" and count), 1)
    of_all = found["all"][0] or found["all"][1]
    return {
        **{PRIMARY: of_group, ABOUT[0]: of_all, ABOUT[1]: of_all},
        **{ABOUT[2]: found["family"][1], ABOUT[3]: found["language"][1]},
    }


# --- whose variances ---


def _find_components(
    plan: Plan,
    store: Store,
    params: StudyParams,
    *,
    name: str,
    root: Path,
    scores: pd.DataFrame | None,
    examples: Blocks | None,
) -> tuple[Components | None, str, tuple[str, ...]]:
    """Components and whose they are; or None, and why nothing could be read in the last of the notes."""
    notes: list[str] = []
    if all(store.status(run.id) == "done" for run in plan.of_stage(STAGES[3])):
        try:
            found = read_scores(plan, store, params, variants=False) if scores is None else scores
            own = read_examples(plan, store) if examples is None else examples
            return gain_components(found, own), "this study's own results", ()
        except (AnalysisError, StoreError) as error:
            notes.append(f"this study's own results: {error}")
    reports = (root / params.reports, root / "reports")
    for study in dict.fromkeys([name, params.analysis.components or DEFAULT]):
        path = next((folder / study / RESULTS for folder in reports if (folder / study / RESULTS).is_file()), None)
        if path is None:
            if study == params.analysis.components:
                known = {file.parent.name for folder in reports for file in folder.glob(f"*/{RESULTS}")}
                notes.append(unknown("study with results", study, known, where="analysis.components"))
            continue
        try:
            return gain_components(pd.read_csv(path)), _told(study, own=study == name), tuple(notes)
        except (AnalysisError, ValueError, TypeError, OSError) as error:  # a damaged file raises any of these
            notes.append(f"{path.relative_to(root) if path.is_relative_to(root) else path}: {error}")
    if not notes:
        notes.append(f"there are no results of a finished study (no reports/{DEFAULT}/{RESULTS})")
    return None, "", tuple(notes)


def _told(study: str, *, own: bool) -> str:
    return f"this study's report (reports/{study})" if own else f"the study {study} (reports/{study}/{RESULTS})"


# --- with more ---


@on_one_thread
def _larger(components: Components, plan: Plan, store: Store, params: StudyParams) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables `table` and `curves` of `Outlook`."""
    found, lines, asked = {}, {}, {}
    plans = [
        (varied, own, plan if own is params else make_plan(own, absent_ok=True)) for varied, own in _changes(params)
    ]
    finished = store.finished(run for *_, planned in plans for run in planned.runs)
    for varied, own, planned in plans:
        cells = planned_cells(planned, own)
        if cells in found:
            continue
        asked[cells] = counts = _comparisons(planned, own)
        left = sum(expected_seconds(planned, store, params.computing, finished=finished, anywhere=True).values())
        done = sum(finished[key]["seconds"] for key in planned.runs if key in finished)
        sizes = (cells.seeds, len(set(cells.languages)), len(set(cells.tasks)), typical_rows(cells))
        found[cells] = dict(zip(COLUMNS, (varied, *sizes, (left + done) / 3600, left / 3600)))
        if varied not in ("seeds", "seeds and test rows"):
            lines[varied] = (cells, counts)  # of the test rows, the most
    seeds = [count for count in sorted({len(params.seeds), *SEEDS}) if count >= CLAIM_SEEDS]
    for cells, counts in lines.values():
        asked |= {with_seeds(cells, count): counts for count in seeds}
    here, level = planned_cells(plan, params), params.analysis.level

    def told(cells: StudyCells) -> dict[str, float]:
        like = with_seeds(here, cells.seeds)
        return in_points(detectable(components, cells, comparisons=asked[cells], level=level, like=like))

    with ThreadPoolExecutor(os.cpu_count()) as pool:  # linear algebra, most of it, holds no lock
        gains = dict(zip(asked, pool.map(told, asked)))
    table = pd.DataFrame([row | gains[cells] for cells, row in found.items()], columns=[*COLUMNS, *POINTS.values()])
    curves = [
        {"line": _line(varied, cells), "seeds": count} | gains[with_seeds(cells, count)]
        for varied, (cells, _) in lines.items()
        for count in seeds
    ]
    return table, pd.DataFrame(curves, columns=["line", "seeds", *POINTS.values()])


def _line(varied: str, cells: StudyCells) -> str:
    numbers = {"test rows": typical_rows(cells), "languages": len(set(cells.languages)), "tasks": len(set(cells.tasks))}
    return f"{numbers[varied]} {varied}" if varied in numbers else varied


def _changes(params: StudyParams) -> Iterator[tuple[str, StudyParams]]:
    """Parameters of the study as planned and of larger ones, with what is more of it; these from `CLAIM_SEEDS` on."""
    yield "as planned", params
    params = _with_seeds(params, CLAIM_SEEDS)
    for count in SEEDS:
        yield "seeds", _with_seeds(params, count)
    for times in ROWS:
        yield "test rows", _with_rows(params, times)
    alone = {key: own.model_copy(update={"languages": ()}) for key, own in params.tasks.items()}
    yield "languages", params.model_copy(update={"languages": (), "tasks": alone})
    yield "tasks", _with_tasks(params)
    yield "seeds and test rows", _with_rows(_with_seeds(params, SEEDS[-2]), ROWS[1])


def _with_seeds(params: StudyParams, count: int) -> StudyParams:
    new = (seed for seed in range(count + len(params.seeds)) if seed not in params.seeds)
    seeds = (*params.seeds, *(next(new) for _ in range(max(0, count - len(params.seeds)))))
    return params.model_copy(update={"seeds": seeds})


def _with_rows(params: StudyParams, times: int) -> StudyParams:
    """So many times the test rows, where the catalogue says that there are more."""
    tasks = dict(params.tasks)
    for key in params.targets:
        limit, most = params.test_examples(key), max(_declared(key).values(), default=0)
        if limit and limit < most:
            own = tasks.get(key, TaskParams())
            tasks[key] = own.model_copy(update={"test_examples": min(times * limit, most)})
    return params.model_copy(update={"tasks": tasks})


def _with_tasks(params: StudyParams) -> StudyParams:
    """As many targets again, of the published benchmarks, that suit the study's conditions; as many as there are."""
    wanted = dict.fromkeys(key for item in reversed(BENCHMARKS.values()) for key in item.tasks if key in TASKS)
    targets = list(params.targets)
    for key in wanted:
        if key in targets or len(targets) == 2 * len(params.targets):
            continue
        try:
            type(params).model_validate(params.model_dump() | {"targets": (*targets, key)})
        except ValueError:  # it holds rows that a condition trains on, or none of the languages
            continue
        targets.append(key)
    return params.model_copy(update={"targets": tuple(targets)})
