"""`watch`, `backup` and `restore`: nianbao on its own for years, and its database kept safe.

Promises: the watch logs what it does on stderr, as text or as JSON lines; backups are listed newest first; a database
is replaced only on an explicit yes and is kept aside. Leaves alone: when what is due (schedule.py), the copies
themselves (backup.py).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor import printing
from monitor.session import Session

if TYPE_CHECKING:
    from monitor.watch import Watch

AsJson = Annotated[bool, typer.Option("--json", help="one JSON document on stdout")]


def register(app: typer.Typer) -> None:
    app.command("watch")(watch)
    app.command("backup")(backup)
    app.command("restore")(restore)


def watch(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--log-json", help="log as JSON, one line for each event")] = False,
    plan: Annotated[bool, typer.Option("--plan", help="only show when each job is due next, and end")] = False,
) -> None:
    """Stay and do everything when it is due: scans, digests, sending, backups, tidying."""
    from monitor import logs
    from monitor import watch as daemon

    session: Session = context.obj
    store = session.store(create=True)
    if plan:
        _show_plan(session)
        return
    logs.begin(as_json=as_json)
    if not session.settings.scan.contact:
        from monitor.exceptions import SettingsError

        raise SettingsError(f"{session.settings.path or 'settings.toml'}: [scan] contact is empty; write an address or "
                            "telephone at which the portals' owners reach you, it stands in the user agent")
    daemon.run(session.settings, store, on_tick=_metrics)


def _metrics(watching: Watch) -> None:
    from monitor import metrics

    if watching.settings.watch.metrics is not None:
        metrics.write(watching.settings.watch.metrics, watching.store, watching.settings)


def _show_plan(session: Session) -> None:
    from crawler import clock
    from monitor import schedule, wording
    from monitor.watch import due_days

    now, lang = clock.now(), session.lang
    with session.store().read() as connection:
        last = {row["job"]: row for row in connection.execute(
            "SELECT job, state, max(slot) AS slot FROM slot GROUP BY job")}
    rows = []
    for job in schedule.JOBS:
        ahead = schedule.next_slot(job, session.settings.watch, due_days(session.settings, now), now)
        before = last.get(job)
        rows.append([wording.say(f"job_{job}", lang), wording.day(ahead, lang) if ahead else "—",
                     wording.day(before["slot"], lang) if before else "—",
                     wording.say(f"slot_{before['state']}", lang) if before else ""])
    printing.table([wording.say(key, lang) for key in ("job", "slot_next", "slot_last", "slot_state")], rows)


def backup(
    context: typer.Context,
    listing: Annotated[bool, typer.Option("--list", help="only list the copies there are")] = False,
    evidence: Annotated[Path | None, typer.Option("--evidence", metavar="DIR", help="also copy the evidence files that "
                                                                                    "this folder lacks")] = None,
    as_json: AsJson = False,
) -> None:
    """Copy the database, check the copy, drop copies past their time."""
    from monitor import backup as copies
    from monitor import wording

    session: Session = context.obj
    settings, lang = session.settings, session.lang
    folder = settings.backup.folder
    if listing:
        found = copies.copies(folder)
        if as_json:
            printing.document({"folder": str(folder), "copies": [
                {"path": str(path), "size": path.stat().st_size} for path in found]})
        else:
            for path in found:
                printing.line(f"{path}  {path.stat().st_size / 2**20:.1f} MiB")
            if not found:
                printing.line(wording.say("backup_none", lang, path=folder))
        return
    made = copies.make(session.store(), folder, daily=settings.backup.daily, weekly=settings.backup.weekly)
    added = copies.copy_evidence(settings.store.evidence, evidence) if evidence else None
    if as_json:
        printing.document({"path": str(made.path), "size": made.size, "removed": [str(path) for path in made.removed],
                           "evidence": added})
        return
    printing.line(wording.say("backup_made", lang, path=made.path, size=f"{made.size / 2**20:.1f} MiB",
                              removed=len(made.removed)))
    if added is not None:
        printing.line(wording.say("backup_evidence", lang, n=added, path=evidence))


def restore(
    context: typer.Context,
    copy: Annotated[Path, typer.Argument(metavar="FILE", help="a copy made by nianbao backup")],
    yes: Annotated[bool, typer.Option("--yes", help="do it; without this nothing is changed")] = False,
) -> None:
    """Put a copy in the database's place; the database it replaces is kept beside it."""
    from crawler.evidence import Evidence
    from crawler.store import Store
    from monitor import backup as copies
    from monitor import wording
    from monitor.exceptions import BackupError, UsageError
    from monitor.records import monitor_schema

    session: Session = context.obj
    settings, lang = session.settings, session.lang
    try:
        copies.expect_copy(copy)
    except BackupError as fault:  # what was named is at fault, and not this program
        raise UsageError(str(fault)) from fault
    if not yes:
        raise UsageError(f"{settings.store.database} would be replaced by {copy} (and kept under another name); "
                         "say --yes if that is what you want")
    store = Store(settings.store.database)
    aside = copies.restore(store, copy)
    store.migrate(monitor_schema)
    printing.line(wording.say("restored", lang, path=settings.store.database, copy=copy))
    if aside:
        printing.line(wording.say("restored_aside", lang, path=aside))
    evidence = Evidence(settings.store.evidence)
    with store.read() as connection:
        lost = sum(not evidence.has(row[0]) for row in connection.execute(
            "SELECT DISTINCT sha256 FROM fetch WHERE sha256 IS NOT NULL"))
    if lost:
        printing.complain(wording.say("restored_without", lang, n=lost, path=settings.store.evidence))
        raise typer.Exit(3)
