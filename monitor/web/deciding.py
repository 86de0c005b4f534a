"""What a person may do with a finding on the pages, and doing it to exactly what they saw.

Promises: a form names the fact and the state that were shown; where either has changed nothing happens and the answer
says what changed and when; each finding of several is taken or refused on its own. Leaves alone: which actions a state
allows (transitions.py), what they mean (review.py), who must sign (signing.py).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from crawler import clock
from monitor import audit, messages, rectification, review, signing, transitions, wording
from monitor.commands.reviewing import action_word, step_texts
from monitor.exceptions import UsageError
from monitor.model import FindingState
from monitor.web import rechecks

if TYPE_CHECKING:
    from monitor.review import StoredFinding
    from monitor.web.asked import Asked
    from monitor.wording import Lang

FIRST = ("claim", "release", "confirm", "dismiss", "approve", "accept", "accept-partly", "uphold", "verify")
"""Actions shown as the way on; the others stand behind them."""
BULK = ("claim", "confirm", "dismiss", "snooze", "approve", "explain")
LONGEST = 2000
"""Characters of a reason or note."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A finding as a page showed it."""

    id: str
    fact: str
    state: str

    @classmethod
    def of(cls, stored: StoredFinding) -> Shown:
        return cls(stored.finding.id, stored.finding.fact, stored.state.value)

    @classmethod
    def read(cls, text: str) -> Shown:
        """From `id:fact:state` as forms carry it. Raises UsageError."""
        parts = text.split(":")
        if len(parts) != 3 or not all(parts):
            raise UsageError(f"item is {text[:60]!r}; open the page again and send its form")
        return cls(*parts)

    def __str__(self) -> str:
        return f"{self.id}:{self.fact}:{self.state}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one finding: `fault` says why nothing did, empty where it was taken; `stale` where it had changed
    since it was shown."""

    shown: Shown
    fault: str = ""
    stale: bool = False


# ---------------------------------------------------------------- what is offered
def offer(asked: Asked, stored: StoredFinding) -> dict[str, Any] | None:
    """Content of actions.html for one finding; None for who may only read."""
    if not asked.person.may("reviewer"):
        return None
    connection, finding = asked.connection, stored.finding
    gone = stored.cleared is not None and stored.state.value not in transitions.IN_LETTERS | {"verified", "retracted"}
    names = [] if gone else transitions.allowed(stored.state.value)
    needless = audit.CLAIM if stored.claimed_by == asked.person.name else "" if stored.claimed_by else audit.RELEASE
    actions = [_action(connection, stored, name, asked.person.name, asked.lang) for name in names if name != needless]
    return {"id": finding.id, "fact": finding.fact, "state": stored.state.value, "mates": _mates(asked, stored),
            "tomorrow": (clock.today() + timedelta(days=1)).isoformat(),
            "answer_day": rectification.answer_day(clock.today()).isoformat(),
            "first": [each for each in actions if each["name"] in FIRST],
            "more": [each for each in actions if each["name"] not in FIRST], "body": finding.body,
            "rechecks": rechecks.latest(asked, finding.body, 1)}


def _action(connection: sqlite3.Connection, stored: StoredFinding, name: str, author: str,
            lang: Lang) -> dict[str, Any]:
    known = transitions.of_person()[name]
    refused = ""
    try:
        if name in ("approve", "notify") and stored.finding.outcome != "fail":
            raise UsageError(f"{name} {stored.finding.id}: what could not be judged goes into no letter; look at the "
                             "original and dismiss or explain it")
        signing.check(connection, stored.finding.id, stored.finding.fact, stored.state.value, name, author)
    except UsageError as fault:
        refused = _said(fault, stored.finding.id, name, lang)
    return {"name": name, "label": action_word(name, lang), "reason": "reason" in known.needs,
            "until": "until" in known.needs, "cause": known.cause, "letter": name == "notify", "refused": refused,
            "causes": causes(lang) if known.cause else []}


def causes(lang: Lang) -> list[dict[str, str]]:
    return [{"key": key, "label": said.zh if lang == "zh" else said.en}
            for key, said in transitions.transitions().causes.items()]


def _mates(asked: Asked, stored: StoredFinding) -> list[dict[str, str]]:
    """The other findings of one cause that stand in the same state."""
    ids = [each for each in review.case_of(asked.connection, stored.finding.id) if each != stored.finding.id]
    listed = review.list_findings(asked.connection, ids=ids) if ids else []
    return [{"item": str(Shown.of(each)), "message": wording.message(each.finding, asked.lang, "")}
            for each in listed if each.state is stored.state]


# ---------------------------------------------------------------- what is done
def take(asked: Asked, items: Iterable[Shown], action: str, *, reason: str = "", until: str = "", cause: str = "",
         number: str = "") -> list[Answer]:
    """Decide on each of these as it was shown; what was refused, and why, stands in the answers. Raises UsageError for
    what is wrong with the form as a whole."""
    known = transitions.of_person().get(action)
    if known is None and action != "note":
        raise UsageError(f"{action[:40]!r} is no decision; open the page again and send its form")
    reason = checked(reason)
    if not reason and (known is None or "reason" in known.needs):
        raise UsageError("there is no reason given; write why, it is kept with the finding")
    if _dated(action) and (until or action != "notify"):
        ahead(until)
    answers = []
    with asked.write() as connection:
        for each in dict.fromkeys(items):
            connection.execute("SAVEPOINT one")
            answer = _take(asked, connection, each, action, {
                "reason": reason, "until": (until if _dated(action) else "") or None, "number": number[:60],
                "cause": (cause or None) if known is not None and known.cause else None})
            if answer.fault:
                connection.execute("ROLLBACK TO one")
            connection.execute("RELEASE one")
            answers.append(answer)
    return answers


def _dated(action: str) -> bool:
    known = transitions.of_person().get(action)
    return known is not None and ("until" in known.needs or action == "notify")


def ahead(day: str) -> str:
    """The day (ISO), where it lies ahead. Raises UsageError."""
    try:
        if date.fromisoformat(day) > clock.today():
            return day
    except ValueError:
        pass
    raise UsageError(f"the day is {day[:20]!r}; write a day ahead like 2026-05-31")


def _take(asked: Asked, connection: sqlite3.Connection, shown: Shown, action: str, said: dict[str, Any]) -> Answer:
    stored = next(iter(review.list_findings(connection, ids=[shown.id], cleared=True)), None)
    if stored is None or not asked.sees(stored.finding.body):
        return Answer(shown, asked.t("decide_absent"))
    if action == "note":
        review.remark(connection, shown.id, said["reason"], author=asked.person.name)
        return Answer(shown)
    if (stored.finding.fact, stored.state.value) != (shown.fact, shown.state):
        return Answer(shown, _changed(asked, connection, stored, shown), stale=True)
    try:
        review.decide(connection, shown.id, action, author=asked.person.name, **said)
    except UsageError as fault:
        return Answer(shown, _said(fault, shown.id, action, asked.lang))
    return Answer(shown)


def _changed(asked: Asked, connection: sqlite3.Connection, stored: StoredFinding, shown: Shown) -> str:
    step = next(iter(reversed(audit.steps(connection, [shown.id]))), None)
    who, when = (step.author or asked.t("by_run"), asked.day(step.at[:16])) if step else ("", "")
    if stored.finding.fact != shown.fact:
        return asked.t("decide_fact_changed", t=when or stored.last_seen[:16])
    return asked.t("decide_state_changed", who=who, t=when,
                   before=wording.term("states", shown.state, asked.lang) if shown.state in _states() else shown.state,
                   now=wording.review_phrase(stored, asked.lang))


def _states() -> frozenset[str]:
    return frozenset(state.value for state in FindingState)


def _said(fault: UsageError, finding: str, action: str, lang: Lang) -> str:
    """A refusal without the command line's opening."""
    return messages.said(str(fault).removeprefix(f"{action} {finding}: "), lang)


def checked(text: str) -> str:
    """A reason or note: printable, of bounded length. Raises UsageError."""
    text = "".join(each if each.isprintable() or each == "\n" else " " for each in text.replace("\r\n", "\n")).strip()
    if len(text) > LONGEST:
        raise UsageError(f"the text has {len(text)} characters; write {LONGEST} at most")
    return text


# ---------------------------------------------------------------- what was done
def trail(asked: Asked, identity: str) -> list[dict[str, Any]]:
    """Every step of a finding's life, newest first, notes and replies among them; for reviewers only."""
    found = []
    for step in reversed(audit.steps(asked.connection, [identity], remarks=True)):
        moved = step.action not in audit.REMARKS
        found.append({"at": asked.day(step.at[:16]), "who": step.author or asked.t("by_run"),
                      "what": action_word(step.action, asked.lang), "texts": step_texts(step, asked.lang),
                      "before": wording.state_phrase(step.before, asked.lang) if moved else "",
                      "after": wording.state_phrase(step.after, asked.lang, step.until) if moved else ""})
    return found
