"""Characters with their boxes → words, and a page's characters shared out among its ruled tables and its prose.

For every medium that knows where its characters stand. Promises: what is printed twice a hair apart (bold) counts once;
words come in reading order whatever order the medium drew them in, text turned on its side in its own direction.
Coordinates are points from the page's top left corner. Leaves alone: where characters and rules come from.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from extract.lattice import Floats, Ruled
from extract.layout import Line, Word, cell_text, lines_of, tidy
from extract.model import Grid

_GAP = 0.2
"""Gap between two words, as share of their height."""
MARK = 0.75
"""Size of a raised mark against the figure it stands at, at most."""
RISE = 0.15
"""How far above the figure's foot a mark begins, as share of the figure's height."""
_OVERLAP = 0.3
"""Share of their height by which two words of one line may lie over each other."""
_DRAWN_OVER = 0.45
"""Share of their height by which one digit lies over the one before: more than italics lean."""
_DRAWN_BACK = 0.75
"""The same for digits drawn from right to left, which don't overlap, at least."""
_TOUCHING = 0.1
"""Gap between two digits of one number, at most, as share of their height."""
_ON_TOP = 0.5
"""Confidence of a cell in which print lies over print, or into which a number of another reaches."""
_MOST_COMPARED = 20
_CJK = re.compile(r"[\u3400-\u9fff]")
_NO_LETTERS = re.compile(r"[\s\d.,，。、：；（）()\-—/%]")
_KNOWN = re.compile(r"[A-Za-z\u3000-\u303f\uff00-\uffef“”‘’《》]")
_LOST = re.compile(r"\(cid:\d+\)|[\x00-\x08\x0b\x0c\x0e-\x1f\ufffd\ue000-\uf8ff]")
_FIGURE = re.compile(r"^[\d０-９.,，．\s/／—–－-]*(?:万?元|件)?$")
_BLANK = frozenset("\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff\u200b")


@dataclass(slots=True)
class Characters:
    """The characters of a page as drawn: one string, and left, top, right, bottom of each as rows of `boxes`."""

    text: str
    boxes: Floats

    def __post_init__(self) -> None:
        if len(self.text) != len(self.boxes):
            raise ValueError(f"{len(self.text)} characters, {len(self.boxes)} boxes")

    def __len__(self) -> int:
        return len(self.text)

    @property
    def centres(self) -> tuple[Floats, Floats]:
        return (self.boxes[:, 0] + self.boxes[:, 2]) / 2, (self.boxes[:, 1] + self.boxes[:, 3]) / 2

    def kept(self, keep: NDArray[np.bool_]) -> Characters:
        """Those characters only."""
        if keep.all():
            return self
        return Characters("".join(self.text[position] for position in np.flatnonzero(keep)), self.boxes[keep])


@dataclass(slots=True)
class Placed:
    """A page's characters in their places."""

    grids: list[Grid] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    """What stands in no table."""
    doubtful: str = ""
    """Why the tables' rules may not be what they seem; empty where nothing looks odd."""


def visible(characters: Characters, width: float, height: float) -> Characters:
    """Those on the page that print something, each once."""
    x, y = characters.centres
    inside = (x >= -2) & (x <= width + 2) & (y >= -2) & (y <= height + 2)
    inside &= np.fromiter((char not in _BLANK for char in characters.text), bool, len(characters))
    return printed_once(characters.kept(inside))


def printed_once(characters: Characters) -> Characters:
    """Without characters printed again within a point of themselves, as bold print is often made."""
    if len(characters) < 2:
        return characters
    codes = np.frombuffer(characters.text.encode("utf-32-le", "surrogatepass"), np.uint32)
    keep = np.ones(len(codes), bool)
    left, top = characters.boxes[:, 0], characters.boxes[:, 1]
    for shift in (0.0, 0.5):  # neighbours that one rounding parts, the other joins
        rounded = np.floor(top + shift)
        order = np.lexsort((left, rounded, codes))
        again = ((np.diff(codes[order].astype(np.int64)) == 0) & (np.diff(rounded[order]) == 0)
                 & (np.diff(left[order]) < 1) & (np.abs(np.diff(top[order])) < 1))
        # Of a pair the one drawn first stays, so that reading order isn't torn.
        keep[np.maximum(order[1:], order[:-1])[again]] = False
    return characters.kept(keep)


def mapping_lost(text: str) -> bool:
    """Whether a text layer has no mapping to characters: codes, control characters, hardly any Chinese."""
    if len(_LOST.findall(text)) > max(3, 0.05 * len(text)):
        return True
    letters = _NO_LETTERS.sub("", text)
    foreign = len(letters) - len(_CJK.findall(letters)) - len(_KNOWN.findall(letters))
    return len(letters) >= 30 and foreign > 0.5 * len(letters)


def place(characters: Characters, tables: Sequence[Ruled], page: int | None = None,
          confidence: float = 1.0) -> Placed:
    """Share out a page's characters (as `visible` gives them): each falls into the cell that holds its centre."""
    placed = Placed()
    owner = np.full(len(characters), -1, np.int64)
    x, y = characters.centres
    start = 0
    for table in tables:
        inside = table.owners(x, y)
        owner = np.where((inside >= 0) & (owner < 0), inside + start, owner)
        framed = (x > table.xs[0]) & (x < table.xs[-1]) & (y > table.ys[0]) & (y < table.ys[-1])
        if (framed & (owner < 0)).any():
            placed.doubtful = "characters stand among the rules of a table, but in no cell of it"
        elif table.odd:
            placed.doubtful = placed.doubtful or "the rules of a table enclose something that is no rectangle"
        start += len(table.places)
    keep = _without_marks(characters, owner)
    characters, owner = characters.kept(keep), owner[keep]
    unsure = _in_doubt(characters, owner)
    held: dict[int, list[Word]] = {}
    outside: list[Word] = []
    for word, cell in _words(characters, owner):
        if cell < 0:
            outside.append(word)
        else:
            held.setdefault(cell, []).append(word)
    start = 0
    for table in tables:
        texts = {cell - start: _cell_text(words) for cell, words in held.items()
                 if start <= cell < start + len(table.places)}
        if table.owner.size == 2 and not _FIGURE.match(texts.get(1, "")):
            outside += [word for cell in (start, start + 1) for word in held.get(cell, [])]  # a banner, a signature
        elif any(texts.values()):
            grid = table.grid(texts, page, confidence)
            for number in texts:
                if start + number in unsure or _lie_over(held[start + number]):
                    grid.cells[number].confidence = min(confidence, _ON_TOP)
            placed.grids.append(grid)
        start += len(table.places)
    placed.lines = [_rejoined(line) for line in lines_of(outside, page)]
    return placed


def _without_marks(characters: Characters, owner: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which characters stay when small raised digits behind a figure of a cell, marks of footnotes, are left out."""
    keep = np.ones(len(characters), bool)
    if len(characters) < 2:
        return keep
    top, bottom = characters.boxes[:, 1], characters.boxes[:, 3]
    high = np.maximum(bottom - top, 0.1)
    raised = ((owner[1:] == owner[:-1]) & (owner[1:] >= 0) & (high[1:] < MARK * high[:-1])
              & (bottom[1:] < bottom[:-1] - RISE * high[:-1]) & (bottom[1:] > top[:-1]))
    for first in (np.flatnonzero(raised) + 1).tolist():
        last = first
        while last < len(characters) and characters.text[last].isdigit() and owner[last] == owner[first] \
                and abs(high[last] - high[first]) < 0.5 and abs(bottom[last] - bottom[first]) < 0.5:
            last += 1
        if characters.text[first - 1].isdigit() and 1 <= last - first <= 2:
            keep[first:last] = False
    return keep


def _in_doubt(characters: Characters, owner: NDArray[np.int64]) -> set[int]:
    """Cells between which a rule parts the digits of one number, which is too wide for its cell so that nobody can tell
    whose they are, and cells in which one digit was drawn over another."""
    if len(characters) < 2:
        return set()
    left, top, right, bottom = characters.boxes.T
    size = np.maximum(np.minimum(bottom[1:] - top[1:], bottom[:-1] - top[:-1]), 0.1)
    together = np.minimum(bottom[1:], bottom[:-1]) - np.maximum(top[1:], top[:-1])
    gap, held = left[1:] - right[:-1], (owner[1:] >= 0) & (owner[:-1] >= 0)
    parted = held & (owner[1:] != owner[:-1]) & (together > 0.9 * size) & (np.abs(gap) < _TOUCHING * size)
    over = (held & (owner[1:] == owner[:-1]) & (together > 0.5 * size) & (gap < -_DRAWN_OVER * size)
            & (gap > -_DRAWN_BACK * size))
    return {int(cell) for place in np.flatnonzero(parted | over).tolist()
            if characters.text[place].isdigit() and characters.text[place + 1].isdigit()
            for cell in owner[place:place + 2]}


def _lie_over(words: list[Word]) -> bool:
    """Whether words of one line lie over each other, one of them a figure: a stamp or a correction over the print."""
    if len(words) < 2 or not any(word.text[:1].isdigit() for word in words):
        return False
    return any(min(one.right, other.right) - max(one.left, other.left) > _OVERLAP * (one.bottom - one.top)
               and min(one.bottom, other.bottom) - max(one.top, other.top) > 0.5 * (one.bottom - one.top)
               for one, other in itertools.combinations(words[:_MOST_COMPARED], 2))


def _words(characters: Characters, owner: NDArray[np.int64]) -> list[tuple[Word, int]]:
    """The words with the cell of each; a word ends where its cell does."""
    count = len(characters)
    if not count:
        return []
    left, top, right, bottom = characters.boxes.T
    high = np.maximum(bottom - top, 0.1)
    together = np.minimum(bottom[1:], bottom[:-1]) - np.maximum(top[1:], top[:-1])
    size = np.minimum(high[1:], high[:-1])
    gap = left[1:] - right[:-1]
    ends = ((together < 0.5 * size) | (gap > np.clip(_GAP * size, 0.8, 3)) | (gap < -0.6 * size)
            | (owner[1:] != owner[:-1]))
    starts = np.concatenate(([0], np.flatnonzero(ends) + 1))
    sides = [np.minimum.reduceat(left, starts).tolist(), np.minimum.reduceat(top, starts).tolist(),
             np.maximum.reduceat(right, starts).tolist(), np.maximum.reduceat(bottom, starts).tolist()]
    bounds = [*starts.tolist(), count]
    cells = owner[starts].tolist()
    text = characters.text
    return [(Word(text[bounds[at]:bounds[at + 1]], *box), cell)
            for at, (box, cell) in enumerate(zip(zip(*sides, strict=True), cells, strict=True))]


def _cell_text(words: list[Word]) -> str:
    """The words of one cell as one string."""
    if len(words) == 1:
        return tidy(words[0].text)
    if _on_its_side(words):
        return "".join(word.text for word in words)
    return cell_text(word for line in lines_of(words) for word in _rejoined(line).words)


def _on_its_side(words: list[Word]) -> bool:
    """Whether the characters were drawn one above or below the other, column by column: turned or upright-set text.

    Lines of one character each, from top to bottom, are the same either way.
    """
    if len(words) < 3 or any(len(word.text) > 1 for word in words):
        return False
    steps = [(after.centre - word.centre, after.middle - word.middle)
             for word, after in itertools.pairwise(words)]
    along = sum(abs(x) < 0.35 * abs(y) for x, y in steps)
    return along >= 0.6 * len(steps) and (any(y < 0 for _, y in steps))


def _rejoined(line: Line) -> Line:
    """The line with words joined that touch: some programs draw figures digit by digit from right to left."""
    words: list[Word] = []
    for word in line.words:
        last = words[-1] if words else None
        size = min(word.bottom - word.top, last.bottom - last.top) if last else 0.0
        if last is not None and -0.6 * size <= word.left - last.right <= min(3.0, max(0.8, _GAP * size)):
            words[-1] = Word(last.text + word.text, last.left, min(last.top, word.top), max(last.right, word.right),
                             max(last.bottom, word.bottom))
        else:
            words.append(word)
    return Line(words, line.page, line.sure) if len(words) < len(line.words) else line
