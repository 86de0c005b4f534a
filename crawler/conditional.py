"""Conditional requests of our own: what is held of an address, when a 304 may stand for it, and when it may not.

Promises: a condition is sent only for a body that lies whole in the evidence folder, to the address it came from; a 304
counts only as the answer to such a condition; every address is fetched in full at least once in TURNS weeks, an eighth
of them each week; a host whose validators were caught lying is asked without conditions for DISTRUST. Leaves alone:
sending (spiders/portal.py), what an unchanged list proves (monitor/observations.py).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from crawler import clock
from crawler.exceptions import EvidenceError
from crawler.server_clock import http_date

if TYPE_CHECKING:
    import sqlite3

    from crawler.evidence import Evidence
    from crawler.store import Store

TURNS = 8
"""Every address comes to its turn of a full fetch once in this many weeks."""
DISTRUST = timedelta(weeks=26)
IMPOSSIBLE = {"If-None-Match": '"none-such"', "If-Modified-Since": "Thu, 01 Jan 1970 00:00:01 GMT"}
"""A condition that no page can meet: a host that answers it with 304 says so to everybody."""
_WEAK = timedelta(seconds=60)
"""A Last-Modified this close to the answer's own Date says nothing (RFC 9110, 8.8.2.2)."""
_COUNTER = re.compile(r"(浏览|阅读|访问|点击|查看)(次数|数量|人数|量|数)?[:：]?\d+(次|人)?")
_TODAY = re.compile(r"(今天|今日|现在|当前)(是|时间)?[:：]?20\d\d年\d{1,2}月\d{1,2}日(星期[一二三四五六日天])?"
                    r"(\d{1,2}[:：]\d{2}([:：]\d{2})?)?")


@dataclass(frozen=True, slots=True)
class Held:
    """The last full body of one request: its fetch row and what the server said of it."""

    fetch: int
    url: str
    final_url: str
    at: str
    sha256: str
    text: str | None
    size: int | None
    media_type: str | None
    headers: dict[str, str]
    steady_tag: bool
    """The tag did not change while the bytes stayed."""

    @property
    def condition(self) -> dict[str, str]:
        """The request headers that ask "only if it changed"; empty where the server gave no use for them."""
        asked = {}
        if self.headers.get("etag") and self.steady_tag:
            asked["If-None-Match"] = self.headers["etag"]
        if self.headers.get("last-modified") and not _is_now(self.headers):
            asked["If-Modified-Since"] = self.headers["last-modified"]
        return asked


class Holdings:
    """What earlier runs hold, for one run. Reads through the run's connection, writes distrust through the store."""

    def __init__(self, store: Store, reader: sqlite3.Connection, evidence: Evidence, run: str) -> None:
        self._store, self._reader, self._evidence, self._run = store, reader, evidence, run
        since = (clock.now() - DISTRUST).isoformat(timespec="seconds")
        self._distrusted = {row["host"] for row in reader.execute("SELECT host FROM distrust WHERE at >= ?", (since,))}

    def of(self, url: str, request: str) -> Held | None:
        """The last full answer to this request in an earlier run whose bytes are at hand; the last that came, whatever
        the clock then said."""
        rows = self._reader.execute(
            "SELECT * FROM fetch WHERE url = ? AND request = ? AND outcome = 'ok' AND sha256 IS NOT NULL AND run <> ? "
            "ORDER BY id DESC LIMIT 2", (url, request, self._run)).fetchall()
        if not rows or not self._evidence.has(rows[0]["sha256"]):
            return None
        row, headers = rows[0], json.loads(rows[0]["headers"])
        changing = len(rows) > 1 and rows[1]["sha256"] == row["sha256"] and (
            json.loads(rows[1]["headers"]).get("etag") != headers.get("etag"))
        return Held(row["id"], url, row["final_url"] or url, row["at"], row["sha256"], row["text"], row["size"],
                    row["media_type"], headers, not changing)

    def body(self, held: Held) -> bytes | None:
        """The held bytes; None where they can't be read back, and a 304 then confirms nothing."""
        with contextlib.suppress(EvidenceError):
            return self._evidence.get(held.sha256)
        return None

    def time_of(self, fetch: int) -> str:
        row = self._reader.execute("SELECT at FROM fetch WHERE id = ?", (fetch,)).fetchone()
        return row["at"] if row else ""

    def distrusts(self, url: str) -> bool:
        return urlsplit(url).netloc in self._distrusted

    def distrust(self, url: str, reason: str) -> None:
        """Ask this host without conditions from now on. Raises StoreError."""
        host = urlsplit(url).netloc
        self._distrusted.add(host)
        with self._store.write() as connection:
            connection.execute("INSERT INTO distrust (host, at, run, url, reason) VALUES (?, ?, ?, ?, ?) ON CONFLICT "
                               "(host) DO UPDATE SET at = excluded.at, run = excluded.run, url = excluded.url, "
                               "reason = excluded.reason", (host, clock.stamp(), self._run, url, reason))

    def lie(self, held: Held, request: str, sha256: str | None, text: str | None, headers: dict[str, str]) -> str:
        """How a full answer shows that the host's word on changes is worth nothing; empty where it doesn't."""
        if sha256 == held.sha256 or (held.text and text == held.text):
            return ""
        condition = held.condition
        if "If-None-Match" in condition:
            if headers.get("etag") == held.headers["etag"]:
                return "other content under the same ETag"
        elif condition and headers.get("last-modified") == held.headers["last-modified"]:
            return "other content under the same Last-Modified"
        changed = http_date(headers.get("last-modified", ""))
        if changed is None or _is_now(headers):
            return ""
        row = self._reader.execute("SELECT max(at) AS at FROM fetch WHERE url = ? AND request = ? AND outcome = "
                                   "'not_modified' AND held = ?", (held.url, request, held.fetch)).fetchone()
        if row["at"] and changed < clock.parse(row["at"]) - _WEAK:
            return f"called unchanged on {row['at'][:10]}, though changed before"
        return ""


def turn_came(url: str, since: str, now: datetime) -> bool:
    """Whether this address's turn of a full fetch came between its last one and now (by ISO weeks)."""
    last, week, turn = _week(clock.parse(since)), _week(now), zlib.crc32(url.encode()) % TURNS
    return any(each % TURNS == turn for each in range(last + 1, min(week, last + TURNS) + 1))


def text_hash(visible: str) -> str | None:
    """sha256 of a page's visible text without blanks, counters and today's date; None of an empty one."""
    bare = _TODAY.sub("", _COUNTER.sub("", re.sub(r"\s+", "", visible)))
    return hashlib.sha256(bare.encode()).hexdigest() if bare else None


def _week(moment: datetime) -> int:
    """ISO weeks counted through all years, so that a year of 53 weeks skips nobody's turn."""
    return (moment.astimezone(clock.ZONE).date().toordinal() - 1) // 7


def _is_now(headers: dict[str, str]) -> bool:
    changed, answered = http_date(headers.get("last-modified", "")), http_date(headers.get("date", ""))
    return changed is not None and answered is not None and answered - changed < _WEAK
