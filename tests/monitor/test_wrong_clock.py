"""A wrong clock of this machine proves nobody's absence; a wrong clock of one server is its own affair."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler import clock
from monitor import wrong_clock
from monitor.model import Status
from tests.monitor.history import History

NOW = clock.parse("2026-02-20T09:00")
DAY, HOUR = 86400.0, 3600.0
OFFS = st.lists(st.one_of(st.none(), st.floats(-40 * DAY, 40 * DAY)), max_size=40)


def named(*offs):
    return [(f"p{number}", off) for number, off in enumerate(offs)]


@pytest.mark.parametrize(("offs", "wrong"), [
    ([0, 2, -3, None, 60], ""), ([3 * DAY] * 4, "0123"), ([-2 * HOUR, -2 * HOUR, None, -2 * HOUR], "0123"),
    ([0, 0, 9 * DAY, 0, 0], ""),  # a server whose own clock is wrong
    ([0] * 8 + [-3 * DAY] * 8, "89abcdef"),  # the clock jumped within the run
    ([0] * 6 + [5 * DAY] * 6 + [0] * 6, "6789ab"),  # and was put right again
    ([], ""), ([None, None, None], ""),
    ([2 * HOUR], ""), ([2 * DAY], "0"), ([2 * DAY, None], "01"), ([2 * DAY, 0], "")])
def test_whose_clock_was_wrong(offs, wrong):
    assert wrong_clock.misdated(named(*offs)) == [f"p{int(each, 16)}" for each in wrong]


@given(OFFS)
def test_a_portal_that_agrees_with_us_is_never_distrusted(offs):
    told = named(*offs)
    wrong = set(wrong_clock.misdated(told))
    assert all(off is None or abs(off) > HOUR for portal, off in told if portal in wrong)


@given(st.lists(st.floats(-HOUR, HOUR), min_size=3, max_size=20), st.data())
def test_one_wrong_server_costs_nobody_a_list(offs, data):
    offs[data.draw(st.integers(0, len(offs) - 1))] = data.draw(st.floats(-400 * DAY, 400 * DAY))
    assert wrong_clock.misdated(named(*offs)) == []


def looked(tmp_path, off):
    history = History(tmp_path)
    for day in ("2026-02-02T09:00", "2026-02-09T09:00"):
        run = history.look(day)
        with history.store.write() as connection:
            connection.execute("UPDATE run_portal SET clock_off = ? WHERE run = ?", (off, run))
    return history


def test_under_a_wrong_clock_nothing_is_missing(tmp_path):
    history = looked(tmp_path, -30 * DAY)
    assert history.stand("2026-02-12").status is Status.MISSING
    with history.store.write() as connection:
        assert wrong_clock.distrust(connection, NOW) == 2
        assert wrong_clock.distrust(connection, NOW) == 0
        assert wrong_clock.off(connection) == timedelta(days=-30)
        assert [row["host"] for row in connection.execute("SELECT host FROM distrust")] == ["www.shili.example"]
    assert history.stand("2026-02-12").status is Status.UNVERIFIED


def test_a_clock_that_time_servers_keep_is_believed_against_all_portals(tmp_path):
    history = looked(tmp_path, -30 * DAY)
    with history.store.write() as connection:
        connection.execute("UPDATE run_portal SET clock_kept = 1")
        assert wrong_clock.distrust(connection, NOW) == 0
        assert wrong_clock.off(connection) is None
    assert history.stand("2026-02-12").status is Status.MISSING


def test_a_clock_that_goes_as_the_portals_do_takes_nothing(tmp_path):
    history = looked(tmp_path, 1.0)
    with history.store.write() as connection:
        assert wrong_clock.distrust(connection, NOW) == 0
    assert history.stand("2026-02-12").status is Status.MISSING


def test_lists_stamped_in_the_future_prove_nothing(tmp_path):
    history = History(tmp_path)
    for day in ("2026-02-01T09:00", "2026-02-03T09:00"):
        history.look(day)
    with history.store.write() as connection:
        assert wrong_clock.distrust(connection, clock.parse("2026-01-10T09:00")) == 2
        assert wrong_clock.distrust(connection, clock.parse("2026-01-10T09:00")) == 0
    assert history.stand("2026-02-04").status is Status.UNVERIFIED
