"""What a published claim is: what is said, by whom, with which numbers, and what a test of it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from study_utils.errors import CatalogError

TESTABLE, DESIGN, BACKGROUND = "testable", "design", "background"
KEEP_EPOCHS, KEEP_MEAN = "keep_epochs: true", "keep: mean"
KINDS = (TESTABLE, DESIGN, BACKGROUND)


@dataclass(frozen=True, kw_only=True)
class Source:
    """Who says it: `arxiv` id, how it is cited, and its `url`."""

    arxiv: str
    cited: str

    @property
    def url(self) -> str:
        """Where it can be read."""
        return f"https://arxiv.org/abs/{self.arxiv}"


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One statement of one source. Where two sources disagree, each has its own.

    Attributes
    ----------
    key : str
        Its name in tables.
    source : str
        A key of `SOURCES`.
    says : str
        The claim in one sentence, in our words.
    kind : {"testable", "design", "background"}
        Whether results can speak to it, a study can be built the same way, or neither.
    published : mapping of str to float
        What the number is about to the number, as published; empty if the source gives none.
    unit : str
        Of the published numbers.
    compares : str
        What a test compares, or what of a study shows that it is built that way; empty for background.
    encoders, conditions : tuple of tuple of str
        What it is about; of each inner tuple one is needed.
    targets : tuple of str
        Target tasks that it is about; all are needed. Empty: those of the study.
    n_targets : int
        Fewest targets, for a source whose data sets are not known.
    benchmark : str
        Whose languages the targets are scored in, all of them (a key of `study_utils.catalog.benchmarks.BENCHMARKS`).
    design : tuple of str
        Keys of design claims that a study must follow.
    settings : tuple of str
        `KEEP_EPOCHS` or `KEEP_MEAN`: what training must keep.
    lacks : str
        What a test needs and no study here can have; empty if nothing.
    """

    key: str
    source: str
    says: str
    kind: str = TESTABLE
    published: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    unit: str = ""
    compares: str = ""
    encoders: tuple[tuple[str, ...], ...] = ()
    conditions: tuple[tuple[str, ...], ...] = ()
    targets: tuple[str, ...] = ()
    n_targets: int = 0
    benchmark: str = ""
    design: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    lacks: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise CatalogError(f"claim {self.key}: kind {self.kind!r} is none of {', '.join(KINDS)}")
        if bool(self.compares) == (self.kind == BACKGROUND):
            raise CatalogError(f"claim {self.key}: say what is compared, except for background")
        if unknown := set(self.settings) - {KEEP_EPOCHS, KEEP_MEAN}:
            raise CatalogError(f"claim {self.key}: settings {sorted(unknown)} are none that a test can look for")


_PHANG, _MOHAPATRA = "Phang et al. 2020, arXiv 2005.13013", "Mohapatra and Mohapatra 2022, arXiv 2210.01091"
SOURCES = {
    "phang2020": Source(arxiv="2005.13013", cited=f"{_PHANG}v2"),
    "phang2020_v1": Source(arxiv="2005.13013", cited=f"{_PHANG}v1, the first version"),
    "phang2020_told": Source(arxiv="2005.13013", cited=f"summaries of {_PHANG}"),
    "xtreme2020": Source(arxiv="2003.11080", cited="Hu et al. 2020, arXiv 2003.11080"),
    "stilts2018": Source(arxiv="1811.01088", cited="Phang et al. 2018, arXiv 1811.01088"),
    "mohapatra2022": Source(arxiv="2210.01091", cited=f"{_MOHAPATRA}v2"),
    "mohapatra2022_told": Source(arxiv="2210.01091", cited=f"summaries of {_MOHAPATRA}"),
    "keung2020": Source(arxiv="2004.15001", cited="Keung et al. 2020, arXiv 2004.15001"),
    "schmidt2023": Source(arxiv="2305.16834", cited="Schmidt et al. 2023, arXiv 2305.16834"),
    "lin2024": Source(arxiv="2407.16245", cited="Lin et al. 2024, arXiv 2407.16245"),
}
"""Abstracts, and what others report of a paper where they go further than it or disagree with it (`_told`)."""

OTHER_TEST_ROWS = {
    "bucc": "development pairs; the benchmark scores its test pairs",
}
"""Targets of which this catalogue has other test rows than the benchmarks score."""
