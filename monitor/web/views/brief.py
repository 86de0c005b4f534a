"""一页纸: one year of a region on one sheet of paper or one screen of a phone.

Promises: four numbers, what changed, at most ten names and only confirmed ones, causes and whose job they are, what
comes next with the way there; the same as a picture. Leaves alone: the counting (glance.py), the Word paper
(exports/overview.py).
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from monitor import wording
from monitor.exports.reviewed import share
from monitor.model import Status
from monitor.web import filters, glance, phone_picture
from monitor.web.asked import AbsentError
from monitor.web.views import progress, view

if TYPE_CHECKING:
    from starlette.responses import Response

    from monitor.web.asked import Asked
    from monitor.web.board import Board, Filter, Picked
    from monitor.web.glance import Glance

FIELDS = ("under", "year")
NAMES = 10
_CAUSES = 6
_kept: weakref.WeakKeyDictionary[Board, dict[Any, Glance]] = weakref.WeakKeyDictionary()
"""What was counted of a judgement, until the next judgement or decision."""


@view("/brief")
def brief_page(asked: Asked) -> Response:
    board = asked.installation.board
    if not board.years:
        return asked.page("brief", {"filters": None})
    held, picked, seen, curves = _looked(asked, board)
    days, _ = progress.due_days(asked, picked)
    query = urlencode(held.query())
    return asked.page("brief", {
        "as_of": wording.day(board.at[:16], asked.lang), "filters": filters.form(asked, board, held, "brief", FIELDS),
        "title": _title(asked, board, held, seen), "numbers": _numbers(asked, board, held, seen),
        "lines": _lines(asked, board, seen), "steps": _steps(asked, board, held, seen),
        "chart": progress.drawn(asked, curves, days),
        "picture": f"{asked.links.root}brief.png" + (f"?{query}" if query else "")
        if phone_picture.font_file() else ""})


@view("/brief.png")
def brief_picture(asked: Asked) -> Response:
    board = asked.installation.board
    if not board.years:
        raise AbsentError("nothing was judged yet")
    held, _, seen, curves = _looked(asked, board)
    steps = [each["text"] for each in _steps(asked, board, held, seen)]
    made = phone_picture.drawn(phone_picture.Page(
        _title(asked, board, held, seen), asked.t("as_of", t=wording.day(board.at[:16], asked.lang)),
        [(each["name"], each["value"]) for each in _numbers(asked, board, held, seen)],
        [each for each in curves if each.share(0) is not None],
        [asked.t("year_of", year=str(each.year)) for each in curves if each.share(0) is not None],
        [f"{each['name']}{_COLON[asked.lang]}{each['text']}" for each in _lines(asked, board, seen)]
        + [f"{asked.t('brief_next')}{_COLON[asked.lang]}{''.join(steps)}"], asked.t("footer")))
    if made is None:
        raise AbsentError("no font of this machine holds Chinese")
    return asked.attachment(made, f"brief-{seen.year}.png", "image/png")


_COLON = {"zh": "：", "en": ": "}


def _looked(asked: Asked, board: Board) -> tuple[Filter, Picked, Glance, list[progress.Curve]]:
    held = filters.parse(asked, board, FIELDS)
    picked = board.pick(held, asked.reach)
    newest = asked.connection.execute("SELECT max(id) FROM audit").fetchone()[0]
    key = (picked.year, held.under, asked.person.under, newest)
    kept = _kept.setdefault(board, {})
    seen = kept.get(key)
    if seen is None:
        if len(kept) > 200:
            kept.clear()
        seen = kept[key] = glance.look(asked.connection, picked)
    curves = [progress.curve(picked, year) for year in (picked.year or 0, (picked.year or 0) - 1)
              if year in board.years]
    return held, picked, seen, curves


# ---------------------------------------------------------------- what it says
def _title(asked: Asked, board: Board, held: Filter, seen: Glance) -> str:
    return asked.t("brief_title", area=filters.area(asked, board, held), year=str(seen.year))


def _numbers(asked: Asked, board: Board, held: Filter, seen: Glance) -> list[dict[str, str]]:
    totals = seen.totals
    late = totals[Status.LATE] + totals[Status.LATE_BY_RULE]
    return [
        {"name": asked.t("brief_owed", m=seen.bodies), "value": str(totals.owed), "href": _overview(asked, held)},
        {"name": asked.t("brief_on_time", x=totals[Status.ON_TIME], a=totals.verified),
         "value": totals.rate or str(totals[Status.ON_TIME]), "href": _overview(asked, held, Status.ON_TIME)},
        {"name": asked.t("brief_missing", b=late), "value": str(totals[Status.MISSING]),
         "href": _overview(asked, held, Status.MISSING)},
        {"name": asked.t("brief_unverified"), "value": str(totals[Status.UNVERIFIED]),
         "href": _overview(asked, held, Status.UNVERIFIED)}]


def _overview(asked: Asked, held: Filter, status: Status | None = None) -> str:
    return filters.address(asked, "overview", held, status=status.value if status else "")


def _lines(asked: Asked, board: Board, seen: Glance) -> list[dict[str, str]]:
    """The paragraphs, each with its heading."""
    told = [("brief_change", _change(asked, seen)), ("brief_names", _names(asked, board, seen))]
    kinds = [asked.t("brief_kind", kind=wording.term("categories", key, asked.lang), n=count)
             for key, count in seen.categories[:3]]
    told.append(("brief_issues", asked.t("brief_kinds", list=kinds) if kinds else asked.t("brief_no_kinds")))
    told.append(("brief_round", asked.t("brief_told", t=seen.told, s=seen.verified, o=seen.overdue)))
    told.append(("brief_causes", _causes(asked, seen)))
    return [{"name": asked.t(key), "text": text} for key, text in told]


def _change(asked: Asked, seen: Glance) -> str:
    week = asked.t("brief_week", p=seen.week_published, f=seen.week_found, s=seen.week_verified)
    now, before = (share(each[Status.ON_TIME], each.verified) for each in (seen.totals, seen.before))
    if not now or not before:
        return week
    points = round(float(now[:-1]) - float(before[:-1]), 1)
    return week + asked.t("brief_up" if points >= 0 else "brief_down", rate=before, pp=wording.number(abs(points)))


def _names(asked: Asked, board: Board, seen: Glance) -> str:
    listed = [board.bodies.names[board.bodies.index[each]] for each in seen.named]
    told = asked.t("brief_listed", list=wording.names(listed, NAMES, asked.lang)) if listed else asked.t("brief_nobody")
    return told + (asked.t("brief_pending", n=seen.unreviewed) if seen.unreviewed else "")


def _causes(asked: Asked, seen: Glance) -> str:
    if not seen.causes:
        return asked.t("brief_no_causes")
    counted: dict[tuple[str, str], int] = {}
    for (reason, outcome), count in seen.causes:
        key = wording.unverified_reason(reason, outcome, asked.lang)[:2]
        counted[key] = counted.get(key, 0) + count
    ranked = sorted(counted.items(), key=lambda each: -each[1])
    return asked.t("brief_cause_list", list=wording.names(
        [asked.t("brief_cause_by" if job else "brief_cause", reason=reason, job=job, n=count)
         for (reason, job), count in ranked], _CAUSES, asked.lang))


def _steps(asked: Asked, board: Board, held: Filter, seen: Glance) -> list[dict[str, str]]:
    """What comes next: the nearest due day, then what waits for somebody, with the way there."""
    steps = []
    if seen.next_due:
        steps.append({"text": asked.t("step_due", day=seen.next_due[0], n=seen.next_due[1]), "href": ""})
    worklist = "worklist" in asked.request.app.state.kinds
    for key, count, href in (
            ("step_missing", seen.totals[Status.MISSING], _overview(asked, held, Status.MISSING)),
            ("step_overdue", seen.overdue, _tab(asked, held, "overdue") if worklist else ""),
            ("step_confirmed", seen.waiting, _tab(asked, held, "confirmed") if worklist else ""),
            ("step_unreviewed", seen.unreviewed, _tab(asked, held, "open") if worklist else ""),
            ("step_unverified", seen.totals[Status.UNVERIFIED], _overview(asked, held, Status.UNVERIFIED))):
        if count:
            steps.append({"text": asked.t(key, n=count), "href": href})
    return steps[:4] or [{"text": asked.t("step_none"), "href": ""}]


def _tab(asked: Asked, held: Filter, tab: str) -> str:
    query = {"tab": tab, **{name: value for name, value in (("under", held.under), ("year", held.year)) if value}}
    return f"{asked.links.page('worklist')}?{urlencode(query)}"
