"""Lines of print in the pixels of an even, straight page.

Promises boxes of lines, cut where wide gaps part them, in pixels, specks left out. Leaves alone: what they say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from extract.ocr.ink import ink_of, only, strokes_of
from extract.ocr.recognition import Pixels

_GAP = 0.95
"""Gap that parts two pieces of a line, in heights of the line."""
_DIGIT = 14
"""Pixels of height from which ink that stands alone may be a digit, however large the prose of the page is."""


@dataclass(slots=True)
class Piece:
    """A run of characters without a wide gap; sides in pixels."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def height(self) -> int:
        return self.bottom - self.top


def character_height(ink: npt.NDArray[np.uint8]) -> float:
    """Height of most of the characters on a page, by the boxes of connected ink; 0 where there are too few."""
    return _usual_height(strokes_of(ink).boxes[1:])


def _usual_height(boxes: npt.NDArray[Any]) -> float:
    heights = boxes[:, 3][(boxes[:, 3] >= 9) & (boxes[:, 3] <= 120) & (boxes[:, 2] <= 160)]
    return float(np.percentile(heights, 80)) if len(heights) >= 8 else 0.0


def pieces(page: Pixels) -> list[Piece]:
    """The lines of a page or of a part of it, top to bottom."""
    ink, size = _clean(page)
    size = size or 28.0
    reach = max(9, round(1.7 * size)) | 1
    joined = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((1, reach), np.uint8))
    alone = [band for band in _bands(joined) if min(_DIGIT, 0.5 * size) <= band.height <= 1.3 * size
             and band.right - band.left <= 1.2 * size]
    # Hair lines between lines of print must not join them: open by a few pixels, which would eat a lone 1 or 7.
    opened = cv2.morphologyEx(joined, cv2.MORPH_OPEN, np.ones((3, 5), np.uint8))
    for band in alone:
        opened[band.top:band.bottom, band.left:band.right] = 0
    bands = alone + _bands(opened)
    found: list[Piece] = []
    merged = _merged(bands, size)
    _regain(merged, ink, size)
    for band in merged:
        if band.height >= 0.35 * size or band.right - band.left >= 0.5 * size:
            found += _cut(ink, band, size)
    return found


def _regain(lines: list[Piece], ink: npt.NDArray[np.uint8], size: float) -> None:
    """Draw lines out to print beside them that belongs to none: 一 and dashes, which are as thin as a hair line."""
    left_over = ink.copy()
    for line in lines:
        left_over[line.top:line.bottom, line.left:line.right] = 0
    reach = round(2.2 * size)
    for line in lines:
        rows = slice(line.top, line.bottom)
        before = np.flatnonzero(left_over[rows, max(0, line.left - reach):line.left].any(0))
        if len(before) >= 0.4 * size:
            line.left = max(0, line.left - reach) + int(before[0])
        after = np.flatnonzero(left_over[rows, line.right:line.right + reach].any(0))
        if len(after) >= 0.4 * size:
            line.right += int(after[-1]) + 1


def _bands(mask: Pixels) -> list[Piece]:
    return [Piece(x, y, x + w, y + h) for x, y, w, h, _ in strokes_of(mask, 4).boxes[1:].tolist()]


def _clean(page: Pixels) -> tuple[npt.NDArray[np.uint8], float]:
    """The ink without specks and rules, and the height of most of its characters (0 where there are too few)."""
    strokes = strokes_of(ink_of(page))
    boxes = strokes.boxes
    keep = (np.maximum(boxes[:, 2], boxes[:, 3]) > 4) & (boxes[:, 4] >= 8)
    keep &= ~((boxes[:, 2] > 0.5 * page.shape[1]) | (boxes[:, 3] > 250))  # rules and frames left over
    keep[0] = False
    return only(strokes, keep), _usual_height(boxes[keep])


def _merged(bands: list[Piece], size: float) -> list[Piece]:
    """Bands joined where one is part of another's line: dots, strokes of 二 that nothing connects."""
    bands = sorted(bands, key=lambda band: -(band.right - band.left) * band.height)
    lines: list[Piece] = []
    for band in bands:
        for line in lines:
            overlap = min(line.bottom, band.bottom) - max(line.top, band.top)
            near = band.left - line.right < 1.2 * size and line.left - band.right < 1.2 * size
            taller = max(line.bottom, band.bottom) - min(line.top, band.top)
            if near and overlap >= 0.5 * min(band.height, line.height) and taller <= 1.45 * max(size, line.height):
                line.left, line.top = min(line.left, band.left), min(line.top, band.top)
                line.right, line.bottom = max(line.right, band.right), max(line.bottom, band.bottom)
                break
        else:
            lines.append(band)
    return sorted(lines, key=lambda line: (line.top, line.left))


def _cut(ink: npt.NDArray[np.uint8], band: Piece, size: float) -> list[Piece]:
    """One band cut at its wide gaps, each piece drawn in to its ink; a band of two lines that touch is cut between."""
    patch = ink[band.top:band.bottom, band.left:band.right]
    if band.height > 2.2 * size:
        halves = _halves(patch)
        if halves:
            return [piece for top, bottom in halves for piece in _cut(
                ink, Piece(band.left, band.top + top, band.right, band.top + bottom), size)]
    filled = np.flatnonzero(patch.any(0))
    if not len(filled):
        return []
    gap = _GAP * min(band.height, 1.6 * size)
    breaks = np.flatnonzero(np.diff(filled) > gap)
    starts = [int(filled[0]), *(int(filled[place + 1]) for place in breaks)]
    ends = [*(int(filled[place]) + 1 for place in breaks), int(filled[-1]) + 1]
    made = []
    for left, right in zip(starts, ends, strict=True):
        rows = np.flatnonzero(patch[:, left:right].any(1))
        made.append(Piece(band.left + left, band.top + int(rows[0]), band.left + right, band.top + int(rows[-1]) + 1))
    return made


def _halves(patch: npt.NDArray[np.uint8]) -> list[tuple[int, int]]:
    """Rows of several lines that a few strokes connect, cut at rows of little ink."""
    weight = patch.sum(1).astype(np.float64)
    low = weight < 0.12 * np.percentile(weight, 90)
    parts, start = [], None
    for row, is_low in enumerate([*low.tolist(), True]):
        if not is_low and start is None:
            start = row
        elif is_low and start is not None:
            if row - start >= 8:
                parts.append((start, row))
            start = None
    return parts if len(parts) > 1 else []


def _across(ink: npt.NDArray[np.uint8]) -> float:
    """About the width of one character: the usual width of connected ink taken together with its height."""
    boxes = strokes_of(ink).boxes
    sides = np.maximum(boxes[1:, 2], boxes[1:, 3])
    return float(np.percentile(sides, 80)) if len(sides) else float(len(ink))


def lines_in_cell(ink: npt.NDArray[np.uint8]) -> list[tuple[int, int]]:
    """First and last row of each line of print in one cell, by its empty rows; `ink` without specks."""
    parts: list[list[int]] = []
    for row in np.flatnonzero(ink.any(1)).tolist():
        if parts and row - parts[-1][1] <= 1:
            parts[-1][1] = row + 1
        else:
            parts.append([row, row + 1])
    if len(parts) == 1 and parts[0][1] - parts[0][0] > 1.6 * _across(ink):
        top = parts[0][0]
        parts = [[top + first, top + last] for first, last in _halves(ink[top:parts[0][1]])] or parts
    if len(parts) < 2:
        return [(top, bottom) for top, bottom in parts]
    usual = float(np.percentile([bottom - top for top, bottom in parts], 75))
    tall = [part for part in parts if part[1] - part[0] > 1.7 * usual]
    for part in tall:
        split = [[part[0] + first, part[0] + last] for first, last in _halves(ink[part[0]:part[1]])]
        if split:
            place = parts.index(part)
            parts[place:place + 1] = split
    made: list[list[int]] = []
    for top, bottom in parts:
        small = made and (bottom - top < 0.55 * usual or made[-1][1] - made[-1][0] < 0.55 * usual)
        if small and bottom - made[-1][0] <= 1.3 * usual:
            made[-1][1] = bottom
        else:
            made.append([top, bottom])
    return [(top, bottom) for top, bottom in made if bottom - top >= 0.3 * usual]
