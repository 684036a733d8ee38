from __future__ import annotations

import pandas as pd

from study_utils.analysis.results.gains import group_labels
from study_utils.analysis.results.tables import join_languages
from study_utils.catalog.languages import group_names


def test_reports_show_families_branches_and_languages_under_these_names():
    """Against the labels that the analysis gives the rows of its tables."""
    codes = ["de", "nl", "fr", "ru", "tr", "az", "fi", "hu", "eu", "ko", "ar", "vi"]
    shown = group_names(codes)
    assert shown["de"] == {"German", "Germanic"}
    assert shown["fr"] == {"French"}, "no other Romance language, and Indo-European is shown by branch"
    assert shown["tr"] >= {"Turkish", "Turkic"}
    assert (shown["eu"], shown["ko"]) == ({"Basque"}, {"Korean"})
    table = join_languages(pd.DataFrame({"language": codes}))
    for grouped in (table, table.assign(group=table["branch"])):
        assert all(label in shown[code] for code, label in zip(codes, group_labels(grouped)))
    labels = {*group_labels(table), *group_labels(table.assign(group=table["branch"])), *table["name"]}
    assert set().union(*shown.values()) == labels
