"""Text of another year, instructions of the form: what was left in, and what only looks so."""

import pytest

from monitor.rules import passages
from monitor.rules.leftovers import judge_instructions, judge_stale_year
from tests.monitor.reports import FIFTH, FIRST, outcomes, report


def stale(section, sentence, year=2021, **more):
    whole = {1: FIRST.format(year=year) + sentence, 5: FIFTH + sentence, 6: sentence}[section]
    return outcomes(judge_stale_year, report(year, {section: whole}, **more))


# ---------------------------------------------------------------- DOC-04
@pytest.mark.parametrize(("section", "sentence"), [
    (1, "2020年，我局认真开展主动公开工作，发布信息30条。"), (1, "2020年度本机关主动公开信息30条。"),
    (1, "（二）依申请公开。2020年全县受理申请3件。"), (1, "截至2020年12月31日，门户网站发布信息30条。"),
    (1, "我局2020年主动公开信息30条。"), (1, "本机关在2020年共收到申请3件。"),
    (5, "2021年，我局将进一步加强培训。"), (5, "下一步，2021年我局将从三个方面改进。"),
    (6, "2020年度我局未收取信息处理费。"), (6, "2020年没有其他需要报告的事项。")])
def test_a_sentence_about_another_year_is_a_query(section, sentence):
    assert "fail" in stale(section, sentence)


@pytest.mark.parametrize(("section", "sentence"), [
    (1, "落实《2020年政务公开工作要点》任务分工。"), (1, "与2020年相比，发布信息增加30条。"),
    (1, "2020年，我局受理3件，2021年受理5件。"),
    (1, "2020年以来，我局共发布信息30条。"), (1, "2020年，我局网站改版上线。"), (1, "2020年结转的1件申请已答复。"),
    (1, "〔2020〕3号文件已公开。"), (1, "2020年，我局获评优秀单位。"), (1, "截至2020年底共有30件，2021年新增3件。"),
    (1, "2020年受理的2件申请均在规定期限内答复。"), (1, "2020年通过验收的专区继续运行。"),
    (1, "2020年主动公开的30条信息逐条复核。"), (1, "2020年收到的2件跨年申请已办结。"),
    (1, "2020年政府信息公开工作年度报告按时公布。"), (1, "2020年度共评出优秀信息员3名。"),
    (1, "2020年全年公开信息30条，本年度公开35条。"), (1, "2020年度我局未收到申请，今年收到3件。"),
    (6, "2020年亦未收取。"),
    (5, "2020年，我局存在的问题已全部整改到位。"), (5, "2022年，我局将进一步加强培训。"),
    (5, "2021年，我局将信息公开纳入考核。"),
    (5, "针对2020年度评估反馈的情况，已完成栏目调整。"), (6, "2021年度我局未收取信息处理费。"),
    (6, "自2020年起设立服务窗口。"), (6, "按照《2020年收费目录》，本年度未收取费用。")])
def test_documents_comparisons_history_and_plans_are_not_another_years_text(section, sentence):
    assert stale(section, sentence) == {"pass"}


def test_damaged_reports_are_uncertain_and_reports_without_prose_not_judged():
    assert "uncertain" in stale(6, "2020年度我局未收取信息处理费。", damaged=True)
    assert outcomes(judge_stale_year, report(without=(1, 5, 6))) == set()
    assert outcomes(judge_stale_year, report(2017, {6: "2016年度我局未收取费用。"})) == set()


def test_the_sentence_is_quoted_as_it_stands():
    said = "根据国办函〔2020〕109号文件，2020年我局（含下属单位）没有产生信息处理费"
    (verdict,) = [each for each in judge_stale_year(report(text={6: said + "。"})) if each.outcome == "fail"]
    assert verdict.parameters["phrase"] in said
    assert "2020年我局（含下属单位）没有" in verdict.parameters["phrase"]


# ---------------------------------------------------------------- DOC-06
@pytest.mark.parametrize("sentence", ["填报说明：按实际填写。", "（金额保留4位小数）", "正文用三号仿宋，行距28磅。",
                                      "单位名称（全称）公开工作年度报告",
                                      "此处填写统计数据。", "全文字数不超过1000字。",
                                      "公开有序（请删除本行）改进措施：编制目录并发布。"])
def test_an_instruction_of_the_form_is_a_query(sentence):
    seen = report(text={1: FIRST.format(year=2021) + sentence})
    assert outcomes(judge_instructions, seen) == {"fail"}
    seen.damaged = True
    assert outcomes(judge_instructions, seen) == {"uncertain"}


@pytest.mark.parametrize("sentence", ["编制年报填报说明，指导各科室填写。",
                                      "本年收费金额（单位：万元，保留四位小数）", "网站支持字体放大。",
                                      "印发统一模板，明确三号仿宋等格式要求。"])
def test_instructions_a_body_issued_and_headings_of_the_table_are_none(sentence):
    assert outcomes(judge_instructions, report(text={1: FIRST.format(year=2021) + sentence})) == {"pass"}


def test_a_report_without_prose_is_not_judged_for_instructions():
    assert outcomes(judge_instructions, report(without=range(7))) == set()


@pytest.mark.parametrize(("pattern", "words"), [
    ("(?:方正)?小标宋", "小标宋"), ("[一二三]号(?:仿宋|黑体)", "号"), ("请?填写(?:本|此)", "填写"),
    ("此处(?:填写|插入)", "此处"), ("保留(?:两|[24])位小数", "位小数"), ("((?:本|此)行)?删除", "删除"),
    (r"不超过\d+字?", "不超过"), ("[]填]报?", ""), ("填报|填写", ""), ("填*", ""), (r"\(全称\)单位", ""),
])
def test_a_pattern_is_tried_only_where_the_words_stand_that_every_hit_holds(pattern, words):
    known = passages.Phrases(topics=(), accountability=(), instructions=(pattern,), instructing=(), slips={},
                             doubled_allowed=())
    assert [each for each, _ in known.instruction_patterns] == [words]
