"""Work for a cluster that harms its workers, and a program that sends it: `python -m tests.monitor.cluster_tasks
ADDRESS PATIENCE` prints one JSON document of what became of every task and of what was told."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys

from extract.limits import Guard
from extract.model import Hints
from monitor import cluster
from monitor.settings import Reading


def double(number: int) -> int:
    return 2 * number


def end_worker() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def guarded() -> tuple[bool, str]:
    """Whether a worker is daemonic, which forbids it multiprocessing children, and the title a guard of its reads."""
    with Guard() as guard:
        report = guard.read("<html><title>年报</title><body><p>示例</p></body></html>".encode(), Hints(title="年报"))
    return bool(multiprocessing.current_process().daemon), report.title


def variable(name: str) -> str | None:
    """What a worker's readers inherit."""
    return os.environ.get(name)


def fail() -> None:
    raise OSError(28, "No space left on device")


def main() -> None:
    told: list[str] = []
    reading = Reading(cluster=sys.argv[1], cluster_patience=float(sys.argv[2]), workers=1)
    with cluster.opened(reading, told.append) as executor:
        good = [executor.submit(double, number) for number in range(20)]
        killer = executor.submit(end_worker)
        good += [executor.submit(double, number) for number in range(20, 40)]
        child, trimming = executor.submit(guarded), executor.submit(variable, "MALLOC_TRIM_THRESHOLD_")
        odd = executor.submit(fail)
        fault = odd.exception()
        print(json.dumps({"doubled": [each.result() for each in good], "killer": type(killer.exception()).__name__,
                          "guarded": child.result(), "trimming": trimming.result(), "odd": str(fault), "told": told}))


if __name__ == "__main__":
    # By its own name: workers can't find functions of a program's __main__.
    from tests.monitor import cluster_tasks

    cluster_tasks.main()
