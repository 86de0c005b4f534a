"""Withdrawn: a report that left its list and its address, and has not merely moved."""


import pytest

from crawler.model import Body
from monitor.model import Status
from tests.monitor.history import HOST, History, item
from tests.monitor.reports import figures

URL = f"{HOST}/nb/1.html"


@pytest.fixture
def past(tmp_path):
    return History(tmp_path)


def gone_after(past, *days, then="gone"):
    run = past.look("2026-01-20T09:00", item())
    past.capture(run, URL, "2026-01-20T09:01", content="c1")
    past.report(URL, "2026-01-20T09:00", dates=[("2026-01-20", "page")])
    for day in days:
        past.capture(past.look(f"{day}T09:00"), URL, f"{day}T09:01", outcome=then)
    return past


def test_withdrawn_needs_two_later_healthy_observations(past):
    assert gone_after(past, "2026-02-02").stand("2026-02-05").status is Status.ON_TIME
    past.capture(past.look("2026-02-09T09:00"), URL, "2026-02-09T09:01", outcome="gone")
    one = past.stand("2026-02-10")
    assert (one.status, one.address) == (Status.WITHDRAWN, URL)
    assert one.evidence["last_seen"][:10] == "2026-01-20"
    assert "unopened" not in one.evidence
    assert (one.evidence["t1"][:10], one.evidence["t2"][:10]) == ("2026-02-02", "2026-02-09")
    for day in ("2026-02-16", "2026-02-23"):
        # A page found gone twice is asked for no more.
        past.look(f"{day}T09:00")
    assert past.stand("2026-02-24").status is Status.WITHDRAWN
    past.look("2026-03-02T09:00", item())
    assert past.stand("2026-03-03").status is Status.ON_TIME


@pytest.mark.parametrize("then", ["ok", "timeout", "challenge", "server_error"])
def test_an_unlisted_page_that_was_not_found_gone_is_not_withdrawn(past, then):
    one = gone_after(past, "2026-02-02", "2026-02-09", then=then).stand("2026-02-17")
    assert one.status is Status.ON_TIME
    assert "unopened" not in one.evidence


def test_an_unlisted_page_nobody_asked_for_again_is_not_withdrawn(past):
    gone_after(past)
    for day in ("2026-02-02", "2026-02-09"):
        past.look(f"{day}T09:00")
    assert past.stand("2026-02-17").status is Status.ON_TIME


def test_the_same_content_at_a_new_address_is_not_withdrawn(past):
    gone_after(past)
    moved = f"{HOST}/new/1.html"
    for day in ("2026-02-02", "2026-02-09"):
        past.look(f"{day}T09:00", item(moved, route="unrouted", body=None, year=None))
    past.report(moved, "2026-02-02T09:00", body=None, year=None)
    assert past.stand("2026-02-10").status is Status.ON_TIME


def _moved(past, **more):
    """The report's address is gone from 2 February on; from then on a page stands at another."""
    run = past.look("2026-01-20T09:00", item())
    past.capture(run, URL, "2026-01-20T09:01", content="c1")
    past.read(URL, "2026-01-20T09:00", figures(applications__new__total=31), content="c1",
              dates=[("2026-01-20", "page")])
    for day in ("2026-02-02", "2026-02-09"):
        past.capture(past.look(f"{day}T09:00", **more), URL, f"{day}T09:01", outcome="gone")
    return past


ELSEWHERE = f"{HOST}/new/7.html"


@pytest.mark.parametrize(("body", "number", "status"), [
    ("b", 31, Status.ON_TIME), (None, 31, Status.ON_TIME), (None, 3333, Status.WITHDRAWN),
    ("x", 31, Status.WITHDRAWN)])
def test_nearly_the_same_figures_at_a_new_address_are_a_move(past, body, number, status):
    """The page prints another date, so its content is not the same to the byte."""
    _moved(past)
    text = {1: "全年工作平稳。" * 40} if number == 31 else {1: "另起炉灶，从头写过。" * 40}
    past.read(ELSEWHERE, "2026-02-09T09:00", figures(
        applications__new__total=number, **({} if number == 31 else {"applications__granted__total": 3330})),
              text=text, content="c2", body=body, year=2025 if body else None)
    one = past.stand("2026-02-10")
    if body == "b":
        # Routed to the body: the report simply stands there.
        assert one.status is status
        return
    assert one.status is status
    assert one.evidence.get("moved_to") == (ELSEWHERE if status is Status.ON_TIME else None)


def test_nearly_the_same_text_at_a_new_address_is_a_move(past):
    _moved(past)
    past.read(ELSEWHERE, "2026-02-09T09:00", {}, content="c2", body=None, year=None)
    assert past.stand("2026-02-10").evidence["moved_to"] == ELSEWHERE


@pytest.mark.parametrize(("title", "status"), [
    ("示例市教育局2025年政府信息公开工作年度报告", Status.ON_TIME),
    ("2025年政府信息公开工作年度报告", Status.WITHDRAWN)])
def test_the_same_title_not_opened_yet_may_be_it(tmp_path, title, status):
    """Listed in a column that this body's row does not name."""
    past = History(tmp_path, [Body(id="b", name="示例市教育局", kind="department", level="county", portal="p",
                                   channels=("p/own",))], columns=("own", "new"))
    run = past.look("2026-01-20T09:00", item(title=title), columns=("own",))
    past.capture(run, URL, "2026-01-20T09:01", content="c1")
    past.report(URL, "2026-01-20T09:00", dates=[("2026-01-20", "page")])
    for day in ("2026-02-02", "2026-02-09"):
        past.look(f"{day}T09:00", columns=("own",), run=f"x{day}")
        past.look(f"{day}T09:05", item(ELSEWHERE, title, route="unrouted", body=None, year=None), columns=("new",),
                  run=f"y{day}")
        past.capture(f"x{day}", URL, f"{day}T09:01", outcome="gone")
    assert past.stand("2026-02-10").status is status


def test_a_place_it_moved_to_and_left_again_is_no_place(past):
    _moved(past)
    past.read(ELSEWHERE, "2026-02-02T09:00", figures(applications__new__total=31), content="c2", body=None, year=None)
    assert past.stand("2026-02-10").status is Status.ON_TIME
    past.capture(past.look("2026-02-16T09:00"), ELSEWHERE, "2026-02-16T09:01", outcome="gone")
    assert past.stand("2026-02-17").status is Status.WITHDRAWN
