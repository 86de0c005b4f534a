"""Tiles by region: their counts make up the whole, in roster order, each leading to the bodies it counts."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from crawler import clock
from crawler.model import Body
from crawler.roster import Roster
from extract import configuration
from monitor.model import Standing, Status
from monitor.web.bodies import Bodies
from monitor.web.views import regions
from tests.monitor.office import Office
from tests.monitor.web import boards
from tests.monitor.web.served import visitor

YEARS = range(2024, 2026)


@pytest.fixture(autouse=True)
def _office():
    yield
    clock.simulate(None)
    configuration.use_office_folder(None)


@pytest.fixture
def seat(tmp_path):
    roster = boards.country(2, 3, 2, 4)
    return boards.Seat(tmp_path, roster, boards.standings(roster, YEARS))


def page(client, address="/regions"):
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return html.fromstring(answer.text)


def tiles(tree):
    """Owed and verified by name."""
    return {each.xpath("string(h3)"): tuple(map(int, re.findall(r"\d+", each.xpath("string(p[1]/text()[1])"))))
            for each in tree.xpath("//li[starts-with(@class, 'tile')]")}


def owed(tree):
    return int(re.search(r"应公布(\d+)份", tree.xpath("string(//p[@class='told'])"))[1])


def test_tiles_make_up_the_whole_and_lead_to_what_they_count(seat):
    client = visitor(seat.settings)
    for address, whole in (("/regions", "/"), ("/regions?under=p1", "/?under=p1"),
                           ("/regions?under=p1c0&year=2024", "/?under=p1c0&year=2024"),
                           ("/regions?under=p1&kind=government", "/?under=p1&kind=government"),
                           ("/regions?under=p0c1x1", "/?under=p0c1x1")):
        tree = page(client, address)
        assert sum(count for count, _ in tiles(tree).values()) == owed(page(client, whole))
        for link in tree.xpath("//li[starts-with(@class, 'tile')]/h3/a"):
            if link.get("href").startswith("/body/"):
                continue
            assert owed(page(client, link.get("href"))) == tiles(tree)[link.text][0]


def test_the_next_level_stands_in_roster_order_with_the_government_itself_first(seat):
    client = visitor(seat.settings)
    assert list(tiles(page(client))) == ["p0人民政府", "p1人民政府"]
    assert list(tiles(page(client, "/regions?under=p1"))) == [
        "p1人民政府及本级部门", "p1c0人民政府", "p1c1人民政府", "p1c2人民政府"]
    tree = page(client, "/regions?under=p1")
    assert tree.xpath("//a[starts-with(text(), '分下级查看')]/@href") == [
        f"/regions?under=p1c{each}" for each in range(3)]
    assert tree.xpath("//h3/a[text()='p1人民政府及本级部门']/@href") == ["/?under=p1&level=province"]


def test_a_government_without_a_level_below_shows_its_bodies(seat):
    tree = page(visitor(seat.settings), "/regions?under=p0c0x0")
    assert list(tiles(tree)) == ["p0c0x0人民政府", *(f"p0c0x0第{number}局" for number in range(4))]
    assert tree.xpath("//h3/a/@href")[1] == "/body/p0c0x0-o0"


def test_a_region_of_one_body_is_no_office_of_the_government_above(tmp_path):
    roster = Roster.of([Body("city", "示例市人民政府", "government", "prefecture", sort_order=1),
                        Body("edu", "示例市教育局", "department", "prefecture", parent="city", sort_order=2),
                        Body("county", "示例县人民政府", "government", "county", parent="city", sort_order=3)], [])
    seat = boards.Seat(tmp_path, roster, boards.standings(roster, YEARS))
    assert list(tiles(page(visitor(seat.settings)))) == ["示例市人民政府及本级部门", "示例县人民政府"]


def test_no_share_under_five_and_no_word_of_a_rank(seat):
    tree = page(visitor(seat.settings), "/regions?under=p0c0&kind=government")
    for each in tree.xpath("//li[starts-with(@class, 'tile')]"):
        assert "数量少于5" in each.text_content()
        assert "%" not in each.text_content()
    assert "不作排名" in tree.text_content()


def test_a_tile_says_in_words_what_its_tint_says(tmp_path):
    roster = Roster.of([Body(name, f"{name}局", "department", "county") for name in ("a", "b", "c")], [])
    seat = boards.Seat(tmp_path, roster, [Standing(name, "own", 2025, status) for name, status in (
        ("a", Status.MISSING), ("b", Status.UNVERIFIED), ("c", Status.ON_TIME))])
    tree = page(visitor(seat.settings))
    told = {each.get("class"): each.xpath("string(ul)").split()
            for each in tree.xpath("//li[contains(@class, 'tile')]")}
    assert told == {"tile solid": ["×", "未见公布", "1"], "tile pale": ["?", "未能核查", "1"],
                    "tile none": ["●", "按时公布", "1"]}


def test_a_roster_without_a_tree_shows_its_bodies(tmp_path):
    office = Office(tmp_path)
    assert len(tiles(page(visitor(office.settings)))) == 8


def test_too_many_tiles_are_cut_and_told(seat, monkeypatch):
    monkeypatch.setattr(regions, "MOST", 2)
    tree = page(visitor(seat.settings), "/regions?under=p1")
    assert len(tiles(tree)) == 2
    assert "共4个，仅列前2个" in tree.text_content()


def test_an_empty_installation_and_strange_questions(tmp_path, seat):
    client = visitor(seat.settings)
    assert client.get("/regions?under=nowhere").status_code == 404
    assert "没有符合条件的单位" in page(client, "/regions?year=1999").text_content()
    assert "It is no ranking" in page(client, "/en/regions").text_content().replace("this is", "It is")
    empty = boards.Seat(tmp_path / "empty", boards.country(1, 0, 0, 1))
    assert "尚无数据" in page(visitor(empty.settings)).text_content()


@given(st.lists(st.integers(-1, 9), min_size=1, max_size=10))
def test_parts_are_the_subtrees_of_the_bodies_named(parents):
    listed = [Body(str(number), f"单位{number}", "department", "county",
                   parent=str(parent) if 0 <= parent < number else "") for number, parent in enumerate(parents)]
    bodies = Bodies(Roster.of(listed, []))
    tops = bodies.below("")[::-1]
    parted = bodies.parted(tops)
    for number, top in enumerate(tops):
        assert ((parted == number) == bodies.under(top)).all()
    assert (parted >= 0).all()
    assert (bodies.parted([]) == -1).all()
