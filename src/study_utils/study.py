"""A study opened: its parameters, its plan, its store, and the frames that notebooks read from it.

Every notebook begins with `open_study` and reads nothing but what the study's runs left in the store.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from study_utils.analysis.planning.outlook import Outlook
from study_utils.analysis.questions.divergence.sets import EmbeddedRows
from study_utils.analysis.results.cells import Blocks
from study_utils.analysis.results.macro_average import macro_average
from study_utils.budgets import require_equal, shortfalls, training_sizes
from study_utils.catalog import condition, language_table
from study_utils.catalog.titles import condition_reason, condition_title, name_layers, name_sources, regime_name
from study_utils.errors import StoreError
from study_utils.estimate import expected_seconds
from study_utils.outcomes.embeddings import read_embeddings
from study_utils.outcomes.epochs import read_epochs
from study_utils.outcomes.layers import read_layers
from study_utils.outcomes.scores import read_examples, read_perturbed, read_predictions, read_scores
from study_utils.outcomes.training import training_frames
from study_utils.params import StudyParams, describe_defaults, describe_params, load_params
from study_utils.paths import project_root, study_file
from study_utils.plan import Plan, canonical_sha256, make_plan
from study_utils.plan.retrieval import layer_words
from study_utils.report_names import changed_choices, report_name
from study_utils.sizing import outlook
from study_utils.store import Store


@dataclass(frozen=True, kw_only=True)
class Study:
    """A study opened for reading and for work.

    Attributes
    ----------
    name : str
        Name of its report folder, see `report_name`.
    source : pathlib.Path
        Its parameter file.
    changes : mapping of str to object
        What `--set` changed, so that a worker process can open the same study.
    params, plan, store
        What is asked for, the runs it takes, what has been done.
    report : pathlib.Path
        Folder of its executed notebooks, figures and tables.
    """

    name: str
    source: Path
    changes: Mapping[str, object]
    params: StudyParams
    plan: Plan
    store: Store
    report: Path

    @property
    def chosen(self) -> dict[str, object]:
        """What of `changes` can change a result."""
        return changed_choices(self.changes)

    def parameters(self) -> pd.DataFrame:
        """Choices of the study as a table of texts: `field`, `value` and `default` (empty where there is none)."""
        defaults = describe_defaults(self.params)
        rows = [(field, value, defaults.get(field, "")) for field, value in describe_params(self.params)]
        return pd.DataFrame(rows, columns=["field", "value", "default"])

    def runs(self, stage: str | None = None) -> pd.DataFrame:
        """Plan as a table.

        Returns
        -------
        pandas.DataFrame
            One row a run: `stage`, `run` (id), `status` (done, stale, missing) and `seconds` (as measured if done,
            else expected).
        """
        expected = self._expected
        rows = []
        for run in self.plan.runs.values() if stage is None else self.plan.of_stage(stage):
            seconds = expected.get(run.id)
            status = self.store.status(run.id)
            if seconds is None:
                seconds = self.store.manifest(run.id)["seconds"]
            rows.append({"stage": run.stage, "run": run.id, "status": status, "seconds": seconds})
        return pd.DataFrame(rows, columns=["stage", "run", "status", "seconds"])

    @property
    def _expected(self) -> dict[str, float]:
        return expected_seconds(self.plan, self.store, self.params.computing)

    def rows(self, task: str, role: str) -> pd.DataFrame:
        """Rows of a task as the study uses them: checked and capped, each row once though several runs use it.

        Parameters
        ----------
        task : str
            Key of a target or intermediate task of the study.
        role : {"train", "validation", "test"}
            Which rows.

        Raises
        ------
        StoreError
            If the study has no such rows or they have not been prepared.
        """
        from study_utils.data.rows import read_rows

        runs = [run for key, name, run in self.data_runs() if (key, name) == (task, role)]
        if not runs:
            raise StoreError(f"study {self.name!r} uses no {role} rows of task {task!r}")
        frames = [read_rows(self.store.verified(run) / f"{role}.parquet") for run in runs]
        if len(frames) == 1:
            return frames[0]
        together = pd.concat(frames, ignore_index=True)
        return together.drop_duplicates(["language", "id"], ignore_index=True)

    def data_runs(self) -> list[tuple[str, str, str]]:
        """List (task, role, run id) of every set of rows in the study."""
        return [
            (str(run.work["task"]), role, run.id)
            for run in self.plan.runs.values()
            if run.kind == "data"
            for role in run.work["roles"]
        ]

    def prepared(self) -> dict[tuple[str, str], pd.DataFrame]:
        """Every set of rows in the study by (task, role)."""
        names = dict.fromkeys((task, role) for task, role, _ in self.data_runs())
        return {(task, role): self.rows(task, role) for task, role in names}

    def data_facts(self) -> pd.DataFrame:
        """What was found while rows were prepared.

        Returns
        -------
        pandas.DataFrame
            One row a task, role and regime: `task`, `role`, `regime` (whose training rows they are), `languages`,
            `rows`, `dropped` (without a gold label), `source`, `fingerprint` (first 12 digits; of several runs, of
            their fingerprints together). Where each seed draws its own rows, those of the first seed.
        """
        facts = []
        for task, role, run in self.data_runs():
            if self.plan.runs[run].work.get("draw", self.params.seeds[0]) != self.params.seeds[0]:
                continue
            manifest = self.store.manifest(run)
            facts.append(
                {
                    "task": task,
                    "role": role,
                    "regime": regime_name(self.plan.runs[run].work["regime"], [task]),
                    "languages": sum(len(codes) for _, codes in self.plan.runs[run].work["parts"][role]),
                    "rows": manifest["rows"][role],
                    "dropped": manifest["dropped"][role],
                    "moved": manifest.get("moved", {}).get(role, 0),
                    "source": manifest["sources"][role],
                    "fingerprint": manifest["fingerprints"][role],
                }
            )
        grouped = pd.DataFrame(facts).groupby(["task", "role", "regime"], sort=False)
        sums = {name: (name, "sum") for name in ("languages", "rows", "dropped", "moved")}
        first = {"source": ("source", "first"), "fingerprint": ("fingerprint", _one_digest)}
        return grouped.agg(**sums, **first).reset_index()

    def shortfalls(self) -> pd.DataFrame:
        """Training rows that are fewer than asked for; columns as `study_utils.budgets.shortfalls`."""
        return shortfalls(self.plan, self.store, self.params)

    def training_sizes(self) -> pd.DataFrame:
        """Rows behind each scored model; columns as `study_utils.budgets.training_sizes`."""
        return training_sizes(self.plan, self.store)

    def outlook(self, **options) -> Outlook:
        """Smallest gains that the study can detect, and larger studies; options as of `study_utils.sizing.outlook`."""
        return outlook(self.plan, self.store, self.params, name=self.source.stem, root=project_root(), **options)

    def omissions(self) -> pd.DataFrame:
        """What the results table leaves out: `condition`, `task`, `languages` and `reason`, one row each."""
        rows = [(o.condition, o.task, " ".join(o.languages), o.reason) for o in self.plan.omissions]
        return pd.DataFrame(rows, columns=["condition", "task", "languages", "reason"])

    def partial(self) -> pd.DataFrame:
        """Rows that are read in part (`partial_sets`).

        Returns
        -------
        pandas.DataFrame
            One row a task, role and language: `task`, `role`, `language`, `used` and `absent` (names of configs).
        """
        rows = [(p.task, p.role, p.language, " ".join(p.used), " ".join(p.absent)) for p in self.plan.partial]
        return pd.DataFrame(rows, columns=["task", "role", "language", "used", "absent"])

    def coverage(self) -> pd.DataFrame:
        """Which language is scored on which target.

        Returns
        -------
        pandas.DataFrame
            One row a target and language: `task`, `language`, `name`, `family`, `branch`, `is_isolate`, `examples`.
        """
        frames = []
        for key in self.params.targets:
            counts = self.rows(key, "test").groupby("language", sort=False).size()
            frames.append(pd.DataFrame({"task": key, "language": counts.index, "examples": counts.to_numpy()}))
        table = language_table()[["code", "name", "family", "branch", "is_isolate"]].reset_index(drop=True)
        table["is_isolate"] = table["is_isolate"] == "True"
        return pd.concat(frames).merge(table.rename(columns={"code": "language"}), on="language")

    def examples(self, per_task: int = 4) -> pd.DataFrame:
        """First test row of every target in a few languages, spread over its list, as texts."""
        picked = []
        for key in self.params.targets:
            first = self.rows(key, "test").groupby("language", sort=False).head(1)
            step = max(1, len(first) // per_task)
            for row in first.iloc[::step].head(per_task).to_dict("records"):
                text = row["text"] if "text" in row else " ".join(row["tokens"])
                gold = " ".join([*row.get("tags", []), *row.get("answers", [])[:1]])
                own = {"text_pair": row.get("text_pair") or "", "gold": row.get("label", row.get("translation", gold))}
                picked.append({"task": key, "language": row["language"], "text": text, **own})
        return pd.DataFrame(picked)

    def retrieval(self) -> pd.DataFrame:
        """How retrieval targets are read.

        Returns
        -------
        pandas.DataFrame
            One row a retrieval target: `task`, `layer` (in words), `rule` (what was asked for), `pooling`,
            `special_tokens` (whether they count in a mean), `query_length` and `candidate_length` (tokens).
        """
        words = layer_words(self.params)
        fields = ("pooling", "special_tokens", "query_length", "candidate_length")
        rows = [
            {"task": key, "layer": words[key], "rule": asked.layer, **{name: getattr(asked, name) for name in fields}}
            for key in self.params.targets
            if (asked := self.params.retrieval(key))
        ]
        return pd.DataFrame(rows, columns=["task", "layer", "rule", *fields])

    def conditions(self) -> pd.DataFrame:
        """Conditions of the study: `condition`, `title`, `tasks` (in order), `regime` (of the target), `reason`."""
        return pd.DataFrame(
            {
                "condition": c.key,
                "title": condition_title(c.key),
                "tasks": ", ".join(c.tasks),
                "regime": regime_name(c.regime, self.params.targets),
                "reason": condition_reason(c),
            }
            for c in map(condition, self.params.conditions)
        )

    def source_conditions(self) -> list[str]:
        """Keys of the conditions that fine-tune in the source language."""
        return [key for key in self.params.conditions if condition(key).regime == "english"]

    def losses(self, stage: str) -> pd.DataFrame:
        """Training history of a stage.

        Returns
        -------
        pandas.DataFrame
            One row a logged step: `encoder`, `condition`, `target` (empty in the intermediate stage), `language` (of
            a run for one language; else empty), `selected_in` (language of the validation rows), `seed`, `run`, and
            what training wrote (`step`, `task`, `loss`, `learning_rate`, ...).
        """
        return training_frames(self.plan, self.store, stage, "history.parquet")

    def validation(self, stage: str) -> pd.DataFrame:
        """Validation scores of a stage: one row a run, epoch (0: the mean), task and metric, marked where `chosen`."""
        return training_frames(self.plan, self.store, stage, "validation.parquet")

    def macro_scores(self, scores: pd.DataFrame) -> pd.DataFrame:
        """Macro averages of the `source_conditions`; see `study_utils.analysis.results.macro_average`."""
        return macro_average(scores, conditions=self.source_conditions(), targets=self.params.targets)

    def predictions(self, *, variants: bool = False) -> pd.DataFrame:
        """One row an example of every cell; columns as `study_utils.analysis.results.tables.PREDICTION_COLUMNS`.

        Cells of the clean test rows only, or of their `variants` too. Where the primary metric is an F1 or Spearman's
        correlation, `correct` is what an example contributes to it (`study_utils.metrics.contributions`).
        """
        return read_predictions(self.plan, self.store, variants=variants)

    def example_blocks(self) -> Blocks:
        """What `predictions` of the clean test rows hold for intervals, as arrays: a fraction of the memory.

        Functions of `study_utils.analysis` that notebook 05 calls take it in place of the predictions.
        """
        return read_examples(self.plan, self.store)

    def scores(self, *, variants: bool = False) -> pd.DataFrame:
        """One row a score of every cell of the clean test rows, or of their `variants` too.

        Returns
        -------
        pandas.DataFrame
            Columns as `study_utils.analysis.results.tables.SCORE_COLUMNS`; `layer` and `depth`: of retrieval, the layer
            that was read and how many the encoder has; `train_examples`: rows of the target, in all languages, that the
            scored model was trained on (0 without training; intermediate tasks don't count), and `total_examples`: the
            same with the rows of all intermediate stages, text included. A row counts once,
            however often it is passed; of a task with a mixing cap only rows that had their turn count.
        """
        return read_scores(self.plan, self.store, self.params, variants=variants)

    def layers(self) -> pd.DataFrame:
        """Scores of retrieval targets at every layer of the encoder, on clean test rows.

        Returns
        -------
        pandas.DataFrame
            One row a cell, metric and layer: `SCORE_COLUMNS` without `n`, and `layer` (transformer layers passed; 0 is
            the embeddings), `depth` (layers of the encoder), `used` (whether results are read there) and `published`
            (whether the benchmark's rule says it). Empty without retrieval targets.
        """
        return read_layers(self.plan, self.store, self.params)

    def epochs(self) -> pd.DataFrame:
        """Scores of every epoch of the runs that keep theirs (`keep_epochs`), and of the mean of all (epoch 0).

        Returns
        -------
        pandas.DataFrame
            Columns as `study_utils.analysis.questions.epochs.EPOCH_COLUMNS`: one row a run, epoch and language. Empty
            where no epochs are kept.
        """
        return read_epochs(self.plan, self.store)

    def perturbed(self) -> pd.DataFrame:
        """What was changed in the test rows of every variant.

        Returns
        -------
        pandas.DataFrame
            One row a target, variant and language: `task`, `variant`, and the columns
            `study_utils.perturb.rows.COUNTS`. All conditions and seeds have the same texts. Empty without variants.
        """
        return read_perturbed(self.plan, self.store)

    def embeddings(self) -> list[EmbeddedRows]:
        """Sentence vectors that the question of divergence is answered from; none if the study doesn't ask it."""
        return read_embeddings(self.plan, self.store)

    def devices(self) -> dict[str, int]:
        """Count on what its finished runs were made: device, its model and precision."""
        return self.store.devices(self.plan.runs)

    def seconds(self) -> pd.DataFrame:
        """Measured seconds of the finished runs by `stage`: `runs` and `seconds`."""
        done = self.runs().query("status == 'done'")
        return done.groupby("stage", as_index=False).agg(runs=("run", "size"), seconds=("seconds", "sum"))


def _one_digest(fingerprints: pd.Series) -> str:
    digests = list(fingerprints)
    return (digests[0] if len(digests) == 1 else canonical_sha256(digests))[:12]


def open_study(name: str, changes: Mapping[str, object] | None = None, *, absent_ok: bool = False) -> Study:
    """Open a study by the name of its parameter file.

    Parameters
    ----------
    name : str
        Such as ``"quick"`` for `params/quick.yaml`, or the path of a parameter file.
    changes : mapping of str to object, optional
        Dotted field to value, as `--set` gives them.
    absent_ok : bool
        Whether rows that can't be reached from here are only noted: enough to look at a plan, not to carry it out.

    Raises
    ------
    ParameterError, DataError, EncoderError
        If the parameters are wrong, or data or weights that they name are not there, or fewer training rows than a
        study with `equal_budgets` asks for.
    """
    changes = dict(changes or {})
    params = load_params(name, changes)
    root = project_root()
    source = study_file(name)
    report = report_name(source, params, changes)
    plan, store = make_plan(params, absent_ok=absent_ok), Store(root / params.artifacts)
    name_layers(layer_words(params))
    name_sources(params.targets)
    require_equal(plan, store, params)
    return Study(
        name=report,
        source=source,
        changes=changes,
        params=params,
        plan=plan,
        store=store,
        report=root / params.reports / report,
    )
