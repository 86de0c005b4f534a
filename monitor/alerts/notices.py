"""What is told beside the digest: before and after due days, at once by choice, again, upwards, resolved, retracted.

Promises: every item is told once to each recipient for each kind of notice (table `told`), in the transaction of the
judgement; what could not be looked at is never told as not seen; no body's name stands in a subject. Leaves alone: the
digest itself (digest.py), when messages may go out (policy.py), sending (outbox.py).
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from crawler import clock
from crawler.roster import Roster
from monitor import records, review, wording
from monitor.alerts import emptied, outbox
from monitor.alerts.composing import Item, Names, alert, footer, in_roster_order
from monitor.alerts.policy import Policy
from monitor.alerts.recipients import Recipient, policy, recipients
from monitor.model import Alert, FindingState, Obligation, Standing, Status
from monitor.review import StoredFinding
from monitor.rules import catalogue
from monitor.settings import Settings
from monitor.standing import due_end

FRESH = timedelta(days=8)
"""A look older than this doesn't say that a body isn't seen yet."""
MORNING, MORNING_ENDS = time(6), timedelta(days=4)
"""The list of the morning after waits for the scan of 06:00 and isn't told when days have passed."""
LISTED = 60
_OPEN = (FindingState.OPEN, FindingState.CONFIRMED, FindingState.APPROVED, FindingState.NOTIFIED,
         FindingState.NOT_FIXED, FindingState.OVERDUE)

_WRONG = (FindingState.DISMISSED, FindingState.RETRACTED)
_STATUS_OF = {"PUB-01": Status.MISSING.value, "PUB-02": Status.LATE.value, "PUB-12": Status.WITHDRAWN.value}
"""Rules whose finding is told at once as the status."""


@dataclass(frozen=True, slots=True)
class Told:
    """One item of a notice: what makes it unique, and its words."""

    item: str
    name: str
    what: str
    note: str = ""


@dataclass(slots=True)
class Scene:
    """What all notices of one judgement look at."""

    connection: sqlite3.Connection
    roster: Roster
    settings: Settings
    at: datetime
    policy: Policy
    owed: dict[str, list[Obligation]] = field(default_factory=lambda: defaultdict(list))
    """By body, as the standings and findings: of thousands of recipients each asks for its own few."""
    standings: dict[str, list[Standing]] = field(default_factory=lambda: defaultdict(list))
    findings: dict[str, list[StoredFinding]] = field(default_factory=lambda: defaultdict(list))

    def of(self, held: Mapping[str, list[Item]], bodies: Iterable[str]) -> Iterator[Item]:
        """What is held of these bodies, as offices list them."""
        for body in sorted(bodies, key=self.roster.rank):
            yield from held.get(body, ())

    def standing(self, body: str, scope: str, year: int) -> Standing | None:
        return next((each for each in self.standings.get(body, ()) if (each.scope, each.year) == (scope, year)), None)

    @property
    def day(self) -> date:
        return self.at.astimezone(clock.ZONE).date()

    @property
    def newest(self) -> int:
        return self.day.year - 1


def queue_due(connection: sqlite3.Connection, roster: Roster, settings: Settings, owed: Sequence[Obligation],
              at: datetime, standings: Sequence[Standing] | None = None) -> list[str]:
    """Queue every notice that is due at `at`; call it in the write transaction of the judgement. `standings`: the
    stored ones, where the caller holds them. The keys added."""
    scene = Scene(connection, roster, settings, at, policy())
    for one in owed:
        if one.year == scene.newest and one.applicable and one.confirmed:
            scene.owed[one.body].append(one)
    for standing in records.standings(connection) if standings is None else standings:
        scene.standings[standing.body].append(standing)
    for stored in review.list_findings(connection, severities=["E"], outcomes=["fail"]):  # of lesser ones none is told
        scene.findings[stored.finding.body].append(stored)
    added: list[str] = []
    for recipient in recipients():
        made_by = _oversight if recipient.role == "oversight" else _operator
        for made in made_by(scene, recipient, recipient.bodies(roster)):
            added += outbox.queue(connection, [made], settings.mail.list_id)
    if scene.policy.remind_bodies:
        for made in _to_bodies(scene):
            added += outbox.queue(connection, [made], settings.mail.list_id)
    return added


def _oversight(scene: Scene, recipient: Recipient, bodies: set[str]) -> Iterable[Alert]:
    if "before_due" in recipient.notices:
        yield from _before_due(scene, recipient, bodies)
    if "due_day" in recipient.notices:
        yield from _due_day(scene, recipient, bodies)
    told = {"immediate": _immediate(scene, recipient, bodies),
            "reminder": _still(scene, recipient, bodies, scene.policy.remind_after, again=True),
            "escalation": _still(scene, recipient, bodies, recipient.escalate_after)}
    if "resolved" in recipient.notices:
        told["resolved"] = _resolved(scene, recipient, bodies)
    if "retraction" in recipient.notices:
        told["retraction"] = _retracted(scene, recipient, bodies)
    for kind, items in told.items():
        made = _once(scene, recipient, kind, items)
        if made is not None:
            yield made


# ---------------------------------------------------------------- around due days
def _due(scene: Scene, bodies: set[str]) -> dict[date, list[Obligation]]:
    """The obligations of the remit in the newest report year by each of their due days."""
    found: dict[date, list[Obligation]] = {}
    for one in scene.of(scene.owed, bodies):
        for day in {due.day for due in one.days}:
            found.setdefault(day, []).append(one)
    return found


def _unseen(scene: Scene, owed: Iterable[Obligation]) -> tuple[list[Standing], list[Standing]]:
    """Of these, what isn't seen yet and was looked at lately; and what wasn't looked at, of which nothing is said."""
    unseen, unlooked = list[Standing](), list[Standing]()
    for one in owed:
        standing = scene.standing(one.body, one.scope, one.year)
        if standing is None or standing.published or standing.status not in (
                Status.NOT_DUE, Status.DUE_SOON, Status.NOT_SEEN, Status.MISSING):
            if standing is not None and standing.status is Status.UNVERIFIED:
                unlooked.append(standing)
            continue
        looked = standing.last_checked and scene.at - clock.parse(standing.last_checked) <= FRESH
        (unseen if looked else unlooked).append(standing)
    return unseen, unlooked


def _before_due(scene: Scene, recipient: Recipient, bodies: set[str]) -> Iterable[Alert]:
    lang, names = recipient.language, Names(scene.roster, recipient.language)
    for day, owed in sorted(_due(scene, bodies).items()):
        step = scene.policy.step(due_end(day), scene.at)
        unseen, unlooked = _unseen(scene, owed)
        if step is None or not unseen:
            continue
        subject = wording.say("subject_before_due", lang, due=wording.day(day, lang), n=_days_left(day, scene.at),
                              scope=recipient.remit.label, a=len(unseen))
        values = {"due": wording.day(day, lang), "note": wording.due_note(day, lang), "owed": len(owed),
                  "left": _days_left(day, scene.at), "unseen": [names.of(each.body, each.scope) for each in unseen],
                  "unlooked": [names.of(each.body, each.scope) for each in unlooked]}
        yield alert("before_due", recipient, scene.at, subject, _values(scene, recipient, values),
                    period=f"{day}-T{step}")


def _due_day(scene: Scene, recipient: Recipient, bodies: set[str]) -> Iterable[Alert]:
    lang, names = recipient.language, Names(scene.roster, recipient.language)
    for day, owed in sorted(_due(scene, bodies).items()):
        morning = datetime.combine(day + timedelta(days=1), MORNING, clock.ZONE)
        if not morning <= scene.at < morning + MORNING_ENDS:
            continue
        standings = [each for one in owed if (each := scene.standing(one.body, one.scope, one.year))]
        on_time = [each for each in standings if each.published and each.published <= day.isoformat()]
        missing = [each for each in standings if each.status is Status.MISSING]
        told = {each.body + each.scope for each in (*on_time, *missing)}
        rest = [each for each in standings if each.body + each.scope not in told]
        subject = wording.say("subject_due_day", lang, due=wording.day(day, lang), x=len(on_time), a=len(missing),
                              r=len(rest))
        values = {"due": wording.day(day, lang), "note": wording.due_note(day, lang), "owed": len(standings),
                  "on_time": len(on_time), "missing": [names.of(each.body, each.scope) for each in missing],
                  "rest": [(names.of(each.body, each.scope),
                            wording.status_phrase(each.status.value, lang, each.days_late)) for each in rest]}
        yield alert("due_day", recipient, scene.at, subject, _values(scene, recipient, values), period=day.isoformat())


def _days_left(day: date, at: datetime) -> int:
    return (day - at.astimezone(clock.ZONE).date()).days


def _to_bodies(scene: Scene) -> Iterable[Alert]:
    """The friendly reminder to bodies not seen yet whose roster row holds an address."""
    for day, owed in sorted(_due(scene, set(scene.roster.bodies)).items()):
        step = scene.policy.step(due_end(day), scene.at)
        if step is None:
            continue
        for standing in _unseen(scene, owed)[0]:
            body = scene.roster.bodies[standing.body]
            if not body.reply_mail:
                continue
            values = {"lang": "zh", "body": body.letter_name or body.name, "you": body.salutation or "贵单位",
                      "report": wording.say(f"report_{standing.scope}", "zh", year=standing.year),
                      "due": wording.day(day, "zh"), "note": wording.due_note(day, "zh"),
                      "left": _days_left(day, scene.at), "as_of": wording.day(scene.at, "zh"),
                      "channel": "、".join(dict.fromkeys(column.name or portal.name for portal, column
                                                       in scene.roster.columns_of(body))),
                      **footer(scene.settings)}
            subject = wording.say("subject_remind_body", "zh", year=standing.year)
            to = Recipient.model_construct(id=f"body-{body.id}", address=body.reply_mail, channel="mail", language="zh")
            yield alert("remind_body", to, scene.at, subject, values, period=f"{standing.scope}-{day}-T{step}")


# ---------------------------------------------------------------- items told once
def _once(scene: Scene, recipient: Recipient, kind: str, items: Iterable[Told]) -> Alert | None:
    """One message with the items this recipient wasn't told yet; None where there are none."""
    known = {row["item"] for row in scene.connection.execute(
        "SELECT item FROM told WHERE recipient = ? AND kind = ?", (recipient.id, kind))}
    fresh = [each for each in items if each.item not in known]
    if not fresh:
        return None
    lang = recipient.language
    subject = wording.say(f"subject_{kind}", lang, scope=recipient.remit.label, n=len(fresh), day=wording.day(
        scene.day, lang))
    made = alert("items", recipient, scene.at, subject, _values(scene, recipient, {
        "items": fresh[:LISTED], "more": max(len(fresh) - LISTED, 0), "intro": wording.say(f"intro_{kind}", lang)}),
        period=scene.at.isoformat(timespec="seconds"), kind=kind)
    scene.connection.executemany("INSERT OR IGNORE INTO told (recipient, kind, item, at, key) VALUES (?, ?, ?, ?, ?)", [
        (recipient.id, kind, each.item, made.created, made.key) for each in fresh])
    return made


def _immediate(scene: Scene, recipient: Recipient, bodies: set[str]) -> Iterable[Told]:
    names = Names(scene.roster, recipient.language)
    for standing in scene.of(scene.standings, bodies):
        wanted = {Status.MISSING: "missing", Status.WITHDRAWN: "withdrawn", Status.LATE: "late"}.get(standing.status)
        if wanted in recipient.immediate and standing.year == scene.newest:
            yield _of_standing(standing, names, recipient)
    if "issue" in recipient.immediate:
        for each in scene.of(scene.findings, bodies):
            finding = each.finding
            if (finding.severity == "E" and each.state is FindingState.OPEN and finding.year == scene.newest
                    and not _kept_back(finding.rule) and finding.rule not in ("PUB-01", "PUB-02", "PUB-12")):
                yield _of_finding(each, names, recipient)


def _still(scene: Scene, recipient: Recipient, bodies: set[str], after: int, *, again: bool = False) -> Iterable[Told]:
    """What was found `after` days ago and still isn't settled; with `again`, once more after each such span."""
    if not after:
        return
    names = Names(scene.roster, recipient.language)
    for each in scene.of(scene.findings, bodies):
        finding = each.finding
        if (each.state not in _OPEN or finding.severity != "E"
                or finding.year is None or finding.year < scene.settings.monitoring.since
                or _kept_back(finding.rule)):
            continue
        if again and finding.rule != "PUB-01":
            continue
        spans = (scene.at - clock.parse(each.first_seen)) // timedelta(days=after)
        if spans >= 1:
            told = _of_finding(each, names, recipient)
            yield Told(f"{told.item}|{spans}" if again else told.item, told.name, told.what, told.note)


def _resolved(scene: Scene, recipient: Recipient, bodies: set[str]) -> Iterable[Told]:
    """What a re-scan closed, of what people had confirmed or this recipient was told at once."""
    names = Names(scene.roster, recipient.language)
    known = _known(scene, recipient)
    cleared = review.list_findings(scene.connection, bodies=bodies, severities=["E", "W"], outcomes=["fail"],
                                   cleared=True)
    for each in in_roster_order(scene.roster, cleared, _body_of):
        if (each.finding.year or 0) < scene.settings.monitoring.since or each.state in _WRONG:
            continue
        if each.state is FindingState.VERIFIED or (each.cleared and _was_told(each, known)):
            yield _settled(scene, each, names, recipient)


def _settled(scene: Scene, stored: StoredFinding, names: Names, recipient: Recipient) -> Told:
    """A finding that holds no more; one about a status in words of how it stands now, never of how it stood."""
    finding, told = stored.finding, _of_finding(stored, names, recipient)
    now = scene.standing(finding.body, finding.scope, finding.year or 0)
    if finding.rule not in _STATUS_OF or now is None:
        return told
    return Told(told.item, told.name, _of_standing(now, names, recipient).what, told.note)


def _retracted(scene: Scene, recipient: Recipient, bodies: set[str]) -> Iterable[Told]:
    """What we had told and withdrew since, in letters or at once to this recipient: our fault, said as plainly as the
    claim was."""
    names = Names(scene.roster, recipient.language)
    known = _known(scene, recipient)
    taken_back = review.list_findings(scene.connection, bodies=bodies, states=_WRONG, cleared=True)
    for each in in_roster_order(scene.roster, taken_back, _body_of):
        if each.state is FindingState.RETRACTED or _was_told(each, known):
            yield _of_finding(each, names, recipient)


def _known(scene: Scene, recipient: Recipient) -> set[str]:
    """The items this recipient was told beside the digest before they were settled."""
    return {row["item"] for row in scene.connection.execute(
        "SELECT item FROM told WHERE recipient = ? AND kind IN ('immediate', 'escalation')", (recipient.id,))}


def _was_told(stored: StoredFinding, known: set[str]) -> bool:
    """Whether it is among them, as a finding or as the status that says the same."""
    finding = stored.finding
    status = _STATUS_OF.get(finding.rule)
    return (f"{finding.id}|{finding.fact}" in known
            or (status is not None and f"{finding.body}|{finding.scope}|{finding.year}|{status}" in known))


def _body_of(stored: StoredFinding) -> str:
    return stored.finding.body


def _kept_back(rule: str) -> bool:
    """Whether the rule is told to nobody before a person has confirmed it, or to the operator alone."""
    text = catalogue.text_of(rule)
    return text.person_only or text.operator_only


def _of_standing(standing: Standing, names: Names, recipient: Recipient) -> Told:
    lang = recipient.language
    due = wording.say("item_due", lang, due=wording.day(standing.due, lang)) if standing.due else ""
    return Told(f"{standing.body}|{standing.scope}|{standing.year}|{standing.status.value}",
                names.of(standing.body, standing.scope),
                wording.say("item_standing", lang, year=standing.year, status=wording.term(
                    "statuses", standing.status.value, lang)) + due, standing.address or "")


def _of_finding(stored: StoredFinding, names: Names, recipient: Recipient) -> Told:
    finding, lang = stored.finding, recipient.language
    name = names.of(finding.body, finding.scope)
    return Told(f"{finding.id}|{finding.fact}", name,
                wording.message(finding, lang, name) + wording.addressee(finding, lang),
                wording.say("item_number", lang, n=stored.number or finding.id))


# ---------------------------------------------------------------- for whoever keeps nianbao running
def _operator(scene: Scene, recipient: Recipient, bodies: set[str]) -> Iterable[Alert]:
    """The watchdog: a digest that was queued and didn't go out, while another message still might; and columns that
    held items and now show none."""
    yield from emptied.alerts(scene.connection, scene.roster, scene.settings, recipient, bodies, scene.at)
    waiting = scene.connection.execute(
        "SELECT count(*), min(created) FROM outbox WHERE kind = 'digest' AND state <> 'sent' AND created < ?",
        ((scene.at - timedelta(days=3)).isoformat(timespec="seconds"),)).fetchone()
    if not waiting[0]:
        return
    lang = recipient.language
    values = {"n": waiting[0], "since": wording.day(waiting[1], lang)}
    yield alert("watchdog", recipient, scene.at, wording.say("subject_watchdog", lang),
                _values(scene, recipient, values), period=scene.day.isoformat())


def _values(scene: Scene, recipient: Recipient, values: dict[str, object]) -> dict[str, object]:
    return {"lang": recipient.language, "label": recipient.remit.label, "year": scene.newest,
            "as_of": wording.day(scene.at.astimezone(clock.ZONE).strftime("%Y-%m-%dT%H:%M"), recipient.language),
            **footer(scene.settings), **values}
