"""How XTREME and XTREME-R measure beside what is measured here: one declaration a choice.

What is done here is read from the other declarations where they hold it, so that the page says what runs do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from study_utils.catalog.conditions import CONDITIONS
from study_utils.catalog.retrieval import PUBLISHED, PUBLISHED_LAYERS, Retrieval
from study_utils.catalog.tasks import TASKS
from study_utils.catalog.titles import metric_title
from study_utils.catalog.treebanks import CODES, TREEBANKS

SOURCES = {
    "scripts": "google-research/xtreme, scripts/*.sh",
    "data": "google-research/xtreme, scripts/download_data.sh and utils_preprocess.py",
    "retrieval": "google-research/xtreme, third_party/evaluate_retrieval.py, scripts/run_tatoeba.sh, run_bucc2018.sh",
    "lareqa": "google-research/xtreme, scripts/train_lareqa.sh and run_eval_lareqa.sh",
    "mewslix": "google-research/xtreme, scripts/train_mewslix.sh",
    "xcopa": "google-research/xtreme, scripts/train_xcopa.sh and third_party/run_xcopa.py",
    "evaluate": "google-research/xtreme, evaluate.py",
    "xtreme_r": "arXiv 2104.07412",
    "jiant": "nyu-mll/jiant, guides/projects/xstilts.md and the scripts it names",
}
"""Key to where it is said how the benchmark measures."""

NOT_MEASURED = "not measured"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One thing that a benchmark fixes, and what is done here.

    Attributes
    ----------
    tasks : tuple of str
        Keys of the tasks it is about; empty: all.
    about : str
        What is chosen.
    benchmark, here : str
        What the benchmark does, and what is done here unless a study says otherwise.
    default : bool
        Whether the benchmark's way is the default here.
    setting : mapping of str to object
        Where it isn't: fields of a study and their values that make it so. Empty: no setting does.
    changes : str
        What the difference changes; with a figure where it has been measured.
    source : str
        Key in `SOURCES`: where it is said what the benchmark does.
    """

    tasks: tuple[str, ...] = ()
    about: str
    benchmark: str
    here: str
    default: bool = False
    setting: Mapping[str, object] = field(default_factory=dict)
    changes: str
    source: str


def _length(*keys: str) -> Choice:
    (tokens,) = {TASKS[key].test_length for key in keys}
    return Choice(
        tasks=keys,
        about="longest test input",
        benchmark=f"{tokens} tokens",
        here="as the study says, one number for all targets (`evaluation.max_length`)",
        setting={"evaluation.max_length": "published"},
        changes=f"{NOT_MEASURED}; only inputs longer than that",
        source="scripts",
    )


def _held_out() -> str:
    shares = {}
    for key in ("xquad", "mlqa", "tydiqa"):
        shares.setdefault(TASKS[key].train.held_out.share, []).append(TASKS[key].title)
    told = ", ".join(f"{share:.0%} of the passages ({', '.join(titles)})" for share, titles in shares.items())
    return f"{told} are held out of the training rows and choose the epoch"


def _treebanks() -> str:
    rows = TASKS["udpos"].test
    count = sum(len(rows.configs_of(code)) for code in rows.configs)
    return (
        f"the same where the data has them: {count} treebanks, {sum(rows.expected.values()):,} sentences in "
        f"{len(rows.configs)} languages, without those whose words are withheld (French: 12 sentences fewer)"
    )


def _one_treebank() -> str:
    first = {code: next(iter(TREEBANKS[code, "test"].values())) for code in CODES}
    every = {code: sum(TREEBANKS[code, "test"].values()) for code in CODES}
    told = ", ".join(f"{code} {first[code]:,} of {every[code]:,}" for code in ("lt", "ru", "fr", "ta"))
    return (
        f"a copy with one treebank a language has {sum(first.values()):,} of {sum(every.values()):,} test sentences "
        f"({told}); it is read only under `partial_sets: true`, and the plan and notebook 01 name what is missing"
    )


def _questions() -> str:
    return " / ".join(TASKS["xcopa"].test.questions.values())


_UDPOS = TASKS["udpos"]
_RETRIEVAL = ("tatoeba", "bucc")


def _read(tell: Callable[[Retrieval], str], *keys: str) -> str:
    """What retrieval tasks declare of how they are read."""
    told: dict[str, list[str]] = {}
    for key in keys:
        told.setdefault(tell(TASKS[key].retrieval), []).append(TASKS[key].title)
    return "; ".join(f"{', '.join(titles)}: {what}" for what, titles in told.items()) + " (`evaluation.retrieval`)"


def _layer(item: Retrieval) -> str:
    layers = ", ".join(f"{layer} of {depth}" for depth, layer in PUBLISHED_LAYERS.items())
    return f"{layers}, the same share of other depths" if item.layer == PUBLISHED else f"{item.layer}"


def _pooling(item: Retrieval) -> str:
    if item.pooling != "mean":
        return f"{item.pooling} token"
    return f"mean over all tokens, special ones {'included' if item.special_tokens else 'left out'}"


def _lengths(item: Retrieval) -> str:
    if item.query_length == item.candidate_length:
        return f"{item.query_length} tokens"
    return f"{item.query_length} tokens a query, {item.candidate_length} a candidate"


_MEASURED_LAYER = (
    "SST-2 before it costs Tatoeba 39.4 points at the last of 12 layers, 12.9 at the benchmark's, 0.9 at layer 6; MNLI "
    "16.1, 6.8, 2.2 (multilingual-e5-small, 1,200 rows, one seed, 7 languages, mean without special tokens); without a "
    "stage accuracy is 92.4, 84.2, 82.9"
)

PROTOCOL: Mapping[str, tuple[Choice, ...]] = {
    "All trained tasks": (
        Choice(
            about="learning rate, epochs, batch",
            benchmark=(
                "2e-5 (XLM-R large 3e-5 on XNLI and XCOPA; questions 3e-5); epochs: XNLI, PAWS-X 5, tagging 10, "
                "questions 3, XCOPA 5 after 5; batches of 32"
            ),
            here="as the study says; `params/xtreme_r.yaml` has those of the intermediate-training study (jiant)",
            changes=NOT_MEASURED,
            source="scripts",
        ),
        Choice(
            about="which checkpoint",
            benchmark="XNLI, PAWS-X, tagging: best on English development rows, looked at every 100 to 1,000 steps",
            here="best on English development rows, looked at after every epoch",
            changes=f"{NOT_MEASURED}; fewer checkpoints to choose from",
            source="scripts",
        ),
        Choice(
            about="seeds",
            benchmark="one (42; tagging 1)",
            here="as the study says; results name them, and intervals cover them",
            setting={"seeds": [42]},
            changes="one seed leaves the spread between seeds unknown",
            source="scripts",
        ),
    ),
    "Sentence pairs": (_length("xnli", "pawsx"),),
    "Choice": (
        Choice(
            tasks=("xcopa",),
            about="training",
            benchmark="Social IQa, then English COPA",
            here="English COPA alone under `none`",
            setting={"conditions": ["none", "social_iqa"]},
            changes=f"{NOT_MEASURED}; {CONDITIONS['social_iqa'].title} first is a condition like any other",
            source="xcopa",
        ),
        Choice(
            tasks=("xcopa",),
            about="question",
            benchmark="in English in all languages, after the premise: What was the cause? / What was the effect?",
            here=f"the same: {_questions()}",
            default=True,
            changes="other words (What happened as a result?) were used before",
            source="xcopa",
        ),
        _length("xcopa"),
    ),
    "Tagging": (
        Choice(
            tasks=("udpos",),
            about="test rows",
            benchmark="all treebanks of a language in Universal Dependencies 2.7",
            here=_treebanks(),
            default=True,
            changes=_one_treebank(),
            source="data",
        ),
        Choice(
            tasks=("udpos",),
            about="training rows",
            benchmark="21,787 English sentences: all treebanks",
            here=f"{_UDPOS.train.expected['en']:,}: {' '.join(_UDPOS.train.configs_of('en'))}",
            default=True,
            changes="English EWT alone has 12,543",
            source="data",
        ),
        Choice(
            tasks=("udpos",),
            about="words",
            benchmark="contractions are one word with one tag",
            here="syntactic words, as the data set has them",
            changes=f"{NOT_MEASURED}; in languages with contractions (fr, it, pt, ar, he and others)",
            source="data",
        ),
        Choice(
            tasks=("udpos",),
            about="metric",
            benchmark="seqeval F1 over runs of equal tags",
            here=(
                f"{metric_title(_UDPOS.metric)} in gains and figures; the benchmark's F1 "
                f"({metric_title(_UDPOS.beside[0])}) beside it in notebook 04 and in the tables `xtreme` and `xtreme_r`"
            ),
            changes=(
                "no fixed direction: 3 wrong tags of 10 are an accuracy of 70.0 and an F1 of 63.2 in one example; F1 "
                "follows seqeval 0.0.12, as later versions merge tags (CCONJ, SCONJ)"
            ),
            source="evaluate",
        ),
        Choice(
            tasks=("panx",),
            about="words",
            benchmark=(
                "XTREME: the data's words; XTREME-R: not the data's (gold) words, by a procedure that its published "
                "code doesn't have"
            ),
            here="the data's words",
            changes=f"{NOT_MEASURED}; PAN-X scores are XTREME's kind, not XTREME-R's",
            source="xtreme_r",
        ),
        Choice(
            tasks=("udpos", "panx"),
            about="over-long sentences",
            benchmark="split between words, none cut (jiant cuts them)",
            here="the same",
            default=True,
            changes="a word that is cut off counts as wrong",
            source="data",
        ),
        _length("udpos", "panx"),
    ),
    "Questions": (
        Choice(
            tasks=("xquad", "mlqa", "tydiqa"),
            about="training rows",
            benchmark="all of SQuAD 1.1 or of English TyDiQA; the last epoch is kept",
            here=_held_out(),
            setting={"target.held_out": "train"},
            changes=NOT_MEASURED,
            source="scripts",
        ),
        _length("xquad", "mlqa", "tydiqa"),
        Choice(
            tasks=("mlqa",),
            about="exact match",
            benchmark="characters that tokenizers drop (U+200B and the like) stay in gold answers",
            here="the same scorer, number for number; rows leave such characters at the edges of answers out",
            changes="10 of 500 Spanish development answers can be matched exactly; in Arabic and Thai some too",
            source="evaluate",
        ),
    ),
    "Retrieval": (
        Choice(
            tasks=_RETRIEVAL,
            about="layer",
            benchmark="the 8th of 12 layers for base models, the 14th of 24 for large (Tatoeba; BUCC the 8th of 12)",
            here=_read(_layer, *_RETRIEVAL),
            default=True,
            changes=_MEASURED_LAYER,
            source="retrieval",
        ),
        Choice(
            tasks=_RETRIEVAL,
            about="pooling",
            benchmark="Tatoeba: mean over all tokens, special ones included; BUCC: first token (its script asks so; "
            "the code that is called reads a mean)",
            here=_read(_pooling, *_RETRIEVAL),
            default=True,
            changes=NOT_MEASURED,
            source="retrieval",
        ),
        Choice(
            tasks=("tatoeba", "mewslix"),
            about="longest input",
            benchmark="512; 64 tokens",
            here=_read(_lengths, "tatoeba", "mewslix"),
            default=True,
            changes="only inputs longer than that",
            source="retrieval",
        ),
        Choice(
            tasks=("tatoeba",),
            about="model",
            benchmark="XTREME: the encoder as it is; XTREME-R: after SQuAD",
            here="the encoder as it is under `none`",
            setting={"conditions": ["none", "squad1"]},
            changes="an intermediate task changes accuracy by tens of points (see layer)",
            source="retrieval",
        ),
        Choice(
            tasks=("bucc",),
            about="test rows and threshold",
            benchmark="test pairs; the threshold is fitted on development pairs",
            here="development pairs and their pools, the only ones published together; the threshold is fitted on the "
            "other half of the same language's pairs",
            changes="not comparable with published scores",
            source="retrieval",
        ),
        Choice(
            tasks=("bucc",),
            about="repeated sentences",
            benchmark="dropped before mining",
            here="pairs of repeated sentences can't be found",
            default=True,
            changes=NOT_MEASURED,
            source="retrieval",
        ),
        Choice(
            tasks=("lareqa", "mewslix"),
            about="model",
            benchmark="dual encoders trained in English, on SQuAD and on Wikipedia",
            here="no training of their own: the encoder, or an intermediate task's",
            changes="scores are far below published ones; conditions are compared with each other only",
            source="lareqa",
        ),
        Choice(
            tasks=("lareqa",),
            about="input",
            benchmark="sentence and context joined; 96 tokens a question, 256 a candidate",
            here="sentence and paragraph as one running text; " + _read(_lengths, "lareqa"),
            default=True,
            changes=NOT_MEASURED,
            source="lareqa",
        ),
    ),
    "Averages": (
        Choice(
            about="benchmark score",
            benchmark="mean of nine or ten task scores, each the mean of its languages; questions: mean of F1 and EM",
            here="the same (notebook 04, tables `xtreme` and `xtreme_r`) where no cell is missing; without English too",
            default=True,
            changes="the official script can't compute XTREME-R's average (its list of LAReQA languages is empty)",
            source="evaluate",
        ),
    ),
}
"""Heading to what is chosen under it."""

CHOICES = tuple(choice for part in PROTOCOL.values() for choice in part)
