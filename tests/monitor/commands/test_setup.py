"""init, doctor and config: an installation that every command takes, and what to mend in it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from extract import configuration
from tests.monitor.office import NEXT_WEEK, Office
from tests.monitor.records_of_files import written


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


@pytest.mark.parametrize(("lang", "said"), [("zh", "发给谁"), ("en", "Who gets which digest")])
def test_what_init_writes_speaks_the_language_of_its_reader(nianbao: Any, tmp_path: Path, lang: str, said: str) -> None:
    assert nianbao("--lang", lang, "init", tmp_path).code == 0
    assert said in (tmp_path / "facts" / "alerts.yaml").read_text("utf-8")
    settings = (tmp_path / "settings.toml").read_text("utf-8")
    assert tomllib.loads(settings)["facts"]["folder"] == "facts"
    assert ("巡查必填" in settings) == (lang == "zh")


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


@pytest.mark.parametrize("command", [("roster", "check"), ("checkall",)])
def test_outside_an_installation_it_is_said_that_the_example_is_checked(nianbao: Any, command: tuple[str, ...]) -> None:
    assert "此处没有 settings.toml，以下核对的是内置示例" in nianbao(*command).out
    assert "the packaged example is checked" in nianbao("--lang", "en", *command).out
    assert nianbao(*command, "--json").json["totals"]["fault"] == 0
    Path("settings.toml").write_text("", "utf-8")
    assert "[facts] folder，以下核对的是内置示例" in nianbao(*command).out


def test_outside_an_installation_doctor_says_so(nianbao: Any) -> None:
    assert "此处没有 settings.toml，以下按内置默认值检查" in nianbao("doctor").out


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


def test_a_new_installation_is_told_what_comes_next(nianbao: Any) -> None:
    assert nianbao("init").code == 0
    for arguments in (["roster", "confirm"], ["roster", "check"], ["scan"], ["status"]):
        said = nianbao(*arguments)
        assert said.code == 0
        assert "nianbao roster import" in said.out
    assert "没有未完成的巡查" in nianbao("scan", "--resume").out
    assert nianbao("restore", "nothing.db").code == 2
    assert "nothing.db" in nianbao("restore", "nothing.db").err
    Path("名单.xlsx").write_bytes(b"PK")
    said = nianbao("restore", "名单.xlsx")
    assert said.code == 2
    assert "不是 nianbao 的数据库" in said.err
    assert "--yes" not in said.err


def test_no_command_starts_a_database_in_a_folder_somebody_happens_to_stand_in(nianbao: Any) -> None:
    for arguments in (["scan"], ["findings"], ["tidy"], ["alerts", "send"]):
        said = nianbao(*arguments)
        assert said.code == 2
        assert "nianbao init" in said.err
    assert list(Path().iterdir()) == []


def test_a_scan_says_that_the_clock_was_wrong(nianbao: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert nianbao("init").code == 0
    monkeypatch.setattr("monitor.wrong_clock.distrust", lambda connection, now: 4)
    said = nianbao("scan", "--json")
    assert "本机时钟现在或曾经不准" in said.err
    assert "4 个栏目" in said.err
    assert "clock" in said.json["notes"][0]
