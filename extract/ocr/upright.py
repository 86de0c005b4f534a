"""A picture of a page made even, straight and of the usual size: light, skew, perspective.

Promises grey values with paper at 255 and ink dark, rules and lines of print level, about 200 dots an inch, and the
transformation back to the picture as it came. Leaves alone: which of the four ways is up (extract.ocr.sheet asks the
recogniser).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from extract.layout import Edge
from extract.ocr.recognition import Pixels
from extract.ocr.rules import segments

Matrix = npt.NDArray[np.float64]
DPI = 200
_STEEPEST = 6.0
"""Degrees of skew that are sought."""
_ALONE = 0.3
"""Share of a page's width from which a rule across is believed where none goes down: lines of prose show shorter ones,
at any slope."""


def grey_of(picture: Pixels) -> Pixels:
    """Grey values of a picture in grey or BGR. Red ink (stamps) counts as paper: the red channel doesn't see it."""
    if picture.ndim == 2:
        return picture
    red, green = picture[:, :, 2], picture[:, :, 1]
    if int(cv2.absdiff(red, green).max()) < 40:
        return cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    return np.ascontiguousarray(red)


def even(page: Pixels) -> Pixels:
    """The page with paper at 255 wherever light fell, and its darkest ink near 0."""
    height, width = page.shape
    scale = 400 / max(height, width)
    small = cv2.resize(page, (max(1, round(width * scale)), max(1, round(height * scale))),
                       interpolation=cv2.INTER_AREA)
    paper = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8))
    paper = cv2.blur(cv2.medianBlur(paper, 15), (15, 15))
    ground = cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR)
    flat = cv2.divide(page, np.maximum(ground, 40), scale=255)
    dark = min(160.0, float(np.percentile(flat[::7, ::7], 0.5)))
    if dark > 20:  # faded print: spread what there is
        levels = (np.arange(256) - dark) * 255 / (255 - dark)
        flat = cv2.LUT(flat, levels.clip(0, 255).astype(np.uint8))
    return flat


def skew(page: Pixels) -> float:
    """Degrees by which lines of print and rules fall to the right; 0 where nothing tells."""
    height, width = page.shape
    scale = 600 / max(height, width)
    small = cv2.resize(page, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    ink = (small < 190).astype(np.float32)
    if ink.sum() < 200:
        return 0.0
    best = max(np.arange(-_STEEPEST, _STEEPEST + 0.1, 0.5), key=lambda angle: _sharpness(ink, float(angle)))
    return float(max(best + np.arange(-0.4, 0.41, 0.1), key=lambda angle: _sharpness(ink, float(angle))))


def _sharpness(ink: npt.NDArray[np.float32], angle: float) -> float:
    """How much the rows' ink changes from row to row when the page is turned back by `angle`."""
    height, width = ink.shape
    shear = np.array([[1, 0, 0], [-np.tan(np.radians(angle)), 1, np.tan(np.radians(angle)) * width / 2]])
    rows = cv2.warpAffine(ink, shear, (width, height), flags=cv2.INTER_LINEAR).sum(1)
    return float(np.square(np.diff(rows)).sum())


def turned(page: Pixels, angle: float) -> Matrix:
    """The matrix that levels a page that falls by `angle` degrees."""
    height, width = page.shape
    return np.vstack([cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0), [0, 0, 1]])


def straightening(across: Sequence[Edge], down: Sequence[Edge], width: int, height: int) -> Matrix | None:
    """The matrix that makes rules across level and rules down plumb; None where they are already or are too few."""
    posts = [edge for edge in down if edge["height"] > 0.05 * height]
    shortest = (0.12 if posts else _ALONE) * width
    level = _fit([(float(edge["top"]), float(edge["slope"]), float(edge["width"])) for edge in across
                  if edge["width"] > shortest], height)
    plumb = _fit([(float(edge["x0"]), float(edge["slope"]), float(edge["height"])) for edge in posts], width)
    if level is None and plumb is None:
        return None
    (top, bottom), (left, right) = level or (0.0, 0.0), plumb or (0.0, 0.0)
    if level is not None and plumb is None:
        left = right = -(top + bottom) / 2  # a turn, as far as one can tell
    if max(abs(top), abs(bottom)) * width < 2.0 and max(abs(left), abs(right)) * height < 2.0:
        return None
    corners = ((0, left, 0, top), (width, right, 0, top), (width, right, height, bottom), (0, left, height, bottom))
    source = np.array(_placed(corners, width, height), np.float32)
    target = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    return np.asarray(cv2.getPerspectiveTransform(source, target), np.float64)


def _placed(corners: Sequence[tuple[float, float, float, float]], width: int,
            height: int) -> list[tuple[float, float]]:
    """Where x = x0 + along·(y − height/2) meets y = y0 + down·(x − width/2)."""
    points = []
    for x0, along, y0, down in corners:
        y = (y0 + down * (x0 - along * height / 2 - width / 2)) / (1 - along * down)
        points.append((x0 + along * (y - height / 2), y))
    return points


def _fit(slopes: Sequence[tuple[float, float, float]], size: int) -> tuple[float, float] | None:
    """Slopes at 0 and at `size`, from (place, slope, weight): a line through them, without outliers."""
    if not slopes:
        return None
    places, values, weights = (np.array(column) for column in zip(*slopes, strict=True))
    keep = np.abs(values - np.median(values)) < 0.05
    if keep.sum() < 3 or np.ptp(places[keep]) < 0.2 * size:
        middle = float(np.average(values[keep], weights=weights[keep])) if keep.any() else 0.0
        return middle, middle
    for _ in range(3):
        rise, base = np.polyfit(places[keep], values[keep], 1, w=np.sqrt(weights[keep]))
        off = np.abs(values - (base + rise * places))
        keep = off <= max(0.002, 2.5 * float(np.median(off[keep])))
    return float(base), float(base + rise * size)


@dataclass(frozen=True, slots=True)
class Level:
    """A page turned until its lines are level, as far as one angle does that."""

    page: Pixels
    """As it came."""
    image: Pixels
    matrix: Matrix
    """From `page` to `image`."""


def levelled(page: Pixels) -> Level:
    """The page turned by its own skew; as it came where that is too small to matter."""
    angle = skew(page)
    if abs(angle) < 0.15:
        return Level(page, page, np.eye(3))
    matrix = turned(page, angle)
    return Level(page, warped(page, matrix), matrix)


def straight(level: Level) -> tuple[Pixels, Matrix, tuple[list[Edge], list[Edge]]]:
    """The page level and plumb, of the same size, the matrix from the picture as it came, and its rules."""
    page, image, matrix = level.page, level.image, level.matrix
    height, width = page.shape
    rules = segments(image)
    better = straightening(*rules, width, height)
    if better is not None:
        matrix = better @ matrix
        image = warped(page, matrix)
        rules = segments(image)
    return image, matrix, rules


def warped(page: Pixels, matrix: Matrix) -> Pixels:
    """The page through a matrix, of the same size, white where nothing was."""
    height, width = page.shape[:2]
    return cv2.warpPerspective(page, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT,
                               borderValue=255)
