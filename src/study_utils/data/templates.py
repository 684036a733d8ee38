"""Templates of files of one's own tasks, one a kind of task: the command `python -m study_utils.data new`.

They are written from what a tasks file may hold (`study_utils.catalog.user_tasks.UserTask`), so no field is left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import yaml

from study_utils.catalog.formats import FORMATS
from study_utils.catalog.user_languages import UserLanguage
from study_utils.catalog.user_tasks import RoleRows, UserTask
from study_utils.errors import ParameterError, unknown

MEANS = {
    "title": "name in figures and tables",
    "format": "what the model does with a row",
    "labels": "all labels, in any order that then stays",
    "train": "language code: file; rows in English, or in training_language",
    "validation": "rows in the language of train that choose the epoch; belongs to train",
    "test": "rows that are scored, a file a language; leave out where the task is an intermediate one only",
    "train_in": "training rows in other languages than train, for conditions that are not zero-shot",
    "validation_in": "rows in these languages that choose the epoch",
    "domain": "what the texts are about",
    "chance": "score of guessing, 0 to 1",
    "value_range": "lowest and highest gold value",
    "unanswerable": "whether a question may have no answer in its text",
    "same_data": "tasks made from the same training rows",
    "licence": "of the data, as its publisher states it",
    "citation": "whom to cite",
    "note": "what readers should know",
}
"""Field to what it says, where `UserTask` doesn't say so itself."""


@dataclass(frozen=True, kw_only=True)
class Template:
    """One kind of task.

    Attributes
    ----------
    about : str
        Which tasks are of the kind.
    format : str
        Format of the task.
    columns : mapping of str to str
        Field to the column of the example.
    row : mapping
        A row of the example, column to value.
    own : mapping
        Fields of the task that this kind needs besides those that all need.
    """

    about: str
    format: str
    columns: Mapping[str, str]
    row: Mapping[str, object]
    own: Mapping[str, object] = field(default_factory=dict)

    @property
    def fields(self) -> dict[str, object]:
        """Fields of the example task, in the order of `UserTask`."""
        roles = {"train": ["en"], "validation": ["en"], "test": ["en", "de"]}
        found = {
            **{
                "title": "My task",
                "format": self.format,
                "metric": FORMATS[self.format].metrics[0],
                "columns": self.columns,
            },
            **{"folder": ".", "licence": "CC BY 4.0", "citation": "Who made it, and when"},
            **{role: {code: f"{role}.{code}.jsonl" for code in codes} for role, codes in roles.items()},
            **self.own,
        }
        return {name: found[name] for name in UserTask.model_fields if name in found}


TEMPLATES = {
    "classify": Template(
        about="one label for a text (sentiment, topic, intent)",
        format="classify",
        columns={"text": "sentence", "label": "label"},
        row={"sentence": "A fine film.", "label": "positive"},
        own={"labels": ["negative", "positive"], "chance": 0.5},
    ),
    "pair": Template(
        about="one label for two texts (inference, paraphrase)",
        format="classify",
        columns={"text": "premise", "text_pair": "hypothesis", "label": "label"},
        row={"premise": "She sleeps.", "hypothesis": "She is awake.", "label": "contradiction"},
        own={"labels": ["entailment", "neutral", "contradiction"], "chance": 0.333},
    ),
    "regress": Template(
        about="a number for one or two texts (similarity)",
        format="regress",
        columns={"text": "sentence1", "text_pair": "sentence2", "label": "score"},
        row={"sentence1": "A dog runs.", "sentence2": "A cat sleeps.", "score": 1.5},
        own={"value_range": [0.0, 5.0]},
    ),
    "choose": Template(
        about="the right one of several texts (commonsense, multiple choice)",
        format="choose",
        columns={"text": "premise", "question": "question", "choices": "choices", "label": "label"},
        row={"premise": "It rained.", "question": "effect", "choices": ["It got wet.", "It got dry."], "label": 0},
        own={"chance": 0.5},
    ),
    "tag": Template(
        about="a tag for each word (names, parts of speech)",
        format="tag",
        columns={"tokens": "tokens", "tags": "tags"},
        row={"tokens": ["Ada", "sleeps"], "tags": ["B-PER", "O"]},
        own={"labels": ["O", "B-PER", "I-PER"], "metric": "span_f1"},
    ),
    "answer": Template(
        about="the part of a passage that answers a question",
        format="answer",
        columns={
            "question": "question",
            "text": "context",
            "answers": "answers.text",
            "starts": "answers.answer_start",
        },
        row={
            **{"question": "Who sleeps?", "context": "Ada sleeps."},
            "answers": {"text": ["Ada"], "answer_start": [0]},
        },
    ),
}
"""Name of the kind to its template."""


_LANGUAGE_FIELDS = tuple(UserLanguage.model_fields.items())
_LANGUAGE = {"name": "Tok Pisin", "family": "Indo-European", "branch": "''", "script": "Latn", "is_isolate": "false"}
"""Field to what the example of a language says; null where it is left out."""


def template(kind: str) -> str:
    """Write a commented tasks file for a kind of task.

    Raises
    ------
    ParameterError
        If the kind is unknown, with the nearest ones.
    """
    if kind not in TEMPLATES:
        raise ParameterError(unknown("kind of task", kind, TEMPLATES))
    made = TEMPLATES[kind]
    lines = [
        f"# Tasks of your own: {made.about}. Save as my_task/tasks.yaml, with the rows beside it. Then:",
        "#   python -m study_utils.data check --tasks-from my_task/tasks.yaml",
        "# One file a language: .jsonl, .json, .csv, .tsv or .parquet" + _also(made) + ". A row, as .jsonl has it:",
        f"#   {json.dumps(made.row)}",
        "tasks:",
        "  my_task:  # key: it names the task, and a condition that trains on it, in parameter files",
    ]
    for name, value in made.fields.items():
        lines += _columns(made) if name == "columns" else [f"    {name}: {_yaml(value)}  # {_means(name, made)}"]
    lines += [
        "    # Instead of folder and files, rows on the hub or in a mirror of its layout:",
        "    # hub_id: namespace/name",
        "    # revision: the commit",
        "    # train: {split: train, configs: {en: name of the config}}",
        "    # A role may be rows of a task of the catalogue (train: mnli), or have a place and fields of its own:",
        f"    # test: {{files: {{de: test.csv}}, ...}} with any of {', '.join(RoleRows.model_fields)}",
        "    # More fields, with what they are if left out:",
    ]
    for name, known in UserTask.model_fields.items():
        if name not in (*made.fields, "hub_id", "revision"):
            value = known.get_default(call_default_factory=True)
            lines.append(f"    # {name}: {_yaml(value)}  # {_means(name, made)}")
    lines += ["# Languages that the catalogue lacks, by their code:", "# languages:", "#   tpi:"]
    lines += [f"#     {name}: {_LANGUAGE.get(name, 'null')}  # {item.description}" for name, item in _LANGUAGE_FIELDS]
    return "\n".join(lines) + "\n"


def kinds() -> str:
    """List the kinds of tasks, a line each."""
    return "".join(f"{name:<10}{made.about}\n" for name, made in TEMPLATES.items())


def _columns(made: Template) -> list[str]:
    shape = next(iter(FORMATS[made.format].shapes.values()))
    needed, optional = shape.needed, shape.optional
    lines = ["    columns:  # field: column of your files; a dot reaches into a column"]
    lines += [f"      {name}: {column}" for name, column in made.columns.items()]
    lines += [f"      # {name}: may be left out" for name in (*needed, *optional) if name not in made.columns]
    return lines


def _means(name: str, made: Template) -> str:
    if name == "metric":
        return "one of " + ", ".join(FORMATS[made.format].metrics)
    return UserTask.model_fields[name].description or MEANS[name]


def _also(made: Template) -> str:
    return "; also .conll and .conllu" if made.format == "tag" else ""


def _yaml(value: object) -> str:
    shown = [*value] if isinstance(value, tuple) else value
    text = yaml.safe_dump(shown, default_flow_style=True, width=1000, sort_keys=False)
    return text.removesuffix("...\n").strip()
