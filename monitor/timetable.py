"""How settings write times that come round: "mon 02:00", "04:00", "01-05..02-05".

Promises: each is read with a clear complaint and written back as it was given. Leaves alone: what is done then
(schedule.py), time zones: all of them are Asia/Shanghai's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, time
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Weekly:
    """A time of the week; weekday 0 is Monday."""

    weekday: int
    at: time

    def __str__(self) -> str:
        return f"{WEEKDAYS[self.weekday]} {self.at:%H:%M}"


@dataclass(frozen=True, slots=True)
class Season:
    """Days of the year, both ends included; it may run over New Year."""

    first: tuple[int, int]
    last: tuple[int, int]

    def __str__(self) -> str:
        return "{:02d}-{:02d}..{:02d}-{:02d}".format(*self.first, *self.last)

    def holds(self, day: date) -> bool:
        here = (day.month, day.day)
        return self.first <= here <= self.last if self.first <= self.last else here >= self.first or here <= self.last


def _time(value: Any) -> time:
    found = re.fullmatch(r"(\d{1,2}):(\d{2})", str(value).strip())
    if not found or int(found[1]) > 23 or int(found[2]) > 59:
        raise ValueError("write a time of day like 02:00")
    return time(int(found[1]), int(found[2]))


def _weekly(value: Any) -> Any:
    if isinstance(value, Weekly):
        return value
    day, _, at = str(value).strip().partition(" ")
    if day.lower() not in WEEKDAYS:
        raise ValueError(f"write a weekday and a time like mon 02:00; weekdays are {', '.join(WEEKDAYS)}")
    return Weekly(WEEKDAYS.index(day.lower()), _time(at))


def _season(value: Any) -> Any:
    if isinstance(value, Season):
        return value
    found = re.fullmatch(r"(\d\d)-(\d\d)\.\.(\d\d)-(\d\d)", str(value).strip())
    if not found:
        raise ValueError("write a span of days like 01-05..02-05")
    numbers = [int(each) for each in found.groups()]
    for month, day in (numbers[:2], numbers[2:]):
        try:
            date(2024, month, day)
        except ValueError:
            raise ValueError(f"{month:02d}-{day:02d} is no day of the year") from None
    return Season((numbers[0], numbers[1]), (numbers[2], numbers[3]))


_Text = PlainSerializer(lambda value: "" if value is None else str(value), return_type=str)
_TimeText = PlainSerializer(lambda value: "" if value is None else f"{value:%H:%M}", return_type=str)
WeeklyTime = Annotated[Weekly, BeforeValidator(_weekly), _Text]
OptionalWeeklyTime = Annotated[Weekly | None, BeforeValidator(lambda value: _weekly(value) if value else None), _Text]
DayTime = Annotated[time, BeforeValidator(lambda value: value if isinstance(value, time) else _time(value)), _TimeText]
OptionalDayTime = Annotated[time | None, BeforeValidator(
    lambda value: value if isinstance(value, time) else _time(value) if value else None), _TimeText]
Span = Annotated[Season, BeforeValidator(_season), _Text]
