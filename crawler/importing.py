"""`roster import`: an office's list against the roster – what is added, changed, missing from it, or can't be taken.

Promises: nothing is ever deleted, an empty cell never empties one; a row that could be two bodies, or contradicts
another row, is left out with its reason; comments and rows that weren't touched keep every character; the file is
replaced as a whole, and only where the new roster can be used. Leaves alone: reading lists (office_list.py, tables.py).
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from crawler import roster, roster_files, tables
from crawler.exceptions import ImportingError
from crawler.model import Body
from crawler.office_list import Entry, OfficeList, Remark, entries_of, guesses
from crawler.replacing import replace_text
from extract import configuration, titles

_LISTS = frozenset({"aliases", "former_names", "plates", "hosts", "channels", "covers", "events"})
_BASIS = {"government": "T49-2", "township": "G30-days", "department": "T49-1", "managed_bureau": "T49-1",
          "government_office": "T49-1"}


@dataclass(slots=True)
class Change:
    """What one row of the list means. `fields`: column → (before, after); `guessed`: columns taken from the name."""

    kind: str
    place: str
    id: str
    name: str
    fields: dict[str, tuple[str, str]] = field(default_factory=dict)
    guessed: list[str] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    reason: Remark | None = None


@dataclass(slots=True)
class ImportPlan:
    """Everything an import would do. `text` is the whole new file."""

    path: Path
    listed: OfficeList
    added: list[Change] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    dropped: list[Body] = field(default_factory=list)
    invalid: list[Change] = field(default_factory=list)
    duplicates: list[Change] = field(default_factory=list)
    unchanged: list[Change] = field(default_factory=list)
    text: str = ""
    encoding: str = "utf-8"

    @property
    def changes_anything(self) -> bool:
        return bool(self.added or self.changed)


def plan(file: Path, under: str = "") -> ImportPlan:
    """Compare `file` with the office's roster. `under`: the list is of this body's subtree only.

    Raises ImportingError where the file can't be read, or its import would leave a roster that can't be used.
    """
    folder = configuration.office_folder()
    if folder is None:
        raise ImportingError("no facts folder to write into; run nianbao init and name its settings with --config")
    path = folder / "bodies.csv"
    listed = entries_of(tables.read(file), str(file))
    old = RosterFile.read(path)
    known, _ = roster_files.read_bodies(path) if path.is_file() else ({}, [])
    if under and under not in known:
        raise ImportingError(f"--under {under}: no body of {path} has this id")
    made = ImportPlan(path, listed, encoding=old.encoding)
    _compare(made, known, under)
    made.text = old.with_changes(made.added, made.changed)
    _refuse_new_faults(made, path)
    return made


def write(made: ImportPlan) -> Path | None:
    """Replace the office's roster; None where nothing changes."""
    if not made.changes_anything:
        return None
    replace_text(made.path, made.text, made.encoding)
    return made.path


def set_column(column: str, values: dict[str, str]) -> list[str]:
    """Write one column of rows that stand in the office's roster, by id; returns the ids that changed."""
    return set_columns({body: {column: value} for body, value in values.items()})


def set_columns(rows: dict[str, dict[str, str]]) -> list[str]:
    """Write columns of rows that stand in the office's roster: id → column → value; returns the ids found there."""
    folder = configuration.office_folder()
    path = folder / "bodies.csv" if folder else None
    if path is None or not path.is_file() or not rows:
        return []
    old = RosterFile.read(path)
    changes = [Change("changed", "", body, "", {column: ("", value) for column, value in values.items()})
               for body, values in rows.items() if body in old.ids]
    replace_text(path, old.with_changes([], changes), old.encoding)
    return [change.id for change in changes]


# ---------------------------------------------------------------- comparing
def _compare(made: ImportPlan, known: dict[str, Body], under: str) -> None:
    by_code, by_name = {body.uscc: body for body in known.values() if body.uscc}, defaultdict(set)
    for body in known.values():
        for name in body.names:
            by_name[titles.normalise(name)].add(body.id)
    seen: dict[str, tuple[str, dict[str, str]]] = {}
    same_name: dict[str, list[tuple[str, dict[str, str]]]] = defaultdict(list)
    taken: dict[str, Entry] = {}
    ids = set(known)
    names = {titles.normalise(entry.name): entry for entry in made.listed.entries if entry.name}
    parents = {name: _id_of(entry.values) for name, entry in names.items()}
    for position, entry in enumerate(made.listed.entries, 1):
        change = Change("", entry.place, "", entry.name, remarks=entry.remarks)
        if not entry.name:
            _invalid(made, change, Remark("no_name"))
            continue
        key = entry.values.get("uscc") or "|".join((titles.normalise(entry.name), *(
            entry.values.get(column, "") for column in ("division_code", "parent"))))
        if key in seen:
            other, values = seen[key]
            change.reason = Remark("same_as_row", other)
            if values == entry.values:
                made.duplicates.append(change)
            else:
                _invalid(made, change, Remark("contradicts_row", other))
            continue
        seen[key] = entry.place, dict(entry.values)
        twin = next((place for place, values in same_name[titles.normalise(entry.name)]
                     if _one_place(entry.values, values)), None)
        same_name[titles.normalise(entry.name)].append(seen[key])
        if twin is not None:
            _invalid(made, change, Remark("contradicts_row", twin))
            continue
        match = _match(entry, known, by_code, by_name)
        if isinstance(match, Remark):
            _invalid(made, change, match)
            continue
        if match is not None and match.id in taken:
            _invalid(made, change, Remark("contradicts_row", taken[match.id].place))
            continue
        _resolve(entry, known, by_name, parents)
        if match is None:
            _add(made, change, entry, position, under, ids)
        else:
            taken[match.id] = entry
            _update(made, change, entry, match)
    subtree = {body.id for body in roster.Roster.of(known.values(), []).under(under)} if under else set(known)
    untouched = set(taken) | ({under} if under else set())
    made.dropped = [body for body in known.values() if body.id in subtree - untouched and body.until is None]


def _match(entry: Entry, known: dict[str, Body], by_code: dict[str, Body],
           by_name: dict[str, set[str]]) -> Body | Remark | None:
    """The body this row means, None for a new one, a Remark where it can't be told."""
    values = entry.values
    if values.get("id") in known:
        return known[values["id"]]
    if values.get("uscc") in by_code:
        return by_code[values["uscc"]]
    code = values.get("division_code", "")
    found = [known[each] for each in sorted(by_name.get(titles.normalise(entry.name), ()))]
    near = [body for body in found if not code or not body.division_code or _same_place(code, body.division_code)]
    if len(near) > 1:
        own = [body for body in near if titles.normalise(body.name) == titles.normalise(entry.name)]
        near = own if len(own) == 1 else near
    if len(near) > 1:
        return Remark("several_bodies", ", ".join(body.id for body in near))
    return near[0] if near else None


def _one_place(one: dict[str, str], other: dict[str, str]) -> bool:
    """Whether two rows of one name can only be the same body: neither code nor body above tells them apart."""
    codes = [each.get("division_code", "") for each in (one, other)]
    above = [titles.normalise(each.get("parent", "")) for each in (one, other)]
    return not (all(codes) and not _same_place(*codes)) and not (all(above) and above[0] != above[1])


def _same_place(first: str, second: str) -> bool:
    length = min(len(first), len(second))
    return first[:length].rstrip("0") == second[:length].rstrip("0")


def _resolve(entry: Entry, known: dict[str, Body], by_name: dict[str, set[str]], parents: dict[str, str]) -> None:
    """Names of other bodies in parent and successor to ids; a portal must exist."""
    for column in ("parent", "successor"):
        said = entry.values.get(column, "")
        if not said or said in known:
            continue
        matches = by_name.get(titles.normalise(said), set())
        if len(matches) == 1:
            entry.values[column] = next(iter(matches))
        elif not matches and titles.normalise(said) in parents:
            entry.values[column] = parents[titles.normalise(said)]
        else:
            entry.remarks.append(Remark(f"unknown_{column}", said))
            del entry.values[column]
    _resolve_lists(entry, known, by_name, parents)
    portal = entry.values.get("portal", "")
    if portal and f"portals/{portal}.yaml" not in configuration.names_in("portals"):
        entry.remarks.append(Remark("unknown_portal", portal))
        del entry.values["portal"]


def _resolve_lists(entry: Entry, known: dict[str, Body], by_name: dict[str, set[str]],
                   parents: dict[str, str]) -> None:
    """Names of bodies in events and covers to ids; one that can't be told is left out with a remark."""
    def identity(said: str, remark: str) -> str:
        name = titles.normalise(said)
        matches = by_name.get(name, set())
        found = said if said in known else next(iter(matches)) if len(matches) == 1 else (
            parents.get(name, "") if not matches else "")
        if said and not found:
            entry.remarks.append(Remark(remark, said))
        return found

    if "events" in entry.values:
        kind, day, other, document = entry.values["events"].split("|")
        entry.values["events"] = f"{kind}|{day}|{identity(other, 'unknown_event_other')}|{document}".rstrip("|")
    if "covers" in entry.values:
        covered = [identity(each, "unknown_covers") for each in entry.values["covers"].split(";")]
        entry.values["covers"] = ";".join(filter(None, covered))
        if not entry.values["covers"]:
            del entry.values["covers"]


def _add(made: ImportPlan, change: Change, entry: Entry, position: int, under: str, ids: set[str]) -> None:
    guessed = guesses(entry.values)
    values = {**entry.values, **guessed}
    if "kind" not in values:
        _invalid(made, change, Remark("no_kind"))
        return
    if values["kind"] == "government" and "level" not in values:
        change.remarks.append(Remark("no_level"))
    values["id"] = _free(_id_of(entry.values), ids)
    ids.add(values["id"])
    values.setdefault("sort_order", str(position * 10))
    values.setdefault("basis", _BASIS.get(values["kind"], ""))
    if under:
        values.setdefault("parent", under)
    change.kind, change.id, change.guessed = "added", values["id"], sorted(guessed)
    change.fields = {column: ("", value) for column, value in values.items() if value}
    made.added.append(change)


def _update(made: ImportPlan, change: Change, entry: Entry, body: Body) -> None:
    change.id = body.id
    values = {column: value for column, value in entry.values.items() if column not in ("id",)}
    name = titles.normalise(entry.name)
    if name == titles.normalise(body.name):
        del values["name"]
    elif name in {titles.normalise(former) for former in body.former_names}:
        change.remarks.append(Remark("former_name", body.name))
        del values["name"]
    elif name in {titles.normalise(other) for other in (*body.aliases, *body.plates, body.publishes_as)}:
        change.remarks.append(Remark("known_alias", body.name))
        del values["name"]
    else:
        values["former_names"] = ";".join(filter(None, (values.get("former_names", ""), body.name)))
    for column, value in values.items():
        before = _shown(body, column)
        after = _union(before, value) if column in _LISTS else value
        if after != before:
            change.fields[column] = (before, after)
    change.kind = "changed" if change.fields else "unchanged"
    (made.changed if change.fields else made.unchanged).append(change)


def _invalid(made: ImportPlan, change: Change, reason: Remark) -> None:
    change.kind, change.reason = "invalid", reason
    made.invalid.append(change)


def _shown(body: Body, column: str) -> str:
    value = getattr(body, column)
    if column == "events":
        return ";".join("|".join((each.kind, each.day, each.other, each.document)).rstrip("|") for each in body.events)
    if isinstance(value, tuple):
        return ";".join(str(part) for part in value)
    return "" if value is None else str(value)


def _union(before: str, more: str) -> str:
    parts = [part.strip() for part in re.split(r"[;；]", f"{before};{more}")]
    return ";".join(dict.fromkeys(part for part in parts if part))


def _id_of(values: dict[str, str]) -> str:
    """A new body's id: the list's own, its 统一社会信用代码, else its place with a hash of its name."""
    own = values.get("id", "")
    if re.fullmatch(r"[A-Za-z0-9_.-]+", own):
        return own
    digest = hashlib.sha256(titles.normalise(values.get("name", "")).encode()).hexdigest()[:6]
    return values.get("uscc") or f"{values.get('division_code') or 'body'}-{digest}"


def _free(wanted: str, ids: set[str]) -> str:
    number, found = 1, wanted
    while found in ids:
        number += 1
        found = f"{wanted}-{number}"
    return found


def _refuse_new_faults(made: ImportPlan, path: Path) -> None:
    """A roster with a fault stops every scan, so an import that brings one is refused as a whole."""
    with tempfile.TemporaryDirectory() as folder:
        new = Path(folder) / "bodies.csv"
        new.write_text(made.text, made.encoding, newline="")
        faults = [fault.replace(str(new), str(path)) for fault in roster_files.faults_in(new)]
    before = {_unplaced(fault) for fault in roster_files.faults_in(path)} if path.is_file() else set()
    fresh = [fault for fault in faults if _unplaced(fault) not in before]
    if fresh:
        more = f"\n… and {len(fresh) - 10} more" if len(fresh) > 10 else ""
        raise ImportingError("the list was not imported; with it the roster could not be used:\n"
                             + "\n".join(fresh[:10]) + more)


def _unplaced(fault: str) -> str:
    return re.sub(r"\(line \d+\)", "", re.sub(r"^.*?:\d+: ", "", fault))


# ---------------------------------------------------------------- the file
@dataclass(slots=True)
class RosterFile:
    """bodies.csv record by record as it stands: comments and blank lines are records of their own."""

    columns: list[str]
    heading: int
    records: list[str]
    ids: dict[str, int]
    """id → index in records."""
    encoding: str = "utf-8"
    ending: str = "\n"

    @classmethod
    def read(cls, path: Path) -> RosterFile:
        """The office's file; the packaged columns without rows where it has none. Raises ImportingError."""
        if not path.is_file():
            columns = [*configuration.read_rows(configuration.packaged_folder() / "bodies.csv")[0][1]]
            return cls(columns, 0, [_record(columns)], {})
        raw = path.read_bytes()
        encoding = "utf-8-sig" if raw.startswith(b"\xef\xbb\xbf") else "utf-8"
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            encoding = "gb18030"
            text = raw.decode(encoding, "strict")
        records, waiting = [], ""
        for line in text.splitlines(keepends=True):
            waiting += line
            comment = waiting == line and line.lstrip().startswith("#")
            if comment or waiting.count('"') % 2 == 0:
                records.append(waiting)
                waiting = ""
        records += [waiting] if waiting else []
        heading = next((index for index, record in enumerate(records)
                        if record.strip() and not record.lstrip().startswith("#")), None)
        if heading is None:
            raise ImportingError(f"{path}: the file is empty; its first line names the columns")
        columns = [column.strip() for column in _cells(records[heading])]
        if "id" not in columns:
            raise ImportingError(f"{path}:{heading + 1}: the column id is missing")
        ids, place = dict[str, int](), columns.index("id")
        for index, record in enumerate(records[heading + 1:], heading + 1):
            cells = _cells(record) if record.strip() and not record.lstrip().startswith("#") else []
            if len(cells) > place and cells[place].strip():
                ids.setdefault(cells[place].strip(), index)
        return cls(columns, heading, records, ids, encoding, "\r\n" if "\r\n" in text else "\n")

    def with_changes(self, added: list[Change], changed: list[Change]) -> str:
        """The whole new text. A column the file lacks is added at the end of its heading."""
        used = dict.fromkeys(column for change in (*added, *changed) for column in change.fields)
        columns = [*self.columns, *(column for column in used if column not in self.columns)]
        records = list(self.records)
        if columns != self.columns:
            records[self.heading] = _record(columns, self.ending)
        for change in changed:
            cells = dict(zip(self.columns, _cells(records[self.ids[change.id]]), strict=False))
            cells |= {column: after for column, (_, after) in change.fields.items()}
            records[self.ids[change.id]] = _record([cells.get(column, "") for column in columns], self.ending)
        if records and not records[-1].endswith(("\n", "\r")):
            records[-1] += self.ending
        records += [_record([change.fields.get(column, ("", ""))[1] for column in columns], self.ending)
                    for change in added]
        return "".join(records)


def _cells(record: str) -> list[str]:
    return next(csv.reader(io.StringIO(record)), [])


def _record(cells: list[str], ending: str = "\n") -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator=ending).writerow(cells)
    return text.getvalue()
