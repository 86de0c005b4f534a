"""Whole scans of loopback portals: Anhui label and openness, VSB, ASP.NET, old JSP, script lists, cut-up columns.

Every report of every body must be seen, routed and captured with its attachments, and nothing else be taken for one.
"""

import csv
import functools
import json
import sqlite3
from dataclasses import dataclass
from datetime import date

import pytest
import yaml

from crawler import scan
from crawler.model import ScanPlan
from tests.portals import (
    anhui_label,
    anhui_openness,
    aspnet,
    legacy_pages,
    script_list,
    vsb,
    year_columns,
)
from tests.portals.serving import Portals
from tests.portals.sites import Content, Entry, Part, Site

TODAY = date(2026, 3, 1)
YEARS = (2025, 2024, 2023)
OFFICES = ("财政局", "教育局", "人力资源和社会保障局", "卫生健康委员会", "柳岸镇人民政府", "石桥街道办事处", "档案馆")
NOISE = ("关于召开{year}年政务公开工作推进会的通知", "{place}{year}年法治政府建设年度报告",
         "{place}政府信息公开指南（{year}年修订）", "一图读懂：{place}{year}年政府信息公开工作年度报告")


@dataclass(frozen=True)
class Kind:
    """One portal: what serves it, its column's address, and how its list is built."""

    module: object
    column: str
    base: str = ""
    dialect: str = ""
    per_page: int = 5
    family: str = ""
    noise: bool = True
    failing: frozenset[int] = frozenset()
    why: str = ""
    """A list that can't be walked to its end, and what its reason names."""


LABEL = "/public/column/6595731?type=4&action=list&nav=3&catId=32710021"
KINDS = {
    "label": Kind(anhui_label, LABEL, "6595731", family="anhui_label"),
    "label-posted": Kind(anhui_label, LABEL, "6595731", anhui_label.POSTED, family="anhui_label"),
    "openness": Kind(anhui_openness, anhui_openness.COLUMN, family="anhui_openness", noise=False),
    "vsb": Kind(vsb, vsb.COLUMN, family="vsb"),
    "vsb-call": Kind(vsb, vsb.COLUMN, "", vsb.CALL_ONLY, 4, "vsb"),
    "aspnet": Kind(aspnet, aspnet.COLUMN, per_page=3, family="aspnet"),
    "jsp": Kind(legacy_pages, legacy_pages.COLUMN, family="trs"),
    "jsp-form": Kind(legacy_pages, legacy_pages.COLUMN, "", legacy_pages.FORM, family="trs"),
    "inline": Kind(script_list, script_list.COLUMN, family="script_list"),
    "json": Kind(script_list, script_list.COLUMN, "", script_list.JSON, family="script_list"),
    "years": Kind(year_columns, year_columns.COLUMN, per_page=4, family="static"),
}
BROKEN = {
    "label-failing": Kind(anhui_label, LABEL, "6595731", failing=frozenset({3}), why="page 3 of 5: server_error"),
    "years-failing": Kind(year_columns, year_columns.COLUMN, per_page=4, failing=frozenset({2023}), why="2023nb/"),
    "vsb-captcha": Kind(vsb, vsb.COLUMN, "", vsb.CAPTCHA),
}
HOSTS = {kind: f"127.0.11.{number}" for number, kind in enumerate([*KINDS, *BROKEN], 1)}


def place(kind):
    return f"示例{'甲乙丙丁戊己庚辛壬癸子丑寅卯辰'[list(HOSTS).index(kind)]}县"


def article(title, attached):
    text = f"<p>现将{title}公布如下。收到申请3件，办结3件，结转下年度0件。</p>" + "<p>主动公开情况说明。</p>" * 5
    return Content(text, tuple(Part(f"{title}.{kind}", f"%PDF-1.4 {title}".encode(), "application/pdf")
                               for kind in attached))


def entries(kind):
    made, number = [], 872000
    for year in YEARS:
        for index, office in enumerate(OFFICES):
            if (year, office) == (2025, "档案馆"):
                continue
            number += 1
            title = f"{place(kind)}{office}{year}年政府信息公开工作年度报告"
            attached = ("pdf",) if index % 3 == 0 else ()
            day = date(year + 1, 1, 5 + index * 3)
            made.append(Entry(number, title, day, functools.partial(article, title, attached)))
    for index, pattern in enumerate(NOISE if (KINDS | BROKEN)[kind].noise else ()):
        number += 1
        title = pattern.format(place=place(kind), year=2025)
        made.append(Entry(number, title, date(2026, 2, 1 + index), functools.partial(article, title, ())))
    return made


class FamilyWorld:
    """The portals, a roster of their bodies, and a scan of them all."""

    def __init__(self, folder, kinds=KINDS):
        self.folder, self.kinds = folder, kinds
        self.sites = {kind: Site(HOSTS[kind], f"{place(kind)}人民政府", "政府信息公开年报", entries(kind),
                                 made.base, made.per_page, dialect=made.dialect, failing_pages=made.failing)
                      for kind, made in kinds.items()}
        self.portals = Portals({HOSTS[kind]: functools.partial(made.module.answer, self.sites[kind])
                                for kind, made in kinds.items()}, TODAY)

    def __enter__(self):
        self.portals.start()
        facts = self.folder / "facts"
        (facts / "portals").mkdir(parents=True)
        with (facts / "bodies.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["id", "name", "kind", "level", "portal"])
            for kind in self.kinds:
                writer.writerows([f"{kind}-{number}", f"{place(kind)}{office}",
                                  "township" if office.endswith("镇人民政府") else "department", "county", kind]
                                 for number, office in enumerate(OFFICES))
        for kind, made in self.kinds.items():
            host = f"{HOSTS[kind]}:{self.portals.port}"
            portal = {"id": kind, "name": kind, "hosts": [host],
                      "columns": [{"id": "nb", "name": "年报", "url": f"http://{host}{made.column}"}]}
            (facts / "portals" / f"{kind}.yaml").write_text(yaml.safe_dump(portal, allow_unicode=True), "utf-8")
        return self

    def __exit__(self, *_):
        self.portals.stop()

    def scan(self, run="one"):
        return scan.run(ScanPlan(run, str(self.folder / "n.db"), str(self.folder / "evidence"),
                                 str(self.folder / "facts"), sorted(self.kinds), delay=0.0, timeout=5.0,
                                 allow_private_addresses=True, contact="test@office.example"))

    def rows(self, query, *values):
        connection = sqlite3.connect(self.folder / "n.db")
        connection.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in connection.execute(query, values)]
        finally:
            connection.close()

    def due(self, kind):
        """(body, year) of every report the portal shows."""
        return {(f"{kind}-{number}", year) for year in YEARS for number, office in enumerate(OFFICES)
                if (year, office) != (2025, "档案馆")}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with FamilyWorld(tmp_path_factory.mktemp("families")) as made:
        made.result = made.scan()
        yield made


@pytest.mark.parametrize("kind", KINDS)
def test_every_report_is_listed_and_nothing_else(world, kind):
    found = world.rows("SELECT * FROM listing WHERE portal = ?", kind)[0]
    assert (found["outcome"], found["complete"], found["family"]) == ("ok", 1, KINDS[kind].family), found["reason"]
    seen = world.rows("SELECT * FROM listed WHERE listing = ?", found["id"])
    routed = [(row["body"], row["year"]) for row in seen if row["route"] == "report"]
    assert sorted(routed) == sorted(world.due(kind)), "each once"
    assert not [row for row in seen if row["route"] in ("unrouted", "note")]


@pytest.mark.parametrize("kind", KINDS)
def test_every_report_is_captured_with_its_attachments(world, kind):
    captured = world.rows("SELECT * FROM capture WHERE portal = ?", kind)
    assert len(captured) == len(world.due(kind))
    for row in captured:
        assert (row["outcome"], row["reason"]) == ("ok", "")
        assert row["content"]
        office = next(office for office in OFFICES if office in row["list_title"])
        parts = [(part["role"], part["outcome"], part["media_type"]) for part in json.loads(row["parts"])]
        wanted = [("attachment", "ok", "application/pdf")] * (OFFICES.index(office) % 3 == 0)
        assert parts == [("page", "ok", "text/html"), *wanted], row["url"]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "years"])
def test_days_of_the_list_are_read(world, kind):
    seen = world.rows("SELECT s.* FROM listed s JOIN listing l ON l.id = s.listing WHERE l.portal = ? "
                      "AND s.route = 'report'", kind)
    days = {entry.title: entry.day.isoformat() for entry in world.sites[kind].entries}
    assert {row["title"]: row["day"] for row in seen} == {row["title"]: days[row["title"]] for row in seen}


def test_nothing_is_asked_for_in_vain(world):
    """Recognising and walking costs no trial requests where the page says how it goes on."""
    for kind in ("label", "vsb", "vsb-call", "aspnet", "jsp", "jsp-form", "inline", "json"):
        assert all(visit.status == 200 for visit in world.portals.visits(HOSTS[kind])
                   if visit.path != "/robots.txt"), kind


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    with FamilyWorld(tmp_path_factory.mktemp("broken"), BROKEN) as made:
        made.result = made.scan()
        yield made


@pytest.mark.parametrize("kind", [kind for kind, made in BROKEN.items() if made.why])
def test_a_list_with_a_part_out_of_reach_is_never_whole(broken, kind):
    found = broken.rows("SELECT * FROM listing WHERE portal = ?", kind)[0]
    assert (found["outcome"], found["complete"]) == ("ok", 0)
    assert BROKEN[kind].why in found["reason"]
    seen = {(row["body"], row["year"]) for row in broken.rows(
        "SELECT * FROM listed WHERE listing = ? AND route = 'report'", found["id"])}
    assert seen < broken.due(kind)


def test_a_captcha_in_place_of_a_file_is_told_and_the_report_not_read_today(broken):
    captured = broken.rows("SELECT * FROM capture WHERE portal = 'vsb-captcha'")
    outcomes = {row["outcome"]: row["content"] for row in captured if len(json.loads(row["parts"])) > 1}
    assert set(outcomes) == {"ok", "challenge"}
    assert outcomes["challenge"] is None
    assert outcomes["ok"]
