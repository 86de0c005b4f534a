"""The Date header against our clock: ahead, behind, from a cache, absent, nonsense."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler import clock, server_clock

NOW = clock.parse("2026-02-02T09:00:00")  # 01:00 GMT


@pytest.mark.parametrize(("headers", "off"), [
    ({"date": "Mon, 02 Feb 2026 01:00:00 GMT"}, 0), ({"date": "Mon, 02 Feb 2026 01:00:30 GMT"}, 30),
    ({"date": "Thu, 05 Feb 2026 01:00:00 GMT"}, 3 * 86400), ({"date": "Sun, 01 Feb 2026 01:00:00 GMT"}, -86400),
    ({"date": "Mon, 02 Feb 2026 09:00:00 +0800"}, 0), ({"date": "Mon, 02 Feb 2026 01:00:00"}, 0),
    ({"date": "Mon, 02 Feb 2026 00:40:00 GMT", "age": "1200"}, 0),
    ({"date": "Mon, 02 Feb 2026 01:00:00 GMT", "age": "²"}, 0),
    ({"date": "Mon, 02 Feb 2026 09:00:00 GMT"}, 0), ({"date": "Sun, 01 Feb 2026 17:00:00 GMT"}, -8 * 3600),
    ({}, None), ({"date": ""}, None), ({"date": "yesterday"}, None), ({"date": "2026-02-02"}, None),
    ({"date": "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"}, None)])
def test_seconds_ahead_of_us(headers, off):
    assert server_clock.ahead(headers, NOW) == off


@given(st.text(max_size=40), st.text(max_size=12))
def test_whatever_a_server_writes_is_no_fault_of_ours(date, age):
    off = server_clock.ahead({"date": date, "age": age}, NOW)
    assert off is None or isinstance(off, float)


def test_whether_time_servers_keep_our_clock_is_asked_of_the_system(monkeypatch):
    assert server_clock.kept() in (True, False)
    for answer, kept in ((0, True), (4, True), (5, False), (-1, False)):
        monkeypatch.setattr(server_clock.ctypes, "CDLL", lambda _, answer=answer: SimpleNamespace(
            adjtimex=lambda buffer: answer))
        assert server_clock.kept() is kept
    monkeypatch.setattr(server_clock.ctypes, "CDLL", lambda _: SimpleNamespace())
    assert server_clock.kept() is False
