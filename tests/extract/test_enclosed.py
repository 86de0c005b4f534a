"""Parts between marks: found as a pattern finds them, in time that grows with the text."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract import enclosed

_PIECES = st.lists(st.sampled_from(["<!--", "-->", "<script>", "</script>", "<SCRIPT x>", "</style >", "<style>", "a",
                                    "\n", "<p>"]), max_size=14).map("".join)


@given(_PIECES)
def test_it_drops_what_a_pattern_would_drop(text):
    wanted = re.sub(r"<(script|style)\b.*?</\1\s*>|<!--.*?-->", "·", text, flags=re.I | re.S)
    assert enclosed.without(text, enclosed.SCRIPT, enclosed.STYLE, enclosed.COMMENT, put="·") == wanted


@given(_PIECES)
def test_it_finds_what_a_pattern_would_find(text):
    wanted = re.findall(r"<script\b[^<>]*>(.*?)</script>", text, re.I | re.S)
    assert enclosed.inside(text, re.compile(r"<script\b[^<>]*>", re.I), re.compile("</script>", re.I)) == wanted


@given(_PIECES)
def test_nothing_that_is_closed_stands_behind_the_last_mark(text):
    pattern = re.compile(r"<script>(.*?)</script>", re.I | re.S)
    assert pattern.findall(enclosed.up_to_last(text, "</script>")) == pattern.findall(text)


@pytest.mark.parametrize("unit", ["<!--", "<script>", "<script", "<style><!--", "</script", "<", "<!-->"])
def test_what_is_left_open_costs_no_more_than_its_length(unit):
    text = unit * 200_000
    before = time.process_time()
    enclosed.without(text, enclosed.SCRIPT, enclosed.STYLE, enclosed.NOSCRIPT, enclosed.COMMENT)
    enclosed.inside(text, *enclosed.SCRIPT)
    enclosed.TAG.sub("", text)
    assert time.process_time() - before < 5
