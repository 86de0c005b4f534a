"""A TRS WCM portal: static pages, createPageHTML paging from index_1.html, t<day>_<id>.html, P0….pdf attachments.

Promises the shapes of the published pages: relative addresses in three dialects, national meta tags, a short stub with
status 200 past the last list page, ETag and Last-Modified. Leaves alone: what the articles say.
"""

from __future__ import annotations

import re
from datetime import date
from html import escape

from tests.portals.serving import Request, Response
from tests.portals.sites import (
    Content,
    Entry,
    Part,
    Site,
    disclosure_page,
    document,
    file_response,
    filled,
    furniture_foot,
    furniture_top,
    home,
    missing_page,
    robots,
    tagged,
)

STUB = "<html><head><title></title></head><body><!-- index --><div class='list'></div>" + " " * 240 + "</body></html>"


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
    if listed := re.fullmatch(r"(?:index(?:_(\d+))?\.html)?", rest):
        return _list(site, request, today, int(listed.group(1) or 0))
    if article := re.fullmatch(r"\d{6}/t\d{8}_(\d+)\.html", rest):
        entry = site.find(int(article.group(1)), today)
        return _article(site, entry, today) if entry and rest == _address(entry) else missing_page(site)
    return _file(site, rest, today)


def _list(site: Site, request: Request, today: date, page: int) -> Response:
    pages = site.pages(today)
    if page >= len(pages):
        return Response.page(STUB)
    if page + 1 in site.failing_pages:
        return Response.page("<html><body><h1>503 Service Temporarily Unavailable</h1></body></html>", 503)
    rows = "".join(_row(site, request, entry, place) for place, entry in enumerate(pages[page]))
    body = (f'{furniture_top(site.name)}<div class="crumbs"><a href="/">首页</a> &gt; '
            f'<a href="/zwgk/">政务公开</a> &gt; {site.column_name}</div><div class="list">'
            f'<ul class="news_list">{rows}</ul><div class="page">'
            f'<script type="text/javascript">createPageHTML({len(pages)}, {page}, "index", "html");</script></div>'
            f"</div>{furniture_foot(site.name, None)}")
    return tagged(document(f"{site.column_name}_{site.name}", body,
                           f'<meta name="ColumnName" content="{site.column_name}">\n'
                           '<script src="/images/createPageHTML.js"></script>\n'))


def _row(site: Site, request: Request, entry: Entry, place: int) -> str:
    address = entry.elsewhere or (f"./{_address(entry)}", f"../{site.base.strip('/').split('/')[-1]}/{_address(entry)}",
                                  f"//{request.host}:{request.port}{site.base}{_address(entry)}")[place % 3]
    shown = entry.title if len(entry.title) <= 26 else entry.title[:24] + "..."
    return (f'<li><a href="{address}" title="{escape(entry.title)}" target="_blank">{escape(shown)}</a>'
            f"<span>{entry.day.isoformat()}</span></li>\n")


def _article(site: Site, entry: Entry, today: date) -> Response:
    content = entry.content(today)
    text = filled(content, [f"./{_name(entry, 'W', n, part)}" for n, part in enumerate(content.images)],
                  [f"./{_name(entry, 'P', n, part)}" for n, part in enumerate(content.attachments)])
    meta = "".join(f'<meta name="{name}" content="{escape(value)}">\n' for name, value in (
        ("SiteName", site.name), ("SiteIDCode", "0000000000"), ("ColumnName", site.column_name),
        ("ArticleTitle", entry.title), ("PubDate", f"{entry.day.isoformat()} 16:2{entry.number % 10}"),
        ("ContentSource", site.name)))
    body = (f'{furniture_top(site.name)}<div class="crumbs"><a href="/">首页</a> &gt; <a href="../">{site.column_name}'
            f'</a></div><div class="article"><h1>{escape(entry.title)}</h1>'
            f'<p class="info">发布日期：{entry.day.isoformat()}　'
            f'来源：{escape(site.name)}　【字体：<a href="#">大</a> <a href="#">中</a> <a href="#">小</a>】</p>'
            f'<div class="view TRS_UEDITOR trs_paper_default"><div class="TRS_Editor">{text}</div></div>'
            '<div class="share"><a href="#">打印</a> <a href="#">关闭</a></div></div>'
            f"{furniture_foot(site.name, None)}")
    changed = entry.revised if entry.revised and today >= entry.revised else entry.day
    return tagged(document(f"{entry.title}_{site.column_name}_{site.name}", body, meta), changed)


def _file(site: Site, rest: str, today: date) -> Response:
    for entry in site.entries:
        if not entry.visible(today) or entry.elsewhere or not rest.startswith(f"{entry.day:%Y%m}/"):
            continue
        content = entry.content(today) if f"{entry.number:09d}" in rest else Content("")
        for kind, parts in (("P", content.attachments), ("W", content.images)):
            for number, part in enumerate(parts):
                if rest == f"{entry.day:%Y%m}/{_name(entry, kind, number, part)}":
                    return missing_page(site) if entry.broken_attachments else file_response(part)
    return missing_page(site)


def _address(entry: Entry) -> str:
    return f"{entry.day:%Y%m}/t{entry.day:%Y%m%d}_{entry.number}.html"


def _name(entry: Entry, kind: str, number: int, part: Part) -> str:
    return f"{kind}0{entry.day:%Y%m%d}{entry.number:09d}{number:02d}.{part.suffix}"
