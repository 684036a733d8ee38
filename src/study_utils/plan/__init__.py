"""The grid of runs that a study needs: their ids and what they depend on.

An id hashes what changes a run's result: the version of its stage, its settings, the encoder's weights, the data
and the ids upstream. Folders, device, number of workers and vocabulary trimming (which is lossless) do not enter.
"""

from study_utils.plan.grid import make_plan
from study_utils.plan.runs import STAGES, VERSIONS, Cell, Omission, Plan, Run, canonical_sha256

__all__ = ["STAGES", "VERSIONS", "Cell", "Omission", "Plan", "Run", "canonical_sha256", "make_plan"]
