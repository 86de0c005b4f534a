"""Hosts and addresses we may ask, robots.txt, hours, the name we give."""

import time
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protego import Protego
from scrapy import Request
from scrapy.http import Response

from crawler.conduct import AGENT, MOST_ROBOTS, HostRule, Robots, retry_after, user_agent, within_hours
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


FLOODS = {
    "lines": "User-agent: a\n" * 2_000_000,
    "rules": "User-agent: *\n" + "".join(f"Disallow: /*a*b*{number}$\n" for number in range(600_000)),
    "agents": "".join(f"User-agent: a{number}\n" for number in range(8000))
              + "User-agent: *\n" + "".join(f"Disallow: /{number}\n" for number in range(8000)),
    "ours": "".join(f"User-agent: nian{'*' * number}\n" for number in range(600))
            + "".join(f"Disallow: /{number}\n" for number in range(8000)),
}


@pytest.mark.parametrize("kind", FLOODS)
def test_a_flood_of_rules_costs_seconds_and_not_the_scan(kind):
    """The parser keeps every rule once for each agent above it; untamed, the last two take minutes and gigabytes."""
    begun = time.process_time()
    robots = Robots(FLOODS[kind])
    robots.allows("http://h.example/" + "ab" * 2000)
    assert robots.delay == 0
    assert time.process_time() - begun < 6


_AGENTS = st.sampled_from(["*", "**", "nianbao", "Nianbao/1.0", "nianbao # x", "nian*", "n*a", "a", "bot", "-", "",
                           "bao", "nianbao: x"])
_FIELDS = st.sampled_from(["User-agent: ", "user agent: ", "Useragent ", "User  Agent ", "user-agent :", "user-agent:",
                           " User  agent: ", "user-agent\t"])
_RULES = st.sampled_from(["Disallow: /", "Allow: /a", "Disallow: /a", "Crawl-delay: 3", "Disallow:", "Sitemap: x", ""])


@given(st.lists(_RULES | st.builds(str.__add__, _FIELDS, _AGENTS), max_size=9), st.sampled_from(["\n", "\r\n", "\r"]))
def test_what_is_left_out_of_robots_is_nothing_that_is_meant_for_us(lines, ending):
    text = ending.join(lines)
    whole, ours = Protego.parse(text), Robots(text)
    for path in ("", "a", "b"):
        assert ours.allows(f"http://h.example/{path}") == whole.can_fetch(f"http://h.example/{path}", AGENT)
    assert ours.delay == (whole.crawl_delay(AGENT) or 0)


def test_a_line_cut_at_the_bound_is_no_rule():
    head = "User-agent: *\nDisallow: /secret/\n"
    text = head + "#" * (MOST_ROBOTS - len(head) - 12) + "\nDisallow: /nb/other/\n"
    assert text[:MOST_ROBOTS].endswith("\nDisallow: /")
    assert Robots(text).allows("http://h.example/nb/")
    assert not Robots(text).allows("http://h.example/secret/x")


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


@pytest.mark.parametrize("text", ["Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
                                  "Mon, 01 Jan 2026 99999999999:00:00 GMT"])
def test_a_moment_beyond_all_calendars_asks_for_no_wait(text):
    assert retry_after(text, 0) is None
