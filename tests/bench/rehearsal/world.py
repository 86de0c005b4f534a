"""The invented nation of the rehearsal: counties, their portals, what every body publishes when, and what is the truth.

Promises: a pure function of size and seed, made county by county, so that the portals' server and the bench see the
same nation; each body's status as of the last scan and the finding it has earned follow from the law and from what
stood on its portal at the scans, never from the product, of which nothing is imported. Where the law leaves room, every
answer it allows is in `statuses`. Leaves alone: what reports say (reports.py), pages (serving.py).
"""

from __future__ import annotations

import functools
import random
from dataclasses import dataclass, field
from datetime import date, timedelta

from tests.bench.loopback import host_of
from tests.bench.rehearsal import names, reports
from tests.portals.families import FAMILY_PORTALS, FamilyPortal

YEAR = reports.YEAR
DUE = date(2026, 1, 31)
SCANS = (date(2026, 1, 26), date(2026, 2, 2), date(2026, 2, 9))
"""The season, a week between two scans: before the due day, after it, and a second time after it."""
BLIND = ("unreachable", "challenge", "soft_404", "drawn_by_script", "robots_out_of_order", "emptied", "refusing")
"""What ails a portal at which nothing can be seen all season."""
_PORTAL_FAULTS = {"": 0.90, "out_in_second": 0.02, "out_in_third": 0.02, "page_fails": 0.01, "unreachable": 0.01,
                  "challenge": 0.01, "soft_404": 0.01, "drawn_by_script": 0.01, "robots_out_of_order": 0.005,
                  "emptied": 0.005}
_FATES = {"on_time": 0.80, "late": 0.06, "missing": 0.06, "no_text": 0.006, "cover_letter": 0.006, "file_gone": 0.005,
          "withdrawn": 0.01, "off_the_list": 0.006, "moved": 0.006, "revised": 0.008, "back_dated": 0.004,
          "misprinted": 0.003, "unconfirmed": 0.01}
_MEDIA = {"html": 0.86, "pdf": 0.10, "docx": 0.04}
FAULTY, CHAINED = 0.16, 0.10
"""Shares of bodies whose report holds a fault, and of those whose report of the year before stands there too."""
_TITLES = ("{name}{year}年政府信息公开工作年度报告", "{name}{year}年度政府信息公开工作年度报告",
           "{name}{year}年政府信息公开年度报告", "{name}{year}年政府信息公开工作年报")
_LOSES_FILES = {"trs", "static", "jpage", "anhui_label", "gkmlpt", "kaipu", "truecms", "epoint", "hanweb", "jpaas"}
"""Families whose test portals can lose an attachment."""
_ONLY_WHEN_SHORT = {"truecms-short"}
"""Dialects that show a whole list only while it is shorter than a county's."""
_OF_ONE_BODY = ("hanweb-reports",)
"""A page a year with one report on it: what a county's portal cannot be."""
PUBLISHED = ("on_time", "late", "file_gone", "withdrawn", "off_the_list", "moved", "revised", "back_dated",
             "misprinted", "unconfirmed", "no_text", "cover_letter")


@dataclass(frozen=True, slots=True)
class Truth:
    """How one obligation stands after the last scan: any of `statuses`; `rule` with `outcome` must be found, the
    `implied` ones may."""

    body: str
    scope: str
    portal: str
    fate: str
    statuses: frozenset[str]
    rules: tuple[tuple[str, str], ...] = ()
    implied: frozenset[str] = frozenset()


@dataclass(slots=True, eq=False)
class Body:
    id: str
    name: str
    """As the roster has it; `printed` is how its titles name it."""
    printed: str
    kind: str
    level: str
    number: int
    fate: str = "on_time"
    day: date = DUE
    """The day that list and page print."""
    medium: str = "html"
    faulty: bool = False
    chained: bool = False
    title: str = _TITLES[0]

    @property
    def scope(self) -> str:
        return "consolidated" if self.kind == "government" else "own"

    @property
    def text_kind(self) -> str:
        return {"government": "county", "township": "township"}.get(self.kind, "department")

    @property
    def publishes(self) -> bool:
        return self.fate in PUBLISHED

    def written(self, seed: int) -> reports.Written:
        return _written(self.printed, self.text_kind, f"{seed}/{self.id}", self.faulty, self.chained)


_written = functools.lru_cache(4096)(
    lambda printed, kind, seed, faulty, chained: reports.written(printed, kind, seed, faulty=faulty, chained=chained))


@dataclass(slots=True, eq=False)
class County:
    """One portal and the bodies that publish on it."""

    number: int
    name: str
    city: str
    plan: FamilyPortal
    fault: str
    bodies: list[Body] = field(default_factory=list)
    others: int = 0
    """Announcements of other kinds between the reports."""

    @property
    def id(self) -> str:
        return f"p{self.number}"

    @property
    def host(self) -> str:
        return host_of(self.number)

    @property
    def walked(self) -> bool:
        """Whether its list can be walked to a proven end."""
        return self.plan.complete and self.plan.id not in _ONLY_WHEN_SHORT

    def out(self, day: date) -> bool:
        """Whether the portal answers nothing useful on a day of this scan."""
        return (self.fault == "out_in_second" and day == SCANS[1]) or (self.fault == "out_in_third"
                                                                      and day == SCANS[2])


@dataclass(frozen=True, slots=True)
class Nation:
    portals: int
    bodies: int
    seed: int = 1

    def sizes(self) -> tuple[int, ...]:
        """Bodies of each county: from a third to twice the mean, adding up to `bodies`."""
        return _sizes(self.portals, self.bodies, self.seed)

    def counties(self):  # type: ignore[no-untyped-def]
        return (self.county(number) for number in range(self.portals))

    def county(self, number: int) -> County:
        chance = random.Random(f"{self.seed}/{number}")
        plans = [plan for plan in FAMILY_PORTALS.values() if plan.id not in _OF_ONE_BODY]
        plan = plans[number % len(plans)] if number < len(plans) else chance.choice(plans)
        fault = _drawn(chance, _PORTAL_FAULTS)
        if plan.outcome != "ok":
            fault = "refusing"
        elif fault == "page_fails" and plan.family not in ("trs", "static"):
            fault = ""
        made = County(number, names.county(number), names.city(number // 12), plan, fault,
                      others=chance.randint(4, 14) if plan.lists_others and plan.others else 0)
        for place in range(self.sizes()[number]):
            made.bodies.append(self._body(made, place, chance))
        return made

    def _body(self, county: County, place: int, chance: random.Random) -> Body:
        size = self.sizes()[county.number]
        departments = min(len(names.DEPARTMENTS), max(1, round(size * 0.72) - 2))
        key, kind, level = f"c{county.number}-{place}", "department", "county"
        if place == 0:
            printed, kind = f"{county.name}人民政府", "government"
        elif place == 1:
            printed, kind = f"{county.name}人民政府办公室", "government_office"
        elif place - 2 < departments:
            # Every county has other ones of the long list.
            printed = county.name + names.department((place - 2 + 5 * county.number) % len(names.DEPARTMENTS))
        else:
            printed, kind, level = county.name + names.town(place - 2 - departments), "township", "township"
        body = Body(key, county.city + printed, printed, kind, level, 1001 + place)
        body.fate = _drawn(chance, _FATES)
        if kind == "government":
            # Not due before 20 February; half of them are early.
            body.fate = "on_time" if chance.random() < 0.5 else "not_yet"
        body.medium = _drawn(chance, _MEDIA)
        body.faulty = body.fate in ("on_time", "late", "off_the_list") and chance.random() < FAULTY
        body.chained = chance.random() < CHAINED
        body.title = chance.choice(_TITLES)
        if body.faulty or body.fate in ("revised", "no_text", "cover_letter"):
            body.medium, body.title = "html", _TITLES[0]
        if body.fate == "file_gone":
            body.medium = "pdf"
            if county.plan.family not in _LOSES_FILES:
                body.fate = "on_time"
        body.day = _day(body.fate, chance)
        return body


@functools.cache
def _sizes(portals: int, bodies: int, seed: int) -> tuple[int, ...]:
    chance = random.Random(f"{seed}/sizes")
    weights = [chance.uniform(0.5, 1.5) ** 1.5 for _ in range(portals)]
    total, made, reached = sum(weights), [], 0.0
    for weight in weights:
        before = round(reached)
        reached += weight * bodies / total
        made.append(max(1, round(reached) - before))
    return tuple(made)


def _drawn(chance: random.Random, shares: dict[str, float]) -> str:
    return chance.choices(list(shares), list(shares.values()))[0]


def _day(fate: str, chance: random.Random) -> date:
    if fate == "late":
        return DUE + timedelta(days=chance.randint(1, 8))
    if fate in ("withdrawn", "moved", "revised", "off_the_list"):
        return date(2026, 1, 6) + timedelta(days=chance.randrange(18))
    if fate == "back_dated":
        return date(2026, 1, 28)
    return date(2026, 1, 5) + timedelta(days=chance.randrange(27))


CHANGED = date(2026, 1, 28)
"""When reports are withdrawn, moved, revised and taken off their lists."""
SHOWN_LATE = date(2026, 2, 5)
"""When the back-dated ones really appear."""


# ---------------------------------------------------------------- the truth
_RULES = {"missing": "PUB-01", "late": "PUB-02", "late_by_rule": "PUB-03", "withdrawn": "PUB-12"}
"""What a status earns (domain.md §3.1)."""


def truth(county: County, body: Body, seed: int) -> Truth:
    """What must be said of a body after the last scan."""
    statuses, written = _status(county, body), body.written(seed)
    rules, implied = [], set(written.implied)
    for status, rule in _RULES.items():
        if statuses == {status}:
            rules.append((rule, "fail"))
        elif status in statuses:
            implied.add(rule)
    seen = statuses <= {"on_time", "late", "late_by_rule"}
    if body.faulty:
        if seen:
            rules.append((written.rule, written.outcome))
        else:
            implied.add(written.rule)
    if body.fate == "off_the_list":
        implied.add("PUB-12")
    if body.fate == "revised":
        implied.add("PUB-11")
        if seen and county.fault in ("", "out_in_second"):
            rules.append(("PUB-11", "fail"))
    if county.fault == "emptied":
        implied.add("PUB-06")
    if body.fate == "back_dated":
        implied.add("PUB-05")
    if body.fate == "file_gone":
        implied.add("PUB-07")
        if not county.fault and county.walked:
            rules.append(("PUB-07", "fail"))
    return Truth(body.id, body.scope, county.id, body.fate, statuses, tuple(rules), frozenset(implied))


def _status(county: County, body: Body) -> frozenset[str]:
    if body.fate == "unconfirmed":
        return frozenset({"not_confirmed"})
    shown = _shown(county, body)
    if county.fault in BLIND:
        return frozenset({"due_soon"} if body.kind == "government" else {"unverified"})
    uncertain = frozenset({"unverified"}) if county.fault == "page_fails" or not county.walked else frozenset()
    if body.kind == "government":
        return frozenset({"on_time"} if shown else {"due_soon"}) | (
            frozenset({"due_soon"}) if uncertain and shown else frozenset())
    return _own_status(county, body, shown) | uncertain


def _own_status(county: County, body: Body, shown: bool) -> frozenset[str]:
    once = county.fault in ("out_in_second", "out_in_third")
    if body.fate == "missing" or not shown:
        # Without two looks after the due day nothing is proven.
        return frozenset({"not_seen"} if once else {"missing"})
    late = "late_by_rule" if body.kind == "township" else "late"
    return frozenset({
        "late": {late}, "no_text": {"invalid"}, "cover_letter": {"invalid"}, "file_gone": {"invalid", "unverified"},
        "withdrawn": {"on_time"} if once else {"withdrawn"}, "back_dated": {"on_time", "undated"},
        # Nobody's row claims the printed name, but the report itself prints it right.
        "misprinted": {"unverified", "on_time"}}.get(body.fate, {"on_time"}))


def _shown(county: County, body: Body) -> bool:
    """Whether its page stood in the list of some scan that saw the list."""
    if not body.publishes:
        return False
    first = SHOWN_LATE if body.fate == "back_dated" else body.day
    last = CHANGED if body.fate == "withdrawn" else date.max
    return any(first <= day < last and not county.out(day) for day in SCANS)
