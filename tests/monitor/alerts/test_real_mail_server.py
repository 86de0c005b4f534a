"""The outbox against Debian's exim4: what a real server takes, refuses, postpones and encrypts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from crawler import clock
from crawler.store import Store
from monitor import settings as settings_module
from monitor.alerts import attachments, mail, outbox
from monitor.alerts.attachments import Part
from monitor.model import Alert, Status
from monitor.records import monitor_schema
from monitor.settings import Settings
from tests.monitor.alerts.exim import PASSWORD, SLOW_SECONDS, USER, Exim

pytestmark = pytest.mark.slow
NOW = clock.parse("2026-02-02T09:00")
LATER = NOW + timedelta(minutes=6)
WORKBOOK = bytes(range(256)) * 40
Started = Callable[..., Exim]


@pytest.fixture
def exim() -> Iterator[Started]:
    """Starts a server; see Exim."""
    running: list[Exim] = []

    def start(**wanted: object) -> Exim:
        running.append(Exim(**wanted))  # type: ignore[arg-type]
        return running[-1]

    yield start
    for each in running:
        each.close()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / "n.db")
    made.migrate(monitor_schema)
    return made


def settings(server: Exim, **more: object) -> Settings:
    return Settings(mail={"host": "127.0.0.1", "port": server.port, "from": "watch@city.example",  # type: ignore
                          "reply_to": "office@city.example", "list_id": "watch.city.example", **more})


def queue(store: Store, *recipients: str, subject: str = "【年报监测】示例市·第6周：未见公布3家；另有12家未能核查",
          parts: tuple[Part, ...] = ()) -> list[str]:
    alerts = [Alert(f"digest|{who}|{who}@city.example|2026-W06", "digest", f"{who}@city.example", "mail", subject,
                    "示例市  2025年度报告监测\n.一行以句点开头\n", '<p>示例市</p><img src="cid:chart">',
                    NOW.isoformat(timespec="seconds"), who, "2026-W06") for who in recipients]
    with store.write() as connection:
        keys = outbox.queue(connection, alerts, "watch.city.example")
        for key in keys:
            attachments.put(connection, key, parts)
    return keys


def rows(store: Store) -> dict[str, tuple[str, str]]:
    with store.read() as connection:
        return {row["scope"]: (row["state"], row["error"]) for row in connection.execute("SELECT * FROM outbox")}


def test_a_digest_arrives_with_every_byte(exim: Started, store: Store) -> None:
    server = exim()
    parts = (Part("chart.png", "image/png", attachments.chart(_totals()), attachments.CHART),
             Part("年度报告台账（示例市2025年度）.xlsx",
                  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", WORKBOOK, ""))
    keys = queue(store, "reader", parts=parts)
    assert outbox.drain(settings(server), store, NOW).sent == keys
    (raw,) = server.delivered(1)
    with store.read() as connection:
        row = dict(connection.execute("SELECT * FROM outbox").fetchone())
    expected = mail.compose(row, settings(server).mail, parts=parts)
    assert raw == expected.as_bytes(policy=expected.policy.clone(linesep="\r\n"))
    received = message_from_bytes(raw, policy=policy.default)
    assert received["Subject"] == row["subject"]
    assert received["Message-ID"] == row["message_id"]
    assert received.get_body(("plain",)).get_content() == row["text"]  # type: ignore[union-attr]
    pictures = [part for part in received.walk() if part.get_content_type() == "image/png"]
    assert [part["Content-ID"] for part in pictures] == [f"<{attachments.CHART}>"]
    assert pictures[0].get_content() == parts[0].data
    (workbook,) = received.iter_attachments()
    assert (workbook.get_filename(), workbook.get_content()) == (parts[1].name, WORKBOOK)


def _totals() -> object:
    from monitor.compliance import Totals
    from monitor.model import Standing

    return Totals.count([Standing("a", "own", 2025, Status.ON_TIME), Standing("b", "own", 2025, Status.MISSING)])


def test_each_recipient_has_an_end_of_its_own(exim: Started, store: Store) -> None:
    server = exim()
    queue(store, "first", "gone", "busy", "full", "late", "second")
    drained = outbox.drain(settings(server), store, NOW)
    states = rows(store)
    assert {who: state for who, (state, _) in states.items()} == {
        "first": "sent", "second": "sent", "gone": "parked", "full": "parked", "busy": "retry", "late": "retry"}
    assert states["gone"][1].startswith("550")
    assert "no such user" in states["gone"][1]
    assert states["busy"][1].startswith("451")
    assert "greylisted" in states["busy"][1]
    assert states["full"][1].startswith("552")
    assert states["late"][1].startswith("452")
    assert len(drained.refusals) == 4
    assert {message_from_bytes(raw)["To"] for raw in server.delivered(2)} == {
        "first@city.example", "second@city.example"}
    assert not outbox.drain(settings(server), store, NOW + timedelta(minutes=1)).refusals
    assert len(outbox.drain(settings(server), store, LATER).retry) == 2


def test_a_server_that_keeps_us_waiting_and_one_that_is_down(exim: Started, store: Store) -> None:
    server = exim()
    (key,) = queue(store, "slow")
    begun = time.monotonic()
    assert outbox.drain(settings(server, timeout=1.0), store, NOW).retry == [key]
    assert time.monotonic() - begun < SLOW_SECONDS / 2
    assert "timed out" in rows(store)["slow"][1]
    server.stop()
    assert outbox.drain(settings(server), store, LATER).retry == [key]
    assert "refused" in rows(store)["slow"][1]
    assert server.delivered(0) == []


def test_a_crash_after_acceptance_sends_the_same_mail_again(exim: Started, store: Store,
                                                            monkeypatch: pytest.MonkeyPatch) -> None:
    server = exim()
    (key,) = queue(store, "reader")

    def crash(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(outbox, "_note", crash)
        with pytest.raises(KeyboardInterrupt):
            outbox.drain(settings(server), store, NOW)
    assert rows(store)["reader"][0] == "sending"
    assert outbox.drain(settings(server), store, NOW + timedelta(hours=2)).sent == [key]
    first, second = server.delivered(2)
    assert first == second
    assert message_from_bytes(first)["Message-ID"]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_encrypted_and_logged_in_with_a_password_file(security: str, exim: Started, store: Store,
                                                      tmp_path: Path) -> None:
    server = exim(tls=security, login=True)
    (tmp_path / "mail.password").write_text(f"{PASSWORD}\n")
    (key,) = queue(store, "reader")
    sure = settings(server, security=security, user=USER, password_file=tmp_path / "mail.password",
                    ca_file=server.authority)
    assert outbox.drain(sure, store, NOW).sent == [key]
    assert len(server.delivered(1)) == 1
    assert f"A=plain:{USER}" in server.log() or f"A=login:{USER}" in server.log()
    assert "X=TLS1." in server.log()


def test_a_certificate_nobody_vouches_for_gets_neither_mail_nor_password(exim: Started, store: Store) -> None:
    server = exim(tls="starttls", login=True)
    (key,) = queue(store, "reader")
    assert outbox.drain(settings(server, security="starttls", user=USER, password=PASSWORD), store, NOW).retry == [key]
    assert "certificate verify failed" in rows(store)["reader"][1]
    assert PASSWORD not in server.log()
    assert server.delivered(0) == []


def test_no_encryption_offered_is_no_mail_in_clear(exim: Started, store: Store) -> None:
    server = exim()
    (key,) = queue(store, "reader")
    assert outbox.drain(settings(server, security="starttls"), store, NOW).retry == [key]
    assert "STARTTLS" in rows(store)["reader"][1]
    assert server.delivered(0) == []


def test_a_wrong_password_waits_for_the_settings_to_be_mended(exim: Started, store: Store) -> None:
    server = exim(tls="starttls", login=True)
    (key,) = queue(store, "reader")
    wrong = settings(server, security="starttls", user=USER, password="wrong", ca_file=server.authority)
    assert outbox.drain(wrong, store, NOW).retry == [key]
    assert rows(store)["reader"][1].startswith("535")
    right = settings(server, security="starttls", user=USER, password=PASSWORD, ca_file=server.authority)
    assert outbox.drain(right, store, LATER).sent == [key]


def test_without_login_where_one_is_wanted_the_refusal_says_so(exim: Started, store: Store) -> None:
    server = exim(tls="starttls", login=True)
    queue(store, "reader")
    outbox.drain(settings(server, security="starttls", ca_file=server.authority), store, NOW)
    assert "log in first" in rows(store)["reader"][1]


def test_a_ca_file_that_is_not_there_is_told_by_name(tmp_path: Path, store: Store) -> None:
    (tmp_path / "settings.toml").write_text('[mail]\nhost = "127.0.0.1"\nsecurity = "tls"\nca_file = "ours.pem"\n')
    queue(store, "reader")
    drained = outbox.drain(settings_module.load(tmp_path / "settings.toml"), store, NOW)
    assert drained.retry
    assert str(tmp_path / "ours.pem") in drained.refusals[0][1]
