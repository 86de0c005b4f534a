"""A gkmlpt catalogue: /gkmlpt/index with its tree, rows from /gkmlpt/api/all/{category}, articles hidden in scripts.

Promises: 100 rows a page, pages 0 and 1 the same, a wrong sid answers an error; post_count states more than is listed;
some rows point outside; the article's text stands escaped in window._CONFIG.DETAIL and nowhere else. In the dialect
BESIDE the category only jumps to a static list, in ROWS only the rows name attachments. Leaves alone: what the
articles say.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date, datetime, time
from html import escape

from tests.portals.serving import Request, Response
from tests.portals.sites import (
    ZONE,
    Entry,
    Site,
    disclosure_page,
    document,
    file_named,
    filled,
    furniture_foot,
    furniture_top,
    home,
    missing_page,
    robots,
)

SID = "755041"
CATEGORY = 2165
EMPTY = 2163
"""A category of much the same name that nobody fills: only what follows the hash tells which one is meant."""
PAGE = 100
BESIDE, ROWS = "beside", "rows"
_FIRST = 8_120_000


def column(site: Site) -> str:
    return f"{site.base}/gkmlpt/index#{CATEGORY}"


def answer(site: Site, request: Request, today: date) -> Response:
    path = request.path
    if path == "/robots.txt":
        return robots(site)
    if path in ("/", "/index.html"):
        return home(site, column(site))
    if path == "/zwgk/":
        return disclosure_page(site, column(site))
    if path == f"{site.base}/gkmlpt/index":
        return _shell(site, request, today)
    if listed := re.fullmatch(rf"{site.base}/gkmlpt/api/all/(\d+)", path):
        return _rows(site, request, int(listed.group(1)), today)
    if article := re.fullmatch(r".*/post_(\d+)\.html", path):
        entry = site.find(int(article.group(1)) - _FIRST, today)
        return _article(site, request, entry, today) if entry and path == _address(site, entry) else missing_page(site)
    if site.dialect == BESIDE and (static := re.fullmatch(r"/zwgk/zfxxgkndbg/(?:index(?:_(\d+))?\.html)?", path)):
        return _static(site, request, int(static.group(1) or 1), today)
    if path.startswith("/attachment/0/"):
        return file_named(site, path.rsplit("/", 1)[-1], today)
    return missing_page(site)


def _tree(site: Site, today: date) -> str:
    """The tree as the page's script prints it: keys without quotes here and there, counts too high."""
    listed = len(site.rows(today))
    jump = f"http://{site.host}:@port@/zwgk/zfxxgkndbg/" if site.dialect == BESIDE else ""
    return ("[{id:2160,\"name\":\"机构职能\",jump_url:\"\",post_count:12,children:[]},"
            f"{{\"id\":{EMPTY},\"name\":\"信息公开年报（归档）\",\"jump_url\":\"\",\"post_count\":2,\"children\":[]}},"
            "{\"id\":2161,\"name\":\"法定主动公开内容\",\"jump_url\":\"\",\"post_count\":460,\"children\":["
            "{\"id\":2170,\"name\":\"统计年报\",\"jump_url\":\"\",\"post_count\":31,\"children\":[]},"
            "{\"id\":2171,\"name\":\"规划计划\",\"jump_url\":\"\",\"post_count\":31,\"children\":[]}]},"
            f"{{\"id\":{CATEGORY},\"name\":\"{site.column_name}\",\"jump_url\":{json.dumps(jump)},"
            f"\"post_count\":{listed + 37},\"children\":[]}}]")


def _shell(site: Site, request: Request, today: date) -> Response:
    script = (f"<script>window._CONFIG = {{ SID: '{SID}', HOST: '{site.host}', PAGE: 'index', TOKEN: null,\n"
              f"TREE: {_tree(site, today)}, USER: {{}} }};</script>").replace("@port@", str(request.port))
    return Response.page(document(f"政府信息公开目录 - {site.name}", f"{furniture_top(site.name)}<div id='app'></div>"
                                  f"{furniture_foot(site.name, request.count)}{script}"
                                  "<script src='/gkmlpt/js/app.3f1c.js'></script>"))


def _rows(site: Site, request: Request, category: int, today: date) -> Response:
    if request.query.get("sid") != SID:
        return _json({"message": "站点不存在"}, 404)
    rows = site.rows(today) if category == CATEGORY and site.dialect != BESIDE else []
    number = max(1, int(request.query.get("page") or 1))
    listed = [_row(site, request, entry, today) for entry in rows[(number - 1) * PAGE:number * PAGE]]
    return _json({"classify": {"id": category, "name": site.column_name}, "total": len(rows), "articles": listed})


def _files(request: Request, entry: Entry, today: date) -> list[dict[str, object]]:
    return [{"name": part.name, "type": part.suffix, "mime": part.media_type, "size": len(part.data),
             "url": f"{request.base}/attachment/0/513/{part.digest}.{part.suffix}"}
            for part in entry.content(today).attachments]


def _row(site: Site, request: Request, entry: Entry, today: date) -> dict[str, object]:
    number = _FIRST + entry.number
    address = entry.elsewhere or f"{request.base}{_address(site, entry)}"
    moment = int(datetime.combine(entry.day, time(0, 30), ZONE).timestamp())
    return {"id": number, "title": entry.title, "publisher": site.name, "date": moment, "created_at": moment - 3600,
            "display_publish_time": moment, "url": address, "post_url": address, "identifier": f"007{number}",
            "attachment": _files(request, entry, today) if site.dialect == ROWS else []}


def _static(site: Site, request: Request, number: int, today: date) -> Response:
    pages = site.pages(today)
    if not 1 <= number <= len(pages):
        return missing_page(site)
    rows = "".join(f'<li><a href="{escape(entry.elsewhere or _address(site, entry))}" title="{escape(entry.title)}">'
                   f'{escape(entry.title)}</a><span class="date">{entry.day}</span></li>'
                   for entry in pages[number - 1])
    links = " ".join(f'<a href="{"index.html" if other == 1 else f"index_{other}.html"}">{other}</a>'
                     for other in range(1, len(pages) + 1))
    following = f'<a class="next" href="index_{number + 1}.html">下一页</a>' if number < len(pages) else ""
    return Response.page(document(site.column_name, f"{furniture_top(site.name)}<ul class='list'>{rows}</ul>"
                                  f"<div class='page'>{links} {following}</div>"
                                  f"{furniture_foot(site.name, request.count)}"))


def _article(site: Site, request: Request, entry: Entry, today: date) -> Response:
    content = entry.content(today)
    text = filled(replace(content, attachments=()), [f"/attachment/0/512/{part.digest}.{part.suffix}"
                                                   for part in content.images], [])
    files = _files(request, entry, today)
    if site.dialect == BESIDE:
        links = "".join(f"<p><a href='{escape(file['url'])}'>{escape(file['name'])}</a></p>" for file in files)
        return Response.page(document(entry.title, f"{furniture_top(site.name)}<h1>{escape(entry.title)}</h1>"
                                      f"<span class='pubDate'>{entry.day} 10:00:00</span>"
                                      f"<div class='article-content'>{text}{links}</div>"
                                      f"{furniture_foot(site.name, request.count)}"))
    detail = {"id": _FIRST + entry.number, "title": entry.title, "publisher": site.name, "content": text,
              "attachment": [] if site.dialect == ROWS else files}
    printed = json.dumps(detail, ensure_ascii=False).replace("</", "<\\/")
    table = (f"<table class='classify'><tr><td>索引号</td><td>007{entry.number}</td><td>分类</td><td>{site.column_name}"
             f"</td></tr><tr><td>发布机构</td><td>{escape(site.name)}</td><td>成文日期</td><td>{entry.day}</td></tr>"
             f"<tr><td>名称</td><td>{escape(entry.title)}</td><td>发布日期</td><td>{entry.day}</td></tr></table>")
    return Response.page(document(entry.title, f"{furniture_top(site.name)}{table}<div id='app'></div>"
                                  f"{furniture_foot(site.name, request.count)}<script>window._CONFIG = {{ SID: '{SID}',"
                                  f" DETAIL: {printed}, TREE: [] }};</script>"))


def _address(site: Site, entry: Entry) -> str:
    number = _FIRST + entry.number
    if site.dialect == BESIDE:
        return f"/zwgk/zfxxgkndbg/content/post_{number}.html"
    return f"{site.base}/gkmlpt/content/{number // 1000000}/{number // 1000}/post_{number}.html"


def _json(data: object, status: int = 200) -> Response:
    return Response(json.dumps(data, ensure_ascii=False).encode(), status, "application/json")
