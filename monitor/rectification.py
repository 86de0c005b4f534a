"""What a re-scan says of findings that a body was told of: mended, still there, unanswered.

Promises: a finding is closed as verified only when the body changed what it had published and the new figures were
read with confidence; one that merely disappears – because we read or judge otherwise now, or it could never be mended –
is left for a person, since then the fault may be ours. A page that wasn't looked at again proves nothing either way.
Leaves alone: what people decide (review.py), letters.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable
from datetime import date
from typing import Any

from crawler import clock
from extract.model import Report
from monitor import audit, records, transitions, workdays
from monitor.model import Decision, FindingState, Status
from monitor.rules import catalogue

_MENDED_BY_PUBLISHING = frozenset({"PUB-01", "PUB-06", "PUB-12"})
_SEEN = frozenset({Status.ON_TIME, Status.LATE_BY_RULE, Status.LATE, Status.UNDATED})
_UNANSWERED = ("notified", "upheld", "partly_accepted")


def answer_day(sent: date) -> date:
    """The last day for an answer to a letter sent that day, by working days."""
    return workdays.add_workdays(sent, transitions.transitions().answer_workdays)


def answer_by(connection: sqlite3.Connection, finding: str, fact: str) -> str | None:
    """The day by which the body was asked to answer, as the last letter on this fact said."""
    step = audit.newest(connection, finding, fact, ("notify",))
    return None if step is None else step.until


# ---------------------------------------------------------------- found no more
def found_no_more(connection: sqlite3.Connection, row: sqlite3.Row, at: str) -> FindingState:
    """Say what it means that this finding (a row of the table) holds no more, in its trail; its state from now on."""
    state = FindingState(row["state"])
    if state.value not in transitions.IN_LETTERS:
        audit.record(connection, row["id"], row["fact"], "clear", before=state, after=state, at=at)
        return state
    mended, detail = _proof(connection, row)
    if mended and state in transitions.transitions().actions["verify"].allowed:
        audit.record(connection, row["id"], row["fact"], "verify", before=state, after="verified", detail=detail, at=at)
        return FindingState.VERIFIED
    audit.record(connection, row["id"], row["fact"], "clear", before=state, after=state, at=at,
                 detail={**detail, "ask": not mended})
    return state


def _proof(connection: sqlite3.Connection, row: sqlite3.Row) -> tuple[bool, dict[str, Any]]:
    """Whether the body mended it, and what was there before and is there now."""
    if row["rule"] in transitions.transitions().cannot_be_mended:
        return False, {"why": "cannot_be_mended"}
    if row["rule"] in catalogue.ids_over("standing"):
        return _mended_standing(connection, row)
    return _mended_report(connection, row) if row["report"] else (False, {"why": "same_content"})


def _mended_report(connection: sqlite3.Connection, row: sqlite3.Row) -> tuple[bool, dict[str, Any]]:
    old = records.report_row(connection, row["report"])
    new = connection.execute(
        "SELECT * FROM report WHERE body = ? AND scope = ? AND year IS ? AND verdict = 'report' "
        "ORDER BY last_seen DESC, first_seen DESC LIMIT 1", (row["body"], row["scope"], row["year"])).fetchone()
    held = json.loads(row["detail"])
    before = {key: figure.get("value") for key, figure in (held["evidence"].get("figures") or {}).items()}
    detail: dict[str, Any] = {"before": {"report": row["report"], "figures": before, "seen": row["last_seen"],
                                         "expression": held["expression"]}}
    if old is None or new is None or new["content"] == old["content"] or new["first_seen"] <= old["first_seen"]:
        return False, {**detail, "why": "same_content"}
    report = records.load_report(new)
    after = {key: report.value(key) for key in before}
    detail["after"] = {"report": new["id"], "figures": after, "seen": new["first_seen"], "sha256": new["sha256"]}
    if report.damaged or not _sure(report, before):
        return False, {**detail, "why": "not_read_with_confidence"}
    if before and after == before and not held["evidence"].get("before"):
        return False, {**detail, "why": "same_figures"}
    return True, detail


def _sure(report: Report, keys: Iterable[str]) -> bool:
    return all(key in report.figures and report.figures[key].confident and report.figures[key].state != "absent"
               for key in keys)


def _mended_standing(connection: sqlite3.Connection, row: sqlite3.Row) -> tuple[bool, dict[str, Any]]:
    standing = connection.execute("SELECT * FROM standing WHERE body = ? AND scope = ? AND year IS ?",
                                  (row["body"], row["scope"], row["year"])).fetchone()
    detail: dict[str, Any] = {"before": {"seen": row["last_seen"]}}
    if standing is None:
        return False, {**detail, "why": "no_longer_owed"}
    detail["after"] = {"status": standing["status"], "published": standing["published"],
                       "address": standing["address"], "seen": standing["last_checked"]}
    if row["rule"] in _MENDED_BY_PUBLISHING and standing["status"] not in _SEEN:
        return False, {**detail, "why": "not_published"}
    if row["rule"] == "PUB-01" and str(standing["published"] or "9") < row["first_seen"][:10]:
        # It was there when we said that it wasn't: we looked in the wrong place, or the page's date is wrong.
        return False, {**detail, "why": "published_before"}
    return standing["status"] != Status.UNVERIFIED, detail


# ---------------------------------------------------------------- still there
def sweep(connection: sqlite3.Connection, at: str) -> list[Decision]:
    """Findings in letters that still hold: unanswered past their day → overdue; said to be mended, looked at since, and
    still there past their day → not fixed. Call it inside a write transaction, after a run's findings were put."""
    today = at[:10]
    taken = []
    for row in list(connection.execute(
            "SELECT * FROM finding WHERE cleared IS NULL AND state IN ('rectified', 'notified', 'upheld', "
            "'partly_accepted')")):
        day = answer_by(connection, row["id"], row["fact"])
        if row["state"] in _UNANSWERED:
            if day is not None and today > day:
                taken.append(audit.record(connection, row["id"], row["fact"], "overdue", before=row["state"],
                                          after="overdue", until=day, at=at))
            continue
        told = audit.newest(connection, row["id"], row["fact"], ("rectify",))
        looked = _looked(connection, row)
        if told and looked and clock.parse(looked) > clock.parse(told.at) and (day is None or looked[:10] > day):
            held = json.loads(row["detail"])
            figures = {key: figure.get("value") for key, figure in (held["evidence"].get("figures") or {}).items()}
            taken.append(audit.record(
                connection, row["id"], row["fact"], "not-fixed", before=row["state"], after="not_fixed", at=at,
                detail={"after": {"report": row["report"], "figures": figures, "seen": looked,
                                  "expression": held["expression"]}}))
    connection.executemany("UPDATE finding SET state = ? WHERE id = ?", [(step.after, step.finding) for step in taken])
    return taken


def _looked(connection: sqlite3.Connection, row: sqlite3.Row) -> str | None:
    """When what the finding rests on was last really fetched and found so."""
    if row["report"]:
        found = connection.execute("SELECT last_seen AS at FROM report WHERE id = ?", (row["report"],)).fetchone()
    else:
        found = connection.execute("SELECT last_checked AS at FROM standing WHERE body = ? AND scope = ? AND year IS ?",
                                   (row["body"], row["scope"], row["year"])).fetchone()
    return None if found is None else found["at"]


def to_be_asked(connection: sqlite3.Connection, bodies: Collection[str] | None = None) -> list[Decision]:
    """Findings in letters that disappeared without proof that the body mended them: the fault may be ours, and then a
    letter of correction is owed. The step that says so, with why."""
    rows = connection.execute("SELECT id, fact, body FROM finding WHERE cleared IS NOT NULL AND state IN "
                              "(SELECT value FROM json_each(?))", (json.dumps(sorted(transitions.IN_LETTERS)),))
    found = [audit.newest(connection, row["id"], row["fact"], ("clear",)) for row in list(rows)
             if bodies is None or row["body"] in bodies]
    return [step for step in found if step is not None and step.detail.get("ask")]
