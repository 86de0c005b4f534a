"""Every trap and guard of the rules over reports, one test each, named after it: what looks wrong and accuses nobody,
or nobody gravely. What standings, titles and readers must not fall for stands with them (test_standing, test_timing,
test_circumstances, test_titles, test_sections, test_identities, test_years)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from extract.model import DatedHint, Figure, Published, Report, TableReading
from monitor import judging
from tests.monitor import reports

BENIGN = {"DOC-01"}
"""The made title is in order; only tests that change it meet this rule."""


def accused(report: Report, earlier: Mapping[int, Report] | None = None) -> set[tuple[str, str]]:
    """(rule, severity) of every failure; (rule, "?") of every doubt."""
    named = judging.Named(report.body or "", report.scope, report.year)
    return {(each.rule, each.severity if each.outcome == "fail" else "?")
            for each in judging.judge(report, named, earlier).findings if each.rule not in BENIGN}


def first(sentence: str, year: int = 2021, **more: Any) -> Report:
    """The report in order with one more sentence in section 1."""
    return reports.report(year, {1: reports.FIRST.format(year=year) + sentence}, **more)


def requests(**rows: int) -> dict[str, Figure]:
    """Figures with these numbers of requests, all of natural persons."""
    cells = {f"applications__{row}__{column}": value for row, value in
             {"new": 0, "granted": 0, "concluded": 0, **rows}.items() for column in ("natural_person", "total")}
    return reports.figures(**cells)


def test_the_made_report_is_in_order() -> None:
    assert accused(reports.report()) == set()


# ---------------------------------------------------------------- §3.5, guards (a) to (i), and others
GUARDS = {
    "a: licences": "全年受理行政许可申请1234件，依申请公开渠道畅通。",
    "a: reconsideration": "全年收到行政复议申请312件，审结298件。",
    "a: correction": "受理更正政府信息的申请5件。", "a: other requests": "依申请公开之外，收到公租房申请156件，"
        "办结150件。",
    "b: money": "上年结转资金320万元全部执行完毕。", "b: proposals": "尚在办理的人大建议3件，依申请公开有序。",
    "b: messages": "答复网民留言412条，依申请公开有序。", "b: working days": "依申请公开答复时限压缩至12个工作日。",
    "d: comparison": "政府信息公开申请比上年增加7件。", "d: less than last year": "依申请公开件较2020年减少2件。",
    "e: quarter": "第一季度收到政府信息公开申请1件。", "e: since": "2019年以来累计受理政府信息公开申请1213件。",
    "e: half a year": "上半年收到政府信息公开申请2件。", "h: class": "未收到法人或其他组织提出的政府信息公开申请。",
    "h: channel": "未收到网上提交的政府信息公开申请。", "h: kind": "未收到更正政府信息的申请。",
    "i: document numbers": "按照国办公开办函〔2021〕30号办理政府信息公开申请。",
    "i: articles": "依据条例第36条答复政府信息公开申请。",
    "i: dates": "3月15日前完成政府信息公开申请平台升级。", "i: fields": "在26个领域编制目录，规范政府信息公开申请。",
    "TXT-11: proactive disclosure": "未因主动公开政府信息被申请行政复议。",
    "TXT-11: own fault": "未发生因自身原因被纠错的政府信息公开行政复议。",
    "TXT-13: 其中 need not name everything": "发布信息3694条，其中动态1438条、公告45条。",
    "TXT-13: about": "发布信息1.15万余条，其中微信8000条、网站9000条。",
}


@pytest.mark.parametrize("sentence", GUARDS.values(), ids=GUARDS)
def test_guarded_phrases_are_no_claims(sentence: str) -> None:
    disputed = reports.figures(disputes__reconsideration__corrected=1, disputes__reconsideration__total=1)
    assert accused(first(sentence, figures=disputed)) == set()


def test_direction_of_a_carry_over_follows_the_year() -> None:
    figures = requests(new=2, carried_in=1, granted=3, concluded=3)
    assert accused(first("2020年结转下年度的政府信息公开申请1件已办结。", figures=figures)) == set()


def test_a_class_of_applicants_is_compared_with_its_column() -> None:
    figures = reports.figures(applications__new__business=2, applications__granted__business=2,
                              applications__concluded__business=2, applications__new__total=5,
                              applications__granted__total=5, applications__concluded__total=5)
    assert accused(first("收到自然人政府信息公开申请3件、企业政府信息公开申请2件。", figures=figures)) == set()


@pytest.mark.parametrize(("scope", "sentence"), [("own", "全县共收到政府信息公开申请1562件。"),
                                                 ("consolidated", "县政府办公室收到政府信息公开申请1件。")])
def test_another_scope_is_a_note_at_most(scope: Any, sentence: str) -> None:
    assert accused(first(sentence, scope=scope)) <= {("TXT-01", "I")}


MEASURED = {
    "定海: parts hold what was carried in": (
        "共收到政府信息公开申请31件，其中3件结转下年度办理，其余29件均已答复。",
        {"new": 31, "carried_in": 1, "granted": 29, "concluded": 29, "carried_out": 3}, {("TXT-13", "I")}),
    "殷都: received counts the carried in": (
        "共收到政府信息公开申请8件。", {"new": 7, "carried_in": 1, "granted": 8, "concluded": 8}, set()),
    "平湖: handled with carry-in": (
        "共处理政府信息公开申请125件（含上年度结转2件）。",
        {"new": 123, "carried_in": 2, "granted": 123, "concluded": 123, "carried_out": 2}, set()),
    "乐清: answered with carry-in": (
        "按时办理答复政府信息公开申请31件（新收26件，上年结转5件）。",
        {"new": 26, "carried_in": 5, "granted": 29, "concluded": 29, "carried_out": 2}, set()),
    "长春: answered with both carry-overs": (
        "受理政府信息公开申请95件，答复98件（含上年度转结8件，另有5件转结下年度）。",
        {"new": 95, "carried_in": 8, "granted": 98, "concluded": 98, "carried_out": 5}, set()),
}


@pytest.mark.parametrize(("sentence", "rows", "allowed"), MEASURED.values(), ids=MEASURED)
def test_measured_traps(sentence: str, rows: dict[str, int], allowed: set[tuple[str, str]]) -> None:
    assert accused(first(sentence, figures=requests(**rows))) == allowed


def test_a_rate_is_right_within_its_print() -> None:
    figures = {**requests(new=284, granted=284, concluded=284),
               **{key: Figure(value, "number", str(value)) for key, value in (
                   ("disputes.reconsideration.upheld", 21), ("disputes.reconsideration.total", 21))}}
    sentence = "收到政府信息公开申请284件，行政复议和行政诉讼共21件，复议诉讼率7.4%。"
    assert accused(first(sentence, figures=figures)) == set()
    assert ("TXT-12", "I") in accused(first(sentence.replace("7.4%", "9.4%"), figures=figures))


# ---------------------------------------------------------------- §3.1 and §3.2
def test_an_old_page_used_again_is_not_dated_early() -> None:
    early = Published("2020-12-20", "page", [DatedHint("2020-12-20", "page"), DatedHint("2022-01-20", "list")])
    assert accused(reports.report(published=early)) == {("PUB-04", "?")}
    assert accused(reports.report(published=Published("2021-12-20", "page", []))) == {("PUB-04", "W")}


def test_a_year_of_publication_is_no_second_year_of_the_title() -> None:
    assert accused(reports.report(title="示例县财政局2021年政府信息公开工作年度报告（2022年1月公布）")) == set()


def test_a_wrong_period_alone_is_no_other_year() -> None:
    wrong = reports.report(period="2020年1月1日至2020年12月31日")
    assert accused(wrong) == {("DOC-03", "E")}


def test_a_body_founded_in_the_year_starts_later() -> None:
    late = reports.report(period="2021年3月1日至2021年12月31日", roster={"since": 2021})
    assert accused(late) == {("DOC-03", "?")}
    assert accused(replace(late, roster={"since": 2015})) == {("DOC-03", "W")}


LAWFUL = {
    "DOC-04: names of documents": "落实《2020年政务公开工作要点》。",
    "DOC-04: comparison": "与2020年相比，公开数量上升。",
    "DOC-04: carried over": "2020年结转事项均已办结。", "DOC-04: earlier problems": "2020年评估反馈的问题已整改到位。",
    "DOC-05: bodies above": "县委、县政府高度重视信息公开。", "DOC-05: helping bodies": "会同市场监督管理局开展培训。",
    "DOC-05: leading group": "县政务公开领导小组定期调度。", "DOC-05: party group": "局党组专题研究信息公开。",
    "DOC-06: header of the fee": "行政事业性收费金额单位：万元，保留4位小数。",
    "LNG-04: contact line": "联系电话：13800138000。",
}


@pytest.mark.parametrize("sentence", LAWFUL.values(), ids=LAWFUL)
def test_lawful_words(sentence: str) -> None:
    assert accused(first(sentence)) == set()


def test_plans_for_next_year_are_no_stale_year() -> None:
    fifth = reports.FIFTH + "2022年将继续完善目录。"
    assert accused(reports.report(text={5: fifth})) == set()
    assert accused(reports.report(text={5: reports.FIFTH + "2021年将继续完善目录。"})) == {("DOC-04", "W")}


def test_own_departments_in_a_governments_report() -> None:
    county = first("县教育局、县民政局率先完成目录调整。", body="示例县人民政府", scope="consolidated",
                   title="示例县人民政府2021年政府信息公开工作年度报告")
    assert accused(county) == set()


# ---------------------------------------------------------------- §3.3
def test_the_counted_list_is_compared_with_itself_not_with_six() -> None:
    titles = "总体情况、主动公开政府信息情况、收到和处理政府信息公开申请情况、政府信息公开行政复议、行政诉讼情况"
    assert accused(reports.report(text={0: f"本报告由{titles}四部分组成。"})) == set()
    assert accused(reports.report(text={0: f"本报告由{titles}五部分组成。"})) == {("FMT-03", "I")}


def test_one_row_for_other_handling_is_an_old_habit() -> None:
    figures = {key: figure for key, figure in reports.figures().items()
               if not key.startswith("applications.closed_")}
    figures |= {f"applications.closed.{column}": Figure(0, "number", "0") for column in (
        "natural_person", "business", "research", "public_interest", "legal_service", "other_organisation", "total")}
    tables = [TableReading(number, True, form="2021", one_row_closed=number == 3) for number in (2, 3, 4)]
    assert accused(reports.report(figures=figures, tables=tables)) == {("FMT-05", "I")}


def test_a_heading_under_another_title_is_no_missing_section() -> None:
    whole = reports.report()
    numerals = dict(enumerate("一二三四五六", 1))
    sections = [replace(section, title=f"{numerals[section.number]}、{section.title}")
                for section in whole.sections if section.number]
    fourth = next(section for section in sections if section.number == 4)
    fourth.text = "五、困难与打算\n" + reports.FIFTH
    renamed = replace(whole, sections=[section for section in sections if section.number != 5])
    assert accused(renamed) == {("FMT-02", "I")}
    fourth.text = reports.FIFTH
    assert ("FMT-01", "E") in accused(renamed)


def test_dashes_are_no_blanks() -> None:
    figures = {**reports.figures(), "applications.closed_other.business": Figure(None, "dash", "/")}
    assert accused(reports.report(figures=figures)) == set()


@pytest.mark.parametrize(("count", "severity"), [(5, "I"), (6, "W")])
def test_up_to_five_blanks_are_a_note(count: int, severity: str) -> None:
    figures = reports.figures()
    keys = [key for key in figures if key.startswith("applications.declined") and not key.endswith("total")][:count]
    blank = {key: Figure(None, "blank", "") for key in keys}
    assert accused(reports.report(figures={**figures, **blank})) == {("FMT-07", severity)}


def test_topics_are_told_by_words_not_by_the_bodys_own_name() -> None:
    text = ("{year}年，示例县人力资源和社会保障局公开预算信息210条。依申请公开渠道畅通。公文起草时同步确定公开属性。"
            "专栏按目录重排，"
            "公众号菜单增设检索入口。" + "各科室逐项核对内容，保证信息准确完整，方便群众查询使用，"
                                         "及时补充缺漏的事项说明。" * 3)
    body = "示例县人力资源和社会保障局"
    named = reports.report(text={1: text.format(year=2021)}, body=body, title=f"{body}2021年政府信息公开工作年度报告")
    assert accused(named) == {("FMT-10", "I")}


@pytest.mark.parametrize(("body", "severity"), [
    ("示例县人民政府", "W"), ("示例县石桥镇人民政府", "I"), ("示例县城关街道办事处", None), ("示例市高新区管委会",
        None), ("示例县财政局", None)])
def test_only_governments_tell_of_accountability_and_townships_as_a_note(body: str, severity: str | None) -> None:
    text = reports.FIRST.format(year=2021).replace("示例县财政局", body)
    text = text.replace("，把公开质量列入科室考核，组织社会评议1次，没有需要责任追究的情形", "，完善保障")
    said = accused(reports.report(text={1: text}, body=body, title=f"{body}2021年政府信息公开工作年度报告"))
    assert {each for each in said if each[0] == "FMT-11"} == ({("FMT-11", severity)} if severity else set())


@pytest.mark.parametrize("sixth", ["未产生信息处理费。", "全年未发出收费通知。", "依申请公开政府信息未收费。",
                                   "对政府信息公开申请未收取任何费用。"])
def test_the_fee_is_told_by_any_of_its_words(sixth: str) -> None:
    assert accused(reports.report(text={6: sixth})) == set()


@pytest.mark.parametrize("amount", [4166.241619, 26828.74197, 0.5])
def test_decimals_of_the_fee_are_right(amount: float) -> None:
    assert accused(reports.report(figures=reports.figures(disclosure__fees__amount=amount))) == set()


# ---------------------------------------------------------------- §3.4
def test_fewer_in_force_than_issued_is_no_finding() -> None:
    figures = reports.figures(disclosure__normative_documents__issued=6, disclosure__normative_documents__repealed=3,
                              disclosure__normative_documents__in_force=4)
    assert accused(reports.report(figures=figures)) == set()


def test_nothing_taken_is_no_contradiction_to_requests_closed_unpaid() -> None:
    figures = requests(new=4, closed_unpaid=2, granted=2, concluded=4)
    assert accused(reports.report(figures=figures)) == set()
    denied = reports.report(figures=figures, text={6: "未发出收费通知。"})
    assert accused(denied) == {("ARI-15", "I")}


def test_all_fees_above_zero_contradict_no_statement_on_the_processing_fee() -> None:
    figures = reports.figures(disclosure__fees__amount=215.36)
    assert accused(reports.report(figures=figures)) == set()


def test_a_real_fault_is_no_shift() -> None:
    figures = requests(new=1, granted=0, closed_other=1, concluded=1, carried_out=1)
    assert ("ARI-01", "E") in accused(reports.report(figures=figures))
    read = {key: replace(figure, confidence=0.95) for key, figure in figures.items()}
    assert ("ARI-01", "E") in accused(reports.report(figures=read))


# ---------------------------------------------------------------- §3.6
def _two_years(text: dict[int, str] | None = None, carried_in: int = 1, **more: Any) -> set[tuple[str, str]]:
    before = reports.report(2020 + 1, {1: "2021年另一番工作。" * 30, 5: "前一年的问题各不相同。" * 6})
    now = reports.report(2022, text, figures=requests(new=3 - carried_in, carried_in=carried_in, granted=3,
                                                      concluded=3), **more)
    return {each for each in accused(now, {2021: before}) if each[0].startswith("YOY")}


def test_a_carry_over_that_differs_is_an_error_unless_the_text_explains_it() -> None:
    assert ("YOY-01", "E") in _two_years()
    for told in ("因机构改革，原审批局职能划入我局。", "因统计口径调整，结转数较上年有变化。",
                 "上年漏计政府信息公开申请1件。"):
        assert ("YOY-01", "E") not in _two_years({6: reports.SIXTH + told})


def test_merged_columns_of_a_website_explain_nothing() -> None:
    assert ("YOY-01", "E") in _two_years({6: reports.SIXTH + "网站栏目合并为5个。"})


def test_a_consolidated_carry_over_is_a_warning() -> None:
    said = _two_years(scope="consolidated")
    assert ("YOY-01", "W") in said
    assert ("YOY-01", "E") not in said


def test_an_unknown_scope_joins_no_chain() -> None:
    assert _two_years(scope="unknown") == set()


def test_disputes_of_2023_and_2024_are_not_compared() -> None:
    few = reports.figures(disputes__reconsideration__upheld=2, disputes__reconsideration__total=2)
    many = {**requests(new=40, granted=40, concluded=40),
            "disputes.reconsideration.upheld": Figure(80, "number"),
            "disputes.reconsideration.total": Figure(80, "number")}
    for year, wanted in ((2024, set()), (2025, {("YOY-04", "I")})):
        before = reports.report(year - 1, {1: "另一番工作，" * 40, 5: "问题各不相同。" * 8}, figures=few)
        said = accused(reports.report(year, figures=many), {year - 1: before})
        assert {each for each in said if each[0] == "YOY-04"} == wanted


def test_documents_in_force_are_not_followed_from_a_blank() -> None:
    before = reports.report(2021, figures={**reports.figures(), "disclosure.normative_documents.in_force": Figure(
        None, "blank", "")})
    now = reports.report(2022, figures=reports.figures(disclosure__normative_documents__in_force=7))
    assert "YOY-02" not in {rule for rule, _ in accused(now, {2021: before})}
