"""Title and stated period against the report's own year."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.model import Report
from monitor.rules.documents import judge_period, judge_title_years, period_of


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
