"""roster check: each remark on a row that deserves it, none on a roster in order; and the lint of portals CI runs."""

import re
from pathlib import Path

import pytest

from crawler import checking, clock, families
from crawler.families import FAMILIES
from extract import configuration
from tests.crawler.office_books import uscc

HEAD = ("id,name,uscc,division_code,kind,obligation,level,parent,portal,channels,hosts,aliases,since,until,events,"
        "successor,confirmed_on,home\n")
GOOD = ("gov,青禾市人民政府,,331000,government,must,prefecture,,city,,,,,,,,2026-01-10,\n"
        f"edu,青禾市教育局,{uscc(1)},,department,must,prefecture,gov,city,,edu.qinghe.example,,,,"
        "founded|2019-03-01||青编〔2019〕1号,,2026-01-10,\n")
PORTAL = ("id: city\nname: 市\nhosts: [www.qinghe.example]\nfamily: trs\ncolumns:\n"
          "  - {id: nb, name: 年报, url: 'http://www.qinghe.example/nb/'}\n")


@pytest.fixture
def facts(tmp_path):
    (tmp_path / "portals").mkdir()
    (tmp_path / "portals" / "city.yaml").write_text(PORTAL, "utf-8")
    configuration.use_office_folder(tmp_path)
    clock.simulate("2026-02-02T09:00")
    yield tmp_path
    clock.simulate(None)
    configuration.use_office_folder(None)


def remarks(facts, *rows):
    (facts / "bodies.csv").write_text(HEAD + GOOD + "".join(f"{row}\n" for row in rows), "utf-8")
    return {(remark.level, remark.key, remark.subject) for remark in checking.check()}


def test_a_roster_in_order_has_no_remark(facts):
    assert remarks(facts) == set()


@pytest.mark.parametrize(("row", "level", "key"), [
    ("x,青禾市水利局,,,department,must,prefecture,gov,,,,,,,,,2026-01-10,http://sl.qinghe.example/", "note",
     "no_portal"),
    ("x,青禾市水利局,,,department,must,prefecture,gov,city,,,教育局;青禾市教育局,,,,,2026-01-10,", "warning",
     "shared_name"),
    ("x,青禾市水利局,,,department,must,prefecture,gov,city,,http://a.example/,,,,,,2026-01-10,", "fault", "bad_host"),
    (f"x,青禾市水利局,{uscc(1)},,department,must,prefecture,gov,city,,,,,,,,2026-01-10,", "warning", "uscc_twice"),
    ("x,青禾市水利局,11330000BAD,,department,must,prefecture,gov,city,,,,,,,,2026-01-10,", "warning", "bad_uscc"),
    ("x,青禾市水利局,,990000,department,must,prefecture,gov,city,,,,,,,,2026-01-10,", "warning", "bad_division"),
    ("x,南京市水利局,,331002,department,must,prefecture,gov,city,,,,,,,,2026-01-10,", "warning", "other_place"),
    ("x,青禾市水利局,,,department,must,prefecture,gov,city,,,,,,,,,", "note", "unconfirmed"),
    ("x,青禾市水利局,,,department,must,prefecture,gov,city,,,,,,,,2025-03-01,", "note", "unconfirmed"),
    ("x,青禾市水利局,,,department,must,prefecture,gov,city,,,,,,,,去年,", "fault", "bad_day"),
    ("x,青禾市水利局,,,department,must,prefecture,gov,city,,,,,,abolished|2025-02-30||文,,2026-01-10,", "fault",
     "bad_day"),
    ("x,青禾市水利局,,,department,must,prefecture,gov,city,,,,,,renamed|2027-01-01||文,,2026-01-10,", "note",
     "event_ahead"),
    ("x,青禾市水利局,,,department,must,prefecture,gov,city,,,,,2023,merged_into|2026-01-10|edu|文,,2026-01-10,",
     "warning", "until_before_end"),
    ("x,青禾市水利局,,,department,must,prefecture,gov,city,,,,,,renamed|2025-01-01||文,,2026-01-10,", "warning",
     "renamed_without_former_name"),
    ("x,青禾市水利局,,,department,must,prefecture,gov,city,,,,,,split_from|2020-01-01|zz|文,,2026-01-10,", "warning",
     "event_other"),
    ("x,青禾市水利局,,,department,must,prefecture,gov,city,,,,,,founded|2020-01-01,,2026-01-10,", "note",
     "event_without_document"),
    ("x,青禾市水利局,,,department,must,prefecture,gov,city,,,,2018,,founded|2020-01-01||文,,2026-01-10,", "warning",
     "since_before_founded"),
    ("x,青禾市水利局,,,department,must,prefecture,gov,city,,,,,2024,merged_into|2025-01-01||文,,2026-01-10,",
     "warning", "ended_without_successor"),
    ("x,青禾市水利局,,,department,must,prefecture,gov,city,,,,,,abolished|2025-01-01||文,,2026-01-10,", "note",
     "ended_without_until"),
    ("x,青禾市水利局,,,department,must,prefecture,x,city,,,,,,,,2026-01-10,", "fault", "parent_circle"),
])
def test_each_remark_on_the_row_that_deserves_it(facts, row, level, key):
    assert (level, key, row.split(",")[1]) in remarks(facts, row)


def test_chains_of_successors_are_followed(facts):
    gone = "department,must,prefecture,gov,city,,,,,2023,abolished|2024-01-01||文"
    found = remarks(facts, f"a,青禾市甲局,,,{gone},b,2026-01-10,", f"b,青禾市乙局,,,{gone},c,2026-01-10,",
                    f"c,青禾市丙局,,,{gone},,2026-01-10,", f"d,青禾市丁局,,,{gone},e,2026-01-10,",
                    f"e,青禾市戊局,,,{gone},d,2026-01-10,")
    assert ("warning", "successor_gone", "青禾市甲局") in found
    assert {("fault", "successor_circle", "青禾市丁局"), ("fault", "successor_circle", "青禾市戊局")} <= found


def test_faults_of_the_files_are_told_alone_with_their_place(facts):
    (facts / "bodies.csv").write_text(HEAD + GOOD + "x,青禾市水利局,,,bureau,must,,gov,nowhere,,,,,,,,,\n", "utf-8")
    found = checking.check()
    assert {(remark.level, remark.key) for remark in found} == {("fault", "file")}
    assert all(re.search(r"bodies\.csv:4$", remark.place) for remark in found)


@pytest.mark.parametrize(("change", "level", "key"), [
    (("family: trs", "family: trs2"), "fault", "file"),
    (("[www.qinghe.example]", "['http://www.qinghe.example']"), "fault", "file"),
    (("id: city", "id: town"), "fault", "portal_file_name"),
    (("family: trs", "family: auto"), "note", "family_auto"),
    (("family: trs", "family: trs\nconduct: {delay: 3}"), "warning", "conduct_without_reason"),
    (("family: trs", "family: trs\nquirks: [{name: robots_agreed, value: true, reason: ''}]"), "warning",
     "quirk_without_reason"),
    (("family: trs", "family: trs\nexpectations: {min_items: 900, max_pages: 2}"), "fault", "expectations"),
    (("http://www.qinghe.example/nb/'}", "http://www.qinghe.example/nb/'}\n"
      "  - {id: nb2, name: 年报, url: 'http://www.qinghe.example/nb/'}"), "fault", "column_twice"),
])
def test_portals_are_linted_without_any_network(facts, change, level, key):
    (facts / "portals" / "city.yaml").write_text(PORTAL.replace(*change), "utf-8")
    assert (level, key) in {(remark.level, remark.key) for remark in checking.check_portals()}


def test_an_unknown_family_is_refused_at_load_with_the_known_ones(facts):
    (facts / "portals" / "city.yaml").write_text(PORTAL.replace("trs", "trs2"), "utf-8")
    remark = next(each for each in checking.check_portals() if each.level == "fault")
    assert "'trs2'" in remark.value
    assert "jpage" in remark.value


# ---------------------------------------------------------------- checkall: what ships
def test_the_packaged_portals_and_roster_have_no_fault():
    assert [remark for remark in [*checking.check_portals(), *checking.check()] if remark.level == "fault"] == []


REPOSITORY = Path(__file__).parents[2]


@pytest.mark.parametrize("family", FAMILIES)
def test_each_family_has_its_functions_a_test_portal_and_saved_lists(family):
    module = FAMILIES[family]
    assert all(callable(getattr(module, name, None)) for name in ("recognise", "listing", "enumerate_list"))
    assert (module.__doc__ or "").strip()
    assert (REPOSITORY / "tests" / "portals" / f"{family}.py").is_file()
    assert list((REPOSITORY / "tests" / "listings" / family).glob("*.html"))


def test_no_family_module_is_left_out_of_the_registry():
    folder = Path(families.__file__).parent
    for path in folder.glob("*.py"):
        text = path.read_text("utf-8")
        if re.search(r"^def recognise\(", text, re.M) and re.search(r"^async def enumerate_list\(", text, re.M):
            assert path.stem in FAMILIES
    assert {path.name for path in (REPOSITORY / "tests" / "listings").iterdir()} == set(FAMILIES)


# ---------------------------------------------------------------- checkall
ROOT = Path(__file__).parents[2]


def test_portals_and_families_of_this_checkout_are_in_order():
    faults = [remark for remark in checking.check_all(ROOT) if remark.level == "fault"]
    assert faults == []


def test_a_family_without_its_tests_is_a_fault(tmp_path):
    for folder in ("tests/portals", "tests/listings/trs", "tests/listings/vsb"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "tests/portals/trs.py").write_text("", "utf-8")
    saved = ROOT / "tests" / "listings" / "trs" / "dotted.html"
    (tmp_path / "tests/listings/trs/dotted.html").write_text(saved.read_text("utf-8"), "utf-8")
    wanted = saved.with_suffix(".json").read_text("utf-8").replace("2022", "2021")
    (tmp_path / "tests/listings/trs/dotted.json").write_text(wanted, "utf-8")
    (tmp_path / "tests/listings/vsb/page.html").write_text("<html></html>", "utf-8")
    found = {(remark.key, remark.subject) for remark in checking.check_families(tmp_path)}
    assert {("family_without_portal", "vsb"), ("listing_unread", "vsb"), ("family_without_listings", "kaipu"),
            ("listing_rows", "trs")} <= found
    assert ("family_without_portal", "trs") not in found


def test_a_family_that_offers_less_is_a_fault(monkeypatch):
    monkeypatch.setitem(families.FAMILIES, "half", type("Half", (), {"recognise": lambda text: False, "__doc__": ""}))
    found = {(remark.key, remark.value) for remark in checking.check_families() if remark.subject == "half"}
    assert found == {("family_offers", "listing(text, url)"), ("family_undocumented", ""),
                     ("family_offers", "enumerate_list(first, get, max_pages)")}
    monkeypatch.delitem(families.FAMILIES, "vsb")
    assert ("family_unlisted", "vsb") in {(remark.key, remark.subject) for remark in checking.check_families()}


def test_a_quirk_that_nothing_reads_is_told(facts):
    path = facts / "portals" / "city.yaml"
    path.write_text(f"{PORTAL}quirks:\n  - {{name: robot_agreed, value: true, reason: 来函同意}}\n", "utf-8")
    assert ("warning", "quirk_unknown", "市") in remarks(facts)


def test_a_covered_body_that_is_not_there_is_told(facts):
    (facts / "bodies.csv").write_text(
        "id,name,kind,level,portal,covers,confirmed_on\ngov,青禾市人民政府,government,prefecture,city,edu;zz;gov,2026-01-10\n"
        "edu,青禾市教育局,department,prefecture,city,,2026-01-10\n", "utf-8")
    assert [(remark.level, remark.key, remark.value) for remark in checking.check()] == [
        ("warning", "covers_other", "zz"), ("warning", "covers_other", "gov")]
