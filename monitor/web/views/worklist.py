"""待办台账: findings by what they wait for, several decided at once, a returned ledger brought in.

Promises: whatever the number of findings a page costs the same; several are decided exactly as they were shown, one by
one, and what was refused is told with why; a ledger changes nothing before its rows were looked at. Leaves alone: the
questions to the store (backlog.py), what decisions mean (deciding.py), reading workbooks (exports/returned.py).
"""

from __future__ import annotations

import json
import tempfile
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from crawler import clock
from monitor import messages, rectification, review, signing, transitions, wording
from monitor.commands.reviewing import action_word
from monitor.exceptions import UsageError
from monitor.exports import reminder, returned
from monitor.model import FindingState
from monitor.rules import catalogue
from monitor.web import backlog, deciding
from monitor.web.views import view

if TYPE_CHECKING:
    from starlette.responses import Response

    from monitor.review import StoredFinding
    from monitor.web.asked import Asked

LETTER = "letter"
FIELDS = ("tab", "under", "rule", "severity", "outcome", "year", "days", "mine", "replied", "sort", "page")
AGES = (30, 90, 180, 365)
ROWS = 2000
"""Decisions a ledger may bring in on a page; larger ones come in by the command."""
LEDGER = 20 << 20


def _wanted(asked: Asked) -> backlog.Wanted:
    """The filter of the query. Raises UsageError for values that mean nothing."""
    bodies = asked.reach
    if named := asked.query("under"):
        body = asked.roster.bodies.get(named) or asked.roster.find(named)
        if body is None or not asked.sees(body.id):
            raise UsageError(f"under is {named[:60]!r}; no body of the roster has this id or name")
        below = frozenset(each.id for each in asked.roster.under(body.id))
        bodies = below if bodies is None else bodies & below
    rule, severity = asked.query("rule"), asked.query("severity")
    if rule and rule not in catalogue.catalogue().rules:
        raise UsageError(f"rule is {rule[:20]!r}; the page of the method lists the rules")
    if severity not in ("", "E", "W", "I"):
        raise UsageError(f"severity is {severity[:20]!r}; write E, W or I")
    outcome = asked.query("outcome", "fail")
    return backlog.Wanted(bodies, rule, severity, outcome if outcome in ("fail", "uncertain") else "",
                          asked.number("year", most=9999), asked.number("days", most=10000),
                          asked.person.name if asked.query("mine") else "", bool(asked.query("replied")))


@view("/worklist")
def worklist(asked: Asked) -> Response:
    if asked.person.guest:
        from monitor.web import sessions

        return sessions.ask_to_log_in(asked)
    wanted, awake = _wanted(asked), backlog.woken(asked.connection)
    tab, sort = asked.query("tab", "open"), asked.query("sort", "severity")
    tab = tab if tab in (*FindingState, backlog.GONE) else "open"
    sort = sort if sort in backlog.SORTS else "severity"
    counts = backlog.counts(asked.connection, wanted, awake)
    last = max(1, -(-counts.get(tab, 0) // backlog.PAGE))
    number = min(asked.number("page", 1, least=1) or 1, last)
    ids = backlog.page(asked.connection, tab, wanted, awake, sort, number)
    query = {name: asked.query(name) for name in FIELDS if asked.query(name)}

    def at(**changed: str) -> str:
        kept = {name: value for name, value in {**query, "page": "", **changed}.items() if value}
        return asked.links.page("worklist") + (f"?{urlencode(kept)}" if kept else "")

    decidable = asked.person.may("reviewer") and tab not in (backlog.GONE, "verified", "historic")
    return asked.page("worklist", {
        "tabs": [{"name": each, "label": _tab(asked, each), "count": counts.get(each, 0), "href": at(tab=each),
                  "here": each == tab}
                 for each in (*backlog.TABS, *(state.value for state in FindingState if state not in backlog.TABS))
                 if counts.get(each) or each in backlog.TABS[:4] or each == tab],
        "tab": tab, "label": _tab(asked, tab), "rows": _rows(asked, ids), "count": counts.get(tab, 0), "query": query,
        "page": number, "last": last, "before": at(page=str(number - 1)) if number > 1 else "",
        "after": at(page=str(number + 1)) if number < last else "", "sorts": list(backlog.SORTS), "sort": sort,
        "rules": list(catalogue.catalogue().rules), "years": asked.installation.board.years, "ages": AGES,
        "outcome": asked.query("outcome", "fail"), "kept": urlencode(query), "decidable": decidable,
        "ledger": asked.person.may("reviewer"), **_bulk(asked, tab)})


def _tab(asked: Asked, name: str) -> str:
    return asked.t("tab_gone") if name == backlog.GONE else wording.state_phrase(name, asked.lang)


def _bulk(asked: Asked, tab: str) -> dict[str, Any]:
    known = transitions.of_person()
    actions = [{"name": name, "label": action_word(name, asked.lang)} for name in deciding.BULK
               if tab in known[name].allowed]
    if tab == "approved" or (tab == "confirmed" and not signing.required()):
        actions.append({"name": LETTER, "label": asked.t("bulk_letter")})
    return {"actions": actions, "causes": deciding.causes(asked.lang)}


def _rows(asked: Asked, ids: list[str]) -> list[dict[str, Any]]:
    held = {each.finding.id: each for each in review.list_findings(asked.connection, ids=ids, cleared=True)}
    replied = {row[0] for row in asked.connection.execute(
        "SELECT finding FROM reply WHERE finding IN (SELECT value FROM json_each(?))", (json.dumps(ids),))}
    today = clock.today()
    return [_row(asked, held[each], each in replied, today) for each in ids if each in held]


def _row(asked: Asked, stored: StoredFinding, replied: bool, today: date) -> dict[str, Any]:
    finding = stored.finding
    body = asked.roster.bodies.get(finding.body)
    name = body.name if body else finding.body
    return {"id": finding.id, "item": str(deciding.Shown.of(stored)), "body": finding.body, "name": name,
            "year": finding.year or "", "rule": finding.rule, "message": wording.message(finding, asked.lang, name),
            "severity": wording.term("severities", finding.severity, asked.lang), "letter": finding.severity,
            "uncertain": finding.outcome == "uncertain", "state": wording.review_phrase(stored, asked.lang),
            "since": stored.first_seen[:10], "days": (today - date.fromisoformat(stored.first_seen[:10])).days,
            "number": stored.number or "", "answer_by": stored.answer_by or "", "replied": replied,
            "late": bool(stored.answer_by and stored.answer_by < today.isoformat())}


# ---------------------------------------------------------------- several at once
@view("/worklist", methods=("POST",), role="reviewer", upload=1 << 18)
def decide_several(asked: Asked) -> Response:
    items = [deciding.Shown.read(each) for each in asked.many("item")]
    if not items:
        raise UsageError("no finding is chosen; tick the rows that are meant")
    if len(items) > 4 * backlog.PAGE:
        raise UsageError(f"{len(items)} findings at once are too many; choose {4 * backlog.PAGE} at most")
    action = asked.said("action")
    if action == LETTER:
        return _letters(asked, items)
    if action not in deciding.BULK:
        raise UsageError(f"{action[:40]!r} is no decision; open the page again and send its form")
    answers = deciding.take(asked, items, action, reason=asked.said("reason"), until=asked.said("until"),
                            cause=asked.said("cause"))
    kept = {name: value for name, value in parse_qsl(asked.said("kept")[:1000]) if name in FIELDS}
    if not any(each.fault for each in answers):
        return asked.go("worklist", said="said_decided", **kept)
    return _told(asked, answers, action, kept)


def _letters(asked: Asked, items: list[deciding.Shown]) -> Response:
    """Drafts of the letters to all bodies of these findings, in one archive; nothing is recorded."""
    held = {each.finding.id: each for each in review.for_letters(
        asked.connection, asked.reach, approved_only=signing.required(), ids=[each.id for each in items])}
    if any(each.id not in held or str(deciding.Shown.of(held[each.id])) != str(each) for each in items):
        raise UsageError("a chosen finding has changed or isn't ready for a letter; open the page again")
    years = {each.finding.year for each in held.values()}
    if len(years) != 1 or None in years:
        raise UsageError("letters are about one year; choose findings of one year")
    until = asked.said("until")
    answer = date.fromisoformat(deciding.ahead(until)) if until else rectification.answer_day(clock.today())
    bodies = {each.finding.body for each in held.values()}
    made = list(reminder.letters_of(asked.connection, asked.roster, asked.settings, years.pop() or 0, bodies, answer,
                                    approved_only=signing.required(), ids=set(held)))
    if not made:
        raise UsageError("a chosen finding has changed or isn't ready for a letter; open the page again")
    with tempfile.TemporaryDirectory(prefix="nianbao-") as folder:
        path = Path(folder) / "letters.zip"
        reminder.put_all(made, path, answer)
        return asked.attachment(path.read_bytes(), f"{asked.t('letters')}.zip", "application/zip")


def _told(asked: Asked, answers: list[deciding.Answer], action: str, kept: dict[str, str]) -> Response:
    """What was taken and what wasn't, one by one."""
    held = {each.finding.id: each for each in review.list_findings(
        asked.connection, ids=[each.shown.id for each in answers], bodies=asked.reach, cleared=True)}

    def line(answer: deciding.Answer) -> dict[str, Any]:
        stored = held.get(answer.shown.id)
        row = _row(asked, stored, False, clock.today()) if stored else {"name": "", "message": ""}
        return {**row, "id": answer.shown.id, "fault": answer.fault}

    return asked.page("decided", {
        "action": action_word(action, asked.lang) if action else "", "kept": urlencode(kept),
        "taken": [line(each) for each in answers if not each.fault],
        "refused": [line(each) for each in answers if each.fault]})


# ---------------------------------------------------------------- a ledger that came back
@view("/worklist-ledger", methods=("POST",), role="reviewer", upload=LEDGER)
def preview(asked: Asked) -> Response:
    """What a returned ledger would change, row by row; nothing is written."""
    sent = asked.file("ledger")
    if sent is None:
        raise UsageError("no file is chosen; choose the ledger that came back")
    data = sent.file.read(LEDGER + 1)
    name = (sent.filename or "")[-80:]
    if data[:4] != b"PK\x03\x04":
        raise UsageError(f"{name}: no .xlsx workbook; save it as .xlsx and try again")
    if b"vbaProject.bin" in data:
        raise UsageError(f"{name}: holds macros; save it without them")
    with tempfile.TemporaryDirectory(prefix="nianbao-") as folder:
        path = Path(folder) / "ledger.xlsx"
        path.write_bytes(data)
        try:
            rows = [row for row in returned.rows(path, inflated=returned.INFLATED // 4) if row.decision]
        except UsageError as fault:
            raise UsageError(str(fault).replace(str(path), name)) from None
    if len(rows) > ROWS:
        raise UsageError(f"{name}: {len(rows)} decisions; a page takes {ROWS}, bring it in with `nianbao review "
                         "import`")
    held = {each.finding.id: each for each in review.list_findings(
        asked.connection, ids=[row.finding for row in rows], bodies=asked.reach, cleared=True)}
    known = [row for row in rows if row.finding in held]
    with asked.installation.store.write() as connection:
        answers = returned.take(connection, known, asked.lang, author=asked.person.name, dry_run=True).answers
    listed = [{**_row(asked, held[each.row.finding], False, clock.today()), "row": each.row.number,
               "verdict": each.verdict, "action": action_word(each.action, asked.lang) if each.action else "",
               "reason": each.row.reason, "until": each.row.until, "author": each.row.author,
               "said": messages.said(each.said, asked.lang),
               "line": json.dumps([each.row.finding, each.row.fact, each.row.state, each.action, each.row.reason,
                                   each.row.until, each.row.author], ensure_ascii=False)} for each in answers]
    return asked.page("ledger", {"name": name, "rows": listed, "unknown": len(rows) - len(known),
                                 "taken": sum(each["verdict"] == "taken" for each in listed)})


@view("/worklist-bring-in", methods=("POST",), role="reviewer", upload=4 << 20)
def bring_in(asked: Asked) -> Response:
    """Take the rows of a ledger that were looked at, each as it was exported."""
    answers: list[deciding.Answer] = []
    for line in asked.many("line"):
        try:
            finding, fact, state, action, reason, until, author = map(str, json.loads(line))
        except (ValueError, TypeError, RecursionError):
            raise UsageError("a row of the ledger is damaged; send the ledger again") from None
        if author not in ("", asked.person.name):
            reason = "\n".join(filter(None, (reason, asked.t("ledger_author", who=author))))
        try:
            answers += deciding.take(asked, [deciding.Shown(finding, fact, state)], action, reason=reason, until=until)
        except UsageError as fault:
            answers.append(deciding.Answer(deciding.Shown(finding, fact, state), messages.said(str(fault), asked.lang)))
    return _told(asked, answers, "", {})
