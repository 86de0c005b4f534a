"""The cells of one ruled table on a straight page: blank, dash, slash, figure or words, with confidence.

Promises a text for every cell of a Lattice: what the ink's shape shows is not left to the recogniser; a cell whose ink
is unclear has a confidence below 0.9. Leaves alone: where cells are (extract.ocr.rules) and what they mean.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from extract.figures import is_value
from extract.layout import Lattice
from extract.model import Box, Cell, Grid
from extract.ocr.digits import Digits, read_digits
from extract.ocr.ink import Shape, Strokes, ink_of, print_of, shape_of, strokes_of
from extract.ocr.lines import lines_in_cell
from extract.ocr.recognition import Pixels, Reading, recognise

_MARGIN = 6
"""Pixels from a cell's side within which its rule may lie."""
_WORDY, _SQUEEZE = 2.5, 0.6
"""Lines wider than that many heights are likely words, and narrowed by that much before they are recognised; what turns
out to hold no Chinese is read again as wide as it is, for digits so narrow run into each other."""
SMALLEST = 17
"""Pixels: what is smaller is no cell."""
DOUBTFUL = 0.6
AGREED = 0.95
"""Confidence of a figure that the recogniser and the digit network read alike."""
_SURE_DIGITS = 0.995
"""Probability from which the digit network needs no second opinion."""
_LOOKS_LIKE = str.maketrans({"O": "0", "o": "0", "〇": "0", "○": "0", "D": "0", "Q": "0", "l": "1", "I": "1", "|": "1",
                             "Z": "2", "z": "2", "S": "5", "s": "5", "B": "8", "q": "9", "g": "9", "，": ",",
                             "。": ".", "·": ".", "：": ".", "口": "0"})
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_FIGURE = re.compile(r"^[+-]?\d[\d,.]*$")


@dataclass(slots=True)
class _Job:
    """One line of one cell to be recognised."""

    cell: int
    crop: Pixels


@dataclass(frozen=True, slots=True)
class Said:
    """What one cell or lone piece of print says. `other`: a reading that the other reader offers."""

    text: str
    confidence: float
    other: tuple[str, ...] = ()


def read_cells(page: Pixels, lattice: Lattice) -> dict[int, Said]:
    """What each cell says, by its number in the lattice; blank cells are there with ""."""
    return read_patches({number: _inside(page, place[4]) for number, place in enumerate(lattice.places)})


def read_patches(patches: Mapping[int, Pixels]) -> dict[int, Said]:
    """What each patch of one table or page says, by its number."""
    strokes = {number: strokes_of(ink_of(patch)) for number, patch in patches.items()}
    shapes = {number: shape_of(held, 0.0) for number, held in strokes.items()}
    size = _digit_height(shapes.values())
    if size:
        shapes = {number: shape_of(held, size) for number, held in strokes.items()}
    texts: dict[int, Said] = {}
    jobs: list[_Job] = []
    short = [number for number, shape in shapes.items() if shape.mark == "print" and _may_be_digits(shape, size)]
    digits = dict(zip(short, read_digits([_around(patches[number], shapes[number]) for number in short]), strict=True))
    for number, shape in shapes.items():
        seen = digits.get(number)
        if seen is not None and seen.confidence >= _SURE_DIGITS:
            texts[number] = Said(seen.text, 0.99)
            continue
        if shape.mark == "nothing":
            texts[number] = Said("", DOUBTFUL if shape.doubtful else 0.99)
        elif shape.mark in ("dash", "slash"):
            texts[number] = Said("—" if shape.mark == "dash" else "/", DOUBTFUL if shape.doubtful else 0.98)
        else:
            jobs += [_Job(number, crop) for crop in _crops(patches[number], strokes[number], shape)]
    readings: dict[int, list[Reading]] = {}
    squeeze = [_SQUEEZE if job.crop.shape[1] > _WORDY * job.crop.shape[0] else 1.0 for job in jobs]
    read = recognise([job.crop for job in jobs], squeeze)
    again = [place for place, factor in enumerate(squeeze) if factor < 1 and not _CHINESE.search(read[place].text)]
    for place, reading in zip(again, recognise([jobs[place].crop for place in again]), strict=True):
        read[place] = reading
    for job, reading in zip(jobs, read, strict=True):
        readings.setdefault(job.cell, []).append(reading)
    for number, lines in readings.items():
        texts[number] = _agreed(_text(lines), digits.get(number))
    return texts


def _may_be_digits(shape: Shape, size: float) -> bool:
    """Whether the ink has the height of one line of digits."""
    height = shape.box[3] - shape.box[1]
    return 0.75 * size <= height <= 1.35 * size if size else 10 <= height <= 40


def _around(patch: Pixels, shape: Shape) -> Pixels:
    left, top, right, bottom = shape.box
    return patch[max(0, top - 1):bottom + 1, max(0, left - 1):right + 1]


def _agreed(read: tuple[str, float], digits: Digits | None) -> Said:
    """What the recogniser and the digits say together: agreement makes sure, contradiction makes doubtful."""
    text, sure = read
    if digits is None or digits.confidence < 0.5:
        return Said(text, sure)
    if text == digits.text:
        return Said(text, max(min(sure, 0.99), AGREED))
    if not is_value(text):  # one or two strokes taken for a word: 日 for 0, ! for 1
        return Said(digits.text, DOUBTFUL) if len(text) <= len(digits.text) + 1 else Said(text, sure)
    return Said(text, min(sure, DOUBTFUL), (digits.text,))


def grid_of(page: Pixels, lattice: Lattice, number: int, scale: float) -> Grid:
    """The lattice as a Grid in points (`scale` points a pixel)."""
    texts = read_cells(page, lattice)
    cells = [Cell(texts[place].text, top, left, down, across, number, _scaled(box, scale), None,
                  texts[place].confidence, texts[place].other)
             for place, (top, left, down, across, box) in enumerate(lattice.places)]
    return Grid(cells, number)


def _scaled(box: Box, scale: float) -> Box:
    return (box[0] * scale, box[1] * scale, box[2] * scale, box[3] * scale)


def _inside(page: Pixels, box: Box) -> Pixels:
    """A cell's pixels with the remains of its rules made paper."""
    left, top, right, bottom = (round(side) for side in box)
    patch = page[max(0, top):bottom, max(0, left):right].copy()
    height, width = patch.shape
    if min(height, width) < SMALLEST:
        return np.full((1, 1), 255, np.uint8)
    ink = (patch < 215).astype(np.uint8)
    margin = min(_MARGIN, height // 5, width // 5)
    across = cv2.blur(ink * 255, (min(31, width) | 1, 1)) >= 150
    down = cv2.blur(ink * 255, (1, min(21, height) | 1)) >= 150
    edge_rows = np.zeros(height, bool)
    edge_rows[:margin] = edge_rows[height - margin:] = True
    edge_columns = np.zeros(width, bool)
    edge_columns[:margin] = edge_columns[width - margin:] = True
    patch[across & edge_rows[:, None]] = 255
    patch[down & edge_columns[None, :]] = 255
    patch[:2], patch[height - 2:], patch[:, :2], patch[:, width - 2:] = 255, 255, 255, 255
    return patch


def _digit_height(shapes: Iterable[Shape]) -> float:
    """Height of this table's digits: the usual height of the ink in cells of one line."""
    heights = [shape.box[3] - shape.box[1] for shape in shapes
               if shape.mark == "print" and 10 <= shape.box[3] - shape.box[1] <= 45
               and shape.box[2] - shape.box[0] <= 4 * (shape.box[3] - shape.box[1])]
    return float(np.median(heights)) if len(heights) >= 4 else 0.0


def _crops(patch: Pixels, strokes: Strokes, shape: Shape) -> list[Pixels]:
    left, top, right, bottom = shape.box
    inner = print_of(strokes)[top:bottom, left:right]
    made = []
    for first, last in lines_in_cell(inner):
        columns = np.flatnonzero(inner[first:last].any(0))
        if not len(columns):
            continue
        pad = max(3, round(0.16 * (last - first)))
        line = patch[max(0, top + first - pad):top + last + pad,
                     max(0, left + int(columns[0]) - pad):left + int(columns[-1]) + 1 + pad]
        missing = last - first + 2 * pad - line.shape[0]
        made.append(cv2.copyMakeBorder(line, missing // 2, missing - missing // 2, 0, 0, cv2.BORDER_CONSTANT,
                                       value=(255.0,)))
    return made


def _text(lines: list[Reading]) -> tuple[str, float]:
    """The lines of one cell as one text: figures where every line is made of them, else words."""
    figures = [_figure(line) for line in lines]
    if lines and all(figure is not None for figure in figures):
        read = [figure for figure in figures if figure is not None]
        return "\n".join(text for text, _ in read), min(sure for _, sure in read)
    words = [line for line in lines if line.text]
    return "".join(line.text for line in words), min((line.confidence for line in words), default=0.0)


def _figure(line: Reading) -> tuple[str, float] | None:
    """The line as a figure with its confidence; None where it isn't one."""
    plain = unicodedata.normalize("NFKC", line.text).replace(" ", "").translate(_LOOKS_LIKE)
    if not _FIGURE.match(plain):
        return None
    if line.figures != plain:
        return plain, min(DOUBTFUL, line.confidence)
    return plain, max(line.figures_confidence, line.confidence) if plain == line.text else line.figures_confidence
