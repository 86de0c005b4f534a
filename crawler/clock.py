"""The only source of now and today.

Promises aware datetimes in Asia/Shanghai: the real time, or a simulated one that starts at a given moment and runs on
(`[clock] at`, or NIANBAO_NOW in the environment, e.g. "2026-02-02T09:00"). Leaves alone: monotonic waiting times.
"""

from __future__ import annotations

import os
import time
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from crawler.exceptions import ClockError

ZONE = ZoneInfo("Asia/Shanghai")
ENVIRONMENT = "NIANBAO_NOW"
_start: datetime | None = None
_since = 0.0


def parse(text: str) -> datetime:
    """A moment such as 2026-02-02, 2026-02-02T09:00 or with a zone; without one it is Asia/Shanghai."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ClockError(f"{text!r} is no moment; write it like 2026-02-02T09:00") from None
    return moment.replace(tzinfo=ZONE) if moment.tzinfo is None else moment.astimezone(ZONE)


def simulate(moment: str | None) -> None:
    """Start a simulated clock at `moment`, or go back to the real one with None."""
    global _start, _since
    _start = parse(moment) if moment else None
    _since = time.monotonic()


def simulated() -> bool:
    return _start is not None or bool(os.environ.get(ENVIRONMENT))


def now() -> datetime:
    if _start is None:
        if not os.environ.get(ENVIRONMENT):
            return datetime.now(ZONE)
        simulate(os.environ[ENVIRONMENT])
    assert _start is not None
    return _start + timedelta(seconds=time.monotonic() - _since)


def today() -> date:
    return now().date()


def stamp() -> str:
    """Now as ISO text with seconds, the form in which every table keeps times."""
    return now().isoformat(timespec="seconds")
