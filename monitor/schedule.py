"""When a job of the watch is due: slots from settings and due days, decided by what the store holds.

Promises: a slot is run once, whatever restarts, power cuts and second daemons do (UNIQUE(job, slot)); of slots missed
only the newest is made up for; a slot interrupted or failed comes back a bounded number of times; rows of a clock that
had run ahead don't block the days after it was put right. Leaves alone: running jobs (watch.py), what they do.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from crawler import clock
from monitor.settings import Watch

Job = Literal["scan", "digest", "backup", "tidy"]
JOBS: tuple[Job, ...] = ("scan", "digest", "backup", "tidy")
WAITS = (timedelta(minutes=10), timedelta(minutes=30), timedelta(hours=1))
"""Before a failed slot is tried again; after the last it stays failed."""
REACH = timedelta(days=8)
"""How far back a missed slot is looked for: every job comes round within a week."""
AHEAD = timedelta(hours=1)
AROUND_DUE = (timedelta(hours=-1), timedelta(minutes=15), timedelta(hours=6))
"""Against the end of a due day: 23:00, 00:15 and 06:00, so that the list of the morning after can be final."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One time at which a job is due. `resume`: it was begun before and is to be gone on with."""

    job: Job
    at: datetime
    attempt: int = 1
    resume: bool = False

    @property
    def key(self) -> str:
        return self.at.isoformat(timespec="minutes")


def slots(job: Job, watch: Watch, due_days: Iterable[date], start: datetime, end: datetime) -> list[datetime]:
    """Every slot of `job` with start < slot <= end, earliest first, in Asia/Shanghai."""
    found: set[datetime] = set()
    day = start.astimezone(clock.ZONE).date() - timedelta(days=1)
    last = end.astimezone(clock.ZONE).date() + timedelta(days=1)
    while day <= last:
        found |= set(_of_day(job, watch, day))
        day += timedelta(days=1)
    if job == "scan":
        for due in due_days:
            midnight = _at(due + timedelta(days=1), time(0))
            found |= {midnight + offset for offset in AROUND_DUE}
    return sorted(slot for slot in found if start < slot <= end)


def next_slot(job: Job, watch: Watch, due_days: Iterable[date], after: datetime) -> datetime | None:
    """The first slot after `after`; None where the job is switched off."""
    ahead = slots(job, watch, due_days, after, after + REACH)
    return ahead[0] if ahead else None


def _of_day(job: Job, watch: Watch, day: date) -> list[datetime]:
    if job == "scan":
        times = [watch.scan.at] if day.weekday() == watch.scan.weekday else []
        if any(span.holds(day) for span in watch.seasons):
            times.append(watch.season_time)
    elif job == "digest":
        times = [watch.digest.at] if day.weekday() == watch.digest.weekday else []
    elif job == "backup":
        times = [watch.backup_time] if watch.backup_time else []
    else:
        times = [watch.tidy.at] if watch.tidy and day.weekday() == watch.tidy.weekday else []
    return [_at(day, each) for each in times]


def _at(day: date, at: time) -> datetime:
    return datetime.combine(day, at, clock.ZONE)


# ---------------------------------------------------------------- what the store holds
def claim(connection: sqlite3.Connection, job: Job, watch: Watch, due_days: Iterable[date],
          now: datetime) -> Slot | None:
    """Take what is due of `job` at `now`, inside the caller's write transaction; None where nothing is.

    A slot that was interrupted or is to be tried again comes before a newer one.
    """
    connection.execute("DELETE FROM slot WHERE job = ? AND slot > ?", (job, _key(now + AHEAD)))
    again = connection.execute(
        "SELECT slot, attempts, state FROM slot WHERE job = ? AND (state = 'interrupted' OR (state = 'failed' AND "
        "next_try IS NOT NULL AND next_try <= ?)) ORDER BY slot DESC LIMIT 1",
        (job, now.isoformat(timespec="seconds"))).fetchone()
    if again is not None:
        taken = Slot(job, clock.parse(again["slot"]), again["attempts"] + 1, resume=True)
    else:
        last = connection.execute("SELECT max(slot) FROM slot WHERE job = ?", (job,)).fetchone()[0]
        since = max(clock.parse(last), now - REACH) if last else now - REACH
        missed = slots(job, watch, due_days, since, now)
        if not missed:
            return None
        taken = Slot(job, missed[-1])
    stamp = now.isoformat(timespec="seconds")
    connection.execute(
        "INSERT INTO slot (job, slot, state, started, heartbeat, attempts) VALUES (?, ?, 'running', ?, ?, 1) "
        "ON CONFLICT (job, slot) DO UPDATE SET state = 'running', heartbeat = excluded.heartbeat, "
        "attempts = attempts + 1, next_try = NULL, finished = NULL", (job, taken.key, stamp, stamp))
    return taken


def finish(connection: sqlite3.Connection, slot: Slot, code: int, now: datetime, said: str = "") -> None:
    """Note how a slot ended. Exit codes 0 and 3 end it; after any other it is tried again, as often as WAITS says."""
    done = code in (0, 3)
    wait = None if done or slot.attempt > len(WAITS) else now + WAITS[slot.attempt - 1]
    connection.execute(
        "UPDATE slot SET state = ?, finished = ?, code = ?, said = ?, next_try = ? WHERE job = ? AND slot = ?",
        ("done" if done else "failed", now.isoformat(timespec="seconds"), code, said[-2000:],
         wait.isoformat(timespec="seconds") if wait else None, slot.job, slot.key))


def interrupt(connection: sqlite3.Connection, slot: Slot | None = None) -> int:
    """Give a slot back that was stopped half-way; without one, all that a daemon now dead left running."""
    where, values = (" AND job = ? AND slot = ?", (slot.job, slot.key)) if slot else ("", ())
    return connection.execute(f"UPDATE slot SET state = 'interrupted' WHERE state = 'running'{where}", values).rowcount


def beat(connection: sqlite3.Connection, running: Iterable[Slot], now: datetime) -> None:
    """Say that these slots are still being worked on."""
    stamp = now.isoformat(timespec="seconds")
    connection.executemany("UPDATE slot SET heartbeat = ? WHERE job = ? AND slot = ?",
                           [(stamp, slot.job, slot.key) for slot in running])


def _key(moment: datetime) -> str:
    return moment.astimezone(clock.ZONE).isoformat(timespec="minutes")
