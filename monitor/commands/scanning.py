"""`scan`: one round of patrol – crawl, read, judge, queue.

Promises: progress on stderr, the result on stdout; exit 3 when some portals could not be looked at. Leaves alone: the
round itself (patrol.py) and sending (alerts send).
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from monitor import printing
from monitor.commands.progress import Teller
from monitor.session import Session

if TYPE_CHECKING:
    from crawler.roster import Roster
    from crawler.scan import ScanResult
    from monitor.patrol import PatrolResult
    from monitor.wording import Lang

LISTED = 20
"""Reports told one by one; the rest as a number."""


def register(app: typer.Typer) -> None:
    app.command("scan")(scan)


def scan(
    context: typer.Context,
    portals: Annotated[list[str] | None, typer.Option("--portal", metavar="ID", help="only this portal "
                                                                                     "(repeatable)")] = None,
    bodies: Annotated[list[str] | None, typer.Option("--body", metavar="ID",
                                                     help="only this body (repeatable)")] = None,
    year: Annotated[int | None, typer.Option("--year", metavar="Y", help="only this report year", min=2008,
                                             max=2100)] = None,
    resume: Annotated[bool, typer.Option("--resume", help="go on with the last scan that didn't finish")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document on stdout")] = False,
) -> None:
    """Scan the portals: crawl, read, judge, queue the digests."""
    from monitor import messages, patrol

    session: Session = context.obj
    roster = session.roster()
    with _ended_politely(session.lang):
        done = patrol.round(session.settings, session.store(create=True), roster, portals=portals or (),
                            bodies=bodies or (), year=year, resume=resume, on_progress=Teller(session.lang),
                            on_note=lambda note: printing.complain(messages.said(note, session.lang)))
    if as_json:
        printing.document(done.to_record())
    else:
        _print(done, roster, session.lang, resume)
    if done.exit_code:
        raise typer.Exit(done.exit_code)


@contextlib.contextmanager
def _ended_politely(lang: Lang) -> Iterator[None]:
    """A SIGTERM or Ctrl-C ends the scan with what it has kept, and says how to go on."""
    from monitor import wording

    def end(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end) if threading.current_thread() is threading.main_thread() else None
    try:
        yield
    except KeyboardInterrupt:
        printing.complain(wording.say("scan_interrupted", lang))
        raise typer.Exit(3) from None
    finally:
        if before is not None:
            signal.signal(signal.SIGTERM, before)


def _print(done: PatrolResult, roster: Roster, lang: Lang, resume: bool) -> None:
    from monitor import messages, wording

    scanned = done.scanned
    if scanned is None:
        why = "scan_nothing_left" if resume else "scan_nothing" if roster.bodies else "roster_empty"
        printing.line(wording.say(why, lang))
    else:
        _print_portals(scanned, roster, lang)
    for kind in ("new", "changed", "withdrawn"):
        listed = done.reports.get(kind, [])
        for report in listed[:LISTED]:
            body = roster.bodies.get(report["body"] or "")
            printing.line(f"  {wording.say(f'{kind}_report', lang)}  {body.name if body else report['title']}  "
                          f"{report['year'] or ''}  {report['address']}")
        if len(listed) > LISTED:
            printing.line("  " + wording.say("scan_more", lang, n=len(listed) - LISTED))
    for address, fault in done.read.faults.items():
        printing.complain(messages.said(fault if address in fault else f"{address}: {fault}", lang))
    reports = {kind: len(done.reports.get(kind, [])) for kind in ("new", "changed", "withdrawn")}
    printing.line(wording.say("scan_reports", lang, findings=len(done.judged.findings.new),
                              mails=len(done.judged.queued), **reports))
    if done.incomplete:
        printing.line(wording.say("scan_incomplete", lang))


def _print_portals(scanned: ScanResult, roster: Roster, lang: Lang) -> None:
    """How many portals came to what, then each that wasn't looked at to the end, the first LISTED of a kind."""
    from monitor import wording

    groups: dict[tuple[str, str, str], list[str]] = {}
    for outcome, portals in sorted(scanned.outcomes.items()):
        words = wording.outcome_words(outcome, lang)
        for each in portals:
            key = words
            if outcome in ("ok", "not_modified"):
                # A portal that answered but has a reason was not walked to the end of its lists.
                cut = wording.unverified_reason("list_incomplete", None, lang)
                key = cut if scanned.reasons.get(each) else (words[0], "", "")
            groups.setdefault(key, []).append(each)
    printing.table([wording.say(key, lang) for key in ("outcome", "portals_counted", "whose_job", "mend")],
                   [[said, str(len(portals)), who, how] for (said, who, how), portals in groups.items()])
    doubtful = []
    for (said, who, _), portals in groups.items():
        shown = portals if who or any(scanned.reasons.get(each) for each in portals) else []
        doubtful += [[roster.portals[each].name if each in roster.portals else each, said,
                      scanned.reasons.get(each, "")] for each in shown[:LISTED]]
        if len(shown) > LISTED:
            doubtful.append([wording.say("portals_more", lang, n=len(shown) - LISTED), said, ""])
    if doubtful:
        printing.line()
        printing.table([wording.say(key, lang) for key in ("portal", "outcome", "detail")], doubtful)
