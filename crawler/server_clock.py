"""What a portal's servers say the time is (the Date header of RFC 9110 §6.6.1), against this machine's clock.

Promises: seconds, positive where the server's clock is ahead of ours; what a cache kept for a while counts with its
Age. Leaves alone: simulated clocks, which no server goes by (fetching.py), and whose clock is wrong
(monitor/wrong_clock.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def ahead(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds by which the clock of whoever sent these headers (names in lower case) is ahead of `now`; None where they
    tell no time."""
    try:
        told = parsedate_to_datetime(headers.get("date", ""))
    except (TypeError, ValueError):
        return None
    told = told if told.tzinfo else told.replace(tzinfo=UTC)
    age = headers.get("age", "").strip()
    return told.timestamp() + (float(age[:9]) if age.isascii() and age.isdigit() else 0.0) - now.timestamp()
