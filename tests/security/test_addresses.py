"""A portal that wants us to ask somebody else: links, redirects and names that lead into the own network."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from scrapy import Request
from scrapy.http import HtmlResponse

from crawler.conduct import HostRule, is_public
from crawler.families.rows import absolute
from crawler.middlewares import HopRedirectMiddleware
from crawler.model import Outcome
from crawler.outcomes import Failure
from crawler.slots import CheckedResolver, PrivateAddressError

PORTAL = "http://www.county.example/zwgk/index.html"
INSIDE = ["127.0.0.1", "10.0.0.8", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "::1", "::",
          "fe80::1", "fc00::1", "fd00:ec2::254", "224.0.0.1", "ff02::1", "255.255.255.255", "fe80::1%eth0",
          # addresses that stand for another
          "::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "::7f00:1",
          "2002:c0a8:101::1"]
NO_PAGES = ["file:///etc/passwd", "FILE:/etc/passwd", "ftp://www.county.example/a.pdf", "gopher://www.county.example:70/",
            "data:text/html,<a>", "javascript:alert(1)", "jar:http://x!/", "ldap://www.county.example/", "blob:x",
            "dict://www.county.example:11211/stats", "view-source:http://www.county.example/", "about:blank"]
ELSEWHERE = ["http://127.0.0.1/", "http://localhost/", "http://[::1]/", "http://0x7f.1/", "http://0x7f000001/",
             "http://2130706433/", "http://017700000001/", "http://127.1/", "http://0/", "http://[::ffff:127.0.0.1]/",
             "http://169.254.169.254/latest/meta-data/", "http://metadata.google.internal/", "http://１２７.０.０.１/",
             "http://www.county.example@127.0.0.1/", "http://127.0.0.1#@www.county.example/",
             "http://www.county.example:22/", "http://www.county.example:6379/", "http://www.county.example.evil.example/",
             "http://evil.example/?www.county.example", "http://www.county.example:80@evil.example/",
             "//evil.example/a.html", "http://www.county.example:99999/", "http://[www.county.example/"]
STAYING = ["http://www.county.example\\@evil.example/", "http:///evil.example/", "\\evil.example\\a.html"]
"""Written so that one program reads another host than the next: for us, as for browsers, they stay where they are."""


@pytest.mark.parametrize("address", INSIDE)
def test_no_address_of_the_own_network_is_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.2.4.8", "202.96.128.86", "2400:3200::1", "::ffff:1.2.4.8", "64:ff9b::102:408"])
def test_addresses_of_the_net_are(address):
    assert is_public(address)


@pytest.mark.parametrize("url", NO_PAGES)
def test_links_that_are_no_pages_are_no_links_and_are_never_asked(url):
    assert absolute(PORTAL, url) == ""
    assert HostRule(["www.county.example", "evil.example"]).refusal(url)


@pytest.mark.parametrize("url", ELSEWHERE)
def test_nothing_is_asked_that_is_not_registered_however_it_is_written(url):
    rule = HostRule(["www.county.example"])
    assert rule.refusal(url) or rule.refusal(absolute(PORTAL, url))
    found = absolute(PORTAL, url)
    assert not found or rule.refusal(found), found


@pytest.mark.parametrize("url", STAYING)
def test_what_looks_like_another_host_and_is_none_stays(url):
    found = absolute(PORTAL, url)
    assert found == "" or urlsplit(found).hostname == "www.county.example"


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254", "[64:ff9b::7f00:1]"])
def test_a_roster_that_names_an_inner_address_opens_nothing_by_itself(host):
    assert "no public address" in HostRule([host.strip("[]")]).refusal(f"http://{host}/")
    assert HostRule([host.strip("[]")], allow_private=True).refusal(f"http://{host}/") == ""


def redirected(location: str, status: int = 302) -> Request:
    request = Request(PORTAL, meta={"rule": HostRule(["www.county.example"])})
    answer = HtmlResponse(PORTAL, status=status, headers={"Location": location}, request=request)
    return HopRedirectMiddleware().process_response(request, answer)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", [*NO_PAGES, *ELSEWHERE])
def test_no_redirect_leads_to_an_unregistered_place(location, status):
    with pytest.raises(Failure) as refused:
        redirected(location.encode("utf-8").decode("latin-1"), status)
    assert refused.value.outcome in (Outcome.REDIRECT_OFFSITE, Outcome.SERVER_ERROR)


def test_a_redirect_within_the_portal_is_followed_by_a_request_that_is_checked_again():
    following = redirected("/moved.html")
    assert following.url == "http://www.county.example/moved.html"
    assert "download_slot" not in following.meta
    assert following.meta["rule"].hosts == {"www.county.example"}


def test_a_name_that_changes_between_check_and_connection_leads_nowhere():
    """DNS rebinding: one resolver answers the check and the connection, and looks at every answer, cached or new."""
    resolver = CheckedResolver.__new__(CheckedResolver)
    assert resolver._checked("1.2.4.8", "www.county.example") == "1.2.4.8"
    for inner in ("127.0.0.1", "::ffff:169.254.169.254", "10.1.1.1"):
        with pytest.raises(PrivateAddressError):
            resolver._checked(inner, "www.county.example")


def test_the_peer_that_really_answered_is_looked_at_too():
    import ipaddress

    from crawler.middlewares import RegisteredHostsMiddleware

    request = Request(PORTAL, meta={"rule": HostRule(["www.county.example"])})
    guard = RegisteredHostsMiddleware.__new__(RegisteredHostsMiddleware)
    for peer in ("127.0.0.1", "::ffff:10.0.0.1", "169.254.169.254"):
        answer = HtmlResponse(PORTAL, ip_address=ipaddress.ip_address(peer), request=request)
        with pytest.raises(Failure) as refused:
            guard.process_response(request, answer)
        assert refused.value.outcome is Outcome.REDIRECT_OFFSITE
