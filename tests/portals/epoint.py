"""An Epoint portal: the shell /dynamic/zwgk/govInfoPub.html, rows by POST of JSON to …/getgovinfolist.

Promises: the guid stands in /js/webBuilderCommon.js only; a wrong guid or category gives an empty answer; `title` is
cut, `realtitle` is not. Dialects: ZERO counts pageIndex from 0, ONE from 1 with 0 as page 1, STRICT from 1 with 0
empty, WRAPPED wants the body in `params` and answers `custom` as text, DEAF ignores pageIndex. Leaves alone: what the
articles say.
"""

from __future__ import annotations

import json
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

ZERO, ONE, STRICT, WRAPPED, DEAF = "zero", "one", "strict", "wrapped", "deaf"
SITE_GUID = "7eb5f7f1-0000-4d43-ad8e-13f8cb82ea83"
PROJECT = {ZERO: "/EWB-FRONT", WRAPPED: "/EWB_XX_Mid"}
DEPARTMENT = "014001"


def column(site: Site) -> str:
    return f"/dynamic/zwgk/govInfoPub.html?deptcode={DEPARTMENT}&categorynum={site.base}"


def answer(site: Site, request: Request, today: date) -> Response:
    path, project = request.path, PROJECT.get(site.dialect, "/EWB-FRONT")
    if path == "/robots.txt":
        return robots(site)
    if path in ("/", "/index.html"):
        return home(site, column(site))
    if path == "/zwgk/":
        return disclosure_page(site, column(site))
    if path == "/dynamic/zwgk/govInfoPub.html":
        return _shell(site, request)
    if path == "/js/webBuilderCommon.js":
        return Response(f'var siteInfo = {{"siteGuid": "{SITE_GUID}", "projectName": "{project}"}};\n'
                        "function checkJson(s) { return typeof s == 'string' ? JSON.parse(s) : s; }\n".encode(), 200,
                        "application/javascript")
    if path == f"{project}/rest/lightfrontaction/getgovinfolist":
        return _rows(site, request, today)
    if path.endswith("/downloadZtbAttach.jspx"):
        return file_named(site, request.query.get("attachGuid", ""), today)
    entry = next((entry for entry in site.entries if entry.visible(today) and not entry.elsewhere
                  and _address(site, entry) == path), None)
    return _article(site, request, entry, today) if entry else missing_page(site)


def _shell(site: Site, request: Request) -> Response:
    body = (f"{furniture_top(site.name)}<div class='ewb-left'><ul id='tree'></ul></div><div class='ewb-right'>"
            "<script id='tpl' type='text/template'><li><a href='{{infourl}}' title='{{realtitle}}'>{{title}}</a>"
            "<span>{{infodate}}</span></li></script><ul id='list'></ul></div>"
            f"{furniture_foot(site.name, request.count)}<script src='/js/webBuilderCommon.js'></script>"
            "<script src='/js/govInfoPub.js'></script>")
    return Response.page(document(f"信息公开 - {site.name}", body))


def _rows(site: Site, request: Request, today: date) -> Response:
    try:
        asked = json.loads(request.body or b"{}")
    except ValueError:
        return Response(b"{}", 400, "application/json")
    if request.method != "POST":
        return missing_page(site)
    if site.dialect == WRAPPED:
        if "params" not in asked:
            return Response(b'{"status":{"code":500,"text":"params"}}', 200, "application/json")
        asked = asked["params"]
    rows = site.rows(today)
    known = (asked.get("siteGuid") == SITE_GUID and asked.get("categorynum") == site.base
             and asked.get("deptcode") == DEPARTMENT)
    size, number = int(asked.get("pageSize") or 15), int(asked.get("pageIndex") or 0)
    if site.dialect == ONE:
        number = max(number, 1) - 1
    elif site.dialect == STRICT:
        number -= 1
    elif site.dialect == DEAF:
        number = 0
    chosen = rows[number * size:(number + 1) * size] if known and number >= 0 else []
    custom = {"total": len(rows) if known else 0, "data": [
        {"infoid": guid(site, entry), "title": entry.title[:20] + ("..." if len(entry.title) > 20 else ""),
         "realtitle": entry.title, "infourl": entry.elsewhere or _address(site, entry),
         "infodate": entry.day.isoformat()} for entry in chosen]}
    data = {"controls": [], "custom": json.dumps(custom, ensure_ascii=False) if site.dialect == WRAPPED else custom,
            "status": {"code": 200}}
    return Response(json.dumps(data, ensure_ascii=False).encode(), 200, "application/json;charset=UTF-8")


def _article(site: Site, request: Request, entry: Entry, today: date) -> Response:
    content = entry.content(today)
    folder = "/EWB-FRONT/WebbuilderMIS/attach/"
    text = filled(content, [f"{folder}downloadZtbAttach.jspx?attachGuid={part.digest}.{part.suffix}"
                            for part in content.images],
                  [f"{folder}downloadZtbAttach.jspx?attachGuid={part.digest}.{part.suffix}"
                   for part in content.attachments])
    body = (f"{furniture_top(site.name)}<h3 class='article-title'>{escape(entry.title)}</h3><p>【信息时间：{entry.day}"
            f"　{counter_line(request)}】</p><div class='ewb-article-info'>{text}</div>"
            f"{furniture_foot(site.name, request.count)}")
    return Response.page(document(entry.title, body))


def _address(site: Site, entry: Entry) -> str:
    return f"/zwgk/{site.base}/{entry.day:%Y%m%d}/{guid(site, entry)}.html"
