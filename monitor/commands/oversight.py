"""`status`, `findings`: how the bodies stand, what doesn't add up. What people decide of it: reviewing.py.

Promises: every status with the numbers its share is made of; "we could not look" stands apart with its reason.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor import printing
from monitor.exceptions import UsageError
from monitor.session import Session

if TYPE_CHECKING:
    from collections.abc import Collection

    from crawler.roster import Roster
    from monitor.model import Standing
    from monitor.review import StoredFinding
    from monitor.roster_history import Moved
    from monitor.wording import Lang

AsJson = Annotated[bool, typer.Option("--json", help="one JSON document on stdout")]
Year = Annotated[int | None, typer.Option("--year", metavar="Y", help="only this report year", min=2008, max=2100)]
Under = Annotated[str | None, typer.Option("--under", metavar="BODY", help="only this body and those below it")]


def register(app: typer.Typer) -> None:
    from monitor.commands import reviewing  # it takes options of this room

    app.command("status")(status)
    app.command("findings")(findings)
    reviewing.register(app)


# ---------------------------------------------------------------- status
def status(
    context: typer.Context, year: Year = None, under: Under = None,
    at: Annotated[str | None, typer.Option("--at", metavar="TIME", help="as of this moment, e.g. "
                                                                        "2026-02-02T09:00")] = None,
    why: Annotated[tuple[str, int] | None, typer.Option("--why", metavar="BODY YEAR", help="explain one status: "
                                                        "what was looked at, seen, and what would change it")] = None,
    scope: Annotated[str | None, typer.Option("--scope", metavar="own|consolidated|system",
                                              help="with --why: only this scope")] = None,
    as_json: AsJson = False,
) -> None:
    """Show how every owed report stands: bodies by years, with the totals and what could not be verified."""
    from monitor import compliance

    session: Session = context.obj
    if why is not None:
        from monitor.commands import explaining

        explaining.explain(session, *why, scope=scope, at=at, as_json=as_json)
        return
    if scope is not None:
        raise UsageError("--scope belongs to --why; add --why BODY YEAR, or leave it out")
    roster = session.roster()
    view = compliance.view(session.store(), roster, session.settings, year=year,
                           bodies=reach(roster, under), at=at)
    moved, unclaimed = _roster_news(session, roster, view, year, under)
    if as_json:
        printing.document({**view.to_record(roster), "unrouted": unclaimed, "roster_moved": None if moved is None else {
            "since": moved.since, "came": [list(key) for key in moved.came],
            "went": [list(key) for key in moved.went]}})
    else:
        _print_matrix(view, roster, session.lang)
        _print_roster_news(moved, unclaimed, view, session.lang)


def reach(roster: Roster, under: str | None) -> set[str] | None:
    """Ids of the body named and all below it; None where none is named."""
    if under is None:
        return None
    body = roster.bodies.get(under) or roster.find(under)
    if body is None:
        import difflib

        near = difflib.get_close_matches(under, [*roster.bodies, *(each.name for each in roster.bodies.values())], n=3)
        raise UsageError(f"--under {under}: no body of the roster has this id or name"
                         + (f"; did you mean {', '.join(near)}?" if near else ""))
    return {each.id for each in roster.under(body.id)}


def _roster_news(session: Session, roster: Roster, view: Any, year: int | None,
                 under: str | None) -> tuple[Moved | None, int]:
    """How what is owed for the newest year shown moved with the roster in the last week, and how many report titles
    nobody claims."""
    from datetime import timedelta

    from crawler import clock
    from monitor import roster_history, unrouted

    inside = reach(roster, under)
    shown = max((standing.year for standing in view.standings), default=None)
    with session.store().read() as connection:
        unclaimed = len(unrouted.unrouted(connection, roster, year=year, bodies=inside, suggest=False))
        if shown is None:
            return None, unclaimed
        since = (clock.parse(view.as_of) - timedelta(days=7)).isoformat(timespec="seconds")
        return roster_history.moved(connection, roster, session.settings, shown, since,
                                    lambda then: _below(then, roster, under)), unclaimed


def _below(then: Roster, now: Roster, under: str | None) -> Collection[str]:
    """Ids below a body in the roster as it was; the body is named as the roster is now."""
    named = now.bodies.get(under or "") or (now.find(under) if under else None)
    return then.bodies.keys() if named is None else {each.id for each in then.under(named.id)}


def _print_roster_news(moved: Moved | None, unclaimed: int, view: Any, lang: Lang) -> None:
    from datetime import timedelta

    from crawler import clock
    from monitor import wording

    if moved and moved.told:
        shown = max(standing.year for standing in view.standings)
        since = (clock.parse(view.as_of) - timedelta(days=7)).date()
        printing.line("\n" + wording.say("roster_moved", lang, year=str(shown), day=since, told=moved.told))
    if unclaimed:
        printing.line("\n" + wording.say("unrouted_line", lang, n=unclaimed))


def _print_matrix(view: Any, roster: Roster, lang: Lang) -> None:
    from monitor import wording
    from monitor.compliance import OWED
    from monitor.model import Status

    if not view.standings:
        printing.line(wording.say("nothing_owed" if roster.bodies else "roster_empty", lang))
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

    groups: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for standing in standings:
        said, *whose = wording.unverified_reason(standing.reason, standing.outcome, lang)
        # What stands in the column in place of a report is told in its own words.
        for title in standing.evidence.get("titles", ())[:1]:
            said = wording.say("in_its_words", lang, reason=said, title=title)
        why = (said, *whose)
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
    from monitor.rules import catalogue

    session: Session = context.obj
    roster = session.roster()
    one_of("--severity", severities, ["E", "W", "I"])
    states = states_of(states, session.lang)
    one_of("--outcome", [outcomes] if outcomes else None, ["fail", "uncertain"])
    one_of("--rule", rules, list(catalogue.catalogue().rules))
    # Closed cases hold no more, and are what is asked for where such a state is named.
    closed = cleared or bool({"verified", "accepted", "retracted"} & set(states or ()))
    with session.store().read() as connection:
        found = review.list_findings(connection, bodies=reach(roster, under), year=year, rules=rules,
                                     severities=severities, states=states, cleared=closed,
                                     outcomes=[outcomes] if outcomes else None)
    names = {body.id: body.name for body in roster.bodies.values()}
    lang = session.lang
    if as_json:
        printing.document({"findings": [stored_record(each, lang, names) for each in found]})
        return
    groups: dict[tuple[str, str, int | None], list[StoredFinding]] = defaultdict(list)
    for each in found:
        groups[each.finding.body, each.finding.scope, each.finding.year].append(each)
    place = {body.id: (body.sort_order, number) for number, body in enumerate(roster.bodies.values())}
    total = 0
    for (body, scope, finding_year), members in sorted(
            groups.items(), key=lambda group: (place.get(group[0][0], (1 << 30, 0)), -(group[0][2] or 0), group[0][1])):
        name = names.get(body, body)
        label = f"（{wording.term('scopes', scope, lang, short=True)}）" if scope != "own" else ""
        printing.line(wording.say("findings_of", lang, body=name + label, year=str(finding_year or "—")))
        for together in cases.together(members, lambda each: each.finding):
            total += 1
            showing.print_case([each.finding for each in together], lang)
            for each in together:
                _print_stored(each, name, lang)
        printing.line()
    printing.line(showing.severity_totals((each.finding for each in found), lang) if found
                  else wording.say("no_findings", lang))
    if total < len(found):
        printing.line(wording.say("cases_total", lang, n=total))


def stored_record(stored: StoredFinding, lang: Lang, names: dict[str, str]) -> dict[str, Any]:
    """A stored finding with what its life adds: case number, the body's explanation, the day for its answer."""
    from monitor.commands import showing

    return {**showing.stored_record(stored, lang, names.get(stored.finding.body, "")), "number": stored.number,
            "explanation": stored.explanation, "answer_by": stored.answer_by}


def _print_stored(stored: StoredFinding, name: str, lang: Lang) -> None:
    """One finding with its state, case number, id and what people said of it."""
    from monitor import wording
    from monitor.commands import showing

    decision = stored.decision
    until = decision.until if decision else None
    remark = [wording.review_phrase(stored, lang), stored.number or "", stored.finding.id]
    showing.print_finding(stored.finding, lang, name, f"  [{'  '.join(filter(None, remark))}]")
    if decision and not stored.decision_holds:
        printing.line("      " + wording.say(
            "old_decision", lang, state=wording.state_phrase(decision.after, lang, until), author=decision.author,
            at=decision.at[:10], reason=decision.reason or "—"))
    if stored.answer_by and stored.state in ("notified", "overdue", "upheld", "partly_accepted"):
        printing.line("      " + wording.say("due_by", lang, day=stored.answer_by))
    if stored.explanation:
        printing.line("      " + wording.say("explanation", lang, text=stored.explanation))
    if stored.cleared:
        printing.line("      " + wording.say("cleared_on", lang, day=stored.cleared[:10]))


def states_of(values: list[str] | None, lang: Lang) -> list[str] | None:
    """States of findings by their keys, given as keys or in the words of the pages (待核实). UsageError for others."""
    from monitor import wording
    from monitor.model import FindingState

    words = {wording.term("states", state.value, lang): state.value for state in FindingState}
    keys = [words.get(value, value) for value in values or []]
    unknown = [key for key in keys if key not in FindingState.__members__.values()]
    if unknown and not unknown[0].isascii():
        raise UsageError(f"--state {unknown[0]}: known are {', '.join(words)}")
    one_of("--state", keys, list(words.values()))
    return keys or None


def one_of(option: str, values: list[str] | None, known: list[str]) -> None:
    """Refuse a value that isn't among the known ones, with a hint at those like it."""
    for value in values or []:
        if value not in known:
            import difflib

            near = difflib.get_close_matches(value, known, n=3)
            raise UsageError(f"{option} {value}: " + (f"did you mean {', '.join(near)}?" if near
                                                      else f"known are {', '.join(known)}"))
