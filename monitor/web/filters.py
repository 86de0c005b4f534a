"""What a page's query asks of the board, and the form in which it is asked.

Promises: a body outside of the person's remit is as unknown as one there isn't; every choice offered leads somewhere;
regions are offered level by level, never all at once. Leaves alone: counting (board.py), HTML (filters.html).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from monitor import wording
from monitor.exceptions import UsageError
from monitor.model import Status
from monitor.web.asked import AbsentError
from monitor.web.board import Filter

if TYPE_CHECKING:
    from monitor.web.asked import Asked
    from monitor.web.board import Board
    from monitor.web.bodies import Bodies

FIELDS = ("under", "level", "kind", "scope", "year", "status", "q")
_LEVELS = frozenset({"national", "province", "prefecture", "county", "township"})
_LABELS = {"level": "level", "kind": "body_kind", "scope": "scope", "year": "year", "status": "status"}
_LONGEST = 100
_OFFERED = 200
"""So many bodies stand in the choice of regions at most; the rest is found by name."""


def parse(asked: Asked, board: Board, fields: tuple[str, ...] = FIELDS) -> Filter:
    """The filter of a query. Raises AbsentError for a body this person doesn't see, UsageError for a wrong value."""
    said = {name: asked.query(name)[:_LONGEST] for name in fields}
    under = said.get("under", "")
    if under and (not asked.sees(under) or under not in board.bodies.index):
        raise AbsentError(under)
    status = said.get("status", "")
    if status and status not in {each.value for each in Status}:
        raise UsageError(f"status is {status!r}; write one of {', '.join(Status)}")
    year = asked.number("year", least=1990, most=2200) if "year" in fields else None
    return Filter(under, said.get("level", ""), said.get("kind", ""), said.get("scope", ""), year, status,
                  said.get("q", ""))


def address(asked: Asked, kind: str, held: Filter, fields: tuple[str, ...] = FIELDS, **other: Any) -> str:
    """The address of a page under a filter, changed as `other` says; of the fields that page knows."""
    query = {name: value for name, value in held.query(**other).items() if name in fields}
    return asked.links.page(kind) + (f"?{urlencode(query)}" if query else "")


def form(asked: Asked, board: Board, held: Filter, kind: str, fields: tuple[str, ...] = FIELDS) -> dict[str, Any]:
    """What filters.html shows: the path of regions, the choices, what is chosen. `kind`: the page it leads to."""
    bodies = board.bodies
    levels, kinds = bodies.present(bodies.within(asked.reach)) if {"level", "kind"} & set(fields) else ([], [])
    choices = {
        "level": [(each, level(asked, each)) for each in levels],
        "kind": [(each, body_kind(asked, each)) for each in kinds],
        "scope": [(each, wording.term("scopes", each, asked.lang)) for each in board.scopes],
        "year": [(str(year), asked.t("year_of", year=str(year))) for year in board.years],
        "status": [(each.value, f"{wording.symbol('statuses', each.value)} "
                                f"{wording.term('statuses', each.value, asked.lang)}") for each in Status]}
    chosen = held.query()
    for name, value in chosen.items():
        if name in choices and value not in dict(choices[name]):
            choices[name].append((value, value))
    selects = [{"name": name, "label": asked.t(_LABELS[name]), "chosen": chosen.get(name, ""), "options": choices[name],
                "must": False}
               for name in fields if name in choices and (len(choices[name]) > 1 or chosen.get(name))]
    path = [each for each in bodies.path(held.under) if asked.sees(each)] if held.under else []
    return {"action": asked.links.page(kind), "selects": selects, "search": held.search if "q" in fields else None,
            "path": [{"name": _name(bodies, each), "href": address(asked, kind, held, fields, under=each)
                      if each != held.under else ""} for each in path],
            "top": address(asked, kind, held, fields, under=""), "under": held.under,
            "regions": _regions(asked, bodies, held), "reset": asked.links.page(kind) if chosen else ""}


def _regions(asked: Asked, bodies: Bodies, held: Filter) -> list[tuple[str, str]]:
    """The bodies to choose next: those below the chosen one that have some below themselves; else those beside it."""
    if held.under:
        listed = [each for each in bodies.below(held.under) if bodies.has_below(each)]
        found = [held.under, *listed]
    else:
        found = [each for each in bodies.tops(bodies.within(asked.reach)) if bodies.has_below(each)]
        if len(found) == 1:
            found += [each for each in bodies.below(found[0]) if bodies.has_below(each) and asked.sees(each)]
    return [(each, _name(bodies, each)) for each in found[:_OFFERED]]


def _name(bodies: Bodies, identity: str) -> str:
    return bodies.names[bodies.index[identity]]


def level(asked: Asked, key: str) -> str:
    return asked.t(f"level_{key}") if key in _LEVELS else key


def body_kind(asked: Asked, key: str) -> str:
    from monitor.commands.explaining import explanations

    found = explanations().kinds.get(key)
    return (found.zh if asked.lang == "zh" else found.en) if found else key


def area(asked: Asked, board: Board, held: Filter) -> str:
    """What is counted, in words: the region, level, kind, scope and search of the filter."""
    parts = [_name(board.bodies, held.under) if held.under else asked.t("whole_remit" if asked.reach is not None
                                                                        else "whole_roster")]
    if held.level:
        parts.append(level(asked, held.level))
    if held.kind:
        parts.append(body_kind(asked, held.kind))
    if held.scope:
        parts.append(wording.term("scopes", held.scope, asked.lang))
    if held.search:
        parts.append(f"“{held.search}”")
    return " · ".join(parts)


def pager(asked: Asked, kind: str, held: Filter, count: int, size: int, page: int,
          fields: tuple[str, ...] = FIELDS) -> dict[str, Any]:
    """Where a long list stands and how to go on. `page` counts from 1; beyond the last page is the last."""
    pages = max(1, -(-count // size))
    page = min(page, pages)

    def to(number: int) -> str:
        made = address(asked, kind, held, fields)
        return made + ("&" if "?" in made else "?") + f"page={number}" if number > 1 else made

    return {"page": page, "pages": pages, "count": count, "start": (page - 1) * size,
            "previous": to(page - 1) if page > 1 else "", "next": to(page + 1) if page < pages else "",
            "first": to(1) if page > 2 else "", "last": to(pages) if page < pages - 1 else ""}
