"""What changed between two data packages, table by table.

Promises: changes/<table>.csv with a row for each row added or removed and each field changed, changes/summary.csv with
the counts; both packages are read side by side in the order of their keys, so that size doesn't matter; fields that
change with every look are no change. Leaves alone: why something changed.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

from monitor.exceptions import UsageError

Row = dict[str, str]
KINDS = ("added", "removed", "changed")
FOLDER = "changes"


def write(previous: Path, folder: Path, descriptor: dict[str, Any]) -> dict[str, dict[str, int]]:
    """Write FOLDER into `folder`; rows by table and kind. Raises UsageError where `previous` is no such package."""
    from monitor.exports.open_tables import facts

    with opened(previous) as old:
        before = _descriptor(old, previous)
        for name in ("under", "since"):
            was, now = before["nianbao"].get(name), descriptor["nianbao"].get(name)
            if was != now:
                raise UsageError(f"--previous {previous}: it was made with --{name} {was}, this one with {now}; "
                                 "compare exports of the same bodies and years")
        target = folder / FOLDER
        target.mkdir()
        counted: dict[str, dict[str, int]] = {}
        earlier = {each["name"]: each for each in before["resources"]}
        for resource in descriptor["resources"]:
            name = resource["name"]
            passing = facts().tables[name].passing if name in facts().tables else ()
            counted[name] = _table(old if name in earlier else None, folder / resource["path"], resource,
                                   target / f"{name}.csv", passing)
        with (target / "summary.csv").open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["table", *KINDS])
            writer.writerows([name, *(counts[kind] for kind in KINDS)] for name, counts in counted.items())
    return counted


class _Folder:
    def __init__(self, path: Path) -> None:
        self.path = path

    def open(self, name: str) -> IO[bytes]:
        return (self.path / name).open("rb")


@contextmanager
def opened(path: Path) -> Iterator[_Folder | zipfile.ZipFile]:
    """A package in a folder or a .zip."""
    if path.is_dir():
        yield _Folder(path)
        return
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (OSError, zipfile.BadZipFile):
        raise _stranger(path) from None


def _stranger(path: Path) -> UsageError:
    return UsageError(f"--previous {path}: neither a folder nor a .zip of an earlier `nianbao export data`")


def _descriptor(old: _Folder | zipfile.ZipFile, path: Path) -> dict[str, Any]:
    try:
        with old.open("datapackage.json") as file:
            found = json.load(file)
        if not isinstance(found["nianbao"], dict) or not isinstance(found["resources"], list):
            raise ValueError
    except (OSError, KeyError, ValueError, TypeError):
        raise _stranger(path) from None
    return dict(found)


def _table(old: _Folder | zipfile.ZipFile | None, new: Path, resource: dict[str, Any], target: Path,
           passing: tuple[str, ...]) -> dict[str, int]:
    counts = dict.fromkeys(KINDS, 0)
    key = resource["schema"]["primaryKey"]
    numbers = {each["name"] for each in resource["schema"]["fields"] if each["type"] in ("integer", "number")}

    def place(row: Row) -> tuple[Any, ...]:
        return tuple(float(row.get(name) or 0) if name in numbers else row.get(name, "") for name in key)

    with ExitStack() as stack:
        befores = _rows(stack.enter_context(old.open(new.name))) if old is not None else iter(())
        afters = _rows(stack.enter_context(new.open("rb")))
        writer = csv.writer(stack.enter_context(target.open("w", encoding="utf-8-sig", newline="")))
        writer.writerow(["change", *key, "field", "before", "after"])
        before, after = next(befores, None), next(afters, None)
        while before is not None or after is not None:
            if after is None or (before is not None and place(before) < place(after)):
                assert before is not None
                writer.writerow(["removed", *(before[name] for name in key), "", "", ""])
                counts["removed"] += 1
                before = next(befores, None)
            elif before is None or place(after) < place(before):
                writer.writerow(["added", *(after[name] for name in key), "", "", ""])
                counts["added"] += 1
                after = next(afters, None)
            else:
                moved = [name for name in after if name not in passing and before.get(name, "") != after[name]]
                writer.writerows(["changed", *(after[part] for part in key), name, before.get(name, ""), after[name]]
                                 for name in moved)
                counts["changed"] += bool(moved)
                before, after = next(befores, None), next(afters, None)
    return counts


def _rows(file: IO[bytes]) -> Iterator[Row]:
    return iter(csv.DictReader(io.TextIOWrapper(file, "utf-8-sig", newline="")))
