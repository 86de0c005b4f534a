"""Workdays of mainland offices: weekends, statutory holidays and weekend days worked instead (config/holidays.yaml).

Promises: the arrangement of 国务院办公厅 where the table holds the year; a year it doesn't hold has its weekends only,
and `known(year)` says so. Leaves alone: due days of reports, which never move.
"""

from __future__ import annotations

import functools
from datetime import date, timedelta

from pydantic import BaseModel, ConfigDict, model_validator

from extract import configuration


class Span(BaseModel):
    """Days off in a row, both ends included."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    holiday: str
    first: date
    last: date

    @model_validator(mode="after")
    def _in_order(self) -> Span:
        if self.last < self.first or (self.last - self.first).days > 15:
            raise ValueError(f"{self.holiday}: from {self.first} to {self.last} is no holiday; mend first or last")
        return self


class Arrangement(BaseModel):
    """One year's notice."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    source: str
    rest: list[Span]
    worked: list[date] = []


class Holidays(BaseModel):
    """config/holidays.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    years: dict[int, Arrangement]

    @model_validator(mode="after")
    def _years_fit(self) -> Holidays:
        for year, arrangement in self.years.items():
            days = [span.first for span in arrangement.rest] + [span.last for span in arrangement.rest]
            strays = [day for day in days + arrangement.worked if day.year != year]
            if strays:
                raise ValueError(f"{year}: {strays[0]} belongs to another year; move it there")
            weekdays = [day for day in arrangement.worked if day.weekday() < 5]
            if weekdays:
                raise ValueError(f"{year}: {weekdays[0]} under worked is no Saturday or Sunday; mend the date")
        return self

    @functools.cached_property
    def off(self) -> dict[date, str]:
        return {span.first + timedelta(days=n): span.holiday
                for arrangement in self.years.values() for span in arrangement.rest
                for n in range((span.last - span.first).days + 1)}

    @functools.cached_property
    def worked(self) -> frozenset[date]:
        return frozenset(day for arrangement in self.years.values() for day in arrangement.worked)


def _table() -> Holidays:
    table: Holidays = configuration.load("holidays.yaml", Holidays)
    return table


def known(year: int) -> bool:
    """Whether the table holds the year's arrangement. Raises ConfigurationError where holidays.yaml is wrong."""
    return year in _table().years


def holiday(day: date) -> str | None:
    """The statutory holiday's Chinese name if `day` is off for one, else None."""
    return _table().off.get(day)


def is_workday(day: date) -> bool:
    table = _table()
    return day in table.worked or (day.weekday() < 5 and day not in table.off)


def add_workdays(start: date, count: int) -> date:
    """The `count`-th workday after `start`; 0 gives `start` itself. Raises ValueError where `count` is negative."""
    if count < 0:
        raise ValueError(f"{count} workdays: only days ahead can be counted")
    day = start
    while count:
        day += timedelta(days=1)
        count -= is_workday(day)
    return day


def workdays_between(start: date, end: date) -> int:
    """Workdays after `start` up to and with `end`; 0 where `end` isn't later."""
    return sum(is_workday(start + timedelta(days=n)) for n in range(1, (end - start).days + 1))
