"""Does English intermediate-task training change zero-shot cross-lingual transfer, and in which language families?

Start reading at `study_utils.catalog` (what exists), then `study_utils.params` (what a study asks for),
`study_utils.plan` (its runs) and `study_utils.store` (what has been done).
"""

__version__ = "0.1.0"
