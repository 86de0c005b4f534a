"""Whether two readings are of one report: by figures, by text, never by what every report says alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.model import Figure, Report, Section, Source
from monitor.moves import LEAST, TEXT, Gist, nearly_same
from monitor.rules.similarity import alike

PROSE = "".join(chr(0x4e00 + 7 * number) for number in range(LEAST + 40))


def reading(text="", **numbers):
    report = Report("标题", None, 2025, "own", "2021", "text/html", "0" * 64)
    report.sections = [Section(1, "总体情况", text)] if text else []
    report.figures = {f"applications.new.{key}": Figure(value, "number", str(value), 1.0, Source())
                      for key, value in numbers.items()}
    return Gist.of(report)


def test_the_same_numbers_are_one_report_whatever_the_text():
    numbers = dict(zip("abcdef", (4, 7, 9, 12, 3, 0), strict=True))
    assert nearly_same(reading(PROSE, **numbers), reading(PROSE[::-1], **numbers))
    assert not nearly_same(reading(**numbers), reading(**{**numbers, "b": 8}))


def test_noughts_and_few_numbers_tell_nothing():
    assert not nearly_same(reading(a=0, b=0, c=0, d=0, e=0, f=0), reading(a=0, b=0, c=0, d=0, e=0, f=0))
    assert not nearly_same(reading(a=4, b=7, c=9, d=12), reading(a=4, b=7, c=9, d=12))
    assert not nearly_same(reading(), reading())


def test_one_number_of_many_may_differ():
    numbers = {f"n{number}": number + 1 for number in range(40)}
    assert nearly_same(reading(**numbers), reading(**{**numbers, "n7": 99}))
    assert not nearly_same(reading(**numbers), reading(**{**numbers, "n7": 99, "n8": 99, "n9": 99}))


@pytest.mark.parametrize(("other", "same"), [
    (PROSE, True), (PROSE[:-4] + "另有说明", True), (PROSE[:LEAST - 1], False), (PROSE[::-1], False), ("", False),
    (PROSE[:120] + "".join(chr(0x6000 + 5 * number) for number in range(120)), False)])
def test_texts_are_held_against_each_other_where_they_are_long_enough(other, same):
    assert nearly_same(reading(PROSE), reading(other)) is same


@given(st.text("政府信息公开申请\U00020bb7", min_size=LEAST, max_size=LEAST + 60), st.data())
def test_texts_are_alike_as_the_rules_measure_it(text, data):
    place = data.draw(st.integers(0, len(text)))
    other = text[:place] + data.draw(st.text("解读说明\U00020bb7", max_size=40)) + text[place:]
    assert nearly_same(reading(text), reading(other)) is (alike(text, other) >= TEXT)
