"""Rows of the crawl's tables say what they share once; here is how they are read whole, and what is left out of them.

Promises: the headers of a request and the parts of a capture come back as they were, from rows of every version. Leaves
alone: which rows are written (pipelines.py), the tables (store.py, which also has the view of all lists' rows).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from crawler.store import row_dicts

SHARED_HEADERS = ("accept", "accept-language", "user-agent", "accept-encoding")
"""What an installation sends with nearly every request: a row of `sent_headers`, named by fetch.sent_with."""
Row = Mapping[str, Any] | sqlite3.Row


def compact(value: Any) -> str:
    """JSON as rows hold it: without blanks, characters as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def shared_headers(sent: Mapping[str, str]) -> str:
    """Those of a request's headers that stand in `sent_headers`, as JSON."""
    return compact({name: sent[name] for name in SHARED_HEADERS if name in sent})


def own_headers(sent: Mapping[str, str]) -> str:
    """The others, as JSON for fetch.sent."""
    return compact({name: value for name, value in sent.items() if name not in SHARED_HEADERS})


def sent_headers(connection: sqlite3.Connection, row: Row) -> dict[str, str]:
    """All headers that the request of a row of `fetch` was sent with."""
    shared = connection.execute("SELECT headers FROM sent_headers WHERE id = ?", (row["sent_with"],)).fetchone()
    headers: dict[str, str] = (json.loads(shared["headers"]) if shared else {}) | json.loads(row["sent"])
    return headers


def fetches(connection: sqlite3.Connection, condition: str, parameters: tuple[Any, ...] = ()) -> list[dict[str, Any]]:
    """Rows of `fetch` under an SQL condition, `sent` with all headers that the request was sent with."""
    return [{**row, "sent": json.dumps(sent_headers(connection, row), ensure_ascii=False)}
            for row in row_dicts(connection, f"SELECT * FROM fetch WHERE {condition}", parameters)]


def own_parts(parts: list[dict[str, Any]], url: str, title: str) -> str:
    """The parts of a capture without what they share with its page, as JSON."""
    usual = _usual(url, title)
    return compact([{name: value for name, value in part.items() if name not in usual or value != usual[name]}
                    for part in parts])


def parts_of(capture: Row) -> list[dict[str, Any]]:
    """The parts of a row of `capture` (parts, url, list_title) whole."""
    usual = _usual(capture["url"], capture["list_title"])
    return [usual | part for part in json.loads(capture["parts"])]


def _usual(url: str, title: str) -> dict[str, str]:
    return {"url": url, "name": title, "reason": ""}
