"""Commands of nianbao in children that are struck at their n-th act on a disk: killed there, or the disk is full.

An act is whatever changes a file: opening one to write, renaming, making a folder, copying, and every statement of SQL
that writes, COMMIT and VACUUM included. `Striker` keeps one process that has everything imported and forks a child for
each command, so that hundreds of strikes take minutes. Run as a program it is that process.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
_SQL = ("INSERT", "UPDATE", "DELETE", "REPLACE", "COMMIT", "VACUUM", "CREATE", "ALTER", "DROP")
_WRITING = os.O_WRONLY | os.O_RDWR
NEVER = 1 << 40


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended: its exit code, or None where it was killed; acts it came to; what it printed."""

    code: int | None
    acts: int
    said: str


class Striker:
    """`strike("kill" | "full" | "size" | "", n, *arguments)` runs `nianbao arguments` in a child. "size": no file may
    grow beyond n bytes, as SQLite itself meets a full disk."""

    def __enter__(self) -> Striker:
        # What a child that is killed leaves among the system's temporary files would stay there.
        self._temporary = tempfile.TemporaryDirectory()
        self._process = subprocess.Popen([sys.executable, "-m", "tests.monitor.faults.strike"], cwd=ROOT, text=True,
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": self._temporary.name})
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()
        self._temporary.cleanup()

    def __call__(self, how: str, number: int, *arguments: object) -> Ended:
        self._process.stdin.write(json.dumps([how, number, [str(each) for each in arguments]]) + "\n")
        self._process.stdin.flush()
        return Ended(**json.loads(self._process.stdout.readline()))

    def run(self, *arguments: object) -> Ended:
        """The command undisturbed."""
        return self("", NEVER, *arguments)


# ---------------------------------------------------------------- in the child
class _Strike:
    """Counts acts, and strikes at the given one."""

    def __init__(self, how: str, number: int, tally: Path) -> None:
        self.how, self.number, self.count = how, number, 0
        self._tally = os.open(tally, os.O_WRONLY | os.O_CREAT)

    def act(self, fault: Exception) -> None:
        self.count += 1
        if self.how != "size":  # the limit holds for this file too
            os.pwrite(self._tally, f"{self.count:20}".encode(), 0)
        if self.count < self.number:
            return
        if self.how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.how == "full":
            raise fault

    def hook(self, event: str, given: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = given
            writes = any(letter in mode for letter in "wax+") if mode else bool(flags & _WRITING)
            if writes and isinstance(path, (str, bytes)) and not os.fsdecode(path).startswith("/dev/"):
                self.act(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), os.fsdecode(path)))
        elif event in ("os.rename", "os.mkdir", "os.link", "os.symlink", "shutil.copyfile"):
            self.act(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(given[-2 if event == "os.mkdir" else 1])))
        elif event in ("os.remove", "os.rmdir", "os.truncate") and self.how != "full":  # a full disk can be emptied
            self.act(OSError())


def _struck_connections(strike: _Strike) -> None:
    opened = sqlite3.connect

    class Connection(sqlite3.Connection):
        def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
            self._count(statement)
            return super().execute(statement, *values)

        def executemany(self, statement: str, values: Any) -> sqlite3.Cursor:
            self._count(statement)
            return super().executemany(statement, values)

        def executescript(self, statements: str) -> sqlite3.Cursor:
            self._count(statements)
            return super().executescript(statements)

        @staticmethod
        def _count(statement: str) -> None:
            if statement.lstrip().upper().startswith(_SQL):
                strike.act(sqlite3.OperationalError("database or disk is full"))

    def connect(*given: Any, **named: Any) -> sqlite3.Connection:
        return opened(*given, **{"factory": Connection, **named})

    sqlite3.connect = connect  # type: ignore[assignment]


def _child(how: str, number: int, arguments: list[str], tally: Path, out: Path) -> None:
    code = 70
    try:
        os.setpgid(0, 0)
        handle = os.open(out, os.O_WRONLY | os.O_CREAT)
        for stream in (1, 2):
            os.dup2(handle, stream)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        strike = _Strike(how, number, tally)
        if how == "size":
            resource.setrlimit(resource.RLIMIT_FSIZE, (number, resource.RLIM_INFINITY))
        _struck_connections(strike)
        sys.addaudithook(strike.hook)
        from monitor import cli

        code = cli.run(arguments)
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def main() -> None:
    for module in ("extract.limits", "monitor.captures", "monitor.cli", "monitor.patrol", "monitor.web.contents"):
        importlib.import_module(module)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for line in sys.stdin:
            how, number, arguments = json.loads(line)
            tally, out = folder / "tally", folder / "out"
            for path in (tally, out):
                path.unlink(missing_ok=True)
            child = os.fork()
            if child == 0:
                _child(how, number, arguments, tally, out)
            _, status = os.waitpid(child, 0)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child, signal.SIGKILL)  # helpers of a killed command
            counted = tally.read_text() if tally.exists() else ""
            print(json.dumps({"code": os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else None,
                              "acts": int(counted or 0), "said": out.read_text("utf-8", "replace")}), flush=True)


if __name__ == "__main__":
    main()
