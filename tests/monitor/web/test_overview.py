"""The overview: counts that lead to what they count, one page of the matrix, filters, remits, an empty installation."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import pytest
from lxml import html

from crawler import clock
from crawler.roster import Roster
from extract import configuration
from monitor import compliance, records, review
from monitor.model import Finding, Standing, Status
from monitor.web import board
from tests.monitor.exports.test_static_site import HOSTILE, City
from tests.monitor.office import NEXT_WEEK, UNSEEN, Office
from tests.monitor.web import boards, guarded
from tests.monitor.web.served import visitor

YEARS = range(2020, 2026)


@pytest.fixture(autouse=True)
def _later(request):
    clock.simulate(NEXT_WEEK)
    yield
    clock.simulate(None)
    configuration.use_office_folder(None)


@pytest.fixture
def office(tmp_path):
    return Office(tmp_path)


@pytest.fixture
def seat(tmp_path):
    roster = boards.country(1, 3, 2, 20)
    return boards.Seat(tmp_path, roster, boards.standings(roster, YEARS))


def page(client, address="/"):
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return html.fromstring(answer.text)


def matrix(tree):
    """Cells of the matrix by body, as text."""
    return {row.findtext("th/a"): [" ".join(cell.text_content().split()) for cell in row.findall("td")]
            for row in tree.xpath("//table[@class='matrix']/tbody/tr")}


def counted(tree):
    return {row.xpath("string(th/span)").split()[1]: [int(cell.text_content()) for cell in row.findall("td")]
            for row in tree.xpath("//table[@class='counts']/tbody/tr")}


def test_every_body_stands_in_the_matrix_with_symbol_and_word(office):
    rows = matrix(page(visitor(office.settings)))
    assert rows["示例市教育局"][0] == "● 按时 ≠1不符1项"
    assert rows["示例市商务局"][0] == "× 未见"
    assert rows["示例市公安局"][0] == "? 未能核查"
    assert rows["示例市文化和旅游局"][0] == "▲ 逾法定+1天"
    assert rows["示例市教育局"][-1] == "2026年2月2日"
    english = matrix(page(visitor(office.settings), "/en/"))
    assert english["示例市商务局"][0] == "× missing"


def test_only_what_was_not_seen_is_solid(office):
    solid = page(visitor(office.settings)).xpath("//table[@class='matrix']//td[contains(@class, 'solid')]")
    assert [each.text_content().split() for each in solid] == [["×", "未见"]]


def test_verified_and_unverified_do_not_contradict_each_other(office):
    text = page(visitor(office.settings)).xpath("string(//p[@class='told'])")
    assert "应公布8份（8家单位）" in text
    assert "已查实7份，占应公布的7/8；未能核查1份、待复查0份" in text
    assert "71.4%（按时5份 ÷ 已查实7份）" in text


def test_each_count_leads_to_as_many_rows(seat):
    client = visitor(seat.settings)
    tree = page(client)
    followed = 0
    for cell in tree.xpath("//table[@class='counts']/tbody//td[a]"):
        shown = page(client, cell.find("a").get("href"))
        assert f"共{cell.text_content()}行。" in shown.xpath("string(//p[@class='tools']/span)")
        followed += 1
    assert followed > 30


def test_counts_are_those_of_status(seat):
    client = visitor(seat.settings)
    tree = page(client)
    with seat.store.read() as connection:
        view = compliance.held(connection, seat.roster)
    for offset, year in enumerate(reversed(YEARS)):
        totals = compliance.Totals.count(each for each in view.standings if each.year == year)
        foot = [row.findall("td")[offset].text_content() for row in tree.xpath("//table[@class='counts']/tfoot/tr")]
        assert foot == [str(totals.owed), str(totals.verified), totals.rate]
        told = {name: numbers[offset] for name, numbers in counted(tree).items()}
        assert sum(told.values()) == totals.owed
        assert told["按时公布"] == totals[Status.ON_TIME]


def test_the_denominator_follows_the_filter(seat):
    client = visitor(seat.settings)
    text = page(client, "/?under=p0c1&kind=department").xpath("string(//p[@class='told'])")
    assert "应公布60份（60家单位）" in text
    assert "p0c1人民政府 · 部门" in page(client, "/?under=p0c1&kind=department").text_content()
    text = page(client, "/?q=第3局&level=county&year=2024").xpath("string(//p[@class='told'])")
    assert text.startswith("2024年度应公布6份")


def test_one_page_of_the_matrix_at_a_time(seat):
    client = visitor(seat.settings)
    seen, address = [], "/"
    while address:
        tree = page(client, address)
        rows = list(matrix(tree))
        assert len(rows) <= 80
        seen += rows
        address = next(iter(tree.xpath("//nav[@class='pager']/a[@rel='next']/@href")), "")
    assert seen == [body.name for body in seat.roster.bodies.values()]
    assert list(matrix(page(client, "/?page=9999"))) == seen[160:]


def test_a_year_is_the_only_one_shown(seat):
    tree = page(visitor(seat.settings), "/?year=2023")
    assert tree.xpath("//table[@class='matrix']/thead//th/text()") == ["单位", "2023年度", "最近核查"]


def test_the_form_keeps_what_was_asked_and_offers_one_level_of_regions(seat):
    tree = page(visitor(seat.settings), "/?under=p0c1&status=late&q=局&year=2024")
    chosen = {select.get("name"): select.xpath("string(option[@selected]/@value)") for select in tree.iter("select")}
    assert chosen["under"] == "p0c1"
    assert (chosen["status"], chosen["year"]) == ("late", "2024")
    assert tree.xpath("string(//input[@name='q']/@value)") == "局"
    assert tree.xpath("//select[@name='under']/option/@value") == ["", "p0c1", "p0c1x0", "p0c1x1"]
    assert [each.strip() for each in tree.xpath("//nav[@class='path']//li//text()") if each.strip()] == [
        "全部", "p0人民政府", "p0c1人民政府"]
    above = tree.xpath("//nav[@class='path']//a[text()='p0人民政府']/@href")[0]
    assert dict(parse_qsl(urlsplit(above).query)) == {"under": "p0", "status": "late", "q": "局", "year": "2024"}


@pytest.mark.parametrize(("query", "status"), [
    ("under=nowhere", 404), ("status=gone", 400), ("year=12345", 400), ("year=x", 400), ("page=0", 400),
    ("page=9999999999", 400), ("level=%3Cscript%3E", 200), ("scope=%27%22", 200), ("q=" + "a" * 5000, 200)])
def test_odd_questions_are_answered(office, query, status):
    client = visitor(office.settings)
    for prefix in ("/", "/en/"):
        assert client.get(f"{prefix}?{query}").status_code == status
    if query == "status=gone":
        assert "on_time" in client.get("/?status=gone").text
        assert re.search("[一-鿿]", html.fromstring(client.get("/?status=gone").text).xpath("string(//main/p)"))


def test_nobody_fits_is_said_and_the_way_back_offered(office):
    tree = page(visitor(office.settings), "/?q=没有这样的单位")
    assert "没有符合条件的单位。" in tree.text_content()
    assert tree.xpath("//main//section//a[text()='清除筛选']/@href") == ["/"]


def test_an_empty_installation_says_what_to_do_first(tmp_path):
    roster = boards.country(1, 0, 0, 2)
    client = visitor(boards.Seat(tmp_path, roster).settings)
    tree = page(client)
    assert tree.xpath("//ol[@class='begin']/li/code/text()") == [
        "nianbao init", "nianbao roster import", "nianbao probe --roster --write", "nianbao roster check",
        "nianbao roster confirm", "nianbao scan"]
    assert "Begin like this" in client.get("/en/").text


def test_cells_lead_to_the_report_and_where_there_is_none_to_the_body(tmp_path):
    city = City(tmp_path)
    held = city.fill()
    tree = page(visitor(city.settings))
    row = next(row for row in tree.xpath("//table[@class='matrix']/tbody/tr") if "教育局" in row.text_content())
    assert row.xpath("td/a/@href") == [f"/report/{held[0]}", f"/report/{held[1]}"]
    row = next(row for row in tree.xpath("//table[@class='matrix']/tbody/tr") if "商务局" in row.text_content())
    assert row.xpath("td/a/@href") == ["/body/trade"]


def test_two_scopes_of_a_body_are_two_rows_told_apart(office):
    with office.store.write() as connection:
        records.put_standings(connection, [
            *records.standings(connection), Standing("edu", "consolidated", 2025, Status.UNVERIFIED)], "2026-02-03")
    tree = page(visitor(office.settings))
    names = [" ".join(each.text_content().split()) for each in tree.xpath("//table[@class='matrix']//th[@scope='row']")]
    assert names[:2] == ["示例市教育局 汇总", "示例市教育局 本机关"]
    assert "应公布9份（8家单位）" in tree.text_content()


def test_issues_marked_are_those_of_compliance(office):
    loaded = office.loaded()
    others = [replace_finding("ARI-01", state_subject) for state_subject in ("a", "b")] + [
        replace_finding("PUB-17", ""), replace_finding("FMT-05", "3", outcome="uncertain")]
    office.judge("2026-02-03T09:00:00+08:00", others)
    with office.store.write() as connection:
        connection.execute("UPDATE finding SET state = 'dismissed' WHERE subject = 'b'")
    view = compliance.view(office.store, Roster.load(), loaded)
    with office.store.read() as connection:
        held = board.open_issues(connection, [each.body for each in view.standings])
    assert held == view.open_errors == {("edu", "own", 2025): 1}


def replace_finding(rule, subject, outcome="fail"):
    return Finding(rule, 1, "E", outcome, "edu", "own", 2025, subject, "1 = 2", 1, 2, -1)


def test_what_others_wrote_stays_text(office):
    facts = office.folder / "facts" / "bodies.csv"
    lines = facts.read_text("utf-8").replace("示例市商务局", '"' + HOSTILE.replace('"', '""').replace(",", "") + '"')
    facts.write_text(lines, "utf-8")
    configuration.load.cache_clear()
    client = visitor(office.settings)
    hostile = "level=%22%3E%3Cimg+src=x+onerror=alert(1)%3E&kind=%3Cscript%3E&scope=%27%3E%3Csvg+onload=x%3E"
    with office.store.write() as connection:
        review.decide(connection, UNSEEN.id, "confirm", author="张", reason="核实")
    for address in ("/", f"/?q=%3Cscript%3Ealert(1)%3C/script%3E&{hostile}", f"/progress?{hostile}", "/regions",
                    f"/regions?{hostile}", f"/trends?{hostile}", "/brief"):
        tree = page(client, address)
        assert not tree.xpath("//script")
        assert not [name for element in tree.iter() for name in element.attrib if name.startswith("on")]
        assert not tree.xpath("//img")
    assert "alert(1)" in page(client, "/brief").text_content()


def test_a_day_not_yet_due_is_told_in_days_from_the_judgement(office):
    with office.store.write() as connection:
        standings = [replace(each, status=Status.DUE_SOON, due=clock.parse("2026-02-12").date(), days_late=None)
                     for each in records.standings(connection)]
        records.put_standings(connection, standings, "2026-02-09T09:00:00+08:00")
    assert matrix(page(visitor(office.settings)))["示例市教育局"][0].startswith("◎ 剩3天")


# ---------------------------------------------------------------- other people's bodies
@pytest.mark.parametrize("path", ["/", "/progress", "/trends", "/regions", "/brief"])
def test_outside_of_a_remit_nothing_is_told_and_nothing_counted(tmp_path, monkeypatch, path):
    guarded.cheap(monkeypatch)
    house = guarded.House(tmp_path)
    client = house.as_("edu")
    for prefix in ("", "/en"):
        answer = client.get(f"{prefix}{path}")
        assert answer.status_code == 200
        assert "商务局" not in answer.text
        assert 'value="trade"' not in answer.text
        assert client.get(f"{prefix}{path}?under=trade").status_code == 404
    everything = house.as_("zhao").get(path).text
    assert everything != answer.text
    if path == "/":
        assert "应公布1份（1家单位）" in client.get("/").text
        assert "应公布8份（8家单位）" in everything


def test_nobody_sees_any_of_it_without_a_login(tmp_path, monkeypatch):
    guarded.cheap(monkeypatch)
    stranger = guarded.House(tmp_path).visitor()
    for path in ("/", "/progress", "/trends", "/regions", "/brief", "/brief.png"):
        assert stranger.get(path).status_code in (303, 307, 401), path


def test_the_same_bodies_are_one_link_away_on_the_other_pages(seat):
    client = visitor(seat.settings)
    ways = page(client, "/?under=p0c1&status=late&q=局&year=2024&kind=department").xpath(
        "(//p[@class='tools'])[1]/a/@href")
    assert [urlsplit(each).path for each in ways] == ["/progress", "/trends", "/regions", "/brief"]
    assert [sorted(dict(parse_qsl(urlsplit(each).query))) for each in ways] == [
        ["kind", "under", "year"], ["kind", "under"], ["kind", "under", "year"], ["under", "year"]]
    for each in ways:
        assert client.get(each).status_code == 200
