"""An error is said only of what was surely read: properties over random reports, in order and faulty."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.model import Figure, Report
from monitor import judging
from tests.bench.mutations.made import COLUMNS, PARTS, Value, figures
from tests.monitor import reports

ROWS = ("new", "carried_in", *PARTS, "concluded", "carried_out")
CELLS = (*COLUMNS, "total")
SEEDS = st.integers(0, 10_000)
SIZES = st.sampled_from(["few", "many"])


def errors(report: Report, earlier: Report | None = None) -> set[tuple[str, str]]:
    named = judging.Named(report.body or "", report.scope, report.year)
    said = judging.judge(report, named, {earlier.year: earlier} if earlier and earlier.year else None).findings
    return {(each.rule, each.subject) for each in said if (each.severity, each.outcome) == ("E", "fail")}


def printed(values: dict[str, Value], confidence: float = 1.0) -> dict[str, Figure]:
    return {key: Figure(value if isinstance(value, (int, float)) else None,
                        "number" if isinstance(value, (int, float)) else "blank", str(value), confidence)
            for key, value in values.items()}


def faulty(seed: int, size: str, faults: int) -> dict[str, Figure]:
    """A whole set of figures of which some cells were changed."""
    rng = random.Random(seed)
    values = figures(rng, size)
    for key in rng.sample(sorted(values), faults):
        values[key] = rng.randint(0, 40)
    return printed(values)


def chain(seed: int) -> tuple[Report, Report]:
    """Two years in order: what was carried out is carried in."""
    rng = random.Random(seed)
    last = figures(rng, "many")
    now = figures(rng, "many", 0)
    for column in CELLS:
        carried, new = last[f"applications.carried_out.{column}"], now[f"applications.new.{column}"]
        assert isinstance(carried, int)
        assert isinstance(new, int)
        now[f"applications.carried_in.{column}"] = carried
        for row in ("granted", "concluded"):
            cell = now[f"applications.{row}.{column}"]
            assert isinstance(cell, int)
            now[f"applications.{row}.{column}"] = cell + carried
    before = reports.report(2021, {1: "上一年的工作各有侧重。" * 20, 5: "上一年的问题另有其事。" * 6},
                            figures=printed(last))
    return before, reports.report(2022, figures=printed(now))


@settings(max_examples=60)
@given(SEEDS, SIZES, st.integers(0, 6), st.data())
def test_lowering_any_confidence_never_creates_an_error(seed: int, size: str, faults: int, data: Any) -> None:
    made = faulty(seed, size, faults)
    before = errors(reports.report(figures=made))
    lowered = data.draw(st.sets(st.sampled_from(sorted(made)), max_size=40))
    confidence = data.draw(st.floats(0, 0.999))
    doubted = {key: replace(figure, confidence=confidence) if key in lowered else figure
               for key, figure in made.items()}
    assert errors(reports.report(figures=doubted)) <= before


@settings(max_examples=40)
@given(SEEDS, st.floats(0, 0.89))
def test_figures_read_with_doubt_are_no_error_at_all(seed: int, confidence: float) -> None:
    made = {key: replace(figure, confidence=confidence) for key, figure in faulty(seed, "many", 6).items()}
    assert errors(reports.report(figures=made)) == set()


@settings(max_examples=60)
@given(SEEDS, st.sampled_from(["blank", "dash"]), st.data())
def test_cells_left_empty_in_two_years_in_order_are_no_error(seed: int, state: Any, data: Any) -> None:
    before, now = chain(seed)
    assert errors(now, before) == set()
    emptied = []
    for report in (before, now):
        keys = data.draw(st.sets(st.sampled_from(sorted(report.figures)), max_size=60))
        emptied.append(replace(report, figures={
            key: Figure(None, state, "" if state == "blank" else "/") if key in keys else figure
            for key, figure in report.figures.items()}))
    assert errors(emptied[1], emptied[0]) == set()


@settings(max_examples=40)
@given(SEEDS, st.data())
def test_cells_that_were_not_found_are_no_error(seed: int, data: Any) -> None:
    before, now = chain(seed)
    lost = data.draw(st.sets(st.sampled_from(sorted(now.figures)), max_size=60))
    absent = {key: Figure(None, "absent", "") if key in lost else figure for key, figure in now.figures.items()}
    assert errors(replace(now, figures=absent), before) == set()
    gone = {key: figure for key, figure in now.figures.items() if key not in lost}
    assert errors(replace(now, figures=gone), before) == set()


@settings(max_examples=60)
@given(SEEDS, st.sampled_from(["row right", "row left", "table right", "table left", "table down", "table up"]),
       st.data())
def test_a_reading_moved_by_one_place_is_uncertain(seed: int, way: str, data: Any) -> None:
    """Read with less than full confidence, as a scan or a borderless table is: nothing of it is an error of the body
    where the whole table was moved. Of a single row that lost an empty first cell its own sum is none."""
    values = figures(random.Random(seed), "many")
    what, direction = way.split()
    moved = dict(values)
    rows = list(ROWS) if what == "table" else [data.draw(st.sampled_from([
        row for row in ROWS if direction == "right" or not values[f"applications.{row}.natural_person"]]))]
    for place, row in enumerate(ROWS):
        if row not in rows:
            continue
        for number, column in enumerate(CELLS):
            other_row, other = row, number
            if direction in ("right", "left"):
                other = number - 1 if direction == "right" else number + 1
            else:
                above = place - 1 if direction == "down" else place + 1
                other_row = ROWS[above] if 0 <= above < len(ROWS) else ""
            moved[f"applications.{row}.{column}"] = (
                values[f"applications.{other_row}.{CELLS[other]}"] if other_row and 0 <= other < len(CELLS) else 0)
    made = {key: replace(figure, confidence=0.95 if key.startswith("applications.") else 1.0)
            for key, figure in printed(moved).items()}
    said = errors(reports.report(figures=made))
    if what == "table":
        assert said == set()
    else:
        assert ("ARI-03", rows[0]) not in said or direction == "right"


@pytest.mark.parametrize("told", ["因机构改革，原信访局职能划入我局。", "因统计口径调整，数据与上年有差异。",
                                  "上年漏报政府信息公开申请2件，今年更正结转数据。",
                                  "年内乡镇合并，辖区范围有调整。"])
@pytest.mark.parametrize("scope", ["own", "consolidated"])
def test_what_the_text_explains_is_no_error_between_years(told: str, scope: Any) -> None:
    before, now = chain(7)
    figures_now = {key: replace(figure) for key, figure in now.figures.items()}
    for row in ("carried_in", "granted", "concluded"):
        for column in ("natural_person", "total"):
            key = f"applications.{row}.{column}"
            figures_now[key] = Figure((figures_now[key].value or 0) + 1, "number")
    broken = replace(now, figures=figures_now, scope=scope)
    assert ("YOY-01", "total") in errors(broken, before) or scope == "consolidated"
    explained = [replace(section, text=section.text + told) if section.number == 6 else section
                 for section in broken.sections]
    assert errors(replace(broken, sections=explained), before) == set()


@pytest.mark.parametrize("medium", ["application/pdf", "text/plain", "image/png"])
def test_parts_lost_in_reading_are_no_error(medium: str) -> None:
    whole = reports.report(medium=medium)
    assert errors(replace(whole, sections=[each for each in whole.sections if each.number != 5])) == set()
    no_tables = [replace(table, found=False) for table in whole.tables]
    assert errors(replace(whole, tables=no_tables, figures={}, damaged=True)) == set()
