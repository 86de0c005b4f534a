"""What sections 1 and 5 are there for."""

import pytest

from monitor.rules.contents import (
    judge_accountability,
    judge_length,
    judge_own_text,
    judge_problems,
    judge_topics,
)
from tests.monitor.reports import FIRST, outcomes, report, said

FILLER = "各项任务按月推进，遇到困难及时协调。" * 20


# ---------------------------------------------------------------- FMT-10
def test_the_five_topics_are_found_by_their_words_wherever_they_stand():
    assert outcomes(judge_topics, report()) == {"pass"}
    lacking = "依申请公开渠道畅通，网站专栏改版，开展培训，做好信息管理。" + FILLER
    missing = next(judge_topics(report(text={1: lacking})))
    assert (missing.outcome, missing.parameters["list"]) == ("fail", ["主动公开"])
    assert next(judge_topics(report(text={1: FILLER}, damaged=True))).outcome == "uncertain"


def test_short_or_missing_sections_and_old_forms_have_no_topics():
    for seen in (report(text={1: "很短。"}), report(without=(1,)), report(2017)):
        assert outcomes(judge_topics, seen) == set()


# ---------------------------------------------------------------- FMT-11
@pytest.mark.parametrize(("body", "kind", "text", "answer"), [
    ("示例县人民政府", None, FIRST.format(year=2021), [("pass", None)]),
    ("示例县人民政府", None, FILLER, [("fail", "W")]), ("示例县", None, FILLER, [("fail", "W")]),
    ("示例县人民政府", None, FILLER + "纳入年度考核。", [("fail", "I")]),
    ("清样镇人民政府", None, FILLER, [("fail", "I")]),
    ("随便什么名称", "government", FILLER, [("fail", "W")]), ("示例县人民政府", "township", FILLER, [("fail", "I")]),
    ("示例县人民政府办公室", None, FILLER, []), ("例证街道办事处", None, FILLER, []),
    ("示例经济开发区管委会", None, FILLER, []),
    ("示例县财政局", None, FILLER, [])])
def test_governments_tell_of_assessment_appraisal_and_accountability(body, kind, text, answer):
    seen = report(text={1: text}, body=body, roster={"kind": kind} if kind else {})
    assert [(each.outcome, each.severity) for each in judge_accountability(seen)] == answer


def test_what_may_stand_in_a_section_that_was_not_found_is_uncertain():
    seen = report(without=(1,), body="示例县人民政府")
    assert said(judge_accountability, seen) == [("uncertain", "structure")]


# ---------------------------------------------------------------- FMT-12
@pytest.mark.parametrize(("text", "medium", "answer"), [
    ("无", "text/html", [("fail", "")]), ("不涉及。", "text/html", [("fail", "")]), ("", "text/html", [("fail", "")]),
    ("解读较少，今后多做图解。", "text/html", [("fail", "")]), ("", "application/pdf", [("uncertain", "medium")]),
    ("无", "application/pdf", [("fail", "")])])
def test_a_fifth_section_without_problem_or_measure(text, medium, answer):
    assert said(judge_problems, report(text={5: text}, medium=medium)) == answer


def test_a_fifth_section_with_content_passes_and_a_missing_one_is_left_to_the_structure():
    assert said(judge_problems, report()) == [("pass", "")]
    assert said(judge_problems, report(without=(5,))) == []
    assert said(judge_problems, report(text={5: "无"}, damaged=True)) == [("uncertain", "damaged")]


# ---------------------------------------------------------------- FMT-14
@pytest.mark.parametrize(("count", "answer"), [
    (1500, ("pass", None)), (150, ("pass", None)), (1501, ("fail", "long")), (149, ("fail", None))])
def test_the_length_of_section_1(count, answer):
    (verdict,) = judge_length(report(text={1: "字 " * count}))
    assert (verdict.outcome, verdict.parameters.get("variant")) == answer


def test_a_section_1_of_which_nothing_was_read_is_uncertain():
    assert said(judge_length, report(text={1: ""})) == [("uncertain", "structure")]
    assert said(judge_length, report(without=(1,))) == []


# ---------------------------------------------------------------- YOY-09
@pytest.mark.parametrize(("text", "answer"), [
    (FIRST.format(year=2021), [("pass", "")]), ("2021年，我局发布信息30条。" + FILLER, [("pass", "")]),
    ("示例县财政局发布信息三十余条。" + FILLER, [("pass", "")]),
    ("二〇二一年，我局稳步推进。" + FILLER, [("pass", "")]),
    ("一年来，我局发布信息30条。" + FILLER, [("fail", "")]), ("示例县财政局稳步推进各项工作。" + FILLER, [("fail",
                                                                                                           "")]),
    ("很短。", [])])
def test_a_text_that_fits_any_body_and_any_year(text, answer):
    assert said(judge_own_text, report(text={1: text})) == answer


@pytest.mark.parametrize(("body", "told", "named"), [
    ("示例县财政局", "县财政局", True), ("示例县财政局", "财政局", True), ("示例县财政局", "县审计局", False),
    ("示例县财政局", "示例县", False), ("示例县白塔镇人民政府", "白塔镇", True),
    ("示例县白塔镇人民政府", "镇政府", False), ("示例市示例区白塔街道办事处", "白塔街道", True),
    ("示例县人民政府", "示例县", True), ("示例县人民政府", "各县", False),
    ("示例县人民政府办公室", "县政府办", True), ("示例经济开发区管委会", "示例经济开发区", True),
    ("示例市人力资源和社会保障局", "市人社局", True), ("示例市发展和改革委员会", "市发改委", True),
    ("示例市住房和城乡建设局", "我局", False), ("示例市住房和城乡建设局", "住建局", True),
    ("示例市住房和城乡建设局", "市财政局", False)])
def test_a_body_is_named_as_its_own_prose_does(body, told, named):
    seen = report(text={1: told + "发布信息30条。" + FILLER}, body=body)
    assert outcomes(judge_own_text, seen) == {"pass" if named else "fail"}


def test_own_text_of_a_damaged_or_nameless_report_is_uncertain():
    assert said(judge_own_text, report(text={1: FILLER}, damaged=True)) == [("uncertain", "damaged")]
    assert said(judge_own_text, report(text={1: FILLER}, body=None)) == [("uncertain", "structure")]
