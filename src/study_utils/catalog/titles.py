"""Titles for readers: of a key in the catalogue, or of one that it does not have; and names of metrics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from study_utils.catalog.conditions import CONDITIONS, MLM, find_condition
from study_utils.catalog.encoders import ENCODERS
from study_utils.catalog.formats import FORMATS
from study_utils.catalog.tasks import TASKS

_WRITTEN = {
    **{"f1": "F1", "em": "EM", "map": "MAP", "squad": "SQuAD", "mlqa": "MLQA"},
    **{"english": "English", "spearman": "Spearman", "pearson": "Pearson"},
}


_LAYERS: dict[str, str] = {}
"""Retrieval target to the layer that the open study reads it at, in words."""


def at_most_five(names: Sequence[str]) -> str:
    """List up to five names; of more, the first five and how many there are besides."""
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def condition_order(keys: Iterable[str]) -> list[str]:
    """Conditions in the order of the catalogue, each before itself with text mixed in, unknown ones last."""
    known = {key: place for place, key in enumerate(CONDITIONS)}
    return sorted(set(keys), key=lambda key: (known.get(str(key).removesuffix(MLM), len(known)), str(key)))


def condition_title(key: str) -> str:
    """Title of a condition; its key if the catalogue has none."""
    found = find_condition(key)
    return str(key) if found is None else found.title


def beside_task(key: str, task: str) -> str:
    """Title of a condition where its task is named already: "alone" if they have the same title."""
    title = condition_title(key)
    return "alone" if title == rows_title(task) else title


def task_title(key: str) -> str:
    """Title of a task, of retrieval with the layer it is read at (`name_layers`); its key if the catalogue has none."""
    return f"{rows_title(key)} ({_LAYERS[key]})" if key in _LAYERS else rows_title(key)


def rows_title(key: str) -> str:
    """Title of a task where only its rows are meant, not what a model does with them."""
    return TASKS[key].title if key in TASKS else str(key)


def name_layers(words: Mapping[str, str]) -> None:
    """Say at which layer retrieval targets are read from here on, in place of what was said before.

    Parameters
    ----------
    words : mapping of str to str
        Task to words, such as "layer 8 of 12": those of the study that is open.
    """
    _LAYERS.clear()
    _LAYERS.update(words)


def encoder_title(key: str) -> str:
    """Title of an encoder; its last part for a folder or a hub id."""
    return ENCODERS[key].title if key in ENCODERS else str(key).rsplit("/", 1)[-1]


def metric_title(name: str) -> str:
    """Name of a metric as people write it: ``span_f1`` is span F1, ``squad`` the mean of its two measures."""
    written = " ".join(_WRITTEN.get(word, word) for word in name.split("_"))
    return f"{written} (mean of F1 and EM)" if f"{name}_em" in FORMATS["answer"].metrics else written


def metric_label(name: str) -> str:
    """Name of a metric with the unit that its scores are shown in: percent, or hundredths of a correlation."""
    unit = "\N{MULTIPLICATION SIGN} 100" if name in FORMATS["regress"].metrics else "in percent"
    return f"{metric_title(name)} {unit}"
