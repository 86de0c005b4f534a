"""Anhui's label platform: a column of /public/column/{organ} whose rows come as fragments from /site/label/8888.

Promises: the label's own parameters are taken from the page (a call's address, an object of parameters, hidden inputs,
the column's address) and page 1 is asked from the label too, in full title length, so that windows never differ; GET,
and where that is ignored POST; complete when every page that the label states answered with new rows, or an empty
answer ended a list that states none. Leaves alone: the organ's other columns on the page.
"""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qsl, urlencode, urlsplit

from crawler.families import static
from crawler.families.paging import Answer, Ask, Enumeration, Get, Listing, Walk, ends, stated
from crawler.families.rows import joined, parse, rows
from crawler.model import Item
from extract import literals

TITLE_LENGTH = "200"
"""The label cuts titles to `length` characters; asked for more than any title has."""
_MARKS = re.compile(r"/site/label/\d{3,5}\b|/public/column/\d+")
_ADDRESS = re.compile(r"""["'(]([^"'()\s<>]*/site/label/\d{3,5}(?:\?[^"'()\s<>]*)?)""")
_JOINT = re.compile(r"""["']\s*\+\s*[\w.$]+(?:\(\))?\s*\+\s*["']""")
_OBJECT = re.compile(r"\{[^{}]{10,3000}\}", re.S)
_INPUT = re.compile(r"<input\b[^<>]*>", re.I)
_LABEL = "publicInfoList"
_KNOWN = ("labelName", "siteId", "organId", "catId", "catIds", "cId", "type", "action", "file", "pageSize", "isDate",
          "dateFormat", "fuzzySearch", "fromCode", "keyWords", "sortType", "result", "IsAjax", "dataType")
_EMPTY = re.compile(r"暂无|没有(?:相关)?(?:信息|数据|内容|记录)")


def recognise(text: str) -> bool:
    return bool(_MARKS.search(text))


def listing(text: str, url: str) -> Listing:
    """One fragment, or the first page as the shell carries it."""
    fragment = not re.search(r"<body\b", text, re.I)
    found = _rows(text, url, fragment)
    total, pages = stated(text)
    empty = bool(_EMPTY.search(text)) or (fragment and not found)
    return Listing(found, found, total, pages, known_shape=bool(found) or empty or bool(_ADDRESS.search(text)))


async def enumerate_list(first: Answer, get: Get, max_pages: int) -> Enumeration:
    """Ask the label page by page; the shell's rows stand in only where the label can't be asked."""
    shell, walk = listing(first.text, first.url), Walk(max_pages)
    address, parameters = label_call(first.text, first.url)
    if not parameters:
        # Other pages of the platform are made by the server; only their search box speaks to the label.
        return await static.enumerate_list(first, get, max_pages)
    posted = False
    answer = await get(_ask(address, parameters, 1, posted))
    opening = listing(answer.text, answer.url) if answer.ok else None
    if opening is None or (shell.items and not opening.items):
        posted = True
        answer = await get(_ask(address, parameters, 1, posted))
        opening = listing(answer.text, answer.url) if answer.ok else None
    if opening is None or (shell.items and not opening.items):
        walk.add(shell)
        return walk.conclude(False, _why(answer, 1, shell.pages))
    walk.add(opening)
    pages = opening.pages if opening.pages is not None else shell.pages
    total = opening.total if opening.total is not None else shell.total
    if not opening.items:
        return walk.conclude(True)
    number, previous = 1, opening
    while (number < pages) if pages is not None else not walk.reaches(total):
        if walk.full:
            return walk.conclude(False, f"stopped after {max_pages} pages of {pages or '?'}")
        number += 1
        answer = await get(_ask(address, parameters, number, posted))
        page = listing(answer.text, answer.url) if answer.ok else None
        if page is not None and page.items and walk.add(page):
            previous = page
            continue
        if not posted and number == 2 and (page is None or page.items):
            # GET is refused, or always answers page 1: the parameters have to be posted.
            posted, number = True, 1
            continue
        if page is not None and pages is None and total is None and ends(page, previous, opening):
            return walk.conclude(True)
        return walk.conclude(False, _why(answer, number, pages))
    if total is not None and not walk.reaches(total):
        return walk.conclude(False, f"{walk.printed} rows of {total} stated")
    return walk.conclude(True)


def label_call(text: str, url: str) -> tuple[str, dict[str, str]]:
    """(address, parameters) of the label that lists this column; no parameters where the page names none."""
    organ, column = _own(url)
    # An address put together around variables ("…&pageIndex=" + n + "&organId=7…") is one address.
    text = _JOINT.sub("", text)
    calls: list[tuple[str, dict[str, str]]] = []
    for match in _ADDRESS.finditer(text):
        parts = urlsplit(joined(url, unescape(match.group(1))))
        calls.append((parts._replace(query="").geturl(), dict(parse_qsl(parts.query, keep_blank_values=True))))
    address = calls[0][0] if calls else joined(url, "/site/label/8888")
    calls = [call for call in calls if "labelName" in call[1] or "organId" in call[1]]
    for literal in _OBJECT.findall(text):
        # Variables read as None: what a script fills in is no parameter we know.
        pairs = {key: str(value).lower() if isinstance(value, bool) else str(value)
                 for key, value in (literals.literal(literal) or {}).items() if isinstance(value, str | int)}
        if "labelName" in pairs or ("organId" in pairs and "catId" in pairs):
            calls.append((address, pairs))
    hidden = {name: value for name, value in map(_hidden, _INPUT.findall(text)) if name in _KNOWN}
    if "organId" in hidden or "labelName" in hidden:
        calls.append((address, hidden))
    lists = [call for call in calls if re.search(r"(?<!data)list$", call[1].get("labelName", _LABEL), re.I)]
    own = [call for call in lists if organ and call[1].get("organId", organ) == organ
           and call[1].get("catId", column) in (column, "")]
    chosen = (own or lists or [("", {})])[0]
    if not chosen[1]:
        return address, {}
    given = {**{key: value for key, value in hidden.items() if value}, **chosen[1]}
    declared = {**dict(parse_qsl(urlsplit(url).query)), **({"organId": organ} if organ else {})}
    kept = {key: value for key, value in given.items() if key in _KNOWN}
    for key in ("organId", "catId", "type", "action"):
        if not kept.get(key) and declared.get(key):
            kept[key] = declared[key]
    return chosen[0] or address, {"labelName": _LABEL, **kept, "IsAjax": "1", "dataType": "html",
                                  "length": TITLE_LENGTH}


def _ask(address: str, parameters: dict[str, str], number: int, posted: bool) -> Ask:
    asked = {**parameters, "pageIndex": str(number)}
    if posted:
        return Ask(f"{address}?IsAjax=1&dataType=html", form=asked, expect="data")
    return Ask(f"{address}?{urlencode(asked)}", expect="data")


def _own(url: str) -> tuple[str, str]:
    """(organ, column) that the column's address carries."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    match = re.search(r"/public/(?:column/)?(\d+)", parts.path)
    return (match.group(1) if match else query.get("organId", "")), query.get("catId", "")


def _rows(text: str, url: str, fragment: bool) -> list[Item]:
    if not text.strip():
        return []
    root = parse(f"<html><body>{text}</body></html>" if fragment else text)
    lists = root.xpath("//*[contains(concat(' ', @class, ' '), ' xxgk_navli ')]")
    if lists:
        return [row.item for one in lists for row in rows(one, url)]
    found = rows(root, url)
    # Beside a list the shell carries links of the organ's other columns; articles have an address of their own.
    return [row.item for row in found if fragment or re.search(r"/public/\d+/\d+\.html", row.item.url)]


def _hidden(tag: str) -> tuple[str, str]:
    name = re.search(r"""\b(?:name|id)\s*=\s*["']?([\w-]+)""", tag, re.I)
    value = re.search(r"""\bvalue\s*=\s*["']([^"']*)""", tag, re.I)
    return (name.group(1) if name else "", value.group(1) if value else "")


def _why(answer: Answer, number: int, pages: int | None) -> str:
    if not answer.ok:
        return f"page {number} of {pages or '?'}: {answer.outcome} {answer.reason} ({answer.url})".replace("  ", " ")
    return f"page {number} of {pages or '?'} repeats earlier rows or holds none ({answer.url})"
