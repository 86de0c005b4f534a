"""The monitor's tables and the queries every other room uses on them.

Promises: schema by migrations; reports keyed by (address, content), standings by (body, scope, year), findings by id;
every write idempotent. Leaves alone: who decides what is written (reading.py, standing.py, judging.py, review.py) and
the sending of the outbox (alerts/outbox.py).
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import date
from itertools import takewhile
from typing import Any, cast

from sqlite_utils import Database, Migrations

from crawler import clock, shorthand
from crawler.store import row_dicts
from extract import forms
from extract.model import CONFIDENT, Figure, Report, Scope
from monitor import packing
from monitor.dating import FIRST_HAND
from monitor.model import Standing, Status
from monitor.observations import APART

monitor_schema = Migrations("monitor")


@monitor_schema()
def m001_reports_standings_findings_outbox(db: Database) -> None:
    for statement in _FIRST:
        db.conn.execute(statement)


@monitor_schema()
def m002_judged(db: Database) -> None:
    """Which report version of an obligation was judged last; `mark` changes with the report, its reading and the rules,
    so that an unchanged report needs no second judgement."""
    db.conn.execute("""CREATE TABLE judged (body TEXT NOT NULL, scope TEXT NOT NULL, year INTEGER NOT NULL,
        mark TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (body, scope, year)) WITHOUT ROWID""")


@monitor_schema()
def m003_told(db: Database) -> None:
    """What a recipient was told beside the digest: each item once for each kind of notice, for ever."""
    db.conn.execute("""CREATE TABLE told (recipient TEXT NOT NULL, kind TEXT NOT NULL, item TEXT NOT NULL,
        at TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (recipient, kind, item)) WITHOUT ROWID""")


@monitor_schema()
def m003_parts(db: Database) -> None:
    """Files of messages, kept until the message was sent and some days longer. cid: stands within the HTML."""
    db.conn.execute("""CREATE TABLE outbox_part (key TEXT NOT NULL REFERENCES outbox(key) ON DELETE CASCADE,
        name TEXT NOT NULL, media_type TEXT NOT NULL, cid TEXT NOT NULL, data BLOB NOT NULL,
        PRIMARY KEY (key, name))""")


@monitor_schema()
def m003_slots(db: Database) -> None:
    """When a job of the watch was due and what became of it. state: running, done, failed, interrupted; `next_try` is
    set while a failed slot will be tried again."""
    db.conn.execute("""CREATE TABLE slot (job TEXT NOT NULL, slot TEXT NOT NULL, state TEXT NOT NULL,
        started TEXT NOT NULL, heartbeat TEXT NOT NULL, finished TEXT, attempts INTEGER NOT NULL, code INTEGER,
        said TEXT NOT NULL DEFAULT '', next_try TEXT, PRIMARY KEY (job, slot)) WITHOUT ROWID""")


@monitor_schema()
def audit_trail(db: Database) -> None:
    """What people decided moves into a trail that also holds what runs did with findings; the database itself keeps it
    append-only. `number` is the case number that letters print."""
    for statement in _AUDIT:
        db.conn.execute(statement)


@monitor_schema()
def finding_years(db: Database) -> None:
    """So that a changed first year of monitoring is followed without looking at every finding."""
    db.conn.execute("CREATE INDEX finding_state_year ON finding (state, year)")


_AUDIT = (
    # author is empty for a run's own steps; before and after are states; detail is JSON.
    """CREATE TABLE audit (
        id INTEGER PRIMARY KEY, at TEXT NOT NULL, finding TEXT NOT NULL, fact TEXT NOT NULL, action TEXT NOT NULL,
        author TEXT NOT NULL DEFAULT '', before TEXT NOT NULL, after TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '',
        until TEXT, detail TEXT NOT NULL DEFAULT '{}')""",
    """INSERT INTO audit (at, finding, fact, action, author, before, after, reason, until)
        SELECT at, finding, fact, action, author, 'open', CASE action WHEN 'confirm' THEN 'confirmed'
        WHEN 'dismiss' THEN 'dismissed' ELSE 'snoozed' END, reason, until FROM decision ORDER BY id""",
    "DROP TABLE decision",
    "CREATE INDEX audit_finding ON audit (finding, fact, id)",
    "CREATE INDEX audit_at ON audit (at)",
    "CREATE TRIGGER audit_keeps BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); "
    "END",
    "CREATE TRIGGER audit_stays BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); "
    "END",
    "ALTER TABLE finding ADD COLUMN number TEXT",
)

@monitor_schema()
def m004_further_owners(db: Database) -> None:
    """A page that serves several bodies: `report` holds the first, `report_owner` the others, `owned_report` all."""
    db.conn.execute("""CREATE TABLE report_owner (
        report TEXT NOT NULL REFERENCES report(id) ON DELETE CASCADE, body TEXT NOT NULL, scope TEXT NOT NULL,
        year INTEGER NOT NULL, verdict TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (report, body, scope, year)) WITHOUT ROWID""")
    db.conn.execute("CREATE INDEX report_owner_body ON report_owner (body, scope, year)")
    db.conn.execute("CREATE INDEX report_content ON report (content)")
    rest = """r.title, r.form, r.published, r.published_source, r.dates, r.sha256, r.medium, r.reader_version, r.record,
        r.first_seen, r.last_seen, r.first_run, r.last_run"""
    db.conn.execute(f"""CREATE VIEW owned_report AS
        SELECT r.id, r.portal, r.address, r.content, r.body, r.scope, r.year, r.verdict, r.reason, {rest}, 0 AS further
            FROM report r
        UNION ALL
        SELECT r.id, r.portal, r.address, r.content, o.body, o.scope, o.year, o.verdict, o.reason, {rest}, 1 AS further
            FROM report_owner o JOIN report r ON r.id = o.report""")


@monitor_schema()
def m005_roster_states(db: Database) -> None:
    """Every state of the roster; a row stands from the state `since` until (not including) the state `until`."""
    db.conn.execute("""CREATE TABLE roster_state (id INTEGER PRIMARY KEY, at TEXT NOT NULL, source TEXT NOT NULL,
        hash TEXT NOT NULL, bodies INTEGER NOT NULL)""")
    db.conn.execute("""CREATE TABLE roster_row (body TEXT NOT NULL, since INTEGER NOT NULL REFERENCES roster_state(id),
        until INTEGER REFERENCES roster_state(id), hash TEXT NOT NULL, row TEXT NOT NULL, PRIMARY KEY (body, since))
        WITHOUT ROWID""")


@monitor_schema()
def rules_and_packs(db: Database) -> None:
    """Which pack weighed a finding (told in its detail); the versions of the rules that judged last, and what changed
    ones moved."""
    db.conn.execute("ALTER TABLE finding ADD COLUMN pack TEXT GENERATED ALWAYS AS (json_extract(detail, '$.pack')) "
                    "VIRTUAL")
    db.conn.execute("CREATE TABLE rule_seen (rule TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID")
    db.conn.execute("""CREATE TABLE rule_moved (at TEXT NOT NULL, rule TEXT NOT NULL, before INTEGER NOT NULL,
        after INTEGER NOT NULL, new INTEGER NOT NULL, changed INTEGER NOT NULL, cleared INTEGER NOT NULL)""")


@monitor_schema()
def texts_compared(db: Database) -> None:
    """The signature of each current report's text, empty for one too short to tell, and the state in which it was last
    held against the other bodies' of its year."""
    db.conn.execute("""CREATE TABLE text_signature (body TEXT NOT NULL, scope TEXT NOT NULL, year INTEGER NOT NULL,
        mark TEXT NOT NULL, signature BLOB NOT NULL, PRIMARY KEY (body, scope, year))""")
    db.conn.execute("CREATE INDEX text_signature_year ON text_signature (year)")
    db.conn.execute("""CREATE TABLE compared (body TEXT NOT NULL, scope TEXT NOT NULL, year INTEGER NOT NULL,
        mark TEXT NOT NULL, PRIMARY KEY (body, scope, year)) WITHOUT ROWID""")


@monitor_schema()
def links_of_pages(db: Database) -> None:
    """Links of a report page's own text to other hosts, as JSON list of [address, words]."""
    db.conn.execute("""CREATE TABLE page_links (report TEXT PRIMARY KEY REFERENCES report(id) ON DELETE CASCADE,
        links TEXT NOT NULL) WITHOUT ROWID""")


@monitor_schema()
def web_sessions_replies(db: Database) -> None:
    """What only the served web keeps, see web/tables.py; the order in which its worklist shows findings."""
    from monitor.web.tables import STATEMENTS

    for statement in STATEMENTS:
        db.conn.execute(statement)


@monitor_schema()
def findings_told_and_gone(db: Database) -> None:
    """What a letter told and is found no more, for the worklist."""
    db.conn.execute("CREATE INDEX finding_gone ON finding (state, body, year, outcome) WHERE cleared IS NOT NULL")


@monitor_schema()
def judgement_number(db: Database) -> None:
    """How many times standings were stored: what holds them in memory sees by it that they are others."""
    db.conn.execute("CREATE TABLE judgement (number INTEGER NOT NULL)")
    db.conn.execute("INSERT INTO judgement VALUES (0)")


@monitor_schema()
def full_text(db: Database) -> None:
    """What searching.py keeps: the words of current reports and of the bodies above theirs, without the texts; a row of
    text_row without a body is a dead one of the index; `above` and `mark` tell whether either changed."""
    db.conn.execute("""CREATE VIRTUAL TABLE text_index USING fts5 (words, place, content = '', columnsize = 0,
        tokenize = 'ascii')""")
    db.conn.execute("""CREATE TABLE text_row (id INTEGER PRIMARY KEY, body TEXT, scope TEXT NOT NULL,
        year INTEGER NOT NULL, report TEXT NOT NULL, version INTEGER NOT NULL, mark BLOB NOT NULL,
        above BLOB NOT NULL, UNIQUE (body, scope, year))""")
    db.conn.execute("CREATE TABLE text_state (id INTEGER PRIMARY KEY, unindexed INTEGER NOT NULL)")


@monitor_schema()
def newest_reports(db: Database) -> None:
    """So that the newest publications are told without looking at all."""
    db.conn.execute("CREATE INDEX report_first_seen ON report (first_seen)")


_FIRST = (
    # One version of one publication: id = hash(address, content). content = capture.content. record = packing.pack of
    # schema 1; verdict: report, invalid (a page stands there that is no usable report), other (not a report at all).
    """CREATE TABLE report (
        id TEXT PRIMARY KEY, portal TEXT NOT NULL, address TEXT NOT NULL, content TEXT NOT NULL,
        body TEXT, scope TEXT NOT NULL, year INTEGER, verdict TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '',
        title TEXT NOT NULL, form TEXT, published TEXT, published_source TEXT, dates TEXT NOT NULL DEFAULT '[]',
        sha256 TEXT NOT NULL, medium TEXT NOT NULL, reader_version INTEGER NOT NULL, record BLOB NOT NULL,
        first_seen TEXT NOT NULL, last_seen TEXT NOT NULL, first_run TEXT NOT NULL, last_run TEXT NOT NULL,
        UNIQUE (address, content))""",
    "CREATE INDEX report_body ON report (body, scope, year)",
    # The latest judgement of each obligation, rewritten as a whole by each judgement.
    """CREATE TABLE standing (
        body TEXT NOT NULL, scope TEXT NOT NULL, year INTEGER NOT NULL, status TEXT NOT NULL, due TEXT, tier TEXT,
        published TEXT, published_source TEXT, days_late INTEGER, address TEXT, report TEXT, last_checked TEXT,
        reason TEXT NOT NULL DEFAULT '', outcome TEXT, evidence TEXT NOT NULL DEFAULT '{}', at TEXT NOT NULL,
        PRIMARY KEY (body, scope, year)) WITHOUT ROWID""",
    # state as monitor.model.FindingState; cleared = when the rule first held again (the row stays as history).
    # detail = JSON of expression, left, right, difference, figures, parameters, evidence, reason.
    """CREATE TABLE finding (
        id TEXT PRIMARY KEY, fact TEXT NOT NULL, rule TEXT NOT NULL, version INTEGER NOT NULL, severity TEXT NOT NULL,
        outcome TEXT NOT NULL, body TEXT NOT NULL, scope TEXT NOT NULL, year INTEGER, subject TEXT NOT NULL,
        detail TEXT NOT NULL, report TEXT, state TEXT NOT NULL, first_seen TEXT NOT NULL, last_seen TEXT NOT NULL,
        cleared TEXT)""",
    "CREATE INDEX finding_body ON finding (body, year)",
    "CREATE INDEX finding_state ON finding (state, rule)",
    # Append-only: what people decided. The newest row for (finding, fact) holds.
    """CREATE TABLE decision (
        id INTEGER PRIMARY KEY, finding TEXT NOT NULL, fact TEXT NOT NULL, action TEXT NOT NULL, author TEXT NOT NULL,
        at TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', until TEXT)""",
    "CREATE INDEX decision_finding ON decision (finding, fact, id)",
    # state: queued, sending (the last result is unknown after a crash), sent, retry, parked.
    """CREATE TABLE outbox (
        key TEXT PRIMARY KEY, kind TEXT NOT NULL, scope TEXT NOT NULL, recipient TEXT NOT NULL, period TEXT NOT NULL,
        channel TEXT NOT NULL, subject TEXT NOT NULL, text TEXT NOT NULL, html TEXT NOT NULL, message_id TEXT NOT NULL,
        created TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, next_try TEXT, sent TEXT,
        error TEXT NOT NULL DEFAULT '')""",
)


# ---------------------------------------------------------------- figures: one wide table an era
_LETTERS = {"number": "n", "blank": "b", "dash": "d", "text": "t", "absent": "a"}


def ensure_figures(connection: sqlite3.Connection) -> None:
    """Make, or widen to keys added since, the table figures_<era> of every form on file; call it inside a write.

    One row a report: a column for each canonical key (NULL = no number, 0 = a printed zero) and `states`, one letter a
    figure in the order of the columns: n number, b blank, d dash, t text, a absent; a capital was read without
    confidence.
    """
    for era in forms.eras():
        columns = "".join(f', "{key}" NUMERIC' for key in forms.form(era).all_keys)
        connection.execute(f"""CREATE TABLE IF NOT EXISTS "figures_{era}" (
            report TEXT PRIMARY KEY REFERENCES report(id) ON DELETE CASCADE, states TEXT NOT NULL{columns})""")
        known = set(figure_columns(connection, era))
        for key in forms.form(era).all_keys:
            if key not in known:
                connection.execute(f'ALTER TABLE "figures_{era}" ADD COLUMN "{key}" NUMERIC')


def figure_columns(connection: sqlite3.Connection, era: str) -> list[str]:
    """The canonical keys in the order of the table's columns and of `states`; empty where there is no table yet."""
    rows = connection.execute(f'PRAGMA table_info("figures_{era}")')
    return [row["name"] for row in rows if row["name"] not in ("report", "states")]


def figure_rows(connection: sqlite3.Connection, era: str, reports: Sequence[str]) -> Iterator[sqlite3.Row]:
    """Rows (report, states, a column a key) of these reports, in their order, those without figures left out."""
    if not figure_columns(connection, era):
        return
    for start in range(0, len(reports), 500):
        lot = reports[start:start + 500]
        found = {row["report"]: row for row in connection.execute(
            f'SELECT * FROM "figures_{era}" WHERE report IN ({",".join("?" * len(lot))})', lot)}
        yield from (found[each] for each in lot if each in found)


def _put_figures(connection: sqlite3.Connection, report_id: str, report: Report) -> None:
    for era in forms.eras():
        connection.execute(f'DELETE FROM "figures_{era}" WHERE report = ?', (report_id,))
    if report.form not in forms.eras():
        return
    columns = figure_columns(connection, report.form)
    figures = [report.figures.get(key) for key in columns]
    if not any(figures):
        return
    names = ", ".join(f'"{key}"' for key in columns)
    marks = ", ".join("?" * len(columns))
    connection.execute(f'INSERT INTO "figures_{report.form}" (report, states, {names}) VALUES (?, ?, {marks})',
                       (report_id, "".join(map(_letter, figures)),
                        *(None if figure is None else figure.value for figure in figures)))


def _letter(figure: Figure | None) -> str:
    if figure is None:
        return _LETTERS["absent"]
    letter = _LETTERS[figure.state]
    return letter if figure.confidence >= CONFIDENT else letter.upper()


# ---------------------------------------------------------------- reports
def report_id(address: str, content: str) -> str:
    return hashlib.sha256(f"{address}\n{content}".encode()).hexdigest()[:16]


def put_report(connection: sqlite3.Connection, report: Report, *, address: str, content: str, portal: str,
               body: str | None, scope: str, year: int | None, verdict: str, reason: str, version: int,
               first: tuple[str, str], last: tuple[str, str]) -> str:
    """Write one read publication (figures too) and return its id; reading it again replaces what was read.

    `first` and `last` are (time, run) of the captures that showed this content; the widest span is kept.
    """
    identity = report_id(address, content)
    published = report.published
    packed = packing.pack(report.to_record())
    connection.execute(
        """INSERT INTO report (id, portal, address, content, body, scope, year, verdict, reason, title, form, published,
            published_source, dates, sha256, medium, reader_version, record, first_seen, last_seen, first_run, last_run)
        VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)
        ON CONFLICT (id) DO UPDATE SET portal = excluded.portal, body = excluded.body, scope = excluded.scope,
            year = excluded.year, verdict = excluded.verdict, reason = excluded.reason, title = excluded.title,
            form = excluded.form, published = excluded.published, published_source = excluded.published_source,
            dates = excluded.dates, sha256 = excluded.sha256, medium = excluded.medium,
            reader_version = excluded.reader_version, record = excluded.record""",
        (identity, portal, address, content, body, scope, year, verdict, reason, report.title, report.form,
         published.date if published else None, published.source if published else None,
         shorthand.compact([{"date": hint.date, "source": hint.source} for hint in published.all] if published else []),
         report.sha256, report.medium, version, packed, first[0], last[0], first[1], last[1]))
    touch_report(connection, identity, first, last)
    _put_figures(connection, identity, report)
    return identity


def put_owners(connection: sqlite3.Connection, identity: str,
               owners: Collection[tuple[str, str, int, str, str]]) -> bool:
    """The further bodies one report serves as (body, scope, year, verdict, reason); whether that is news."""
    held = {tuple(row) for row in connection.execute(
        "SELECT body, scope, year, verdict, reason FROM report_owner WHERE report = ?", (identity,))}
    if held == set(owners):
        return False
    connection.execute("DELETE FROM report_owner WHERE report = ?", (identity,))
    connection.executemany("INSERT INTO report_owner (report, body, scope, year, verdict, reason) "
                           "VALUES (?, ?, ?, ?, ?, ?)", [(identity, *owner) for owner in set(owners)])
    return True


def touch_report(connection: sqlite3.Connection, identity: str, first: tuple[str, str], last: tuple[str, str]) -> None:
    """Widen the span in which a report was seen; never narrows it."""
    connection.execute("UPDATE report SET first_seen = ?, first_run = ? WHERE id = ? AND first_seen > ?",
                       (*first, identity, first[0]))
    connection.execute("UPDATE report SET last_seen = ?, last_run = ? WHERE id = ? AND last_seen < ?",
                       (*last, identity, last[0]))


def load_report(row: dict[str, Any] | sqlite3.Row) -> Report:
    """The record a report row holds, as reading made it."""
    return packing.report(row["record"])


def report_row(connection: sqlite3.Connection, identity: str) -> dict[str, Any] | None:
    return next(iter(row_dicts(connection, "SELECT * FROM report WHERE id = ?", (identity,))), None)


_LIGHT = """id, portal, address, content, body, scope, year, verdict, reason, title, form, published, published_source,
    dates, sha256, medium, reader_version, first_seen, last_seen, first_run, last_run"""


def reports_of(connection: sqlite3.Connection, body: str, until: str) -> list[dict[str, Any]]:
    """The version of each address that stood at `until`, of one body, without the record; first_seen is the address's
    first, so that a corrected report keeps the day it was first published on. `further` marks a page that stands first
    of all for another body (a joint report)."""
    rows = row_dicts(connection, f"SELECT {_LIGHT}, further FROM owned_report WHERE body = ? AND first_seen <= ?",
                     (body, until))
    return _standing_versions(rows, until)


def report_at(connection: sqlite3.Connection, address: str, until: str) -> dict[str, Any] | None:
    """The version that stood at this address at `until`, whosever it is; None where none was read."""
    rows = row_dicts(connection, f"SELECT {_LIGHT} FROM report WHERE address = ? AND first_seen <= ?", (address, until))
    return next(iter(_standing_versions(rows, until)), None)


def versions_at(connection: sqlite3.Connection, address: str, year: int | None, until: str) -> list[dict[str, Any]]:
    """Every version of one address and year that was read as a report up to `until`, oldest first."""
    return row_dicts(connection, f"""SELECT {_LIGHT} FROM report WHERE address = ? AND year IS ? AND verdict = 'report'
        AND first_seen <= ? ORDER BY first_seen, last_seen, id""", (address, year, until))


def days_of_earlier_years(connection: sqlite3.Connection, bodies: Iterable[str], year: int, until: str) -> set[str]:
    """Days after `year` that lists or pages print on two or more of these bodies' reports on earlier years."""
    found: dict[str, set[tuple[str, int]]] = defaultdict(set)
    for body in bodies:
        given = [(row["year"], row["day"]) for row in row_dicts(connection, """SELECT s.year, s.day FROM sighting s
            JOIN listing l ON l.id = s.listing WHERE s.body = ? AND s.year < ? AND s.route = 'report' AND l.at <= ?""",
                                                                (body, year, until))]
        given += [(row["year"], each["date"][:10]) for row in row_dicts(
            connection, "SELECT year, dates FROM report WHERE body = ? AND year < ? AND first_seen <= ?",
            (body, year, until)) for each in json.loads(row["dates"]) if each["source"].partition(":")[0] in FIRST_HAND]
        for of_year, day in given:
            if day > f"{year}-12-31":
                found[day].add((body, of_year))
    return {day for day, reports in found.items() if len(reports) > 1}


def _standing_versions(rows: list[dict[str, Any]], until: str) -> list[dict[str, Any]]:
    placed: dict[tuple[str, Any], list[dict[str, Any]]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (min(row["last_seen"], until), row["first_seen"])):
        placed[row["address"], row["year"]].append(row)
    return [{**_believed(versions, until), "first_seen": min(row["first_seen"] for row in versions)}
            for versions in placed.values()]


def _believed(versions: list[dict[str, Any]], until: str) -> dict[str, Any]:
    """The newest version of a place. One that held a report still holds it until something else was seen there in two
    looks apart, as with one that is gone: a notice put up for a day takes nothing back."""
    later = list(takewhile(lambda row: row["verdict"] != "report", reversed(versions)))
    if 0 < len(later) < len(versions) and (clock.parse(min(later[0]["last_seen"], until))
                                           - clock.parse(min(row["first_seen"] for row in later))) < APART:
        return versions[-1 - len(later)]
    return versions[-1]


def capture_outcome(connection: sqlite3.Connection, address: str, until: str) -> str | None:
    """What the newest capture of an address came to: its own outcome, or that of the first part that failed."""
    row = connection.execute("SELECT outcome, parts FROM capture WHERE url = ? AND at <= ? ORDER BY at DESC LIMIT 1",
                             (address, until)).fetchone()
    if row is None:
        return None
    failed = [part["outcome"] for part in json.loads(row["parts"])
              if part.get("outcome") not in (None, "", "ok", "not_modified")]
    return str(failed[0]) if row["outcome"] == "ok" and failed else str(row["outcome"])


def snapshots(connection: sqlite3.Connection, fetches: Collection[int]) -> list[str]:
    """Hashes of the bytes these fetches brought, in the order given."""
    found = dict[str, None]()
    for fetch in fetches:
        row = connection.execute("SELECT sha256 FROM fetch WHERE id = ?", (fetch,)).fetchone()
        if row and row["sha256"]:
            found[row["sha256"]] = None
    return list(found)


# ---------------------------------------------------------------- standings
_STANDING = ("status", "due", "tier", "published", "published_source", "days_late", "address", "report", "last_checked",
             "reason", "outcome")


def put_standings(connection: sqlite3.Connection, standings: Iterable[Standing], at: str) -> None:
    """Replace every stored standing by these; call it inside a write transaction."""
    connection.execute("DELETE FROM standing")
    connection.execute("UPDATE judgement SET number = number + 1")
    connection.executemany(
        f"INSERT INTO standing (body, scope, year, {', '.join(_STANDING)}, evidence, at) "
        f"VALUES ({', '.join('?' * (len(_STANDING) + 5))})",
        [(one.body, one.scope, one.year, *(_plain(getattr(one, name)) for name in _STANDING),
          shorthand.compact(one.evidence), at) for one in standings])


def standings(connection: sqlite3.Connection, year: int | None = None,
              bodies: Collection[str] | None = None) -> list[Standing]:
    """The stored standings, of one report year or all, of these bodies or all, by body, scope and year."""
    only = "" if bodies is None else "body IN (SELECT value FROM json_each(?)) AND "
    rows = row_dicts(connection, f"SELECT * FROM standing WHERE {only}(? IS NULL OR year = ?) "
                     "ORDER BY body, scope, year",
                     (*(() if bodies is None else (json.dumps(list(bodies)),)), year, year))
    return [_standing(row) for row in rows]


def standings_named(connection: sqlite3.Connection, keys: str) -> list[Standing]:
    """The stored standings of these obligations, a JSON list of body, scope and year, in its order."""
    return [_standing(row) for row in row_dicts(
        connection, "SELECT s.* FROM json_each(?) k JOIN standing s ON s.body = k.value ->> 0 "
        "AND s.scope = k.value ->> 1 AND s.year = k.value ->> 2 ORDER BY k.key", (keys,))]


def judged_at(connection: sqlite3.Connection) -> str | None:
    """When the stored standings were judged; None before the first judgement."""
    # A judgement replaces them all and gives each the same moment, so any of them tells it.
    row = connection.execute("SELECT at FROM standing LIMIT 1").fetchone()
    return None if row is None else cast(str, row["at"])


def standing_record(one: Standing) -> dict[str, Any]:
    """A standing as plain JSON data, for `--json` and exports."""
    return {**asdict(one), "status": one.status.value, "due": one.due.isoformat() if one.due else None}


def _standing(row: dict[str, Any]) -> Standing:
    return Standing(row["body"], cast(Scope, row["scope"]), row["year"], Status(row["status"]),
                    date.fromisoformat(row["due"]) if row["due"] else None, evidence=json.loads(row["evidence"]),
                    **{name: row[name] for name in _STANDING if name not in ("status", "due")})


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value.value if isinstance(value, Status) else value
