"""The only source of now and today.

Promises aware datetimes in Asia/Shanghai: the real time, or a simulated one that starts at a given moment and runs on
(`[clock] at`, or NIANBAO_NOW in the environment, e.g. "2026-02-02T09:00"), as fast as the real one or NIANBAO_SPEED
times as fast, for rehearsals of weeks. Leaves alone: monotonic waiting times.
"""

from __future__ import annotations

import os
import time
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from crawler.exceptions import ClockError

ZONE = ZoneInfo("Asia/Shanghai")
ENVIRONMENT = "NIANBAO_NOW"
SPEED = "NIANBAO_SPEED"
"""How many seconds of a simulated clock pass in a real one; without a simulated clock it means nothing."""
_SINCE = "NIANBAO_NOW_SINCE"
"""The monotonic moment at which NIANBAO_NOW held, for child processes: theirs is then the very same clock."""
_start: datetime | None = None
_since = 0.0
_speed = 1.0


def parse(text: str) -> datetime:
    """A moment such as 2026-02-02, 2026-02-02T09:00 or with a zone; without one it is Asia/Shanghai."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ClockError(f"{text!r} is no moment; write it like 2026-02-02T09:00") from None
    return moment.replace(tzinfo=ZONE) if moment.tzinfo is None else moment.astimezone(ZONE)


def simulate(moment: str | None, *, since: float | None = None) -> None:
    """Start a simulated clock at `moment` (that held at the monotonic time `since`; None: now), or go back to the real
    one with None. Raises ClockError for a moment or NIANBAO_SPEED that can't be read."""
    global _start, _since, _speed
    _start = parse(moment) if moment else None
    _since = time.monotonic() if since is None else since
    _speed = _number(SPEED, 1.0) if moment else 1.0


def _number(name: str, default: float) -> float:
    """A positive number of the environment."""
    text = os.environ.get(name, "").strip()
    try:
        value = float(text or default)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e9:
        raise ClockError(f"{name}={text}: write a positive number, or remove it from the environment")
    return value


def simulated() -> bool:
    """Whether the clock is a simulated one, here or by the environment."""
    return _start is not None or bool(os.environ.get(ENVIRONMENT))


def speed() -> float:
    """Seconds of this clock in a real second: 1 unless a simulated one was made faster."""
    now()
    return _speed


def handed_down() -> dict[str, str]:
    """What the environment of a child process needs so that it goes by this very clock; nothing for the real one."""
    if not simulated():
        return {}
    now()
    assert _start is not None
    return {ENVIRONMENT: _start.isoformat(), _SINCE: repr(_since)}


def now() -> datetime:
    """The present moment in Asia/Shanghai. Raises ClockError where the environment names none."""
    if _start is None:
        if not os.environ.get(ENVIRONMENT):
            return datetime.now(ZONE)
        since = _number(_SINCE, 0.0) if os.environ.get(_SINCE) else None
        simulate(os.environ[ENVIRONMENT], since=since)
    assert _start is not None
    return _start + timedelta(seconds=(time.monotonic() - _since) * _speed)


def today() -> date:
    """The present day in Asia/Shanghai."""
    return now().date()


def stamp() -> str:
    """Now as ISO text with seconds, the form in which every table keeps times."""
    return now().isoformat(timespec="seconds")
