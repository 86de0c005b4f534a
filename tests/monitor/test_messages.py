"""Errors are said in Chinese wherever a user meets them, and in English on request."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.store import Store
from extract import configuration
from extract.exceptions import ConfigurationError
from monitor import cli, messages, settings
from monitor.exceptions import SettingsError

ROOT = Path(messages.__file__).resolve().parent.parent
CHINESE = re.compile(r"[\u4e00-\u9fff]")
# Where users' own errors are raised. What only a developer or an operator of the daemon meets may stay English.
SHOWN = tuple(sorted({
    "monitor/review.py", "monitor/transitions.py", "monitor/session.py", "monitor/settings.py", "monitor/patrol.py",
    "monitor/backup.py", "crawler/store.py", "crawler/evidence.py", "crawler/scan.py", "crawler/tables.py",
    "extract/configuration.py", "extract/limits.py", "extract/model.py",
    *(str(path.relative_to(ROOT)) for folder in ("monitor/commands", "monitor/exports", "extract/readers")
      for path in (ROOT / folder).glob("*.py"))}))
ERRORS = {"UsageError", "SettingsError", "StoreError", "EvidenceError", "ImportingError", "ConfigurationError",
          "BadParameter", "RecordError", "ScanError", "BackupError", "UnreadableDocumentError", "LimitExceededError"}


@pytest.mark.parametrize(("english", "chinese"), [
    ("No such command 'stauts'. Did you mean 'status'?", "没有 “stauts” 这个命令；是否要用 “status”"),
    ("/x/n.db: database is locked; nothing of this step was kept, earlier data is intact",
     "/x/n.db：数据库正被另一程序占用，请稍后再试；本步未写入，此前的数据完好"),
    ("--under 水利: no body of the roster has this id or name; did you mean water?",
     "--under 水利：名单中没有这个编号或名称的单位；是否要用 water"),
    ("bodies.csv:2: kind 'departmint' is none of a, b", "bodies.csv:2：kind 列的 “departmint” 不在可选之列：a, b"),
    ("a.toml:3: mail.port: Input should be a valid integer, unable to parse string as an integer (value 'x')",
     "a.toml:3: mail.port：应为整数（所写的值：“x”）"),
    ("年报.docx: damaged archive (File is not a zip file); ask for another copy",
     "年报.docx：文件已损坏，无法解开（File is not a zip file）；请另取一份"),
    ("first.csv: the file is empty; its first line names the columns\n"
     "second.csv: not UTF-8 at byte 3; save the file as UTF-8",
     "first.csv：文件为空；第一行应为列名\nsecond.csv：第 3 字节起不是 UTF-8；请另存为 UTF-8"),
    ("a.db: the database is damaged (malformed); take an older copy",
     "a.db：数据库已损坏（malformed）；请改用更早的备份"),
    ("a.db: the database is damaged (malformed); try again; the disk may be faulty",
     "a.db：数据库已损坏（malformed）；请重试；磁盘可能有故障"),
    ("a.yaml:3: recipients.0.remit: Field required\na.yaml:4: to: Extra inputs are not permitted (value 'x')",
     "a.yaml:3: recipients.0.remit：缺少此项\na.yaml:4: to：没有此项，请核对名称（所写的值：“x”）"),
    ("nobody listed this", "nobody listed this"), ("", "")])
def test_a_raised_sentence_is_found_again_by_its_fixed_words(english, chinese):
    assert messages.said(english, "zh") == chinese
    assert messages.said(english, "en") == english


BROKEN_YAML = ["a:\n\t- b", "a: b: c", "a\nb: c", "a: [1, 2", "a: {b: 1", "a: 'x", "a: \"x", "a:\n  - b\n c: d",
               "channels：[mail]", "a:\n - b\n  - c\n - d: e: f", "- a\nb: c", "a: - b"]
BROKEN_TOML = ["a = “zh”", "[a", "a ＝ 1", "a 1", "a = 1 b = 2", 'a = "C:\\新"', 'a = "x', "a = [1", "a = 1\na = 2",
               "[a]\n[a]", "= 1", 'a = "x\ty\x01"']


@pytest.mark.parametrize("text", BROKEN_YAML)
def test_what_is_wrong_with_a_facts_file_is_said_in_chinese(tmp_path, text):
    path = tmp_path / "facts.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigurationError) as caught:
        configuration.load_path(path, messages.Messages)
    told = messages.said(str(caught.value), "zh").replace(str(path), "")
    assert all(CHINESE.search(line) for line in told.split("\n"))


@pytest.mark.parametrize("text", BROKEN_TOML)
def test_what_is_wrong_with_the_settings_is_said_in_chinese(tmp_path, text):
    path = tmp_path / "settings.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(SettingsError) as caught:
        settings.load(path)
    first = messages.said(str(caught.value), "zh").replace(str(path), "").split("；")[0]
    assert CHINESE.search(first)


@given(st.text(max_size=80))
def test_any_text_survives(text):
    assert isinstance(messages.said(text, "zh"), str)


@given(st.from_regex(r"[\w./ -]{1,20}", fullmatch=True))
def test_values_are_carried_over_unharmed(value):
    said = messages.said(f"finding {value} was cleared on 2026-02-09; there is nothing left to decide", "zh")
    assert value in said
    assert CHINESE.search(said)


def templates(path: str) -> list[tuple[int, str]]:
    """Every error raised in a file, its values replaced by an X."""
    found = []
    for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8"))):
        if (isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args
                and ast.unparse(node.exc.func).split(".")[-1] in ERRORS):
            text = re.sub(r"(?<=[a-z])X", "", _text(node.exc.args[0]))  # a hint that may be missing
            if re.search(r"[a-z]{3} ", text):
                found.append((node.lineno, text))
    return found


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values)
    if isinstance(node, ast.BinOp):
        return _text(node.left) + _text(node.right)
    return "X"


@pytest.mark.parametrize("path", SHOWN)
def test_every_error_a_user_meets_is_said_in_chinese(path):
    untold = [(line, text) for line, text in templates(path) if not CHINESE.search(messages.said(text, "zh"))]
    assert untold == []


def test_no_sentence_is_listed_twice_and_each_says_its_values():
    loaded = configuration.load("messages.yaml", messages.Messages).messages
    english = [message.en for message in loaded]
    assert len(english) == len(set(english))
    for message in loaded:
        assert CHINESE.search(message.zh), message
        assert not re.search(r"[,;!?](?= |$)", re.sub(r"\{\w+\}", "", message.zh)), message
        message.zh.encode("gbk")


def test_a_placeholder_that_english_lacks_is_refused(tmp_path):
    (tmp_path / "messages.yaml").write_text("messages:\n  - {en: 'a {b}', zh: '甲{c}'}\n", "utf-8")
    configuration.use_office_folder(tmp_path)
    try:
        with pytest.raises(ConfigurationError, match="c"):
            configuration.load("messages.yaml", messages.Messages)
    finally:
        configuration.use_office_folder(None)


@pytest.mark.parametrize(("arguments", "chinese"), [
    (["stauts"], "没有 “stauts” 这个命令"), (["check"], "缺少参数 “FILE...”"),
    (["status", "--yaer", "1"], "没有 --yaer 这个选项"),
    (["status", "--year", "abc"], "应为整数"), (["--config", "nowhere.toml", "status"], "没有这个设置文件"),
    (["status"], "此处没有 settings.toml"), (["review", "3f", "agree"], "不是结论")])
def test_the_command_line_complains_in_chinese(tmp_path, monkeypatch, capsys, arguments, chinese):
    monkeypatch.chdir(tmp_path)
    assert cli.run(arguments) == 2
    said = capsys.readouterr().err
    assert chinese in said
    assert cli.run(["--lang", "en", *arguments]) == 2
    assert not CHINESE.search(capsys.readouterr().err)


def test_the_settings_language_holds_for_errors(tmp_path, capsys):
    path = tmp_path / "settings.toml"
    path.write_text('[general]\nlanguage = "en"\n', "utf-8")
    Store(tmp_path / "nianbao.db").migrate()
    assert cli.run(["--config", str(path), "findings", "--severity", "X"]) == 2
    assert "known are E, W, I" in capsys.readouterr().err
