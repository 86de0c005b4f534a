"""The fast PDF reader against the reference reader, and on what only one of them gets wrong."""

import io
from pathlib import Path

import pytest
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from extract import pdfium, plumber, standin_font
from tests.documents import layouts, making

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT.parent / "shared" / "corpus"


def drawn(draw, size=(595, 842), **options):
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=size, invariant=1, **options)
    canvas.setFont("STSong-Light", 12)
    draw(canvas)
    canvas.save()
    return buffer.getvalue()


def report(seed=5, year=2021):
    figures = making.figures_2019(seed) if year <= 2020 else making.figures_2021(seed)
    return making.ReportText(f"示例县{year}年政府信息公开工作年度报告", "示例县", year, figures)


def fast(data):
    with standin_font.in_place_of_system_fonts(), pdfium.opened(data, "a.pdf") as document:
        readings = []
        for number in range(1, len(document) + 1):
            with pdfium.page_of(document, number) as page:
                readings.append(pdfium.read_page(page, number))
    return readings


def seen(sheet):
    cells = [[(cell.row, cell.column, cell.rowspan, cell.colspan, cell.text) for cell in grid.cells]
             for grid in sheet.grids]
    return cells, [line.text for line in sheet.lines], sheet.scanned, sheet.lost, len(sheet.images)


def assert_same(data):
    readings = fast(data)
    with plumber.opened(data) as document:
        for number, reading in enumerate(readings, 1):
            assert seen(reading.sheet) == seen(plumber.sheet_of(document, number))
            assert not reading.doubtful
    return readings


@pytest.mark.parametrize("options", [{}, {"blank_zero": True}, {"borders": "none"}, {"borders": "horizontal"},
                                     {"tables_as_images": True}], ids=str)
def test_both_readers_see_the_same(options):
    assert_same(making.pdf(report(year=2019 if options else 2021), **options))


def test_print_much_larger_than_the_rest_keeps_its_width():
    def draw(canvas):
        canvas.setFont("STSong-Light", 8)
        for row in range(30):
            canvas.drawString(60, 600 - 12 * row, "正文的字很小。")
        canvas.setFont("STSong-Light", 30)
        canvas.drawString(60, 700, "2019年度报告")

    assert_same(drawn(draw))


@pytest.mark.parametrize("rules", ["thin", "thick", "boxes", "pieces", "coloured", "open"])
def test_both_readers_see_the_same_in_other_layouts(rules):
    assert_same(layouts.pdf(report(), layouts.Layout(rules=rules)))


def test_labels_on_their_side_read_from_their_foot():
    readings = fast(layouts.pdf(report(), layouts.Layout(turned=True, landscape=True)))
    labels = [cell.text for reading in readings for grid in reading.sheet.grids for cell in grid.cells]
    for label in ("三、本年度办理结果", "（三）不予公开", "（六）其他处理"):
        assert label in labels


@pytest.mark.skipif(not CORPUS.is_dir(), reason="needs the corpus beside the repository")
@pytest.mark.parametrize("name", ["d09_syn_unit", "d14_syn_split4", "e02_rl_dash", "e08_rl_rotate90"])
def test_both_readers_see_the_same_in_the_corpus(name):
    assert_same((CORPUS / "documents" / f"{name}.pdf").read_bytes())


def test_boxes_agree_with_the_reference():
    data = making.pdf(report())
    readings = fast(data)
    with plumber.opened(data) as document:
        for reading in readings:
            other = plumber.sheet_of(document, reading.sheet.number)
            for grid, wanted in zip(reading.sheet.grids, other.grids, strict=True):
                for cell, same in zip(grid.cells, wanted.cells, strict=True):
                    assert cell.box == pytest.approx(same.box, abs=1)
            for line, same_line in zip(reading.sheet.lines, other.lines, strict=True):
                assert line.box == pytest.approx(same_line.box, abs=1.5)


def test_the_stand_in_font_gives_every_character_its_place():
    def draw(canvas):
        for row, text in enumerate(("0123456789", "—／/-", "行政许可〇㐀龥", "ABCabc.,%")):
            for column, char in enumerate(text):  # one by one: pdfium drops what has no width
                canvas.drawString(60 + 40 * column, 700 - 30 * row, char)

    found = "".join(word.text for line in fast(drawn(draw))[0].sheet.lines for word in line.words)
    assert found == "0123456789—／/-行政许可〇㐀龥ABCabc.,%"


def test_the_machine_s_fonts_come_back():
    data = drawn(lambda canvas: canvas.drawString(60, 700, "行政许可"))

    def ink():
        with pdfium.opened(data, "a.pdf") as document, pdfium.page_of(document, 1) as page:
            return int((pdfium.draw(page, 2.0) < 128).sum())

    before = ink()
    fast(data)
    assert ink() == before


def test_rules_of_a_picture_s_thinness_count_and_pictures_don_t():
    from PIL import Image

    def draw(canvas):
        dot = Image.new("L", (4, 4), 0)
        for y in (700, 670, 640):
            canvas.drawInlineImage(dot, 100, y, 200, 0.7)
        for x in (100, 200, 299):
            canvas.drawInlineImage(dot, x, 640, 0.7, 60)
        canvas.drawInlineImage(Image.new("L", (40, 40), 90), 150, 645, 80, 40)  # a stamp over the table
        for x, y, text in ((110, 680, "规章"), (210, 680, "3"), (110, 650, "行政许可"), (210, 650, "17")):
            canvas.drawString(x, y, text)

    sheet = fast(drawn(draw))[0].sheet
    assert [cell.text for cell in sheet.grids[0].cells] == ["规章", "3", "行政许可", "17"]
    assert not sheet.scanned


def test_white_rules_and_covered_rules_are_not_seen():
    def draw(canvas):
        canvas.setStrokeGray(1)
        for y in (700, 670, 640):
            canvas.line(100, y, 300, y)
        for x in (100, 200, 300):
            canvas.line(x, 700, x, 640)
        canvas.drawString(110, 680, "正文写在看不见的线之间。")

    assert fast(drawn(draw))[0].sheet.grids == []


@pytest.mark.parametrize("size", [(298, 421), (595, 842), (2384, 3370)])
def test_tiny_and_huge_pages_read_alike(size):
    scale = size[0] / 595

    def draw(canvas):
        canvas.scale(scale, scale)
        for y in (700, 682, 664):
            canvas.line(100, y, 300, y)
        for x in (100, 200, 300):
            canvas.line(x, 700, x, 664)
        for x, y, text in ((110, 686, "规章"), (210, 686, "3"), (110, 668, "行政许可"), (210, 668, "17")):
            canvas.drawString(x, y, text)

    sheet = fast(drawn(draw, size))[0].sheet
    assert [cell.text for cell in sheet.grids[0].cells] == ["规章", "3", "行政许可", "17"]


def test_print_turned_into_shapes_is_a_scan():
    def draw(canvas):
        for n in range(200):
            shape = canvas.beginPath()
            shape.moveTo(60 + 2 * n, 700)
            for step in range(6):
                shape.curveTo(60 + 2 * n + step, 705, 61 + 2 * n, 710, 62 + 2 * n, 700 + step)
            canvas.drawPath(shape)

    assert fast(drawn(draw))[0].sheet.scanned


def test_a_page_whose_rules_enclose_an_angle_is_doubtful():
    def draw(canvas):
        for x0, y0, x1, y1 in ((100, 700, 300, 700), (100, 640, 300, 640), (100, 700, 100, 640), (300, 700, 300, 640),
                               (200, 700, 200, 670), (200, 670, 300, 670)):
            canvas.line(x0, y0, x1, y1)
        canvas.drawString(110, 680, "规章")

    assert fast(drawn(draw))[0].doubtful


def tabled(canvas, rows):
    """A ruled table of figures under each other, whose cells `rows` draw: text and where in the cell it stands."""
    for place, pieces in enumerate(rows):
        top = 780 - 30 * place
        for left, right in ((60, 300), (300, 420)):
            canvas.rect(left, top - 30, right - left, 30)
        for text, x, y, size in pieces:
            canvas.setFont("STSong-Light", size)
            canvas.drawString(x, top - 20 + y, text)


def cells_of(data):
    readings = fast(data)
    return [[(cell.text, cell.confidence) for cell in grid.cells] for grid in readings[0].sheet.grids]


def test_a_watermark_at_a_slant_is_in_no_cell_and_italics_are():
    def draw(canvas):
        tabled(canvas, [[("行政许可", 70, 0, 10), ("12", 310, 0, 10)], [("行政处罚", 70, 0, 10), ("345", 310, 0, 10)],
                        [("行政强制", 70, 0, 10)]])
        leaning = canvas.beginText()
        leaning.setTextTransform(1, 0, 0.3, 1, 310, 700)
        leaning.textOut("67")
        canvas.drawText(leaning)
        canvas.translate(295, 680)
        canvas.rotate(45)
        canvas.drawString(0, 0, "张三2024内部")

    data = drawn(draw)
    assert cells_of(data) == [[("行政许可", 1), ("12", 1), ("行政处罚", 1), ("345", 1), ("行政强制", 1), ("67", 1)]]
    assert_same(data)


def test_a_raised_mark_of_a_footnote_joins_no_figure():
    def draw(canvas):
        tabled(canvas, [[("行政许可", 70, 0, 10), ("12", 310, 0, 10), ("1", 320, 4, 6)],
                        [("行政处罚", 70, 0, 10), ("345", 310, 0, 10), ("12", 325, 4, 6)],
                        [("行政强制", 70, 0, 10), ("6", 310, 0, 10), ("7", 315, 0, 10)]])

    data = drawn(draw)
    assert [text for text, _ in cells_of(data)[0]][1::2] == ["12", "345", "67"]
    assert_same(data)


def test_a_number_too_wide_for_its_cell_and_print_over_print_are_unsure():
    def draw(canvas):
        tabled(canvas, [[("行政许可", 70, 0, 10), ("12345", 292, 0, 10)],
                        [("行政处罚", 70, 0, 10), ("345", 310, 0, 10)],
                        [("行政强制", 70, 0, 10), ("67", 310, 0, 10), ("2024", 314, 2, 10)]])

    sure = [confidence for _, confidence in cells_of(drawn(draw))[0]]
    assert [confidence < 0.9 for confidence in sure] == [True, True, False, False, False, True]
