"""One printed name for several bodies: taken apart where it can be, told where it can't, never given to a stranger."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.model import Body, Column, Item, Portal
from crawler.roster import Roster

CITY = Portal(id="city", name="门户", hosts=["www.a.example"], columns=[
    Column(id="nb", name="年报", url="http://www.a.example/nb/")])
URL = "http://www.a.example/nb/t1.html"
NAMES = {"gov": "青禾市人民政府", "office": "青禾市人民政府办公室", "edu": "青禾市教育局", "water": "青禾市水利局",
         "reform": "青禾市发展和改革局", "press": "青禾市新闻出版局", "rights": "青禾市版权局",
         "d-edu": "青禾市白榆区教育局", "d-water": "青禾市白榆区水利局"}
KINDS = {"gov": "government", "office": "government_office"}


def roster(**more):
    return Roster.of([Body(**{"id": key, "name": name, "kind": KINDS.get(key, "department"), "level": "county",
                              "portal": "city", "scopes": ("consolidated",) if key == "gov" else ("own",)}
                           | more.get(key, {})) for key, name in NAMES.items()], [CITY])


@pytest.mark.parametrize(("printed", "bodies", "unknown"), [
    ("青禾市教育局、青禾市水利局", ["edu", "water"], []), ("青禾市教育局、水利局", ["edu", "water"], []),
    ("青禾市教育局和水利局", ["edu", "water"], []), ("青禾市教育局 青禾市水利局", ["edu", "water"], []),
    ("青禾市教育局/青禾市水利局", ["edu", "water"], []), ("青禾市发展和改革局和水利局", ["reform", "water"], []),
    ("青禾市教育局、水利局、发展和改革局", ["edu", "water", "reform"], []),
    ("青禾市白榆区教育局、水利局", ["d-edu", "d-water"], []),
    ("青禾市教育局、粮食局", ["edu"], ["粮食局"]),
    ("青禾市新闻出版局（青禾市版权局）", ["press", "rights"], []),
    ("青禾市新闻出版局（版权局）", ["press", "rights"], []),
    # One body each: its own 和, a bracket that says which of the two houses, a name with itself.
    ("青禾市发展和改革局", ["reform"], []), ("青禾市人民政府（青禾市人民政府办公室）", ["gov"], []),
    ("青禾市教育局、教育局", ["edu"], []),
    # Nobody: a shared last word, several cities' names, names the roster doesn't hold.
    ("青禾市白榆区、朱槿区教育局", [], []), ("教育局、水利局", [], []), ("青禾市和平局", [], []),
    ("丹霞市教育局、丹霞市水利局", [], []), ("、", [], []), ("", [], []),
])
def test_whose_report_a_name_makes_it(printed, bodies, unknown):
    found, rest = roster().owners(printed, CITY)
    assert ([body.id for body in found], rest) == (bodies, unknown)


def test_every_body_of_a_joint_title_gets_a_route_and_the_unknown_part_is_kept():
    title = "青禾市教育局、水利局、粮食局2024年政府信息公开工作年度报告"
    routes = roster().routes(Item(URL, title), CITY)
    assert [(route.kind, route.body, route.year, route.printed_body, route.reason) for route in routes] == [
        ("report", "edu", 2024, "青禾市教育局、水利局、粮食局", ""),
        ("report", "water", 2024, "青禾市教育局、水利局、粮食局", ""),
        ("unrouted", None, 2024, "粮食局", "unknown_part")]
    assert roster().route(Item(URL, title), CITY) == routes[0]
    assert {route.kind for route in roster().routes(Item("http://copy.example/1.html", title), CITY)} == {"foreign"}


def test_a_body_reports_for_those_it_covers():
    routes = roster(edu={"covers": ("water", "nowhere")}).routes(
        Item(URL, "青禾市教育局2024年政府信息公开工作年度报告"), CITY)
    assert [(route.kind, route.body) for route in routes] == [("report", "edu"), ("report", "water")]


def test_one_address_under_two_names_is_two_rows_and_a_nameless_one_beside_them_none():
    items = [Item(URL, "2024年政府信息公开工作年度报告"), Item(URL, "青禾市教育局2024年政府信息公开工作年度报告"),
             Item(URL, "青禾市教育局2024年政府信息公开年报"), Item(URL, "青禾市水利局2024年政府信息公开工作年度报告"),
             Item(URL, "青禾市粮食局2024年政府信息公开工作年度报告"),
             Item("http://www.a.example/nb/t2.html", "2023年政府信息公开工作年度报告")]
    routed = roster().route_all(items, CITY, CITY.columns[0])
    assert [(item.title[:6], route.kind, route.body, route.reason) for item, route in routed] == [
        ("青禾市教育局", "report", "edu", ""), ("青禾市水利局", "report", "water", ""),
        ("青禾市粮食局", "unrouted", None, "unknown_body"), ("2023年政", "unrouted", None, "no_body")]


@given(st.lists(st.sampled_from([*NAMES.values(), "青禾市粮食局", "丹霞市教育局", "粮食局"]), min_size=1, max_size=4,
                unique=True), st.sampled_from(["、", "，", "/", "；"]))
def test_no_part_of_a_joint_name_is_lost_or_given_away(names, between):
    made = roster()
    bodies, unknown = made.owners(between.join(names), CITY)
    by_name = {body.name: body for body in made.bodies.values()}
    known = [by_name[name] for name in names if name in by_name]
    assert bodies == known
    if known:
        assert unknown == [name for name in names if name not in by_name]
