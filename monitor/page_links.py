"""Outbound links of report pages, taken once from the page held, and what the store knows of where they lead.

Promises: only links of the report's own text, never of menus, share widgets or footers; a host nobody registered is
told only where it is none of the government's or the lawful ones (config/links.yaml); a link is dead only where two
fetches on different days, the newest among them, found nothing there. Leaves alone: fetching anything (a link that was
never fetched is not called dead), what follows from it (rules/language.py).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict

from crawler import articles
from crawler.evidence import Evidence
from crawler.exceptions import EvidenceError
from crawler.roster import Roster
from crawler.shorthand import parts_of
from crawler.store import Store
from extract import configuration, decoding

_LOT = 200
_LONGEST = 200
"""Characters of an address and of its text that are kept."""
_MOST = 50
"""Links kept of one page; a page of more is a list."""


class Hosts(BaseModel):
    """config/links.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    government: tuple[str, ...]
    lawful: tuple[str, ...]
    dead: tuple[str, ...]


def hosts() -> Hosts:
    """config/links.yaml. Raises ConfigurationError with file and line."""
    loaded: Hosts = configuration.load("links.yaml", Hosts)
    return loaded


def gather(store: Store, evidence: Evidence) -> int:
    """Take the links of every report page whose links aren't known yet; how many pages that were. A page whose bytes
    are gone from the evidence is asked for again the next time."""
    taken = 0
    with store.read() as connection:
        wanted = connection.execute(
            """SELECT r.id, c.url, c.list_title, c.parts FROM report r JOIN capture c ON c.url = r.address
            AND c.content = r.content WHERE r.verdict = 'report'
            AND NOT EXISTS (SELECT 1 FROM page_links p WHERE p.report = r.id) GROUP BY r.id""").fetchall()
    for start in range(0, len(wanted), _LOT):
        found = []
        for row in wanted[start:start + _LOT]:
            links = _links(evidence, row["url"], parts_of(row))
            if links is not None:
                found.append((row["id"], json.dumps(links, ensure_ascii=False)))
        with store.write() as connection:
            connection.executemany("INSERT OR REPLACE INTO page_links (report, links) VALUES (?, ?)", found)
        taken += len(found)
    return taken


def _links(evidence: Evidence, address: str, parts: Iterable[dict[str, Any]]) -> list[list[str]] | None:
    page = next((part for part in parts if part.get("role") == "page" and part.get("sha256")), None)
    if page is None or "html" not in str(page.get("media_type") or "html"):
        return []
    try:
        data = evidence.get(page["sha256"])
    except EvidenceError:
        return None
    text, _ = decoding.decode(data, page.get("media_type"))
    return [[url[:_LONGEST], said[:_LONGEST]] for url, said in articles.links_of(text, address)][:_MOST]


def registered(roster: Roster) -> frozenset[str]:
    """Every host that a portal or a body of the roster is registered with, in lower case."""
    return frozenset(host.lower() for hosts in (*(portal.hosts for portal in roster.portals.values()),
                                   *(body.hosts for body in roster.bodies.values())) for host in hosts)


def doubtful(connection: sqlite3.Connection, known: frozenset[str], report: str,
             until: str) -> list[dict[str, Any]] | None:
    """Links of a report page that a person should look at: url, text, kind (foreign, dead) and, of dead ones, outcome
    and both times. `known`: registered hosts. None where the page's links are not known."""
    row = connection.execute("SELECT links FROM page_links WHERE report = ?", (report,)).fetchone()
    if row is None:
        return None
    found = []
    for url, text in json.loads(row["links"]):
        dead = _dead(connection, url, until)
        if dead:
            found.append({"url": url, "text": text, "kind": "dead", **dead})
        elif not _in_order(url, known):
            found.append({"url": url, "text": text, "kind": "foreign"})
    return found


def _in_order(url: str, known: frozenset[str]) -> bool:
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    suffixes = (*hosts().government, *hosts().lawful)
    return not host or host in known or parts.netloc.lower() in known or any(
        host == suffix or host.endswith(f".{suffix}") for suffix in suffixes)


def _dead(connection: sqlite3.Connection, url: str, until: str) -> dict[str, Any]:
    rows = connection.execute("SELECT at, outcome FROM fetch WHERE url = ? AND at <= ? ORDER BY at DESC LIMIT 5",
                              (url, until)).fetchall()
    failed = []
    for row in rows:
        if row["outcome"] not in hosts().dead:
            break
        failed.append(row)
    if not failed or failed[0]["at"][:10] == failed[-1]["at"][:10]:
        return {}
    return {"outcome": failed[0]["outcome"], "t1": failed[-1]["at"], "t2": failed[0]["at"]}
