"""What is packed comes back the same, whoever packed it."""

import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract import report as reports
from extract.model import STATES, Report
from monitor import packing, searching
from tests.documents import making


@pytest.fixture(scope="module")
def record():
    made = making.ReportText("示例区教育局2025年政府信息公开工作年度报告", "示例区教育局", 2025, making.figures_2021(3))
    page = f"<html><body><div class='TRS_Editor'>{making.html_body(made)}</div></body></html>"
    return reports.read(page.encode()).to_record()


small = st.integers(0, 300)
places = st.fixed_dictionaries({}, optional={
    "table": small, "row": small, "column": small, "page": small, "grid": small, "document": st.text(max_size=6),
    "box": st.tuples(*[st.floats(0, 1)] * 4).map(list), "span": st.tuples(small, small).map(list)})
numbers = st.integers(-10, 10**9) | st.floats(allow_nan=False, allow_infinity=False)
raws = st.text(max_size=6)
printed = st.builds(lambda value, raw, state: {
    "value": value, "state": state, "raw": str(value) if raw is None else raw},
    numbers, st.none() | raws, st.sampled_from(["number", "text"]))
unprinted = st.builds(lambda raw, state: {"value": None, "state": state, "raw": raw}, raws, st.sampled_from(STATES))
figures = st.builds(lambda told, sure, place: {**told, "confidence": sure, "source": place},
                    printed | unprinted, st.sampled_from([1.0, 1, 0.999, 0.5, 0.0]), places)


@given(st.dictionaries(st.text(max_size=6), figures, max_size=8))
def test_every_report_comes_back_the_same(record, found):
    told = {**record, "figures": found}
    assert packing.report(packing.pack(told)) == Report.from_record(told)


def test_a_report_takes_half_of_what_it_took(record):
    before = zlib.compress(json.dumps(record, ensure_ascii=False).encode(), 6)
    assert len(packing.pack(record)) < len(before) / 2
    assert packing.report(packing.pack(record)).to_record() == record


def test_a_report_is_made_of_it_without_the_record(record):
    odd = {"value": None, "state": "blank", "raw": "", "confidence": 0.5, "source": {"page": 2, "box": [1, 2, 3, 4]}}
    short = {"value": 7, "state": "number"}
    printed = {"value": 2.5, "state": "number", "raw": "2.50", "confidence": 1.0, "source": {"span": [3, 9]}}
    told = {**record, "figures": {**record["figures"], "narrative.a": odd, "narrative.b": short,
                                  "narrative.c": printed}}
    made = packing.report(packing.pack(told))
    assert made == Report.from_record(told)
    assert made.figures["narrative.a"].source.box == (1, 2, 3, 4)
    before = zlib.compress(json.dumps(told, ensure_ascii=False).encode(), 6)
    assert packing.report(before) == made


def test_what_earlier_versions_packed_is_read(record):
    before = zlib.compress(json.dumps(record, ensure_ascii=False).encode(), 6)
    assert packing.report(before).to_record() == record
    assert searching.sections(before) == searching.sections(packing.pack(record))
    assert any("总体情况" in title for title, _ in searching.sections(before))


def test_a_dictionary_nobody_has_is_named(record):
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS, 9, zlib.Z_DEFAULT_STRATEGY, b"another dictionary")
    packed = packer.compress(json.dumps(record).encode()) + packer.flush()
    with pytest.raises(zlib.error, match="install the newer"):
        packing.report(packed)


def test_the_dictionary_never_changes():
    """Every stored report names it by this checksum; a better one is a new file."""
    assert [f"{checksum:08x}" for checksum, _ in packing._dictionaries()] == ["321af92b"]
