"""`export data`: the open data package: CSV tables and datapackage.json, Parquet and SQLite beside them, changes since.

Promises: the same store gives the same bytes, in a folder or a .zip; rows stream; CSV is UTF-8 with BOM and valid by
its own schema (frictionless); only texts others wrote are guarded against being taken for formulas, reversibly:
`guarded` puts one apostrophe before a first = + - @ tab or return (and before apostrophes that lead to one),
`unguarded` takes it off; every other value stands as it is. Leaves alone: what the rows hold (open_tables.py).
"""

from __future__ import annotations

import csv
import errno
import hashlib
import json
import re
import shutil
import tempfile
import zipfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor import printing
from monitor.exceptions import UsageError
from monitor.session import Session

if TYPE_CHECKING:
    import sqlite3

    from crawler.roster import Roster
    from monitor.exports.open_tables import Extract, OpenTable, Row

DESCRIPTOR = "datapackage.json"
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(slots=True)
class Package:
    """What was written: rows by table, changes by table, the descriptor."""

    rows: dict[str, int] = field(default_factory=dict)
    changes: dict[str, dict[str, int]] = field(default_factory=dict)
    descriptor: dict[str, Any] = field(default_factory=dict)


def register(group: typer.Typer) -> None:
    group.command("data")(data)


def data(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", metavar="DIR|ZIP", help="a new folder, or a file ending in .zip")],
    under: Annotated[str | None, typer.Option("--under", metavar="BODY", help="only this body and those below")] = None,
    since: Annotated[int | None, typer.Option("--since", metavar="Y", help="only report years from this one on",
                                              min=2008, max=2100)] = None,
    parquet: Annotated[bool, typer.Option("--parquet", help="each table as Parquet too")] = False,
    database: Annotated[Path | None, typer.Option("--database", metavar="FILE.db", help="the same tables as a new "
                                                  "SQLite file with views and full text")] = None,
    previous: Annotated[Path | None, typer.Option("--previous", metavar="DIR|ZIP", help="an earlier export: tell what "
                                                  "changed since")] = None,
    force: Annotated[bool, typer.Option("--force", help="replace what stands there")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document on stdout")] = False,
) -> None:
    """Write the open data: CSV tables with their descriptions, SQLite and Parquet, changes since an earlier export."""
    from monitor import wording
    from monitor.commands.oversight import reach
    from monitor.exports import database as copy
    from monitor.exports.open_tables import Extract

    session: Session = context.obj
    if parquet:
        require_parquet()
    refuse(out, force)
    if database is not None:
        refuse(database, force)
    roster = session.roster()
    with session.store().read() as connection:
        extract = Extract(connection, roster, reach(roster, under), since)
        package = write(extract, out, under=under, parquet=parquet, previous=previous)
        if database is not None:
            copy.write(extract, database, package.descriptor)
    if as_json:
        printing.document({"path": str(out), "rows": package.rows, "changes": package.changes,
                           "database": str(database) if database else None})
        return
    printing.line(wording.say("data_written", session.lang, path=out, tables=len(package.rows),
                              rows=sum(package.rows.values())))
    for name, counted in package.changes.items():
        printing.line("  " + wording.say("data_changed", session.lang, table=name,
                                         **{kind: str(n) for kind, n in counted.items()}))
    if database is not None:
        printing.line(wording.say("data_database", session.lang, path=database))


def refuse(place: Path, force: bool) -> None:
    """Raise UsageError where something stands at `place` that would be overwritten."""
    if place.is_dir() and not any(place.iterdir()):
        return
    if place.exists() and not force:
        raise UsageError(f"{place}: it exists already; name another place, or add --force to replace it")


def require_parquet() -> Any:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise UsageError("--parquet: the package pyarrow is not installed; install it, or leave --parquet "
                         "out") from None
    return pyarrow


# ---------------------------------------------------------------- the package
def write(extract: Extract, out: Path, *, under: str | None = None, parquet: bool = False,
          previous: Path | None = None) -> Package:
    """The whole package at `out`, replacing what stands there once it is complete. Raises UsageError, OSError."""
    from monitor.exports import changes

    with building(out) as folder:
        package = fill(extract, folder, under=under, parquet=parquet)
        if previous is not None:
            package.changes = changes.write(previous, folder, package.descriptor)
    return package


@contextmanager
def building(out: Path) -> Iterator[Path]:
    """A folder beside `out` to write into; it becomes `out` – a folder, or a .zip of it – when all went well."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=".nianbao-", dir=out.parent))
    except OSError as fault:
        if fault.errno == errno.ENOSPC:
            raise
        raise UsageError(f"{out}: {fault.strerror}; name a place that can be written") from None
    packed, before = folder.with_suffix(".zip"), folder.with_suffix(".before")
    try:
        yield folder
        made = folder
        if out.suffix == ".zip":
            _zip(folder, packed)
            made = packed
        else:
            folder.chmod(0o755)
        # What stood there goes only once the new one stands; killed between, there is neither half.
        if out.exists():
            out.rename(before)
        try:
            made.rename(out)
        except OSError:
            if before.exists():
                before.rename(out)
            raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        packed.unlink(missing_ok=True)
        if before.is_dir():
            shutil.rmtree(before, ignore_errors=True)
        else:
            before.unlink(missing_ok=True)


def _zip(folder: Path, packed: Path) -> None:
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(each for each in folder.rglob("*") if each.is_file()):
            about = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _EPOCH)
            about.compress_type, about.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            with path.open("rb") as source, archive.open(about, "w") as target:
                shutil.copyfileobj(source, target, 1 << 20)


def fill(extract: Extract, folder: Path, *, under: str | None = None, parquet: bool = False) -> Package:
    """Tables and descriptor in `folder`."""
    from monitor.exports import open_tables

    package, resources = Package(), []
    for name, table, rows in open_tables.tables(extract):
        path = folder / f"{name}.csv"
        package.rows[name] = write_table(path, table, rows)
        resources.append(_resource(name, table, path, package.rows[name]))
    if parquet:
        (folder / "parquet").mkdir()
        for name, table, rows in open_tables.tables(extract):
            _parquet(folder / "parquet" / f"{name}.parquet", table, rows)
    package.descriptor = _descriptor(extract, resources, under)
    (folder / DESCRIPTOR).write_text(json.dumps(package.descriptor, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return package


def write_table(path: Path, table: OpenTable, rows: Iterator[Row]) -> int:
    """One table as CSV; how many rows."""
    foreign = {name for name, each in table.fields.items() if each.foreign}
    written = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(table.fields)
        for row in rows:
            writer.writerow([cell(row.get(name), name in foreign) for name in table.fields])
            written += 1
    return written


def cell(value: Any, foreign: bool = False) -> str:
    """A value as CSV holds it: nothing for None, true and false, numbers without exponents."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        from monitor import wording

        return wording.number(value)
    return guarded(str(value)) if foreign else str(value)


def guarded(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(text: str) -> str:
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


# ---------------------------------------------------------------- datapackage.json
def _descriptor(extract: Extract, resources: list[dict[str, Any]], under: str | None) -> dict[str, Any]:
    from monitor import records
    from monitor.exports.open_tables import facts

    told, at = facts(), records.judged_at(extract.connection)
    values = {"t": (at or "")[:10], "version": metadata.version("nianbao")}
    made: dict[str, Any] = {
        "profile": "tabular-data-package", "name": "nianbao-open-data", "title": told.title.zh,
        "title_en": told.title.en, "description": told.description.zh, "description_en": told.description.en,
        "version": (at or "")[:10].replace("-", ".") or "0",
        "licenses": [told.licence.model_dump()],
        "citation": told.citation.zh.format(title=told.title.zh, **values),
        "citation_en": told.citation.en.format(title=told.title.en, **values),
        "nianbao": {"version": values["version"], "under": under, "since": extract.since},
        "resources": resources}
    if at:
        made["created"] = at
    return made


def _resource(name: str, table: OpenTable, path: Path, rows: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"fields": [_field(key, table) for key in table.fields],
                              "primaryKey": list(table.key), "missingValues": [""]}
    if table.references:
        schema["foreignKeys"] = [
            {"fields": [of], "reference": {"resource": to.partition(".")[0], "fields": [to.partition(".")[2]]}}
            for of, to in table.references.items()]
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"name": name, "path": path.name, "profile": "tabular-data-resource", "title": table.zh,
            "title_en": table.en, "format": "csv", "mediatype": "text/csv", "encoding": "utf-8-sig",
            "bytes": path.stat().st_size, "hash": f"sha256:{digest}", "rows": rows, "schema": schema}


def _field(name: str, table: OpenTable) -> dict[str, Any]:
    told = table.fields[name]
    made: dict[str, Any] = {"name": name, "type": told.type, "title": told.zh, "description": told.zh,
                            "description_en": told.en}
    if told.unit:
        made["unit"] = told.unit
    if told.foreign:
        made["guarded"] = True
    if name in table.key:
        made["constraints"] = {"required": True}
    return made


# ---------------------------------------------------------------- Parquet
def _parquet(path: Path, table: OpenTable, rows: Iterator[Row], lot: int = 20_000) -> None:
    pyarrow = require_parquet()
    types = {"string": pyarrow.string(), "date": pyarrow.string(), "integer": pyarrow.int64(),
             "number": pyarrow.float64(), "boolean": pyarrow.bool_()}
    schema = pyarrow.schema([pyarrow.field(name, types[each.type]) for name, each in table.fields.items()])
    with pyarrow.parquet.ParquetWriter(path, schema) as writer:
        held: list[Row] = []
        for row in rows:
            held.append({name: row.get(name) for name in table.fields})
            if len(held) == lot:
                writer.write_table(pyarrow.Table.from_pylist(held, schema))
                held = []
        writer.write_table(pyarrow.Table.from_pylist(held, schema))


def extract_of(connection: sqlite3.Connection, roster: Roster, bodies: Collection[str] | None = None) -> Extract:
    """What the static site's data page offers."""
    from monitor.exports.open_tables import Extract

    return Extract(connection, roster, bodies)
