"""What pagers drawn by script state, and that a list is not called whole against it."""

import time

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
    ("$('#p').paging({total: totalCount})", Stated(more=True)),
    ("$('#p').paging({total: totalCount, pageSize: 15})", Stated()),
    ("var totalCount = 55; $('#p').paging({count: totalCount, pageSize: 10})", Stated(55)),
    ("laypage.render({elem: 'p', count: data.total, limit: 10, jump: function(o){}})", Stated(more=True)),
    ("var n = 55; $('#p').pagination(n, {items_per_page: 10})", Stated(55)),
    ("$('#p').paging({total: 10, callback: reload})", Stated())])
def test_what_a_pager_states(text, stated):
    assert script_pager(text, 10) == stated


@given(st.text(max_size=80))
def test_any_script_is_survived(text):
    script_pager(f"<div class='page' {text}><script>laypage.render({{{text}", 10)


@pytest.mark.parametrize("pager", [
    "<script>laypage.render({elem: 'page', count: 24})</script>", "<script>$('#p').paging({total: 24})</script>",
    "<script>laypage.render({elem: 'page', count: data.total, limit: 10})</script>",
    "<button>加载更多</button>", "<div class='load'>点击加载更多</div>", "<a href='javascript:loadMore()'>查看更多</a>",
    "<div><a href='javascript:go(1)'>1</a><a href='javascript:go(2)'>2</a><a href='javascript:go(3)'>3</a></div>",
    "<ul><li><a href='#'>首页</a></li><li><a>1</a></li><li><a>2</a></li><li><a href='#'>下一页</a></li></ul>",
    "<div><!-- pages --><b>1</b><!-- --><a href='javascript:go(2)'>2</a><!-- --><a href='javascript:go(3)'>3</a></div>",
    "<div><span class='on'>1</span><span>2</span><span>3</span><span>下一页 &gt;</span></div>",
    "<a href='#' class='nx'>下一页</a><script>$('.box .nx').on('click', turn)</script>",
    "<a href='javascript:;' onclick='go(3)'>尾页</a>", "<a href='/nb/?pg=3'>末页</a>",
    "<a href='#' id='nx'>下一页</a><script>$(document).on('click', '#nx', function () {})</script>", "共计24条",
    "总记录数：24", "共有3页",
    "第<select onchange='go(this.value)'><option>1</option><option>2</option><option>3</option></select>页",
    "<div><button>上页</button> 1 / 3 <button data-n='2'>下页</button></div>",
    "<ul class='dots'><li data-page='1' class='on'></li><li data-page='2'></li><li data-page='3'></li></ul>",
    "<div><a href='javascript:;' id='zk'>展开全部</a></div>",
    "<div class='box' id='pageBox'></div><script>initPage('pageBox', 10, 'nb');</script>",
    "<script>window.onscroll = function () { if (low()) { $.get('/api/rows', {p: ++p}, add) } }</script>",
    "<el-pagination :total='total'></el-pagination>"])
def test_a_list_whose_pager_states_more_is_not_whole(pager):
    found, _ = walk(static, LIST, {LIST: page(0, 10, pager)})
    assert (found.complete, len(found.items)) == (False, 10)
    found, _ = walk(static, LIST, {LIST: page(0, 10, pager), f"{LIST}index_1.html": page(10, 20),
                                   f"{LIST}index_2.html": page(20, 24)})
    assert (found.complete, len(found.items)) == (True, 24)


@pytest.mark.parametrize("link", [
    "[下一页]", "下一页 »", "下一页&gt;&gt;", "<img alt='下一页'>", "<i></i>", "后页", "[2]", "第2页"])
def test_a_link_to_the_next_page_however_it_is_worded(link):
    first = page(0, 10, f"<a href='list_2.html' title='下一页'>{link}</a>")
    found, _ = walk(static, LIST, {LIST: first, f"{LIST}list_2.html": page(10, 14)})
    assert (found.complete, len(found.items)) == (True, 14)


@pytest.mark.parametrize(("second", "link"), [
    ("list-2.html", "<img src='/i/next.gif'>"), ("?start=10", "后一组"), ("?offset=10", "下一批")])
def test_a_link_further_on_whose_address_is_this_lists_under_a_higher_number(second, link):
    first = page(0, 10, f"<a href='{second}'>{link}</a>")
    found, _ = walk(static, LIST, {LIST: first, f"{LIST}{second}": page(10, 14, "<a href='?start=0'>前一组</a>")})
    assert (found.complete, len(found.items)) == (True, 14)


@pytest.mark.parametrize("beside", [
    "<div class='nav'><ul><li>部门</li></ul><p><a href='javascript:;'>展开全部</a></p></div>",
    "<a href='/nb/content_3.html'><img src='/i/3.jpg'></a>", "<div id='page'></div>",
    "<script>window.onscroll = function () { top > 9 ? show() : hide() }</script>",
    "<table><tr><td>1</td><td>2</td><td>3</td></tr></table>",
    f"<div>{''.join(f'<span>{day}</span>' for day in range(1, 32))}</div>",
    "<div><span>1</span><span>2</span><span>天气</span></div>", "<a href='#'>下一页</a>", "共1页 <a href='#'>2</a>",
    "<a class='next' href='javascript:;'>&gt;</a><script>$('.next').click(slide)</script>",
    "<a href='/nb/'>尾页</a>", "<a href='#'>查看更多</a>", "共有3条评论",
    "<select><option>1</option><option>2</option></select>月"])
def test_what_looks_like_a_pager_and_is_none(beside):
    found, _ = walk(static, LIST, {LIST: page(0, 10, beside)})
    assert found.complete


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


def test_a_pager_behind_hundreds_of_days_is_seen():
    days = "".join(f"<div><span>2022-01-{day % 28 + 1:02}</span></div>" for day in range(300))
    found, _ = walk(static, LIST, {LIST: page(0, 10, f"{days}<a href='#' onclick='go(2)'>下一页</a>")})
    assert not found.complete


@pytest.mark.parametrize("made", [
    "<div>" + "".join(f"<span class='c{number}'>下一页</span>" for number in range(3000)) + "</div><script>"
    + "var a='.x';" * 30000 + "</script>", "<script>" + "pagination(n," * 4000 + "</script>",
    "<div>" + "<span>1</span><span>2</span>" * 4000 + "</div>"])
def test_a_page_made_to_hold_the_pagers_reader_up_takes_no_long(made):
    began = time.process_time()
    static.listing(page(0, 3, made), LIST)
    assert time.process_time() - began < 5
