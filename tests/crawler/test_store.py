import json
import sqlite3
import threading

import pytest
from sqlite_utils import Database, Migrations

from crawler.exceptions import StoreError
from crawler.shorthand import fetches
from crawler.store import Store, crawl_schema


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


def test_lists_stored_before_one_address_could_serve_two_bodies_are_kept(tmp_path):
    """A database of the first version: its rows stay as they were, and a second body may stand beside them."""
    store = Store(tmp_path / "old.db")
    first = Migrations("crawl")
    for step in crawl_schema._migrations[:1]:
        first(name=step.name)(step.fn)
    with store.write() as connection:
        first.apply(Database(connection))
        add_run(connection, "r1")
        connection.execute("INSERT INTO listing (id, run, portal, column_id, url, family, at, day, outcome, complete, "
                           "in_order, items, pages) VALUES (7, 'r1', 'p', 'c', 'u', '', 't', 't', 'ok', 1, 1, 1, '[]')")
        connection.execute("INSERT INTO sighting (id, listing, url, title, day, route, body, scope, year) "
                           "VALUES (3, 7, 'http://a/1', 't', '2024-01-15', 'report', 'a', 'own', 2023)")
    store.migrate()
    with store.write() as connection:
        connection.execute("INSERT INTO sighting (listing, url, title, route, body, scope, year) "
                           "VALUES (7, 'http://a/1', 't', 'report', 'b', 'own', 2023)")
        rows = [tuple(row) for row in connection.execute("SELECT id, listing, url, day, body, year FROM sighting")]
        indexes = {row["name"] for row in connection.execute("PRAGMA index_list('sighting')")}
    assert rows == [(3, 7, "http://a/1", "2024-01-15", "a", 2023), (4, 7, "http://a/1", "", "b", 2023)]
    assert {"sighting_listing", "sighting_body", "sighting_url"} <= indexes


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


def test_rows_of_the_first_versions_are_said_once_and_mean_the_same(tmp_path):
    """fetch: method and posted data without the address, headers that all requests share in a row of their own."""
    store = Store(tmp_path / "old.db")
    before = Migrations("crawl")
    for step in crawl_schema._migrations:
        if step.name != "m005_slim_rows":
            before(name=step.name)(step.fn)
    get, post = "http://a/1", "http://a/q?x=1"
    shared = {"accept": "text/html", "user-agent": "nianbao"}
    with store.write() as connection:
        before.apply(Database(connection))
        add_run(connection, "r1")
        for url, request, final, sent in ((get, f"GET {get}", get, shared | {"referer": "http://a/"}),
                                          (post, f"POST {post} a=1 b", "http://a/q2", shared),
                                          (f"{get}#drawn=1", f"RENDER {get} 1", None, {})):
            connection.execute(
                "INSERT INTO fetch (run, portal, url, request, final_url, at, outcome, sha256, sent, elapsed) "
                "VALUES ('r1', 'p', ?, ?, ?, '2026-02-01T08:00:00+08:00', 'ok', 'h', ?, 0.123456)",
                (url, request, final, json.dumps(sent)))
        connection.execute("INSERT INTO capture (run, portal, url, at, outcome) VALUES ('r1', 'p', ?, 't', 'ok')",
                           (get,))
    store.migrate()
    with store.read() as connection:
        rows = fetches(connection, "1 ORDER BY id")
        assert connection.execute("SELECT count(*) FROM sent_headers").fetchone()[0] == 2
        assert connection.execute("SELECT url FROM capture").fetchone()[0] == get
    assert [(row["url"], row["request"], row["final_url"]) for row in rows] == [
        (get, "GET", None), (post, "POST a=1 b", "http://a/q2"), (f"{get}#drawn=1", f"RENDER {get} 1", None)]
    assert [json.loads(row["sent"]) for row in rows] == [shared | {"referer": "http://a/"}, shared, {}]
    assert rows[0]["elapsed"] == 0.123456
