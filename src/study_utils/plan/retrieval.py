"""How a study reads retrieval targets: settings of their runs, and the layer that each encoder is read at."""

from __future__ import annotations

from dataclasses import asdict, replace

from study_utils.catalog import Encoder, Task, encoder
from study_utils.catalog.retrieval import PUBLISHED, Retrieval
from study_utils.encoders.ends import check_declared_ends
from study_utils.encoders.facts import architecture
from study_utils.errors import EncoderError
from study_utils.params import StudyParams


def asked_of(params: StudyParams, key: str, spec: Encoder) -> Retrieval | None:
    """How a target is read with an encoder: one that declares a layer of its own is read there, not by the rule."""
    asked = params.retrieval(key)
    if asked is None or asked.layer != PUBLISHED or spec.layer is None:
        return asked
    return replace(asked, layer=spec.layer)


def reading(params: StudyParams, task: Task, spec: Encoder) -> dict:
    """Settings under which test rows become inputs and, for retrieval, vectors.

    The layer is in it as it was asked for: with the encoder, which is in the identity too, it says the number.
    """
    asked = asked_of(params, task.key, spec)
    if asked is None:
        return {"max_length": params.test_max_length(task.key)}
    scored = params.evaluation.retrieval.scored
    return {"retrieval": asdict(asked), **({} if scored == "all" else {"scored": scored})}


def layers_read(params: StudyParams) -> dict[tuple[str, str], tuple[int, int]]:
    """Layer that every encoder is read at for every retrieval target.

    Returns
    -------
    dict
        (encoder, task) to the layer and the encoder's depth; without encoders whose configuration can't be read from
        here.

    Raises
    ------
    EncoderError
        If an encoder lacks the layer that is asked for, or its tokenizer the token that makes the vectors.
    """
    found = {}
    for name in params.encoders:
        asked = {key: item for key in params.targets if (item := asked_of(params, key, encoder(name)))}
        if not asked:
            continue
        try:
            depth = architecture(encoder(name)).layers
        except EncoderError:
            continue  # the run itself checks again
        for key, item in asked.items():
            check_declared_ends(encoder(name), item.pooling)
            found[name, key] = (item.layer_of(depth, encoder=f"encoder {name!r}"), depth)
    return found


def layer_words(params: StudyParams) -> dict[str, str]:
    """Retrieval target to the layers it is read at, in words: "layer 8 of 12"; of several depths, all of them."""
    places = layers_read(params)
    words = {}
    for key in params.targets:
        asked = params.retrieval(key)
        if asked is not None:
            own = dict.fromkeys(places[name, key] for name in params.encoders if (name, key) in places)
            numbers = " or ".join(f"{layer} of {depth}" for layer, depth in own)
            words[key] = f"layer {numbers}" if numbers else f"layer: {asked.layer}"
    return words
