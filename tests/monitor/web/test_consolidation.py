"""A government's report beside the sum of its members: names who is missing, accuses nobody."""

from __future__ import annotations

import pytest
from lxml import html

from crawler import clock
from extract import configuration
from monitor import records, wording
from tests.monitor.exports.county import County
from tests.monitor.exports.test_static_site import text
from tests.monitor.web.served import visitor

REGULATIONS = wording.figure("disclosure.regulations.issued", "zh")


@pytest.fixture
def county(tmp_path):
    yield County(tmp_path)
    clock.simulate(None)
    configuration.use_office_folder(None)


def shown(county, path, status=200):
    answer = visitor(county.settings).get(path)
    assert answer.status_code == status, answer.text[-500:]
    return html.fromstring(answer.text)


def table(page, heading):
    return {row[0].text_content().strip(): [cell.text_content().strip() for cell in row[1:]]
            for row in page.xpath(f"//h2[@id='{heading}']/following-sibling::div[1]//tbody/tr")}


def test_sums_stand_beside_the_report_with_their_difference_and_who_is_left_out(county):
    county.publish("fin", applications__new__total=10)
    county.publish("edu", applications__new__total=5, disclosure__regulations__issued=2)
    county.publish("gov", scope="consolidated", applications__new__total=14)
    county.judged()
    page = shown(county, "/consolidation/gov?year=2025")
    sums = table(page, "sums")
    assert sums["本年新收／总计"][:4] == ["14", "15", "−1", "2"]
    assert sums[REGULATIONS][:3] == ["0", "不宜合计", ""]
    assert "规章" in sums[REGULATIONS][4]
    left = table(page, "left")
    assert left["示例县甲镇人民政府"][1]
    assert "国家税务总局示例县税务局" in left
    told = text(page)
    assert "差额不表示汇总有误" in told
    assert "≠" not in told
    assert "不符" not in told
    english = text(shown(county, "/en/consolidation/gov?year=2025"))
    assert "a difference is no fault" in english


def test_doubtful_figures_do_not_count(county):
    county.publish("fin", doubtful=("applications.new.total",), applications__new__total=10)
    county.publish("gov", scope="consolidated", doubtful=("applications.new.total",), applications__new__total=14)
    county.judged()
    sums = table(shown(county, "/consolidation/gov"), "sums")
    assert sums["本年新收／总计"][:3] == ["14?", "", ""]
    assert "读取存疑1" in sums["本年新收／总计"][3]


def test_without_the_consolidated_report_only_sums_are_shown(county):
    county.publish("fin", applications__new__total=10)
    county.judged()
    page = shown(county, "/consolidation/gov?year=2025")
    assert "未读取到本级政府（汇总）报告" in text(page)
    assert table(page, "sums")["本年新收／总计"][:3] == ["", "10", ""]


def test_a_year_without_reports_or_without_tables_says_so(county):
    county.publish("fin")
    county.judged()
    assert "没有可以合计" in text(shown(county, "/consolidation/gov?year=2024"))
    assert "没有可以合计" in text(shown(county, "/consolidation/gov?year=2010"))


def test_only_governments_have_it(county):
    county.judged()
    shown(county, "/consolidation/fin", 404)
    shown(county, "/consolidation/nobody", 404)
    shown(county, "/consolidation/gov?year=x", 400)


def test_only_the_standings_of_members_are_read(county, monkeypatch):
    county.publish("fin")
    county.judged()
    asked = []
    built = records.standings
    monkeypatch.setattr(records, "standings",
                        lambda held, year=None, bodies=None: asked.append(bodies) or built(held, year, bodies))
    shown(county, "/consolidation/gov?year=2025")
    assert asked
    assert None not in asked
