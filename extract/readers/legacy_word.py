"""Binary Word files (doc, wps) from their piece table: paragraphs, tables and pictures in document order.

Hands over: Text with heading level and the numbers Word counts itself; Grids whose columns come from the cells' true
edges (sprmTDefTable) with merges, nested tables after what holds them; pictures, their bytes where PNG or JPEG; text
boxes at the end. Hidden and deleted text and field instructions don't count.
Promises: locked files and those older than Word 97 are told as such; nothing outside the streams is read. Leaves
alone: headers, footers, notes and layout.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

import olefile

from extract import office, wordbinary
from extract.counting import as_printed
from extract.exceptions import UnreadableDocumentError
from extract.flow import Edge, Flow
from extract.model import Document, Hints, Image
from extract.readers import reader
from extract.wordbinary import Places, Properties, Word, properties

_IN_TABLE, _ROW_END, _DEPTH, _INNER_CELL, _INNER_ROW = 0x2416, 0x2417, 0x6649, 0x244B, 0x244C
_OUTLINE, _LIST_LEVEL, _LIST = 0x2640, 0x260A, 0x460B
_STYLE = 0x4600
_HIDDEN, _DELETED, _PICTURE, _DATA = 0x083C, 0x0800, 0x6A03, 0x0806
_STRUCK, _STRUCK_TWICE = 0x0837, 0x2A53
_SUPERSCRIPT, _POSITION = 0x2A48, 0x4845
_DROPPED = "\x02\x03\x04\x05\x1f\u200b\ufeff\x00"
_NONSENSE = re.compile("[\x06\x0f-\x12\x16-\x1d\ufdd0-\ufdef\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])"
                       "|(?<![\ud800-\udbff])[\udc00-\udfff]")
"""What no program writes: unused marks, half characters."""
_MOST_NONSENSE = 3
_FORMS = {1: "upperRoman", 2: "lowerRoman", 3: "upperLetter", 4: "lowerLetter", 10: "chineseCounting",
          11: "chineseCounting", 18: "decimalEnclosedCircle", 14: "decimalFullWidth", 22: "decimalZero",
          33: "chineseCounting", 34: "chineseLegal", 35: "chineseCounting", 36: "chineseLegal", 37: "chineseCounting",
          38: "chineseLegal", 39: "chineseCounting", 40: "chineseLegal"}
_UNNUMBERED = (23, 255)
_BODY = 9
_PIXELS = ((b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpg"))


@dataclass(slots=True)
class _Reading:
    word: Word
    flow: Flow = field(default_factory=Flow)
    paragraphs: Places = field(init=False)
    characters: Places = field(init=False)
    counters: dict[tuple[int, int], int] = field(default_factory=dict)
    left_out: dict[int, bool] = field(default_factory=dict)
    raised: dict[int, bool] = field(default_factory=dict)
    """Whether the run that begins at a byte isn't shown."""
    pictures: int = 0

    def __post_init__(self) -> None:
        self.paragraphs, self.characters = Places(self.word.paragraphs), Places(self.word.characters)


@reader("application/msword", "application/vnd.ms-works", name="legacy_word")
def read(data: bytes, hints: Hints) -> Document:
    """The document in a binary Word file. Raises UnreadableDocumentError: locked, older than Word 97, damaged."""
    named = hints.name or "Word file"
    document = Document("", "", "legacy_word")
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as container:
            streams = {"/".join(path): path for path in container.listdir()}
            if "WordDocument" not in streams:
                raise UnreadableDocumentError(f"{named}: it holds no Word document (streams: "
                                              f"{', '.join(sorted(streams))[:100]}); save it as docx or PDF")
            parts: dict[str, bytes] = {name: container.openstream(name).read()
                                       for name in ("WordDocument", "0Table", "1Table", "Data") if name in streams}
            document.title = _title(container)
        word = wordbinary.load(parts["WordDocument"], parts, parts.get("Data", b""))
    except wordbinary.WordError as fault:
        raise UnreadableDocumentError(f"{named}: {fault}") from None
    except (OSError, ValueError, IndexError, struct.error, TypeError, AttributeError) as fault:
        raise UnreadableDocumentError(f"{named}: damaged Word file ({type(fault).__name__}: {fault}); "
                                      "ask for another copy") from None
    reading = _Reading(word)
    end = max(0, word.lengths[0])
    _story(reading, 0, min(end, len(word.text)))
    boxes = sum(max(0, length) for length in word.lengths[:6])
    if word.lengths[6] > 0:
        _story(reading, boxes, min(boxes + word.lengths[6], len(word.text)))
    document.blocks = reading.flow.finish()
    if len(word.text) < end:
        document.problems.append(f"{end - len(word.text)} of {end} characters are missing: the file is damaged")
        document.damaged = True
    odd = len(_NONSENSE.findall(word.text[:end]))
    if odd >= _MOST_NONSENSE:
        document.problems.append(f"damaged: {odd} characters of its text are no characters")
        document.damaged = True
    if not word.paragraphs and word.text.count("\x07"):
        document.problems.append("damaged: the properties of its paragraphs are lost, and the ends of rows with them")
        document.damaged = True
    if not document.blocks and not document.problems:
        document.problems.append("the file holds no text")
    document.text = office.visible_text(document.blocks)
    return document


def _title(container: olefile.OleFileIO) -> str:
    """The title among the file's properties; olefile's own reader of them never ends on some damaged files."""
    if not container.exists("\x05SummaryInformation"):
        return ""
    held = bytes(container.openstream("\x05SummaryInformation").read(1 << 16))
    try:
        start = struct.unpack_from("<I", held, 44)[0]
        count = min(struct.unpack_from("<I", held, start + 4)[0], 100)
        places = dict(struct.unpack_from("<II", held, start + 8 + 8 * number) for number in range(count))
        page = struct.unpack_from("<Ih", held, start + places[1])[1] if 1 in places else 0
        kind, length = struct.unpack_from("<II", held, start + places.get(2, len(held)))
    except struct.error:
        return ""
    at = start + places[2] + 8
    if kind == 0x1F:
        return held[at:at + 2 * min(length, 500)].decode("utf-16-le", "replace").strip("\x00 ")
    try:
        return held[at:at + min(length, 1000)].decode("utf-8" if page == -535 else "gb18030").strip("\x00 ")
    except UnicodeDecodeError:
        return ""


# ---------------------------------------------------------------- one story
def _story(reading: _Reading, start: int, end: int) -> None:
    """The paragraphs and rows of the characters start…end."""
    text: list[str] = []
    images: list[Image] = []
    fields: list[bool] = []
    """Open fields; True where their result has begun."""
    for sign, place, changes in _characters(reading, start, end):
        if sign == "\x13":
            fields.append(False)
        elif sign == "\x14" and fields:
            fields[-1] = True
        elif sign == "\x15":
            del fields[-1:]
        elif sign in "\r\x07\x0c":
            held = _paragraph_properties(reading, place, changes)
            _end(reading, held, sign, office.unmarked(text), images)
            text, images = [], []
            if sign != "\x0c":
                fields = []  # a field that never ends must not swallow the document
        elif all(fields) and not _is_left_out(reading, place):
            if sign in "\x01\x08":
                images += _image(reading, place, sign)
            elif sign not in _DROPPED:
                shown = {"\x0b": "\n", "\x0e": "\n", "\x1e": "-", "\xa0": " "}.get(sign, sign)
                text.append(office.Raised(shown) if _is_raised(reading, place) else shown)
    if text or images:
        _end(reading, {}, "\r", office.unmarked(text), images)


def _characters(reading: _Reading, start: int, end: int) -> Iterator[tuple[str, int, bytes]]:
    """Each character with the place of its bytes and what a quick save changed."""
    text = reading.word.text
    for piece in reading.word.pieces:
        for character in range(max(start, piece.start), min(end, piece.end)):
            yield text[character], piece.place(character), piece.changes


def _is_left_out(reading: _Reading, place: int) -> bool:
    run = reading.characters.at(place)
    if run is None or not run.properties:
        return False
    if run.start not in reading.left_out:
        held = properties(reading.word, run.properties)
        reading.left_out[run.start] = (held.get(_HIDDEN, b"\0")[:1] in (b"\1", b"\x81")
                                       or any(held.get(code, b"\0")[:1] == b"\1"
                                              for code in (_DELETED, _STRUCK, _STRUCK_TWICE)))
    return reading.left_out[run.start]


def _is_raised(reading: _Reading, place: int) -> bool:
    run = reading.characters.at(place)
    if run is None or not run.properties:
        return False
    if run.start not in reading.raised:
        held = properties(reading.word, run.properties)
        higher = int.from_bytes(held.get(_POSITION, b"")[:2], "little", signed=True) > 0  # as LibreOffice writes it
        reading.raised[run.start] = higher or held.get(_SUPERSCRIPT, b"\0")[:1] == b"\1"
    return reading.raised[run.start]


def _paragraph_properties(reading: _Reading, place: int, changes: bytes) -> Properties:
    run = reading.paragraphs.at(place)
    if run is None:
        return properties(reading.word, changes)
    return properties(reading.word, _styled(reading, run.style), run.properties, changes) | {
        _STYLE: struct.pack("<H", run.style)}


def _styled(reading: _Reading, style: int) -> bytes:
    """The paragraph properties a style brings, those it is based on first."""
    chain: list[bytes] = []
    styles = reading.word.styles
    for _ in range(20):
        if not 0 <= style < len(styles):
            break
        chain.insert(0, styles[style].paragraph)
        style = styles[style].base
    return b"".join(chain)


def _end(reading: _Reading, held: Properties, sign: str, text: str, images: list[Image]) -> None:
    """What a paragraph mark, cell mark or row end closes."""
    flow = reading.flow
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").strip()
    depth = _depth(held)
    if sign == "\x07" or _on(held, _INNER_CELL) or _on(held, _INNER_ROW):
        depth = max(1, depth)
        if (sign == "\x07" and _on(held, _ROW_END)) or _on(held, _INNER_ROW):
            flow.row(_edges(held), depth)
            return
        for image in images:
            flow.image(image, depth)
        flow.cell(_number(reading, held, text) + text, depth)
        return
    for image in images:
        flow.image(image, depth)
    flow.paragraph(_number(reading, held, text) + text, _level(reading, held), depth)


def _on(held: Properties, sprm: int) -> bool:
    return held.get(sprm, b"\0")[:1] not in (b"\0", b"")


def _depth(held: Properties) -> int:
    depth = held.get(_DEPTH, b"")
    if len(depth) == 4:
        return max(0, min(20, int.from_bytes(depth, "little", signed=True)))
    return int(_on(held, _IN_TABLE))


def _level(reading: _Reading, held: Properties) -> int | None:
    outline = held.get(_OUTLINE)
    if outline:
        return min(6, outline[0] + 1) if outline[0] < _BODY else None
    style = struct.unpack("<H", held[_STYLE])[0] if _STYLE in held else 0
    for _ in range(20):
        if not 0 <= style < len(reading.word.styles):
            return None
        found = reading.word.styles[style]
        named = re.fullmatch(r"(?:heading|标题)\s*([1-9]).*", found.name, re.IGNORECASE)
        if 1 <= found.builtin <= 9 or named:
            return min(6, int(named[1]) if named else found.builtin)
        if found.builtin == 62:
            return 1
        style = found.base
    return None


# ---------------------------------------------------------------- rows
def _edges(held: Properties) -> list[Edge]:
    """The cells of a row as its definition places them."""
    definition = held.get(wordbinary.T_DEF_TABLE, b"")
    count = definition[0] if definition else 0
    if not count or len(definition) < 1 + 2 * (count + 1):
        return []
    places = struct.unpack_from(f"<{count + 1}h", definition, 1)
    flags = []
    for number in range(count):
        at = 1 + 2 * (count + 1) + 20 * number
        flags.append(struct.unpack_from("<H", definition, at)[0] if at + 2 <= len(definition) else 0)
    edges = [Edge(places[number], max(places[number], places[number + 1])) for number in range(count)]
    _mark(edges, flags)
    for first, behind in _pairs(held, wordbinary.T_MERGE):
        for number in range(first + 1, min(behind, count)):
            edges[number].joined = True
    for cell, how in _pairs(held, wordbinary.T_VERT_MERGE):
        if cell < count:
            edges[cell].first, edges[cell].under = how == 3, how == 1
    return edges


def _pairs(held: Properties, sprm: int) -> Iterator[tuple[int, int]]:
    operands = held.get(sprm, b"")
    return zip(operands[::2], operands[1::2], strict=False)


def _mark(edges: list[Edge], flags: list[int]) -> None:
    """Merges as the cells' flags tell. Across, writers disagree which of 1 and 2 begins: the first cell's does."""
    begin = 0
    for edge, flag in zip(edges, flags, strict=True):
        down, side = flag >> 5 & 3, flag & 3
        edge.first, edge.under = down in (2, 3), down == 1
        if not side:
            begin = 0
        elif not begin:
            begin = side
        else:
            edge.joined = side != begin


# ---------------------------------------------------------------- lists and pictures
def _number(reading: _Reading, held: Properties, text: str) -> str:
    """The number Word prints before a paragraph; counts on."""
    named = struct.unpack("<h", held[_LIST])[0] if len(held.get(_LIST, b"")) == 2 else 0
    if not 0 < named <= len(reading.word.overrides) or not text:
        return ""
    identity = reading.word.overrides[named - 1]
    levels = reading.word.lists.get(identity, [])
    depth = held.get(_LIST_LEVEL, b"\0")[0]
    if depth >= len(levels):
        return ""
    level = levels[depth]
    reading.counters[identity, depth] = reading.counters.get((identity, depth), level.start - 1) + 1
    for deeper in range(depth + 1, 9):
        reading.counters.pop((identity, deeper), None)
    if level.form in _UNNUMBERED:
        return ""
    shown = ""
    for sign in level.text:
        at = ord(sign)
        if at < 9:
            of = levels[at] if at < len(levels) else level
            shown += as_printed(reading.counters.get((identity, at), of.start), _FORMS.get(of.form, "decimal"))
        else:
            shown += sign
    return shown


def _image(reading: _Reading, place: int, sign: str) -> list[Image]:
    """The picture at a character; a drawn object's content can't be told, only that it is there."""
    reading.pictures += 1
    run = reading.characters.at(place)
    held = properties(reading.word, run.properties) if run else {}
    if sign == "\x01" and _on(held, _DATA):
        return []  # a form field's data, no picture
    name, data = f"picture {reading.pictures}", None
    where = held.get(_PICTURE, b"")
    if sign == "\x01" and len(where) == 4:
        at = struct.unpack("<I", where)[0]
        store = reading.word.data
        size = struct.unpack_from("<I", store, at)[0] if at + 4 <= len(store) else 0
        picture = store[at:at + size]
        for magic, kind in _PIXELS:
            begin = picture.find(magic)
            if begin >= 0:
                name, data = f"{name}.{kind}", picture[begin:]
                break
    return [Image(name, data=data)]
