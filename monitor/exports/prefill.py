"""What last year's report says for this year's form: requests carried over, and documents in force.

Promises: only numbers read with confidence from the report that stands for last year, of the same body and scope, with
no open finding on them and no reorganisation between; else the reason why not. Leaves alone: where they are written.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from crawler.store import row_dicts
from extract import forms
from monitor import records, review
from monitor.model import FindingState, Standing

if TYPE_CHECKING:
    from crawler.model import Body
    from crawler.roster import Roster
    from extract.forms import Form
    from extract.model import Scope

_FOLLOWS = {"applications.carried_in": "applications.carried_out"}
"""Rows of this year that repeat a row of last year's report."""
_STOCK = "in_force"
_CLEARED = (FindingState.DISMISSED, FindingState.RETRACTED)


@dataclass(slots=True)
class Prefill:
    """`values`: figures of this year's form; `stock`: last year's in_force under this year's keys, from which this
    year's follows. `why`: key of the reason why something, or everything, is left to be filled in."""

    values: dict[str, int | float] = field(default_factory=dict)
    stock: dict[str, int | float] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    """Key of last year's figure by key of this year's."""
    report: dict[str, Any] = field(default_factory=dict)
    why: str = ""

    @property
    def known(self) -> bool:
        return bool(self.values or self.stock)


def of(connection: sqlite3.Connection, roster: Roster, body: Body, scope: Scope, year: int, form: Form,
       stands: Mapping[tuple[str, Scope], Standing]) -> Prefill:
    """What can be filled in for (body, scope, year); `stands` are last year's standings by body and scope."""
    if _reorganised(roster, body, year):
        return Prefill(why="reorganised")
    stand = stands.get((body.id, scope))
    rows = row_dicts(connection, """SELECT id, title, address, form, sha256, first_seen, scope FROM owned_report
        WHERE body = ? AND year = ? AND verdict = 'report' ORDER BY last_seen DESC, first_seen DESC, id""",
                     (body.id, year - 1))
    rows = [row for row in rows if row["scope"] == scope or (row["scope"] == "unknown" and len(body.scopes) == 1)]
    named = [row for row in rows if stand is not None and row["id"] == stand.report]
    report = next(iter(named or rows), None)
    if report is None:
        return Prefill(why="no_report")
    if report["form"] not in forms.eras():
        return Prefill(report=report, why="form")
    return _from(connection, report, form, _doubted(connection, body.id, scope, year - 1))


def _from(connection: sqlite3.Connection, report: dict[str, Any], form: Form, doubted: set[str]) -> Prefill:
    found = Prefill(report=report)
    columns = records.figure_columns(connection, report["form"])
    row = next(iter(records.figure_rows(connection, report["form"], [report["id"]])), None)
    sure = {} if row is None else {key: row[key] for key, letter in zip(columns, row["states"], strict=False)
                                   if letter in "nt" and row[key] is not None and key not in doubted}
    wanted = 0
    for key in form.keys:
        name, _, last = key.rpartition(".")
        before = f"{_FOLLOWS[name]}.{last}" if name in _FOLLOWS else key if last == _STOCK else ""
        if not before or before not in columns:
            continue
        wanted += 1
        if before in sure:
            (found.stock if last == _STOCK else found.values)[key] = sure[before]
            found.origins[key] = before
    if len(found.origins) < wanted or not wanted:
        found.why = "doubt" if wanted else "form"
    _whole_rows(found, form)
    return found


def _whole_rows(found: Prefill, form: Form) -> None:
    """A row with a gap is left to be filled in as a whole: its total would pass for the whole row's."""
    for name in _FOLLOWS:
        keys = [key for key in form.keys if key.rpartition(".")[0] == name]
        if any(key not in found.values for key in keys if not key.endswith(".total")):
            for key in keys:
                found.values.pop(key, None)
                found.origins.pop(key, None)


def _reorganised(roster: Roster, body: Body, year: int) -> bool:
    """Whether what it carried over may have gone elsewhere, or come from elsewhere, since the last report's end."""
    years = {year, year - 1}
    own = any(event.kind != "renamed" and int(event.day[:4]) in years for event in body.events)
    return own or body.since == year or any(
        body.id in (event.other, other.successor) and int(event.day[:4]) in years
        for other in roster.bodies.values() for event in other.events)


def _doubted(connection: sqlite3.Connection, body: str, scope: str, year: int) -> set[str]:
    """Figures on which a finding stands that nobody has dismissed."""
    return {key for stored in review.list_findings(connection, bodies=[body], year=year)
            if stored.finding.scope == scope and stored.finding.severity != "I" and stored.state not in _CLEARED
            for key in stored.finding.figures}
