"""Columns of tables printed without rules: where figures and headings stand one under the other.

Promises columns that don't overlap, from left to right, as (left, right) in points. Leaves alone: rows and labels
(extract.borderless).
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Sequence
from typing import Protocol

from extract.layout import Word

Column = tuple[float, float]


class Wide(Protocol):
    """Anything with a left and a right side."""

    @property
    def left(self) -> float: ...

    @property
    def right(self) -> float: ...


def columns_of(values: Sequence[Word], headings: Sequence[Word]) -> list[Column]:
    """Left and right of each column, from values one under the other and the headings over blank columns."""
    columns = _slots(values, headings)
    if columns:
        return columns
    for word in sorted(values, key=lambda word: word.left):
        if columns and word.left < columns[-1][1]:
            columns[-1] = (columns[-1][0], max(columns[-1][1], word.right))
        else:
            columns.append((word.left, word.right))
    for word in sorted(headings, key=lambda word: word.right - word.left):
        over = [column for column in columns if word.left < column[1] and word.right > column[0]]
        if not over:
            columns.append((word.left, word.right))
        elif len(over) == 1:  # a heading is wider than the figures under it
            wide = (min(word.left, over[0][0]), max(word.right, over[0][1]))
            if not any(wide[0] < other[1] and wide[1] > other[0] for other in columns if other != over[0]):
                columns[columns.index(over[0])] = wide
    return sorted(columns)


def leaves_of(headings: Sequence[Word]) -> list[Word]:
    """The headings under which no other stands, from left to right."""
    return sorted((word for word in headings if not any(
        other.top > word.middle and other.left < word.right and other.right > word.left for other in headings)),
        key=lambda word: word.left)


def _slots(values: Sequence[Word], headings: Sequence[Word]) -> list[Column]:
    """The columns that the lowest headings show, each from half-way to one neighbour to half-way to the other.

    So figures at the right or left of their cells, which touch no heading, and dashes in the middle of them still fall
    to their own.
    """
    leaves = leaves_of(headings)
    between = [(before.centre + after.centre) / 2 for before, after in itertools.pairwise(leaves)]
    return shared_out(values, [(leaf.left, leaf.right) for leaf in leaves], between)


def shared_out(values: Sequence[Word], columns: Sequence[Column],
                between: Sequence[float]) -> list[Column]:
    """The columns as wide as what falls between the borders given; nothing where a figure stands on a border, or two
    of one line in the same column."""
    if not columns:
        return []
    members: list[list[Word]] = [[] for _ in columns]
    for word in values:
        slot = bisect_right(between, word.centre)
        first, last = bisect_right(between, word.left + 1), bisect_right(between, word.right - 1)
        beside = any(min(word.bottom, other.bottom) - max(word.top, other.top) > 0.5 * (word.bottom - word.top)
                     for other in members[slot])
        if first != last or beside:
            return []
        members[slot].append(word)
    made = [(min([left, *(word.left for word in held)]), max([right, *(word.right for word in held)]))
            for (left, right), held in zip(columns, members, strict=True)]
    return made if all(before[1] <= after[0] for before, after in itertools.pairwise(made)) else []


def spanned(word: Wide, columns: Sequence[Column]) -> tuple[int, int]:
    """First column and number of columns that a heading stands over."""
    over = [position for position, column in enumerate(columns) if word.left < column[1] and word.right > column[0]]
    if over:
        return over[0], over[-1] - over[0] + 1
    centre = (word.left + word.right) / 2
    nearest = min(range(len(columns)), key=lambda at: abs((columns[at][0] + columns[at][1]) / 2 - centre))
    return nearest, 1
