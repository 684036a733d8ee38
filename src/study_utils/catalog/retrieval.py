"""How a retrieval task reads sentences: what it looks for, and what of the encoder makes a sentence vector."""

from __future__ import annotations

from dataclasses import dataclass

from study_utils.catalog.encoders import POOLINGS
from study_utils.errors import CatalogError, EncoderError, unknown

SEARCHES = ("neighbour", "mine", "rank")
"""What a retrieve task looks for: the one translation, pairs in two pools, or targets among many candidates."""

PUBLISHED, LAST = "published", "last"

PUBLISHED_LAYERS = {12: 8, 24: 14}
"""Depth of an encoder to the layer that XTREME reads: index 7 of 12 and 13 of 24 in a list that leaves the embeddings
out (google-research/xtreme, run_tatoeba.sh; nyu-mll/jiant, too, has 14 for XLM-R large)."""


@dataclass(frozen=True, kw_only=True)
class Retrieval:
    """How a retrieval task is measured.

    Attributes
    ----------
    search : {"neighbour", "mine", "rank"}
        What it looks for.
    layer : {"published", "last"} or int
        Layer whose hidden states are read, as the number of transformer layers passed: 0 is the embeddings.
        ``"published"``: as `PUBLISHED_LAYERS`; of another depth the same share as at the published depth nearest to it,
        8/12 under 18 layers and 14/24 from there on, rounded (half up): 4 of 6, 8 of 12, 14 of 24, 16 of 28.
    pooling : {"first", "last", "mean"}
        Which tokens make a sentence vector: the first one of an input, the last one, or all (their mean).
    special_tokens : bool
        Whether special tokens count in a mean; no meaning in the other two.
    query_length, candidate_length : int
        Tokens of an input, special tokens included; what is longer is cut. A query is what looks for something: of a
        neighbour task the English sentence first, of a rank task a query; pools to mine are all queries.
    """

    search: str
    layer: str | int = PUBLISHED
    pooling: str = "mean"
    special_tokens: bool = True
    query_length: int = 512
    candidate_length: int = 512

    def __post_init__(self) -> None:
        if self.search not in SEARCHES:
            raise CatalogError(unknown("search", self.search, SEARCHES))
        if self.pooling not in POOLINGS:
            raise CatalogError(unknown("pooling", self.pooling, POOLINGS))
        if self.layer not in (PUBLISHED, LAST) and (not isinstance(self.layer, int) or self.layer < 0):
            raise CatalogError(
                f"layer {self.layer!r}: write published, last or the number of transformer layers passed"
            )
        if self.search != "rank" and self.query_length != self.candidate_length:
            raise CatalogError(f"a {self.search} task reads both sides alike, so it has one length")

    def layer_of(self, depth: int, *, encoder: str = "the encoder") -> int:
        """Layer that is read of an encoder with so many.

        Raises
        ------
        EncoderError
            If the encoder lacks it.
        """
        if self.layer == LAST:
            return depth
        if self.layer == PUBLISHED:
            known = 12 if depth < 18 else 24
            return max(1, (2 * depth * PUBLISHED_LAYERS[known] + known) // (2 * known))
        if self.layer > depth:
            raise EncoderError(
                f"evaluation.retrieval.layer: {self.layer} is asked for, and {encoder} has {depth} layers: write 0 to "
                f"{depth}, {PUBLISHED} or {LAST}"
            )
        return int(self.layer)
