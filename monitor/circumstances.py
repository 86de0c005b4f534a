"""What the store holds around a standing beyond its own evidence: absences, versions, copies, columns, siblings.

Promises: only what rows prove – an observation counts where it is healthy and holds nothing that is or could be the
report; a version or copy counts where its page was read as a report; each is looked up only where the standing gives
reason to ask. Leaves alone: what follows from it (rules/publication.py), how a standing is reached (standing.py).
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from crawler import clock
from crawler.store import row_dicts
from extract.model import Report
from monitor import dating, page_links, records, review
from monitor.model import Finding, Obligation, Standing, Status
from monitor.observations import Look, Observation, Observations, fits
from monitor.rules.catalogue import Around, Watched
from monitor.standing import due_end

if TYPE_CHECKING:
    from crawler.model import Body, Column, Portal
    from crawler.roster import Roster

PUBLISHED = frozenset((Status.ON_TIME, Status.LATE_BY_RULE, Status.LATE, Status.UNDATED))
_STILL_THERE = timedelta(days=60)
"""A copy last seen longer before the newest one is no second publication any more."""
_FORM_SINCE = 2019
"""First report year whose absence from the column is told (PUB-09)."""
Key = tuple[str, str, int]


def together(roster: Roster, standings: Iterable[Standing]) -> list[list[Standing]]:
    """Standings in groups whose Surroundings need no other: those of a body, and of an office and its government."""
    groups: dict[str, list[Standing]] = defaultdict(list)
    for standing in standings:
        body = roster.bodies.get(standing.body)
        groups[(body.acts_as if body else None) or standing.body].append(standing)
    return list(groups.values())


def _key(standing: Standing) -> Key:
    return standing.body, standing.scope, standing.year


class Surroundings:
    """What the store holds around standings as of one moment; keeps what it read of columns and bodies."""

    def __init__(self, connection: sqlite3.Connection, roster: Roster, at: datetime) -> None:
        self.connection, self.roster, self.at = connection, roster, at
        self.seen = Observations(connection, at)
        self.by_key: dict[Key, Standing] = {}
        self.missing: dict[tuple[str, str], list[int]] = {}
        self.hosts = page_links.registered(roster)
        self.outside: dict[tuple[str, int], list[dict[str, Any]]] = defaultdict(list)
        for row in row_dicts(connection, """SELECT url, title, body, year, max(at) AS at FROM listed
                WHERE route = 'foreign' AND body IS NOT NULL AND year IS NOT NULL AND at <= ?
                GROUP BY url, body, year ORDER BY url""",
                             (self.seen.until,)):
            self.outside[row["body"], row["year"]].append({
                "url": row["url"], "title": row["title"], "at": row["at"], "host": urlsplit(row["url"]).hostname or ""})
        self.acting = {body.id: body.acts_as for body in roster.bodies.values() if body.acts_as}
        self.acted = {government: office for office, government in self.acting.items()}

    def over(self, standings: Sequence[Standing], owed: Mapping[review.Key, Obligation]) -> Iterator[Watched]:
        """Each of these standings, which hold whole groups of `together`."""
        self.by_key, self.missing = {_key(each): each for each in standings}, defaultdict(list)
        for each in standings:
            if each.status is Status.MISSING and not each.evidence.get("newest", True):
                self.missing[each.body, each.scope].append(each.year)
        for standing in standings:
            body = self.roster.bodies.get(standing.body)
            yield Watched(standing, owed.get(_key(standing)), body, self.around(standing, body) if body else Around())

    def around(self, standing: Standing, body: Body) -> Around:
        found = Around()
        if standing.status in PUBLISHED and standing.address:
            found.absent = self._absent(standing, body)
            found.versions = self._versions(standing)
            found.copies = self._copies(standing)
            found.columns = self._columns(standing, body)
        if standing.status in PUBLISHED and standing.report:
            found.links = page_links.doubtful(self.connection, self.hosts, standing.report, self.seen.until)
        found.outside = self.outside.get((standing.body, standing.year), ())
        if standing.evidence.get("newest"):
            found.years_missing = [year for year in sorted(self.missing.get((standing.body, standing.scope), ()))
                                   if year >= max(_FORM_SINCE, body.since or 0)]
        if standing.status is Status.MISSING:
            found.sibling = self._sibling(standing)
            question = Finding("PUB-18", 1, "I", "fail", standing.body, standing.scope, standing.year)
            found.sibling_settled = found.sibling is not None and review.confirmed(self.connection, question.id)
        return found

    # ------------------------------------------------------------ absent although dated earlier
    def _absent(self, standing: Standing, body: Body) -> dict[str, Any]:
        """The last healthy look without the report, after the day its page bears and before we first saw it."""
        dates = [date.fromisoformat(each["date"][:10]) for each in standing.evidence.get("dates", ())
                 if each["source"].partition(":")[0] in dating.FIRST_HAND]
        early = [day for day in dates if standing.due and date(standing.year, 12, 31) < day <= standing.due]
        first = standing.evidence.get("first_seen", "")
        if not early or not standing.due or not first or date.fromisoformat(first[:10]) <= standing.due:
            return {}
        sightings = [each for each in self.seen.of_body(body.id)
                     if each.year == standing.year and fits(each.scope, each.year, standing.scope, standing.year)]
        row = self.connection.execute("SELECT min(first_seen) AS at FROM report WHERE address = ?",
                                      (standing.address,)).fetchone()
        seen = min([clock.parse(row["at"])] * bool(row["at"]) + [each.at for each in sightings], default=None)
        if seen is None:
            return {}
        looked = [each for each in self.seen.of(self.roster.columns_of(body))
                  if each.end < seen and each.begin.astimezone(clock.ZONE).date() > min(early)
                  and self.seen.healthy(each, standing.year)]
        without = [each for each in looked
                   if not self.seen.candidates(each, body, standing.scope, standing.year)]
        shown = [each for each in self.seen.of(self.roster.columns_of(body)) if each.end >= seen]
        if not without or not shown:
            return {}
        before, after = self._snapshots(without[-1]), self._snapshots(shown[0])
        return {"at": _stamp(without[-1].end), "first_seen": _stamp(seen), "dated": min(early).isoformat(),
                "snapshots": before, "first_snapshots": after} if before and after else {}

    def _snapshots(self, observation: Observation) -> list[str]:
        return records.snapshots(self.connection, [fetch for look in observation.looks for fetch in look.fetches])

    # ------------------------------------------------------------ versions and copies
    def _versions(self, standing: Standing) -> list[dict[str, Any]]:
        rows = row_dicts(self.connection, """SELECT id, first_seen, last_seen, reader_version FROM owned_report
            WHERE address = ? AND body = ? AND year = ? AND verdict = 'report' AND first_seen <= ?
            ORDER BY first_seen, last_seen""", (standing.address, standing.body, standing.year, self.seen.until))
        if len(rows) < 2 or rows[0]["reader_version"] != rows[-1]["reader_version"]:
            return []
        newest = max(rows, key=lambda row: (row["last_seen"], row["first_seen"]))
        if newest["id"] == rows[0]["id"]:
            return []
        return [{"first_seen": row["first_seen"], "last_seen": row["last_seen"], "report": self._report(row["id"])}
                for row in (rows[0], newest)]

    def _copies(self, standing: Standing) -> list[dict[str, Any]]:
        if len(standing.evidence.get("addresses", ())) < 2:
            return []
        rows = [row for row in records.reports_of(self.connection, standing.body, self.seen.until)
                if row["year"] == standing.year and row["scope"] == standing.scope and row["verdict"] == "report"
                and not row["further"]]
        if len({row["content"] for row in rows}) < 2:
            return []
        newest = max(clock.parse(row["last_seen"]) for row in rows)
        held = [row for row in rows if newest - clock.parse(row["last_seen"]) <= _STILL_THERE]
        return [{"address": row["address"], "medium": row["medium"], "report": self._report(row["id"])} for row in held]

    def _report(self, identity: str) -> Report:
        return records.load_report(
            self.connection.execute("SELECT record FROM report WHERE id = ?", (identity,)).fetchone())

    # ------------------------------------------------------------ columns
    def _columns(self, standing: Standing, body: Body) -> list[dict[str, Any]]:
        """Columns of the roster row and any other that lists the report, once it was due and seen."""
        named = self.roster.columns_of(body)
        sightings = [each for each in self.seen.of_body(body.id)
                     if each.route == "report" and each.year == standing.year
                     and fits(each.scope, each.year, standing.scope, standing.year)]
        listings = {each.listing for each in sightings}
        if not sightings or not standing.due or not standing.evidence.get("newest"):
            return []
        since = max(due_end(standing.due), min(each.at for each in sightings))
        found = [self._column(portal, column, body, standing, since, listings, True) for portal, column in named]
        known = {(portal.id, column.id) for portal, column in named}
        for portal, column in self._elsewhere(listings):
            if (portal.id, column.id) not in known:
                found.append(self._column(portal, column, body, standing, since, listings, False))
        return found

    def _column(self, portal: Portal, column: Column, body: Body, standing: Standing, since: datetime,
                listings: set[int], named: bool) -> dict[str, Any]:
        looks = self.seen.looks(portal, column)
        healthy = [look for look in looks if not self.seen.flaw(look, standing.year)]
        since_then = [look for look in healthy if look.at >= since]
        last = since_then[-1] if since_then else None
        listed = any(look.listing in listings for look in looks)
        absent = bool(last) and not listed and not any(self.seen.candidates(
            Observation(look.run, (look,)), body, standing.scope, standing.year) for look in healthy)
        owner = named and standing.scope == body.scopes[0] and self._owner(portal.id, column.id) == body.id
        return {"portal": portal.id, "column": column.id, "name": column.name, "url": column.url, "role": column.role,
                "named": named, "listed": listed, "absent": absent, "looked": _stamp(last.at) if last else None,
                "owner": owner, "out_of_order": self._out_of_order(healthy[-1]) if owner and healthy else 0}

    def _elsewhere(self, listings: set[int]) -> list[tuple[Portal, Column]]:
        keys = {(row["portal"], row["column_id"]) for listing in listings for row in self.connection.execute(
            "SELECT portal, column_id FROM listing WHERE id = ?", (listing,))}
        # By the keys, not through the roster: a country has thousands of portals, and this is asked for each body.
        return [(self.roster.portals[portal], column) for portal, wanted in sorted(keys)
                if portal in self.roster.portals for column in self.roster.portals[portal].columns
                if column.id == wanted]

    def _owner(self, portal: str, column: str) -> str:
        """Who is told of a column's own faults: the office that runs it, else its first body."""
        users = [self.roster.bodies[name] for name in self.roster.bodies_of(portal, column)]
        offices = [body for body in users if body.kind == "government_office"]
        governments = [body for body in users if body.kind == "government"]
        group = offices or governments or users
        return min(group, key=lambda body: (body.sort_order, body.line, body.id)).id if group else ""

    def _out_of_order(self, look: Look) -> int:
        """How often a row of the list is newer than the one above it (older, where the list begins with the oldest)."""
        base = self.seen.base(look)
        if base is None or base.listing is None or not base.complete:
            return 0
        days: list[str] = [row["day"] for row in self.connection.execute(
            "SELECT day FROM sighting WHERE listing = (SELECT holder FROM listing WHERE id = ?) "
            "AND day != '' ORDER BY id", (base.listing,))]
        return min(sum(one < two for one, two in pairwise(days)), sum(one > two for one, two in pairwise(days)))

    # ------------------------------------------------------------ siblings
    def _sibling(self, standing: Standing) -> Standing | None:
        """The found report of the other scope: of the same body, or of the office and its government."""
        other = "consolidated" if standing.scope == "own" else "own"
        linked = self.acting.get(standing.body) if standing.scope == "own" else self.acted.get(standing.body)
        for body in (standing.body, linked):
            held = self.by_key.get((body, other, standing.year)) if body else None
            if held is not None and held.status in PUBLISHED:
                return held
        return None


def _stamp(moment: datetime) -> str:
    return moment.astimezone(clock.ZONE).isoformat(timespec="seconds")
