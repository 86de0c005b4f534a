"""Consolidated reports against those of the bodies below."""

import pytest

from extract.model import Figure
from monitor import judging, wording
from monitor.rules import levels
from monitor.rules.catalogue import Level
from tests.monitor.reports import figures, outcomes, report, said

NEW = "applications__new__total"


def level(whole, own=None, confidence=1.0, **members):
    def made(values):
        held = figures(**values)
        return report(figures={key: Figure(each.value, each.state, each.raw, confidence)
                               for key, each in held.items()})

    return Level(report(figures=figures(**whole), scope="consolidated"), made(own) if own is not None else None,
                 {name: made(values) for name, values in members.items()}, len(members))


# ---------------------------------------------------------------- AGG-01
@pytest.mark.parametrize(("whole", "answer"), [(12, "pass"), (11, "pass"), (10, "fail")])
def test_a_consolidated_report_counts_no_fewer_than_its_members(whole, answer):
    seen = level({NEW: whole}, {NEW: 2}, education={NEW: 5}, finance={NEW: 4}, silent={NEW: None})
    (verdict,) = levels.judge_sum_of_members(seen)
    assert (verdict.outcome, verdict.right, verdict.parameters["n"]) == (answer, 11, 3)


def test_members_read_with_doubt_prove_nothing_and_no_member_no_sum():
    assert said(levels.judge_sum_of_members, level({NEW: 1}, confidence=0.5, finance={NEW: 4})) == [
        ("uncertain", "low_confidence")]
    assert outcomes(levels.judge_sum_of_members, level({NEW: 1})) == set()
    assert outcomes(levels.judge_sum_of_members, level({NEW: None}, finance={NEW: 4})) == set()


# ---------------------------------------------------------------- AGG-02
def test_a_report_that_equals_the_offices_own_while_members_report_more():
    seen = level({}, {}, finance={NEW: 4})
    (verdict,) = levels.judge_not_consolidated(seen)
    assert verdict.outcome == "fail"
    assert ["applications.new.total", 4] in verdict.parameters["diff_list"]
    finding = next(each for each in judging.judge(seen.report, level=seen).findings if each.rule == "AGG-02")
    assert "本年新收／总计 4" in wording.fact_sentence(finding, "zh")


def test_other_figures_quiet_reports_and_quiet_members_are_in_order():
    assert outcomes(levels.judge_not_consolidated, level({NEW: 7}, {}, finance={NEW: 4})) == {"pass"}
    quiet = {f"applications__{row}__{column}": 0 for row in ("new", "granted", "concluded")
             for column in ("natural_person", "total")}
    assert outcomes(levels.judge_not_consolidated, level(quiet, quiet, finance={NEW: 4})) == set()
    assert outcomes(levels.judge_not_consolidated, level({}, {}, finance=quiet)) == set()
    assert outcomes(levels.judge_not_consolidated, level({}, None, finance={NEW: 4})) == set()
    assert outcomes(levels.judge_not_consolidated, level({}, {})) == set()


def test_an_own_report_read_with_doubt_is_uncertain():
    assert outcomes(levels.judge_not_consolidated, level({}, {}, confidence=0.5, finance={NEW: 4})) == {"uncertain"}
