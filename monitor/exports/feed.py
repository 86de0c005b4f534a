"""`export feed`: what is new as an Atom feed (RFC 4287): publications seen, findings, what was closed or taken back.

Promises: ids that never change (tag URIs of fact, not of file or address), times of the facts and not of the writing,
so that the same store gives the same bytes; a finding found wrong keeps its id and becomes its own correction; what
could not be verified, what only a person may raise and what is uncertain is never told. Leaves alone: serving it.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor import printing
from monitor.session import Session

if TYPE_CHECKING:
    import sqlite3

    from crawler.roster import Roster
    from crawler.store import Store
    from monitor.alerts.composing import Names
    from monitor.review import StoredFinding
    from monitor.settings import Settings
    from monitor.wording import Lang

ENTRIES = 200
ATOM = "http://www.w3.org/2005/Atom"
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Entry:
    """One item. `kind`: publication, finding, resolved, correction; times ISO with zone."""

    id: str
    kind: str
    title: str
    summary: str
    published: str
    updated: str
    link: str = ""


def register(group: typer.Typer) -> None:
    group.command("feed")(feed)


def feed(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="the feed to write, .atom")],
    under: Annotated[str | None, typer.Option("--under", metavar="BODY", help="only this body and those below")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=5000, help="at most so many entries, "
                                                                                   "the newest")] = ENTRIES,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document on stdout")] = False,
) -> None:
    """Write an Atom feed: reports seen, findings, what was closed or corrected."""
    from monitor import wording
    from monitor.commands.oversight import reach

    session: Session = context.obj
    roster = session.roster()
    bodies = reach(roster, under)
    listed = entries(session.store(), roster, session.settings, session.lang, bodies)[:limit]
    top = roster.bodies.get(under or "") or (roster.find(under) if under else None)
    data = render(listed, session.settings, session.lang, top.name if top else "", top.id if top else "")
    write(out, data)
    if as_json:
        printing.document({"path": str(out), "entries": len(listed)})
    else:
        printing.line(wording.say("feed_written", session.lang, path=out, n=len(listed)))


def write(path: Path, data: bytes) -> None:
    """Put a file in place at once, so that no reader sees half of it. Raises UsageError where it can't be written."""
    from monitor.exceptions import UsageError

    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        part.replace(path)
    except OSError as fault:
        with contextlib.suppress(OSError):
            part.unlink()
        raise UsageError(f"{path}: can't be written: {fault.strerror}; choose another place with --out") from None


def entries(store: Store, roster: Roster, settings: Settings, lang: Lang,
            bodies: Collection[str] | None = None) -> list[Entry]:
    """Everything there is to tell of these bodies (None: all), newest first."""
    wanted = set(roster.bodies if bodies is None else bodies)
    with store.read() as connection:
        found = [*_publications(connection, roster, settings, lang, wanted),
                 *_findings(connection, roster, settings, lang, wanted)]
    return sorted(found, key=lambda each: (each.updated, each.id), reverse=True)


def newest(connection: sqlite3.Connection, roster: Roster, settings: Settings, lang: Lang,
           bodies: Collection[str] | None = None, limit: int = ENTRIES) -> list[Entry]:
    """The newest of what `entries` tells, without looking at all there is."""
    wanted = set(roster.bodies if bodies is None else bodies)
    within = json.dumps(sorted(wanted)) if bodies is not None else None
    reached = {row["address"] for row in connection.execute(
        "SELECT address FROM report WHERE ?1 IS NULL OR body IN (SELECT value FROM json_each(?1)) "
        "ORDER BY first_seen DESC LIMIT ?2", (within, 3 * limit))}
    stood = json.dumps([list(row) for row in connection.execute(
        "SELECT DISTINCT body, scope, year FROM owned_report WHERE body NOT NULL AND year NOT NULL AND id IN "
        "(SELECT id FROM report WHERE address IN (SELECT value FROM json_each(?)))", (json.dumps(sorted(reached)),))])
    ids: set[str] = set()
    for query in ("SELECT id FROM finding WHERE outcome = 'fail' AND (?1 IS NULL OR body IN (SELECT value FROM "
                  "json_each(?1))) ORDER BY first_seen DESC LIMIT ?2",
                  "SELECT id FROM finding WHERE cleared NOT NULL AND (?1 IS NULL OR body IN (SELECT value FROM "
                  "json_each(?1))) ORDER BY cleared DESC LIMIT ?2",
                  "SELECT finding FROM audit WHERE author <> '' AND (?1 IS NULL OR finding IN (SELECT id FROM finding "
                  "WHERE body IN (SELECT value FROM json_each(?1)))) ORDER BY id DESC LIMIT ?2"):
        ids |= {row[0] for row in connection.execute(query, (within, 3 * limit))}
    found = [*_publications(connection, roster, settings, lang, wanted, stood),
             *_findings(connection, roster, settings, lang, wanted, ids)]
    return sorted(found, key=lambda each: (each.updated, each.id), reverse=True)[:limit]


def _tag(settings: Settings, *parts: object) -> str:
    """A tag URI (RFC 4151) under the office's own list name."""
    return f"tag:{settings.mail.list_id},2021:{':'.join(str(part) for part in parts)}"


def _publications(connection: sqlite3.Connection, roster: Roster, settings: Settings, lang: Lang,
                  bodies: set[str], only: str | None = None) -> Iterator[Entry]:
    """`only`: these obligations, as a JSON list of body, scope and year."""
    from monitor import records, wording
    from monitor.alerts.composing import Names
    from monitor.model import Status

    names = Names(roster, lang)
    if only is None:
        listed, addresses = records.standings(connection), None
    else:
        listed = records.standings_named(connection, only)
        addresses = json.dumps([one.address for one in listed if one.address])
    first = {row["address"]: row["first"] for row in connection.execute(
        "SELECT address, min(first_seen) AS first FROM report WHERE ?1 IS NULL OR address IN "
        "(SELECT value FROM json_each(?1)) GROUP BY address", (addresses,))}
    for one in listed:
        if (one.body not in bodies or one.year < settings.monitoring.since or not one.address
                or one.address not in first
                or one.status not in (Status.ON_TIME, Status.LATE, Status.LATE_BY_RULE, Status.UNDATED)):
            continue
        report = wording.say(f"report_{one.scope}", lang, year=one.year)
        status = wording.status_phrase(one.status.value, lang, one.days_late)
        yield Entry(
            _tag(settings, "publication", one.body, one.scope, one.year), "publication",
            wording.say("feed_published", lang, name=names.of(one.body, "own"), report=report),
            wording.say("feed_day", lang, day=wording.day(one.published, lang) or "—", status=status),
            first[one.address], first[one.address], one.address)


def _findings(connection: sqlite3.Connection, roster: Roster, settings: Settings, lang: Lang,
              bodies: set[str], ids: Collection[str] | None = None) -> Iterator[Entry]:
    from monitor import review
    from monitor.alerts.composing import Names
    from monitor.alerts.situation import unasked
    from monitor.model import FindingState

    names = Names(roster, lang)
    wrong = (FindingState.DISMISSED, FindingState.RETRACTED)
    listed = [each for each in review.list_findings(
        connection, ids=ids, bodies=bodies if ids is None else None, severities=["E", "W"], outcomes=["fail"],
        cleared=True) if each.finding.body in bodies]
    links = dict(connection.execute(
        "SELECT id, address FROM report WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(sorted({each.finding.report for each in listed if each.finding.report})),)).fetchall())
    for each in listed:
        finding = each.finding
        if (finding.year is not None and finding.year < settings.monitoring.since) or unasked(each):
            continue
        if each.state is FindingState.HISTORIC or _never_told(each):
            continue
        link = links.get(finding.report or "", "") or str(finding.parameters.get("url") or "")
        yield _finding(each, names, settings, lang, link, corrected=each.state in wrong)
        if each.cleared and each.state not in wrong:
            yield _resolved(each, names, settings, lang, link)


def _never_told(stored: StoredFinding) -> bool:
    """A question that only a person may raise and a person answered with no: it never left the house."""
    from monitor.model import FindingState
    from monitor.rules import catalogue

    text = catalogue.catalogue().rules.get(stored.finding.rule)
    return text is not None and text.person_only and stored.state is FindingState.DISMISSED


def _finding(stored: StoredFinding, names: Names, settings: Settings, lang: Lang, link: str, *,
             corrected: bool) -> Entry:
    from monitor import wording

    finding = stored.finding
    name, what = _told(stored, names, lang)
    decided = stored.decision.at if stored.decision is not None and stored.decision_holds else stored.first_seen
    until = stored.decision.until if stored.decision is not None and stored.decision_holds else None
    return Entry(
        _tag(settings, "finding", finding.id, finding.fact), "correction" if corrected else "finding",
        wording.say("feed_retracted" if corrected else "feed_finding", lang, name=name, what=what),
        wording.say("feed_state", lang, state=wording.state_phrase(stored.state.value, lang, until),
                    n=stored.number or finding.id),
        stored.first_seen, max(stored.first_seen, decided), link)


def _resolved(stored: StoredFinding, names: Names, settings: Settings, lang: Lang, link: str) -> Entry:
    from monitor import wording

    name, what = _told(stored, names, lang)
    cleared = stored.cleared or ""
    return Entry(
        _tag(settings, "resolved", stored.finding.id, stored.finding.fact), "resolved",
        wording.say("feed_resolved", lang, name=name, what=what),
        wording.say("item_number", lang, n=stored.number or stored.finding.id), cleared, cleared, link)


def _told(stored: StoredFinding, names: Names, lang: Lang) -> tuple[str, str]:
    from monitor import wording

    finding = stored.finding
    name = names.of(finding.body, finding.scope)
    return name, wording.message(finding, lang, name) + wording.addressee(finding, lang)


def render(listed: list[Entry], settings: Settings, lang: Lang, scope: str = "", under: str = "") -> bytes:
    """The feed as bytes. `scope` is what its title calls the bodies, `under` the id that makes it another feed."""
    from lxml import etree

    from monitor import wording

    root = etree.Element(f"{{{ATOM}}}feed", nsmap={None: ATOM})  # type: ignore[dict-item] # lxml-stubs know no default namespace
    root.set("{http://www.w3.org/XML/1998/namespace}lang", "zh-CN" if lang == "zh" else "en")

    def add(parent: etree._Element, name: str, text: str = "", **attributes: str) -> etree._Element:
        made = etree.SubElement(parent, f"{{{ATOM}}}{name}", attributes)
        made.text = _NO_XML.sub(" ", text) or None
        return made

    add(root, "id", _tag(settings, "feed", under or "all", lang))
    add(root, "title", wording.say("feed_title", lang, scope=scope or wording.say("feed_all", lang)))
    add(root, "subtitle", wording.say("feed_subtitle", lang))
    add(root, "updated", max((each.updated for each in listed), default="2021-01-01T00:00:00+08:00"))
    add(add(root, "author"), "name", settings.general.office or "nianbao")
    add(root, "generator", "nianbao")
    if settings.general.link:
        add(root, "link", rel="alternate", href=settings.general.link)
    for each in listed:
        entry = add(root, "entry")
        add(entry, "id", each.id)
        add(entry, "title", each.title)
        add(entry, "published", each.published)
        add(entry, "updated", each.updated)
        add(entry, "category", term=each.kind)
        if each.link:
            add(entry, "link", rel="alternate", href=_NO_XML.sub("", each.link).strip())
        add(entry, "summary", each.summary)
        if not each.link:  # RFC 4287 4.1.2: an entry without alternate link carries its content
            add(entry, "content", each.summary, type="text")
    return bytes(etree.tostring(root, xml_declaration=True, encoding="utf-8", pretty_print=True))
