"""The catalogue as one page of plain markdown tables, written from the declarations alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from study_utils.catalog.benchmarks import BENCHMARKS, Benchmark
from study_utils.catalog.claims import BACKGROUND, CLAIMS, DESIGN, SOURCES, TESTABLE, Claim
from study_utils.catalog.conditions import CONDITIONS, Condition, Stage
from study_utils.catalog.encoders import DECLARED, Encoder
from study_utils.catalog.languages import LANGUAGES
from study_utils.catalog.retrieval import PUBLISHED_LAYERS, Retrieval
from study_utils.catalog.schema import DOMAINS, HubRows, Rows, StarterRows, Task, row_languages
from study_utils.catalog.tasks import TASKS
from study_utils.catalog.titles import metric_title

UNKNOWN = "–"

_TITLE = """# Catalogue

What can be named in a parameter file. Written by `python -m study_utils.catalog --write` from the declarations in
`src/study_utils/catalog/`: edit those, never this page. A dash means that nothing is declared. Words are explained in
[GLOSSARY.md](GLOSSARY.md)."""

_TARGETS = """Scored in every language; trained in English, or not at all. Rows are those of the published splits, as
far as they are declared; *of 9* means that the number is known for nine languages only. *mirror only*: the hub's copy
can't be read as it is; `python -m study_utils.data check TASK` says how to lay one out."""

_RETRIEVAL = f"""Read as the benchmarks do; `evaluation.retrieval` changes it for a study. The published layer, as the
number of transformer layers passed, is {" and ".join(f"{n} of {depth}" for depth, n in PUBLISHED_LAYERS.items())}; of
another depth it is the same share, rounded, as of the depth nearest to it (12 under 18 layers, else 24): 4 of 6, 16
of 28."""

_INTERMEDIATE = "Trained before the target. Each is also a condition of its key."

_TEXTS = """Mixed into the last stage of any condition whose key is followed by `+mlm` (`mnli+mlm`), for
masked-language modelling, in the languages that the study scores, which are then no longer zero-shot.
`intermediate.mlm_text` names it."""

_CONDITIONS = "Stages from left to right; tasks joined by + are mixed, each counting for at most the cap in an epoch."

_CLAIMS = """What published studies say, in our words, each claim once; where sources disagree, each has its own. The
notebook of question `claims` holds results against them."""

_CLAIM_KINDS = {
    TESTABLE: """What a test compares and needs. Of names joined by / one is needed; with a benchmark, all of its
languages. A claim that lacks something is not tested.""",
    DESIGN: "Facts of a design, which a study follows or not.",
    BACKGROUND: "What nothing here can speak to.",
}

_LANGUAGES = "The resource class is that of Joshi et al. 2020, 0 (left behind) to 5 (winners)."


def page() -> str:
    """Write the catalogue as markdown.

    Returns
    -------
    str
        Targets, intermediate tasks by language and domain, conditions, encoders, benchmarks and languages, one table
        each, what tasks note, and published claims.
    """
    targets = [item for item in TASKS.values() if item.languages]
    others = [item for item in TASKS.values() if not item.languages and not item.is_text]
    texts = [item for item in TASKS.values() if item.is_text]
    parts = [_TITLE, "## Targets", _TARGETS, _target_table(targets), _notes(targets)]
    parts += ["## How retrieval is read", _RETRIEVAL, _retrieval_table(targets)]
    parts += ["## Intermediate tasks", _INTERMEDIATE]
    for domain in DOMAINS:
        found = [item for item in others if item.training_language == "en" and item.domain == domain]
        parts += [f"### English, {domain}", _training_table(found), _notes(found)]
    found = sorted((item for item in others if item.training_language != "en"), key=lambda item: item.training_language)
    parts += ["### Other languages", _training_table(found), _notes(found)]
    parts += ["### Text of many languages", _TEXTS, _text_table(texts), _notes(texts)]
    parts += ["## Conditions", _CONDITIONS, _condition_table(CONDITIONS.values())]
    parts += ["## Encoders", _encoder_table(DECLARED), "## Benchmarks"]
    for item in BENCHMARKS.values():
        rows = [(key, TASKS[key].title, len(codes), " ".join(codes)) for key, codes in item.tasks.items()]
        parts += [
            f"### {item.title} (`{item.key}`)",
            f"The unweighted mean over {len(rows)} tasks of the means over their languages{_metrics(item)}. Source: "
            f"{item.source}.",
            table(("task", "title", "languages", "codes"), rows),
        ]
    parts += ["## Published claims", _CLAIMS]
    for kind, told in _CLAIM_KINDS.items():
        parts += [f"### {kind.capitalize()}", told, _claim_table([c for c in CLAIMS.values() if c.kind == kind])]
    parts += ["## Languages", _LANGUAGES, _language_table(targets)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _target_table(items: Iterable[Task]) -> str:
    head = ("key", "title", "format", "metric", "languages", "families", "test rows", "training rows", "source")
    rows = [
        (
            item.key,
            item.title,
            item.shape,
            item.metric,
            len(item.languages),
            len({LANGUAGES[code].family for code in item.languages}),
            _count(item.test),
            _count(item.train),
            _source(item.test),
            item.licence,
            item.citation,
        )
        for item in items
    ]
    return table((*head, "licence", "citation"), rows)


def _retrieval_table(items: Iterable[Task]) -> str:
    head = ("key", "looks for", "layer", "vector", "tokens of a query", "tokens of a candidate")
    rows = [
        (item.key, _SEARCHES[asked.search], asked.layer, _vector(asked), asked.query_length, asked.candidate_length)
        for item in items
        if (asked := item.retrieval)
    ]
    return table(head, rows)


_SEARCHES = {"neighbour": "the one translation", "mine": "pairs in two pools", "rank": "targets among candidates"}


def _vector(asked: Retrieval) -> str:
    if asked.pooling != "mean":
        return f"{asked.pooling} token"
    return f"mean, special tokens {'included' if asked.special_tokens else 'left out'}"


def _training_table(items: Iterable[Task]) -> str:
    head = ("key", "title", "language", "format", "metric", "training rows", "source", "licence", "citation")
    rows = [
        (
            item.key,
            item.title,
            LANGUAGES[item.training_language].name,
            item.shape,
            item.metric,
            _count(item.train),
            _source(item.train),
            item.licence,
            item.citation,
        )
        for item in items
    ]
    return table(head, rows)


def _text_table(items: Iterable[Task]) -> str:
    head = ("key", "title", "languages", "codes", "training rows", "source", "licence", "citation")
    rows = [
        (
            item.key,
            item.title,
            len(item.training_languages),
            " ".join(item.training_languages),
            _count(item.train),
            _source(item.train),
            item.licence,
            item.citation,
        )
        for item in items
    ]
    return table(head, rows)


def _metrics(item: Benchmark) -> str:
    """Metrics that the average is over where they aren't the primary ones."""
    told = ", ".join(f"of {TASKS[key].title} by {metric_title(name)}" for key, name in item.metrics.items())
    return f", {told}" if told else ""


def _notes(items: Iterable[Task]) -> str:
    return "\n".join(f"- `{item.key}`: {item.note}" for item in items if item.note)


def _condition_table(items: Iterable[Condition]) -> str:
    rows = [(item.key, item.title, " → ".join(map(_stage, item.stages)) or "none", item.reason) for item in items]
    return table(("key", "title", "stages", "reason"), rows)


def _stage(stage: Stage) -> str:
    return " + ".join(stage.tasks) + (f" (cap {stage.cap:,})" if stage.cap else "")


def _encoder_table(items: Iterable[Encoder]) -> str:
    head = ("key", "title", "source", "pooling", "longest input", "weights without embeddings", "licence", "note")
    rows = [
        (
            item.key,
            item.title,
            _source(item),
            item.pooling,
            item.max_length,
            f"{item.weights / 1e6:.0f} M",
            item.licence,
            item.note,
        )
        for item in items
    ]
    return table(head, rows)


def _source(item: Encoder) -> str:
    if not item.hub_id:
        return f"package {item.package}"
    return f"{item.hub_id} at {item.revision[:7] or 'a commit that you name'}"


def _claim_table(items: Sequence[Claim]) -> str:
    columns = {
        "key": [item.key for item in items],
        "claim": [item.says for item in items],
        "published": [_published(item) for item in items],
        "what is compared": [item.compares for item in items],
        "encoders": [_alternatives(item.encoders) for item in items],
        "conditions": [_alternatives(item.conditions) for item in items],
        "targets": [" ".join(item.targets) or item.n_targets or "" for item in items],
        "benchmark": [item.benchmark for item in items],
        "settings": [", ".join(item.settings) for item in items],
        "what no study here has": [item.lacks for item in items],
        "source": [SOURCES[item.source].cited for item in items],
    }
    used = {name: values for name, values in columns.items() if any(values)}
    return table(list(used), zip(*used.values()))


def _published(item: Claim) -> str:
    return f"{', '.join(f'{name} {value:g}' for name, value in item.published.items())} {item.unit}".strip()


def _alternatives(keys: tuple[tuple[str, ...], ...]) -> str:
    return " ".join("/".join(names) for names in keys)


def _language_table(targets: Sequence[Task]) -> str:
    head = ("code", "name", "family", "branch", "script", "resource class", "targets")
    rows = [
        (
            item.code,
            item.name,
            item.family,
            item.branch,
            item.script,
            "" if item.joshi_class is None else item.joshi_class,
            sum(item.code in task.languages for task in targets),
        )
        for item in LANGUAGES.values()
    ]
    return table(head, rows)


def _count(rows: Rows | None) -> str:
    """Rows of all languages together, and of how many languages they are where not of all."""
    expected = getattr(rows, "expected", {})
    if not expected:
        return ""
    total = f"{sum(expected.values()):,}"
    return total if len(expected) == len(row_languages(rows)) else f"{total} (of {len(expected)})"


def _source(rows: Rows | None) -> str:
    if isinstance(rows, StarterRows):
        return "starter suite"
    if not isinstance(rows, HubRows):
        return "own files"
    if rows.not_on_hub:
        return f"{rows.hub_id}, mirror only"
    return f"{rows.hub_id} at {rows.revision[:7] if len(rows.revision) == 40 else rows.revision}"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a table in markdown; empty cells become a dash."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)


def _cell(value: object) -> str:
    return str(value).replace("|", r"\|") or UNKNOWN
