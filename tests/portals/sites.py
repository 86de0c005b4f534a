"""What the three kinds of test portal share: entries of a column, their content, page furniture, small answers.

Promises: an entry shows itself from its day of appearance until its day of removal; content is made once per version,
so that the same address gives the same bytes. Leaves alone: addresses, lists and paging (trs.py, jpage.py, static.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from email.utils import format_datetime
from html import escape
from zoneinfo import ZoneInfo

from tests.portals.serving import Request, Response

ZONE = ZoneInfo("Asia/Shanghai")
IMAGE_MARK = "@@image{}@@"
"""Stands in a content's HTML where the family puts the address of its image."""


@dataclass(frozen=True, slots=True)
class Part:
    """An attachment or image: its true name, bytes and media type."""

    name: str
    data: bytes
    media_type: str

    @property
    def suffix(self) -> str:
        return self.name.rsplit(".", 1)[-1]

    @property
    def digest(self) -> str:
        return hashlib.md5(self.data, usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class Content:
    """The main text of an article as HTML, with what hangs on it."""

    html: str
    attachments: tuple[Part, ...] = ()
    images: tuple[Part, ...] = ()


@dataclass(slots=True)
class Entry:
    """One row of a column and the article behind it."""

    number: int
    title: str
    day: date
    """The date that list, page and address print."""
    make: Callable[[], Content]
    shown: date | None = None
    """The first day the portal shows it; None = its printed day."""
    until: date | None = None
    """The first day the portal no longer shows it."""
    delisted: date | None = None
    """The first day its row is gone from the list while the article still answers: old years moved out of sight."""
    revised: date | None = None
    """From this day `remake` is served at the same address, with the same printed date."""
    remake: Callable[[], Content] | None = None
    elsewhere: str = ""
    """The row points to this address (another host) instead of an article of the portal."""
    broken_attachments: bool = False
    """The article opens, its attachments answer 404."""
    _made: dict[str, Content] = field(default_factory=dict)

    def visible(self, today: date) -> bool:
        """Whether its address answers."""
        return (self.shown or self.day) <= today and (self.until is None or today < self.until)

    def listed(self, today: date) -> bool:
        """Whether the list has its row."""
        return self.visible(today) and (self.delisted is None or today < self.delisted)

    def content(self, today: date) -> Content:
        """What stands at the address today; each version is made once."""
        later = self.revised is not None and self.remake is not None and today >= self.revised
        version = "revised" if later else "first"
        if version not in self._made:
            self._made[version] = self.remake() if later and self.remake else self.make()
        return self._made[version]


@dataclass(slots=True)
class Site:
    """One government portal: a host, its name, and one annual-report column."""

    host: str
    name: str
    column_name: str
    entries: list[Entry]
    base: str
    """Path of the column, e.g. /zfxxgknb/ – for jpage the column's number."""
    per_page: int = 12
    crawl_delay: float | None = None
    failing_pages: frozenset[int] = frozenset()
    """Numbers of list pages (from 1) that answer 503."""
    dialect: str = ""

    def rows(self, today: date) -> list[Entry]:
        """What the list shows, newest first."""
        return sorted((entry for entry in self.entries if entry.listed(today)),
                      key=lambda entry: (entry.day, entry.number), reverse=True)

    def pages(self, today: date) -> list[list[Entry]]:
        rows = self.rows(today)
        return [rows[start:start + self.per_page] for start in range(0, len(rows), self.per_page)] or [[]]

    def find(self, number: int, today: date) -> Entry | None:
        return next((entry for entry in self.entries
                     if entry.number == number and entry.visible(today) and not entry.elsewhere), None)


def robots(site: Site) -> Response:
    lines = ["User-agent: *", "Disallow: /admin/", "Disallow: /login/"]
    if site.crawl_delay:
        lines.append(f"Crawl-delay: {site.crawl_delay:g}")
    return Response("\n".join(lines).encode() + b"\n", 200, "text/plain")


def missing_page(site: Site) -> Response:
    return Response.page(f"<html><head><title>404 - {site.name}</title></head><body><h1>404</h1>"
                         "<p>您请求的页面未找到。</p></body></html>", 404)


def file_response(part: Part) -> Response:
    return Response(part.data, 200, part.media_type, {"ETag": f'"{part.digest}"'})


def tagged(html: str, changed: date | None = None) -> Response:
    """A page of a static publisher: ETag by content and, where given, a Last-Modified of that day."""
    response = Response.page(html)
    response.headers["ETag"] = f'"{hashlib.md5(html.encode(), usedforsecurity=False).hexdigest()[:16]}"'
    if changed is not None:
        moment = datetime.combine(changed, time(9, 30), ZONE) - timedelta(hours=8)
        response.headers["Last-Modified"] = format_datetime(moment.replace(tzinfo=None)).replace("-0000", "GMT")
    return response


def home(site: Site, column: str) -> Response:
    """The portal's front page: the way to the annual reports begins at 政务公开."""
    return Response.page(document(f"{site.name}门户网站", furniture_top(site.name) + (
        "<div class='index-news'><h2>本地要闻</h2><ul>"
        "<li><a href='/yw/1.html'>全市重点项目现场推进活动举行</a></li>"
        "<li><a href='/yw/2.html'>春运首日各站点运行平稳</a></li></ul></div>"
        "<div class='zwgk'><h2><a href='/zwgk/'>政务公开</a></h2></div>") + furniture_foot(site.name, None)))


def disclosure_page(site: Site, column: str) -> Response:
    """The four fixed columns of the national rule."""
    links = [("/zwgk/zn.html", "政府信息公开指南"), ("/zwgk/zd.html", "政府信息公开制度"),
             ("/zwgk/fdzdgknr/", "法定主动公开内容"), (column, site.column_name)]
    body = "".join(f"<li><a href='{address}'>{text}</a></li>" for address, text in links)
    return Response.page(document(f"政务公开_{site.name}",
                                  furniture_top(site.name) + f"<ul class='gk-nav'>{body}</ul>"
                                  + furniture_foot(site.name, None)))


def document(title: str, body: str, head: str = "") -> str:
    return (f'<!DOCTYPE html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
            f'{head}'
            f'<link rel="stylesheet" href="/images/style.css">\n</head>\n<body>\n{body}\n</body>\n</html>\n')


def furniture_top(name: str) -> str:
    links = [("/", "首页"), ("/zwdt/", "政务动态"), ("/zwgk/", "政务公开"), ("/zwfw/", "政务服务"),
             ("/hdjl/", "互动交流")]
    items = "".join(f'<li><a href="{address}">{text}</a></li>' for address, text in links)
    return (f'<div class="header"><div class="logo">{escape(name)}</div><ul class="nav">{items}</ul>'
            '<form action="/search" class="search"><input name="q" placeholder="请输入关键字"></form></div>')


def furniture_foot(name: str, counter: int | None) -> str:
    visits = f'<p class="visits">您是第 <em>{100000 + counter}</em> 位访客</p>' if counter is not None else ""
    return (f'<div class="footer"><ul><li><a href="/about/">关于我们</a></li><li><a href="/map/">网站地图</a></li></ul>'
            f'<p>主办：{escape(name)}　承办：示例信息中心　网站标识码：0000000000</p>{visits}</div>')


def filled(content: Content, image_addresses: Sequence[str], attachment_addresses: Sequence[str]) -> str:
    """The article's HTML with the family's addresses of images and attachments in place."""
    html = content.html
    for number, address in enumerate(image_addresses):
        html = html.replace(IMAGE_MARK.format(number), escape(address))
    for part, address in zip(content.attachments, attachment_addresses, strict=True):
        html += f'<p><a href="{escape(address)}" target="_blank">{escape(part.name)}</a></p>'
    return html


def counter_line(request: Request) -> str:
    return f'<span class="count">浏览次数：{request.count * 7 % 9973}</span>'


def file_named(site: Site, name: str, today: date) -> Response:
    """An attachment or image by its digest and suffix, as most systems name files; 404 where the article lost it."""
    for entry in site.entries:
        if entry.visible(today) and not entry.elsewhere:
            for part in (*entry.content(today).attachments, *entry.content(today).images):
                if f"{part.digest}.{part.suffix}" == name:
                    return missing_page(site) if entry.broken_attachments else file_response(part)
    return missing_page(site)


def hex_name(site: Site, entry: Entry) -> str:
    """32 hex digits that stand for an article in addresses of systems that number by guid."""
    return hashlib.md5(f"{site.host}/{entry.number}".encode(), usedforsecurity=False).hexdigest()


def guid(site: Site, entry: Entry) -> str:
    """The same as a guid with hyphens."""
    digits = hex_name(site, entry)
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
