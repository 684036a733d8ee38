"""Time prediction in every format beside the loop that a user would write.

Two arms with the same encoder, head and rows, in one process:
  plain    one language after another, rows in their order, every input padded to the maximum length, full vocabulary
  ours     study_utils.evaluation: batches of similar length over all languages, equal inputs once, trimmed vocabulary
Reading rows into token ids and turning outputs into predictions is the same in both; `equal` is the share of equal
predictions (an untrained head decides by hairs). Windows of long passages are full: `answer` has little padding to
save, so it gains least. Rows are made from packaged sentences. Run it on an otherwise idle machine;
`search_speed.py` times the search among many candidates.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from study_utils.catalog import TASKS, Task, encoder
from study_utils.catalog.retrieval import Retrieval
from study_utils.catalog.schema import StarterRows
from study_utils.data.caps import cap
from study_utils.data.sources import load_rows
from study_utils.encoders.load import LoadedEncoder, load_encoder
from study_utils.encoders.vocabulary import Vocabulary
from study_utils.evaluation.predict import predict
from study_utils.evaluation.search import search
from study_utils.formats import format_of
from study_utils.formats.features import collate
from study_utils.formats.heads import sentence_vectors
from study_utils.model import TaskModel, TrainedModel, encoder_under, make_heads

FORMATS = ("classify", "regress", "choose", "tag", "answer", "neighbour", "mine", "rank")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("formats", nargs="*", default=FORMATS, help=f"of {' '.join(FORMATS)} (default: all)")
    parser.add_argument("--encoder", default="e5_small", help="catalogue key, hub id @ revision or folder")
    parser.add_argument("--languages", type=int, default=10, help="at most this many languages")
    parser.add_argument("--examples", type=int, default=16, help="at most this many rows a language")
    parser.add_argument("--sentences", type=int, default=60, help="of a passage in the format answer")
    parser.add_argument("--batch-size", type=int, default=32, help="of the plain loop")
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--cache", type=Path, default=Path("artifacts/cache"), help="folder for decoded encoders")
    options = parser.parse_args(arguments)
    base = load_encoder(encoder(options.encoder), cache=options.cache)
    table = pd.DataFrame(compare(name, base, options) for name in options.formats)
    print(f"max_length {options.max_length}, {torch.get_num_threads()} threads")
    print(table.round(2).to_string(index=False))


def compare(name: str, base: LoadedEncoder, options: argparse.Namespace) -> dict:
    item, rows = made_rows(name, options)
    everything = whole_vocabulary(base)
    whole = encoder_under(base, everything)
    key = item.key if item.format != "retrieve" else None
    heads = make_heads([item], whole, base.spec.pooling, seed=0).eval() if key else torch.nn.ModuleDict()
    model = TrainedModel(base=base, encoder=whole, vocabulary=everything, heads=heads)
    started = time.perf_counter()
    plain = plain_loop(TaskModel(whole, heads).eval(), key, item, rows, base, options)
    between = time.perf_counter()
    if key is None:
        ((_, ours),) = search(model, item, rows, device="cpu")
    else:
        ours = predict(model, item, rows, max_length=options.max_length, device="cpu")
    ended = time.perf_counter()
    order = ["language", "example_id", "measure"]
    both = [table.sort_values(order)["prediction"].astype(str).to_numpy() for table in (plain, ours)]
    return {
        "format": name,
        "rows": len(rows),
        "plain s": between - started,
        "ours s": ended - between,
        "ratio": (between - started) / (ended - between),
        "equal": np.mean(both[0] == both[1]),
    }


# --- rows of every format from packaged sentences ---


def made_rows(name: str, options: argparse.Namespace) -> tuple[Task, pd.DataFrame]:
    """Task of a format and its rows: the packaged targets as they are, the others from translated messages."""
    packaged = TASKS[{"classify": "intent", "tag": "slots"}.get(name, "messages")]
    languages = packaged.languages[: options.languages]
    found = load_rows(packaged, "test", languages=languages, mirror=None)
    rows = cap(found, options.examples)
    length = {"query_length": options.max_length, "candidate_length": options.max_length}
    if name in ("classify", "tag"):
        return packaged, rows
    if name == "neighbour":
        return replace(packaged, retrieval=Retrieval(search=name, **length)), rows
    shape = {
        "regress": {"format": "regress", "metric": "spearman", "value_range": (0.0, 5.0)},
        "choose": {"format": "choose", "metric": "accuracy"},
        "answer": {"format": "answer", "metric": "squad"},
        "mine": {"format": "retrieve", "retrieval": Retrieval(search="mine", **length), "metric": "mining_f1"},
        "rank": {"format": "retrieve", "retrieval": Retrieval(search="rank", **length), "metric": "map_at_20"},
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


# --- what a user would write ---


def plain_loop(
    model: TaskModel, key: str | None, item: Task, rows: pd.DataFrame, base: LoadedEncoder, options: argparse.Namespace
) -> pd.DataFrame:
    """One language after another, in the order of the rows, every input padded to the maximum length."""
    together = item.shape in ("retrieve-rank", "retrieve-mine")  # candidates and thresholds are of all languages
    parts = [rows] if together else [own for _, own in rows.groupby("language", sort=False)]
    frames = []
    for own in (part.reset_index(drop=True) for part in parts):
        features = format_of(item).encode(own, item, base.tokenizer, options.max_length)
        outputs = []
        for start in range(0, len(features), options.batch_size):
            index = np.arange(start, min(start + options.batch_size, len(features)))
            batch = padded(collate(features, index, whole_vocabulary(base), base.tokenizer.pad_token_id), base, options)
            with torch.inference_mode():
                if key is None:
                    layers, asked = model.hidden_layers(batch), item.retrieval
                    hidden = layers[asked.layer_of(len(layers) - 1)]
                    found = sentence_vectors(hidden, batch, asked.pooling, asked.special_tokens)
                else:
                    found = model(key, batch)
            lengths = features.lengths[index]
            outputs += [v[:n] if v.ndim == 2 else v for v, n in zip(found.numpy(), lengths)]
        frames.append(format_of(item).decode(outputs, features, own, item))
    return pd.concat(frames, ignore_index=True)


def padded(batch: dict, base: LoadedEncoder, options: argparse.Namespace) -> dict:
    room = options.max_length - batch["input_ids"].shape[1]
    fill = {"input_ids": base.tokenizer.pad_token_id, "attention_mask": 0, "content": False}
    return {name: torch.nn.functional.pad(batch[name], (0, room), value=value) for name, value in fill.items()}


def whole_vocabulary(base: LoadedEncoder) -> Vocabulary:
    return Vocabulary(kept=np.arange(len(base.tokenizer)), size_full=len(base.tokenizer))


if __name__ == "__main__":
    main()
