"""The one room that opens the database: connections, migrations, transactions, and the crawl's own tables.

Promises: WAL, synchronous NORMAL, busy timeout; writers hold BEGIN IMMEDIATE (`write()`), readers see committed data
only; migrations of every package run under the same lock, once, in order; a database of a newer schema is refused.
Leaves alone: the monitor's tables (monitor/records.py), the bytes themselves (evidence.py).
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlite_utils import Database, Migrations

from crawler.exceptions import StoreError

BUSY_SECONDS = 10
PAGE = 8192
"""Bytes of a new database's pages: a report takes about 3 kB, of which a page of 4 kB would hold one."""
RESTORING = ".restoring"
"""Ends the name of a copy on its way into the database's place."""
crawl_schema = Migrations("crawl")


@crawl_schema()
def m001_runs_fetches_listings(db: Database) -> None:
    for statement in _FIRST:
        db.conn.execute(statement)


@crawl_schema()
def m002_what_was_sent_and_rolled_up(db: Database) -> None:
    """sent = the request headers as JSON; transport = what was out of the ordinary on the way (an unverified
    certificate), else empty. repeats, last_at: this row stands for that many further fetches with the same end and the
    same bytes, the last of them then (crawler/retention.py). released = when its bytes were let go; the hash stays."""
    for column in ("sent TEXT NOT NULL DEFAULT '{}'", "transport TEXT NOT NULL DEFAULT ''",
                   "repeats INTEGER NOT NULL DEFAULT 0", "last_at TEXT", "released TEXT"):
        db.conn.execute(f"ALTER TABLE fetch ADD COLUMN {column}")
    db.conn.execute("CREATE INDEX fetch_at ON fetch (at)")


@crawl_schema()
def m003_one_address_for_several_bodies(db: Database) -> None:
    """A row of a list may belong to several bodies (a joint report, or one address under two names)."""
    for statement in _SEVERAL_BODIES:
        db.conn.execute(statement)


@crawl_schema()
def m004_fetches_by_content(db: Database) -> None:
    """Which fetches brought a hash: asked for every kept file by retention and for every proof by the exports."""
    db.conn.execute("CREATE INDEX fetch_sha256 ON fetch (sha256)")


@crawl_schema()
def m004_what_a_304_confirms(db: Database) -> None:
    """fetch.held = the fetch whose full body a 304 confirmed (its sha256 stands in the row too); fetch.text = hash of
    the page's visible text. listing.held = when the oldest full body was fetched on which an unchanged list rests.
    distrust = hosts whose validators were caught lying (crawler/conditional.py)."""
    for statement in ("ALTER TABLE fetch ADD COLUMN held INTEGER", "ALTER TABLE fetch ADD COLUMN text TEXT",
                      "ALTER TABLE listing ADD COLUMN held TEXT",
                      "CREATE TABLE distrust (host TEXT PRIMARY KEY, at TEXT NOT NULL, run TEXT NOT NULL, "
                      "url TEXT NOT NULL, reason TEXT NOT NULL) WITHOUT ROWID"):
        db.conn.execute(statement)


@crawl_schema()
def m005_slim_rows(db: Database) -> None:
    """What repeats itself is said once, so that a country's weeks fit.

    fetch.request = what was asked of the address (method and what was posted; before, the address stood in it too);
    final_url is null where it is the address; sent = headers of this request alone, sent_with = those it shares with
    others. listing.holder = the listing where its rows stand: itself, or an earlier one that held just the same;
    `listed` has the rows of all listings, to be asked by body or address."""
    for statement in _SLIM:
        db.conn.execute(statement)


@crawl_schema()
def m006_clocks(db: Database) -> None:
    """run_portal.clock_off = seconds by which the portal's clock was ahead of this machine's; null: it told none.
    clock_kept = whether time servers kept this machine's clock then."""
    for column in ("clock_off REAL", "clock_kept INTEGER NOT NULL DEFAULT 0"):
        db.conn.execute(f"ALTER TABLE run_portal ADD COLUMN {column}")


_FIRST = (
    # One scan. state: running, done, incomplete (some portals could not be looked at), failed (our fault).
    """CREATE TABLE run (
        id TEXT PRIMARY KEY, kind TEXT NOT NULL, state TEXT NOT NULL, started TEXT NOT NULL, finished TEXT,
        heartbeat TEXT, simulated INTEGER NOT NULL, plan TEXT NOT NULL)""",
    # The durable unit: a portal of a run is pending, running or done; resume repeats what isn't done.
    """CREATE TABLE run_portal (
        run TEXT NOT NULL REFERENCES run(id), portal TEXT NOT NULL, state TEXT NOT NULL, started TEXT, finished TEXT,
        outcome TEXT, reason TEXT NOT NULL DEFAULT '', PRIMARY KEY (run, portal)) WITHOUT ROWID""",
    # One request's end. sha256 names the body in the evidence folder (null where nothing came).
    """CREATE TABLE fetch (
        id INTEGER PRIMARY KEY, run TEXT NOT NULL, portal TEXT NOT NULL, url TEXT NOT NULL, request TEXT NOT NULL,
        final_url TEXT, redirects TEXT NOT NULL DEFAULT '[]', at TEXT NOT NULL, status INTEGER, outcome TEXT NOT NULL,
        reason TEXT NOT NULL DEFAULT '', sha256 TEXT, size INTEGER, media_type TEXT, headers TEXT NOT NULL DEFAULT '{}',
        elapsed REAL, UNIQUE (run, request))""",
    "CREATE INDEX fetch_url ON fetch (url, at)",
    # What one column held on one day. complete = enumerated to its end; pages = fetch ids, the evidence of absence.
    """CREATE TABLE listing (
        id INTEGER PRIMARY KEY, run TEXT NOT NULL, portal TEXT NOT NULL, column_id TEXT NOT NULL, url TEXT NOT NULL,
        family TEXT NOT NULL, at TEXT NOT NULL, day TEXT NOT NULL, outcome TEXT NOT NULL,
        reason TEXT NOT NULL DEFAULT '', complete INTEGER NOT NULL, in_order INTEGER NOT NULL, reached TEXT,
        items INTEGER NOT NULL, pages TEXT NOT NULL, UNIQUE (run, portal, column_id))""",
    "CREATE INDEX listing_column ON listing (portal, column_id, at)",
    # One row of such a list with where it was routed. route: report, unrouted, reject, foreign, note, other.
    """CREATE TABLE sighting (
        id INTEGER PRIMARY KEY, listing INTEGER NOT NULL REFERENCES listing(id), url TEXT NOT NULL, title TEXT NOT NULL,
        day TEXT NOT NULL DEFAULT '', route TEXT NOT NULL, body TEXT, scope TEXT NOT NULL, year INTEGER,
        printed_body TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '', UNIQUE (listing, url))""",
    "CREATE INDEX sighting_body ON sighting (body, year)",
    "CREATE INDEX sighting_url ON sighting (url)",
    # One article page of a run with what it carries. parts = JSON list of
    # {role: page|attachment|image, url, name, fetch, sha256, media_type, outcome}; content = hash over the parts'
    # main content, so that counters and menus change nothing.
    """CREATE TABLE capture (
        id INTEGER PRIMARY KEY, run TEXT NOT NULL, portal TEXT NOT NULL, url TEXT NOT NULL, at TEXT NOT NULL,
        outcome TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', content TEXT, parts TEXT NOT NULL DEFAULT '[]',
        list_title TEXT NOT NULL DEFAULT '', list_day TEXT NOT NULL DEFAULT '', last_modified TEXT,
        UNIQUE (run, url))""",
    "CREATE INDEX capture_url ON capture (url, at)",
)

_SEVERAL_BODIES = (
    """CREATE TABLE sighting_new (
        id INTEGER PRIMARY KEY, listing INTEGER NOT NULL REFERENCES listing(id), url TEXT NOT NULL, title TEXT NOT NULL,
        day TEXT NOT NULL DEFAULT '', route TEXT NOT NULL, body TEXT, scope TEXT NOT NULL, year INTEGER,
        printed_body TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '')""",
    """INSERT INTO sighting_new SELECT id, listing, url, title, day, route, body, scope, year, printed_body, reason
        FROM sighting""",
    "DROP TABLE sighting",
    "ALTER TABLE sighting_new RENAME TO sighting",
    """CREATE UNIQUE INDEX sighting_row ON sighting
        (listing, url, title, coalesce(body, ''), scope, coalesce(year, 0), printed_body)""",
    "CREATE INDEX sighting_body ON sighting (body, year)",
    "CREATE INDEX sighting_url ON sighting (url)",
)

_SHARED = ("accept", "accept-language", "user-agent", "accept-encoding")
_PATHS = ", ".join(f"'$.\"{name}\"'" for name in _SHARED)
_SHARED_OF_ROW = "json_patch('{}', json_object(" + ", ".join(  # which leaves out what is null
    f"'{name}', json_extract(sent, '$.\"{name}\"')" for name in _SHARED) + "))"
_AFTER_METHOD = "instr(request, ' ') + 1"
_SLIM = (
    "CREATE TABLE sent_headers (id INTEGER PRIMARY KEY, headers TEXT NOT NULL UNIQUE)",
    f"INSERT INTO sent_headers (headers) SELECT DISTINCT {_SHARED_OF_ROW} FROM fetch",
    """CREATE TABLE fetch_new (
        id INTEGER PRIMARY KEY, run TEXT NOT NULL, portal TEXT NOT NULL, url TEXT NOT NULL, request TEXT NOT NULL,
        final_url TEXT, redirects TEXT NOT NULL DEFAULT '[]', at TEXT NOT NULL, status INTEGER, outcome TEXT NOT NULL,
        reason TEXT NOT NULL DEFAULT '', sha256 TEXT, size INTEGER, media_type TEXT, headers TEXT NOT NULL DEFAULT '{}',
        elapsed REAL, sent TEXT NOT NULL DEFAULT '{}', sent_with INTEGER, transport TEXT NOT NULL DEFAULT '',
        repeats INTEGER NOT NULL DEFAULT 0, last_at TEXT, released TEXT, held INTEGER, text TEXT)""",
    f"""INSERT INTO fetch_new SELECT id, run, portal, url,
        CASE WHEN substr(request, {_AFTER_METHOD}, length(url)) = url
             THEN substr(request, 1, instr(request, ' ') - 1) || substr(request, {_AFTER_METHOD} + length(url))
             ELSE request END,
        nullif(final_url, url), redirects, at, status, outcome, reason, sha256, size, media_type, headers,
        elapsed, json_remove(sent, {_PATHS}),
        (SELECT s.id FROM sent_headers s WHERE s.headers = {_SHARED_OF_ROW}), transport, repeats, last_at, released,
        held, text FROM fetch""",
    "DROP TABLE fetch",
    "ALTER TABLE fetch_new RENAME TO fetch",
    "CREATE UNIQUE INDEX fetch_request ON fetch (url, run, request)",
    "CREATE INDEX fetch_portal ON fetch (portal)",
    "CREATE INDEX fetch_sha256 ON fetch (sha256) WHERE sha256 IS NOT NULL",
    """CREATE TABLE capture_new (
        id INTEGER PRIMARY KEY, run TEXT NOT NULL, portal TEXT NOT NULL, url TEXT NOT NULL, at TEXT NOT NULL,
        outcome TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', content TEXT, parts TEXT NOT NULL DEFAULT '[]',
        list_title TEXT NOT NULL DEFAULT '', list_day TEXT NOT NULL DEFAULT '', last_modified TEXT)""",
    """INSERT INTO capture_new SELECT id, run, portal, url, at, outcome, reason, content, parts, list_title, list_day,
        last_modified FROM capture""",
    "DROP TABLE capture",
    "ALTER TABLE capture_new RENAME TO capture",
    "CREATE UNIQUE INDEX capture_page ON capture (url, run)",
    "CREATE INDEX capture_portal ON capture (portal)",
    "ALTER TABLE listing ADD COLUMN holder INTEGER REFERENCES listing(id)",
    "UPDATE listing SET holder = id",
    """CREATE TRIGGER listing_holds_its_own AFTER INSERT ON listing WHEN NEW.holder IS NULL
        BEGIN UPDATE listing SET holder = NEW.id WHERE id = NEW.id; END""",
    "CREATE INDEX listing_holder ON listing (holder)",
    "DROP INDEX sighting_row",
    "CREATE INDEX sighting_listing ON sighting (listing)",
    # From the row's side: CROSS JOIN keeps SQLite from going through all listings for one body or address.
    """CREATE VIEW listed AS SELECT s.id, l.id AS listing, l.run, l.portal, l.column_id, l.at, s.url, s.title, s.day,
        s.route, s.body, s.scope, s.year, s.printed_body, s.reason
        FROM sighting s CROSS JOIN listing l ON l.holder = s.listing""",
)


class Store:
    """The database at one path. Cheap to make; a connection is opened per `read()` or `write()` block."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)

    def open(self) -> sqlite3.Connection:
        """A connection with rows as sqlite3.Row, autocommit, and the pragmas every process must share."""
        if not self.path.exists():
            if (left := self.path.with_name(self.path.name + RESTORING)).exists():
                raise StoreError(f"{self.path}: putting back a copy was interrupted ({left.name}); run nianbao restore "
                                 "with that copy again")
            make_private(self.path)
        try:
            connection = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None)
            connection.row_factory = sqlite3.Row
            if not self.path.stat().st_size:
                connection.execute(f"PRAGMA page_size = {PAGE}")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA foreign_keys = ON")
        except sqlite3.Error as fault:
            if said := damage(fault):
                raise StoreError(f"{self.path}: {said}") from fault
            raise StoreError(f"{self.path}: {fault}; check that the file is a nianbao database and its folder "
                             "can be written") from fault
        return connection

    @contextlib.contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        connection = self.open()
        try:
            yield connection
        finally:
            connection.close()

    @contextlib.contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction, begun IMMEDIATE so that two writers wait instead of failing half-way; rolled back on error.

        Raises StoreError when the database stays locked or the disk is full; nothing of the block is then kept.
        """
        connection = self.open()
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
        except sqlite3.Error as fault:
            _rollback(connection)
            if said := damage(fault):
                raise StoreError(f"{self.path}: {said}") from fault
            raise StoreError(f"{self.path}: {fault}; nothing of this step was kept, earlier data is intact") from fault
        except BaseException:
            _rollback(connection)
            raise
        finally:
            connection.close()

    def migrate(self, *schemas: Migrations) -> None:
        """Bring the schema of the crawl and of every given set up to date; refuse a database of a newer version."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.write() as connection:
            database = Database(connection)
            for schema in (crawl_schema, *schemas):
                known = {step.name for step in schema._migrations}
                newer = {step.name for step in schema.applied(database)} - known
                if newer:
                    raise StoreError(f"{self.path}: made by a newer nianbao ({', '.join(sorted(newer))}); "
                                     "upgrade this one first")
                schema.apply(database)


def make_private(path: Path) -> None:
    """An empty file that users outside its group can't read, whatever the umask: findings, notes and addresses of
    people will stand in it. What SQLite keeps beside a database takes the database's own permissions."""
    with contextlib.suppress(OSError):  # who opens it says what is wrong
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640))


def damage(fault: sqlite3.Error) -> str:
    """What to do where SQLite says that the file itself is damaged; empty where it says something else."""
    if getattr(fault, "sqlite_errorcode", 0) & 0xff not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return ""
    return (f"the database is damaged ({fault}); stop the watch, then put back the newest copy: nianbao backup --list, "
            "nianbao restore FILE --yes; the next nianbao scan fetches again what was captured since")


def _rollback(connection: sqlite3.Connection) -> None:
    with contextlib.suppress(sqlite3.Error):
        connection.execute("ROLLBACK")


def row_dicts(connection: sqlite3.Connection, query: str, parameters: tuple[Any, ...] = ()) -> list[dict[str, Any]]:
    """All rows of a query as plain dicts."""
    return [dict(row) for row in connection.execute(query, parameters)]
