"""`roster import`, `roster check`, `checkall`, `probe`: the office's list of bodies, and where each of them publishes.

Promises: nothing is written with --dry-run, nor by probe without --write, and no entry is replaced without --force;
exit 3 where rows or columns remain that a person must look at. Leaves alone: comparing (crawler.importing), checking
(crawler.checking), walking (crawler.probe).
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor import messages, printing
from monitor.commands import roster_rows
from monitor.exceptions import UsageError
from monitor.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crawler.checking import Remark as Checked
    from crawler.importing import Change, ImportPlan
    from crawler.office_list import Remark
    from crawler.probe import Probe, Target
    from monitor.wording import Lang

AsJson = Annotated[bool, typer.Option("--json", help="one JSON document on stdout")]
SHOWN = 200
"""Rows of one kind that a terminal gets; --json has all."""
INCOMPLETE, CONFIGURATION = 3, 2


def register(app: typer.Typer) -> None:
    roster = typer.Typer(no_args_is_help=True, help="The list of bodies: import, check, show, confirm.")
    roster.command("import")(import_list)
    roster.command("check")(check)
    roster_rows.register(roster)
    app.add_typer(roster, name="roster")
    app.command("checkall")(checkall)
    app.command("probe")(probe)


# ---------------------------------------------------------------- roster import
def import_list(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="the office's list: xlsx, xls, ods or CSV")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="show what would change, write nothing")] = False,
    under: Annotated[str, typer.Option("--under", metavar="BODY", help="the list is of this body's subtree "
                                                                       "only")] = "",
    as_json: AsJson = False,
) -> None:
    """Take an office's list into the roster: added, changed, missing from the list, invalid; never deletes."""
    from crawler import importing

    session: Session = context.obj
    _ = session.settings
    made = importing.plan(file, under)
    written = None if dry_run else importing.write(made)
    if written:
        roster_rows.keep_state(session, "import")
    if as_json:
        printing.document(_import_record(made, file, dry_run, written))
    else:
        _print_import(made, dry_run, written, session.lang)
    if made.invalid:
        raise typer.Exit(INCOMPLETE)


def _import_record(made: ImportPlan, file: Path, dry_run: bool, written: Path | None) -> dict[str, Any]:
    def row(change: Change) -> dict[str, Any]:
        return {"row": change.place, "id": change.id or None, "name": change.name,
                "fields": {column: list(values) for column, values in change.fields.items()},
                "guessed": change.guessed, "remarks": [[each.key, each.value] for each in change.remarks],
                "reason": [change.reason.key, change.reason.value] if change.reason else None}

    return {"file": str(file), "roster": str(made.path), "dry_run": dry_run,
            "written": str(written) if written else None, "rows": len(made.listed.entries),
            **{kind: [row(change) for change in getattr(made, kind)]
               for kind in ("added", "changed", "invalid", "duplicates")},
            "dropped": [{"id": body.id, "name": body.name, "line": body.line} for body in made.dropped],
            "unchanged": len(made.unchanged), "unknown_columns": made.listed.unknown,
            "aside": [{"row": f"{sheet}!{number}" if sheet else str(number), "text": text}
                      for sheet, number, text in made.listed.aside]}


def _print_import(made: ImportPlan, dry_run: bool, written: Path | None, lang: Lang) -> None:
    rows = [[_say(f"import_{change.kind}", lang), change.place, change.id, change.name,
             _told(change, lang)] for kind in ("invalid", "added", "changed") for change in getattr(made, kind)[:SHOWN]]
    rows += [[_say("import_dropped", lang), _say("import_line", lang, n=body.line), body.id, body.name,
              _say("import_kept", lang)] for body in made.dropped[:SHOWN]]
    rows += [[_say("import_duplicate", lang), change.place, change.id, change.name,
              _remark(change.reason, lang)] for change in made.duplicates[:SHOWN]]
    rows += [[_say("import_remark", lang), change.place, change.id, change.name, _told(change, lang)]
             for change in made.unchanged[:SHOWN] if change.remarks]
    if rows:
        printing.table([_say(key, lang) for key in ("import_what", "import_row", "import_id", "body", "import_detail")],
                       rows)
    hidden = sum(max(0, len(each) - SHOWN) for each in (made.invalid, made.added, made.changed, made.dropped))
    if hidden:
        printing.line(_say("import_more", lang, n=hidden))
    if made.listed.unknown:
        printing.line(_say("import_unknown_columns", lang,
                                  list=_say("import_separator", lang).join(made.listed.unknown)))
    for sheet, number, text in made.listed.aside[:SHOWN]:
        printing.line(_say("import_aside", lang, row=f"{sheet}!{number}" if sheet else str(number), text=text))
    printing.line(_say(
        "import_summary", lang, rows=len(made.listed.entries), added=len(made.added), changed=len(made.changed),
        unchanged=len(made.unchanged), dropped=len(made.dropped), invalid=len(made.invalid),
        duplicates=len(made.duplicates)))
    if any(change.guessed for change in made.added):
        printing.line(_say("import_guessed_note", lang,
                                  n=sum(bool(change.guessed) for change in made.added)))
    done = "import_dry" if dry_run else "import_written" if written else "import_nothing"
    printing.line(_say(done, lang, path=str(made.path)))


def _told(change: Change, lang: Lang) -> str:
    """What one row says: its reason, its fields, what was guessed, what was left out."""
    told = [_remark(change.reason, lang)] if change.reason else []
    if change.kind == "added":
        told += [f"{_column(column, lang)}={_value(column, change.fields[column][1], lang)}"
                 + (_say("import_guess_mark", lang) if column in change.guessed else "")
                 for column in ("kind", "level", "obligation") if column in change.fields]
    elif change.kind == "changed":
        told += [f"{_column(column, lang)}: {_value(column, before, lang) or '∅'} → {_value(column, after, lang)}"
                 for column, (before, after) in change.fields.items()]
    return "; ".join([*told, *(_remark(each, lang) for each in change.remarks)])


def _column(column: str, lang: Lang) -> str:
    """A roster column as lists call it; its own name in English, or where lists have none."""
    from crawler.office_list import facts

    return facts().columns[column][0] if lang == "zh" and column in facts().columns else column


def _value(column: str, value: str, lang: Lang) -> str:
    from monitor import wording

    if column == "obligation":
        return wording.term("duties", value, lang) if lang == "zh" else value
    words = {"kind": roster_rows.kind_word, "level": roster_rows.level_word}.get(column)
    return words(value, lang) if words else value


def _say(key: str, lang: Lang, **values: Any) -> str:
    """A string of the vocabulary; values stand as they are, since addresses and codes are no days or numbers."""
    from monitor import wording

    return wording.fill(wording.vocabulary().strings[key].say(lang), {name: str(each) for name, each in values.items()})


def _remark(remark: Remark | None, lang: Lang) -> str:
    return _say(f"remark_{remark.key}", lang, value=remark.value or "-") if remark else ""


# ---------------------------------------------------------------- roster check
def check(
    context: typer.Context,
    portals: Annotated[bool, typer.Option("--portals", help="only portals/*.yaml and the families they name")] = False,
    as_json: AsJson = False,
) -> None:
    """Check roster and portals without any network: names, channels, hosts, events, confirmations."""
    from crawler import checking
    from monitor import obligations

    session: Session = context.obj
    _whose(session, as_json)
    found = checking.check_portals() if portals else checking.check(obligations.deadlines().season_starts)
    if not found and not as_json and not portals and not session.roster().bodies:
        printing.line(_say("roster_empty", session.lang))
    told(found, as_json, session.lang)


def checkall(
    context: typer.Context,
    sources: Annotated[Path | None, typer.Option("--sources", metavar="DIR", help="a checkout whose test portals and "
                                                 "saved lists are checked too")] = None,
    as_json: AsJson = False,
) -> None:
    """Check all portals and families without any network, as continuous integration does."""
    from crawler import checking

    session: Session = context.obj
    _whose(session, as_json)
    if sources is not None and not (sources / "tests" / "listings").is_dir():
        raise UsageError(f"--sources {sources}: holds no tests/listings; name the root of a checkout")
    told(checking.check_all(sources), as_json, session.lang)


def _whose(session: Session, as_json: bool) -> None:
    """Let the office's facts hold; where there are none, say that the packaged example is checked."""
    settings = session.settings
    if settings.facts.folder is None and not as_json:
        printing.line(_say("example_no_settings" if settings.path is None else "example_no_folder", session.lang))


def told(found: list[Checked], as_json: bool, lang: Lang) -> None:
    """Print what was found; exit 2 where something is a fault."""
    counts = Counter(remark.level for remark in found)
    if as_json:
        printing.document({
            "remarks": [{"level": each.level, "key": each.key, "place": each.place, "subject": each.subject,
                         "value": each.value} for each in found],
            "totals": {level: counts[level] for level in ("fault", "warning", "note")}})
    else:
        grouped = Counter((each.level, each.key) for each in found)
        shown: Counter[tuple[str, str]] = Counter()
        for each in found:
            key = (each.level, each.key)
            shown[key] += 1
            if shown[key] <= SHOWN // 10 or each.level == "fault":
                value = messages.said(each.value, lang) if each.key == "file" else each.value
                text = _say(f"check_{each.key}", lang, value=value or "-")
                printing.line("  ".join(part for part in (_say(f"check_level_{each.level}", lang),
                                                          each.place, each.subject, text) if part))
            elif shown[key] == grouped[key]:
                printing.line(_say("import_more", lang, n=grouped[key] - SHOWN // 10))
        printing.line(_say("check_summary", lang, fault=counts["fault"], warning=counts["warning"],
                                  note=counts["note"]))
    if counts["fault"]:
        raise typer.Exit(CONFIGURATION)


# ---------------------------------------------------------------- probe
def probe(
    context: typer.Context,
    url: Annotated[str | None, typer.Argument(metavar="[URL]", help="home page of a portal")] = None,
    of_roster: Annotated[bool, typer.Option("--roster", help="every home page of the roster without an "
                                                             "entry")] = False,
    columns: Annotated[list[str] | None, typer.Option("--column", metavar="URL", help="this column instead of looking "
                                                                                      "for it (repeatable)")] = None,
    hosts: Annotated[list[str] | None, typer.Option("--host", metavar="HOST", help="a further host of the portal "
                                                                                   "(repeatable)")] = None,
    identity: Annotated[str, typer.Option("--id", metavar="ID", help="id of the entry; else from the address")] = "",
    browser: Annotated[bool, typer.Option("--browser", help="let a browser draw pages that only a script "
                                                             "fills")] = False,
    write: Annotated[bool, typer.Option("--write", help="write the entry into the facts folder")] = False,
    force: Annotated[bool, typer.Option("--force", help="replace an entry that stands there")] = False,
    as_json: AsJson = False,
) -> None:
    """Find the annual-report column from a home page and propose the portal's entry, or say why not."""
    from crawler import probe as probing
    session: Session = context.obj
    settings = session.settings
    if bool(url) == of_roster:
        raise UsageError("name one home page, or use --roster for all of the roster")
    if of_roster and (columns or hosts or identity):
        raise UsageError("--column, --host and --id belong to one home page, not to --roster")
    if browser:
        from crawler import rendering

        if lacking := rendering.missing():
            raise UsageError(f"--browser: {lacking}")
    if write and settings.facts.folder is None:
        raise UsageError("--write needs a facts folder; run nianbao init and name its settings with --config")
    if not settings.scan.contact and not settings.scan.allow_private_addresses:
        raise UsageError("[scan] contact is empty; portals' owners must be able to reach whoever looks at their pages")
    targets, users = _targets_of_roster() if of_roster else ([_target(str(url), columns, hosts, identity)], {})
    for target in targets:
        target.browser = browser
    if write and not force:
        _refuse_standing(targets, settings.facts.folder)

    def tell(done: Probe) -> None:
        tell.done += 1  # type: ignore[attr-defined]
        if of_roster:
            printing.note(_say("probe_progress", session.lang, done=tell.done,  # type: ignore[attr-defined]
                                      total=len(targets), detail=f"{done.target.home} {_verdict(done, session.lang)}"))

    tell.done = 0  # type: ignore[attr-defined]
    scan = settings.scan
    found = probing.run(probing.ProbePlan(
        targets, str(settings.facts.folder) if settings.facts.folder else None, scan.contact, scan.delay, scan.timeout,
        min(scan.retries, 1), scan.allow_private_addresses), tell) if targets else []
    written = {done.target.id: str(probing.write(done, force)) for done in found if write and not done.refusal}
    linked = _link(users, written) if written else []
    if as_json:
        records = [{**done.to_record(), "written": written.get(done.target.id)} for done in found]
        totals = Counter(done.refusal or "ok" for done in found)
        printing.document({"probes": records, "totals": totals, "linked": linked} if of_roster else records[0])
    elif of_roster:
        _print_table(found, written, session.lang)
    else:
        _print_probe(found[0], written, session.lang)
    if any(done.refusal for done in found):
        raise typer.Exit(INCOMPLETE)


def _target(url: str, columns: list[str] | None, hosts: list[str] | None, identity: str) -> Target:
    from urllib.parse import urlsplit

    from crawler.probe import Target, id_of

    home = url if "://" in url else f"http://{url}"
    home = home if urlsplit(home).path else f"{home}/"
    for address in (home, *(columns or ())):
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError(f"{address!r} is no web address; write it like http://www.shili.gov.cn/")
    return Target(identity or id_of(home), home, "", list(hosts or ()), list(columns or ()))


def _targets_of_roster() -> tuple[list[Target], dict[str, list[str]]]:
    """One target for every home page of bodies without an entry, and which bodies it is for."""
    from crawler import roster_files
    from crawler.exceptions import RosterError
    from crawler.navigation import plain
    from extract import configuration

    path = configuration.path_of("bodies.csv")
    bodies, faults = roster_files.read_bodies(path)
    if faults:
        raise RosterError("\n".join(faults))
    entries = set(configuration.names_in("portals"))
    targets: dict[str, Target] = {}
    users: dict[str, list[str]] = {}
    for body in bodies.values():
        if not body.home or body.channels or (body.portal and f"portals/{body.portal}.yaml" in entries):
            continue
        key = plain(body.home)
        if key not in targets:
            made = _target(body.home, None, list(body.hosts), body.portal)
            taken = {target.id for target in targets.values()} | {
                name.removeprefix("portals/").removesuffix(".yaml") for name in entries}
            while made.id in taken:
                made.id += "-2"
            targets[key] = made
        users.setdefault(targets[key].id, []).append(body.id)
    return list(targets.values()), users


def _refuse_standing(targets: Iterable[Target], folder: Path | None) -> None:
    for target in targets:
        path = folder / "portals" / f"{target.id}.yaml" if folder else None
        if path and path.exists():
            raise UsageError(f"{path}: stands there already; use --force to replace it, or --id for another entry")


def _link(users: dict[str, list[str]], written: dict[str, str]) -> list[str]:
    """Name the new entries in the roster rows of the bodies they were found for; the ids of those bodies."""
    from crawler import importing

    wanted = {body: portal for portal in written for body in users.get(portal, ())}
    return importing.set_column("portal", wanted) if wanted else []


def _verdict(done: Probe, lang: Lang) -> str:
    from monitor import wording

    key = done.refusal or "ok"
    strings = wording.vocabulary().strings
    return _say(f"verdict_{key}", lang) if f"verdict_{key}" in strings else wording.outcome_words(key, lang)[0]


def _print_table(found: list[Probe], written: dict[str, str], lang: Lang) -> None:
    if not found:
        printing.line(_say("probe_no_targets", lang))
        return
    printing.table([_say(key, lang) for key in ("probe_home", "outcome", "probe_family", "probe_column",
                                                       "probe_reports", "probe_requests", "detail")],
                   [[done.target.home, _verdict(done, lang),
                     ", ".join(dict.fromkeys(column.family for column in done.columns if column.family)),
                     " ".join(column.url for column in done.columns) if not done.refusal else "",
                     str(sum(column.reports for column in done.columns)) if not done.refusal else "",
                     str(done.requests), done.reason[:160]] for done in found])
    good = sum(not done.refusal for done in found)
    printing.line(_say("probe_summary", lang, n=len(found), found=good, refused=len(found) - good,
                              written=len(written)))
    if good and not written:
        printing.line(_say("probe_not_written", lang))


def _print_probe(done: Probe, written: dict[str, str], lang: Lang) -> None:
    from monitor import wording

    for step in done.steps:
        said = wording.outcome_words(step.outcome, lang)[0]
        printing.line(f"  {said}  {step.text or '-'}  {step.url}" + (f"  ({step.reason})" if step.reason else ""))
    for column in done.columns:
        printing.line(_say("probe_seen", lang, url=column.url, family=column.family or "auto",
                                  items=column.items, reports=column.reports,
                                  total=str(column.total) if column.total is not None else ""))
        if column.reason:
            printing.line(f"    {column.reason}")
        for title in column.titles[:5]:
            printing.line(f"    {title}")
    if done.refusal:
        printing.line(_say("probe_refused", lang, verdict=_verdict(done, lang), reason=done.reason))
        if done.needs_browser:
            from crawler.probe import as_yaml

            entry = done.browser_portal()
            printing.line(_say("probe_needs_browser" if entry else "probe_needs_browser_home", lang,
                               home=done.target.home, id=done.target.id))
            if entry:
                printing.line(as_yaml(entry).rstrip())
        return
    printing.line("")
    printing.line(done.to_yaml().rstrip())
    if written:
        printing.line(_say("init_written", lang, path=written[done.target.id]))
