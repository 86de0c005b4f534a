"""The command line: every command, its exit codes, its JSON, its complaints, under every encoding."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from monitor import cli, wording
from tests.monitor.office import ARITHMETIC, Office
from tests.monitor.records_of_files import record, written

ROOT = Path(__file__).resolve().parents[2]


# ---------------------------------------------------------------- the frame
def test_version(nianbao: Any) -> None:
    said = nianbao("--version")
    assert said.code == 0
    assert re.fullmatch(r"nianbao \d+\.\d+\.\d+\n", said.out)


def commands(command: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    yield path, command
    for name, child in getattr(command, "commands", {}).items():
        yield from commands(child, f"{path} {name}".strip())


def test_every_command_and_option_has_help_in_both_languages(nianbao: Any) -> None:
    words = wording.vocabulary()
    for path, command in commands(cli.tree()):
        assert command.help, path
        assert path in words.commands, path
        for parameter in command.params:
            assert parameter.name in words.options or f"{path} {parameter.name}" in words.options, (path, parameter)
            assert parameter.name == "help" or parameter.help, (path, parameter)
        said = nianbao(*path.split(), "--help")
        assert said.code == 0
        assert words.commands[path].zh[:6] in said.out
        assert words.commands[path].zh not in nianbao("--lang", "en", *path.split(), "--help").out


def test_the_contract_names_every_command() -> None:
    names = {path for path, _ in commands(cli.tree())}
    assert names >= {"init", "doctor", "config show", "scan", "read", "check", "status", "findings", "review",
                     "alerts send", "alerts test"}


@pytest.mark.parametrize(("arguments", "words"), [
    (["stauts"], "status"), (["read", "--jsno", "x"], "--json"), (["status", "--yaer", "2025"], "--year"),
    (["check"], "FILE"), (["--lang", "fr", "doctor"], "既不是 zh 也不是 en"), (["status", "--year", "abc"], "abc"),
    (["check", "--fail-on", "X", "x.json"], "--fail-on"), (["status", "--year", "1066"], "1066"),
    (["--config", "nowhere.toml", "status"], "nowhere.toml"), (["status"], "nianbao init"), (["scan"], "nianbao init"),
    (["read"], "用法：nianbao read [选项] FILE...\n"),
    (["--lang", "en", "read"], "Usage: nianbao read [OPTIONS] FILE...\n"),
    (["review", "x"], "缺少结论"), (["--lang", "en", "review", "x"], "Missing argument"), ([], "nianbao"),
    (["status", "--why", "财政局"], "后面要写 2 个值"), (["status", "--why", "财政局", "二〇二五"], "二〇二五"),
    (["status", "--scope", "own"], "--why 单位 年度"), (["export", "ledger", "--out", "a.docx"], ".xlsx")])
def test_wrong_usage_is_answered_with_2_and_a_hint(nianbao: Any, arguments: list[str], words: str) -> None:
    said = nianbao(*arguments)
    assert said.code == 2
    assert words in said.err
    assert said.out == ""


def test_a_fault_of_our_own_is_4_and_one_line(nianbao: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.diagnosis.examine", lambda settings: 1 / 0)
    said = nianbao("doctor")
    assert said.code == 4
    assert len(said.err.splitlines()) == 1
    assert "NIANBAO_DEBUG" in said.err
    monkeypatch.setenv("NIANBAO_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        cli.run(["doctor"])


def test_a_full_disk_is_4_and_says_so(nianbao: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(settings: object) -> None:
        raise OSError(28, "No space left on device", "/srv/evidence/ab")

    monkeypatch.setattr("monitor.diagnosis.examine", full)
    said = nianbao("doctor")
    assert said.code == 4
    assert "/srv/evidence/ab：磁盘已满；请清理磁盘" in said.err
    said = nianbao("--lang", "en", "doctor")
    assert "/srv/evidence/ab: No space left" in said.err
    assert "free some space" in said.err


@pytest.mark.parametrize("text", ["[scan\n", "[scan]\ndelay = 0.1\n", "[mial]\n", '[facts]\nfolder = "nowhere"\n'])
@pytest.mark.parametrize("command", ["status", "doctor", "config show"])
def test_broken_settings_stop_every_command_with_2(nianbao: Any, tmp_path: Path, text: str, command: str) -> None:
    path = written(tmp_path, "settings.toml", text)
    said = nianbao("--config", path, *command.split())
    if command == "config show" and "nowhere" in text:
        assert said.code in (0, 2)
        return
    assert said.code == 2
    assert str(tmp_path) in said.err
    assert said.out == ""


# ---------------------------------------------------------------- bad facts, locked database
@pytest.mark.parametrize(("name", "text", "place"), [
    ("bodies.csv", "id,name,kind,level\na,示例局,departmint,county\n", "bodies.csv:2"),
    ("bodies.csv", 'id,name,kind,level\na,"示例局,department,county\n', "bodies.csv"),
    ("portals/city.yaml", "id: city\nhosts: [\n", "city.yaml:"),
    ("portals/city.yaml", "id: city\nnmae: x\n", "city.yaml:2")])
def test_broken_facts_are_named_by_file_and_line(nianbao: Any, city: Office, name: str, text: str, place: str) -> None:
    (city.folder / "facts" / name).write_text(text, "utf-8")
    said = nianbao("--config", city.settings, "status")
    assert said.code == 2
    assert place in said.err


def test_a_locked_database_is_4_and_keeps_what_is_there(nianbao: Any, city: Office,
                                                        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.store.BUSY_SECONDS", 0.05)
    other = sqlite3.connect(city.store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    said = nianbao("--config", city.settings, "review", ARITHMETIC.id, "confirm", "--author", "张")
    other.execute("ROLLBACK")
    other.close()
    assert said.code == 4
    assert "locked" in said.err
    assert nianbao("--config", city.settings, "findings", "--state", "confirmed", "--json").json["findings"] == []


def test_a_file_that_is_no_database_is_4(nianbao: Any, city: Office) -> None:
    for path in city.folder.glob("nianbao.db*"):
        path.unlink()
    (city.folder / "nianbao.db").write_text("not a database at all, but long enough to be looked at", "utf-8")
    said = nianbao("--config", city.settings, "status")
    assert said.code == 4
    assert "nianbao.db" in said.err


def test_scan_without_a_contact_is_refused(nianbao: Any, city: Office) -> None:
    said = nianbao("--config", city.settings, "scan")
    assert said.code == 2
    assert "contact" in said.err


def test_scan_of_an_unknown_portal_is_refused(nianbao: Any, city: Office) -> None:
    said = nianbao("--config", city.settings, "scan", "--portal", "nowhere")
    assert said.code == 2
    assert "nowhere" in said.err


# ---------------------------------------------------------------- as a process
@pytest.fixture(autouse=True)
def _alone(alone: None) -> None:
    """Those that run as a process, too."""


def process(*arguments: object, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-c", "from monitor.cli import main; main()", *map(str, arguments)],
                          capture_output=True, check=False, timeout=60,
                          env={**os.environ, "PYTHONPATH": str(ROOT), **environment})


@pytest.mark.parametrize("encoding", ["utf-8", "gbk", "ascii"])
def test_output_survives_every_encoding(city: Office, encoding: str) -> None:
    for command in (["status"], ["findings"]):
        done = process("--config", city.settings, *command, PYTHONIOENCODING=encoding)
        assert done.returncode == 0, done.stderr
        text = done.stdout.decode(encoding)
        assert encoding == "ascii" or "?" * 4 not in text
    done = process("--config", city.settings, "status", "--json", PYTHONIOENCODING=encoding)
    assert json.loads(done.stdout.decode(encoding))["rows"][0]["name"] == "示例市教育局"


def test_symbols_survive_gbk(city: Office) -> None:
    done = process("--config", city.settings, "status", PYTHONIOENCODING="gbk")
    text = done.stdout.decode("gbk")
    for symbol in "●▲×≠":
        assert symbol in text


def test_a_reader_that_goes_away_is_no_fault(city: Office) -> None:
    running = subprocess.Popen([sys.executable, "-c", "from monitor.cli import main; main()", "--config",
                                str(city.settings), "findings", "--json"], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert running.stdout is not None
    assert running.stderr is not None
    running.stdout.close()
    assert running.stderr.read() == b""
    running.stderr.close()
    assert running.wait(30) == 0


def test_read_imports_nothing_it_does_not_need(tmp_path: Path) -> None:
    path = written(tmp_path, "a.json", record())
    code = ("import sys; from monitor import cli; cli.run(['read', sys.argv[1], '--json']); "
            "print([name for name in ('scrapy', 'pdfplumber', 'sqlite_utils', 'pydantic_settings', 'twisted') "
            "if name in sys.modules], file=sys.stderr)")
    begun = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True,
                          cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.stderr.strip() == "[]"
    assert time.monotonic() - begun < 10



def test_the_frame_of_the_help_is_chinese_too_and_english_on_request(nianbao: Any) -> None:
    for arguments in (["--help"], ["export", "reminder", "--help"]):
        said = nianbao(*arguments)
        assert said.out.startswith("用法：nianbao")
        assert "\n选项：\n" in said.out
        assert not re.search(r"Usage|Options:|Commands:|Show this|OPTIONS|required\]", said.out)
        english = nianbao("--lang", "en", *arguments).out
        assert english.startswith("Usage: nianbao")
        assert "Show this message and exit." in english
    for arguments in ([], ["roster"], ["config"]):
        said = nianbao(*arguments)
        assert said.code == 2
        assert "\n命令：\n" in said.err
        assert "Commands" not in said.err


def test_help_follows_the_language_of_the_settings(nianbao: Any, tmp_path: Path) -> None:
    settings = written(tmp_path, "settings.toml", '[general]\nlanguage = "en"\n')
    assert nianbao("--config", settings, "status", "--help").out.startswith("Usage:")
    assert nianbao("--config", settings, "roster").err.startswith("Usage:")
    assert nianbao("--config", settings, "--lang", "zh", "roster").err.startswith("用法：")
