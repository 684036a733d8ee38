"""Write a small mirror with a few rows for every declared hub task, made from the declarations themselves.

Rows are made as values of the task (a label, a position, an offset) and written as the data set has them, and the gold
answers that predictions must repeat are kept: nothing here calls the package's own reading of columns.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from datasets import Dataset
from mirrors import write_data_set

from study_utils.catalog import TASKS, HubRows, Task
from study_utils.catalog.schema import row_languages

ROWS = 6
"""Rows of a language and split; of each part, where a split is cut in two to select."""

WORDS = {"ar": "النور في", "hi": "प्रकाश है", "zh": "关灯", "th": "ปิดไฟ", "ru": "не свет", "el": "το φως", "he": "לא אור"}
"""Words in front of a text, so that several scripts occur; "the light" in other languages."""

Golds = dict[tuple[str, str], dict[str, str]]
"""(task, language) to example id to gold, as prediction rows have it."""

User = tuple[Task, HubRows, str, int]
"""Who reads a split: task, its rows, language, and the number of the first row where several configs are joined."""

Cells = tuple[dict[str, object], dict[str, object]]
"""One row: field to value of the task, and column to value in the data set."""

HUB_TASKS = {key: item for key, item in TASKS.items() if isinstance(item.train or item.test, HubRows)}
TARGETS = tuple(key for key, item in HUB_TASKS.items() if item.languages)


def few_languages(key: str) -> tuple[str, ...]:
    """Three languages of a target: English where it has it, and other scripts first."""
    return tuple(sorted(TASKS[key].languages, key=lambda code: (code != "en", code not in WORDS))[:3])


def write_hub(mirror: Path) -> Golds:
    """Write rows for every declared hub task: what trains and selects, and three test languages.

    Returns
    -------
    dict
        Golds of the test rows.
    """
    splits: dict[str, dict[tuple[str, str], Dataset]] = {}
    golds: Golds = {}
    readers: dict[tuple[str, str, str], list[User]] = {}
    for item in HUB_TASKS.values():
        for rows, languages in (
            *((part, _training_languages(part)) for part in (item.train, item.validation) if part),
            *([(item.test, few_languages(item.key))] if item.test else []),
        ):
            if item.shape in ("retrieve-mine", "retrieve-rank"):
                ranks = _rank_sentences if "passage" in rows.columns else _rank_ids
                pools = _mine if item.shape == "retrieve-mine" else ranks
                for (config, split), columns in pools(item, rows, languages, golds).items():
                    splits.setdefault(rows.hub_id, {})[config, split] = Dataset.from_dict(columns)
                continue
            of_config = {config: code for code in rows.configs for config in rows.configs_of(code)}
            for code in languages:
                for beside, places in rows.parts(code).items():
                    for config, split in places:
                        own = of_config[config] if beside else code
                        first = 0 if beside else ROWS * rows.configs_of(code).index(config)
                        readers.setdefault((rows.hub_id, config, split), []).append((item, rows, own, first))
    for (hub_id, config, split), users in readers.items():
        splits.setdefault(hub_id, {})[config, split] = Dataset.from_dict(_table(users, golds))
    for hub_id, found in splits.items():
        write_data_set(mirror, hub_id, found, infos=False)
    return golds


def _training_languages(rows: HubRows) -> tuple[str, ...]:
    """The one language of training rows; of text in many, some."""
    codes = row_languages(rows)
    return codes if len(codes) == 1 else tuple(code for code in codes if code in ("en", *WORDS))


# --- rows in a table ---


def _table(users: list[User], golds: Golds) -> dict[str, list]:
    """Columns of one split that may serve several tasks, and several languages where a column tells them apart."""
    columns: dict[str, list] = {}
    blocks = {code if rows.select else "": (rows.select, code) for _, rows, code, _ in users}
    cuts = {(rows.held_out.by, rows.held_out.block, rows.held_out.share) for _, rows, _, _ in users if rows.held_out}
    for select, language in blocks.values():
        parts = {True: 0, False: 0}
        count = 0
        while min(parts.values()) < ROWS if cuts else count < ROWS:
            raw: dict[str, object] = {}
            for item, rows, code, first in users:
                if select is None or code == language:
                    fields, own = _row(item, rows, code, count)
                    assert all(raw.get(name, value) == value for name, value in own.items()), "tasks disagree on a row"
                    raw |= own
                    if rows is item.test:
                        key = str(fields.get("id", first + count))
                        golds.setdefault((item.key, code), {})[key] = _GOLD[item.shape](fields, key)
            for by, block, share in cuts:
                raw.setdefault(by, f"key {count}") if by else None
                digest = hashlib.sha256(str(raw[by] if by else count // block).encode()).digest()
                parts[int.from_bytes(digest[:8], "big") < int(share * 2**64)] += 1
            for name, value in raw.items():
                columns.setdefault(name, []).append(value)
            count += 1
    return _nested(columns)


def _nested(columns: Mapping[str, list]) -> dict[str, list]:
    """Put the parts of dotted columns into structures."""
    found: dict[str, list] = {}
    for name, values in columns.items():
        first, _, inner = name.partition(".")
        if inner:
            found.setdefault(first, [{} for _ in values])
            for cell, value in zip(found[first], values):
                cell[inner] = value
        else:
            found[first] = values
    return found


def _row(item: Task, rows: HubRows, language: str, n: int) -> Cells:
    """Row `n`: its fields as the task has them, and the columns as the data set has them."""
    names = rows.columns
    start = rows.select.by_language[language] if rows.select else ""
    fields: dict[str, object] = {"id": f"{start}{n}"} if "id" in names else {}
    raw: dict[str, object] = {names["id"]: fields["id"]} if "id" in names else {}
    if rows.select and rows.select.column != names.get("id"):
        raw[rows.select.column] = f"{start}{n}" if rows.select.prefix else start
    for field, column in names.items():
        if field in ("text", "text_pair", "translation", "question"):
            raw[column] = fields[field] = f"{WORDS.get(language, 'the light')} {n} {field.replace('_', ' ')}"
    if rows.questions:
        raw[names["question"]] = list(rows.questions)[n % len(rows.questions)]
    if item.format == "answer":
        answers = [] if item.unanswerable and n % 3 == 2 else [str(n)]
        fields |= {"answers": answers, "starts": [fields["text"].index(answer) for answer in answers]}
        raw |= {names["answers"]: answers, names["starts"]: fields["starts"]}
    if item.format == "tag":
        values = list(_values(item, rows))
        drawn = [values[(n + place) % len(values)] for place in range(2 + n % 3)]
        fields["tags"] = [tag for _, tag in drawn]
        raw |= {
            names["tags"]: [value for value, _ in drawn],
            names["tokens"]: ["light", "off", "film", "2"][: len(drawn)],
        }
    if item.format == "choose":
        choices = names["choices"]
        count = len(choices) if isinstance(choices, tuple) else len(rows.labels) or 4
        texts = [f"the film {place}" for place in range(count)]
        raw |= dict(zip(choices, texts)) if isinstance(choices, tuple) else {choices: texts}
        values = [(value, place) for value, place in rows.labels.items() if place < count] or list(
            enumerate(range(count))
        )
        raw[names["label"]], fields["label"] = values[n % len(values)]
    if item.format == "classify":
        values = list(_values(item, rows))
        raw[names["label"]], fields["label"] = values[n % len(values)]
    if item.format == "regress":
        low, high = item.value_range
        raw[names["label"]] = fields["label"] = low + (high - low) * (n * 5 % 7) / 8
    return fields, raw


def _values(item: Task, rows: HubRows) -> Iterator[tuple[object, str]]:
    """Every value that the label (or tag) column may hold, with its label."""
    yield from rows.labels.items()
    if not any(isinstance(value, int) for value in rows.labels):
        yield from (
            (name, name) for name in item.labels if name not in rows.labels and name not in rows.labels.values()
        )


_GOLD: Mapping[str, Callable[[dict, str], str]] = {
    "classify": lambda fields, key: fields["label"],
    "regress": lambda fields, key: repr(float(fields["label"])),
    "choose": lambda fields, key: str(fields["label"]),
    "tag": lambda fields, key: " ".join(fields["tags"]),
    "answer": lambda fields, key: json.dumps(fields["answers"]),
    "retrieve-neighbour": lambda fields, key: key,
}

# --- pools ---

Tables = dict[tuple[str, str], dict[str, list]]


def _mine(item: Task, rows: HubRows, languages: tuple[str, ...], golds: Golds) -> Tables:
    """Pools of six sentences, four of which are pairs."""
    names, tables = rows.columns, {}
    for code in languages:
        parts = {name: place for name, (place,) in rows.parts(code).items()}
        ids = {side: [f"{side}-{n}" for n in range(ROWS)] for side in ("foreign", "english")}
        for side in ids:
            words = WORDS.get(code, "the light") if side == "foreign" else "the light"
            tables[parts[side]] = {names["id"]: ids[side], names["text"]: [f"{words} {n}" for n in range(ROWS)]}
        pairs = list(zip(ids["foreign"][:4], ids["english"][2:]))
        tables[parts[""]] = {names[f"{side}_id"]: list(own) for side, own in zip(ids, zip(*pairs))}
        golds[item.key, code] = {json.dumps([english, foreign]): "pair" for foreign, english in pairs}
    return tables


def _rank_sentences(item: Task, rows: HubRows, languages: tuple[str, ...], golds: Golds) -> Tables:
    """Two paragraphs of two sentences in every language, with a question for each sentence."""
    names, tables = rows.columns, {}
    for code in languages:
        parts = {name: place for name, (place,) in rows.parts(code).items()}
        sentences = [[f"{WORDS.get(code, 'the light')} {n} {m}." for m in range(2)] for n in range(2)]
        passages = [" ".join(pair) for pair in sentences]
        second = len(sentences[0][0]) + 1
        tables[parts["candidates"]] = {
            names["paragraph"]: ["p0", "p1"],
            names["passage"]: passages,
            names["sentence_starts"]: [[0, second]] * 2,
            names["sentence_ends"]: [[second - 1, len(passages[0])]] * 2,
        }
        asked = [(n, m) for n in range(2) for m in range(2)]
        tables[parts[""]] = _nested(
            {
                names["id"]: [f"q{n}{m}" for n, m in asked],
                names["text"]: [f"question {n} {m}" for n, m in asked],
                names["passage"]: [passages[n] for n, m in asked],
                names["starts"]: [[second * m + 1] for n, m in asked],
            }
        )
        golds[item.key, code] = {f"q{n}{m}": json.dumps([f"{lang}-p{n}-{m}" for lang in languages]) for n, m in asked}
    return tables


def _rank_ids(item: Task, rows: HubRows, languages: tuple[str, ...], golds: Golds) -> Tables:
    """Thirty candidates for all languages, more than ranks count, and two mentions in each language."""
    names, tables = rows.columns, {}
    ids = [f"Q{n}" for n in range(30)]
    for code in languages:
        parts = {name: place for name, (place,) in rows.parts(code).items()}
        texts = [f"the film {n}" for n in range(30)]
        tables[parts["candidates"]] = {names["candidate_id"]: ids, names["candidate_text"]: texts}
        tables[parts[""]] = {names["text"]: ["the film 7", "light"], names["target"]: ["Q7", "Q29"]}
        golds[item.key, code] = {"0": '["Q7"]', "1": '["Q29"]'}
    return tables
