"""Targets for monolingual encoders: another domain in English, or one other language that has training rows of its own.

The six of arXiv 2210.01091 are not known; SIB-200 and STS-B in other languages are declared elsewhere.
"""

from __future__ import annotations

from study_utils.catalog.hub.shared import (
    DERIVED,
    FROM_PARQUET,
    FROM_SCRIPT,
    LOCAL,
    PARQUET,
    SICK_FAMILY,
    english,
    every,
    others,
)
from study_utils.catalog.schema import HubRows, Task

_TWEETS = {
    **dict(en="english", ar="arabic", de="german", es="spanish", fr="french", hi="hindi", it="italian"),
    **dict(pt="portuguese"),
}
_TWEETS_OTHERS = {code: config for code, config in _TWEETS.items() if code != "en"}


def _scicite(split: str, rows: int) -> HubRows:
    columns = {"text": "string", "label": "label"}
    return english("allenai/scicite", split, columns, revision=LOCAL, rows=rows, not_on_hub=FROM_SCRIPT)


def _airline(split: str, rows: int) -> HubRows:
    return english(
        "derived/multi_domain_sentiment",
        split,
        {"text": "text", "label": "label"},
        config="airline",
        revision=LOCAL,
        rows=rows,
        labels={"neg": "negative", "pos": "positive"},
        not_on_hub=DERIVED,
    )


def _tweets(split: str, configs: dict[str, str], rows: int) -> HubRows:
    return HubRows(
        hub_id="cardiffnlp/tweet_sentiment_multilingual",
        revision=PARQUET,
        split=split,
        configs=configs,
        columns={"text": "text", "label": "label"},
        expected=every(configs, rows),
        not_on_hub=FROM_PARQUET,
    )


def _sick(split: str) -> HubRows:
    columns = {"id": "id", "text": "sentence_A", "text_pair": "sentence_B", "label": "relatedness_score"}
    return english("RobZamp/sick", split, columns, revision=LOCAL, not_on_hub=FROM_SCRIPT)


MONOLINGUAL_TARGETS = (
    Task(
        key="citation_kind",
        title="SciCite, as a target",
        format="classify",
        labels=("method", "background", "result"),
        metric="macro_f1",
        train=_scicite("train", 8194),
        validation=_scicite("validation", 916),
        test=_scicite("test", 1859),
        domain="scientific",
        chance=1 / 3,
        same_data=("scicite",),
        licence="not stated on the hub (its repository: Apache-2.0)",
        citation="Cohan et al. 2019, arXiv 1904.01608",
        note="English only: text classification in another domain. Chance is that of accuracy.",
    ),
    Task(
        key="airline_sentiment",
        title="Airline reviews",
        format="classify",
        labels=("negative", "positive"),
        metric="accuracy",
        train=_airline("train", 1700),
        validation=_airline("validation", 300),
        test=_airline("test", 2000),
        chance=1 / 2,
        licence="not stated (research use)",
        citation="Nguyen 2015 (airline reviews)",
        note="English only: sentiment in another domain than films.",
    ),
    Task(
        key="tweet_sentiment",
        title="Tweet sentiment in 8 languages",
        format="classify",
        labels=("negative", "neutral", "positive"),
        metric="macro_f1",
        train=_tweets("train", {"en": "english"}, 1839),
        validation=_tweets("validation", {"en": "english"}, 324),
        test=_tweets("test", _TWEETS, 870),
        train_in=_tweets("train", _TWEETS_OTHERS, 1839),
        validation_in=_tweets("validation", _TWEETS_OTHERS, 324),
        chance=1 / 3,
        same_data=("afrisenti",),
        licence="CC BY 3.0, mixed tweet sources",
        citation="Barbieri et al. 2022, arXiv 2104.12250",
    ),
    Task(
        key="sick_relatedness",
        title="SICK relatedness",
        format="regress",
        metric="spearman",
        train=_sick("train"),
        validation=_sick("validation"),
        test=_sick("test"),
        value_range=(1.0, 5.0),
        same_data=others(SICK_FAMILY, "sick_relatedness"),
        licence="CC BY-NC-SA 3.0",
        citation="Marelli et al. 2014",
        note=(
            "English only: similarity of sentences that describe pictures and films. Not confirmed: its number of rows "
            "(4,439, 495 and 4,906 on the hub, 4,500, 500 and 4,927 in the files of SemEval)."
        ),
    ),
)
