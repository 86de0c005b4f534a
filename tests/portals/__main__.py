"""Serve the test portals by hand: python -m tests.portals --port 8520 --day 2026-04-07 (Ctrl-C ends them)."""

from __future__ import annotations

import argparse
import contextlib
import threading
from datetime import date

from tests.portals import world


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on every host; 0: a free one")
    parser.add_argument("--day", type=date.fromisoformat, default=world.SCANS[-1], help="the world's date")
    options = parser.parse_args()
    with world.portals(options.day, options.port) as running:
        for plan in world.PORTALS.values():
            print(f"http://{plan.host}:{running.port}{plan.path}  {plan.name}  {plan.fault}")
        print(f"http://127.0.0.1:{running.port}/day?set=YYYY-MM-DD moves the world, /log shows requests", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
