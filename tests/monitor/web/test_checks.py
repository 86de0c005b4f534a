"""The check sheet: every relation of the form, with figures, whatever became of it."""

from __future__ import annotations

import pytest
from lxml import html

from crawler import clock
from extract import configuration, forms
from monitor import records, review
from monitor.web import sessions
from monitor.web.people import Person
from tests.monitor.exports.county import County
from tests.monitor.exports.test_static_site import text
from tests.monitor.web.served import visitor

FIGURES = {"applications__new__natural_person": 31, "applications__new__total": 31,
           "applications__carried_in__natural_person": 1, "applications__carried_in__total": 1,
           "applications__granted__natural_person": 29, "applications__granted__total": 29,
           "applications__concluded__natural_person": 29, "applications__concluded__total": 29,
           "applications__carried_out__natural_person": 4, "applications__carried_out__total": 4}


@pytest.fixture
def county(tmp_path):
    yield County(tmp_path)
    clock.simulate(None)
    configuration.use_office_folder(None)


def rows(client, path):
    answer = client.get(path)
    assert answer.status_code == 200, answer.text[-500:]
    page = html.fromstring(answer.text)
    return page, [[cell.text_content().strip() for cell in row]
                  for row in page.xpath("//table[@class='checks']//tr[td]")]


def test_every_relation_of_the_form_stands_there_with_its_figures(county):
    identity = county.publish("fin", **FIGURES)
    county.judged()
    page, listed = rows(visitor(county.settings), f"/checks/{identity}")
    with county.store.read() as connection:
        report = records.load_report(records.report_row(connection, identity))
    assert len(listed) == len(list(forms.form("2021").identities(report.figures)))
    broken = [row for row in listed if row[5] == "≠ 不符"]
    assert [row[4] for row in broken] == ["31＋1≠29＋4"] * 2
    assert [row[0] for row in listed] == sorted((row[0] for row in listed), key=lambda number: (
        next(place for place, row in enumerate(listed) if row[0] == number)))
    assert "不符 2" in text(page)
    assert len(page.xpath("//tr[@class='fail']//a[starts-with(@href, '/finding/')]")) == 2


def test_a_blank_or_a_doubt_is_not_decided(county):
    identity = county.publish("fin", doubtful=("applications.new.total",), **FIGURES)
    other = county.publish("edu", applications__carried_in__total=None, applications__carried_in__natural_person=None,
                           applications__new__total=2, applications__new__natural_person=2)
    county.judged()
    client = visitor(county.settings)
    page, listed = rows(client, f"/checks/{identity}")
    assert ("31＋1＝29＋4", "? 无法判定") in {(row[4].replace(" ?", "").partition("（")[0].strip(), row[5])
                                              for row in listed}
    assert page.xpath("//span[@class='flag']")
    _, listed = rows(client, f"/checks/{other}")
    assert not [row for row in listed if row[5].startswith("≠") and "carried_in" in row[2]]


def test_what_people_found_to_be_a_false_alarm_is_not_called_broken(county, monkeypatch):
    identity = county.publish("fin", **FIGURES)
    county.judged()
    with county.store.write() as connection:
        for row in list(connection.execute("SELECT id FROM finding WHERE rule = 'ARI-01'")):
            review.decide(connection, row["id"], "dismiss", author="张三", reason="读取差错", cause="reading")
    built = sessions.visit

    def reader(*given):
        made = built(*given)
        made.person = Person("reader", "viewer")
        return made

    monkeypatch.setattr(sessions, "visit", reader)
    _, listed = rows(visitor(county.settings), f"/checks/{identity}")
    assert not [row for row in listed if row[5].startswith("≠")]


def test_it_speaks_english_too_and_prints_upright(county):
    identity = county.publish("fin", **FIGURES)
    county.judged()
    page, listed = rows(visitor(county.settings), f"/en/checks/{identity}")
    assert "check sheet of the report on 2025" in text(page)
    assert any(row[4] == "31 + 1 ≠ 29 + 4" for row in listed)
    assert page.xpath("//p[@class='signed']")
    assert page.xpath("//body/@class") == ["checks"]


def test_a_report_without_tables_says_so(county):
    identity = county.publish("fin", form="")
    county.judged()
    page, listed = rows(visitor(county.settings), f"/checks/{identity}")
    assert listed == []
    assert "未从报告中读到表格数据" in text(page)
