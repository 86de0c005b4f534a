from datetime import timedelta

import pytest

from crawler import clock
from crawler.exceptions import ClockError


@pytest.fixture(autouse=True)
def real_clock(monkeypatch):
    monkeypatch.delenv(clock.ENVIRONMENT, raising=False)
    clock.simulate(None)
    yield
    clock.simulate(None)


def test_a_simulated_clock_starts_where_told_and_runs_on():
    clock.simulate("2026-02-02T23:59:59")
    first = clock.now()
    assert first.utcoffset() == timedelta(hours=8)
    assert clock.today().isoformat() in ("2026-02-02", "2026-02-03")
    assert clock.now() >= first
    assert clock.simulated()


def test_the_environment_sets_the_clock(monkeypatch):
    monkeypatch.setenv(clock.ENVIRONMENT, "2026-04-07T09:00+08:00")
    assert clock.simulated()
    assert clock.stamp().startswith("2026-04-07T09:00:0")


def test_other_zones_are_brought_home():
    assert clock.parse("2026-01-31T17:00+00:00").isoformat() == "2026-02-01T01:00:00+08:00"


def test_without_a_word_the_clock_is_real():
    assert not clock.simulated()
    assert clock.now().utcoffset() == timedelta(hours=8)


def test_a_malformed_moment_is_refused_with_the_right_shape():
    with pytest.raises(ClockError, match="2026-02-02T09:00"):
        clock.parse("tomorrow")
