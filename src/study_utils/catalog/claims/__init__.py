"""Published claims, each once: testable, a fact of a design that a study follows or not, or background."""

from study_utils.catalog.claims import checkpoints_and_seeds, direct_fine_tuning, english_intermediate
from study_utils.catalog.claims.schema import (
    BACKGROUND,
    DESIGN,
    KEEP_EPOCHS,
    KEEP_MEAN,
    KINDS,
    OTHER_TEST_ROWS,
    SOURCES,
    TESTABLE,
    Claim,
    Source,
)

CLAIMS = {
    item.key: item for item in (*english_intermediate.CLAIMS, *direct_fine_tuning.CLAIMS, *checkpoints_and_seeds.CLAIMS)
}

__all__ = [
    "BACKGROUND",
    "CLAIMS",
    "DESIGN",
    "KEEP_EPOCHS",
    "KEEP_MEAN",
    "KINDS",
    "OTHER_TEST_ROWS",
    "SOURCES",
    "TESTABLE",
    "Claim",
    "Source",
]
