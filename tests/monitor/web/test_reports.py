"""The page of one report: days with their rule, sums, versions with what changed, years, the case log."""

from __future__ import annotations

from dataclasses import replace

import pytest
from lxml import html

from crawler import clock
from extract import configuration
from monitor import records, review
from monitor.model import Finding, Standing, Status
from monitor.web import history
from tests.monitor.exports.test_static_site import BROKEN, HOSTILE, City, report, text
from tests.monitor.office import ARITHMETIC, NEXT_WEEK, SCANNED
from tests.monitor.web.served import visitor

ADDRESS = "http://www.city.example/nb/1.html"


class Versions(City):
    def corrected(self):
        """The report of edu, corrected a week later; ids of the earlier version and of the one that stands."""
        first, _ = self.fill(title="2025年报告", text="全年收到申请31件。", address=ADDRESS)
        made = report("2025年报告", {**BROKEN, "applications.carried_out.total": 3},
                      text="全年收到申请31件，均已办结。")
        made.year = 2025
        with self.store.write() as connection:
            second = records.put_report(connection, made, address=ADDRESS, content="c2", portal="city", body="edu",
                                        scope="own", year=2025, verdict="report", reason="", version=1,
                                        first=(NEXT_WEEK, "r2"), last=(NEXT_WEEK, "r2"))
            standings = [replace(each, report=second) if each.report == first else each
                         for each in records.standings(connection)]
            records.put_standings(connection, standings, SCANNED)
        return first, second


@pytest.fixture
def city(tmp_path):
    clock.simulate(NEXT_WEEK)
    yield Versions(tmp_path)
    clock.simulate(None)
    configuration.use_office_folder(None)


def shown(client, path, status=200):
    answer = client.get(path)
    assert answer.status_code == status, answer.text[-600:]
    return html.fromstring(answer.text)


def test_days_stand_against_the_day_it_was_due_with_the_rule_that_sets_it(city):
    _, second = city.corrected()
    page = shown(visitor(city.settings), f"/report/{second}")
    row, = page.xpath("//h2[@id='due']/following-sibling::div[1]//tbody/tr")
    cells = [each.text_content().strip() for each in row]
    assert cells[0].startswith("2026年1月31日")
    assert "该日为星期六" in cells[0]
    assert cells[1] == "法定时限"
    assert "第四十九条第一款" in cells[2]
    assert cells[3] == "早11天"
    english = shown(visitor(city.settings), f"/en/report/{second}")
    assert "11 days before" in text(english)


def test_sums_are_written_out_and_the_years_drawn(city):
    _, second = city.corrected()
    page = shown(visitor(city.settings), f"/report/{second}")
    assert "31＋1＝29＋3" in text(page)
    assert page.xpath("//*[local-name()='svg']/*[local-name()='title']")
    table = page.xpath("//h2[@id='trend-head']/following-sibling::div[1]//tr")
    assert [[cell.text_content() for cell in row] for row in table[:2]] == [
        ["项目", "2024", "2025"], ["本年新收／总计", "20", "31"]]


def test_versions_are_told_and_what_changed_between_them(city):
    first, second = city.corrected()
    client = visitor(city.settings)
    page = shown(client, f"/report/{second}")
    assert page.xpath(f"//a[@href='/report/{first}']")
    link, = page.xpath(f"//a[@href='/versions/{second}']/@href")
    changes = shown(client, link)
    rows = [[cell.text_content() for cell in row] for row in
            changes.xpath("//h2[@id='changed']/following-sibling::div[1]//tbody/tr")]
    assert rows == [["结转下年度继续办理／总计", "4", "3", "−1"]]
    assert any("均已办结" in each.text_content() for each in changes.xpath("//ins"))
    assert "No" not in text(shown(client, f"/en/versions/{second}"))[:5]


def test_an_earlier_version_says_so_and_blames_nobody_for_what_was_found_in_another(city):
    first, second = city.corrected()
    with city.store.write() as connection:
        connection.execute("UPDATE finding SET report = ? WHERE id = ?", (second, ARITHMETIC.id))
    client = visitor(city.settings)
    early, now = (shown(client, f"/report/{each}") for each in (first, second))
    assert "较早的版本" in text(early)
    assert "较早的版本" not in text(now)
    assert not early.xpath("//td[contains(@class, 'concerned')]")
    assert now.xpath("//td[contains(@class, 'concerned')]")


@pytest.mark.parametrize("query", ["?with=nothing", "?with=%3Cscript%3E"])
def test_versions_of_other_reports_are_not_compared(city, query):
    _, second = city.corrected()
    shown(visitor(city.settings), f"/versions/{second}{query}", 404)


def test_the_case_log_names_people_to_reviewers_only(city, monkeypatch):
    from monitor.web import sessions
    from monitor.web.people import Person

    _, second = city.corrected()
    with city.store.write() as connection:
        review.decide(connection, ARITHMETIC.id, "confirm", author="张三")
    client = visitor(city.settings)
    log = shown(client, f"/report/{second}").xpath("//h2[@id='log']/following-sibling::div[1]")[0]
    assert "张三" in log.text_content()
    built = sessions.visit

    def reader(*given):
        made = built(*given)
        made.person = Person("reader", "viewer")
        return made

    monkeypatch.setattr(sessions, "visit", reader)
    page = shown(client, f"/report/{second}")
    assert "属实" in text(page)
    assert "张三" not in page.text_content()


def test_hostile_titles_and_texts_stay_text(city):
    city.fill(title=f"报\u202e告{HOSTILE}", address="javascript:alert(1)")
    with city.store.read() as connection:
        identity = connection.execute("SELECT report FROM standing WHERE body = 'edu' AND year = 2025").fetchone()[0]
    city.judge(NEXT_WEEK, [Finding("DOC-01", 1, "I", "fail", "edu", "own", 2025, parameters={"phrase": HOSTILE})])
    with city.store.write() as connection:
        connection.execute("UPDATE standing SET report = ? WHERE body = 'edu' AND year = 2025", (identity,))
    client = visitor(city.settings)
    for path in (f"/report/{identity}", f"/source/{identity}", f"/versions/{identity}", f"/checks/{identity}"):
        page = shown(client, path)
        assert not page.xpath("//script | //img | //b[text()='x'] | //@onerror"), path
        assert not [link for link in page.xpath("//@href") if link.startswith("javascript")], path
        for heading in page.xpath("//h1[contains(., '\u202e')]"):
            assert heading.xpath(".//bdi"), path


@pytest.mark.parametrize("path", ["/report/nothing", "/report/' OR 1=1--", "/source/nothing", "/captured/nothing",
                                  "/versions/nothing", "/checks/nothing", "/download/nothing", "/finding/nothing"])
def test_what_is_not_there_is_absent(city, path):
    city.corrected()
    shown(visitor(city.settings), path, 404)


def test_blanks_and_doubts_of_a_year_are_no_numbers(city):
    year = history.Year(Standing("edu", "own", 2025, Status.ON_TIME),
                        {"a": (None, "b"), "b": (3, "N"), "c": (None, "d"), "d": (0, "n")})
    assert [year.text(key, "zh") for key in "abcde"] == ["空白", "3?", "—", "0", "未见"]
    assert [year.sure(key) for key in "abde"] == [True, False, True, True]
