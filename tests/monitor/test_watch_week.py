"""A week of the real `nianbao watch` in two minutes: an hour passes in a second, everything else is real: the commands,
a portal on loopback, an SMTP server, signals. A slow machine gets further into the next day before it is stopped."""

from __future__ import annotations

import csv
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from crawler import clock
from tests import demo
from tests.portals import world
from tests.portals.serving import Portals

pytestmark = pytest.mark.slow
SPEED = 3600
SUNDAY, THURSDAY = "2026-03-01T23:55", "2026-03-05T06:00"  # what is done at once is done on Monday
PORTALS = ("yangli-towns",)
ALERTS = """
channels: [mail]
recipients:
  - {id: city-office, address: zwgk@city.example, role: oversight, remit: {label: 全市}}
  - {id: operator, address: operator@city.example, role: operator, remit: {label: 全部站点}}
"""


@pytest.fixture(scope="module")
def portals() -> Iterator[Portals]:
    made = world.portals(date(2026, 3, 1))
    made.start()
    yield made
    made.stop()


class Office:
    """An installation on disk and the watches started on it."""

    def __init__(self, folder: Path, settings: Path, sink: demo.Sink) -> None:
        self.folder, self.settings, self.sink = folder, settings, sink
        self.running: list[subprocess.Popen[bytes]] = []

    def watch(self, now: str) -> subprocess.Popen[bytes]:
        log = (self.folder / f"watch-{len(self.running)}.log").open("wb")
        environment = {**os.environ, "NIANBAO_NOW": now, clock.SPEED: str(SPEED), "PYTHONUNBUFFERED": "1"}
        child = subprocess.Popen([sys.executable, "-m", "monitor.cli", "--config", str(self.settings), "watch"],
                                 env=environment, stdout=log, stderr=log, cwd=demo.ROOT)
        log.close()
        self.running.append(child)
        return child

    def log(self, number: int = 0) -> str:
        return (self.folder / f"watch-{number}.log").read_text("utf-8", "replace")

    def rows(self, query: str) -> list[tuple[object, ...]]:
        connection = sqlite3.connect(self.folder / "nianbao.db", timeout=10)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()

    def until(self, happened: Callable[[], bool], seconds: float, what: str) -> None:
        deadline = time.monotonic() + seconds
        while not happened():
            assert time.monotonic() < deadline, f"{what} did not happen: {self.done()}\n{self.log()}"
            time.sleep(0.2)

    def done(self) -> set[tuple[object, ...]]:
        try:
            return set(self.rows("SELECT job, slot FROM slot WHERE state = 'done'"))
        except sqlite3.Error:
            return set()

    def mails(self) -> list[dict[str, str]]:
        found = [message_from_bytes(path.read_bytes(), policy=policy.default)
                 for path in sorted((self.folder / "mails").glob("*.eml"))]
        return [{"to": str(each["To"]), "subject": str(each["Subject"]), "id": str(each["Message-ID"])}
                for each in found]


@pytest.fixture
def office(tmp_path: Path, portals: Portals) -> Iterator[Office]:
    with demo.mail_sink(tmp_path / "mails") as (sink, port):
        settings = demo.install(tmp_path, portals.port, port, 0.02)
        facts = tmp_path / "facts"
        with (facts / "bodies.csv").open(encoding="utf-8", newline="") as file:
            rows = [row | {"parent": ""} for row in csv.DictReader(file) if row["portal"] in PORTALS]
        with (facts / "bodies.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        for path in (facts / "portals").glob("*.yaml"):
            if path.stem not in PORTALS:
                path.unlink()
        (facts / "alerts.yaml").write_text(ALERTS, "utf-8")
        made = Office(tmp_path, settings, sink)
        yield made
        for child in made.running:
            if child.poll() is None:
                child.kill()
            child.wait()


def _monday(day: str) -> set[tuple[object, ...]]:
    return {("scan", f"{day}T02:00+08:00"), ("backup", f"{day}T04:00+08:00"), ("digest", f"{day}T08:30+08:00")}


def test_a_week_goes_by_and_everything_happens_when_it_is_due(office: Office) -> None:
    first = office.watch(SUNDAY)
    office.until(lambda: _monday("2026-03-02") <= office.done(), 120, "Monday")
    office.until(lambda: any("第10周" in mail["subject"] for mail in office.mails()), 120, "the digest")

    second = office.watch(SUNDAY)
    assert second.wait(30) == 4
    assert f"process {first.pid}" in office.log(1) or f"进程 {first.pid}" in office.log(1)

    first.send_signal(signal.SIGTERM)
    assert first.wait(30) == 0
    assert office.rows("SELECT count(*) FROM slot WHERE state = 'running'") == [(0,)]
    before, sent = office.done(), office.mails()
    stopped = {slot for (slot,) in office.rows("SELECT slot FROM slot WHERE job = 'backup' AND state <> 'done'")}

    again = office.watch(THURSDAY)  # the power was off for days: only the newest missed backup is made up for
    office.until(lambda: _monday("2026-03-09") <= office.done(), 240, "the next Monday")
    office.until(lambda: any("第11周" in mail["subject"] for mail in office.mails()), 120, "the next digest")
    again.send_signal(signal.SIGTERM)
    assert again.wait(30) == 0

    assert before <= office.done()
    backups = {slot for job, slot in office.done() if job == "backup"}
    made_up_for = {slot for slot in backups if str(slot) < "2026-03-06" and ("backup", slot) not in before}
    assert made_up_for == {"2026-03-05T04:00+08:00"} | stopped  # what SIGTERM stopped is gone on with
    assert {("backup", f"2026-03-0{day}T04:00+08:00") for day in (6, 7, 8)} <= office.done()
    assert ("tidy", "2026-03-08T05:00+08:00") in office.done()
    due = "SELECT job, slot, said FROM slot WHERE state <> 'done' AND slot <= '2026-03-09T08:30+08:00'"
    assert office.rows(due) == []
    later = "SELECT DISTINCT state FROM slot WHERE slot > '2026-03-09T08:30+08:00'"
    assert set(office.rows(later)) <= {("done",), ("interrupted",)}  # SIGTERM may have met what came due meanwhile
    assert office.rows("SELECT count(*) FROM outbox WHERE state = 'parked'") == [(0,)]
    assert list((office.folder / "backups").glob("*"))
    mails = office.mails()
    assert mails[:len(sent)] == sent
    assert len({mail["id"] for mail in mails}) == len(mails)  # nothing came twice
    digests = [mail for mail in mails if mail["to"].endswith("zwgk@city.example") and "周" in mail["subject"]]
    assert len(digests) == 2
    assert "ERROR" not in office.log(0) + office.log(2)
