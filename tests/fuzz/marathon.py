"""All harnesses fuzzed in turn until each has had its share, over as many nights as it takes.

    PYTHONPATH=.venv/lib/python3.11/site-packages:. /tmp/fuzz/bin/python -m tests.fuzz.marathon --hours 8 --jobs 2

Promises: what each harness has had so far stands in tally.csv beside this file (executions, minutes, the day of the
last turn) and grows with every turn, so an interrupted marathon goes on; a harness has had enough with 10 million
executions or 30 minutes. An input that breaks one stays in --corpus, is named, and makes the exit code 1. Leaves alone:
how a harness is fuzzed (guided.py, which see for the environment).
"""

from __future__ import annotations

import argparse
import csv
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

ENOUGH_RUNS, ENOUGH_MINUTES = 10_000_000, 30.0
TALLY = Path(__file__).with_name("tally.csv")
_EXECUTED = re.compile(r"number_of_executed_units:\s*(\d+)")
_FIELDS = ("harness", "executions", "minutes", "day")


@dataclass(slots=True)
class Had:
    """What one harness has had. `minutes` of one processor."""

    executions: int = 0
    minutes: float = 0.0
    day: str = ""

    @property
    def enough(self) -> bool:
        return self.executions >= ENOUGH_RUNS or self.minutes >= ENOUGH_MINUTES


def read(path: Path = TALLY) -> dict[str, Had]:
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {row["harness"]: Had(int(row["executions"]), float(row["minutes"]), row["day"])
                for row in csv.DictReader(file)}


def write(tally: dict[str, Had], path: Path = TALLY) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_FIELDS)
        writer.writerows([name, had.executions, f"{had.minutes:.1f}", had.day] for name, had in sorted(tally.items()))


def turn(name: str, minutes: float, runs: int, corpus: Path) -> tuple[str, int, float, bool]:
    """One turn of a harness: its name, executions, minutes of processor time, whether something broke it."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen([sys.executable, "-m", "tests.fuzz.guided", name, "--minutes", f"{minutes:.3f}",
                                    "--runs", str(runs), "--corpus", str(corpus)],
                                   stdout=subprocess.DEVNULL, stderr=said)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        executed = _EXECUTED.search(said.read().decode("utf-8", "replace"))
    return name, int(executed[1]) if executed else 0, (used.ru_utime + used.ru_stime) / 60, process.returncode != 0


def due(names: Iterator[str], tally: dict[str, Had]) -> list[str]:
    """Harnesses that have not had enough, those that had least first."""
    lacking = [name for name in names if not tally.setdefault(name, Had()).enough]
    return sorted(lacking, key=lambda name: max(tally[name].executions / ENOUGH_RUNS,
                                                tally[name].minutes / ENOUGH_MINUTES))


def main() -> int:
    from tests.fuzz.harnesses import HARNESSES

    parser = argparse.ArgumentParser(description="Fuzz every harness until it has had enough.")
    parser.add_argument("names", nargs="*", help="only these harnesses")
    parser.add_argument("--hours", type=float, default=8.0)
    parser.add_argument("--slice", type=float, default=10.0, help="minutes of one turn")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--corpus", type=Path, default=Path(tempfile.gettempdir()) / "nianbao-fuzz")
    given = parser.parse_args()
    tally, broken, ends = read(), list[str](), time.monotonic() + 3600 * given.hours
    with ThreadPoolExecutor(given.jobs) as pool:
        while (left := (ends - time.monotonic()) / 60) > 0.2 and (
                names := [name for name in due(iter(given.names or HARNESSES), tally) if name not in broken]):
            wanted = [(name, min(given.slice, left, ENOUGH_MINUTES - tally[name].minutes),
                       ENOUGH_RUNS - tally[name].executions, given.corpus) for name in names[:given.jobs]]
            for name, executions, minutes, broke in pool.map(lambda each: turn(*each), wanted):
                had = tally[name]
                had.executions, had.minutes, had.day = (had.executions + executions, had.minutes + minutes,
                                                        f"{datetime.now(UTC):%Y-%m-%d}")
                print(f"{name:24} {executions:>10,} in {minutes:5.1f} min, so far {had.executions:>11,} in "
                      f"{had.minutes:5.1f} min{'  BROKEN, see ' + str(given.corpus) if broke else ''}", flush=True)
                broken += [name] * broke
                write(tally)
    print(f"{sum(had.enough for had in tally.values())} of {len(tally)} harnesses have had enough; broken: "
          f"{', '.join(broken) or 'none'}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
