"""Each family walks its portal to the end: every row, none too many, and whole only where the end is proven."""

import asyncio
import sqlite3
from urllib.parse import parse_qsl, urldefrag, urlsplit

import pytest

from crawler import articles, families, scan, shorthand
from crawler.attachments import Attached
from crawler.evidence import Evidence
from crawler.families.paging import Answer, Ask
from crawler.model import Outcome, ScanPlan
from crawler.outcomes import Received, of_response
from extract import report as reports
from extract.model import Hints
from tests.portals import families as world
from tests.portals.families import DAY, FAMILY_PORTALS
from tests.portals.serving import Request

PORT = 8521
PORTALS = list(FAMILY_PORTALS.values())


def asking(plan, asked):
    """A portal answering in this process, by whatever a family asks."""
    async def get(request):
        ask = request if isinstance(request, Ask) else Ask(request)
        asked.append(ask)
        parts = urlsplit(urldefrag(ask.url)[0])
        if parts.netloc != f"{plan.host}:{PORT}":
            return Answer(ask.url, "", Outcome.REDIRECT_OFFSITE, "another host")
        query = {**dict(parse_qsl(parts.query, keep_blank_values=True)), **(ask.form or {})}
        headers = {"referer": entrance(plan), **{name.lower(): value for name, value in ask.sent_headers.items()}}
        given = plan.answer(world.site(plan, PORT), Request(ask.method, parts.path, query, headers, plan.host, PORT, 1,
                                                            f"{parts.path}?{parts.query}", ask.body), DAY)
        verdict = of_response(Received(ask.url, ask.url, given.status, given.body,
                                       {"content-type": given.content_type}), ask.expect)
        return Answer(ask.url, verdict.text, verdict.outcome, verdict.reason, ask.url)
    return get


def entrance(plan):
    return f"http://{plan.host}:{PORT}{plan.column(world.site(plan, PORT))}"


def walked(plan, max_pages=200):
    asked = []

    async def walk():
        get = asking(plan, asked)
        first = await get(entrance(plan))
        family = families.FAMILIES[plan.family]
        return first, await family.enumerate_list(first, get, max_pages)

    return *asyncio.run(walk()), asked


@pytest.mark.parametrize("plan", PORTALS, ids=lambda plan: plan.id)
def test_the_system_is_recognised_and_its_page_is_of_known_shape(plan):
    first, _, _ = walked(plan)
    assert families.recognise(first.text) == plan.family
    shown = families.FAMILIES[plan.family].listing(first.text, first.url)
    assert shown.items or shown.known_shape


@pytest.mark.parametrize("plan", PORTALS, ids=lambda plan: plan.id)
def test_every_row_and_none_too_many(plan):
    _, found, _ = walked(plan)
    assert (str(found.outcome), found.complete) == (plan.outcome, plan.complete), found.reason
    wanted = {(entry.title, entry.day.isoformat()) for entry in world.expected(plan, PORT)}
    seen = {(item.title, item.day) for item in found.items}
    assert seen <= wanted
    assert len(found.items) == len({item.url for item in found.items})
    if plan.complete:
        assert seen == wanted
    else:
        assert found.reason


@pytest.mark.parametrize("plan", [plan for plan in PORTALS if plan.complete and len(world.expected(plan, PORT)) > 40],
                         ids=lambda plan: plan.id)
def test_a_walk_cut_short_is_never_whole(plan):
    _, found, _ = walked(plan, max_pages=1)
    assert not found.complete
    assert found.reason


def test_asking_costs_few_requests():
    spent = {plan.id: len({ask.key for ask in walked(plan)[2]}) for plan in PORTALS}
    assert {name: number for name, number in spent.items() if number > 12} == {}


@pytest.mark.parametrize("plan", [plan for plan in PORTALS if plan.complete and plan.bodies == 2],
                         ids=lambda plan: plan.id)
def test_article_pages_give_their_text_and_their_files(plan):
    _, found, _ = walked(plan)
    year = world.YEARS[-1]
    pages, listed = [], []
    for name in plan.names:
        row = next(item for item in found.items
                   if item.title.startswith(f"{name}{year}年") and urlsplit(item.url).netloc.startswith(plan.host))
        page = asyncio.run(asking(plan, [])(row.url))
        pages.append(articles.read_article(page.text, row.url))
        listed.append([Attached(*file, "attachment") for file in row.files])
    whole, carrier = pages
    assert "本年新收政府信息公开申请数量" in whole.text
    assert "承办" not in whole.text, "the page's foot is no part of the article"
    assert whole.attached == listed[0] == []
    attached = [*carrier.attached, *listed[1]]
    assert [(entry.role, entry.name.rsplit(".", 1)[-1]) for entry in attached] == [("attachment", "docx")]
    assert urlsplit(attached[0].url).netloc == f"{plan.host}:{PORT}"


# ---------------------------------------------------------------- scanned, captured and read
@pytest.fixture(scope="module")
def scanned(tmp_path_factory):
    folder = tmp_path_factory.mktemp("families")
    with world.portals() as running:
        world.write_facts(folder / "facts", running.port)
        plan = ScanPlan("first", str(folder / "n.db"), str(folder / "evidence"), str(folder / "facts"),
                        sorted(FAMILY_PORTALS), delay=0.0, timeout=20.0, allow_private_addresses=True,
                        contact="test@office.example")
        scan.run(plan)
        connection = sqlite3.connect(folder / "n.db")
        connection.row_factory = sqlite3.Row
        yield running, plan, connection
        connection.close()


def rows(scanned, query, *values):
    return [dict(row) for row in scanned[2].execute(query, values)]


@pytest.mark.slow
@pytest.mark.parametrize("plan", PORTALS, ids=lambda plan: plan.id)
def test_a_scan_routes_and_captures_every_report(scanned, plan):
    found = rows(scanned, "SELECT * FROM listing WHERE portal = ?", plan.id)[0]
    assert (found["family"], found["outcome"], bool(found["complete"])) == (plan.family, plan.outcome, plan.complete), \
        found["reason"]
    if not plan.complete:
        return
    seen = rows(scanned, "SELECT * FROM listed WHERE listing = ? AND route = 'report'", found["id"])
    wanted = {(f"{plan.id}-{place}", year) for place in range(plan.bodies) for year in world.YEARS}
    assert {(row["body"], row["year"]) for row in seen} == wanted
    assert len(seen) == len(wanted)
    foreign = rows(scanned, "SELECT * FROM listed WHERE listing = ? AND route = 'foreign'", found["id"])
    assert len(foreign) == plan.foreign
    for row in seen:
        capture = rows(scanned, "SELECT * FROM capture WHERE url = ?", row["url"])[0]
        assert (capture["outcome"], bool(capture["content"])) == ("ok", True), capture["reason"]


@pytest.mark.slow
@pytest.mark.parametrize("plan", [plan for plan in PORTALS if plan.complete], ids=lambda plan: plan.id)
def test_what_was_captured_reads_with_every_figure(scanned, plan):
    evidence = Evidence(scanned[1].evidence)
    for place, name in enumerate(plan.names):
        year = world.YEARS[-1]
        url = rows(scanned, "SELECT url FROM sighting WHERE body = ? AND year = ? AND route = 'report'",
                   f"{plan.id}-{place}", year)[0]["url"]
        parts = shorthand.parts_of(rows(scanned, "SELECT * FROM capture WHERE url = ?", url)[0])
        chosen = parts[0] if place == 0 else next(part for part in parts if part["role"] == "attachment")
        assert place == 0 or chosen["name"].endswith(".docx")
        read = reports.read(evidence.get(chosen["sha256"]), Hints(name=chosen["name"], url=chosen["url"],
                                                                  media_type=chosen["media_type"], title=name))
        wanted = {key: value for key, value in world.report(name, year).figures.items() if value is not None}
        assert {key: figure.value for key, figure in read.figures.items() if key in wanted} == wanted
        if place == 0:
            day = world.published(plan, place, year).isoformat()
            assert read.published is not None
            assert read.published.date == day


@pytest.mark.slow
def test_posted_requests_of_a_run_are_told_apart_and_answered_from_the_store(scanned):
    running, plan, _ = scanned
    posted = rows(scanned, "SELECT url, request FROM fetch WHERE request LIKE 'POST %' AND outcome = 'ok'")
    assert len(posted) == len({(row["url"], row["request"]) for row in posted}) > 10
    # A failure is asked again by the downloader; an answer is never asked for twice.
    asked = [(visit.host, visit.target, visit.body) for visit in running.log
             if visit.method == "POST" and visit.status == 200]
    assert len(asked) == len(set(asked))
    with sqlite3.connect(plan.database) as connection:
        for table in ("sighting", "listing", "capture"):
            connection.execute(f"DELETE FROM {table}")
        connection.execute("UPDATE run_portal SET state = 'running', outcome = NULL")
        connection.execute("UPDATE run SET state = 'running', finished = NULL")
    before = len(running.log)
    scan.run(plan)
    again = [(visit.host, visit.target, visit.body) for visit in running.log[before:] if visit.method == "POST"]
    assert not set(again) & set(asked)
