"""What is let go with age: rows of fetches that saw nothing new, and the bytes of old pages that nothing rests on.

Promises: of the fetches of one request the first and the last of each day (later week, later month, in the end of each
unbroken row that saw the same) stay, and every one that saw something else than the one before; a row that goes is
counted in the row that stands for it, and listings and captures then name that one. Captures of a page that opened and
held the same go likewise. Bytes go only where no younger fetch, no newest good answer and nothing protected names
them; their hash, size and time stay in the row. Every step is one transaction, rows before files: killed anywhere, it
has lost nothing and goes on next time. No scan runs meanwhile. Leaves alone: what is protected (monitor/proofs.py),
listings and sightings themselves.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

from crawler import clock
from crawler.evidence import Evidence
from crawler.exceptions import StoreError
from crawler.shorthand import parts_of
from crawler.store import Store, row_dicts

LOT = 500
_HEALTHY = ("ok", "not_modified")
Protected = Callable[[sqlite3.Connection], tuple[set[int], set[str]]]
"""Ids of fetches and hashes that stay whatever their age."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Ages in days. Fetches older than `daily` keep a day's first, last and changed ones, older than `weekly` a week's,
    older than `monthly` a month's; older than `unchanged` (0: never) only where something else was seen, and captures
    with them; unprotected bytes older than `evidence` are let go (0: never)."""

    daily: int = 30
    weekly: int = 180
    monthly: int = 365
    evidence: int = 1095
    unchanged: int = 35

    @property
    def youngest(self) -> int:
        """From which age on anything may go."""
        return min(self.daily, self.unchanged or self.daily)


@dataclass(slots=True)
class Tidied:
    """What was done, or would be: rows rolled up, files and bytes (as on disk) let go, leavings of killed processes."""

    rolled_up: int = 0
    captures: int = 0
    files: int = 0
    bytes: int = 0
    cleared: int = 0


def tidy(store: Store, evidence: Evidence, policy: Policy, protected: Protected, at: datetime,
         dry_run: bool = False) -> Tidied:
    """Roll up and let go as of `at`. Raises StoreError while a scan runs, or when nothing can be written."""
    with _no_scan(store):
        done = Tidied()
        with store.read() as connection:
            fetches, hashes = protected(connection)
            portals = [row["portal"] for row in connection.execute("SELECT DISTINCT portal FROM fetch ORDER BY portal")]
        going: dict[str, list[Going]] = defaultdict(list)
        for portal in portals:
            if policy.unchanged:
                _roll_up_captures(store, portal, policy, fetches, at, dry_run, done)
            for run, each in _rolled_up(store, portal, policy, fetches, at):
                going[run].append(each)
                done.rolled_up += 1
        if not dry_run:
            for run, members in going.items():
                _fold(store, run, members)
        with store.read() as connection:
            fetches, hashes = protected(connection)
            released = _releasable(connection, policy, fetches, hashes, at) if policy.evidence else set()
        _let_go(store, evidence, released, hashes, at, dry_run, done)
        return done


# ---------------------------------------------------------------- rows
@dataclass(frozen=True, slots=True)
class Going:
    """A fetch that goes, the one that stands for it, and what is counted there."""

    fetch: int
    stays: int
    repeats: int
    last_at: str


def _rolled_up(store: Store, portal: str, policy: Policy, protected: set[int],
               at: datetime) -> Iterator[tuple[str, Going]]:
    """The rows of one portal's fetches that go, each with its run."""
    with store.read() as connection:
        protected = protected | {row["held"] for row in connection.execute(
            "SELECT DISTINCT held FROM fetch WHERE portal = ? AND held IS NOT NULL", (portal,))}
        # "Not modified" saw what the body it refers to held.
        rows = row_dicts(connection, """SELECT id, run, request, url, at, status, outcome, repeats, last_at,
            coalesce(sha256, (SELECT o.sha256 FROM fetch o WHERE o.id = fetch.held)) AS saw
            FROM fetch WHERE portal = ? AND at < ?
            AND run NOT IN (SELECT id FROM run WHERE state IN ('running', 'failed'))
            ORDER BY url, request, at, id""", (portal, _before(at, policy.youngest)))
    # A run that saw a host answer must still say so: a page that failed beside it is the page's fault.
    healthy = Counter(_visit(row) for row in rows if row["outcome"] in _HEALTHY)
    for _, fetches in groupby(rows, key=lambda row: (row["url"], row["request"])):
        for _, members in groupby(fetches, key=lambda row: _period(row["at"], policy, at)):
            *all_but_last, _ = members
            stays: dict[str, Any] | None = None
            for row in all_but_last:
                if (stays is not None and row["id"] not in protected and _same(row, stays)
                        and (row["outcome"] not in _HEALTHY or healthy[_visit(row)] > 1)):
                    healthy[_visit(row)] -= row["outcome"] in _HEALTHY
                    yield row["run"], Going(row["id"], stays["id"], row["repeats"], row["last_at"] or row["at"])
                else:
                    stays = row


def _fold(store: Store, run: str, going: list[Going]) -> None:
    """Count each row in the one that stands for it, let the run's listings and captures name that one, and delete
    it. The run's rows are looked through once: their portal may be another than the fetch's."""
    wanted = {each.fetch for each in going}
    naming: dict[int, list[tuple[str, int]]] = defaultdict(list)
    with store.read() as connection:
        for listing in connection.execute("SELECT id, pages FROM listing WHERE run = ?", (run,)):
            for fetch in wanted.intersection(json.loads(listing["pages"])):
                naming[fetch].append(("listing", listing["id"]))
        for capture in connection.execute("SELECT id, parts FROM capture WHERE run = ?", (run,)):
            for fetch in wanted.intersection(part.get("fetch") for part in json.loads(capture["parts"])):
                naming[fetch].append(("capture", capture["id"]))
    for start in range(0, len(going), LOT):
        lot = going[start:start + LOT]
        instead = {each.fetch: each.stays for each in lot}
        with store.write() as connection:
            connection.executemany(
                "UPDATE fetch SET repeats = repeats + 1 + ?, last_at = max(coalesce(last_at, at), ?) WHERE id = ?",
                [(each.repeats, each.last_at, each.stays) for each in lot])
            for table, number in sorted({place for each in lot for place in naming.get(each.fetch, ())}):
                _rename(connection, table, number, instead)
            connection.executemany("DELETE FROM fetch WHERE id = ?", [(each.fetch,) for each in lot])


def _rename(connection: sqlite3.Connection, table: str, number: int, instead: dict[int, int]) -> None:
    """Name other fetches in a listing's pages or a capture's parts."""
    column = {"listing": "pages", "capture": "parts"}[table]
    held = json.loads(connection.execute(f"SELECT {column} FROM {table} WHERE id = ?", (number,)).fetchone()[0])
    told = ([instead.get(page, page) for page in held] if table == "listing" else
            [{**part, "fetch": instead.get(part.get("fetch"), part.get("fetch"))} for part in held])
    connection.execute(f"UPDATE {table} SET {column} = ? WHERE id = ?",
                       (json.dumps(told, ensure_ascii=False), number))


def _same(row: dict[str, Any], other: dict[str, Any]) -> bool:
    if row["outcome"] == "not_modified" and other["outcome"] == "ok" and row["saw"]:
        # The other way round the bytes would lose the row that holds them.
        return bool(row["url"] == other["url"] and row["saw"] == other["saw"])
    return all(row[name] == other[name] for name in ("url", "status", "outcome", "saw"))


def _roll_up_captures(store: Store, portal: str, policy: Policy, protected: set[int], at: datetime, dry_run: bool,
                      done: Tidied) -> None:
    """Of the captures of a page that opened and held the same time after time, the first and the last stay."""
    with store.read() as connection:
        rows = row_dicts(connection, """SELECT id, url, outcome, content, parts, list_title, list_day,
                EXISTS (SELECT 1 FROM listed l WHERE l.url = c.url AND l.run = c.run) AS named
            FROM capture c
            WHERE portal = ? AND at < ? AND run NOT IN (SELECT id FROM run WHERE state IN ('running', 'failed'))
            ORDER BY url, at, id""", (portal, _before(at, policy.unchanged)))
    going: list[int] = []
    for _, same in groupby(rows, key=_seen_in):
        for row in list(same)[1:-1]:
            parts = json.loads(row["parts"])
            # What failed may prove that a page could not be opened.
            if row["content"] and all(each in _HEALTHY for each in (
                    row["outcome"], *(part.get("outcome") or "ok" for part in parts))) and not (
                    protected & {part.get("fetch") for part in parts}):
                going.append(row["id"])
    done.captures += len(going)
    if not dry_run:
        for start in range(0, len(going), LOT):
            with store.write() as connection:
                connection.executemany("DELETE FROM capture WHERE id = ?",
                                       [(number,) for number in going[start:start + LOT]])


def _seen_in(row: dict[str, Any]) -> tuple[Any, ...]:
    """What a capture saw, whenever it did. Whether a list named the page then is part of it: a page that opened while
    it was listed must go on breaking a row of failures, and one asked for at its own address breaks none."""
    parts = tuple((part.get("role"), part.get("url"), part.get("sha256")) for part in parts_of(row))
    return (row["url"], row["named"], row["outcome"] in _HEALTHY, row["content"], row["list_title"], row["list_day"],
            parts)


def _visit(row: dict[str, Any]) -> tuple[str, str]:
    return row["run"], urlsplit(row["url"]).netloc


def _period(moment: str, policy: Policy, at: datetime) -> date:
    """The first day of the day, week or month a fetch is kept by, as its age asks."""
    day = clock.parse(moment).astimezone(clock.ZONE).date()
    age = (at.date() - day).days
    if policy.unchanged and age >= policy.unchanged:
        return date.min
    if age >= policy.monthly:
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if age >= policy.weekly else day


def _before(at: datetime, days: int) -> str:
    return (at - timedelta(days=days)).astimezone(clock.ZONE).isoformat(timespec="seconds")


# ---------------------------------------------------------------- bytes
def _releasable(connection: sqlite3.Connection, policy: Policy, fetches: set[int], hashes: set[str],
                at: datetime) -> set[str]:
    """Hashes that only old rows name, and nothing that must stay."""
    edge = _before(at, policy.evidence)
    old = {row["sha256"] for row in connection.execute(
        "SELECT sha256 FROM fetch WHERE sha256 IS NOT NULL AND released IS NULL AND coalesce(last_at, at) < ?",
        (edge,))}
    young = {row["sha256"] for row in connection.execute(
        "SELECT sha256 FROM fetch WHERE sha256 IS NOT NULL AND coalesce(last_at, at) >= ?", (edge,))}
    newest = {row["sha256"] for row in connection.execute(
        "SELECT sha256, max(at) FROM fetch WHERE outcome = 'ok' AND sha256 IS NOT NULL GROUP BY url")}
    named = {part["sha256"] for row in connection.execute("SELECT parts FROM capture WHERE at >= ?", (edge,))
             for part in json.loads(row["parts"]) if part.get("sha256")}
    resting = {row["sha256"] for number in fetches for row in connection.execute(
        "SELECT sha256 FROM fetch WHERE id = ?", (number,))}
    return old - young - newest - named - resting - hashes


def _let_go(store: Store, evidence: Evidence, released: set[str], protected: set[str], at: datetime, dry_run: bool,
            done: Tidied) -> None:
    """Mark rows first, then take away every file that no row and nothing protected names any more."""
    listed = sorted(released)
    for start in range(0, 0 if dry_run else len(listed), LOT):
        with store.write() as connection:
            connection.executemany("UPDATE fetch SET released = ? WHERE sha256 = ? AND released IS NULL",
                                   [(at.date().isoformat(), sha256) for sha256 in listed[start:start + LOT]])
    with store.read() as connection:
        def needed(sha256: str) -> bool:
            return sha256 in protected or connection.execute(
                "SELECT 1 FROM fetch WHERE sha256 = ? AND released IS NULL LIMIT 1", (sha256,)).fetchone() is not None

        if not dry_run:
            done.cleared = evidence.mend(name for name in evidence.leaving() if needed(name))
        for sha256, size in evidence.kept():
            unneeded = sha256 in released or not needed(sha256)
            if unneeded and (dry_run or evidence.let_go(sha256)):
                done.files, done.bytes = done.files + 1, done.bytes + size


@contextlib.contextmanager
def _no_scan(store: Store) -> Iterator[None]:
    """Hold the lock a scan holds, so that neither sees the other half-way."""
    with store.path.with_name(store.path.name + ".scan-lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StoreError(f"{store.path}: a scan is running on it; tidy up after its end") from None
        yield
