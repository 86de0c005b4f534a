"""When alerts may go out and what beside the digest is told: `policy` of config/alerts.yaml.

Promises: checked values with the office's defaults. Leaves alone: making the alerts (notices.py), sending (outbox.py).
"""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from crawler import clock
from monitor import workdays

Notice = Literal["before_due", "due_day", "resolved", "retraction"]
NOTICES: tuple[Notice, ...] = ("before_due", "due_day", "resolved", "retraction")
URGENT = frozenset({"operator", "watchdog"})
"""Kinds that don't wait for office hours: they are for whoever keeps nianbao running."""


class Policy(BaseModel):
    """What holds for all recipients."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    window: str = Field(default="08:30-17:30", pattern=r"^(\d{2}:\d{2}-\d{2}:\d{2})?$")
    before_due: tuple[int, ...] = (14, 7, 3, 1)
    remind_bodies: bool = False
    remind_after: int = Field(default=0, ge=0, le=365)

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if self.window and self._hours()[0] >= self._hours()[1]:
            raise ValueError(f"window {self.window}: the end must be after the beginning, like 08:30-17:30")
        if any(not 1 <= days <= 60 for days in self.before_due):
            raise ValueError("before_due: days before a due day, 1 to 60")
        return self

    def opens(self, kind: str, at: datetime) -> datetime:
        """The first moment at or after `at` at which a message of this kind may go out."""
        if not self.window or kind in URGENT:
            return at
        local = at.astimezone(clock.ZONE)
        first, last = self._hours()
        if workdays.is_workday(local.date()) and local.time() < last:
            return max(local, datetime.combine(local.date(), first, clock.ZONE))
        day = workdays.add_workdays(local.date(), 1)
        return datetime.combine(day, first, clock.ZONE)

    def step(self, due: datetime, at: datetime) -> int | None:
        """Which reminder before a due day (its end) is due at `at`: the latest step reached, None before the first and
        after the day."""
        left = due - at
        if left <= timedelta(0):
            return None
        return min((days for days in self.before_due if left <= timedelta(days=days + 1)), default=None)

    def _hours(self) -> tuple[time, time]:
        found = re.fullmatch(r"(\d{2}:\d{2})-(\d{2}:\d{2})", self.window)
        assert found
        return time.fromisoformat(found[1]), time.fromisoformat(found[2])
