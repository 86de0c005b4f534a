"""docx: what the XML says and nothing else – spans, numbering, changes, boxes, pictures, bombs."""

import io
import zipfile
from pathlib import Path

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.exceptions import LimitExceededError, UnreadableDocumentError
from extract.model import Grid, Hints, Image, Text
from extract.readers import read as read_medium
from extract.sniffing import DOCX, ENCRYPTED
from tests.documents import making

CORPUS = Path(__file__).resolve().parents[3].parent / "shared" / "corpus"
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"


def read(data, name="a.docx"):
    return read_medium(data, DOCX, Hints(name=name))


def package(body, *, namespace=W, before="", **parts):
    """A docx with that body and further parts by name without folder, e.g. numbering=..."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", f'<?xml version="1.0"?>{before}<w:document xmlns:w="{namespace}" '
                         'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
                         'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
                         'xmlns:wps="urn:wps" xmlns:v="urn:v" xmlns:a="urn:a" xmlns:wp="urn:wp">'
                         f"<w:body>{body}</w:body></w:document>")
        for name, content in parts.items():
            archive.writestr(f"word/{name}.xml", f'<w:{name} xmlns:w="{namespace}">{content}</w:{name}>')
    return buffer.getvalue()


def p(text, properties="", run=""):
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:rPr>{run}</w:rPr><w:t>{text}</w:t></w:r></w:p>"


def tc(text, properties=""):
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{p(text)}</w:tc>"


def tbl(*rows):
    return "<w:tbl>" + "".join(f"<w:tr>{''.join(cells)}</w:tr>" for cells in rows) + "</w:tbl>"


def texts(document):
    return [block.text for block in document.blocks if isinstance(block, Text)]


def grids(document):
    return [block for block in document.blocks if isinstance(block, Grid)]


def matrix(grid):
    return [["" if cell is None else cell.text for cell in row] for row in grid.rows()]


@pytest.mark.parametrize("year", [2019, 2022])
def test_made_tables_come_out_cell_by_cell(year):
    figures = making.figures_2019(2) if year == 2019 else making.figures_2021(2)
    made = making.ReportText("示例县政府信息公开工作年度报告", "示例县", year, figures)
    document = read(making.docx(made))
    for grid, table in zip(grids(document), making.tables(made).values(), strict=True):
        given = [(cell.row, cell.column, cell.rowspan, cell.colspan, cell.text) for cell in grid.cells]
        assert sorted(given) == sorted(making.placed(table))
    assert document.title == made.title
    headings = [block for block in document.blocks if isinstance(block, Text) and block.level == 1]
    assert [block.text for block in headings][1:] == list(making.SECTION_TITLES.values())


def test_tables_as_pictures_bring_their_bytes():
    made = making.ReportText("题", "示例局", 2021, making.figures_2021(1))
    pictures = [block for block in read(making.docx(made, tables_as_images=True)).blocks if isinstance(block, Image)]
    assert len(pictures) == 3
    assert pictures[0].data == making.table_image(made, 2)
    assert pictures[0].width > 500


def test_insertions_count_deletions_and_hidden_text_do_not():
    body = ("<w:p><w:r><w:t>收到</w:t></w:r><w:del><w:r><w:delText>30</w:delText></w:r></w:del>"
            "<w:ins><w:r><w:t>31</w:t></w:r></w:ins><w:r><w:t>件</w:t></w:r></w:p>"
            + p("看不见", run="<w:vanish/>") + p("看得见", run='<w:vanish w:val="0"/>'))
    assert texts(read(package(body))) == ["收到31件", "看得见"]


def test_deleted_rows_are_gone():
    gone = f"<w:tr><w:trPr><w:del/></w:trPr>{tc('旧')}{tc('1')}</w:tr>"
    body = tbl([tc("甲"), tc("2")], [tc("乙"), tc("3")]).replace("</w:tbl>", gone + "</w:tbl>")
    assert matrix(grids(read(package(body)))[0]) == [["甲", "2"], ["乙", "3"]]


def test_merges_of_every_kind():
    body = tbl([tc("甲", '<w:vMerge w:val="restart"/>'), tc("乙", '<w:gridSpan w:val="2"/>')],
               [tc("", "<w:vMerge/>"), tc("丙"), tc("丁")],
               [tc("戊", '<w:hMerge w:val="restart"/>'), tc("", "<w:hMerge/>"), tc("己")])
    assert matrix(grids(read(package(body)))[0]) == [["甲", "乙", "乙"], ["甲", "丙", "丁"], ["戊", "戊", "己"]]


def test_rows_may_begin_later():
    late = f'<w:tr><w:trPr><w:gridBefore w:val="1"/></w:trPr>{tc("丙")}</w:tr>'
    body = tbl([tc("甲"), tc("乙")]).replace("</w:tbl>", late + "</w:tbl>")
    assert matrix(grids(read(package(body)))[0]) == [["甲", "乙"], ["", "丙"]]


def test_a_merge_that_continues_nothing_is_a_cell():
    assert matrix(grids(read(package(tbl([tc("甲", "<w:vMerge/>"), tc("乙")]))))[0]) == [["甲", "乙"]]


@pytest.mark.parametrize("namespace", [W, STRICT])
def test_both_namespaces_of_the_format(namespace):
    assert texts(read(package(p("正文"), namespace=namespace))) == ["正文"]


NUMBERING = (
    '<w:abstractNum w:abstractNumId="0">'
    '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="%1、"/></w:lvl>'
    '<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="（%2）"/></w:lvl>'
    '<w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%3."/></w:lvl>'
    '</w:abstractNum><w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/>'
    '<w:lvlText w:val="•"/></w:lvl></w:abstractNum>'
    '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>'
    '<w:num w:numId="3"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/>'
    "</w:lvlOverride></w:num>")


def numbered(text, identity=1, level=0):
    return p(text, f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{identity}"/></w:numPr>')


def test_automatic_numbers_are_printed():
    body = (numbered("总体情况") + numbered("主动公开", level=1) + numbered("依申请公开", level=1)
            + numbered("主动公开政府信息情况") + numbered("其一", level=1) + numbered("细目", level=2)
            + numbered("圆点", 2) + numbered("另起", 3))
    assert texts(read(package(body, numbering=NUMBERING))) == [
        "一、总体情况", "（一）主动公开", "（二）依申请公开", "二、主动公开政府信息情况", "（一）其一", "1.细目",
        "圆点", "一、另起"]


def test_numbers_and_levels_come_from_styles_too():
    styles = ('<w:style w:styleId="S"><w:name w:val="heading 2"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>'
              '</w:style><w:style w:styleId="T"><w:basedOn w:val="S"/></w:style>')
    document = read(package(p("总体情况", '<w:pStyle w:val="T"/>'), styles=styles, numbering=NUMBERING))
    assert [(block.text, block.level) for block in document.blocks] == [("一、总体情况", 2)]


def test_content_controls_links_and_alternatives():
    body = (f"<w:sdt><w:sdtPr/><w:sdtContent>{p('控件内')}</w:sdtContent></w:sdt>"
            "<w:p><w:hyperlink><w:r><w:t>链接</w:t></w:r></w:hyperlink></w:p>"
            "<w:p><w:r><mc:AlternateContent><mc:Choice><w:drawing><wps:txbx><w:txbxContent>" + p("框内文字")
            + "</w:txbxContent></wps:txbx></w:drawing></mc:Choice><mc:Fallback><w:pict><v:textbox><w:txbxContent>"
            + p("框内文字") + "</w:txbxContent></v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>")
    assert texts(read(package(body))) == ["控件内", "链接", "框内文字"]


def test_nested_tables_follow_and_frames_open():
    inner = tbl([tc("规章"), tc("3")], [tc("许可"), tc("4")])
    outer = f"<w:tbl><w:tr><w:tc>{p('外')}{inner}</w:tc><w:tc>{p('右')}</w:tc></w:tr></w:tbl>"
    assert [matrix(grid) for grid in grids(read(package(outer)))] == [[["外", "右"]], [["规章", "3"], ["许可", "4"]]]
    frame = f"<w:tbl><w:tr><w:tc>{p('一、总体情况')}{inner}</w:tc></w:tr></w:tbl>"
    document = read(package(frame))
    assert texts(document) == ["一、总体情况"]
    assert len(grids(document)) == 1


def test_lines_of_a_cell_join_but_never_make_a_number():
    cell = f"<w:tc>{p('本年制发')}{p('件数')}</w:tc><w:tc>{p('12')}{p('3')}</w:tc>"
    (grid,) = grids(read(package(f"<w:tbl><w:tr>{cell}</w:tr></w:tbl>")))
    assert [found.text for found in grid.cells] == ["本年制发件数", "12\n3"]


def test_entities_are_never_expanded():
    secret = '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    document = read(package(p("前&x;后"), before=secret))
    assert "root:" not in document.text
    assert document.problems
    bomb = '<!DOCTYPE d [<!ENTITY a "哈哈哈哈哈哈哈哈哈哈">' + "".join(
        f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)) + "]>"
    try:
        document = read(package(p("&j;"), before=bomb))
    except UnreadableDocumentError:
        return
    assert len(document.text) < 1000


def test_too_many_cells_are_refused():
    row = "<w:tr>" + "<w:tc><w:p/></w:tc>" * 60 + "</w:tr>"
    buffer = io.BytesIO(package(f"<w:tbl>{row * 900}</w:tbl>"))
    with zipfile.ZipFile(buffer) as archive:
        body = archive.read("word/document.xml")
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("word/document.xml", body)
    with pytest.raises(LimitExceededError, match="cells"):
        read(stored.getvalue())


def test_an_enormous_span_is_bounded():
    (grid,) = grids(read(package(tbl([tc("甲", '<w:gridSpan w:val="100000000"/>'), tc("乙")]))))
    assert grid.width <= 61


def test_locked_and_broken_files_say_so():
    with pytest.raises(UnreadableDocumentError, match="locked with a password"):
        read_medium(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), ENCRYPTED, Hints(name="a.docx"))
    whole = making.docx(making.ReportText("题", "示例局", 2021, making.figures_2021(1)))
    for data in (whole[:len(whole) // 2], b"PK\x03\x04junk", package("").replace(b"word/document", b"word/docoment")):
        with pytest.raises(UnreadableDocumentError, match="damaged"):
            read(data)


def test_garbage_inside_never_gives_other_text():
    whole = making.docx(making.ReportText("题", "示例局", 2021, making.figures_2021(1)))
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        start = archive.getinfo("word/document.xml").header_offset + 200
    broken = whole[:start] + b"\x00\xff" * 50 + whole[start + 100:]
    with pytest.raises(UnreadableDocumentError, match="damaged"):
        read(broken)


@given(st.lists(st.lists(st.tuples(st.integers(1, 3), st.text("甲乙1230 ", max_size=3)), min_size=1, max_size=5),
                min_size=1, max_size=5))
@settings(max_examples=40)
def test_widths_add_up(rows):
    body = tbl(*[[tc(text, f'<w:gridSpan w:val="{across}"/>') for across, text in row] for row in rows])
    document = read(package(body))
    for grid in grids(document):
        assert grid.width == max(sum(across for across, _ in row) for row in rows)
        assert sorted(cell.text for cell in grid.cells) == sorted(text.strip() for row in rows for _, text in row)


def test_what_word_itself_writes():
    document = docx.Document()
    document.add_heading("一、总体情况", level=2)
    document.add_paragraph("正文")
    buffer = io.BytesIO()
    document.save(buffer)
    found = [(block.text, block.level) for block in read(buffer.getvalue()).blocks]
    assert found == [("一、总体情况", 2), ("正文", None)]


@pytest.mark.skipif(not CORPUS.is_dir(), reason="needs the corpus beside the repository")
@pytest.mark.parametrize("path", sorted((CORPUS / "documents").glob("d*.docx")), ids=lambda path: path.stem)
def test_corpus_reads_without_a_problem(path):
    document = read(path.read_bytes())
    assert document.problems == []
    assert len(grids(document)) >= 3


def test_what_is_struck_through_is_left_out():
    style = ('<w:style w:type="character" w:styleId="S"><w:name w:val="s"/><w:rPr><w:strike/></w:rPr></w:style>')
    body = "".join(f"<w:p><w:r><w:rPr>{run}</w:rPr><w:t>12</w:t></w:r><w:r><w:t>13</w:t></w:r></w:p>" for run in (
        "<w:strike/>", "<w:dstrike/>", '<w:rStyle w:val="S"/>', '<w:rStyle w:val="S"/><w:strike w:val="0"/>'))
    assert texts(read(package(body, styles=style))) == ["13", "13", "13", "1213"]


def test_marks_of_notes_raised_by_a_style_or_by_hand_join_no_figure():
    style = ('<w:style w:type="character" w:styleId="F"><w:name w:val="footnote reference"/><w:rPr>'
             '<w:vertAlign w:val="superscript"/></w:rPr></w:style>')
    body = "".join(f"<w:p><w:r><w:t>12</w:t></w:r><w:r><w:rPr>{run}</w:rPr><w:t>1</w:t></w:r></w:p>" for run in (
        '<w:rStyle w:val="F"/>', '<w:position w:val="12"/>', '<w:rStyle w:val="F"/><w:vertAlign w:val="baseline"/>'))
    assert texts(read(package(body, styles=style))) == ["12", "12", "121"]


def test_hidden_rows_and_deleted_cells_are_gone():
    hidden = f"<w:tr><w:trPr><w:hidden/></w:trPr>{tc('旧')}{tc('1')}</w:tr>"
    changed = f"<w:tr>{tc('乙')}{tc('2', '<w:cellDel/>')}{tc('3')}</w:tr>"
    body = tbl([tc("甲"), tc("2")]).replace("</w:tbl>", hidden + changed + "</w:tbl>")
    assert matrix(grids(read(package(body)))[0]) == [["甲", "2"], ["乙", "3"]]


def test_a_cell_merged_both_ways_the_old_way_grows_once():
    first, more = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    rows = [[tc("甲" if down == first else "", down + '<w:hMerge w:val="restart"/>'), tc("", down + "<w:hMerge/>"),
             tc(text)] for down, text in ((first, "乙"), (more, "丙"), (more, "丁"))]
    assert matrix(grids(read(package(tbl(*rows))))[0]) == [["甲", "甲", "乙"], ["甲", "甲", "丙"], ["甲", "甲", "丁"]]
