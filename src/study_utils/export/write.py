"""Write a trained model as a folder of transformers: weights, tokenizer, model card."""

from __future__ import annotations

import copy
import os
import shutil
from pathlib import Path

from transformers import PreTrainedTokenizerFast

from study_utils.catalog import Task, task
from study_utils.encoders.load import LoadedEncoder, quiet
from study_utils.encoders.sealed import seal
from study_utils.errors import StoreError, unknown
from study_utils.export.card import write_card
from study_utils.export.compare import check_same_outputs
from study_utils.export.convert import CLASSES, whole_encoder, with_head
from study_utils.export.find import TrainedRun, find_run, read_scores
from study_utils.store import Store, writable


def write_model(store: Store, run_id: str, folder: Path, *, key: str = "", encoder_alone: bool = False) -> str:
    """Write the model of a training run.

    Parameters
    ----------
    key : str
        Task whose head is wanted; empty where the run has one head.
    encoder_alone : bool
        Whether no head is wanted.

    Returns
    -------
    str
        Class of transformers that loads the folder.

    Raises
    ------
    StoreError
        If the run isn't a finished training run, or the folder isn't empty or can't be written.
    EncoderError
        If no model of transformers has the same outputs.
    """
    _check_empty(folder)
    run = find_run(store, run_id)
    item = None if encoder_alone else _wanted(run, key)
    encoder, tokenizer = whole_encoder(run.model), _tokenizer(run.model.base)
    model = encoder if item is None else with_head(run.model, encoder, item)
    check_same_outputs(run.model, encoder, item, model, tokenizer)
    auto = CLASSES[item.format][0] if item else "AutoModel"
    part = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        with writable(folder), quiet():
            part.mkdir(parents=True)
            model.save_pretrained(part)
            tokenizer.save_pretrained(part)
            write_card(part / "README.md", run, item, auto, store, read_scores(store, run_id))
            seal(part)
            os.replace(part, folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return auto


def _check_empty(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StoreError(f"{folder} is there already and not an empty folder: name another one, or empty it")


def _wanted(run: TrainedRun, key: str) -> Task:
    """Task whose head is exported."""
    heads = list(run.model.heads)
    if key and key not in heads:
        raise StoreError(unknown("task", key, heads, where=f"heads of run {run.id}"))
    if not key and len(heads) > 1:
        raise StoreError(f"run {run.id} has heads for {', '.join(heads)}: choose one with --task, or say --encoder")
    return task(key or heads[0])


def _tokenizer(base: LoadedEncoder) -> PreTrainedTokenizerFast:
    """The tokenizer as the encoder was used: it makes token types only where these tell the texts of a pair apart."""
    tokenizer = copy.deepcopy(base.tokenizer)
    names = ["input_ids", *(["token_type_ids"] if base.spec.segments else []), "attention_mask"]
    tokenizer.model_input_names = tokenizer.init_kwargs["model_input_names"] = names
    for name in ("is_local", "local_files_only"):  # how it was loaded here
        tokenizer.init_kwargs.pop(name, None)
    return tokenizer
