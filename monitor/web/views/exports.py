"""The pages' tables as files: /export/<page>.<csv|xlsx|json> with the page's own query.

Promises: the rows of the page, all of them, in the page's order, without holding them in memory; CSV with BOM, texts
guarded so that no spreadsheet takes them for formulas; a workbook that would be too long says in its first line that it
was cut and where the rest is. Leaves alone: what the rows hold (resources.py, backlog.py, board.py).
"""

from __future__ import annotations

import contextlib
import copy
import csv
import io
import json
import re
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from starlette.responses import StreamingResponse

from monitor import wording
from monitor.exceptions import UsageError
from monitor.exports.data import guarded
from monitor.web import api, backlog, filters, resources
from monitor.web.asked import AbsentError
from monitor.web.views import view
from monitor.web.views.search import body_asked

if TYPE_CHECKING:
    from starlette.responses import Response

    from monitor.web.api import Row
    from monitor.web.asked import Asked

FORMATS = {"csv": "text/csv; charset=utf-8", "json": "application/json",
           "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
ROWS_OF_A_SHEET = 100_000
AT_ONCE = 2
"""Files made at once; who comes third is told to wait."""
_making = threading.BoundedSemaphore(AT_ONCE)
_PIECE = 1 << 16
_WORDS = {"scope": "scopes", "tier": "tiers", "state": "figure_states", "outcome": "verdicts"}


@dataclass(frozen=True, slots=True)
class Table:
    """What one page's file holds: fields of a schema of the interface, in order; `words`: those whose codes are told
    in words; `rows`: from the page's query."""

    schema: str
    columns: tuple[str, ...]
    rows: Callable[[Asked], Iterator[Row]]
    words: tuple[str, ...] = ()
    role: str = "viewer"


@view("/export/{key}")
def export(asked: Asked) -> Response:
    name, _, suffix = asked.key.rpartition(".")
    if name not in TABLES or suffix not in FORMATS:
        raise AbsentError(asked.key)
    table = TABLES[name]
    if not asked.person.may(table.role) or (name in ("worklist", "findings") and asked.person.guest):
        return asked.notice("not_allowed", asked.t("not_allowed_text"), 403)
    with turn() as mine:
        if not mine:
            return busy(asked)
        file = tempfile.TemporaryFile()  # noqa: SIM115 - closed when it was sent
        try:
            _WRITERS[suffix](table, asked, file)
        except BaseException:
            file.close()
            raise
    row = asked.connection.execute("SELECT at FROM standing LIMIT 1").fetchone()
    shown = f"nianbao-{name}{f'-{row[0][:10]}' if row else ''}.{suffix}"
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    return StreamingResponse(pieces(file), media_type=FORMATS[suffix], headers={
        "Content-Length": str(size), "Content-Disposition": f"attachment; filename*=UTF-8''{quote(shown)}"})


@contextlib.contextmanager
def turn() -> Iterator[bool]:
    """A turn at making a file; False where there is none now."""
    mine = _making.acquire(blocking=False)
    try:
        yield mine
    finally:
        if mine:
            _making.release()


def busy(asked: Asked) -> Response:
    answer = asked.notice("export_busy", asked.t("export_busy_text"), 503)
    answer.headers["Retry-After"] = "20"
    return answer


def pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE):
            yield piece


# ---------------------------------------------------------------- files
def _heads(table: Table, asked: Asked) -> list[str]:
    """The fields' names without the explanations behind them."""
    fields = api.api().schemas[table.schema].whole
    return [re.split("[（；：]" if asked.lang == "zh" else r"[(;:]", fields[name].zh if asked.lang == "zh"
                     else fields[name].en)[0].strip() for name in table.columns]


def _cells(table: Table, row: Row, asked: Asked) -> list[Any]:
    made = []
    for name in table.columns:
        value = row.get(name)
        if name in table.words and value:
            value = (wording.date_source(value, asked.lang) if name == "published_source"
                     else wording.term(_WORDS[name], value, asked.lang))
        if isinstance(value, (list, Mapping)):
            value = json.dumps(value, ensure_ascii=False) if isinstance(value, Mapping) else "、".join(map(str, value))
        made.append(int(value) if isinstance(value, bool) else value)
    return made


def _csv(table: Table, asked: Asked, file: IO[bytes]) -> None:
    text = io.TextIOWrapper(file, "utf-8-sig", newline="", errors="replace")
    try:
        writer = csv.writer(text)
        writer.writerow(_heads(table, asked))
        for row in table.rows(asked):
            writer.writerow([guarded(cell) if isinstance(cell, str) else cell for cell in _cells(table, row, asked)])
    finally:
        text.detach()


def _json(table: Table, asked: Asked, file: IO[bytes]) -> None:
    """The rows with their codes, as the interface gives them."""
    row = asked.connection.execute("SELECT at FROM standing LIMIT 1").fetchone()
    query = dict(asked.request.query_params)
    file.write(f'{{"as_of": {json.dumps(row[0] if row else None)}, "query": {json.dumps(query)}, "items": ['.encode())
    for number, each in enumerate(table.rows(asked)):
        told = json.dumps(api.fit(table.schema, each), ensure_ascii=False)
        file.write(f"{',' if number else ''}\n{told}".encode("utf-8", "replace"))
    file.write(b"\n]}\n")


def _xlsx(table: Table, asked: Asked, file: IO[bytes]) -> None:
    from monitor.exports.sheets import Book, Head

    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as spool, \
            tempfile.TemporaryDirectory(prefix="nianbao-") as folder:
        lines = 0
        for row in islice(table.rows(asked), ROWS_OF_A_SHEET + 1):
            spool.write(json.dumps(_cells(table, row, asked), ensure_ascii=False) + "\n")
            lines += 1
        spool.seek(0)
        book = Book(Path(folder) / "export.xlsx", asked.t("site"))
        sheet = book.sheet("data", [Head(head, _WIDTHS.get(column, 14)) for head, column in
                                    zip(_heads(table, asked), table.columns, strict=True)], page=asked.t("site"),
                           note=asked.t("export_cut", n=str(ROWS_OF_A_SHEET)) if lines > ROWS_OF_A_SHEET else "")
        for line in islice(spool, ROWS_OF_A_SHEET):
            sheet.add(json.loads(line))
        sheet.finish()
        book.close()
        with (Path(folder) / "export.xlsx").open("rb") as made:
            shutil.copyfileobj(made, file)


_WIDTHS = {"name": 30, "address": 40, "message": 50, "expression": 30, "title": 40, "text": 60, "advice": 40,
           "last_checked": 24, "first_seen": 24, "last_seen": 24, "basis": 40, "raw": 16}
_WRITERS = {"csv": _csv, "json": _json, "xlsx": _xlsx}


# ---------------------------------------------------------------- rows
def _call(asked: Asked, **values: Any) -> api.Call:
    return api.Call(asked, {name: value for name, value in values.items() if value not in ("", None)}, {})


def _overview(asked: Asked) -> Iterator[Row]:
    """The cells of the lines that the overview shows, of the years it shows."""
    board = asked.installation.board
    lines = board.pick(filters.parse(asked, board), asked.reach).rows()
    while lot := list(islice(lines, resources.LOT)):
        held = resources.standings(_call(asked), {line.body for line in lot})
        for line in lot:
            for cell in line.cells:
                if cell is not None and (row := held.get((line.body, line.scope, cell.year))):
                    yield row


def _worklist(asked: Asked) -> Iterator[Row]:
    """The findings of the tab that the worklist shows."""
    from monitor.web.views import worklist

    wanted, awake = worklist._wanted(asked), backlog.woken(asked.connection)
    tab, sort = asked.query("tab", "open"), asked.query("sort", "severity")
    for number in range(1, 10**6):
        ids = backlog.page(asked.connection, tab, wanted, awake, sort if sort in backlog.SORTS else "severity", number)
        if not ids:
            return
        yield from resources.findings_named(_call(asked), ids)


def _paged(name: str, *taken: str) -> Callable[[Asked], Iterator[Row]]:
    """All rows of an operation of the interface; the query is checked as there."""
    def rows(asked: Asked) -> Iterator[Row]:
        declared = api.api().parameters
        values = {each: api.checked(each, declared[each], asked.query(each)) for each in taken if asked.query(each)}
        for _, row in resources.PAGES[name](api.Call(asked, values, {}), None):
            yield row
    return rows


def _whole(name: str, *taken: str) -> Callable[[Asked], Iterator[Row]]:
    def rows(asked: Asked) -> Iterator[Row]:
        declared = api.api().parameters
        values = {each: api.checked(each, declared[each], asked.query(each)) for each in taken if asked.query(each)}
        if "id" in taken and "id" not in values:
            raise UsageError("id is missing; it has to be given")
        yield from resources.ONE[name](api.Call(asked, values, {}))
    return rows


def _search(asked: Asked) -> Iterator[Row]:
    if not asked.query("q"):
        raise UsageError("q is missing; it has to be given")
    values = _call(asked, words=asked.query("q"), under=body_asked(asked), scope=asked.query("scope"),
                   year=asked.number("year", least=1990, most=2200))
    # One more than a sheet takes, so that the workbook says that it was cut.
    for _, row in islice(resources.PAGES["search"](values, None), ROWS_OF_A_SHEET + 1):
        yield row


def _content(asked: Asked, page: Callable[[Asked], Any]) -> dict[str, Any]:
    """What a page is made of, without making it."""
    seen = copy.copy(asked)
    seen.page = lambda kind, content, status=200: content  # type: ignore[method-assign,assignment,return-value]
    found: dict[str, Any] = page(seen)
    return found


def _trends(asked: Asked) -> Iterator[Row]:
    """The tables under the charts, cell by cell."""
    from monitor.web.views.trends import trends_page

    content = _content(asked, trends_page)
    for part in (*content.get("parts", ()), *content.get("figures", ())):
        for row in part["rows"]:
            for measure, cell in zip(part["columns"], row["cells"], strict=False):
                yield {"part": part["name"], "year": row["year"], "measure": measure, "value": cell["text"],
                       "note": cell["note"]}


def _regions(asked: Asked) -> Iterator[Row]:
    """The tiles, a row a status."""
    from monitor.web.views.regions import regions_page

    content = _content(asked, regions_page)
    for tile in content.get("tiles", ()):
        for mark in tile["marks"]:
            yield {"name": tile["name"], "year": content["year"], "status_text": mark["word"], "count": mark["n"],
                   "rate": tile["rate"]}


def _progress(asked: Asked) -> Iterator[Row]:
    """The days of the season, a row a year."""
    from monitor.web.views.progress import progress_page

    content = _content(asked, progress_page)
    for row in content.get("rows", ()):
        for year, cell in zip(content["years"], row["cells"], strict=True):
            yield {"day": row["day"], "year": str(year), "count": cell["n"], "rate": cell["share"], "due": row["due"]}


def _rectification(asked: Asked) -> Iterator[Row]:
    """Every finding in letters of the place and group that the page shows."""
    from monitor.web.views.rectification import every

    yield from every(asked)


_FINDING = ("number", "name", "scope", "year", "rule", "severity", "outcome", "message", "expression", "state_text",
            "first_seen", "last_seen", "body", "report", "id")
TABLES = {
    "overview": Table("status", ("name", "scope", "year", "status_text", "due", "tier", "published", "published_source",
                                 "days_late", "open_errors", "address", "last_checked", "body", "report"), _overview,
                      ("scope", "tier", "published_source")),
    "worklist": Table("finding", _FINDING, _worklist, ("scope", "outcome")),
    "findings": Table("finding", _FINDING, _paged("findings", "under", "year", "rule", "severity", "outcome", "state",
                                                  "cleared"), ("scope", "outcome")),
    "report": Table("figure", ("name", "value", "raw", "state", "confident", "key", "form"),
                    _whole("report_figures", "id"), ("state",)),
    "figures": Table("value", ("name", "scope", "year", "value", "state", "confident", "form", "key", "body", "report"),
                     _paged("figures", "key", "under", "level", "kind", "scope", "year"), ("scope", "state")),
    "reports": Table("report", ("title", "body", "scope", "year", "published", "published_source", "form", "medium",
                                "address", "first_seen", "last_seen", "sha256", "id"),
                     _paged("reports", "under", "scope", "year"), ("scope", "published_source")),
    "bodies": Table("body", ("name", "kind", "level", "duty", "division_code", "uscc", "parent", "scopes", "names",
                             "portal", "since", "until", "id"), _paged("bodies", "under", "level", "kind", "q")),
    "search": Table("hit", ("name", "scope", "year", "title", "text", "address", "body", "report"), _search,
                    ("scope",)),
    "runs": Table("run", ("id", "kind", "state", "started", "finished", "portals", "done", "outcomes"),
                  _paged("runs")),
    "portals": Table("run_portal", ("name", "state", "outcome_text", "whose", "advice", "last_success", "started",
                                    "finished", "portal"), _whole("run_portals", "id"), role="operator"),
    "rules": Table("rule", ("id", "version", "severity", "category", "short", "en", "test", "basis"), _whole("rules")),
    "trends": Table("trend", ("part", "year", "measure", "value", "note"), _trends),
    "regions": Table("region", ("name", "year", "status_text", "count", "rate"), _regions),
    "progress": Table("publication", ("day", "year", "count", "rate", "due"), _progress),
    "rectification": Table("told", ("number", "name", "year", "message", "sent", "until", "age", "state", "id"),
                           _rectification),
    "deadlines": Table("deadline", ("day", "tier_text", "year", "owed", "note", "basis"),
                       _whole("deadlines", "year", "under")),
}


def files(asked: Asked, name: str, query: Mapping[str, str] | None = None) -> list[tuple[str, str]]:
    """Names and addresses of a page's table as files, for the page to offer."""
    told = {key: value for key, value in (query or {}).items() if value}
    return [(suffix.upper(), f"{asked.links.root}export/{name}.{suffix}" + (f"?{urlencode(told)}" if told else ""))
            for suffix in ("xlsx", "csv", "json")]


_PAGES = {"worklist": "worklist", "trends": "trends", "regions": "regions", "report": "report", "method": "rules",
          "progress": "progress", "rectification": "rectification"}
"""Pages that offer their table at their foot, with its name; the others place it themselves."""


def of_page(asked: Asked, kind: str) -> list[tuple[str, str]]:
    """What the page now shown is offered as."""
    name = _PAGES.get(kind)
    if name is None:
        return []
    query = {"id": asked.key} if kind == "report" else {
        key: value for key, value in asked.request.query_params.items() if key not in ("page", "said")}
    return files(asked, name, query)
