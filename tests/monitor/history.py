"""A store filled by hand: runs, listings, sightings, captures and reports at chosen moments, without any network."""

from __future__ import annotations

import functools
import hashlib
import json
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from crawler import clock
from crawler.model import Body, Column, Portal
from crawler.roster import Roster
from crawler.store import Store
from extract.model import DatedHint, Published, Report, Section
from monitor import records
from monitor.obligations import obligations
from monitor.standing import stand

HOST = "http://www.shili.example"


class _Monitoring:
    since = 2020
    require_confirmation = False


class _Settings:
    monitoring = _Monitoring()


@functools.cache
def _empty_database() -> bytes:
    """Migrating takes longer than most tests, so it is done once."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "empty.db")
        store.migrate(records.monitor_schema)
        with store.write() as connection:
            records.ensure_figures(connection)
        with store.read() as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return store.path.read_bytes()


class History:
    """One portal with one column unless told otherwise; every method writes rows as scan and reading would."""

    def __init__(self, folder, bodies=None, columns=("nb",)):
        self.store = Store(folder / "history.db")
        self.store.path.write_bytes(_empty_database())
        self.portal = Portal(id="p", name="示例市门户", hosts=["www.shili.example"], columns=[
            Column(id=name, name=f"栏目{name}", url=f"{HOST}/{name}/") for name in columns])
        self.bodies = bodies or [Body(id="b", name="示例市教育局", kind="department", level="county", portal="p")]
        self.roster = Roster.of(self.bodies, [self.portal])
        self.runs = 0

    def look(self, at, *items, outcome="ok", complete=True, items_count=None, columns=None, in_order=True, reached=None,
             run=None, failed=None):
        """One run at `at` that looked at `columns` (all); items as `item()` makes them."""
        moment = clock.parse(at)
        self.runs += 1
        run = run or f"r{self.runs:03}"
        with self.store.write() as connection:
            connection.execute("INSERT OR IGNORE INTO run (id, kind, state, started, simulated, plan) "
                               "VALUES (?, 'scan', 'done', ?, 1, '{}')", (run, stamp(moment)))
            connection.execute("INSERT OR IGNORE INTO run_portal (run, portal, state, started, finished, outcome) "
                               "VALUES (?, 'p', 'done', ?, ?, ?)", (run, stamp(moment), stamp(moment), failed))
            if failed:
                return run
            for column in self.portal.columns:
                if columns is not None and column.id not in columns:
                    continue
                fetch = self.fetch(connection, run, column.url, moment, outcome)
                listing = connection.execute(
                    """INSERT INTO listing (run, portal, column_id, url, family, at, day, outcome, complete, in_order,
                    reached, items, pages) VALUES (?, 'p', ?, ?, 'static', ?, ?, ?, ?, ?, ?, ?, ?)""",
                    (run, column.id, column.url, stamp(moment), stamp(moment)[:10], outcome, complete, in_order,
                     reached, (5 + len(items)) if items_count is None else items_count,
                     json.dumps([fetch]))).lastrowid
                for url, title, route, body, scope, year, *day in items:
                    connection.execute(
                        "INSERT INTO sighting (listing, url, title, day, route, body, scope, year, printed_body, "
                        "reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                        (listing, url, title, day[0] if day else "", route, body, scope, year,
                         day[1] if len(day) > 1 else "", day[2] if len(day) > 2 else ""))
        return run

    def fetch(self, connection, run, url, moment, outcome="ok"):
        sha = hashlib.sha256(f"{run}{url}".encode()).hexdigest()
        return connection.execute(
            "INSERT OR REPLACE INTO fetch (run, portal, url, request, at, outcome, sha256) "
            "VALUES (?, 'p', ?, ?, ?, ?, ?)", (run, url, "GET", stamp(moment), outcome, sha)).lastrowid

    def capture(self, run, url, at, outcome="ok", parts=(), content=None):
        with self.store.write() as connection:
            self.fetch(connection, run, url, clock.parse(at), outcome)
            connection.execute("INSERT INTO capture (run, portal, url, at, outcome, content, parts) "
                               "VALUES (?, 'p', ?, ?, ?, ?, ?)",
                               (run, url, stamp(clock.parse(at)), outcome, content, json.dumps(list(parts))))

    def report(self, url, at, year=2025, body="b", scope="own", verdict="report", reason="", dates=(), content="c1",
               title="示例市教育局2025年政府信息公开工作年度报告", run="r001", until=None):
        """A page read from a capture at `at` with these (day, source) dates."""
        published = Published(*dates[0], [DatedHint(*each) for each in dates]) if dates else None
        report = Report(title, None, year, scope, "2021", "text/html", "0" * 64, published=published)
        with self.store.write() as connection:
            return records.put_report(
                connection, report, address=url, content=content, portal="p", body=body, scope=scope, year=year,
                verdict=verdict, reason=reason, version=1, first=(stamp(clock.parse(at)), run),
                last=(stamp(clock.parse(until or at)), run))

    def read(self, url, at, figures, text=None, year=2025, body="b", content="c1", dates=(), run="r001"):
        """A page read at `at` with these figures, and with prose of its own where none is given."""
        published = Published(*dates[0], [DatedHint(*each) for each in dates]) if dates else None
        prose = text or {1: "全年主动公开信息，办理申请，培训人员，考核科室。" * 12, 5: "问题是解读少。改进是多写。"}
        report = Report("示例市教育局2025年政府信息公开工作年度报告", None, 2025, "own", "2021", "text/html", "0" * 64,
                        published=published, figures=figures,
                        sections=[Section(number, "", said) for number, said in prose.items()])
        with self.store.write() as connection:
            return records.put_report(
                connection, report, address=url, content=content, portal="p", body=body, scope="own", year=year,
                verdict="report", reason="", version=1, first=(stamp(clock.parse(at)), run),
                last=(stamp(clock.parse(at)), run))

    def stand(self, at, year=2025, body="b", scope=None):
        """The one standing asked for, as of `at`."""
        with self.store.read() as connection:
            owed = obligations(self.roster, _Settings(), [year])
            found = [one for one in stand(connection, self.roster, owed, clock.parse(at))
                     if one.body == body and scope in (None, one.scope)]
        assert len(found) == 1
        return found[0]


def item(url=f"{HOST}/nb/1.html", title="示例市教育局2025年政府信息公开工作年度报告", route="report", body="b",
         scope="own", year=2025, day="", printed="", reason=""):
    return url, title, route, body, scope, year, day, printed, reason


def stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def later(at: str, **more) -> str:
    return (clock.parse(at) + timedelta(**more)).isoformat()
