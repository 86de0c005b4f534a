"""交接清单: what somebody who takes over this work has to know.

Promises: the roster with its remarks and last changes, cases in hand, what was put off and why, packs, due days,
templates, recipients, where secrets and backups lie – never a secret itself. Leaves alone: handing over the files.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crawler import clock
from extract import configuration
from extract.exceptions import ConfigurationError
from monitor import backup, review, roster_history, transitions, wording
from monitor.exports import letters, reviewed
from monitor.exports.letters import say
from monitor.model import FindingState
from monitor.session import Session

if TYPE_CHECKING:
    import sqlite3

    from crawler.model import Body
    from crawler.roster import Roster
    from monitor.settings import Settings

_IN_HAND = (transitions.IN_LETTERS | {"confirmed", "approved"})


def write(session: Session, out: Path, *, pdf: bool = False, as_json: bool = False) -> None:
    roster = session.roster()
    with session.store().read() as connection:
        made = context_of(connection, roster, session.settings)
    letters.write(session, out, "handover", made, pdf=pdf, as_json=as_json, told={
        key: made[key] for key in ("roster", "findings", "snoozed", "packs", "days", "papers", "places")})


def context_of(connection: sqlite3.Connection, roster: Roster, settings: Settings) -> dict[str, Any]:
    names = reviewed.names_of(roster)
    found = review.list_findings(connection, states=[*_IN_HAND, FindingState.SNOOZED.value])
    waiting = len(review.list_findings(connection, states=["open"], severities=["E", "W"], outcomes=["fail"]))
    rows = [{"number": str(place), "body": body.name, "portal": body.portal,
             "confirmed": " ".join(filter(None, (body.confirmed_by, body.confirmed_on))), "remark": body.note}
            for place, body in enumerate(roster.bodies.values(), 1)]
    in_hand = [{"case": each.number or "", "body": names.get(each.finding.body, each.finding.body),
                "fact": wording.message(each.finding, "zh", names.get(each.finding.body, "")),
                "state": wording.state_phrase(each.state.value, "zh"),
                "deadline": wording.day(each.answer_by or "", "zh")}
               for each in found if each.state is not FindingState.SNOOZED]
    snoozed = [{"case": each.number or each.finding.id, "body": names.get(each.finding.body, each.finding.body),
                "fact": wording.message(each.finding, "zh", names.get(each.finding.body, "")),
                "until": wording.day(each.decision.until, "zh") if each.decision else "",
                "reason": each.decision.reason if each.decision else "",
                "author": each.decision.author if each.decision else ""}
               for each in found if each.state is FindingState.SNOOZED]
    return {**letters.common(settings), "title": say("handover_title"), "year": str(clock.today().year - 1),
            "as_of": wording.day(clock.stamp()[:16], "zh"), "roster": rows, "changes": _changes(connection),
            "findings": in_hand, "waiting": waiting, "snoozed": snoozed, "packs": _packs(),
            "days": _days(roster, settings), "papers": _templates(), "accounts": _recipients(),
            "places": _places(settings)}


def _changes(connection: sqlite3.Connection) -> str:
    """How the roster moved with its last change."""
    states = roster_history.states(connection)
    if len(states) < 2:
        return ""
    moved = roster_history.difference(connection, states[-2].id, states[-1].id)

    def told(listed: list[Body]) -> str:
        return wording.names([each.name for each in listed], 20, "zh")

    return say("handover_changed", day=states[-1].at[:10]) + say("handover_came", list=told(moved.added)) + say(
        "handover_went", list=told(moved.removed))


def _packs() -> list[str]:
    from monitor import packs

    return [say("handover_pack", title=pack.title, id=pack.id, version=str(pack.version)) + say(
        "handover_notices", list=[f"《{notice.name}》{notice.number}" for notice in pack.notices.values()])
        for pack in packs.packs()]


def _days(roster: Roster, settings: Settings) -> list[dict[str, str]]:
    """The days of the season at hand, with how many reports each concerns."""
    from monitor import obligations

    today = clock.today()
    year = today.year - 1 if today <= date(today.year, 4, 30) else today.year
    counts: dict[tuple[date, str], int] = {}
    for owed in obligations.obligations(roster, settings, [year]):
        for day in owed.days if owed.applicable else ():
            counts[day.day, day.tier] = counts.get((day.day, day.tier), 0) + 1
    return [{"day": wording.day(day, "zh") + wording.due_note(day, "zh"), "tier": wording.term("tiers", tier, "zh"),
             "count": str(count)} for (day, tier), count in sorted(counts.items())]


def _templates() -> list[str]:
    """The office's own templates."""
    office, told = configuration.office_folder(), []
    for name, paper in letters.papers().papers.items():
        path = configuration.path_of(f"templates/{name}.docx")
        if office is not None and path.is_relative_to(office):
            told.append(say("handover_template", title=paper.title, path=str(path)))
    return told


def _recipients() -> list[str]:
    from monitor.alerts.recipients import recipients

    try:
        return [say("handover_recipient", id=each.id, role=each.role, channel=each.channel) for each in recipients()]
    except ConfigurationError:
        return []


def _places(settings: Settings) -> list[str]:
    """Where what must not be lost, and what must not be read, lies."""
    copies = backup.copies(settings.backup.folder) if settings.backup.folder.is_dir() else []
    newest = copies[0].name if copies else ""
    return [each for each in (
        say("handover_database", path=str(settings.store.database)),
        say("handover_evidence", path=str(settings.store.evidence)),
        say("handover_facts", path=str(settings.facts.folder or "")),
        say("handover_backup", path=str(settings.backup.folder), name=newest) if newest
        else say("handover_no_backup", path=str(settings.backup.folder)),
        say("handover_secrets", path=str(settings.mail.password_file or "")) or say("handover_secrets_environment"),
        say("handover_robots", path=str(settings.chat.secrets))) if each]
