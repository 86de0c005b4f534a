"""Pages of portals, and every family walking a list."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from crawler import articles, conduct, families, navigation, outcomes
from crawler.families import cut_titles, numbering, pagers, paging, rows, subcolumns
from crawler.model import Item
from extract import (
    scripted,
)
from tests.fuzz import small_documents as small
from tests.fuzz.harnesses.frame import ADDRESS, TESTS, harness, text_of


def _listings(*names: str) -> Callable[[], list[bytes]]:
    def read() -> list[bytes]:
        folders = [TESTS / "listings" / name for name in names] or sorted((TESTS / "listings").iterdir())
        return [path.read_bytes() for folder in folders for path in sorted(folder.glob("*.html"))
                if path.stat().st_size < 20_000]

    return read


@harness("page", small.page, words="markup", more=_listings())
def _page(data: bytes) -> None:
    """What is asked of every page a portal sends."""
    text = outcomes.decode(data)
    families.recognise(text)
    paging.stated(text)
    pagers.script_pager(text, 3)
    shown = numbering.numbering(paging.Answer(ADDRESS, text))
    if shown is not None:
        shown(2)
    subcolumns.parts(text, ADDRESS)
    subcolumns.only_by_script(text, [])
    navigation.links(text, ADDRESS)
    navigation.links(text, ADDRESS, inside=True, column=True)
    navigation.search_address(text, ADDRESS)
    navigation.describe(text, ADDRESS)
    for status in (200, 403, 412):
        for expect in ("page", "file", "data"):
            outcomes.of_response(outcomes.Received(ADDRESS, ADDRESS, status, data), expect)  # type: ignore[arg-type]


@harness("article", small.page, words="markup")
def _article(data: bytes) -> None:
    text = outcomes.decode(data)
    articles.read_article(text, ADDRESS)
    articles.links_of(text, ADDRESS)
    articles.is_list_instead(text, ADDRESS, {ADDRESS})
    scripted.with_article(text)


@harness("address", "javascript:open('/a/b.html')", "//a@[::1]:80/x?y#z", "../../a b.htm", "data:text/html,x",
         words="script")
def _address(data: bytes) -> None:
    text = text_of(data)
    rows.absolute(ADDRESS, text)
    rows.absolute(text, "a.html")
    conduct.HostRule(["www.county.example", "[::1]:8080"]).refusal(text)
    address = rows.absolute(ADDRESS, text)
    for guess in numbering.guesses(address) if address else ():
        guess(2)
    cut_titles.undecided(Item(url=text, title=text, day=""))


_BREAK = b"\n=====\n"
"""Parts the first page of a list from the answers to what is asked next."""


def _walk(family: Any, data: bytes) -> None:
    first, *answers = data.split(_BREAK)
    waiting = iter(answers)

    async def get(asked: str | paging.Ask) -> paging.Answer:
        url = asked.url if isinstance(asked, paging.Ask) else asked
        if isinstance(asked, paging.Ask):
            assert [type(part) for part in asked.key] == [str, str]
        return paging.Answer(url, text_of(next(waiting, first)), asked=url)

    text = text_of(first)
    if not family.recognise(text):
        family.listing(text, ADDRESS)
    _finish(family.enumerate_list(paging.Answer(ADDRESS, text), get, 5))


def _finish(walk: Coroutine[Any, Any, Any]) -> None:
    """Drive a coroutine that never really waits."""
    try:
        walk.send(None)
    except StopIteration:
        return
    raise AssertionError("the walk waited for something that no page gives")


for _family, _module in families.FAMILIES.items():
    harness(f"family_{_family}", words="markup", more=_listings(_family))(partial(_walk, _module))
