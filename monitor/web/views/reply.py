"""A body's own page: what its letter says, and the form by which it answers without an account.

Promises: nothing but the findings of one letter; no reviewer and no other body is named; unknown, used, revoked and
expired links do nothing. Reviewers get files only as downloads. Leaves alone: links and what a reply does (replies.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from monitor import messages, review, wording
from monitor.exceptions import UsageError
from monitor.web import deciding, pages, replies, trail
from monitor.web.asked import AbsentError
from monitor.web.attempts import neighbourhood
from monitor.web.replies import Link, Said
from monitor.web.views import view

if TYPE_CHECKING:
    from starlette.responses import Response

    from monitor.web.asked import Asked

PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow"}


def _link(asked: Asked) -> Link:
    """The link of the address. Raises AbsentError; who guesses has to wait longer each time."""
    visit = asked.request.state.visit
    place = neighbourhood(visit.address)
    if visit.door.replies.wait(place):
        raise AbsentError(asked.key)
    link = replies.find(asked.connection, asked.key)
    if link is None:
        visit.door.replies.failed(place)
        raise AbsentError(asked.key)
    return link


def _page(asked: Asked, link: Link, fault: str = "", status: int = 200) -> Response:
    body = asked.roster.bodies.get(link.body)
    name = body.name if body else link.body
    held = {each.finding.id: each for each in review.list_findings(
        asked.connection, ids=[finding for finding, _ in link.findings], cleared=True)}
    sent = replies.of_link(asked.connection, link.id)
    listed: list[dict[str, Any]] = []
    for place, (finding, fact) in enumerate(link.findings, 1):
        stored, said = held.get(finding), sent.get(finding)
        if stored is None:
            continue
        listed.append({
            "id": finding, "place": place, "number": stored.number or "", "year": stored.finding.year,
            "short": wording.message(stored.finding, asked.lang, name),
            "fact": wording.fact_sentence(stored.finding, asked.lang, name),
            "changed": stored.finding.fact != fact or stored.cleared is not None,
            "answer": asked.said(f"answer-{finding}"), "text": asked.said(f"text-{finding}"),
            "fixed": asked.said(f"fixed-{finding}"), "mended": bool(asked.said(f"mended-{finding}")),
            "sent": {"answer": asked.t(f"answer_{said['answer']}"), "text": said["text"], "fixed": said["fixed"],
                     "files": [each["name"] for each in said["files"]]} if said else None})
    response = asked.page("reply", {
        "bare": True, "name": name, "number": link.number, "until": asked.day(link.expires[:10]), "list": listed,
        "standing": link.standing, "answered": asked.day((link.answered or "")[:16]), "secret": asked.key,
        "person": asked.said("contact"), "fault": fault, "answers": replies.ANSWERS,
        "most": f"{replies.LARGEST >> 20} MB"}, status)
    response.headers.update(PRIVATE)
    return response


@view("/reply/{key}", free=True)
def reply_page(asked: Asked) -> Response:
    return _page(asked, _link(asked))


@view("/reply/{key}", methods=("POST",), free=True, upload=32 << 20)
def reply(asked: Asked) -> Response:
    link = _link(asked)
    if link.standing != "open":
        return _page(asked, link, status=409)
    try:
        said = [_said(asked, finding) for finding, _ in link.findings]
        contact = deciding.checked(asked.said("contact"))[:200]
        if not contact:
            raise UsageError("there is no name and telephone of who fills this in; write them")
        if sum(len(each.files) for each in said) > replies.MOST:
            raise UsageError(f"a reply has {replies.MOST} files at most; send fewer")
        body = asked.roster.bodies.get(link.body)
        visit = asked.request.state.visit
        with asked.installation.store.write() as connection:
            replies.send(connection, asked.installation.evidence, link, said, contact=contact, address=visit.address,
                         name=body.name if body else link.body)
            trail.record(connection, "", visit.address, "reply", f"{link.body} link={link.id}")
    except UsageError as fault:
        return _page(asked, link, messages.said(str(fault), asked.lang), 400)
    return asked.go("reply", asked.key)


def _said(asked: Asked, finding: str) -> Said:
    """One finding's part of the form. Raises UsageError."""
    answer, text = asked.said(f"answer-{finding}"), deciding.checked(asked.said(f"text-{finding}"))
    fixed = asked.said(f"fixed-{finding}")[:500]
    if answer not in replies.ANSWERS:
        raise UsageError("an answer is missing; choose one for each item")
    if answer != "true" and not text:
        raise UsageError("an objection needs its reason; write what differs and why")
    if fixed and not pages.safe_address(fixed):
        raise UsageError(f"{fixed[:80]!r} is no address of a page; write one that begins with http:// or https://")
    files = []
    for each in asked.files(f"file-{finding}"):
        data = each.file.read(replies.LARGEST + 1)
        replies.fit(each.filename or "", data)
        files.append((each.filename or "", data))
    return Said(finding, answer, text, fixed, bool(asked.said(f"mended-{finding}")), tuple(files))


@view("/reply-file/{key}", role="reviewer")
def reply_file(asked: Asked) -> Response:
    if not asked.key.isascii() or not asked.key.isdigit() or len(asked.key) > 12:
        raise AbsentError(asked.key)
    found = replies.file(asked.connection, int(asked.key))
    asked.known(found["body"] if found else None)
    assert found is not None
    data = asked.installation.evidence.get(found["sha256"])
    return asked.attachment(data, found["name"], "application/octet-stream")
