"""Interfaces that answer by page number: what proves the end of a list, and the ways they mislead."""

import asyncio
import json
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy import Request
from scrapy.http import Response

from crawler import clock
from crawler.conduct import HostRule
from crawler.families import epoint, gkmlpt, hanweb, jpaas, kaipu, truecms
from crawler.families.paging import Answer, Ask, Listing, Walk, by_number
from crawler.middlewares import HopRedirectMiddleware
from crawler.model import Item, Outcome
from crawler.outcomes import Received, of_response

NAME = "示例市林业局{}年政府信息公开工作年度报告"


def item(number):
    return Item(f"http://a.example/{number}.html", f"{number}年政府信息公开工作年度报告", "")


def walk_numbers(answers, max_pages=60, first=1):
    """by_number over a server that is a function of the page number."""
    asked = []

    async def page(number):
        asked.append(number)
        return Answer(f"http://a.example/?page={number}", ""), answers(number)

    return asyncio.run(by_number(Walk(max_pages), page, first)), asked


def server(rows, size, *, states=True, past="empty", deaf=False, cut=None, pinned=False):
    """A list of `rows` rows in pages of `size` that misbehaves as told."""
    pages = max(1, -(-rows // size))

    def answer(number):
        shown = 1 if deaf else number
        if past == "last":
            shown = min(shown, pages)
        if past == "first" and shown > pages:
            shown = 1
        numbers = range((shown - 1) * size, min(rows, shown * size, rows if cut is None else cut))
        items = [item(number) for number in numbers]
        if pinned and items and shown > 1:
            items.insert(0, item(0))
        return Listing(items, items, rows if states else None, known_shape=True)
    return answer


@given(rows=st.integers(0, 70), size=st.integers(1, 20), states=st.booleans(),
       past=st.sampled_from(["empty", "last", "first"]), deaf=st.booleans(), cut=st.none() | st.integers(0, 70),
       pinned=st.booleans())
def test_whole_means_every_row(rows, size, states, past, deaf, cut, pinned):
    if not states:
        cut = None  # a list that ends early and states nothing can't be told from a shorter one
    found, _ = walk_numbers(server(rows, size, states=states, past=past, deaf=deaf, cut=cut, pinned=pinned), 100)
    assert len({each.url for each in found.items}) <= rows
    if found.complete:
        assert {each.url for each in found.items} == {item(number).url for number in range(rows)}
    if not deaf and cut is None and past == "empty":
        assert found.complete
    assert found.complete or found.reason


def test_the_total_ends_the_walk_without_another_request():
    found, asked = walk_numbers(server(45, 15))
    assert (found.complete, asked) == (True, [1, 2, 3])


def test_a_number_that_counts_pages_is_not_taken_for_rows():
    inner = server(60, 15, states=False)

    def states_pages(number):
        shown = inner(number)
        shown.total = 20
        return shown

    found, _ = walk_numbers(states_pages)
    assert (found.complete, len(found.items)) == (True, 60)


def test_a_list_that_changes_while_it_is_read_is_not_whole():
    found, _ = walk_numbers(lambda number: server(40 if number == 1 else 39, 15)(number))
    assert not found.complete
    assert "changed from 40 to 39" in found.reason


def test_stated_pages_end_the_walk_where_no_rows_are_stated():
    def answer(number):
        shown = server(40, 20, states=False, past="last")(number)
        shown.pages = 2
        return shown
    found, asked = walk_numbers(answer)
    assert (found.complete, asked) == (True, [1, 2])


@pytest.mark.parametrize(("title", "whole"), [("乙局2023年政府信息公开工作年度报告", True), (None, False)])
def test_an_address_listed_twice_counts_by_its_titles(title, whole):
    def answer(number):
        items = [item(one) for one in {1: [0, 1, 2], 2: [2, 3]}.get(number, [])]
        if number == 2 and title:
            items[0] = Item(items[0].url, title, "")
        return Listing(items, items, 5, known_shape=True)
    found, _ = walk_numbers(answer)
    assert (found.complete, len(found.items), len({each.url for each in found.items})) == (whole, 4 + whole, 4)


# ---------------------------------------------------------------- one family each
def talk(family, address, first, answer, max_pages=60):
    """Walk with a server given as a function of the Ask; it returns text or an outcome."""
    asked = []

    async def get(request):
        ask = request if isinstance(request, Ask) else Ask(request)
        asked.append(ask)
        given = answer(ask)
        if isinstance(given, Outcome):
            return Answer(ask.url, "", given, "as told")
        return Answer(ask.url, given)

    found = asyncio.run(family.enumerate_list(Answer(address, first), get, max_pages))
    return found, asked


def query(ask):
    return {name: values[0] for name, values in parse_qs(urlsplit(ask.url).query, keep_blank_values=True).items()}


def catalogue(tree):
    return f"<html><script>window._CONFIG = {{SID: '755', TREE: {json.dumps(tree)}}}</script></html>"


def node(number, name, *children):
    return {"id": number, "name": name, "jump_url": "", "post_count": 9, "children": list(children)}


def gk_rows(numbers, total=None):
    articles = [{"id": number, "title": NAME.format(number), "date": 1700000000} for number in numbers]
    return json.dumps({"total": len(articles) if total is None else total, "articles": articles})


@pytest.mark.parametrize(("names", "chosen"), [
    (["统计年报", "政府信息公开年报", "年报"], "政府信息公开年报"), (["法治政府建设年度报告", "公开年报"], "公开年报"),
    (["政府信息公开指南", "信息公开工作年度报告"], "信息公开工作年度报告"), (["企业年报", "财政决算年度报告"], None)])
def test_gkmlpt_chooses_the_category_by_name(names, chosen):
    tree = [node(100 + place, name) for place, name in enumerate(names)]
    found = gkmlpt.category(catalogue(tree), "http://a.example/gkmlpt/index")
    assert (found.name if found else None) == chosen


def test_gkmlpt_without_such_a_category_is_unknown_and_asks_nothing():
    found, asked = talk(gkmlpt, "http://a.example/gkmlpt/index", catalogue([node(1, "机构职能")]), None)
    assert (found.outcome, asked) == (Outcome.UNKNOWN_SHAPE, [])


def test_gkmlpt_address_names_the_category_and_pages_are_asked_from_one():
    tree = [node(11, "政府信息公开年报"), node(22, "其他")]
    found, asked = talk(gkmlpt, "http://a.example/x/gkmlpt/index#22", catalogue(tree),
                        lambda ask: gk_rows(range(1, 101) if query(ask)["page"] == "1" else range(101, 131), 130))
    assert (found.complete, len(found.items)) == (True, 130)
    assert [ask.url for ask in asked] == [f"http://a.example/x/gkmlpt/api/all/22?page={page}&sid=755"
                                          for page in (1, 2)]


def test_gkmlpt_category_is_taken_from_the_address_that_was_asked():
    first = Answer("http://a.example/gkmlpt/index", catalogue([node(11, "政府信息公开年报"), node(22, "年报")]),
                   asked="http://a.example/gkmlpt/index#22")

    async def get(ask):
        return Answer(ask.url, gk_rows([5] if "/22?" in ask.url else []))
    assert len(asyncio.run(gkmlpt.enumerate_list(first, get, 9)).items) == 1


def test_gkmlpt_reads_the_categories_of_the_years_below():
    tree = [node(11, "政府信息公开年报", node(12, "2024年"), node(13, "2023年"))]
    below = {"11": [1], "12": [2, 3], "13": [4]}
    found, _ = talk(gkmlpt, "http://a.example/gkmlpt/index", catalogue(tree),
                    lambda ask: gk_rows(below[urlsplit(ask.url).path.rsplit("/", 1)[1]]))
    assert (found.complete, len(found.items)) == (True, 4)
    found, _ = talk(gkmlpt, "http://a.example/gkmlpt/index", catalogue(tree),
                    lambda ask: Outcome.TIMEOUT if "/13?" in ask.url else gk_rows([1]))
    assert (found.complete, "timeout" in found.reason) == (False, True)


@pytest.mark.parametrize("outcome", [Outcome.TIMEOUT, Outcome.CHALLENGE, Outcome.ROBOTS_DENIED, Outcome.FORBIDDEN])
def test_an_interface_that_does_not_answer_gives_its_own_outcome(outcome):
    for family, address, first in (
            (gkmlpt, "http://a.example/gkmlpt/index", catalogue([node(11, "年报")])),
            (jpaas, "http://a.example/col/col1/index.html", unit_page("信息列表")),
            (kaipu, "http://a.example/c1/common_list.shtml", f"<script>u='/common/search/{'a' * 32}'</script>"),
            (epoint, "http://a.example/govInfoPub.html?categorynum=1", "<script>var siteGuid='12345678'</script>"),
            (truecms, "http://a.example/nb/nb.html", truecms_page(30)),
            (hanweb, "http://a.example/col/col1/index.html", "<iframe src='/module/xxgk/tree.jsp?area=001'></iframe>")):
        found, _ = talk(family, address, first, lambda ask: outcome)
        assert (found.outcome, found.complete) == (outcome, False), family.__name__


@pytest.mark.parametrize("given", [Outcome.FORBIDDEN, "nothing"])
def test_reports_that_a_page_shows_are_seen_though_its_interface_fails(given):
    rows = (f"<ul><li><a href='/art/2025/1/20/art_2_1.html'>{NAME.format(2024)}</a><span>2025-01-20</span></li></ul>"
            "<div><ul><li><a href='/art/2026/1/1/art_9_1.html'>要闻一则</a></li></ul></div>")
    for family, address, mark in (
            (jpaas, "http://a.example/col/col2/index.html", unit_page("列表")),
            (epoint, "http://a.example/govInfoPub.html?categorynum=1", "<script>var siteGuid='12345678'</script>"),
            (hanweb, "http://a.example/col/col2/index.html", "<iframe src='/module/xxgk/tree.jsp?area=001'></iframe>")):
        found, _ = talk(family, address, f"<html>{mark}{rows}</html>", lambda ask: given)
        assert (found.outcome, found.complete) == (Outcome.OK, False), family.__name__
        assert NAME.format(2024) in [each.title for each in found.items]
        assert found.reason


def unit_page(*tags):
    return "".join(f"""<script src="/s/AuthorizedRead/unitbuild.js" url="/unit" queryData="{{'webId':'1',"""
                   f"""'pageId':'2','tagId':'{tag}'}}"></script>""" for tag in tags)


def unit_answer(numbers, count=None):
    rows = "".join(f"<li><a href='/art/2024/1/{number}/art_2_{number}.html'>{NAME.format(2000 + number)}</a></li>"
                   for number in numbers)
    pager = f"<script>pages({{rows:'15',count:'{count}'}})</script>" if count is not None else ""
    return json.dumps({"success": True, "data": {"html": f"<ul>{rows}</ul>{pager}"}})


def unit_server(rows, heeds_size=True):
    """Shows its last page again past the end and states no count."""
    def answer(ask):
        paged = json.loads(query(ask)["paramJson"])
        size = paged["pageSize"] if heeds_size else 15
        number = min(paged["pageNo"], max(1, -(-rows // size)))
        return unit_answer(range((number - 1) * size, min(rows, number * size)))
    return answer


@pytest.mark.parametrize("rows", [7, 15, 30, 37])
def test_jpaas_without_a_count_is_whole_where_the_page_size_is_heeded(rows):
    found, _ = talk(jpaas, "http://a.example/col/col2/index.html", unit_page("列表"), unit_server(rows))
    assert (found.complete, len(found.items)) == (True, rows)


@pytest.mark.parametrize("rows", [7, 15, 30])
def test_jpaas_that_heeds_nothing_is_not_whole(rows):
    found, _ = talk(jpaas, "http://a.example/col/col2/index.html", unit_page("列表"), unit_server(rows, False))
    assert not found.complete


def test_jpaas_bare_page_numbers_are_never_sent():
    _, asked = talk(jpaas, "http://a.example/col/col2/index.html", unit_page("列表"), unit_server(20))
    assert all(set(query(ask)) == {"webId", "pageId", "tagId", "paramJson"} for ask in asked)
    assert '{"pageNo":2,"pageSize":15}' in [query(ask)["paramJson"] for ask in asked]


@pytest.mark.parametrize(("pager", "whole"), [
    ("{count:'15'}", False), ("{rows:'15',count:'15'}", False), ("{rows:'20',count:'15'}", True), ("共15条", True)])
def test_jpaas_count_of_the_rows_shown_is_no_total(pager, whole):
    def answer(ask):
        shown = json.loads(unit_answer(range(15)))
        shown["data"]["html"] += f"<script>pages({pager})</script>" if pager[0] == "{" else f"<p>{pager}</p>"
        return json.dumps(shown)
    found, _ = talk(jpaas, "http://a.example/col/col2/index.html", unit_page("列表"), answer)
    assert (found.complete, len(found.items)) == (whole, 15)


def test_jpaas_unit_with_reports_is_chosen_whatever_stands_beside_it():
    def answer(ask):
        if query(ask)["tagId"] == "要闻":
            news = (f"<li><a href='/art/2026/1/1/art_9_{n}.html'>今日要闻{n}号</a></li>" for n in range(40))
            return json.dumps({"data": {"html": "".join(news)}})
        return unit_answer([1, 2, 3], 3)
    found, _ = talk(jpaas, "http://a.example/col/col2/index.html", unit_page("要闻", "内容1"), answer)
    assert (found.complete, len(found.items)) == (True, 3)


def test_jpaas_news_alone_prove_nothing_where_the_list_did_not_answer():
    row = "<li><a href='/art/2026/1/1/art_9_1.html'>今日要闻一号</a></li>"
    news = json.dumps({"data": {"html": f"<ul>{row}</ul>共1条"}})
    found, _ = talk(jpaas, "http://a.example/col/col2/index.html", unit_page("要闻", "信息列表"),
                    lambda ask: news if query(ask)["tagId"] == "要闻" else Outcome.TIMEOUT)
    assert not found.complete


def kaipu_page(held, script=True):
    rows = "".join(f"<li><a href='/c1/202401/{number:032x}.shtml'>{NAME.format(2000 + number)}</a></li>"
                   for number in range(held))
    call = f"<script>load('/common/search/{'a' * 32}?_pageSize=15&page=1')</script>" if script else ""
    return f"<html><ul>{rows}</ul>{call}<a href='/c2/common_list.shtml'>栏目</a></html>"


def kaipu_answer(numbers, total):
    return json.dumps({"data": {"total": total, "results": [
        {"title": NAME.format(2000 + number), "url": f"/c1/202401/{number:032x}.shtml"} for number in numbers]}})


@pytest.mark.parametrize(("title", "whole"), [("", True), ("放假通知", True), (NAME.format(2024), False)])
def test_a_row_without_address_is_counted_unless_it_names_a_report(title, whole):
    answer = json.loads(kaipu_answer(range(3), 4))
    answer["data"]["results"].append({"title": title, "url": ""})
    found, _ = talk(kaipu, "http://a.example/c1/common_list.shtml", kaipu_page(0), lambda ask: (
        json.dumps(answer) if query(ask)["page"] == "1" else kaipu_answer([], 4)))
    assert (found.complete, len(found.items)) == (whole, 3)


def test_kaipu_page_with_its_newest_rows_only_is_walked_by_its_interface():
    found, _ = talk(kaipu, "http://a.example/c1/common_list.shtml", kaipu_page(5),
                    lambda ask: kaipu_answer(range(15) if query(ask)["page"] == "1" else range(15, 22), 22))
    assert (found.complete, len(found.items)) == (True, 22)


def test_kaipu_interface_that_fails_leaves_the_newest_rows_unproven():
    found, _ = talk(kaipu, "http://a.example/c1/common_list.shtml", kaipu_page(5), lambda ask: Outcome.TIMEOUT)
    assert (found.complete, len(found.items)) == (False, 5)
    assert "timeout" in found.reason


def test_kaipu_interface_of_the_site_search_is_not_the_list():
    found, _ = talk(kaipu, "http://a.example/c1/common_list.shtml", kaipu_page(5),
                    lambda ask: kaipu_answer(range(900, 903), 3))
    assert (found.complete, len(found.items)) == (True, 5)


def truecms_page(total):
    return (f"<script>$('#a').jpage({{totalRecord:{total}, perPage:10, "
            "proxyUrl:'/truecms/messageController/getMessage.do', ajaxParam:{columnId:'593f0397-04d7'}})</script>")


@pytest.mark.parametrize("largest", [50, 20, 10])
@pytest.mark.parametrize("cuts", [True, False])
def test_truecms_finds_the_window_the_site_bears(largest, cuts):
    def answer(ask):
        asked = query(ask)
        first, last = int(asked["startrecord"]), int(asked["endrecord"])
        if last - first + 1 > largest and not cuts:
            return 'cb({"result":""})'
        rows = "".join(f"<record><![CDATA[<li><a href='/nb/content/{number:032x}.html'>{NAME.format(2000 + number)}</a>"
                       "</li>]]></record>" for number in range(first, min(63, first + largest, last + 1)))
        return "cb(" + json.dumps({"result": f"<datastore><totalrecord>62</totalrecord>{rows}</datastore>"}) + ")"
    found, asked = talk(truecms, "http://a.example/nb/nb.html", truecms_page(62), answer)
    assert (found.complete, len(found.items)) == (True, 62)
    assert {ask.headers["Referer"] for ask in asked} == {"http://a.example/nb/nb.html"}


def test_truecms_whose_page_and_interface_disagree_is_not_whole():
    record = "<record><![CDATA[<a href='/nb/content/1.html'>一二三四五</a>]]></record>"
    found, _ = talk(truecms, "http://a.example/nb/nb.html", truecms_page(70), lambda ask: (
        f"cb(<datastore><totalrecord>1</totalrecord>{record}</datastore>)"))
    assert not found.complete


def test_epoint_answers_without_the_guid_where_its_script_is_gone():
    def answer(ask):
        if ask.method == "GET":
            return Outcome.GONE
        assert ask.json["siteGuid"] == ""
        return json.dumps({"custom": {"total": 1, "data": [
            {"realtitle": NAME.format(2024), "infourl": "/zwgk/1.html", "infodate": "2025-01-20"}]}})
    found, _ = talk(epoint, "http://a.example/govInfoPub.html?deptcode=1&categorynum=2", "<i>EWB-FRONT</i>", answer)
    assert (found.complete, found.items[0].day) == (True, "2025-01-20")


def test_epoint_without_a_category_reads_the_static_list_it_may_be():
    rows = f"<ul><li><a href='/zwgk/1.html'>{NAME.format(2024)}</a><span>2025-01-20</span></li></ul>"
    script = "<script src='/js/webBuilderCommon.js'></script>"
    found, _ = talk(epoint, "http://a.example/zwgk/nb.html", rows + script, lambda ask: Outcome.GONE)
    assert (found.complete, len(found.items)) == (True, 1)
    found, _ = talk(epoint, "http://a.example/zwgk/nb.html", script, lambda ask: Outcome.GONE)
    assert found.outcome is Outcome.UNKNOWN_SHAPE


def year_page(*years, rows=(), extra=""):
    links = "".join(f"<a href='/module/xxgk/xxgkAnnualReport.jsp?area=1&fbtime={year}'>{year}年政府信息公开年报</a>"
                    for year in years)
    listed = "".join(f"<li><a href='/art/{year}/1/9/art_1_{year}.html'>{NAME.format(year - 1)}</a></li>"
                     for year in rows)
    return f"<html>{links}<ul>{listed}</ul>{extra}</html>"


ANNUAL = "http://a.example/module/xxgk/xxgkAnnualReport.jsp?area=1"


def test_hanweb_asks_the_newest_years_though_nothing_offers_them():
    this = clock.today().year
    found, asked = talk(hanweb, ANNUAL, year_page(2020, 2021), lambda ask: (
        year_page(2020, 2021, rows=[int(query(ask)["fbtime"])]) if int(query(ask)["fbtime"]) != this
        else year_page(2020, 2021)))
    assert found.complete
    assert {int(query(ask)["fbtime"]) for ask in asked} == {2020, 2021, this, this - 1, this - 2}


def test_hanweb_a_year_nobody_offers_that_shows_another_is_none():
    found, _ = talk(hanweb, ANNUAL, year_page(2020, 2021), lambda ask: (
        year_page(rows=[min(2021, int(query(ask)["fbtime"]))])))
    assert (found.complete, len(found.items)) == (True, 2)


def test_hanweb_rows_beside_a_year_without_reports_are_none_of_it():
    side = "".join(f"<li><a href='/art/2026/1/{n}/art_9_{n}.html'>要闻第{n}则</a><span>2026-01-0{n}</span></li>"
                   for n in (1, 2, 3))
    found, _ = talk(hanweb, ANNUAL, year_page(2020, 2021, 2022), lambda ask: year_page(
        2020, 2021, rows=[2021] if query(ask)["fbtime"] == "2021" else [], extra=f"<div><ul>{side}</ul></div>"))
    assert (found.complete, [each.title for each in found.items]) == (True, [NAME.format(2020)])


def test_hanweb_a_page_that_is_the_report_stands_under_its_own_year():
    def answer(ask):
        year = min(2021, int(query(ask)["fbtime"]))
        return year_page(2020, 2021, extra=f"<h1>{NAME.format(year)}</h1><p>发布日期：{year + 1}-01-20</p>"
                                           f"<p>{'全年新收政府信息公开申请三件。' * 40}</p>")
    found, _ = talk(hanweb, ANNUAL, year_page(2020, 2021), answer)
    assert found.complete
    assert [(each.url[-4:], each.day) for each in found.items] == [("2021", "2022-01-20"), ("2020", "2021-01-20")]


def test_hanweb_year_that_fails_or_is_paged_is_not_whole():
    found, _ = talk(hanweb, ANNUAL, year_page(2020, 2021), lambda ask: (
        Outcome.TIMEOUT if query(ask)["fbtime"] == "2020" else year_page(rows=[int(query(ask)["fbtime"])])))
    assert (found.complete, "timeout" in found.reason) == (False, True)
    found, _ = talk(hanweb, ANNUAL, year_page(2021), lambda ask: year_page(
        rows=[int(query(ask)["fbtime"])], extra="共 3 页"))
    assert (found.complete, "3 pages" in found.reason) == (False, True)


@pytest.mark.parametrize("linked", [False, True])
def test_hanweb_years_of_several_pages_are_walked_where_they_turn(linked):
    def answer(ask):
        asked = query(ask)
        number, year = int(asked.get("currpage") or asked.get("p") or 1), int(asked["fbtime"])
        rows = "".join(f"<li><a href='/art/{year}/1/{place}/art_1_{place}.html'>示例{place}局{year - 1}年政府信息公"
                       "开年报</a></li>" for place in range(number * 10 - 9, min(number * 10, 25) + 1))
        links = "".join(f"<a href='/module/xxgk/xxgkAnnualReport.jsp?area=1&fbtime={year}&p={page}'>{page}</a>"
                        for page in (1, 2, 3))
        paged = f"<html><ul>{rows}</ul>共 3 页 {links if linked else ''}</html>"
        return paged if year == 2021 else year_page(rows=[year])
    found, _ = talk(hanweb, ANNUAL, year_page(2021, 2020), answer)
    assert (found.complete, found.reason) == (True, "")
    assert len({item.url for item in found.items if "/2021/" in item.url}) == 25


def test_hanweb_rows_of_other_columns_stay_out_unless_they_are_reports_and_all_stay_where_numbers_are_foreign():
    def answer(ask):
        titles = {77: NAME.format(2017), 78: "关于做好2018年政府信息公开工作年度报告编制工作的通知",
                  79: NAME.format(2019), 80: "示例县教育局2020年政府信息公开工作年度报…"}
        rows = "".join("<tr class='tr_main_value_odd'><td>1</td><td>"
                       f"<a href='/art/2024/1/9/art_{number}_{number}.html'>{titles[number]}</a></td>"
                       "<td>2024-01-09</td></tr>" for number in titles)
        return f"<table>{rows}</table>共 1 页"
    page = "<iframe src='/module/xxgk/tree.jsp?area=001'></iframe>"
    found, _ = talk(hanweb, "http://a.example/col/col77/index.html", page, answer)
    assert [each.url[-10:] for each in found.items] == ["77_77.html", "79_79.html", "80_80.html"]
    found, _ = talk(hanweb, "http://a.example/col/col99/index.html", page, answer)
    assert (found.complete, len(found.items)) == (True, 4)


# ---------------------------------------------------------------- requests
def test_keys_tell_what_was_posted():
    keys = [Ask("http://a.example/x").key, Ask("http://a.example/x", form={"p": "1"}).key,
            Ask("http://a.example/x", form={"p": "2"}).key, Ask("http://a.example/x", json={"p": 1}).key,
            *(Ask("http://a.example/x", form={"state": letter * 900}).key for letter in "ab")]
    assert len(set(keys)) == len(keys)
    assert keys[0] == ("http://a.example/x", "GET")
    assert max(len(request) for _, request in keys) < 400


@pytest.mark.parametrize(("status", "method"), [(302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")])
def test_a_posted_request_stays_posted_where_the_redirect_says_so(status, method):
    rule = HostRule(["a.example"], True)
    sent = Request("http://a.example/x", method="POST", body=b"p=1", meta={"rule": rule})
    moved = HopRedirectMiddleware().process_response(sent, Response("http://a.example/x", status=status,
                                                                    headers={"Location": "/y"}))
    assert (moved.url, moved.method, moved.body) == ("http://a.example/y", method, b"p=1" if method == "POST" else b"")


@pytest.mark.parametrize(("body", "outcome"), [
    ("<!DOCTYPE html><html><body>您访问的页面不存在</body></html>", Outcome.SOFT_404),
    ('{"total":0}', Outcome.OK), ("<datastore></datastore>", Outcome.OK), ("<ul></ul>", Outcome.OK)])
def test_a_notice_in_place_of_data_is_said(body, outcome):
    address = "http://a.example/api"
    assert of_response(Received(address, address, 200, body.encode()), "data").outcome is outcome
