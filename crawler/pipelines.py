"""What a scan writes: evidence first, then rows; and a portal's results in one transaction when it is finished.

Promises: fetch rows go out in lots, each after its bytes are safe in the evidence folder; a page this run already has
is answered from there; listing, sighting and capture rows of a portal appear together with its state `done` or not at
all. Leaves alone: deciding what is fetched (spiders/portal.py).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from crawler import clock, server_clock, shorthand
from crawler.conditional import Holdings
from crawler.evidence import Evidence
from crawler.exceptions import CrawlerError
from crawler.model import Column, Item, Outcome, Route
from crawler.outcomes import Received
from crawler.store import Store

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http.headers import Headers

LOT = 50
LOT_SECONDS = 2.0
REPORT_ROUTES = ("report", "unrouted", "foreign", "note")
"""Kinds of routes of rows that name a report, or say why there is none."""
REMEMBERED = timedelta(days=365)
"""How long a list must not fall below half of what it held; after it what was left is what the list is."""
GONE_FOR_GOOD = 8
"""Runs in a row that found an unlisted address gone before it is left alone: two months of weekly scans."""
_KEPT_HEADERS = frozenset({"content-type", "content-length", "content-disposition", "last-modified", "etag", "date",
                           "server", "retry-after", "location", "x-frame-options", "content-encoding",
                           "transfer-encoding", "content-language", "cache-control", "expires"})
_FETCH = ("run", "portal", "url", "request", "final_url", "redirects", "at", "status", "outcome", "reason", "sha256",
          "size", "media_type", "headers", "elapsed", "sent", "sent_with", "transport", "held", "text")


@dataclass(slots=True)
class Fetch:
    """One request's end, a row of `fetch`. `request` is what was asked of the address: method, and what was posted
    (families.paging.Ask.key); of a run's rows address and request are the key."""

    run: str
    portal: str
    url: str
    request: str
    at: str
    outcome: Outcome
    reason: str = ""
    final_url: str | None = None
    redirects: list[list[Any]] = field(default_factory=list)
    """Hops before the last answer: [address, status, time, kept headers] each."""
    status: int | None = None
    sha256: str | None = None
    size: int | None = None
    media_type: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    elapsed: float | None = None
    sent: dict[str, str] = field(default_factory=dict)
    """Headers of the request that brought this answer."""
    transport: str = ""
    """What was out of the ordinary on the way, e.g. a certificate that could not be verified."""
    held: int | None = None
    """The fetch whose full body a 304 confirmed; sha256, size and media_type are then that body's."""
    text: str | None = None
    """Hash of the page's visible text (crawler/conditional.py)."""

    @property
    def key(self) -> tuple[str, str]:
        return self.url, self.request

    def row(self, sent_with: int) -> tuple[Any, ...]:
        """The row's values; `sent_with` is the row of the headers that it shares with others."""
        packed = {"redirects": shorthand.compact(self.redirects), "headers": shorthand.compact(self.headers),
                  "outcome": str(self.outcome), "sent": shorthand.own_headers(self.sent), "sent_with": sent_with,
                  "final_url": None if self.final_url == self.url else self.final_url,
                  "elapsed": None if self.elapsed is None else round(self.elapsed, 3)}
        return tuple(packed[name] if name in packed else getattr(self, name) for name in _FETCH)


@dataclass(slots=True)
class ListingResult:
    """One column as it was found. `requests` are the keys of the fetches that prove it."""

    column_id: str
    url: str
    family: str
    at: str
    outcome: Outcome
    reason: str = ""
    complete: bool = False
    in_order: bool = False
    reached: str | None = None
    held: str | None = None
    """When the oldest full body was fetched on which an unchanged list rests."""
    requests: list[tuple[str, str]] = field(default_factory=list)
    sightings: list[tuple[Item, Route]] = field(default_factory=list)


@dataclass(slots=True)
class CaptureResult:
    """One article with its parts: {role, url, name, request, sha256, media_type, outcome, reason}."""

    url: str
    at: str
    outcome: Outcome
    reason: str = ""
    content: str | None = None
    parts: list[dict[str, Any]] = field(default_factory=list)
    list_title: str = ""
    list_day: str = ""
    last_modified: str | None = None


@dataclass(slots=True)
class PortalResult:
    """Everything a finished portal leaves behind."""

    portal: str
    outcome: Outcome | None
    reason: str = ""
    listings: list[ListingResult] = field(default_factory=list)
    captures: list[CaptureResult] = field(default_factory=list)
    clock_off: float | None = None
    """Seconds by which the portal's clock was ahead of ours; None where it told no time."""


class FetchLog:
    """The fetches of one run. Made by the spider; one a process."""

    def __init__(self, store: Store, evidence: Evidence, run: str) -> None:
        self.store, self.evidence, self.run = store, evidence, run
        self._waiting: dict[tuple[str, str], Fetch] = {}
        self._fault: CrawlerError | None = None
        self._flushed = time.monotonic()
        self._reader = store.open()
        self.holdings = Holdings(store, self._reader, evidence, run)

    def known(self, key: tuple[str, str]) -> tuple[Fetch, Received] | None:
        """A good answer of this run to a request (Fetch.key), from the evidence; None where it must be fetched. An
        unchanged page comes with the body that is held, as a full answer would."""
        fetch = self._waiting.get(key)
        if fetch is None:
            row = self._reader.execute("SELECT * FROM fetch WHERE url = ? AND run = ? AND request = ?",
                                       (key[0], self.run, key[1])).fetchone()
            if row is None:
                return None
            fetch = Fetch(**{**{name: row[name] for name in _FETCH if name != "sent_with"},
                             "outcome": Outcome(row["outcome"]), "redirects": json.loads(row["redirects"]),
                             "headers": json.loads(row["headers"]), "sent": shorthand.sent_headers(self._reader, row)})
        if not fetch.outcome.supports_absence or not fetch.sha256 or not self.evidence.has(fetch.sha256):
            return None
        if fetch.outcome is Outcome.NOT_MODIFIED and self.holdings.distrusts(fetch.url):
            return None
        status = 200 if fetch.outcome is Outcome.NOT_MODIFIED else fetch.status or 200
        return fetch, Received(fetch.url, fetch.final_url or fetch.url, status,
                               self.evidence.get(fetch.sha256), fetch.headers)

    def earlier(self, url: str) -> str | None:
        """sha256 of the last good answer of this address in any run."""
        row = self._reader.execute("SELECT sha256 FROM fetch WHERE url = ? AND outcome = 'ok' AND sha256 IS NOT NULL "
                                   "ORDER BY at DESC, id DESC LIMIT 1", (url,)).fetchone()
        return row["sha256"] if row else None

    def unlisted(self, portal: str, column_id: str, listed: set[str]) -> list[tuple[Item, Route]]:
        """Reports once captured from this column whose address its list no longer holds, newest routing each.

        An address that was gone in each of the last GONE_FOR_GOOD runs isn't asked for again. `files` are the
        attachments it had: the list that named them may be the only place that did.
        """
        rows = self._reader.execute(
            """SELECT s.url, s.title, s.day, s.route, s.body, s.scope, s.year, s.printed_body, max(l.at)
               FROM listing l CROSS JOIN sighting s ON s.listing = l.holder
               WHERE l.portal = ? AND l.column_id = ? AND l.run <> ? AND s.route = 'report'
                 AND EXISTS (SELECT 1 FROM capture c WHERE c.url = s.url AND c.content IS NOT NULL)
               GROUP BY s.url, s.body ORDER BY s.url""", (portal, column_id, self.run)).fetchall()
        gone = (str(Outcome.GONE), str(Outcome.SOFT_404))
        found = []
        for row in rows:
            if row["url"] in listed:
                continue
            last = self._reader.execute("SELECT outcome FROM fetch WHERE url = ? AND run <> ? "
                                        "ORDER BY at DESC, id DESC LIMIT ?",
                                        (row["url"], self.run, GONE_FOR_GOOD)).fetchall()
            if len(last) < GONE_FOR_GOOD or any(end["outcome"] not in gone for end in last):
                found.append((Item(row["url"], row["title"], row["day"], self._files_of(row["url"])),
                              Route(row["route"], row["body"], row["scope"], row["year"], row["printed_body"])))
        return found

    def reports_held(self, portal: str, column: Column) -> int:
        """How many rows of reports this list showed in full at this address within a year. The second most, where
        several looks tell: one that showed too many for once proves nothing."""
        counts = [row["reports"] for row in self._reader.execute(
            "SELECT looks, (SELECT COUNT(DISTINCT url) FROM sighting WHERE listing = holder AND route IN "
            f"({', '.join('?' * len(REPORT_ROUTES))})) AS reports FROM (SELECT holder, COUNT(*) AS looks FROM listing "
            "WHERE portal = ? AND column_id = ? AND url = ? AND complete AND at >= ? AND run <> ? AND outcome IN "
            "('ok', 'not_modified') GROUP BY holder) ORDER BY reports DESC LIMIT 2",
            (*REPORT_ROUTES, portal, column.id, column.url,
             (clock.now() - REMEMBERED).isoformat(timespec="seconds"), self.run)) for _ in range(min(2, row["looks"]))]
        return int(counts[:2][-1]) if counts else 0

    def _files_of(self, url: str) -> tuple[tuple[str, str], ...]:
        for row in self._reader.execute("SELECT url, list_title, parts FROM capture WHERE url = ? AND content IS NOT "
                                        "NULL AND run <> ? ORDER BY id DESC", (url, self.run)):
            files = [(part["url"], part["name"]) for part in shorthand.parts_of(row) if part["role"] == "attachment"]
            if files:
                return tuple(files)
        return ()

    def close(self) -> None:
        # What can't be written any more is asked for again by a resumed run.
        with contextlib.suppress(CrawlerError):
            self.flush()
        self._reader.close()

    async def keep(self, fetch: Fetch, body: bytes | None) -> Fetch:
        """Keep the bytes, then the row with its lot. Raises EvidenceError, StoreError.

        The bytes go to the disk in a thread: waiting for it cost half of a scan's time.
        """
        if body is not None:
            fetch.sha256, fetch.size = await asyncio.to_thread(self.evidence.put, body), len(body)
        self._waiting[fetch.key] = fetch
        if len(self._waiting) >= LOT or time.monotonic() - self._flushed > LOT_SECONDS:
            self.flush()
        return fetch

    def flush(self) -> None:
        """Write what waits. A request asked again in a resumed run keeps its row and takes the new end."""
        lot, self._flushed = list(self._waiting.values()), time.monotonic()
        if not lot:
            return
        if self._fault:
            raise self._fault  # every further try would wait as long for a lock that stays
        try:
            self._write(lot)
        except CrawlerError as fault:
            self._fault = fault
            raise
        for fetch in lot:
            if self._waiting.get(fetch.key) is fetch:
                del self._waiting[fetch.key]

    def _write(self, lot: list[Fetch]) -> None:
        updates = ", ".join(f"{name} = excluded.{name}" for name in _FETCH if name not in ("run", "url", "request"))
        with self.store.write() as connection:
            shared = {shorthand.shared_headers(fetch.sent) for fetch in lot}
            connection.executemany("INSERT INTO sent_headers (headers) VALUES (?) ON CONFLICT DO NOTHING",
                                   [(headers,) for headers in shared])
            ids = {row["headers"]: row["id"] for headers in shared for row in connection.execute(
                "SELECT id, headers FROM sent_headers WHERE headers = ?", (headers,))}
            connection.executemany(
                f"INSERT INTO fetch ({', '.join(_FETCH)}) VALUES ({', '.join('?' * len(_FETCH))}) "
                f"ON CONFLICT (url, run, request) DO UPDATE SET {updates}",
                [fetch.row(ids[shorthand.shared_headers(fetch.sent)]) for fetch in lot])


def _rows(sightings: list[tuple[Item, Route]]) -> list[tuple[Any, ...]]:
    """What a list holds, each row once, as columns of `sighting`."""
    rows: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for item, route in sightings:
        rows.setdefault((item.url, item.title, route.body, route.scope, route.year, route.printed_body), (
            item.url, item.title, item.day, route.kind, route.body, route.scope, route.year, route.printed_body,
            route.reason))
    return list(rows.values())


def _the_same(connection: sqlite3.Connection, portal: str, column: str, rows: list[tuple[Any, ...]]) -> int | None:
    """The listing that holds just these rows in this order, where the column's last one does."""
    last = connection.execute("SELECT holder FROM listing WHERE portal = ? AND column_id = ? "
                              "ORDER BY at DESC, id DESC LIMIT 1", (portal, column)).fetchone()
    if last is None or not rows:
        return None
    held = connection.execute("SELECT url, title, day, route, body, scope, year, printed_body, reason FROM sighting "
                              "WHERE listing = ? ORDER BY id", (last["holder"],)).fetchall()
    return int(last["holder"]) if [tuple(row) for row in held] == rows else None


def named(headers: Headers) -> dict[str, str]:
    """Scrapy's headers by name in lower case, several values joined."""
    return {name.decode("latin-1").lower(): b", ".join(values).decode("utf-8", "replace")
            for name, values in headers.items()}


def kept_headers(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name in _KEPT_HEADERS}


class PortalPipeline:
    """Writes a finished portal in one transaction."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> PortalPipeline:
        return cls(crawler)

    def process_item(self, item: PortalResult) -> PortalResult:
        spider: Any = self._crawler.spider
        log: FetchLog = spider.fetch_log
        try:
            log.flush()
            write_portal(log.store, log.run, item)
        except CrawlerError as fault:
            spider.fail(fault)
            return item
        spider.tell({"event": "portal_finished", "portal": item.portal, "outcome": item.outcome,
                     "reason": item.reason})
        return item


def write_portal(store: Store, run: str, result: PortalResult) -> None:
    """The rows of one portal and its state `done`, together or not at all; writing again changes nothing."""
    with store.write() as connection:
        state = connection.execute("SELECT state FROM run_portal WHERE run = ? AND portal = ?",
                                   (run, result.portal)).fetchone()
        if state is None or state["state"] == "done":
            return
        wanted = {request for listing in result.listings for request in listing.requests}
        wanted |= {part["request"] for capture in result.captures for part in capture.parts}
        ids = {}
        for url, request in wanted:
            row = connection.execute("SELECT id FROM fetch WHERE url = ? AND run = ? AND request = ?",
                                     (url, run, request)).fetchone()
            if row:
                ids[url, request] = row["id"]
        for listing in result.listings:
            pages = [ids[request] for request in listing.requests if request in ids]
            rows = _rows(listing.sightings)
            holder = _the_same(connection, result.portal, listing.column_id, rows)
            number = connection.execute(
                "INSERT INTO listing (run, portal, column_id, url, family, at, day, outcome, reason, complete, "
                f"in_order, reached, items, pages, held, holder) VALUES ({', '.join('?' * 16)})",
                (run, result.portal, listing.column_id, listing.url, listing.family, listing.at, listing.at[:10],
                 str(listing.outcome), listing.reason, int(listing.complete), int(listing.in_order), listing.reached,
                 len({item.url for item, _ in listing.sightings}), json.dumps(pages), listing.held, holder)).lastrowid
            if holder is None:
                connection.executemany(
                    "INSERT INTO sighting (listing, url, title, day, route, body, scope, year, printed_body, "
                    "reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [(number, *row) for row in rows])
        for capture in result.captures:
            parts = [{**{name: value for name, value in part.items() if name != "request"},
                      "fetch": ids.get(part["request"])} for part in capture.parts]
            # Two portals may carry one article: the capture that succeeded stays.
            connection.execute(
                "INSERT INTO capture (run, portal, url, at, outcome, reason, content, parts, list_title, list_day, "
                "last_modified) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (url, run) DO UPDATE SET "
                "portal = excluded.portal, at = excluded.at, outcome = excluded.outcome, reason = excluded.reason, "
                "content = excluded.content, parts = excluded.parts, list_title = excluded.list_title, list_day = "
                "excluded.list_day, last_modified = excluded.last_modified WHERE capture.content IS NULL",
                (run, result.portal, capture.url, capture.at, str(capture.outcome), capture.reason, capture.content,
                 shorthand.own_parts(parts, capture.url, capture.list_title), capture.list_title, capture.list_day,
                 capture.last_modified))
        connection.execute("UPDATE run_portal SET state = 'done', finished = ?, outcome = ?, reason = ?, "
                           "clock_off = ?, clock_kept = ? WHERE run = ? AND portal = ?",
                           (clock.stamp(), result.outcome, result.reason,
                            None if result.clock_off is None else round(result.clock_off),
                            int(result.clock_off is not None and server_clock.kept()), run, result.portal))
