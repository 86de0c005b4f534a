"""`roster show`, `roster confirm`, `roster unrouted`, `roster history`: one body with all it owes, the yearly
confirmation, titles nobody claims, and what changed in the roster when.

Promises: confirm names who confirmed and on which day, and writes nothing without both; a day that can't count for this
season is refused. Leaves alone: importing and checking (rostering.py).
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor import printing
from monitor.exceptions import UsageError
from monitor.session import Session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crawler.model import Body
    from crawler.roster import Roster
    from monitor.model import Obligation
    from monitor.roster_history import Difference, State
    from monitor.unrouted import Unrouted
    from monitor.wording import Lang

AsJson = Annotated[bool, typer.Option("--json", help="one JSON document on stdout")]
Under = Annotated[str, typer.Option("--under", metavar="BODY", help="only this body and those below it")]
SHOWN = 200
_ENDS = ("merged_into", "abolished", "split_from")


def register(roster: typer.Typer) -> None:
    roster.command("show")(show)
    roster.command("confirm")(confirm)
    roster.command("unrouted")(unrouted)
    roster.command("history")(history)


# ---------------------------------------------------------------- roster show
def show(
    context: typer.Context,
    body: Annotated[str, typer.Argument(metavar="BODY", help="id or printed name of one body")],
    as_json: AsJson = False,
) -> None:
    """Show one body: names, what it owes by when and on what basis, where it publishes, events, confirmation."""
    from crawler import clock
    from monitor import obligations

    session: Session = context.obj
    roster = session.roster()
    found = _one(roster, body)
    years = [*obligations.years_watched(session.settings, clock.today())][-3:]
    # Of all bodies: what one owes may come from another that was merged into it.
    owed = [one for one in obligations.obligations(roster, session.settings, years) if one.body == found.id]
    if as_json:
        printing.document(_body_record(roster, found, owed))
    else:
        _print_body(roster, found, owed, session.lang)


def _one(roster: Roster, named: str) -> Body:
    found = roster.bodies.get(named) or roster.find(named)
    if found is not None:
        return found
    import difflib

    near = difflib.get_close_matches(named, [*roster.bodies, *(each.name for each in roster.bodies.values())], n=3,
                                     cutoff=0.4)
    raise UsageError(f"{named}: no body of {roster.path} has this id or name"
                     + (f"; did you mean {', '.join(near)}?" if near else ""))


def _before(roster: Roster, body: Body) -> list[Body]:
    """The bodies this one came from: they name it as successor, or in the event that ended them."""
    return [each for each in roster.bodies.values() if each.id != body.id and (
        each.successor == body.id or any(event.kind == "merged_into" and event.other == body.id
                                         for event in each.events))]


def _body_record(roster: Roster, body: Body, owed: list[Obligation]) -> dict[str, Any]:
    from dataclasses import asdict

    row = {name: value for name, value in asdict(body).items() if name not in ("line", "channels")}
    return {**row, "line": body.line, "predecessors": [each.id for each in _before(roster, body)],
            "channels": [{"portal": portal.id, "column": column.id, "name": column.name, "url": column.url,
                          "role": column.role} for portal, column in roster.columns_of(body)],
            "obligations": [{"scope": one.scope, "year": one.year, "applicable": one.applicable,
                             "confirmed": one.confirmed, "reason": one.reason,
                             "days": [{"day": day.day.isoformat(), "tier": day.tier, "basis": day.basis}
                                      for day in one.days]} for one in owed]}


def _print_body(roster: Roster, body: Body, owed: list[Obligation], lang: Lang) -> None:
    from monitor import wording

    def name(identity: str) -> str:
        known = roster.bodies.get(identity)
        return f"{known.name}（{identity}）" if known and lang == "zh" else f"{known.name} ({identity})" if known \
            else identity

    def several(values: Sequence[str]) -> str:
        return wording.term("words", "separator", lang).join(values)

    facts = [
        ("show_name", body.name), ("show_id", f"{body.id}  {roster.path}:{body.line}"),
        ("show_kind", several([part for part in (kind_word(body.kind, lang), level_word(body.level, lang)) if part])),
        ("show_duty", several([wording.term("duties", body.obligation, lang), _basis(body.basis, lang)])
         if body.basis else wording.term("duties", body.obligation, lang)),
        ("show_codes", several([code for code in (body.uscc, body.division_code) if code])),
        ("show_names", several([each for each in body.names if each != body.name])),
        ("show_parent", name(body.parent) if body.parent else ""),
        ("show_covers", several([name(each) for each in body.covers])),
        ("show_years", f"{body.since or ''}–{body.until or ''}" if body.since or body.until else ""),
        ("show_before", several([name(each.id) for each in _before(roster, body)])),
        ("show_successor", name(body.successor) if body.successor else ""),
        ("show_confirmed", several([part for part in (body.confirmed_on, body.confirmed_by) if part])
         or _say("show_never_confirmed", lang)),
        ("show_note", body.note)]
    printing.table(["", ""], [[_say(key, lang), value] for key, value in facts if value])
    for event in body.events:
        printing.line(_say("show_event", lang, day=event.day, kind=_say(f"event_{event.kind}", lang),
                           other=name(event.other) if event.other else "-",
                           document=event.document or _say("show_no_document", lang)))
    columns = roster.columns_of(body)
    printing.line("" if columns else _say("show_no_channel", lang))
    for portal, column in columns:
        printing.line(_say("show_channel", lang, portal=portal.name, name=column.name, url=column.url,
                           role=_say(f"role_{column.role}", lang)))
    if owed:
        printing.line()
        printing.table([_say(key, lang) for key in ("show_year", "show_scope", "show_due", "show_state")],
                       [[str(one.year), wording.term("scopes", one.scope, lang), several(
                           [f"{day.day.isoformat()} {wording.term('tiers', day.tier, lang)}" for day in one.days])
                         or _say("show_no_day", lang), _state(one, lang)] for one in owed])


def _state(one: Obligation, lang: Lang) -> str:
    from monitor import wording

    if not one.applicable:
        return wording.term("reasons", one.reason, lang)
    return _say("show_owes", lang) if one.confirmed else wording.term("statuses", "not_confirmed", lang)


def kind_word(kind: str, lang: Lang) -> str:
    """The first word that lists use for a kind (config/roster.yaml); the key itself in English."""
    from crawler.office_list import facts

    words = {key: word for word, key in reversed(facts().kind_words.items())}
    return words.get(kind, kind) if lang == "zh" else kind


def level_word(level: str, lang: Lang) -> str:
    """As kind_word, for a level."""
    from crawler.office_list import facts

    words = {key: word for word, key in reversed(facts().level_words.items())}
    return words.get(level, level) if lang == "zh" else level


def _basis(key: str, lang: Lang) -> str:
    from monitor.rules import catalogue

    said = catalogue.catalogue().basis.get(key)
    return key if said is None else said.zh if lang == "zh" else said.en


# ---------------------------------------------------------------- roster confirm
def confirm(
    context: typer.Context,
    bodies: Annotated[list[str] | None, typer.Argument(metavar="[BODY]...", help="ids or names; none = list what "
                                                                                 "still needs confirming")] = None,
    every: Annotated[bool, typer.Option("--all", help="every row that still needs it")] = False,
    under: Under = "",
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="who confirms")] = "",
    on: Annotated[str, typer.Option("--on", metavar="DAY", help="on which day, e.g. 2026-11-05 (default: today)")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="show what would change, write nothing")] = False,
    as_json: AsJson = False,
) -> None:
    """Confirm roster rows for the season, or list those that still need it."""
    from crawler import clock, confirming
    from monitor import obligations

    session: Session = context.obj
    roster = session.roster()
    starts, today = obligations.deadlines().season_starts, clock.today()
    reach = roster.under(_one(roster, under).id) if under else [*roster.bodies.values()]
    lacking = confirming.unconfirmed(reach, starts, today)
    begun = confirming.season_begun(starts, today)
    if not bodies and not every:
        _tell_lacking(lacking, sum(confirming.needed(body, today) for body in reach), begun, session, as_json)
        return
    if not by.strip():
        raise UsageError("--by is missing; say who confirms, e.g. --by 王某")
    day = _day(on, today, begun)
    chosen = lacking if every else list(dict.fromkeys(_one(roster, each) for each in bodies or ()))
    done = [body.id for body in chosen] if dry_run else confirming.confirm(chosen, by.strip(), day)
    if done and not dry_run:
        keep_state(session, "confirm")
    left = len(lacking) - len({body.id for body in lacking} & set(done))
    if as_json:
        printing.document({"confirmed": done, "by": by.strip(), "on": day.isoformat(), "dry_run": dry_run,
                           "season": begun, "left": left})
        return
    for body in chosen[:SHOWN]:
        printing.line(f"  {body.name}  {body.id}")
    if len(chosen) > SHOWN:
        printing.line(_say("import_more", session.lang, n=len(chosen) - SHOWN))
    printing.line(_say("confirm_dry" if dry_run else "confirm_done", session.lang, n=len(done), by=by.strip(),
                       day=day.isoformat(), left=left))


def _day(on: str, today: date, begun: str) -> date:
    try:
        day = date.fromisoformat(on) if on else today
    except ValueError:
        raise UsageError(f"--on {on}: no day; write it like {today.isoformat()}") from None
    if day > today:
        raise UsageError(f"--on {on}: lies ahead; today is {today.isoformat()}")
    if day.isoformat() < begun:
        raise UsageError(f"--on {on}: before {begun}, it would count for an earlier season only")
    return day


def _tell_lacking(lacking: list[Body], of: int, begun: str, session: Session, as_json: bool) -> None:
    lang = session.lang
    if as_json:
        printing.document({"season": begun, "needed": of, "required": session.settings.monitoring.require_confirmation,
                           "unconfirmed": [{"body": body.id, "name": body.name, "confirmed_on": body.confirmed_on or
                                            None, "confirmed_by": body.confirmed_by or None} for body in lacking]})
        return
    if lacking:
        printing.table([_say(key, lang) for key in ("import_id", "body", "confirm_last")],
                       [[body.id, body.name, body.confirmed_on or "-"] for body in lacking[:SHOWN]])
    if len(lacking) > SHOWN:
        printing.line(_say("import_more", lang, n=len(lacking) - SHOWN))
    if not of and not session.roster().bodies:
        printing.line(_say("roster_empty", lang))
        return
    printing.line(_say("confirm_summary", lang, n=len(lacking), of=of, day=begun))
    if lacking:
        printing.line(_say("confirm_required" if session.settings.monitoring.require_confirmation
                           else "confirm_optional", lang))


def keep_state(session: Session, source: str) -> None:
    """Keep the roster as it is now in the database, where there is one already."""
    from crawler import clock, roster_files
    from monitor import roster_history

    path = session.settings.store.database
    if not path.is_file():
        return
    from extract import configuration

    bodies, faults = roster_files.read_bodies(configuration.path_of("bodies.csv"))
    if not faults:
        with session.store().write() as connection:
            roster_history.keep(connection, bodies.values(), clock.stamp(), source)


# ---------------------------------------------------------------- roster unrouted
def unrouted(
    context: typer.Context,
    year: Annotated[int | None, typer.Option("--year", metavar="Y", help="only this report year", min=2008,
                                             max=2100)] = None,
    under: Under = "",
    as_json: AsJson = False,
) -> None:
    """List report titles that nobody on the roster claims, with the bodies they may mean."""
    from monitor import unrouted as titles

    session: Session = context.obj
    roster = session.roster()
    reach = {body.id for body in roster.under(_one(roster, under).id)} if under else None
    with session.store().read() as connection:
        found = titles.unrouted(connection, roster, year=year, bodies=reach)
    if as_json:
        printing.document({"titles": [each.to_record() for each in found]})
        return
    for each in found[:SHOWN]:
        _print_title(each, roster, session.lang)
    if len(found) > SHOWN:
        printing.line(_say("import_more", session.lang, n=len(found) - SHOWN))
    printing.line(_say("unrouted_summary" if found else "unrouted_none", session.lang, n=len(found)))


def _print_title(each: Unrouted, roster: Roster, lang: Lang) -> None:
    from monitor import wording

    portal = roster.portals.get(each.portal)
    known = roster.bodies.get(each.body or "")
    printing.line(_say("unrouted_title", lang, title=each.title, portal=portal.name if portal else each.portal,
                       column=each.column, day=each.since[:10]))
    printing.line(f"    {each.url}")
    why = _say(f"unrouted_{each.reason}", lang, name=known.name if known else each.printed or "-")
    near = wording.term("words", "separator", lang).join(
        f"{roster.bodies[body].name}（{body}）" if lang == "zh" else f"{roster.bodies[body].name} ({body})"
        for body in each.nearest)
    printing.line(f"    {why}" + (_say("unrouted_nearest", lang, list=near) if near else ""))


# ---------------------------------------------------------------- roster history
def history(context: typer.Context, as_json: AsJson = False) -> None:
    """List the states the roster was in: when, how many bodies, what was added, removed and changed."""
    from monitor import roster_history

    session: Session = context.obj
    with session.store().read() as connection:
        kept = roster_history.states(connection)
        steps = [(state, roster_history.difference(connection, kept[place - 1].id, state.id) if place else None)
                 for place, state in enumerate(kept)]
    if as_json:
        printing.document({"states": [_step_record(state, change) for state, change in steps]})
        return
    if not kept:
        printing.line(_say("history_none", session.lang))
        return
    printing.table([_say(key, session.lang) for key in ("history_at", "history_source", "history_bodies",
                                                         "history_change")],
                   [[state.at[:16].replace("T", " "), _say(f"history_{state.source}", session.lang), str(state.bodies),
                     _told(change)] for state, change in steps])
    for state, change in steps[-1:]:
        if change:
            for sign, bodies in (("+", change.added), ("−", change.removed)):
                for body in bodies[:SHOWN]:
                    printing.line(f"  {sign} {body.name}  {body.id}  {state.at[:10]}")
            for key, columns in list(change.changed.items())[:SHOWN]:
                printing.line(f"  ~ {key}  " + "; ".join(f"{name}: {_cell(before)} → {_cell(after)}"
                                                         for name, (before, after) in columns.items()))


def _told(change: Difference | None) -> str:
    return f"+{len(change.added)} −{len(change.removed)} ~{len(change.changed)}" if change else "-"


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return ";".join("|".join(filter(None, each.values())) if isinstance(each, dict) else str(each)
                        for each in value) or "∅"
    return str(value) if value not in (None, "") else "∅"


def _step_record(state: State, change: Difference | None) -> dict[str, Any]:
    return {"at": state.at, "source": state.source, "hash": state.hash, "bodies": state.bodies,
            "added": [body.id for body in change.added] if change else [],
            "removed": [body.id for body in change.removed] if change else [],
            "changed": {key: {name: list(values) for name, values in columns.items()}
                        for key, columns in change.changed.items()} if change else {}}


def _say(key: str, lang: Lang, **values: Any) -> str:
    """A string of the vocabulary; values stand as they are, since addresses, codes and days are data here."""
    from monitor import wording

    return wording.fill(wording.vocabulary().strings[key].say(lang), {name: str(each) for name, each in values.items()})
