"""Titles that a list cuts off and shows nowhere in full: 示例市人力资源和社会保障局2025年政府信…

Promises: a cut title that could be the beginning of a report's is completed from its own page (ArticleTitle, heading,
page title, whichever begins with what the list shows); a list with such titles left over is not complete, since a
report may hide behind one. Leaves alone: titles that already say what they are, and rows on other hosts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from crawler.families.paging import Enumeration, Get
from crawler.families.rows import parse
from crawler.model import Item, Outcome
from extract import titles

MOST = 40
"""Pages of one list that are opened for their titles."""
_CUT = re.compile(r"\s*(…+|\.{2,}|·{3,})$")
_HEADINGS = ("//meta[translate(@name, 'ARTICLE', 'article')='articletitle']/@content", "//h1", "//h2", "//h3",
             "//*[contains(@class,'title') or contains(@class,'tit')]", "//title")


def undecided(item: Item) -> bool:
    """Whether a title is cut before it says what it is."""
    if not _CUT.search(item.title.rstrip()[-40:]):
        return False
    parsed = titles.parse(item.title)
    return not parsed.accepted and parsed.kind in ("other", "report")


async def completed(found: Enumeration, url: str, get: Get) -> Enumeration:
    """The enumeration with its cut titles in full, as far as their pages tell."""
    if found.outcome is not Outcome.OK:
        return found
    host, left, opened = urlsplit(url).netloc, 0, 0
    for place, item in enumerate(found.items):
        if not undecided(item) or urlsplit(item.url).netloc != host:
            continue
        full = ""
        if opened < MOST:
            opened += 1
            answer = await get(item.url)
            full = next(_matching(answer.text, item.title), "") if answer.ok else ""
        if full:
            found.items[place] = replace(item, title=full)
        else:
            left += 1
    if left:
        found.complete = found.in_order = False  # the newest may be among them
        found.reason = "; ".join(filter(None, (found.reason, f"{left} titles are cut off and may be a report's")))
    return found


def _matching(text: str, cut: str) -> Iterator[str]:
    """Titles of a page that begin with what the list shows of one."""
    stem = re.sub(r"\s+", "", _CUT.sub("", cut))
    root = parse(text)
    for path in _HEADINGS:
        for node in root.xpath(path):
            words = str(node) if isinstance(node, str) else node.text_content()
            # A page's own title may carry the column's and the site's behind it.
            for piece in (*re.split(r"[_|｜]|\s[-—–]\s", words), words):
                whole = re.sub(r"\s+", " ", piece).strip()
                if len(whole) <= 200 and re.sub(r"\s+", "", whole).startswith(stem) and not _CUT.search(whole):
                    yield whole
