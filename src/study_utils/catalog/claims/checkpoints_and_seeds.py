"""Claims about how steady zero-shot transfer is: which checkpoint is taken, and how much seeds and tasks matter."""

from __future__ import annotations

from study_utils.catalog.claims.schema import KEEP_EPOCHS, KEEP_MEAN, Claim

CLAIMS = (
    Claim(
        key="keung-english-selection",
        source="keung2020",
        says="English development scores often say little about which checkpoint is best in other languages.",
        compares="rank correlation over epochs of English selection score and mean score of the other languages: below "
        "one half on more than half of the targets",
        encoders=(("mbert",),),
        targets=("xnli",),
        benchmark="xtreme",
        settings=(KEEP_EPOCHS,),
        lacks="MLDoc, the other target",
    ),
    Claim(
        key="keung-within-runs",
        source="keung2020",
        says="Zero-shot scores vary greatly between the checkpoints of one run.",
        compares="standard deviation between the epochs of a run: above the margin on more than half of the targets",
        encoders=(("mbert",),),
        targets=("xnli",),
        benchmark="xtreme",
        settings=(KEEP_EPOCHS,),
        lacks="MLDoc, the other target",
    ),
    Claim(
        key="schmidt-averaging",
        source="schmidt2023",
        says="The average of a run's checkpoints does better in other languages than the one chosen in English.",
        compares="mean of the epochs' weights against the epoch with the best English score: above the margin on more "
        "than half of the targets",
        encoders=(("xlmr_base", "xlmr_large"),),
        targets=("xnli", "tydiqa", "panx", "udpos"),
        benchmark="xtreme",
        settings=(KEEP_EPOCHS, KEEP_MEAN),
    ),
    Claim(
        key="lin-seeds",
        source="lin2024",
        says="What an intermediate task brings differs much between training seeds.",
        compares="standard deviation of a gain between seeds, all tasks and targets together: above the margin",
        lacks="its 130 pairs of English tasks",
    ),
    Claim(
        key="lin-tasks",
        source="lin2024",
        says="What an intermediate task brings differs much between intermediate tasks.",
        compares="standard deviation of gains on a target between intermediate tasks, without what seeds explain: "
        "above the margin",
        lacks="its 130 pairs of English tasks",
    ),
)
