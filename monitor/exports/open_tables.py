"""The tables of the open data, row by row from the store, each in the order of its key.

Promises: rows are dicts by field name as config/open_data.yaml lists them, sorted by key, one in memory at a time (of
figures: one report's); the same store gives the same rows. Names, cases and reasons of the people who reviewed stay in
the house, and so do rules that are for the operator only. Leaves alone: files (data.py, database.py).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from crawler.store import row_dicts
from extract import configuration, forms
from monitor import catalogue_page, records, review, wording
from monitor.model import FindingState
from monitor.rules import catalogue
from monitor.wording import Term

if TYPE_CHECKING:
    from crawler.roster import Roster

Row = dict[str, Any]
_STATES = {"n": "number", "b": "blank", "d": "dash", "t": "text"}
_LOT = 200


class OpenField(BaseModel):
    """One field: `type` of a Table Schema; `foreign`: others wrote this text."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    type: Literal["string", "integer", "number", "boolean", "date"]
    zh: str
    en: str
    unit: str = ""
    foreign: bool = False


class OpenTable(BaseModel):
    """One table. `references`: field → table.field it points at."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    zh: str
    en: str
    key: tuple[str, ...]
    fields: dict[str, OpenField]
    passing: tuple[str, ...] = ()
    references: dict[str, str] = Field(default_factory=dict)


class Wide(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    zh: str
    en: str
    lead: dict[str, OpenField]


class Licence(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    path: str
    title: str


class OpenData(BaseModel):
    """config/open_data.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    title: Term
    description: Term
    licence: Licence
    citation: Term
    units: dict[str, str]
    """By the last part of an indicator's key, where the form's rows print none."""
    tables: dict[str, OpenTable]
    wide: Wide


def facts() -> OpenData:
    """config/open_data.yaml, loaded once. Raises ConfigurationError with file and line."""
    loaded: OpenData = configuration.load("open_data.yaml", OpenData)
    return loaded


@dataclass(frozen=True, slots=True)
class Extract:
    """What is asked for: these bodies (None: all, with reports nobody claims), report years from `since` on."""

    connection: sqlite3.Connection
    roster: Roster
    bodies: Collection[str] | None = None
    since: int | None = None

    def covers(self, body: str | None, year: int | None) -> bool:
        if self.bodies is not None and body not in self.bodies:
            return False
        return self.since is None or year is None or year >= self.since


def tables(extract: Extract) -> Iterator[tuple[str, OpenTable, Iterator[Row]]]:
    """Every table as (name, what it holds, its rows), in the order of the package."""
    for name, table in facts().tables.items():
        yield name, table, _ROWS[name](extract)
    for era in forms.eras():
        yield f"figures_{era}", wide_table(extract.connection, era), _wide(extract, era)


def wide_table(connection: sqlite3.Connection, era: str) -> OpenTable:
    wide = facts().wide
    fields = dict(wide.lead)
    for key in _keys(connection, era):
        fields[key] = OpenField(type="number", zh=wording.figure(key, "zh"), en=wording.figure(key, "en"),
                                unit=_unit(era, key))
    return OpenTable(zh=wide.zh.format(form=era), en=wide.en.format(form=era), key=("report",), fields=fields,
                     references={"report": "reports.id"})


# ---------------------------------------------------------------- who and where
def _bodies(extract: Extract) -> Iterator[Row]:
    """The roster, and bodies that statuses, reports or findings name and that stand on it no more."""
    named = {row[0] for row in extract.connection.execute(
        "SELECT body FROM standing UNION SELECT body FROM owned_report WHERE body IS NOT NULL UNION "
        "SELECT body FROM finding")}
    for each in sorted(named | set(extract.roster.bodies)):
        if extract.bodies is not None and each not in extract.bodies:
            continue
        body = extract.roster.bodies.get(each)
        if body is None:
            yield {"id": each, "name": each, "in_roster": False}
            continue
        yield {"id": body.id, "name": body.name, "in_roster": True, "kind": body.kind, "level": body.level,
               "duty": body.obligation, "division_code": body.division_code, "uscc": body.uscc, "parent": body.parent,
               "scopes": ";".join(body.scopes), "names": ";".join(name for name in body.names if name != body.name),
               "portal": body.portal, "since": body.since, "until": body.until, "successor": body.successor}


def _statuses(extract: Extract) -> Iterator[Row]:
    held = _held(extract)
    for row in extract.connection.execute("SELECT * FROM standing ORDER BY body, scope, year"):
        if extract.covers(row["body"], row["year"]):
            yield {**{name: row[name] for name in row.keys() if name != "evidence"},  # noqa: SIM118 - a sqlite3.Row
                   "status_zh": wording.term("statuses", row["status"], "zh"), "published": _day(row["published"]),
                   "report": row["report"] if row["report"] in held else None}


def _observations(extract: Extract) -> Iterator[Row]:
    """Looks at the columns in which these bodies publish; with `since`, those of that year and later."""
    wanted = None if extract.bodies is None else {
        (portal.id, column.id) for body in extract.bodies if body in extract.roster.bodies
        for portal, column in extract.roster.columns_of(extract.roster.bodies[body])}
    for row in extract.connection.execute("SELECT * FROM listing ORDER BY id"):
        if wanted is not None and (row["portal"], row["column_id"]) not in wanted:
            continue
        if extract.since is not None and int(row["at"][:4]) < extract.since:
            continue
        yield {"id": row["id"], "run": row["run"], "portal": row["portal"], "column": row["column_id"],
               "url": row["url"], "at": row["at"], "outcome": row["outcome"], "reason": row["reason"],
               "complete": bool(row["complete"]), "items": row["items"], "held": row["held"]}


# ---------------------------------------------------------------- reports and figures
def _held(extract: Extract) -> set[str]:
    """Ids of the reports that are covered: any body they serve is."""
    if extract.bodies is None and extract.since is None:
        return {row[0] for row in extract.connection.execute("SELECT id FROM report")}
    return {row["id"] for row in extract.connection.execute("SELECT id, body, year FROM owned_report")
            if extract.covers(row["body"], row["year"])}


def _reports(extract: Extract) -> Iterator[Row]:
    held = _held(extract)
    for row in extract.connection.execute(
            "SELECT id, body, scope, year, verdict, reason, title, form, address, published, published_source, sha256, "
            "medium, reader_version, first_seen, last_seen FROM report ORDER BY id"):
        if row["id"] in held:
            made = dict(row)
            # A joint report's first body may lie outside of what is asked for.
            inside = extract.bodies is None or row["body"] in extract.bodies
            yield {**made, "body": row["body"] if inside else None, "published": _day(row["published"])}


def _report_bodies(extract: Extract) -> Iterator[Row]:
    for row in extract.connection.execute(
            "SELECT DISTINCT id AS report, body, scope, year FROM owned_report WHERE body IS NOT NULL AND year IS NOT "
            "NULL ORDER BY report, body, scope, year"):
        if extract.covers(row["body"], row["year"]):
            yield dict(row)


def _indicators(extract: Extract) -> Iterator[Row]:
    for era in sorted(forms.eras()):
        places = {fact.key(row.key, column): fact.table for fact in forms.form(era).tables
                  for row in fact.rows for column in fact.columns_of(row.key)}
        for key in sorted(_keys(extract.connection, era)):
            table = places.get(key)
            yield {"form": era, "key": key, "table": table, "zh": wording.figure(key, "zh"),
                   "en": wording.figure(key, "en"), "unit": _unit(era, key),
                   "kind": forms.form(era).kind(key) if table is not None else ""}


def _keys(connection: sqlite3.Connection, era: str) -> list[str]:
    return records.figure_columns(connection, era) or list(forms.form(era).all_keys)


def _unit(era: str, key: str) -> str:
    printed = next((row.unit for fact in forms.form(era).tables for row in fact.rows
                    for column in fact.columns_of(row.key) if fact.key(row.key, column) == key), "")
    return printed or facts().units.get(key.rpartition(".")[2], "")


def _figures(extract: Extract) -> Iterator[Row]:
    held = sorted(_held(extract))
    columns = {era: records.figure_columns(extract.connection, era) for era in forms.eras()}
    for start in range(0, len(held), _LOT):
        lot = held[start:start + _LOT]
        found = {row["report"]: (era, row) for era in columns
                 for row in records.figure_rows(extract.connection, era, lot)}
        for report in lot:
            if report in found:
                era, row = found[report]
                for key, letter in sorted(zip(columns[era], row["states"], strict=False)):
                    if letter.lower() in _STATES:
                        yield {"report": report, "key": key, "form": era, "value": row[key],
                               "state": _STATES[letter.lower()], "confident": letter.islower()}


def _wide(extract: Extract, era: str) -> Iterator[Row]:
    held = sorted(_held(extract))
    for start in range(0, len(held), _LOT):
        lot = held[start:start + _LOT]
        about = {row["id"]: row for row in row_dicts(
            extract.connection, "SELECT id, body, scope, year FROM report WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(lot),))}
        for row in records.figure_rows(extract.connection, era, lot):
            of = about[row["report"]]
            body = of["body"] if extract.bodies is None or of["body"] in extract.bodies else None
            named = extract.roster.bodies.get(body or "")
            yield {**dict(row), "body": body, "name": named.name if named else body, "scope": of["scope"],
                   "year": of["year"]}


# ---------------------------------------------------------------- what doesn't add up
def shown(stored: review.StoredFinding) -> bool:
    """Whether a finding may leave the house: not what is for the operator, nor what only a person may raise and none
    has confirmed."""
    entry = catalogue.catalogue().rules.get(stored.finding.rule)
    if entry is None:
        return False
    return not entry.operator_only and (not entry.person_only or reviewed(stored))


def reviewed(stored: review.StoredFinding) -> bool:
    return stored.state not in (FindingState.OPEN, FindingState.HISTORIC, FindingState.SNOOZED)


def _findings(extract: Extract) -> Iterator[Row]:
    ids = [row["id"] for row in extract.connection.execute("SELECT id, body, year FROM finding ORDER BY id")
           if extract.covers(row["body"], row["year"])]
    held = _held(extract)
    for start in range(0, len(ids), _LOT):
        lot = review.list_findings(extract.connection, ids=ids[start:start + _LOT], cleared=True)
        for stored in sorted(lot, key=lambda each: each.finding.id):
            one = stored.finding
            if not shown(stored):
                continue
            body = extract.roster.bodies.get(one.body)
            name = body.name if body else one.body
            yield {"id": one.id, "rule": one.rule, "version": one.version, "severity": one.severity,
                   "outcome": one.outcome, "body": one.body, "scope": one.scope, "year": one.year,
                   "subject": one.subject, "expression": one.expression, "left": one.left, "right": one.right,
                   "difference": one.difference, "message_zh": wording.message(one, "zh", name),
                   "message_en": wording.message(one, "en", name),
                   "report": one.report if one.report in held else None, "state": stored.state.value,
                   "reviewed": reviewed(stored), "first_seen": stored.first_seen, "last_seen": stored.last_seen,
                   "cleared": stored.cleared, "pack": one.pack}


def _rules(extract: Extract) -> Iterator[Row]:
    for each in catalogue_page.data():
        told = ("id", "version", "severity", "category", "over", "short", "en", "test")
        yield {**{name: each[name] for name in told}, "basis": "；".join(each["basis"]),
               "basis_en": "; ".join(each["basis_en"])}


def _day(text: str | None) -> str | None:
    return text[:10] if text else None


_ROWS: dict[str, Callable[[Extract], Iterator[Row]]] = {
    "bodies": _bodies, "statuses": _statuses, "reports": _reports, "report_bodies": _report_bodies,
    "indicators": _indicators, "figures": _figures, "findings": _findings, "observations": _observations,
    "rules": _rules}
