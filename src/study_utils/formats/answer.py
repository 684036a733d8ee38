"""Answer: the span of a passage that answers a question, or that there is none.

Windows, labels and the null score follow BERT's `run_squad.py`, which XTREME uses; departures are said where they are.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator

import numpy as np
import pandas as pd
import torch
from numpy.lib.stride_tricks import sliding_window_view
from torch import nn
from torch.nn import functional
from transformers import PreTrainedTokenizerFast

from study_utils.catalog import Task
from study_utils.formats.features import Features, chunks, offsets_of, special_ids, text_tokens
from study_utils.formats.heads import TokenHead

STRIDE = 128
"""Tokens from the beginning of one window of a long passage to that of the next (XTREME's doc_stride)."""

MOST_QUESTION = 64
"""Tokens that a question is cut to (BERT's max_query_length)."""

LONGEST = 30
"""Tokens of the longest answer (BERT's max_answer_length)."""


class SpanHead(TokenHead):
    """How well each token begins and ends an answer; padding can do neither."""

    def forward(self, hidden: torch.Tensor, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """Map hidden states (inputs, tokens, width) to outputs (inputs, tokens, 2)."""
        outputs = super().forward(hidden, batch)
        padding = ~batch["attention_mask"].bool()
        return outputs.masked_fill(padding.unsqueeze(-1), torch.finfo(outputs.dtype).min)


def encode(
    rows: pd.DataFrame,
    task: Task,
    tokenizer: PreTrainedTokenizerFast,
    max_length: int,
    *,
    windows: int | None = None,
    seed: int = 0,
) -> Features:
    """Tokenise question and passage as pairs; a long passage makes several overlapping windows.

    A window begins every `STRIDE` tokens of the passage, or every third of `max_length` if that is less; a question is
    cut to `MOST_QUESTION` tokens, or a third. Labels are the positions of the first and last token of the first answer
    in the input; both are 0, the first token, where the window doesn't hold the whole answer. `truncated` counts the
    rows with several windows.

    With `windows`, a row gives at most so many, those that hold its answer first and others drawn by `seed`: enough to
    train on where a passage is hundreds of windows long, but decoding needs all of them.
    """
    draw = np.random.default_rng(seed)
    before, between, after = special_ids(tokenizer, 2)
    stride = min(STRIDE, max_length // 3)
    questions, passages = (_tokenised(tokenizer, rows[name]) for name in ("question", "text"))
    ids, content, characters, labels, source, cut = [], [], [], [], [], 0
    nowhere = np.full((max_length, 2), -1, dtype=np.int32)
    for row, (question, text, answers, starts) in enumerate(_cells(rows, "question text answers starts")):
        asked = questions[question][0][: min(MOST_QUESTION, max_length // 3)]
        head = np.concatenate([before, asked, between])
        tokens, spans = passages[text]
        room = max_length - len(head) - len(after)
        gold = tokens_of(spans, starts[0], starts[0] + len(answers[0])) if len(answers) else None
        begins = window_begins(len(tokens), room, stride)
        cut += len(begins) > 1
        holds = [gold is not None and begin <= gold[0] and gold[1] < begin + room for begin in begins]
        for number in chosen_windows(holds, windows, draw):
            begin, inside = begins[number], holds[number]
            part = tokens[begin : begin + room]
            ids.append(np.concatenate([head, part, after]))
            kinds = [len(before), len(asked), len(between), len(part), len(after)]
            content.append(np.repeat([False, True, False, True, False], kinds))
            characters += [nowhere[: len(head)], spans[begin : begin + room], nowhere[: len(after)]]
            labels.append([len(head) + place - begin for place in gold] if inside else [0, 0])
            source.append(row)
    return Features(
        ids=np.concatenate(ids),
        offsets=offsets_of([len(tokens) for tokens in ids]),
        content=np.concatenate(content),
        source=np.asarray(source),
        labels=np.asarray(labels, dtype=np.int64),
        characters=np.concatenate(characters),
        truncated=cut,
    )


def window_begins(tokens: int, room: int, stride: int) -> range:
    """First token of each window of at most `room` tokens, so that every token is in one."""
    stride = min(stride, room)
    return range(0, max(0, tokens - room) + stride, stride)


def chosen_windows(holds: list[bool], most: int | None, draw: np.random.Generator) -> list[int]:
    """Numbers of the windows to take, in order: at most `most`, those that hold the answer before drawn others."""
    if most is None or len(holds) <= most:
        return list(range(len(holds)))
    order = draw.permutation(len(holds)).tolist()
    return sorted(sorted(order, key=lambda number: not holds[number])[:most])


def tokens_of(spans: np.ndarray, start: int, end: int) -> tuple[int, int] | None:
    """First and last token that hold a part of the characters from `start` to before `end`.

    Parameters
    ----------
    spans : numpy.ndarray, shape (tokens, 2)
        Characters of every token, in order.

    Returns
    -------
    tuple of int, or None
        None where no token holds any of them (characters that the tokenizer drops).
    """
    first = int(np.searchsorted(spans[:, 1], start, side="right"))
    last = int(np.searchsorted(spans[:, 0], end, side="left")) - 1
    return (first, last) if first <= last else None


def _tokenised(tokenizer: PreTrainedTokenizerFast, texts: pd.Series) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Token ids of every different text, and the characters of the text that each token covers."""
    unique = list(dict.fromkeys(texts))
    found = {}
    for rows in chunks(unique):
        encoded = text_tokens(tokenizer, unique[rows], return_offsets_mapping=True)
        for text, ids, spans in zip(unique[rows], encoded["input_ids"], encoded["offset_mapping"]):
            found[text] = (np.array(ids, dtype=np.int64), np.array(spans, dtype=np.int32).reshape(-1, 2))
    return found


def make_head(task: Task, width: int, dropout: float, pooling: str) -> nn.Module:
    """Two outputs for every token: whether the answer begins there, and whether it ends there."""
    return SpanHead(width, 2, dropout)


def loss(outputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Mean of the cross entropy of the first and of the last token, over the tokens of each input."""
    return functional.cross_entropy(outputs.float(), labels)


def best_span(values: np.ndarray) -> tuple[float, int, int]:
    """Span of at most `LONGEST` tokens with the highest sum of start and end output (the first of equals).

    All spans are compared, where BERT looks at pairs of the twenty best starts and ends.

    Parameters
    ----------
    values : numpy.ndarray, shape (tokens, 2)
        Start and end output of every token of the passage in a window.

    Returns
    -------
    score : float
    first, last : int
    """
    ends = np.concatenate([values[:, 1], np.full(LONGEST - 1, -np.inf, dtype=values.dtype)])
    scores = values[:, :1] + sliding_window_view(ends, LONGEST)
    first, more = divmod(int(scores.argmax()), LONGEST)
    return float(scores[first, more]), first, first + more


def decode(outputs: list[np.ndarray], features: Features, rows: pd.DataFrame, task: Task) -> pd.DataFrame:
    """Text of the best span over all windows of a row; one row an example and measure.

    A span that lies in several windows counts with its best score. Where the task has questions without answer, the
    prediction is empty if the null score, that of the first token as start and end in the window where it is lowest, is
    above the best span's. Gold is a JSON list of the answers.
    """
    from study_utils.metrics.answers import answer_scores

    best: list[tuple[float, int, int]] = [(-np.inf, 0, 0)] * len(rows)
    null = np.full(len(rows), np.inf)
    for number, values in enumerate(outputs):
        row, begin = features.source[number], features.offsets[number]
        null[row] = min(null[row], float(values[0].sum()))
        spans = features.characters[begin : begin + len(values)]
        passage = np.flatnonzero(spans[:, 0] >= 0)
        if len(passage):
            score, first, last = best_span(values[passage])
            best[row] = max(best[row], (score, spans[passage[first], 0], spans[passage[last], 1]), key=lambda b: b[0])
    found = []
    for row, (key, language, text, answers) in enumerate(_cells(rows, "id language text answers")):
        score, first, last = best[row]
        is_empty = task.unanswerable and null[row] > score
        prediction = "" if is_empty else text[first : whole_characters(text, last)].strip()
        gold = json.dumps(list(answers), ensure_ascii=False)
        found += [
            (language, key, measure, gold, prediction, value, 1.0)
            for measure, value in answer_scores(prediction, list(answers), language).items()
        ]
    return pd.DataFrame(found, columns=["language", "example_id", "measure", "gold", "prediction", "correct", "total"])


def whole_characters(text: str, end: int) -> int:
    """Move an end over the combining marks that follow it: tokenizers that compose them count them out."""
    while 0 < end < len(text) and unicodedata.category(text[end]).startswith("M"):
        end += 1
    return end


def _cells(rows: pd.DataFrame, names: str) -> Iterator[tuple]:
    return zip(*(rows[name] for name in names.split()))
