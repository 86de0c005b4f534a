"""The simulated year: the watch's own clockwork over the world's truth, with faults thrown in at every seam.

Lists are laid into the store where the crawl would leave them (crawler.pipelines.write_portal); four of the scans crawl
real loopback portals instead. Reading, standing, judging, queueing and sending are the product's own.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import sqlite3
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from unittest import mock

from crawler import articles, clock, pipelines, scan
from crawler.evidence import Evidence
from crawler.exceptions import CrawlerError
from crawler.families.paging import Ask
from crawler.model import Item, Outcome
from crawler.roster import Roster
from crawler.store import Store
from monitor import backup, patrol, records, schedule
from monitor import settings as settings_module
from monitor.alerts import outbox
from monitor.exceptions import DeliveryError, MonitorError
from monitor.watch import due_days
from tests.monitor.year.world import ZONE, Body, World, list_of, page_of, write_office
from tests.portals.serving import Portals, Request, Response

START, END = datetime(2026, 1, 5, tzinfo=ZONE), datetime(2027, 1, 4, tzinfo=ZONE)
REAL_SCANS = (date(2026, 1, 19), date(2026, 2, 16), date(2026, 6, 8), date(2026, 11, 9))
SMTP_DOWN = (datetime(2026, 4, 13, tzinfo=ZONE), datetime(2026, 4, 20, tzinfo=ZONE))
POWER_OFF = ((datetime(2026, 7, 6, tzinfo=ZONE), datetime(2026, 7, 15, tzinfo=ZONE)),
             (datetime(2026, 9, 29, 22, tzinfo=ZONE), datetime(2026, 10, 2, 6, tzinfo=ZONE)))
REDESIGNED = {"p3": (date(2026, 5, 4), date(2026, 6, 5)), "p7": (date(2026, 1, 25), date(2026, 2, 20))}
"""Portals whose columns nobody could read for weeks, until the operator mended their YAML."""
BLIND = (Outcome.TIMEOUT, Outcome.CHALLENGE, Outcome.SERVER_ERROR, Outcome.UNKNOWN_SHAPE, Outcome.ROBOTS_UNREACHABLE,
         Outcome.EMPTY_LISTING, Outcome.TLS, Outcome.RATE_LIMITED)


class PowerCutError(Exception):
    """The process is gone: nothing after this point happens, nothing is tidied up."""


@dataclass
class Post:
    """The office's mail server: takes, refuses, dies after taking; keeps every message it was handed."""

    chance: random.Random
    faults: Counter[str]
    taken: list[tuple[datetime, EmailMessage]] = field(default_factory=list)
    now: datetime = START

    def send(self, message: EmailMessage) -> None:
        if SMTP_DOWN[0] <= self.now < SMTP_DOWN[1]:
            self.faults["SMTP down"] += 1
            raise DeliveryError("connection refused", permanent=False)
        fate = self.chance.random()
        if fate < 0.10:
            self.faults["SMTP 4xx"] += 1
            raise DeliveryError("451 try again later", permanent=False)
        self.taken.append((self.now, message))
        if fate < 0.16:
            self.faults["killed after the server took the mail"] += 1
            raise PowerCutError


class Year:
    """One run of the year. `faults` counts what was thrown in, `log` what jobs came to."""

    def __init__(self, folder: Path, world: World, seed: int) -> None:
        self.world, self.chance = world, random.Random(seed)
        self.faults: Counter[str] = Counter()
        self.jobs: Counter[str] = Counter()
        self.portals = Portals({f"127.0.17.{number}": self._serve(portal) for number, portal in enumerate(
            sorted({body.portal for body in world.bodies}), 1)}, day=START.date())
        self.hosts = {portal: f"127.0.17.{number}:{self.portals.port}" for number, portal in enumerate(
            sorted({body.portal for body in world.bodies}), 1)}
        self.settings = settings_module.load(write_office(folder, world, self.hosts, ""))
        settings_module.activate(self.settings)
        self.store = Store(self.settings.store.database)
        self.store.migrate(records.monitor_schema)
        self.roster = Roster.load()
        self.evidence = Evidence(self.settings.store.evidence)
        self.post = Post(self.chance, self.faults)
        self.outages = self._outages()
        self.now = START
        self.real = 0
        self.pending: list[tuple[pipelines.Fetch, bytes | None]] = []
        self._days: tuple[int, tuple[date, ...]] = (0, ())

    def _outages(self) -> dict[str, list[tuple[datetime, datetime, Outcome]]]:
        """Days on which a portal can't be looked at, each for its own reason; every portal recovers."""
        found: dict[str, list[tuple[datetime, datetime, Outcome]]] = {}
        for portal in self.hosts:
            spells = found.setdefault(portal, [])
            for _ in range(7):
                begin = START + timedelta(hours=self.chance.randrange(24 * 350))
                spells.append((begin, begin + timedelta(hours=self.chance.randrange(6, 24 * 6)),
                               self.chance.choice(BLIND)))
            if portal in REDESIGNED:
                first, last = REDESIGNED[portal]
                spells.append((datetime(first.year, first.month, first.day, tzinfo=ZONE),
                               datetime(last.year, last.month, last.day, tzinfo=ZONE), Outcome.UNKNOWN_SHAPE))
        return found

    # ------------------------------------------------------------ the year
    def run(self) -> None:
        """Every slot of every job, twice a day the post, from START to END and on until nothing is left to do."""
        try:
            for moment in self._moments():
                if any(first <= moment < last for first, last in POWER_OFF):
                    self.faults["power off at a slot"] += 1
                    continue
                self._tick(moment)
                if self.chance.random() < 0.02:
                    self._clock_jump(moment)
        finally:
            clock.simulate(None)

    def _moments(self) -> list[datetime]:
        due = patrol.owed(self.settings, self.roster, datetime(2026, 1, 5, tzinfo=ZONE))
        days = {each.day for one in due for each in one.days}
        found = {slot + timedelta(minutes=1) for job in schedule.JOBS
                 for slot in schedule.slots(job, self.settings.watch, days, START, END)}
        found |= {START + timedelta(days=day, hours=hour) for day in range((END - START).days) for hour in (9, 15)}
        # Retries of failed slots and of mail come between the slots.
        found |= {START + timedelta(days=day, hours=10, minutes=30) for day in range((END - START).days)}
        return sorted(found)

    def _tick(self, moment: datetime) -> None:
        self.now = self.post.now = moment
        clock.simulate(moment.isoformat())
        for job in schedule.JOBS:
            for _ in range(3):
                slot = self._claim(job, moment)
                if slot is None:
                    break
                self._work(slot, moment)
        self._send(moment)

    def _claim(self, job: schedule.Job, moment: datetime) -> schedule.Slot | None:
        days = self._due_days(moment)
        with self.store.write() as connection:
            slot = schedule.claim(connection, job, self.settings.watch, days, moment)
        if slot is not None and self.chance.random() < 0.1:
            # A second daemon asks at the same moment.
            self.faults["second daemon"] += 1
            with self.store.write() as connection:
                other = schedule.claim(connection, job, self.settings.watch, days, moment)
            assert other is None, "two daemons took work for one slot"
        return slot

    def _due_days(self, moment: datetime) -> tuple[date, ...]:
        if self._days[0] != moment.year:
            self._days = (moment.year, due_days(self.settings, moment))
        return self._days[1]

    def _work(self, slot: schedule.Slot, moment: datetime) -> None:
        try:
            code, said = self._do(slot, moment), ""
        except PowerCutError:
            # The next daemon to start gives the slot back.
            with self.store.write() as connection:
                schedule.interrupt(connection)
            self.jobs[f"{slot.job} interrupted"] += 1
            return
        except (CrawlerError, MonitorError) as fault:
            code, said = 4, str(fault)
        with self.store.write() as connection:
            schedule.finish(connection, slot, code, moment, said)
        self.jobs[f"{slot.job} exit {code}"] += 1

    def _do(self, slot: schedule.Slot, moment: datetime) -> int:
        if slot.job == "scan":
            self._scan(slot, moment)
            patrol.read(self.settings, self.store, self.roster)
            with self._perhaps_full_disk():
                patrol.judge(self.settings, self.store, self.roster)
        elif slot.job == "digest":
            with self._perhaps_full_disk():
                patrol.judge(self.settings, self.store, self.roster)
        elif slot.job == "backup" and moment.day % 10 == 1:  # every tenth night for real: each copies all there is
            backup.make(self.store, self.settings.backup.folder, daily=3, weekly=2, now=moment)
        return 0

    def _send(self, moment: datetime) -> None:
        for _ in range(4):
            try:
                drained = outbox.drain(self.settings, self.store, moment, self.post)
            except PowerCutError:
                continue
            if not drained.sent:
                return

    # ------------------------------------------------------------ scans
    def _scan(self, slot: schedule.Slot, moment: datetime) -> None:
        if moment.date() in REAL_SCANS and not slot.resume and moment.hour < 9:
            self._real_scan(moment)
            return
        run = scan.unfinished_run(self.store) if slot.resume else None
        run = run or scan.new_run_id()
        with self.store.write() as connection:
            connection.execute("INSERT OR IGNORE INTO run (id, kind, state, started, heartbeat, simulated, plan) "
                               "VALUES (?, 'scan', 'running', ?, ?, 1, '{}')", (run, clock.stamp(), clock.stamp()))
            connection.executemany("INSERT OR IGNORE INTO run_portal (run, portal, state) VALUES (?, ?, 'pending')",
                                   [(run, portal) for portal in self.hosts])
            left = [row["portal"] for row in connection.execute(
                "SELECT portal FROM run_portal WHERE run = ? AND state <> 'done' ORDER BY portal", (run,))]
        for portal in left:
            if self.chance.random() < 0.025:
                self.faults["killed during a scan"] += 1
                raise PowerCutError
            self._look(run, portal, moment)
        with self.store.write() as connection:
            connection.execute("UPDATE run SET state = 'incomplete', finished = ? WHERE id = ?", (clock.stamp(), run))

    def _look(self, run: str, portal: str, moment: datetime) -> None:
        blind = next((outcome for first, last, outcome in self.outages[portal] if first <= moment < last), None)
        cut = blind is None and self.chance.random() < 0.04
        log = pipelines.FetchLog(self.store, self.evidence, run)
        try:
            listing, captures = self._list(log, portal, moment, blind, cut)
            asyncio.run(self._keep(log))
        finally:
            log.flush()
            log.close()
        if blind is not None:
            self.faults[f"portal: {blind}"] += 1
        elif cut:
            self.faults["list cut short"] += 1
        else:
            self.world.looked(portal, moment)
        pipelines.write_portal(self.store, run,
                               pipelines.PortalResult(portal, blind or Outcome.OK, "", [listing], captures))

    def _list(self, log: pipelines.FetchLog, portal: str, moment: datetime, blind: Outcome | None,
              cut: bool) -> tuple[pipelines.ListingResult, list[pipelines.CaptureResult]]:
        facts = self.roster.portals[portal]
        column = facts.columns[0]
        key = Ask(column.url).key
        html = list_of(self.world, portal, moment) if blind is None else ""
        shown = [body for body in self.world.of(portal) if body.shows(moment)] if blind is None else []
        if cut:
            shown = [body for body in shown if self.chance.random() < 0.8]
        self._fetched(portal, log.run, column.url, html, blind or Outcome.OK)
        items = [Item(self._address(body), body.title, body.published.isoformat()) for body in shown]
        older = [Item(f"http://{self.hosts[portal]}/nb/t20200110_1.html", "关于公布联系电话的公告", "2020-01-10")]
        sightings = self.roster.route_all([*items, *older], facts, column) if blind is None else []
        captures = [self._article(portal, log.run, body) for body in shown]
        if blind is None and not cut:
            # What left its list is asked for at its own address, as the spider does.
            captures += [self._gone(portal, log.run, item) for item, _ in log.unlisted(
                portal, column.id, {item.url for item in items})]
        return pipelines.ListingResult(
            column.id, column.url, "static", clock.stamp(), blind or Outcome.OK, "page 2 did not come" if cut else "",
            complete=blind is None and not cut, requests=[key], sightings=sightings), captures

    def _article(self, portal: str, run: str, body: Body) -> pipelines.CaptureResult:
        html, address = page_of(body), self._address(body)
        sha256 = self._fetched(portal, run, address, html, Outcome.OK)
        part = {"role": "page", "url": address, "name": body.title, "request": Ask(address).key, "sha256": sha256,
                "media_type": "text/html", "outcome": "ok", "reason": ""}
        content = articles.content_hash([articles.read_article(html, address)], [])
        return pipelines.CaptureResult(address, clock.stamp(), Outcome.OK, "", content, [part], body.title,
                                       str(body.published))

    def _gone(self, portal: str, run: str, item: Item) -> pipelines.CaptureResult:
        self._fetched(portal, run, item.url, "", Outcome.GONE)
        return pipelines.CaptureResult(item.url, clock.stamp(), Outcome.GONE, "404", None, [], item.title, item.day)

    def _fetched(self, portal: str, run: str, url: str, html: str, outcome: Outcome) -> str | None:
        fetch = pipelines.Fetch(run, portal, *Ask(url).key, clock.stamp(), outcome, "", url,
                                status=200 if html else 404, media_type="text/html")
        self.pending.append((fetch, html.encode() if html else None))
        return hashlib.sha256(html.encode()).hexdigest() if html else None

    async def _keep(self, log: pipelines.FetchLog) -> None:
        for fetch, body in self.pending:
            await log.keep(fetch, body)
        self.pending.clear()

    def _address(self, body: Body) -> str:
        return f"http://{self.hosts[body.portal]}{body.path}"

    def _real_scan(self, moment: datetime) -> None:
        """The same day for real: Scrapy in its child over loopback portals that serve what stands there now."""
        self.portals.day = moment.date()
        self.portals.start()
        try:
            plan = patrol.plan_of(self.settings, self.store, self.roster)
            assert plan is not None
            result = patrol.scan_portals(plan)
        finally:
            self.portals.stop()
        assert set(result.outcomes) <= {"ok", "not_modified"}, result.outcomes
        self.real += 1
        for portal in self.hosts:
            self.world.looked(portal, moment)

    def _serve(self, portal: str):
        def answer(request: Request, day: date) -> Response:
            at = datetime(day.year, day.month, day.day, 2, tzinfo=ZONE)
            if request.path == "/nb/":
                return Response.page(list_of(self.world, portal, at))
            for body in self.world.of(portal):
                if body.published and body.path == request.path and body.shows(at):
                    return Response.page(page_of(body))
            return Response.page("<html>404</html>", 404)
        return answer

    # ------------------------------------------------------------ faults
    @contextmanager
    def _perhaps_full_disk(self):
        """Now and then the disk is full just when a judgement is to be written."""
        if self.chance.random() >= 0.12:
            yield
            return
        self.faults["disk full"] += 1
        full = sqlite3.OperationalError("database or disk is full")
        with mock.patch.object(records, "put_standings", side_effect=full):
            yield

    def _clock_jump(self, moment: datetime) -> None:
        """The clock is wrong for a moment, then right again: nothing may be done twice or be lost by it."""
        wrong = moment + self.chance.choice([timedelta(hours=-5), timedelta(days=-3), timedelta(minutes=-50)])
        self.faults["clock jump"] += 1
        before = sum(self.jobs.values())
        self._tick(wrong)
        if sum(self.jobs.values()) > before:
            # Judged at a wrong time, lists stamped later than that time lost their force as proof.
            for portal, looks in self.world.looks.items():
                self.world.looks[portal] = [at for at in looks if at <= wrong + records.AHEAD]
        self.now = self.post.now = moment
        clock.simulate(moment.isoformat())
