"""How retrieval targets are read: what changes which ids, and what an encoder lacks."""

from __future__ import annotations

import json
import shutil

import pytest
import yaml
from tokenizers import processors

import study_utils.plan.grid as grid
import study_utils.plan.rows as plan_rows
from study_utils.catalog.retrieval import Retrieval
from study_utils.errors import EncoderError, ParameterError
from study_utils.params import load_params
from study_utils.params.reading import describe_params
from study_utils.paths import project_root
from study_utils.plan import make_plan
from study_utils.plan.retrieval import layer_words, layers_read


@pytest.fixture(autouse=True)
def _fixed_sources(monkeypatch):
    monkeypatch.setattr(plan_rows, "source_digest", lambda *_, **__: {"kind": "starter"})
    monkeypatch.setattr(grid, "encoder_digest", lambda spec: "weights")


def ids(**changes):
    runs = make_plan(load_params("quick", {key.replace("__", "."): value for key, value in changes.items()})).runs
    retrieval = {key for key in runs if key.startswith("predict-messages")}
    return set(runs) - retrieval, retrieval


@pytest.mark.parametrize(
    "change",
    [
        {"evaluation__retrieval__layer": "last"},
        {"evaluation__retrieval__layer": 6},
        {"evaluation__retrieval__pooling": "first"},
        {"evaluation__retrieval__special_tokens": False},
        {"evaluation__retrieval__max_length": 64},
        {"evaluation__retrieval__scored": "used"},
    ],
)
def test_whatever_changes_retrieval_changes_its_ids_alone(change):
    before, after = ids(), ids(**change)
    assert after[0] == before[0]
    assert len(after[1]) == len(before[1])
    assert not after[1] & before[1]


def test_what_the_declaration_says_anyway_changes_nothing():
    said = {"layer": "published", "pooling": "mean", "special_tokens": True, "max_length": 512, "scored": "all"}
    assert ids(evaluation__retrieval=said) == ids()


def test_the_length_of_other_targets_is_not_that_of_retrieval():
    before, after = ids(), ids(evaluation__max_length=64)
    assert after[1] == before[1]
    assert after[0] != before[0]


def test_a_study_changes_what_it_names_and_no_more():
    params = load_params("xtreme_r", {"evaluation.retrieval.max_length": 32, "evaluation.retrieval.layer": 10})
    assert params.retrieval("lareqa") == Retrieval(search="rank", layer=10, query_length=32, candidate_length=32)
    assert params.retrieval("xnli") is None
    told = dict(describe_params(params))
    assert told["evaluation.retrieval.layer"] == "10"
    assert told["evaluation.retrieval.pooling"] == "None"


def test_the_layers_of_a_study_in_words():
    params = load_params("quick", {"encoders": ["e5_small", "xlmr_large", "minilm_english"]})
    assert layers_read(params) == {
        ("e5_small", "messages"): (8, 12),
        ("xlmr_large", "messages"): (14, 24),
        ("minilm_english", "messages"): (4, 6),
    }
    assert layer_words(params) == {"messages": "layer 8 of 12 or 14 of 24 or 4 of 6"}
    assert layer_words(load_params("quick", {"targets": ["intent"], "tasks": {}})) == {}
    unknown = load_params("quick", {"encoders": ["./nowhere"], "evaluation.retrieval.layer": 3})
    assert layer_words(unknown) == {"messages": "layer: 3"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"layer": True}, "got True: write published, last or how many layers are passed"),
        ({"layer": -1}, "got -1: write published"),
        ({"layer": 2.5}, "got 2.5: write published"),
        ({"layer": "lats"}, "got 'lats': write published"),
        ({"pooling": "men"}, "unknown pooling 'men'. Did you mean 'mean'"),
        ({"special_tokens": "yes"}, "valid boolean"),
        ({"max_length": 4}, "greater than or equal to 8"),
        ({"lyer": 8}, "Did you mean 'layer'"),
    ],
)
def test_wrong_values_are_named_with_their_field(change, message):
    with pytest.raises(ParameterError, match=message) as caught:
        load_params("quick", {"evaluation.retrieval": change})
    assert f"evaluation.retrieval.{next(iter(change))} (from --set)" in str(caught.value)


def test_a_layer_that_an_encoder_lacks_is_refused_when_the_study_is_planned(tiny_encoder):
    with pytest.raises(EncoderError, match=r"evaluation.retrieval.layer: 13 .* encoder 'e5_small' has 12 layers"):
        ids(evaluation__retrieval__layer=13)
    with pytest.raises(EncoderError, match="has 1 layers: write 0 to 1"):
        ids(evaluation__retrieval__layer=8, encoders=["e5_small", str(tiny_encoder)])
    ids(evaluation__retrieval__layer=13, targets=["intent"], tasks={})


@pytest.mark.parametrize("pooling", ["first", "last"])
def test_a_token_that_a_tokenizer_does_not_add_is_refused_when_the_study_is_planned(tiny_encoder, tmp_path, pooling):
    folder = shutil.copytree(tiny_encoder, tmp_path / "bare")
    ids(evaluation__retrieval__pooling=pooling, encoders=[str(folder)])
    content = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    bare = processors.TemplateProcessing(single="$A", special_tokens=[])
    content["post_processor"] = json.loads(bare.__getstate__())
    (folder / "tokenizer.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(EncoderError, match=f"puts no special token {pooling}, .*evaluation.retrieval.pooling=mean"):
        ids(evaluation__retrieval__pooling=pooling, encoders=[str(folder)])
    ids(encoders=[str(folder)])


def test_an_encoder_of_a_study_is_read_at_the_layer_that_it_declares(tmp_path):
    content = yaml.safe_load((project_root() / "params/quick.yaml").read_text(encoding="utf-8"))
    content |= {"own_encoders": {"at_five": {"source": "e5_small", "layer": 5}}, "encoders": ["e5_small", "at_five"]}
    path = tmp_path / "own.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    params = load_params(str(path))
    assert layers_read(params) == {("e5_small", "messages"): (8, 12), ("at_five", "messages"): (5, 12)}
    runs = [run for run in make_plan(params).runs.values() if run.name.startswith("predict-messages-none")]
    asked = {run.work["encoder"]: run.identity["settings"]["retrieval"]["layer"] for run in runs}
    assert asked == {"e5_small": "published", "at_five": 5}
    last = load_params(str(path), {"evaluation.retrieval.layer": "last"})
    assert layers_read(last)["at_five", "messages"] == (12, 12), "what a study asks for goes first"
    content |= {"own_encoders": {"at_thirteen": {"source": "e5_small", "layer": 13}}, "encoders": ["at_thirteen"]}
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(ParameterError, match="layer 13 is more than the 12"):
        make_plan(load_params(str(path)))
