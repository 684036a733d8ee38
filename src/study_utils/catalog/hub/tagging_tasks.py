"""Parts of speech, named entities and supertags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from study_utils.catalog.hub.domain_kinds import entities, published
from study_utils.catalog.hub.shared import FROM_PARQUET, FROM_SCRIPT, LOCAL, PARQUET, english, every
from study_utils.catalog.schema import HubRows, Task
from study_utils.catalog.treebanks import CODES, sentences, treebanks

_UD = "2.7"
_WIKIANN = "f0a3be6dc5564c0cc4150bb660144800a1f539d4"

_UPOS = "ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X".split()

_PANX_CODES = (
    "en af ar az bg bn de el es et eu fa fi fr gu he hi hu id it ja jv ka kk ko lt ml mr ms my nl pa pl pt qu ro ru "
    "sw ta te th tl tr uk ur vi yo zh".split()
)
_PANX_LABELS = ("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC")
_PANX_FAMILY = ("panx", "panx_dev", "masakhaner")

_MASAKHANER_CONFIGS = {
    **dict(bm="bam", bbj="bbj", ee="ewe", fon="fon", ha="hau", ig="ibo", rw="kin", lg="lug", luo="luo", mos="mos"),
    **dict(ny="nya", pcm="pcm", sn="sna", sw="swa", tn="tsn", tw="twi", wo="wol", xh="xho", yo="yor", zu="zul"),
}

_ENTITIES = {"id": "id", "tokens": "tokens", "tags": "ner_tags"}

_CCG = (
    r"N NP N/N NP[nb]/N NP\NP (NP\NP)/NP ((S\NP)\(S\NP))/NP PP/NP PP conj , . : ; LRB RRB (S\NP)\(S\NP) "
    r"(S\NP)/(S\NP) S/S (S/S)/NP S[dcl]\NP (S[dcl]\NP)/NP (S[dcl]\NP)/PP (S[dcl]\NP)/S[dcl] (S[dcl]\NP)/S[em] "
    r"((S[dcl]\NP)/PP)/NP ((S[dcl]\NP)/NP)/NP (S[dcl]\NP)/(S[adj]\NP) (S[dcl]\NP)/(S[pss]\NP) (S[dcl]\NP)/(S[b]\NP) "
    r"(S[dcl]\NP)/(S[to]\NP) (S[dcl]\NP)/(S[pt]\NP) (S[dcl]\NP)/(S[ng]\NP) S[b]\NP (S[b]\NP)/NP (S[b]\NP)/PP "
    r"((S[b]\NP)/PP)/NP (S[b]\NP)/(S[adj]\NP) (S[b]\NP)/(S[pss]\NP) (S[to]\NP)/(S[b]\NP) S[ng]\NP (S[ng]\NP)/NP "
    r"(S[ng]\NP)/PP (S[ng]\NP)/(S[to]\NP) S[pss]\NP (S[pss]\NP)/PP (S[pss]\NP)/NP (S[pss]\NP)/(S[to]\NP) S[pt]\NP "
    r"(S[pt]\NP)/NP (S[pt]\NP)/(S[pss]\NP) S[adj]\NP (S[adj]\NP)/PP (S[adj]\NP)/(S[to]\NP) S[em]/S[dcl] "
    r"(NP\NP)/(S[dcl]\NP) (NP\NP)/(S[dcl]/NP) (NP\NP)/S[dcl] ((S\NP)\(S\NP))/S[dcl] ((S\NP)\(S\NP))/(S[b]\NP) "
    r"((S\NP)\(S\NP))/((S\NP)\(S\NP)) (S/S)/S[dcl] (S/S)/(S/S) (N/N)/(N/N) (N/N)/N (N/N)\(N/N) N/PP "
    r"NP/NP (NP[nb]/N)\NP (S[dcl]\S[dcl])\NP ((S\NP)\(S\NP))\NP (NP\NP)\(NP\NP) (NP\NP)/(NP\NP) NP[expl] NP[thr] "
    r"OTHER"
).split()
"""Lexical categories as CCGbank writes them; every other one counts as OTHER."""

_CCG_LAYOUT = (
    "CCGbank is licensed (LDC2005T13) and on no hub. With a licence, write one row a sentence with the columns tokens "
    "and tags (lists of text; tags are lexical categories such as (S[dcl]\\NP)/NP) to train.parquet (sections 02-21) "
    "and validation.parquet (section 00), beside a README.md that begins with '---', 'configs:', "
    "'- config_name: default', '  data_files:', '  - split: train', '    path: train.parquet', "
    "'  - split: validation', '    path: validation.parquet', '---'"
)


def _ud(split: str, languages: Iterable[str]) -> HubRows:
    """Rows of all treebanks that have the split, of those of the languages that have one."""
    return HubRows(
        hub_id="commul/universal_dependencies",
        revision=_UD,
        split=split,
        configs=treebanks(split, languages),
        columns={"tokens": "tokens", "tags": "upos"},
        unlabelled=("_",),
        expected=sentences(split, languages),
    )


def _panx(split: str, languages: Iterable[str], expected: Mapping[str, int]) -> HubRows:
    return HubRows(
        hub_id="unimelb-nlp/wikiann",
        revision=_WIKIANN,
        split=split,
        configs={code: code for code in languages},
        columns={"tokens": "tokens", "tags": "ner_tags"},
        expected=expected,
    )


def _masakhaner(split: str) -> HubRows:
    return HubRows(
        hub_id="masakhane/masakhaner2",
        revision=PARQUET,
        split=split,
        configs=_MASAKHANER_CONFIGS,
        columns=_ENTITIES,
        labels={"B-DATE": "O", "I-DATE": "O"},
        not_on_hub=FROM_PARQUET,
    )


def _ccg(split: str) -> HubRows:
    return english(
        "ldc/ccgbank",
        split,
        {"tokens": "tokens", "tags": "tags"},
        revision=LOCAL,
        other="OTHER",
        not_on_hub=_CCG_LAYOUT,
    )


_PANX_TRAIN = _panx("train", ["en"], {"en": 20000})
_PANX_VALIDATION = _panx("validation", ["en"], {"en": 10000})
_PANX_SMALL_ROWS = {"af": 1000, "sw": 1000, "jv": 100, "yo": 100}
_PANX_TRAIN_IN = _panx("train", _PANX_CODES[1:], {"af": 5000, "sw": 1000, "jv": 100, "yo": 100})
_PANX_TEST_ROWS = {"en": 10000, "af": 1000, "sw": 1000, **every("gu jv my pa qu yo".split(), 100)}

TAGGING_TASKS = (
    Task(
        key="udpos",
        title="UD-POS",
        format="tag",
        labels=tuple(_UPOS),
        metric="token_accuracy",
        beside=("legacy_chunk_f1",),
        test_length=128,
        train=_ud("train", ["en"]),
        validation=_ud("validation", ["en"]),
        test=_ud("test", CODES),
        train_in=_ud("train", CODES[1:]),
        validation_in=_ud("validation", CODES[1:]),
        licence="one per treebank, mostly CC BY-SA and CC BY-NC-SA",
        citation="Universal Dependencies 2.7",
        note=(
            "All treebanks of a language, joined as the benchmark joins them; syntactic words, where it keeps fused "
            "words as one. A copy that lacks some treebanks is read only if a study says `partial_sets: true`. Chinese "
            "GSD and GSDSimp hold the same sentences in two scripts. Read at the data set's release 2.7. Not "
            "confirmed: a commit of it."
        ),
    ),
    Task(
        key="panx",
        title="PAN-X",
        format="tag",
        labels=_PANX_LABELS,
        metric="span_f1",
        test_length=128,
        train=_PANX_TRAIN,
        validation=_PANX_VALIDATION,
        test=_panx("test", _PANX_CODES, _PANX_TEST_ROWS),
        train_in=_PANX_TRAIN_IN,
        validation_in=_panx("validation", _PANX_CODES[1:], _PANX_SMALL_ROWS),
        same_data=tuple(key for key in _PANX_FAMILY if key != "panx"),
        licence="not stated (Wikipedia text: CC BY-SA)",
        citation="Pan et al. 2017; Rahimi et al. 2019, arXiv 1902.00193",
        note="Silver entities of Wikipedia.",
    ),
    Task(
        key="panx_dev",
        title="PAN-X (development)",
        format="tag",
        labels=_PANX_LABELS,
        metric="span_f1",
        test_length=128,
        train=_PANX_TRAIN,
        validation=_PANX_VALIDATION,
        test=_panx("validation", _PANX_CODES[1:], _PANX_SMALL_ROWS),
        train_in=_PANX_TRAIN_IN,
        same_data=tuple(key for key in _PANX_FAMILY if key != "panx_dev"),
        licence="not stated (Wikipedia text: CC BY-SA)",
        citation="Pan et al. 2017; Rahimi et al. 2019, arXiv 1902.00193",
        note="For copies whose test tags were stripped. English selects, so it is not scored.",
    ),
    Task(
        key="masakhaner",
        title="MasakhaNER 2.0",
        format="tag",
        labels=_PANX_LABELS,
        metric="span_f1",
        train=_PANX_TRAIN,
        validation=_PANX_VALIDATION,
        test=_masakhaner("test"),
        train_in=_masakhaner("train"),
        validation_in=_masakhaner("validation"),
        same_data=tuple(key for key in _PANX_FAMILY if key != "masakhaner"),
        licence="CC BY-NC 4.0",
        citation="Adelani et al. 2022, arXiv 2210.12391",
        note=(
            "It has no English: PAN-X trains and selects; dates, which PAN-X lacks, count as O. Not confirmed: its "
            "number of test rows."
        ),
    ),
    Task(
        key="ccg",
        title="CCG supertags",
        format="tag",
        labels=tuple(_CCG),
        metric="token_accuracy",
        train=_ccg("train"),
        validation=_ccg("validation"),
        licence="LDC2005T13 (licensed)",
        citation="Hockenmaier and Steedman 2007",
        note=(
            "Only with a licence. 75 lexical categories, all in the public list of those in sections 02-21 "
            "(coli-saar/ccg-supertagger), and OTHER for the rest. Not confirmed: that they are the most frequent ones, "
            "so scores are not comparable with published ones (over the 425 most frequent)."
        ),
    ),
    entities(
        "wnut17",
        "WNUT-17",
        "general",
        ("corporation", "creative-work", "group", "location", "person", "product"),
        published("leondz/wnut_17", _ENTITIES, (3394, 1009), config="wnut_17", revision=LOCAL, not_on_hub=FROM_SCRIPT),
        licence="CC BY 4.0",
        citation="Derczynski et al. 2017",
    ),
)
