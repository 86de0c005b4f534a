"""How often somebody may try: logins and replies, counted by name and by address.

Promises: after some failures each further try has to wait, longer each time but never longer than a few minutes, so
that nobody is locked out for good; memory is bounded whatever is tried. Leaves alone: whether a try was right.
"""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import OrderedDict

KEPT = 10_000
FORGOTTEN = 3600.0
"""Seconds after which failures no longer count."""


class Attempts:
    """Failures by key. `free`: so many cost nothing; `longest`: seconds a further try waits at most."""

    def __init__(self, free: int, longest: float) -> None:
        self.free, self.longest = free, longest
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, key: str) -> int:
        """Seconds until the next try may be made; 0: now."""
        with self._lock:
            count, last = self._failures.get(key, (0, 0.0))
        passed = time.monotonic() - last
        if count < self.free or passed > FORGOTTEN:
            return 0
        left = min(2.0 ** min(count - self.free, 20), self.longest) - passed
        return int(left) + 1 if left > 0 else 0

    def failed(self, key: str) -> None:
        with self._lock:
            count, last = self._failures.pop(key, (0, 0.0))
            now = time.monotonic()
            self._failures[key] = (1 if now - last > FORGOTTEN else count + 1, now)
            while len(self._failures) > KEPT:
                self._failures.popitem(last=False)

    def succeeded(self, key: str) -> None:
        with self._lock:
            self._failures.pop(key, None)


def neighbourhood(address: str) -> str:
    """An address as failures are counted by: IPv4 itself, of IPv6 the network one subscriber holds."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)
