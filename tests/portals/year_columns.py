"""A static portal whose annual-report column is cut up: a frame with the newest rows, one column a year, one a class.

Promises: /xxgk/ndbg/ shows a frame (list.html) with the newest year's reports and links to 2024n/, 2023nb/ and bmnb/
(部门年报); long lists go on at list_2.html and index_2.html, to which nothing links; every report stands in exactly one
of them; a subcolumn in `failing_pages` (by its year) answers 503. Leaves alone: what the articles say.
"""

from __future__ import annotations

import re
from datetime import date
from html import escape

from tests.portals.serving import Request, Response
from tests.portals.sites import (
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

COLUMN = "/xxgk/ndbg/"
YEARS = {"2024n": 2024, "2023nb": 2023}
DEPARTMENTS = re.compile(r"(局|委员会|委)20\d\d年")


def answer(site: Site, request: Request, today: date) -> Response:
    path = request.path
    if path == "/robots.txt":
        return robots(site)
    if path in ("/", "/index.html"):
        return home(site, COLUMN)
    if path == "/zwgk/":
        return disclosure_page(site, COLUMN)
    if path in (COLUMN, f"{COLUMN}index.html"):
        return _front(site)
    if listed := re.fullmatch(rf"{COLUMN}list(?:_(\d+))?\.html", path):
        newest = [entry for entry in site.rows(today) if _class(entry) == "2025"]
        return _list(site, newest, int(listed.group(1) or 1))
    if listed := re.fullmatch(rf"{COLUMN}(\w+)/(?:index(?:_(\d+))?\.html)?", path):
        name, page = listed.group(1), int(listed.group(2) or 1)
        if YEARS.get(name) in site.failing_pages:
            return Response.page("<html><body><h1>503</h1></body></html>", 503)
        if name in (*YEARS, "bmnb"):
            return _list(site, [entry for entry in site.rows(today) if _class(entry) == name], page)
    if article := re.fullmatch(rf"{COLUMN}content/(\d+)\.html", path):
        entry = site.find(int(article.group(1)), today)
        return _article(site, entry, today) if entry else missing_page(site)
    if named := re.fullmatch(rf"{COLUMN}files/(\d+)_(\d+)\.\w+", path):
        entry = site.find(int(named.group(1)), today)
        parts = [*entry.content(today).attachments, *entry.content(today).images] if entry else []
        if int(named.group(2)) < len(parts):
            return file_response(parts[int(named.group(2))])
    return missing_page(site)


def _class(entry: Entry) -> str:
    """The subcolumn that holds an entry: departments together, the others by report year."""
    if DEPARTMENTS.search(entry.title):
        return "bmnb"
    year = int((re.search(r"20\d\d", entry.title) or re.match(r".*", "2025")).group())  # type: ignore[union-attr]
    return next((name for name, each in YEARS.items() if each == year), "2025")


def _front(site: Site) -> Response:
    links = "".join(f"<li><a href='{name}/'>{year}年</a></li>" for name, year in YEARS.items())
    body = (f"{furniture_top(site.name)}<div class='local'>政府信息公开年报</div><ul class='sub'>{links}"
            f"<li><a href='bmnb/'>部门年报</a></li></ul><iframe src='/visitcount.html' width='0'></iframe>"
            f"<iframe src='list.html' id='main' width='100%'></iframe>{furniture_foot(site.name, None)}")
    return tagged(document(f"{site.column_name}-{site.name}", body))


def _list(site: Site, rows: list[Entry], page: int) -> Response:
    pages = [rows[start:start + site.per_page] for start in range(0, len(rows), site.per_page)] or [[]]
    if page > len(pages):
        return missing_page(site)
    shown = "".join(f"<li><a href='{entry.elsewhere or f'{COLUMN}content/{entry.number}.html'}'>"
                    f"{escape(entry.title)}</a><em>{entry.day:%Y.%m.%d}</em></li>" for entry in pages[page - 1])
    # Nothing links to the second page: the line says only how many there are.
    return Response.page(document(site.column_name, f"<div class='list'><ul>{shown}</ul><p>共{len(rows)}条记录 "
                                                    f"{page}/{len(pages)}页</p></div>"))


def _article(site: Site, entry: Entry, today: date) -> Response:
    content = entry.content(today)
    names = [f"{COLUMN}files/{entry.number}_{place}.{part.suffix}"
             for place, part in enumerate((*content.attachments, *content.images))]
    attached = len(content.attachments)
    viewer = "".join(f"<iframe src='/pdfjs/web/viewer.html?file={name}' height='900'></iframe>"
                     for name in names[:attached] if name.endswith(".pdf"))
    text = filled(content, names[attached:], names[:attached])
    if viewer:
        text = re.sub(r'<p><a href="[^"]+\.pdf" target="_blank">.*?</a></p>', "", text)
    body = (f"{furniture_top(site.name)}<div class='news_content'><h1>{escape(entry.title)}</h1><p>时间："
            f"{entry.day.isoformat()}</p>{text}{viewer}</div>{furniture_foot(site.name, None)}")
    return tagged(document(f"{entry.title}-{site.name}", body))
