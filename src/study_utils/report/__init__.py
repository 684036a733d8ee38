"""What people read: figures and tables written to a report, provenance, sentences, the HTML site. Imports no torch."""

from study_utils.report.finished import open_report
from study_utils.report.notebook import (
    banner,
    keep_figure,
    keep_results,
    keep_table,
    say,
    show_facts,
    show_figure,
    show_parameters,
    show_provenance,
    show_table,
)
from study_utils.report.outputs import save_figure, save_table
from study_utils.report.provenance import Provenance, provenance

__all__ = [
    "Provenance",
    "banner",
    "keep_figure",
    "keep_results",
    "keep_table",
    "open_report",
    "provenance",
    "save_figure",
    "save_table",
    "say",
    "show_facts",
    "show_figure",
    "show_parameters",
    "show_provenance",
    "show_table",
]
