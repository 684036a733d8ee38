"""Small frames of rows in every format, with an answer that can be learnt, and a task for them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from study_utils.catalog.retrieval import Retrieval
from study_utils.catalog.schema import StarterRows, Task


def toy_task(format: str, metric: str, **fields) -> Task:
    """A task of a format, or of a shape of retrieval; where its rows come from has no meaning."""
    rows = StarterRows(recipe="none", split="test", languages=("en",))
    format, _, search = format.partition("-")
    fields = {"retrieval": Retrieval(search=search), **fields} if search else fields
    return Task(key="toy", title="Toy", format=format, metric=metric, test=rows, licence="l", citation="c", **fields)


def classify_rows(n: int, *, language: str = "en", seed: int = 0) -> pd.DataFrame:
    """Sentiment rows whose label can be read off one word."""
    rng = np.random.default_rng(seed)
    positive = rng.random(n) < 0.5
    words = np.where(positive, "good", "bad")
    fill = ["the cat", "a dog sleeps here", "one two three four five", "it is"]
    text = [f"{fill[i]} {w} {fill[j]}" for w, i, j in zip(words, rng.integers(4, size=n), rng.integers(4, size=n))]
    return pd.DataFrame(
        {
            "id": [str(i) for i in range(n)],
            "language": language,
            "text": text,
            "text_pair": "",
            "label": np.where(positive, "positive", "negative"),
        }
    )


def regress_rows(n: int, *, seed: int = 0) -> pd.DataFrame:
    """Similarity rows between 0 and 5."""
    rows = classify_rows(n, seed=seed)
    rng = np.random.default_rng(seed + 1)
    return rows.assign(text_pair=rows["text"].sample(frac=1, random_state=seed).to_numpy(), label=rng.uniform(0, 5, n))


def tag_rows(n: int, *, language: str = "en", seed: int = 0, longest: int = 9) -> pd.DataFrame:
    """Sentences whose words carry part-of-speech tags of their own."""
    rng = np.random.default_rng(seed)
    lexicon = {
        "cat": "NOUN",
        "dog": "NOUN",
        "the": "DET",
        "a": "DET",
        "sleeps": "VERB",
        "here": "ADV",
        "5": "NUM",
    }
    words = list(lexicon)
    tokens = [[words[i] for i in rng.integers(len(words), size=rng.integers(1, longest + 1))] for _ in range(n)]
    return pd.DataFrame(
        {
            "id": [str(i) for i in range(n)],
            "language": language,
            "tokens": tokens,
            "tags": [[lexicon[w] for w in sentence] for sentence in tokens],
        }
    )


def choose_rows(n: int, *, language: str = "en", seed: int = 0) -> pd.DataFrame:
    """Two to four choices, of which one is good."""
    rng = np.random.default_rng(seed)
    words = np.array(["cat", "dog", "house", "light", "movie"])
    rows = []
    for number in range(n):
        drawn = rng.permutation(words)[: rng.integers(2, 5)]
        label = int(rng.integers(len(drawn)))
        choices = [f"a {'good' if place == label else 'bad'} {word}" for place, word in enumerate(drawn)]
        rows.append((str(number), language, f"the {rng.choice(words)} is here", "what is it?", choices, label))
    return pd.DataFrame(rows, columns=["id", "language", "text", "question", "choices", "label"])


def answer_rows(n: int, *, language: str = "en", seed: int = 0, longest: int = 12) -> pd.DataFrame:
    """Passages with one adjective, which is the answer."""
    rng = np.random.default_rng(seed)
    words = np.array(["cat", "dog", "house", "light", "movie"])
    rows = []
    for number in range(n):
        drawn = list(rng.choice(words, rng.integers(1, longest)))
        place, answer = int(rng.integers(len(drawn) + 1)), str(rng.choice(["good", "bad"]))
        text = " ".join([*drawn[:place], answer, *drawn[place:]])
        rows.append((str(number), language, "what is it?", text, [answer], [text.index(answer)]))
    return pd.DataFrame(rows, columns=["id", "language", "question", "text", "answers", "starts"])


def text_rows(n: int, *, languages: tuple[str, ...] = ("en", "de"), seed: int = 0) -> pd.DataFrame:
    """Plain sentences of few words, in which each word follows from those around it."""
    rng = np.random.default_rng(seed)
    sentences = {
        "en": ["turn on the light in the kitchen", "the film is good and the movie is not bad", "what is the house"],
        "de": ["das Licht ist nicht an", "die Licht und der film", "ist das nicht der film"],
    }
    codes = [languages[i % len(languages)] for i in range(n)]
    return pd.DataFrame(
        {
            "id": [str(i) for i in range(n)],
            "language": codes,
            "text": [sentences[code][rng.integers(3)] for code in codes],
        }
    )
