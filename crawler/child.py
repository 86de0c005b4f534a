"""Scrapy in a process of its own: a plan in, events out, and a child that ends when its parent does.

Promises: the plan goes in as one JSON line on standard input, which then stays open – its end tells the child that this
process is gone; every JSON line of the child reaches `on_event`; the child is ended and waited for whatever happens
here; a simulated clock goes with it; `given`, `tell` and `obey` are the other ends, in the child. Leaves alone: what
plans and events mean (scan.py, probe.py).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, Protocol

from crawler import clock
from extract.limits import without_ours

_FOR_CRAWLS = re.compile("NIANBAO_(PROXY_|NOW|SPEED)")
_ENDING_SECONDS = 60
"""Time for a child to write what it holds; what is killed then loses nothing that was acknowledged."""
OWN_FAULT = 4
"""How a child ends that has told a fault as an event."""


class Stoppable(Protocol):
    """What a parent ends early: a spider."""

    def stop(self) -> None: ...


def run(module: str, plan: dict[str, Any], on_event: Callable[[dict[str, Any]], None],
        keeps: Collection[int] = ()) -> str:
    """Run `python -m module` to its end. Returns how it ended badly, with its last words; empty where it did not.
    `keeps` are open files that the child holds too, so that a lock on them outlives this process."""
    with tempfile.TemporaryFile() as noise:
        child = subprocess.Popen([sys.executable, "-m", module], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                 stderr=noise, env=_environment(), pass_fds=tuple(keeps))
        assert child.stdin
        assert child.stdout
        try:
            with contextlib.suppress(BrokenPipeError):
                child.stdin.write(json.dumps(plan).encode() + b"\n")
                child.stdin.flush()
            for line in child.stdout:
                with contextlib.suppress(json.JSONDecodeError):
                    on_event(json.loads(line))
            child.wait()
        finally:
            if child.poll() is None:
                child.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(timeout=_ENDING_SECONDS)
                child.kill()
            with contextlib.suppress(BrokenPipeError):
                child.stdin.close()
            child.stdout.close()
            child.wait()
        if child.returncode in (0, -signal.SIGTERM):
            return ""
        noise.seek(0)
        said = noise.read().decode("utf-8", "replace").strip().splitlines()
        return f"the process {module} ended with code {child.returncode}" + (f": {said[-1]}" if said else "")


def _environment() -> dict[str, str]:
    # Who asks portals needs proxies' secrets; passwords of mail and addresses of robots are no business of a crawl.
    environment = without_ours(os.environ) | {
        name: value for name, value in os.environ.items() if _FOR_CRAWLS.match(name)}
    environment |= clock.handed_down()
    # Outside the repository the packages are found where this one is.
    root = str(Path(__file__).resolve().parent.parent)
    environment["PYTHONPATH"] = os.pathsep.join(part for part in (root, environment.get("PYTHONPATH", "")) if part)
    environment["PYTHONUTF8"] = "1"
    return environment


# ---------------------------------------------------------------- in the child
def given() -> dict[str, Any]:
    """What the parent gave."""
    plan: dict[str, Any] = json.loads(sys.stdin.buffer.readline())
    return plan


def tell(event: dict[str, Any]) -> None:
    """One event for the parent; where nobody listens any more, nothing happens."""
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(json.dumps(event, ensure_ascii=False) + "\n")
        sys.stdout.flush()


def obey(spider: Stoppable) -> None:
    """The parent's end, SIGTERM and SIGINT stop the spider. Call it where the loop runs."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, spider.stop)
    loop.add_reader(sys.stdin.fileno(), _on_parent, spider)


def _on_parent(spider: Stoppable) -> None:
    """The parent never writes again, so anything readable on the pipe is its end."""
    if not os.read(sys.stdin.fileno(), 4096):
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        spider.stop()
