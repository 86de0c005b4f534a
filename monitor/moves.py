"""Did a report that left its address only move? The same content looked for at every other address.

Promises: before anybody is told that a report was withdrawn, what is held of other addresses since then is compared:
the same bytes of content, nearly the same figures, nearly the same text, or the same title not opened yet. Errs towards
moved: a wrong yes leaves a published report as it was, a wrong no accuses. Leaves alone: whether the address is gone
(access.py), what follows (standing.py).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from typing import Any

from crawler.store import row_dicts
from extract import titles
from extract.model import Report
from monitor import access, records
from monitor.rules.similarity import alike

FIGURES, SHARE = 5, 0.95
"""Printed numbers other than 0 that must agree, and the share of all numbers, for figures to be nearly the same."""
TEXT, LEAST = 0.90, 200
"""Dice share of trigrams from which a text is nearly the same, and the characters it must have to tell."""


def moved_to(connection: sqlite3.Connection, versions: Collection[dict[str, Any]], addresses: Collection[str],
             title: str, since: str, until: str) -> str | None:
    """The address at which one of these report rows stands since `since`, or a page of its title not read yet.

    `addresses` are those it left, `title` as the list named it. None where nothing of the kind is held.
    """
    for version in versions:
        for row in row_dicts(connection, """SELECT address, last_seen FROM report WHERE content = ? AND first_seen <= ?
                AND last_seen >= ?""", (version["content"], until, since)):
            if row["address"] not in addresses and _stands(connection, row, until):
                return str(row["address"])
    return _same_title(connection, addresses, title, since, until) or _nearly(
        connection, versions, addresses, since, until)


def _same_title(connection: sqlite3.Connection, addresses: Collection[str], title: str, since: str,
                until: str) -> str | None:
    """A listed row of the same title at another address whose page nobody has read: it may be the report."""
    wanted = titles.normalise(title)
    if not titles.parse(title).body:
        # Without a body's name every report of the year bears this title.
        return None
    for row in row_dicts(connection, """SELECT DISTINCT s.url, s.title FROM listing l
            CROSS JOIN sighting s ON s.listing = l.holder WHERE l.at >= ? AND l.at <= ?
            AND s.route IN ('report', 'unrouted')
            AND NOT EXISTS (SELECT 1 FROM report r WHERE r.address = s.url)""", (since, until)):
        if row["url"] not in addresses and titles.normalise(row["title"]) == wanted:
            return str(row["url"])
    return None


def _nearly(connection: sqlite3.Connection, versions: Collection[dict[str, Any]], addresses: Collection[str],
            since: str, until: str) -> str | None:
    """A page of this body or of nobody, of this year or of none, whose figures or text are nearly those that left."""
    own = [(row, _loaded(connection, row["id"])) for row in versions]
    for row, report in own:
        for other in row_dicts(connection, """SELECT id, address, last_seen FROM report
                WHERE first_seen <= ? AND last_seen >= ? AND (body IS NULL OR body = ?) AND (year IS NULL OR year = ?)
                ORDER BY last_seen DESC, id""",
                               (until, since, row["body"], row["year"])):
            if (other["address"] not in addresses and _stands(connection, other, until)
                    and nearly_same(report, _loaded(connection, other["id"]))):
                return str(other["address"])
    return None


def _stands(connection: sqlite3.Connection, row: dict[str, Any], until: str) -> bool:
    """Whether an address was not found gone itself since it was last read."""
    return not access.gone_since(connection, {row["address"]}, row["last_seen"], until)


def nearly_same(one: Report, other: Report) -> bool:
    """Whether two readings are of one report, though a date, a menu or a line of layout may differ."""
    shared = [(figure.value, other.figures[key].value) for key, figure in one.figures.items()
              if figure.value is not None and key in other.figures and other.figures[key].value is not None]
    agreeing = [first for first, second in shared if first == second]
    if sum(value != 0 for value in agreeing) >= FIGURES and len(agreeing) >= SHARE * len(shared):
        return True
    texts = ["".join(section.text for section in report.sections) for report in (one, other)]
    return min(map(len, texts)) >= LEAST and alike(*texts) >= TEXT


def _loaded(connection: sqlite3.Connection, identity: str) -> Report:
    row = connection.execute("SELECT record FROM report WHERE id = ?", (identity,)).fetchone()
    return records.load_report(row)
