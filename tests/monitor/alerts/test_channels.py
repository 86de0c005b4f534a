"""The contract every channel keeps, against servers on loopback that answer as the vendors' do."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import get_args
from urllib.parse import parse_qs, urlsplit

import pytest
from aiosmtpd.controller import Controller
from hypothesis import given
from hypothesis import strategies as st

from crawler import clock
from crawler.store import Store
from monitor import settings as settings_module
from monitor.alerts import channels, chat, outbox
from monitor.alerts.recipients import Alerts, Channel
from monitor.exceptions import DeliveryError, SettingsError
from monitor.model import Alert
from monitor.records import monitor_schema
from tests.monitor.alerts.test_outbox import Server, free_port

NOW = clock.parse("2026-02-02T09:00")
SECRET = "SEC0123456789"
KEY = "key-that-nobody-may-see"
OK = {"dingtalk": {"errcode": 0, "errmsg": "ok"}, "wecom": {"errcode": 0, "errmsg": "ok"},
      "feishu": {"code": 0, "msg": "success", "data": {}}, "webhook": {"code": "0"}}
BUSY = {"dingtalk": {"errcode": 130101, "errmsg": "send too fast"}, "wecom": {"errcode": 45009, "errmsg": "limit"},
        "feishu": {"code": 11232, "msg": "frequency limited"}}
REFUSED = {"dingtalk": {"errcode": 310000, "errmsg": "sign not match"},
           "wecom": {"errcode": 93000, "errmsg": "invalid"}, "feishu": {"code": 19021, "msg": "sign match fail"}}


class Robots:
    """A chat vendor: answers as told, keeps what it was sent and how."""

    def __init__(self):
        self.status, self.answer, self.wait, self.seen = 200, {}, 0.0, []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.seen.append((self.path, dict(self.headers), body))
                time.sleep(outer.wait)
                text = outer.answer if isinstance(outer.answer, bytes) else json.dumps(outer.answer).encode()
                self.send_response(outer.status)
                if 300 <= outer.status < 400:
                    self.send_header("Location", "http://127.0.0.1:1/")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}/robot/send?access_token={KEY}"

    def texts(self):
        """The readable text of each message, whatever the vendor's shape."""
        def told(value):
            return value if isinstance(value, str) else told(next(
                value[name] for name in ("text", "content", "message") if name in value))

        return [told(json.loads(each[2])) for each in self.seen]


@pytest.fixture
def robots():
    made = Robots()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def office(tmp_path):
    (tmp_path / "settings.toml").write_text("")
    (tmp_path / "secrets").mkdir()
    return settings_module.load(tmp_path / "settings.toml")


@pytest.fixture
def store(office):
    made = Store(office.store.database)
    made.migrate(monitor_schema)
    return made


def message(channel, number=1, text="示例市 2025年报：应公布80，未见3。"):
    return Alert(key=f"digest|group|{channel}:group|2026-W{number:02d}", kind="digest", recipient=f"{channel}:group",
                 channel=channel, subject="【年报监测】示例市", text=text, html="", created=NOW.isoformat(),
                 scope="group", period=f"2026-W{number:02d}")


def queue(store, *alerts):
    with store.write() as connection:
        outbox.queue(connection, alerts)


def set_up(office, robots, secret=SECRET):
    (office.chat.secrets / "group.webhook").write_text(f"{robots.address}\n{secret}\n")


def states(store):
    with store.read() as connection:
        return {row["key"]: (row["state"], row["error"]) for row in connection.execute("SELECT * FROM outbox")}


# ---------------------------------------------------------------- the contract
@pytest.mark.parametrize("channel", channels.CHATS)
class TestChats:
    def test_a_message_taken_is_sent_once_and_for_ever(self, channel, robots, office, store):
        set_up(office, robots)
        robots.answer = OK[channel]
        queue(store, message(channel))
        assert outbox.drain(office, store, NOW).sent == [message(channel).key]
        queue(store, message(channel))
        assert outbox.drain(office, store, NOW).sent == []
        assert robots.texts() == [message(channel).text]

    def test_a_server_without_room_now_is_asked_again_later(self, channel, robots, office, store):
        set_up(office, robots)
        robots.answer, robots.status = BUSY.get(channel, {}), 200 if channel in BUSY else 503
        queue(store, message(channel))
        assert outbox.drain(office, store, NOW).retry
        assert not outbox.drain(office, store, NOW + timedelta(minutes=1)).sent
        robots.answer, robots.status = OK[channel], 200
        assert outbox.drain(office, store, NOW + timedelta(minutes=6)).sent

    def test_a_refusal_for_good_is_parked_and_says_why(self, channel, robots, office, store):
        set_up(office, robots)
        robots.answer, robots.status = REFUSED.get(channel, {}), 200 if channel in REFUSED else 403
        queue(store, message(channel))
        drained = outbox.drain(office, store, NOW)
        assert drained.parked
        assert drained.refusals[0][1].startswith(channel)

    @pytest.mark.parametrize(("status", "permanent"), [(301, True), (302, True), (404, True), (429, False),
                                                       (500, False), (502, False)])
    def test_only_2xx_is_sent_and_no_redirect_is_followed(self, channel, status, permanent, robots, office, store):
        set_up(office, robots)
        robots.answer, robots.status = OK[channel], status
        queue(store, message(channel))
        drained = outbox.drain(office, store, NOW)
        assert (not drained.sent, bool(drained.parked)) == (True, permanent)

    def test_nothing_listening_is_tried_again(self, channel, office, store):
        (office.chat.secrets / "group.webhook").write_text(f"http://127.0.0.1:{free_port()}/x?key={KEY}\n")
        queue(store, message(channel))
        assert outbox.drain(office, store, NOW).retry

    def test_an_answer_that_never_comes_ends(self, channel, robots, office, store, monkeypatch):
        monkeypatch.setattr(chat, "_SECONDS", 0.2)
        set_up(office, robots)
        robots.wait = 0.6
        queue(store, message(channel))
        assert outbox.drain(office, store, NOW).retry

    def test_neither_key_nor_secret_shows_anywhere(self, channel, robots, office, store, caplog):
        set_up(office, robots)
        robots.answer, robots.status = REFUSED.get(channel, b"<html>no"), 400
        queue(store, message(channel))
        drained = outbox.drain(office, store, NOW)
        shown = f"{drained} {states(store)} {caplog.text} {chat.robot('group', office.chat.secrets)!r} {office.shown()}"
        assert KEY not in shown
        assert SECRET not in shown

    def test_a_message_is_cut_to_the_bytes_the_server_takes(self, channel, robots, office, store):
        set_up(office, robots)
        robots.answer = OK[channel]
        queue(store, message(channel, text="未见公布" * 9000 + "\nhttp://nianbao.example.org/f/1"))
        outbox.drain(office, store, NOW)
        text = robots.texts()[0]
        assert len(text.encode()) <= chat.terms(channel).bytes
        assert text.endswith("…\nhttp://nianbao.example.org/f/1")

    def test_no_more_in_a_minute_than_the_server_takes(self, channel, robots, office, store):
        set_up(office, robots)
        robots.answer = OK[channel]
        limit = chat.terms(channel).per_minute
        queue(store, *(message(channel, number) for number in range(limit + 5)))
        assert len(outbox.drain(office, store, NOW).sent) == limit
        assert len(outbox.drain(office, store, NOW + timedelta(seconds=30)).sent) == 0
        assert len(outbox.drain(office, store, NOW + timedelta(seconds=61)).sent) == 5

    def test_an_unknown_fate_is_said(self, channel, robots, office, store):
        set_up(office, robots)
        robots.answer = OK[channel]
        queue(store, message(channel))
        with store.write() as connection:
            connection.execute("UPDATE outbox SET state = 'sending', attempts = 1")
        outbox.drain(office, store, NOW)
        assert robots.texts()[0].startswith("（重发")

    def test_without_its_secret_the_message_waits_and_says_what_is_missing(self, channel, office, store):
        queue(store, message(channel))
        drained = outbox.drain(office, store, NOW)
        assert drained.retry
        assert "group.webhook" in drained.refusals[0][1]
        assert "NIANBAO_WEBHOOK_GROUP" in drained.refusals[0][1]


@pytest.mark.parametrize("channel", ["dingtalk", "wecom", "feishu"])
@pytest.mark.parametrize("answer", [b"", b"ok", b"<html>login</html>", b"[]", b'{"errmsg":"ok"}', b'{"errcode":true}'])
def test_an_answer_without_its_code_is_never_success(channel, answer):
    with pytest.raises(DeliveryError):
        chat.judge(channel, 200, answer)


@pytest.mark.parametrize(("taken", "answer", "sent"), [
    ({"event": "message"}, {"id": "a1", "event": "message"}, True), ({"event": "message"}, {"id": "a1"}, False),
    ({"event": "message"}, {"code": 0}, False), ({"code": 200}, {"code": 200}, True),
    ({"code": 200}, {"code": 0}, False),
    ({"ok": True}, {"ok": True, "result": {}}, True), ({"ok": True}, {"ok": False, "code": 400}, False),
    ({}, {"anything": 1}, True), ({}, {"code": 1}, False), (None, {"anything": 1}, False), (None, {"code": 0}, True)])
def test_how_a_server_says_yes_is_a_term_of_its_channel(taken, answer, sent, monkeypatch):
    monkeypatch.setattr(chat, "terms", lambda channel: chat.Terms(bytes=4000, per_minute=20, taken=taken))
    if sent:
        chat.judge("other", 200, json.dumps(answer).encode())
    else:
        with pytest.raises(DeliveryError, match="other"):
            chat.judge("other", 200, json.dumps(answer).encode())


def test_mail_keeps_the_same_contract(office, store):
    handler = Server()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        office.mail.host, office.mail.port = "127.0.0.1", controller.port
        alert = message("mail")
        alert = Alert(**{**{name: getattr(alert, name) for name in alert.__slots__}, "recipient": "a@example.org"})
        queue(store, alert)
        handler.answers = ["451 later"]
        assert outbox.drain(office, store, NOW).retry
        assert outbox.drain(office, store, NOW + timedelta(minutes=6)).sent
        assert len(handler.accepted) == 1
    finally:
        controller.stop()


def test_a_channel_nobody_knows_is_no_row_that_waits_for_ever():
    with pytest.raises(DeliveryError, match="no such channel") as caught:
        channels.Post(settings_module.Settings()).deliver({"channel": "pigeon"})
    assert caught.value.permanent


# ---------------------------------------------------------------- signatures, as the vendors' servers check them
def test_dingtalk_signs_milliseconds_in_the_address(robots, office, store):
    set_up(office, robots)
    robots.answer = OK["dingtalk"]
    queue(store, message("dingtalk"))
    outbox.drain(office, store, NOW)
    query = parse_qs(urlsplit(robots.seen[0][0]).query)
    expected = hmac.new(SECRET.encode(), f"{query['timestamp'][0]}\n{SECRET}".encode(), hashlib.sha256).digest()
    assert base64.b64decode(query["sign"][0]) == expected
    assert len(query["timestamp"][0]) == 13
    assert query["access_token"] == [KEY]


def test_feishu_signs_seconds_in_the_body(robots, office, store):
    set_up(office, robots)
    robots.answer = OK["feishu"]
    queue(store, message("feishu"))
    outbox.drain(office, store, NOW)
    body = json.loads(robots.seen[0][2])
    expected = hmac.new(f"{body['timestamp']}\n{SECRET}".encode(), digestmod=hashlib.sha256).digest()
    assert base64.b64decode(body["sign"]) == expected
    assert len(body["timestamp"]) == 10


def test_no_text_calls_everybody_of_a_group(robots, office, store):
    """Feishu's texts know one element; what we quote comes from strangers' pages."""
    set_up(office, robots)
    robots.answer = OK["feishu"]
    queue(store, message("feishu", text='正文见“<at user_id="all">所有人</at>”'))
    outbox.drain(office, store, NOW)
    said = json.loads(robots.seen[0][2])["content"]["text"]
    assert "所有人" in said
    assert "<" not in said


def test_the_webhook_signs_its_bytes_and_names_a_key(robots, office, store):
    set_up(office, robots)
    robots.answer = b""
    queue(store, message("webhook"))
    outbox.drain(office, store, NOW)
    _, headers, body = robots.seen[0]
    signed = headers["X-Nianbao-Timestamp"].encode() + b"." + body
    assert headers["X-Nianbao-Signature"] == "sha256=" + hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert headers["Idempotency-Key"] == hashlib.sha256(message("webhook").key.encode()).hexdigest()


# ---------------------------------------------------------------- small parts
@given(st.text(), st.integers(100, 300))
def test_a_text_made_to_fit_fits_and_is_its_beginning(text, limit):
    fitted = chat.fit(text, limit)
    assert len(fitted.encode()) <= limit
    assert fitted == text or text.startswith(fitted.split("…")[0]) or "…" in text


@pytest.mark.parametrize(("content", "said"), [
    ("", "empty"), ("ftp://robot/x", "https"), ("http://oapi.dingtalk.com/robot/send?access_token=1", "https")])
def test_an_address_that_would_show_its_key_is_refused(tmp_path, content, said):
    (tmp_path / "group.webhook").write_text(content)
    with pytest.raises(SettingsError, match=said):
        chat.robot("group", tmp_path)


def test_the_environment_outweighs_the_file(tmp_path, monkeypatch):
    monkeypatch.setenv("NIANBAO_WEBHOOK_CITY_GROUP", "https://oapi.dingtalk.com/robot/send?access_token=1")
    monkeypatch.setenv("NIANBAO_WEBHOOK_CITY_GROUP_SECRET", "s")
    assert chat.robot("city-group", tmp_path).secret == "s"


@pytest.mark.parametrize(("recipient", "said"), [
    ({"id": "a", "channel": "mail", "remit": {"label": "市"}}, "needs an address"),
    ({"id": "a", "channel": "wecom", "address": "x@example.org", "remit": {"label": "市"}}, "secret"),
])
def test_recipients_say_what_each_channel_needs(recipient, said):
    with pytest.raises(ValueError, match=said):
        Alerts(channels=("mail", "wecom"), recipients=(recipient,))


def test_every_channel_has_its_terms_and_its_module():
    facts = chat.configuration.load("channels.yaml", chat.Channels)
    assert set(facts.channels) == set(channels.CHATS)
    assert set(get_args(Channel)) == set(channels.NAMES), "alerts.yaml may use what Channel names"
