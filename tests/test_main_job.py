"""The main job end to end, over the loopback portals, through the command line: scan, read, judge, alert.

The world and what must come of it stand in tests/portals; nothing of the product is imported here.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest

from tests import demo
from tests.portals import truth, world
from tests.portals.serving import Portals

pytestmark = pytest.mark.slow
DELAY = 0.1
FIRST, SECOND, THIRD = world.SCANS
SAME_DAY = "again"


@dataclass
class Job:
    """An installation on the test world, and what it said after each scan."""

    settings: Path
    portals: Portals
    mails: Path
    sink: demo.Sink
    status: dict[Any, dict[tuple[str, str, int], dict[str, Any]]] = field(default_factory=dict)
    findings: dict[Any, list[dict[str, Any]]] = field(default_factory=dict)
    scans: dict[Any, dict[str, Any]] = field(default_factory=dict)
    mail_counts: dict[Any, int] = field(default_factory=dict)
    report_counts: dict[Any, int] = field(default_factory=dict)
    visited: dict[Any, list[Any]] = field(default_factory=dict)

    def ask(self, *command: str, now: str, accept: tuple[int, ...] = (0,)) -> Any:
        ended = demo.run("--config", str(self.settings), *command, "--json", now=now, accept=accept,
                         capture_output=True)
        return json.loads(ended.stdout)

    def round(self, key: Any, day: date, hour: int) -> None:
        """One scan of the world as it is on `day`, then the mails, then what status and findings say."""
        self.portals.day, self.sink.day, before = day, f"{day}-{hour:02d}", len(self.portals.log)
        self.scans[key] = self.ask("scan", now=f"{day}T{hour:02d}:00", accept=(0, demo.INCOMPLETE))
        self.visited[key] = self.portals.log[before:]
        demo.run("--config", str(self.settings), "alerts", "send", now=f"{day}T{hour:02d}:30", capture_output=True)
        self.mail_counts[key] = self.sink.count
        rows = self.ask("status", now=f"{day}T{hour:02d}:40")["rows"]
        self.status[key] = {(row["body"], row["scope"], row["year"]): row for row in rows}
        self.findings[key] = self.ask("findings", now=f"{day}T{hour:02d}:50")["findings"]
        self.report_counts[key] = len(rows_of(self.settings, "SELECT id FROM report"))


def rows_of(settings: Path, query: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(f"file:{settings.parent / 'nianbao.db'}?mode=ro", uri=True)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    folder = tmp_path_factory.mktemp("office")
    with world.portals() as portals, demo.mail_sink(folder / "mails") as (sink, mail_port):
        settings = demo.install(folder, portals.port, mail_port, DELAY)
        made = Job(settings, portals, folder / "mails", sink)
        made.round(FIRST, FIRST, 9)
        made.round(SECOND, SECOND, 9)
        made.round(SAME_DAY, SECOND, 16)
        made.round(THIRD, THIRD, 9)
        yield made


def planted(findings: list[dict[str, Any]]) -> set[tuple[str, str, str]]:
    return {(each["rule"], each["body"], each["outcome"]) for each in findings if each["year"] == 2025}


@pytest.mark.parametrize("scan", range(3), ids=[str(day) for day in world.SCANS])
def test_every_status_is_the_one_worked_out_by_hand(job, scan):
    said = {key: row["status"] for key, row in job.status[world.SCANS[scan]].items()}
    expected = {key: allowed[scan] for key, allowed in truth.statuses().items()}
    assert set(said) == set(expected)
    assert {key: (status, row_reason(job, scan, key)) for key, status in said.items()
            if status not in expected[key]} == {}


def row_reason(job: Job, scan: int, key: tuple[str, str, int]) -> str:
    row = job.status[world.SCANS[scan]][key]
    return f"{row['reason']} {row['outcome']} {row['address']}; expected {sorted(truth.statuses()[key][scan])}"


@pytest.mark.parametrize("day", world.SCANS)
def test_every_planted_fault_is_found(job, day):
    assert truth.FINDINGS[day] - planted(job.findings[day]) == set()


@pytest.mark.parametrize("day", world.SCANS)
def test_nobody_is_accused_of_anything_else(job, day):
    severe = {(each["rule"], each["body"], each["year"]) for each in job.findings[day]
              if each["severity"] == "E" and each["outcome"] == "fail"}
    allowed = {(rule, body, 2025) for rule, body, _ in truth.FINDINGS[day] if rule in truth.SEVERE}
    assert severe == allowed


def test_only_what_is_really_gone_is_called_withdrawn(job):
    assert {each["body"] for each in job.findings[THIRD] if each["rule"] == "PUB-12"} == {"shidian-water"}


def test_what_left_its_list_is_asked_for_at_its_own_address(job):
    """PUB-12 says that the address was checked too, so it must have been."""
    for office, year in (("shidian-water", 2025), ("fanli-gov", 2023)):
        number = 1001 + world.PUBLICATIONS.index(world.published(office, year))
        for day in (SECOND, THIRD):
            assert any(visit.path.endswith(f"content_{number}.html") for visit in job.visited[day]), (office, day)


def test_blind_portals_are_unverified_with_their_reason_and_never_missing(job):
    for day in world.SCANS:
        for plan in world.PORTALS.values():
            if not plan.fault and not plan.failing_pages:
                continue
            for (body, _, year), row in job.status[day].items():
                if truth.OFFICES[body].portal == plan.id and year == 2025:
                    assert row["status"] == "unverified", (plan.id, day)
                    assert row["reason"], (plan.id, day)


def test_arithmetic_is_written_out(job):
    found = [each for each in job.findings[THIRD] if each["rule"] == "ARI-01" and each["body"] == "city-finance"]
    assert len(found) == 2
    for each in found:
        assert each["left"] - each["right"] == each["difference"] == 1
        assert " + " in each["expression"]
        assert " = " in each["expression"]


def test_a_second_scan_without_change_adds_nothing(job):
    assert job.report_counts[SAME_DAY] == job.report_counts[SECOND]
    assert job.mail_counts[SAME_DAY] == job.mail_counts[SECOND]
    assert ({(each["id"], each["fact"]) for each in job.findings[SAME_DAY]}
            == {(each["id"], each["fact"]) for each in job.findings[SECOND]})
    assert ({key: row["status"] for key, row in job.status[SAME_DAY].items()}
            == {key: row["status"] for key, row in job.status[SECOND].items()})
    assert [job.scans[SAME_DAY]["reports"][kind] for kind in ("new", "changed")] == [[], []]


def test_the_silently_edited_report_is_a_second_version(job):
    changed = rows_of(job.settings, "SELECT address, count(*) FROM report GROUP BY address HAVING count(*) > 1")
    assert [count for _, count in changed] == [2]
    (address, _), = changed
    assert address == job.status[THIRD]["shidian-office", "own", 2025]["address"]
    assert [each["address"] for each in job.scans[SECOND]["reports"]["changed"]] == [address]


def test_the_cleared_finding_is_no_longer_listed(job):
    def unseen(day):
        return {each["body"] for each in job.findings[day] if each["rule"] == "PUB-01"}

    assert unseen(SECOND) == {"yangli-health", "shidian-forestry"}
    assert unseen(THIRD) == {"yangli-health"}


def test_the_copy_on_a_foreign_host_was_never_asked_for(job):
    assert job.portals.visits(world.FOREIGN) == []


def pace(host: str) -> float:
    """Seconds that must pass between two requests: ours, or the portal's own Crawl-delay."""
    return max([DELAY, *(plan.crawl_delay or 0 for plan in world.PORTALS.values() if plan.host == host)])


def test_portals_were_treated_politely(job):
    for key, visits in job.visited.items():
        for host in {visit.host for visit in visits}:
            times = [visit.at for visit in visits if visit.host == host]
            # Over all requests: a busy machine may note the first arrival late.
            assert times[-1] - times[0] >= pace(host) * (len(times) - 1) - 0.1, (key, host)
        refused = {visit.path for visit in visits if visit.host == world.PORTALS["shili-audit"].host}
        assert refused <= {"/robots.txt"}, key
        assert not any(visit.path.startswith(("/admin/", "/login/")) for visit in visits), key
        assert all("zwgk@city.example" in visit.agent for visit in visits), key


def test_digests_reach_their_readers_once_a_week_with_the_unverified_apart(job):
    mails = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in sorted(job.mails.glob("*.eml"))]
    assert len({mail["Message-ID"] for mail in mails}) == len(mails)
    weekly = [mail for mail in mails if "·第" in mail["Subject"]]
    readers = Counter(mail["To"].addresses[0].addr_spec for mail in weekly)
    assert {mail["To"].addresses[0].addr_spec for mail in mails} == {"zwgk@city.example", "zwgk@shifan.example",
                                                                      "operator@city.example"}
    assert readers["zwgk@city.example"] == 3
    newest = next(mail for mail in reversed(weekly) if mail["To"].addresses[0].addr_spec == "zwgk@city.example")
    text = newest.get_body(("plain",)).get_content()
    assert newest.get_body(("html",)) is not None
    assert "示例市样例区卫生健康局" in text
    assert "未能核查" in text
    assert not any(office.name in newest["Subject"] for office in truth.OFFICES.values())


# ---------------------------------------------------------------- killed scans
def killed_scan(settings: Path, portals: Portals, requests: int) -> bool:
    """Start a scan in a process group of its own and kill -9 all of it after so many requests.

    False where it ended by itself before that.
    """
    before = len(portals.log)
    process = subprocess.Popen(demo.nianbao("--config", str(settings), "scan"), start_new_session=True,
                               env={**os.environ, "NIANBAO_NOW": f"{SECOND}T09:00"}, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while len(portals.log) - before < requests and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    if process.poll() is not None:
        return False
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)
    return True


def outcome(settings: Path) -> dict[str, Any]:
    """What a finished scan leaves behind, without times and ids."""
    return {
        "reports": sorted(rows_of(settings, "SELECT address, content, body, scope, year, verdict FROM report")),
        "statuses": sorted(rows_of(settings, "SELECT body, scope, year, status, reason FROM standing")),
        "findings": sorted(rows_of(settings, "SELECT id, fact, state FROM finding")),
        "listings": sorted(rows_of(settings, "SELECT portal, column_id, outcome, complete, items FROM listing")),
        "captures": sorted(rows_of(settings, "SELECT url, outcome, content FROM capture"),
                           key=lambda row: str(row)),
        "mails": sorted(rows_of(settings, "SELECT kind, scope, recipient, period FROM outbox"))}


@pytest.mark.parametrize("requests", [4, 30, 70])
def test_a_killed_scan_goes_on_where_it_was(requests, tmp_path):
    def scan(settings: Path, *options: str) -> None:
        demo.run("--config", str(settings), "scan", *options, now=f"{SECOND}T09:00", accept=(0, demo.INCOMPLETE),
                 capture_output=True)

    with world.portals(SECOND) as portals:
        whole = demo.install(tmp_path / "whole", portals.port, 9, DELAY)
        scan(whole)
        broken = demo.install(tmp_path / "broken", portals.port, 9, DELAY)
        assert killed_scan(broken, portals, requests), "the scan ended before it could be killed"
        kept = {url for url, in rows_of(broken, "SELECT url FROM fetch WHERE outcome = 'ok'")}
        before = len(portals.log)
        scan(broken, "--resume")
        again = {f"http://{visit.host}:{portals.port}{visit.target}" for visit in portals.log[before:]}
        # Whether we may look must be asked anew; pages we hold must not.
        assert {url for url in kept & again if not url.endswith("/robots.txt")} == set()
        assert outcome(broken) == outcome(whole)
        assert rows_of(broken, "SELECT count(*) FROM run") == [(1,)]


def test_nothing_to_resume_is_a_scan_like_any_other_or_a_clear_message(tmp_path):
    with world.portals(SECOND) as portals:
        settings = demo.install(tmp_path, portals.port, 9, DELAY)
        ended = demo.run("--config", str(settings), "scan", "--portal", "shili-ethnic", "--resume",
                         now=f"{SECOND}T09:00", accept=(0, 2, demo.INCOMPLETE), capture_output=True)
        assert "Traceback" not in ended.stderr


def test_the_demo_ends_well_and_leaves_a_working_installation(tmp_path, capfd):
    begun = time.monotonic()
    assert demo.Demo(tmp_path / "demo", "zh").play() == 0
    assert time.monotonic() - begun < 120
    printed = capfd.readouterr().out
    assert "示例市样例区卫生健康局" in printed
    assert "NotImplemented" not in printed
    assert list((tmp_path / "demo" / "mails").glob("*.eml"))
    later = demo.run("--config", str(tmp_path / "demo" / "settings.toml"), "status", "--json", capture_output=True)
    assert json.loads(later.stdout)["rows"]
