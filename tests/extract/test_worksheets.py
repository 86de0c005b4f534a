"""Sheets → blocks: what is prose, where tables begin and end, and blanks that are there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract import worksheets
from extract.exceptions import LimitExceededError
from extract.model import Cell, Grid, Text


def sheet(*rows):
    return [Cell(text, row, column) for row, texts in enumerate(rows) for column, text in enumerate(texts) if text]


def blocks(*rows):
    return worksheets.blocks(sheet(*rows), 1)


@pytest.mark.parametrize("line", [
    "某县2022年政府信息公开工作年度报告", "三、收到和处理政府信息公开申请情况", "本年度无其他需要报告的事项。",
    "字" * 70])
def test_prose_becomes_text(line):
    first, second = blocks([line], ["规章", "1"])
    assert (type(first), first.text, first.page) == (Text, line, 1)
    assert isinstance(second, Grid)


@pytest.mark.parametrize("label", [
    "第二十条第（一）项", "四、结转下年度继续办理", "（七）总计", "2.其他法律行政法规禁止公开", "31", "—",
    "（二）部分公开（区分处理的，只计这一情形，不计其他情形）",
    "2.申请人逾期未按收费通知要求缴纳费用、行政机关不再处理其政府信息公开申请"])
def test_labels_that_stand_alone_stay_in_the_table(label):
    made = blocks(["信息内容", "本年制发件数"], [label], ["规章", "1"])
    assert [type(block) for block in made] == [Grid]
    assert made[0].cells[2].text == label
    assert made[0].cells[3].text == ""


def test_empty_rows_part_tables_but_not_merged_cells():
    merged = [Cell("甲", 0, 0, 3, 1), Cell("1", 0, 1), Cell("2", 2, 1), Cell("3", 4, 1)]
    first, second = worksheets.blocks(merged, 2)
    assert [(cell.row, cell.column, cell.text) for cell in first.cells] == [(0, 0, "甲"), (0, 1, "1"), (1, 1, ""),
                                                                          (2, 1, "2")]
    assert [(cell.row, cell.column, cell.page) for cell in second.cells] == [(4, 1, 2)]


def test_hidden_rows_part_no_table_and_merged_cells_stay_while_any_part_is_shown():
    unseen = worksheets.Hidden({1}, [(0, 0)])
    cells = [Cell("甲", 0, 0, 1, 2), Cell("1", 0, 2), Cell("藏", 0, 0), Cell("隐", 1, 1), Cell("乙", 2, 1),
             Cell("2", 2, 2)]
    grid, = worksheets.blocks([cell for cell in cells if cell.text != "藏"], 1, unseen)
    assert [(cell.row, cell.column, cell.text) for cell in grid.cells] == [
        (0, 0, "甲"), (0, 2, "1"), (2, 0, ""), (2, 1, "乙"), (2, 2, "2")]
    assert unseen.hides(cells[2])


def test_far_cells_are_counted_not_kept():
    kept, far = worksheets.near([Cell("1", 0, 0), Cell("2", worksheets.MOST_ROWS, 0), Cell("3", 0, 9999),
                                 Cell(" ", 0, 99999)])
    assert ([cell.text for cell in kept], far) == (["1"], 2)
    with pytest.raises(LimitExceededError):
        worksheets.blocks([Cell("1", row, column) for row, column in [(0, 0), *((row, 250) for row in range(2000))]], 1)


@pytest.mark.parametrize(("name", "plain"), [("Sheet1", True), ("工作表 2", True), ("表三", True), ("表3", True),
                                             ("依申请公开", False), ("2021", False)])
def test_names_that_say_nothing(name, plain):
    assert worksheets.is_plain_name(name) == plain


@given(st.floats(-1e300, 1e300))
def test_numbers_keep_their_value(value):
    assert float(worksheets.number(value)) == pytest.approx(value, rel=1e-14, abs=1e-300)


@given(st.integers(-10**14, 10**14))
def test_whole_numbers_have_no_point(value):
    assert worksheets.number(float(value)) == str(value)


@given(st.dictionaries(st.tuples(st.integers(0, 20), st.integers(0, 9)),
                       st.sampled_from(["甲", "1", "结束了。", "一、总体情况"]), min_size=1))
def test_every_filled_cell_comes_out_once(cells):
    made = worksheets.blocks([Cell(text, *place) for place, text in sorted(cells.items())], 1)
    found = [text for block in made for text in (
        [cell.text for cell in block.cells if cell.text] if isinstance(block, Grid) else [block.text])]
    assert sorted(found) == sorted(cells.values())
