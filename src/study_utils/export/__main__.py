"""Command line: write a trained model that plain transformers loads."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from study_utils.catalog.user_tasks import enter_tasks
from study_utils.errors import StudyError
from study_utils.paths import project_root
from study_utils.store import Store

DESCRIPTION = """\
Write a trained model as a folder that plain transformers loads, with the same outputs as in the study: weights with all
embedding rows, tokenizer, and a model card (README.md) from the manifests of the runs behind it.

RUN is the id of a finished training run, intermediate-... or target-...; 'python run_all.py STUDY --plan' lists those
of a study. FOLDER must be new or empty. A model is written only if transformers has a class with the same head: not for
heads that read the mean over a text, and not for ModernBERT's kind. --encoder writes the encoder of any run, alone."""

EPILOG = """\
examples:
  python -m study_utils.export target-xnli-none-xlmr_base-s0-0123456789ab exported/xnli
  python -m study_utils.export intermediate-squad-xlmr_base-s0-0123456789ab exported/squad --encoder

then, without this project:
  from transformers import AutoModelForSequenceClassification, AutoTokenizer
  model = AutoModelForSequenceClassification.from_pretrained("exported/xnli")

exit status: 0 written, 2 nothing written, with the reason."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
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
    sys.exit(main())
