"""Every command that writes, killed at each of its acts and met by a disk that is full from each act on: what stood in
the store still stands, and the next call of the same command comes to what it would have come to."""

from __future__ import annotations

import contextlib
import shutil
import socket
import sqlite3
from email import message_from_bytes

import pytest
from aiosmtpd.controller import Controller

from monitor import backup
from tests.monitor import machines
from tests.monitor.faults.strike import Striker

pytestmark = pytest.mark.slow
MOST = 7
"""Strikes on one command; more acts are sampled evenly, the first and the last among them."""
ACKNOWLEDGED = ("run", "fetch", "listing", "sighting", "capture", "report", "finding", "outbox")


@pytest.fixture(scope="module")
def strike():
    with Striker() as striker:
        yield striker


@pytest.fixture(scope="module")
def offices(tmp_path_factory, strike):
    """Installations by how far they came: captured and unread; read, judged, with mails queued."""
    folder = tmp_path_factory.mktemp("offices")
    unread = machines.town(folder / "unread", 6).settings
    with unread.open("a", encoding="utf-8") as file:
        file.write("[reading]\nworkers = 1\n")
    (unread.parent / "facts" / "alerts.yaml").write_text(
        "recipients:\n  - {id: city, address: reader@city.example, name: 示例市人民政府办公室, role: oversight, "
        "remit: {label: 全市}}\n", "utf-8")
    read = copied(unread, folder / "read")
    assert command(strike, read, "scan", "--resume").code == 0
    assert command(strike, read, "alerts", "queue").code == 0
    return {"unread": unread, "read": read}


def copied(settings, folder):
    shutil.copytree(settings.parent, folder)
    return folder / "settings.toml"


def command(strike, settings, *arguments, how="", at=1 << 40):
    return strike(how, at, "--config", settings, "--lang", "en", *arguments)


def sampled(acts):
    if acts <= MOST:
        return range(1, acts + 1)
    return sorted({1 + round(step * (acts - 1) / (MOST - 1)) for step in range(MOST)})


def keys(settings):
    """Identities of all rows that were acknowledged."""
    with contextlib.closing(sqlite3.connect(settings.parent / "history.db")) as connection:
        return {(table, row[0]) for table in ACKNOWLEDGED
                for row in connection.execute(f"SELECT {'key' if table == 'outbox' else 'id'} FROM {table}")}


def whole(database):
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def clear(ended, how):
    """A killed command says nothing; one that met a full disk ends with 4 and says so, or went on without it."""
    if how == "kill":
        assert ended.code is None
        return
    assert ended.code in (0, 3, 4), ended
    assert "Traceback" not in ended.said
    assert "fault of nianbao itself" not in ended.said, ended.said
    if ended.code == 4:
        assert any(word in ended.said for word in ("full", "No space", "File too large", "disk I/O")), ended.said


def tables(settings):
    found = machines.tables(settings)
    with contextlib.closing(sqlite3.connect(settings.parent / "history.db")) as connection:
        # A mail tells the minute at which it was made.
        found["outbox"] = sorted(map(repr, connection.execute("SELECT key, state, recipient, subject FROM outbox")))
    # What each call adds beside its results: that it judged, with which roster.
    return {name: rows for name, rows in found.items() if name not in ("judgement", "slot", "web_secret")}


STORE = {"read": ("unread", ["scan", "--resume"]), "judge": ("read", ["judge"]), "queue": ("read", ["alerts", "queue"]),
         "tidy": ("read", ["tidy"])}


@pytest.mark.parametrize("how", ["kill", "full"])
@pytest.mark.parametrize("stage", STORE)
def test_the_store_keeps_what_it_held_and_goes_on(strike, offices, tmp_path, stage, how):
    base, arguments = STORE[stage]
    undisturbed = copied(offices[base], tmp_path / "undisturbed")
    acts = command(strike, undisturbed, *arguments).acts
    command(strike, undisturbed, *arguments)
    expected, struck = tables(undisturbed), sampled(acts)
    assert len(struck) >= min(acts, MOST) > 2
    for act in struck:
        settings = copied(offices[base], tmp_path / f"{how}-{act}")
        before = keys(settings)
        clear(command(strike, settings, *arguments, how=how, at=act), how)
        assert whole(settings.parent / "history.db"), act
        assert before <= (after := keys(settings)), act
        assert command(strike, settings, *arguments).code == 0
        command(strike, settings, *arguments)
        assert after <= keys(settings), act
        found = tables(settings)
        assert {name for name in expected if found[name] != expected[name]} == set(), (act, stage)
        shutil.rmtree(settings.parent)


@pytest.mark.parametrize("stage", ["read", "judge"])
def test_no_file_may_grow(strike, offices, tmp_path, stage):
    base, arguments = STORE[stage]
    undisturbed = copied(offices[base], tmp_path / "undisturbed")
    command(strike, undisturbed, *arguments)
    command(strike, undisturbed, *arguments)
    expected = tables(undisturbed)
    size = (offices[base].parent / "history.db").stat().st_size
    for room in (4096, 40_000, 100_000, size // 2, size, size + 20_000):
        settings = copied(offices[base], tmp_path / f"room-{room}")
        before = keys(settings)
        clear(command(strike, settings, *arguments, how="size", at=room), "size")
        assert whole(settings.parent / "history.db")
        assert before <= keys(settings)
        assert command(strike, settings, *arguments).code == 0
        command(strike, settings, *arguments)
        found = tables(settings)
        assert {name for name in expected if found[name] != expected[name]} == set(), room


@pytest.mark.parametrize("how", ["kill", "full"])
def test_copies_are_whole_or_absent(strike, offices, tmp_path, how):
    base = copied(offices["read"], tmp_path / "base")
    assert command(strike, base, "backup").code == 0
    arguments = ["backup", "--evidence"]
    undisturbed = copied(base, tmp_path / "undisturbed")
    acts = command(strike, undisturbed, *arguments, tmp_path / "all").acts
    everything = {path.name for path in (tmp_path / "all").rglob("*.gz")}
    for act in sampled(acts):
        settings = copied(base, tmp_path / f"{how}-{act}")
        beside = tmp_path / f"evidence-{how}-{act}"
        clear(command(strike, settings, *arguments, beside, how=how, at=act), how)
        copies = backup.copies(settings.parent / "backups")
        assert copies
        assert all(whole(copy) for copy in copies)
        for path in beside.rglob("*.gz"):
            assert path.read_bytes() == (settings.parent / "evidence" / path.relative_to(beside)).read_bytes()
        assert command(strike, settings, *arguments, beside).code == 0
        assert {path.name for path in beside.rglob("*.gz")} == everything
        assert not list((settings.parent / "backups").glob("*.partial"))


@pytest.mark.parametrize("how", ["kill", "full"])
def test_restoring_leaves_one_whole_database_or_says_what_to_do(strike, offices, tmp_path, how):
    base = copied(offices["read"], tmp_path / "base")
    assert command(strike, base, "backup").code == 0
    copy = backup.copies(base.parent / "backups")[0]
    with contextlib.closing(sqlite3.connect(base.parent / "history.db")) as connection, connection:
        connection.execute("INSERT INTO slot (job, slot, state, started, heartbeat, attempts) "
                           "VALUES ('later', '2026', 'done', '2026', '2026', 1)")
    arguments = ["restore", copy, "--yes"]
    acts = command(strike, copied(base, tmp_path / "undisturbed"), *arguments).acts
    for act in sampled(acts):
        settings = copied(base, tmp_path / f"{how}-{act}")
        clear(command(strike, settings, *arguments, how=how, at=act), how)
        database = settings.parent / "history.db"
        if database.exists():
            assert whole(database)
            assert command(strike, settings, "status").code == 0
        else:
            told = command(strike, settings, "status")
            assert (told.code, "run nianbao restore" in told.said) == (4, True), told
            told = command(strike, settings, "scan", "--resume")
            assert (told.code, "run nianbao restore" in told.said) == (4, True), told
            assert not database.exists(), "an empty database in the place of a lost one"
        replaced = [path for path in settings.parent.glob("history.db*") if path.suffix not in (
            "-wal", "-shm", ".restoring") and "lock" not in path.name and not path.name.endswith(("-wal", "-shm"))]
        held = []
        for path in replaced:
            with contextlib.closing(sqlite3.connect(path)) as connection:
                held += [row[0] for row in connection.execute("SELECT job FROM slot")]
        assert "later" in held, "what was replaced is kept"
        assert command(strike, settings, *arguments).code == 0
        assert whole(database)


@pytest.mark.parametrize("how", ["kill", "full"])
def test_an_imported_list_is_taken_as_a_whole_or_not_at_all(strike, offices, tmp_path, how):
    base = copied(offices["read"], tmp_path / "base")
    listed = tmp_path / "list.csv"
    listed.write_text("单位名称,统一社会信用代码\n样例市档案馆,\n样例市气象局,\n", "utf-8-sig")
    arguments = ["roster", "import", listed]
    undisturbed = copied(base, tmp_path / "undisturbed")
    first = command(strike, undisturbed, *arguments)
    assert first.code == 0, first.said
    before, after = ((each.parent / "facts" / "bodies.csv").read_bytes() for each in (base, undisturbed))
    assert len(after) > len(before)
    for act in sampled(first.acts):
        settings = copied(base, tmp_path / f"{how}-{act}")
        clear(command(strike, settings, *arguments, how=how, at=act), how)
        roster = settings.parent / "facts" / "bodies.csv"
        assert roster.read_bytes() in (before, after)
        assert command(strike, settings, "status").code == 0
        assert command(strike, settings, *arguments).code == 0
        assert roster.read_bytes() == after
        litter = [path.name for path in roster.parent.iterdir() if path.name.startswith(".")]
        assert how == "kill" or litter == []


EXPORTS = {"data": ["--force"], "site": ["--force"], "archive": ["--year", "2025", "--force"], "ledger": []}


@pytest.mark.parametrize("how", ["kill", "full"])
@pytest.mark.parametrize("kind", EXPORTS)
def test_exports_are_whole_or_absent(strike, offices, tmp_path, kind, how):
    settings = copied(offices["read"], tmp_path / "base")
    out = tmp_path / ("out.xlsx" if kind == "ledger" else "out")
    arguments = ["export", kind, "--out", out, *EXPORTS[kind]]
    first = command(strike, settings, *arguments)
    assert first.code == 0, first.said
    wanted = contents(out)
    for act in sampled(first.acts):
        clear(command(strike, settings, *arguments, how=how, at=act), how)
        assert contents(out) in (wanted, {}), (act, "half an export stands where a whole one was")
        assert command(strike, settings, *arguments).code == 0
        assert contents(out) == wanted
        litter = [path.name for path in tmp_path.iterdir() if path.name.startswith(".out")]
        assert how == "kill" or litter == [], "a fault leaves nothing beside"


def contents(out):
    if out.is_file():
        return {out.name: out.stat().st_size > 1000}
    # Workbooks carry the time at which they were made, packed.
    return {str(path.relative_to(out)): path.suffix == ".xlsx" or path.stat().st_size
            for path in out.rglob("*") if path.is_file()}


class Office:
    """An SMTP server that keeps what it accepted."""

    def __init__(self):
        self.accepted = []

    async def handle_DATA(self, server, session, envelope):
        self.accepted.append(envelope.content)
        return "250 kept"


@pytest.mark.parametrize("how", ["kill", "full"])
def test_mails_are_sent_and_a_repeated_one_is_the_same(strike, offices, tmp_path, how):
    handler = Office()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        base = copied(offices["read"], tmp_path / "base")
        with base.open("a", encoding="utf-8") as file:
            file.write(f'[mail]\nhost = "127.0.0.1"\nport = {port}\n')
        first = command(strike, copied(base, tmp_path / "undisturbed"), "alerts", "send")
        assert first.code == 0, first.said
        wanted = {identity(each) for each in handler.accepted}
        assert wanted
        for act in sampled(first.acts):
            handler.accepted.clear()
            settings = copied(base, tmp_path / f"{how}-{act}")
            clear(command(strike, settings, "alerts", "send", how=how, at=act), how)
            assert command(strike, settings, "alerts", "send").code == 0
            by_identity = {}
            for each in handler.accepted:
                by_identity.setdefault(identity(each), set()).add(each)
            assert set(by_identity) == wanted
            assert all(len(copies) == 1 for copies in by_identity.values()), "a repeated mail is the same to the byte"
            with contextlib.closing(sqlite3.connect(settings.parent / "history.db")) as connection:
                assert {row[0] for row in connection.execute("SELECT state FROM outbox")} == {"sent"}
    finally:
        controller.stop()


def identity(raw):
    return message_from_bytes(raw)["Message-ID"]
