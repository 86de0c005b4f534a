import pytest

from crawler.exceptions import RosterError
from crawler.model import Body, Column, Item, Portal
from crawler.roster import Roster
from extract import configuration

CITY = Portal(id="city", name="市", hosts=["www.city.example", "127.0.3.1:8000"], columns=[
    Column(id="nb", name="年报", url="http://www.city.example/nb/"),
    Column(id="jyj", name="教育局年报", url="http://www.city.example/jyj/", role="own")])
DISTRICT = Portal(id="district", name="区", hosts=["www.district.example"], columns=[
    Column(id="nb", name="年报", url="http://www.district.example/nb/")])


def body(identity, name, portal="city", **more):
    return Body(**{"id": identity, "name": name, "kind": "department", "level": "prefecture", "portal": portal} | more)


@pytest.fixture
def roster():
    return Roster.of([
        body("gov", "青禾市人民政府", kind="government", scopes=("consolidated",)),
        body("office", "青禾市人民政府办公室", kind="government_office"),
        body("edu", "青禾市教育局", aliases=("市教体局",), former_names=("青禾市教育委员会",), parent="gov",
             channels=("city/nb", "city/jyj")),
        body("south", "青禾市白榆区人民政府", "district", kind="government", level="county", parent="gov",
             scopes=("own", "consolidated")),
        body("south-edu", "青禾市白榆区教育局", "district", level="county", parent="south",
             hosts=("edu.south.example",)),
        body("south-labour", "青禾市白榆区人力资源和社会保障局", "district", level="county", parent="south"),
    ], [CITY, DISTRICT])


@pytest.mark.parametrize(("printed", "portal", "found"), [
    ("青禾市教育局", "city", "edu"),
    ("青禾市 教育局", "city", "edu"),
    ("市教体局", "city", "edu"),
    ("青禾市教育委员会", "city", "edu"),
    ("教育局", "city", "edu"),
    ("教育局", "district", "south-edu"),
    ("教育局", None, None),
    ("白榆区教育局", "city", "south-edu"),
    ("朱槿区教育局", "city", None),
    ("白榆区教育局", "district", "south-edu"),
    ("青禾市白榆区教育局", "city", "south-edu"),
    ("青禾市", "city", "gov"),
    ("青禾市政府办公室", "city", "office"),
    ("青禾市人民政府（市人民政府办公室）", "city", "gov"),
    ("白榆区", "district", "south"),
    ("白榆区人民政府", "district", "south"),
    ("丹霞县教育局", "district", None),
    ("", "city", None),
])
def test_a_printed_name_means_one_body_or_none(roster, printed, portal, found):
    body = roster.find(printed, portal)
    assert (body.id if body else None) == found


def routed(roster, title, url="http://www.city.example/nb/t1.html", portal=CITY, column=None):
    return roster.route(Item(url, title), portal, column)


def test_a_report_is_routed_to_body_scope_and_year(roster):
    route = routed(roster, "青禾市教育局2024年政府信息公开工作年度报告")
    assert (route.kind, route.body, route.scope, route.year) == ("report", "edu", "own", 2024)


def test_a_body_with_two_scopes_keeps_the_scope_open_until_the_title_tells(roster):
    plain = routed(roster, "白榆区人民政府2024年政府信息公开工作年度报告", "http://www.district.example/1.html",
                   DISTRICT)
    assert (plain.kind, plain.scope) == ("report", "unknown")


def test_titles_that_cannot_be_routed_are_kept_with_their_reason(roster):
    assert routed(roster, "丹霞县水利局2024年政府信息公开工作年度报告").reason == "unknown_body"
    assert routed(roster, "2024年政府信息公开工作年度报告").reason == "no_body"
    undated = routed(roster, "青禾市教育局政府信息公开工作年度报告")
    assert (undated.kind, undated.body, undated.reason) == ("unrouted", "edu", "no_year")


def test_a_nameless_title_on_a_column_of_one_bodys_own_is_that_bodys(roster):
    route = routed(roster, "2024年政府信息公开工作年度报告", column=CITY.columns[1])
    assert (route.kind, route.body) == ("report", "edu")


def test_only_registered_hosts_are_evidence(roster):
    title = "青禾市教育局2024年政府信息公开工作年度报告"
    for url in ("http://copy.example/1.html", "http://www.city.example:8081/1.html", "http://mp.example/s?x"):
        route = routed(roster, title, url)
        assert (route.kind, route.body, route.reason) == ("foreign", "edu", "host_not_registered")
    assert routed(roster, title, "http://127.0.3.1:8000/1.html").kind == "report"
    assert routed(roster, "白榆区教育局2024年政府信息公开工作年度报告", "http://edu.south.example/1.html",
                  DISTRICT).kind == "report"


def test_interpretations_and_circulars_are_rejects_and_other_rows_are_other(roster):
    assert routed(roster, "图解：青禾市教育局2024年政府信息公开工作年度报告").kind == "reject"
    assert routed(roster, "关于做好2024年政府信息公开工作年度报告编制工作的通知").kind == "reject"
    assert routed(roster, "青禾市2024年中小学招生公告").kind == "other"


def test_a_note_in_place_of_a_report_names_its_body(roster):
    route = routed(roster, "青禾市教育局新成立单位，无2024年年度报告")
    assert (route.kind, route.body) == ("note", "edu")


def test_columns_and_subtrees(roster):
    assert [column.id for _, column in roster.columns_of(roster.bodies["edu"])] == ["nb", "jyj"]
    assert [portal.id for portal, _ in roster.columns_of(roster.bodies["south-edu"])] == ["district"]
    assert [body.id for body in roster.under("south")] == ["south", "south-edu", "south-labour"]
    assert len(roster.under("gov")) == 5


# ---------------------------------------------------------------- files
@pytest.fixture
def facts(tmp_path):
    (tmp_path / "portals").mkdir()
    (tmp_path / "portals" / "city.yaml").write_text(
        "id: city\nname: 市\nhosts: [www.city.example]\ncolumns:\n"
        "  - {id: nb, name: 年报, url: 'http://www.city.example/nb/'}\n", "utf-8")
    configuration.use_office_folder(tmp_path)
    yield tmp_path
    configuration.use_office_folder(None)


def test_the_packaged_example_holds_no_portal_to_scan():
    roster = Roster.load()
    assert len(roster.bodies) == 5
    assert roster.portals == {}
    assert all(body.since == body.until == 2021 for body in roster.bodies.values())


def test_a_roster_is_read_with_its_lists_events_and_defaults(facts):
    (facts / "bodies.csv").write_text(
        "id,name,kind,level,portal,aliases,since,events\n"
        "edu,青禾市教育局,department,prefecture,city,教体局；市教育局,2020,founded|2020-03-01||青编〔2020〕1号\n"
        "gov,青禾市人民政府,government,prefecture,city,,,\n", "utf-8-sig")
    roster = Roster.load()
    edu, gov = roster.bodies.values()
    assert edu.aliases == ("教体局", "市教育局")
    assert edu.events[0].document == "青编〔2020〕1号"
    assert (edu.scopes, gov.scopes, edu.obligation) == (("own",), ("consolidated",), "must")
    assert list(roster.portals) == ["city"]


def test_every_fault_of_the_roster_is_told_with_its_line(facts):
    (facts / "bodies.csv").write_text(
        "id,name,kind,level,portal,parent,since,until,scopes,channels,events,sort_order\n"
        "a,甲局,bureau,county,city,,,,,,,\n"
        "b,乙局,department,county,nowhere,zz,,,,,,\n"
        "b,丙局,department,county,city,,,,,,,\n"
        "c,丁局,department,county,city,,2022,2020,,,,\n"
        "d,戊局,department,county,city,,last,,,,,\n"
        "e,己局,department,county,city,,,,all,,,\n"
        "f,庚局,department,county,city,,,,,city/none,,\n"
        "g,辛局,department,county,city,,,,,,moved|2020-01-01,\n"
        "h,壬局,department,county,city,,,,,,,first\n"
        "i,癸局,department,county,city,,2019,,,,,\n"
        "j,癸局,department,county,city,,2021,,,,,\n"
        ",子局,department,county,city,,,,,,,\n", "utf-8")
    with pytest.raises(RosterError) as fault:
        Roster.load()
    said = str(fault.value)
    for line, word in ((2, "bureau"), (3, "nowhere"), (3, "zz"), (4, "unique"), (5, "2022"), (6, "last"), (7, "all"),
                       (8, "city/none"), (9, "moved"), (10, "first"), (12, "癸局"), (13, "id")):
        assert any(f"bodies.csv:{line}: " in row and word in row for row in said.splitlines()), (line, word, said)


def test_unknown_columns_are_refused(facts):
    (facts / "bodies.csv").write_text("id,name,kind,level,colour\n", "utf-8")
    (facts / "bodies.csv").write_text("id,name,kind,colour\na,甲,department,red\n", "utf-8")
    with pytest.raises(RosterError, match=r"bodies\.csv:1: unknown columns colour; columns level are missing"):
        Roster.load()


def test_a_portal_whose_column_stands_on_an_unregistered_host_is_refused(facts):
    (facts / "portals" / "bad.yaml").write_text(
        "id: bad\nname: 坏\nhosts: [a.example]\ncolumns:\n  - {id: nb, name: 年报, url: 'http://b.example/nb/'}\n",
        "utf-8")
    (facts / "portals" / "odd.yaml").write_text("id: odd\nname: 怪\nhosts: []\ncolour: red\n", "utf-8")
    (facts / "bodies.csv").write_text("id,name,kind,level\na,甲,department,county\n", "utf-8")
    with pytest.raises(RosterError) as fault:
        Roster.load()
    assert "b.example is not among" in str(fault.value)
    assert "odd.yaml:4: colour" in str(fault.value)
