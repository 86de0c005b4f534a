"""Charts are well-formed whatever they are given, stay inside their frame and tell series apart without colour."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.web import charts
from monitor.web.charts import Series, Steps

SVG = "{http://www.w3.org/2000/svg}"
VALUES = st.one_of(st.none(), st.floats(), st.integers(-5, 10**15))
SERIES = st.lists(st.builds(Series, st.text(max_size=30), st.lists(VALUES, max_size=9)), max_size=9)
LABELS = st.lists(st.text(max_size=12), max_size=9)
STEPS = st.lists(st.builds(Steps, st.text(max_size=30), st.lists(st.tuples(st.floats(), st.floats()), max_size=9),
                           st.floats()), max_size=4)
ON_TIME = Series("按时公布率", [90.5, None, 100, 0])


def parsed(markup):
    root = ElementTree.fromstring(str(markup))
    _left, _top, width, height = map(float, root.get("viewBox").split())
    for element in root.iter():
        assert "style" not in element.attrib
        if element.tag.removeprefix(SVG) == "pattern":
            continue
        for name, limit in (("x", width), ("y", height), ("x1", width), ("x2", width), ("y1", height), ("y2", height),
                            ("cx", width), ("cy", height)):
            if name in element.attrib and element.tag != f"{SVG}pattern":
                assert math.isfinite(float(element.get(name)))
                assert -0.1 <= float(element.get(name)) <= limit + 0.1
        if element.tag == f"{SVG}rect":
            assert float(element.get("width")) >= 0
            assert float(element.get("height")) >= 0
            assert float(element.get("x")) + float(element.get("width")) <= width
            assert float(element.get("y")) + float(element.get("height")) <= height + 0.2
        if element.tag in (f"{SVG}path", f"{SVG}polygon") and element.get("stroke-width") != "1.6":
            numbers = [float(each) for each in re.findall(r"-?[\d.]+(?:e[+-]?\d+)?", element.get("d")
                                                          or element.get("points"))]
            assert all(-6 <= each <= max(width, height) + 6 for each in numbers)
            assert all(each <= height + 6 for each in numbers[1::2])
    return root


@given(LABELS, SERIES, st.sampled_from(["", "%"]), st.sampled_from([charts.lines, charts.bars, charts.stacked]))
def test_any_data_make_a_well_formed_chart_inside_its_frame(labels, series, unit, draw):
    first = draw("k", "标题 <&>\"", "说明\x00", labels, series, unit)
    parsed(first)
    assert first == draw("k", "标题 <&>\"", "说明\x00", labels, series, unit)


@given(st.floats(), STEPS, st.lists(st.tuples(st.floats(), st.text(max_size=20)), max_size=6))
def test_any_days_make_a_well_formed_chart_inside_its_frame(days, series, dues):
    parsed(charts.steps("k", "t", "d", days, [(0, "1月")], series, dues))


def test_a_chart_names_and_describes_itself_to_who_cannot_see():
    root = parsed(charts.lines("rate", "按时公布率", "2022年至2025年", ["2022"], [Series("a", [1])]))
    assert root.get("role") == "img"
    assert [root.find(f"*[@id='{each}']").text for each in root.get("aria-labelledby").split()] == [
        "按时公布率", "2022年至2025年"]


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", "\x00\x0b\ud800", "a\" onload=\"x", "{{ 7*7 }}"])
def test_what_others_wrote_stays_text(hostile):
    for draw in (charts.lines, charts.bars, charts.stacked):
        root = parsed(draw("k", hostile, hostile, [hostile], [Series(hostile, [1]), Series("b", [2])]))
        assert not root.findall(f".//{SVG}script")
        assert "onload" not in {name for element in root.iter() for name in element.attrib}


def test_a_gap_breaks_the_line_and_a_lone_value_keeps_its_mark():
    root = parsed(charts.lines("k", "t", "d", list("abcd"), [Series("a", [1, None, 3, 4])]))
    plotted = [each for each in root.iter(f"{SVG}path") if each.get("class") == "s0"]
    assert len(plotted) == 1
    assert plotted[0].get("d").count("L") == 1
    assert len(list(root.iter(f"{SVG}circle"))) == 3


@pytest.mark.parametrize("draw", [charts.lines, charts.bars, charts.stacked])
def test_series_differ_without_colour(draw):
    series = [Series(f"s{number}", [1, 2]) for number in range(charts.KINDS)]
    root = parsed(draw("k", "t", "d", ["2024", "2025"], series))
    signs = {(element.tag, element.get("stroke-dasharray"), element.get("fill") if element.tag.endswith("rect") else "")
             for element in root.iter() if element.tag.removeprefix(SVG) in ("path", "rect")
             and re.match(r"s\d", element.get("class", ""))}
    assert len(signs) >= charts.KINDS
    names = [element.text for element in root.iter(f"{SVG}text")]
    assert {f"s{number}" for number in range(charts.KINDS)} <= set(names)


def test_parts_of_a_bar_stand_on_each_other_and_reach_the_sum():
    root = parsed(charts.stacked("k", "t", "d", ["2025"], [Series("a", [1]), Series("b", [3])]))
    first, second = (each for each in root.iter(f"{SVG}rect") if float(each.get("width")) > 24)
    assert float(second.get("y")) + float(second.get("height")) == pytest.approx(float(first.get("y")), abs=0.2)
    assert float(second.get("height")) == pytest.approx(3 * float(first.get("height")), abs=0.5)
    assert float(second.get("y")) == pytest.approx(16 + 20, abs=0.2)


def test_a_bar_says_its_number_as_pages_do():
    root = parsed(charts.bars("k", "t", "d", ["2024", "2025"], [Series("a", [93.8, 1234567])]))
    assert {"93.8", "1234567"} <= {element.text for element in root.iter(f"{SVG}text")}


def test_growing_shares_step_on_their_day_and_end_where_the_data_end():
    root = parsed(charts.steps("k", "t", "d", 100, [], [Steps("2025", [(10, 50), (20, 80), (60, 90)], 50)],
                               [(30, "法定时限")]))
    path = next(each.get("d") for each in root.iter(f"{SVG}path") if each.get("d").count("L") > 1)
    points = [tuple(map(float, each)) for each in re.findall(r"[ML](\S+) (\S+)", path)]
    assert points[-1][0] == pytest.approx((charts._LEFT + charts._RIGHT) / 2, abs=0.2)
    assert points[-1][1] == points[-2][1]
    heights = [height for _, height in points]
    assert heights == sorted(heights, reverse=True)
    assert "法定时限" in {element.text for element in root.iter(f"{SVG}text")}


@pytest.mark.parametrize(("highest", "scale"), [(0, 4), (3, 4), (5, 8), (37, 40), (100, 100), (187, 200), (1234, 1600),
                                                (99999, 100000), (1e300, 4e12)])
def test_the_axis_ends_on_a_round_number(highest, scale):
    assert charts._nice(highest) == scale
