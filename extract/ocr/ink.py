"""Ink in a piece of a page: what is print, what are specks, and marks told by their shape.

The recogniser takes a slash for 1 and a dash for 一, and makes digits of specks; the shape of the ink tells them apart
without reading. Promises a Shape for any piece. Leaves alone: characters (extract.ocr.recognition).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt

from extract.ocr.recognition import Pixels

Mark = Literal["nothing", "dash", "slash", "print"]
INK = 165
"""Grey value below which an even page's pixel is ink."""
_SPECK = 5
"""Pixels: what is smaller both ways is dirt where it stands alone."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The ink of one piece: what kind of mark, and its box (left, top, right, bottom in pixels of the piece)."""

    mark: Mark
    box: tuple[int, int, int, int] = (0, 0, 0, 0)
    doubtful: bool = False
    """Whether the mark might be another one."""


@dataclass(frozen=True, slots=True)
class Strokes:
    """Ink that hangs together, as cv2.connectedComponentsWithStats tells it; number 0 is the paper."""

    labels: npt.NDArray[Any]
    """The number of the stroke each pixel belongs to."""
    boxes: npt.NDArray[np.int32]
    """Left, top, width, height and pixels of ink of each."""
    centres: npt.NDArray[np.float64]


def strokes_of(ink: Pixels, connectivity: int = 8) -> Strokes:
    """The strokes of a mask (0 is paper). Labels take two bytes where those suffice: a page takes half as long."""
    few = ink.size < 1 << 16 or cv2.countNonZero(cv2.subtract(ink[:, 1:], ink[:, :-1])) + len(ink) < 1 << 16
    kind = cv2.CV_16U if few else cv2.CV_32S  # no more labels than runs of ink begin
    _, labels, boxes, centres = cv2.connectedComponentsWithStats(ink, connectivity=connectivity, ltype=kind)
    return Strokes(labels, np.asarray(boxes, np.int32), np.asarray(centres, np.float64))


def ink_of(piece: Pixels) -> Pixels:
    """1 where a piece of an even page is ink, 0 elsewhere."""
    return cv2.threshold(piece, INK - 1, 1, cv2.THRESH_BINARY_INV)[1]


def shape_of(strokes: Strokes, size: float) -> Shape:
    """What stands in a piece of an even page. `size`: height of a digit in pixels, where it is known (else 0)."""
    labels, boxes = strokes.labels, strokes.boxes
    count = len(boxes)
    kept = [number for number in range(1, count) if not _is_speck(boxes[number], size)]
    if not kept:
        faint = count > 1 and max(int(box[4]) for box in boxes[1:]) >= 12
        return Shape("nothing", doubtful=faint)
    sides = boxes[kept]
    left, top = int(sides[:, 0].min()), int(sides[:, 1].min())
    right, bottom = int((sides[:, 0] + sides[:, 2]).max()), int((sides[:, 1] + sides[:, 3]).max())
    box = (left, top, right, bottom)
    width, height = right - left, bottom - top
    filled = float(sides[:, 4].sum()) / max(1, width * height)
    if 7 <= width <= 130 and height <= min(9, 0.5 * width) and filled >= 0.5 and (not size or height < 0.45 * size):
        return Shape("dash", box, doubtful=height > 0.35 * width or (bool(size) and width > 4 * size))
    if len(kept) == 1:
        lean, spread = _lean(np.isin(labels, kept))
        if height >= 12 and lean > 0.2 and spread < 0.28 * height and width >= 0.15 * height:
            return Shape("slash", box, doubtful=lean < 0.28)
    if max(width, height) <= 7 and (not size or max(width, height) < 0.4 * size):
        return Shape("nothing", box, doubtful=True)
    return Shape("print", box)


def print_of(strokes: Strokes) -> npt.NDArray[np.uint8]:
    """1 where ink is, specks left out; for finding lines, where a dropped dot does no harm."""
    boxes = strokes.boxes
    return only(strokes, (np.maximum(boxes[:, 2], boxes[:, 3]) > _SPECK - 1) & (boxes[:, 4] >= 8))


def only(strokes: Strokes, keep: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint8]:
    """1 where a stroke is that `keep` has true, 0 elsewhere."""
    labels = strokes.labels.ravel()
    inked = np.flatnonzero(labels)  # a tenth of a page
    mask = np.zeros(labels.shape, np.uint8)
    mask[inked] = keep[labels[inked]]
    return mask.reshape(strokes.labels.shape)


def _is_speck(box: npt.NDArray[np.int32], size: float) -> bool:
    _, _, width, height, area = (int(value) for value in box)
    if max(width, height) <= _SPECK or area < 9:
        return True
    return bool(size) and max(width, height) < 0.3 * size


def _lean(ink: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """How far a stroke leans to the right a pixel upwards, and how wide the ink lies about that line."""
    ys, xs = np.nonzero(ink)
    if len(ys) < 8 or np.ptp(ys) == 0:
        return 0.0, float("inf")
    lean, base = np.polyfit(-ys, xs, 1)
    off = np.abs(xs - (base - lean * ys))
    return float(lean), float(np.percentile(off, 96) * 2)
