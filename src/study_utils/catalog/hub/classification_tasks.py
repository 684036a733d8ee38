"""Topic and sentiment of single texts."""

from __future__ import annotations

from collections.abc import Mapping

from study_utils.catalog.hub.shared import FROM_PARQUET, PARQUET, english, every, glue
from study_utils.catalog.schema import HeldOut, HubRows, Task

_SIB200 = "38977a667f6fc264d5c26ec57a01e16db040b358"
_IMDB = "e6281661ce1c48d982bc483cf8a173c1bbeb5d31"
_AG_NEWS = "eb185aade064a813bc0b7f42de02595523103ca4"

SIB200_CONFIGS = {
    **dict(en="eng_Latn", af="afr_Latn", ar="arb_Arab", az="azj_Latn", bg="bul_Cyrl", bn="ben_Beng"),
    **dict(de="deu_Latn", el="ell_Grek", es="spa_Latn", et="est_Latn", eu="eus_Latn", fa="pes_Arab"),
    **dict(fi="fin_Latn", fr="fra_Latn", gu="guj_Gujr", he="heb_Hebr", hi="hin_Deva", ht="hat_Latn"),
    **dict(hu="hun_Latn", id="ind_Latn", it="ita_Latn", ja="jpn_Jpan", jv="jav_Latn", ka="kat_Geor"),
    **dict(kk="kaz_Cyrl", ko="kor_Hang", lt="lit_Latn", ml="mal_Mlym", mr="mar_Deva", ms="zsm_Latn"),
    **dict(my="mya_Mymr", nl="nld_Latn", pa="pan_Guru", pl="pol_Latn", pt="por_Latn", qu="quy_Latn"),
    **dict(ro="ron_Latn", ru="rus_Cyrl", sw="swh_Latn", ta="tam_Taml", te="tel_Telu", th="tha_Thai"),
    **dict(tl="tgl_Latn", tr="tur_Latn", uk="ukr_Cyrl", ur="urd_Arab", vi="vie_Latn", wo="wol_Latn"),
    **dict(yo="yor_Latn", zh="zho_Hans", am="amh_Ethi", ha="hau_Latn", ig="ibo_Latn", rw="kin_Latn"),
    **dict(so="som_Latn", xh="xho_Latn", zu="zul_Latn", ne="npi_Deva", si="sin_Sinh", km="khm_Khmr"),
}

_SIB200_OTHERS = {code: config for code, config in SIB200_CONFIGS.items() if code != "en"}

_AFRISENTI_CONFIGS = {
    **dict(am="amh", arq="arq", ary="ary", ha="hau", ig="ibo", rw="kin", om="orm", pcm="pcm", pt="por"),
    **dict(sw="swa", ti="tir", ts="tso", tw="twi", yo="yor"),
}

_AFRISENTI_ROWS = {
    **dict(am=1999, arq=958, ary=2961, ha=5303, ig=3682, rw=1026, om=2096, pcm=4154, pt=3662, sw=748, ti=2000),
    **dict(ts=254, tw=949, yo=4515),
}


_AFRISENTI_TRAINED = {code: config for code, config in _AFRISENTI_CONFIGS.items() if code not in ("om", "ti")}
"""Two languages were published for testing only."""

_SST2 = {"text": "sentence", "label": "label"}
_SENTIMENT = ("negative", "neutral", "positive")


def sib200(split: str, configs: Mapping[str, str], rows: int, **columns: str) -> HubRows:
    """Rows of SIB-200 (FLORES-200 sentences with a topic), with the columns that a task reads besides the text."""
    return HubRows(
        hub_id="Davlan/sib200",
        revision=_SIB200,
        split=split,
        configs=configs,
        columns={"id": "index_id", "text": "text", **columns},
        expected=every(configs, rows),
    )


def _tweets(split: str, rows: int) -> HubRows:
    return english(
        "cardiffnlp/tweet_sentiment_multilingual",
        split,
        {"text": "text", "label": "label"},
        config="english",
        revision=PARQUET,
        rows=rows,
        not_on_hub=FROM_PARQUET,
    )


def _afrisenti(split: str, configs: Mapping[str, str], expected: Mapping[str, int]) -> HubRows:
    return HubRows(
        hub_id="shmuhammad/AfriSenti-twitter-sentiment",
        revision=PARQUET,
        split=split,
        configs=configs,
        columns={"text": "tweet", "label": "label"},
        expected=expected,
        not_on_hub=FROM_PARQUET,
    )


def _imdb(held: bool) -> HubRows:
    return english(
        "stanfordnlp/imdb",
        "train",
        {"text": "text", "label": "label"},
        config="plain_text",
        revision=_IMDB,
        rows=25000,
        labels={"neg": "negative", "pos": "positive"},
        held_out=HeldOut(held=held, by="text"),
    )


def _ag_news(held: bool) -> HubRows:
    return english(
        "fancyzhx/ag_news",
        "train",
        {"text": "text", "label": "label"},
        revision=_AG_NEWS,
        rows=120000,
        held_out=HeldOut(held=held, by="text"),
    )


CLASSIFICATION_TASKS = (
    Task(
        key="sib200",
        title="SIB-200",
        format="classify",
        labels=(
            "entertainment",
            "geography",
            "health",
            "politics",
            "science/technology",
            "sports",
            "travel",
        ),
        metric="accuracy",
        train=sib200("train", {"en": "eng_Latn"}, 701, label="category"),
        validation=sib200("validation", {"en": "eng_Latn"}, 99, label="category"),
        test=sib200("test", SIB200_CONFIGS, 204, label="category"),
        train_in=sib200("train", _SIB200_OTHERS, 701, label="category"),
        validation_in=sib200("validation", _SIB200_OTHERS, 99, label="category"),
        chance=1 / 7,
        same_data=("sib200_text",),
        licence="CC BY-SA 4.0",
        citation="Adelani et al. 2024, arXiv 2309.07445",
        note="Topic of a FLORES-200 sentence, parallel across languages.",
    ),
    Task(
        key="afrisenti",
        title="AfriSenti",
        format="classify",
        labels=_SENTIMENT,
        metric="macro_f1",
        train=_tweets("train", 1839),
        validation=_tweets("validation", 324),
        test=_afrisenti("test", _AFRISENTI_CONFIGS, _AFRISENTI_ROWS),
        train_in=_afrisenti("train", _AFRISENTI_TRAINED, {}),
        validation_in=_afrisenti("validation", _AFRISENTI_TRAINED, {}),
        chance=1 / 3,
        same_data=("tweet_sentiment",),
        licence="CC BY 4.0 (test), CC BY 3.0 (training)",
        citation="Muhammad et al. 2023, arXiv 2302.08956; Barbieri et al. 2022, arXiv 2104.12250",
        note=(
            "Tweets; it has no English, so the English tweets of another data set train and select. Portuguese is "
            "Mozambican."
        ),
    ),
    Task(
        key="sst2",
        title="SST-2",
        format="classify",
        labels=("negative", "positive"),
        metric="accuracy",
        train=glue("sst2", "train", _SST2, 67349),
        validation=glue("sst2", "validation", _SST2, 872),
        chance=1 / 2,
        licence="not stated (research use)",
        citation="Socher et al. 2013",
    ),
    Task(
        key="imdb",
        title="IMDB",
        format="classify",
        labels=("negative", "positive"),
        metric="accuracy",
        train=_imdb(held=False),
        validation=_imdb(held=True),
        chance=1 / 2,
        licence="research use, cite Maas et al. 2011",
        citation="Maas et al. 2011",
        note="Selects on a tenth of the training texts, equal texts kept together.",
    ),
    Task(
        key="ag_news",
        title="AG News",
        format="classify",
        labels=("World", "Sports", "Business", "Sci/Tech"),
        metric="accuracy",
        train=_ag_news(held=False),
        validation=_ag_news(held=True),
        chance=1 / 4,
        licence="not stated (research use)",
        citation="Zhang et al. 2015, arXiv 1509.01626",
        note="Selects on a tenth of the training texts.",
    ),
)
