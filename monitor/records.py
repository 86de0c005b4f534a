"""The monitor's tables and the queries every other room uses on them.

Promises: schema by migrations; reports keyed by (address, content), standings by (body, scope, year), findings by id;
every write idempotent. Leaves alone: who decides what is written (reading.py, standing.py, judging.py, review.py) and
the sending of the outbox (alerts/outbox.py).
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

monitor_schema = Migrations("monitor")


@monitor_schema()
def m001_reports_standings_findings_outbox(db: Database) -> None:
    for statement in _FIRST:
        db.conn.execute(statement)


_FIRST = (
    # One version of one publication: id = hash(address, content). content = capture.content. record = zlib JSON of
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
