"""VSB (博达): the list zcwj.htm, its further pages zcwj/11.htm … zcwj/1.htm counting down; articles /info/…/….htm.

Promises: the page count of the visible line, of the pager's own call or of its last link; page k of N is file N-k+1,
in the folder its links name; complete when every one of the N pages answered with new rows. Dynamic lists
(list.jsp?…PAGENUM=2) are walked by their links. Leaves alone: the click counters of the rows.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from crawler.families import static
from crawler.families.paging import Answer, Enumeration, Get, Listing, Walk, stated
from crawler.families.rows import absolute, base_of, main_rows, parse, rows

_MARKS = re.compile(r"""_showDynClicks\(\s*["']wbnews|_simple_list_gotopage_fun|/system/resource/js/"""
                    r"""|["'(=/]info/\d+/\d+\.htm\b""")
_CALL = re.compile(r"_simple_list_gotopage_fun\(\s*(\d{1,5})\s*,")
_LINE = re.compile(r"共\s*(\d{1,6})\s*条(?:[^<\d]|&nbsp;|<[^>]{1,100}>){0,12}?(\d{1,5})\s*/\s*(\d{1,5})")
_NUMBERED = re.compile(r"^(.*/)(\d{1,5})\.(s?html?)$")


def recognise(text: str) -> bool:
    return bool(_MARKS.search(text))


def listing(text: str, url: str) -> Listing:
    """One list page, with the count that its line or its pager's call states."""
    root = parse(text)
    found = rows(root, url)
    total, pages = stated(text)
    line, call = _LINE.search(text), _CALL.search(text)
    if line:
        total, pages = int(line.group(1)), int(line.group(3))
    elif call:
        pages = int(call.group(1))
    return Listing([row.item for row in found], main_rows(found), total, pages,
                   known_shape=line is not None or call is not None or total == 0)


async def enumerate_list(first: Answer, get: Get, max_pages: int) -> Enumeration:
    """Walk down from the newest page to file 1."""
    opening, walk = listing(first.text, first.url), Walk(max_pages)
    if opening.pages is None or (opening.pages > 1 and "jsp" in urlsplit(first.url).path.lower()):
        return await static.enumerate_list(first, get, max_pages)
    walk.add(opening)
    if not opening.main:
        return walk.conclude(opening.pages <= 1)
    folder, ending = _files(first, opening.pages)
    for number in range(opening.pages - 1, 0, -1):
        if walk.full:
            return walk.conclude(False, f"stopped after {max_pages} pages of {opening.pages}")
        address = f"{folder}{number}.{ending}"
        answer = await get(address)
        place = f"page {opening.pages - number + 1} of {opening.pages}"
        if not answer.ok:
            return walk.conclude(False, f"{place}: {answer.outcome} {answer.reason} ({address})".replace("  ", " "))
        if not walk.add(listing(answer.text, answer.url)):
            return walk.conclude(False, f"{place} repeats earlier rows or holds none ({address})")
    if opening.total is not None and not walk.reaches(opening.total):
        return walk.conclude(False, f"{walk.printed} rows of {opening.total} stated")
    return walk.conclude(True)


def _files(first: Answer, pages: int) -> tuple[str, str]:
    """(folder, ending) of the further pages: where the pager's links lead, else the folder named like the list."""
    root = parse(first.text)
    base = base_of(root, first.url)
    for link in root.iter("a"):
        address = absolute(base, link.get("href") or "")
        numbered = _NUMBERED.match(address)
        if numbered and int(numbered.group(2)) in (1, pages - 1) and len("".join(link.itertext()).strip()) <= 6:
            return numbered.group(1), numbered.group(3)
    stem, dot, ending = urlsplit(first.url)._replace(query="").geturl().rpartition(".")
    return f"{stem}/", ending if dot and "/" not in ending else "htm"
