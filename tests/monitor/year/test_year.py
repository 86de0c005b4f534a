"""A year of the watch with hundreds of faults: every true lateness and absence told exactly once, nobody by mistake, no
digest lost or doubled, nothing left waiting."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta

import pytest

from crawler import clock
from extract import configuration
from monitor.alerts import outbox
from tests.monitor.year import world as truth
from tests.monitor.year.simulation import END, REAL_SCANS, START, PowerCutError, Year

SEED = 20261121


@pytest.fixture(scope="module")
def year(tmp_path_factory):
    made = Year(tmp_path_factory.mktemp("year"), truth.make(SEED), SEED)
    made.run()
    # The year is over; the post may take a few days to get everything through.
    for hours in range(1, 24 * 12):
        made.post.now = END + timedelta(hours=hours)
        clock.simulate(made.post.now.isoformat())
        try:
            outbox.drain(made.settings, made.store, made.post.now, made.post)
        except PowerCutError:
            continue
    clock.simulate(None)
    yield made
    configuration.use_office_folder(None)


def rows(year, query, *values):
    with year.store.read() as connection:
        return [dict(row) for row in connection.execute(query, values)]


def told(year, status):
    """How often each body was told at once with this status."""
    listed = rows(year, "SELECT item FROM told WHERE recipient = 'city' AND kind = 'immediate'")
    return Counter(each["item"].split("|")[0] for each in listed if each["item"].endswith(f"|{status}"))


@pytest.mark.slow
def test_the_year_was_hard(year, capsys):
    with capsys.disabled():
        print(f"\n  {sum(year.faults.values())} faults in a year of {len(year.world.bodies)} bodies:")
        for name, number in sorted(year.faults.items(), key=lambda each: -each[1]):
            print(f"  {number:5}  {name}")
        print("  jobs: " + ", ".join(f"{name} {number}" for name, number in sorted(year.jobs.items())))
        print(f"  mails accepted: {len(year.post.taken)}, told missing {sum(told(year, 'missing').values())}, late "
              f"{sum(told(year, 'late').values())}, withdrawn {sum(told(year, 'withdrawn').values())}")
    assert sum(year.faults.values()) >= 200
    assert len(year.faults) >= 12
    assert year.real == len(REAL_SCANS)


@pytest.mark.slow
def test_every_absence_that_could_be_proven_is_told_exactly_once(year):
    provable = {body.id for body in year.world.bodies if year.world.provably_missing(body)}
    assert len(provable) >= 20
    assert told(year, "missing") == Counter(dict.fromkeys(provable, 1))


@pytest.mark.slow
def test_nobody_is_accused_who_had_published(year):
    on_time = {body.id for body in year.world.bodies if body.published and body.published <= truth.DUE}
    assert not on_time & set(told(year, "missing"))
    assert not on_time & set(told(year, "late"))


@pytest.mark.slow
def test_every_lateness_is_told_exactly_once(year):
    late = {body.id for body in year.world.bodies if year.world.late(body)}
    assert told(year, "late") == Counter(dict.fromkeys(late, 1))


@pytest.mark.slow
def test_what_was_taken_down_is_told_exactly_once(year):
    gone = {body.id for body in year.world.bodies if body.gone}
    assert told(year, "withdrawn") == Counter(dict.fromkeys(gone, 1))


@pytest.mark.slow
def test_no_mail_names_as_missing_who_was_seen_when_last_looked_at(year):
    published = {body.name: body for body in year.world.bodies if body.published}
    for _, message in year.post.taken:
        text = message.get_body(("plain",)).get_content()
        made = message["Date"].datetime
        for line in text.splitlines():
            if "未见公布" not in line or "尚未见公布" in line:
                continue
            for name, body in published.items():
                looked = year.world.last_look(body, made)
                if name in line and looked is not None:
                    assert not body.shows(looked), (name, made, looked)


@pytest.mark.slow
def test_a_digest_every_week_for_everybody_none_lost_none_doubled(year):
    weeks = {(START + timedelta(days=day)).isocalendar()[:2] for day in range((END - START).days)}
    # While the power was off, from Monday to Wednesday of the next week, one week had no digest.
    for recipient in ("city@office.example", "district@office.example"):
        by_id = defaultdict(set)
        for _, message in year.post.taken:
            if str(message["To"]) == recipient and "·第" in str(message["Subject"]):
                by_id[message["Message-ID"]].add(bytes(message))
        assert all(len(copies) == 1 for copies in by_id.values()), "one Message-ID, two differing mails"
        periods = {each["period"] for each in rows(
            year, "SELECT period FROM outbox WHERE kind = 'digest' AND recipient = ?", recipient)}
        assert len(by_id) == len(periods)
        assert {f"{number}-W{week:02}" for number, week in weeks} - periods <= {"2026-W28"}


@pytest.mark.slow
def test_nothing_waits_for_ever(year):
    assert rows(year, "SELECT key, state, error FROM outbox WHERE state <> 'sent'") == []
    assert rows(year, "SELECT * FROM slot WHERE state IN ('running', 'interrupted')") == []
    failed = rows(year, "SELECT * FROM slot WHERE state = 'failed' AND next_try IS NOT NULL")
    assert failed == []
    unfinished = rows(year, "SELECT id FROM run WHERE state IN ('running', 'failed')")
    assert unfinished == []


@pytest.mark.slow
def test_no_slot_was_lost_while_the_power_was_on(year):
    scans = rows(year, "SELECT slot, state FROM slot WHERE job = 'scan'")
    assert {each["state"] for each in scans} <= {"done", "failed"}
    assert sum(each["state"] == "failed" for each in scans) <= 3
    assert len(scans) >= 90
