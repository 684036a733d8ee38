"""Tasks whose rows are on the hub, or in a mirror of the same layout: a module a kind, a declaration a task."""

from study_utils.catalog.hub.biomedical_tasks import BIOMEDICAL_TASKS
from study_utils.catalog.hub.choice_tasks import CHOICE_TASKS
from study_utils.catalog.hub.classification_tasks import CLASSIFICATION_TASKS
from study_utils.catalog.hub.legal_tasks import LEGAL_TASKS
from study_utils.catalog.hub.monolingual_targets import MONOLINGUAL_TARGETS
from study_utils.catalog.hub.other_language_tasks import OTHER_LANGUAGE_TASKS
from study_utils.catalog.hub.pair_tasks import PAIR_TASKS
from study_utils.catalog.hub.question_tasks import QUESTION_TASKS
from study_utils.catalog.hub.retrieval_tasks import RETRIEVAL_TASKS
from study_utils.catalog.hub.tagging_tasks import TAGGING_TASKS
from study_utils.catalog.hub.text_tasks import TEXT_TASKS

HUB_TASKS = (
    *PAIR_TASKS,
    *TAGGING_TASKS,
    *CLASSIFICATION_TASKS,
    *QUESTION_TASKS,
    *CHOICE_TASKS,
    *RETRIEVAL_TASKS,
    *OTHER_LANGUAGE_TASKS,
    *BIOMEDICAL_TASKS,
    *LEGAL_TASKS,
    *TEXT_TASKS,
    *MONOLINGUAL_TARGETS,
)

__all__ = ["HUB_TASKS"]
