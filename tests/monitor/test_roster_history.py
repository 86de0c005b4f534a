"""States of the roster: kept once, given back whole, and counted as obligations – not as lines of a file."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.model import Body, Event
from crawler.roster import Roster
from crawler.store import Store
from monitor import records, roster_history
from monitor.roster_history import bodies_of, difference, keep, moved, states
from tests.monitor.history import _Settings

DAY = "2026-0{}-01T09:00:00+08:00"


def body(key, **more):
    return Body(**{"id": key, "name": f"示例市{key}局", "kind": "department", "level": "county", "portal": "p"} | more)


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path / "n.db")
    made.migrate(records.monitor_schema)
    return made


def kept(store, bodies, at, source="judgement"):
    with store.write() as connection:
        return keep(connection, bodies, at, source)


def since(store, bodies, at, year=2025, under=None):
    with store.read() as connection:
        return moved(connection, Roster.of(bodies, []), _Settings(), year, at,
                     (lambda roster: {each.id for each in roster.under(under)}) if under else None)


FULL = body("甲", level="", aliases=("甲办",), scopes=("own", "consolidated"), since=2019, sort_order=30,
            events=(Event("renamed", "2024-03-01", "", "〔2024〕1号"), Event("split_from", "2020-01-01", "乙")),
            rulemaking=True, confirmed_on="2025-11-03", confirmed_by="王某", note="第一行\n第二行", line=9)


def test_a_state_is_kept_once_and_gives_its_rows_back(store):
    first = kept(store, [FULL, body("乙")], DAY.format(1), "import")
    assert (first.bodies, first.source) == (2, "import")
    assert kept(store, [body("乙"), replace(FULL, line=2)], DAY.format(2)) is None, "order and line are no change"
    second = kept(store, [FULL, body("丙")], DAY.format(3))
    third = kept(store, [replace(FULL, note=""), body("丙"), body("乙")], DAY.format(4))
    with store.read() as connection:
        assert [state.at for state in states(connection)] == [DAY.format(number) for number in (1, 3, 4)]
        assert bodies_of(connection, first.id) == [body("乙"), replace(FULL, line=0)]
        assert {each.id for each in bodies_of(connection, second.id)} == {"甲", "丙"}
        assert {each.id: each.note for each in bodies_of(connection, third.id)} == {"甲": "", "乙": "", "丙": ""}
        step, last = difference(connection, first.id, second.id), difference(connection, second.id, third.id)
        rows = connection.execute("SELECT count(*) FROM roster_row").fetchone()[0]
    assert ([each.id for each in step.added], [each.id for each in step.removed], step.changed) == (["丙"], ["乙"], {})
    assert last.changed == {"甲": {"note": ("第一行\n第二行", None)}}
    assert rows == 5, "a row that stays is held once"


def test_what_is_owed_moves_by_obligations_not_by_lines(store):
    before = [body("甲"), body("乙"), body("丙", obligation="none")]
    kept(store, before, DAY.format(1))
    after = [body("甲", scopes=("own", "consolidated")), body("丁"), body("丙"), body("戊", since=2026)]
    change = since(store, after, DAY.format(2))
    assert change.came == (("丁", "own"), ("丙", "own"), ("甲", "consolidated"))
    assert change.went == (("乙", "own"),)
    assert (change.told, change.since) == ("+3 −1", DAY.format(1))


def test_a_body_that_ended_is_one_less_and_its_successor_none_more(store):
    kept(store, [body("甲"), body("乙")], DAY.format(1))
    ended = body("乙", successor="甲", events=(Event("merged_into", "2025-06-01", "甲"),))
    change = since(store, [body("甲"), ended], DAY.format(2))
    assert change.told == "−1"
    assert since(store, [body("甲"), ended], DAY.format(2), year=2024).told == ""


def test_nothing_moved_is_said_as_nothing_and_before_the_first_state_nothing_is_known(store):
    kept(store, [body("甲")], DAY.format(2))
    assert since(store, [body("甲")], DAY.format(3)).told == ""
    assert since(store, [body("甲", note="另")], DAY.format(3)).told == ""
    assert since(store, [body("甲")], DAY.format(1)) is None


def test_a_remit_counts_its_own_and_what_left_it(store):
    kept(store, [body("区"), body("甲", parent="区"), body("外")], DAY.format(1))
    after = [body("区"), body("新", parent="区"), body("外二")]
    assert since(store, after, DAY.format(2), under="区").told == "+1 −1"
    assert since(store, after, DAY.format(2)).told == "+2 −2"


def test_a_local_notice_on_a_body_that_was_not_there_yet_stops_nothing(store, monkeypatch):
    from datetime import date

    from monitor import obligations

    facts = obligations.deadlines()
    notice = obligations.LocalDay(id="n", notice="通知", date=date(2026, 1, 1), under="新", years=(2025,), day="01-20")
    monkeypatch.setattr(obligations, "deadlines", lambda: facts.model_copy(update={"local": (notice,)}))
    kept(store, [body("甲")], DAY.format(1))
    assert since(store, [body("甲"), body("新")], DAY.format(2)).told == "+1"


ROWS = st.lists(st.tuples(st.sampled_from("甲乙丙丁戊"), st.sampled_from(["", "注"]),
                          st.sampled_from(["must", "none"])), max_size=5, unique_by=lambda row: row[0])


@settings(max_examples=25)
@given(st.lists(ROWS, min_size=1, max_size=6))
def test_every_state_is_given_back_as_it_was(tmp_path_factory, drawn):
    store = Store(tmp_path_factory.mktemp("states") / "n.db")
    store.migrate(records.monitor_schema)
    wanted = {}
    for number, rows in enumerate(drawn):
        bodies = [body(key, note=note, obligation=duty) for key, note, duty in rows]
        state = kept(store, bodies, f"2026-01-01T00:00:0{number}+08:00")
        if state:
            wanted[state.id] = sorted(bodies, key=lambda each: each.id)
    with store.read() as connection:
        assert {state.id: bodies_of(connection, state.id) for state in roster_history.states(connection)} == wanted
