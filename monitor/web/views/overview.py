"""总览: how many obligations stand how, and the matrix of bodies by years, of what the filter leaves.

Promises: every count names its denominator and leads to what it counts; one page of the matrix at a time; what is asked
of the store concerns the rows shown only. Leaves alone: counting (board.py), files of the same view (export).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from crawler import clock
from monitor import compliance, wording
from monitor.model import Status
from monitor.web import board as matrix
from monitor.web import filters, pages
from monitor.web.views import view

if TYPE_CHECKING:
    from starlette.responses import Response

    from monitor.web.asked import Asked
    from monitor.web.board import Board, Cell, Filter, Line, Picked

PAGE = 80
FORMATS = ("xlsx", "csv", "json")
WAYS = {"progress": ("under", "level", "kind", "scope", "year"), "trends": ("under", "level", "kind", "scope"),
        "regions": ("under", "level", "kind", "scope", "year"), "brief": ("under", "year")}
"""Pages on the same bodies, with the fields of the filter they know."""
_ORDER = (*compliance.OWED, *(each for each in Status if each not in compliance.OWED))


@view("/")
def overview_page(asked: Asked) -> Response:
    board = asked.installation.board
    if not board.years:
        return asked.page("overview", {"years": [], "begin": _begin(asked)})
    held = filters.parse(asked, board)
    picked = board.pick(held, asked.reach)
    pager = filters.pager(asked, "overview", held, len(picked), PAGE, asked.number("page", 1, least=1) or 1)
    lines = list(picked.rows(pager["start"], pager["start"] + PAGE))
    return asked.page("overview", {
        "as_of": wording.day(board.at[:16], asked.lang), "years": picked.years, "pager": pager,
        "filters": filters.form(asked, board, held, "overview"), "area": filters.area(asked, board, held),
        "sentences": _sentences(asked, picked), **_counted(asked, board, picked, held),
        "rows": _rows(asked, lines, board.at), "files": _files(asked, held),
        "ways": [(kind, filters.address(asked, kind, held, fields)) for kind, fields in WAYS.items()
                 if kind in asked.request.app.state.kinds]})


def _begin(asked: Asked) -> list[dict[str, str]]:
    """What is to be done before anything can stand here."""
    return [{"text": asked.t(f"begin_{step}"), "command": command} for step, command in (
        ("init", "nianbao init"), ("roster", "nianbao roster import"), ("probe", "nianbao probe --roster --write"),
        ("check", "nianbao roster check"), ("confirm", "nianbao roster confirm"), ("scan", "nianbao scan"))]


def _files(asked: Asked, held: Filter) -> list[tuple[str, str]]:
    """This view as files, where the server offers them."""
    if "export" not in asked.request.app.state.kinds:
        return []
    return [(each.upper(), filters.address(asked, "overview", held).replace(
        asked.links.page("overview"), f"{asked.links.root}export/overview.{each}", 1)) for each in FORMATS]


# ---------------------------------------------------------------- counts
def _sentences(asked: Asked, picked: Picked) -> list[str]:
    """The year in words: what is owed, how much of it was verified, the share and its denominator."""
    totals, year = picked.totals(), str(picked.year)
    told = [asked.t("overview_owed", year=year, n=str(totals.owed), m=str(picked.bodies_owing(picked.year)))]
    if totals.owed:
        told.append(asked.t("overview_verified", a=str(totals.verified), n=str(totals.owed),
                            u=str(totals[Status.UNVERIFIED]), r=str(totals[Status.NOT_SEEN])))
        told.append(asked.t("overview_rate", rate=totals.rate, x=str(totals[Status.ON_TIME]), a=str(totals.verified))
                    if totals.rate else asked.t("overview_no_rate", a=str(totals.verified)))
    return told


def _counted(asked: Asked, board: Board, picked: Picked, held: Filter) -> dict[str, Any]:
    """The table of statuses by years; each number leads to the bodies it counts."""
    totals = {year: picked.totals(year) for year in picked.years}

    def leads(year: int, status: str) -> str:
        # The newest year is the status' own where none is named, so that the other years stay in the matrix.
        named = year if held.year is not None or year != board.newest else None
        return filters.address(asked, "overview", held, year=named, status=status)

    def number(year: int, status: Status) -> dict[str, Any]:
        return {"n": totals[year][status], "href": leads(year, status.value) if totals[year][status] else "",
                "chosen": held.status == status.value and year == picked.year}

    counts = [{"mark": {**pages.mark(status.value, asked.lang),
                        "word": wording.term("statuses", status.value, asked.lang)},
               "owed": status in compliance.OWED, "numbers": [number(year, status) for year in picked.years]}
              for status in _ORDER if any(totals[year][status] for year in picked.years)]
    return {"counts": counts, "totals": [
        {"owed": each.owed, "verified": each.verified, "rate": each.rate or asked.t("small_n")}
        for each in totals.values()]}


# ---------------------------------------------------------------- the matrix
def _rows(asked: Asked, lines: Sequence[Line], at: str) -> list[dict[str, Any]]:
    bodies = list(dict.fromkeys(line.body for line in lines))
    several = defaultdict(set)
    for line in lines:
        several[line.body].add(line.scope)
    reports, checked = matrix.stored(asked.connection, bodies)
    issues = matrix.open_issues(asked.connection, bodies)
    today = clock.parse(at).date() if at else clock.today()
    found = []
    for line in lines:
        looked = max((checked.get((line.body, line.scope, cell.year), "") for cell in line.cells if cell), default="")
        found.append({
            "body": line.body, "name": line.name, "checked": wording.day(looked[:10], asked.lang),
            "scope": wording.term("scopes", line.scope, asked.lang, short=True)
            if line.scope != "own" or len(several[line.body]) > 1 else "",
            "cells": [None if cell is None else {
                "mark": pages.mark(cell.status.value, asked.lang, days_told(cell, today)), "report": reports.get(
                    (line.body, line.scope, cell.year), ""),
                "issues": issues.get((line.body, line.scope, cell.year), 0)} for cell in line.cells]})
    return found


def days_told(cell: Cell, today: Any) -> int | None:
    """The number of days a status speaks of: late by, or until it is due."""
    if cell.status is Status.DUE_SOON and cell.due:
        return int((cell.due - today).days)
    return cell.days
