"""What rests on which fetch: the proof of a standing, a finding, a version of a report, and of everything on file.

Promises: fetches and hashes found generously – one too many costs a page of disk, one too few a proof; whatever a
current status, a finding on file or any version of a report rests on is among `everything`. Leaves alone: letting go of
the rest (crawler/retention.py), writing it out (exports/evidence.py).
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from crawler.shorthand import fetches
from crawler.store import row_dicts
from monitor import records
from monitor.model import Finding, Standing

_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(slots=True)
class Proof:
    """Ids of `fetch` rows, and hashes of kept bytes that belong to no fetch known here."""

    fetches: set[int] = field(default_factory=set)
    hashes: set[str] = field(default_factory=set)

    def __or__(self, other: Proof) -> Proof:
        return Proof(self.fetches | other.fetches, self.hashes | other.hashes)

    def __ior__(self, other: Proof) -> Proof:
        self.fetches |= other.fetches
        self.hashes |= other.hashes
        return self


# ---------------------------------------------------------------- one thing
def of_standing(connection: sqlite3.Connection, standing: Standing) -> Proof:
    """What a status rests on: its observations, empty or unopened columns, and every version of its report."""
    proof = _of_evidence(connection, standing.evidence)
    addresses = {standing.address, *standing.evidence.get("addresses", ())} - {None}
    for row in _versions(connection, "address", [str(each) for each in addresses]):
        proof |= of_version(connection, row)
    for each in standing.evidence.get("unopened", ()):
        proof |= _of_captures(connection, each["page"], each["runs"])
    return proof


def of_finding(connection: sqlite3.Connection, finding: Finding) -> Proof:
    """What a finding rests on: the snapshots it names and the versions of the reports it speaks of."""
    proof = _of_evidence(connection, finding.evidence)
    if finding.report:
        for row in _versions(connection, "id", [finding.report]):
            proof |= of_version(connection, row)
    if finding.evidence.get("runs") and finding.evidence.get("page"):
        proof |= _of_captures(connection, finding.evidence["page"], finding.evidence["runs"])
    return proof


def of_version(connection: sqlite3.Connection, row: dict[str, Any]) -> Proof:
    """One version of a report: the first and the last capture that showed it, and the lists that named its address
    first and last (their day is a date of publication)."""
    captures = row_dicts(connection, "SELECT * FROM capture WHERE url = ? AND content = ? ORDER BY at, id",
                         (row["address"], row["content"]))
    proof = Proof(hashes={row["sha256"]} if _HASH.fullmatch(row["sha256"] or "") else set())
    for capture in captures[:1] + captures[-1:]:
        proof |= _of_parts(capture)
    return proof | of_address(connection, row["address"])


def of_address(connection: sqlite3.Connection, address: str) -> Proof:
    """The lists that named an address first and last."""
    listings = row_dicts(connection, """SELECT pages FROM listing
        WHERE id IN (SELECT listing FROM listed WHERE url = ?) ORDER BY at, id""", (address,))
    return Proof({fetch for listing in listings[:1] + listings[-1:] for fetch in json.loads(listing["pages"])})


def of_obligation(connection: sqlite3.Connection, body: str, year: int, scope: str | None = None) -> Proof:
    """Everything on one body's report of a year: how it stands, its findings, every version of every page of it."""
    proof = Proof()
    for standing in records.standings(connection, year, [body]):
        if scope in (None, standing.scope):
            proof |= of_standing(connection, standing)
    rows = row_dicts(connection, "SELECT * FROM finding WHERE body = ? AND year = ?", (body, year))
    for row in rows:
        if scope in (None, row["scope"]):
            proof |= of_finding(connection, _finding(row))
    for row in row_dicts(connection, "SELECT * FROM report WHERE body = ? AND year = ?", (body, year)):
        if scope in (None, row["scope"]) or row["scope"] == "unknown":
            proof |= of_version(connection, row)
    for row in row_dicts(connection, "SELECT DISTINCT url FROM sighting WHERE body = ? AND year = ?", (body, year)):
        proof |= of_address(connection, row["url"])
    return proof


# ---------------------------------------------------------------- everything
def everything(connection: sqlite3.Connection) -> Proof:
    """What must never be let go: the proof of every standing, finding and version, of captures not read yet, the newest
    look at every column, and what bodies sent with their replies."""
    proof = Proof()
    for standing in records.standings(connection):
        proof |= _of_evidence(connection, standing.evidence)
        for each in standing.evidence.get("unopened", ()):
            proof |= _of_captures(connection, each["page"], each["runs"])
    for row in row_dicts(connection, "SELECT * FROM finding"):
        proof |= of_finding(connection, _finding(row))
    for row in row_dicts(connection, "SELECT address, content, sha256 FROM report"):
        proof |= of_version(connection, row)
    for row in row_dicts(connection, """SELECT c.parts FROM capture c LEFT JOIN report r ON r.address = c.url
            AND r.content = c.content WHERE c.content IS NOT NULL AND r.id IS NULL"""):
        proof |= _of_parts(row)
    for condition in ("", "WHERE outcome IN ('ok', 'not_modified')", "WHERE outcome = 'ok' AND complete"):
        for row in row_dicts(connection, f"SELECT pages, max(at) FROM listing {condition} GROUP BY portal, column_id"):
            proof.fetches |= set(json.loads(row["pages"]))
    proof.hashes |= {row["sha256"] for row in row_dicts(connection, "SELECT sha256 FROM reply_file")}
    proof.fetches |= {repeated for row in connection.execute(
        "SELECT id, held, url, at, sha256 FROM fetch WHERE outcome = 'not_modified'")
        if (row["id"] in proof.fetches or row["sha256"] in proof.hashes)
        and (repeated := _repeated(connection, row)) is not None}
    return proof


# ---------------------------------------------------------------- rows
def rows(connection: sqlite3.Connection, proof: Proof) -> list[dict[str, Any]]:
    """The fetch rows of a proof in order of time. A hash without a fetch is shown by the first and the last that
    brought it; an answer "not modified" brings the full answer it repeats with it."""
    found = {}
    for number in proof.fetches:
        for row in fetches(connection, "id = ?", (number,)):
            found[row["id"]] = row
    known = {row["sha256"] for row in found.values()}
    for sha256 in sorted(proof.hashes - known):
        held = fetches(connection, "sha256 = ? ORDER BY at, id", (sha256,))
        found |= {row["id"]: row for row in held[:1] + held[-1:]}
    for row in list(found.values()):
        if row["outcome"] == "not_modified":
            for full in fetches(connection, "id = ?", (_repeated(connection, row),)):
                found[full["id"]] = full
    return sorted(found.values(), key=lambda row: (row["at"], row["id"]))


def _repeated(connection: sqlite3.Connection, row: Any) -> int | None:
    """The fetch of the full answer that an answer "not modified" stands for."""
    if row["held"] is not None:
        return int(row["held"])
    full = connection.execute("SELECT id FROM fetch WHERE url = ? AND outcome = 'ok' AND at <= ? "
                              "ORDER BY at DESC, id DESC LIMIT 1", (row["url"], row["at"])).fetchone()
    return None if full is None else int(full["id"])


def _of_evidence(connection: sqlite3.Connection, evidence: dict[str, Any]) -> Proof:
    proof = Proof(hashes=set(_hashes(evidence)))
    for name, members in _lists(evidence):
        if name == "fetches":
            proof.fetches |= {each for each in members if isinstance(each, int)}
        elif name == "listings":
            for number in members:
                for row in row_dicts(connection, "SELECT pages FROM listing WHERE id = ?", (number,)):
                    proof.fetches |= set(json.loads(row["pages"]))
    return proof


def _of_captures(connection: sqlite3.Connection, address: str, runs: Collection[str]) -> Proof:
    proof = Proof()
    for run in runs:
        for row in row_dicts(connection, "SELECT parts FROM capture WHERE url = ? AND run = ?", (address, run)):
            proof |= _of_parts(row)
        proof.fetches |= {row["id"] for row in connection.execute("SELECT id FROM fetch WHERE run = ? AND url = ?",
                                                                  (run, address))}
    return proof


def _of_parts(capture: dict[str, Any]) -> Proof:
    parts = json.loads(capture["parts"])
    return Proof({part["fetch"] for part in parts if part.get("fetch")},
                 {part["sha256"] for part in parts if part.get("sha256")})


def _versions(connection: sqlite3.Connection, column: str, values: Iterable[str]) -> list[dict[str, Any]]:
    return [row for value in values for row in row_dicts(
        connection, f"SELECT address, content, sha256 FROM report WHERE {column} = ?", (value,))]


def _finding(row: dict[str, Any]) -> Finding:
    """As much of a stored finding as its proof needs."""
    return Finding(row["rule"], row["version"], row["severity"], row["outcome"], row["body"], row["scope"], row["year"],
                   row["subject"], evidence=json.loads(row["detail"]).get("evidence", {}), report=row["report"])


def _hashes(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if _HASH.fullmatch(value):
            yield value
    elif isinstance(value, (dict, list, tuple)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _hashes(each)


def _lists(value: Any) -> Iterator[tuple[str, list[Any]]]:
    """Every list of a nested record with the name it stands under."""
    if isinstance(value, dict):
        for name, each in value.items():
            if isinstance(each, list):
                yield name, each
            yield from _lists(each)
    elif isinstance(value, list):
        for each in value:
            yield from _lists(each)
