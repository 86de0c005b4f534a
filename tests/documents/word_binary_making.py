"""Makes binary Word files (.doc) byte by byte, with the structures that Word itself writes and converters don't.

Promises a compound file whose streams follow [MS-DOC]: text in pieces of one and two bytes a character, a page of
properties for every paragraph, row definitions beside them or far off in the data stream. Imports nothing of the
product.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.documents.making import TableSpec
from tests.documents.office_making import covering

CELL, ROW, END = "\x07", "\x07", "\r"
IN_TABLE = b"\x16\x24\x01"
ROW_END = b"\x17\x24\x01"
HIDDEN, DELETED = b"\x3c\x08\x01", b"\x00\x08\x01"


@dataclass
class Part:
    """Characters up to and with the mark that ends them, and the properties of that paragraph."""

    text: str
    properties: bytes = b""
    style: int = 0
    runs: Sequence[tuple[int, int, bytes]] = ()
    """Start, end and character properties within the text."""
    narrow: bool | None = None
    """Whether it is stored with one byte a character; as it fits where None."""


def depth(level: int) -> bytes:
    return struct.pack("<Hi", 0x6649, level)


def heading(level: int) -> bytes:
    return struct.pack("<HB", 0x2640, level)


def table_definition(cells: Sequence[tuple[int, int, int]], extra: bytes = b"") -> bytes:
    """sprmTDefTable of cells (left, right, flags) in twips."""
    body = struct.pack("<B", len(cells)) + struct.pack(
        f"<{len(cells) + 1}h", *[cell[0] for cell in cells], cells[-1][1]) + b"".join(
        struct.pack("<HH", flags, 0) + bytes(16) for _, _, flags in cells)
    return struct.pack("<HH", 0xD608, len(body) + 1) + body + extra


def vertical(cell: int, how: int) -> bytes:
    """sprmTVertMerge: 1 goes on, 3 begins."""
    return struct.pack("<HBBB", 0xD62B, 2, cell, how)


def rows(table: TableSpec, column: int = 900, *, by_sprm: bool = False) -> list[Part]:
    """A table's parts; merges downwards in the cells' flags, or by properties of their own."""
    parts = []
    for row, cells in enumerate(covering(table)):
        flags = [0 if down == 1 else 3 << 5 if top == row else 1 << 5 for top, _, down, _, _ in cells]
        extra = b"".join(vertical(number, flag >> 5) for number, flag in enumerate(flags) if flag) if by_sprm else b""
        definition = table_definition([(left * column, (left + across) * column, 0 if by_sprm else flag)
                                       for (_, left, _, across, _), flag in zip(cells, flags, strict=True)], extra)
        parts += [Part((text if top == row else "") + CELL, IN_TABLE) for top, _, _, _, text in cells]
        parts.append(Part(ROW, IN_TABLE + ROW_END + definition))
    return parts


def streams(parts: Sequence[Part], *, huge: bool = True, version: int = 0xC1, flags: int = 0x0200,
            boxes: Sequence[Part] = (), styles: bytes = b"", lists: tuple[bytes, bytes] = (b"", b"")
            ) -> dict[str, bytes]:
    """The streams of a file with these parts; `huge` puts long properties into the data stream."""
    main, data = bytearray(2048), bytearray(16)
    places, pieces, runs = [], [], []
    count = 0
    for part in [*parts, *boxes]:
        narrow = part.narrow if part.narrow is not None else all(ord(char) < 0x80 for char in part.text)
        raw = part.text.encode("cp1252") if narrow else part.text.encode("utf-16-le")
        if not narrow and len(main) % 2:
            main += b"\0"
        letters = len(raw) if narrow else len(raw) // 2
        start, step = len(main), 1 if narrow else 2
        pieces.append((count, letters, start * 2 | 0x40000000 if narrow else start))
        main += raw
        places.append((start, len(main), part))
        runs += [(start + step * first, start + step * last, held) for first, last, held in part.runs]
        count += letters
    papx, chpx = [], []
    for start, end, part in places:
        held = part.properties
        if huge and len(held) > 60:
            held, place = struct.pack("<HI", 0x6646, len(data)), held
            data += struct.pack("<H", len(place)) + place
        papx.append((start, end, _papx(part.style, held)))
    for start, end, held in runs:
        chpx.append((start, end, bytes([len(held)]) + held))
    table = bytearray(8)
    spans = {}
    for index, made, wide in ((13, papx, 13), (12, chpx, 1)):
        pages = []
        for start, end, held in made:
            main += bytes(-len(main) % 512)
            pages.append((start, len(main) // 512))
            place = 510 - len(held) & ~1
            page = bytearray(struct.pack("<II", start, end) + bytes([place // 2]) + bytes(wide - 1))
            page += bytes(place - len(page)) + held
            main += page + bytes(511 - len(page)) + b"\x01"
        spans[index] = (len(table), 8 * len(pages) + 4)
        table += struct.pack(f"<{len(pages) + 1}I", *[start for start, _ in pages], len(main))
        table += struct.pack(f"<{len(pages)}I", *[number for _, number in pages])
    for index, held in ((1, styles), (73, lists[0]), (74, lists[1])):
        # The list formats' levels follow their table beyond the length that is told.
        spans[index] = (len(table), len(held))
        table += held
    body = struct.pack(f"<{len(pieces) + 1}i", *[start for start, _, _ in pieces], count) + b"".join(
        struct.pack("<HIH", 0, place, 0) for _, _, place in pieces)
    spans[33] = (len(table), len(body) + 5)
    table += b"\x02" + struct.pack("<I", len(body)) + body
    struct.pack_into("<HH", main, 0, 0xA5EC, version)
    struct.pack_into("<H", main, 10, flags)
    own = sum(_letters(part) for part in parts)
    struct.pack_into("<8i", main, 0x4C, own, 0, 0, 0, 0, 0, count - own, 0)
    for index, (place, length) in spans.items():
        struct.pack_into("<ii", main, 0x9A + 8 * index, place, length)
    return {"WordDocument": bytes(main), "1Table" if flags & 0x0200 else "0Table": bytes(table), "Data": bytes(data)}


def _letters(part: Part) -> int:
    return len(part.text.encode("utf-16-le")) // 2


def _papx(style: int, held: bytes) -> bytes:
    body = struct.pack("<H", style) + held
    return bytes([(len(body) + 1) // 2]) + body if len(body) % 2 else bytes([0, len(body) // 2]) + body


def style_sheet(names: Sequence[tuple[str, int, bytes]]) -> bytes:
    """Paragraph styles (name, built-in number, properties)."""
    sheet = struct.pack("<HHH", 4, len(names), 10)
    for number, (name, builtin, held) in enumerate(names):
        papx = struct.pack("<H", number) + held
        style = struct.pack("<5H", builtin, 1 | 0xFFF << 4, 1, 0, 0) + struct.pack("<H", len(name)) + name.encode(
            "utf-16-le") + b"\0\0" + struct.pack("<H", len(papx)) + papx
        sheet += struct.pack("<H", len(style)) + style
    return sheet


def list_tables(levels: Sequence[tuple[int, str]], identity: int = 77) -> tuple[bytes, bytes]:
    """One list of nine levels (form, text); levels not given are plain numbers."""
    formats = struct.pack("<h", 1) + struct.pack("<ii", identity, 0) + bytes(18) + b"\0\0"
    for number in range(9):
        form, text = levels[number] if number < len(levels) else (0, chr(number))
        formats += struct.pack("<iB", 1, form) + bytes(23) + struct.pack("<H", len(text)) + text.encode("utf-16-le")
    return formats, struct.pack("<i", 1) + struct.pack("<i", identity) + bytes(12) + struct.pack("<I", 0xFFFFFFFF)


def listed(level: int = 0, override: int = 1) -> bytes:
    return struct.pack("<HhHB", 0x460B, override, 0x260A, level)


# ---------------------------------------------------------------- the container
def container(parts: Mapping[str, bytes]) -> bytes:
    """A compound file of these streams, each in sectors of 512 bytes (no short ones)."""
    held = {name: data + bytes(max(0, 4096 - len(data))) for name, data in parts.items()}
    sectors: list[bytes] = []
    chain: list[int] = []

    def put(data: bytes) -> int:
        first = len(sectors)
        count = max(1, -(-len(data) // 512))
        for number in range(count):
            sectors.append(data[512 * number:512 * (number + 1)].ljust(512, b"\0"))
            chain.append(first + number + 1 if number < count - 1 else 0xFFFFFFFE)
        return first

    starts = {name: put(data) for name, data in held.items()}
    names = sorted(held, key=lambda name: (len(name), name.upper()))

    def entry(name: str, kind: int, right: int, child: int, start: int, size: int) -> bytes:
        raw = (name + "\0").encode("utf-16-le")
        links = struct.pack("<HBBIII", len(raw), kind, 1, 0xFFFFFFFF, right, child)
        return raw.ljust(64, b"\0") + links + bytes(36) + struct.pack("<IQ", start, size)

    # The children hang on one another to the right: a poor tree, but a valid one.
    directory = entry("Root Entry", 5, 0xFFFFFFFF, 1, 0xFFFFFFFE, 0)
    for number, name in enumerate(names, 1):
        directory += entry(name, 2, number + 1 if number < len(names) else 0xFFFFFFFF, 0xFFFFFFFF, starts[name],
                           len(held[name]))
    where = put(directory)
    blocks = 1
    while 128 * blocks < len(sectors) + blocks:
        blocks += 1
    first = len(sectors)
    fat = struct.pack(f"<{len(chain) + blocks}I", *chain, *[0xFFFFFFFD] * blocks)
    fat += b"\xff" * (512 * blocks - len(fat))
    sectors += [fat[512 * number:512 * (number + 1)] for number in range(blocks)]
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack(
        "<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(10) + struct.pack(
        "<IIIIIIII", blocks, where, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack(f"<{blocks}I", *range(first, first + blocks)) + b"\xff" * (4 * (109 - blocks))
    return header + b"".join(sectors)


def doc(parts: Sequence[Part], **options: object) -> bytes:
    """A whole .doc of these parts; options as `streams` has them."""
    return container(streams(parts, **options))  # type: ignore[arg-type]
