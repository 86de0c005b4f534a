"""What stands where a report should and is none, not surely, or under another name: a person looks, none is missing."""


import pytest

from crawler.model import Body
from monitor.model import Status
from tests.monitor.history import HOST, History, item

URL = f"{HOST}/nb/1.html"


@pytest.fixture
def past(tmp_path):
    return History(tmp_path)


def test_a_page_that_is_no_usable_report_is_invalid(past):
    past.look("2026-02-02T09:00", item())
    past.report(URL, "2026-02-02T09:00", verdict="invalid", reason="cover_letter")
    past.look("2026-02-09T09:00", item())
    one = past.stand("2026-02-10")
    assert (one.status, one.reason, one.address) == (Status.INVALID, "cover_letter", URL)


def test_a_notice_at_the_address_of_a_report_takes_it_back_only_once_it_was_seen_twice(past):
    """A notice of maintenance that no outcome knows is read as a page without a report."""
    past.look("2026-01-26T09:00", item())
    past.report(URL, "2026-01-26T09:00", dates=[("2026-01-22", "page")])
    past.look("2026-02-02T09:00", item())
    past.report(URL, "2026-02-02T09:00", verdict="invalid", reason="cover_letter", content="c2")
    assert past.stand("2026-02-03").status is Status.ON_TIME
    past.look("2026-02-09T09:00", item())
    past.report(URL, "2026-02-02T09:00", verdict="invalid", reason="cover_letter", content="c2",
                until="2026-02-09T09:00")
    assert past.stand("2026-02-10").status is Status.INVALID
    past.look("2026-02-16T09:00", item())
    past.report(URL, "2026-01-26T09:00", dates=[("2026-01-22", "page")], until="2026-02-16T09:00")
    assert past.stand("2026-02-17").status is Status.ON_TIME


def test_notices_that_differ_each_time_take_a_report_back_as_well(past):
    past.look("2026-01-26T09:00", item())
    past.report(URL, "2026-01-26T09:00", dates=[("2026-01-22", "page")])
    for day, content in (("2026-02-02", "c2"), ("2026-02-09", "c3")):
        past.look(f"{day}T09:00", item())
        past.report(URL, f"{day}T09:00", verdict="invalid", reason="cover_letter", content=content)
    assert past.stand("2026-02-10").status is Status.INVALID


def test_a_valid_report_beside_an_invalid_page_counts(past):
    other = f"{HOST}/nb/2.html"
    past.look("2026-02-02T09:00", item(), item(other))
    past.report(URL, "2026-02-02T09:00", verdict="invalid", reason="cover_letter")
    past.report(other, "2026-02-02T09:00", dates=[("2026-01-29", "page")])
    assert past.stand("2026-02-10").status is Status.ON_TIME


def test_a_report_of_unknown_scope_blocks_missing_for_both_scopes(tmp_path):
    body = Body(id="b", name="示例县人民政府", kind="government", level="county", scopes=("own", "consolidated"),
                portal="p")
    past = History(tmp_path, [body])
    for day in ("2026-04-02", "2026-04-09"):
        past.look(f"{day}T09:00", item(scope="unknown"))
    past.report(URL, "2026-04-02T09:00", scope="unknown", dates=[("2026-01-29", "page")])
    for scope in ("own", "consolidated"):
        one = past.stand("2026-04-10", scope=scope)
        assert (one.status, one.reason) == (Status.INVALID, "scope_unknown")


@pytest.mark.parametrize(("verdict", "body"), [("report", "x"), ("other", None)])
def test_a_page_with_the_reports_of_many_bodies_is_not_ruled_out_by_the_one_read_from_it(past, verdict, body):
    for at in ("2026-02-02T09:00", "2026-02-09T09:00"):
        run = past.look(at, item(title="县直各部门2025年政府信息公开工作年度报告", route="unrouted", body=None,
                                 scope="unknown", printed="县直各部门"))
    past.report(URL, "2026-02-02T09:00", body=body, verdict=verdict, run=run)
    one = past.stand("2026-02-10")
    assert (one.status, one.reason) == (Status.UNVERIFIED, "unrouted_title")


OWN_TITLE = "示例市教育局2025年政府信息公开工作年度报告"


@pytest.mark.parametrize(("pages", "status"), [
    # Listed as 2024's or 2026's, while the page itself speaks of 2025.
    ([(1, 2024, "invalid", "2026-01-20", OWN_TITLE, "2026-01-25T09:00")], Status.INVALID),
    ([(1, 2026, "invalid", "2026-01-20", OWN_TITLE, "2026-01-25T09:00")], Status.INVALID),
    # Called 2026's in the middle of 2026, on the page too.
    ([(1, 2026, "report", "2026-01-20", OWN_TITLE.replace("2025", "2026"), "2026-01-25T09:00")], Status.INVALID),
    # A second report "on 2024" of the season in which 2025's was due.
    ([(1, 2024, "report", "2025-01-20", OWN_TITLE.replace("2025", "2024"), "2026-01-25T09:00"),
      (2, 2024, "report", "2026-01-20", OWN_TITLE.replace("2025", "2024"), "2026-01-25T09:00")], Status.INVALID),
    # Earlier reports as they should be, and one that a new site dated anew.
    ([(1, 2024, "report", "2025-01-20", OWN_TITLE.replace("2025", "2024"), "2026-01-25T09:00")], Status.MISSING),
    ([(1, 2024, "report", "2026-01-20", OWN_TITLE.replace("2025", "2024"), "2026-01-25T09:00")], Status.MISSING),
    ([(1, 2024, "invalid", "2025-01-20", OWN_TITLE.replace("2025", "2023"), "2026-01-25T09:00")], Status.MISSING)])
def test_a_report_under_another_years_title_stands_in_the_way_of_missing(past, pages, status):
    rows = [item(f"{HOST}/nb/{number}.html", title, year=year) for number, year, _, _, title, _ in pages]
    run = past.look("2026-02-02T09:00", *rows)
    past.look("2026-02-09T09:00", *rows)
    for number, year, verdict, day, title, seen in pages:
        past.report(f"{HOST}/nb/{number}.html", seen, year=year, verdict=verdict, content=f"c{number}", run=run,
                    reason="wrong_year" if verdict == "invalid" else "", dates=[(day, "page")], title=title)
    one = past.stand("2026-02-10")
    assert (one.status, one.reason) == (status, "wrong_year" if status is Status.INVALID else "")


def test_last_years_report_that_moved_and_was_dated_anew_is_no_report_under_a_wrong_title(past):
    title = OWN_TITLE.replace("2025", "2024")
    first = past.look("2026-01-20T09:00", item(f"{HOST}/nb/1.html", title, year=2024))
    past.report(f"{HOST}/nb/1.html", "2026-01-20T09:00", year=2024, title=title, dates=[("2025-01-20", "page")],
                content="c1", run=first)
    for at in ("2026-02-02T09:00", "2026-02-09T09:00"):
        run = past.look(at, item(f"{HOST}/new/1.html", title, year=2024))
    past.report(f"{HOST}/new/1.html", "2026-02-02T09:00", year=2024, title=title, dates=[("2026-02-01", "page")],
                content="c2", run=run)
    assert past.stand("2026-02-10").status is Status.MISSING


@pytest.mark.parametrize("printed", ["list", "page"])
@pytest.mark.parametrize(("earlier", "status", "reason"), [
    (("2026-02-06", "2026-02-06"), Status.UNDATED, "dates_moved"),
    (("2026-02-06", "2025-01-20"), Status.LATE, ""), (("2025-01-20", "2024-01-20"), Status.LATE, "")])
def test_a_day_that_earlier_years_reports_bear_too_is_no_publication(past, printed, earlier, status, reason):
    days = dict(zip((2025, 2024, 2023), ("2026-02-06", *earlier), strict=True))
    for at in ("2026-02-09T09:00", "2026-02-16T09:00"):
        run = past.look(at, *(item(f"{HOST}/nb/{year}.html", OWN_TITLE.replace("2025", str(year)), year=year,
                                   day=day if printed == "list" else "") for year, day in days.items()))
    for year, day in days.items():
        past.report(f"{HOST}/nb/{year}.html", "2026-02-09T09:00", year=year, content=f"c{year}", run=run,
                    title=OWN_TITLE.replace("2025", str(year)), dates=[(day, "page")] if printed == "page" else ())
    one = past.stand("2026-02-17")
    assert (one.status, one.reason) == (status, reason)


def test_a_listed_report_whose_page_cannot_be_opened_is_not_missing(past):
    for day in ("2026-02-02", "2026-02-09"):
        run = past.look(f"{day}T09:00", item())
        past.capture(run, URL, f"{day}T09:01", outcome="gone")
    one = past.stand("2026-02-10")
    assert (one.status, one.reason, one.outcome) == (Status.UNVERIFIED, "page_not_opened", "gone")
    (unopened,) = one.evidence["unopened"]
    assert (unopened["t1"][:10], unopened["t2"][:10], unopened["outcome"]) == ("2026-02-02", "2026-02-09", "gone")


def test_slowness_of_a_page_is_nothing_against_the_body(past):
    for day in ("2026-02-02", "2026-02-09"):
        run = past.look(f"{day}T09:00", item())
        past.capture(run, URL, f"{day}T09:01", outcome="timeout")
    assert "unopened" not in past.stand("2026-02-10").evidence
