"""The marathon's account: what was had is kept, who had least comes first, enough is enough."""

import pytest

from tests.fuzz import marathon
from tests.fuzz.marathon import Had


def test_the_tally_comes_back_as_it_was_written(tmp_path):
    path = tmp_path / "tally.csv"
    assert marathon.read(path) == {}
    held = {"b": Had(12, 3.5, "2026-11-21"), "a": Had(10_000_000, 0.1, "2026-11-20")}
    marathon.write(held, path)
    assert marathon.read(path) == held
    assert path.read_text().splitlines()[1].startswith("a,")


def test_who_had_least_comes_first_and_who_had_enough_not_at_all():
    tally = {"many": Had(10_000_000, 1.0), "long": Had(5, 30.0), "some": Had(4_000_000, 2.0), "little": Had(9, 1.0)}
    assert marathon.due(iter(["many", "long", "some", "little", "new"]), tally) == ["new", "little", "some"]
    assert tally["new"] == Had()


@pytest.mark.parametrize(("code", "words", "expected"), [
    (0, "stat::number_of_executed_units: 512", (512, False)), (77, "==1== deadly signal", (0, True))])
def test_a_turn_says_what_it_did_and_whether_something_broke(tmp_path, monkeypatch, code, words, expected):
    other = tmp_path / "interpreter"
    other.write_text(f"#!/bin/sh\necho '{words}' >&2\nexit {code}\n")
    other.chmod(0o700)
    monkeypatch.setattr(marathon.sys, "executable", str(other))
    name, executions, minutes, broke = marathon.turn("cell", 1.0, 10, tmp_path)
    assert (name, executions, broke) == ("cell", *expected)
    assert minutes < 1


def test_what_is_kept_of_the_marathons_so_far_can_be_read():
    from tests.fuzz.harnesses import HARNESSES

    assert set(marathon.read()) <= set(HARNESSES)
