"""What one page of an OFD file draws: characters with boxes, straight rules, pictures. Source: GB/T 33190.

Promises: the page's own coordinates (millimetres) become points from its top left corner through every Boundary and
CTM on the way; runs in DeltaX ("g 3 4.2") and single steps alike; parts nested or repeated without end are cut off.
Leaves alone: which files a document is made of (readers.ofd), tables and words.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from extract.characters import Characters
from extract.exceptions import LimitExceededError
from extract.limits import current_limits
from extract.office import Element, attribute, local

POINTS = 72 / 25.4
_THIN = 1.2
"""Thickest rule in millimetres; thicker filled boxes are areas."""
_FLAT = 0.2
"""Characters flatter than that many points can't be seen."""
_RISE = 0.86
"""Share of a character's size that stands above its base line."""
_NARROW = re.compile(r"[\x21-\x7e]")
_FARTHEST = 1e7
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_DEEPEST = 20

Matrix = tuple[float, float, float, float, float, float]
IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
Line = tuple[float, float, float, float]


@dataclass(slots=True)
class Drawn:
    """What stands on a page, in points."""

    text: list[str] = field(default_factory=list)
    boxes: list[Line] = field(default_factory=list)
    rules: list[Line] = field(default_factory=list)
    pictures: list[tuple[str, Line]] = field(default_factory=list)
    """Resource and place of each picture."""
    curves: int = 0
    """Curves drawn: outlines of characters have many, tables none."""
    turns: Counter[int] = field(default_factory=Counter)
    """Characters by the quarter turns clockwise that their line was given."""

    @property
    def characters(self) -> Characters:
        return Characters("".join(self.text), np.array(self.boxes, float).reshape(-1, 4))

    def upright(self, width: float, height: float) -> tuple[float, float]:
        """Turn everything so that most of the text runs from left to right; the page's size after that, in points."""
        turns = self.turns.most_common(1)[0][0] if self.turns else 0
        for _ in range(-turns % 4):
            self.boxes = [_turned(box, height) for box in self.boxes]
            self.rules = [_turned(rule, height) for rule in self.rules]
            self.pictures = [(resource, _turned(box, height)) for resource, box in self.pictures]
            width, height = height, width
        return width, height


@dataclass(slots=True)
class Resources:
    """What pages refer to by number."""

    media: dict[str, str] = field(default_factory=dict)
    """Picture → its path in the package."""
    composites: dict[str, Element] = field(default_factory=dict)
    defaults: dict[str, dict[str, str]] = field(default_factory=dict)
    """Drawing parameter sets."""


def _turned(box: Line, height: float) -> Line:
    """A box after a quarter turn clockwise of a page of that height."""
    left, top, right, bottom = box
    return (height - bottom, left, height - top, right)


def numbers(text: str | None) -> list[float]:
    """The numbers of an attribute; those no page is large enough for are brought back to its bounds."""
    return [min(max(float(number), -_FARTHEST), _FARTHEST) for number in _NUMBER.findall(text or "")]


def kind(element: Element) -> str:
    """Local name, also where a prefix was never declared."""
    return local(element).rpartition(":")[2]


def times(inner: Matrix, outer: Matrix) -> Matrix:
    """First `inner`, then `outer`."""
    a, b, c, d, e, f = inner
    g, h, i, j, k, m = outer
    return (a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m)


def at(matrix: Matrix, x: float, y: float) -> tuple[float, float]:
    """Where a matrix puts a point."""
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


def draw(content: Element, drawn: Drawn, resources: Resources, matrix: Matrix = IDENTITY, depth: int = 0) -> None:
    """Everything a page's (or template's, or composite's) content draws."""
    if depth > _DEEPEST:
        return
    for child in content:
        name = kind(child)
        if name in ("TextObject", "PathObject", "ImageObject", "CompositeObject"):
            if (attribute(child, "Visible") or "true").lower() != "false":
                _object(name, child, drawn, resources, matrix, depth)
        elif name in ("Layer", "PageBlock", "Content"):
            draw(child, drawn, resources, matrix, depth + 1)


def _object(name: str, element: Element, drawn: Drawn, resources: Resources, matrix: Matrix, depth: int) -> None:
    boundary = (*numbers(attribute(element, "Boundary")), 0.0, 0.0, 0.0, 0.0)[:4]
    own = numbers(attribute(element, "CTM"))
    inner: Matrix = (own[0], own[1], own[2], own[3], own[4], own[5]) if len(own) == 6 else IDENTITY
    whole = times(times(inner, (1.0, 0.0, 0.0, 1.0, boundary[0], boundary[1])), matrix)
    if name == "TextObject":
        _text(element, drawn, whole)
    elif name == "PathObject":
        _path(element, drawn, whole)
    elif name == "ImageObject":
        corners = [at(matrix, boundary[0] + x * boundary[2], boundary[1] + y * boundary[3])
                   for x, y in ((0, 0), (1, 1))]
        drawn.pictures.append((attribute(element, "ResourceID") or "", _box(corners)))
    else:
        inside = resources.composites.get(attribute(element, "ResourceID") or "")
        for part in ([inside] if inside is not None else []) + [child for child in element if kind(child) == "Content"]:
            draw(part, drawn, resources, whole, depth + 1)


def _box(corners: Sequence[tuple[float, float]]) -> Line:
    if len(corners) == 2:  # nearly always
        (x0, y0), (x1, y1) = corners
        if x0 > x1:
            x0, x1 = x1, x0
        if y0 > y1:
            y0, y1 = y1, y0
        return (x0 * POINTS, y0 * POINTS, x1 * POINTS, y1 * POINTS)
    xs, ys = [x * POINTS for x, _ in corners], [y * POINTS for _, y in corners]
    return (min(xs), min(ys), max(xs), max(ys))


# ---------------------------------------------------------------- text
def _text(element: Element, drawn: Drawn, matrix: Matrix) -> None:
    size = next(iter(numbers(attribute(element, "Size"))), 0.0)
    wide = next(iter(numbers(attribute(element, "HScale"))), 1.0) or 1.0
    if (attribute(element, "Fill") or "true").lower() == "false" and (
            attribute(element, "Stroke") or "false").lower() == "false":
        return
    x = y = 0.0
    turns = (1 if matrix[1] > 0 else 3) if abs(matrix[1]) > abs(matrix[0]) else 2 if matrix[0] < 0 > matrix[3] else 0
    for code in element:
        if kind(code) != "TextCode":
            continue
        text = (code.text or "").strip("\r\n")
        # Where a code says no place, it goes on where the one before did.
        x = next(iter(numbers(attribute(code, "X"))), x)
        y = next(iter(numbers(attribute(code, "Y"))), y)
        across, down = steps(attribute(code, "DeltaX"), len(text)), steps(attribute(code, "DeltaY"), len(text))
        if len(drawn.text) + len(text) > current_limits().page_characters:
            raise LimitExceededError(f"a page holds more than {current_limits().page_characters} characters")
        left, base = x, y
        for number, sign in enumerate(text):
            breadth = size * wide * (0.5 if _NARROW.match(sign) else 1.0)
            if number < len(across) and 0.3 * breadth < across[number] < 1.2 * size * wide:
                breadth = across[number]  # what its font really takes, or the spacing of letters
            box = _box((at(matrix, left, base - _RISE * size), at(matrix, left + breadth, base + (1 - _RISE) * size)))
            if min(box[2] - box[0], box[3] - box[1]) > _FLAT:
                drawn.text.append(sign)
                drawn.boxes.append(box)
                drawn.turns[turns] += 1
            if number < len(across) or number < len(down):
                left += across[number] if number < len(across) else 0.0
                base += down[number] if number < len(down) else 0.0
            elif not down:
                left += across[-1] if across and len(across) < len(text) - 1 and breadth > across[-1] else breadth


def steps(text: str | None, most: int) -> list[float]:
    """The steps between `most` characters: "g 3 4.2 5" is 4.2 4.2 4.2 5."""
    words = (text or "").replace(",", " ").split()
    made: list[float] = []
    place = 0
    while place < len(words) and len(made) < most:
        if words[place].lower() == "g" and place + 2 < len(words):
            count, step = numbers(words[place + 1]), numbers(words[place + 2])
            made += [step[0] if step else 0.0] * min(most, int(count[0]) if count else 0)
            place += 3
        else:
            made += numbers(words[place])[:1]
            place += 1
    return made[:most]


# ---------------------------------------------------------------- rules
def _path(element: Element, drawn: Drawn, matrix: Matrix) -> None:
    stroke = (attribute(element, "Stroke") or "true").lower() != "false"
    fill = (attribute(element, "Fill") or "false").lower() == "true"
    data = next((child.text for child in element if kind(child) == "AbbreviatedData"), None)
    if not data or not (stroke or fill):
        return
    most = current_limits().page_edges
    drawn.curves += len(re.findall("[QBA]", data))
    for points in _outlines(data):
        placed = [at(matrix, x, y) for x, y in points]
        left, top, right, bottom = _box(placed)
        thin = min(right - left, bottom - top) <= _THIN * POINTS
        if thin and len(placed) > 2:  # a rule drawn as a narrow box
            middle_x, middle_y = (left + right) / 2, (top + bottom) / 2
            level = right - left >= bottom - top
            drawn.rules.append((left, middle_y, right, middle_y) if level else (middle_x, top, middle_x, bottom))
        elif stroke:
            drawn.rules += [_box([first, second]) for first, second in itertools.pairwise(placed)]
        if len(drawn.rules) > most:
            raise LimitExceededError(f"a page holds more than {most} lines")


_COMMANDS: dict[str, int] = {"S": 2, "M": 2, "L": 2, "Q": 4, "B": 6, "A": 7, "C": 0}


def _outlines(data: str) -> Iterator[list[tuple[float, float]]]:
    """Runs of straight lines in a path; curves part them."""
    words = re.findall(r"[A-Za-z]|" + _NUMBER.pattern, data)
    points: list[tuple[float, float]] = []
    start: tuple[float, float] | None = None
    place, command = 0, ""
    while place < len(words):
        if words[place].isalpha():
            command, place = words[place].upper(), place + 1
            if command == "C" and start is not None and points:
                points.append(start)
            if command == "C" or command not in _COMMANDS:
                continue
        size = _COMMANDS.get(command, 0)
        values = words[place:place + size]
        if not size or len(values) < size or any(value.isalpha() for value in values):
            place += 1
            continue
        place += size
        end = (float(values[-2]), float(values[-1]))
        if command == "L":
            points.append(end)
            continue
        if len(points) > 1:
            yield points
        points = [end]
        if command in ("S", "M"):
            start = end
    if len(points) > 1:
        yield points


