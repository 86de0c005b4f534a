"""Pictures of pages: PNG, JPEG, TIFF (a page a frame), BMP, WebP, GIF.

Hands over: what extract.ocr reads on them, as any reader of pages does: one Grid a ruled table, lines joined to
paragraphs. Places are in pixels of the picture. Promises that size is checked before unpacking, that the document says
it was read from a picture, and UnreadableDocumentError where nothing is to be read at all. Leaves alone: what is meant.
"""

from __future__ import annotations

import functools

from extract.exceptions import UnreadableDocumentError
from extract.model import Document, Hints, Image
from extract.ocr.sheet import Scan
from extract.pages import Sheet, assemble
from extract.pictures import Picture, frames
from extract.readers import reader
from extract.scans import Job, place_back, read_sheets, told


@reader("image/png", "image/jpeg", "image/tiff", "image/bmp", "image/webp", "image/gif", name="raster")
def read(data: bytes, hints: Hints) -> Document:
    """The document on a picture. Raises UnreadableDocumentError: damaged; LimitExceededError: too large."""
    named = hints.name or "picture"
    document = Document("", "", "raster")
    sheets: list[Sheet] = []
    scans: dict[int, Scan] = {}
    for number, picture in enumerate(frames(data, named), 1):
        height, width = picture.pixels.shape[:2]
        shown = Image(named, page=number, width=width, height=height)
        sheet = Sheet(number, float(height), images=[(0.0, shown)])
        scans |= read_sheets([Job(sheet, functools.partial(_given, picture))])
        sheets.append(sheet)
    if not sheets:
        raise UnreadableDocumentError(f"{named}: the file holds no picture")
    document.pages = len(sheets)
    assemble(document, sheets)
    document.problems += told(sheets)
    place_back(document.blocks, scans)
    return document


def _given(picture: Picture) -> Picture:
    return picture
