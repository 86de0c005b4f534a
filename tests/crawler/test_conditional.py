"""Conditional requests week by week: what 304 saves, what it may stand for, and hosts whose 304 is worth nothing."""

import contextlib
import hashlib
import json
import sqlite3
from datetime import datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler import clock, scan
from crawler.conditional import TURNS, Held, text_hash, turn_came
from crawler.evidence import Evidence
from tests.crawler.small_portals import Case, World, article, listing, name_of
from tests.portals.serving import Response

YEARS = range(2013, 2024)
START = datetime(2026, 3, 2, 9, tzinfo=clock.ZONE)


class Site:
    """A portal whose articles carry `texts`; `headers(body)` are its validators, `respond` its way with conditions."""

    def __init__(self, name, headers=lambda body: {"ETag": f'"{hashlib.md5(body).hexdigest()}"'}, respond=None):
        self.name, self.headers, self.respond = name, headers, respond
        self.texts = {year: f"{year}年收到申请3件，办结3件。" for year in YEARS}
        self.listed = YEARS
        self.asked = []
        """[path, condition headers, status, bytes] of each answer."""

    def case(self):
        paths = ["/nb/", *(f"/nb/t{year + 1}0115_{year}.html" for year in YEARS)]
        return Case(dict.fromkeys(paths, self.answer))

    def answer(self, request):
        year = request.path[-9:-5]
        text = listing(name_of(self.name), self.listed) if request.path == "/nb/" else article(self.texts[int(year)])
        body = text.encode()
        condition = {name: value for name, value in request.headers.items() if name.startswith("if-")}
        headers = self.headers(body)
        unchanged = headers.get("ETag") and headers["ETag"] == condition.get("if-none-match")
        if self.respond:
            unchanged = self.respond(condition, headers)
        self.asked.append([request.path, condition, 304 if unchanged else 200, 0 if unchanged else len(body)])
        # The server of the tests must not answer conditions on its own.
        request.headers.clear()
        return Response(b"" if unchanged else body, 304 if unchanged else 200, headers=headers)

    def took(self):
        taken, self.asked = self.asked, []
        return taken


@pytest.fixture
def at():
    def move(weeks):
        clock.simulate((START + timedelta(weeks=weeks)).isoformat())
    yield move
    clock.simulate(None)


def rows(world, query, *values):
    with contextlib.closing(sqlite3.connect(world.folder / "n.db")) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(query, values)]


@pytest.mark.slow
def test_a_week_later_nothing_new_costs_an_eighth_and_holds_everything(tmp_path, at):
    site = Site("a")
    with World(tmp_path, {"a": site.case()}) as world:
        at(0)
        first = scan.run(world.plan(run="w0"))
        whole = sum(size for *_, size in site.took())
        received, full = [], []
        for week in range(1, TURNS + 1):
            at(week)
            result = scan.run(world.plan(run=f"w{week}"))
            assert (result.state, result.new, result.changed, result.withdrawn) == ("done", [], [], [])
            taken = site.took()
            received.append(sum(size for *_, size in taken))
            full += [path for path, _, status, _ in taken if status == 200]
        assert sorted(full) == sorted(["/nb/", *(f"/nb/t{year + 1}0115_{year}.html" for year in YEARS)]), "one each"
        assert sum(received) / TURNS <= 0.15 * whole
        assert first.captures == 11
        unchanged = rows(world, "SELECT * FROM listing WHERE outcome = 'not_modified'")
        assert len(unchanged) == TURNS - 1
        for row in unchanged:
            assert (row["complete"], row["items"], row["in_order"]) == (1, 11, 1)
            assert row["held"] < row["at"]
            assert rows(world, "SELECT count(*) AS n FROM listed WHERE listing = ?", row["id"]) == [{"n": 11}]
        assert rows(world, "SELECT url, count(*) AS runs, count(DISTINCT content) AS contents, min(outcome) AS outcome "
                           "FROM capture GROUP BY url HAVING runs <> 9 OR contents <> 1 OR outcome <> 'ok'") == []


def test_a_304_names_the_full_body_it_stands_for(tmp_path, at):
    site = Site("a")
    with World(tmp_path, {"a": site.case()}) as world:
        for week in range(2):
            at(week)
            scan.run(world.plan(run=f"w{week}"))
        confirmed = rows(world, "SELECT f.*, h.sha256 AS body, h.outcome AS was, h.run AS whose, h.text AS words FROM "
                                "fetch f JOIN fetch h ON h.id = f.held WHERE f.run = 'w1'")
        assert len(confirmed) >= 5
        for row in confirmed:
            assert (row["outcome"], row["status"], row["was"], row["whose"]) == ("not_modified", 304, "ok", "w0")
            assert (row["sha256"], row["text"]) == (row["body"], row["words"])
            assert Evidence(world.folder / "evidence").get(row["sha256"])
        parts = [part for row in rows(world, "SELECT parts FROM capture WHERE run = 'w1'")
                 for part in json.loads(row["parts"])]
        # Which pages had their turn of a full fetch depends on their addresses, and these on a port.
        assert "not_modified" in {part["outcome"] for part in parts} <= {"ok", "not_modified"}
        assert all(part["sha256"] for part in parts)


def test_changes_are_seen_through_conditions(tmp_path, at):
    site = Site("a")
    with World(tmp_path, {"a": site.case()}) as world:
        at(0)
        scan.run(world.plan())
        site.texts[2020] = "2020年收到申请4件，办结3件，结转1件。"
        site.listed = range(2013, 2023)
        at(1)
        result = scan.run(world.plan())
        assert [url[-9:-5] for url in result.changed] == ["2020"]
        assert [url[-9:-5] for url in result.withdrawn] == ["2023"]


def always(condition, _):
    return bool(condition)


def same_tag(_):
    return {"ETag": '"fixed"'}


@pytest.mark.slow
@pytest.mark.parametrize("site", [
    Site("a", respond=always), Site("a", headers=same_tag, respond=lambda condition, headers: (
        condition.get("if-none-match") == headers["ETag"])),
    Site("a", headers=lambda _: {"Last-Modified": "Fri, 02 Jan 2026 08:00:00 GMT"},
         respond=lambda condition, _: condition.get("if-modified-since", "").startswith("Fri, 02 Jan 2026"))],
    ids=["304_for_ever", "one_tag_for_ever", "one_day_for_ever"])
def test_a_host_that_calls_everything_unchanged_is_found_out_and_asked_in_full(tmp_path, at, site):
    with World(tmp_path, {"a": site.case()}) as world:
        at(0)
        scan.run(world.plan())
        for year in YEARS:
            site.texts[year] = f"{year}年收到申请9件，办结9件。"
        seen, week = set(), 0
        while not rows(world, "SELECT * FROM distrust"):
            week += 1
            assert week <= TURNS
            at(week)
            seen |= set(scan.run(world.plan()).changed)
        # Within the very run that found it out, everything was fetched in full again.
        assert {url[-9:-5] for url in seen} == {str(year) for year in YEARS}
        run = rows(world, "SELECT run FROM distrust")[0]["run"]
        assert rows(world, "SELECT * FROM fetch WHERE run = ? AND outcome = 'not_modified'", run) == []
        site.took()
        at(week + 1)
        scan.run(world.plan())
        assert all(not condition for _, condition, _, _ in site.took())
        at(week + 40)
        scan.run(world.plan())
        assert any(condition for _, condition, _, _ in site.took()), "it is given another chance"


@pytest.mark.slow
def test_a_tag_that_changes_each_time_is_not_sent_again(tmp_path, at):
    count = iter(range(10_000))
    site = Site("a", headers=lambda _: {"ETag": f'"{next(count)}"'})
    with World(tmp_path, {"a": site.case()}) as world:
        for week in range(4):
            at(week)
            assert scan.run(world.plan()).state == "done"
            tags = [condition for _, condition, _, _ in site.took() if "if-none-match" in condition]
            assert (len(tags) > 6) if week == 1 else not tags
        assert rows(world, "SELECT * FROM distrust") == []


def test_a_page_modified_now_for_ever_is_asked_without_condition(tmp_path, at):
    def now(_):
        stamp = format_datetime(clock.now().astimezone(), usegmt=False)
        return {"Last-Modified": stamp, "Date": stamp}
    site = Site("a", headers=now, respond=always)
    with World(tmp_path, {"a": site.case()}) as world:
        for week in range(3):
            at(week)
            scan.run(world.plan())
        assert all(not condition for _, condition, _, _ in site.took())


def test_nothing_stands_for_a_body_that_is_no_longer_held(tmp_path, at):
    site = Site("a")
    with World(tmp_path, {"a": site.case()}) as world:
        at(0)
        scan.run(world.plan())
        kept = sorted((tmp_path / "evidence").glob("*/*.gz"))
        kept[0].unlink()
        kept[1].write_bytes(b"damaged")
        site.took()
        at(1)
        assert scan.run(world.plan(run="w1")).state == "done"
        asked = [path for path, condition, _, _ in site.took() if not condition]
        assert len(asked) >= 2
        evidence = Evidence(tmp_path / "evidence")
        assert all(evidence.get(row["sha256"]) for row in rows(world, "SELECT sha256 FROM fetch WHERE run = 'w1' AND "
                                                               "sha256 IS NOT NULL AND sha256 <> ?", kept[1].stem))


def test_a_304_that_nobody_asked_for_is_a_fault_of_the_server(tmp_path):
    site = Site("a", respond=lambda *_: True)
    with World(tmp_path, {"a": site.case()}) as world:
        assert scan.run(world.plan()).outcomes == {"server_error": ["a"]}


def test_after_a_due_day_lists_come_in_full(tmp_path, at):
    site = Site("a")
    with World(tmp_path, {"a": site.case()}) as world:
        at(0)
        scan.run(world.plan())
        site.took()
        at(1)
        due = (START + timedelta(days=3)).isoformat(timespec="seconds")
        scan.run(world.plan(run="w1", full_after=due))
        assert [(condition, status) for path, condition, status, _ in site.took() if path == "/nb/"] == [({}, 200)]
        assert rows(world, "SELECT outcome, held FROM listing WHERE run = 'w1'") == [{"outcome": "ok", "held": None}]
        at(1.1)
        scan.run(world.plan(run="w2", full_after=due))
        assert rows(world, "SELECT outcome, held > ? AS after FROM listing WHERE run = 'w2'", due) == [
            {"outcome": "not_modified", "after": 1}]


def test_a_condition_follows_its_page_through_redirects_and_goes_nowhere_else(tmp_path, at):
    tags, target = [], ["/new/"]

    def moved(request):
        tags.append((request.path, request.headers.get("if-none-match")))
        return Response(status=302, headers={"Location": target[0]})

    def page(request):
        tags.append((request.path, request.headers.get("if-none-match")))
        return Response.page(listing(name_of("a")), ETag=f'"{request.path}"')

    case = Case({"/nb/": moved, "/new/": page, "/newer/": page})
    with World(tmp_path, {"a": case}) as world:
        # The turn of a full fetch goes by the address, whose port is any: this begins where the next week isn't it.
        first = int(turn_came(world.address("a"), START.isoformat(), START + timedelta(weeks=1)))
        at(first)
        scan.run(world.plan())
        at(first + 1)
        tags.clear()
        scan.run(world.plan())
        assert tags[:2] == [("/nb/", None), ("/new/", '"/new/"')]
        assert rows(world, "SELECT outcome FROM listing ORDER BY id DESC LIMIT 1") == [{"outcome": "not_modified"}]
        tags.clear()
        target[0] = "/newer/"
        at(first + 1.2)
        scan.run(world.plan())
        assert tags[:2] == [("/nb/", None), ("/newer/", None)]
        assert rows(world, "SELECT outcome FROM listing ORDER BY id DESC LIMIT 1") == [{"outcome": "ok"}]


@given(st.text(min_size=1, max_size=40), st.dates(min_value=datetime(2010, 1, 1).date(),  # noqa: DTZ001
                                                  max_value=datetime(2060, 1, 1).date()),  # noqa: DTZ001
       st.lists(st.integers(1, 30), min_size=1, max_size=40))
def test_every_address_comes_in_full_within_eight_weeks_however_scans_fall(url, begin, gaps):
    moment = datetime.combine(begin, datetime.min.time(), clock.ZONE)
    last = moment
    for days in gaps:
        moment += timedelta(days=days)
        if turn_came(url, last.isoformat(), moment):
            last = moment
        assert moment - last < timedelta(weeks=TURNS)


def test_the_eighth_of_a_week():
    addresses = [f"https://h{number}.example/a/{number}.html" for number in range(4000)]
    for week in range(1, 60):
        share = sum(turn_came(url, (START + timedelta(weeks=week - 1)).isoformat(), START + timedelta(weeks=week))
                    for url in addresses) / len(addresses)
        assert 0.10 < share < 0.15
    same = START + timedelta(days=2)
    assert not any(turn_came(url, START.isoformat(), same) for url in addresses), "not twice a week"


def test_visible_text_without_what_changes_by_itself():
    assert text_hash("年报 浏览次数：12 正文") == text_hash("年报\n浏览次数：345次 正文")
    assert text_hash("今天是2026年3月2日 星期一 正文") == text_hash("今天是2026年3月9日星期一正文")
    assert text_hash("收到申请3件") != text_hash("收到申请4件")
    assert text_hash(" \n") is None


def test_conditions_are_made_of_what_is_worth_something():
    def held(steady=True, **headers):
        return Held(1, "u", "u", "2026-03-02T09:00:00+08:00", "s", None, 1, None,
                    {name.replace("_", "-"): value for name, value in headers.items()}, steady).condition
    changed = "Fri, 02 Jan 2026 08:00:00 GMT"
    assert held(etag='"a"', last_modified=changed) == {"If-None-Match": '"a"', "If-Modified-Since": changed}
    assert held(steady=False, etag='"a"', last_modified=changed) == {"If-Modified-Since": changed}
    assert held(last_modified=changed, date="Fri, 02 Jan 2026 08:00:30 GMT") == {}
    assert held(last_modified="yesterday") == {"If-Modified-Since": "yesterday"}
    assert held() == {}


def test_a_moment_beyond_all_calendars_is_none():
    beyond = "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"
    held = Held(**dict.fromkeys(Held.__slots__) | {"headers": {"last-modified": beyond, "date": beyond}})
    assert held.condition == {"If-Modified-Since": beyond}
