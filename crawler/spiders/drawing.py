"""Pages drawn by a browser on behalf of the spider: requests through the spider, every drawn page kept as evidence.

Promises: what the page asks for goes the spider's own way and is in the fetch log; each drawn page is a fetch row of
its own (`RENDER address number`) whose `transport` says that a browser drew it and from which original bytes; a run
that goes on draws nothing twice. Leaves alone: the browser (rendering.py) and when to draw (portal.py).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crawler import clock, rendering
from crawler.conduct import user_agent
from crawler.exceptions import BrowserError
from crawler.families.paging import Ask, Enumeration
from crawler.model import Outcome
from crawler.outcomes import Received, Verdict
from crawler.pipelines import Fetch
from crawler.rendering import Browser, Drawn, Reply

if TYPE_CHECKING:
    from crawler.spiders.fetching import Got, Visit
    from crawler.spiders.portal import PortalSpider

_END = "nianbao-list-end"
"""Kept header of the last drawn page: how turning pages ended."""


@dataclass(slots=True)
class Drawing:
    """The spider's browser."""

    spider: PortalSpider
    browser: Browser

    @classmethod
    def of(cls, spider: PortalSpider) -> Drawing:
        return cls(spider, Browser(user_agent(spider.plan.contact)))

    async def listing(self, visit: Visit, url: str, max_pages: int) -> tuple[Enumeration, list[tuple[str, str]]]:
        """What the column's page lists once it is drawn, and the keys of the fetches that prove it."""
        try:
            drawn, kept = await self._drawn(visit, url, max_pages)
        except BrowserError as fault:
            return Enumeration([], Outcome.UNKNOWN_SHAPE, f"the list needs a browser: {fault}"), []
        return rendering.enumerate_drawn(drawn, max_pages), [got.fetch.key for got in kept]

    async def article(self, visit: Visit, url: str) -> Got | None:
        """The page of an article as drawn; None where no browser is there or nothing was drawn."""
        try:
            _, kept = await self._drawn(visit, url, 1)
        except BrowserError:
            return None
        return kept[0] if kept else None

    async def close(self) -> None:
        await self.browser.close()

    async def _drawn(self, visit: Visit, url: str, most: int) -> tuple[Drawn, list[Got]]:
        known = self._known(url)
        if known is not None:
            return known
        begun = time.monotonic()
        drawn = await self.browser.draw(url, lambda ask, referer: self._send(visit, ask, referer), most)
        original = self.spider.fetch_log.known((url, "GET"))
        source = f" from {original[0].sha256}" if original and original[0].sha256 else ""
        kept: list[Got] = []
        for number, text in enumerate(drawn.pages, 1):
            verdict = rendering.verdict_of(text, drawn.url)
            if verdict.outcome is not Outcome.OK:
                drawn.failed.append((drawn.url, verdict))
            headers = {"content-type": "text/html; charset=utf-8"}
            if number == len(drawn.pages) and not drawn.failed:
                headers[_END] = drawn.end
            fetch = Fetch(self.spider.plan.run, visit.portal.id, _named(url, number), f"RENDER {number}",
                          clock.stamp(), verdict.outcome, verdict.reason, drawn.url, status=200,
                          media_type="text/html", headers=headers, elapsed=time.monotonic() - begun,
                          transport=f"drawn by a browser{source}, page {number} of {len(drawn.pages)}")
            kept.append(_got(await self.spider.fetch_log.keep(fetch, text.encode()), Verdict(
                verdict.outcome, verdict.reason, text)))
        return drawn, kept

    def _known(self, url: str) -> tuple[Drawn, list[Got]] | None:
        """The pages that this run has drawn already, if it drew them to the end."""
        drawn = Drawn(url)
        kept: list[Got] = []
        while found := self.spider.fetch_log.known((_named(url, len(kept) + 1), f"RENDER {len(kept) + 1}")):
            fetch, received = found
            drawn.url = fetch.final_url or url
            drawn.pages.append(received.body.decode())
            kept.append(_got(fetch, Verdict(Outcome.OK, "", drawn.pages[-1])))
            if _END in fetch.headers:
                drawn.end = fetch.headers[_END]
                return drawn, kept
        return None

    async def _send(self, visit: Visit, ask: Ask, referer: str) -> Reply:
        got = await self.spider.fetch(visit, ask, referer)
        known: tuple[Fetch, Received] | None = self.spider.fetch_log.known(ask.key) if got.ok else None
        return Reply(got.verdict, known[1] if known else None)


def _named(url: str, number: int) -> str:
    """The address a drawn page is kept under: the page's own, told from what the server sent."""
    return f"{url}{'&' if '#' in url else '#'}drawn={number}"


def _got(fetch: Any, verdict: Verdict) -> Got:
    from crawler.spiders.fetching import Got

    return Got(fetch, verdict)
