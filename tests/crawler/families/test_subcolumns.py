"""Columns cut into years and classes: which links are parts, and when the whole is complete."""

import asyncio

import pytest

from crawler import families
from crawler.families import subcolumns
from crawler.families.paging import Answer, Enumeration
from crawler.model import Outcome
from tests.crawler.families.walking import STUB, getter, page

NB = "http://www.shili.example/zfxxgknb/"


def links(*pairs):
    return "<ul>" + "".join(f"<li><a href='{address}'>{words}</a></li>" for address, words in pairs) + "</ul>"


def found(text, url=NB):
    return [part.url.removeprefix("http://www.shili.example/") for part in subcolumns.parts(text, url)]


@pytest.mark.parametrize(("address", "words"), [
    ("2021n/", "2021年"), ("./2021nb/index.html", "2021年度"), ("/nb2020/", "2020年政府信息公开年报"),
    ("bmnb/", "部门年报"),
    ("/col/col122/index.html", "2022年"), ("/a/xzjd.htm", "乡镇（街道）年报"), ("szf/", "市政府"), ("gq/", "各区"),
    ("/zfxxgk/ls.htm", "历年年报"), ("xq/list.shtml", "县区政府年度报告"), ("2021n/", "2021")])
def test_parts_of_a_column(address, words):
    assert len(found(links((address, words)))) == 1


@pytest.mark.parametrize(("address", "words"), [
    ("index.html", "政府信息公开年报"), ("../zfxxgkzn/", "政府信息公开指南"), ("fdzdgknr/", "法定主动公开内容"),
    ("index_2.html", "2"),
    ("202201/t20220124_1.html", "2021年"), ("javascript:tab(2021)", "2021年"), ("http://other.example/2021/", "2021年"),
    ("caizheng/", "示例市财政局2021年政府信息公开工作年度报告"), ("/zwgk/", "政务公开"), ("/tjj/nb.pdf", "2021年年报"),
    ("more/", "更多"), ("/gb/2021/", "2021年第3期")])
def test_links_that_are_no_parts(address, words):
    assert found(links((address, words))) == []


def test_folders_below_count_only_under_a_column_of_annual_reports():
    text = links(("szf/", "市政府"), ("2021n/", "2021年"))
    assert found(text, "http://www.shili.example/zwgk/") == ["zwgk/2021n/"]
    assert found(f"<title>政府信息公开年报</title>{text}", "http://www.shili.example/x/") == ["x/szf/", "x/2021n/"]
    assert found(links(("zfxxgknb/szf/index.htm", "市政府")), "http://www.shili.example/zfxxgknb.htm") == [
        "zfxxgknb/szf/index.htm"]


def test_years_of_a_choice_are_parts_where_they_lead_somewhere():
    choice = "<select onchange='go(this.value)'>{}</select>"
    years = "<option value='2021n/'>2021年</option><option value='/nb2020.html'>2020年</option>"
    assert found(choice.format(years)) == ["zfxxgknb/2021n/", "nb2020.html"]
    values = "".join(f"<option value='{year}'>{year}年</option>" for year in (2015, 2017))
    assert found(choice.format(values)) == []
    assert subcolumns.only_by_script(choice.format(values), []) == ["2015", "2017"]
    assert subcolumns.only_by_script(f"<form><select name='y'>{values}</select></form>", []) == []


def test_links_in_the_frame_of_the_page_are_no_parts():
    assert found(f"<div class='footer'>{links(('2021n/', '2021年'))}</div>") == []


def whole(pages):
    """The column's own page and its parts, each read by whatever family it is of."""
    asked = []
    get = getter(pages, asked)

    async def walk(first):
        family = families.FAMILIES.get(families.recognise(first.text) or ("static" if "暂无" in first.text else ""))
        if family is None:
            return Enumeration([], Outcome.UNKNOWN_SHAPE, "no list was found on the page")
        return await family.enumerate_list(first, get, 50)

    async def run():
        first = Answer(NB, pages[NB])
        return await subcolumns.enumerate_parts(first, await walk(first), get, walk)
    return asyncio.run(run()), [ask.url.removeprefix(NB) for ask in asked]


FRONT = links(("2021n/", "2021年"), ("bmnb/", "部门年报"))


def test_a_front_page_is_whole_when_its_parts_are():
    got, asked = whole({NB: FRONT, f"{NB}2021n/": page(0, 5), f"{NB}bmnb/": page(5, 9)})
    assert (got.outcome, got.complete, len(got.items), got.in_order) == (Outcome.OK, True, 9, False)
    assert asked == ["2021n/", "bmnb/"]


def test_the_columns_own_rows_and_those_of_its_parts_are_one_list():
    got, _ = whole({NB: page(0, 3, FRONT), f"{NB}2021n/": page(2, 5), f"{NB}bmnb/": page(5, 9)})
    assert (got.complete, len(got.items)) == (True, 9)


@pytest.mark.parametrize("broken", [None, "<html><body>维护中</body></html>", page(5, 9, "共34条记录")])
def test_a_part_that_cannot_be_read_to_its_end_leaves_the_whole_incomplete(broken):
    pages = {NB: page(0, 3, FRONT), f"{NB}2021n/": page(2, 5), f"{NB}bmnb/": broken}
    got, _ = whole({address: text for address, text in pages.items() if text is not None})
    assert (got.outcome, got.complete) == (Outcome.OK, False)
    assert "部门年报" in got.reason
    assert "bmnb/" in got.reason


def test_parts_within_parts_are_walked_two_levels_deep():
    deep = links(("sz/", "市直部门"), ("xz/", "乡镇"))
    got, asked = whole({NB: links(("2021n/", "2021年")), f"{NB}2021n/": f"<title>2021年年报</title>{deep}",
                        f"{NB}2021n/sz/": page(0, 4), f"{NB}2021n/xz/": page(4, 9)})
    assert (got.complete, len(got.items)) == (True, 9), got.reason
    assert asked == ["2021n/", "2021n/sz/", "2021n/xz/"]


def test_a_year_that_is_the_report_itself_stays_a_row():
    pages = {NB: f"<ul><li><a href='2021/'>2021年政府信息公开年报</a><span>2022-01-20</span></li></ul>{page(3, 5)}",
             f"{NB}2021/": "<html><body><h1>2021年政府信息公开年报</h1><p>收到申请3件。</p></body></html>"}
    got, _ = whole(pages)
    assert got.complete
    assert f"{NB}2021/" in [item.url for item in got.items]


def test_a_main_list_drawn_by_script_keeps_the_whole_incomplete():
    got, _ = whole({NB: f"<ul><li>{{{{ item.title }}}}</li></ul>{FRONT}", f"{NB}2021n/": page(0, 5),
                    f"{NB}bmnb/": page(5, 9)})
    assert (got.complete, len(got.items)) == (False, 9)


def test_years_that_only_a_script_opens_are_said():
    tabs = "".join(f"<a href=\"javascript:tab({year})\">{year}年</a>" for year in (2016, 2018, 2022))
    got, _ = whole({NB: page(0, 3, tabs)})
    assert (got.complete, "2016, 2018" in got.reason) == (False, True)
    assert "2022" not in got.reason, "reports for 2021 are published in 2022"


def test_a_column_without_parts_is_left_as_it_is():
    got, asked = whole({NB: page(0, 3)})
    assert (got.complete, got.in_order, asked) == (True, True, [])


def test_an_empty_part_is_no_fault_and_no_proof():
    got, _ = whole({NB: page(0, 3, FRONT), f"{NB}2021n/": "<html>暂无信息</html>", f"{NB}bmnb/": page(5, 9)})
    assert (got.complete, len(got.items)) == (True, 7)
    got, _ = whole({NB: FRONT, f"{NB}2021n/": "<html>暂无信息</html>", f"{NB}bmnb/": "<html>暂无信息</html>"})
    assert got.outcome is not Outcome.OK
    assert STUB[1] is Outcome.SOFT_404
