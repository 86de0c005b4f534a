"""The trail is only ever added to, and old databases bring their decisions along."""

import sqlite3

import pytest

from crawler.exceptions import StoreError
from crawler.store import Store
from monitor import audit, records


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path / "n.db")
    made.migrate(records.monitor_schema)
    return made


def record(connection, finding="f", fact="1", action="confirm", author="李四", at="2026-02-02T09:00:00+08:00", **more):
    return audit.record(connection, finding, fact, action, before="open", after="confirmed", author=author, at=at,
                        **more)


def test_steps_come_back_as_they_were_written(store):
    with store.write() as connection:
        one = record(connection, reason="电话核实", detail={"number": "〔2026〕1号"})
        run = record(connection, action="clear", author="", at="2026-02-09T09:00:00+08:00")
        other = record(connection, finding="g", fact="2", at="2026-02-10T09:00:00+08:00")
        assert audit.steps(connection) == [one, run, other]
        assert audit.steps(connection, ["f"], since="2026-02-05") == [run]
        assert audit.steps(connection, by_people=True, actions=["confirm"]) == [one, other]
        assert audit.newest(connection, "f", "1") == run
        assert audit.newest(connection, "f", "1", ("confirm",)) == one
        assert audit.newest(connection, "f", "2") is None


@pytest.mark.parametrize("statement", ["UPDATE audit SET author = 'x'", "DELETE FROM audit"])
def test_nobody_changes_or_drops_a_step(store, statement):
    with store.write() as connection:
        record(connection)
    with pytest.raises(StoreError, match="append-only"), store.write() as connection:
        connection.execute(statement)
    with store.read() as connection:
        assert len(audit.steps(connection)) == 1


def test_decisions_of_an_older_database_are_kept(tmp_path):
    store = Store(tmp_path / "old.db")
    store.migrate(records.monitor_schema)
    with store.write() as connection:  # back to the schema before the trail
        connection.execute("DROP TABLE audit")
        connection.execute("ALTER TABLE finding DROP COLUMN number")
        connection.execute("CREATE TABLE decision (id INTEGER PRIMARY KEY, finding TEXT NOT NULL, fact TEXT NOT NULL, "
                           "action TEXT NOT NULL, author TEXT NOT NULL, at TEXT NOT NULL, reason TEXT NOT NULL "
                           "DEFAULT '', until TEXT)")
        connection.execute("INSERT INTO decision (finding, fact, action, author, at, reason, until) VALUES "
                           "('f', '1', 'snooze', '李四', '2026-01-05T10:00:00+08:00', '等待说明', '2026-05-31')")
        connection.execute("DELETE FROM _sqlite_migrations WHERE name = 'audit_trail'")
    store.migrate(records.monitor_schema)
    with store.read() as connection:
        step, = audit.steps(connection)
        assert (step.author, step.action, step.after, step.until, step.reason) == (
            "李四", "snooze", "snoozed", "2026-05-31", "等待说明")
        with pytest.raises(sqlite3.OperationalError):
            connection.execute("SELECT * FROM decision")
