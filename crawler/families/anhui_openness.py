"""Anhui's older openness sites: one page an organ and year, /OpennessAnnualReport/year/show/{organ}/{year}.html.

Promises: from the column every organ's and every year's page is visited; a page that carries a report is one item under
its own heading, a page that lists reports gives its rows, a page that says it has none gives nothing; complete when
every such address was visited, else the ones that failed are named. Leaves alone: the organ tree of other columns.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from lxml import html

from crawler.families.paging import Answer, Enumeration, Get, Listing, Walk
from crawler.families.rows import absolute, base_of, find_day, names_report, parse, rows
from crawler.model import Item
from extract import titles
from extract.sniffing import ENDINGS

_MARKS = re.compile(r"/OpennessAnnualReport/|/Xxgknb/", re.I)
_SHOW = re.compile(r"/OpennessAnnualReport/(?:year/)?show/\w+/20\d\d(?:\.s?html?)?$|/Xxgknb/(?:show/)?\w+/20\d\d"
                   r"(?:\.s?html?)?$", re.I)
_INDEX = re.compile(r"/OpennessAnnualReport/|/Xxgknb/", re.I)
_FILE = re.compile(rf"\.({ENDINGS})$|/down", re.I)
"""Files hang on the report of the page they stand on; they are no rows of a list."""
_NONE = re.compile(r"(暂无|没有|尚无|未发布|未查询到)(相关|任何)?(信息|数据|内容|记录|年报|报告)?")
_HEADINGS = ("//meta[translate(@name, 'ARTICLE', 'article')='articletitle']/@content",
             "//h1", "//h2", "//h3", "//*[contains(@class,'title') and not(self::a)]", "//title")
_DATED = re.compile(r"(发布|公布|发文)(日期|时间)[:：]?[\s\u3000]*20\d\d.{4,8}")
_NO_REPORT_CHARACTERS = 300
"""Visible characters of the content up to which a page that says it has nothing is believed."""


def recognise(text: str) -> bool:
    return bool(_MARKS.search(text))


def listing(text: str, url: str) -> Listing:
    """The page's own report or rows; `next` holds the other organs' and years' pages and index pages it links to."""
    root = parse(text)
    base, following = base_of(root, url), []
    for link in root.iter("a"):
        address = absolute(base, link.get("href") or "")
        parts = urlsplit(address)
        if _SHOW.search(parts.path):
            address = parts._replace(query="").geturl()
        if address not in ("", url) and parts.netloc == urlsplit(url).netloc and _INDEX.search(parts.path):
            following.append(address)
    found = [row.item for row in rows(root, url) if row.report and not _SHOW.search(urlsplit(row.item.url).path)
             and row.item.url not in following and not _FILE.search(row.item.url)]
    if not found and _SHOW.search(urlsplit(url).path):
        found = _own_report(root, url)
    return Listing(found, found, next=list(dict.fromkeys(following)), known_shape=True)


def named(text: str, url: str) -> dict[str, Item]:
    """Pages of organs and years that this page names with a report's full title, by address."""
    return {row.item.url: row.item for row in rows(parse(text), url) if row.report and titles.parse(row.item.title).body
            and _SHOW.search(urlsplit(row.item.url).path)}


async def enumerate_list(first: Answer, get: Get, max_pages: int) -> Enumeration:
    """Visit every page of the column, each once."""
    walk, opening = Walk(max_pages), listing(first.text, first.url)
    walk.add(opening)
    waiting, asked, untold, spent, known = list(opening.next), {first.url}, [], 1, named(first.text, first.url)
    while waiting:
        address = waiting.pop(0)
        if address in asked:
            continue
        # A page that is a report is fetched for its own sake; only the others count as pages of the list.
        if spent >= max_pages or len(asked) >= max_pages * 20:
            left = len({address, *waiting} - asked)
            return walk.conclude(False, f"stopped after {len(asked)} pages, {left} not visited")
        asked.add(address)
        answer = await get(address)
        if not answer.ok:
            return walk.conclude(False, f"{answer.outcome} {answer.reason} ({address})".replace("  ", " "))
        page = listing(answer.text, answer.url)
        shown = _SHOW.search(urlsplit(address).path)
        listed = known.get(address)
        if shown and listed and not says_none(answer.text):
            # What the list prints beside the link counts where the page itself says less.
            own = page.items[0] if page.items and page.items[0].url == answer.url else None
            if own is not None or not page.items:
                item = Item(answer.url, own.title if own else listed.title, listed.day or (own.day if own else ""))
                page.items = page.main = [item]
        walk.add(page)
        known |= {place: item for place, item in named(answer.text, answer.url).items() if place not in known}
        spent += not (shown and page.items)
        # Rows of a page without any address of this family are another page's, such as the start page's.
        its_own = page.items and (recognise(answer.text) or page.items[0].url == answer.url)
        if shown and not its_own and not says_none(answer.text):
            untold.append(address)
        waiting.extend(page.next)
    if untold:
        return walk.conclude(False, f"{len(untold)} pages name no report and don't say they have none ({untold[0]})")
    if len(asked) == 1 and not opening.items:
        return walk.conclude(False, "the page links to no organ's or year's page")
    return walk.conclude(True)


def says_none(text: str) -> bool:
    """Whether the page of an organ and year says that no report stands there."""
    root = parse(text)
    for node in list(root.iter("script", "style", "ul", "nav", "header", "footer", "select")):
        if node.getparent() is not None:
            node.drop_tree()
    shown = re.sub(r"\s+", "", root.text_content())
    return len(shown) <= _NO_REPORT_CHARACTERS and bool(_NONE.search(shown))


def _own_report(root: html.HtmlElement, url: str) -> list[Item]:
    """The report that the page itself is, under the first heading that names one."""
    for path in _HEADINGS:
        for node in root.xpath(path):
            words = str(node) if isinstance(node, str) else node.text_content()
            title = re.sub(r"\s+", " ", words).strip()
            if len(title) <= 80 and names_report(title):
                dated = _DATED.search(root.text_content())
                return [Item(url, title, find_day(dated.group()) if dated else "")]
    return []

