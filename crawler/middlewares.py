"""Scrapy middlewares that keep our conduct on every hop: hosts and addresses, robots.txt, redirects, retries.

Promises: each ends a request with a `Failure` that carries its outcome; a redirect passes all of them again as a new
request. Request meta they read: `rule` (HostRule), `robots` (False for robots.txt itself), `robots_agreed`; they write
`hops` (list of [address, status, time, kept headers]), `sent` (headers as sent) and `encoding` (Content-Encoding as it
came, before it was undone). Leaves alone: what an answer means (outcomes.py).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from scrapy import Request
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from crawler import clock
from crawler.conduct import LONGEST_DELAY, HostRule, Robots
from crawler.model import Outcome
from crawler.outcomes import Failure, Received, decode, of_failure, of_response
from crawler.pipelines import kept_headers, named

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

MOST_HOPS = 8
LONGEST_RETRY_AFTER = 120.0
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HOST_IS_DOWN = (Outcome.DNS, Outcome.REFUSED, Outcome.TIMEOUT, Outcome.TLS)


class RegisteredHostsMiddleware:
    """Asks registered hosts on public addresses only, before sending and by the address that really answered."""

    async def process_request(self, request: Request) -> None:
        rule: HostRule = request.meta["rule"]
        refused = rule.refusal(request.url) or await rule.address_refusal(request.url)
        if refused:
            raise Failure(Outcome.REDIRECT_OFFSITE, refused)

    def process_response(self, request: Request, response: Response) -> Response:
        rule: HostRule = request.meta["rule"]
        address = response.ip_address
        if address is not None and not rule.allow_private and not address.is_global:
            raise Failure(Outcome.REDIRECT_OFFSITE, f"{address} is no public address")
        return response


class RobotsMiddleware:
    """Reads robots.txt once a host; without it nothing of the host is fetched."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._read: dict[str, asyncio.Task[Robots]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RobotsMiddleware:
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        if request.meta.get("robots") is False:
            return
        parts = urlsplit(request.url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._read:
            self._read[origin] = asyncio.ensure_future(self._fetch(f"{origin}/robots.txt", request))
        robots = await asyncio.shield(self._read[origin])
        if request.meta.get("robots_agreed"):
            return
        if not robots.allows(request.url):
            raise Failure(Outcome.ROBOTS_DENIED, "robots.txt disallows this address")
        if robots.delay > LONGEST_DELAY:
            raise Failure(Outcome.ROBOTS_DENIED, f"robots.txt asks for {robots.delay:g} s between requests")
        if robots.delay:
            hold(self._crawler, parts.hostname or "", robots.delay)
            request.meta["autothrottle_dont_adjust_delay"] = True

    async def _fetch(self, url: str, asker: Request) -> Robots:
        """The host's rules. Raises Failure: the host's own failure where it is down, else robots_unreachable."""
        spider = self._crawler.spider
        assert self._crawler.engine is not None
        assert spider is not None
        meta = {"robots": False, "rule": asker.meta["rule"], "portal": asker.meta.get("portal", ""),
                "autothrottle_dont_adjust_delay": asker.meta.get("autothrottle_dont_adjust_delay", False)}
        try:
            response = await self._crawler.engine.download_async(Request(url, meta=meta, callback=NO_CALLBACK))
        except Exception as fault:
            verdict = of_failure(fault)
            await spider.keep_failure(url, meta["portal"], verdict)
            outcome = verdict.outcome if verdict.outcome in _HOST_IS_DOWN else Outcome.ROBOTS_UNREACHABLE
            raise Failure(outcome, f"robots.txt: {verdict.reason}") from fault
        await spider.keep_response(url, meta["portal"], response, "data")
        received = Received(url, response.url, response.status, response.body)
        if of_response(received, "data").outcome is Outcome.CHALLENGE:
            raise Failure(Outcome.CHALLENGE, f"robots.txt: status {response.status} with a check")
        if response.status >= 500 or response.status == 429:
            raise Failure(Outcome.ROBOTS_UNREACHABLE, f"robots.txt: status {response.status}")
        return Robots(decode(response.body) if response.status == 200 else "")


class HopRedirectMiddleware:
    """Follows a redirect as a new request of its own, to registered hosts only."""

    def process_response(self, request: Request, response: Response) -> Response | Request:
        request.meta["sent"] = named(request.headers)
        request.meta["encoding"] = named(response.headers).get("content-encoding", "")
        location = (response.headers.get(b"Location") or b"").decode("utf-8", "replace").strip()
        if response.status not in _REDIRECTS or not location:
            return response
        target = urljoin(request.url, location.replace("\\", "/"))
        hops = [*request.meta.get("hops", []), [request.url, response.status, clock.stamp(),
                                                kept_headers(named(response.headers))]]
        if target in [hop[0] for hop in hops]:
            raise Failure(Outcome.CHALLENGE, f"status {response.status} leads back to {target}")
        if len(hops) > MOST_HOPS:
            raise Failure(Outcome.SERVER_ERROR, f"more than {MOST_HOPS} redirects")
        refused = request.meta["rule"].refusal(target)
        if refused:
            raise Failure(Outcome.REDIRECT_OFFSITE, f"led to {target}: {refused}")
        meta = {key: value for key, value in request.meta.items()
                if key not in ("download_slot", "retry_times")}
        kept = {} if response.status in (307, 308) else {"method": "GET", "body": b""}
        following = request.replace(url=target, meta={**meta, "hops": hops}, dont_filter=True, **kept)
        _carry_condition(following)
        return following


def _carry_condition(request: Request) -> None:
    """A condition of ours (meta `condition`) goes to the address that it speaks of, to no other hop."""
    about, condition = request.meta.get("condition", ("", {}))
    for name, value in condition.items():
        request.headers.pop(name, None)
        if request.url == about:
            request.headers[name] = value


class PatientRetryMiddleware(RetryMiddleware):
    """Scrapy's retries, which wait as long as Retry-After says, or give up where that is too long."""

    async def process_response(self, request: Request, response: Response) -> Response | Request:
        wait = (response.headers.get(b"Retry-After") or b"").decode("latin-1").strip()
        if response.status in (429, 503) and wait.isdigit():
            if float(wait) > LONGEST_RETRY_AFTER:
                raise Failure(Outcome.RATE_LIMITED, f"status {response.status}, Retry-After {wait} s")
            if request.meta.get("retry_times", 0) < self.max_retry_times:
                await asyncio.sleep(float(wait))
        answer: Response | Request = super().process_response(request, response)
        return answer


def hold(crawler: Crawler, host: str, delay: float) -> None:
    """Let at least `delay` seconds pass between requests to `host`, in the slot that is and in any made later."""
    assert crawler.engine is not None
    downloader = crawler.engine.downloader
    settings = downloader.per_slot_settings.setdefault(host, {})
    settings["delay"] = max(delay, settings.get("delay", 0.0))
    settings["concurrency"] = 1
    if host in downloader.slots:
        downloader.slots[host].delay = max(downloader.slots[host].delay, settings["delay"])
