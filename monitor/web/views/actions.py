"""Acting on one finding: what may be done with it, its whole trail, and the forms that do it.

Promises: only for reviewers within their remit; nothing is done to a finding that changed since it was shown. Leaves
alone: what the finding rests on (findings.py), several at once (worklist.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor import review, wording
from monitor.exceptions import UsageError
from monitor.web import deciding
from monitor.web.asked import AbsentError
from monitor.web.views import view

if TYPE_CHECKING:
    from starlette.responses import Response

    from monitor.review import StoredFinding
    from monitor.web.asked import Asked


def stored_finding(asked: Asked) -> StoredFinding:
    """The finding the address names, whatever its state, where it is of this person's remit. Raises AbsentError."""
    stored = next(iter(review.list_findings(asked.connection, ids=[asked.key], cleared=True)), None)
    asked.known(stored.finding.body if stored else None)
    if stored is None:
        raise AbsentError(asked.key)
    return stored


@view("/decide/{key}", role="reviewer")
def decide_page(asked: Asked) -> Response:
    return _page(asked, stored_finding(asked))


def _page(asked: Asked, stored: StoredFinding, fault: str = "", status: int = 200) -> Response:
    from monitor.web import replies

    finding = stored.finding
    name = asked.roster.bodies[finding.body].name if finding.body in asked.roster.bodies else finding.body
    return asked.page("decide", {
        "id": finding.id, "name": name, "body": finding.body, "year": finding.year, "scope": finding.scope,
        "rule": finding.rule, "severity": wording.term("severities", finding.severity, asked.lang),
        "outcome": wording.term("verdicts", finding.outcome, asked.lang), "number": stored.number or "",
        "fact": wording.fact_sentence(finding, asked.lang, name), "message": wording.message(finding, asked.lang, name),
        "state": wording.review_phrase(stored, asked.lang), "answer_by": asked.day(stored.answer_by),
        "cleared": asked.day((stored.cleared or "")[:10]), "explanation": stored.explanation,
        "offer": deciding.offer(asked, stored), "trail": deciding.trail(asked, finding.id),
        "replies": replies.of_finding(asked, finding.id), "fault": fault}, status)


@view("/decide/{key}", methods=("POST",), role="reviewer", upload=1 << 16)
def decide(asked: Asked) -> Response:
    stored = stored_finding(asked)
    first = deciding.Shown(asked.key, asked.said("fact"), asked.said("state"))
    mates = [deciding.Shown.read(each) for each in asked.many("mate")[:50]]
    try:
        answers = deciding.take(asked, [first, *mates], asked.said("action"), reason=asked.said("reason"),
                                until=asked.said("until"), cause=asked.said("cause"), number=asked.said("number"))
    except UsageError as fault:
        from monitor import messages

        return _page(asked, stored, messages.said(str(fault), asked.lang), 400)
    refused = [each for each in answers if each.fault]
    if not refused:
        return asked.go("decide", asked.key, said="said_noted" if asked.said("action") == "note" else "said_decided")
    return _page(asked, stored_finding(asked), refused[0].fault, 409 if refused[0].stale else 400)


@view("/recheck/{key}", methods=("POST",), role="reviewer", upload=1 << 14)
def recheck(asked: Asked) -> Response:
    """Have a body's columns looked at again; the page of runs shows how it goes."""
    if asked.key not in asked.roster.bodies:
        raise AbsentError(asked.key)
    became = asked.request.app.state.rechecks.ask(asked.known(asked.key), asked.person.name)
    asked.wrote = became == "asked"
    return asked.go("body", asked.key, said=f"said_recheck_{became}")
