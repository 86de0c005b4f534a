"""Dates against due days: best evidence first, earliest page, never late while anything first-hand says otherwise."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.dating import FIRST_HAND, Page, breach, judge
from monitor.model import DueDay, Status

NATIONAL, LAST = DueDay(date(2026, 2, 20), "national", "G30-days"), DueDay(date(2026, 3, 31), "statutory", "T49-2")
LOCAL = DueDay(date(2026, 1, 28), "local", "L-x")
TODAY = date(2026, 5, 1)


def page(*dates, seen=TODAY, address="a"):
    return Page(address, dates, seen)


@pytest.mark.parametrize(("day", "status", "broken"), [
    ("2026-01-28", Status.ON_TIME, None), ("2026-01-29", Status.LATE_BY_RULE, LOCAL),
    ("2026-02-20", Status.LATE_BY_RULE, LOCAL), ("2026-02-21", Status.LATE_BY_RULE, NATIONAL),
    ("2026-03-31", Status.LATE_BY_RULE, NATIONAL), ("2026-04-01", Status.LATE, LAST)])
def test_the_day_itself_counts_and_the_latest_broken_day_is_named(day, status, broken):
    assert breach(date.fromisoformat(day), (LOCAL, NATIONAL, LAST)) == (status, broken)


def test_the_pages_own_date_is_named_before_the_lists_and_the_addresss():
    answer = judge([page(("2026-04-05", "url"), ("2026-04-03", "list"), ("2026-04-04", "meta:PubDate"))],
                   [LAST], 2025, TODAY)
    assert (answer.status, answer.day, answer.source, answer.days_late) == (
        Status.LATE, date(2026, 4, 4), "meta:PubDate", 4)


def test_a_page_in_time_outweighs_one_in_doubt_and_that_one_a_late_one():
    late = page(("2026-04-05", "page"), address="late")
    doubtful = page(("2026-03-30", "page"), ("2026-04-05", "url"), address="doubtful")
    kept = page(("2026-03-30", "page"), address="kept")
    assert judge([late, doubtful], [LAST], 2025, TODAY).page is doubtful
    assert judge([late, doubtful], [LAST], 2025, TODAY).status is Status.UNDATED
    assert judge([late, doubtful, kept], [LAST], 2025, TODAY).page is kept


def test_dates_on_one_side_of_every_day_settle_it():
    answer = judge([page(("2026-02-25", "page"), ("2026-03-10", "url"))], [NATIONAL, LAST], 2025, TODAY)
    assert (answer.status, answer.breached) == (Status.LATE_BY_RULE, NATIONAL)


@pytest.mark.parametrize(("changed", "status"), [
    ("2026-03-30", Status.UNDATED), ("2026-04-06", Status.LATE), ("2025-06-01", Status.LATE)])
def test_a_page_unchanged_since_before_the_day_is_not_called_late(changed, status):
    dates = [("2026-04-05", "page"), (changed, "last_modified")]
    assert judge([page(*dates)], [LAST], 2025, TODAY).status is status
    assert judge([page(("2026-03-20", "page"), ("2026-04-05", "last_modified"))], [LAST], 2025, TODAY).status is (
        Status.ON_TIME)


def test_without_a_due_day_nothing_is_late():
    assert judge([page()], [], 2025, TODAY).status is Status.ON_TIME
    assert judge([page(("2026-04-25", "page"))], [], 2025, TODAY).status is Status.ON_TIME


DAYS = st.dates(date(2025, 6, 1), date(2026, 8, 1))
SOURCES = st.sampled_from([*FIRST_HAND, "meta:PubDate", "written", "property:created", "last_modified", "first_seen"])
PAGES = st.lists(st.builds(
    lambda dates, seen: Page("a", tuple((day.isoformat(), source) for day, source in dates), seen),
    st.lists(st.tuples(DAYS, SOURCES), max_size=5), DAYS), min_size=1, max_size=3)


@given(PAGES, st.lists(st.sampled_from([LOCAL, NATIONAL, LAST]), unique=True, min_size=1, max_size=3))
def test_nobody_is_called_late_against_first_hand_evidence_or_our_own_eyes(pages, days):
    answer = judge(pages, days, 2025, TODAY)
    if answer.status not in (Status.LATE, Status.LATE_BY_RULE):
        return
    due = answer.breached.day
    assert answer.days_late > 0
    for each in pages:
        assert each.seen > due or breach(each.seen, days)[0] is not Status.ON_TIME
        credible = [date.fromisoformat(day) for day, source in each.dates
                    if source.partition(":")[0] in FIRST_HAND and date(2025, 12, 31) < date.fromisoformat(day) <= TODAY]
        assert credible
        assert all(breach(day, days)[0] is not Status.ON_TIME for day in credible)


@given(PAGES)
def test_seeing_it_in_time_is_in_time(pages):
    early = [Page(each.address, each.dates, min(each.seen, LAST.day)) for each in pages]
    assert judge(early, [LAST], 2025, TODAY + timedelta(days=120)).status is Status.ON_TIME
