"""The forest of claims and that of domains: every row there, grey where not tested, readable."""

from __future__ import annotations

import pandas as pd
import pytest
from figure_layout import check

from study_utils.analysis.claims.parts import make_part
from study_utils.analysis.claims.verdicts import Finding, verdicts
from study_utils.analysis.questions.domains import DOMAIN_COLUMNS, MEAN
from study_utils.catalog.claims import CLAIMS
from study_utils.errors import AnalysisError
from study_utils.figures.domains import plot_domains
from study_utils.figures.ledger import plot_ledger
from study_utils.figures.style import MUTED, nothing


def ledger():
    gain, share = (make_part("MNLI", value, 0.5, 1000.0, threshold=1.0, above=True, n_seeds=3) for value in (2.0, 0.4))
    keys = ("phang-best-single", "phang-benchmark", "stilts-steadier", "phang-mlm-worse")
    findings = (
        Finding(parts=(gain,)),
        Finding(parts=(gain,)),
        Finding(parts=(share,), unit="times the spread"),
        Finding(),
    )
    lacks = ("", "another encoder", "", "")
    table = pd.DataFrame(
        [vars(item) for item in verdicts([(CLAIMS[k], "E5", f, n) for k, f, n in zip(keys, findings, lacks)])]
    )
    table[["published_low", "published_high"]] = [(7.0, 8.2), (5.4, 5.4), (float("nan"),) * 2, (float("nan"),) * 2]
    return table.assign(kind="testable", says=[CLAIMS[key].says for key in table["claim"]])


def test_ledger_shows_ours_beside_the_published_number():
    figure = plot_ledger(ledger())
    check(figure)
    (ax,) = figure.axes
    assert len(ax.get_yticklabels()) == 3, "a claim without runs has no row"
    assert "1 more have no such runs" in figure.get_suptitle()
    ours = [line for line in ax.lines if line.get_marker() == "o"]
    assert [line.get_xdata()[0] for line in ours] == [2.0, 2.0]
    assert [line.get_markeredgecolor() == MUTED for line in ours] == [False, True]
    published = [list(line.get_xdata()) for line in ax.lines if line.get_marker() == "D"]
    assert published == [[7.0, 8.2], [5.4]]
    texts = [text.get_text() for text in ax.texts]
    assert "0.40 times the spread" in texts
    assert "(not clear)" in texts


def test_an_interval_that_is_wider_than_all_numbers_goes_on_beyond_the_picture():
    wide = ledger()
    wide.loc[0, "high"] = 80.0
    figure = plot_ledger(wide)
    (ax,) = figure.axes
    assert ax.get_xlim()[1] < 20
    assert [line.get_xdata()[0] for line in ax.lines if line.get_marker() == ">"] == [ax.get_xlim()[1]]
    assert "beyond" in figure.legends[0].get_texts()[-1].get_text()
    assert len(plot_ledger(ledger()).legends[0].get_texts()) == 3


def test_designs_have_no_row():
    figure = plot_ledger(ledger().assign(kind=["testable", "design", "design", "design"]))
    assert len(figure.axes[0].get_yticklabels()) == 1


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
    check(figure)
    (ax,) = figure.axes
    labels = [text.get_text() for text in ax.get_yticklabels()]
    assert labels == ["legal: CUAD clause type \N{MINUS SIGN} AG News", "legal: mean over kinds *"]
    marks = [line for line in ax.lines if line.get_marker() in ("o", "s")]
    assert [line.get_marker() for line in marks] == ["o", "s"] * 2
    assert [line.get_markerfacecolor() == "white" for line in marks] == [True, False] * 2


def test_what_says_nothing_is_told_within_its_picture():
    figure = nothing("Nothing to compare: no intermediate task in English and other languages, or no perturbed rows")
    check(figure)
    box = figure.axes[0].texts[0].get_window_extent()
    assert 0 < box.x0 < box.x1 < figure.bbox.width


def test_nothing_to_show_is_said():
    for figure in (plot_ledger(ledger().iloc[:0]), plot_domains(domains().iloc[:0])):
        assert "No" in figure.axes[0].texts[0].get_text()


@pytest.mark.parametrize("plot", [plot_ledger, plot_domains])
def test_tables_that_lack_columns_are_refused(plot):
    with pytest.raises(AnalysisError, match="lacks"):
        plot(pd.DataFrame({"claim": ["x"]}))
