"""What a plan is made of: runs, the cells of the results table, and what these leave out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from study_utils.store import Store

STAGES = ("01_data_prep", "02_intermediate_training", "03_target_finetuning", "04_zero_shot_eval")
"""Notebooks that make runs, in order; later notebooks only read."""

VERSIONS = {"data": 1, "train": 3, "predict": 1, "retrieve": 1, "perturb": 1, "embed": 1, "answers": 2}
"""Raised when the code of a stage changes its results."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One step with everything fixed.

    Attributes
    ----------
    kind : {"data", "train", "predict", "embed"}
        What it does.
    stage : str
        The notebook that makes it, one of `STAGES`.
    name : str
        Readable part of its id.
    identity : mapping
        What its id hashes.
    inputs : tuple of str
        Ids of the runs it reads.
    work : mapping
        What the work needs besides the identity: catalogue keys and settings.
    """

    kind: str
    stage: str
    name: str
    identity: Mapping[str, object]
    inputs: tuple[str, ...] = ()
    work: Mapping[str, object] = field(default_factory=dict)

    @cached_property
    def id(self) -> str:
        """Readable name and 12 hexadecimal digits of the identity's SHA-256."""
        return f"{self.name}-{canonical_sha256(self.identity)[:12]}"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One (encoder, condition, target task, seed, variant) of the study, some languages of it, and the run for them.

    Several cells can share a run: without training, nothing depends on the seed, and the source language is trained
    once. `epoch` is that of the scored weights, counted from 1; 0 for the weights that training kept.
    """

    encoder: str
    condition: str
    task: str
    seed: int
    variant: str
    languages: tuple[str, ...]
    run: str
    epoch: int = 0


@dataclass(frozen=True, kw_only=True)
class Omission:
    """Languages of a target that a condition is not scored in, and why."""

    condition: str
    task: str
    languages: tuple[str, ...]
    reason: str


@dataclass(frozen=True, kw_only=True)
class PartialSet:
    """Rows of a language that are read from some of the configs (treebanks) that are declared for it."""

    task: str
    role: str
    language: str
    used: tuple[str, ...]
    absent: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All runs of a study, each after those it depends on; the cells of its results table, and what these leave out.

    `epochs` are the cells of single epochs, where these are kept; they are not in the results table. `absent` says
    which rows and encoders can't be had from here; it is empty for a plan that can be carried out. `partial` names the
    sets that are read in part.
    """

    runs: Mapping[str, Run]
    cells: tuple[Cell, ...]
    epochs: tuple[Cell, ...] = ()
    omissions: tuple[Omission, ...] = ()
    absent: tuple[str, ...] = ()
    partial: tuple[PartialSet, ...] = ()

    def of_stage(self, stage: str) -> list[Run]:
        """Runs that one notebook makes, in order."""
        return [run for run in self.runs.values() if run.stage == stage]

    def trained(self, run_id: str) -> list[Run]:
        """Training runs behind a run that scores, the last one first; none for an encoder as it was pretrained."""
        found, start = [], self.runs[run_id].work["start"]
        while start is not None:
            found.append(self.runs[start])
            start = self.runs[start].work["start"]
        return found

    def target_data(self, run_id: str) -> list[str]:
        """Data runs with the training rows of the target behind a run that scores it; none if it is not trained."""
        own = [run for run in self.trained(run_id) if run.stage == STAGES[2]]
        return list(dict.fromkeys(data for run in own for data in run.work["data"].values()))

    def missing(self, store: Store, stage: str | None = None) -> list[Run]:
        """Runs to be made, in order: those that aren't done, and those without the weights that these start from."""
        return [run for run in self.to_make(store) if stage is None or run.stage == stage]

    def to_make(self, store: Store, stages: Collection[str] = STAGES, *, force: bool = False) -> list[Run]:
        """Runs to be made for some stages, in order: theirs that aren't done (`force`: all), and what these start from.

        A run that they start from is made again if its weights were not kept.
        """
        todo: set[str] = set()
        needed: set[str] = set()
        for run in reversed(self.runs.values()):  # what a run needs is before it
            is_there = store.status(run.id) == "done" and not (run.id in needed and store.dropped(run.id))
            if (run.stage in stages and (force or not is_there)) or (run.id in needed and not is_there):
                todo.add(run.id)
                needed.update(run.inputs)
        return [run for run in self.runs.values() if run.id in todo]


def canonical_sha256(content: object) -> str:
    """SHA-256 of JSON-able content in one canonical form (sorted keys, no spaces)."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
