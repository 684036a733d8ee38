"""Plain text of many languages, to be mixed into intermediate stages."""

from __future__ import annotations

from study_utils.catalog.hub.classification_tasks import SIB200_CONFIGS, sib200
from study_utils.catalog.schema import Task

TEXT_TASKS = (
    Task(
        key="sib200_text",
        title="SIB-200 sentences",
        format="mask",
        metric="masked_accuracy",
        train=sib200("train", SIB200_CONFIGS, 701),
        validation=sib200("validation", {"en": SIB200_CONFIGS["en"]}, 99),
        same_data=("sib200",),
        licence="CC BY-SA 4.0",
        citation="Adelani et al. 2024, arXiv 2309.07445",
        note=(
            "FLORES-200 sentences from Wikinews, Wikijunior and Wikivoyage: those that the target SIB-200 trains on, "
            "without labels and in all languages, and none that it scores. Other targets take their text elsewhere "
            "(PAN-X and the question sets from Wikipedia), so this text leaks least."
        ),
    ),
)
