"""The open data as a SQLite file for Datasette: tables, views with names and words, full text.

Promises: the tables of the data package with their keys, values unguarded; views that join names and words; the prose
of reports findable by words of any length (`texts_index`: one character a token, so a phrase finds two-character words
that trigrams never would), with a query and descriptions for Datasette in <file>.metadata.json. The same store gives
the same bytes. Leaves alone: what the rows hold (open_tables.py).
"""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monitor import records

if TYPE_CHECKING:
    from monitor.exports.open_tables import Extract, OpenTable

_TYPES = {"string": "TEXT", "date": "TEXT", "integer": "INTEGER", "number": "NUMERIC", "boolean": "INTEGER"}
_VIEWS = (
    """CREATE VIEW status_named AS SELECT b.name, s.* FROM statuses s JOIN bodies b ON b.id = s.body""",
    """CREATE VIEW finding_named AS SELECT b.name, f.*, r.basis FROM findings f JOIN bodies b ON b.id = f.body
        LEFT JOIN rules r ON r.id = f.rule""",
    """CREATE VIEW figure_named AS SELECT b.name, p.body, p.scope, p.year, i.zh AS indicator, f.*
        FROM figures f JOIN reports p ON p.id = f.report LEFT JOIN bodies b ON b.id = p.body
        LEFT JOIN indicators i ON i.form = f.form AND i.key = f.key""",
    """CREATE VIEW year_totals AS SELECT year, status, status_zh, count(*) AS reports FROM statuses
        GROUP BY year, status, status_zh""")
SEARCH = """WITH RECURSIVE letters(i, phrase) AS (
    SELECT 0, '' UNION ALL SELECT i + 1, phrase || ' ' || replace(substr(:q, i + 1, 1), '"', '') FROM letters
    WHERE i < length(:q))
SELECT b.name, p.year, t.section, t.title, p.address, t.text FROM texts_index x JOIN texts t ON t.rowid = x.rowid
JOIN reports p ON p.id = t.report LEFT JOIN bodies b ON b.id = p.body
WHERE texts_index MATCH '"' || (SELECT phrase FROM letters ORDER BY i DESC LIMIT 1) || '"'
ORDER BY p.year DESC, p.id, t.section LIMIT 200"""
"""Finds :q as a phrase of single characters, in plain SQL, so that any SQLite can run it; digits and Latin letters are
tokens of one character too."""


def write(extract: Extract, path: Path, descriptor: dict[str, Any]) -> None:
    """The file at `path` and its metadata beside it, replaced once complete. Raises OSError."""
    from monitor.exports import open_tables

    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.unlink(missing_ok=True)
    copy = sqlite3.connect(partial)
    try:
        copy.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")
        with copy:
            for name, table, rows in open_tables.tables(extract):
                copy.execute(_create(name, table))
                marks = ", ".join("?" * len(table.fields))
                copy.executemany(f'INSERT INTO "{name}" VALUES ({marks})',
                                 ([row.get(field) for field in table.fields] for row in rows))
            _texts(extract, copy)
            for statement in _VIEWS:
                copy.execute(statement)
        copy.execute("VACUUM")
    finally:
        copy.close()
    partial.replace(path)
    about = path.with_name(f"{path.name}.metadata.json")
    about.write_text(json.dumps(_metadata(path.stem, descriptor), ensure_ascii=False, indent=1) + "\n", "utf-8")


def _create(name: str, table: OpenTable) -> str:
    columns = [f'"{key}" {_TYPES[each.type]}' for key, each in table.fields.items()]
    columns.append(f"PRIMARY KEY ({', '.join(table.key)})")
    # Bodies first: Datasette shows names through these; not enforced, the package's own test proves them.
    columns += [f'FOREIGN KEY ("{of}") REFERENCES "{to.partition(".")[0]}" ("{to.partition(".")[2]}")'
                for of, to in table.references.items()]
    return f'CREATE TABLE "{name}" ({", ".join(columns)})'


def _texts(extract: Extract, copy: sqlite3.Connection) -> None:
    copy.execute("CREATE TABLE texts (report TEXT REFERENCES reports(id), section INTEGER, title TEXT, text TEXT)")
    copy.execute("CREATE VIRTUAL TABLE texts_index USING fts5 (words, content = '')")
    row = 0
    for (identity,) in copy.execute("SELECT id FROM reports WHERE verdict = 'report' ORDER BY id").fetchall():
        stored = records.report_row(extract.connection, identity)
        for section in records.load_report(stored).sections if stored else ():
            row += 1
            copy.execute("INSERT INTO texts (rowid, report, section, title, text) VALUES (?, ?, ?, ?, ?)",
                         (row, identity, section.number, section.title, section.text))
            copy.execute("INSERT INTO texts_index (rowid, words) VALUES (?, ?)",
                         (row, " ".join(f"{section.title}\n{section.text}".replace('"', ""))))


def _metadata(name: str, descriptor: dict[str, Any]) -> dict[str, Any]:
    licence = descriptor["licenses"][0]
    return {"title": descriptor["title"], "description": descriptor["description"], "license": licence["title"],
            "license_url": licence["path"], "databases": {name: {
                "tables": {each["name"]: {"title": each["title"], "columns": {
                    field["name"]: field["title"] for field in each["schema"]["fields"]}}
                    for each in descriptor["resources"]},
                "queries": {"search": {"sql": SEARCH, "title": descriptor["title"], "params": ["q"]}}}}}
