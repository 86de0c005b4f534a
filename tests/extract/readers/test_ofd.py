"""OFD: places of characters and lines through every transformation, and packages as real files write them."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract import report
from extract.exceptions import LimitExceededError, UnreadableDocumentError
from extract.model import Grid, Hints, Image, Text
from extract.ofdrawing import IDENTITY, at, steps, times
from extract.readers import read as read_medium
from extract.sniffing import OFD, media_type
from tests.documents import making
from tests.documents.office_making import ofd, ofd_line, ofd_pages, ofd_table, ofd_text, package

CORPUS = Path(__file__).resolve().parents[3].parent / "shared" / "corpus"
NAMES = 'xmlns:ofd="http://www.ofdspec.org/2016"'


def read(data, name="a.ofd"):
    assert media_type(data, name) == OFD
    return read_medium(data, OFD, Hints(name=name))


def texts(document):
    return [block.text for block in document.blocks if isinstance(block, Text)]


def grids(document):
    return [block for block in document.blocks if isinstance(block, Grid)]


def made(year=2022):
    figures = making.figures_2019(14) if year == 2019 else making.figures_2021(14)
    return making.ReportText(f"示例县{year}年政府信息公开工作年度报告", "示例县", year, figures)


# ---------------------------------------------------------------- whole reports
@pytest.mark.parametrize("year", [2019, 2022])
@pytest.mark.parametrize(("boxes", "runs", "absolute"), [(False, False, False), (True, True, True)])
@pytest.mark.parametrize("zero", [{}, {"blank_zero": True}, {"dash_zero": True}])
def test_made_reports_come_out_cell_by_cell(year, boxes, runs, absolute, zero):
    text = made(year)
    document = read(ofd(text, boxes=boxes, runs=runs, absolute=absolute, **zero))
    for grid, table in zip(grids(document), making.tables(text, **zero).values(), strict=True):
        assert sorted((cell.row, cell.column, cell.rowspan, cell.colspan, cell.text) for cell in grid.cells) == sorted(
            making.placed(table))
    found = report.build(document)
    for key, value in text.figures.items():
        figure = found.figures[key]
        assert figure.value == value or (value == 0 and figure.state in ("blank", "dash"))
        assert figure.confidence >= 0.9
        assert figure.source.page
        assert figure.source.box
    assert found.title == text.title
    assert [section.number for section in found.sections if section.number] == [1, 2, 3, 4, 5, 6]


@pytest.mark.skipif(not CORPUS.exists(), reason="the shared corpus isn't here")
@pytest.mark.parametrize("path", sorted((CORPUS / "documents").glob("o*.ofd")), ids=lambda path: path.name)
def test_corpus(path):
    wanted = json.loads(Path(f"{path}.truth.json").read_text("utf-8"))["figures"]
    found = report.read(path.read_bytes(), Hints(name=path.name)).figures
    assert {key: found[key].value for key in wanted} == wanted


@pytest.mark.skipif(not CORPUS.exists(), reason="the shared corpus isn't here")
@pytest.mark.parametrize("path", sorted((CORPUS / "ofd").glob("*.ofd")), ids=lambda path: path.name)
def test_real_files_open_and_read_or_say_why_not(path):
    document = read(path.read_bytes())
    assert document.pages
    assert document.text.strip() or document.problems == ["the file holds no text"]


# ---------------------------------------------------------------- tables without rules
def test_a_table_without_rules_is_read_by_the_places_of_its_words():
    text = made()
    y, drawn = 30.0, ""
    for row in making.tables(text)[2]:
        x = 20.0
        for cell, _, across in row:
            drawn += ofd_text(cell, x, y, 4)
            x += 42 * across
        y += 8
    found = report.build(read(ofd_pages([ofd_text("二、主动公开政府信息情况", 20, 20, 5) + drawn])))
    wanted = {key: value for key, value in text.figures.items() if key.startswith("disclosure.")}
    assert {key: found.figures[key].value for key in wanted} == wanted


# ---------------------------------------------------------------- drawing
@pytest.mark.parametrize(("text", "count", "wanted"), [
    ("g 3 4.2 5", 4, [4.2, 4.2, 4.2, 5]), ("1 2", 5, [1, 2]), ("g 1000000000 1", 3, [1, 1, 1]), ("", 2, []),
    (None, 2, []), ("3,3 G 2 1", 4, [3, 3, 1, 1]), ("g 2", 3, [2])])
def test_steps(text, count, wanted):
    assert steps(text, count) == wanted


_places = st.floats(-100, 100, allow_nan=False)


@given(st.tuples(*[_places] * 6), st.tuples(*[_places] * 6), _places, _places)
def test_transformations_in_a_row_are_one(first, second, x, y):
    once = at(times(first, second), x, y)
    twice = at(second, *at(first, x, y))
    assert once == pytest.approx(twice, abs=1e-3)
    assert at(times(first, IDENTITY), x, y) == pytest.approx(at(first, x, y))


def test_characters_stand_where_boundary_and_matrix_put_them():
    # Twice as large, shifted by its boundary: the cell in the middle holds it.
    text = ('<ofd:TextObject Boundary="50 50 60 20" CTM="2 0 0 2 3 4" Size="3"><ofd:TextCode X="1" Y="2" DeltaX="3">12'
            "</ofd:TextCode></ofd:TextObject>")
    rules = "".join(ofd_line(x, 30, x, 90) for x in (20, 48, 76, 104)) + "".join(
        ofd_line(20, y, 104, y) for y in (30, 50, 70, 90))
    grid, = grids(read(ofd_pages([rules + text])))
    assert [(cell.row, cell.column) for cell in grid.cells if cell.text] == [(1, 1)]
    assert next(cell.text for cell in grid.cells if cell.text) == "12"


@pytest.mark.parametrize("matrix", ["0 1 -1 0 210 0", "0 -1 1 0 0 297", "-1 0 0 -1 210 297", "1 0 0 1 0 0"])
def test_pages_turned_on_their_side_are_read_upright(matrix):
    table = making.tables(made())[2]
    drawn, _ = ofd_table(table, 12)
    page = f'<ofd:CompositeObject ResourceID="7" Boundary="0 0 0 0" CTM="{matrix}"/>'
    more = {"Doc_0/Res.xml": f'<ofd:Res {NAMES}><ofd:CompositeGraphicUnit ID="7"><ofd:Content>{drawn}</ofd:Content>'
                             "</ofd:CompositeGraphicUnit></ofd:Res>"}
    grid, = grids(read(ofd_pages([page], common="<ofd:DocumentRes>Res.xml</ofd:DocumentRes>", more=more)))
    assert sorted((cell.row, cell.column, cell.rowspan, cell.colspan, cell.text) for cell in grid.cells) == sorted(
        making.placed(table))


def test_rules_drawn_as_narrow_boxes_and_text_drawn_twice():
    def bar(x, y, w, h):
        return (f'<ofd:PathObject Boundary="{x} {y} {w} {h}" Stroke="false" Fill="true"><ofd:AbbreviatedData>M 0 0 '
                f"L {w} 0 L {w} {h} L 0 {h} C</ofd:AbbreviatedData></ofd:PathObject>")

    rules = "".join(bar(x, 20, 0.2, 40) for x in (20, 60, 100)) + "".join(bar(20, y, 80, 0.3) for y in (20, 40, 60))
    shade = bar(20, 20, 80, 20)
    text = ofd_text("甲", 30, 30) + ofd_text("甲", 30.1, 30) + ofd_text("31", 70, 50)
    grid, = grids(read(ofd_pages([shade + rules + text])))
    assert [cell.text for cell in grid.cells] == ["甲", "", "", "31"]


def test_templates_composites_and_blocks_print_too():
    common = ('<ofd:TemplatePage ID="2" BaseLoc="Tpls/T.xml"/><ofd:DocumentRes>Res.xml</ofd:DocumentRes>')
    more = {"Doc_0/Tpls/T.xml": f"<ofd:Page {NAMES}><ofd:Content><ofd:Layer>{ofd_text('底', 20, 20)}</ofd:Layer>"
                                "</ofd:Content></ofd:Page>",
            "Doc_0/Res.xml": f'<ofd:Res {NAMES} BaseLoc="Res"><ofd:CompositeGraphicUnits><ofd:CompositeGraphicUnit '
                             f'ID="7" Width="9" Height="9"><ofd:Content><ofd:PageBlock>{ofd_text("合", 0, 4)}'
                             "</ofd:PageBlock></ofd:Content></ofd:CompositeGraphicUnit></ofd:CompositeGraphicUnits>"
                             '<ofd:MultiMedias><ofd:MultiMedia ID="8" Type="Image"><ofd:MediaFile>p.png</ofd:MediaFile>'
                             "</ofd:MultiMedia></ofd:MultiMedias></ofd:Res>",
            "Doc_0/Res/p.png": b"\x89PNG..."}
    page = (f'<ofd:Page {NAMES}><ofd:Template TemplateID="2"/><ofd:Content><ofd:Layer><ofd:PageBlock>'
            '<ofd:CompositeObject ResourceID="7" Boundary="20 60 9 9"/></ofd:PageBlock><ofd:ImageObject ResourceID="8" '
            'Boundary="20 100 100 100"/></ofd:Layer></ofd:Content></ofd:Page>')
    document = read(ofd_pages([page], common=common, more=more))
    assert texts(document) == ["底", "合"]
    picture, = [block for block in document.blocks if isinstance(block, Image)]
    assert (picture.source, picture.data, picture.page) == ("Doc_0/Res/p.png", b"\x89PNG...", 1)


def test_what_cannot_be_seen_is_left_out():
    invisible = ('<ofd:TextObject Visible="false" Boundary="20 20 50 9" Size="4"><ofd:TextCode X="0" Y="4">藏'
                 '</ofd:TextCode></ofd:TextObject><ofd:TextObject CTM="0 0 0 1 0 0" Boundary="20 40 50 9" Size="4">'
                 '<ofd:TextCode X="0" Y="4">扁</ofd:TextCode></ofd:TextObject>')
    assert texts(read(ofd_pages([invisible + ofd_text("见", 20, 90)]))) == ["见"]


# ---------------------------------------------------------------- packages
def test_names_in_any_case_and_prefixes_never_declared():
    parts = {"ofd.xml": "<ofd:OFD><ofd:DocBody><ofd:DocRoot>doc_0/document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
             "Doc_0/Document.xml": '<ofd:Document><ofd:Pages><ofd:Page ID="1" BaseLoc="Doc_0/P.xml"/></ofd:Pages>'
                                   "</ofd:Document>",
             "Doc_0/P.xml": f"<ofd:Page><ofd:Content><ofd:Layer>{ofd_text('年报', 20, 20)}</ofd:Layer></ofd:Content>"
                            "</ofd:Page>"}
    assert texts(read(package(parts))) == ["年报"]


def test_missing_and_broken_pages_are_said():
    pages = "".join(f'<Page BaseLoc="{name}.xml"/>' for name in "abc")
    document = read(package({
        "OFD.xml": "<OFD><DocBody><DocRoot>D.xml</DocRoot></DocBody></OFD>", "b.xml": "",
        "D.xml": f"<Document><Pages>{pages}</Pages></Document>",
        "a.xml": f"<Page><Content><Layer>{ofd_text('一', 20, 20)}</Layer></Content></Page>"}))
    assert texts(document) == ["一"]
    assert document.damaged
    assert document.problems[0].startswith("page 2 can't be read")
    assert document.problems[1] == "page 3 is missing: the file is damaged"


def test_print_turned_into_shapes_is_a_picture_not_an_absent_table():
    glyph = ('<ofd:PathObject Boundary="20 20 5 5" Fill="true" Stroke="false"><ofd:AbbreviatedData>M 0 0 '
             + "B 1 1 2 2 3 3 " * 10 + "C</ofd:AbbreviatedData></ofd:PathObject>")
    document = read(ofd_pages([ofd_text("三、收到和处理政府信息公开申请情况", 20, 20), glyph * 20]))
    assert any(isinstance(block, Image) and block.page == 2 for block in document.blocks)
    assert "unreadable on page 2" in document.problems[0]


def test_characters_that_are_only_codes_are_told():
    document = read(ofd_pages([ofd_text("\ue001\ue002\ue003\ue004\ue005", 20, 20)]))
    assert "unreadable on page 1" in document.problems[0]
    assert document.damaged


@pytest.mark.parametrize(("parts", "said"), [
    ({"Doc_0/OFD.xml": "<OFD/>"}, "holds no page"), ({"OFD.xml": "<OFD/>", "Encryptions.xml": "<e/>"}, "encrypted"),
    ({"OFD.xml": "<OFD><DocBody><DocRoot>x.xml</DocRoot></DocBody></OFD>"}, "missing"), ({"OFD.xml": ""}, "damaged")])
def test_what_cannot_be_read_is_told(parts, said):
    with pytest.raises(UnreadableDocumentError, match=said):
        read(package(parts))
    with pytest.raises(UnreadableDocumentError, match=r"OFD\.xml"):
        read_medium(package({"a.txt": "x"}), OFD, Hints())


# ---------------------------------------------------------------- bombs
def test_bombs_are_refused():
    with pytest.raises(LimitExceededError, match="pages"):
        read(package({"OFD.xml": "<OFD><DocBody><DocRoot>D.xml</DocRoot></DocBody></OFD>",
                      "D.xml": "<Document><Pages>" + '<Page BaseLoc="a.xml"/>' * 1000 + "</Pages></Document>"}))
    for content in (ofd_text("字" * 99, 20, 20) * 1100, "".join(ofd_line(1, 1, 9, 1) for _ in range(21_000))):
        with pytest.raises(LimitExceededError):
            read(ofd_pages([content]))


def test_parts_that_hold_themselves_end():
    more = {"Doc_0/Res.xml": f'<ofd:Res {NAMES}><ofd:CompositeGraphicUnit ID="7"><ofd:Content><ofd:CompositeObject '
                             'ResourceID="7" Boundary="1 1 9 9"/></ofd:Content></ofd:CompositeGraphicUnit></ofd:Res>'}
    page = '<ofd:CompositeObject ResourceID="7" Boundary="1 1 9 9"/>' + ofd_text("完", 20, 20)
    assert texts(read(ofd_pages([page], common="<ofd:DocumentRes>Res.xml</ofd:DocumentRes>", more=more))) == ["完"]


def test_entities_are_not_expanded():
    entry = ('<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><OFD><DocBody><DocInfo><Title>&x;</Title></DocInfo>'
             "<DocRoot>D.xml</DocRoot></DocBody></OFD>")
    document = read(package({"OFD.xml": entry, "D.xml": '<Document><Pages><Page BaseLoc="a.xml"/></Pages></Document>',
                             "a.xml": f"<Page><Content><Layer>{ofd_text('一', 20, 20)}</Layer></Content></Page>"}))
    assert "root:" not in document.title + document.text
    assert "entities" in document.problems[0]
    assert not document.damaged


@settings(max_examples=60)
@given(st.text("MLSQBAC 0123456789.-", max_size=80), st.text("g 0123456789.-", max_size=30),
       st.lists(st.floats(-1e6, 1e6), min_size=0, max_size=6))
def test_any_drawing_is_read(path, delta, matrix):
    ctm = " ".join(f"{value:g}" for value in matrix)
    content = (f'<ofd:PathObject Boundary="0 0 9 9" CTM="{ctm}"><ofd:AbbreviatedData>{path}</ofd:AbbreviatedData>'
               f'</ofd:PathObject><ofd:TextObject Boundary="10 10 9 9" CTM="{ctm}" Size="4"><ofd:TextCode X="0" Y="3" '
               f'DeltaX="{delta}">年报12</ofd:TextCode></ofd:TextObject>')
    read(ofd_pages([content + ofd_table([[("1", 1, 1), ("2", 1, 1)]], 30)[0]]))


def test_numbers_beyond_any_page_are_brought_back():
    from extract import ofdrawing

    assert ofdrawing.numbers("1e999 -1e999 12.5") == [1e7, -1e7, 12.5]
    assert ofdrawing.steps("g 1e999 4", 3) == [4.0, 4.0, 4.0]
