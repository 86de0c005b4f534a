"""What a portal's servers say the time is (the Date header of RFC 9110 §6.6.1), against this machine's clock.

Promises: seconds, positive where the server's clock is ahead of ours; what a cache kept for a while counts with its
Age; Beijing time that a server calls GMT is taken for what it is. Also tells whether this machine's clock is kept by
time servers, which know better than any portal. Leaves alone: simulated clocks, which no server goes by (fetching.py),
and whose clock is wrong (monitor/wrong_clock.py).
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_BEIJING = 8 * 3600.0
_ABOUT = 1800.0
_ROOM, _UNKEPT = 512, 5
"""Bytes that hold any system's struct timex, and what adjtimex returns where no time server keeps the clock."""


def http_date(text: str) -> datetime | None:
    """The moment a header names (RFC 9110 §5.6.7), which is always Greenwich's; None where it is none."""
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def ahead(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds by which the clock of whoever sent these headers (names in lower case) is ahead of `now`; None where they
    tell no time."""
    told = http_date(headers.get("date", ""))
    if told is None:
        return None
    age = headers.get("age", "").strip()
    off = told.timestamp() + (float(age[:9]) if age.isascii() and age.isdigit() else 0.0) - now.timestamp()
    return off - _BEIJING if abs(off - _BEIJING) < _ABOUT else off


def kept() -> bool:
    """Whether the system says that time servers keep this machine's clock (adjtimex of Linux); elsewhere False."""
    adjtimex = getattr(ctypes.CDLL(None), "adjtimex", None)
    return adjtimex is not None and 0 <= adjtimex(ctypes.create_string_buffer(_ROOM)) < _UNKEPT
