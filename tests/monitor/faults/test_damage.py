"""Pages of the database and files of the evidence that were flipped, cut off or lost: found by what looks for them, put
back from a copy, read again from the evidence to the very same tables; never taken for a report or its absence."""

from __future__ import annotations

import contextlib
import gzip
import json
import random
import sqlite3

import pytest

from crawler import scan
from crawler.evidence import Evidence
from crawler.store import PAGE, Store
from extract.report import VERSION
from monitor import backup
from tests.crawler.small_portals import Case, World, article, listing, name_of
from tests.monitor import machines
from tests.monitor.faults.strike import Striker
from tests.monitor.faults.test_strikes import command, copied, tables

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def strike():
    with Striker() as striker:
        yield striker


@pytest.fixture(scope="module")
def office(tmp_path_factory, strike):
    """Read, judged, with a copy of the database."""
    settings = machines.town(tmp_path_factory.mktemp("office") / "a", 6).settings
    for arguments in (["scan", "--resume"], ["judge"], ["backup"]):
        assert command(strike, settings, *arguments).code == 0
    with contextlib.closing(sqlite3.connect(settings.parent / "history.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return settings


def flipped(path, chance, pages):
    """Overwrite parts of `pages` random pages beyond the first; SQLite keeps no sums, so whole headers are hit."""
    data = bytearray(path.read_bytes())
    for page in chance.sample(range(1, len(data) // PAGE), pages):
        for place in range(page * PAGE, page * PAGE + 64):
            data[place] ^= chance.randrange(1, 256)
    path.write_bytes(data)


@pytest.mark.parametrize("seed", range(4))
def test_a_damaged_database_is_found_by_all_and_put_back(strike, office, tmp_path, seed):
    settings = copied(office, tmp_path / "struck")
    database = settings.parent / "history.db"
    expected = tables(settings)
    flipped(database, random.Random(seed), 6)
    doctor = command(strike, settings, "doctor", "--json")
    checks = {each["check"]: each for each in json.loads(doctor.said[doctor.said.index("{"):])["checks"]}
    assert checks["database"]["level"] == "fail", checks["database"]
    refused = command(strike, settings, "backup")
    assert refused.code == 4
    assert "damaged" in refused.said
    assert len(backup.copies(settings.parent / "backups")) == 1, "a damaged database drives out no copy"
    for arguments in (["judge"], ["status"], ["scan", "--resume"]):
        ended = command(strike, settings, *arguments)
        assert "Traceback" not in ended.said
        assert "fault of nianbao itself" not in ended.said, ended.said
        assert ended.code in (0, 2, 3) or "nianbao restore" in ended.said, ended
    copy = backup.copies(settings.parent / "backups")[0]
    assert command(strike, settings, "restore", copy, "--yes").code == 0
    assert command(strike, settings, "judge").code == 0
    found = tables(settings)
    assert {name for name in expected if found[name] != expected[name]} == set()


def test_what_is_no_database_at_all_says_so(strike, office, tmp_path):
    settings = copied(office, tmp_path / "struck")
    (settings.parent / "history.db").write_bytes(b"no database" * 1000)
    for arguments in (["status"], ["judge"], ["backup"], ["scan", "--resume"], ["alerts", "send"]):
        ended = command(strike, settings, *arguments)
        assert (ended.code, "damaged" in ended.said, "nianbao restore" in ended.said) == (4, True, True), ended


def test_reports_that_are_lost_are_read_again_from_the_evidence_to_the_same(strike, office, tmp_path):
    settings = copied(office, tmp_path / "struck")
    expected = machines.tables(settings)
    with contextlib.closing(sqlite3.connect(settings.parent / "history.db")) as connection, connection:
        connection.execute("UPDATE report SET reader_version = ?, record = x'00'", (VERSION - 1,))
    again = command(strike, settings, "scan", "--resume", "--json")
    assert (again.code, json.loads(again.said[again.said.index("{"):])["read"]) == (0, 6), again.said
    found = machines.tables(settings)
    for name in ("report", "standing", *(each for each in expected if each.startswith("figures_"))):
        assert found[name] == expected[name], name
    assert set(found["finding"]) == set(expected["finding"])


# ---------------------------------------------------------------- evidence
def harmed(folder):
    """Six kept files, each harmed in another way; their hashes."""
    kept = sorted(folder.glob("??/*.gz"))
    names = [path.name.removesuffix(".gz") for path in kept[:6]]
    kept[0].unlink()
    kept[1].write_bytes(b"")
    kept[2].write_bytes(kept[2].read_bytes()[:-9])
    data = bytearray(kept[3].read_bytes())
    data[len(data) // 2] ^= 0xFF
    kept[3].write_bytes(data)
    kept[4].write_bytes(gzip.compress(b"another page"))
    kept[5].write_bytes(kept[6].read_bytes())
    return names


def test_every_harmed_file_of_evidence_is_found(strike, office, tmp_path):
    settings = copied(office, tmp_path / "struck")
    names = harmed(settings.parent / "evidence")
    ended = command(strike, settings, "evidence", "verify", "--json")
    assert ended.code == 4
    told = json.loads(ended.said[ended.said.index("{"):])
    assert {each["sha256"] for each in told["faults"]} >= set(names)


def test_a_report_whose_evidence_is_lost_keeps_its_figures_and_an_export_names_what_it_lacks(strike, office, tmp_path):
    settings = copied(office, tmp_path / "struck")
    expected = tables(settings)
    for path in (settings.parent / "evidence").glob("??/*.gz"):
        path.unlink()
    assert command(strike, settings, "judge").code == 0
    found = tables(settings)
    assert {name for name in expected if found[name] != expected[name]} == set(), "lost files accuse nobody"
    with contextlib.closing(sqlite3.connect(settings.parent / "history.db")) as connection:
        finding, = connection.execute("SELECT id FROM finding WHERE outcome = 'fail' LIMIT 1").fetchone()
        connection.execute("UPDATE report SET reader_version = 0")
        connection.commit()
    told = command(strike, settings, "export", "evidence", "--finding", finding, "--out", tmp_path / "out")
    assert told.code in (3, 4), told
    assert "not in the evidence folder" in told.said or "missing" in told.said or "lost" in told.said, told
    again = command(strike, settings, "scan", "--resume")
    assert again.code == 4, "our own loss is our own fault"
    assert "restore it from a backup" in again.said
    after = tables(settings)
    assert after["standing"] == expected["standing"]


def test_the_next_scan_mends_evidence_where_the_page_is_the_same(tmp_path):
    answers = {"/nb/": listing(name_of("a")),
               **{f"/nb/t{year + 1}0115_{year}.html": article(f"{year}年收到申请3件。") for year in range(2021, 2024)}}
    with World(tmp_path, {"a": Case(answers)}) as world:
        plan = world.plan(run="first")
        Store(plan.database).migrate()
        assert scan.run(plan).state == "done"
        evidence = Evidence(plan.evidence)
        kept = {sha256: evidence.get(sha256) for sha256, _ in evidence.kept()}
        chance = random.Random(3)
        for number, sha256 in enumerate(sorted(kept)):
            path = evidence.path(sha256)
            if number % 2:
                path.unlink()
            else:
                data = bytearray(path.read_bytes())
                data[chance.randrange(10, len(data))] ^= 0xFF
                path.write_bytes(data)
        assert len(list(evidence.verify(kept))) == len(kept)
        assert scan.run(world.plan(run="second")).state == "done"
        assert list(evidence.verify(kept)) == []
        assert {sha256: evidence.get(sha256) for sha256 in kept} == kept
