"""Copies of the database: whole, checked, rotated; put back without losing what they replace."""

from __future__ import annotations

import contextlib
import fcntl
import sqlite3
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler import clock
from crawler.evidence import Evidence
from crawler.store import PAGE, Store
from monitor import backup
from monitor.exceptions import BackupError
from monitor.records import monitor_schema

NOW = clock.parse("2026-11-20T04:00")


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path / "nianbao.db")
    made.migrate(monitor_schema)
    with made.write() as connection:
        add_slot(connection, "first")
    return made


def add_slot(connection, job):
    connection.execute("INSERT INTO slot (job, slot, state, started, heartbeat, attempts) VALUES (?, '2026', 'done', "
                       "'2026', '2026', 1)", (job,))


def jobs(path):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute("SELECT job FROM slot ORDER BY job")]


def make(store, tmp_path, now=NOW):
    return backup.make(store, tmp_path / "backups", daily=7, weekly=8, now=now)


def test_a_copy_holds_what_was_committed_while_somebody_writes(store, tmp_path):
    with store.write() as connection:
        add_slot(connection, "uncommitted")
        made = make(store, tmp_path)
    assert made.path.name == "nianbao-20261120T040000.db"
    assert jobs(made.path) == ["first"]


def test_restoring_keeps_the_database_it_replaces_with_its_log(store, tmp_path):
    made = make(store, tmp_path)
    holder = store.open()  # an open reader keeps the write-ahead log from being folded in
    holder.execute("BEGIN").connection.execute("SELECT count(*) FROM slot").fetchone()
    with store.write() as connection:
        add_slot(connection, "second")
    aside = backup.restore(store, made.path, NOW)
    holder.close()
    assert jobs(store.path) == ["first"]
    assert jobs(aside) == ["first", "second"]


def test_a_damaged_copy_is_refused_and_changes_nothing(store, tmp_path):
    made = make(store, tmp_path)
    data = bytearray(made.path.read_bytes())
    data[PAGE:2 * PAGE] = b"\xff" * PAGE
    made.path.write_bytes(data)
    with pytest.raises(BackupError, match=r"damaged.*older copy"):
        backup.restore(store, made.path)
    assert jobs(store.path) == ["first"]


@pytest.mark.parametrize("content", [b"", b"not a database at all" * 300])
def test_no_database_is_refused(store, tmp_path, content):
    other = tmp_path / "other.db"
    other.write_bytes(content)
    with pytest.raises(BackupError, match=r"other\.db: no database of nianbao"):
        backup.restore(store, other)


def test_a_damaged_database_is_told_and_older_copies_stay(store, tmp_path):
    old = make(store, tmp_path).path
    with contextlib.closing(sqlite3.connect(store.path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray(store.path.read_bytes())
    data[PAGE:len(data) // 2] = b"\xff" * (len(data) // 2 - PAGE)
    store.path.write_bytes(data)
    with pytest.raises(BackupError, match="nianbao restore"):
        make(store, tmp_path, NOW + timedelta(days=400))
    assert backup.copies(tmp_path / "backups") == [old]


def test_nobody_restores_under_a_running_scan(store, tmp_path):
    made = make(store, tmp_path)
    with store.path.with_name(store.path.name + ".scan-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(BackupError, match="a scan is at work"):
            backup.restore(store, made.path)


def test_a_half_written_copy_of_before_is_no_copy(store, tmp_path):
    (tmp_path / "backups").mkdir()
    (tmp_path / "backups/nianbao-20261120T040000.partial").write_bytes(b"half")
    made = make(store, tmp_path)
    assert backup.copies(tmp_path / "backups") == [made.path]
    assert [path.name for path in (tmp_path / "backups").iterdir()] == [made.path.name]


def test_a_year_of_nights_leaves_seven_days_and_eight_weeks(store, tmp_path):
    for night in range(120):
        make(store, tmp_path, NOW + timedelta(days=night))
    days = [date.fromisoformat(path.stem[8:16]) for path in backup.copies(tmp_path / "backups")]
    assert [(days[0] - day).days for day in days[:7]] == list(range(7))
    assert len(days) <= 7 + 8
    assert 42 <= (days[0] - days[-1]).days <= 56


@given(st.sets(st.integers(0, 24 * 100), min_size=1), st.integers(1, 10), st.integers(0, 10))
def test_the_newest_copy_always_stays(hours, daily, weekly):
    listed = sorted((Path(f"nianbao-{NOW - timedelta(hours=hour):%Y%m%dT%H%M%S}.db") for hour in hours), reverse=True)
    stay = backup.kept(listed, daily, weekly)
    assert stay[0] == listed[0]
    assert len(stay) <= daily + weekly
    assert backup.kept(stay, daily, weekly) == stay


def test_evidence_is_added_to_not_copied_again(tmp_path):
    evidence = Evidence(tmp_path / "evidence")
    first = evidence.put(b"one")
    target = tmp_path / "second"
    assert backup.copy_evidence(evidence.folder, target) == 1
    evidence.put(b"two")
    assert backup.copy_evidence(evidence.folder, target) == 1
    assert Evidence(target).get(first) == b"one"
    assert list(Evidence(target).verify()) == []


def test_evidence_that_could_not_be_copied_is_never_told_as_done(tmp_path):
    evidence = Evidence(tmp_path / "evidence")
    evidence.put(b"one")
    with pytest.raises(BackupError, match="name another folder"):
        backup.copy_evidence(evidence.folder, Path("/proc/nowhere"))  # no folder can be made there, whoever asks
