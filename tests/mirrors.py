"""Build small mirrors of hub layout: parquet files by `datasets`, and a dataset card `configs:` in front."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml
from datasets import ClassLabel, Dataset, Features, List, Value

from study_utils.catalog.retrieval import Retrieval
from study_utils.catalog.schema import HubRows, Rows, Task

NLI = ("entailment", "neutral", "contradiction")
NLI_COLUMNS = {"text": "premise", "text_pair": "hypothesis", "label": "label"}

Splits = Mapping[tuple[str, str], Dataset]
"""(config, split) to rows."""


def write_data_set(mirror: Path, hub_id: str, splits: Splits, *, card: bool = True, infos: bool = True) -> Path:
    """Write one data set; returns its folder. `infos` adds the features and row counts to the card."""
    folder = mirror / hub_id
    configs: dict[str, dict] = {}
    described: dict[str, dict] = {}
    for (config, split), rows in splits.items():
        path = folder / config / f"{split}-00000-of-00001.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        rows.to_parquet(path)
        entry = configs.setdefault(config, {"config_name": config, "data_files": []})
        entry["data_files"].append({"split": split, "path": f"{config}/{split}-*"})
        info = described.setdefault(
            config, {"config_name": config, "features": rows.features._to_yaml_list(), "splits": []}
        )
        info["splits"].append({"name": split, "num_examples": len(rows)})
    if card:
        head = {"license": "other", "configs": list(configs.values())}
        head |= {"dataset_info": list(described.values())} if infos else {}
        text = f"---\n{yaml.safe_dump(head, sort_keys=False)}---\n\n# {hub_id}\n"
        (folder / "README.md").write_text(text, encoding="utf-8")
    return folder


def nli(rows: list[tuple[str, str, int]], names: tuple[str, ...] = NLI) -> Dataset:
    """Pairs with a label number."""
    features = Features(
        {"premise": Value("string"), "hypothesis": Value("string"), "label": ClassLabel(names=list(names))}
    )
    columns = {
        "premise": [r[0] for r in rows],
        "hypothesis": [r[1] for r in rows],
        "label": [r[2] for r in rows],
    }
    return Dataset.from_dict(columns, features=features)


def tagged(rows: list[tuple[list[str], list[str]]], names: list[str]) -> Dataset:
    """Sentences with tag names, stored as numbers."""
    features = Features({"tokens": List(Value("string")), "upos": List(ClassLabel(names=names))})
    columns = {
        "tokens": [tokens for tokens, _ in rows],
        "upos": [[names.index(tag) for tag in tags] for _, tags in rows],
    }
    return Dataset.from_dict(columns, features=features)


def hub_rows(
    hub_id: str, split: str, configs: Mapping[str, str], columns: Mapping[str, str], unlabelled=(), **more
) -> HubRows:
    """Declare rows at a revision that is no commit."""
    return HubRows(
        hub_id=hub_id,
        revision="v1",
        split=split,
        configs=configs,
        columns=columns,
        unlabelled=tuple(unlabelled),
        **more,
    )


def make_task(shape: str, test: Rows | None = None, **fields) -> Task:
    """Declare a task of a shape (or of a format) with the test rows given."""
    format, _, search = shape.partition("-")
    defaults = {
        "classify": {"labels": NLI, "metric": "accuracy"},
        "regress": {"value_range": (0.0, 5.0), "metric": "spearman"},
        "choose": {"metric": "accuracy"},
        "tag": {"labels": ("DET", "NOUN", "VERB"), "metric": "token_accuracy"},
        "answer": {"metric": "squad"},
        "retrieve": {"metric": "accuracy_from_english", "retrieval": Retrieval(search=search or "neighbour")},
    }[format]
    rows = test or hub_rows("org/none", "test", {"en": "en"}, {})
    common = {"key": "toy", "title": "Toy", "licence": "none", "citation": "none"}
    return Task(format=format, test=rows, **{**common, **defaults, **fields})
