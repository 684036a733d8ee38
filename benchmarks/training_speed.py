"""Time our training loop beside transformers' Trainer: same rows, same steps, same initial weights.

Four arms, each in a process of its own, so that peak memory is its own:
  default  Trainer as it comes: every input padded to the maximum length, full vocabulary
  tuned    Trainer with dynamic padding, grouping by length, and bf16 where the processor or GPU computes it fast
  eager    the same with attention that is written out, whose gradients a processor computes faster in bf16
  ours     study_utils.training: trimmed vocabulary, batches of similar length, bf16 and written-out attention where
           these are fast

Dropout is off, so that the loss curves can be compared: `--check` trains Trainer and ours on batches in the same order
and prints the largest difference. Run it on an otherwise idle machine.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from transformers import Trainer, TrainingArguments
from transformers.utils import logging as transformers_logging

from study_utils.catalog import encoder, task
from study_utils.computing import uses_bf16
from study_utils.data.caps import cap
from study_utils.data.sources import load_rows
from study_utils.device import describe_device, resolve_device
from study_utils.encoders.load import load_encoder
from study_utils.encoders.vocabulary import Vocabulary
from study_utils.formats import format_of
from study_utils.formats.features import collate
from study_utils.model import TaskModel, encoder_under, make_heads
from study_utils.training import TaskRows, TrainingSettings, train
from study_utils.training.batches import mixed_batches

ARMS = ("default", "tuned", "eager", "ours")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mirror", type=Path, help="train on MNLI from this folder; else on packaged sentence pairs")
    parser.add_argument("--encoder", default="e5_small", help="catalogue key, hub id @ revision or folder")
    parser.add_argument("--examples", type=int, default=256)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=1, help="repeat all arms in turn, report the medians")
    parser.add_argument("--cache", type=Path, default=Path("artifacts/cache"), help="folder for decoded encoders")
    parser.add_argument("--check", action="store_true", help="compare loss curves instead of speed")
    parser.add_argument("--arm", choices=ARMS, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.check:
        print(f"largest difference of the losses, Trainer and ours: {compare_losses(options):.2e}")
    elif options.arm:
        print(json.dumps(measure(options)))
    else:
        report(options)


def report(options: argparse.Namespace) -> None:
    command = [sys.executable, *sys.argv]
    results = []
    for arm in ARMS * options.rounds:
        output = subprocess.run([*command, "--arm", arm], check=True, stdout=subprocess.PIPE, text=True).stdout
        results.append({"arm": arm, **json.loads(output.splitlines()[-1])})  # Trainer prints a summary before it
    table = pd.DataFrame(results).groupby("arm").median().loc[list(ARMS)]
    for name in ARMS[:-1]:
        table[f"times {name}"] = table["examples_per_second"] / table.loc[name, "examples_per_second"]
    print(f"{options.examples} examples, batch {options.batch_size}, {describe_device('auto')}")
    print(table.round(2).to_string())


def rows_of(options: argparse.Namespace) -> tuple:
    item = task("mnli" if options.mirror else "utterance_match")
    rows = load_rows(item, "train", languages=("en",), mirror=options.mirror, sources=("mirror", "hub"))
    return item, cap(rows, options.examples)


def measure(options: argparse.Namespace) -> dict:
    transformers_logging.set_verbosity_error()
    item, rows = rows_of(options)
    base = load_encoder(encoder(options.encoder), cache=options.cache)
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        if options.arm == "ours":
            settings = TrainingSettings(
                epochs=1,
                learning_rate=1e-4,
                batch_size=options.batch_size,
                max_length=options.max_length,
                dropout=0.0,
            )
            train(base, [TaskRows(task=item, train=rows)], settings, seed=0, folder=Path(folder))
        else:
            train_with_trainer(options, item, rows, base, folder, arm=options.arm)
        seconds = time.perf_counter() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"examples_per_second": len(rows) / seconds, "peak_memory_mib": memory}


class WithLoss(torch.nn.Module):
    """The same encoder and head with the loss inside, as Trainer wants it."""

    def __init__(self, model: TaskModel, item) -> None:
        super().__init__()
        self.model, self.item = model, item

    def forward(self, labels: torch.Tensor, **batch: torch.Tensor) -> dict[str, torch.Tensor]:
        """Loss of a batch."""
        outputs = self.model(self.item.key, batch)
        return {"loss": format_of(self.item).loss(outputs, labels), "logits": outputs}


def full_model(base, item) -> tuple[WithLoss, Vocabulary]:
    everything = Vocabulary(kept=np.arange(len(base.tokenizer)), size_full=len(base.tokenizer))
    plain = encoder_under(base, everything)
    model = TaskModel(plain, make_heads([item], plain, base.spec.pooling, seed=0))
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    return WithLoss(model, item), everything


def train_with_trainer(options, item, rows, base, folder: str, *, arm: str) -> None:
    tuned = arm != "default"
    features = format_of(item).encode(rows, item, base.tokenizer, options.max_length)
    model, everything = full_model(base, item)
    if arm == "eager":
        model.model.encoder.set_attn_implementation("eager")
    data = [
        {"index": i, "input_ids": range(n)} for i, n in enumerate(features.lengths)
    ]  # Trainer groups by len(input_ids)
    pad = base.tokenizer.pad_token_id

    def collator(examples: list[dict]) -> dict[str, torch.Tensor]:
        batch = collate(features, np.array([e["index"] for e in examples]), everything, pad)
        missing = options.max_length - batch["input_ids"].shape[1]
        if not tuned and missing:
            padding = {"input_ids": pad, "attention_mask": 0, "content": False}
            for name, value in padding.items():
                batch[name] = torch.nn.functional.pad(batch[name], (0, missing), value=value)
        return batch

    device = resolve_device("auto")
    arguments = TrainingArguments(
        folder,
        num_train_epochs=1,
        per_device_train_batch_size=options.batch_size,
        learning_rate=1e-4,
        warmup_steps=0.1,
        use_cpu=device.type == "cpu",
        bf16=tuned and uses_bf16(device.type),
        train_sampling_strategy="group_by_length" if tuned else "random",
        remove_unused_columns=False,
        save_strategy="no",
        logging_strategy="no",
        report_to="none",
        disable_tqdm=True,
        seed=0,
    )
    Trainer(model, arguments, train_dataset=data, data_collator=collator).train()


def compare_losses(options: argparse.Namespace) -> float:
    """Train both on the same batches in the same order; return the largest difference of the losses."""
    item, rows = rows_of(options)
    base = load_encoder(encoder(options.encoder), cache=options.cache)
    settings = TrainingSettings(
        epochs=1,
        learning_rate=1e-4,
        batch_size=options.batch_size,
        max_length=options.max_length,
        dropout=0.0,
        warmup=0.0,  # ours starts one step above 0, Trainer's at 0
    )
    with tempfile.TemporaryDirectory() as folder:
        ours = train(base, [TaskRows(task=item, train=rows)], settings, seed=0, folder=Path(folder)).history["loss"]
    features = format_of(item).encode(rows, item, base.tokenizer, options.max_length)
    model, everything = full_model(base, item)
    batches = [index for _, index in mixed_batches({item.key: features.lengths}, options.batch_size, seed=0, epoch=1)]
    losses: list[float] = []

    class Recorder(Trainer):
        """A Trainer that keeps the loss of every step."""

        def compute_loss(self, *args, **kwargs) -> torch.Tensor:
            loss = super().compute_loss(*args, **kwargs)
            losses.append((loss[0] if isinstance(loss, tuple) else loss).item())
            return loss

        def get_train_dataloader(self):
            return [collate(features, index, everything, base.tokenizer.pad_token_id) for index in batches]

    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            folder, max_steps=len(batches), learning_rate=1e-4, warmup_steps=0, save_strategy="no",
            logging_strategy="no", report_to="none", disable_tqdm=True, seed=0, use_cpu=True,
        )  # fmt: skip
        Recorder(model, arguments, train_dataset=[{}] * len(rows)).train()
    return float(np.abs(np.array(losses) - ours.to_numpy()).max())


if __name__ == "__main__":
    main()
