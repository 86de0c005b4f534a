"""A read record as the store keeps it: figures column by column, compressed with a dictionary of what every one holds.

Promises: `report(pack(record)) == Report.from_record(record)` for every record of a report, and for what earlier
versions packed; parts of a place that this version doesn't know are passed over. A report's 200 figures take a fifth of
what they take as a list of objects. Leaves alone: what a record means (extract/report.py), where it is kept
(records.py).

The dictionary (config/record_dictionary.txt) is named by its checksum in every blob made with it, so it must never
change: a better one gets a file of its own in DICTIONARIES, and the old one stays.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import zlib
from collections.abc import Sequence
from typing import Any

from extract import configuration
from extract.model import Figure, Report, Source

DICTIONARIES = ("record_dictionary.txt",)
"""Files of config/, the one used for new records last."""
_PRESET = 0x20
"""Bit of the second byte of a zlib stream that says a dictionary was used; its checksum follows."""
_PLAIN = {"value", "state", "raw", "confidence", "source"}
_WHERE = {each.name: each.name not in ("box", "span") for each in dataclasses.fields(Source)}
"""The parts of a place in the order Source takes them, and whether a record holds them as they are."""


def pack(record: dict[str, Any]) -> bytes:
    """A record (Report.to_record) as bytes."""
    text = json.dumps(_told(record), ensure_ascii=False, separators=(",", ":")).encode()
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS, 9, zlib.Z_DEFAULT_STRATEGY, _dictionaries()[-1][1])
    return packer.compress(text) + packer.flush()


def report(packed: bytes) -> Report:
    """The report a packed record describes; the record of every figure isn't made on the way, since stored reports are
    judged by the hundred thousand. Raises zlib.error, ValueError where the bytes are none, RecordError as
    Report.from_record."""
    record = json.loads(text_of(packed))
    told = record["figures"]
    if "columns" not in told:  # packed by an earlier version
        return Report.from_record(record)
    made = _worded(record)
    made.figures = _read(told)
    return made


def words(packed: bytes) -> Report:
    """The report without its figures and claims, in half the time: for what looks at texts alone. Raises as
    `report`."""
    return _worded({**json.loads(text_of(packed)), "claims": []})


def _worded(record: dict[str, Any]) -> Report:
    return Report.from_record({**record, "figures": {}})


def _read(told: dict[str, Any]) -> dict[str, Figure]:
    number_of, odd = len(told["columns"]), told["odd"]
    places = [_padded(told["places"].get(name, ()), number_of, whole) for name, whole in _WHERE.items()]
    figures = {}
    for number, (key, value, place) in enumerate(zip(told["columns"], told["values"], zip(*places, strict=True),
                                                     strict=True)):
        if value is not None:
            figures[key] = Figure(value, "number", str(value), 1.0, Source(*place))
            continue
        rest, placed = odd[str(number)]
        figures[key] = figure = Figure.from_record(key, rest)
        if placed:
            figure.source = Source(*place)
    return figures


def _padded(column: Sequence[Any], length: int, whole: bool) -> list[Any]:
    values = list(column) if whole else [tuple(each) if each else None for each in column]
    return values + [None] * (length - len(values))


def text_of(packed: bytes) -> str:
    """The packed JSON; its sections stand as in the record, its figures in columns. Raises zlib.error."""
    if len(packed) < 6 or not packed[1] & _PRESET:
        return zlib.decompress(packed).decode()
    wanted = int.from_bytes(packed[2:6], "big")
    dictionary = next((data for checksum, data in _dictionaries() if checksum == wanted), None)
    if dictionary is None:
        raise zlib.error(f"packed with a dictionary that this version has not ({wanted:08x}); install the newer "
                         "nianbao")
    unpacker = zlib.decompressobj(zlib.MAX_WBITS, dictionary)
    return (unpacker.decompress(packed) + unpacker.flush()).decode()


def _told(record: dict[str, Any]) -> dict[str, Any]:
    """The record with its figures in columns, and first: 32 KB into a text the dictionary is out of reach."""
    first = {"figures": _columns(record["figures"]), "tables": record["tables"]}
    return first | {name: value for name, value in record.items() if name not in first}


@functools.cache
def _dictionaries() -> tuple[tuple[int, bytes], ...]:
    files = [(configuration.packaged_folder() / name).read_bytes() for name in DICTIONARIES]
    return tuple((zlib.adler32(data), data) for data in files)


def _columns(figures: dict[str, Any]) -> dict[str, Any]:
    """Figures as columns: keys; values of those that are a printed number read with certainty; where each stands, by
    part of the place; and the others under their number, with whether their place stands in the columns too."""
    values, odd = [], {}
    places: dict[str, list[Any]] = {}
    for number, figure in enumerate(figures.values()):
        place = figure.get("source")
        if isinstance(place, dict) and None not in place.values():
            for name, each in place.items():
                column = places.setdefault(name, [])
                column += [None] * (number - len(column))
                column.append(each)
            rest = {name: each for name, each in figure.items() if name != "source"}
        else:
            place, rest = None, figure
        plain = place is not None and _is_plain(figure)
        values.append(figure["value"] if plain else None)
        if not plain:
            odd[str(number)] = [rest, place is not None]
    return {"columns": list(figures), "values": values, "places": places, "odd": odd}


def _is_plain(figure: dict[str, Any]) -> bool:
    value, confidence = figure.get("value"), figure.get("confidence")
    return (figure.keys() == _PLAIN and figure["state"] == "number" and type(value) in (int, float)
            and figure["raw"] == str(value) and type(confidence) is float and confidence == 1)
