"""A scan killed at random moments until it was killed often enough: nothing acknowledged lost, no page fetched twice.

`python -m tests.bench.kill_loop [--kills 30] [--seed N]` prints one line a kill: who was killed (the command, its
child, both), how many portals were unfinished, how many pages were kept, and how many pages were asked for again
although they were kept. A kill counts only where some portal was unfinished. A run that comes to its end is compared
with what its portals hold, and the next one begins. Exit 1 where anything was lost or doubled.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from crawler import scan
from crawler.model import ScanPlan
from crawler.store import Store
from tests.crawler.small_portals import Case, World, article, listing, name_of

PORTALS, KILLS, DELAY = 12, 30, 0.25
_COMMAND = """
import json, sys
from crawler import scan
from crawler.model import ScanPlan
scan.run(ScanPlan(**json.loads(sys.argv[1])))
"""


@dataclass(slots=True)
class Tally:
    """Kills with what each left; pages lost and doubled over all runs."""

    kills: list[str] = field(default_factory=list)
    runs: int = 0
    lost: int = 0
    doubled: int = 0
    least_unfinished: int = PORTALS


def cases() -> dict[str, Case]:
    """Portals of 5 to 35 pages, so that some are finished while others are not."""
    made = {}
    for number in range(PORTALS):
        years = range(2024 - (4 + number * 5 // 2), 2024)
        made[f"p{number}"] = Case({
            "/nb/": listing(name_of(f"p{number}"), years),
            **{f"/nb/t{year + 1}0115_{year}.html": article(f"{number} {year}") for year in years}})
    return made


def loop(folder: Path, kills: int, seed: int, tell: Callable[[str], None] = print) -> Tally:
    """Kill scans of one world until `kills` of them counted."""
    chance, tally = random.Random(seed), Tally()
    tell(f"{'kill':>4} {'run':>4} {'after s':>8} {'killed':>8} {'unfinished':>11} {'kept pages':>11} {'doubled':>8}")
    with World(folder, cases()) as world:
        while len(tally.kills) < kills:
            tally.runs += 1
            plan = world.plan(run=f"r{tally.runs}", delay=DELAY)
            Store(plan.database).migrate()
            begun = len(world.portals.log)
            kept: dict[str, int] = {}
            while len(tally.kills) < kills:
                seconds, target = chance.uniform(0.5, 9.0), chance.choice(("command", "child", "both"))
                if not _killed(plan, seconds, target):
                    break
                unfinished = len(scan._unfinished_portals(Store(plan.database), plan.run))
                _note(world, plan, kept, begun, tally)
                if unfinished:
                    tally.least_unfinished = min(tally.least_unfinished, unfinished)
                    tally.kills.append(f"{len(tally.kills) + 1:>4} {plan.run:>4} {seconds:>8.2f} {target:>8} "
                                       f"{unfinished:>11} {len(kept):>11} {tally.doubled:>8}")
                    tell(tally.kills[-1])
            scan.run(plan)
            _note(world, plan, kept, begun, tally)
            tally.lost += len(_expected(world) - _pages(plan))
    tell(f"{len(tally.kills)} kills in {tally.runs} runs, at least {tally.least_unfinished} portals unfinished at "
         f"each: {tally.lost} pages lost, {tally.doubled} doubled")
    return tally


def _killed(plan: ScanPlan, seconds: float, target: str) -> bool:
    """Start the scan and kill it after a while; False where it came to its end before."""
    command = subprocess.Popen([sys.executable, "-c", _COMMAND, json.dumps(asdict(plan))], start_new_session=True,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=Path(__file__).parents[2])
    try:
        with contextlib.suppress(subprocess.TimeoutExpired):
            command.wait(seconds)
            return False
        children = Path(f"/proc/{command.pid}/task/{command.pid}/children").read_text().split()
        for process in {"command": [command.pid], "child": children, "both": [command.pid, *children]}[target]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(process), signal.SIGKILL)
        for process in children:
            _await_end(int(process))
        return True
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(command.pid, signal.SIGKILL)
        command.wait()


def _await_end(process: int) -> None:
    """A child whose parent is gone notices, keeps what it has and ends."""
    deadline = time.monotonic() + 30
    while Path(f"/proc/{process}").exists() and time.monotonic() < deadline:
        if "\nState:\tZ" in Path(f"/proc/{process}/status").read_text():
            return
        time.sleep(0.02)


def _pages(plan: ScanPlan) -> set[str]:
    """Pages of the run that are acknowledged: their rows are in the store."""
    with contextlib.closing(sqlite3.connect(plan.database)) as connection:
        return {row[0] for row in connection.execute("SELECT url FROM fetch WHERE run = ? AND outcome = 'ok'",
                                                     (plan.run,))}


def _expected(world: World) -> set[str]:
    return {world.address(case, path) for case, made in world.cases.items() for path in made.answers}


def _note(world: World, plan: ScanPlan, kept: dict[str, int], begun: int, tally: Tally) -> None:
    """Count pages that were asked for after they were kept, and pages that were kept and are gone."""
    asked = [f"http://{visit.host}:{world.portals.port}{visit.path}" for visit in list(world.portals.log)]
    for place, address in enumerate(asked[begun:], begun):
        tally.doubled += address in kept and place >= kept[address]
    held = _pages(plan)
    tally.lost += len(set(kept) - held)
    for address in held:
        kept[address] = len(asked)


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--kills", type=int, default=KILLS)
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tally = loop(Path(folder), given.kills, given.seed)
    return int(bool(tally.lost or tally.doubled))


if __name__ == "__main__":
    sys.exit(main())
