"""The page of one body and of two of its years."""

from __future__ import annotations

from dataclasses import replace

import pytest
from lxml import html

from crawler import clock
from extract import configuration
from monitor import records
from monitor.web import pages
from tests.monitor.exports.test_static_site import HOSTILE, City, text
from tests.monitor.office import ARITHMETIC, NEXT_WEEK, SCANNED
from tests.monitor.web.served import visitor


@pytest.fixture
def city(tmp_path):
    clock.simulate(NEXT_WEEK)
    yield City(tmp_path)
    clock.simulate(None)
    configuration.use_office_folder(None)


def shown(client, path):
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return html.fromstring(answer.text)


def test_a_body_has_its_years_findings_and_comparisons_in_both_languages(city):
    city.fill()
    client = visitor(city.settings)
    page = shown(client, "/body/edu")
    assert "2025年度" in text(page)
    assert page.xpath("//a[@href='/compare/edu-own-2024-2025']")
    assert page.xpath(f"//a[@href='/finding/{ARITHMETIC.id}']")
    assert "Comparisons" in text(shown(client, "/en/body/edu"))


def test_two_years_stand_side_by_side(city):
    city.fill()
    client = visitor(city.settings)
    rows = {row.find("th").text_content(): [cell.text_content() for cell in row.findall("td")]
            for row in shown(client, "/compare/edu-own-2024-2025").xpath("//tr[td]")}
    assert rows["本年新收／总计"] == ["20", "31", "+11"]
    for key in ("edu-own-2023-2024", "edu-own-2024", "edu-own-2025-2024", "nobody-own-2024-2025", "edu--2024-2025"):
        assert client.get(f"/compare/{key}").status_code == 404, key


def test_what_is_no_body_is_not_there(city):
    client = visitor(city.settings)
    for key in ("nobody", "edu%00", "..%2fedu", "a" * 300, "0123456789abcdef", "edu'--"):
        assert client.get(f"/body/{key}").status_code == 404, key


def test_a_body_of_hostile_name_that_the_roster_has_not_is_found_by_its_hash_and_escaped(city):
    city.judge(NEXT_WEEK, [replace(ARITHMETIC, body=HOSTILE)])
    page = shown(visitor(city.settings), f"/body/{pages.slug(HOSTILE)}")
    assert HOSTILE in page.find(".//h1").text_content()
    assert not page.xpath("//script | //img")


def test_only_this_bodys_rows_are_looked_at(city, monkeypatch):
    with city.store.write() as connection:
        held = records.standings(connection)
        more = [replace(held[0], body=f"b{number}", year=2020 + number % 6) for number in range(3000)]
        records.put_standings(connection, held + more, SCANNED)
    client = visitor(city.settings)
    seen = []
    built = records._standing
    monkeypatch.setattr(records, "_standing", lambda row: seen.append(row["body"]) or built(row))
    assert client.get("/body/edu").status_code == 200
    assert set(seen) == {"edu"}
