"""Hosts and addresses we may ask, robots.txt, hours, the name we give."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy import Request
from scrapy.http import Response

from crawler.conduct import HostRule, Robots, user_agent, within_hours
from crawler.middlewares import HopRedirectMiddleware

HOSTS = ("www.shili.example", "xxgk.shili.example:8080", "127.0.0.9", "10.1.2.3")


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_an_address_sent_in_plain_chinese_is_asked_byte_for_byte(encoding):
    request = Request("http://www.shili.example/a", meta={"rule": HostRule(HOSTS)})
    sent = "/年报.html".encode(encoding)
    following = HopRedirectMiddleware().process_response(
        request, Response(request.url, status=302, headers={b"Location": sent}))
    coded = "".join(f"%{byte:02X}" for byte in "年报".encode(encoding))
    assert following.url == f"http://www.shili.example/{coded}.html"


@pytest.mark.parametrize(("url", "allowed"), [
    ("http://www.shili.example/a", True), ("https://WWW.shili.example:443/a", True),
    ("http://www.shili.example:8080/a", False), ("http://xxgk.shili.example:8080/a", True),
    ("http://xxgk.shili.example/a", False), ("http://shili.example/a", False),
    ("http://www.shili.example.copy.example/", False), ("http://www.shili.example@copy.example/", False),
    ("ftp://www.shili.example/", False), ("file:///etc/passwd", False), ("http://127.0.0.9/", False),
    ("http://10.1.2.3/", False), ("http://169.254.169.254/", False), ("http://[::1]/", False), ("", False),
    ("http://[bad/", False)])
def test_only_registered_public_hosts_and_ports(url, allowed):
    assert (HostRule(HOSTS).refusal(url) == "") is allowed


def test_private_addresses_need_the_plan():
    rule = HostRule(["127.0.0.9", "127.0.0.8:81"], allow_private=True)
    assert not rule.refusal("http://127.0.0.9:9999/")
    assert not rule.refusal("http://127.0.0.8:81/")
    assert rule.refusal("http://127.0.0.8:82/")
    assert rule.refusal("http://127.0.0.7/")


def test_robots():
    robots = Robots("User-agent: *\nDisallow: /a/\nUser-agent: nianbao\nDisallow: /b/\nCrawl-delay: 4\n")
    assert [robots.allows(f"http://h.example/{path}/x") for path in "abc"] == [True, False, True]
    assert robots.delay == 4
    assert Robots().allows("http://h.example/")
    assert Robots().delay == 0


@given(st.text(max_size=300))
def test_any_text_as_robots(text):
    assert isinstance(Robots(text).allows("http://h.example/x"), bool)
    assert Robots(text).delay >= 0


@pytest.mark.parametrize(("hours", "hour", "inside"), [
    (None, 12, True), ("22:00-06:00", 23, True), ("22:00-06:00", 5, True), ("22:00-06:00", 6, False),
    ("08:00-18:00", 12, True), ("08:00-18:00", 18, False)])
def test_hours(hours, hour, inside):
    assert within_hours(hours, datetime(2026, 2, 2, hour)) is inside  # noqa: DTZ001 – only the clock's face counts


def test_we_say_who_we_are():
    assert user_agent("zwgk@office.example").startswith("nianbao/")
    assert user_agent("zwgk@office.example").endswith("(+zwgk@office.example)")
