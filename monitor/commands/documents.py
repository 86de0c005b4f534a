"""`read` and `check`: documents to records, records to verdicts; no database, no settings needed.

Promises: each document is read in a guarded child; one that can't be read still yields a record (empty figures, the
reason among its problems) and exit code 2. Leaves alone: what reading and judging mean (extract/, judging.py).
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import unquote

import typer

from extract.exceptions import ExtractError, RecordError
from monitor import printing
from monitor.session import Session

if TYPE_CHECKING:
    from extract.model import Report
    from monitor.wording import Lang

Files = Annotated[list[Path], typer.Argument(metavar="FILE...", help="documents (HTML, PDF, Word, text…)")]
AsJson = Annotated[bool, typer.Option("--json", help="one JSON document on stdout")]


@dataclass(slots=True)
class Read:
    """What became of one file: a report, and the fault where it could not be read at all."""

    file: str
    report: Report
    fault: str = ""

    def to_record(self) -> dict[str, Any]:
        return {**self.report.to_record(), "file": self.file}


def register(app: typer.Typer) -> None:
    app.command("read")(read)
    app.command("check")(check)


def read(
    context: typer.Context, files: Files,
    title: Annotated[str | None, typer.Option("--title", metavar="T",
                                             help="title, where the document has none")] = None,
    year: Annotated[int | None, typer.Option("--year", metavar="Y", help="report year, where the document says none",
                                             min=2008, max=2100)] = None,
    as_json: AsJson = False,
) -> None:
    """Read documents into records: figures with state, source and confidence; sections; dates."""
    session: Session = context.obj
    session.use_facts()
    results = list(read_files(files, title, year))
    if as_json:
        records = [result.to_record() for result in results]
        printing.document(records[0] if len(files) == 1 else records)
    else:
        from monitor.commands import showing

        for position, result in enumerate(results):
            if position:
                printing.line()
            if not result.fault:
                showing.print_report(result.report, result.file, _language(session))
    if _complain(results, _language(session)):
        raise typer.Exit(2)


def check(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="documents, folders, or records as `read "
                                                                        "--json` prints them (*.json)")],
    out: Annotated[Path | None, typer.Option("--out", metavar="PATH", help="pre-check of drafts: write the opinions "
                                             "into this .xlsx or .docx")] = None,
    year: Annotated[int | None, typer.Option("--year", metavar="Y", help="pre-check: report year of the drafts, else "
                                             "the newest there is", min=2008, max=2100)] = None,
    with_store: Annotated[bool, typer.Option("--with-store", help="pre-check: hold the drafts against last year's "
                                             "published reports and the roster too")] = False,
    as_json: AsJson = False,
    fail_on: Annotated[str | None, typer.Option("--fail-on", metavar="E|W", help="exit 1 when a finding of this "
                                                                                 "severity or worse fails")] = None,
) -> None:
    """Judge documents, folders or records: every rule with its arithmetic; reports of one body form a chain of years.
    With --out, drafts before they are published: opinions as a workbook or a Word document, nothing is stored."""
    if fail_on not in (None, "E", "W"):
        raise typer.BadParameter(f"{fail_on!r} is neither E nor W", param_hint="--fail-on")
    if out is not None and out.suffix.lower() not in (".xlsx", ".docx"):
        raise typer.BadParameter(f"{out}: opinions are written as .xlsx or .docx", param_hint="--out")
    if out is None and (year is not None or with_store):
        raise typer.BadParameter("--year and --with-store belong to a pre-check; name its file with --out",
                                 param_hint="--out")
    from monitor import precheck
    from monitor.exceptions import UsageError

    session: Session = context.obj
    session.use_facts()
    if not precheck.files_in(files, out):
        raise UsageError(f"{', '.join(map(str, files))}: no file to check in it; name reports or the folder they lie "
                         "in")
    if out is not None:
        severe = _precheck(session, files, out, year, with_store, as_json)
    else:
        severe = _check(session, precheck.files_in(files), as_json)
    wanted = {"E": "E", "W": "EW"}.get(fail_on or "", "")
    if set(severe) & set(wanted):
        raise typer.Exit(1)


def _check(session: Session, files: list[Path], as_json: bool) -> str:
    """Judge and print; the severities of what fails."""
    from monitor import judging

    results = list(read_files(files))
    judged = judging.judge_documents({result.file: result.report for result in results if not result.fault})
    lang = _language(session)
    if as_json:
        from monitor.commands.showing import finding_record

        printing.document({
            "findings": [{**finding_record(finding, lang), "file": file}
                         for file, judgement in judged.items() for finding in judgement.findings],
            "files": {file: {"passed": sorted(judgement.passed), "not_applicable": sorted(judgement.not_applicable)}
                      for file, judgement in judged.items()}
                     | {result.file: {"passed": [], "not_applicable": [], "fault": result.fault}
                        for result in results if result.fault}})
    else:
        from monitor.commands import showing

        for position, result in enumerate(result for result in results if not result.fault):
            if position:
                printing.line()
            showing.print_judgement(result.report, result.file, judged[result.file], lang)
    if _complain(results, lang):
        raise typer.Exit(2)
    return "".join(finding.severity for judgement in judged.values() for finding in judgement.findings
                   if finding.outcome == "fail")


def _precheck(session: Session, paths: list[Path], out: Path, year: int | None, with_store: bool,
              as_json: bool) -> str:
    """Write the opinions on the drafts; the severities of what must be mended or verified."""
    import contextlib

    from monitor import opinion_paper, opinion_workbook, precheck, wording

    lang = _language(session)
    with contextlib.ExitStack() as held:
        stored = None
        if with_store:
            stored = precheck.Stored(held.enter_context(session.store().read()), session.roster())
        files = precheck.files_in(paths, out)
        results = list(_told(read_files(files), len(files), lang))
        checked = precheck.check(results, lang, year=year, earlier=stored,
                                 folders=[path for path in paths if path.is_dir()])
    write = opinion_workbook.workbook if out.suffix.lower() == ".xlsx" else opinion_paper.paper
    out.write_bytes(write(checked, lang))
    if as_json:
        printing.document({"out": str(out), **asdict(checked)})
    else:
        printing.line(precheck.summary(checked, lang))
        for opinion in checked.opinions:
            counts = "　".join(f"{wording.say(f'precheck_{level}', lang)} {len(opinion.of(level))}"
                               for level in precheck.LEVELS)
            printing.line(f"  {opinion.body}　{counts}　{precheck.conclusion(opinion, lang)}")
        for aside in checked.others:
            printing.line(f"  {aside.file}　{aside.reason}")
        printing.line(wording.say("precheck_written", lang, path=out))
    if _complain(results, lang):
        raise typer.Exit(2)
    return "".join({"must": "E", "verify": "W"}.get(entry.level, "") for opinion in checked.opinions
                   for entry in opinion.entries)


def _told(results: Iterator[Read], total: int, lang: Lang) -> Iterator[Read]:
    """The same results, told on a terminal as they come."""
    from monitor import wording

    for number, result in enumerate(results, 1):
        if sys.stderr.isatty():
            printing.note(wording.say("read_progress", lang, done=number, total=total))
        yield result


def read_files(files: list[Path], title: str | None = None, year: int | None = None) -> Iterator[Read]:
    """Each file as a report, in order; *.json files as records, maybe several. Faults are told in the result."""
    guard: Any = None
    try:
        for file in files:
            try:
                data = file.read_bytes()
                if file.suffix.lower() == ".json":
                    yield from _records(str(file), data)
                    continue
                from extract.limits import Guard  # not needed for records, nor what it pulls in
                from extract.model import Hints

                guard = guard or Guard().__enter__()
                hints = Hints(title=title, year=year, name=file.name, resources=_beside(file, data))
                yield Read(str(file), guard.read(data, hints))
            except ExtractError as fault:
                yield _unreadable(file, str(fault))
            except OSError as fault:
                yield _unreadable(file, fault.strerror or str(fault))
    finally:
        if guard is not None:
            guard.__exit__(None, None, None)


_PICTURE = re.compile(rb"""<img\b[^>]*?\bsrc\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE)
_MOST_BESIDE = 40
_LARGEST_BESIDE = 20 << 20


def _beside(file: Path, data: bytes) -> dict[str, bytes]:
    """Pictures a saved page refers to that lie in its own folder or below, by their address as the page prints it."""
    found: dict[str, bytes] = {}
    folder = file.resolve().parent
    for source in dict.fromkeys(match.decode("utf-8", "replace") for match in _PICTURE.findall(data)):
        if len(found) >= _MOST_BESIDE or re.match(r"[a-zA-Z][\w+.-]*:|/", source):
            continue
        picture = (folder / unquote(re.split(r"[?#]", source)[0])).resolve()
        if picture.is_relative_to(folder) and picture.is_file() and picture.stat().st_size <= _LARGEST_BESIDE:
            found[source] = picture.read_bytes()
    return found


def _records(file: str, data: bytes) -> Iterator[Read]:
    from extract.model import Report

    try:
        held = json.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as fault:
        place = f"line {fault.lineno}: {fault.msg}" if isinstance(fault, json.JSONDecodeError) else str(fault)
        raise RecordError(f"not JSON as `nianbao read --json` prints it: {place}") from None
    try:
        json.dumps(held, ensure_ascii=False, allow_nan=False).encode()
    except ValueError as fault:  # half a character, or NaN: what no finding could be written with
        raise RecordError(f"not JSON as `nianbao read --json` prints it: {fault}") from None
    for number, record in enumerate(held if isinstance(held, list) else [held]):
        if not isinstance(record, dict):
            raise RecordError(f"record {number} is no object but {type(record).__name__}")
        name = file if not isinstance(held, list) else f"{file}#{number}"
        yield Read(name, Report.from_record(record))


def _unreadable(file: Path, fault: str) -> Read:
    """An entry for a file that yields nothing, so that whoever reads the JSON finds every file in it."""
    from extract.model import Report

    fault = fault.removeprefix(f"{file}: ").removeprefix(f"{file.name}: ")
    return Read(str(file), Report(title="", body=None, year=None, scope="unknown", form=None, medium="", sha256="",
                                  problems=[fault]), fault)


def _complain(results: list[Read], lang: Lang) -> bool:
    from monitor import messages

    faults = [result for result in results if result.fault]
    for result in faults:
        printing.complain(f"{result.file}: {messages.said(result.fault, lang)}")
    return bool(faults)


def _language(session: Session) -> Lang:
    """The language asked for; the settings' own only where settings were named, since none are needed here."""
    if session.language or "settings" in session.__dict__:
        return session.lang
    return "zh"
