"""Runs of sentence vectors: what the question of divergence measures distances between."""

from __future__ import annotations

from collections.abc import Mapping

from study_utils.catalog import Encoder
from study_utils.plan.runs import STAGES, Run


def embedding(
    name: str,
    *,
    spec: Encoder,
    identity: Mapping[str, object],
    version: int,
    computing: Mapping[str, object],
    data: str,
    task: str,
    role: str,
    examples: int,
    max_length: int,
    start: str | None = None,
    after: Mapping[str, object] | None = None,
) -> Run:
    """Lay out a run that keeps the sentence vectors of some rows.

    Parameters
    ----------
    name : str
        Readable part of its id.
    spec, identity : Encoder, mapping
        The encoder, and what of it changes a result.
    version : int
        Of the code.
    computing : mapping
        How runs compute, as far as it changes a result.
    data, task, role : str
        Data run with the rows, key of their task, and which of the rows: ``"train"`` or ``"test"``.
    examples : int
        At most so many rows a language.
    max_length : int
        Tokens of an input.
    start : str or None
        Training run whose encoder is used; None: as it was pretrained.
    after : mapping or None
        `condition` and `seed` of that training run.
    """
    own = {"start": start, "data": data, "role": role, "settings": {"examples": examples, "max_length": max_length}}
    return Run(
        kind="embed",
        stage=STAGES[3],
        name=name,
        identity={"version": version, "computing": computing, "encoder": identity, **own},
        inputs=(*([start] if start else []), data),
        work={"encoder": spec.key, "task": task, **own, "after": dict(after or {})},
    )
