"""A portal whose list a script draws: `var itemObj=[{…}]` in the page, or list.json?page=N called by it.

Promises: the markup holds only a template and a side column of news; dates are printed, or in milliseconds in the
dialect JSON, whose pages are twenty rows at most whatever is asked, page 0 the same as page 1, and past the end empty.
Leaves alone: what the articles say.
"""

from __future__ import annotations

import json
import re
from datetime import date, datetime, time
from html import escape

from tests.portals.serving import Request, Response
from tests.portals.sites import (
    ZONE,
    Entry,
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

COLUMN = "/gk/nb/index.html"
JSON, CUT = "json", "cut"
"""Dialects: the data comes from list.json, in CUT always its first twenty rows."""


def column(site: Site) -> str:
    return COLUMN


def answer(site: Site, request: Request, today: date) -> Response:
    path = request.path
    if path == "/robots.txt":
        return robots(site)
    if path in ("/", "/index.html"):
        return home(site, COLUMN)
    if path == "/zwgk/":
        return disclosure_page(site, COLUMN)
    if path == COLUMN:
        return _list(site, today)
    if path == "/gk/nb/list.json" and site.dialect in (JSON, CUT):
        return _data(site, request, today)
    if article := re.fullmatch(r"/gk/nb/20\d{4}/([0-9a-f]{32})\.html", path):
        entry = next((each for each in site.entries if _key(each) == article.group(1) and each.visible(today)), None)
        return _article(site, entry, today) if entry else missing_page(site)
    if named := re.fullmatch(r"/gk/nb/files/(\d+)_(\d+)\.\w+", path):
        entry = site.find(int(named.group(1)), today)
        parts = [*entry.content(today).attachments, *entry.content(today).images] if entry else []
        if int(named.group(2)) < len(parts):
            return file_response(parts[int(named.group(2))])
    return missing_page(site)


def _key(entry: Entry) -> str:
    return f"{entry.number:032x}"


def _address(entry: Entry) -> str:
    return entry.elsewhere or f"./{entry.day:%Y%m}/{_key(entry)}.html"


def _list(site: Site, today: date) -> Response:
    rows = site.rows(today)
    inline = ",\n".join(f"{{id: {entry.number}, title: {json.dumps(entry.title, ensure_ascii=False)}, "
                        f"link: '{_address(entry)}', time: \"{entry.day.isoformat()}\",}}" for entry in rows)
    call = ("$.getJSON('list.json?page=1&size=20', function (answer) { draw(answer.data.list); });"
            if site.dialect in (JSON, CUT) else f"var itemObj=[{inline}];\ndraw(itemObj);")
    side = "".join(f'<li><a href="/zwdt/t2026010{number}_{number}.html">政务要闻第{number}期</a><span>2026-01-0{number}'
                   "</span></li>" for number in (1, 2))
    body = (f"{furniture_top(site.name)}<div class='main'><ul id='box'></ul><script type='text/html' id='tpl'>"
            "<li><a href='<?=el.link?>' title='<?=el.title?>'><?=el.title?></a><span><?=el.time?></span></li></script>"
            "<ul v-cloak><li v-for='el in rows'><a href='{{ el.link }}'>{{ el.title }}</a></li></ul></div>"
            f"<div class='side'><ul>{side}</ul></div>"
            f"<script>function draw(rows) {{ $('#box').html(tpl(rows)); }}\n{call}</script>"
            f"{furniture_foot(site.name, None)}")
    return tagged(document(f"{site.column_name}-{site.name}", body))


def _data(site: Site, request: Request, today: date) -> Response:
    rows, size = site.rows(today), min(int(request.query.get("size") or 20), 20)
    page = max(int(request.query.get("page") or 1), 1) if site.dialect == JSON else 1
    shown = [{"docId": entry.number, "docTitle": entry.title, "docPubUrl": _address(entry),
              "docRelTime": int(datetime.combine(entry.day, time(0, 30), ZONE).timestamp() * 1000)}
             for entry in rows[(page - 1) * size:page * size]]
    text = json.dumps({"code": 0, "data": {"total": len(rows), "list": shown}}, ensure_ascii=False)
    return Response(text.encode(), 200, "application/json; charset=utf-8")


def _article(site: Site, entry: Entry, today: date) -> Response:
    content = entry.content(today)
    names = [f"/gk/nb/files/{entry.number}_{place}.{part.suffix}"
             for place, part in enumerate((*content.attachments, *content.images))]
    attached = len(content.attachments)
    body = (f"{furniture_top(site.name)}<div class='pages_content'><h1>{escape(entry.title)}</h1><p>发布日期："
            f"{entry.day.isoformat()}</p>{filled(content, names[attached:], names[:attached])}</div>"
            f"{furniture_foot(site.name, None)}")
    return tagged(document(f"{entry.title}-{site.name}", body,
                           f'<meta name="PubDate" content="{entry.day.isoformat()}">\n'))
