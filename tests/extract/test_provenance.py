"""Every figure leads back to its print: document, grid, row and column, and box or characters where there are any."""

from __future__ import annotations

import io

import pdfplumber
import pytest

from extract import readers, report, sniffing
from extract.grids import build, transpose
from extract.model import Grid, Hints, Report
from tests.documents import making
from tests.extract import variations
from tests.extract.form_tables import document, numbers, table_four, table_three, table_two

MADE = making.ReportText("示例县2022年政府信息公开工作年度报告", "示例县", 2022, making.figures_2021(3))


def printed_figures(read: Report) -> dict[str, object]:
    found = {key: figure for key, figure in read.figures.items() if figure.source.table}
    assert len(found) >= 186
    return found


@pytest.mark.parametrize("make", [making.html_body, making.docx, making.pdf])
def test_every_figure_names_its_cell(make):
    data = make(MADE)
    data = data.encode() if isinstance(data, str) else data
    read = report.read(data, Hints())
    assert len(read.sha256) == 64
    grids = [block for block in readers.read(data, sniffing.media_type(data)).blocks if isinstance(block, Grid)]
    for key, figure in printed_figures(read).items():
        cell = grids[figure.source.grid].rows()[figure.source.row][figure.source.column]
        assert cell is not None, key
        assert cell.text.strip() == figure.raw, key


def test_rows_and_columns_are_those_of_the_page_where_a_table_was_turned():
    truth = numbers()
    made = [table_two(truth), table_three(truth)]
    page = document(*made, transpose(build(table_four(truth))))
    grids = [block for block in page.blocks if isinstance(block, Grid)]
    for figure in printed_figures(report.build(page)).values():
        cell = grids[figure.source.grid].rows()[figure.source.row][figure.source.column]
        assert cell is not None
        assert cell.text == figure.raw


@pytest.mark.parametrize("tabs", [True, False])
def test_text_gives_the_span_of_characters(tabs):
    made = variations.make(3)
    data = variations.as_text(made, tabs)
    text = data.decode()
    for key, figure in report.read(data, Hints()).figures.items():
        if figure.source.table and figure.state != "absent":
            start, end = figure.source.span
            assert text[start:end].strip() == figure.raw, key


def test_pdf_gives_page_and_box_around_the_digits():
    data = making.pdf(MADE)
    figures = printed_figures(report.read(data, Hints()))
    with pdfplumber.open(io.BytesIO(data)) as file:
        pages = {page.page_number: page for page in file.pages}
        for key, figure in list(figures.items())[::9]:
            left, top, right, bottom = figure.source.box
            page = pages[figure.source.page]
            assert 0 <= left < right <= page.width
            assert 0 <= top < bottom <= page.height
            inside = page.crop((left, top, right, bottom)).extract_text() or ""
            assert figure.raw in inside.replace(" ", "").replace("\n", ""), key


def test_sources_survive_the_record():
    read = report.read(making.pdf(MADE), Hints())
    again = Report.from_record(read.to_record())
    assert {key: figure.source for key, figure in again.figures.items()} == {
        key: figure.source for key, figure in read.figures.items()}
