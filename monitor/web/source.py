"""Documents a report was read from, made harmless in guarded children and kept by what they hold and what is marked.

Promises: only bytes that the report's own captures name; two documents are made ready at a time, whoever asks beyond is
told so instead of waiting for ever; what was made once, or could not be made, is kept in a folder of bounded size.
Leaves alone: how a document is made harmless (sanitising.py), who may see it (views/sources.py).
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import hashlib
import json
import os
import queue
import tempfile
import threading
import time
import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crawler.evidence import Evidence
from crawler.shorthand import parts_of
from crawler.store import row_dicts
from extract.exceptions import ExtractError
from extract.limits import Guard, Limits
from extract.model import Hints
from monitor.exceptions import MonitorError

if TYPE_CHECKING:
    import sqlite3

    from extract.model import Report
    from monitor.web.installation import Installation

AT_ONCE = 2
"""Documents made ready at the same time."""
WAITING = 8
"""Requests that wait for one of those places; the threads of all others stay free."""
PATIENCE = 8.0
"""Seconds such a request waits."""
MOST = 256 << 20
"""Bytes of kept showings; the oldest go first."""
_LOOK = 40
"""Showings between two looks at how much is kept."""
_FRESH = 24 * 3600.0
_LIMITS = Limits(cpu_seconds=15, picture_cpu_seconds=45)
_GOOD = (None, "", "ok", "not_modified")


class BusyError(MonitorError):
    """Other documents are being made ready; ask again in a moment."""


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a captured page: the page itself or what hangs on it."""

    role: str
    name: str
    sha256: str
    media_type: str
    address: str


@dataclass(frozen=True, slots=True)
class Captured:
    """What one capture of a report's address brought. `pictures`: hashes by address."""

    at: str
    documents: tuple[Document, ...]
    pictures: Mapping[str, str] = field(default_factory=dict)


def captured(connection: sqlite3.Connection, row: Mapping[str, Any]) -> Captured:
    """The capture from which a report (a row of the table) was read, else the last that showed the same content."""
    found = Captured(row["last_seen"], (Document("page", "", row["sha256"], row["medium"], row["address"]),))
    for capture in row_dicts(connection, "SELECT * FROM capture WHERE url = ? AND content = ? ORDER BY at, id",
                             (row["address"], row["content"])):
        parts = [part for part in parts_of(capture)
                 if part.get("sha256") and part.get("outcome") in _GOOD]
        documents = {part["sha256"]: Document(
            str(part.get("role")), str(part.get("name") or ""), part["sha256"], str(part.get("media_type") or ""),
            str(part.get("url") or row["address"])) for part in parts if part.get("role") in ("page", "attachment")}
        if documents:
            pictures = {part["url"]: part["sha256"] for part in parts
                        if part.get("role") == "image" and part.get("url")}
            found = Captured(capture["at"], tuple(documents.values()), pictures)
        if row["sha256"] in documents:
            break
    return found


def marks_of(report: Report, sha256: str, concerned: Collection[str] = (), chosen: str = "",
             page: int | None = None) -> list[dict[str, Any]]:
    """What is to be marked in the document of that hash: every figure read from it; `page`: of that page only."""
    marks = []
    for key, figure in report.figures.items():
        source = figure.source
        if (source.document or report.sha256) != sha256 or figure.state == "absent" \
                or (source.grid is None and source.box is None and source.span is None) \
                or (page is not None and source.page not in (None, page)):
            continue
        level = "chosen" if key == chosen else "concerned" if key in concerned else "read"
        marks.append({"key": key, "level": level, "raw": figure.raw, "box": source.box, "grid": source.grid,
                      "row": source.row, "column": source.column, "span": source.span})
    return marks


class Showing:
    """Makes documents harmless, and keeps what was made in `folder`."""

    def __init__(self, folder: Path, evidence: Evidence) -> None:
        self.folder, self.evidence = folder, evidence
        self._guards = _guards()
        self._lock = threading.Lock()
        self._waiting = 0
        self._made = 0

    def shown(self, document: Document, marks: list[dict[str, Any]], page: int | None = None, *,
              pictures: Mapping[str, str] | None = None, whole: bool = False) -> dict[str, Any]:
        """The record of sanitising.Shown, or {"fault": why} where the document can't be shown. Raises BusyError, and
        EvidenceError where the bytes are gone."""
        from monitor.web import sanitising

        told = json.dumps(marks, ensure_ascii=False, sort_keys=True)
        pictures = pictures or {}
        key = hashlib.sha256(json.dumps([sanitising.VERSION, document.sha256, document.media_type, document.name, page,
                                         whole, told, sorted(pictures.items())]).encode()).hexdigest()
        kept = self._kept(key)
        if kept is not None:
            return kept
        data = self.evidence.get(document.sha256)
        hints = Hints(url=document.address, name=document.name or None, media_type=document.media_type or None,
                      resources=self._pictures(pictures))
        with self._guard() as guard:
            try:
                made = guard.record(data, hints, page=page, marks=told, whole=int(whole))
            except ExtractError as fault:
                made = {"fault": str(fault)}
        self._keep(key, made)
        if made.get("pages"):
            self._keep(_count_key(document), {"pages": made["pages"]})
        return made

    def pages_of(self, document: Document) -> int:
        """How many pages a document was found to have when it was shown; 0 where that isn't known."""
        return int((self._kept(_count_key(document)) or {}).get("pages", 0))

    def _pictures(self, pictures: Mapping[str, str]) -> dict[str, bytes]:
        from crawler.exceptions import EvidenceError

        held = {}
        for address, sha256 in pictures.items():
            with contextlib.suppress(EvidenceError):
                held[address] = self.evidence.get(sha256)
        return held

    @contextlib.contextmanager
    def _guard(self) -> Iterator[Guard]:
        with self._lock:
            if self._waiting >= WAITING:
                raise BusyError("other documents are being made ready; ask again in a moment")
            self._waiting += 1
        try:
            guard = self._guards.get(timeout=PATIENCE)
        except queue.Empty:
            raise BusyError("other documents are being made ready; ask again in a moment") from None
        finally:
            with self._lock:
                self._waiting -= 1
        try:
            yield guard
        finally:
            self._guards.put(guard)

    # ---------------------------------------------------------------- what was made
    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.z"

    def _kept(self, key: str) -> dict[str, Any] | None:
        path = self._path(key)
        try:
            made: dict[str, Any] = json.loads(zlib.decompress(path.read_bytes()))
            if time.time() - path.stat().st_mtime > _FRESH:
                os.utime(path)
        except (OSError, ValueError, zlib.error):
            return None
        return made

    def _keep(self, key: str, made: dict[str, Any]) -> None:
        """A disk that is full costs the next reader some time, not this one the page."""
        path = self._path(key)
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".part-")
            with os.fdopen(handle, "wb") as file:
                file.write(zlib.compress(json.dumps(made).encode(), 6))
            Path(temporary).replace(path)
        with self._lock:
            self._made += 1
            due = self._made % _LOOK == 1
        if due:
            self.tidy()

    def tidy(self, most: int = MOST) -> None:
        """Let the showings go that nobody has looked at for longest, until a fifth is free."""
        held = []
        for path in self.folder.glob("??/*"):
            with contextlib.suppress(OSError):
                stat = path.stat()
                held.append((stat.st_mtime, stat.st_size, path))
        total = sum(size for _, size, _ in held)
        if total <= most:
            return
        for _, size, path in sorted(held):
            if total <= most * 4 // 5:
                break
            with contextlib.suppress(OSError):
                path.unlink()
                total -= size


@functools.cache
def _guards() -> queue.LifoQueue[Guard]:
    """The guards of this process, for all showings; their helpers start with the first document and end with us."""
    made: queue.LifoQueue[Guard] = queue.LifoQueue()
    for _ in range(AT_ONCE):
        guard = Guard(_LIMITS, task="monitor.web.sanitising:show")
        atexit.register(guard.close)
        made.put(guard)
    return made


def _count_key(document: Document) -> str:
    return hashlib.sha256(f"pages {document.sha256}".encode()).hexdigest()


def showing(installation: Installation) -> Showing:
    """That of an installation: its kept showings lie beside the database."""
    store = installation.settings.store
    return _showing(Path(store.database).parent / "cache" / "shown", Path(store.evidence))


@functools.lru_cache(maxsize=8)
def _showing(folder: Path, evidence: Path) -> Showing:
    return Showing(folder, Evidence(evidence))
