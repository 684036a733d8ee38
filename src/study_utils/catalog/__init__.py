"""What exists, each declared once: languages, tasks, conditions, encoders. Imports no torch and reads no data."""

from study_utils.catalog.conditions import CONDITIONS, Condition, Stage, condition
from study_utils.catalog.encoders import ENCODERS, Encoder, encoder
from study_utils.catalog.languages import LANGUAGES, Language, language, language_table
from study_utils.catalog.schema import METRICS, FolderRows, HeldOut, HubRows, Select, StarterRows, Task
from study_utils.catalog.tasks import TASKS, task

__all__ = [
    "CONDITIONS",
    "ENCODERS",
    "LANGUAGES",
    "METRICS",
    "TASKS",
    "Condition",
    "Encoder",
    "FolderRows",
    "HeldOut",
    "HubRows",
    "Language",
    "Select",
    "Stage",
    "StarterRows",
    "Task",
    "condition",
    "encoder",
    "language",
    "language_table",
    "task",
]
