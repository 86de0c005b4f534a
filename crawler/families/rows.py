"""Rows of a list page, whatever markup it stands in: links with their titles, days and the group they stand in.

Promises: absolute addresses without fragment, the full title (the `title` attribute where the anchor is cut), the day
printed beside the link as ISO text or empty. A link counts as a row only with evidence: a day beside it, an address
shaped like an article's, or a title that names a year's report; menus have none. Leaves alone: paging, routing.
"""

from __future__ import annotations

import contextlib
import functools
import ipaddress
import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

from lxml import etree, html

from crawler import clock
from crawler.model import Item
from extract.sniffing import ENDINGS
from extract.titles import normalise

_DAY = re.compile(r"(?<!\d)(20\d\d)(?:年|[-/.])(\d{1,2})(?:月|[-/.])(\d{1,2})")
ARTICLE = re.compile(
    r"(t\d{8}_\d+|/art/20\d\d/|/info/\d+/\d+|post_\d+|content_\d+|/20\d\d-?\d\d/|/20\d{4,6}/|[0-9a-f]{32}"
    rf"|/\d{{4,}}\.s?html?$|\.({ENDINGS})$)", re.I)
"""Paths shaped like an article's or a file's."""
_SECONDS = (946_656_000, 4_102_416_000)
"""The years 2000 to 2099, as seconds since 1970."""
_WHOLE_PAGE = re.compile(r"<(?:html|body)\b", re.I)
_REPORT = re.compile(r"(20\d\d|二[〇○零O0][一二三四五六七八九〇○零]{2}).*(报告|年报)")
_CUT = re.compile(r"(…|\.{2,}|·{3,})$")
_LAST_DAY = re.compile(r"[\s\[(（]*(?<!\d)20\d\d[-/.]\d{1,2}[-/.]\d{1,2}[\])）\s]*$")
_YEAR_MONTH = re.compile(r"(20\d\d)(?:[-/.]|年)(\d{1,2})月?")
_MONTH_DAY = re.compile(r"(\d{1,2})(?:[-/.]|月)(\d{1,2})日?")
_PREFIX = re.compile(r"^(标题|题名)[:：]")
_NO_LINK = re.compile(r"^\s*(#|javascript:|mailto:|tel:|data:|$)", re.I)
_TEMPLATE = re.compile(r"\{\{|<\?|\$\{|<%")
_ROW_TAGS = frozenset({"li", "tr", "dd", "dt", "p", "article"})
_OPENED = re.compile(r"""(?:jump|open|goto|location|href|detail|view|show|link|url)\w*[\s.\w]*[(=]\s*"""
                     r"""["']([^"'\s]+)["']""", re.I)
"""What a script call opens: jumpToDetail('./a.html'), window.open("/b.jsp?id=1"), location.href='c.htm'."""
_PAGE_LIKE = re.compile(r"/|\.(s?html?|jsp|aspx?|php|do)\b", re.I)
_SHORTEST_TITLE = 4
_LONGEST_ROW = 300
"""Characters of a row's text; an element with more is no row but a page."""
_ACTION = re.compile(r"^(?:点击|在线|此处|这里|文件|报告|全文|正文|附件|详细|详情|查看|下载|阅读|浏览|预览|打开|进入"
                     r"|版|网页|图片|文字|内容|信息|原文|PDF|WORD|DOCX?|OFD|WPS|HTML|[\W\d_]){0,20}$", re.I)
"""Words of a link that say what a click does and not what it opens."""
_YEAR_ALONE = re.compile(r"^\W*(20\d\d)\s*年?度?\W*$")
_NAME = re.compile(r"[（(]?[\u4e00-\u9fff][\u4e00-\u9fff（()）、·“”]{2,39}")
_MOBILE = re.compile(r"/m(post_\d+\.s?html?)$", re.I)
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What a tree takes in but won't be told again when a node is taken out of it."""
_STRAY = re.compile(r"^\s*(<\?xml[^<>]*>|\ufeff)+")


@dataclass(frozen=True, slots=True)
class Row:
    """An item and the group (the row element's parent) it stands in; `report` = its title names a year's report."""

    item: Item
    group: str
    dated: bool
    report: bool


def parse(text: str) -> html.HtmlElement:
    """The tree of a page or fragment; an empty document for text without markup."""
    cleaned = _STRAY.sub("", _NO_TEXT.sub("", text))
    try:
        return html.document_fromstring(cleaned or "<html></html>")
    except (etree.ParserError, ValueError):
        return html.document_fromstring("<html></html>")


def find_day(text: str) -> str:
    """The last day printed in `text` as ISO, blanks and line breaks inside it ignored; empty where none is valid."""
    found = ""
    for match in _DAY.finditer(re.sub(r"\s+", "", text)):
        year, month, day = match.groups()
        # A digit after the day runs into it where blanks between them are dropped: 2022-1-5 3.
        shown = day if int(day) <= 31 else day[:1]
        with contextlib.suppress(ValueError):
            found = date(int(year), int(month), int(shown)).isoformat()
    return found


def day_of(value: Any) -> str:
    """A day as interfaces give it: printed, or in seconds or milliseconds since 1970, as China counts days."""
    if isinstance(value, str) and re.fullmatch(r"\d{9,13}", value.strip()):
        value = int(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        seconds = value / 1000 if value > 10 ** 11 else value
        # 20220128 and 202201281030 are days and clocks written together, no seconds of this century.
        return datetime.fromtimestamp(seconds, clock.ZONE).date().isoformat() if _SECONDS[0] <= seconds < _SECONDS[1] \
            else ""
    return find_day(value) if isinstance(value, str) else ""


def absolute(base: str, href: str) -> str:
    """`href` against `base` without fragment, host in lower case, default port dropped; empty for no web address."""
    # The same menu stands on every page of a directory: only what belongs to one page asks for its own address.
    if href[:1] in ("", "?", "#", ";", " ", "\\") or "?" in base or "#" in base or ";" in base:
        return _absolute(base, href)
    return _known_absolute(base[:base.rfind("/") + 1] if base.count("/") > 2 else base, href)


@functools.lru_cache(maxsize=32_768)
def _known_absolute(base: str, href: str) -> str:
    return _absolute(base, href)


def _absolute(base: str, href: str) -> str:
    if _NO_LINK.match(href) or _TEMPLATE.search(href):
        return ""
    try:
        joined, _ = urldefrag(urljoin(base, href.strip().replace("\\", "/")))
        parts = urlsplit(joined)
        port, host = parts.port, parts.hostname or ""
        if ":" in host or "]" in host:
            host = f"[{ipaddress.IPv6Address(host)}]"
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host:
        return ""
    if port and port != {"http": 80, "https": 443}[parts.scheme]:
        host = f"{host}:{port}"
    return parts._replace(netloc=host, path=parts.path.replace(" ", "%20") or "/").geturl()


def joined(base: str, href: str) -> str:
    """`href` against `base` as it stands; empty where the two make no address (http://[::1)."""
    try:
        return urljoin(base, href)
    except ValueError:
        return ""


def base_of(root: html.HtmlElement, url: str) -> str:
    """The address that relative links of this page start from (<base href> where it has one that is an address)."""
    declared = root.xpath("string(//base/@href)").strip()
    return (joined(url, declared) if declared else "") or url


def target_of(link: html.HtmlElement, base: str) -> str:
    """Where a link leads: its href, or the page its script call opens; empty where neither is an address."""
    href = link.get("href") or ""
    address = absolute(base, href)
    if address:
        return address
    opened = _OPENED.search(f"{link.get('onclick') or ''} {href}")
    return absolute(base, opened.group(1)) if opened and _PAGE_LIKE.search(opened.group(1)) else ""


def title_of(link: html.HtmlElement) -> str:
    """The link's full title: its text without a day inside it, or the title attribute where the text is cut."""
    if link.tag == "tr":  # a whole row that a click opens: its longest cell
        link = max(link.iter("td"), key=lambda cell: len(cell.text_content()), default=link)
    shown = _squeezed("".join(_without_days(link)))
    # The day may end the anchor's own text: "…年度报告 2026-06-17".
    shown = _LAST_DAY.sub("", shown) or shown
    full = _PREFIX.sub("", _squeezed((link.get("title") or "").strip().split("\n")[0]))
    if _TEMPLATE.search(shown + full):
        return ""
    if full and (not shown or _CUT.search(shown) or (len(full) > len(shown) and full.startswith(shown.rstrip(".…")))
                 or (names_report(full) and not names_report(shown))):
        return full
    return shown or _squeezed(link.xpath("string(.//img/@alt)"))


def without_twins(items: list[Item]) -> list[Item]:
    """Each article once for every title of a report it bears: the same page under http and https, and its twin for
    mobile screens (mpost_1.html)."""
    kept: dict[tuple[str, str, str, str], Item] = {}
    for item in items:
        parts = urlsplit(item.url)
        title = normalise(item.title) if names_report(item.title) else ""
        key = (parts.netloc, _MOBILE.sub(r"/\1", parts.path), parts.query, title)
        known = kept.get(key)
        if known is None:
            kept[key] = item
        elif _MOBILE.search(urlsplit(known.url).path) and not _MOBILE.search(parts.path):
            kept[key] = replace(item, day=item.day or known.day)
    return list(kept.values())


def rows(root: html.HtmlElement, url: str, every: bool = False) -> list[Row]:
    """Every row of the page in print order; an address may stand in several rows.

    `every` takes links without other evidence too, for markup that is known to hold nothing but rows.
    """
    base = base_of(root, url)
    by_row: dict[html.HtmlElement, list[tuple[html.HtmlElement, str, str]]] = {}
    for link in root.xpath(".//a | .//*[@onclick][not(.//a[@href])]"):
        if address := target_of(link, base):
            by_row.setdefault(_row_of(link), []).append((link, address, title_of(link)))
    found: list[Row] = []
    for element, links in by_row.items():
        titled = [entry for entry in links if len(entry[2]) >= _SHORTEST_TITLE]
        kept = [entry for entry in titled if names_report(entry[2])]
        sure = bool(kept)
        if not kept and all(_ACTION.match(entry[2]) or _YEAR_ALONE.match(entry[2]) for entry in links):
            told = _title_beside(element)
            kept = [(links[0][0], links[0][1], told)] if told else _by_year(element, links)
            sure = bool(kept)
        kept = kept or ([max(titled, key=lambda entry: len(entry[2]))] if titled else [])
        taken: set[str] = set()
        for link, address, title in kept:
            day = _day_beside(element, link) or _day_of_term(element)
            report = names_report(title)
            if (every or day or sure or ARTICLE.search(urlsplit(address).path)) and address not in taken:
                taken.add(address)
                found.append(Row(Item(address, title, day), _group_of(element), bool(day), report))
    return found


def whole_page(text: str) -> bool:
    """Whether a text is a page of its own and no piece of one, as interfaces answer."""
    return bool(_WHOLE_PAGE.search(text))


def names_report(title: str) -> bool:
    """Whether a title names a year and a report; a weak sign, for telling lists apart only."""
    return bool(_REPORT.search(title))


def main_rows(found: list[Row]) -> list[Item]:
    """The items of the group that is most likely the list itself, in print order."""
    weight: Counter[str] = Counter()
    for row in found:
        weight[row.group] += 1 + row.dated + 3 * row.report
    if not weight:
        return []
    chosen = weight.most_common(1)[0][0]
    return [row.item for row in found if row.group == chosen]


def _row_of(link: html.HtmlElement) -> html.HtmlElement:
    """The element that is one row: the nearest li, tr, dd … or the widest ancestor that holds no other article."""
    if link.tag in _ROW_TAGS:
        return link
    for ancestor in link.iterancestors():
        if ancestor.tag in _ROW_TAGS:
            return ancestor
        if ancestor.tag in ("body", "ul", "ol", "table", "dl"):
            break
    element = link
    for ancestor in link.iterancestors("div", "span", "td", "section"):
        if len(ancestor.xpath(".//a[@href]")) > 1:
            break
        element = ancestor
    return element


def _group_of(element: html.HtmlElement) -> str:
    """The path of the row's parent; lists cut into several <ul> of one <div> share it."""
    parent = element.getparent()
    return "" if parent is None else re.sub(r"\[\d+\]$", "", element.getroottree().getpath(parent))


def _day_beside(element: html.HtmlElement, link: html.HtmlElement) -> str:
    """The day in the row outside the title, or as an own element inside the anchor."""
    inside = find_day(" ".join(text for node in link.iterdescendants() for text in [_text(node)] if _only_day(text)))
    ending = _LAST_DAY.search(_text(link))
    inside = inside or (find_day(ending.group()) if ending else "") or _pieced_day(link)[0]
    if element is link:
        return inside
    own = set(link.iter())
    outside = [piece for node in element.iter() if isinstance(node.tag, str)
               for piece in ((node.text if node not in own else ""),
                             (node.tail if node is not element and (node not in own or node is link) else "")) if piece]
    # Piece by piece first: cells of a row stand without blanks between them. Then whole, for a day cut by <br>.
    alone = next((day for piece in reversed(outside) if (day := find_day(piece))), "")
    told = link.get("title") or ""
    return alone or find_day("".join(outside)) or inside or _pieced_day(element)[0] or (
        find_day(told) if re.search("时间|日期", told) else "")


def _beside_links(element: html.HtmlElement) -> list[str]:
    """The texts of a row outside its links; none of an element too long to be a row."""
    links = {node for link in element.iter("a") for node in link.iter()}
    pieces = [piece for node in element.iter() if isinstance(node.tag, str)
              for piece in ((node.text if node not in links else ""),
                            (node.tail if node is not element and (node not in links or node.tag == "a") else ""))
              if piece]
    return pieces if sum(map(len, pieces)) <= _LONGEST_ROW else []


def _by_year(element: html.HtmlElement,
             links: list[tuple[html.HtmlElement, str, str]]) -> list[tuple[html.HtmlElement, str, str]]:
    """The links of a row that gives one body's reports by year, each as the body's name with its year.

    水务局 | 2023年 | 2022年, or 查看 in each column under its year.
    """
    texts = [_squeezed(piece).rstrip(":：") for piece in _beside_links(element)]
    name = next((text for text in texts if _NAME.fullmatch(text)), "")
    found = []
    for link, address, words in links if name else ():
        year = _YEAR_ALONE.match(words) or _YEAR_ALONE.match(_over(link))
        if year:
            found.append((link, address, f"{name}{year.group(1)}年"))
    return found


def _over(link: html.HtmlElement) -> str:
    """What the first row of a table prints over a link's cell; empty where the table's cells don't stand in columns."""
    cell = next(link.iterancestors("td", "th"), None)
    table = next(link.iterancestors("table"), None)
    head = None if table is None else next(table.iter("tr"), None)
    if cell is None or head is None or head is cell.getparent():
        return ""
    place, heads = len(list(cell.itersiblings("td", "th", preceding=True))), list(head.iterchildren("td", "th"))
    return _squeezed(_text(heads[place])) if len(heads) == len(list(cell.getparent().iterchildren("td", "th"))) else ""


def _title_beside(element: html.HtmlElement) -> str:
    """The title of a report in a row whose links only say 查看 or 下载: the longest piece of its text that is one's."""
    pieces = _beside_links(element)
    offered = [_LAST_DAY.sub("", _squeezed(piece)) for piece in (*pieces, "".join(pieces))]
    return max((piece for piece in offered[:-1] if names_report(piece)), key=len,
               default=offered[-1] if names_report(offered[-1]) else "")


def _pieced_day(element: html.HtmlElement) -> tuple[str, set[html.HtmlElement]]:
    """A day printed in two elements of its own, large and small (28 over 2022-01, 01-28 over 2022), and these elements;
    nothing where the pieces don't make one day."""
    pieces = [(node, _text(node)) for node in element.iterdescendants() if isinstance(node.tag, str) and not len(node)]
    pieces = [(node, text) for node, text in pieces if re.fullmatch(r"[\d\-/.年月日]{1,8}", text)]
    if len(pieces) != 2:
        return "", set()
    for (_, one), (_, other) in (pieces, pieces[::-1]):
        match, rest = _YEAR_MONTH.fullmatch(one), re.fullmatch(r"(\d{1,2})日?", other)
        if match and rest:
            day = find_day(f"{match.group(1)}-{match.group(2)}-{rest.group(1)}")
        else:
            match, rest = re.fullmatch(r"(20\d\d)年?", one), _MONTH_DAY.fullmatch(other)
            day = find_day(f"{one[:4]}-{rest.group(1)}-{rest.group(2)}") if match and rest else ""
        if day:
            return day, {node for node, _ in pieces}
    return "", set()


def _day_of_term(element: html.HtmlElement) -> str:
    """The day in the dd beside a dt, where the title stands in the dt alone."""
    if element.tag != "dt":
        return ""
    for sibling in element.itersiblings():
        if sibling.tag == "dt":
            break
        if sibling.tag == "dd" and sibling.find(".//a[@href]") is None and (day := find_day(_text(sibling))):
            return day
    return ""


def _without_days(link: html.HtmlElement) -> list[str]:
    """The texts of an anchor except of elements in it that hold nothing but a day."""
    days = {inner for node in link.iterdescendants() if isinstance(node.tag, str) and _only_day(_text(node))
            for inner in node.iter()} | _pieced_day(link)[1]
    pieces = [link.text or ""]
    for node in link.iterdescendants():
        if isinstance(node.tag, str) and node not in days:
            pieces.append(node.text or "")
        if node not in days or node.getparent() not in days:
            pieces.append(node.tail or "")
    return pieces


def _text(node: html.HtmlElement) -> str:
    return "".join(node.itertext()) if isinstance(node.tag, str) else ""


def _only_day(text: str) -> bool:
    squeezed = re.sub(r"[\s\[\]()（）【】]+", "", text)
    return bool(re.fullmatch(r"20\d\d(年|[-/.])\d{1,2}(月|[-/.])\d{1,2}日?(\d{1,2}:\d{2}(:\d{2})?)?", squeezed))


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("\u3000", " ").replace("\xa0", " ")).strip()
