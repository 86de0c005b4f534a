"""Digits of short figures, glyph by glyph, by a small network trained on rendered print.

Two thirds of a report's cells hold one to four digits; reading them so takes a hundredth of the recogniser's time.
Promises digits only where every glyph stands apart and is surely a digit; None leaves the cell to the recogniser.
The weights (digits.npz) come from tests/bench/train_digits.py. Leaves alone: points, commas, signs, words.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from extract.ocr.ink import ink_of, strokes_of
from extract.ocr.recognition import Pixels

SIDE = 24
"""Rows and columns of a glyph as the network sees it."""
OTHER = 10
"""The class of whatever is no digit."""
_MOST = 12
_SMALL = 4
_LOWEST = 9
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Digits:
    """The digits of one crop, with the probability of the least certain one."""

    text: str
    confidence: float


@functools.cache
def _weights() -> list[Floats]:
    with np.load(Path(__file__).with_name("digits.npz")) as stored:
        return [stored[name].astype(np.float32) for name in ("w1", "b1", "w2", "b2", "w3", "b3")]


def probabilities(glyphs: Floats) -> Floats:
    """Probability of each class (0–9, other) for glyphs of shape (count, SIDE * SIDE)."""
    w1, b1, w2, b2, w3, b3 = _weights()
    hidden: npt.NDArray[Any] = np.maximum(glyphs @ w1 + b1, 0)
    hidden = np.maximum(hidden @ w2 + b2, 0)
    scores = hidden @ w3 + b3
    powers = np.exp(scores - scores.max(1, keepdims=True))
    return np.asarray(powers / powers.sum(1, keepdims=True), np.float32)


def read_digits(patches: Sequence[Pixels]) -> list[Digits | None]:
    """The figure in each patch of an even page; None where it isn't made of digits that stand apart."""
    cut = [_glyphs(patch) for patch in patches]
    flat = [normalised(patch, box) for patch, boxes in zip(patches, cut, strict=True) for box in boxes]
    if not flat:
        return [None] * len(patches)
    chances = probabilities(np.array(flat, np.float32))
    read: list[Digits | None] = []
    place = 0
    for boxes in cut:
        mine = chances[place:place + len(boxes)]
        place += len(boxes)
        best = mine.argmax(1) if len(boxes) else np.array([OTHER])
        read.append(None if (best == OTHER).any() else
                    Digits("".join(str(digit) for digit in best.tolist()), float(mine.max(1).min())))
    return read


def normalised(patch: Pixels, box: tuple[int, int, int, int]) -> Floats:
    """One glyph (left, top, right, bottom) as SIDE × SIDE values, ink 1, its height filling the square."""
    left, top, right, bottom = box
    glyph = patch[top:bottom, left:right]
    height, width = glyph.shape
    scale = (SIDE - 2) / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(glyph, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    canvas = np.full((SIDE, SIDE), 255, np.uint8)
    top, left = (SIDE - size[1]) // 2, (SIDE - size[0]) // 2
    canvas[top:top + size[1], left:left + size[0]] = small
    return np.asarray((255 - canvas.astype(np.float32)) / 255, np.float32).ravel()


def _glyphs(patch: Pixels) -> list[tuple[int, int, int, int]]:
    """Boxes of the glyphs from left to right; none where one isn't of a digit's size or two may touch."""
    found = strokes_of(ink_of(patch)).boxes
    boxes = sorted((int(x), int(y), int(x + w), int(y + h)) for x, y, w, h, area in found[1:] if max(w, h) > _SMALL
                   and area >= 6)
    joined: list[tuple[int, int, int, int]] = []
    for box in boxes:
        if joined and box[0] < joined[-1][2]:  # pieces of one broken glyph lie above each other
            last = joined[-1]
            joined[-1] = (last[0], min(last[1], box[1]), max(last[2], box[2]), max(last[3], box[3]))
        else:
            joined.append(box)
    if not joined or len(joined) > _MOST:
        return []
    tall = max(bottom - top for _, top, _, bottom in joined)
    base = max(bottom for _, _, _, bottom in joined)
    start, end = joined[0][0], joined[-1][2]
    for x, y, w, h, area in found[1:].tolist():
        # A point or comma is no bigger than dirt: where something stands at the foot between digits, don't decide.
        if max(w, h) <= _SMALL and area >= 3 and start < x + w / 2 < end and abs(y + h / 2 - base) < 0.3 * tall:
            return []
    for left, top, right, bottom in joined:
        if bottom - top < 0.8 * tall or right - left > 0.95 * tall or base - bottom > 0.2 * tall or tall < _LOWEST:
            return []
    return joined
