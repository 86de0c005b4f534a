"""Scans and pictures: cell by cell from pixels, whatever way up, and said so; hostile pictures end at their header."""

import io
import re
import struct
import zlib

import cv2
import numpy as np
import pypdfium2
import pytest
from PIL import Image as Pictures

from extract import report
from extract.exceptions import LimitExceededError, UnreadableDocumentError
from extract.limits import Limits, use_limits
from extract.model import Grid, Hints
from extract.readers import read as read_medium
from tests.documents import layouts, making


@pytest.fixture(scope="module")
def made():
    figures = making.figures_2021(7, scale=40)
    return making.ReportText("示例县2022年政府信息公开工作年度报告", "示例县", 2022, figures)


@pytest.fixture(scope="module")
def pages(made):
    """The made report as pictures of its pages, grey, 150 dots an inch."""
    document = pypdfium2.PdfDocument(making.pdf(made))
    rendered = [page.render(scale=150 / 72, grayscale=True).to_numpy() for page in document]
    document.close()
    return [page[:, :, 0] if page.ndim == 3 else page for page in rendered]


def coded(page, kind="PNG", **options):
    data = io.BytesIO()
    Pictures.fromarray(page).save(data, kind, **options)
    return data.getvalue()


def scanned(pages, dpi=150, **options):
    """A PDF of nothing but pictures."""
    first, *others = (Pictures.fromarray(page) for page in pages)
    data = io.BytesIO()
    first.save(data, "PDF", save_all=True, append_images=others, resolution=dpi, **options)
    return data.getvalue()


def compare(read, figures):
    """(right, wrong, confidently wrong, missing) figures of tables 2 to 4."""
    wanted = {key: value for key, value in figures.items()
              if key.startswith(("disclosure.", "applications.", "disputes."))}
    right = wrong = confident = missing = 0
    for key, value in wanted.items():
        figure = read.figures.get(key)
        if figure is None or figure.value is None:
            right += value in (None, 0) and figure is not None and figure.state in ("blank", "dash")
            missing += not (value in (None, 0) and figure is not None and figure.state in ("blank", "dash"))
        elif figure.value == value:
            right += 1
        else:
            wrong += 1
            confident += figure.confident
    return right, wrong, confident, missing


@pytest.mark.slow
def test_a_scanned_pdf_reads_every_figure_and_says_that_it_was_recognised(made, pages):
    read = report.read(scanned(pages, quality=60), Hints(name="scan.pdf"))
    right, wrong, confident, missing = compare(read, made.figures)
    assert (wrong, confident, missing) == (0, 0, 0)
    assert right >= 190
    assert any("character recognition" in problem for problem in read.problems)
    assert read.title == made.title
    assert {section.number for section in read.sections} >= {1, 2, 3, 4, 5, 6}


@pytest.mark.slow
@pytest.mark.parametrize("turn", [1, 2, 3])
def test_a_page_stands_upright_again_and_places_lead_back_to_the_picture(made, pages, turn):
    page = next(page for page in pages if page_holds_table(page))
    straight = grids(coded(page))
    turned = grids(coded(np.ascontiguousarray(np.rot90(page, turn))))
    figures = [[cell.text for grid in way for cell in grid.cells if cell.text.isdigit()] for way in (turned, straight)]
    assert figures[0] == figures[1] != []
    height, width = np.rot90(page, turn).shape
    boxes = [cell.box for grid in turned for cell in grid.cells]
    assert all(-9 <= box[0] < box[2] <= width + 9 and -9 <= box[1] < box[3] <= height + 9 for box in boxes)
    # The same cell lies, on the turned picture, where turning takes it.
    left, top, right, bottom = straight[0].cells[0].box
    corners = {1: (top, page.shape[1] - right), 2: (page.shape[1] - right, page.shape[0] - bottom),
               3: (page.shape[0] - bottom, left)}[turn]
    assert turned[0].cells[0].box[:2] == pytest.approx(corners, abs=8)


def page_holds_table(page):
    return any((row < 128).mean() > 0.6 for row in page)


def grids(data, media_type="image/png"):
    return [block for block in read_medium(data, media_type, Hints()).blocks if isinstance(block, Grid)]


def ruled(rows, ink=0, paper=255, thick=2):
    """A picture of a table at 200 dots an inch; what stands in a cell is drawn by OpenCV's own letters."""
    wide, high = 190, 56
    page = np.full((high * len(rows) + 160, wide * len(rows[0]) + 160), paper, np.uint8)
    for row in range(len(rows) + 1):
        cv2.line(page, (80, 80 + row * high), (80 + wide * len(rows[0]), 80 + row * high), (ink,), thick)
    for column in range(len(rows[0]) + 1):
        cv2.line(page, (80 + column * wide, 80), (80 + column * wide, 80 + high * len(rows)), (ink,), thick)
    for row, texts in enumerate(rows):
        for column, text in enumerate(texts):
            at = (80 + column * wide + 70, 80 + row * high + 38)
            if text == "—":
                cv2.line(page, (at[0], at[1] - 9), (at[0] + 26, at[1] - 9), (0,), 2)
            elif text == "/":
                cv2.line(page, (at[0], at[1]), (at[0] + 11, at[1] - 24), (0,), 2)
            else:
                cv2.putText(page, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.85, (0,), 2, cv2.LINE_AA)
    return page


ROWS = [["12", "0", "—", "345"], ["/", "7", "28", "/"], ["", "1", "60", "91"], ["4", "", "—", "503"]]


@pytest.mark.parametrize(("ink", "noise"), [(0, 0), (150, 6), (215, 3)])
def test_marks_blanks_and_figures_between_black_grey_and_faint_rules(ink, noise):
    page = ruled(ROWS, ink)
    if noise:
        page = (page + np.random.default_rng(1).normal(0, noise, page.shape)).clip(0, 255).astype(np.uint8)
    (grid,) = grids(coded(page))
    read = [["" if cell is None else cell.text for cell in row] for row in grid.rows()]
    assert read == ROWS
    assert all(cell.confidence < 1 for cell in grid.cells)


def test_specks_make_no_figures():
    page = ruled([["", "5", "", "12"], ["8", "", "31", ""]])
    chance = np.random.default_rng(3)
    places = chance.integers(0, [page.shape[0] - 2, page.shape[1] - 2], (260, 2))
    for y, x in places.tolist():
        page[y:y + 2, x:x + 2] = 0
    (grid,) = grids(coded(page))
    assert [["" if cell is None else cell.text for cell in row] for row in grid.rows()] == [
        ["", "5", "", "12"], ["8", "", "31", ""]]


def test_a_red_stamp_over_figures_is_not_ink():
    page = cv2.cvtColor(ruled(ROWS), cv2.COLOR_GRAY2BGR)
    stamp = page.copy()
    cv2.circle(stamp, (400, 190), 110, (40, 40, 225), 9)
    page = np.minimum(page, stamp)  # ink on ink
    (grid,) = grids(coded(page[:, :, ::-1]))
    assert [["" if cell is None else cell.text for cell in row] for row in grid.rows()] == ROWS


@pytest.mark.parametrize("kind", ["JPEG", "TIFF", "BMP", "WEBP"])
def test_every_picture_format(kind):
    options = {"quality": 90} if kind in ("JPEG", "WEBP") else {}
    (grid,) = grids(coded(ruled(ROWS), kind, **options), f"image/{kind.lower()}")
    assert [cell.text for cell in grid.cells if cell.row == 1] == ROWS[1]


def test_pages_of_a_tiff_are_pages():
    data = io.BytesIO()
    first, second = (Pictures.fromarray(ruled(rows)) for rows in (ROWS, ROWS[::-1]))
    first.save(data, "TIFF", save_all=True, append_images=[second])
    document = read_medium(data.getvalue(), "image/tiff", Hints())
    assert document.pages == 2
    assert [block.page for block in document.blocks if isinstance(block, Grid)] == [1, 2]


def test_a_flood_of_pixels_ends_at_the_header():
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + header + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    body = zlib.compress(bytes(100))
    chunk += struct.pack(">I", len(body)) + b"IDAT" + body + struct.pack(">I", zlib.crc32(b"IDAT" + body))
    with pytest.raises(LimitExceededError, match=r"flood\.png.*pixels"):
        read_medium(b"\x89PNG\r\n\x1a\n" + chunk, "image/png", Hints(name="flood.png"))


def test_the_limit_of_pixels_holds():
    use_limits(Limits(pixels=10_000))
    try:
        with pytest.raises(LimitExceededError, match=r"more than 0\.01 million"):
            read_medium(coded(ruled(ROWS)), "image/png", Hints(name="x.png"))
    finally:
        use_limits(Limits())


@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0\x00\x10JFIF", b"II*\x00\x08\x00\x00\x00"])
def test_damaged_pictures_are_told(data):
    kind = {b"\x89": "png", b"\xff": "jpeg", b"I": "tiff"}[data[:1]]
    with pytest.raises(UnreadableDocumentError, match="damaged picture"):
        read_medium(data, f"image/{kind}", Hints(name="x"))


def test_a_cut_off_picture_is_told():
    with pytest.raises(UnreadableDocumentError, match="damaged picture"):
        read_medium(coded(ruled(ROWS))[:-600], "image/png", Hints(name="x"))


def test_an_empty_page_holds_nothing():
    document = read_medium(coded(np.full((600, 400), 255, np.uint8)), "image/png", Hints(name="x.png"))
    assert not [block for block in document.blocks if isinstance(block, Grid)]
    assert any("only a picture" in problem for problem in document.problems)


def framed(made, picture="pic/t3.png"):
    """The report as a page whose table 3 is a picture."""
    before, table, after = re.split(r"(<table(?:(?!<table).)*?自然人.*?</table>)", making.html_body(made), maxsplit=1,
                                    flags=re.DOTALL)
    assert "申请人情况" in table
    return f"<html><body>{before}<p><img src='{picture}'></p>{after}</body></html>".encode()


def test_bars_in_a_frame_are_no_dashes_and_the_table_stays_a_picture(made):
    read = report.read(framed(made), Hints(name="x.html", resources={"pic/t3.png": making.table_image(made, 3)}))
    assert next(table for table in read.tables if table.table == 3).image
    assert not [key for key in read.figures if key.startswith("applications.")]


@pytest.mark.slow
@pytest.mark.parametrize("hints", [Hints(), Hints(url="http://a.example/b/c.html")], ids=["beside", "captured"])
def test_a_table_as_picture_in_a_page_is_read_where_the_picture_is_at_hand(made, pages, hints):
    hints.resources = {("http://a.example/b/" if hints.url else "") + "pic/t3.png": coded(pages[1])}
    read = report.read(framed(made), hints)
    assert any("read from 1 pictures" in problem for problem in read.problems)
    assert read.damaged  # what the picture may have lost is uncertain, never absent
    figures = {key: figure for key, figure in read.figures.items()
               if figure.value is not None and key.startswith("applications.")}
    assert len(figures) >= 15
    assert all(figure.value == made.figures[key] for key, figure in figures.items())


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3, 6, 7])  # no rules; three rules; zeros as blanks, slashes and 0
def test_scanned_tables_without_rules_are_placed_by_their_words(made, seed):
    layout = layouts.some_layout(seed, ruleless=True)
    document = pypdfium2.PdfDocument(layouts.pdf(made, layout))
    data = scanned([page.render(scale=200 / 72).to_numpy()[:, :, 0] for page in document], dpi=200)
    document.close()
    read = report.read(data, Hints(name="a.pdf"))
    right, wrong, confident, missing = compare(read, made.figures)
    assert (wrong, confident) == (0, 0), missing
    assert right >= 188
    assert any("without rules" in problem for problem in read.problems)
    table2 = [figure for key, figure in read.figures.items() if key.startswith("disclosure.")]
    assert all(figure.confidence < 0.9 for figure in table2)  # no sum bears them out
