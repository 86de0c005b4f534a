"""一页纸, 公布情况, 催报: one page for leaders, what the office says in public, the friendly word before a due day.

Promises: the numbers of `status`; bodies are named only where a person has confirmed what is said of them, or where all
that is said is that their report was seen; the brief fits one page. Leaves alone: sending, publishing.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crawler import clock
from monitor import compliance, wording
from monitor.exceptions import UsageError
from monitor.exports import letters, reviewed
from monitor.exports.letters import say
from monitor.model import FindingState, Standing, Status
from monitor.rules import catalogue
from monitor.session import Session

if TYPE_CHECKING:
    from crawler.roster import Roster
    from monitor.exports.reviewed import Picture
    from monitor.settings import Settings

_SIZE = (1200, 330)
_SEEN = (Status.ON_TIME, Status.LATE_BY_RULE, Status.LATE)
_NAMES = 10


def brief(session: Session, year: int, out: Path, *, under: str | None = None, label: str | None = None,
          pdf: bool = False, as_json: bool = False) -> None:
    seen, roster = _seen(session, year, under)
    made = brief_context(seen, roster, session.settings, reviewed.area(roster, under, label))
    letters.write(session, out, "brief", made, pdf=pdf, as_json=as_json, pictures={say("curve"): curve(seen.standings)},
                  told={"year": year, "as_of": seen.as_of, "totals": seen.totals.of, "owed": seen.totals.owed,
                        "lines": [each["text"] for each in made["lines"]]})


def statement(session: Session, year: int, out: Path, *, under: str | None = None, label: str | None = None,
              pdf: bool = False, as_json: bool = False) -> None:
    seen, roster = _seen(session, year, under)
    made = statement_context(seen, roster, session.settings, reviewed.area(roster, under, label))
    letters.write(session, out, "statement", made, pdf=pdf, as_json=as_json, told={
        "year": year, "as_of": seen.as_of, "totals": seen.totals.of, "listed": len(made["publication"]),
        "unreviewed": len(seen.unreviewed)},
        lines=[wording.say("circular_unreviewed", session.lang, n=len(seen.unreviewed))] if seen.unreviewed else [])


def dunning(session: Session, year: int, out: Path, *, under: str | None = None, days: int = 30, template: str = "",
            precheck: str = "", pdf: bool = False, as_json: bool = False) -> None:
    """A word to every body whose day is at most `days` ahead. Raises UsageError where there is none."""
    from monitor.commands.oversight import reach

    roster = session.roster()
    view = compliance.view(session.store(), roster, session.settings, year=year, bodies=reach(roster, under))
    made = dunning_context(view, roster, session.settings, year, days, template, precheck)
    if not made["letters"]:
        raise UsageError(f"--year {year}: no body's day is within {days} days with its report not seen yet; `nianbao "
                         "status` shows how they stand")
    letters.write(session, out, "dunning", made, pdf=pdf, as_json=as_json, told={
        "year": year, "as_of": view.as_of, "letters": made["letters"]})


def _seen(session: Session, year: int, under: str | None) -> tuple[Picture, Roster]:
    from monitor.commands.oversight import reach

    roster = session.roster()
    seen = reviewed.picture(session.store(), roster, session.settings, year, reach(roster, under))
    if not seen.standings:
        raise UsageError(f"--year {year}: no report of this year is owed or was judged; `nianbao status` shows those "
                         "there are")
    return seen, roster


# ---------------------------------------------------------------- one page
def brief_context(seen: Picture, roster: Roster, settings: Settings, area: str) -> dict[str, Any]:
    totals, names = seen.totals, reviewed.names_of(roster)
    moved = reviewed.compared(totals, seen.before)
    told = [each for each in seen.standings if (each.body, each.scope) not in seen.unreviewed]
    listed = list(dict.fromkeys(names.get(each.body, each.body) for status in (Status.MISSING, Status.LATE,
                                                                               Status.LATE_BY_RULE)
                                for each in told if each.status is status))
    late = totals[Status.LATE] + totals[Status.LATE_BY_RULE]
    lines = [say("brief_owed", n=totals.owed, x=totals[Status.ON_TIME]) + (
        say("brief_rate_moved", **moved) if moved["rate0"] else say("brief_rate", **moved) if moved["rate"]
        else say("overall_small")) + "。"]
    counts = say("brief_missing", a=totals[Status.MISSING], b=late)
    lines.append(counts + (f"：{wording.names(listed, _NAMES, 'zh')}" if listed else "") + "。"
                 + (say("overall_pending", n=len(seen.unreviewed)) if seen.unreviewed else ""))
    lines.append(_main_findings(seen))
    states = Counter(each.state for each in seen.findings)
    lines.append(say("brief_round", t=seen.round.told, s=seen.round.verified, o=states[FindingState.OVERDUE]))
    reasons = Counter(wording.unverified_reason(each.reason, each.outcome, "zh")[0] for each in seen.standings
                      if each.status is Status.UNVERIFIED)
    lines.append(say("brief_unverified", u=totals[Status.UNVERIFIED]) + (
        f"（{wording.shown([f'{reason}{count}' for reason, count in reasons.most_common(3)], 'zh')}）" if reasons
        else "") + "。")
    advice = [say(key, n=count) for key, count in (
        ("advice_missing", totals[Status.MISSING]), ("advice_overdue", states[FindingState.OVERDUE]),
        ("advice_confirmed", states[FindingState.CONFIRMED] + states[FindingState.APPROVED]),
        ("advice_unreviewed", len(seen.unreviewed)), ("advice_unverified", totals[Status.UNVERIFIED])) if count][:3]
    lines.append(say("brief_advice", list="；".join(advice) or say("advice_none")))
    numerals = say("circled").split()
    return {**letters.common(settings), "scope": area, "year": str(seen.year),
            "as_of": wording.day(seen.as_of[:16], "zh"), "title": say("brief_title", scope=area, year=str(seen.year)),
            "lines": [{"number": numeral, "text": text} for numeral, text in zip(numerals, lines, strict=False)]}


def _main_findings(seen: Picture) -> str:
    """③ the share whose tables add up, and the three most frequent kinds of what was confirmed, by bodies."""
    bodies: dict[str, set[str]] = {}
    for each in seen.findings:
        bodies.setdefault(str(catalogue.text_of(each.finding.rule).category), set()).add(each.finding.body)
    ranked = sorted(bodies.items(), key=lambda each: -len(each[1]))[:3]
    rate = reviewed.share(seen.consistent, seen.read)
    tables = say("brief_tables_share" if rate else "brief_tables", t=seen.read, s=seen.consistent,
                 rate2=rate) if seen.read else say("brief_no_tables")
    kinds = [say("brief_kind", kind=wording.term("categories", category, "zh"), n=len(members))
             for category, members in ranked]
    return tables + (say("brief_kinds", list=wording.shown(kinds, "zh")) if kinds else say("brief_no_kinds"))


def curve(standings: Sequence[Standing]) -> bytes:
    """How many reports had been published by each day of the season, with the due days marked; PNG."""
    from PIL import Image, ImageDraw, ImageFont

    days = sorted(date.fromisoformat(each.published[:10]) for each in standings
                  if each.published and each.status in _SEEN)
    width, height = _SIZE
    picture = Image.new("RGB", _SIZE, "#FFFFFF")
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(22)
    left, right, top, bottom = 70, width - 40, 24, height - 44
    dues = sorted({each.due for each in standings if each.due})
    year = max((each.year for each in standings), default=clock.today().year - 1)
    first = date(year + 1, 1, 1)
    last = max([first + timedelta(days=89), *days[-1:], *dues[-1:]])
    last = min(last, date(year + 1, 12, 31))
    whole = max(sum(each.status in compliance.OWED for each in standings), len(days), 1)

    def place(day: date, count: int) -> tuple[float, float]:
        along = min(max((day - first).days, 0), (last - first).days) / max((last - first).days, 1)
        return left + along * (right - left), bottom - count / whole * (bottom - top)

    for count in (0, whole):
        draw.line((left, place(first, count)[1], right, place(first, count)[1]), fill="#B0B7BF", width=2)
        draw.text((left - 12, place(first, count)[1]), str(count), font=font, fill="#24292F", anchor="rm")
    for due in dues:
        across = place(due, 0)[0]
        draw.line((across, top, across, bottom), fill="#B35900", width=2)
        draw.text((across, bottom + 8), f"{due.month}-{due.day}", font=font, fill="#B35900", anchor="mt")
    points = [place(first, 0)]
    for count, day in enumerate(days, 1):
        points += [place(day, count - 1), place(day, count)]
    points.append((place(min(max(clock.today(), first), last), 0)[0], points[-1][1]))
    draw.line(points, fill="#2F6F4F", width=5)
    draw.text((points[-1][0] + 6, points[-1][1] - 6), str(len(days)), font=font, fill="#2F6F4F", anchor="ls")
    stream = io.BytesIO()
    picture.save(stream, "PNG", optimize=True)
    return stream.getvalue()


# ---------------------------------------------------------------- what the office publishes
def statement_context(seen: Picture, roster: Roster, settings: Settings, area: str) -> dict[str, Any]:
    totals = seen.totals
    dues = sorted({each.due for each in seen.standings if each.due and each.status in compliance.OWED})
    late = totals[Status.LATE] + totals[Status.LATE_BY_RULE]
    rest = totals.owed - totals[Status.ON_TIME] - late - totals[Status.MISSING]
    text = say("statement_owed", scope=area, year=str(seen.year), m=seen.bodies, n=totals.owed) + (
        say("statement_on_time_one", x=totals[Status.ON_TIME], due=dues[0]) if len(dues) == 1
        else say("statement_on_time", x=totals[Status.ON_TIME])) + say("statement_late", b=late,
                                                                      a=totals[Status.MISSING])
    if rest:
        text += say("statement_rest", n=rest)
    listed = [row for row, each in zip(reviewed.listing(seen, roster), seen.standings, strict=True)
              if each.status in _SEEN and each.address]
    for number, row in enumerate(listed, 1):
        row["number"] = str(number)
    own = [each for each in seen.standings if each.scope == "consolidated"]
    government = say("statement_consolidated") if own and all(each.status in _SEEN for each in own) else ""
    return {**letters.common(settings), "scope": area, "year": str(seen.year),
            "as_of": wording.day(seen.as_of[:16], "zh"), "text": text, "government": government,
            "title": say("statement_title", scope=area, year=str(seen.year)), "publication": listed}


# ---------------------------------------------------------------- before the day
def dunning_context(view: compliance.View, roster: Roster, settings: Settings, year: int, days: int,
                    template: str = "", precheck: str = "") -> dict[str, Any]:
    shared, told = letters.common(settings), list[dict[str, str]]()
    for each in view.standings:
        if each.status not in (Status.DUE_SOON, Status.NOT_DUE) or each.due is None:
            continue
        ahead = (each.due - clock.today()).days
        if not 0 <= ahead <= days:
            continue
        named = reviewed.address_of(roster, each.body)
        body = roster.bodies.get(each.body)
        columns = [column.name or column.id for _, column in roster.columns_of(body)] if body else []
        scope = each.scope if each.scope in ("consolidated", "system") else "own"
        values = {**shared, **named, "report": wording.say(f"report_{scope}", "zh", year=str(year)),
                  "due": each.due, "due_note": wording.due_note(each.due, "zh"), "days": str(ahead),
                  "as_of": view.as_of[:16], "channel": columns[0] if columns else "",
                  "link_template": template, "link_precheck": precheck}
        told.append({**named, "text": say("dunning_due", **values) + say(
            "dunning_seen" if columns else "dunning_seen_nowhere", **values) + say("dunning_ending", **values)})
    return {**shared, "year": str(year), "as_of": wording.day(view.as_of[:16], "zh"),
            "title": say("dunning_title", year=str(year)), "letters": told}
