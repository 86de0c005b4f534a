"""Could the report's own pages be opened? What the captures of listed addresses came to.

Promises: an address counts as unopened only when it failed on two different days while its host answered healthily in
both runs, and it still fails; slowness, challenges and our own limits never count against a body.
Leaves alone: the lists themselves (observations.py).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

from crawler.model import Outcome
from crawler.store import row_dicts

FAILED = frozenset({Outcome.GONE.value, Outcome.SOFT_404.value, Outcome.SERVER_ERROR.value, Outcome.REFUSED.value,
                    Outcome.TLS.value})
"""Outcomes that speak of the page itself; timeout, challenge, forbidden and the like speak of the way there."""
GONE = frozenset({Outcome.GONE.value, Outcome.SOFT_404.value})
ANSWERED = frozenset({Outcome.OK.value, Outcome.NOT_MODIFIED.value})


def unopened(connection: sqlite3.Connection, addresses: Collection[str], until: str) -> list[dict[str, Any]]:
    """Pages and attachments of these listed addresses that could not be opened: url, role, outcome, t1, t2, runs."""
    found: list[dict[str, Any]] = []
    for address in sorted(addresses):
        # Only while the list names it: a page that left its list too was withdrawn, not broken.
        captures = row_dicts(connection, """SELECT * FROM capture c WHERE url = ? AND at <= ? AND EXISTS (
            SELECT 1 FROM listed l WHERE l.url = c.url AND l.run = c.run)
            ORDER BY at""", (address, until))
        for target, tries in _tries(captures).items():
            failed = _trailing(tries)
            pair = _two_days([each for each in failed if _host_answered(connection, each["run"], target)])
            if pair:
                found.append({"url": target, "page": address, "role": failed[-1]["role"],
                              "outcome": failed[-1]["outcome"], "t1": pair[0]["at"], "t2": pair[1]["at"],
                              "runs": [pair[0]["run"], pair[1]["run"]]})
    return found


def gone_since(connection: sqlite3.Connection, addresses: Collection[str], since: str, until: str) -> bool:
    """Whether each of these addresses was asked again from `since` on and its newest answer was that it is gone."""
    for address in addresses:
        # A row rolled up by age stands for its repeats too.
        row = connection.execute("SELECT outcome FROM fetch WHERE url = ? AND coalesce(last_at, at) >= ? AND at <= ? "
                                 "ORDER BY at DESC LIMIT 1", (address, since, until)).fetchone()
        if row is None or row["outcome"] not in GONE:
            return False
    return True


def _tries(captures: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """What every capture came to, by the address of the page or attachment, oldest first."""
    tries: dict[str, list[dict[str, Any]]] = {}
    for capture in captures:
        ends = {capture["url"]: {"outcome": capture["outcome"], "role": "page"}}
        for part in json.loads(capture["parts"]):
            if part.get("role") in ("page", "attachment") and part.get("url") and part.get("outcome"):
                ends.setdefault(part["url"], {"outcome": part["outcome"], "role": part["role"]})
        for target, end in ends.items():
            tries.setdefault(target, []).append({**end, "at": capture["at"], "run": capture["run"]})
    return tries


def _trailing(tries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The failures since it last opened; an end that says nothing of the page (slow, challenged) breaks nothing."""
    last = max((index for index, each in enumerate(tries) if each["outcome"] in ANSWERED), default=-1)
    return [each for each in tries[last + 1:] if each["outcome"] in FAILED]


def _two_days(tries: list[dict[str, Any]]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    for earlier in reversed(tries):
        if earlier["at"][:10] != tries[-1]["at"][:10]:
            return earlier, tries[-1]
    return None


def _host_answered(connection: sqlite3.Connection, run: str, address: str) -> bool:
    host = urlsplit(address).netloc
    # By the index on addresses: a run over a whole country has very many rows of other hosts.
    return any(connection.execute(
        "SELECT 1 FROM fetch WHERE url >= ? AND url < ? AND +run = ? AND outcome IN ('ok', 'not_modified') LIMIT 1",
        (f"{scheme}://{host}/", f"{scheme}://{host}0", run)).fetchone() for scheme in ("https", "http"))
