"""Header rows → columns: which places of a grid stand under which printed column.

Promises: the innermost label over a column names it; an unknown header keeps its place, so that it can't shift its
neighbours. Leaves alone: which rows are headers (tables).
"""

from __future__ import annotations

from dataclasses import dataclass

from extract.forms import TableFact
from extract.grids import overlap
from extract.labels import Labels, Match, core, normalise
from extract.model import Cell
from extract.printed import BY_POSITION, is_blank, is_zero

_ONE_OF_SEVERAL = 0.5


@dataclass
class Head:
    """One printed column: its key, or None for a header the form doesn't know."""

    key: str | None
    label: str
    first: int
    last: int
    certainty: float = 1.0
    """How sure the column is, for what stands below it."""


def heads_of(fact: TableFact, lines: list[list[Cell | None]]) -> list[Head]:
    """The printed columns of a table from its header rows, left to right; empty where none is known."""
    width = max(len(line) for line in lines)
    leaves: list[Cell | None] = []
    for column in range(width):
        leaf = None
        for line in lines:
            cell = line[column] if column < len(line) else None
            if cell is not None and normalise(cell.text) and (not fact.is_header(cell.text) or leaf is None):
                leaf = cell
        leaves.append(leaf)
    heads: list[Head] = []
    previous: Cell | None = None
    for column, leaf in enumerate(leaves):
        if leaf is not None and leaf is previous:
            heads[-1].last = column
            continue
        previous = leaf
        if leaf is None:
            continue
        match = fact.column_labels.match(leaf.text) or fact.column_labels.alike(leaf.text)
        heads.append(Head(match.key if match else None, leaf.text.strip(), column, column))
    keyed = [index for index, head in enumerate(heads) if head.key]
    if not keyed:
        return []
    _tell_apart(fact, heads)
    if _hangs_below_a_gap(lines, [leaf for leaf in leaves[heads[keyed[0]].first:] if leaf and not leaf.box]):
        for head in heads:
            head.certainty = BY_POSITION
    return [head for head in heads[keyed[0]:]
            if head.key or not (fact.is_header(head.label) or fact.is_group(head.label))]


def _tell_apart(fact: TableFact, heads: list[Head]) -> None:
    """Where several columns go by one key (总计 and a 小计, this year's and last year's), leave it to the one that
    prints the form's own label, else to the first, and then not surely. One label over neighbours is one column."""
    for key in {head.key for head in heads if head.key}:
        places = [place for place, head in enumerate(heads) if head.key == key]
        labels = {core(heads[place].label) for place in places}
        if len(places) < 2 or (len(labels) == 1 and places[-1] - places[0] == len(places) - 1):
            continue
        own = core(next(column.label for column in fact.columns if column.key == key))
        exact = [place for place in places if core(heads[place].label) == own]
        chosen = exact[0] if len(exact) == 1 else places[0]
        for place in places:
            if place != chosen:
                heads[place].key = None
            elif len(exact) != 1:
                heads[place].certainty = _ONE_OF_SEVERAL


def _hangs_below_a_gap(lines: list[list[Cell | None]], leaves: list[Cell]) -> bool:
    """Whether a heading stands below a place of the header that no cell covers, as where the colspan of the heading
    above is too small: then browsers push it past its neighbour. A top row too short shifts nothing, nor do gaps
    where the medium itself tells the places (`leaves` with a box are not asked)."""
    starts = [next((number for number, line in enumerate(lines) if any(cell is leaf for cell in line)), 0)
              for leaf in leaves]
    return any(line[column] is None for leaf, start in zip(leaves, starts, strict=True) for line in lines[1:start]
               for column in range(leaf.column, min(leaf.column + leaf.colspan, len(line))))


def dispute_heads(fact: TableFact, lines: list[list[Cell | None]]) -> list[Head]:
    """Heads of table 4 with keys route.outcome; outcome alone (?.outcome) where the routes stand on the left."""
    width = max(len(line) for line in lines)
    heads: list[Head] = []
    previous: Cell | None = None
    for column in range(width):
        route = outcome = None
        leaf: Cell | None = None
        for line in lines:
            cell = line[column] if column < len(line) else None
            filled = cell if cell is not None and normalise(cell.text) else _filled_left(line, column)
            match = _named(fact, fact.row_labels, filled.text) if filled else None
            if match:
                route = match.key
            elif filled is not None and fact.is_header(filled.text):
                route = None
            if cell is not None and normalise(cell.text):
                named = _named(fact, fact.column_labels, cell.text)
                if named:
                    outcome, leaf = named.key, cell
        if outcome is None or leaf is None:
            continue
        if leaf is previous:
            heads[-1].last = column
            continue
        previous = leaf
        heads.append(Head(f"{route or '?'}.{outcome}", leaf.text.strip(), column, column))
    _fill_routes(fact, heads)
    return heads


def _fill_routes(fact: TableFact, heads: list[Head]) -> None:
    """Name the routes a torn header leaves open, where every route prints all outcomes once and no name contradicts."""
    outcomes, routes = len(fact.columns), [row.key for row in fact.proper_rows]
    parts = [str(head.key).split(".") for head in heads]
    groups = [parts[start:start + outcomes] for start in range(0, len(parts), outcomes)]
    if len(groups) != len(routes) or any(len({outcome for _, outcome in group}) != outcomes for group in groups):
        return
    told = [{route for route, _ in group} - {"?"} for group in groups]
    named = [next(iter(known)) if len(known) == 1 else "" for known in told]
    if any(len(known) > 1 for known in told) or named.count("") > 1 or len({*named}) != len(routes):
        return
    lost = next((route for route in routes if route not in named), "")
    for place, head in enumerate(heads):
        head.key = f"{named[place // outcomes] or lost}.{parts[place][1]}"




def _named(fact: TableFact, labels: Labels, text: str) -> Match | None:
    """What a header of table 4 names, misprints among them; one of the other axis or of a group names nothing."""
    match = labels.match(text)
    if match or fact.is_header(text) or fact.row_labels.match(text) or fact.column_labels.match(text):
        return match
    return labels.alike(text)


def _filled_left(line: list[Cell | None], column: int) -> Cell | None:
    """The nearest printed label left of an empty header place: a merged header whose merge was lost."""
    for place in range(column - 1, -1, -1):
        cell = line[place] if place < len(line) else None
        if cell is not None and normalise(cell.text):
            return cell
    return None


def by_place(known: list[Head], heads: list[Head], values: list[Cell]) -> dict[str, tuple[Cell | None, float]]:
    """Cells to heads by the columns they cover; a number but 0 that covers several heads belongs to none.

    A row too short for its heads, or with numbers beyond them, was built wrongly: its cells are placed by position.
    """
    assigned: dict[str, tuple[Cell | None, float]] = {}
    beyond = any(not is_blank(cell) and not any(overlap(cell, head.first, head.last) for head in heads)
                 for cell in values)
    short = any(not any(overlap(cell, head.first, head.last) for cell in values) for head in heads)
    certainty = BY_POSITION if beyond or short else 1.0
    for head in known:
        under = [cell for cell in values if overlap(cell, head.first, head.last)]
        filled = [cell for cell in under if not is_blank(cell)]
        chosen = filled if filled else under[:1]
        covered = sum(1 for other in heads if chosen and overlap(chosen[0], other.first, other.last))
        if len(chosen) == 1 and (is_blank(chosen[0]) or covered == 1):
            assigned[str(head.key)] = (chosen[0], min(certainty, head.certainty))
        elif len(chosen) == 1 and is_zero(chosen[0]):
            assigned[str(head.key)] = (chosen[0], BY_POSITION)  # one 0 for all of them, as 无 would be
        else:
            assigned[str(head.key)] = (None, 0.0)
    return assigned
