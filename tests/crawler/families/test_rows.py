"""Rows, days, titles and addresses of list markup."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.families.rows import absolute, day_of, find_day, main_rows, parse, rows


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)),
       st.sampled_from(["{0}-{1:02}-{2:02}", "{0}-{1}-{2}", "[{0}-{1:02}-{2:02}]", "{0}年{1}月{2}日",
                        "{0}.{1:02}.{2:02}", "{0}/{1}/{2}", "{0}-\n{1:02}-\n{2:02}", "{0}- {1:02}- {2:02} 16 : 26",
                        "{0}-{1:02}-{2:02} 09:05:00", "发布时间：{0}-{1:02}-{2:02}"]))
def test_every_way_a_day_is_printed(day, shape):
    assert find_day(shape.format(day.year, day.month, day.day)) == day.isoformat()


@pytest.mark.parametrize("text", ["[01-28]", "2022-13-01", "2022-02-30", "12022-01-01", "第2022-1号", ""])
def test_what_is_no_day(text):
    assert find_day(text) == ""


@given(st.text(max_size=60))
def test_any_text_gives_a_valid_day_or_none(text):
    found = find_day(text)
    assert not found or date.fromisoformat(found)


@pytest.mark.parametrize(("value", "day"), [
    (1643334000, "2022-01-28"), ("1643334000", "2022-01-28"), (1643334000000, "2022-01-28"),
    ("1643299200000", "2022-01-28"), ("2022-01-28 09:30:00", "2022-01-28"), (1643385600.5, "2022-01-29"),
    (20220128, ""), ("202201280930", ""), (202201280930, ""), (True, ""), (None, ""), ([], ""), (10 ** 30, ""),
    (float("nan"), ""), (-5, ""), ("", "")])
def test_days_as_interfaces_give_them(value, day):
    assert day_of(value) == day


@pytest.mark.parametrize(("href", "address"), [
    ("./a.html#top", "http://a.example/b/a.html"), ("../../x.html", "http://a.example/x.html"),
    ("//B.example/y", "http://b.example/y"), ("http://a.example:80/z", "http://a.example/z"),
    ("https://a.example:8443/z", "https://a.example:8443/z"), (".\\c\\d.html", "http://a.example/b/c/d.html"),
    ("a b.pdf", "http://a.example/b/a%20b.pdf"), ("javascript:void(0)", ""), ("#", ""), ("mailto:a@b.example", ""),
    ("{{item.url}}", ""), ("<?=el.link?>", ""), ("ftp://a.example/x", ""), ("http://[broken", ""),
    ("//[::1]/y", "http://[::1]/y"), ("//a@[::1]a@[::y#z", ""), ("//[::]:]]@]\\", "")])
def test_addresses(href, address):
    assert absolute("http://a.example/b/index.html", href) == address


@given(st.text(max_size=200))
def test_any_markup_is_survived(text):
    markup = f"<ul><li><a href='{text}'>{text}</a>{text}</li></ul>{text}"
    assert all(row.item.url.startswith("http") for row in rows(parse(markup), "http://a.example/"))


def test_menus_have_no_rows_and_side_columns_are_not_the_list():
    text = """<div class=nav><ul><li><a href="/zwgk/">政务公开</a></li></ul></div>
      <div class=side><ul><li><a href="/n/t20260101_1.html">放假通知</a><span>2026-01-01</span></li></ul></div>
      <div class=list><ul><li><a href="a.html">甲县2021年政府信息公开工作年度报告</a></li></ul>
      <ul><li><a href="b.html">乙县2021年政府信息公开工作年度报告</a></li></ul></div>"""
    found = rows(parse(text), "http://a.example/")
    assert [row.item.url.rsplit("/", 1)[1] for row in found] == ["t20260101_1.html", "a.html", "b.html"]
    assert [item.title[:2] for item in main_rows(found)] == ["甲县", "乙县"]


def test_one_row_with_several_links_gives_its_title_link():
    text = '<li><a href="/c/">[年报栏目]</a><a href="x.html">甲县财政局2021年年报公布</a><span>2022-01-05</span></li>'
    assert [row.item.url for row in rows(parse(text), "http://a.example/")] == ["http://a.example/x.html"]


def test_rows_that_a_script_opens_and_templates_that_are_none():
    text = """<ul>
      <li onclick="jumpToDetail('./202605/t20260528_1.html')">甲县财政局2025年年报公布<span>2026-01-28</span></li>
      <li><a href="javascript:void(0)" onclick="jumpToDetail('./2.html')" title="甲县教育局2025年年报公布">甲县教育…
      </a><span>[01-28]</span></li>
      <li><a href="javascript:window.open('show.jsp?id=3')">甲县体育局2025年年报公布</a></li>
      <li><a href="<?=el.link?>"><?=el.title?></a></li>
      <li><a href="{{ item.url }}">{{ item.title }}2025年年报</a></li>
      <li onclick="toPage('2')">甲县2025年年报第二页</li></ul>
      <table><tr onclick="location.href='d.aspx?id=4'">
      <td>1</td><td>甲县卫健委2025年年报公布</td><td>2026-01-02</td></tr></table>"""
    found = [row.item for row in rows(parse(text), "http://a.example/nb/list.jsp")]
    assert [(item.url.removeprefix("http://a.example/nb/"), item.title, item.day) for item in found] == [
        ("202605/t20260528_1.html", "甲县财政局2025年年报公布", "2026-01-28"),
        ("2.html", "甲县教育局2025年年报公布", ""), ("show.jsp?id=3", "甲县体育局2025年年报公布", ""),
        ("d.aspx?id=4", "甲县卫健委2025年年报公布", "2026-01-02")]


@pytest.mark.parametrize(("anchor", "title", "day"), [
    ("<a href=a.html title='{0}'>{0}2026-06-17</a>", "{0}", "2026-06-17"),
    ("<a href=a.html>{0} [2026-6-7]</a>", "{0}", "2026-06-07"),
    ("<a href=a.html>{0}（2026/06/17）</a>", "{0}", "2026-06-17"),
    ("<a href=a.html>{0}2026-06-17</a><span>2026-06-18</span>", "{0}", "2026-06-18"),
    ("<a href=a.html>{0}</a>", "{0}", "")])
def test_a_day_at_the_end_of_the_anchors_own_text(anchor, title, day):
    name = "甲县林业局2025年政府信息公开工作年度报告"
    found = rows(parse(f"<ul><li>{anchor.format(name)}</li></ul>"), "http://a.example/")
    assert [(row.item.title, row.item.day) for row in found] == [(title.format(name), day)]


@pytest.mark.parametrize("anchor", [
    "<a href=a.html><span>28</span><span>2022-01</span>{0}</a>", "<a href=a.html><b>01-28</b><i>2022</i><p>{0}</p></a>",
    "<div><b>28</b><i>2022年1月</i></div><a href=a.html>{0}</a>",
    "<span>2022.01</span><em>28日</em><a href=a.html>{0}</a>",
    "<a href=a.html title='标题：{0}&#10;发布时间：2022-01-28'>{0}</a>",
    "<a href=a.html>{0}</a><div><p>2022</p><p>1月28日</p></div>"])
def test_a_day_in_large_and_small_print(anchor):
    title = "示例市教育局2021年政府信息公开工作年度报告"
    shown = rows(parse(f"<ul><li>{anchor.format(title)}</li></ul>"), "http://a.example/")
    assert [(row.item.title, row.item.day) for row in shown] == [(title, "2022-01-28")]


@pytest.mark.parametrize("anchor", ["<a href=a.html>示例局<em>2021</em>年政府信息公开年报</a><span>01-28</span>",
                                    "<i>1</i><a href=a.html>示例局2021年政府信息公开年报</a><b>2</b>",
                                    "<a href=a.html><i>32</i><b>2022-01</b>示例局2021年政府信息公开年报</a>"])
def test_pieces_that_make_no_day_stay_where_they_are(anchor):
    shown = rows(parse(f"<ul><li>{anchor}</li></ul>"), "http://a.example/")
    assert "示例局2021年政府信息公开年报" in shown[0].item.title


@pytest.mark.parametrize("row", [
    "<tr><td>1</td><td>{0}</td><td>2022-01-28</td><td><a href='a.html'>查看</a></td></tr>",
    "<tr><td>{0}</td><td><a href='a.html'>下载</a></td></tr>", "<li>{0}<a href='a.html'>[点击查看]</a></li>",
    "<li><span>{0}</span> <a href='a.html'>PDF版</a> <a href='a.docx'>Word版下载</a></li>",
    "<li>{0}<a href='a.html'><img src='pdf.png'></a></li>",
    "<li><a href='a.html' title='{0}'>2021年</a></li>",
    "<div><div>{0}</div><div>2022-01-28</div><div><a href='a.html'>查看详情</a></div></div>"])
def test_a_row_whose_link_only_says_what_a_click_does(row):
    title = "示例市教育局2021年政府信息公开工作年度报告"
    around = "<table>{}</table>" if row.startswith("<tr") else "<div><ul>{}</ul></div>"
    found = rows(parse(around.format(row.format(title))), "http://a.example/")
    assert [(row.item.url, row.item.title) for row in found] == [("http://a.example/a.html", title)]


def test_a_page_around_a_link_is_no_row():
    text = f"<h1>示例市教育局2021年政府信息公开工作年度报告</h1><p>{'正文。' * 200}</p>"
    assert rows(parse(f"<div>{text}<div><a href='/x'>下载</a></div></div>"), "http://a.example/") == []


@pytest.mark.parametrize("table", [
    "<tr><th>序号</th><th>单位</th><th>2021年</th><th>2020年</th></tr><tr><td>1</td><td>示例市教育局</td>"
    "<td><a href='a.html'>查看</a></td><td><a href='b.html'>查看</a></td></tr>",
    "<tr><td>示例市教育局</td><td><a href='a.html'>2021年</a></td><td><a href='b.html'>2020</a></td></tr>",
    "<tr><td>示例市教育局：<a href='a.html'>2021年度</a> <a href='b.html'>[2020年]</a></td></tr>"])
def test_a_table_of_bodies_by_years(table):
    found = rows(parse(f"<table>{table}</table>"), "http://a.example/")
    assert [(row.item.url.rsplit("/", 1)[1], row.item.title) for row in found] == [
        ("a.html", "示例市教育局2021年"), ("b.html", "示例市教育局2020年")]


def test_tabs_of_years_and_buttons_without_a_name_are_no_rows():
    text = ("<ul><li><a href='2021/'>2021年</a></li><li><a href='2020/'>2020年</a></li></ul>"
            "<p><a href='/x'>下载</a></p><table><tr><td>合计</td><td><a href='/y'>查看</a></td></tr></table>")
    assert rows(parse(text), "http://a.example/") == []
