"""Text dumps: tabs, one cell a line, markdown; figures by label and printed order, blanks only where countable."""

from __future__ import annotations

import time

import pytest

from extract import report
from extract.model import Grid, Hints, Report
from extract.readers.plain import read
from tests.extract.form_tables import COLUMNS, TITLES, numbers, table_four, table_three, table_two, unmerged

TRUTH = numbers()


def lines_by_tab(rows) -> list[str]:
    return ["\t".join(cell.text for cell in row) for row in rows]


def lines_by_cell(rows) -> list[str]:
    """As Word tables come off the clipboard: a tab and a cell a line, an empty line after each row."""
    return [line for row in rows for line in [*("\t" + cell.text for cell in row), ""]]


def lines_bare(rows) -> list[str]:
    return [cell.text for row in rows for cell in row if cell.text]


def markdown(rows) -> list[str]:
    lines = ["| " + " | ".join(cell.text for cell in row) + " |" for row in rows]
    return [lines[0], "|---" * len(rows[0]) + "|", *lines[1:]]


def spaced(rows) -> list[str]:
    return [" ".join(cell.text.replace(" ", "") for cell in row if cell.text) for row in rows]


def dump(two, three, four, title="某县2021年政府信息公开工作年度报告") -> str:
    tables = {2: two, 3: three, 4: four}
    parts = [title, "", "本报告由总体情况、主动公开政府信息情况、收到和处理政府信息公开申请情况等六部分组成。"]
    for number, heading in TITLES.items():
        parts += [heading, "", *(tables.get(number) or ["本节说明工作情况，没有表格。"]), ""]
    return "\n".join(parts)


def open_text(text: str) -> Report:
    return report.build(read(text.encode(), Hints()))


def values(result: Report) -> dict[str, float]:
    return {key: figure.value for key, figure in result.figures.items() if figure.value is not None}


@pytest.mark.parametrize("style", [lines_by_tab, lines_by_cell, lines_bare, markdown, spaced])
@pytest.mark.parametrize("merged", [True, False])
def test_styles_of_dumps(style, merged):
    tables = [rows if merged else unmerged(rows) for rows in (table_two(TRUTH), table_three(TRUTH), table_four(TRUTH))]
    result = open_text(dump(*(style(rows) for rows in tables)))
    assert values(result) == {key: float(value) for key, value in TRUTH.items()}
    assert [section.number for section in result.sections] == [0, 1, 2, 3, 4, 5, 6]
    assert all(figure.confidence >= 0.9 for figure in result.figures.values())
    assert all("0" not in section.text for section in result.sections if section.number in (2, 3, 4))


def test_spans_point_into_the_text():
    text = dump(lines_by_tab(table_two(TRUTH)), lines_by_tab(table_three(TRUTH)), lines_by_tab(table_four(TRUTH)))
    result = open_text(text)
    for key, figure in result.figures.items():
        start, end = figure.source.span
        assert text[start:end].strip() == TRUTH[key]


def test_columns_in_other_order():
    order = ["total", "natural_person", "research", "business", "legal_service", "public_interest",
             "other_organisation"]
    result = open_text(dump(lines_by_tab(table_two(TRUTH)), lines_by_tab(table_three(TRUTH, order)),
                            lines_by_tab(table_four(TRUTH))))
    assert values(result) == {key: float(value) for key, value in TRUTH.items()}


@pytest.mark.parametrize("empty", [["natural_person"], ["natural_person", "business"], ["total"], ["research", "total"],
                                   list(COLUMNS)])
def test_blanks_are_counted_where_rows_of_the_same_shape_show_the_columns(empty):
    truth = dict(TRUTH)
    for column in empty:
        truth[f"applications.carried_out.{column}"] = ""
    truth["disclosure.normative_documents.in_force"] = ""
    result = open_text(dump(*(lines_by_tab(unmerged(rows)) for rows in (table_two(truth), table_three(truth),
                                                                         table_four(truth)))))
    assert values(result) == {key: float(value) for key, value in truth.items() if value}
    for column in empty:
        assert result.figures[f"applications.carried_out.{column}"].state == "blank"


def test_too_few_values_without_shape_are_absent_never_shifted():
    lines = lines_bare(table_three(TRUTH))
    at = lines.index("4.保护第三方合法权益")
    del lines[at + 3]
    result = open_text(dump(lines_bare(table_two(TRUTH)), lines, lines_bare(table_four(TRUTH))))
    row = {key: figure for key, figure in result.figures.items() if ".refused_third_party." in key}
    assert {figure.state for figure in row.values()} == {"absent"}
    rest = {key: float(value) for key, value in TRUTH.items() if ".refused_third_party." not in key}
    assert values(result) == rest
    assert any("refused_third_party" in problem for problem in result.problems)


def test_truncated_table_is_found_but_unreadable_and_a_bare_row_of_fifteen_is_table_four():
    two = lines_by_tab(table_two(TRUTH))
    three = ["（本列数据的勾稽关系为：第一项加第二项之和，等于\t申请人情况", "----------\t-----"]
    text = dump(two, three, None).replace(TITLES[4] + "\n\n本节说明工作情况，没有表格。\n",
                                          "4\t1\t0\t2\t7\t1\t0\t0\t0\t1\t0\t0\t0\t3\t3\n---\t---")
    result = open_text(text)
    assert len(result.figures) == 25
    assert result.figures["disputes.reconsideration.total"].value == 7
    assert result.figures["disputes.litigation_after_reconsideration.pending"].value == 3
    three_read = result.tables[1]
    assert three_read.found
    assert len(three_read.rows_missing) == 25
    assert any(problem.startswith("table 3 was found but could not be read") for problem in result.problems)


def test_bare_row_that_keeps_no_sum_stays_unsure():
    two = lines_by_tab(table_two(TRUTH))
    text = dump(two, None, ["\t".join(str(number) for number in range(3, 18))])
    result = open_text(text)
    assert all(figure.confidence < 0.9 for key, figure in result.figures.items() if key.startswith("disputes."))


def test_dump_without_tables_proves_no_absence():
    result = open_text(dump(None, None, None))
    assert not any(figure.source.table for figure in result.figures.values())
    assert [reading.found for reading in result.tables] == [False] * 3
    assert sum("can't prove" in problem for problem in result.problems) == 3


def test_labels_wrapped_over_lines():
    rows = lines_by_cell(table_three(TRUTH))
    rows = [line.replace("（三）不予公开", "（三）不予\n公开").replace("等于第三项", "等于第三项\n") for line in rows]
    result = open_text(dump(lines_by_cell(table_two(TRUTH)), rows, lines_by_cell(table_four(TRUTH))))
    assert values(result) == {key: float(value) for key, value in TRUTH.items()}


def test_leading_lines_are_metadata():
    text = "标题: 某局2021年政府信息公开工作年度报告\n发布时间: 2022-02-08\n==== 正文 ====\n一、总体情况\n好。"
    document = read(text.encode("gb18030"), Hints())
    assert document.title == "某局2021年政府信息公开工作年度报告"
    assert document.meta["published"] == "2022-02-08"
    assert [block.text for block in document.blocks] == ["一、总体情况", "好。"]


def test_prose_with_numbers_is_no_table():
    document = read("一、总体情况\n全年公开信息120条。\n2021年\n办理3件\n1.加强学习\n2.加强培训\n".encode(), Hints())
    assert not any(isinstance(block, Grid) for block in document.blocks)


def test_other_tables_of_the_statistics_era_give_no_figures():
    text = ("某县2013年政府信息公开工作年度报告\n一、概述\n指标\t单位\t数量\n（二）部分公开\t件\t3\n"
            "行政许可\t件\t4\n行政复议\t件\t5")
    result = open_text(text)
    assert result.form is None
    assert result.year == 2013
    assert not any(figure.source.table for figure in result.figures.values())
    assert [(reading.table, reading.found) for reading in result.tables] == [(1, False)]
    assert any("table 1" in problem for problem in result.problems)


@pytest.mark.parametrize("line", ["{0}", "项目{0}\n{0}", "行政许可\n{0}", "收到申请{0}件，结转{0}件。"])
def test_long_texts_end_soon(line):
    text = "\n".join(line.format(number) for number in range(10_000))
    before = time.process_time()
    assert not any(figure.source.table and figure.value is not None for figure in open_text(text).figures.values())
    assert time.process_time() - before < 8
