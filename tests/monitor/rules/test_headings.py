"""Order, titles and the announced number of sections."""

import pytest

from extract.model import Section
from monitor.rules.headings import judge_count, judge_order
from tests.monitor.reports import TITLES, outcomes, report, said

LISTED = "、".join(TITLES.values())


# ---------------------------------------------------------------- FMT-02
def test_both_official_sets_of_titles_and_known_variants_pass():
    assert outcomes(judge_order, report()) == {"pass"}
    for number, title in ((2, "二、行政机关主动公开政府信息情况"),
                          (4, "四、因政府信息公开工作被申请行政复议、提起行政诉讼情况"),
                          (5, "（五）政府信息公开工作存在的主要问题及改进情况"), (1, "概述")):
        seen = report()
        next(each for each in seen.sections if each.number == number).title = title
        assert outcomes(judge_order, seen) == {"pass"}, title


def test_a_title_inside_another_section_is_out_of_its_order():
    seen = report()
    second = next(each for each in seen.sections if each.number == 2)
    first = next(each for each in seen.sections if each.number == 1)
    second.text = f"（二）总体情况\n{first.text}"
    seen.sections.remove(first)
    assert [each.parameters["list"][:2] for each in judge_order(seen)] == [["section.2", "section.1"]]
    second.text = first.text
    assert outcomes(judge_order, seen) == {"pass"}


@pytest.mark.parametrize(("before", "line", "after"), [
    ("四、政府信息公开行政复议、行政诉讼情况", "五、困难与打算", "六、其他需要报告的事项"),
    ("（四）政府信息公开行政复议、行政诉讼情况", "（五）困难与打算", "（六）其他需要报告的事项")])
def test_a_heading_at_its_place_under_another_title_is_an_unknown_title(before, line, after):
    seen = report(without=(5,))
    for section in seen.sections:
        section.title = {4: before, 6: after}.get(section.number, section.title)
        section.text = line + "\n解读形式单一。" if section.number == 4 else section.text
    assert [each.parameters["list"] for each in judge_order(seen)] == [[f"“{line}”"]]


def test_another_order_and_unknown_titles_are_notes():
    seen = report()
    seen.sections[4], seen.sections[5] = seen.sections[5], seen.sections[4]
    assert [each.parameters["variant"] for each in judge_order(seen)] == ["order"]
    seen = report()
    seen.sections[4].title = "五、工作短板"
    assert [each.parameters["list"] for each in judge_order(seen)] == [["“五、工作短板”"]]


def test_lost_characters_run_on_headings_and_few_sections():
    seen = report()
    seen.sections[4].title = "五、存在的主要问\ufffd"
    assert said(judge_order, seen) == [("uncertain", "lost_characters")]
    seen.sections[4].title = "五、存在的问题是解读形式单一而且栏目层级偏深群众查找信息要点击多次今后改进"
    assert outcomes(judge_order, seen) == {"pass"}
    assert outcomes(judge_order, report(without=(1, 2, 3, 4))) == set()


# ---------------------------------------------------------------- FMT-03
@pytest.mark.parametrize(("sentence", "answer"), [
    (f"本报告由{LISTED}六部分组成。", [("pass", "")]), (f"本报告由{LISTED}等六个部分组成。", [("pass", "")]),
    (f"本报告共分6个部分：{LISTED}。", [("pass", "")]), (f"本报告由{LISTED}七部分组成。", [("fail", "")]),
    ("本报告由总体情况、主动公开政府信息情况、存在的主要问题及改进情况三部分组成。", [("pass", "")]),
    ("本报告由总体情况、主动公开政府信息情况和存在的主要问题及改进情况六部分组成。", [("fail", "")]),
    ("本报告由总体情况、主动公开政府信息情况、附表等六部分组成。", [("uncertain", "ambiguous")]),
    ("本报告由六部分组成。", []), ("工作从三个方面推进。", [])])
def test_the_announced_number_is_compared_with_the_list(sentence, answer):
    assert said(judge_count, report(text={0: sentence})) == answer


def test_a_title_worded_freely_counts_by_its_words():
    titles = LISTED.replace(TITLES[4], "因政府信息公开申请行政复议、提起行政诉讼的情况")
    assert said(judge_count, report(text={0: f"本报告包括{titles}等六个部分。"})) == [("pass", "")]


def test_years_before_the_form_are_not_judged():
    assert said(judge_count, report(2015, {0: f"由{LISTED}七部分组成。"})) == []
    assert said(judge_order, report(2015)) == []


def test_section_titles_of_the_report_itself_are_known_in_its_list():
    seen = report(text={0: "本报告由总体情况、我局公开工作亮点二部分组成。"})
    seen.sections.append(Section(6, "六、我局公开工作亮点", "有。"))
    assert said(judge_count, seen) == [("pass", "")]
