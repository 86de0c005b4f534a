"""The worklist's questions to the store: how many findings wait in which state, and one page of them.

Promises: answered from the index `finding_work` whatever the number of findings; a snooze whose day has come counts as
the state it put off; only bodies of the person's remit count. Leaves alone: what may be done (deciding.py), how it
looks (views/worklist.py).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from crawler import clock
from monitor import transitions
from monitor.model import FindingState

GONE = "gone"
"""Told in a letter, found no more, and nobody knows yet whether the body mended it."""
TABS = ("open", "confirmed", "approved", "notified", "overdue", "disputed", "rectified", "not_fixed", GONE)
"""States that ask for something; the others are shown where they hold anything."""
SORTS = {"severity": "(CASE severity WHEN 'E' THEN 0 WHEN 'W' THEN 1 ELSE 2 END), year DESC, body, rule, id",
         "oldest": "first_seen, id", "newest": "first_seen DESC, id", "body": "body, year DESC, rule, id"}
PAGE = 50
_LETTERS = json.dumps(sorted(transitions.IN_LETTERS))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which findings: `days`: found so many days ago or earlier; `author`: one whose decisions stand in their trail;
    `replied`: with a reply of the body that nobody has decided on."""

    bodies: Collection[str] | None = None
    rule: str = ""
    severity: str = ""
    outcome: str = ""
    year: int | None = None
    days: int | None = None
    author: str = ""
    replied: bool = False

    def clauses(self) -> tuple[str, list[Any]]:
        parts, values = ["1"], list[Any]()

        def add(clause: str, value: Any) -> None:
            parts.append(clause)
            values.append(value)

        if self.bodies is not None:
            add("body IN (SELECT value FROM json_each(?))", json.dumps(sorted(self.bodies)))
        for column in ("rule", "severity", "outcome", "year"):
            if (value := getattr(self, column)) not in ("", None):
                add(f"{column} = ?", value)
        if self.days is not None:
            add("first_seen < ?", (clock.today() - timedelta(days=self.days - 1)).isoformat())
        if self.author:
            add("id IN (SELECT finding FROM audit WHERE author = ? AND author <> '')", self.author)
        if self.replied:
            parts.append("""id IN (SELECT finding FROM reply) AND NOT EXISTS (SELECT 1 FROM audit a
                WHERE a.finding = finding.id AND a.author <> '' AND a.action NOT IN ('reply', 'note', 'claim',
                'release', 'dispute', 'rectify') AND a.id > (SELECT max(b.id) FROM audit b WHERE b.finding = finding.id
                AND b.action = 'reply'))""")
        return " AND ".join(parts), values


def woken(connection: sqlite3.Connection) -> dict[str, str]:
    """Findings whose snooze is over though no run has noticed yet, with the state they go back to."""
    rows = connection.execute("""SELECT f.id, a.detail FROM finding f JOIN audit a ON a.id = (SELECT max(id) FROM audit
        WHERE finding = f.id AND fact = f.fact AND action = 'snooze') WHERE f.state = 'snoozed' AND f.cleared IS NULL
        AND a.until <= ?""", (clock.today().isoformat(),))
    return {row["id"]: json.loads(row["detail"]).get("returns_to", "open") for row in rows}


def counts(connection: sqlite3.Connection, wanted: Wanted, awake: dict[str, str]) -> dict[str, int]:
    """How many there are by tab."""
    where, values = wanted.clauses()
    found = dict(connection.execute(
        f"SELECT state, count(*) FROM finding WHERE cleared IS NULL AND {where} GROUP BY state", values).fetchall())
    for tab in (GONE, FindingState.VERIFIED.value):
        condition, more = _tab(tab, {})
        number = connection.execute(f"SELECT count(*) FROM finding WHERE {condition} AND {where}",
                                    [*more, *values]).fetchone()[0]
        found[tab] = number
    if awake:
        for row in connection.execute("SELECT id FROM finding WHERE id IN (SELECT value FROM json_each(?)) AND "
                                      f"{where}", [json.dumps(list(awake)), *values]).fetchall():
            found["snoozed"] -= 1
            found[awake[row["id"]]] = found.get(awake[row["id"]], 0) + 1
    return {tab: count for tab, count in found.items() if count}


def page(connection: sqlite3.Connection, tab: str, wanted: Wanted, awake: dict[str, str], sort: str,
         number: int) -> list[str]:
    """Ids of one page of a tab, in order; `number` from 1."""
    condition, values = _tab(tab, awake)
    where, more = wanted.clauses()
    return [row["id"] for row in connection.execute(
        f"SELECT id FROM finding WHERE {condition} AND {where} ORDER BY {SORTS[sort]} LIMIT {PAGE} OFFSET ?",
        [*values, *more, (number - 1) * PAGE])]


def _tab(tab: str, awake: dict[str, str]) -> tuple[str, list[Any]]:
    if tab == GONE:
        return "cleared IS NOT NULL AND state IN (SELECT value FROM json_each(?))", [_LETTERS]
    if tab == FindingState.VERIFIED:
        return "state = 'verified'", []
    if not awake:
        return "cleared IS NULL AND state = ?", [tab]
    back = [each for each, state in awake.items() if state == tab]
    if tab == FindingState.SNOOZED:
        return ("cleared IS NULL AND state = 'snoozed' AND id NOT IN (SELECT value FROM json_each(?))",
                [json.dumps(list(awake))])
    if back:
        return ("cleared IS NULL AND (state = ? OR id IN (SELECT value FROM json_each(?)))", [tab, json.dumps(back)])
    return "cleared IS NULL AND state = ?", [tab]
