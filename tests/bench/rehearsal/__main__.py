"""A nation's season rehearsed: `python -m tests.bench.rehearsal [--portals 300] [--bodies 6000]`, `make rehearsal`.

Makes an invented nation on loopback – portals of every family with realistic faults, bodies that publish in time, late,
never, wrongly –, lets the product scan, read, judge and send over three weeks of a simulated clock, and holds what it
says against the truth, which only the generator knows. Prints recall and precision of every status and rule, CPU of
each stage, memory, disk, and what that comes to for 160,000 reports; the last line is about "missing". Exit 1 where one
body is called missing that isn't.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from aiosmtpd.controller import Controller

from tests.bench.rehearsal import facts, stages, telling
from tests.bench.rehearsal.scoring import Score, score
from tests.bench.rehearsal.stages import Cost
from tests.bench.rehearsal.world import SCANS, Nation, truth
from tests.portals.serving import free_port

PORTALS, BODIES, DELAY = 300, 6000, 1.2


class Sink:
    """An SMTP server's handler that counts."""

    def __init__(self) -> None:
        self.mails = self.bytes = 0

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:
        self.mails += 1
        self.bytes += len(envelope.original_content or b"")  # type: ignore[attr-defined]
        return "250 kept"


@dataclass(slots=True)
class Rehearsal:
    """What a run came to."""

    nation: Nation
    delay: float
    costs: list[tuple[date, Cost]] = field(default_factory=list)
    tallies: dict[date, dict[str, int]] = field(default_factory=dict)
    score: Score = field(default_factory=Score)
    disk: telling.Disk | None = None
    mails: int = 0
    folder: Path = Path()


def rehearse(nation: Nation, folder: Path, delay: float = DELAY, workers: int = 2, profile: Path | None = None,
             say=lambda text: None) -> Rehearsal:  # type: ignore[no-untyped-def]
    """The whole season in an empty folder."""
    made, sink = Rehearsal(nation, delay, folder=folder), Sink()
    mail = Controller(sink, hostname="127.0.0.1", port=free_port())
    mail.start()
    try:
        with serving(nation) as port:
            settings = facts.write(folder, nation, port, mail.port, delay, workers)
            for day in SCANS:
                _ask(port, f"/day?set={day}")
                for cost in _round(settings, day, profile):
                    made.costs.append((day, cost))
                    brief = {key: each for key, each in cost.told.items() if isinstance(each, int) or key == "outcomes"}
                    say(f"  {day} {cost.stage:6} {cost.cpu:8.1f} CPU s {cost.seconds:7.0f} s {cost.megabytes:5.0f} MB "
                        f"{json.dumps(brief)}")
                made.tallies[day] = json.loads(_ask(port, "/tally"))
    finally:
        mail.stop()
    made.mails = sink.mails
    now = f"{SCANS[-1]}T12:00"
    statuses = stages.command("status", settings, now, "status", "--json").told["rows"]
    findings = stages.command("findings", settings, now, "findings", "--json").told["findings"]
    truths = [truth(county, body, nation.seed) for county in nation.counties() for body in county.bodies]
    made.score = score(truths, statuses, findings)  # type: ignore[arg-type]
    made.disk = telling.Disk.of(folder)
    later = f"{SCANS[-1] + timedelta(days=400)}T12:00"
    made.costs.append((SCANS[-1], stages.command("tidy", settings, later, "tidy", "--json")))
    made.disk.fetches_after = telling.count(folder, "fetch")
    return made


def _round(settings: Path, day: date, profile: Path | None) -> Iterator[Cost]:
    # Each process begins its own clock: later ones later, or they would not yet see what was kept before them.
    for stage, time_of_day in (("scan", "02:00"), ("read", "07:00"), ("judge", "08:00")):
        yield stages.room(stage, settings, f"{day}T{time_of_day}", profile)
    yield stages.command("alerts", settings, f"{day}T09:00", "alerts", "send", "--json", profile=profile)


@contextmanager
def serving(nation: Nation) -> Iterator[int]:
    """The portals' process and the port they answer on."""
    port = free_port()
    server = subprocess.Popen([sys.executable, "-m", "tests.bench.rehearsal.serving", str(port), str(nation.portals),
                               str(nation.bodies), str(nation.seed)], stdout=subprocess.PIPE, cwd=stages.ROOT)
    try:
        assert server.stdout
        if not server.stdout.readline():
            raise SystemExit("the portals did not start")
        yield port
    finally:
        server.terminate()
        server.wait()


def _ask(port: int, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
        return str(answer.read().decode())


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--portals", type=int, default=PORTALS)
    asked.add_argument("--bodies", type=int, default=BODIES)
    asked.add_argument("--delay", type=float, default=DELAY, help="seconds between two requests to a host")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="documents read at the same time")
    asked.add_argument("--profile", action="store_true", help="print where the time goes; everything is slower")
    asked.add_argument("--each", type=int, default=20, metavar="N", help="wrong ones named one by one")
    asked.add_argument("--folder", type=Path, help="an empty folder that keeps everything")
    given = asked.parse_args()
    nation, begun = Nation(given.portals, given.bodies, given.seed), time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = given.folder or Path(name) / "rehearsal"
        folder.mkdir(parents=True, exist_ok=True)
        profile = Path(name) / "profile" if given.profile else None
        print(f"rehearsal: {nation.portals:,} portals, {nation.bodies:,} bodies, seed {nation.seed}, {given.delay:g} s "
              f"between two requests to a host, {given.workers} readers", flush=True)
        made = rehearse(nation, folder, given.delay, given.workers, profile, lambda text: print(text, flush=True))
        print(f"  took {time.monotonic() - begun:.0f} s; load of the machine at the end {os.getloadavg()[0]:.1f} on "
              f"{os.cpu_count()} processors")
        for line in telling.told(made, profile, given.each):
            print(line)
    return int(made.score.precision["missing"].value < 1)


if __name__ == "__main__":
    sys.exit(main())
