"""Did a report that left its address only move? The same content looked for at every other address.

Promises: before anybody is told that a report was withdrawn, what is held of other addresses since then is compared:
the same bytes of content, the same title not opened yet, nearly the same figures or text. Errs towards moved: a wrong
yes leaves a published report as it was, a wrong no accuses. Leaves alone: whether the address is gone (access.py), what
follows (standing.py).
"""

from __future__ import annotations

import functools
import sqlite3
import sys
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crawler.store import row_dicts
from extract import titles
from extract.model import Report
from monitor import access, records
from monitor.rules.similarity import share, trigrams

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FIGURES, SHARE = 5, 0.95
"""Printed numbers other than 0 that must agree, and the share of all numbers, for figures to be nearly the same."""
TEXT, LEAST = 0.90, 200
"""Dice share of trigrams from which a text is nearly the same, and the characters it must have to tell."""
_GISTS_HELD = 4000
"""Readings whose gist stays in memory, 30 KB each."""


@dataclass(frozen=True, slots=True)
class Gist:
    """What tells whether two readings are of one report: numbers by key, the trigrams of a text that is long
    enough."""

    numbers: dict[str, int | float]
    text: NDArray[np.uint64]

    @classmethod
    def of(cls, report: Report) -> Gist:
        text = "".join(section.text for section in report.sections)
        numbers = {sys.intern(key): figure.value for key, figure in report.figures.items() if figure.value is not None}
        return cls(numbers, trigrams(text if len(text) >= LEAST else ""))


class Moves:
    """What a store holds of other addresses up to `until`. What every report that left is compared with is looked up
    once; make a new one after rows were written."""

    def __init__(self, connection: sqlite3.Connection, until: str) -> None:
        self.connection, self.until = connection, until
        self._gist = functools.lru_cache(maxsize=_GISTS_HELD)(self._gist_of)
        self._unread: dict[str, dict[str, list[tuple[str, str]]]] = {}
        self._unowned: dict[int | None, list[dict[str, Any]]] = {}

    def moved_to(self, versions: Collection[dict[str, Any]], addresses: Collection[str], title: str,
                 since: str) -> str | None:
        """The address at which one of these report rows stands since `since`, or a page of its title not read yet.

        `addresses` are those it left, `title` as the list named it. None where nothing of the kind is held.
        """
        for version in versions:
            for row in row_dicts(self.connection, """SELECT address, last_seen FROM report WHERE content = ?
                    AND first_seen <= ? AND last_seen >= ?""", (version["content"], self.until, since)):
                if row["address"] not in addresses and self._stands(row):
                    return str(row["address"])
        return self._same_title(addresses, title, since) or self._nearly(versions, addresses, since)

    def _same_title(self, addresses: Collection[str], title: str, since: str) -> str | None:
        """A listed row of the same title at another address whose page nobody has read: it may be the report."""
        if not titles.parse(title).body:
            # Without a body's name every report of the year bears this title.
            return None
        day = since[:10]
        if day not in self._unread:
            self._unread[day] = defaultdict(list)
            for row in row_dicts(self.connection, """SELECT s.url, s.title, max(l.at) AS at FROM listing l
                    CROSS JOIN sighting s ON s.listing = l.holder WHERE l.at >= ? AND l.at <= ?
                    AND s.route IN ('report', 'unrouted')
                    AND NOT EXISTS (SELECT 1 FROM report r WHERE r.address = s.url)
                    GROUP BY s.url, s.title""", (day, self.until)):
                self._unread[day][titles.normalise(row["title"])].append((row["url"], row["at"]))
        return next((url for url, at in self._unread[day].get(titles.normalise(title), ())
                     if at >= since and url not in addresses), None)

    def _nearly(self, versions: Collection[dict[str, Any]], addresses: Collection[str], since: str) -> str | None:
        """A page of this body or of nobody, of this year or of none, whose figures or text are nearly those that
        left."""
        for row in versions:
            own = self._others("body = ?", (row["body"],), row["year"])
            if row["year"] not in self._unowned:
                self._unowned[row["year"]] = self._others("body IS NULL", (), row["year"])
            for other in (*own, *self._unowned[row["year"]]):
                if (other["last_seen"] >= since and other["address"] not in addresses
                        and nearly_same(self._gist(row["id"]), self._gist(other["id"])) and self._stands(other)):
                    return str(other["address"])
        return None

    def _others(self, condition: str, parameters: Iterable[Any], year: int | None) -> list[dict[str, Any]]:
        return row_dicts(self.connection, f"""SELECT id, address, last_seen FROM report WHERE {condition}
            AND first_seen <= ? AND (year IS NULL OR year = ?) ORDER BY last_seen DESC, id""",
                         (*parameters, self.until, year))

    def _stands(self, row: dict[str, Any]) -> bool:
        """Whether an address was not found gone itself since it was last read."""
        return not access.gone_since(self.connection, {row["address"]}, row["last_seen"], self.until)

    def _gist_of(self, identity: str) -> Gist:
        row = self.connection.execute("SELECT record FROM report WHERE id = ?", (identity,)).fetchone()
        return Gist.of(records.load_report(row))


def nearly_same(one: Gist, other: Gist) -> bool:
    """Whether two readings are of one report, though a date, a menu or a line of layout may differ."""
    shared = one.numbers.keys() & other.numbers.keys()
    agreeing = [one.numbers[key] for key in shared if one.numbers[key] == other.numbers[key]]
    if sum(value != 0 for value in agreeing) >= FIGURES and len(agreeing) >= SHARE * len(shared):
        return True
    return share(one.text, other.text) >= TEXT
