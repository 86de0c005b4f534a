"""Records of binary workbooks: locks and hidden parts."""

import struct
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from extract import biff

SAMPLES = Path(__file__).resolve().parents[1] / "documents" / "samples"


def record(kind, body=b""):
    return struct.pack("<HH", kind, len(body)) + body


def test_locked_and_open_workbooks():
    assert biff.is_locked(biff.stream_of((SAMPLES / "locked.xls").read_bytes()))
    assert not biff.is_locked(biff.stream_of((SAMPLES / "county_2022.xls").read_bytes()))
    assert biff.stream_of((SAMPLES / "county_2023.doc").read_bytes()) == b""
    assert biff.stream_of(b"no container") == b""


def test_hidden_rows_and_columns_by_sheet():
    found = biff.hidden(biff.stream_of((SAMPLES / "hidden.xls").read_bytes()))
    assert found["工作情况"].rows == {2}
    assert found["工作情况"].columns == [(1, 1)]
    assert found["去年"].rows == set()


def test_pictures_of_the_sheets_are_counted():
    head = record(0x85, struct.pack("<IHBB", 17, 0, 1, 0) + b"S") + record(0x0A)
    shapes = [record(0x5D, struct.pack("<HHH", 0x15, 0x12, kind) + bytes(14)) for kind in (8, 5, 8)]
    assert len(head) == 17
    assert biff.pictures(head + b"".join(shapes) + record(0x0A)) == 2
    assert biff.pictures(b"") == 0


def test_a_mark_after_the_end_is_another_part():
    assert not biff.is_locked(record(0x809, bytes(16)) + record(0x0A) + record(0x2F))
    assert biff.is_locked(record(0x809, bytes(16)) + record(0x2F, bytes(54)))


@given(st.binary(max_size=300))
def test_any_bytes_are_read(data):
    biff.is_locked(data)
    biff.hidden(record(0x85, struct.pack("<IHBB", 0, 0, 1, 0) + b"S") + data)
