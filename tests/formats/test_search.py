"""Mining pairs in two pools, and ranking candidates."""

from __future__ import annotations

import json
import sys
import tracemalloc
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from rows import toy_task
from sklearn.metrics import f1_score

from study_utils.evaluation.predict import predict
from study_utils.formats import retrieve
from study_utils.metrics import nearest

MINE = toy_task("retrieve", "mining_f1_oracle", search="mine")
RANK = toy_task("retrieve", "map_at_20", search="rank")


def margin_pairs(english, foreign):
    """Mutual nearest neighbours, scored by their cosine."""
    similar = english @ foreign.T
    forth, back = similar.argmax(axis=1), similar.argmax(axis=0)
    first = np.array([n for n in range(len(english)) if back[forth[n]] == n])
    return first, forth[first], similar[first, forth[first]]


def best_threshold(scores, right, gold_count):
    """Try every score."""

    def f1(threshold):
        return 2 * right[scores >= threshold].sum() / ((scores >= threshold).sum() + gold_count)

    best = max(sorted(scores, reverse=True), key=f1)
    return best, f1(best)


def average_precision(hits, targets, cut=20):
    """Sum over ranks with a hit of precision there, over the targets that fit."""
    return sum(hits[: r + 1].sum() / (r + 1) for r in range(min(cut, len(hits))) if hits[r]) / min(targets, cut)


@pytest.fixture(autouse=True)
def metrics(monkeypatch):
    mining = SimpleNamespace(margin_pairs=margin_pairs, best_threshold=best_threshold)
    monkeypatch.setitem(sys.modules, "study_utils.metrics.mining", mining)
    ranking = SimpleNamespace(average_precision=average_precision, nearest=nearest)
    monkeypatch.setitem(sys.modules, "study_utils.metrics.ranking", ranking)


def pools(language, english, foreign, pairs):
    match = dict([*pairs, *(pair[::-1] for pair in pairs)])
    rows = [(key, language, "english", match.get(key, "")) for key in english]
    rows += [(key, language, "foreign", match.get(key, "")) for key in foreign]
    return pd.DataFrame(rows, columns=["id", "language", "side", "match"]).assign(text="x")


def turned(*degrees):
    """Vectors of different lengths in the plane."""
    angles = np.radians(degrees)
    return [np.array([np.cos(a), np.sin(a)]) * (n + 1) for n, a in enumerate(angles)]


def test_mining_by_hand():
    """e1 f1 and e2 f2 are near, so are e3 and f3, which are no pair; e4 and f4 are a pair that is not found."""
    rows = pools("zh", ["e1", "e2", "e3", "e4"], ["f1", "f2", "f3", "f4"], [("e1", "f1"), ("e2", "f2"), ("e4", "f4")])
    outputs = turned(0, 40, 80, 120, 1, 42, 85, 200)
    found = retrieve.decode(outputs, None, rows, MINE)
    assert set(found["measure"]) == {"mining_f1_oracle"}
    said = {tuple(json.loads(r.example_id)): (r.gold, r.prediction) for r in found.itertuples()}
    assert said == {("e1", "f1"): ("pair", "pair"), ("e2", "f2"): ("pair", "pair"), ("e4", "f4"): ("pair", "none")}
    assert f1_score(found["gold"], found["prediction"], pos_label="pair") == pytest.approx(0.8)
    assert found[["correct", "total"]].isna().all().all()


def test_a_wrong_pair_that_pays_is_accepted_and_shown():
    rows = pools("zh", ["e1", "e2", "e3"], ["f1", "f2", "f3"], [("e1", "f1"), ("e2", "f2")])
    found = retrieve.decode(turned(0, 40, 80, 1, 45, 82), None, rows, MINE)
    said = {tuple(json.loads(r.example_id)): (r.gold, r.prediction) for r in found.itertuples()}
    assert said == {("e1", "f1"): ("pair", "pair"), ("e2", "f2"): ("pair", "pair"), ("e3", "f3"): ("none", "pair")}


def test_a_threshold_from_other_languages_uses_no_gold_pair_of_the_scored_one():
    """German and French pairs are near; in Chinese the pair from which French would stop is wrong."""
    near = [("e1", "f1"), ("e2", "f2")]
    rows = pd.concat(pools(code, ["e1", "e2", "e3"], ["f1", "f2", "f3"], near) for code in ("de", "fr", "zh"))
    outputs = [*turned(0, 40, 80, 1, 42, 140), *turned(0, 40, 80, 1, 42, 130), *turned(0, 40, 80, 20, 43, 82)]
    found = retrieve.decode(outputs, None, rows, MINE)
    fair = found[(found["measure"] == "mining_f1")]
    assert set(fair["language"]) == {"de", "fr", "zh"}
    chinese = fair[fair["language"] == "zh"].set_index("example_id")["prediction"].to_dict()
    unit = retrieve.unit_vectors(outputs)
    scores = margin_pairs(unit[12:15], unit[15:])[2]
    others = [margin_pairs(unit[n : n + 3], unit[n + 3 : n + 6]) for n in (0, 6)]
    right = np.concatenate([[e == f < 2 for e, f in zip(*m[:2])] for m in others])
    threshold, _ = best_threshold(np.concatenate([m[2] for m in others]), right, 4)
    assert sum(said == "pair" for said in chinese.values()) == (scores >= threshold).sum()
    relabelled = rows.copy()
    is_chinese = (rows["language"] == "zh").to_numpy()
    relabelled.loc[is_chinese, "match"] = ["f3", "f2", "", "", "e2", "e1"]
    again = retrieve.decode(outputs, None, relabelled, MINE).query("measure == 'mining_f1' and language == 'zh'")
    taken = {key for key, said in zip(again["example_id"], again["prediction"]) if said == "pair"}
    assert taken == {key for key, said in chinese.items() if said == "pair"}, "other gold, the same pairs accepted"
    alone = retrieve.decode(outputs[:6], None, rows[:6], MINE)
    assert set(alone["measure"]) == {"mining_f1_oracle"}, "with one language there is nothing to fit on"


def test_every_language_mines_its_own_pools_in_any_order():
    german = pools("de", ["e1", "e2"], ["f1", "f2"], [("e1", "f1"), ("e2", "f2")])
    french = pools("fr", ["e1", "e2"], ["f1", "f2"], [("e1", "f2"), ("e2", "f1")])
    rows = pd.concat([german, french])  # with a repeated index
    outputs = turned(0, 90, 1, 91) + turned(0, 90, 91, 1)
    found = retrieve.decode(outputs, None, rows, MINE)
    assert (found["gold"] == found["prediction"]).all()
    assert found.groupby(["measure", "language"]).size().tolist() == [2] * 4
    order = np.random.default_rng(0).permutation(len(rows))
    mixed = retrieve.decode([outputs[n] for n in order], None, rows.iloc[order], MINE)
    key = ["measure", "language", "example_id"]
    pd.testing.assert_frame_equal(mixed.sort_values(key, ignore_index=True), found.sort_values(key, ignore_index=True))


def ranking_rows(queries, candidates):
    rows = [(key, language, "query", "x", "", targets) for key, language, targets in queries]
    rows += [(key, language, "candidate", "x", "", []) for key, language in candidates]
    return pd.DataFrame(rows, columns=["id", "language", "side", "text", "context", "targets"])


def test_ranking_by_hand(tokenizer):
    """Candidates of both languages in one pool; q1 has its targets at the ranks 1 and 3, q2 at rank 2."""
    rows = ranking_rows(
        [("q1", "en", ["a", "c"]), ("q2", "de", ["d"])], [("a", "en"), ("b", "en"), ("c", "de"), ("d", "de")]
    )
    vectors = turned(0, 90, 10, 20, 30, 75)
    features = retrieve.encode(rows.assign(context=["", "", "x", "", "x", ""]), RANK, tokenizer, 16)
    assert features.source.tolist() == [0, 1, 3, 5, 2, 4], "those without context first"
    found = retrieve.decode([vectors[row] for row in features.source], features, rows, RANK)
    assert [tuple(row) for row in found.itertuples(index=False)] == [
        ("en", "q1", "map_at_20", '["a", "c"]', '["a", "b", "c", "d"]', pytest.approx((1 + 2 / 3) / 2), 1.0),
        ("de", "q2", "map_at_20", '["d"]', '["d", "c", "b", "a"]', 1.0, 1.0),
    ]


@pytest.mark.parametrize(("place", "value"), [(19, 1 / 20), (20, 0.0)])
def test_only_twenty_ranks_count_and_are_kept(tokenizer, place, value):
    rows = ranking_rows([("q", "en", [str(place)])], [(str(n), "en") for n in range(30)])
    features = retrieve.encode(rows, RANK, tokenizer, 16)
    found = retrieve.decode(turned(0, *range(1, 31)), features, rows, RANK)
    assert json.loads(found["prediction"][0]) == [str(n) for n in range(20)]
    assert found["correct"][0] == pytest.approx(value)


def test_the_search_never_holds_all_similarities():
    rng = np.random.default_rng(0)
    queries, candidates = (rng.normal(size=(n, 4)).astype(np.float32) for n in (3000, 60_000))
    tracemalloc.start()
    nearest(queries, candidates, 20)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 260e6 < 4 * 3000 * 60_000


def test_a_candidate_is_read_with_its_context(tokenizer):
    rows = ranking_rows([("q", "en", ["a"])], [("a", "en"), ("b", "en"), ("c", "en")])
    rows = rows.assign(text=["what?", "the cat", "the dog", "a house"], context=["", "the cat is in", "", "a house is"])
    features = retrieve.encode(rows, RANK, tokenizer, 16)
    pieces = {}
    for number, row in enumerate(features.source):
        ids = features.ids[features.offsets[number] : features.offsets[number + 1]]
        pieces[row] = "".join(tokenizer.convert_ids_to_tokens(ids)).replace("▁", " ")
    assert pieces == {
        0: "<s> what?</s>",
        1: "<s> the cat</s></s> the cat is in</s>",
        2: "<s> the dog</s>",
        3: "<s> a house</s></s> a house is</s>",
    }


def test_identical_sentences_are_found_by_an_untrained_encoder(base):
    words = ["the cat", "a dog", "good movie", "bad house", "light on"]
    queries = [(f"q{n}", "en", "query", word, "", [f"c{n}"]) for n, word in enumerate(words)]
    candidates = [(f"c{n}", "de", "candidate", word, "", []) for n, word in enumerate(words)]
    rows = pd.DataFrame(candidates + queries, columns=["id", "language", "side", "text", "context", "targets"])
    found = predict(base, RANK, rows, max_length=32, device="cpu")
    assert found["correct"].tolist() == [1.0] * 5
    assert list(found["example_id"]) == [f"q{n}" for n in range(5)]
    sides = pools(
        "de", [f"e{n}" for n in range(5)], [f"f{n}" for n in range(5)], [(f"e{n}", f"f{n}") for n in range(5)]
    )
    mined = predict(base, MINE, sides.assign(text=words * 2), max_length=32, device="cpu")
    assert (mined["prediction"] == "pair").all()
    assert len(mined) == 5
