"""Every status of the domain's table from a made history, and: nothing but two healthy observations says `missing`."""

import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler import clock
from crawler.model import Body, Event, Outcome
from monitor.model import Status
from monitor.standing import BEFORE_END, due_end
from tests.monitor.history import HOST, History, item

URL = f"{HOST}/nb/1.html"
COUNTY = Body(id="b", name="示例县人民政府", kind="government", level="county", scopes=("consolidated",), portal="p")


@pytest.fixture
def past(tmp_path):
    return History(tmp_path)


# ---------------------------------------------------------------- not yet due, not applicable
@pytest.mark.parametrize(("at", "status"), [
    ("2026-01-05T09:00", Status.NOT_DUE), ("2026-01-18T09:00", Status.DUE_SOON), ("2026-01-31T23:59", Status.DUE_SOON)])
def test_before_the_day_nothing_is_missing(past, at, status):
    past.look("2026-01-05T08:00")
    past.look("2026-01-31T12:00")
    one = past.stand(at)
    assert (one.status, one.due.isoformat(), one.tier) == (status, "2026-01-31", "statutory")


def test_a_body_that_owes_nothing_is_not_applicable(tmp_path):
    body = Body(id="b", name="示例市教育局", kind="department", level="county", portal="p",
                events=(Event("founded", "2026-01-05"),))
    one = History(tmp_path, [body]).stand("2026-02-09")
    assert (one.status, one.reason) == (Status.NOT_APPLICABLE, "not_founded")


def test_an_unconfirmed_row_is_never_missing(past, monkeypatch):
    monkeypatch.setattr("tests.monitor.history._Monitoring.require_confirmation", True)
    past.look("2026-02-02T09:00")
    past.look("2026-02-09T09:00")
    one = past.stand("2026-02-10")
    assert (one.status, one.reason) == (Status.NOT_CONFIRMED, "unconfirmed")


def test_a_branch_without_a_day_is_never_missing(tmp_path):
    past = History(tmp_path, [Body(id="b", name="示例海关", kind="vertical", level="county", portal="p")])
    past.look("2026-02-02T09:00")
    past.look("2026-02-09T09:00")
    assert past.stand("2026-04-09").status is Status.NOT_DUE


# ---------------------------------------------------------------- absence
def test_two_healthy_observations_after_the_day_are_missing(past):
    past.look("2026-02-02T09:00")
    past.look("2026-02-09T09:00")
    one = past.stand("2026-02-10")
    assert (one.status, one.tier) == (Status.MISSING, "statutory")
    assert (one.evidence["t1"][:16], one.evidence["t2"][:16]) == ("2026-02-02T09:00", "2026-02-09T09:00")
    assert len(one.evidence["listings"]) == len(one.evidence["snapshots"]) == 2
    assert one.last_checked[:10] == "2026-02-09"
    assert one.evidence["channels"][0]["name"] == "栏目nb"


def test_one_healthy_observation_is_not_seen_and_answers_as_of_a_moment(past):
    past.look("2026-02-02T09:00")
    past.look("2026-02-09T09:00")
    assert past.stand("2026-02-05").status is Status.NOT_SEEN
    assert past.stand("2026-02-01T00:30").status is Status.UNVERIFIED
    assert past.stand("2026-02-10").status is Status.MISSING


@pytest.mark.parametrize(("first", "second", "status"), [
    ("2026-01-30T00:10", "2026-02-01T00:15", Status.MISSING), ("2026-01-29T23:50", "2026-02-01T00:15", Status.NOT_SEEN),
    ("2026-01-31T23:00", "2026-02-01T00:15", Status.NOT_SEEN), ("2026-01-31T23:00", "2026-02-01T06:00", Status.MISSING),
    ("2026-02-02T08:00", "2026-02-02T20:00", Status.NOT_SEEN),
    ("2026-01-30T12:00", "2026-01-31T23:00", Status.UNVERIFIED),
])
def test_which_two_observations_suffice(past, first, second, status):
    past.look(first)
    past.look(second)
    assert past.stand("2026-02-05").status is status


@pytest.mark.parametrize("outcome", [one for one in Outcome if not one.supports_absence])
def test_a_look_that_failed_is_unverified_with_its_reason(past, outcome):
    count = 0 if outcome is Outcome.EMPTY_LISTING else 5
    past.look("2026-02-02T09:00", outcome=outcome.value, items_count=count)
    past.look("2026-02-09T09:00", outcome=outcome.value, items_count=count)
    one = past.stand("2026-02-10")
    assert (one.status, one.outcome) == (Status.UNVERIFIED, outcome.value)
    assert one.reason in ("portal_unreachable", "column_empty", "unknown_shape")
    assert one.evidence["flaws"][0]["since"][:10] == "2026-02-02"
    assert one.last_checked is None


def test_a_portal_that_failed_before_any_list_is_unverified_too(past):
    past.look("2026-02-02T09:00", failed="dns")
    past.look("2026-02-09T09:00", failed="dns")
    one = past.stand("2026-02-10")
    assert (one.status, one.reason, one.outcome) == (Status.UNVERIFIED, "portal_unreachable", "dns")


def test_a_portal_that_fails_later_takes_nothing_back(past):
    past.look("2026-02-02T09:00")
    past.look("2026-02-09T09:00")
    past.look("2026-02-16T09:00", outcome="timeout")
    one = past.stand("2026-02-17")
    assert (one.status, one.evidence["t2"][:10]) == (Status.MISSING, "2026-02-09")


def test_one_healthy_look_and_one_failure_is_not_missing(past):
    past.look("2026-02-02T09:00")
    past.look("2026-02-09T09:00", outcome="challenge")
    assert past.stand("2026-02-10").status is Status.NOT_SEEN


def test_an_incomplete_list_supports_nothing_unless_it_passed_the_season_in_order(past):
    past.look("2026-02-02T09:00", complete=False)
    past.look("2026-02-09T09:00", complete=False)
    one = past.stand("2026-02-10")
    assert (one.status, one.reason) == (Status.UNVERIFIED, "list_incomplete")
    past.look("2026-02-16T09:00")
    past.look("2026-02-23T09:00", complete=False, reached="2025-12-20")
    assert past.stand("2026-02-24").status is Status.MISSING
    past.look("2026-03-02T09:00", complete=False, reached="2026-01-20")
    assert past.stand("2026-03-03").evidence["t2"][:10] == "2026-02-23"


@pytest.mark.parametrize(("first", "ordered", "status"), [
    ("2026-02-16", True, Status.MISSING), ("2026-02-16", False, Status.UNVERIFIED),
    ("2026-03-20", True, Status.UNVERIFIED)])
def test_a_walk_past_the_season_counts_only_within_eight_weeks_of_a_full_one(past, first, ordered, status):
    past.look("2026-01-02T09:00", in_order=ordered)
    past.look(f"{first}T09:00", complete=False, reached="2025-12-20")
    past.look("2026-02-23T09:00" if first < "2026-02-23" else "2026-03-27T09:00", complete=False, reached="2025-12-20")
    assert past.stand("2026-03-28").status is status


@pytest.mark.parametrize("filled", [False, True])
def test_an_empty_list_never_supports_missing(past, filled):
    if filled:
        past.look("2026-01-05T09:00")
    for day in ("2026-02-02", "2026-02-09", "2026-02-16"):
        past.look(f"{day}T09:00", outcome="empty_listing", items_count=0)
    one = past.stand("2026-02-17")
    assert (one.status, one.reason) == (Status.UNVERIFIED, "column_empty")
    (column,) = one.evidence["empty"]
    assert column["filled_before"] is filled
    assert len(column["times"]) == 3


def test_an_ok_list_without_items_supports_nothing_either(past):
    past.look("2026-02-02T09:00", items_count=0)
    past.look("2026-02-09T09:00", items_count=0)
    assert past.stand("2026-02-10").reason == "column_empty"


def test_every_column_of_the_row_must_have_answered(tmp_path):
    past = History(tmp_path, columns=("own", "joint"))
    past.look("2026-02-02T09:00", columns=("own",))
    past.look("2026-02-09T09:00", columns=("own",))
    one = past.stand("2026-02-10")
    assert (one.status, one.reason) == (Status.UNVERIFIED, "not_looked")
    past.look("2026-02-16T09:00")
    past.look("2026-02-23T09:00")
    assert past.stand("2026-02-24").status is Status.MISSING


def test_a_row_without_a_column_is_unverified(tmp_path):
    past = History(tmp_path, [Body(id="b", name="示例市教育局", kind="department", level="county")])
    one = past.stand("2026-02-10")
    assert (one.status, one.reason) == (Status.UNVERIFIED, "no_column")


def test_not_modified_serves_once_and_only_beside_a_full_answer_after_the_day(past):
    past.look("2026-01-20T09:00")
    past.look("2026-02-02T09:00", outcome="not_modified")
    past.look("2026-02-09T09:00", outcome="not_modified")
    assert past.stand("2026-02-10").status is Status.NOT_SEEN
    past.look("2026-02-16T09:00")
    assert past.stand("2026-02-17").status is Status.MISSING


def test_not_modified_after_the_day_needs_a_full_answer_after_the_day(past):
    past.look("2026-01-31T10:00")
    past.look("2026-02-02T09:00", outcome="not_modified")
    assert past.stand("2026-02-03").status is Status.NOT_SEEN


def test_not_modified_never_serves_for_both(past):
    """The full answer between the two stands too near to either to be one of the pair itself."""
    past.look("2026-01-20T09:00")
    past.look("2026-02-02T08:00", outcome="not_modified")
    past.look("2026-02-02T22:00")
    past.look("2026-02-03T01:00", outcome="not_modified")
    assert past.stand("2026-02-03T02:00").status is Status.NOT_SEEN


def test_what_not_modified_repeats_counts_as_listed(past):
    past.look("2026-01-20T09:00", item(route="unrouted", body=None, printed="教育局"))
    past.look("2026-02-02T09:00", outcome="not_modified")
    one = past.stand("2026-02-03")
    assert (one.status, one.reason) == (Status.UNVERIFIED, "unrouted_title")


@pytest.mark.parametrize(("route", "body", "year", "printed", "reason"), [
    ("unrouted", None, 2025, "示例市教育", "unrouted_title"), ("unrouted", None, None, "", "unrouted_title"),
    ("unrouted", "b", None, "", "unrouted_title"), ("foreign", "b", 2025, "", "foreign_title"),
    ("foreign", None, None, "", "foreign_title"), ("note", "b", 2025, "", "note_only"),
])
def test_a_title_that_could_be_it_blocks_missing(past, route, body, year, printed, reason):
    listed = item(route=route, body=body, scope="unknown", year=year, printed=printed)
    past.look("2026-02-02T09:00", listed)
    past.look("2026-02-09T09:00", listed)
    one = past.stand("2026-02-10")
    assert (one.status, one.reason) == (Status.UNVERIFIED, reason)
    assert one.evidence["titles"]


@pytest.mark.parametrize("listed", [
    item(route="unrouted", body=None, year=2024), item(route="unrouted", body=None, printed="示例市水利局"),
    item(route="report", year=2024), item(route="reject", body=None, year=2025), item(route="other", body=None)])
def test_a_title_that_cannot_be_it_blocks_nothing(past, listed):
    past.look("2026-02-02T09:00", listed)
    past.look("2026-02-09T09:00", listed)
    assert past.stand("2026-02-10").status is Status.MISSING


@pytest.mark.parametrize("known", [{"verdict": "other"}, {"body": "x"}, {"year": 2024},
                                   {"body": None, "title": "示例市水利局2025年政府信息公开工作年度报告"}])
def test_a_doubtful_title_whose_page_was_read_as_something_else_blocks_nothing(past, known):
    listed = item(route="unrouted", body=None, year=None, scope="unknown")
    past.look("2026-02-02T09:00", listed)
    past.look("2026-02-09T09:00", listed)
    past.report(URL, "2026-02-02T09:01", **{"body": None, "verdict": "report", **known})
    assert past.stand("2026-02-10").status is Status.MISSING


def test_a_title_seen_only_in_an_incomplete_later_list_still_blocks(past):
    past.look("2026-02-02T09:00")
    past.look("2026-02-09T09:00")
    past.look("2026-02-16T09:00", item(route="unrouted", body=None, year=None), complete=False)
    assert past.stand("2026-02-17").status is not Status.MISSING


def test_a_county_is_weighed_by_the_day_its_observations_reach(tmp_path):
    past = History(tmp_path, [COUNTY])
    past.look("2026-02-23T09:00")
    assert past.stand("2026-02-24").status is Status.NOT_SEEN
    past.look("2026-03-02T09:00")
    one = past.stand("2026-03-10")
    assert (one.status, one.tier, one.due.isoformat()) == (Status.MISSING, "national", "2026-02-20")
    past.look("2026-04-01T09:00")
    assert past.stand("2026-04-02").tier == "national"
    past.look("2026-04-08T09:00")
    one = past.stand("2026-04-09")
    assert (one.status, one.tier, one.due.isoformat()) == (Status.MISSING, "statutory", "2026-03-31")


# ---------------------------------------------------------------- published
def published(past, *dates, first="2026-02-02T09:00", **more):
    past.look(first, item(**more))
    past.report(URL, first, dates=dates, scope=more.get("scope", "own"))
    return past.stand("2026-04-09")


def test_on_time_by_the_pages_date(past):
    one = published(past, ("2026-01-31", "page"))
    assert (one.status, one.published, one.published_source) == (Status.ON_TIME, "2026-01-31", "page")
    assert one.days_late is None
    assert one.address == URL
    assert one.report


def test_late_counts_days_from_the_statutory_day(past):
    one = published(past, ("2026-02-01", "page"))
    assert (one.status, one.days_late, one.tier) == (Status.LATE, 1, "statutory")


@pytest.mark.parametrize(("day", "status", "late", "tier"), [
    ("2026-02-20", Status.ON_TIME, None, "statutory"), ("2026-03-10", Status.LATE_BY_RULE, 18, "national"),
    ("2026-04-07", Status.LATE, 7, "statutory")])
def test_a_county_breaks_its_days_one_after_the_other(tmp_path, day, status, late, tier):
    past = History(tmp_path, [COUNTY])
    one = published(past, (day, "page"), first="2026-04-08T09:00", scope="consolidated")
    assert (one.status, one.days_late, one.tier) == (status, late, tier)


@pytest.mark.parametrize(("dates", "reason"), [
    ((("2026-01-29", "page"), ("2026-02-18", "url")), "dates_differ"), ((), "no_date"),
    ((("2026-01-20", "written"), ("2026-03-01", "last_modified")), "weak_date"),
    ((("2024-01-20", "page"),), "date_before_year_end"), ((("2026-05-20", "page"),), "date_in_future")])
def test_undated_where_the_evidence_does_not_tell(past, dates, reason):
    one = published(past, *dates, first="2026-03-02T09:00")
    assert (one.status, one.reason) == (Status.UNDATED, reason)
    assert one.days_late is None


def test_the_lists_day_is_evidence_as_the_pages_is(past):
    past.look("2026-03-02T09:00", item(day="2026-02-09"))
    past.report(URL, "2026-03-02T09:00", dates=[("2026-01-29", "page")])
    assert past.stand("2026-03-03").reason == "dates_differ"


@pytest.mark.parametrize("dates", [(), (("2026-02-18", "page"),), (("2026-01-29", "page"), ("2026-02-18", "url"))])
def test_what_we_saw_in_time_was_in_time_whatever_is_printed(past, dates):
    one = published(past, *dates, first="2026-01-30T09:00")
    assert one.status is Status.ON_TIME


def test_the_earliest_of_two_channels_counts(tmp_path):
    past = History(tmp_path, columns=("own", "joint"))
    other = f"{HOST}/joint/9.html"
    past.look("2026-03-02T09:00", item(), item(other))
    past.report(URL, "2026-03-02T09:00", dates=[("2026-02-09", "page")])
    past.report(other, "2026-03-02T09:00", dates=[("2026-01-29", "page")])
    one = past.stand("2026-03-03")
    assert (one.status, one.published, one.address) == (Status.ON_TIME, "2026-01-29", other)


def test_a_corrected_report_keeps_the_day_it_was_first_seen(past):
    past.look("2026-01-30T09:00", item())
    past.report(URL, "2026-01-30T09:00", content="c1")
    past.report(URL, "2026-03-02T09:00", content="c2", dates=[("2026-03-01", "page")])
    assert past.stand("2026-03-03").status is Status.ON_TIME


# ---------------------------------------------------------------- never a false accusation
LOOKS = st.lists(st.tuples(
    st.integers(0, 24 * 40), st.sampled_from([one.value for one in Outcome]), st.booleans(), st.sampled_from([0, 8]),
    st.sampled_from([None, "unrouted", "report", "foreign"])), max_size=7)
START = clock.parse("2026-01-25T00:00")
DUE_END = due_end(START.date().replace(day=31))


def _history(looks):
    with tempfile.TemporaryDirectory() as folder:
        past = History(Path(folder))
        for hours, outcome, complete, items, route in looks:
            listed = [item(route=route, body="b" if route == "report" else None)] if route else []
            past.look((START + timedelta(hours=hours)).isoformat(), *listed, outcome=outcome, complete=complete,
                      items_count=items + len(listed) if items else 0, in_order=False)
        return past.stand((START + timedelta(days=41)).isoformat())


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(LOOKS)
def test_missing_only_after_two_healthy_looks_without_it(looks):
    one = _history(looks)
    if one.status is not Status.MISSING:
        return
    clean = [START + timedelta(hours=hours) for hours, outcome, complete, items, route in looks
             if outcome in ("ok", "not_modified") and complete and items and route is None]
    around = [moment for moment in clean if moment >= DUE_END - BEFORE_END]
    assert len({moment.date() for moment in around}) >= 2
    assert any(moment >= DUE_END for moment in around)
    assert any(outcome == "ok" and START + timedelta(hours=hours) >= DUE_END for hours, outcome, *_ in looks)
    assert not any(route == "report" for *_, items, route in looks if items)


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(
    st.integers(0, 24 * 40), st.sampled_from([one.value for one in Outcome if not one.supports_absence]),
    st.booleans(), st.sampled_from([0, 8]), st.none()), max_size=7))
def test_what_could_not_be_looked_at_is_never_missing_nor_not_seen(looks):
    assert _history(looks).status is Status.UNVERIFIED
