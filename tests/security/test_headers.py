"""Line breaks of strangers in the headers of our requests and mails: they begin no header of their own."""

from __future__ import annotations

from email import message_from_bytes, policy

import pytest

from crawler import scan
from crawler.conduct import HostRule
from crawler.families.paging import Ask
from crawler.model import Column, Outcome, Portal
from crawler.spiders.fetching import Fetching, Visit
from monitor.alerts import mail
from monitor.alerts.recipients import Recipient
from monitor.settings import Mail
from tests.crawler.small_portals import Case, World, article, listing, name_of

BREAKS = ["\r\nBcc: evil@evil.example", "\nBcc: evil@evil.example", "\rBcc: evil@evil.example", "\r\n\r\n<html>body",
          "\u2028Bcc: x", "\x00", "\x1b[2J", "\x0bBcc: x", "\x85Bcc: x", "=?utf-8?q?=0D=0ABcc:_evil=40evil.example?="]


def row(**more):
    return {"recipient": "a@office.example", "subject": "年报", "text": "正文", "html": "<p>正文</p>", "kind": "digest",
            "message_id": "<1@office.example>", "created": "2026-03-01T09:00:00+08:00", "scope": "", "period": "",
            **more}


@pytest.mark.parametrize("broken", BREAKS)
@pytest.mark.parametrize("field", ["subject", "name", "kind"])
def test_no_text_of_a_mail_begins_a_header(field, broken):
    """Subjects carry labels of the facts; names and kinds come from the roster and from recipients' entries."""
    said = f"示例{broken}县"
    made = mail.compose(row(**({field: said} if field != "name" else {})), Mail(),
                        name=said if field == "name" else "")
    read = message_from_bytes(made.as_bytes(), policy=policy.default)
    assert set(read.keys()) == {"Subject", "From", "To", "Reply-To", "Date", "Message-ID", "Auto-Submitted",
                                "Precedence", "List-Id", "List-Unsubscribe", "MIME-Version", "Content-Type"}
    assert [address.addr_spec for address in read["To"].addresses] == ["a@office.example"]
    assert "Bcc" not in read
    assert read.get_body(("plain",)).get_content().strip() == "正文"


@pytest.mark.parametrize("address", ["a@office.example\r\nBcc: evil@evil.example", "a@office.example\n",
                                     "a@office.example, evil@evil.example", "A <a@office.example>",
                                     "a;b@office.example"])
def test_a_recipient_is_one_address_and_nothing_else(address):
    with pytest.raises(ValueError, match="pattern"):
        Recipient(id="r", label="示例县", address=address)


@pytest.mark.parametrize(("name", "value"), [("list_id", "x>\r\nBcc: y"), ("from", "a@b\r\nBcc: c@d"),
                                             ("reply_to", "a@b\nBcc: c@d")])
def test_settings_hold_no_line_breaks_in_headers(name, value):
    with pytest.raises(ValueError, match="pattern"):
        Mail(**{name: value})


@pytest.mark.slow
def test_a_page_can_put_no_line_break_into_our_requests(tmp_path):
    """The address of an article with line breaks in it, as it stands and encoded."""
    heads: list[str] = []

    def seen(request):
        heads.extend(name.lower() for name in request.headers)
        return article()

    broken = listing(name_of("a")).replace("2021.html", "2021.html?a=1&#13;&#10;X-Evil: 1&#13;&#10;b=%0d%0aX-Evil:1")
    with World(tmp_path, {"a": Case({"/nb/": broken, "/nb/t20220115_2021.html": seen})}) as world:
        scan.run(world.plan())
    assert heads
    assert "x-evil" not in heads


def test_a_header_that_a_page_asks_for_holds_no_line_break(monkeypatch):
    """Families pass on tokens that pages state; one with a line break is refused before anything is sent."""
    kept = []

    class Quiet(Fetching):
        def __init__(self):
            self.plan, self.holdings = None, None

        async def keep_failure(self, url, portal, verdict, elapsed=None, request=""):
            kept.append(verdict)

    monkeypatch.setattr(Quiet, "proxy_of", lambda *_: None)
    portal = Portal(id="p", name="p", hosts=["www.county.example"], columns=[Column(id="c", name="年报", url="http://www.county.example/nb/")])
    visit = Visit(portal, HostRule(["www.county.example"]))
    for name, value in (("X-Token", "a\r\nX-Evil: 1"), ("X-Token\nX-Evil", "1"), ("X-Token", "a\x00b")):
        sending = Quiet()._send(visit, Ask("http://www.county.example/", headers={name: value}), "", None, {})
        with pytest.raises(StopIteration):
            sending.send(None)
    assert [(verdict.outcome, "line break" in verdict.reason) for verdict in kept] == [(Outcome.SERVER_ERROR, True)] * 3
