"""TrueCMS (Nantong and others): JSONP from messageController/getMessage.do, first rows in #initData.

Promises: the column's rows by startrecord/endrecord with the column page as Referer, in a window that shrinks where it
is too large for the site (empty or 404); JSONP with the XML bare, as a text or as `result`; rows of #initData alone
where the interface is retired, complete only if they are as many as the page states. Leaves alone: the visible list.
"""

from __future__ import annotations

import contextlib
import json
import re
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from lxml import html

from crawler.families import jpage
from crawler.families.paging import Answer, Ask, Enumeration, Get, Listing, Walk
from crawler.families.rows import joined, parse, rows
from crawler.model import Item
from extract.literals import literal, literal_after

WINDOWS = (50, 20, 10)
"""Sizes to try: some sites answer 50, others nothing above 20."""
_MARK = re.compile(r"messageController/getMessage\.do", re.I)
_PROXY = re.compile(r"""["'(]([^"'()\s<>]*messageController/getMessage\.do[^"'()\s<>]*)""", re.I)
_COLUMN = re.compile(r"""\bcolumnId["']?(?:[^<>]{0,80}\bvalue)?\s*[:=]\s*["']?([\w-]{8,})""", re.I)
_TOTAL = re.compile(r"""\btotalRecord["']?\s*[:=]\s*["']?(\d+)""", re.I)
_PERPAGE = re.compile(r"""\bperPage["']?\s*[:=]\s*["']?(\d+)""", re.I)
_WRAPPED = re.compile(r"^\s*(?:/\*.*?\*/\s*)?[\w$.]*\s*\((.*)\)\s*;?\s*$", re.S)


@dataclass(frozen=True, slots=True)
class Column:
    """What the page says of its list. `proxy` with its own parameters, without any of ours."""

    proxy: str
    id: str
    total: int | None
    perpage: int
    items: list[Item]


def recognise(text: str) -> bool:
    """By its interface; a page that names jpage's dataproxy too belongs to jpage."""
    return bool(_MARK.search(text)) and "dataproxy.jsp" not in text


def listing(text: str, url: str) -> Listing:
    """The rows of #initData, or of one answer of the interface."""
    if not recognise(text):
        return _answered(text, url) or Listing([], [])
    column = own_column(text, url)
    return Listing(column.items, column.items, column.total, known_shape=bool(column.id))


def own_column(text: str, url: str) -> Column:
    """The list the page shows."""
    match = _PROXY.search(text)
    proxy = joined(url, unescape(match.group(1))) if match else ""
    query = dict(parse_qsl(urlsplit(proxy).query))
    parameters = literal_after(text, "ajaxParam")
    named = str(parameters.get("columnId") or "") if isinstance(parameters, dict) else ""
    found = _COLUMN.search(text)
    total, perpage = _TOTAL.search(_without_templates(text)), _PERPAGE.search(text)
    return Column(proxy, query.get("columnId") or named or (found.group(1) if found else ""),
                  int(total.group(1)) if total else None,
                  min(100, int(perpage.group(1))) if perpage and int(perpage.group(1)) else 20, _initial(text, url))


async def enumerate_list(first: Answer, get: Get, max_pages: int) -> Enumeration:
    """Walk the column to its stated number of records."""
    column, walk = own_column(first.text, first.url), Walk(max_pages)
    if not column.id:
        return walk.conclude(False, known_shape=False, seen="the page names no columnId for its interface")
    if column.items:
        walk.add(Listing(column.items, column.items))
        if walk.reaches(column.total):
            return walk.conclude(True)
    answer, window = await _first_window(column, first.url, get)
    if not window:
        if answer.ok and column.total in (None, 0) and not walk.main:
            return walk.conclude(column.total == 0)
        return walk.breaks_off(answer, f"{walk.printed} of {_or_unknown(column.total)} records")
    return await _by_records(column, first.url, walk, get, answer, window)


async def _first_window(column: Column, referer: str, get: Get) -> tuple[Answer, int]:
    """The first answer with records and the window that brought it; 0 where no size brings any."""
    answer = Answer(column.proxy, "")
    for size in dict.fromkeys((*WINDOWS, column.perpage)):
        answer = await get(_window(column, referer, 1, size))
        page = _answered(answer.text, referer) if answer.ok else None
        if page is not None and page.items:
            return answer, size
    return answer, 0


async def _by_records(column: Column, referer: str, walk: Walk, get: Get, answer: Answer,
                      window: int) -> Enumeration:
    start, total = 1, column.total
    while True:
        page = _answered(answer.text, referer) if answer.ok else None
        if page is None:
            return walk.breaks_off(answer, f"records from {start}")
        if total is not None and page.total is not None and page.total != total:
            return walk.conclude(False, f"the page states {total} records, its interface {page.total}")
        total = page.total if page.total is not None else total
        new = walk.add(page)
        if walk.reaches(total):
            return walk.conclude(True)
        if not page.items:
            return walk.conclude(total is None, "" if total is None else
                                 f"the interface ends after {walk.printed} of {total} records")
        if not new and start > max(1, len(column.items)):
            return walk.conclude(False, f"the interface ignores which records are asked: {walk.printed} of "
                                        f"{_or_unknown(total)} received ({answer.url})")
        if walk.full:
            return walk.conclude(False, f"stopped after {walk.max_pages} requests at {walk.printed} of "
                                        f"{_or_unknown(total)} records")
        # What came counts, not what was asked: some sites cut a window without saying so.
        start += len(page.main)
        answer = await get(_window(column, referer, start, window))


def _window(column: Column, referer: str, start: int, size: int) -> Ask:
    parts = urlsplit(column.proxy)
    own = {"startrecord": start, "endrecord": start + size - 1, "perpage": size, "columnId": column.id,
           "callback": "cb"}
    kept = {key: value for key, value in parse_qsl(parts.query, keep_blank_values=True) if key not in own}
    return Ask(parts._replace(query=urlencode({**own, **kept})).geturl(), expect="data",
               headers={"Referer": referer, "X-Requested-With": "XMLHttpRequest"})


def _answered(text: str, url: str) -> Listing | None:
    """One answer: the datastore bare, in a call, as a JSON text or as the `result` of a JSON object."""
    match = _WRAPPED.match(text)
    inner: Any = (match.group(1) if match else text).strip()
    with contextlib.suppress(ValueError):
        inner = json.loads(inner)
    if isinstance(inner, str) and inner[:1] in ("'", "`", '"'):
        inner = literal(inner)
    if isinstance(inner, dict):
        inner = next((inner[key] for key in ("result", "data", "content") if isinstance(inner.get(key), str)), None)
    if not isinstance(inner, str) or not re.search(r"<datastore|<record\b|<recordset", inner, re.I):
        return None
    return jpage.listing(inner, url)


def _initial(text: str, url: str) -> list[Item]:
    # A parser of pages would take the CDATA of a datastore for a comment, so that one is read as it stands.
    store = re.search(r"""<\w+[^<>]*\bid\s*=\s*["']?initData\b[^<>]*>\s*(?:<!\[CDATA\[)?\s*"""
                      r"(<datastore.*?</datastore>)", text, re.I | re.S)
    if store:
        return jpage.listing(store.group(1), url).items
    holders = parse(text).xpath("//*[@id='initData']")
    if not holders:
        return []
    markup = html.tostring(holders[0], encoding="unicode")
    if re.search(r"<record\b|&lt;record\b", markup, re.I):
        shown = jpage.listing(f"<datastore>{unescape(markup)}</datastore>", url)
        if shown.items:
            return shown.items
    return [row.item for row in rows(parse(markup), url, every=True)]


def _without_templates(text: str) -> str:
    """The page without the template its script fills: that holds names of numbers, no numbers."""
    return re.sub(r"contentTemplate\s*:\s*'(?:[^'\\]|\\.)*'", "", text)


def _or_unknown(total: int | None) -> str:
    return "?" if total is None else str(total)
