"""ASP.NET web forms: further pages come by __doPostBack('AspNetPager1','2') with the form's hidden state.

Promises: each page is asked with the state (__VIEWSTATE, __EVENTVALIDATION …) of the page before it, as a browser
sends it; pagers that count (AspNetPager1, '2'), grids (GridView1, 'Page$2') and plain next buttons are followed;
complete when the stated pages all answered, or the last page offers no further one. Leaves alone: pagers with
addresses (?page=2), which are static lists, and rows that only a postback opens – they have no address to cite.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

from lxml import html

from crawler.families import static
from crawler.families.paging import Answer, Ask, Enumeration, Get, Listing, Walk, ends
from crawler.families.rows import joined, names_report, parse, title_of

_MARKS = re.compile(r"__VIEWSTATE\b")
_CALL = re.compile(r"""__doPostBack\(\s*(?:'|&#39;|")([^'"&]*)(?:'|&#39;|")\s*,\s*(?:'|&#39;|")([^'"&]*)"""
                   r"""(?:'|&#39;|")\s*\)""")
_NEXT = re.compile(r"^[\[【]?\s*(下一?页|后一?页|下页|next|>|›|»|>>)\s*[\]】]?$", re.I)
_PAGE = re.compile(r"^(?:Page\$)?(\d{1,5})$")
_PAGER = re.compile(r"pager|page|Grid|list", re.I)


@dataclass(frozen=True, slots=True)
class _Target:
    """What a pager's link posts back: the control and its argument."""

    control: str
    argument: str

    @property
    def page(self) -> int | None:
        match = _PAGE.match(self.argument)
        return int(match.group(1)) if match else None


def recognise(text: str) -> bool:
    return bool(_MARKS.search(text))


def listing(text: str, url: str) -> Listing:
    """One list page; `script_paged` where a postback turns it."""
    shown = static.listing(text, url)
    shown.script_paged = bool(_targets(parse(text)))
    return shown


async def enumerate_list(first: Answer, get: Get, max_pages: int) -> Enumeration:
    """Post back page by page, each with the state of the one before."""
    opening, walk, answer = listing(first.text, first.url), Walk(max_pages), first
    if _rows_by_postback(parse(first.text)):
        walk.add(opening)
        return walk.conclude(False, "rows open only by a postback and have no address")
    if not opening.script_paged or opening.next:
        return await static.enumerate_list(first, get, max_pages)
    walk.add(opening)
    if not opening.items:
        return walk.conclude(False, known_shape=opening.known_shape)
    number, previous = 1, opening
    while not walk.reaches(opening.total) and (opening.pages is None or number < opening.pages):
        root = parse(answer.text)
        target = _next(root, number + 1)
        if target is None:
            if opening.pages is None and opening.total is None:
                return walk.conclude(True)
            return walk.conclude(False, f"page {number} of {opening.pages or '?'} offers no page {number + 1}")
        if walk.full:
            return walk.conclude(False, f"stopped after {max_pages} pages of {opening.pages or '?'}")
        number += 1
        answer = await get(_postback(root, answer.url, target))
        if not answer.ok:
            return walk.conclude(False, f"page {number}: {answer.outcome} {answer.reason}".rstrip())
        if not recognise(answer.text):
            # A page without the form is no page of this list, and no end of it: error pages come with status 200.
            return walk.breaks_off(answer, f"page {number}")
        page = listing(answer.text, answer.url)
        if not walk.add(page):
            if opening.pages is None and opening.total is None and ends(page, previous, opening):
                return walk.conclude(True)
            return walk.conclude(False, f"page {number} repeats earlier rows or holds none")
        previous = page
    if opening.total is not None and not walk.reaches(opening.total):
        return walk.conclude(False, f"{walk.printed} rows of {opening.total} stated")
    return walk.conclude(True)


def _targets(root: html.HtmlElement) -> list[tuple[str, _Target]]:
    """(words, target) of every link or button that turns a page by postback."""
    found = []
    for node in root.iter("a", "input", "span", "li"):
        called = _CALL.search(unescape(f"{node.get('href') or ''} {node.get('onclick') or ''}"))
        if not called or node.get("disabled"):
            continue
        target = _Target(*called.groups())
        words = (node.get("value") if node.tag == "input" else "".join(node.itertext())) or ""
        turns = target.page is not None or target.argument in ("Page$Next", "Page$Last") or _NEXT.match(words.strip())
        if turns and (_PAGER.search(target.control) or _NEXT.match(words.strip())):
            found.append((words.strip(), target))
    return found


def _next(root: html.HtmlElement, number: int) -> _Target | None:
    """The target that leads to page `number`."""
    targets = _targets(root)
    for words, target in targets:
        if target.page == number and (words == str(number) or _NEXT.match(words)):
            return target
    for _, target in targets:
        if target.page == number:
            return target
    for words, target in targets:
        if target.argument == "Page$Next" or (_NEXT.match(words) and target.page is None):
            return target
    # A pager shows ten numbers at most and 尾页: one that leads further proves that the pages between can be asked.
    farther = next((target for _, target in targets if (target.page or 0) > number), None)
    return farther and _Target(farther.control, farther.argument.replace(str(farther.page), str(number)))


def _postback(root: html.HtmlElement, url: str, target: _Target) -> Ask:
    """The form as the browser submits it. Buttons aren't sent: none of them was pressed."""
    states = root.xpath("//form[.//input[@name='__VIEWSTATE']]")
    form = states[0] if states else root
    fields = {node.get("name"): node.get("value") or "" for node in form.iter("input")
              if node.get("name") and (node.get("type") or "text").lower() in ("hidden", "text", "search")}
    for choice in form.iter("select"):
        chosen = choice.xpath(".//option[@selected]") or choice.xpath(".//option")
        if choice.get("name") and chosen:
            fields[choice.get("name")] = chosen[0].get("value") or chosen[0].text_content().strip()
    fields |= {"__EVENTTARGET": target.control, "__EVENTARGUMENT": target.argument}
    action = form.get("action") if states else None
    return Ask(joined(url, action) if action else url, form=fields)


def _rows_by_postback(root: html.HtmlElement) -> bool:
    return any(_CALL.search(unescape(link.get("href") or "")) and names_report(title_of(link))
               for link in root.iter("a"))
