"""`status`, `findings`, `review`: how the bodies stand, what doesn't add up, what people decided.

Promises: every status with the numbers its share is made of; "we could not look" stands apart with its reason.
"""

from __future__ import annotations

import getpass
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor import printing
from monitor.exceptions import UsageError
from monitor.session import Session

if TYPE_CHECKING:
    from crawler.roster import Roster
    from monitor.model import Standing
    from monitor.wording import Lang

AsJson = Annotated[bool, typer.Option("--json", help="one JSON document on stdout")]
Year = Annotated[int | None, typer.Option("--year", metavar="Y", help="only this report year", min=2008, max=2100)]
Under = Annotated[str | None, typer.Option("--under", metavar="BODY", help="only this body and those below it")]


def register(app: typer.Typer) -> None:
    app.command("status")(status)
    app.command("findings")(findings)
    app.command("review")(review)


# ---------------------------------------------------------------- status
def status(
    context: typer.Context, year: Year = None, under: Under = None,
    at: Annotated[str | None, typer.Option("--at", metavar="TIME", help="as of this moment, e.g. "
                                                                        "2026-02-02T09:00")] = None,
    as_json: AsJson = False,
) -> None:
    """Show how every owed report stands: bodies by years, with the totals and what could not be verified."""
    from monitor import compliance

    session: Session = context.obj
    roster = session.roster()
    view = compliance.view(session.store(), roster, session.settings, year=year,
                           bodies=_reach(roster, under), at=at)
    if as_json:
        printing.document(view.to_record(roster))
    else:
        _print_matrix(view, roster, session.lang)


def _reach(roster: Roster, under: str | None) -> set[str] | None:
    if under is None:
        return None
    body = roster.bodies.get(under) or roster.find(under)
    if body is None:
        import difflib

        near = difflib.get_close_matches(under, [*roster.bodies, *(each.name for each in roster.bodies.values())], n=3)
        raise UsageError(f"--under {under}: no body of the roster has this id or name"
                         + (f"; did you mean {', '.join(near)}?" if near else ""))
    return {each.id for each in roster.under(body.id)}


def _print_matrix(view: Any, roster: Roster, lang: Lang) -> None:
    from monitor import wording
    from monitor.compliance import OWED
    from monitor.model import Status

    if not view.standings:
        printing.line(wording.say("nothing_owed", lang))
        return
    years = sorted({standing.year for standing in view.standings}, reverse=True)
    rows: dict[tuple[str, str], dict[int, str]] = defaultdict(dict)
    for standing in view.standings:
        mark = "≠" if view.open_errors.get((standing.body, standing.scope, standing.year)) else ""
        rows[standing.body, standing.scope][standing.year] = _cell(standing, view.as_of, lang) + mark
    several = {body for body, count in Counter(body for body, _ in rows).items() if count > 1}
    lines = []
    for (body, scope), cells in rows.items():
        name = roster.bodies[body].name if body in roster.bodies else body
        label = wording.term("scopes", scope, lang, short=True)
        lines.append([f"{name}（{label}）" if body in several and scope != "own" else name,
                      *(cells.get(year, "") for year in years)])
    printing.line(wording.say("as_of", lang, t=view.as_of))
    printing.table([wording.say("body", lang), *(wording.say("year_heading", lang, year=str(year)) for year in years)],
                   lines)
    if any(cell.endswith("≠") for row in lines for cell in row[1:]):
        printing.line(wording.say("error_mark", lang))
    for year in years:
        _print_totals([standing for standing in view.standings if standing.year == year], year, OWED, lang)
    unverified = [standing for standing in view.standings if standing.status is Status.UNVERIFIED]
    if unverified:
        _print_unverified(unverified, roster, lang)


def _cell(standing: Standing, as_of: str, lang: Lang) -> str:
    """Symbol and phrase of one cell, with the days late or left."""
    from datetime import date

    from monitor import wording
    from monitor.model import Status

    days = standing.days_late
    if standing.status is Status.DUE_SOON and standing.due:
        days = (standing.due - date.fromisoformat(as_of[:10])).days
    return wording.status_phrase(standing.status.value, lang, days)


def _print_unverified(standings: list[Standing], roster: Roster, lang: Lang) -> None:
    """Who could not be looked at, with the years, the reason, whose job it is and how to mend it."""
    from monitor import wording

    groups: dict[tuple[str, tuple[str, str, str]], list[str]] = defaultdict(list)
    for standing in standings:
        why = wording.unverified_reason(standing.reason, standing.outcome, lang)
        groups[standing.body, why].append(str(standing.year))
    rows = [[roster.bodies[body].name if body in roster.bodies else body,
             wording.shown(sorted(set(years), reverse=True), lang), *why] for (body, why), years in groups.items()]
    printing.line(f"\n{wording.say('unverified_heading', lang)}")
    printing.table([wording.say(key, lang) for key in ("body", "year", "reason", "whose_job", "mend")], rows)


def _print_totals(standings: list[Standing], year: int, owed: tuple[Any, ...], lang: Lang) -> None:
    from monitor import wording
    from monitor.compliance import Totals

    totals = Totals.count(standings)
    words = wording.vocabulary().statuses

    def listed(statuses: Any) -> str:
        return ("｜" if lang == "zh" else " | ").join(
            f"{words[status].symbol} {words[status].say(lang)} {totals[status]}"
            for status in statuses if totals[status])

    aside = [status for status in type(owed[0]) if status not in owed]
    printing.line(f"\n{wording.say('year_heading', lang, year=str(year))}  "
                  + (wording.say("totals", lang, n=totals.owed, list=listed(owed)) if totals.owed else ""))
    if totals.owed:
        rate = (wording.say("rate", lang, rate=totals.rate, part=totals[owed[0]], whole=totals.verified) if totals.rate
                else wording.say("small_n", lang))
        printing.line(f"  {rate}")
    if any(totals[status] for status in aside):
        printing.line("  " + wording.say("aside", lang, list=listed(aside)))


# ---------------------------------------------------------------- findings
def findings(
    context: typer.Context, year: Year = None, under: Under = None,
    rules: Annotated[list[str] | None, typer.Option("--rule", metavar="ID", help="only this rule (repeatable)")] = None,
    severities: Annotated[list[str] | None, typer.Option("--severity", metavar="E|W|I", help="only this severity "
                                                                                            "(repeatable)")] = None,
    states: Annotated[list[str] | None, typer.Option("--state", metavar="STATE", help="only this state "
                                                                                     "(repeatable)")] = None,
    outcomes: Annotated[str | None, typer.Option("--outcome", metavar="fail|uncertain",
                                                 help="only this outcome")] = None,
    cleared: Annotated[bool, typer.Option("--cleared", help="also findings that hold no more")] = False,
    as_json: AsJson = False,
) -> None:
    """List what doesn't add up, grouped by report, with the arithmetic written out and its state."""
    from monitor import cases, review, wording
    from monitor.commands import showing
    from monitor.model import FindingState
    from monitor.rules import catalogue

    session: Session = context.obj
    roster = session.roster()
    _one_of("--severity", severities, ["E", "W", "I"])
    _one_of("--state", states, [state.value for state in FindingState])
    _one_of("--outcome", [outcomes] if outcomes else None, ["fail", "uncertain"])
    _one_of("--rule", rules, list(catalogue.catalogue().rules))
    with session.store().read() as connection:
        found = review.list_findings(connection, bodies=_reach(roster, under), year=year, rules=rules,
                                     severities=severities, states=states, cleared=cleared,
                                     outcomes=[outcomes] if outcomes else None)
    names = {body.id: body.name for body in roster.bodies.values()}
    lang = session.lang
    if as_json:
        printing.document({"findings": [showing.stored_record(each, lang, names.get(each.finding.body, ""))
                                        for each in found]})
        return
    groups: dict[tuple[str, str, int | None], list[Any]] = defaultdict(list)
    for each in found:
        groups[each.finding.body, each.finding.scope, each.finding.year].append(each)
    place = {body.id: (body.sort_order, number) for number, body in enumerate(roster.bodies.values())}
    for (body, scope, finding_year), members in sorted(
            groups.items(), key=lambda group: (place.get(group[0][0], (1 << 30, 0)), -(group[0][2] or 0), group[0][1])):
        name = names.get(body, body)
        label = f"（{wording.term('scopes', scope, lang, short=True)}）" if scope != "own" else ""
        printing.line(wording.say("findings_of", lang, body=name + label, year=str(finding_year or "—")))
        ordered = []
        for together in cases.together(members, lambda each: each.finding):
            ordered += [(each, together if each is together[0] else []) for each in together]
        for each, case in ordered:
            showing.print_case([one.finding for one in case], lang)
            until = each.decision.until if each.decision else None
            state = wording.state_phrase(each.state.value, lang, until)
            showing.print_finding(each.finding, lang, name, f"  [{state}  {each.finding.id}]")
            if each.decision and not each.decision_holds:
                printing.line("      " + wording.say(
                    "old_decision", lang, state=wording.state_phrase(_STATES[each.decision.action], lang, until),
                    author=each.decision.author, at=each.decision.at[:10], reason=each.decision.reason or "—"))
        printing.line()
    printing.line(showing.severity_totals((each.finding for each in found), lang) if found
                  else wording.say("no_findings", lang))


def _one_of(option: str, values: list[str] | None, known: list[str]) -> None:
    for value in values or []:
        if value not in known:
            import difflib

            near = difflib.get_close_matches(value, known, n=3)
            raise UsageError(f"{option} {value}: " + (f"did you mean {', '.join(near)}?" if near
                                                      else f"known are {', '.join(known)}"))


# ---------------------------------------------------------------- review
_STATES = {"confirm": "confirmed", "dismiss": "dismissed", "snooze": "snoozed"}


def _user() -> str:
    """Who runs this command; empty where the system doesn't know, which `decide` answers with a hint at --author."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def review(
    context: typer.Context,
    finding: Annotated[str, typer.Argument(metavar="ID", help="a finding's id, as `findings` lists it")],
    action: Annotated[str, typer.Argument(metavar="confirm|dismiss|snooze", help="the decision")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="why; dismiss and snooze need it")] = "",
    until: Annotated[str | None, typer.Option("--until", metavar="DAY", help="end of a snooze, e.g. "
                                                                            "2026-05-31")] = None,
    author: Annotated[str | None, typer.Option("--author", metavar="NAME", help="who decides; the user's name where "
                                                                                "nothing is said")] = None,
    as_json: AsJson = False,
) -> None:
    """Record a person's decision on a finding; it holds as long as the fact stays the same."""
    from monitor import review as decisions
    from monitor import wording
    from monitor.commands import showing

    session: Session = context.obj
    _one_of("review", [action], list(_STATES))
    with session.store().write() as connection:
        decisions.decide(connection, finding, action, author=author or _user(),  # type: ignore[arg-type]
                         reason=reason, until=until)
        stored = decisions.list_findings(connection, ids=[finding])[0]
    if as_json:
        printing.document(showing.stored_record(stored, session.lang))
        return
    printing.line(wording.say("decided", session.lang, id=finding,
                              state=wording.state_phrase(stored.state.value, session.lang, until)))
