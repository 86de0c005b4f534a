"""One finding: what was seen, what the rule asks, what the machine and people said, and the proof of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.web import deciding
from monitor.web.asked import AbsentError
from monitor.web.contents import Contents
from monitor.web.views import view
from monitor.web.views.bodies import contents_of

if TYPE_CHECKING:
    from starlette.responses import Response

    from monitor.web.asked import Asked


def finding_asked(asked: Asked) -> tuple[Contents, str]:
    """The contents of the body a finding is about, and the finding's id. Raises AbsentError."""
    row = asked.connection.execute("SELECT body FROM finding WHERE id = ?", (asked.key,)).fetchone()
    contents = contents_of(asked, asked.known(row and row["body"]))
    if asked.key not in contents.findings:
        raise AbsentError(asked.key)
    return contents, asked.key


@view("/finding/{key}")
def finding(asked: Asked) -> Response:
    contents, identity = finding_asked(asked)
    return asked.page("finding", {**contents.finding(identity, asked.lang),
                                  "offer": deciding.offer(asked, contents.findings[identity])})
