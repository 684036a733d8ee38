"""Words are cut as running text is, by tokenizers of every family, in many scripts."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from architectures import TOKENIZERS, make_encoder
from encoder_texts import SCRIPTS
from transformers import PreTrainedTokenizerFast

from study_utils.catalog import ENCODERS, encoder, task
from study_utils.catalog.encoders import DECLARED
from study_utils.encoders.words import marks_blanks, word_pieces
from study_utils.errors import EncoderError
from study_utils.formats import tag
from study_utils.formats.features import IGNORED

MARKS = {"bytes", "gemma", "llama"}
CODES = {"LATIN": "vi", "CYRILLIC": "ru", "GREEK": "el", "ARABIC": "ar", "HEBREW": "he", "DEVANAGARI": "hi",
         "BENGALI": "bn", "TAMIL": "ta", "GEORGIAN": "ka", "HANGUL": "ko", "ETHIOPIC": "am"}  # fmt: skip
UNSPACED = {"THAI": "th", "CJK": "zh", "HIRAGANA": "ja"}


@pytest.fixture(scope="module", params=TOKENIZERS)
def family(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def tokenizer(family) -> PreTrainedTokenizerFast:
    backend, settings = TOKENIZERS[family]()
    return PreTrainedTokenizerFast(tokenizer_object=backend, **settings)


def plain(tokenizer, text: str) -> list[int]:
    return tokenizer(text, add_special_tokens=False)["input_ids"]


def encoded(tokenizer, words: list[str], code: str, max_length: int = 10_000) -> list[int]:
    rows = pd.DataFrame({"id": ["0"], "language": [code], "tokens": [words], "tags": [["NOUN"] * len(words)]})
    features = tag.encode(rows, task("udpos"), tokenizer, max_length)
    assert (features.labels != IGNORED).sum() == len(words)
    return features.ids[features.content].tolist()


@pytest.mark.parametrize("script", CODES)
def test_words_are_cut_as_running_text(tokenizer, script):
    words = SCRIPTS[script].split()
    assert encoded(tokenizer, words, CODES[script]) == plain(tokenizer, " ".join(words))


def test_the_same_word_twice(family, tokenizer):
    found = tokenizer.convert_ids_to_tokens(encoded(tokenizer, ["film", "film"], "en"))
    assert found == tokenizer.convert_ids_to_tokens(plain(tokenizer, "film film"))
    if family == "bytes":
        assert found == ["f", "il", "m", "Ġfilm"]
    if family == "bytes with prefix":
        assert found == ["Ġfilm", "Ġfilm"]


def test_a_sentence_in_several_inputs_goes_on_as_running_text(tokenizer):
    words = SCRIPTS["LATIN"].split()
    assert encoded(tokenizer, words, "vi", 40) == plain(tokenizer, " ".join(words))


@pytest.mark.parametrize("script", UNSPACED)
def test_without_blanks_a_word_is_cut_as_it_stands_alone(tokenizer, script):
    words = [SCRIPTS[script][start : start + 2] for start in range(0, 12, 2)]
    alone = [piece for word in words for piece in plain(tokenizer, word)]
    assert encoded(tokenizer, words, UNSPACED[script]) == alone


def test_the_tokenizer_file_says_whether_blanks_are_marked(family, tokenizer, tmp_path, monkeypatch):
    tokenizer.save_pretrained(tmp_path)
    monkeypatch.setattr(json, "loads", None)  # the vocabulary isn't parsed
    spec = encoder(str(tmp_path))
    assert marks_blanks(spec) == (family in MARKS)
    begins, follows = word_pieces(["film"], tokenizer)
    assert (begins != follows) == (family in MARKS)


def test_encodings_that_were_right_are_as_they_were(family, tokenizer):
    """The rule before: every word alone."""
    words = [word for script in CODES for word in SCRIPTS[script].split()]
    before = [piece for word in words for piece in plain(tokenizer, word) or [tokenizer.unk_token_id]]
    assert (encoded(tokenizer, words, "en") == before) == (family not in MARKS)


def test_a_damaged_file_is_refused(tmp_path):
    (tmp_path / "tokenizer.json").write_text('{"normalizer": {"type": "None such"}, "pre_tokenizer": null}')
    with pytest.raises(EncoderError, match=r"tokenizer\.json is damaged"):
        marks_blanks(encoder(str(tmp_path)))
    with pytest.raises(EncoderError, match="is damaged"):
        marks_blanks(encoder(str(tmp_path / "nowhere")))


def test_no_word_at_all(tokenizer):
    assert word_pieces([], tokenizer) == ({}, {})


def test_a_word_that_the_tokenizer_drops_has_one_piece(packaged, tokenizer):
    for own in (packaged.tokenizer, tokenizer):
        begins, follows = word_pieces(["\u200b", ""], own)
        assert all(
            len(pieces[word]) >= 1 and None not in pieces[word] for pieces in (begins, follows) for word in begins
        )


@pytest.mark.parametrize("kind", ["roberta", "xlmr"])
def test_only_runs_that_it_changes_get_other_ids(kind, tmp_path: Path):
    from study_utils.params import load_params
    from study_utils.plan import make_plan

    folder = make_encoder(kind, tmp_path / "encoder")
    plan = make_plan(load_params("quick", {"encoders": [str(folder)]}))
    marked = {key for run in plan.runs.values() if "words" in run.identity.get("encoder", {})
              for key in (run.work["data"] if run.kind == "train" else [run.work["task"]])}  # fmt: skip
    tagged = {
        key
        for run in plan.runs.values()
        if run.kind == "train"
        for key in run.work["data"]
        if task(key).format == "tag"
    }
    assert tagged
    assert marked == (tagged if kind == "roberta" else set())


def test_declarations_agree_with_known_tokenizers(packaged):
    assert marks_blanks(packaged.spec) is False
    assert ENCODERS["roberta_base"].marks_blanks
    assert all(item.marks_blanks is not None for item in DECLARED)
