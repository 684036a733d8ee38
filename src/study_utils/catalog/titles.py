"""Titles for readers: of a key in the catalogue, or of one that it does not have; and names of metrics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from study_utils.catalog.conditions import CONDITIONS, MLM, Condition, find_condition
from study_utils.catalog.encoders import ENCODERS
from study_utils.catalog.formats import FORMATS
from study_utils.catalog.languages import LANGUAGES
from study_utils.catalog.tasks import TASKS, source_language

_WRITTEN = {
    **{"f1": "F1", "em": "EM", "map": "MAP", "squad": "SQuAD", "mlqa": "MLQA"},
    **{"english": "English", "spearman": "Spearman", "pearson": "Pearson"},
}


_LAYERS: dict[str, str] = {}
"""Retrieval target to the layer that the open study reads it at, in words."""


_TARGETS: list[str] = []
"""Targets of the open study."""


def at_most_five(names: Sequence[str]) -> str:
    """List up to five names; of more, the first five and how many there are besides."""
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def condition_order(keys: Iterable[str]) -> list[str]:
    """Conditions in the order of the catalogue, each before itself with text mixed in, unknown ones last."""
    known = {key: place for place, key in enumerate(CONDITIONS)}
    return sorted(set(keys), key=lambda key: (known.get(str(key).removesuffix(MLM), len(known)), str(key)))


def condition_title(key: str) -> str:
    """Title of a condition in the open study (`name_sources`); its key if the catalogue has none."""
    found = find_condition(key)
    return str(key) if found is None else _in_source(found, found.title)


def condition_reason(item: Condition) -> str:
    """What a condition is there to show in the open study (`name_sources`)."""
    return _in_source(item, item.reason)


def _in_source(item: Condition, text: str) -> str:
    """Name the source language where a text calls it English: that of a condition which only fine-tunes."""
    codes = source_languages(())
    if item.stages or codes == ["en"]:
        return text
    named = text.replace("English", LANGUAGES[codes[0]].name if len(codes) == 1 else "source-language")
    return named[:1].upper() + named[1:]


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


def source_languages(tasks: Iterable[str]) -> list[str]:
    """Languages that targets are trained in, by name; of none, those of the open study (`name_sources`).

    Targets without training count only where no other is there.
    """
    keys = list(dict.fromkeys(tasks)) or _TARGETS
    trained = [key for key in keys if key in TASKS and TASKS[key].is_trained] or keys
    return sorted({source_language(key) for key in trained} or {"en"}, key=lambda code: LANGUAGES[code].name)


def source_names(tasks: Iterable[str]) -> str:
    """Names of what targets are trained in: ``English``, or ``English, German``."""
    return ", ".join(LANGUAGES[code].name for code in source_languages(tasks))


def source_name(tasks: Iterable[str], *, adjective: bool = False) -> str:
    """Name what targets are trained in, in a sentence: ``German``, or ``the source language (English, German)``.

    Parameters
    ----------
    tasks : iterable of str
        Keys of targets.
    adjective : bool
        As what stands before a noun: ``source-language (English, German)`` where there are several.
    """
    codes = source_languages(tasks)
    if len(codes) == 1:
        return LANGUAGES[codes[0]].name
    return f"{'source-language' if adjective else 'the source language'} ({source_names(tasks)})"


def name_layers(words: Mapping[str, str]) -> None:
    """Say at which layer retrieval targets are read from here on, in place of what was said before.

    Parameters
    ----------
    words : mapping of str to str
        Task to words, such as "layer 8 of 12": those of the study that is open.
    """
    _LAYERS.clear()
    _LAYERS.update(words)


def name_sources(targets: Iterable[str]) -> None:
    """Say which targets are trained from here on: texts of conditions that fine-tune name their source language.

    Parameters
    ----------
    targets : iterable of str
        Those of the study that is open; of none, English is named.
    """
    _TARGETS[:] = targets


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
