"""One page of a PDF by pdfium: characters with boxes, rules from a drawing of the page without its text.

The fast reader (extract.plumber is the one it is measured by). Promises: pdfium's objects are closed; a page that would
take too much raises LimitExceededError; what looks odd about a page's rules is said in `Reading.doubtful`, so that the
caller can ask the other reader. Leaves alone: files (readers.pdf), recognising characters in pictures.
"""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium_c
from numpy.typing import NDArray

from extract.characters import Characters, Placed, mapping_lost, place, visible
from extract.exceptions import LimitExceededError, UnreadableDocumentError
from extract.lattice import Bitmap, rules_in, tables_of
from extract.limits import current_limits
from extract.model import Image
from extract.pages import Sheet

SCAN = 0.7
"""A picture over that share of the page is the page."""
_SMALLEST_PICTURE = 0.05
_THIN = 4
"""A picture no thicker than that many points may be a rule."""
_OUTLINES = 100
"""Shapes on a page without characters from which it may be print turned to outlines."""
_STRAIGHT = 5
"""A rectangle has that many points."""
_MOST_PIXELS = 4_000_000
_DEEPEST = 8
"""Forms within forms."""
_TURNS_ASKED = 40
_STRAIGHT_ENOUGH = math.radians(6)
"""Print within that angle of level or upright isn't slanting."""
_SEVERAL = re.compile(r"(?<![\d.])\d[\d,.]*(?:\s+\d[\d,.]*){3,}\s*$")
"""Four numbers side by side at the end of a line."""
_TOGETHER = 2
"""Such lines from which on areas are no table's rules."""
_HYPHENS = {ord("\x02"): "-", ord("\ufffe"): "-"}
"""What pdfium gives for a hyphen at a line's end."""


@dataclass(slots=True)
class Reading:
    """One page read."""

    sheet: Sheet
    doubtful: str = ""
    """Why another reader should look at the page; empty where nothing is odd."""


@dataclass(slots=True)
class _Things:
    """What is drawn on a page besides its text."""

    paths: int = 0
    pictures: list[tuple[tuple[float, float, float, float], Any]] = field(default_factory=list)
    """Left, bottom, right, top in the page's own coordinates, and the object."""


@contextlib.contextmanager
def opened(data: bytes, named: str) -> Iterator[Any]:
    """pdfium's document. Raises UnreadableDocumentError: locked, or no PDF that can be repaired."""
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as fault:
        if getattr(fault, "err_code", None) == pdfium_c.FPDF_ERR_PASSWORD or "assword" in str(fault):
            raise UnreadableDocumentError(f"{named}: locked with a password; ask for a copy without one") from None
        raise UnreadableDocumentError(f"{named}: damaged PDF ({fault})") from None
    try:
        yield document
    finally:
        document.close()


def directory_is_whole(document: Any) -> bool:
    """Whether pdfium found the file's directory of objects in order."""
    return bool(pdfium_c.FPDF_DocumentHasValidCrossReferenceTable(document))


@contextlib.contextmanager
def page_of(document: Any, number: int) -> Iterator[Any]:
    """Page `number` (from 1). Raises pypdfium2.PdfiumError where it isn't there."""
    page = document[number - 1]
    try:
        yield page
    finally:
        page.close()


def read_page(page: Any, number: int) -> Reading:
    """What stands on the page, turned so that most of its text runs from left to right."""
    text = pdfium_c.FPDFText_LoadPage(page)  # before `_things` hides the text
    if not text:
        raise pypdfium2.PdfiumError("no text page")
    try:
        things = _things(page)
        turn_upright(page, text)
        characters = _characters(page, text, number)
        characters = characters.kept(~_slanting(text, len(characters)))
    finally:
        pdfium_c.FPDFText_ClosePage(text)
    width, height = page.get_width(), page.get_height()
    sheet = Sheet(number, height)
    seen = visible(characters, width, height)
    sheet.dpi = max((_resolution(box, thing) for box, thing in things.pictures
                     if _share(page, box) >= SCAN), default=0.0)
    if mapping_lost(characters.text):
        sheet.lost = True
        sheet.images = [(0.0, _picture(page, number, things))]
        return Reading(sheet)
    if not len(seen):
        sheet.scanned = bool(things.pictures) or _is_outlined(page)
        if things.pictures:
            sheet.images = [(0.0, _picture(page, number, things))]
        return Reading(sheet)
    doubtful = ""
    tables, shaded = [], False
    if things.paths:
        scale = _scale(seen, width, height)
        drawing = draw(page, scale)
        rules = rules_in(drawing, scale)
        tables = tables_of(rules)
        if not tables:
            # Text is often shaded, so filled areas are tried as rules only where nothing else makes a table.
            tables = tables_of(rules_in(drawing, scale, areas=True))
            shaded = bool(tables)
        if not tables and len(rules.level) > 2 and len(rules.upright) > 2:
            doubtful = "rules that make no table"
    placed = place(seen, tables, number)
    if shaded and _runs_together(placed):
        placed = place(seen, [], number)
    sheet.grids, sheet.lines = placed.grids, placed.lines
    if sheet.dpi and not placed.grids:
        sheet.scanned = True
        sheet.problem = f"page {number} is a scan with recognised text under it; its characters are unsure"
        for line in sheet.lines:
            line.sure = False
    sheet.images = [(_box(page, box)[1], _picture(page, number, things, position))
                    for position, (box, _) in enumerate(things.pictures, 1)
                    if _SMALLEST_PICTURE <= _share(page, box) < SCAN]
    return Reading(sheet, placed.doubtful or doubtful)


def _runs_together(placed: Placed) -> bool:
    """Whether filled areas divide only some of the rows, as where every second row is shaded: then the numbers of the
    others stand together in one cell, or in none."""
    texts = [*(cell.text for grid in placed.grids for cell in grid.cells), *(line.text for line in placed.lines)]
    return sum(bool(_SEVERAL.search(text)) for text in texts) >= _TOGETHER


# ---------------------------------------------------------------- what is drawn
def _things(page: Any) -> _Things:
    """Everything drawn but text, which from now on isn't drawn any more; nor are pictures."""
    found = _Things()
    most = current_limits()
    texts = 0
    pending = [(page, pdfium_c.FPDFPage_CountObjects(page), pdfium_c.FPDFPage_GetObject, 0, None)]
    kind_of, hide = pdfium_c.FPDFPageObj_GetType, pdfium_c.FPDFPageObj_SetIsActive
    while pending:
        holder, count, get, depth, outer = pending.pop()
        for position in range(count):
            thing = get(holder, position)
            kind = kind_of(thing)
            if kind == pdfium_c.FPDF_PAGEOBJ_TEXT:
                texts += 1
                hide(thing, False)
            elif kind == pdfium_c.FPDF_PAGEOBJ_PATH:
                found.paths += 1
            elif kind == pdfium_c.FPDF_PAGEOBJ_FORM:
                if depth < _DEEPEST:
                    pending.append((thing, pdfium_c.FPDFFormObj_CountObjects(thing), pdfium_c.FPDFFormObj_GetObject,
                                    depth + 1, outer or thing))
            else:
                box = _bounds(outer or thing)
                if kind == pdfium_c.FPDF_PAGEOBJ_IMAGE and min(box[2] - box[0], box[3] - box[1]) <= _THIN:
                    found.paths += 1
                    continue
                if kind == pdfium_c.FPDF_PAGEOBJ_IMAGE:
                    found.pictures.append((box, thing))
                hide(thing, False)
        if found.paths > most.page_edges or texts > most.page_characters:
            raise LimitExceededError(f"a page draws {found.paths} lines and {texts} pieces of text, more than "
                                     f"{most.page_edges} and {most.page_characters}")
    return found


def _is_outlined(page: Any) -> bool:
    """Whether a page without characters draws shapes like those of letters."""
    shapes = 0
    for position in range(pdfium_c.FPDFPage_CountObjects(page)):
        thing = pdfium_c.FPDFPage_GetObject(page, position)
        if pdfium_c.FPDFPageObj_GetType(thing) == pdfium_c.FPDF_PAGEOBJ_PATH:
            shapes += pdfium_c.FPDFPath_CountSegments(thing) > _STRAIGHT
    return shapes >= _OUTLINES


def _bounds(thing: Any) -> tuple[float, float, float, float]:
    sides = [ctypes.c_float() for _ in range(4)]
    if not pdfium_c.FPDFPageObj_GetBounds(thing, *sides):
        return (0.0, 0.0, 0.0, 0.0)
    left, bottom, right, top = (side.value for side in sides)
    return left, bottom, right, top


def draw(page: Any, scale: float) -> Bitmap:
    """The page as a grey bitmap of `scale` pixels a point, white where nothing is drawn."""
    wide, high = max(1, math.ceil(page.get_width() * scale)), max(1, math.ceil(page.get_height() * scale))
    pixels = np.full((high, wide), 255, np.uint8)
    bitmap = pdfium_c.FPDFBitmap_CreateEx(wide, high, pdfium_c.FPDFBitmap_Gray,
                                          pixels.ctypes.data_as(ctypes.c_void_p), wide)
    if not bitmap:
        raise LimitExceededError(f"a page of {wide} × {high} pixels can't be drawn")
    try:
        pdfium_c.FPDF_RenderPageBitmap(bitmap, page, 0, 0, wide, high, 0, 0)
    finally:
        pdfium_c.FPDFBitmap_Destroy(bitmap)
    return pixels


def _scale(characters: Characters, width: float, height: float) -> float:
    """Pixels a point: one, more for a page of tiny print, fewer for a poster."""
    size = float(np.median(characters.boxes[:, 3] - characters.boxes[:, 1]))
    scale = min(3.0, max(1.0, 7 / max(size, 0.1)))
    return min(scale, math.sqrt(_MOST_PIXELS / max(1.0, width * height)))


# ---------------------------------------------------------------- characters
def turn_upright(page: Any, text: Any) -> None:
    """Turn the page so that most of its characters stand upright."""
    count = pdfium_c.FPDFText_CountChars(text)
    turns = Counter(-round(math.degrees(pdfium_c.FPDFText_GetCharAngle(text, position)) / 90) % 4
                    for position in range(0, count, max(1, count // _TURNS_ASKED)))
    if turns and pdfium_c.FPDFPage_GetRotation(page) != turns.most_common(1)[0][0]:
        pdfium_c.FPDFPage_SetRotation(page, turns.most_common(1)[0][0])


def _characters(page: Any, text: Any, number: int) -> Characters:
    count = pdfium_c.FPDFText_CountChars(text)
    most = current_limits().page_characters
    if count > most:
        raise LimitExceededError(f"page {number}: {count} characters are more than {most}")
    if count <= 0:
        return Characters("", np.zeros((0, 4)))
    printed = _text(text, count).translate(_HYPHENS)
    sides = (pdfium_c.FS_RECTF * count)()
    for _ in map(pdfium_c.FPDFText_GetLooseCharBox, itertools.repeat(text), range(count), sides):
        pass
    boxes = np.frombuffer(sides, np.float32).reshape(count, 4).astype(float)
    wide, high = boxes[:, 2] - boxes[:, 0], boxes[:, 1] - boxes[:, 3]
    usual = float(np.median(high[high > 0.5])) if (high > 0.5).any() else 0.0
    tight = [ctypes.c_double() for _ in range(4)]
    # Fonts that don't say how high they are, and upright writing, whose boxes pdfium scales wrongly.
    for position in np.flatnonzero((high < 0.5) | (wide <= 0) | (np.maximum(wide, high) > 2.2 * usual)).tolist():
        if printed[position].isspace() or 0 < max(wide[position], high[position]) < 2.2 * _type_size(text, position):
            continue
        if pdfium_c.FPDFText_GetCharBox(text, position, *tight):
            left, right, bottom, top = (side.value for side in tight)
            boxes[position] = left, top, right, bottom
    boxes = _upright(page, boxes)
    _as_high_as_type(text, boxes)
    return Characters(printed, boxes)


def _slanting(text: Any, count: int) -> NDArray[np.bool_]:
    """Which characters are drawn at a slant, as watermarks are; none where most of the page is. (pdfium's angle is of
    the upright stroke, which leans in italics too, so a candidate's matrix is asked.)"""
    if not count:
        return np.zeros(0, bool)
    angles = np.fromiter(map(pdfium_c.FPDFText_GetCharAngle, itertools.repeat(text), range(count)), float, count)
    away = np.abs((angles / (math.pi / 2) + 0.5) % 1 - 0.5) * (math.pi / 2)
    slanting = away > _STRAIGHT_ENOUGH
    matrix = pdfium_c.FS_MATRIX()
    for position in np.flatnonzero(slanting).tolist():
        if pdfium_c.FPDFText_GetMatrix(text, position, matrix):
            low, high = sorted((abs(float(matrix.a)), abs(float(matrix.b))))
            slanting[position] = low > math.tan(_STRAIGHT_ENOUGH) * high
    return slanting if slanting.sum() * 2 < count else np.zeros(count, bool)


def _as_high_as_type(text: Any, boxes: NDArray[np.float64]) -> None:
    """Make each box as high as its type size, from the bottom up: fonts claim more or less, and layout goes by size."""
    heights, firsts, kinds = np.unique(np.round(boxes[:, 3] - boxes[:, 1], 1), return_index=True, return_inverse=True)
    sizes = np.array([_type_size(text, first) for first in firsts.tolist()])
    usable = (sizes > 0.4 * heights) & (sizes < 2 * heights)
    boxes[:, 1] = np.where(usable[kinds], boxes[:, 3] - sizes[kinds], boxes[:, 1])


def _type_size(text: Any, position: int) -> float:
    """Size of a character's type in points; 0 where it isn't known."""
    matrix = pdfium_c.FS_MATRIX()
    if not pdfium_c.FPDFText_GetMatrix(text, position, matrix):
        return 0.0
    size: float = pdfium_c.FPDFText_GetFontSize(text, position)
    return size * math.hypot(float(matrix.c), float(matrix.d))


def _text(text: Any, count: int) -> str:
    buffer = ctypes.create_string_buffer(4 * count + 4)
    written = pdfium_c.FPDFText_GetText(text, 0, count, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)))
    whole = buffer.raw[:2 * max(0, written - 1)].decode("utf-16-le", "replace")
    if len(whole) == count:
        return whole
    # Characters without a mapping are left out of the whole, so each is asked for.
    return "".join(chr(code) if 0 < code < 0x110000 else "\ufffd" for code in
                   (pdfium_c.FPDFText_GetUnicode(text, position) for position in range(count)))


def _upright(page: Any, boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Boxes in the page's own coordinates (left, top, right, bottom) as left, top, right, bottom on the turned page."""
    low, base, far, high = page.get_bbox()
    left, top, right, bottom = boxes.T
    turn = pdfium_c.FPDFPage_GetRotation(page)
    if turn == 0:
        return np.column_stack([left - low, high - top, right - low, high - bottom])
    if turn == 1:
        return np.column_stack([bottom - base, left - low, top - base, right - low])
    if turn == 2:
        return np.column_stack([far - right, bottom - base, far - left, top - base])
    return np.column_stack([high - top, far - right, high - bottom, far - left])


# ---------------------------------------------------------------- pictures
def _box(page: Any, bounds: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    left, bottom, right, top = bounds
    found = _upright(page, np.array([[left, top, right, bottom]]))[0].tolist()
    return found[0], found[1], found[2], found[3]


def _share(page: Any, bounds: tuple[float, float, float, float]) -> float:
    """Share of the page that a thing on it covers."""
    left, top, right, bottom = _box(page, bounds)
    width, height = float(page.get_width()), float(page.get_height())
    across, down = min(right, width) - max(left, 0), min(bottom, height) - max(top, 0)
    return max(0.0, across) * max(0.0, down) / max(1.0, width * height)


def _resolution(bounds: tuple[float, float, float, float], thing: Any) -> float:
    """Dots an inch of a picture as it is printed, whichever way it is turned."""
    left, bottom, right, top = bounds
    wide, high = _pixels(thing)
    return 72.0 * math.sqrt(wide * high / max(1.0, (right - left) * (top - bottom)))


def _pixels(thing: Any) -> tuple[int, int]:
    wide, high = ctypes.c_uint(), ctypes.c_uint()
    pdfium_c.FPDFImageObj_GetImagePixelSize(thing, wide, high)
    return wide.value, high.value


def _picture(page: Any, number: int, things: _Things, position: int = 0) -> Image:
    """The page as a picture, or the picture at that position (from 1) on it."""
    only = things.pictures[0][1] if len(things.pictures) == 1 else None
    thing = things.pictures[position - 1][1] if position else only
    size = _pixels(thing) if position else (int(page.get_width()), int(page.get_height()))
    source = f"page {number} image {position}" if position else f"page {number}"
    return Image(source, page=number, width=size[0], height=size[1], data=_jpeg(thing))


def _jpeg(thing: Any) -> bytes | None:
    """A JPEG stored in the file as it is; other codings need drawing, which is another reader's work."""
    if thing is None or pdfium_c.FPDFImageObj_GetImageFilterCount(thing) != 1:
        return None
    name = ctypes.create_string_buffer(32)
    pdfium_c.FPDFImageObj_GetImageFilter(thing, 0, name, len(name))
    if name.value != b"DCTDecode":
        return None
    size = pdfium_c.FPDFImageObj_GetImageDataRaw(thing, None, 0)
    raw = ctypes.create_string_buffer(size)
    pdfium_c.FPDFImageObj_GetImageDataRaw(thing, raw, size)
    return raw.raw
