"""What `nianbao doctor` looks at: one function for each thing that keeps an installation from working.

Promises: nothing is changed (a file that proves writability is removed again), each check tells what it saw and how to
mend it, none stops the others. Leaves alone: the portals' state (that's a scan's work).
"""

from __future__ import annotations

import functools
import os
import shutil
import smtplib
import sqlite3
import subprocess
import sys
import tempfile
import time
import zoneinfo
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from crawler import clock
from crawler.exceptions import CrawlerError
from crawler.store import Store
from extract.exceptions import ExtractError
from monitor import wrong_clock
from monitor.exceptions import MonitorError

if TYPE_CHECKING:
    from crawler.roster import Roster
    from monitor.settings import Settings

Level = Literal["ok", "warn", "fail"]
ROOM_LOW, ROOM_GONE = 5 * 2**30, 2**29
"""Free bytes below which a scan's evidence may soon not fit, or doesn't."""
SILENT_DAYS = 8
"""A weekly digest older than this means that something stopped."""
BACKUP_DAYS = 3


@dataclass(slots=True)
class Check:
    """One line of the doctor. `text` and `mend` are keys of vocabulary.yaml `doctor_texts`; `values` fill them."""

    name: str
    level: Level
    text: str
    values: dict[str, Any] = field(default_factory=dict)


def examine(settings: Settings) -> Iterator[Check]:
    """Every check in order. A check that itself breaks is a failure that says so."""
    _roster.cache_clear()
    for name, check in _CHECKS:
        try:
            yield check(settings)
        except (ExtractError, CrawlerError, MonitorError) as fault:
            yield Check(name, "fail", "error", {"error": str(fault)})
        except (OSError, sqlite3.Error) as fault:
            yield Check(name, "fail", "error", {"error": f"{getattr(fault, 'filename', None) or ''} {fault}".strip()})


@functools.cache
def _roster() -> Roster:
    """The roster as it stands now: seconds for a country, so once for all checks."""
    from crawler.roster import Roster

    return Roster.load()


def _python(settings: Settings) -> Check:
    version = ".".join(str(part) for part in sys.version_info[:3])
    level: Level = "ok" if sys.version_info >= (3, 11) else "fail"
    return Check("python", level, f"python_{level}", {"version": version})


def _settings(settings: Settings) -> Check:
    if settings.path is None:
        return Check("settings", "warn", "settings_none")
    return Check("settings", "ok", "settings_ok", {"path": settings.path})


def _facts(settings: Settings) -> Check:
    from extract import configuration
    from monitor import obligations, wording
    from monitor.rules import catalogue

    wording.vocabulary()
    catalogue.catalogue()
    roster = _roster()
    obligations.obligations(roster, settings, obligations.years_watched(settings, clock.today()))
    values = {"bodies": len(roster.bodies), "portals": len(roster.portals),
              "folder": configuration.office_folder() or configuration.packaged_folder()}
    if settings.facts.folder is None:
        return Check("facts", "warn", "facts_packaged", values)
    if not roster.bodies or not roster.portals:
        return Check("facts", "warn", "facts_empty", values)
    return Check("facts", "ok", "facts_ok", values)


def _database(settings: Settings) -> Check:
    path = settings.store.database
    if not path.is_file():
        folder = _existing(path.parent)
        if not os.access(folder, os.W_OK):
            return Check("database", "fail", "not_writable", {"path": folder})
        return Check("database", "ok", "database_none", {"path": path})
    with Store(path).read() as connection:
        verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        return Check("database", "fail", "database_damaged", {"path": path, "error": verdict})
    if not os.access(path, os.W_OK):
        return Check("database", "fail", "not_writable", {"path": path})
    return Check("database", "ok", "database_ok", {"path": path, "size": _megabytes(path.stat().st_size)})


def _evidence(settings: Settings) -> Check:
    folder = _existing(settings.store.evidence)
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"nianbao")
    except OSError:
        return Check("evidence", "fail", "not_writable", {"path": folder})
    return Check("evidence", "ok", "evidence_ok", {"path": settings.store.evidence})


def _disk(settings: Settings) -> Check:
    free = shutil.disk_usage(_existing(settings.store.evidence)).free
    level: Level = "ok" if free >= ROOM_LOW else "warn" if free >= ROOM_GONE else "fail"
    return Check("disk", level, f"disk_{'ok' if level == 'ok' else 'low'}", {"free": _megabytes(free)})


def _clock(settings: Settings) -> Check:
    zoneinfo.ZoneInfo("Asia/Shanghai")
    now = clock.stamp()
    if clock.simulated():
        return Check("clock", "warn", "clock_simulated", {"now": now})
    off, path = None, settings.store.database
    if path.is_file():
        with Store(path).read() as connection:
            off = wrong_clock.off(connection)
    if off is not None and abs(off) > wrong_clock.TOLERANCE:
        return Check("clock", "fail", "clock_wrong", {"now": now, "there": f"{clock.now() + off:%Y-%m-%d %H:%M}"})
    return Check("clock", "ok", "clock_ok", {"now": now})


def _contact(settings: Settings) -> Check:
    if not settings.scan.contact:
        return Check("contact", "warn", "contact_none")
    return Check("contact", "ok", "contact_ok", {"contact": settings.scan.contact})


def _mail(settings: Settings) -> Check:
    from monitor.alerts import mail

    if not settings.mail.host:
        return Check("mail", "warn", "mail_none")
    place = f"{settings.mail.host}:{settings.mail.port}"
    try:
        with mail.connect(settings.mail):
            return Check("mail", "ok", "mail_ok", {"place": place})
    except (OSError, smtplib.SMTPException, MonitorError) as fault:
        return Check("mail", "fail", "mail_unreachable", {"place": place, "error": mail.said(fault)})


def _recipients(settings: Settings) -> Check:
    from monitor.alerts.recipients import recipients

    listed = recipients()
    for recipient in listed:
        recipient.bodies(_roster())
    if not listed:
        return Check("recipients", "warn", "recipients_none")
    return Check("recipients", "ok", "recipients_ok", {"n": len(listed)})


def _outbox(settings: Settings) -> Check:
    path = settings.store.database
    if not path.is_file():
        return Check("outbox", "ok", "outbox_empty")
    with Store(path).read() as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'outbox'").fetchone():
            return Check("outbox", "ok", "outbox_empty")
        counts = dict(connection.execute("SELECT state, count(*) FROM outbox GROUP BY state").fetchall())
        last = connection.execute("SELECT max(sent) FROM outbox WHERE kind = 'digest'").fetchone()[0]
    if counts.get("parked"):
        return Check("outbox", "fail", "outbox_parked", {"n": counts["parked"]})
    if not counts:
        return Check("outbox", "ok", "outbox_empty")
    if last and clock.parse(last) < clock.now() - timedelta(days=SILENT_DAYS):
        return Check("outbox", "fail", "outbox_silent", {"last": last, "n": SILENT_DAYS})
    if waiting := sum(count for state, count in counts.items() if state != "sent"):
        return Check("outbox", "warn", "outbox_waiting", {"n": waiting})
    return Check("outbox", "ok", "outbox_ok", {"last": last})


def _browser(settings: Settings) -> Check:
    from crawler import rendering

    users = sum(portal.rendering == "browser" for portal in _roster().portals.values())
    if not users:
        return Check("browser", "ok", "browser_unused")
    if lacking := rendering.missing():
        return Check("browser", "fail", "browser_missing", {"n": users, "error": lacking})
    return Check("browser", "ok", "browser_ok", {"n": users, "program": rendering.program()})


def _robots(settings: Settings) -> Check:
    from monitor.alerts import chat
    from monitor.alerts.recipients import recipients

    listed = [recipient for recipient in recipients() if recipient.channel != "mail"]
    for recipient in listed:
        chat.terms(recipient.channel)
        chat.robot(recipient.id, settings.chat.secrets)
        path = settings.chat.secrets / f"{recipient.id}.webhook"
        if path.is_file() and path.stat().st_mode & 0o077:
            return Check("robots", "warn", "robots_open", {"path": path})
    return Check("robots", "ok", "robots_ok" if listed else "robots_none", {"n": len(listed)})


def _secrets(settings: Settings) -> Check:
    """Whether other users of the machine can read what only we should: passwords, keys, the database and its copies."""
    from monitor import backup

    chat, folder = settings.chat.secrets, settings.backup.folder
    named = [settings.mail.password_file, settings.scan.proxy_secrets, settings.reading.cluster_key]
    private = [path for path in named if path is not None] + ([chat, *sorted(chat.iterdir())] if chat.is_dir() else [])
    for path in private:
        if path.exists() and path.stat().st_mode & 0o077:
            return Check("secrets", "warn", "secrets_open", {"path": path, "mode": "700" if path.is_dir() else "600"})
    for path in [settings.store.database, *(backup.copies(folder) if folder.is_dir() else [])]:
        # A folder above that others can't enter shuts the file as well.
        if path.exists() and path.stat().st_mode & 0o007 and all(
                above.stat().st_mode & 0o001 for above in path.resolve().parents):
            return Check("secrets", "warn", "database_open", {"path": path})
    return Check("secrets", "ok", "secrets_ok" if private else "secrets_none", {"n": len(private)})


def _holidays(settings: Settings) -> Check:
    from monitor import workdays

    today = clock.today()
    # The arrangement of a year is published in the November before it.
    lacking = [year for year in (today.year, today.year + (today.month == 12)) if not workdays.known(year)]
    if lacking:
        return Check("holidays", "warn", "holidays_unknown", {"year": lacking[0]})
    return Check("holidays", "ok", "holidays_ok", {"year": today.year})


def _watch(settings: Settings) -> Check:
    path = settings.store.database
    if not path.is_file():
        return Check("watch", "ok", "watch_none")
    with Store(path).read() as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'slot'").fetchone():
            return Check("watch", "ok", "watch_none")
        newest = connection.execute("SELECT job, state, said, max(slot) FROM slot GROUP BY job").fetchall()
        beat = connection.execute("SELECT max(heartbeat) FROM slot").fetchone()[0]
    failed = [(job, said.splitlines()[-1] if said else "") for job, state, said, _ in newest if state == "failed"]
    if failed:
        return Check("watch", "fail", "watch_failed", {"job": failed[0][0], "error": failed[0][1]})
    if not beat:
        return Check("watch", "ok", "watch_none")
    silent = clock.parse(beat) < clock.now() - timedelta(days=SILENT_DAYS)
    return Check("watch", "warn" if silent else "ok", "watch_silent" if silent else "watch_ok", {"last": beat})


def _backup(settings: Settings) -> Check:
    from monitor import backup

    copies = backup.copies(settings.backup.folder) if settings.backup.folder.is_dir() else []
    if not copies:
        level: Level = "warn" if settings.store.database.is_file() else "ok"
        return Check("backup", level, "backup_never")
    made = copies[0].stat().st_mtime
    if made < time.time() - BACKUP_DAYS * 86400:
        return Check("backup", "warn", "backup_old", {"path": copies[0], "n": BACKUP_DAYS})
    return Check("backup", "ok", "backup_ok", {"path": copies[0], "n": len(copies)})


def _recognition(settings: Settings) -> Check:
    import importlib.util

    lacking = [name for name in ("onnxruntime", "cv2", "rapidocr") if importlib.util.find_spec(name) is None]
    if lacking:
        return Check("recognition", "fail", "recognition_none", {"error": ", ".join(lacking)})
    return Check("recognition", "ok", "recognition_ok")


def _cluster(settings: Settings) -> Check:
    reading = settings.reading
    if not reading.cluster:
        return Check("cluster", "ok", "cluster_none")
    from monitor import cluster
    from monitor.exceptions import ClusterError

    cluster.check(reading)
    try:
        client = cluster.connect(reading)
        try:
            found = cluster.workers(client)
        finally:
            client.close()
    except (ClusterError, OSError) as fault:
        return Check("cluster", "fail", "cluster_unreachable", {"error": str(fault)})
    values = {"address": reading.cluster, "n": found.usable, "m": len(found.refused),
              "error": next(iter(found.refused.values()), "")}
    if found.refused:
        return Check("cluster", "warn" if found.usable else "fail", "cluster_refused", values)
    return Check("cluster", "ok" if found.usable else "fail", f"cluster_{'ok' if found.usable else 'empty'}", values)


def _fonts(settings: Settings) -> Check:
    if shutil.which("soffice") is None:
        return Check("fonts", "ok", "fonts_unused")
    listed = subprocess.run(["fc-list", ":lang=zh", "family"], capture_output=True, text=True, timeout=20,
                            check=False).stdout if shutil.which("fc-list") else ""
    if not listed.strip():
        return Check("fonts", "warn", "fonts_none")
    return Check("fonts", "ok", "fonts_ok", {"name": listed.splitlines()[0].split(",")[0]})


def _existing(path: Path) -> Path:
    """The path or the nearest folder above it that exists."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return path


def _megabytes(size: int) -> str:
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size / 2**20:.1f} MiB"


def _accounts(settings: Settings) -> Check:
    from monitor.web import accounts

    path = settings.web.accounts
    if path is None:
        return Check("accounts", "ok", "accounts_proxy" if settings.web.user_header else "accounts_none")
    people = [each for each in accounts.load(path).people.values() if not each.disabled]
    if not people:
        return Check("accounts", "fail" if not settings.web.user_header else "warn", "accounts_empty", {"path": path})
    if path.stat().st_mode & 0o077:
        return Check("accounts", "warn", "accounts_readable", {"path": path})
    return Check("accounts", "ok", "accounts_ok", {"n": len(people), "path": path})


_CHECKS: tuple[tuple[str, Callable[[Settings], Check]], ...] = (
    ("python", _python), ("settings", _settings), ("facts", _facts), ("database", _database), ("evidence", _evidence),
    ("disk", _disk), ("clock", _clock), ("contact", _contact), ("mail", _mail), ("recipients", _recipients),
    ("robots", _robots), ("secrets", _secrets), ("outbox", _outbox), ("watch", _watch), ("backup", _backup),
    ("holidays", _holidays), ("recognition", _recognition), ("cluster", _cluster), ("fonts", _fonts),
    ("browser", _browser),
    ("accounts", _accounts))
