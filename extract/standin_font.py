"""A font for pdfium to fall back on, so that what it reads doesn't hang on the fonts of the machine.

Where a PDF names a font without embedding it (宋体, STSong-Light), pdfium looks for one on the machine, and drops text
that the font it finds has no shapes for: on a server without Chinese fonts the same file would give other figures.
Here every character has one and the same box as its shape. Promises: text is read alike on every machine, and no font
file of many megabytes is loaded for it. Leaves alone: drawing pages to be looked at (leave the `with` first), and
embedded fonts.
"""

from __future__ import annotations

import contextlib
import ctypes
import struct
from collections.abc import Iterator
from typing import Any

import pypdfium2.raw as pdfium_c

_UNITS = 1000
_BOX = (20, -100, 120, 800)
"""Left, bottom, right, top of the only shape there is. It is narrower than any character, since pdfium widens the box
of a character to its shape."""
_HANDLE = 1


@contextlib.contextmanager
def in_place_of_system_fonts() -> Iterator[None]:
    """Let pdfium know no other font than the stand-in. Not for threads: pdfium has one set of fonts a process."""
    pdfium_c.FPDF_SetSystemFontInfo(_information)
    try:
        yield
    finally:
        usual = pdfium_c.FPDF_GetDefaultSystemFontInfo()
        if usual:
            pdfium_c.FPDF_SetSystemFontInfo(usual)


def _font() -> bytes:
    """A TrueType font whose every character is one box (tables as the OpenType specification lays them out)."""
    left, bottom, right, top = _BOX
    corners = ((left, bottom), (left, top), (right, top), (right, bottom))
    steps = [tuple(here - before for here, before in zip(corner, last, strict=True))
             for last, corner in zip(((0, 0), *corners), corners, strict=False)]
    shape = struct.pack(">hhhhhHH4B", 1, *_BOX, 3, 0, 1, 1, 1, 1)
    shape += b"".join(struct.pack(">h", x) for x, _ in steps) + b"".join(struct.pack(">h", y) for _, y in steps)
    shape += bytes(-len(shape) % 4)
    tables = {
        b"OS/2": struct.pack(">HhHHHhhhhhhhhhhh10sIIII4sHHHhhhHH", 3, _UNITS, 400, 5, 0, *[0] * 10, 0, bytes(10),
                             0, 0, 0, 0, b"none", 64, 0, 0xFFFF, top, bottom, 0, top, -bottom) + bytes(18),
        # Format 13: one glyph for all code points there are.
        b"cmap": struct.pack(">HHHHI", 0, 1, 3, 10, 12) + struct.pack(">HHIII", 13, 0, 28, 0, 1)
                 + struct.pack(">III", 0, 0x10FFFF, 1),
        b"glyf": shape * 2,
        b"head": struct.pack(">IIIIHHQQhhhhHHhhh", 0x10000, 0x10000, 0, 0x5F0F3CF5, 0, _UNITS, 0, 0, *_BOX, 0, 8, 2,
                             1, 0),
        b"hhea": struct.pack(">IhhhHhhhhhhhhhhhH", 0x10000, top, bottom, 0, _UNITS, 0, 0, right, 1, *[0] * 7, 1),
        b"hmtx": struct.pack(">Hhh", _UNITS, left, left),
        b"loca": struct.pack(">III", 0, len(shape), 2 * len(shape)),
        b"maxp": struct.pack(">IHHHHHHHHHHHHHH", 0x10000, 2, 4, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0),
        b"name": struct.pack(">HHH", 0, 0, 6),
        b"post": struct.pack(">IIhhIIIII", 0x30000, 0, 0, 0, 0, 0, 0, 0, 0),
    }
    start = 12 + 16 * len(tables)
    head, body = struct.pack(">IHHHH", 0x10000, len(tables), 128, 3, 16 * len(tables) - 128), b""
    for name, table in sorted(tables.items()):
        head += struct.pack(">4sIII", name, _checksum(table), start + len(body), len(table))
        body += table + bytes(-len(table) % 4)
    return head + body


def _checksum(table: bytes) -> int:
    table += bytes(-len(table) % 4)
    total: int = sum(struct.unpack(f">{len(table) // 4}I", table))
    return total & 0xFFFFFFFF


def _data(_: Any, __: Any, table: int, buffer: Any, size: int) -> int:
    if table:
        return 0
    if buffer and size >= len(_DATA):
        ctypes.memmove(buffer, _DATA, len(_DATA))
    return len(_DATA)


def _describe() -> Any:
    information = pdfium_c.FPDF_SYSFONTINFO()
    information.version = 1
    kinds = dict(pdfium_c.FPDF_SYSFONTINFO._fields_)
    answers = {
        "Release": lambda *_: None, "EnumFonts": lambda *_: None, "DeleteFont": lambda *_: None,
        "MapFont": lambda *_: _HANDLE, "GetFont": lambda *_: _HANDLE, "GetFontData": _data,
        "GetFaceName": lambda *_: 0, "GetFontCharset": lambda *_: 134}
    for name, answer in answers.items():
        setattr(information, name, kinds[name](answer))
    return information


_DATA = _font()
_information = _describe()
