"""The model card: what the model is, what it has seen, how well it does, whose licences it is under."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from huggingface_hub import EvalResult, ModelCardData

from study_utils.catalog import TASKS, Encoder, Task, language, task
from study_utils.catalog.schema import HubRows
from study_utils.catalog.titles import metric_title
from study_utils.encoders.identity import is_folder
from study_utils.export.find import TrainedRun
from study_utils.store import Store

PIPELINES = {"classify": "text-classification", "regress": "text-classification", "choose": "multiple-choice",
             "tag": "token-classification", "answer": "question-answering"}  # fmt: skip
"""Format to the hub's name of what a model is for."""

INPUTS = {
    "classify": "A text, or a pair of texts.",
    "regress": "A pair of texts. The output is the value in the range of the task: {low:g} to {high:g}.",
    "choose": "For each choice a pair: the text with its question behind it, and the choice.",
    "tag": "A sentence cut into words (`is_split_into_words=True`); the first piece of a word carries its tag.",
    "answer": (
        "A pair: question and passage. A long passage is cut into windows that overlap; the answer is the span with "
        "the highest sum of start and end output over all windows."
    ),
}
"""Format to what the model was trained to read."""

ENCODER_ALONE = (
    "The encoder without a head: `AutoModel` gives the hidden states of every token, the same as after training. What "
    "the heads of the run were is in the run alone."
)


def write_card(path: Path, run: TrainedRun, item: Task | None, auto: str, store: Store, scores: pd.DataFrame) -> None:
    """Write `README.md` of an exported model.

    Parameters
    ----------
    item : Task or None
        Task whose head is exported; None for the encoder alone.
    auto : str
        Class of transformers that loads it.
    scores : pandas.DataFrame
        What `study_utils.export.find.read_scores` returns.
    """
    shown = scores[scores["metric"] == scores["task"].map({key: own.metric for key, own in TASKS.items()})]
    shown = shown.sort_values(["task", "zero_shot", "language"]) if len(shown) else shown
    parts = [
        f"---\n{_front_matter(run, item, shown)}\n---",
        f"# {_title(run, item)}",
        f"{run.spec.title}, trained on {_then(run)}. Exported from run `{run.id}`.",
        "## Use",
        f"```python\nfrom transformers import AutoTokenizer, {auto}\n\n"
        f'tokenizer = AutoTokenizer.from_pretrained("FOLDER")\nmodel = {auto}.from_pretrained("FOLDER")\n```',
        _reads(run, item),
        "## What it was trained on",
        _table(_training(run, store)),
        f"Languages of training and selection rows: {_names(run.manifest['languages_seen'])}. Every other language is "
        f"zero-shot. Seed {run.manifest['identity']['seed']}; computed on {run.manifest.get('device', 'not known')}.",
        f"Settings of the last stage: {_settings(run)}.",
        "## Scores",
        _scores(run, shown),
        "## Licence",
        _licences(run),
    ]
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _title(run: TrainedRun, item: Task | None) -> str:
    return f"{run.spec.title}: {item.title if item else 'encoder alone'}"


def _then(run: TrainedRun) -> str:
    stages = [" and ".join(task(key).title for key in stage["identity"]["data"]) for stage in run.stages]
    return ", then ".join(stages)


def _front_matter(run: TrainedRun, item: Task | None, scores: pd.DataFrame) -> str:
    trained = [task(key) for stage in run.stages for key in stage["identity"]["data"]]
    hub = [own.train.hub_id for own in trained if isinstance(own.train, HubRows)]
    results = [
        EvalResult(
            task_type=PIPELINES.get(TASKS[row.task].format, "feature-extraction"),
            dataset_type=getattr(TASKS[row.task].test, "hub_id", "") or row.task,
            dataset_name=f"{TASKS[row.task].title} ({language(row.language).name})",
            dataset_config=row.language,
            metric_type=row.metric,
            metric_value=round(float(row.value), 4),
        )
        for row in scores.itertuples()
    ]
    is_public = bool(run.spec.hub_id) and not is_folder(run.spec)
    return ModelCardData(
        language=list(run.manifest["languages_seen"]),
        license="other",
        library_name="transformers",
        base_model=run.spec.hub_id if is_public else None,
        base_model_relation="finetune" if is_public else None,
        datasets=list(dict.fromkeys(hub)) or None,
        metrics=list(dict.fromkeys(scores["metric"])) or None,
        pipeline_tag=PIPELINES[item.format] if item else "feature-extraction",
        model_name=run.id if results else None,
        eval_results=results or None,
    ).to_yaml()


def _reads(run: TrainedRun, item: Task | None) -> str:
    if item is None:
        return ENCODER_ALONE
    low, high = item.value_range or (0, 1)
    length = f"Trained with at most {run.manifest['identity']['settings']['max_length']} tokens."
    labels = f" Labels: {', '.join(item.labels)}." if item.labels else ""
    return f"{INPUTS[item.format].format(low=low, high=high)}{labels} {length}"


def _training(run: TrainedRun, store: Store) -> list[dict]:
    """One line a stage and task, with what the manifest of its rows says."""
    lines = []
    for number, stage in enumerate(run.stages, start=1):
        for key, data in stage["identity"]["data"].items():
            rows = store.manifest(data) if store.status(data) == "done" else {}
            own = task(key)
            lines.append(
                {
                    "stage": number,
                    "task": own.title,
                    "rows": rows.get("rows", {}).get("train", "not known"),
                    "epochs": stage["identity"]["settings"]["epochs"],
                    "from": rows.get("sources", {}).get("train", "not known"),
                    "fingerprint": rows.get("fingerprints", {}).get("train", "not known")[:12],
                    "licence": own.licence,
                    "citation": own.citation,
                }
            )
    return lines


def _settings(run: TrainedRun) -> str:
    own = run.manifest["identity"]["settings"]
    return ", ".join(f"{name} {value}" for name, value in own.items() if value is not None)


def _scores(run: TrainedRun, scores: pd.DataFrame) -> str:
    if scores.empty:
        return "No run of the store has evaluated this model."
    lines = [
        {
            "task": TASKS[row.task].title,
            "language": language(row.language).name,
            "metric": metric_title(row.metric),
            "score": f"{100 * row.value:.1f}",
            "examples": row.n,
            "zero-shot": _KNOWN[bool(row.zero_shot)],
            "in pretraining": _KNOWN[run.spec.has_seen(row.language)],
        }
        for row in scores.itertuples()
    ]
    told = "In hundredths, on the clean test rows of the study; one seed, so differences of a point or two say little."
    return f"{told}\n\n{_table(lines)}"


def _licences(run: TrainedRun) -> str:
    own = [f"- encoder, {run.spec.title}: {run.spec.licence or 'not known'}{_where(run.spec)}"]
    trained = dict.fromkeys(key for stage in run.stages for key in stage["identity"]["data"])
    own += [f"- {task(key).title}: {task(key).licence}" for key in trained]
    return "Encoder and data keep their own licences; whoever passes the model on must keep to all of them.\n\n" + (
        "\n".join(own)
    )


def _where(spec: Encoder) -> str:
    if spec.package:
        return f" (package {spec.package})"
    return "" if is_folder(spec) else f" ({spec.hub_id} at {spec.revision})"


_KNOWN = {True: "yes", False: "no", None: "not known"}


def _names(codes: Sequence[str]) -> str:
    return ", ".join(language(code).name for code in codes)


def _table(lines: Sequence[Mapping]) -> str:
    head = list(lines[0])
    rows = [head, ["---"] * len(head), *([str(line[name]).replace("|", "\\|") for name in head] for line in lines)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
