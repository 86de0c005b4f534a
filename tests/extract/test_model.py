import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.exceptions import RecordError
from extract.model import (
    Cell,
    Claim,
    DatedHint,
    Figure,
    Grid,
    Published,
    Report,
    Section,
    Source,
    TableReading,
)

texts = st.text(max_size=20)
numbers = st.one_of(st.integers(0, 10**9), st.floats(0, 1e9, allow_nan=False))
sources = st.builds(Source, table=st.sampled_from([2, 3, 4]), row=st.integers(0, 40), column=st.integers(0, 10),
                    box=st.one_of(st.none(), st.tuples(*[st.floats(0, 900)] * 4)),
                    span=st.one_of(st.none(), st.tuples(st.integers(0, 99), st.integers(0, 99))))
figures = st.one_of(
    st.builds(Figure, numbers, st.sampled_from(["number", "text"]), texts, st.sampled_from([0.5, 0.9, 1.0]), sources),
    st.builds(Figure, st.none(), st.sampled_from(["blank", "dash", "absent"]), texts, st.just(1.0), sources))
claims = st.builds(Claim, phrase=texts, value=numbers, unit=texts, metric=texts, section=st.integers(0, 6),
                   span=st.tuples(st.integers(0, 9), st.integers(0, 99)), parts=st.lists(numbers, max_size=3),
                   exhaustive=st.booleans(), qualifier=texts)
reports = st.builds(
    Report, title=texts, body=st.one_of(st.none(), texts), year=st.one_of(st.none(), st.integers(2008, 2030)),
    scope=st.sampled_from(["own", "consolidated", "system", "unknown"]), form=st.sampled_from([None, "2019", "2021"]),
    medium=texts, sha256=texts, reader=texts, version=st.integers(0, 9),
    published=st.one_of(st.none(), st.builds(Published, st.just("2022-01-28"), texts,
                                             st.lists(st.builds(DatedHint, st.just("2022-01-28"), texts)))),
    sections=st.lists(st.builds(Section, st.integers(0, 6), texts, texts), max_size=3),
    tables=st.lists(st.builds(TableReading, st.sampled_from([2, 3, 4]), st.booleans()), max_size=3),
    figures=st.dictionaries(texts, figures, max_size=4), claims=st.lists(claims, max_size=3),
    problems=st.lists(texts, max_size=3), damaged=st.booleans())


@given(reports)
def test_a_record_survives_the_round_trip_through_json(report):
    assert Report.from_record(json.loads(json.dumps(report.to_record()))).to_record() == report.to_record()


@pytest.mark.parametrize(("change", "said"), [
    ({"schema": 2}, "schema"),
    ({"figures": []}, "figures"),
    ({"scope": "all"}, "scope"),
    ({"year": "2021"}, "year"),
    ({"figures": {"applications.new.total": {"value": "31"}}}, "applications.new.total"),
    ({"figures": {"applications.new.total": {"value": 0, "state": "blank"}}}, "blank"),
    ({"sections": [{"title": "一"}]}, "number"),
    ({"published": {"source": "page"}}, "date"),
    *(({"claims": [{"phrase": "共收到3件", "value": 3, "unit": "件", "metric": metric, "section": 1, **rest}]}, said)
      for metric, rest, said in (
          ("total", {"parts": [1, None]}, "parts None"), ("disputes.none", {"detail": {"routes": True}}, "routes True"),
          ("total", {"detail": {"part_metrics": [{}]}}, "part_metrics {}"),
          ("percentage", {"detail": {"numerator": "3", "denominators": [6]}}, "numerator '3'"))),
    ({"tables": [{"table": None, "found": True}]}, "table None of a table"),
    ({"tables": [{"table": 2, "found": [None]}]}, "found"),
])
def test_a_record_of_another_shape_is_refused_with_its_place(change, said):
    record = {"schema": 1, "title": "", "figures": {}} | change
    with pytest.raises(RecordError, match=said):
        Report.from_record(record)


def test_a_grid_fills_spanned_places_with_the_cell_that_covers_them():
    head = Cell("head", 0, 0, rowspan=2)
    wide = Cell("wide", 0, 1, colspan=2)
    grid = Grid([head, wide, Cell("x", 1, 1)])
    assert grid.rows() == [[head, wide, wide], [head, grid.cells[2], None]]
