"""Whose figures go into a government's consolidated draft: the office and the bodies below it, each report once.

Promises: a body without a report, or with one whose scope or form leaves doubt, is named with the reason and counts
for nothing; bodies that report upwards, owe no report or are covered by another's report are named too. Leaves alone:
adding up (consolidated.py).
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from extract.model import Scope
from monitor import records, review
from monitor.model import FindingState, Standing

if TYPE_CHECKING:
    from crawler.model import Body
    from crawler.roster import Roster

UPWARDS = {"vertical": "vertical", "public_enterprise": "enterprise"}
"""Kinds of bodies that go into no local draft, and the reason that is told."""
_SETTLED = (FindingState.DISMISSED, FindingState.RETRACTED, FindingState.EXPLAINED, FindingState.VERIFIED)


@dataclass(slots=True)
class Member:
    """One report that is counted; `figures` by key: value or None, and the letter of its state (records.py)."""

    body: Body
    scope: Scope
    report: dict[str, Any]
    figures: dict[str, tuple[int | float | None, str]]
    findings: list[str] = field(default_factory=list)
    """Rules of open findings on its figures."""


@dataclass(slots=True)
class Left:
    """One body that isn't counted: `kind` missing, uncertain or excluded, `why` a key, `other` the body it names."""

    body: Body
    kind: str
    why: str
    other: str = ""
    status: Standing | None = None


@dataclass(slots=True)
class Membership:
    members: list[Member] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)


def gather(connection: sqlite3.Connection, roster: Roster, head: Body, year: int, era: str) -> Membership:
    """The reports of `year` that go into the consolidated one of `head`, in the order of the roster."""
    found = Membership()
    wanted = list(_wanted(roster, head, year, found.left))
    ids = {body.id for body, _ in wanted}
    stands = {(each.body, each.scope): each for each in records.standings(connection, year, ids)}
    held = _reports(connection, year, ids)
    offices = [body for body, scope in wanted if body is head or (body.kind == "government_office" and
               body.parent == head.id)]
    office = next((body for body in offices if _pick(held, stands, body, "own")), offices[0] if offices else None)
    counted: dict[str, Body] = {}
    covered = {other: body for body, _ in wanted for other in body.covers}
    for body, scope in wanted:
        stand = stands.get((body.id, scope))
        if body in offices and body is not office:
            found.left.append(Left(body, "excluded", "office", office.name if office else "", stand))
            continue
        row = _pick(held, stands, body, scope)
        if row is None:
            coverer = next((covered[name] for name in (body.id, *body.names) if name in covered), None)
            if coverer is not None:
                found.left.append(Left(body, "excluded", "covered", coverer.name, stand))
            elif any(each["scope"] == "unknown" for each in held.get(body.id, ())):
                found.left.append(Left(body, "uncertain", "scope", status=stand))
            else:
                found.left.append(Left(body, "missing", "no_report", status=stand))
        elif row["id"] in counted:
            found.left.append(Left(body, "excluded", "joint", counted[row["id"]].name, stand))
        elif row["form"] != era:
            found.left.append(Left(body, "uncertain", "form" if row["form"] else "figures", status=stand))
        else:
            figures = _figures(connection, era, row["id"])
            if not any(letter in "nNtT" for _, letter in figures.values()):
                found.left.append(Left(body, "uncertain", "figures", status=stand))
                continue
            counted[row["id"]] = body
            found.members.append(Member(body, scope, row, figures))
    _tell_findings(connection, found.members, year)
    return found


def _wanted(roster: Roster, head: Body, year: int, left: list[Left]) -> Iterator[tuple[Body, Scope]]:
    """The office and every body below, with the scope that goes in: a government below hands in its consolidated
    report, which holds what stands below it."""
    below: dict[str, list[Body]] = defaultdict(list)
    for body in roster.bodies.values():
        below[body.parent].append(body)
    queue: list[Body] = [head]
    seen: set[str] = set()
    while queue:
        body = queue.pop(0)
        if body.id in seen:
            continue
        seen.add(body.id)
        if not (body.since or 0) <= year <= (body.until or year):
            continue
        if body.kind in UPWARDS:
            left.append(Left(body, "excluded", UPWARDS[body.kind]))
            continue
        queue += sorted(below[body.id], key=lambda each: each.sort_order) if body is head or body.kind != "government" \
            else []
        if body is not head and body.obligation == "none":
            left.append(Left(body, "excluded", "none"))
        elif body is head:
            if "own" in body.scopes:
                yield body, "own"
        else:
            yield body, "consolidated" if body.kind == "government" else "own"


def _reports(connection: sqlite3.Connection, year: int, bodies: Collection[str]) -> dict[str, list[sqlite3.Row]]:
    """Versions of reports of these bodies on the year by body, those seen last first."""
    held: dict[str, list[sqlite3.Row]] = defaultdict(list)
    for row in connection.execute(
            """SELECT id, body, scope, year, title, address, form, published, first_seen, last_seen, sha256
            FROM owned_report WHERE verdict = 'report' AND body IN (SELECT value FROM json_each(?)) AND year = ?
            ORDER BY last_seen DESC, first_seen DESC, id""", (json.dumps(sorted(bodies)), year)):
        held[row["body"]].append(row)
    return held


def _pick(held: dict[str, list[sqlite3.Row]], stands: Mapping[tuple[str, Scope], Standing], body: Body,
          scope: Scope) -> dict[str, Any] | None:
    """The version that stands for (body, scope): the one its standing names, else the one seen last."""
    rows = held.get(body.id, [])
    stand = stands.get((body.id, scope))
    named = [row for row in rows if stand is not None and row["id"] == stand.report]
    # A report of unknown scope is the body's only one, or nobody knows which of its reports it is.
    named = [row for row in named if row["scope"] != "unknown" or len(body.scopes) == 1]
    chosen = next(iter(named or [row for row in rows if row["scope"] == scope]), None)
    return dict(chosen) if chosen is not None else None


def _figures(connection: sqlite3.Connection, era: str, report: str) -> dict[str, tuple[int | float | None, str]]:
    columns = records.figure_columns(connection, era)
    row = next(iter(records.figure_rows(connection, era, [report])), None)
    if row is None:
        return {}
    return {key: (row[key], row["states"][place]) for place, key in enumerate(columns) if place < len(row["states"])}


def _tell_findings(connection: sqlite3.Connection, members: list[Member], year: int) -> None:
    by_key = {(each.body.id, each.scope): each for each in members}
    for stored in review.list_findings(connection, bodies={each.body.id for each in members}, year=year):
        one = stored.finding
        member = by_key.get((one.body, one.scope))
        if member and one.outcome == "fail" and one.figures and one.severity != "I" and stored.state not in _SETTLED \
                and one.rule not in member.findings:
            member.findings.append(one.rule)
