"""`review`: what people decide on findings, one, a case or many at once; their trail and the register of false alarms.

Promises: a decision on a case's finding is taken for the whole case unless --alone; --dry-run shows what would be
decided and keeps nothing; several decisions are kept together or not at all. Leaves alone: which decisions a state
allows (transitions.py) and what they mean (review.py).
"""

from __future__ import annotations

import getpass
import sqlite3
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor import printing
from monitor.commands.oversight import AsJson, Under, Year, one_of, reach, states_of, stored_record
from monitor.exceptions import UsageError
from monitor.session import Session

if TYPE_CHECKING:
    from crawler.store import Store
    from monitor.model import Decision
    from monitor.review import StoredFinding
    from monitor.wording import Lang

LOG, REGISTER, DUE, ASK = "log", "register", "due", "ask"
IMPORT, REPLY_LINK, NOTE = "import", "reply-link", "note"
_LISTS = (LOG, REGISTER, DUE, ASK)


def register(app: typer.Typer) -> None:
    app.command("review")(review)


def review(
    context: typer.Context,
    words: Annotated[list[str], typer.Argument(metavar="[ID...] ACTION", help="ids of findings as `findings` lists "
                                               "them, and the decision; or log, register, due, ask")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="why, or what the body says")] = "",
    until: Annotated[str | None, typer.Option("--until", metavar="DAY", help="end of a snooze, or the day by which a "
                                              "letter asks for an answer, e.g. 2026-05-31")] = None,
    author: Annotated[str | None, typer.Option("--author", metavar="NAME", help="who decides; the user's name where "
                                                                                "nothing is said")] = None,
    cause: Annotated[str | None, typer.Option("--cause", metavar="CAUSE", help="why it was a false alarm: reading, "
                                              "column, roster, other")] = None,
    number: Annotated[str, typer.Option("--number", metavar="NUMBER", help="number of the letter that went out")] = "",
    alone: Annotated[bool, typer.Option("--alone", help="only the findings named, not their cases")] = False,
    rules: Annotated[list[str] | None, typer.Option("--rule", metavar="ID", help="only this rule (repeatable)")] = None,
    severities: Annotated[list[str] | None, typer.Option("--severity", metavar="E|W|I", help="only this severity "
                                                                                            "(repeatable)")] = None,
    states: Annotated[list[str] | None, typer.Option("--state", metavar="STATE", help="only this state "
                                                                                     "(repeatable)")] = None,
    year: Year = None, under: Under = None,
    since: Annotated[str | None, typer.Option("--since", metavar="DAY", help="log, register: from this day on")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only show what would be decided")] = False,
    as_json: AsJson = False,
) -> None:
    """Record what people decide on findings: confirm, dismiss, approve, notify, dispute, uphold, accept, rectify,
    verify, snooze, explain, retract, reopen; claim says who looks into one, release ends that. Decisions hold as long
    as the fact stays the same. Without ids the filters choose. `log` shows the trail, `register` the false alarms,
    `due` what the next circular names, `ask` what disappeared without proof that it was mended. `import FILE` brings in
    a ledger that came back filled in; `reply-link ID...` makes a link by which the body answers, `note` (--reason TEXT)
    keeps a remark."""
    from monitor import transitions
    from monitor.rules import catalogue

    session: Session = context.obj
    if words[0] == IMPORT:
        if len(words) != 2:
            raise UsageError("review import FILE: name one returned ledger")
        from monitor.commands.returning import bring_in

        bring_in(session, Path(words[1]), author=author or "", dry_run=dry_run, as_json=as_json)
        return
    if words[0] == REPLY_LINK:
        from monitor.commands.replying import make_link

        make_link(session, words[1:], author or _user(), number, as_json)
        return
    action, ids = _action(words, [*transitions.of_person(), *_LISTS, NOTE])
    one_of("--rule", rules, list(catalogue.catalogue().rules))
    one_of("--severity", severities, ["E", "W", "I"])
    states = states_of(states, session.lang)
    one_of("--cause", [cause] if cause else None, list(transitions.transitions().causes))
    roster = session.roster()
    filters = {"rules": rules, "severities": severities, "states": states, "year": year,
               "bodies": reach(roster, under)}
    names = {body.id: body.name for body in roster.bodies.values()}
    store = session.store()
    if action in _LISTS:
        with store.read() as connection:
            _LISTERS[action](connection, ids, since, filters, names, session.lang, as_json)
        return
    if action == NOTE:
        _note(store, ids, author or _user(), reason, session.lang)
        return
    if not ids and not any(value is not None for value in filters.values()):
        raise UsageError(f"review {action}: name findings by id, or choose them with --rule, --year, --under, "
                         "--severity or --state")
    with store.write() as connection:
        chosen = _chosen(connection, action, ids, filters, alone)
        # A dry run decides too, so that it refuses what the real one would, and takes it back.
        connection.execute("SAVEPOINT decisions")
        _decide(connection, chosen, action, author=author or _user(), reason=reason, until=until, cause=cause,
                number=number)
        connection.execute("ROLLBACK TO decisions" if dry_run else "RELEASE decisions")
        _tell(connection, chosen, action, names, session.lang, as_json, dry_run)


def _note(store: Store, ids: list[str], author: str, text: str, lang: Lang) -> None:
    """Keep a remark in the trails of these findings; their states stay."""
    from monitor import review as findings
    from monitor import wording

    if not ids:
        raise UsageError("review note: name the findings by id")
    with store.write() as connection:
        for each in ids:
            findings.remark(connection, each, text, author=author)
    printing.line(wording.say("noted", lang, n=len(ids)))


def _action(words: list[str], known: list[str]) -> tuple[str, list[str]]:
    """The decision among the words, in English or Chinese, first or last; the rest are ids."""
    from monitor import transitions

    spoken = {action.zh: name for name, action in transitions.of_person().items()}
    for place in (-1, 0):
        word = spoken.get(words[place], words[place])
        if word in known:
            return word, [each for position, each in enumerate(words) if position != place % len(words)]
    if len(words) == 1:
        raise UsageError(f"review {words[0]}: Missing argument: say the decision, one of {', '.join(known)}")
    raise UsageError(f"{words[-1]!r} is no decision; use {', '.join(known)}")


def _user() -> str:
    """Who runs this command; empty where the system doesn't know, which `decide` answers with a hint at --author."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def _chosen(connection: sqlite3.Connection, action: str, ids: list[str], filters: dict[str, Any],
            alone: bool) -> list[str]:
    """The findings meant: those named with their cases, or those of the filters whose state allows the action."""
    from monitor import review as findings
    from monitor import transitions

    fitting = transitions.of_person()[action].allowed
    told = action in ("retract", "reopen", "verify", "dispute", "rectify")
    if not ids:
        return [each.finding.id for each in findings.list_findings(connection, cleared=told, **filters)
                if each.state in fitting and (each.finding.outcome == "fail" or action not in ("approve", "notify"))]
    chosen = dict.fromkeys(ids)
    if not alone:
        mates = [mate for each in ids for mate in findings.case_of(connection, each) if mate not in chosen]
        states = {each.finding.id: each.state for each in findings.list_findings(connection, ids=mates)}
        chosen |= {mate: None for mate in mates if states.get(mate) in fitting}
    return list(chosen)


def _decide(connection: sqlite3.Connection, chosen: list[str], action: str, **said: Any) -> None:
    from monitor import review as findings

    for each in chosen:
        findings.decide(connection, each, action, **said)


def _tell(connection: sqlite3.Connection, chosen: list[str], action: str, names: dict[str, str], lang: Lang,
          as_json: bool, dry_run: bool) -> None:
    from monitor import review as findings
    from monitor import wording

    held = {each.finding.id: each for each in findings.list_findings(connection, ids=chosen, cleared=True)}
    listed = [held[each] for each in chosen if each in held]
    if as_json:
        records = [stored_record(each, lang, names) for each in listed]
        printing.document(records[0] if len(records) == 1 and not dry_run
                          else {"dry_run": dry_run, "action": action, "findings": records})
        return
    for each in listed:
        state = wording.review_phrase(each, lang)
        if dry_run:
            _line(each, state, names, lang)
        else:
            printing.line(wording.say("decided", lang, id=each.finding.id, state=state))
    if dry_run or len(listed) != 1:
        printing.line(wording.say("would_decide" if dry_run else "decided_count", lang, n=len(listed) or "0",
                                  action=action_word(action, lang)))


def _line(stored: StoredFinding, state: str, names: dict[str, str], lang: Lang, tail: str = "") -> None:
    from monitor import wording

    finding = stored.finding
    body = names.get(finding.body, finding.body)
    printing.line(f"{finding.id}  {body}  {finding.year or ''}  {finding.rule}  "
                  f"{wording.message(finding, lang, body)}  [{state}]{tail}")


def action_word(action: str, lang: Lang) -> str:
    """An action or event of the trail in words."""
    from monitor import transitions

    loaded = transitions.transitions()
    said = loaded.actions.get(action) or loaded.events.get(action)
    return action if said is None else said.zh if lang == "zh" else said.en


# ---------------------------------------------------------------- lists
def _day(option: str, value: str | None) -> str | None:
    from datetime import date

    try:
        return date.fromisoformat(value).isoformat() if value else None
    except ValueError:
        raise UsageError(f"{option} {value}: write a day like 2026-05-31") from None


def _log(connection: sqlite3.Connection, ids: list[str], since: str | None, filters: dict[str, Any],
         names: dict[str, str], lang: Lang, as_json: bool) -> None:
    """Who did what, when and why, oldest first."""
    from monitor import audit, wording
    from monitor import review as findings

    if not ids and since is None and all(value is None for value in filters.values()):
        raise UsageError("review log: name findings by id, or a day with --since")
    chosen = findings.list_findings(connection, ids=ids or None, cleared=True, **filters)
    held = {each.finding.id: each for each in chosen}
    if unknown := [each for each in ids if each not in held]:
        raise UsageError(f"no finding {unknown[0]!r}; {findings.nearby(connection, unknown[0])}")
    steps = [step for step in audit.steps(connection, ids or None, since=_day("--since", since), remarks=True)
             if step.finding in held]
    if as_json:
        printing.document({"steps": [step_record(step) for step in steps],
                           "findings": {key: {"first_seen": each.first_seen, "state": each.state.value,
                                              "cleared": each.cleared} for key, each in held.items()} if ids else {}})
        return
    if ids:
        for each in held.values():
            _line(each, wording.review_phrase(each, lang), names, lang)
            printing.line("  " + wording.say("log_first_seen", lang, t=each.first_seen))
    for step in steps:
        finding = held[step.finding].finding
        printing.line("  " + wording.say(
            "log_step", lang, t=step.at, who=step.author or wording.say("log_system", lang),
            what=action_word(step.action, lang), before=wording.state_phrase(step.before, lang, None),
            after=wording.state_phrase(step.after, lang, step.until))
            + ("" if ids else f"  {finding.id} {names.get(finding.body, finding.body)} {finding.rule}")
            + "".join(f"\n      {text}" for text in step_texts(step, lang)))
    if not steps:
        printing.line(wording.say("log_empty", lang))


def step_record(step: Decision) -> dict[str, Any]:
    return {"at": step.at, "finding": step.finding, "fact": step.fact, "action": step.action, "author": step.author,
            "before": step.before, "after": step.after, "reason": step.reason, "until": step.until,
            "detail": step.detail}


def step_texts(step: Decision, lang: Lang) -> list[str]:
    """Why, and what proves it: reason, letter, cause, figures before and after."""
    from monitor import transitions, wording

    texts = [step.reason] if step.reason else []
    if step.action == "notify":
        texts.append(wording.say("log_letter", lang, number=step.detail.get("number") or "—", day=step.until))
    if known := transitions.transitions().causes.get(step.detail.get("cause", "")):
        texts.append(wording.say("log_cause", lang, cause=known.zh if lang == "zh" else known.en))
    before, after = (step.detail.get(part) or {} for part in ("before", "after"))
    changed = [wording.say("log_figure", lang, place=wording.figure(key, lang), before=_shown(value, lang),
                           after=_shown(after.get("figures", {}).get(key), lang))
               for key, value in (before.get("figures") or {}).items()
               if after.get("figures") and after["figures"].get(key) != value]
    if changed:
        texts.append(wording.shown(changed, lang))
    if after.get("status"):
        texts.append(wording.say("log_status", lang, status=wording.term("statuses", after["status"], lang),
                                 day=after.get("published")))
    if after.get("seen"):
        texts.append(wording.say("log_seen", lang, t=after["seen"]))
    if step.detail.get("why"):
        texts.append(wording.say(f"why_{step.detail['why']}", lang))
    return texts


def _shown(value: Any, lang: Lang) -> str:
    from monitor import wording

    return wording.term("figure_states", "blank", lang) if value is None else wording.shown(value, lang)


def _register(connection: sqlite3.Connection, ids: list[str], since: str | None, filters: dict[str, Any],
              names: dict[str, str], lang: Lang, as_json: bool) -> None:
    """The register of false alarms, with how many each cause and each rule has."""
    from monitor import review as findings
    from monitor import transitions, wording

    listed = [(stored, step) for stored, step in findings.false_alarms(connection, _day("--since", since))
              if _fits(stored, ids, filters)]
    causes = Counter(step.detail.get("cause", "other") for _, step in listed)
    rules = Counter(stored.finding.rule for stored, _ in listed)
    if as_json:
        printing.document({"total": len(listed), "causes": dict(causes), "rules": dict(rules), "false_alarms": [
            {**stored_record(stored, lang, names), "step": step_record(step)} for stored, step in listed]})
        return
    for stored, step in listed:
        _line(stored, wording.term("states", step.after, lang), names, lang,
              f"  {step.author} {wording.day(step.at[:10], lang)}")
        for text in step_texts(step, lang):
            printing.line(f"      {text}")
    words = transitions.transitions().causes
    said = [f"{words[cause].zh if lang == 'zh' else words[cause].en} {count}" for cause, count in causes.most_common()]
    printing.line(wording.say("register_total", lang, n=str(len(listed)), causes=said,
                              rules=[f"{rule} {count}" for rule, count in rules.most_common()]))


def _fits(stored: StoredFinding, ids: list[str], filters: dict[str, Any]) -> bool:
    finding = stored.finding
    return ((not ids or finding.id in ids)
            and (filters["year"] is None or finding.year == filters["year"])
            and all(wanted is None or value in wanted for wanted, value in (
                (filters["rules"], finding.rule), (filters["severities"], finding.severity),
                (filters["states"], stored.state.value), (filters["bodies"], finding.body))))


def _due(connection: sqlite3.Connection, ids: list[str], since: str | None, filters: dict[str, Any],
         names: dict[str, str], lang: Lang, as_json: bool) -> None:
    """What the next circular names: unanswered past its day, or still there when looked at again."""
    from monitor import review as findings
    from monitor import wording

    listed = [each for each in findings.for_circular(connection) if _fits(each, ids, filters)]
    if as_json:
        printing.document({"findings": [stored_record(each, lang, names) for each in listed]})
        return
    for each in listed:
        tail = "  " + wording.say("due_by", lang, day=each.answer_by) if each.answer_by else ""
        _line(each, wording.term("states", each.state.value, lang), names, lang, tail)
    printing.line(wording.say("due_total", lang, n=str(len(listed))))


def _ask(connection: sqlite3.Connection, ids: list[str], since: str | None, filters: dict[str, Any],
         names: dict[str, str], lang: Lang, as_json: bool) -> None:
    """Findings in letters that disappeared without proof that the body mended them."""
    from monitor import rectification, wording
    from monitor import review as findings

    steps = {step.finding: step for step in rectification.to_be_asked(connection)}
    listed = [each for each in findings.list_findings(connection, ids=list(steps), cleared=True)
              if _fits(each, ids, filters)]
    if as_json:
        printing.document({"findings": [{**stored_record(each, lang, names),
                                         "step": step_record(steps[each.finding.id])} for each in listed]})
        return
    for each in listed:
        _line(each, wording.term("states", each.state.value, lang), names, lang)
        for text in step_texts(steps[each.finding.id], lang):
            printing.line(f"      {text}")
    printing.line(wording.say("ask_total", lang, n=str(len(listed))))


_LISTERS = {LOG: _log, REGISTER: _register, DUE: _due, ASK: _ask}
