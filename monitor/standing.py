"""How each obligation stands: observations + reports + due days → one Status with its reason and its evidence.

Promises the status table of the domain, above all:
- `missing` needs two healthy observations on different days, at least 6 h apart, the later after the due day, the
  earlier at most 48 h before its end, with nothing in either, or in any look since, that is or could be the report.
  One such observation is `not_seen`; none is `unverified` with its reason. A look that failed, an incomplete or an
  empty list supports neither, and never takes back what two healthy ones showed.
- Several due days are weighed from the strongest: statutory, else the latest other. A county not seen after 20 February
  and before 31 March is missing by the national day only, and keeps that tier until two observations support the
  statutory one; so no sentence names a day that its observations don't reach.
- `withdrawn` needs two such observations since we last saw it listed, its address asked again and found gone, and the
  same content standing nowhere else. One that left its list only is still published.
- Only portals where a body is at home (crawler/homes.py) speak against it; what any other one shows can make it on
  time, or an absence unverified.
Everything is answered as of a moment: rows after it don't exist. Leaves alone: reading (reading.py), rules, wording.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from itertools import combinations
from typing import TYPE_CHECKING, Any, TypeVar

from crawler import clock
from crawler.homes import Homes
from crawler.model import Body, Outcome
from extract import titles
from monitor import access, dating, records, workers
from monitor.model import DueDay, Obligation, Standing, Status
from monitor.moves import Moves
from monitor.observations import APART, Look, Observation, Observations, Sighting, could_be, fits, of_many

if TYPE_CHECKING:
    from crawler.roster import Roster

T = TypeVar("T")
SOON = timedelta(days=14)
BEFORE_END = timedelta(hours=48)
MANY, _LOT = 5000, 500
"""Obligations from which processes of their own are worth their start, and those answered in one go."""
_LATE = (Status.LATE, Status.LATE_BY_RULE)
_BLOCKED = {"report": "not_read", "unrouted": "unrouted_title", "foreign": "foreign_title", "note": "note_only"}


@dataclass(slots=True)
class Case:
    """One obligation with everything the store holds on it."""

    owed: Obligation
    body: Body
    observations: list[Observation]
    sightings: list[Sighting]
    """Listed items routed to this body, scope (or unknown) and year, oldest first."""
    rows: list[dict[str, Any]]
    """Newest version of every page stored for this body, scope (or unknown) and year."""
    moved_to: str | None = None
    """Where the content of an address that is gone stands now."""
    elsewhere: tuple[list[Sighting], list[dict[str, Any]]] = field(default_factory=lambda: ([], []))
    """Sightings and rows of portals where the body is not at home."""


def stand(connection: sqlite3.Connection, roster: Roster, obligations: Iterable[Obligation],
          at: datetime) -> list[Standing]:
    """How every obligation stands as of `at`, in the order given. Reads only.

    `evidence["newest"]` marks the newest year due among the obligations given of that body and scope.
    """
    owed = list(obligations)
    judge = Judge(connection, roster, at)
    return _newest_marked(owed, [judge.standing(one) for one in owed], at)


def stand_together(crew: workers.Crew, obligations: Iterable[Obligation], at: datetime) -> list[Standing]:
    """As `stand`, by a crew."""
    owed = list(obligations)
    lots = ((lot, at) for lot in workers.cut(owed, _LOT))
    return _newest_marked(owed, list(crew.results(stand_lot, lots, len(owed) >= MANY)), at)


def stand_lot(desk: workers.Desk, lot: tuple[Sequence[Obligation], datetime]) -> list[Standing]:
    """How the obligations of one lot stand."""
    owed, at = lot
    judge = desk.left.get("judge")
    if judge is None or judge.at != at:
        judge = desk.left["judge"] = Judge(desk.connection, desk.roster, at)
    return [judge.standing(one) for one in owed]


def _newest_marked(owed: Sequence[Obligation], found: list[Standing], at: datetime) -> list[Standing]:
    newest: dict[tuple[str, str], int] = {}
    for one in owed:
        if one.applicable and any(due_end(day.day) <= at for day in one.days):
            newest[one.body, one.scope] = max(one.year, newest.get((one.body, one.scope), one.year))
    for standing in found:
        standing.evidence["newest"] = newest.get((standing.body, standing.scope)) == standing.year
    return found


def due_end(day: date) -> datetime:
    """The first moment after a due day: the day itself counts until 24:00 Asia/Shanghai."""
    return datetime.combine(day + timedelta(days=1), time(), clock.ZONE)


def supporting_pair(observations: Sequence[Observation], earliest: datetime,
                    later_after: datetime) -> tuple[Observation, Observation] | None:
    """The latest two observations that together may prove absence, or None.

    `earliest` bounds the first, `later_after` the second. not_modified serves for one of the two only, and only where
    a full answer of that column was fetched after `later_after`.
    """
    usable = [each for each in observations if each.begin >= earliest]
    for first, second in reversed(list(combinations(usable, 2))):
        if (second.begin >= later_after and second.begin - first.end >= APART
                and second.begin.astimezone(clock.ZONE).date() != first.end.astimezone(clock.ZONE).date()
                and _full_enough(first, second, observations, later_after)):
            return first, second
    return None


def _full_enough(first: Observation, second: Observation, observations: Sequence[Observation],
                 after: datetime) -> bool:
    repeated = [{look.key for look in each.looks if look.outcome is Outcome.NOT_MODIFIED} for each in (first, second)]
    if repeated[0] & repeated[1]:
        return False
    full = {look.key for each in observations for look in each.looks
            if look.at <= second.end and (look.at >= after if look.outcome is Outcome.OK else
                                          look.held is not None and look.held >= after)}
    return (repeated[0] | repeated[1]) <= full


class Judge:
    """How one obligation after another stands, as of one moment; keeps what it read of columns and bodies."""

    def __init__(self, connection: sqlite3.Connection, roster: Roster, at: datetime) -> None:
        self.connection, self.roster, self.at = connection, roster, at
        self.seen = Observations(connection, at)
        self.moves = Moves(connection, self.seen.until)
        self.homes = Homes(roster)
        self._bodies: dict[str, list[dict[str, Any]]] = {}
        self._addresses: dict[str, dict[str, Any] | None] = {}
        self._moved: dict[tuple[str, int], set[str]] = {}

    def case(self, owed: Obligation) -> Case:
        """Everything the store holds on one obligation."""
        body = self.roster.bodies[owed.body]
        sightings = [each for each in self.seen.of_body(body.id)
                     if each.route == "report" and fits(each.scope, each.year, owed.scope, owed.year)
                     and each.year == owed.year]
        rows = [row for row in self._rows(body.id)
                if fits(row["scope"], row["year"], owed.scope, owed.year) and row["year"] == owed.year]
        listed, strange = _parted(sightings, lambda each: self.homes.is_one(each.portal, body))
        held, foreign = _parted(rows, lambda row: self.homes.speaks(row["portal"], row["address"], body))
        return Case(owed, body, self.seen.of(self.roster.columns_of(body)), listed, held, elsewhere=(strange, foreign))

    def standing(self, owed: Obligation) -> Standing:
        case = self.case(owed)
        body, answer = case.body, self._heard(case, self._judged(case))
        healthy = [each for each in case.observations if self.seen.healthy(each, owed.year)]
        answer.last_checked = _stamp(healthy[-1].end) if healthy else None
        answer.evidence.setdefault("channels", self._channels(body))
        if case.moved_to:
            answer.evidence["moved_to"] = case.moved_to
        if case.observations:
            answer.evidence["last_attempt"] = _stamp(case.observations[-1].end)
        unopened = access.unopened(self.connection, {each.url for each in case.sightings}, self.seen.until)
        if unopened:
            answer.evidence["unopened"] = unopened
        empty = self._empty(case)
        if empty:
            answer.evidence["empty"] = empty
        return answer

    def _heard(self, case: Case, answer: Standing) -> Standing:
        """What portals say where the body is not at home speaks for it, never against it: anybody broken into could say
        it."""
        sightings, rows = case.elsewhere
        if answer.status is Status.ON_TIME or not (sightings or rows):
            return answer
        whole = self._judged(replace(case, sightings=sorted([*case.sightings, *sightings], key=lambda each: each.at),
                                     rows=[*case.rows, *rows]))
        if whole.status is Status.ON_TIME or (answer.status in _LATE and whole.status is Status.UNDATED):
            return whole
        if answer.status in (Status.MISSING, Status.NOT_SEEN):
            return _answer(case.owed, Status.UNVERIFIED, reason="not_at_home",
                           address=rows[-1]["address"] if rows else sightings[-1].url,
                           evidence={"titles": sorted({each.title for each in sightings} | {
                               row["title"] for row in rows})})
        return answer

    # ------------------------------------------------------------ the table
    def _judged(self, case: Case) -> Standing:
        owed = case.owed
        valid = [row for row in case.rows if row["verdict"] == "report" and row["scope"] == owed.scope]
        if not owed.applicable:
            return _answer(owed, Status.NOT_APPLICABLE, reason=owed.reason)
        published = self._published(case, valid) if valid else None
        if not owed.confirmed:
            answer = _answer(owed, Status.NOT_CONFIRMED, reason=owed.reason or "unconfirmed")
            if published:
                answer.published, answer.address, answer.report = (
                    published.published, published.address, published.report)
            return answer
        gone = self._gone(case) if case.sightings else None
        if published:
            return self._withdrawn(case, published, *gone) if gone else published
        if not gone:
            unclear = self._unclear(case)
            if unclear:
                return unclear
        else:
            # Something stood in the list and went again before we could read a report from it.
            last = case.sightings[-1]
            return self._withdrawn(case, _answer(owed, Status.WITHDRAWN, address=last.url), *gone)
        return self._absent(case)

    def _published(self, case: Case, valid: list[dict[str, Any]]) -> Standing:
        pages = []
        for row in valid:
            listed = [each for each in case.sightings if each.url == row["address"]]
            # What earlier versions printed counts too: a date changed afterwards takes nothing back.
            versions = records.versions_at(self.connection, row["address"], case.owed.year, self.seen.until) or [row]
            dates = [(each["date"], each["source"]) for version in versions for each in json.loads(version["dates"])]
            dates += [(each.day, "list") for each in listed if each.day]
            first = min([clock.parse(row["first_seen"]), *(each.at for each in listed)])
            pages.append(dating.Page(row["address"], tuple(dict.fromkeys(dates)),
                                     first.astimezone(clock.ZONE).date(), row["id"]))
        today = self.at.astimezone(clock.ZONE).date()
        answer = dating.judge(pages, case.owed.days, case.owed.year, today)
        if answer.breached and (moved := self._moved_days(case)):
            answer = dating.judge([replace(page, moved=moved) for page in pages], case.owed.days, case.owed.year, today)
        last = max(case.owed.days, key=lambda day: day.day, default=None)
        due = answer.breached or case.owed.due or last
        return _answer(
            case.owed, answer.status, due, published=answer.day.isoformat() if answer.day else None,
            published_source=answer.source or None, days_late=answer.days_late, address=answer.page.address,
            report=answer.page.report, reason=answer.reason,
            evidence={"dates": [{"date": day, "source": source} for day, source in answer.dates],
                      "addresses": [page.address for page in pages],
                      "first_seen": answer.page.seen.isoformat()})

    def _moved_days(self, case: Case) -> frozenset[str]:
        """Days after the year owed that reports on earlier years bear on the portals this body uses."""
        found: set[str] = set()
        for portal in {portal.id for portal, _ in self.roster.columns_of(case.body)}:
            key = portal, case.owed.year
            if key not in self._moved:
                self._moved[key] = records.days_of_earlier_years(
                    self.connection, sorted(self.roster.bodies_of(portal)), case.owed.year, self.seen.until)
            found |= self._moved[key]
        return frozenset(found)

    def _unclear(self, case: Case) -> Standing | None:
        """A page stands there, but not (surely) the report: a person decides, or we have yet to open it."""
        owed = case.owed
        invalid = [row for row in case.rows if row["verdict"] in ("invalid", "report")]
        if invalid:
            row = invalid[-1]
            reason = row["reason"] if row["verdict"] == "invalid" else "scope_unknown"
            return _answer(owed, Status.INVALID, address=row["address"], report=row["id"], reason=reason)
        if misnamed := self._misnamed(case):
            return _answer(owed, Status.INVALID, address=misnamed["address"], report=misnamed["id"],
                           reason="wrong_year")
        if case.sightings:
            last = case.sightings[-1]
            outcome = records.capture_outcome(self.connection, last.url, self.seen.until)
            failed = outcome not in (None, Outcome.OK.value)
            return _answer(owed, Status.UNVERIFIED, address=last.url, outcome=outcome if failed else None,
                           reason="page_not_opened" if failed else "not_read",
                           evidence={"titles": [last.title]})
        return None

    def _misnamed(self, case: Case) -> dict[str, Any] | None:
        """A page of this body that is listed as another year's and may well be the report: its own title names this
        year; or it is called the next year's and stood there before that year ended; or it is called last year's, was
        published after this year ended, and stands in the list beside last year's own."""
        owed = case.owed
        listings = {look.listing for look in case.observations[-1].looks} if case.observations else set()
        listed = {each.url for each in self.seen.of_body(case.body.id) if each.listing in listings}
        others = [row for row in self._rows(case.body.id) if row["verdict"] in ("invalid", "report")
                  and row["year"] not in (None, owed.year) and row["scope"] in (owed.scope, "unknown")
                  and self.homes.speaks(row["portal"], row["address"], case.body)]
        row: dict[str, Any]
        for row in reversed(others):
            if row["reason"] == "wrong_year":
                if owed.year in titles.years_of(row["title"]):
                    return row
            elif row["year"] == owed.year + 1:
                if row["first_seen"] < f"{owed.year + 2}-":
                    return row
            elif row["year"] == owed.year - 1 and _dated_from(row, owed.year + 1) and any(
                    each["year"] == row["year"] and each["content"] != row["content"]
                    and {each["address"], row["address"]} <= listed
                    and not _dated_from(each, owed.year + 1) for each in others):
                return row
        return None

    def _absent(self, case: Case) -> Standing:
        """Nothing of it was ever seen: is the day past, and did we really look?"""
        owed, now = case.owed, self.at
        passed = [day for day in owed.days if due_end(day.day) <= now]
        if not passed:
            ahead = min(owed.days, key=lambda day: day.day, default=None)
            if ahead is None:
                return _answer(owed, Status.NOT_DUE, reason="no_day")
            soon = due_end(ahead.day) - now <= SOON
            return _answer(owed, Status.DUE_SOON if soon else Status.NOT_DUE, ahead)
        passed.sort(key=lambda day: (day.tier == "statutory", day.day), reverse=True)
        usable = self._without(case)
        for day in passed:
            end = due_end(day.day)
            pair = supporting_pair(usable, end - BEFORE_END, end)
            if pair:
                return self._shown(_answer(owed, Status.MISSING, day), *pair)
        for day in passed:
            after = [each for each in usable if each.begin >= due_end(day.day)]
            if after:
                return self._shown(_answer(owed, Status.NOT_SEEN, day), after[-1])
        return self._unverified(case, passed[0], due_end(passed[-1].day))

    def _unverified(self, case: Case, day: DueDay, since: datetime) -> Standing:
        owed = case.owed
        after = [each for each in case.observations if each.end >= since]
        if not self.roster.columns_of(case.body):
            return _answer(owed, Status.UNVERIFIED, day, reason="no_column")
        if not after:
            return _answer(owed, Status.UNVERIFIED, day, reason="not_looked")
        last = after[-1]
        flaws = [(look, flaw) for look in last.looks if (flaw := self.seen.flaw(look, owed.year))]
        blocking = self.candidates(case, last) or [each for one in after for each in self.candidates(case, one)]
        if blocking and not flaws:
            return _answer(owed, Status.UNVERIFIED, day, address=blocking[-1].url,
                           reason=_BLOCKED[blocking[-1].route],
                           evidence={"titles": sorted({each.title for each in blocking})})
        if not flaws:
            return _answer(owed, Status.UNVERIFIED, day, reason="not_looked",
                           evidence={"columns": ["/".join(key) for key in last.missing]})
        worst, reason = min(flaws, key=lambda flaw: flaw[1] != "portal_unreachable")
        return _answer(owed, Status.UNVERIFIED, day, reason=reason, outcome=worst.outcome.value, evidence={
            "flaws": [{"portal": look.portal, "column": look.column, "url": look.url, "outcome": look.outcome.value,
                       "reason": flaw, "detail": look.reason, "at": _stamp(look.at),
                       "since": _stamp(self._flawed_since(case, look))} for look, flaw in flaws]})

    # ------------------------------------------------------------ what was (not) there
    def candidates(self, case: Case, observation: Observation) -> list[Sighting]:
        """What this observation holds that is the report or could be, after what reading told of the pages."""
        found = self.seen.candidates(observation, case.body, case.owed.scope, case.owed.year)
        return [each for each in found if not self._ruled_out(each, case)]

    def _ruled_out(self, sighting: Sighting, case: Case) -> bool:
        """Whether the page behind a doubtful title was read and is something else."""
        if sighting.route == "report" and sighting.body == case.body.id:
            return False
        row = self._at(sighting.url)
        # Whose the rest of a joint title is, the page can't tell: it is the other bodies' too. Nor is one report read
        # from a page of many (县直各部门) all that hangs on it.
        if row is None or sighting.reason == "unknown_part" or of_many(sighting.printed, case.body):
            return False
        if row["verdict"] == "other" or row["year"] not in (None, case.owed.year):
            return True
        if row["body"] is not None:
            return bool(row["body"] != case.body.id) or row["scope"] not in (case.owed.scope, "unknown")
        printed = titles.parse(row["title"]).body
        return bool(printed) and not could_be(printed or "", case.body)

    def _without(self, case: Case) -> list[Observation]:
        """Healthy observations since the last look, healthy or not, that showed the report or a candidate."""
        start = 0
        for index, each in enumerate(case.observations):
            if self.candidates(case, each):
                start = index + 1
        return [each for each in case.observations[start:] if self.seen.healthy(each, case.owed.year)]

    def _gone(self, case: Case) -> tuple[Observation, Observation] | None:
        """Two supporting observations since the report was last listed; None while it stands or may stand."""
        last = case.sightings[-1].at + timedelta(seconds=1)
        since = [each for each in self._without(case) if each.begin >= last]
        pair = supporting_pair(since, last, last)
        return pair if pair and self._taken_away(case, since[0]) else None

    def _taken_away(self, case: Case, first: Observation) -> bool:
        """Whether since the first look without it every address was found gone, and its content stands nowhere else."""
        since, addresses = _stamp(first.begin), {row["address"] for row in case.rows} | {case.sightings[-1].url}
        if not access.gone_since(self.connection, addresses, since, self.seen.until):
            return False
        case.moved_to = self.moves.moved_to(case.rows, addresses, case.sightings[-1].title, since)
        return case.moved_to is None

    def _withdrawn(self, case: Case, published: Standing, first: Observation, second: Observation) -> Standing:
        published.status, published.days_late, published.reason = Status.WITHDRAWN, None, ""
        published.evidence |= {"first_seen": _stamp(case.sightings[0].at), "last_seen": _stamp(case.sightings[-1].at)}
        return self._shown(published, first, second)

    def _shown(self, answer: Standing, *observations: Observation) -> Standing:
        """Attach the observations that prove it: times, listings, fetches and the hashes of the captured pages."""
        looks = [look for each in observations for look in each.looks]
        fetches = [fetch for look in looks for fetch in look.fetches]
        answer.evidence |= {f"t{number}": _stamp(each.end) for number, each in enumerate(observations, 1)}
        answer.evidence |= {"runs": [each.run for each in observations],
                            "listings": [look.listing for look in looks], "fetches": fetches,
                            "snapshots": records.snapshots(self.connection, fetches)}
        return answer

    def _flawed_since(self, case: Case, look: Look) -> datetime:
        """When the unbroken row of failed looks at this column began that ends with this one."""
        since = look.at
        for each in reversed(case.observations):
            mine = next((one for one in each.looks if one.key == look.key), None)
            if mine is None or mine.at > look.at:
                continue
            if not self.seen.flaw(mine, case.owed.year):
                break
            since = mine.at
        return since

    def _empty(self, case: Case) -> list[dict[str, Any]]:
        """Columns found empty after the (statutory, else last) due day: when, and whether they ever held anything."""
        if case.owed.due is None:
            return []
        end, found = due_end(case.owed.due.day), []
        for portal, column in self.roster.columns_of(case.body):
            looks = self.seen.looks(portal, column)
            empty = [look for look in looks if look.outcome is Outcome.EMPTY_LISTING and look.at >= end]
            if empty and looks[-1].outcome is Outcome.EMPTY_LISTING:
                fetches = [fetch for look in empty for fetch in look.fetches]
                found.append({"portal": portal.id, "column": column.id, "channel": column.name, "url": column.url,
                              "role": column.role, "owner": self._owns(case, portal.id, column.id),
                              "times": [_stamp(look.at) for look in empty],
                              "filled_before": any(look.items for look in looks),
                              "snapshots": records.snapshots(self.connection, fetches)})
        return found

    def _owns(self, case: Case, portal: str, column: str) -> bool:
        """Whether a column's own faults are said here: once, of the office that runs it, else of its first body."""
        if case.owed.scope != case.body.scopes[0]:
            return False
        users = [self.roster.bodies[name] for name in self.roster.bodies_of(portal, column)] or [case.body]
        offices = [body for body in users if body.kind == "government_office"]
        governments = [body for body in users if body.kind == "government"]
        first = min(offices or governments or users, key=lambda body: (body.sort_order, body.line, body.id))
        return first.id == case.body.id

    # ------------------------------------------------------------ rows
    def _rows(self, body: str) -> list[dict[str, Any]]:
        if body not in self._bodies:
            self._bodies.clear()
            self._bodies[body] = records.reports_of(self.connection, body, self.seen.until)
        return self._bodies[body]

    def _at(self, address: str) -> dict[str, Any] | None:
        if address not in self._addresses:
            self._addresses[address] = records.report_at(self.connection, address, self.seen.until)
        return self._addresses[address]

    def _channels(self, body: Body) -> list[dict[str, str]]:
        return [{"portal": portal.id, "column": column.id, "name": column.name, "url": column.url,
                 "role": column.role} for portal, column in self.roster.columns_of(body)]


def _parted(items: Iterable[T], test: Callable[[T], bool]) -> tuple[list[T], list[T]]:
    """Those that pass, and the others."""
    found: tuple[list[T], list[T]] = ([], [])
    for item in items:
        found[not test(item)].append(item)
    return found


def _dated_from(row: dict[str, Any], year: int) -> bool:
    """Whether every publication date that a stored page bears lies in `year` or later."""
    days = [day for day, source in ((each["date"], each["source"]) for each in json.loads(row["dates"]))
            if source.partition(":")[0] in dating.FIRST_HAND]
    return bool(days) and min(days) >= f"{year}-"


def _answer(owed: Obligation, status: Status, day: DueDay | None = None, **known: Any) -> Standing:
    day = day or owed.due
    return Standing(owed.body, owed.scope, owed.year, status, day.day if day else None, day.tier if day else None,
                    **known)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(clock.ZONE).isoformat(timespec="seconds")
