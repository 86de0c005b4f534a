"""Sums choose between readings of recognised cells and doubt what they can't confirm; they never invent."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from extract import forms, report
from extract.crosscheck import BORNE_OUT, CHOSEN_BY_TWO, UNCONFIRMED, bear_out, settle
from extract.grids import build
from extract.model import Figure, Grid
from tests.extract.form_tables import document, table_four, table_three, table_two

FORM = forms.form("2021")


def consistent(seed: int = 7) -> dict[str, int]:
    """Numbers of a report that keeps all its sums, most of them not zero."""
    pick = random.Random(seed)
    values: dict[str, int] = {key: pick.randint(0, 9) for key in FORM.keys}
    applicants, outcomes = FORM.sets["applicants"], [row for row in FORM.sets["outcomes"] if row != "closed"]
    name = "applications.{}.{}".format
    for column in applicants:
        values[name("concluded", column)] = sum(values[name(row, column)] for row in outcomes)
        over = values[name("concluded", column)] + values[name("carried_out", column)]
        values[name("carried_in", column)] = pick.randint(0, min(9, over))
        values[name("new", column)] = over - values[name("carried_in", column)]
    for row in FORM.table(3).proper_rows:
        values[name(row.key, "total")] = sum(values[name(row.key, column)] for column in applicants)
    for row in FORM.table(4).rows:
        values[f"disputes.{row.key}.total"] = sum(
            values[f"disputes.{row.key}.{outcome}"] for outcome in ("upheld", "corrected", "other", "pending"))
    return values


def recognised(values: dict[str, int], **others: Figure) -> dict[str, Figure]:
    return {key: Figure(value, "number", str(value), 0.97, recognised=True) for key, value in values.items()} | others


def unsure(text: str, *alternatives: str, confidence: float = 0.7) -> Figure:
    return Figure(int(text), "number", text, confidence, recognised=True, alternatives=alternatives)


def test_sums_choose_the_reading_they_confirm():
    values = consistent()
    key = "applications.granted.business"
    figures = recognised(values)
    figures[key] = unsure(str(values[key] + 5), str(values[key] + 2), str(values[key]), "1l")
    said = settle(figures, [FORM])
    assert figures[key].value == values[key]
    assert figures[key].confidence == CHOSEN_BY_TWO
    assert len(said) == 1
    assert key in said[0]
    assert all(figure.confident for figure in figures.values())


def test_nothing_is_chosen_that_was_not_offered():
    values = consistent()
    key = "applications.granted.business"
    figures = recognised(values)
    figures[key] = unsure(str(values[key] + 5), str(values[key] + 1))
    assert settle(figures, [FORM]) == []
    assert figures[key].value == values[key] + 5
    assert figures[key].confidence == UNCONFIRMED


def test_a_clear_print_stands_though_it_breaks_a_sum():
    values = consistent()
    key = "applications.granted.business"
    figures = recognised(values)
    figures[key] = unsure(str(values[key] + 5), str(values[key]), confidence=0.97)
    settle(figures, [FORM])
    assert figures[key].value == values[key] + 5


def test_two_ways_to_mend_choose_none():
    values = consistent()
    figures = recognised(values)
    first, second = "disputes.reconsideration.upheld", "disputes.reconsideration.other"
    figures["disputes.reconsideration.total"].value += 1
    for key in (first, second):
        figures[key] = unsure(str(values[key]), str(values[key] + 1))
    assert settle(figures, [FORM]) == []
    assert [figures[key].value for key in (first, second)] == [values[first], values[second]]
    assert not figures[first].confident


def test_figures_read_from_characters_keep_their_certainty_whatever_sums_say():
    figures = {key: Figure(value + 1, "number", str(value + 1)) for key, value in consistent().items()}
    before = {key: replace(figure) for key, figure in figures.items()}
    assert settle(figures, [FORM]) == []
    assert figures == before


def test_a_recognised_amount_that_may_lack_its_point_is_doubted():
    for text, sure in (("40951754", False), ("40951.754", True), ("4095", True)):
        value = float(text) if "." in text else int(text)
        figures = {"disclosure.fees.amount": Figure(value, "number", text, 0.99, recognised=True)}
        settle(figures, [FORM])
        assert figures["disclosure.fees.amount"].confident is sure
        figures["disclosure.fees.amount"] = Figure(value, "number", text)
        settle(figures, [FORM])
        assert figures["disclosure.fees.amount"].confident


def test_sums_bear_out_a_reading_but_not_a_place():
    values = consistent()
    figures = recognised(values)
    first, second = "applications.granted.business", "applications.granted.research"
    figures[first].confidence = figures[second].confidence = 0.7
    figures[second].placed = 0.85
    bear_out(figures, [FORM])
    assert figures[first].confidence == BORNE_OUT
    assert figures[second].confidence == 0.85


@settings(max_examples=80)
@given(st.integers(0, 10**9))
def test_one_misread_digit_is_never_confident(seed):
    pick = random.Random(seed)
    values = consistent(seed)
    figures = recognised(values)
    key = pick.choice([name for name in FORM.keys if name.startswith(("applications.", "disputes."))])
    wrong = values[key] + pick.choice([-1, 1, 5, 10])
    offered = [str(values[key])] if pick.random() < 0.5 else [str(values[key] + 3)]
    figures[key] = unsure(str(abs(wrong)), *offered, confidence=pick.choice([0.7, 0.97]))
    settle(figures, [FORM])
    assert not [name for name, figure in figures.items() if figure.confident and figure.value != values[name]]
    assert sum(not figure.confident for figure in figures.values()) <= 6


def test_cells_carry_their_alternatives_into_the_report():
    values = consistent()
    printed = {key: str(value) for key, value in values.items()}
    grids: list[Grid] = [build(rows) for rows in (table_two(printed), table_three(printed), table_four(printed))]
    for grid in grids:
        for cell in grid.cells:
            cell.confidence = 0.97
    cell = next(cell for cell in grids[2].cells if cell.text == printed["disputes.reconsideration.total"])
    cell.text, cell.confidence, cell.alternatives = str(int(cell.text) + 3), 0.6, (cell.text, "")
    result = report.build(document(*grids, medium="image/png"))
    assert all(result.figures[key].value == value for key, value in values.items())
    assert any("confirm" in problem for problem in result.problems)
    assert "alternatives" not in str(result.to_record())
