"""The weekly digest of each recipient's remit, and the operator's: what could not be looked at, what else waits.

Promises: one digest per (kind, remit, recipient, ISO week), also when nothing is wrong; no body's name in a subject,
items of 0 left out; what could not be verified stands in a part of its own with reason and whose job it is. Leaves
alone: gathering (situation.py), queueing and sending (outbox.py).
"""

from __future__ import annotations

import functools
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from crawler.roster import Roster
from monitor import records, roster_history, wording
from monitor.alerts import attachments, outbox, situation, upkeep
from monitor.alerts.composing import Names, alert, footer, in_roster_order, key_of
from monitor.alerts.recipients import Recipient, recipients
from monitor.alerts.situation import Situation, Unreachable
from monitor.alerts.upkeep import Upkeep
from monitor.compliance import Totals
from monitor.model import Alert, FindingState, Standing, Status
from monitor.settings import Settings
from monitor.wording import Lang

DIGEST, OPERATOR = "digest", "operator"
SUBJECT_LENGTH = 40
NAMES, UNVERIFIED_NAMES, DETAILS, PORTALS = 10, 5, 30, 50


def build(connection: sqlite3.Connection, roster: Roster, settings: Settings, at: datetime, *,
          lacking: bool = False, standings: Iterable[Standing] | None = None) -> list[Alert]:
    """Every alert due in the ISO week of `at`, or only those that were not queued before (`lacking`). `standings`: the
    stored ones, where the caller holds them. Reads only."""
    wanted = [each for each in recipients() if not (lacking and _queued(connection, each, at))]
    if not wanted:
        return []
    everybody: dict[str, list[Standing]] = defaultdict(list)
    movements = roster_history.Movements(connection, roster, settings)
    for each in records.standings(connection) if standings is None else standings:
        everybody[each.body].append(each)
    alerts = []
    for recipient in wanted:
        if recipient.role == "operator":
            alert = _operator(connection, roster, settings, recipient, at)
        else:
            alert = _oversight(connection, roster, settings, recipient, at, everybody, movements)
        if alert is not None:
            alerts.append(alert)
    return alerts


def _queued(connection: sqlite3.Connection, recipient: Recipient, at: datetime) -> bool:
    kind = OPERATOR if recipient.role == "operator" else DIGEST
    return outbox.known(connection, key_of(kind, recipient, period(at)))


def queue_due(connection: sqlite3.Connection, roster: Roster, settings: Settings, at: datetime,
              standings: Iterable[Standing] | None = None) -> list[str]:
    """Queue what this week hasn't seen yet; call it in the write transaction of the judgement. The keys added."""
    return outbox.queue(connection, build(connection, roster, settings, at, lacking=True, standings=standings),
                        settings.mail.list_id)


def period(at: date) -> str:
    """The ISO week, e.g. 2026-W06."""
    year, week, _ = at.isocalendar()
    return f"{year}-W{week:02d}"


# ---------------------------------------------------------------- oversight
def _oversight(connection: sqlite3.Connection, roster: Roster, settings: Settings, recipient: Recipient,
               at: datetime, standings: Mapping[str, Sequence[Standing]], movements: roster_history.Movements) -> Alert:
    last = outbox.last_sent(connection, DIGEST, recipient.destination, recipient.id, period(at))
    found = situation.of_remit(connection, recipient.bodies(roster), settings.monitoring.since, at,
                               last["created"] if last else None, standings)
    found.standings = in_roster_order(roster, found.standings, lambda each: each.body)
    for name in ("findings", "snoozed", "woken"):
        setattr(found, name, in_roster_order(roster, getattr(found, name), lambda each: each.finding.body))
    lang = recipient.language
    values = _values(found, roster, recipient, settings, at, last)
    values["bodies"] = len(recipient.bodies(roster))
    values["ledger"] = attachments.ledger_name(recipient, values["bodies"], found.year)
    moved = movements.since(found.year, last["created"], functools.partial(_then, recipient)) if last else None
    values["roster_moved"] = moved.told if moved else ""
    return alert(DIGEST, recipient, at, _subject(found, recipient, at, lang), values, period=period(at))


def _then(recipient: Recipient, roster: Roster) -> set[str]:
    """The remit in the roster as it once was; none where what it stands under was not there yet."""
    return recipient.bodies(roster) if set(recipient.remit.under) <= roster.bodies.keys() else set()


def _subject(found: Situation, recipient: Recipient, at: datetime, lang: Lang) -> str:
    """Counts and the remit's label, never a name; the share that could not be verified is told last."""
    totals = found.totals
    say = functools.partial(wording.say, lang=lang)
    week = at.isocalendar().week
    if found.anything_new:
        items = [("subject_missing", totals[Status.MISSING]),
                 ("subject_late", totals[Status.LATE] + totals[Status.LATE_BY_RULE]),
                 ("subject_new", len(found.new_to_verify))]
        told = wording.term("words", "separator", lang).join(
            say(key, n=number) for key, number in items if number)
    else:
        open_cases = len(found.findings)
        told = say("subject_nothing_open", n=open_cases) if open_cases else say("subject_nothing")
        if not open_cases and not totals.owed and found.unconfirmed:
            told = say("subject_unconfirmed", n=found.unconfirmed)  # nothing was judged, so nothing is well
    subject = say("subject", scope=recipient.remit.label, week=week, told=told or say("subject_nothing"))
    unverified = totals[Status.UNVERIFIED]
    tails = [say(key, n=unverified) for key in ("subject_unverified", "subject_unverified_short")] if unverified else []
    return next((subject + tail for tail in tails if len(subject + tail) <= SUBJECT_LENGTH), subject)


def _values(found: Situation, roster: Roster, recipient: Recipient, settings: Settings, at: datetime,
            last: dict[str, Any] | None) -> dict[str, Any]:
    """Everything the digest's templates print, already in words."""
    lang, totals = recipient.language, found.totals
    names = Names(roster, lang)
    missing = found.with_status(Status.MISSING)
    unverified = found.with_status(Status.UNVERIFIED)
    open_cases = found.in_state(FindingState.OPEN)
    confirmed = found.in_state(FindingState.CONFIRMED, FindingState.APPROVED)
    overdue = found.in_state(FindingState.OVERDUE)
    reasons, jobs = _why_unverified(unverified, lang)
    still = [] if found.anything_new else missing
    late = found.with_status(Status.LATE, Status.LATE_BY_RULE)
    issues = [each for each in found.new_to_verify if each.finding.severity == "E"]
    return {
        "lang": lang, "label": recipient.remit.label, "year": found.year, "as_of": wording.day(at, lang),
        "chips": _chips(totals, lang), "owed": totals.owed, "rate": totals.rate,
        "unconfirmed": found.unconfirmed,
        "rate_before": _rate_before(found, at), "new": found.anything_new, "open": len(found.findings),
        "to_do": len(missing) + len(overdue) + len(confirmed) + len(open_cases),
        "missing": len(missing), "missing_names": names.listed(missing, NAMES),
        "missing_all": [names.of(each.body, each.scope) for each in still[:DETAILS]],
        "missing_more": max(len(still) - DETAILS, 0),
        "missing_due": wording.term("words", "separator", lang).join(
            wording.day(due, lang) for due in sorted({each.due for each in missing if each.due})),
        "overdue": len(overdue), "overdue_names": names.of_findings(overdue, NAMES),
        "confirmed": len(confirmed), "to_verify": len(open_cases), "new_to_verify": len(found.new_to_verify),
        "published": found.published, "closed": found.closed, "disputed": found.disputed,
        "unverified": len(unverified), "unverified_names": names.listed(unverified, UNVERIFIED_NAMES),
        "unverified_reasons": reasons, "unverified_jobs": jobs,
        "late_lines": [names.late(each) for each in late[:DETAILS]], "late_more": max(len(late) - DETAILS, 0),
        "issue_lines": [names.issue(each) for each in issues[:DETAILS]], "issue_more": max(len(issues) - DETAILS, 0),
        "queries": sum(each.finding.severity == "W" for each in found.new_to_verify),
        "snoozed": len(found.snoozed), "snoozed_more": max(len(found.snoozed) - DETAILS, 0),
        "snoozed_lines": [names.snooze(each) for each in found.snoozed[:DETAILS]],
        "woken": len(found.woken), "woken_more": max(len(found.woken) - DETAILS, 0),
        "woken_lines": [names.snooze(each) for each in found.woken[:DETAILS]],
        "last_week": last["period"].partition("-W")[2].lstrip("0") if last else "",
        "last_sent": wording.day((last["sent"] or "")[:10], lang) if last else "",
        "late": len(late),
        "chart": attachments.CHART if totals.owed else "", **footer(settings),
    }


def _chips(totals: Any, lang: Lang) -> list[dict[str, Any]]:
    """The nine statuses of the sum as symbol, word and number; content and date together, zeros left out."""
    unclear = (Status.INVALID, Status.UNDATED)
    chips = []
    for status in (Status.ON_TIME, Status.LATE_BY_RULE, Status.LATE, Status.MISSING, Status.NOT_SEEN,
                   Status.UNVERIFIED, Status.WITHDRAWN):
        chips.append({"key": status.value, "symbol": wording.symbol("statuses", status.value),
                      "word": wording.say(f"chip_{status.value}", lang), "n": totals[status]})
    chips.insert(6, {"key": "unclear", "symbol": wording.symbol("statuses", "undated"),
                     "word": wording.say("chip_unclear", lang), "n": sum(totals[status] for status in unclear)})
    return [chip for chip in chips if chip["n"]]


def _rate_before(found: Situation, at: datetime) -> str:
    """The share on time a year ago on this day; empty where too few reports were verified to tell."""
    then = at.date().replace(year=at.year - 1, day=min(at.day, 28)) if at.month == 2 else at.date().replace(
        year=at.year - 1)
    known = [each for each in found.earlier if each.status is not Status.ON_TIME
             or (each.published is not None and each.published <= then.isoformat())]
    totals = Totals.count(known)
    return totals.rate if len(known) == len(found.earlier) else ""


def _why_unverified(standings: list[Standing], lang: Lang) -> tuple[str, str]:
    """The reasons with their numbers, and whose job they are."""
    reasons, jobs = Counter[str](), Counter[str]()
    for standing in standings:
        said, job, _ = wording.unverified_reason(standing.reason, standing.outcome, lang)
        reasons[said] += 1
        jobs[job] += 1
    separator = wording.term("words", "separator", lang)
    return (separator.join(wording.say("reason_count", lang, reason=reason, n=number)
                           for reason, number in reasons.most_common()),
            separator.join(job for job, _ in jobs.most_common()))


# ---------------------------------------------------------------- operator
def _operator(connection: sqlite3.Connection, roster: Roster, settings: Settings, recipient: Recipient,
              at: datetime) -> Alert | None:
    """None while every portal could be looked at and nothing else waits for the operator."""
    bodies = recipient.bodies(roster)
    lang = recipient.language
    failing = [(each, roster.bodies_of(each.portal) & bodies)
               for each in situation.unreachable_portals(connection, at) if each.portal in roster.portals]
    told = [(each, touched) for each, touched in failing if touched]
    work = upkeep.of_remit(connection, roster, bodies, at, settings.monitoring.since,
                           {each.portal for each, _ in told})
    if not told and not work:
        return None
    longest = max((each.days for each, _ in told), default=0)
    subject = (wording.say("subject_operator_work", lang, n=len(work)) if not told
               else wording.say("subject_operator", lang, n=len(told), d=longest) if longest
               else wording.say("subject_operator_new", lang, n=len(told)))
    values = {
        "lang": lang, "label": recipient.remit.label, "as_of": wording.day(at, lang),
        "portals": [_portal(each, len(touched), roster, lang) for each, touched in told[:PORTALS]],
        "more_portals": max(len(told) - PORTALS, 0), **_work(work, roster, lang), **footer(settings)}
    return alert(OPERATOR, recipient, at, subject, values, period=period(at))


def _work(work: Upkeep, roster: Roster, lang: Lang) -> dict[str, Any]:
    separator = wording.term("words", "separator", lang)
    return {
        "failed": [{"job": wording.say(f"job_{each.job}", lang), "day": wording.day(each.at, lang),
                    "again": each.again, "said": each.last_words} for each in work.failed],
        "stale": [{"name": roster.portals[portal].name, "id": portal, "last": wording.day((last or "")[:10], lang)}
                  for portal, last in work.stale[:PORTALS]],
        "more_stale": max(len(work.stale) - PORTALS, 0), "titles": work.titles,
        "questions": sum(number for _, number in work.questions),
        "question_rules": separator.join(wording.say("reason_count", lang, reason=rule, n=number)
                                         for rule, number in work.questions),
        "question_options": " ".join(f"--rule {rule}" for rule, _ in work.questions)}


def _portal(each: Unreachable, bodies: int, roster: Roster, lang: Lang) -> dict[str, Any]:
    outcome, job, mend = (wording.unverified_reason(situation.CUT_SHORT, None, lang)
                          if each.outcome == situation.CUT_SHORT else wording.outcome_words(each.outcome, lang))
    return {"name": roster.portals[each.portal].name, "id": each.portal, "outcome": outcome, "detail": each.reason,
            "days": each.days, "last": wording.day((each.last_success or "")[:10], lang), "bodies": bodies,
            "job": job, "mend": mend}
