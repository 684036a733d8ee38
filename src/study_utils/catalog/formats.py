"""What a format is, declared once: the columns of its rows, its metrics, and the names of its module and checks.

Names are resolved where the code is: the module by `study_utils.formats.format_of`, the check by
`study_utils.data.rows.check_rows`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What rows of a format look like; retrieval has one shape for each thing that is looked for.

    Attributes
    ----------
    columns : tuple of str
        Columns of the rows, in this order, behind `id` and `language`, which all rows have.
    needed : tuple of str
        Fields that a declaration's `columns` must name.
    also : tuple of str
        Fields that it may name beside `id`.
    check : str
        Function of `study_utils.data.row_checks` that refuses bad rows; ids and languages have been checked before.
    metrics : tuple of str
        Metrics that a task can be judged by (`study_utils.metrics`).
    """

    columns: tuple[str, ...]
    needed: tuple[str, ...]
    also: tuple[str, ...] = ()
    check: str
    metrics: tuple[str, ...]

    @property
    def all_columns(self) -> tuple[str, ...]:
        """Columns of the rows with `id` and `language`."""
        return ("id", "language", *self.columns)

    @property
    def optional(self) -> tuple[str, ...]:
        """Fields that a declaration may name."""
        return tuple(name for name in ("id", *self.also) if name not in self.needed)


@dataclass(frozen=True, kw_only=True)
class Format:
    """A kind of task.

    Attributes
    ----------
    module : str
        Module in `study_utils.formats` with `encode` and `decode`, and `make_head` and `loss` where it is trained.
    shapes : mapping of str to Shape
        `Task.shape` to what the rows look like.
    tokens : int
        Tokens that a typical row costs, for times told before any run: all choices or windows together, both sides of
        a pair.
    """

    module: str
    shapes: Mapping[str, Shape]
    tokens: int

    @property
    def metrics(self) -> tuple[str, ...]:
        """Metrics of all its shapes."""
        return tuple(dict.fromkeys(name for shape in self.shapes.values() for name in shape.metrics))


_ANSWER_METRICS = tuple(
    f"{normaliser}{part}" for normaliser in ("squad", "mlqa", "multilingual") for part in ("", "_em", "_f1")
)

FORMATS: Mapping[str, Format] = {
    "classify": Format(
        module="classify",
        tokens=40,
        shapes={
            "classify": Shape(
                columns=("text", "text_pair", "label"),
                needed=("text", "label"),
                also=("text_pair",),
                check="check_classify",
                metrics=("accuracy", "macro_f1"),
            )
        },
    ),
    "regress": Format(
        module="regress",
        tokens=40,
        shapes={
            "regress": Shape(
                columns=("text", "text_pair", "label"),
                needed=("text", "label"),
                also=("text_pair",),
                check="check_regress",
                metrics=("spearman", "pearson"),
            )
        },
    ),
    "choose": Format(
        module="choose",
        tokens=160,
        shapes={
            # choices: a list of texts; label: the position of the right one
            "choose": Shape(
                columns=("text", "question", "choices", "label"),
                needed=("text", "choices", "label"),
                also=("question",),
                check="check_choose",
                metrics=("accuracy",),
            )
        },
    ),
    "tag": Format(
        module="tag",
        tokens=30,
        shapes={
            "tag": Shape(
                columns=("tokens", "tags"),
                needed=("tokens", "tags"),
                check="check_tag",
                metrics=("token_accuracy", "span_f1", "legacy_chunk_f1"),
            )
        },
    ),
    "answer": Format(
        module="answer",
        tokens=320,
        shapes={
            # answers: texts of the passage `text` that begin at the characters `starts`; none where there is no answer
            "answer": Shape(
                columns=("question", "text", "answers", "starts"),
                needed=("question", "text", "answers", "starts"),
                check="check_answer",
                metrics=_ANSWER_METRICS,
            )
        },
    ),
    "retrieve": Format(
        module="retrieve",
        tokens=40,
        shapes={
            "retrieve-neighbour": Shape(
                columns=("text", "translation"),
                needed=("text", "translation"),
                check="check_neighbour",
                metrics=("accuracy_from_english", "accuracy_to_english"),
            ),
            # side: "english" or "foreign"; match: id of the translation on the other side, or ""
            "retrieve-mine": Shape(
                columns=("side", "text", "match"),
                needed=("foreign_id", "english_id", "id", "text"),
                check="check_mine",
                metrics=("mining_f1", "mining_f1_oracle"),
            ),
            # side: "query" or "candidate"; targets: ids of a query's right candidates; context: passage of a candidate
            "retrieve-rank": Shape(
                columns=("side", "text", "context", "targets"),
                needed=("text",),
                also=(
                    *("passage", "starts", "paragraph", "sentence_starts", "sentence_ends"),
                    *("target", "candidate_id", "candidate_text"),
                ),
                check="check_rank",
                metrics=("map_at_20",),
            ),
        },
    ),
    "mask": Format(
        module="mask",
        tokens=40,
        shapes={"mask": Shape(columns=("text",), needed=("text",), check="check_mask", metrics=("masked_accuracy",))},
    ),
}

SHAPES: Mapping[str, Shape] = {key: shape for item in FORMATS.values() for key, shape in item.shapes.items()}
"""Every `Task.shape` to what its rows look like."""
