"""A TrueCMS portal: first rows in a hidden #initData, further ones as JSONP from messageController/getMessage.do.

Promises: the interface answers 404 without the column page as Referer and nothing for a window above LARGEST; the page
holds a template with the same element names as the answers. Dialects: RESULT wraps the XML as `result` of an object,
BARE puts it into the call, STRICT answers 404 for a large window and has no #initData, RETIRED always answers 404.
Leaves alone: what the articles say.
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
    guid,
    home,
    missing_page,
    robots,
)

RESULT, BARE, STRICT, RETIRED = "result", "bare", "strict", "retired"
COLUMN_ID = "593f0397-04d7-44c3-8339-240a77a793ce"
LARGEST = 20
INITIAL = 30
PROXY = "/truecms/messageController/getMessage.do"


def column(site: Site) -> str:
    folder = site.base.rstrip("/").rsplit("/", 1)[-1]
    return f"{site.base}{folder}.html"


def answer(site: Site, request: Request, today: date) -> Response:
    path = request.path
    if path == "/robots.txt":
        return robots(site)
    if path in ("/", "/index.html"):
        return home(site, column(site))
    if path == "/zwgk/":
        return disclosure_page(site, column(site))
    if path == column(site):
        return _list(site, request, today)
    if path == PROXY:
        return _records(site, request, today)
    if article := re.fullmatch(rf"{site.base}content/([0-9a-f-]{{36}})\.html", path):
        entry = next((entry for entry in site.entries if entry.visible(today) and not entry.elsewhere
                      and guid(site, entry) == article.group(1)), None)
        return _article(site, request, entry, today) if entry else missing_page(site)
    if path.startswith("/upload/"):
        return file_named(site, path.rsplit("/", 1)[-1], today)
    return missing_page(site)


def _list(site: Site, request: Request, today: date) -> Response:
    rows = site.rows(today)
    shown = "".join(_row(site, entry) for entry in rows[:INITIAL]) if site.dialect != STRICT else ""
    template = ("<datastore><totalrecord>${nr.totalRecord?c}</totalrecord><recordset><#list nr.msgAllList as msgAll>"
                '<record><![CDATA[<li><a href="${(msgAll.htmlPath)!}" title="${(msgAll.msgTitle)!}">'
                "${(msgAll.msgTitle)!}</a><span>${(msgAll.releaseTime)!}</span></li>]]></record></#list></recordset></datastore>")
    script = (f"<script>$('#list').jpage({{theme:'default', totalRecord:{len(rows)}, dataBefore:'<ul>', "
              f"dataAfter:'</ul>',\ncontentTemplate:'{template}',\nproxyUrl:'{PROXY}', perPage:10, groupSize:3, "
              f"barPosition:'bottom', ajaxParam:{{columnId:'{COLUMN_ID}'}}}});</script>")
    body = (f"{furniture_top(site.name)}<div id='list'></div><div id='initData' style='display:none'><ul>{shown}</ul>"
            f"</div>{script}{furniture_foot(site.name, request.count)}")
    return Response.page(document(site.column_name, body))


def _records(site: Site, request: Request, today: date) -> Response:
    query, rows = request.query, site.rows(today)
    if site.dialect == RETIRED or request.headers.get("referer", "") != f"{request.base}{column(site)}":
        return missing_page(site)
    if query.get("columnId") != COLUMN_ID:
        return Response(b"", 500)
    first, last = int(query.get("startrecord") or 1), int(query.get("endrecord") or 10)
    if last - first + 1 > LARGEST:
        return missing_page(site) if site.dialect == STRICT else _jsonp(site, request, "")
    chosen = "".join(f"<record><![CDATA[{_row(site, entry)}]]></record>" for entry in rows[first - 1:last])
    return _jsonp(site, request, f"<datastore><totalrecord>{len(rows)}</totalrecord><recordset>{chosen}</recordset>"
                                 "</datastore>")


def _jsonp(site: Site, request: Request, xml: str) -> Response:
    inner = xml if site.dialect == BARE else json.dumps({"result": xml, "status": "ok"}, ensure_ascii=False)
    return Response(f"{request.query.get('callback', '')}({inner});".encode(), 200, "text/javascript;charset=UTF-8")


def _row(site: Site, entry: Entry) -> str:
    address = entry.elsewhere or f"{site.base}content/{guid(site, entry)}.html"
    return (f'<li><a href="{escape(address)}" title="{escape(entry.title)}" target="_blank">{escape(entry.title[:30])}'
            f"</a><span>[{entry.day}]</span></li>")


def _article(site: Site, request: Request, entry: Entry, today: date) -> Response:
    content = entry.content(today)
    text = filled(content, [f"/upload/{part.digest}.{part.suffix}" for part in content.images],
                  [f"/upload/{part.digest}.{part.suffix}" for part in content.attachments])
    body = (f"{furniture_top(site.name)}<h1>{escape(entry.title)}</h1><p>来源：{escape(site.name)} 发布时间："
            f"{entry.day} {counter_line(request)}</p><div id='zoomcon'>{text}</div>"
            f"{furniture_foot(site.name, request.count)}")
    return Response.page(document(entry.title, body))
