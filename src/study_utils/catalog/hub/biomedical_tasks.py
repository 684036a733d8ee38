"""Biomedical and scientific intermediate tasks."""

from __future__ import annotations

from collections.abc import Mapping

from study_utils.catalog.hub.domain_kinds import answer, classify, cut, entities, local, published
from study_utils.catalog.hub.shared import (
    DERIVED,
    FROM_PARQUET,
    FROM_SCRIPT,
    LOCAL,
    MAIN,
    NLI,
    PARQUET,
    PREMISE_HYPOTHESIS,
    SQUAD,
    UNPINNED,
    derived,
    english,
)
from study_utils.catalog.schema import HeldOut, HubRows, Task

_TEXT = {"text": "text", "label": "label"}
_PASSAGE = {"text": "question", "text_pair": "context", "label": "label"}
_HALLMARKS = (
    "sustaining proliferative signaling",
    "resisting cell death",
    "genomic instability and mutation",
    "activating invasion and metastasis",
    "tumor promoting inflammation",
    "evading growth suppressors",
    "inducing angiogenesis",
    "enabling replicative immortality",
    "avoiding immune destruction",
    "cellular energetics",
)
_CHEMPROT = tuple(
    "ACTIVATOR AGONIST AGONIST-ACTIVATOR AGONIST-INHIBITOR ANTAGONIST DOWNREGULATOR INDIRECT-DOWNREGULATOR "
    "INDIRECT-UPREGULATOR INHIBITOR PRODUCT-OF SUBSTRATE SUBSTRATE_PRODUCT-OF UPREGULATOR".split()
)
_ABSTRACT_ROLES = ("background", "method", "objective", "other", "result")
_PIBOSO_ROLES = ("background", "intervention", "other", "outcome", "population", "study design")
_BC5CDR = dict(enumerate(("O", "B-Chemical", "B-Disease", "I-Disease", "I-Chemical")))
_TOKENS = {"id": "id", "tokens": "tokens", "tags": "ner_tags"}
_E3C_TRAIN_ROWS = dict(en=669, es=455, fr=504, it=451, eu=1361)
_E3C_TEST_ROWS = dict(en=851, es=679, fr=605, it=673, eu=1765)


def _covid(**more: object) -> HubRows:
    return english("deepset/covid_qa_deepset", "train", SQUAD, config="covid_qa_deepset", rows=2019, **more)


def _medical_pairs(**more: object) -> HubRows:
    columns = {"text": "question_1", "text_pair": "question_2", "label": "label"}
    labels = {"0": "different", "1": "similar"}
    hub_id = "curaihealth/medical_questions_pairs"
    return english(hub_id, "train", columns, revision=PARQUET, rows=3048, labels=labels, **more)


def _pubmedqa(**more: object) -> HubRows:
    return derived("pubmedqa_pqal", "train", {"id": "pubid", **_PASSAGE}, rows=500, **more)


def _e3c(split: str, expected: Mapping[str, int], **more: object) -> HubRows:
    """Sentences with manual annotation (layer 1)."""
    return HubRows(
        hub_id="derived/e3c_clinical_entities",
        revision=LOCAL,
        split=split,
        configs={code: code for code in expected},
        columns=_TOKENS,
        not_on_hub=DERIVED,
        expected=expected,
        **more,
    )


def _head_qa(split: str, expected: Mapping[str, int]) -> HubRows:
    return HubRows(
        hub_id="dvilares/head_qa",
        revision=MAIN,
        split=split,
        configs={code: code for code in expected},
        columns={"text": "qtext", "choices": "answers.atext", "label": "ra"},
        labels={number: number - 1 for number in range(1, 6)},
        expected=expected,
    )


BIOMEDICAL_TASKS = (
    Task(
        key="e3c",
        title="E3C clinical entities",
        format="tag",
        labels=("O", "B-ety", "I-ety"),
        metric="span_f1",
        train=_e3c("train", {"en": 669}, held_out=HeldOut(held=False, block=10)),
        validation=_e3c("train", {"en": 669}, held_out=HeldOut(held=True, block=10)),
        test=_e3c("test", _E3C_TEST_ROWS),
        train_in=_e3c("train", {code: rows for code, rows in _E3C_TRAIN_ROWS.items() if code != "en"}),
        domain="biomedical",
        licence="CC BY-NC 4.0 (parts CC BY-NC-SA)",
        citation="Magnini et al. 2020, github.com/hltfbk/E3C-Corpus",
        note=(
            "Clinical entities in case reports, written in each language, annotated by hand. Selects on a tenth of "
            "the English training sentences, ten neighbours together."
        ),
    ),
    classify(
        "mediqa_rqe",
        "MEDIQA question entailment",
        "biomedical",
        ("entailment", "not_entailment"),
        published(
            "bigbio/mediqa_rqe",
            {"id": "id", **PREMISE_HYPOTHESIS},
            (8588, 302),
            config="mediqa_rqe_bigbio_te",
            revision=LOCAL,
            without=("5860",),
            not_on_hub="its hub copy is a loading script; write the rows of the MEDIQA 2019 release as parquet",
        ),
        licence="not stated (MEDIQA 2019 shared task, public)",
        citation="Ben Abacha et al. 2019",
        note="Two labels, where the general inference tasks have three; row 5860 lacks its second text.",
    ),
    classify(
        "healthver",
        "HealthVer",
        "biomedical",
        NLI,
        tuple(
            derived(
                "healthver",
                split,
                {"id": "id", "text": "evidence", "text_pair": "claim", "label": "label"},
                rows=rows,
                labels={"Supports": "entailment", "Neutral": "neutral", "Refutes": "contradiction"},
            )
            for split, rows in (("validation", 1917), ("test", 1823))
        ),
        licence="not stated",
        citation="Sarrouti et al. 2021",
        note="Evidence and claim; its development rows train and its test rows select.",
    ),
    classify(
        "medical_question_pairs",
        "Medical question pairs",
        "biomedical",
        ("different", "similar"),
        cut(_medical_pairs, "question_1"),
        licence="not stated",
        citation="McCreery et al. 2020, arXiv 2008.13546",
        note=f"Selects on a tenth of its first questions. {UNPINNED}",
    ),
    answer(
        "bioasq_extractive",
        "BioASQ, extractive",
        "biomedical",
        local("bioasq_extractive", SQUAD, (2999, 1668)),
        licence="CC BY 2.5 (BioASQ)",
        citation="Tsatsaronis et al. 2015",
    ),
    answer(
        "covid_qa",
        "COVID-QA",
        "biomedical",
        cut(_covid, "document_id"),
        licence="Apache-2.0",
        citation="Möller et al. 2020",
        note=f"Long documents; selects on a tenth of them. {UNPINNED}",
    ),
    classify(
        "pubmedqa",
        "PubMedQA",
        "biomedical",
        ("yes", "no", "maybe"),
        cut(_pubmedqa, "pubid"),
        licence="MIT",
        citation="Jin et al. 2019, arXiv 1909.06146",
        note="The 500 labelled questions that aren't its test set; selects on a tenth of them.",
    ),
    classify(
        "bioasq_yesno",
        "BioASQ, yes or no",
        "biomedical",
        ("no", "yes"),
        local("bioasq_yesno", {"id": "id", **_PASSAGE}, (422, 116)),
        licence="CC BY 2.5 (BioASQ)",
        citation="Tsatsaronis et al. 2015",
    ),
    classify(
        "hallmarks_of_cancer",
        "Hallmarks of cancer",
        "biomedical",
        _HALLMARKS,
        local("hallmarks_of_cancer", {"id": "document_id", **_TEXT}, (12254, 1745)),
        metric="macro_f1",
        licence="GPL-3.0",
        citation="Baker et al. 2016",
        note="Sentences with exactly one hallmark (2,634 of 12,254 train); those with none or several are left out.",
    ),
    classify(
        "chemprot",
        "ChemProt",
        "biomedical",
        _CHEMPROT,
        published("zapsdcn/chemprot", _TEXT, (4169, 2427)),
        licence="not stated (BioCreative VI, research)",
        citation="Kringelum et al. 2016; Gururangan et al. 2020, arXiv 2004.10964",
        note=UNPINNED,
    ),
    classify(
        "scicite",
        "SciCite",
        "scientific",
        ("method", "background", "result"),
        published(
            "allenai/scicite",
            {"text": "string", "label": "label"},
            (8194, 916),
            revision=LOCAL,
            not_on_hub=FROM_SCRIPT,
        ),
        same_data=("citation_kind",),
        licence="not stated on the hub (its repository: Apache-2.0)",
        citation="Cohan et al. 2019, arXiv 1904.01608",
    ),
    classify(
        "citation_intent",
        "ACL-ARC citation intent",
        "scientific",
        ("Background", "CompareOrContrast", "Extends", "Future", "Motivation", "Uses"),
        published("zapsdcn/citation_intent", _TEXT, (1688, 114)),
        metric="macro_f1",
        licence="not stated",
        citation="Jurgens et al. 2018",
        note=UNPINNED,
    ),
    classify(
        "csabstruct",
        "CSAbstruct",
        "scientific",
        _ABSTRACT_ROLES,
        local("csabstruct_sentences", _TEXT, (11333, 2026)),
        licence="Apache-2.0",
        citation="Cohan et al. 2019, arXiv 1909.04054",
        note="Role of a sentence in an abstract of computer science.",
    ),
    classify(
        "nicta_piboso",
        "NICTA-PIBOSO",
        "biomedical",
        _PIBOSO_ROLES,
        local("nicta_piboso", _TEXT, (6979, 801)),
        licence="not stated (ALTA 2012 shared task)",
        citation="Kim et al. 2011",
        note="Role of a sentence in a medical abstract.",
    ),
    entities(
        "ncbi_disease",
        "NCBI disease",
        "biomedical",
        ("Disease",),
        published(
            "ncbi/ncbi_disease",
            _TOKENS,
            (5433, 924),
            config="ncbi_disease",
            revision=LOCAL,
            not_on_hub=FROM_SCRIPT,
        ),
        licence="public domain (NCBI)",
        citation="Doğan et al. 2014",
    ),
    entities(
        "bc5cdr",
        "BC5CDR",
        "biomedical",
        ("Chemical", "Disease"),
        published(
            "tner/bc5cdr",
            {"tokens": "tokens", "tags": "tags"},
            (5228, 5330),
            config="bc5cdr",
            revision=LOCAL,
            labels=_BC5CDR,
            not_on_hub=FROM_SCRIPT,
        ),
        licence="BioCreative V (public for research)",
        citation="Li et al. 2016",
        note="The hub's copy has numbers without names.",
    ),
    entities(
        "bc2gm",
        "BC2GM",
        "biomedical",
        ("GENE",),
        published(
            "spyysalo/bc2gm_corpus",
            _TOKENS,
            (None, None),
            config="bc2gm_corpus",
            revision=PARQUET,
            not_on_hub=FROM_PARQUET,
        ),
        licence="not stated",
        citation="Smith et al. 2008",
        note="Not confirmed: its number of rows (12,500 and 2,500 on the hub, a few more in the original files).",
    ),
    Task(
        key="head_qa",
        title="HEAD-QA",
        format="choose",
        metric="accuracy",
        train=_head_qa("train", {"en": 2657}),
        validation=_head_qa("validation", {"en": 1366}),
        test=_head_qa("test", {"en": 2742, "es": 2742}),
        train_in=_head_qa("train", {"es": 2657}),
        validation_in=_head_qa("validation", {"es": 1366}),
        domain="biomedical",
        chance=1 / 4,
        licence="MIT",
        citation="Vilares and Gómez-Rodríguez 2019, arXiv 1906.04701",
        note=(
            "Examination questions, the English ones translated from the Spanish ones; five choices in training, four "
            f"in selection and test. {UNPINNED}"
        ),
    ),
)
