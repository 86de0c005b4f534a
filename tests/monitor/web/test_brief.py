"""One page: four numbers, only confirmed names, causes with whose job they are, what comes next; and its picture."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html
from PIL import Image, ImageFont

from crawler import clock
from extract import configuration
from monitor import records, review
from monitor.model import Finding, Status
from monitor.web import phone_picture
from tests.monitor.office import ARITHMETIC, DOUBTFUL, NAMES, NEXT_WEEK, SCANNED, UNSEEN, Office
from tests.monitor.web import boards
from tests.monitor.web.served import visitor

LATE = Finding("PUB-02", 1, "E", "fail", "culture", "own", 2025, "", parameters={"days": 1, "published": "2026-02-01"})


@pytest.fixture(autouse=True)
def _later():
    clock.simulate(NEXT_WEEK)
    yield
    clock.simulate(None)
    configuration.use_office_folder(None)


@pytest.fixture
def office(tmp_path):
    return Office(tmp_path)


def page(client, address="/brief"):
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return html.fromstring(answer.text)


def parts(tree):
    return {each.text: each.getnext().text_content().strip() for each in tree.xpath("//main/h2")}


def confirm(office, finding):
    with office.store.write() as connection:
        review.decide(connection, finding.id, "confirm", author="张", reason="核实")


def test_the_four_numbers_are_those_of_the_overview_and_lead_there(office):
    client = visitor(office.settings)
    tree = page(client)
    numbers = [each.text for each in tree.xpath("//ul[@class='four']//strong")]
    assert numbers == ["8", "71.4%", "1", "1"]
    for link, rows in zip(tree.xpath("//ul[@class='four']//a/@href"), (8, 5, 1, 1), strict=True):
        assert f"共{rows}行。" in client.get(link).text
    assert tree.xpath("//h1/text()") == ["全部单位2025年度报告公布情况"]


def test_a_body_is_named_only_where_a_person_confirmed_it(office):
    told = parts(page(visitor(office.settings)))["未见公布和逾时限的单位"]
    assert told == "尚无经复核属实的单位。另有2份待人工复核，不列名称。"
    confirm(office, UNSEEN)
    told = parts(page(visitor(office.settings)))["未见公布和逾时限的单位"]
    assert told == "经复核属实：示例市商务局。另有1份待人工复核，不列名称。"
    office.judge("2026-02-09T08:00:00+08:00", [ARITHMETIC, UNSEEN, DOUBTFUL, LATE])
    confirm(office, LATE)
    told = parts(page(visitor(office.settings)))["未见公布和逾时限的单位"]
    assert told == "经复核属实：示例市商务局、示例市文化和旅游局。"


def test_a_decision_shows_without_a_new_judgement(office):
    client = visitor(office.settings)
    assert "示例市商务局" not in page(client).text_content()
    confirm(office, UNSEEN)
    assert "示例市商务局" in page(client).text_content()
    assert "时效1家" in parts(page(client))["主要问题"]


def test_at_most_ten_names(tmp_path):
    roster = boards.country(1, 0, 0, 14)
    made = [replace(each, status=Status.MISSING) for each in boards.standings(roster, range(2025, 2026))]
    seat = boards.Seat(tmp_path, roster, made)
    found = [replace(UNSEEN, body=each.body, scope=each.scope) for each in made]
    with seat.store.write() as connection:
        review.put_findings(connection, found, standings=[(each.body, each.scope, 2025) for each in made],
                            at=boards.MOMENT, since=2020)
        for each in found:
            review.decide(connection, each.id, "confirm", author="张", reason="核实")
    told = parts(page(visitor(seat.settings)))["未见公布和逾时限的单位"]
    assert told.count("、") == 9
    assert told.endswith("等。")
    # Worst first, then the roster's order: the government and its first nine offices.
    assert "p0人民政府、p0第0局" in told


def test_what_changed_in_a_week(office):
    with office.store.write() as connection:
        records.put_standings(connection, records.standings(connection), "2026-02-05T09:00:00+08:00")
    told = parts(page(visitor(office.settings)))["变化"]
    # The late report came out on 1 February; the arithmetic and the missing report were found on the 2nd.
    assert told.startswith("近7天新公布1份，新检出待核2项，销号0项。")
    office.judge("2026-02-20T09:00:00+08:00", [ARITHMETIC, UNSEEN, DOUBTFUL])
    assert parts(page(visitor(office.settings)))["变化"].startswith("近7天新公布0份，新检出待核0项，销号0项。")


def test_the_year_before_is_compared_only_where_both_have_shares(office):
    assert "百分点" not in parts(page(visitor(office.settings)))["变化"]
    with office.store.write() as connection:
        now = records.standings(connection)
        before = [replace(each, year=2024, status=Status.ON_TIME) for each in now]
        records.put_standings(connection, [*now, *before], SCANNED)
    assert "较上年（100.0%）下降28.6个百分点" in parts(page(visitor(office.settings)))["变化"]
    assert "rose" not in page(visitor(office.settings), "/en/brief").text_content()


def test_causes_say_whose_job_they_are(office):
    told = parts(page(visitor(office.settings)))["未能核查的原因"]
    assert told.startswith("超时1份（由")
    assert "不作判断" in page(visitor(office.settings)).xpath("string(//ul[@class='four'])")


def test_next_steps_lead_where_they_are_taken(office):
    client = visitor(office.settings)
    steps = {each.text: each.get("href") for each in page(client).xpath("//main/ol/li/a")}
    assert steps["核实并督促公布未见公布的1份。"] == "/?status=missing"
    for href in steps.values():
        assert client.get(href).status_code == 200


def test_the_nearest_due_day_is_told_while_there_is_one(office):
    with office.store.write() as connection:
        standings = [replace(each, status=Status.NOT_DUE, due=date(2026, 3, 31), published=None)
                     for each in records.standings(connection)]
        records.put_standings(connection, standings, "2026-02-09T09:00:00+08:00")
    assert page(visitor(office.settings)).xpath("string(//main/ol/li)") == "最近的时限为2026年3月31日，届时应公布8份。"


def test_the_picture_is_a_picture_of_the_same(office):
    client = visitor(office.settings)
    answer = client.get("/brief.png?year=2025")
    if phone_picture.font_file() is None:
        assert answer.status_code == 404
        return
    assert answer.headers["content-type"] == "image/png"
    picture = Image.open(io.BytesIO(answer.content))
    assert picture.width == phone_picture.WIDTH
    assert picture.height > 1000
    assert page(client, "/brief?year=2025").xpath("//a[@download]/@href") == ["/brief.png?year=2025"]
    assert client.get("/brief.png?under=nowhere").status_code == 404


def test_without_a_chinese_font_no_picture_is_offered(office, monkeypatch):
    monkeypatch.setattr(phone_picture, "font_file", lambda: None)
    client = visitor(office.settings)
    assert not page(client).xpath("//a[@download]")
    assert client.get("/brief.png").status_code == 404


def test_an_empty_installation_has_no_page_to_print(tmp_path):
    client = visitor(boards.Seat(tmp_path, boards.country(1, 0, 0, 1)).settings)
    assert "尚无数据" in page(client).text_content()
    assert client.get("/brief.png").status_code == 404


def test_every_sentence_is_said_in_english_too(office):
    confirm(office, UNSEEN)
    tree = page(visitor(office.settings), "/en/brief")
    told = tree.xpath("string(//main)")
    for name in NAMES.values():
        told = told.replace(f"示例市{name}", "")
    assert not [each for each in told if "一" <= each <= "鿿"]


@given(st.text(max_size=120), st.integers(200, 900))
def test_every_line_of_the_picture_fits_and_no_character_is_lost(text, width):
    font = ImageFont.load_default(20)
    lines = phone_picture.wrapped(text, font, width)
    kept = "".join(each if each.isprintable() else " " for each in text)
    assert "".join(lines).replace(" ", "") == kept.replace(" ", "")
    assert all(font.getlength(line) <= width or len(line) <= 40 for line in lines)
