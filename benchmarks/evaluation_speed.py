"""Time zero-shot evaluation beside the loop a user would write, and nearest neighbours among many candidates.

Two arms on the same model and test rows, in one process:
  plain    one language after another, batches in the order of the rows, padded to the maximum length, full vocabulary
  ours     study_utils.evaluation: all languages at once, batches of similar length, trimmed vocabulary
Predictions must be equal; the table says how many differ. Run it on an otherwise idle machine.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from study_utils.catalog import TASKS, encoder, task
from study_utils.data.caps import cap
from study_utils.data.sources import load_rows
from study_utils.device import autocast, resolve_device
from study_utils.encoders.load import LoadedEncoder, load_encoder
from study_utils.encoders.vocabulary import Vocabulary
from study_utils.evaluation.predict import predict
from study_utils.formats import format_of
from study_utils.formats.features import collate
from study_utils.formats.heads import mean_vectors
from study_utils.formats.retrieve import nearest
from study_utils.model import TaskModel, TrainedModel, encoder_under, make_heads

DEFAULTS = ("intent", "slots", "messages")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*", default=DEFAULTS, help=f"target tasks (default: {' '.join(DEFAULTS)})")
    parser.add_argument("--mirror", type=Path, help="folder in hub layout, for tasks that are not packaged")
    parser.add_argument("--encoder", default="e5_small", help="catalogue key, hub id @ revision or folder")
    parser.add_argument("--languages", type=int, default=10, help="at most this many languages")
    parser.add_argument("--examples", type=int, default=16, help="at most this many test rows a language")
    parser.add_argument("--batch-size", type=int, default=32, help="of the plain loop")
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--candidates", type=int, default=100_000, help="for the nearest neighbours; 0 leaves them out")
    parser.add_argument("--cache", type=Path, default=Path("artifacts/cache"), help="folder for decoded encoders")
    options = parser.parse_args()
    base = load_encoder(encoder(options.encoder), cache=options.cache)
    table = pd.DataFrame(compare(key, base, options) for key in options.tasks)
    print(f"{resolve_device('auto')}, max_length {options.max_length}")
    print(table.round(2).to_string(index=False))
    if options.candidates:
        search(options.candidates)


def compare(key: str, base: LoadedEncoder, options: argparse.Namespace) -> dict:
    item = task(key)
    languages = item.languages[: options.languages]
    rows = cap(load_rows(item, "test", languages=languages, mirror=options.mirror), options.examples)
    everything = Vocabulary(kept=np.arange(len(base.tokenizer)), size_full=len(base.tokenizer))
    whole = encoder_under(base, everything)
    heads = torch.nn.ModuleDict()
    if item.is_trained:
        heads = make_heads([TASKS[key]], whole, base.spec.pooling, seed=0)
    model = TrainedModel(base=base, encoder=whole, vocabulary=everything, heads=heads.eval())
    started = time.perf_counter()
    theirs = plain_loop(model, item, rows, options)
    between = time.perf_counter()
    ours = predict(model, item, rows, max_length=options.max_length)
    ended = time.perf_counter()
    inputs = len(rows) * (1 if item.is_trained else 2)
    return {
        "task": key,
        "format": item.format,
        "inputs": inputs,
        "plain/s": inputs / (between - started),
        "ours/s": inputs / (ended - between),
        "times": (between - started) / (ended - between),
        "predictions": len(ours),
        "different": int((ours["prediction"].to_numpy() != theirs["prediction"].to_numpy()).sum()),
    }


def plain_loop(model: TrainedModel, item, rows: pd.DataFrame, options: argparse.Namespace) -> pd.DataFrame:
    place = resolve_device("auto")
    whole = TaskModel(model.encoder, model.heads).to(place).eval()
    pad = model.base.tokenizer.pad_token_id
    found = []
    for _, own in rows.groupby("language", sort=False):
        own = own.reset_index(drop=True)
        features = format_of(item).encode(own, item, model.base.tokenizer, options.max_length)
        outputs: list[np.ndarray] = []
        for start in range(0, len(features), options.batch_size):
            index = np.arange(start, min(start + options.batch_size, len(features)))
            batch = padded(collate(features, index, model.vocabulary, pad), options.max_length, pad, place)
            with torch.inference_mode(), autocast(place):
                if item.is_trained:
                    values = whole(item.key, batch)
                else:
                    hidden = whole.encoder(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"])
                    values = mean_vectors(hidden.last_hidden_state, batch)
            values = values.float().cpu().numpy()
            lengths = features.lengths[index]
            outputs += [v[:n] if features.per_token else v for v, n in zip(values, lengths)]
        found.append(format_of(item).decode(outputs, features, own, item))
    return pd.concat(found, ignore_index=True)


def padded(batch: dict[str, torch.Tensor], length: int, pad: int, place: torch.device) -> dict[str, torch.Tensor]:
    """Widen a batch to the maximum length, as tokenizers do with ``padding="max_length"``."""
    missing = length - batch["input_ids"].shape[1]
    filling = {"input_ids": pad, "attention_mask": 0, "content": False}
    wide = {name: torch.nn.functional.pad(batch[name], (0, missing), value=value) for name, value in filling.items()}
    return {name: value.to(place) for name, value in (batch | wide).items()}


def search(candidates: int, queries: int = 1000, width: int = 384) -> None:
    """Time exact nearest neighbours among random vectors, and say how much memory they took."""
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((candidates + queries, width), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    nearest(vectors[:queries], vectors[queries:])
    seconds = time.perf_counter() - started
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"nearest of {candidates:,} candidates for {queries:,} queries: {seconds:.2f} s, {grown:.0f} MiB more")


if __name__ == "__main__":
    main()
