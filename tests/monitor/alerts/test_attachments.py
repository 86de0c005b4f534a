"""What a digest carries: the same mail however often it is sent, a picture within, a workbook that opens."""

from __future__ import annotations

import io
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from crawler import clock
from extract import configuration
from monitor.alerts import attachments, outbox
from monitor.compliance import Totals
from monitor.exceptions import DeliveryError
from tests.monitor.office import SCANNED, Office

NOW = clock.parse(SCANNED)


class Taker:
    """Takes every message, or refuses the first so often."""

    def __init__(self, refusals=0):
        self.refusals, self.messages = refusals, []

    def send(self, message: EmailMessage) -> None:
        self.messages.append(message)
        if self.refusals:
            self.refusals -= 1
            raise DeliveryError("451 later", permanent=False)


@pytest.fixture
def city(tmp_path: Path):
    office = Office(tmp_path)
    office.loaded()
    yield office
    configuration.use_office_folder(None)


def digest_of(taker):
    return next(message for message in taker.messages if "第6周" in str(message["Subject"]))


def test_the_digest_carries_its_ledger_and_its_picture(city):
    taker = Taker()
    outbox.drain(city.loaded(), city.store, NOW, taker)
    message = digest_of(taker)
    names = {part.get_filename(): part for part in message.walk() if part.get_filename()}
    assert set(names) == {"全市2025年度报告台账.xlsx", "chart.png"}
    book = openpyxl.load_workbook(io.BytesIO(names["全市2025年度报告台账.xlsx"].get_payload(decode=True)))
    assert "问题明细" in book.sheetnames
    picture = names["chart.png"]
    assert picture["Content-ID"] == "<chart>"
    html = message.get_body(("html",))
    assert 'src="cid:chart"' in html.get_content()
    assert 'alt="按时公布5，逾法定1，未见公布1，未能核查1"' in html.get_content() or "alt=" in html.get_content()
    plain = message.get_body(("plain",)).get_content()
    assert plain.startswith("全市")
    assert "明细见附件《全市2025年度报告台账.xlsx》" in plain


def test_a_repeated_sending_is_the_same_mail_to_the_byte(city):
    taker = Taker(refusals=1)
    outbox.drain(city.loaded(), city.store, NOW, taker)
    city.judge("2026-02-02T11:00:00+08:00", [])
    outbox.drain(city.loaded(), city.store, NOW + timedelta(minutes=6), taker)
    first, *_, again = [message for message in taker.messages if "第6周" in str(message["Subject"])]
    assert bytes(first) == bytes(again)


def test_parts_go_when_the_next_week_s_message_went(city):
    outbox.drain(city.loaded(), city.store, NOW, Taker())
    outbox.drain(city.loaded(), city.store, NOW + timedelta(days=8), Taker())
    with city.store.read() as connection:
        assert connection.execute("SELECT count(*) FROM outbox_part").fetchone()[0] == 2
    outbox.drain(city.loaded(), city.store, NOW + timedelta(days=10), Taker())
    with city.store.read() as connection:
        assert connection.execute("SELECT count(*) FROM outbox_part").fetchone()[0] == 0


def test_a_ledger_too_large_for_a_mail_stays_out_and_the_digest_says_so(city, monkeypatch):
    monkeypatch.setattr(attachments, "MOST", 3)
    city.judge("2026-02-09T09:00:00+08:00", [])
    taker = Taker()
    outbox.drain(city.loaded(), city.store, NOW + timedelta(days=7), taker)
    message = next(message for message in taker.messages if "第7周" in str(message["Subject"]))
    assert [part.get_filename() for part in message.walk() if part.get_filename()] == ["chart.png"]
    for kind in ("plain", "html"):
        text = message.get_body((kind,)).get_content()
        assert all(said in text for said in ("台账未随邮件附送", "export ledger"))
        assert not any(said in text for said in ("明细见附件", "所附"))


def test_operators_get_words_only(city):
    taker = Taker()
    outbox.drain(city.loaded(), city.store, NOW, taker)
    operator = next(message for message in taker.messages if "运维" in str(message["Subject"]))
    assert not [part for part in operator.walk() if part.get_filename()]


def test_the_picture_shows_each_count_and_nothing_for_nothing():
    assert attachments.chart(Totals({})) == b""
    picture = Image.open(io.BytesIO(attachments.chart(Totals({"on_time": 74, "missing": 3, "unverified": 3}))))
    assert picture.size == (672, 44)
    assert len({picture.getpixel((x, 8)) for x in range(10, 660)}) >= 3


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=9))
def test_pieces_are_wide_enough_and_fill_the_bar(numbers):
    made = attachments.widths(numbers, 672)
    assert sum(made) == 672
    assert min(made) >= 30
