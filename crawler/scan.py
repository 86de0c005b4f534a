"""One scan: a plan → Scrapy in a child process → rows in the store; ended, killed or resumed.

Promises: run and run_portal rows exist before anything is fetched; a portal's results appear in one transaction; a
killed run goes on with `run(plan)` of the same run id, repeats unfinished portals and fetches no page twice that it
holds already; one scan at a time on a store. The child ends when its parent does. Leaves alone: choosing the plan
(monitor), visiting (spiders/portal.py).
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import sqlite3
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from crawler import child, clock, standstill
from crawler.evidence import Evidence
from crawler.exceptions import ClockError, CrawlerError, ScanError
from crawler.model import ScanPlan
from crawler.store import Store

State = Literal["running", "done", "incomplete", "failed"]
LOCK_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Progress:
    """Something happened: event portal_started, page or portal_finished; `done` of `portals` are finished."""

    event: str
    portal: str
    portals: int
    done: int
    outcome: str = ""
    reason: str = ""
    pages: int = 0


@dataclass(slots=True)
class ScanResult:
    """What a run came to. `outcomes`: outcome → portals. Addresses: `new` content never captured before, `changed`
    other content at a known address, `withdrawn` in the column's previous complete list and not in this one."""

    run: str
    state: State
    outcomes: dict[str, list[str]] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    pages: int = 0
    captures: int = 0


def new_run_id() -> str:
    """A fresh run id that sorts by time."""
    return f"{clock.now():%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:6]}"


def unfinished_run(store: Store) -> str | None:
    """The newest run if it did not come to its end, else None."""
    with store.read() as connection:
        row = connection.execute("SELECT id, state FROM run ORDER BY started DESC, rowid DESC LIMIT 1").fetchone()
    return row["id"] if row and row["state"] in ("running", "failed") else None


def stored_plan(store: Store, run_id: str) -> ScanPlan:
    """The plan a run was started with. Raises ScanError where there is no such run."""
    with store.read() as connection:
        row = connection.execute("SELECT plan FROM run WHERE id = ?", (run_id,)).fetchone()
    if row is None:
        raise ScanError(f"run {run_id}: not in {store.path}; see the runs with nianbao scan --json")
    return ScanPlan(**json.loads(row["plan"]))


def run(plan: ScanPlan, progress: Callable[[Progress], None] | None = None) -> ScanResult:
    """Scan the plan's portals, or go on with the run of that id. Raises ScanError, StoreError, ClockError."""
    if plan.delay < 1.0 and not plan.allow_private_addresses:
        raise ScanError(f"delay {plan.delay:g} s: at least 1 s must pass between requests to a host; only plans for "
                        "loopback portals (allow_private_addresses) may go below")
    store = Store(plan.database)
    store.migrate()
    with _only_scan(Path(plan.database), plan.run) as lock:
        _register(store, plan)
        fault = _run_child(plan, progress, lock)
        state = _conclude(store, plan.run, fault)
    if fault:
        raise ScanError(f"run {plan.run}: {fault}; what was finished is kept, go on with nianbao scan --resume")
    return result(store, plan.run, state)


def result(store: Store, run_id: str, state: State | None = None) -> ScanResult:
    """The result of a run as the store holds it."""
    with store.read() as connection:
        row = connection.execute("SELECT state FROM run WHERE id = ?", (run_id,)).fetchone()
        if row is None:
            raise ScanError(f"run {run_id}: not in {store.path}; see the runs with nianbao scan --json")
        found = ScanResult(run_id, state or row["state"])
        for entry in connection.execute("SELECT portal, state, outcome, reason FROM run_portal WHERE run = ? "
                                        "ORDER BY portal", (run_id,)):
            key = entry["outcome"] or ("skipped" if entry["state"] == "done" else "unfinished")
            found.outcomes.setdefault(key, []).append(entry["portal"])
            if entry["reason"]:
                found.reasons[entry["portal"]] = entry["reason"]
        found.pages = connection.execute("SELECT count(*) FROM fetch WHERE run = ?", (run_id,)).fetchone()[0]
        found.captures = connection.execute("SELECT count(*) FROM capture WHERE run = ?", (run_id,)).fetchone()[0]
        _compare(connection, run_id, found)
    return found


def _register(store: Store, plan: ScanPlan) -> None:
    """The rows that say what is going to be done, before anything is; those of a resumed run stay."""
    with store.write() as connection:
        if clock.simulated() and connection.execute("SELECT 1 FROM run WHERE simulated = 0 LIMIT 1").fetchone():
            raise ClockError(f"{plan.database} holds runs of real days, so a simulated clock is refused; unset "
                             f"{clock.ENVIRONMENT} and [clock] at, or use another database")
        connection.execute(
            "INSERT INTO run (id, kind, state, started, heartbeat, simulated, plan) VALUES (?, 'scan', 'running', ?, "
            "?, ?, ?) ON CONFLICT (id) DO UPDATE SET state = CASE WHEN state = 'failed' THEN 'running' ELSE state END",
            (plan.run, clock.stamp(), clock.stamp(), int(clock.simulated()), json.dumps(asdict(plan))))
        connection.executemany("INSERT OR IGNORE INTO run_portal (run, portal, state) VALUES (?, ?, 'pending')",
                               [(plan.run, portal) for portal in plan.portals])


def _unfinished_portals(store: Store, run_id: str) -> list[str]:
    with store.read() as connection:
        return [row["portal"] for row in connection.execute(
            "SELECT portal FROM run_portal WHERE run = ? AND state <> 'done' ORDER BY portal", (run_id,))]


def _run_child(plan: ScanPlan, progress: Callable[[Progress], None] | None, lock: int) -> str:
    """Run the child to its end; it holds the lock too. Returns what went wrong, empty where nothing did."""
    store = Store(plan.database)
    waiting = _unfinished_portals(store, plan.run)
    if not waiting:
        return ""
    done = len(plan.portals) - len(waiting)
    fault = ""

    def on_event(event: dict[str, Any]) -> None:
        nonlocal done, fault
        if event["event"] == "fault":
            fault = event["message"]
            return
        done += event["event"] == "portal_finished"
        if progress:
            progress(Progress(event["event"], event["portal"], len(plan.portals), done, event.get("outcome") or "",
                              event.get("reason", ""), event.get("pages", 0)))

    ended = child.run("crawler.scan", asdict(plan), on_event, (lock,))
    return fault or ended


def _conclude(store: Store, run_id: str, fault: str) -> State:
    """Set the run's end: running while portals are unfinished, incomplete where some could not be looked at."""
    with store.write() as connection:
        unfinished = connection.execute("SELECT count(*) FROM run_portal WHERE run = ? AND state <> 'done'",
                                        (run_id,)).fetchone()[0]
        doubtful = connection.execute(
            "SELECT (SELECT count(*) FROM listing WHERE run = ?1 AND (outcome NOT IN ('ok', 'not_modified') OR "
            "complete = 0)) + (SELECT count(*) FROM run_portal WHERE run = ?1 AND outcome IS NULL)",
            (run_id,)).fetchone()[0]
        state: State
        if unfinished:
            state = "failed" if fault else "running"
        else:
            state = "incomplete" if doubtful else "done"
        finished = None if unfinished else clock.stamp()
        connection.execute("UPDATE run SET state = ?, finished = coalesce(finished, ?), heartbeat = ? WHERE id = ?",
                           (state, finished, clock.stamp(), run_id))
    return state


def _compare(connection: sqlite3.Connection, run_id: str, found: ScanResult) -> None:
    """Fill new, changed and withdrawn against the runs before."""
    started = connection.execute("SELECT started, rowid FROM run WHERE id = ?", (run_id,)).fetchone()
    before = "run IN (SELECT id FROM run WHERE (started, rowid) < (?, ?))"
    edge = (started["started"], started["rowid"])
    fresh = []
    for row in connection.execute("SELECT url, content FROM capture WHERE run = ? AND content IS NOT NULL ORDER BY id",
                                  (run_id,)).fetchall():
        last = connection.execute(f"SELECT content FROM capture WHERE url = ? AND content IS NOT NULL AND {before} "
                                  "ORDER BY id DESC LIMIT 1", (row["url"], *edge)).fetchone()
        if last is None:
            fresh.append(row)
        elif last["content"] != row["content"]:
            found.changed.append(row["url"])
    # Contents have no index: all earlier ones are looked through once for those at addresses never seen.
    wanted = {row["content"] for row in fresh}
    known = {row["content"] for row in connection.execute(f"SELECT content FROM capture WHERE {before}", edge)
             if row["content"] in wanted} if fresh else set()
    found.new += [row["url"] for row in fresh if row["content"] not in known]
    good = "outcome IN ('ok', 'not_modified') AND complete = 1"
    for listing in connection.execute("SELECT holder, portal, column_id FROM listing "
                                      f"WHERE run = ? AND {good}", (run_id,)).fetchall():
        last = connection.execute(
            f"SELECT holder FROM listing WHERE portal = ? AND column_id = ? AND {good} AND "
            f"{before} ORDER BY id DESC LIMIT 1", (listing["portal"], listing["column_id"], *edge)).fetchone()
        if last:
            found.withdrawn += [row["url"] for row in connection.execute(
                "SELECT url FROM sighting WHERE listing = ? AND route IN ('report', 'unrouted') AND url NOT IN "
                "(SELECT url FROM sighting WHERE listing = ?) ORDER BY id", (last["holder"], listing["holder"]))]


# ---------------------------------------------------------------- the child process
def main() -> int:
    """Visit the unfinished portals of the plan on stdin; events on stdout. Returns the exit code."""
    from scrapy.crawler import AsyncCrawlerProcess
    from scrapy.settings import Settings

    from crawler import settings
    from crawler.pipelines import FetchLog
    from crawler.proxies import Proxies
    from crawler.roster import Roster
    from crawler.spiders.portal import PortalSpider
    from extract import configuration
    from extract.exceptions import ExtractError

    plan = ScanPlan(**child.given())
    spiders: list[PortalSpider] = []

    def opened(spider: PortalSpider) -> None:
        spiders.append(spider)
        child.obey(spider)

    try:
        if plan.facts:
            configuration.use_office_folder(Path(plan.facts))
        store = Store(plan.database)
        roster = Roster.load()
        portals = _unfinished_portals(store, plan.run)
        unknown = [portal for portal in portals if portal not in roster.portals]
        if unknown:
            raise ScanError(f"portals {', '.join(unknown)} are not in the roster; add portals/<id>.yaml and a body "
                            "that names it")
        proxies = Proxies(plan.proxies, plan.proxy, plan.proxy_secrets)
        for portal in portals:
            proxies.of(portal, roster.portals[portal].conduct.proxy)
        known = Settings()
        known.setmodule(settings, priority="project")
        known.setdict(settings.for_plan(plan), priority="cmdline")
        known.set("TLS_EXEMPTIONS", {host.rsplit(":", 1)[0].lower(): portal.conduct.tls
                                     for portal in roster.portals.values() if portal.conduct.tls
                                     for host in portal.hosts}, priority="cmdline")
        process = AsyncCrawlerProcess(known)
        with contextlib.closing(FetchLog(store, Evidence(plan.evidence), plan.run)) as log, \
                standstill.watched(lambda: spiders[0].asked if spiders else 0):
            process.crawl(PortalSpider, plan=plan, roster=roster, portals=portals, log=log, tell=child.tell,
                          opened=opened)
            process.start(install_signal_handlers=False)
        if spiders and spiders[0].fault:
            raise spiders[0].fault
    except (CrawlerError, ExtractError) as fault:
        child.tell({"event": "fault", "message": str(fault)})
        return child.OWN_FAULT
    return 0


@contextlib.contextmanager
def _only_scan(database: Path, run_id: str = "") -> Iterator[int]:
    """Hold the lock beside the database, as an open file; the child of a killed scan may need a moment to let go."""
    with database.with_name(database.name + ".scan-lock").open("a+") as lock:
        deadline = time.monotonic() + LOCK_SECONDS
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if time.monotonic() > deadline:
                    lock.seek(0)
                    raise ScanError(f"{database}: another scan is running on it ({lock.read().strip() or 'unnamed'}); "
                                    "wait for its end, nothing was begun") from None
                time.sleep(0.2)
        lock.truncate(0)
        lock.write(f"run {run_id}, process {os.getpid()}, since {clock.stamp()}\n")
        lock.flush()
        yield lock.fileno()


if __name__ == "__main__":
    sys.exit(main())
