"""An Anhui openness portal: one page an organ and year, /OpennessAnnualReport/year/show/{organ}/{year}.html.

Promises: the column shows the tree of organs and the newest year's page; each page carries its report itself under its
heading, or says that none stands there, and links to the organ's other years. Leaves alone: what the reports say.
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
)

COLUMN = "/OpennessAnnualReport/"


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
        return _page(site, request, "", None, None, today)
    if shown := re.fullmatch(r"/OpennessAnnualReport/year/show/(\d+)/(20\d\d)\.html", path):
        organs = _organs(site)
        place, year = int(shown.group(1)) - 101, int(shown.group(2))
        if not 0 <= place < len(organs) or year not in _years(site):
            return missing_page(site)
        return _page(site, request, organs[place], year, _entry(site, organs[place], year, today), today)
    if named := re.fullmatch(r"/upload/(\d+)_(\d+)\.\w+", path):
        entry = site.find(int(named.group(1)), today)
        parts = entry.content(today).attachments if entry else ()
        if entry and int(named.group(2)) < len(parts):
            return file_response(parts[int(named.group(2))])
    return missing_page(site)


def _organs(site: Site) -> list[str]:
    """The bodies that the portal's titles name, whenever they publish."""
    return list(dict.fromkeys(re.split(r"20\d\d", entry.title)[0] for entry in site.entries))


def _years(site: Site) -> list[int]:
    """The report years that tabs stand for, newest first, whether or not a report is there."""
    named = {int(match.group()) for entry in site.entries if (match := re.search(r"20\d\d", entry.title))}
    return list(range(max(named), min(named) - 2, -1))


def _entry(site: Site, organ: str, year: int, today: date) -> Entry | None:
    return next((entry for entry in site.rows(today) if entry.title.startswith(f"{organ}{year}")), None)


def _page(site: Site, request: Request, organ: str, year: int | None, entry: Entry | None, today: date) -> Response:
    newest = _years(site)[0]
    tree = "".join(f'<li><a href="/OpennessAnnualReport/year/show/{number}/{newest}.html" title="{escape(name)}">'
                   f"{escape(name)}</a></li>" for number, name in enumerate(_organs(site), 101))
    tabs, shown = "", "<div class='con'><p>请在左侧选择单位查看政府信息公开年度报告。</p></div>"
    if year is not None:
        number = _organs(site).index(organ) + 101
        tabs = "".join(f'<li><a href="/OpennessAnnualReport/year/show/{number}/{each}.html">{each}年</a></li>'
                       for each in _years(site))
        shown = "<div class='con'>暂无相关信息</div>"
    if entry is not None:
        content = entry.content(today)
        text = filled(content, [], [f"/upload/{entry.number}_{place}.{part.suffix}"
                                    for place, part in enumerate(content.attachments)])
        shown = (f"<div class='con'><h2 class='con_tit'>{escape(entry.title)}</h2><p class='info'>发布时间："
                 f"{entry.day.isoformat()}</p><div class='article-content'>{text}</div></div>")
    body = (f"{furniture_top(site.name)}<div class='left'><ul class='tree'>{tree}</ul></div><ul class='years'>{tabs}"
            f"</ul>{shown}{furniture_foot(site.name, request.count)}")
    return Response.page(document(f"政府信息公开年报-{site.name}", body))
