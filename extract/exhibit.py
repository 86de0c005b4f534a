"""A document as it can be shown beside its figures: the page's picture, or its tables cell by cell, or its text.

Promises for every medium the one of them in which `Figure.source` finds its place:
`page` and `box` → `picture` of that page, box times `scale` in its pixels (PDF, pictures);
`grid`, `row`, `column` → `grids[grid]`, the cell that covers that place (every medium but PDF and pictures);
`span` → `text[start:end]` (text files).
Documents are not to be trusted: call it under the guard, `Guard(task="extract.exhibit:show").record(data, hints,
page=2)`. Leaves alone: what figures are (extract.report) and how a page looks (the web).
"""

from __future__ import annotations

import base64
import io
import itertools
from dataclasses import dataclass, field
from typing import Any

from extract import sniffing
from extract.exceptions import UnreadableDocumentError
from extract.limits import current_limits
from extract.model import Grid, Hints
from extract.report import document_of

_DPI = 110
_WIDEST = 1100
"""Pixels across of a shown picture."""


@dataclass(slots=True)
class Exhibit:
    """What is to be shown of one document."""

    picture: bytes = b""
    """PNG of the page asked for; empty where the medium has no pages of its own."""
    scale: float = 1.0
    """Pixels of the picture a unit of Source.box."""
    grids: list[Grid] = field(default_factory=list)
    text: str = ""
    """Of a text file, decoded, with \\n at the line ends, as spans count it."""
    pages: int = 0
    """How many pages there are to ask for; 0 where the medium has none of its own."""

    def to_record(self) -> dict[str, Any]:
        """JSON: picture in base64; a grid as rows, columns and its cells with their spans."""
        return {"picture": base64.b64encode(self.picture).decode("ascii"), "scale": self.scale, "text": self.text,
                "pages": self.pages,
                "grids": [{"page": grid.page, "rows": grid.height, "columns": grid.width,
                           "cells": [{"row": cell.row, "column": cell.column, "rowspan": cell.rowspan,
                                      "colspan": cell.colspan, "text": cell.text} for cell in grid.cells]}
                          for grid in self.grids]}


def show(data: bytes, hints: Hints | None = None, page: int | None = None) -> Exhibit:
    """One document, or one of its pages (from 1). Raises UnreadableDocumentError: no such page, or not readable."""
    hints = hints or Hints()
    media_type = sniffing.media_type(data, hints.name or "", hints.media_type or "")
    if media_type == sniffing.PDF:
        return _pdf_page(data, page or 1, hints.name or "document")
    if media_type.startswith("image/"):
        return _picture(data, page or 1, hints.name or "picture")
    document = document_of(data, hints)
    grids = [block for block in document.blocks if isinstance(block, Grid)]
    return Exhibit(grids=grids, text=document.text if media_type == sniffing.PLAIN else "")


def _pdf_page(data: bytes, number: int, named: str) -> Exhibit:
    import pypdfium2

    from extract.pdfium import turn_upright

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as fault:
        raise UnreadableDocumentError(f"{named}: {fault}") from None
    try:
        if not 1 <= number <= len(document):
            raise UnreadableDocumentError(f"{named}: it has no page {number}, only {len(document)}")
        page = document[number - 1]
        turn_upright(page, page.get_textpage())  # as it was read: boxes count from the upright page's top left
        width, height = page.get_size()
        scale = min(_DPI / 72, _WIDEST / max(1.0, width), (current_limits().pixels / max(1.0, width * height)) ** 0.5)
        return Exhibit(_png(page.render(scale=scale).to_pil()), scale, pages=len(document))
    finally:
        document.close()


def _picture(data: bytes, number: int, named: str) -> Exhibit:
    from PIL import Image

    from extract.pictures import frames

    frame = next(itertools.islice(frames(data, named), number - 1, None), None)
    if frame is None:
        raise UnreadableDocumentError(f"{named}: it has no page {number}")
    pixels = frame.pixels if frame.pixels.ndim == 2 else frame.pixels[:, :, ::-1]
    picture = Image.fromarray(pixels)
    scale = min(1.0, _WIDEST / picture.width)
    smaller = picture.resize((max(1, round(picture.width * scale)), max(1, round(picture.height * scale))))
    return Exhibit(_png(smaller), scale, pages=frame.of)


def _png(picture: Any) -> bytes:
    made = io.BytesIO()
    picture.save(made, "PNG")
    return made.getvalue()
