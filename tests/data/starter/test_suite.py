"""The starter suite as a whole: what its declarations promise, computed anew from the packages."""

from __future__ import annotations

import subprocess
import sys

import pytest
import starter_rules as rules

from study_utils.catalog import LANGUAGES, TASKS, StarterRows, task
from study_utils.catalog.schema import row_languages
from study_utils.data.leakage import overlap
from study_utils.data.rows import check_rows, fingerprint
from study_utils.data.starter import RECIPES
from study_utils.metrics import spans

STARTER = [t for t in TASKS.values() if isinstance(t.train or t.test, StarterRows)]
SOME = ("en", "de", "fr", "ru", "ar", "fi", "hi", "zh")


def rows(recipe, split, language="en"):
    return RECIPES[recipe](split, language)


def test_every_recipe_is_declared_once():
    assert {rows.recipe for t in STARTER for rows in (t.train, t.test) if rows} == set(RECIPES)


def test_labels_and_languages_follow_the_stated_rules():
    intents = rules.intent_labels()
    assert task("intent").labels == intents
    assert task("slots").labels == rules.slot_labels(intents)
    assert task("utterance_domain").labels == rules.domain_labels(intents)
    for key in ("intent", "slots", "messages"):
        assert task(key).languages == rules.languages_of(key, intents), key
    assert task("command_choice").languages == task("utterance_similarity").languages == task("intent").languages
    assert task("slot_answer").languages == task("slots").languages


def test_at_least_sixteen_languages_of_seven_families_and_two_or_more_in_the_large_branches():
    for key in ("intent", "slots", "messages"):
        found = [LANGUAGES[code] for code in task(key).languages]
        assert len(found) >= 16
        assert len({item.family for item in found}) >= 7
        for branch in ("Germanic", "Romance", "Slavic", "Semitic", "Indo-Aryan"):
            assert sum(item.branch == branch for item in found) >= 2, f"{key}: {branch}"
        assert sum(item.family == "Uralic" for item in found) >= 2


@pytest.mark.parametrize("item", STARTER, ids=lambda t: t.key)
def test_rows_are_valid_and_disjoint_between_splits(item):
    train = rows(item.train.recipe, "train") if item.train else None
    for role in ("train", "validation", "test"):
        source = getattr(item, role)
        for language in set(row_languages(source)) & set(SOME) if source else ():
            frame = rows(source.recipe, source.split, language)
            check_rows(frame, item, where=f"{item.key} {role} {language}")
            assert (frame["language"] == language).all()
            if train is not None and role != "train":
                found = overlap(train, frame)["overlapping"].sum()
                assert found == 0 if language == "en" else found <= 1, "a loanword command may read as in English"


@pytest.mark.parametrize("item", [t for t in STARTER if t.train_in], ids=lambda t: t.key)
def test_rows_that_train_in_other_languages_share_nothing_with_test_rows(item):
    assert set(item.own_languages) == set(item.languages) - {"en"}
    for language in set(item.own_languages) & set(SOME):
        test = rows(item.test.recipe, "test", language)
        for source in (item.train_in, item.validation_in):
            frame = rows(source.recipe, source.split, language)
            check_rows(frame, item, where=f"{item.key} {source.split} {language}")
            assert overlap(frame, test)["overlapping"].sum() == 0
            assert not set(_templates(frame)) & set(_templates(test))


def _templates(frame):
    """Intent and digest of the template, as they stand in an id."""
    return frame["id"].str.rsplit("-", n=1).str[0]


@pytest.mark.parametrize("language", SOME)
def test_slots_are_well_formed_and_cover_what_they_name(language):
    frame = rows("slots", "test", language)
    for tokens, tags in zip(frame["tokens"], frame["tags"]):
        for index, tag in enumerate(tags):
            if tag.startswith("I-"):
                assert tags[index - 1][2:] == tag[2:], f"{tokens} {tags}"
        for _, start, end in spans(tags):
            words = " ".join(tokens[start:end])
            assert words.strip()
    assert frame["tags"].map(lambda tags: any(t != "O" for t in tags)).mean() > 0.3


@pytest.mark.parametrize("language", SOME)
def test_no_template_syntax_is_left_in_an_utterance(language):
    frame = rows("intent", "test", language)
    assert not frame["text"].str.contains(r"[\[\]{}<>|()]").any()
    assert not frame["text"].duplicated().any()
    assert frame["label"].nunique() >= 15


def test_intent_and_slots_tag_the_same_utterances():
    intents, slots = rows("intent", "test", "de"), rows("slots", "test", "de")
    assert list(intents["id"]) == list(slots["id"])
    squeezed = [text.replace(" ", "") for text in intents["text"]]
    assert squeezed == ["".join(tokens) for tokens in slots["tokens"]]


def test_messages_are_parallel_by_id_and_apart_from_training():
    german, french = (rows("messages", "test", code).set_index("id") for code in ("de", "fr"))
    shared = german.index.intersection(french.index)
    assert len(shared) > 50
    assert (german.loc[shared, "translation"] == french.loc[shared, "translation"]).all()
    assert (german["text"] != german["translation"]).all()
    assert german["text"].is_unique
    assert german["translation"].is_unique
    trained = {" ".join(sorted(text.lower().split())) for text in rows("message_order", "train")["text"]}
    tested = {" ".join(sorted(text.lower().split())) for text in german["translation"]}
    assert not trained & tested


@pytest.mark.parametrize("language", SOME)
def test_text_to_mix_in_holds_no_test_sentence_of_any_target(language):
    own = rows("message_text", "train", language)
    assert len(own) >= 20
    for key in ("messages", "intent", "slots", "slot_answer"):
        if language in task(key).languages:
            test = rows(key, "test", language)
            assert overlap(own, test)["overlapping"].sum() == 0, key
    chosen = rows("message_text", "validation")
    assert overlap(chosen, own)["overlapping"].sum() == 0
    assert set(chosen["id"]).isdisjoint(own["id"])


def test_text_in_english_is_the_english_of_the_messages():
    english = rows("message_text", "train").set_index("id")["text"]
    german = rows("message_text", "train", "de")
    assert set(german["id"]) <= set(english.index)
    tested = rows("messages", "test", "de").set_index("id")
    assert set(tested.index).isdisjoint(english.index)
    assert set(tested["translation"]).isdisjoint(english)


def test_scrambled_messages_hold_the_same_words_in_another_order():
    frame = rows("message_order", "train")
    pairs = frame.assign(source=frame["id"].str.rsplit("-", n=1).str[0]).pivot(
        index="source", columns="label", values="text"
    )
    assert pairs.notna().all().all()
    assert (pairs["intact"] != pairs["scrambled"]).all()
    assert (pairs["intact"].str.split().map(sorted) == pairs["scrambled"].str.split().map(sorted)).all()


def test_pairs_of_commands_are_balanced_and_rightly_labelled():
    frame = rows("utterance_match", "train")
    assert 0.4 < (frame["label"] == "same").mean() < 0.6
    known = rows("intent", "train").drop_duplicates("text").set_index("text")["label"]
    told = frame[frame["text"].isin(known.index) & frame["text_pair"].isin(known.index)]
    assert len(told) > 200
    same = known.loc[told["text"]].to_numpy() == known.loc[told["text_pair"]].to_numpy()
    assert (same == (told["label"] == "same").to_numpy()).all()


def test_rows_are_the_same_in_every_process():
    code = (
        "from study_utils.data.starter import RECIPES; from study_utils.data.rows import fingerprint\n"
        "print([fingerprint(RECIPES[k]('test', 'fi')) for k in ('intent', 'slots', 'messages')])"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    }
    here = [fingerprint(rows(key, "test", "fi")) for key in ("intent", "slots", "messages")]
    assert found == {f"{here}\n"}
