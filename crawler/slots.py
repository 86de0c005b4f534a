"""One place in the queue for each server: which requests share it, how long it rests, when it is left alone.

Promises: hosts that answer from one address, or belong to one platform by their portals' facts, share one slot – one
request at a time, the longest delay that any of them asks for, counted from the end of the answer before; names are
resolved by a resolver that refuses private addresses for the check and the connection alike, so a name that changes
between the two leads nowhere. Leaves alone: what a host may be asked (conduct.py), who asks (middlewares.py).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy import signals
from scrapy.resolver import CachingThreadedResolver
from scrapy.utils.defer import maybe_deferred_to_future

from crawler.conduct import LONGEST_DELAY, is_public

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.internet.defer import Deferred


class PrivateAddressError(OSError):
    """A host's name leads to an address of the own network."""


class CheckedResolver(CachingThreadedResolver):
    """Scrapy's resolver; every answer is looked at, those from its cache too."""

    allow_private = False

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: Any) -> CheckedResolver:
        made: CheckedResolver = super().from_crawler(crawler, reactor)
        made.allow_private = crawler.settings.getbool("ALLOW_PRIVATE_ADDRESSES")
        return made

    def getHostByName(self, name: str, timeout: Sequence[int] = ()) -> Deferred[str]:  # noqa: N802 – Twisted's name
        return super().getHostByName(name, timeout).addCallback(self._checked, name)

    def _checked(self, address: str, name: str) -> str:
        if not self.allow_private and not is_public(address) and name not in PROXY_HOSTS:
            raise PrivateAddressError(f"{name} leads to {address}, no public address")
        return address


PROXY_HOSTS: set[str] = set()
"""Proxies may stand in the own network: the operator named them."""


async def resolve(host: str) -> str:
    """The address of a host, by the resolver that the connection will use. Raises PrivateAddressError, or Twisted's
    DNSLookupError."""
    from twisted.internet import reactor

    found: str = await maybe_deferred_to_future(reactor.resolve(host))  # type: ignore[arg-type]
    return found


class Slots:
    """The download slots of one crawl. `platforms`: host → name of the platform it belongs to."""

    def __init__(self, crawler: Crawler, platforms: Mapping[str, str]) -> None:
        self._crawler, self._platforms = crawler, dict(platforms)
        self._left: dict[str, str] = {}
        self._delay = crawler.settings.getfloat("DOWNLOAD_DELAY")
        crawler.signals.connect(self._answered, signal=signals.response_downloaded)

    async def key_of(self, host: str, proxied: bool = False) -> str:
        """The slot of a host; by name where its address is not known or is the proxy's business."""
        host = host.lower()
        if host in self._platforms:
            return f"platform:{self._platforms[host]}"
        if proxied:
            return host
        try:
            return await resolve(host)
        except PrivateAddressError:
            raise
        except OSError:
            return host
        except Exception:  # DNS failures of Twisted: the downloader meets the same one and names it
            return host

    def hold(self, key: str, delay: float) -> None:
        """Let at least `delay` seconds pass between requests of a slot, in the one that is and in any made later."""
        assert self._crawler.engine is not None
        downloader = self._crawler.engine.downloader
        settings = downloader.per_slot_settings.setdefault(key, {})
        settings["delay"] = max(delay, settings.get("delay", 0.0))
        settings["concurrency"] = 1
        if key in downloader.slots:
            downloader.slots[key].delay = max(downloader.slots[key].delay, settings["delay"])

    def rest(self, key: str, seconds: float) -> None:
        """Let nothing of a slot be sent for so long, whoever asks."""
        assert self._crawler.engine is not None
        slot = self._crawler.engine.downloader.slots.get(key)
        if slot is not None and slot.delay > 0:
            slot.lastseen = max(slot.lastseen, time.monotonic() + seconds - slot.delay)

    def leave(self, key: str, reason: str) -> None:
        """Ask nothing more of a slot in this scan."""
        self._left[key] = reason

    def left(self, key: str) -> str:
        """Why a slot is left alone, empty where it isn't."""
        return self._left.get(key, "")

    def _answered(self, request: Request, response: Response, **_: object) -> None:
        """The delay counts from the end of the answer, so that a slow server or a busy moment of ours never shortens
        it, and grows to the time the server takes; it falls again to what was asked for, but not on errors."""
        assert self._crawler.engine is not None
        downloader, key = self._crawler.engine.downloader, request.meta.get("download_slot", "")
        slot = downloader.slots.get(key)
        if slot is None:
            return
        slot.lastseen = max(slot.lastseen, time.monotonic())
        least = downloader.per_slot_settings.get(key, {}).get("delay", self._delay)
        latency = request.meta.get("download_latency")
        if slot.delay <= 0 or latency is None:
            return
        wanted = min(max(latency, (slot.delay + latency) / 2, least), max(LONGEST_DELAY, least))
        if response.status < 400 or wanted > slot.delay:
            slot.delay = wanted


def host_of(url: str) -> str:
    """The host of an address in lower case, without its port; empty where it has none."""
    return (urlsplit(url).hostname or "").lower()
