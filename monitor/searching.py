"""Full text over what reports say in their sections: exact for two-character words and any phrase, newest first.

Promises: a phrase is found where it stands as written, blanks, width and letter case aside; only the report that a
status rests on now is found; `update` is idempotent and can be interrupted, and a report read anew is never found by
its former text; no question takes much longer than `SECONDS` – what was not looked through by then is told, with the
place to go on from; nothing typed is an error. Leaves alone: ranking and counting (both would read everything), pages.

How: FTS5 without content, one character a token, words and numbers of Latin letters whole (`text_index`); ids grow with
the year and, within it, with the time of indexing (`text_row`); what is indexed beside the text are the bodies above,
so that a province's or a county's reports are found without looking at others'. A row whose report was read anew with
another text stays in the index as a dead one that `text_row` no longer names, until so many are dead that the index is
made anew. Punctuation isn't indexed; it is compared in the report itself, from which the passages shown come too.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor import packing

if TYPE_CHECKING:
    import sqlite3

    from crawler.roster import Roster
    from crawler.store import Store

SECONDS = 0.1
"""After this long a search stops between two slices."""
LISTED = 20
LONGEST, MOST = 200, 8
"""Characters and phrases of a question that are looked at."""
LOT = 500
DEAD, DEAD_SHARE = 20_000, 0.25
"""The index is made anew when more rows than both are dead."""
SHIFT = 14
"""Two to the power of this many rows are looked through between two looks at the clock; they share a token."""
LAYOUT = 2
"""What the index holds; a store whose index is laid out otherwise is indexed anew."""
BEFORE, AFTER = 24, 66
"""Characters shown around a phrase."""
_BLOCK = 1 << 32
_SINGLE = "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_TOKENS = re.compile(rf"[{_SINGLE}]|[^\W_{_SINGLE}]+")
_QUOTED = re.compile(r'"([^"]*)"?|([^"]+)')
_UNQUOTED = re.compile(r"[\w%]+(?:[.\-/:][\w%]+)*")
_QUOTES = dict.fromkeys(map(ord, "“”„‟«»「」『』〝〞＂"), '"')


def _table() -> dict[int, str]:
    """Characters that are written in several ways, each as one other: width, case, radicals, variants of ideographs."""
    import unicodedata

    ranges = itertools.chain(range(0xFF01, 0xFF5F), range(0x2E80, 0x2FE0), range(0xF900, 0xFB00),
                             range(0x2F800, 0x2FA20), range(0x41, 0x250), range(0x370, 0x530))
    made = {}
    for code in ranges:
        plain = unicodedata.normalize("NFKC", chr(code)).lower()
        if len(plain) == 1 and plain != chr(code):
            made[code] = plain
    return made | {0x3000: " ", 0xA0: " "}


_PLAIN = _table()


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a section: (text, whether it is what was asked for) in order; `before` and `after`: more stands
    there."""

    section: str
    pieces: tuple[tuple[str, bool], ...]
    before: bool
    after: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """One report in which every phrase stands. `id` is the place from which to go on."""

    id: int
    body: str
    scope: str
    year: int
    report: str
    title: str
    address: str
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """`onward`: ask again with `before` set to it for what is older; None: there is nothing more. `late`: the time was
    up, so there may be fewer hits than asked for. `looked`: the report year reached. `unindexed`: reports that can't be
    found yet."""

    hits: list[Hit]
    onward: int | None
    late: bool
    looked: int | None
    unindexed: int


# ---------------------------------------------------------------- questions
def phrases(question: str) -> list[str]:
    """The phrases of a question as they are compared: those in quotes as they stand, else words between blanks and
    punctuation. Empty where nothing in it can be looked for."""
    text = question[:LONGEST * 4].translate(_QUOTES).translate(_PLAIN)[:LONGEST]
    listed = []
    for quoted, plain in _QUOTED.findall(text):
        listed += [quoted.strip()] if quoted else _UNQUOTED.findall(plain)
    return [each for each in dict.fromkeys(listed) if _TOKENS.search(each)][:MOST]


def _match(listed: Iterable[str], places: Iterable[Collection[str]], scope: str) -> str:
    parts = ["words : " + '"' + " ".join(_TOKENS.findall(each)) + '"' for each in listed]
    for alternatives in places:
        parts.append("place : (" + " OR ".join(map(_place, sorted(alternatives))) + ")")
    if scope:
        parts.append(f"place : {_scope(scope)}")
    return " AND ".join(parts)


def _pattern(phrase: str) -> re.Pattern[str]:
    """The phrase as it stands in a text: blanks between characters don't matter, words and numbers are whole."""
    made, last = [], 0
    for token in _TOKENS.finditer(phrase):
        made.append(r"\s*".join(map(re.escape, "".join(phrase[last:token.start()].split()))))
        word = re.escape(token[0])
        if not re.match(f"[{_SINGLE}]", token[0]):
            word = rf"(?<![^\W_{_SINGLE}]){word}(?![^\W_{_SINGLE}])"
            if token[0].isdecimal():
                # Not within 93.8, where 8 is no number of its own; what the question itself puts there is allowed.
                word = (rf"(?<!\d\.){word}" if phrase[:token.start()][-1:] != "." else word) + (
                    r"(?!\.\d)" if phrase[token.end():token.end() + 1] != "." else "")
        made.append(word)
        last = token.end()
    made.append(r"\s*".join(map(re.escape, "".join(phrase[last:].split()))))
    return re.compile(r"\s*".join(filter(None, made)))


def search(connection: sqlite3.Connection, question: str, *, under: Collection[str] | None = None, body: str = "",
           scope: str = "", year: int | None = None, before: int | None = None, limit: int = LISTED,
           seconds: float = SECONDS) -> Found:
    """The newest reports that hold every phrase of the question.

    `under`: bodies of whose subtrees one must hold a report (None: all), `body`: a further one; `before`: a Hit's id.
    """
    listed = phrases(question)
    unindexed = _left(connection)
    places = [*([under] if under is not None else []), *([[body]] if body else [])]
    if not listed or any(not each for each in places):
        return Found([], None, False, None, unindexed)
    match = _match(listed, places, scope)
    patterns = [_pattern(each) for each in listed]
    until = time.monotonic() + seconds
    hits: list[Hit] = []
    bound = before if before is not None else (year + 1 if year else 1 << 30) * _BLOCK
    floor = year * _BLOCK if year else 0
    looked = False
    while (top := _newest(connection, floor, bound)) is not None:
        if looked and time.monotonic() > until:
            return Found(hits, top + 1, True, top // _BLOCK, unindexed)
        for row in connection.execute(_SEARCH, (f"{match} AND place : {_slice(top)}", floor, top)):
            passages = _passages(row["record"], patterns)
            if passages is not None:
                hits.append(Hit(row["id"], row["body"], row["scope"], row["year"], row["report"], row["title"],
                                row["address"], passages))
                if len(hits) == limit:
                    return Found(hits, row["id"], False, row["year"], unindexed)
            elif time.monotonic() > until:
                return Found(hits, row["id"], True, row["year"], unindexed)
        bound, looked = top >> SHIFT << SHIFT, True
    return Found(hits, None, False, None, unindexed)


_SEARCH = """SELECT t.id, t.body, t.scope, t.year, t.report, r.title, r.address, r.record
    FROM text_index f CROSS JOIN text_row t ON t.id = f.rowid
    JOIN standing s ON s.body = t.body AND s.scope = t.scope AND s.year = t.year AND s.report = t.report
    JOIN report r ON r.id = t.report
    WHERE text_index MATCH ? AND f.rowid BETWEEN ? AND ? ORDER BY f.rowid DESC"""


def _slice(identity: int) -> str:
    """The token that the rows of one slice share. A range of ids alone would not do: FTS5 looks for the next match
    beyond its end."""
    return f"k{identity >> SHIFT}"


def _newest(connection: sqlite3.Connection, floor: int, bound: int) -> int | None:
    found: int | None = connection.execute("SELECT max(id) AS id FROM text_row WHERE id >= ? AND id < ?",
                                           (floor, bound)).fetchone()["id"]
    return found


# ---------------------------------------------------------------- passages
def _passages(record: bytes, patterns: Sequence[re.Pattern[str]]) -> tuple[Passage, ...] | None:
    """Where the phrases stand, in at most two passages; None where one of them doesn't."""
    parts = sections(record)
    plain = [text.translate(_PLAIN) for _, text in parts]
    firsts = []
    for pattern in patterns:
        first = next(((number, found.start()) for number, text in enumerate(plain)
                      if (found := pattern.search(text))), None)
        if first is None:
            return None
        firsts.append(first)
    shown: list[Passage] = []
    covered: list[tuple[int, int, int]] = []
    for number, start in sorted(set(firsts)):
        if len(shown) == 2 or any(part == number and low <= start < high for part, low, high in covered):
            continue
        title, text = parts[number]
        low, high = max(0, start - BEFORE), min(len(text), start + AFTER)
        covered.append((number, low, high))
        shown.append(Passage(title, _marked(text, plain[number], low, high, patterns), low > 0, high < len(text)))
    return tuple(shown)


def _marked(text: str, plain: str, low: int, high: int, patterns: Iterable[re.Pattern[str]]
            ) -> tuple[tuple[str, bool], ...]:
    spans = sorted((max(low, found.start()), min(high, found.end())) for pattern in patterns
                   for found in pattern.finditer(plain, max(0, low - LONGEST), min(len(plain), high + LONGEST))
                   if found.start() < high and found.end() > low)
    pieces, at = [], low
    for start, end in spans:
        if start >= at:
            pieces += [(text[at:start], False), (text[start:end], True)]
            at = end
    pieces.append((text[at:high], False))
    return tuple((" ".join(piece.split("\n")), marked) for piece, marked in pieces if piece)


def record(passage: Passage) -> dict[str, object]:
    """A passage as plain JSON data."""
    return {"section": passage.section, "before": passage.before, "after": passage.after,
            "pieces": [{"text": text, "found": marked} for text, marked in passage.pieces]}


_SECTIONS = re.compile(r'"sections": ?\[')


def sections(record: bytes) -> list[tuple[str, str]]:
    """Title and text of the sections of a stored record, without reading the figures behind them."""
    whole = packing.text_of(record)
    # Within a string of the record quotes are escaped, so this can only be the key.
    found = _SECTIONS.search(whole)
    if found is None:
        return []
    listed, _ = json.JSONDecoder().raw_decode(whole, found.end() - 1)
    return [(str(each.get("title", "")), f"{each.get('title', '')}\n{each.get('text', '')}".strip())
            for each in listed]


# ---------------------------------------------------------------- keeping the index
def update(store: Store, roster: Roster, on_progress: Callable[[int, int], None] | None = None) -> int:
    """Index the reports that aren't yet, were read anew, or whose body now stands elsewhere in the roster; how many
    were looked at. Idempotent; what was done when it is interrupted stays."""
    chains = {body: _chain(roster, body) for body in roster.bodies}
    with store.read() as connection:
        worn = _worn(connection)
    if worn:
        with store.write() as connection:
            connection.execute("INSERT INTO text_index (text_index) VALUES ('delete-all')")
            connection.execute("DELETE FROM text_row")
    with store.read() as connection:
        wanted = _wanted(connection, chains)
    done = 0
    if on_progress:
        on_progress(0, len(wanted))
    for start in range(0, len(wanted), LOT):
        lot = wanted[start:start + LOT]
        with store.read() as connection:
            made = list(_worded(connection, lot, chains))
        with store.write() as connection:
            _put(connection, made)
            done += len(lot)
            _tell_left(connection, len(wanted) - done)
        if on_progress:
            on_progress(done, len(wanted))
    if not wanted:
        with store.write() as connection:
            _tell_left(connection, 0)
    return done


Key = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class _Row:
    """What is to be indexed for one obligation."""

    key: Key
    report: str
    version: int
    mark: bytes
    above: bytes
    words: str
    place: str


def _wanted(connection: sqlite3.Connection, chains: Mapping[str, str]) -> list[tuple[Key, str]]:
    rows = connection.execute("""SELECT s.body, s.scope, s.year, s.report, t.id,
            t.report IS s.report AND t.version = r.reader_version AS same, t.above
        FROM standing s JOIN report r ON r.id = s.report
        LEFT JOIN text_row t ON t.body = s.body AND t.scope = s.scope AND t.year = s.year
        ORDER BY s.year, r.first_seen, s.body, s.scope""")
    hashed = {body: _hash(chain) for body, chain in chains.items()}
    return [((row["body"], row["scope"], row["year"]), row["report"]) for row in rows
            if not row["same"] or row["above"] != hashed.get(row["body"], _hash(_place(row["body"])))]


def _worded(connection: sqlite3.Connection, lot: Iterable[tuple[Key, str]], chains: Mapping[str, str]
            ) -> Iterator[_Row]:
    for key, report in lot:
        row = connection.execute("SELECT reader_version, record FROM report WHERE id = ?", (report,)).fetchone()
        if row is not None:
            words = " ".join(_TOKENS.findall(" ".join(text for _, text in sections(row["record"])).translate(_PLAIN)))
            above = chains.get(key[0], _place(key[0]))
            yield _Row(key, report, row["reader_version"], _hash(words), _hash(above), words,
                       f"{above} {_scope(key[1])}")


def _put(connection: sqlite3.Connection, rows: Iterable[_Row]) -> None:
    """Write rows in the order of the years; what another process has written meanwhile is left as it is."""
    last: dict[int, int] = {}
    for row in rows:
        held = connection.execute("SELECT id, mark, above FROM text_row WHERE body = ? AND scope = ? AND year = ?",
                                  row.key).fetchone()
        if held is not None and (held["mark"], held["above"]) == (row.mark, row.above):
            connection.execute("UPDATE text_row SET report = ?, version = ? WHERE id = ?",
                               (row.report, row.version, held["id"]))
            continue
        if held is not None:
            connection.execute("UPDATE text_row SET body = NULL WHERE id = ?", (held["id"],))
        year = row.key[2]
        if year not in last:
            top = connection.execute("SELECT max(id) AS id FROM text_row WHERE id >= ? AND id < ?",
                                     (year * _BLOCK, (year + 1) * _BLOCK)).fetchone()["id"]
            last[year] = year * _BLOCK if top is None else top
        last[year] += 1
        connection.execute("INSERT INTO text_row (id, body, scope, year, report, version, mark, above) "
                           "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                           (last[year], *row.key, row.report, row.version, row.mark, row.above))
        connection.execute("INSERT INTO text_index (rowid, words, place) VALUES (?, ?, ?)",
                           (last[year], row.words, f"{row.place} {_slice(last[year])}"))


def _worn(connection: sqlite3.Connection) -> bool:
    if connection.execute("SELECT 1 FROM text_state WHERE id = ?", (LAYOUT,)).fetchone() is None:
        return True
    dead, every = connection.execute("SELECT count(*) - count(body), count(*) FROM text_row").fetchone()
    return bool(dead > max(DEAD, DEAD_SHARE * every))


def _left(connection: sqlite3.Connection) -> int:
    row = connection.execute("SELECT unindexed FROM text_state WHERE id = ?", (LAYOUT,)).fetchone()
    if row is None:
        row = connection.execute("SELECT count(report) AS unindexed FROM standing").fetchone()
    return int(row["unindexed"])


def _tell_left(connection: sqlite3.Connection, count: int) -> None:
    connection.execute("INSERT INTO text_state (id, unindexed) VALUES (?, ?) "
                       "ON CONFLICT (id) DO UPDATE SET unindexed = excluded.unindexed", (LAYOUT, count))


def _chain(roster: Roster, body: str) -> str:
    """The tokens of a body and of all above it."""
    listed: dict[str, None] = {}
    at: str | None = body
    while at and at in roster.bodies and at not in listed:
        listed[at] = None
        at = roster.bodies[at].parent
    return " ".join(map(_place, listed))


def _place(body: str) -> str:
    return "b" + hashlib.blake2b(body.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


def _scope(scope: str) -> str:
    return "s" + "".join(filter(str.isalnum, scope))


def _hash(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
