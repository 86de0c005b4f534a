"""Numbers as office programs print them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.counting import as_printed


@pytest.mark.parametrize(("number", "form", "printed"), [
    (1, "chineseCounting", "一"), (10, "chineseCountingThousand", "十"), (11, "japaneseCounting", "十一"),
    (20, "taiwaneseCounting", "二十"), (101, "chineseCounting", "一百零一"), (110, "chineseCounting", "一百一十"),
    (1001, "chineseCounting", "一千零一"), (3, "chineseLegalSimplified", "叁"), (7, "decimal", "7"),
    (3, "decimalEnclosedCircle", "③"), (21, "decimalEnclosedCircleChinese", "21"), (4, "upperRoman", "IV"),
    (9, "lowerRoman", "ix"), (1, "lowerLetter", "a"), (28, "upperLetter", "BB"), (5, "decimalZero", "05"),
    (12, "decimalFullWidth", "１２"), (2, "some-form-to-come", "2")])
def test_forms(number, form, printed):
    assert as_printed(number, form) == printed


@given(st.integers(-5, 20000), st.sampled_from(["chineseCounting", "chineseLegalSimplified", "upperRoman",
                                                "upperLetter", "decimalEnclosedCircle", "decimal"]))
def test_every_number_has_a_text(number, form):
    assert as_printed(number, form)


@given(st.integers(1, 9998))
def test_neighbours_differ(number):
    assert as_printed(number, "chineseCounting") != as_printed(number + 1, "chineseCounting")
