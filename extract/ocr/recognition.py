"""Characters in cut-out lines of print, by the recogniser that the rapidocr package brings along.

Promises the most likely text and the probability of its least certain character; where only figures are asked for, the
best reading made of figures. Leaves alone: where lines stand (extract.ocr.lines, extract.ocr.cells), what they mean.

The model (PP-OCRv6 small, ONNX) is run directly: cutting, scaling and batching for cells of one to four digits is what
decides speed here, and the package's pipeline pads every crop to 320 pixels.
"""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime

Pixels = npt.NDArray[Any]
"""Grey values of one byte, 0 black, rows first."""

HEIGHT = 48
"""Rows the model wants."""
_NARROWEST = 32
_BATCH_WIDTH = 768
"""Columns of all crops of one run together. Larger runs leave the processor's caches and take a quarter longer a
column."""
_LONGEST = 2400
_NUMERIC = "0123456789.,-/"


@dataclass(frozen=True, slots=True)
class Reading:
    """What stands in one crop. `confidence` is the probability of its least certain character, 0 for nothing."""

    text: str
    confidence: float
    figures: str = ""
    """The best reading that holds only figures and their marks."""
    figures_confidence: float = 0.0


@functools.cache
def _model() -> tuple[onnxruntime.InferenceSession, list[str], list[int]]:
    """The session, its characters by class, and the classes of figures. Loads once, 0.1 s."""
    found = importlib.util.find_spec("rapidocr")
    if found is None or found.origin is None:
        raise RuntimeError("the package rapidocr isn't installed; install nianbao again with its dependencies")
    path = next(iter(sorted((Path(found.origin).parent / "models").glob("*rec*.onnx"))))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    listed = session.get_modelmeta().custom_metadata_map["character"].splitlines()
    characters = ["", *listed, " "]
    return session, characters, [characters.index(mark) for mark in _NUMERIC]


def load() -> None:
    """Load the model now, so that processes forked from this one share it."""
    cv2.setNumThreads(1)
    _model()


def recognise(crops: Sequence[Pixels], squeeze: Sequence[float] = ()) -> list[Reading]:
    """The text of each crop, in order. `squeeze`: a factor < 1 for each that narrows it first, which is faster."""
    session, _, _ = _model()
    name = session.get_inputs()[0].name
    prepared = [_prepared(crop, factor) for crop, factor in zip(crops, squeeze or [1.0] * len(crops), strict=True)]
    readings: list[Reading] = [Reading("", 0.0)] * len(crops)
    order = sorted(range(len(crops)), key=lambda position: prepared[position].shape[1])
    start = 0
    while start < len(order):
        end = start + 1
        width = prepared[order[start]].shape[1]
        # Only crops of one width go together: what a crop reads as must not hang on its neighbours' padding.
        while end < len(order) and prepared[order[end]].shape[1] == width and width * (end - start) < _BATCH_WIDTH:
            end += 1
        members = order[start:end]
        batch = np.empty((len(members), 3, HEIGHT, width), np.float32)
        for place, member in enumerate(members):
            batch[place] = prepared[member]
        for member, steps in zip(members, session.run(None, {name: batch})[0], strict=True):
            readings[member] = _decoded(steps)
        start = end
    return readings


def _prepared(crop: Pixels, squeeze: float) -> npt.NDArray[np.float32]:
    height, width = crop.shape
    scaled = round(width * HEIGHT / max(1, height) * squeeze)
    scaled = min(_LONGEST, max(8, scaled))
    way = cv2.INTER_AREA if height > HEIGHT else cv2.INTER_CUBIC
    image = cv2.resize(crop, (scaled, HEIGHT), interpolation=way).astype(np.float32) / 127.5 - 1
    missing = max(_NARROWEST, -(-scaled // 8) * 8) - scaled
    return np.pad(image, ((0, 0), (missing // 2, missing - missing // 2)), constant_values=1.0)


def _decoded(steps: npt.NDArray[np.float32]) -> Reading:
    _, characters, numeric = _model()
    text, confidence = _path(steps.argmax(1), steps.max(1), characters)
    few = steps[:, [0, *numeric]]
    figures, sure = _path(few.argmax(1), few.max(1), ["", *_NUMERIC])
    return Reading(text.strip(), confidence, figures, sure)


def _path(best: npt.NDArray[np.intp], probability: npt.NDArray[np.float32],
          characters: Sequence[str]) -> tuple[str, float]:
    """The characters of a best path, repeated steps and blanks left out, and the least probable one's probability."""
    text: list[str] = []
    sure: list[float] = []
    last = 0
    for index, chance in zip(best.tolist(), probability.tolist(), strict=True):
        if index and index == last:
            sure[-1] = max(sure[-1], chance)
        elif index:
            text.append(characters[index])
            sure.append(chance)
        last = index
    return "".join(text), min(sure, default=0.0)
