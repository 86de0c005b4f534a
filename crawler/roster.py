"""Who owes a report and where it is published: the bodies and portals, and printed names → bodies.

Promises: a printed name is routed only where exactly one
body can be meant; a report title that can't be routed is kept as `unrouted`, never dropped. Leaves alone: the files
(roster_files.py), which reports are owed (monitor/obligations.py) and what a title is (extract/titles.py).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from crawler import divisions, joint_names, printed_names, roster_files
from crawler.exceptions import RosterError
from crawler.model import Body, Column, Item, Portal, Route
from crawler.name_index import NameIndex
from extract import configuration, titles
from extract.model import Scope

_PROVINCES = ("省", "自治区")
_NAMELESS = re.compile(r"(?:本|我|该)?(?:单位|机关|部门|局)?(?:20\d\d年度?)?(?:因|为|系|属|是|于)*"
                       r"(?:新成立|新组建|新设立|机构改革|撤销|合并|暂无|没有|不涉及|无需|不需|无(?![锡为棣极]))")
_NAME_AND_YEAR = re.compile(r"(\D+)20\d\d年(?:度)?")
_LIKE_A_NAME = re.compile(
    r"(?!.*(?:召开|举行|举办|调研|视察|会见|走进|开展|组织|关于|赴|来))(?:[\u4e00-\u9fff（）、]{2,24}(?:政府|办公室|办公厅|政府办"
    r"|厅|局|委|委员会|管委会|联合会|办事处|中心|镇|乡|街道|总队|支队|大队)|[\u4e00-\u9fff]{2,8}[区县市])")
"""A title that is nothing but a body's name."""
_ONLY_YEAR = re.compile(r"20\d\d(?:年度?|度)?")


@dataclass(slots=True)
class Roster:
    """The bodies in file order and the portals they name. Build it with `load`."""

    bodies: dict[str, Body]
    portals: dict[str, Portal]
    path: Path = field(default_factory=Path)
    _users: dict[str, set[str]] = field(default_factory=dict)
    """Bodies by portal, and by portal/column."""
    _places: dict[str, frozenset[str]] = field(default_factory=dict)
    """Every place a body is known to lie in, as far as anybody asked."""
    _ranks: dict[str, tuple[int, int]] = field(default_factory=dict)
    _below: dict[str, list[str]] | None = None
    _offices: dict[str, list[str]] | None = None
    _printed: NameIndex | None = None

    @classmethod
    def load(cls) -> Roster:
        """The roster of the office's facts folder, else the packaged example. Raises RosterError listing all faults."""
        path = configuration.path_of("bodies.csv")
        faults: list[str] = []
        bodies = roster_files.rows_of(path, faults)
        portals = roster_files.read_portals(faults)
        roster_files.check_references(bodies, portals, path, faults)
        if faults:
            raise RosterError("\n".join(faults))
        used = {body.portal for body in bodies.values()} | {
            channel.split("/")[0] for body in bodies.values() for channel in body.channels}
        return cls.of(bodies.values(), (portal for portal in portals.values() if portal.id in used), path)

    @classmethod
    def of(cls, bodies: Iterable[Body], portals: Iterable[Portal], path: Path | None = None) -> Roster:
        """A roster of bodies and portals already made."""
        roster = cls({body.id: body for body in bodies}, {portal.id: portal for portal in portals}, path or Path())
        users = defaultdict(set)
        for body in roster.bodies.values():
            for portal, column in roster.columns_of(body):
                users[portal.id].add(body.id)
                users[f"{portal.id}/{column.id}"].add(body.id)
        roster._users = dict(users)
        return roster

    @property
    def _names(self) -> NameIndex:
        # Made when the first name is looked up: in a country it is most of a roster's time and memory, and what only
        # lists or counts bodies needs none of it.
        if self._printed is None:
            self._printed = NameIndex(self.bodies.values())
        return self._printed

    def rank(self, body: str) -> tuple[int, int]:
        """The place of a body as offices list them: by sort_order (机构序列), then as the file has them; those it has
        not come last."""
        if not self._ranks:
            self._ranks = {each.id: (each.sort_order, number) for number, each in enumerate(self.bodies.values())}
        return self._ranks.get(body, (10**9, 0))

    def columns_of(self, body: Body) -> list[tuple[Portal, Column]]:
        """Every column that must have answered before this body's report may be called unseen.

        Without channels in its row: the portal's shared columns; a column of role own belongs to those who name it.
        """
        if body.channels:
            named = (channel.split("/") for channel in body.channels)
            return [(self.portals[portal], column) for portal, wanted in named if portal in self.portals
                    for column in self.portals[portal].columns if column.id == wanted]
        portal = self.portals.get(body.portal)
        if portal is None:
            return []
        shared = [column for column in portal.columns if column.role != "own"]
        return [(portal, column) for column in shared or portal.columns]

    def bodies_of(self, portal: str, column: str = "") -> set[str]:
        """Ids of the bodies that publish on a portal, or in one of its columns."""
        return self._users.get(f"{portal}/{column}" if column else portal, set())

    def under(self, body_id: str) -> list[Body]:
        """A body and everything below it by `parent`, in file order."""
        if self._below is None:
            self._below = defaultdict(list)
            for body in self.bodies.values():
                if body.parent:
                    self._below[body.parent].append(body.id)
        wanted, waiting = {body_id}, [body_id]
        while waiting:
            more = [each for each in self._below.get(waiting.pop(), ()) if each not in wanted]
            wanted.update(more)
            waiting += more
        return [self.bodies[each] for each in sorted(wanted & self.bodies.keys(), key=lambda each: self.rank(each)[1])]

    def find(self, printed_name: str, portal: str | None = None, year: int | None = None) -> Body | None:
        """The one body a printed name can mean, looked for on the portal first; None when none or several can.

        Whole names (own, former, aliases, plates) count everywhere; a place in front of one only where the body is
        known to lie in it (by its names, its division code or a body above); shortened names (教育局) only where a
        single body of the portal shortens so, or, with their place, where a body above is at home. A name that
        several bodies bore one after the other means the one that bore it in the report's `year`.
        """
        name = titles.normalise(printed_name)
        if not name:
            return None
        here = self._users.get(portal, set()) if portal else set()
        whole = self._names.whole(name)
        longer, shorter = set(), set()
        for form, cut in printed_names.printed(name):
            longer |= {body for body in self._names.whole(form) if self._lies_in(body, cut, body in here)}
            shorter |= {body for body in self._names.shortened(form) if self._lies_in(body, cut, body in here)}
        if portal:
            # A shortened name is only understood where it is at home, or where it still names its place.
            shorter = shorter & here or {body for body in shorter if self._known_here(body, name, here)}
        for candidates in (whole, longer, shorter):
            for group in (candidates & here, candidates):
                if len(group) > 1 and year is not None:
                    group = {body for body in group if _bore(self.bodies[body], name, year)} or group
                if len(group) == 1:
                    return self.bodies[next(iter(group))]
                if group:
                    return None
        return None

    def _above(self, body: Body) -> list[Body]:
        """The bodies above by `parent`, nearest first."""
        found: list[Body] = []
        while body.parent in self.bodies and self.bodies[body.parent] not in found:
            body = self.bodies[body.parent]
            found.append(body)
        return found

    def _lies_in(self, body: str, cut: tuple[str, ...], at_home: bool) -> bool:
        """Whether the places cut from a printed name may stand in front of this body's name. A province nobody told
        us of passes where the body is at home: portals don't list another province's bodies."""
        if not cut:
            return True
        places = self._places.get(body)
        if places is None:
            lying = [self.bodies[body], *self._above(self.bodies[body])]
            places = self._places[body] = frozenset(place for each in lying for place in _places_named(each))
        told = any(place.endswith(_PROVINCES) for place in places)
        return all(place in places or (at_home and not told and place.endswith(_PROVINCES)) for place in cut)

    def _known_here(self, body: str, name: str, here: set[str]) -> bool:
        """Whether a shortened name with its place, printed on a portal the body doesn't publish on, can only be it."""
        place = divisions.leading(name)
        above = [each for each in self._above(self.bodies[body]) if each.id in here]
        if not place or not above:
            return False
        codes = divisions.codes_of(place)
        inside = [code for code in codes if any(each.division_code and code.startswith(_stem(each.division_code))
                                                for each in above)]
        return len(codes) <= 1 or len(inside) == 1

    def route(self, item: Item, portal: Portal, column: Column | None = None) -> Route:
        """Where one list row belongs, by the first body it names; `routes` gives all."""
        return self.routes(item, portal, column)[0]

    def routes(self, item: Item, portal: Portal, column: Column | None = None) -> list[Route]:
        """Where one list row belongs: one route, or for a report of several bodies one each, and one for every part of
        the printed name that nobody claims. Rows on hosts nobody registered are `foreign`, with the body they speak
        of."""
        title = titles.parse(item.title)
        if title.kind == "note":
            # A note that names nobody stands in a column of one body for that one, else it could be anybody's.
            nameless = _NAMELESS.match(title.normalised)
            owner = self._owner("", portal, column) if nameless else self._named_in(title.normalised, portal)
            return [Route("note", owner.id if owner else None, "unknown", title.year,
                          "" if nameless else title.body or "", title.reason)]
        if not title.accepted and not title.needs_content:
            if title.kind == "other" and (bare := self._bare(item, title, portal, column)):
                return [bare]
            about = title.kind not in ("", "other")
            return [Route("reject" if about else "other", printed_body=title.body or "", year=title.year,
                          reason=title.reason)]
        owners, unclaimed = self.owners(title.body or "", portal, column, title.year)
        owners = [self._meant(owner, title) for owner in owners]
        made = [self._routed(item, title, owner, portal) for owner in (owners or (None,))]
        return made + [Route("unrouted" if self.registered(item.url, portal) else "foreign", None, "unknown",
                             title.year, part, "unknown_part") for part in unclaimed]

    def _bare(self, item: Item, title: titles.Title, portal: Portal, column: Column | None) -> Route | None:
        """A row of a list of annual reports that names nothing but a body, or nothing but a year in the column of one
        body: it may well be the report, so that its page must tell. A name without day and year is a menu's."""
        name, dated = "", _NAME_AND_YEAR.fullmatch(title.normalised)
        if _ONLY_YEAR.fullmatch(title.normalised):
            owner = self._owner("", portal, column)
        elif dated or (item.day and _LIKE_A_NAME.fullmatch(title.normalised)):
            name = dated.group(1) if dated else title.normalised
            owner = self.find(name, portal.id, title.year)
        else:
            return None
        if (owner is None and not name) or not self.registered(item.url, portal, owner):
            return None
        if owner is None:
            return Route("unrouted", None, "unknown", None, name, "unknown_body")
        # The year may be that of the report or that of its publication: the page tells.
        return Route("unrouted", owner.id, self.scope_of(owner, item.title), None, name, "needs_content")

    def route_all(self, items: Iterable[Item], portal: Portal,
                  column: Column | None = None) -> list[tuple[Item, Route]]:
        """The rows of one list with their routes. An address listed under several names belongs to each of them; a row
        that says less of an address than another one is left out."""
        routed = [(item, route) for item in items for route in self.routes(item, portal, column)]
        named = {item.url for item, route in routed if route.kind == "report"}
        kept: dict[tuple[object, ...], tuple[Item, Route]] = {}
        for item, route in routed:
            if item.url in named and route.kind == "unrouted" and not route.printed_body:
                continue
            told = route.body or (route.printed_body if route.kind in ("unrouted", "foreign") else "")
            kept.setdefault((item.url, route.kind, told, route.scope, route.year), (item, route))
        return list(kept.values())

    def owners(self, printed: str, portal: Portal, column: Column | None = None,
               year: int | None = None) -> tuple[list[Body], list[str]]:
        """Every body whose report a printed name makes it, and the parts of the name that nobody claims. A body that
        covers others reports for them too."""
        def find(name: str) -> Body | None:
            return self.find(name, portal.id, year)

        first, unclaimed = self._owner(printed, portal, column, year), list[str]()
        found = [first] if first else []
        if first:
            beside = joint_names.in_brackets(titles.normalise(printed), find)
            governing = {"government", "government_office"}
            if beside and not {first.kind, beside.kind} <= governing:
                found.append(beside)
        elif printed:
            found, unclaimed = joint_names.taken_apart(titles.normalise(printed), find)
        found += [self.bodies[covered] for body in list(found) for covered in body.covers if covered in self.bodies]
        found += [heir for body in list(found) if year and (heir := self._heir(body, year))]
        return list(dict.fromkeys(found)), unclaimed

    def _routed(self, item: Item, title: titles.Title, owner: Body | None, portal: Portal) -> Route:
        scope = self.scope_of(owner, item.title) if owner else "unknown"
        body = owner.id if owner else None
        if not self.registered(item.url, portal, owner):
            return Route("foreign", body, scope, title.year, title.body or "", "host_not_registered")
        if title.needs_content:
            return Route("unrouted", body, scope, title.year, title.body or "", "needs_content")
        if owner is None:
            return Route("unrouted", None, "unknown", title.year, title.body or "",
                         "unknown_body" if title.body else "no_body")
        if title.year is None:
            return Route("unrouted", body, scope, None, title.body or "", "no_year")
        return Route("report", body, scope, title.year, title.body or "")

    def registered(self, url: str, portal: Portal, body: Body | None = None) -> bool:
        """Whether pages at this address count as evidence: its host is one of the portal's or the body's."""
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        places = {host} if parts.port in (None, 80, 443) else set()
        places.add(f"{host}:{parts.port}" if parts.port else host)
        return bool(places & {known.lower() for known in (*portal.hosts, *(body.hosts if body else ()))})

    @staticmethod
    def scope_of(body: Body, title: str) -> Scope:
        """The scope a title of this body means: what the title says, else the row's only one, else unknown; a scope
        that the row doesn't have is unknown too, so that it fulfils and excludes nothing."""
        said = titles.parse(title).scope
        if said in body.scopes:
            return said
        if len(body.scopes) == 1:
            return "unknown" if body.kind == "government" and said == "own" else body.scopes[0]
        name = titles.normalise(title)
        if "system" in body.scopes and "全系统" in name:
            return "system"
        if "consolidated" in body.scopes and ("汇总" in name or "本级政府" in name):
            return "consolidated"
        if "own" in body.scopes and ("本机关" in name or any(office in name for office in printed_names.OFFICES)):
            return "own"
        return "unknown"

    def _named_in(self, text: str, portal: Portal) -> Body | None:
        """The body of this portal whose name begins a sentence about it; the longest name wins."""
        found = (self.find(name, portal.id) for name in self._names.leading(text))
        return next((body for body in found if body), None)

    def _heir(self, body: Body, year: int) -> Body | None:
        """The body founded after `year` that owes this one's report on it, since this one ended before it was due: what
        the old one still published is what the new one owes."""
        ended = [event for event in body.events if event.kind in ("merged_into", "abolished")
                 and event.day[:4] == str(year + 1)]
        heir = self.bodies.get(body.successor or next((event.other for event in ended), "")) if ended else None
        if heir is None:
            return None
        born = [event.day[:4] for event in heir.events if event.kind in ("founded", "split_from")]
        return heir if (heir.since or 0) > year or (born and min(born) > str(year)) else None

    def _meant(self, owner: Body, title: titles.Title) -> Body:
        """The body a title means where government and office share a name: 某县人民政府（本机关） is the office's
        report, a 汇总 under the office's name the government's."""
        wanted = {"government": "government_office", "government_office": "government"}.get(owner.kind)
        if title.scope == "unknown" or title.scope in owner.scopes or not wanted:
            return owner

        if self._offices is None:
            self._offices = defaultdict(list)
            for office in self.bodies.values():
                if office.kind == "government_office":
                    self._offices[office.acts_as or office.parent].append(office.id)
        linked = [owner.acts_as or owner.parent] if wanted == "government" else self._offices.get(owner.id, [])
        found = [body for each in linked if (body := self.bodies.get(each)) and body.kind == wanted
                 and title.scope in body.scopes]
        return found[0] if len(found) == 1 else owner

    def _owner(self, printed: str, portal: Portal, column: Column | None, year: int | None = None) -> Body | None:
        if printed:
            return self.find(printed, portal.id, year)
        # A title without a name on a column of one body's own can only be that body's.
        alone = self.bodies_of(portal.id, column.id) if column else self.bodies_of(portal.id)
        own = column is None or column.role == "own"
        return self.bodies[next(iter(alone))] if len(alone) == 1 and own else None


def _bore(body: Body, name: str, year: int) -> bool:
    """Whether a body existed and could bear this name when its report on a year came out: in that year or the next."""
    if (body.since or year) > year or (body.until or year) < year:
        return False
    days = {kind: [int(event.day[:4]) for event in body.events if event.kind == kind] for kind in roster_files.EVENTS}
    if any(born > year for born in days["founded"] + days["split_from"]) or any(
            ended < year for ended in days["abolished"] + days["merged_into"]):
        return False
    renamed = max(days["renamed"], default=None)
    if renamed is None:
        return True
    own = any(form == titles.normalise(body.name) for form in printed_names.spellings(name))
    return year + 1 >= renamed if own else year <= renamed


def _places_named(body: Body) -> Iterator[str]:
    """The places a body's names begin with, and those of its division code."""
    for name in body.names:
        yield from divisions.leading_all(titles.normalise(name))
    yield from divisions.places(body.division_code)


def _stem(code: str) -> str:
    """The digits that every code below begins with: 320100 → 3201."""
    stem = code[:6]
    while len(stem) > 2 and stem.endswith("00"):
        stem = stem[:-2]
    return stem
