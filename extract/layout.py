"""Geometry of printed pages, for every medium that gives characters with places: words to lines, lines to paragraphs,
boxes to a Grid with true spans.

Promises: nothing is invented or dropped; what can't be placed stays text. Coordinates are points from the page's top
left corner. Leaves alone: where the words and boxes come from (the readers) and what they mean.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from extract.model import Box, Cell, Grid, Text

SNAP = 1.5
"""Edges closer than that many points are one edge."""
_WIDE = r"\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f\u2018-\u201d\u2014\u2026\u00b7"
_INNER_BLANK = re.compile(rf"(?<=[{_WIDE}])[ \t]+|[ \t]+(?=[{_WIDE}])")
_SENTENCE_END = re.compile(r"[。！？；：.!?;:][”’）)》」]*$")
_UNIT = re.compile(r"[（《“‘「〔(]*(?:[A-Za-z0-9.%/:@_—-]+|.)[》”’）〉」』〕，。、；：！？…)%,.;:]*")
_HEADING = re.compile(r"^\s*(?:[一二三四五六七八九十]{1,3}\s*[、.．]|[（(][一二三四五六七八九十]{1,3}[）)]"
                      r"|第[一二三四五六七八九十]+[章节条部])")


@dataclass(slots=True)
class Word:
    """A run of characters without a gap, with its box."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    confidence: float = 1.0
    """The recogniser's, where characters were recognised."""

    @property
    def centre(self) -> float:
        return (self.left + self.right) / 2

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


@dataclass(slots=True)
class Line:
    """Words that stand side by side, from left to right."""

    words: list[Word]
    page: int | None = None
    sure: bool = True
    """False where a scanner recognised the characters."""

    @property
    def left(self) -> float:
        return min(word.left for word in self.words)

    @property
    def right(self) -> float:
        return max(word.right for word in self.words)

    @property
    def top(self) -> float:
        return min(word.top for word in self.words)

    @property
    def bottom(self) -> float:
        return max(word.bottom for word in self.words)

    @property
    def size(self) -> float:
        """Height of its characters, which for Chinese print is the width of one."""
        return median(word.bottom - word.top for word in self.words)

    @property
    def box(self) -> Box:
        return (round(self.left, 1), round(self.top, 1), round(self.right, 1), round(self.bottom, 1))

    @property
    def text(self) -> str:
        return tidy(" ".join(word.text for word in self.words))


def tidy(text: str) -> str:
    """`text` without the blanks that justified print leaves beside Chinese characters."""
    return _INNER_BLANK.sub("", text).strip()


def lines_of(words: Iterable[Word], page: int | None = None) -> list[Line]:
    """Words grouped into lines, top to bottom: a word joins a line when it overlaps half of its height."""
    lines: list[Line] = []
    for word in sorted(words, key=lambda word: (word.middle, word.left)):
        for line in reversed(lines[-4:]):
            first = line.words[0]
            overlap = min(first.bottom, word.bottom) - max(first.top, word.top)
            if overlap > 0.5 * min(first.bottom - first.top, word.bottom - word.top):
                line.words.append(word)
                break
        else:
            lines.append(Line([word], page))
    for line in lines:
        line.words.sort(key=lambda word: word.left)
    return sorted(lines, key=lambda line: line.top)


# ---------------------------------------------------------------- paragraphs
def paragraphs(lines: Sequence[Line], *, indented: bool | None = None, right: float | None = None) -> list[Text]:
    """Lines of prose joined to paragraphs, in the order given; lines of several pages may follow each other.

    A line goes on where the one above reaches the right margin and this one isn't indented. Where the print doesn't
    indent at all, the end of a sentence at the margin or a numbered heading begins a new paragraph.
    """
    if not lines:
        return []
    right = right if right is not None else right_margin(lines)
    left = left_margin(lines)
    if indented is None:
        indented = sum(line.left > left + 1.2 * line.size for line in lines) >= max(1, len(lines) // 40)
    made: list[Text] = []
    last: Line | None = None
    for line in lines:
        if last is not None and _continues(last, line, made[-1].text, left, right, indented):
            made[-1].text = _join(made[-1].text, line.text)
            if made[-1].page == line.page and made[-1].box and last.page == line.page:
                box = made[-1].box
                made[-1].box = (min(box[0], line.box[0]), box[1], max(box[2], line.box[2]), line.box[3])
        else:
            made.append(Text(line.text, page=line.page, box=line.box))
        last = line
    return made


def left_margin(lines: Sequence[Line]) -> float:
    """Where full lines of prose begin."""
    sides = [(line.left, line.right) for line in lines]
    wide = max((right for _, right in sides), default=0.0) - min((left for left, _ in sides), default=0.0)
    full = [left for left, right in sides if right - left > 0.6 * wide]
    return min(full or (left for left, _ in sides), default=0.0)


def right_margin(lines: Sequence[Line]) -> float:
    """Where full lines of prose end; a stray longer line doesn't count."""
    ends = sorted(line.right for line in lines)
    return ends[max(0, round(len(ends) * 0.9) - 1)] if len(ends) >= 10 else ends[-1]


def _continues(last: Line, line: Line, so_far: str, left: float, right: float, indented: bool) -> bool:
    size = max(last.size, line.size)
    if min(last.size, line.size) < 0.8 * size:  # another type size: a heading or a caption
        return False
    if last.right + _first_unit(line) < right - 0.7 * size:  # there was room for more, so the paragraph ended
        return False
    if line.left > left + 1.2 * line.size:
        return False
    if last.page == line.page and line.top - last.bottom > 2.2 * size:
        return False
    if _HEADING.match(line.text) and (_SENTENCE_END.search(so_far) or _is_heading(so_far)
                                      or line.right < left + 0.7 * (right - left)):
        return False
    return indented or not _SENTENCE_END.search(so_far)


def _is_heading(text: str) -> bool:
    """Whether a numbered paragraph is no sentence."""
    return _HEADING.match(text) is not None and len(text) < 40 and not re.search(r"[，。；：！？,;:]", text)


def _first_unit(line: Line) -> float:
    """Width of what print can't divide at the line's beginning: a number or word with the marks that cling to it."""
    unit = _UNIT.match(line.text)
    return sum(line.size * (0.55 if char.isascii() else 1) for char in unit.group()) if unit else 0.0


def _join(head: str, tail: str) -> str:
    between = " " if re.search(r"[A-Za-z0-9]$", head) and re.match(r"[A-Za-z]", tail) else ""
    return head + between + tail


# ---------------------------------------------------------------- ruled tables
class Lattice:
    """The cells of one ruled table: boxes become rows, columns and spans, words fall into them by their centre."""

    def __init__(self, boxes: Iterable[Box]) -> None:
        boxes = sorted({box for box in boxes if box[2] - box[0] > SNAP and box[3] - box[1] > SNAP})
        self.xs = _edges(x for box in boxes for x in (box[0], box[2]))
        self.ys = _edges(y for box in boxes for y in (box[1], box[3]))
        self.places: list[tuple[int, int, int, int, Box]] = []
        self._owner: dict[tuple[int, int], int] = {}
        for box in sorted(boxes, key=lambda box: (box[1], box[0])):
            left, right = _index(self.xs, box[0]), _index(self.xs, box[2])
            top, bottom = _index(self.ys, box[1]), _index(self.ys, box[3])
            covered = [(row, column) for row in range(top, bottom) for column in range(left, right)]
            if not covered or any(place in self._owner for place in covered):
                continue  # a box inside another box: frames drawn twice
            for place in covered:
                self._owner[place] = len(self.places)
            self.places.append((top, left, bottom - top, right - left, box))

    @property
    def columns(self) -> int:
        return max(0, len(self.xs) - 1)

    @property
    def rows(self) -> int:
        return max(0, len(self.ys) - 1)

    def at(self, x: float, y: float) -> int | None:
        """Number of the cell at a point."""
        return self._owner.get((bisect_right(self.ys, y) - 1, bisect_right(self.xs, x) - 1))

    def grid(self, texts: dict[int, str], page: int | None, confidence: float = 1.0) -> Grid:
        """The Grid, `texts` by cell number as `at` gives it."""
        cells = [Cell(texts.get(number, ""), top, left, down, across, page,
                      tuple(round(side, 1) for side in box), None, confidence)  # type: ignore[arg-type]
                 for number, (top, left, down, across, box) in enumerate(self.places)]
        return Grid(cells, page)


Edge = dict[str, Any]
"""A rule as pdfplumber describes it: x0, x1, top, bottom, orientation "h" or "v"."""


def closing_edges(edges: Sequence[Edge], touch: float = 3) -> list[Edge]:
    """The outer rules that a table lacks: at a page break, or at its open sides, print often leaves them out.

    Where two or more rules of one table end at the same height (or margin) beyond the last rule across, a rule across
    their ends is added.
    """
    added: list[Edge] = []
    for group in _touching(edges, touch):
        for orientation, low, high, start, stop in (("v", "top", "bottom", "x0", "x1"),
                                                    ("h", "x0", "x1", "top", "bottom")):
            along = [edge for edge in group if edge["orientation"] == orientation]
            across = [edge for edge in group if edge["orientation"] != orientation]
            if len(along) < 2 or not across:
                continue
            for side, extreme in ((low, min(edge[low] for edge in along)), (high, max(edge[high] for edge in along))):
                ends = [edge for edge in along if abs(edge[side] - extreme) <= touch]
                first, last = min(edge[start] for edge in ends), max(edge[start] for edge in ends)
                closed = any(abs(edge[low] - extreme) <= touch and edge[start] <= first + touch
                             and edge[stop] >= last - touch for edge in across)
                if len(ends) >= 2 and last - first > touch and not closed:
                    added.append({"orientation": "h" if orientation == "v" else "v", "object_type": "line",
                                  start: first, stop: last, low: extreme, high: extreme,
                                  "width": 0 if orientation == "h" else last - first,
                                  "height": last - first if orientation == "h" else 0})
    return added


def _touching(edges: Sequence[Edge], touch: float) -> list[list[Edge]]:
    """Rules grouped by what they cross or meet."""
    groups = {id(edge): [edge] for edge in edges}
    upright = [edge for edge in edges if edge["orientation"] == "v"]
    level = sorted((edge for edge in edges if edge["orientation"] == "h"), key=lambda edge: float(edge["top"]))
    heights = [float(edge["top"]) for edge in level]
    for edge in upright:
        for other in level[bisect_left(heights, edge["top"] - touch):bisect_right(heights, edge["bottom"] + touch)]:
            if other["x0"] - touch <= edge["x0"] <= other["x1"] + touch:
                one, two = groups[id(edge)], groups[id(other)]
                if one is two:
                    continue
                small, large = sorted((one, two), key=len)
                large.extend(small)
                for member in small:
                    groups[id(member)] = large
    return list({id(group): group for group in groups.values()}.values())


def cell_text(words: Iterable[Word]) -> str:
    """The words of one cell as one string: its lines joined, without blanks beside Chinese characters."""
    text = ""
    for line in lines_of(words):
        text = _join(text, line.text) if text else line.text
    return text


def _edges(values: Iterable[float]) -> list[float]:
    edges: list[float] = []
    for value in sorted(values):
        if not edges or value - edges[-1] > SNAP:
            edges.append(value)
    return edges


def _index(edges: list[float], value: float) -> int:
    return min(range(len(edges)), key=lambda position: abs(edges[position] - value))
