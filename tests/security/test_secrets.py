"""Passwords and keys show nowhere: not in what commands print, not in the log, not among a process's arguments, not in
plans, tables, backups or what is handed to children."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path

import pytest

from crawler import proxies
from crawler.model import ScanPlan
from monitor import backup, settings
from monitor.cli import run

ROOT = Path(__file__).resolve().parents[2]
OURS = [path for room in ("crawler", "extract", "monitor") for path in sorted((ROOT / room).rglob("*.py"))]
PASSWORD, PROXY, ROBOT, SIGNING = "s3cret-of-mail", "s3cret-of-proxy", "s3cret-of-robot", "s3cret-of-signing"


@pytest.fixture(name="office")
def _office(tmp_path, monkeypatch):
    """An installation that holds a secret of every kind, none of which works."""
    assert run(["init", str(tmp_path / "office")]) == 0
    folder = tmp_path / "office"
    text = (folder / "settings.toml").read_text("utf-8")
    text = re.sub(r'(?m)^host = ""', 'host = "127.0.0.1"', text, count=1)
    text = re.sub(r"(?m)^port = 25\b", "port = 9", text, count=1)
    text = re.sub(r'(?m)^user = ""', 'user = "office"', text, count=1)
    text = re.sub(r"(?m)^proxies = \{\}", 'proxies = {inside = "http://127.0.0.1:9"}', text, count=1)
    assert "inside" in text
    assert 'host = "127.0.0.1"' in text
    text = re.sub(r'(?m)^proxy_secrets = ""', 'proxy_secrets = "proxies"', text, count=1)
    (folder / "settings.toml").write_text(text, "utf-8")
    (folder / "proxies").write_text(f"inside = office:{PROXY}\n")
    (folder / "secrets").mkdir()
    (folder / "secrets" / "boss.webhook").write_text(f"https://robot.example/send?key={ROBOT}\n{SIGNING}\n")
    (folder / "facts" / "alerts.yaml").write_text(
        "recipients:\n  - {id: boss, channel: dingtalk, remit: {label: 示例县}}\n"
        "  - {id: clerk, address: clerk@office.example, remit: {label: 示例县}}\n", "utf-8")
    for path in (folder / "proxies", folder / "secrets" / "boss.webhook"):
        path.chmod(0o600)
    monkeypatch.setenv("NIANBAO_MAIL__PASSWORD", PASSWORD)
    monkeypatch.chdir(tmp_path)
    return folder


def said(capsys, caplog=None):
    out, err = capsys.readouterr()
    return out + err + (caplog.text if caplog else "")


def is_silent(text):
    return not [secret for secret in (PASSWORD, PROXY, ROBOT, SIGNING) if secret in text]


@pytest.mark.parametrize("arguments", [
    ["config", "show"], ["config", "show", "--json"], ["doctor"], ["doctor", "--json"], ["alerts", "test"],
    ["alerts", "send"], ["status"], ["backup"], ["roster", "check"], ["checkall"],
])
def test_no_command_prints_a_secret(office, capsys, caplog, arguments):
    run(["--config", str(office / "settings.toml"), *arguments])
    assert is_silent(said(capsys, caplog))


@pytest.mark.parametrize("broken", ['password = "{}"', "password_file = 1", "port = '{}'", "unknown = '{}'"])
def test_a_mistake_in_the_settings_shows_no_password(office, capsys, broken):
    path = office / "settings.toml"
    text = path.read_text("utf-8")
    path.write_text(text.replace("[mail]", f"[mail]\n{broken.format('x') if 'password = ' not in broken else broken}"
                                 .replace("{}", PASSWORD), 1), "utf-8")
    assert run(["--config", str(path), "status"]) == 2
    assert is_silent(said(capsys))


def test_settings_and_what_they_hold_show_no_secret_when_printed(office):
    loaded = settings.load(office / "settings.toml")
    assert loaded.mail.secret() == PASSWORD
    for shown in (repr(loaded), str(loaded), repr(loaded.mail), json.dumps(loaded.shown(), default=str),
                  loaded.model_dump_json()):
        assert is_silent(shown)
    known = proxies.Proxies(loaded.scan.proxies, secrets=str(loaded.scan.proxy_secrets))
    assert is_silent(repr(known.of("p", "inside")))
    assert is_silent(json.dumps(proxies.shown(loaded.scan.proxies, loaded.scan.proxy_secrets)))


def test_a_plan_and_its_run_hold_no_secret(office):
    """A plan goes to the child on its standard input, and into the database for a resume."""
    loaded = settings.load(office / "settings.toml")
    plan = ScanPlan(run="r", database="d", evidence="e", facts="f", portals=[], proxies=loaded.scan.proxies,
                    proxy_secrets=str(loaded.scan.proxy_secrets))
    assert is_silent(repr(plan))


def test_no_backup_holds_a_secret(office):
    from crawler.store import Store
    from monitor.records import monitor_schema

    loaded = settings.load(office / "settings.toml")
    store = Store(loaded.store.database)
    store.migrate(monitor_schema)
    made = backup.make(store, loaded.backup.folder, daily=1, weekly=1)
    assert is_silent(made.path.read_bytes().decode("latin-1"))
    with sqlite3.connect(made.path) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    assert not [name for name in tables if re.search("setting|password", name)]
    connection.close()


def test_children_are_started_without_a_secret_among_their_arguments():
    """Whoever may list processes reads arguments: plans and documents go through pipes, passwords through files or the
    environment. Every place that starts a program is read here."""
    found = []
    for path in OURS:
        for call in re.findall(r"subprocess\.(?:Popen|run)\((?:[^()]|\([^()]*\))*\)", path.read_text("utf-8")):
            found.append(call)
            assert not re.search(r"(?i)secret|password|token|\.authorization", call), f"{path.name}: {call}"
            assert "shell=True" not in call, f"{path.name}: {call}"
    assert len(found) > 3


def test_processes_that_open_strangers_files_know_no_secret(monkeypatch):
    """Their environment is readable for whatever would break out of a parser."""
    from crawler import child
    from extract.limits import Guard
    from extract.model import Hints

    given = {"NIANBAO_MAIL__PASSWORD": PASSWORD, "NIANBAO_PROXY_INSIDE": f"a:{PROXY}", "NIANBAO_WEBHOOK_BOSS": ROBOT,
             "nianbao_mail__password": PASSWORD, "Nianbao_Mail": f'{{"password": "{PASSWORD}"}}'}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with Guard() as guard:
        guard.record("2021年政府信息公开工作年度报告".encode(), Hints(name="a.txt"))
        assert guard._helper is not None
        held = Path(f"/proc/{guard._helper.process.pid}/environ").read_bytes().decode()
        assert "PATH=" in held
        assert is_silent(held)
    handed = child._environment()
    assert set(given) & set(handed) == {"NIANBAO_PROXY_INSIDE"}
    assert handed["NIANBAO_PROXY_INSIDE"]  # the crawl sends through it
    assert "env=without_ours(os.environ)" in (ROOT / "crawler" / "tables.py").read_text("utf-8")


def test_nothing_runs_what_a_text_says():
    """No eval, exec, pickle, os.system, marshal, shelve or yaml.load without a safe loader in the product."""
    for path in OURS:
        if path.name in ("cluster.py", "cluster_worker.py"):
            continue  # the cluster's own way of speaking; only workers that are trusted with the code itself take part
        found = re.search(r"(?<![\w.])(eval|exec)\(|os\.(system|popen)\(|\b(pickle|marshal|shelve)\.loads?\("
                          r"|yaml\.(unsafe_|full_)?load\((?!text, Loader=_loader\(\)\))", path.read_text("utf-8"))
        assert not found, f"{path}: {found}"
