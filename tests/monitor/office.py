"""An installation filled by hand for the tests of commands and digests: eight bodies on one portal."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from crawler import clock
from crawler.roster import Roster
from crawler.store import Store, make_private
from extract import configuration
from monitor import records, review, settings
from monitor.alerts import digest
from monitor.model import Finding, Standing, Status
from monitor.settings import Settings

SCANNED = "2026-02-02T09:00:00+08:00"
NEXT_WEEK = "2026-02-09T09:00:00+08:00"
STATUSES = {"edu": Status.ON_TIME, "health": Status.ON_TIME, "water": Status.ON_TIME, "civil": Status.ON_TIME,
            "build": Status.ON_TIME, "culture": Status.LATE, "trade": Status.MISSING, "police": Status.UNVERIFIED}
NAMES = {"edu": "教育局", "health": "卫生健康局", "water": "水利局", "civil": "民政局", "build": "住房和城乡建设局",
         "culture": "文化和旅游局", "trade": "商务局", "police": "公安局"}
ALERTS = """
channels: [mail]
recipients:
  - {id: city, address: reader@city.example, name: 示例市人民政府办公室, role: oversight, remit: {label: 全市},
     language: LANG}
  - {id: operator, address: operator@city.example, role: operator, remit: {label: 全部站点}, language: LANG}
"""
ARITHMETIC = Finding("ARI-01", 1, "E", "fail", "edu", "own", 2025, "total", "31 + 1 = 29 + 4", 32, 33, -1,
                     ["applications.new.total"], {"col": "total"})
UNSEEN = Finding("PUB-01", 1, "E", "fail", "trade", "own", 2025, "", parameters={
    "t1": "2026-02-01T09:00:00+08:00", "t2": SCANNED, "tier": "statutory", "days": 2, "due": "2026-01-31",
    "channel": "年度报告", "url": "http://www.city.example/nb/"})
DOUBTFUL = Finding("FMT-05", 1, "E", "uncertain", "health", "own", 2025, "3", parameters={"table": 3}, reason="medium")
_JUDGED: dict[str, bytes] = {}
"""The database of an office of each language as its making leaves it: hundreds of tests begin with the same."""


class Office:
    """`settings` is the path of settings.toml, `store` the database beside it, judged at SCANNED."""

    def __init__(self, folder: Path, language: str = "zh", mail_port: int | None = None) -> None:
        self.folder = folder
        facts = folder / "facts"
        (facts / "portals").mkdir(parents=True)
        (facts / "portals" / "city.yaml").write_text(
            "id: city\nname: 示例市门户\nhosts: [www.city.example]\n"
            "columns: [{id: nb, name: 年度报告, url: 'http://www.city.example/nb/'}]\n", "utf-8")
        (facts / "bodies.csv").write_text(
            "id,name,kind,level,parent,portal,scopes\n" + "".join(
                f"{body},示例市{name},department,prefecture,,city,own\n" for body, name in NAMES.items()), "utf-8")
        self.settings = folder / "settings.toml"
        mail = f'host = "127.0.0.1"\nport = {mail_port}\n' if mail_port else ""
        self.settings.write_text('[facts]\nfolder = "facts"\n[monitoring]\nsince = 2024\nrequire_confirmation = false\n'
                                 f'[clock]\nat = "{NEXT_WEEK}"\n[mail]\n{mail}', "utf-8")
        self.speak(language)
        self.store = Store(folder / "nianbao.db")
        if language in _JUDGED:
            make_private(self.store.path)
            self.store.path.write_bytes(_JUDGED[language])
            self.loaded()
        else:
            self.store.migrate(records.monitor_schema)
            self.judge(SCANNED, [ARITHMETIC, UNSEEN, DOUBTFUL])
            _JUDGED[language] = self.store.path.read_bytes()

    def speak(self, language: str) -> None:
        (self.folder / "facts" / "alerts.yaml").write_text(ALERTS.replace("LANG", language), "utf-8")
        configuration.load.cache_clear()

    def loaded(self) -> Settings:
        read = settings.load(self.settings)
        configuration.use_office_folder(read.facts.folder)
        return read

    def judge(self, at: str, findings: list[Finding], statuses: dict[str, Status] | None = None) -> list[str]:
        """Store how everything stands at `at` with these findings, as a patrol does; the keys of the mails queued."""
        loaded = self.loaded()
        roster = Roster.load()
        standings = [_standing(body, status) for body, status in (statuses or STATUSES).items()]
        run = f"r{at}"
        with self.store.write() as connection:
            connection.execute("INSERT INTO run (id, kind, state, started, simulated, plan) "
                               "VALUES (?, 'scan', 'incomplete', ?, 1, '{}')", (run, at))
            connection.execute("INSERT INTO run_portal (run, portal, state, started, finished, outcome, reason) "
                               "VALUES (?, 'city', 'done', ?, ?, 'timeout', 'no answer')", (run, at, at))
            records.put_standings(connection, standings, at)
            keys = [(body, "own", 2025) for body in NAMES]
            review.put_findings(connection, findings, reports=keys, standings=keys, at=at, since=2024)
            return digest.queue_due(connection, roster, loaded, clock.parse(at))


def _standing(body: str, status: Status) -> Standing:
    published = {Status.ON_TIME: "2026-01-20", Status.LATE: "2026-02-01"}.get(status)
    blind = status is Status.UNVERIFIED
    return Standing(body, "own", 2025, status, date(2026, 1, 31), "statutory", published,
                    "meta:PubDate" if published else None, 1 if status is Status.LATE else None,
                    last_checked=SCANNED, reason="portal_unreachable" if blind else "",
                    outcome="timeout" if blind else None)
