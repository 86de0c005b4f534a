"""Title and stated period against the report's own year."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.model import Report, Section
from monitor import judging
from monitor.rules.documents import (
    judge_citations,
    judge_period,
    judge_title_form,
    judge_title_years,
    judge_year_of_content,
    period_of,
)


def report(title="示例县财政局2021年政府信息公开工作年度报告", period=None, year=2021, **more):
    return Report(title=title, body="示例县财政局", year=year, scope="own", form="2021", medium="text/html", sha256="",
                  period=period, **more)


def said(judge, seen):
    return [(each.outcome, each.severity, each.reason) for each in judge(seen)]


# ---------------------------------------------------------------- DOC-02
@pytest.mark.parametrize("title", [
    "示例县财政局2021年政府信息公开工作年度报告", "示例县财政局二〇二一年政府信息公开年度报告",
    "2021年度示例县财政局政府信息公开工作年度报告（2022年1月20日公布）",
    "示例县财政局2021年政府信息公开工作2021年度报告",
    "示财发〔2022〕3号 示例县财政局2021年政府信息公开工作年度报告"])
def test_a_title_of_the_reports_year_passes(title):
    assert said(judge_title_years, report(title)) == [("pass", None, "")]


def test_another_year_and_two_years_are_queries():
    other = next(judge_title_years(report("示例县财政局2020年政府信息公开工作年度报告")))
    assert (other.outcome, other.parameters["list"]) == ("fail", ["2020年"])
    two = next(judge_title_years(report("示例县财政局2021年政府信息公开工作2020年度报告")))
    assert (two.outcome, two.parameters["variant"], two.parameters["list"]) == (
        "fail", "two_years", ["2021年", "2020年"])


def test_a_title_without_year_or_a_report_without_year_is_not_judged():
    assert said(judge_title_years, report("政府信息公开工作年度报告")) == []
    assert said(judge_title_years, report(year=None)) == []


# ---------------------------------------------------------------- DOC-03
@pytest.mark.parametrize("period", [
    "2021年1月1日至12月31日", "自2021年1月1日起至2021年12月31日止", "２０２１年１月１日—１２月３１日",
    "2021 年 1 月 1 日 到 12 月 31 日",
    "二〇二一年1月1日至12月31日", "2021.1.1-2021.12.31", "2021年1月至12月", "2021年1月1日至12月底", "2021年度"])
def test_the_year_itself_passes(period):
    assert said(judge_period, report(period=period)) == [("pass", None, "")]


@pytest.mark.parametrize(("period", "answer"), [
    ("2020年1月1日至2020年12月31日", ("fail", None, "")),
    ("2020年1月1日至2021年12月31日", ("fail", None, "")),
    ("2021年1月1日至2022年1月1日", ("fail", "W", "")),
    ("2021年1月1日至2020年12月31日", ("fail", "W", "")),
    ("2021年1月1日至12月30日", ("fail", "W", "")),
    ("2021年1月1日至2021年11月30日", ("fail", "W", "")),
])
def test_another_start_is_an_error_another_end_a_query(period, answer):
    assert said(judge_period, report(period=period)) == [answer]


@pytest.mark.parametrize("period", ["202年1月1日至12月31日", "年1月1日至12月31日", "2021年1月1日至12月3",
                                    "2021年1月1日起",
                                    "2021年1月1日至221年12月31日", "1021年1月1日至12月31日", "月日至月日"])
def test_lost_characters_accuse_nobody(period):
    assert [(each.outcome, each.reason) for each in judge_period(report(period=period))] == [
        ("uncertain", "lost_characters")]


def test_a_later_start_suits_a_body_founded_in_the_year():
    late = "2021年6月1日至12月31日"
    assert said(judge_period, report(period=late)) == [("uncertain", "W", "ambiguous")]
    assert said(judge_period, report(period=late, roster={"since": 2021})) == [("uncertain", "W", "ambiguous")]
    assert said(judge_period, report(period=late, roster={"since": 2019})) == [("fail", "W", "")]


def test_a_title_of_two_years_does_not_tell_which_is_the_reports():
    both = content("2022年，我局公开信息30条。", "2022年1月1日至2022年12月31日",
                   "示例县财政局2021-2022年政府信息公开工作年度报告")
    assert said(judge_period, both) == [("uncertain", None, "ambiguous")]
    assert said(judge_year_of_content, both) == [("pass", None, "")]
    both.period = "2020年1月1日至2020年12月31日"
    assert said(judge_period, both) == [("fail", None, "")]


def test_no_period_or_no_year_is_not_judged():
    assert said(judge_period, report()) == []
    assert said(judge_period, report(period="2021年1月1日至12月31日", year=None)) == []


@given(st.text("0123456789年月日至到起止 -.底末（）", max_size=40), st.integers(2019, 2026))
def test_no_period_breaks_the_rule_and_only_another_start_is_an_error(period, year):
    for verdict in judge_period(report(period=period, year=year)):
        if verdict.outcome == "fail" and verdict.severity is None:
            found = period_of(period)
            assert found is not None
            assert found.start[0] != year


# ---------------------------------------------------------------- DOC-01
@pytest.mark.parametrize(("title", "answer"), [
    ("示例县财政局2021年政府信息公开工作年度报告", [("pass", None, "")]),
    ("示例县财政局 ２０２１年政府信息公开工作年度报告 ", [("pass", None, "")]),
    ("示例县财政局2021年度政府信息公开工作年度报告", [("fail", None, "")]),
    ("2021年政府信息公开工作年度报告", [("fail", None, "")]),
    ("示例县财政局政府信息公开工作2021年度报告", [("fail", None, "")]),
    ("示例县财政局2021年政府信息公开工…", [("uncertain", None, "lost_characters")]), ("", [])])
def test_the_form_of_the_title(title, answer):
    assert said(judge_title_form, report(title)) == answer


# ---------------------------------------------------------------- PUB-16
def content(opening, period, title="示例县财政局2021年政府信息公开工作年度报告", **more):
    return report(title, period, sections=[Section(1, "一、总体情况", opening)], **more)


def test_another_years_report_under_this_title():
    wrong = content("2020年，我局公开信息30条。", "2020年1月1日至2020年12月31日")
    (verdict,) = judge_year_of_content(wrong)
    assert (verdict.outcome, verdict.left, verdict.right) == ("fail", 2020, 2021)
    wrong.damaged = True
    assert [(each.rule, each.outcome) for each in judging.judge(wrong).findings if each.rule == "PUB-16"] == [
        ("PUB-16", "uncertain")]


@pytest.mark.parametrize(("opening", "period", "answer"), [
    ("2021年，我局公开信息30条。", "2020年1月1日至2020年12月31日", [("pass", None, "")]),
    ("2020年，我局公开信息30条。", "2021年1月1日至2021年12月31日", [("pass", None, "")]),
    ("落实《2020年要点》，2020年3月1日施行，2021年公开30条。", "2021年1月1日至12月31日", [("pass", None, "")]),
    ("2020年与2021年相比。", "2020年1月1日至12月31日", []), ("我局公开信息30条。", "2020年1月1日至12月31日", []),
    ("2020年，我局公开。", None, []), ("2020年，我局公开。", "202年1月1日至12月31日", [("uncertain", None,
                                                                                        "lost_characters")])])
def test_one_sign_alone_is_not_another_years_report(opening, period, answer):
    assert said(judge_year_of_content, content(opening, period)) == answer


# ---------------------------------------------------------------- DOC-07
@pytest.mark.parametrize(("text", "year", "answer"), [
    ("根据《条例》（国务院令第492号）编制。", 2021, [("fail", None, "")]),
    ("根据《条例》（国务院令第711号）编制。", 2021, [("pass", None, "")]),
    ("根据国务院令第492号公布、第711号修订的《条例》编制。", 2021, [("pass", None, "")]),
    ("按照国办公开办函〔2019〕60号要求编制。", 2021, [("fail", None, "")]),
    ("按照国办公开办函〔2019〕60号要求编制。", 2020, []),
    ("按照国办公开办函〔2021〕30号要求编制。", 2021, [("pass", None, "")]),
    ("按照国务院令第492号编制。", 2018, []), ("根据《条例》编制。", 2021, [])])
def test_documents_no_longer_in_force(text, year, answer):
    seen = content(text, None, year=year)
    assert said(judge_citations, seen) == answer
    seen.damaged = True
    assert {outcome for outcome, *_ in said(judge_citations, seen)} <= {"uncertain", "pass"}
