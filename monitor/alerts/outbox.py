"""The outbox: what is to be sent, queued in the transaction that decided it, drained until every mail has its end.

States: queued → sending → sent; a passing refusal makes it retry (with growing waits), a final one or too many tries
park it. Promises: one key, one message, for ever; a row found `sending` (we died before noting its end) is sent again
under the same Message-ID and Date, so that the recipient's server sees one mail. Leaves alone: what a message says
(digest.py) and how it travels (channels.py).
"""

from __future__ import annotations

import contextlib
import fcntl
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from crawler import clock
from crawler.store import Store
from monitor.alerts import attachments, mail
from monitor.alerts.channels import Post, Sender
from monitor.alerts.recipients import policy
from monitor.exceptions import DeliveryError
from monitor.model import Alert
from monitor.settings import Settings

FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=5), timedelta(hours=12)
STATES = ("queued", "sending", "sent", "retry", "parked")


@dataclass(slots=True)
class Drained:
    """What one drain came to: keys by their new state, and every refusal as (recipient, what was said)."""

    sent: list[str] = field(default_factory=list)
    retry: list[str] = field(default_factory=list)
    parked: list[str] = field(default_factory=list)
    refusals: list[tuple[str, str]] = field(default_factory=list)


def queue(connection: sqlite3.Connection, alerts: Iterable[Alert], list_id: str = "nianbao.localhost") -> list[str]:
    """Queue alerts inside the caller's write transaction; those whose key is known are left alone. The keys added."""
    added = []
    for alert in alerts:
        cursor = connection.execute(
            "INSERT OR IGNORE INTO outbox (key, kind, scope, recipient, period, channel, subject, text, html, "
            "message_id, created, state) VALUES (?,?,?,?,?,?,?,?,?,?,?,'queued')",
            (alert.key, alert.kind, alert.scope, alert.recipient, alert.period, alert.channel, alert.subject,
             alert.text, alert.html, mail.message_id(alert.key, list_id), alert.created))
        if cursor.rowcount:
            added.append(alert.key)
    return added


def known(connection: sqlite3.Connection, key: str) -> bool:
    """Whether a message of this key was queued already, whatever became of it."""
    return connection.execute("SELECT 1 FROM outbox WHERE key = ?", (key,)).fetchone() is not None


def drain(settings: Settings, store: Store, now: datetime | None = None, sender: Sender | None = None, *,
          any_time: bool = False) -> Drained:
    """Send everything that is due at `now`, one message after the other, each step noted before and after.

    Outside the office hours of alerts.yaml only the operator's messages go, unless `any_time`. Mail waits untouched
    while no mail host (and no sender) is set. Raises StoreError when the database can't be written.
    """
    now = now or clock.now()
    drained = Drained()
    with _only_drainer(store) as alone:
        if not alone:
            return drained
        attachments.ensure(store, settings, now)
        with Post(settings, sender) as post:
            for key in _due(store, now, post.usable(), any_time):
                row = _take(store, key, now, post)
                if row is not None:
                    _send(settings, store, post, row, now, drained)
    return drained


@contextlib.contextmanager
def _only_drainer(store: Store) -> Iterator[bool]:
    """Hold the outbox's lock: only then does `sending` mean that somebody died, not that somebody is at it."""
    with store.path.with_name(store.path.name + ".outbox-lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def counts(connection: sqlite3.Connection) -> dict[str, int]:
    """How many mails stand in each state, zeros included."""
    found = Counter(dict(connection.execute("SELECT state, count(*) FROM outbox GROUP BY state").fetchall()))
    return {state: found[state] for state in STATES}


def last_sent(connection: sqlite3.Connection, kind: str, recipient: str, scope: str,
              before: str) -> dict[str, Any] | None:
    """The newest mail of this kind and scope to this recipient for a period before `before`; None for the first."""
    row = connection.execute("SELECT * FROM outbox WHERE kind = ? AND recipient = ? AND scope = ? AND period < ? "
                             "ORDER BY period DESC LIMIT 1", (kind, recipient, scope, before)).fetchone()
    return dict(row) if row else None


def anything_due(settings: Settings, store: Store, now: datetime) -> bool:
    """Whether a drain at `now` would hand anything over."""
    with Post(settings) as post:
        return bool(_due(store, now, post.usable(), any_time=False))


def waits_until(now: datetime, kinds: Iterable[str]) -> datetime | None:
    """When the first of these kinds may go out; None where one may already, or there are none."""
    opens = [policy().opens(kind, now) for kind in kinds]
    return min(opens) if opens and min(opens) > now else None


def _due(store: Store, now: datetime, usable: Iterable[str], any_time: bool) -> list[str]:
    stamp, channels = now.isoformat(timespec="seconds"), list(usable)
    with store.read() as connection:
        rows = connection.execute(
            f"SELECT key, kind FROM outbox WHERE channel IN ({','.join('?' * len(channels))}) AND (state IN ('queued', "
            "'sending') OR (state = 'retry' AND coalesce(next_try, '') <= ?)) ORDER BY created, key",
            (*channels, stamp)).fetchall()
    held = {kind for kind in {row["kind"] for row in rows} if not any_time and policy().opens(kind, now) > now}
    return [row["key"] for row in rows if row["kind"] not in held]


def _take(store: Store, key: str, now: datetime, post: Post) -> dict[str, Any] | None:
    """Note that this message is being handed over, before it is; None where another drainer was faster or the
    recipient's server takes no more in this minute."""
    with store.write() as connection:
        row = connection.execute("SELECT * FROM outbox WHERE key = ?", (key,)).fetchone()
        if row is None or row["state"] in ("sent", "parked"):
            return None
        limit = post.per_minute(row["channel"])
        if limit is not None and connection.execute(
                "SELECT count(*) FROM outbox WHERE channel = ? AND recipient = ? AND sent > ?",
                (row["channel"], row["recipient"],
                 (now - timedelta(minutes=1)).isoformat(timespec="seconds"))).fetchone()[0] >= limit:
            return None
        connection.execute("UPDATE outbox SET state = 'sending', attempts = attempts + 1, next_try = ? WHERE key = ?",
                           (now.isoformat(timespec="seconds"), key))
        return dict(row)


def _send(settings: Settings, store: Store, post: Post, row: dict[str, Any], now: datetime, drained: Drained) -> None:
    attempts = row["attempts"] + 1
    with store.read() as connection:
        parts = attachments.of(connection, row["key"])
    try:
        post.deliver(row, parts=parts, repeated=row["state"] == "sending")
    except DeliveryError as fault:
        # A server that is down for a week must not cost a digest: tries alone never park what is young.
        young = now - clock.parse(row["created"]) < timedelta(days=settings.mail.patience)
        final = fault.permanent or (attempts >= settings.mail.attempts and not young)
        wait = min(FIRST_WAIT * 2 ** (attempts - 1), LONGEST_WAIT)
        state, next_try = ("parked", None) if final else ("retry", (now + wait).isoformat(timespec="seconds"))
        (drained.parked if final else drained.retry).append(row["key"])
        drained.refusals.append((row["recipient"], str(fault)))
        _note(store, row["key"], state, error=str(fault), next_try=next_try)
    else:
        drained.sent.append(row["key"])
        _note(store, row["key"], "sent", sent=now.isoformat(timespec="seconds"))


def _note(store: Store, key: str, state: str, *, error: str = "", next_try: str | None = None,
          sent: str | None = None) -> None:
    with store.write() as connection:
        connection.execute("UPDATE outbox SET state = ?, error = ?, next_try = ?, sent = ? WHERE key = ?",
                           (state, error, next_try, sent, key))
