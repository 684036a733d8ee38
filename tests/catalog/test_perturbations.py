from __future__ import annotations

import unicodedata

import pytest

from study_utils.catalog import LANGUAGES, TASKS
from study_utils.catalog.keyboards import _layouts, keyboard
from study_utils.catalog.parallel import ADVERSARIAL, PARALLEL_TESTS, SERIES, Series, series_of
from study_utils.catalog.perturbations import PERTURBATIONS, UNSPACED, perturbed_languages, variant, variant_fault
from study_utils.errors import CatalogError

TARGETS = {"xnli": ("en", "de", "th"), "udpos": ("en", "de")}
SCRIPTS = {
    **{"Latn": "LATIN", "Cyrl": "CYRILLIC", "Grek": "GREEK", "Arab": "ARABIC", "Hebr": "HEBREW", "Deva": "DEVANAGARI"},
    **{"Beng": "BENGALI", "Gujr": "GUJARATI", "Guru": "GURMUKHI", "Taml": "TAMIL", "Telu": "TELUGU"},
    **{"Mlym": "MALAYALAM", "Sinh": "SINHALA", "Geor": "GEORGIAN", "Armn": "ARMENIAN"},
}


def test_neighbours_on_known_keyboards():
    assert set(keyboard("en")["s"]) == set("awedxz")
    assert set(keyboard("en")["q"]) == set("wa")
    assert set(keyboard("fr")["a"]) == set("zqé")  # é is on the row of the digits
    assert "y" in keyboard("en")["t"]
    assert "z" in keyboard("de")["t"]
    assert set(keyboard("ru")["ы"]) == set("фцувчя")
    assert keyboard("en")["S"] == keyboard("en")["s"].upper()
    assert keyboard("zh") == keyboard("ko") == {}


def test_layouts_are_of_known_languages_and_their_script():
    codes = [code for row in _layouts() for code in row["languages"].split()]
    assert len(codes) == len(set(codes))
    for code in codes:
        assert LANGUAGES[code].script not in UNSPACED
        near = keyboard(code)
        assert len(near) > 20
        script = SCRIPTS[LANGUAGES[code].script]
        for key in "".join(near.values()):
            assert unicodedata.category(key)[0] == "M" or unicodedata.name(key).startswith(script), code


@pytest.mark.parametrize("code", ["en", "de", "bg", "hi", "ar", "tr"])
def test_neighbours_are_mutual(code):
    near = keyboard(code)
    lower = {key: value for key, value in near.items() if not key.isupper()}
    assert all(key in near[other] for key, value in lower.items() for other in value if near[other])


def test_a_variant_says_kind_and_severity():
    assert variant("typos@0.10").key == "typos@0.1"
    assert variant("diacritics@1").severity == 1
    assert variant("shuffles@0.25").title == "Word order, 25% of words"


@pytest.mark.parametrize("text", ["typos", "typos@", "typos@0", "typos@1.1", "typos@-0.1", "typos@nan", "typos@a"])
def test_bad_severities(text):
    with pytest.raises(CatalogError, match=r"above 0 and up to 1, such as typos@0\.1"):
        variant(text)


def test_unknown_kinds_get_the_nearest():
    with pytest.raises(CatalogError, match="Did you mean 'homoglyphs'"):
        variant("homoglyph@0.1")


def test_what_kinds_know():
    unspaced = [code for code, item in LANGUAGES.items() if item.script in UNSPACED]
    for kind in PERTURBATIONS.values():
        assert kind.parallel or not any(map(kind.knows, unspaced)), kind.key
        assert kind.knows("de")
    assert PERTURBATIONS["typos"].knows("hi")
    assert not PERTURBATIONS["diacritics"].knows("hi")
    assert not PERTURBATIONS["homoglyphs"].knows("ar")


def test_what_can_not_be_made_is_said_with_a_way_out():
    assert variant_fault(["typos@0.1"], {"typos": ("en", "de")}, TARGETS) == ""
    assert variant_fault(["codeswitch@0.5"], {}, TARGETS) == ""
    fault = variant_fault(["typos@0.1"], {}, TARGETS)
    assert "'xnli' in Thai (th), for want of a keyboard layout" in fault
    assert "evaluation.variant_languages.typos" in fault
    assert "suits none" in variant_fault(["shuffles@0.1"], {}, {"udpos": ("en",)})
    assert "parallel in all languages" in variant_fault(["codeswitch@0.1"], {}, {"sib200": ("en", "de")})
    assert "add 'en'" in variant_fault(["codeswitch@0.1"], {}, {"xnli": ("de",)})
    assert "no language" in variant_fault(["drops@0.1"], {"drops": ("tr",)}, TARGETS)
    assert "'swaps' is no kind" in variant_fault(["drops@0.1"], {"swaps": ("de",)}, TARGETS)


def test_languages_of_a_variant():
    assert perturbed_languages("typos@0.1", "xnli", ("en", "de", "th"), {"typos": ("de", "fr")}) == ("de",)
    assert perturbed_languages("codeswitch@0.1", "xnli", ("en", "de", "th"), {}) == ("de", "th")
    assert perturbed_languages("shuffles@0.1", "udpos", ("en", "de"), {}) == ()


def test_series_are_of_one_format_and_size():
    for item in SERIES.values():
        tasks = [TASKS[key] for key in (item.english, *item.others)]
        assert len({task.format for task in tasks}) == 1
        assert len(set(item.languages.values())) == len(item.others)
        if item.parallel:
            rows = [count for task in tasks if task.train.expected for count in task.train.expected.values()]
            assert len(set(rows)) == 1, item.key
    assert SERIES["stsb"].languages["stsb_de"] == "de"
    assert len(SERIES["xnli_pairs"].others) == 14
    assert [item.key for item in series_of(["none", "stsb", "stsb_de", "xnli_pairs_de"])] == ["stsb"]
    with pytest.raises(CatalogError, match="unknown tasks"):
        Series(key="x", title="X", english="stsb", others=("stsb_xx",), parallel=True)
    with pytest.raises(CatalogError, match="alone is to be in English"):
        Series(key="x", title="X", english="stsb", others=("sick",), parallel=True)


def test_parallel_and_adversarial_tests_are_targets():
    assert all(TASKS[key].languages for key in (*PARALLEL_TESTS, *ADVERSARIAL))
    own = TASKS["pawsx_qqp"]
    assert own.train.hub_id == TASKS["qqp"].train.hub_id
    assert own.test == TASKS["pawsx"].test
    assert set(own.train.labels.values()) == set(own.labels)
    assert set(own.train.labels) == set(TASKS["qqp"].labels)
