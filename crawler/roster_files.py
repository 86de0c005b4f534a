"""bodies.csv and portals/*.yaml as they lie in the facts folder: rows to bodies, files to portals, and every fault.

Promises: every fault at once, each with file, line, value and how to mend it; one faulty row spoils no other. Leaves
alone: printed names and routing (roster.py), what merely deserves a look (checking.py).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any, cast, get_args
from urllib.parse import urlsplit

from crawler import families
from crawler.exceptions import RosterError
from crawler.model import Body, Duty, Event, Portal
from extract import configuration, titles
from extract.exceptions import ConfigurationError
from extract.model import SCOPES, Scope

KINDS = frozenset({
    "government", "government_office", "department", "managed_bureau", "dispatched_office", "dispatched_agency",
    "township", "township_like", "committee", "authorised", "party_organ", "mass_organisation", "vertical", "corps",
    "public_enterprise",
})
LEVELS = frozenset({"national", "province", "prefecture", "county", "township", ""})
EVENTS = frozenset({"founded", "merged_into", "split_from", "renamed", "function_moved", "abolished"})
REQUIRED = ("id", "name", "kind", "level")
_TEXT = ("uscc", "division_code", "publishes_as", "basis", "parent", "acts_as", "reports_to", "due_key", "portal",
         "home", "successor", "letter_name", "salutation", "contact", "reply_mail", "confirmed_by", "confirmed_on",
         "note")
_LISTS = ("aliases", "former_names", "plates", "leads", "covers", "channels", "hosts")
COLUMNS = frozenset({*REQUIRED, *_TEXT, *_LISTS, "obligation", "sort_order", "scopes", "rulemaking", "since", "until",
                     "events"})
_YES, _NO = {"1", "true", "yes", "是"}, {"", "0", "false", "no", "否"}


def read_bodies(path: Path) -> tuple[dict[str, Body], list[str]]:
    """The usable rows of a roster file by id, and the faults of the others. Raises RosterError, ConfigurationError
    where no row can be read."""
    faults: list[str] = []
    return rows_of(path, faults), faults


def faults_in(path: Path) -> list[str]:
    """Every fault that `Roster.load` would refuse in a roster file beside the portals that hold now."""
    faults: list[str] = []
    try:
        bodies = rows_of(path, faults)
    except RosterError as fault:
        return [str(fault)]
    check_references(bodies, read_portals(faults), path, faults)
    return faults


def rows_of(path: Path, faults: list[str]) -> dict[str, Body]:
    """The usable rows by id; what is wrong with the others goes to `faults`. Raises RosterError without any heading."""
    bodies: dict[str, Body] = {}
    rows = configuration.read_rows(path)
    if rows:
        unknown = sorted(set(rows[0][1]) - COLUMNS)
        absent = [name for name in REQUIRED if name not in rows[0][1]]
        if unknown or absent:
            said = [f"unknown columns {', '.join(unknown)}"] * bool(unknown) + [
                f"columns {', '.join(absent)} are missing"] * bool(absent)
            raise RosterError(f"{path}:1: {'; '.join(said)}; known columns: {', '.join(sorted(COLUMNS))}")
    for line, row in rows:
        if not any(row.values()):
            continue
        place = f"{path}:{line}"
        try:
            body = _body(row, line)
        except ValueError as fault:
            faults.append(f"{place}: {fault}")
            continue
        if body.id in bodies:
            faults.append(f"{place}: id {body.id} stands already in line {bodies[body.id].line}; ids are unique")
            continue
        bodies[body.id] = body
    return bodies


def _body(row: dict[str, str], line: int) -> Body:
    """One row as a Body. Raises ValueError saying column, value and mend."""
    for name in REQUIRED:
        if not row.get(name) and name != "level":
            raise ValueError(f"column {name} is empty; every body needs one")
    if not re.fullmatch(r"[A-Za-z0-9_.-]+", row["id"]):
        raise ValueError(f"id {row['id']!r} may hold only letters, digits, _ . and -")
    _one_of("kind", row["kind"], KINDS)
    _one_of("level", row["level"], LEVELS)
    duty = row.get("obligation") or "must"
    _one_of("obligation", duty, get_args(Duty))
    scopes = _list(row.get("scopes", "")) or (("consolidated",) if row["kind"] == "government" else ("own",))
    for scope in scopes:
        _one_of("scopes", scope, SCOPES[:3])
    years = {name: _year(name, row.get(name, "")) for name in ("since", "until")}
    if years["since"] and years["until"] and years["since"] > years["until"]:
        raise ValueError(f"since {years['since']} is after until {years['until']}")
    order, rulemaking = row.get("sort_order") or "0", (row.get("rulemaking") or "").lower()
    if not order.lstrip("-").isdigit():
        raise ValueError(f"sort_order {order!r} is no whole number")
    if rulemaking not in _YES | _NO:
        raise ValueError(f"rulemaking {rulemaking!r} is neither yes nor no")
    told: dict[str, Any] = {**years, **{name: row.get(name, "") for name in _TEXT},
                            **{name: _list(row.get(name, "")) for name in _LISTS}}
    return Body(
        id=row["id"], name=row["name"], kind=row["kind"], level=row["level"], obligation=cast(Duty, duty),
        scopes=cast("tuple[Scope, ...]", scopes), sort_order=int(order), rulemaking=rulemaking in _YES,
        events=tuple(_event(text) for text in _list(row.get("events", ""))), line=line, **told)


def _one_of(column: str, value: str, known: Iterable[str]) -> None:
    if value not in known:
        raise ValueError(f"{column} {value!r} is none of {', '.join(sorted(known))}")


def _list(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in re.split(r"[;；]", cell) if part.strip())


def _year(column: str, cell: str) -> int | None:
    if not cell:
        return None
    if not re.fullmatch(r"(19|20)\d\d", cell):
        raise ValueError(f"{column} {cell!r} is no report year; write it like 2021")
    return int(cell)


def _event(text: str) -> Event:
    kind, day, other, document = ([part.strip() for part in text.split("|")] + ["", "", ""])[:4]
    _one_of("events", kind, EVENTS)
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", day):
        raise ValueError(f"events: {text!r} lacks its day; write kind|2024-03-01|other id|document")
    return Event(kind, day, other, document)


def read_portals(faults: list[str]) -> dict[str, Portal]:
    """Every portal of the facts by id; what is wrong with the others goes to `faults`."""
    portals: dict[str, Portal] = {}
    for name in configuration.names_in("portals"):
        try:
            portal = configuration.load(name, Portal)
        except ConfigurationError as fault:
            faults.append(str(fault))
            continue
        if portal.id in portals:
            faults.append(f"{configuration.path_of(name)}: portal id {portal.id} stands in another file already")
        portals[portal.id] = portal
        if portal.family != "auto" and portal.family not in families.FAMILIES:
            faults.append(f"{configuration.path_of(name)}: family {portal.family!r} is no publishing system we read; "
                          f"write auto or one of {', '.join(sorted(families.FAMILIES))}")
        for column in portal.columns:
            parts = urlsplit(column.url)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                faults.append(f"{configuration.path_of(name)}: column {column.id}: {column.url!r} is no web address")
            elif not {parts.netloc.lower(), parts.hostname} & {host.lower() for host in portal.hosts}:
                faults.append(f"{configuration.path_of(name)}: column {column.id}: host {parts.netloc} is not among "
                              "the portal's hosts; add it there")
        if len({column.id for column in portal.columns}) < len(portal.columns):
            faults.append(f"{configuration.path_of(name)}: a column id stands twice")
    return portals


def check_references(bodies: dict[str, Body], portals: dict[str, Portal], path: Path, faults: list[str]) -> None:
    """References between rows, and names that two bodies of one portal would share."""
    for body in bodies.values():
        place = f"{path}:{body.line}"
        for column in ("parent", "acts_as", "reports_to", "successor"):
            other = getattr(body, column)
            if other and other not in bodies:
                faults.append(f"{place}: {column} {other} is no id of this roster")
        if body.portal and body.portal not in portals:
            faults.append(f"{place}: portal {body.portal} has no file in portals/; add portals/{body.portal}.yaml")
        for channel in body.channels:
            portal, _, column = channel.partition("/")
            if portal not in portals or column not in {known.id for known in portals[portal].columns}:
                faults.append(f"{place}: channel {channel} is no column of a portal; write portal/column")
    shared = defaultdict(list)
    for body in bodies.values():
        shared[(body.portal, titles.normalise(body.name))].append(body)
    for group in shared.values():
        named = sorted((body for body in group if body.portal), key=lambda body: body.since or 0)
        for first, second in pairwise(named):
            if (second.since or 0) <= (first.until or 9999):
                faults.append(f"{path}:{second.line}: {second.name} is the name of {first.id} (line {first.line}) on "
                              "the same portal too; a printed name must mean one body")
