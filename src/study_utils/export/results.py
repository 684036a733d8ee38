"""Results of a study as records of Every Eval Ever, one a model, checked by its JSON schema (version 0.3.0).

Source of the schema, which is kept beside this module with its licence: the package `every-eval-ever` 0.3.0
(https://github.com/evaleval/every_eval_ever, MIT).
"""

from __future__ import annotations

import hashlib
import json
import re
import time
import uuid
from collections.abc import Iterator
from importlib import metadata, resources
from pathlib import Path

import jsonschema
import pandas as pd

from study_utils.analysis.results.tables import CORRELATIONS, check_results
from study_utils.catalog import ENCODERS, TASKS
from study_utils.catalog.conditions import find_condition, regime_name
from study_utils.catalog.schema import HubRows
from study_utils.catalog.titles import condition_title, encoder_title, metric_title, rows_title
from study_utils.encoders.identity import is_folder
from study_utils.errors import StoreError
from study_utils.store import writable, write_atomically

MODEL = ["encoder", "condition", "task", "seed"]
"""Columns whose values name a model, fine-tuned or, for retrieval, only read."""
_MAINTAINERS = "the maintainers of study-utils"
_DETAILS = ("language", "variant", "n", "zero_shot", "same_data", "run", "train_examples", "total_examples", "layer")


def schema() -> dict:
    """JSON schema of a record."""
    path = resources.files("study_utils.export") / "every_eval_ever" / "eval.schema.json"
    return json.loads(path.read_text(encoding="utf-8"))


def write_results(results: pd.DataFrame, folder: Path, *, study: str, title: str, now: float | None = None) -> int:
    """Write a results table as records, in the folders that the data store of Every Eval Ever has.

    Parameters
    ----------
    results : pandas.DataFrame
        Results table of a study.
    folder : pathlib.Path
        New or empty. Files are ``STUDY/DEVELOPER/MODEL/UUID.json``; the UUID hangs on all but the time.
    study, title : str
        Name and title of the study.
    now : float, optional
        Seconds since 1970 that records give as the time they were made.

    Returns
    -------
    int
        Number of records.

    Raises
    ------
    AnalysisError
        If the results table is not valid.
    StoreError
        If the folder is not empty or can't be written, or a record doesn't fit the schema.
    """
    check_results(results)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StoreError(f"{folder} is not a new or an empty folder: name another one")
    wanted = schema()
    validator = jsonschema.Draft7Validator(wanted)
    stamp = str(int(time.time() if now is None else now))
    records = [{"schema_version": wanted["version"], **record} for record in _records(results, study, title, stamp)]
    for record in records:
        if error := next(validator.iter_errors(record), None):
            place = "/".join(map(str, error.absolute_path))
            raise StoreError(
                f"record of {record['model_info']['name']} doesn't fit the schema at {place}: {error.message}"
            )
    with writable(folder):
        for record in records:
            developer, model = record["model_info"]["id"].split("/", 1)
            text = json.dumps(record, ensure_ascii=False, indent=1) + "\n"
            path = folder / study / developer / model / f"{_uuid(record)}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, text)
    return len(records)


def _uuid(record: dict) -> uuid.UUID:
    lasting = {name: value for name, value in record.items() if name not in ("retrieved_timestamp", "evaluation_id")}
    return uuid.UUID(bytes=hashlib.sha256(json.dumps(lasting, sort_keys=True).encode()).digest()[:16], version=4)


def _records(results: pd.DataFrame, study: str, title: str, stamp: str) -> Iterator[dict]:
    for (encoder, condition, task, seed), part in results.groupby(MODEL, sort=False):
        model = _model(encoder, condition, task, int(seed))
        yield {
            "evaluation_id": f"{study}/{model['id']}/{stamp}",
            "retrieved_timestamp": stamp,
            "source_metadata": {
                "source_name": title,
                "source_type": "documentation",
                "source_organization_name": _MAINTAINERS,
                "evaluator_relationship": "first_party",
                "additional_details": {"study": study},
            },
            "eval_library": {"name": "study-utils", "version": metadata.version("study-utils")},
            "model_info": model,
            "evaluation_results": [_result(row) for row in part.to_dict("records")],
        }


def _model(encoder: str, condition: str, task: str, seed: int) -> dict:
    known = ENCODERS.get(encoder)
    hub = known.hub_id if known and known.hub_id and not is_folder(known) else ""
    developer = _plain(hub.split("/")[0] if hub else "study-utils")
    stages = find_condition(condition)
    details = {
        "deployment_type": "self_deployed",
        "model_availability": "unknown",
        "encoder": encoder,
        "encoder_revision": (known.revision if known else "") or "not known",
        "condition": condition,
        "intermediate_tasks": ", ".join(stages.tasks) if stages else "not known",
        "regime": regime_name(stages.regime, [task]) if stages else "not known",
        "target_task": task,
        "seed": str(seed),
    }
    return {
        "name": f"{encoder_title(encoder)}; {condition_title(condition)}; {rows_title(task)}; seed {seed}",
        "id": f"{developer}/{_plain('-'.join((encoder.rsplit('/', 1)[-1], condition, task, f's{seed}')))}",
        "developer": developer,
        "inference_engine": {"name": "transformers"},
        "additional_details": details,
    }


def _plain(text: str) -> str:
    """Text as the name of a folder: no two that differ in a study's keys become one."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", text)


def _result(row: dict) -> dict:
    told = {name: str(row[name]) for name in _DETAILS if name in row and pd.notna(row[name])}
    metric = row["metric"]
    return {
        "evaluation_result_id": "/".join((str(row["run"]), row["language"], row["variant"], metric)),
        "evaluation_name": ".".join((row["task"], row["language"], row["variant"])),
        "source_data": _source(row["task"], row["language"]),
        "metric_config": {
            "evaluation_description": f"{metric_title(metric)} on the test rows in this language",
            "metric_id": metric,
            "metric_name": metric_title(metric),
            "metric_kind": metric,
            "metric_unit": "correlation" if metric in CORRELATIONS else "proportion",
            "lower_is_better": False,
            "score_type": "continuous",
            "min_score": -1.0 if metric in CORRELATIONS else 0.0,
            "max_score": 1.0,
        },
        "score_details": {
            "score": float(row["value"]),
            "details": told,
            "uncertainty": {"num_samples": int(row["n"])},
        },
    }


def _source(key: str, language: str) -> dict:
    task = TASKS[key]
    details = {"licence": task.licence, "citation": task.citation, "language": language}
    if isinstance(task.test, HubRows) and not task.test.not_on_hub:
        configs = task.test.configs.get(language, ())
        named = configs if isinstance(configs, str) else "+".join(configs)
        details |= {"revision": task.test.revision, "config": named, "split": task.test.split}
        return {
            "dataset_name": task.title,
            "source_type": "hf_dataset",
            "hf_repo": task.test.hub_id,
            "additional_details": details,
        }
    return {"dataset_name": task.title, "source_type": "other", "additional_details": details}
