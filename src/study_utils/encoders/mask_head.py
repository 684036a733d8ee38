"""The head that an encoder was pretrained with by masking: what guesses hidden tokens from the encoder's vectors.

Its form and its weights are those of transformers' class for the architecture (`AutoModelForMaskedLM`): a dense layer
with activation and norm, which some lack, then a matrix with a row for every token: mostly the word embeddings.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from transformers import MODEL_FOR_MASKED_LM_MAPPING, AutoModelForMaskedLM, PreTrainedConfig, PreTrainedModel

from study_utils.encoders.load import LoadedEncoder, quiet
from study_utils.errors import EncoderError

_TOKENS = 1_000_003
"""Tokens of a model that is made to look at its head: a size that nothing else in it has."""


@dataclass(frozen=True, kw_only=True)
class HeadForm:
    """What a head is made of.

    Attributes
    ----------
    sizes : (int, int) or None
        Inputs and outputs of the dense layer; None without one.
    dense_bias, bias : bool
        Whether the dense layer, and the output, have biases.
    activation, norm : torch.nn.Module or None
        Behind the dense layer; the norm without weights in memory.
    own_rows : int
        Width of the output matrix; 0 where it is the word embeddings.
    names : dict of str to str
        Weight of `GuessingHead` to its name in the class of transformers; empty where that has none.
    """

    sizes: tuple[int, int] | None
    dense_bias: bool = True
    activation: nn.Module | None = None
    norm: nn.Module | None = None
    own_rows: int = 0
    bias: bool = True
    names: dict[str, str] = field(default_factory=dict)


class GuessingHead(nn.Module):
    """A masked-language head with new weights, one output a token.

    Word embeddings, where they are the output matrix, are neither a weight of the head nor saved with it.
    """

    def __init__(self, form: HeadForm, tokens: int) -> None:
        super().__init__()
        self.dense = nn.Linear(*form.sizes, bias=form.dense_bias) if form.sizes else None
        self.activation = form.activation
        self.norm = None if form.norm is None else copy.deepcopy(form.norm).to_empty(device="cpu")
        self.weight = nn.Parameter(torch.randn(tokens, form.own_rows) * 0.02) if form.own_rows else None
        self.bias = nn.Parameter(torch.zeros(tokens)) if form.bias else None
        if self.norm is not None:
            self.norm.reset_parameters()

    def guess(self, states: torch.Tensor, embeddings: torch.Tensor) -> torch.Tensor:
        """Outputs before the softmax, shape (inputs, tokens), of hidden states of shape (inputs, width)."""
        if self.dense is not None:
            states = self.dense(states)
            states = functional.gelu(states) if self.activation is None else self.activation(states)
        states = states if self.norm is None else self.norm(states)
        return functional.linear(states, embeddings if self.weight is None else self.weight, self.bias)


def head_form(config: PreTrainedConfig) -> HeadForm:
    """Look at the head of an architecture, on a model without memory; BERT's form for one that has no such class.

    Raises
    ------
    EncoderError
        If the head is of a form that `GuessingHead` doesn't have.
    """
    if type(config) not in MODEL_FOR_MASKED_LM_MAPPING:
        with torch.device("meta"):
            norm = nn.LayerNorm(config.hidden_size, eps=getattr(config, "layer_norm_eps", 1e-5))
        return HeadForm(sizes=(config.hidden_size, config.hidden_size), norm=norm)
    large = copy.deepcopy(config)
    large.vocab_size = _TOKENS
    with torch.random.fork_rng(devices=[]), torch.device("meta"), quiet():
        model = AutoModelForMaskedLM.from_config(large)
    modules = [(name, module) for name, module in _outside(model) if not list(module.children())]
    dense = [(n, m) for n, m in modules if isinstance(m, nn.Linear) and m.out_features != _TOKENS]
    norms = [(n, m) for n, m in modules if isinstance(m, nn.LayerNorm)]
    others = [m for _, m in modules if not list(m.parameters()) and not isinstance(m, nn.Dropout)]
    names = {f"dense.{part}": f"{n}.{part}" for n, m in dense for part, _ in m.named_parameters()}
    names |= {f"norm.{part}": f"{n}.{part}" for n, m in norms for part, _ in m.named_parameters()}
    inside = {id(parameter) for parameter in model.base_model.parameters()}
    rest = {n: p for n, p in model.named_parameters() if id(p) not in inside and n not in names.values()}
    of_tokens = {("bias", "weight")[p.ndim - 1]: n for n, p in rest.items() if len(p) == _TOKENS and p.ndim < 3}
    if max(len(dense), len(norms), len(others)) > 1 or set(rest) != set(of_tokens.values()):
        raise EncoderError(
            f"the masked-language head of {type(model).__name__} has a form that isn't known here "
            f"({', '.join(n for n, _ in _outside(model))}): leave out conditions that mix in masked-language modelling."
        )
    return HeadForm(
        sizes=(dense[0][1].in_features, dense[0][1].out_features) if dense else None,
        dense_bias=bool(dense) and dense[0][1].bias is not None,
        activation=others[0] if others else None,
        norm=norms[0][1] if norms else None,
        own_rows=rest[of_tokens["weight"]].shape[1] if "weight" in of_tokens else 0,
        bias="bias" in of_tokens,
        names=names | of_tokens,
    )


def _outside(model: PreTrainedModel) -> Iterator[tuple[str, nn.Module]]:
    """Modules of a model that are not its encoder."""
    prefix = model.base_model_prefix
    for name, module in model.named_modules():
        if name and name != prefix and not name.startswith(f"{prefix}."):
            yield name, module


def pretrained_mask_head(base: LoadedEncoder, kept: np.ndarray) -> dict[str, torch.Tensor]:
    """Read the masked-language head of a checkpoint through transformers' class for it.

    Parameters
    ----------
    base : LoadedEncoder
        Untrimmed.
    kept : numpy.ndarray of int64
        Original ids of the vocabulary, in order (`study_utils.encoders.vocabulary.Vocabulary.kept`).

    Returns
    -------
    dict of str to torch.Tensor
        State of a `GuessingHead`, float32; what has a row or a value for every token has those of the kept ids.

    Raises
    ------
    EncoderError
        If the architecture has no such head, the checkpoint lacks some of its weights (they are listed), or what they
        compute isn't what the class of transformers computes.
    """
    config = base.model.config
    if type(config) not in MODEL_FOR_MASKED_LM_MAPPING:
        raise EncoderError(_refused(base, f"transformers has no class with one for model type {config.model_type!r}"))
    model, missing = _load(base, config)
    if missing and hasattr(config, "legacy"):  # DeBERTa v3 has its head under other names than v2
        other = copy.deepcopy(config)
        other.legacy = not config.legacy
        again, lacking = _load(base, other)
        model, missing = (again, lacking) if not lacking else (model, missing)
    if missing:
        raise EncoderError(_refused(base, f"its checkpoint lacks {', '.join(missing)}"))
    form, state, rows = head_form(model.config), model.state_dict(), torch.from_numpy(kept)
    found = {own: state[name].to(torch.float32) for own, name in form.names.items()}
    found |= {own: found[own][rows].clone() for own in ("weight", "bias") if own in found}
    _check_outputs(base, model, form, found, rows)
    return found


def _load(base: LoadedEncoder, config: PreTrainedConfig) -> tuple[PreTrainedModel, list[str]]:
    with torch.random.fork_rng(devices=[]), quiet():
        model, loading = AutoModelForMaskedLM.from_pretrained(
            base.folder,
            config=config,
            use_safetensors=True,
            dtype=torch.float32,
            output_loading_info=True,
            trust_remote_code=False,
            local_files_only=True,
        )
    return model.eval(), sorted(loading["missing_keys"])


def _check_outputs(
    base: LoadedEncoder, model: PreTrainedModel, form: HeadForm, state: dict[str, torch.Tensor], kept: torch.Tensor
) -> None:
    """Refuse a head whose outputs for a few tokens aren't those of the class it was taken from."""
    with torch.random.fork_rng(devices=[]):
        head = GuessingHead(form, len(kept))
    head.load_state_dict(state)
    ids = kept[None, :8]
    with torch.inference_mode():
        wanted = model(input_ids=ids).logits[0][:, kept]
        states = base.model(input_ids=ids).last_hidden_state[0]
        found = head.guess(states, base.model.get_input_embeddings().weight[kept])
    if not torch.allclose(found, wanted, rtol=1e-3, atol=1e-3):
        raise EncoderError(_refused(base, f"{type(model).__name__} computes something else from its weights"))


def _refused(base: LoadedEncoder, why: str) -> str:
    return (
        f"encoder {base.spec.key!r} has no masked-language head to go on with: {why}. Leave out conditions that mix in "
        "masked-language modelling, or set intermediate.new_mlm_head=true: a new head, with random weights, is trained."
    )
