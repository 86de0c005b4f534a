"""Report titles that nobody on the roster claims, so that a person can add a name: nothing is dropped unseen.

Promises: every title that the newest usable list of a column holds and that is routed to no body or no year, with the
portal, why, since when it stands there, whose "not seen" it blocks, and the bodies it may mean, nearest first. A page
that was read and has found its body, or is no report, is not told. Leaves alone: routing (crawler/roster.py).
"""

from __future__ import annotations

import difflib
import sqlite3
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crawler import divisions
from crawler.store import row_dicts
from extract import titles
from monitor.observations import could_be

if TYPE_CHECKING:
    from crawler.model import Body
    from crawler.roster import Roster

SUGGESTED = 3
_LIKELY = 0.35
"""Under this likeness of names a suggestion would be noise."""
_SHORT_FORM = 0.9


@dataclass(frozen=True, slots=True)
class Unrouted:
    """One title. `reason`: unknown_body, unknown_part, no_body, no_year, needs_content; `since`: when first listed."""

    portal: str
    column: str
    title: str
    url: str
    reason: str
    printed: str
    year: int | None
    since: str
    body: str | None
    nearest: tuple[str, ...] = ()
    """Ids of bodies it may mean, best first."""

    def to_record(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__} | {"nearest": list(self.nearest)}


def unrouted(connection: sqlite3.Connection, roster: Roster, *, year: int | None = None,
             bodies: Collection[str] | None = None, suggest: bool = True) -> list[Unrouted]:
    """Titles nobody claims, newest year first. `year`: only those that could be that year's; `bodies`: only those on
    columns of these bodies; `suggest`: with the bodies they may mean."""
    found = []
    for row in row_dicts(connection, """
            SELECT s.url, s.title, s.reason, s.printed_body, s.year, s.body, l.portal, l.column_id,
                (SELECT min(o.at) FROM listed o WHERE o.url = s.url) AS since
            FROM listing l CROSS JOIN sighting s ON s.listing = l.holder
            WHERE s.route = 'unrouted' AND l.id IN (SELECT max(id) FROM listing WHERE outcome = 'ok' AND items > 0
                                                    GROUP BY portal, column_id)
                AND NOT EXISTS (SELECT 1 FROM report r WHERE r.address = s.url AND s.reason <> 'unknown_part'
                    AND (r.verdict = 'other' OR (r.body NOT NULL AND r.year NOT NULL)))
            ORDER BY s.year DESC, l.portal, s.title, s.url"""):
        if year is not None and row["year"] not in (None, year):
            continue
        users = roster.bodies_of(row["portal"], row["column_id"]) or roster.bodies_of(row["portal"])
        if bodies is not None and not users & set(bodies):
            continue
        found.append(Unrouted(
            row["portal"], row["column_id"], row["title"], row["url"], row["reason"], row["printed_body"], row["year"],
            row["since"], row["body"], () if row["body"] or not suggest else tuple(
                body.id for body in nearest(row["printed_body"], [roster.bodies[each] for each in users]))))
    return found


def nearest(printed: str, bodies: Collection[Body]) -> list[Body]:
    """Up to three bodies whose names are most like a printed one, best first; none where nothing was printed."""
    if not printed:
        return []
    scored = []
    for body in bodies:
        likeness = max(_likeness(titles.normalise(printed), titles.normalise(each)) for each in body.names)
        if likeness >= _LIKELY and (could_be(printed, body) or likeness > 1 - _LIKELY):
            scored.append((-likeness, body.sort_order, body.line, body.id, body))
    return [entry[-1] for entry in sorted(scored, key=lambda entry: entry[:-1])[:SUGGESTED]]


def _likeness(printed: str, name: str) -> float:
    """How like two names are; nearly alike where the printed one is the other's short form, its characters in their
    order (人社局: 人力资源和社会保障局)."""
    whole = difflib.SequenceMatcher(None, printed, name).ratio()
    short, long = (text.removeprefix("".join(divisions.leading_all(text))) for text in (printed, name))
    rest = iter(long)
    return max(whole, _SHORT_FORM + whole / 100) if short and all(each in rest for each in short) else whole
