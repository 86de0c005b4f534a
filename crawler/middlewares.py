"""Scrapy middlewares that keep our conduct on every hop: hosts and addresses, robots.txt, redirects, retries.

Promises: each ends a request with a `Failure` that carries its outcome; a redirect passes all of them again as a new
request. Request meta they read: `rule` (HostRule), `robots` (False for robots.txt itself), `robots_agreed`; they write
`hops` (list of [address, status, time, kept headers]), `sent` (headers as sent) and `encoding` (Content-Encoding as it
came, before it was undone). Leaves alone: what an answer means (outcomes.py).
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urljoin, urlsplit

from scrapy import Request
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from crawler import clock, tls
from crawler.conduct import LONGEST_DELAY, HostRule, Robots, is_public, retry_after
from crawler.model import Outcome
from crawler.outcomes import Failure, Received, decode, of_failure, of_response
from crawler.pipelines import kept_headers, named
from crawler.slots import PrivateAddressError, Slots, host_of

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from crawler.spiders.fetching import Fetching

MOST_HOPS = 8
LONGEST_RETRY_AFTER = 120.0
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HOST_IS_DOWN = (Outcome.DNS, Outcome.REFUSED, Outcome.TIMEOUT, Outcome.TLS, Outcome.RATE_LIMITED)


class RegisteredHostsMiddleware:
    """Asks registered hosts on public addresses only, before sending and by the address that really answered; gives
    each request its slot, and sends nothing to one that is left alone."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RegisteredHostsMiddleware:
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        rule: HostRule = request.meta["rule"]
        refused = rule.refusal(request.url)
        if refused:
            raise Failure(Outcome.REDIRECT_OFFSITE, refused)
        slots = _slots(self._crawler)
        try:
            key = await slots.key_of(host_of(request.url), "proxy" in request.meta)
        except PrivateAddressError as fault:
            raise Failure(Outcome.REDIRECT_OFFSITE, str(fault)) from fault
        request.meta["download_slot"] = key
        if slots.left(key):
            raise Failure(Outcome.RATE_LIMITED, f"left alone: {slots.left(key)}")

    def process_response(self, request: Request, response: Response) -> Response:
        rule: HostRule = request.meta["rule"]
        address = response.ip_address
        proxied = "proxy" in request.meta
        if address is not None and not proxied and not rule.allow_private and not is_public(str(address)):
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
            _slots(self._crawler).hold(request.meta["download_slot"], robots.delay)

    async def _fetch(self, url: str, asker: Request) -> Robots:
        """The host's rules. Raises Failure: the host's own failure where it is down, else robots_unreachable."""
        assert self._crawler.engine is not None
        spider = cast("Fetching", self._crawler.spider)
        meta = {"robots": False, "rule": asker.meta["rule"], "portal": asker.meta.get("portal", "")}
        meta |= {name: asker.meta[name] for name in ("proxy", "proxy_name", "download_timeout") if name in asker.meta}
        headers = {name: asker.headers[name] for name in ("Proxy-Authorization",) if name in asker.headers}
        try:
            response = await self._crawler.engine.download_async(
                Request(url, headers=headers, meta=meta, callback=NO_CALLBACK))
        except Exception as fault:
            verdict = tls.explained(of_failure(fault), url, meta.get("proxy_name", ""))
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
        request.meta["sent"] = {name: value for name, value in named(request.headers).items()
                                if name != "proxy-authorization"}
        request.meta["transport"] = "; ".join(dict.fromkeys(filter(None, (
            request.meta.get("transport", ""), tls.accepted(host_of(request.url)) if request.url.startswith("https:")
            else "", f"through the proxy {request.meta['proxy_name']}" if "proxy_name" in request.meta else ""))))
        request.meta["encoding"] = named(response.headers).get("content-encoding", "")
        location = "".join(chr(byte) if byte < 128 else f"%{byte:02X}"  # old servers send addresses in GBK
                           for byte in response.headers.get(b"Location") or b"").strip()
        if response.status not in _REDIRECTS or not location:
            return response
        try:
            target = urljoin(request.url, location.replace("\\", "/"))
        except ValueError as fault:
            raise Failure(Outcome.SERVER_ERROR, f"status {response.status} leads to no address: {location[:200]!r}"
                          ) from fault
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
        kept: dict[str, Any] = {} if response.status in (307, 308) else {"method": "GET", "body": b""}
        following: Request = request.replace(url=target, meta={**meta, "hops": hops}, dont_filter=True, **kept)
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
    """Scrapy's retries, which wait as long as Retry-After says; a host that asks for too long, or says 429 at every
    try, is left alone for the rest of the scan."""

    async def process_response(  # type: ignore[override] # waits, which Scrapy awaits
            self, request: Request, response: Response) -> Response | Request:
        if response.status not in (429, 503):
            return self._answered(request, response)
        slots, key = _slots(self.crawler), request.meta.get("download_slot", "")
        wait = retry_after((response.headers.get(b"Retry-After") or b"").decode("latin-1"), time.time())
        if wait is not None and wait > LONGEST_RETRY_AFTER:
            slots.leave(key, f"status {response.status}, Retry-After {wait:.0f} s")
            raise Failure(Outcome.RATE_LIMITED, slots.left(key))
        if wait and request.meta.get("retry_times", 0) < self.max_retry_times:
            slots.rest(key, wait)
            await asyncio.sleep(wait)
        answer = self._answered(request, response)
        if isinstance(answer, Response) and response.status == 429:
            slots.leave(key, "status 429 at every try")
        return answer

    def _answered(self, request: Request, response: Response) -> Response | Request:
        answer: Response | Request = super().process_response(request, response)
        return answer


def _slots(crawler: Crawler) -> Slots:
    spider: Any = crawler.spider
    slots: Slots = spider.slots
    return slots
