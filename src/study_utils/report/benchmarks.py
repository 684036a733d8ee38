"""What a study has of a published benchmark: a table where there is one, and sentences always."""

from __future__ import annotations

import pandas as pd

from study_utils.analysis.results.benchmarks import benchmark_table
from study_utils.report.notebook import HasReport, keep_table, say
from study_utils.sentences import describe_benchmark


def keep_benchmark(study: HasReport, scores: pd.DataFrame, benchmark: str) -> None:
    """Say what a study has of a benchmark; write and show the table of its tasks, if it scores any."""
    table = benchmark_table(scores, benchmark)
    say(describe_benchmark(table, benchmark))
    if not table.empty:
        none = table["missing"].ne("") & table["languages"].eq(0)
        keep_table(study, table, benchmark, shown=table.assign(missing=table["missing"].mask(none, "all")))
