"""What stands on a list page beside the rows read from it, and that such a list is not called whole."""

import pytest

from crawler.families import beside_rows
from crawler.families.paging import Enumeration
from crawler.model import Item, Outcome

URL = "http://www.shili.example/nb/"
REPORT = "示例县{}{}年政府信息公开工作年度报告"


def item(name="教育局", year=2024):
    return Item(f"{URL}{name}{year}.html", REPORT.format(name, year), "2025-01-20")


def page(inside, after="</body></html>"):
    return f"<html><head><title>政府信息公开年报</title></head><body><div class='con'>{inside}{after}"


def row(name="教育局", year=2024, address="./1.html"):
    return f"<li><a href='{address}'>{REPORT.format(name, year)}</a><span>{year + 1}-01-20</span></li>"


def left(text, *items, own=False):
    return beside_rows.left(beside_rows.traces(text, URL), items or [item()], own)


NEW = REPORT.format("财政局", 2025)


@pytest.mark.parametrize("inside", [
    f"<li data-key='7'><span>{NEW}</span><i>2026-01-20</i></li>", f"<li><a href='javascript:void(0)'>{NEW}</a></li>",
    f"<li><a href='#' onclick='openDetail(7)'>{NEW}</a></li>",
    f"<table><tr><td>{NEW}</td><td>2026-01-20</td></tr></table>",
    "<li><b>2025年政府信息公开工作年度报告</b><i>2026-01-20</i></li>"])
def test_a_title_that_leads_nowhere_is_a_row_not_read(inside):
    assert left(page(f"<ul>{row()}{inside}</ul>"))


@pytest.mark.parametrize("inside", [
    "", row("水利局", 2025, "./2.html"), f"<li><h3>{NEW}</h3><a href='./3.html'>查看详情</a></li>",
    f"<li onclick=\"window.open('./3.html')\"><b>{NEW}</b></li>", "<li class='on'>2025年政府信息公开年报</li>",
    f"<p>{NEW}</p>", "<li>示例县2025年政府信息公开年报专栏</li>",
    f"<li><span>{REPORT.format('教育局', 2024)}</span></li>"])
def test_what_leads_somewhere_or_is_no_row_says_nothing(inside):
    assert not left(page(f"<ul>{row()}{inside}</ul>"))


def chooser(*options, chosen="", more="onchange='this.form.submit()'"):
    made = "".join(f"<option value='{number}'{' selected' if option == chosen else ''}>{option}</option>"
                   for number, option in enumerate(options))
    return f"<select name='which' {more}>{made}</select>"


BODIES = ("示例县教育局", "示例县财政局", "示例县水利局")


@pytest.mark.parametrize(("choice", "items", "whole"), [
    (chooser(*BODIES), [item(), item(year=2023)], False), (chooser("全部", *BODIES), [item()], True),
    (chooser(*BODIES), [item(), item("财政局")], True), (chooser(*BODIES, more=""), [item()], True),
    (chooser(*BODIES, more="id='d'") + "<script>$('#d').on('change', load)</script>", [item()], False),
    (chooser("2025年", "2024年", chosen="2024年"), [item(), item("财政局")], False),
    (chooser("2025年", "2024年", chosen="2024年"), [item(), item("财政局", 2023)], True),
    (chooser("请选择年份", "2025年", "2024年"), [item()], True)])
def test_a_choice_cuts_the_list_to_what_is_chosen(choice, items, whole):
    assert bool(left(page(f"{choice}<ul>{row()}</ul>"), *items)) is not whole


def test_a_column_of_one_body_may_lead_to_others():
    assert not left(page(chooser(*BODIES) + row()), item(), own=True)


TABS = "<div><span>县政府年报</span><span data-tab='2'>部门年报</span><span data-tab='3'>乡镇年报</span></div>"


@pytest.mark.parametrize(("tabs", "items", "open_ones"), [
    (TABS, [item("人民政府")], 2), (TABS, [item("人民政府"), item()], 1), (TABS, [item(), item("白石镇人民政府")], 0),
    ("<ul><li><a href='/bm/'>部门年报</a></li><li><a href='/xz/'>乡镇年报</a></li></ul>", [item("人民政府")], 0)])
def test_tabs_of_classes_without_an_address(tabs, items, open_ones):
    assert len(left(page(f"{tabs}<ul>{row()}</ul>"), *items)) == open_ones


@pytest.mark.parametrize(("text", "doubtful"), [
    (page(f"<ul>{row()}<li><a hr", ""), True), (page(f"<ul>{row()}", ""), True), (page(f"<ul>{row()}</ul>", ""), False),
    (page(f"<ul>{row()}</ul>", "</body>"), False), (f"<ul>{row()}", False),
    (page(f"<ul>{row()}</ul><b>Warning</b>: mysql_fetch_array(): MySQL server has gone away"), True),
    (page(f"<p>温馨提示：本栏目已停止更新，请到<a href='/new/'>新版栏目</a>查看。</p><ul>{row()}</ul>"), True),
    (page(f"<p>按照要求，本网站已整合迁移至市政府网站。</p><ul>{row()}</ul>"), True),
    (page(f"<ul>{row()}<li><a href='./9.html'>关于本网站已停止更新的公告</a></li></ul>"), False),
    (page(f"<div><a href='./9.html'>关于本网站已停止更新的公告</a></div><ul>{row()}</ul>"), False)])
def test_a_page_that_breaks_off_fails_or_is_left_behind(text, doubtful):
    assert bool(left(text)) is doubtful


def test_such_a_list_is_neither_whole_nor_in_order():
    whole = Enumeration([item()], Outcome.OK, "", True, True, "2025-01-20")
    found = beside_rows.judged(whole, beside_rows.traces(page(f"<ul><li>{NEW}</li></ul>"), URL), own=False)
    assert (found.complete, found.in_order) == (False, False)
    assert NEW in found.reason
    assert beside_rows.judged(whole, beside_rows.traces(page(f"<ul>{row()}</ul>"), URL), own=False) is whole
