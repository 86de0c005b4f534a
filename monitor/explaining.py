"""Why an obligation stands as it does: duty and days, columns looked at, titles that come near, dates, versions.

Promises: plain data (the document of `status --why --json`) made from the same rows and the same judgement as the
status itself, as of one moment; every look is there with why it counts or doesn't. Leaves alone: sentences
(commands/explaining.py with config/explanations.yaml), reaching the status (standing.py).
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from crawler import clock
from crawler.store import row_dicts
from monitor import dating, obligations, records
from monitor.model import Obligation, Standing
from monitor.observations import Look, Observation, fits
from monitor.rules.publication import differences
from monitor.standing import BEFORE_END, Case, Judge, due_end

if TYPE_CHECKING:
    from crawler.roster import Roster
    from monitor.settings import Settings

WHOLE, SEASON, PART, NONE = "whole", "season", "part", "none"
"""How far a list was walked."""
Row = dict[str, Any]


def explain(connection: sqlite3.Connection, roster: Roster, settings: Settings, body: str, year: int,
            at: datetime, scope: str | None = None) -> list[Row]:
    """One record for each scope of the body's report of `year`, as of `at`. Reads only."""
    owed = [one for one in obligations.obligations(roster, settings, [year])
            if one.body == body and one.year == year and scope in (None, one.scope)]
    judge = Judge(connection, roster, at)
    return [_explained(judge, one, connection) for one in owed]


def _explained(judge: Judge, owed: Obligation, connection: sqlite3.Connection) -> Row:
    standing, case = judge.standing(owed), judge.case(owed)
    columns = [_column(judge, case, standing, key) for key in judge.roster.columns_of(case.body)]
    return {
        "body": owed.body, "name": case.body.name, "scope": owed.scope, "year": owed.year, "as_of": _stamp(judge.at),
        "status": standing.status.value, "reason": standing.reason, "outcome": standing.outcome,
        "due": standing.due.isoformat() if standing.due else None, "tier": standing.tier,
        "published": standing.published, "published_source": standing.published_source,
        "days_late": standing.days_late, "address": standing.address, "evidence": standing.evidence,
        "duty": _duty(judge, owed, case), "columns": columns, "titles": _titles(judge, case),
        "dates": _dates(judge, case, standing), "versions": _versions(connection, judge, case),
        "unopened": standing.evidence.get("unopened", [])}


def _duty(judge: Judge, owed: Obligation, case: Case) -> Row:
    body = case.body
    return {"duty": owed.duty, "kind": body.kind, "level": body.level, "basis": body.basis,
            "applicable": owed.applicable, "confirmed": owed.confirmed, "confirmed_on": body.confirmed_on or None,
            "confirmed_by": body.confirmed_by or None, "reason": owed.reason,
            "days": [{"day": day.day.isoformat(), "tier": day.tier, "basis": day.basis,
                      "passed": due_end(day.day) <= judge.at, "days": abs((judge.at.date() - day.day).days)}
                     for day in owed.days]}


# ---------------------------------------------------------------- columns
def _column(judge: Judge, case: Case, standing: Standing, key: tuple[Any, Any]) -> Row:
    portal, column = key
    relied_on = set(standing.evidence.get("listings", ()))
    looks = [_look(judge, case, look, relied_on) for look in judge.seen.looks(portal, column)]
    return {"portal": portal.id, "portal_name": portal.name, "column": column.id, "name": column.name,
            "url": column.url, "role": column.role, "healthy": sum(not look["flaw"] for look in looks), "looks": looks}


def _look(judge: Judge, case: Case, look: Look, relied_on: set[int]) -> Row:
    flaw = judge.seen.flaw(look, case.owed.year)
    return {"at": _stamp(look.at), "run": look.run, "listing": look.listing, "outcome": look.outcome.value,
            "detail": look.reason, "items": look.items, "extent": _extent(look, flaw),
            "found": _found(judge, case, look), "flaw": flaw, "proof": look.listing in relied_on and not flaw,
            "early": bool(case.owed.days) and look.at < due_end(min(day.day for day in case.owed.days)) - BEFORE_END,
            "held": _stamp(look.held) if look.held else None}


def _extent(look: Look, flaw: str) -> str:
    if not look.outcome.supports_absence:
        return NONE
    return WHOLE if look.complete else PART if flaw else SEASON


def _found(judge: Judge, case: Case, look: Look) -> str:
    """Whether this list held the report: listed, candidate (a title that could be it), absent, or unknown."""
    found = judge.candidates(case, Observation(look.run, (look,)))
    if any(each.route == "report" and each.body == case.body.id and each.year == case.owed.year for each in found):
        return "listed"
    if found:
        return "candidate"
    return "absent" if look.outcome.supports_absence else "unknown"


# ---------------------------------------------------------------- titles
def _titles(judge: Judge, case: Case) -> list[Row]:
    """Listed titles that are this report, could be it, or are the body's own of other years and scopes; nearest first,
    each once with when lists showed it."""
    found: dict[str, Row] = {}
    for observation in case.observations:
        doubtful = judge.seen.candidates(observation, case.body, case.owed.scope, case.owed.year)
        for each in doubtful:
            open_ = each in judge.candidates(case, observation)
            own = each.route == "report" and each.body == case.body.id and each.year == case.owed.year
            _seen(found, each, "report" if own else "ruled_out" if not open_ else
                  {"foreign": "foreign", "note": "note"}.get(each.route, "unrouted"))
    for each in judge.seen.of_body(case.body.id):
        near = each.route == "report" and each.year is not None and abs(each.year - case.owed.year) <= 1
        if near and not fits(each.scope, each.year, case.owed.scope, case.owed.year):
            _seen(found, each, "other_year" if each.year != case.owed.year else "other_scope")
    order = ("report", "unrouted", "foreign", "note", "ruled_out", "other_scope", "other_year")
    return sorted(found.values(), key=lambda row: (order.index(row["what"]), row["first"], row["url"]))


def _seen(found: dict[str, Row], each: Any, what: str) -> None:
    row = found.setdefault(each.url, {"title": each.title, "url": each.url, "what": what, "year": each.year,
                                      "scope": each.scope, "printed_body": each.printed, "first": _stamp(each.at),
                                      "last": _stamp(each.at)})
    row["first"], row["last"] = min(row["first"], _stamp(each.at)), max(row["last"], _stamp(each.at))


# ---------------------------------------------------------------- dates and versions
def _dates(judge: Judge, case: Case, standing: Standing) -> list[Row]:
    """Every date of every page the report stands at, with its source, since when it was shown, and its side of the
    day."""
    spans: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    pages = {row["address"] for row in case.rows if row["verdict"] == "report"} or {row["address"] for row in case.rows}
    for version in _stored(judge, case):
        if version["address"] in pages:
            for each in json.loads(version["dates"]):
                spans[version["address"], each["source"], each["date"]] += [version["first_seen"], version["last_seen"]]
    seen: dict[str, list[str]] = defaultdict(list)
    for each in case.sightings:
        seen[each.url].append(_stamp(each.at))
        if each.day:
            spans[each.url, "list", each.day].append(_stamp(each.at))
    for row in case.rows:
        if row["address"] in pages:
            seen[row["address"]].append(row["first_seen"])
    for url, moments in seen.items():
        spans[url, dating.SEEN, min(moments, key=clock.parse)[:10]] += moments
    found = [{"url": url, "date": day[:10], "source": source, "kind": _kind(source, day, case, judge.at),
              "days_after": _after(day, standing.due), "first": min(moments, key=clock.parse),
              "last": max(moments, key=clock.parse)} for (url, source, day), moments in spans.items()]
    return sorted(found, key=lambda row: (row["url"] != standing.address, row["url"], _rank(row["source"]),
                                          row["date"]))


def _kind(source: str, day: str, case: Case, at: datetime) -> str:
    """first_hand, weak, seen (our own), or incredible: before the year ended or after the moment of judging."""
    kind = source.partition(":")[0]
    if kind == dating.SEEN:
        return "seen"
    if not date(case.owed.year, 12, 31).isoformat() < day[:10] <= at.date().isoformat():
        return "incredible"
    return "first_hand" if kind in dating.FIRST_HAND else "weak"


def _rank(source: str) -> int:
    kind = source.partition(":")[0]
    return dating.FIRST_HAND.index(kind) if kind in dating.FIRST_HAND else 50 + (kind == dating.SEEN)


def _after(day: str, due: date | None) -> int | None:
    return (date.fromisoformat(day[:10]) - due).days if due else None


def _stored(judge: Judge, case: Case) -> list[Row]:
    """Every version of every page of this report up to the moment, oldest first."""
    rows = row_dicts(judge.connection, """SELECT * FROM owned_report WHERE body = ? AND year = ? AND first_seen <= ?
        ORDER BY address, first_seen, last_seen""", (case.body.id, case.owed.year, judge.seen.until))
    return [row for row in rows if fits(row["scope"], row["year"], case.owed.scope, case.owed.year)]


def _versions(connection: sqlite3.Connection, judge: Judge, case: Case) -> list[Row]:
    """Versions page by page, each with what changed against the one before it."""
    found: list[Row] = []
    before: Row | None = None
    for row in _stored(judge, case):
        version = {name: row[name] for name in ("id", "address", "title", "medium", "verdict", "reason", "sha256",
                                                "first_seen", "last_seen", "reader_version")}
        version["dates"] = json.loads(row["dates"])
        version["changes"] = None
        if before is not None and before["address"] == row["address"]:
            version["dates_changed"] = _changed_dates(json.loads(before["dates"]), version["dates"])
            version["compared"] = before["reader_version"] == row["reader_version"]
            if version["compared"]:
                version["changes"] = differences(records.load_report(before), records.load_report(row))
        before = row
        found.append(version)
    return found


def _changed_dates(before: list[Row], after: list[Row]) -> list[Row]:
    """Sources whose first-hand date is another one now: a date changed after publication is a question of its own."""
    old, new = ({each["source"]: each["date"] for each in dates} for dates in (before, after))
    return [{"source": source, "before": old.get(source), "after": new.get(source)}
            for source in sorted(old.keys() | new.keys())
            if source.partition(":")[0] in dating.FIRST_HAND and old.get(source) != new.get(source)]


def _stamp(moment: datetime) -> str:
    return moment.astimezone(clock.ZONE).isoformat(timespec="seconds")
