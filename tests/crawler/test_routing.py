"""Whose report a printed title is: places, plates, codes, notes – and never somebody else's."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler import divisions
from crawler.model import Body, Column, Item, Portal
from crawler.roster import Roster
from extract import titles


def portal(identity, name="门户", host="www.a.example"):
    return Portal(id=identity, name=name, hosts=[host], columns=[
        Column(id="nb", name="年报", url=f"http://{host}/nb/")])


def body(identity, name, at="city", **more):
    return Body(**{"id": identity, "name": name, "kind": "department", "level": "county", "portal": at} | more)


CITY, PROVINCE = portal("city"), portal("province", host="www.p.example")


@pytest.mark.parametrize(("name", "found"), [
    ("苏州市教育局", ("苏州市",)), ("济宁市市中区教育局", ("济宁市", "市中区")),
    ("北京市通州区水务局", ("北京市", "通州区")),
    ("杭州市", ()), ("昌吉回族自治州财政局", ("昌吉回族自治州",)), ("青禾市白榆区教育局", ("青禾市", "白榆区")),
    ("青州区城市管理局", ("青州区",)), ("城市管理局", ()), ("社区建设局", ()), ("自然资源和规划局", ()),
    ("江苏省南京市鼓楼区教育局", ("江苏省", "南京市", "鼓楼区")), ("内蒙古自治区教育厅", ("内蒙古自治区",)),
])
def test_places_that_lead_a_name(name, found):
    assert divisions.leading_all(name) == found


@pytest.mark.parametrize(("code", "places", "level"), [
    ("320106", ("鼓楼区", "南京市", "江苏省"), "county"), ("320100", ("南京市", "江苏省"), "prefecture"),
    ("320000", ("江苏省",), "province"), ("320106001", ("鼓楼区", "南京市", "江苏省"), "township"),
    ("110101", ("东城区", "北京市"), "county"), ("990000", (), ""), ("3201", (), ""), ("", (), "")])
def test_a_code_knows_its_places(code, places, level):
    assert (divisions.places(code), divisions.level(code)) == (places, level)


def test_the_kept_data_holds_the_country():
    counties = [code for code in divisions.names() if divisions.level(code) == "county"]
    assert len(counties) > 2800
    assert len([code for code in divisions.names() if divisions.level(code) == "province"]) == 34
    assert len(divisions.codes_of("鼓楼区")) > 2


@pytest.mark.parametrize(("printed", "found"), [
    ("南京市鼓楼区教育局", "nanjing"), ("徐州市鼓楼区教育局", "xuzhou"), ("江苏省徐州市鼓楼区教育局", "xuzhou"),
    ("福州市鼓楼区教育局", None), ("鼓楼区教育局", None), ("教育局", None), ("浙江省南京市鼓楼区教育局", None),
])
def test_one_name_in_two_cities_is_told_apart_by_the_code(printed, found):
    roster = Roster.of([body("nanjing", "鼓楼区教育局", "province", division_code="320106"),
                        body("xuzhou", "鼓楼区教育局", "province", division_code="320302")], [PROVINCE])
    owner = roster.find(printed, "province")
    assert (owner.id if owner else None) == found


def test_a_city_whose_name_holds_a_place_word_is_still_shortened():
    roster = Roster.of([body("edu", "苏州市教育局"), body("tz", "北京市通州区水务局", "province")], [CITY, PROVINCE])
    assert roster.find("教育局", "city").id == "edu"
    assert roster.find("市教育局", "city").id == "edu"
    assert roster.find("通州区水务局", "province").id == "tz"


def test_plates_and_bracketed_tails_name_the_same_body():
    edu = body("edu", "青禾市教育局", plates=("青禾市语言文字工作委员会",), publishes_as="青禾市教体局")
    roster = Roster.of([edu], [CITY])
    for printed in ("青禾市语言文字工作委员会", "青禾市教育局（青禾市语言文字工作委员会）", "青禾市教体局",
                    "青禾市教育局(市语委)"):
        assert roster.find(printed, "city").id == "edu", printed


def test_a_short_name_printed_on_the_level_above_needs_the_body_above_there():
    above = body("gov", "青禾市人民政府", kind="government")
    below = body("edu", "青禾市白榆区教育局", "district", parent="gov")
    elsewhere = body("far", "丹霞市白榆区教育局", "far")
    portals = [CITY, portal("district", host="www.d.example"), portal("far", host="www.f.example")]
    assert Roster.of([above, below], portals).find("白榆区教育局", "city").id == "edu"
    assert Roster.of([above, elsewhere], portals).find("白榆区教育局", "city") is None
    assert Roster.of([above, below, elsewhere], portals).find("白榆区教育局", "city").id == "edu"


@pytest.mark.parametrize("title", [
    "青禾市数据局系新成立单位，无2024年政府信息公开工作年度报告", "青禾市数据局：新组建单位，2024年无年度报告",
    "青禾市数据局2024年新成立，不编制年度报告"])
def test_a_note_in_place_of_a_report_is_kept_with_its_body(title):
    roster = Roster.of([body("data", "青禾市数据局"), body("edu", "青禾市教育局")], [CITY])
    route = roster.route(Item("http://www.a.example/nb/1.html", title), CITY)
    assert (route.kind, route.body, route.year) == ("note", "data", 2024)


OWN = Portal(id="city", name="门户", hosts=["www.a.example"], columns=[
    Column(id="nb", name="年报", url="http://www.a.example/nb/"),
    Column(id="sjj", name="数据局年报", url="http://www.a.example/sjj/", role="own")])


@pytest.mark.parametrize("title", ["新成立单位，无年度报告", "本单位为新组建单位，2024年无政府信息公开年度报告",
                                   "因机构改革，无2024年政府信息公开年报"])
def test_a_note_that_names_nobody_is_its_columns_bodys_or_could_be_anybodys(title):
    roster = Roster.of([body("data", "青禾市数据局", channels=("city/sjj",)), body("edu", "青禾市教育局")], [OWN])
    item = Item("http://www.a.example/nb/1.html", title)
    own, mixed = roster.route(item, OWN, OWN.columns[1]), roster.route(item, OWN, OWN.columns[0])
    assert (own.kind, own.body) == ("note", "data")
    assert (mixed.kind, mixed.body, mixed.printed_body) == ("note", None, "")


@pytest.mark.parametrize(("title", "body_id"), [
    ("青禾市商业局已撤销，不再编制2024年政府信息公开年报", "trade"),
    ("青禾市商业局2025年1月合并，2024年度无年度报告", "trade"), ("青禾市粮食局为新成立单位，无2024年年度报告", None)])
def test_notes_of_bodies_that_ended_and_of_strangers(title, body_id):
    roster = Roster.of([body("trade", "青禾市商业局"), body("edu", "青禾市教育局")], [CITY])
    route = roster.route(Item("http://www.a.example/nb/1.html", title), CITY)
    assert (route.kind, route.body) == ("note", body_id)
    assert body_id or "粮食局" in route.printed_body


# ---------------------------------------------------------------- phrases of mixed columns
MIXED = Portal(id="city", name="门户", hosts=["www.a.example", "m.a.example:8080"], columns=[
    Column(id="nb", name="年报", url="http://www.a.example/nb/")])


def test_a_mixed_column_gives_each_row_to_the_body_it_prints():
    """City, districts, departments and towns in one list: by printed name and roster, never by the column."""
    roster = Roster.of([
        body("gov", "青禾市人民政府", kind="government", level="prefecture", scopes=("consolidated",)),
        body("d", "青禾市白榆区人民政府", kind="government", parent="gov", scopes=("consolidated",)),
        body("edu", "青禾市教育局", level="prefecture", parent="gov"), body("d-edu", "青禾市白榆区教育局", parent="d"),
        body("town", "青禾市白榆区柳溪镇人民政府", kind="township", parent="d"),
        body("street", "青禾市白榆区柳溪街道办事处", kind="dispatched_office", parent="d")], [MIXED])
    rows = {"青禾市": "gov", "白榆区": "d", "白榆区人民政府": "d", "青禾市教育局": "edu", "市教育局": "edu",
            "白榆区教育局": "d-edu", "柳溪镇": "town", "白榆区柳溪街道办事处": "street", "柳溪街道": "street",
            "朱槿区教育局": None, "柳溪": None}
    for printed, wanted in rows.items():
        title = f"{printed}2024年政府信息公开工作年度报告"
        route = roster.route(Item("http://www.a.example/nb/1.html", title), MIXED, MIXED.columns[0])
        assert (route.body, route.kind) == (wanted, "report" if wanted else "unrouted"), printed


@pytest.mark.parametrize(("url", "kind"), [
    ("http://www.a.example/nb/1.html", "report"), ("https://WWW.A.example:443/nb/1.html", "report"),
    ("http://m.a.example:8080/1.html", "report"), ("http://m.a.example/1.html", "foreign"),
    ("http://www.a.example.copy.example/nb/1.html", "foreign"), ("http://a.example/nb/1.html", "foreign"),
    ("https://mp.weixin.qq.com/s/x", "foreign"), ("http://user@copy.example/www.a.example/", "foreign")])
def test_only_registered_hosts_are_evidence_and_rows_elsewhere_are_noted_with_their_body(url, kind):
    roster = Roster.of([body("edu", "青禾市教育局")], [MIXED])
    route = roster.route(Item(url, "青禾市教育局2024年政府信息公开工作年度报告"), MIXED)
    assert (route.kind, route.body, route.year) == (kind, "edu", 2024)
    assert (route.reason == "host_not_registered") == (kind == "foreign")


# ---------------------------------------------------------------- properties
CITIES = ("青禾市", "丹霞市", "南京市", "徐州市", "苏州市")
DISTRICTS = ("鼓楼区", "白榆区", "东山县", "")
OFFICES = ("教育局", "水利局", "人民政府", "人民政府办公室", "城市管理局", "市场监督管理局")
BODIES = st.lists(st.tuples(st.sampled_from(CITIES), st.sampled_from(DISTRICTS), st.sampled_from(OFFICES),
                            st.sampled_from(["city", "province"])), min_size=1, max_size=8, unique=True)


def rosters(drawn):
    return Roster.of([body(f"b{number}", city + district + office, at)
                      for number, (city, district, office, at) in enumerate(drawn)], [CITY, PROVINCE])


@given(BODIES, st.sampled_from(CITIES), st.sampled_from(DISTRICTS), st.sampled_from(OFFICES),
       st.sampled_from(["city", "province", None]))
def test_a_longer_place_name_never_means_another_citys_body(drawn, city, district, office, at):
    found = rosters(drawn).find(city + district + office, at)
    if found:
        assert found.name.startswith(city)
        # A county's office is never the city's, nor the other way round; governments and offices differ too.
        assert (divisions.leading_all(found.name)[1:] or ("",))[0] == district
        assert found.name == city + district + office


@given(BODIES, st.sampled_from(("", *DISTRICTS)), st.sampled_from(OFFICES), st.sampled_from(["city", "province", None]),
       st.randoms())
def test_a_printed_name_means_the_same_body_in_any_order_of_rows_or_none(drawn, district, office, at, chance):
    printed = district + office
    first = rosters(drawn).find(printed, at)
    shuffled = list(enumerate(drawn))
    chance.shuffle(shuffled)
    again = Roster.of([body(f"b{number}", "".join(parts[:3]), parts[3]) for number, parts in shuffled],
                      [CITY, PROVINCE]).find(printed, at)
    assert (first.id if first else None) == (again.id if again else None)
    if first:
        rivals = [other for other in rosters(drawn).bodies.values()
                  if other.id != first.id and other.portal == first.portal and other.name.endswith(printed)]
        assert not rivals, (printed, first.name, [other.name for other in rivals])


@given(st.sampled_from(CITIES), st.sampled_from(CITIES), st.sampled_from(("鼓楼区", "白榆区")),
       st.sampled_from(OFFICES), st.booleans())
def test_a_body_without_its_city_is_never_given_to_any(city, other, district, office, coded):
    """A roster that says only 鼓楼区教育局 gets a longer printed name only where its code says which city."""
    code = "320106" if coded else ""
    roster = Roster.of([body("x", district + office, division_code=code)], [CITY])
    found = roster.find(city + district + office, "city")
    if found:
        assert coded
        assert city == "南京市"
    both = Roster.of([body("x", city + district + office), body("y", other + district + office, "province")],
                     [CITY, PROVINCE])
    if city != other:
        assert both.find(city + district + office, "province").id == "x"


TITLES = st.builds(lambda name, year, core, tail: f"{name}{year}{core}{tail}",
                   st.sampled_from(["", *(city + office for city, office in itertools.product(CITIES[:2], OFFICES))]),
                   st.sampled_from(["2024年", "2024年度", "", "二〇二四年"]),
                   st.sampled_from(["政府信息公开工作年度报告", "政府信息公开年度报告", "政府信息公开工作年报",
                                    "信息公开年报"]),
                   st.sampled_from(["", "（图片版）", ".pdf", "（2025年1月公布）"]))


@settings(max_examples=200)
@given(BODIES, TITLES, st.sampled_from(["http://www.a.example/1.html", "http://copy.example/1.html"]))
def test_no_title_of_a_report_is_ever_dropped(drawn, title, url):
    route = rosters(drawn).route(Item(url, title), CITY, CITY.columns[0])
    parsed = titles.parse(title)
    if parsed.accepted or parsed.needs_content:
        assert route.kind in ("report", "unrouted", "foreign")
        assert route.kind == "report" or route.reason
        assert (route.kind == "foreign") == ("copy" in url)
        assert route.year == parsed.year


@pytest.mark.parametrize(("title", "day", "kind", "owner"), [
    ("青禾市教育局", "2022-01-28", "unrouted", "edu"), ("青禾市教育局", "", "other", None),
    ("青禾市体育局", "2022-01-28", "unrouted", None), ("2021年", "", "other", None),
    ("青禾市教育局2021年", "", "unrouted", "edu"), ("市体育局2021年", "", "unrouted", None),
    ("关于放假的通知", "2022-01-28", "other", None), ("省领导来青禾市调研教育局", "2022-01-28", "other", None),
    ("政府信息公开", "2022-01-28", "other", None),
    ("青禾市教育局2021年年度报告", "", "unrouted", "edu"), ("2021年度报告", "2022-01-28", "unrouted", None)])
def test_a_row_that_says_too_little_is_opened_and_not_passed_over(title, day, kind, owner):
    roster = Roster.of([body("edu", "青禾市教育局"), body("water", "青禾市水务局")], [CITY])
    route = roster.route(Item("http://www.a.example/nb/1.html", title, day), CITY, CITY.columns[0])
    assert (route.kind, route.body) == (kind, owner)
    assert kind == "other" or route.reason == ("unknown_body" if "体育局" in title else "needs_content")


def test_a_bare_year_in_the_column_of_one_body_is_its_report_perhaps():
    own = Portal(id="edu", name="教育局", hosts=["www.e.example"], columns=[
        Column(id="nb", name="年报", url="http://www.e.example/nb/", role="own")])
    roster = Roster.of([body("edu", "青禾市教育局", "edu", channels=("edu/nb",))], [own])
    for title in ("2021年", "2021年度", "2021年年报"):
        route = roster.route(Item("http://www.e.example/nb/1.html", title), own, own.columns[0])
        assert (route.kind, route.body, route.reason) == ("unrouted", "edu", "needs_content")
        assert route.year == (2021 if "年报" in title else None), "a bare year may be that of the publication"
    assert roster.route(Item("http://www.x.example/1.html", "2021年"), own, own.columns[0]).kind == "other"
