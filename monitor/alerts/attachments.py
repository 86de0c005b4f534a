"""What a digest carries beside its words: the remit's ledger as a workbook, a small chart of the counts.

Promises: parts are made once, from the judgement the digest tells of or the next, and kept with the message until it
has long been sent, so that a repeated sending is the same mail; a part that can't be made is left out and told in the
log, the digest goes all the same; the ledger of very many bodies stays out, and the digest says so. Leaves alone: what
the ledger holds (exports/ledger_book.py), sending (outbox.py).
"""

from __future__ import annotations

import io
import logging
import sqlite3
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from crawler import clock
from crawler.roster import Roster
from crawler.store import Store
from monitor import records, wording
from monitor.alerts.recipients import Recipient, recipients
from monitor.compliance import OWED, Totals
from monitor.model import Status
from monitor.settings import Settings

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

CHART = "chart"
"""Content-ID of the picture in the HTML."""
KEPT = timedelta(days=9)
"""After a message was sent its parts are kept this long: until the next week's went out."""
MOST = 10_000
"""Bodies whose ledger goes with the mail: some 7 MB, which mail servers still take."""
_WIDTH, _HEIGHT, _FONT = 672, 44, 15
_SHADES = {Status.ON_TIME: "#2F6F4F", Status.LATE_BY_RULE: "#B9CDBF", Status.LATE: "#D9A441", Status.MISSING: "#1F2328",
           Status.NOT_SEEN: "#8C959F", Status.UNVERIFIED: "#D0D7DE", Status.INVALID: "#E8DCC4",
           Status.UNDATED: "#E8DCC4", Status.WITHDRAWN: "#B35900"}
_DARK = frozenset({Status.ON_TIME, Status.MISSING, Status.WITHDRAWN, Status.NOT_SEEN})
log = logging.getLogger("nianbao.attachments")


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a message. With `cid` it stands within the HTML, else it is attached under `name`."""

    name: str
    media_type: str
    data: bytes
    cid: str = ""


def ensure(store: Store, settings: Settings, now: datetime) -> None:
    """Make the parts of digests that wait without any; drop those of messages sent long ago."""
    by_id = {recipient.id: recipient for recipient in recipients()
             if recipient.role == "oversight" and recipient.channel == "mail"}
    with store.read() as connection:
        waiting = [(row["key"], by_id[row["scope"]]) for row in connection.execute(
            "SELECT key, scope FROM outbox WHERE kind = 'digest' AND channel = 'mail' AND state <> 'sent' AND NOT "
            "EXISTS (SELECT 1 FROM outbox_part WHERE outbox_part.key = outbox.key)") if row["scope"] in by_id]
    roster = Roster.load() if waiting else None  # seconds for a country: once, not for each recipient
    made = [(key, list(_parts(store, settings, roster, recipient))) for key, recipient in waiting if roster]
    with store.write() as connection:
        for key, parts in made:
            put(connection, key, parts)
        connection.execute("DELETE FROM outbox_part WHERE key IN (SELECT key FROM outbox WHERE sent < ?)",
                           ((now - KEPT).isoformat(timespec="seconds"),))


def put(connection: sqlite3.Connection, key: str, parts: Iterable[Part]) -> None:
    connection.executemany(
        "INSERT OR IGNORE INTO outbox_part (key, name, media_type, cid, data) VALUES (?, ?, ?, ?, ?)",
        [(key, part.name, part.media_type, part.cid, part.data) for part in parts])


def of(connection: sqlite3.Connection, key: str) -> list[Part]:
    """The parts kept for a message, the picture first."""
    return [Part(row["name"], row["media_type"], row["data"], row["cid"]) for row in connection.execute(
        "SELECT * FROM outbox_part WHERE key = ? ORDER BY cid = '', name", (key,))]


def ledger_name(recipient: Recipient, bodies: int, year: int) -> str:
    """What the ledger of a digest is called; empty where so many bodies' ledger is too large for a mail."""
    if bodies > MOST:
        return ""
    return wording.say("ledger_file", recipient.language, scope=recipient.remit.label, year=year)


def _parts(store: Store, settings: Settings, roster: Roster, recipient: Recipient) -> Iterable[Part]:
    from monitor.exceptions import MonitorError
    from monitor.exports import ledger_book

    bodies = recipient.bodies(roster)
    with store.read() as connection:
        as_of = records.judged_at(connection) or clock.stamp()
        year = clock.parse(as_of).year - 1
        standings = records.standings(connection, year, bodies)
    picture = chart(Totals.count(standings))
    if picture:
        yield Part("chart.png", "image/png", picture, CHART)
    name = ledger_name(recipient, len(bodies), year)
    if not name:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.xlsx"
        try:
            ledger_book.write(store, roster, settings, path, recipient.language, year=year, bodies=bodies)
        except (MonitorError, OSError) as fault:
            log.error("ledger of %s could not be made: %s", recipient.id, fault)
            return
        yield Part(name, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", path.read_bytes())


# ---------------------------------------------------------------- the picture
def chart(totals: Totals) -> bytes:
    """One bar of all reports owed, a piece for each status with its number, in the order of the counts beside it; PNG.
    Empty where nothing is owed."""
    from PIL import Image, ImageDraw, ImageFont

    counts = [(status, totals[status]) for status in OWED if totals[status]]
    if not counts:
        return b""
    picture = Image.new("RGB", (_WIDTH, _HEIGHT), "#FFFFFF")
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(_FONT)
    left = 0
    for (status, number), width in zip(counts, widths([number for _, number in counts], _WIDTH), strict=True):
        right = left + width
        draw.rectangle((left, 4, right - 2, _HEIGHT - 5), fill=_SHADES[status], outline="#57606A")
        _label(draw, font, str(number), left, right, "#FFFFFF" if status in _DARK else "#1F2328")
        left = right
    stream = io.BytesIO()
    picture.save(stream, "PNG", optimize=True)
    return stream.getvalue()


def widths(numbers: Sequence[int], room: int, least: int = 30) -> list[int]:
    """Widths in proportion, none narrower than its number needs, together exactly `room`."""
    room = max(room, least * len(numbers))
    spare, whole = room - least * len(numbers), sum(numbers)
    made = [least + spare * number // whole for number in numbers]
    made[numbers.index(max(numbers))] += room - sum(made)
    return made


def _label(draw: ImageDraw, font: object, text: str, left: int, right: int, colour: str) -> None:
    width = draw.textlength(text, font=font)  # type: ignore[arg-type]
    draw.text((left + (right - left - width) / 2 - 1, (_HEIGHT - _FONT) / 2 - 2), text, font=font, fill=colour)  # type: ignore[arg-type]
