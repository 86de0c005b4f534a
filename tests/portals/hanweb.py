"""A Hanweb xxgk portal: a column page around tree.jsp, rows as a table from POST search.jsp, or a page a year.

Promises: search.jsp answers POST only and for the whole area, other columns' rows between the column's own, with the
date in the third cell and "共 N 页" below. Dialects: SEARCH; YEARLY is xxgkAnnualReport.jsp with a choice of years and
a table each; REPORTS has the report itself on each year's page; FROZEN shows the newest year whatever fbtime says.
Leaves alone: what the articles say.
"""

from __future__ import annotations

import re
from datetime import date
from html import escape
from urllib.parse import quote

from tests.portals.serving import Request, Response
from tests.portals.sites import (
    Entry,
    Site,
    counter_line,
    disclosure_page,
    document,
    file_named,
    filled,
    furniture_foot,
    furniture_top,
    home,
    missing_page,
    robots,
)

SEARCH, YEARLY, REPORTS, FROZEN = "search", "yearly", "reports", "frozen"
AREA = "001008003014106"
OTHER_COLUMN = "1327777"
ANNUAL = "/module/xxgk/xxgkAnnualReport.jsp"
PAGE = 20


def column(site: Site) -> str:
    return f"/col/col{site.base}/index.html" if site.dialect == SEARCH else f"{ANNUAL}?area={AREA}"


def answer(site: Site, request: Request, today: date) -> Response:
    path = request.path
    if path == "/robots.txt":
        return robots(site)
    if path in ("/", "/index.html"):
        return home(site, column(site))
    if path == "/zwgk/":
        return disclosure_page(site, column(site))
    if path == f"/col/col{site.base}/index.html" and site.dialect == SEARCH:
        return _column(site, request)
    if path == "/module/xxgk/tree.jsp":
        return Response.page("<html><body><ul class='tree'><li><a href='#'>机构职能</a></li></ul></body></html>")
    if path == "/module/xxgk/search.jsp":
        return _search(site, request, today)
    if path == ANNUAL and site.dialect != SEARCH and request.query.get("area") == AREA:
        return _year(site, request, today)
    if article := re.fullmatch(r"/art/\d+/\d+/\d+/art_\d+_(\d+)\.html", path):
        entry = site.find(int(article.group(1)), today)
        return _article(site, request, entry, today) if entry and path == _address(site, entry) else missing_page(site)
    if path == "/module/download/downfile.jsp":
        return Response(b"", 302, headers={"Location": f"/attach/0/{request.query.get('filename', '')}"})
    if path.startswith(("/attach/0/", "/picture/0/")):
        return file_named(site, path.rsplit("/", 1)[-1], today)
    return missing_page(site)


def _column(site: Site, request: Request) -> Response:
    body = (f"{furniture_top(site.name)}<iframe src='/module/xxgk/tree.jsp?area={AREA}&jdid=2237' width='220'></iframe>"
            f"<div id='div1326694'></div><script>function search(page) {{ $.post('/module/xxgk/search.jsp', "
            f"{{infotypeId:'', jdid:'2237', area:'{AREA}', divid:'div1326694', vc_title:'', currpage:page}}, "
            f"function (html) {{ $('#div1326694').html(html); }}); }} search(1);</script>"
            f"{furniture_foot(site.name, request.count)}")
    return Response.page(document(f"{site.column_name} - {site.name}", body))


def _search(site: Site, request: Request, today: date) -> Response:
    query = request.query
    if request.method != "POST" or query.get("area") != AREA or query.get("jdid") != "2237":
        return Response.page("<table></table><div>共 0 页</div>")
    rows = site.rows(today)
    pages = -(-len(rows) // PAGE)
    number = min(max(1, int(query.get("currpage") or 1)), max(1, pages))
    return Response.page(f"{_table(site, rows[(number - 1) * PAGE:number * PAGE])}<div class='page'>共 {pages} 页&nbsp;"
                         f"第 {number} 页 <a href='javascript:search({number + 1})'>下一页</a></div>")


def _table(site: Site, rows: list[Entry]) -> str:
    lines = "".join(
        f"<tr class='tr_main_value_{'odd' if place % 2 else 'even'}'><td align='center'>{place}</td><td><a href='"
        f"{escape(entry.elsewhere or _address(site, entry))}' title='{escape(entry.title)}' target='_blank'>"
        f"{escape(entry.title[:25])}</a></td><td width='120'>{entry.day}</td></tr>"
        for place, entry in enumerate(rows, 1))
    heading = "<tr class='tr_main_title'><td>序号</td><td>名称</td><td>日期</td></tr>"
    return f"<table class='tb_main'>{heading}{lines}</table>"


def _year(site: Site, request: Request, today: date) -> Response:
    rows = site.rows(today)
    years = sorted({entry.day.year for entry in rows}, reverse=True)
    asked = request.query.get("fbtime", "")
    shown = int(asked) if asked.isdigit() and int(asked) in years and site.dialect != FROZEN else years[0]
    choice = "".join(f"<option value='{year}'>{year}年</option>" for year in years)
    links = "".join(f"<li><a href='{ANNUAL}?area={AREA}&fbtime={year}'>{year}年政府信息公开年报</a></li>"
                    for year in years)
    chosen = [entry for entry in rows if entry.day.year == shown]
    if site.dialect == REPORTS:
        inside = _text(site, chosen[0], today) if chosen else ""
        shown_text = f"<h1>{escape(chosen[0].title)}</h1><p>发布日期：{chosen[0].day}</p>{inside}" if chosen else ""
    else:
        shown_text = _table(site, chosen)
    return Response.page(document(f"{site.column_name} - {site.name}", (
        f"{furniture_top(site.name)}<form><select name='fbtime'>{choice}</select></form><ul class='years'>{links}</ul>"
        f"<div class='main'>{shown_text}</div>{furniture_foot(site.name, request.count)}")))


def _text(site: Site, entry: Entry, today: date) -> str:
    content = entry.content(today)
    text = filled(content, [f"/picture/0/{part.digest}.{part.suffix}" for part in content.images],
                  [f"/module/download/downfile.jsp?classid=0&showname={quote(part.name)}&filename="
                   f"{part.digest}.{part.suffix}" for part in content.attachments])
    return f"<div class='bt_content'>{text}</div>"


def _article(site: Site, request: Request, entry: Entry, today: date) -> Response:
    table = (f"<table class='xxgk_table'><tr><td>索引号</td><td>{AREA}/{entry.day.year}-{entry.number}</td><td>组配分类"
             f"</td><td>{site.column_name}</td></tr><tr><td>发布机构</td><td>{escape(site.name)}</td><td>成文日期</td>"
             f"<td>{entry.day}</td></tr></table>")
    body = (f"{furniture_top(site.name)}{table}<h1>{escape(entry.title)}</h1><p>发布日期：{entry.day} "
            f"{counter_line(request)}</p>{_text(site, entry, today)}{furniture_foot(site.name, request.count)}")
    return Response.page(document(entry.title, body))


def _address(site: Site, entry: Entry) -> str:
    number = OTHER_COLUMN if entry.number >= 5000 and site.dialect == SEARCH else site.base
    return f"/art/{entry.day.year}/{entry.day.month}/{entry.day.day}/art_{number}_{entry.number}.html"
