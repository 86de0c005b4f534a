"""Workbooks: merges, numbers as printed, prose on sheets, and what must not be taken for a blank."""

import contextlib
import io
import json
import random
import zipfile
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from extract import report
from extract.exceptions import LimitExceededError, UnreadableDocumentError
from extract.limits import Guard
from extract.model import Grid, Hints, Image, Text
from extract.readers import read as read_medium
from extract.readers.sheet import printed
from extract.sniffing import XLS, XLSX, media_type
from tests.documents import making
from tests.documents.office_making import package, sheet_xml, workbook, xlsx
from tests.documents.word_binary_making import container

SAMPLES = Path(__file__).resolve().parents[2] / "documents" / "samples"
CORPUS = Path(__file__).resolve().parents[3].parent / "shared" / "corpus"


def read(data, name="a.xlsx"):
    return read_medium(data, media_type(data, name), Hints(name=name))


def texts(document):
    return [block.text for block in document.blocks if isinstance(block, Text)]


def grids(document):
    return [block for block in document.blocks if isinstance(block, Grid)]


def matrix(grid):
    return [[cell.text for cell in grid.cells if cell.row == row] for row in sorted({cell.row for cell in grid.cells})]


def made(year=2022):
    figures = making.figures_2019(12) if year == 2019 else making.figures_2021(12)
    return making.ReportText(f"示例县{year}年政府信息公开工作年度报告", "示例县", year, figures)


# ---------------------------------------------------------------- whole reports
@pytest.mark.parametrize("year", [2019, 2022])
@pytest.mark.parametrize("one_sheet", [True, False])
@pytest.mark.parametrize("zero", [{}, {"blank_zero": True}, {"dash_zero": True}])
def test_made_reports_give_every_figure_surely(year, one_sheet, zero):
    text = made(year)
    document = read(xlsx(text, one_sheet=one_sheet, **zero))
    found = report.build(document)
    for key, value in text.figures.items():
        figure = found.figures[key]
        assert figure.value == value or (value == 0 and figure.state in ("blank", "dash"))
        assert figure.confidence >= 0.9
    if one_sheet:
        assert found.title == text.title
        assert [section.number for section in found.sections if section.number] == [1, 2, 3, 4, 5, 6]
    assert document.pages == (1 if one_sheet else 3)


def test_saved_binary_workbook_gives_every_figure_surely():
    data = (SAMPLES / "county_2022.xls").read_bytes()
    wanted = json.loads((SAMPLES / "county_2022.xls.figures.json").read_text("utf-8"))
    assert media_type(data) == XLS
    found = report.read(data, Hints(name="county_2022.xls"))
    assert {key: found.figures[key].value for key in wanted} == wanted
    assert min(found.figures[key].confidence for key in wanted) >= 0.9
    assert found.title


@pytest.mark.skipif(not CORPUS.exists(), reason="the shared corpus isn't here")
@pytest.mark.parametrize("name", ["x01_merged.xlsx", "x02_nomerge.xlsx", "x03_onesheet.xlsx", "x04_merged.xls"])
def test_corpus(name):
    path = CORPUS / "documents" / name
    wanted = json.loads(Path(f"{path}.truth.json").read_text("utf-8"))["figures"]
    found = report.read(path.read_bytes(), Hints(name=name)).figures
    assert {key: found[key].value or 0 for key in wanted} == wanted


# ---------------------------------------------------------------- cells
@pytest.mark.parametrize(("value", "wanted"), [
    (31.0, "31"), (-2.0, "-2"), (0.1 + 0.2, "0.3"), (4166.241619, "4166.241619"), (1e20, "1e+20"), (5, "5"),
    (True, "TRUE"), ("本年\n新收", "本年新收"), (" 12 ", "12"), ("1\n2", "1\n2")])
def test_values_as_printed(value, wanted):
    assert printed(value) == wanted


def test_cells_keep_the_sheets_own_numbers():
    document = read(workbook({"工作情况": sheet_xml([(4, 3, 1, 2, "甲"), (5, 3, 1, 1, "1"), (5, 5, 1, 1, "3")])}))
    assert texts(document) == ["工作情况"]
    grid, = grids(document)
    assert [(cell.row, cell.column, cell.colspan, cell.text, cell.page) for cell in grid.cells] == [
        (4, 3, 2, "甲", 1), (4, 5, 1, "", 1), (5, 3, 1, "1", 1), (5, 4, 1, "", 1), (5, 5, 1, "3", 1)]


def test_hidden_sheets_rows_and_columns_are_left_out_and_said():
    shown = ('<cols><col min="2" max="2" hidden="1"/></cols><sheetData><row r="1"><c r="A1"><v>1</v></c><c r="B1">'
             '<v>2</v></c><c r="C1"><v>3</v></c></row><row r="2" hidden="1"><c r="A2"><v>4</v></c></row><row r="3">'
             '<c r="A3"><v>5</v></c></row></sheetData>')
    document = read(workbook({"一": shown, "去年": sheet_xml([(0, 0, 1, 1, "9")])}, {"去年": "hidden"}))
    assert [matrix(grid) for grid in grids(document)] == [[["1", "", "3"], ["5", "", ""]]]
    assert document.problems == ["sheet '一': 2 cells of hidden rows or columns were left out",
                                 "the sheet '去年' is hidden; it was not read"]


def test_hidden_parts_of_a_binary_workbook():
    data = (SAMPLES / "hidden.xls").read_bytes()
    document = read(data, "hidden.xls")
    assert [matrix(grid) for grid in grids(document)] == [[["0", "", "2", "3"], ["10", "", "12", "13"],
                                                           ["30", "", "32", "33"], ["40", "", "42", "43"]]]
    assert document.problems == ["sheet '工作情况': 8 cells of hidden rows or columns were left out",
                                 "the sheet '去年' is hidden; it was not read"]


FORMATS = (("General", 12), ("0", 12), ("0", 12.4), ("#,##0.00", 12.5), ('0.0,"万"', 12000), ("0\\.0000", 12345),
           ("0%", 0.5), (";;;", 7), ('0;-0;"-"', 0), ('0"件"', 3))
DOUBTED = [False, False, True, False, True, True, True, True, False, False]


def formatted(formats):
    """A workbook with one row of numbers, each of its own format."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet("表")
        for column, (code, value) in enumerate(formats):
            sheet.write_number(0, column, value, book.add_format({"num_format": code}))
    return buffer.getvalue()


@pytest.mark.parametrize("data", [formatted(FORMATS), (SAMPLES / "formats.xls").read_bytes()], ids=["xlsx", "xls"])
def test_numbers_that_are_printed_otherwise_are_doubted_and_said(data):
    document = read(data, "a.xls" if data.startswith(b"\xd0") else "a.xlsx")
    cells = [cell for cell in grids(document)[0].cells if cell.row == 0]
    assert [cell.confidence < 1 for cell in cells] == DOUBTED
    assert [cell.text for cell in cells] == [f"{value:g}" for _, value in FORMATS]
    assert document.problems == ["sheet '表': 5 cells print another number than they hold"]


def test_formulas_without_their_results_are_no_blanks():
    cells = ('<sheetData><row r="1"><c r="A1"><v>1</v></c><c r="B1"><f>A1+1</f></c><c r="C1"><f>A1+2</f><v>3</v></c>'
             "</row></sheetData>")
    document = read(workbook({"S": cells}))
    assert [(cell.text, cell.confidence) for cell in grids(document)[0].cells] == [("1", 1.0), ("", 0.5), ("3", 1.0)]
    assert document.damaged
    assert "1 formulas were saved without their results" in document.problems[0]


@pytest.mark.parametrize(("uncounted", "others", "doubted"), [(True, "0", 2), (True, "7", 0), (False, "0", 0)])
def test_zeros_of_programs_that_cannot_count_are_doubted(uncounted, others, doubted):
    cells = ('<sheetData><row r="1"><c r="A1"><v>4</v></c><c r="B1"><f>A1</f><v>0</v></c><c r="C1"><f>A1</f>'
             f"<v>{others}</v></c></row></sheetData>")
    data = workbook({"S": cells})
    if uncounted:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(b"</workbook>",
                                                                    b'<calcPr fullCalcOnLoad="1"/></workbook>')
        data = package(parts)
    document = read(data)
    assert sum(cell.confidence < 0.9 for cell in grids(document)[0].cells) == doubted
    assert document.damaged == bool(doubted)


def test_a_far_cell_neither_breaks_nor_hides_the_table():
    cells = ('<sheetData><row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>2</v></c></row><row r="1048576">'
             '<c r="XFD1048576"><v>7</v></c></row></sheetData>')
    with Guard() as guard:
        found = guard.read(workbook({"S": cells}), Hints(name="far.xlsx"))
    assert found.problems[0] == "sheet 'S': 1 cells far from all others were left out"
    assert matrix(grids(read(workbook({"S": cells})))[0]) == [["1", "2"]]


def test_pictures_of_a_workbook_are_told():
    png = making.table_image(made(), 3)
    for table in (False, True):
        cells = [(0, 0, 1, 1, "四、政府信息公开行政复议、行政诉讼情况"), *([(1, 0, 1, 1, "1")] if table else [])]
        buffer = io.BytesIO(workbook({"S": sheet_xml(cells)}))
        with zipfile.ZipFile(buffer, "a") as archive:
            archive.writestr("xl/media/image1.png", png)
        pictures = [block.data for block in read(buffer.getvalue()).blocks if isinstance(block, Image)]
        assert pictures == ([] if table else [png])


# ---------------------------------------------------------------- what can't be read
def test_locked_and_damaged_files_are_told():
    records = b"\x09\x08\x10\x00" + bytes(16) + b"\x2f\x00\x36\x00" + bytes(54)
    with pytest.raises(UnreadableDocumentError, match="password"):
        read(container({"Workbook": records}), "a.xls")
    with pytest.raises(UnreadableDocumentError, match="damaged"):
        read(container({"Workbook": b"nothing"}), "a.xls")
    with pytest.raises(UnreadableDocumentError, match="damaged"):
        read_medium(package({"xl/workbook.xml": "<a"}), XLSX, Hints())
    whole = xlsx(made())
    with pytest.raises(UnreadableDocumentError, match="damaged"):
        read_medium(whole[:len(whole) // 2], XLSX, Hints())


@pytest.fixture(name="guard", scope="module")
def _guard():
    with Guard() as guard:
        yield guard


def broken(place, noise):
    data = bytearray((SAMPLES / "county_2022.xls").read_bytes())
    data[place:place + len(noise)] = noise
    return bytes(data)


@settings(max_examples=40)
@given(place=st.integers(0, 21000), noise=st.binary(min_size=1, max_size=300))
def test_broken_binary_workbooks_never_raise_anything_else(guard, place, noise):
    """Under the guard: the library asks for as much memory as a broken file says, and aborts the process without it."""
    try:
        guard.read(broken(place, noise), Hints(name="a.xls"))
    except UnreadableDocumentError as fault:
        assert "the reader failed" not in str(fault)  # noqa: PT017


def test_a_workbook_that_aborts_its_reader_is_refused_and_the_next_one_read(guard):
    with pytest.raises(UnreadableDocumentError, match=r"^a\.xls: .*(gave up|damaged|memory)"):
        guard.read(broken(10857, bytes([0])), Hints(name="a.xls"))
    assert guard.read(broken(0, b""), Hints(name="a.xls")).figures


def test_a_directory_cut_off_is_damage():
    data = (SAMPLES / "county_2022.xls").read_bytes()
    for length in range(600, len(data), 1500):
        with contextlib.suppress(UnreadableDocumentError):
            read_medium(data[:length], XLS, Hints(name="a.xls"))


def test_more_cells_than_a_document_may_have_are_refused():
    chance = random.Random(1)
    rows = "".join(f'<row r="{row}">' + "".join(f"<c><v>{chance.random()}</v></c>" for _ in range(200)) + "</row>"
                   for row in range(1, 300))
    with pytest.raises(LimitExceededError, match="cells"):
        read(workbook({"S": f"<sheetData>{rows}</sheetData>"}))


@pytest.mark.skipif(not CORPUS.exists(), reason="the shared corpus isn't here")
@pytest.mark.parametrize("name", ["far_cell.xlsx", "rows_100MB.xlsx"])
def test_hostile_files_end_within_limits(name):
    with Guard() as guard:
        with contextlib.suppress(LimitExceededError):
            assert guard.read((CORPUS / "hostile" / name).read_bytes(), Hints(name=name)).problems
        assert guard.usage.cpu_seconds < 10


@settings(max_examples=60)
@given(st.dictionaries(st.tuples(st.integers(0, 12), st.integers(0, 12)), st.integers(-10**9, 10**9), min_size=1))
def test_every_number_comes_back_at_its_place(cells):
    document = read(workbook({"S": sheet_xml([(row, column, 1, 1, str(value)) for (row, column), value
                                              in cells.items()])}))
    assert {(cell.row, cell.column): int(cell.text) for grid in grids(document) for cell in grid.cells
            if cell.text} == cells
