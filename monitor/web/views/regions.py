"""地区: a tile for each region of the next level below, with its counts; no map, no league table.

Promises: tiles in roster order; a share only from five on; every number leads to the bodies it counts. Leaves alone:
what a region is (the roster's `parent`), counting (board.py).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy

from monitor import compliance, wording
from monitor.compliance import Totals
from monitor.model import Status
from monitor.web import filters, pages
from monitor.web.board import STATUSES
from monitor.web.views import view

if TYPE_CHECKING:
    from starlette.responses import Response

    from monitor.web.asked import Asked
    from monitor.web.board import Board, Filter, Picked
    from monitor.web.bodies import Bodies

FIELDS = ("under", "level", "kind", "scope", "year")
MOST = 300
"""So many tiles stand on a page at most."""


@view("/regions")
def regions_page(asked: Asked) -> Response:
    board = asked.installation.board
    if not board.years:
        return asked.page("regions", {"filters": None})
    held = filters.parse(asked, board, FIELDS)
    picked = board.pick(held, asked.reach)
    base, parts, single = divided(asked, board, held)
    tiles = [_tile(asked, board, held, each, totals, single) for each, totals in zip(
        parts, counted(picked, board.bodies.parted(parts), len(parts)), strict=True) if totals.of]
    if base:
        tiles[:0] = _own(asked, board, held, base, parts, picked)
    return asked.page("regions", {
        "as_of": wording.day(board.at[:16], asked.lang), "filters": filters.form(asked, board, held, "regions", FIELDS),
        "area": filters.area(asked, board, held), "year": str(picked.year), "tiles": tiles[:MOST],
        "cut": len(tiles) if len(tiles) > MOST else 0, "overview": filters.address(asked, "overview", held)})


def divided(asked: Asked, board: Board, held: Filter) -> tuple[str, list[str], bool]:
    """The body that stands as one tile with the offices of its level (empty: none), the regions beside it; or a body
    and those below it, each a tile of its own."""
    bodies = board.bodies
    if held.under:
        base, below = held.under, bodies.below(held.under)
    else:
        tops = bodies.tops(bodies.within(asked.reach))
        base, below = (tops[0], bodies.below(tops[0])) if len(tops) == 1 and bodies.has_below(tops[0]) else ("", tops)
    regions = [each for each in below
               if bodies.has_below(each) or (base and bodies.level_of(each) != bodies.level_of(base))]
    if base:
        return (base, regions, False) if regions else ("", [base, *below], True)
    return "", below, False


def counted(picked: Picked, parted: Any, number: int) -> list[Totals]:
    """The year's totals of each part."""
    board = picked.board
    part = parted[board.body[picked.counted]]
    status = picked.of_year(board.status, picked.year)
    within = (part >= 0) & (status >= 0)
    counts = numpy.bincount(part[within].astype(numpy.int64) * len(STATUSES) + status[within],
                            minlength=number * len(STATUSES)).reshape(number, len(STATUSES))
    return [Totals({status.value: int(row[code]) for code, status in enumerate(STATUSES) if row[code]})
            for row in counts]


def _own(asked: Asked, board: Board, held: Filter, base: str, parts: list[str], picked: Picked) -> list[dict[str, Any]]:
    """The tile of a government itself and its own offices: what lies under it and in no region below."""
    bodies = board.bodies
    inside = bodies.under(base) & (bodies.parted(parts) < 0)
    totals = counted(picked, numpy.where(inside, 0, -1), 1)[0]
    if not totals.of:
        return []
    # Its offices are those of its own level, where the roster says so.
    level = next((each for each in bodies.levels if held.level in ("", each) and numpy.array_equal(
        bodies.under(base) & bodies.of_level(each), inside)), "")
    href = filters.address(asked, "overview", replace(held, under=base, level=level)) if level else ""
    return [_shown(asked, asked.t("own_offices", name=_name(bodies, base)), href, "", totals)]


def _tile(asked: Asked, board: Board, held: Filter, identity: str, totals: Totals,
          single: bool) -> dict[str, Any]:
    bodies = board.bodies
    if single or not bodies.has_below(identity):
        return _shown(asked, _name(bodies, identity), asked.links.page("body", identity), "", totals)
    deeper = any(bodies.has_below(each) for each in bodies.below(identity))
    return _shown(asked, _name(bodies, identity), filters.address(asked, "overview", held, under=identity),
                  filters.address(asked, "regions", held, FIELDS, under=identity) if deeper else "", totals)


def _name(bodies: Bodies, identity: str) -> str:
    return bodies.names[bodies.index[identity]]


def _shown(asked: Asked, name: str, href: str, deeper: str, totals: Totals) -> dict[str, Any]:
    marks = [{**pages.mark(status.value, asked.lang), "n": totals[status],
              "word": wording.term("statuses", status.value, asked.lang)}
             for status in (*compliance.OWED, *(each for each in Status if each not in compliance.OWED))
             if totals[status]]
    tints = {mark["tint"] for mark in marks}
    return {"name": name, "href": href, "deeper": deeper, "marks": marks,
            "tint": next((each for each in ("solid", "warm", "pale") if each in tints), "none"),
            "told": asked.t("tile_owed", n=totals.owed, a=totals.verified),
            "rate": asked.t("tile_rate", rate=totals.rate) if totals.rate else asked.t("small_n")}
