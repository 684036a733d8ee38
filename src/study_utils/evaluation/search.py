"""Retrieval with the vectors of every layer: one pass through the encoder, then one search a layer."""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import numpy as np
import pandas as pd
import torch

from study_utils.catalog import Task
from study_utils.device import resolve_device
from study_utils.encoders.ends import check_ends
from study_utils.encoders.facts import architecture
from study_utils.encoders.load import LoadedEncoder
from study_utils.encoders.segments import segments_of
from study_utils.encoders.vocabulary import Vocabulary
from study_utils.errors import DataError, EncoderError, StoreError
from study_utils.evaluation.predict import in_batches
from study_utils.formats import retrieve
from study_utils.formats.heads import sentence_vectors
from study_utils.model import TaskModel, TrainedModel, base_of, encoder_under

IN_MEMORY = 2**28
"""Bytes of vectors of all layers that wait in memory; more wait in a file."""

log = logging.getLogger(__name__)


def search(
    model: TrainedModel | LoadedEncoder,
    task: Task,
    rows: pd.DataFrame,
    *,
    all_layers: bool = False,
    folder: Path | None = None,
    device: str = "auto",
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[tuple[int, pd.DataFrame]]:
    """Retrieve with the vectors of the layer that a task reads, and after it of all others.

    Inputs pass the encoder once. One layer's vectors at a time are in memory; those of all layers wait in a file that
    has no name, so that nothing is left of it: 4 bytes a dimension, layer and distinct sentence. The 76,000 sentences
    of Tatoeba through XLM-R large (25 layers with the embeddings, 1,024 wide) are 7.8 GB there and 0.3 GB in memory;
    of Mewsli-X, with a million candidates, 104 GB and 4 GB.

    Parameters
    ----------
    model : TrainedModel or LoadedEncoder
        Its heads are not used.
    task : Task
        Its `retrieval` says how it is read.
    rows : pandas.DataFrame
        Test rows of one or many languages.
    all_layers : bool
        Whether the other layers are searched too. One whose vectors can't be searched is left out with a warning.
    folder : pathlib.Path, optional
        Where the file is; the system's folder for such files if left out.
    progress : callable, optional
        Called as ``progress(inputs done, inputs in all)``.

    Yields
    ------
    layer : int
        Transformer layers passed; the one that is read comes first, then the others from 0 (the embeddings) on.
    predictions : pandas.DataFrame
        One row a query, or a pair, and measure, with the columns `language`, `example_id`, `measure`, `gold`,
        `prediction`, `correct`, `total`.

    Raises
    ------
    DataError
        If there are no rows, or the vectors can't be searched.
    EncoderError
        If the encoder lacks the layer, or its tokenizer the token that makes the vector.
    StoreError
        If there is no room for the file.
    """
    if rows.empty:
        raise DataError(f"task {task.key}: no rows to search")
    base, asked = base_of(model), task.retrieval
    depth = architecture(base.spec).layers
    used = asked.layer_of(depth, encoder=f"encoder {base.spec.key!r}")
    check_ends(base.tokenizer, asked.pooling, encoder=base.spec.key)
    layers = [used, *(n for n in range(depth + 1) if n != used)] if all_layers else [used]
    features = retrieve.encode(rows, task, base.tokenizer, base.max_length)
    first, kind = features.distinct()
    vocabulary = Vocabulary.of(features.ids, tokenizer=base.tokenizer)
    place = resolve_device(device)
    whole = TaskModel(encoder_under(model, vocabulary), torch.nn.ModuleDict(), segments_of(base, vocabulary)).to(place)

    def compute(batch: dict[str, torch.Tensor]) -> torch.Tensor:
        hidden = whole.hidden_layers(batch)
        if len(hidden) != depth + 1:
            raise EncoderError(
                f"encoder {base.spec.key!r} gives {len(hidden)} hidden states and not {depth + 1}: its layers can't be "
                "told apart, so leave retrieval targets out"
            )
        vectors = [sentence_vectors(hidden[n], batch, asked.pooling, asked.special_tokens) for n in layers]
        return torch.stack(vectors, dim=1)

    whole.eval()
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY, dir=folder) as file:
        waiting, order = _Waiting(file, len(layers), len(first), folder), []
        passed = in_batches(compute, features, (first, kind), vocabulary, base.tokenizer.pad_token_id, place, progress)
        for places, outputs in passed:
            waiting.append(outputs)
            order.append(places)
        where = np.argsort(np.concatenate(order))[kind]
        for number, layer in enumerate(layers):
            try:
                yield layer, retrieve.decode(waiting.layer(number)[where], features, rows, task)
            except DataError as error:
                if layer == used:
                    raise
                log.warning("%s: layer %d is left out: %s", task.key, layer, error)


class _Waiting:
    """Vectors of several layers in a file, appended input by input and read layer by layer."""

    def __init__(self, file: IO[bytes], layers: int, inputs: int, folder: Path | None) -> None:
        self.file, self.folder = file, folder or tempfile.gettempdir()
        self.layers, self.inputs, self.width, self.there = layers, inputs, 0, 0

    def append(self, vectors: np.ndarray) -> None:
        """Add inputs: shape (inputs, layers, width), float32."""
        if not self.there:
            self.width = vectors.shape[2]
            self._check_room()
        for number in range(self.layers):
            self.file.seek(4 * self.width * (number * self.inputs + self.there))
            self.file.write(vectors[:, number].tobytes())
        self.there += len(vectors)

    def layer(self, number: int) -> np.ndarray:
        """Vectors of one layer, in the order they were appended: shape (inputs, width)."""
        size = 4 * self.width * self.inputs
        self.file.seek(number * size)
        return np.frombuffer(self.file.read(size), dtype=np.float32).reshape(self.inputs, self.width)

    def _check_room(self) -> None:
        needed = 4 * self.width * self.layers * self.inputs
        if needed > IN_MEMORY and needed > (free := shutil.disk_usage(self.folder).free):
            raise StoreError(
                f"vectors of {self.layers} layers for {self.inputs} sentences need {needed / 1e9:.1f} GB in "
                f"{self.folder}, where {free / 1e9:.1f} GB are free: make room, or score the layer that is read alone "
                "(--set evaluation.retrieval.scored=used)"
            )
