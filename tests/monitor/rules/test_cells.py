"""Blank cells and cells that hold no count."""

import pytest

from extract.forms import form
from extract.model import Figure
from monitor.rules.cells import judge_blanks, judge_counts
from tests.monitor.reports import figures, outcomes, report

CELLS = [key for key in form("2021").keys if key.startswith("applications.refused")]


def blank(*keys, confidence=1.0):
    made = figures()
    for key in keys:
        made[key] = Figure(None, "blank", "", confidence)
    return report(figures=made)


def told(judge, seen):
    return [(each.outcome, each.severity, each.parameters.get("variant")) for each in judge(seen)
            if each.outcome != "pass"]


# ---------------------------------------------------------------- FMT-07
@pytest.mark.parametrize(("count", "severity", "variant"), [(1, "I", None), (5, "I", None), (6, "W", None),
                                                            (9, "W", "many")])
def test_blanks_are_counted_over_the_report(count, severity, variant):
    assert told(judge_blanks, blank(*CELLS[:count])) == [("fail", severity, variant)]


def test_blanks_of_two_tables_weigh_together():
    seen = blank(*CELLS[:4], "disputes.reconsideration.upheld", "disputes.reconsideration.other")
    assert [(each.subject, each.severity, each.parameters["n"]) for each in judge_blanks(seen)
            if each.outcome == "fail"] == [("table.3", "W", 4), ("table.4", "W", 2)]


def test_dashes_are_no_blanks_and_doubtful_ones_accuse_nobody():
    seen = blank()
    seen.figures[CELLS[0]] = Figure(None, "dash", "/")
    assert outcomes(judge_blanks, seen) == {"pass"}
    assert told(judge_blanks, blank(CELLS[0], confidence=0.8)) == [("uncertain", "I", None)]
    lost = report(figures={key: Figure(None, "absent") for key in CELLS})
    assert outcomes(judge_blanks, lost) == set()


# ---------------------------------------------------------------- FMT-08
@pytest.mark.parametrize("value", [-1, 2.5])
def test_a_count_below_zero_or_between_numbers_is_an_error(value):
    seen = report(figures=figures(disclosure__licences__decided=value))
    assert told(judge_counts, seen) == [("fail", None, None)]


def test_words_beside_a_number_are_a_note():
    seen = report(figures={**figures(), "disclosure.licences.decided": Figure(2, "text", "2笔")})
    assert told(judge_counts, seen) == [("fail", "I", "worded")]


def test_amounts_may_have_decimals_and_changes_may_be_negative():
    assert outcomes(judge_counts, report(figures=figures(disclosure__fees__amount=26828.74197))) == {"pass"}
    old = report(2019, figures=figures("2019", disclosure__licences__change=-3), form="2019")
    assert outcomes(judge_counts, old) == {"pass"}
    assert outcomes(judge_counts, report(figures={})) == set()
