"""`judge`, `score`, `packs`: judge what is stored again, give points where a place asks for them, list local rules.

Promises: no network; what changed rules moved is told; every point off names its reason; nobody is ranked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor import printing
from monitor.session import Session

if TYPE_CHECKING:
    from crawler.roster import Roster
    from monitor.packs import Pack
    from monitor.rejudging import Moved
    from monitor.score import Part, Score
    from monitor.wording import Lang

AsJson = Annotated[bool, typer.Option("--json", help="one JSON document on stdout")]


def register(app: typer.Typer) -> None:
    app.command("judge")(judge)
    app.command("score")(score)
    app.command("packs")(packs)


# ---------------------------------------------------------------- judge
def judge(context: typer.Context, as_json: AsJson = False) -> None:
    """Judge what is stored again, without any network, and tell what changed rules moved."""
    from monitor import patrol, wording
    from monitor.commands.progress import Teller

    session: Session = context.obj
    done = patrol.judge(session.settings, session.store(), session.roster(), on_progress=Teller(session.lang))
    if as_json:
        printing.document({"as_of": done.at, **done.findings.to_record(), "queued": done.queued})
        return
    found = done.findings
    printing.line(wording.say("judged_line", session.lang, n=str(found.reports), new=str(len(found.new)),
                              changed=str(len(found.changed)), cleared=str(len(found.cleared))))
    if found.moved:
        printing.line(wording.say("moved_heading", session.lang))
        printing.table([wording.say(key, session.lang) for key in ("rule_heading", "reason")] + ["+", "~", "−"],
                       [[each.rule, _why_moved(each, session.lang), str(each.new), str(each.changed),
                         str(each.cleared)] for each in found.moved])


def _why_moved(moved: Moved, lang: Lang) -> str:
    from monitor import wording

    if moved.before == moved.after:
        return wording.say("moved_pack", lang)
    if not (moved.before and moved.after):
        return wording.say("moved_dropped" if moved.before else "moved_new_rule", lang)
    return wording.say("moved_version", lang, before=str(moved.before), after=str(moved.after))


# ---------------------------------------------------------------- score
def score(
    context: typer.Context,
    under: Annotated[str | None, typer.Option("--under", metavar="BODY",
                                              help="only this body and those below it")] = None,
    year: Annotated[int | None, typer.Option("--year", metavar="Y", help="report year; the newest where none is named",
                                             min=2008, max=2100)] = None,
    as_json: AsJson = False,
) -> None:
    """Give each body's points with the reason of every deduction; off by default, in the roster's order, no ranking."""
    from crawler import clock
    from monitor import score as scoring
    from monitor import wording
    from monitor.commands.oversight import reach

    session: Session = context.obj
    roster, store, lang = session.roster(), session.store(), session.lang
    wanted = year or clock.today().year - 1
    bodies = reach(roster, under)
    if not scoring.on(roster, roster.bodies if bodies is None else bodies, wanted):
        if as_json:
            printing.document({"enabled": False, "year": wanted, "scores": []})
        else:
            printing.line(wording.say("score_off", lang))
        return
    found = scoring.scores(store, roster, wanted, bodies)
    if as_json:
        printing.document({"enabled": True, "year": wanted, "scores": [each.to_record() for each in found]})
        return
    printing.line(wording.say("score_heading", lang, year=str(wanted)) if found else wording.say("score_empty", lang))
    for each in found:
        _print_score(each, roster, lang)


def _print_score(each: Score, roster: Roster, lang: Lang) -> None:
    from monitor import wording

    body = roster.bodies.get(each.body)
    name = body.name if body else each.body
    if each.scope != "own":
        name += f"（{wording.term('scopes', each.scope, lang, short=True)}）"
    printing.line()
    if each.reached is None:
        printing.line(wording.say("score_none", lang, name=name))
        return
    printing.line(wording.say("score_line", lang, name=name, reached=wording.number(each.reached),
                              scored=wording.number(each.scored)))
    for part in each.parts:
        _print_part(part, name, lang)
    if each.unconfirmed:
        printing.line("  " + wording.say("score_unconfirmed", lang, n=str(each.unconfirmed)))


def _print_part(part: Part, name: str, lang: Lang) -> None:
    from monitor import score as scoring
    from monitor import wording

    indicator = scoring.scheme().indicators[part.indicator]
    title = indicator.title if lang == "zh" else indicator.title_en
    if not part.points:
        # A pack that gives it no weight leaves it out.
        return
    if part.reached is None:
        printing.line(f"  {title}  {wording.say(part.why, lang)}")
        return
    printing.line(f"  {title}  {wording.number(part.reached)}/{wording.number(part.points)}"
                  + (f"  {part.pack}" if part.pack else ""))
    for each in part.deductions:
        told = wording.message(each.stored.finding, lang, name) if each.stored else wording.term(
            "statuses", each.status, lang)
        mark = f"{each.rule}  {each.finding}  " if each.finding else ""
        state = f"  [{wording.state_phrase(each.state, lang)}]" if each.state else ""
        printing.line(f"    −{wording.number(each.points)}  {mark}{told}{state}")


# ---------------------------------------------------------------- packs
def packs(context: typer.Context, as_json: AsJson = False) -> None:
    """List and check the local packs: version, years, whom each binds, and the notice behind every entry."""
    from monitor import packs as local
    from monitor import score as scoring
    from monitor import wording

    session: Session = context.obj
    roster, lang = session.roster(), session.lang
    held = local.Packs(roster)
    for pack in held.packs:
        scoring.check_weights(pack.weights, pack.name)
    bound = {pack.id: sum(any(pack.id == each.id for each in held.of(body, pack.years.since))
                          for body in roster.bodies.values()) for pack in held.packs}
    if as_json:
        printing.document({"packs": [{**pack.model_dump(mode="json"), "bodies": bound[pack.id]}
                                     for pack in held.packs]})
        return
    if not held.packs:
        printing.line(wording.say("packs_none", lang))
    for pack in held.packs:
        until = pack.years.until
        years = (wording.say("packs_span", lang, since=str(pack.years.since), until=str(until)) if until
                 else wording.say("packs_years", lang, since=str(pack.years.since)))
        printing.line(wording.say("packs_line", lang, id=pack.id, version=str(pack.version), years=years,
                                  title=pack.title if lang == "zh" else pack.title_en, n=str(bound[pack.id])))
        for line in _entries(pack, lang):
            printing.line(f"  {line}")


def _entries(pack: Pack, lang: Lang) -> list[str]:
    """Every entry of a pack in words, each with its notice."""
    from monitor import score as scoring
    from monitor import wording

    indicators = scoring.scheme().indicators

    def notice(key: str) -> str:
        found = pack.notices[key]
        return wording.say("local_notice", lang, name=found.name,
                           number=f"（{found.number}）" if found.number else " ").rstrip()

    lines = []
    for entry in pack.deadlines:
        lines.append(wording.say("packs_day", lang, day=entry.day, notice=notice(entry.notice)))
    for key, rule in pack.rules.items():
        changes: list[Any] = []
        if rule.severity:
            weight = wording.term("severities", rule.severity, lang)
            changes.append(wording.say("packs_severity", lang, severity=weight))
        if rule.threshold is not None:
            changes.append(wording.say("packs_threshold", lang, threshold=f"{rule.threshold * 100:g}%"))
        lines.append(wording.say("packs_rule", lang, rule=key, changes=changes, notice=notice(rule.notice)))
    for required in pack.required:
        lines.append(wording.say("packs_required", lang, notice=notice(required.notice),
                                 title=required.title if lang == "zh" else required.title_en))
    if pack.weights:
        lines.append(wording.say("packs_weights", lang, notice=notice(pack.weights_notice),
                                 list=[f"{indicators[name].title if lang == 'zh' else indicators[name].title_en} "
                                       f"{points:g}" for name, points in pack.weights.items()]))
    return lines
