"""Jumps from year to year, and tables that stand still."""

import pytest

from extract.model import Figure
from monitor import judging, wording
from monitor.rules import changes
from monitor.rules.catalogue import Years
from tests.monitor.reports import figures, report

NEW = "applications__new__total"


def chain(now, before, year=2022, form="2021"):
    return Years(report(year, figures=figures(**now)), {year - 1: report(year - 1, figures=figures(**before),
                                                                         form=form)})


def jumps(now, before, **more):
    return [(each.outcome, each.subject, each.severity) for each in changes.judge_jumps(chain(now, before, **more))
            if each.outcome != "pass"]


# ---------------------------------------------------------------- YOY-04
@pytest.mark.parametrize(("now", "before", "found"), [(51, 10, True), (10, 51, True), (50, 10, False), (49, 1, False),
                                                      (60, 0, False), (None, 10, False)])
def test_more_than_five_times_another_year(now, before, found):
    assert jumps({NEW: now}, {NEW: before}) == ([("fail", "table.3", None)] if found else [])


def test_a_jump_names_the_total_with_both_numbers():
    column = "applications__new__natural_person"
    (finding,) = [each for each in judging.judge(chain({NEW: 60, column: 60}, {}).report, None,
                                                 chain({}, {NEW: 5,
                                                            column: 5}).earlier).findings if each.rule == "YOY-04"]
    assert (finding.severity, finding.parameters["n"]) == ("I", 1)
    assert len(finding.figures) == 2
    assert "本年新收／总计 5→60" in wording.fact_sentence(finding, "zh")


@pytest.mark.parametrize(("now", "before", "found"), [
    (41662416, 4166.2416, True), (4166.2416, 41662416, True), (60, 5, False), (4166.2, 0, False)])
def test_fees_ten_thousand_times_apart_mix_the_units(now, before, found):
    key = "disclosure__fees__amount"
    assert jumps({key: now}, {key: before}) == ([("fail", "fees", "W")] if found else [])


def test_disputes_of_2023_and_2024_are_not_compared():
    key = "disputes__reconsideration__total"
    assert jumps({key: 60}, {key: 5}, year=2024) == []
    assert jumps({key: 60}, {key: 5}, year=2025) == [("fail", "table.4", None)]


def test_a_jump_read_with_doubt_is_uncertain_and_a_first_year_not_judged():
    seen = chain({NEW: 60}, {NEW: 5})
    seen.earlier[2021].figures["applications.new.total"] = Figure(5, "number", "5", 0.5)
    found = judging.judge(seen.report, None, seen.earlier)
    assert [(each.outcome, each.reason) for each in found.findings if each.rule == "YOY-04"] == [
        ("uncertain", "low_confidence")]
    assert "YOY-04" in judging.judge(seen.report).not_applicable


# ---------------------------------------------------------------- YOY-08
def same(now, before, **more):
    return [each.outcome for each in changes.judge_same_tables(chain(now, before, **more))]


def test_tables_equal_to_last_years():
    assert same({}, {}) == ["fail"]
    assert same({"disclosure__licences__decided": 1}, {}) == ["pass"]
    assert same({"disclosure__licences__decided": None}, {}) == ["fail"]


def test_quiet_tables_other_forms_and_unread_ones_are_not_compared():
    quiet = {f"applications__{row}__{column}": 0 for row in ("new", "granted") for column in ("natural_person",
                                                                                              "total")}
    assert same(quiet, quiet) == []
    assert same({}, {}, form="2019") == []
    seen = chain({}, {})
    seen.report.figures = {key: each for key, each in seen.report.figures.items() if not key.startswith("disputes.")}
    assert list(changes.judge_same_tables(seen)) == []


def test_equal_tables_read_with_doubt_are_uncertain():
    seen = chain({}, {})
    seen.earlier[2021].figures = {key: Figure(each.value, "number", each.raw, 0.5)
                                  for key, each in seen.earlier[2021].figures.items()}
    assert [each.outcome for each in judging.judge(seen.report, None, seen.earlier).findings
            if each.rule == "YOY-08"] == ["uncertain"]
