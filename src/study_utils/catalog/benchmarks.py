"""Which tasks and languages the averages of the published benchmarks are over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from study_utils.errors import CatalogError, unknown


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """A published average over tasks.

    Attributes
    ----------
    key, title : str
        Key in code; title of the benchmark.
    tasks : mapping of str to tuple of str
        Task key to the languages that the benchmark scores, English among them where it does. All tasks weigh the
        same in the average, and all languages in a task.
    source : str
        Where the lists come from.
    metrics : mapping of str to str
        Task key to the metric that the average is over, where it isn't the task's primary one.
    """

    key: str
    title: str
    tasks: Mapping[str, tuple[str, ...]]
    source: str
    metrics: Mapping[str, str] = field(default_factory=dict)

    @property
    def cells(self) -> tuple[tuple[str, str], ...]:
        """Every (task, language) that is scored."""
        return tuple((task, language) for task, languages in self.tasks.items() for language in languages)


def _without(languages: str, left_out: str) -> tuple[str, ...]:
    return tuple(code for code in languages.split() if code not in left_out.split())


_UDPOS = (
    "af ar bg de el en es et eu fa fi fr he hi hu id it ja kk ko lt mr nl pl pt ro ru ta te th tl tr uk ur vi wo yo zh"
)
_PANX = (
    "af ar az bg bn de el en es et eu fa fi fr gu he hi hu id it ja jv ka kk ko lt ml mr ms my nl pa pl pt qu ro ru sw "
    "ta te th tl tr uk ur vi yo zh"
)
_TATOEBA = (
    "af ar az bg bn de el es et eu fa fi fr he hi hu id it ja jv ka kk ko lt ml mr nl pl pt ro ru sw ta te th tl tr uk "
    "ur vi zh"
)
_XQUAD = "ar de el en es hi ro ru th tr vi zh"
_METRICS = {"udpos": "legacy_chunk_f1"}
_SAME_IN_BOTH = {
    "xnli": tuple("ar bg de el en es fr hi ru sw th tr ur vi zh".split()),
    "mlqa": tuple("ar de en es hi vi zh".split()),
    "tydiqa": tuple("ar bn en fi id ko ru sw te".split()),
}

_ALL = (
    Benchmark(
        key="xtreme",
        title="XTREME",
        tasks={
            **_SAME_IN_BOTH,
            "pawsx": tuple("de en es fr ja ko zh".split()),
            "udpos": _without(_UDPOS, "lt pl ro uk wo"),
            "panx": _without(_PANX, "az gu lt pa pl qu ro uk"),
            "xquad": _without(_XQUAD, "ro"),
            "tatoeba": _without(_TATOEBA, "az lt pl ro uk"),
            "bucc": tuple("de fr ru zh".split()),
        },
        source="arXiv 2003.11080: nine tasks, 40 languages; google-research/xtreme, evaluate.py",
        metrics=_METRICS,
    ),
    Benchmark(
        key="xtreme_r",
        title="XTREME-R",
        tasks={
            **_SAME_IN_BOTH,
            "xcopa": tuple("et ht id it qu sw ta th tr vi zh".split()),
            "udpos": tuple(_UDPOS.split()),
            "panx": tuple(_PANX.split()),
            "xquad": tuple(_XQUAD.split()),
            "tatoeba": tuple(_TATOEBA.split()),
            "mewslix": tuple("ar de en es fa ja pl ro ta tr uk".split()),
            "lareqa": tuple("ar de el en es hi ru th tr vi zh".split()),
        },
        source=(
            "arXiv 2104.07412: ten tasks, 50 languages; google-research/xtreme, evaluate.py "
            "(its list for lareqa is empty: here the languages of the data)"
        ),
        metrics=_METRICS,
    ),
)
BENCHMARKS = {item.key: item for item in _ALL}


def benchmark(key: str) -> Benchmark:
    """Look a benchmark up by its key.

    Raises
    ------
    CatalogError
        If the key is unknown, with the nearest keys.
    """
    if key not in BENCHMARKS:
        raise CatalogError(unknown("benchmark", key, BENCHMARKS))
    return BENCHMARKS[key]
