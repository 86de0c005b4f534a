"""Publication seasons of one body: a day, a column and what scans saw of it, with the truth worked out from the law.

Promises: days are drawn at random; which rule must speak follows from domain.md §1 alone. Leaves alone: the report's
content (faults.py).
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from crawler import clock
from crawler.model import Body
from monitor import circumstances, judging
from monitor.model import Finding
from monitor.obligations import obligations
from monitor.standing import stand
from tests.monitor import history

YEAR = 2025
KINDS = {"department": ("department", "county", "own"), "township": ("township", "township", "own"),
         "county": ("government", "county", "consolidated")}
DAYS = {"department": [("PUB-02", date(2026, 1, 31))], "township": [("PUB-03", date(2026, 1, 31))],
        "county": [("PUB-02", date(2026, 3, 31)), ("PUB-03", date(2026, 2, 20))]}
"""By which day which rule is broken, the gravest first."""
ADDRESS = history.HOST + "/nb/1.html"


@dataclass(frozen=True)
class Season:
    """One body's season; `rule` empty where nobody is to be told of anything."""

    name: str
    rule: str
    findings: Callable[[], list[Finding]]


def some_season(rng: random.Random, fault: bool) -> Season:
    """A season with a fault, or one in order or that nobody could look at."""
    kind = rng.choice(list(KINDS))
    if fault:
        make = rng.choice((_late, _late, _missing, _empty_column, _withdrawn))
        return make(rng, kind)
    return rng.choice((_in_time, _in_time, _could_not_look, _seen_once, _both_sides))(rng, kind)


def _last(kind: str) -> date:
    return DAYS[kind][0][1]


def _published(rng: random.Random, kind: str, day: date, dates: list[tuple[str, str]] | None = None) -> Callable[
        [Any], str]:
    def fill(past: Any) -> str:
        seen = f"{day}T{rng.randint(9, 17):02}:00"
        entry = history.item(scope=KINDS[kind][2], day=day.isoformat())
        run = ""
        for week in range(3):
            run = past.look(history.later(seen, days=7 * week), entry)
        past.capture(run, ADDRESS, seen, content="c1")
        past.report(ADDRESS, seen, scope=KINDS[kind][2],
                    dates=dates or [(day.isoformat(), "page")], run=run)
        return history.later(seen, days=15)
    return fill


def _late(rng: random.Random, kind: str) -> Season:
    rule, due = rng.choice(DAYS[kind])
    later = due + timedelta(days=rng.randint(1, 30 if rule == "PUB-03" or kind != "county" else 60))
    return Season(f"{kind} on {later}", rule, _run(kind, _published(rng, kind, later)))


def _in_time(rng: random.Random, kind: str) -> Season:
    due = min(day for _, day in DAYS[kind])
    day = due - timedelta(days=rng.choice((0, 0, 1, 5, 20)))
    return Season(f"{kind} on {day}", "", _run(kind, _published(rng, kind, day)))


def _both_sides(rng: random.Random, kind: str) -> Season:
    due = min(day for _, day in DAYS[kind])
    dates = [((due - timedelta(days=rng.randint(0, 9))).isoformat(), "page"),
             ((due + timedelta(days=rng.randint(1, 9))).isoformat(), "url")]
    return Season(f"{kind} dated on both sides", "", _run(kind, _published(rng, kind, due, dates)))


def _absent(kind: str, looks: list[str], **how: Any) -> Callable[[Any], str]:
    def fill(past: Any) -> str:
        for at in looks:
            past.look(at, **how)
        return history.later(looks[-1], hours=1)
    return fill


def _after(kind: str, *days: int) -> list[str]:
    return [f"{_last(kind) + timedelta(days=day)}T09:00" for day in days]


def _missing(rng: random.Random, kind: str) -> Season:
    first = rng.randint(1, 6)
    return Season(f"{kind} never seen", "PUB-01",
                  _run(kind, _absent(kind, _after(kind, -9, 0, first, first + rng.randint(1, 20)))))


def _seen_once(rng: random.Random, kind: str) -> Season:
    return Season(f"{kind} looked at once", "", _run(kind, _absent(kind, _after(kind, rng.randint(1, 20)))))


def _could_not_look(rng: random.Random, kind: str) -> Season:
    how = rng.choice(({"outcome": "timeout", "complete": False}, {"complete": False}, {"failed": "connection_refused"},
                      {"outcome": "challenge", "complete": False}))
    return Season(f"{kind} {how}", "", _run(kind, _absent(kind, _after(kind, 1, 5, 12), **how)))


def _empty_column(rng: random.Random, kind: str) -> Season:
    return Season(f"{kind} empty column", "PUB-06",
                  _run(kind, _absent(kind, _after(kind, 1, rng.randint(3, 20)), outcome="empty_listing",
                                    items_count=0)))


def _withdrawn(rng: random.Random, kind: str) -> Season:
    day = min(due for _, due in DAYS[kind]) - timedelta(days=rng.randint(1, 15))

    def fill(past: Any) -> str:
        at = _published(rng, kind, day)(past)
        for week in (1, 2, 3):
            run = past.look(history.later(at, days=7 * week))
            past.capture(run, ADDRESS, history.later(at, days=7 * week), outcome="gone")
        return history.later(at, days=22)
    return Season(f"{kind} taken away", "PUB-12", _run(kind, fill))


def _run(kind: str, fill: Callable[[Any], str]) -> Callable[[], list[Finding]]:
    def findings() -> list[Finding]:
        name, level, scope = KINDS[kind]
        with tempfile.TemporaryDirectory() as folder:
            body = Body(id="b", name="示例县人民政府" if kind == "county" else "示例市教育局", kind=name, level=level,
                        portal="p", scopes=(scope,))
            past = history.History(Path(folder), [body])
            at = clock.parse(fill(past))
            with past.store.read() as connection:
                owed = {(each.body, each.scope, each.year): each
                        for each in obligations(past.roster, history._Settings(), [YEAR])}
                standings = stand(connection, past.roster, list(owed.values()), at)
                watched = circumstances.Surroundings(connection, past.roster, at).over(standings, owed)
                return [finding for each in watched for finding in judging.judge_standing(each).findings]
    return findings
