"""Lists that a script draws from data of its own: `var itemObj=[{…}]` in the page, or a JSON file the script names.

Promises: arrays of objects with a title and an address (nested in an answer or in the script) are rows, templates
({{ }}, <?=el.link?>) are none; the array in the page is the whole list unless a count says otherwise; a JSON address
with a page number is walked to its stated count, or until an answer brings nothing. Leaves alone: pages whose data call
can't be read from their script – these stay unknown and need a browser.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from crawler.families.paging import Answer, Ask, Enumeration, Get, Listing, Walk, by_number, refuses, stated
from crawler.families.rows import absolute, day_of, joined, names_report, parse, rows
from crawler.model import Item
from extract import enclosed, literals

_TITLES = ("realtitle", "fulltitle", "title", "doctitle", "articletitle", "infotitle", "name", "bt", "subject",
           "caption", "text")
_ADDRESSES = ("url", "link", "href", "linkurl", "infourl", "docpuburl", "puburl", "pageurl", "htmlpath", "path",
              "address", "docurl", "staticurl")
_DAYS = ("publishdate", "pubdate", "publishtime", "pubtime", "date", "time", "docreltime", "createtime", "releasetime",
         "infodate", "showdate", "publishedtimestr", "fbsj", "day", "addtime", "inputtime")
_TOTALS = ("total", "totalcount", "count", "recordcount", "totalrecord", "totalelements", "totalrows")
_PAGES = ("pages", "pagecount", "totalpage", "totalpages")
_TEMPLATE = re.compile(r"\{\{[^{}]{1,80}\}\}|<\?=|<%=|\$\{[^{}]{1,80}\}|\bv-for\s*=|\bng-repeat\s*=")
_ARRAY = re.compile(r"""[\w$]["']?\s*[:=]\s*(?=\[\s*\{)""")
_CALL = re.compile(r"""(?:getJSON|ajax|axios|axios\.get|\$http\.get|\$\.get|fetch|request)\s*\(\s*"""
                   r"""(?:\{[^{}]{0,300}?\burl\s*:\s*)?["'`]([^"'`\s]{3,300})["'`]""", re.S)
_NAMED = re.compile(r"""["'`]([^"'`\s<>]{1,200}\.json(?:\?[^"'`\s<>]*)?)["'`]""")
_SOURCE = re.compile(r"""<script\b[^<>]*\bsrc\s*=\s*["']?([^"'\s>]+\.js\b[^"'\s>]*)""", re.I)
_SCRIPT = re.compile(r"<script\b[^<>]*>", re.I), re.compile("</script>", re.I)
_PAGE_PARAMETER = re.compile(r"^(page|pageno|pageindex|pagenum|currpage|curpage|cur_page|current|p|pn)$", re.I)
_FURTHER = re.compile(r"(\d+)(?=\.json$)")


def recognise(text: str) -> bool:
    """Data rows that name reports while the markup has none, or a template beside data or its address."""
    if not _TEMPLATE.search(text) and not _ARRAY.search(text):
        return False
    written = [row for row in rows(parse(text), "http://localhost/") if row.report]
    if written:
        return False
    data = _in_page(text, "http://localhost/")
    if any(names_report(item.title) for item in data):
        return True
    return bool(_TEMPLATE.search(text)) and (bool(data) or bool(_data_addresses(text, "http://localhost/")))


def drawn_by_script(text: str) -> bool:
    """Whether a template stands on the page that a script fills with rows."""
    return bool(_TEMPLATE.search(text))


def listing(text: str, url: str) -> Listing:
    """The rows of the page's own array, or of one JSON answer."""
    answer = _answered(text)
    if answer is not None:
        found = _items(answer, url)
        total, pages = _count(answer, _TOTALS), _count(answer, _PAGES)
        return Listing(found, found, total, pages, known_shape=total == 0 or answer == [] or bool(found))
    found = _in_page(text, url)
    if not found and not re.search(r"<(html|body|ul|div)\b", text, re.I):
        found = _in_script(text, url)
    total, pages = stated("".join(enclosed.inside(text, *_SCRIPT)))
    return Listing(found, found, total, pages, known_shape=bool(found) or bool(_data_addresses(text, url)))


async def enumerate_list(first: Answer, get: Get, max_pages: int) -> Enumeration:
    """The page's own array where it holds the list; else the data the script calls for, page by page."""
    opening, walk = listing(first.text, first.url), Walk(max_pages)
    calls = _data_addresses(first.text, first.url)
    if any(names_report(item.title) for item in opening.items) or (opening.items and not calls):
        walk.add(opening)
        if opening.total is not None and not walk.reaches(opening.total):
            return walk.conclude(False, f"{walk.printed} rows of {opening.total} stated, the rest's address is unknown")
        return walk.conclude(True)
    reason = "the script names no data we can read"
    for address in calls:
        answer = await get(Ask(address, expect="data"))
        if not answer.ok:
            reason = f"{answer.outcome} {answer.reason} ({address})".replace("  ", " ")
            continue
        page = listing(answer.text, answer.url)
        if not page.known_shape:
            continue
        if not page.items and len(calls) > 1:
            reason = f"no rows in {address}"
            continue
        return await _by_data(address, answer, page, get, Walk(max_pages))
    walk.add(opening)
    return walk.conclude(False, reason, known_shape=False, seen=f"a list drawn by script: {reason}")


async def _by_data(address: str, first: Answer, opening: Listing, get: Get, walk: Walk) -> Enumeration:
    numbered = _page_parameter(address) is not None or _FURTHER.search(urlsplit(address).path) is not None
    if opening.total == len(opening.main):
        # Some interfaces count what they send, not what there is: only the page after it tells.
        opening.total = None
    sized = any(value == str(len(opening.main)) for _, value in parse_qsl(urlsplit(address).query))
    if not numbered and not sized and opening.total is None and (opening.pages or 1) == 1:
        walk.add(opening)
        return walk.conclude(True)

    async def page(number: int) -> tuple[Answer, Listing | None]:
        if number == 1:
            return first, opening
        answer = await get(Ask(_numbered(address, number), expect="data"))
        if not answer.ok or _answered(answer.text) is None:
            return answer, None
        shown = listing(answer.text, answer.url)
        shown.total = shown.total if opening.total is not None else None
        return answer, shown

    return await by_number(walk, page)


def _in_page(text: str, url: str) -> list[Item]:
    """The rows of the script array that names most reports, else of the longest."""
    found = [_in_script(script, url) for script in enclosed.inside(text, *_SCRIPT)]
    return max(found, key=_weight, default=[])


def _in_script(script: str, url: str) -> list[Item]:
    found: list[list[Item]] = []
    for match in _ARRAY.finditer(script):
        try:
            value, _ = literals.read(script, match.end())
        except literals.LiteralError:
            continue
        found.append(_items(value, url))
    return max(found, key=_weight, default=[])


def _weight(items: list[Item]) -> tuple[int, int]:
    return sum(names_report(item.title) for item in items), len(items)


def _answered(text: str) -> Any:
    """The value of a JSON answer (JSONP and a leading assignment too), None where the text is a page or a refusal."""
    bare = text.strip().rstrip(";")
    if bare[:1] not in "{[":
        called = re.match(r"^(?:(?:var|let|const)\s+)?[\w$.]+\s*(?:=\s*|\(\s*)(?=[\[{])", bare)
        if not called:
            return None
        bare = bare[called.end():].rstrip(") ")
    try:
        answer = json.loads(bare)
    except ValueError:
        answer = literals.literal(bare)
    return None if refuses(answer) else answer


def _items(value: Any, url: str) -> list[Item]:
    """Rows of the largest list of titled, addressed objects anywhere in `value`."""
    best: list[Item] = []
    for rows_of in _lists(value, 0):
        items = [item for entry in rows_of if isinstance(entry, dict) and (item := _item(entry, url))]
        best = max(best, items, key=_weight)
    return best


def _lists(value: Any, depth: int) -> Iterator[list[Any]]:
    if depth > 6:
        return
    if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        value = literals.literal(value)
    if isinstance(value, list):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _lists(inner, depth + 1)


def _item(entry: dict[str, Any], url: str) -> Item | None:
    lowered = {key.lower().replace("_", ""): value for key, value in entry.items()}
    title = next((_plain(lowered[key]) for key in _TITLES if isinstance(lowered.get(key), str) and lowered[key]), "")
    address = next((absolute(url, unescape(lowered[key])) for key in _ADDRESSES
                    if isinstance(lowered.get(key), str) and lowered[key]), "")
    if not address or len(title) < 4:
        return None
    day = next((found for key in _DAYS if (found := day_of(lowered.get(key)))), "")
    return Item(address, title, day)


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]{1,200}>", "", text))).strip()


def _count(value: Any, names: tuple[str, ...]) -> int | None:
    """The first whole number under one of `names`, outermost first."""
    level = [value]
    for _ in range(4):
        for inner in level:
            if isinstance(inner, dict):
                lowered = {key.lower().replace("_", ""): number for key, number in inner.items()}
                for name in names:
                    number = lowered.get(name)
                    if isinstance(number, bool):
                        continue
                    if isinstance(number, int) or (isinstance(number, str) and number.isdigit()):
                        return int(number)
        level = [deeper for inner in level if isinstance(inner, dict) for deeper in inner.values()]
    return None


def _data_addresses(text: str, url: str) -> list[str]:
    """Addresses of this host that the page's scripts fetch data from, calls first."""
    scripts = "\n".join(enclosed.inside(text, *_SCRIPT))
    folder = joined(url, ".")
    named = [*_CALL.findall(scripts), *_NAMED.findall(text)]
    # A script that lies in the column's own folder, or is called data, holds this list and no library.
    named += [source for source in _SOURCE.findall(text)
              if joined(url, source).startswith(folder) or re.search(r"(data|list|item)\w*\.js\b", source, re.I)]
    found = [absolute(url, unescape(address)) for address in named if "${" not in address
             and not re.search(r"\.(html?|css|png|jpe?g|gif|svg)(\?|$)", address, re.I)]
    host = urlsplit(url).netloc
    return list(dict.fromkeys(address for address in found if address and urlsplit(address).netloc == host))[:6]


def _page_parameter(address: str) -> str | None:
    return next((key for key, _ in parse_qsl(urlsplit(address).query, keep_blank_values=True)
                 if _PAGE_PARAMETER.match(key)), None)


def _numbered(address: str, number: int) -> str:
    """The address of data page `number`: its page parameter moved on from where it starts, or the file's number."""
    parts = urlsplit(address)
    query = parse_qsl(parts.query, keep_blank_values=True)
    key = _page_parameter(address)
    if key is not None:
        start = int(value) if (value := dict(query)[key]).isdigit() else 1
        moved = [(name, str(start + number - 1) if name == key else value) for name, value in query]
        return parts._replace(query=urlencode(moved)).geturl()
    match = _FURTHER.search(parts.path)
    if match:
        path = f"{parts.path[:match.start()]}{int(match.group(1)) + number - 1}{parts.path[match.end():]}"
        return parts._replace(path=path).geturl()
    return joined(address, f"?{urlencode([*query, ('page', str(number))])}")
