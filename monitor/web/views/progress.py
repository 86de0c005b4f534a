"""公布进度: which share of the reports was published by each day of the season, this year and the year before.

Promises: shares are of what can be told (owed or not due yet, less what could not be verified); under five there is no
share; a day that has not come is no zero. Leaves alone: what a day is late by (standing.py), drawing (charts.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy

from crawler import clock
from monitor import compliance, obligations, wording
from monitor.model import Status
from monitor.web import charts, filters
from monitor.web.board import STATUSES
from monitor.web.glance import SEEN
from monitor.web.views import view

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from starlette.responses import Response

    from monitor.web.asked import Asked
    from monitor.web.board import Picked

FIELDS = ("under", "level", "kind", "scope", "year")
_COUNTED = frozenset(compliance.OWED) - {Status.UNVERIFIED, Status.NOT_SEEN} | {Status.NOT_DUE, Status.DUE_SOON}
_SEASON = ((1, 10), (1, 20), (1, 31), (2, 10), (2, 20), (2, 28), (3, 10), (3, 20), (3, 31), (4, 10), (4, 20), (4, 30))
_MOST_GROUPS = 300
"""Beyond so many kinds of bodies by place, days of local notices are left out."""
Due = tuple[date, str]


@dataclass(frozen=True)
class Curve:
    """One report year: days of publication as ordinals in order, of how many, and up to which day it is known."""

    year: int
    days: NDArray[Any]
    of: int
    until: date

    def by(self, day: date) -> int | None:
        """How many were published by the end of a day; None before it has come."""
        return None if day > self.until else int(numpy.searchsorted(self.days, day.toordinal(), "right"))

    def share(self, count: int | None) -> float | None:
        return None if count is None or self.of < compliance.FEWEST else 100 * count / self.of


@view("/progress")
def progress_page(asked: Asked) -> Response:
    board = asked.installation.board
    if not board.years:
        return asked.page("progress", {"filters": None})
    held = filters.parse(asked, board, FIELDS)
    picked = board.pick(held, asked.reach)
    curves = [curve(picked, year) for year in _years(picked)]
    days, local = due_days(asked, picked)
    return asked.page("progress", {
        "as_of": wording.day(board.at[:16], asked.lang),
        "filters": filters.form(asked, board, held, "progress", FIELDS),
        "area": filters.area(asked, board, held), "chart": drawn(asked, curves, days), "told": _told(asked, curves),
        "years": [each.year for each in curves], "rows": _rows(asked, curves, days), "local": local,
        "overview": filters.address(asked, "overview", held)})


def _years(picked: Picked) -> list[int]:
    year = picked.year or 0
    return [each for each in (year, year - 1) if each in picked.board.years]


def curve(picked: Picked, year: int) -> Curve:
    """The year's publications among what the filter leaves."""
    board = picked.board
    status = picked.of_year(board.status, year)
    published = picked.of_year(board.published, year)[numpy.isin(status, _codes(SEEN))]
    judged = clock.parse(board.at).date() if board.at else clock.today()
    return Curve(year, numpy.sort(published[published > 0]), int(numpy.isin(status, _codes(_COUNTED)).sum()),
                 min(judged, date(year + 1, 12, 31)))


def _codes(statuses: Any) -> list[int]:
    return [STATUSES.index(each) for each in statuses]


def due_days(asked: Asked, picked: Picked) -> tuple[list[Due], bool]:
    """Every day on which something of the year's is due, with its tier; whether local days were looked for."""
    from monitor.packs import Packs

    board, year = picked.board, picked.year or 0
    lines = picked.counted[picked.of_year(board.status, year) >= 0]
    groups = board.bodies.groups(board.body[lines], board.scope[lines], by_place=True)
    local = len(groups) <= _MOST_GROUPS
    if not local:
        groups = board.bodies.groups(board.body[lines], board.scope[lines], by_place=False)
    packs = Packs(asked.roster, lenient=True) if local else None
    facts, found = obligations.deadlines(), set[Due]()
    for body, scope in groups:
        known = asked.roster.bodies.get(board.bodies.ids[body])
        if known is not None:
            above = set(board.bodies.path(known.id))
            rules = [rule for rule in facts.local if rule.under in above] if local else []
            days = obligations.days_of(known, board.scopes[scope], year, facts, [  # type: ignore[arg-type]
                *rules, *(packs.local_days(known) if packs else ())])
            found |= {(each.day, each.tier) for each in days}
    return sorted(found), local


# ---------------------------------------------------------------- what is shown
def drawn(asked: Asked, curves: list[Curve], days: list[Due]) -> Any:
    """The chart; nothing where no year has enough to tell a share."""
    told = [each for each in curves if each.of >= compliance.FEWEST]
    if not told:
        return ""
    series = [charts.Steps(asked.t("year_of", year=str(each.year)), _points(each), _offset(each.until)
                           if each.until.year == each.year + 1 else 121) for each in told]
    dues: dict[date, list[str]] = {}
    for day, tier in days:
        dues.setdefault(day, []).append(wording.term("tiers", tier, asked.lang))
    separator = wording.term("words", "separator", asked.lang)
    months = [(_offset(date(2024, month, 1)), asked.t(f"month_{month}")) for month in (1, 2, 3, 4)]
    return charts.steps(
        "progress", asked.t("progress"), asked.t("progress_described", list=[str(each.year) for each in told]), 120,
        months, series, [(_offset(day), f"{day.month}-{day.day} {separator.join(names)}")
                         for day, names in dues.items() if day.month < 5])


def _points(held: Curve) -> list[tuple[float, float]]:
    points = []
    ordinals, counts = numpy.unique(held.days, return_counts=True)
    for ordinal, count in zip(ordinals, numpy.cumsum(counts), strict=True):
        day = date.fromordinal(int(ordinal))
        offset = 0 if day.year <= held.year else _offset(day) if day.year == held.year + 1 else 999
        if offset <= 121:
            points.append((float(offset), 100 * int(count) / held.of))
    return points


def _offset(day: date) -> int:
    """Days since New Year's, the same for the same day of any year."""
    return date(2024, day.month, day.day).toordinal() - date(2024, 1, 1).toordinal()


def _told(asked: Asked, curves: list[Curve]) -> list[str]:
    found = []
    for each in curves:
        count = each.by(each.until) or 0
        share = each.share(count)
        found.append(asked.t("progress_year", year=str(each.year), x=count, n=each.of) + (
            asked.t("progress_share", rate=_percent(share)) if share is not None else asked.t("progress_few")))
    return found


def _rows(asked: Asked, curves: list[Curve], days: list[Due]) -> list[dict[str, Any]]:
    """The table beneath: days of the season and every due day, each year's number and share."""
    dues: dict[tuple[int, int], list[str]] = {}
    for day, tier in days:
        dues.setdefault((day.month, day.day), []).append(wording.term("tiers", tier, asked.lang))
    rows = []
    for month, number in sorted({*_SEASON, *dues}):
        cells = []
        for each in curves:
            count = each.by(date(each.year + 1, month, number))
            share = each.share(count)
            cells.append({"n": "" if count is None else str(count), "share": "" if share is None else _percent(share)})
        rows.append({"day": asked.t("month_day", month=month, day=number), "cells": cells, "due": wording.term(
            "words", "separator", asked.lang).join(dues.get((month, number), ()))})
    return rows


def _percent(share: float) -> str:
    return f"{share:.1f}%"
