"""Codes of number formats against what Excel and WPS print."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.number_formats import BUILT_IN, prints

ACCOUNTING = '_ * #,##0_ ;_ * -#,##0_ ;_ * "-"_ ;_ @_ '


@pytest.mark.parametrize(("code", "value"), [
    ("General", 3.5), ("@", 3), ("0", 3), ("0.00", 3.6), ("0.0", 0.1 + 0.2), ("0.00", 1 / 4), ("#,##0", 1234),
    ("000", 5), ("0.########", 3.125), ("0_ ", 3), ("[Red]0", 3), ("[DBNum1]0", 3), ("0.00_);[Red](0.00)", 3.25),
    ("0.00_);[Red](0.00)", -3.25), ("¥#,##0.00", 3.1), ("[$¥-804]#,##0.00", 2.5), ('0"件"', 3), ('"a;b"0', 3),
    ("0\\元", 3), (ACCOUNTING, 12), (ACCOUNTING, -12), (ACCOUNTING, 0), ("0;-0;;@", 0), (";;;", 0), ("0;;", 3),
    ('#;-#;"/"', 0)])
def test_formats_that_print_the_number_as_it_is(code, value):
    assert prints(code, value)


@pytest.mark.parametrize(("code", "value"), [
    ("0", 3.6), ("0.0", 3.14), ('0.0,"万"', 12000), ("0!.0,", 12000), ("0!.0000", 12345), ("0\\.0", 12), ("0%", 0.5),
    ('0"%"', 5), ('0"万"', 5), (";;;", 5), ("0;;", -3), ('"12"0', 3), ("1\\20", 3), ("[>100]0;0.0", 3),
    ('[=0]"-";0', 0), ("# ?/?", 0.5), ("0.00E+00", 5), ('"无"', 5), ("", 5), ('0;-0;"10"', 0), ("0,,", 5_000_000)])
def test_formats_that_print_another_number(code, value):
    assert not prints(code, value)


@given(st.text(alphabet='0#?.,;"\\!_*[]<=>%E+-/@$万件 aG', max_size=25), st.floats())
def test_any_code_is_answered(code, value):
    assert prints(code, value) in (True, False)


@given(st.integers(-10**9, 10**9))
def test_the_plain_built_in_formats_print_every_whole_number(value):
    for number in (0, 1, 2, 3, 4, 37, 38, 39, 40, 41, 42, 43, 44, 49):
        assert prints(BUILT_IN[number], value)
