"""Kaipu / UCAP: static lists common_list.shtml, common_list_2.shtml …, or JSON from /common/search/<32 hex>.

Promises: a page with rows of its own is walked by its paging call (files count from 1, some portals from 0) or its
links; where rows are missing or nothing states how many there are, the JSON interface the page names is walked to its
total, at whatever page size it answers. Leaves alone: interfaces behind a token that only a browser makes.
"""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from crawler.families import trs
from crawler.families.paging import Answer, Ask, Enumeration, Get, Listing, Walk, by_number, refuses
from crawler.families.rows import absolute, day_of, joined, names_report
from crawler.model import Item

PAGE_SIZE = 20
_MARK = re.compile(r"""/(?:common/search|searchList)/(?:[0-9a-f]{32})?|common_list(?:_\d+)?\.shtml"""
                   r"""|["']common_list["']""", re.I)
_INTERFACE = re.compile(r"""["'(]((?:https?:)?[^"'()\s<>]*/(?:common/search|searchList|search)/[0-9a-f]{32}"""
                        r"""[^"'()\s<>]*)""", re.I)
_CHANNEL = re.compile(r"""\b(?:channelId|channel_id|columnId)["']?\s*[:=]\s*["']([0-9a-f]{32})["']""", re.I)
_HALF = re.compile(r"""["'(]((?:https?:)?[^"'()\s<>]*/(?:common/search|searchList)/)["']\s*\+""", re.I)


def recognise(text: str) -> bool:
    return bool(_MARK.search(text))


def listing(text: str, url: str) -> Listing:
    """The rows of a static page, or of one answer of the interface."""
    answered = _answered(text, url)
    if answered is not None:
        return answered
    shown = trs.listing(text, url)
    shown.known_shape = shown.known_shape or bool(interface(text, url))
    return shown


async def enumerate_list(first: Answer, get: Get, max_pages: int) -> Enumeration:
    """Walk the static pages to their end, else the interface."""
    own, proxy = trs.listing(first.text, first.url), interface(first.text, first.url)
    found = await trs.enumerate_list(first, get, max_pages) if own.main else None
    if found is not None and (not proxy or (found.complete and (own.pages or own.total))):
        return found
    if not proxy:
        return Walk(max_pages).conclude(own.known_shape and (own.pages or 0) <= 1, known_shape=own.known_shape,
                                        seen="the page has no rows and names no interface")

    async def page(number: int) -> tuple[Answer, Listing | None]:
        answer = await get(Ask(_paged(proxy, number), expect="data", headers={"X-Requested-With": "XMLHttpRequest"}))
        return answer, _answered(answer.text, answer.url) if answer.ok else None

    searched = await by_number(Walk(max_pages), page)
    if found is None:
        return searched
    # A page with rows of its own that states no count: the interface tells whether there are more – if it is this
    # list's at all and not the site's search.
    beside = {item.url for item in found.items} & {item.url for item in searched.items}
    if beside or not found.complete:
        return searched if beside else found
    if not searched.items and not searched.complete:
        found.complete, found.reason = False, f"the page names an interface that did not answer: {searched.reason}"
    return found


def interface(text: str, url: str) -> str:
    """The JSON interface a page names, with its parameters; empty where it names none."""
    match = _INTERFACE.search(text)
    if match:
        return joined(url, unescape(match.group(1)))
    channel, half = _CHANNEL.search(text), _HALF.search(text)
    return joined(url, unescape(half.group(1)) + channel.group(1)) if channel and half else ""


def _paged(proxy: str, number: int) -> str:
    """The interface's address for a page. A page size that the page itself asks for is kept: another may be ignored."""
    parts = urlsplit(proxy)
    kept = {key: value for key, value in parse_qsl(parts.query, keep_blank_values=True) if key != "page"}
    size = kept.get("_pageSize", "")
    query = {"_isAgg": "true", "_isJson": "true", "_template": "index", **kept,
             "_pageSize": size if size.isdigit() and 0 < int(size) <= 100 else str(PAGE_SIZE), "page": str(number)}
    return parts._replace(query=urlencode(query)).geturl()


def _answered(text: str, url: str) -> Listing | None:
    """One answer of the interface: {data: {page, rows, total, results: […]}}, with or without the outer data."""
    try:
        answer: Any = json.loads(text)
    except ValueError:
        return None
    data = answer.get("data", answer) if isinstance(answer, dict) else None
    if refuses(answer) or not isinstance(data, dict) or not isinstance(data.get("results"), list):
        return None
    read = [(_item(entry, url), str(entry.get("title") or "")) for entry in data["results"] if isinstance(entry, dict)]
    items = [item for item, _ in read if item is not None]
    total = str(data.get("total") if data.get("total") is not None else "")
    return Listing(items, items, int(total) if total.isdigit() else None, known_shape=True,
                   blank=sum(item is None and not names_report(title) for item, title in read))


def _item(entry: dict[str, Any], url: str) -> Item | None:
    address = absolute(url, str(entry.get("url") or ""))
    title = re.sub(r"\s+", " ", re.sub(r"<[^>]{1,200}>", "", unescape(str(entry.get("title") or "")))).strip()
    if not address or not title:
        return None
    return Item(address, title, day_of(entry.get("publishedTimeStr")) or day_of(entry.get("publishedTime")))
