"""What one year hands over to the next."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.model import Figure
from monitor import judging
from monitor.rules import years as rules
from monitor.rules.catalogue import Years
from tests.documents import making
from tests.monitor.reports import FIRST, figures, report

NAME = "disclosure__normative_documents"


def chain(now, before=None, *, text="", confidence=1.0, year=2022, era="2021", **more):
    """This year's and last year's report with these figures; doubt falls on last year's."""
    last = figures(era, **(before or {}))
    last = {key: Figure(each.value, each.state, each.raw, confidence) for key, each in last.items()}
    own = report(year, {1: FIRST.format(year=year) + text}, figures=figures(era, **now), form=era, **more)
    return Years(own, {year - 1: report(year - 1, figures=last, form=era)} if before is not None else {})


def judged(seen, rule, **named):
    scope = named.get("scope", "own")
    found = judging.judge(seen.report, judging.Named("b", scope, seen.report.year), seen.earlier, joined=seen)
    return [(each.outcome, each.severity, each.subject) for each in found.findings if each.rule == rule]


def carried(now, before, **more):
    return chain({f"applications__carried_in__{column}": now for column in ("natural_person", "total")},
                 {f"applications__carried_out__{column}": before for column in ("natural_person", "total")}, **more)


# ---------------------------------------------------------------- YOY-01
def test_what_was_carried_out_is_carried_in():
    assert {each.outcome for each in rules.judge_carry_over(carried(3, 3))} == {"pass"}
    assert set(judged(carried(3, 2), "YOY-01")) == {("fail", "E", "total"), ("fail", "W", "natural_person")}
    (total,) = [each for each in rules.judge_carry_over(carried(3, 2)) if each.subject == "total"]
    assert (total.expression, total.left, total.right, total.difference) == ("3 = 2", 3, 2, 1)
    assert (total.figures, total.before) == (["applications.carried_in.total"], ["applications.carried_out.total"])


def test_scope_doubt_and_unknown_scope():
    assert {each[1] for each in judged(carried(3, 2), "YOY-01", scope="consolidated")} == {"W"}
    assert {each[0] for each in judged(carried(3, 2, confidence=0.89), "YOY-01")} == {"uncertain"}
    assert judged(carried(3, 2), "YOY-01", scope="unknown") == []
    assert judged(chain({"applications__carried_in__total": 3}), "YOY-01") == []


@pytest.mark.parametrize("text", [
    "因机构改革，原社保中心职责划转我局。", "原粮食局与我局合并，申请一并办理。", "受行政区划调整影响，数据有变化。",
    "上年结转件数漏计1件，本年已补。",
    "上一年度报告数据有误，现予更正。", "本年度统计口径调整为含下属单位。", "清样镇并入范本镇管理。",
    "上年结转2件中1件已移交县审计局办理。", "因县融媒体中心从我局划出，相关申请一并移交。",
    "因统计系统调整，数据有变化。",
    "上年未办结申请中有1件因申请人放弃，不再计入。", "其中1件因重复登记予以核减。",
    "上年结转数与上年年报不一致，系上年年报填报有误。"])
def test_a_text_that_explains_the_gap_lowers_it(text):
    assert ("fail", "W", "total") in judged(carried(3, 2, text=text), "YOY-01")


@pytest.mark.parametrize("text", [
    "将两个栏目合并为一个。", "网站专栏划转至新平台。", "主动公开机构改革信息12条。", "办理更正个人信息申请2件。",
    "统一解读口径。", "整合合并政务新媒体账号。",
    "杜绝漏报率。", "向县档案馆移交政府公报。", "2020年年报公布后，动态调整主动公开目录。", "防止数据重复发布。"])
def test_columns_websites_and_other_matters_explain_nothing(text):
    assert ("fail", "E", "total") in judged(carried(3, 2, text=text), "YOY-01")


def test_after_a_merger_the_predecessors_count_too():
    seen = carried(5, 2)
    seen.joined = [report(2021, figures=figures(applications__carried_out__total=3,
                                                applications__carried_out__natural_person=3))]
    assert {each.outcome for each in rules.judge_carry_over(seen)} == {"pass"}
    seen.joined, seen.reorganised = [], True
    assert ("fail", "W", "total") in judged(seen, "YOY-01")
    seen.unheld = True
    assert {each[0] for each in judged(seen, "YOY-01")} == {"uncertain"}


def test_a_blank_total_is_stood_in_for_by_its_row():
    seen = chain({"applications__carried_in__total": None, "applications__carried_in__natural_person": 3},
                 {"applications__carried_out__total": 3, "applications__carried_out__natural_person": 3})
    assert {each.outcome for each in rules.judge_carry_over(seen)} == {"pass"}
    row = {f"applications__carried_in__{each}": None for each in ("total", *rules._APPLICANTS)}
    assert judged(chain(row, {"applications__carried_out__total": 3}), "YOY-01") == [("uncertain", "E", "total")]
    part = {"applications__carried_in__total": None, "applications__carried_in__natural_person": 1,
            "applications__carried_in__business": None}
    assert ("uncertain", "E", "total") in judged(chain(part, {"applications__carried_out__total": 3}), "YOY-01")


def test_a_table_that_was_not_read_hands_nothing_over():
    seen = carried(3, 2)
    seen.report.figures = {key: Figure(None, "absent") for key in seen.report.figures}
    assert judged(seen, "YOY-01") == []


# ---------------------------------------------------------------- YOY-02
def documents(issued, repealed, in_force, last, **more):
    return chain({f"{NAME}__issued": issued, f"{NAME}__repealed": repealed, f"{NAME}__in_force": in_force},
                 {f"{NAME}__in_force": last}, **more)


def test_documents_in_force_roll_forward():
    assert judged(documents(58, 45, 453, 440), "YOY-02") == []
    (found,) = [each for each in rules.judge_documents_in_force(documents(58, 45, 546, 440)) if each.outcome == "fail"]
    assert (found.expression, found.left, found.right) == ("440 + 58 - 45 = 546", 453, 546)
    assert judged(documents(58, 45, 546, 440), "YOY-02") == [("fail", "W", "normative_documents")]
    assert judged(documents(58, 45, 546, 440), "YOY-02", scope="consolidated") == [("fail", "I", "normative_documents")]


@pytest.mark.parametrize(("text", "severity"), [
    ("对规范性文件作了集中清理。", "I"), ("根据清理结果调整规范性文件目录。", "I"), ("清理网站栏目12个。", "W")])
def test_a_cleaning_of_documents_explains(text, severity):
    assert judged(documents(0, 0, 5, 9, text=text), "YOY-02") == [("fail", severity, "normative_documents")]


def test_blank_years_are_not_evaluated_and_blank_parts_leave_it_open():
    assert judged(documents(1, 0, 5, None), "YOY-02") == []
    assert judged(documents(1, 0, None, 5), "YOY-02") == []
    assert judged(documents(None, 0, 9, 5), "YOY-02") == [("uncertain", "W", "normative_documents")]
    assert judged(documents(None, 0, 3, 5), "YOY-02") == [("fail", "W", "normative_documents")]
    assert judged(documents(0, None, 3, 5), "YOY-02") == [("uncertain", "W", "normative_documents")]
    assert judged(documents(0, 0, 3, 5, confidence=0.5), "YOY-02") == [("uncertain", "W", "normative_documents")]


# ---------------------------------------------------------------- YOY-03
@pytest.mark.parametrize(("pending", "total", "answer"), [(3, 2, [("fail", "I", "reconsideration")]), (2, 2, []),
                                                          (None, 2, []), (3, None, [])])
def test_pending_reconsiderations_are_among_this_years(pending, total, answer):
    seen = chain({"disputes__reconsideration__total": total}, {"disputes__reconsideration__pending": pending})
    assert judged(seen, "YOY-03") == answer


def test_lawsuits_are_compared_together_since_they_change_their_route():
    before = {"disputes__litigation_direct__pending": 3}
    assert judged(chain({"disputes__litigation_after_reconsideration__total": 3}, before), "YOY-03") == []
    assert judged(chain({"disputes__litigation_direct__total": 2}, before), "YOY-03") == [("fail", "I", "litigation")]
    assert judged(chain({}, before, confidence=0.5), "YOY-03") == [("uncertain", "I", "litigation")]


# ---------------------------------------------------------------- YOY-10
@pytest.mark.parametrize(("last", "change", "now", "answer"), [
    (10, 3, 13, []), (10, -3, 7, []), (10, 3, 12, [("fail", "I", "licences")]), (10, None, 12, []), (None, 0, 1, [])])
def test_items_roll_forward_in_the_form_of_2019(last, change, now, answer):
    seen = chain({"disclosure__licences__items_last_year": now},
                 {"disclosure__licences__items_last_year": last, "disclosure__licences__change": change}, year=2020,
                 era="2019")
    assert judged(seen, "YOY-10") == answer


def test_items_read_with_doubt_are_uncertain():
    seen = chain({"disclosure__fees__items_last_year": 3}, {}, year=2020, era="2019", confidence=0.5)
    assert judged(seen, "YOY-10") == [("uncertain", "I", "fees")]


# ---------------------------------------------------------------- ARI-09
def zeros(**more):
    return report(2022, figures={key: Figure(0, "number", "0") for key in figures()}, **more)


def test_all_zero_is_told_of_consolidated_reports_and_of_departments_that_had_numbers():
    told = [(each.outcome, each.parameters.get("variant")) for seen in (
        Years(zeros(scope="consolidated")), Years(zeros(), {2021: report()}), Years(zeros(), {2021: zeros()}),
        Years(zeros())) for each in rules.judge_all_zero(seen)]
    assert told == [("fail", "consolidated"), ("fail", None)]
    township = zeros(scope="consolidated", roster={"level": "township"})
    assert list(rules.judge_all_zero(Years(township))) == []


def test_tables_not_read_or_read_with_doubt_are_not_all_zero():
    assert list(rules.judge_all_zero(Years(report(figures={}, scope="consolidated")))) == []
    doubtful = {key: Figure(0, "number", "0", 0.5) for key in figures()}
    (verdict,) = rules.judge_all_zero(Years(report(figures=doubtful, scope="consolidated")))
    assert (verdict.outcome, verdict.reason) == ("uncertain", "low_confidence")
    assert [each.outcome for each in rules.judge_all_zero(Years(report()))] == ["pass"]


# ---------------------------------------------------------------- planted and clean chains
@settings(max_examples=60)
@given(st.integers(0, 10**6), st.integers(0, 10**6), st.sampled_from([1, 2, 9, 40]))
def test_a_chain_in_order_is_accused_of_nothing_and_a_broken_one_of_exactly_that(first, second, gap):
    def printed(values):
        return {key: Figure(value, "number", str(value)) for key, value in values.items()}

    before = making.figures_2021(first, scale=9)
    now = making.figures_2021(second, scale=9, before=before)
    seen = Years(report(2022, figures=printed(now)), {2021: report(2021, figures=printed(before))})
    assert judged(seen, "YOY-01") == []
    assert judged(seen, "YOY-02") == []
    seen.earlier[2021].figures["applications.carried_out.total"].value += gap
    assert judged(seen, "YOY-01") == [("fail", "E", "total")]
    seen.earlier[2021].figures["disclosure.normative_documents.in_force"].value += gap
    assert judged(seen, "YOY-02") == [("fail", "W", "normative_documents")]
