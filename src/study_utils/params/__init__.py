"""What a study asks for: a parameter file, read, completed with `--set` changes, and validated before any work.

A parameter file holds choices, never facts: languages, labels and sources belong to the catalogue.
"""

from study_utils.params.reading import describe_defaults, describe_params, load_params, parse_changes
from study_utils.params.stages import TargetParams, TaskParams, TrainingParams
from study_utils.params.study import MACHINE, StudyParams

__all__ = [
    "MACHINE",
    "StudyParams",
    "TargetParams",
    "TaskParams",
    "TrainingParams",
    "describe_defaults",
    "describe_params",
    "load_params",
    "parse_changes",
]
