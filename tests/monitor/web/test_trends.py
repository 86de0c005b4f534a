"""Trends: sure figures of current reports only, told with how many; what holds each other is never added up."""

from __future__ import annotations

import time

import pytest
from lxml import html

from crawler import clock
from crawler.model import Body
from crawler.roster import Roster
from extract import configuration, forms
from extract.model import Figure, Report
from monitor import records, settings
from monitor.model import Standing, Status
from monitor.web import board, installation, sums
from monitor.web.board import Filter
from monitor.web.installation import Installation
from tests.monitor.web import boards
from tests.monitor.web.served import visitor

AT = (boards.MOMENT, "r")


@pytest.fixture(autouse=True)
def _office():
    yield
    clock.simulate(None)
    configuration.use_office_folder(None)


class Town(boards.Seat):
    """A county with departments, of whose reports the tables are put in by hand."""

    def __init__(self, folder, bodies=6):
        super().__init__(folder, Roster.of([
            Body("gov", "示例县人民政府", "government", "county", sort_order=1, scopes=("consolidated",)),
            *(Body(f"b{number}", f"示例县第{number}局", "department", "county", parent="gov", sort_order=2 + number)
              for number in range(bodies)),
            Body("town", "示例县样本镇人民政府", "township", "township", parent="gov", sort_order=99,
                 scopes=("consolidated",))], []))
        self.standings = []
        with self.store.write() as connection:
            records.ensure_figures(connection)

    def put(self, body, year=2025, scope="own", status=Status.ON_TIME, days=None, form="2021", shared="", **figures):
        """One obligation with its report; figures by key with __ for dots, as value or as Figure."""
        held = {key.replace("__", "."): value if isinstance(value, Figure) else Figure(value, "number", str(value))
                for key, value in figures.items()}
        report = None
        if figures:
            made = Report("报告", None, year, scope, form, "text/html", "ab" * 32, figures=held)
            with self.store.write() as connection:
                report = records.put_report(
                    connection, made, address=f"http://x.example/{shared or body}/{scope}/{year}", content="c",
                    portal="city", body=body, scope=scope, year=year, verdict="report", reason="", version=1, first=AT,
                    last=AT)
        self.standings.append(Standing(body, scope, year, status, days_late=days, report=report))
        return report

    def client(self, lang="zh"):
        self.judge(self.standings)
        return visitor(self.settings, lang)


def page(client, address="/trends"):
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return html.fromstring(answer.text)


def table(tree, key):
    """Cells by year of the table beneath one heading."""
    return {row.findtext("th"): [" ".join(cell.text_content().split()) for cell in row.findall("td")]
            for row in tree.xpath(f"//table[@aria-labelledby='{key}']/tbody/tr")}


def test_sums_tell_of_how_many_reports_they_are(tmp_path):
    town = Town(tmp_path)
    town.put("b0", applications__new__total=31, applications__granted__total=20)
    town.put("b1", applications__new__total=4)
    town.put("b2", applications__new__total=Figure(1000, "number", "1000", confidence=0.5))
    town.put("b3", applications__new__total=Figure(None, "blank", ""))
    town.put("b4")
    town.put("b0", 2024, applications__new__total=7)
    tree = page(town.client())
    assert table(tree, "requests") == {"2025年度": ["35 （2/4份）"], "2024年度": ["7 （1/1份）"]}
    assert table(tree, "outcomes")["2025年度"][0] == "20 （1/4份）"
    assert table(tree, "outcomes")["2025年度"][2] == "（0/4份）"


def test_parts_of_an_outcome_stand_together_or_not_at_all(tmp_path):
    parts = [key for key in forms.form("2021").all_keys
             if key.startswith("applications.refused_") and key.endswith(".total")]
    spelt = [key.replace(".", "__") for key in parts]
    town = Town(tmp_path)
    town.put("b0", **dict.fromkeys(spelt, 2))
    town.put("b1", **{spelt[0]: 5, **dict.fromkeys(spelt[1:], Figure(None, "blank", ""))})
    town.put("b2", **{**dict.fromkeys(spelt, 9), spelt[1]: Figure(9, "number", "9", confidence=0.3)})
    town.put("b3", **dict.fromkeys(spelt, Figure(None, "dash", "—")))
    town.put("b4", **{spelt[0]: 3})
    assert table(page(town.client()), "outcomes")["2025年度"][2] == f"{2 * len(parts) + 5} （2/5份）"


def test_one_row_in_place_of_three_counts_as_much(tmp_path):
    town = Town(tmp_path)
    town.put("b0", applications__closed__total=6)
    town.put("b1", applications__closed_uncorrected__total=1, applications__closed_unpaid__total=0,
             applications__closed_other__total=2)
    assert table(page(town.client()), "outcomes")["2025年度"][5] == "9 （2/2份）"


def test_every_form_on_file_tells_what_it_means_the_same_by(tmp_path):
    town = Town(tmp_path)
    town.put("b0", 2018, form="2014", **{"statistics2014__requests__received": 12,
                                         "statistics2014__reconsideration__total": 3})
    town.put("b0", 2020, form="2019", applications__new__total=13, disputes__reconsideration__total=4)
    tree = page(town.client())
    assert table(tree, "requests") == {"2020年度": ["13 （1/1份）"], "2018年度": ["12 （1/1份）"]}
    assert table(tree, "disputes")["2018年度"][0] == "3 （1/1份）"
    assert "旧表式" in tree.text_content()


def test_own_and_consolidated_reports_are_never_added_up(tmp_path):
    town = Town(tmp_path)
    town.put("b0", applications__new__total=1)
    town.put("b1", applications__new__total=1)
    town.put("gov", scope="consolidated", applications__new__total=100)
    client = town.client()
    assert table(page(client), "requests")["2025年度"] == ["2 （2/2份）"]
    assert table(page(client, "/trends?scope=consolidated"), "requests")["2025年度"] == ["100 （1/1份）"]
    assert page(client).xpath("//select[@name='scope']/option/@value") == ["own", "consolidated"]


def test_consolidated_reports_of_several_levels_are_not_added_up(tmp_path):
    town = Town(tmp_path)
    town.put("gov", scope="consolidated", applications__new__total=100)
    town.put("town", scope="consolidated", applications__new__total=8)
    client = town.client()
    tree = page(client, "/trends?scope=consolidated")
    assert not table(tree, "requests")
    ways = {each.text: each.get("href") for each in tree.xpath("//main//p/a[contains(@href, 'level=')]")}
    assert set(ways) == {"县级", "乡级"}
    assert table(page(client, ways["乡级"]), "requests")["2025年度"] == ["8 （1/1份）"]


def test_a_joint_report_counts_once_for_whoever_is_asked(tmp_path):
    town = Town(tmp_path)
    joint = town.put("b0", applications__new__total=5)
    town.standings.append(Standing("b1", "own", 2025, Status.ON_TIME, report=joint))
    town.put("b2", applications__new__total=1)
    client = town.client()
    assert table(page(client), "requests")["2025年度"] == ["6 （2/2份）"]
    town.judge(town.standings)
    with town.store.read() as connection:
        held = board.load(connection, town.roster)
        added = sums.load(connection, held)
    assert added.of(held.pick(Filter(search="第1局")), 2025)["new"] == sums.Sum(5, 1, 1)
    assert added.of(held.pick(Filter()), 2025)["new"] == sums.Sum(6, 2, 2)


def test_a_report_that_no_longer_stands_counts_nowhere(tmp_path):
    town = Town(tmp_path)
    town.put("b0", applications__new__total=5)
    town.standings.clear()
    town.put("b0", shared="newer", applications__new__total=6)
    assert table(page(town.client()), "requests")["2025年度"] == ["6 （1/1份）"]


def test_days_late_by_median_and_maximum(tmp_path):
    town = Town(tmp_path)
    for number, days in enumerate((2, 40, 5)):
        town.put(f"b{number}", status=Status.LATE if number else Status.LATE_BY_RULE, days=days)
    town.put("b3", status=Status.UNDATED, days=99)
    assert table(page(town.client()), "days")["2025年度"] == ["3", "5", "40"]


def test_no_share_under_five(tmp_path):
    town = Town(tmp_path)
    for number in range(5):
        town.put(f"b{number}", status=Status.UNVERIFIED if number == 4 else Status.ON_TIME)
        town.put(f"b{number}", 2024)
    rows = table(page(town.client()), "rate")
    assert rows["2025年度"] == ["5", "4", "4", "数量少于5，不计算"]
    assert rows["2024年度"] == ["5", "5", "5", "100.0%"]


def test_the_jump_of_2024_is_told(tmp_path):
    town = Town(tmp_path)
    town.put("b0", 2024)
    assert "2024年起" not in page(town.client()).text_content()
    town.put("b0", 2023)
    assert "2024年起" in page(town.client()).text_content()


def test_of_a_large_store_the_sums_come_when_they_are_ready(tmp_path, monkeypatch):
    monkeypatch.setattr(installation, "AT_ONCE", 0)
    town = Town(tmp_path)
    town.put("b0", applications__new__total=5)
    client = town.client()
    first = page(client)
    deadline = time.monotonic() + 20
    while not table(page(client), "requests") and time.monotonic() < deadline:
        time.sleep(0.02)
    assert "正在汇总" in first.text_content() or table(first, "requests")
    assert table(page(client), "requests")["2025年度"] == ["5 （1/1份）"]


def test_sums_that_cannot_be_made_leave_the_old_ones_in_use(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(installation, "AT_ONCE", 0)
    town = Town(tmp_path)
    town.put("b0", applications__new__total=5)
    town.client()

    def refuse(connection, held):
        raise ValueError("no memory")

    monkeypatch.setattr(sums, "load", refuse)
    held = Installation(settings.load(town.settings), town.store, "zh")
    assert held.sums is None
    deadline = time.monotonic() + 20
    while "no memory" not in caplog.text and time.monotonic() < deadline:
        time.sleep(0.01)
    assert "no memory" in caplog.text


def test_an_empty_installation_and_english(tmp_path):
    town = Town(tmp_path)
    assert "尚无数据" in page(town.client()).text_content()
    town.put("b0", applications__new__total=5)
    english = page(town.client(), "/en/trends")
    assert table(english, "requests") == {"2025": ["5 (1/1)"]}
    told = " ".join(english.xpath("//h1//text()|//h2//text()|//th//text()|//main//p//text()|//label/text()"))
    assert not [char for char in told if "一" <= char <= "鿿"]


def test_other_remits_stay_out_of_the_sums(tmp_path):
    town = Town(tmp_path)
    town.put("b0", applications__new__total=5)
    town.put("b1", applications__new__total=7)
    town.client()
    with town.store.read() as connection:
        held = board.load(connection, town.roster)
        added = sums.load(connection, held)
    assert added.of(held.pick(Filter(), frozenset({"b1"})), 2025)["new"].value == 7
