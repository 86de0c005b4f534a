"""When messages may go out, and which reminder before a due day is due."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from crawler import clock
from monitor import workdays
from monitor.alerts.policy import Policy
from monitor.standing import due_end

POLICY = Policy()
MOMENTS = st.datetimes(clock.parse("2024-01-01").replace(tzinfo=None), clock.parse("2026-12-20").replace(
    tzinfo=None)).map(lambda moment: moment.replace(tzinfo=clock.ZONE))


@pytest.mark.parametrize(("at", "opens"), [
    ("2026-02-02T09:00", "2026-02-02T09:00"),  # a Monday within office hours
    ("2026-02-02T03:10", "2026-02-02T08:30"),
    ("2026-02-02T17:30", "2026-02-03T08:30"),
    ("2026-01-31T10:00", "2026-02-02T08:30"),  # a Saturday
    ("2026-02-13T20:00", "2026-02-14T08:30"),  # a Saturday worked instead
    ("2026-02-14T18:00", "2026-02-24T08:30"),  # over Spring Festival
])
def test_messages_wait_for_office_hours(at, opens):
    assert POLICY.opens("digest", clock.parse(at)) == clock.parse(opens)
    assert POLICY.opens("operator", clock.parse(at)) == clock.parse(at)
    assert Policy(window="").opens("digest", clock.parse(at)) == clock.parse(at)


@given(MOMENTS)
def test_it_always_opens_within_a_long_holiday_and_on_a_workday(at):
    opens = POLICY.opens("digest", at)
    assert at <= opens <= at + timedelta(days=12)
    assert workdays.is_workday(opens.date())
    assert POLICY.opens("digest", opens) == opens


@pytest.mark.parametrize(("at", "step"), [
    ("2026-01-16T09:00", None), ("2026-01-17T00:00", 14), ("2026-01-23T23:59", 14), ("2026-01-24T09:00", 7),
    ("2026-01-28T09:00", 3), ("2026-01-30T09:00", 1), ("2026-01-31T23:59", 1), ("2026-02-01T00:00", None)])
def test_a_missed_reminder_is_made_up_for_by_the_next(at, step):
    assert POLICY.step(due_end(clock.parse("2026-01-31").date()), clock.parse(at)) == step


@pytest.mark.parametrize(("given_", "said"), [({"window": "17:30-08:30"}, "after the beginning"),
                                              ({"window": "always"}, "pattern"), ({"before_due": [0]}, "1 to 60")])
def test_a_wrong_policy_says_how_to_mend(given_, said):
    with pytest.raises(ValidationError, match=said):
        Policy(**given_)
