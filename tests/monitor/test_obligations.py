"""Who owes what by when: the table of days, births and ends of bodies, confirmation, local notices."""

from datetime import date
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.model import Body, Event
from crawler.roster import Roster
from crawler.roster_files import KINDS, LEVELS
from extract import configuration
from extract.exceptions import ConfigurationError
from monitor import obligations as owed


def body(id="b", kind="department", level="county", **more):
    return Body(id=id, name=f"示例{id}局", kind=kind, level=level, **more)


def settings(since=2021, require=False):
    return SimpleNamespace(monitoring=SimpleNamespace(since=since, require_confirmation=require))


def owes(*bodies, years=(2025,), require=False):
    roster = Roster.of(bodies, [])
    return {(one.body, one.scope, one.year): one for one in owed.obligations(roster, settings(require=require), years)}


def days(one):
    return [(day.day.isoformat(), day.tier) for day in one.days]


@pytest.mark.parametrize(("kind", "level", "scope", "expected"), [
    ("department", "county", "own", [("2026-01-31", "statutory")]),
    ("government_office", "prefecture", "own", [("2026-01-31", "statutory")]),
    ("government", "county", "own", [("2026-01-31", "statutory")]),
    ("township", "township", "own", [("2026-01-31", "national")]),
    ("dispatched_office", "township", "own", [("2026-01-31", "list")]),
    ("committee", "county", "own", [("2026-01-31", "list")]),
    ("party_organ", "county", "own", [("2026-01-31", "list")]),
    ("government", "county", "consolidated", [("2026-02-20", "national"), ("2026-03-31", "statutory")]),
    ("government", "prefecture", "consolidated", [("2026-03-10", "national"), ("2026-03-31", "statutory")]),
    ("government", "province", "consolidated", [("2026-03-31", "statutory")]),
    ("corps", "province", "consolidated", [("2026-03-31", "statutory")]),
    ("vertical", "national", "own", [("2026-01-31", "statutory")]),
    ("vertical", "national", "system", [("2026-03-31", "national")]),
    ("vertical", "county", "own", []),
])
def test_days_by_kind_level_and_scope(kind, level, scope, expected):
    one = owes(body(kind=kind, level=level, scopes=(scope,)))["b", scope, 2025]
    assert days(one) == expected
    assert one.applicable


@given(st.sampled_from(sorted(KINDS)), st.sampled_from(sorted(LEVELS)),
       st.sampled_from(["own", "consolidated", "system"]), st.integers(2008, 2040))
def test_every_roster_row_gets_its_days(kind, level, scope, year):
    found = owed.days_of(body(kind=kind, level=level), scope, year)
    assert all(day.day.year == year + 1 for day in found)
    assert list(found) == sorted(found, key=lambda day: (day.day, day.tier))


@pytest.mark.parametrize("kind", ["department", "government", "township"])
def test_reports_of_2018_and_earlier_were_due_on_31_march(kind):
    one = owes(body(kind=kind), years=[2018])["b", "own", 2018]
    assert days(one) == [("2019-03-31", "statutory")]


def test_due_key_of_the_row_wins_only_for_scopes_it_holds_for():
    found = owes(body(kind="government", scopes=("own", "consolidated"), due_key="government_province"))
    assert days(found["b", "consolidated", 2025]) == [("2026-03-31", "statutory")]
    assert days(found["b", "own", 2025]) == [("2026-01-31", "statutory")]


def test_unknown_due_key_names_the_line():
    with pytest.raises(ConfigurationError, match=r"bodies\.csv:7.*'departement'"):
        owes(body(due_key="departement", line=7))


def test_rows_outside_their_years_stand_as_not_applicable():
    found = owes(body(since=2022, until=2023), years=[2021, 2022, 2023, 2024])
    assert [found["b", "own", year].applicable for year in (2021, 2022, 2023, 2024)] == [False, True, True, False]
    assert found["b", "own", 2021].reason == "before_since"
    assert found["b", "own", 2024].reason == "after_until"


@pytest.mark.parametrize(("more", "reason"), [
    ({"obligation": "none"}, "no_duty"), ({"kind": "public_enterprise"}, "public_enterprise"),
    ({"events": (Event("founded", "2026-01-05"),)}, "not_founded"),
    ({"events": (Event("abolished", "2025-12-31"),)}, "dissolved"),
    ({"events": (Event("abolished", "2025-12-31", "heir"),)}, "dissolved"),
    ({"events": (Event("abolished", "2026-01-20"),)}, "dissolved"),
    ({"events": (Event("abolished", "2026-01-20", "heir"),)}, "succeeded"),
])
def test_who_owes_nothing_and_why(more, reason):
    one = owes(body(**more))["b", "own", 2025]
    assert (one.applicable, one.reason) == (False, reason)


@pytest.mark.parametrize("events", [(Event("founded", "2025-12-31"),), (Event("abolished", "2026-02-01"),),
                                    (Event("renamed", "2026-01-10"),)])
def test_a_body_that_existed_on_both_days_owes(events):
    assert owes(body(events=events))["b", "own", 2025].applicable


def test_successor_founded_in_january_owes_for_the_body_it_took_over():
    found = owes(body("old", events=(Event("merged_into", "2026-01-10", "heir"),)),
                 body("heir", events=(Event("founded", "2026-01-10"),)))
    assert not found["old", "own", 2025].applicable
    assert found["heir", "own", 2025].applicable
    assert days(found["heir", "own", 2025]) == [("2026-01-31", "statutory")]


def test_successor_that_owes_its_own_is_not_owed_twice():
    found = owes(body("old", events=(Event("merged_into", "2026-01-10", "heir"),)), body("heir", obligation="expected"))
    assert found["heir", "own", 2025].duty == "expected"
    assert len(found) == 2


@pytest.mark.parametrize(("confirmed_on", "confirmed"), [
    ("", False), ("2025-09-30", False), ("2025-10-01", True), ("2026-01-15", True)])
def test_confirmation_holds_for_its_season(confirmed_on, confirmed):
    one = owes(body(confirmed_on=confirmed_on), require=True)["b", "own", 2025]
    assert (one.confirmed, one.reason) == (confirmed, "" if confirmed else "unconfirmed")
    assert owes(body(confirmed_on=confirmed_on))["b", "own", 2025].confirmed


def test_years_watched_end_with_the_season_that_has_begun():
    assert list(owed.years_watched(settings(2023), date(2026, 1, 1))) == [2023, 2024, 2025]
    assert list(owed.years_watched(settings(2023), date(2025, 12, 31))) == [2023, 2024]


@pytest.fixture
def facts(tmp_path):
    packaged = configuration.path_of(owed.FILE).read_text("utf-8")

    def write(change):
        (tmp_path / owed.FILE).write_text(change(packaged), "utf-8")
        configuration.use_office_folder(tmp_path)

    yield write
    configuration.use_office_folder(None)


def test_a_local_notice_adds_an_earlier_day_to_its_subtree(facts):
    notice = ("local:\n  - {id: l1, notice: 关于报送年度报告的通知, date: 2025-12-20, under: city, "
              "kinds: [department], years: [2025], day: 01-28}\n")
    facts(lambda text: text.replace("local: []\n", notice))
    found = owes(body("city", kind="government"), body("in", parent="city"), body("out"))
    assert days(found["in", "own", 2025]) == [("2026-01-28", "local"), ("2026-01-31", "statutory")]
    assert found["in", "own", 2025].days[0].basis == "L-l1"
    assert found["in", "own", 2025].due.day == date(2026, 1, 31)
    assert days(found["out", "own", 2025]) == [("2026-01-31", "statutory")]
    assert all(tier != "local" for _, tier in days(found["city", "own", 2025]))
    with pytest.raises(ConfigurationError, match="'city' is no id of the roster"):
        owes(body("other"))


@pytest.mark.parametrize(("old", "new", "said"), [
    ("{day: 03-10,", "{day: 03-32,", "month|day is out of range"), ("tier: list,", "tier: lists,", "tier"),
    ("key: township}", "key: townships}", "townships"), ("01-31, tier: list", "02-29, tier: list", "02-28"),
])
def test_faults_of_the_facts_are_said_with_their_line(facts, old, new, said):
    facts(lambda text: text.replace(old, new, 1))
    with pytest.raises(ConfigurationError, match=rf"deadlines\.yaml:\d+: .*({said})"):
        owed.deadlines()
