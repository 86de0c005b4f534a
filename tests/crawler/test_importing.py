"""Lists of offices against the roster: what is added, changed, missing, invalid – and what stays untouched."""

import csv
import io
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler import importing, roster_files, tables
from crawler.exceptions import ImportingError
from crawler.importing import RosterFile
from crawler.office_list import entries_of, guesses, valid_uscc
from extract import configuration
from tests.crawler.office_books import uscc, workbook
from tests.documents.office_making import package

HEAD = "id,name,uscc,division_code,kind,obligation,level,parent,portal,aliases,former_names,until,note\n"
ROSTER = (
    "# The office's own list.\n" + HEAD
    + "gov,青禾市人民政府,,331000,government,must,prefecture,,,,,,\n"
    + "# departments\n"
    + f"edu,青禾市教育局,{uscc(1)},,department,must,prefecture,gov,,市教育局,,,\"第一行\n第二行\"\n"
    + "fin,青禾市财政局,,,department,must,prefecture,gov,,,,,\n"
    + "old,青禾市商业局,,,department,must,prefecture,gov,,,,2020,\n"
    + f"lab,青禾市人力资源和社会保障局,{uscc(2)},,department,must,prefecture,gov,,,青禾市劳动局,,\n\n")


@pytest.fixture
def facts(tmp_path):
    folder = tmp_path / "facts"
    folder.mkdir()
    (folder / "bodies.csv").write_text(ROSTER, "utf-8")
    configuration.use_office_folder(folder)
    yield folder
    configuration.use_office_folder(None)


@pytest.fixture
def listed(tmp_path):
    def write(rows, merges=(), name="list.xlsx"):
        path = tmp_path / name
        if name.endswith(".csv"):
            text = io.StringIO()
            csv.writer(text).writerows(rows)
            path.write_bytes(text.getvalue().encode("gb18030"))
        else:
            path.write_bytes(workbook({"名单": rows}, {"名单": merges}))
        return path
    return write


REAL = [
    ["青禾市政府信息公开主体名单（2026年）"] * 1,
    ["填报单位：青禾市人民政府办公室", "", "", "", "填报日期：2026年1月5日"],
    ["序号", "单位名称\n（全称）", "统一社会信用代码", "行政区划代码", "网　址", "上级单位", "备注"],
    ["一、市政府部门"],
    [1, "青 禾 市\n教育局", uscc(1), 331000, "ｗｗｗ．ｑｉｎｇｈｅ．ｇｏｖ．ｃｎ／ｊｙｊ", "青禾市人民政府", "　"],
    [2, "青禾市数据局", uscc(7), 331000, "https://sjj.qinghe.gov.cn/", "青禾市人民政府", "新成立"],
    [3, "青禾市人力资源社会保障局", uscc(2), 331000, "无", "", ""],
    ["二、街道"],
    [4, "青禾市石桥街道办事处", "", 331002, "", "青禾市白榆区人民政府", ""],
    ["", "青禾市柳溪镇人民政府", "", "", "", "", ""],
    [6, "青禾市数据局", uscc(7), 331000, "https://sjj.qinghe.gov.cn/", "青禾市人民政府", "新成立"],
    [7, "青禾市什么", "", "", "", "", ""],
    ["", "", uscc(9), "", "", "", ""],
    ["合计", "7家"],
    ["填表人：王某", "", "", "审核人：李某"],
]
MERGES = ["A1:G1", "A4:G4", "A8:G8"]


@pytest.mark.parametrize("name", ["list.xlsx", "list.csv"])
def test_a_real_list_is_told_row_by_row(facts, listed, name):
    made = importing.plan(listed(REAL, MERGES, name))
    place = "名单!" if name.endswith("xlsx") else ""
    lines = {5: 5, 6: 6, 7: 7, 9: 9, 10: 10, 11: 11, 12: 12, 13: 13}
    if name.endswith("csv"):  # cells of several lines make a CSV longer
        lines = {row: row + (2 if row > 5 else 1) for row in lines}
    assert [(change.place, change.name) for change in made.added] == [
        (f"{place}{lines[6]}", "青禾市数据局"), (f"{place}{lines[9]}", "青禾市石桥街道办事处"),
        (f"{place}{lines[10]}", "青禾市柳溪镇人民政府")]
    assert [(change.id, change.place) for change in made.changed] == [("edu", f"{place}{lines[5]}"),
                                                                     ("lab", f"{place}{lines[7]}")]
    assert [(change.place, change.reason.key) for change in made.invalid] == [
        (f"{place}{lines[12]}", "no_kind"), (f"{place}{lines[13]}", "no_name")]
    assert [(change.place, change.reason.value) for change in made.duplicates] == [
        (f"{place}{lines[11]}", f"{place}{lines[6]}")]
    assert [body.id for body in made.dropped] == ["gov", "fin"]
    aside = " ".join(text for _, _, text in made.listed.aside)
    assert all(word in aside for word in ("主体名单", "一、市政府部门", "二、街道", "合计", "填表人"))


def test_values_are_cleaned_and_guesses_are_marked(facts, listed):
    made = importing.plan(listed(REAL, MERGES))
    data, street, town = made.added
    fields = {column: after for column, (_, after) in data.fields.items()}
    assert fields["uscc"] == data.id == uscc(7)
    assert (fields["parent"], fields["home"], fields["note"]) == ("gov", "https://sjj.qinghe.gov.cn/", "新成立")
    assert (fields["kind"], fields["level"], fields["obligation"]) == ("department", "prefecture", "must")
    assert data.guessed == ["kind", "level", "obligation"]
    assert street.fields["kind"][1] == "dispatched_office"
    assert street.fields["obligation"][1] == "expected"
    assert [remark.key for remark in street.remarks] == ["unknown_parent"]
    assert town.fields["kind"][1] == "township"
    edu, lab = made.changed
    assert edu.fields["home"] == ("", "http://www.qinghe.gov.cn/jyj")
    assert "name" not in edu.fields
    assert lab.fields["name"] == ("青禾市人力资源和社会保障局", "青禾市人力资源社会保障局")
    assert lab.fields["former_names"] == ("青禾市劳动局", "青禾市劳动局;青禾市人力资源和社会保障局")


@pytest.mark.parametrize("head", ["网站", "网址", "门户网站"])
def test_a_column_of_addresses_is_known_by_the_names_offices_give_it(facts, listed, head):
    rows = [["单位名称", "单位性质", head], ["青禾市数据局", "部门", "http://sjj.qinghe.gov.cn/"],
            ["青禾市档案局", "部门", "青禾市政府网"]]
    data, archive = importing.plan(listed(rows)).added
    assert data.fields["home"][1] == "http://sjj.qinghe.gov.cn/"
    assert "home" not in archive.fields  # the site's name is no address


def test_a_dry_run_writes_nothing_and_an_import_only_what_changed(facts, listed):
    path = facts / "bodies.csv"
    made = importing.plan(listed(REAL, MERGES))
    assert path.read_text("utf-8") == ROSTER
    assert importing.write(made) == path
    text = path.read_text("utf-8")
    kept = [line for line in ROSTER.splitlines()[2:] if not line.startswith(("edu", "lab", "第二"))]
    assert all(line in text.splitlines() for line in ROSTER.splitlines()[:1] + kept)
    assert text.splitlines()[1] == HEAD.strip() + ",home,sort_order,basis"
    bodies, faults = roster_files.read_bodies(path)
    assert not faults
    assert {"gov", "edu", "fin", "old", "lab"} < set(bodies)
    assert bodies["edu"].note == "第一行\n第二行"
    assert bodies["edu"].home == "http://www.qinghe.gov.cn/jyj"
    assert len(bodies) == 8
    again = importing.plan(listed(REAL, MERGES))
    assert (again.added, again.changed) == ([], [])
    assert importing.write(again) is None


def test_a_row_that_could_be_two_bodies_or_contradicts_another_is_left_out(facts, listed):
    path = facts / "bodies.csv"
    path.write_text(ROSTER + "edu2,青禾市教育局,,,department,must,county,,,,,2019,\n", "utf-8")
    made = importing.plan(listed([["单位名称", "类别", "统一社会信用代码"], ["青禾市教育局", "部门", ""],
                                  ["青禾市水利局", "部门", ""], ["青禾市水利局", "街道", ""]]))
    assert [(change.reason.key, change.reason.value) for change in made.invalid] == [
        ("several_bodies", "edu, edu2"), ("contradicts_row", "名单!3")]


def test_a_list_of_one_subtree_drops_only_there_and_gives_its_body_as_parent(facts, listed):
    (facts / "bodies.csv").write_text(
        ROSTER + "d,青禾市白榆区人民政府,,331002,government,must,county,gov,,,,,\n"
        "d1,青禾市白榆区水利局,,331002,department,must,county,d,,,,,\n", "utf-8")
    made = importing.plan(listed([["机构名称"], ["青禾市白榆区教育局"]]), under="d")
    assert [body.id for body in made.dropped] == ["d1"]
    assert made.added[0].fields["parent"] == ("", "d")
    assert made.added[0].fields["level"] == ("", "county")


def test_same_names_of_other_places_are_other_bodies(facts, listed):
    (facts / "bodies.csv").write_text(HEAD + "a,鼓楼区教育局,,320106,department,must,county,,,,,,\n", "utf-8")
    made = importing.plan(listed([["单位名称", "区划代码"], ["鼓楼区教育局", 320302], ["鼓楼区教育局", "320106"]]))
    assert [change.fields["division_code"][1] for change in made.added] == ["320302"]
    assert [change.id for change in made.unchanged] == ["a"]


def test_three_thousand_rows_take_seconds(facts, listed):
    rows = [["单位名称", "统一社会信用代码", "区划代码", "类别", "备注"]] + [
        [f"青禾市第{number}水利局", uscc(10_000 + number), 331000, "部门", ""] for number in range(3000)]
    path = listed(rows)
    begun = time.monotonic()
    made = importing.plan(path)
    importing.write(made)
    assert time.monotonic() - begun < 10
    assert len(made.added) == 3000
    begun = time.monotonic()
    assert len(importing.plan(path).unchanged) == 3000
    assert time.monotonic() - begun < 10


def test_an_import_that_would_break_the_roster_is_refused_as_a_whole(facts, listed):
    (facts / "portals").mkdir()
    (facts / "portals" / "city.yaml").write_text(
        "id: city\nname: 市\nhosts: [www.qinghe.example]\ncolumns:\n"
        "  - {id: nb, name: 年报, url: 'http://www.qinghe.example/nb/'}\n", "utf-8")
    before = (facts / "bodies.csv").read_bytes()
    rows = [["单位名称", "编号", "网站编号", "区划代码"], ["青禾市林业局", "f1", "city", 331002],
            ["青禾市林业局", "f2", "city", 331003]]
    with pytest.raises(ImportingError, match=r"could not be used(.|\n)*青禾市林业局"):
        importing.plan(listed(rows))
    assert (facts / "bodies.csv").read_bytes() == before


def test_faults_that_stood_before_do_not_stop_an_import(facts, listed):
    (facts / "bodies.csv").write_text(ROSTER + "bad,青禾市林业局,,,nonsense,must,county,,,,,,\n", "utf-8")
    made = importing.plan(listed([["单位名称"], ["青禾市水利局"]]))
    importing.write(made)
    assert "bad,青禾市林业局" in (facts / "bodies.csv").read_text("utf-8")


@pytest.mark.parametrize(("data", "word"), [
    (b"", "empty"), (b"PK\x03\x04 torn", "damaged"), (b"\xd0\xcf\x11\xe0 torn", "damaged"),
    (b"%PDF-1.7 list", "a PDF"), (package({"word/document.xml": "<a/>"}), "a Word document"),
    (b"\xff\xfa\xfb\x80\x81", "neither"), ("说明,内容\n甲,乙\n".encode(), "单位名称"),
])
def test_what_is_no_list_says_so_with_its_mend(facts, tmp_path, data, word):
    path = tmp_path / "list.xlsx"
    path.write_bytes(data)
    with pytest.raises(ImportingError, match=word) as fault:
        importing.plan(path)
    assert str(path) in str(fault.value)


def test_hidden_sheets_are_left_out_and_several_sheets_are_read(facts, tmp_path):
    head = ["单位名称", "类别"]
    path = tmp_path / "list.xlsx"
    path.write_bytes(workbook({"说明": [["请如实填写"]], "市直": [head, ["青禾市水利局", "部门"]],
                               "镇街": [head, ["青禾市东街街道办事处", "街道"]],
                               "旧": [head, ["青禾市粮食局", "部门"]]}, hidden=["旧"]))
    made = importing.plan(path)
    assert [change.place for change in made.added] == ["市直!2", "镇街!2"]


def test_one_name_twice_in_one_place_is_no_second_body(facts, listed):
    """A second row without (or with a wrong) code must not become a namesake whose report nobody could tell apart."""
    rows = [["单位名称", "统一社会信用代码", "区划代码", "上级单位"], ["青禾市水利局", uscc(50), 331000, ""],
            ["青禾市水利局", "11330000BADBADBAD9", 331000, ""], ["青禾市水利局", "", "", ""],
            ["城关镇人民政府", "", "", "甲山县人民政府"], ["城关镇人民政府", "", "", "乙水县人民政府"],
            ["鼓楼区教育局", "", 320106, ""], ["鼓楼区教育局", "", 320302, ""]]
    made = importing.plan(listed(rows))
    assert [(change.place, change.reason.key, change.reason.value) for change in made.invalid] == [
        ("名单!3", "contradicts_row", "名单!2"), ("名单!4", "contradicts_row", "名单!2")]
    assert [change.place for change in made.added] == ["名单!2", "名单!5", "名单!6", "名单!7", "名单!8"]


def test_hidden_rows_are_taken_and_told(facts, tmp_path):
    from openpyxl import Workbook

    book = Workbook()
    for row in (["单位名称"], ["青禾市水利局"], ["青禾市林业局"]):
        book.active.append(row)
    book.active.row_dimensions[3].hidden = True
    book.save(tmp_path / "list.xlsx")
    made = importing.plan(tmp_path / "list.xlsx")
    assert [[remark.key for remark in change.remarks] for change in made.added] == [[], ["hidden_row"]]


CHANGES = [["单位名称", "统一社会信用代码", "机构变动", "变动日期", "涉及单位", "批准文件", "曾用名", "报告涵盖"],
           ["青禾市教育局", uscc(1), "由教育委员会更名", "2024年3月1日", "", "青编〔2024〕1号", "青禾市教育委员会", ""],
           ["青禾市财政局", "", "并入", "2025.1.15", "青禾市发展局", "", "", ""],
           ["青禾市发展局", uscc(9), "新组建", "2025-01-15", "", "", "", "青禾市粮食局、青禾市物价局"],
           ["青禾市粮食局", "", "撤销", "", "", "", "", ""],
           ["青禾市林业局", "", "挂牌", "2025-01-15", "", "", "", ""],
           ["青禾市水利局", "", "职责划转", "2025-02-01", "青禾市什么局", "", "", ""]]


def test_what_happened_to_a_body_comes_with_the_list(facts, listed):
    made = importing.plan(listed(CHANGES))
    changed, added = ({change.id: change for change in made.changed}, {change.name: change for change in made.added})
    assert changed["edu"].fields["events"] == ("", "renamed|2024-03-01||青编〔2024〕1号")
    assert changed["edu"].fields["former_names"] == ("", "青禾市教育委员会")
    assert changed["fin"].fields["events"][1] == f"merged_into|2025-01-15|{uscc(9)}"
    assert added["青禾市发展局"].fields["events"][1] == "founded|2025-01-15"
    assert added["青禾市水利局"].fields["events"][1] == "function_moved|2025-02-01"
    told = {change.name: [(remark.key, remark.value) for remark in change.remarks] for change in made.added}
    assert told["青禾市粮食局"] == [("event_without_day", "撤销")]
    assert told["青禾市林业局"] == [("unknown_event", "挂牌")]
    assert told["青禾市水利局"] == [("unknown_event_other", "青禾市什么局")]
    assert told["青禾市发展局"] == [("unknown_covers", "青禾市物价局")]
    importing.write(made)
    bodies, faults = roster_files.read_bodies(facts / "bodies.csv")
    assert not faults
    food = added["青禾市粮食局"].id
    assert (bodies[uscc(9)].covers, bodies["fin"].events[0].other) == ((food,), uscc(9))
    assert importing.plan(listed(CHANGES)).changed == [], "told again it is no news"
    more = [CHANGES[0], ["青禾市教育局", uscc(1), "职责划转", "2025-06-01", "", "", "", ""]]
    assert importing.plan(listed(more)).changed[0].fields["events"] == (
        "renamed|2024-03-01||青编〔2024〕1号", "renamed|2024-03-01||青编〔2024〕1号;function_moved|2025-06-01")


def test_days_of_founding_and_ending_are_events_of_their_own(facts, listed):
    rows = [["单位名称", "成立时间", "撤销日期"], ["青禾市水利局", "1956年3月", ""],
            ["青禾市数据局", "2024年3月1日", ""],
            ["青禾市粮食局", "2019-01-20", "2025-06-01"], ["青禾市林业局", "待定", ""]]
    made = importing.plan(listed(rows))
    assert [change.fields.get("events", ("", ""))[1] for change in made.added] == [
        "", "founded|2024-03-01", "abolished|2025-06-01", ""]
    assert [(change.name, remark.key) for change in made.added for remark in change.remarks] == [
        ("青禾市林业局", "bad_day")]


def test_a_heading_of_two_lines_and_merged_values(facts, listed):
    rows = [["单位", "", "联系方式", ""], ["单位名称", "区划代码", "联系人", "邮箱"],
            ["青禾市水利局", 331002, "王某", "a@b.example"], ["青禾市林业局", "", "李某", ""]]
    made = importing.plan(listed(rows, ["A1:B1", "C1:D1", "B3:B4"]))
    assert [change.fields["division_code"][1] for change in made.added] == ["331002", "331002"]
    assert made.added[0].fields["reply_mail"] == ("", "a@b.example")


# ---------------------------------------------------------------- properties
NAMES = st.text(st.sampled_from("青禾白榆石桥教育水利财政民宗局委办镇乡街道\u3000 \n\"',;#，"), min_size=1, max_size=14)


@given(st.lists(st.tuples(NAMES, st.sampled_from(["", "部门", "街道", "胡写"]), NAMES), max_size=12))
def test_no_cell_of_any_list_ever_loses_a_row_of_the_roster(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("facts")
    (folder / "bodies.csv").write_text(ROSTER, "utf-8")
    configuration.use_office_folder(folder)
    try:
        path = folder / "list.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([["单位名称", "类别", "备注"], *rows])
        try:
            made = importing.plan(path)
        except ImportingError:
            return
        told = len(made.added) + len(made.changed) + len(made.unchanged) + len(made.invalid) + len(made.duplicates)
        assert told == len(made.listed.entries)
        importing.write(made)
        bodies, faults = roster_files.read_bodies(folder / "bodies.csv")
        assert not faults
        assert {"gov", "edu", "fin", "old", "lab"} <= set(bodies)
        assert len(bodies) == 5 + len(made.added)
        assert "# departments\n" in (folder / "bodies.csv").read_text("utf-8")
    finally:
        configuration.use_office_folder(None)


PRINTED = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp"), blacklist_characters="\x85"),
                  max_size=20)


@given(st.lists(st.tuples(st.sampled_from(["edu", "fin", "old"]), PRINTED), max_size=4))
def test_any_value_written_is_the_value_read(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("roster") / "bodies.csv"
    path.write_text(ROSTER, "utf-8")
    old = RosterFile.read(path)
    changes = {identity: importing.Change("changed", "", identity, "", {"note": ("", note)})
               for identity, note in values}
    path.write_text(old.with_changes([], list(changes.values())), "utf-8", newline="")
    read = {row["id"]: row["note"] for _, row in configuration.read_rows(path)}
    for identity, change in changes.items():
        assert read[identity] == change.fields["note"][1].strip()


# ---------------------------------------------------------------- small parts
@pytest.mark.parametrize(("name", "kind", "obligation"), [
    ("示例市人民政府", "government", "must"), ("示例市人民政府办公室", "government_office", "must"),
    ("示例县政府办", "government_office", "must"), ("示例市教育局", "department", "must"),
    ("示例市发展和改革委员会", "department", "must"), ("示例县柳溪镇人民政府", "township", "must"),
    ("示例县石桥乡", "township", "must"), ("示例区东街街道办事处", "dispatched_office", "expected"),
    ("示例经济技术开发区管理委员会", "committee", "expected"), ("中共示例市委宣传部", "party_organ", "expected"),
    ("示例县委办公室", "party_organ", "expected"), ("国家税务总局示例县税务局", "vertical", "expected"),
    ("示例市总工会", "mass_organisation", "voluntary"), ("示例市公安局石桥分局", "dispatched_agency", "expected"),
    ("示例市住房公积金管理中心", "authorised", "expected"), ("示例市第一中学", "public_enterprise", "none"),
    ("示例县国营红旗农场", "township_like", "expected"), ("示例市教育局（市语委）", "department", "must"),
])
def test_a_name_suggests_its_kind(name, kind, obligation):
    guessed = guesses({"name": name})
    assert (guessed["kind"], guessed["obligation"]) == (kind, obligation)


@pytest.mark.parametrize(("values", "level"), [
    ({"name": "示例市教育局", "division_code": "331000"}, "prefecture"),
    ({"name": "示例市教育局", "division_code": "331002"}, "county"),
    ({"name": "某镇人民政府", "division_code": "331002101"}, "township"),
    ({"name": "江苏省教育厅"}, "province"), ({"name": "南京市鼓楼区教育局"}, "county"),
    ({"name": "南京市教育局"}, "prefecture"), ({"name": "示例县教育局"}, "county"), ({"name": "教育局"}, None),
])
def test_the_level_comes_from_the_code_or_the_place(values, level):
    assert guesses(values).get("level") == level


@given(st.integers(0, 99_999_999))
def test_the_check_character_finds_every_single_slip(serial):
    code = uscc(serial)
    assert valid_uscc(code)
    assert not valid_uscc(code[:8] + ("1" if code[8] != "1" else "2") + code[9:])


@given(st.lists(st.lists(st.text(max_size=8), max_size=6), max_size=20))
def test_any_grid_gives_entries_or_a_clear_refusal(grid):
    sheet = tables.Sheet("s", [(number, cells) for number, cells in enumerate(grid, 1)
                               if any(cell.strip() for cell in cells)])
    try:
        found = entries_of([sheet], "x.csv")
    except ImportingError:
        return
    assert len(found.entries) + len(found.aside) < len(sheet.rows) + 1
