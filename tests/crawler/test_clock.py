import os
import subprocess
import sys
import time
from datetime import datetime, timedelta

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


def test_a_simulated_clock_may_run_fast(monkeypatch):
    monkeypatch.setenv(clock.SPEED, "3600")
    clock.simulate("2026-02-02T09:00")
    first, begun = clock.now(), time.monotonic()
    time.sleep(0.05)
    passed = (clock.now() - first).total_seconds()
    assert 0.05 * 3600 <= passed <= (time.monotonic() - begun) * 3600
    assert clock.speed() == 3600


def test_speed_means_nothing_to_the_real_clock(monkeypatch):
    monkeypatch.setenv(clock.SPEED, "3600")
    assert clock.speed() == 1
    assert abs((clock.now() - datetime.now(clock.ZONE)).total_seconds()) < 5
    assert clock.handed_down() == {}


@pytest.mark.parametrize("text", ["fast", "0", "-3", "inf", "nan"])
def test_a_speed_that_is_none_is_refused(text, monkeypatch):
    monkeypatch.setenv(clock.SPEED, text)
    with pytest.raises(ClockError, match="NIANBAO_SPEED"):
        clock.simulate("2026-02-02T09:00")


def test_a_child_process_goes_by_the_very_same_clock(monkeypatch):
    monkeypatch.setenv(clock.SPEED, "3600")
    clock.simulate("2026-02-02T09:00")
    before = clock.now()
    told = "from crawler import clock; print(clock.now().isoformat())"
    said = subprocess.run([sys.executable, "-c", told], env=dict(os.environ) | clock.handed_down(), text=True,
                          capture_output=True, check=True).stdout
    assert before < clock.parse(said) <= clock.now()
