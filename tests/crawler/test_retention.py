"""What age takes away: rows that saw nothing new, bytes nothing rests on; never anything protected, killed or not."""

import contextlib
import fcntl
import json
import os
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler import clock, retention
from crawler.evidence import Evidence
from crawler.exceptions import StoreError
from crawler.retention import Policy
from crawler.store import Store, row_dicts

NOW = clock.parse("2029-06-01T12:00")
URL = "http://a.example/nb/"
OLD = 4 * 24 * 3600


class Kept:
    """A store of fetches at chosen ages, with their bytes on disk as old as the rows."""

    def __init__(self, folder):
        self.store, self.evidence = Store(folder / "n.db"), Evidence(folder / "evidence")
        self.store.migrate()
        self.runs = 0

    def fetch(self, hours, content=b"same", outcome="ok", url=URL, run=None, listed=False, state="done"):
        """One fetch that many hours before NOW; content None brings nothing."""
        self.runs += 1
        run = run or f"r{self.runs:04}"
        at = (NOW - timedelta(hours=hours)).isoformat(timespec="seconds")
        sha256 = None if content is None else self.evidence.put(content)
        if sha256:
            os.utime(self.evidence.path(sha256), (time.time() - OLD,) * 2)
        with self.store.write() as connection:
            connection.execute("INSERT OR IGNORE INTO run (id, kind, state, started, simulated, plan) "
                               "VALUES (?, 'scan', ?, ?, 0, '{}')", (run, state, at))
            number = connection.execute(
                "INSERT INTO fetch (run, portal, url, request, at, outcome, sha256, status) "
                "VALUES (?, 'p', ?, ?, ?, ?, ?, 200)", (run, url, "GET", at, outcome, sha256)).lastrowid
            if listed:
                connection.execute(
                    "INSERT INTO listing (run, portal, column_id, url, family, at, day, outcome, complete, in_order, "
                    "items, pages) VALUES (?, 'p', 'nb', ?, 'static', ?, ?, 'ok', 1, 1, 5, ?)",
                    (run, url, at, at[:10], json.dumps([number])))
        return number

    def rows(self, query="SELECT * FROM fetch ORDER BY at, id"):
        with self.store.read() as connection:
            return row_dicts(connection, query)

    def tidy(self, protected=((), ()), policy=None, dry_run=False):
        return retention.tidy(self.store, self.evidence, policy or Policy(),
                              lambda _: (set(protected[0]), set(protected[1])), NOW, dry_run)


@pytest.fixture
def kept(tmp_path):
    return Kept(tmp_path)


DAY = 24


def test_within_thirty_days_every_fetch_stays(kept):
    for hours in range(1, 29 * DAY, 6):
        kept.fetch(hours)
    assert kept.tidy().rolled_up == 0


@pytest.mark.parametrize(("days", "step", "stay"), [(60, 2, 2), (200, 24, 2), (400, 72, 2)])
def test_first_and_last_of_a_day_a_week_a_month_stay_with_the_number_between(kept, days, step, stay):
    begin = {60: 60 * DAY, 200: 203 * DAY, 400: 391 * DAY}[days]
    # Each of these spans lies inside one day, week (Monday to Sunday) or month.
    start = NOW - timedelta(hours=begin)
    if days == 60:
        hours = [begin - offset for offset in range(0, 10, step)]
    elif days == 200:
        monday = start - timedelta(days=start.weekday())
        hours = [(NOW - monday - timedelta(hours=offset)).total_seconds() / 3600 for offset in range(0, 6 * DAY, step)]
    else:
        first = start.replace(day=1)
        hours = [(NOW - first - timedelta(hours=offset)).total_seconds() / 3600 for offset in range(0, 25 * DAY, step)]
    for number, each in enumerate(hours):
        # Another page of the run answered too, so that none of these is the host's only sign of life.
        kept.fetch(each, run=f"x{number}")
        kept.fetch(each, b"other", url=URL + str(number), run=f"x{number}")
    done = kept.tidy()
    rows = kept.rows(f"SELECT * FROM fetch WHERE url = '{URL}' ORDER BY at")
    assert len(rows) == stay
    assert done.rolled_up == len(hours) - stay == rows[0]["repeats"]
    assert rows[0]["last_at"] == (NOW - timedelta(hours=hours[-2])).isoformat(timespec="seconds")
    assert kept.tidy().rolled_up == 0


def test_whatever_changed_stays_and_so_does_a_failure_between(kept):
    for number, (content, outcome) in enumerate([(b"a", "ok"), (b"a", "ok"), (b"b", "ok"), (None, "timeout"),
                                                 (b"b", "ok"), (b"b", "ok"), (b"a", "ok"), (b"a", "ok")]):
        kept.fetch(60 * DAY - number, content, outcome)
        kept.fetch(60 * DAY - number, b"z", url=f"{URL}{number}", run=f"r{kept.runs:04}")
    kept.tidy()
    seen = [(row["sha256"] and kept.evidence.get(row["sha256"]), row["repeats"])
            for row in kept.rows(f"SELECT * FROM fetch WHERE url = '{URL}' ORDER BY at, id")]
    assert seen == [(b"a", 1), (b"b", 0), (None, 0), (b"b", 1), (b"a", 0), (b"a", 0)]


def test_listings_and_captures_name_the_row_that_stands_for_theirs(kept):
    for number in range(5):
        kept.fetch(60 * DAY - number, listed=True, run=f"x{number}")
        kept.fetch(60 * DAY - number, b"z", url=f"{URL}{number}", run=f"x{number}")
    kept.tidy()
    ids = {row["id"] for row in kept.rows()}
    named = [json.loads(row["pages"])[0] for row in kept.rows("SELECT pages FROM listing ORDER BY at")]
    assert len(named) == 5
    assert set(named) <= ids
    assert len(set(named)) == 2


def test_a_runs_only_sign_that_a_host_answered_stays(kept):
    for number in range(6):
        kept.fetch(60 * DAY - number)
    assert kept.tidy().rolled_up == 0


def test_protected_rows_and_those_of_unfinished_runs_stay(kept):
    numbers = [kept.fetch(60 * DAY - number, run=f"x{number}", state="failed" if number == 3 else "done")
               for number in range(6)]
    for number in range(6):
        kept.fetch(60 * DAY - number, b"z", url=f"{URL}{number}", run=f"x{number}")
    kept.tidy(protected=({numbers[1]}, ()))
    left = {row["id"] for row in kept.rows()}
    assert {numbers[0], numbers[1], numbers[3], numbers[5]} <= left
    assert not {numbers[2]} & left


def test_old_bytes_that_nothing_names_go_and_their_hash_stays(kept):
    old = kept.fetch(1200 * DAY, b"old")
    kept.fetch(1100 * DAY, b"protected", url=URL + "p")
    kept.fetch(1100 * DAY, b"again", url=URL + "a")
    kept.fetch(10 * DAY, b"again", url=URL + "b")
    kept.fetch(5 * DAY, b"new")
    guarded = kept.evidence.put(b"protected")
    os.utime(kept.evidence.path(guarded), (time.time() - OLD,) * 2)
    dry = kept.tidy(protected=((), {guarded}), dry_run=True)
    assert {content for content, _ in kept.evidence.kept()} == {row["sha256"] for row in kept.rows()}
    done = kept.tidy(protected=((), {guarded}))
    assert (done.files, dry.files) == (1, 1)
    (row,) = [row for row in kept.rows() if row["id"] == old]
    assert (row["released"], len(row["sha256"])) == ("2029-06-01", 64)
    assert not kept.evidence.has(row["sha256"])
    assert kept.evidence.get(guarded) == b"protected"
    assert kept.tidy(protected=((), {guarded})).files == 0


def test_the_newest_good_answer_of_an_address_stays_however_old(kept):
    kept.fetch(1200 * DAY, b"older")
    kept.fetch(1100 * DAY, b"newest")
    kept.fetch(100 * DAY, None, "gone")
    kept.tidy()
    assert [kept.evidence.has(row["sha256"]) for row in kept.rows()[:2]] == [False, True]


def test_nothing_goes_where_evidence_is_kept_for_ever(kept):
    kept.fetch(4000 * DAY, b"old")
    kept.fetch(5 * DAY, b"new")
    assert kept.tidy(policy=Policy(evidence=0)).files == 0


def test_a_file_put_lately_stays_though_no_row_names_it_yet(kept):
    kept.fetch(5 * DAY)
    fresh, stale = kept.evidence.put(b"on its way"), kept.evidence.put(b"left behind")
    os.utime(kept.evidence.path(stale), (time.time() - OLD,) * 2)
    assert kept.tidy().files == 1
    assert kept.evidence.has(fresh)
    assert not kept.evidence.has(stale)


def test_putting_again_makes_an_old_file_fresh(kept):
    sha256 = kept.evidence.put(b"page")
    os.utime(kept.evidence.path(sha256), (time.time() - OLD,) * 2)
    kept.evidence.put(b"page")
    assert not kept.evidence.let_go(sha256)
    assert kept.evidence.get(sha256) == b"page"


def test_no_tidying_while_a_scan_runs(kept):
    with kept.store.path.with_name("n.db.scan-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(StoreError, match="a scan is running"):
            kept.tidy()


def test_what_a_killed_process_left_is_cleared_or_comes_back(kept):
    kept.fetch(5 * DAY, b"needed")
    (needed,) = {row["sha256"] for row in kept.rows()}
    target = kept.evidence.path(needed)
    target.rename(target.with_suffix(".gone"))
    part = target.parent / ".part-x"
    part.write_bytes(b"half")
    os.utime(part, (time.time() - OLD,) * 2)
    other = kept.evidence.path("ab" * 32).with_suffix(".gone")
    other.parent.mkdir(exist_ok=True)
    other.write_bytes(b"unneeded")
    assert kept.tidy().cleared == 2
    assert kept.evidence.get(needed) == b"needed"
    assert not part.exists()


# ---------------------------------------------------------------- nothing named is ever lost, wherever it is killed
class Killed(BaseException):
    """Stands for kill -9: nothing may catch it and go on."""


FETCHES = st.lists(st.tuples(st.integers(1, 2000 * DAY), st.sampled_from([b"a", b"b", b"c", None]),
                             st.sampled_from(["1", "2"]), st.booleans()), min_size=1, max_size=14)


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(fetches=FETCHES, guarded=st.sets(st.integers(0, 13), max_size=3), death=st.integers(0, 12))
def test_nothing_that_is_named_is_ever_lost(fetches, guarded, death):
    with tempfile.TemporaryDirectory() as folder:
        kept = Kept(Path(folder))
        numbers = [kept.fetch(hours, content, "ok" if content else "timeout", URL + place, listed=listed)
                   for hours, content, place, listed in fetches]
        before = {row["id"]: row for row in kept.rows()}
        protected = {numbers[place] for place in guarded if place < len(numbers)}
        hashes = {before[number]["sha256"] for number in protected} - {None}
        _killed_at(death, lambda: kept.tidy((protected, hashes)))
        kept.tidy((protected, hashes))
        after = {row["id"]: row for row in kept.rows()}
        assert protected <= after.keys()
        for row in after.values():
            if row["sha256"] and row["released"] is None:
                kept.evidence.get(row["sha256"])
        for sha256 in hashes:
            kept.evidence.get(sha256)
        assert sum(1 + row["repeats"] for row in after.values()) == len(before)
        for listing in kept.rows("SELECT pages FROM listing"):
            assert set(json.loads(listing["pages"])) <= after.keys()
        # Every content seen is still told of, with the first time it was seen.
        for url in {row["url"] for row in before.values()}:
            for sha256 in {row["sha256"] for row in before.values() if row["url"] == url}:
                seen = [min(row["at"] for row in rows.values() if (row["url"], row["sha256"]) == (url, sha256))
                        for rows in (before, after)]
                assert seen[0] == seen[1]
        assert kept.tidy((protected, hashes)).rolled_up == 0


def _killed_at(step, work):
    """Run `work` and kill it at its step-th change of a row or a file."""
    left = [step]

    def counted(original):
        def call(*arguments, **named):
            left[0] -= 1
            if left[0] < 0:
                raise Killed
            return original(*arguments, **named)
        return call

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(retention, "_fold", counted(retention._fold))
        patch.setattr(Evidence, "let_go", counted(Evidence.let_go))
        patch.setattr(Path, "unlink", counted(Path.unlink))
        patch.setattr(Path, "replace", counted(Path.replace))
        patch.setattr(retention.Store, "write", counted(retention.Store.write))
        with contextlib.suppress(Killed):
            work()


def test_after_five_weeks_an_unbroken_row_of_the_same_keeps_its_first_and_last_whatever_the_calendar(kept):
    first = kept.fetch(300 * DAY, b"a", run="x0")
    for number in range(1, 30):
        kept.fetch(300 * DAY - number * 7 * DAY, b"a", run=f"x{number}")
    for number in range(30):
        kept.fetch(300 * DAY - number * 7 * DAY, b"other", url=URL + "o", run=f"x{number}")
    assert kept.tidy(policy=Policy(unchanged=0)).rolled_up < 50
    kept.tidy()
    rows = kept.rows(f"SELECT * FROM fetch WHERE url = '{URL}' ORDER BY at")
    assert len(rows) == 2
    assert rows[0]["id"] == first
    assert rows[0]["repeats"] == 28


def capture(kept, hours, run, content="c1", outcome="ok"):
    at = (NOW - timedelta(hours=hours)).isoformat(timespec="seconds")
    number = kept.fetch(hours, b"page", outcome=outcome, run=run, url=URL + "1.html")
    with kept.store.write() as connection:
        connection.execute(
            "INSERT INTO capture (run, portal, url, at, outcome, content, parts) VALUES (?, 'p', ?, ?, ?, ?, ?)",
            (run, URL + "1.html", at, outcome, content, json.dumps(
                [{"role": "page", "url": URL + "1.html", "sha256": "s", "outcome": outcome, "fetch": number}])))


def test_captures_of_the_same_go_but_the_first_the_last_and_what_failed(kept):
    for week, (content, outcome) in enumerate(
            [("c1", "ok")] * 5 + [(None, "gone")] * 3 + [("c1", "ok")] * 3 + [("c2", "ok")] * 4):
        capture(kept, (300 - 7 * week) * DAY, f"x{week:02}", content, outcome)
    done = kept.tidy()
    left = [(row["run"], row["content"]) for row in kept.rows("SELECT * FROM capture ORDER BY at")]
    assert left == [("x00", "c1"), ("x04", "c1"), ("x05", None), ("x06", None), ("x07", None), ("x08", "c1"),
                    ("x10", "c1"), ("x11", "c2"), ("x14", "c2")]
    assert done.captures == 6
    assert kept.tidy().captures == 0


def test_captures_of_protected_fetches_stay(kept):
    for week in range(5):
        capture(kept, (300 - 7 * week) * DAY, f"x{week:02}")
    middle = kept.rows("SELECT id FROM fetch WHERE run = 'x02'")[0]["id"]
    kept.tidy(protected=({middle}, ()))
    assert [row["run"] for row in kept.rows("SELECT run FROM capture ORDER BY at")] == ["x00", "x02", "x04"]
