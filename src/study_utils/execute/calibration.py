"""The calibration report: simulate studies, execute its notebook, build its pages.

``python -m study_utils.execute.calibration`` makes `reports/calibration`.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from study_utils.analysis.calibration.designs import simulate_points
from study_utils.analysis.calibration.studies import StudyDesign
from study_utils.errors import AnalysisError
from study_utils.installed import status_of
from study_utils.paths import project_root
from study_utils.report.outputs import save_table
from study_utils.report.provenance import Provenance, provenance
from study_utils.store import file_sha256, write_atomically

TITLE = "Calibration of the statistics"
STUDIES = 1000
_TABLE = "points"


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Counts of simulated studies, and the report folder they lie in.

    Attributes
    ----------
    points : pandas.DataFrame
        From `study_utils.analysis.calibration.designs.simulate_points`.
    report : pathlib.Path
        Folder of the executed notebook, figures and tables.
    """

    points: pd.DataFrame
    report: Path

    @property
    def provenance(self) -> Provenance:
        """Where the counts come from."""
        fields = list(StudyDesign.__dataclass_fields__)
        more = {
            "designs": len(self.points.drop_duplicates(fields)),
            "simulated studies of a design": self.points["n_studies"].min(),
        }
        return provenance(root=project_root(), device="cpu", more=more)


def report_folder() -> Path:
    """Folder of the calibration report."""
    return project_root() / "reports" / "calibration"


def open_calibration(studies: int) -> Calibration:
    """Open the counts of simulated studies.

    Parameters
    ----------
    studies : int
        Fewest simulated studies that every point must have.

    Raises
    ------
    AnalysisError
        If nothing was simulated yet, or fewer studies than asked for.
    """
    path = report_folder() / "tables" / f"{_TABLE}.csv"
    told = f"run 'python -m study_utils.execute.calibration --studies {studies}'"
    if not path.is_file():
        raise AnalysisError(f"no studies were simulated yet: {told}")
    points = pd.read_csv(path, keep_default_na=False, dtype={"value": str, "families": str})
    if (found := int(points["n_studies"].min())) < studies:
        raise AnalysisError(f"a point rests on {found} simulated studies, fewer than {studies}: {told}")
    return Calibration(points=points, report=report_folder())


def main(arguments: list[str] | None = None) -> None:
    """Simulate, execute the notebook, build the pages."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=STUDIES, help="simulated studies of a point (default: 1000)")
    options = parser.parse_args(arguments)
    import papermill  # noqa: F401  else it is missed after all studies are simulated

    from study_utils.notebook.execute import execute_notebook
    from study_utils.report.site import build_site, read_notebook

    root, report = project_root(), report_folder()
    started = time.monotonic()
    progress = partial(tqdm, desc="designs", leave=False, disable=None)
    points = simulate_points(options.studies, keep=root / "artifacts" / "calibration", progress=progress)
    save_table(points, report / "tables", _TABLE)
    source = root / "notebooks" / "calibration.ipynb"
    output = report / source.name
    execute_notebook(source, output, {"studies": options.studies})
    seconds = round(time.monotonic() - started, 1)
    entry = {"calibration": {"sha256": file_sha256(output), "seconds": seconds}}
    write_atomically(report / "manifest.json", json.dumps({"study": "calibration", "notebooks": entry}, indent=1))
    print(f"report: {build_site(report, title=TITLE, pages=[read_notebook(output)], seconds={'calibration': seconds})}")


if __name__ == "__main__":
    sys.exit(status_of(main))
