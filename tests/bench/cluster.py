"""What it costs to have other machines read: CPU of all processes for the same documents, here and on a cluster.

`python -m tests.bench.cluster [--pages 240] [--scans 20] [--prints 20] [--workers 3]` reads one town twice, on this
machine alone and on a scheduler and workers on loopback, and prints user+sys seconds: of the command with its children,
of the workers with theirs, of the scheduler. Starting the processes of a cluster is told apart: it happens once, not
with each scan. Exit 1 where a table differs or the overhead is over 10 %.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

from tests.monitor import machines

_TICK = os.sysconf("SC_CLK_TCK")
TARGET = 0.10


def seconds_of(root: int) -> float:
    """user+sys of a process, of its living descendants and of those it has waited for."""
    return sum(_of(process) for process in _tree(root))


def _of(process: int) -> float:
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return 0.0
    return sum(int(value) for value in fields[11:15]) / _TICK  # utime, stime and those of children waited for


def _tree(root: int) -> list[int]:
    found = [root]
    for children in Path(f"/proc/{root}/task").glob("*/children"):
        for child in children.read_text().split():
            found += _tree(int(child))
    return found


def read_once(settings: Path, cluster: str = "") -> float:
    """CPU seconds of one command that reads everything."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = machines.scan(settings, cluster, patience=600)
    out, said = process.communicate()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode:
        raise SystemExit(f"the scan ended with {process.returncode}: {said}")
    assert not json.loads(out)["faults"], said
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--pages", type=int, default=240)
    asked.add_argument("--scans", type=int, default=20)
    asked.add_argument("--prints", type=int, default=20)
    asked.add_argument("--workers", type=int, default=3)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = machines.town(folder / "unread", given.pages, given.scans, given.prints)
        alone, there = machines.copied(made, folder / "alone"), machines.copied(made, folder / "there")
        here = read_once(alone)
        with machines.Machines(folder) as cluster:
            worker = cluster.work(given.workers)
            # Workers run for months: what their readers load with the first documents is told with their start.
            warm = machines.town(folder / "warm", 6 * given.workers, given.workers, 2 * given.workers)
            read_once(warm.settings, cluster.address)
            time.sleep(2)
            processes = (worker.pid, cluster.scheduler.pid)
            started = [seconds_of(each) for each in processes]
            command = read_once(there, cluster.address)
            workers, scheduler = (seconds_of(each) - before for each, before in zip(processes, started, strict=True))
        expected, found = machines.tables(alone), machines.tables(there)
    differing = [table for table in expected if expected[table] != found[table]]
    total = command + workers + scheduler
    over = total / here - 1
    print(f"{given.pages} reports, {given.scans} of them with a table as a picture, {given.prints} scanned as a whole; "
          f"{given.workers} worker processes")
    print(f"{'':34}CPU s")
    for what, spent in (("this machine alone", here), ("with the cluster", total), ("  the command", command),
                        ("  workers and their readers", workers), ("  scheduler", scheduler),
                        ("once: workers, readers loaded", started[0]), ("once: starting the scheduler", started[1])):
        print(f"{what:32}{spent:7.1f}")
    print(f"overhead {over:+.1%} (target at most {TARGET:.0%}); tables that differ: {', '.join(differing) or 'none'}")
    return int(bool(differing) or over > TARGET)


if __name__ == "__main__":
    sys.exit(main())
