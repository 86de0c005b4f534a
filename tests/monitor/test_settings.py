"""Settings: defaults, environment, paths, and complaints that name file, line, value and mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler import clock
from extract import configuration
from monitor import settings
from monitor.exceptions import SettingsError


def load(folder: Path, text: str) -> settings.Settings:
    path = folder / "settings.toml"
    path.write_text(text, "utf-8")
    return settings.load(path)


def test_packaged_file_says_what_the_model_defaults_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    packaged, bare = settings.load(), load(tmp_path, "")
    assert packaged.model_dump() == bare.model_dump()
    assert packaged.path is None
    assert bare.path == tmp_path / "settings.toml"


def test_packaged_file_comments_every_key() -> None:
    text = (configuration.packaged_folder() / "settings.toml").read_text("utf-8")
    for name, section in settings.Settings.model_fields.items():
        assert f"[{name}]" in text
        for key, field in section.annotation.model_fields.items():  # type: ignore[union-attr]
            assert f"\n{field.alias or key} = " in text or key == "password", f"{name}.{key}"


def test_paths_are_relative_to_the_settings_file(tmp_path: Path) -> None:
    loaded = load(tmp_path, '[facts]\nfolder = "facts"\n[store]\ndatabase = "data/n.db"\nevidence = "/srv/evidence"\n')
    assert loaded.facts.folder == tmp_path / "facts"
    assert loaded.store.database == tmp_path / "data/n.db"
    assert loaded.store.evidence == Path("/srv/evidence")


@pytest.mark.parametrize(("text", "line", "words"), [
    ('[mail]\n\nport = 70000\n', 3, ["mail.port", "70000"]),
    ('[mail]\nhots = "x"\n', 2, ["mail.hots", "no such setting", "host"]),
    ('[maul]\nhost = "x"\n', 1, ["maul", "no such setting", "mail"]),
    ('[general]\noffice = "x"\nlanguage = "de"\n', 3, ["general.language", "de"]),
    ('[scan]\n[clock]\nat = "tomorrow"\n', 3, ["clock.at", "2026-02-02T09:00"]),
    ('[scan]\ndelay = 0.5\n', 1, ["delay", "0.5", "write 1 or more"]),
    ('scan = 3\n', 1, ["scan"]),
    ('[mail]\n"from" = "nobody"\n', 2, ["mail.from", "nobody"]),
    ('mail.port = "many"\n', 1, ["mail.port", "many"]),
    ('[scan]\ntimeout = \n', 2, ["TOML"]),
    ('[scan\n', 1, ["TOML"]),
])
def test_a_fault_is_named_by_file_line_and_value(tmp_path: Path, text: str, line: int, words: list[str]) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, text)
    assert f"{tmp_path / 'settings.toml'}:{line}: " in str(caught.value)
    for word in words:
        assert word in str(caught.value)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, '[mail]\nport = 0\nsecurity = "ssl"\n[reading]\nworkers = -1\n')
    assert len(str(caught.value).splitlines()) == 3


def test_the_environment_wins_and_its_faults_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIANBAO_MAIL__PORT", "2525")
    assert load(tmp_path, "[mail]\nport = 25\n").mail.port == 2525
    monkeypatch.setenv("NIANBAO_MAIL__PORT", "many")
    with pytest.raises(SettingsError, match=r"environment NIANBAO_MAIL__PORT.*many"):
        load(tmp_path, "[mail]\nport = 25\n")


def test_a_password_never_stands_in_the_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r":3: a password never stands.*NIANBAO_MAIL__PASSWORD") as caught:
        load(tmp_path, '[mail]\nhost = "x"\npassword = "geheim"\n')
    assert "geheim" not in str(caught.value)


def test_passwords_come_from_environment_or_file_and_are_masked(tmp_path: Path,
                                                                monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").write_text("from-file\n", "utf-8")
    loaded = load(tmp_path, '[mail]\npassword_file = "secret"\n')
    assert loaded.mail.secret() == "from-file"
    monkeypatch.setenv("NIANBAO_MAIL__PASSWORD", "from-environment")
    loaded = load(tmp_path, '[mail]\npassword_file = "secret"\n')
    assert loaded.mail.secret() == "from-environment"
    assert "from-environment" not in repr(loaded.shown()) + repr(loaded)


def test_a_missing_password_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere.*password_file"):
        load(tmp_path, '[mail]\npassword_file = "nowhere"\n').mail.secret()


def test_loopback_portals_may_be_asked_faster(tmp_path: Path) -> None:
    assert load(tmp_path, "[scan]\nallow_private_addresses = true\ndelay = 0.0\n").scan.delay == 0


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_unreadable_files_are_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "settings.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsError, match=str(path)):
        settings.load(path)


def test_find_prefers_option_then_environment_then_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(settings.ENVIRONMENT, raising=False)
    assert settings.find() is None
    (tmp_path / "settings.toml").write_text("", "utf-8")
    assert settings.find() == Path("settings.toml")
    monkeypatch.setenv(settings.ENVIRONMENT, "/somewhere.toml")
    assert settings.find() == Path("/somewhere.toml")
    assert settings.find(Path("option.toml")) == Path("option.toml")


def test_activate_sets_facts_and_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(clock.ENVIRONMENT, raising=False)
    (tmp_path / "facts").mkdir()
    loaded = load(tmp_path, '[facts]\nfolder = "facts"\n[clock]\nat = "2026-02-02T09:00"\n')
    try:
        settings.activate(loaded)
        assert configuration.office_folder() == tmp_path / "facts"
        assert clock.simulated()
        assert clock.today().isoformat() == "2026-02-02"
    finally:
        configuration.use_office_folder(None)
        clock.simulate(None)
