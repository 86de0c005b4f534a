"""Tables printed without rules, from the places of their words.

Promises Grids with true columns wherever the words show them: columns are where values and headings stand one under the
other, a row is a line of values with the label beside it, however many lines that label takes and whether it is
centred on its values or begins with them. A value that falls into no column, or two that fall into one, cost the
row its confidence. Blank cells are given as such only in columns that a heading or another row shows. Leaves alone:
pages with rules (layout.Lattice) and what labels mean.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from extract.columns import columns_of, shared_out, spanned
from extract.layout import Line, Word, cell_text, tidy
from extract.model import Cell, Grid

SURE = 0.95
GUESSED = 0.8
DOUBTFUL = 0.5
RECOGNISED = 0.85
"""At most, for figures placed by where a recogniser found them: sums may bear them out."""
_VALUE = re.compile(r"^(?:[+＋\-－—–/／]|[+＋\-－]?[\d０-９][\d０-９,，.．%％\s]*(?:万元|元|件|个|次)?|[—–－\-]{1,2})$")
_NUMBERED = re.compile(r"^\s*(?:[一二三四五六七八九十]{1,2}\s*[、.．]|[（(][一二三四五六七八九十]{1,2}[）)]"
                       r"|\d{1,2}\s*[.．、](?!\d))")
_SECTION = re.compile(r"^\s*(?:[一二三四五六]\s*[、.．]\s*|[（(][一二三四五六][）)]\s*)?(?!\d)"
                      r"(?:.*(?:公开|总体|问题|报告|说明).*(?:情况|事项|措施)|(?:总体|工作)?概述)$")
_OPENED, _CLOSING = re.compile(r"[（(][^（()）]*$"), re.compile(r"^[^（()）]{1,4}[)）]$")
_NUMERAL = re.compile(r"^[一二三四五六—–－\-]\s*[、.．]?$")
"""A section's numeral that stands apart from its heading."""
_ITEM = re.compile(r"^\s*第.{1,6}条\s*第.{1,5}项\s*$")


@dataclass(slots=True)
class _Row:
    """A line cut into what stands apart in it."""

    segments: list[Word]
    size: float
    source: Line

    @property
    def values(self) -> list[Word]:
        return [segment for segment in self.segments if _VALUE.match(segment.text)]

    @property
    def top(self) -> float:
        return min(segment.top for segment in self.segments)

    @property
    def bottom(self) -> float:
        return max(segment.bottom for segment in self.segments)

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2

    @property
    def has_values(self) -> bool:
        """Whether it is a row's line of values: several things side by side, a number among them."""
        return bool(self.values) and (len(self.segments) > 1 or len(self.values) > 1)


@dataclass(slots=True)
class _Stack:
    """Pieces of one label or heading, one under the other."""

    pieces: list[Word]
    has_values: bool = False
    """Whether a line of values runs beside it already."""

    @property
    def text(self) -> str:
        return cell_text(self.pieces)

    @property
    def left(self) -> float:
        return min(piece.left for piece in self.pieces)

    @property
    def right(self) -> float:
        return max(piece.right for piece in self.pieces)

    @property
    def top(self) -> float:
        return min(piece.top for piece in self.pieces)

    @property
    def bottom(self) -> float:
        return max(piece.bottom for piece in self.pieces)


@dataclass(slots=True)
class Borderless:
    """Takes tables out of the lines of one page after the other; columns carry over to a table's next page."""

    _columns: list[tuple[float, float]] = field(default_factory=list)
    _open: bool = False
    """Whether the page before ended with a table."""

    def split(self, lines: Sequence[Line]) -> tuple[list[Grid], list[Line]]:
        """The tables among the lines of a page, and the lines that are none of them."""
        rows = [_cut(line) for line in lines]
        grids, prose = [], []
        for region in _regions(rows):
            count = sum(row.has_values for row in region)
            named = any(_ITEM.match(row.segments[0].text) for row in region)
            goes_on = self._open and region[0] is rows[0]
            if count >= (1 if named or goes_on else 2) or any(len(row.values) >= 5 for row in region):
                made, rest = self._tables(region, region[-1] is rows[-1])
                grids += made
                prose += [row.source for row in rest]
                self._open = bool(made)
            elif region[-1] is rows[-1] and max(len(row.segments) for row in region) >= (2 if named else 4):
                grids.append(self._head(region))
                self._open = True
            else:
                self._open = False
                prose += [row.source for row in region]
        return grids, prose

    def _head(self, region: list[_Row]) -> Grid:
        """Headings at the foot of a page, whose values stand on the next."""
        start = min(row.segments[0].left for row in region)
        deepest = max(region, key=lambda row: len(row.segments))
        label_right = next((segment.right for row in region for segment in row.segments
                            if segment.left < start + row.size and segment.right < deepest.segments[-1].left), -1.0)
        headings = [segment for row in region for segment in row.segments if segment.centre > label_right]
        self._columns = columns_of([], headings)
        return Grid(_head_cells(region, self._columns, label_right, region[0].source.page), region[0].source.page)

    def _tables(self, region: list[_Row], last: bool) -> tuple[list[Grid], list[_Row]]:
        """The tables of a region and the lines that are none; `last`: it is the last on its page."""
        grids, rest = [], []
        blocks = _blocks(region)
        for block in blocks:
            if not any(row.has_values for row in block):
                named = _ITEM.match(block[0].segments[0].text)
                if last and named and block is blocks[-1] and len(block[-1].segments) > 1:
                    grids.append(self._head(block))
                else:
                    rest += block
                continue
            inner, outer = _trim(block)
            rest += outer
            grid = self._table(inner)
            if grid.cells:
                grids.append(grid)
        return grids, rest

    def _table(self, block: list[_Row]) -> Grid:
        first = next(position for position, row in enumerate(block) if row.has_values)
        label_right = _label_right(block)
        head_end = max((position + 1 for position, row in enumerate(block[:first])
                        if any(segment.centre > label_right for segment in row.segments)), default=0)
        _gather(block[head_end:], label_right)
        headings = [segment for row in block[:head_end] for segment in row.segments
                    if segment.centre > label_right and not _ITEM.match(segment.text)]
        values = [segment for row in block[head_end:] for segment in row.segments if segment.centre > label_right]
        columns = [] if head_end else shared_out(values, self._columns, [
            (before[1] + after[0]) / 2 for before, after in itertools.pairwise(self._columns)])
        self._columns = columns = columns or columns_of(values, headings)
        page = block[0].source.page
        for head in block[:head_end]:
            head.segments = [part for segment in head.segments for part in _by_column(segment, head, columns)]
        cells = _head_cells(block[:head_end], columns, label_right, page)
        height = max((cell.row + cell.rowspan for cell in cells), default=0)
        shown = bool(head_end) or len(columns) > 1
        for row, (groups, leaf, line) in enumerate(_labelled(block[head_end:], label_right), height):
            cells += _row_cells(row, groups, leaf, line, columns, label_right, page, shown)
        return Grid(cells, page)


# ---------------------------------------------------------------- lines and regions
def _cut(line: Line) -> _Row:
    size = line.size
    segments: list[Word] = []
    for word in line.words:
        cut = segments and _OPENED.search(segments[-1].text) and _CLOSING.match(word.text)
        gap = 2.5 if cut else 0.7  # （单位：万元）, of which a scan lost the colon
        if segments and word.left - segments[-1].right < gap * size:
            last = segments[-1]
            text = cell_text([last, word])
            segments[-1] = Word(text, last.left, min(last.top, word.top), word.right, max(last.bottom, word.bottom),
                                min(last.confidence, word.confidence))
        else:
            segments.append(replace(word))
    return _Row(segments, size, line)


def _by_column(segment: Word, row: _Row, columns: Sequence[tuple[float, float]]) -> list[Word]:
    """A heading cut into the words that stand over a column each: headings that fill their cells nearly touch."""
    words = [word for word in row.source.words if segment.left <= word.centre <= segment.right]
    over = [[at for at, column in enumerate(columns) if word.left < column[1] and word.right > column[0]]
            for word in words]
    apart = all(len(places) == 1 for places in over) and len({places[0] for places in over}) == len(words)
    return words if len(words) > 1 and apart else [segment]


def _regions(rows: Sequence[_Row]) -> list[list[_Row]]:
    """Runs of lines that may be one table, cut at prose and at headings of sections."""
    if not rows:
        return []
    wide = max(row.segments[-1].right for row in rows) - min(row.segments[0].left for row in rows)
    regions: list[list[_Row]] = [[]]
    for row in rows:
        single = len(row.segments) == 1
        width = row.segments[-1].right - row.segments[0].left
        is_prose = single and (width > 0.6 * wide or re.search(r"[。；;！]$", row.segments[0].text))
        if (single and is_prose) or _is_heading(row):
            regions += [[row], []]
        else:
            regions[-1].append(row)
    return [region for region in regions if region]


def _is_heading(row: _Row) -> bool:
    """Whether a line is a section's heading; a scan may cut it where its numeral or a comma was lost."""
    first, *rest = (segment.text for segment in row.segments)
    if not rest:
        return bool(_SECTION.match(first))
    return bool(_NUMERAL.match(first)) and not any(map(_VALUE.match, rest)) and bool(_SECTION.match("".join(rest)))


def _blocks(region: list[_Row]) -> list[list[_Row]]:
    """A region cut before each line that names an article's item, for those blocks have columns of their own."""
    blocks: list[list[_Row]] = [[]]
    for row in region:
        if len(row.segments) == 1 and _ITEM.match(row.segments[0].text) and blocks[-1]:
            blocks.append([])
        blocks[-1].append(row)
    return blocks


def _trim(block: list[_Row]) -> tuple[list[_Row], list[_Row]]:
    """The block without what follows the last row's label."""
    last = max(position for position, row in enumerate(block) if row.has_values)
    right = _label_right(block)
    end = last + 1
    while (end < len(block) and block[end].segments[-1].right <= right + block[end].size
           and block[end].top - block[end - 1].bottom < 1.2 * block[end].size):
        end += 1
    return block[:end], block[end:]


def _label_right(block: Sequence[_Row]) -> float:
    """Where labels end: the furthest right that text reaches before the first value of a line."""
    ends = []
    for row in block:
        if row.has_values:
            start = row.values[0].left
            ends += [segment.right for segment in row.segments if segment.right <= start]
    return max(ends, default=-1.0)


def _gather(rows: Sequence[_Row], label_right: float) -> None:
    """Give what stands alone among the values, such as the rest of a wrapped number, to the nearest line of values."""
    lines = [row for row in rows if row.has_values]
    for row in rows:
        strays = [segment for segment in row.segments if segment.centre > label_right]
        if strays and not row.has_values:
            nearest = min(lines, key=lambda line: abs(line.middle - row.middle))
            nearest.segments += strays
            row.segments = [segment for segment in row.segments if segment.centre <= label_right]


# ---------------------------------------------------------------- headings
_LABELS = 2
"""Grid columns for labels: what groups the row, and its own."""


def _head_cells(rows: Sequence[_Row], columns: list[tuple[float, float]], label_right: float,
                page: int | None) -> list[Cell]:
    stacks: list[_Stack] = []
    for row in rows:
        for segment in row.segments:
            above = next((stack for stack in reversed(stacks) if _same_place(stack, segment, columns, label_right)
                          and segment.top - stack.bottom < 0.9 * row.size), None)
            if above is not None:
                above.pieces.append(segment)
            else:
                stacks.append(_Stack([segment]))
    over = [stack for stack in stacks if (stack.left + stack.right) / 2 > label_right]
    places = {id(stack): (0, len(columns)) if _ITEM.match(stack.text) else spanned(stack, columns) for stack in over}
    lowest = {places[id(stack)][0]: stack for stack in sorted(over, key=lambda stack: stack.top)
              if places[id(stack)][1] == 1 and not _broad(stack, columns)}
    upper = sorted((stack for stack in over if not any(stack is leaf for leaf in lowest.values())),
                   key=lambda stack: stack.top)
    levels = _levels(upper)
    wider = [(0, len(columns))]
    for members in levels:
        runs = _runs([stack for stack in members if not _ITEM.match(stack.text)], columns, wider)
        places |= runs
        wider += runs.values()
    cells: list[Cell] = []
    for stack in stacks:
        # What names one column, or the labels, stands in the last line, wherever print centred it.
        level = next((position for position, members in enumerate(levels)
                      if any(stack is member for member in members)), len(levels))
        first, across = places.get(id(stack), (-_LABELS, _LABELS))
        held = next((cell for cell in cells if cell.row == level and cell.column < first + _LABELS + across
                     and first + _LABELS < cell.column + cell.colspan), None)
        if held is not None:
            held.text = tidy(f"{held.text} {stack.text}")
        else:
            cells.append(Cell(stack.text, level, first + _LABELS, 1, across, page, _box(stack), None, SURE))
    return sorted(cells, key=lambda cell: (cell.row, cell.column))


def _levels(stacks: list[_Stack]) -> list[list[_Stack]]:
    """Headings that stand over others, line by line, each from left to right."""
    levels: list[list[_Stack]] = []
    for stack in stacks:
        if not levels or stack.top - levels[-1][0].top > 0.6 * (stack.pieces[0].bottom - stack.pieces[0].top):
            levels.append([])
        levels[-1].append(stack)
    return [sorted(members, key=lambda stack: stack.left) for members in levels]


def _runs(members: list[_Stack], columns: list[tuple[float, float]],
          wider: list[tuple[int, int]]) -> dict[int, tuple[int, int]]:
    """The columns each heading of one line stands over: the longest runs it is centred on that lie within one heading
    of the lines above and don't overlap. Nothing for headings that are centred on no run."""
    choices = []
    for stack in members:
        centre, slack = (stack.left + stack.right) / 2, 0.75 * (stack.pieces[0].bottom - stack.pieces[0].top)
        choices.append([None, *((first, last - first + 1) for first in range(len(columns))
                                for last in range(first, len(columns))
                                if abs((columns[first][0] + columns[last][1]) / 2 - centre) <= slack
                                and _within(first, last, wider))])
    best: list[tuple[int, int] | None] = []
    most = -1

    def extend(chosen: list[tuple[int, int] | None], start: int) -> None:
        nonlocal best, most
        if len(chosen) == len(choices):
            covered = sum(run[1] for run in chosen if run)
            if covered > most:
                best, most = chosen, covered
            return
        for run in choices[len(chosen)]:
            if run is None or run[0] >= start:
                extend([*chosen, run], start if run is None else run[0] + run[1])

    if len(members) <= 4:
        extend([], 0)
    return {id(stack): run for stack, run in zip(members, best, strict=False) if run is not None}


def _within(first: int, last: int, wider: list[tuple[int, int]]) -> bool:
    """Whether a run lies in the narrowest heading above that touches it, and is narrower where that one isn't all."""
    touching = [run for run in wider[1:] if run[0] <= last and first < run[0] + run[1]]
    return all(run[0] <= first and last < run[0] + run[1] and last - first + 1 < run[1] for run in touching)


def _same_place(stack: _Stack, segment: Word, columns: list[tuple[float, float]], label_right: float) -> bool:
    if (segment.centre > label_right) != ((stack.left + stack.right) / 2 > label_right):
        return False
    if segment.centre <= label_right:
        return True
    if _ITEM.match(stack.text) or _ITEM.match(segment.text):
        return False
    return (bool(columns) and spanned(stack, columns) == spanned(segment, columns)
            and _broad(stack, columns) == _broad(segment, columns))


def _broad(word: Word | _Stack, columns: list[tuple[float, float]]) -> bool:
    """Whether a heading is wider than the one column under it has room for, so that it must stand over several."""
    centres = [(left + right) / 2 for left, right in columns]
    at = spanned(word, columns)[0]
    beside = [abs(centres[other] - centres[at]) for other in (at - 1, at + 1) if 0 <= other < len(centres)]
    return bool(beside) and word.right - word.left > sum(beside) / len(beside)


# ---------------------------------------------------------------- rows
def _labelled(rows: Sequence[_Row], label_right: float) -> list[tuple[list[_Stack], _Stack | None, _Row | None]]:
    """Every row as (labels that only group, its own label, its line of values)."""
    stacks = _stacks(rows, label_right)
    leaves: list[_Stack] = []
    for stack in sorted(stacks, key=lambda stack: -stack.left):
        slack = 0.4 * (stack.pieces[0].bottom - stack.pieces[0].top)
        if all(min(stack.bottom, leaf.bottom) - max(stack.top, leaf.top) < slack for leaf in leaves):
            leaves.append(stack)
    lines = [row for row in rows if row.has_values]
    made: list[tuple[float, _Stack | None, _Row | None]] = []
    free = list(leaves)
    for line in lines:
        beside = [leaf for leaf in free if leaf.top - 0.4 * line.size <= line.middle <= leaf.bottom + 0.4 * line.size]
        leaf = min(beside, key=lambda leaf: abs((leaf.top + leaf.bottom) / 2 - line.middle), default=None)
        if leaf is not None:
            free.remove(leaf)
        made.append((line.middle, leaf, line))
    made += [((leaf.top + leaf.bottom) / 2, leaf, None) for leaf in free]
    made.sort(key=lambda entry: entry[0])
    groups: dict[int, list[_Stack]] = {}
    for stack in stacks:
        if not any(stack is leaf for leaf in leaves) and made:
            middle = (stack.top + stack.bottom) / 2
            nearest = min(range(len(made)), key=lambda at: abs(made[at][0] - middle))
            groups.setdefault(nearest, []).append(stack)
    return [(groups.get(position, []), leaf, line) for position, (_, leaf, line) in enumerate(made)]


def _stacks(rows: Sequence[_Row], label_right: float) -> list[_Stack]:
    stacks: list[_Stack] = []
    for row in rows:
        for segment in row.segments:
            if segment.centre > label_right:
                continue
            above = next((stack for stack in reversed(stacks)
                          if segment.left < stack.right and segment.right > stack.left
                          and segment.top - stack.bottom < 0.9 * row.size), None)
            beside_values = row.has_values and segment is _own_label(row, label_right)
            if above is None or _NUMBERED.match(segment.text) or (beside_values and above.has_values):
                stacks.append(_Stack([segment], beside_values))
            else:
                above.pieces.append(segment)
                above.has_values |= beside_values
    return stacks


def _own_label(row: _Row, label_right: float) -> Word | None:
    """The label nearest to the values of its line."""
    return max((segment for segment in row.segments if segment.centre <= label_right),
               key=lambda segment: segment.left, default=None)


def _row_cells(row: int, groups: list[_Stack], leaf: _Stack | None, line: _Row | None,
               columns: list[tuple[float, float]], label_right: float, page: int | None, shown: bool) -> list[Cell]:
    cells = []
    if groups:
        cells.append(Cell("".join(group.text for group in groups), row, 0, 1, 1, page, _box(groups[0]), None, SURE))
    if leaf is not None:
        first = 1 if groups else 0
        cells.append(Cell(leaf.text, row, first, 1, _LABELS - first, page, _box(leaf), None, SURE))
    held: dict[int, list[Word]] = {}
    for segment in (line.segments if line else []):
        if segment.centre > label_right:
            held.setdefault(spanned(segment, columns)[0], []).append(segment)
    full = len(held) == len(columns)
    top, bottom = (line.top, line.bottom) if line else (leaf.top, leaf.bottom) if leaf else (0.0, 0.0)
    for position, column in enumerate(columns):
        words = held.get(position, [])
        box = (round(column[0], 1), round(top, 1), round(column[1], 1), round(bottom, 1))
        sure = DOUBTFUL if len(words) > 1 else SURE if full or shown else GUESSED
        if line is not None and not line.source.sure:
            sure = min(RECOGNISED if words else DOUBTFUL, sure, *(word.confidence for word in words))
        cells.append(Cell(cell_text(words), row, position + _LABELS, 1, 1, page, box, None, sure))
    return cells


def _box(stack: _Stack) -> tuple[float, float, float, float]:
    return (round(stack.left, 1), round(stack.top, 1), round(stack.right, 1), round(stack.bottom, 1))
