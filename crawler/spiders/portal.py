"""The one spider: each portal of a plan is visited column by column, list page by list page, article by article.

Promises: a visit is one coroutine that ends in one PortalResult, whatever happens on the way; every request goes
through our middlewares and every answer into the FetchLog before anything is concluded from it. Scrapy gives
downloading, politeness, retries and decompression; its scheduler is not used, since a portal, not a request, is what
must survive a crash. Leaves alone: reading lists (families/) and articles (articles.py), storing (pipelines.py).
"""

from __future__ import annotations

import asyncio
import re
import traceback
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import urlsplit

from crawler import articles, clock, families
from crawler.attachments import Attached
from crawler.conduct import HostRule, within_hours
from crawler.exceptions import CrawlerError
from crawler.families import beside_rows, cut_titles, subcolumns, trs
from crawler.families.paging import Answer, Ask, Enumeration, Get
from crawler.families.rows import absolute, joined, names_report, parse, title_of, without_twins
from crawler.model import Column, Item, Outcome, Portal, Route, ScanPlan
from crawler.navigation import sent_to
from crawler.outcomes import Verdict
from crawler.pipelines import REPORT_ROUTES, CaptureResult, FetchLog, ListingResult, PortalResult
from crawler.roster import Roster
from crawler.slots import PrivateAddressError
from crawler.spiders.drawing import Drawing
from crawler.spiders.fetching import Fetching, Got, HoursEndedError, Visit
from extract.titles import normalise

PORTALS_AT_ONCE = 400
"""Visits under way: at one request in 1.2 s each they keep a processor busy."""
VISITS_A_SLOT = 2
"""Visits under way that wait for the same server: more would take seats from portals that need not wait."""
HEARTBEAT_SECONDS = 10.0
_PASSING = frozenset({Outcome.SERVER_ERROR, Outcome.TIMEOUT, Outcome.DNS, Outcome.REFUSED, Outcome.TLS,
                      Outcome.RATE_LIMITED, Outcome.ROBOTS_UNREACHABLE, Outcome.CHALLENGE, Outcome.FORBIDDEN})
"""Outcomes of an attachment that another day may mend; the others say something about the attachment itself."""
_DRAWABLE = frozenset({Outcome.OK, Outcome.UNKNOWN_SHAPE, Outcome.EMPTY_LISTING, Outcome.GONE, Outcome.SOFT_404})
"""Ends of reading a list after which a browser may draw it; what refused us is not asked again in another way."""
_NO_LIST_FRAME = re.compile(r"visitcount|(?<![a-z])(count(er)?|login|tree|share|foot(er)?|head(er)?|nav|search|weather"
                            r"|map)(?![a-z])|(site|page)tree|(site|visit|web)map", re.I)
_FEW, _NEARLY_ALL = 0.2, 0.8
"""Reports among a list's rows below which its site's start page is looked at, and rows that stand there too from which
the list is that page."""
_ABOUT = re.compile(r"信息公开|政务公开|年度报告|年报")


class PortalSpider(Fetching):
    """Arguments: the plan, the roster, the run's FetchLog, and `tell` for progress events (plain dicts)."""

    name = "portal"

    def __init__(self, plan: ScanPlan, roster: Roster, portals: list[str], log: FetchLog,
                 tell: Callable[[dict[str, Any]], None], opened: Callable[[PortalSpider], None]) -> None:
        super().__init__(plan, log, tell)
        self.roster, self.portals = roster, portals
        self.platforms = {host.rsplit(":", 1)[0].lower(): portal.conduct.platform for portal in roster.portals.values()
                          if portal.conduct.platform for host in portal.hosts}
        self.fault: CrawlerError | None = None
        self._opened = opened
        self._tasks: list[asyncio.Task[Any]] = []
        self._seats: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(VISITS_A_SLOT))
        self.drawing = Drawing.of(self)

    async def start(self) -> AsyncIterator[PortalResult]:
        self._opened(self)
        gate = asyncio.Semaphore(PORTALS_AT_ONCE)
        heart = asyncio.create_task(self._beat())
        self._tasks = [asyncio.create_task(self._visit(self.roster.portals[portal], gate)) for portal in self.portals]
        for finished in asyncio.as_completed(self._tasks):
            try:
                result = await finished
            except asyncio.CancelledError:
                continue
            except CrawlerError as fault:
                self.fail(fault)
                continue
            yield result
        heart.cancel()
        await self.drawing.close()

    def fail(self, fault: CrawlerError) -> None:
        """End the scan for a fault of ours (full disk, locked database); what is stored stays for a resume."""
        self.fault = self.fault or fault
        self.stop()

    def stop(self) -> None:
        """End early: unfinished portals keep their state and are visited again by a resumed run."""
        for task in self._tasks:
            task.cancel()

    # ------------------------------------------------------------ one portal
    async def _visit(self, portal: Portal, gate: asyncio.Semaphore) -> PortalResult:
        host = portal.hosts[0].rsplit(":", 1)[0]
        try:
            key = await self.slots.key_of(host, self.proxy_of(portal) is not None)
        except PrivateAddressError:
            key = host  # refused, with its reason, when it is asked
        async with self._seats[key], gate:
            if not within_hours(portal.conduct.hours, clock.now()):
                return PortalResult(portal.id, None, f"outside the portal's hours {portal.conduct.hours}")
            self.tell({"event": "portal_started", "portal": portal.id})
            self._mark_started(portal.id)
            registered = [*portal.hosts, *(host for body in self.roster.bodies.values() for host in body.hosts)]
            visit = Visit(portal, HostRule(registered, self.plan.allow_private_addresses))
            if portal.conduct.delay:
                for host in portal.hosts:
                    key = await self.slots.key_of(host.rsplit(":", 1)[0], self.proxy_of(portal) is not None)
                    self.slots.hold(key, portal.conduct.delay)
            try:
                return await self._believed(visit)
            except HoursEndedError as ended:
                return PortalResult(portal.id, None, str(ended))

    async def _believed(self, visit: Visit) -> PortalResult:
        """A look at the portal, a second one where a host turned out to lie about what it calls unchanged."""
        result = await self._look(visit)
        if self.holdings and any(self.holdings.distrusts(url) for url in visit.confirmed):
            # What a host called unchanged before it was caught lying is fetched in full, the rest comes from here.
            visit = Visit(visit.portal, visit.rule, clock_off=visit.clock_off, begun=visit.begun, bytes=visit.bytes)
            result = await self._look(visit)
        result.clock_off = visit.clock_off
        return result

    async def _look(self, visit: Visit) -> PortalResult:
        portal = visit.portal
        result = PortalResult(portal.id, Outcome.OK)
        for column in portal.columns:
            result.listings.append(await self._list_safely(visit, column))
        visit.listed = {item.url for listing in result.listings for item, _ in listing.sightings}
        captured: set[str] = set()
        for listing in result.listings:
            # A report that left its list may still stand where it stood: only its own address can tell.
            for item, route in [*listing.sightings, *self._unlisted(portal, listing)]:
                if self._wanted(route) and item.url not in captured:
                    captured.add(item.url)
                    result.captures.append(await self._capture_safely(visit, item, listing.url))
        for listing in result.listings:
            if not listing.outcome.supports_absence or not listing.complete:
                result.outcome, result.reason = listing.outcome, f"{listing.column_id}: {listing.reason}"
                if not listing.outcome.supports_absence:
                    break
        return result

    def _unlisted(self, portal: Portal, listing: ListingResult) -> list[tuple[Item, Route]]:
        if not listing.outcome.supports_absence or not listing.complete:
            return []
        return self.fetch_log.unlisted(portal.id, listing.column_id, {item.url for item, _ in listing.sightings})

    def _wanted(self, route: Route) -> bool:
        if route.kind not in ("report", "unrouted"):
            return False
        if self.plan.bodies and route.body not in self.plan.bodies:
            return False
        return self.plan.year is None or route.year in (None, self.plan.year)

    async def _list_safely(self, visit: Visit, column: Column) -> ListingResult:
        visit.listing = True
        try:
            return await self._list(visit, column)
        except (CrawlerError, asyncio.CancelledError):
            raise
        except Exception as fault:
            traceback.print_exc()
            return ListingResult(column.id, column.url, "", clock.stamp(), Outcome.UNKNOWN_SHAPE,
                                 f"own fault while reading the list: {type(fault).__name__}: {fault}")
        finally:
            visit.listing = False

    async def _capture_safely(self, visit: Visit, item: Item, referer: str) -> CaptureResult:
        try:
            return await self._capture(visit, item, referer)
        except (CrawlerError, asyncio.CancelledError):
            raise
        except Exception as fault:
            traceback.print_exc()
            return CaptureResult(item.url, clock.stamp(), Outcome.UNKNOWN_SHAPE,
                                 f"own fault while reading the page: {type(fault).__name__}: {fault}",
                                 list_title=item.title, list_day=item.day)

    # ------------------------------------------------------------ lists
    async def _list(self, visit: Visit, column: Column) -> ListingResult:
        listing = ListingResult(column.id, column.url, "", clock.stamp(), Outcome.OK)
        traces: list[beside_rows.Trace] = []

        async def get(asked: str | Ask) -> Answer:
            ask = asked if isinstance(asked, Ask) else Ask(asked, expect="data" if "dataproxy" in asked else "page")
            got = await self._page(visit, ask, column.url)
            listing.requests.append(got.fetch.key)
            if self.holdings and got.fetch.held is not None:
                held = self.holdings.time_of(got.fetch.held)
                listing.held = min(listing.held or held, held)
            answer = Answer(got.fetch.final_url or ask.url, got.verdict.text, got.verdict.outcome, got.verdict.reason,
                            ask.url)
            if answer.ok and ask.expect == "page":
                traces.extend(beside_rows.traces(answer.text, answer.url))
            return answer

        first = await get(column.url)
        if not first.ok:
            listing.outcome, listing.reason = first.outcome, first.reason
            return listing
        async def walk(page: Answer) -> Enumeration:
            name, settled = await self._settle(visit.portal, page, get)
            listing.family = listing.family or name
            family = families.FAMILIES.get(name)
            if family is None:
                return Enumeration([], Outcome.UNKNOWN_SHAPE, _unknown(visit.portal, name, settled))
            found: Enumeration = await family.enumerate_list(settled, get, visit.portal.expectations.max_pages)
            return found

        found = await subcolumns.enumerate_parts(first, await walk(first), get, walk)
        found = beside_rows.judged(found, traces, own=column.role == "own")
        if visit.portal.rendering == "browser" and found.outcome in _DRAWABLE \
                and not any(names_report(item.title) for item in found.items):
            listing.family = "browser"
            found, drawn = await self.drawing.listing(
                visit, column.url if "#" in column.url else first.url, visit.portal.expectations.max_pages)
            listing.requests += drawn
        found = await cut_titles.completed(found, first.url, get)
        listing.outcome, listing.reason, listing.complete = found.outcome, found.reason, found.complete
        listing.in_order, listing.reached = found.in_order, found.reached
        listing.sightings = self.roster.route_all(without_twins(found.items), visit.portal, column)
        self._judge_list(listing, visit.portal, column)
        if await self._start_page_instead(visit, listing, first.url):
            listing.outcome, listing.reason = Outcome.SOFT_404, f"the start page stands at {first.url}"
        return listing

    async def _start_page_instead(self, visit: Visit, listing: ListingResult, url: str) -> bool:
        """Whether a whole list with few reports among its rows is the site's start page, which some sites answer with
        at every address that is gone: then nearly all of its rows stand there too. Told by titles, since addresses
        without a folder lead elsewhere from there."""
        shown = {normalise(item.title) for item, _ in listing.sightings}
        start = joined(url, "/")
        if not (listing.outcome.supports_absence and listing.complete) or urlsplit(url).path in ("", "/") \
                or _reports(listing) >= _FEW * len(shown):
            return False
        home = await self._page(visit, Ask(start), url)
        if not home.ok:
            return False
        there = {normalise(title_of(link)) for link in parse(home.verdict.text).iter("a")}
        return len(shown & there) >= _NEARLY_ALL * len(shown)

    async def _settle(self, portal: Portal, first: Answer,
                      get: Get) -> tuple[str, Answer]:
        """The family of the column and the page its list really stands on (a frame of the column's page)."""
        for _ in range(3):
            name = portal.family if portal.family != "auto" else families.recognise(first.text)
            family = families.FAMILIES.get(name)
            if family is None and name:
                return name, first
            settled = False
            if family is not None and family.recognise(first.text):
                shown = family.listing(first.text, first.url)
                settled = bool(shown.items) or shown.known_shape
                if settled and (not shown.items or any(names_report(item.title) for item in shown.items)):
                    return name, first
            for frame in _frames(first):
                inner: Answer = await get(frame)
                # Beside a side column of other rows only a frame with reports is the list.
                if inner.ok and families.recognise(inner.text) and (not settled or names_report(inner.text)):
                    first = inner
                    break
            else:
                if settled:
                    return name, first
                break
        # A page without rows is of a known shape where it says itself that its list is empty.
        return ("static" if _says_empty(first) else ""), first

    def _judge_list(self, listing: ListingResult, portal: Portal, column: Column) -> None:
        """A list that holds less than it must, or nothing that could be a report, is not the list we look for. Lists of
        annual reports grow: one that lost more than half isn't either, unless `min_items` allows so few reports."""
        expected = portal.expectations
        reports = _reports(listing)
        if listing.outcome is not Outcome.OK:
            return
        if len(listing.sightings) < expected.min_items:
            listing.outcome = Outcome.UNKNOWN_SHAPE
            listing.reason = f"{len(listing.sightings)} rows where at least {expected.min_items} are expected"
        elif (listing.complete and ("min_items" not in expected.model_fields_set or reports < expected.min_items)
              and 2 * reports < (held := self.fetch_log.reports_held(portal.id, column))):
            listing.outcome = Outcome.UNKNOWN_SHAPE
            listing.reason = (f"{reports} reports where {held} stood within a year; if the list is right, "
                              f"say so with expectations: min_items: {max(1, reports)}")
        elif not any(_about_reports(item, route) for item, route in listing.sightings):
            listing.outcome = Outcome.UNKNOWN_SHAPE
            listing.reason = f"none of {len(listing.sightings)} rows is about annual reports"
        elif listing.held is not None:
            listing.outcome = Outcome.NOT_MODIFIED

    # ------------------------------------------------------------ articles
    async def _capture(self, visit: Visit, item: Item, referer: str) -> CaptureResult:
        got = await self._page(visit, Ask(item.url), referer)
        # An unchanged page is as good as one that came: its content is held; the fetch's row tells how it was learnt.
        capture = CaptureResult(item.url, got.fetch.at, Outcome.OK if got.ok else got.verdict.outcome,
                                got.verdict.reason,
                                parts=[_part("page", item.url, item.title, got)], list_title=item.title,
                                list_day=item.day, last_modified=got.fetch.headers.get("last-modified"))
        if not got.ok:
            return capture
        if not got.verdict.text:
            capture.content = got.fetch.sha256
            return capture
        address = got.fetch.final_url or item.url
        text = got.verdict.text
        if _may_list(text, visit.listed) and articles.is_list_instead(text, address, visit.listed):
            capture.outcome, capture.reason = Outcome.RATE_LIMITED, "the list came in place of the article"
            return capture
        pages = [articles.read_article(got.verdict.text, address)]
        if visit.portal.rendering == "browser" and pages[0].bare:
            drawn = await self.drawing.article(visit, address)
            if drawn and drawn.ok:
                # What the server sent stays beside what was drawn from it; the drawn page is the one that is read.
                capture.parts[0]["role"] = "original"
                capture.parts.insert(0, _part("page", item.url, item.title, drawn))
                pages = [articles.read_article(drawn.verdict.text, address)]
        hashes, unread = [], None
        further_pages = [*trs.article_pages(got.verdict.text, address), *pages[0].frames]
        for number, further in enumerate(further_pages, 2):
            more = await self._page(visit, Ask(further), item.url)
            capture.parts.append(_part("page", further, f"{item.title} {number}", more))
            if more.ok:
                pages.append(articles.read_article(more.verdict.text, further))
            elif more.verdict.outcome in _PASSING:
                unread = more
        attached = {entry.url: entry for page in pages for entry in page.attached}
        # Of a page that left its list the files it had count only where the page itself shows none.
        for found, name in item.files if item.url in visit.listed or not attached else ():
            attached.setdefault(found, Attached(found, name, "attachment"))
        for entry in attached.values():
            file = await self.fetch(visit, Ask(entry.url, expect="file"), address)
            capture.parts.append(_part(entry.role, entry.url, entry.name, file))
            if file.ok:
                hashes.append(file.fetch.sha256 or "")
                continue
            # What can't be fetched today counts as unchanged, so that a passing failure invents no new version.
            earlier = self.fetch_log.earlier(entry.url)
            hashes.append(earlier or f"unread {entry.url}")
            if not earlier and file.verdict.outcome in _PASSING:
                unread = unread or file
        if unread and sum(len(page.text) for page in pages) < articles.SUBSTANTIAL:
            capture.outcome = unread.verdict.outcome
            capture.reason = f"attachment {unread.fetch.url}: {unread.verdict.reason}"
            return capture
        capture.content = articles.content_hash(pages, hashes)
        return capture

    # ------------------------------------------------------------ pages
    async def _page(self, visit: Visit, ask: Ask, referer: str) -> Got:
        """A page; where it is nothing but a refresh to another address, that one (two such steps at most)."""
        got = await self.fetch(visit, ask, referer)
        url = ask.url
        for _ in range(2 if ask.expect == "page" else 0):
            text = got.verdict.text if got.ok else ""
            target = joined(got.fetch.final_url or url, sent) if (sent := sent_to(text)) else ""
            if not target or target == got.fetch.url or "<datastore" in text:
                break
            if urlsplit(target).path in ("", "/") and urlsplit(url).path not in ("", "/"):
                return Got(got.fetch, Verdict(Outcome.SOFT_404, f"sends to the start page {target}"))
            got = await self.fetch(visit, Ask(target), url)
        return got

    # ------------------------------------------------------------ the run's own rows
    def _mark_started(self, portal: str) -> None:
        with self.fetch_log.store.write() as connection:
            connection.execute("UPDATE run_portal SET state = 'running', started = ? WHERE run = ? AND portal = ?",
                               (clock.stamp(), self.plan.run, portal))

    async def _beat(self) -> None:
        while True:
            try:
                with self.fetch_log.store.write() as connection:
                    connection.execute("UPDATE run SET heartbeat = ? WHERE id = ?", (clock.stamp(), self.plan.run))
            except CrawlerError as fault:
                self.fail(fault)
            await asyncio.sleep(HEARTBEAT_SECONDS)


def _part(role: str, url: str, name: str, got: Got) -> dict[str, Any]:
    return {"role": role, "url": url, "name": name, "request": got.fetch.key, "sha256": got.fetch.sha256,
            "media_type": got.fetch.media_type, "outcome": str(got.verdict.outcome), "reason": got.verdict.reason}


def _reports(listing: ListingResult) -> int:
    """Rows that name a report, or say why there is none."""
    return len({item.url for item, route in listing.sightings if route.kind in REPORT_ROUTES})


def _about_reports(item: Item, route: Route) -> bool:
    """Whether a row speaks of annual reports: a meeting or another report may be in any list."""
    return route.kind in ("report", "unrouted", "note") or (route.kind == "reject" and bool(_ABOUT.search(item.title)))


def _frames(page: Answer) -> list[str]:
    """Frames of the same host that may hold the list."""
    root = parse(page.text)
    found = [absolute(page.url, node.get("src") or "") for node in root.iter("iframe", "frame")]
    return [url for url in dict.fromkeys(found)
            if url and urlsplit(url).netloc == urlsplit(page.url).netloc and not _NO_LIST_FRAME.search(url)][:5]


def _may_list(text: str, listed: set[str]) -> bool:
    """Whether enough addresses of the list may stand in a page: a first look that spares most pages the closer one."""
    names = (urlsplit(url).path.rsplit("/", 1)[-1] for url in listed)
    return sum(not name or "%" in name or name in text for name in names) >= 3


def _says_empty(page: Answer) -> bool:
    shown = families.static.listing(page.text, page.url)
    return shown.known_shape and not shown.items


def _unknown(portal: Portal, family: str, page: Answer) -> str:
    """What was seen where no list could be read."""
    if family:
        return f"the list comes from the system {family}, which is not supported yet"
    seen = families.recognise(page.text)
    if portal.family != "auto" and seen and seen != portal.family:
        return f"the page shows no mark of {portal.family} any more, it looks like {seen}"
    if seen and seen != "static":
        return f"the page comes from {seen}, but no list and nothing to ask for one was found on it"
    return "no list was found on the page"
