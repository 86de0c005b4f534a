"""`review reply-link ID…`: a link by which a body answers a letter without an account, for letters and mails.

Promises: the address is shown once; a link is for findings of one body. Leaves alone: taking links back (the page of
letters), what the page behind one asks (web/views/reply.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor import printing
from monitor.exceptions import UsageError

if TYPE_CHECKING:
    from monitor.session import Session

LINK = "reply-link"


def make_link(session: Session, ids: list[str], author: str, number: str, as_json: bool) -> None:
    """Make a link for these findings and print its address. Raises UsageError."""
    from monitor import review, wording
    from monitor.web import replies, trail

    store, settings, lang = session.store(), session.settings, session.lang
    if not ids:
        raise UsageError("review reply-link: name the findings of one body by id")
    if not author:
        raise UsageError("review reply-link: say who makes it (--author NAME)")
    base = settings.general.link.rstrip("/")
    if not base:
        raise UsageError("review reply-link: nobody could open it; set [general] link to the address of the served "
                         "pages")
    with store.write() as connection:
        held = {each.finding.id: each.finding for each in review.list_findings(connection, ids=ids)}
        if unknown := [each for each in ids if each not in held]:
            raise UsageError(f"no finding {unknown[0]!r}; {review.nearby(connection, unknown[0])}")
        bodies = {each.body for each in held.values()}
        if len(bodies) > 1:
            raise UsageError(f"review reply-link: these are findings of {len(bodies)} bodies; make a link for each")
        identity, secret = replies.make(connection, bodies.pop(), [(each, held[each].fact) for each in dict.fromkeys(
            ids)], author=author, days=settings.web.reply_days, number=number)
        link = replies.by_id(connection, identity)
        trail.record(connection, author, "", "letters", f"reply-link {identity}")
    assert link is not None
    address = f"{base}/reply/{secret}"
    if as_json:
        printing.document({"id": identity, "address": address, "body": link.body, "expires": link.expires,
                           "findings": [each for each, _ in link.findings]})
        return
    printing.note(wording.say("reply_link_made", lang, day=link.expires[:10]))
    printing.line(address)
