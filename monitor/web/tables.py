"""The tables of what only the served web keeps: sessions, its own trail, replies of bodies, scans asked for.

Promises: statements run once, as a step of the monitor's schema (records.py); secrets of sessions and links are kept as
hashes only; the trail and the replies can't be changed or deleted. Leaves alone: the trail of findings (audit.py).
"""

from __future__ import annotations

STATEMENTS = (
    # What tokens of forms are derived from; kept, so that a restart breaks no form.
    "CREATE TABLE web_secret (id INTEGER PRIMARY KEY CHECK (id = 1), value BLOB NOT NULL)",
    "INSERT INTO web_secret (id, value) VALUES (1, randomblob(32))",
    # hash = SHA-256 of the cookie; mark = what the account was like at the login (password, role, remit).
    """CREATE TABLE web_session (
        hash TEXT PRIMARY KEY, person TEXT NOT NULL, mark TEXT NOT NULL, address TEXT NOT NULL, created TEXT NOT NULL,
        seen TEXT NOT NULL, expires TEXT NOT NULL) WITHOUT ROWID""",
    # Who logged in, failed to, or changed something, from where.
    """CREATE TABLE web_trail (
        id INTEGER PRIMARY KEY, at TEXT NOT NULL, person TEXT NOT NULL, address TEXT NOT NULL, action TEXT NOT NULL,
        detail TEXT NOT NULL DEFAULT '')""",
    "CREATE INDEX web_trail_person ON web_trail (person, action, address)",
    "CREATE TRIGGER web_trail_keeps BEFORE UPDATE ON web_trail BEGIN SELECT RAISE(ABORT, 'the trail is append-only'); "
    "END",
    "CREATE TRIGGER web_trail_stays BEFORE DELETE ON web_trail BEGIN SELECT RAISE(ABORT, 'the trail is append-only'); "
    "END",
    # A body's way to answer without an account: hash = SHA-256 of the secret in the address; findings = JSON list of
    # [id, fact]; number = that of the letter. Answered, revoked: when.
    """CREATE TABLE reply_link (
        id INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, body TEXT NOT NULL, findings TEXT NOT NULL,
        number TEXT NOT NULL DEFAULT '', author TEXT NOT NULL, made TEXT NOT NULL, expires TEXT NOT NULL,
        answered TEXT, revoked TEXT)""",
    "CREATE INDEX reply_link_body ON reply_link (body)",
    # What a body said of one finding: answer = true, partly or untrue; fixed = address of the corrected report.
    """CREATE TABLE reply (
        id INTEGER PRIMARY KEY, link INTEGER NOT NULL REFERENCES reply_link(id), at TEXT NOT NULL, body TEXT NOT NULL,
        finding TEXT NOT NULL, fact TEXT NOT NULL, answer TEXT NOT NULL, text TEXT NOT NULL, fixed TEXT NOT NULL,
        contact TEXT NOT NULL, address TEXT NOT NULL)""",
    "CREATE INDEX reply_finding ON reply (finding)",
    """CREATE TABLE reply_file (
        id INTEGER PRIMARY KEY, reply INTEGER NOT NULL REFERENCES reply(id), sha256 TEXT NOT NULL, name TEXT NOT NULL,
        media_type TEXT NOT NULL, size INTEGER NOT NULL)""",
    "CREATE INDEX reply_file_reply ON reply_file (reply)",
    *(f"CREATE TRIGGER {table}_{name} BEFORE {event} ON {table} BEGIN SELECT RAISE(ABORT, 'replies stay as sent'); END"
      for table in ("reply", "reply_file") for name, event in (("keeps", "UPDATE"), ("stays", "DELETE"))),
    # A scan of one body that somebody asked for. state: waiting, running, done, failed; code = the child's exit code.
    """CREATE TABLE recheck (
        id INTEGER PRIMARY KEY, body TEXT NOT NULL, person TEXT NOT NULL, at TEXT NOT NULL, state TEXT NOT NULL,
        started TEXT, finished TEXT, code INTEGER, said TEXT NOT NULL DEFAULT '')""",
    "CREATE INDEX recheck_body ON recheck (body, at)",
    # The worklist: what holds, by state, in the order it is shown; and whose decisions stand where.
    """CREATE INDEX finding_work ON finding (state, (CASE severity WHEN 'E' THEN 0 WHEN 'W' THEN 1 ELSE 2 END),
        year DESC, body, rule, id, severity, first_seen, outcome) WHERE cleared IS NULL""",
    "CREATE INDEX audit_author ON audit (author, finding) WHERE author <> ''",
)
