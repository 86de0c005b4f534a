"""One report beside its source, and the versions of it that were seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.web.asked import AbsentError
from monitor.web.contents import Contents
from monitor.web.views import view
from monitor.web.views.bodies import contents_of

if TYPE_CHECKING:
    from starlette.responses import Response

    from monitor.web.asked import Asked


def report_asked(asked: Asked) -> tuple[Contents, str]:
    """The contents of the body whose report is asked for, and the report's id. Raises AbsentError."""
    owners = [row["body"] for row in asked.connection.execute(
        "SELECT body FROM owned_report WHERE id = ?", (asked.key,)) if row["body"] and asked.sees(row["body"])]
    for owner in owners:
        contents = contents_of(asked, owner)
        if asked.key in contents.reports:
            return contents, asked.key
    raise AbsentError(asked.key)


@view("/report/{key}")
def report(asked: Asked) -> Response:
    contents, identity = report_asked(asked)
    return asked.page("report", contents.report(identity, asked.lang))
