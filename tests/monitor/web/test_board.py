"""The board counts as compliance does, whatever is asked of it."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.model import Body
from crawler.roster import Roster
from crawler.store import Store
from monitor import compliance, records
from monitor.compliance import Totals
from monitor.model import Standing, Status
from monitor.web import board, installation
from monitor.web.board import Filter
from monitor.web.bodies import Bodies
from monitor.web.installation import Installation
from tests.monitor.office import NAMES, Office
from tests.monitor.web import boards

YEARS = range(2022, 2026)


@pytest.fixture(scope="module")
def roster():
    return boards.country(2, 2, 3, 4)


@pytest.fixture(scope="module")
def made(roster):
    return boards.standings(roster, YEARS)


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path / "nianbao.db")
    made.migrate(records.monitor_schema)
    return made


def loaded(store, roster, standings):
    with store.write() as connection:
        records.put_standings(connection, standings, boards.MOMENT)
    with store.read() as connection:
        return board.load(connection, roster)


@pytest.fixture
def held(store, roster, made):
    return loaded(store, roster, made)


def chosen(roster, made, under="", level="", kind="", search="", scope=""):
    below = {body.id for body in roster.under(under)} if under else roster.bodies.keys()
    for each in made:
        body = roster.bodies[each.body]
        if (each.body in below and level in ("", body.level) and kind in ("", body.kind) and search in body.name
                and scope in ("", each.scope)):
            yield each


@pytest.mark.parametrize("asked", [
    {}, {"under": "p1"}, {"under": "p1c0x2"}, {"level": "county"}, {"kind": "department"}, {"scope": "consolidated"},
    {"search": "第2局"}, {"under": "p0c1", "kind": "government", "search": "x1"}, {"level": "nowhere"},
    {"under": "nowhere"}, {"scope": "system"}])
def test_counts_are_those_of_compliance_for_every_filter(roster, made, held, asked):
    picked = held.pick(Filter(**asked))
    of_filter = [] if asked.get("under") == "nowhere" else list(chosen(roster, made, **asked))
    for year in YEARS:
        assert picked.totals(year) == Totals.count(each for each in of_filter if each.year == year)
    assert {(line.body, line.scope) for line in picked.rows()} == {(each.body, each.scope) for each in of_filter}


def test_lines_come_in_the_order_of_compliance_and_hold_what_was_judged(store, roster, made, held, tmp_path):
    with store.read() as connection:
        view = compliance.held(connection, roster)
    lines = list(held.pick(Filter()).rows())
    assert [line.body for line in lines] == list(dict.fromkeys(each.body for each in view.standings))
    assert held.years == tuple(sorted(YEARS, reverse=True))
    assert held.at == view.as_of
    by_key = {(each.body, each.scope, each.year): each for each in made}
    for line in lines:
        assert line.name == roster.bodies[line.body].name
        for cell in line.cells:
            judged = by_key.pop((line.body, line.scope, cell.year))
            assert (cell.status, cell.days, cell.due) == (judged.status, judged.days_late, judged.due)
            assert (cell.published.isoformat() if cell.published else None) == judged.published
    assert not by_key


def test_a_status_narrows_the_lines_and_not_the_counts(roster, made, held):
    everything, late = held.pick(Filter()), held.pick(Filter(status="late", year=2023))
    assert late.totals() == everything.totals(2023)
    assert late.years == (2023,)
    assert [line.body for line in late.rows()] == [
        each.body for each in made if each.status is Status.LATE and each.year == 2023]
    assert {line.cells[0].status for line in late.rows()} == {Status.LATE}
    assert {line.cells[0].status for line in held.pick(Filter(status="on_time")).rows()} == {Status.ON_TIME}
    assert len(held.pick(Filter(status="nonsense"))) == 0


def test_bodies_outside_of_a_remit_are_as_if_they_were_not_there(roster, held):
    reach = frozenset(body.id for body in roster.under("p1c0"))
    picked = held.pick(Filter(under="p1"), reach)
    assert {line.body for line in picked.rows()} == reach
    assert picked.totals().owed == len(reach)
    assert len(held.pick(Filter(under="p0"), reach)) == 0


def test_pages_of_lines_make_up_the_whole(held):
    picked = held.pick(Filter())
    assert [*picked.rows(0, 7), *picked.rows(7, 20), *picked.rows(20)] == list(picked.rows())


def test_bodies_that_owe_are_counted_once_whatever_the_scopes(store):
    roster = Roster.of([Body("a", "甲县人民政府", "government", "county", scopes=("own", "consolidated"))], [])
    held = loaded(store, roster, [Standing("a", scope, 2025, Status.ON_TIME) for scope in ("own", "consolidated")])
    picked = held.pick(Filter())
    assert (picked.totals().owed, picked.bodies_owing(2025), len(picked)) == (2, 1, 2)
    assert picked.totals().rate == ""


def test_what_is_not_owed_stands_in_no_denominator(store):
    roster = Roster.of([Body(str(number), f"单位{number}", "department", "county")
                        for number in range(len(Status))], [])
    held = loaded(store, roster, [Standing(str(number), "own", 2025, status) for number, status in enumerate(Status)])
    totals = held.pick(Filter()).totals()
    assert totals.owed == 9
    assert totals.verified == 7
    assert held.pick(Filter()).owed(2025).sum() == 9
    assert held.pick(Filter()).owed(1999).sum() == 0


def test_an_empty_store_and_a_roster_without_standings_are_a_board_without_lines(store, roster):
    held = loaded(store, roster, [])
    picked = held.pick(Filter(search="局", status="late", scope="own"))
    assert (held.years, held.at, len(picked), list(picked.rows()), picked.totals().of) == ((), "", 0, [], {})


def test_bodies_that_left_the_roster_stand_last_under_their_id(store, roster):
    held = loaded(store, roster, [Standing("left", "own", 2025, Status.LATE, days_late=70_000, published="a day"),
                                  Standing("p0", "consolidated", 2025, Status.ON_TIME)])
    lines = list(held.pick(Filter()).rows())
    assert [line.body for line in lines] == ["p0", "left"]
    assert lines[1].cells[0].days == 32767
    assert lines[1].cells[0].published is None
    assert len(held.pick(Filter(), frozenset({"p0"}))) == 1


def test_a_filter_becomes_the_query_of_an_address_and_leaves_out_what_is_empty():
    asked = Filter(under="p0", year=2025, search="局")
    assert asked.query() == {"under": "p0", "year": "2025", "q": "局"}
    assert asked.query(status="late", year=None) == {"under": "p0", "status": "late", "q": "局"}


# ---------------------------------------------------------------- the tree
def test_circles_in_the_roster_end():
    ring = Bodies(Roster.of([Body("a", "甲", "department", "county", parent="b"),
                             Body("b", "乙", "department", "county", parent="a"),
                             Body("c", "丙", "department", "county", parent="c")], []))
    assert ring.path("a") == ["b", "a"]
    assert {each for each, inside in zip(ring.ids, ring.under("a"), strict=True) if inside} == {"a", "b"}
    assert ring.path("c") == ["c"]
    assert ring.path("nowhere") == []


@given(st.lists(st.integers(-1, 11), min_size=1, max_size=12))
def test_a_subtree_is_what_the_roster_says_lies_below(parents):
    listed = [Body(str(number), f"单位{number}", "department", "county",
                   parent=str(parent) if 0 <= parent < number else "") for number, parent in enumerate(parents)]
    roster = Roster.of(listed, [])
    bodies = Bodies(roster)
    for each in listed:
        below = {name for name, inside in zip(bodies.ids, bodies.under(each.id), strict=True) if inside}
        assert below == {body.id for body in roster.under(each.id)}
        assert bodies.path(each.id)[-1] == each.id


def test_the_tops_of_a_remit_are_those_whose_parent_is_outside(roster):
    bodies = Bodies(roster)
    assert bodies.tops(bodies.within(None)) == ["p0", "p1"]
    assert bodies.tops(bodies.within({body.id for body in roster.under("p1c1")})) == ["p1c1"]
    assert bodies.below("p0c1x0") == [f"p0c1x0-o{number}" for number in range(4)]
    assert bodies.below("") == ["p0", "p1"]


# ---------------------------------------------------------------- following the store
def test_a_judgement_within_the_same_second_shows_at_once(tmp_path):
    office = Office(tmp_path)
    held = Installation(office.loaded(), office.store, "zh")
    first = held.board
    assert held.board is first
    assert first.pick(Filter()).totals()[Status.MISSING] == 1
    with office.store.write() as connection:
        standings = [replace(each, status=Status.ON_TIME) for each in records.standings(connection)]
        records.put_standings(connection, standings, first.at)
    assert held.board.pick(Filter()).totals()[Status.ON_TIME] == len(NAMES)


def test_a_large_board_serves_while_its_successor_is_loaded(tmp_path, monkeypatch):
    monkeypatch.setattr(installation, "AT_ONCE", 0)
    office = Office(tmp_path)
    held = Installation(office.loaded(), office.store, "zh")
    first = held.board
    with office.store.write() as connection:
        standings = [replace(each, status=Status.LATE) for each in records.standings(connection)]
        records.put_standings(connection, standings, "2026-02-03T09:00:00+08:00")
    assert held.board is first
    deadline = time.monotonic() + 20
    while held.board is first and time.monotonic() < deadline:
        time.sleep(0.01)
    assert held.board.pick(Filter()).totals()[Status.LATE] == len(NAMES)


def test_a_board_that_cannot_be_loaded_leaves_the_old_one_in_use(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(installation, "AT_ONCE", 0)
    office = Office(tmp_path)
    held = Installation(office.loaded(), office.store, "zh")
    first = held.board

    def refuse(connection, roster):
        raise ValueError("no memory")

    monkeypatch.setattr(board, "load", refuse)
    with office.store.write() as connection:
        connection.execute("UPDATE judgement SET number = number + 1")
    assert held.board is first
    deadline = time.monotonic() + 20
    while "no memory" not in caplog.text and time.monotonic() < deadline:
        time.sleep(0.01)
    assert "no memory" in caplog.text
    assert held.board is first
