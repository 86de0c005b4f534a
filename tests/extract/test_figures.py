"""Numerals: every printed form gives its number, and nothing else gives one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.figures import is_value, parse_cell, parse_number


@pytest.mark.parametrize(("text", "value", "state"), [
    ("31", 31, "number"), (" 31 ", 31, "number"), ("３１", 31, "number"), ("1,234", 1234, "number"),
    ("1，234，567", 1234567, "number"), ("1 234", 1234, "number"), ("1\u00a0234", 1234, "number"),
    ("2 0 7 5", 2075, "number"), ("0", 0, "number"), ("00", 0, "number"), ("-3", -3, "number"), ("－3", -3, "number"),
    ("+5", 5, "number"), ("3.0", 3.0, "number"), ("12345\n67", 1234567, "number"),
    ("", None, "blank"), (" \u3000\u00a0\u200b", None, "blank"), ("\n\t", None, "blank"),
    ("/", None, "dash"), ("—", None, "dash"), ("——", None, "dash"), ("－", None, "dash"), ("-", None, "dash"),
    ("\\", None, "dash"), ("一", None, "dash"), ("─", None, "dash"),
    ("2笔", 2, "text"), ("共3件", 3, "text"), ("1.2万件", 12000, "text"), ("十五", 15, "text"), ("零", 0, "text"),
    ("无", None, "text"), ("详见附件", None, "text"), ("12\n3", None, "text"), ("1 2 34", None, "text"),
    ("3、其他", None, "text"), ("1.属于国家秘密", None, "text"), ("2021年", None, "text"), ("5元", None, "text"),
    ("1①", 1, "text"), ("3²", 3, "text"), ("12 ②", 12, "text"), ("①", None, "text"), ("1①5", None, "text"),
    ("12[1]", 12, "text"), ("12［注1］", 12, "text"), ("12（注）", 12, "text"), ("12*", 12, "text"),
    ("12(1)", None, "text"), ("12[2023]", None, "text"), ("1**", None, "text"), ("12 3*", None, "text"),
    ("1\u200b23", 123, "number"), ("零件", 0, "text"), ("十五件", 15, "text"), ("一般", None, "text"),
    ("/①", None, "dash"), ("∕", None, "dash"), ("╱", None, "dash"),
    ("1/2", None, "text"), ("1-2", None, "text"), ("12%", None, "text"), ("1,23", None, "text")])
def test_counts(text, value, state):
    assert parse_cell(text) == (value, state)
    assert type(parse_cell(text)[0]) is type(value)


@pytest.mark.parametrize(("text", "value", "state"), [
    ("+1036", 1036, "number"), ("-3", -3, "number"), ("0", 0, "number"), ("增12", 12, "text"), ("减3", -3, "text"),
    ("增加12项", 12, "text"), ("减少 3 项", -3, "text"), ("增/减", None, "text"), ("/", None, "dash")])
def test_changes(text, value, state):
    assert parse_cell(text, "signed") == (value, state)


@pytest.mark.parametrize(("text", "value", "state"), [
    ("26828.74197", 26828.74197, "number"), ("6 2 8 1 8 . 5 2", 62818.52, "number"), ("5187", 5187, "number"),
    ("160.5964万元", 160.5964, "text"), ("251000元", 25.1, "text"), ("1.2亿元", 12000, "text"),
    ("24，252.31", 24252.31, "number"), ("减3", None, "text")])
def test_amounts_come_in_ten_thousand_yuan(text, value, state):
    assert parse_cell(text, "decimal") == (value, state)


@pytest.mark.parametrize(("text", "value"), [
    ("1.15万余", 11500), ("1.15 万余", 11500), ("一百二十", 120), ("十五", 15), ("二十", 20), ("一万二千三百", 12300),
    ("两百零五", 205), ("二〇二一", 2021), ("２,６４５", 2645), ("3亿", 300_000_000), ("2.5亿", 250_000_000),
    ("7.4", 7.4), ("百分", None), ("", None), ("件", None), ("十十", None), ("万", None), ("1万2千", None),
    ("3②", 3), ("①", None)])
def test_numerals_of_prose(text, value):
    assert parse_number(text) == value


@given(st.integers(min_value=0, max_value=10**9))
def test_every_way_to_print_a_count_gives_it_back(number):
    plain, grouped = str(number), f"{number:,}"
    wide = plain.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    for text in (plain, f" {plain}\u00a0", grouped, grouped.replace(",", "，"), grouped.replace(",", " "), wide,
                 " ".join(plain)):
        assert parse_cell(text) == (number, "number")
        assert is_value(text)
    assert parse_cell(f"{number}件") == (number, "text")


@given(st.decimals(min_value=0, max_value=10**7, places=5, allow_nan=False))
def test_amounts_keep_every_decimal(amount):
    assert parse_cell(str(amount), "decimal")[0] == float(amount)
    assert parse_cell(f"{amount}元", "decimal")[0] == pytest.approx(float(amount) / 10_000, rel=1e-12, abs=1e-15)


@given(st.text(max_size=30), st.sampled_from(["integer", "signed", "decimal"]))
def test_value_and_state_agree_and_zero_needs_a_printed_zero(text, kind):
    value, state = parse_cell(text, kind)
    assert state in ("number", "blank", "dash", "text")
    assert value is None or state in ("number", "text")
    assert state != "number" or value is not None
    if value == 0:
        import unicodedata
        assert any(mark in unicodedata.normalize("NFKC", text) for mark in "0零〇○")


@given(st.text(alphabet="零一二三四五六七八九十百千万亿余多两", max_size=12))
def test_chinese_numerals_never_crash(text):
    assert parse_number(text) is None or parse_number(text) >= 0
