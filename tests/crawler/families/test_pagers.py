"""What pagers drawn by script state, and that a list is not called whole against it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.families import static
from crawler.families.pagers import Stated, script_pager
from tests.crawler.families.walking import page, walk

LIST = "http://www.shili.example/nb/"


@pytest.mark.parametrize(("text", "stated"), [
    ("laypage.render({elem: 'page', count: 55, limit: 10});", Stated(55)),
    ("$('#pagination').pagination(55, {items_per_page: 10});", Stated(55)),
    ("$('#p').pagination({totalData: 55, showData: 10})", Stated(55)),
    ("kkpager.generPageHtml({pno: 1, total: 6, totalRecords: '55'})", Stated(55)),
    ("$('#p').jqPaginator({totalPages: 6, visiblePages: 5})", Stated(None, 6)),
    ("new Page({id: 'pagination', pageTotal: 6, pageAmount: 10})", Stated(None, 6)),
    ("$('#p').paging({total: 55, pageSize: 10})", Stated(more=True)),
    ("$('#p').paging({total: 1})", Stated()), ("$('#p').paging({total: 10})", Stated()),
    ("<div class='pagination' data-total-pages='6'></div>", Stated(None, 6)),
    ("<div id='pager' data-total='55' data-size='10'></div>", Stated(more=True)),
    ("function paging(a, b) { return a; } banner({count: 4})", Stated()),
    ("$('#p').paging({total: totalCount})", Stated())])
def test_what_a_pager_states(text, stated):
    assert script_pager(text, 10) == stated


@given(st.text(max_size=80))
def test_any_script_is_survived(text):
    script_pager(f"<div class='page' {text}><script>laypage.render({{{text}", 10)


@pytest.mark.parametrize("pager", [
    "<script>laypage.render({elem: 'page', count: 24})</script>", "<script>$('#p').paging({total: 24})</script>",
    "<button>加载更多</button>", "<div class='load'>点击加载更多</div>"])
def test_a_list_whose_pager_states_more_is_not_whole(pager):
    found, _ = walk(static, LIST, {LIST: page(0, 10, pager)})
    assert (found.complete, len(found.items)) == (False, 10)
    found, _ = walk(static, LIST, {LIST: page(0, 10, pager), f"{LIST}index_1.html": page(10, 20),
                                   f"{LIST}index_2.html": page(20, 24)})
    assert (found.complete, len(found.items)) == (True, 24)


def test_blank_pages_among_linked_ones():
    links = "".join(f"<a href='list_{number}.html'>{number}</a>" for number in (2, 3))
    pages = {LIST: page(0, 10, links), f"{LIST}list_2.html": page(0, 0, links),
             f"{LIST}list_3.html": page(20, 24, links)}
    found, _ = walk(static, LIST, pages)
    assert (found.complete, "holds no rows" in found.reason) == (False, True)
    found, _ = walk(static, LIST, pages | {f"{LIST}list_3.html": page(0, 0, links)})
    assert (found.complete, "holds no rows" in found.reason) == (False, True)
    found, _ = walk(static, LIST, pages | {LIST: page(0, 10, f"共3页{links}")})
    assert not found.complete


def test_a_next_link_past_the_end_is_no_fault():
    def answers(ask):
        number = int(ask.url.rsplit("=", 1)[1]) if "=" in ask.url else 1
        rows = page(number * 10 - 10, max(number * 10 - 10, min(number * 10, 24)),
                    f"<a href='?page={min(number + 1, 4)}'>下一页</a>")
        return rows
    found, _ = walk(static, LIST, answers)
    assert (found.complete, len(found.items)) == (True, 24)
