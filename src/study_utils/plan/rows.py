"""Laying out the rows that a study reads: which of which task, from where, how many."""

from __future__ import annotations

from collections.abc import Mapping

from study_utils.catalog import TASKS, Stage, StarterRows, Task
from study_utils.catalog.conditions import ONE_BY_ONE
from study_utils.catalog.schema import Rows, row_languages
from study_utils.data.choice import choose
from study_utils.data.sources import hub_digest, source_digest
from study_utils.errors import DataError, MissingRowsError
from study_utils.params import StudyParams, TrainingParams
from study_utils.plan.declared import declaration, shape_of, with_held_out
from study_utils.plan.runs import STAGES, VERSIONS, PartialSet, Run

Parts = dict[str, tuple[tuple[str, tuple[str, ...]], ...]]
"""Role to the rows it is made of: (field of the task, languages)."""

Shares = dict[str, tuple[float, bool]]
"""Role to a share of the training rows, and whether it is all but it."""


class RowRuns:
    """Makes the data runs of a study.

    Where rows can't be reached and that is allowed, `absent` says so; where a language is read from some of its configs
    (`partial_sets`), `partial` does.
    """

    def __init__(self, params: StudyParams, *, absent_ok: bool = False) -> None:
        self.params = params
        self.absent_ok = absent_ok
        self.absent: dict[str, None] = {}
        self.partial: dict[PartialSet, None] = {}
        self.mirror = params.mirrors
        if gone := [str(folder) for folder in self.mirror if not folder.is_dir()]:
            reason = f"mirror: there is no folder {gone[0]}; name one that is there, or leave it out"
            if not absent_ok:
                raise DataError(reason)
            self.absent[reason] = None
        self._scored: dict[str, Run] = {}

    def training_data(self, task: Task, settings: TrainingParams, seed: int) -> Run:
        """Lay out rows that train and that select, in the task's training language."""
        roles = {"train": settings.examples, "validation": settings.validation_examples}
        name, languages = f"data-{task.key}-train", (task.training_language,)
        return self.data(name, task, roles, languages, _shares(settings), seed, whole=settings.held_out == "train")

    def test_data(self, task: Task) -> Run:
        """Lay out rows that are scored; every condition and seed reads the same."""
        if task.key not in self._scored:
            caps, languages = {"test": self.params.test_examples(task.key)}, self.params.task_languages(task.key)
            self._scored[task.key] = self.data(f"data-{task.key}-test", task, caps, languages)
        return self._scored[task.key]

    def other_data(self, task: Task, regime: str, languages: tuple[str, ...], seed: int) -> Run:
        """Lay out rows of a target that train in other languages than the source."""
        settings, alone = self.params.target_settings(task.key), regime in ONE_BY_ONE
        name = f"data-{task.key}-{regime}-{languages[0]}" if alone else f"data-{task.key}-multilingual"
        most = settings.few_shot if regime == "few_shot" else settings.examples
        caps = {"train": most, "validation": settings.validation_examples}
        return self.data_of(
            name,
            task,
            self.parts(task, regime, languages),
            caps,
            regime if alone else "multilingual",
            _shares(settings),
            seed,
            whole=settings.held_out == "train",
        )

    def text_data(self, stage: Stage, seed: int) -> Run:
        """Lay out the text that is mixed into a stage; its English rows select."""
        settings = self.params.intermediate
        item, most = TASKS[settings.mlm_text], settings.mlm_examples or _counts_for(stage, settings.examples)
        parts = {
            "train": (("train", self.params.text_languages()),),
            "validation": (("validation", (item.training_language,)),),
        }
        caps = {"train": most, "validation": settings.validation_examples}
        name = f"data-{item.key}-multilingual"
        return self.data_of(name, item, parts, caps, "multilingual", _shares(settings), seed)

    def data(
        self,
        name: str,
        task: Task,
        roles: dict[str, int | None],
        languages: tuple[str, ...],
        shares: Shares | None = None,
        seed: int | None = None,
        *,
        whole: bool = False,
    ) -> Run:
        """Lay out rows of one source for each role; `whole`: held-out rows train too."""
        task, whole = _whole(task) if whole else (task, False)
        sources = {role: "train" if role in (shares or ()) else role for role in roles}
        declared = {
            role: declaration(self.rows(task, source, languages), languages) for role, source in sources.items()
        }
        drawn = self.drawn(task, seed) if any(roles.values()) else {}
        what = ({"shares": shares} if shares else {}) | drawn
        return Run(
            kind="data",
            stage=STAGES[0],
            name=_seeded(name, drawn),
            identity={
                "version": VERSIONS["data"],
                "task": {**shape_of(task), "rows": declared},
                "sources": {role: self.source(task, source, languages) for role, source in sources.items()},
                "caps": roles,
                "languages": languages,
                **what,
                **_placing(task),
            },
            work={
                "task": task.key,
                "roles": roles,
                "languages": languages,
                "regime": "english",
                "parts": {role: ((source, languages),) for role, source in sources.items()},
                **({"whole": True} if whole else {}),
                **what,
            },
        )

    def data_of(
        self,
        name: str,
        task: Task,
        parts: Parts,
        caps: dict[str, int | None],
        regime: str,
        shares: dict,
        seed: int,
        *,
        whole: bool = False,
    ) -> Run:
        """Lay out rows that are made of several parts; `whole`: held-out rows train too."""
        task, whole = _whole(task) if whole else (task, False)
        pieces = [(f"{role} {source}", source, codes) for role, part in parts.items() for source, codes in part]
        pooled = regime not in ONE_BY_ONE
        drawn = self.drawn(task, seed) if pooled or any(caps.values()) else {}
        what = {"parts": parts, "pooled": pooled} | ({"shares": shares} if shares else {}) | drawn
        declared = {piece: declaration(self.rows(task, source, codes), codes) for piece, source, codes in pieces}
        return Run(
            kind="data",
            stage=STAGES[0],
            name=_seeded(name, drawn),
            identity={
                "version": VERSIONS["data"],
                "task": {**shape_of(task), "rows": declared},
                "sources": {name: self.source(task, source, codes) for name, source, codes in pieces},
                "caps": caps,
                **what,
                **_placing(task),
            },
            work={
                "task": task.key,
                "roles": caps,
                "languages": tuple(code for _, codes in parts["train"] for code in codes),
                "regime": regime,
                **({"whole": True} if whole else {}),
                **what,
            },
        )

    def drawn(self, task: Task, seed: int | None) -> dict:
        """Say how fewer rows than there are will be drawn; in ids only where some are. Without a seed: for all."""
        sampling = self.params.sampling
        by_label = {"by_label": True} if sampling.by_label and task.format in ("classify", "choose") else {}
        return by_label | ({"draw": seed} if sampling.per_seed and seed is not None else {})

    def parts(self, task: Task, regime: str, languages: tuple[str, ...]) -> Parts:
        """Rows that train and that select under a regime that trains in other languages than the source."""
        source, alone = (task.training_language,), regime in ONE_BY_ONE
        selects, own = ("validation", source), regime == "in_language"
        if "validation" in _shares(self.params.target_settings(task.key)):
            selects = ("train_in", languages) if own else ("train", source)
        elif own and task.validation_in and languages[0] in row_languages(task.validation_in):
            selects = ("validation_in", languages)
        first = () if alone else (("train", source),)
        return {"train": (*first, ("train_in", languages)), "validation": (selects,)}

    def is_there(self, parts: Parts, task: Task) -> bool:
        """Whether the rows are in some source; without those of the source the baseline is an error already."""
        try:
            for role, languages in (piece for part in parts.values() for piece in part):
                self.digest(task, role, languages)
        except MissingRowsError:
            return False
        return True

    def rows(self, task: Task, role: str, languages: tuple[str, ...]) -> Rows:
        """Give what is declared, of languages that may lack configs only those that are there; notes what is not."""
        if not self.params.partial_sets:
            return getattr(task, role)
        try:
            found = choose(
                task, role, languages=languages, mirror=self.mirror, sources=self.params.sources, partial=True
            )
        except MissingRowsError:
            return getattr(task, role)
        for code, names in found.absent.items():
            used = found.rows.configs_of(code)
            self.partial[PartialSet(task=task.key, role=role, language=code, used=used, absent=names)] = None
        return found.rows

    def source(self, task: Task, role: str, languages: tuple[str, ...]) -> dict:
        """Say what rows will be read; where they can't be reached and that is allowed, those of the hub."""
        try:
            return self.digest(task, role, languages)
        except MissingRowsError as error:
            if not self.absent_ok:
                raise
            self.absent[str(error)] = None
            return hub_digest(getattr(task, role))

    def digest(self, task: Task, role: str, languages: tuple[str, ...]) -> dict:
        """Say what rows will be read."""
        partial = {"partial": True} if self.params.partial_sets else {}
        return source_digest(
            task, role, languages=languages, mirror=self.mirror, sources=self.params.sources, **partial
        )


def _seeded(name: str, drawn: Mapping[str, object]) -> str:
    return f"{name}-s{drawn['draw']}" if "draw" in drawn else name


def _whole(task: Task) -> tuple[Task, bool]:
    """Give a task with the rows that are held out of its training rows, and whether there are any."""
    whole = with_held_out(task)
    return whole, whole != task


def _placing(task: Task) -> dict:
    """Which rule finds answers in their passages; only published ones are looked for."""
    found = task.format == "answer" and not isinstance(task.train or task.test, StarterRows)
    return {"answers": VERSIONS["answers"]} if found else {}


def _shares(settings: TrainingParams) -> Shares:
    """Role to the share of the training rows and whether it takes the rest; empty where all of them train."""
    if settings.train_share is None:
        return {}
    shares = {"train": (settings.train_share, False)}
    return shares | ({"validation": (settings.train_share, True)} if settings.rest == "select" else {})


def _counts_for(stage: Stage, examples: int | None) -> int | None:
    """Examples that the largest task of a stage counts for, as far as limits and declarations say; None: not known."""
    counts = []
    for key in stage.tasks:
        declared = getattr(TASKS[key].train, "expected", {}).get(TASKS[key].training_language)
        limits = [number for number in (declared, examples, stage.cap) if number is not None]
        counts.append(min(limits, default=None))
    return None if None in counts else max(counts, default=examples)
