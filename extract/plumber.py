"""One page of a PDF by pdfplumber: the reference reader, slow and exact.

Serves where the fast reader (extract.pdfium) finds something odd about a page's rules, for encrypted files whose
objects only a PDF library can check, and in tests as what the fast one is measured by. Promises the same Sheet as
pdfium gives. Leaves alone: files (readers.pdf), recognising characters in pictures.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import math
import zlib
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pdfplumber
from pdfminer.ascii85 import ascii85decode, asciihexdecode
from pdfminer.pdfpage import PDFPage
from pdfminer.pdftypes import PDFStream
from pdfplumber.page import Page
from pdfplumber.table import cells_to_tables, edges_to_intersections, intersections_to_cells, merge_edges
from pdfplumber.utils.text import extract_words

from extract.characters import MARK, RISE, mapping_lost
from extract.exceptions import LimitExceededError
from extract.layout import Lattice, Word, cell_text, closing_edges, lines_of
from extract.limits import current_limits
from extract.model import Image
from extract.pages import Sheet

_TOUCH = 3
"""Points within which rules meet (pdfplumber's default)."""
_MERGE = {"snap_x_tolerance": _TOUCH, "snap_y_tolerance": _TOUCH, "join_x_tolerance": _TOUCH,
          "join_y_tolerance": _TOUCH}
_WORDS: dict[str, Any] = {"x_tolerance": 2, "y_tolerance": 2}
_TEXT_CODINGS = {"ASCII85Decode": ascii85decode, "A85": ascii85decode, "ASCIIHexDecode": asciihexdecode,
                 "AHx": asciihexdecode}
_SCAN = 0.7
"""A picture over that share of the page is the page."""
_SLANT = math.tan(math.radians(6))
_OUTLINES = 100
"""Curves on a page without characters from which it may be print turned to outlines."""
_UNSURE = 0.5
"""Confidence of figures whose characters a scanner recognised before us."""


@contextlib.contextmanager
def opened(data: bytes) -> Iterator[Any]:
    """pdfplumber's document. Raises whatever pdfminer raises."""
    with pdfplumber.open(io.BytesIO(data)) as document:
        yield document


def sheet_of(document: Any, number: int) -> Sheet:
    """Page `number` (from 1). Raises LookupError where it isn't there, else whatever pdfminer raises."""
    found = next(itertools.islice(PDFPage.create_pages(document.doc), number - 1, number), None)
    if found is None:
        raise LookupError(f"there is no page {number}")
    page = Page(document, found, page_number=number, initial_doctop=0)
    try:
        return _read_page(page)
    finally:
        page.close()


# ---------------------------------------------------------------- objects
def broken_objects(pdf: Any) -> int:
    """How many objects of the file can't be read, or are streams that break off."""
    document = pdf.doc
    broken = 0
    numbers = {number for xref in document.xrefs for number in itertools.islice(xref.get_objids(), 20000)}
    for number in sorted(numbers)[:20000]:
        try:
            thing = document.getobj(number)
        except RecursionError:
            raise
        except Exception:  # pdfminer has a dozen ways to say that an object is no object
            broken += 1
            continue
        if isinstance(thing, PDFStream) and not _inflates(thing):
            broken += 1
    return broken


def _inflates(stream: PDFStream) -> bool:
    """Whether a compressed stream is whole. What comes out is counted, not kept."""
    raw = stream.rawdata
    if raw is None:
        return True
    if stream.decipher and stream.objid is not None and stream.genno is not None:
        raw = stream.decipher(stream.objid, stream.genno, raw, stream.attrs)
    for coding, _ in stream.get_filters():
        name = str(getattr(coding, "name", ""))
        if name in ("FlateDecode", "Fl"):
            return _deflated_whole(raw)
        if name not in _TEXT_CODINGS:
            return True
        try:
            raw = _TEXT_CODINGS[name](raw)
        except ValueError:
            return False
    return True


def _deflated_whole(raw: bytes) -> bool:
    inflate, out, feed = zlib.decompressobj(), 0, raw
    most = current_limits().member_bytes
    try:
        while feed and not inflate.eof:
            out += len(inflate.decompress(feed, 1 << 20))
            feed = inflate.unconsumed_tail
            if out > most:
                raise LimitExceededError(f"a stream inside the PDF inflates to more than {most >> 20} MB")
    except zlib.error:
        return False
    return inflate.eof or not raw


# ---------------------------------------------------------------- one page
def _read_page(page: Page) -> Sheet:
    page = _upright(page)
    limits = current_limits()
    sheet = Sheet(page.page_number, float(page.height))
    if len(page.chars) > limits.page_characters or len(page.edges) > limits.page_edges:
        raise LimitExceededError(f"page {page.page_number}: {len(page.chars)} characters and {len(page.edges)} lines "
                                 f"are more than {limits.page_characters} and {limits.page_edges}")
    chars = _visible(page)
    scans = [image for image in page.images if _share(image, page) >= _SCAN]
    if mapping_lost("".join(char["text"] for char in chars)):
        sheet.lost = True
        sheet.images = [(0.0, _picture(page, f"page {page.page_number}"))]
        return sheet
    sheet.dpi = max((_resolution(image) for image in scans), default=0.0)
    if not chars:
        sheet.scanned = bool(page.images) or len(page.curves) >= _OUTLINES
        if page.images:
            sheet.images = [(0.0, _picture(page, f"page {page.page_number}"))]
        return sheet
    lattices = _lattices(page)
    confidence = _UNSURE if scans and not lattices else 1.0
    held: dict[int, dict[int, list[Any]]] = {}
    outside = []
    for char in chars:
        x, y = (char["x0"] + char["x1"]) / 2, (char["top"] + char["bottom"]) / 2
        for position, lattice in enumerate(lattices):
            cell = lattice.at(x, y)
            if cell is not None:
                held.setdefault(position, {}).setdefault(cell, []).append(char)
                break
        else:
            outside.append(char)
    for position, lattice in enumerate(lattices):
        texts = {cell: cell_text(_words(members)) for cell, members in held.get(position, {}).items()}
        if any(texts.values()):
            sheet.grids.append(lattice.grid(texts, page.page_number, confidence))
    sheet.lines = lines_of(_words(outside), page.page_number)
    sheet.images = [(image["top"], _picture(page, f"page {page.page_number} image {position}", image))
                    for position, image in enumerate(page.images, 1)
                    if image not in scans and _share(image, page) >= 0.05]
    if scans and not lattices:
        sheet.scanned = True
        sheet.problem = f"page {page.page_number} is a scan with recognised text under it; its characters are unsure"
        for line in sheet.lines:
            line.sure = False
    return sheet


def _upright(page: Page) -> Page:
    """The page turned so that most of its text runs from left to right."""
    turns = Counter(_turn(char["matrix"]) for char in page.chars)
    turn = turns.most_common(1)[0][0] if turns else 0
    if not turn:
        return page
    page.page_obj.rotate = (page.page_obj.rotate + turn) % 360
    return Page(page.pdf, page.page_obj, page_number=page.page_number, initial_doctop=0)


def _turn(matrix: tuple[float, ...]) -> int:
    """Degrees clockwise that bring a character of that matrix upright."""
    a, b = matrix[0], matrix[1]
    if abs(b) > abs(a):
        return 90 if b > 0 else 270
    return 180 if a < 0 and matrix[3] < 0 else 0


def _visible(page: Page) -> list[Any]:
    """Characters on the page, printed once: bold print is often the same character twice, a hair apart."""
    left, top, right, bottom = page.bbox
    inside = page.filter(lambda thing: thing["object_type"] != "char" or (
        left - 2 <= (thing["x0"] + thing["x1"]) / 2 <= right + 2
        and top - 2 <= (thing["top"] + thing["bottom"]) / 2 <= bottom + 2))
    chars = list(inside.dedupe_chars(tolerance=1, extra_attrs=()).chars)
    level = [char for char in chars if not _slants(char["matrix"])]
    chars = level if len(level) * 2 > len(chars) else chars
    kept: list[Any] = []
    for char in chars:
        if not kept or not _is_mark(kept[-1], char):
            kept.append(char)
    return kept


def _slants(matrix: tuple[float, ...]) -> bool:
    """Whether a character is drawn at a slant, as a watermark is."""
    low, high = sorted((abs(matrix[0]), abs(matrix[1])))
    return bool(low > _SLANT * high)


def _is_mark(before: Any, char: Any) -> bool:
    """Whether a small digit raised behind another is the mark of a footnote."""
    high = before["bottom"] - before["top"]
    return bool(char["text"].isdigit() and before["text"].isdigit() and char["bottom"] - char["top"] < MARK * high
                and before["top"] < char["bottom"] < before["bottom"] - RISE * high
                and abs(char["x0"] - before["x1"]) < high)


def _words(chars: list[Any]) -> list[Word]:
    upright = [char for char in chars if not char["text"].isspace() or char["width"] > 0]
    return [Word(word["text"].replace("\xa0", " "), word["x0"], word["top"], word["x1"], word["bottom"])
            for word in extract_words(upright, **_WORDS)]


def _lattices(page: Page) -> list[Lattice]:
    """Ruled tables. Filled areas are tried as rules only where nothing else makes a table: text is often shaded."""
    found = _tables(page.filter(lambda thing: not _is_shading(thing)))
    return found or _tables(page)


def _tables(page: Page) -> list[Lattice]:
    edges = merge_edges(page.edges, **_MERGE)
    edges = merge_edges(edges + closing_edges(edges), **_MERGE)
    boxes = intersections_to_cells(edges_to_intersections(edges, _TOUCH, _TOUCH))
    lattices = [Lattice(cells) for cells in cells_to_tables(boxes)]
    return [lattice for lattice in lattices if lattice.columns >= 2 and (lattice.rows >= 2 or lattice.columns >= 3)]


def _is_shading(thing: dict[str, Any]) -> bool:
    return (thing["object_type"] == "rect" and bool(thing.get("fill")) and not thing.get("stroke")
            and min(thing["width"], thing["height"]) > 3)


def _resolution(image: dict[str, Any]) -> float:
    """Dots an inch of a picture as it is printed, whichever way it is turned."""
    across, down = image["x1"] - image["x0"], image["bottom"] - image["top"]
    return 72 * float((image["srcsize"][0] * image["srcsize"][1] / max(1.0, across * down)) ** 0.5)


def _share(image: dict[str, Any], page: Page) -> float:
    across = min(image["x1"], page.bbox[2]) - max(image["x0"], page.bbox[0])
    down = min(image["bottom"], page.bbox[3]) - max(image["top"], page.bbox[1])
    return float(max(0, across) * max(0, down) / max(1, page.width * page.height))


def _picture(page: Page, source: str, image: dict[str, Any] | None = None) -> Image:
    size = image["srcsize"] if image else (page.width, page.height)
    return Image(source, page=page.page_number, width=int(size[0]), height=int(size[1]),
                 data=_jpeg(image or (page.images[0] if len(page.images) == 1 else None)))


def _jpeg(image: dict[str, Any] | None) -> bytes | None:
    """A JPEG stored in the file as it is; other codings need rendering, which is another reader's work."""
    stream = image["stream"] if image else None
    if stream is None or [str(getattr(name, "name", "")) for name, _ in stream.get_filters()] != ["DCTDecode"]:
        return None
    raw = stream.rawdata if stream.rawdata is not None else stream.get_rawdata()
    if raw is not None and stream.decipher:
        raw = stream.decipher(stream.objid, stream.genno, raw, stream.attrs)
    return bytes(raw) if raw else None
