"""Plain lists without a known publishing system: rows in the markup, further pages behind links or guessable names.

Promises: pages behind 下一页 and numbered links are walked first; without such links the way that the page's script,
chooser or form turns pages; only when the page says that there is more and shows no way to it are index_1, index_2, _1,
_2, /2 and ?page= tried. Leaves alone: lists that a script fills – a page that names the interface of such a system is
not taken for a static list (families.recognise).
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from lxml import html

from crawler.families.numbering import NAMES, Number, guesses, numbering
from crawler.families.pagers import is_next, label, page_number, script_pager, turned_by_script
from crawler.families.paging import Answer, Enumeration, Get, Listing, Walk, ends, stated
from crawler.families.rows import absolute, base_of, main_rows, names_report, parse, rows
from crawler.model import Outcome

_PAGE_PARAMETER = re.compile(rf"[?&]({NAMES}|start|offset|begin|skip|pageStart|startrow)=\d", re.I)
_FORWARD = re.compile(r"^(?:[下后]|更[早多]|往后|以前|较早)[一\d]{0,3}(?:组|批|屏|条|篇|则|个|段)?$")
"""Words of a link to further rows beside those for the next page; a link without any words is a picture of an arrow."""
_MORE = re.compile(r"^[\[(（【<>《》»+\s]*(查看|阅读|点击)?(更多|more)[\])）】<>《》»+.…\s]*$", re.I)
_NO_SUCH_PAGE = (Outcome.GONE, Outcome.SOFT_404)
_EMPTY = re.compile(r"暂无(?:相关)?(?:信息|数据|内容|记录|文章)|没有(?:相关|找到)?(?:信息|数据|内容|记录)")


def recognise(text: str) -> bool:
    """A page that holds at least one row; called last, after every system with a marker of its own."""
    return bool(rows(parse(text), "http://localhost/"))


def listing(text: str, url: str) -> Listing:
    """One list page: its rows, what it states of their number, and where further pages are."""
    root = parse(text)
    found = rows(root, url)
    main, (total, pages) = main_rows(found), stated(text)
    scripted = script_pager(text, len(main))
    if total is None and pages is None:
        total, pages = scripted.rows, scripted.pages
    if total is not None and 0 < total < len({item.url for item in main}):
        total = None  # fewer than stand here: it counts something else
    says_empty = total == 0 or bool(_EMPTY.search(root.text_content()))
    return Listing([row.item for row in found], main, total, pages,
                   _following(root, url, {row.item.url for row in found}),
                   scripted.more or turned_by_script(root, text, url),
                   _preview_of(root, url, {item.url for item in main}), known_shape=says_empty)


async def enumerate_list(first: Answer, get: Get, max_pages: int) -> Enumeration:
    """Walk the list from its first page to its end, as its links, its own count or probing tell."""
    opening, walk = listing(first.text, first.url), Walk(max_pages)
    walk.add(opening)
    if not opening.items:
        return walk.conclude(False, known_shape=opening.known_shape)
    turned = None if opening.next or opening.pages == 1 or walk.reaches(opening.total) else numbering(first)
    if turned is not None:
        return await _by_numbers(turned, opening, walk, get)
    waiting, asked = list(opening.next), {first.url}
    last, filled, blank = first.url, 1, ""
    while waiting:
        address = waiting.pop(0)
        if address in asked:
            continue
        if walk.full:
            return walk.conclude(False, f"stopped after {max_pages} pages")
        asked.add(address)
        answer = await get(address)
        if not answer.ok:
            return walk.conclude(False, f"{answer.outcome} {answer.reason} ({address})".replace("  ", " "))
        page = listing(answer.text, answer.url)
        if not walk.add(page):
            if walk.reaches(opening.total):
                continue
            if not page.main:
                blank = blank or address
                continue
            return walk.conclude(False, f"the page repeats earlier rows ({address})")
        if blank:
            return walk.conclude(False, f"a page before the last one holds no rows ({blank})")
        last, filled = address, filled + 1
        waiting.extend(following for following in page.next if following not in asked)
    if walk.pages == 1 and _says_more(opening, walk):
        return await _probe(first, opening, walk, get)
    if opening.preview_of and not walk.reaches(opening.total):
        return walk.conclude(False, f"the page shows only the newest rows of {opening.preview_of}")
    if opening.total is not None and not walk.reaches(opening.total):
        return walk.conclude(False, f"{walk.printed} rows of {opening.total} stated")
    if opening.pages is not None and filled < opening.pages and not walk.reaches(opening.total):
        return walk.conclude(False, f"{filled} pages of {opening.pages} stated, last {last}")
    if blank and opening.total is None and opening.pages is None and blank in _numbered(parse(first.text), first.url):
        return walk.conclude(False, f"a page that the list names holds no rows ({blank})")
    return walk.conclude(True)


async def _by_numbers(name: Number, opening: Listing, walk: Walk, get: Get) -> Enumeration:
    """Ask page after page to the stated count, or until a page holds nothing."""
    number, previous = 1, opening
    while not walk.reaches(opening.total) and (opening.pages is None or number < opening.pages):
        if walk.full:
            return walk.conclude(False, f"stopped after {walk.max_pages} pages of {opening.pages or '?'}")
        number += 1
        answer = await get(name(number))
        page = listing(answer.text, answer.url) if answer.ok else None
        if page is not None and walk.add(page):
            previous = page
            continue
        if opening.pages is None and opening.total is None and page is not None and ends(page, previous, opening):
            return walk.conclude(True)
        said = "repeats earlier rows or holds none" if answer.ok else f"{answer.outcome} {answer.reason}".rstrip()
        return walk.conclude(False, f"page {number} of {opening.pages or '?'}: {said} ({answer.url})")
    if opening.total is not None and not walk.reaches(opening.total):
        return walk.conclude(False, f"{walk.printed} rows of {opening.total} stated")
    return walk.conclude(True)


def or_own_rows(found: Enumeration, first: Answer) -> Enumeration:
    """`found`, or the reports a page shows by itself where its interface gave no row: what is seen counts as seen, but
    nothing says that it is all."""
    own = listing(first.text, first.url) if not found.items else None
    if own is None or not any(names_report(item.title) for item in own.main):
        return found
    walk = Walk(1)
    walk.add(own)
    return walk.conclude(False, found.reason or "the interface gave no row, the page shows some")


async def _probe(first: Answer, opening: Listing, walk: Walk, get: Get) -> Enumeration:
    """Find by trial how page 2 is called, then follow that way to the stated count or the end."""
    for name in guesses(first.url):
        answer = await get(name(2))
        if not answer.ok or not walk.add(listing(answer.text, answer.url)):
            continue
        number = 2
        while not walk.reaches(opening.total) and (opening.pages is None or number < opening.pages):
            if walk.full:
                return walk.conclude(False, f"stopped after {walk.max_pages} pages")
            number += 1
            answer = await get(name(number))
            if not answer.ok or not walk.add(listing(answer.text, answer.url)):
                number -= 1
                break
        if opening.pages is not None:
            whole = number >= opening.pages
        else:
            # Without any count the end is where the next page is not there any more, not where a server fails.
            whole = walk.reaches(opening.total) or (opening.total is None and answer.outcome in _NO_SUCH_PAGE)
        return walk.conclude(whole, "" if whole else f"page {number + 1} could not be read ({name(number + 1)})")
    return walk.conclude(False, f"the page says there is more ({opening.total or '?'} rows, {opening.pages or '?'} "
                                "pages), but page 2 was not found")


def _says_more(opening: Listing, walk: Walk) -> bool:
    if opening.pages is None and opening.total is None:
        return opening.script_paged
    return (opening.pages or 1) > 1 or (opening.total is not None and not walk.reaches(opening.total))


def _following(root: html.HtmlElement, url: str, shown_rows: set[str]) -> list[str]:
    """Addresses of the other pages of this list: the next link, and numbered links that look like its neighbours."""
    base, found = base_of(root, url), []
    for link in root.iter("a"):
        address = absolute(base, link.get("href") or "")
        if not address or address == url:
            continue
        shown = label(link)
        numbered = (page_number(shown) or 0) > 1 and _neighbour(url, address)
        forward = ((not shown or _FORWARD.match(shown)) and address not in shown_rows
                   and _further(url, address))
        if numbered or forward or link.get("rel") == "next" or is_next(shown):
            found.append(address)
    return list(dict.fromkeys(found))


def _numbered(root: html.HtmlElement, url: str) -> set[str]:
    """Addresses of this list's pages that stand behind a number: 下一页 may lead past the end, a number doesn't."""
    base = base_of(root, url)
    return {absolute(base, link.get("href") or "") for link in root.iter("a") if page_number(label(link)) is not None}


def _preview_of(root: html.HtmlElement, url: str, main: set[str]) -> str:
    """Where a 更多 link beside the rows, and beside no others, leads."""
    base = base_of(root, url)
    for link in root.iter("a"):
        address = absolute(base, link.get("href") or "")
        if not address or address == url or not _MORE.match("".join(link.itertext()).strip()):
            continue
        for ancestor in list(link.iterancestors())[:4]:
            beside = {row.item.url for row in rows(ancestor, url)}
            if beside:
                if beside & main and beside <= main | {address}:
                    return address
                break
    return ""


def _neighbour(url: str, address: str) -> bool:
    """Whether `address` differs from this page's own only by a page number."""
    one, other = urlsplit(url), urlsplit(address)
    if one.netloc != other.netloc:
        return False
    if _PAGE_PARAMETER.search(address):
        return one.path == other.path
    return _bare(one.path) == _bare(other.path)


def _further(url: str, address: str) -> bool:
    """Whether `address` is this list's under a number greater than the page's own."""
    numbers = [int(found[-1]) if (found := re.findall(r"[=_/-](\d{1,4})(?=\.\w+$|&|$)", one)) else 0
               for one in (url, address)]
    return numbers[1] > max(numbers[0], 1) and _neighbour(url, address)


def _bare(path: str) -> str:
    unnumbered = re.sub(r"([_/-]\d{1,4})(?=\.\w+$)", "", path)
    return re.sub(r"([_/-]\d{1,4})?(/|(/?(index|list|default))?\.\w+)?$", "", unnumbered)
