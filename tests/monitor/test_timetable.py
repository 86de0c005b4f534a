"""Times that come round, as settings write them."""

from __future__ import annotations

from datetime import date, time

import pytest
from pydantic import ValidationError

from monitor.settings import Watch
from monitor.timetable import Season, Weekly


def test_every_form_is_read_and_written_back_as_given():
    text = {"scan": "tue 23:05", "seasons": ["12-20..01-10"], "season_time": "06:00", "digest": "fri 08:30",
            "backup_time": "04:00", "tidy": "sun 05:00"}
    watch = Watch(**text)
    assert watch.scan == Weekly(1, time(23, 5))
    assert watch.model_dump(mode="json", include=set(text)) == text


def test_jobs_that_are_switched_off_are_written_back_empty():
    watch = Watch(backup_time="", tidy="")
    assert watch.backup_time is None
    assert watch.tidy is None
    assert watch.model_dump(mode="json")["tidy"] == ""


@pytest.mark.parametrize(("key", "value", "said"), [
    ("scan", "1 02:00", "weekdays are mon"),  # a number would mean another day to every scheduler
    ("scan", "mon 24:00", "time of day"),
    ("season_time", "2", "time of day"),
    ("seasons", ["01-05"], "span of days"),
    ("seasons", ["02-30..03-01"], "no day of the year"),
])
def test_what_is_no_time_says_how_to_write_one(key, value, said):
    with pytest.raises(ValidationError, match=said):
        Watch(**{key: value})


@pytest.mark.parametrize(("day", "held"), [("2026-12-31", True), ("2027-01-10", True), ("2027-01-11", False),
                                           ("2026-12-19", False), ("2026-07-01", False)])
def test_a_season_may_run_over_new_year(day, held):
    assert Season((12, 20), (1, 10)).holds(date.fromisoformat(day)) is held
