"""An ASP.NET web-forms portal: List.aspx, further pages by __doPostBack('AspNetPager1','2') with the hidden state.

Promises: a postback counts only with the __VIEWSTATE and __EVENTVALIDATION of the page it is sent from, posted to the
same address; anything else answers page 1; the pager shows three numbers and the arrows. Leaves alone: what the
articles say.
"""

from __future__ import annotations

import base64
import hashlib
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
    file_response,
    filled,
    furniture_foot,
    furniture_top,
    home,
    missing_page,
    robots,
)

COLUMN = "/xxgk/List.aspx?ColumnID=27"
PAGER = "ctl00$ContentPlaceHolder1$AspNetPager1"
SHOWN = 3
DEAF = "deaf"
"""Dialect: every postback answers page 1."""


def column(site: Site) -> str:
    return COLUMN


def answer(site: Site, request: Request, today: date) -> Response:
    path = request.path
    if path == "/robots.txt":
        return robots(site)
    if path in ("/", "/Default.aspx"):
        return home(site, COLUMN)
    if path == "/zwgk/":
        return disclosure_page(site, COLUMN)
    if path == "/xxgk/List.aspx" and request.query.get("ColumnID") == "27":
        return _list(site, request, today)
    if path == "/xxgk/Detail.aspx":
        entry = site.find(int(request.query.get("id") or 0), today)
        return _article(site, request, entry, today) if entry else missing_page(site)
    if named := re.fullmatch(r"/upfile/(\d+)_(\d+)\.\w+", path):
        entry = site.find(int(named.group(1)), today)
        parts = [*entry.content(today).attachments, *entry.content(today).images] if entry else []
        if int(named.group(2)) < len(parts):
            return file_response(parts[int(named.group(2))])
    return missing_page(site)


def _state(site: Site, page: int) -> tuple[str, str]:
    """(__VIEWSTATE, __EVENTVALIDATION) that page `page` carries."""
    seed = f"{site.host}/{page}"
    return (base64.b64encode(f"/wEPDwUK{seed}".encode() * 20).decode(),
            base64.b64encode(hashlib.sha256(seed.encode()).digest()).decode())


def _list(site: Site, request: Request, today: date) -> Response:
    pages, page = site.pages(today), 1
    if request.method == "POST" and request.query.get("__EVENTTARGET") == PAGER:
        wanted = request.query.get("__EVENTARGUMENT", "")
        sent = (request.query.get("__VIEWSTATE"), request.query.get("__EVENTVALIDATION"))
        before = next((number for number in range(1, len(pages) + 1) if _state(site, number) == sent), None)
        if site.dialect != DEAF and wanted.isdigit() and 1 <= int(wanted) <= len(pages) and before is not None:
            page = int(wanted)
        elif before is None:
            return Response.page("<html><head><title>验证视图状态失败</title></head><body>验证视图状态 MAC 失败"
                                 "</body></html>", 500)
    rows = "".join(f"<tr><td>{place}</td><td><a href='{entry.elsewhere or f'Detail.aspx?id={entry.number}'}'>"
                   f"{escape(entry.title)}</a></td><td>{entry.day.year}-{entry.day.month}-{entry.day.day}</td></tr>"
                   for place, entry in enumerate(pages[page - 1], 1))
    state, validation = _state(site, page)
    body = (f"{furniture_top(site.name)}<form method='post' action='./List.aspx?ColumnID=27' id='form1'>"
            f"<input type='hidden' name='__EVENTTARGET' id='__EVENTTARGET' value=''>"
            f"<input type='hidden' name='__EVENTARGUMENT' id='__EVENTARGUMENT' value=''>"
            f"<input type='hidden' name='__VIEWSTATE' id='__VIEWSTATE' value='{state}'>"
            f"<script>function __doPostBack(eventTarget, eventArgument) {{ theForm.submit(); }}</script>"
            f"<input type='hidden' name='__EVENTVALIDATION' value='{validation}'>"
            f"<input name='txtKey' type='text'><input type='submit' name='btnSearch' value='搜索'>"
            f"<table class='list'><tr><th>序号</th><th>标题</th><th>发布日期</th></tr>{rows}</table>"
            f"<div id='AspNetPager1'>{_pager(page, len(pages))}</div></form>"
            f"{furniture_foot(site.name, request.count)}")
    return Response.page(document(f"{site.column_name} - {site.name}", body))


def _pager(page: int, last: int) -> str:
    def link(number: int, words: str) -> str:
        if number == page or not 1 <= number <= last:
            return f"<a disabled='disabled' style='margin-right:5px;'>{words}</a>"
        return f"<a href=\"javascript:__doPostBack(&#39;{PAGER}&#39;,&#39;{number}&#39;)\">{words}</a>"

    first = (page - 1) // SHOWN * SHOWN + 1
    numbers = "".join(link(number, str(number)) for number in range(first, min(first + SHOWN, last + 1)))
    more = link(first + SHOWN, "...") if first + SHOWN <= last else ""
    return f"{link(1, '首页')}{link(page - 1, '上一页')}{numbers}{more}{link(page + 1, '下一页')}{link(last, '尾页')}"


def _article(site: Site, request: Request, entry: Entry, today: date) -> Response:
    content = entry.content(today)
    names = [f"/upfile/{entry.number}_{place}.{part.suffix}"
             for place, part in enumerate((*content.attachments, *content.images))]
    attached = len(content.attachments)
    body = (f"{furniture_top(site.name)}<form method='post' action='./Detail.aspx?id={entry.number}'>"
            f"<input type='hidden' name='__VIEWSTATE' value='{_state(site, entry.number)[0]}'>"
            f"<div class='article'><h1>{escape(entry.title)}</h1><div>发布时间：{entry.day.isoformat()} "
            f"{counter_line(request)}</div><div id='content'>{filled(content, names[attached:], names[:attached])}"
            f"</div></div></form>{furniture_foot(site.name, request.count)}")
    return Response.page(document(f"{entry.title} - {site.name}", body))
