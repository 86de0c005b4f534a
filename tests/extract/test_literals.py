"""JavaScript literals as pages really print them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.literals import literal, literal_after

VALUES = st.recursive(st.none() | st.booleans() | st.integers(-10 ** 9, 10 ** 9) | st.text(max_size=20),
                      lambda inner: st.lists(inner, max_size=4)
                      | st.dictionaries(st.text(min_size=1, max_size=8), inner, max_size=4), max_leaves=12)


@given(VALUES)
def test_json_is_read_as_json(value):
    assert literal(json.dumps(value)) == value
    assert literal_after(f"var x = 1; window.data = {json.dumps(value, ensure_ascii=False)};", "data") == value


@pytest.mark.parametrize(("text", "value"), [
    ("{'webId':'3185','tagId':'信息列表'}", {"webId": "3185", "tagId": "信息列表"}),
    ("{SID:'755041', TREE:[{id:1,children:[],},], }", {"SID": "755041", "TREE": [{"id": 1, "children": []}]}),
    ("{a: undefined, b: null, c: true, d: 1.5}", {"a": None, "b": None, "c": True, "d": 1.5}),
    ("{// first\n a: 1, /* b */ b: 2}", {"a": 1, "b": 2}),
    (r"{'a':'it\'s \u4e2d\x41\/'}", {"a": "it's 中A/"}),
    ("{a: getUrl('x', {y: 1}), b: 2}", {"a": None, "b": 2}),
    ("{a: 'x' + location.host + 'y', b: 2}", {"a": "x", "b": 2}),
])
def test_loose_spellings(text, value):
    assert literal(text) == value


@pytest.mark.parametrize("text", ["", "{", "{a", "{a:", "[1,", "'abc", "{a:1", "[" * 500])
def test_what_breaks_off_is_no_literal(text):
    assert literal(text) is None


def test_the_first_readable_assignment_counts():
    assert literal_after("x.TREE = ; TREE: [1]", "TREE") == [1]
    assert literal_after("MYTREE: [2], 'TREE' : [1]", "TREE") == [1]
    assert literal_after("nothing", "TREE") is None


@given(st.text(max_size=120))
def test_any_text_is_survived(text):
    literal(text)
    literal_after(f"a = {text}", "a")
