"""The open data package: valid by its own schema, the same bytes from the same store, nothing lost or turned."""

from __future__ import annotations

import csv
import json
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler import clock
from crawler.roster import Roster
from extract import configuration
from extract.model import Figure, Published, Report, Section
from monitor import records, review
from monitor.exceptions import UsageError
from monitor.exports import data, database
from monitor.exports.open_tables import Extract
from monitor.model import Finding, Status
from tests.monitor.office import ARITHMETIC, NEXT_WEEK, SCANNED, STATUSES, Office

HOSTILE = "=HYPERLINK(\"http://x.example\")<script>alert(1)</script>"


@pytest.fixture
def city(tmp_path: Path):
    clock.simulate(NEXT_WEEK)
    made = Office(tmp_path)
    put_report(made, "edu", 2025)
    yield made
    clock.simulate(None)
    configuration.use_office_folder(None)


def put_report(city, body, year, *, title=HOSTILE, value=31, text="全年收到申请31件。"):
    report = Report(title, None, year, "own", "2021", "text/html", "ab" * 32, published=Published("2026-01-20", "page"),
                    sections=[Section(1, "一、总体情况", text)], figures={
                        "applications.new.total": Figure(value, "number", str(value)),
                        "applications.carried_in.total": Figure(None, "blank"),
                        "applications.concluded.total": Figure(29, "number", "29", 0.5)})
    with city.store.write() as connection:
        records.ensure_figures(connection)
        return records.put_report(connection, report, address=f"http://www.city.example/nb/{body}{year}.html",
                                  content="c1", portal="city", body=body, scope="own", year=year, verdict="report",
                                  reason="", version=1, first=(SCANNED, "r"), last=(SCANNED, "r"))


def export(city, out, *, bodies=None, since=None, **options):
    city.loaded()
    with city.store.read() as connection:
        return data.write(Extract(connection, Roster.load(), bodies, since), out, **options)


def rows(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


# ---------------------------------------------------------------- the package
def test_the_package_is_valid_by_its_own_schema(city, tmp_path):
    export(city, tmp_path / "out")
    # In a process of its own: the validator's imports warn, and our tests turn warnings into errors.
    told = subprocess.run([sys.executable, "-W", "ignore", "-c", "import sys, frictionless; "
                           "report = frictionless.validate(sys.argv[1]); "
                           "print(report.valid, len(report.tasks), [t.errors for t in report.tasks if t.errors])",
                           str(tmp_path / "out" / "datapackage.json")], capture_output=True, text=True, check=True)
    assert told.stdout.startswith("True 12 []")


def test_every_field_is_described_in_both_languages_and_the_package_can_be_cited(city, tmp_path):
    made = export(city, tmp_path / "out").descriptor
    assert made == json.loads((tmp_path / "out" / "datapackage.json").read_text("utf-8"))
    assert all(field["description"] and field["description_en"] for each in made["resources"]
               for field in each["schema"]["fields"])
    assert made["licenses"][0]["name"]
    assert "2026-02-02" in made["citation"]
    fees = next(field for each in made["resources"] if each["name"] == "figures_2021"
                for field in each["schema"]["fields"] if field["name"] == "disclosure.fees.amount")
    assert fees["unit"] == "万元"


def test_the_same_store_gives_the_same_bytes(city, tmp_path):
    for name in ("a.zip", "b.zip"):
        export(city, tmp_path / name)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    assert zipfile.ZipFile(tmp_path / "a.zip").testzip() is None


def test_figures_long_and_wide_tell_blanks_from_noughts(city, tmp_path):
    export(city, tmp_path / "out")
    held = {row["key"]: row for row in rows(tmp_path / "out" / "figures.csv")}
    assert held["applications.new.total"]["value"] == "31"
    blank = held["applications.carried_in.total"]
    assert (blank["value"], blank["state"]) == ("", "blank")
    assert held["applications.concluded.total"]["confident"] == "false"
    assert "applications.granted.total" not in held
    [wide] = rows(tmp_path / "out" / "figures_2021.csv")
    assert (wide["name"], wide["applications.new.total"]) == ("示例市教育局", "31")
    assert wide["applications.carried_in.total"] == ""


def test_texts_of_others_are_guarded_and_come_back_unchanged(city, tmp_path):
    export(city, tmp_path / "out")
    [report] = rows(tmp_path / "out" / "reports.csv")
    assert report["title"] == f"'{HOSTILE}"
    assert data.unguarded(report["title"]) == HOSTILE


@given(st.text(alphabet="'=+-@\t\ra1", max_size=6))
def test_guarding_is_reversible_and_leaves_no_formula(text):
    assert data.unguarded(data.guarded(text)) == text
    assert data.guarded(text)[:1] not in ("=", "+", "-", "@", "\t", "\r") or not text


@pytest.mark.parametrize(("value", "told"), [(None, ""), (True, "true"), (-3, "-3"), (0, "0"),
                                             (4166.241619, "4166.241619")])
def test_numbers_are_never_guarded(value, told):
    assert data.cell(value, True) == told


def test_what_is_for_the_operator_or_unconfirmed_talk_stays_in_the_house(city, tmp_path):
    from monitor.rules import catalogue

    listed = catalogue.catalogue().rules
    hidden = next(key for key, each in listed.items() if each.operator_only or each.person_only)
    city.judge(NEXT_WEEK, [ARITHMETIC, Finding(hidden, 1, "W", "fail", "edu", "own", 2025)])
    export(city, tmp_path / "out")
    assert {row["rule"] for row in rows(tmp_path / "out" / "findings.csv")} & {hidden, "ARI-01"} == {"ARI-01"}


def test_machine_results_are_told_from_reviewed_ones_and_no_reviewer_is_named(city, tmp_path):
    with city.store.write() as connection:
        review.decide(connection, ARITHMETIC.id, "confirm", author="张三")
    export(city, tmp_path / "out")
    told = {row["rule"]: row["reviewed"] for row in rows(tmp_path / "out" / "findings.csv")}
    assert (told["ARI-01"], told["PUB-01"]) == ("true", "false")
    assert not [path for path in (tmp_path / "out").iterdir() if "张三" in path.read_text("utf-8")]


def test_only_what_was_asked_for_is_in_it(city, tmp_path):
    put_report(city, "health", 2025)
    put_report(city, "edu", 2020)
    export(city, tmp_path / "out", bodies={"edu"}, since=2024)
    assert [row["id"] for row in rows(tmp_path / "out" / "bodies.csv")] == ["edu"]
    assert [(row["body"], row["year"]) for row in rows(tmp_path / "out" / "reports.csv")] == [("edu", "2025")]
    assert {row["body"] for row in rows(tmp_path / "out" / "statuses.csv")} == {"edu"}


def test_a_body_that_left_the_roster_is_still_named(city, tmp_path):
    put_report(city, "gone", 2025)
    export(city, tmp_path / "out")
    told = {row["id"]: row["in_roster"] for row in rows(tmp_path / "out" / "bodies.csv")}
    assert (told["gone"], told["edu"]) == ("false", "true")


# ---------------------------------------------------------------- changes
def test_changes_are_told_row_by_row(city, tmp_path):
    export(city, tmp_path / "before.zip")
    put_report(city, "edu", 2025, value=30)
    put_report(city, "health", 2025)
    city.judge(NEXT_WEEK, [ARITHMETIC], {**STATUSES, "trade": Status.LATE})
    made = export(city, tmp_path / "after", previous=tmp_path / "before.zip")
    assert made.changes["figures"] == {"added": 3, "removed": 0, "changed": 1}
    assert made.changes["reports"] == {"added": 1, "removed": 0, "changed": 0}
    told = rows(tmp_path / "after" / "changes" / "figures.csv")
    assert [(row["field"], row["before"], row["after"]) for row in told if row["change"] == "changed"] == [
        ("value", "31", "30")]
    moved = rows(tmp_path / "after" / "changes" / "statuses.csv")
    assert ("trade", "status", "missing", "late") in {(row["body"], row["field"], row["before"], row["after"])
                                                      for row in moved}
    summary = {row["table"]: row for row in rows(tmp_path / "after" / "changes" / "summary.csv")}
    assert summary["figures"]["changed"] == "1"
    back = export(city, tmp_path / "same", previous=tmp_path / "after")
    assert all(not any(counts.values()) for counts in back.changes.values())


def test_exports_of_different_bodies_are_not_compared(city, tmp_path):
    export(city, tmp_path / "before", bodies={"edu"}, under="edu")
    with pytest.raises(UsageError, match="--under edu"):
        export(city, tmp_path / "after", previous=tmp_path / "before")
    assert not (tmp_path / "after").exists()


@pytest.mark.parametrize("content", [None, b"no zip", b"{}"])
def test_a_stranger_as_previous_is_refused_in_words(city, tmp_path, content):
    place = tmp_path / "old.zip"
    if content is not None:
        place.write_bytes(content)
    with pytest.raises(UsageError, match="earlier `nianbao export data`"):
        export(city, tmp_path / "out", previous=place)


# ---------------------------------------------------------------- places, parquet, database
def test_nothing_is_overwritten_unasked(tmp_path):
    (tmp_path / "kept").mkdir()
    data.refuse(tmp_path / "kept", False)
    (tmp_path / "kept" / "file").touch()
    with pytest.raises(UsageError, match="--force"):
        data.refuse(tmp_path / "kept", False)
    data.refuse(tmp_path / "kept", True)


def test_without_pyarrow_parquet_is_refused_in_words(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match="pyarrow is not installed"):
        data.require_parquet()


def test_the_database_finds_two_characters_and_joins_names(city, tmp_path):
    city.loaded()
    with city.store.read() as connection:
        extract = Extract(connection, Roster.load())
        made = data.write(extract, tmp_path / "out")
        for name in ("one.db", "two.db"):
            database.write(extract, tmp_path / name, made.descriptor)
    assert (tmp_path / "one.db").read_bytes() == (tmp_path / "two.db").read_bytes()
    copy = sqlite3.connect(tmp_path / "one.db")
    found = copy.execute(database.SEARCH, {"q": "申请"}).fetchall()
    assert [(row[0], row[1]) for row in found] == [("示例市教育局", 2025)]
    assert copy.execute(database.SEARCH, {"q": "请申"}).fetchall() == []
    assert copy.execute(database.SEARCH, {"q": '申"请'}).fetchall() == found
    assert copy.execute("SELECT title FROM reports").fetchone() == (HOSTILE,)
    assert copy.execute("SELECT name, status FROM status_named WHERE body = 'trade'").fetchone() == (
        "示例市商务局", "missing")
    assert copy.execute("PRAGMA foreign_key_check").fetchall() == []
    assert copy.execute("SELECT count(*) FROM figure_named WHERE indicator IS NOT NULL").fetchone() == (3,)
    copy.close()
    about = json.loads((tmp_path / "one.db.metadata.json").read_text("utf-8"))
    assert about["databases"]["one"]["queries"]["search"]["sql"] == database.SEARCH


# ---------------------------------------------------------------- the command
def test_the_command_tells_what_it_wrote_and_refuses_to_overwrite(city, tmp_path, capsys):
    from monitor import cli

    arguments = ["--config", str(city.settings), "export", "data", "--out", str(tmp_path / "out"), "--under", "edu",
                 "--database", str(tmp_path / "open.db"), "--json"]
    assert cli.run(arguments) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["rows"]["bodies"], told["rows"]["figures"]) == (1, 3)
    assert Path(told["database"]).is_file()
    assert cli.run(arguments) == 2
    assert "已存在" in capsys.readouterr().err
    assert cli.run([*arguments, "--force", "--previous", str(tmp_path / "out")]) == 0
    assert json.loads(capsys.readouterr().out)["changes"]["figures"] == {"added": 0, "removed": 0, "changed": 0}
