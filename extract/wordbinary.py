"""The binary Word format (Word 97–2003, WPS) as structures: pieces of text, properties of paragraphs and characters,
styles, lists. Source: [MS-DOC], Word (.doc) Binary File Format.

Promises: whatever offsets a damaged file names, reading stays inside the streams and raises WordError. Leaves alone:
what paragraphs and cells mean (readers.legacy_word).
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from extract.exceptions import LimitExceededError, UnreadableDocumentError

_PAGE = 512
_MOST_CHARACTERS = 5_000_000
_SIZES = {0: 1, 1: 1, 2: 2, 3: 4, 4: 2, 5: 2, 7: 3}
"""Bytes of a property's operand by its spra; 6 says its own size."""
T_DEF_TABLE, P_CHG_TABS = 0xD608, 0xC615
P_HUGE = (0x6645, 0x6646)
T_MERGE, T_VERT_MERGE = 0x5624, 0xD62B
_GATHERED = (T_MERGE, T_VERT_MERGE)
"""Each one of these is about other cells, so all hold, one after the other."""

Properties = dict[int, bytes]
"""Operand by sprm; the last one of a kind holds, but for merges of cells."""


class WordError(UnreadableDocumentError):
    """Raised where a structure lies outside its stream or isn't what it should be."""


@dataclass(slots=True)
class Run:
    """Bytes of the main stream with the same properties."""

    start: int
    end: int
    style: int
    properties: bytes


@dataclass(slots=True)
class Piece:
    """A stretch of the document's characters and where its bytes stand."""

    start: int
    end: int
    offset: int
    wide: bool
    changes: bytes = b""
    """Properties a quick save put on top."""

    def place(self, character: int) -> int:
        """Byte offset of a character of the document."""
        return self.offset + (character - self.start) * (2 if self.wide else 1)


@dataclass(slots=True)
class Style:
    """What a style of the file says of its paragraphs."""

    name: str = ""
    kind: int = 0
    """1 paragraph, 2 character."""
    builtin: int = 0
    base: int = 0xFFF
    paragraph: bytes = b""
    character: bytes = b""


@dataclass(slots=True)
class ListLevel:
    """How one level of a list counts."""

    start: int = 1
    form: int = 0
    text: str = ""
    """Its print; characters below U+0009 stand for the number of that level."""


@dataclass(slots=True)
class Word:
    """The parts of one file."""

    main: bytes
    table: bytes
    data: bytes
    text: str = ""
    pieces: list[Piece] = field(default_factory=list)
    lengths: tuple[int, ...] = ()
    """Characters of: text, footnotes, headers, macros, annotations, endnotes, text boxes, those of headers."""
    styles: list[Style] = field(default_factory=list)
    lists: dict[int, list[ListLevel]] = field(default_factory=dict)
    overrides: list[int] = field(default_factory=list)
    """List of each override; paragraphs name overrides, from 1."""
    paragraphs: list[Run] = field(default_factory=list)
    characters: list[Run] = field(default_factory=list)


def load(main: bytes, tables: dict[str, bytes], data: bytes) -> Word:
    """The file with streams `main`, `tables` (by name: 0Table, 1Table) and `data`. Raises WordError."""
    try:
        magic, version = struct.unpack_from("<HH", main, 0)
        flags = struct.unpack_from("<H", main, 10)[0]
        if flags & 0x0100:
            raise WordError("locked with a password; ask for a copy without one")
        if magic != 0xA5EC or version < 0xC0:
            raise WordError("saved by Word 95 or older; open and save it as docx or PDF")
        word = Word(main, tables.get("1Table" if flags & 0x0200 else "0Table", b""), data)
        word.lengths = struct.unpack_from("<8i", main, 0x4C)
        _read_pieces(word, *_span(main, 33))
        word.paragraphs = list(_pages(word, *_span(main, 13), _paragraph_runs))
        word.characters = list(_pages(word, *_span(main, 12), _character_runs))
        word.styles = _styles(word.table, *_span(main, 1))
        word.lists, word.overrides = _lists(word.table, _span(main, 73), _span(main, 74))
    except struct.error as fault:
        raise WordError(f"damaged: a structure lies outside the file ({fault})") from None
    return word


def _span(main: bytes, index: int) -> tuple[int, int]:
    """Offset and length in the table stream of one of the FIB's parts."""
    offset, length = struct.unpack_from("<ii", main, 0x9A + 8 * index)
    return max(0, offset), max(0, length)


# ---------------------------------------------------------------- text
def _read_pieces(word: Word, offset: int, length: int) -> None:
    clx = word.table[offset:offset + length]
    at, changes = 0, list[bytes]()
    while at < len(clx) and clx[at] == 1:
        size = struct.unpack_from("<H", clx, at + 1)[0]
        changes.append(clx[at + 3:at + 3 + size])
        at += 3 + size
    if at >= len(clx) or clx[at] != 2:
        raise WordError("damaged: its table of text pieces is missing")
    size = struct.unpack_from("<I", clx, at + 1)[0]
    table = clx[at + 5:at + 5 + size]
    count = (len(table) - 4) // 12
    if count < 1:
        raise WordError("damaged: it holds no text")
    places = struct.unpack_from(f"<{count + 1}i", table, 0)
    parts: list[str] = []
    at_character = 0
    for number in range(count):
        start, end = places[number], places[number + 1]
        position, modifier = struct.unpack_from("<IH", table, 4 * (count + 1) + 8 * number + 2)
        if start != at_character or end < start:
            raise WordError("damaged: its text pieces don't follow each other")
        if end > _MOST_CHARACTERS:
            raise LimitExceededError(f"more than {_MOST_CHARACTERS} characters")
        wide = not position & 0x40000000
        start_byte = position if wide else (position & 0x3FFFFFFF) // 2
        piece = Piece(start, end, start_byte, wide,
                      changes[modifier >> 1] if modifier & 1 and modifier >> 1 < len(changes) else b"")
        raw = word.main[start_byte:piece.place(end)]
        if len(raw) != piece.place(end) - start_byte:
            raise WordError("damaged: its text lies beyond the end of the file")
        parts.append(_decoded(raw, wide))
        word.pieces.append(piece)
        at_character = end
    word.text = "".join(parts)


def _decoded(raw: bytes, wide: bool) -> str:
    """One character of the document each, so that places stay true."""
    if not wide:
        return "".join(chr(byte) if byte < 0x80 or byte >= 0xA0 else bytes([byte]).decode("cp1252", "replace")
                       for byte in raw)
    return "".join(map(chr, struct.unpack(f"<{len(raw) // 2}H", raw)))


# ---------------------------------------------------------------- properties
def _pages(word: Word, offset: int, length: int, runs: Callable[[bytes], Iterator[Run]]) -> Iterator[Run]:
    table = word.table[offset:offset + length]
    count = (len(table) - 4) // 8
    for number in range(max(0, count)):
        page = struct.unpack_from("<I", table, 4 * (count + 1) + 4 * number)[0] & 0x3FFFFF
        held = word.main[page * _PAGE:(page + 1) * _PAGE]
        if len(held) == _PAGE:
            yield from runs(held)


def _paragraph_runs(page: bytes) -> Iterator[Run]:
    count = page[-1]
    if 4 * (count + 1) + 13 * count > _PAGE:
        return
    places = struct.unpack_from(f"<{count + 1}I", page, 0)
    for number in range(count):
        at = 2 * page[4 * (count + 1) + 13 * number]
        held = b""
        if at:
            half = page[at]
            held = page[at + 1:at + 2 * half] if half else page[at + 2:at + 2 + 2 * page[at + 1]] if at < 511 else b""
        style = struct.unpack_from("<H", held)[0] if len(held) >= 2 else 0
        yield Run(places[number], places[number + 1], style, held[2:])


def _character_runs(page: bytes) -> Iterator[Run]:
    count = page[-1]
    if 4 * (count + 1) + count > _PAGE:
        return
    places = struct.unpack_from(f"<{count + 1}I", page, 0)
    for number in range(count):
        at = 2 * page[4 * (count + 1) + number]
        yield Run(places[number], places[number + 1], 0, page[at + 1:at + 1 + page[at]] if at else b"")


def properties(word: Word, *lists: bytes, depth: int = 0) -> Properties:
    """The properties of one or more lists of them, later ones over earlier; huge ones are fetched from the data."""
    found: Properties = {}
    for held in lists:
        at = 0
        while at + 2 <= len(held):
            sprm = held[at] | held[at + 1] << 8
            at += 2
            size = _SIZES.get(sprm >> 13)
            if size is None:
                if at >= len(held):
                    break
                if sprm == T_DEF_TABLE:
                    size, at = (held[at] | (held[at + 1] if at + 1 < len(held) else 0) << 8) - 1, at + 2
                elif sprm == P_CHG_TABS and held[at] == 255:
                    break  # a list of tabs longer than its size can say: nothing we need comes after it
                else:
                    size, at = held[at], at + 1
            operand = held[at:at + size]
            at += size
            if sprm in P_HUGE and depth == 0 and len(operand) == 4:
                place = struct.unpack("<I", operand)[0]
                if place + 2 <= len(word.data):
                    length = struct.unpack_from("<H", word.data, place)[0]
                    found |= properties(word, word.data[place + 2:place + 2 + length], depth=1)
                continue
            found[sprm] = found.get(sprm, b"") + operand if sprm in _GATHERED else operand
    return found


class Places:
    """Finds the run that holds a byte of the main stream."""

    def __init__(self, runs: Sequence[Run]) -> None:
        self._runs = sorted(runs, key=lambda run: run.start)
        self._starts = [run.start for run in self._runs]

    def at(self, place: int) -> Run | None:
        """The run that holds the byte at `place`; None where none does."""
        number = bisect_right(self._starts, place) - 1
        return self._runs[number] if number >= 0 and place < self._runs[number].end else None


# ---------------------------------------------------------------- styles and lists
def _styles(table: bytes, offset: int, length: int) -> list[Style]:
    sheet = table[offset:offset + length]
    if len(sheet) < 8:
        return []
    header, count, fixed = struct.unpack_from("<HHH", sheet, 0)
    styles: list[Style] = []
    at = 2 + header
    for _ in range(min(count, 4096)):
        if at + 2 > len(sheet):
            break
        size = struct.unpack_from("<H", sheet, at)[0]
        styles.append(_style(sheet[at + 2:at + 2 + size], fixed))
        at += 2 + size
    return styles


def _style(held: bytes, fixed: int) -> Style:
    if len(held) < fixed + 2 or fixed < 8:
        return Style()
    first, second, third = struct.unpack_from("<HHH", held, 0)
    letters = struct.unpack_from("<H", held, fixed)[0]
    style = Style(held[fixed + 2:fixed + 2 + 2 * letters].decode("utf-16-le", "replace"), second & 0xF, first & 0xFFF,
                  second >> 4)
    at = fixed + 2 + 2 * letters + 2
    lists = []
    for _ in range(third & 0xF):
        at += at & 1
        if at + 2 > len(held):
            break
        size = struct.unpack_from("<H", held, at)[0]
        lists.append(held[at + 2:at + 2 + size])
        at += 2 + size
    if style.kind == 1 and lists:
        style.paragraph = lists[0][2:]
        style.character = lists[1] if len(lists) > 1 else b""
    elif style.kind == 2 and lists:
        style.character = lists[0]
    return style


def _lists(table: bytes, formats: tuple[int, int], overrides: tuple[int, int]) -> tuple[dict[int, list[ListLevel]],
                                                                                        list[int]]:
    if not formats[1] or not overrides[1]:
        return {}, []
    count = max(0, struct.unpack_from("<h", table, formats[0])[0])
    heads = [(struct.unpack_from("<i", table, formats[0] + 2 + 28 * number)[0],
              1 if table[formats[0] + 2 + 28 * number + 26] & 1 else 9)
             for number in range(min(count, 2000)) if formats[0] + 30 + 28 * number <= len(table)]
    at = formats[0] + 2 + 28 * count
    lists: dict[int, list[ListLevel]] = {}
    for identity, levels in heads:
        for _ in range(levels):
            if at + 30 > len(table):
                break
            start, form = struct.unpack_from("<iB", table, at)
            characters, paragraphs = table[at + 24], table[at + 25]
            at += 28 + characters + paragraphs
            letters = struct.unpack_from("<H", table, at)[0] if at + 2 <= len(table) else 0
            text = table[at + 2:at + 2 + 2 * letters].decode("utf-16-le", "replace")
            lists.setdefault(identity, []).append(ListLevel(start, form, text))
            at += 2 + 2 * letters
    named = max(0, struct.unpack_from("<i", table, overrides[0])[0])
    return lists, [struct.unpack_from("<i", table, overrides[0] + 4 + 16 * number)[0]
                   for number in range(min(named, 2000)) if overrides[0] + 20 + 16 * number <= len(table)]
