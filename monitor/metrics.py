"""Numbers for a monitoring system, in Prometheus' text format, written to a file for its node exporter.

Promises: the file is replaced as a whole; every number is read from the store at that moment. Leaves alone: serving
them, deciding what is too old (that is the monitoring system's rule; docs/operating.md proposes some).
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from crawler import clock
from crawler.store import Store
from monitor.exceptions import WatchError
from monitor.settings import Settings

_HELP = {
    "nianbao_tick_timestamp_seconds": ("gauge", "when the watch last looked what is due"),
    "nianbao_job_last_end_timestamp_seconds": ("gauge", "when a job last ended well"),
    "nianbao_job_failed": ("gauge", "1 while a job's newest slot has failed"),
    "nianbao_portals": ("gauge", "portals by the outcome of their newest look"),
    "nianbao_obligations": ("gauge", "reports owed by year and status"),
    "nianbao_findings": ("gauge", "findings that fail and hold, by state and severity"),
    "nianbao_outbox": ("gauge", "mails and messages by state"),
    "nianbao_digest_last_sent_timestamp_seconds": ("gauge", "when a digest was last sent"),
    "nianbao_database_bytes": ("gauge", "size of the database"),
    "nianbao_disk_free_bytes": ("gauge", "room left where the evidence lies"),
}


def write(path: Path, store: Store, settings: Settings, now: datetime | None = None) -> None:
    """Write every number to `path`. Raises WatchError where it can't be."""
    text = render(store, settings, now or clock.now())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(partial).chmod(0o644)  # the exporter runs as another user
        Path(partial).replace(path)
    except OSError as fault:
        raise WatchError(f"{path}: the metrics can't be written: {fault.strerror}; mend [watch] metrics") from fault


def render(store: Store, settings: Settings, now: datetime) -> str:
    """The exposition text, HELP and TYPE once for each name."""
    with store.read() as connection:
        samples = list(_of_store(connection))
    samples.append(("nianbao_tick_timestamp_seconds", {}, now.timestamp()))
    samples.append(("nianbao_database_bytes", {}, store.path.stat().st_size))
    room = settings.store.evidence
    while not room.exists():
        room = room.parent
    samples.append(("nianbao_disk_free_bytes", {}, shutil.disk_usage(room).free))
    lines = []
    for name, (kind, said) in _HELP.items():
        lines += [f"# HELP {name} {said}", f"# TYPE {name} {kind}"]
        lines += [f"{name}{_labels(labels)} {value:g}" if value < 1e6 else f"{name}{_labels(labels)} {value:.0f}"
                  for each, labels, value in samples if each == name]
    return "\n".join(lines) + "\n"


def _of_store(connection: sqlite3.Connection) -> Iterator[tuple[str, dict[str, str], float]]:
    for job, finished in connection.execute("SELECT job, max(finished) FROM slot WHERE state = 'done' GROUP BY job"):
        yield "nianbao_job_last_end_timestamp_seconds", {"job": job}, clock.parse(finished).timestamp()
    for job, state, _ in connection.execute("SELECT job, state, max(slot) FROM slot GROUP BY job"):
        yield "nianbao_job_failed", {"job": job}, float(state == "failed")
    for outcome, number in connection.execute(
            "SELECT outcome, count(*) FROM (SELECT portal, outcome, max(finished) FROM run_portal WHERE outcome IS NOT "
            "NULL GROUP BY portal) GROUP BY outcome"):
        yield "nianbao_portals", {"outcome": outcome}, number
    for year, status, number in connection.execute("SELECT year, status, count(*) FROM standing GROUP BY 1, 2"):
        yield "nianbao_obligations", {"year": str(year), "status": status}, number
    for state, severity, number in connection.execute(
            "SELECT state, severity, count(*) FROM finding WHERE cleared IS NULL AND outcome = 'fail' GROUP BY 1, 2"):
        yield "nianbao_findings", {"state": state, "severity": severity}, number
    for state, number in connection.execute("SELECT state, count(*) FROM outbox GROUP BY state"):
        yield "nianbao_outbox", {"state": state}, number
    last = connection.execute("SELECT max(sent) FROM outbox WHERE kind = 'digest'").fetchone()[0]
    if last:
        yield "nianbao_digest_last_sent_timestamp_seconds", {}, clock.parse(last).timestamp()


def _labels(labels: dict[str, str]) -> str:
    def escaped(text: str) -> str:
        return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")

    return "{" + ",".join(f'{key}="{escaped(value)}"' for key, value in labels.items()) + "}" if labels else ""
