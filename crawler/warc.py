"""Fetches as a WARC file: what was asked, what was answered, every hop of a redirect, and what we know beside it.

Promises: standard tools accept the file (`warcio check`); each answer is a response record with the bytes as they are
kept, its request before it and a metadata record after it; a hop of a redirect is a pair of its own; a fetch that
brought nothing is a metadata record that says so. Bytes are kept as they read: how they were encoded on the way stands
in X-Archive-Orig-Content-Encoding. The same fetches give the same file, byte for byte. Leaves alone: which fetches
prove what (monitor/proofs.py).
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from w3lib.url import safe_url_string
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler import clock
from crawler.evidence import Evidence
from crawler.exceptions import EvidenceError

_TRAVEL = frozenset({"content-encoding", "transfer-encoding", "content-length"})
"""Headers that speak of the bytes on the way; the kept bytes differ, so they move to X-Archive-Orig-."""
_HASH = re.compile(r"[0-9a-f]{64}")
_PHRASES = {200: "OK", 301: "Moved Permanently", 302: "Found", 304: "Not Modified", 403: "Forbidden", 404: "Not Found",
            410: "Gone", 412: "Precondition Failed", 429: "Too Many Requests", 500: "Internal Server Error",
            502: "Bad Gateway", 503: "Service Unavailable"}


@dataclass(slots=True)
class Entry:
    """One fetch in the file. `records` are ids by what they hold; `fault` says why its bytes are not in it."""

    fetch: int
    url: str
    at: str
    status: int | None
    outcome: str
    sha256: str | None
    size: int | None
    records: dict[str, str] = field(default_factory=dict)
    fault: str = ""


def write(path: Path, fetches: Iterable[dict[str, Any]], evidence: Evidence, about: str, software: str) -> list[Entry]:
    """Write the rows of `fetch` given, in order of time, to `path` (.warc.gz); what became of each.

    `about` and `software` stand in the file's warcinfo. Bytes that are lost or damaged are named in the entry's fault
    and left out; the other records are written all the same. Raises OSError.
    """
    rows = sorted(fetches, key=lambda row: (row["at"], row["url"], row["request"], row["run"]))
    with path.open("wb") as file:
        writer = _Writer(file, gzip=path.name.endswith(".gz"), warc_version="WARC/1.1")
        writer.info(path.name, about, software, rows[-1]["at"] if rows else clock.stamp())
        return [_entry(writer, row, evidence) for row in rows]


def _entry(writer: _Writer, row: dict[str, Any], evidence: Evidence) -> Entry:
    entry = Entry(row["id"], row["final_url"] or row["url"], row["at"], row["status"], row["outcome"], row["sha256"],
                  row["size"])
    body = b""
    # A "not modified" has no bytes of its own; its row names those it confirms.
    if row["sha256"] and row["status"] != 304:
        try:
            body = evidence.get(row["sha256"])
        except EvidenceError as fault:
            entry.fault = f"let go on {row['released']}" if row["released"] else str(fault)
    asked = _asked(row)
    for number, (url, status, at, headers, method, sent) in enumerate(asked.hops):
        entry.records[f"hop {number + 1} request"] = writer.request(row, f"hop{number}", url, at, method, sent)
        entry.records[f"hop {number + 1} response"] = writer.response(row, f"hop{number}", url, at, status, headers,
                                                                      b"")
    if row["status"] is not None and not entry.fault:
        entry.records["request"] = writer.request(row, "end", entry.url, row["at"], asked.method, asked.posted)
        entry.records["response"] = writer.response(row, "end", entry.url, row["at"], row["status"],
                                                    json.loads(row["headers"]), body)
    entry.records["metadata"] = writer.metadata(row, entry)
    return entry


@dataclass(slots=True)
class _Asked:
    """How a fetch was asked: its redirect hops, then the method and body of the last request."""

    method: str
    posted: bytes
    hops: list[tuple[str, int, str, dict[str, str], str, bytes]]


def _asked(row: dict[str, Any]) -> _Asked:
    method, _, text = str(row["request"]).partition(" ")
    if method != "POST":
        method, text = "GET", ""
    # A long body is known by its hash only; the metadata record then names it.
    posted = b"" if _HASH.fullmatch(text) else text.encode()
    hops = []
    for hop in json.loads(row["redirects"]):
        # Earlier versions kept address and status only.
        url, status, at, headers = hop if len(hop) == 4 else (*hop[:2], row["at"], {})
        hops.append((url, int(status), at, headers, method, posted))
        if status not in (307, 308):
            method, posted = "GET", b""
    return _Asked(method, posted, hops)


def _whole(row: dict[str, Any]) -> str:
    method, _, rest = str(row["request"]).partition(" ")
    return " ".join(filter(None, (method, row["url"], rest)))


class _Writer(WARCWriter):  # type: ignore[misc]
    """Records with ids, dates and headers that depend on the fetch alone."""

    def info(self, name: str, about: str, software: str, at: str) -> None:
        said = {"software": software, "format": "WARC File Format 1.1", "description": about,
                "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"}
        text = "".join(f"{key}: {value}\r\n" for key, value in said.items()).encode()
        named = {"WARC-Record-ID": _identity("warcinfo", about, at), "WARC-Date": _utc(at), "WARC-Filename": name}
        self.write_record(self.create_warc_record("", "warcinfo", payload=BytesIO(text), length=len(text),
                                                  warc_headers_dict=named))

    def request(self, row: dict[str, Any], place: str, url: str, at: str, method: str, posted: bytes) -> str:
        address = safe_url_string(url)
        parts = urlsplit(address)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        sent = {name: value for name, value in json.loads(row["sent"]).items() if name not in ("host", *_TRAVEL)}
        headers = [("Host", parts.netloc), *((name.title(), value) for name, value in sent.items())]
        if posted:
            headers.append(("Content-Length", str(len(posted))))
        return self._http("request", row, place, address, at, f"{method} {target} HTTP/1.1", headers, posted)

    def response(self, row: dict[str, Any], place: str, url: str, at: str, status: int, headers: dict[str, str],
                 body: bytes) -> str:
        kept = [((f"X-Archive-Orig-{name.title()}" if name in _TRAVEL else name.title()), value)
                for name, value in headers.items()]
        kept.append(("Content-Length", str(len(body))))
        return self._http("response", row, place, safe_url_string(url), at,
                          f"HTTP/1.1 {status} {_PHRASES.get(status, '')}".rstrip(), kept, body)

    def metadata(self, row: dict[str, Any], entry: Entry) -> str:
        """What the store knows of a fetch beside the exchange itself, as name: value."""
        known = {"run": row["run"], "portal": row["portal"], "asked": _whole(row), "outcome": row["outcome"],
                 "reason": row["reason"], "sha256": row["sha256"], "size": row["size"], "mediaType": row["media_type"],
                 "fetchTimeMs": round(row["elapsed"] * 1000) if row["elapsed"] else None, "transport": row["transport"],
                 "seenAgainIdentical": row["repeats"], "seenAgainUntil": row["last_at"], "bytesAbsent": entry.fault}
        text = "".join(f"{name}: {' '.join(str(value).split())}\r\n" for name, value in known.items() if value).encode()
        named = {"WARC-Record-ID": _identity(row["run"], row["request"], "metadata"), "WARC-Date": _utc(row["at"])}
        if "response" in entry.records:
            named["WARC-Concurrent-To"] = entry.records["response"]
        self.write_record(self.create_warc_record(safe_url_string(entry.url), "metadata", payload=BytesIO(text),
                                                  length=len(text), warc_headers_dict=named))
        return named["WARC-Record-ID"]

    def _http(self, kind: str, row: dict[str, Any], place: str, url: str, at: str, first: str,
              headers: list[tuple[str, str]], body: bytes) -> str:
        named = {"WARC-Record-ID": _identity(row["run"], row["request"], place, kind), "WARC-Date": _utc(at)}
        if kind == "response":
            named["WARC-Concurrent-To"] = _identity(row["run"], row["request"], place, "request")
        start, _, rest = first.partition(" ") if kind == "response" else ("", "", first)
        told = StatusAndHeaders(rest, [(name, _one_line(value)) for name, value in headers], protocol=start,
                                is_http_request=kind == "request")
        self.write_record(self.create_warc_record(url, kind, payload=BytesIO(body), length=len(body),
                                                  http_headers=told, warc_headers_dict=named))
        return named["WARC-Record-ID"]


def _identity(*parts: str) -> str:
    return f"<urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, ' '.join(parts))}>"


def _utc(at: str) -> str:
    return clock.parse(at).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _one_line(value: str) -> str:
    return re.sub(r"[\r\n]+\s*", " ", str(value))
