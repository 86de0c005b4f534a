"""How we behave towards portals: who we say we are, which addresses we may ask, what robots.txt says, at what hours.

Promises: only registered hosts with their registered ports; never a loopback, private or link-local address unless the
plan allows it; robots.txt as RFC 9309 reads it, except that a failure never counts as permission. Leaves alone: waiting
between requests (Scrapy's download slots, slots.py) and the sending itself (middlewares.py).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from datetime import datetime, time
from importlib.metadata import PackageNotFoundError, version
from urllib.parse import urlsplit

from protego import Protego

from crawler.server_clock import http_date

LONGEST_DELAY = 60.0
"""A Crawl-delay above this can't be kept within a scan; the portal then counts as one that denies us."""
AGENT = "nianbao"
MOST_ROBOTS = 500 * 1024
"""Characters of a robots.txt that are read; RFC 9309 §2.5 wants 500 KiB at least."""
_TO_AGENT = re.compile(r"(?:user[- ]?agent\s*:|(?:user-?|user\s+)agent\s(?![^:]*:(?:\s|$)))(.*)", re.I)
_STANDARD_PORTS = (None, 80, 443)


def user_agent(contact: str) -> str:
    """The name we give: product, version, and where to complain."""
    try:
        release = version("nianbao")
    except PackageNotFoundError:
        release = "0"
    return f"{AGENT}/{release} (+{contact})" if contact else f"{AGENT}/{release}"


class HostRule:
    """The addresses a portal's visit may ask: `hosts` as registered (host, or host:port for an odd port)."""

    def __init__(self, hosts: Iterable[str], allow_private: bool = False) -> None:
        self.hosts = frozenset(host.lower() for host in hosts)
        self.allow_private = allow_private

    def refusal(self, url: str) -> str:
        """Why this address may not be asked, empty where it may."""
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            return "no valid address"
        if parts.scheme not in ("http", "https") or not host:
            return f"scheme {parts.scheme or '?'} is not asked"
        if f"{host}:{port}" in self.hosts or (host in self.hosts and port in _STANDARD_PORTS):
            return "" if self.allow_private else self._literal(host)
        if host in self.hosts and not self.allow_private:
            return f"port {port} of {host} is not registered"
        return "" if host in self.hosts else f"{parts.netloc} is not registered"

    def _literal(self, host: str) -> str:
        try:
            ipaddress.ip_address(host.split("%")[0])
        except ValueError:
            return ""
        return "" if is_public(host) else f"{host} is no public address"


_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Whether this is an address of the public net; one that stands for an IPv4 address is what that one is."""
    try:
        known = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return False
    if isinstance(known, ipaddress.IPv6Address):
        inner = known.ipv4_mapped or known.sixtofour or (
            ipaddress.IPv4Address(int(known) & 0xFFFFFFFF) if known in _TRANSLATED or int(known) < 2 ** 32 else None)
        if inner is not None and not is_public(str(inner)):
            return False
    return known.is_global and not known.is_multicast


class Robots:
    """One host's robots.txt. An empty text allows everything."""

    def __init__(self, text: str = "") -> None:
        self._rules = Protego.parse(_for_us(text))

    def allows(self, url: str) -> bool:
        """Whether our name may fetch this address."""
        return bool(self._rules.can_fetch(url, AGENT))

    @property
    def delay(self) -> float:
        """Seconds between requests that the host asks for (Crawl-delay or Request-rate), 0 where it doesn't."""
        rate = self._rules.request_rate(AGENT)
        spread = rate.seconds / rate.requests if rate and rate.requests else 0.0
        return max(float(self._rules.crawl_delay(AGENT) or 0), float(spread))


def _for_us(text: str) -> str:
    """What is read of a robots.txt: its first MOST_ROBOTS characters in whole lines, all agents that can't be meant for
    us under one name – the parser keeps every rule once for each agent above it, and matches each at every request."""
    if len(text) > MOST_ROBOTS:
        text = text[:MOST_ROBOTS]
        text = text[:max(text.rfind("\n"), text.rfind("\r")) + 1]
    kept = []
    for line in text.splitlines():
        told = _TO_AGENT.match(line.partition("#")[0].strip())
        name = told.group(1).strip().lower() if told else ""
        plain = name if name == "*" else name.replace("*", "")
        ours = plain == "*" or (plain and plain in AGENT)
        kept.append(f"User-agent: {plain if ours else '-'}" if name else line)
    return "\n".join(kept)


def retry_after(text: str, now: float) -> float | None:
    """Seconds to wait, of a Retry-After header as a number or a date; None where it says neither. `now`: Unix time."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    moment = http_date(text)
    return None if moment is None else max(0.0, moment.timestamp() - now)


def within_hours(hours: str | None, moment: datetime) -> bool:
    """Whether `moment` lies in a window such as 22:00-06:00; always where none is set."""
    if not hours:
        return True
    start, end = (time.fromisoformat(part) for part in hours.split("-"))
    now = moment.time()
    return start <= now < end if start <= end else now >= start or now < end
