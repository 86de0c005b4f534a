"""jpage (大汉 jcms): rows stand in `<script type="text/xml"><datastore>`, further ones come from dataproxy.jsp.

Promises: the unit of the page's own column is walked (a page carries several), by startrecord/endrecord, and where that
is ignored by page=N&perpage=; an over-large window that answers nothing is made smaller; another path of the interface
is tried where one is gone; where GET is refused or always answers the same, the parameters are posted; old answers as a
JavaScript array are read; the list is complete when the stated number of records was received. Leaves alone: the
visible `<ul>`, which is empty in this family.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import parse_qsl, urlencode, urlsplit

from crawler.families.paging import Answer, Ask, Enumeration, Get, Listing, Walk
from crawler.families.rows import joined, names_report, parse, rows, whole_page
from crawler.model import Item, Outcome
from extract import literals
from extract.enclosed import up_to_last

PATHS = ("/module/web/jpage/dataproxy.jsp", "/module/jpage/dataproxy.jsp",
         "/module/jslib/jquery/jpage/dataproxy.jsp")
GROUP = 45
PERPAGE = 15
_MARKS = re.compile(r"""<script[^<>]*type\s*=\s*["']?text/xml["']?[^<>]*>\s*(?:<!\[CDATA\[)?\s*"""
                    r"(?:<\?xml[^<>]*>\s*)?<datastore|dataproxy\.jsp", re.I)
_UNIT = re.compile(r"""<script[^<>]*type\s*=\s*["']?text/xml["']?[^<>]*>(.*?)</script>""", re.I | re.S)
_RECORD = re.compile(r"<record>\s*(?:<!\[CDATA\[(.*?)\]\]>|(.*?))\s*</record>", re.I | re.S)
_GROUP = re.compile(r"<(?:next|pre)group>\s*(?:<!\[CDATA\[(.*?)\]\]>|(.*?))\s*</(?:next|pre)group>", re.I | re.S)
_TOTAL = re.compile(r"<totalrecord>\s*(\d+)|\btotalRecord\b[\"']?\s*[:=]\s*[\"']?(\d+)", re.I)
_PAGES = re.compile(r"<totalpage>\s*(\d+)|\btotalPage\b[\"']?\s*[:=]\s*[\"']?(\d+)", re.I)
_CALL = re.compile(r"""(?:\$|\bjQuery)\(\s*["']#(\w+)["']\s*\)\.jpage\(\s*\{(.{0,5000}?)\}\s*\)""", re.S)
_OPTION = re.compile(r"""["']?(\w+)["']?\s*:\s*["']?([^"',}\s]*)""")
_JS_ROW = re.compile(r'"((?:[^"\\]|\\.)*<a\b(?:[^"\\]|\\.)*)"'
                     r"|'((?:[^'\\]|\\.)*<a\b(?:[^'\\]|\\.)*)'", re.I | re.S)
_COLUMN = re.compile(r"/col/col(\d+)/|columnid=(\d+)")
_WINDOW = ("startrecord", "endrecord", "perpage", "page")
_PARAMETERS = ("appid", "webid", "path", "columnid", "unitid", "webname", "permissiontype", "col", "sourceContentType")


@dataclass(slots=True)
class Unit:
    """One list block of the page. `proxy` is the interface with its parameters, empty where the page names none."""

    id: str
    items: list[Item]
    proxy: str = ""
    total: int | None = None
    perpage: int = PERPAGE
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def column(self) -> str:
        return dict(parse_qsl(urlsplit(self.proxy).query)).get("columnid", self.parameters.get("columnid", ""))


def recognise(text: str) -> bool:
    return bool(_MARKS.search(text))


def listing(text: str, url: str) -> Listing:
    """The page's own unit, or one answer of the interface."""
    if not _UNIT.search(up_to_last(text, "</script>")) and (
            "<datastore" in text.lower() or not whole_page(text)):
        return _answered(text, url)
    unit = own_unit(text, url)
    return Listing(unit.items, unit.items, unit.total, known_shape=True)


def own_unit(text: str, url: str) -> Unit:
    """The unit of the column the page belongs to: by the column's number, else the one that holds most reports."""
    units = _units(text, url)
    match = _COLUMN.search(url)
    if match:
        number = match.group(1) or match.group(2)
        # The address carries the column as 1229458129 or 33718; the interface may know it with or without a prefix.
        own = [unit for unit in units if unit.column and (unit.column == number or number.endswith(unit.column))]
        units = own or units
    # Several and none of the column's number: rather the one that holds reports than the longest of news.
    return max(units, key=lambda unit: (sum(names_report(item.title) for item in unit.items), unit.total or 0),
               default=Unit("", []))


async def enumerate_list(first: Answer, get: Get, max_pages: int) -> Enumeration:
    """Walk the unit to its stated number of records."""
    unit, walk = own_unit(first.text, first.url), Walk(max_pages)
    total = unit.total
    walk.add(Listing(unit.items, unit.items))
    if total is None and not unit.proxy:
        return walk.conclude(False, "the page states no number of records and names no interface")
    if total == 0 or walk.reaches(total):
        return walk.conclude(True)
    if not unit.proxy:
        return walk.conclude(False, f"{walk.printed} records of {total} stated, and the page names no interface")
    found = await _by_interface(unit, walk, get, posted=False)
    if found.complete or walk.full or walk.reaches(total):
        return found
    posted = await _by_interface(unit, walk, get, posted=True)
    # What GET met says more about the portal than what a second way met, unless that one went further.
    return posted if posted.complete or len(posted.items) > len(found.items) else found


async def _by_interface(unit: Unit, walk: Walk, get: Get, posted: bool) -> Enumeration:
    """Walk the interface by records, then by pages, asking with GET or by posting."""
    total = unit.total
    proxy, answer = await _first_answer(unit, walk, get, posted)
    if not answer.ok:
        return walk.conclude(False, f"{answer.outcome} {answer.reason} ({proxy})".replace("  ", " "))
    page = _answered(answer.text, answer.url)
    # An interface that didn't understand the question states 0: the larger count is the one to be reached.
    total = max((number for number in (total, page.total) if number is not None), default=None)
    if walk.add(page) or not page.items:
        size = GROUP if page.items else unit.perpage
        found = await _by_records(unit, proxy, total, walk, get, size, posted)
        if found.complete or walk.full or page.items:
            return found
    return await _by_pages(unit, proxy, total, walk, get, posted)


async def _first_answer(unit: Unit, walk: Walk, get: Get, posted: bool) -> tuple[str, Answer]:
    """The first answer of the interface after the rows already held, at whichever of its paths it lives."""
    own = urlsplit(unit.proxy)
    first: Answer | None = None
    for path in dict.fromkeys((own.path, *PATHS)):
        proxy = own._replace(path=path).geturl()
        answer = await get(_asked(_window(proxy, walk.printed + 1, GROUP, unit), posted))
        if answer.ok:
            return proxy, answer
        first = first or answer
        if answer.outcome not in (Outcome.GONE, Outcome.SOFT_404):
            break
    assert first is not None
    return unit.proxy, first


async def _by_records(unit: Unit, proxy: str, total: int | None, walk: Walk, get: Get, size: int,
                      posted: bool) -> Enumeration:
    while not walk.reaches(total):
        if walk.full:
            return walk.conclude(False, f"stopped after {walk.max_pages} requests at {walk.printed} of {total} records")
        answer = await get(_asked(_window(proxy, walk.printed + 1, size, unit), posted))
        page = _answered(answer.text, answer.url) if answer.ok else None
        if page is None or not walk.add(page):
            if size > unit.perpage and (page is None or not page.items):
                size = unit.perpage
                continue
            if total is None and page is not None and not page.items:
                return walk.conclude(True)
            return walk.conclude(False, _why(answer, page, walk, total))
    return walk.conclude(True)


async def _by_pages(unit: Unit, proxy: str, total: int | None, walk: Walk, get: Get, posted: bool) -> Enumeration:
    """Some portals ignore startrecord and count pages; the window is asked in sizes that shrink until one answers."""
    for size in dict.fromkeys((100, 45, unit.perpage)):
        number, idle = 1, 0
        answer = page = None
        while not walk.reaches(total) and not walk.full and idle < 2:
            answer = await get(_asked(_paged(proxy, number, size), posted))
            page = _answered(answer.text, answer.url) if answer.ok else None
            if page is None or not page.items:
                break
            # The first window repeats rows that the page itself carried, so one idle answer proves nothing.
            idle = 0 if walk.add(page) else idle + 1
            number += 1
        if walk.reaches(total):
            return walk.conclude(True)
        if walk.full:
            return walk.conclude(False, f"stopped after {walk.max_pages} requests at {walk.printed} of {total} records")
        if number > 1 and idle == 0 and total is None and page is not None:
            return walk.conclude(True)
        if idle:
            break  # it answers, but always the same: another size changes nothing
    return walk.conclude(False, _why(answer, page, walk, total))


def _why(answer: Answer | None, page: Listing | None, walk: Walk, total: int | None) -> str:
    if answer is not None and not answer.ok:
        return f"{answer.outcome} {answer.reason} ({answer.url})".replace("  ", " ")
    if page is not None and page.items:
        return f"the interface ignores which records are asked: {walk.printed} of {total} received"
    return f"the interface ends after {walk.printed} of {total} records"


def _asked(address: str, posted: bool) -> str | Ask:
    """The request as the portal's own script sends it: the window in the address, the unit's parameters posted."""
    if not posted:
        return address
    parts = urlsplit(address)
    query = parse_qsl(parts.query, keep_blank_values=True)
    window = [(key, value) for key, value in query if key in _WINDOW]
    return Ask(parts._replace(query=urlencode(window)).geturl(),
               form={"col": "1", **{key: value for key, value in query if key not in _WINDOW}}, expect="data")


def _window(proxy: str, start: int, size: int, unit: Unit) -> str:
    end = start + size - 1 if unit.total is None else min(unit.total, start + size - 1)
    return _with(proxy, {"startrecord": str(start), "endrecord": str(max(start, end)), "perpage": str(unit.perpage)},
                 drop=("page",))


def _paged(proxy: str, number: int, size: int) -> str:
    return _with(proxy, {"page": str(number), "perpage": str(size)}, drop=("startrecord", "endrecord"))


def _with(proxy: str, values: dict[str, str], drop: tuple[str, ...]) -> str:
    parts = urlsplit(proxy)
    kept = [(key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True)
            if key not in values and key not in drop]
    return parts._replace(query=urlencode([*values.items(), *kept])).geturl()


def _units(text: str, url: str) -> list[Unit]:
    calls = {name: dict(_OPTION.findall(inner)) for name, inner in _CALL.findall(text)}
    found = []
    for match in _UNIT.finditer(up_to_last(text, "</script>")):
        block = unescape(match.group(1)) if "&lt;record" in match.group(1) else match.group(1)
        if "<datastore" not in block.lower():
            continue
        opening = re.findall(r"""<\w+[^<>]*\bid\s*=\s*["']?(\w+)""", text[max(0, match.start() - 3000):match.start()])
        proxy = next((href for first, second in _GROUP.findall(up_to_last(block, "group>"))
                      if (href := _href(first or unescape(second)))), "")
        query = dict(parse_qsl(urlsplit(proxy).query))
        name = query.get("unitid", "") or next((name for name in reversed(opening) if name in calls),
                                               opening[-1] if opening else "")
        found.append(_unit(name, block, calls.get(name, {}), text, url, proxy))
    if not found:
        found = [_unit(name, "", options, text, url, "") for name, options in calls.items()] or [
            _unit("", "", {}, text, url, "")]
    return found


def _unit(name: str, block: str, options: dict[str, str], text: str, url: str, proxy: str) -> Unit:
    total = options.get("totalRecord") or _number(_TOTAL, block)
    perpage = options.get("perPage") or options.get("perpage") or ""
    declared = {key: value for key, value in options.items() if key in _PARAMETERS and value}
    if not proxy:
        mentioned = re.search(r"""["'(]([^"'()\s<>]*dataproxy\.jsp[^"'()\s<>]*)""", text)
        if mentioned and (declared or "?" in mentioned.group(1)):
            proxy = unescape(mentioned.group(1))
    resolved = joined(url, proxy) if proxy else ""
    if resolved and declared:
        resolved = _with(resolved, declared, drop=())
    return Unit(name, _records(block, url), resolved, int(total) if total and str(total).isdigit() else None,
                min(int(perpage), 100) if perpage.isdigit() and int(perpage) > 0 else PERPAGE, declared)


def _answered(text: str, url: str) -> Listing:
    """An answer of dataproxy.jsp: a datastore, an old JavaScript array, or bare rows."""
    if "<record>" in text.lower() or "<datastore" in text.lower():
        items = _records(text, url)
    else:
        pieces = [(first or second) for first, second in _JS_ROW.findall(text)]
        items = _rows_of("\n".join(map(_unescaped, pieces)) if pieces else text, url)
        if not pieces and whole_page(text):
            items = []  # a start page in the answer's place: its rows would fill the stated number
    total, pages = _number(_TOTAL, text), _number(_PAGES, text)
    return Listing(items, items, int(total) if total else None, int(pages) if pages else None, known_shape=True)


def _records(block: str, url: str) -> list[Item]:
    found = _RECORD.findall(up_to_last(block, "</record>"))
    return _rows_of("\n".join(first or unescape(second) for first, second in found), url)


def _rows_of(markup: str, url: str) -> list[Item]:
    """Every record is a row by itself; some carry only an anchor, so rows without other evidence count too."""
    if not markup.strip():
        return []
    if not re.search(r"<(li|tr)\b", markup, re.I):
        markup = re.sub(r"\n(?=<)", "</li>\n<li>", f"<li>{markup}</li>")
    bare_rows = re.search(r"<tr\b", markup, re.I) and not re.search(r"<table\b", markup, re.I)
    around = "table" if bare_rows else "ul"
    root = parse(f"<html><body><{around}>{markup}</{around}></body></html>")
    return [row.item for row in rows(root, url, every=True)]


def _unescaped(piece: str) -> str:
    """The value of a script string whose quotes are gone already."""
    value = literals.literal("`" + piece.replace("`", "\\`") + "`")
    return value if isinstance(value, str) else re.sub(r"\\(.)", r"\1", piece)


def _href(fragment: str) -> str:
    match = re.search(r"""href\s*=\s*["']?([^"'\s>]+)""", fragment, re.I)
    address = unescape(match.group(1)) if match else ""
    return address if joined("http:", address) else ""  # what is no address is none


def _number(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return next((group for group in match.groups() if group), "") if match else ""
