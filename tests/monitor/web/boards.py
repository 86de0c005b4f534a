"""Made boards: standings of a made country, small for tests and at national size for measurements."""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from crawler.model import Body
from crawler.roster import Roster
from crawler.store import Store
from extract import configuration
from monitor import records
from monitor.model import Standing, Status

MOMENT = "2026-04-07T09:00:00+08:00"


def country(provinces: int, cities: int, counties: int, offices: int) -> Roster:
    """A roster of governments three levels deep, each with so many offices below it."""
    bodies: list[Body] = []

    def government(identity: str, level: str, parent: str) -> None:
        bodies.append(Body(identity, f"{identity}人民政府", "government", level, parent=parent, sort_order=len(bodies),
                           scopes=("consolidated",)))
        for number in range(offices):
            bodies.append(Body(f"{identity}-o{number}", f"{identity}第{number}局", "department", level, parent=identity,
                               sort_order=len(bodies)))

    for province in range(provinces):
        government(f"p{province}", "province", "")
        for city in range(cities):
            government(f"p{province}c{city}", "prefecture", f"p{province}")
            for county in range(counties):
                government(f"p{province}c{city}x{county}", "county", f"p{province}c{city}")
    return Roster.of(bodies, [])


def standings(roster: Roster, years: range, seed: int = 1) -> list[Standing]:
    """One standing a body and year, by chance, the same for the same seed."""
    chance = random.Random(seed)
    weights = {Status.ON_TIME: 80, Status.LATE: 5, Status.LATE_BY_RULE: 3, Status.MISSING: 2, Status.NOT_SEEN: 1,
               Status.UNVERIFIED: 6, Status.UNDATED: 1, Status.INVALID: 1, Status.WITHDRAWN: 1}
    drawn = chance.choices([*weights], [*weights.values()], k=len(roster.bodies) * len(years))
    made = []
    for number, body in enumerate(roster.bodies.values()):
        for offset, year in enumerate(years):
            status = drawn[number * len(years) + offset]
            due = date(year + 1, 1, 31)
            late = chance.randint(1, 60) if status in (Status.LATE, Status.LATE_BY_RULE) else None
            seen = late is not None or status is Status.ON_TIME
            published = due + timedelta(days=late or -chance.randint(0, 25)) if seen else None
            blind = status is Status.UNVERIFIED
            made.append(Standing(body.id, body.scopes[0], year, status, due, "statutory",
                                 published.isoformat() if published else None, "page" if published else None, late,
                                 last_checked=MOMENT, reason="portal_unreachable" if blind else "",
                                 outcome="timeout" if blind else None, evidence={"listings": [number]}))
    return made


class Seat:
    """An installation of a made country. `settings` is the path of settings.toml, `store` the database beside it."""

    def __init__(self, folder: Path, roster: Roster, made: Sequence[Standing] = ()) -> None:
        facts = folder / "facts"
        (facts / "portals").mkdir(parents=True)
        (facts / "portals" / "city.yaml").write_text(
            "id: city\nname: 示例门户\nhosts: [www.city.example]\n"
            "columns: [{id: nb, name: 年度报告, url: 'http://www.city.example/nb/'}]\n", "utf-8")
        with (facts / "bodies.csv").open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["id", "name", "kind", "level", "parent", "sort_order", "portal", "scopes"])
            rows.writerows([each.id, each.name, each.kind, each.level, each.parent, each.sort_order, "city",
                            ";".join(each.scopes)] for each in roster.bodies.values())
        self.settings = folder / "settings.toml"
        self.settings.write_text('[facts]\nfolder = "facts"\n[monitoring]\nsince = 2020\nrequire_confirmation = false\n'
                                 f'[clock]\nat = "{MOMENT[:16]}"\n', "utf-8")
        configuration.load.cache_clear()
        self.roster, self.store = roster, Store(folder / "nianbao.db")
        self.store.migrate(records.monitor_schema)
        if made:
            self.judge(made)

    def judge(self, made: Sequence[Standing]) -> None:
        with self.store.write() as connection:
            records.ensure_figures(connection)
            records.put_standings(connection, made, MOMENT)
