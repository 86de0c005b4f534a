"""The chain over years: what one year hands over to the next."""

from __future__ import annotations

import pytest
from lxml import html

from crawler import clock
from extract import configuration
from monitor import records, review
from monitor.model import Finding, Standing, Status
from tests.monitor.exports.county import County
from tests.monitor.exports.test_static_site import text
from tests.monitor.web.served import visitor


@pytest.fixture
def county(tmp_path):
    yield County(tmp_path)
    clock.simulate(None)
    configuration.use_office_folder(None)


def requests(carried_in, new, concluded, carried_out):
    return {f"applications__{row}__{column}": value for column in ("natural_person", "total") for row, value in (
        ("carried_in", carried_in), ("new", new), ("granted", concluded), ("concluded", concluded),
        ("carried_out", carried_out))}


def stands(county, reports):
    """Standings for reports by (body, scope, year)."""
    with county.store.write() as connection:
        records.put_standings(connection, [Standing(body, scope, year, Status.ON_TIME, report=identity)
                                           for (body, scope, year), identity in reports.items()],
                              "2026-03-01T09:00:00+08:00")


def shown(county, path):
    answer = visitor(county.settings).get(path)
    assert answer.status_code == 200, answer.text[-500:]
    return html.fromstring(answer.text)


def links(page):
    return [[cell.text_content().strip() for cell in row]
            for row in page.xpath("//h3/following-sibling::div[1]//tbody/tr")]


def test_what_fits_and_what_does_not(county):
    held = {("fin", "own", 2023): county.publish("fin", 2023, **requests(0, 10, 8, 2)),
            ("fin", "own", 2024): county.publish("fin", 2024, **requests(2, 10, 9, 3)),
            ("fin", "own", 2025): county.publish("fin", 2025, **requests(5, 10, 15, 0))}
    county.judged()
    stands(county, held)
    page = shown(county, "/chain/fin")
    assert [each.text_content() for each in page.xpath("//table[@class='chain']//thead//th")] == [
        "项目", "2023", "2024", "2025"]
    rows = {row[0].text_content(): [cell.text_content() for cell in row[1:]]
            for row in page.xpath("//table[@class='chain']//tbody/tr")}
    assert rows["上年结转／总计"] == ["0", "2", "5"]
    assert rows["结转下年度继续办理／总计"] == ["2", "3", "0"]
    carried = [row for row in links(page) if row[1] == "YOY-01" and "总计" in row[2]]
    assert [(row[0], row[3], row[4]) for row in carried] == [
        ("2023–2024", "2＝2", "√ 相符"), ("2024–2025", "5≠3", "≠ 不符")]
    assert "YOY-01" in text(shown(county, "/en/chain/fin"))


def test_a_break_is_called_so_only_where_a_finding_says_it(county):
    held = {("fin", "own", 2024): county.publish("fin", 2024, **requests(0, 10, 7, 3)),
            ("fin", "own", 2025): county.publish("fin", 2025, **requests(5, 10, 15, 0))}
    county.judged()
    stands(county, held)
    finding = Finding("YOY-01", 1, "E", "fail", "fin", "own", 2025, "total", "5 = 3 + 1", 5, 4, 1,
                      ["applications.carried_in.total"], {"y0": "2024", "table": 3, "row": "applications.carried_in",
                                                          "col": "total"}, report=held["fin", "own", 2025])
    with county.store.write() as connection:
        review.put_findings(connection, [finding], reports=[("fin", "own", 2025)],
                            at="2026-03-01T09:00:00+08:00")
    page = shown(county, "/chain/fin")
    row, = (row for row in links(page) if row[1] == "YOY-01" and "总计" in row[2])
    # With the predecessors that the rule added up, not what these two reports alone would give.
    assert row[3:] == ["5≠3＋1", "≠ 不符"]
    assert page.xpath(f"//a[@href='/finding/{finding.id}']")


def test_a_year_that_is_not_held_breaks_the_chain_and_is_named(county):
    held = {("fin", "own", 2022): county.publish("fin", 2022, **requests(0, 10, 8, 2)),
            ("fin", "own", 2025): county.publish("fin", 2025, **requests(9, 10, 15, 4))}
    county.judged()
    stands(county, held)
    page = shown(county, "/chain/fin")
    assert "未读取到2023、2024年度报告" in text(page)
    assert "≠" not in text(page)


def test_scopes_stand_apart_and_a_body_without_reports_says_so(county):
    held = {("gov", "consolidated", 2024): county.publish("gov", 2024, "consolidated"),
            ("gov", "own", 2024): county.publish("gov", 2024, "own", page="own")}
    county.judged()
    stands(county, held)
    page = shown(county, "/chain/gov")
    assert len(page.xpath("//table[@class='chain']")) == 2
    assert "没有读取到可以衔接的年度报告" in text(shown(county, "/chain/edu"))
    assert visitor(county.settings).get("/chain/nobody").status_code == 404
