"""What a digest tells, gathered from the store: how one remit stands, what is new since the last digest, what could
not be looked at.

Promises: facts only, keyed and counted, as of one moment; whatever could not be verified stays apart from everything
else. Leaves alone: sentences and layout (digest.py, templates/).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from crawler import clock
from crawler.model import Outcome
from monitor import records, review
from monitor.compliance import TOLD_BY_STATUS, Totals
from monitor.model import FindingState, Standing, Status
from monitor.review import StoredFinding
from monitor.rules import catalogue
from monitor.transitions import SETTLED

CUT_SHORT = "list_incomplete"
"""In place of a fetch outcome: the column answered, but its list could not be walked to its end."""
HEALTHY = tuple(outcome.value for outcome in Outcome if outcome.supports_absence)


@dataclass(slots=True)
class Situation:
    """One remit at one moment. `standings` are those of `year`."""

    year: int
    standings: list[Standing]
    earlier: list[Standing]
    """The year before, for the comparison."""
    findings: list[StoredFinding]
    """Open issues and queries (E and W that fail) of every year that counts; what only a person may raise once one
    has."""
    fresh: set[str]
    """Ids of findings first seen since the last digest."""
    published: int = 0
    """Reports of the year first seen since the last digest."""
    closed: int = 0
    disputed: int = 0
    snoozed: list[StoredFinding] = field(default_factory=list)
    woken: list[StoredFinding] = field(default_factory=list)
    """Open again because the day they were put off to came since the last digest."""

    @property
    def totals(self) -> Totals:
        return Totals.count(self.standings)

    @property
    def unconfirmed(self) -> int:
        """Bodies nothing is judged of before somebody confirms their row of the roster."""
        return len({each.body for each in self.with_status(Status.NOT_CONFIRMED)})

    def with_status(self, *statuses: Status) -> list[Standing]:
        return [standing for standing in self.standings if standing.status in statuses]

    def in_state(self, *states: FindingState) -> list[StoredFinding]:
        """Findings that the status doesn't tell already, by state."""
        return [each for each in self.findings if each.state in states and each.finding.rule not in TOLD_BY_STATUS]

    @property
    def new_to_verify(self) -> list[StoredFinding]:
        return [each for each in self.in_state(FindingState.OPEN) if each.finding.id in self.fresh]

    @property
    def anything_new(self) -> bool:
        return any(each.finding.id in self.fresh for each in self.findings)


def of_remit(connection: sqlite3.Connection, bodies: Collection[str], since: int, at: datetime, last: str | None,
             everybody: Mapping[str, Sequence[Standing]] | None = None) -> Situation:
    """The situation of these bodies at `at`; `last` (ISO time) is when their last digest was made (None: never).
    `everybody`: the stored standings by body where the caller holds them already."""
    year = at.year - 1
    wanted = set(bodies)
    standings = (records.standings(connection, bodies=wanted) if everybody is None else
                 [each for body in sorted(wanted) for each in everybody.get(body, ())])
    listed = review.list_findings(connection, bodies=wanted, severities=["E", "W"], outcomes=["fail"])
    counted = [each for each in listed if each.finding.year is None or each.finding.year >= since]
    held = [each for each in counted if each.state.value not in SETTLED and not unasked(each)]
    findings = [each for each in held if each.state is not FindingState.SNOOZED]
    cleared = review.list_findings(connection, bodies=wanted, severities=["E", "W"], outcomes=["fail"], cleared="only")
    return Situation(
        year, [each for each in standings if each.year == year], [each for each in standings if each.year == year - 1],
        findings, {each.finding.id for each in findings if _after(each.first_seen, last)},
        published=_published(connection, [each for each in standings if each.year == year], last),
        closed=sum(_after(each.cleared, last) for each in cleared if last is not None and not unasked(each)),
        disputed=sum(each.state is FindingState.DISPUTED and _after(each.last_seen, last) for each in held),
        snoozed=[each for each in held if each.state is FindingState.SNOOZED],
        woken=[each for each in findings if last is not None and _woken(each, last, at)])


def _woken(stored: StoredFinding, last: str, at: datetime) -> bool:
    """Whether its snooze ended after `last`; the day it is put off to is the first on which it counts again."""
    step = stored.decision
    return (step is not None and step.action == "snooze" and step.until is not None
            and clock.parse(last).date().isoformat() < step.until <= at.astimezone(clock.ZONE).date().isoformat())


def unasked(stored: StoredFinding) -> bool:
    """Whether it is a question to the operator that no person has answered yet: it may be raised by a person only."""
    text = catalogue.catalogue().rules.get(stored.finding.rule)
    return text is not None and (text.operator_only or (text.person_only and stored.state is FindingState.OPEN))


def asking() -> list[str]:
    """The rules whose findings may be `unasked`."""
    return [key for key, text in catalogue.catalogue().rules.items() if text.operator_only or text.person_only]


def _after(moment: str | None, last: str | None) -> bool:
    return bool(moment) and (last is None or clock.parse(str(moment)) > clock.parse(last))


def _published(connection: sqlite3.Connection, standings: list[Standing], last: str | None) -> int:
    """How many of these obligations are fulfilled by a report whose address was first seen after `last`."""
    ids = {standing.report for standing in standings if standing.report and standing.status is not Status.INVALID}
    first = {row["id"]: row["first"] for row in connection.execute(
        "SELECT r.id, (SELECT min(first_seen) FROM report s WHERE s.address = r.address) AS first FROM report r "
        "WHERE r.id IN (SELECT value FROM json_each(?))", (json.dumps(sorted(ids)),))}
    return sum(_after(first.get(identity), last) for identity in ids)


# ---------------------------------------------------------------- portals, for the operator
@dataclass(frozen=True, slots=True)
class Unreachable:
    """One portal that the last look could not use. `days` since it last could be, or since the first failing look."""

    portal: str
    outcome: str
    reason: str
    days: int
    bodies: int = 0
    last_success: str | None = None
    """When one of its columns last answered healthily and was read through; None where none ever was."""


def unreachable_portals(connection: sqlite3.Connection, at: datetime) -> list[Unreachable]:
    """Portals whose newest look, whole or of one column, didn't answer healthily; longest first."""
    looks: dict[str, list[tuple[datetime, str, str]]] = {}
    # A list that ends early without a reason was walked as far as it had to be.
    for row in connection.execute(
            "SELECT portal, at, CASE WHEN complete = 0 AND reason <> '' AND outcome IN ('ok', 'not_modified') "
            "THEN 'list_incomplete' ELSE outcome END AS outcome, reason FROM listing UNION ALL "
            "SELECT portal, finished, outcome, reason FROM run_portal WHERE finished IS NOT NULL "
            "AND outcome IS NOT NULL ORDER BY 2"):
        looks.setdefault(row["portal"], []).append((clock.parse(row["at"]), row["outcome"], row["reason"]))
    found, healthy = [], last_successes(connection, at)
    for portal, listed in looks.items():
        days: dict[str, list[tuple[datetime, str, str]]] = {}
        for look in sorted(listed):
            days.setdefault(look[0].date().isoformat(), []).append(look)
        flawed = {day: [look for look in members if look[1] not in HEALTHY] for day, members in days.items()}
        newest = max(days)
        if not flawed[newest]:
            continue
        begun = newest
        for day in sorted(days, reverse=True):
            if not flawed[day]:
                break
            begun = day
        _, outcome, reason = flawed[newest][0]
        since = datetime.fromisoformat(begun).replace(tzinfo=clock.ZONE)
        found.append(Unreachable(portal, outcome, reason, max((at - since).days, 0),
                                 last_success=healthy.get(portal)))
    return sorted(found, key=lambda each: (-each.days, each.portal))


def last_successes(connection: sqlite3.Connection, at: datetime) -> dict[str, str]:
    """Portals with when one of their columns last answered healthily, was read through and held items, up to `at`."""
    until = at.astimezone(clock.ZONE).isoformat(timespec="seconds")
    return {row["portal"]: row["at"] for row in connection.execute(
        "SELECT portal, max(at) AS at FROM listing WHERE outcome IN ('ok', 'not_modified') AND items > 0 "
        "AND (complete = 1 OR reason = '') AND at <= ? GROUP BY portal", (until,))}


@dataclass(frozen=True, slots=True)
class Emptied:
    """A column that held items and now shows none: `items` when it was last filled, `filled` that moment, `since` and
    `run` of the first look that found it empty, `looks` how many have."""

    portal: str
    column: str
    url: str
    items: int
    filled: str
    since: str
    run: str
    looks: int
    outcome: str


def emptied_columns(connection: sqlite3.Connection, at: datetime) -> list[Emptied]:
    """Columns whose newest answer up to `at` holds no items where an earlier one did; a look that brought no answer
    says nothing either way. Nothing follows for a body: a redesign is the usual cause, and an operator's work."""
    until = at.astimezone(clock.ZONE).isoformat(timespec="seconds")
    looks: dict[tuple[str, str], list[sqlite3.Row]] = {}
    for row in connection.execute(
            "SELECT portal, column_id, url, run, at, outcome, items FROM listing WHERE at <= ? AND outcome IN "
            "('ok', 'not_modified', 'empty_listing', 'unknown_shape', 'soft_404', 'gone') ORDER BY at, id", (until,)):
        looks.setdefault((row["portal"], row["column_id"]), []).append(row)
    found = []
    for (portal, column), rows in looks.items():
        last = max((number for number, row in enumerate(rows) if row["items"]), default=None)
        if last is None or last == len(rows) - 1:
            continue
        empty = rows[last + 1:]
        found.append(Emptied(portal, column, empty[-1]["url"], rows[last]["items"], rows[last]["at"], empty[0]["at"],
                             empty[0]["run"], len(empty), empty[-1]["outcome"]))
    return sorted(found, key=lambda each: (each.since, each.portal, each.column))
