"""Each kind by hand, and what all kinds promise."""

from __future__ import annotations

import unicodedata

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from study_utils.catalog.perturbations import LOOKALIKES
from study_utils.perturb import diacritics, drops, homoglyphs, swaps, typos
from study_utils.perturb.codeswitch import switch_texts
from study_utils.perturb.letters import OPTIONS, change_words
from study_utils.perturb.shuffles import shuffle_words
from study_utils.perturb.words import bare, chunks, letters, vocabulary

TEXT = "The committee's 42 members didn't agree, however, on most (if not all) points."


def test_words_have_letters_and_no_digits():
    text = "Am 3. Mai: 5kg Äpfel, «ja» … ٣ سنوات"
    assert [text[a:b] for a, b in chunks(text)] == ["Am", "Mai:", "Äpfel,", "«ja»", "سنوات"]
    assert [bare(word) for word in ("Mai:", "«Ja»", "don't!", "…")] == ["mai", "ja", "don't", ""]
    assert bare("e\u0301t") == bare("Ét") == "ét"


def test_letters_keep_their_marks():
    assert [("हिन्दी"[a:b]) for a, b in letters("हिन्दी")] == ["हि", "न्", "दी"]
    assert ["a-b"[a:b] for a, b in letters("a-b")] == ["a", "b"]


def test_a_typing_error_is_a_neighbouring_key():
    assert set(typos.options("cat", "en")) == {*(f"c{x}t" for x in "qwsz"), *(f"ca{x}" for x in "rfgy")}
    assert set(typos.options("CAT", "en")) == {*(f"C{x}T" for x in "QWSZ"), *(f"CA{x}" for x in "RFGY")}
    assert "zeit" not in typos.options("zeit", "de")
    assert {"teit", "ueit"}.isdisjoint(typos.options("zeit", "de"))  # the first letter stays
    assert "azt" in typos.options("att", "de")  # z is beside t on a German keyboard
    assert "azt" not in typos.options("att", "en")
    assert typos.options("is", "en") == []
    assert typos.options("кот", "en") == []


def test_typing_errors_keep_letters_letters_and_marks_marks():
    for word, language in (("हिन्दी", "hi"), ("العربية", "ar"), ("தமிழ்", "ta")):
        for new in typos.options(word, language):
            assert [unicodedata.category(c)[0] for c in new] == [unicodedata.category(c)[0] for c in word]


def test_drops_and_swaps_by_hand():
    assert drops.options("abcd", "en") == ["acd", "abd", "abc"]
    assert drops.options("कमल", "hi") == ["कल", "कम"]
    assert swaps.options("abcd", "en") == ["acbd", "abdc"]
    assert swaps.options("abbc", "en") == ["abcb"]
    assert swaps.options("हिन्दी", "hi") == ["हिदीन्"]
    assert swaps.options("o'er", "en") == ["o're"]
    assert drops.options("ab", "en") == swaps.options("ab", "en") == []


def test_look_alikes_look_alike():
    assert homoglyphs.options("cab", "en") == ["сab", "cаb"]
    assert homoglyphs.options("сон", "ru") == ["cон", "сoн"]
    names = {"Latn": "LATIN", "Cyrl": "CYRILLIC", "Grek": "GREEK"}
    for script, pairs in LOOKALIKES.items():
        for letter, other in pairs.items():
            assert unicodedata.name(letter).startswith(names[script])
            assert not unicodedata.name(other).startswith(names[script])
            assert letter.isupper() == other.isupper()


def test_diacritics_go_from_the_whole_word():
    plain = {"Việt": "Viet", "łódź": "lodz", "Đông": "Dong", "άλλο": "αλλο", "niño": "nino", "ılık": "ilik"}
    assert {word: diacritics.options(word, "")[0] for word in plain} == plain
    assert diacritics.options("e\u0301te\u0301", "") == ["ete"]
    assert diacritics.options("plain", "") == []


def test_neighbouring_words_change_places():
    found = shuffle_words(["one two, three four"], 1.0, language="en", example="1")
    assert found.texts == ["one two, four three"]  # the comma parts one from three, and holds on to two
    assert (found.words, found.asked, found.changed) == (4, 4, 2)
    assert shuffle_words(["a 5 b"], 1.0, language="en", example="1").texts == ["a 5 b"]
    assert shuffle_words(["so so"], 1.0, language="en", example="1").changed == 0


def test_english_texts_replace_the_same_examples_everywhere():
    ids = [str(i) for i in range(40)]
    english = pd.DataFrame({"id": ids, "text_pair": [f"pair {i}" for i in ids]})
    changed = {}
    for code in ("de", "fr"):
        rows = pd.DataFrame({"id": ids, "language": code, "text_pair": [f"{code} {i}" for i in ids]})
        for share in (0.25, 0.5):
            values, count = switch_texts(rows, english, "text_pair", share)
            changed[code, share] = set(rows.loc[values.str.startswith("pair"), "id"])
            assert len(changed[code, share]) == count == 40 * share
    assert changed["de", 0.25] == changed["fr", 0.25] < changed["de", 0.5]


def test_an_example_without_english_stays():
    rows = pd.DataFrame({"id": ["1", "2"], "text_pair": ["eins", "zwei"]})
    values, count = switch_texts(rows, pd.DataFrame({"id": ["2"], "text_pair": ["two"]}), "text_pair", 1.0)
    assert (values.tolist(), count) == (["eins", "two"], 1)


WORD = st.text("abcdeéñ'-.,", min_size=1, max_size=7)
KIND = pytest.mark.parametrize("kind", OPTIONS)


@KIND
@given(words=st.lists(st.one_of(WORD, st.sampled_from(["1999", "a1", "—"])), max_size=20), severity=st.floats(0.01, 1))
def test_every_kind_keeps_its_promises(kind, words, severity):
    text = "  ".join(words)
    known = vocabulary([text])
    found = change_words([text, "abc"], kind, severity, language="es", example="7", known=known)
    new, last = found.texts
    old_words, new_words = [*text.split(), "abc"], [*new.split(), last]
    assert len(new_words) == len(old_words)
    differ = [(a, b) for a, b in zip(old_words, new_words) if a != b]
    assert len(differ) == found.changed <= found.asked <= severity * found.words + 1e-6
    for before, after in differ:
        assert not any(c.isdigit() for c in before)
        assert bare(after)
        assert bare(after) not in known
    again = change_words([text, "abc"], kind, severity, language="es", example="7", known=known)
    assert again == found


@KIND
def test_a_higher_severity_changes_the_same_words_and_more(kind):
    text, before = f"Él habló {TEXT} También vivió aquí; mañana saldrá.", None
    for severity in (0.1, 0.3, 0.6):
        new = change_words([text], kind, severity, language="es", example="7", known=frozenset()).texts[0].split()
        edits = {(i, b) for i, (a, b) in enumerate(zip(text.split(), new)) if a != b}
        assert before is None or before < edits
        before = edits


def test_no_word_becomes_another_word_of_the_test_rows():
    free = [
        change_words(["not"], "typos", 1.0, language="en", example=str(i), known=frozenset()).texts[0]
        for i in range(300)
    ]
    assert {"nit", "npt"} <= set(free)
    bound = {
        change_words(["not"], "typos", 1.0, language="en", example=str(i), known=frozenset({"nit"})).texts[0]
        for i in range(300)
    }
    assert "nit" not in bound
    every = vocabulary(typos.options("not", "en"))
    stuck = change_words(["not"], "typos", 1.0, language="en", example="1", known=every)
    assert (stuck.texts, stuck.asked, stuck.changed) == (["not"], 1, 0)
