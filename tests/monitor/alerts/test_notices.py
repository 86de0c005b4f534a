"""Beside the digest: due days, at once by choice, upwards, closed and taken back: each told once, none by mistake."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from crawler import clock
from crawler.roster import Roster
from extract import configuration
from monitor import patrol, records, review
from monitor.alerts import notices
from monitor.model import Status
from tests.monitor.office import ARITHMETIC, NAMES, NEXT_WEEK, SCANNED, STATUSES, UNSEEN, Office, _standing

BEFORE = dict.fromkeys(NAMES, Status.ON_TIME) | {"trade": Status.DUE_SOON, "water": Status.DUE_SOON}
ASKED = "  - {id: boss, address: boss@city.example, remit: {label: 全市}, notices: [], EXTRA}\n"


@pytest.fixture
def city(tmp_path: Path):
    office = Office(tmp_path)
    with office.store.write() as connection:
        connection.execute("DELETE FROM outbox")
    yield office
    configuration.use_office_folder(None)


def ask(city, extra, policy=""):
    path = city.folder / "facts" / "alerts.yaml"
    path.write_text(path.read_text("utf-8").rstrip() + "\n" + ASKED.replace("EXTRA", extra) + policy, "utf-8")
    configuration.load.cache_clear()


def stand(city, at, statuses, checked=None, findings=None):
    """Store how everything stands and return what is queued beside the digest, by recipient and kind."""
    settings, roster = city.loaded(), Roster.load()
    with city.store.write() as connection:
        standings = []
        for body, status in statuses.items():
            standing = _standing(body, status)
            standing.last_checked = checked or at
            standings.append(standing)
        records.put_standings(connection, standings, at)
        if findings is not None:
            keys = [(body, "own", 2025) for body in NAMES]
            review.put_findings(connection, findings, reports=keys, standings=keys, at=at, since=2024)
        owed = patrol.owed(settings, roster, clock.parse(at))
        notices.queue_due(connection, roster, settings, owed, clock.parse(at))
        return {(row["scope"], row["kind"]): dict(row) for row in connection.execute("SELECT * FROM outbox")}


def told(city):
    with city.store.read() as connection:
        return [(row["recipient"], row["kind"], row["item"].split("|")[0]) for row in connection.execute(
            "SELECT * FROM told ORDER BY 1, 2, 3")]


# ---------------------------------------------------------------- around due days
def test_before_a_due_day_those_not_seen_yet_are_told_once_a_step(city):
    queued = stand(city, "2026-01-24T09:00", BEFORE)
    mail = queued["city", "before_due"]
    assert mail["subject"] == "【年报监测】距2026年1月31日还有7天：全市尚未见公布2家"
    assert "尚未见公布 2：\n\n  示例市水利局\n  示例市商务局\n" in mail["text"]
    assert "（该日为星期六，时限不顺延）" in mail["text"]
    assert len(stand(city, "2026-01-25T09:00", BEFORE)) == 1
    with city.store.read() as connection:
        assert connection.execute("SELECT count(*) FROM outbox").fetchone()[0] == 1
    stand(city, "2026-01-28T09:00", BEFORE)
    with city.store.read() as connection:
        assert [row[0] for row in connection.execute("SELECT period FROM outbox ORDER BY created")] == [
            "2026-01-31-T7", "2026-01-31-T3"]


def test_a_body_that_was_not_looked_at_is_never_told_as_not_seen(city):
    assert stand(city, "2026-01-28T09:00", BEFORE, checked="2026-01-10T09:00:00+08:00") == {}
    mixed = BEFORE | {"police": Status.UNVERIFIED}
    text = stand(city, "2026-01-28T10:00", mixed)["city", "before_due"]["text"]
    assert "近8天未能核查 1（不作判断）：示例市公安局" in text


def test_nothing_before_due_when_all_is_published(city):
    assert stand(city, "2026-01-28T09:00", dict.fromkeys(NAMES, Status.ON_TIME)) == {}


def test_the_morning_after_waits_for_the_scan_of_six(city):
    assert stand(city, "2026-02-01T00:40", STATUSES) == {}
    mail = stand(city, "2026-02-01T06:20", STATUSES)["city", "due_day"]
    assert mail["subject"] == "【年报监测】2026年1月31日到期情况：按时5家、未见1家、待复查2家"
    assert "未见公布（两次有效核查均未见） 1：\n  示例市商务局\n" in mail["text"]
    assert "示例市公安局  ? 未能核查" in mail["text"]
    assert len(stand(city, "2026-02-02T06:20", STATUSES)) == 1


def test_days_later_the_morning_is_over(city):
    assert stand(city, "2026-02-06T09:00", STATUSES) == {}


def test_bodies_are_reminded_kindly_only_where_the_office_says_so(city):
    path = city.folder / "facts" / "bodies.csv"
    path.write_text(path.read_text("utf-8").replace("scopes\n", "scopes,reply_mail,salutation\n").replace(
        "trade,示例市商务局,department,prefecture,,city,own", "trade,示例市商务局,department,prefecture,,city,own,"
        "trade@city.example,你单位"), "utf-8")
    assert not any(kind == "remind_body" for _, kind in stand(city, "2026-01-24T09:00", BEFORE))
    ask(city, "channel: mail", "policy: {remind_bodies: true}\n")
    mail = stand(city, "2026-01-28T09:00", BEFORE)["body-trade", "remind_body"]
    assert mail["recipient"] == "trade@city.example"
    assert mail["subject"] == "关于按时公布2025年度报告的温馨提示"
    assert mail["text"].startswith("示例市商务局：2025年政府信息公开工作年度报告公布时限为2026年1月31日"
                                   "（该日为星期六，时限不顺延），还有3天。")
    assert "提醒函" not in mail["text"]


# ---------------------------------------------------------------- items, once each
def test_what_is_chosen_is_told_at_once_and_only_once(city):
    ask(city, "immediate: [missing, issue]")
    queued = stand(city, NEXT_WEEK, STATUSES, findings=[ARITHMETIC, UNSEEN])
    mail = queued["boss", "immediate"]
    assert mail["subject"] == "【年报监测】全市：2项新情况（系统比对结果，待人工复核）"
    assert "示例市商务局  2025年度报告：未见公布，适用时限2026年1月31日" in mail["text"]
    assert "表三“总计”列" in mail["text"]
    assert len(stand(city, "2026-02-10T09:00:00+08:00", STATUSES, findings=[ARITHMETIC, UNSEEN])) == 1
    more = replace(ARITHMETIC, body="water")
    stand(city, "2026-02-11T09:00:00+08:00", STATUSES, findings=[ARITHMETIC, UNSEEN, more])
    assert len(told(city)) == 3


def test_the_unverified_is_never_told_at_once(city):
    ask(city, "immediate: [missing, withdrawn, late, issue]")
    text = stand(city, NEXT_WEEK, STATUSES | {"trade": Status.NOT_SEEN}, findings=[])["boss", "immediate"]["text"]
    assert "公安局" not in text
    assert "商务局" not in text


@pytest.mark.parametrize("rule", ["PUB-05", "DOC-05"])
def test_what_only_a_person_may_raise_is_told_to_nobody(city, rule):
    ask(city, "immediate: [issue], escalate_after: 1")
    finding = replace(ARITHMETIC, rule=rule, severity="E")
    assert ("boss", "immediate") not in stand(city, NEXT_WEEK, dict.fromkeys(NAMES, Status.ON_TIME), findings=[finding])


def test_what_stays_open_goes_upwards_once(city):
    ask(city, "escalate_after: 14")
    assert ("boss", "escalation") not in stand(city, NEXT_WEEK, STATUSES, findings=[UNSEEN])
    mail = stand(city, "2026-02-16T09:00:00+08:00", STATUSES, findings=[UNSEEN])["boss", "escalation"]
    assert "示例市商务局" in mail["text"]
    stand(city, "2026-03-16T09:00:00+08:00", STATUSES, findings=[UNSEEN])
    assert [each for each in told(city) if each[1] == "escalation"] == [("boss", "escalation", UNSEEN.id)]


def test_a_reminder_comes_again_after_each_span(city):
    ask(city, "channel: mail", "policy: {remind_after: 14}\n")
    for at in ("2026-02-16", "2026-02-20", "2026-03-02"):
        stand(city, f"{at}T09:00:00+08:00", STATUSES, findings=[UNSEEN, ARITHMETIC])
    assert sum(each[:2] == ("city", "reminder") for each in told(city)) == 2


def test_what_was_closed_is_told_once(city):
    stand(city, NEXT_WEEK, STATUSES, findings=[ARITHMETIC])
    with city.store.write() as connection:
        clock.simulate(NEXT_WEEK)
        review.decide(connection, ARITHMETIC.id, "confirm", author="经办", reason="属实")
        review.decide(connection, ARITHMETIC.id, "notify", author="经办")
        review.decide(connection, ARITHMETIC.id, "verify", author="经办", reason="复查已更正")
        clock.simulate(None)
    statuses = dict.fromkeys(NAMES, Status.ON_TIME)
    mail = stand(city, "2026-02-16T09:00:00+08:00", statuses, findings=[])["city", "resolved"]
    assert mail["subject"] == "【年报监测】全市：1项已复查销号"
    stand(city, "2026-02-23T09:00:00+08:00", statuses, findings=[])
    assert sum(each[1] == "resolved" for each in told(city)) == 1


def test_what_was_our_fault_is_taken_back(city):
    stand(city, NEXT_WEEK, STATUSES, findings=[ARITHMETIC])
    with city.store.write() as connection:
        clock.simulate(NEXT_WEEK)
        review.decide(connection, ARITHMETIC.id, "confirm", author="经办", reason="属实")
        review.decide(connection, ARITHMETIC.id, "retract", author="经办", reason="系统读取差错")
        clock.simulate(None)
    mail = stand(city, "2026-02-16T09:00:00+08:00", STATUSES, findings=[ARITHMETIC])["city", "retraction"]
    assert mail["subject"] == "【年报监测·更正】全市：1项内容的更正"
    assert "致歉" in mail["text"]


def test_a_digest_that_never_went_out_is_told_to_the_operator(city):
    with city.store.write() as connection:
        connection.execute("INSERT INTO outbox (key, kind, scope, recipient, period, channel, subject, text, html, "
                           "message_id, created, state) VALUES ('k', 'digest', 'city', 'a@b', '2026-W06', 'mail', '', "
                           "'', '', 'm', ?, 'retry')", (SCANNED,))
    assert ("operator", "watchdog") not in stand(city, "2026-02-04T09:00:00+08:00", STATUSES)
    mail = stand(city, "2026-02-06T09:00:00+08:00", STATUSES)["operator", "watchdog"]
    assert mail["subject"] == "【年报监测·运维】上一期周报未发出，请检查"


# ---------------------------------------------------------------- every message
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("channel", ["mail", "wecom"])
def test_no_subject_names_a_body_and_nothing_prints_empty(city, language, channel):
    ask(city, "immediate: [missing, late, issue], escalate_after: 3")
    path = city.folder / "facts" / "alerts.yaml"
    text = path.read_text("utf-8").replace("language: zh", f"language: {language}").replace("notices: [],", "")
    if channel == "wecom":
        text = text.replace("channels: [mail]", "channels: [mail, wecom]").replace(
            "address: boss@city.example", f"channel: wecom, language: {language}")
    path.write_text(text, "utf-8")
    configuration.load.cache_clear()
    for at, statuses in (("2026-01-24T09:00", BEFORE), ("2026-02-01T06:20", STATUSES), (NEXT_WEEK, STATUSES)):
        for row in stand(city, at, statuses, findings=[ARITHMETIC, UNSEEN]).values():
            assert not any(name in row["subject"] for name in NAMES.values())
            shown = row["subject"] + row["text"] + row["html"]
            assert "None" not in shown
            assert "{" not in row["subject"] + row["text"]
            assert (row["html"] == "") == (row["channel"] == "wecom")
            assert row["channel"] == "mail" or len(row["text"].encode()) < 2048


def at_once(city, what):
    path = city.folder / "facts" / "alerts.yaml"
    text = path.read_text("utf-8")
    path.write_text(text.replace("role: oversight,", f"role: oversight, immediate: [{what}],"), "utf-8")
    configuration.load.cache_clear()


def test_what_was_told_at_once_as_a_status_is_told_as_settled_once(city):
    at_once(city, "missing")
    first = stand(city, SCANNED, STATUSES, findings=[UNSEEN])
    assert "示例市商务局" in first["city", "immediate"]["text"]
    assert ("city", "resolved") not in first
    published = STATUSES | {"trade": Status.LATE}
    mail = stand(city, NEXT_WEEK, published, findings=[])["city", "resolved"]
    assert "示例市商务局  2025年度报告：逾" in mail["text"]
    assert "未见公布" not in mail["text"]
    stand(city, "2026-02-16T09:00:00+08:00", published, findings=[])
    assert sum(each[1] == "resolved" for each in told(city)) == 1


def test_a_false_alarm_told_at_once_is_taken_back_and_one_that_was_not_told_is_not(city, monkeypatch):
    at_once(city, "issue")
    first = stand(city, SCANNED, STATUSES, findings=[ARITHMETIC, UNSEEN])["city", "immediate"]
    assert "示例市教育局" in first["text"]
    monkeypatch.setenv(clock.ENVIRONMENT, NEXT_WEEK)
    clock.simulate(None)
    with city.store.write() as connection:
        review.decide(connection, ARITHMETIC.id, "dismiss", author="经办", reason="读取有误")
        review.decide(connection, UNSEEN.id, "dismiss", author="经办", reason="栏目有误")
    mail = stand(city, NEXT_WEEK, STATUSES, findings=[])["city", "retraction"]
    clock.simulate(None)
    assert "示例市教育局" in mail["text"]
    assert "示例市商务局" not in mail["text"]  # it was never told at once
    assert ("city", "resolved") not in {each[:2] for each in told(city)}
