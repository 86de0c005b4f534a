"""A scan killed at any moment and gone on with: nothing acknowledged lost, nothing twice, no page fetched twice."""

import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from crawler import scan
from crawler.exceptions import ScanError
from crawler.store import Store
from tests.bench import kill_loop
from tests.crawler.small_portals import Case, World, article, listing, name_of

PORTALS = 6
YEARS = range(2010, 2024)
_PARENT = """
import json, sys
from crawler import scan
from crawler.model import ScanPlan
print(scan.run(ScanPlan(**json.loads(sys.argv[1]))).state, flush=True)
"""


def cases():
    return {f"p{number}": Case({"/nb/": listing(name_of(f"p{number}"), YEARS),
                                **{f"/nb/t{year + 1}0115_{year}.html": article(f"{number} {year}") for year in YEARS}})
            for number in range(PORTALS)}


@contextlib.contextmanager
def started(plan):
    """The scan in a process group of its own, as a command line would run it; whatever is left of it is ended."""
    Store(plan.database).migrate()
    process = subprocess.Popen([sys.executable, "-c", _PARENT, json.dumps(asdict(plan))], start_new_session=True,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=Path(__file__).parents[2])
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_until(holds, seconds=40):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def contents(folder):
    """What the store holds of the run, without row ids and times."""
    connection = sqlite3.connect(folder / "n.db")
    try:
        return {
            "portals": connection.execute("SELECT portal, state, outcome FROM run_portal ORDER BY portal").fetchall(),
            "listings": connection.execute("SELECT portal, column_id, outcome, complete, items FROM listing "
                                           "ORDER BY portal").fetchall(),
            "sightings": connection.execute("SELECT l.portal, s.url, s.route, s.year FROM listed s JOIN listing l "
                                            "ON l.id = s.listing ORDER BY s.url").fetchall(),
            "captures": connection.execute("SELECT portal, url, outcome, content FROM capture ORDER BY url").fetchall(),
            "fetches": connection.execute("SELECT url, outcome, sha256 FROM fetch ORDER BY url").fetchall(),
        }
    finally:
        connection.close()


def finished(folder):
    """Captures of portals that are acknowledged as done."""
    held = contents(folder)
    return [row for row in held["captures"] if (row[0], "done", "ok") in held["portals"]]


def kept_pages(folder):
    return {row[0] for row in contents(folder)["fetches"] if row[1] == "ok"}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """What one scan without disturbance leaves, addresses without host and port."""
    with World(tmp_path_factory.mktemp("undisturbed"), cases()) as world:
        assert scan.run(world.plan(run="r")).state == "done"
        return json.loads(json.dumps(contents(world.folder)).replace(f":{world.portals.port}/", ":0/"))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_kill_9_at_any_moment_loses_nothing_and_repeats_nothing(tmp_path, undisturbed, seed):
    chance = random.Random(seed)
    with World(tmp_path, cases()) as world:
        plan = world.plan(run="r", delay=0.02)
        acknowledged = []
        for _ in range(4):
            with started(plan) as process:
                time.sleep(chance.uniform(0.6, 3.2))
                if chance.random() < 0.5:
                    process.kill()
                    time.sleep(0.2)
            now = finished(world.folder)
            assert set(acknowledged) <= set(now)
            acknowledged = now
        assert scan.run(plan).state == "done"
        left = json.loads(json.dumps(contents(world.folder)).replace(f":{world.portals.port}/", ":0/"))
        assert left == undisturbed
        assert scan.unfinished_run(Store(plan.database)) is None


@pytest.mark.slow
def test_kept_pages_are_answered_from_the_store(tmp_path):
    with World(tmp_path, cases()) as world:
        plan = world.plan(run="r", delay=0.2)
        with started(plan):
            wait_until(lambda: len(kept_pages(tmp_path)) >= 20)
        kept = kept_pages(tmp_path)
        before = len(world.portals.log)
        assert scan.run(world.plan(run="r")).state == "done"
        asked = {f"http://{visit.host}:{world.portals.port}{visit.path}" for visit in world.portals.log[before:]}
        assert len(kept) >= 20
        assert not kept & asked


@pytest.mark.slow
def test_the_child_ends_with_its_parent(tmp_path):
    with World(tmp_path, cases()) as world:
        plan = world.plan(run="r", delay=0.3)
        with started(plan) as process:
            wait_until(lambda: world.portals.log)
            process.kill()
            time.sleep(2.0)
            quiet = len(world.portals.log)
            time.sleep(1.5)
            assert len(world.portals.log) == quiet
        assert scan.unfinished_run(Store(plan.database)) == "r"


@pytest.mark.slow
def test_a_polite_signal_to_the_child_leaves_a_run_to_go_on_with(tmp_path):
    with World(tmp_path, cases()) as world:
        plan = world.plan(run="r", delay=0.3)
        events = []

        def interrupt(event):
            events.append(event)
            if len(events) == 1:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            scan.run(plan, interrupt)
        assert scan.unfinished_run(Store(plan.database)) == "r"
        assert scan.run(world.plan(run="r")).state == "done"


def test_two_scans_on_one_store_do_not_mix(tmp_path, monkeypatch):
    monkeypatch.setattr(scan, "LOCK_SECONDS", 0.3)
    with scan._only_scan(tmp_path / "n.db", "r1"):
        with pytest.raises(ScanError, match=r"another scan is running.*run r1, process"), \
                scan._only_scan(tmp_path / "n.db"):
            pass
        with scan._only_scan(tmp_path / "other.db"):
            pass
    with scan._only_scan(tmp_path / "n.db"):
        pass


def test_a_second_scan_is_refused_and_leaves_no_trace(tmp_path, monkeypatch):
    monkeypatch.setattr(scan, "LOCK_SECONDS", 0.5)
    with World(tmp_path, cases()) as world:
        with started(world.plan(run="r1", delay=0.5)):
            wait_until(lambda: world.portals.log)
            with pytest.raises(ScanError, match=r"another scan is running.*run r1"):
                scan.run(world.plan(run="r2"))
        with contextlib.closing(sqlite3.connect(tmp_path / "n.db")) as connection:
            assert connection.execute("SELECT id FROM run").fetchall() == [("r1",)]
        assert scan.unfinished_run(Store(tmp_path / "n.db")) == "r1"


@pytest.mark.slow
def test_a_killed_command_keeps_its_lock_until_its_child_ended(tmp_path, monkeypatch):
    with World(tmp_path, cases()) as world:
        plan = world.plan(run="r", delay=0.5)
        with started(plan) as process:
            wait_until(lambda: world.portals.log)
            process.kill()
            assert scan.run(world.plan(run="r")).state == "done"
        asked = [visit.path for visit in world.portals.visits(world.hosts["p0"])]
        assert asked.count("/nb/") <= 2


@pytest.mark.slow
@pytest.mark.parametrize("whom", ["command", "child"])
def test_sigterm_ends_it_soon_and_keeps_what_came(tmp_path, whom):
    with World(tmp_path, cases()) as world:
        plan = world.plan(run="r", delay=0.4)
        with started(plan) as process:
            wait_until(lambda: len(world.portals.log) >= 12)
            child = int(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0])
            begun = time.monotonic()
            os.kill(process.pid if whom == "command" else child, signal.SIGTERM)
            wait_until(lambda: not Path(f"/proc/{child}").exists() or "\nState:\tZ" in Path(
                f"/proc/{child}/status").read_text())
            assert time.monotonic() - begun < 20, "two minutes at most, here with pages that come at once"
        answered = [visit for visit in world.portals.log if visit.status == 200]
        assert len(kept_pages(tmp_path)) >= len(answered) - len(plan.portals), "all but what was on its way"
        before = len(world.portals.log)
        kept = kept_pages(tmp_path)
        assert scan.run(world.plan(run="r")).state == "done"
        asked = {f"http://{visit.host}:{world.portals.port}{visit.path}" for visit in world.portals.log[before:]}
        assert not kept & asked


_LIMITED = """
import json, resource, sys
from crawler import scan
from crawler.exceptions import CrawlerError
from crawler.model import ScanPlan
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    print(scan.run(ScanPlan(**json.loads(sys.argv[1]))).state)
except CrawlerError as fault:
    print(fault)
"""


@pytest.mark.slow
@pytest.mark.parametrize("room", [150_000, 60_000])
def test_a_full_disk_ends_the_scan_and_loses_nothing(tmp_path, room):
    """No file may grow beyond `room` bytes: first the database's log, then already the evidence is out of space."""
    pages = cases()
    # Noise does not compress, so its evidence needs room of its own.
    chance = random.Random(1)
    noise = "".join(chr(0x4e00 + chance.randrange(20_000)) for _ in range(30_000))
    pages["p0"].answers["/nb/t20240115_2023.html"] = article(noise)
    with World(tmp_path, pages) as world:
        plan = world.plan(run="r")
        Store(plan.database).migrate()
        done = subprocess.run([sys.executable, "-c", _LIMITED, json.dumps(asdict(plan)), str(room)],
                              capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False, timeout=120)
        assert "go on with nianbao scan --resume" in done.stdout or "nothing of this step was kept" in done.stdout, (
            done.stdout + done.stderr)
        assert scan.unfinished_run(Store(plan.database)) in ("r", None)
        before = len(world.portals.log)
        kept = kept_pages(tmp_path)
        assert scan.run(plan).state == "done"
        asked = {f"http://{visit.host}:{world.portals.port}{visit.path}" for visit in world.portals.log[before:]}
        assert not kept & asked
        assert len(contents(tmp_path)["captures"]) == PORTALS * len(YEARS)


@pytest.mark.slow
def test_a_database_that_stays_locked_ends_the_scan_and_loses_nothing(tmp_path):
    with World(tmp_path, cases()) as world:
        plan = world.plan(run="r", delay=0.3)
        Store(plan.database).migrate()
        with started(plan) as process:
            wait_until(lambda: len(kept_pages(tmp_path)) >= 10)
            with contextlib.closing(sqlite3.connect(tmp_path / "n.db", isolation_level=None)) as greedy:
                greedy.execute("BEGIN IMMEDIATE")
                process.wait(60)
                greedy.execute("ROLLBACK")
        assert process.returncode != 0
        kept, before = kept_pages(tmp_path), len(world.portals.log)
        assert scan.unfinished_run(Store(plan.database)) == "r"
        assert scan.run(world.plan(run="r")).state == "done"
        asked = {f"http://{visit.host}:{world.portals.port}{visit.path}" for visit in world.portals.log[before:]}
        assert not kept & asked


@pytest.mark.slow
def test_a_short_kill_loop(tmp_path):
    told = []
    tally = kill_loop.loop(tmp_path, kills=5, seed=7, tell=told.append)
    assert (len(tally.kills), tally.lost, tally.doubled) == (5, 0, 0), told
    assert tally.least_unfinished >= 1
