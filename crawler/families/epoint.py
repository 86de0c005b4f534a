"""Epoint (新点): a shell page govInfoPub.html, rows by POST of JSON to …/rest/lightfrontaction/getgovinfolist.

Promises: category and department of the page's address, the site's guid from webBuilderCommon.js or the page; whether
pageIndex counts from 0 or from 1 is found out; plain bodies and those wrapped in `params` are tried; walked to the
stated total. Leaves alone: the shell's tree of categories.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from crawler.families import static
from crawler.families.paging import Answer, Ask, Enumeration, Get, Listing, Walk, by_number, refuses
from crawler.families.rows import absolute, day_of, joined, main_rows, names_report, parse, rows
from crawler.model import Item
from extract.literals import literal_after

PAGE_SIZE = 20
ACTION = "/rest/lightfrontaction/getgovinfolist"
_MARK = re.compile(r"govInfoPub|EWB-FRONT|webBuilderCommon\.js")
_CALL = re.compile(r"""["'(]([^"'()\s<>]*/rest/lightfrontaction/getgovinfolist[^"'()\s<>]*)""", re.I)
_SCRIPT = re.compile(r"""\bsrc\s*=\s*["']([^"']{0,300}(?:webBuilderCommon|ajaxReq)[^"']{0,300}\.js[^"']{0,300})["']""",
                     re.I)
_GUID = re.compile(r"""siteGuid["']?\s*[:=]\s*["']([0-9a-f-]{8,40})["']""", re.I)
_PROJECT = re.compile(r"""projectName["']?\s*[:=]\s*["']([^"']*)["']""", re.I)


@dataclass(frozen=True, slots=True)
class Query:
    """What identifies the list: its interface and the body without paging."""

    url: str
    body: dict[str, str]
    wrapped: bool = False

    def ask(self, index: int) -> Ask:
        """The request for one page of the list."""
        body = {**self.body, "pageIndex": index, "pageSize": PAGE_SIZE}
        return Ask(self.url, json={"params": body} if self.wrapped else body, expect="data",
                   headers={"X-Requested-With": "XMLHttpRequest"})


def recognise(text: str) -> bool:
    return bool(_MARK.search(text))


def listing(text: str, url: str) -> Listing:
    """The rows of an answer, or those the shell shows by itself."""
    answered = _answered(text, url)
    if answered is not None:
        return answered
    found = rows(parse(text), url)
    return Listing([row.item for row in found], main_rows(found), known_shape=bool(_address(url, "categorynum"))
                   or _in_page(text, "categorynum") != "")


async def enumerate_list(first: Answer, get: Get, max_pages: int) -> Enumeration:
    """Walk the category to its stated total."""
    walk = Walk(max_pages)
    query, failed = await _query(first, get)
    if query is None:
        own = static.listing(first.text, first.url)
        if not _address(first.url, "categorynum") and any(names_report(item.title) for item in own.main):
            # A static list of a site that loads these scripts on every page.
            return await static.enumerate_list(first, get, max_pages)
        return walk.conclude(False, known_shape=False, seen=failed)
    opening = await get(query.ask(0))
    shown = _answered(opening.text, first.url) if opening.ok else None
    if shown is None:
        other = replace(query, wrapped=True)
        wrapped = await get(other.ask(0))
        if wrapped.ok and _answered(wrapped.text, first.url) is not None:
            query, opening = other, wrapped
            shown = _answered(wrapped.text, first.url)
    # Where index 0 is refused, empty or page 1 once more, pages count from 1.
    base = 1
    if shown is not None and shown.main and not (shown.total is not None and len(shown.main) >= shown.total):
        second = await get(query.ask(1))
        again = _answered(second.text, first.url) if second.ok else None
        if again is not None and [item.url for item in again.main] != [item.url for item in shown.main]:
            base = 0
    elif shown is not None and shown.main:
        base = 0

    async def page(number: int) -> tuple[Answer, Listing | None]:
        answer = await get(query.ask(number))
        return answer, _answered(answer.text, first.url) if answer.ok else None

    return static.or_own_rows(await by_number(walk, page, base), first)


async def _query(first: Answer, get: Get) -> tuple[Query | None, str]:
    """The list's interface; with None the reason why it isn't known."""
    category = _address(first.url, "categorynum") or _in_page(first.text, "categorynum")
    if not category:
        return None, "neither the address nor the page names a categorynum"
    text = first.text
    if not _GUID.search(text):
        script = next((joined(first.url, unescape(source)) for source in _SCRIPT.findall(text)),
                      joined(first.url, "/js/webBuilderCommon.js"))
        answer = await get(Ask(script, expect="data"))
        # Where the script is gone the interface may still answer without the guid.
        text += answer.text if answer.ok else ""
    guid, project, call = _GUID.search(text), _PROJECT.search(text), _CALL.search(text)
    named = unescape(call.group(1)) if call else ""
    # The call is often put together from projectName; then only its end stands in the script.
    own = f"{project.group(1) if project else '/EWB-FRONT'}{ACTION}"
    address = named if named and not named.startswith(ACTION) else own
    body = {"deptcode": _address(first.url, "deptcode") or _in_page(first.text, "deptcode"), "categorynum": category,
            "siteGuid": guid.group(1) if guid else ""}
    return Query(joined(first.url, address), body), ""


def _address(url: str, name: str) -> str:
    return next((value for key, value in parse_qsl(urlsplit(url).query) if key.lower() == name), "")


def _in_page(text: str, name: str) -> str:
    value = literal_after(text, name)
    return value if isinstance(value, str) and re.fullmatch(r"[\w-]{1,40}", value) else ""


def _answered(text: str, url: str) -> Listing | None:
    """One answer: {custom: {total, data: […]}}, custom as an object or as JSON text."""
    try:
        answer: Any = json.loads(text)
        custom = answer.get("custom") if isinstance(answer, dict) else None
        custom = json.loads(custom) if isinstance(custom, str) else custom
    except ValueError:
        return None
    if not isinstance(custom, dict) or refuses(answer) or refuses(custom):
        return None
    data = next((custom[key] for key in ("data", "infodata", "Table") if isinstance(custom.get(key), list)), None)
    total = str(custom.get("total") if custom.get("total") is not None else custom.get("count", ""))
    if data is None:
        return Listing([], [], 0, known_shape=True) if total == "0" else None
    read = [(_item(entry, url), str(entry.get("realtitle") or entry.get("title") or ""))
            for entry in data if isinstance(entry, dict)]
    items = [item for item, _ in read if item is not None]
    return Listing(items, items, int(total) if total.isdigit() else None, known_shape=True,
                   blank=sum(item is None and not names_report(title) for item, title in read))


def _item(entry: dict[str, Any], url: str) -> Item | None:
    address = absolute(url, str(entry.get("infourl") or entry.get("url") or entry.get("href") or ""))
    printed = str(entry.get("realtitle") or entry.get("title") or "")
    title = re.sub(r"\s+", " ", re.sub(r"<[^>]{1,200}>", "", unescape(printed))).strip()
    if not address or not title:
        return None
    days = (day_of(entry.get(key)) for key in ("infodate", "pubdate", "publishdate", "date"))
    return Item(address, title, next(filter(None, days), ""))
