"""The served web's own trail: who logged in, failed to, or changed something, when and from where.

Promises: rows are only added (the database refuses anything else); no password, token or secret gets in. Leaves alone:
what became of findings (monitor/audit.py).
"""

from __future__ import annotations

import sqlite3
from typing import Any

from crawler import clock
from crawler.store import row_dicts

LONGEST = 2000
"""Characters of what is told of one change."""


def record(connection: sqlite3.Connection, person: str, address: str, action: str, detail: str = "") -> None:
    """Add one entry; call it inside a write transaction."""
    connection.execute("INSERT INTO web_trail (at, person, address, action, detail) VALUES (?,?,?,?,?)",
                       (clock.stamp(), person[:LONGEST], address, action, detail[:LONGEST]))


def known(connection: sqlite3.Connection, person: str, address: str) -> bool:
    """Whether this person has logged in from this address before."""
    return connection.execute("SELECT 1 FROM web_trail WHERE person = ? AND action = 'login' AND address = ? LIMIT 1",
                              (person, address)).fetchone() is not None


def entries(connection: sqlite3.Connection, before: int | None, count: int, person: str = "",
            action: str = "") -> list[dict[str, Any]]:
    """`count` entries, newest first, older than the entry `before`; of one person or action only where named."""
    return row_dicts(connection, """SELECT * FROM web_trail WHERE (?1 IS NULL OR id < ?1) AND (?2 = '' OR person = ?2)
        AND (?3 = '' OR action = ?3) ORDER BY id DESC LIMIT ?4""", (before, person, action, count))
