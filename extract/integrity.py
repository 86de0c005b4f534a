"""Whether a PDF file is whole: readers of the format repair silently and then show fewer tables.

Promises: signs of loss are named (end missing, compressed streams that don't inflate to their end, objects that aren't
where the file's directory says), and a stream made to inflate beyond the limits is refused before any library opens it.
Works on the bytes alone. Leaves alone: encrypted files' streams (only a PDF library can open those), a directory that
it doesn't understand, and what the pages hold.
"""

from __future__ import annotations

import base64
import re
import zlib

import numpy as np

from extract.exceptions import LimitExceededError
from extract.limits import current_limits

_STREAM = re.compile(rb"(?<!end)stream\r?\n")
_FILTER = re.compile(rb"/(?:Filter|F)\s*(\[[^\]]*\]|/\w+)")
_NAME = re.compile(rb"/(\w+)")
_LONGEST_HEAD = 4096
"""Bytes that a stream's dictionary takes at most."""
_TABLE = re.compile(rb"\s*xref\s+")
_PART = re.compile(rb"\s*(\d{1,12})\s+(\d{1,12})\s*(?=\d{10}\s)")
_ENTRY = re.compile(rb"\s*(\d{10})\s+\d{5}\s+([nf])")
_MOST_DIRECTORIES = 50
_MOST_OBJECTS = 200_000
_INFLATE = (b"FlateDecode", b"Fl")
_ASCII = (b"ASCII85Decode", b"A85")


def is_encrypted(data: bytes) -> bool:
    """Whether the file's streams are encrypted, with or without a password to ask for."""
    return re.search(rb"/Encrypt\s*(?:\d+\s+\d+\s+R|<<)", data) is not None


def end_is_there(data: bytes) -> bool:
    """Whether the file ends as a PDF ends."""
    return b"%%EOF" in data[-4096:]


def damage(data: bytes) -> list[str]:
    """Signs in the bytes that something is lost. Raises LimitExceededError for a stream that inflates too far."""
    problems = []
    if not end_is_there(data):
        problems.append("the PDF's end is missing: the file was cut off")
    broken = _lost_objects(data) + (0 if is_encrypted(data) else _broken_streams(data))
    if broken:
        problems.append(f"{broken} objects inside the PDF are damaged")
    return problems


# ---------------------------------------------------------------- the directory of objects
def _lost_objects(data: bytes) -> int:
    """How many objects don't stand where the file's directory (cross-reference tables or streams) says."""
    shift = max(0, data.find(b"%PDF-", 0, 1024))
    seen: dict[int, int] = {}
    started = data.rfind(b"startxref")
    at = re.compile(rb"startxref\s+(\d{1,12})").match(data, started) if started >= 0 else None
    place: int | None = int(at[1]) if at else None
    for _ in range(_MOST_DIRECTORIES):
        if place is None:
            break
        offsets, place = _directory(data, place + shift)
        seen = offsets | seen
    return sum(place >= len(data) or not re.compile(rb"\s*%d\s+\d+\s+obj" % number).match(data, place + shift)
               for number, place in seen.items() if place)


def _directory(data: bytes, place: int) -> tuple[dict[int, int], int | None]:
    """Object number → place of one directory, 0 for a free one, and the place of the directory before it."""
    table = _TABLE.match(data, place)
    offsets: dict[int, int] = {}
    if table:
        place = table.end()
        while part := _PART.match(data, place):
            place, first, count = part.end(), int(part[1]), int(part[2])
            for number in range(min(count, _MOST_OBJECTS)):
                entry = _ENTRY.match(data, place)
                if entry is None:
                    break
                place = entry.end()
                offsets[first + number] = int(entry[1]) if entry[2] == b"n" else 0
        head = data[place:place + _LONGEST_HEAD].partition(b"startxref")[0]
    else:
        stream = _STREAM.search(data, place, place + _LONGEST_HEAD)
        if stream is None:
            return {}, None
        head = data[place:stream.start()]
        offsets = _packed_directory(head, data[stream.end():])
    before = re.search(rb"/Prev\s+(\d{1,12})", head)
    return offsets, int(before[1]) if before else None


def _packed_directory(head: bytes, raw: bytes) -> dict[int, int]:
    """The entries of a cross-reference stream; none where it is packed in a way that is hardly ever used."""
    widths = [int(width) for width in re.findall(rb"\d{1,12}", _array_of(head, b"W"))]
    if b"/XRef" not in head or len(widths) != 3 or not 0 < sum(widths) < 32:
        return {}
    try:
        packed = zlib.decompressobj().decompress(raw, _MOST_OBJECTS * 32)
    except zlib.error:
        return {}
    predicted = re.search(rb"/Predictor\s+1\d", head) is not None
    wide = sum(widths) + predicted
    rows = np.frombuffer(packed[:len(packed) // wide * wide], np.uint8).reshape(-1, wide)
    if predicted:
        if not np.isin(rows[:, 0], (0, 2)).all() or len(np.unique(rows[1:, 0])) > 1:
            return {}
        rows = np.cumsum(rows[:, 1:], axis=0, dtype=np.uint8) if (rows[1:, 0] == 2).all() else rows[:, 1:]
    numbers = [int(number) for number in re.findall(rb"\d{1,12}", _array_of(head, b"Index"))]
    spans = zip(numbers[::2], numbers[1::2], strict=False) if numbers else [(0, len(rows))]
    order = (first + number for first, count in spans for number in range(min(count, len(rows))))
    offsets = {}
    for number, row in zip(order, rows.tolist(), strict=False):
        kind = int.from_bytes(row[:widths[0]]) if widths[0] else 1
        if kind < 2:
            offsets[number] = int.from_bytes(row[widths[0]:widths[0] + widths[1]]) if kind else 0
    return offsets


def _array_of(head: bytes, name: bytes) -> bytes:
    found = re.search(rb"/" + name + rb"\s*\[([^\]]*)\]", head)
    return found[1] if found else b""


# ---------------------------------------------------------------- streams


def _broken_streams(data: bytes) -> int:
    broken, place, total = 0, 0, 0
    most = current_limits().member_bytes
    while True:
        found = _STREAM.search(data, place)
        if found is None:
            return broken
        start = found.end()
        head = data[max(place, start - _LONGEST_HEAD):found.start()]
        head = head[head.rfind(b" obj") + 1:]
        filters = _filters(head)
        place = start
        if not head.startswith(b"obj"):
            continue  # these letters stand in the middle of something else
        if filters and filters[0] in _INFLATE:
            used, out, whole = _inflate(memoryview(data)[start:], most)
        elif len(filters) > 1 and filters[0] in _ASCII and filters[1] in _INFLATE:
            used, out, whole = _inflate_text(data, start, most)
        else:
            end = data.find(b"endstream", start)
            place = end if end >= 0 else start
            continue
        broken += not whole
        place = start + used
        total += out
        if total > 4 * most:
            raise LimitExceededError(f"the streams inside the PDF inflate to more than {4 * most >> 20} MB")


def _filters(head: bytes) -> list[bytes]:
    found = _FILTER.search(head)
    return _NAME.findall(found[1]) if found else []


def _inflate_text(data: bytes, start: int, most: int) -> tuple[int, int, bool]:
    end = data.find(b"~>", start)
    if end < 0:
        return 0, 0, False
    try:
        raw = base64.a85decode(data[start:end].strip(), ignorechars=b" \t\n\r\x0b\x0c\x00")
    except ValueError:
        return end - start, 0, False
    return end - start, *_inflate(memoryview(raw), most)[1:]


def _inflate(raw: memoryview, most: int) -> tuple[int, int, bool]:
    """Bytes used, bytes made, and whether the compressed data came to its end. What comes out is counted, not kept."""
    inflate, out, used, step = zlib.decompressobj(), 0, 0, 1 << 16
    try:
        while not inflate.eof and used < len(raw):
            feed = bytes(raw[used:used + step])
            used += len(feed)
            while feed and not inflate.eof:
                out += len(inflate.decompress(feed, 1 << 20))
                feed = inflate.unconsumed_tail
                if out > most:
                    raise LimitExceededError(f"a stream inside the PDF inflates to more than {most >> 20} MB")
            used -= len(inflate.unused_data) if inflate.eof else 0
    except zlib.error:
        return 0, out, False
    return used, out, inflate.eof
