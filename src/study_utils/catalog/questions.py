"""What a study can ask of its results: one notebook a question, after those that make the runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question and the notebook that answers it.

    Attributes
    ----------
    key : str
        Its name in parameters.
    notebook : str
        Stem of the notebook.
    asks : str
        The question in one sentence.
    """

    key: str
    notebook: str
    asks: str


_DECLARED = (
    Question(
        key="families",
        notebook="05_family_robustness",
        asks="Does English intermediate training change zero-shot transfer, and in which language families?",
    ),
    Question(
        key="divergence",
        notebook="06_semantic_divergence",
        asks="Does a target gain less, the further the intermediate task is from it?",
    ),
    Question(
        key="domain",
        notebook="07_domain_training",
        asks="Does a domain's intermediate task do other things than a general one of the same format and size?",
    ),
    Question(
        key="multilingual",
        notebook="08_multilingual_finetuning",
        asks="Is an English intermediate task worth as much as fine-tuning in many languages?",
    ),
    Question(
        key="adversarial",
        notebook="09_adversarial_robustness",
        asks="Who loses less on perturbed input: English or other intermediate training?",
    ),
    Question(
        key="claims",
        notebook="10_published_claims",
        asks="What do these results say about published claims?",
    ),
)

QUESTIONS = {item.key: item for item in _DECLARED}
