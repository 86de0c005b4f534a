"""`export archive`: one folder a year (一年一档) with every body's report as it was captured, and an index of it.

Promises: page and attachments byte for byte under readable names, every version; index.xlsx and index.html for each
year that open offline, with how publication stands, where the report stood, when it was captured, and the hash of every
file; captured pages open in a frame where nothing of them runs; what is lost is named. Leaves alone: proof of absence
(evidence.py).
"""

from __future__ import annotations

import html
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from monitor import printing
from monitor.exceptions import UsageError
from monitor.exports.evidence import SUFFIXES
from monitor.session import Session

if TYPE_CHECKING:
    import sqlite3

    from crawler.evidence import Evidence
    from crawler.roster import Roster
    from extract.model import Scope
    from monitor.model import Standing
    from monitor.wording import Lang

_HARMLESS = frozenset((*SUFFIXES.values(), ".gif", ".bmp", ".tif", ".wps", ".et", ".rtf", ".csv", ".rar", ".7z", ".htm",
                       ".jpeg", ".webp", ".ods", ".odt"))
"""Endings that a captured file may keep; any other becomes .bin."""
_PAGE = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline';
frame-src 'self' file:"><meta name="viewport" content="width=device-width"><style>
body{{font:14px/1.5 sans-serif;margin:1em;color:#222}}table{{border-collapse:collapse;width:100%}}
th,td{{border:1px solid #bbb;padding:3px 6px;text-align:left;vertical-align:top}}th{{background:#d9e1f2}}
code{{font-size:11px;color:#666;word-break:break-all}}
iframe{{width:100%;height:70vh;border:1px solid #999;margin-top:1em}}
</style></head><body><h1>{title}</h1><p>{note}</p>
{content}</body></html>
"""


@dataclass(slots=True)
class Kept:
    """One file of a report; `fault` says why its bytes are not there."""

    name: str
    sha256: str
    role: str
    url: str
    fault: str = ""


@dataclass(slots=True)
class Filed:
    """One version of a report on file, or a body without one (`report` empty)."""

    body: str
    name: str
    scope: Scope
    year: int
    standing: Standing | None = None
    report: dict[str, Any] = field(default_factory=dict)
    files: list[Kept] = field(default_factory=list)
    current: bool = True


def register(group: typer.Typer) -> None:
    group.command("archive")(archive)


def archive(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", metavar="PATH", help="a new folder, or a file ending in .zip")],
    under: Annotated[str | None, typer.Option("--under", metavar="BODY", help="only this body and those below")] = None,
    year: Annotated[int | None, typer.Option("--year", metavar="Y", help="only this report year", min=2008,
                                             max=2100)] = None,
    force: Annotated[bool, typer.Option("--force", help="replace what stands at PATH")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document on stdout")] = False,
) -> None:
    """Write the yearly archive (一年一档): each report as captured, with an index that opens offline, and hashes."""
    from crawler.evidence import Evidence
    from monitor import wording
    from monitor.commands.oversight import reach
    from monitor.exports import placing

    session: Session = context.obj
    roster = session.roster()
    bodies = reach(roster, under) or set(roster.bodies)
    held = Evidence(session.settings.store.evidence)
    with placing.whole(out, force=force) as folder:
        with session.store().read() as connection:
            filed = _gather(connection, roster, bodies, year)
            if not any(each.report for each in filed):
                raise UsageError(f"{under or 'roster'}{f' --year {year}' if year else ''}: no report is held; run "
                                 "`nianbao scan` first")
            _copy(connection, filed, held, folder)
        years = sorted({each.year for each in filed}, reverse=True)
        for each in years:
            _index(folder / str(each), [one for one in filed if one.year == each], each, session.lang)
        _front(folder, filed, years, session.lang)
        sums = placing.write_sums(folder)
    lost = [kept for each in filed for kept in each.files if kept.fault]
    reports = sum(bool(each.report) for each in filed)
    if as_json:
        printing.document({"path": str(out), "years": years, "reports": reports, "files": len(sums), "absent": [
            asdict(each) for each in lost], "archive": [
            {"body": each.body, "name": each.name, "scope": each.scope, "year": each.year,
             "report": each.report.get("id"), "current": each.current,
             "files": [asdict(kept) for kept in each.files]} for each in filed]})
    else:
        printing.line(wording.say("archive_written", session.lang, path=out, n=reports, files=len(sums)))
        for kept in lost:
            printing.line("  " + wording.say("archive_lost", session.lang, url=kept.url, fault=kept.fault))
    if lost:
        raise typer.Exit(3)


# ---------------------------------------------------------------- what is on file
def _gather(connection: sqlite3.Connection, roster: Roster, bodies: set[str], year: int | None) -> list[Filed]:
    """Every obligation with all versions of its report, the one that stands for it first; in roster order."""
    from crawler.store import row_dicts
    from monitor import records

    stands = {(each.body, each.scope, each.year): each for each in records.standings(connection, year)
              if each.body in bodies and each.status.value != "not_applicable"}
    versions: dict[tuple[str, Scope, int], list[dict[str, Any]]] = defaultdict(list)
    for row in row_dicts(connection, """SELECT id, body, scope, year, title, address, content, published, first_seen,
            last_seen FROM owned_report WHERE verdict = 'report' AND body IS NOT NULL AND year IS NOT NULL
            AND (?1 IS NULL OR year = ?1) ORDER BY last_seen DESC, first_seen DESC, id""", (year,)):
        if row["body"] in bodies:
            named = next((key for key, each in stands.items() if each.report == row["id"] and key[0] == row["body"]
                          and key[2] == row["year"]), None) if row["scope"] == "unknown" else None
            versions[named or (row["body"], row["scope"], row["year"])].append(row)
    order = {body: place for place, body in enumerate(roster.bodies)}
    filed = []
    for key in sorted({*stands, *versions}, key=lambda one: (one[2], order.get(one[0], len(order)), one[1])):
        stand = stands.get(key)
        rows = sorted(versions.get(key, []), key=lambda row: stand is not None and row["id"] != stand.report)
        name = roster.bodies[key[0]].name if key[0] in roster.bodies else key[0]
        filed += [Filed(key[0], name, key[1], key[2], stand, row, current=not number)
                  for number, row in enumerate(rows)]
        if not rows:
            filed.append(Filed(key[0], name, key[1], key[2], stand))
    return filed


def _copy(connection: sqlite3.Connection, filed: Iterable[Filed], evidence: Evidence, folder: Path) -> None:
    """The bytes of every version's last capture, under readable names."""
    from crawler.exceptions import EvidenceError
    from monitor import wording
    from monitor.exports import placing

    folders: dict[int, placing.Names] = defaultdict(placing.Names)
    for each in filed:
        (folder / str(each.year)).mkdir(exist_ok=True)
        if not each.report:
            continue
        scope = "" if each.scope == "own" else f"（{wording.term('scopes', each.scope, 'zh')}）"
        place = folders[each.year].take(f"{each.name}{scope}" + (
            "" if each.current else "（" + wording.say("archive_version", "zh", day=each.report["first_seen"][:10])
            + "）"))
        (folder / str(each.year) / place).mkdir()
        names = placing.Names()
        for part in _parts(connection, each.report):
            suffix = _suffix(part)
            base = Path(part.get("name") or "").stem if part["role"] != "page" else ""
            name = names.take(base or wording.say(
                "archive_page" if part["role"] == "page" else "archive_attachment", "zh", body=each.name,
                year=each.year), suffix)
            kept = Kept(f"{place}/{name}", part["sha256"], part["role"], part["url"])
            try:
                (folder / str(each.year) / place / name).write_bytes(evidence.get(part["sha256"]))
            except EvidenceError as fault:
                kept.name, kept.fault = "", str(fault)
            each.files.append(kept)


def _parts(connection: sqlite3.Connection, report: dict[str, Any]) -> list[dict[str, Any]]:
    """The parts of the last capture of this content that have bytes, each content once, the page first."""
    from crawler.shorthand import parts_of

    row = connection.execute("""SELECT * FROM capture WHERE url = ? AND content = ?
        ORDER BY at DESC, id DESC LIMIT 1""", (report["address"], report["content"])).fetchone()
    found: dict[str, dict[str, Any]] = {}
    for part in parts_of(row) if row is not None else ():
        if part.get("sha256"):
            found.setdefault(part["sha256"], {"role": "page", **part})
    return sorted(found.values(), key=lambda part: part["role"] != "page")


def _suffix(part: dict[str, Any]) -> str:
    by_type = SUFFIXES.get(part.get("media_type") or "", "")
    own = Path((part.get("name") or part["url"]).partition("?")[0]).suffix.lower()
    return by_type or (own if own in _HARMLESS else ".bin")


# ---------------------------------------------------------------- indexes
def _index(folder: Path, filed: list[Filed], year: int, lang: Lang) -> None:
    """index.xlsx and index.html of one year."""
    from monitor import wording
    from monitor.exports.sheets import Book, Head, Link

    def say(key: str, **values: Any) -> str:
        return wording.say(key, lang, **values)

    title = say("archive_title", year=year)
    keys = ("number", "body", "scope", "status", "published", "address", "checked")
    book = Book(folder / "index.xlsx", title)
    widths = (6, 30, 14, 22, 12, 40, 20)
    sheet = book.sheet(title[:31], [
        *(Head(say(f"ledger_{key}"), width) for key, width in zip(keys, widths, strict=True)),
        Head(say("archive_file"), 50), Head(say("template_hash"), 66)], page=title)
    rows = []
    for number, each in enumerate(filed, 1):
        status = wording.status_phrase(each.standing.status.value, lang, each.standing.days_late) \
            if each.standing and each.current else "" if each.current else say(
                "archive_version", day=each.report["first_seen"][:10])
        published = (each.standing.published if each.standing and each.current else None) \
            or each.report.get("published") or ""
        told = [number, each.name, wording.term("scopes", each.scope, lang), status, published[:10]]
        address, seen = each.report.get("address", ""), wording.day(each.report.get("last_seen", "")[:16], lang)
        for kept in each.files or (None,):
            file = "" if kept is None else kept.name or say("archive_lost", url=kept.url, fault=kept.fault)
            sheet.add([*told, Link(address) if address else "", seen, file, kept.sha256 if kept else ""])
        rows.append(f"<tr>{''.join(f'<td>{html.escape(str(cell))}</td>' for cell in told)}"
                    f"<td>{html.escape(address)}</td><td>{html.escape(seen)}</td><td>"
                    + "<br>".join(_link(kept, lang) for kept in each.files) + "</td></tr>")
    sheet.finish()
    book.close()
    head = "".join(f"<th>{html.escape(say(f'ledger_{key}'))}</th>" for key in keys)
    content = (f"<table><thead><tr>{head}<th>{html.escape(say('archive_file'))}</th></tr></thead><tbody>"
               f"{''.join(rows)}</tbody></table>"
               f'<iframe name="view" sandbox title="{html.escape(say("archive_file"))}"></iframe>')
    (folder / "index.html").write_text(_PAGE.format(
        lang="zh-CN" if lang == "zh" else "en", title=html.escape(title), note=html.escape(say("archive_note")),
        content=content), "utf-8")


def _link(kept: Kept, lang: Lang) -> str:
    from monitor import wording

    if kept.fault:
        return html.escape(wording.say("archive_lost", lang, url=kept.url, fault=kept.fault))
    # Pages are shown in the frame, where their scripts don't run; print opens in a viewer of its own.
    target = "view" if kept.name.endswith((".html", ".xml", ".txt", ".json")) else "_blank"
    return (f'<a href="{quote(kept.name)}" target="{target}" rel="noopener noreferrer">'
            f"{html.escape(kept.name.rpartition('/')[2])}</a> <code>{kept.sha256}</code>")


def _front(folder: Path, filed: list[Filed], years: list[int], lang: Lang) -> None:
    """index.html over all years."""
    from monitor import wording

    lines = "".join(
        f'<li><a href="{year}/index.html">{html.escape(wording.say("archive_title", lang, year=year))}</a>（'
        f"{sum(bool(each.report) and each.current for each in filed if each.year == year)}）</li>" for year in years)
    (folder / "index.html").write_text(_PAGE.format(
        lang="zh-CN" if lang == "zh" else "en", title=html.escape(wording.say("archive_front", lang)),
        note=html.escape(wording.say("archive_note", lang)), content=f"<ul>{lines}</ul>"), "utf-8")
