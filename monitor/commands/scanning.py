"""`scan`: one round of patrol – crawl, read, judge, queue.

Promises: progress on stderr, the result on stdout; exit 3 when some portals could not be looked at. Leaves alone: the
round itself (patrol.py) and sending (alerts send).
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from monitor import printing
from monitor.session import Session

if TYPE_CHECKING:
    from crawler.roster import Roster
    from monitor.patrol import PatrolResult, Progress
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
    from monitor import patrol

    session: Session = context.obj
    roster = session.roster()
    done = patrol.round(session.settings, session.store(create=True), roster, portals=portals or (),
                        bodies=bodies or (), year=year, resume=resume, on_progress=Teller(session.lang))
    if as_json:
        printing.document(done.to_record())
    else:
        _print(done, roster, session.lang)
    if done.exit_code:
        raise typer.Exit(done.exit_code)


class Teller:
    """Progress on stderr: every portal, but documents at most once a second and with the time they will still take."""

    def __init__(self, lang: Lang) -> None:
        self.lang = lang
        self._told = 0.0
        self._begun: dict[str, float] = {}

    def __call__(self, progress: Progress) -> None:
        from monitor import wording

        now = time.monotonic()
        begun = self._begun.setdefault(progress.step, now)
        last = progress.done == progress.total
        if not progress.total or (progress.step != "scan" and not last
                                  and now - self._told < (1 if sys.stderr.isatty() else 10)):
            return
        self._told = now
        portal, _, outcome = progress.detail.partition(" ")
        said = wording.outcome_words(outcome, self.lang)[0] if outcome else ""
        text = wording.say(f"{progress.step}_progress", self.lang, done=progress.done, total=progress.total,
                           detail=f"{portal} {said}".strip() or "…")
        left = (now - begun) / progress.done * (progress.total - progress.done) if progress.done else 0
        printing.note(text + (f"  ~{left:.0f} s" if left >= 1 and sys.stderr.isatty() else ""))


def _print(done: PatrolResult, roster: Roster, lang: Lang) -> None:
    from monitor import messages, wording

    scanned = done.scanned
    if scanned is None:
        printing.line(wording.say("scan_nothing", lang))
    else:
        rows = []
        for outcome, portals in sorted(scanned.outcomes.items()):
            for each in portals:
                reason = scanned.reasons.get(each, "")
                said, who, how = wording.outcome_words(outcome, lang)
                if outcome in ("ok", "not_modified"):
                    # A portal that answered but has a reason was not walked to the end of its lists.
                    cut = wording.unverified_reason("list_incomplete", None, lang)
                    said, who, how = cut if reason else (said, "", "")
                rows.append([roster.portals[each].name if each in roster.portals else each, said, who, how, reason])
        printing.table([wording.say(key, lang) for key in ("portal", "outcome", "whose_job", "mend", "detail")], rows)
    for kind in ("new", "changed", "withdrawn"):
        listed = done.reports.get(kind, [])
        for report in listed[:LISTED]:
            body = roster.bodies.get(report["body"] or "")
            printing.line(f"  {wording.say(f'{kind}_report', lang)}  {body.name if body else report['title']}  "
                          f"{report['year'] or ''}  {report['address']}")
        if len(listed) > LISTED:
            printing.line("  " + wording.say("scan_more", lang, n=len(listed) - LISTED))
    for fault in done.read.faults:
        printing.complain(messages.said(str(fault), lang))
    reports = {kind: len(done.reports.get(kind, [])) for kind in ("new", "changed", "withdrawn")}
    printing.line(wording.say("scan_reports", lang, findings=len(done.judged.findings.new),
                              mails=len(done.judged.queued), **reports))
    if done.incomplete:
        printing.line(wording.say("scan_incomplete", lang))
