"""`export calendar`: the days on which reports are due, as an iCalendar file (RFC 5545) for any office's calendar.

Promises: one all-day entry for each due day and tier with how many reports it holds for and whose; a day on a weekend
or holiday says that it doesn't move; ids that stay when numbers change, so that a calendar updates its entry. Leaves
alone: what is owed (obligations.py), whether it was published.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor import printing
from monitor.session import Session

if TYPE_CHECKING:
    from crawler.roster import Roster
    from monitor.model import Obligation, Tier
    from monitor.settings import Settings
    from monitor.wording import Lang

NAMES = 60
LINE = 75
"""Octets a line may have before it is folded (RFC 5545, 3.1)."""


@dataclass(frozen=True, slots=True)
class Due:
    """One day and tier of a report year with the names of those it holds for, in roster order."""

    day: date
    tier: Tier
    year: int
    bases: tuple[str, ...]
    names: tuple[str, ...]


def register(group: typer.Typer) -> None:
    group.command("calendar")(calendar)


def calendar(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="the calendar to write, .ics")],
    year: Annotated[int | None, typer.Option("--year", metavar="Y", min=2008, max=2100, help="only this report year; "
                                             "default: the newest and the one after it")] = None,
    under: Annotated[str | None, typer.Option("--under", metavar="BODY", help="only this body and those below")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document on stdout")] = False,
) -> None:
    """Write the due days of annual reports as a calendar file (.ics)."""
    from crawler import clock
    from monitor import wording
    from monitor.commands.oversight import reach
    from monitor.exports.feed import write
    from monitor.obligations import obligations

    session: Session = context.obj
    roster, newest = session.roster(), clock.today().year - 1
    owed = obligations(roster, session.settings, [year] if year else [newest, newest + 1])
    listed = due_days(owed, roster, session.lang, reach(roster, under))
    top = (roster.bodies.get(under) or roster.find(under)) if under else None
    write(out, render(listed, session.settings, session.lang, clock.now(), top.name if top else "",
                      top.id if top else ""))
    if as_json:
        printing.document({"path": str(out), "days": [
            {"day": each.day.isoformat(), "tier": each.tier, "year": each.year, "owed": len(each.names)}
            for each in listed]})
    else:
        printing.line(wording.say("calendar_written", session.lang, path=out, n=len(listed)))


def due_days(owed: Iterable[Obligation], roster: Roster, lang: Lang,
             bodies: Collection[str] | None = None) -> list[Due]:
    """The due days of confirmed, applicable obligations of these bodies (None: all), earliest first."""
    from monitor.alerts.composing import Names
    from monitor.rules import catalogue

    names, bases = Names(roster, lang), catalogue.catalogue().basis
    found: dict[tuple[date, Tier, int], list[tuple[str, str]]] = {}
    for one in owed:
        if one.applicable and one.confirmed and (bodies is None or one.body in bodies):
            for due in one.days:
                found.setdefault((due.day, due.tier, one.year), []).append((names.of(one.body, one.scope), due.basis))

    def words(key: str) -> str:
        said = bases.get(key)
        return "" if said is None else said.zh if lang == "zh" else said.en

    return [Due(day, tier, year, tuple(dict.fromkeys(words(basis) for _, basis in listed)),
                tuple(name for name, _ in listed))
            for (day, tier, year), listed in sorted(found.items(), key=lambda each: each[0])]


def render(listed: Iterable[Due], settings: Settings, lang: Lang, now: datetime, scope: str = "",
           under: str = "") -> bytes:
    """The calendar as bytes: CRLF, folded, escaped. `under`: the body's id that makes it a calendar of its own."""
    from monitor import wording

    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    title = wording.say("calendar_title", lang, scope=scope or wording.say("feed_all", lang))
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:-//nianbao//due days//{lang.upper()}", "CALSCALE:GREGORIAN",
             "METHOD:PUBLISH", f"NAME:{_text(title)}", f"X-WR-CALNAME:{_text(title)}"]
    for each in listed:
        note = wording.due_note(each.day, lang)
        told = [wording.say("calendar_day", lang, day=wording.day(each.day, lang), note=note),
                *(basis for basis in each.bases if basis), wording.names(list(each.names), NAMES, lang)]
        summary = wording.say("calendar_summary", lang, year=each.year, tier=wording.term("tiers", each.tier, lang),
                              n=len(each.names))
        lines += ["BEGIN:VEVENT",
                  f"UID:due-{each.year}-{each.day:%Y%m%d}-{each.tier}-{under or 'all'}@{settings.mail.list_id}",
                  f"DTSTAMP:{stamp}", f"DTSTART;VALUE=DATE:{each.day:%Y%m%d}",
                  f"DTEND;VALUE=DATE:{each.day + timedelta(days=1):%Y%m%d}", f"SUMMARY:{_text(summary)}",
                  f"DESCRIPTION:{_text(chr(10).join(told))}", "TRANSP:TRANSPARENT", "END:VEVENT"]
    lines.append("END:VCALENDAR")
    return b"".join(_folded(line) for line in lines)


def _text(value: str) -> str:
    """A TEXT value: backslash, semicolon, comma and line ends escaped, control characters left out."""
    escaped = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
    return "".join(character for character in escaped if character >= " " and character != "\x7f")


def _folded(line: str) -> bytes:
    """The line in pieces of at most 75 octets, never within a character, each further one after a blank."""
    pieces, room = [b""], LINE
    for character in line:
        encoded = character.encode()
        if len(pieces[-1]) + len(encoded) > room:
            pieces.append(b" ")
        pieces[-1] += encoded
    return b"\r\n".join(pieces) + b"\r\n"
