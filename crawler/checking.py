"""`roster check` and `checkall`: what of roster, portals and families can't work, and what a person should look at,
without any network.

Promises: every remark names file and line and a key of its sentence; a fault is what a scan would refuse, a warning may
hide a report or accuse wrongly, a note is work to be done. Leaves alone: mending, and the wording (vocabulary.yaml).
"""

from __future__ import annotations

import inspect
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Literal

from crawler import clock, confirming, divisions, families, roster_files
from crawler.exceptions import RosterError
from crawler.model import Body, Portal
from crawler.office_list import valid_uscc
from crawler.roster import Roster
from extract import configuration, titles

_ENDING_EVENTS = frozenset({"abolished", "merged_into"})
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*(:\d{1,5})?", re.I)
_EXAMPLE = "example"
_OFFERS = {"recognise": ["text"], "listing": ["text", "url"], "enumerate_list": ["first", "get", "max_pages"]}
QUIRKS = frozenset({"robots_agreed"})
"""Names of quirks that something reads; another one would do nothing."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to know. `place` is file:line, `subject` the body's or portal's name, `value` what was seen."""

    level: Literal["fault", "warning", "note"]
    key: str
    place: str
    subject: str = ""
    value: str = ""


def check_portals() -> list[Remark]:
    """Lint of portals/*.yaml and the families they name, as CI runs it."""
    faults: list[str] = []
    portals = roster_files.read_portals(faults)
    found = [_fault(fault) for fault in faults]
    owners: dict[str, str] = {}
    for portal in portals.values():
        place = str(configuration.path_of(f"portals/{portal.id}.yaml")) if _has_file(portal.id) else "portals/"
        if not _has_file(portal.id):
            found.append(Remark("fault", "portal_file_name", place, portal.name, portal.id))
        found += _portal(portal, place, owners)
    return found


def check_families(sources: Path | None = None) -> list[Remark]:
    """Lint of the publishing systems: each offers what a scan asks of it, is told from the others and, where `sources`
    is the root of a checkout, has its saved lists and a test portal."""
    found: list[Remark] = []
    folder = Path(families.__file__).parent
    for path in sorted(folder.glob("*.py")):
        source, name = path.read_text("utf-8"), path.stem
        if re.search(r"^def recognise\(", source, re.M) and name not in families.FAMILIES and name != "__init__":
            found.append(Remark("fault", "family_unlisted", str(path), name))
    for name, family in families.FAMILIES.items():
        place = str(folder / f"{name}.py")
        for offer, parameters in _OFFERS.items():
            function = getattr(family, offer, None)
            known = list(inspect.signature(function).parameters) if callable(function) else None
            if known is None or known[:len(parameters)] != parameters:
                found.append(Remark("fault", "family_offers", place, name, f"{offer}({', '.join(parameters)})"))
        if not (family.__doc__ or "").strip():
            found.append(Remark("fault", "family_undocumented", place, name))
        if sources is not None:
            found += _family_tests(name, sources)
    return found


def _family_tests(name: str, sources: Path) -> Iterator[Remark]:
    """A test portal, and saved lists with what must be read from them, which are told to be of this system."""
    if not (sources / "tests" / "portals" / f"{name}.py").is_file():
        yield Remark("fault", "family_without_portal", f"tests/portals/{name}.py", name)
    saved = sorted((sources / "tests" / "listings" / name).glob("*.html"))
    if not saved:
        yield Remark("fault", "family_without_listings", f"tests/listings/{name}/", name)
    for page in saved:
        place = f"tests/listings/{name}/{page.name}"
        try:
            expected = json.loads(page.with_suffix(".json").read_text("utf-8"))
        except (OSError, ValueError):
            yield Remark("fault", "listing_unread", place, name, page.with_suffix(".json").name)
            continue
        text = page.read_text("utf-8")
        seen = families.recognise(text)
        if not expected.get("parser") and seen != expected["family"]:
            yield Remark("fault", "listing_of_another", place, name, seen or "-")
        rows = [[item.url, item.title, item.day] for item in families.FAMILIES[name].listing(
            text, expected["url"]).items]
        if rows != expected["items"]:
            yield Remark("fault", "listing_rows", place, name, f"{len(rows)}/{len(expected['items'])}")


def check_all(sources: Path | None = None) -> list[Remark]:
    """Portals and families, offline: what CI runs on every change."""
    return [*check_portals(), *check_families(sources)]


def _portal(portal: Portal, place: str, owners: dict[str, str]) -> Iterator[Remark]:
    for host in portal.hosts:
        if not _HOST.fullmatch(host):
            yield Remark("fault", "bad_host", place, portal.name, host)
        other = owners.setdefault(f"{host.lower()}", portal.id)
        if other != portal.id and portal.id != _EXAMPLE:
            yield Remark("note", "host_of_two_portals", place, portal.name, f"{host}: {other}")
    addresses = [column.url for column in portal.columns]
    for url in sorted({url for url in addresses if addresses.count(url) > 1}):
        yield Remark("fault", "column_twice", place, portal.name, url)
    for quirk in portal.quirks:
        if not quirk.reason.strip():
            yield Remark("warning", "quirk_without_reason", place, portal.name, quirk.name)
        if quirk.name not in QUIRKS:
            yield Remark("warning", "quirk_unknown", place, portal.name, f"{quirk.name} ({', '.join(sorted(QUIRKS))})")
    conduct = portal.conduct
    if (conduct.delay or conduct.download_timeout or conduct.hours) and not conduct.reason.strip():
        yield Remark("warning", "conduct_without_reason", place, portal.name, "conduct")
    if portal.expectations.min_items > 50 * portal.expectations.max_pages:
        yield Remark("fault", "expectations", place, portal.name, str(portal.expectations.min_items))
    if portal.family == "auto":
        yield Remark("note", "family_auto", place, portal.name, ", ".join(sorted(families.FAMILIES)))


def check(season_starts: str = "10-01") -> list[Remark]:
    """Everything about roster and portals. `season_starts`: month and day from which a confirmation counts anew.

    With faults in the files only those are told: nothing else could be trusted.
    """
    path = configuration.path_of("bodies.csv")
    try:
        loaded = Roster.load()
    except RosterError as fault:
        return [_fault(line) for line in str(fault).splitlines()]
    found = [*check_portals(), *_names(loaded, path), *_portals_used(loaded)]
    for body in loaded.bodies.values():
        found += _body(loaded, body, f"{path}:{body.line}")
    found += _codes(loaded, path)
    found += _unconfirmed(loaded, path, season_starts)
    order = {"fault": 0, "warning": 1, "note": 2}
    return sorted(found, key=lambda remark: order[remark.level])


def _names(loaded: Roster, path: Path) -> Iterator[Remark]:
    """Names that two bodies of one portal would print alike: their reports could not be told apart."""
    named: dict[tuple[str, str], list[Body]] = defaultdict(list)
    for body in loaded.bodies.values():
        for place in {portal.id for portal, _ in loaded.columns_of(body)} or {""}:
            for name in {titles.normalise(name) for name in body.names}:
                named[(place, name)].append(body)
    for (place, name), bodies in named.items():
        together = [(one, other) for index, one in enumerate(bodies) for other in bodies[index + 1:]
                    if _years_meet(one, other)]
        for one, other in together if place else ():
            yield Remark("warning", "shared_name", f"{path}:{other.line}", other.name, f"{name}: {one.id}, {other.id}")


def _years_meet(one: Body, other: Body) -> bool:
    return max(one.since or 0, other.since or 0) <= min(one.until or 9999, other.until or 9999)


def _portals_used(loaded: Roster) -> Iterator[Remark]:
    for name in configuration.names_in("portals"):
        written = name.removeprefix("portals/").removesuffix(".yaml")
        if written != _EXAMPLE and written not in loaded.portals:
            yield Remark("note", "portal_unused", str(configuration.path_of(name)), written)
    for portal in loaded.portals.values():
        for column in portal.columns:
            if not loaded.bodies_of(portal.id, column.id):
                yield Remark("note", "column_unused", f"portals/{portal.id}.yaml", portal.name, column.id)


def _body(loaded: Roster, body: Body, place: str) -> Iterator[Remark]:
    owes = body.obligation != "none" and body.kind != "public_enterprise"
    if owes and body.until is None and not loaded.columns_of(body):
        yield Remark("note", "no_portal", place, body.name, body.home)
    for host in body.hosts:
        if not _HOST.fullmatch(host):
            yield Remark("fault", "bad_host", place, body.name, host)
    if body.uscc and not valid_uscc(body.uscc):
        yield Remark("warning", "bad_uscc", place, body.name, body.uscc)
    if body.division_code and not divisions.known(body.division_code):
        yield Remark("warning", "bad_division", place, body.name, body.division_code)
    elif body.division_code and (seen := _another_place(body)):
        yield Remark("warning", "other_place", place, body.name, f"{body.division_code} {seen}")
    for covered in body.covers:
        if covered not in loaded.bodies or covered == body.id:
            yield Remark("warning", "covers_other", place, body.name, covered)
    yield from _events(loaded, body, place)
    yield from _chain(loaded, body, place, "successor")
    yield from _chain(loaded, body, place, "parent")


def _another_place(body: Body) -> str:
    """The name the code has in the data, where the body's name begins with another known place of that level."""
    own = divisions.places(body.division_code)
    leading = divisions.leading(body.name)
    return own[0] if own and divisions.codes_of(leading) and leading not in own else ""


def _events(loaded: Roster, body: Body, place: str) -> Iterator[Remark]:
    today = clock.today().isoformat()
    for event in body.events:
        told = f"{event.kind} {event.day}"
        try:
            date.fromisoformat(event.day)
        except ValueError:
            yield Remark("fault", "bad_day", place, body.name, told)
            continue
        if event.day > today:
            yield Remark("note", "event_ahead", place, body.name, told)
        if event.other and event.other not in loaded.bodies:
            yield Remark("warning", "event_other", place, body.name, f"{told} {event.other}")
        if not event.document:
            yield Remark("note", "event_without_document", place, body.name, told)
        if event.kind == "founded" and body.since is not None and body.since < int(event.day[:4]):
            yield Remark("warning", "since_before_founded", place, body.name, f"{body.since} < {event.day}")
        if event.kind in _ENDING_EVENTS and body.until is not None and body.until < int(event.day[:4]) - 1:
            yield Remark("warning", "until_before_end", place, body.name, f"{body.until} < {event.day}")
        if event.kind == "renamed" and not body.former_names:
            yield Remark("warning", "renamed_without_former_name", place, body.name, told)
        if event.kind == "merged_into" and not (body.successor or event.other):
            yield Remark("warning", "ended_without_successor", place, body.name, told)
        if event.kind in _ENDING_EVENTS and body.until is None:
            yield Remark("note", "ended_without_until", place, body.name, told)


def _chain(loaded: Roster, body: Body, place: str, column: str) -> Iterator[Remark]:
    """A chain of successors or parents that comes back to itself, or ends at a body that is gone."""
    seen, at = [body.id], body
    while getattr(at, column) in loaded.bodies:
        at = loaded.bodies[getattr(at, column)]
        if at.id in seen:
            if at.id == body.id:
                yield Remark("fault", f"{column}_circle", place, body.name, " → ".join([*seen, at.id]))
            return
        seen.append(at.id)
    if column == "successor" and len(seen) > 1 and any(event.kind in _ENDING_EVENTS for event in at.events):
        yield Remark("warning", "successor_gone", place, body.name, " → ".join(seen))


def _codes(loaded: Roster, path: Path) -> Iterator[Remark]:
    """One 统一社会信用代码 in two rows: one body twice, or a slip."""
    coded = sorted((body for body in loaded.bodies.values() if body.uscc), key=lambda body: body.uscc)
    for code, group in groupby(coded, key=lambda body: body.uscc):
        bodies = list(group)
        for other in bodies[1:]:
            yield Remark("warning", "uscc_twice", f"{path}:{other.line}", other.name, f"{code}: {bodies[0].id}")


def _unconfirmed(loaded: Roster, path: Path, season_starts: str) -> Iterator[Remark]:
    today = clock.today()
    bodies = [body for body in loaded.bodies.values() if confirming.needed(body, today)]
    lacking = {body.id for body in confirming.unconfirmed(bodies, season_starts, today)}
    for body in bodies:
        if body.confirmed_on and not _DAY.fullmatch(body.confirmed_on):
            yield Remark("fault", "bad_day", f"{path}:{body.line}", body.name, body.confirmed_on)
        elif body.id in lacking:
            yield Remark("note", "unconfirmed", f"{path}:{body.line}", body.name, body.confirmed_on or "")


def _fault(line: str) -> Remark:
    match = re.match(r"(.+?:\d+|[^:]+\.(?:yaml|csv)): (.*)", line)
    return Remark("fault", "file", match[1] if match else "", "", match[2] if match else line)


def _has_file(portal: str) -> bool:
    return f"portals/{portal}.yaml" in configuration.names_in("portals")
