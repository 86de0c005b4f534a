"""The compliance matrix: standings by body and year, their totals, and the share published on time.

Promises: every total names its denominator (owed = the nine statuses of the vocabulary's sum); the share leaves out
what could not be verified and is not given under five. Leaves alone: how a standing is reached (standing.py), words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from crawler import clock
from extract.model import Scope
from monitor import records, review
from monitor.model import Standing, Status
from monitor.rules import catalogue
from monitor.transitions import SETTLED

if TYPE_CHECKING:
    import sqlite3

    from crawler.roster import Roster
    from crawler.store import Store
    from monitor.settings import Settings

OWED = (Status.ON_TIME, Status.LATE_BY_RULE, Status.LATE, Status.MISSING, Status.NOT_SEEN, Status.UNVERIFIED,
        Status.INVALID, Status.UNDATED, Status.WITHDRAWN)
"""The statuses whose sum is the number of reports owed, in the order in which they are told."""
FEWEST = 5
"""Below this number no share is given."""
TOLD_BY_STATUS = frozenset({"PUB-01", "PUB-02", "PUB-03"})
"""Rules that say of a finding what the status already says; counted there, not twice."""
Key = tuple[str, Scope, int]


@dataclass(frozen=True, slots=True)
class Totals:
    """How many obligations stand how. `of` counts every status, zeros left out."""

    of: dict[str, int]

    @classmethod
    def count(cls, standings: Iterable[Standing]) -> Totals:
        counted = Counter(standing.status for standing in standings)
        return cls({status.value: counted[status] for status in Status if counted[status]})

    def __getitem__(self, status: Status) -> int:
        return self.of.get(status.value, 0)

    @property
    def owed(self) -> int:
        return sum(self[status] for status in OWED)

    @property
    def verified(self) -> int:
        """The share's denominator: owed, less what could not be verified or awaits a second look."""
        return self.owed - self[Status.UNVERIFIED] - self[Status.NOT_SEEN]

    @property
    def rate(self) -> str:
        """On time of verified in per cent, e.g. 93.8%; empty where fewer than five were verified."""
        return f"{100 * self[Status.ON_TIME] / self.verified:.1f}%" if self.verified >= FEWEST else ""


@dataclass(slots=True)
class View:
    """What `status` shows: standings in roster order, the moment they were reached, open issues by obligation."""

    as_of: str
    standings: list[Standing]
    open_errors: dict[Key, int] = field(default_factory=dict)

    @property
    def totals(self) -> Totals:
        return Totals.count(self.standings)

    def to_record(self, roster: Roster) -> dict[str, Any]:
        """The document of status --json."""
        totals = self.totals
        return {"as_of": self.as_of, "rows": [self._row(standing, roster) for standing in self.standings],
                "totals": {**totals.of, "owed": totals.owed, "verified": totals.verified,
                           "on_time_rate": totals.rate or None}}

    def _row(self, standing: Standing, roster: Roster) -> dict[str, Any]:
        body = roster.bodies.get(standing.body)
        return {
            "body": standing.body, "name": body.name if body else standing.body, "scope": standing.scope,
            "year": standing.year, "status": standing.status.value,
            "due": standing.due.isoformat() if standing.due else None, "tier": standing.tier,
            "published": standing.published, "published_source": standing.published_source,
            "days_late": standing.days_late, "address": standing.address, "last_checked": standing.last_checked,
            "open_errors": self.open_errors.get((standing.body, standing.scope, standing.year), 0),
            "reason": standing.reason, "outcome": standing.outcome, "report": standing.report,
            "evidence": standing.evidence}


def view(store: Store, roster: Roster, settings: Settings, *, year: int | None = None,
         bodies: Collection[str] | None = None, at: str | None = None) -> View:
    """The standings as last judged, or as of a moment `at` (ISO text) judged anew without storing anything."""
    with store.read() as connection:
        if at is None:
            return held(connection, roster, year=year, bodies=bodies)
        standings, as_of = _as_of(connection, roster, settings, at)
        chosen = [each for each in standings
                  if (year is None or each.year == year) and (bodies is None or each.body in bodies)]
        return _view(connection, roster, chosen, as_of, year, bodies)


def held(connection: sqlite3.Connection, roster: Roster, *, year: int | None = None,
         bodies: Collection[str] | None = None) -> View:
    """The standings as last judged, of one report year or all; of few bodies it costs only what theirs are."""
    as_of = records.judged_at(connection) or clock.stamp()
    return _view(connection, roster, records.standings(connection, year, bodies), as_of, year, bodies)


def _view(connection: sqlite3.Connection, roster: Roster, standings: list[Standing], as_of: str, year: int | None,
          bodies: Collection[str] | None) -> View:
    errors = Counter((each.finding.body, each.finding.scope, each.finding.year or 0)
                     for each in review.list_findings(connection, bodies=bodies, year=year, severities=["E"],
                                                      outcomes=["fail"])
                     if _marks(each) and each.first_seen <= as_of)
    told = {each.body for each in standings}
    order = {} if len(told) < 2 else {body: (roster.bodies[body].sort_order, number)
                                      for number, body in enumerate(roster.bodies) if body in told}
    standings.sort(key=lambda each: (order.get(each.body, (10**9, 0)), each.body, each.year, each.scope))
    return View(as_of, standings, errors)


def _marks(stored: review.StoredFinding) -> bool:
    """Whether a finding is an open issue of the body's own report, beyond what its status says."""
    rule = stored.finding.rule
    return (stored.state.value not in SETTLED and rule not in TOLD_BY_STATUS
            and catalogue.text_of(rule).addressee == "body")


def _as_of(connection: Any, roster: Roster, settings: Settings, at: str) -> tuple[list[Standing], str]:
    from monitor import obligations, standing

    moment = clock.parse(at)
    owed = obligations.obligations(roster, settings, obligations.years_watched(settings, moment.date()))
    return standing.stand(connection, roster, owed, moment), moment.isoformat(timespec="seconds")
