import sqlite3
import threading

import pytest
from sqlite_utils import Database, Migrations

from crawler.exceptions import StoreError
from crawler.store import Store


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "nianbao.db")
    store.migrate()
    return store


def add_run(connection, name):
    connection.execute("INSERT INTO run (id, kind, state, started, simulated, plan) "
                       "VALUES (?, 's', 'running', 't', 0, '{}')", (name,))


def runs(store):
    with store.read() as connection:
        return [row["id"] for row in connection.execute("SELECT id FROM run ORDER BY id")]


def test_migrating_again_changes_nothing(store):
    with store.write() as connection:
        add_run(connection, "a")
    store.migrate()
    assert runs(store) == ["a"]


def test_a_block_that_fails_leaves_nothing_behind(store):
    with pytest.raises(RuntimeError), store.write() as connection:
        add_run(connection, "a")
        raise RuntimeError
    assert runs(store) == []


def test_readers_see_committed_rows_only(store):
    with store.write() as connection:
        add_run(connection, "a")
        assert runs(store) == []
    assert runs(store) == ["a"]


def test_many_writers_wait_for_each_other_and_lose_nothing(store):
    def write(name):
        for number in range(10):
            with store.write() as connection:
                connection.execute("SELECT count(*) FROM run").fetchone()
                add_run(connection, f"{name}-{number}")

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(runs(store)) == 40


def test_a_database_of_a_newer_version_is_refused(store):
    later = Migrations("crawl")

    @later()
    def m999_of_the_future(db):
        db.conn.execute("CREATE TABLE future (id)")

    with store.write() as connection:
        later.apply(Database(connection))
    with pytest.raises(StoreError, match=r"newer nianbao.*m999"):
        store.migrate()


def test_a_file_that_is_no_database_is_refused_by_name(tmp_path):
    path = tmp_path / "settings.toml"
    path.write_text("[store]\n" * 200)
    with pytest.raises(StoreError, match=r"settings\.toml"):
        Store(path).migrate()


def test_an_error_inside_a_block_is_told_as_ours_and_earlier_data_stays(store):
    with store.write() as connection:
        add_run(connection, "a")
    with pytest.raises(StoreError, match="earlier data is intact"), store.write() as connection:
        add_run(connection, "b")
        add_run(connection, "a")
    assert runs(store) == ["a"]


def test_a_locked_database_is_told_in_time(store, monkeypatch):
    monkeypatch.setattr("crawler.store.BUSY_SECONDS", 0.1)
    holder = sqlite3.connect(store.path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(StoreError, match="locked"), store.write():
            pass
    finally:
        holder.close()
