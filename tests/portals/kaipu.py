"""A Kaipu / UCAP portal: common_list.shtml, common_list_2.shtml …, or an empty list filled from /common/search/<hex>.

Promises: files count from 1 and common_list_1.shtml is page 1 once more; the interface (dialect JSON) ignores
_pageSize and gives addresses absolute, without scheme and relative in turn; PubDate is on a 12-hour clock; bodies are
#UCAP-CONTENT. In the dialect CUT the interface answers nothing after its second page. Leaves alone: what the articles
say.
"""

from __future__ import annotations

import json
import re
from datetime import date
from html import escape

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
    hex_name,
    home,
    missing_page,
    robots,
)

JSON, CUT = "json", "cut"
CHANNEL = "5c1e0a7d3f6b4e0f9a1d2c3b4a5f6e7d"
PAGE = 18


def column(site: Site) -> str:
    return f"{site.base}common_list.shtml"


def answer(site: Site, request: Request, today: date) -> Response:
    path = request.path
    if path == "/robots.txt":
        return robots(site)
    if path in ("/", "/index.shtml"):
        return home(site, column(site))
    if path == "/zwgk/":
        return disclosure_page(site, column(site))
    if listed := re.fullmatch(rf"{site.base}common_list(?:_(\d+))?\.shtml", path):
        number = int(listed.group(1) or 1)
        return _list(site, request, number, today) if number <= len(site.pages(today)) else missing_page(site)
    if path == f"/common/search/{CHANNEL}":
        return _search(site, request, today)
    if article := re.fullmatch(rf"{site.base}\d{{6}}/([0-9a-f]{{32}})(?:\.shtml|/content\.shtml)", path):
        entry = next((entry for entry in site.entries if entry.visible(today) and not entry.elsewhere
                      and hex_name(site, entry) == article.group(1)), None)
        return _article(site, request, entry, today) if entry and path == _address(site, entry) else missing_page(site)
    if "/files/" in path:
        return file_named(site, path.rsplit("/", 1)[-1], today)
    return missing_page(site)


def _list(site: Site, request: Request, number: int, today: date) -> Response:
    pages = site.pages(today)
    if site.dialect in (JSON, CUT):
        script = (f"<ul class='list' id='list'></ul><div id='page_div'></div><script>var pageIndex = 1;\n$.get("
                  f"'/common/search/{CHANNEL}?_isAgg=true&_isJson=true&_pageSize=20&_template=index&_rangeTimeGte="
                  "&_channelName=&page=' + pageIndex, function (answer) { draw(answer.data.results); });</script>")
        return Response.page(document(site.column_name, furniture_top(site.name) + script
                                      + furniture_foot(site.name, request.count)))
    rows = "".join(f'<li><a href="{escape(entry.elsewhere or _address(site, entry))}" target="_blank" '
                   f'title="{escape(entry.title)}">{escape(_cut(entry.title))}</a>'
                   f"<span>{entry.day}</span></li>" for entry in pages[number - 1])
    pager = (f"<div id='page_div'></div><script>createPageHTML('page_div',{len(pages)}, {number},'common_list','shtml',"
             f"{len(site.rows(today))});</script>")
    return Response.page(document(site.column_name, f"{furniture_top(site.name)}<ul class='list'>{rows}</ul>{pager}"
                                  f"{furniture_foot(site.name, request.count)}",
                                  f'<meta name="ColumnName" content="{site.column_name}">\n'))


def _cut(title: str) -> str:
    return f"{title[:28]}..." if len(title) > 28 else title


def _search(site: Site, request: Request, today: date) -> Response:
    rows = site.rows(today)
    number = max(1, int(request.query.get("page") or 1))
    chosen = rows[(number - 1) * PAGE:number * PAGE]
    if site.dialect == CUT and number > 2:
        chosen = []
    results = [{"title": entry.title, "url": _printed(site, request, entry, place), "channelName": site.column_name,
                "publishedTimeStr": f"{entry.day} 09:15:00"} for place, entry in enumerate(chosen)]
    data = {"code": 200, "data": {"page": number, "rows": PAGE, "total": len(rows), "results": results}}
    return Response(json.dumps(data, ensure_ascii=False).encode(), 200, "application/json;charset=UTF-8")


def _printed(site: Site, request: Request, entry: Entry, place: int) -> str:
    path = entry.elsewhere or _address(site, entry)
    if entry.elsewhere:
        return path
    return (path, f"//{request.host}:{request.port}{path}", f"{request.base}{path}")[place % 3]


def _article(site: Site, request: Request, entry: Entry, today: date) -> Response:
    content = entry.content(today)
    folder = f"{site.base}{entry.day:%Y%m}/{hex_name(site, entry)}/files/"
    text = filled(content, [f"{folder}{part.digest}.{part.suffix}" for part in content.images],
                  [f"{folder}{part.digest}.{part.suffix}" for part in content.attachments])
    meta = (f'<meta name="ArticleTitle" content="{escape(entry.title)}">\n<meta name="PubDate" content="{entry.day} '
            f'0{1 + entry.number % 9}:26:08">\n<meta name="SiteIDCode" content="0000000000">\n')
    body = (f"{furniture_top(site.name)}<h1>{escape(entry.title)}</h1><p>时间：{entry.day} 来源：{escape(site.name)} "
            f"{counter_line(request)}</p><div class='detail' id='UCAP-CONTENT'>{text}</div>"
            f"{furniture_foot(site.name, request.count)}")
    return Response.page(document(entry.title, body, meta))


def _address(site: Site, entry: Entry) -> str:
    ending = "/content.shtml" if site.dialect else ".shtml"
    return f"{site.base}{entry.day:%Y%m}/{hex_name(site, entry)}{ending}"
