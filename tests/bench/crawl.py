"""The crawl against thousands of loopback portals: pace, CPU, memory, manners and what a week later costs.

`python -m tests.bench.crawl` scans HOSTS portals of PAGES pages each with the product's own scan, evidence and store
included, then once more a week later, then with a bare Scrapy spider that only downloads the same pages under the same
delay. Manners are read from the servers' own log: no host sees two requests at once, and gaps between them are at least
0.9 of the delay. `--hosts 3000` is the full size. CPU is user and system time of the scan and its child.
"""

from __future__ import annotations

import argparse
import array
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from tests.bench import loopback
from tests.portals.serving import free_port

HOSTS, PAGES, DELAY = 200, 20, 1.2
GAP = 0.9
_SCAN = """
import json, sys
from crawler import scan
from crawler.model import ScanPlan
from crawler import clock
plan = json.load(sys.stdin)
clock.simulate(plan.pop("moment"))
done = scan.run(ScanPlan(**plan))
print(json.dumps({"pages": done.pages, "captures": done.captures, "state": done.state}))
"""
_BARE = """
import json, sys
import scrapy
from scrapy.crawler import AsyncCrawlerProcess

asked = json.load(sys.stdin)
got = []

class Bare(scrapy.Spider):
    name = "bare"

    async def start(self):
        for url in asked["addresses"]:
            yield scrapy.Request(url, callback=self.parse)

    def parse(self, response):
        got.append(len(response.body))

process = AsyncCrawlerProcess({
    "TWISTED_REACTOR": "twisted.internet.asyncioreactor.AsyncioSelectorReactor", "LOG_LEVEL": "ERROR",
    "DOWNLOAD_DELAY": asked["delay"], "DOWNLOAD_DELAY_JITTER": 0.0, "CONCURRENT_REQUESTS": 512,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 1, "TELNETCONSOLE_ENABLED": False, "REMOTE_CONTROL_ENABLED": False})
process.crawl(Bare)
process.start()
print(json.dumps({"pages": len(got)}))
"""


@dataclass(slots=True)
class Measure:
    """One run: pages as the servers counted them (robots.txt aside), CPU of the client, bytes of all answers."""

    pages: int
    seconds: float
    cpu: float
    megabytes: float
    received: int
    at_once: int
    gaps: int
    kept_gaps: float
    load: float

    @property
    def a_minute(self) -> float:
        return self.pages / self.seconds * 60

    @property
    def cpu_a_page(self) -> float:
        return self.cpu / self.pages * 1000


def measure(hosts: int = HOSTS, pages: int = PAGES, delay: float = DELAY) -> dict[str, Measure]:
    """The three runs: first, a week later, bare."""
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        _write_facts(folder / "facts", hosts, port)
        plan = {"database": str(folder / "n.db"), "evidence": str(folder / "evidence"), "facts": str(folder / "facts"),
                "portals": [f"p{number}" for number in range(hosts)], "delay": delay, "timeout": 30.0,
                "allow_private_addresses": True, "contact": "bench@office.example"}
        found = {}
        for key, moment in (("first", "2026-03-02T02:00"), ("week_later", "2026-03-09T02:00")):
            found[key] = _run(folder, port, pages, delay, _SCAN, {**plan, "run": key, "moment": moment})
        addresses = [f"http://{loopback.host_of(number)}:{port}{path}" for path in _paths(pages)
                     for number in range(hosts)]
        found["bare"] = _run(folder, port, pages, delay, _BARE, {"addresses": addresses, "delay": delay})
        return found


def _paths(pages: int) -> list[str]:
    return ["/nb/", *(f"/nb/t{year + 1}0115_{year}.html" for year in range(2025, 2025 - pages + 1, -1))]


def _run(folder: Path, port: int, pages: int, delay: float, program: str, given: dict[str, Any]) -> Measure:
    with _serving(folder, port, pages) as log_path:
        begun = time.monotonic()
        process = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   cwd=Path(__file__).parents[2])
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps(given).encode())
        process.stdin.close()
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
        seconds = time.monotonic() - begun
        if status:
            raise SystemExit(f"the run failed: {said.decode()}")
    asked, received, at_once, gaps, kept = _manners(log_path, delay)
    return Measure(asked, seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, received, at_once, gaps,
                   kept, os.getloadavg()[0])


@contextmanager
def _serving(folder: Path, port: int, pages: int) -> Iterator[Path]:
    log_path = folder / "server.log"
    server = subprocess.Popen([sys.executable, "-m", "tests.bench.loopback", str(port), str(pages), str(log_path)],
                              stdout=subprocess.PIPE, cwd=Path(__file__).parents[2])
    try:
        assert server.stdout
        server.stdout.readline()
        yield log_path
    finally:
        server.terminate()
        server.wait()


def _manners(log_path: Path, delay: float) -> tuple[int, int, int, int, float]:
    """Pages answered, bytes, how often a host saw two requests at once, gaps, and the share of them long enough."""
    numbers: array.array[float] = array.array("d")
    numbers.frombytes(log_path.read_bytes())
    visits: dict[float, list[tuple[float, float]]] = defaultdict(list)
    pages = received = 0
    for place in range(0, len(numbers), loopback.FIELDS):
        host, begun, ended, status, size = numbers[place:place + loopback.FIELDS]
        visits[host].append((begun, ended))
        pages += status != 404
        received += int(size)
    at_once = gaps = kept = 0
    for each in visits.values():
        for (begun, ended), (following, _) in pairwise(sorted(each)):
            at_once += following < ended
            gaps += 1
            kept += following - begun >= GAP * delay
    return pages, received, at_once, gaps, kept / gaps if gaps else 1.0


def _write_facts(facts: Path, hosts: int, port: int) -> None:
    (facts / "portals").mkdir(parents=True)
    with (facts / "bodies.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "name", "kind", "level", "portal"])
        writer.writerows([f"b{number}", loopback.name_of(number), "department", "county", f"p{number}"]
                         for number in range(hosts))
    for number in range(hosts):
        host = f"{loopback.host_of(number)}:{port}"
        portal = {"id": f"p{number}", "name": f"p{number}", "hosts": [host],
                  "columns": [{"id": "nb", "name": "年报", "url": f"http://{host}/nb/"}]}
        (facts / "portals" / f"p{number}.yaml").write_text(yaml.safe_dump(portal, allow_unicode=True), "utf-8")


def told(found: dict[str, Measure], hosts: int, pages: int, delay: float) -> str:
    """The result in lines, targets in brackets."""
    first, later, bare = found["first"], found["week_later"], found["bare"]
    lines = [f"crawl: {hosts} loopback hosts of {pages} pages, {delay:g} s between two requests to a host; load of "
             f"the machine {first.load:.1f} on {os.cpu_count()} processors"]
    for name, run in (("scan with evidence", first), ("a week later, nothing new", later),
                      ("bare Scrapy spider", bare)):
        lines.append(f"  {name}: {run.pages} pages in {run.seconds:.0f} s = {run.a_minute:,.0f} a minute (10,000), "
                     f"{run.cpu_a_page:.1f} ms CPU a page (6), {run.megabytes:.0f} MB (600); two requests at once "
                     f"{run.at_once} (0), gaps ≥ {GAP} of the delay {run.kept_gaps:.2%} of {run.gaps} (99.90%), "
                     f"received {run.received / 1e6:.1f} MB")
    lines.append(f"  bytes of a week later: {later.received / first.received:.1%} of the first (15%)")
    return "\n".join(lines)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--hosts", type=int, default=HOSTS)
    asked.add_argument("--pages", type=int, default=PAGES)
    asked.add_argument("--delay", type=float, default=DELAY)
    asked.add_argument("--json", action="store_true")
    given = asked.parse_args()
    found = measure(given.hosts, given.pages, given.delay)
    if given.json:
        print(json.dumps({key: asdict(each) for key, each in found.items()}))
    else:
        print(told(found, given.hosts, given.pages, given.delay))


if __name__ == "__main__":
    main()
