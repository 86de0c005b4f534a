"""What the store holds of every body, and for each report what its rules look at beside it: the plan of a judgement.

Promises: one report version per (body, scope, year), of a portal where the body is at home; a task names every stored
report it rests on, so that it can be done in any process that can read the database; its mark changes with each of
them, with the facts of its body, its local packs and the rules. Leaves alone: running the rules (judging.py), which
tasks are due (rejudging.py).
"""

from __future__ import annotations

import functools
import hashlib
import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from crawler.homes import Homes
from extract.model import Report, Scope
from monitor import packing
from monitor.model import Standing
from monitor.packs import Packs
from monitor.rules import catalogue

if TYPE_CHECKING:
    from crawler.model import Body
    from crawler.roster import Roster

Key = tuple[str, Scope, int]
"""Body, scope, report year."""
Kept = tuple[Key, str]
"""A key with the id of the stored report that stands under it."""
_REORGANISED = ("merged_into", "split_from", "function_moved")
_HIGHEST = 12
"""Names of bodies above that are told to the rules, so that a roster whose parents run in a ring ends."""
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode
LOADED = 400
"""Unpacked records kept at hand; a county's bodies with their years."""


@dataclass(frozen=True, slots=True)
class Task:
    """One report to judge, with the reports its rules look at beside it. `facts` are what the rules need to know of
    each body named, by (body, year)."""

    key: Key
    report: str
    earlier: tuple[Kept, ...] = ()
    joined: tuple[Kept, ...] = ()
    reorganised: bool = False
    unheld: bool = False
    own: Kept | None = None
    members: tuple[tuple[str, Key, str], ...] = ()
    owing: int = 0

    def kept(self) -> Iterator[Kept]:
        """Every report it needs, its own first."""
        yield self.key, self.report
        yield from (*self.earlier, *self.joined, *((self.own,) if self.own else ()))
        yield from ((key, report) for _, key, report in self.members)


class Holdings:
    """Every current report of the store, light, with who stands above, below and before it."""

    def __init__(self, connection: sqlite3.Connection, roster: Roster, standings: Iterable[Standing],
                 bodies: Collection[str] | None = None) -> None:
        """`bodies`: only reports of these; None: all."""
        self.roster, self.packs = roster, Packs(roster)
        homes = Homes(roster)

        def speaks(row: sqlite3.Row) -> bool:
            body = roster.bodies.get(row["body"])
            return body is None or homes.speaks(row["portal"], row["address"], body)

        self.rows: dict[Key, sqlite3.Row] = dict(sorted(_current(connection, standings, bodies, speaks),
                                                        key=lambda each: each[0]))
        self._rules = catalogue.fingerprint()
        self._facts: dict[str, dict[str, Any]] = {}
        self._below: dict[str, list[Body]] = defaultdict(list)
        self._merged: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for body in roster.bodies.values():
            if body.parent:
                self._below[body.parent].append(body)
            for event in body.events:
                heir = event.other or body.successor
                if event.kind in ("merged_into", "abolished") and heir:
                    self._merged[heir].append((int(event.day[:4]), body.id))

    # ------------------------------------------------------------ tasks and their marks
    def task(self, key: Key) -> Task:
        """What judging this report rests on."""
        joined = [(other, key[1], key[2] - 1) for other in self._joined(key)]
        held = [each for each in joined if each in self.rows]
        members = self._members(key)
        own = self._own(key) if key[1] == "consolidated" else None
        return Task(
            key, self.rows[key]["id"], tuple(map(self._kept, self._earlier(key))), tuple(map(self._kept, held)),
            bool(joined) or self._moved(key), len(held) < len(joined), self._kept(own) if own else None,
            tuple((body.name, each, self.rows[each]["id"]) for body, each in members if each), len(members))

    def mark(self, key: Key) -> str:
        """rules.packs.content: each part changes alone, so that it can be told why a report is judged again."""
        beside = [self._read(each) for each in self._earlier(key)]
        beside += [self._read(each) if each in self.rows else list(each)
                   for each in ((other, key[1], key[2] - 1) for other in self._joined(key))]
        if key[1] == "consolidated":
            own = self._own(key)
            beside += [self._read(own) if own else [], *(self._read(held) if held else [body.id]
                                                         for body, held in self._members(key))]
        content = (self._read(key), self.facts(key[0]), beside)
        return f"{self._rules}.{hashed(self.pack(key[0], key[2]))}.{hashed(content)}"

    def group(self, key: Key) -> tuple[str, int]:
        """Tasks of one group share reports: a body with those straight below it, year by year."""
        body = self.roster.bodies.get(key[0])
        return (key[0] if body is None or key[0] in self._below else body.parent or key[0]), key[2]

    def facts(self, body: str) -> dict[str, Any]:
        """What rules need to know of a body beside its report, whatever the year."""
        if body not in self._facts:
            self._facts[body] = _roster_facts(self.roster, self.roster.bodies.get(body))
        return self._facts[body]

    def pack(self, body: str, year: int) -> dict[str, Any]:
        """What local packs change for a body in a year; empty where none holds."""
        return self.packs.local(self.roster.bodies.get(body), year).to_record()

    def told(self, key: Key) -> dict[str, Any]:
        """Report.roster of a report under this key."""
        pack = self.pack(key[0], key[2])
        return {**self.facts(key[0]), "pack": pack} if pack else self.facts(key[0])

    def _read(self, key: Key) -> list[Any]:
        row = self.rows[key]
        return [row[name] for name in ("id", "reader_version", "sha256", "title", "form")]

    def _kept(self, key: Key) -> Kept:
        return key, self.rows[key]["id"]

    # ------------------------------------------------------------ what stands beside a report
    def _earlier(self, key: Key) -> list[Key]:
        """The two years before, of the same scope; a report of unknown scope joins no chain."""
        if key[1] == "unknown":
            return []
        return [each for back in (2, 1) if (each := (key[0], key[1], key[2] - back)) in self.rows]

    def _joined(self, key: Key) -> list[str]:
        """Bodies that were merged into this one in the course of the year."""
        return [other for when, other in self._merged.get(key[0], ()) if when == key[2]]

    def _moved(self, key: Key) -> bool:
        body = self.roster.bodies.get(key[0])
        return any(event.kind in _REORGANISED and int(event.day[:4]) == key[2]
                   for event in (body.events if body else ()))

    def _members(self, key: Key) -> list[tuple[Body, Key | None]]:
        """Bodies straight below one with the report that goes into its consolidated one, where it is held; a report of
        several bodies stands there once."""
        if key[1] != "consolidated":
            return []
        found: list[tuple[Body, Key | None]] = []
        counted: set[str] = set()
        for body in self._below.get(key[0], ()):
            if body.kind == "government_office" or body.obligation == "none" or not _existed(body, key[2]):
                continue
            wanted: Key = (body.id, "consolidated" if body.kind == "government" else "own", key[2])
            if wanted in self.rows:
                if self.rows[wanted]["id"] in counted:
                    continue
                counted.add(self.rows[wanted]["id"])
            found.append((body, wanted if wanted in self.rows else None))
        return found

    def _own(self, key: Key) -> Key | None:
        """The office's own report beside a consolidated one: the body's own, else that of its office."""
        offices = [body.id for body in self._below.get(key[0], ()) if body.kind == "government_office"]
        keys: list[Key] = [(body, "own", key[2]) for body in (key[0], *offices)]
        return next((each for each in keys if each in self.rows), None)


class Records:
    """Stored reports unpacked as rules see them: under the key they stand for, with what the roster tells."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._facts: Mapping[Key, dict[str, Any]] = {}
        self._load = functools.lru_cache(maxsize=LOADED)(self._unpack)

    def know(self, facts: Mapping[Key, dict[str, Any]]) -> None:
        """What the roster tells of the keys to come."""
        self._facts = facts

    def load(self, kept: Kept) -> Report:
        return self._load(kept)

    def words(self, kept: Kept) -> Report:
        """The report without figures and claims, not kept at hand."""
        return self._unpack(kept, packing.words)

    def _unpack(self, kept: Kept, unpack: Callable[[bytes], Report] = packing.report) -> Report:
        (_, scope, year), identity = kept
        row = self._connection.execute("SELECT record FROM report WHERE id = ?", (identity,)).fetchone()
        report = unpack(row["record"])
        report.scope, report.year = scope, year
        report.roster |= self._facts[kept[0]]
        return report


def _existed(body: Body, year: int) -> bool:
    return (body.since or 0) <= year <= (body.until or year)


def _current(connection: sqlite3.Connection, standings: Iterable[Standing],
             bodies: Collection[str] | None, speaks: Callable[[sqlite3.Row], bool]
             ) -> Iterator[tuple[Key, sqlite3.Row]]:
    """One report version per (body, scope, year): the one its standing names, else the one seen last. `speaks`: whether
    its figures may count against the body."""
    owed: dict[tuple[str, str, int], list[Scope]] = defaultdict(list)
    for standing in standings:
        if standing.report:
            owed[standing.report, standing.body, standing.year].append(standing.scope)
    within = "" if bodies is None else "AND body IN (SELECT value FROM json_each(?))"
    values = () if bodies is None else (json.dumps(list(bodies)),)
    rows = [row for row in connection.execute(f"""
        SELECT id, body, scope, year, reader_version, sha256, title, form, portal, address FROM owned_report
        WHERE verdict = 'report' AND body IS NOT NULL AND year IS NOT NULL {within}
        ORDER BY last_seen DESC, first_seen DESC, id""", values) if speaks(row)]
    done: set[Key] = set()
    settled: set[tuple[str, int]] = set()
    for row in rows:
        for scope in owed.get((row["id"], row["body"], row["year"]), ()):
            settled.add((row["body"], row["year"]))
            if (key := (row["body"], scope, row["year"])) not in done:
                done.add(key)
                yield key, row
    for row in rows:
        if (row["id"], row["body"], row["year"]) in owed:
            continue
        key = (row["body"], cast(Scope, row["scope"]), row["year"])
        if key[1] == "unknown" and key[::2] in settled:
            # An older version of a page whose scope the standing has settled by now.
            continue
        if key not in done:
            done.add(key)
            yield key, row


def hashed(value: Any) -> str:
    """A short hash of plain data, for marks."""
    return hashlib.sha256(_encode(value).encode()).hexdigest()[:16]


def _roster_facts(roster: Roster, body: Body | None) -> dict[str, Any]:
    """What rules need to know of a body beside its report."""
    if body is None:
        return {}
    above, parent = list[str](), body.parent
    while parent in roster.bodies and len(above) < _HIGHEST:
        above += roster.bodies[parent].names
        parent = roster.bodies[parent].parent
    return {"kind": body.kind, "level": body.level, "parent": body.parent, "rulemaking": body.rulemaking,
            "since": body.since, "plates": list(body.plates), "names": list(body.names), "above": above}
