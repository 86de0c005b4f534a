"""The outbox against a real SMTP server on loopback: accept, refuse for now, refuse for good, no server, crash."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from crawler import clock
from crawler.store import Store
from monitor.alerts import mail, outbox
from monitor.exceptions import DeliveryError
from monitor.model import Alert
from monitor.records import monitor_schema
from monitor.settings import Settings

NOW = clock.parse("2026-02-02T09:00")


class Server:
    """An SMTP server that answers DATA as it is told and keeps what it accepted."""

    def __init__(self) -> None:
        self.answers: list[str] = []
        self.recipient_answer = ""
        self.accepted: list[EmailMessage] = []
        self.raw: list[bytes] = []

    async def handle_RCPT(self, server: object, session: object, envelope: object, address: str,
                          options: list[str]) -> str:
        if self.recipient_answer:
            return self.recipient_answer
        envelope.rcpt_tos.append(address)  # type: ignore[attr-defined]
        return "250 OK"

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:
        answer = self.answers.pop(0) if self.answers else "250 kept"
        if answer.startswith("250"):
            self.raw.append(envelope.content)  # type: ignore[attr-defined]
            self.accepted.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore
        return answer


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def server() -> Iterator[tuple[Server, int]]:
    handler = Server()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield handler, controller.port
    controller.stop()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / "n.db")
    made.migrate(monitor_schema)
    return made


def settings(port: int, **more: object) -> Settings:
    return Settings(mail={"host": "127.0.0.1", "port": port, "from": "watch@city.example",  # type: ignore[arg-type]
                          "reply_to": "office@city.example", "list_id": "watch.city.example", **more})


def alert(week: str = "2026-W06", recipient: str = "reader@city.example") -> Alert:
    return Alert(f"digest|city|{recipient}|{week}", "digest", recipient, "mail", "【年报监测】全市·第6周：无新增问题",
                 "全市\n应公布 8\n", "<p>全市</p>", NOW.isoformat(), "city", week)


def queue(store: Store, *alerts: Alert) -> list[str]:
    with store.write() as connection:
        return outbox.queue(connection, alerts, "watch.city.example")


def row(store: Store, key: str = alert().key) -> dict[str, object]:
    with store.read() as connection:
        return dict(connection.execute("SELECT * FROM outbox WHERE key = ?", (key,)).fetchone())


def test_an_accepted_mail_is_sent_once_with_all_its_headers(store: Store, server: tuple[Server, int]) -> None:
    handler, port = server
    assert queue(store, alert()) == [alert().key]
    assert outbox.drain(settings(port), store, NOW).sent == [alert().key]
    assert outbox.drain(settings(port), store, NOW + timedelta(days=1)).sent == []
    message, = handler.accepted
    assert message["Subject"] == alert().subject
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Id"] == "<digest.watch.city.example>"
    assert message["List-Unsubscribe"] == "<mailto:office@city.example?subject=unsubscribe>"
    assert message["Reply-To"] == "office@city.example"
    assert message["Message-ID"] == row(store)["message_id"]
    assert message.get_body(("plain",)).get_content() == alert().text  # type: ignore[union-attr]
    assert "全市" in message.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert [part["Content-Transfer-Encoding"] for part in message.iter_parts()] == ["base64", "base64"]
    assert handler.raw[0].isascii()
    assert row(store)["state"] == "sent"
    assert row(store)["attempts"] == 1


def test_one_key_is_queued_once_whatever_it_says(store: Store) -> None:
    queue(store, alert())
    changed = alert()
    changed.subject = "something else"
    assert queue(store, changed, alert("2026-W07")) == [alert("2026-W07").key]
    assert row(store)["subject"] == alert().subject


def test_a_passing_refusal_is_tried_again_after_a_growing_wait(store: Store, server: tuple[Server, int]) -> None:
    handler, port = server
    handler.answers = ["451 busy", "452 still busy"]
    queue(store, alert())
    first = outbox.drain(settings(port), store, NOW)
    assert first.retry == [alert().key]
    assert first.refusals == [("reader@city.example", "451 busy")]
    assert outbox.drain(settings(port), store, NOW + timedelta(minutes=1)).retry == []
    assert outbox.drain(settings(port), store, NOW + timedelta(minutes=6)).retry == [alert().key]
    assert row(store)["next_try"] == (NOW + timedelta(minutes=16)).isoformat(timespec="seconds")
    assert outbox.drain(settings(port), store, NOW + timedelta(minutes=17)).sent == [alert().key]
    assert row(store)["error"] == ""
    assert len(handler.accepted) == 1


@pytest.mark.parametrize("stage", ["recipient", "data"])
def test_a_final_refusal_parks_the_mail_and_not_the_others(store: Store, server: tuple[Server, int],
                                                           stage: str) -> None:
    handler, port = server
    if stage == "recipient":
        handler.recipient_answer = "550 no such mailbox"
    else:
        handler.answers = ["554 refused"]
    queue(store, alert())
    assert outbox.drain(settings(port), store, NOW).parked == [alert().key]
    assert str(row(store)["error"]).startswith("55")
    handler.recipient_answer = ""
    queue(store, alert(recipient="other@city.example"))
    assert len(outbox.drain(settings(port), store, NOW + timedelta(days=30)).sent) == 1
    assert row(store)["state"] == "parked"


def test_a_refused_mail_does_not_hold_up_the_next(store: Store, server: tuple[Server, int]) -> None:
    handler, port = server
    handler.answers = ["451 busy"]
    queue(store, alert(), alert(recipient="second@city.example"))
    drained = outbox.drain(settings(port), store, NOW)
    assert (len(drained.retry), len(drained.sent)) == (1, 1)


def test_too_many_tries_over_too_many_days_park_a_mail(store: Store) -> None:
    queue(store, alert())
    refused = settings(free_port(), attempts=2)
    assert outbox.drain(refused, store, NOW).retry
    assert outbox.drain(refused, store, NOW + timedelta(days=1)).retry
    assert outbox.drain(refused, store, NOW + timedelta(days=15), any_time=True).parked


def test_a_server_down_for_a_week_costs_no_digest(store: Store, server: tuple[Server, int]) -> None:
    _, port = server
    queue(store, alert())
    for hour in range(0, 24 * 7, 6):
        assert not outbox.drain(settings(free_port()), store, NOW + timedelta(hours=hour), any_time=True).parked
    assert outbox.drain(settings(port), store, NOW + timedelta(days=7, hours=12), any_time=True).sent == [alert().key]


def test_a_server_that_is_not_there_is_tried_again(store: Store) -> None:
    queue(store, alert())
    drained = outbox.drain(settings(free_port()), store, NOW)
    assert drained.retry == [alert().key]
    assert "refused" in drained.refusals[0][1]


def test_without_a_mail_host_nothing_is_touched(store: Store) -> None:
    queue(store, alert())
    assert outbox.drain(Settings(), store, NOW) == outbox.Drained()
    assert row(store)["state"] == "queued"


class Crash(BaseException):
    """What a kill looks like from within."""


def test_a_crash_after_acceptance_sends_the_very_same_mail_again(store: Store, server: tuple[Server, int]) -> None:
    handler, port = server
    queue(store, alert())

    class Dying:
        def send(self, message: EmailMessage) -> None:
            with mail.Mailer(settings(port).mail) as mailer:
                mailer.send(message)
            raise Crash

    with pytest.raises(Crash):
        outbox.drain(settings(port), store, NOW, Dying())
    assert row(store)["state"] == "sending"
    assert outbox.drain(settings(port), store, NOW + timedelta(hours=1)).sent == [alert().key]
    first, second = handler.accepted
    for header in ("Message-ID", "Date", "Subject", "To"):
        assert first[header] == second[header]
    assert first.get_body().get_content() == second.get_body().get_content()  # type: ignore[union-attr]


def test_only_one_drainer_is_at_it(store: Store, server: tuple[Server, int]) -> None:
    handler, port = server
    queue(store, alert())
    inner: list[outbox.Drained] = []

    class Nested:
        def send(self, message: EmailMessage) -> None:
            inner.append(outbox.drain(settings(port), store, NOW))

    assert outbox.drain(settings(port), store, NOW, Nested()).sent == [alert().key]
    assert inner == [outbox.Drained()]
    assert handler.accepted == []


def test_queueing_is_undone_with_the_transaction_that_decided_it(store: Store) -> None:
    with pytest.raises(Crash), store.write() as connection:
        outbox.queue(connection, [alert()])
        raise Crash
    with store.read() as connection:
        assert outbox.counts(connection) == dict.fromkeys(outbox.STATES, 0)


@pytest.mark.parametrize(("fault", "permanent"), [
    (smtplib.SMTPAuthenticationError(535, b"bad password"), False), (smtplib.SMTPServerDisconnected("gone"), False),
    (smtplib.SMTPSenderRefused(553, b"who are you", "a@b"), True), (smtplib.SMTPDataError(452, b"full"), False),
    (smtplib.SMTPRecipientsRefused({"a@b": (450, b"later")}), False)])
def test_what_makes_sense_to_try_again(monkeypatch: pytest.MonkeyPatch, fault: Exception, permanent: bool) -> None:
    def refuse(_: object) -> smtplib.SMTP:
        raise fault

    monkeypatch.setattr(mail, "connect", refuse)
    with pytest.raises(DeliveryError) as caught:
        mail.Mailer(settings(1).mail).send(EmailMessage())
    assert caught.value.permanent is permanent


def test_a_login_without_its_password_file_waits_and_says_which_file(store: Store, server: tuple[Server, int],
                                                                    tmp_path: Path) -> None:
    _, port = server
    queue(store, alert(), alert(recipient="other@city.example"))
    drained = outbox.drain(settings(port, user="x", password_file=tmp_path / "none"), store, NOW)
    assert len(drained.retry) == 2
    assert row(store)["state"] == "retry"
    assert str(tmp_path / "none") in str(row(store)["error"])
    assert "password_file" in str(row(store)["error"])


def test_message_ids_follow_the_key() -> None:
    assert mail.message_id("a", "x.example") == mail.message_id("a", "x.example")
    assert mail.message_id("a", "x.example") != mail.message_id("b", "x.example")
