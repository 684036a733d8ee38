"""The layer that retrieval reads, and what a declaration may say."""

from __future__ import annotations

import pytest

from study_utils.catalog.retrieval import Retrieval
from study_utils.errors import CatalogError, EncoderError


@pytest.mark.parametrize(
    ("depth", "layer"),
    [
        (1, 1),
        (2, 1),
        (3, 2),
        (4, 3),
        (6, 4),
        (9, 6),
        (12, 8),
        (17, 11),
        (18, 11),
        (20, 12),
        (22, 13),
        (24, 14),
        (28, 16),
    ],
)
def test_another_depth_is_read_at_the_same_share(depth, layer):
    """8/12 under 18 layers, 14/24 from there on, rounded: worked out on paper (18 * 14/24 is 10.5)."""
    assert Retrieval(search="rank").layer_of(depth) == layer


@pytest.mark.parametrize("depth", range(1, 60))
def test_the_published_layer_is_never_the_embeddings_nor_beyond_the_encoder(depth):
    assert 1 <= Retrieval(search="mine").layer_of(depth) <= depth


def test_last_and_numbers_are_what_they_say():
    assert Retrieval(search="mine", layer="last").layer_of(28) == 28
    assert Retrieval(search="mine", layer=0).layer_of(6) == 0
    assert Retrieval(search="mine", layer=6).layer_of(6) == 6
    with pytest.raises(EncoderError, match="7 is asked for, and encoder 'x' has 6 layers: write 0 to 6, published or"):
        Retrieval(search="mine", layer=7).layer_of(6, encoder="encoder 'x'")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"search": "mined"}, "unknown search 'mined'. Did you mean 'mine'"),
        ({"pooling": "firts"}, "unknown pooling 'firts'. Did you mean 'first'"),
        ({"layer": -1}, "layer -1"),
        ({"layer": "lats"}, "layer 'lats'"),
        ({"query_length": 64}, "a mine task reads both sides alike"),
    ],
)
def test_wrong_declarations_are_refused(wrong, message):
    with pytest.raises(CatalogError, match=message):
        Retrieval(**{"search": "mine", **wrong})
