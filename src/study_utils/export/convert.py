"""A trained encoder with a head as a model of transformers' own classes, with the same outputs or not at all.

Vocabulary: trained rows where training saw the token, the pretrained rows elsewhere.
"""

from __future__ import annotations

import copy

import torch
from torch import nn
from transformers import (
    MODEL_FOR_MULTIPLE_CHOICE_MAPPING,
    MODEL_FOR_QUESTION_ANSWERING_MAPPING,
    MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING,
    MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING,
    PretrainedConfig,
    PreTrainedModel,
)
from transformers.initialization import no_init_weights

from study_utils.catalog import Task
from study_utils.encoders.load import quiet
from study_utils.errors import EncoderError
from study_utils.formats.heads import SentenceHead, TokenHead
from study_utils.model import TrainedModel

CLASSES = {
    "classify": ("AutoModelForSequenceClassification", MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING),
    "regress": ("AutoModelForSequenceClassification", MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING),
    "choose": ("AutoModelForMultipleChoice", MODEL_FOR_MULTIPLE_CHOICE_MAPPING),
    "tag": ("AutoModelForTokenClassification", MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING),
    "answer": ("AutoModelForQuestionAnswering", MODEL_FOR_QUESTION_ANSWERING_MAPPING),
}
"""Format to the class that loads the exported model, and that class's table of architectures."""

_SENTENCE = (
    ("classifier.dense", "classifier.out_proj"),  # RoBERTa, XLM-R
    ("{encoder}.pooler.dense", "classifier"),  # BERT, RemBERT; multiple choice of RoBERTa's kind
    ("pooler.dense", "classifier"),  # DeBERTa
    ("sequence_summary.summary", "logits_proj"),  # XLNet
)
"""Where architectures keep the dense layer with tanh and the output layer of a head for whole inputs."""

_TOKEN = ("classifier", "qa_outputs")
"""Where they keep the one layer of a head for tokens."""


def whole_encoder(trained: TrainedModel) -> PreTrainedModel:
    """Give a trained encoder all embedding rows of the pretrained one again; both stay as they are."""
    whole = copy.deepcopy(trained.base.model)
    embeddings = whole.get_input_embeddings()
    (name,) = (key for key, value in whole.named_parameters() if value is embeddings.weight)
    state = trained.encoder.state_dict()
    rows = embeddings.weight.detach().clone()
    rows[torch.from_numpy(trained.vocabulary.kept)] = state[name]
    whole.load_state_dict({**state, name: rows})
    return whole.eval()


def with_head(trained: TrainedModel, encoder: PreTrainedModel, item: Task) -> PreTrainedModel:
    """Build the model of transformers that is an encoder with the head of a task.

    Parameters
    ----------
    encoder : transformers.PreTrainedModel
        What `whole_encoder` returns; the model shares its weights.

    Raises
    ------
    EncoderError
        If transformers has no class for the format and architecture, or its head is another than ours.
    """
    head = trained.heads[item.key]
    if isinstance(head, SentenceHead) and head.pooling == "mean":
        raise EncoderError(
            f"the head of {item.key!r} reads the mean over the tokens of the text, which no class of transformers "
            "does; --encoder exports the encoder alone"
        )
    auto, known = CLASSES.get(item.format, ("", {}))
    model_class = known.get(type(encoder.config), None) if auto else None
    if model_class is None:
        raise EncoderError(
            f"transformers has no model of format {item.format!r} for {encoder.config.model_type!r}; --encoder exports "
            "the encoder alone"
        )
    with torch.random.fork_rng(devices=[]), no_init_weights(), quiet():  # every weight is taken from elsewhere
        model = model_class(_config(encoder.config, item))
    model.load_state_dict(_weights(model, encoder, head, item), strict=True, assign=True)
    return model.eval()


def _config(base: PretrainedConfig, item: Task) -> PretrainedConfig:
    config = copy.deepcopy(base)
    labels = item.labels or {"regress": ("value",)}.get(item.format, ())
    if labels:
        config.id2label = dict(enumerate(labels))
        config.label2id = {label: number for number, label in enumerate(labels)}
    if item.format in ("classify", "regress"):
        config.problem_type = "regression" if item.format == "regress" else "single_label_classification"
    if hasattr(config, "pooler_hidden_act"):
        config.pooler_hidden_act = "tanh"
    return config


def _weights(model: PreTrainedModel, encoder: PreTrainedModel, head: nn.Module, item: Task) -> dict[str, torch.Tensor]:
    prefix = model.base_model_prefix
    weights = {f"{prefix}.{name}": value for name, value in encoder.state_dict().items()}
    above = model.state_dict().keys() - weights.keys()
    layers = _layers(head, item)
    sentence = [[name.format(encoder=prefix) for name in names] for names in _SENTENCE]
    for names in sentence if len(layers) == 2 else [[name] for name in _TOKEN]:
        found = {
            f"{name}.{kind}": getattr(layer, kind).detach()
            for name, layer in zip(names, layers)
            for kind in ("weight", "bias")
        }
        if found.keys() == above:
            return weights | found
    raise EncoderError(
        f"{type(model).__name__} has other layers above the encoder than the head of {item.key!r} "
        f"({', '.join(sorted(above))}), so its outputs would be others; --encoder exports the encoder alone"
    )


def _layers(head: nn.Module, item: Task) -> list[nn.Linear]:
    """Layers of a head, from below; the output of a regress task is put back into the range of its values."""
    if isinstance(head, TokenHead):
        return [head.out]
    if not isinstance(head, SentenceHead):
        raise EncoderError(
            f"the head of {item.key!r} guesses hidden tokens and is not exported; --encoder exports the encoder alone"
        )
    if item.format != "regress":
        return [head.dense, head.out]
    low, high = item.value_range
    out = copy.deepcopy(head.out)
    with torch.no_grad():
        out.weight *= high - low
        out.bias *= high - low
        out.bias += low
    return [head.dense, out]
