"""Looking at a body's columns again because somebody asked for it on a page.

Promises: one scan at a time, never the same body twice within ten minutes, and only while no other scan holds the
store; what was asked stands in the store with what became of it; a scan ends with the server. Leaves alone: the scan
itself (`nianbao scan --body`), showing it (the page of runs).
"""

from __future__ import annotations

import fcntl
import json
import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crawler import clock
from crawler.store import row_dicts
from monitor import watch

if TYPE_CHECKING:
    from monitor.web.asked import Asked
    from monitor.web.installation import Installation

AGAIN = timedelta(minutes=10)
WAITING_MOST = 20
"""Bodies that may wait at the same time."""
LOOK_SECONDS = 15.0
log = logging.getLogger("nianbao.web")


class Rechecks:
    """The one worker of a serving process. `launch` starts the command (tests put their own)."""

    def __init__(self, installation: Installation, launch: watch.Launch | None = None) -> None:
        self.installation = installation
        self.launch = launch or watch.launcher(installation.settings)
        self._worker: threading.Thread | None = None
        self._lock = threading.Lock()
        self.pause: Callable[[float], None] = time.sleep

    def ask(self, body: str, person: str) -> str:
        """Let this body be looked at again: `asked`, or why not: `soon` (it was just now), `waiting`, `full`."""
        with self.installation.store.write() as connection:
            since = (clock.now() - AGAIN).isoformat(timespec="seconds")
            last = connection.execute("SELECT state FROM recheck WHERE body = ? AND (at > ? OR state IN ('waiting', "
                                      "'running')) ORDER BY id DESC LIMIT 1", (body, since)).fetchone()
            if last is not None:
                return "waiting" if last["state"] in ("waiting", "running") else "soon"
            waiting = connection.execute("SELECT count(*) FROM recheck WHERE state = 'waiting'").fetchone()[0]
            if waiting >= WAITING_MOST:
                return "full"
            connection.execute("INSERT INTO recheck (body, person, at, state) VALUES (?,?,?, 'waiting')",
                               (body, person, clock.stamp()))
        self.wake()
        return "asked"

    def wake(self) -> None:
        """Let the worker run, where it doesn't yet."""
        with self._lock:
            if self._worker is None or not self._worker.is_alive():
                self._worker = threading.Thread(target=self._work, name="recheck", daemon=True)
                self._worker.start()

    def begin(self) -> None:
        """What a server that ended left behind: running scans ended with it, waiting ones are taken up."""
        with self.installation.store.write() as connection:
            connection.execute("UPDATE recheck SET state = 'failed', finished = ?, said = 'interrupted' "
                               "WHERE state = 'running'", (clock.stamp(),))
            waiting = connection.execute("SELECT 1 FROM recheck WHERE state = 'waiting' LIMIT 1").fetchone()
        if waiting:
            self.wake()

    def _work(self) -> None:
        try:
            while self._next():
                pass
        except Exception as fault:
            log.error("asked-for scans stopped: %s", fault)

    def _next(self) -> bool:
        while scanning(self.installation.store.path):
            self.pause(LOOK_SECONDS)
        with self._lock, self.installation.store.write() as connection:
            row = connection.execute("SELECT * FROM recheck WHERE state = 'waiting' ORDER BY id LIMIT 1").fetchone()
            if row is None:
                self._worker = None
                return False
            connection.execute("UPDATE recheck SET state = 'running', started = ? WHERE id = ?",
                               (clock.stamp(), row["id"]))
        code, said = 4, ""
        try:
            child, words = self.launch(["scan", "--body", row["body"]])
            code = child.wait()
            words.seek(0)
            said = words.read().decode("utf-8", "replace")[-2000:].strip()
            words.close()
        except OSError as fault:
            said = str(fault)
        with self.installation.store.write() as connection:
            connection.execute("UPDATE recheck SET state = ?, finished = ?, code = ?, said = ? WHERE id = ?",
                               ("done" if code in (0, 3) else "failed", clock.stamp(), code, said, row["id"]))
        return True


def latest(asked: Asked, body: str = "", count: int = 10) -> list[dict[str, Any]]:
    """What was asked for last, of this body or of all that this person sees, as pages show it."""
    rows = row_dicts(asked.connection, "SELECT * FROM recheck WHERE (?1 = '' OR body = ?1) AND (?2 IS NULL OR body IN "
                     "(SELECT value FROM json_each(?2))) ORDER BY id DESC LIMIT ?3",
                     (body, None if asked.reach is None else json.dumps(sorted(asked.reach)), count))
    bodies = asked.roster.bodies
    return [{"body": row["body"], "name": bodies[row["body"]].name if row["body"] in bodies else row["body"],
             "at": asked.day(row["at"][:16]), "state": asked.t(f"recheck_{row['state']}"),
             "finished": asked.day((row["finished"] or "")[:16]), "failed": row["state"] == "failed",
             "incomplete": row["code"] == 3} for row in rows]


def scanning(database: Path) -> bool:
    """Whether a scan holds the store's lock now."""
    path = database.with_name(database.name + ".scan-lock")
    if not path.is_file():
        return False
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False
