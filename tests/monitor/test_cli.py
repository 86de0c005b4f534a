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

from crawler import clock
from extract import configuration, forms
from monitor import cli, wording
from tests.documents import making
from tests.monitor.office import ARITHMETIC, DOUBTFUL, NEXT_WEEK, UNSEEN, Office

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def alone(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test in an empty folder, without settings, facts or a simulated clock of another's."""
    monkeypatch.chdir(tmp_path_factory.mktemp("here"))
    for name in list(os.environ):
        if name.startswith("NIANBAO_"):
            monkeypatch.delenv(name)
    yield
    configuration.use_office_folder(None)
    clock.simulate(None)


@pytest.fixture
def city(tmp_path: Path) -> Office:
    return Office(tmp_path)


class Said:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def nianbao(capsys: pytest.CaptureFixture[str]) -> Any:
    def call(*arguments: object) -> Said:
        code = cli.run([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return Said(code, out, err)

    return call


def record(figures: dict[str, int] | None = None, **fields: object) -> dict[str, object]:
    """A clean record of the 2021 form whose every sum holds, some figures replaced."""
    held = dict.fromkeys(forms.form("2021").keys, 0)
    for column in ("natural_person", "total"):
        held |= {f"applications.{row}.{column}": value for row, value in (
            ("new", 31), ("carried_in", 1), ("granted", 20), ("unable_not_held", 9), ("concluded", 29),
            ("carried_out", 3))}
    held |= figures or {}
    return {"schema": 1, "title": "样例市教育局2021年政府信息公开工作年度报告", "body": "样例市教育局", "year": 2021,
            "scope": "own", "form": "2021", "medium": "application/json", "sha256": "0" * 64, "published": None,
            "sections": [],
            "tables": [], "claims": [], "problems": [],
            "figures": {key: {"value": value, "state": "number", "raw": str(value), "confidence": 1.0, "source": {}}
                        for key, value in held.items()}, **fields}


def written(folder: Path, name: str, data: object) -> Path:
    path = folder / name
    path.write_text(data if isinstance(data, str) else json.dumps(data, ensure_ascii=False), "utf-8")
    return path


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
    (["review", "x"], "缺少结论"), (["--lang", "en", "review", "x"], "Missing argument"), ([], "nianbao")])
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


# ---------------------------------------------------------------- read and check
def test_read_prints_one_record_or_an_array(nianbao: Any, tmp_path: Path) -> None:
    first, second = (written(tmp_path, name, record()) for name in ("a.json", "b.json"))
    assert nianbao("read", first, "--json").json["body"] == "样例市教育局"
    records = nianbao("read", first, second, "--json").json
    assert [each["file"] for each in records] == [str(first), str(second)]


def test_read_reads_a_document_and_shows_its_sums(nianbao: Any, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    figures = {key: figure["value"] for key, figure in record()["figures"].items()}  # type: ignore[attr-defined]
    report = making.ReportText("示例市教育局2024年政府信息公开工作年度报告", "示例市教育局", 2024, figures)
    path.write_text(f"<html><meta charset='utf-8'><body>{making.html_body(report)}</body></html>", "utf-8")
    said = nianbao("read", path)
    assert said.code == 0
    assert "31＋1＝29＋3 √" in said.out
    assert "示例市教育局" in said.out
    read = nianbao("read", path, "--json").json
    assert read["figures"]["applications.concluded.total"]["value"] == 29


@pytest.mark.parametrize(("name", "content"), [
    ("broken.json", "{"), ("list.json", "[1]"), ("schema.json", '{"schema": 9}'), ("empty.pdf", ""),
    ("rubbish.pdf", "%PDF-1.7 rubbish"), ("nowhere.html", None)])
def test_an_unreadable_file_is_still_an_entry_and_2(nianbao: Any, tmp_path: Path, name: str,
                                                    content: str | None) -> None:
    good = written(tmp_path, "good.json", record())
    bad = tmp_path / name
    if content is not None:
        bad.write_text(content, "utf-8")
    said = nianbao("read", bad, good, "--json")
    assert said.code == 2
    assert name in said.err
    broken, whole = said.json
    assert broken["file"] == str(bad)
    assert broken["figures"] == {}
    assert broken["problems"]
    assert whole["body"] == "样例市教育局"
    checked = nianbao("check", bad, good, "--json")
    assert checked.code == 2
    assert checked.json["files"][str(bad)]["fault"]
    assert "ARI-01" in checked.json["files"][str(good)]["passed"]


def test_check_writes_the_arithmetic_out(nianbao: Any, tmp_path: Path) -> None:
    path = written(tmp_path, "a.json", record({"applications.new.total": 33}))
    said = nianbao("check", path)
    assert said.code == 0
    assert "33＋1≠29＋3" in said.out
    assert "31＋1＝29＋3 √" in said.out
    assert "33 + 1 ≠ 29 + 3" in nianbao("--lang", "en", "check", path).out


def test_check_json_has_the_contract_s_shape(nianbao: Any, tmp_path: Path) -> None:
    clean = written(tmp_path, "clean.json", record())
    faulty = written(tmp_path, "faulty.json", record({"applications.new.total": 33}))
    said = nianbao("check", clean, faulty, "--json").json
    assert set(said["files"]) == {str(clean), str(faulty)}
    assert set(said["files"][str(clean)]) == {"passed", "not_applicable"}
    severe = [each for each in said["findings"] if each["severity"] == "E"]
    assert {each["rule"] for each in severe} == {"ARI-01", "ARI-03"}
    assert {each["file"] for each in severe} == {str(faulty)}
    finding = next(each for each in severe if each["rule"] == "ARI-01")
    assert set(finding) >= {"id", "fact", "file", "rule", "version", "severity", "outcome", "body", "scope", "year",
                            "subject", "expression", "left", "right", "difference", "figures", "message"}
    assert "applications.new.total" in finding["figures"]
    assert (finding["left"], finding["right"], finding["difference"]) == (34, 32, 2)


@pytest.mark.parametrize(("figures", "level", "code"), [
    ({}, "E", 0), ({"applications.new.total": 33}, "E", 1), ({"applications.new.total": 33}, "W", 1),
    ({"applications.new.total": 33}, None, 0)])
def test_fail_on(nianbao: Any, tmp_path: Path, figures: dict[str, int], level: str | None, code: int) -> None:
    path = written(tmp_path, "a.json", record(figures))
    assert nianbao("check", path, *(["--fail-on", level] if level else [])).code == code


# ---------------------------------------------------------------- status, findings, review
def test_status_shows_matrix_totals_and_the_unverified(nianbao: Any, city: Office) -> None:
    said = nianbao("--config", city.settings, "status")
    assert said.code == 0
    assert re.search(r"示例市商务局 +× 未见\n", said.out)
    assert re.search(r"示例市文化和旅游局 +▲ 逾法定\+1天\n", said.out)
    assert re.search(r"示例市教育局 +● 按时≠\n", said.out)
    assert "应公布8：● 按时公布 5｜▲ 逾法定时限公布 1｜× 未见公布 1｜? 未能核查 1" in said.out
    assert "按时公布率71.4%（5／7，未能核查、待复查不计入）" in said.out
    unverified = said.out.split("未能核查（不作判断）")[1]
    assert "示例市公安局" in unverified
    assert "网站承办单位" in unverified


def test_status_json_has_the_contract_s_shape(nianbao: Any, city: Office) -> None:
    said = nianbao("--config", city.settings, "status", "--year", "2025", "--json").json
    assert said["as_of"].startswith("2026-02-02T09:00")
    assert said["totals"]["on_time"] == 5
    assert said["totals"]["owed"] == 8
    assert len(said["rows"]) == 8
    row = next(row for row in said["rows"] if row["body"] == "edu")
    assert set(row) >= {"body", "name", "scope", "year", "status", "due", "tier", "published", "days_late", "address",
                        "last_checked", "open_errors", "reason"}
    assert (row["name"], row["status"], row["due"], row["open_errors"]) == ("示例市教育局", "on_time", "2026-01-31", 1)
    assert nianbao("--config", city.settings, "status", "--year", "2020", "--json").json["rows"] == []


def test_status_under_a_body_or_as_of_a_moment(nianbao: Any, city: Office) -> None:
    rows = nianbao("--config", city.settings, "status", "--under", "示例市水利局", "--json").json["rows"]
    assert [row["body"] for row in rows] == ["water"]
    said = nianbao("--config", city.settings, "status", "--under", "watre")
    assert said.code == 2
    assert "water" in said.err
    at = nianbao("--config", city.settings, "status", "--at", "2025-12-01", "--json").json
    assert {row["status"] for row in at["rows"]} <= {"not_due", "unverified"}
    assert at["as_of"] == "2025-12-01T00:00:00+08:00"
    assert nianbao("--config", city.settings, "status", "--at", "yesterday").code == 2


def test_findings_are_grouped_with_their_state(nianbao: Any, city: Office) -> None:
    said = nianbao("--config", city.settings, "findings")
    assert "示例市教育局　2025年度" in said.out
    assert "31＋1≠29＋4" in said.out
    assert f"[待核实  {ARITHMETIC.id}]" in said.out
    assert "共3项：问题2、疑点0、提示0；另有1项无法判定" in said.out


@pytest.mark.parametrize(("filters", "ids"), [
    (["--rule", "ARI-01"], [ARITHMETIC]), (["--severity", "W"], []), (["--outcome", "uncertain"], [DOUBTFUL]),
    (["--under", "trade"], [UNSEEN]), (["--year", "2024"], []), (["--state", "confirmed"], []),
    (["--state", "open", "--outcome", "fail"], [ARITHMETIC, UNSEEN])])
def test_findings_filters(nianbao: Any, city: Office, filters: list[str], ids: list[Any]) -> None:
    found = nianbao("--config", city.settings, "findings", *filters, "--json").json["findings"]
    assert {each["id"] for each in found} == {each.id for each in ids}


@pytest.mark.parametrize(("filters", "hint"), [(["--rule", "ARI-001"], "ARI-01"), (["--state", "opne"], "open"),
                                               (["--severity", "X"], "E, W, I"), (["--outcome", "pass"], "fail")])
def test_wrong_filters_are_answered_with_the_right_ones(nianbao: Any, city: Office, filters: list[str],
                                                        hint: str) -> None:
    said = nianbao("--config", city.settings, "findings", *filters)
    assert said.code == 2
    assert hint in said.err


def test_review_records_a_decision_that_holds(nianbao: Any, city: Office) -> None:
    said = nianbao("--config", city.settings, "review", ARITHMETIC.id, "dismiss", "--reason", "读取有误",
                   "--author", "张")
    assert said.code == 0
    assert "误报" in said.out
    city.judge(NEXT_WEEK, [ARITHMETIC, UNSEEN])
    found, = nianbao("--config", city.settings, "findings", "--rule", "ARI-01", "--json").json["findings"]
    assert found["state"] == "dismissed"
    assert found["decision"] == {"action": "dismiss", "author": "张", "at": found["decision"]["at"],
                                 "reason": "读取有误", "until": None, "holds": True}
    assert re.search(r"示例市教育局 +● 按时\n", nianbao("--config", city.settings, "status").out)


def test_a_changed_fact_shows_the_old_decision(nianbao: Any, city: Office) -> None:
    from dataclasses import replace

    nianbao("--config", city.settings, "review", ARITHMETIC.id, "confirm", "--author", "张", "--reason", "电话核实")
    city.judge(NEXT_WEEK, [replace(ARITHMETIC, expression="31 + 2 = 29 + 5", left=33, right=34)])
    said = nianbao("--config", city.settings, "findings", "--rule", "ARI-01")
    assert "待核实" in said.out
    assert "此前的人工结论：属实（张，2026年2月9日）电话核实" in said.out


@pytest.mark.parametrize(("arguments", "words"), [
    ([ARITHMETIC.id, "dismiss"], "--reason"), ([ARITHMETIC.id, "snooze", "--reason", "x"], "--until"),
    ([ARITHMETIC.id, "snooze", "--reason", "x", "--until", "2020-01-01"], "不晚于今天"),
    ([ARITHMETIC.id, "agree"], "confirm, dismiss, snooze"), (["0000", "confirm"], "没有编号为 “0000” 的问题")])
def test_bad_decisions_are_refused(nianbao: Any, city: Office, arguments: list[str], words: str) -> None:
    said = nianbao("--config", city.settings, "review", *arguments, "--author", "张")
    assert said.code == 2
    assert words in said.err
    found = nianbao("--config", city.settings, "findings", "--json").json["findings"]
    assert {each["state"] for each in found} == {"open"}


def test_snooze_says_until_when(nianbao: Any, city: Office) -> None:
    nianbao("--config", city.settings, "review", UNSEEN.id, "snooze", "--reason", "已联系", "--until", "2026-05-31",
            "--author", "张")
    assert "暂缓至2026年5月31日" in nianbao("--config", city.settings, "findings").out


# ---------------------------------------------------------------- setup
def test_init_makes_an_installation_that_every_command_takes(nianbao: Any, tmp_path: Path) -> None:
    folder = tmp_path / "office"
    said = nianbao("init", folder)
    assert said.code == 0
    for name in ("settings.toml", "facts/bodies.csv", "facts/alerts.yaml", "facts/portals", "facts/packs"):
        assert (folder / name).exists(), name
    config = folder / "settings.toml"
    assert nianbao("--config", config, "doctor").code == 0
    shown = nianbao("--config", config, "config", "show", "--json").json
    assert shown["facts"]["folder"] == str(folder / "facts")
    assert shown["store"]["database"] == str(folder / "nianbao.db")


def test_init_never_overwrites(nianbao: Any, tmp_path: Path) -> None:
    written(tmp_path, "settings.toml", "# mine\n")
    said = nianbao("init", tmp_path, "--json").json
    assert said["kept"] == [str(tmp_path / "settings.toml")]
    assert (tmp_path / "settings.toml").read_text("utf-8") == "# mine\n"
    assert nianbao("init", tmp_path, "--json").json["written"] == []


def test_init_into_a_file_is_refused(nianbao: Any, tmp_path: Path) -> None:
    said = nianbao("init", written(tmp_path, "occupied", "x"))
    assert said.code == 2
    assert "occupied" in said.err


def test_init_starts_with_nobody_else_s_bodies(nianbao: Any, tmp_path: Path) -> None:
    nianbao("init", tmp_path)
    rows = configuration.read_rows(tmp_path / "facts" / "bodies.csv")
    assert rows == []


def test_doctor_names_what_to_mend(nianbao: Any, city: Office) -> None:
    said = nianbao("--config", city.settings, "doctor", "--json")
    levels = {check["check"]: check["level"] for check in said.json["checks"]}
    assert levels["facts"] == levels["database"] == levels["recipients"] == "ok"
    assert levels["clock"] == levels["mail"] == "warn"
    assert said.code == 0
    (city.folder / "facts" / "bodies.csv").write_text("id,name,kind\nx\n", "utf-8")
    broken = nianbao("--config", city.settings, "doctor")
    assert broken.code == 2
    assert "bodies.csv" in broken.out


def test_doctor_fails_for_an_unreachable_mail_server(nianbao: Any, tmp_path: Path) -> None:
    office = Office(tmp_path, mail_port=9)
    said = nianbao("--config", office.settings, "doctor", "--json")
    assert said.code == 2
    assert next(check for check in said.json["checks"] if check["check"] == "mail")["level"] == "fail"


def test_doctor_fails_when_digests_stopped(nianbao: Any, city: Office) -> None:
    with city.store.write() as connection:
        connection.execute("UPDATE outbox SET state = 'sent', sent = '2026-01-20T09:00:00+08:00'")
    said = nianbao("--config", city.settings, "doctor")
    assert said.code == 2
    assert "上一期周报发出时间：2026年1月20日9时00分" in said.out


def test_config_show_masks_secrets(nianbao: Any, city: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIANBAO_MAIL__PASSWORD", "geheim")
    for arguments in (["config", "show"], ["config", "show", "--json"]):
        said = nianbao("--config", city.settings, *arguments)
        assert said.code == 0
        assert "geheim" not in said.out
        assert "********" in said.out


def test_config_show_prints_toml(nianbao: Any, city: Office) -> None:
    import tomllib

    shown = tomllib.loads(nianbao("--config", city.settings, "config", "show").out)
    assert shown["clock"]["at"] == NEXT_WEEK


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


# ---------------------------------------------------------------- alerts
def test_alerts_without_a_mail_host_stay_queued(nianbao: Any, city: Office) -> None:
    said = nianbao("--config", city.settings, "alerts", "send", "--json")
    assert said.code == 3
    assert said.json["outbox"]["queued"] == 2
    assert "[mail] host" in said.err
    assert nianbao("--config", city.settings, "alerts", "test").code == 2


def test_alerts_reach_a_server(nianbao: Any, tmp_path: Path) -> None:
    from aiosmtpd.controller import Controller

    from tests.monitor.alerts.test_outbox import Server, free_port

    server = Server()
    controller = Controller(server, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        office = Office(tmp_path, mail_port=controller.port)
        said = nianbao("--config", office.settings, "alerts", "send")
        assert said.code == 0
        assert "已发2封" in said.out
        assert nianbao("--config", office.settings, "alerts", "send", "--json").json["sent"] == []
        assert nianbao("--config", office.settings, "alerts", "test").code == 0
        server.recipient_answer = "550 no such mailbox"
        refused = nianbao("--config", office.settings, "alerts", "test", "--to", "x@city.example", "--json")
        assert refused.code == 3
        assert refused.json["mails"] == [{"recipient": "x@city.example", "sent": False, "error": "550 no such mailbox"}]
    finally:
        controller.stop()
    assert len(server.accepted) == 4
    assert server.accepted[-1]["Subject"] == "【年报监测】测试邮件"


# ---------------------------------------------------------------- as a process
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


def test_a_page_that_is_no_report_is_not_called_clean(nianbao: Any, tmp_path: Path) -> None:
    page = written(tmp_path, "x.html", "<html><body><p>通知公告</p></body></html>")
    said = nianbao("check", page)
    assert said.code == 0
    assert "未见年度报告的各部分和表格" in said.out
    assert "未见不符事项" not in said.out


def test_a_new_installation_is_told_what_comes_next(nianbao: Any) -> None:
    assert nianbao("init").code == 0
    for arguments in (["roster", "confirm"], ["roster", "check"], ["scan"], ["status"]):
        said = nianbao(*arguments)
        assert said.code == 0
        assert "nianbao roster import" in said.out
    assert "没有未完成的巡查" in nianbao("scan", "--resume").out
    assert nianbao("restore", "nothing.db").code == 2
    assert "nothing.db" in nianbao("restore", "nothing.db").err


def test_no_command_starts_a_database_in_a_folder_somebody_happens_to_stand_in(nianbao: Any) -> None:
    for arguments in (["scan"], ["findings"], ["tidy"], ["alerts", "send"]):
        said = nianbao(*arguments)
        assert said.code == 2
        assert "nianbao init" in said.err
    assert list(Path().iterdir()) == []
