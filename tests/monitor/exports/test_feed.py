"""The feed is valid Atom, its ids stay, and it tells nothing that was not verified."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from typer.testing import CliRunner

from crawler import clock
from crawler.roster import Roster
from extract import configuration
from monitor import review
from monitor.cli import app
from monitor.exceptions import UsageError
from monitor.exports import feed
from monitor.model import Status
from monitor.settings import Settings
from tests.monitor.office import ARITHMETIC, DOUBTFUL, NEXT_WEEK, STATUSES, UNSEEN, Office

ATOM = {"a": feed.ATOM}
DAY = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    yield Office(tmp_path)
    configuration.use_office_folder(None)
    clock.simulate(None)


def entries(office: Office, lang: str = "zh", bodies: set[str] | None = None) -> list[feed.Entry]:
    settings = office.loaded()
    return feed.entries(office.store, Roster.load(), settings, lang, bodies)  # type: ignore[arg-type]


def valid(data: bytes) -> etree._Element:
    """The parsed feed, held against what RFC 4287 asks of feeds and entries."""
    root = etree.fromstring(data)
    assert root.tag == f"{{{feed.ATOM}}}feed"
    for holder in (root, *root.findall("a:entry", ATOM)):
        for once in ("id", "title", "updated"):
            assert len(holder.findall(f"a:{once}", ATOM)) == 1, once
        for name in ("updated", "published"):
            assert all(DAY.fullmatch(each.text) for each in holder.findall(f"a:{name}", ATOM))
        assert re.fullmatch(r"tag:[a-z0-9.-]+,2021:\S+", holder.findtext("a:id", namespaces=ATOM))
        alternates = [each for each in holder.findall("a:link", ATOM) if each.get("rel") == "alternate"]
        assert len(alternates) <= 1
        assert all(each.get("href") for each in alternates)
        if holder is not root and not alternates:
            assert holder.find("a:content", ATOM) is not None
    assert root.find("a:author/a:name", ATOM).text
    ids = [each.text for each in root.iterfind(".//a:id", ATOM)]
    assert len(ids) == len(set(ids))
    updated = [each.text for each in root.iterfind("a:entry/a:updated", ATOM)]
    assert root.findtext("a:updated", namespaces=ATOM) == max(updated, default="2021-01-01T00:00:00+08:00")
    return root


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_is_found_is_told_and_what_could_not_be_looked_at_is_not(office: Office, lang: str) -> None:
    told = entries(office, lang)
    root = valid(feed.render(told, Settings(), lang))  # type: ignore[arg-type]
    assert sorted(each.kind for each in told if each.kind != "publication") == ["finding", "finding"]
    text = etree.tostring(root, encoding="unicode")
    assert "商务局" in text
    assert "公安局" not in text  # unverified
    assert not any(DOUBTFUL.id in each.id for each in told)  # uncertain


def test_ids_stay_and_the_same_store_gives_the_same_bytes(office: Office) -> None:
    before = feed.render(entries(office), Settings(), "zh")
    office.judge(NEXT_WEEK, [ARITHMETIC, UNSEEN, DOUBTFUL])
    after = entries(office)
    assert feed.render(after, Settings(), "zh") == before


def test_what_is_closed_is_an_entry_of_its_own_once(office: Office) -> None:
    office.judge(NEXT_WEEK, [ARITHMETIC], {**STATUSES, "trade": Status.ON_TIME})
    told = {each.kind: each for each in entries(office) if UNSEEN.id in each.id}
    assert set(told) == {"finding", "resolved"}
    assert told["resolved"].updated == NEXT_WEEK
    assert "销号" in told["resolved"].title
    valid(feed.render(list(told.values()), Settings(), "zh"))


def test_a_false_alarm_becomes_its_own_correction(office: Office) -> None:
    (before,) = (each for each in entries(office) if ARITHMETIC.id in each.id)
    clock.simulate(NEXT_WEEK)
    with office.store.write() as connection:
        review.decide(connection, ARITHMETIC.id, "dismiss", author="张三", reason="系统读错", cause="reading")
    (after,) = (each for each in entries(office) if ARITHMETIC.id in each.id)
    assert after.id == before.id
    assert (before.kind, after.kind) == ("finding", "correction")
    assert after.updated > before.updated
    assert after.title.startswith("更正")


def test_only_the_bodies_asked_for(office: Office) -> None:
    assert {each.id.split(":")[2] for each in entries(office, bodies={"police"})} == set()
    assert len(entries(office, bodies={"trade"})) == 1


def test_the_command_writes_the_newest_and_says_so(office: Office, tmp_path: Path) -> None:
    out = tmp_path / "out" / "feed.atom"
    done = CliRunner().invoke(app, ["--config", str(office.settings), "export", "feed", "--out", str(out), "--limit",
                                    "1"])
    assert done.exit_code == 0, done.output
    assert len(valid(out.read_bytes()).findall("a:entry", ATOM)) == 1
    assert "1条" in done.output
    done = CliRunner().invoke(app, ["--config", str(office.settings), "export", "feed", "--out", str(out), "--under",
                                    "示例市水利局"])
    assert valid(out.read_bytes()).findtext("a:id", namespaces=ATOM).endswith(":feed:water:zh")
    (tmp_path / "file").write_text("")
    done = CliRunner().invoke(app, ["--config", str(office.settings), "export", "feed", "--out",
                                    str(tmp_path / "file" / "feed.atom")])
    assert isinstance(done.exception, UsageError)
    assert "--out" in str(done.exception)


@given(st.text(), st.text(), st.sampled_from(["", "http://a.example/年报?a=1&b=<2>"]))
def test_any_text_gives_valid_atom(title: str, summary: str, link: str) -> None:
    one = feed.Entry("tag:x.example,2021:finding:1:2", "finding", title, summary, "2026-02-02T09:00:00+08:00",
                     "2026-02-02T09:00:00+08:00", link)
    valid(feed.render([one], Settings(), "zh"))
    valid(feed.render([], Settings(), "en"))
