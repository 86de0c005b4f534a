"""Whole rounds on the loopback world: statuses and findings as worked out by hand, and nothing twice."""

import pytest

from crawler import clock
from crawler.roster import Roster
from crawler.store import Store
from extract import configuration
from monitor import patrol, records, review
from monitor import settings as settings_module
from monitor.exceptions import SettingsError, UsageError
from monitor.model import Status
from tests.portals import facts, truth, world
from tests.portals.offices import YEARS

SETTINGS = """
[facts]
folder = "facts"
[scan]
contact = "test@example.com"
delay = 0.01
timeout = 5.0
retries = 0
allow_private_addresses = true
[monitoring]
since = {since}
[reading]
workers = 2
[mail]
from = "nianbao@city.example"
"""


@pytest.fixture
def office(tmp_path):
    """Settings of an office whose facts name nothing yet; the clock and the facts folder are put back afterwards."""
    (tmp_path / "facts").mkdir()
    (tmp_path / "settings.toml").write_text(SETTINGS.format(since=YEARS[0]), "utf-8")
    yield settings_module.load(tmp_path / "settings.toml")
    clock.simulate(None)
    configuration.use_office_folder(None)


@pytest.fixture
def running(office):
    with world.portals() as portals:
        facts.write(office.facts.folder, portals.port)
        settings_module.activate(office)
        yield portals


def round_on(day, office, portals, store):
    portals.day = day
    clock.simulate(f"{day.isoformat()}T09:00")
    return patrol.round(office, store, Roster.load())


def rows(store, table):
    with store.read() as connection:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


@pytest.mark.slow
def test_three_rounds_come_to_what_the_world_holds(office, running):
    store = Store(office.store.database)
    for place, day in enumerate(world.SCANS):
        result = round_on(day, office, running, store)
        assert result.exit_code == 3
        stood = {(one.body, one.scope, one.year): one for one in result.judged.standings}
        wrong = {key: (stood[key].status.value, stood[key].reason) for key, allowed in truth.statuses().items()
                 if stood[key].status.value not in allowed[place]}
        assert wrong == {}
        with store.read() as connection:
            listed = [each for each in review.list_findings(connection) if each.cleared is None]
        found = {(each.finding.rule, each.finding.body, each.finding.outcome) for each in listed
                 if each.finding.year == YEARS[-1]}
        assert truth.FINDINGS[day] <= found
        severe = [each for each in listed if each.finding.severity == "E" and each.finding.outcome == "fail"]
        planted = {(rule, body) for rule, body, _ in truth.FINDINGS[day] if rule in truth.SEVERE}
        assert {(each.finding.rule, each.finding.body) for each in severe} <= planted
        if place == 0:
            before = {table: rows(store, table) for table in ("report", "finding", "outbox")}
            again = round_on(day, office, running, store)
            assert (again.read.new, again.read.changed, again.judged.queued) == ([], [], [])
            assert again.judged.findings.new == []
            assert {table: rows(store, table) for table in before} == before


def test_a_simulated_clock_that_begins_anew_takes_nothing_back(office):
    store = Store(office.store.database)
    store.migrate(records.monitor_schema)
    with store.write() as connection:
        connection.execute("INSERT INTO run (id, kind, state, started, finished, simulated, plan) VALUES ('r', 'scan', "
                           "'done', '2026-02-09T09:00:00+08:00', '2026-02-09T09:00:18+08:00', 1, '{}')")
    for begun, judged in (("2026-02-09T09:00", "2026-02-09T09:00:18"), ("2026-02-10T09:00", "2026-02-10T09:00:0"),
                          ("2026-02-02T09:00", "2026-02-02T09:00:0")):
        clock.simulate(begun)
        assert patrol.judge(office, store, Roster({}, {})).at.startswith(judged)


@pytest.mark.slow
def test_judging_again_is_idempotent_and_answers_as_of_a_moment(office, running):
    store = Store(office.store.database)
    roster = Roster.load()
    for day in world.SCANS[:2]:
        round_on(day, office, running, store)
    first, second = (patrol.judge(office, store, roster) for _ in range(2))
    assert (second.findings.new, second.findings.changed, second.findings.cleared, second.queued) == ([], [], [], [])
    assert [one.status for one in first.standings] == [one.status for one in second.standings]
    earlier = patrol.judge(office, store, roster, at=clock.parse("2026-02-03T09:00"))
    health = next(one for one in earlier.standings if (one.body, one.year) == ("yangli-health", 2025))
    assert health.status is Status.NOT_SEEN


def test_unknown_ids_and_a_missing_contact_are_said(office, running):
    store, roster = Store(office.store.database), Roster.load()
    with pytest.raises(UsageError, match="--portal nowhere: not in the roster"):
        patrol.plan_of(office, store, roster, portals=["nowhere"])
    with pytest.raises(UsageError, match="--body nobody"):
        patrol.plan_of(office, store, roster, bodies=["nobody"])
    office.scan.contact = ""
    with pytest.raises(SettingsError, match=r"settings\.toml: \[scan\] contact is empty"):
        patrol.plan_of(office, store, roster)


def test_a_plan_visits_every_portal_or_those_of_the_bodies_named(office, running):
    store, roster = Store(office.store.database), Roster.load()
    assert set(patrol.plan_of(office, store, roster).portals) == set(world.PORTALS)
    assert patrol.plan_of(office, store, roster, bodies=["shidian-water"]).portals == ["shidian"]
    assert patrol.plan_of(office, store, roster, portals=["yangli"], year=2025).year == 2025
    assert patrol.plan_of(office, store, roster, resume=True) is None
