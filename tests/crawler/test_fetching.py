"""A portal without end costs itself: a visit asks for nothing more once its time or its bytes are spent."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from crawler.conduct import HostRule
from crawler.families.paging import Ask
from crawler.model import Column, Outcome, Portal
from crawler.outcomes import Verdict
from crawler.spiders import fetching
from crawler.spiders.fetching import Fetching, Got, Visit
from crawler.spiders.portal import _PASSING

PAGE = "http://www.county.example/nb/{}"
PORTAL = Portal(id="p", name="p", hosts=["www.county.example"],
                columns=[Column(id="c", name="年报", url=PAGE.format(""))])


class Endless(Fetching):
    """Every page comes, with 1,000 bytes."""

    def __init__(self):
        self.asked, self.sent, self.holdings = 0, 0, None
        self.plan, self.fetch_log = SimpleNamespace(progress=False), SimpleNamespace(known=lambda _: None)

    async def _send(self, visit, ask, *_):
        self.sent += 1
        return Got(SimpleNamespace(size=1000, outcome=Outcome.OK), Verdict(Outcome.OK))

    async def keep_failure(self, url, portal, verdict, elapsed=None, request="GET"):
        return SimpleNamespace(size=None, outcome=verdict.outcome)


def asked(visit, spider, number):
    return asyncio.run(spider.fetch(visit, Ask(PAGE.format(number)), "")).verdict


@pytest.fixture
def visit():
    return Visit(PORTAL, HostRule(PORTAL.hosts))


def test_pages_are_asked_for_until_the_bytes_of_a_visit_are_spent(visit, monkeypatch):
    monkeypatch.setattr(fetching, "MOST_BYTES", 4500)
    spider = Endless()
    ends = [asked(visit, spider, number) for number in range(50)]
    assert spider.sent == 5
    assert {end.outcome for end in ends[:5]} == {Outcome.OK}
    assert {end.outcome for end in ends[5:]} == {Outcome.TIMEOUT}
    assert "GB" in ends[-1].reason


def test_a_visit_has_an_end(visit, monkeypatch):
    spider = Endless()
    assert asked(visit, spider, 1).outcome is Outcome.OK
    visit.begun -= fetching.LONGEST_VISIT
    assert asked(visit, spider, 2).outcome is Outcome.TIMEOUT
    assert spider.sent == 1


def test_what_was_not_asked_for_says_nothing_about_the_page():
    """A report whose attachment is left out so would look like a cover letter."""
    assert Outcome.TIMEOUT in _PASSING
    assert not Outcome.TIMEOUT.supports_absence
