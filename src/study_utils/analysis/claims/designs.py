"""Facts of a published design: does a study follow it, and what has it instead."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from study_utils.analysis.claims.evidence import Evidence, english_tasks
from study_utils.analysis.questions.encoders import size_rule
from study_utils.analysis.results.tables import ENGLISH, is_source
from study_utils.catalog import TASKS, source_language
from study_utils.catalog.benchmarks import BENCHMARKS
from study_utils.catalog.claims import Claim
from study_utils.catalog.conditions import find_condition
from study_utils.catalog.titles import condition_title, encoder_title, task_title

Answer = tuple[bool, str]
"""Whether a study follows a design, and what it has."""


def own_encoders(claim: Claim, evidence: Evidence) -> Answer:
    """The encoders are those of the claim, and no others."""
    own = {key for keys in claim.encoders for key in keys}
    return own == set(evidence.encoders), ", ".join(map(encoder_title, evidence.encoders))


def three_phases(claim: Claim, evidence: Evidence) -> Answer:
    """One English stage, English fine-tuning, and languages that no stage was trained in."""
    scores = evidence.scores[evidence.scores["task"].map(source_language) == ENGLISH]
    zero_shot = scores[scores["condition"].isin(evidence.singles) & scores["zero_shot"].astype(bool)]
    count = zero_shot.loc[~is_source(zero_shot), "language"].nunique()
    return count > 0, f"{len(evidence.singles)} such conditions, {count} zero-shot languages"


def all_conditions(claim: Claim, evidence: Evidence) -> Answer:
    """Every condition of the claim was run."""
    there = [condition_title(key) for keys in claim.conditions for key in keys if key in evidence.conditions]
    count = sum(bool(set(keys) & set(evidence.conditions)) for keys in claim.conditions)
    return count == len(claim.conditions), f"{count} of {len(claim.conditions)}" + (
        f": {', '.join(there)}" if there else ""
    )


def formats(claim: Claim, evidence: Evidence) -> Answer:
    """Classification, answering, multiple choice and tagging are among the formats, and completion (HellaSwag)."""
    tasks = {task for key in evidence.conditions for task in english_tasks(key)}
    have = sorted({TASKS[task].format for task in tasks})
    wanted = {"classify", "answer", "choose", "tag"}
    return wanted <= set(have) and "hellaswag" in tasks, ", ".join(have) or "none"


def single_and_mixed(claim: Claim, evidence: Evidence) -> Answer:
    """There are conditions of one English intermediate task and of several."""
    singles, mixtures = len(evidence.singles), len(evidence.mixtures)
    return bool(singles and mixtures), f"{singles} of one task, {mixtures} of several"


def benchmark_targets(claim: Claim, evidence: Evidence) -> Answer:
    """The targets are those of the benchmark, in all of its languages."""
    have = set(zip(evidence.scores["task"], evidence.scores["language"]))
    cells = BENCHMARKS[claim.benchmark].cells
    count = sum(task in evidence.targets for task in claim.targets)
    there = sum(cell in have for cell in cells)
    return there == len(cells), f"{count} of {len(claim.targets)} targets, {there} of {len(cells)} target languages"


def kinds_of_task(claim: Claim, evidence: Evidence) -> Answer:
    """Text classification, sentiment and similarity are among the targets."""
    have = [kind for kind, holds in _KINDS.items() if any(holds(task) for task in evidence.targets)]
    return len(have) == len(_KINDS), ", ".join(have) or "none of them"


def _is_sentiment(task: str) -> bool:
    return TASKS[task].format == "classify" and {"positive", "negative"} <= {
        label.lower() for label in TASKS[task].labels
    }


_KINDS: Mapping[str, Callable[[str], bool]] = {
    "text classification": lambda task: TASKS[task].format == "classify" and not _is_sentiment(task),
    "sentiment analysis": _is_sentiment,
    "sentence similarity": lambda task: TASKS[task].format == "regress",
}


def two_kinds(claim: Claim, evidence: Evidence) -> Answer:
    """Some targets are fine-tuned and scored in English, others in another language."""
    scores = evidence.scores
    other = _in_language(evidence)
    english = set(scores.loc[is_source(scores) & (scores["language"] == ENGLISH), "task"]) - other
    return bool(english and other), f"{len(english)} in English, {len(other)} in another language"


def _in_language(evidence: Evidence) -> set[str]:
    """Targets fine-tuned and scored in another language than English: their source, or under another regime."""
    scores = evidence.scores
    found = scores["condition"].map(find_condition)
    regime = found.map(lambda item: item is not None and item.regime != "english").astype(bool)
    own = (regime & ~scores["zero_shot"].astype(bool)) | is_source(scores)
    return set(scores.loc[own & (scores["language"] != ENGLISH), "task"])


def larger_intermediate(claim: Claim, evidence: Evidence) -> Answer:
    """Every intermediate task has ten times the training rows of each target after it, or more."""
    table = size_rule(evidence.training_sizes)
    if table.empty:
        return False, "no intermediate task before a target with training rows"
    row = table.loc[table["times"].idxmin()]
    told = f"{condition_title(row['condition'])}, {row['intermediate_examples']:,} rows, before "
    told += f"{task_title(row['task'])}, {row['target_examples']:,}"
    return bool(table["holds"].all()), f"at least {row['times']:.1f} times ({told})"


def training_share(claim: Claim, evidence: Evidence) -> Answer:
    """Both stages train on the published share of the rows."""
    shares = [getattr(evidence.params, stage).train_share for stage in _STAGES]
    return set(shares) == {claim.published["training share"]}, _stages(
        "all" if s is None else f"{s:.0%}" for s in shares
    )


def epochs(claim: Claim, evidence: Evidence) -> Answer:
    """Both stages and all targets may take the published number of epochs."""
    asked = [getattr(evidence.params, stage).epochs for stage in _STAGES]
    asked += [item.epochs for item in evidence.params.tasks.values() if item.epochs is not None]
    return set(asked) == {int(claim.published["epochs"])}, f"{min(asked)} to {max(asked)}"


def all_weights(claim: Claim, evidence: Evidence) -> Answer:
    """Every training run here updates all weights of the encoder."""
    return True, "all weights, always"


_STAGES = ("intermediate", "target")


def _stages(values: Sequence[str]) -> str:
    return ", ".join(f"{stage} stage {value}" for stage, value in zip(_STAGES, values))


DESIGNS: Mapping[str, Callable[[Claim, Evidence], Answer]] = {
    "phang-encoder": own_encoders,
    "phang-three-phases": three_phases,
    "phang-nine-tasks": all_conditions,
    "phang-formats": formats,
    "phang-single-and-mixed": single_and_mixed,
    "phang-targets": benchmark_targets,
    "mohapatra-encoders": own_encoders,
    "mohapatra-tasks": kinds_of_task,
    "mohapatra-two-kinds": two_kinds,
    "mohapatra-imdb": all_conditions,
    "mohapatra-larger-intermediate": larger_intermediate,
    "mohapatra-share": training_share,
    "mohapatra-epochs": epochs,
    "mohapatra-all-weights": all_weights,
}
"""Design claim to the function that says whether a study follows it."""
