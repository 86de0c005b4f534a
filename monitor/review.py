"""Findings kept across runs, and what people decide about them.

Promises: a decision holds for (finding, fact) and survives every re-run; a changed fact reopens the finding with the
old decision shown; a finding is cleared only when its rule was really run again and found nothing; a snooze ends on
its day. Leaves alone: what is found (judging.py), letters and their states (later rooms), wording.
"""

from __future__ import annotations

import difflib
import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, cast

from crawler import clock
from extract.model import Scope
from monitor.exceptions import UsageError
from monitor.model import Decision, Finding, FindingState, Severity
from monitor.rules import catalogue

Key = tuple[str, str, int | None]
"""Body, scope, year."""
_STATE_OF = {"confirm": FindingState.CONFIRMED, "dismiss": FindingState.DISMISSED, "snooze": FindingState.SNOOZED}
_DETAIL = ("expression", "left", "right", "difference", "figures", "parameters", "evidence", "reason")


@dataclass(slots=True)
class StoredFinding:
    """A finding with its life so far. `decision` is the newest one; `decision_holds` is False when the fact has changed
    since: the old decision is shown but binds nothing. Times are ISO, `cleared` when the rule first held again."""

    finding: Finding
    state: FindingState
    first_seen: str
    last_seen: str
    cleared: str | None = None
    decision: Decision | None = None
    decision_holds: bool = False


# ---------------------------------------------------------------- what a run found
@dataclass(slots=True)
class Changes:
    """What one `put_findings` did, by finding id."""

    new: list[str]
    changed: list[str]
    cleared: list[str]


def put_findings(connection: sqlite3.Connection, findings: Iterable[Finding], *, reports: Collection[Key] = (),
                 standings: Collection[Key] = (), at: str, since: int | None = None) -> Changes:
    """Bring the finding table up to what one judgement found; call it inside a write transaction.

    `reports` are the keys whose report rules (of one report, its years, its level) were run in this judgement,
    `standings` those whose standing rules were: only their findings may be cleared. Findings on report years before
    `since` get state historic. `at`: ISO time.
    """
    _wake(connection, at)
    changes = Changes([], [], [])
    kept: set[str] = set()
    for finding in findings:
        kept.add(finding.id)
        _put(connection, finding, at, since, changes)
    for ids, keys in ((catalogue.ids_over(*catalogue.OF_REPORTS), reports),
                      (catalogue.ids_over("standing"), standings)):
        for key in keys:
            for row in _open_rows(connection, key):
                if row["rule"] in ids and row["id"] not in kept:
                    connection.execute("UPDATE finding SET cleared = ? WHERE id = ?", (at, row["id"]))
                    changes.cleared.append(row["id"])
    return changes


def touch(connection: sqlite3.Connection, keys: Iterable[Key], at: str) -> None:
    """Say of findings whose rules needed no new run (same reports, same rules) that they still hold at `at`."""
    ids = catalogue.ids_over(*catalogue.OF_REPORTS)
    for key in keys:
        for row in _open_rows(connection, key):
            if row["rule"] in ids:
                connection.execute("UPDATE finding SET last_seen = ? WHERE id = ?", (at, row["id"]))


def _open_rows(connection: sqlite3.Connection, key: Key) -> list[sqlite3.Row]:
    return list(connection.execute("SELECT id, rule FROM finding WHERE body = ? AND scope = ? AND year IS ? "
                                   "AND cleared IS NULL", key))


def _put(connection: sqlite3.Connection, finding: Finding, at: str, since: int | None, changes: Changes) -> None:
    detail = json.dumps({name: getattr(finding, name) for name in _DETAIL}, ensure_ascii=False, default=str)
    fact = finding.fact
    row = connection.execute("SELECT fact, state, cleared FROM finding WHERE id = ?", (finding.id,)).fetchone()
    if row is not None and row["fact"] == fact:
        state = row["state"]
    else:
        state = _first_state(connection, finding, fact, since)
    if row is None:
        changes.new.append(finding.id)
        connection.execute(
            "INSERT INTO finding (id, fact, rule, version, severity, outcome, body, scope, year, subject, detail, "
            "report, state, first_seen, last_seen, cleared) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,NULL)",
            (finding.id, fact, finding.rule, finding.version, finding.severity, finding.outcome, finding.body,
             finding.scope, finding.year, finding.subject, detail, finding.report, state, at, at))
        return
    if row["fact"] != fact or row["cleared"] is not None:
        changes.changed.append(finding.id)
    connection.execute(
        "UPDATE finding SET fact = ?, version = ?, severity = ?, outcome = ?, detail = ?, report = ?, state = ?, "
        "last_seen = ?, cleared = NULL WHERE id = ?",
        (fact, finding.version, finding.severity, finding.outcome, detail, finding.report, state, at, finding.id))


def _first_state(connection: sqlite3.Connection, finding: Finding, fact: str, since: int | None) -> str:
    """The state of a fact not in the table: a decision once made on this very fact holds again."""
    decision = _newest_decision(connection, finding.id, fact)
    if decision is not None and not _expired(decision.until):
        return _STATE_OF[decision.action].value
    if since is not None and finding.year is not None and finding.year < since:
        return FindingState.HISTORIC.value
    return FindingState.OPEN.value


# ---------------------------------------------------------------- what a person decides
def decide(connection: sqlite3.Connection, finding_id: str, action: Literal["confirm", "dismiss", "snooze"], *,
           author: str, reason: str = "", until: str | None = None) -> Decision:
    """Record a decision on the finding's present fact; call it inside a write transaction.

    Raises UsageError for an unknown id (naming near ones), a dismissal without reason, a snooze without author, reason
    or a day (ISO) in the future, and a decision on a finding that was cleared.
    """
    if action not in _STATE_OF:
        raise UsageError(f"{action!r} is no decision; use confirm, dismiss or snooze")
    row = connection.execute("SELECT id, fact, cleared FROM finding WHERE id = ?", (finding_id,)).fetchone()
    if row is None:
        raise UsageError(f"no finding {finding_id!r}; {_nearby(connection, finding_id)}")
    if row["cleared"] is not None:
        raise UsageError(f"finding {finding_id} was cleared on {row['cleared'][:10]}; there is nothing left to decide")
    author, reason = author.strip(), reason.strip()
    if not author:
        raise UsageError(f"{action} {finding_id}: say who decides (--author NAME)")
    if action in ("dismiss", "snooze") and not reason:
        raise UsageError(f"{action} {finding_id}: say why (--reason TEXT); the reason is kept in the register")
    if action == "snooze":
        until = _future_day(finding_id, until)
    elif until is not None:
        raise UsageError(f"{action} {finding_id}: only a snooze has an end; leave --until out")
    decision = Decision(finding_id, row["fact"], action, author, clock.stamp(), reason, until)
    connection.execute("INSERT INTO decision (finding, fact, action, author, at, reason, until) VALUES (?,?,?,?,?,?,?)",
                       (finding_id, decision.fact, action, author, decision.at, reason, until))
    connection.execute("UPDATE finding SET state = ? WHERE id = ?", (_STATE_OF[action].value, finding_id))
    return decision


def _future_day(finding_id: str, until: str | None) -> str:
    try:
        day = date.fromisoformat((until or "").strip())
    except ValueError:
        raise UsageError(f"snooze {finding_id}: --until is {until!r}; write a day like 2026-05-31") from None
    if day <= clock.today():
        raise UsageError(f"snooze {finding_id}: --until {day} is not in the future (today is {clock.today()})")
    return day.isoformat()


def _nearby(connection: sqlite3.Connection, finding_id: str) -> str:
    known = [row[0] for row in connection.execute("SELECT id FROM finding ORDER BY last_seen DESC LIMIT 5000")]
    near = [each for each in known if finding_id and each.startswith(finding_id)][:3]
    near = near or difflib.get_close_matches(finding_id, known, n=3, cutoff=0.6)
    return f"did you mean {', '.join(near)}?" if near else "nianbao findings lists the ids"


# ---------------------------------------------------------------- what stands
def confirmed(connection: sqlite3.Connection, finding_id: str) -> bool:
    """Whether a person has found this finding true and its fact still stands."""
    row = connection.execute("SELECT state FROM finding WHERE id = ?", (finding_id,)).fetchone()
    return row is not None and row["state"] == FindingState.CONFIRMED.value


def list_findings(connection: sqlite3.Connection, *, ids: Collection[str] | None = None,
                  bodies: Collection[str] | None = None, year: int | None = None,
                  rules: Collection[str] | None = None, severities: Collection[str] | None = None,
                  states: Collection[str] | None = None, outcomes: Collection[str] | None = None,
                  cleared: bool = False) -> list[StoredFinding]:
    """Stored findings, E first, newest year first. None leaves a filter out; `cleared` adds those that hold no more.

    A snooze whose day has come is shown as open whether or not a run has noticed it yet.
    """
    clauses, values = ["1 = 1"], list[Any]()
    for column, wanted in (("id", ids), ("body", bodies), ("rule", rules), ("severity", severities),
                           ("outcome", outcomes), ("year", None if year is None else [year])):
        if wanted is not None:
            clauses.append(f"{column} IN (SELECT value FROM json_each(?))")
            values.append(json.dumps(list(wanted)))
    if not cleared:
        clauses.append("cleared IS NULL")
    query = (f"SELECT * FROM finding WHERE {' AND '.join(clauses)} ORDER BY CASE severity WHEN 'E' THEN 0 "
             "WHEN 'W' THEN 1 ELSE 2 END, year DESC, body, scope, rule, subject")
    found = _stored(connection, connection.execute(query, values))
    return [each for each in found if states is None or each.state.value in states]


def _stored(connection: sqlite3.Connection, rows: Iterable[sqlite3.Row]) -> Iterator[StoredFinding]:
    newest = {row["finding"]: _decision(row) for row in connection.execute("SELECT * FROM decision ORDER BY id")}
    for row in rows:
        decision = newest.get(row["id"])
        holds = decision is not None and decision.fact == row["fact"] and not _expired(decision.until)
        state = FindingState(row["state"])
        if state is FindingState.SNOOZED and not holds:
            state = FindingState.OPEN
        yield StoredFinding(finding_of(row), state, row["first_seen"], row["last_seen"], row["cleared"], decision,
                            holds)


def finding_of(row: sqlite3.Row) -> Finding:
    """The Finding a row of the table holds."""
    detail = json.loads(row["detail"])
    return Finding(row["rule"], row["version"], cast(Severity, row["severity"]), row["outcome"], row["body"],
                   cast(Scope, row["scope"]), row["year"], row["subject"], report=row["report"],
                   **{name: detail[name] for name in _DETAIL})


def _newest_decision(connection: sqlite3.Connection, finding: str, fact: str) -> Decision | None:
    row = connection.execute("SELECT * FROM decision WHERE finding = ? AND fact = ? ORDER BY id DESC LIMIT 1",
                             (finding, fact)).fetchone()
    return None if row is None else _decision(row)


def _decision(row: sqlite3.Row) -> Decision:
    return Decision(row["finding"], row["fact"], row["action"], row["author"], row["at"], row["reason"], row["until"])


def _expired(until: str | None) -> bool:
    return until is not None and date.fromisoformat(until) <= clock.today()


def _wake(connection: sqlite3.Connection, at: str) -> None:
    """Open every finding whose snooze has ended by `at`."""
    connection.execute(
        "UPDATE finding SET state = 'open' WHERE state = 'snoozed' AND NOT EXISTS (SELECT 1 FROM decision "
        "WHERE decision.finding = finding.id AND decision.fact = finding.fact AND decision.action = 'snooze' "
        "AND decision.until > substr(?, 1, 10))", (at,))
