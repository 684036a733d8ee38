"""The forest of claims and that of domains: every row there, grey where not tested, readable."""

from __future__ import annotations

import pandas as pd
import pytest

from study_utils.analysis.claims.verdicts import Finding, ledger_table, verdicts
from study_utils.analysis.questions.domains import DOMAIN_COLUMNS, MEAN
from study_utils.catalog.claims import CLAIMS
from study_utils.errors import AnalysisError
from study_utils.figures.domains import plot_domains
from study_utils.figures.ledger import plot_ledger
from study_utils.figures.style import MUTED


def ledger():
    gain = Finding(estimate=2.0, low=1.0, high=3.0, p_for=0.001, p_against=1.0, n_seeds=3)
    count = Finding(estimate=2.0, unit="targets of 6", n_seeds=3, p_for=0.2, p_against=0.5)
    keys = ("phang-best-single", "phang-benchmark", "mohapatra-roberta-bert", "phang-mlm")
    found = [
        (CLAIMS[key], "E5", finding, needs)
        for key, finding, needs in zip(keys, (gain, gain, count, Finding(note="none")), ("", "another encoder", "", ""))
    ]
    table = ledger_table(verdicts(found))
    ends = [(7.0, 8.2), (5.4, 5.4), (3.0, 3.0), (float("nan"), float("nan"))]
    table[["published_low", "published_high"]] = ends
    return table.assign(says=[CLAIMS[key].says for key in table["claim"]])


def test_ledger_shows_ours_beside_the_published_number():
    figure = plot_ledger(ledger())
    figure.draw_without_rendering()
    (ax,) = figure.axes
    assert len(ax.get_yticklabels()) == 4
    ours = [line for line in ax.lines if line.get_marker() == "o"]
    assert [line.get_xdata()[0] for line in ours] == [2.0, 2.0]
    assert [line.get_color() == MUTED or line.get_markeredgecolor() == MUTED for line in ours] == [False, True]
    published = [list(line.get_xdata()) for line in ax.lines if line.get_marker() == "D"]
    assert published == [[7.0, 8.2], [5.4]]  # the count of targets is no number of points
    texts = [text.get_text() for text in ax.texts]
    assert "2 targets of 6" in texts
    assert "no such runs" in texts
    assert "not tested here\nhere: as claimed" in texts


def domains():
    rows = [
        {"domain": "legal", "kind": kind, "budget": budget, "contrast": contrast, "arm": "legal_clause_type",
         "against": "ag_news", "group": group, "estimate": 0.02, "low": 0.01, "high": 0.03, "clear": group == "Other"}
        for kind, budget, contrast in (("topic", "", "a"), (MEAN, "unequal", "b"))
        for group in ("Low-resource", "Other")
    ]  # fmt: skip
    return pd.DataFrame(rows).reindex(columns=DOMAIN_COLUMNS)


def test_domains_show_both_groups_and_unequal_budgets():
    figure = plot_domains(domains())
    figure.draw_without_rendering()
    (ax,) = figure.axes
    labels = [text.get_text() for text in ax.get_yticklabels()]
    assert labels == ["legal: CUAD clause type \N{MINUS SIGN} AG News", "legal: mean over kinds *"]
    marks = [line for line in ax.lines if line.get_marker() in ("o", "s")]
    assert [line.get_marker() for line in marks] == ["o", "s"] * 2
    assert [line.get_markerfacecolor() == "white" for line in marks] == [True, False] * 2


def test_nothing_to_show_is_said():
    for figure in (plot_ledger(ledger().iloc[:0]), plot_domains(domains().iloc[:0])):
        assert "No" in figure.axes[0].texts[0].get_text()


@pytest.mark.parametrize("plot", [plot_ledger, plot_domains])
def test_tables_that_lack_columns_are_refused(plot):
    with pytest.raises(AnalysisError, match="lacks"):
        plot(pd.DataFrame({"claim": ["x"]}))
