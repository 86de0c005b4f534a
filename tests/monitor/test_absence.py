"""Domain §1 clause by clause: what makes an observation healthy and when two of them show that a report is missing.

Every row is one clause with looks on both sides of it; the body is a department, due on 31 January 2026.
"""

import pytest

from crawler import clock
from crawler.model import Body
from monitor import patrol
from monitor.model import Status
from tests.monitor.history import HOST, History, _Settings, item

MISSING, NOT_SEEN, UNVERIFIED = Status.MISSING, Status.NOT_SEEN, Status.UNVERIFIED
A, B = "2026-02-02T09:00", "2026-02-09T09:00"
"""Two looks a week apart after the due day: by themselves they prove absence."""
NAMELESS = item(title="2025年政府信息公开工作年度报告", route="unrouted", body=None, scope="unknown")
YEARLESS = item(title="示例市教育局政府信息公开工作年度报告", route="unrouted", body=None, scope="unknown", year=None,
                printed="示例市教育局")


def look(at, *items, **more):
    return at, items, more


BOTH = [look(A), look(B)]
TABLE = [
    # ---- two healthy observations
    ("two healthy ones", BOTH, MISSING),
    ("exactly one", [look(A)], NOT_SEEN),
    ("none", [], UNVERIFIED),
    # ---- on different days, six hours apart
    ("same day", [look("2026-02-02T00:30"), look("2026-02-02T23:30")], NOT_SEEN),
    ("different days, under six hours", [look("2026-02-02T23:00"), look("2026-02-03T04:59")], NOT_SEEN),
    ("different days, six hours", [look("2026-02-02T23:00"), look("2026-02-03T05:00")], MISSING),
    # ---- the later after the due day, the earlier at most 48 h before its end
    ("both on or before the day", [look("2026-01-30T09:00"), look("2026-01-31T23:59")], UNVERIFIED),
    ("later one minute after the day", [look("2026-01-31T09:00"), look("2026-02-01T00:00")], MISSING),
    ("earlier just within 48 h", [look("2026-01-30T00:00"), look("2026-02-01T00:15")], MISSING),
    ("earlier just beyond 48 h", [look("2026-01-29T23:59"), look("2026-02-01T00:15")], NOT_SEEN),
    ("the three scans of a due day", [look("2026-01-31T23:00"), look("2026-02-01T00:15"), look("2026-02-01T06:00")],
     MISSING),
    # ---- every column answered, is of a known shape and still holds items
    *[(f"one look {outcome}", [look(A), look(B, outcome=outcome, items_count=0)], NOT_SEEN)
      for outcome in ("timeout", "challenge", "robots_denied", "robots_unreachable", "unknown_shape", "empty_listing",
                      "soft_404", "gone", "redirect_offsite", "undecodable", "tls", "dns", "server_error")],
    ("ok without an item", [look(A), look(B, items_count=0)], NOT_SEEN),
    ("a portal that failed before any list", [look(A), look(B, failed="refused")], NOT_SEEN),
    ("only empty lists", [look(A, outcome="empty_listing", items_count=0), look(B, outcome="empty_listing",
                                                                                items_count=0)], UNVERIFIED),
    ("empty lists of a column that was filled", [
        look("2026-01-05T09:00"), look(A, outcome="empty_listing", items_count=0),
        look(B, outcome="empty_listing", items_count=0)], UNVERIFIED),
    # ---- enumerated to its end, or in order of date to before 1 January with a full walk within eight weeks
    ("cut short", [look(A), look(B, complete=False)], NOT_SEEN),
    ("in order to before the year, full a week ago", [look(A), look(B, complete=False, reached="2025-12-31")], MISSING),
    ("in order, but not past 1 January", [look(A), look(B, complete=False, reached="2026-01-01")], NOT_SEEN),
    ("not in order", [look(A), look(B, complete=False, in_order=False, reached="2025-12-31")], NOT_SEEN),
    ("the last full walk was not in order", [look(A, in_order=False), look(B, complete=False, reached="2025-12-31")],
     NOT_SEEN),
    ("the last full walk eight weeks ago", [
        look("2025-12-08T09:00"), look("2026-02-02T09:00", complete=False, reached="2025-12-01"),
        look("2026-02-03T09:00")], MISSING),
    ("the last full walk over eight weeks ago", [
        look("2025-12-08T08:59"), look("2026-02-02T09:00", complete=False, reached="2025-12-01"),
        look("2026-02-03T09:00")], NOT_SEEN),
    # ---- nothing routed to it, and no title that could be it
    ("unrouted title without a name", [look(A, NAMELESS), look(B, NAMELESS)], UNVERIFIED),
    ("unrouted title without a year", [look(A, YEARLESS), look(B, YEARLESS)], UNVERIFIED),
    ("such a title in the second look only", [look(A), look(B, NAMELESS)], UNVERIFIED),
    ("such a title in a later look that was cut short", [*BOTH, look("2026-02-16T09:00", NAMELESS, complete=False)],
     UNVERIFIED),
    ("such a title before, not since", [look("2026-01-20T09:00", NAMELESS), *BOTH], MISSING),
    ("a title of another year", [look(A, item(year=2024)), look(B, item(year=2024))], MISSING),
    ("a title of another body", [look(at, item(route="report", body="x")) for at in (A, B)], MISSING),
    ("an unrouted title of a name that can't be it", [
        look(at, item(route="unrouted", body=None, printed="示例市水利局")) for at in (A, B)], MISSING),
    ("an interpretation", [look(at, item(route="reject", body=None)) for at in (A, B)], MISSING),
    ("a report of unknown scope", [look(at, item(scope="unknown")) for at in (A, B)], UNVERIFIED),
    ("its own title, not opened yet", [look(A), look(B, item())], UNVERIFIED),
    ("a title on a host not registered", [look(at, item(route="foreign")) for at in (A, B)], UNVERIFIED),
    ("a note in its place", [look(at, item(route="note")) for at in (A, B)], UNVERIFIED),
    # ---- not_modified for one of the two only, with a full body fetched after the due day
    ("not_modified after a full one", [look(A), look(B, outcome="not_modified")], MISSING),
    ("full one after a not_modified", [look("2026-01-20T09:00"), look(A, outcome="not_modified"), look(B)], MISSING),
    ("not_modified, full one before the day", [look("2026-01-31T12:00"), look(A, outcome="not_modified")], NOT_SEEN),
    ("not_modified twice", [look("2026-01-20T09:00"), look(A, outcome="not_modified"),
                            look(B, outcome="not_modified")], NOT_SEEN),
    ("not_modified without any full one", [look(A, outcome="not_modified"), look(B, outcome="not_modified")],
     UNVERIFIED),
    ("not_modified repeats a title that could be it", [look(A, NAMELESS), look(B, outcome="not_modified")],
     UNVERIFIED),
    # ---- what failed later takes nothing back, what was seen later does
    ("a failure after both", [*BOTH, look("2026-02-16T09:00", outcome="timeout")], MISSING),
]


@pytest.mark.parametrize(("looks", "status"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_clause(tmp_path, looks, status):
    past = History(tmp_path)
    for at, items, more in looks:
        past.look(at, *items, **more)
    assert past.stand("2026-02-17T00:00").status is status


@pytest.mark.parametrize(("first", "second", "status"), [
    (("own", "joint"), ("own", "joint"), MISSING), (("own", "joint"), ("own",), NOT_SEEN),
    (("own",), ("joint",), UNVERIFIED), (("own",), ("own",), UNVERIFIED)])
def test_every_column_the_row_names_must_have_answered_in_the_same_run(tmp_path, first, second, status):
    past = History(tmp_path, columns=("own", "joint"))
    past.look(A, columns=first)
    past.look(B, columns=second)
    assert past.stand("2026-02-10").status is status


def test_one_column_that_failed_spoils_the_look_whatever_the_other_shows(tmp_path):
    past = History(tmp_path, columns=("own", "joint"))
    past.look(A)
    run = past.look(B, columns=("own",))
    past.look(B, columns=("joint",), outcome="timeout", run=run)
    assert past.stand("2026-02-10").status is NOT_SEEN


def test_only_the_channels_the_row_names_count(tmp_path):
    past = History(tmp_path, [Body(id="b", name="示例市教育局", kind="department", level="county", portal="p",
                                   channels=("p/own",))], columns=("own", "other"))
    for at in (A, B):
        past.look(at, columns=("own",))
    assert past.stand("2026-02-10").status is MISSING


@pytest.mark.parametrize(("at", "since"), [
    ("2026-01-29T02:00", "2025-02-01T00:00:00+08:00"), ("2026-01-30T02:00", "2026-01-30T00:00:00+08:00"),
    ("2026-01-31T23:00", "2026-01-30T00:00:00+08:00"), ("2026-02-01T00:15", "2026-02-01T00:00:00+08:00"),
    ("2026-03-01T02:00", "2026-02-01T00:00:00+08:00")])
def test_lists_come_in_full_once_on_each_side_of_a_due_day(tmp_path, at, since):
    assert patrol.full_after(_Settings(), History(tmp_path).roster, clock.parse(at)) == since


def test_around_a_due_day_the_list_of_the_morning_after_is_final(tmp_path):
    """23:00 and 00:15 came in full since each side of the day asks for it; 06:00 was answered "not modified"."""
    past = History(tmp_path)
    past.look("2026-01-31T23:00")
    past.look("2026-02-01T00:15")
    past.look("2026-02-01T06:00", outcome="not_modified")
    with past.store.write() as connection:
        connection.execute("UPDATE listing SET held = '2026-02-01T00:15:00+08:00' WHERE outcome = 'not_modified'")
    one = past.stand("2026-02-01T06:30")
    assert (one.status, one.evidence["t1"][:16]) == (MISSING, "2026-01-31T23:00")


@pytest.mark.parametrize("scope", ["own", "consolidated"])
def test_a_report_of_unknown_scope_blocks_both_scopes(tmp_path, scope):
    past = History(tmp_path, [Body(id="b", name="示例县人民政府", kind="government", level="county",
                                   scopes=("own", "consolidated"), portal="p")])
    for at in ("2026-04-02T09:00", "2026-04-09T09:00"):
        past.look(at, item(scope="unknown", title="示例县人民政府2025年政府信息公开工作年度报告"))
    assert past.stand("2026-04-10", scope=scope).status is UNVERIFIED


def test_the_captured_pages_of_both_observations_are_the_evidence(tmp_path):
    past = History(tmp_path, columns=("own", "joint"))
    past.look(A)
    past.look(B)
    one = past.stand("2026-02-10")
    with past.store.read() as connection:
        kept = {row["sha256"]: row["at"] for row in connection.execute("SELECT sha256, at FROM fetch")}
    assert sorted(kept) == sorted(one.evidence["snapshots"])
    assert [one.evidence[name][:16] for name in ("t1", "t2")] == [A, B]
    assert len(one.evidence["listings"]) == 4


def test_not_modified_read_from_held_pages_counts_by_when_they_were_fetched(tmp_path):
    """A list confirmed page by page tells itself when the oldest of its bodies came."""
    for held, status in (("2026-01-20T09:00:00+08:00", NOT_SEEN), ("2026-02-01T00:15:00+08:00", MISSING)):
        past = History(tmp_path)
        past.look("2026-01-31T12:00")
        past.look(B, outcome="not_modified")
        with past.store.write() as connection:
            connection.execute("UPDATE listing SET held = ? WHERE outcome = 'not_modified'", (held,))
        assert past.stand("2026-02-10").status is status


def test_a_column_registered_since_must_be_looked_at_too(tmp_path):
    """A list that moved is another column: the looks at the old one prove nothing for it."""
    past = History(tmp_path, columns=("old", "new"))
    past.look(A, columns=("old",))
    past.look(B, columns=("old",))
    assert past.stand("2026-02-10").reason == "not_looked"
    assert f"{HOST}/new/" in {channel["url"] for channel in past.stand("2026-02-10").evidence["channels"]}
