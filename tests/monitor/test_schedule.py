"""Slots: which are due, each run once, missed ones made up for once, whatever the clock does."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler import clock
from crawler.store import Store
from monitor import schedule
from monitor.records import monitor_schema
from monitor.schedule import Slot
from monitor.settings import Watch

WATCH = Watch()
JANUARY_31 = date(2027, 1, 31)


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path / "nianbao.db")
    made.migrate(monitor_schema)
    return made


def at(text):
    return clock.parse(text)


def slots(job, start, end, due=(), watch=WATCH):
    return [f"{each:%m-%d %H:%M}" for each in schedule.slots(job, watch, due, at(start), at(end))]


def test_weekly_outside_the_season_daily_within():
    assert slots("scan", "2026-11-01", "2026-11-30") == ["11-02 02:00", "11-09 02:00", "11-16 02:00", "11-23 02:00"]
    assert len(slots("scan", "2027-01-05", "2027-02-06")) == 32  # each day, Mondays not twice
    assert slots("digest", "2026-11-01", "2026-11-15") == ["11-02 08:30", "11-09 08:30"]


def test_around_a_due_day_the_last_evening_and_the_morning_after():
    assert slots("scan", "2027-01-31T03:00", "2027-02-01T12:00", [JANUARY_31]) == [
        "01-31 23:00", "02-01 00:15", "02-01 02:00", "02-01 06:00"]


def test_a_job_without_a_time_has_no_slot():
    off = Watch(backup_time="", tidy="")
    assert slots("backup", "2026-11-01", "2026-12-01", watch=off) == []
    assert schedule.next_slot("tidy", off, (), at("2026-11-01")) is None
    assert schedule.next_slot("tidy", WATCH, (), at("2026-11-01")) is not None


def claim(store, job, now, due=()):
    with store.write() as connection:
        return schedule.claim(connection, job, WATCH, due, at(now))


def finish(store, slot, code, now):
    with store.write() as connection:
        schedule.finish(connection, slot, code, at(now), "words")


def state(store, job):
    with store.read() as connection:
        return [(row["slot"][5:16], row["state"], row["attempts"]) for row in connection.execute(
            "SELECT * FROM slot WHERE job = ? ORDER BY slot", (job,))]


def test_a_new_watch_scans_at_once_and_then_waits_for_its_day(store):
    first = claim(store, "scan", "2026-11-20T09:00")
    assert first == Slot("scan", at("2026-11-16T02:00"))
    assert claim(store, "scan", "2026-11-20T09:01") is None
    finish(store, first, 3, "2026-11-20T10:00")
    assert claim(store, "scan", "2026-11-23T01:59") is None
    assert claim(store, "scan", "2026-11-23T02:00").at == at("2026-11-23T02:00")


def test_of_five_weeks_without_power_one_is_made_up_for(store):
    finish(store, claim(store, "scan", "2026-10-05T02:00"), 0, "2026-10-05T03:00")
    assert claim(store, "scan", "2026-11-11T12:00").at == at("2026-11-09T02:00")
    assert claim(store, "scan", "2026-11-11T12:01") is None
    assert [each[0] for each in state(store, "scan")] == ["10-05T02:00", "11-09T02:00"]


def test_what_was_interrupted_goes_on_before_anything_newer(store):
    claim(store, "scan", "2026-11-02T02:00")
    with store.write() as connection:
        assert schedule.interrupt(connection) == 1
    again = claim(store, "scan", "2026-11-09T02:00")
    assert (again.at, again.attempt, again.resume) == (at("2026-11-02T02:00"), 2, True)
    finish(store, again, 0, "2026-11-09T02:30")
    assert claim(store, "scan", "2026-11-09T02:31").at == at("2026-11-09T02:00")


def test_a_failed_slot_comes_back_as_often_as_the_waits_say_and_then_stays(store):
    now, tries = at("2026-11-02T02:00"), 0
    while now < at("2026-11-03T00:00"):
        with store.write() as connection:
            slot = schedule.claim(connection, "scan", WATCH, (), now)
            if slot is not None:
                tries += 1
                schedule.finish(connection, slot, 4, now, "disk full")
        now += timedelta(minutes=1)
    assert tries == 1 + len(schedule.WAITS)
    assert state(store, "scan") == [("11-02T02:00", "failed", 4)]
    assert claim(store, "scan", "2026-11-09T02:00").attempt == 1


def test_a_clock_that_had_run_ahead_does_not_block_the_days_after(store):
    finish(store, claim(store, "scan", "2031-06-05T02:00"), 0, "2031-06-05T03:00")
    assert claim(store, "scan", "2026-11-09T02:00").at == at("2026-11-09T02:00")


def test_a_clock_set_back_an_hour_repeats_nothing(store):
    finish(store, claim(store, "digest", "2026-11-09T08:30"), 0, "2026-11-09T08:31")
    assert claim(store, "digest", "2026-11-09T07:45") is None
    assert claim(store, "digest", "2026-11-09T08:45") is None


@settings(max_examples=30)
@given(st.lists(st.integers(1, 60 * 24 * 9), min_size=1, max_size=40))
def test_whatever_the_pauses_no_slot_is_run_twice_and_the_newest_never_lost(tmp_path_factory, pauses):
    store = Store(tmp_path_factory.mktemp("watch") / "nianbao.db")
    store.migrate(monitor_schema)
    now, run = at("2026-12-20T00:00"), []
    for pause in pauses:
        now += timedelta(minutes=pause)
        with store.write() as connection:
            while (slot := schedule.claim(connection, "scan", WATCH, (JANUARY_31,), now)) is not None:
                run.append(slot.at)
                schedule.finish(connection, slot, 0, now)
        assert run[-1] == schedule.slots("scan", WATCH, (JANUARY_31,), now - schedule.REACH, now)[-1]
    assert len(run) == len(set(run))
