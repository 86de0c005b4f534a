"""A 大汉 jcms (jpage) portal: rows in a script's datastore, further groups from dataproxy.jsp, /art/Y/M/D/art_….html.

Promises: the visible list is empty; the first page holds three pages of rows (a group), later groups come by
startrecord/endrecord or page/perpage as text/xml; attachments answer 302 to /attach/; a visit counter changes with
every request; article bodies stand between ContentStart and ContentEnd. Leaves alone: what the articles say.
"""

from __future__ import annotations

import json
import re
from datetime import date
from html import escape
from urllib.parse import quote

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

PER_PAGE = 15
GROUP = 3 * PER_PAGE
LARGEST = 300
UNIT = "212860"
PROXY = "/module/web/jpage/dataproxy.jsp"
OLD_PROXY = "/module/jslib/jquery/jpage/dataproxy.jsp"


POSTED, PAGES, OLD_ARRAY, FROZEN = "posted", "pages", "old_array", "frozen"
"""Dialects: the interface answers only what is posted; it ignores startrecord and counts pages; it is an old one that
lives at another path and answers a JavaScript array; it always answers the first group."""


def column(site: Site) -> str:
    return f"/col/col{site.base}/index.html"


def answer(site: Site, request: Request, today: date) -> Response:
    path = request.path
    entrance = column(site)
    if path == "/robots.txt":
        return robots(site)
    if path in ("/", "/index.html"):
        return home(site, entrance)
    if path == "/zwgk/":
        return disclosure_page(site, entrance)
    if path == entrance:
        return _list(site, request, today)
    if path == (OLD_PROXY if site.dialect == OLD_ARRAY else PROXY):
        return _group(site, request, today)
    if article := re.fullmatch(rf"/art/\d+/\d+/\d+/art_{site.base}_(\d+)\.html", path):
        entry = site.find(int(article.group(1)), today)
        return _article(site, request, entry, today) if entry and path == _address(site, entry) else missing_page(site)
    if path == "/module/download/downfile.jsp":
        name = request.query.get("filename", "")
        return Response(b"", 302, headers={"Location": f"/attach/0/{name}"})
    if path.startswith(("/attach/0/", "/picture/0/")):
        return _file(site, path.rsplit("/", 1)[-1], today)
    return missing_page(site)


def _list(site: Site, request: Request, today: date) -> Response:
    rows = site.rows(today)
    following = (f'<nextgroup><![CDATA[<a href="{PROXY}?page=1&appid=1&webid=3185&path=/&columnid={site.base}'
                 f'&unitid={UNIT}&webname={quote(site.name)}&permissiontype=0">]]></nextgroup>'
                 if len(rows) > GROUP else "")
    store = f"<datastore>\n{following}<recordset>{_records(site, rows[:GROUP])}</recordset></datastore>"
    body = (f"{furniture_top(site.name)}<div class='weizhi'>当前位置：<a href='/'>首页</a> &gt; {site.column_name}"
            "</div>"
            f"<div class='list'><ul></ul><div id='{UNIT}'><script type=\"text/xml\">{store}</script></div>"
            f"<script>$('#{UNIT}').jpage({{theme:'default',totalRecord:{len(rows)},perPage:{PER_PAGE},currentPage:1}})"
            f";</script></div>{furniture_foot(site.name, request.count)}")
    return Response.page(document(f"{site.name} {site.column_name}", body,
                                  f'<meta name="ColumnName" content="{site.column_name}">\n'
                                  '<script src="/script/jpage.js"></script>\n'))


def _group(site: Site, request: Request, today: date) -> Response:
    query, rows = request.query, site.rows(today)
    if query.get("columnid") != site.base or query.get("unitid") != UNIT:
        return _xml("<datastore><totalrecord>0</totalrecord><totalpage>0</totalpage><recordset></recordset>"
                    "</datastore>")
    if site.dialect == POSTED and (request.method != "POST" or "columnid=" in request.target):
        return _xml("<datastore><totalrecord>0</totalrecord><recordset></recordset></datastore>")
    size = int(query.get("perpage") or PER_PAGE)
    if site.dialect == FROZEN:
        first, last = 1, GROUP + 1
    elif "startrecord" in query and site.dialect != PAGES:
        first, last = int(query["startrecord"]), int(query.get("endrecord") or query["startrecord"]) + 1
    else:
        first = (int(query.get("page") or 1) - 1) * size + 1
        last = first + size
    chosen = [] if last - first > LARGEST or size > LARGEST else rows[first - 1:last - 1]
    if site.dialect == OLD_ARRAY:
        records = ",".join(json.dumps(re.sub(r"<record><!\[CDATA\[|\]\]></record>", "", _record(site, entry)),
                                      ensure_ascii=False) for entry in chosen)
        return Response(f"totalRecord={len(rows)};totalPage={-(-len(rows) // size)};dataStore=[{records}];".encode(),
                        200, "text/html; charset=utf-8")
    return _xml(f"<datastore><totalrecord>{len(rows)}</totalrecord><totalpage>{-(-len(rows) // size)}</totalpage>"
                f"<recordset>{_records(site, chosen)}</recordset></datastore>")


def _xml(text: str) -> Response:
    return Response(('<?xml version="1.0" encoding="utf-8"?>' + text).encode(), 200, "text/xml; charset=utf-8")


def _records(site: Site, rows: list[Entry]) -> str:
    return "\n".join(_record(site, entry) for entry in rows)


def _record(site: Site, entry: Entry) -> str:
    shown = entry.title if len(entry.title) <= 24 else entry.title[:22] + "…"
    address = entry.elsewhere or _address(site, entry)
    broken = f"{entry.day:%Y}-\n{entry.day:%m-%d}" if entry.number % 4 == 0 else entry.day.isoformat()
    return (f"<record><![CDATA[<li><a href='{address}' target='_blank' title='{escape(entry.title)}'>{escape(shown)}"
            f"</a><span>{broken}</span></li>]]></record>")


def _article(site: Site, request: Request, entry: Entry, today: date) -> Response:
    content = entry.content(today)
    text = filled(content, [f"/picture/0/{_file_name(part)}" for part in content.images],
                  [f"/module/download/downfile.jsp?classid=0&showname={quote(part.name)}&filename={_file_name(part)}"
                   for part in content.attachments])
    day = entry.day.isoformat()
    index = (f"<table class='xxgk_table'><tr><td>索引号</td><td>000000/{entry.day:%Y}-{entry.number:05d}</td>"
             f"<td>组配分类</td><td>{site.column_name}</td></tr><tr><td>发布机构</td><td>{escape(site.name)}</td>"
             f"<td>成文日期</td><td>{day}</td></tr></table>")
    body = (f"{furniture_top(site.name)}{index}<div class='main-txt'><h1 class='title'>{escape(entry.title)}</h1>"
            f"<p class='info'>发布日期：{day} 10:1{entry.number % 10}　信息来源：{escape(site.name)}　"
            f"{counter_line(request)}</p>"
            f"<div id='zoom'><meta name=\"ContentStart\"><!--<$[信息内容]>begin-->{text}<!--<$[信息内容]>end-->"
            f"<meta name=\"ContentEnd\"></div></div>{furniture_foot(site.name, request.count)}")
    meta = (f'<meta name="ArticleTitle" content="{escape(entry.title)}">\n<meta name="PubDate" content="{day} 10:1'
            f'{entry.number % 10}">\n<meta name="ContentSource" content="{escape(site.name)}">\n')
    return Response.page(document(f"{site.name} {site.column_name} {entry.title}", body, meta))


def _file(site: Site, name: str, today: date) -> Response:
    for entry in site.entries:
        if entry.visible(today) and not entry.elsewhere:
            for part in (*entry.content(today).attachments, *entry.content(today).images):
                if _file_name(part) == name:
                    return missing_page(site) if entry.broken_attachments else file_response(part)
    return missing_page(site)


def _address(site: Site, entry: Entry) -> str:
    return f"/art/{entry.day.year}/{entry.day.month}/{entry.day.day}/art_{site.base}_{entry.number}.html"


def _file_name(part: Part) -> str:
    return f"{part.digest}.{part.suffix}"
