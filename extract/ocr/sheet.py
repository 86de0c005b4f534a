"""One picture of a page → its tables and lines of text, in points of the upright page.

Promises: rules first, then each cell on its own; text outside tables line by line; the way back from places on the
upright page to the picture. What isn't sure carries it in `confidence`, and `problems` say what wasn't read. Leaves
alone: files (readers), sections and figures (the rest of extract).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from extract.layout import Edge, Lattice, Line, Word, lines_of
from extract.model import Box, Grid
from extract.ocr import upright
from extract.ocr.cells import grid_of, read_patches
from extract.ocr.ink import INK, ink_of
from extract.ocr.lines import Piece, character_height, pieces
from extract.ocr.recognition import Pixels, Reading, recognise
from extract.ocr.rules import lattices
from extract.ocr.upright import Matrix

_READABLE = 0.87
_EXPECTED = 0.75
"""Mean confidence of Chinese words in a few lines from which a page counts as the right way up without trying the other
ways; print on its side reads up to 0.86. Less is asked where the pages before stood that way."""
_PROBES, _PROBED = 6, 0.6
"""Pieces read to see which way up a page is, and how much they are narrowed: upright and turned print then read as far
apart as at full width."""
_UNREADABLE = 0.35
_SHORT, _LOWEST = 5, 8
"""Pieces up to that many heights wide may be figures, and those lower than so many pixels a dash: they are read as
cells are, which tells dash, slash and digits by their shapes."""
_LONE_RULE, _RULE, _BEYOND = 0.3, 6, 60
"""Share of a page's width from which a rule without cells is taken away, the rows about it that it may fill, and the
pixels beyond its ends where pieces of it may lie that a stroke cut off."""
_SQUEEZE = ((32, 0.4), (0, 0.65))
"""Print of at least that height in pixels is narrowed by that much before it is recognised: it costs time by its width,
and so narrow it reads as well (one character in 150 differs either way, no figure; from 0.35 on figures do)."""


@dataclass(slots=True)
class Scan:
    """What one page's picture shows."""

    width: float
    height: float
    """Of the upright page, in points."""
    grids: list[Grid] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    back: Matrix = field(default_factory=lambda: np.eye(3))
    """From points of the upright page to places on the picture as it came."""
    turn: int = 0
    """Quarter turns clockwise that brought it upright."""

    def on_picture(self, box: Box) -> Box:
        """A box of the upright page as the box around it on the picture as it came."""
        left, top, right, bottom = box
        corners = np.array([[[left, top], [right, top], [right, bottom], [left, bottom]]], np.float64)
        xs, ys = cv2.perspectiveTransform(corners, self.back)[0].T
        return (round(float(xs.min()), 1), round(float(ys.min()), 1), round(float(xs.max()), 1),
                round(float(ys.max()), 1))


def read_sheet(picture: Pixels, dpi: float, page: int, turns: Sequence[int] = (), unit: float = 1.0) -> Scan:
    """Everything on a picture in grey or BGR. `dpi` 0 where it isn't known; `turns`: quarter turns tried first; `unit`:
    units a pixel in which places on the picture are told."""
    grey = upright.grey_of(picture)
    scale = _scale(grey, dpi)
    if abs(scale - 1) > 0.04:
        grey = cv2.resize(grey, None, fx=scale, fy=scale,
                          interpolation=cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA)
    grey = upright.even(grey)
    best, turn, level = -1.0, 0, upright.Level(grey, grey, np.eye(3))
    for position, tried in enumerate(dict.fromkeys([*turns, 0, 2, 1, 3])):
        lying = upright.levelled(np.ascontiguousarray(np.rot90(grey, -tried)))
        legible = _legible(lying.image)
        if legible > best:
            best, turn, level = legible, tried, lying
        if legible >= (_EXPECTED if turns and not position else _READABLE):
            break
    height, width = grey.shape
    image, matrix, rules = upright.straight(level)
    points = 72 / upright.DPI
    scan = Scan(image.shape[1] * points, image.shape[0] * points, turn=turn)
    to_points = np.diag([points, points, 1.0])
    factor = np.diag([unit / scale, unit / scale, 1.0])
    scan.back = factor @ np.linalg.inv(matrix @ _quarter(turn, width, height)) @ np.linalg.inv(to_points)
    _read(image, rules, scan, page, points)
    return scan


def _scale(grey: Pixels, dpi: float) -> float:
    """The factor that brings a picture to 200 dots an inch; by the height of its characters where that isn't known."""
    if dpi:
        return upright.DPI / dpi if not 0.96 < upright.DPI / dpi < 1.04 else 1.0
    size = character_height(ink_of(upright.even(grey)))
    wanted = 26 / size if size else 1.0
    paper = 11.69 * upright.DPI / max(grey.shape)  # a page of A4
    if 0.6 < paper / wanted < 1.7:
        wanted = paper
    return float(min(4.0, max(0.25, wanted)))


def _quarter(turn: int, width: int, height: int) -> Matrix:
    """The matrix of `turn` quarter turns clockwise of a picture."""
    return {0: np.eye(3), 1: np.array([[0, -1, height], [1, 0, 0], [0, 0, 1.0]]),
            2: np.array([[-1, 0, width], [0, -1, height], [0, 0, 1.0]]),
            3: np.array([[0, 1, 0], [-1, 0, width], [0, 0, 1.0]])}[turn]


def _legible(page: Pixels) -> float:
    """How well a few pieces of print read as Chinese this way up."""
    found: list[Piece] = []
    for part in (page[:len(page) // 2], page):
        found = [piece for piece in pieces(part)
                 if piece.right - piece.left >= 2.5 * piece.height and piece.height >= 14]
        if len(found) >= 2 * _PROBES:
            break
    if not found:
        return 0.0
    found.sort(key=lambda piece: -min(piece.right - piece.left, 6 * piece.height))
    step = max(1, len(found) // (2 * _PROBES))
    chosen = found[:_PROBES * step:step]
    crops = []
    for piece in chosen:
        crop = _crop(page, piece)
        crops.append(np.ascontiguousarray(crop[:, :6 * piece.height]))
    told = [score for score in map(_legibility, recognise(crops, [_PROBED] * len(crops))) if score is not None]
    return float(np.mean(told)) if told else 0.0


def _legibility(reading: Reading) -> float | None:
    """Confidence that a piece is Chinese; None for plain figures. The least certain character was often cut off."""
    if re.fullmatch(r"[\d.,，]+", reading.text) and reading.confidence > 0.9:
        return None
    return reading.confidence ** 0.5 if len(re.findall(r"[\u4e00-\u9fff]", reading.text)) >= 2 else 0.0


def _crop(page: Pixels, piece: Piece) -> Pixels:
    pad = max(2, round(0.12 * piece.height))
    return page[max(0, piece.top - pad):piece.bottom + pad, max(0, piece.left - pad):piece.right + pad]


def _read(image: Pixels, rules: tuple[list[Edge], list[Edge]], scan: Scan, page: int, points: float) -> None:
    outside = image.copy()
    for lattice in lattices(*rules):
        scan.grids.append(grid_of(image, lattice, page, points))
        _wipe(outside, lattice)
    for edge in rules[0]:
        if edge["width"] > _LONE_RULE * image.shape[1]:
            _unrule(outside, edge)
    held = pieces(outside)
    short = {number: _crop(outside, piece) for number, piece in enumerate(held)
             if piece.right - piece.left <= _SHORT * piece.height or piece.height < _LOWEST}
    said = read_patches(short)
    long = [piece for number, piece in enumerate(held) if number not in short]
    readings = iter(recognise([_crop(outside, piece) for piece in long],
                              [next(factor for height, factor in _SQUEEZE if piece.height >= height)
                               for piece in long]))
    words = []
    for number, piece in enumerate(held):
        reading = said[number] if number in said else next(readings)
        if reading.text and reading.confidence >= _UNREADABLE * (len(reading.text) < 3):
            words.append(Word(reading.text, piece.left * points, piece.top * points, piece.right * points,
                              piece.bottom * points, reading.confidence))
    scan.lines = lines_of(words, page)
    for line in scan.lines:
        line.sure = False


def _unrule(page: Pixels, edge: Edge) -> None:
    """Make paper of a rule across that bounds no cells, but for the strokes of characters that cross it."""
    row, left, right = round(edge["top"]), round(edge["x0"]) - _BEYOND, round(edge["x1"]) + _BEYOND
    band = page[max(0, row - _RULE):row + _RULE + 1, max(0, left):right]
    if len(band) == 2 * _RULE + 1:
        band[:, (band[:2].min(0) >= INK) & (band[-2:].min(0) >= INK)] = 255


def _wipe(page: Pixels, lattice: Lattice) -> None:
    page[max(0, round(lattice.ys[0]) - 5):round(lattice.ys[-1]) + 5,
         max(0, round(lattice.xs[0]) - 5):round(lattice.xs[-1]) + 5] = 255
