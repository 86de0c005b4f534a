"""A whole season on one portal, run by run: each status in its time, and the same answer when asked afterwards."""

from datetime import timedelta

import pytest

from crawler import clock
from crawler.model import Body, Event
from monitor import records
from monitor.model import Status
from monitor.obligations import obligations
from monitor.standing import stand
from tests.monitor.history import HOST, History, _Settings, item


def body(id, name, kind="department", level="county", scope="own", **more):
    return Body(id=id, name=name, kind=kind, level=level, portal=more.pop("portal", "p"), scopes=(scope,), **more)


BODIES = [
    body("education", "示例县教育局"), body("finance", "示例县财政局"), body("water", "示例县水利局"),
    body("forestry", "示例县林业局"), body("health", "示例县卫生健康局"), body("culture", "示例县文化和旅游局"),
    body("justice", "示例县司法局"), body("civil", "示例县民政局"), body("audit", "示例县审计局", portal=""),
    body("street", "示例县东门街道办事处", "dispatched_office", "township", obligation="expected"),
    body("town", "示例县白石镇人民政府", "township", "township"),
    body("gov", "示例县人民政府", "government", scope="consolidated"),
    body("branch", "示例海关", "vertical"),
    body("new", "示例县数据局", events=(Event("founded", "2026-01-10"),)),
    body("club", "示例县供水公司", "public_enterprise"),
]
# Body → (first listed, delisted or None, dates printed on the page, verdict of reading).
PUBLISHED = {
    "education": ("2026-01-20T10:00", None, [("2026-01-20", "page")], "report"),
    "finance": ("2026-02-05T10:00", None, [("2026-02-05", "page")], "report"),
    "water": ("2026-01-25T10:00", "2026-02-12T10:00", [("2026-01-25", "page")], "report"),
    "forestry": ("2026-02-11T10:00", None, [("2026-01-30", "page"), ("2026-02-11", "url")], "report"),
    "culture": ("2026-01-22T10:00", None, [("2026-01-22", "page")], "invalid"),
    "justice": ("2026-02-20T10:00", None, [("2026-02-20", "page")], "report"),
    "street": ("2026-02-03T10:00", None, [("2026-02-03", "page")], "report"),
    "town": ("2026-01-31T21:00", None, [("2026-01-31", "page")], "report"),
    "gov": ("2026-03-10T10:00", None, [("2026-03-10", "page")], "report"),
}
UNROUTED = ("2026-02-14T10:00", "2026-03-20T10:00")
"""While a title reading 示例县民政 stands in the list, which nobody claims."""
RUNS = [
    ("2026-01-05T09:00", "ok"), ("2026-01-19T09:00", "ok"), ("2026-01-26T09:00", "ok"), ("2026-01-31T23:00", "ok"),
    ("2026-02-01T00:15", "ok"), ("2026-02-01T06:00", "ok"), ("2026-02-02T09:00", "timeout"), ("2026-02-09T09:00", "ok"),
    ("2026-02-16T09:00", "ok"), ("2026-02-23T09:00", "ok"), ("2026-03-02T09:00", "challenge"),
    ("2026-03-09T09:00", "ok"), ("2026-03-16T09:00", "empty_listing"), ("2026-03-23T09:00", "ok"),
    ("2026-03-31T23:00", "ok"), ("2026-04-01T06:00", "ok"), ("2026-04-07T09:00", "ok"),
]
ALWAYS = {"audit": "unverified", "branch": "not_due", "new": "not_applicable", "club": "not_applicable"}
EXPECTED = {
    "2026-01-06": {"education": "not_due", "health": "not_due", "gov": "not_due"},
    "2026-01-27": {"education": "on_time", "health": "due_soon", "culture": "invalid", "water": "on_time"},
    "2026-02-01T00:16": {"health": "not_seen", "finance": "not_seen", "town": "on_time", "gov": "not_due"},
    "2026-02-01T06:01": {"health": "missing", "finance": "missing", "justice": "missing", "town": "on_time"},
    "2026-02-03": {"health": "missing", "street": "missing", "civil": "missing"},
    "2026-02-10": {"finance": "late", "street": "late_by_rule", "forestry": "missing", "gov": "due_soon"},
    "2026-02-17": {"forestry": "undated", "water": "on_time", "civil": "unverified", "health": "missing"},
    "2026-02-24": {"water": "withdrawn", "justice": "late", "gov": "not_seen"},
    "2026-03-03": {"water": "withdrawn", "health": "missing", "gov": "not_seen"},
    "2026-03-10": {"gov": "missing", "civil": "unverified"},
    "2026-03-17": {"gov": "missing", "health": "missing"},
    "2026-03-24": {"gov": "late_by_rule", "civil": "not_seen"},
    "2026-04-08": {"gov": "late_by_rule", "civil": "missing", "health": "missing", "education": "on_time",
                   "finance": "late", "water": "withdrawn", "forestry": "undated", "culture": "invalid",
                   "justice": "late", "street": "late_by_rule", "town": "on_time"},
}


def listed_at(moment):
    """What the column holds at a moment, as routed sightings."""
    found = []
    for number, (id, (first, until, _, _)) in enumerate(PUBLISHED.items()):
        if clock.parse(first) <= moment and not (until and clock.parse(until) <= moment):
            owner = next(each for each in BODIES if each.id == id)
            found.append(item(f"{HOST}/nb/{number}.html", f"{owner.name}2025年政府信息公开工作年度报告", body=id,
                              scope=owner.scopes[0]))
    if clock.parse(UNROUTED[0]) <= moment < clock.parse(UNROUTED[1]):
        found.append(item(f"{HOST}/nb/99.html", "示例县民政2025年政府信息公开工作年度报告", "unrouted", None,
                          "unknown", printed="示例县民政"))
    return found


def everything(past, at):
    with past.store.read() as connection:
        return stand(connection, past.roster, obligations(past.roster, _Settings(), [2025]), at)


def told(standings):
    return {one.body: (one.status.value, one.tier, one.published, one.days_late, one.reason, one.address)
            for one in standings}


@pytest.fixture(scope="module")
def season(tmp_path_factory):
    """The season and what was answered an hour after each run, while later rows did not exist yet."""
    past = History(tmp_path_factory.mktemp("season"), BODIES)
    answers, read = {}, set()
    for at, outcome in RUNS:
        moment = clock.parse(at)
        items = listed_at(moment) if outcome == "ok" else []
        run = past.look(at, *items, outcome=outcome, items_count=0 if outcome == "empty_listing" else None)
        for url, title, route, owner, scope, _, *_ in items:
            if route == "report" and url not in read:
                _, _, dates, verdict = PUBLISHED[owner]
                past.capture(run, url, at, content=url)
                past.report(url, at, body=owner, scope=scope, verdict=verdict, dates=dates, content=url, title=title,
                            reason="cover_letter" if verdict == "invalid" else "", run=run)
                read.add(url)
        for number, (_, until, _, _) in enumerate(PUBLISHED.values()):
            if until and clock.parse(until) <= moment and outcome == "ok":
                past.capture(run, f"{HOST}/nb/{number}.html", at, outcome="gone")
        later = moment + timedelta(minutes=1)
        answers[later] = told(everything(past, later))
    return past, answers


@pytest.mark.parametrize("at", EXPECTED)
def test_each_body_stands_as_its_history_says(season, at):
    past, _ = season
    stood = {body: status for body, (status, *_) in told(everything(past, clock.parse(at))).items()}
    assert {body: stood[body] for body in EXPECTED[at]} == EXPECTED[at]
    due_passed = clock.parse(at) >= clock.parse("2026-02-01")
    assert stood["audit"] == ("unverified" if due_passed else stood["health"])
    assert {stood[body] for body in ("new", "club")} == {"not_applicable"}
    assert stood["branch"] == "not_due"


def test_the_answer_as_of_a_moment_is_the_one_given_then(season):
    past, answers = season
    assert len(answers) == len(RUNS)
    for moment, answer in answers.items():
        assert told(everything(past, moment)) == answer, moment


def test_whoever_is_missing_was_looked_for_twice(season):
    past, answers = season
    seen = set()
    for moment in answers:
        for one in everything(past, moment):
            if one.status is Status.MISSING:
                seen.add(one.body)
                assert one.evidence["t1"][:10] < one.evidence["t2"][:10]
                assert len(one.evidence["snapshots"]) == 2
                assert clock.parse(one.evidence["t2"]).date() > one.due
                assert one.days_late is None
    assert seen == {"health", "finance", "justice", "street", "civil", "forestry", "gov"}


def test_standings_survive_the_store(season):
    past, _ = season
    found = everything(past, clock.parse("2026-04-08"))
    with past.store.write() as connection:
        for _ in range(2):
            records.put_standings(connection, found, "2026-04-08T00:00:00+08:00")
    with past.store.read() as connection:
        kept = records.standings(connection, 2025)
        assert records.judged_at(connection) == "2026-04-08T00:00:00+08:00"
        assert records.standings(connection, 2024) == []
    assert sorted(kept, key=lambda one: one.body) == sorted(found, key=lambda one: one.body)
    assert all(records.standing_record(one)["status"] == one.status.value for one in kept)
