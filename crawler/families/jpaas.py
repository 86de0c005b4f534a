"""JPaaS units (大汉 jpaas-publish-server): each list block of a page is fetched by unitbuild.js with its queryData.

Promises: of the several units of a page the one that lists reports, by its own parameters plus paramJson (a bare pageNo
is ignored by the interface); walked to the count the fragment states, or to an empty page. Old and new addresses of
one list are kept as they stand; the new ones carry no day. Leaves alone: units that hold menus, pictures or footers.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import urlencode

from crawler.families import static
from crawler.families.paging import Answer, Ask, Enumeration, Get, Listing, Walk, by_number, refuses
from crawler.families.rows import joined, names_report, parse, rows
from extract.literals import literal

PATH = "/api-gateway/jpaas-publish-server/front/page/build/unit"
PAGE_SIZE = 15
_LARGEST = 100
_MARK = re.compile(r"AuthorizedRead/unitbuild\.js|jpaas-publish-server")
_SCRIPT = re.compile(r"<script\b([^<>]*\bqueryData\s*=(?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>", re.I | re.S)
_ATTRIBUTE = re.compile(r"""\b(url|queryData)\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.I | re.S)
_LISTED = re.compile(r"列表|信息|内容|分页|list|当前栏目|年报", re.I)
_COUNT = re.compile(r"""\b(?:count|totalCount|totalRecord)["']?\s*[:=]\s*["']?(\d{1,6})\b""")
_SIZE = re.compile(r"""\b(?:rows|pageSize|limit|perPage)["']?\s*[:=]\s*["']?(\d{1,4})\b""")
_VISIBLE_COUNT = re.compile(r"共\s*(\d{1,6})\s*(?:条|篇|项|个?记录)")


@dataclass(frozen=True, slots=True)
class Unit:
    """One list block: where it is fetched and with which parameters."""

    url: str
    parameters: dict[str, str]

    @property
    def name(self) -> str:
        return self.parameters.get("tagId", "")


def recognise(text: str) -> bool:
    return bool(_MARK.search(text))


def listing(text: str, url: str) -> Listing:
    """The rows of an answer; a column page has none of its own but shows its units."""
    answered = _answered(text, url)
    if answered is not None:
        return answered
    return Listing([], [], known_shape=bool(units(text, url)))


def units(text: str, url: str) -> list[Unit]:
    """The units of a page, those whose name promises a list first."""
    found = []
    for match in _SCRIPT.finditer(text):
        attributes = {name.lower(): double or single for name, double, single in _ATTRIBUTE.findall(match.group(1))}
        parameters = literal(unescape(attributes.get("querydata", "")))
        if isinstance(parameters, dict) and (parameters.get("pageId") or parameters.get("tagId")):
            found.append(Unit(joined(url, unescape(attributes.get("url", "")) or PATH),
                              {key: "" if value is None else str(value) for key, value in parameters.items()}))
    return sorted(found, key=lambda unit: not _LISTED.search(unit.name))


async def enumerate_list(first: Answer, get: Get, max_pages: int) -> Enumeration:
    """Find the unit that holds the list and walk it; rows the page shows by itself are seen in any case."""
    return static.or_own_rows(await _walk_units(first, get, max_pages), first)


async def _walk_units(first: Answer, get: Get, max_pages: int) -> Enumeration:
    found = units(first.text, first.url)
    if not found:
        return Walk(max_pages).conclude(False, known_shape=False, seen="the page names no unit with its parameters")
    best: tuple[tuple[int, bool, int], Unit] | None = None
    failed: Answer | None = None
    for unit in found:
        answer = await get(_asking(unit, 1))
        shown = _answered(answer.text, first.url) if answer.ok else None
        if shown is None:
            failed = failed or answer
            continue
        weight = (sum(names_report(item.title) for item in shown.main), bool(_LISTED.search(unit.name)),
                  len(shown.main))
        if best is None or weight > best[0]:
            best = weight, unit
    if best is None or (not best[0][2] and failed is not None):
        return Walk(max_pages).breaks_off(failed or first, "unit")
    chosen = best[1]

    async def page(number: int) -> tuple[Answer, Listing | None]:
        answer = await get(_asking(chosen, number))
        return answer, _answered(answer.text, first.url) if answer.ok else None

    found_list = await by_number(Walk(max_pages), page)
    if not found_list.complete and found_list.items and await _is_whole(chosen, found_list, first.url, get):
        found_list.complete, found_list.reason = True, ""
    if failed is not None and found_list.complete and not any(names_report(item.title) for item in found_list.items):
        # The unit that failed may be the list itself; this one is then only what stands beside it.
        found_list.complete, found_list.reason = False, f"another unit of the page did not answer ({failed.url})"
    return found_list


async def _is_whole(unit: Unit, found: Enumeration, url: str, get: Get) -> bool:
    """Whether the list has no further rows although its last page came twice: asked for one row more than was seen it
    gives exactly those, asked for one less it gives one less, so it heeds what is asked."""
    seen = [item.url for item in found.items]
    if not 1 < len(seen) < _LARGEST:
        return False
    for size, expected in ((len(seen) + 1, set(seen)), (len(seen) - 1, set(seen[:-1]))):
        answer = await get(_asking(unit, 1, size))
        shown = _answered(answer.text, url) if answer.ok else None
        if shown is None or shown.total not in (None, len(seen)) or {item.url for item in shown.main} != expected:
            return False
    return True


def _asking(unit: Unit, number: int, size: int = PAGE_SIZE) -> Ask:
    paged = json.dumps({"pageNo": number, "pageSize": size}, separators=(",", ":"))
    kept = {key: value for key, value in unit.parameters.items() if key != "paramJson"}
    joint = "&" if "?" in unit.url else "?"
    return Ask(f"{unit.url}{joint}{urlencode({**kept, 'paramJson': paged})}", expect="data",
               headers={"X-Requested-With": "XMLHttpRequest"})


def _answered(text: str, url: str) -> Listing | None:
    """The fragment of an answer; None where it is no answer or the interface refused."""
    try:
        answer: Any = json.loads(text)
    except ValueError:
        return None
    if not isinstance(answer, dict) or refuses(answer):
        return None
    data = answer.get("data")
    markup = data.get("html") if isinstance(data, dict) else data
    if not isinstance(markup, str):
        return None
    # A unit holds one list and nothing beside it, so all its rows are the list's, in however many groups they stand.
    found = [row.item for row in rows(parse(markup), url)]
    return Listing(found, found, _total(markup, len(found)), known_shape=True)


def _total(markup: str, shown: int) -> int | None:
    """The number of rows that the fragment's pager states, where it is plausible.

    A `count` that equals the rows shown may count just these; it is believed beside another page size only.
    """
    visible = _VISIBLE_COUNT.search(re.sub(r"<[^>]{1,200}>|&nbsp;", "", markup))
    match = visible or _COUNT.search(markup)
    if match is None or int(match.group(1)) < shown:
        return None
    total = int(match.group(1))
    if visible or total > shown or any(int(size) != total for size in _SIZE.findall(markup)):
        return total
    return None
