"""The daemon (`nianbao watch`): asks the store every minute which slot is due and runs the command for it.

Promises: one watch at a time on a store; each job is a child process that runs the very command a person would type;
what a power cut or a kill left running is gone on with at the next start; SIGTERM reaches the child, which gets
`[watch] stop_within` seconds; one failing job disturbs no other. Leaves alone: when a job is due (schedule.py), what it
does (commands/).
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import IO, Any

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from crawler import clock, scan
from crawler.exceptions import CrawlerError
from crawler.roster import Roster
from crawler.store import Store
from extract.exceptions import ExtractError
from monitor import obligations, schedule
from monitor.alerts import outbox
from monitor.exceptions import MonitorError, WatchError
from monitor.schedule import Job, Slot
from monitor.settings import Settings

TICK_SECONDS = 60.0
SHORTEST_TICK = 0.1
"""Of a simulated clock that runs fast; a tick under it would only wait for the one before."""
LANES: Mapping[str, tuple[Job, ...]] = {"portals": ("scan",), "house": ("backup", "digest", "tidy")}
"""Jobs of one lane wait for each other; a scan of hours must not keep the digest waiting."""
PARENT = "NIANBAO_KEEPER"
_SAID = 2000
_LOOK_SECONDS = 2.0
_INTERRUPTED = (-signal.SIGTERM, -signal.SIGINT, -signal.SIGKILL, 128 + signal.SIGTERM, 128 + signal.SIGINT)
log = logging.getLogger("nianbao.watch")


@dataclass(slots=True)
class Running:
    """A child at work. `slot` is None for sending, which is due whenever mail waits."""

    name: str
    child: subprocess.Popen[bytes]
    words: IO[bytes]
    slot: Slot | None = None

    def said(self) -> str:
        """The last words on the child's stderr."""
        self.words.seek(0)
        return self.words.read().decode("utf-8", "replace")[-_SAID:].strip()


Launch = Callable[[list[str]], tuple["subprocess.Popen[bytes]", IO[bytes]]]


@dataclass(slots=True)
class Watch:
    """The state of one daemon. `tick` may be called at any time; it never waits for a job."""

    settings: Settings
    store: Store
    launch: Launch
    lanes: dict[str, Running | None] = field(default_factory=lambda: {**dict.fromkeys(LANES), "post": None})
    on_tick: Callable[[Watch], None] = lambda watch: None
    _due: tuple[date, tuple[date, ...]] | None = None

    def start(self) -> None:
        """Give back what a daemon that is gone left running."""
        with self.store.write() as connection:
            left = schedule.interrupt(connection)
        if left:
            log.warning("going on with %d interrupted job(s)", left)

    def tick(self) -> None:
        """Collect children that ended, start what is due, say that we live. A fault of ours is logged, never fatal."""
        try:
            now = clock.now()
            for lane, running in self.lanes.items():
                if running is not None and running.child.poll() is not None:
                    self.lanes[lane] = None
                    self._ended(running, now)
            for lane, jobs in LANES.items():
                if self.lanes[lane] is None:
                    self.lanes[lane] = self._next_of(jobs, now)
            if self.lanes["post"] is None and outbox.anything_due(self.settings, self.store, now):
                self.lanes["post"] = self._begin("send", ["alerts", "send"])
            with self.store.write() as connection:
                schedule.beat(connection, [each.slot for each in self.lanes.values() if each and each.slot], now)
            self.on_tick(self)
        except (CrawlerError, MonitorError, ExtractError, OSError) as fault:
            log.error("tick: %s", fault)

    def stop(self) -> None:
        """Ask the children to end, wait as long as the settings say, then end them; their slots are given back."""
        running = [each for each in self.lanes.values() if each is not None]
        for each in running:
            with contextlib.suppress(ProcessLookupError):
                each.child.terminate()
        deadline = time.monotonic() + self.settings.watch.stop_within
        for each in running:
            try:
                each.child.wait(max(deadline - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                log.error("%s did not end within %.0f s and is killed", each.name, self.settings.watch.stop_within)
                each.child.kill()
                each.child.wait()
            self._ended(each, clock.now(), asked=True)
        self.lanes = dict.fromkeys(self.lanes)

    # ------------------------------------------------------------ slots
    def due_days(self, now: datetime) -> tuple[date, ...]:
        """See `due_days`; read anew each day."""
        if self._due is None or self._due[0] != now.date():
            self._due = (now.date(), due_days(self.settings, now))
        return self._due[1]

    def _next_of(self, jobs: tuple[Job, ...], now: datetime) -> Running | None:
        for job in jobs:
            with self.store.write() as connection:
                slot = schedule.claim(connection, job, self.settings.watch, self.due_days(now), now)
            if slot is not None:
                return self._begin(f"{job} {slot.key}", self._command(slot), slot)
        return None

    def _command(self, slot: Slot) -> list[str]:
        if slot.job == "scan":
            return ["scan", "--resume"] if slot.resume and scan.unfinished_run(self.store) else ["scan"]
        return {"digest": ["alerts", "queue"], "backup": ["backup"], "tidy": ["tidy"]}[slot.job]

    # ------------------------------------------------------------ children
    def _begin(self, name: str, arguments: list[str], slot: Slot | None = None) -> Running | None:
        try:
            child, words = self.launch(arguments)
        except OSError as fault:
            log.error("%s could not be started: %s", name, fault)
            if slot is not None:
                with self.store.write() as connection:
                    schedule.finish(connection, slot, 4, clock.now(), str(fault))
            return None
        log.info("%s begun", name)
        return Running(name, child, words, slot)

    def _ended(self, running: Running, now: datetime, *, asked: bool = False) -> None:
        """Note how a child ended. One that was `asked` to and had not done everything is gone on with."""
        code, said = running.child.returncode, running.said()
        running.words.close()
        stopped = code in _INTERRUPTED or (asked and code != 0)
        well = stopped or code in (0, 3)
        log.log(logging.INFO if well else logging.ERROR, "%s ended with exit code %s%s", running.name, code,
                "" if well or not said else f": {said}")
        if running.slot is None:
            return
        with self.store.write() as connection:
            if stopped:
                schedule.interrupt(connection, running.slot)
            else:
                schedule.finish(connection, running.slot, code, now, said)


def due_days(settings: Settings, now: datetime) -> tuple[date, ...]:
    """The due days of the report year whose season it is, by the office's roster. Raises ConfigurationError."""
    owed = obligations.obligations(Roster.load(), settings, [now.year - 1])
    return tuple(sorted({due.day for each in owed if each.applicable for due in each.days}))


def launcher(settings: Settings) -> Launch:
    """Starts `nianbao` of this installation with these settings; output goes to its log, which is kept for its end."""
    given = ["--config", str(settings.path)] if settings.path else []

    def launch(arguments: list[str]) -> tuple[subprocess.Popen[bytes], IO[bytes]]:
        words = tempfile.TemporaryFile()  # noqa: SIM115 – closed when the child's end is noted
        child = subprocess.Popen([sys.executable, "-m", "monitor.cli", *given, *arguments], stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=words, env=_environment())
        return child, words

    return launch


def end_with_parent() -> None:
    """In a job of the watch: end as if asked to when the watch is gone, so that no scan goes on without its keeper."""
    parent = os.environ.get(PARENT)
    if not parent:
        return

    def look() -> None:
        while str(os.getppid()) == parent:
            time.sleep(_LOOK_SECONDS)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=look, name="keeper", daemon=True).start()


def _environment() -> dict[str, str]:
    """The child ends when we do and goes by our clock."""
    return dict(os.environ) | clock.handed_down() | {PARENT: str(os.getpid())}


@contextlib.contextmanager
def only_watch(store: Store) -> Iterator[None]:
    """Hold the lock beside the database. Raises WatchError where another watch holds it."""
    path = store.path.with_name(store.path.name + ".watch-lock")
    with path.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise WatchError(f"{store.path}: another watch is at work (process {lock.read().strip() or 'unknown'}); "
                             "stop that one first, or leave it to it") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def run(settings: Settings, store: Store, *, tick_seconds: float = TICK_SECONDS, launch: Launch | None = None,
        stop: threading.Event | None = None, on_tick: Callable[[Watch], None] = lambda watch: None) -> None:
    """Watch until SIGTERM, SIGINT or `stop`. Raises WatchError, StoreError."""
    ended = stop or threading.Event()
    watch = Watch(settings, store, launch or launcher(settings), on_tick=on_tick)
    with only_watch(store), _signals(ended):
        watch.start()
        scheduler = BackgroundScheduler(timezone=clock.ZONE, logger=logging.getLogger("nianbao.schedule"))
        every = max(tick_seconds / clock.speed(), min(tick_seconds, SHORTEST_TICK))
        scheduler.add_job(watch.tick, IntervalTrigger(seconds=every, timezone=clock.ZONE), id="tick",
                          max_instances=1, coalesce=True, misfire_grace_time=None,
                          next_run_time=datetime.now(clock.ZONE))
        scheduler.start()
        try:
            ended.wait()
        finally:
            scheduler.shutdown(wait=True)
            watch.stop()


@contextlib.contextmanager
def _signals(ended: threading.Event) -> Iterator[None]:
    """SIGTERM and SIGINT end the watch; elsewhere than in the main thread they can't be caught and aren't."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def heard(number: int, frame: Any) -> None:
        ended.set()

    before = {number: signal.signal(number, heard) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
