"""The right one of several endings, answers or alternatives."""

from __future__ import annotations

from study_utils.catalog.hub.shared import PARQUET, UNPINNED, XCOPA_FAMILY, english, every, others
from study_utils.catalog.schema import HubRows, Task

_HELLASWAG = "218ec52e09a7e7462a5400043bb9a69a41d06b76"
_SUPER_GLUE = "3de24cf8022e94f4ee4b9d55a6f539891524d646"
_COMMONSENSEQA = "94630fe30dad47192a8546eb75f094926d47e155"
_XCOPA = "042f78955ba48e6404616762fa6e05e839c3907a"
_XCOPA_CODES = "et ht id it qu sw ta th tr vi zh".split()
_COPA_COLUMNS = {
    **dict(id="idx", text="premise", question="question", label="label"),
    "choices": ("choice1", "choice2"),
}
_COPA_QUESTIONS = {"cause": "What was the cause?", "effect": "What was the effect?"}
"""As google-research/xtreme words them (`third_party/run_xcopa.py`)."""
_LETTERS = {letter: place for place, letter in enumerate("ABCDE")}


def _copa(split: str, rows: int) -> HubRows:
    return english(
        "aps/super_glue",
        split,
        _COPA_COLUMNS,
        config="copa",
        revision=_SUPER_GLUE,
        rows=rows,
        labels={"choice1": 0, "choice2": 1},
        questions=_COPA_QUESTIONS,
    )


def _hellaswag(split: str, rows: int) -> HubRows:
    return english(
        "Rowan/hellaswag",
        split,
        {"text": "ctx", "choices": "endings", "label": "label"},
        revision=_HELLASWAG,
        rows=rows,
        labels={str(place): place for place in range(4)},
        unlabelled=("",),
    )


def _cosmosqa(split: str, rows: int) -> HubRows:
    return english(
        "allenai/cosmos_qa",
        split,
        {
            **dict(id="id", text="context", question="question", label="label"),
            "choices": tuple(f"answer{place}" for place in range(4)),
        },
        revision=PARQUET,
        rows=rows,
        unlabelled=(-1,),
    )


def _commonsenseqa(split: str, rows: int) -> HubRows:
    return english(
        "tau/commonsense_qa",
        split,
        {"id": "id", "text": "question", "choices": "choices.text", "label": "answerKey"},
        revision=_COMMONSENSEQA,
        rows=rows,
        labels=_LETTERS,
        unlabelled=("",),
    )


def _social_iqa(split: str, rows: int) -> HubRows:
    return english(
        "allenai/social_i_qa",
        split,
        {
            **dict(text="context", question="question", label="label"),
            "choices": ("answerA", "answerB", "answerC"),
        },
        revision=PARQUET,
        rows=rows,
        labels={"1": 0, "2": 1, "3": 2},
    )


CHOICE_TASKS = (
    Task(
        key="xcopa",
        title="XCOPA",
        format="choose",
        metric="accuracy",
        test_length=128,
        train=_copa("train", 400),
        validation=_copa("validation", 100),
        test=HubRows(
            hub_id="cambridgeltl/xcopa",
            revision=_XCOPA,
            split="test",
            configs={code: code for code in _XCOPA_CODES},
            columns=_COPA_COLUMNS,
            questions=_COPA_QUESTIONS,
            beside={"questions": "et/test"},
            expected=every(_XCOPA_CODES, 500),
        ),
        chance=1 / 2,
        same_data=others(XCOPA_FAMILY, "xcopa"),
        licence="CC BY 4.0",
        citation="Ponti et al. 2020, arXiv 2005.00333",
        note=(
            "Trained on English COPA (400 rows); the condition `social_iqa` gives the benchmark's two steps. The "
            "question field is wrong in th, tr, sw, id and it, so it is taken from et by idx."
        ),
    ),
    Task(
        key="copa",
        title="COPA",
        format="choose",
        metric="accuracy",
        train=_copa("train", 400),
        validation=_copa("validation", 100),
        chance=1 / 2,
        same_data=others(XCOPA_FAMILY, "copa"),
        licence="BSD 2-Clause",
        citation="Roemmele et al. 2011",
    ),
    Task(
        key="hellaswag",
        title="HellaSwag",
        format="choose",
        metric="accuracy",
        train=_hellaswag("train", 39905),
        validation=_hellaswag("validation", 10042),
        chance=1 / 4,
        licence="MIT",
        citation="Zellers et al. 2019, arXiv 1905.07830",
    ),
    Task(
        key="cosmosqa",
        title="CosmosQA",
        format="choose",
        metric="accuracy",
        train=_cosmosqa("train", 25262),
        validation=_cosmosqa("validation", 2985),
        chance=1 / 4,
        licence="CC BY 4.0",
        citation="Huang et al. 2019, arXiv 1909.00277",
        note=f"The main branch is a loading script: the hub's parquet branch is read. {UNPINNED}",
    ),
    Task(
        key="commonsenseqa",
        title="CommonsenseQA",
        format="choose",
        metric="accuracy",
        train=_commonsenseqa("train", 9741),
        validation=_commonsenseqa("validation", 1221),
        chance=1 / 5,
        licence="MIT",
        citation="Talmor et al. 2019, arXiv 1811.00937",
    ),
    Task(
        key="social_iqa",
        title="Social IQa",
        format="choose",
        metric="accuracy",
        train=_social_iqa("train", 33410),
        validation=_social_iqa("validation", 1954),
        chance=1 / 3,
        same_data=others(XCOPA_FAMILY, "social_iqa"),
        licence="CC BY 4.0",
        citation="Sap et al. 2019, arXiv 1904.09728",
        note=(
            "The main branch is a loading script: the hub's parquet branch is read; lighteval/siqa is an identical "
            f"copy. {UNPINNED}"
        ),
    ),
)
