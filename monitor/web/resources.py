"""What the interface's operations answer: rows by key, from the board and the store.

Promises: nobody gets a row of a body that isn't theirs, or a finding that pages don't show them; a number that isn't
there is null beside its state; a long list costs what its page does. Leaves alone: parameters, pages, which fields are
given (api.py). The exports of pages take their rows from here too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy

from crawler import clock
from crawler.store import row_dicts
from extract import forms
from monitor import catalogue_page, compliance, records, review, searching, transitions, wording
from monitor.alerts import situation
from monitor.exceptions import UsageError
from monitor.exports import open_tables
from monitor.rules import catalogue
from monitor.web import deciding
from monitor.web.api import Call, ChangedError, Key, Row, Rows, Whole
from monitor.web.asked import AbsentError
from monitor.web.board import STATUSES, Filter
from monitor.web.contents import body_named, visible

if TYPE_CHECKING:
    from monitor.review import StoredFinding

LOT = 200
_LETTERS = {"n": "number", "b": "blank", "d": "dash", "t": "text", "a": "absent"}
_REPORT = """id, body, scope, year, verdict, reason, title, form, address, published, published_source, sha256, medium,
    reader_version, first_seen, last_seen"""


def _lots(rows: Iterator[Any]) -> Iterator[list[Any]]:
    return iter(lambda: list(islice(rows, LOT)), [])


def _name(call: Call, body: str | None) -> str | None:
    held = call.asked.roster.bodies.get(body or "")
    return held.name if held else body


def _below(call: Call) -> list[str] | None:
    """The bodies a question is about, in the order of their ids; None: all there are. Raises AbsentError."""
    under, board = call.get("under"), call.asked.installation.board
    if under is None and call.asked.reach is None:
        return None
    mask = board.bodies.within(call.asked.reach)
    if under is not None:
        call.asked.known(under if under in board.bodies.index else None)
        mask = mask & board.bodies.under(under)
    return sorted(board.bodies.ids[number] for number in numpy.flatnonzero(mask))


# ---------------------------------------------------------------- statuses and figures, in the order of the board
def _cells(call: Call, after: Key | None) -> Iterator[tuple[str, str, int]]:
    """Body, scope and year of the board's cells that a question is about."""
    board = call.asked.installation.board
    under = call.get("under")
    if under is not None:
        call.asked.known(under if under in board.bodies.index else None)
    picked = board.pick(Filter(under or "", call.get("level") or "", call.get("kind") or "", call.get("scope") or "",
                               None, "", call.get("q") or ""), call.asked.reach)
    wanted = board.status[picked.counted] >= 0
    if call.get("year") is not None:
        wanted &= (numpy.array(board.years) == call.get("year"))[None, :]
    if call.get("status") is not None:
        wanted &= board.status[picked.counted] == [each.value for each in STATUSES].index(call.get("status"))
    lines, columns = numpy.nonzero(wanted)
    start = _behind(call, picked.counted[lines] * max(1, len(board.years)) + columns, after)
    for line, column in zip(picked.counted[lines[start:]], columns[start:], strict=True):
        yield board.bodies.ids[board.body[line]], board.scopes[board.scope[line]], board.years[column]


def _behind(call: Call, places: Any, after: Key | None) -> int:
    """How many of these places of the board lie up to the one named."""
    board = call.asked.installation.board
    if after is None:
        return 0
    if len(after) != 3 or after[1] not in board.scopes or after[2] not in board.years:
        raise UsageError("after is no place in this list; take it from the page before")
    number = board.bodies.index.get(str(after[0]), -1)
    line = numpy.flatnonzero((board.body == number) & (board.scope == board.scopes.index(after[1])))
    if not len(line):
        raise UsageError("after is no place in this list any more, the roster has changed; begin anew")
    return int(numpy.searchsorted(places, int(line[0]) * len(board.years) + board.years.index(after[2]), "right"))


def _statuses(call: Call, after: Key | None) -> Iterator[tuple[Key, Row]]:
    for lot in _lots(_cells(call, after)):
        rows = standings(call, {body for body, _, _ in lot})
        yield from ((list(key), rows[key]) for key in lot if key in rows)


def standings(call: Call, bodies: set[str]) -> dict[tuple[str, str, int], Row]:
    held = compliance.held(call.asked.connection, call.asked.roster, bodies=bodies)
    return {(row["body"], row["scope"], row["year"]): {
        **row, "status_text": wording.term("statuses", row["status"], call.lang),
        "published": (row["published"] or "")[:10] or None} for row in held.to_record(call.asked.roster)["rows"]}


def _values(call: Call, after: Key | None) -> Iterator[tuple[Key, Row]]:
    """One indicator of each report that a status rests on."""
    connection, key = call.asked.connection, call.get("key")
    eras = [era for era in forms.eras() if key in records.figure_columns(connection, era)]
    if not eras:
        raise UsageError(f"key is {key[:60]!r}, which is no indicator; see the table of indicators in the data package")
    places = {era: records.figure_columns(connection, era).index(key) + 1 for era in eras}
    for lot in _lots(_cells(call, after)):
        reports = {(row["body"], row["scope"], row["year"]): row["report"] for row in connection.execute(
            "SELECT s.body, s.scope, s.year, s.report FROM json_each(?) k JOIN standing s ON s.body = k.value ->> 0 "
            "AND s.scope = k.value ->> 1 AND s.year = k.value ->> 2 WHERE s.report NOT NULL", (json.dumps(lot),))}
        found = {row["report"]: (era, row["value"], row["letter"]) for era in eras for row in connection.execute(
            f'SELECT report, "{key}" AS value, substr(states, {places[era]}, 1) AS letter FROM "figures_{era}" '
            "WHERE report IN (SELECT value FROM json_each(?))", (json.dumps(list(reports.values())),))}
        for place in lot:
            report = reports.get(place)
            if report is not None and report in found:
                era, value, letter = found[report]
                yield list(place), {
                    "body": place[0], "name": _name(call, place[0]), "scope": place[1], "year": place[2], "key": key,
                    "report": report, "form": era, "value": value, "state": _LETTERS[(letter or "a").lower()],
                    "confident": (letter or "a").islower()}


# ---------------------------------------------------------------- bodies
def _bodies(call: Call, after: Key | None) -> Iterator[tuple[Key, Row]]:
    board = call.asked.installation.board
    mask = board.bodies.within(call.asked.reach)
    if (under := call.get("under")) is not None:
        call.asked.known(under if under in board.bodies.index else None)
        mask = mask & board.bodies.under(under)
    for name, among in (("level", board.bodies.of_level), ("kind", board.bodies.of_kind), ("q", board.bodies.named)):
        if call.get(name) is not None:
            mask = mask & among(call.get(name))
    found = numpy.flatnonzero(mask)
    if after is not None:
        if len(after) != 1 or after[0] not in board.bodies.index:
            raise UsageError("after is no place in this list any more, the roster has changed; begin anew")
        found = found[numpy.searchsorted(found, board.bodies.index[after[0]], "right"):]
    for number in found:
        yield [board.bodies.ids[number]], _body_row(call, board.bodies.ids[number])


def _body_row(call: Call, identity: str) -> Row:
    one = {identity: call.asked.roster.bodies[identity]} if identity in call.asked.roster.bodies else {}
    body = one.get(identity)
    if body is None:
        return {"id": identity, "name": identity, "in_roster": False}
    return {"id": body.id, "name": body.name, "in_roster": True, "kind": body.kind, "level": body.level,
            "duty": body.obligation, "division_code": body.division_code, "uscc": body.uscc, "parent": body.parent,
            "scopes": ";".join(body.scopes), "names": ";".join(name for name in body.names if name != body.name),
            "portal": body.portal, "since": body.since, "until": body.until, "successor": body.successor}


def _body(call: Call) -> Row:
    asked, given = call.asked, call.get("id")
    found = given if given in asked.roster.bodies else body_named(asked.connection, asked.roster, given)
    identity = asked.known(found)
    rows = standings(call, {identity}).values()
    return {**_body_row(call, identity), "statuses": [
        {name: row[name] for name in row if name != "evidence"}
        for row in sorted(rows, key=lambda row: (-row["year"], row["scope"]))]}


# ---------------------------------------------------------------- reports
def _reports(call: Call, after: Key | None) -> Iterator[tuple[Key, Row]]:
    if after is not None and (len(after) != 4 or not isinstance(after[2], int)):
        raise UsageError("after is no place in this list; take it from the page before")
    place = after or ["", "", 0, ""]
    bodies, where, values = _below(call), "", list[Any]()
    for name in ("scope", "year"):
        if call.get(name) is not None:
            where += f" AND {name} = ?"
            values.append(call.get(name))
    query = (f"SELECT {_REPORT} FROM report WHERE (body, scope, year, id) > (?, ?, ?, ?) AND body NOT NULL "
             f"AND year NOT NULL{where}")
    if bodies is None:
        rows = call.asked.connection.execute(f"{query} ORDER BY body, scope, year, id", [*place, *values])
        yield from (_report_row(row) for row in rows)
        return
    listed = iter([body for body in bodies if body >= str(place[0])])
    for lot in _lots(listed):
        rows = call.asked.connection.execute(
            f"{query} AND body IN (SELECT value FROM json_each(?)) ORDER BY body, scope, year, id",
            [*place, *values, json.dumps(lot)])
        yield from (_report_row(row) for row in rows)


def _report_row(row: Any) -> tuple[Key, Row]:
    return [row["body"], row["scope"], row["year"], row["id"]], {**dict(row),
                                                                 "published": (row["published"] or "")[:10] or None}


def _report(call: Call) -> Row:
    row = _stored_report(call)
    return {**_report_row(row)[1], "body": row["body"] if call.asked.sees(row["body"]) else None,
            "record": records.load_report(row).to_record()}


def _stored_report(call: Call) -> Row:
    row = records.report_row(call.asked.connection, call.get("id"))
    owners = call.asked.connection.execute("SELECT body FROM owned_report WHERE id = ?", (call.get("id"),))
    if row is None or not any(call.asked.sees(owner["body"]) for owner in owners):
        raise AbsentError(call.get("id"))
    return row


def figures_of(call: Call) -> Iterator[Row]:
    row = _stored_report(call)
    report = records.load_report(row)
    for key, figure in report.figures.items():
        yield {"report": row["id"], "key": key, "form": report.form, "name": wording.figure(key, call.lang),
               "value": figure.value, "state": figure.state, "confident": figure.confident, "raw": figure.raw,
               "confidence": round(figure.confidence, 3)}


# ---------------------------------------------------------------- findings
def _findings(call: Call, after: Key | None) -> Iterator[tuple[Key, Row]]:
    """By id. States and who may see what are looked at row by row, everything else in the database."""
    connection, bodies = call.asked.connection, _below(call)
    clauses, values = ["id > ?"], list[Any]()
    for name in ("year", "rule", "severity", "outcome"):
        if call.get(name) is not None:
            clauses.append(f"{name} = ?")
            values.append(call.get(name))
    if call.get("state") is not None:
        clauses.append("state IN (?, 'snoozed')")
        values.append(call.get("state"))
    if bodies is not None:
        clauses.append("body IN (SELECT value FROM json_each(?))")
        values.append(json.dumps(bodies))
    if not call.get("cleared"):
        clauses.append("cleared IS NULL")
    last = str(after[0]) if after else ""
    query = f"SELECT id FROM finding WHERE {' AND '.join(clauses)} ORDER BY id LIMIT {LOT}"
    while ids := [row["id"] for row in connection.execute(query, [last, *values])]:
        held = {each.finding.id: each for each in review.list_findings(connection, ids=ids, cleared=True)}
        for identity in ids:
            stored = held.get(identity)
            if (stored is not None and visible(stored, call.asked.person.role)
                    and call.get("state") in (None, stored.state.value)):
                yield [identity], _finding_row(call, stored)
        last = ids[-1]


def findings_named(call: Call, ids: list[str]) -> Iterator[Row]:
    """The findings of these ids that this person may see, in the order given."""
    held = {each.finding.id: each for each in review.list_findings(call.asked.connection, ids=ids, cleared=True)}
    for identity in ids:
        if identity in held and visible(held[identity], call.asked.person.role):
            yield _finding_row(call, held[identity])


def _finding_row(call: Call, stored: StoredFinding) -> Row:
    one, name = stored.finding, _name(call, stored.finding.body) or ""
    # Who looks into it is told to those who decide.
    told = wording.review_phrase(stored, call.lang, named=call.asked.person.may("reviewer"))
    return {"id": one.id, "fact": one.fact, "rule": one.rule, "version": one.version, "severity": one.severity,
            "outcome": one.outcome, "body": one.body, "name": name, "scope": one.scope, "year": one.year,
            "subject": one.subject, "expression": one.expression, "left": one.left, "right": one.right,
            "difference": one.difference, "message": wording.message(one, call.lang, name), "report": one.report,
            "state": stored.state.value, "state_text": told, "pack": one.pack,
            "reviewed": open_tables.reviewed(stored), "first_seen": stored.first_seen, "last_seen": stored.last_seen,
            "cleared": stored.cleared, "number": stored.number, "figures": list(one.figures)}


def _finding(call: Call) -> Row:
    asked = call.asked
    stored = next(iter(review.list_findings(asked.connection, ids=[call.get("id")], cleared=True)), None)
    if stored is None or not asked.sees(stored.finding.body) or not visible(stored, asked.person.role):
        raise AbsentError(call.get("id"))
    one, decides = stored.finding, asked.person.may("reviewer")
    row = _finding_row(call, stored)
    return {**row, "sentence": wording.fact_sentence(one, call.lang, row["name"]), "parameters": one.parameters,
            "basis": wording.basis(one, call.lang), "explanation": stored.explanation, "evidence": one.evidence,
            "actions": transitions.allowed(stored.state.value) if decides and stored.cleared is None else [],
            "trail": _trail(call) if decides else None}


def _trail(call: Call) -> list[Row]:
    return [{name: step[name] for name in ("at", "who", "what", "before", "after", "texts")}
            for step in deciding.trail(call.asked, call.get("id"))]


def _decide(call: Call) -> Row:
    _finding(call)  # absent where it isn't this person's
    said = call.taken
    for name in ("action", "fact", "state"):
        if not said.get(name):
            raise UsageError(f"{name} is missing; it has to be given")
    answers = deciding.take(call.asked, [deciding.Shown(call.get("id"), said["fact"], said["state"])], said["action"],
                            reason=said.get("reason", ""), until=said.get("until", ""), cause=said.get("cause", ""),
                            number=said.get("number", ""))
    for each in answers:
        if each.stale:
            raise ChangedError(each.fault)
        if each.fault:
            raise UsageError(each.fault)
    return _finding(call)


# ---------------------------------------------------------------- rules, runs, search, days
def _rules(call: Call) -> Iterator[Row]:
    listed = catalogue.catalogue().rules
    for each in catalogue_page.data():
        if call.asked.person.may("operator") or not listed[each["id"]].operator_only:
            yield {**each, "basis": "；".join(each["basis"]), "basis_en": "; ".join(each["basis_en"])}


def _runs(call: Call, after: Key | None) -> Iterator[tuple[Key, Row]]:
    """Newest first."""
    last = str(after[0]) if after else "\U0010ffff"
    while rows := row_dicts(call.asked.connection, """SELECT id, kind, state, started, finished, heartbeat FROM run
            WHERE id < ? ORDER BY id DESC LIMIT 50""", (last,)):
        for row in rows:
            parts = list(call.asked.connection.execute(
                "SELECT state, outcome, count(*) AS n FROM run_portal WHERE run = ? GROUP BY state, outcome",
                (row["id"],)))
            yield [row["id"]], {
                **row, "portals": sum(part["n"] for part in parts),
                "done": sum(part["n"] for part in parts if part["state"] == "done"),
                "outcomes": {part["outcome"]: part["n"] for part in parts if part["outcome"]}}
        last = rows[-1]["id"]


def portals_of(call: Call) -> Iterator[Row]:
    connection, portals = call.asked.connection, call.asked.roster.portals
    if connection.execute("SELECT 1 FROM run WHERE id = ?", (call.get("id"),)).fetchone() is None:
        raise AbsentError(call.get("id"))
    last = situation.last_successes(connection, clock.now())
    for row in connection.execute("SELECT portal, state, started, finished, outcome FROM run_portal WHERE run = ? "
                                  "ORDER BY portal", (call.get("id"),)):
        known = portals.get(row["portal"])
        if call.asked.reach is not None and not call.asked.roster.bodies_of(row["portal"]) & call.asked.reach:
            continue
        words, whose, advice = wording.outcome_words(row["outcome"] or "", call.lang)
        yield {**dict(row), "last_success": last.get(row["portal"]), "name": known.name if known else row["portal"],
               "outcome_text": words or None, "whose": whose or None, "advice": advice or None}


def _hits(call: Call, after: Key | None) -> Iterator[tuple[Key, Row]]:
    from monitor.web.views.search import shown_text

    if after is not None and not isinstance(after[0], int):
        raise UsageError("after is no place in this list; take it from the page before")
    onward: int | None = int(after[0]) if after else None
    body = call.get("under")
    if body is not None:
        call.asked.known(body if body in call.asked.roster.bodies else None)
    while True:
        found = searching.search(
            call.asked.connection, call.get("words"), under=list(call.asked.person.under) or None, body=body or "",
            scope=call.get("scope") or "", year=call.get("year"), before=onward)
        for hit in found.hits:
            if call.asked.sees(hit.body):
                yield [hit.id], {
                    "report": hit.report, "body": hit.body, "name": _name(call, hit.body), "scope": hit.scope,
                    "year": hit.year, "title": hit.title, "address": hit.address, "text": shown_text(hit),
                    "passages": [searching.record(each) for each in hit.passages]}
        if found.onward is None:
            return
        onward = found.onward


def _deadlines(call: Call) -> Iterator[Row]:
    from monitor.exports import due_days
    from monitor.obligations import obligations

    asked, newest = call.asked, clock.today().year - 1
    bodies = _below(call)
    owed = obligations(asked.roster, asked.settings, [call.get("year")] if call.get("year") else [newest, newest + 1])
    for each in due_days.due_days(owed, asked.roster, call.lang, None if bodies is None else set(bodies)):
        yield {"day": each.day.isoformat(), "tier": each.tier, "tier_text": wording.term("tiers", each.tier, call.lang),
               "year": each.year, "owed": len(each.names), "note": wording.due_note(each.day, call.lang),
               "basis": "；".join(filter(None, each.bases))}


PAGES: dict[str, Rows] = {"statuses": _statuses, "bodies": _bodies, "reports": _reports, "figures": _values,
                          "findings": _findings, "runs": _runs, "search": _hits}
ONE: dict[str, Whole] = {"body": _body, "report": _report, "report_figures": figures_of, "finding": _finding,
                         "decide": _decide, "rules": _rules, "run_portals": portals_of, "deadlines": _deadlines}
