"""What must come of the world: status of every (body, year) and the findings due at each of the three scans.

Worked out by hand from the domain's status table, not by running the product. Where the domain leaves room, every
answer it allows is named. Promises nothing about findings of severity I other than those planted.
"""

from __future__ import annotations

from datetime import date

from tests.portals.offices import OFFICES, YEARS
from tests.portals.world import PORTALS, PUBLICATIONS, SCANS

Statuses = frozenset[str]
Planted = tuple[str, str, str]
"""Rule, body id, outcome (fail or uncertain)."""


def _always(*statuses: str) -> tuple[Statuses, ...]:
    return (frozenset(statuses),) * len(SCANS)


def _each(*statuses: str) -> tuple[Statuses, ...]:
    return tuple(frozenset(status.split("|")) for status in statuses)


_ON_TIME, _BLIND = _always("on_time"), _always("unverified")
NEWEST: dict[str, tuple[Statuses, ...]] = {
    # 2026-02-02, 2026-02-09, 2026-04-07. Consolidated reports: county 20 February, prefecture 10 March, all 31 March.
    "city-gov": _each("not_due", "not_due", "on_time"),
    "yangli-gov": _each("not_due", "due_soon", "late_by_rule"),
    "shifan-gov": _each("not_due", "due_soon", "on_time"),
    "shidian-gov": _each("not_due", "due_soon", "late"),
    # Nobody looked in the 48 hours around 31 March, so one look afterwards proves no absence.
    "fanli-gov": _each("not_due", "due_soon", "not_seen"),
    "yangli-health": _each("not_seen", "missing", "missing"),
    # Its page says 29 January; that the list of 9 February lacked it is PUB-05, a question for a person.
    "shidian-forestry": _each("not_seen", "missing", "on_time|undated"),
    "shifan-justice": _each("not_seen", "late", "late"),
    "yangli-street": _each("not_seen", "late_by_rule", "late_by_rule"),
    "shidian-water": _each("on_time", "on_time", "withdrawn"),
    # The page opens, its only attachment doesn't: nobody has read a report there.
    "yangli-town": _always("invalid", "unverified"),
    "city-supply": _always("not_confirmed"),
    "city-ethnic": _BLIND, "city-commerce": _BLIND, "city-zone": _BLIND, "city-police": _BLIND,
    "city-resources": _BLIND, "city-sports": _BLIND, "city-audit": _BLIND,
}
"""Report year 2025; bodies not named here are on_time at every scan."""
_OUT_OF_REACH = {("city-commerce", 2023)}
"""Stands on the list page that answers 503."""


def expected(office: str, year: int) -> tuple[Statuses, ...]:
    """The statuses allowed at each scan."""
    if year == YEARS[-1]:
        return NEWEST.get(office, _ON_TIME)
    if (office, year) in _OUT_OF_REACH:
        return _BLIND
    if any((each.office, each.year) == (office, year) for each in PUBLICATIONS):
        # fanli-gov 2023 too: from 5 February its row is gone from the list, but its address still answers.
        return _ON_TIME
    # All others publish on a portal at which nothing can be seen, or aren't confirmed.
    return NEWEST[office]


def statuses() -> dict[tuple[str, str, int], tuple[Statuses, ...]]:
    """Every (body, scope, year) of the watched years."""
    return {(office.id, office.scope, year): expected(office.id, year) for office in OFFICES.values() for year in YEARS}


_CONTENT: tuple[Planted, ...] = (
    ("ARI-01", "city-finance", "fail"), ("TXT-02", "yangli-office", "fail"), ("FMT-06", "shifan-civil", "fail"),
    ("DOC-03", "shifan-statistics", "fail"), ("PUB-14", "shifan-town", "fail"),
    ("FMT-01", "shidian-agriculture", "fail"), ("TXT-13", "shidian-town", "fail"), ("FMT-13", "shidian-town", "fail"))
_AFTER_DUE: tuple[Planted, ...] = (
    ("PUB-01", "yangli-health", "fail"), ("PUB-02", "shifan-justice", "fail"), ("PUB-03", "yangli-street", "fail"),
    ("ARI-04", "yangli-street", "fail"), ("PUB-06", "city-ethnic", "fail"), ("PUB-07", "yangli-town", "fail"))
FINDINGS: dict[date, frozenset[Planted]] = {
    SCANS[0]: frozenset(_CONTENT),
    SCANS[1]: frozenset({*_CONTENT, *_AFTER_DUE, ("PUB-01", "shidian-forestry", "fail")}),
    SCANS[2]: frozenset({*_CONTENT, *_AFTER_DUE, ("PUB-02", "shidian-gov", "fail"), ("PUB-03", "yangli-gov", "fail"),
                         ("PUB-12", "shidian-water", "fail")}),
}
"""Findings on report year 2025 that must stand open after each scan."""

SEVERE = frozenset({"ARI-01", "ARI-04", "FMT-01", "FMT-06", "DOC-03", "PUB-01", "PUB-02", "PUB-06"})
"""The planted rules of severity E: no other failing E may stand against anybody."""
UNREACHABLE = PORTALS["shili-resources"].host
