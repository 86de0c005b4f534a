"""Copies of the database: made whole while everything runs, checked, kept by day and week, put back.

Promises: a copy appears under its name only once it is whole and passed quick_check; copies are removed only after a
newer one was made; putting one back keeps what it replaces. Leaves alone: evidence, whose files never change – `copy_
evidence` adds those a second folder lacks; when a backup is due (schedule.py).
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from crawler import clock
from crawler.store import RESTORING, Store, make_private
from monitor.exceptions import BackupError

_NAME = re.compile(r"nianbao-(\d{8}T\d{6})\.db")
_SQLITE = b"SQLite format 3\0"
_LOCKS = (".scan-lock", ".watch-lock", ".outbox-lock")
_CHECK = "PRAGMA quick_check(5)"


@dataclass(slots=True)
class Backup:
    """What one backup came to: the copy, its size in bytes, copies removed."""

    path: Path
    size: int
    removed: list[Path] = field(default_factory=list)


def make(store: Store, folder: Path, *, daily: int, weekly: int, now: datetime | None = None) -> Backup:
    """Copy the database into `folder` and drop copies past their time.

    Raises BackupError where the database is damaged or the copy can't be written; older copies then all stay.
    """
    now = now or clock.now()
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"nianbao-{now.astimezone(clock.ZONE):%Y%m%dT%H%M%S}.db"
    partial = target.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    _expect_whole(store.path, "the newest copy that is whole can be put back with nianbao restore")
    try:
        make_private(partial)  # SQLite writes into an empty file
        with contextlib.closing(sqlite3.connect(store.path, timeout=60)) as connection:
            connection.execute("VACUUM INTO ?", (str(partial),))
        _expect_whole(partial, "try again; the disk may be faulty")
        with partial.open("rb") as written:
            os.fsync(written.fileno())
        partial.replace(target)
        _sync(folder)
    except (sqlite3.Error, OSError) as fault:
        raise BackupError(f"{target}: the copy can't be written: {fault}; free space or name another [backup] "
                          "folder; older copies are untouched") from fault
    finally:
        partial.unlink(missing_ok=True)
    removed = [each for each in copies(folder) if each not in kept(copies(folder), daily, weekly)]
    for each in removed:
        each.unlink()
    return Backup(target, target.stat().st_size, removed)


def copies(folder: Path) -> list[Path]:
    """Every copy in `folder`, newest first."""
    return sorted((each for each in folder.glob("nianbao-*.db") if _NAME.fullmatch(each.name)), reverse=True)


def kept(listed: list[Path], daily: int, weekly: int) -> list[Path]:
    """Which of these copies (newest first) stay: the newest of each of the last `daily` days that have one, and of
    each of the last `weekly` weeks."""
    by_day: dict[str, Path] = {}
    by_week: dict[tuple[int, int], Path] = {}
    for path in listed:
        found = _NAME.fullmatch(path.name)
        assert found
        made = datetime.strptime(found[1], "%Y%m%dT%H%M%S").replace(tzinfo=clock.ZONE)
        by_day.setdefault(found[1][:8], path)
        by_week.setdefault(made.isocalendar()[:2], path)
    stay = set(list(by_day.values())[:daily]) | set(list(by_week.values())[:weekly])
    return [path for path in listed if path in stay]


def copy_evidence(evidence: Path, target: Path) -> int:
    """Copy the evidence files that `target` lacks; how many were. Files never change, so those there already stay.

    Raises BackupError where one can't be written; what was copied before is whole.
    """
    copied = 0
    for source in sorted(path for path in evidence.rglob("*") if path.is_file() and not path.name.startswith(".")):
        wanted = target / source.relative_to(evidence)
        if wanted.exists():
            continue
        partial = wanted.with_name(f".{wanted.name}.partial")
        try:
            wanted.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, partial)
            partial.replace(wanted)
        except OSError as fault:
            with contextlib.suppress(OSError):
                partial.unlink()
            if not source.exists():
                continue  # tidied away meanwhile
            raise BackupError(f"{wanted}: {fault.strerror or fault}; free space or name another folder") from fault
        copied += 1
    return copied


def expect_copy(copy: Path) -> None:
    """Raises BackupError where the file is no whole nianbao database."""
    if not copy.is_file():
        raise BackupError(f"{copy}: no such file; see the copies with nianbao backup --list")
    with copy.open("rb") as opened:
        known = opened.read(len(_SQLITE)) == _SQLITE
    if known:
        _expect_whole(copy, "take an older copy")
        with contextlib.closing(sqlite3.connect(f"file:{copy}?mode=ro", uri=True)) as connection:
            known = bool(connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'run_portal'").fetchone())
    if not known:
        raise BackupError(f"{copy}: no database of nianbao; see the copies with nianbao backup --list")


def restore(store: Store, copy: Path, now: datetime | None = None) -> Path | None:
    """Put `copy` in the database's place. Returns where the replaced one is kept; None where there was none.

    Raises BackupError where the copy is no whole nianbao database, or a scan, a watch or a mailing is at work.
    """
    expect_copy(copy)
    with _nobody_else(store):
        # Killed between the two moves, it leaves this file and no database; the store then says what to do.
        partial = store.path.with_name(store.path.name + RESTORING)
        aside = store.path.with_name(f"{store.path.name}.replaced-{now or clock.now():%Y%m%dT%H%M%S}")
        try:
            store.path.parent.mkdir(parents=True, exist_ok=True)
            make_private(partial)
            shutil.copyfile(copy, partial)
            with partial.open("rb+") as written:
                os.fsync(written.fileno())
            _fold_log(store.path)
            existed = _move(store.path, aside)
            partial.replace(store.path)
            _sync(store.path.parent)
        except OSError as fault:
            if not store.path.exists():
                _move(aside, store.path)
            partial.unlink(missing_ok=True)
            raise BackupError(f"{store.path}: {fault.strerror or fault}; free space or mend the folder's rights; the "
                              "database is as it was") from fault
    return aside if existed else None


def _fold_log(path: Path) -> None:
    """Bring what stands in the log beside a database into it, as far as it can be read."""
    if path.exists():
        with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _move(path: Path, target: Path) -> bool:
    """Move a database and what SQLite keeps beside it, whose log must never meet another database; whether there was
    one."""
    for suffix in ("", "-wal", "-shm"):
        beside = path.with_name(path.name + suffix)
        if beside.exists():
            beside.replace(target.with_name(target.name + suffix))
    return target.exists()


@contextlib.contextmanager
def _nobody_else(store: Store) -> Iterator[None]:
    with contextlib.ExitStack() as held:
        for suffix in _LOCKS:
            lock = held.enter_context(store.path.with_name(store.path.name + suffix).open("a"))
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                what = {".scan-lock": "a scan", ".watch-lock": "a watch", ".outbox-lock": "a mailing"}[suffix]
                raise BackupError(f"{store.path}: {what} is at work on it; stop it first") from None
        yield


def _expect_whole(path: Path, mend: str) -> None:
    try:
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=60)) as connection:
            said = [row[0] for row in connection.execute(_CHECK)]
    except sqlite3.Error as fault:
        said = [str(fault)]
    if said != ["ok"]:
        raise BackupError(f"{path}: the database is damaged ({said[0]}); {mend}")


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
