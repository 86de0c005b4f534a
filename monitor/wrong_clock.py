"""Lists that were looked at while this machine's clock was wrong prove no absence.

Promises: a list stamped in the future is trusted no more; neither is one of a portal whose servers told another time
than this machine, where the portals visited just before and after it did so too – one server with a wrong clock of its
own takes nothing from its lists – and no time server kept our clock. What was seen in such lists stays seen; their
hosts are asked without conditions for a while. A clock that jumped within a run costs only what was looked at while it
was wrong. Leaves alone: when a list proves absence (observations.py, standing.py).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import median
from urllib.parse import urlsplit

TOLERANCE = timedelta(hours=1)
"""Beyond this a clock has not drifted but is wrong."""
ALONE = timedelta(days=1)
"""The same where fewer than FEW portals tell the time: then a server is as likely to be wrong as this machine."""
FEW = 3
_BESIDE = 5
"""Portals asked on either side of one, in the order in which they were finished."""
_AHEAD, _OFF = "this machine's clock had run ahead", "this machine's clock was wrong, the portals' told another time"


def distrust(connection: sqlite3.Connection, now: datetime) -> int:
    """Say of every list looked at under a wrong clock that it was not complete, inside a write transaction; how many
    there were."""
    wrong = {row["id"]: _AHEAD for row in connection.execute(
        "SELECT id FROM listing WHERE complete = 1 AND at > ?", ((now + TOLERANCE).isoformat(timespec="seconds"),))}
    runs = [row["run"] for row in connection.execute(
        "SELECT DISTINCT run FROM run_portal WHERE abs(clock_off) > ? AND NOT clock_kept",
        (TOLERANCE.total_seconds(),))]
    for run, portal in [(each, portal) for each in runs for portal in misdated(_told(connection, each))]:
        wrong |= {row["id"]: _OFF for row in connection.execute(
            "SELECT l.id FROM listing l JOIN run_portal p ON p.run = l.run AND p.portal = l.portal "
            "WHERE l.complete = 1 AND NOT p.clock_kept AND l.run = ? AND l.portal = ?", (run, portal))}
    for listing, reason in wrong.items():
        row = connection.execute("UPDATE listing SET complete = 0, reason = ? WHERE id = ? RETURNING run, url",
                                 (reason, listing)).fetchone()
        # What was fetched then bears a wrong time, so no later "unchanged" may rest on it.
        connection.execute(
            "INSERT INTO distrust (host, at, run, url, reason) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
            "at = excluded.at", (urlsplit(row["url"]).netloc, now.isoformat(timespec="seconds"), *row, reason))
    return len(wrong)


def off(connection: sqlite3.Connection) -> timedelta | None:
    """By how much the portals' clocks were ahead of ours in the run that looked at a list last; None: none told, or
    time servers kept our clock."""
    if not connection.execute("SELECT 1 FROM pragma_table_info('run_portal') WHERE name = 'clock_off'").fetchone():
        return None  # no scan since the upgrade, or none at all
    row = connection.execute("SELECT run FROM listing ORDER BY id DESC LIMIT 1").fetchone()
    if row is None or connection.execute("SELECT max(clock_kept) FROM run_portal WHERE run = ?",
                                         (row["run"],)).fetchone()[0]:
        return None
    told = [seconds for _, seconds in _told(connection, row["run"]) if seconds is not None]
    return timedelta(seconds=median(told)) if told else None


def _told(connection: sqlite3.Connection, run: str) -> list[tuple[str, float | None]]:
    """Portals of a run with what their clocks told, in the order in which they were finished."""
    return [(row["portal"], row["clock_off"]) for row in connection.execute(
        "SELECT l.portal, p.clock_off FROM listing l JOIN run_portal p ON p.run = l.run AND p.portal = l.portal "
        "WHERE l.run = ? GROUP BY l.portal ORDER BY min(l.id)", (run,))]


def misdated(told: Sequence[tuple[str, float | None]]) -> list[str]:
    """Portals that were visited under a wrong clock of ours, from what every portal's clock told (seconds ahead of
    ours, None: nothing), in the order of the visits."""
    known = [seconds for _, seconds in told if seconds is not None]
    if len(known) < FEW:
        least = ALONE.total_seconds()
        return [portal for portal, _ in told] if known and min(map(abs, known)) > least else []
    least = TOLERANCE.total_seconds()
    found, passed = [], 0
    for portal, seconds in told:
        around = known[max(passed - _BESIDE, 0):passed + _BESIDE + (seconds is not None)]
        passed += seconds is not None
        if abs(median(around)) > least and (seconds is None or abs(seconds) > least):
            found.append(portal)
    return found
