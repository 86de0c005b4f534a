"""Readers of documents; those on compiled libraries behind the guard."""

from __future__ import annotations

import atexit
import io
import json
from collections.abc import Callable
from functools import cache, partial

from extract import (
    readers,
    report,
)
from extract.exceptions import UnreadableDocumentError
from extract.limits import Guard, Limits
from extract.model import Hints, Report
from tests.fuzz import small_documents as small
from tests.fuzz.harnesses.frame import TESTS, harness


def _check_record(found: Report) -> None:
    record = found.to_record()
    held = json.loads(json.dumps(record, allow_nan=False, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    Report.from_record(held)


def _read(media_type: str, data: bytes) -> None:
    """A reader and everything that reading makes of its Document."""
    hints = Hints(name="a")
    _check_record(report.build(readers.read(data, media_type, hints), hints))


_REFUSALS = (UnreadableDocumentError,)
_WHOLE = {
    "html": ("text/html", small.page), "plain": ("text/plain", small.plain), "csv": ("text/csv", small.delimited),
    "rtf": ("application/rtf", small.rtf), "mht": ("multipart/related", small.web_archive),
    "word_xml": ("application/vnd.ms-word.document+xml", small.word_xml),
    "excel_xml": ("application/vnd.ms-excel.workbook+xml", small.excel_xml),
}
for _name, (_type, _seed) in _WHOLE.items():
    harness(_name, _seed, refusals=_REFUSALS, words="markup")(partial(_read, _type))


def _samples(*endings: str) -> Callable[[], list[bytes]]:
    return lambda: [path.read_bytes() for ending in endings
                    for path in sorted((TESTS / "documents" / "samples").glob(f"*.{ending}"))]


harness("doc", refusals=_REFUSALS, words="bytes", more=_samples("doc"))(partial(_read, "application/msword"))
harness("wps", refusals=_REFUSALS, words="bytes", more=_samples("wps"))(partial(_read, "application/vnd.ms-works"))


# ---------------------------------------------------------------- documents read by compiled libraries
def _read_guarded(name: str, data: bytes) -> None:
    """In a guarded child, as documents are read in earnest: a library that aborts or eats memory is refused there. What
    counts as a fault is a reader of ours that fails, or a guard that doesn't hold."""
    try:
        _guard().read(data, Hints(name=name))
    except UnreadableDocumentError as refusal:
        if "the reader failed on this file" in str(refusal) or "without an answer" in str(refusal):
            raise AssertionError(str(refusal)) from None


@cache
def _guard() -> Guard:
    guard = Guard(Limits(memory_bytes=1 << 30, picture_memory_bytes=1 << 30, cpu_seconds=10, picture_cpu_seconds=10))
    atexit.register(guard.close)
    return guard


harness("xls", words="bytes", more=_samples("xls"))(partial(_read_guarded, "a.xls"))

_PACKAGES: dict[str, tuple[str, Callable[[], small.Parts]]] = {
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", small.docx),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", small.xlsx),
    "odt": ("application/vnd.oasis.opendocument.text", small.odt),
    "ods": ("application/vnd.oasis.opendocument.spreadsheet", small.ods),
    "ofd": ("application/ofd", small.ofd), "zip": ("application/zip", small.bundle),
}


@cache
def parts_of(name: str) -> dict[str, bytes]:
    return dict(_PACKAGES[name][1]())


def repacked(name: str, data: bytes) -> bytes:
    """The small package of this medium with one member replaced: the first byte says which, the others are it."""
    parts = parts_of(name)
    chosen = list(parts)[data[0] % len(parts)] if data else ""
    return small.stored({**parts, chosen: data[1:]} if chosen else parts)


def _read_package(name: str, data: bytes) -> None:
    _read(_PACKAGES[name][0], repacked(name, data))


def _members(name: str) -> list[bytes]:
    return [bytes([place]) + content for place, content in enumerate(parts_of(name).values())]


harness("xlsx_bytes", lambda: small.stored(small.xlsx()), words="bytes")(partial(_read_guarded, "a.xlsx"))
harness("xlsx_members", words="markup", more=partial(_members, "xlsx"))(
    lambda data: _read_guarded("a.xlsx", repacked("xlsx", data)))
harness("pdf", small.pdf, words="markup")(partial(_read_guarded, "a.pdf"))
for _name, (_type, _made) in _PACKAGES.items():
    if _name == "xlsx":
        continue
    harness(f"{_name}_members", refusals=_REFUSALS, words="markup", more=partial(_members, _name))(
        partial(_read_package, _name))
    harness(f"{_name}_bytes", lambda made=_made: small.stored(made()), refusals=_REFUSALS,  # type: ignore[misc]
            words="bytes")(partial(_read, _type))


@harness("picture", refusals=_REFUSALS, words="bytes",
         more=lambda: [_picture(kind) for kind in ("PNG", "JPEG", "GIF", "TIFF", "BMP", "WEBP")])
def _frames(data: bytes) -> None:
    from extract import pictures

    for frame in pictures.frames(data, "a"):
        assert frame.pixels.size


def _picture(kind: str) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("L", (24, 12), 200).save(buffer, kind)
    return buffer.getvalue()
