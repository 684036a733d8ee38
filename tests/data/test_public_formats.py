"""Data sets as their makers publish them, each declared with the fields of a tasks file alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from study_utils.catalog import CONDITIONS, TASKS
from study_utils.catalog.user_tasks import enter_tasks
from study_utils.data.sources import load_rows

NLI = ["entailment", "neutral", "contradiction"]
PAIR = {"text": "premise", "text_pair": "hypothesis", "label": "label"}
TEXT = {
    "americas_nli": 'language\tpremise\thypothesis\tlabel\naym\tA "a\tB\tneutral\nbzd\tC\tD\tentailment\n',
    "farstail": "premise\thypothesis\tlabel\nA\tB, b\te\nC\tD\tc\n",
    "klue": json.dumps([{"guid": "g0", "premise": "A", "hypothesis": "B", "gold_label": "neutral", "label2": "x"}]),
    "kor_nli": 'sentence1\tsentence2\tgold_label\n"A\tB\tneutral\nC\tD"\tcontradiction\n',
    "my_xnli": "genre\tlabel\tsentence1_en\tsentence1_my\tsentence2_my\nfiction\tneutral\tE\tA\tB\n",
    "hindi_nli": '{"context": "A", "hypothesis": "B", "label": "not-entailed"}\n',
    "sick_nl": "pair_ID\tsentence_A\tsentence_B\tentailment_label\tSemEval_set\n"
    "1\tA\tB\tNEUTRAL\tTRAIN\n2\tC\tD\tENTAILMENT\tTEST\n",
    "parsinlu": '{"q1": "A", "q2": "B", "category": "qp", "label": "1"}\n{"q1": "C", "q2": "D", "label": "0"}\n',
    "nusax": 'id,text,label\n7,"A, a",positive\n',
    "masakha": "A B-PER\nB O\n\nC B-DATE\n",
}
KINDS = {
    "americas_nli": (
        "test.tsv",
        dict(labels=NLI, columns=PAIR, language_column="language", test={"aym": "test.tsv", "bzd": "test.tsv"}),
        {"ay": [('A "a', "B", "neutral")], "bzd": [("C", "D", "entailment")]},
    ),
    "farstail": (
        "Test-word.csv",
        dict(
            **dict(labels=NLI, columns=PAIR, separator="\t", test={"fas": "Test-word.csv"}),
            label_names={"e": "entailment", "n": "neutral", "c": "contradiction"},
        ),
        {"fa": [("A", "B, b", "entailment"), ("C", "D", "contradiction")]},
    ),
    "klue": (
        "klue-nli-v1.1_dev.json",
        dict(labels=NLI, columns=PAIR | {"id": "guid", "label": "gold_label"}, test={"kor": "klue-nli-v1.1_dev.json"}),
        {"ko": [("A", "B", "neutral")]},
    ),
    "kor_nli": (
        "xnli.test.ko.tsv",
        dict(
            **dict(labels=NLI, test={"ko": "xnli.test.ko.tsv"}),
            columns={"text": "sentence1", "text_pair": "sentence2", "label": "gold_label"},
        ),
        {"ko": [('"A', "B", "neutral"), ("C", 'D"', "contradiction")]},
    ),
    "my_xnli": (
        "my.test.tsv",
        dict(
            **dict(labels=NLI, test={"mya": "my.test.tsv"}),
            columns={"text": "sentence1_my", "text_pair": "sentence2_my", "label": "label"},
        ),
        {"my": [("A", "B", "neutral")]},
    ),
    "hindi_nli": (
        "test.json",
        dict(
            **dict(labels=["entailed", "not-entailed"], test={"hin": "test.json"}),
            columns=PAIR | {"text": "context"},
        ),
        {"hi": [("A", "B", "not-entailed")]},
    ),
    "sick_nl": (
        "SICK_NL.tsv",
        dict(
            **dict(labels=NLI, label_names={label.upper(): label for label in NLI}),
            columns={"id": "pair_ID", "text": "sentence_A", "text_pair": "sentence_B", "label": "entailment_label"},
            test={"files": {"nld": "SICK_NL.tsv"}, "leave_out": {"SemEval_set": ["TRAIN", "TRIAL"]}},
        ),
        {"nl": [("C", "D", "entailment")]},
    ),
    "parsinlu": (
        "test.jsonl",
        dict(
            **dict(labels=["different", "paraphrase"], label_names={0: "different", 1: "paraphrase"}),
            **dict(columns={"text": "q1", "text_pair": "q2", "label": "label"}, test={"fas": "test.jsonl"}),
        ),
        {"fa": [("A", "B", "paraphrase"), ("C", "D", "different")]},
    ),
    "nusax": (
        "acehnese/test.csv",
        dict(labels=["negative", "neutral", "positive"], columns={"id": "id", "text": "text", "label": "label"})
        | dict(test={"ace": "acehnese/test.csv"}),
        {"ace": [("A, a", "", "positive")]},
    ),
    "masakha": (
        "bam/test.conll",
        dict(labels=["O", "B-PER", "I-PER", "B-DATE", "I-DATE"], columns={"tokens": "1", "tags": "2"})
        | dict(format="tag", metric="span_f1", test={"bam": "bam/test.conll"}),
        {"bm": [(["A", "B"], ["B-PER", "O"]), (["C"], ["B-DATE"])]},
    ),
}


@pytest.fixture(autouse=True)
def _catalogue_as_it_was():
    before = [(now, dict(now)) for now in (TASKS, CONDITIONS)]
    yield
    for now, then in before:
        now.clear()
        now.update(then)


@pytest.mark.parametrize("kind", KINDS)
def test_one_declaration_reads_it(kind: str, tmp_path: Path) -> None:
    name, fields, wanted = KINDS[kind]
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(TEXT[kind], encoding="utf-8")
    common = {"title": "T", "format": "classify", "metric": "accuracy", "licence": "l", "citation": "c", "folder": "."}
    (tmp_path / "tasks.yaml").write_text(yaml.safe_dump({"tasks": {"mine": common | fields}}), encoding="utf-8")
    enter_tasks(tmp_path / "tasks.yaml")
    shown = ["tokens", "tags"] if kind == "masakha" else ["text", "text_pair", "label"]
    for code, rows in wanted.items():
        found = load_rows(TASKS["mine"], "test", languages=(code,), mirror=None)
        assert list(found[shown].itertuples(index=False, name=None)) == rows
