"""Every saved list page of tests/listings/<family>/ gives exactly the rows written down beside it."""

import json
from pathlib import Path

import pytest

from crawler.families import FAMILIES, recognise

FOLDER = Path(__file__).parents[2] / "listings"
PAGES = sorted(FOLDER.glob("*/*.html"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}/{page.stem}")
def test_a_saved_page_gives_the_rows_written_down(page):
    text, expected = page.read_text("utf-8"), json.loads(page.with_suffix(".json").read_text("utf-8"))
    listing = FAMILIES[page.parent.name].listing(text, expected["url"])
    assert [[item.url, item.title, item.day] for item in listing.items] == expected["items"]
    assert (listing.total, listing.pages) == (expected["total"], expected["pages"])
    if "known_shape" in expected:
        assert listing.known_shape is expected["known_shape"]
    if "next" in expected:
        assert listing.next == expected["next"]
    if not expected.get("parser"):
        assert recognise(text) == expected["family"]


def test_every_family_has_saved_pages():
    assert set(FAMILIES) == {page.parent.name for page in PAGES}


@pytest.mark.parametrize(("mark", "name"), [
    ("window._CONFIG = {SID:'1', TREE:[{id:1}]}", "gkmlpt"),
    ('<script src="/a/messageController/getMessage.do?x"></script>', "truecms"),
    ('<script src="/x/AuthorizedRead/unitbuild.js" queryData="{}"></script>', "jpaas"),
    ('<iframe src="/module/xxgk/tree.jsp?area=1"></iframe>', "hanweb"),
    ("<script>$.get('/site/label/8888?IsAjax=1')</script>", "anhui_label"),
    ('<script src="/EWB-FRONT/webBuilderCommon.js"></script>', "epoint"),
])
def test_a_list_that_a_system_fills_is_not_taken_for_its_side_column(mark, name):
    side = '<ul><li><a href="/a/t20260101_1.html">示例市2025年工作报告</a><span>2026-01-01</span></li></ul>'
    assert recognise(f"<html><body>{mark}{side}</body></html>") == name
    assert name in FAMILIES
