"""The rehearsal's result in lines: statuses, rules, cost, disk, and what it comes to for the whole country.

Promises: what was measured and what was only reckoned from it are told apart; the last line is that of "missing".
Leaves alone: measuring.
"""

from __future__ import annotations

import os
import pstats
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.bench.rehearsal.__main__ import Rehearsal

COUNTRY, WEEKS = 160_000, 52
"""Reports a year (domain.md §6: ±15 %, an estimate)."""
TARGETS = {"scan hours": 6.0, "scan CPU hours": 2.0, "judging minutes": 5.0, "database GB": 2.0, "evidence GB": 60.0}
_TABLES = 8


@dataclass(slots=True)
class Disk:
    """Bytes on disk after the season, and rows."""

    database: int
    evidence: int
    files: int
    tables: dict[str, int] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    fetches_after: int = 0
    """Rows of fetch left once tidied 400 days later."""

    @classmethod
    def of(cls, folder: Path) -> Disk:
        sizes = [(Path(root) / name).stat().st_blocks * 512 for root, _, names in os.walk(folder / "evidence")
                 for name in names]
        made = cls(sum(path.stat().st_size for path in folder.glob("nianbao.db*")), sum(sizes), len(sizes))
        with sqlite3.connect(folder / "nianbao.db") as connection:
            made.tables = dict(connection.execute(
                "SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC"))
        made.rows = {name: count(folder, name) for name in ("report", "fetch", "listing", "sighting", "capture",
                                                            "finding", "standing")}
        return made


def count(folder: Path, table: str) -> int:
    with sqlite3.connect(folder / "nianbao.db") as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def told(made: Rehearsal, profile: Path | None, each: int) -> Iterator[str]:
    """All lines, the one on "missing" last."""
    yield from _statuses(made)
    yield from _rules(made)
    if made.score.wrong:
        yield f"wrong or lost: {len(made.score.wrong)}, at most {each} of them:"
        yield from (f"  {text}" for text in made.score.wrong[:each])
    yield from _costs(made)
    yield from _disk(made)
    yield from _country(made)
    if profile:
        yield from _profile(profile)
    missing = made.score
    yield f"missing: precision {missing.precision['missing']}, recall {missing.recall['missing']}"


def _statuses(made: Rehearsal) -> Iterator[str]:
    yield "status              precision                      recall"
    for status in sorted({*made.score.precision, *made.score.recall}):
        yield f"  {status:16}  {made.score.precision[status]!s:29}  {made.score.recall[status]!s}"


def _rules(made: Rehearsal) -> Iterator[str]:
    yield "rule      precision (E and W, notes where planted)   recall of what was planted"
    for rule in sorted({*made.score.rules_precision, *made.score.rules_recall}):
        yield f"  {rule:8} {made.score.rules_precision[rule]!s:40} {made.score.rules_recall[rule]!s}"
    for name, shares in (("precision", made.score.rules_precision), ("recall", made.score.rules_recall)):
        right, whole = sum(one.right for one in shares.values()), sum(one.all for one in shares.values())
        yield f"  all rules, {name}: {right:,} of {whole:,} = {right / max(1, whole):.2%}"


def _costs(made: Rehearsal) -> Iterator[str]:
    yield "cost by stage (CPU: user and system of the process and its children; memory: the largest process)"
    for day, cost in made.costs:
        yield (f"  {day} {cost.stage:6} {cost.cpu:9.1f} CPU s  {cost.seconds:7.0f} s  {cost.megabytes:6.0f} MB  "
               f"{_pace(made, day, cost)}")
    yield f"  mails taken: {made.mails}"


def _pace(made: Rehearsal, day: date, cost: object) -> str:
    stage, told = cost.stage, cost.told  # type: ignore[attr-defined]
    cpu, seconds = cost.cpu, max(0.1, cost.seconds)  # type: ignore[attr-defined]
    if stage == "scan":
        asked = made.tallies[day]["requests"]
        return (f"{asked:,} requests = {asked / seconds * 60:,.0f} a minute, {cpu / max(1, asked) * 1000:.1f} ms each; "
                f"busiest host {made.tallies[day]['busiest']}")
    if stage == "read":
        return f"{told['read']:,} documents, {cpu / max(1, told['read']) * 1000:.1f} ms each"
    if stage == "judge":
        return (f"{told['reports']:,} reports, {cpu / max(1, made.nation.bodies) * 1000:.2f} ms an obligation; "
                f"{told['new']:,} new findings")
    return ""


def _disk(made: Rehearsal) -> Iterator[str]:
    disk = made.disk
    assert disk
    reports = max(1, disk.rows["report"])
    yield (f"disk: database {disk.database / 1e6:,.1f} MB = {disk.database / reports / 1000:.1f} kB a report; evidence "
           f"{disk.evidence / 1e6:,.1f} MB in {disk.files:,} files = {disk.evidence / reports / 1000:.1f} kB a report")
    yield "  " + ", ".join(f"{name} {size / 1e6:.1f} MB" for name, size in list(disk.tables.items())[:_TABLES])
    yield "  rows: " + ", ".join(f"{name} {number:,}" for name, number in disk.rows.items())
    yield (f"  fetch rows {disk.rows['fetch']:,} after three scans, {disk.fetches_after:,} once tidied 400 days later "
           f"({disk.fetches_after / max(1, disk.rows['fetch']):.0%})")


def _of(made: Rehearsal, stage: str) -> list[tuple[date, object]]:
    return [(day, cost) for day, cost in made.costs if cost.stage == stage]


def _country(made: Rehearsal) -> Iterator[str]:
    """What a week costs when 160,000 reports are owed, reckoned in proportion from what was measured."""
    scale = COUNTRY / made.nation.bodies
    days = [day for day, _ in _of(made, "scan")]
    last = days[-1]
    cpu = {stage: _of(made, stage)[-1][1].cpu * scale / 3600 for stage in ("scan", "read", "judge", "alerts")}  # type: ignore[attr-defined]
    season = sum(cost.cpu for _, cost in made.costs if cost.stage in ("scan", "read", "judge", "alerts"))
    asked, busiest = made.tallies[last]["requests"] * scale, made.tallies[last]["busiest"]
    hosts = made.tallies[last]["hosts"]
    scan_cpu = max(cost.cpu for _, cost in _of(made, "scan")) * scale / 3600  # type: ignore[attr-defined]
    judge_wall = max(cost.seconds for _, cost in _of(made, "judge")) * scale / 60  # type: ignore[attr-defined]
    polite = asked / 3000 * 1.2 / 3600
    disk = made.disk
    assert disk
    small = "; of so few bodies start-up and mails weigh too much, run 6,000 or more" if scale > 50 else ""
    yield f"the country, reckoned in proportion ×{scale:.1f} ({COUNTRY:,} reports; not measured{small}):"
    yield (f"  a week's scan: {asked:,.0f} requests; at 1.2 s a host and spread over 3,000 hosts {polite:.2f} h, the "
           f"busiest host here ({busiest} requests of {hosts:,} hosts) {busiest * 1.2 / 3600:.2f} h, and one process "
           f"at most as fast as its CPU: {scan_cpu:.2f} CPU-hours (targets 6 h, 2 CPU-hours)")
    yield (f"  judging: {judge_wall:.1f} min of this machine's wall (target 5), "
           f"{max(cost.cpu for _, cost in _of(made, 'judge')) * scale / 60:.1f} CPU-min")  # type: ignore[attr-defined]
    yield "  a quiet week: " + ", ".join(f"{stage} {hours:.2f}" for stage, hours in cpu.items()) + " CPU-hours"
    yield (f"  the season of three scans: {season * scale / 3600:.1f} CPU-hours = "
           f"{season / made.nation.bodies * 1000:.0f} ms a report")
    yield (f"  database {disk.database * scale / 1e9:.2f} GB (target 2), evidence "
           f"{disk.evidence * scale / 1e9:.2f} GB (target 60), without older years and scanned files")


def _profile(folder: Path) -> Iterator[str]:
    """Own time by function over every process of each stage."""
    files = sorted(folder.glob("*.prof"))
    if not files:
        return
    sums: dict[str, Counter[str]] = {}
    for path in files:
        stage = path.name.split("-")[0]
        try:
            profiled = pstats.Stats(str(path)).stats  # type: ignore[attr-defined]
        except (EOFError, ValueError, TypeError):
            continue  # its process was killed while it wrote
        for (file, line, name), (_, _, own, _, _) in profiled.items():
            where = "/".join(Path(file).parts[-2:])
            sums.setdefault(stage, Counter())[f"{where}:{line} {name}"] += own
    for stage, own in sums.items():
        yield f"profile of {stage}: own time by function"
        yield from (f"  {seconds:8.2f} s  {name}" for name, seconds in own.most_common(20))
