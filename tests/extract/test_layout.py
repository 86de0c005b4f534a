"""Words to lines, lines to paragraphs, boxes to grids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.layout import Lattice, Line, Word, cell_text, closing_edges, lines_of, paragraphs, tidy


def word(text, left, top, size=10.0):
    return Word(text, left, top, left + size * len(text), top + size)


def line(text, top, left=0.0, page=1, size=10.0):
    return Line([word(text, left, top, size)], page)


@pytest.mark.parametrize(("given_text", "kept"), [
    ("2023 年 新 收 21 件", "2023年新收21件"), ("电 话 ： 0517-1", "电话：0517-1"),
    ("Word 2019 file", "Word 2019 file"), ("12 345", "12 345"), (" “三安全 一稳定” ", "“三安全一稳定”")])
def test_blanks_beside_chinese_go(given_text, kept):
    assert tidy(given_text) == kept


def test_words_side_by_side_are_one_line():
    found = lines_of([word("乙", 30, 1), word("甲", 0, 0), word("丙", 0, 14)])
    assert [made.text for made in found] == ["甲乙", "丙"]


@given(st.lists(st.tuples(st.text("甲乙丙12", min_size=1, max_size=4), st.floats(0, 500), st.floats(0, 700)),
                max_size=30))
def test_no_word_is_lost_between_lines(items):
    found = lines_of([word(text, left, top) for text, left, top in items])
    assert sorted(member.text for made in found for member in made.words) == sorted(text for text, _, _ in items)


FULL = "本机关坚持以公开为常态不公开为例外的原则"


def test_wrapped_lines_are_one_paragraph():
    rows = [line("　　" + FULL, 0), line(FULL + "甲乙", 15), line("并如期完成。", 30), line(FULL, 45, 20.0)]
    rows[0].words[0].left = 20.0
    found = paragraphs(rows)
    assert [made.text for made in found] == [("　　" + FULL + FULL + "甲乙并如期完成。").strip(), FULL]


def test_a_paragraph_goes_on_over_the_page():
    rows = [line(FULL + "甲乙", 0, page=1), line("未完的一句。", 0, page=2)]
    assert [made.text for made in paragraphs(rows)] == [FULL + "甲乙未完的一句。"]


def test_marks_that_cannot_begin_a_line_pull_their_sign_along():
    rows = [line(FULL, 0, left=20.0), line(FULL[:-3], 15), line("点》，接着写。", 30), line(FULL + "甲乙", 45, 20.0)]
    assert len(paragraphs(rows, right=200.0)) == 2


@pytest.mark.parametrize("heading", ["二、主动公开政府信息情况", "（二）依申请公开情况。"])
def test_headings_begin_a_paragraph_even_after_a_full_line(heading):
    rows = [line("一、总体情况", 0), line(FULL + "丙。", 15, 20.0), line(heading, 30)]
    assert paragraphs(rows)[-1].text == heading


def test_another_type_size_is_another_paragraph():
    assert len(paragraphs([line(FULL, 0, size=16.0), line(FULL, 20)])) == 2


@given(st.lists(st.text("甲乙丙。、，一二12", min_size=1, max_size=30), max_size=12), st.booleans())
def test_paragraphs_keep_every_character(rows, indented):
    lines = [line(text, 15.0 * at) for at, text in enumerate(rows)]
    made = paragraphs(lines, indented=indented)
    assert "".join(text.text for text in made).replace(" ", "") == "".join(
        row.text for row in lines).replace(" ", "")


def test_boxes_become_cells_with_spans():
    lattice = Lattice([(0, 0, 200, 20), (0, 20, 100, 60), (100, 20, 200, 40), (100, 40, 200.6, 60)])
    grid = lattice.grid({0: "头", 1: "左", 2: "右上", 3: "右下"}, page=1)
    assert [(cell.text, cell.row, cell.column, cell.rowspan, cell.colspan) for cell in grid.cells] == [
        ("头", 0, 0, 1, 2), ("左", 1, 0, 2, 1), ("右上", 1, 1, 1, 1), ("右下", 2, 1, 1, 1)]
    assert lattice.at(150, 50) == 3
    assert lattice.at(300, 50) is None


@given(st.lists(st.integers(5, 60), min_size=1, max_size=6), st.lists(st.integers(5, 40), min_size=1, max_size=6))
def test_a_plain_lattice_has_every_place(widths, heights):
    xs = [sum(widths[:at]) for at in range(len(widths) + 1)]
    ys = [sum(heights[:at]) for at in range(len(heights) + 1)]
    boxes = [(xs[i], ys[j], xs[i + 1], ys[j + 1]) for i in range(len(widths)) for j in range(len(heights))]
    grid = Lattice(boxes).grid({}, None)
    assert (grid.width, grid.height, len(grid.cells)) == (len(widths), len(heights), len(boxes))


def edge(orientation, x0, top, x1, bottom):
    return {"orientation": orientation, "x0": x0, "x1": x1, "top": top, "bottom": bottom}


def test_an_open_foot_is_closed_once():
    rules = [edge("h", 0, 0, 100, 0), edge("v", 0, 0, 0, 50), edge("v", 50, 0, 50, 50), edge("v", 100, 0, 100, 50)]
    added = closing_edges(rules)
    assert [(made["x0"], made["x1"], made["top"]) for made in added if made["orientation"] == "h"] == [(0, 100, 50)]
    assert not [made for made in closing_edges(rules + added) if made["orientation"] == "h"]


def test_rules_that_touch_nothing_are_left_alone():
    assert closing_edges([edge("h", 0, 10, 100, 10), edge("h", 0, 30, 100, 30)]) == []


def test_the_lines_of_a_cell_are_joined():
    assert cell_text([word("本年制", 0, 0), word("发件数", 0, 12)]) == "本年制发件数"
    assert cell_text([word("123", 0, 0), word("45", 0, 12)]) == "12345"
