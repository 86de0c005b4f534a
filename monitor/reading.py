"""Captured pages to stored reports: evidence not yet read, or read by an older VERSION, is read and routed.

Promises: keyed by (address, content), so reading again changes nothing; a document that can't be read becomes a row
with its problem, never a crash; the roster's routing outweighs the print, and where the two disagree the page is
`invalid` with its reason (wrong_year, wrong_body, cover_letter, empty_page, attachment_not_opened, unreadable) for a
person to decide; a page nobody claims is routed by its content. Only the calling thread writes.

Workers are threads, each with a guard of its own: documents are parsed in the guards' child processes, so threads use
every processor and nothing is imported twice. Any other executor (cluster.py's) may be given instead.
Leaves alone: reading itself (captures.py, extract/), fetching (crawler/), what follows (standing.py, judging.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import islice
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from crawler.evidence import Evidence
from crawler.exceptions import EvidenceError
from crawler.model import Body
from crawler.shorthand import parts_of
from crawler.store import Store, row_dicts
from extract import titles
from extract.exceptions import GuardError
from extract.limits import Guard
from extract.model import Hints, Report, Scope
from extract.report import VERSION
from monitor import captures, records
from monitor.captures import Capture
from monitor.exceptions import MonitorError, UnsettledError, WorkersKilledError

if TYPE_CHECKING:
    from crawler.roster import Roster

Progress = Callable[[int, int], None]
Elsewhere = Callable[[], AbstractContextManager[Executor]]
"""Opens an executor; called only where there is something to read."""
LOT = 50
"""Reports written in one transaction."""
AHEAD, AHEAD_BYTES = 256, 256 * 2**20
"""Pages given to workers and not yet back."""
SECTIONS_OF_A_REPORT = 4
"""A page that holds this many of the six sections is a report whatever its title says (domain §3.2)."""
COVER_LETTER = 600
"""Characters under which a text without section or table is a letter that carries the report, not the report."""
FEWEST = 20
"""Characters under which a page is empty."""


@dataclass(frozen=True, slots=True)
class Job:
    """One page to read, as the store tells of it."""

    address: str
    content: str
    evidence: str
    parts: tuple[dict[str, Any], ...]
    hints: Hints
    portal: str
    first: tuple[str, str]
    last: tuple[str, str]


@dataclass(slots=True)
class ReadResult:
    """What one pass of reading did: ids of reports on addresses new to us, or of changed content; what kept us from
    reading (our own faults: evidence gone) by address."""

    read: int = 0
    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    """What became of the cluster that was to read."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """Whose a page is by its routing in the list; all unknown where nobody claims it. `together`: the bodies that the
    same row names, so that the print of one of them contradicts none."""

    body: str | None = None
    scope: Scope = "unknown"
    year: int | None = None
    together: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Assigned:
    body: str | None
    scope: Scope
    year: int | None
    verdict: str
    reason: str = ""


def read_captures(store: Store, evidence: Evidence, roster: Roster, *, workers: int = 1,
                  executor: Executor | None = None, elsewhere: Elsewhere | None = None,
                  on_progress: Progress | None = None) -> ReadResult:
    """Read what isn't read yet, `workers` documents at once, or on any executor of concurrent.futures that is given or
    that `elsewhere` opens.

    Raises MonitorError when a worker dies, StoreError when nothing can be written; what was read by then is kept.
    """
    with store.write() as connection:
        records.ensure_figures(connection)
        _touch(connection)
    with store.read() as connection:
        unread = _unread(connection)
    result = ReadResult()
    if on_progress:
        on_progress(0, len(unread))
    with _results(_jobs(store, evidence, unread), min(workers, len(unread)), executor, elsewhere) as results:
        for lot in iter(lambda: list(islice(results, LOT)), []):
            with store.write() as connection:
                for job, report, fault in lot:
                    if report is None:
                        result.faults[job.address] = fault
                        continue
                    _keep(connection, job, report, roster, result)
            if on_progress:
                on_progress(result.read + len(result.faults), len(unread))
    return result


def reroute(store: Store, roster: Roster) -> int:
    """Assign again, without reading, the reports that nobody claimed or that the lists now route otherwise (the roster
    has learnt a name, another list names them too); a nameless copy of a claimed report becomes its body's. Returns how
    many moved."""
    moved = 0
    with store.write() as connection:
        held: dict[str, set[tuple[str, int]]] = {}
        for row in connection.execute("SELECT report, body, year FROM report_owner"):
            held.setdefault(row["report"], set()).add((row["body"], row["year"]))
        for light in row_dicts(connection, "SELECT id, address, body, year, verdict FROM report"):
            route = claimed(connection, light["address"])
            routed = route.body is not None and route.year is not None
            owner = light["body"], light["year"]
            moved_on = routed and (route.body, route.year) != owner
            others = also_claimed(connection, light["address"])
            further = {(each.body, each.year) for each in others} - {owner, (route.body, route.year)}
            known = roster.bodies.get(light["body"]) if light["verdict"] == "report" and light["year"] else None
            covered = known.covers if known else ()
            further |= {(each, light["year"]) for each in covered if each in roster.bodies}
            if light["body"] is not None and not moved_on and further == held.get(light["id"], set()):
                continue
            row = records.report_row(connection, light["id"]) or {}
            captures = row_dicts(connection, "SELECT * FROM capture WHERE url = ? AND content = ? "
                                 "ORDER BY at DESC LIMIT 1", (row["address"], row["content"]))
            parts = parts_of(captures[0]) if captures else []
            report = records.load_report(row)
            new = assign(report, route, roster, row["portal"], parts)
            if new.body is None and new.verdict == "report":
                new = _as_its_copy(connection, row) or new
            news = records.put_owners(connection, row["id"],
                                      _further(report, new, others, roster, row["portal"], parts))
            if (new.body, new.scope, new.year, new.verdict, new.reason) != (
                    row["body"], row["scope"], row["year"], row["verdict"], row["reason"]):
                connection.execute("UPDATE report SET body = ?, scope = ?, year = ?, verdict = ?, reason = ? "
                                   "WHERE id = ?", (new.body, new.scope, new.year, new.verdict, new.reason, row["id"]))
                news = True
            moved += news
    return moved


def _as_its_copy(connection: Any, row: dict[str, Any]) -> Assigned | None:
    """Whose a report without any name is, where the same content stands at an address that one body alone claims."""
    if titles.parse(row["title"]).body:
        return None
    twins = {(each["body"], each["scope"], each["year"]) for each in connection.execute(
        "SELECT body, scope, year FROM report WHERE content = ? AND id != ? AND verdict = 'report' "
        "AND body NOT NULL AND year NOT NULL", (row["content"], row["id"]))}
    return Assigned(*twins.pop(), "report") if len(twins) == 1 else None


# ---------------------------------------------------------------- what is to be read
def _touch(connection: Any) -> None:
    """Tell reports already read of the runs that saw the same content before or since."""
    for row in row_dicts(connection, """SELECT r.id, min(c.at) AS first, max(c.at) AS last
            FROM capture c JOIN report r ON r.address = c.url AND r.content = c.content
            GROUP BY r.id HAVING max(c.at) > r.last_seen OR min(c.at) < r.first_seen"""):
        runs = [connection.execute("""SELECT c.run FROM capture c JOIN report r ON r.address = c.url
            AND r.content = c.content WHERE r.id = ? AND c.at = ?""", (row["id"], row[end])).fetchone()["run"]
                for end in ("first", "last")]
        records.touch_report(connection, row["id"], (row["first"], runs[0]), (row["last"], runs[1]))


def _unread(connection: Any) -> list[tuple[int, int]]:
    """The first and the last capture of every page and content that this reader has not read, oldest first."""
    seen: dict[tuple[str, str], tuple[int, int]] = {}
    for row in connection.execute("""SELECT c.id, c.url, c.content FROM capture c
            LEFT JOIN report r ON r.address = c.url AND r.content = c.content
            WHERE c.content IS NOT NULL AND c.content != '' AND (r.id IS NULL OR r.reader_version != ?)
            ORDER BY c.at, c.id""", (VERSION,)):
        key = row["url"], row["content"]
        seen[key] = (seen.get(key, (row["id"],))[0], row["id"])
    return list(seen.values())


def _jobs(store: Store, evidence: Evidence, unread: list[tuple[int, int]]) -> Iterator[Job]:
    """The jobs one by one: a country's would not fit the memory."""
    with store.read() as connection:
        for first, last in unread:
            oldest, newest = (connection.execute("SELECT * FROM capture WHERE id = ?", (number,)).fetchone()
                              for number in (first, last))
            address = newest["url"]
            route = claimed(connection, address)
            hints = Hints(title=newest["list_title"] or None, year=route.year,
                          scope=route.scope if route.scope != "unknown" else None, url=address,
                          list_date=newest["list_day"] or None, last_modified=newest["last_modified"],
                          first_seen=oldest["at"][:10])
            yield Job(address, newest["content"], str(evidence.folder), tuple(parts_of(newest)), hints,
                      newest["portal"], (oldest["at"], oldest["run"]), (newest["at"], newest["run"]))


def claimed(connection: Any, address: str) -> Claimed:
    """The newest routing of an address, that of a report title first."""
    row = connection.execute("""SELECT body, scope, year, listing, title FROM listed
        WHERE url = ? ORDER BY route = 'report' DESC, at DESC, id LIMIT 1""",
                             (address,)).fetchone()
    return _claim(connection, address, row) if row else Claimed()


def also_claimed(connection: Any, address: str) -> list[Claimed]:
    """Everybody whose report the newest lists say stands at this address: several where one row names several bodies,
    or rows name different ones."""
    rows = row_dicts(connection, """SELECT s.body, s.scope, s.year, s.listing, s.title FROM listed s
        WHERE s.url = ?1 AND s.route = 'report' AND s.listing IN (
            SELECT max(o.listing) FROM listed o WHERE o.url = ?1 GROUP BY o.portal, o.column_id)
        ORDER BY s.id""", (address,))
    return list({(row["body"], row["year"]): _claim(connection, address, row) for row in rows}.values()
                ) if len({(row["body"], row["year"]) for row in rows}) > 1 else []


def _claim(connection: Any, address: str, row: Any) -> Claimed:
    named = connection.execute("SELECT body FROM listed WHERE listing = ? AND url = ? AND title = ? "
                               "AND body NOT NULL", (row["listing"], address, row["title"]))
    return Claimed(row["body"], row["scope"], row["year"], frozenset(each["body"] for each in named))


# ---------------------------------------------------------------- reading, here or in workers
Read = tuple[Job, Report | None, str]
"""A job with its report, or with our own fault."""


@contextmanager
def _results(jobs: Iterator[Job], workers: int, executor: Executor | None, elsewhere: Elsewhere | None
             ) -> Iterator[Iterator[Read]]:
    if executor is not None:
        yield _gather(executor, jobs)
    elif not workers:  # nothing is to be read
        yield iter(())
    elif elsewhere is not None:
        with elsewhere() as opened:
            yield _gather(opened, jobs)
    else:
        with ExitStack() as guards, ThreadPoolExecutor(workers, "reading", _start, (guards,)) as pool:
            yield _gather(pool, jobs)


def _start(guards: ExitStack) -> None:
    """Give a thread a guard that ends with the pool."""
    captures.own_guard(guards.enter_context(Guard()))


def _gather(executor: Executor, jobs: Iterable[Job]) -> Iterator[Read]:
    """What is read of every job, as it comes; so few pages wait at once that memory holds them."""
    under_way: dict[Future[Report], tuple[Job, Capture]] = {}
    finished: SimpleQueue[Future[Report]] = SimpleQueue()
    held = 0
    try:
        for job in jobs:
            try:
                capture = captures.gather(job.parts, job.hints, Evidence(job.evidence))
            except EvidenceError as fault:
                yield job, None, str(fault)
                continue
            future = executor.submit(captures.read, capture)
            under_way[future] = job, capture
            held += capture.size
            future.add_done_callback(finished.put)
            while len(under_way) >= AHEAD or held > AHEAD_BYTES:
                done = finished.get()
                held -= under_way[done][1].size
                yield _result(done, *under_way.pop(done))
        while under_way:
            done = finished.get()
            yield _result(done, *under_way.pop(done))
    except BrokenExecutor:
        raise MonitorError("a reading worker was killed (memory?); what was read is kept, run nianbao scan --resume "
                           "to read the rest, or set [reading] workers lower") from None
    finally:
        for future in under_way:
            future.cancel()


def _result(future: Future[Report], job: Job, capture: Capture) -> Read:
    try:
        return job, future.result(), ""
    except WorkersKilledError as fault:
        return job, captures.refused(capture, str(fault)), ""
    except (GuardError, UnsettledError) as fault:  # our own side: it is read next time
        return job, None, f"{job.address}: {fault}"


# ---------------------------------------------------------------- whose it is
def _keep(connection: Any, job: Job, report: Report, roster: Roster, result: ReadResult) -> None:
    given = assign(report, claimed(connection, job.address), roster, job.portal, job.parts)
    known = connection.execute("SELECT id, content FROM report WHERE address = ?", (job.address,)).fetchall()
    identity = records.put_report(
        connection, report, address=job.address, content=job.content, portal=job.portal, body=given.body,
        scope=given.scope, year=given.year, verdict=given.verdict, reason=given.reason, version=VERSION,
        first=job.first, last=job.last)
    records.put_owners(connection, identity, _further(
        report, given, also_claimed(connection, job.address), roster, job.portal, job.parts))
    result.read += 1
    if given.verdict == "other" or any(row["id"] == identity for row in known):
        return
    (result.changed if known else result.new).append(identity)


def _further(report: Report, first: Assigned, claims: Iterable[Claimed], roster: Roster, portal: str,
             parts: Iterable[dict[str, Any]]) -> list[tuple[str, str, int, str, str]]:
    """The other bodies a page serves: those its rows name beside the first, and those that the first one covers."""
    parts, given = list(parts), list[Assigned]()
    if first.body is not None and first.year is not None and first.verdict == "report":
        together = frozenset({first.body})
        named = roster.bodies[first.body].covers if first.body in roster.bodies else ()
        claimed_too = [Claimed(each, roster.bodies[each].scopes[0], first.year, together) for each in named
                       if each in roster.bodies]
        given = [assign(report, each, roster, portal, parts) for each in claimed_too]
    given += [assign(report, claim, roster, portal, parts) for claim in claims]
    found = {(each.body, each.scope, each.year): each for each in reversed(given)
             if each.body is not None and each.year is not None and (each.body, each.year) != (first.body, first.year)}
    return [(str(each.body), each.scope, each.year or 0, each.verdict, each.reason) for each in found.values()]


def assign(report: Report, route: Claimed, roster: Roster, portal: str,
           parts: Iterable[dict[str, Any]] = ()) -> Assigned:
    """Whose report this page is, and whether it is one. The list's routing holds where it named a body and a year."""
    title = titles.parse(report.title)
    held = {section.number for section in report.sections if 1 <= section.number <= 6}
    if route.body is None or route.year is None:
        looks_so = title.accepted or len(held) >= SECTIONS_OF_A_REPORT
        if not looks_so:
            return Assigned(route.body, "unknown", route.year, "other", title.reason)
        found = roster.bodies.get(route.body or "") or roster.find(
            title.body or report.body or "", portal, route.year or title.year or report.year)
        year = route.year or title.year or report.year
        if found is None or year is None:
            return Assigned(found.id if found else None, "unknown", year, "report")
        scope = route.scope if route.scope != "unknown" else roster.scope_of(found, report.title)
        route = Claimed(found.id, scope, year, route.together)
    body = roster.bodies.get(route.body or "")
    if body is None:
        return Assigned(route.body, route.scope, route.year, "report")
    scope = _scope(body, route, report, roster)
    reason = _unusable(report, held, list(parts)) or _mismatch(report, title, body, route, roster, portal)
    return Assigned(body.id, scope, route.year, "invalid" if reason else "report", reason)


def _scope(body: Body, route: Claimed, report: Report, roster: Roster) -> Scope:
    if len(body.scopes) == 1:
        # Its only one, unless list or page say outright that it is another.
        return "unknown" if route.scope == "unknown" else roster.scope_of(body, report.title)
    for scope in (route.scope, roster.scope_of(body, report.title), report.scope):
        if scope in body.scopes:
            return scope
    return "unknown"


def _unusable(report: Report, held: set[int], parts: list[dict[str, Any]]) -> str:
    """Why the page can't be the report: nothing of it is there to read."""
    if held or report.figures or any(table.found or table.image for table in report.tables):
        return ""
    failed = [part for part in parts if part.get("role") == "attachment"
              and part.get("outcome") not in (None, "", "ok", "not_modified")]
    if failed:
        return "attachment_not_opened"
    if report.damaged:
        return "unreadable"
    if any(part.get("role") == "image" for part in parts):
        return ""
    length = sum(len(section.text.strip()) for section in report.sections)
    if length < FEWEST:
        return "empty_page"
    return "cover_letter" if length < COVER_LETTER else ""


def _mismatch(report: Report, title: titles.Title, body: Body, route: Claimed, roster: Roster, portal: str) -> str:
    """Why the print contradicts the list: another year in the title, or the name of another body of the roster alone.
    """
    if title.years and route.year not in title.years:
        return "wrong_year"
    printed = title.body or report.body or ""
    other = roster.find(printed, portal, route.year) if printed else None
    if (other is not None and other.id != body.id and other.id not in route.together
            and not _of_one_house(body, other)):
        return "wrong_body"
    return ""


def _of_one_house(body: Body, other: Body) -> bool:
    """Bodies that lawfully print each other's name: a government and its office, a plate and its bearer."""
    ends = {event.other for event in other.events if event.kind == "merged_into"}
    if (other.id in {body.acts_as, body.successor, *body.leads, *body.covers}
            or body.id in {other.acts_as, other.successor, *other.leads, *other.covers, *ends}):
        return True
    kinds = {body.kind, other.kind}
    related = body.parent == other.id or other.parent == body.id or (
        body.parent and body.parent == other.parent) or body.division_code[:6] == other.division_code[:6] != ""
    return kinds == {"government", "government_office"} and bool(related)
