"""Mining pairs in two pools, and ranking candidates."""

from __future__ import annotations

import hashlib
import json
import sys
import tracemalloc
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from rows import toy_task
from sklearn.metrics import f1_score

from study_utils.catalog.retrieval import Retrieval
from study_utils.errors import DataError
from study_utils.formats import retrieve
from study_utils.metrics import nearest

MINE = toy_task("retrieve-mine", "mining_f1")
RANK = toy_task("retrieve-rank", "map_at_20")


def margin_pairs(english, foreign):
    """Mutual nearest neighbours, scored by their cosine."""
    similar = english @ foreign.T
    forth, back = similar.argmax(axis=1), similar.argmax(axis=0)
    first = np.array([n for n in range(len(english)) if back[forth[n]] == n])
    return first, forth[first], similar[first, forth[first]]


def best_threshold(scores, right, gold_count):
    """Try every score; nothing is accepted where no pair is right."""
    if not right.any():
        return float("inf"), 0.0

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
    frame = pd.DataFrame(rows, columns=["id", "language", "side", "match"])
    return frame.assign(text="text of " + frame["id"])


def turned(*degrees):
    """Vectors of different lengths in the plane."""
    angles = np.radians(degrees)
    return [np.array([np.cos(a), np.sin(a)]) * (n + 1) for n, a in enumerate(angles)]


def test_mining_by_hand():
    """e1 f1 and e2 f2 are near, so are e3 and f3, which are no pair; e4 and f4 are a pair that is not found."""
    rows = pools("zh", ["e1", "e2", "e3", "e4"], ["f1", "f2", "f3", "f4"], [("e1", "f1"), ("e2", "f2"), ("e4", "f4")])
    outputs = turned(0, 40, 80, 120, 1, 42, 85, 200)
    found = retrieve.decode(outputs, None, rows, MINE).query("measure == 'mining_f1_oracle'")
    said = {tuple(json.loads(r.example_id)): (r.gold, r.prediction) for r in found.itertuples()}
    assert said == {("e1", "f1"): ("pair", "pair"), ("e2", "f2"): ("pair", "pair"), ("e4", "f4"): ("pair", "none")}
    assert f1_score(found["gold"], found["prediction"], pos_label="pair") == pytest.approx(0.8)
    assert found[["correct", "total"]].isna().all().all()


def test_a_wrong_pair_that_pays_is_accepted_and_shown():
    rows = pools("zh", ["e1", "e2", "e3"], ["f1", "f2", "f3"], [("e1", "f1"), ("e2", "f2")])
    found = retrieve.decode(turned(0, 40, 80, 1, 45, 82), None, rows, MINE).query("measure == 'mining_f1_oracle'")
    said = {tuple(json.loads(r.example_id)): (r.gold, r.prediction) for r in found.itertuples()}
    assert said == {("e1", "f1"): ("pair", "pair"), ("e2", "f2"): ("pair", "pair"), ("e3", "f3"): ("none", "pair")}


def halved(pairs):
    """English ids in the half with the smaller hashes, up to the middle gold one."""
    order = sorted((hashlib.sha256(english.encode()).hexdigest(), english) for english, _ in pairs)
    return {english for _, english in order[: len(order) // 2]}


def test_no_pair_fits_the_threshold_that_it_is_scored_with():
    """Each half accepts from the score that is best on the other."""
    names = [f"e{n}" for n in range(12)]
    pairs = list(zip(names, (f"f{n}" for n in range(8))))
    rows = pools("zh", names, [f"f{n}" for n in range(12)], pairs)
    offsets = [0.5, 3, 1, 6, 2, 4, 9, 1.5, 5, 2.5, 7, 3.5]
    outputs = turned(*(20 * n for n in range(12)), *(20 * n + offset for n, offset in enumerate(offsets)))
    found = retrieve.decode(outputs, None, rows, MINE).query("measure == 'mining_f1'")
    taken = {json.loads(r.example_id)[0] for r in found.itertuples() if r.prediction == "pair"}
    assert set(found["language"]) == {"zh"}, "one language is enough"

    unit = retrieve.unit_vectors(np.stack(outputs))
    english, foreign, scores = margin_pairs(unit[:12], unit[12:])
    gold, middle = set(pairs), sorted(hashlib.sha256(e.encode()).hexdigest() for e, _ in pairs)[4]
    first = np.array([hashlib.sha256(names[e].encode()).hexdigest() < middle for e in english])
    right = np.array([(names[e], f"f{f}") in gold for e, f in zip(english, foreign)])
    assert {names[e] for e in english[first & right]} == halved(pairs), "as many gold pairs in each half"
    expected = set()
    for half in (first, ~first):
        threshold, _ = best_threshold(scores[~half], right[~half], 4)
        expected |= {names[e] for e, score, own in zip(english, scores, half) if own and score >= threshold}
    assert taken == expected
    oracle = retrieve.decode(outputs, None, rows, MINE).query("measure == 'mining_f1_oracle'")
    f1 = [f1_score(part["gold"], part["prediction"], pos_label="pair") for part in (found, oracle)]
    assert f1[0] <= f1[1], "nothing beats the threshold that knows the answer"


def test_one_gold_pair_fits_no_threshold():
    rows = pools("zh", ["e1", "e2"], ["f1", "f2"], [("e1", "f1")])
    with pytest.raises(DataError, match="'zh': 1 gold pairs"):
        retrieve.decode(turned(0, 40, 1, 41), None, rows, MINE)


def test_pairs_of_repeated_sentences_cannot_be_found():
    """e1 and e4 are equal, so their pair (e1, f1) is gold, never found, and pairs nobody else."""
    rows = pools("zh", ["e1", "e2", "e3", "e4"], ["f1", "f2", "f3"], [("e1", "f1"), ("e2", "f2"), ("e3", "f3")])
    outputs = turned(0, 40, 80, 0, 1, 41, 81)
    before = retrieve.decode(outputs, None, rows, MINE).query("measure == 'mining_f1_oracle'")
    assert (before["prediction"] == "pair").all()
    rows.loc[3, "text"] = rows.loc[0, "text"]
    found = retrieve.decode(outputs, None, rows, MINE).query("measure == 'mining_f1_oracle'")
    said = {tuple(json.loads(r.example_id)): (r.gold, r.prediction) for r in found.itertuples()}
    assert said == {("e1", "f1"): ("pair", "none"), ("e2", "f2"): ("pair", "pair"), ("e3", "f3"): ("pair", "pair")}


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
    assert features.source.tolist() == [0, 1, 2, 3, 4, 5], "queries first"
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


def pieces(tokenizer, features):
    """What the encoder reads of each row."""
    read = {}
    for number, row in enumerate(features.source):
        ids = features.ids[features.offsets[number] : features.offsets[number + 1]]
        read[int(row)] = "".join(tokenizer.convert_ids_to_tokens(ids)).replace("▁", " ")
    return read


def test_a_candidate_and_its_context_are_one_running_text(tokenizer):
    rows = ranking_rows([("q", "en", ["a"])], [("a", "en"), ("b", "en"), ("c", "en")])
    rows = rows.assign(
        text=["what?", "the cat.", "the dog", "a house"], context=["", "the cat.\nis in", "", " a house"]
    )
    features = retrieve.encode(rows, RANK, tokenizer, 64)
    assert pieces(tokenizer, features) == {
        0: "<s> what?</s>",
        1: "<s> the cat.the cat.is in</s>",
        2: "<s> the dog</s>",
        3: "<s> a house a house</s>",
    }


@pytest.mark.parametrize(("longest", "lengths"), [(64, [6, 6, 9]), (7, [6, 6, 7])])
def test_queries_and_candidates_are_cut_at_lengths_of_their_own(tokenizer, longest, lengths):
    rows = ranking_rows([("q", "en", ["a"]), ("p", "de", ["a"])], [("a", "en")]).assign(text="the cat " * 40)
    task = replace(RANK, retrieval=Retrieval(search="rank", query_length=6, candidate_length=9))
    features = retrieve.encode(rows, task, tokenizer, longest)
    assert features.lengths.tolist() == lengths
    assert features.truncated == 3


@pytest.mark.parametrize("search", ["neighbour", "mine"])
def test_both_sides_of_a_pair_are_cut_alike(tokenizer, search):
    rows = pools("de", ["e1"], ["f1"], [("e1", "f1")]).assign(text="the cat " * 40, translation="the dog " * 40)
    task = toy_task(
        f"retrieve-{search}",
        "mining_f1",
        retrieval=Retrieval(search=search, query_length=7, candidate_length=7),
    )
    assert set(retrieve.encode(rows, task, tokenizer, 64).lengths) == {7}
