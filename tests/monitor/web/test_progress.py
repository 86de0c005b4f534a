"""The curve of publication: shares of what can be told, two years side by side, days that have not come left blank."""

from __future__ import annotations

from datetime import date

import pytest
from lxml import html

from crawler import clock
from crawler.model import Body
from crawler.roster import Roster
from extract import configuration
from monitor.model import Standing, Status
from monitor.web import board
from monitor.web.board import Filter
from monitor.web.views import progress
from tests.monitor.web import boards
from tests.monitor.web.served import visitor

DAYS = {"2026-01-05": 2, "2026-01-31": 3, "2026-02-10": 1}


@pytest.fixture(autouse=True)
def _office():
    yield
    clock.simulate(None)
    configuration.use_office_folder(None)


def seat(tmp_path, made, kind="department", level="county", count=12):
    roster = Roster.of([Body("gov", "示例县人民政府", "government", "county", sort_order=1),
                        *(Body(f"b{number}", f"示例县第{number}局", kind, level, parent="gov", sort_order=2 + number)
                          for number in range(count))], [])
    return boards.Seat(tmp_path, roster, made)


def season(unverified=2, not_due=2):
    made, number = [], 0
    for day, count in DAYS.items():
        for _ in range(count):
            late = max(0, (date.fromisoformat(day) - date(2026, 1, 31)).days)
            made.append(Standing(f"b{number}", "own", 2025, Status.LATE if late else Status.ON_TIME,
                                 date(2026, 1, 31), "statutory", day, days_late=late or None))
            number += 1
    for status, count in ((Status.UNVERIFIED, unverified), (Status.NOT_DUE, not_due), (Status.NOT_SEEN, 1),
                          (Status.MISSING, 1)):
        for _ in range(count):
            made.append(Standing(f"b{number}", "own", 2025, status, date(2026, 1, 31), "statutory"))
            number += 1
    return made


def page(client, address="/progress"):
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return html.fromstring(answer.text)


def table(tree):
    return {row.findtext("th"): [cell.text_content() for cell in row.findall("td")]
            for row in tree.xpath("//table/tbody/tr")}


def test_shares_leave_out_what_could_not_be_verified_and_count_what_is_not_due(tmp_path):
    rows = table(page(visitor(seat(tmp_path, season()).settings)))
    assert rows["1月10日"][:2] == ["2", "22.2%"]
    assert rows["1月31日"][:2] == ["5", "55.6%"]
    assert rows["2月10日"][:2] == ["6", "66.7%"]


def test_a_day_that_has_not_come_is_no_zero(tmp_path):
    rows = table(page(visitor(seat(tmp_path, season()).settings)))
    assert rows["3月31日"][:2] == ["6", "66.7%"]
    assert rows["4月10日"][:2] == ["", ""]


def test_under_five_there_is_no_share_and_no_curve(tmp_path):
    made = [each for each in season() if each.status in (Status.LATE, Status.UNVERIFIED)]
    tree = page(visitor(seat(tmp_path, made).settings))
    assert not tree.xpath("//*[local-name()='svg'][@class='chart']")
    assert "不计算比例" in tree.text_content()
    assert "%" not in "".join(cell for row in table(tree).values() for cell in row)


def test_two_years_stand_side_by_side_by_the_same_day_of_the_season(tmp_path):
    made = season() + [Standing(f"b{number}", "own", 2024, Status.ON_TIME, date(2025, 1, 31), "statutory", "2025-01-08")
                       for number in range(6)]
    tree = page(visitor(seat(tmp_path, made).settings))
    assert table(tree)["1月10日"][:4] == ["2", "22.2%", "6", "100.0%"]
    assert table(tree)["4月10日"][:4] == ["", "", "6", "100.0%"]
    drawn = tree.xpath("//*[local-name()='svg'][@class='chart']")[0]
    assert {"2025年度", "2024年度"} <= set(drawn.xpath(".//*[local-name()='text']/text()"))
    assert {each.get("stroke-dasharray") for each in drawn.xpath(
        ".//*[local-name()='path']")} == {None, "7 4"}


def test_every_tier_has_its_line(tmp_path):
    made = [*season(), Standing("gov", "consolidated", 2025, Status.NOT_DUE, date(2026, 3, 31), "statutory")]
    office = seat(tmp_path, made)
    tree = page(visitor(office.settings))
    rows = table(tree)
    assert rows["1月31日"][-1] == "法定时限"
    assert rows["2月20日"][-1] == "国办规定时限"
    assert rows["3月31日"][-1] == "法定时限"
    labels = tree.xpath("//*[local-name()='text']/text()")
    assert {"1-31 法定时限", "2-20 国办规定时限", "3-31 法定时限"} <= set(labels)
    assert "2-20 国办规定时限" not in page(visitor(office.settings), "/progress?kind=department").text_content()


def test_a_local_notice_is_marked_where_it_holds(tmp_path):
    office = seat(tmp_path, season())
    packaged = configuration.path_of("deadlines.yaml").read_text("utf-8")
    (tmp_path / "facts" / "deadlines.yaml").write_text(
        packaged.replace("\nlocal: []", "") + "\nlocal:\n  - {id: early, notice: 示例通知, date: 2025-12-01, "
        "under: gov, kinds: [department], years: [2025], day: '01-20', basis: L-early}\n", "utf-8")
    configuration.load.cache_clear()
    rows = table(page(visitor(office.settings)))
    assert rows["1月20日"][-1] == "本地规定时限"


def test_many_places_show_no_local_days_and_say_so(tmp_path, monkeypatch):
    monkeypatch.setattr(progress, "_MOST_GROUPS", 0)
    tree = page(visitor(seat(tmp_path, season()).settings))
    assert table(tree)["1月31日"][-1] == "法定时限"
    assert "本地规定的时限不标出" in tree.text_content()


def test_what_was_published_outside_of_the_season_keeps_its_place(tmp_path):
    made = [Standing(f"b{number}", "own", 2025, Status.ON_TIME, date(2026, 1, 31), "statutory", day)
            for number, day in enumerate(("2025-12-30", "2026-01-01", "2026-02-28", "2026-03-01", "2026-05-20"))]
    rows = table(page(visitor(seat(tmp_path, made).settings)))
    assert rows["1月10日"][0] == "2"
    assert rows["2月28日"][0] == "3"


def test_an_empty_installation_and_an_unknown_year_are_said(tmp_path):
    client = visitor(seat(tmp_path, []).settings)
    assert "尚无数据" in page(client).text_content()
    office = boards.Seat(tmp_path / "two", boards.country(1, 0, 0, 6), boards.standings(
        boards.country(1, 0, 0, 6), range(2025, 2026)))
    client = visitor(office.settings, "en")
    assert page(client, "/progress?year=2019").xpath("//h1/text()") == ["Progress"]
    assert client.get("/progress?under=nowhere").status_code == 404


def test_the_curve_ends_with_the_judgement(tmp_path):
    office = seat(tmp_path, season())
    with office.store.read() as connection:
        held = progress.curve(board.load(connection, office.roster).pick(Filter()), 2025)
    assert held.until == date(2026, 4, 7)
    assert held.by(date(2026, 4, 8)) is None
    assert held.of == 9
