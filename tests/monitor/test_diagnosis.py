"""Doctor's checks that a running installation rests on: each says what it saw, and fails where something stopped."""

from __future__ import annotations

import os

import pytest

from crawler import clock
from crawler.roster import Roster
from crawler.store import Store
from extract import configuration
from monitor import diagnosis, settings, wording
from monitor.records import monitor_schema


@pytest.fixture
def office(tmp_path, monkeypatch):
    (tmp_path / "facts").mkdir()
    (tmp_path / "settings.toml").write_text('[facts]\nfolder = "facts"\n')
    loaded = settings.load(tmp_path / "settings.toml")
    clock.simulate("2026-11-23T09:00")
    configuration.use_office_folder(tmp_path / "facts")
    yield loaded
    configuration.use_office_folder(None)
    clock.simulate(None)


@pytest.fixture
def store(office):
    made = Store(office.store.database)
    made.migrate(monitor_schema)
    return made


def told(office, name):
    return next((check.level, check.text) for check in diagnosis.examine(office) if check.name == name)


def slot(store, state, beat="2026-11-23T02:00:00+08:00", said=""):
    with store.write() as connection:
        connection.execute("INSERT OR REPLACE INTO slot (job, slot, state, started, heartbeat, attempts, said) VALUES "
                           "('scan', '2026-11-23T02:00+08:00', ?, ?, ?, 1, ?)", (state, beat, beat, said))


def test_every_text_has_words_in_both_languages(office):
    texts = wording.vocabulary().doctor_texts
    for check in diagnosis.examine(office):
        for lang in ("zh", "en"):
            assert wording.fill(texts[check.text].say(lang), {key: str(value) for key, value in check.values.items()})


def test_the_roster_is_loaded_once_for_all_checks_and_anew_each_time(office, monkeypatch):
    load, loaded = Roster.load, []
    monkeypatch.setattr(Roster, "load", lambda: loaded.append(1) or load())
    for times in (1, 2):
        list(diagnosis.examine(office))
        assert len(loaded) == times


def test_a_watch_that_fails_or_went_silent_is_told(office, store):
    assert told(office, "watch") == ("ok", "watch_none")
    slot(store, "done")
    assert told(office, "watch") == ("ok", "watch_ok")
    slot(store, "failed", said="nianbao: disk full")
    assert told(office, "watch") == ("fail", "watch_failed")
    slot(store, "done", beat="2026-11-10T02:00:00+08:00")
    assert told(office, "watch") == ("warn", "watch_silent")


def test_a_clock_that_differs_from_the_portals_is_told(office, store):
    assert told(office, "clock") == ("warn", "clock_simulated")
    clock.simulate(None)
    assert told(office, "clock") == ("ok", "clock_ok")
    with store.write() as connection:
        connection.execute("INSERT INTO run (id, kind, state, started, simulated, plan) VALUES "
                           "('r', 'scan', 'done', '2026-11-23T02:00:00+08:00', 0, '{}')")
        connection.execute("INSERT INTO run_portal (run, portal, state, clock_off) VALUES ('r', 'p', 'done', 90000)")
        connection.execute("INSERT INTO listing (run, portal, column_id, url, family, at, day, outcome, complete, "
                           "in_order, items, pages) VALUES ('r', 'p', 'nb', 'http://a.example/', 'static', "
                           "'2026-11-23T02:00:00+08:00', '2026-11-23', 'ok', 1, 1, 5, '[]')")
    assert told(office, "clock") == ("fail", "clock_wrong")


def test_a_backup_of_last_week_is_too_old(office, store):
    assert told(office, "backup") == ("warn", "backup_never")
    office.backup.folder.mkdir()
    copy = office.backup.folder / "nianbao-20261123T040000.db"
    copy.write_bytes(b"")
    assert told(office, "backup") == ("ok", "backup_ok")
    os.utime(copy, (1, 1))
    assert told(office, "backup") == ("warn", "backup_old")


def test_a_year_without_its_holidays_is_told_in_december_of_the_year_before(office):
    assert told(office, "holidays") == ("ok", "holidays_ok")
    clock.simulate("2026-12-01")
    assert told(office, "holidays") == ("warn", "holidays_unknown")


def test_a_robot_without_its_address_or_with_an_open_file_is_told(office, monkeypatch):
    (configuration.office_folder() / "alerts.yaml").write_text(
        "channels: [mail, wecom]\nrecipients:\n  - {id: group, channel: wecom, remit: {label: 市}}\n")
    configuration.load.cache_clear()
    assert told(office, "robots") == ("fail", "error")
    office.chat.secrets.mkdir()
    secret = office.chat.secrets / "group.webhook"
    secret.write_text("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=x\n")
    secret.chmod(0o644)
    assert told(office, "robots") == ("warn", "robots_open")
    secret.chmod(0o600)
    assert told(office, "robots") == ("ok", "robots_ok")
