"""Replies of bodies without an account: a link that works once, what was said through it, the files sent with it.

Promises: the link's secret has 192 random bits and is kept as a hash; it shows the findings of one letter to one body
and nothing else, ends with its day, its use or its withdrawal; what was sent stays as sent; every reply stands in its
finding's trail; files are known by content, kept as evidence and never shown in a page. Leaves alone: what the office
decides on a reply (deciding.py), the pages (views/reply.py).
"""

from __future__ import annotations

import json
import re
import secrets
import sqlite3
import zipfile
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal

from crawler import clock
from crawler.store import row_dicts
from extract import sniffing
from monitor import review, transitions
from monitor.exceptions import UsageError
from monitor.web.accounts import digest

if TYPE_CHECKING:
    from crawler.evidence import Evidence
    from monitor.web.asked import Asked

ANSWERS = ("true", "partly", "untrue")
LARGEST, MOST = 10 << 20, 10
"""Bytes of one file, and how many files one reply may have."""
INFLATED = 200 << 20
_FIT = {sniffing.PDF: "pdf", sniffing.DOCX: "docx", sniffing.XLSX: "xlsx", sniffing.DOC: "doc", sniffing.XLS: "xls",
        sniffing.WPS: "wps", sniffing.OFD: "ofd", "image/png": "png", "image/jpeg": "jpg", "text/plain": "txt"}
_MACROS = "_VBA_PROJECT".encode("utf-16-le")
_UNFIT = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+')
Standing = Literal["open", "answered", "revoked", "expired"]


@dataclass(frozen=True, slots=True)
class Link:
    """One letter's way to answer. `findings`: (id, fact) as the letter told them. Times are ISO."""

    id: int
    body: str
    findings: tuple[tuple[str, str], ...]
    number: str
    author: str
    made: str
    expires: str
    answered: str | None
    revoked: str | None

    @property
    def standing(self) -> Standing:
        if self.revoked:
            return "revoked"
        if self.answered:
            return "answered"
        return "expired" if self.expires <= clock.stamp() else "open"


@dataclass(frozen=True, slots=True)
class Said:
    """What a body says of one finding: `fixed` is the address of the corrected report, `files` (name, bytes)."""

    finding: str
    answer: str
    text: str = ""
    fixed: str = ""
    mended: bool = False
    files: tuple[tuple[str, bytes], ...] = ()


# ---------------------------------------------------------------- links
def make(connection: sqlite3.Connection, body: str, findings: Sequence[tuple[str, str]], *, author: str, days: int,
         number: str = "") -> tuple[int, str]:
    """A new link for these findings of one body: its id and its secret, which is told this once."""
    if not findings:
        raise UsageError("a reply link needs a finding of the body; choose one")
    secret = secrets.token_hex(24)
    expires = (clock.now() + timedelta(days=days)).isoformat(timespec="seconds")
    cursor = connection.execute(
        "INSERT INTO reply_link (hash, body, findings, number, author, made, expires) VALUES (?,?,?,?,?,?,?)",
        (digest(secret), body, json.dumps([list(each) for each in findings]), number, author, clock.stamp(), expires))
    return int(cursor.lastrowid or 0), secret


def find(connection: sqlite3.Connection, secret: str) -> Link | None:
    """The link of this secret, whatever became of it."""
    row = connection.execute("SELECT * FROM reply_link WHERE hash = ?", (digest(secret),)).fetchone()
    return None if row is None else _link(row)


def by_id(connection: sqlite3.Connection, identity: int) -> Link | None:
    row = connection.execute("SELECT * FROM reply_link WHERE id = ?", (identity,)).fetchone()
    return None if row is None else _link(row)


def links(connection: sqlite3.Connection, bodies: Collection[str] | None, count: int = 100) -> list[Link]:
    """The newest links, of these bodies."""
    return [_link(row) for row in connection.execute(
        "SELECT * FROM reply_link WHERE ?1 IS NULL OR body IN (SELECT value FROM json_each(?1)) ORDER BY id DESC "
        "LIMIT ?2", (None if bodies is None else json.dumps(sorted(bodies)), count))]


def revoke(connection: sqlite3.Connection, identity: int) -> bool:
    """Take a link back; whether it could have been used still."""
    return connection.execute("UPDATE reply_link SET revoked = ? WHERE id = ? AND revoked IS NULL AND answered IS NULL",
                              (clock.stamp(), identity)).rowcount > 0


def _link(row: sqlite3.Row) -> Link:
    return Link(row["id"], row["body"], tuple((each[0], each[1]) for each in json.loads(row["findings"])),
                row["number"], row["author"], row["made"], row["expires"], row["answered"], row["revoked"])


# ---------------------------------------------------------------- what a body sends
def fit(name: str, data: bytes) -> tuple[str, str]:
    """A file's name as it is kept, and its media type by content. Raises UsageError for what isn't taken."""
    shown = _UNFIT.sub("_", name.rsplit("/")[-1].rsplit("\\")[-1]).strip(" .")[-100:] or "_"
    if not data or len(data) > LARGEST:
        raise UsageError(f"{shown}: a file has up to {LARGEST >> 20} MiB and isn't empty; send a smaller one")
    kind = sniffing.media_type(data, shown)
    if kind not in _FIT:
        raise UsageError(f"{shown}: files of this kind aren't taken; send PDF, Word, Excel, OFD, a picture or plain "
                         "text")
    if data[:2] == b"PK":
        _whole(shown, data)
    if _MACROS in data:
        raise UsageError(f"{shown}: holds macros; save it without them")
    ending = _FIT[kind]
    fits = shown.lower().endswith((f".{ending}", ".jpeg" if ending == "jpg" else f".{ending}"))
    return shown if fits else f"{shown}.{ending}", kind


def _whole(name: str, data: bytes) -> None:
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        raise UsageError(f"{name}: damaged; save it again") from None
    if len(members) > 5000 or sum(member.file_size for member in members) > INFLATED:
        raise UsageError(f"{name}: unpacks to more than {INFLATED >> 20} MiB; send a smaller one")
    if any("vbaproject" in member.filename.lower() for member in members):
        raise UsageError(f"{name}: holds macros; save it without them")


def send(connection: sqlite3.Connection, evidence: Evidence, link: Link, said: Iterable[Said], *, contact: str,
         address: str, name: str) -> None:
    """Keep what a body says and let it count; call it inside a write transaction. `name`: the body's, as the trail
    shows it. Raises UsageError where the link was used or taken back meanwhile."""
    taken = connection.execute("UPDATE reply_link SET answered = ? WHERE id = ? AND answered IS NULL AND revoked IS "
                               "NULL AND expires > ?", (clock.stamp(), link.id, clock.stamp())).rowcount
    if not taken:
        raise UsageError("this link was used or taken back already; nothing was sent")
    facts = dict(link.findings)
    for each in said:
        cursor = connection.execute(
            "INSERT INTO reply (link, at, body, finding, fact, answer, text, fixed, contact, address) "
            "VALUES (?,?,?,?,?,?,?,?,?,?)", (link.id, clock.stamp(), link.body, each.finding, facts[each.finding],
                                             each.answer, each.text, each.fixed, contact, address))
        for file, data in each.files:
            shown, kind = fit(file, data)
            connection.execute("INSERT INTO reply_file (reply, sha256, name, media_type, size) VALUES (?,?,?,?,?)",
                               (cursor.lastrowid, evidence.put(data), shown, kind, len(data)))
        _counts(connection, each, facts[each.finding], cursor.lastrowid, name)


def _counts(connection: sqlite3.Connection, said: Said, fact: str, reply: int | None, name: str) -> None:
    """The reply in the trail; an objection or a report of mending moves the state where that fits it."""
    stored = next(iter(review.list_findings(connection, ids=[said.finding], cleared=True)), None)
    if stored is None:
        return
    text = "\n".join(part for part in (said.text, said.fixed) if part)
    review.remark(connection, said.finding, text or said.answer, author=name, action="reply",
                  detail={"reply": reply, "answer": said.answer})
    action = "dispute" if said.answer != "true" else "rectify" if said.fixed or said.mended else ""
    known = transitions.of_person().get(action)
    if known and stored.finding.fact == fact and stored.cleared is None and stored.state in known.allowed:
        review.decide(connection, said.finding, action, author=name, reason=text or said.answer)


# ---------------------------------------------------------------- what was said
def of_link(connection: sqlite3.Connection, link: int) -> dict[str, dict[str, Any]]:
    """What was sent through a link, by finding."""
    return {row["finding"]: {**row, "files": row_dicts(connection, "SELECT * FROM reply_file WHERE reply = ?",
                                                       (row["id"],))}
            for row in row_dicts(connection, "SELECT * FROM reply WHERE link = ?", (link,))}


def of_finding(asked: Asked, finding: str) -> list[dict[str, Any]]:
    """Replies on one finding as its reviewers read them, newest first."""
    found = []
    for row in row_dicts(asked.connection, "SELECT * FROM reply WHERE finding = ? ORDER BY id DESC", (finding,)):
        files = row_dicts(asked.connection, "SELECT * FROM reply_file WHERE reply = ?", (row["id"],))
        found.append({**row, "at": asked.day(row["at"][:16]), "answer": asked.t(f"answer_{row['answer']}"),
                      "files": [{**each, "size": f"{max(1, round(each['size'] / 1024))} KB"} for each in files]})
    return found


def file(connection: sqlite3.Connection, identity: int) -> dict[str, Any] | None:
    """One sent file with the body and finding it belongs to."""
    return next(iter(row_dicts(connection, """SELECT f.*, r.body, r.finding FROM reply_file f JOIN reply r
        ON r.id = f.reply WHERE f.id = ?""", (identity,))), None)
