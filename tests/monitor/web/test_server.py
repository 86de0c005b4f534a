"""The door of the server: what every answer carries, what is refused."""

from __future__ import annotations

from collections import Counter

import pytest

from monitor.web.views import registered
from tests.monitor.office import Office
from tests.monitor.web.served import visitor


@pytest.fixture
def client(tmp_path):
    return visitor(Office(tmp_path).settings)


def test_every_answer_carries_the_headers_that_guard_a_browser(client):
    for path in ("/method", "/en/method", "/nowhere", "/style.css"):
        headers = client.get(path).headers
        assert "script-src" not in headers["content-security-policy"]
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"


def test_both_languages_have_addresses_that_lead_to_each_other(client):
    assert 'href="/en/method"' in client.get("/method").text
    english = client.get("/en/method").text
    assert '<html lang="en">' in english
    assert 'href="/method"' in english


def test_a_name_that_is_not_ours_is_refused(client):
    assert client.get("/method", headers={"Host": "attacker.example"}).status_code == 421


@pytest.mark.parametrize("path", ["/nowhere", "/en/nowhere", "/report/nowhere/x"])
def test_what_is_not_there_is_said_in_the_language_asked_for(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert ("There is no such page" if path.startswith("/en") else "没有这个页面") in answer.text


def test_the_stylesheet_may_be_kept_only_under_its_own_mark(client):
    assert "immutable" in client.get("/style.css?v=1").headers["cache-control"]
    assert "no-cache" in client.get("/style.css").headers["cache-control"]


def test_no_two_views_answer_the_same_address():
    taken = Counter((method, each.path) for each in registered() for method in each.methods)
    assert [place for place, number in taken.items() if number > 1] == []
