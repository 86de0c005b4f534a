"""An Anhui label portal: the column is a shell, rows come as HTML fragments from /site/label/8888.

Promises: the shell carries the first rows with titles cut to 30 characters and the label's parameters with
`pageCount`; the label cuts titles to the `length` it is asked for, in text and title alike; in one dialect it honours
pageIndex only when posted; past the end it says 暂无相关信息; attachments have hash names. Leaves alone: what the
articles say.
"""

from __future__ import annotations

import re
from datetime import date
from html import escape

from tests.portals.serving import Request, Response
from tests.portals.sites import (
    Entry,
    Part,
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

POSTED, FROZEN = "posted", "frozen"
"""Dialects: pageIndex counts only in a posted form, a GET always answers page 1; or it never counts."""
CATEGORY = "32710021"
SHELL_LENGTH = 30
_OTHERS = (("32710011", "政府信息公开指南"), ("32710015", "政府信息公开制度"))


def column(site: Site) -> str:
    """Address of the column; the site's base is the organ's number."""
    return f"/public/column/{site.base}?type=4&action=list&nav=3&catId={CATEGORY}"


def answer(site: Site, request: Request, today: date) -> Response:
    path = request.path
    if path == "/robots.txt":
        return robots(site)
    if path in ("/", "/index.html"):
        return home(site, column(site))
    if path == "/zwgk/":
        return disclosure_page(site, column(site))
    if path == f"/public/column/{site.base}":
        return _shell(site, request, today) if request.query.get("catId") == CATEGORY else missing_page(site)
    if path == "/site/label/8888":
        return _label(site, request, today)
    if article := re.fullmatch(rf"/public/{site.base}/(\d+)\.html", path):
        entry = site.find(int(article.group(1)), today)
        return _article(site, request, entry, today) if entry else missing_page(site)
    if path.startswith("/group6/M00/"):
        return _file(site, path.rsplit("/", 1)[-1], today)
    return missing_page(site)


def _shell(site: Site, request: Request, today: date) -> Response:
    pages = site.pages(today)
    menu = "".join(f'<li><a href="/public/column/{site.base}?type=4&action=list&catId={number}">{name}</a></li>'
                   for number, name in _OTHERS)
    parameters = (f"{{labelName: 'publicInfoList', siteId: '6788031', pageSize: {site.per_page}, pageIndex: pageIndex, "
                  f"action: 'list', isDate: true, dateFormat: 'yyyy-MM-dd', length: '{SHELL_LENGTH}', "
                  f"organId: '{site.base}', type: '4', catId: '{CATEGORY}', cId: '', result: '暂无相关信息', "
                  "file: '/xxgk/publicInfoList_newest2020'}")
    script = (f"<script>$(function () {{ Ls.pagination('#page_public_info', {{pageCount:{len(pages)}, current: 1, "
              "callback: function (pageIndex) { $.ajax({type: 'POST', url: '/site/label/8888?IsAjax=1&dataType=html', "
              f"data: {parameters}}}) }} }}) }});</script>")
    body = (f"{furniture_top(site.name)}<div class='xxgk_nav'><ul>{menu}</ul></div><div class='xxgk_navli'><ul>"
            f"{_rows(site, pages[0], SHELL_LENGTH)}</ul></div><div id='page_public_info'></div>{script}"
            f"{furniture_foot(site.name, request.count)}")
    return Response.page(document(f"{site.name}-{site.column_name}", body))


def _label(site: Site, request: Request, today: date) -> Response:
    query, pages = request.query, site.pages(today)
    wanted = {"labelName": "publicInfoList", "organId": site.base, "catId": CATEGORY, "siteId": "6788031"}
    if any(query.get(name) != value for name, value in wanted.items()):
        return Response.page("<div class='xxgk_navli'>暂无相关信息</div>")
    number = int(query.get("pageIndex") or 1)
    if site.dialect == FROZEN or (site.dialect == POSTED and request.method != "POST"):
        number = 1
    if number > len(pages) or not pages[0]:
        return Response.page("<div class='xxgk_navli'>暂无相关信息</div>")
    if number in site.failing_pages:
        return Response.page("<html><body><h1>502 Bad Gateway</h1></body></html>", 502)
    return Response.page(f"<div class=\"xxgk_navli\"><ul>{_rows(site, pages[number - 1], int(query['length']))}</ul>"
                         f"</div><script>var opts = {{pageCount:{len(pages)}, currentPage:{number}}};</script>")


def _rows(site: Site, entries: list[Entry], length: int) -> str:
    return "".join(_row(site, entry, length) for entry in entries)


def _row(site: Site, entry: Entry, length: int) -> str:
    title = entry.title if len(entry.title) <= length else entry.title[:length] + "..."
    address = entry.elsewhere or f"/public/{site.base}/{entry.number}.html"
    return (f'<li class="clearfix"><a class="title" href="{address}" target="_blank" title="{escape(title)}">'
            f'{escape(title)}</a><span class="date">{entry.day.isoformat()}</span></li>')


def _article(site: Site, request: Request, entry: Entry, today: date) -> Response:
    content = entry.content(today)
    text = filled(content, [_address(part) for part in content.images], [_address(p) for p in content.attachments])
    body = (f"{furniture_top(site.name)}<table class='xxgk_table'><tr><th>索引号：</th><td>000000/{entry.number}</td>"
            f"<th>发布日期：</th><td>{entry.day.isoformat()} 09:12</td></tr><tr><th>发布机构：</th>"
            f"<td>{escape(site.name)}</td><th>信息分类：</th><td>{site.column_name}</td></tr></table>"
            f"<h1 class='wztit'>{escape(entry.title)}</h1><p class='info'>{counter_line(request)}</p>"
            f"<div class='wzcon j-fontContent'>{text}</div>{furniture_foot(site.name, request.count)}")
    return Response.page(document(f"{entry.title}_{site.name}", body,
                                  f'<meta name="ArticleTitle" content="{escape(entry.title)}">\n'
                                  f'<meta name="PubDate" content="{entry.day.isoformat()} 09:12">\n'))


def _file(site: Site, name: str, today: date) -> Response:
    for entry in site.entries:
        if entry.visible(today) and not entry.elsewhere:
            for part in (*entry.content(today).attachments, *entry.content(today).images):
                if _address(part).endswith(f"/{name}"):
                    return missing_page(site) if entry.broken_attachments else file_response(part)
    return missing_page(site)


def _address(part: Part) -> str:
    return f"/group6/M00/0A/1F/{part.digest}.{part.suffix}"
