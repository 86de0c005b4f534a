"""A column that held items and now lists none is the operator's alert, once, and accuses nobody."""

import pytest

from crawler import clock
from extract import configuration
from monitor import records
from monitor.alerts import emptied, situation
from monitor.alerts.recipients import recipients
from monitor.model import Status
from monitor.settings import load
from tests.monitor.captured import Pages
from tests.monitor.history import item

ALERTS = """
channels: [mail]
recipients:
  - {id: operator, address: operator@city.example, role: operator, remit: {label: 全部站点}, language: LANG}
"""


@pytest.fixture
def past(tmp_path):
    made = Pages(tmp_path)
    made.install("2026-02-10T09:00:00+08:00")
    yield made
    configuration.use_office_folder(None)


def found(past, at):
    with past.store.read() as connection:
        return situation.emptied_columns(connection, clock.parse(at))


def told(past, at, lang="zh"):
    facts = past.settings.parent / "facts"
    (facts / "alerts.yaml").write_text(ALERTS.replace("LANG", lang), "utf-8")
    configuration.use_office_folder(facts)
    with past.store.read() as connection:
        return list(emptied.alerts(connection, past.roster, load(past.settings), recipients()[0], {"b"},
                                   clock.parse(at)))


def test_a_column_that_was_filled_and_is_empty_now(past):
    past.look("2026-01-05T09:00", item())
    past.look("2026-02-02T09:00", outcome="empty_listing", items_count=0)
    past.look("2026-02-09T09:00", outcome="unknown_shape", items_count=0)
    (one,) = found(past, "2026-02-10")
    assert (one.column, one.items, one.filled[:10], one.since[:10], one.looks) == (
        "nb", 6, "2026-01-05", "2026-02-02", 2)
    assert found(past, "2026-01-20") == []


@pytest.mark.parametrize("looks", [
    [("2026-02-02T09:00", {"outcome": "empty_listing", "items_count": 0})],
    [("2026-01-05T09:00", {}), ("2026-02-02T09:00", {"outcome": "timeout", "items_count": 0})],
    [("2026-01-05T09:00", {}), ("2026-02-02T09:00", {"outcome": "empty_listing", "items_count": 0}),
     ("2026-02-09T09:00", {})]], ids=["never filled", "no answer", "filled again"])
def test_what_is_no_emptying(past, looks):
    for at, look in looks:
        past.look(at, **look)
    assert found(past, "2026-02-10") == []


@pytest.mark.parametrize(("lang", "words"), [
    ("zh", ["2026年1月5日9时00分尚有5条", "栏目nb", "不作判断", "处理人："]),
    ("en", ["5 rows on 2026-01-05", "nothing is judged", "Whose job:"])])
def test_the_operator_reads_what_stood_there_and_that_nobody_is_judged(past, lang, words):
    past.look("2026-01-05T09:00")
    past.look("2026-02-02T09:00", outcome="empty_listing", items_count=0)
    (one,) = told(past, "2026-02-03T09:00", lang)
    assert all(word in one.text and word.replace(": ", ": ") in one.html for word in words)
    assert "示例市" not in one.subject
    past.look("2026-02-09T09:00", outcome="empty_listing", items_count=0)
    (again,) = told(past, "2026-02-10T09:00", lang)
    # The same emptying has the same key, so that it goes out once.
    assert again.key == one.key


def test_another_emptying_is_another_alert(past):
    for at, outcome in (("2026-01-05T09:00", "ok"), ("2026-02-02T09:00", "empty_listing"), ("2026-02-09T09:00", "ok"),
                        ("2026-02-16T09:00", "empty_listing")):
        past.look(at, outcome=outcome, items_count=0 if outcome != "ok" else 5)
    keys = {one.key for at in ("2026-02-03", "2026-02-17") for one in told(past, f"{at}T09:00")}
    assert len(keys) == 2


def test_nothing_is_stated_of_the_body(past):
    past.look("2026-01-05T09:00")
    for day in ("2026-02-02", "2026-02-09"):
        past.look(f"{day}T09:00", outcome="empty_listing", items_count=0)
    past.judge("2026-02-10T09:00:00+08:00")
    with past.store.read() as connection:
        standings = {one.year: one for one in records.standings(connection)}
        assert not connection.execute("SELECT 1 FROM finding WHERE rule IN ('PUB-01', 'PUB-06')").fetchone()
    assert (standings[2025].status, standings[2025].reason) == (Status.UNVERIFIED, "column_empty")


def test_the_age_of_the_last_success_is_told_for_a_portal_that_fails(past):
    past.look("2026-01-05T09:00")
    past.look("2026-02-02T09:00", outcome="timeout")
    with past.store.read() as connection:
        (one,) = situation.unreachable_portals(connection, clock.parse("2026-02-09T09:00"))
    assert (one.last_success[:10], one.days) == ("2026-01-05", 7)
