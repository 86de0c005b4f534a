"""A store of the first schema opens in today's nianbao: every row keeps its meaning, whatever happens on the way."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlite_utils import Migrations
from typer.testing import CliRunner

from crawler import clock
from crawler.exceptions import StoreError
from crawler.store import Store, crawl_schema
from extract import configuration
from monitor import audit, records, review
from monitor.alerts import outbox
from monitor.cli import app
from monitor.model import FindingState
from monitor.records import monitor_schema

HERE = Path(__file__).parent
PORTALS = {"yangli-towns": "http://127.0.2.2:8531/zjxxgk/nb/", "shidian-offices": "http://127.0.4.2:8531/gk/nb/"}
OF_THE_FIRST = ("m001_runs_fetches_listings", "m001_reports_standings_findings_outbox", "m002_judged")
"""The steps the first schema had already."""
ALERTS = """
channels: [mail]
recipients:
  - {id: city-office, address: zwgk@city.example, role: oversight, remit: {label: 全市}}
  - {id: operator, address: operator@city.example, role: operator, remit: {label: 全部站点}}
"""


@pytest.fixture
def first(tmp_path: Path) -> Store:
    connection = sqlite3.connect(tmp_path / "nianbao.db")
    connection.executescript((HERE / "first.sql").read_text("utf-8"))
    connection.close()
    return Store(tmp_path / "nianbao.db")


@pytest.fixture
def the_day_after() -> Iterator[None]:
    clock.simulate("2026-02-10T09:00")
    yield
    clock.simulate(None)


@pytest.fixture
def office(first: Store, tmp_path: Path) -> Iterator[Path]:
    """The installation around the store; the path of its settings."""
    facts = tmp_path / "facts"
    (facts / "portals").mkdir(parents=True)
    (facts / "bodies.csv").write_bytes((HERE / "bodies.csv").read_bytes())
    (facts / "alerts.yaml").write_text(ALERTS, "utf-8")
    for portal, url in PORTALS.items():
        host = url.split("/")[2]
        (facts / "portals" / f"{portal}.yaml").write_text(
            f"id: {portal}\nname: {portal}\nhosts: ['{host}']\n"
            f"columns: [{{id: annual, name: 年报, url: '{url}', role: collective}}]\n", "utf-8")
    settings = tmp_path / "settings.toml"
    settings.write_text('[facts]\nfolder = "facts"\n[monitoring]\nsince = 2023\n'
                        '[scan]\nallow_private_addresses = true\n[clock]\nat = "2026-02-10T09:00"\n', "utf-8")
    configuration.load.cache_clear()
    yield settings
    configuration.use_office_folder(None)
    clock.simulate(None)


def everything(store: Store, *, own: bool = False) -> dict[str, list[dict[str, object]]]:
    """Every row of every table but the migrations' own (with `own` these too) and the full text's, which holds no rows
    to be read; the figures' are made anew from the forms on file."""
    with store.read() as connection:
        tables = [row[0] for row in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND (? OR name NOT LIKE '\\_%' ESCAPE '\\') "
            "AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name", (own,))]
        return {table: [dict(row) for row in connection.execute(f'SELECT * FROM "{table}"')] for table in tables}


def dump(store: Store) -> list[object]:
    """The whole database: its schema and all rows."""
    with store.read() as connection:
        schema = [tuple(row) for row in connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY 1, 2")]
    return [schema, everything(store, own=True)]


def test_every_row_is_there_with_its_values(first: Store) -> None:
    before = everything(first)
    assert all(before[table] for table in ("run", "run_portal", "fetch", "listing", "sighting", "capture", "report",
                                           "standing", "finding", "decision", "outbox", "judged", "figures_2021"))
    first.migrate(monitor_schema)
    after = everything(first)
    for table, rows in before.items():
        if table == "decision":
            continue
        assert [{name: row[name] for name in old} for old, row in zip(rows, map(said_before(table), after[table]),
                                                                      strict=True)] == rows, table


def said_before(table: str) -> Callable[[dict[str, object]], dict[str, object]]:
    """How the first release said a row: the address of a fetch stood in its request and, of an answer, in its end."""
    if table != "fetch":
        return dict
    return lambda row: {**row, "request": f"{row['request']} {row['url']}",
                        "final_url": row["final_url"] or (row["url"] if row["status"] else None)}


def test_decisions_are_steps_of_the_trail(first: Store, the_day_after: None) -> None:
    before = everything(first)["decision"]
    first.migrate(monitor_schema)
    with first.read() as connection:
        steps = audit.steps(connection)
        states = {each.finding.id: each.state for each in review.list_findings(connection)}
    kept = ("finding", "fact", "action", "author", "at", "reason", "until")
    assert [{name: getattr(step, name) for name in kept} for step in steps] == [
        {name: row[name] for name in kept} for row in before]
    assert [step.after for step in steps] == ["confirmed", "dismissed", "snoozed", "confirmed", "dismissed"]
    assert [states[step.finding] for step in steps] == [
        FindingState.CONFIRMED, FindingState.DISMISSED, FindingState.SNOOZED, FindingState.DISMISSED,
        FindingState.DISMISSED]
    assert "decision" not in everything(first)


def test_readings_standings_and_mail_are_what_they_were(first: Store) -> None:
    first.migrate(monitor_schema)
    with first.read() as connection:
        reports = list(connection.execute("SELECT * FROM owned_report"))
        read = [records.load_report(row) for row in reports]
        standings = records.standings(connection)
        last = outbox.last_sent(connection, "digest", "zwgk@city.example", "city-office", "2026-W07")
        waiting = outbox.counts(connection)
    assert len(reports) == 16
    assert [(report.title, report.form, report.sha256) for report in read] == [
        (row["title"], row["form"], row["sha256"]) for row in reports]
    assert sum(bool(report.figures) for report in read) >= 12
    assert {standing.year for standing in standings} == {2023, 2024, 2025}
    assert last is not None
    assert last["sent"]
    assert waiting["queued"] == 1


def test_a_second_migration_changes_nothing(first: Store) -> None:
    first.migrate(monitor_schema)
    once = dump(first)
    first.migrate(monitor_schema)
    assert dump(first) == once


def test_an_upgraded_store_has_the_schema_of_a_new_one(first: Store, tmp_path: Path) -> None:
    def schema(store: Store) -> dict[str, object]:
        with store.read() as connection:
            names = {(row["type"], row["name"]) for row in connection.execute(
                "SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'figures%' AND name NOT LIKE "
                "'sqlite_autoindex_figures%'")}
            return {"names": names, **{name: {(row["name"], row["type"], row["notnull"]) for row in connection.execute(
                f'PRAGMA table_xinfo("{name}")')} for kind, name in names if kind == "table"}}

    first.migrate(monitor_schema)
    new = Store(tmp_path / "new.db")
    new.migrate(monitor_schema)
    assert schema(first) == schema(new)


def steps() -> list[tuple[Migrations, str]]:
    return [(schema, step.name) for schema in (crawl_schema, monitor_schema) for step in schema._migrations
            if step.name not in OF_THE_FIRST]


@pytest.mark.parametrize(("schema", "name"), steps(), ids=lambda value: value if isinstance(value, str) else "")
def test_a_migration_killed_in_any_step_leaves_the_old_store(schema: Migrations, name: str, first: Store,
                                                             monkeypatch: pytest.MonkeyPatch) -> None:
    before = dump(first)
    child = os.fork()
    if child == 0:
        (step,) = (each for each in schema._migrations if each.name == name)
        work = step.fn

        def die(database: object) -> None:
            work(database)
            os.kill(os.getpid(), signal.SIGKILL)

        object.__setattr__(step, "fn", die)
        try:
            first.migrate(monitor_schema)
        finally:
            os._exit(1)  # only where the step was not reached
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert dump(first) == before
    first.migrate(monitor_schema)
    with first.read() as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert len(audit.steps(connection)) == 5


def test_a_store_of_a_newer_nianbao_is_refused_untouched(first: Store) -> None:
    first.migrate(monitor_schema)
    with first.write() as connection:
        connection.execute("INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES "
                           "('monitor', 'm999_of_tomorrow', '2030-01-01')")
    before = dump(first)
    with pytest.raises(StoreError, match=r"nianbao\.db: made by a newer nianbao \(m999_of_tomorrow\)"):
        first.migrate(monitor_schema)
    assert dump(first) == before


def call(settings: Path, *arguments: str) -> str:
    result = CliRunner().invoke(app, ["--config", str(settings), *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_the_commands_work_on_it_at_once(office: Path, first: Store) -> None:
    findings = json.loads(call(office, "findings", "--json"))
    assert {"ARI-04", "PUB-01"} <= {each["rule"] for each in findings["findings"]}
    assert json.loads(call(office, "status", "--json"))
    call(office, "alerts", "queue")
    call(office, "export", "ledger", "--out", str(office.parent / "ledger.xlsx"))
    call(office, "backup")
    with first.read() as connection:
        digests = list(connection.execute("SELECT period, state, message_id FROM outbox WHERE kind = 'digest' AND "
                                          "scope = 'city-office' ORDER BY period"))
    assert [(row["period"], row["state"]) for row in digests] == [("2026-W06", "sent"), ("2026-W07", "queued")]
