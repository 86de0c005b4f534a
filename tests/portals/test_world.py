"""The test world keeps its word: complete lists, planted faults and no others, the same bytes again."""

from __future__ import annotations

import io
import itertools
import re
import zipfile
from collections import Counter
from datetime import date
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
from lxml import etree, html

from tests.documents import making
from tests.portals import truth, world
from tests.portals.offices import OFFICES, YEARS
from tests.portals.serving import Request, Response
from tests.portals.static import QUERY

PORT = 8520
LAST = world.SCANS[-1]
ANSWERS = world.answers(PORT)


def get(host: str, address: str, today: date = LAST) -> Response:
    parts = urlsplit(address)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return ANSWERS[host](Request("GET", parts.path, query, {}, host, PORT, 1), today)


def page(host: str, address: str, today: date = LAST) -> str:
    response = get(host, address, today)
    assert response.status == 200, address
    return response.body.decode()


def trs_rows(plan: world.PortalPlan, today: date) -> list[tuple[str, str]]:
    first = page(plan.host, plan.base, today)
    count = int(re.search(r"createPageHTML\((\d+), 0,", first).group(1))
    pages = [first, *(page(plan.host, f"{plan.base}index_{number}.html", today) for number in range(1, count))]
    return [(urljoin(f"http://{plan.host}:{PORT}{plan.base}", link.get("href")), link.get("title"))
            for text in pages for link in html.fromstring(text).cssselect("ul.news_list a")]


def jpage_rows(plan: world.PortalPlan, today: date) -> list[tuple[str, str]]:
    first = page(plan.host, plan.path, today)
    total = int(re.search(r"totalRecord:(\d+)", first).group(1))
    records = re.findall(r"<record><!\[CDATA\[(.*?)\]\]></record>", first, re.DOTALL)
    group = re.search(r'<nextgroup><!\[CDATA\[<a href="([^"]+)"', first)
    while len(records) < total:
        address = f"{group.group(1)}&startrecord={len(records) + 1}&endrecord={len(records) + 45}&perpage=15"
        tree = etree.fromstring(get(plan.host, address, today).body)
        assert int(tree.findtext("totalrecord")) == total
        more = [record.text for record in tree.iter("record")]
        assert more
        records += more
    links = [html.fromstring(record).cssselect("a")[0] for record in records]
    return [(urljoin(f"http://{plan.host}:{PORT}", link.get("href")), link.get("title")) for link in links]


def static_rows(plan: world.PortalPlan, today: date) -> list[tuple[str, str]]:
    rows, address = [], plan.base
    while address:
        tree = html.fromstring(page(plan.host, address, today))
        rows += [(urljoin(f"http://{plan.host}:{PORT}", link.get("href")), link.text_content())
                 for link in tree.cssselect("ul.infolist a")]
        address = next((link.get("href") for link in tree.cssselect("a") if link.text == "下一页"), "")
    return rows


ROWS = {"trs": trs_rows, "jpage": jpage_rows, "static": static_rows}
SEEING = [plan for plan in world.PORTALS.values() if not plan.fault and not plan.failing_pages]


@pytest.mark.parametrize("day", world.SCANS)
@pytest.mark.parametrize("plan", SEEING, ids=lambda plan: plan.id)
def test_a_list_followed_to_its_end_holds_every_entry_and_each_opens(plan, day):
    rows = ROWS[plan.family](plan, day)
    shown = [entry for entry in world.site(plan, PORT).entries if entry.listed(day)]
    assert Counter(title for _, title in rows) == Counter(entry.title for entry in shown)
    for address, title in rows:
        if urlsplit(address).hostname == plan.host:
            assert title in page(plan.host, address, day)
        else:
            assert urlsplit(address).hostname == world.FOREIGN


def test_one_column_needs_a_second_group():
    assert len(jpage_rows(world.PORTALS["shifan"], LAST)) > 45


def test_past_the_end():
    stub = get("127.0.1.1", "/zfxxgknb/index_9.html")
    assert (stub.status, len(stub.body) < 400) == (200, True)
    assert world.PORTALS["shidian"].dialect == QUERY
    assert "content_1046" not in page("127.0.4.1", "/xxgk/ndbg/?page=99")
    assert get("127.0.4.2", "/gk/nb/list_9.html").status == 404


def test_an_overlarge_group_answers_nothing():
    address = ("/module/web/jpage/dataproxy.jsp?columnid=1229458129&unitid=212860"
               "&startrecord=1&endrecord=900&perpage=900")
    assert b"<record>" not in get("127.0.3.1", address).body
    assert b"<record>" in get("127.0.3.1", address.replace("900", "45")).body


def test_attachments_of_jpage_come_by_a_redirect():
    plan = world.PORTALS["shifan"]
    address = next(url for url, title in jpage_rows(plan, LAST) if title.startswith("示范县人民政府2025年"))
    link = html.fromstring(page(plan.host, address)).cssselect('a[href*="downfile.jsp"]')[0]
    hop = get(plan.host, link.get("href"))
    assert hop.status == 302
    assert zipfile.is_zipfile(io.BytesIO(get(plan.host, hop.headers["Location"]).body))


def test_what_changes_between_the_scans():
    number = {(each.office, each.year): place for place, each in enumerate(world.PUBLICATIONS, 1001)}
    withdrawn = f"/xxgk/ndbg/content_{number['shidian-water', 2025]}.html"
    assert [get("127.0.4.1", withdrawn, day).status for day in world.SCANS] == [200, 404, 404]
    edited = f"/xxgk/ndbg/content_{number['shidian-office', 2025]}.html"
    first, second, third = (page("127.0.4.1", edited, day) for day in world.SCANS)
    assert first != second == third
    belated = f"/gk/nb/content_{number['shidian-forestry', 2025]}.html"
    assert [get("127.0.4.2", belated, day).status for day in world.SCANS] == [404, 404, 200]
    assert "发布时间：2026-01-29" in page("127.0.4.2", belated)
    delisted = f"/gk/nb/content_{number['fanli-gov', 2023]}.html"
    assert [get("127.0.4.2", delisted, day).status for day in world.SCANS] == [200, 200, 200]
    plan = world.PORTALS["shidian-offices"]
    assert [any(url.endswith(delisted) for url, _ in static_rows(plan, day)) for day in world.SCANS] == [
        True, False, False]


def test_the_visit_counter_never_stands_still():
    def ask(count: int) -> bytes:
        return ANSWERS["127.0.4.1"](Request("GET", "/xxgk/ndbg/", {}, {}, "127.0.4.1", PORT, count), LAST).body

    assert ask(1) != ask(2)


def test_a_report_s_attachment_is_gone_while_its_page_opens():
    plan = world.PORTALS["yangli-towns"]
    address = next(url for url, title in trs_rows(plan, LAST) if title.startswith("样例区清样镇人民政府2025年"))
    link = html.fromstring(page(plan.host, address)).cssselect('a[href*="/P0"]')[0]
    assert get(plan.host, urlsplit(urljoin(address, link.get("href"))).path).status == 404


def test_blind_portals_show_no_list():
    assert get("127.0.5.1", "/kfq/nb/").status == 200
    assert "您访问的页面不存在" in page("127.0.5.1", "/kfq/nb/")
    assert get("127.0.5.2", "/gaj/nb/").status == 412
    assert get("127.0.5.5", "/robots.txt").status == 503
    assert truth.UNREACHABLE not in ANSWERS
    assert get("127.0.1.2", "/zwgk/zfxxgkgzndbg/index_1.html").status == 503


# ---------------------------------------------------------------- reports
def sums_that_fail(figures: making.Figures) -> set[str]:
    """The form's sums, written down once more and plainly."""
    def value(key: str) -> int:
        return int(figures.get(key) or 0)

    failing = set()
    closed = "applications.closed.total" in figures
    parts = [row for row in making.PARTS if not (closed and row in making.CLOSED)] + ["closed"] * closed
    for column in making.COLUMNS:
        def of(row: str, column: str = column) -> int:
            return value(f"applications.{row}.{column}")

        if of("new") + of("carried_in") != of("concluded") + of("carried_out"):
            failing.add("ARI-01")
        if sum(of(row) for row in parts) != of("concluded"):
            failing.add("ARI-02")
    for row in ("new", "carried_in", *parts, "concluded", "carried_out"):
        columns = [value(f"applications.{row}.{column}") for column in making.COLUMNS]
        if sum(columns[:-1]) != columns[-1]:
            failing.add("ARI-03")
    for number, route in enumerate(making.ROUTES, 4):
        if sum(value(f"disputes.{route}.{outcome}") for outcome in list(making.OUTCOMES)[:4]) != value(
                f"disputes.{route}.total"):
            failing.add(f"ARI-0{number}")
    return failing


@pytest.mark.parametrize("publication", world.PUBLICATIONS, ids=lambda each: f"{each.office}-{each.year}")
def test_only_the_planted_sums_fail(publication):
    planted = {"new_one_too_many": {"ARI-01"}, "disputes_total_wrong": {"ARI-04"}}.get(publication.fault, set())
    assert sums_that_fail(world.report(publication).figures) == planted


def test_every_year_continues_the_one_before():
    for office in {each.office for each in world.PUBLICATIONS}:
        for before, after in itertools.pairwise(YEARS):
            first, second = world.figures(office, before), world.figures(office, after)
            assert first["applications.carried_out.total"] == second["applications.carried_in.total"]


def test_no_two_reports_read_alike():
    def trigrams(publication: world.Publication) -> Counter[str]:
        text = world.report(publication)
        prose = re.sub(rf"[\s\d]|{text.body}", "", f"{text.sections[1]}{text.sections[5]}")
        return Counter(prose[place:place + 3] for place in range(len(prose) - 2))

    profiles = [trigrams(each) for each in world.PUBLICATIONS]
    alike = max(2 * (first & second).total() / (first.total() + second.total())
                for first, second in itertools.combinations(profiles, 2))
    assert alike < 0.8


def test_a_restarted_world_serves_the_same_bytes():
    for office, medium in (("shifan-gov", "docx"), ("yangli-gov", "pdf")):
        newest = world.published(office, 2025)
        assert newest.medium == medium
        made = [world._content.__wrapped__(newest, False).attachments[0].data for _ in range(2)]
        assert made[0] == made[1]


def test_the_truth_speaks_of_every_body_and_only_of_planted_faults():
    assert len(OFFICES) >= 14
    assert {body for body, _, _ in truth.statuses()} == set(OFFICES)
    assert all(len(each) == len(world.SCANS) for each in truth.statuses().values())
    assert {body for planted in truth.FINDINGS.values() for _, body, _ in planted} <= set(OFFICES)
    assert all(office.name.startswith("示例市") for office in OFFICES.values())
