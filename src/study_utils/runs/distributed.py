"""One training run in several processes, each on a GPU of its own: torch starts them, accelerate joins them.

`python -m study_utils.runs.distributed` is what each of them runs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from study_utils.errors import ParameterError, StudyError
from study_utils.plan import Run
from study_utils.runs.training import Progress, train_run
from study_utils.study import open_study

if TYPE_CHECKING:
    from study_utils.study import Study

TOLD = "progress: "
"""How lines begin in which a process says how far it is."""


def train_distributed(study: Study, run: Run, folder: Path, progress: Progress) -> None:
    """Train a run in ``study.params.processes`` processes.

    Raises
    ------
    ParameterError
        If there are fewer GPUs than processes, or the device names one GPU.
    StudyError
        If a process fails: with its message.
    """
    import torch

    from study_utils.device import resolve_device

    processes, place = study.params.processes, resolve_device(study.params.device)
    if place.index is not None or place.type == "mps":
        raise ParameterError(
            f"processes={processes} needs several GPUs, but device is {place}: use device=auto or cuda"
        )
    if place.type == "cuda" and torch.cuda.device_count() < processes:
        raise ParameterError(f"processes={processes}, but there are {torch.cuda.device_count()} GPUs: lower processes")
    command = [
        *(sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)),
        *("-m", __name__, str(study.source), json.dumps(dict(study.changes)), run.id, str(folder)),
    ]
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, encoding="utf-8") as launched:
            try:
                for line in launched.stdout:
                    if line.startswith(TOLD):
                        progress(*json.loads(line.removeprefix(TOLD)))
            finally:
                launched.terminate()
        errors.seek(0)
        lines = errors.read().strip().splitlines()
    if launched.returncode:
        told = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
        reason = told[0] if told else "\n".join(lines[-5:])
        raise StudyError(f"training in {processes} processes failed: {reason}")


def main(source: str, changes: str, run_id: str, folder: str) -> int:
    """Train the part of this process."""
    study = open_study(source, json.loads(changes))

    def tell(share: float, note: str) -> None:
        if os.environ.get("RANK") == "0":  # lines of several processes would mix
            print(f"{TOLD}{json.dumps([share, note])}", flush=True)

    try:
        with study.params.computing.applied():
            train_run(study, study.plan.runs[run_id], Path(folder), tell)
    except StudyError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
