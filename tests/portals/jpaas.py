"""A JPaaS portal: the column page holds several unitbuild.js scripts, each list comes from …/front/page/build/unit.

Promises: the interface wants every parameter of the script's queryData and knows the page only from paramJson (a bare
pageNo is ignored); newer articles lie at /col/col…/art/Y/art_<32 hex>.html, older ones at /art/Y/M/D/, both in one
list. Dialects: COUNTED states the rows in its pager, OPEN doesn't and answers nothing past the end, REFUSING answers
success false, DEAF ignores paramJson. Leaves alone: what the articles say.
"""

from __future__ import annotations

import json
from datetime import date
from html import escape
from urllib.parse import quote

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

UNIT = "/api-gateway/jpaas-publish-server/front/page/build/unit"
FILE = "/api-gateway/jpaas-web-server/front/document/file-download"
COUNTED, OPEN, REFUSING, DEAF = "counted", "open", "refusing", "deaf"
OLD_BEFORE = date(2022, 1, 1)
LIST, NEWS = "信息列表", "热点新闻"
_WEB, _TEMPLATE = "3185", "quSyqDUrFfjv1nGRQhEEH"


def column(site: Site) -> str:
    return f"/col/col{site.base}/index.html"


def answer(site: Site, request: Request, today: date) -> Response:
    path = request.path
    if path == "/robots.txt":
        return robots(site)
    if path in ("/", "/index.html"):
        return home(site, column(site))
    if path == "/zwgk/":
        return disclosure_page(site, column(site))
    if path == column(site):
        return _shell(site, request)
    if path == UNIT:
        return _unit(site, request, today)
    if path == FILE:
        return file_named(site, request.query.get("fileUrl", "").rsplit("/", 1)[-1], today)
    if path.startswith("/picture/"):
        return file_named(site, path.rsplit("/", 1)[-1], today)
    entry = next((entry for entry in site.entries if entry.visible(today) and not entry.elsewhere
                  and _address(site, entry) == path), None)
    return _article(site, request, entry, today) if entry else missing_page(site)


def _shell(site: Site, request: Request) -> Response:
    scripts = "".join(
        f'<div class="unit"><script id="{number}" src="/script/AuthorizedRead/unitbuild.js?v=3.1" '
        f'url="{UNIT}" queryData="{{\'webId\':\'{_WEB}\',\'pageId\':\'{site.base}\',\'parseType\':\'bulidstatic\','
        f'\'pageType\':\'column\',\'tagId\':\'{tag}\',\'tplSetId\':\'{_TEMPLATE}\',\'editType\':\'null\'}}"></script></div>'
        for number, tag in enumerate(("栏目导航", NEWS, LIST), 1))
    return Response.page(document(f"{site.column_name} - {site.name}", f"{furniture_top(site.name)}{scripts}"
                                  f"{furniture_foot(site.name, request.count)}"))


def _unit(site: Site, request: Request, today: date) -> Response:
    query = request.query
    wanted = {"webId": _WEB, "pageId": site.base, "parseType": "bulidstatic", "pageType": "column",
              "tplSetId": _TEMPLATE}
    if any(query.get(name) != value for name, value in wanted.items()) or site.dialect == REFUSING:
        return _json({"success": False, "data": {}})
    if query.get("tagId") == NEWS:
        return _json({"success": True, "data": {"html": "<ul>" + "".join(
            f"<li><a href='/art/2026/1/{day}/art_99_{day}.html'>全市重点工作推进会举行（{day}）</a></li>"
            for day in range(1, 29)) + "</ul>"}})
    if query.get("tagId") != LIST:
        return _json({"success": True, "data": {"html": "<ul class='nav'><li><a href='/'>首页</a></li></ul>"}})
    try:
        paged = json.loads(query.get("paramJson") or "{}")
    except ValueError:
        paged = {}
    size = int(paged.get("pageSize") or 15)
    number = 1 if site.dialect == DEAF else max(1, int(paged.get("pageNo") or 1))
    rows = site.rows(today)
    chosen = rows[(number - 1) * size:number * size]
    if not chosen:
        return _json({"success": True, "data": {"html": ""}})
    listed = "".join(_row(site, entry) for entry in chosen)
    pager = (f'<div class="pages"></div><script>oLayPageRender("pages",{{rows:"{size}",count:"{len(rows)}",'
             f'pageNo:"{number}"}})</script>' if site.dialect in (COUNTED, DEAF) else "")
    return _json({"success": True, "data": {"html": f"<div class='page-content'><ul>{listed}</ul></div>{pager}"}})


def _row(site: Site, entry: Entry) -> str:
    shown = entry.title if len(entry.title) <= 26 else entry.title[:24] + "..."
    return (f'<li class="cf"><a class="fl" href="{escape(entry.elsewhere or _address(site, entry))}" target="_blank" '
            f'title="{escape(entry.title)}"><i></i>{escape(shown)}</a><span class="fr">{entry.day}</span></li>')


def _article(site: Site, request: Request, entry: Entry, today: date) -> Response:
    content = entry.content(today)
    text = filled(content, [f"/picture/{part.digest}.{part.suffix}" for part in content.images],
                  [f"{FILE}?fileUrl={quote(f'/cms_files/{part.digest}.{part.suffix}')}&fileName={quote(part.name)}"
                   for part in content.attachments])
    body = (f"{furniture_top(site.name)}<div class='article'><h1>{escape(entry.title)}</h1>"
            f"<p>发布日期：{entry.day} 09:30　{counter_line(request)}</p><div class='con' id='con_con'>"
            f"<meta name='ContentStart'>{text}<meta name='ContentEnd'></div></div>"
            f"{furniture_foot(site.name, request.count)}")
    meta = (f'<meta name="ArticleTitle" content="{escape(entry.title)}">\n'
            f'<meta name="PubDate" content="{entry.day} 09:30">\n')
    return Response.page(document(entry.title, body, meta))


def _address(site: Site, entry: Entry) -> str:
    if entry.day < OLD_BEFORE:
        return f"/art/{entry.day.year}/{entry.day.month}/{entry.day.day}/art_{site.base}_{entry.number}.html"
    return f"/col/col{site.base}/art/{entry.day.year}/art_{hex_name(site, entry)}.html"


def _json(data: object) -> Response:
    return Response(json.dumps(data, ensure_ascii=False).encode(), 200, "application/json;charset=UTF-8")
