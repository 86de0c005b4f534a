"""Where a body is at home: the portals whose word may count against it.

One portal of thousands may be broken into, and can print any body's name over any page. Promises: a body is at home
where its own columns stand, where a body above it, one that reports for it or one it came from publishes, and where the
government of its place does; a portal the roster no longer has is past being told apart. Leaves alone: what a portal
that is no home says in a body's favour (monitor/standing.py).
"""

from __future__ import annotations

from collections import defaultdict

from crawler.model import Body
from crawler.roster import Roster

_GOVERNMENTS = ("government", "government_office")
_LEVELS = (2, 4, 6)
"""Digits of a division code that name a province, a city, a county."""


class Homes:
    """The homes of one roster's bodies, each looked up once."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster
        self._of: dict[str, frozenset[str]] = {}
        self._beside: dict[str, set[str]] = defaultdict(set)
        """Bodies that report for a body, or whose tasks came to it."""
        self._seats: dict[str, set[str]] = defaultdict(set)
        """Portals of governments, by the digits of their place."""
        for body in roster.bodies.values():
            for other in (*body.covers, body.successor, *(event.other for event in body.events)):
                self._beside[other].add(body.id)
            if body.kind in _GOVERNMENTS and body.division_code:
                self._seats[_place(body.division_code)].update(self._own(body))

    def of(self, body: Body) -> frozenset[str]:
        """Ids of its portals; empty for a body without any column of its own."""
        if body.id not in self._of:
            own, found = self._own(body), set[str]()
            for each in self._related(body) if own else ():
                found |= self._own(each)
            for digits in _LEVELS if own and body.division_code else ():
                found |= self._seats.get(_place(body.division_code[:digits]), set())
            self._of[body.id] = frozenset(found | own)
        return self._of[body.id]

    def is_one(self, portal: str, body: Body) -> bool:
        """Whether a portal is a home of a body; any is for one that has none registered."""
        homes = self.of(body)
        return not homes or portal in homes or portal not in self._roster.portals

    def speaks(self, portal: str, url: str, body: Body) -> bool:
        """Whether a page at an address, found by a portal, may count against a body: a home found it, or has its
        host."""
        return self.is_one(portal, body) or any(self._roster.registered(url, self._roster.portals[home], body)
                                                for home in self.of(body))

    def _own(self, body: Body) -> set[str]:
        return {portal.id for portal, _ in self._roster.columns_of(body)}

    def _related(self, body: Body) -> list[Body]:
        """The bodies above, however they stand above, and those that report for it or came before it."""
        waiting, found = [body.id], dict[str, Body]()
        while waiting:
            each = self._roster.bodies.get(waiting.pop())
            if each is None or each.id in found:
                continue
            found[each.id] = each
            waiting += (each.parent, each.acts_as, each.reports_to)
        beside = (self._roster.bodies[other] for other in self._beside.get(body.id, ()))
        return [*found.values(), *beside]


def _place(code: str) -> str:
    """The digits that name a place: 320100 → 3201."""
    stem = code[:6]
    while len(stem) > 2 and stem.endswith("00"):
        stem = stem[:-2]
    return stem
