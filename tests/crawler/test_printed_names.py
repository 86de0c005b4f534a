"""Traps of names: endings, plates, party organs, namesakes of other places and other years, government and office."""

import pytest

from crawler.model import Body, Column, Event, Item, Portal
from crawler.printed_names import spellings
from crawler.roster import Roster

CITY = Portal(id="city", name="门户", hosts=["www.a.example"], columns=[
    Column(id="nb", name="年报", url="http://www.a.example/nb/")])
URL = "http://www.a.example/nb/t1.html"


def body(key, name, **more):
    return Body(**{"id": key, "name": name, "kind": "department", "level": "county", "portal": "city"} | more)


def found(bodies, printed, year=None):
    owner = Roster.of(bodies, [CITY]).find(printed, "city", year)
    return owner.id if owner else None


@pytest.mark.parametrize(("name", "form"), [
    ("示例县东街街道办事处", "示例县东街街道"), ("示例县东街街道", "示例县东街街道办事处"),
    ("示例县柳溪镇人民政府", "示例县柳溪镇"), ("示例县柳溪镇政府", "示例县柳溪镇人民政府"),
    ("示例开发区管理委员会", "示例开发区管委会"), ("示例开发区管委会", "示例开发区管理委员会"),
    ("示例市卫生健康委员会", "示例市卫生健康委"), ("中共示例市委宣传部", "示例市委宣传部"),
    ("示例县发展和改革局", "示例县发展改革局"), ("示例县住房与城乡建设局", "示例县住房城乡建设局"),
    ("示例县政府办", "示例县人民政府办公室"), ("示例市教育局（市语委）", "示例市教育局")])
def test_forms_of_one_name(name, form):
    assert spellings(name)[0] == name
    assert form in spellings(name)


STREETS = [body("town", "示例县城关镇人民政府", kind="township"),
           body("rural", "示例县城关乡人民政府", kind="township"),
           body("street", "示例县城关街道办事处", kind="dispatched_office"),
           body("park", "示例经济技术开发区管理委员会", kind="committee", aliases=("示例经开区管委会",)),
           body("gov", "示例县人民政府", kind="government", scopes=("consolidated",)),
           body("party", "中共示例县委宣传部", kind="party_organ", plates=("示例县新闻出版局",)),
           body("police", "示例县公安局"), body("health", "示例县卫生健康委员会")]


@pytest.mark.parametrize(("printed", "key"), [
    ("示例县城关镇", "town"), ("城关镇政府", "town"), ("示例县城关乡", "rural"), ("城关街道", "street"),
    ("示例县城关街道办", "street"), ("城关街道办事处", "street"), ("城关", None), ("示例县城关", None),
    ("示例经济技术开发区管委会", "park"), ("示例经开区管理委员会", "park"), ("示例县", "gov"), ("示例县政府", "gov"),
    ("县委宣传部", "party"), ("示例县委宣传部", "party"), ("示例县新闻出版局", "party"),
    ("中共示例县委宣传部（示例县新闻出版局）", "party"), ("示例县公安局（本级）", "police"),
    ("示例县公安局交通警察大队", None), ("示例县公安局城关分局", None), ("县卫生健康委", "health"),
])
def test_kinds_of_bodies_with_one_name_are_told_apart(printed, key):
    assert found(STREETS, printed) == key


def test_a_towns_name_that_several_counties_share_needs_its_county():
    towns = [body(f"t{number}", f"{county}城关镇人民政府", kind="township")
             for number, county in enumerate(("甲山县", "乙水县"))]
    assert found(towns, "乙水县城关镇人民政府") == "t1"
    assert found(towns, "城关镇人民政府") is None


def test_a_plate_that_two_bodies_bear_means_neither():
    assert found([body("a", "示例市教育局", plates=("示例市语委",)), body("b", "示例市文化局", plates=("示例市语委",))],
                 "示例市语委") is None


RENAMED = [body("old", "示例市商务和投资局", former_names=("示例市商务局",), events=(Event("renamed", "2021-06-01"),)),
           body("new", "示例市商务局", since=2023, events=(Event("founded", "2023-03-01"),))]


@pytest.mark.parametrize(("year", "key"), [(2019, "old"), (2020, "old"), (2021, "old"), (2023, "new"), (2024, "new"),
                                           (None, None)])
def test_a_former_name_that_another_body_bears_now_is_told_by_the_year(year, key):
    assert found(RENAMED, "示例市商务局", year) == key


@pytest.mark.parametrize("year", [2019, 2020, 2021, 2024])
def test_old_and_new_name_both_mean_a_renamed_body_whatever_the_year(year):
    only = [RENAMED[0]]
    assert found(only, "示例市商务局", year) == found(only, "示例市商务和投资局", year) == "old"


def test_a_body_that_ended_leaves_its_name_to_the_next():
    pair = [body("a", "示例市粮食局", until=2018), body("b", "示例市粮食局", since=2022)]
    assert [found(pair, "示例市粮食局", year) for year in (2017, 2018, 2020, 2022)] == ["a", "a", None, "b"]
    merged = [body("a", "示例市粮食局", events=(Event("merged_into", "2019-01-10", "x"),)),
              body("b", "示例市粮食局", events=(Event("founded", "2022-02-01"),))]
    assert [found(merged, "示例市粮食局", year) for year in (2018, 2019, 2022)] == ["a", "a", "b"]


# ---------------------------------------------------------------- government and office
GOVERNMENT = body("gov", "示例县人民政府", kind="government", scopes=("consolidated",))
OFFICE = body("office", "示例县人民政府办公室", kind="government_office", parent="gov")
BOTH = body("gov", "示例县人民政府", kind="government", scopes=("own", "consolidated"))


@pytest.mark.parametrize(("bodies", "title", "key", "scope"), [
    ([GOVERNMENT, OFFICE], "示例县人民政府2024年政府信息公开工作年度报告（本机关）", "office", "own"),
    ([GOVERNMENT, OFFICE], "示例县人民政府办公室2024年政府信息公开工作年度报告", "office", "own"),
    ([GOVERNMENT, OFFICE], "示例县人民政府办公室2024年政府信息公开工作年度报告（全县汇总）", "gov", "consolidated"),
    ([GOVERNMENT, OFFICE], "示例县人民政府2024年政府信息公开工作年度报告", "gov", "consolidated"),
    ([GOVERNMENT], "示例县人民政府2024年政府信息公开工作年度报告（本机关）", "gov", "unknown"),
    ([BOTH], "示例县人民政府2024年政府信息公开工作年度报告", "gov", "unknown"),
    ([BOTH], "示例县人民政府2024年政府信息公开工作年度报告（本机关）", "gov", "own"),
    ([BOTH], "示例县人民政府2024年政府信息公开工作年度报告（全县）", "gov", "consolidated"),
])
def test_the_report_of_a_government_is_its_offices_or_the_consolidated_one_or_not_settled(bodies, title, key, scope):
    route = Roster.of(bodies, [CITY]).route(Item(URL, title), CITY)
    assert (route.kind, route.body, route.scope, route.year) == ("report", key, scope, 2024)


@pytest.mark.parametrize(("printed", "owner"), [
    ("示例县柳溪镇人民政府", "town"), ("示例县柳溪镇", "town"), ("示例市示例县柳溪镇", "town"), ("柳溪镇", "town"),
    ("示例县东街街道办事处", "street"), ("邻县柳溪镇人民政府", None), ("示例县柳溪镇财政所", None),
    ("示例县教育局", None)])
def test_a_township_listed_by_its_own_name_is_known_with_its_county_in_front(printed, owner):
    bodies = [body("gov", "示例县人民政府", kind="government", scopes=("consolidated",)),
              body("above", "示例市人民政府", kind="government", scopes=("consolidated",)),
              body("town", "柳溪镇人民政府", kind="township", parent="gov"),
              body("street", "东街街道办事处", kind="dispatched_office", parent="gov"),
              body("edu", "教育局", parent="gov")]
    bodies[0] = body("gov", "示例县人民政府", kind="government", scopes=("consolidated",), parent="above")
    assert found(bodies, printed) == owner


def test_names_that_differ_by_a_joining_word_are_one_and_places_with_such_a_word_stay():
    bodies = [body("reform", "示例县发展和改革局"), body("plan", "示例县自然资源规划局"),
              body("edu", "示例市和平区教育局")]
    names = ("示例县发展改革局", "示例县自然资源和规划局", "示例市和平区教育局", "示例市平区教育局")
    assert [found(bodies, name) for name in names] == ["reform", "plan", "edu", None]
