"""Walking lists to their end over answers held in memory; what is called complete, and why not."""

import asyncio
import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.families import jpage, static, trs
from crawler.families.paging import Answer, Ask
from crawler.model import Outcome

BASE = "http://www.shili.example/nb/"
COLUMN = "http://www.shili.example/col/col33718/index.html"


def row(number, day="2022-01-10"):
    return (f'<li><a href="/art/2022/1/{number}/art_33718_{number}.html">示例{number}局2021年政府信息公开工作年度报告'
            f"</a><span>{day}</span></li>")


def page(first, last, after=""):
    return f"<html><body><ul>{''.join(row(number) for number in range(first, last))}</ul>{after}</body></html>"


def pager(pages, kind="createPageHTML({}, 0, 'index', 'html')"):
    return f"<script>{kind.format(pages)};</script>"


STUB = Answer("", "", Outcome.SOFT_404, "a stub of 332 bytes")


def walk(family, url, pages, max_pages=50):
    """Enumerate over a dict of addresses; everything else is a stub. Returns (enumeration, addresses asked)."""
    asked = []

    async def get(address):
        asked.append(address)
        return Answer(address, pages[address]) if address in pages else STUB

    return asyncio.run(family.enumerate_list(Answer(url, pages[url]), get, max_pages)), asked


def numbers(found):
    return [int(item.url.rsplit("_", 1)[1].split(".")[0]) for item in found.items]


def test_trs_counts_files_from_zero():
    found, asked = walk(trs, BASE, {BASE: page(0, 15, pager(3)), BASE + "index_1.html": page(15, 30),
                                    BASE + "index_2.html": page(30, 37)})
    assert (found.outcome, found.complete, numbers(found)) == (Outcome.OK, True, list(range(37)))
    assert asked == [BASE + "index_1.html", BASE + "index_2.html"]


@pytest.mark.parametrize("kind", ["createPageHTML({}, 0, 'index', 'html')", "createPage({}, 1, 'index', 'html')",
                                  "Pager({{size:{}, current:1, prefix:'index', suffix:'html'}})"])
@pytest.mark.parametrize("first_again", [True, False])
def test_trs_counts_files_from_one(kind, first_again):
    pages = {BASE: page(0, 15, pager(3, kind)), BASE + "index_2.html": page(15, 30),
             BASE + "index_3.html": page(30, 37)}
    if first_again:
        pages[BASE + "index_1.html"] = pages[BASE]
    found, _ = walk(trs, BASE, pages)
    assert (found.complete, numbers(found)) == (True, list(range(37)))


@pytest.mark.parametrize(("call", "second"), [
    ('createPageHTML(2, 0, "index", "html");', "index_1.html"), ('createPage(2, 0, "index", "html");', "index_1.html"),
    ("Pager({size:2, current:0, prefix:'index', suffix:'html'});", "index_1.html"),
    ("createPageHTML('page_div', 2, 1, 'index', 'html', 15);", "index_1.html"),
    ('createPageHTML(2, 0, "index", "htm")', "index_1.htm"),
    ("var countPage = 2//共多少页\nvar currentPage = 0;\ncreatePageHTML(countPage, currentPage, 'index', 'html');",
     "index_1.html"),
    ("createPageHTML(2, 0, 'list', 'shtml', '/nb/', 50)", "list_1.shtml"),
    ("Pager({pageCount:2,pageIndex:0,pageName:'index',pageExt:'shtml'})", "index_1.shtml")])
def test_trs_dialects_of_the_paging_call(call, second):
    pages = {"http://a.example/nb/": page(0, 10, f"<script>{call}</script>"),
             f"http://a.example/nb/{second}": page(10, 15, f"<script>{call}</script>")}
    found, _ = walk(trs, "http://a.example/nb/", pages)
    assert (found.complete, numbers(found)) == (True, list(range(15)))


def test_trs_page_missing_in_the_middle_is_incomplete_and_named():
    found, _ = walk(trs, BASE, {BASE: page(0, 15, pager(4)), BASE + "index_1.html": page(15, 30),
                                BASE + "index_3.html": page(45, 50)})
    assert (found.outcome, found.complete) == (Outcome.OK, False)
    assert "page 3 of 4" in found.reason


def test_trs_same_page_for_every_number_is_incomplete():
    same = page(0, 15, pager(3))
    found, _ = walk(trs, BASE, {BASE: same, **{f"{BASE}index_{number}.html": same for number in (1, 2, 3)}})
    assert not found.complete
    assert "repeats" in found.reason


def test_trs_without_rows_is_empty_and_not_unknown():
    found, asked = walk(trs, BASE, {BASE: page(0, 0, pager(0))})
    assert (found.outcome, asked) == (Outcome.EMPTY_LISTING, [])


def test_trs_without_a_call_we_read_falls_back_to_what_the_page_says():
    script = "<script>var countPage = 2; createPageHTML(countPage, 0, 'index', 'html')</script>"
    found, _ = walk(trs, BASE, {BASE: page(0, 15, script), BASE + "index_1.html": page(15, 20)})
    assert (found.complete, len(found.items)) == (True, 20)


@pytest.mark.parametrize("call", [
    "var n = 2; createPageHTML(n, 0, 'index', 'html')", "var _nPageCount = '2', _sName = 'index';\n"
    "createPageHTML(_nPageCount, _nCurrIndex, _sName, 'html');",
    "function createPageHTML(_nPageCount, _nCurrIndex) {}\ncreatePageHTML(2, 0, 'index', 'html');"])
def test_trs_counts_that_stand_in_variables_are_read(call):
    first = page(0, 15, f"<script>{call}</script>")
    found, asked = walk(trs, BASE, {BASE: first, BASE + "index_1.html": page(15, 20)})
    assert (found.complete, len(found.items), asked) == (True, 20, [BASE + "index_1.html"])


@pytest.mark.parametrize("call", [
    "createPageHTML(countOf(), 0, 'index', 'html')", "createPageHTML(data.pages, 0, name)"])
def test_trs_a_count_that_only_the_script_knows_makes_no_list_whole(call):
    found, _ = walk(trs, BASE, {BASE: page(0, 15, f"<script>{call}</script>")})
    assert (found.complete, "only the page's script knows" in found.reason) == (False, True)
    first = page(0, 15, f'<script>{call}</script><a href="index_1.html">下一页</a>')
    found, _ = walk(trs, BASE, {BASE: first, BASE + "index_1.html": page(15, 20)})
    assert (found.complete, len(found.items)) == (True, 20)
    assert walk(trs, BASE, {BASE: page(0, 15, "<script>function createPageHTML(n) {}</script>")})[0].complete


def test_page_limit_is_said():
    pages = {f"{BASE}index_{number}.html": page(number * 15, number * 15 + 15) for number in range(1, 9)}
    found, asked = walk(trs, BASE, {BASE: page(0, 15, pager(9)), **pages}, max_pages=3)
    assert (found.complete, len(asked)) == (False, 2)
    assert "stopped after 3 pages" in found.reason


def test_in_order_and_reached():
    rows = row(1, "2024-01-30") + row(2, "2023-01-30") + row(3, "2021-02-01")
    found, _ = walk(static, BASE, {BASE: f"<ul>{rows}</ul>"})
    assert (found.in_order, found.reached, found.complete) == (True, "2021-02-01", True)
    found, _ = walk(static, BASE, {BASE: f"<ul>{row(1, '2021-01-30')}{row(2, '2023-01-30')}</ul>"})
    assert (found.in_order, found.reached) == (False, "2021-01-30")


def test_static_follows_links_only_where_they_lead():
    second = '<a href="?page=2">下一页</a><a href="?page=1">上一页</a>'
    found, asked = walk(static, BASE, {BASE: page(0, 10, second), BASE + "?page=2": page(10, 14, second)})
    assert (found.complete, len(found.items), asked) == (True, 14, [BASE + "?page=2"])


@pytest.mark.parametrize("second", ["index_1.html", "index_2.html", "?page=2", "2"])
def test_static_probes_when_the_page_says_there_is_more(second):
    found, _ = walk(static, BASE, {BASE: page(0, 10, "共2页"), BASE + second: page(10, 14)})
    assert (found.complete, len(found.items)) == (True, 14)


def test_static_does_not_probe_without_a_sign_of_more():
    found, asked = walk(static, BASE, {BASE: page(0, 10)})
    assert (found.complete, asked) == (True, [])


def test_static_second_page_not_found_is_incomplete():
    found, asked = walk(static, BASE, {BASE: page(0, 10, "共34条记录")})
    assert (found.complete, len(asked)) == (False, 5)
    assert "34" in found.reason


def test_static_ignored_page_parameter_is_incomplete():
    first = page(0, 10, '<a href="?page=2">2</a>')
    found, _ = walk(static, BASE, {BASE: first, BASE + "?page=2": first})
    assert not found.complete
    assert "repeats" in found.reason


@pytest.mark.parametrize("link", ['<a href="javascript:toPage(2)">下一页</a>', '<a href="#" onclick="go(2)">下一页</a>',
                                  """<a href="javascript:__doPostBack('AspNetPager1','2')">下页</a>"""])
def test_static_next_page_by_script_only_is_incomplete(link):
    found, _ = walk(static, BASE, {BASE: page(0, 10, link)})
    assert (found.complete, len(found.items)) == (False, 10)
    found, _ = walk(static, BASE, {BASE: page(0, 10, link), BASE + "?page=2": page(10, 14)})
    assert (found.complete, len(found.items)) == (True, 14)
    found, _ = walk(static, BASE, {BASE: page(0, 10, link + "共1页")})
    assert found.complete


@pytest.mark.parametrize("link", ["<span>下一页</span>", '<a href="javascript:void(0);">下一页</a>',
                                  '<a href="#">下一页</a>'])
def test_static_next_page_without_a_target_is_none(link):
    assert walk(static, BASE, {BASE: page(0, 10, link)})[0].complete


def test_static_preview_with_a_link_to_more_is_not_the_list():
    preview = f'<div class="block"><h3>年报</h3><a href="/nb/list.html">更多&gt;&gt;</a><ul>{row(1)}{row(2)}</ul></div>'
    side = '<div><a href="/news/">更多</a><ul><li><a href="/n/t20260101_1.html">放假通知</a></li></ul></div>'
    found, _ = walk(static, BASE, {BASE: f"<html>{preview}{side}</html>"})
    assert (found.complete, "/nb/list.html" in found.reason) == (False, True)
    found, _ = walk(static, BASE, {BASE: f"<html><ul>{row(1)}{row(2)}</ul>{side}</html>"})
    assert found.complete


def test_static_without_any_list():
    found, _ = walk(static, BASE, {BASE: "<html><body><a href='/'>首页</a></body></html>"})
    assert found.outcome is Outcome.UNKNOWN_SHAPE
    found, _ = walk(static, BASE, {BASE: "<html><body>暂无信息</body></html>"})
    assert found.outcome is Outcome.EMPTY_LISTING


# ---------------------------------------------------------------- jpage
def column(held, total, unit="212860"):
    records = "".join(f"<record><![CDATA[{row(number)}]]></record>" for number in range(held))
    return (f'<div id="{unit}"><script type="text/xml"><datastore><nextgroup><![CDATA[<a href="/module/web/jpage/'
            f'dataproxy.jsp?page=1&appid=1&webid=1&path=/&columnid=33718&unitid={unit}&webname=x&permissiontype=0">]]>'
            f"</nextgroup><recordset>{records}</recordset></datastore></script></div>"
            f"<script>$('#{unit}').jpage({{totalRecord:{total},perPage:15}})</script>")


def proxy(total, kind, path="/module/web/jpage/dataproxy.jsp"):
    """An interface with `total` records that behaves as `kind` says."""
    async def get(address):
        if isinstance(address, Ask):
            return Answer(address.url, "", Outcome.FORBIDDEN, "status 405")
        parts = urlsplit(address)
        if parts.path != path:
            return Answer(address, "", Outcome.GONE, "status 404")
        query = dict(parse_qsl(parts.query))
        size = int(query["perpage"])
        if kind == "records" and "startrecord" in query:
            span = range(int(query["startrecord"]) - 1, min(total, int(query["endrecord"])))
        elif kind == "small windows" and "startrecord" in query:
            span = range(int(query["startrecord"]) - 1, min(total, int(query["endrecord"])))
            span = span if len(span) <= 15 else range(0)
        elif kind in ("pages", "small pages"):
            number = int(query.get("page", 1))
            span = range((number - 1) * size, min(total, number * size))
            span = range(0) if kind == "small pages" and size > 50 else span
        else:
            span = range(min(45, total))
        records = "".join(f"<record><![CDATA[{row(number)}]]></record>" for number in span)
        return Answer(address, f"<datastore><totalrecord>{total}</totalrecord><recordset>{records}</recordset>"
                               "</datastore>")
    return get


def enumerate_column(held, total, kind, **options):
    return asyncio.run(jpage.enumerate_list(Answer(COLUMN, column(held, total)), proxy(total, kind, **options), 60))


@pytest.mark.parametrize("caller", ["$", "jQuery"])
def test_jpage_states_its_total_by_either_name_of_the_library(caller):
    first = column(10, 10).replace("$('#", f"{caller}('#")
    found = asyncio.run(jpage.enumerate_list(Answer(COLUMN, first), proxy(10, "records"), 60))
    assert (found.complete, len(found.items)) == (True, 10)


@pytest.mark.parametrize("kind", ["records", "small windows", "pages", "small pages"])
@pytest.mark.parametrize("total", [46, 90, 133])
def test_jpage_reaches_every_record(kind, total):
    found = enumerate_column(45, total, kind)
    assert (found.complete, sorted(numbers(found))) == (True, list(range(total)))


@given(held=st.integers(0, 45), total=st.integers(1, 200), kind=st.sampled_from(["records", "small pages", "pages"]))
def test_jpage_complete_means_every_record(held, total, kind):
    found = enumerate_column(min(held, total), total, kind)
    assert found.complete == (len(set(numbers(found))) == total)


def test_jpage_interface_that_ignores_what_is_asked_is_incomplete():
    found = enumerate_column(45, 120, "deaf")
    assert (found.complete, len(found.items)) == (False, 45)
    assert "45 of 120" in found.reason


def test_jpage_tries_the_other_paths_of_the_interface():
    assert enumerate_column(45, 60, "records", path="/module/jpage/dataproxy.jsp").complete


def test_jpage_without_interface_names_what_is_missing():
    text = re.sub(r"<nextgroup>.*</nextgroup>", "", column(5, 30))
    found = asyncio.run(jpage.enumerate_list(Answer(COLUMN, text), proxy(30, "records"), 60))
    assert (found.complete, len(found.items)) == (False, 5)
    assert "5 records of 30" in found.reason


def test_jpage_empty_column_is_empty_listing():
    assert enumerate_column(0, 0, "records").outcome is Outcome.EMPTY_LISTING
