"""Published claims that results can be held against: what is said, with which numbers, and what a test needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, kw_only=True)
class Source:
    """A published study: `arxiv` id, how it is cited, and its `url`."""

    arxiv: str
    cited: str

    @property
    def url(self) -> str:
        """Where it can be read."""
        return f"https://arxiv.org/abs/{self.arxiv}"


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One statement of a published study.

    Attributes
    ----------
    key : str
        Its name in tables.
    source : str
        A key of `SOURCES`.
    says : str
        The claim in one sentence, in our words.
    published : mapping of str to float
        What the number is about to the number, as published; empty if the source gives none.
    unit : str
        Of the published numbers.
    compares : str
        What a test compares.
    encoders : tuple of str
        Keys of the encoders that the claim is about; all are needed.
    conditions : tuple of tuple of str
        Conditions that it is about; of each inner tuple one is needed.
    targets : tuple of str
        Target tasks that it is about; all are needed.
    """

    key: str
    source: str
    says: str
    published: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    unit: str = ""
    compares: str
    encoders: tuple[str, ...]
    conditions: tuple[tuple[str, ...], ...] = ()
    targets: tuple[str, ...] = ()


SOURCES = {
    "phang2020": Source(arxiv="2005.13013", cited="Phang et al. 2020, arXiv 2005.13013v2"),
    "mohapatra2022": Source(arxiv="2210.01091", cited="Mohapatra and Mohapatra 2022, arXiv 2210.01091v2"),
}

_XTREME = ("xnli", "pawsx", "udpos", "panx", "xquad", "mlqa", "tydiqa", "bucc", "tatoeba")
_PUBLIC = tuple(
    (key,) for key in ("anli_plus", "mnli", "qqp", "squad1", "squad2", "hellaswag", "cosmosqa", "commonsenseqa")
)
"""Eight of the nine intermediate tasks of phang2020: CCG needs a licence."""
_LARGE = ("xlmr_large",)
_ENGLISH = ("bert_base", "roberta_base", "xlnet_base")
_POINTS = "points on the average of the XTREME development scores"

_DECLARED = (
    Claim(
        key="phang-best-single",
        source="phang2020",
        says="SQuAD, MNLI and HellaSwag as intermediate tasks raise the average of the targets by much.",
        published={"SQuAD": 8.2, "MNLI": 7.5, "HellaSwag": 7.0},
        unit=_POINTS,
        compares="mean gain of these tasks over no intermediate task, all targets",
        encoders=_LARGE,
        conditions=(("squad1", "squad2"), ("mnli",), ("hellaswag",)),
        targets=_XTREME,
    ),
    Claim(
        key="phang-multitask-best",
        source="phang2020",
        says="All nine intermediate tasks together are better than any one of them.",
        published={"all nine": 8.7},
        unit=_POINTS,
        compares="the mixture against each single task; the smallest difference is shown",
        encoders=_LARGE,
        conditions=(("all_nine",), *_PUBLIC),
        targets=_XTREME,
    ),
    Claim(
        key="phang-retrieval",
        source="phang2020",
        says="The retrieval targets, which have no training data, gain more than the other targets.",
        compares="gain on BUCC and Tatoeba minus gain on the other targets, mean over single tasks",
        encoders=_LARGE,
        conditions=_PUBLIC,
        targets=_XTREME,
    ),
    Claim(
        key="phang-tydiqa-consistent",
        source="phang2020",
        says="TyDiQA gains from many different intermediate tasks.",
        compares="mean gain over single tasks on TyDiQA-GoldP, with more than half of them above zero",
        encoders=_LARGE,
        conditions=_PUBLIC,
        targets=("tydiqa",),
    ),
    Claim(
        key="phang-xnli-none",
        source="phang2020",
        says="XNLI gains from no intermediate task.",
        compares="gain of each single task on XNLI, tested against the margin; the largest is shown",
        encoders=_LARGE,
        conditions=_PUBLIC,
        targets=("xnli",),
    ),
    Claim(
        key="phang-benchmark",
        source="phang2020",
        says="With the best intermediate task of each target the benchmark's average rises.",
        published={"average": 5.4},
        unit="points on the XTREME test average",
        compares="the condition that English development rows choose for each target, against no intermediate task",
        encoders=_LARGE,
        conditions=_PUBLIC,
        targets=_XTREME,
    ),
    Claim(
        key="phang-mlm",
        source="phang2020",
        says="Multilingual masked-language modelling beside the intermediate task brings no consistent gain.",
        compares="conditions with it against the same without, tested against the margin",
        encoders=_LARGE,
        conditions=(tuple(f"{key}+mlm" for (key,) in _PUBLIC),),
        targets=_XTREME,
    ),
    Claim(
        key="phang-translated",
        source="phang2020",
        says="Machine-translated intermediate data is no better than the English original.",
        compares="translated against English data of one task at equal size, tested against the margin",
        encoders=_LARGE,
        conditions=(("stsb_de", "stsb_es", "stsb_fr", "stsb_it", "stsb_ja", "stsb_nl", "stsb_pl", "stsb_pt",
                     "stsb_ru", "stsb_zh"), ("stsb",)),
        targets=_XTREME,
    ),
    Claim(
        key="mohapatra-direct-better",
        source="mohapatra2022",
        says="On most targets, fine-tuning without an intermediate task does better.",
        compares="sign of the gain on each target, with every encoder",
        encoders=_ENGLISH,
    ),
    Claim(
        key="mohapatra-roberta-bert",
        source="mohapatra2022",
        says="RoBERTa is the best of three encoders on half of the targets (that BERT is on the others is disputed).",
        published={"RoBERTa": 3.0},
        unit="targets of 6",
        compares="on how many targets RoBERTa scores highest",
        encoders=_ENGLISH,
    ),
    Claim(
        key="mohapatra-xlnet-worst",
        source="mohapatra2022",
        says="XLNet is the worst of three encoders on every target.",
        compares="on how many targets XLNet scores lowest",
        encoders=_ENGLISH,
    ),
    Claim(
        key="mohapatra-larger-intermediate",
        source="mohapatra2022",
        says="The intermediate data is at least ten times as large as the target's (a choice of its design).",
        published={"at least": 10.0},
        unit="times the training rows of the target",
        compares="training rows of intermediate and target tasks; the smallest ratio is shown",
        encoders=_ENGLISH,
    ),
)  # fmt: skip

CLAIMS = {item.key: item for item in _DECLARED}
