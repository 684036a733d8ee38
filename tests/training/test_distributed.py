"""Parts of a batch, weighted and averaged, are the batch."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from study_utils.formats.features import IGNORED, Features, flat, offsets_of
from study_utils.training.distributed import own_part


def features_of(labels):
    """Inputs with the given labels of their tokens."""
    return Features(
        ids=flat(labels, np.int64),
        offsets=offsets_of([len(own) for own in labels]),
        content=np.ones(sum(map(len, labels)), dtype=bool),
        source=np.arange(len(labels)),
        labels=flat(labels, np.int64),
        per_token=True,
    )


labelled = st.lists(st.sampled_from([IGNORED, 0, 1, 2]), min_size=1, max_size=6).filter(lambda x: set(x) != {IGNORED})


@given(labels=st.lists(labelled, min_size=1, max_size=9), processes=st.integers(1, 5), seed=st.integers(0, 99))
def test_weighted_means_of_the_parts_average_to_the_mean_of_the_batch(labels, processes, seed):
    features = features_of(labels)
    values = np.random.default_rng(seed).normal(size=len(features.ids))  # a loss for every token
    index = np.random.default_rng(seed).permutation(len(labels))

    def mean(inputs):
        tokens = np.concatenate([np.arange(features.offsets[i], features.offsets[i + 1]) for i in inputs])
        return values[tokens][features.labels[tokens] != IGNORED].mean()

    parts = [own_part(features, index, rank, processes) for rank in range(processes)]
    assert np.mean([weight * mean(part) for part, weight in parts]) == pytest.approx(mean(index))
    assert sorted(i for part, weight in parts if weight for i in part) == sorted(index)
    assert all(len(part) for part, _ in parts), "every process has something to compute"


def test_one_process_has_the_whole_batch():
    features = features_of([[0], [1, IGNORED], [2]])
    part, weight = own_part(features, np.array([2, 0]), 0, 1)
    assert part.tolist() == [2, 0]
    assert weight == 1.0


def test_sentences_count_alike_and_words_by_their_number():
    features = features_of([[0, 0, 0], [1, IGNORED], [2]])
    assert features.labelled.tolist() == [3, 1, 1]
    part, weight = own_part(features, np.array([0, 1, 2]), 0, 2)
    assert (part.tolist(), weight) == ([0, 2], 2 * 4 / 5)
