"""What exists, each declared once: languages, tasks, conditions, encoders. Imports no torch and reads no data."""

from study_utils.catalog.conditions import CONDITIONS, Condition, Stage, condition
from study_utils.catalog.encoders import ENCODERS, Encoder, encoder
from study_utils.catalog.languages import LANGUAGES, Language, covariate_table, language, language_table
from study_utils.catalog.schema import METRICS, HubRows, StarterRows, Task
from study_utils.catalog.tasks import TASKS, task

__all__ = [
    "CONDITIONS",
    "ENCODERS",
    "LANGUAGES",
    "METRICS",
    "TASKS",
    "Condition",
    "Encoder",
    "HubRows",
    "Language",
    "Stage",
    "StarterRows",
    "Task",
    "condition",
    "covariate_table",
    "encoder",
    "language",
    "language_table",
    "task",
]
