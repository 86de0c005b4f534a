"""One round of patrol (巡查): scan → read → stand → judge → queue; then texts are indexed.

Promises: each step reads what the step before stored, is idempotent and callable alone; a round that was killed goes on
with `resume`, and a round in which nothing changed adds no report, finding or mail. Standings, findings and queued mail
of a judgement appear in one transaction, but findings of very many changed reports in lots before it. Leaves alone:
when a round is due, sending (alerts/outbox.py), showing (cli).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from crawler import clock, scan
from crawler.evidence import Evidence
from crawler.model import ScanPlan
from crawler.roster import Roster
from crawler.store import Store, row_dicts
from monitor import (
    holdings,
    lookalikes,
    obligations,
    page_links,
    reading,
    records,
    rejudging,
    roster_history,
    searching,
    standing,
    workers,
    wrong_clock,
)
from monitor.alerts import digest, notices
from monitor.exceptions import SettingsError, UsageError
from monitor.model import Obligation, Standing
from monitor.settings import Settings

Step = Literal["scan", "read", "judge", "index"]


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` portals or documents of a step; `detail` is the portal last finished with its outcome."""

    step: Step
    done: int
    total: int
    detail: str = ""


OnProgress = Callable[[Progress], None]
OnNote = Callable[[str], None]


@dataclass(slots=True)
class Judged:
    """What one judgement came to: every standing, changes of findings, keys of the mails queued."""

    at: str
    standings: list[Standing] = field(default_factory=list)
    findings: rejudging.Rejudged = field(default_factory=lambda: rejudging.Rejudged([], [], []))
    queued: list[str] = field(default_factory=list)
    misdated: int = 0
    """Lists that prove nothing any more since this machine's clock was wrong."""


@dataclass(slots=True)
class PatrolResult:
    """What one round came to. `scanned` is None where there was nothing to scan or to resume."""

    scanned: scan.ScanResult | None
    read: reading.ReadResult
    judged: Judged
    reports: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """new, changed, withdrawn: id, body, scope, year, title, address, verdict."""

    @property
    def incomplete(self) -> bool:
        """Whether some portal could not be looked at to the end."""
        return self.scanned is not None and self.scanned.state != "done"

    @property
    def exit_code(self) -> int:
        """0 done, 3 incomplete, 4 where evidence of our own could not be read back."""
        return 4 if self.read.faults else 3 if self.incomplete else 0

    def to_record(self) -> dict[str, Any]:
        """The document of scan --json."""
        scanned = self.scanned
        return {"run": scanned.run if scanned else None, "state": scanned.state if scanned else None,
                "portals": scanned.outcomes if scanned else {}, "reasons": scanned.reasons if scanned else {},
                "pages": scanned.pages if scanned else 0, "captures": scanned.captures if scanned else 0,
                "read": self.read.read, "faults": self.read.faults, "notes": self.read.notes, "reports": self.reports,
                "findings": self.judged.findings.to_record(), "queued": self.judged.queued, "as_of": self.judged.at}


def round(settings: Settings, store: Store, roster: Roster, *, portals: Iterable[str] = (),
          bodies: Iterable[str] = (), year: int | None = None, resume: bool = False, executor: Executor | None = None,
          on_progress: OnProgress | None = None, on_note: OnNote | None = None) -> PatrolResult:
    """One whole round. `portals`, `bodies` and `year` narrow what is fetched; judging is always of everything.

    Raises UsageError (unknown ids), SettingsError (no contact), ScanError, StoreError, EvidenceError.
    """
    if settings.reading.cluster:
        from monitor import cluster

        cluster.check(settings.reading)  # before hours of scanning
    plan = plan_of(settings, store, roster, portals=portals, bodies=bodies, year=year, resume=resume)
    scanned = scan_portals(plan, on_progress) if plan else None
    found = read(settings, store, roster, executor=executor, on_progress=on_progress, on_note=on_note)
    judged = judge(settings, store, roster, on_progress=on_progress)
    if judged.misdated:
        note = (f"this machine's clock is or was wrong; {judged.misdated} lists looked at meanwhile prove nothing; set "
                "the clock, then scan again")
        found.notes.append(note)
        if on_note:
            on_note(note)
    index(store, roster, on_progress=on_progress)
    return PatrolResult(scanned, found, judged, _reports(store, found, scanned))


def plan_of(settings: Settings, store: Store, roster: Roster, *, portals: Iterable[str] = (),
            bodies: Iterable[str] = (), year: int | None = None, resume: bool = False) -> ScanPlan | None:
    """What to scan: the unfinished run where one is to be resumed, else the roster's portals or those named.

    None where nothing is left to resume, or no portal is named anywhere.
    """
    store.migrate(records.monitor_schema)
    if resume:
        run = scan.unfinished_run(store)
        return scan.stored_plan(store, run) if run else None
    wanted = list(dict.fromkeys(portals))
    chosen = list(dict.fromkeys(bodies))
    for name, known, given in (("portal", roster.portals, wanted), ("body", roster.bodies, chosen)):
        unknown = [each for each in given if each not in known]
        if unknown:
            raise UsageError(f"--{name} {', '.join(unknown)}: not in the roster {roster.path}; "
                             f"known are {', '.join(sorted(known)[:10]) or 'none'}")
    of_bodies = [portal.id for each in chosen for portal, _ in roster.columns_of(roster.bodies[each])]
    visited = list(dict.fromkeys(wanted or of_bodies or ([] if chosen else roster.portals)))
    if not visited:
        return None
    if not settings.scan.contact:
        raise SettingsError(f"{settings.path or 'settings.toml'}: [scan] contact is empty; write an address or "
                            "telephone at which the portals' owners reach you, it stands in the user agent")
    return ScanPlan(
        run=scan.new_run_id(), database=str(store.path), evidence=str(settings.store.evidence),
        facts=str(settings.facts.folder) if settings.facts.folder else None, portals=visited, bodies=chosen, year=year,
        contact=settings.scan.contact, delay=settings.scan.delay, timeout=settings.scan.timeout,
        retries=settings.scan.retries, allow_private_addresses=settings.scan.allow_private_addresses, progress=True,
        proxies=settings.scan.proxies, proxy=settings.scan.proxy,
        proxy_secrets=str(settings.scan.proxy_secrets) if settings.scan.proxy_secrets else None,
        full_after=full_after(settings, roster, clock.now()))


def scan_portals(plan: ScanPlan, on_progress: OnProgress | None = None) -> scan.ScanResult:
    """Visit the plan's portals in a child process."""

    def tell(event: scan.Progress) -> None:
        if on_progress and event.event == "portal_finished":
            on_progress(Progress("scan", event.done, event.portals, f"{event.portal} {event.outcome}".strip()))

    if on_progress:
        on_progress(Progress("scan", 0, len(plan.portals)))
    return scan.run(plan, tell)


def read(settings: Settings, store: Store, roster: Roster, *, executor: Executor | None = None,
         on_progress: OnProgress | None = None, on_note: OnNote | None = None) -> reading.ReadResult:
    """Read captures not yet read or read by an older version, on the cluster where the settings name one; assign again
    what the roster now knows better. `on_note` is told what became of the cluster, in a thread of its own."""
    notes: list[str] = []

    def tell(done: int, total: int) -> None:
        if on_progress:
            on_progress(Progress("read", done, total))

    def note(sentence: str) -> None:
        notes.append(sentence)
        if on_note:
            on_note(sentence)

    def elsewhere() -> AbstractContextManager[Executor]:
        from monitor import cluster

        return cluster.opened(settings.reading, note)

    store.migrate(records.monitor_schema)
    found = reading.read_captures(
        store, Evidence(settings.store.evidence), roster, workers=settings.reading.processes, executor=executor,
        elsewhere=elsewhere if settings.reading.cluster else None, on_progress=tell)
    found.notes = notes
    reading.reroute(store, roster)
    page_links.gather(store, Evidence(settings.store.evidence))
    return found


def owed(settings: Settings, roster: Roster, at: datetime) -> list[Obligation]:
    """Every obligation of the years that count at `at`."""
    return obligations.obligations(roster, settings, obligations.years_watched(settings, at.date()))


def full_after(settings: Settings, roster: Roster, at: datetime) -> str | None:
    """Since when a list's bodies must have been fetched in full at `at`: the end of the last due day behind us, and
    before that the beginning of its last 48 hours. "Not modified" serves for one of two observations only, so one full
    answer stands on each side of the day and the list of the morning after is final."""
    ends = {standing.due_end(day.day) for one in owed(settings, roster, at) for day in one.days}
    moments = [moment for end in ends for moment in (end, end - standing.BEFORE_END) if moment <= at]
    return max(moments).isoformat(timespec="seconds") if moments else None


def _present(store: Store) -> datetime:
    """Now. A simulated clock begins anew with every command: what an earlier one saw while its own ran on has been
    seen, or judging again would take back what the scan found."""
    now = clock.now()
    if not clock.simulated():
        return now
    with store.read() as connection:
        scanned = connection.execute("SELECT max(finished) FROM run WHERE simulated = 1").fetchone()[0]
        told = [clock.parse(each) for each in (scanned, records.judged_at(connection)) if each]
    return max([now, *(each for each in told if each <= now + wrong_clock.TOLERANCE)])


def judge(settings: Settings, store: Store, roster: Roster, *, at: datetime | None = None,
          on_progress: OnProgress | None = None) -> Judged:
    """Judge how everything stands at `at` (now), keep it with the findings, and queue the digests this week lacks."""
    store.migrate(records.monitor_schema)
    moment, misdated = at or _present(store), 0
    if at is None:
        with store.write() as connection:
            misdated = wrong_clock.distrust(connection, moment)
    listed = owed(settings, roster, moment)
    if on_progress:
        on_progress(Progress("judge", 0, len(listed)))
    judged = Judged(moment.isoformat(timespec="seconds"), misdated=misdated)

    def tell(done: int, total: int) -> None:
        if on_progress:
            on_progress(Progress("judge", done, total))

    since = settings.monitoring.since
    with workers.Crew(store.path, roster, settings.reading.processes) as crew:
        judged.standings = standing.stand_together(crew, listed, moment)
        standings = sorted(judged.standings, key=lambda each: (each.body, each.scope, each.year))
        with store.read() as connection:
            held = holdings.Holdings(connection, roster, standings)
        early = rejudging.ahead(store, held, crew, moment, since=since, on_progress=tell)
        early.take(lookalikes.compare(store, held, crew, moment, since=since).changes)
        found = rejudging.of_standings(held, crew, standings, listed, moment)
    with store.write() as connection:
        roster_history.keep(connection, roster.bodies.values(), judged.at, "judgement")
        records.put_standings(connection, standings, judged.at)
        judged.findings = rejudging.judge_store(connection, roster, moment, since=since, early=early,
                                                standings=standings, found=found)
        judged.queued = [*digest.queue_due(connection, roster, settings, moment, standings),
                         *notices.queue_due(connection, roster, settings, listed, moment, standings)]
    if on_progress:
        on_progress(Progress("judge", len(listed), len(listed)))
    return judged


def index(store: Store, roster: Roster, *, on_progress: OnProgress | None = None) -> None:
    """Let the texts of reports that statuses now rest on be found."""
    def tell(done: int, total: int) -> None:
        if on_progress:
            on_progress(Progress("index", done, total))

    searching.update(store, roster, tell)


def _reports(store: Store, found: reading.ReadResult,
             scanned: scan.ScanResult | None) -> dict[str, list[dict[str, Any]]]:
    """The reports behind the ids and addresses of a round, as scan --json lists them."""
    columns = "id, body, scope, year, title, address, verdict"
    with store.read() as connection:
        def of(condition: str, values: Iterable[str]) -> list[dict[str, Any]]:
            return [row for value in values for row in row_dicts(
                connection, f"SELECT {columns} FROM report WHERE {condition}", (value,))]

        return {"new": of("id = ?", found.new), "changed": of("id = ?", found.changed),
                "withdrawn": of("address = ? AND verdict != 'other'", scanned.withdrawn if scanned else ())}
