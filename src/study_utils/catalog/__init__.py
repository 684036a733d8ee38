"""What exists, each declared once: languages, tasks, conditions, encoders, benchmarks. Without torch and data."""

from study_utils.catalog.benchmarks import BENCHMARKS, Benchmark, benchmark
from study_utils.catalog.conditions import CONDITIONS, Condition, Stage, condition
from study_utils.catalog.encoders import ENCODERS, Encoder, encoder
from study_utils.catalog.formats import FORMATS
from study_utils.catalog.languages import LANGUAGES, Language, covariate_table, language, language_table
from study_utils.catalog.schema import FolderRows, HeldOut, HubRows, Select, StarterRows, Task
from study_utils.catalog.tasks import TASKS, source_language, task

__all__ = [
    "BENCHMARKS",
    "CONDITIONS",
    "ENCODERS",
    "FORMATS",
    "LANGUAGES",
    "TASKS",
    "Benchmark",
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
    "benchmark",
    "condition",
    "covariate_table",
    "encoder",
    "language",
    "language_table",
    "source_language",
    "task",
]
