"""When was it published, and was that in time? The dates of one report's pages against its due days. Pure.

Promises: per page the best evidence counts (the page's own date, the list's, the address's); over all pages the
earliest. Where first-hand dates of a page stand on both sides of a due day there is no answer but `undated`; so too
where the server says that a page dated late was last changed in time, and where a late day is also that of earlier
years' reports. What we saw ourselves outweighs any print: a report captured by a day was published by it. Dates on or
before 31 December of the report year, or after the moment of judging, are no evidence of publication. Leaves alone:
reading dates (extract/dates.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from monitor.model import DueDay, Status

FIRST_HAND = ("page", "meta", "list", "url")
"""Kinds of source (before the colon) that state a publication date, best first; the others only bound or hint."""
SEEN, UNCHANGED = "first_seen", "last_modified"
_RANK = {Status.ON_TIME: 0, Status.LATE_BY_RULE: 1, Status.LATE: 2}


@dataclass(frozen=True, slots=True)
class Page:
    """One address a report stands at: its dates as (ISO day, source), the day we first saw it, the stored report."""

    address: str
    dates: tuple[tuple[str, str], ...]
    seen: date
    report: str | None = None
    moved: frozenset[str] = frozenset()
    """Days to which the portal moved the dates of earlier years' reports: where they are printed they say when a site
    was rebuilt, or what day it is."""


@dataclass(frozen=True, slots=True)
class Dated:
    """The answer: ON_TIME, LATE_BY_RULE, LATE or UNDATED; `breached` is the due day that counts where it is late."""

    status: Status
    page: Page
    day: date | None = None
    source: str = ""
    breached: DueDay | None = None
    reason: str = ""
    dates: tuple[tuple[str, str], ...] = field(default=())

    @property
    def days_late(self) -> int | None:
        return (self.day - self.breached.day).days if self.day and self.breached else None


def judge(pages: Sequence[Page], days: Iterable[DueDay], year: int, today: date) -> Dated:
    """How a report on `year` that stands at these pages (at least one) kept its due days."""
    due = tuple(days)
    answers = [_page(page, due, year, today) for page in pages]
    kept = [answer for answer in answers if answer.status is Status.ON_TIME]
    open_ones = [answer for answer in answers if answer.status is Status.UNDATED]
    chosen = kept or open_ones or answers
    return min(chosen, key=lambda answer: (answer.day or date.max, answer.page.address))


def breach(day: date, days: Iterable[DueDay]) -> tuple[Status, DueDay | None]:
    """The status a publication on `day` has, and the due day it breached: the statutory one, else the latest other."""
    passed = [due for due in days if day > due.day]
    statutory = [due for due in passed if due.tier == "statutory"]
    if statutory:
        return Status.LATE, max(statutory, key=lambda due: due.day)
    if passed:
        return Status.LATE_BY_RULE, max(passed, key=lambda due: due.day)
    return Status.ON_TIME, None


def _page(page: Page, due: tuple[DueDay, ...], year: int, today: date) -> Dated:
    credible, reason = _credible(page, year, today)
    seen_status, _ = breach(page.seen, due)
    if not credible:
        if due and seen_status is Status.ON_TIME:
            return Dated(Status.ON_TIME, page, page.seen, SEEN, dates=page.dates)
        if not due:
            return Dated(Status.ON_TIME, page, page.seen, SEEN, reason="no_day", dates=page.dates)
        return Dated(Status.UNDATED, page, reason=reason, dates=page.dates)
    # A print later than our own first sight of the page is wrong; what we saw then counts in its place.
    clipped = [(min(day, page.seen), source if day <= page.seen else SEEN) for day, source in credible]
    judged = [(*breach(day, due), day, source) for day, source in clipped]
    if len({status for status, *_ in judged}) > 1:
        if seen_status is Status.ON_TIME:
            return Dated(Status.ON_TIME, page, page.seen, SEEN, dates=page.dates)
        return Dated(Status.UNDATED, page, reason="dates_differ", dates=page.dates)
    status, breached, day, source = judged[0]
    if any(_RANK[breach(bound, due)[0]] < _RANK[status] for bound in _unchanged_since(page, year)):
        return Dated(Status.UNDATED, page, reason="dates_differ", dates=page.dates)
    return Dated(status, page, day, source, breached, dates=page.dates)


def _unchanged_since(page: Page, year: int) -> list[date]:
    """Days since which the server says the page has not changed: it stood there by then, whatever it prints."""
    days = [date.fromisoformat(text[:10]) for text, source in page.dates if source.partition(":")[0] == UNCHANGED]
    return [day for day in days if day > date(year, 12, 31)]


def _credible(page: Page, year: int, today: date) -> tuple[list[tuple[date, str]], str]:
    """First-hand dates that can be a publication of the report on `year`, best evidence first, or why none can."""
    first_hand, moved = [], False
    for text, source in page.dates:
        kind = source.partition(":")[0]
        if kind in FIRST_HAND and text[:10] in page.moved:
            moved = True
        elif kind in FIRST_HAND:
            first_hand.append((FIRST_HAND.index(kind), date.fromisoformat(text[:10]), source))
    first_hand.sort(key=lambda each: each[0])
    usable = [(day, source) for _, day, source in first_hand if date(year, 12, 31) < day <= today]
    if usable:
        return usable, ""
    if any(day <= date(year, 12, 31) for _, day, _ in first_hand):
        return [], "date_before_year_end"
    if first_hand:
        return [], "date_in_future"
    if moved:
        return [], "dates_moved"
    return [], "weak_date" if any(source.partition(":")[0] != SEEN for _, source in page.dates) else "no_date"
