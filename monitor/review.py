"""Findings kept across runs, and what people decide about them.

Promises: a decision holds for (finding, fact) and survives every re-run; a changed fact reopens the finding with the
old decision shown; a finding is cleared only when its rule was really run again and found nothing; a snooze ends on
its day and gives back the state it put off; every step is kept in the trail (audit.py) with who, when and why. Leaves
alone: what is found (judging.py), what a re-scan proves (rectification.py), letters, wording.
"""

from __future__ import annotations

import difflib
import json
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, cast

from crawler import clock
from extract.model import Scope
from monitor import audit, cases, rectification, signing, transitions
from monitor.exceptions import UsageError
from monitor.model import Decision, Finding, FindingState, Severity
from monitor.rules import catalogue

Key = tuple[str, str, int | None]
"""Body, scope, year."""
_DETAIL = ("expression", "left", "right", "difference", "figures", "parameters", "evidence", "reason", "pack")
_SAID = ("expression", "evidence", "pack")
"""Those that stand in the row though they are empty."""


@dataclass(slots=True)
class StoredFinding:
    """A finding with its life so far. `decision` is the newest one a person took; `decision_holds` is False when the
    fact has changed since or a run has opened it again: the old decision is shown but binds nothing. `explanation` is
    what the body said of it, kept whatever becomes of it. `number` is its case number, once confirmed. Times are ISO,
    `cleared` when the rule first held again."""

    finding: Finding
    state: FindingState
    first_seen: str
    last_seen: str
    cleared: str | None = None
    decision: Decision | None = None
    decision_holds: bool = False
    explanation: str = ""
    number: str | None = None
    answer_by: str | None = None
    """The day by which the body was asked to answer."""
    claimed_by: str = ""
    """Who looks into it, while it is open (复核中)."""


# ---------------------------------------------------------------- what a run found
@dataclass(slots=True)
class Changes:
    """What one `put_findings` did, by finding id."""

    new: list[str]
    changed: list[str]
    cleared: list[str]


def put_findings(connection: sqlite3.Connection, findings: Iterable[Finding], *, reports: Collection[Key] = (),
                 standings: Collection[Key] = (), pairs: Collection[Key] = (), at: str,
                 since: int | None = None) -> Changes:
    """Bring the finding table up to what one judgement found; call it inside a write transaction.

    `reports` are the keys whose report rules (of one report, its years, its level) were run in this judgement,
    `standings` those whose standing rules were, `pairs` those compared with other bodies: only their findings may be
    cleared. Findings on report years before
    `since` get state historic. `at`: ISO time.
    """
    _wake(connection, at)
    _rebase(connection, since)
    changes = Changes([], [], [])
    kept: set[str] = set()
    for finding in findings:
        kept.add(finding.id)
        _put(connection, finding, at, since, changes)
    for ids, keys in ((catalogue.ids_over(*catalogue.OF_REPORTS), reports),
                      (catalogue.ids_over("standing"), standings), (catalogue.ids_over("pair"), pairs)):
        for key in keys:
            for row in _open_rows(connection, key):
                if row["rule"] in ids and row["id"] not in kept:
                    state = rectification.found_no_more(connection, row, at)
                    connection.execute("UPDATE finding SET cleared = ?, state = ? WHERE id = ?",
                                       (at, state.value, row["id"]))
                    changes.cleared.append(row["id"])
    if standings:
        # The round's last part: reports are judged in lots before it.
        rectification.sweep(connection, at)
    return changes


def touch(connection: sqlite3.Connection, keys: Iterable[Key], at: str) -> None:
    """Say of findings whose rules needed no new run (same reports, same rules) that they still hold at `at`."""
    ids = catalogue.ids_over(*catalogue.OF_REPORTS)
    for key in keys:
        for row in _open_rows(connection, key):
            if row["rule"] in ids:
                connection.execute("UPDATE finding SET last_seen = ? WHERE id = ?", (at, row["id"]))


def _open_rows(connection: sqlite3.Connection, key: Key) -> list[sqlite3.Row]:
    return list(connection.execute("SELECT * FROM finding WHERE body = ? AND scope = ? AND year IS ? "
                                   "AND cleared IS NULL", key))


def _put(connection: sqlite3.Connection, finding: Finding, at: str, since: int | None, changes: Changes) -> None:
    held = {name: getattr(finding, name) for name in _DETAIL}
    detail = json.dumps({name: value for name, value in held.items() if name in _SAID or value not in (None, "", [])},
                        ensure_ascii=False, separators=(",", ":"), default=str)
    identity, fact = finding.id, finding.fact
    row = connection.execute("SELECT fact, state, cleared FROM finding WHERE id = ?", (identity,)).fetchone()
    if row is None:
        changes.new.append(identity)
        connection.execute(
            "INSERT INTO finding (id, fact, rule, version, severity, outcome, body, scope, year, subject, detail, "
            "report, state, first_seen, last_seen, cleared) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,NULL)",
            (identity, fact, finding.rule, finding.version, finding.severity, finding.outcome, finding.body,
             finding.scope, finding.year, finding.subject, detail, finding.report,
             _state_of_fact(connection, finding, fact, since).value, at, at))
        return
    state = row["state"]
    if row["fact"] != fact or row["cleared"] is not None:
        changes.changed.append(identity)
        state = _state_of_fact(connection, finding, fact, since).value
        audit.record(connection, identity, fact, "change" if row["fact"] != fact else "back", before=row["state"],
                     after=state, at=at)
    connection.execute(
        "UPDATE finding SET fact = ?, version = ?, severity = ?, outcome = ?, detail = ?, report = ?, state = ?, "
        "last_seen = ?, cleared = NULL WHERE id = ?",
        (fact, finding.version, finding.severity, finding.outcome, detail, finding.report, state, at, identity))


def _state_of_fact(connection: sqlite3.Connection, finding: Finding, fact: str, since: int | None) -> FindingState:
    """The state of a fact that is new or comes back: what was once decided on this very fact holds again, but what was
    mended and stands there anew is looked at by a person first."""
    step = audit.newest(connection, finding.id, fact)
    if step is not None and step.after not in ("open", "historic"):
        if step.action == "snooze" and _expired(step.until):
            return FindingState(step.detail.get("returns_to", "open"))
        return FindingState.OPEN if step.after == FindingState.VERIFIED else FindingState(step.after)
    historic = since is not None and finding.year is not None and finding.year < since
    return FindingState.HISTORIC if historic else FindingState.OPEN


def _rebase(connection: sqlite3.Connection, since: int | None) -> None:
    """Follow a changed first year of monitoring: only what nobody has decided on moves."""
    if since is None:
        return
    undecided = ("NOT EXISTS (SELECT 1 FROM audit WHERE audit.finding = finding.id AND audit.fact = finding.fact "
                 f"AND audit.author <> '' AND audit.action NOT IN {audit.REMARKS})")
    connection.execute(f"UPDATE finding SET state = 'historic' WHERE state = 'open' AND year < ? AND {undecided}",
                       (since,))
    connection.execute(f"UPDATE finding SET state = 'open' WHERE state = 'historic' AND year >= ? AND {undecided}",
                       (since,))


# ---------------------------------------------------------------- what a person decides
def decide(connection: sqlite3.Connection, finding_id: str, action: str, *, author: str, reason: str = "",
           until: str | None = None, cause: str | None = None, number: str = "") -> Decision:
    """Record a decision on the finding's present fact; call it inside a write transaction.

    `action` as in config/review.yaml; `until`: end of a snooze, or the day by which a letter asks for an answer (ISO;
    working days of review.yaml where none is named); `cause` of a false alarm; `number` of the letter. Raises
    UsageError for an unknown id (naming near ones), an action the state doesn't allow (naming those it does), a missing
    author, reason or day, and for a finding that holds no more.
    """
    row = connection.execute("SELECT * FROM finding WHERE id = ?", (finding_id,)).fetchone()
    if row is None and action in transitions.of_person():
        raise UsageError(f"no finding {finding_id!r}; {nearby(connection, finding_id)}")
    state = "open" if row is None else _state_now(connection, row).value
    taken = transitions.check(finding_id, state, action)
    told = state in transitions.IN_LETTERS or state in (FindingState.VERIFIED, FindingState.RETRACTED)
    if row["cleared"] is not None and not told:
        raise UsageError(f"finding {finding_id} was cleared on {row['cleared'][:10]}; there is nothing left to decide")
    if action in ("approve", "notify") and row["outcome"] != "fail":
        raise UsageError(f"{action} {finding_id}: what could not be judged goes into no letter; look at the original "
                         "and dismiss or explain it")
    author, reason = author.strip(), reason.strip()
    if not author:
        raise UsageError(f"{action} {finding_id}: say who decides (--author NAME)")
    if "reason" in taken.needs and not reason:
        raise UsageError(f"{action} {finding_id}: say why (--reason TEXT); the reason is kept in the register")
    if action == audit.RELEASE and not next(_stored(connection, [row])).claimed_by:
        raise UsageError(f"release {finding_id}: nobody has taken it up; there is nothing to put back")
    signing.check(connection, finding_id, row["fact"], state, action, author)
    detail: dict[str, Any] = {"number": number} if number else {}
    if taken.cause:
        detail["cause"] = _cause(finding_id, action, cause)
    elif cause is not None:
        raise UsageError(f"{action} {finding_id}: only false alarms have a cause; leave --cause out")
    if "until" in taken.needs:
        until = _future_day(finding_id, action, until)
        detail["returns_to"] = _put_off(connection, row)
    elif action == "notify":
        until = _future_day(finding_id, action, until) if until else rectification.answer_day(clock.today()).isoformat()
    elif until is not None:
        raise UsageError(f"{action} {finding_id}: only a snooze has an end; leave --until out")
    step = audit.record(connection, finding_id, row["fact"], action, before=state, after=taken.to, author=author,
                        reason=reason, until=until, detail=detail)
    connection.execute("UPDATE finding SET state = ? WHERE id = ?", (taken.to.value, finding_id))
    if taken.to is FindingState.CONFIRMED:
        _give_number(connection, row)
    return step


def remark(connection: sqlite3.Connection, finding_id: str, text: str, *, author: str, action: str = "note",
           detail: dict[str, Any] | None = None) -> Decision:
    """Keep what somebody noted on a finding, or what its body wrote (`reply`), in its trail; its state stays. Call it
    inside a write transaction. Raises UsageError for an unknown id and where nothing is said."""
    row = connection.execute("SELECT fact, state FROM finding WHERE id = ?", (finding_id,)).fetchone()
    if row is None:
        raise UsageError(f"no finding {finding_id!r}; {nearby(connection, finding_id)}")
    if not text.strip() or not author.strip():
        raise UsageError(f"{action} {finding_id}: say what, and who says it")
    return audit.record(connection, finding_id, row["fact"], action, before=row["state"], after=row["state"],
                        author=author.strip(), reason=text.strip(), detail=detail)


def _cause(finding_id: str, action: str, cause: str | None) -> str:
    known = transitions.transitions().causes
    if cause is not None and cause not in known:
        raise UsageError(f"{action} {finding_id}: --cause {cause} is none of {', '.join(known)}")
    return cause or "other"


def _put_off(connection: sqlite3.Connection, row: sqlite3.Row) -> str:
    """The state a snooze gives back: that under it, where a snooze is only made longer."""
    if row["state"] != FindingState.SNOOZED:
        return str(row["state"])
    step = audit.newest(connection, row["id"], row["fact"], ("snooze",))
    return "open" if step is None else str(step.detail.get("returns_to", "open"))


def _give_number(connection: sqlite3.Connection, row: sqlite3.Row) -> None:
    """A case number that letters print, once for each case: F-2026-000123."""
    if row["number"]:
        return
    shared = (cases.of(finding_of(row)) or {}).get("id")
    held = connection.execute("SELECT number FROM finding WHERE number IS NOT NULL AND cleared IS NULL AND "
                              "json_extract(detail, '$.evidence.case.id') = ? AND body = ?",
                              (shared, row["body"])).fetchone() if shared else None
    year = clock.today().year
    last = connection.execute("SELECT max(number) AS number FROM finding WHERE number LIKE ?",
                              (f"F-{year}-%",)).fetchone()["number"]
    number = held["number"] if held else f"F-{year}-{int(last[7:]) + 1 if last else 1:06}"
    connection.execute("UPDATE finding SET number = ? WHERE id = ?", (number, row["id"]))


def case_of(connection: sqlite3.Connection, finding_id: str) -> list[str]:
    """Ids of the findings of one case that hold, the named one first; itself alone where it shares no cells."""
    row = connection.execute("SELECT body, json_extract(detail, '$.evidence.case.id') AS shared FROM finding "
                             "WHERE id = ?", (finding_id,)).fetchone()
    if row is None or row["shared"] is None:
        return [finding_id]
    rows = connection.execute("SELECT id FROM finding WHERE body = ? AND cleared IS NULL AND id <> ? AND "
                              "json_extract(detail, '$.evidence.case.id') = ? ORDER BY rule, subject",
                              (row["body"], finding_id, row["shared"]))
    return [finding_id, *(each["id"] for each in rows)]


def _future_day(finding_id: str, action: str, until: str | None) -> str:
    try:
        day = date.fromisoformat((until or "").strip())
    except ValueError:
        raise UsageError(f"{action} {finding_id}: --until is {until!r}; write a day like 2026-05-31") from None
    if day <= clock.today():
        raise UsageError(f"{action} {finding_id}: --until {day} is not in the future (today is {clock.today()})")
    return day.isoformat()


def nearby(connection: sqlite3.Connection, finding_id: str) -> str:
    """A hint at ids like an unknown one."""
    known = [row[0] for row in connection.execute("SELECT id FROM finding ORDER BY last_seen DESC LIMIT 5000")]
    near = [each for each in known if finding_id and each.startswith(finding_id)][:3]
    near = near or difflib.get_close_matches(finding_id, known, n=3, cutoff=0.6)
    return f"did you mean {', '.join(near)}?" if near else "nianbao findings lists the ids"


# ---------------------------------------------------------------- what stands
def confirmed(connection: sqlite3.Connection, finding_id: str) -> bool:
    """Whether a person has found this finding true and its fact still stands."""
    row = connection.execute("SELECT state FROM finding WHERE id = ?", (finding_id,)).fetchone()
    return row is not None and row["state"] in transitions.TRUE


def list_findings(connection: sqlite3.Connection, *, ids: Collection[str] | None = None,
                  bodies: Collection[str] | None = None, year: int | None = None,
                  rules: Collection[str] | None = None, severities: Collection[str] | None = None,
                  states: Collection[str] | None = None, outcomes: Collection[str] | None = None,
                  cleared: bool | Literal["only"] = False) -> list[StoredFinding]:
    """Stored findings, E first, newest year first. None leaves a filter out; `cleared` adds those that hold no more,
    or leaves out all others.

    A snooze whose day has come is shown as open whether or not a run has noticed it yet.
    """
    clauses, values = ["1 = 1"], list[Any]()
    for column, wanted in (("id", ids), ("body", bodies), ("rule", rules), ("severity", severities),
                           ("outcome", outcomes), ("year", None if year is None else [year]),
                           # What is put off may be over: such a row has the state it had before.
                           ("state", None if states is None else {*states, FindingState.SNOOZED.value})):
        if wanted is not None:
            clauses.append(f"{column} IN (SELECT value FROM json_each(?))")
            values.append(json.dumps(list(wanted)))
    if cleared is not True:
        clauses.append("cleared IS NOT NULL" if cleared else "cleared IS NULL")
    query = (f"SELECT * FROM finding WHERE {' AND '.join(clauses)} ORDER BY CASE severity WHEN 'E' THEN 0 "
             "WHEN 'W' THEN 1 ELSE 2 END, year DESC, body, scope, rule, subject")
    found = _stored(connection, connection.execute(query, values))
    return [each for each in found if states is None or each.state.value in states]


def _stored(connection: sqlite3.Connection, rows: Iterable[sqlite3.Row]) -> Iterator[StoredFinding]:
    taken: dict[str, Decision] = {}
    opened: set[tuple[str, str]] = set()
    explained: dict[str, str] = {}
    letters: dict[tuple[str, str], str | None] = {}
    claimed: dict[tuple[str, str], str] = {}
    rows = list(rows)
    for step in audit.steps(connection, [row["id"] for row in rows], remarks=True):
        if step.action == audit.CLAIM:
            claimed[step.finding, step.fact] = step.author
        elif step.action == audit.RELEASE or step.action not in audit.REMARKS:
            claimed.pop((step.finding, step.fact), None)
        if step.action in audit.REMARKS:
            continue
        if step.author:
            taken[step.finding] = step
            opened.discard((step.finding, step.fact))
        elif step.after == FindingState.OPEN:
            opened.add((step.finding, step.fact))
        if step.action in ("explain", "dispute"):
            explained[step.finding] = step.reason
        elif step.action == "notify":
            letters[step.finding, step.fact] = step.until
    for row in rows:
        decision = taken.get(row["id"])
        holds = (decision is not None and decision.fact == row["fact"] and (row["id"], row["fact"]) not in opened
                 and not (decision.action == "snooze" and _expired(decision.until)))
        state, fact = _state_now(connection, row), (row["id"], row["fact"])
        yield StoredFinding(finding_of(row), state, row["first_seen"], row["last_seen"], row["cleared"], decision,
                            holds, explained.get(row["id"], ""), row["number"], letters.get(fact),
                            claimed.get(fact, "") if state is FindingState.OPEN else "")


def _state_now(connection: sqlite3.Connection, row: sqlite3.Row) -> FindingState:
    """The state of a row; a snooze whose day has come is over whether or not a run has noticed."""
    state = FindingState(row["state"])
    if state is not FindingState.SNOOZED:
        return state
    step = audit.newest(connection, row["id"], row["fact"], ("snooze",))
    if step is not None and not _expired(step.until):
        return state
    return FindingState(step.detail.get("returns_to", "open")) if step else FindingState.OPEN


def finding_of(row: sqlite3.Row) -> Finding:
    """The Finding a row of the table holds."""
    detail = json.loads(row["detail"])
    return Finding(row["rule"], row["version"], cast(Severity, row["severity"]), row["outcome"], row["body"],
                   cast(Scope, row["scope"]), row["year"], row["subject"], report=row["report"],
                   **{name: detail[name] for name in _DETAIL if name in detail})


def _expired(until: str | None) -> bool:
    return until is not None and date.fromisoformat(until) <= clock.today()


def _wake(connection: sqlite3.Connection, at: str) -> None:
    """Give every finding whose snooze has ended by `at` the state back that it had before."""
    for row in list(connection.execute("SELECT id, fact FROM finding WHERE state = 'snoozed'")):
        step = audit.newest(connection, row["id"], row["fact"], ("snooze",))
        if step is not None and step.until is not None and step.until > at[:10]:
            continue
        state = step.detail.get("returns_to", "open") if step else "open"
        audit.record(connection, row["id"], row["fact"], "wake", before="snoozed", after=state, at=at)
        connection.execute("UPDATE finding SET state = ? WHERE id = ?", (state, row["id"]))


# ---------------------------------------------------------------- what letters and registers are made of
def for_letters(connection: sqlite3.Connection, bodies: Collection[str] | None = None, *,
                approved_only: bool = False, ids: Collection[str] | None = None) -> list[StoredFinding]:
    """What may go into a letter: confirmed by a person (or approved too), still so, an issue or a query."""
    states = ["approved"] if approved_only else ["confirmed", "approved"]
    return list_findings(connection, ids=ids, bodies=bodies, states=states, severities=["E", "W"], outcomes=["fail"])


def for_circular(connection: sqlite3.Connection, bodies: Collection[str] | None = None) -> list[StoredFinding]:
    """What the next circular names: unanswered past their day, or still there when looked at again."""
    return list_findings(connection, bodies=bodies, states=["overdue", "not_fixed"])


def false_alarms(connection: sqlite3.Connection, since: str | None = None) -> list[tuple[StoredFinding, Decision]]:
    """The register of false alarms: each dismissed, retracted or accepted objection with the decision that says why,
    newest last. A decision that was taken back since isn't listed."""
    steps = {step.finding: step for step in audit.steps(connection, since=since, by_people=True)}
    wrong = {step.finding: step for step in steps.values() if step.after in transitions.FALSE_ALARMS}
    found = {each.finding.id: each for each in list_findings(connection, ids=list(wrong), cleared=True)}
    return [(found[step.finding], step) for step in sorted(wrong.values(), key=lambda step: step.at)
            if step.finding in found]


@dataclass(frozen=True, slots=True)
class Correction:
    """What a letter of correction says: the finding we were wrong about, the letter that held it, the cause."""

    stored: StoredFinding
    retracted: Decision
    letter: Decision | None
    """The step that recorded the letter; None where none had gone out."""


def corrections(connection: sqlite3.Connection, since: str | None = None) -> list[Correction]:
    """Retracted findings with the data of their letters of correction, for those and the circular's 更正 part."""
    made = []
    for stored, step in false_alarms(connection, since):
        if step.after == FindingState.RETRACTED:
            letters = audit.steps(connection, [stored.finding.id], actions=["notify"])
            made.append(Correction(stored, step, letters[-1] if letters else None))
    return made


def tally(connection: sqlite3.Connection) -> dict[str, int]:
    """How many findings are in each state; verified ones count though their rule holds again."""
    listed = list_findings(connection, cleared=True, outcomes=["fail"])
    return dict(Counter(each.state.value for each in listed
                        if each.cleared is None or each.state is FindingState.VERIFIED))
