"""An old JSP portal: list.jsp?node_id=…&cur_page=2, rows opened by a script, everything in GBK.

Promises: bytes are GBK whatever the header says (it says utf-8); rows are `onclick="jumpToDetail('./….html')"` without
a usable link; pages turn by location.href = "…&cur_page=" + n, in one dialect by a form that the script posts; a page
past the end repeats the last one. Leaves alone: what the articles say.
"""

from __future__ import annotations

import re
from datetime import date
from html import escape

from tests.portals.serving import Request, Response
from tests.portals.sites import (
    Entry,
    Site,
    counter_line,
    disclosure_page,
    file_response,
    filled,
    furniture_foot,
    furniture_top,
    home,
    missing_page,
    robots,
)

COLUMN = "/info/iList.jsp?node_id=GKnb&cat_id=15971"
FORM, NUMBERED = "form", "numbered"
"""Dialects: the page number is posted in a form's field; or articles are detail.jsp?id=… and pages are linked."""


def column(site: Site) -> str:
    return COLUMN


def answer(site: Site, request: Request, today: date) -> Response:
    path = request.path
    if path == "/robots.txt":
        return robots(site)
    if path in ("/", "/index.jsp"):
        return home(site, COLUMN)
    if path == "/zwgk/":
        return disclosure_page(site, COLUMN)
    if path == "/info/iList.jsp" and request.query.get("cat_id") == "15971":
        return _list(site, request, today)
    if article := re.fullmatch(r"/info/(\d{6})/t\d{8}_(\d+)\.html", path):
        entry = site.find(int(article.group(2)), today)
        return _article(site, request, entry, today) if entry else missing_page(site)
    if path == "/info/detail.jsp":
        entry = site.find(int(request.query.get("id") or 0), today)
        return _article(site, request, entry, today) if entry else missing_page(site)
    if named := re.fullmatch(r"/info/files/(\d+)_(\d+)\.\w+", path):
        entry = site.find(int(named.group(1)), today)
        parts = [*entry.content(today).attachments, *entry.content(today).images] if entry else []
        if int(named.group(2)) < len(parts):
            return file_response(parts[int(named.group(2))])
    return missing_page(site)


def _list(site: Site, request: Request, today: date) -> Response:
    pages = site.pages(today)
    wanted = request.query.get("cur_page", "1")
    if site.dialect == FORM and request.method != "POST":
        wanted = "1"
    page = min(max(int(wanted) if wanted.isdigit() else 1, 1), len(pages))
    rows = "".join(
        f"<li onclick=\"jumpToDetail('{_address(site, entry)}')\">"
        f"<font>{escape(entry.title)}</font><span>[{entry.day:%Y-%m-%d}]</span></li>" if not entry.elsewhere else
        f"<li><a href='{entry.elsewhere}'>{escape(entry.title)}</a><span>[{entry.day:%Y-%m-%d}]</span></li>"
        for entry in pages[page - 1])
    turn = ("location.href = \"iList.jsp?node_id=GKnb&cat_id=15971&cur_page=\" + n;" if site.dialect != FORM else
            "document.pageForm.cur_page.value = n; document.pageForm.submit();")
    form = ("<form name='pageForm' method='post' action='iList.jsp'><input type='hidden' name='node_id' value='GKnb'>"
            "<input type='hidden' name='cat_id' value='15971'><input type='hidden' name='cur_page' value='1'></form>"
            if site.dialect == FORM else "")
    body = (f"{furniture_top(site.name)}<ul class='gk'>{rows}</ul>{form}<div class='page'>共{len(pages)}页 "
            f"当前第{page}页 {_further(site, page, len(pages))}</div>"
            f"<script>function jumpToDetail(url) {{ window.open(url); }}\nfunction toPage(n) {{ {turn} }}</script>"
            f"{furniture_foot(site.name, request.count)}")
    return _gbk(site.column_name, body)


def _address(site: Site, entry: Entry) -> str:
    if site.dialect == NUMBERED:
        return f"detail.jsp?id={entry.number}"
    return f"./{entry.day:%Y%m}/t{entry.day:%Y%m%d}_{entry.number}.html"


def _article(site: Site, request: Request, entry: Entry, today: date) -> Response:
    content = entry.content(today)
    names = [f"/info/files/{entry.number}_{place}.{part.suffix}"
             for place, part in enumerate((*content.attachments, *content.images))]
    attached = len(content.attachments)
    body = (f"{furniture_top(site.name)}<table><tr><td class='tit'>{escape(entry.title)}</td></tr><tr><td>发布日期："
            f"{entry.day.isoformat()} {counter_line(request)}</td></tr><tr><td id='article'>"
            f"{filled(content, names[attached:], names[:attached])}</td></tr></table>"
            f"{furniture_foot(site.name, request.count)}")
    return _gbk(entry.title, body)


def _further(site: Site, page: int, last: int) -> str:
    if site.dialect != NUMBERED:
        return f"<a href='javascript:toPage({page + 1})'>下一页</a>"
    return "".join(f"<a href='iList.jsp?node_id=GKnb&cat_id=15971&cur_page={number}'>{number}</a> "
                   for number in range(1, last + 1) if number != page)


def _gbk(title: str, body: str) -> Response:
    html = (f"<html><head><meta http-equiv='Content-Type' content='text/html; charset=gb2312'><title>{escape(title)}"
            f"</title></head><body>{body}</body></html>")
    return Response(html.encode("gb18030"), 200, "text/html; charset=utf-8")
