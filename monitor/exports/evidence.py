"""`export evidence`: the proof of a status, a finding or a report as files that anybody can verify without us.

Promises: a folder, a .zip, or a single .warc.gz with its lists beside it: evidence.warc.gz (every fetch with request,
answer, redirects), files/ (each captured page as it was, by number and hash), SHA256SUMS (`sha256sum -c`),
manifest.json and about.txt. The same rows give the same bytes. Bytes that are lost or damaged are named, never passed
over. Leaves alone: which fetch proves what (proofs.py), the WARC itself (crawler/warc.py).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor import printing
from monitor.exceptions import UsageError
from monitor.session import Session

if TYPE_CHECKING:
    from crawler.evidence import Evidence
    from crawler.roster import Roster
    from crawler.store import Store
    from crawler.warc import Entry
    from monitor.proofs import Proof
    from monitor.wording import Lang

SUMS, MANIFEST, ABOUT, ARCHIVE = "SHA256SUMS", "manifest.json", "about.txt", "evidence.warc.gz"
SCHEMA = 1
SUFFIXES = {"text/html": ".html", "application/pdf": ".pdf", "application/json": ".json", "text/xml": ".xml",
             "application/xml": ".xml", "text/plain": ".txt", "image/png": ".png", "image/jpeg": ".jpg",
             "application/msword": ".doc", "application/zip": ".zip", "application/ofd": ".ofd",
             "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
             "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
             "application/vnd.ms-excel": ".xls"}


@dataclass(frozen=True, slots=True)
class Subject:
    """What the proof is of: `about` in one line, `record` for the manifest."""

    about: str
    record: dict[str, Any]
    proof: Proof


@dataclass(slots=True)
class Packed:
    """What was written: places, how many fetches and files, and what is not in it with the reason."""

    path: Path
    fetches: int = 0
    files: int = 0
    absent: list[dict[str, str]] = field(default_factory=list)
    sums: dict[str, str] = field(default_factory=dict)
    sums_sha256: str = ""
    """Of SHA256SUMS itself: whoever got it by another way knows that nothing was exchanged."""


More = Callable[[Path, Mapping[str, str], list[dict[str, Any]]], dict[str, Any]]
"""Writes further files into the pack, given its folder, the names of the captured files by hash and the fetch rows;
what it returns goes into the manifest."""


def register(group: typer.Typer) -> None:
    group.command("evidence")(evidence)


def evidence(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", metavar="PATH", help="a new folder, or a file ending in .zip or "
                                                                    ".warc.gz")],
    body: Annotated[str | None, typer.Option("--body", metavar="BODY", help="a body's id or name, with --year")] = None,
    year: Annotated[int | None, typer.Option("--year", metavar="Y", help="the report year", min=2008, max=2100)] = None,
    scope: Annotated[str | None, typer.Option("--scope", metavar="own|consolidated|system",
                                              help="only this scope")] = None,
    finding: Annotated[str | None, typer.Option("--finding", metavar="ID", help="a finding's id")] = None,
    report: Annotated[str | None, typer.Option("--report", metavar="ID", help="a stored report's id")] = None,
    force: Annotated[bool, typer.Option("--force", help="replace what stands at PATH")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document on stdout")] = False,
) -> None:
    """Write the captured pages that prove a status, a finding or a report: WARC, files, hashes."""
    from crawler.evidence import Evidence
    from monitor import wording

    session: Session = context.obj
    roster, store = session.roster(), session.store()
    if sum(each is not None for each in (body, finding, report)) != 1 or (body is None) != (year is None):
        raise UsageError("name one of --finding ID, --report ID, or --body BODY with --year Y")
    subject = subject_of(store, roster, session.lang, body=body, year=year, scope=scope, finding=finding, report=report)
    packed = pack(store, Evidence(session.settings.store.evidence), subject, out, force=force)
    if as_json:
        printing.document({"path": str(packed.path), "fetches": packed.fetches, "files": packed.files,
                           "absent": packed.absent, "sha256": packed.sums})
    else:
        printing.line(subject.about)
        printing.line(wording.say("evidence_written", session.lang, path=packed.path, n=packed.fetches,
                                  files=packed.files))
        for each in packed.absent:
            printing.line("  " + wording.say("evidence_absent", session.lang, **each))
    if packed.absent:
        raise typer.Exit(3)


# ---------------------------------------------------------------- what it is of
def subject_of(store: Store, roster: Roster, lang: Lang, *, body: str | None = None, year: int | None = None,
               scope: str | None = None, finding: str | None = None, report: str | None = None) -> Subject:
    """The proof asked for. Raises UsageError for an unknown body, finding or report, or where nothing is held."""
    from monitor import proofs, records, review, wording

    with store.read() as connection:
        if finding is not None:
            stored = next(iter(review.list_findings(connection, ids=[finding], cleared=True)), None)
            if stored is None:
                raise UsageError(f"--finding {finding}: no such finding; `nianbao findings` lists them")
            one = stored.finding
            name = roster.bodies[one.body].name if one.body in roster.bodies else one.body
            proof = proofs.of_finding(connection, one)
            # Why a page counts as the report, or its absence as proven, stands in the status.
            for standing in records.standings(connection, one.year, [one.body]):
                if standing.scope == one.scope:
                    proof |= proofs.of_standing(connection, standing)
            return Subject(f"{one.rule} {name} {one.year or ''}: {wording.message(one, lang, name)}", {
                "finding": {"id": one.id, "fact": one.fact, "rule": one.rule, "version": one.version, "body": one.body,
                            "name": name, "scope": one.scope, "year": one.year, "outcome": one.outcome,
                            "severity": one.severity, "subject": one.subject, "expression": one.expression,
                            "left": one.left, "right": one.right, "difference": one.difference,
                            "parameters": one.parameters, "evidence": one.evidence}}, proof)
        if report is not None:
            row = records.report_row(connection, report)
            if row is None:
                raise UsageError(f"--report {report}: no such report; `nianbao status --json` names them")
            return Subject(f"{row['title']} {row['address']}", {"report": _light(row)},
                           proofs.of_version(connection, row))
        known = roster.bodies.get(str(body)) or roster.find(str(body))
        if known is None or year is None:
            raise UsageError(f"--body {body}: no body of the roster has this id or name")
        proof = proofs.of_obligation(connection, known.id, year, scope)
        standings = [each for each in records.standings(connection, year, [known.id])
                     if scope in (None, each.scope)]
        if not proof.fetches and not proof.hashes:
            raise UsageError(f"--body {body} --year {year}: nothing was captured for it yet; run `nianbao scan` first")
        told = wording.term("words", "separator", lang).join(
            wording.status_phrase(each.status.value, lang, each.days_late) for each in standings)
        return Subject(f"{known.name} {year} {told}".strip(), {
            "body": known.id, "name": known.name, "year": year,
            "standings": [records.standing_record(each) for each in standings],
            "reports": [_light(row) for row in records.reports_of(connection, known.id, "9999")
                        if row["year"] == year]}, proof)


def _light(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("id", "address", "title", "body", "scope", "year", "verdict", "content",
                                         "sha256", "medium", "published", "published_source", "first_seen",
                                         "last_seen")} | {"dates": json.loads(row["dates"])}


# ---------------------------------------------------------------- writing it out
def pack(store: Store, evidence: Evidence, subject: Subject, out: Path, *, force: bool = False,
         more: More | None = None) -> Packed:
    """Write the pack to `out`, as a whole or not at all. Raises UsageError where something stands there."""
    from monitor import proofs

    if out.exists() and not force:
        raise UsageError(f"{out}: exists; name another path or say --force")
    if not out.parent.is_dir():
        raise UsageError(f"{out}: its folder {out.parent} does not exist")
    with store.read() as connection:
        rows = proofs.rows(connection, subject.proof)
    single = out.name.endswith((".warc", ".warc.gz"))
    with _beside(out) as made:
        packed = _fill(made, rows, evidence, subject, not single, more)
        packed.path = out
        if single:
            for name, source in ((out.name, ARCHIVE), (f"{out.name}.{MANIFEST}", MANIFEST)):
                _place(made / source, out.with_name(name))
            sums = f"{packed.sums[ARCHIVE]}  {out.name}\n{packed.sums[MANIFEST]}  {out.name}.{MANIFEST}\n"
            out.with_name(f"{out.name}.{SUMS}").write_text(sums, "utf-8")
        elif out.suffix == ".zip":
            _zip(made, made.with_suffix(".zip"))
            _place(made.with_suffix(".zip"), out)
        else:
            if out.is_dir():
                shutil.rmtree(out)
            made.replace(out)
    return packed


def _fill(folder: Path, rows: list[dict[str, Any]], evidence: Evidence, subject: Subject, files: bool,
          more: More | None) -> Packed:
    from importlib.metadata import version

    from crawler import warc

    software = f"nianbao {version('nianbao')}"
    entries = warc.write(folder / ARCHIVE, rows, evidence, subject.about, software)
    packed = Packed(folder, fetches=len(entries))
    names = _files(folder, rows, evidence) if files else {}
    packed.files = len(names)
    packed.absent = [{"url": entry.url, "at": entry.at, "fault": entry.fault} for entry in entries if entry.fault]
    manifest = {"schema": SCHEMA, "software": software, "about": subject.about, **subject.record,
                "fetches": [_told(entry, row, names) for entry, row in zip(entries, _in_order(rows), strict=True)],
                "absent": packed.absent}
    if more is not None:
        manifest |= more(folder, names, _in_order(rows))
    (folder / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n", "utf-8")
    (folder / ABOUT).write_text(_about(subject), "utf-8")
    packed.sums = {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
                   for path in sorted(folder.rglob("*")) if path.is_file()}
    listed = "".join(f"{each}  {name}\n" for name, each in packed.sums.items())
    (folder / SUMS).write_text(listed, "utf-8")
    packed.sums_sha256 = hashlib.sha256(listed.encode()).hexdigest()
    return packed


def _in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: (row["at"], row["url"], row["request"], row["run"]))


def _told(entry: Entry, row: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    told = {**asdict(entry), "asked": row["url"], "run": row["run"], "portal": row["portal"], "reason": row["reason"],
            "media_type": row["media_type"], "transport": row["transport"], "seen_again": row["repeats"],
            "seen_again_until": row["last_at"], "file": names.get(row["sha256"] or "")}
    del told["fetch"]
    return told


def _files(folder: Path, rows: list[dict[str, Any]], evidence: Evidence) -> dict[str, str]:
    """Each captured content once, as it was; its name in the pack by its hash."""
    from crawler.exceptions import EvidenceError

    names: dict[str, str] = {}
    (folder / "files").mkdir()
    for row in _in_order(rows):
        if not row["sha256"] or row["sha256"] in names:
            continue
        with contextlib.suppress(EvidenceError):
            data = evidence.get(row["sha256"])
            name = f"files/{len(names) + 1:03}-{row['sha256'][:12]}{SUFFIXES.get(row['media_type'] or '', '.bin')}"
            (folder / name).write_bytes(data)
            names[row["sha256"]] = name
    return names


def _about(subject: Subject) -> str:
    from monitor import wording

    return "\n\n".join(wording.say("evidence_about", lang, about=subject.about, archive=ARCHIVE, sums=SUMS,
                                   manifest=MANIFEST) for lang in ("zh", "en")) + "\n"


def _zip(folder: Path, path: Path) -> None:
    """The folder's files with one fixed date, so that equal content gives an equal archive."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                member = zipfile.ZipInfo(str(file.relative_to(folder)), (1980, 1, 1, 0, 0, 0))
                member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
                archive.writestr(member, file.read_bytes())


@contextlib.contextmanager
def _beside(out: Path) -> Iterator[Path]:
    """A folder next to `out` that goes away whatever happens, so that `out` is whole or absent."""
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent or None) as temporary:
        made = Path(temporary) / "pack"
        made.mkdir()
        yield made


def _place(source: Path, target: Path) -> None:
    if target.is_dir():
        raise UsageError(f"{target}: is a folder; name a file")
    source.replace(target)
