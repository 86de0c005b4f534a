"""A page that won't open is told only where page and host say so themselves."""

import pytest

from monitor import access
from tests.monitor.history import HOST, History, item

URL, FILE = f"{HOST}/nb/1.html", f"{HOST}/nb/a.pdf"


def tried(tmp_path, *tries, host_answers=True):
    """(day, outcome of the page, outcome of its attachment or None) one after the other."""
    past = History(tmp_path)
    for day, page, attachment in tries:
        run = past.look(f"{day}T09:00", item(URL), outcome="ok" if host_answers else "server_error")
        parts = [{"role": "attachment", "url": FILE, "outcome": attachment}] if attachment else []
        past.capture(run, URL, f"{day}T09:01", outcome=page, parts=parts)
    with past.store.read() as connection:
        return access.unopened(connection, {URL}, "2026-12-31T00:00:00+08:00")


@pytest.mark.parametrize(("tries", "url"), [
    ([("2026-02-02", "gone", None), ("2026-02-09", "gone", None)], URL),
    ([("2026-02-02", "soft_404", None), ("2026-02-09", "gone", None)], URL),
    ([("2026-02-02", "ok", "gone"), ("2026-02-09", "ok", "gone")], FILE),
    ([("2026-02-02", "ok", None), ("2026-02-09", "gone", None), ("2026-02-16", "gone", None)], URL),
    ([("2026-02-02", "gone", None), ("2026-02-09", "timeout", None), ("2026-02-16", "gone", None)], URL)])
def test_two_failures_on_two_days_are_told(tmp_path, tries, url):
    (found,) = tried(tmp_path, *tries)
    assert (found["url"], found["outcome"]) == (url, "gone")
    assert found["t1"][:10] < found["t2"][:10]


@pytest.mark.parametrize("tries", [
    [("2026-02-02", "gone", None)],
    [("2026-02-02", "gone", None), ("2026-02-09", "ok", None)],
    [("2026-02-02", "gone", None), ("2026-02-09", "ok", None), ("2026-02-16", "gone", None)],
    [("2026-02-02", "timeout", None), ("2026-02-09", "timeout", None)],
    [("2026-02-02", "challenge", None), ("2026-02-09", "challenge", None)],
    [("2026-02-02", "ok", "rate_limited"), ("2026-02-09", "ok", "too_large")],
    [("2026-02-02", "ok", "gone"), ("2026-02-09", "ok", "ok")]])
def test_whatever_may_be_the_way_there_is_not(tmp_path, tries):
    assert tried(tmp_path, *tries) == []


def test_a_host_that_answered_nothing_at_all_proves_nothing(tmp_path):
    tries = [("2026-02-02", "gone", None), ("2026-02-09", "gone", None)]
    assert tried(tmp_path, *tries, host_answers=False) == []
