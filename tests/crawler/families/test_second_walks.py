"""Second group of systems over answers in memory: what ends a list, what doesn't, and what is never called complete."""

import asyncio
import json
import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler import families
from crawler.families import anhui_label, anhui_openness, aspnet, cut_titles, script_list, vsb
from crawler.families.paging import Enumeration
from crawler.model import Item, Outcome
from tests.crawler.families.walking import getter, numbers, page, row, walk

HOST = "http://www.liuan.example"


# ---------------------------------------------------------------- Anhui label
COLUMN = f"{HOST}/public/column/6595731?type=4&catId=32710021&action=list"
CALL = ("{{labelName:'publicInfoList', siteId:'67', organId:'{organ}', catId:'{column}', type:'4', pageSize:10, "
        "pageIndex: n}}")


def fragment(first, last, pages=""):
    rows = "".join(row(number) for number in range(first, last)) or "暂无相关信息"
    return f"<div class='xxgk_navli'><ul>{rows}</ul></div><script>var o = {{{pages}}}</script>"


def shell(first=0, last=10, pages="pageCount:3", organ="6595731", column="32710021"):
    call = CALL.format(organ=organ, column=column)
    rows = "".join(row(number) for number in range(first, last))
    return (f"<html><body><div class='xxgk_navli'><ul>{rows}</ul></div><script>$.ajax({{url: "
            f"'/site/label/8888?IsAjax=1', data: {call}}}); go({{{pages}}})</script></body>")


def label(total=24, stated=True, kind="get", front=None):
    """A portal with `total` rows, ten a page."""
    last = -(-total // 10)
    pages = f"pageCount:{last}" if stated else ""

    def answers(ask):
        if "/public/column/" in ask.url:
            return front or shell(0, min(10, total), pages)
        query = dict(parse_qsl(urlsplit(ask.url).query)) | dict(ask.form or {})
        if (query.get("organId"), query.get("catId"), query.get("siteId")) != ("6595731", "32710021", "67"):
            return fragment(0, 0)
        number = int(query["pageIndex"])
        if kind == "post" and ask.method != "POST":
            number = 1
        if kind == "forbidden" and ask.method != "POST":
            return Outcome.FORBIDDEN
        if kind == "deaf":
            number = 1
        if kind == "clamped":
            number = min(number, last)
        return fragment(number * 10 - 10, min(number * 10, total), pages)
    return answers


@pytest.mark.parametrize("kind", ["get", "post", "forbidden"])
@pytest.mark.parametrize("stated", [True, False])
@pytest.mark.parametrize("total", [1, 9, 10, 20, 24])
def test_label_reaches_every_row(kind, stated, total):
    found, _ = walk(anhui_label, COLUMN, label(total, stated, kind))
    assert (found.outcome, found.complete, numbers(found)) == (Outcome.OK, True, list(range(total))), found.reason


def test_label_that_always_answers_page_one_is_incomplete():
    found, asked = walk(anhui_label, COLUMN, label(kind="deaf"))
    assert (found.complete, len(found.items)) == (False, 10)
    assert "page 2 of 3 repeats" in found.reason
    assert [ask.method for ask in asked] == ["GET", "GET", "POST"]


def test_label_without_a_count_that_repeats_its_last_page_proves_no_end():
    assert not walk(anhui_label, COLUMN, label(20, stated=False, kind="clamped"))[0].complete
    assert walk(anhui_label, COLUMN, label(24, stated=False, kind="clamped"))[0].complete, "a short page is the last"


def test_label_address_put_together_around_variables():
    call = ("<script>$.get('/site/label/8888?labelName=publicInfoList&siteId=67&pageIndex=' + n + '&organId=6595731"
            "&catId=32710021&type=4', draw); go({pageCount:3})</script>")
    found, _ = walk(anhui_label, COLUMN, label(front=f"<html><body>{call}</body></html>"))
    assert (found.complete, len(found.items)) == (True, 24)


def test_label_of_the_columns_own_organ_is_asked():
    other = f"<script>x({CALL.format(organ='11', column='22')})</script>"
    front = shell().replace("<body>", f"<body>{other}")
    found, _ = walk(anhui_label, COLUMN, label(front=front))
    assert found.complete
    assert len(found.items) == 24


def test_label_says_nothing_is_there():
    found, _ = walk(anhui_label, COLUMN, label(0, front=shell(0, 0, "pageCount:0")))
    assert (found.outcome, found.items) == (Outcome.EMPTY_LISTING, [])


def test_pages_of_the_platform_that_only_search_by_label_are_static():
    search = "<script>s({labelName:'searchDataList', siteId:'67', organId:'', catId:''})</script>"
    front = page(0, 10, f"{search}<a href='/site/label/8888'></a><a href='?pageIndex=2'>2</a>")
    url = f"{HOST}/content/column/678"
    found, _ = walk(anhui_label, url, {url: front, f"{url}?pageIndex=2": page(10, 14)})
    assert (families.recognise(front), found.complete, len(found.items)) == ("anhui_label", True, 14)


# ---------------------------------------------------------------- Anhui openness
INDEX = f"{HOST}/OpennessAnnualReport/"


def show(organ, year, years=(2025, 2024), body=None):
    tabs = "".join(f"<li><a href='/OpennessAnnualReport/year/show/{organ}/{each}.html'>{each}年</a></li>"
                   for each in years)
    text = f"<h2>示例{organ}局{year}年政府信息公开工作年度报告</h2><p>收到申请3件。</p>" if body is None else body
    return f"<html><body><ul>{tabs}</ul><div>{text}</div></body></html>"


def organs(*numbers):
    links = (f"<li><a href='/OpennessAnnualReport/year/show/{number}/2025.html'>示例{number}局</a></li>"
             for number in numbers)
    return f"<ul>{''.join(links)}</ul>"


def openness(**changed):
    pages = {INDEX: organs(1, 2)}
    for organ in (1, 2):
        for year in (2025, 2024):
            pages[f"{INDEX}year/show/{organ}/{year}.html"] = show(organ, year)
    return pages | {f"{INDEX}year/show/{name[1:].replace('_', '/')}.html": text for name, text in changed.items()}


def test_openness_visits_every_organ_and_year():
    found, asked = walk(anhui_openness, INDEX, openness())
    assert (found.complete, len(found.items), len(asked)) == (True, 4, 4)
    assert {item.title for item in found.items} == {f"示例{organ}局{year}年政府信息公开工作年度报告"
                                                    for organ in (1, 2) for year in (2025, 2024)}


def test_openness_pages_without_a_report():
    found, _ = walk(anhui_openness, INDEX, openness(_2_2024=show(2, 2024, body="暂无相关信息")))
    assert (found.complete, len(found.items)) == (True, 3)
    found, _ = walk(anhui_openness, INDEX, openness(_2_2024=show(2, 2024, body="<h2>关于我们</h2>" + "文字" * 200)))
    assert (found.complete, "name no report" in found.reason) == (False, True)
    pages = openness()
    del pages[f"{INDEX}year/show/2/2024.html"]
    found, _ = walk(anhui_openness, INDEX, pages)
    assert (found.complete, "2/2024.html" in found.reason) == (False, True)


def test_openness_list_with_titles_and_days():
    rows = "".join(f"<li><a href='/OpennessAnnualReport/year/show/{organ}/2025.html'>示例{organ}局2025年政府信息公开"
                   "年度报告</a><span>2026-01-20</span></li>" for organ in (1, 2))
    pages = {INDEX: f"<ul>{rows}</ul>", f"{INDEX}year/show/1/2025.html": show(1, 2025, years=()),
             f"{INDEX}year/show/2/2025.html": show(2, 2025, years=(), body="<iframe src='/f/a.pdf'></iframe>")}
    found, _ = walk(anhui_openness, INDEX, pages)
    assert [(item.title, item.day) for item in found.items] == [
        ("示例1局2025年政府信息公开工作年度报告", "2026-01-20"), ("示例2局2025年政府信息公开年度报告", "2026-01-20")]
    assert found.complete


def test_openness_index_by_script_is_incomplete():
    found, _ = walk(anhui_openness, INDEX, {INDEX: "<script>tree('/OpennessAnnualReport/')</script>"})
    assert not found.complete


# ---------------------------------------------------------------- VSB
VSB = f"{HOST}/zfxxgk/zcwj.htm"


def vsb_pages(total=24, stated=None, relative=True):
    last = -(-total // 10)
    line = f"共{total if stated is None else stated}条&nbsp;&nbsp;1/{last}&nbsp;"
    link = f"<a href='zcwj/{last - 1}.htm' class='Next'>下页</a>" if relative and last > 1 else ""
    pages = {VSB: page(0, min(10, total), f"<td id='fanye1'>{line}</td>{link}"
                                          f"<script>_simple_list_gotopage_fun({last},'x',2)</script>")}
    for number in range(2, last + 1):
        pages[f"{HOST}/zfxxgk/zcwj/{last - number + 1}.htm"] = page(number * 10 - 10, min(number * 10, total))
    return pages


@pytest.mark.parametrize("relative", [True, False])
@pytest.mark.parametrize("total", [1, 10, 11, 47])
def test_vsb_counts_down(total, relative):
    found, asked = walk(vsb, VSB, vsb_pages(total, relative=relative))
    assert (found.complete, numbers(found)) == (True, list(range(total)))
    assert [int(re.search(r"(\d+)\.htm", ask.url).group(1)) for ask in asked] == list(range(-(-total // 10) - 1, 0, -1))


def test_vsb_with_a_page_missing_repeated_or_a_count_not_reached_is_incomplete():
    pages = vsb_pages(34)
    del pages[f"{HOST}/zfxxgk/zcwj/2.htm"]
    found, _ = walk(vsb, VSB, pages)
    assert (found.complete, "page 3 of 4" in found.reason) == (False, True)
    pages[f"{HOST}/zfxxgk/zcwj/2.htm"] = pages[f"{HOST}/zfxxgk/zcwj/3.htm"]
    assert not walk(vsb, VSB, pages)[0].complete
    found, _ = walk(vsb, VSB, vsb_pages(34, stated=36))
    assert (found.complete, found.reason) == (False, "34 rows of 36 stated")


def test_vsb_dynamic_lists_go_by_their_links():
    url = f"{HOST}/list.jsp?urltype=tree.TreeTempUrl&wbtreeid=1276"
    second = f"{url}&PAGENUM=2"
    clicks = '<script>_showDynClicks("wbnews", 1, 2)</script>'
    pages = {url: page(0, 10, f"共14条 1/2<a href='{second}'>下页</a>{clicks}"), second: page(10, 14)}
    found, _ = walk(vsb, url, pages)
    assert (found.complete, len(found.items)) == (True, 14)


# ---------------------------------------------------------------- ASP.NET
FORMS = f"{HOST}/xxgk/List.aspx?id=3"


def forms(total=24, pager="AspNetPager1", deaf=False, stated=""):
    """A web form whose postback counts only with the state of the page it was sent from."""
    last = -(-total // 10)

    def argument(number):
        return f"Page${number}" if "Grid" in pager else str(number)

    def answers(ask):
        number = 1
        if ask.form:
            before = re.fullmatch(r"s(\d+)", ask.form.get("__VIEWSTATE", ""))
            wanted = re.search(r"\d+", ask.form["__EVENTARGUMENT"])
            if not before or ask.form["__EVENTTARGET"] != pager or ask.url != FORMS or "go" in ask.form:
                return Outcome.SERVER_ERROR
            number = 1 if deaf else int(wanted.group())
        link = (f"<a href=\"javascript:__doPostBack('{pager}','{argument(number + 1)}')\">下一页</a>"
                if number < last else "<a disabled='disabled'>下一页</a>")
        return page(number * 10 - 10, min(number * 10, total),
                    f"<form method='post' action='List.aspx?id=3'><input type='hidden' name='__VIEWSTATE' "
                    f"value='s{number}'><input type='submit' name='go' value='搜索'>{link}{stated}</form>")
    return answers


@pytest.mark.parametrize("pager", ["AspNetPager1", "ctl00$Content$GridView1"])
@pytest.mark.parametrize("total", [1, 10, 24, 51])
def test_postbacks_reach_every_row(pager, total):
    found, _ = walk(aspnet, FORMS, forms(total, pager))
    assert (found.complete, numbers(found)) == (True, list(range(total))), found.reason


def test_postbacks_that_change_nothing_or_stop_early_are_incomplete():
    found, _ = walk(aspnet, FORMS, forms(deaf=True))
    assert (found.complete, "page 2 repeats" in found.reason) == (False, True)
    found, _ = walk(aspnet, FORMS, forms(24, stated="共5页"))
    assert (found.complete, found.reason) == (False, "page 3 of 5 offers no page 4")


def test_rows_that_only_a_postback_opens_are_said():
    text = ("<form><input name='__VIEWSTATE' value='x'><a href=\"javascript:__doPostBack('r$b1','')\">"
            f"示例市财政局2025年政府信息公开工作年度报告</a></form>{page(0, 2)}")
    found, _ = walk(aspnet, FORMS, {FORMS: text})
    assert (found.complete, "no address" in found.reason) == (False, True)


# ---------------------------------------------------------------- data in scripts
DRAWN = f"{HOST}/nb/index.html"
TEMPLATE = "<ul><li v-for='el in rows'><a href='<?=el.link?>'>{{ el.title }}</a></li></ul>"


def entry(number):
    title = f"示例{number}局2021年政府信息公开工作年度报告"
    return {"title": title, "url": f"/nb/content_{number}.html", "date": "2022-01-10"}


def drawn(script):
    return f"<html><body>{TEMPLATE}<script>{script}</script></body></html>"


def data(total, size=10, count=True, kind=""):
    """list.json?page=N; `count` states the rows in all, kind `sent` those of the page."""
    def answers(ask):
        if ask.url == DRAWN:
            return drawn("$.get('list.json?page=1&size=10', draw)")
        number = max(int(dict(parse_qsl(urlsplit(ask.url).query)).get("page", 1)), 1)
        number = 1 if kind == "deaf" else number
        rows = [entry(each) for each in range(total)][(number - 1) * size:number * size]
        stated = {"count": len(rows)} if kind == "sent" else {"total": total} if count else {}
        return json.dumps({"data": {**stated, "list": rows}})
    return answers


@given(total=st.integers(1, 45), count=st.booleans(), kind=st.sampled_from(["", "sent", "deaf"]))
def test_data_pages_are_complete_only_with_every_row(total, count, kind):
    found, _ = walk(script_list, DRAWN, data(total, count=count, kind=kind))
    assert len(found.items) == total or not found.complete
    if kind != "deaf":
        assert found.complete


@pytest.mark.parametrize("script", [
    "var itemObj=[%s];", "let data = {list: [%s]};", "app.rows = [%s];", "var t = [{title:'首页',url:'/'}], rows=[%s]"])
def test_data_in_the_page_is_the_whole_list(script):
    rows = ",".join(json.dumps(entry(number), ensure_ascii=False) for number in range(7))
    text = drawn(script % rows)
    found, asked = walk(script_list, DRAWN, {DRAWN: text})
    assert families.recognise(text) == "script_list"
    assert (found.complete, numbers(found), asked) == (True, list(range(7)), [])


@pytest.mark.parametrize("script", ["./nb.js", "/js/listdata.js?v=3"])
def test_data_in_a_script_of_its_own(script):
    rows = ",".join(json.dumps(entry(number), ensure_ascii=False) for number in range(7))
    text = f"<html><body>{TEMPLATE}<script src='/js/jquery.js'></script><script src='{script}'></script></body></html>"
    address = f"{HOST}/nb/nb.js" if script.startswith(".") else f"{HOST}{script}"
    found, asked = walk(script_list, DRAWN, {DRAWN: text, address: f"/* list */ var x = 1; var itemObj=[{rows}];"})
    assert (families.recognise(text), found.complete, numbers(found)) == ("script_list", True, list(range(7)))
    assert [ask.url for ask in asked] == [address]


def test_templates_alone_are_no_list():
    text = drawn("load('/api/unknown');")
    assert families.recognise(text) == ""
    found, _ = walk(script_list, DRAWN, {DRAWN: drawn("$.getJSON('gone.json')")})
    assert (found.outcome, found.complete) == (Outcome.UNKNOWN_SHAPE, False)
    assert "gone.json" in found.reason


@pytest.mark.parametrize(("value", "day"), [("2022-01-10 08:00", "2022-01-10"), (1643299200, "2022-01-28"),
                                            (1643299199000, "2022-01-27"), ("1643299200000", "2022-01-28"), (None, "")])
def test_days_of_data(value, day):
    rows = json.dumps([{**entry(1), "date": value}])
    assert script_list.listing(rows, DRAWN).items[0].day == day


@given(st.text(max_size=120))
def test_any_script_is_survived(text):
    script_list.recognise(f"<script>var a=[{{{text}</script>{text}")
    script_list.listing(text, DRAWN)


# ---------------------------------------------------------------- cut titles
CUT = Item(f"{HOST}/nb/1.html", "示例市人力资源和社会保障局2025年政府信…", "2026-01-10")
FULL = "示例市人力资源和社会保障局2025年政府信息公开工作年度报告"


def completed(*items, pages):
    asked = []
    found = Enumeration(list(items), Outcome.OK, complete=True)
    return asyncio.run(cut_titles.completed(found, f"{HOST}/nb/", getter(pages, asked))), asked


@pytest.mark.parametrize("text", [f"<title>{FULL}_年报_示例市</title>", f"<meta name='ArticleTitle' content='{FULL}'>",
                                  f"<h1> {FULL[:9]} {FULL[9:]}</h1>", f"<div class='wz_tit'>{FULL}</div>"])
def test_a_cut_title_is_completed_from_its_page(text):
    found, _ = completed(CUT, pages={CUT.url: f"<html>{text}<p>正文</p></html>"})
    assert found.complete
    assert re.sub(r"\s", "", found.items[0].title) == FULL


@pytest.mark.parametrize("text", [None, "<title>别的文章</title>", f"<h1>{CUT.title}</h1>"])
def test_a_list_with_a_title_left_cut_is_not_whole(text):
    found, _ = completed(CUT, pages={CUT.url: text} if text else {})
    assert (found.complete, found.items, "cut off" in found.reason) == (False, [CUT], True)


def test_titles_that_say_what_they_are_cost_no_request():
    whole = Item(f"{HOST}/nb/2.html", FULL)
    meeting = Item(f"{HOST}/nb/3.html", "示例市召开2025年政务公开工作推进会议部署…")
    elsewhere = Item("http://other.example/1.html", CUT.title)
    found, asked = completed(whole, meeting, elsewhere, pages={})
    assert (found.complete, asked) == (True, [])
