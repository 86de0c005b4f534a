"""A plain list portal without a known CMS: server-made pages, paging by ?page=2 or index_2.html, no date in addresses.

Promises: a visit counter that changes with every request; dates with stray blanks in one dialect; a page number past
the end shows the last page again. Leaves alone: what the articles say.
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
    document,
    file_response,
    filled,
    furniture_foot,
    furniture_top,
    home,
    missing_page,
    robots,
)

QUERY, UNLINKED, FOLDED, COUNTED = "query", "unlinked", "folded", "counted"
"""Dialects: ?page=2 in place of list_2.html; pages index_1.html … that nothing links to, only their number is said; the
same as /2; the number of rows is said and there is no second page."""


def column(site: Site) -> str:
    return site.base


def answer(site: Site, request: Request, today: date) -> Response:
    path = request.path
    if path == "/robots.txt":
        return robots(site)
    if path in ("/", "/index.html"):
        return home(site, site.base)
    if path == "/zwgk/":
        return disclosure_page(site, site.base)
    if not path.startswith(site.base):
        return missing_page(site)
    rest = path.removeprefix(site.base)
    if site.dialect in (UNLINKED, FOLDED) and (listed := re.fullmatch(r"(?:index_(\d+)\.html|(\d+))?", rest)):
        later, folder = listed.groups()
        if (later and site.dialect == FOLDED) or (folder and site.dialect == UNLINKED):
            return missing_page(site)
        return _list(site, request, today, int(later) + 1 if later else int(folder or 1))
    if listed := re.fullmatch(r"(?:list(?:_(\d+))?\.html)?", rest):
        by_query = request.query.get("page", "1") if site.dialect == QUERY else ""
        page = by_query or listed.group(1) or "1"
        if site.dialect in (QUERY, COUNTED) and listed.group(1):
            return missing_page(site)
        return _list(site, request, today, int(page) if page.isdigit() and int(page) else 1)
    if article := re.fullmatch(r"content_(\d+)\.html", rest):
        entry = site.find(int(article.group(1)), today)
        return _article(site, request, entry, today) if entry else missing_page(site)
    if named := re.fullmatch(r"files/(\d+)_(\d+)\.\w+", rest):
        entry = site.find(int(named.group(1)), today)
        parts = [*entry.content(today).attachments, *entry.content(today).images] if entry else []
        if entry and int(named.group(2)) < len(parts) and not entry.broken_attachments:
            return file_response(parts[int(named.group(2))])
    return missing_page(site)


def _list(site: Site, request: Request, today: date, page: int) -> Response:
    pages = site.pages(today)
    if page > len(pages) and site.dialect != QUERY:
        return missing_page(site)
    page = min(page, len(pages))
    if page in site.failing_pages:
        return Response.page("<html><body><h1>503 Service Temporarily Unavailable</h1></body></html>", 503)
    rows = "".join(_row(site, entry) for entry in pages[page - 1])
    if site.dialect in (UNLINKED, FOLDED, COUNTED):
        said = f"共{len(site.rows(today))}条" if site.dialect == COUNTED else f"共{len(pages)}页"
        return Response.page(document(site.column_name, f'{furniture_top(site.name)}<ul class="infolist">{rows}</ul>'
                                                        f"<p>{said}</p>{furniture_foot(site.name, request.count)}"))
    links = [(f"第{number}页" if number != page else "", number) for number in range(1, len(pages) + 1)]
    numbers = "".join(f'<a href="{_page(site, number)}">{number}</a> ' if text else f"<b>{number}</b> "
                      for text, number in links)
    before = f'<a href="{_page(site, page - 1)}">上一页</a> ' if page > 1 else ""
    after = f'<a href="{_page(site, page + 1)}">下一页</a>' if page < len(pages) else ""
    body = (f'{furniture_top(site.name)}<div class="local">您的位置：<a href="/">首页</a> / {site.column_name}</div>'
            f'<div class="main"><ul class="infolist">{rows}</ul><div class="pagination">共{len(pages)}页 '
            f"{before}{numbers}{after}</div></div>{furniture_foot(site.name, request.count)}")
    return Response.page(document(f"{site.column_name} - {site.name}", body))


def _page(site: Site, number: int) -> str:
    if site.dialect == QUERY:
        return site.base if number == 1 else f"{site.base}?page={number}"
    return f"{site.base}list.html" if number == 1 else f"{site.base}list_{number}.html"


def _row(site: Site, entry: Entry) -> str:
    day = f"{entry.day:%Y}- {entry.day:%m}- {entry.day:%d}" if site.dialect == QUERY else entry.day.isoformat()
    address = entry.elsewhere or f"{site.base}content_{entry.number}.html"
    return f'<li><span class="date">{day}</span><a href="{address}">{escape(entry.title)}</a></li>\n'


def _article(site: Site, request: Request, entry: Entry, today: date) -> Response:
    content = entry.content(today)
    names = [f"{site.base}files/{entry.number}_{place}.{part.suffix}"
             for place, part in enumerate((*content.attachments, *content.images))]
    attached = len(content.attachments)
    text = filled(content, names[attached:], names[:attached])
    body = (f'{furniture_top(site.name)}<div class="local">您的位置：<a href="/">首页</a> / <a href="{site.base}">'
            f'{site.column_name}</a></div><div class="detail"><h2 class="title">{escape(entry.title)}</h2>'
            f'<div class="source">发布时间：{entry.day.isoformat()}　发布单位：{escape(site.name)}　'
            f'{counter_line(request)}</div>'
            f'<div class="content">{text}</div><div class="bdsharebuttonbox"><a href="#">分享到微信</a></div></div>'
            f"{furniture_foot(site.name, request.count)}")
    return Response.page(document(f"{entry.title} - {site.name}", body))
