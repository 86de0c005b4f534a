"""What it costs to have other machines read: CPU of all processes for the same documents, here and on a cluster.

`python -m tests.bench.cluster [--pages 200] [--scans 0] [--prints 6] [--readers 3] [--rounds 2]` reads one town with as
many readers on this machine and on the workers of a cluster on loopback, in turn, and prints user+sys seconds of every
kind of process. Readers are loaded before: workers run for months. What happens once – processes that start, readers
that load – is told apart. Last, `nianbao scan` reads the town both ways from its start on, its readers on this machine
loaded anew as with every scan, and all tables are compared. Exit 1 where one differs or reading costs over 10 % more.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import resource
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from crawler.evidence import Evidence
from crawler.store import Store
from extract.limits import Guard
from monitor import captures, cluster, reading, records
from monitor.settings import Reading
from tests.monitor import machines

_TICK = os.sysconf("SC_CLK_TCK")
TARGET = 0.10
HERE, READERS = "the machine that scans", "readers"
KINDS = {"extract.limits": READERS, "spawn_main": "worker processes", "resource_tracker": "who keeps workers running",
         "monitor.cli": "who keeps workers running", "dask_scheduler": "scheduler"}


# ---------------------------------------------------------------- CPU of processes
def _tree(root: int) -> Iterator[int]:
    yield root
    for children in Path(f"/proc/{root}/task").glob("*/children"):
        for child in children.read_text().split():
            yield from _tree(int(child))


def _seconds(roots: list[int], but: list[int]) -> dict[tuple[int, str], float]:
    """user+sys by process and kind: of living descendants of `roots`, none under `but`, with children waited for."""
    found, left_out = {}, {process for root in but for process in _tree(root)}
    for process in {process for root in roots for process in _tree(root)} - left_out:
        try:
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()
            command = Path(f"/proc/{process}/cmdline").read_text("utf-8", "replace")
        except OSError:
            continue
        kind = next((kind for word, kind in KINDS.items() if word in command), HERE)
        found[process, HERE if process == os.getpid() else kind] = sum(int(each) for each in fields[11:15]) / _TICK
    return found


def spent(work: Callable[[], object], roots: list[int], but: list[int] | None = None) -> Counter[str]:
    """CPU seconds by kind of process while `work` is done."""
    gc.collect()
    before = _seconds(roots, but or [])
    work()
    time.sleep(0.5)
    taken = Counter[str]()
    for (process, kind), seconds in _seconds(roots, but or []).items():
        taken[kind] += seconds - before.get((process, kind), 0.0)
    return taken


def command(settings: Path, address: str = "") -> float:
    """CPU seconds of one command that reads everything, with its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = machines.scan(settings, address, patience=600)
    out, said = process.communicate()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode:
        raise SystemExit(f"the scan ended with {process.returncode}: {said}")
    assert not json.loads(out)["faults"], said
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


# ---------------------------------------------------------------- what is measured
class Town:
    """Captured pages, read again and again, each time in a copy that nobody has read yet."""

    def __init__(self, folder: Path, pages: int, scans: int, prints: int) -> None:
        self.folder, self.copies = folder, 0
        self.made = machines.town(folder / "unread", pages, scans, prints)
        self.made.store.migrate(records.monitor_schema)

    def copied(self) -> Path:
        self.copies += 1
        return machines.copied(self.made, self.folder / str(self.copies))

    def read_by(self, executor: Executor) -> Callable[[], None]:
        folder = self.copied().parent

        def read() -> None:
            result = reading.read_captures(Store(folder / "history.db"), Evidence(folder / "evidence"),
                                           self.made.roster, executor=executor)
            assert not result.faults, result.faults

        return read


def measured(folder: Path, given: argparse.Namespace) -> tuple[list[tuple[str, float]], list[Counter[str]],
                                                               list[Counter[str]], list[str]]:
    """What happens once or always with its CPU seconds; each round here and on the cluster; tables that differ."""
    town = Town(folder / "town", given.pages, given.scans, given.prints)
    # Enough of everything that each reader comes to load every medium, whoever gets what.
    warm = Town(folder / "warm", 12 * given.readers, given.readers, 3 * given.readers)
    me = os.getpid()
    with machines.Machines(folder) as made, ExitStack() as guards:
        with ThreadPoolExecutor(given.readers, "reading",
                                lambda: captures.own_guard(guards.enter_context(Guard()))) as pool:
            loaded_here = spent(warm.read_by(pool), [me], [made.scheduler.pid])
            others = [made.work(given.readers).pid, made.scheduler.pid]
            started = _seconds(others, [])
            executor = cluster.ClusterExecutor(Reading(cluster=made.address, cluster_patience=600), print)
            loaded_there = spent(warm.read_by(executor), [me, *others])
            idle = spent(lambda: time.sleep(10), others)
            here, there = [], []
            for _ in range(given.rounds):
                here.append(spent(town.read_by(pool), [me], others))
                there.append(spent(town.read_by(executor), [me, *others]))
            executor.shutdown()
        alone, sent, commands = town.copied(), town.copied(), list[float]()
        commands.append(command(alone))
        workers = spent(lambda: commands.append(command(sent, made.address)), others)
        expected, found = machines.tables(alone), machines.tables(sent)
    return [("starting scheduler and workers", sum(started.values())),
            (f"first {12 * given.readers} reports, readers loading: here", loaded_here.total()),
            ("  the same, on the cluster", loaded_there.total()),
            ("cluster without work, 10 s", idle.total()),
            ("nianbao scan of the town, here", commands[0]),
            ("  the same, on the cluster", commands[1] + workers.total()),
            ], here, there, [table for table in expected if expected[table] != found[table]]


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("pages", 200), ("scans", 0), ("prints", 6), ("readers", 3), ("rounds", 2)):
        asked.add_argument(f"--{name}", type=int, default=default)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as name:
        once, here, there, differing = measured(Path(name), given)
    print(f"{given.pages} reports, {given.scans} of them with a table as a picture, {given.prints} scanned as a whole; "
          f"{given.readers} readers, loaded before; middle of {given.rounds} rounds")
    print(f"{'CPU s':50}{'here':>8}{'cluster':>9}")
    for kind in dict.fromkeys([HERE, *KINDS.values()]):
        print(f"  {kind:48}{_middle(here, kind):8.2f}{_middle(there, kind):9.2f}")
    over = [there_now.total() / here_now.total() - 1 for here_now, there_now in zip(here, there, strict=True)]
    print(f"{'reading, readers loaded':50}{statistics.median(each.total() for each in here):8.2f}"
          f"{statistics.median(each.total() for each in there):9.2f}")
    for what, seconds in once:
        print(f"{what:50}{seconds:{8 if 'here' in what else 17}.2f}")
    middle = statistics.median(over)
    print(f"overhead of reading {middle:+.1%} (rounds: {', '.join(f'{each:+.1%}' for each in over)}; target at most "
          f"{TARGET:.0%}); tables that differ: {', '.join(differing) or 'none'}")
    return int(bool(differing) or middle > TARGET)


def _middle(rounds: list[Counter[str]], kind: str) -> float:
    return statistics.median(each[kind] for each in rounds)


if __name__ == "__main__":
    sys.exit(main())
