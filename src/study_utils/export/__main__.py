"""Command line: write a trained model that plain transformers loads."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from study_utils.catalog.user_tasks import enter_tasks
from study_utils.errors import StoreError, StudyError
from study_utils.installed import status_of
from study_utils.params import load_params
from study_utils.paths import project_root, study_file
from study_utils.store import Store

DESCRIPTION = """\
Write a trained model as a folder that plain transformers loads, with the same outputs as in the study: weights with all
embedding rows, tokenizer, and a model card (README.md) from the manifests of the runs behind it.

RUN is the id of a finished training run, intermediate-... or target-...; 'python run_all.py STUDY --plan' lists those
of a study. FOLDER must be new or empty. A model is written only if transformers has a class with the same head: not for
heads that read the mean over a text, and not for ModernBERT's kind. --encoder writes the encoder of any run, alone.

'python -m study_utils.export results STUDY FOLDER' writes the scores of a report instead, as records in the schema of
Every Eval Ever (https://github.com/evaleval/every_eval_ever), each checked by it."""

EPILOG = """\
examples:
  python -m study_utils.export target-xnli-none-xlmr_base-s0-0123456789ab exported/xnli
  python -m study_utils.export intermediate-squad-xlmr_base-s0-0123456789ab exported/squad --encoder
  python -m study_utils.export results pilot exported/pilot

then, without this project:
  from transformers import AutoModelForSequenceClassification, AutoTokenizer
  model = AutoModelForSequenceClassification.from_pretrained("exported/xnli")

exit status: 0 written, 2 nothing written, with the reason."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if arguments[:1] == ["results"]:
        return _results(arguments[1:])
    options = _parser().parse_args(arguments)
    try:
        from study_utils.export.write import write_model  # torch: not for --help

        for path in options.tasks_from:
            enter_tasks(path)
        store = Store(Path(options.artifacts) if options.artifacts else project_root() / "artifacts")
        auto = write_model(store, options.run, options.folder, key=options.task, encoder_alone=options.encoder)
    except StudyError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"written: {options.folder}, for transformers' {auto}")
    return 0


def _results(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m study_utils.export results",
        description="Write the scores of a report as records in the schema of Every Eval Ever, one a model.",
    )
    parser.add_argument("study", metavar="STUDY", help="name or path of a parameter file whose report is there")
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="where they go: a new or an empty folder")
    options = parser.parse_args(arguments)
    try:
        from study_utils.export.results import write_results

        params, study = load_params(options.study), study_file(options.study).stem
        path = project_root() / params.reports / study / "results.csv"
        if not path.is_file():
            raise StoreError(f"no results of the study {study!r} ({path}): run 'python run_all.py {options.study}'")
        results = pd.read_csv(path, keep_default_na=False, na_values=[""])
        count = write_results(results, options.folder, study=study, title=params.title)
    except StudyError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"written: {count} records to {options.folder}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m study_utils.export",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("run", metavar="RUN", help="id of a finished training run")
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="where the model goes: a new or an empty folder")
    parser.add_argument("--encoder", action="store_true", help="the encoder alone, for AutoModel")
    parser.add_argument("--task", metavar="KEY", default="", help="which head, of a run with several")
    parser.add_argument("--artifacts", metavar="DIR", help="folder of the store (default: artifacts of the project)")
    parser.add_argument(
        "--tasks-from",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="file of your own tasks, if the run was trained on one; may be repeated",
    )
    return parser


if __name__ == "__main__":
    sys.exit(status_of(main))
