"""Workdays: the years' notices, the years without one, and what a wrong table says."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract import configuration
from extract.exceptions import ConfigurationError
from monitor import wording, workdays

DAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31))


@pytest.mark.parametrize(("day", "name", "works"), [
    ("2026-02-16", "春节", False),
    ("2026-02-14", None, True),  # a Saturday worked instead
    ("2026-02-24", None, True),
    ("2026-01-04", None, True),
    ("2025-02-01", "春节", False),
    ("2026-01-31", None, False),  # a Saturday like others
    ("2020-01-31", "春节", False),  # the year the holiday was made longer
    ("2028-01-31", None, True),  # no notice yet: weekends only
])
def test_days_of_the_notices(day, name, works):
    assert workdays.holiday(date.fromisoformat(day)) == name
    assert workdays.is_workday(date.fromisoformat(day)) is works


def test_ten_workdays_over_spring_festival():
    assert workdays.add_workdays(date(2026, 2, 13), 10) == date(2026, 3, 5)  # 14, 24–28 February, 2–5 March


@given(DAYS, st.integers(0, 40))
def test_counting_forth_and_back_agree(start, count):
    end = workdays.add_workdays(start, count)
    assert workdays.workdays_between(start, end) == count
    assert count == 0 or workdays.is_workday(end)


@given(DAYS)
def test_days_of_the_past_are_no_workdays_ahead(start):
    assert workdays.workdays_between(start, start - timedelta(days=5)) == 0
    with pytest.raises(ValueError, match="ahead"):
        workdays.add_workdays(start, -1)


def test_every_weekend_day_worked_belongs_to_a_holiday_nearby():
    # A day worked instead without a holiday within four weeks is a slip of the table.
    table = workdays._table()
    for day in table.worked:
        assert any(abs((day - off).days) <= 28 for off in table.off), day


def test_a_year_without_notice_says_so():
    assert workdays.known(2026)
    assert not workdays.known(2031)


@pytest.mark.parametrize(("text", "said"), [
    ("years: {2026: {source: x, rest: [{holiday: 元旦, first: 2026-01-03, last: 2026-01-01}]}}", "no holiday"),
    ("years: {2026: {source: x, rest: [{holiday: 元旦, first: 2025-12-31, last: 2026-01-01}]}}", "another year"),
    ("years: {2026: {source: x, rest: [], worked: [2026-01-05]}}", "no Saturday or Sunday"),
])
def test_a_wrong_table_names_file_and_mend(tmp_path, text, said):
    (tmp_path / "holidays.yaml").write_text(text, encoding="utf-8")
    configuration.use_office_folder(tmp_path)
    try:
        with pytest.raises(ConfigurationError, match=said) as caught:
            workdays.is_workday(date(2026, 1, 1))
        assert "holidays.yaml" in str(caught.value)
    finally:
        configuration.use_office_folder(None)


@pytest.mark.parametrize(("due", "note"), [
    ("2025-01-31", "（该日为春节假期，时限不顺延）"),
    ("2027-01-31", "（该日为星期日，时限不顺延）"),
    ("2026-03-31", ""),
    ("2026-02-28", ""),  # a Saturday that offices worked
    ("someday", ""),
])
def test_the_note_beside_a_due_day(due, note):
    assert wording.due_note(due, "zh") == note


def test_the_note_in_english():
    assert wording.due_note("2025-01-31", "en") == " (a statutory holiday; the day is not extended)"
