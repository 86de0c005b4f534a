"""Characters with boxes → words, cells and lines, whatever order and direction they were drawn in."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.characters import Characters, mapping_lost, place, printed_once, visible
from extract.lattice import Rules, tables_of


def line(text, left=50.0, top=100.0, size=10.0, step=None):
    """Characters side by side; half as wide where ASCII."""
    boxes, x = [], left
    for char in text:
        wide = size / 2 if char.isascii() else size
        boxes.append((x, top, x + wide, top + size))
        x += step or wide
    return [(char, box) for char, box in zip(text, boxes, strict=True)]


def characters(*parts):
    drawn = [pair for part in parts for pair in part]
    return Characters("".join(char for char, _ in drawn), np.array([box for _, box in drawn], float).reshape(-1, 4))


def table():
    lines = [(40, y, 240, y) for y in (50, 80, 110)] + [(x, 50, x, 110) for x in (40, 140, 240)]
    return tables_of(Rules.of(lines))


def test_text_and_boxes_must_belong_together():
    with pytest.raises(ValueError, match="2 characters, 1 boxes"):
        Characters("ab", np.zeros((1, 4)))


def test_words_end_at_gaps_and_at_new_lines():
    drawn = characters(line("行政许可"), line("17", 130), line("第二行", top=115))
    words = [word.text for printed in place(drawn, []).lines for word in printed.words]
    assert words == ["行政许可", "17", "第二行"]


def test_what_is_printed_twice_counts_once():
    drawn = characters(line("一、总体情况"), line("一、总体情况", 50.3, 100.4), line("11", 200))
    assert printed_once(drawn).text == "一、总体情况11"


def test_blanks_and_what_lies_off_the_page_are_not_visible():
    assert visible(characters(line("总 计\u3000"), line("界外", 900)), 595, 842).text == "总计"


def test_characters_fall_into_the_cell_that_holds_their_centre():
    drawn = characters(line("规章", 50, 60), line("3", 180, 60), line("行政", 45, 85), line("许可", 45, 96),
                       line("17", 180, 90), line("表外的文字", 40, 130))
    placed = place(drawn, table(), page=2)
    assert [cell.text for cell in placed.grids[0].cells] == ["规章", "3", "行政许可", "17"]
    assert [one.text for one in placed.lines] == ["表外的文字"]
    assert placed.lines[0].page == 2
    assert not placed.doubtful


def test_a_row_of_two_cells_is_a_table_only_with_a_figure_in_it():
    lines = [(40, y, 240, y) for y in (50, 80)] + [(x, 50, x, 80) for x in (40, 140, 240)]
    fees = place(characters(line("收费", 50, 60), line("7644.65", 160, 60)), tables_of(Rules.of(lines)))
    assert [cell.text for cell in fees.grids[0].cells] == ["收费", "7644.65"]
    banner = place(characters(line("示例县", 50, 60), line("年度报告", 160, 60)), tables_of(Rules.of(lines)))
    assert banner.grids == []
    assert [one.text for one in banner.lines] == ["示例县年度报告"]


def test_an_empty_table_is_decoration():
    assert place(characters(line("只有正文", top=200)), table()).grids == []


@given(st.integers(0, 10**6), st.randoms(use_true_random=False))
def test_order_of_drawing_changes_nothing(number, chance):
    drawn = [*line("行政许可", 45, 60), *line(str(number), 160, 90)]
    chance.shuffle(drawn)
    cells = place(characters(drawn), table()).grids[0].cells
    assert [cell.text for cell in cells] == ["行政许可", "", "", str(number)]


def test_text_on_its_side_reads_in_its_own_direction():
    upward = [(char, (60, 100 - 10 * n, 70, 110 - 10 * n)) for n, char in enumerate("办理结果")]
    downward = [(char, (60, 60 + 10 * n, 70, 70 + 10 * n)) for n, char in enumerate("办理结果")]
    lines = [(40, y, 240, y) for y in (50, 110)] + [(x, 50, x, 110) for x in (40, 140, 180, 240)]
    for drawn in (upward, downward):
        assert place(characters(drawn), tables_of(Rules.of(lines))).grids[0].cells[0].text == "办理结果"
    columns = [(char, (80 - 12 * (n // 2), 60 + 12 * (n % 2), 90 - 12 * (n // 2), 70 + 12 * (n % 2)))
               for n, char in enumerate("办理结果")]
    assert place(characters(columns), tables_of(Rules.of(lines))).grids[0].cells[0].text == "办理结果"


def test_characters_in_a_gap_of_the_rules_are_doubtful():
    lines = [(40, 50, 140, 50), (40, 80, 240, 80), (40, 110, 240, 110), (40, 50, 40, 110), (140, 50, 140, 110),
             (240, 80, 240, 110)]
    placed = place(characters(line("3", 180, 60), line("规章", 50, 60)), tables_of(Rules.of(lines)))
    assert "no cell" in placed.doubtful


@pytest.mark.parametrize(("text", "lost"), [
    ("行政许可的年度报告，共17件。", False), ("", False), ("Annual report 2021", False),
    ("\ufffd\ufffd\ufffd\ufffd行政", True), ("\x01\x02\x03\x04\x05\x06", True),
    ("ÖÐ¹úÈËÃñ¹²ºÍ¹úÕþ¸®ÐÅÏ¢¹«¿ªÌõÀýÖÐ¹úÈËÃñ", True)])
def test_a_lost_mapping_is_told(text, lost):
    assert mapping_lost(text) is lost


def test_ten_thousand_characters_take_no_time():
    chance = random.Random(1)
    drawn = characters(*(line(str(chance.randrange(10**6)), chance.random() * 500, chance.random() * 800)
                         for _ in range(2000)))
    assert len(place(drawn, []).lines) > 50
