"""Every layout of the form's tables must give each figure its own number, or none."""

from __future__ import annotations

import random

import pytest

from extract import report
from extract.grids import build, transpose
from extract.model import Cell, Document, Grid, Report, TableReading, Text
from tests.extract.form_tables import (
    COLUMNS,
    cell,
    document,
    header_three,
    numbers,
    table_four,
    table_three,
    table_two,
    unmerged,
)

TRUTH = numbers()


def read(*grids, **options) -> Report:
    return report.build(document(*grids, **options))


def faults(read_report: Report, truth=TRUTH) -> dict[str, tuple]:
    """Figures that differ from the truth, by key."""
    found = {key: figure.value for key, figure in read_report.figures.items() if figure.source.table or figure.value}
    return {key: (want, found.get(key)) for key, want in truth.items() if found.get(key) != float(want)}


def wrong(read_report: Report, truth=TRUTH) -> dict[str, tuple]:
    """Figures with a number that isn't the truth."""
    return {key: (truth.get(key), figure.value) for key, figure in read_report.figures.items()
            if figure.value is not None and figure.value != float(truth.get(key, "-1"))}


def table(read_report: Report, number: int) -> TableReading:
    return next(reading for reading in read_report.tables if reading.table == number)


def test_official_layout():
    result = read(table_two(TRUTH), table_three(TRUTH), table_four(TRUTH))
    assert not faults(result)
    assert len(result.figures) == 200
    assert result.form == "2021"
    assert all(figure.confidence == 1 for figure in result.figures.values())
    assert all(reading.found and not (reading.rows_missing or reading.rows_extra or reading.columns_missing
                                      or reading.columns_extra or reading.image or reading.one_row_closed)
               for reading in result.tables)


def test_sources_point_at_the_printed_cell():
    grids = [build(rows) for rows in (table_two(TRUTH), table_three(TRUTH), table_four(TRUTH))]
    result = read(*grids)
    for key, figure in result.figures.items():
        grid = grids[figure.source.table - 2]
        printed = grid.rows()[figure.source.row][figure.source.column]
        assert printed is not None
        assert printed.text == TRUTH[key]


@pytest.mark.parametrize("seed", range(12))
def test_columns_in_any_order(seed):
    order = list(COLUMNS)
    inner = order[1:-1]
    random.Random(seed).shuffle(inner)
    outer = [["natural_person"], inner, ["total"]]
    random.Random(seed + 50).shuffle(outer)
    result = read(table_two(TRUTH), table_three(TRUTH, [*outer[0], *outer[1], *outer[2]]), table_four(TRUTH))
    assert not faults(result)


@pytest.mark.parametrize("repeat", [False, True])
def test_no_merged_cells(repeat):
    result = read(*(unmerged(rows, repeat) for rows in (table_two(TRUTH), table_three(TRUTH), table_four(TRUTH))))
    assert not faults(result)


def test_era_2019():
    truth = numbers("2019")
    truth["disclosure.licences.change"] = "+1036"
    result = read(table_two(truth, "2019"), table_three(truth, era="2019"), table_four(truth), year=2019)
    assert result.form == "2019"
    assert not faults(result, truth)
    assert len(result.figures) == 198
    assert not any(".in_force" in key for key in result.figures)


def test_form_of_2019_in_a_report_of_2023_is_read_as_what_it_is():
    truth = numbers("2019")
    result = read(table_two(truth, "2019"), table_three(truth, era="2019"), table_four(truth), year=2023)
    assert result.form == "2019"
    assert not faults(result, truth)
    assert [reading.form for reading in result.tables[:2]] == ["2019", "2019"]


def test_one_row_other_handling_in_the_form_of_2021():
    truth = {key: value for key, value in TRUTH.items() if ".closed_" not in key}
    truth |= {f"applications.closed.{column}": str(9000 + place) for place, column in enumerate(COLUMNS)}
    result = read(table_two(truth), table_three(truth, one_row=True), table_four(truth))
    assert not faults(result, truth)
    assert len(result.figures) == 186
    reading = table(result, 3)
    assert reading.one_row_closed
    assert reading.form == "2021"
    assert reading.rows_missing == []


def test_group_row_with_its_own_subtotal_is_extra_not_a_figure():
    rows = table_three(TRUTH)
    at = next(i for i, row in enumerate(rows) if any("（六）" in c.text for c in row))
    rows.insert(at, [cell("（六）其他处理小计", 1, 2), *(cell("8888") for _ in COLUMNS)])
    rows[5] = [cell("三、本年度办理结果", 23), *rows[5][1:]]
    result = read(table_two(TRUTH), rows, table_four(TRUTH))
    assert not faults(result)
    assert table(result, 3).rows_extra


@pytest.mark.parametrize("dropped", ["new", "refused_inquiry", "closed_other", "concluded", "carried_out"])
def test_missing_row_is_named_and_nothing_moves_up(dropped):
    label = {"new": "一、本年新收", "refused_inquiry": "8.属于", "closed_other": "3.其他", "concluded": "（七）总计",
             "carried_out": "四、结转"}[dropped]
    rows = [row for row in unmerged(table_three(TRUTH)) if not any(c.text.startswith(label) for c in row)]
    result = read(table_two(TRUTH), rows, table_four(TRUTH))
    assert table(result, 3).rows_missing == [f"applications.{dropped}"]
    assert not wrong(result)
    assert set(faults(result)) == {f"applications.{dropped}.{column}" for column in COLUMNS}


def test_missing_column_is_named():
    columns = [column for column in COLUMNS if column != "total"]
    result = read(table_two(TRUTH), table_three(TRUTH, columns), table_four(TRUTH))
    assert table(result, 3).columns_missing == ["total"]
    assert not wrong(result)
    assert len(faults(result)) == 25


def test_extra_column_and_row_are_listed_and_shift_nothing():
    rows = table_three(TRUTH)
    rows[0][1] = cell("申请人情况", 1, 8)
    rows[1].insert(1, cell("境外人士", 2))
    for place in range(3, len(rows)):
        rows[place].insert(len(rows[place]) - 6, cell("77777"))
    rows.append([cell("五、其中网上申请数量", 1, 3), *(cell("66666") for _ in range(8))])
    result = read(table_two(TRUTH), rows, table_four(TRUTH))
    assert not faults(result)
    assert not wrong(result)
    assert table(result, 3).columns_extra == ["境外人士"]
    assert table(result, 3).rows_extra == ["五、其中网上申请数量"]


def test_misprints_are_read_with_less_than_full_confidence_or_known_ones_with_full():
    rows = table_three(TRUTH)
    swaps = {"2.其他法律行政法规禁止公开": "2.其他法律行政止公开", "6.属于四类过程性信息": "6.属于四类过呈性信息",
             "7.属于行政执法案卷": "7.属于行政执法卷", "（一）予以公开": "(一)予 以 公 开", "3.其他": "3、其它"}
    for row in rows:
        for place, printed in enumerate(row):
            if printed.text in swaps:
                row[place] = cell(swaps[printed.text], printed.rowspan, printed.colspan)
    two = table_two(TRUTH)
    two[1][2] = cell("本年废纸件数")
    result = read(two, rows, table_four(TRUTH))
    assert not faults(result)
    assert 0.85 <= result.figures["applications.refused_deliberative.total"].confidence < 1
    assert result.figures["disclosure.regulations.repealed"].confidence == 1


def test_lost_label_is_filled_by_position_without_confidence():
    rows = unmerged(table_three(TRUTH))
    row = next(row for row in rows if row[2].text.startswith("4.保护"))
    row[2] = cell("")
    result = read(table_two(TRUTH), rows, table_four(TRUTH))
    assert not faults(result)
    assert all(result.figures[f"applications.refused_third_party.{column}"].confidence < 0.9 for column in COLUMNS)


@pytest.mark.parametrize("cut", range(4, 27))
@pytest.mark.parametrize("again", [False, True])
def test_table_three_goes_on_in_another_grid(cut, again):
    matrix = unmerged(table_three(TRUTH))
    below = [*(unmerged(header_three(tuple(COLUMNS))) if again else []), *matrix[cut:]]
    result = read(table_two(TRUTH), matrix[:cut], below, table_four(TRUTH))
    assert not faults(result)


def test_row_torn_by_a_page_break():
    matrix = unmerged(table_three(TRUTH))
    at = next(i for i, row in enumerate(matrix) if row[2].text.startswith("1.申请人"))
    head, tail = matrix[at][2].text[:17], matrix[at][2].text[17:]
    blank = [cell("") for _ in COLUMNS]
    for values_above in (True, False):
        above = [*matrix[:at], [*matrix[at][:2], cell(head), *(matrix[at][3:] if values_above else blank)]]
        below = [[cell(""), cell(""), cell(tail), *(blank if values_above else matrix[at][3:])], *matrix[at + 1:]]
        result = read(table_two(TRUTH), above, below, table_four(TRUTH))
        assert not faults(result)
        assert table(result, 3).rows_extra == []


def test_table_two_in_four_grids_and_everything_in_one_grid():
    two = table_two(TRUTH)
    result = report.build(document(two[:4], two[4:7], two[7:11], two[11:], table_three(TRUTH), table_four(TRUTH)))
    assert not faults(result)
    everything = [*unmerged(two), *unmerged(table_three(TRUTH)), *unmerged(table_four(TRUTH))]
    assert not faults(report.build(document(everything)))


@pytest.mark.parametrize("which", [2, 3, 4])
def test_table_on_its_side(which):
    grids = {2: build(table_two(TRUTH)), 3: build(table_three(TRUTH)), 4: build(table_four(TRUTH))}
    grids[which] = transpose(grids[which])
    result = read(*grids.values())
    assert not wrong(result)
    if which != 2:  # table 2 has four blocks with heads of their own; on its side it is only partly legible
        assert not faults(result)


def test_disputes_as_three_rows():
    outcomes = ["upheld", "corrected", "other", "pending", "total"]
    routes = {"reconsideration": "行政复议", "litigation_direct": "未经复议直接起诉",
              "litigation_after_reconsideration": "复议后起诉"}
    rows = [[cell("情形"), *(cell(text) for text in ("结果维持", "结果纠正", "其他结果", "尚未审结", "总计"))]]
    rows += [[cell(label), *(cell(TRUTH[f"disputes.{route}.{outcome}"]) for outcome in outcomes)]
             for route, label in routes.items()]
    result = read(table_two(TRUTH), table_three(TRUTH), rows)
    assert not faults(result)


@pytest.mark.parametrize("torn", [(0, 1), (0, 1, 2, 3, 4), (3,)])
def test_torn_header_of_the_disputes_is_mended_where_the_outcomes_tell(torn):
    rows = unmerged(table_four(TRUTH), repeat=True)
    for line in rows[:2]:
        for place in torn:
            line[place] = cell("")
    rows[2][:5] = [cell(text) for text in ("结果维持", "结果纠正", "其他结果", "尚未审结", "总计")]
    result = read(table_two(TRUTH), table_three(TRUTH), rows)
    assert not faults(result)
    assert all(result.figures[key].confident for key in TRUTH if key.startswith("disputes."))


def test_wrong_colspan_in_a_label_is_no_confident_shift():
    rows = table_three(TRUTH)
    rows[3][0] = cell(rows[3][0].text, 1, 2)
    result = read(table_two(TRUTH), rows, table_four(TRUTH))
    assert not faults(result)
    assert result.figures["applications.new.total"].confidence < 0.9


def test_row_with_a_cell_too_few_is_never_confident():
    rows = table_three(TRUTH)
    del rows[4][3]
    result = read(table_two(TRUTH), rows, table_four(TRUTH))
    assert all(result.figures[f"applications.carried_in.{column}"].confidence < 0.9 for column in COLUMNS)


def test_number_over_two_columns_belongs_to_none():
    rows = table_three(TRUTH)
    rows[3][2:4] = [cell("5", 1, 2)]
    result = read(table_two(TRUTH), rows, table_four(TRUTH))
    assert result.figures["applications.new.business"].state == "absent"
    assert result.figures["applications.new.research"].state == "absent"
    assert result.figures["applications.new.total"].value == float(TRUTH["applications.new.total"])


@pytest.mark.parametrize(("printed", "state", "value"), [
    ("", "blank", None), ("　", "blank", None), ("/", "dash", None), ("—", "dash", None), ("０", "number", 0),
    ("1,234", "number", 1234), ("2件", "text", 2), ("详见附件", "text", None)])
def test_states_of_cells(printed, state, value):
    truth = dict(TRUTH, **{"applications.granted.business": printed})
    result = read(table_two(truth), table_three(truth), table_four(truth))
    figure = result.figures["applications.granted.business"]
    assert (figure.state, figure.value) == (state, value)
    rest = {key: want for key, want in TRUTH.items() if key != "applications.granted.business"}
    assert not faults(result, rest)


def test_cell_printed_twice_with_two_numbers_is_trusted_by_nobody():
    rows = table_three(TRUTH)
    rows.append([cell("四、结转下年度继续办理", 1, 3), *(cell("4") for _ in COLUMNS)])
    result = read(table_two(TRUTH), rows, table_four(TRUTH))
    assert result.figures["applications.carried_out.total"].confidence <= 0.5
    assert any("printed twice" in problem for problem in result.problems)


def test_statistics_in_the_prose_of_section_one_change_nothing():
    page = document(table_two(TRUTH), table_three(TRUTH), table_four(TRUTH))
    page.blocks.insert(2, build([[cell("类别"), cell("数量")], [cell("行政许可"), cell("5")], [cell("规章"), cell("6")],
                                 [cell("重复申请"), cell("7")]]))
    result = report.build(page)
    assert not faults(result)
    assert all(figure.confidence == 1 for figure in result.figures.values())


def test_single_words_of_the_form_in_another_table_are_no_table():
    page = document(table_two(TRUTH))
    page.blocks.insert(2, build([[cell("类别"), cell("数量")], [cell("行政许可"), cell("5")],
                                 [cell("重复申请"), cell("7")]]))
    result = report.build(page)
    assert not wrong(result)
    assert [reading.found for reading in result.tables] == [True, False, False]


def test_tables_are_found_where_every_heading_is_lost():
    page = document(table_two(TRUTH), table_three(TRUTH), table_four(TRUTH))
    page.blocks = [block for block in page.blocks if not isinstance(block, Text)]
    assert not faults(report.build(page))


def test_other_tables_are_no_tables_of_the_form():
    other = [[cell("序号"), cell("单位"), cell("总计"), cell("其他")],
             *[[cell(str(i)), cell(f"局{i}"), cell("3"), cell("4")] for i in range(9)]]
    result = read(table_two(TRUTH), table_three(TRUTH), table_four(TRUTH), other)
    assert not faults(result)
    assert not wrong(result)


@pytest.mark.parametrize("loose", [False, True])
@pytest.mark.parametrize(("unit", "sure"), [
    ("（单位：元）", False), ("(元)", False), ("/元", False), ("（单位为元）", False), ("，单位：千元", False),
    ("（百万元）", False), ("（亿元）", False), ("（单位：万元）", True), ("（万 元）", True), ("", True)])
def test_an_amount_headed_in_another_unit_is_never_sure(unit, sure, loose):
    figures = numbers() | {"disclosure.fees.amount": "251000.00"}
    rows = [[cell(each.text + unit if each.text == "本年收费金额" else each.text, each.rowspan, each.colspan)
             for each in row] for row in table_two(figures)]
    grid = build(rows)
    if loose:
        grid = Grid([Cell(each.text, place, 0) for place, each in enumerate(grid.cells)], loose=True)
    result = read(grid) if not loose else report.build(Document("", "text/plain", "test", [
        Text("二、主动公开政府信息情况"), grid]))
    assert result.figures["disclosure.fees.amount"].value == 251000.0
    assert result.figures["disclosure.fees.amount"].confident is sure
    assert result.figures["disclosure.penalties.decided"].confident
    assert any("can't be told" in said for said in result.problems) is not sure


def test_a_blank_last_row_of_table_three_does_not_swallow_table_four():
    blank = {f"applications.carried_out.{column}" for column in COLUMNS}
    printed = {key: "" if key in blank else text for key, text in TRUTH.items()}
    result = read(table_two(printed), table_three(printed), table_four(printed))
    assert set(faults(result)) == blank
    assert not wrong(result)
    assert not result.problems


def test_a_row_that_numbers_the_columns_is_no_row_of_figures():
    matrix = unmerged(table_three({**TRUTH, **{key: "" for key in TRUTH if ".refused_" in key}}))
    at = next(i for i, row in enumerate(matrix) if row[2].text.startswith("2.其他法律"))
    counted = [cell(""), cell("栏次"), cell(""), *(cell(str(number)) for number in range(1, 8))]
    result = read(table_two(TRUTH), matrix[:at + 1], [*unmerged(header_three(tuple(COLUMNS))), counted,
                                                      *matrix[at + 1:]], table_four(TRUTH))
    assert not wrong(result)
    assert not table(result, 3).rows_extra


@pytest.mark.parametrize(("above", "sure"), [
    ("单位：元", False), ("（金额单位：人民币元）", False), ("二、主动公开政府信息情况（单位：千元）", False),
    ("单位：万元", True), ("填报单位：元谋县教育局", True), ("全年收费金额为251000元。", True)])
@pytest.mark.parametrize("loose", [False, True])
def test_another_unit_said_above_a_table_makes_its_amounts_unsure(above, sure, loose):
    grid = build(table_two(numbers() | {"disclosure.fees.amount": "251000.00"}))
    if loose:
        grid = Grid([Cell(each.text, place, 0) for place, each in enumerate(grid.cells)], loose=True)
    blocks = [Text("二、主动公开政府信息情况"), Text(above), grid] if "二、" not in above else [Text(above), grid]
    result = report.build(Document("", "text/plain", "test", blocks))
    assert result.figures["disclosure.fees.amount"].value == 251000.0
    assert result.figures["disclosure.fees.amount"].confident is sure
    assert result.figures["disclosure.penalties.decided"].confident


@pytest.mark.parametrize("where", ["line", "first line", "label"])
def test_another_unit_in_a_line_or_label_of_the_table_makes_an_amount_unsure(where):
    rows = table_two(numbers() | {"disclosure.fees.amount": "251000.00"})
    if "line" in where:
        rows.insert(-2 if where == "line" else 0, [cell("（单位：元）", 1, 4)])
    else:
        rows[-1][0] = cell("行政事业性收费（元）")
    result = read(rows)
    assert result.figures["disclosure.fees.amount"].value == 251000.0
    assert not result.figures["disclosure.fees.amount"].confident
    assert result.figures["disclosure.penalties.decided"].confident


def _with_column(rows, at, header, text):
    """Table 3 unmerged, with one column more."""
    return [[*row[:at], cell(header if place < 3 else text), *row[at:]] for place, row in enumerate(unmerged(rows))]


@pytest.mark.parametrize("first", [True, False])
def test_a_subtotal_column_is_not_the_total(first):
    columns = ["total", *[column for column in COLUMNS if column != "total"]] if first else list(COLUMNS)
    matrix = _with_column(table_three(TRUTH, columns), 10 if first else 9, "小计", "7777")
    result = read(table_two(TRUTH), matrix, table_four(TRUTH))
    assert not faults(result)
    assert table(result, 3).columns_extra == ["小计"]


def test_last_years_column_is_not_this_years():
    rows = [[*row, cell("上年现行有效件数" if row[0].text == "信息内容" else "6666")] if len(row) == 4 else row
            for row in table_two(TRUTH)]
    assert not wrong(read(rows, table_three(TRUTH), table_four(TRUTH)))


@pytest.mark.parametrize(("label", "replaced"), [("合计", "concluded"), ("9.其他", "closed_")])
def test_a_bare_label_in_another_place_is_another_row(label, replaced):
    printed = unmerged(table_three(TRUTH))
    lost = {key for key in TRUTH if key.startswith(f"applications.{replaced}")}
    kept = [row for row in printed if not {part.text for part in row} & {TRUTH[key] for key in lost}]
    extra = [cell(""), cell(""), cell(label), *(cell("8888") for _ in COLUMNS)]
    at = len(kept) if label == "合计" else 1 + next(
        place for place, row in enumerate(kept) if row[2].text.startswith("8.属于"))
    result = read(table_two(TRUTH), [*kept[:at], extra, *kept[at:]], table_four(TRUTH))
    assert set(faults(result)) == lost
    assert not wrong(result)
    assert label in table(result, 3).rows_extra


def test_a_number_over_two_rows_belongs_to_none_but_zero_to_both():
    for text, value in (("171", None), ("0", 0)):
        rows = table_three(TRUTH)
        rows[3][1] = cell(text, 2)
        del rows[4][1]
        result = read(table_two(TRUTH), rows, table_four(TRUTH))
        assert [result.figures[f"applications.{row}.natural_person"].value for row in ("new", "carried_in")] == [
            value, value]
        assert set(faults(result)) <= {f"applications.{row}.natural_person" for row in ("new", "carried_in")}


def test_a_zero_over_several_columns_is_the_zero_of_each_but_not_surely():
    rows = table_two(TRUTH)
    rows[2] = [rows[2][0], cell("0", 1, 3)]
    figures = read(rows).figures
    for column in ("issued", "repealed", "in_force"):
        assert figures[f"disclosure.regulations.{column}"].value == 0
        assert not figures[f"disclosure.regulations.{column}"].confident


def test_a_heading_pushed_past_its_neighbour_makes_the_columns_unsure():
    rows = table_three(TRUTH)
    rows[1][1] = cell(rows[1][1].text, 1, 4)  # of five: the fifth heading below it falls behind 总计
    result = read(table_two(TRUTH), rows, table_four(TRUTH))
    assert wrong(result)
    assert not any(result.figures[key].confident for key in wrong(result))


def test_labels_under_a_header_that_begins_too_early_are_read_without_confidence():
    rows = table_three(TRUTH)
    rows[0][0] = cell(rows[0][0].text, 3, 2)  # of three columns
    result = read(table_two(TRUTH), rows, table_four(TRUTH))
    assert not faults(result)
    assert not result.figures["applications.closed_other.total"].confident


def test_a_header_torn_by_a_page_break_leaves_no_column_unread():
    rows = unmerged(table_three(TRUTH))
    above = [[*row[:3], *(part for part in row[3:] if part.text)] for row in rows[:2]]
    middle = [[cell("")] * 4 + rows[2][4:9] + [cell("")], *rows[3:-1]]
    last = [cell(rows[-1][0].text, 1, 2), *rows[-1][3:]]
    result = read(table_two(TRUTH), above, middle, [last], table_four(TRUTH))
    assert not faults(result)
    assert result.figures["applications.new.business"].confident
    assert not result.figures["applications.new.total"].confident
    assert not result.figures["applications.carried_out.business"].confident
