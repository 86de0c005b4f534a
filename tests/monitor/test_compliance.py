"""Totals and shares: the sum of the vocabulary, the denominator named, no share of a few."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.roster import Roster
from extract import configuration
from monitor import compliance
from monitor.compliance import OWED, Totals
from monitor.model import Finding, Standing, Status
from tests.monitor.office import ARITHMETIC, SCANNED, UNSEEN, Office


@given(st.lists(st.sampled_from(Status)))
def test_owed_is_the_sum_of_nine_statuses(statuses: list[Status]) -> None:
    totals = Totals.count(Standing("b", "own", 2025, status) for status in statuses)
    aside = (Status.NOT_APPLICABLE, Status.NOT_CONFIRMED, Status.NOT_DUE, Status.DUE_SOON)
    assert totals.owed == len(statuses) - sum(statuses.count(status) for status in aside)
    assert totals.verified == totals.owed - statuses.count(Status.UNVERIFIED) - statuses.count(Status.NOT_SEEN)
    assert bool(totals.rate) == (totals.verified >= compliance.FEWEST)
    assert set(aside) | set(OWED) == set(Status)


@pytest.mark.parametrize(("on_time", "missing", "unverified", "rate"), [
    (4, 0, 9, ""), (5, 0, 0, "100.0%"), (5, 0, 100, "100.0%"), (15, 1, 0, "93.8%"), (0, 5, 0, "0.0%")])
def test_the_share_leaves_out_what_could_not_be_verified(on_time: int, missing: int, unverified: int,
                                                         rate: str) -> None:
    statuses = [Status.ON_TIME] * on_time + [Status.MISSING] * missing + [Status.UNVERIFIED] * unverified
    assert Totals.count(Standing("b", "own", 2025, status) for status in statuses).rate == rate


@pytest.fixture
def city(tmp_path: Path) -> Iterator[Office]:
    yield Office(tmp_path)
    configuration.use_office_folder(None)


def open_errors(city: Office, *findings: Finding, at: str | None = None) -> dict[str, int]:
    city.judge("2026-02-03T09:00:00+08:00", list(findings))
    settings = city.loaded()
    view = compliance.view(city.store, Roster.load(), settings, at=at)
    return {body: count for (body, _, _), count in view.open_errors.items()}


def test_a_mark_beside_the_status_says_what_the_status_does_not(city: Office) -> None:
    """What the status tells already, what is somebody else's to mend, doubts and queries put no mark on a body."""
    others = [UNSEEN, replace(ARITHMETIC, body="water", severity="W"), replace(ARITHMETIC, body="civil",
              outcome="uncertain"), Finding("PUB-06", 1, "E", "fail", "police", "own", 2025)]
    assert open_errors(city, ARITHMETIC, *others) == {"edu": 1}


def test_as_of_a_moment_later_findings_do_not_exist(city: Office) -> None:
    later = replace(ARITHMETIC, body="water")
    assert open_errors(city, ARITHMETIC, later, at=SCANNED) == {"edu": 1}
