"""The probe's walk: from a home page along the most promising links to the columns of annual reports.

Promises: the scan's own way of fetching and of reading lists (robots, delay, hosts, families), at most MOST_REQUESTS
a home page, nothing stored; a column is tried exactly as a scan would read it. Leaves alone: what links mean
(navigation.py), what is decided (probe.py).
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
import re
import sys
import traceback
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from crawler import child, clock, families, navigation, rendering, standstill
from crawler.conduct import HostRule
from crawler.exceptions import CrawlerError
from crawler.families import subcolumns
from crawler.families.paging import Answer, Ask
from crawler.families.rows import names_report, parse
from crawler.model import Column, Expectations, Outcome, Portal, ScanPlan
from crawler.navigation import Link, plain
from crawler.outcomes import Received, Verdict
from crawler.pipelines import Fetch, FetchLog
from crawler.probe import Candidate, Probe, ProbePlan, Step, Target, decide, place_of, site_of
from crawler.roster import Roster
from crawler.spiders.fetching import Got, Visit
from crawler.spiders.portal import PORTALS_AT_ONCE, PortalSpider
from extract import titles

MOST_REQUESTS = 25
MOST_WITH_BROWSER = 80
_KEPT_FOR_COLUMN = 4
"""Requests that stay for reading a column once the walk looks no further."""
_DEEPEST = 5
_PAGES_OF_A_COLUMN = 3
_SURE = 0.85
_MOST_CANDIDATES = 8
_MOST_GUESSES = 8
"""Conventional addresses that are asked for where no link led anywhere."""
_NOTHING_THERE = (Outcome.GONE, Outcome.SOFT_404)
_FED_BY_SCRIPT = frozenset(families.FAMILIES) - {"static", "trs", "vsb", "aspnet", "legacy_pages", "anhui_openness"}
"""Systems whose lists come from an interface: one that asks for more than we know answers a browser still."""
_HOME_PAGE = re.compile(r"/?((index|default|home|main)\.\w+)?", re.I)


class SiteRule(HostRule):
    """The hosts of one site: the home page's own, its neighbours under the same name, and those named beside them."""

    def __init__(self, target: Target, allow_private: bool) -> None:
        super().__init__([place_of(target.home), *target.hosts, *map(place_of, target.columns)], allow_private)
        self._site = site_of(urlsplit(target.home).hostname or "")

    def refusal(self, url: str) -> str:
        refused = super().refusal(url)
        if not refused:
            return ""
        try:
            parts = urlsplit(url)
            standard = parts.port in (None, 80, 443)
        except ValueError:
            return refused
        host = parts.hostname or ""
        if parts.scheme in ("http", "https") and standard and site_of(host) == self._site and not _numeric(host):
            return "" if self.allow_private else self._literal(host)
        return refused


class MemoryLog:
    """The good answers of the walks under way, by request; the scan's FetchLog without a store."""

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        """Requests by portal, robots.txt aside."""
        self._kept: dict[tuple[str, str], tuple[Fetch, Received]] = {}

    def known(self, key: tuple[str, str]) -> tuple[Fetch, Received] | None:
        return self._kept.get(key)

    async def keep(self, fetch: Fetch, body: bytes | None) -> Fetch:
        if urlsplit(fetch.url).path != "/robots.txt":
            self.requests[fetch.portal] += 1
        if body and fetch.outcome is Outcome.OK:
            self._kept[fetch.key] = (fetch, Received(fetch.url, fetch.final_url or fetch.url, fetch.status or 200,
                                                     body, fetch.headers))
        return fetch

    def reports_held(self, portal: str, column: Column) -> int:
        """Nothing is held of before."""
        return 0

    def forget(self, portal: str) -> None:
        """Let go of a finished walk's pages."""
        self._kept = {key: kept for key, kept in self._kept.items() if kept[0].portal != portal}


class ProbeSpider(PortalSpider):
    """Walks each target of the plan; `tell` gets every finished Probe as a plain dict."""

    name = "probe"

    def __init__(self, plan: ProbePlan, tell: Any, opened: Any) -> None:
        scan = ScanPlan("probe", "", "", plan.facts, [], contact=plan.contact, delay=plan.delay, timeout=plan.timeout,
                        retries=plan.retries, allow_private_addresses=plan.allow_private_addresses)
        self.kept = MemoryLog()
        super().__init__(scan, Roster.of([], []), [], cast(FetchLog, self.kept), tell, opened)
        self.targets = plan.targets
        self._listed: dict[str, tuple[str, Answer]] = {}
        """By portal: family and page of the list read last."""

    async def start(self) -> AsyncIterator[Any]:
        self._opened(self)
        gate = asyncio.Semaphore(PORTALS_AT_ONCE)
        self._tasks = [asyncio.create_task(self._probe(target, gate)) for target in self.targets]
        for finished in asyncio.as_completed(self._tasks):
            with contextlib.suppress(asyncio.CancelledError):
                self.tell(asdict(cast(Any, await finished)))
        await self.drawing.close()
        nothing: tuple[Any, ...] = ()
        for each in nothing:
            yield each

    async def _probe(self, target: Target, gate: asyncio.Semaphore) -> Probe:
        async with gate:
            walk = Walk(self, target)
            try:
                await walk.go()
            except asyncio.CancelledError:
                raise
            except Exception as fault:
                traceback.print_exc()
                walk.probe.refusal = str(Outcome.UNKNOWN_SHAPE)
                walk.probe.reason = f"own fault while probing: {type(fault).__name__}: {fault}"
            walk.probe.requests = self.kept.requests[target.id]
            self.kept.forget(target.id)
            return walk.probe

    async def _settle(self, portal: Portal, *rest: Any) -> tuple[str, Answer]:
        settled = await super()._settle(portal, *rest)
        # The column's own page comes first, then those of the columns it is cut into.
        self._listed.setdefault(portal.id, settled)
        return settled

    async def _download(self, visit: Visit, ask: Ask, *rest: Any) -> Got:
        most = most_requests(visit.portal.rendering == "browser")
        if self.kept.requests[visit.portal.id] >= most:
            verdict = Verdict(Outcome.TIMEOUT, f"the {most} requests of a probe are spent")
            return Got(Fetch("probe", visit.portal.id, *ask.key, clock.stamp(), verdict.outcome,
                             verdict.reason), verdict)
        return await super()._download(visit, ask, *rest)

    async def read_column(self, visit: Visit, url: str) -> tuple[Any, str, Answer | None]:
        """A column as a scan reads it: its ListingResult, family and the page its list stands on."""
        self._listed.pop(visit.portal.id, None)
        listing = await self._list(visit, Column(id="probe", name="probe", url=url))
        family, page = self._listed.get(visit.portal.id, ("", None))
        return listing, family, page

    async def page(self, visit: Visit, url: str, referer: str) -> Got:
        return await self._page(visit, Ask(url), referer)


class Walk:
    """One home page's walk."""

    def __init__(self, spider: ProbeSpider, target: Target) -> None:
        self.spider, self.target = spider, target
        self.probe = Probe(target)
        portal = Portal(id=target.id, name=target.name or target.id, hosts=[place_of(target.home), *target.hosts],
                        columns=[Column(id="probe", name="probe", url=target.home)],
                        expectations=Expectations(max_pages=_PAGES_OF_A_COLUMN),
                        rendering="browser" if target.browser else "none",
                        rendering_reason="probe" if target.browser else "")
        self.visit = Visit(portal, SiteRule(target, spider.plan.allow_private_addresses))
        self.tried: list[Candidate] = []
        self.shown: list[str] = []
        """What stood on the pages that led nowhere."""
        self._waiting: list[tuple[float, int, Link, list[Step], str]] = []
        self._seen: set[str] = set()
        self._order = itertools.count()

    async def go(self) -> None:
        """Walk, then decide. Fills the probe."""
        if self.target.columns:
            for number, url in enumerate(self.target.columns, 1):
                await self._column(Link(url, "" if number == 1 else f"年报{number}", "column", 1.0), [], "")
        elif not await self._from_home():
            return
        decide(self.probe, self.tried, named=bool(self.target.columns))
        if not self.tried:
            self.probe.refusal = str(Outcome.UNKNOWN_SHAPE)
            seen = "; ".join(self.shown[:4]) or "nothing"
            self.probe.reason = f"no way to annual reports was found from {self.target.home}; seen: {seen}"

    async def _from_home(self) -> bool:
        home = self.target.home
        got = await self.spider.page(self.visit, home, "")
        self._step("", home, got)
        if not got.ok:
            self.probe.refusal, self.probe.reason = str(got.verdict.outcome), f"{home}: {got.verdict.reason}"
            return False
        text, address = await self._text(got, home), got.fetch.final_url or home
        self.probe.shell = not navigation.links(text, address) and rendering.needs_browser(text)
        self.probe.name = _site_name(text)
        self._seen.add(plain(address))
        if not _HOME_PAGE.fullmatch(urlsplit(home).path):
            # The address given may be the column itself.
            await self._column(Link(home, "", "column", 1.0), [], "")
            if self.tried and (not self.tried[0].readable or self.tried[0].reports * 2 < self.tried[0].items):
                self.tried.clear()
        self._offer(text, address, [], inside=False)
        await self._follow()
        if not any(one.readable for one in self.tried):
            search = navigation.search_address(text, address)
            if search:
                await self._open(Link(search, "search", "way", 0.5), [])
                await self._follow()
        if all(one.outcome in _NOTHING_THERE for one in self.tried):
            await self._guess(address)
        return True

    async def _guess(self, home: str) -> None:
        """Ask for the addresses that portals use by convention, where nothing that the site shows led anywhere."""
        asked = 0
        for guess in navigation.conventional(home):
            if plain(guess) in self._seen or self._spent(_KEPT_FOR_COLUMN) or asked >= _MOST_GUESSES:
                continue
            asked += 1
            self._seen.add(plain(guess))
            got = await self.spider.page(self.visit, guess, home)
            if got.ok and names_report(got.verdict.text):
                await self._column(Link(guess, "", "column", 1.0), [], "")
                if self.tried[-1].readable:
                    return
                # A page that isn't the column says nothing about the one that wasn't found.
                self.tried.pop()

    async def _text(self, got: Got, url: str) -> str:
        """The page's text, drawn where only its script does and a browser is asked for."""
        text = got.verdict.text
        if self.target.browser and rendering.needs_browser(text) and not navigation.links(text, url):
            drawn = await self.spider.drawing.article(self.visit, got.fetch.final_url or url)
            return drawn.verdict.text if drawn and drawn.ok else text
        return text

    def _spent(self, kept: int) -> bool:
        return self.spider.kept.requests[self.target.id] > most_requests(self.target.browser) - kept

    async def _follow(self) -> None:
        while self._waiting:
            weight, _, link, path, parent = heapq.heappop(self._waiting)
            found = any(one.readable for one in self.tried)
            if found and (-weight < _SURE or link.kind not in ("column", "year")):
                return
            if len(self.tried) >= _MOST_CANDIDATES:
                return
            if self._spent(_KEPT_FOR_COLUMN):
                return
            if link.kind in ("column", "year"):
                await self._column(link, path, parent)
            else:
                await self._open(link, path)

    async def _open(self, link: Link, path: list[Step]) -> None:
        """A page on the way: take its links."""
        got = await self.spider.page(self.visit, link.url, path[-1].url if path else self.target.home)
        step = self._step(link.text, link.url, got)
        if got.ok:
            self._offer(await self._text(got, link.url), got.fetch.final_url or link.url, [*path, step],
                        inside=link.weight >= 0.5)

    async def _column(self, link: Link, path: list[Step], parent: str) -> None:
        """Something named like annual reports: read it as a scan would; a page without such rows may lead to some."""
        listing, family, page = await self.spider.read_column(self.visit, link.url)
        family = listing.family if listing.family == "browser" else family
        step = Step(link.text, link.url, str(listing.outcome), listing.reason)
        self.probe.steps.append(step)
        one = Candidate(_column_name(link.text), link.url, link.kind, str(listing.outcome), listing.reason, family,
                        len(listing.sightings), complete=listing.complete, path=[*path, step], parent=parent)
        self.tried.append(one)
        _fill(one, listing, self.visit.rule)
        if page is None:
            return
        module = families.FAMILIES.get(family)
        shown = module.listing(page.text, page.url) if module else None
        one.total = shown.total if shown else None
        if not listing.sightings and one.outcome == Outcome.UNKNOWN_SHAPE:
            drawn = rendering.needs_browser(page.text) or families.recognise(page.text) in _FED_BY_SCRIPT
            one.needs_browser = drawn and not self.target.browser
            one.reason = f"{one.reason}; {navigation.describe(page.text, page.url)}"
        parts = {plain(part.url) for part in subcolumns.parts(page.text, page.url)}
        one.divided = bool(parts) and one.readable
        preview = shown.preview_of if shown and not listing.complete else ""
        if preview and one.readable:
            # The newest rows of several lists: the lists themselves are what counts.
            one.outcome, one.reason = str(Outcome.UNKNOWN_SHAPE), listing.reason
        links = navigation.links(page.text, page.url, column=True)
        if one.readable:
            # Columns that this one is cut into were read with it.
            links = [each for each in links if plain(each.url) not in parts]
            one.tabs = sorted({int(match.group()) for each in links if each.kind == "year"
                               and (match := re.search(r"20\d\d", each.text))})
            links = [each for each in links if each.kind == "column"]
        elif one.kind == "year":
            links = []
        self._push(links, [*path, step], link.url)
        if preview and not one.readable:
            self._push([Link(preview, link.text, "column", 0.9)], [*path, step], link.url)

    def _offer(self, text: str, url: str, path: list[Step], inside: bool) -> None:
        links = navigation.links(text, url, inside=inside)
        if not links:
            self.shown.append(navigation.describe(text, url))
        self._push(links, path, url)

    def _push(self, links: list[Link], path: list[Step], parent: str) -> None:
        if len(path) >= _DEEPEST:
            return
        years = sorted((link for link in links if link.kind == "year"), key=lambda link: link.text, reverse=True)
        for link in links:
            if plain(link.url) in self._seen or (link.kind == "year" and link not in years[:2]):
                continue
            self._seen.add(plain(link.url))
            heapq.heappush(self._waiting, (-link.weight * 0.98 ** len(path), next(self._order), link, path, parent))

    def _step(self, text: str, url: str, got: Got) -> Step:
        step = Step(text, url, str(got.verdict.outcome), got.verdict.reason)
        self.probe.steps.append(step)
        return step


def most_requests(browser: bool) -> int:
    """Requests of one probe; a browser's pages bring their scripts and data along."""
    return MOST_WITH_BROWSER if browser else MOST_REQUESTS


def _fill(one: Candidate, listing: Any, rule: HostRule) -> None:
    """What the rows say: which are reports, whose, of which years, on which hosts of the site."""
    for item, route in listing.sightings:
        offsite = rule.refusal(item.url)
        if route.kind == "foreign" and not offsite:
            one.hosts.append(place_of(item.url))
        title = titles.parse(item.title)
        if not title.accepted or offsite:
            continue
        one.reports += 1
        one.titles.append(item.title)
        one.twins.append(item.url)
        one.years += [title.year] if title.year and title.year not in one.years else []
        one.bodies += [title.body] if title.body and title.body not in one.bodies else []
    if one.outcome == Outcome.UNKNOWN_SHAPE and one.reports:
        one.outcome = str(Outcome.OK)  # rows on other hosts of the site, which a scan doesn't know yet
    one.hosts = list(dict.fromkeys(one.hosts))
    one.years.sort()


def _column_name(text: str) -> str:
    return re.sub(r"[\s>»›·|【】\[\]]+|更多", "", text)[:40]


def _site_name(text: str) -> str:
    root = parse(text)
    named = root.xpath("string(//meta[translate(@name,'SITENAME','sitename')='sitename']/@content)").strip()
    title = named or re.split(r"[_|｜]| - ", root.xpath("string(//title)").strip())[0]
    return re.sub(r"^(欢迎(访问|光临|来到|您访问)?)|(首页|主页|欢迎您|官方网站)+$|\s+|[-—–]+$", "", title)[:60]


def _numeric(host: str) -> bool:
    return bool(re.fullmatch(r"[\d.]+|.*:.*", host))


# ---------------------------------------------------------------- the child process
def main() -> int:
    """Probe the targets of the plan on stdin; one JSON line a probe on stdout. Returns the exit code."""
    from scrapy.crawler import AsyncCrawlerProcess
    from scrapy.settings import Settings

    from crawler import settings
    from extract import configuration
    from extract.exceptions import ExtractError

    given = child.given()
    plan = ProbePlan(**{**given, "targets": [Target(**target) for target in given["targets"]]})
    spiders: list[ProbeSpider] = []

    def opened(spider: ProbeSpider) -> None:
        spiders.append(spider)
        child.obey(spider)

    try:
        if plan.facts:
            configuration.use_office_folder(Path(plan.facts))
        known = Settings()
        known.setmodule(settings, priority="project")
        known.setdict({**settings.for_plan(cast(ScanPlan, plan)), "ITEM_PIPELINES": {}}, priority="cmdline")
        process = AsyncCrawlerProcess(known)
        with standstill.watched(lambda: spiders[0].asked if spiders else 0):
            process.crawl(ProbeSpider, plan=plan, tell=child.tell, opened=opened)
            process.start(install_signal_handlers=False)
    except (CrawlerError, ExtractError) as fault:
        child.tell({"fault": str(fault)})
        return child.OWN_FAULT
    return 0


if __name__ == "__main__":
    sys.exit(main())
