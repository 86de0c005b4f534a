"""Pictures within the guard: limits of their own, resources that travel to the child, one page's fault for itself."""

import io

import numpy as np
from PIL import Image as Pictures

from extract.limits import Guard, Limits
from extract.model import Document, Grid, Hints, Image
from extract.scans import read_pictures


def blank(width=300, height=200):
    data = io.BytesIO()
    Pictures.fromarray(np.full((height, width), 255, np.uint8)).save(data, "PNG")
    return data.getvalue()


def test_a_picture_may_take_more_than_other_documents():
    with Guard(Limits(memory_bytes=700 << 20)) as guard:
        report = guard.read(blank(), Hints(name="x.png"))
    assert report.medium == "image/png"
    assert any("only a picture" in problem for problem in report.problems)


def test_resources_reach_the_child_and_a_damaged_one_is_told():
    page = ("<html><body><h2>二、主动公开政府信息情况</h2><p>如下表所示，本年度情况见图。</p>"
            "<p><img src='t.png'></p></body></html>")
    with Guard() as guard:
        report = guard.read(page.encode(), Hints(name="x.html", resources={"t.png": b"\x89PNG\r\n\x1a\n"}))
    assert any("t.png: damaged picture" in problem for problem in report.problems)


def test_a_document_with_tables_of_its_own_leaves_its_pictures_alone():
    from extract.model import Cell

    grid = Grid([Cell("1", row, column) for row in range(20) for column in range(10)])
    document = Document("", "text/html", "markup", [grid, Image("t.png", data=b"no picture")])
    read_pictures(document)
    assert document.problems == []


def test_an_icon_stays_a_picture():
    document = Document("", "text/html", "markup", [Image("t.png", data=blank(30, 30))])
    read_pictures(document)
    assert [type(block) for block in document.blocks] == [Image]
    assert not document.damaged
