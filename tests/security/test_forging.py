"""A portal that lies about bodies of other portals: it can make nobody look worse."""

import pytest

from crawler.model import Body, Column, Portal
from crawler.roster import Roster
from extract.model import Figure
from monitor.holdings import Holdings
from monitor.model import Status
from tests.monitor.history import HOST, History, item

ELSEWHERE = "http://www.forger.example/nb/1.html"


@pytest.fixture
def past(tmp_path):
    made = History(tmp_path)
    forger = Portal(id="forger", name="他市门户", hosts=["www.forger.example"], columns=[
        Column(id="nb", name="年报", url="http://www.forger.example/nb/")])
    made.roster = Roster.of([*made.bodies, Body(id="x", name="他市教育局", kind="department", level="county",
                                                portal="forger")], [made.portal, forger])
    return made


def forged(past, day, verdict="report", portal="forger"):
    """The forger's page about the body `b`, and its row in the forger's list."""
    past.report(ELSEWHERE, f"{day}T09:00", dates=[(day, "page")] if day else (), verdict=verdict,
                reason="cover_letter" if verdict == "invalid" else "", content="forged")
    with past.store.write() as connection:
        connection.execute("UPDATE report SET portal = ? WHERE address = ?", (portal, ELSEWHERE))
        run = f"f{day}"
        connection.execute("INSERT INTO run (id, kind, state, started, simulated, plan) "
                           "VALUES (?, 'scan', 'done', ?, 1, '{}')", (run, f"{day}T09:00:00+08:00"))
        number = connection.execute(
            "INSERT INTO listing (run, portal, column_id, url, family, at, day, outcome, complete, in_order, items, "
            "pages) VALUES (?, ?, 'nb', 'http://www.forger.example/nb/', 'static', ?, ?, 'ok', 1, 1, 6, '[]')",
            (run, portal, f"{day}T09:00:00+08:00", day)).lastrowid
        connection.execute(
            "INSERT INTO sighting (listing, url, title, day, route, body, scope, year, printed_body, reason) "
            "VALUES (?, ?, ?, ?, 'report', 'b', 'own', 2025, '', '')",
            (number, ELSEWHERE, "示例市教育局2025年政府信息公开工作年度报告", day))


@pytest.mark.parametrize("verdict", ["report", "invalid"])
def test_a_body_we_could_not_look_at_is_not_made_late_or_invalid(past, verdict):
    past.look("2026-02-02T09:00", failed="timeout")
    forged(past, "2026-05-20", verdict)
    assert past.stand("2026-06-02").status is Status.UNVERIFIED


def test_a_report_forged_and_taken_away_again_is_no_withdrawal(past):
    past.look("2026-02-02T09:00", failed="timeout")
    forged(past, "2026-02-03")
    for day in ("2026-02-09", "2026-02-16"):
        past.capture(past.look(f"{day}T09:00"), ELSEWHERE, f"{day}T09:01", outcome="gone")
    assert past.stand("2026-02-17").status is Status.UNVERIFIED


def test_an_own_report_keeps_its_date_beside_a_forged_one(past):
    past.look("2026-01-20T09:00", item())
    past.report(f"{HOST}/nb/1.html", "2026-01-20T09:00", dates=[("2026-01-20", "page")])
    forged(past, "2026-01-05")
    one = past.stand("2026-06-02")
    assert (one.status, one.address) == (Status.ON_TIME, f"{HOST}/nb/1.html")


def test_what_is_seen_only_there_makes_an_absence_unverified_and_a_timely_report_counts(past):
    """It may be the report all the same: the roster may lack a column."""
    for day in ("2026-02-02", "2026-02-09"):
        past.look(f"{day}T09:00")
    assert past.stand("2026-02-10").status is Status.MISSING
    forged(past, "2026-02-09")
    one = past.stand("2026-02-10")
    assert (one.status, one.reason, one.address) == (Status.UNVERIFIED, "not_at_home", ELSEWHERE)
    with past.store.write() as connection:
        connection.execute("UPDATE report SET dates = '[{\"date\": \"2026-01-20\", \"source\": \"page\"}]', "
                           "first_seen = '2026-01-20T09:00:00+08:00' WHERE address = ?", (ELSEWHERE,))
    assert past.stand("2026-02-10").status is Status.ON_TIME


def test_no_rule_counts_forged_figures_against_a_body(past):
    wrong = {"applications.new.total": Figure(31, "number", "31")}
    past.read(ELSEWHERE, "2026-02-03T09:00", wrong, content="forged")
    past.read("http://www.forger.example/nb/2024.html", "2026-02-03T09:00", wrong, year=2024, content="older")
    with past.store.write() as connection:
        connection.execute("UPDATE report SET portal = 'forger'")
    past.read(f"{HOST}/nb/1.html", "2026-01-20T09:00", wrong)
    with past.store.read() as connection:
        held = Holdings(connection, past.roster, [])
        assert list(held.rows) == [("b", "own", 2025)]
        assert held.rows["b", "own", 2025]["address"] == f"{HOST}/nb/1.html"
        assert held.task(("b", "own", 2025)).earlier == ()
