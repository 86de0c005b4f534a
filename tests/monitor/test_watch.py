"""The daemon: which command it starts, what becomes of children that fail, hang or are left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time

import pytest

from crawler import clock
from crawler.store import Store
from monitor import metrics, settings
from monitor.exceptions import WatchError
from monitor.records import monitor_schema
from monitor.watch import Watch, only_watch, run

MONDAY = "2026-11-23T09:00"


@pytest.fixture
def office(tmp_path, monkeypatch):
    (tmp_path / "settings.toml").write_text('[mail]\nhost = "127.0.0.1"\n[watch]\nstop_within = 1.0\n')
    monkeypatch.setenv(clock.ENVIRONMENT, MONDAY)
    clock.simulate(MONDAY)
    yield settings.load(tmp_path / "settings.toml")
    clock.simulate(None)


@pytest.fixture
def store(office):
    made = Store(office.store.database)
    made.migrate(monitor_schema)
    return made


class Launcher:
    """Real children that do what `script` says, and the list of what was asked for."""

    def __init__(self, script="pass"):
        self.script, self.asked = script, []

    def __call__(self, arguments):
        self.asked.append(arguments)
        words = tempfile.TemporaryFile()  # noqa: SIM115
        return subprocess.Popen([sys.executable, "-c", self.script], stderr=words), words


@pytest.fixture
def watching(office, store):
    """Makes watches and ends what they leave behind."""
    made = []

    def make(launcher):
        made.append(Watch(office, store, launcher))
        return made[-1]

    yield make
    for each in made:
        each.stop()


def ticks(watch, number=1):
    for _ in range(number):
        watch.tick()
        for each in watch.lanes.values():
            if each is not None:
                each.child.wait()


def slots(store):
    with store.read() as connection:
        return {row["job"]: (row["state"], row["code"], row["said"])
                for row in connection.execute("SELECT * FROM slot")}


def test_one_tick_starts_what_is_due_one_job_a_lane(watching, store):
    launcher = Launcher()
    watch = watching(launcher)
    ticks(watch)
    assert launcher.asked == [["scan"], ["backup"]]
    ticks(watch, 4)
    assert sorted(map(tuple, launcher.asked)) == [("alerts", "queue"), ("backup",), ("scan",), ("tidy",)]
    assert {job: state[0] for job, state in slots(store).items()} == dict.fromkeys(
        ("scan", "backup", "digest", "tidy"), "done")


def test_waiting_mail_is_sent_and_mail_that_is_to_wait_is_not(watching, store):
    launcher = Launcher()
    watch = watching(launcher)
    ticks(watch, 5)
    launcher.asked.clear()
    with store.write() as connection:
        connection.execute(
            "INSERT INTO outbox (key, kind, scope, recipient, period, channel, subject, text, html, message_id, "
            "created, state, next_try) VALUES ('k', 'digest', 's', 'a@b', '2026-W48', 'mail', '', '', '', 'm', '2026', "
            "'retry', '2026-11-23T12:00:00+08:00')")
    ticks(watch, 2)
    assert launcher.asked == []
    clock.simulate("2026-11-23T12:00")
    ticks(watch)
    assert launcher.asked == [["alerts", "send"]]


def test_a_failing_job_is_noted_with_its_words_and_disturbs_no_other(watching, store):
    launcher = Launcher("import sys; sys.stderr.write('disk full'); sys.exit(4)")
    watch = watching(launcher)
    ticks(watch, 5)
    assert slots(store)["scan"] == ("failed", 4, "disk full")
    assert set(slots(store)) == {"scan", "backup", "digest", "tidy"}


def test_a_fault_of_the_store_ends_no_watch(watching, store):
    store.path.unlink()
    store.path.mkdir()
    watching(Launcher()).tick()


def test_stopping_gives_the_slot_back_and_the_next_start_resumes(watching, store):
    launcher = Launcher("import time; time.sleep(60)")
    watch = watching(launcher)
    watch.tick()
    watch.stop()
    assert {state[0] for state in slots(store).values()} == {"interrupted"}
    with store.write() as connection:
        connection.execute("INSERT INTO run (id, kind, state, started, simulated, plan) VALUES ('r', 'scan', "
                           "'running', '2026', 1, '{}')")
    again = Launcher()
    ticks(watching(again))
    assert again.asked[0] == ["scan", "--resume"]


def test_a_child_that_will_not_end_is_killed_in_time(watching, store):
    launcher = Launcher("import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)")
    watch = watching(launcher)
    watch.tick()
    time.sleep(0.5)  # until the children ignore SIGTERM
    begun = time.monotonic()
    watch.stop()
    assert time.monotonic() - begun < 10
    assert slots(store)["scan"][0] == "interrupted"


def test_what_a_killed_watch_left_running_is_given_back(watching, store):
    launcher = Launcher()
    left = watching(launcher)
    left.tick()
    watching(Launcher()).start()
    assert {state[0] for state in slots(store).values()} == {"interrupted"}
    left.stop()


def test_two_watches_never_work_on_one_store(store):
    with only_watch(store), pytest.raises(WatchError, match=f"process {os.getpid()}"), only_watch(store):
        pass
    with only_watch(store):
        pass


def test_it_runs_by_itself_until_told_to_stop(office, store, tmp_path):
    launcher, stop, seen = Launcher(), threading.Event(), []
    def on_tick(watch):
        metrics.write(tmp_path / "nianbao.prom", watch.store, watch.settings)
        seen.append(len(launcher.asked))
        if len(slots(store)) == 4:
            stop.set()
    threading.Timer(20, stop.set).start()
    run(office, store, tick_seconds=0.1, launch=launcher, stop=stop, on_tick=on_tick)
    assert sorted(map(tuple, launcher.asked)) == [("alerts", "queue"), ("backup",), ("scan",), ("tidy",)]
    text = (tmp_path / "nianbao.prom").read_text()
    assert 'nianbao_job_failed{job="scan"} 0' in text


@pytest.mark.slow
def test_the_command_itself_watches_backs_up_and_ends_on_sigterm(tmp_path):
    """A week of the real command on an office without portals; its jobs are real children."""
    environment = os.environ | {"NIANBAO_NOW": MONDAY, "NIANBAO_SCAN__CONTACT": "office@example.org"}
    subprocess.run([sys.executable, "-m", "monitor.cli", "init", str(tmp_path / "office")], check=True,
                   capture_output=True)
    with (tmp_path / "log").open("wb") as log:
        child = subprocess.Popen([sys.executable, "-m", "monitor.cli", "--config",
                                  str(tmp_path / "office/settings.toml"), "watch", "--log-json"],
                                 env=environment, stderr=log)
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not list((tmp_path / "office").glob("backups/*.db")):
            time.sleep(0.2)
        child.send_signal(signal.SIGTERM)
        assert child.wait(60) == 0, (tmp_path / "log").read_text()
    finally:
        child.kill()
    assert list((tmp_path / "office").glob("backups/*.db"))
    assert '"level": "info"' in (tmp_path / "log").read_text()
