"""Due days as a calendar that any program reads: folded, escaped, one entry a day and tier."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from crawler import clock
from extract import configuration
from monitor.cli import app
from monitor.exports.due_days import Due, render
from monitor.settings import Settings
from tests.monitor.office import Office

NOW = clock.parse("2026-01-05T09:00")
SATURDAY = Due(date(2026, 1, 31), "statutory", 2025, ("《条例》第四十九条",), ("示例市教育局", "示例市水利局"))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    yield Office(tmp_path)
    configuration.use_office_folder(None)
    clock.simulate(None)


def events(data: bytes) -> list[dict[str, str]]:
    """The events' properties, unfolded and unescaped, with what RFC 5545 asks checked on the way."""
    assert data.endswith(b"\r\n")
    physical = data[:-2].split(b"\r\n")
    assert all(len(line) <= 75 and b"\n" not in line and b"\r" not in line for line in physical)
    for line in physical:
        line.decode()  # no character is cut in two
    lines = data[:-2].decode().replace("\r\n ", "").split("\r\n")
    assert lines[:2] == ["BEGIN:VCALENDAR", "VERSION:2.0"]
    assert lines[2].startswith("PRODID:")
    assert lines[-1] == "END:VCALENDAR"
    found: list[dict[str, str]] = []
    inside = False
    for line in lines[1:-1]:
        if line == "BEGIN:VEVENT":
            assert not inside
            inside, made = True, {}
        elif line == "END:VEVENT":
            inside = False
            assert {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY"} <= made.keys()
            found.append(made)
        elif inside:
            name, _, value = line.partition(":")
            assert name.partition(";")[0] not in made
            made[name.partition(";")[0]] = _plain(value)
    assert not inside
    assert len({each["UID"] for each in found}) == len(found)
    return found


def _plain(value: str) -> str:
    out, rest = "", iter(value)
    for character in rest:
        if character == "\\":
            following = next(rest)
            assert following in "\\;,n"
            out += "\n" if following == "n" else following
        else:
            out += character
    return out


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_due_day_on_a_weekend_says_that_it_does_not_move(lang: str) -> None:
    (event,) = events(render([SATURDAY], Settings(), lang, NOW))  # type: ignore[arg-type]
    assert (event["DTSTART"], event["DTEND"]) == ("20260131", "20260201")
    assert ("不顺延" if lang == "zh" else "not extended") in event["DESCRIPTION"]
    assert "示例市教育局" in event["DESCRIPTION"]
    assert "2" in event["SUMMARY"]
    assert event["DTSTAMP"] == "20260105T010000Z"


def test_the_id_stays_when_numbers_change() -> None:
    more = Due(SATURDAY.day, SATURDAY.tier, 2025, SATURDAY.bases, (*SATURDAY.names, "示例市民政局"))
    ids = {events(render([each], Settings(), "zh", NOW))[0]["UID"] for each in (SATURDAY, more)}
    assert len(ids) == 1


def test_hundreds_of_names_are_cut() -> None:
    (event,) = events(render([Due(SATURDAY.day, "statutory", 2025, (), tuple(f"示例市第{n}局" for n in range(300)))],
                             Settings(), "zh", NOW))
    assert event["DESCRIPTION"].endswith("等")
    assert "300" in event["SUMMARY"]


def test_the_command_writes_this_year_and_the_next(office: Office, tmp_path: Path) -> None:
    out = tmp_path / "due.ics"
    done = CliRunner().invoke(app, ["--config", str(office.settings), "export", "calendar", "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert [each["DTSTART"] for each in events(out.read_bytes())] == ["20260131", "20270131"]
    done = CliRunner().invoke(app, ["--config", str(office.settings), "--lang", "en", "export", "calendar", "--out",
                                    str(out), "--year", "2025", "--under", "water"])
    (event,) = events(out.read_bytes())
    assert "1 owed" in event["SUMMARY"]
    assert "water" in event["UID"]


@given(st.lists(st.text(min_size=1), min_size=1, max_size=5))
def test_any_name_is_folded_and_escaped(names: list[str]) -> None:
    events(render([Due(date(2026, 3, 31), "local", 2025, tuple(names), tuple(names))], Settings(), "zh", NOW))
