"""A small part of the mutation bench in the suite: its bounds hold, and it can itself tell a miss and a slander."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from extract.model import Figure
from tests.bench.mutations.__main__ import PRECISION, RECALL, as_table, run
from tests.bench.mutations.building import chain, make
from tests.bench.mutations.faults import FAULTS, Planted
from tests.bench.mutations.made import COLUMNS, PARTS
from tests.bench.mutations.running import Tally, read
from tests.bench.mutations.seasons import some_season
from tests.bench.mutations.traps import TRAPS


@pytest.mark.slow
@pytest.mark.parametrize("seed", [11, 12])
def test_planted_faults_are_found_and_nobody_is_accused(seed: int) -> None:
    tally = run(150, seed)
    assert tally.recall >= RECALL, tally.missed
    assert tally.precision >= PRECISION, tally.false


def test_every_rule_that_is_no_plain_sum_has_planted_faults() -> None:
    wanted = {*(f"TXT-{number:02}" for number in range(1, 14)), *(f"DOC-{number:02}" for number in range(1, 8)),
              *(f"FMT-{number:02}" for number in range(1, 15) if number != 9),
              *(f"YOY-{number:02}" for number in range(1, 11) if number != 7),
              *(f"ARI-{number:02}" for number in range(7, 19) if number != 12),
              "AGG-01", "AGG-02", "LNG-02", "LNG-04", "LNG-05", "PUB-04", "PUB-14", "PUB-16"}
    assert wanted <= set(FAULTS)
    assert len(TRAPS) > 80


def test_a_miss_and_a_slander_are_counted() -> None:
    made = make(random.Random(3), "department", 2023, "few")
    tally = Tally()
    tally.count(Planted(made, "TXT-01", name="nothing was planted"), "miss")
    tally.count(Planted(replace(made, title="年报"), name="no trap"), "slander")
    assert (tally.recall, tally.precision) == (0, 0)
    assert tally.accused
    assert "DOC-01" in as_table(tally)


@pytest.mark.parametrize("fault", [True, False])
def test_seasons_are_told_by_the_day_alone(fault: bool) -> None:
    tally = Tally()
    for number in range(12):
        tally.count_season(some_season(random.Random(f"suite/{number}"), fault), str(number))
    assert (tally.missed, tally.false) == ([], [])


@pytest.mark.parametrize("seed", range(12))
def test_made_reports_hold_together_and_are_read_as_made(seed: int) -> None:
    before, made = chain(random.Random(seed))
    for each in (before, made):
        for column in (*COLUMNS, "total"):
            def cell(row: str, column: str = column, each: object = each) -> int:
                return each.value(f"applications.{row}.{column}")  # type: ignore[attr-defined,no-any-return]

            assert cell("new") + cell("carried_in") == cell("concluded") + cell("carried_out")
            assert sum(cell(row) for row in PARTS) + cell("closed") == cell("concluded")
        found = read(each)
        assert {key: figure.value for key, figure in found.figures.items() if key in each.figures} == each.figures
        assert all(isinstance(figure, Figure) and figure.confident for key, figure in found.figures.items()
                   if not key.startswith("narrative."))
    assert made.row("carried_in") == before.row("carried_out")
