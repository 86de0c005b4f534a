"""One year of some bodies at a glance: what one page for leaders says, as numbers and ids.

Promises: the counts are those of `compliance`; a body is named only where a person has confirmed what is said of it;
what a run found and nobody looked at is no result. Leaves alone: words (views/brief.py), drawing.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy

from crawler import clock
from monitor import transitions
from monitor.compliance import Totals
from monitor.exports.reviewed import BEHIND
from monitor.model import Status
from monitor.rules import catalogue
from monitor.web.board import STATUSES

if TYPE_CHECKING:
    import sqlite3

    from monitor.web.board import Picked

LISTED = (Status.MISSING, Status.LATE, Status.LATE_BY_RULE)
"""Statuses whose bodies may be named, worst first."""
SEEN = (Status.ON_TIME, Status.LATE_BY_RULE, Status.LATE)
"""Statuses of what was published on a reliable day."""
WEEK = 7
_FEW = 5000
"""Up to so many bodies are asked for by id."""
_WAITING = frozenset({"confirmed", "approved"})


@dataclass(frozen=True)
class Glance:
    """`unreviewed`: standings to a body's disadvantage that nobody has confirmed; `named` those confirmed; `categories`
    bodies by kind of what was confirmed; `causes` (reason, outcome) of what could not be verified; `next_due` the
    nearest day with how many reports not seen yet. week_*: in the seven days before the judgement."""

    year: int
    at: str
    totals: Totals
    before: Totals
    bodies: int
    named: tuple[str, ...]
    unreviewed: int
    categories: tuple[tuple[str, int], ...]
    causes: tuple[tuple[tuple[str, str | None], int], ...]
    next_due: tuple[date, int] | None
    week_published: int
    week_found: int
    week_verified: int
    told: int
    verified: int
    overdue: int
    waiting: int


@dataclass
class _Reviewed:
    """What stands in findings of the year, by what was decided."""

    confirmed: set[tuple[str, str, str]] = field(default_factory=set)
    categories: dict[str, set[str]] = field(default_factory=dict)
    states: Counter[str] = field(default_factory=Counter)
    told: int = 0
    verified: int = 0
    found_lately: int = 0
    verified_lately: int = 0


def look(connection: sqlite3.Connection, picked: Picked) -> Glance:
    """The picked year at a glance."""
    board, year = picked.board, picked.year or 0
    judged = clock.parse(board.at).date() if board.at else clock.today()
    week = judged - timedelta(days=WEEK)
    found = _reviewed(connection, picked, week.isoformat())
    status = picked.of_year(board.status, year)
    published = picked.of_year(board.published, year)
    lately = numpy.isin(status, [STATUSES.index(each) for each in SEEN]) & (published > week.toordinal()) & (
        published <= judged.toordinal())
    named, unreviewed = _named(picked, status, found)
    causes = Counter(int(each) for each in picked.of_year(board.cause, year)[
        status == STATUSES.index(Status.UNVERIFIED)])
    return Glance(
        year, board.at, picked.totals(year), picked.totals(year - 1) if year - 1 in board.years else Totals({}),
        picked.bodies_owing(year), tuple(dict.fromkeys(named)), unreviewed,
        tuple((key, len(held)) for key, held in sorted(found.categories.items(), key=lambda each: -len(each[1]))),
        tuple((board.causes[number], count) for number, count in causes.most_common()),
        _next_due(picked, judged), int(lately.sum()), found.found_lately, found.verified_lately, found.told,
        found.verified, found.states["overdue"], sum(found.states[each] for each in _WAITING))


def _named(picked: Picked, status: Any, found: _Reviewed) -> tuple[list[str], int]:
    """Bodies whose disadvantage was confirmed, worst first in roster order; how many of all statuses to a body's
    disadvantage nobody has confirmed."""
    board, named, unreviewed = picked.board, list[str](), 0
    looked_at = numpy.zeros(len(board.bodies), bool)
    looked_at[[board.bodies.index[body] for body, _, _ in found.confirmed if body in board.bodies.index]] = True
    for one in (*LISTED, *(each for each in BEHIND if each not in LISTED)):
        lines = picked.counted[status == STATUSES.index(one)]
        unreviewed += len(lines)
        for line in lines[looked_at[board.body[lines]]]:
            body, scope = board.bodies.ids[board.body[line]], board.scopes[board.scope[line]]
            if any((body, scope, rule) in found.confirmed for rule in BEHIND[one]):
                unreviewed -= 1
                named += [body] if one in LISTED else []
    return named, unreviewed


def _next_due(picked: Picked, today: date) -> tuple[date, int] | None:
    """The nearest due day of reports not seen yet, of any year, and how many are due then."""
    board = picked.board
    codes = [STATUSES.index(each) for each in (Status.NOT_DUE, Status.DUE_SOON)]
    days = board.due[picked.counted][numpy.isin(board.status[picked.counted], codes)]
    ahead = days[days >= today.toordinal()]
    return (date.fromordinal(int(ahead.min())), int((ahead == ahead.min()).sum())) if len(ahead) else None


def _reviewed(connection: sqlite3.Connection, picked: Picked, week: str) -> _Reviewed:
    bodies = picked.board.bodies
    inside = numpy.zeros(len(bodies), bool)
    inside[picked.board.body[picked.counted]] = True
    told = {row[0] for row in connection.execute("SELECT DISTINCT finding FROM audit WHERE action = 'notify'")}
    rules = catalogue.catalogue().rules
    found = _Reviewed()
    few = int(inside.sum()) <= _FEW
    for row in _rows(connection, picked.year or 0, [bodies.ids[each] for each in numpy.flatnonzero(inside)]
                     if few else None):
        identity, body, scope, rule, severity, outcome, state, first_seen, cleared = row
        text = rules.get(rule)
        place = bodies.index.get(body)
        if place is None or not inside[place] or text is None or outcome != "fail" or text.operator_only:
            continue
        stands = state in transitions.TRUE and (cleared is None or state == "verified")
        if stands:
            found.confirmed.add((body, scope, rule))
        if severity == "I" or text.addressee != "body":
            continue
        if stands:
            found.categories.setdefault(str(text.category), set()).add(body)
            found.told += identity in told
            found.verified += identity in told and state == "verified"
            found.verified_lately += state == "verified" and str(cleared)[:10] > week
        if cleared is None:
            found.states[state] += 1
            found.found_lately += first_seen[:10] > week and state not in transitions.FALSE_ALARMS | {"historic"} and (
                stands or not text.person_only)
    return found


def _rows(connection: sqlite3.Connection, year: int, bodies: Collection[str] | None) -> Any:
    columns = "id, body, scope, rule, severity, outcome, state, first_seen, cleared"
    if bodies is not None:
        return connection.execute(f"SELECT {columns} FROM finding WHERE year = ? AND body IN "
                                  "(SELECT value FROM json_each(?))", (year, json.dumps(list(bodies))))
    return connection.execute(f"SELECT {columns} FROM finding WHERE year = ?", (year,))
