"""In every medium a figure's source leads to its print: a box on the page's picture, a grid's cell, or characters."""

import base64
import io

import numpy as np
import pypdfium2
import pytest
from PIL import Image

from extract import report
from extract.exceptions import UnreadableDocumentError
from extract.exhibit import show
from extract.limits import Guard
from extract.model import Hints
from tests.documents import making, office_making
from tests.extract import variations

MADE = making.ReportText("示例县2022年政府信息公开工作年度报告", "示例县", 2022, making.figures_2021(3))
PDF = making.pdf(MADE)


@pytest.fixture(name="guard", scope="module")
def _guard():
    with Guard(task="extract.exhibit:show") as guard:
        yield guard


def sourced(data, name):
    """The figures of the document's tables that show a number."""
    read = report.read(data, Hints(name=name))
    found = {key: figure for key, figure in read.figures.items() if figure.source.table and figure.state == "number"}
    assert len(found) > 100
    return found


@pytest.mark.parametrize(("name", "make"), [
    ("a.html", lambda made: making.html_body(made).encode()), ("a.docx", making.docx), ("a.odt", office_making.odt),
    ("a.rtf", office_making.rtf), ("a.xlsx", office_making.xlsx), ("a.ofd", office_making.ofd)])
def test_grids_hold_every_figure_where_its_source_says(guard, name, make):
    data = make(MADE)
    grids = guard.record(data, Hints(name=name))["grids"]
    for key, figure in sourced(data, name).items():
        source = figure.source
        cell = next(cell for cell in grids[source.grid]["cells"]
                    if cell["row"] <= source.row < cell["row"] + cell["rowspan"]
                    and cell["column"] <= source.column < cell["column"] + cell["colspan"])
        assert cell["text"].strip() == figure.raw, key
        assert source.row < grids[source.grid]["rows"]


@pytest.mark.parametrize("tabs", [True, False])
def test_text_holds_every_figure_at_its_span(tabs):
    data = variations.as_text(variations.make(3), tabs).replace(b"\n", b"\r\n")
    text = show(data, Hints(name="a.txt")).text
    for key, figure in sourced(data, "a.txt").items():
        start, end = figure.source.span
        assert text[start:end].strip() == figure.raw, key


def page_picture(data, name, page):
    made = show(data, Hints(name=name), page)
    return np.asarray(Image.open(io.BytesIO(made.picture)).convert("L")), made.scale


def turned(data):
    """The same PDF with a /Rotate on every page, as landscape tables have it."""
    document = pypdfium2.PdfDocument(data)
    for page in document:
        page.set_rotation(90)
    made = io.BytesIO()
    document.save(made)
    document.close()
    return made.getvalue()


@pytest.mark.parametrize("data", [PDF, turned(PDF)], ids=["upright", "turned by its key"])
def test_boxes_hold_the_ink_of_their_figures_on_the_picture_of_the_page(data):
    pages = {}
    for key, figure in sourced(data, "a.pdf").items():
        number = figure.source.page
        if number not in pages:
            pages[number] = page_picture(data, "a.pdf", number)
        picture, scale = pages[number]
        left, top, right, bottom = (side * scale for side in figure.source.box)
        assert -1 <= left < right <= picture.shape[1] + 1, key
        assert -1 <= top < bottom <= picture.shape[0] + 1, key
        inside = picture[round(top) + 2:round(bottom) - 2, round(left) + 2:round(right) - 2]
        assert inside.min() < 140, key


@pytest.mark.slow
def test_boxes_of_a_scan_lie_on_the_picture_as_it_came():
    document = pypdfium2.PdfDocument(PDF)
    number = next(place for place, page in enumerate(document) if "自然人" in page.get_textpage().get_text_bounded())
    page = np.rot90(document[number].render(scale=200 / 72, grayscale=True).to_numpy().reshape(
        round(document[number].get_height() * 200 / 72 + 0.49), -1))
    document.close()
    held = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(page)).save(held, "PNG")
    figures = report.read(held.getvalue(), Hints(name="a.png")).figures
    picture, scale = page_picture(held.getvalue(), "a.png", 1)
    shown = [figure for figure in figures.values() if figure.source.box and figure.value]
    assert len(shown) > 20
    for figure in shown:
        left, top, right, bottom = (round(side * scale) for side in figure.source.box)
        assert picture[top + 2:bottom - 2, left + 2:right - 2].min() < 160


def test_a_page_that_is_not_there_is_said(guard):
    with pytest.raises(UnreadableDocumentError, match=r"a\.pdf: it has no page 99"):
        guard.record(PDF, Hints(name="a.pdf"), page=99)
    record = guard.record(PDF, Hints(name="a.pdf"), page=2)
    assert base64.b64decode(record["picture"]).startswith(b"\x89PNG")
    with pytest.raises(UnreadableDocumentError, match="no page 2"):
        held = io.BytesIO()
        Image.new("L", (300, 400), 255).save(held, "PNG")
        show(held.getvalue(), Hints(name="a.png"), 2)
