"""Time prediction in every format beside what a user would write with transformers.

Two arms with the same encoder on the same test rows, in one process:
  theirs   transformers: its model for the format; rows in their order, tokenised a batch at a time and padded to the
           batch's longest; full vocabulary
  ours     study_utils.evaluation: batches of similar length, equal inputs once, trimmed vocabulary
Rows are made from packaged sentences and heads are untrained: only time is compared. Run it on an otherwise idle
machine; `search_speed.py` times the search among many candidates.
"""

from __future__ import annotations

import argparse
import copy
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from transformers import (
    AutoModelForMultipleChoice,
    AutoModelForQuestionAnswering,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
)

from study_utils.catalog import TASKS, Task, encoder
from study_utils.catalog.schema import StarterRows
from study_utils.data.caps import cap
from study_utils.data.sources import load_rows
from study_utils.encoders.load import LoadedEncoder, load_encoder
from study_utils.encoders.vocabulary import Vocabulary
from study_utils.evaluation.predict import predict
from study_utils.formats.answer import LONGEST, STRIDE
from study_utils.model import TrainedModel, encoder_under, make_heads

FORMATS = ("classify", "regress", "choose", "tag", "answer", "neighbour", "mine", "rank")
CUT, NEIGHBOURS = 20, 4
"""Ranks that count in mAP@20, and neighbours that a margin is taken from."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("formats", nargs="*", default=FORMATS, help=f"of {' '.join(FORMATS)} (default: all)")
    parser.add_argument("--encoder", default="e5_small", help="catalogue key, hub id @ revision or folder")
    parser.add_argument("--languages", type=int, default=10, help="at most this many languages")
    parser.add_argument("--examples", type=int, default=16, help="at most this many rows a language")
    parser.add_argument("--sentences", type=int, default=60, help="of a passage in the format answer")
    parser.add_argument("--batch-size", type=int, default=32, help="of the transformers arm")
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--cache", type=Path, default=Path("artifacts/cache"), help="folder for decoded encoders")
    options = parser.parse_args()
    base = load_encoder(encoder(options.encoder), cache=options.cache)
    table = pd.DataFrame(compare(name, base, options) for name in options.formats)
    print(f"max_length {options.max_length}, {torch.get_num_threads()} threads")
    print(table.round(2).to_string(index=False))


def compare(name: str, base: LoadedEncoder, options: argparse.Namespace) -> dict:
    item, rows = made_rows(name, options)
    everything = Vocabulary(kept=np.arange(len(base.tokenizer)), size_full=len(base.tokenizer))
    whole = encoder_under(base, everything)
    heads = torch.nn.ModuleDict()
    if item.format != "retrieve":
        heads = make_heads([item], whole, base.spec.pooling, seed=0)
    model = TrainedModel(base=base, encoder=whole, vocabulary=everything, heads=heads.eval())
    theirs = THEIRS[name]
    own = transformers_model(name, whole, item)
    started = time.perf_counter()
    with torch.inference_mode():
        found = theirs(own, base.tokenizer, rows, options)
    between = time.perf_counter()
    ours = predict(model, item, rows, max_length=options.max_length, device="cpu")
    ended = time.perf_counter()
    return {
        "format": name,
        "rows": len(rows),
        "theirs s": between - started,
        "ours s": ended - between,
        "ratio": (between - started) / (ended - between),
        "found": len(found),
        "predictions": len(ours),
    }


# --- rows of every format from packaged sentences ---


def made_rows(name: str, options: argparse.Namespace) -> tuple[Task, pd.DataFrame]:
    """Task of a format and its rows: the packaged targets as they are, the others from translated messages."""
    packaged = TASKS[{"classify": "intent", "tag": "slots"}.get(name, "messages")]
    languages = packaged.languages[: options.languages]
    found = load_rows(packaged, "test", languages=languages, mirror=None)
    rows = cap(found, options.examples)
    if name in ("classify", "tag", "neighbour"):
        return packaged, rows
    shape = {
        "regress": {"format": "regress", "metric": "spearman", "value_range": (0.0, 5.0)},
        "choose": {"format": "choose", "metric": "accuracy"},
        "answer": {"format": "answer", "metric": "squad"},
        "mine": {"format": "retrieve", "search": "mine", "metric": "mining_f1_oracle"},
        "rank": {"format": "retrieve", "search": "rank", "metric": "map_at_20"},
    }[name]
    source = StarterRows(recipe="messages", split="test", languages=languages)
    item = Task(key="made", title="Made", test=source, licence="none", citation="none", **shape)
    number = np.arange(len(rows))
    if name == "regress":
        return item, rows.rename(columns={"translation": "text_pair"}).assign(label=5.0 * (number % 6) / 5)
    if name == "choose":
        others = [[rows["translation"].iloc[(n + step) % len(rows)] for step in range(4)] for n in number]
        return item, rows.assign(question="", choices=others, label=0)
    if name == "answer":
        texts = []
        for language, n in zip(rows["language"], number):
            own = found.loc[found["language"] == language, "text"].tolist()
            texts.append(" ".join(own[(n + place) % len(own)] for place in range(options.sentences)))
        answers = [text.split(" ")[0] for text in texts]
        return item, rows.assign(
            question=rows["text"].str[:20], text=texts, answers=[[a] for a in answers], starts=[[0]] * len(rows)
        )
    sides = ("english", "foreign") if name == "mine" else ("candidate", "query")
    here, there = (rows["language"] + "-" + rows["id"] + f"-{side}" for side in sides)
    left = rows.assign(id=here, side=sides[0], text=rows["translation"], match=there, context="")
    right = rows.assign(id=there, side=sides[1], match=here, context="")
    left["targets"] = [[] for _ in number]
    right["targets"] = [[key] for key in here]
    return item, pd.concat([left, right], ignore_index=True)


# --- what a user would write with transformers ---


def transformers_model(name: str, whole: torch.nn.Module, item: Task) -> torch.nn.Module:
    """The library's model for a format around the same encoder; its head is untrained."""
    kind, outputs = {
        "classify": (AutoModelForSequenceClassification, len(item.labels)),
        "regress": (AutoModelForSequenceClassification, 1),
        "choose": (AutoModelForMultipleChoice, 1),
        "tag": (AutoModelForTokenClassification, len(item.labels)),
        "answer": (AutoModelForQuestionAnswering, 2),
    }.get(name, (None, 0))
    if kind is None:
        return whole.eval()
    config = copy.deepcopy(whole.config)
    config.num_labels = outputs
    model = kind.from_config(config)
    model.base_model.load_state_dict(whole.state_dict(), strict=False)
    return model.eval()


def batches(rows: pd.DataFrame, size: int) -> list[pd.DataFrame]:
    return [rows.iloc[start : start + size] for start in range(0, len(rows), size)]


def one_text_or_two(model, tokenizer, rows: pd.DataFrame, options: argparse.Namespace) -> list:
    found = []
    for part in batches(rows, options.batch_size):
        pairs = part["text_pair"].tolist() if part["text_pair"].str.len().any() else None
        inputs = tokenizer(
            part["text"].tolist(),
            pairs,
            padding=True,
            truncation=True,
            max_length=options.max_length,
            return_tensors="pt",
        )
        found += model(**inputs).logits.argmax(dim=-1).tolist()
    return found


def choices(model, tokenizer, rows: pd.DataFrame, options: argparse.Namespace) -> list:
    found = []
    for part in batches(rows, max(1, options.batch_size // 4)):
        texts = [text for text in part["text"] for _ in range(4)]
        endings = [choice for own in part["choices"] for choice in own]
        inputs = tokenizer(
            texts, endings, padding=True, truncation=True, max_length=options.max_length, return_tensors="pt"
        )
        inputs = {key: value.view(len(part), 4, -1) for key, value in inputs.items()}
        found += model(**inputs).logits.argmax(dim=-1).tolist()
    return found


def tags(model, tokenizer, rows: pd.DataFrame, options: argparse.Namespace) -> list:
    found = []
    for part in batches(rows, options.batch_size):
        inputs = tokenizer(
            part["tokens"].tolist(),
            is_split_into_words=True,
            padding=True,
            truncation=True,
            max_length=options.max_length,
            return_tensors="pt",
        )
        best = model(**inputs).logits.argmax(dim=-1).tolist()
        for row, values in enumerate(best):
            first: dict[int, int] = {}
            for value, word in zip(values, inputs.word_ids(row)):
                if word is not None:
                    first.setdefault(word, value)
            found.append(list(first.values()))
    return found


def spans(model, tokenizer, rows: pd.DataFrame, options: argparse.Namespace) -> list:
    """Windows of long passages, and the best span of every window, as the library's example does it."""
    encoded = tokenizer(
        rows["question"].tolist(),
        rows["text"].tolist(),
        truncation="only_second",
        max_length=options.max_length,
        stride=max(0, options.max_length - 2 * STRIDE) or options.max_length // 3,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
    )
    sources, offsets = encoded.pop("overflow_to_sample_mapping"), encoded.pop("offset_mapping")
    best: dict[int, tuple[float, str]] = {}
    for start in range(0, len(sources), options.batch_size):
        index = range(start, min(start + options.batch_size, len(sources)))
        inputs = tokenizer.pad(
            {key: [values[n] for n in index] for key, values in encoded.items()}, return_tensors="pt"
        )
        outputs = model(**inputs)
        for n, begins, ends in zip(index, outputs.start_logits.numpy(), outputs.end_logits.numpy()):
            inside = np.array([kind == 1 for kind in encoded.sequence_ids(n)])
            places = np.flatnonzero(inside)
            sums = begins[places][:, None] + ends[places][None, :]
            sums = np.where(np.triu(np.tril(np.ones_like(sums), LONGEST - 1)) > 0, sums, -np.inf)
            first, last = np.unravel_index(sums.argmax(), sums.shape)
            text = rows["text"].iloc[sources[n]]
            answer = text[offsets[n][places[first]][0] : offsets[n][places[last]][1]]
            best[sources[n]] = max(best.get(sources[n], (-np.inf, "")), (float(sums[first, last]), answer))
    return [best[row][1] for row in range(len(rows))]


def vectors(model, tokenizer, texts: list[str], options: argparse.Namespace) -> np.ndarray:
    """Mean-pooled vectors of length one."""
    found = []
    for start in range(0, len(texts), options.batch_size):
        inputs = tokenizer(
            texts[start : start + options.batch_size],
            padding=True,
            truncation=True,
            max_length=options.max_length,
            return_tensors="pt",
        )
        inputs.pop("token_type_ids", None)
        hidden = model(**inputs).last_hidden_state
        mask = inputs["attention_mask"].unsqueeze(-1)
        found.append(((hidden * mask).sum(dim=1) / mask.sum(dim=1)).numpy())
    stacked = np.concatenate(found)
    return stacked / np.linalg.norm(stacked, axis=1, keepdims=True)


def translations(model, tokenizer, rows: pd.DataFrame, options: argparse.Namespace) -> list:
    found = []
    for _, own in rows.groupby("language", sort=False):
        left, right = (vectors(model, tokenizer, own[name].tolist(), options) for name in ("text", "translation"))
        similar = left @ right.T
        found += [*similar.argmax(axis=1), *similar.argmax(axis=0)]
    return found


def pools(model, tokenizer, rows: pd.DataFrame, options: argparse.Namespace) -> list:
    found = []
    for _, own in rows.groupby("language", sort=False):
        left, right = (
            vectors(model, tokenizer, own.loc[own["side"] == side, "text"].tolist(), options)
            for side in ("english", "foreign")
        )
        similar = left @ right.T
        near = [np.sort(part, axis=1)[:, -NEIGHBOURS:].mean(axis=1) for part in (similar, similar.T)]
        found += (2 * similar / (near[0][:, None] + near[1][None, :])).argmax(axis=1).tolist()
    return found


def ranks(model, tokenizer, rows: pd.DataFrame, options: argparse.Namespace) -> list:
    queries, candidates = (
        vectors(model, tokenizer, rows.loc[rows["side"] == side, "text"].tolist(), options)
        for side in ("query", "candidate")
    )
    return np.argsort(-(queries @ candidates.T), axis=1)[:, :CUT].tolist()


THEIRS: dict[str, Callable] = {
    "classify": one_text_or_two,
    "regress": one_text_or_two,
    "choose": choices,
    "tag": tags,
    "answer": spans,
    "neighbour": translations,
    "mine": pools,
    "rank": ranks,
}


if __name__ == "__main__":
    main()
