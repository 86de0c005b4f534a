"""PDF with a text layer: ruled tables by their lines, prose by its words, in reading order page by page.

Hands over: one Grid per ruled table and page (a table over three pages is three Grids; a row cut by a page break stands
in both, its label's head in the first and its tail in the second), cells with true spans, page and box; Text for
everything outside, wrapped lines joined to whole sentences, running heads and page numbers dropped; tables without
rules as Grids built from the words' places (extract.borderless); an Image for a page that is only a picture.
Promises: text that can't be trusted (lost character mapping, recognised text under a scan, damaged file) is said in
`problems`, never handed over as if it were sure. Pages are read by extract.pdfium; one whose rules look odd to it is
read again by extract.plumber, which is slow and exact. Leaves alone: recognising characters in pictures
(extract.scans), and what is meant.
"""

from __future__ import annotations

import contextlib
import re
from typing import Any

from pypdfium2 import PdfiumError

from extract import integrity, pdfium, standin_font
from extract.exceptions import LimitExceededError, UnreadableDocumentError
from extract.limits import current_limits
from extract.model import Document, Hints
from extract.pages import Sheet, assemble
from extract.readers import reader

_LOST = re.compile(r"[\x00-\x08\x0b-\x1f\ufffd\ue000-\uf8ff]")
_STAMPS = {"CreationDate": "creationdate", "ModDate": "moddate"}


@reader("application/pdf", name="pdf")
def read(data: bytes, hints: Hints) -> Document:
    """The document in a PDF file. Raises UnreadableDocumentError: password, no page, cut off; LimitExceededError."""
    named = hints.name or "PDF"
    document = Document("", "application/pdf", "pdf")
    document.problems += integrity.damage(data)
    try:
        sheets = _sheets(data, document, named)
    except LimitExceededError:
        raise
    except UnreadableDocumentError as fault:
        if "password" in str(fault):
            raise
        end = "" if integrity.end_is_there(data) else "; its end is missing, so it was cut off on the way"
        raise UnreadableDocumentError(f"{fault}{end}; fetch it again or ask for another copy") from None
    document.damaged = bool(document.problems)
    document.pages = len(sheets)
    if not any(sheet.scanned or sheet.lost for sheet in sheets):
        assemble(document, sheets)
        return document
    from extract import scans  # loads the recogniser, which most documents don't need

    scanned = scans.read_pdf_pages(data, sheets)
    assemble(document, sheets)
    document.problems += scans.told(sheets)
    scans.place_back(document.blocks, scanned)
    return document


def read_by_reference(data: bytes, hints: Hints) -> Document:
    """Blocks and text of the same document by the reference reader alone, for a second opinion. Raises
    UnreadableDocumentError where it can't read the file, or where a page is a scan."""
    from extract import plumber

    document = Document("", "application/pdf", "pdf")
    try:
        with plumber.opened(data) as pdf:
            sheets = [plumber.sheet_of(pdf, number) for number in range(1, len(pdf.pages) + 1)]
    except (MemoryError, UnreadableDocumentError):
        raise
    except Exception as fault:  # pdfminer has a dozen ways to say that a file is none
        raise UnreadableDocumentError(f"{hints.name or 'PDF'}: {type(fault).__name__}: {fault}") from None
    if any(sheet.scanned or sheet.lost for sheet in sheets):
        raise UnreadableDocumentError(f"{hints.name or 'PDF'}: holds scanned pages")
    document.pages = len(sheets)
    assemble(document, sheets)
    return document


def _sheets(data: bytes, document: Document, named: str) -> list[Sheet]:
    most = current_limits().pages
    with contextlib.ExitStack() as closing:
        closing.enter_context(standin_font.in_place_of_system_fonts())
        pdf = closing.enter_context(pdfium.opened(data, named))
        count = len(pdf)
        if count > most:
            raise LimitExceededError(f"{named}: the PDF announces {count} pages, more than {most}")
        _describe(pdf, document)
        if not pdfium.directory_is_whole(pdf):
            document.problems.append("the PDF's directory of objects is damaged and was rebuilt")
        other = _Reference(data, closing)
        if integrity.is_encrypted(data):
            document.problems += other.damage()
        read = [_sheet(pdf, number, other, document) for number in range(1, count + 1)]
        sheets = [sheet for sheet in read if sheet is not None]
        if not sheets:
            raise UnreadableDocumentError(f"{named}: the PDF holds no page")
        if len(sheets) < count:
            document.problems.append(f"the PDF announces {count} pages, {len(sheets)} are there")
        return sheets


def _describe(pdf: Any, document: Document) -> None:
    """The file's own title and days."""
    said = pdf.get_metadata_dict(skip_empty=True)
    title = said.get("Title", "")
    document.title = "" if _LOST.search(title) else title.strip()
    document.meta |= {ours: said[theirs] for theirs, ours in _STAMPS.items() if theirs in said}


def _sheet(pdf: Any, number: int, other: _Reference, document: Document) -> Sheet | None:
    """One page; None where the file doesn't hold it."""
    try:
        with pdfium.page_of(pdf, number) as page:
            reading = pdfium.read_page(page, number)
    except PdfiumError:
        return None
    except (MemoryError, UnreadableDocumentError):
        raise
    except Exception as fault:  # whatever a broken page makes of our arithmetic, the other pages are still there
        sheet = other.sheet(number)
        if sheet is None:
            sheet = Sheet(number, 0.0, problem=f"page {number} can't be read ({type(fault).__name__}: {fault})")
            document.problems.append(sheet.problem)
        return sheet
    sheet = reading.sheet
    if reading.doubtful:
        sheet = other.sheet(number) or sheet
    return sheet


class _Reference:
    """The reference reader of one file, opened when it is first asked."""

    def __init__(self, data: bytes, closing: contextlib.ExitStack) -> None:
        self._data, self._closing = data, closing
        self._document: Any = None

    def sheet(self, number: int) -> Sheet | None:
        """The page with its tables; None where this reader finds no table on it, or can't read it."""
        from extract import plumber

        try:
            sheet = plumber.sheet_of(self._open(), number)
        except (MemoryError, LimitExceededError):
            raise
        except Exception:  # whatever a broken page makes pdfminer raise, the other reader has read it
            return None
        return sheet if sheet.grids else None

    def damage(self) -> list[str]:
        """Objects that are damaged, in a file whose streams are encrypted."""
        from extract import plumber

        try:
            broken = plumber.broken_objects(self._open())
        except (MemoryError, LimitExceededError):
            raise
        except Exception as fault:  # pdfminer has a dozen ways to say that a file is none
            return [f"the PDF's objects can't be checked ({type(fault).__name__})"]
        return [f"{broken} objects inside the PDF are damaged"] if broken else []

    def _open(self) -> Any:
        from extract import plumber  # loads pdfplumber, which most documents don't need

        if self._document is None:
            self._document = self._closing.enter_context(plumber.opened(self._data))
        return self._document
