"""gkmlpt (Guangdong's disclosure catalogue): a tree of categories in window._CONFIG, rows from /gkmlpt/api/all/.

Promises: the category of the address (#2165), else the one whose name says annual reports; its pages from 1 on (page 0
is page 1 once more) to the stated total; a category that lies elsewhere (jump_url) is read there; rows that point to
other sites are kept as rows. Leaves alone: article pages, which hide their text in a script (extract/scripted.py), and
post_count of the tree, which counts what the catalogue doesn't list.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urldefrag, urlencode, urlsplit

from crawler.families import trs
from crawler.families.paging import Answer, Ask, Enumeration, Get, Listing, Walk, by_number, refuses
from crawler.families.rows import absolute, day_of, joined, names_report
from crawler.model import Item, Outcome
from extract.literals import literal_after

_MARKS = (re.compile(r"\bSID\b[\"']?\s*[:=]"), re.compile(r"\bTREE\b[\"']?\s*[:=]"))
_COLUMN = re.compile(r"[#/?=&](\d{2,})(?:$|[/?&#])")
_ANNUAL = (re.compile(r"^(政府)?信息公开(工作)?(年度报告|年报)"),
           re.compile(r"信息公开.*(年度报告|年报)|(年度报告|年报).*信息公开"), re.compile(r"^(工作)?(年度报告|年报)$"),
           re.compile(r"^(?!.*(统计|财政|决算|预算|法治|网站|企业|审计|环境|质量)).*(年度报告|年报)"))


@dataclass(frozen=True, slots=True)
class Category:
    """One node of the tree; `jump` is where it really lies, if not in the catalogue."""

    id: str
    name: str
    jump: str = ""
    children: tuple[str, ...] = ()


def recognise(text: str) -> bool:
    _, mark, script = text.partition("window._CONFIG")
    return bool(mark) and all(each.search(script) for each in _MARKS)


def listing(text: str, url: str) -> Listing:
    """The shell has no rows; an answer of the interface has."""
    if recognise(text):
        return Listing([], [], known_shape=literal_after(text, "TREE") is not None)
    return _answered(text, url) or Listing([], [])


async def enumerate_list(first: Answer, get: Get, max_pages: int) -> Enumeration:
    """Walk the category to its stated total."""
    walk, chosen = Walk(max_pages), category(first.text, first.asked or first.url)
    if chosen is None:
        return walk.conclude(False, known_shape=False, seen="no category of annual reports in the catalogue's tree")
    if chosen.jump:
        answer = await get(joined(first.url, chosen.jump))
        if not answer.ok:
            return walk.breaks_off(answer, f"{chosen.name} lies elsewhere")
        return _elsewhere(await trs.enumerate_list(answer, get, max_pages), chosen)
    found = await _of_category(chosen.id, first, get, walk)
    for child in chosen.children:
        # The catalogue counts a category's own rows alone on some sites, and those below it too on others.
        if found.items or found.outcome is Outcome.EMPTY_LISTING:
            found = _together(found, await _of_category(child, first, get, Walk(max_pages)))
    return found


async def _of_category(number: str, first: Answer, get: Get, walk: Walk) -> Enumeration:
    site = str(literal_after(first.text, "SID") or "")

    async def page(index: int) -> tuple[Answer, Listing | None]:
        query = urlencode({"page": index, "sid": site})
        answer = await get(Ask(f"{_root(first.url)}api/all/{number}?{query}", expect="data",
                               headers={"X-Requested-With": "XMLHttpRequest"}))
        return answer, _answered(answer.text, answer.url) if answer.ok else None

    return await by_number(walk, page)


def _elsewhere(found: Enumeration, chosen: Category) -> Enumeration:
    """A list outside the catalogue; whole only where a fifth of its rows are reports: a start page that came in its
    place has a few among its news."""
    reports = sum(names_report(item.title) for item in found.items)
    if not found.complete or 5 * reports >= len(found.items):
        return found
    return replace(found, complete=False,
                   reason=f"{chosen.name} lies elsewhere: {reports} of {len(found.items)} rows there are reports")


def _together(one: Enumeration, other: Enumeration) -> Enumeration:
    """Two parts of one list; whole only where both are. Nothing is said of their common order."""
    items = list({item.url: item for item in (*one.items, *other.items)}.values())
    if len(items) == len(one.items) and other.complete:
        return one
    failed = next((part for part in (one, other) if not part.complete), None)
    return Enumeration(items, Outcome.OK if items else other.outcome, failed.reason if failed else "", failed is None,
                       reached=min(filter(None, (one.reached, other.reached)), default=None))


def category(text: str, url: str) -> Category | None:
    """The category of the address, else that of the annual reports; the first of the best name."""
    found = list(_categories(literal_after(text, "TREE")))
    fragment = urldefrag(url)[1] or urlsplit(url).query
    number = _COLUMN.search(f"#{fragment}")
    if number and (not found or any(each.id == number.group(1) for each in found)):
        return next((each for each in found if each.id == number.group(1)), Category(number.group(1), ""))
    return next((each for pattern in _ANNUAL for each in found if pattern.search(each.name)), None)


def _categories(tree: Any) -> Iterator[Category]:
    for node in tree if isinstance(tree, list) else []:
        if isinstance(node, dict):
            if node.get("id"):
                yield Category(str(node["id"]), str(node.get("name") or "").strip(), str(node.get("jump_url") or ""),
                               tuple(each.id for each in _categories(node.get("children"))))
            yield from _categories(node.get("children"))


def _root(url: str) -> str:
    """http://host/…/gkmlpt/ of this catalogue; several departments of a city have one each below a folder."""
    before, mark, _ = urldefrag(url)[0].partition("/gkmlpt")
    return f"{before}/gkmlpt/" if mark else joined(url, "/gkmlpt/")


def _answered(text: str, url: str) -> Listing | None:
    try:
        data = json.loads(text)
    except ValueError:
        return None
    if not isinstance(data, dict) or refuses(data) or not isinstance(data.get("articles"), list):
        return None
    read = [(_item(entry, url), str(entry.get("title") or "")) for entry in data["articles"] if isinstance(entry, dict)]
    items = [item for item, _ in read if item is not None]
    total = data.get("total")
    return Listing(items, items, int(str(total)) if str(total).isdigit() else None, known_shape=True,
                   blank=sum(item is None and not names_report(title) for item, title in read))


def _item(entry: dict[str, Any], url: str) -> Item | None:
    number = str(entry.get("id") or "")
    own = f"{_root(url)}content/{int(number) // 1000000}/{int(number) // 1000}/post_{number}.html" if number.isdigit() \
        else ""
    address = absolute(url, str(entry.get("url") or entry.get("post_url") or own))
    title = re.sub(r"\s+", " ", str(entry.get("title") or "")).strip()
    if not address or not title:
        return None
    listed = entry.get("attachment")
    files = [(absolute(url, str(file.get("url") or "")), str(file.get("name") or ""))
             for file in (listed if isinstance(listed, list) else []) if isinstance(file, dict)]
    return Item(address, title, day_of(entry.get("display_publish_time")) or day_of(entry.get("date")),
                tuple((file, name) for file, name in files if file))
