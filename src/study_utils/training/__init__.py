"""Training: one loop for every stage. Start reading at `study_utils.training.loop.train`."""

from study_utils.training.loop import train
from study_utils.training.record import TrainingResult
from study_utils.training.rows import TaskRows
from study_utils.training.settings import TrainingSettings

__all__ = ["TaskRows", "TrainingResult", "TrainingSettings", "train"]
