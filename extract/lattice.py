"""Ruled tables from lines, for every medium that can draw its page: a bitmap or lines in, cells with true spans out.

A page's rules are found in a bitmap without text (`rules_in`) or given by the medium itself (`Rules.of`); `tables_of`
puts those that touch together, clusters them into the edges of rows and columns, and joins the places that no rule
divides to cells; `Ruled.owners` says into which cell characters fall, `Ruled.grid` makes the Grid.
Promises: dashed, dotted, double, thick, thin and grey rules are rules; rules left out at the outer sides are closed;
a cell is always a rectangle, and where the rules don't give one `odd` says so. Coordinates are points from the page's
top left corner. Leaves alone: recognising text, tables without rules (extract.borderless), skewed pictures.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from extract.exceptions import LimitExceededError
from extract.limits import current_limits
from extract.model import Cell, Grid

Floats = NDArray[np.float64]
Bitmap = NDArray[np.uint8]

TOUCH = 3.0
"""Points within which rules meet, and within which parallel rules are one edge."""
_FAINTEST = 4
"""How much a rule differs from what it lies on, of 255."""
_THICKEST = 4
"""Half of the thickest rule in points; what is thicker is a filled area."""
_GAP = 6
"""Longest gap in a dashed rule, in points."""
_DASHED = 0.8
"""Share of its length up to which a rule counts as dashed."""
_SHORTEST = 8
"""Shortest rule in points."""
_COVERED = 0.65
"""Share of a cell's side that a rule must cover to divide it from its neighbour."""
_LOW = 40
"""Height in points of a row with a label of two lines."""
_MOST_RULES = 4000
"""Level or upright rules on one page: sixty rows of fifteen cells, each drawn by itself, are a thousand."""

cv2.setNumThreads(1)  # a document's child process has one processor; threads would only eat its memory


@dataclass(slots=True)
class Rules:
    """Straight lines of one page. `level`: rows of left, right, y; `upright`: rows of top, bottom, x."""

    level: Floats
    upright: Floats

    @classmethod
    def of(cls, lines: Iterable[tuple[float, float, float, float]]) -> Rules:
        """From lines or thin boxes (left, top, right, bottom) as the medium draws them; slanted ones are left out."""
        level, upright = [], []
        for x0, y0, x1, y1 in lines:
            left, right, top, bottom = min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1)
            if bottom - top <= TOUCH and right - left > bottom - top:
                level.append((left, right, (top + bottom) / 2))
            elif right - left <= TOUCH:
                upright.append((top, bottom, (left + right) / 2))
        return cls(_joined(_array(level)), _joined(_array(upright)))


@dataclass(slots=True)
class Ruled:
    """One ruled table: edges of columns and rows, and the cell that owns each place between them."""

    xs: Floats
    ys: Floats
    owner: NDArray[np.int32]
    """Number of the cell at (row, column); -1 where the table has none."""
    places: list[tuple[int, int, int, int]] = field(default_factory=list)
    """Row, column, rowspan, colspan by cell number."""
    odd: bool = False
    """Whether the rules enclose something that is no rectangle."""

    @property
    def rows(self) -> int:
        return len(self.ys) - 1

    @property
    def columns(self) -> int:
        return len(self.xs) - 1

    def owners(self, x: Floats, y: Floats) -> NDArray[np.int32]:
        """Number of the cell at each point; -1 for points outside."""
        row, column = np.searchsorted(self.ys, y, "right") - 1, np.searchsorted(self.xs, x, "right") - 1
        inside = (row >= 0) & (row < self.rows) & (column >= 0) & (column < self.columns)
        found = np.full(len(x), -1, np.int32)
        found[inside] = self.owner[row[inside], column[inside]]
        return found

    def grid(self, texts: Mapping[int, str], page: int | None = None, confidence: float = 1.0) -> Grid:
        """The Grid with `texts` by cell number."""
        xs, ys = np.round(self.xs, 1).tolist(), np.round(self.ys, 1).tolist()
        return Grid([Cell(texts.get(number, ""), row, column, down, across, page,
                          (xs[column], ys[row], xs[column + across], ys[row + down]), None, confidence)
                     for number, (row, column, down, across) in enumerate(self.places)], page)


# ---------------------------------------------------------------- rules in a bitmap
def rules_in(grey: Bitmap, scale: float = 1.0, *, areas: bool = False) -> Rules:
    """The rules in a greyscale bitmap without text, `scale` pixels a point.

    areas: also take the borders of filled areas and light gaps between them for rules.
    """
    turned = np.asarray(cv2.transpose(grey), np.uint8)
    level, upright = (_runs(*_strokes(pixels, scale, areas), scale) for pixels in (grey, turned))
    if max(len(level), len(upright)) > _MOST_RULES:
        raise LimitExceededError(f"the page has {len(level)} level and {len(upright)} upright rules, "
                                 f"more than {_MOST_RULES}")
    return Rules(_met(level, upright), _met(upright, level))


def _met(rules: Floats, across: Floats) -> Floats:
    """Rules, those that may end with a gap drawn on to the rule across that stands behind it."""
    rules = rules.copy()
    for position in np.flatnonzero(rules[:, 3] > 0):
        rule = rules[position]
        near = across[(across[:, 0] - TOUCH <= rule[2]) & (rule[2] <= across[:, 1] + across[:, 3] + TOUCH), 2]
        before = near[(near < rule[0]) & (near >= rule[0] - rule[3])]
        behind = near[(near > rule[1]) & (near <= rule[1] + rule[3])]
        rules[position, :2] = before.min(initial=rule[0]), behind.max(initial=rule[1])
    return rules[:, :3]


def _strokes(grey: Bitmap, scale: float, areas: bool) -> tuple[Bitmap, NDArray[np.intp]]:
    """Mask of what is a level stroke: unlike what lies a little above and a little below it.

    Only the rows with anything in them, and their places: the rest would cost most of the time.
    """
    reach = max(2, round(_THICKEST * scale))
    mask = np.zeros(grey.shape, np.uint8)
    if len(grey) > 2 * reach:
        above, middle, below = grey[:-2 * reach], grey[reach:-reach], grey[2 * reach:]
        mask[reach:-reach] = cv2.subtract(cv2.min(above, below), middle) > _FAINTEST
        if areas:
            mask[reach:-reach] |= cv2.subtract(middle, cv2.max(above, below)) > _FAINTEST
            mask[1:] |= cv2.absdiff(grey[1:], grey[:-1]) > _FAINTEST
    used = np.flatnonzero(mask.max(axis=1))
    return mask[used], used


def _runs(mask: Bitmap, used: NDArray[np.intp], scale: float) -> Floats:
    """Level strokes of a mask as rows of left, right, y in points, gaps of dashes closed; then how much may be missing
    at the ends."""
    if not len(used):
        return np.zeros((0, 4))
    gap, shortest = round(_GAP * scale) | 1, max(3, round(_SHORTEST * scale))
    dense = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((1, gap), np.uint8),
                             borderType=cv2.BORDER_CONSTANT, borderValue=0)
    edge = np.zeros((len(used), mask.shape[1] + 2), np.int8)
    edge[:, 1:-1] = dense
    change = np.diff(edge, axis=1)
    rows, starts = np.nonzero(change == 1)
    stops = np.nonzero(change == -1)[1]
    long = stops - starts >= shortest
    if np.count_nonzero(long) > 20 * _MOST_RULES:
        raise LimitExceededError(f"the page has more than {_MOST_RULES} rules")
    rows, starts, stops = rows[long], starts[long], stops[long]
    # A dashed rule may begin and end with a gap; other rules have only the small ones where they cross.
    drawn = np.cumsum(np.pad(mask, ((0, 0), (1, 0))), axis=1, dtype=np.int32)
    short = np.where(drawn[rows, stops] - drawn[rows, starts] < _DASHED * (stops - starts), gap - 1, 0)
    return _joined(np.column_stack([starts, stops, used[rows] + 0.5, short]) / scale)


def _joined(runs: Floats) -> Floats:
    """Runs that lie on or beside each other as one: the pixels of a thick rule, pieces of a rule drawn cell by cell."""
    if not len(runs):
        return runs
    runs = runs[np.lexsort((runs[:, 0], runs[:, 2]))]
    made: list[list[float]] = []
    recent: list[list[float]] = []
    for left, right, y, *more in runs.tolist():
        recent = [one for one in recent if y - one[3] <= 1.6]
        for one in recent:
            if left <= one[1] + 1 and right >= one[0] - 1:
                one[0], one[1], one[3] = min(one[0], left), max(one[1], right), y
                break
        else:
            recent.append([left, right, y, y, *more])
            made.append(recent[-1])
    return np.array([(left, right, (first + last) / 2, *more) for left, right, first, last, *more in made])


def _array(rows: Sequence[tuple[float, float, float]]) -> Floats:
    return np.array(rows, float).reshape(-1, 3)


# ---------------------------------------------------------------- tables
def tables_of(rules: Rules) -> list[Ruled]:
    """The ruled tables of a page from top to bottom: two columns and rows or more, a row of three cells, or a low one
    of two, as a page break leaves it of a table."""
    found = []
    for level, upright in _touching(rules):
        level, upright = _closed(level, upright)
        table = _table(level, upright)
        if table is not None and table.columns >= 2 and (
                table.rows >= 2 or table.columns >= 3 or table.ys[-1] - table.ys[0] <= _LOW):
            found.append(table)
    if sum(table.owner.size for table in found) > current_limits().cells:
        raise LimitExceededError(f"the page has more than {current_limits().cells} cells")
    return sorted(found, key=lambda table: (float(table.ys[0]), float(table.xs[0])))


def _touching(rules: Rules) -> list[tuple[Floats, Floats]]:
    """Rules grouped by what they cross or meet."""
    level, upright = rules.level, rules.upright
    if not len(level) or not len(upright):
        return []
    meets = ((upright[None, :, 2] >= level[:, None, 0] - TOUCH) & (upright[None, :, 2] <= level[:, None, 1] + TOUCH)
             & (level[:, None, 2] >= upright[None, :, 0] - TOUCH) & (level[:, None, 2] <= upright[None, :, 1] + TOUCH))
    groups = []
    left = np.ones(len(level), bool)
    for start in range(len(level)):
        if not left[start]:
            continue
        rows: NDArray[np.bool_] = np.zeros(len(level), bool)
        columns: NDArray[np.bool_] = np.zeros(len(upright), bool)
        rows[start] = True
        while True:
            reached = int(rows.sum() + columns.sum())
            columns |= meets[rows].any(axis=0)
            rows |= meets[:, columns].any(axis=1)
            if reached == rows.sum() + columns.sum():
                break
        left[rows] = False
        if columns.any():
            groups.append((level[rows], upright[columns]))
    return groups


def _closed(level: Floats, upright: Floats) -> tuple[Floats, Floats]:
    """The rules with the outer ones that print leaves out at a page break or at open sides.

    Where two or more rules end at one height (or margin) beyond the last rule across, one across their ends is added.
    """
    return (np.vstack([level, *_caps(upright, level)]), np.vstack([upright, *_caps(level, upright)]))


def _caps(along: Floats, across: Floats) -> list[Floats]:
    added = []
    for side, extreme in ((0, along[:, 0].min()), (1, along[:, 1].max())):
        ends = along[np.abs(along[:, side] - extreme) <= TOUCH]
        first, last = ends[:, 2].min(), ends[:, 2].max()
        closed = ((np.abs(across[:, 2] - extreme) <= TOUCH) & (across[:, 0] <= first + TOUCH)
                  & (across[:, 1] >= last - TOUCH)).any()
        if len(ends) >= 2 and last - first > TOUCH and not closed:
            added.append(_array([(first, last, extreme)]))
    return added


def _edges(values: Floats) -> Floats:
    """Places of rules as edges: those within a few points are one, at their middle."""
    values = np.sort(values)
    groups = np.split(values, np.flatnonzero(np.diff(values) > TOUCH) + 1)
    return np.array([(group[0] + group[-1]) / 2 for group in groups])


def _walls(rules: Floats, at: Floats, ends: Floats) -> NDArray[np.bool_]:
    """Whether a rule runs along edge `at[i]` between `ends[j]` and `ends[j + 1]`."""
    covered = np.zeros((len(at), len(ends) - 1))
    overlap = np.minimum(rules[:, 1:2], ends[None, 1:]) - np.maximum(rules[:, :1], ends[None, :-1])
    np.add.at(covered, np.abs(rules[:, 2:] - at[None, :]).argmin(axis=1), np.clip(overlap, 0, None))
    return covered >= _COVERED * np.diff(ends)[None, :]


def _table(level: Floats, upright: Floats) -> Ruled | None:
    xs, ys = _edges(upright[:, 2]), _edges(level[:, 2])
    rows, columns = len(ys) - 1, len(xs) - 1
    if rows < 1 or columns < 1:
        return None
    # The table as a maze with a corridor around it: places that no wall divides, and outside, are connected.
    maze = np.zeros((2 * rows + 3, 2 * columns + 3), np.uint8)
    maze[[0, -1], :] = maze[:, [0, -1]] = 1
    maze[2:-1:2, 2:-1:2] = 1
    maze[1:-1:2, 2:-1:2] = ~_walls(level, ys, xs)
    maze[2:-1:2, 1:-1:2] = ~_walls(upright, xs, ys).T
    labels = cv2.connectedComponents(maze, connectivity=4)[1]
    inner = labels[2:-1:2, 2:-1:2]
    table = Ruled(xs, ys, np.full((rows, columns), -1, np.int32))
    for row in range(rows):
        for column in range(columns):
            label = inner[row, column]
            if label == labels[0, 0] or table.owner[row, column] >= 0:
                continue
            across = 1
            while column + across < columns and inner[row, column + across] == label \
                    and table.owner[row, column + across] < 0:
                across += 1
            down = 1
            while row + down < rows and (inner[row + down, column:column + across] == label).all():
                down += 1
            table.owner[row:row + down, column:column + across] = len(table.places)
            table.places.append((row, column, down, across))
    table.odd = len(table.places) > len(np.unique(inner[inner != labels[0, 0]]))
    return table
