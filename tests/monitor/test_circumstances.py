"""What the store holds around a standing: proved by rows, looked up only with reason."""

import pytest

from crawler import clock
from crawler.model import Body, Column
from monitor import circumstances
from monitor.model import Standing, Status
from tests.monitor.history import HOST, History, item

AT = "2026-04-10T09:00"


def around(history, standings=None, at=AT, **chosen):
    """What is held around the one published standing of 2025, or the first of `standings`."""
    standings = standings or [history.stand(at)]
    with history.store.read() as connection:
        found = list(circumstances.Surroundings(connection, history.roster, clock.parse(at)).over(standings, {}))
    return found[0].around


def dated(history, listed, seen, day="2026-01-29"):
    """A report dated `day`, absent in a look at `listed`, seen at `seen`."""
    history.look(listed)
    run = history.look(seen, item(day=day))
    history.report(item()[0], seen, dates=[(day, "page")], run=run)


# ---------------------------------------------------------------- PUB-05
def test_absent_after_its_own_date_and_first_seen_after_the_due_day(tmp_path):
    history = History(tmp_path)
    dated(history, "2026-02-05T09:00", "2026-03-20T09:00")
    absent = around(history).absent
    assert (absent["dated"], absent["at"][:10], absent["first_seen"][:10]) == ("2026-01-29", "2026-02-05", "2026-03-20")
    assert absent["snapshots"]
    assert absent["first_snapshots"]


@pytest.mark.parametrize(("look", "seen", "day", "more"), [
    ("2026-01-20T09:00", "2026-03-20T09:00", "2026-01-29", {}),  # looked before it was dated
    ("2026-02-05T09:00", "2026-03-20T09:00", "2026-02-20", {}),  # dated after the day
    ("2026-01-25T09:00", "2026-01-31T12:00", "2026-01-20", {}),  # seen in time
    ("2026-02-05T09:00", "2026-03-20T09:00", "2026-01-29", {"complete": False}),
    ("2026-02-05T09:00", "2026-03-20T09:00", "2026-01-29", {"outcome": "timeout"})])
def test_looks_that_prove_no_backdating(tmp_path, look, seen, day, more):
    history = History(tmp_path)
    history.look(look, **more)
    run = history.look(seen, item(day=day))
    history.report(item()[0], seen, dates=[(day, "page")], run=run)
    assert around(history).absent == {}


def test_a_title_nobody_claims_may_have_been_the_report(tmp_path):
    history = History(tmp_path)
    history.look("2026-02-05T09:00", item(route="unrouted", body=None, printed="教育局"))
    run = history.look("2026-03-20T09:00", item(day="2026-01-29"))
    history.report(item()[0], "2026-03-20T09:00", dates=[("2026-01-29", "page")], run=run)
    assert around(history).absent == {}


# ---------------------------------------------------------------- PUB-10, PUB-11
def test_versions_and_copies_are_those_that_differ(tmp_path):
    history = History(tmp_path)
    history.look("2026-01-20T09:00", item(day="2026-01-20"))
    history.report(item()[0], "2026-01-20T09:00", dates=[("2026-01-20", "page")])
    assert (around(history).versions, around(history).copies) == ([], [])
    history.report(item()[0], "2026-02-20T09:00", dates=[("2026-01-20", "page")], content="c2")
    found = around(history).versions
    assert [each["first_seen"][:10] for each in found] == ["2026-01-20", "2026-02-20"]
    other = f"{HOST}/other/1.html"
    history.report(other, "2026-02-20T09:00", dates=[("2026-01-20", "page")], content="c3")
    assert {each["address"] for each in around(history).copies} == {item()[0], other}


def test_a_copy_long_gone_is_no_second_publication(tmp_path):
    history = History(tmp_path)
    history.look("2026-01-20T09:00", item(day="2026-01-20"))
    history.report(f"{HOST}/other/1.html", "2026-01-19T09:00", dates=[("2026-01-20", "page")], content="c3")
    history.report(item()[0], "2026-01-20T09:00", dates=[("2026-01-20", "page")], until="2026-04-07T09:00")
    assert [each["address"] for each in around(history).copies] == [item()[0]]


# ---------------------------------------------------------------- columns
def columns(history, **more):
    return {each["column"]: each for each in around(history, **more).columns}


def test_columns_say_where_a_report_is_listed_and_where_it_is_not(tmp_path):
    history = History(tmp_path, columns=("own", "all"))
    history.portal.columns[0] = Column(id="own", name="本单位", url=f"{HOST}/own/", role="own")
    history.bodies = [Body(id="b", name="示例市教育局", kind="department", level="county", portal="p",
                           channels=("p/own", "p/all"))]
    history.roster = type(history.roster).of(history.bodies, [history.portal])
    history.look("2026-01-20T09:00", item(day="2026-01-20"), columns=["own"])
    history.report(item()[0], "2026-01-20T09:00", dates=[("2026-01-20", "page")])
    assert {name: (each["listed"], each["absent"]) for name, each in columns(history).items()} == {
        "own": (True, False), "all": (False, False)}
    history.look("2026-02-20T09:00", columns=["all"])
    assert columns(history)["all"]["absent"]


def test_a_list_out_of_order_is_counted_from_its_days(tmp_path):
    history = History(tmp_path)
    days = ("2026-01-20", "2025-03-01", "2025-06-01", "2024-02-02", "2025-01-01")
    rows = [item(url=f"{HOST}/nb/{number}.html", day=day, year=2025 if not number else 2000 + number)
            for number, day in enumerate(days)]
    history.look("2026-01-20T09:00", *rows)
    history.report(rows[0][0], "2026-01-20T09:00", dates=[("2026-01-20", "page")])
    assert columns(history)["nb"]["out_of_order"] == 2
    assert columns(history)["nb"]["owner"]


# ---------------------------------------------------------------- years and siblings
def standing(year, status, scope="own", newest=False, body="b"):
    return Standing(body, scope, year, status, evidence={"newest": newest})


def test_missing_years_are_told_on_the_newest_standing_only(tmp_path):
    history = History(tmp_path)
    old = [standing(year, Status.MISSING) for year in (2018, 2021, 2023)]
    newest = standing(2025, Status.ON_TIME, newest=True)
    assert around(history, [newest, *old]).years_missing == [2021, 2023]
    assert around(history, [old[0], *old, newest]).years_missing == ()
    founded = Body(id="b", name="示例市教育局", kind="department", level="county", portal="p", since=2022)
    history.roster = type(history.roster).of([founded], [history.portal])
    assert around(history, [newest, *old]).years_missing == [2023]


def test_the_sibling_is_the_other_scope_of_the_same_office(tmp_path):
    office = Body(id="o", name="示例县政府办", kind="government_office", level="county", portal="p", acts_as="g")
    government = Body(id="g", name="示例县人民政府", kind="government", level="county", portal="p",
                      scopes=("consolidated",))
    history = History(tmp_path, bodies=[office, government])
    missing = standing(2025, Status.MISSING, "consolidated", True, "g")
    found = standing(2025, Status.ON_TIME, "own", True, "o")
    assert around(history, [missing, found]).sibling == found
    assert not around(history, [missing, found]).sibling_settled
    assert around(history, [missing, standing(2025, Status.MISSING, "own", True, "o")]).sibling is None
    assert around(history, [missing, standing(2024, Status.ON_TIME, "own", True, "o")]).sibling is None
