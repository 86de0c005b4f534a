"""Fetching for the spiders: one request with its condition, its answer kept before anything is concluded from it.

Promises: every answer and every failure is a row of the fetch log; a page this run has is not asked for again; a 304
stands for the body that is held, or the page is asked for in full. Leaves alone: what a page means to a visit
(portal.py), conduct on the way (middlewares.py).
"""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

import scrapy
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from crawler import clock, conditional, server_clock, tls
from crawler.conditional import Held, Holdings
from crawler.conduct import HostRule, within_hours
from crawler.exceptions import CrawlerError
from crawler.families.paging import Ask
from crawler.model import Outcome, Portal, ScanPlan
from crawler.outcomes import Expect, Received, Verdict, of_failure, of_response
from crawler.pipelines import Fetch, FetchLog, kept_headers, named
from crawler.proxies import Proxies, Proxy
from crawler.slots import PROXY_HOSTS, Slots
from extract.sniffing import media_type

LONGEST_VISIT = 24 * 3600.0
"""Seconds after which a visit asks for nothing more: at the slowest that robots.txt may want, 1,440 pages."""
MOST_BYTES = 20 * 1024 ** 3
"""Of all answers of a visit, as they are read; whole portals of scans have a tenth of it."""


@dataclass(frozen=True, slots=True)
class Got:
    """A fetch with what it came to."""

    fetch: Fetch
    verdict: Verdict

    @property
    def ok(self) -> bool:
        return self.verdict.outcome.supports_absence


@dataclass(slots=True)
class Visit:
    """One portal on its way. `failed` holds what did not come, so that no page of this visit asks for it again;
    `listed` the addresses of every row of its lists; `confirmed` addresses whose held body a 304 stood for."""

    portal: Portal
    rule: HostRule
    failed: dict[tuple[str, str], Got] = field(default_factory=dict)
    listed: set[str] = field(default_factory=set)
    confirmed: set[str] = field(default_factory=set)
    tested: set[str] = field(default_factory=set)
    """Hosts that were asked under a condition no page can meet."""
    listing: bool = False
    """A list is being read: its pages obey the plan's `full_after`."""
    pages: int = 0
    clock_off: float | None = None
    """Seconds by which the portal's clock is ahead of ours, by the newest time any of its answers told."""

    begun: float = field(default_factory=time.monotonic)
    bytes: int = 0

    def spent(self) -> str:
        """Why nothing more is asked for, empty while there is room: a portal without end costs itself, neither the
        scan nor the disk."""
        if time.monotonic() - self.begun > LONGEST_VISIT:
            return f"the visit took more than {LONGEST_VISIT / 3600:g} hours"
        return f"the visit brought more than {MOST_BYTES / 1024 ** 3:g} GB" if self.bytes > MOST_BYTES else ""

    def heed_clock(self, response: Response) -> None:
        off = None if clock.simulated() else server_clock.ahead(named(response.headers), clock.now())
        if off is not None and (self.clock_off is None or off > self.clock_off):
            self.clock_off = off


class HoursEndedError(CrawlerError):
    """The portal's hours ended while it was visited; what came is kept for its evidence, not as an observation."""


class Fetching(scrapy.Spider):
    """What every spider of ours fetches with. A log without `holdings` (of a probe) sends no conditions."""

    def __init__(self, plan: ScanPlan, log: FetchLog, tell: Callable[[dict[str, Any]], None]) -> None:
        super().__init__()
        self.plan, self.fetch_log, self.tell = plan, log, tell
        self.asked = 0
        """How often a page was asked for: a crawl in which this number grows is no standstill."""
        self.holdings: Holdings | None = getattr(log, "holdings", None)
        self.platforms: dict[str, str] = {}
        self._proxies = Proxies(plan.proxies, plan.proxy, plan.proxy_secrets)
        PROXY_HOSTS.update(self._proxies.hosts)

    @functools.cached_property
    def slots(self) -> Slots:
        """The download slots of this crawl."""
        return Slots(self.crawler, self.platforms)

    def proxy_of(self, portal: Portal) -> Proxy | None:
        return self._proxies.of(portal.id, portal.conduct.proxy)

    async def fetch(self, visit: Visit, ask: Ask, referer: str) -> Got:
        """One request once a run: from this run's evidence where it is there already, else from the portal."""
        self.asked += 1
        if ask.key in visit.failed:
            return visit.failed[ask.key]
        known = self.fetch_log.known(ask.key)
        if known:
            fetch, received = known
            got = self._unchanged(visit, fetch, of_response(received, ask.expect))
        else:
            got = await self._download(visit, ask, referer)
            visit.bytes += got.fetch.size or 0
        if not got.ok:
            visit.failed[ask.key] = got
        visit.pages += 1
        if self.plan.progress:
            self.tell({"event": "page", "portal": visit.portal.id, "pages": visit.pages})
        return got

    def _unchanged(self, visit: Visit, fetch: Fetch, verdict: Verdict) -> Got:
        """What this run holds of a page; of one that a 304 confirmed the verdict says so."""
        if fetch.outcome is not Outcome.NOT_MODIFIED:
            return Got(fetch, verdict)
        visit.confirmed.add(fetch.url)
        return Got(fetch, replace(verdict, outcome=Outcome.NOT_MODIFIED) if verdict.outcome is Outcome.OK else verdict)

    async def _download(self, visit: Visit, ask: Ask, referer: str) -> Got:
        """A request under a condition where a body is held, in full where its turn came or the 304 is worth nothing."""
        hours = visit.portal.conduct.hours
        if not within_hours(hours, clock.now()):
            raise HoursEndedError(f"the portal's hours {hours} ended during the visit")
        if spent := visit.spent():
            verdict = Verdict(Outcome.TIMEOUT, spent)  # another day may bring it: it says nothing about the page
            return Got(await self.keep_failure(ask.url, visit.portal.id, verdict, request=ask.key[1]), verdict)
        held = self.holdings.of(*ask.key) if self.holdings and ask.method == "GET" else None
        condition = self._condition(visit, ask, held, self.holdings) if self.holdings and held else {}
        got = await self._send(visit, ask, referer, held, condition) or await self._send(visit, ask, referer, None, {})
        assert got is not None
        if self.holdings and held and got.fetch.outcome is Outcome.OK:
            lie = self.holdings.lie(held, ask.key[1], got.fetch.sha256, got.fetch.text, got.fetch.headers)
            if lie and not self.holdings.distrusts(ask.url):
                self.holdings.distrust(ask.url, lie)
        return got

    def _condition(self, visit: Visit, ask: Ask, held: Held, holdings: Holdings) -> dict[str, str]:
        """The condition to send, empty where the page is to come in full."""
        if not held.condition or holdings.distrusts(ask.url):
            return {}
        if visit.listing and self.plan.full_after and held.at < self.plan.full_after:
            return {}
        if not conditional.turn_came(ask.url, held.at, clock.now()):
            return held.condition
        host = urlsplit(ask.url).netloc
        if host in visit.tested:
            return {}
        visit.tested.add(host)
        return conditional.IMPOSSIBLE

    async def _send(self, visit: Visit, ask: Ask, referer: str, held: Held | None,
                    condition: dict[str, str]) -> Got | None:
        """The end of one request. None where a 304 came that confirms nothing: the page must be asked for in full."""
        meta: dict[str, Any] = {"rule": visit.rule, "portal": visit.portal.id, "hops": [],
                                "robots_agreed": bool(visit.portal.quirk("robots_agreed"))}
        proxy = self.proxy_of(visit.portal)
        if proxy:
            meta |= {"proxy": proxy.address, "proxy_name": proxy.name}
        if visit.portal.conduct.download_timeout:
            meta["download_timeout"] = visit.portal.conduct.download_timeout
        headers = {**({"Referer": referer} if referer and referer != ask.url else {}), **ask.sent_headers}
        if proxy and proxy.authorization:
            headers["Proxy-Authorization"] = proxy.authorization
        if held and condition:
            # A condition speaks of the page that answered last: where a redirect led there, only that hop carries it.
            meta["condition"] = (held.final_url, condition)
            headers |= condition if held.final_url == ask.url else {}
        begun = time.monotonic()
        try:
            # A page may name what is no address at all, or a header that can't be sent: the page's fault, not ours.
            if any(sign in f"{name}{value}" for name, value in headers.items() for sign in "\r\n\0"):
                raise ValueError("a line break in a header that the page asks for")
            request = scrapy.Request(ask.url, method=ask.method, body=ask.body, headers=headers, meta=meta,
                                     callback=NO_CALLBACK, dont_filter=True)
            assert self.crawler.engine is not None
            response = await self.crawler.engine.download_async(request)
        except (CrawlerError, asyncio.CancelledError):
            raise
        except Exception as fault:
            verdict = tls.explained(of_failure(fault), ask.url, meta.get("proxy_name", ""))
            fetch = await self.keep_failure(ask.url, visit.portal.id, verdict, time.monotonic() - begun, ask.key[1])
            return Got(fetch, verdict)
        elapsed = time.monotonic() - begun
        visit.heed_clock(response)
        if response.status == 304 and self.holdings and held and condition:
            if condition is conditional.IMPOSSIBLE:
                self.holdings.distrust(ask.url, "called unchanged under a condition that nothing can meet")
                return None
            body = self.holdings.body(held) if response.url == held.final_url else None
            return None if body is None else await self._confirmed(visit, ask, held, body, response, elapsed)
        return await self.keep_response(ask.url, visit.portal.id, response, ask.expect, elapsed, ask.key[1])

    async def _confirmed(self, visit: Visit, ask: Ask, held: Held, body: bytes, response: Response,
                         elapsed: float) -> Got:
        """The held body as a 304 confirmed it."""
        meta = response.request.meta if response.request else {}
        headers = held.headers | kept_headers(named(response.headers))
        fetch = Fetch(self.plan.run, visit.portal.id, *ask.key, clock.stamp(), Outcome.NOT_MODIFIED, "",
                      response.url, meta.get("hops", []), response.status, held.sha256, held.size, held.media_type,
                      headers, elapsed, meta.get("sent", {}), meta.get("transport", ""), held.fetch, held.text)
        verdict = of_response(Received(ask.url, response.url, 200, body, headers), ask.expect)
        return self._unchanged(visit, await self.fetch_log.keep(fetch, None), verdict)

    async def keep_failure(self, url: str, portal: str, verdict: Verdict, elapsed: float | None = None,
                           request: str = "GET") -> Fetch:
        """Keep the end of a request that brought no answer. `request`: see Fetch."""
        return await self.fetch_log.keep(Fetch(self.plan.run, portal, url, request, clock.stamp(),
                                               verdict.outcome, verdict.reason, elapsed=elapsed), None)

    async def keep_response(self, url: str, portal: str, response: Response, expect: Expect,
                            elapsed: float | None = None, request: str = "GET") -> Got:
        """Keep an answer: bytes first, then the row. `request` as in keep_failure."""
        headers = named(response.headers)
        received = Received(url, response.url, response.status, response.body, headers)
        verdict = of_response(received, expect)
        meta = response.request.meta if response.request else {}
        # The bytes are kept as they read; how they travelled is told beside them.
        kept = kept_headers(headers) | ({"content-encoding": meta["encoding"]} if meta.get("encoding") else {})
        fetch = Fetch(self.plan.run, portal, url, request, clock.stamp(), verdict.outcome,
                      verdict.reason, response.url, meta.get("hops", []), response.status, None, None,
                      media_type(response.body, _name_of(url), headers.get("content-type", "")),
                      kept, elapsed, meta.get("sent", {}), meta.get("transport", ""),
                      text=conditional.text_hash(verdict.visible))
        return Got(await self.fetch_log.keep(fetch, response.body or None), verdict)


def _name_of(url: str) -> str:
    return urlsplit(url).path.rsplit("/", 1)[-1]
