"""The six sections, however their headings are printed."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.grids import RawCell, build
from extract.model import Document, Text
from extract.sections import heading, split

PLAIN = ["总体情况", "主动公开政府信息情况", "收到和处理政府信息公开申请情况", "政府信息公开行政复议、行政诉讼情况",
         "存在的主要问题及改进情况", "其他需要报告的事项"]
TOP = "一二三四五六"
GRID = build([[RawCell("规章"), RawCell("0")]])


def cut(*parts) -> dict[int, str]:
    blocks = [Text(part) if isinstance(part, str) else part for part in parts]
    return {span.number: span.text for span in split(Document("", "text/html", "test", blocks))}


def whole(headings) -> list:
    blocks: list = ["某县2021年政府信息公开工作年度报告"]
    for number, title in enumerate(headings, 1):
        blocks += [title, GRID if number in (2, 3, 4) else f"第{number}节的正文，说明了若干情况。"]
    return blocks


@pytest.mark.parametrize("style", [
    lambda n, t: f"{TOP[n]}、{t}", lambda n, t: f"（{TOP[n]}）{t}", lambda n, t: f"{n + 1}.{t}", lambda n, t: t,
    lambda n, t: f"{TOP[n]} 、 {' '.join(t)}", lambda n, t: f"第{TOP[n]}部分 {t}", lambda n, t: f"{TOP[n]}.{t}：",
    lambda n, t: f"{TOP[n]}、\n{t[:4]}\n{t[4:]}"])
def test_styles_of_headings(style):
    found = cut(*whole([style(number, title) for number, title in enumerate(PLAIN)]))
    assert list(found) == [0, 1, 2, 3, 4, 5, 6]
    assert found[1] == "第1节的正文，说明了若干情况。"
    assert found[5] == "第5节的正文，说明了若干情况。"


@pytest.mark.parametrize(("title", "number"), [
    ("一、概述", 1), ("一、工作总体推进情况", 1), ("二、行政机关主动公开政府信息情况", 2),
    ("二、政府信息主动公开情况", 2),
    ("三、行政机关收到和处理政府信息公开申请情况", 3), ("四、因政府信息公开工作被申请行政复议、提起行政诉讼情况", 4),
    ("四、因政府信息公开申请行政复议和提起行政诉讼的情况", 4), ("四、政府信息公开行政法复议、行政诉讼情况", 4),
    ("五、政府信息公开工作存在的主要问题及改进措施", 5), ("五、存在问题及改进情况", 5), ("六、其他报告的事项", 6),
    ("六、需要说明的事项", 6)])
def test_seen_variants(title, number):
    assert heading(title) == number


@pytest.mark.parametrize("text", [
    "全文由总体情况、主动公开政府信息情况、收到和处理政府信息公开申请情况等六部分组成", "（二）依申请公开办理情况",
    "1.申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请", "一、本年新收政府信息公开申请数量",
    "（一）主动公开方面。全年公开信息100条。", "2021年，我局无行政复议、行政诉讼情况，工作有序。", "一、", "",
    "（六）其他处理", "行政复议", "行政复议 行政诉讼", "行政复议\t行政诉讼", "3.其他"])
def test_no_headings(text):
    assert heading(text) is None


def test_list_of_titles_in_the_preamble_is_no_section():
    found = cut("本报告由" + "、".join(PLAIN) + "六部分组成。", *whole([f"{TOP[n]}、{t}" for n, t in enumerate(PLAIN)]))
    assert "六部分组成" in found[0]
    assert list(found) == [0, 1, 2, 3, 4, 5, 6]


def test_contents_page_before_the_report():
    titles = [f"{TOP[n]}、{t}" for n, t in enumerate(PLAIN)]
    found = cut(*titles, *whole(titles))
    assert found[1] == "第1节的正文，说明了若干情况。"
    assert found[6] == "第6节的正文，说明了若干情况。"


@pytest.mark.parametrize("form", ["（{}）{}", "{}、{}", "{}.{}"])
def test_sub_headings_named_like_sections(form):
    blocks = whole([f"{TOP[n]}、{t}" for n, t in enumerate(PLAIN)])
    subs: list = []
    for place, title in enumerate(PLAIN[1:4]):
        mark = str(place + 1) if form.startswith("{}.") else TOP[place]
        subs += [form.format(mark, title), f"小节{place}的情况说明。"]
    blocks[2:3] = ["开头。", *subs]
    found = cut(*blocks)
    assert list(found) == [0, 1, 2, 3, 4, 5, 6]
    assert all(f"小节{place}的情况说明。" in found[1] for place in range(3))


@pytest.mark.parametrize("lost", [[4], [2, 3], [1], [6], [3, 4, 5]])
def test_lost_headings_leave_the_others_in_place(lost):
    blocks = whole([f"{TOP[n]}、{t}" for n, t in enumerate(PLAIN)])
    blocks = [block for block in blocks if not any(isinstance(block, str) and block == f"{TOP[n - 1]}、{PLAIN[n - 1]}"
                                                   for n in lost)]
    assert [number for number in cut(*blocks) if number] == [n for n in range(1, 7) if n not in lost]


def test_sections_out_of_order_are_all_found():
    order = [0, 1, 2, 3, 5, 4]
    titles = [f"{TOP[place]}、{PLAIN[n]}" for place, n in enumerate(order)]
    found = cut(*[part for place, title in enumerate(titles) for part in (title, f"正文{order[place] + 1}。")])
    assert set(found) == {0, 1, 2, 3, 4, 5, 6}
    assert found[5] == "正文5。"
    assert found[6] == "正文6。"


def test_heading_and_text_in_one_paragraph():
    found = cut("一、总体情况\n2021年工作有序。\n第二行。", "二、主动公开政府信息情况", GRID,
                "\n五、存在的主要问题及改进情况\n不足。")
    assert found == {0: "", 1: "2021年工作有序。\n第二行。", 2: "", 5: "不足。"}


@given(st.lists(st.sampled_from([*PLAIN, *(f"{TOP[n]}、{t}" for n, t in enumerate(PLAIN)), "正文。", "（一）情况"]),
                max_size=20))
def test_no_text_is_lost_and_no_section_twice(parts):
    spans = split(Document("", "text/html", "test", [Text(part) for part in parts]))
    numbers = [span.number for span in spans]
    assert len(numbers) == len(set(numbers))
    assert sum(len(span.blocks) for span in spans) + len(spans) - 1 == len(parts)


def test_a_page_of_nothing_but_headings_takes_no_longer_than_it_is() -> None:
    titles = ["一、总体情况", "二、主动公开政府信息情况", "三、收到和处理政府信息公开申请情况"]
    began = time.process_time()
    spans = split(Document("", "text/html", "test", [Text(titles[number % 3]) for number in range(6000)]))
    assert time.process_time() - began < 3
    assert [span.number for span in spans] == [0, 1, 2, 3]
