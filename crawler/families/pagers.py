"""What the script of a list's pager states: layui, pagination plug-ins, kkpager, data attributes of a pager element.

Promises: rows or pages where the setting's name says which of the two it counts; a bare `total` only tells that there
is more than what is shown, or not. Leaves alone: visible lines (paging.stated) and calls of known systems (trs, vsb).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from extract import literals

_CALL = re.compile(r"\b(laypage\s*\.\s*render|laypage|pagination|twbsPagination|kkpager\.\w+|jqPaginator|"
                   r"bootstrapPaginator|simplePaging|simplePagination|jPages|paging|pager|page|pageNav|pageTool|"
                   r"createPager?)\s*\(\s*(?:(?:[\"'][^\"']*[\"']|\d+)\s*,\s*)*", re.I)
_FIRST_NUMBER = re.compile(r"\bpagination\s*\(\s*(\d{1,6})\s*,", re.I)
_ATTRIBUTE = re.compile(r"""\bdata-(total|count|pages|totals|total-?pages?|page-?count|total-?count|page-?total)"""
                        r"""\s*=\s*["']?(\d{1,6})""", re.I)
_ELEMENT = re.compile(r"""<\w+[^<>]{0,500}\b(?:id|class)\s*=\s*["'](?:[^"'<>]{0,200}[\s_-])?"""
                      r"""(?:pager|paging|pagination|pagebar|pages?)(?:\s[^"'<>]{0,200})?["'][^<>]{0,1000}>""", re.I)
_ROWS = frozenset({"count", "totalcount", "totalrecord", "totalrecords", "recordcount", "totalnum", "totaldata",
                   "totalcounts", "totalrows", "rowcount", "totalitems", "items"})
_PAGES = frozenset({"pagecount", "totalpage", "totalpages", "pages", "pagetotal", "countpage", "maxpage"})
_UNCLEAR = frozenset({"total", "num", "totals", "sum"})


@dataclass(frozen=True, slots=True)
class Stated:
    """Rows and pages in all where a pager's script says so; `more` = a count it states exceeds what is shown."""

    rows: int | None = None
    pages: int | None = None
    more: bool = False


def script_pager(text: str, shown: int) -> Stated:
    """What the pagers of a page state; `shown` is the number of rows on it."""
    rows: int | None = None
    pages: int | None = None
    more = False
    for name, value in _settings(text):
        key = re.sub(r"[-_]", "", name).lower()
        if key in _ROWS and rows is None:
            rows = value
        elif key in _PAGES and pages is None:
            pages = value
        elif key in _UNCLEAR and value not in (0, 1, shown):
            more = True
    return Stated(rows, pages, more and rows is None and pages is None)


def _settings(text: str) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = [("count", int(number)) for number in _FIRST_NUMBER.findall(text)]
    for call in _CALL.finditer(text):
        if text[call.end():call.end() + 1] != "{":
            continue
        try:
            options, _ = literals.read(text, call.end())
        except literals.LiteralError:
            continue
        for key, value in options.items() if isinstance(options, dict) else ():
            number = int(value) if isinstance(value, str) and value.isdigit() else value
            if isinstance(number, int) and not isinstance(number, bool):
                found.append((key, number))
    for tag in _ELEMENT.findall(text):
        found += [(name, int(number)) for name, number in _ATTRIBUTE.findall(tag)]
    return found
