"""Records of binary workbooks (xls): what python-calamine doesn't tell – locks, pictures, number formats, hidden rows
and columns.

Source: [MS-XLS]. Promises: reading stays inside the stream; broken records end it silently, for the cells themselves
are another reader's work. Leaves alone: cells and sheets.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

import olefile

from extract import number_formats
from extract.worksheets import Hidden

_BOUND_SHEET, _FILE_PASS, _ROW, _COLUMNS, _END = 0x85, 0x2F, 0x208, 0x7D, 0x0A
_ROW_HIDDEN = 0x20
_OBJECT, _PICTURE = 0x5D, 8
_FORMAT, _STYLE, _MANY = 0x41E, 0xE0, 0xBD
_NUMBERS = frozenset({0x203, 0x27E, 0x06})
"""Cells with a number: as it is, packed, and a formula's."""


def stream_of(data: bytes) -> bytes:
    """The workbook's records; b"" where the file holds none."""
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as container:
            name = next((name for name in ("Workbook", "Book") if container.exists(name)), None)
            return bytes(container.openstream(name).read()) if name else b""
    except (OSError, ValueError, IndexError, struct.error, TypeError, AttributeError):
        return b""


def is_locked(stream: bytes) -> bool:
    """Whether the records begin with the one that says how the others are encrypted."""
    return any(kind == _FILE_PASS for kind, _ in _records(stream, 0))


def hidden(stream: bytes) -> dict[str, Hidden]:
    """What is hidden, by name of sheet (BIFF8; older workbooks tell nothing here)."""
    return {name: _of_sheet(stream, place) for name, place in _sheets(stream)}


def formats(stream: bytes) -> dict[str, dict[tuple[int, int], str]]:
    """The number format of each cell with a number that has one of its own, by name of sheet (BIFF8)."""
    codes, styles = dict(number_formats.BUILT_IN), list[str]()
    for kind, body in _records(stream, 0):
        if kind == _FORMAT and len(body) >= 5:
            codes[struct.unpack_from("<H", body)[0]] = _text(body[2:], 2)
    for kind, body in _records(stream, 0):
        if kind == _STYLE and len(body) >= 4:
            styles.append(codes.get(struct.unpack_from("<H", body, 2)[0], number_formats.PLAIN))
    return {name: {(row, column): code for row, column, style in _numbers(stream, place)
                   if style < len(styles) and (code := styles[style]) != number_formats.PLAIN}
            for name, place in _sheets(stream)}


def _numbers(stream: bytes, place: int) -> Iterator[tuple[int, int, int]]:
    """Row, column and style of each cell with a number."""
    for kind, body in _records(stream, place):
        if kind in _NUMBERS and len(body) >= 6:
            yield struct.unpack_from("<HHH", body)
        elif kind == _MANY and len(body) >= 6:
            row, first = struct.unpack_from("<HH", body)
            for number, at in enumerate(range(4, len(body) - 7, 6)):
                yield row, first + number, struct.unpack_from("<H", body, at)[0]


def _text(body: bytes, sized: int) -> str:
    """A string behind its length of one or two bytes and its kind."""
    letters, wide = int.from_bytes(body[:sized], "little"), body[sized] & 1
    return body[sized + 1:sized + 1 + letters * (1 + wide)].decode("utf-16-le" if wide else "latin-1", "replace")


def pictures(stream: bytes) -> int:
    """How many pictures stand on the sheets (BIFF8)."""
    return sum(kind == _OBJECT and len(body) >= 6 and struct.unpack_from("<H", body, 4)[0] == _PICTURE
               for _, place in _sheets(stream) for kind, body in _records(stream, place))


def _sheets(stream: bytes) -> Iterator[tuple[str, int]]:
    """Name and place of each sheet's records."""
    for kind, body in _records(stream, 0):
        if kind == _BOUND_SHEET and len(body) >= 8:
            yield _text(body[6:], 1), struct.unpack_from("<I", body)[0]


def _of_sheet(stream: bytes, place: int) -> Hidden:
    sheet = Hidden()
    for kind, body in _records(stream, place):
        if kind == _ROW and len(body) >= 14 and struct.unpack_from("<H", body, 12)[0] & _ROW_HIDDEN:
            sheet.rows.add(struct.unpack_from("<H", body)[0])
        elif kind == _COLUMNS and len(body) >= 10 and struct.unpack_from("<H", body, 8)[0] & 1:
            first, last = struct.unpack_from("<HH", body)
            sheet.columns.append((first, last))
    return sheet


def _records(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """Kind and body of each record from a place to the end of its part."""
    while at >= 0 and at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        if kind == _END:
            return
        yield kind, stream[at + 4:at + 4 + size]
        at += 4 + size
