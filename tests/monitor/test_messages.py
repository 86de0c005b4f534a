"""Errors and problems of documents are said in Chinese wherever a user meets them, and in English on request."""

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
from tests.monitor import problem_sentences

ROOT = Path(messages.__file__).resolve().parent.parent
CHINESE = re.compile(r"[\u4e00-\u9fff]")
# Where users' own errors are raised. What only a developer or an operator of the daemon meets may stay English.
SHOWN = tuple(sorted({
    "monitor/review.py", "monitor/transitions.py", "monitor/session.py", "monitor/settings.py", "monitor/patrol.py",
    "monitor/backup.py", "crawler/store.py", "crawler/evidence.py", "crawler/scan.py", "crawler/tables.py",
    *(str(path.relative_to(ROOT)) for folder in ("monitor/commands", "monitor/exports", "extract")
      for path in (ROOT / folder).rglob("*.py"))}))
ERRORS = {"UsageError", "SettingsError", "StoreError", "EvidenceError", "ImportingError", "ConfigurationError",
          "BadParameter", "RecordError", "ScanError", "BackupError", "UnreadableDocumentError", "LimitExceededError",
          "WordError"}


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


PROBLEMS = problem_sentences.collected()


def test_the_problems_of_readers_are_found_in_their_source():
    assert len(PROBLEMS) >= 70
    for known in ("no title was found",  # a constant
                  "7 objects inside the PDF are damaged",  # what a function returns
                  "7 (7) has no reader",  # a list of another name
                  "7 of its figures differ, first 7",  # a value within a sentence
                  "7: '7' was read as '7', which the form's sums confirm"):
        assert known in PROBLEMS


@pytest.mark.parametrize("sentence", sorted(PROBLEMS))
def test_every_problem_of_a_document_is_said_in_chinese(sentence):
    chinese = messages.said(sentence, "zh")
    assert CHINESE.search(chinese), PROBLEMS[sentence]
    assert not problem_sentences.ENGLISH.search(chinese), (PROBLEMS[sentence], chinese)


@pytest.mark.parametrize(("english", "chinese"), [
    ("table 3: applications.new.total is printed twice, as '1: 2; 3' and '4' (so are 3 other cells of it; does the "
     "report print it for two scopes?)",
     "表三“本年新收／总计”载有两个数：“1: 2; 3”和“4”，以原文为准；该表另有3处如此，可能按两种口径各列了一次"),
    ("table 4: row litigation_direct prints 3 values for 5 columns; which is which can't be told",
     "表四“未经复议直接起诉”一行有3个数、5列，无法确定各数属于哪一列"),
    ("table 2: row licences could not be told from another group's; its figures were left out",
     "表二“行政许可”一行无法与另一组的同名行区分，其数字未采用"),
    ("table 3: the cells of row granted could not be told apart",
     "表三“（一）予以公开”一行的各格无法区分，其数字未读取"),
    ("two readers of this PDF differ on 7 figures, which are not sure: applications.new.total, disputes."
     "litigation_direct.upheld, …",
     "该 PDF 用两种方式读取，有7个数字不同，以原文为准：本年新收／总计、未经复议直接起诉／结果维持、…"),
    ("left aside: attachment '甲; 乙: 丙' (text/html, 3 figures, 2 sections): 3 of its figures differ, first "
     "applications.new.total",
     "未采用 附件“甲; 乙: 丙”（text/html，3个数字，2个部分）：其中3个数字与报告不同，第一个是本年新收／总计"),
    ("page 3, 4 was read from a picture by character recognition", "第3、4页是图片，由文字识别读取，以原文为准"),
    ("page 3: a picture of 9 × 9 pixels, more than 8 million", "第3页：图片为 9 × 9 像素，超过 8 百万像素"),
    ("b.zip: none of its members could be read (a.zip is a bundle within the bundle; unpack it to have it read; "
     "b.exe (application/x) has no reader)",
     "b.zip：压缩包内的文件均未能读取（a.zip 是压缩包内的压缩包，未读取；请解压后读取；"
     "b.exe 未读取，尚不支持此类文件（application/x））"),
    ("a.doc: damaged: it holds no text", "a.doc：文件已损坏：其中没有文字"),
    ("a.ofd: damaged OFD, it holds no page; ask for another copy", "a.ofd：OFD 文件已损坏，其中没有页面；请另取一份")])
def test_a_problem_names_tables_rows_and_figures_in_words(english, chinese):
    assert messages.said(english, "zh") == chinese
    assert messages.said(english, "en") == english


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
