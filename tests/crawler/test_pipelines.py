"""What a finished portal writes: a list that holds what it held before is not said again."""

import pytest

from crawler.model import Item, Outcome, Route
from crawler.pipelines import CaptureResult, ListingResult, PortalResult, write_portal
from crawler.shorthand import parts_of
from crawler.store import Store

TITLE = "示例市教育局2025年政府信息公开工作年度报告"


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "nianbao.db")
    store.migrate()
    return store


def looked(store, run, *rows, column="nb"):
    """A run whose portal's column held these (url, body, year)."""
    with store.write() as connection:
        connection.execute("INSERT OR IGNORE INTO run (id, kind, state, started, simulated, plan) "
                           "VALUES (?, 'scan', 'done', 't', 0, '{}')", (run,))
        connection.execute("INSERT OR REPLACE INTO run_portal (run, portal, state) VALUES (?, 'p', 'running')", (run,))
    seen = [(Item(url, TITLE, "2026-01-20"), Route("report", body, "own", year, "示例市教育局"))
            for url, body, year in rows]
    listing = ListingResult(column, "http://a/nb/", "static", f"2026-02-0{run[-1]}T08:00:00+08:00", Outcome.OK,
                            complete=True, sightings=seen)
    write_portal(store, run, PortalResult("p", Outcome.OK, listings=[listing]))


def held(store):
    """What every listing held, by run; and how many rows are stored."""
    with store.read() as connection:
        runs = {row["run"]: [tuple(each) for each in connection.execute(
            "SELECT url, body, year FROM listed WHERE listing = ? ORDER BY id", (row["id"],))]
            for row in connection.execute("SELECT id, run FROM listing ORDER BY id")}
        return runs, connection.execute("SELECT count(*) FROM sighting").fetchone()[0]


A, B, C = ("http://a/1", "a", 2025), ("http://a/2", "b", 2025), ("http://a/2", "b", 2024)


def test_a_list_that_holds_the_same_is_stored_once(store):
    for run in ("r1", "r2", "r3"):
        looked(store, run, A, B)
    assert held(store) == ({"r1": [A, B], "r2": [A, B], "r3": [A, B]}, 2)


@pytest.mark.parametrize("other", [(A,), (B, A), (A, C), (A, B, C), ()])
def test_any_difference_is_a_list_of_its_own_and_the_old_one_may_come_back(store, other):
    looked(store, "r1", A, B)
    looked(store, "r2", *other)
    looked(store, "r3", A, B)
    looked(store, "r4", A, B)
    runs, stored = held(store)
    assert runs == {"r1": [A, B], "r2": list(other), "r3": [A, B], "r4": [A, B]}
    assert stored == 4 + len(other)


def test_two_columns_are_two_lists(store):
    looked(store, "r1", A)
    looked(store, "r2", A, column="other")
    assert held(store) == ({"r1": [A], "r2": [A]}, 2)


def test_what_a_list_says_twice_stands_once(store):
    looked(store, "r1", A, A, B, A)
    assert held(store) == ({"r1": [A, B]}, 2)


def test_parts_say_only_what_is_their_own_and_come_back_whole(store):
    url = "http://a/nb/t1.html"
    parts = [{"role": "page", "url": url, "name": TITLE, "request": (url, "GET"), "sha256": "p",
              "media_type": "text/html", "outcome": "ok", "reason": ""},
             {"role": "attachment", "url": "http://a/nb/t1.pdf", "name": "", "request": ("http://a/nb/t1.pdf", "GET"),
              "sha256": None, "media_type": None, "outcome": "gone", "reason": "status 404"}]
    with store.write() as connection:
        connection.execute("INSERT INTO run (id, kind, state, started, simulated, plan) "
                           "VALUES ('r1', 'scan', 'done', 't', 0, '{}')")
        connection.execute("INSERT INTO run_portal (run, portal, state) VALUES ('r1', 'p', 'running')")
    write_portal(store, "r1", PortalResult("p", Outcome.OK, captures=[
        CaptureResult(url, "2026-02-01T08:00:00+08:00", Outcome.OK, content="c", parts=parts, list_title=TITLE)]))
    with store.read() as connection:
        row = connection.execute("SELECT * FROM capture").fetchone()
    assert row["parts"].count(url) == row["parts"].count(TITLE) == 0
    assert parts_of(row) == [{**{name: part[name] for name in part if name != "request"}, "fetch": None}
                             for part in parts]
