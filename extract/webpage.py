"""The furniture of a web page: metadata, attachments, and which element holds the report.

Promises: known containers of the publishing systems first, else the densest element; a container without the report's
tables is widened until it holds them. Leaves alone: turning the body into blocks (readers.markup).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from bs4 import BeautifulSoup, Comment, Tag
from bs4.element import NavigableString

from extract.labels import normalise
from extract.model import Link
from extract.sniffing import ENDINGS

ATTACHMENT = re.compile(rf"\.(?:{ENDINGS})(?:$|[?#&])", re.IGNORECASE)
FORM_WORDS = re.compile(r"信息内容|勾稽关系|自然人|法人或其他组织|行政复议|结果维持|本年新收|行政许可|规章|行政处罚"
                        r"|行政事业性收费|予以公开|不予公开|现行有效|统计指标")
Nodes = list[Tag | NavigableString]

# Containers of the article body in the publishing systems seen, most specific first: #id, .class or element name.
_CONTAINERS = (
    "#ucap-content", "ucapcontent", ".trs_editor_view", ".trs_editor", ".custom_unionstyle", ".trs_ueditor",
    "#vsb_content", "#vsb_content_2", "#vsb_content_4", "#vsb_content_500", ".v_news_content", "#zoom", "#zoomcon",
    "#js_content", ".article_area", ".main-txt", ".article-content", ".article_content", ".article-con", ".articlecon",
    ".news_content", ".content_article", ".pages_content", ".view-content", "#artibody", "#content_body",
    "#contentregion", ".bt_content", ".xxgk_content", ".gknb_content", ".wzcon", "#article", ".article",
    "#maincontent", "#content", ".content", "article", "main",
)
_BEGIN = re.compile(r"<\$\[信息内容\]>begin|ZOOM_START|信息内容\s*begin|^\s*正文内?容?开始", re.IGNORECASE)
_END = re.compile(r"<\$\[信息内容\]>end|ZOOM_END|信息内容\s*end|^\s*正文内?容?结束", re.IGNORECASE)
_DATED = re.compile(r"^(pub(lish)?[-_]?(date|time)|fb(sj|rq))$", re.IGNORECASE)
"""Classes and ids of elements that hold the day of publication without a word before it."""
_TITLED = re.compile(r"一\s*、\s*\S{0,6}(?:总体|概述)|主动公开政府信息|政府信息公开")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all", re.IGNORECASE)
_TARGETS = ("src", "data", "data-value", "data-src", "data-url", "data-file", "value")
_LINKING = frozenset({"a", "iframe", "frame", "embed", "object", "param", "source", "div", "span", "p", "li", "input"})
_FRAMES = frozenset({"iframe", "frame"})
_SMALLEST_FRAME = 100
_NO_DOCUMENT = ("javascript:", "data:", "#", "mailto:", "about:")
_SUBSTANTIAL = 200
"""Characters a known container must hold to be taken for the report's."""


@dataclass
class Furniture:
    """What one pass over a page's elements finds."""

    meta: dict[str, str] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    named: dict[str, list[Tag]] = field(default_factory=dict)
    """Elements by #id, .class and name, for those a container could be."""
    styled: list[Tag] = field(default_factory=list)
    """Elements with a style of their own."""


def survey(soup: BeautifulSoup) -> Furniture:
    """Metadata, attachments and possible containers; elements hidden by their style are taken out of the tree."""
    found = Furniture()
    links: dict[str, Link] = {}
    hidden: list[Tag] = []
    wanted = set(_CONTAINERS)
    for tag in soup.find_all(True):
        attributes = tag.attrs
        if tag.name == "meta":
            name = tag.get("name") or tag.get("property") or tag.get("http-equiv")
            content = tag.get("content")
            if name and content:
                found.meta.setdefault(str(name).strip(), " ".join(str(content).split()))
            continue
        if tag.name in wanted:
            found.named.setdefault(tag.name, []).append(tag)
        if not attributes:
            continue
        if "id" in attributes:
            found.named.setdefault("#" + str(attributes["id"]).lower(), []).append(tag)
        for name in attributes.get("class") or ():
            key = "." + name.lower()
            if key in wanted:
                found.named.setdefault(key, []).append(tag)
        if any(_DATED.match(str(name)) for name in (*(attributes.get("class") or ()), attributes.get("id") or "")):
            printed = " ".join(tag.get_text(" ").split())
            if re.match(r"\D{0,8}20\d\d\D", printed) and len(printed) < 40:
                found.meta.setdefault("published", printed)
        if "style" in attributes:
            found.styled.append(tag)
        if "hidden" in attributes or ("style" in attributes and _HIDDEN.search(str(attributes["style"]))):
            hidden.append(tag)
        if tag.name in _LINKING:
            for link in _targets(tag):
                links.setdefault(link.address, link)
    found.links = list(links.values())
    for tag in hidden:
        # Some systems hide the whole article until their script has run; what a reader sees later is no hidden text.
        if not tag.decomposed and not (len(tag.get_text()) > 1000 and FORM_WORDS.search(tag.get_text())):
            tag.decompose()
    found.styled = [tag for tag in found.styled if not tag.decomposed]
    return found


def _targets(tag: Tag) -> list[Link]:
    """Attachments one element points to: links, embedded files, viewers with ?file=."""
    text = ""
    offered: list[str] = []
    if tag.name == "a":
        href, text = str(tag.get("href") or ""), tag.get_text(" ")
        if ATTACHMENT.search(href) or ATTACHMENT.search(text.strip()) \
                or re.search(r"(?:down|attach|file)[^?]*\?", href, re.IGNORECASE):
            offered.append(href)
    for name in _TARGETS:
        value = str(tag.get(name) or "")
        if not value:
            continue
        inner = parse_qs(urlsplit(value).query).get("file") if "file=" in value else None
        target = inner[0] if inner else value
        if ATTACHMENT.search(target):
            offered.append(target)
    if tag.name in _FRAMES and not offered and _shown(tag):
        offered.append(str(tag.get("src") or ""))
    text = text or str(tag.get("title") or "")
    return [Link(address.strip(), " ".join(text.split())) for address in offered
            if address.strip() and not address.strip().lower().startswith(_NO_DOCUMENT)]


def _shown(frame: Tag) -> bool:
    """Whether a frame is large enough to show anything: counters and share buttons bring frames of a few pixels."""
    for name in ("width", "height"):
        size = re.match(r"\s*(\d+)(?:px)?\s*$", str(frame.get(name) or ""))
        if size and int(size[1]) < _SMALLEST_FRAME:
            return False
    return True


def body_of(root: Tag, furniture: Furniture) -> Tag | Nodes:
    """The element (or run of siblings) that holds the report."""
    marked = _between_marks(root)
    if marked and sum(_measure(node) for node in marked) >= 40:
        return marked
    whole = _measure(root)
    for selector in _CONTAINERS:
        found = [tag for tag in furniture.named.get(selector, ()) if not tag.decomposed]
        if not found:
            continue
        best = max(found, key=_measure)
        size = _measure(best)
        if size >= _SUBSTANTIAL and (_TITLED.search(best.get_text()[:20_000]) or size * 2 > whole):
            return _widened(best, root)
        if best.find("img") is not None and size * 4 > whole:
            return best
    return _densest(root)


def _widened(best: Tag, root: Tag) -> Tag:
    """A container without any table, where the form's tables lie beside it: the nearest element that holds both."""
    if best.find("table") is not None:
        return best
    tables = [table for table in root.find_all("table") if FORM_WORDS.search(table.get_text()[:2000])]
    if not tables:
        return best
    for parent in best.parents:
        if not isinstance(parent, Tag) or parent.name == "html":
            break
        if any(parent in table.parents for table in tables):
            return parent
    return best


def _between_marks(root: Tag) -> Nodes:
    """The nodes between the comments or meta elements by which a system marks its article."""
    begin: Tag | NavigableString | None = root.find(
        string=lambda text: isinstance(text, Comment) and bool(_BEGIN.search(text)))
    if begin is None:
        begin = root.find("meta", attrs={"name": "ContentStart"})
    if begin is None:
        return []
    held: Nodes = list(begin.contents) if isinstance(begin, Tag) else []  # type: ignore[arg-type]
    for sibling in begin.next_siblings:
        if isinstance(sibling, Comment) and _END.search(sibling):
            break
        if isinstance(sibling, Tag) and sibling.name == "meta" and sibling.get("name") == "ContentEnd":
            break
        if isinstance(sibling, (Tag, NavigableString)):
            held.append(sibling)
    return held


def _measure(node: Tag | NavigableString) -> int:
    return len(normalise(node.get_text()))


def _densest(root: Tag) -> Tag:
    """The smallest element that still holds nearly all of the page's text outside links."""
    def weight(tag: Tag) -> int:
        return _measure(tag) - sum(_measure(link) for link in tag.find_all("a"))

    current, total = root, weight(root)
    while total:
        children = [child for child in current.find_all(True, recursive=False) if child.name not in ("p", "table")]
        heavy = max(children, key=weight, default=None)
        if heavy is None or weight(heavy) < total * 0.85:
            break
        current = heavy
    return current
