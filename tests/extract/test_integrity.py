"""A damaged PDF is told from its bytes; a whole one isn't suspected."""

import base64
import io
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from extract import integrity, limits
from extract.exceptions import LimitExceededError

TEXT = b"BT /F1 12 Tf 60 700 Td (a) Tj ET " * 60


def stream(content, head=b"/Filter/FlateDecode", raw=None):
    packed = raw if raw is not None else zlib.compress(content)
    return b"<</Length %d%s>>stream\n" % (len(packed), head) + packed + b"\nendstream"


def pdf(*objects, shift=0, directory=None):
    data, places = b"%PDF-1.5\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(data) + shift)
        data += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start = len(data)
    if directory:
        data += directory(places)
    else:
        data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
        data += b"".join(b"%010d 00000 n \n" % place for place in places)
        data += b"trailer<</Size %d/Root 1 0 R>>\n" % (len(objects) + 1)
    return data + b"startxref\n%d\n%%%%EOF\n" % start


def packed_directory(places):
    """A cross-reference stream, its rows predicted from the row above."""
    rows = [bytes([1]) + place.to_bytes(3, "big") + b"\0" for place in [*places, 0]]
    rows[-1] = bytes(5)
    last, filtered = bytes(5), b""
    for row in rows:
        filtered += b"\2" + bytes((a - b) % 256 for a, b in zip(row, last, strict=True))
        last = row
    number = len(places) + 1
    return b"%d 0 obj\n" % number + stream(filtered, b"/Type/XRef/W[1 3 1]/Index[1 %d]/Size %d/Filter/FlateDecode"
                                           b"/DecodeParms<</Predictor 12/Columns 5>>" % (number, number + 1)) + \
        b"\nendobj\n"


CATALOGUE = b"<</Type/Catalog/Pages 2 0 R>>"
PAGES = b"<</Type/Pages/Count 0/Kids[]>>"


@pytest.mark.parametrize("directory", [None, packed_directory])
def test_a_whole_file_is_whole(directory):
    data = pdf(CATALOGUE, PAGES, stream(TEXT), b"<</A(endstream stream\n)>>", directory=directory)
    assert integrity.damage(data) == []
    assert integrity.end_is_there(data)
    assert not integrity.is_encrypted(data)


@pytest.mark.parametrize("directory", [None, packed_directory])
def test_objects_that_are_not_where_the_directory_says(directory):
    data = pdf(CATALOGUE, PAGES, stream(TEXT), shift=7, directory=directory)
    assert integrity.damage(data) == ["3 objects inside the PDF are damaged"]


def test_what_stands_before_the_file_shifts_it():
    assert integrity.damage(b"junk from a mail gateway\n" + pdf(CATALOGUE, PAGES, stream(TEXT))) == []


def test_a_later_directory_outweighs_an_earlier_one():
    data = pdf(CATALOGUE, PAGES, stream(TEXT))
    first = data.index(b"xref\n")
    place = len(data)
    data = data.replace(b"2 0 obj", b"9 0 obj")
    data += b"2 0 obj\n" + PAGES + b"\nendobj\n"
    start = len(data)
    data += b"xref\n2 1\n%010d 00000 n \ntrailer<</Size 4/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF" % (
        place, first, start)
    assert integrity.damage(data) == []


@pytest.mark.parametrize(("head", "pack"), [
    (b"/Filter/FlateDecode", zlib.compress), (b"/Filter[/FlateDecode]", zlib.compress),
    (b"/Filter[/ASCII85Decode/FlateDecode]", lambda content: base64.a85encode(zlib.compress(content)) + b"~>")])
def test_a_stream_that_breaks_off_or_holds_garbage(head, pack):
    whole = pack(TEXT)
    assert integrity.damage(pdf(CATALOGUE, PAGES, stream(b"", head, whole))) == []
    for broken in (whole[:len(whole) // 2], whole[:9] + b"\x13" * 12 + whole[21:]):
        data = pdf(CATALOGUE, PAGES, stream(b"", head, broken))
        assert integrity.damage(data) == ["1 objects inside the PDF are damaged"]


def test_pictures_and_other_codings_are_left_alone():
    assert integrity.damage(pdf(CATALOGUE, PAGES, stream(b"", b"/Filter/DCTDecode", b"\xff\xd8 stream\n none"))) == []
    assert integrity.damage(pdf(CATALOGUE, PAGES, stream(b"", b"", b"plain text"))) == []


def test_a_file_cut_off_is_told():
    data = pdf(CATALOGUE, PAGES, stream(TEXT))
    assert integrity.damage(data[:len(data) // 2])[0] == "the PDF's end is missing: the file was cut off"


def test_bombs_are_refused_before_anything_opens_them(monkeypatch):
    monkeypatch.setattr(limits, "_current", limits.Limits(member_bytes=4 << 20))
    with pytest.raises(LimitExceededError, match="a stream inside the PDF inflates to more than 4 MB"):
        integrity.damage(pdf(CATALOGUE, PAGES, stream(bytes(6 << 20))))
    with pytest.raises(LimitExceededError, match="streams inside the PDF inflate to more than 16 MB"):
        integrity.damage(pdf(CATALOGUE, PAGES, *[stream(bytes(3 << 20))] * 6))


def test_encrypted_streams_are_not_judged():
    buffer = io.BytesIO()
    canvas = Canvas(buffer, encrypt=StandardEncryption("", "owner"))
    canvas.drawString(60, 700, "a" * 400)
    canvas.save()
    data = buffer.getvalue()
    assert integrity.is_encrypted(data)
    assert integrity.damage(data) == []


@given(st.binary(max_size=300), st.integers(0, 400))
@settings(max_examples=150)
def test_anything_at_all_ends(junk, place):
    whole = pdf(CATALOGUE, PAGES, stream(TEXT), directory=packed_directory)
    for data in (junk, whole[:place] + junk, whole[:place] + junk + whole[place:]):
        assert all(isinstance(said, str) for said in integrity.damage(data))
