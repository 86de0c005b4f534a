"""提醒函 from the pages: what is ready for a letter, its draft, recording that it went out, links for replies.

Promises: a letter holds what was chosen as it was shown, and only what a person confirmed (and another approved, where
the office signs so); the draft changes no finding; a reply link is printed in one draft and can be taken back. Leaves
alone: how the paper is made (exports/reminder.py), what a reply does (replies.py).
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from crawler import clock
from monitor import messages, rectification, review, signing, wording
from monitor.exceptions import UsageError
from monitor.exports import letters as papers
from monitor.exports import reminder, reviewed
from monitor.web import deciding, replies
from monitor.web.asked import AbsentError
from monitor.web.views import view

if TYPE_CHECKING:
    from starlette.responses import Response

    from monitor.review import StoredFinding
    from monitor.web.asked import Asked

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
MOST = 300
"""Bodies listed at once."""


@view("/letters", role="reviewer")
def letters_page(asked: Asked) -> Response:
    rows = asked.connection.execute(
        """SELECT body, year, count(*) AS ready, sum(state = 'approved') AS approved FROM finding
        WHERE state IN ('confirmed', 'approved') AND cleared IS NULL AND outcome = 'fail' AND severity IN ('E', 'W')
        AND year IS NOT NULL AND (?1 IS NULL OR body IN (SELECT value FROM json_each(?1))) GROUP BY body, year
        ORDER BY year DESC LIMIT ?2""",
        (None if asked.reach is None else json.dumps(sorted(asked.reach)), MOST)).fetchall()
    bodies = asked.roster.bodies
    listed = sorted(({**dict(row), "name": _name(asked, row["body"])} for row in rows), key=lambda each: (
        -each["year"], bodies[each["body"]].sort_order if each["body"] in bodies else 10**9, each["body"]))
    return asked.page("letters", {
        "rows": listed, "sign_off": signing.required(), "more": len(rows) == MOST,
        "links": [{"id": each.id, "name": _name(asked, each.body), "number": each.number, "made": each.made[:10],
                   "expires": each.expires[:10], "standing": each.standing, "count": len(each.findings),
                   "author": each.author} for each in replies.links(asked.connection, asked.reach)]})


def _name(asked: Asked, body: str) -> str:
    return asked.roster.bodies[body].name if body in asked.roster.bodies else body


@view("/letters/{key}", role="reviewer")
def letter_page(asked: Asked) -> Response:
    return _page(asked)


def _page(asked: Asked, fault: str = "", status: int = 200, link: str = "") -> Response:
    body = asked.known(asked.key)
    held = [each for each in review.for_letters(asked.connection, [body]) if reviewed.may_be_told(each.finding)]
    years = sorted({each.finding.year for each in held if each.finding.year is not None}, reverse=True)
    if body not in asked.roster.bodies and not held:
        raise AbsentError(body)
    year = _year(asked) or (years[0] if years else None)
    return asked.page("letter", {
        "body": body, "name": _name(asked, body), "years": years, "year": year, "fault": fault, "made": link,
        "rows": [_row(asked, each) for each in held if each.finding.year == year],
        "answer_day": asked.said("until") or rectification.answer_day(clock.today()).isoformat(),
        "number": asked.said("number"), "office": asked.settings.general.office,
        "reply_days": str(asked.settings.web.reply_days), "link": bool(asked.settings.general.link)}, status)


def _year(asked: Asked) -> int | None:
    said = asked.said("year")
    return int(said) if said.isascii() and said.isdigit() and len(said) == 4 else asked.number("year", most=9999)


def _row(asked: Asked, stored: StoredFinding) -> dict[str, Any]:
    waits = signing.required() and stored.state.value != "approved"
    return {"id": stored.finding.id, "item": str(deciding.Shown.of(stored)), "number": stored.number or "",
            "message": wording.message(stored.finding, asked.lang, _name(asked, stored.finding.body)),
            "rule": stored.finding.rule, "severity": wording.term("severities", stored.finding.severity, asked.lang),
            "state": wording.review_phrase(stored, asked.lang), "waits": waits}


@view("/letters/{key}", methods=("POST",), role="reviewer", upload=1 << 16)
def letter(asked: Asked) -> Response:
    body = asked.known(asked.key)
    try:
        items = [deciding.Shown.read(each) for each in asked.many("item")]
        if not items:
            raise UsageError("no finding is chosen; tick the rows that are meant")
        until = deciding.ahead(asked.said("until"))
        _of_body(asked, body, items)
        if asked.said("action") == "notify":
            return _record(asked, body, items, until)
        if asked.said("action") == "link":
            address, day = _link(asked, body, items)
            return _page(asked, link=asked.t("letter_link_made", address=address, t=day))
        return _draft(asked, body, items, until)
    except UsageError as fault:
        return _page(asked, messages.said(str(fault), asked.lang), 400)


def _of_body(asked: Asked, body: str, items: list[deciding.Shown]) -> None:
    """Raises UsageError for a finding that isn't this body's or has changed since it was shown."""
    held = {each.finding.id: each for each in review.for_letters(asked.connection, [body],
                                                                 approved_only=signing.required())}
    for each in items:
        stored = held.get(each.id)
        if stored is None or str(deciding.Shown.of(stored)) != str(each):
            raise UsageError("a chosen finding has changed or isn't ready for a letter; open the page again")


def _record(asked: Asked, body: str, items: list[deciding.Shown], until: str) -> Response:
    answers = deciding.take(asked, items, "notify", until=until, number=asked.said("number"))
    refused = [each.fault for each in answers if each.fault]
    if refused:
        return _page(asked, asked.t("letter_partly", taken=str(len(answers) - len(refused)), fault=refused[0]), 409)
    return asked.go("letters", said="said_recorded")


def _draft(asked: Asked, body: str, items: list[deciding.Shown], until: str) -> Response:
    year = _year(asked) or 0
    made = next(reminder.letters_of(asked.connection, asked.roster, asked.settings, year, [body],
                                    date.fromisoformat(until), approved_only=signing.required(),
                                    ids={each.id for each in items}), None)
    if made is None:
        raise UsageError("a chosen finding has changed or isn't ready for a letter; open the page again")
    context = dict(made.context)
    if asked.said("link"):
        context["reply_link"], context["reply_until"] = _link(asked, body, items)
    return asked.attachment(papers.make("reminder", context), f"{made.file}.docx", DOCX)


def _link(asked: Asked, body: str, items: list[deciding.Shown]) -> tuple[str, str]:
    """A new reply link for these: its address and, in words, the day it ends."""
    days = asked.settings.web.reply_days
    with asked.write() as connection:
        _, secret = replies.make(connection, body, [(each.id, each.fact) for each in items], days=days,
                                 author=asked.person.name, number=asked.said("number")[:60])
    return address_of(asked, secret), wording.day(clock.today() + timedelta(days=days), "zh")


def address_of(asked: Asked, secret: str) -> str:
    """A reply link's whole address, under the name by which this server is known."""
    base = asked.settings.general.link.rstrip("/") or f"{asked.request.url.scheme}://{asked.request.url.netloc}"
    return f"{base}/reply/{secret}"


@view("/reply-revoke/{key}", methods=("POST",), role="reviewer", upload=1 << 14)
def revoke(asked: Asked) -> Response:
    if not asked.key.isascii() or not asked.key.isdigit() or len(asked.key) > 12:
        raise AbsentError(asked.key)
    link = replies.by_id(asked.connection, int(asked.key))
    asked.known(link.body if link else None)
    with asked.write() as connection:
        replies.revoke(connection, int(asked.key))
    return asked.go("letters", said="said_revoked")
