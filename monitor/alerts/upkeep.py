"""What else the operator has to see to, beside portals that couldn't be looked at: jobs that failed, portals nobody
has looked at for long, titles no body claims, questions only a person may raise.

Promises: counts and facts with what to do next, read only. Leaves alone: portals that answered badly (situation.py),
columns that emptied (emptied.py), sentences and layout (digest.py, templates/).
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from crawler import clock
from crawler.roster import Roster
from monitor import review, unrouted
from monitor.alerts import situation

STALE = timedelta(days=8)
"""A portal of the roster without a useful look for longer than this was forgotten, not only slow."""
_SAID = 200


@dataclass(frozen=True, slots=True)
class FailedSlot:
    """A job of the watch that didn't end well. `last_words` is what it complained of, in one line."""

    job: str
    at: str
    again: bool
    """Whether it will be tried again by itself."""
    last_words: str


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Of one operator's remit. `questions`: (rule, number), in the order of rules; `stale`: (portal, last useful look
    or None), longest first; `titles`: how many of the newest report year nobody claims."""

    failed: list[FailedSlot]
    stale: list[tuple[str, str | None]]
    questions: list[tuple[str, int]]
    titles: int

    def __bool__(self) -> bool:
        return bool(self.failed or self.stale or self.questions or self.titles)

    def __len__(self) -> int:
        return len(self.failed) + len(self.stale) + sum(number for _, number in self.questions) + self.titles


def of_remit(connection: sqlite3.Connection, roster: Roster, bodies: Collection[str], at: datetime, since: int,
             failing: Collection[str]) -> Upkeep:
    """What there is to see to at `at`; `failing` are portals told already. Report years before `since` don't count."""
    asked = Counter(each.finding.rule for each in review.list_findings(
        connection, bodies=bodies, rules=situation.asking(), states=["open"]) if situation.unasked(each)
        and (each.finding.year is None or each.finding.year >= since))
    titles = unrouted.unrouted(connection, roster, year=at.year - 1, bodies=bodies, suggest=False)
    return Upkeep(_failed(connection, at), _stale(connection, roster, bodies, at, failing), sorted(asked.items()),
                  len({each.url for each in titles}))


def _failed(connection: sqlite3.Connection, at: datetime) -> list[FailedSlot]:
    """Of the last week, and only where no later slot of the job ended well."""
    after = (at - timedelta(days=7)).astimezone(clock.ZONE).isoformat(timespec="minutes")
    return [FailedSlot(row["job"], row["slot"], row["next_try"] is not None, _line(row["said"]))
            for row in connection.execute(
                "SELECT * FROM slot s WHERE state = 'failed' AND slot > ? AND NOT EXISTS (SELECT 1 FROM slot later "
                "WHERE later.job = s.job AND later.slot > s.slot AND later.state = 'done') ORDER BY slot, job",
                (after,))]


def _line(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1][:_SAID] if lines else ""


def _stale(connection: sqlite3.Connection, roster: Roster, bodies: Collection[str], at: datetime,
           failing: Collection[str]) -> list[tuple[str, str | None]]:
    begun = connection.execute("SELECT min(started) FROM run").fetchone()[0]
    if begun is None or at - clock.parse(begun) <= STALE:
        return []  # too early to miss anything; that nothing was ever scanned is doctor's to say
    wanted = set(bodies)
    last = situation.last_successes(connection, at)
    found = [(portal, last.get(portal)) for portal in roster.portals
             if portal not in failing and roster.bodies_of(portal) & wanted
             and (portal not in last or at - clock.parse(last[portal]) > STALE)]
    return sorted(found, key=lambda each: (each[1] or "", each[0]))
