"""The served web under load at national size: `python -m tests.bench.web [--bodies N --years N --findings N ...]`.

Makes a nation's store (nation.py) in a temporary folder (or keeps one with --keep DIR), serves it by `nianbao serve` as
a child on one processor while a writer writes fetch rows as a scan does on the other, and lets readers ask for pages
over kept connections. Prints for each kind of page the CPU it costs the server asked alone, its bytes, and times at the
50th, 95th and 99th percentile under load; then what the server holds in memory. CPU is the server's own, all threads;
times are wall clock and mean something only on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import os
import pickle
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from urllib.parse import quote

import httpx2 as httpx

from crawler.store import Store
from tests.bench import nation

TARGET, LARGEST = 0.150, 60 << 10
WORDS = ("政策解读", "重点领域信息 考核评估", "权责清单 台账", "公开", "“按月通报进展”", "保密审查 便民地图",
         "众群 业企", "第一教育局 公开")
_ALONE = 15


def addresses(made: nation.Nation, drawn: random.Random) -> dict[str, list[str]]:
    """Pages by kind, in the mix that people ask for."""
    tops = [quote(each) for each in made.tops]
    return {
        "overview": ["/", *(f"/?page={drawn.randint(2, 900)}" for _ in range(20))],
        "overview, filtered": [f"/?under={top}&status={drawn.choice(('missing', 'late', 'unverified'))}&year=2025"
                               for top in tops],
        "report": [f"/report/{each}" for each in made.reports],
        "finding": [f"/finding/{each}" for each in made.findings],
        "body": [f"/body/{quote(each)}" for each in made.bodies],
        "search": [f"/search?q={quote(each)}" for each in WORDS],
        "search, under": [f"/search?q={quote(each)}&under={drawn.choice(tops)}" for each in WORDS],
        "worklist": ["/worklist", *(f"/worklist?tab={tab}&page={page}" for tab in ("open", "confirmed", "notified")
                                    for page in (1, 2, 40))],
        "trends": ["/trends", *(f"/trends?under={top}" for top in tops[:50])],
        "regions": ["/regions"], "progress": ["/progress", *(f"/progress?under={top}" for top in tops[:50])],
        "brief": ["/brief"], "rectification": ["/rectification"], "runs": ["/runs"], "method": ["/method"],
        "data": ["/data"],
        "api": ["/api/v1/statuses?limit=100", "/api/v1/findings?limit=100",
                "/api/v1/statuses?status=missing&year=2024"],
    }


WATCHED = ("overview", "overview, filtered", "report", "finding", "search", "search, under", "worklist", "trends")
"""What the readers ask for under load; the others are asked alone only."""


# ---------------------------------------------------------------- the server
class Server:
    """`nianbao serve` on one processor."""

    def __init__(self, settings: Path, processor: int) -> None:
        begun = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-c", "from monitor.cli import main; main()", "--config", str(settings), "serve", "--port",
             "0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, {processor}))
        line = self.process.stdout.readline() if self.process.stdout else ""
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        if not found:
            raise SystemExit(f"the server did not start: {line!r}")
        self.address, self.started = found[0], time.monotonic() - begun

    def cpu(self) -> float:
        """Seconds of all its threads, those that ended too: another process's clock, see clock_getcpuclockid(3)."""
        return time.clock_gettime((~self.process.pid << 3) | 2)

    def memory(self) -> float:
        """Megabytes at most so far."""
        told = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", told)[1]) / 1024  # type: ignore[index]

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(30)


def write_like_a_scan(database: str, processor: int, until: float, written: multiprocessing.Queue[int]) -> None:
    """Fetch rows in lots of 50, some hundred a second, as the pipelines write them."""
    with contextlib.suppress(OSError):
        os.sched_setaffinity(0, {processor})
    store, count = Store(database), 0
    while time.monotonic() < until:
        with store.write() as connection:
            connection.executemany(
                "INSERT INTO fetch (run, portal, url, request, final_url, at, status, outcome, sha256, size, "
                "media_type, elapsed) VALUES (?, 'p0', ?, ?, ?, ?, 200, 'ok', ?, 40000, 'text/html', 1)",
                [(f"bench{os.getpid()}", f"http://p0.example/{each}", f"{each}", f"http://p0.example/{each}", nation.AT,
                  f"{each:064x}") for each in range(count, count + 50)])
        count += 50
        time.sleep(0.2)
    written.put(count)


# ---------------------------------------------------------------- asking
async def alone(server: Server, pages: dict[str, list[str]]) -> dict[str, tuple[float, float, int, int, str]]:
    """CPU a page, its wall time, its bytes and bytes without table rows, and what went wrong, asked one by one."""
    found = {}
    async with httpx.AsyncClient(base_url=server.address, timeout=120) as client:
        for kind, listed in pages.items():
            wrong = ""
            first = await client.get(listed[0])
            sizes = len(first.content), len(re.sub(rb"<tbody>.*?</tbody>", b"", first.content, flags=re.S))
            if first.status_code != 200:
                found[kind] = 0.0, 0.0, *sizes, f"{first.status_code}"
                continue
            chosen = [listed[number * len(listed) // _ALONE % len(listed)] for number in range(_ALONE)]
            cpu, begun = server.cpu(), time.monotonic()
            for path in chosen:
                answer = await client.get(path)
                if answer.status_code != 200:
                    wrong = f"{answer.status_code} {path[:60]}"
            found[kind] = (server.cpu() - cpu) / _ALONE, (time.monotonic() - begun) / _ALONE, *sizes, wrong
    return found


async def together(server: Server, pages: dict[str, list[str]], readers: int, seconds: float, every: float
                   ) -> tuple[dict[str, list[float]], dict[str, int]]:
    """Wall times by kind and answers that were no page."""
    times: dict[str, list[float]] = defaultdict(list)
    wrong: dict[str, int] = defaultdict(int)
    until = time.monotonic() + seconds
    limits = httpx.Limits(max_connections=readers, max_keepalive_connections=readers)

    async def reader(client: httpx.AsyncClient, number: int) -> None:
        drawn = random.Random(number)
        await asyncio.sleep(every * number / readers)
        while time.monotonic() < until:
            kind = drawn.choice(WATCHED)
            begun = time.monotonic()
            try:
                answer = await client.get(drawn.choice(pages[kind]))
                if answer.status_code != 200:
                    wrong[f"{kind} {answer.status_code}"] += 1
            except httpx.HTTPError as fault:
                wrong[f"{kind} {type(fault).__name__}"] += 1
            took = time.monotonic() - begun
            times[kind].append(took)
            await asyncio.sleep(max(0.0, every - took))

    async with httpx.AsyncClient(base_url=server.address, timeout=60, limits=limits) as client:
        await asyncio.gather(*(reader(client, number) for number in range(readers)))
    return times, wrong


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


# ---------------------------------------------------------------- the bench
def main() -> None:
    asked = _arguments()
    with contextlib.ExitStack() as stack:
        folder = asked.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nianbao-web-")))
        made = _made(folder, asked)
        size = sum(path.stat().st_size for path in folder.glob("nianbao.db*")) / 1e6
        processors = sorted(os.sched_getaffinity(0))
        server = Server(made.settings, processors[0])
        stack.callback(server.end)
        if len(processors) > 1:
            os.sched_setaffinity(0, set(processors[1:]))
        print(f"bodies {asked.bodies} · years {asked.years} · findings {asked.findings} · texts {asked.texts} · "
              f"database {size:.0f} MB · load {os.getloadavg()[0]:.1f}")
        begun, cpu = time.monotonic(), server.cpu()
        httpx.get(f"{server.address}/", timeout=600)
        print(f"ready after {server.started:.1f} s, first page {time.monotonic() - begun:.1f} s "
              f"({server.cpu() - cpu:.1f} s CPU), {server.memory():.0f} MB")
        pages = addresses(made, random.Random(3))
        each = asyncio.run(alone(server, pages))
        print(f"\n{'asked alone':22}{'CPU ms':>9}{'wall ms':>9}{'KB':>8}{'KB bare':>9}")
        for kind, (cpu, wall, bytes_, bare, wrong) in each.items():
            print(f"{kind:22}{cpu * 1e3:9.1f}{wall * 1e3:9.1f}{bytes_ / 1024:8.1f}{bare / 1024:9.1f}  {wrong}")
        _load(server, pages, asked, made, processors)
        print(f"memory {server.memory():.0f} MB at most; this process {_own():.0f} MB")


def _load(server: Server, pages: dict[str, list[str]], asked: argparse.Namespace, made: nation.Nation,
          processors: list[int]) -> None:
    written: multiprocessing.Queue[int] = multiprocessing.Queue()
    writer = multiprocessing.Process(target=write_like_a_scan, args=(
        str(made.settings.parent / "nianbao.db"), processors[-1], time.monotonic() + asked.seconds, written))
    writer.start()
    cpu, begun = server.cpu(), time.monotonic()
    times, wrong = asyncio.run(together(server, pages, asked.readers, asked.seconds, asked.every))
    took, spent = time.monotonic() - begun, server.cpu() - cpu
    rows = written.get(timeout=60)
    writer.join()
    count = sum(map(len, times.values()))
    print(f"\n{asked.readers} readers, each every {asked.every:g} s, {took:.0f} s; {count} pages, "
          f"{spent / max(count, 1) * 1e3:.1f} ms CPU a page, {spent / took * 100:.0f} % of one processor; "
          f"{rows / took:.0f} rows a second written beside it; load {os.getloadavg()[0]:.1f}")
    print(f"{'under load':22}{'n':>6}{'p50':>8}{'p95':>8}{'p99':>8}{'max':>8}  ms")
    for kind in (*WATCHED, "all"):
        held = times.get(kind, []) if kind != "all" else [each for listed in times.values() for each in listed]
        if held:
            p50, p95, p99 = (percentile(held, share) * 1e3 for share in (0.50, 0.95, 0.99))
            print(f"{kind:22}{len(held):6}{p50:8.0f}{p95:8.0f}{p99:8.0f}{max(held) * 1e3:8.0f}"
                  f"{'' if p95 <= TARGET * 1e3 else f'  over {TARGET * 1e3:.0f}'}")
    for what, number in wrong.items():
        print(f"wrong: {what} × {number}")
    if count:
        print(f"mean {statistics.mean(each for listed in times.values() for each in listed) * 1e3:.0f} ms")


def _made(folder: Path, asked: argparse.Namespace) -> nation.Nation:
    kept = folder / "nation.pickle"
    if kept.exists():
        return pickle.loads(kept.read_bytes())
    begun, cpu = time.monotonic(), time.process_time()
    made = nation.make(folder, asked.bodies, asked.years, asked.findings, asked.texts)
    kept.write_bytes(pickle.dumps(made))
    print(json.dumps({"made in seconds": round(time.monotonic() - begun), "cpu": round(time.process_time() - cpu)}),
          flush=True)
    return made


def _own() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.web", description=__doc__.partition("\n")[0])
    parser.add_argument("--bodies", type=int, default=160_000)
    parser.add_argument("--years", type=int, default=6)
    parser.add_argument("--findings", type=int, default=100_000)
    parser.add_argument("--texts", type=int, default=0, help="reports with records and indexed texts; 0: all")
    parser.add_argument("--readers", type=int, default=20)
    parser.add_argument("--every", type=float, default=2.0, help="seconds between two pages of a reader")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--keep", type=Path, help="a folder that keeps the store between two benches")
    asked = parser.parse_args()
    asked.texts = asked.texts or asked.bodies * asked.years
    if asked.keep:
        asked.keep.mkdir(parents=True, exist_ok=True)
    return asked


if __name__ == "__main__":
    main()
