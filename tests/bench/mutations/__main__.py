"""`python -m tests.bench.mutations [N]`: faults planted into made reports, and what the rules say of them.

Promises: N planted cases (default 660) spread over every rule that isn't a plain sum of the form, and as many clean
ones, most of them traps; N / 12 seasons of publication come on each side. Reports are made, printed as pages, read and
judged as any other; every failure that is neither planted nor implied by what was planted counts as false. Exit 1 where
recall is under 98 % or precision under 99 %. Sums of the form are score_rules' task.
"""

from __future__ import annotations

import argparse
import random
import sys
import time

from tests.bench.mutations import form_faults, year_faults
from tests.bench.mutations.faults import FAULTS
from tests.bench.mutations.running import Tally
from tests.bench.mutations.seasons import some_season
from tests.bench.mutations.traps import TRAPS, plain

RECALL, PRECISION = 0.98, 0.99
PLANTED_BY = (form_faults, year_faults)
"""Imported for the faults that they register."""


def run(count: int, seed: int = 1) -> Tally:
    """`count` planted and `count` clean cases, the same for the same seed."""
    tally = Tally()
    plants = [(rule, fault) for rule, faults in FAULTS.items() for fault in faults]
    for number in range(count):
        rule, fault = plants[number % len(plants)]
        label = f"{seed}/{number}"
        tally.count(fault(random.Random(f"{label}/{rule}")), label)
    for number in range(count):
        trap = TRAPS[number // 2 % len(TRAPS)] if number % 4 else plain
        label = f"{seed}/clean/{number}"
        tally.count(trap(random.Random(label)), label)
    for number in range(count // 12):
        for fault in (True, False):
            label = f"{seed}/season/{number}/{fault}"
            tally.count_season(some_season(random.Random(label), fault), label)
    return tally


def as_table(tally: Tally) -> str:
    """The mutation table, one line a rule."""
    lines = [f"{'rule':8} {'planted':>7} {'found':>6} {'missed':>6} {'false on clean':>14}"
             f" {'false beside another':>20}"]
    for rule in sorted({*tally.planted, *tally.accused, *tally.raised}):
        lines.append(f"{rule:8} {tally.planted[rule]:7} {tally.found[rule]:6} "
                     f"{tally.planted[rule] - tally.found[rule]:6} {tally.accused[rule]:14} {tally.raised[rule]:20}")
    lines.append(f"planted {sum(tally.planted.values())}, found {sum(tally.found.values())}; clean {tally.clean},"
                 f" false "
                 f"{sum(tally.accused.values())} on them and {sum(tally.raised.values())} beside planted ones: recall "
                 f"{100 * tally.recall:.2f} % (at least {100 * RECALL:.0f}), precision {100 * tally.precision:.2f} % "
                 f"(at least {100 * PRECISION:.0f})")
    return "\n".join(lines)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("count", nargs="?", type=int, default=660, help="planted cases, and as many clean ones")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--each", action="store_true", help="print every missed and every false finding")
    options = arguments.parse_args()
    sys.exit(report(options.count, options.seed, options.each))


def report(count: int, seed: int = 1, each_one: bool = False) -> int:
    """Run and print the table; the exit status: 1 where recall or precision is under its bound."""
    started = time.process_time()
    tally = run(count, seed)
    if each_one:
        print("\n".join([*(f"missed {each}" for each in tally.missed), *(f"false {each}" for each in tally.false)]))
    print(as_table(tally))
    print(f"{time.process_time() - started:.0f} CPU-seconds")
    return int(tally.recall < RECALL or tally.precision < PRECISION)


if __name__ == "__main__":
    main()
