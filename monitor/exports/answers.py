"""异议答复, 更正函: the answer to an objection, and the letter that takes back what was our fault.

Promises: a reply says what a person decided on the objection and why, a correction what was retracted and whose fault
it was; neither can be written before that was recorded. Leaves alone: deciding (review), sending.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from crawler import clock
from monitor import audit, rectification, review, transitions, wording
from monitor.exceptions import UsageError
from monitor.exports import letters, reviewed
from monitor.exports.letters import say
from monitor.model import FindingState
from monitor.session import Session

if TYPE_CHECKING:
    import sqlite3

    from crawler.roster import Roster
    from monitor.review import StoredFinding
    from monitor.settings import Settings

RESULTS = {FindingState.UPHELD: "reply_upheld", FindingState.PARTLY_ACCEPTED: "reply_partly",
           FindingState.ACCEPTED: "reply_accepted", FindingState.RETRACTED: "reply_accepted"}


def reply(session: Session, finding: str, out: Path, *, pdf: bool = False, as_json: bool = False) -> None:
    roster = session.roster()
    with session.store().read() as connection:
        stored = found(connection, finding)
        made = reply_context(connection, stored, roster, session.settings)
    letters.write(session, out, "reply", made, pdf=pdf, as_json=as_json, told={
        "finding": stored.finding.id, "case": stored.number, "state": stored.state.value, "text": made["text"]})


def correction(session: Session, finding: str, out: Path, *, pdf: bool = False, as_json: bool = False) -> None:
    roster = session.roster()
    with session.store().read() as connection:
        stored = found(connection, finding)
        made = correction_context(connection, stored, roster, session.settings)
    letters.write(session, out, "correction", made, pdf=pdf, as_json=as_json, told={
        "finding": stored.finding.id, "case": stored.number, "text": made["text"]})


def found(connection: sqlite3.Connection, named: str) -> StoredFinding:
    """The finding with this id or, alone, this case number. Raises UsageError."""
    row = list(connection.execute("SELECT id FROM finding WHERE id = ? OR number = ?", (named, named)))
    if not row:
        raise UsageError(f"no finding {named!r}; {review.nearby(connection, named)}")
    if len(row) > 1:
        raise UsageError(f"--finding {named}: several findings share this case number; name one of "
                         f"{', '.join(each['id'] for each in row)}")
    return review.list_findings(connection, ids=[row[0]["id"]], cleared=True)[0]


def reply_context(connection: sqlite3.Connection, stored: StoredFinding, roster: Roster,
                  settings: Settings) -> dict[str, Any]:
    steps = audit.steps(connection, [stored.finding.id], by_people=True)
    objection = next((step for step in reversed(steps) if step.action == "dispute"), None)
    decided = next((step for step in reversed(steps) if step.action in ("uphold", "accept-partly", "accept")), None)
    if (objection is None or decided is None or stored.state not in RESULTS
            or steps.index(decided) < steps.index(objection)):
        raise UsageError(f"finding {stored.finding.id}: no objection of it was decided on; record it with `nianbao "
                         "review … dispute` and uphold, accept-partly or accept")
    named, deadline = reviewed.address_of(roster, stored.finding.body), rectification.answer_day(clock.today())
    result = say(RESULTS[stored.state], reason=decided.reason.rstrip("。"))
    case = stored.number or stored.finding.id
    text = say("reply", **named, date=objection.at[:10], case=case,
               what=wording.message(stored.finding, "zh", named["body"]), result=result) + say(
                   "reply_ending", deadline=deadline)
    return {**letters.common(settings), **named, "year": str(stored.finding.year or ""), "case": case,
            "title": say("reply_title", case=case), "text": text, "objection": objection.reason,
            "result": wording.term("states", stored.state.value, "zh"), "reason": decided.reason,
            "deadline": wording.day(deadline, "zh")}


def correction_context(connection: sqlite3.Connection, stored: StoredFinding, roster: Roster,
                       settings: Settings) -> dict[str, Any]:
    made = next((each for each in review.corrections(connection) if each.stored.finding.id == stored.finding.id), None)
    if made is None or stored.state is not FindingState.RETRACTED:
        raise UsageError(f"finding {stored.finding.id}: it was not retracted; record that with `nianbao review … "
                         "retract --reason … --cause …`")
    if made.letter is None:
        raise UsageError(f"finding {stored.finding.id}: no letter told of it, so none has to be corrected")
    named = reviewed.address_of(roster, stored.finding.body)
    causes = transitions.transitions().causes
    cause = causes.get(str(made.retracted.detail.get("cause", "other")), causes["other"]).zh
    case, short = stored.number or stored.finding.id, wording.message(stored.finding, "zh", named["body"])
    number = str(made.letter.detail.get("number") or "")
    text = say("correction", **named, date=made.letter.at[:10], case=case, short=short, cause=cause,
               number=f"（{number}）" if number else say("letter_or_circular"))
    return {**letters.common(settings), **named, "year": str(stored.finding.year or ""), "case": case, "short": short,
            "cause": cause, "title": say("correction_title", case=case), "text": text,
            "reason": made.retracted.reason}
