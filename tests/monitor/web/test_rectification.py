"""What became of findings in letters, by progress, age and place."""

from __future__ import annotations

from dataclasses import replace

import pytest
from lxml import html

from crawler import clock
from extract import configuration
from monitor import review
from monitor.web.views import rectification
from tests.monitor.office import ARITHMETIC, Office
from tests.monitor.web.served import visitor

BODIES = ("edu", "health", "water", "civil")


@pytest.fixture
def office(tmp_path, monkeypatch):
    clock.simulate("2026-02-09T09:00:00+08:00")
    rectification._kept.clear()
    yield Office(tmp_path)
    rectification._kept.clear()
    clock.simulate(None)
    configuration.use_office_folder(None)


def told(office, *, until="2026-02-20"):
    """Four findings in letters: one awaited, one overdue, one disputed, one reported fixed; their ids by body."""
    found = {body: replace(ARITHMETIC, body=body) for body in BODIES}
    office.judge("2026-02-08T09:00:00+08:00", list(found.values()))
    with office.store.write() as connection:
        for finding in found.values():
            review.decide(connection, finding.id, "confirm", author="张三")
            review.decide(connection, finding.id, "notify", author="张三", until=until, number="一号")
        review.decide(connection, found["water"].id, "dispute", author="单位", reason="口径不同")
        review.decide(connection, found["civil"].id, "rectify", author="单位", reason="已更正")
        connection.execute("UPDATE finding SET state = 'overdue' WHERE id = ?", (found["health"].id,))
    return {body: finding.id for body, finding in found.items()}


def shown(office, path="/rectification", now="2026-02-13T09:00:00+08:00"):
    client = visitor(office.settings)
    clock.simulate(now)
    answer = client.get(path)
    assert answer.status_code == 200, answer.text[-500:]
    return html.fromstring(answer.text)


def counts(page, heading="ages"):
    return {row[0].text_content().split()[0]: [cell.text_content() for cell in row[1:]]
            for row in page.xpath(f"//h2[@id='{heading}']/following-sibling::div[1]//tbody/tr")}


def test_letters_are_counted_by_progress_and_age(office):
    told(office)
    page = counts(shown(office))
    assert page["待反馈"] == ["1", "0", "0", "0", "1"]
    assert page["逾期未反馈"][-1] == "1"
    assert page["有异议"][-1] == "1"
    assert page["报告已整改"][-1] == "1"
    later = counts(shown(office, now="2026-03-25T09:00:00+08:00"))
    assert later["待反馈"][-1] == "0"
    assert later["逾期未反馈"] == ["0", "0", "2", "0", "2"]


def test_the_list_follows_the_choice_and_tells_days(office):
    ids = told(office)
    page = shown(office, "/rectification?group=disputed")
    assert page.xpath("//h2[@id='list']/following-sibling::div[1]//td/a/@href") == [f"/finding/{ids['water']}"]
    row, = page.xpath("//h2[@id='list']/following-sibling::div[1]//tbody/tr")
    assert [cell.text_content() for cell in row][3:7] == ["2026年2月9日", "2026年2月20日", "4", "有异议"]
    assert len(shown(office, "/rectification?group=%3Cscript%3E").xpath(
        "//h2[@id='list']/following-sibling::div[1]//tbody/tr")) in (0, 4)


def test_places_lead_on(office):
    told(office)
    places = counts(shown(office), "places")
    assert {name: numbers[-1] for name, numbers in places.items()} == {
        "示例市教育局": "1", "示例市卫生健康局": "1", "示例市水利局": "1", "示例市民政局": "1"}
    assert visitor(office.settings).get("/rectification?under=nobody").status_code == 404
    assert len(shown(office, "/rectification?under=edu").xpath(
        "//h2[@id='list']/following-sibling::div[1]//tbody/tr")) == 1


def test_what_was_found_no_more_without_proof_is_told_apart(office):
    told(office)
    office.judge("2026-02-12T09:00:00+08:00", [])
    page = counts(shown(office))
    assert int(page["不再检出，待核实"][-1]) >= 3
    assert "原因" in shown(office).text_content()


def test_another_persons_remit_is_not_counted(office, monkeypatch):
    from monitor.web import sessions
    from monitor.web.people import Person

    ids = told(office)
    built = sessions.visit

    def reader(*given):
        made = built(*given)
        made.person = Person("reader", "viewer", under=("water",))
        return made

    monkeypatch.setattr(sessions, "visit", reader)
    page = shown(office)
    assert sum(int(numbers[-1]) for numbers in counts(page).values()) == 1
    assert ids["edu"] not in html.tostring(page).decode()
    assert visitor(office.settings).get("/rectification?under=edu").status_code == 404


def test_nothing_sent_says_so_in_both_languages(office):
    assert "没有已发函的事项" in shown(office).text_content()
    assert "No letter has gone out" in shown(office, "/en/rectification").text_content()


def test_a_step_is_seen_as_soon_as_it_is_taken_or_seconds_later(office, monkeypatch):
    told(office)
    shown(office)
    with office.store.write() as connection:
        review.decide(connection, replace(ARITHMETIC, body="edu").id, "dispute", author="单位", reason="x")
    monkeypatch.setattr(rectification, "KEPT", 0.0)
    assert counts(shown(office))["有异议"][-1] == "2"
