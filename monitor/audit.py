"""The trail of every finding's life: who did what, when and why, kept for ever.

Promises: rows are only ever added (the database itself refuses to change or delete one); a run's own steps stand there
too, with no author. Leaves alone: which steps are allowed (transitions.py), what they mean (review.py).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from typing import Any

from crawler import clock
from monitor.model import Decision

CLAIM, RELEASE = "claim", "release"
REMARKS = ("note", "reply", CLAIM, RELEASE)
"""Steps that change no state: what a person noted, what a body wrote, who looks into it. Only those who ask for remarks
get them."""


def record(connection: sqlite3.Connection, finding: str, fact: str, action: str, *, before: str, after: str,
           author: str = "", reason: str = "", until: str | None = None, detail: dict[str, Any] | None = None,
           at: str | None = None) -> Decision:
    """Write one step; call it inside a write transaction. `author` is empty for what a run did; `at` ISO, else now."""
    step = Decision(finding, fact, action, author, at or clock.stamp(), reason, until, before, after, detail or {})
    connection.execute(
        "INSERT INTO audit (at, finding, fact, action, author, before, after, reason, until, detail) "
        "VALUES (?,?,?,?,?,?,?,?,?,?)",
        (step.at, finding, fact, action, author, before, after, reason, until,
         json.dumps(step.detail, ensure_ascii=False, sort_keys=True)))
    return step


def steps(connection: sqlite3.Connection, findings: Collection[str] | None = None, *, since: str | None = None,
          actions: Collection[str] | None = None, by_people: bool = False, remarks: bool = False) -> list[Decision]:
    """Steps in the order they were taken: of these findings, from this day on (ISO), of these actions, of people;
    `remarks`: with what changed no state."""
    clauses, values = ["1 = 1"], list[Any]()
    for column, wanted in (("finding", findings), ("action", actions)):
        if wanted is not None:
            clauses.append(f"{column} IN (SELECT value FROM json_each(?))")
            values.append(json.dumps(list(wanted)))
    if since is not None:
        clauses.append("at >= ?")
        values.append(since)
    if by_people:
        clauses.append("author <> ''")
    if not remarks:
        clauses.append(f"action NOT IN {REMARKS}")
    rows = connection.execute(f"SELECT * FROM audit WHERE {' AND '.join(clauses)} ORDER BY id", values)
    return [_step(row) for row in rows]


def newest(connection: sqlite3.Connection, finding: str, fact: str, actions: Collection[str] | None = None,
           ) -> Decision | None:
    """The last step taken on this very fact, or the last of these actions."""
    row = connection.execute(
        f"SELECT * FROM audit WHERE finding = ?1 AND fact = ?2 AND CASE WHEN ?3 IS NULL THEN action NOT IN {REMARKS} "
        "ELSE action IN (SELECT value FROM json_each(?3)) END ORDER BY id DESC LIMIT 1",
        (finding, fact, None if actions is None else json.dumps(list(actions)))).fetchone()
    return None if row is None else _step(row)


def _step(row: sqlite3.Row) -> Decision:
    return Decision(row["finding"], row["fact"], row["action"], row["author"], row["at"], row["reason"], row["until"],
                    row["before"], row["after"], json.loads(row["detail"]))
