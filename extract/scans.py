"""Pages that are only pictures → sheets with lines and tables, and pictures within a document → its tables.

Promises that whatever is read from pixels says so: a problem names the pages, lines are unsure, cells carry the
recogniser's confidence, and places lead back to the picture as it came. Loads the recogniser only when it is called.
Leaves alone: pixels (extract.ocr), files (readers).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urljoin

import numpy as np
import pypdfium2

from extract.exceptions import ExtractError
from extract.limits import allow_pictures, current_limits
from extract.model import Block, Document, Grid, Image, Text
from extract.ocr.recognition import load
from extract.ocr.sheet import Scan, read_sheet
from extract.pages import Sheet, assemble, listed
from extract.pictures import Picture, frames

MOST_PICTURES = 40
"""Pictures of one document that are read."""
_FEWEST_PIXELS = 20_000
_SHORTEST_SIDE = 60
_FEWEST_CHARACTERS = 12
"""Chinese characters that a picture must show to be more than an ornament."""
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_ENOUGH_CELLS = 150
"""A document whose own tables have that many cells doesn't need its pictures read."""


@dataclass(slots=True)
class Job:
    """One page to be read from its picture. `dpi` 0 where it isn't known."""

    sheet: Sheet
    picture: Callable[[], Picture]


def read_sheets(jobs: Iterable[Job]) -> dict[int, Scan]:
    """Fill the sheets from their pictures; the scans by page number, for `place_back`."""
    allow_pictures()
    load()
    scans: dict[int, Scan] = {}
    turns: list[int] = []
    for job in jobs:
        sheet = job.sheet
        try:
            picture = job.picture()
        except ExtractError as fault:
            sheet.problem = str(fault)
            continue
        scan = read_sheet(picture.pixels, picture.dpi, sheet.number, turns, picture.unit)
        turns = [scan.turn, *(turn for turn in turns if turn != scan.turn)]
        scans[sheet.number] = scan
        sheet.height = scan.height
        if _says_something(scan):
            sheet.grids, sheet.lines = scan.grids, scan.lines
            sheet.images, sheet.recognised = [], True
        if scan.problems:
            sheet.problem = "; ".join(f"page {sheet.number}: {problem}" for problem in scan.problems)
    return scans


def _says_something(scan: Scan) -> bool:
    """Whether a letter or digit was recognised: mere dashes are ornaments, or what a lost font left of its print."""
    return any(any(map(str.isalnum, cell.text)) for grid in scan.grids for cell in grid.cells) or any(
        any(map(str.isalnum, line.text)) for line in scan.lines)


def read_pdf_pages(data: bytes, sheets: Sequence[Sheet]) -> dict[int, Scan]:
    """Fill those sheets of a PDF that are scans or whose text layer is lost; the scans by page number."""
    allow_pictures()
    document = pypdfium2.PdfDocument(data)
    try:
        return read_sheets(Job(sheet, functools.partial(_rendered, document, sheet)) for sheet in sheets
                           if sheet.scanned or sheet.lost)
    finally:
        document.close()


def _rendered(document: Any, sheet: Sheet) -> Picture:
    """A page as pdfium shows it, in its picture's own resolution so that nothing is smoothed twice."""
    page = document[sheet.number - 1]
    width, height = page.get_size()
    dpi = sheet.dpi if 60 <= sheet.dpi <= 420 else 200.0
    dpi = min(dpi, 72 * (current_limits().pixels / max(1.0, width * height)) ** 0.5)
    pixels = page.render(scale=dpi / 72, draw_annots=True).to_numpy()
    page.close()
    if pixels.ndim == 3:
        pixels = pixels[:, :, 0] if pixels.shape[2] == 1 else np.ascontiguousarray(pixels[:, :, :3])
    return Picture(pixels, dpi, 72 / dpi)


def place_back(blocks: Sequence[Block], scans: Mapping[int, Scan]) -> None:
    """Turn the places of blocks on upright pages into places on the pictures as they came."""
    for block in blocks:
        scan = None if isinstance(block, Image) or block.page is None else scans.get(block.page)
        if scan is None:
            continue
        if isinstance(block, Text) and block.box:
            block.box = scan.on_picture(block.box)
        elif isinstance(block, Grid):
            for cell in block.cells:
                if cell.box:
                    cell.box = scan.on_picture(cell.box)


def read_pictures(document: Document, resources: Mapping[str, bytes] | None = None, address: str = "") -> None:
    """Put what a document's pictures show behind them, where its own tables don't hold the form already.

    `resources`: bytes of pictures by the address they have in the document, or by their whole address where `address`
    is the document's own. A picture that shows neither table nor text stays a picture.
    """
    resources = resources or {}
    pictures = [block for block in document.blocks if isinstance(block, Image)]
    own = sum(len(block.cells) for block in document.blocks if isinstance(block, Grid))
    if not pictures or own >= _ENOUGH_CELLS:
        return
    made: dict[int, list[Block]] = {}
    read: list[str] = []
    for position, block in enumerate(document.blocks):
        if not isinstance(block, Image) or len(read) >= MOST_PICTURES:
            continue
        data = block.data or resources.get(block.source) or resources.get(urljoin(address, block.source))
        if not data:
            continue
        try:
            blocks = _blocks_of(data, block)
        except ExtractError as fault:
            document.problems.append(str(fault))
            continue
        if blocks:
            made[position] = [block, *blocks]
            read.append(block.source)
    if not made:
        return
    document.recognised = document.damaged = True  # what a picture may have lost is never absent
    document.blocks = [new for position, block in enumerate(document.blocks) for new in made.get(position, [block])]
    document.problems.append(f"read from {len(read)} pictures by character recognition: {', '.join(read)}"[:300])


def _blocks_of(data: bytes, block: Image) -> list[Block]:
    """What one picture shows, its own page number kept; nothing for an icon or a photograph."""
    shown = next(frames(data, block.source))
    height, width = shown.pixels.shape[:2]
    if height * width < _FEWEST_PIXELS or min(height, width) < _SHORTEST_SIDE:
        return []
    part = Document("", "", "")
    sheet = Sheet(block.page or 0, 0.0)
    scans = read_sheets([Job(sheet, lambda: replace(shown, dpi=0.0))])
    words = [cell.text for grid in sheet.grids for cell in grid.cells] + [line.text for line in sheet.lines]
    if len(_CHINESE.findall("".join(words))) < _FEWEST_CHARACTERS:
        return []
    assemble(part, [sheet])
    place_back(part.blocks, scans)
    for made in part.blocks:
        if isinstance(made, Text | Grid):
            made.page = block.page
        if isinstance(made, Grid):
            for cell in made.cells:
                cell.page = block.page
    return part.blocks


def told(sheets: Sequence[Sheet]) -> list[str]:
    """What to say of the pages that were read from pictures."""
    numbers = [sheet.number for sheet in sheets if sheet.recognised]
    problems = [f"page {listed(numbers)} was read from a picture by character recognition"] if numbers else []
    loose = [sheet.number for sheet in sheets if sheet.recognised and sheet.ruleless]
    if loose:
        problems.append(f"page {listed(loose)}: a scanned table without rules; its figures were placed by their "
                        "position and are not sure")
    return problems
