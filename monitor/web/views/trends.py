"""趋势: how publication and what the reports count moved over the years, of what the filter leaves.

Promises: no share under five; only figures read with confidence, with the number of reports they come from; own and
consolidated reports are never added up, nor consolidated ones of several levels, which hold each other. Leaves alone:
adding up (sums.py), drawing (charts.py).
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy

from monitor import wording
from monitor.model import Status
from monitor.web import charts, filters, sums
from monitor.web.board import NEVER, STATUSES
from monitor.web.views import view

if TYPE_CHECKING:
    from starlette.responses import Response

    from monitor.web.asked import Asked
    from monitor.web.board import Board, Filter, Picked
    from monitor.web.sums import Sum, Sums

FIELDS = ("under", "level", "kind", "scope")
_LATE = (STATUSES.index(Status.LATE), STATUSES.index(Status.LATE_BY_RULE))
Rows = list[list[dict[str, str]]]
_kept: weakref.WeakKeyDictionary[Sums, dict[Any, dict[int, dict[str, Sum]]]] = weakref.WeakKeyDictionary()


@view("/trends")
def trends_page(asked: Asked) -> Response:
    board = asked.installation.board
    if not board.years:
        return asked.page("trends", {"filters": None})
    held = filters.parse(asked, board, FIELDS)
    if not held.scope:
        held = replace(held, scope=_usual(board, held, asked))
    picked = board.pick(held, asked.reach)
    form = filters.form(asked, board, held, "trends", FIELDS)
    for select in form["selects"]:
        select["must"] = select["name"] == "scope"
    form["reset"] = form["reset"] if any(map(asked.query, FIELDS)) else ""  # the scope may be ours
    levels = _mixed(picked, held)
    return asked.page("trends", {
        "as_of": wording.day(board.at[:16], asked.lang), "filters": form, "area": filters.area(asked, board, held),
        "scope": asked.t("trends_scope", scope=wording.term("scopes", held.scope, asked.lang)),
        "parts": [_rate(asked, picked), _days(asked, picked)],
        "levels": [(filters.level(asked, each), filters.address(asked, "trends", held, FIELDS, level=each))
                   for each in levels],
        **({"figures": [], "waiting": False} if levels else _figures(asked, held)),
        "overview": filters.address(asked, "overview", held)})


def _usual(board: Board, held: Filter, asked: Asked) -> str:
    """The scope most lines have."""
    picked = board.pick(held, asked.reach)
    counts = numpy.bincount(board.scope[picked.counted], minlength=len(board.scopes))
    return board.scopes[int(counts.argmax())] if len(counts) else ""


def _mixed(picked: Picked, held: Filter) -> list[str]:
    """The levels among which one must be chosen, since their consolidated reports hold each other."""
    if held.scope == "own":
        return []
    mask = numpy.zeros(len(picked.board.bodies), bool)
    mask[picked.board.body[picked.counted]] = True
    levels, _ = picked.board.bodies.present(mask)
    return levels if len(levels) > 1 else []


# ---------------------------------------------------------------- publication
def _rate(asked: Asked, picked: Picked) -> dict[str, Any]:
    totals = [picked.totals(year) for year in picked.years]
    shares = [100 * each[Status.ON_TIME] / each.verified if each.rate else None for each in totals]
    rows = [_cells(each.owed, each.verified, each[Status.ON_TIME], each.rate or asked.t("small_n")) for each in totals]
    return _part(asked, "rate", picked.years, [asked.t("owed"), asked.t("verified"), wording.term(
        "statuses", "on_time", asked.lang), asked.t("rate")], rows, charts.lines, [
            charts.Series(asked.t("rate"), shares[::-1])], unit="%")


def _days(asked: Asked, picked: Picked) -> dict[str, Any]:
    rows: Rows = []
    middle, most = list[float | None](), list[float | None]()
    for year in picked.years:
        status, days = (picked.of_year(each, year) for each in (picked.board.status, picked.board.days))
        late = days[numpy.isin(status, _LATE) & (days != NEVER)]
        middle.append(float(numpy.median(late)) if len(late) else None)
        most.append(float(late.max()) if len(late) else None)
        rows.append(_cells(len(late), *("" if each is None else wording.number(each)
                                        for each in (middle[-1], most[-1]))))
    return {**_part(asked, "days", picked.years, [asked.t(key) for key in ("late_reports", "median", "maximum")], rows,
                    charts.bars, [charts.Series(asked.t("median"), middle[::-1]),
                                  charts.Series(asked.t("maximum"), most[::-1])]),
            "hint": asked.t("trends_late_hint")}


# ---------------------------------------------------------------- what the reports count
def _figures(asked: Asked, held: Filter) -> dict[str, Any]:
    added = asked.installation.sums
    if added is None:
        return {"figures": [], "waiting": True}
    years = added.board.years
    of = _of(asked, added, held)
    made = []
    for name, measures, words in (
            ("requests", ("new",), [asked.t("received")]),
            ("outcomes", sums.OUTCOMES, [asked.t(f"outcome_{each}") for each in sums.OUTCOMES]),
            ("disputes", sums.DISPUTES, [wording.term("columns", each, asked.lang) for each in sums.DISPUTES])):
        rows = [[_summed(asked, of[year][each]) for each in measures] for year in years]
        series = [charts.Series(word, [of[year][each].value for year in reversed(years)])
                  for word, each in zip(words, measures, strict=True)]
        made.append(_part(asked, name, years, words, rows,
                          charts.bars if name == "requests" else charts.stacked, series))
    made[2]["hint"] = wording.say("break_2024", asked.lang) if {2023, 2024} <= set(years) else ""
    return {"figures": made, "waiting": False, "old": any(year < 2019 for year in years)}


def _of(asked: Asked, added: Sums, held: Filter) -> dict[int, dict[str, Sum]]:
    """The sums by year of what the filter leaves; kept until the next judgement."""
    kept, key = _kept.setdefault(added, {}), (held, asked.person.under)
    found = kept.get(key)
    if found is None:
        if len(kept) > 500:
            kept.clear()
        picked = added.board.pick(held, asked.reach)
        found = kept[key] = {year: added.of(picked, year) for year in picked.years}
    return found


def _summed(asked: Asked, each: Sum) -> dict[str, str]:
    note = asked.t("trends_of", x=each.read, y=each.held) if each.held else ""
    return {"text": "" if each.value is None else wording.number(each.value), "note": note}


# ---------------------------------------------------------------- one chart with its table
def _cells(*values: Any) -> list[dict[str, str]]:
    return [{"text": str(each), "note": ""} for each in values]


def _part(asked: Asked, key: str, years: Sequence[int], columns: list[str], rows: Rows, draw: Any,
          series: list[charts.Series], **more: str) -> dict[str, Any]:
    name = asked.t(f"trends_{key}")
    known = any(value is not None for each in series for value in each.values)
    described = asked.t("trends_described", name=name, first=str(years[-1]), last=str(years[0])) if years else ""
    return {"key": key, "name": name, "columns": columns, "hint": "",
            "rows": [{"year": asked.t("year_of", year=str(year)), "cells": cells}
                     for year, cells in zip(years, rows, strict=True)],
            "chart": draw(f"trends-{key}", name, described, [str(year) for year in reversed(years)], series, **more)
            if known else ""}
