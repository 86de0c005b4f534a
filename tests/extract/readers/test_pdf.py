"""PDF: ruled and borderless tables cell by cell, prose in whole sentences, damage and locks said."""

import contextlib
import io
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from extract import pdfium
from extract.exceptions import LimitExceededError, UnreadableDocumentError
from extract.model import Grid, Hints, Image, Text
from extract.readers import read as read_medium
from tests.documents import making

PDF = "application/pdf"
CORPUS = Path(__file__).resolve().parents[3].parent / "shared" / "corpus"


def read(data, **hints):
    return read_medium(data, PDF, Hints(**hints))


def report(year=2021, seed=5, **more):
    figures = making.figures_2019(seed) if year <= 2020 else making.figures_2021(seed)
    return making.ReportText(f"示例县{year}年政府信息公开工作年度报告", "示例县", year, figures, **more)


def grids(document):
    return [block for block in document.blocks if isinstance(block, Grid)]


def texts(document):
    return [block.text for block in document.blocks if isinstance(block, Text)]


def matrix(grid):
    return [["" if cell is None else cell.text for cell in row] for row in grid.rows()]


def expected(table):
    """What the full matrix of a made table must be."""
    rows = [[""] * making.width(table) for _ in table]
    for row, column, down, across, text in making.placed(table):
        for i in range(down):
            for j in range(across):
                rows[row + i][column + j] = text
    return rows


def drawn(draw, **options):
    """A PDF of what `draw(canvas)` puts on its pages."""
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(595, 842), invariant=1, **options)
    canvas.setFont("STSong-Light", 12)
    draw(canvas)
    canvas.save()
    return buffer.getvalue()


def small_table(canvas, left=100, top=700, rows=(("规章", "本年制发件数"), ("行政许可", "17"))):
    for position in range(len(rows) + 1):
        canvas.line(left, top - 30 * position, left + 200, top - 30 * position)
    for x in (left, left + 100, left + 200):
        canvas.line(x, top, x, top - 30 * len(rows))
    for row, texts_of_row in enumerate(rows):
        for column, text in enumerate(texts_of_row):
            canvas.drawString(left + 5 + 100 * column, top - 20 - 30 * row, text)


@pytest.mark.parametrize("year", [2019, 2023])
@pytest.mark.parametrize("options", [{}, {"blank_zero": True}, {"dash_zero": True}], ids=["zero", "blank", "dash"])
def test_ruled_tables_come_out_cell_by_cell(year, options):
    made = report(year)
    document = read(making.pdf(made, **options))
    tables = making.tables(made, **options)
    found = grids(document)
    assert len(found) == 4  # table 3 runs over two pages
    before, after = expected(tables[3])[:14], expected(tables[3])[14:]
    assert matrix(found[0]) == expected(tables[2])
    assert matrix(found[1]) == before
    assert [row[2:] for row in matrix(found[2])] == [row[2:] for row in after]
    assert matrix(found[3]) == expected(tables[4])
    assert (document.problems, document.damaged) == ([], False)


def test_cells_carry_page_box_and_spans():
    found = grids(read(making.pdf(report())))
    note = found[1].cells[0]
    assert (note.rowspan, note.colspan, note.page) == (3, 3, 2)
    left, top, right, bottom = note.box
    assert 0 < left < right < 595
    assert 0 < top < bottom < 842
    assert all(cell.confidence == 1.0 for grid in found for cell in grid.cells)


def test_prose_comes_in_whole_paragraphs_in_order():
    prose = "本机关在全年工作中坚持以公开为常态不公开为例外的原则，" * 6 + "并如期完成各项任务。"
    made = report(sections={1: prose + "\n" + "第二段说明栏目建设情况。", 6: "无其他需要报告的事项。"})
    found = texts(read(making.pdf(made)))
    assert prose in found
    assert "第二段说明栏目建设情况。" in found
    places = [found.index(title) for title in making.SECTION_TITLES.values()]
    assert places == sorted(places)


def test_page_numbers_and_running_heads_are_dropped():
    def draw(canvas):
        for page in range(1, 5):
            canvas.setFont("STSong-Light", 12)
            canvas.drawString(200, 815, "示例县人民政府文件")
            canvas.drawString(100, 600, f"本页的正文是第{page}段，与别页不同。")
            canvas.drawString(280, 30, f"- {page} -")
            canvas.showPage()

    assert texts(read(drawn(draw))) == [f"本页的正文是第{page}段，与别页不同。" for page in range(1, 5)]


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_pages_with_a_rotation_read_alike(turn):
    def draw(canvas):
        canvas.setPageRotation(turn)
        if turn == 90:
            canvas.translate(595, 0)
            canvas.rotate(90)
        elif turn == 180:
            canvas.translate(595, 842)
            canvas.rotate(180)
        elif turn == 270:
            canvas.translate(0, 595)  # reportlab lays such a page on its side
            canvas.rotate(270)
        small_table(canvas, top=500)

    (grid,) = grids(read(drawn(draw)))
    assert matrix(grid) == [["规章", "本年制发件数"], ["行政许可", "17"]]


def test_text_turned_without_a_rotation_key_is_turned_back():
    def draw(canvas):
        canvas.translate(595, 0)
        canvas.rotate(90)
        small_table(canvas, top=500)

    (grid,) = grids(read(drawn(draw)))
    assert matrix(grid) == [["规章", "本年制发件数"], ["行政许可", "17"]]


def test_rules_left_out_at_a_page_break_are_closed():
    def draw(canvas):
        for y in (700, 670):  # no rule under the last row, none on the left
            canvas.line(100, y, 300, y)
        for x in (200, 300):
            canvas.line(x, 700, x, 640)
        for x, y, text in ((110, 680, "规章"), (210, 680, "3"), (110, 650, "行政许可"), (210, 650, "17")):
            canvas.drawString(x, y, text)

    (grid,) = grids(read(drawn(draw)))
    assert matrix(grid)[-1][-1] == "17"
    assert "行政许可" in [cell.text for cell in grid.cells] + texts(read(drawn(draw)))


def test_dashed_rules_are_rules():
    def draw(canvas):
        canvas.setDash(3, 2)
        small_table(canvas)

    (grid,) = grids(read(drawn(draw)))
    assert matrix(grid) == [["规章", "本年制发件数"], ["行政许可", "17"]]


def test_shaded_prose_is_no_table():
    def draw(canvas):
        for line in range(6):
            canvas.setFillGray(0.9)
            canvas.rect(80, 700 - 20 * line, 420, 20, stroke=0, fill=1)
            canvas.setFillGray(0)
            canvas.drawString(85, 705 - 20 * line, f"第{line}行的文字各自成句。")

    document = read(drawn(draw))
    assert grids(document) == []
    assert "".join(texts(document)) == "".join(f"第{line}行的文字各自成句。" for line in range(6))


def test_double_printed_bold_counts_once():
    def draw(canvas):
        for shift in (0, 0.3):
            canvas.drawString(100 + shift, 600, "一、总体情况")

    assert texts(read(drawn(draw))) == ["一、总体情况"]


@pytest.mark.parametrize("options", [{}, {"blank_zero": True}, {"dash_zero": True}], ids=["zero", "blank", "dash"])
@pytest.mark.parametrize("borders", ["none", "three", "horizontal"])
@pytest.mark.parametrize("year", [2019, 2021])
def test_tables_without_all_rules_keep_rows_and_columns(year, borders, options):
    made = report(year, seed=11)
    wanted = making.tables(made, **options)
    document = read(making.pdf(made, borders=borders, **options))
    rows = {"".join(cell.text for cell in grid.cells if cell.row == row and cell.column < 2):
            [cell.text for cell in grid.cells if cell.row == row and cell.column >= 2]
            for grid in grids(document) for row in range(grid.height)}
    for row in expected(wanted[3])[3:]:
        label = row[2]
        given = next(values for name, values in rows.items() if name.endswith(label))
        assert given == row[3:], label
    assert expected(wanted[4])[3] in list(rows.values())


def test_a_locked_file_says_so():
    data = drawn(lambda canvas: canvas.drawString(100, 600, "内容"), encrypt=StandardEncryption("secret", "owner"))
    with pytest.raises(UnreadableDocumentError, match=r"a\.pdf: locked with a password"):
        read(data, name="a.pdf")


def test_an_owner_password_is_no_lock():
    def draw(canvas):  # reportlab doesn't encrypt what describes a Chinese font, so Latin letters it is
        canvas.setFont("Helvetica", 12)
        small_table(canvas, rows=(("a", "b"), ("c", "17")))

    data = drawn(draw, encrypt=StandardEncryption("", "owner", canCopy=0))
    assert matrix(grids(read(data))[0]) == [["a", "b"], ["c", "17"]]


def test_a_file_cut_off_is_refused_or_damaged():
    data = making.pdf(report())
    for share in (0.3, 0.6, 0.9, 0.99):
        try:
            document = read(data[:int(len(data) * share)], name="cut.pdf")
        except UnreadableDocumentError as fault:
            assert "damaged" in str(fault)  # noqa: PT017  # both ends are right
        else:
            assert document.damaged
            assert document.problems


def test_garbage_inside_is_noticed():
    data = bytearray(making.pdf(report()))
    place = data.index(b"\nstream", len(data) // 3) + 60
    data[place:place + 200] = bytes(range(200))
    try:
        document = read(bytes(data))
    except UnreadableDocumentError as fault:
        assert "damaged" in str(fault)  # noqa: PT017
    else:
        assert document.damaged


def raw_pdf(*objects):
    """A PDF of objects given as bytes, numbered from 1; object 1 is the catalogue."""
    data, places = b"%PDF-1.5\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    data += b"".join(b"%010d 00000 n \n" % place for place in places)
    return data + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, start)


def stream(content, extra=b""):
    packed = zlib.compress(content)
    return b"<</Length %d/Filter/FlateDecode%s>>stream\n" % (len(packed), extra) + packed + b"\nendstream"


def one_page(content, fonts=b"", kids=b"[3 0 R]", count=1):
    return raw_pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count %d/Kids%s>>" % (count, kids),
                   b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<<%s>>>>" % fonts,
                   stream(content))


def test_the_file_s_own_title_and_days_are_handed_over():
    def draw(canvas):
        canvas.setTitle("示例县2021年政府信息公开工作年度报告")
        canvas.drawString(100, 600, "内容")

    document = read(drawn(draw))
    assert document.title == "示例县2021年政府信息公开工作年度报告"
    assert set(document.meta) == {"creationdate", "moddate"}
    assert document.meta["creationdate"].startswith("D:20")


def test_a_page_that_breaks_the_reader_leaves_the_others(monkeypatch):
    read_page = pdfium.read_page

    def breaking(page, number):
        if number in (1, 2):
            raise ValueError("infinite box")
        return read_page(page, number)

    data = making.pdf(report())
    whole = read(data)
    monkeypatch.setattr(pdfium, "read_page", breaking)
    document = read(data)  # tables come from the reference reader
    assert [matrix(grid) for grid in grids(document)] == [matrix(grid) for grid in grids(whole)]
    assert not document.damaged

    document = read(drawn(lambda canvas: canvas.drawString(100, 600, "正文。")))
    assert document.damaged
    assert "page 1 can't be read (ValueError: infinite box)" in document.problems


def test_a_text_layer_without_mapping_gives_no_words():
    fonts = (b"/Font<</F1<</Type/Font/Subtype/Type0/BaseFont/Sim/Encoding/Identity-H/DescendantFonts[<</Type/Font"
             b"/Subtype/CIDFontType2/BaseFont/Sim/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
             b"/DW 1000>>]>>>>")
    lines = b"".join(b"1 0 0 1 60 %d Tm <%s> Tj " % (760 - 20 * row, b"00010002000300040005" * 4) for row in range(20))
    document = read(one_page(b"BT /F1 12 Tf " + lines + b"ET", fonts))
    assert document.damaged
    assert any("text layer unreadable" in problem for problem in document.problems)
    assert not texts(document)
    assert not grids(document)


def test_an_empty_file_says_that_it_holds_no_text():
    assert read(one_page(b"")).problems == ["the PDF holds no text"]


def test_pages_that_loop_or_are_too_many_are_refused():
    with pytest.raises(UnreadableDocumentError):
        read(raw_pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 2/Kids[2 0 R 2 0 R]>>"))
    with pytest.raises(LimitExceededError, match="pages"):
        read(one_page(b"", count=10**6))


def test_fewer_pages_than_announced_are_damage():
    document = read(one_page(b"", count=3))
    assert document.damaged
    assert "announces 3 pages, 1 are there" in document.problems[0]


def test_a_stream_bomb_is_stopped():
    with pytest.raises(LimitExceededError, match="inflates"):
        read(one_page(bytes(210 << 20)))


def test_a_scan_is_handed_over_as_pictures():
    made = report()
    document = read(making.pdf(made, tables_as_images=True))
    pictures = [block for block in document.blocks if isinstance(block, Image)]
    assert len(pictures) == 3
    order = [type(block).__name__ for block in document.blocks]
    assert "Text" in order[order.index("Image"):]  # they stand between the sections, not at the end


@given(st.binary(max_size=400))
@settings(max_examples=60)
def test_nothing_but_our_errors_comes_out(junk):
    for data in (b"%PDF-1.4\n" + junk, one_page(junk)):
        with contextlib.suppress(UnreadableDocumentError):
            read(data)


@pytest.mark.skipif(not CORPUS.is_dir(), reason="needs the corpus beside the repository")
@pytest.mark.parametrize("name", ["d05_syn_blank0", "d07_syn_slash0", "d10_syn_landscape", "d16_syn_rephead"])
def test_corpus_reads_without_a_problem(name):
    document = read((CORPUS / "documents" / f"{name}.pdf").read_bytes())
    assert document.problems == []
    assert len(grids(document)) >= 4
