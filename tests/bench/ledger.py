"""`python -m tests.bench.ledger [BODIES]`: a ledger of so many bodies × 6 years, figures of one; seconds, memory, size.

The store is filled by hand: standings of six years, one report with all figures a body for the newest, a finding for
every fourth. Targets: 5,000 bodies in 10 s of CPU and 20 MB.
"""

from __future__ import annotations

import random
import resource
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from crawler.roster import Roster
from crawler.store import Store
from extract import configuration, forms
from extract.model import Figure, Report
from monitor import records, review, settings
from monitor.exports import ledger_book
from monitor.model import Finding, Standing, Status

YEARS = range(2020, 2026)


def fill(folder: Path, number: int) -> tuple[Store, settings.Settings]:
    facts = folder / "facts"
    facts.mkdir(parents=True)
    bodies = [f"b{each:05}" for each in range(number)]
    (facts / "bodies.csv").write_text("id,name,kind,level,scopes\n" + "".join(
        f"{body},示例市第{body[1:]}局,department,county,own\n" for body in bodies), "utf-8")
    (folder / "settings.toml").write_text('[facts]\nfolder = "facts"\n[monitoring]\nsince = 2020\n', "utf-8")
    office = settings.load(folder / "settings.toml")
    settings.activate(office)
    store = Store(office.store.database)
    store.migrate(records.monitor_schema)
    chance = random.Random(1)
    keys = list(forms.form("2021").all_keys)
    with store.write() as connection:
        records.ensure_figures(connection)
        standings, findings = [], []
        for body in bodies:
            figures = {key: Figure(chance.choice([0, 0, 0, 1, 2, 7, 31]), "number", "", 1.0) for key in keys}
            report = Report(f"示例市{body}局2025年政府信息公开工作年度报告", None, 2025, "own", "2021", "text/html",
                            "0" * 64, figures=figures)
            identity = records.put_report(
                connection, report, address=f"http://www.city.example/nb/{body}.html", content=body, portal="p",
                body=body, scope="own", year=2025, verdict="report", reason="", version=1,
                first=("2026-01-20T09:00:00+08:00", "r"), last=("2026-02-02T09:00:00+08:00", "r"))
            for year in YEARS:
                status = chance.choice([Status.ON_TIME] * 8 + [Status.LATE, Status.MISSING])
                standings.append(Standing(
                    body, "own", year, status, date(year + 1, 1, 31), "statutory", f"{year + 1}-01-20",
                    "meta:PubDate", None, f"http://www.city.example/nb/{body}_{year}.html",
                    str(identity) if year == 2025 else None, "2026-02-02T09:00:00+08:00"))
            if chance.random() < 0.25:
                findings.append(Finding("ARI-01", 1, "E", "fail", body, "own", 2025, "total", "31 + 1 = 29 + 4", 32, 33,
                                        -1, ["applications.new.total"], {"col": "total"}))
        records.put_standings(connection, standings, "2026-02-02T09:00:00+08:00")
        review.put_findings(connection, findings, at="2026-02-02T09:00:00+08:00", since=2020)
    return store, office


def main() -> int:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    with tempfile.TemporaryDirectory() as folder:
        store, office = fill(Path(folder), number)
        roster, path = Roster.load(), Path(folder) / "ledger.xlsx"
        before, begun = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
        written = ledger_book.write(store, roster, office, path, "zh", all_years=True)
        after = resource.getrusage(resource.RUSAGE_SELF)
        seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        print(f"{number} bodies: {written.standings} standings, {written.findings} findings, {written.reports} reports "
              f" CPU {seconds:.1f} s, wall {time.perf_counter() - begun:.1f} s, {path.stat().st_size / 2**20:.1f} MB, "
              f"memory {after.ru_maxrss / 1024:.0f} MB")
    configuration.use_office_folder(None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
