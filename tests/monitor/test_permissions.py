"""Who may read what we write, on a machine with other users: nobody outside the group reads the database, its copies or
a secret; what is meant for others stays readable.

The rule (docs/security.md): database, WAL, backups and what is put back: 640 at most. Evidence: 600. A new
installation's folder: 750. Secrets: the operator's files, which `doctor` looks at. Exports: as the operator's umask
says, since they are made to be handed on.
"""

from __future__ import annotations

import os

import pytest

from crawler.evidence import Evidence
from crawler.store import Store
from extract import configuration
from monitor import backup, diagnosis, settings
from monitor.records import monitor_schema


@pytest.fixture(autouse=True)
def _open_handed():
    """The most careless umask there is."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path):
    return path.stat().st_mode & 0o777


@pytest.fixture(name="store")
def _store(tmp_path):
    made = Store(tmp_path / "office" / "nianbao.db")
    made.migrate(monitor_schema)
    return made


def test_database_and_what_lies_beside_it_are_closed_to_others(store):
    with store.read() as reading:
        reading.execute("SELECT 1 FROM run").fetchall()
        with store.write() as connection:
            connection.execute("INSERT INTO distrust VALUES ('a', '', '', '', '')")
        found = sorted(path.name for path in store.path.parent.iterdir())
        assert {"nianbao.db", "nianbao.db-wal", "nianbao.db-shm"} <= set(found)
        for path in store.path.parent.iterdir():
            assert not mode(path) & 0o007, path


def test_an_older_database_keeps_the_permissions_it_was_given(store):
    store.path.chmod(0o600)
    with store.write() as connection:
        connection.execute("INSERT INTO distrust VALUES ('a', '', '', '', '')")
    assert mode(store.path) == 0o600


def test_backups_and_what_is_put_back_are_closed_to_others(store, tmp_path):
    made = backup.make(store, tmp_path / "backups", daily=1, weekly=1)
    assert not mode(made.path) & 0o007
    aside = backup.restore(store, made.path)
    assert not mode(store.path) & 0o007
    assert not mode(aside) & 0o007


def test_evidence_is_its_owners(tmp_path):
    evidence = Evidence(tmp_path / "evidence")
    evidence.put(b"a page")
    files = [path for path in (tmp_path / "evidence").rglob("*") if path.is_file()]
    assert files
    assert all(mode(path) == 0o600 for path in files)


def test_a_new_installation_is_closed_to_others(tmp_path, capsys):
    from monitor.cli import run

    assert run(["init", str(tmp_path / "new")]) == 0
    assert mode(tmp_path / "new") == 0o750
    (tmp_path / "there").mkdir(mode=0o755)
    assert run(["init", str(tmp_path / "there")]) == 0
    assert mode(tmp_path / "there") == 0o755  # a folder that stood there is its owner's business


# ---------------------------------------------------------------- what doctor says
@pytest.fixture(name="office")
def _office(tmp_path):
    folder = tmp_path / "office"
    (folder / "facts").mkdir(parents=True)
    (folder / "secrets").mkdir(mode=0o700)
    (folder / "settings.toml").write_text(
        '[facts]\nfolder = "facts"\n[mail]\npassword_file = "mail.password"\n[scan]\nproxy_secrets = "proxies"\n')
    configuration.use_office_folder(folder / "facts")
    yield settings.load(folder / "settings.toml")
    configuration.use_office_folder(None)


def told(office):
    return next((check.level, check.text, check.values) for check in diagnosis.examine(office)
                if check.name == "secrets")


@pytest.mark.parametrize("name", ["mail.password", "proxies", "secrets/boss.webhook"])
@pytest.mark.parametrize("open_to", [0o644, 0o640, 0o604])
def test_a_secret_that_others_can_read_is_told(office, name, open_to):
    path = office.path.parent / name
    path.write_text("s3cret-value")
    path.chmod(open_to)
    level, text, values = told(office)
    assert (level, text, values["path"], values["mode"]) == ("warn", "secrets_open", path, "600")
    path.chmod(0o600)
    assert told(office)[0] == "ok"


def test_a_folder_of_secrets_that_others_can_list_is_told(office):
    folder = office.path.parent / "secrets"
    folder.chmod(0o755)
    assert told(office)[:2] == ("warn", "secrets_open")
    folder.chmod(0o700)
    assert told(office)[:2] == ("ok", "secrets_ok")


def test_a_database_that_others_can_read_is_told_where_they_can_reach_it(office, tmp_path):
    Store(office.store.database).migrate(monitor_schema)
    assert told(office)[0] == "ok"
    office.store.database.chmod(0o644)
    reachable = all(above.stat().st_mode & 0o001 for above in office.store.database.resolve().parents)
    assert told(office)[:2] == (("warn", "database_open") if reachable else ("ok", "secrets_ok"))
    for above in (office.path.parent, tmp_path):
        above.chmod(0o700)
    assert told(office)[0] == "ok"
