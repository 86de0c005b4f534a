"""What a page offers on the way to the annual-report column: links with their texts, judged by config/navigation.yaml,
and where a mere signpost sends its visitor.

Promises: links are found in anchors, areas, frames, buttons, scripts and menus written by script, absolute and once
each; every judgement is by words or address alone, so nothing here fetches. Leaves alone: which one is right (the
probe walks them), reading lists (families/).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode, urlsplit

from lxml import html
from pydantic import BaseModel, ConfigDict

from crawler.families import rows
from crawler.families.rows import absolute, base_of, joined, parse
from extract import configuration, enclosed, titles
from extract.literals import literal_after

Kind = Literal["column", "year", "way", "article", "frame"]

_SCRIPT_LINK = re.compile(r"""<a\b[^<>]*?href\s*=\s*\\?["']([^"'\\]+)\\?["'][^<>]*>(.{0,500}?)</a>""", re.I | re.S)
_CALLED = re.compile(r"""["']((?:https?:)?/{1,2}[^"'\s]+|\.{1,2}/[^"'\s]+|[\w/-]+\.s?html?(?:\?[^"'\s]*)?)["']""")
_ADDRESS_ATTRIBUTES = ("data-url", "data-href", "data-link", "url", "href")
_NO_FRAME = re.compile(r"visitcount|count|login|share|foot|weather|search", re.I)
_YEAR = re.compile(r"(20\d\d)年?度?(?:政府)?(?:信息公开)?(?:工作)?(?:年度?报告|年报)?")
_PLACE = re.compile(
    r"^[\u4e00-\u9fff]{1,12}?(?:自治区|自治州|自治县|省|市|县|区|旗|州|镇|乡|局|委|厅|办|人民政府)(?=.*公开)")
_REFRESH = re.compile(r"""<meta[^>]+http-equiv\s*=\s*["']?refresh["']?[^>]*url\s*=\s*["']?([^"'>\s]+)""", re.I)
_LOCATION = re.compile(r"""(?:window\.|document\.|self\.|top\.)?location(?:\.href)?\s*=\s*["']([^"']+)["']"""
                       r"""|location\.(?:replace|assign)\(\s*["']([^"']+)["']""", re.I)
_FUNCTION = re.compile(r"\bfunction\s+(\w+)\s*\(")
_SENDER_CHARACTERS = 4096
_SENDER_LINKS = 5
"""A page of more characters or links is no mere signpost, whatever its script could do."""
_CATEGORY = re.compile(r"#(\d{2,})$")
"""Catalogues drawn by script keep the category behind #, and nothing else tells it."""


class _Facts(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Column(_Facts):
    strong: str
    weak: str


class _Way(_Facts):
    weight: float
    text: str


class NavigationFacts(_Facts):
    """config/navigation.yaml."""

    column: _Column
    other_reports: str
    classes: str
    ways: tuple[_Way, ...]
    column_slugs: tuple[str, ...]
    way_slugs: tuple[str, ...]
    conventional: tuple[str, ...]
    search: str


@dataclass(frozen=True, slots=True)
class Link:
    """One link as a step: what it seems to lead to and how promising that is (1 best)."""

    url: str
    text: str
    kind: Kind
    weight: float


def facts() -> NavigationFacts:
    """config/navigation.yaml, loaded once. Raises ConfigurationError with file and line."""
    loaded: NavigationFacts = configuration.load("navigation.yaml", NavigationFacts)
    return loaded


def links(text: str, url: str, inside: bool = False, column: bool = False) -> list[Link]:
    """Every link of a page that may lead to an annual-report column, best first.

    `inside`: the page is a disclosure page, where a bare 年报 can be trusted; `column`: it is one of annual reports,
    where years and classes divide it.
    """
    best: dict[str, Link] = {}
    for address, shown, kind in _offered(text, url):
        if kind == "frame":
            found: Link | None = Link(address, shown, "frame", 0.6)
        else:
            found = _judge(address, shown, inside or column, column)
        if found and plain(address) != plain(url):
            key = plain(address)
            if key not in best or best[key].weight < found.weight:
                best[key] = found
    return sorted(best.values(), key=lambda link: -link.weight)


def search_address(text: str, url: str) -> str:
    """The address that asks the page's own search box for annual reports; empty where no plain GET form stands."""
    root = parse(text)
    for form in root.iter("form"):
        boxes = [node for node in form.iter("input") if (node.get("type") or "text").lower() in ("text", "search")
                 and node.get("name")]
        if (form.get("method") or "get").lower() != "get" or len(boxes) != 1:
            continue
        hidden = [(node.get("name"), node.get("value") or "") for node in form.iter("input")
                  if (node.get("type") or "").lower() == "hidden" and node.get("name")]
        target = absolute(base_of(root, url), form.get("action") or url)
        if target:
            return f"{target.split('?')[0]}?{urlencode([*hidden, (boxes[0].get('name'), facts().search)])}"
    return ""


def conventional(home: str) -> list[str]:
    """Addresses at which portals keep their annual reports by convention, below the home page's own folder first."""
    folder, root = joined(home, "."), joined(home, "/")
    return list(dict.fromkeys(joined(base, path) for base in (folder, root) for path in facts().conventional))


def describe(text: str, url: str) -> str:
    """What stands on a page, in English technical terms, for an operator who must find out what it is."""
    root = parse(text)
    counts = {"links": len(list(root.iter("a"))), "forms": len(list(root.iter("form"))),
              "frames": len(list(root.iter("iframe", "frame"))), "scripts": len(list(root.iter("script")))}
    title = re.sub(r"\s+", " ", root.xpath("string(//title)")).strip()[:60]
    said = ", ".join(f"{number} {name}" for name, number in counts.items())
    return f"{urlsplit(url).path or '/'} titled {title!r} with {said}"


def sent_to(text: str) -> str:
    """Where a page that is a mere signpost sends its visitor, by a refresh or its script; empty where nowhere. What
    waits for a click, or for a browser without scripts, sends nobody."""
    if not 0 < len(text) < _SENDER_CHARACTERS or text.count("<a ") >= _SENDER_LINKS:
        return ""
    bare = enclosed.without(text, enclosed.NOSCRIPT, enclosed.COMMENT)
    if refresh := _REFRESH.search(bare):
        return refresh.group(1)
    scripts = "\n".join(enclosed.inside(bare, *enclosed.SCRIPT))
    for match in _LOCATION.finditer(scripts):
        before = scripts[:match.start()]
        around = [name for name in _FUNCTION.finditer(before)
                  if before[name.start():].count("{") > before[name.start():].count("}")]
        if all(re.search(rf"(?<!function )\b{name.group(1)}\s*\(", scripts)
               or re.search(rf"""\bonload\s*=\s*["']?[^"'>]*\b{name.group(1)}\b""", bare) for name in around):
            return match.group(1) or match.group(2)
    return ""


def plain(url: str) -> str:
    """An address for comparing: without scheme, index file and final slash."""
    parts = urlsplit(url)
    path = re.sub(r"/(index|default)\.\w+$", "/", parts.path).rstrip("/")
    category = match.group() if (match := _CATEGORY.search(url)) else ""
    return f"{parts.netloc.lower()}{path}{'?' + parts.query if parts.query else ''}{category}"


def class_of(text: str) -> str:
    """The class of bodies a column's name speaks of (部门, 乡镇 …), empty where none."""
    match = re.search(_tight(facts().classes), _squeezed(text))
    return match.group() if match else ""


def _judge(address: str, shown: str, inside: bool, column: bool) -> Link | None:
    known = facts()
    words = _squeezed(shown)
    year = _YEAR.fullmatch(words)
    parsed = titles.parse(shown)
    if parsed.accepted and parsed.year and (parsed.body or _is_article(address)):
        return Link(address, shown, "article", 0.30)
    if year and column and not _is_article(address):
        return Link(address, shown, "year", 0.85)
    if year or len(words) > 30:
        return None
    if column and class_of(words) == words and not _is_article(address):
        return Link(address, shown, "column", 0.9)
    path = urlsplit(address).path.split("/")
    slugs = {*path, path[-1].split(".")[0]}
    other = re.search(_tight(known.other_reports), words)
    if not other and re.search(known.column.strong, words):
        return Link(address, shown, "column", 1.0)
    if not other and re.fullmatch(known.column.weak, words):
        return Link(address, shown, "column", 0.95 if inside else 0.65)
    if not other and slugs & set(known.column_slugs) and not _is_article(address) and len(words) < 16:
        return Link(address, shown, "column", 0.9 if not words else 0.6)
    bare = _PLACE.sub("", words)
    for way in known.ways:
        if re.fullmatch(way.text, bare, re.I) or re.fullmatch(way.text, words, re.I):
            return Link(address, shown, "way", way.weight)
    if slugs & set(known.way_slugs) and not words:
        return Link(address, shown, "way", 0.45)
    return None


def _offered(text: str, url: str) -> Iterator[tuple[str, str, Literal["link", "frame"]]]:
    root = parse(text)
    base = base_of(root, url)
    for node in root.iter("a", "area", "button", "li", "span", "div", "option"):
        for address in _addresses_of(node, base):
            yield address, _shown(node), "link"
    for node in root.iter("iframe", "frame"):
        address = absolute(base, node.get("src") or "")
        if address and urlsplit(address).netloc == urlsplit(url).netloc and not _NO_FRAME.search(address):
            yield address, node.get("title") or node.get("name") or "", "frame"
    for script in root.iter("script"):
        for href, inner in _SCRIPT_LINK.findall(script.text or ""):
            address = absolute(base, href)
            if address:
                yield address, enclosed.TAG.sub("", inner), "link"
    yield from ((address, name, "link") for address, name in _tree(text, url))


def _addresses_of(node: html.HtmlElement, base: str) -> list[str]:
    """Where a node leads: its own address, else what its click calls."""
    href = node.get("href") or ""
    own = absolute(base, href) if node.tag in ("a", "area") else ""
    own += match.group() if own and (match := _CATEGORY.search(href.strip())) else ""
    if own:
        return [own]
    for name in _ADDRESS_ATTRIBUTES[:-1]:
        if node.get(name) and (address := absolute(base, node.get(name))):
            return [address]
    called = _CALLED.search(f"{node.get('onclick') or ''} {href if href.lower().startswith('javascript:') else ''}")
    if called:
        address = absolute(base, called.group(1))
        return [address] if address else []
    if node.tag == "option" and re.match(r"https?://|/", node.get("value") or ""):
        return [absolute(base, node.get("value"))]
    return []


def _shown(node: html.HtmlElement) -> str:
    shown = "".join(node.itertext()).strip() or node.get("title") or node.xpath("string(.//img/@alt)") or ""
    return re.sub(r"\s+", " ", shown) if len(shown) < 200 else ""


def _tree(text: str, url: str) -> Iterator[tuple[str, str]]:
    """Columns that a page keeps as a tree of {id, name, jump_url, children} in its script."""
    nodes = literal_after(text, "TREE")
    waiting = list(nodes) if isinstance(nodes, list) else []
    while waiting:
        node = waiting.pop(0)
        if not isinstance(node, dict):
            continue
        waiting += node.get("children") or []
        name, jump = str(node.get("name") or ""), str(node.get("jump_url") or "")
        address = joined(url, jump) if jump else f"{url.split('#')[0]}#{node.get('id')}"
        if name and address.startswith("http"):
            yield address, name


def _is_article(address: str) -> bool:
    return bool(rows.ARTICLE.search(urlsplit(address).path))


def _squeezed(text: str) -> str:
    return re.sub(r"[\s\u3000\xa0>»›·|【】\[\]()（）<《》:：\-—]+|更多|more", "", text, flags=re.I)


@functools.cache
def _tight(pattern: str) -> str:
    """A folded YAML text as one pattern."""
    return re.sub(r"\s+", "", pattern)
