"""odt and ods: spans and covered cells, repeats, lists, what is hidden or deleted."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract import report
from extract.exceptions import LimitExceededError, UnreadableDocumentError
from extract.model import Grid, Hints, Image, Text
from extract.readers import read as read_medium
from extract.sniffing import ODS, ODT, media_type
from tests.documents import making
from tests.documents.office_making import odf, ods, odt, package

CORPUS = Path(__file__).resolve().parents[3].parent / "shared" / "corpus" / "documents"


def read(data, name="a.odt"):
    return read_medium(data, media_type(data, name), Hints(name=name))


def texts(document):
    return [block.text for block in document.blocks if isinstance(block, Text)]


def grids(document):
    return [block for block in document.blocks if isinstance(block, Grid)]


def placed(grid):
    return sorted((cell.row, cell.column, cell.rowspan, cell.colspan, cell.text) for cell in grid.cells)


def made(year):
    figures = making.figures_2019(9) if year == 2019 else making.figures_2021(9)
    return making.ReportText(f"示例县{year}年政府信息公开工作年度报告", "示例县", year, figures)


def cell(text, spans=""):
    return f"<table:table-cell {spans}><text:p>{text}</text:p></table:table-cell>"


def table(*rows, more=""):
    return f"<table:table {more}>{''.join(f'<table:table-row>{row}</table:table-row>' for row in rows)}</table:table>"


# ---------------------------------------------------------------- whole reports
@pytest.mark.parametrize("year", [2019, 2022])
@pytest.mark.parametrize("maker", [odt, ods])
def test_made_reports_come_out_cell_by_cell(maker, year):
    text = made(year)
    data = maker(text)
    assert media_type(data) == (ODT if maker is odt else ODS)
    document = read(data)
    for grid, spec in zip(grids(document), making.tables(text).values(), strict=True):
        assert placed(grid) == sorted(making.placed(spec))
    found = report.build(document).figures
    assert {key: found[key].value for key in text.figures} == text.figures
    assert min(figure.confidence for key, figure in found.items() if key in text.figures) >= 0.9


@pytest.mark.skipif(not CORPUS.exists(), reason="the shared corpus isn't here")
def test_corpus():
    path = CORPUS / "w2_d01_dinghai.odt"
    wanted = json.loads(Path(f"{path}.truth.json").read_text("utf-8"))["figures"]
    found = report.read(path.read_bytes(), Hints(name=path.name)).figures
    assert {key: found[key].value for key in wanted} == wanted


# ---------------------------------------------------------------- text
def test_text_with_its_blanks_breaks_and_notes():
    document = read(odf("<text:p>a<text:s text:c='3'/>b  \n c<text:tab/>d<text:line-break/>e<text:span>f</text:span>g"
                        "<text:note><text:note-body><text:p>n</text:p></text:note-body></text:note>"
                        "<text:ruby><text:ruby-base>字</text:ruby-base><text:ruby-text>zì</text:ruby-text></text:ruby>"
                        "<text:a xlink:href='x'>h</text:a></text:p><text:h text:outline-level='2'>k</text:h>"))
    assert [(block.text, block.level) for block in document.blocks] == [("a   b c\td\nefg字h", None), ("k", 2)]


def test_raised_marks_of_footnotes_make_no_other_number():
    styles = ('<style:style style:name="Up" style:family="text"><style:text-properties '
              'style:text-position="super 58%"/></style:style>'
              '<style:style style:name="Down" style:family="text"><style:text-properties '
              'style:text-position="sub 58%"/></style:style>')
    shown = ("<text:p>12<text:span text:style-name='Up'>[1]</text:span></text:p>"
             "<text:p>12<text:span text:style-name='Down'>3</text:span></text:p>"
             "<text:p>12<text:span text:style-name='Up'>平方米</text:span></text:p>"
             "<text:p><text:span text:style-name='Up'>7</text:span></text:p>")
    assert texts(read(odf(shown, styles=styles))) == ["12", "123", "12平方米", "7"]


def test_what_is_deleted_or_hidden_is_left_out():
    styles = ('<style:style style:name="V" style:family="text"><style:text-properties text:display="none"/>'
              '</style:style><style:style style:name="S" style:family="text"><style:text-properties '
              'style:text-line-through-style="solid"/></style:style>'
              '<style:style style:name="Gone" style:family="table"><style:table-properties '
              'table:display="false"/></style:style>')
    document = read(odf(
        "<text:tracked-changes><text:changed-region><text:deletion><text:p>删</text:p></text:deletion>"
        "</text:changed-region></text:tracked-changes><text:p>a<text:span text:style-name='V'>b</text:span>"
        "<text:span text:style-name='S'>12</text:span>c</text:p>"
        "<text:table-of-content><text:index-body><text:p>总体情况 1</text:p></text:index-body></text:table-of-content>"
        "<text:section text:display='none'><text:p>d</text:p></text:section><text:section><text:p>e</text:p>"
        "</text:section>"
        + table(cell("x") + cell("y"), more="table:style-name='Gone'"), styles=styles))
    assert texts(document) == ["ac", "e"]
    assert grids(document) == []


def test_lists_print_their_numbers():
    styles = ('<text:list-style style:name="L"><text:list-level-style-number text:level="1" '
              'style:num-format="一, 二, 三" style:num-suffix="、"/>'
              '<text:list-level-style-number text:level="2" style:num-format="1" '
              'style:num-prefix="（" style:num-suffix="）"/></text:list-style>')
    document = read(odf(
        "<text:list text:style-name='L'><text:list-item><text:p>甲</text:p><text:list><text:list-item><text:p>乙"
        "</text:p></text:list-item><text:list-item><text:p>丙</text:p></text:list-item></text:list></text:list-item></text:list>"
        "<text:p>中</text:p><text:list text:style-name='L' text:continue-numbering='true'><text:list-item><text:h>丁"
        "</text:h><text:p>续</text:p></text:list-item></text:list>", styles=styles))
    assert texts(document) == ["一、甲", "（1）乙", "（2）丙", "中", "二、丁", "续"]


def test_pictures_and_text_boxes():
    png = making.table_image(made(2022), 3)
    document = read(odf("<text:p>图<draw:frame draw:name='表三'><draw:image xlink:href='Pictures/a.png'/><draw:image "
                        "xlink:href='ObjectReplacements/b'/></draw:frame></text:p><draw:frame><draw:text-box><text:p>框"
                        "</text:p></draw:text-box></draw:frame>", Pictures__a_png=png))
    picture, = [block for block in document.blocks if isinstance(block, Image)]
    assert (picture.data, picture.alt) == (png, "表三")
    assert texts(document) == ["图", "框"]


# ---------------------------------------------------------------- tables
def test_header_rows_repeats_and_lines_of_a_cell():
    rows = ("<table:table-header-rows><table:table-row>" + cell("头", "table:number-columns-spanned='3'")
            + "<table:covered-table-cell table:number-columns-repeated='2'/></table:table-row>"
            "</table:table-header-rows><table:table-row table:number-rows-repeated='2'>"
            + cell("0", "table:number-columns-repeated='2'")
            + "<table:table-cell><text:p>本年</text:p><text:p>新收</text:p></table:table-cell></table:table-row>")
    assert placed(grids(read(odf(f"<table:table>{rows}</table:table>")))[0]) == [
        (0, 0, 1, 3, "头"), (1, 0, 1, 1, "0"), (1, 1, 1, 1, "0"), (1, 2, 1, 1, "本年新收"), (2, 0, 1, 1, "0"),
        (2, 1, 1, 1, "0"), (2, 2, 1, 1, "本年新收")]


def test_nested_tables_and_frames():
    inner = table(cell("x") + cell("y"))
    document = read(odf(table(cell("a") + f"<table:table-cell>{inner}<text:p>b</text:p></table:table-cell>")
                        + table(f"<table:table-cell><text:p>c</text:p>{inner}</table:table-cell>")))
    assert [[cell.text for cell in grid.cells] for grid in grids(document)] == [["a", "b"], ["x", "y"], ["x", "y"]]
    assert texts(document) == ["c"]


def test_sheets_leave_out_what_is_hidden_or_far():
    far = ("<table:table-row table:number-rows-repeated='1000000'><table:table-cell/></table:table-row>"
           "<table:table-row>" + cell("远") + "</table:table-row>")
    body = ("<table:table table:name='依申请公开'><table:table-row><table:table-cell "
            f"table:number-columns-repeated='2'/>{cell('甲')}{cell('1')}</table:table-row>"
            f"<table:table-row table:visibility='collapse'>{cell('藏')}"
            f"</table:table-row><table:table-row><table:table-cell table:number-columns-repeated='2'/>{cell('乙')}"
            f"<table:table-cell table:number-columns-repeated='1000'/></table:table-row>{far}</table:table>")
    document = read(odf(body, kind="spreadsheet"), "a.ods")
    assert texts(document) == ["依申请公开"]
    assert placed(grids(document)[0]) == [(0, 2, 1, 1, "甲"), (0, 3, 1, 1, "1"), (2, 2, 1, 1, "乙"), (2, 3, 1, 1, "")]
    assert document.problems == ["sheet '依申请公开': 1 cells far from all others were left out",
                                 "sheet '依申请公开': 1 cells of hidden rows or columns were left out"]


def test_hidden_rows_and_columns_part_no_table():
    columns = "<table:table-column/><table:table-column table:visibility='collapse'/><table:table-column/>"
    rows = "".join(f"<table:table-row{hidden}>{cell(f'{at}a')}{cell(f'{at}b')}{cell(f'{at}c')}</table:table-row>"
                   for at, hidden in enumerate(("", " table:visibility='collapse'", "")))
    grid, = grids(read(odf(f"<table:table>{columns}{rows}</table:table>", kind="spreadsheet"), "a.ods"))
    assert [cell.text for cell in grid.cells] == ["0a", "", "0c", "2a", "", "2c"]


def test_cells_that_store_only_their_value():
    body = table("<table:table-cell office:value-type='float' office:value='31'/><table:table-cell office:value-type="
                 "'string' office:string-value='甲'/><table:table-cell office:value-type='float' office:value='0.5'/>")
    document = read(odf(body, kind="spreadsheet"), "a.ods")
    assert [cell.text for cell in grids(document)[0].cells] == ["31", "甲", "0.5"]


# ---------------------------------------------------------------- what can't be read
def test_locked_files_are_told():
    manifest = "<m:manifest xmlns:m='x'><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>"
    with pytest.raises(UnreadableDocumentError, match="password"):
        read(odf("<text:p>x</text:p>", **{"META-INF__manifest_xml": manifest}))


@pytest.mark.parametrize(("content", "said"), [("<a>", "damaged"), ("<a/>", "neither text nor a spreadsheet")])
def test_damaged_files_are_told(content, said):
    with pytest.raises(UnreadableDocumentError, match=said):
        read_medium(package({"mimetype": "x", "content.xml": content}), ODT, Hints())
    with pytest.raises(UnreadableDocumentError, match=r"content\.xml"):
        read_medium(package({"mimetype": "x"}), ODT, Hints())


def test_entities_are_not_expanded():
    document = read(odf("<text:p>a&x;b</text:p>", before="<!DOCTYPE r [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"))
    assert "root:" not in document.text
    assert "entities" in document.problems[0]


def test_repeats_beyond_the_limits_are_refused():
    wide = cell("1", "table:number-columns-repeated='999999'")
    row = f"<table:table-row table:number-rows-repeated='999999999'>{wide}"
    with pytest.raises(LimitExceededError):
        read(odf(f"<table:table>{(row + '</table:table-row>') * 4}</table:table>"))
    with pytest.raises(LimitExceededError):
        read(odf(f"<table:table>{row}</table:table-row></table:table>", kind="spreadsheet"))


def test_deep_nesting_ends():
    document = read(odf("<text:section>" * 200 + "<text:p>x</text:p>" + "</text:section>" * 200))
    assert document.problems == ["parts nested too deep can't be read"]


@settings(max_examples=60)
@given(st.lists(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4), st.text("甲1 ", max_size=3)), max_size=5),
                min_size=1, max_size=6))
def test_any_spans_make_a_grid_with_every_cell_at_a_place_of_its_own(rows):
    body = table(*("".join(cell(text, f"table:number-rows-spanned='{down}' table:number-columns-spanned='{across}'")
                           for down, across, text in row) for row in rows))
    for grid in grids(read(odf(body))):
        assert len(grid.rows()) == grid.height == max(found.row + found.rowspan for found in grid.cells)
        assert len({(found.row, found.column) for found in grid.cells}) == len(grid.cells)
