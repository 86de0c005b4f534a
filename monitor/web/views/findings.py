"""One finding: what was seen, what the rule asks, what machine and people said, and the proof of it to take away."""

from __future__ import annotations

import re
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from starlette.background import BackgroundTask
from starlette.responses import FileResponse

from monitor.web import deciding
from monitor.web.asked import AbsentError
from monitor.web.contents import Contents
from monitor.web.views import view
from monitor.web.views.bodies import contents_of

if TYPE_CHECKING:
    from starlette.responses import Response

    from monitor.review import StoredFinding
    from monitor.web.asked import Asked

_PACKING = threading.BoundedSemaphore(1)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)


def finding_asked(asked: Asked) -> tuple[Contents, StoredFinding]:
    """The contents of the body a finding is about, and the finding as stored. Raises AbsentError."""
    row = asked.connection.execute("SELECT body FROM finding WHERE id = ?", (asked.key,)).fetchone()
    contents = contents_of(asked, asked.known(row and row["body"]))
    stored = contents.findings.get(asked.key)
    if stored is None:
        raise AbsentError(asked.key)
    return contents, stored


@view("/finding/{key}")
def finding(asked: Asked) -> Response:
    from monitor.web.views import sources

    contents, stored = finding_asked(asked)
    one = stored.finding
    content = contents.finding(one.id, asked.lang)
    sources.snapshot_links(asked, one.id, content["looks"])
    content["offer"] = deciding.offer(asked, stored)
    content |= {"wrong": _wrong(asked, one.id), "packed": not asked.person.guest}
    if one.report and one.figures:
        content |= _beside(asked, contents, stored)
    return asked.page("finding", content)


def _beside(asked: Asked, contents: Contents, stored: StoredFinding) -> dict[str, Any]:
    """The report's source with the finding's cells marked, and where last year's stands for rules over years."""
    from monitor.web.views import sources

    one = stored.finding
    try:
        contents.standing_of(str(one.report))
        row, report, _ = contents.read(str(one.report))
    except KeyError:
        return {}
    before = one.evidence.get("before")
    earlier = next((standing for standing in contents.standings.get(one.body, ())
                    if isinstance(before, dict) and standing.year == before.get("year")
                    and standing.scope == one.scope and standing.report in contents.reports), None)
    chosen = next(iter((before.get("figures") or {}) if isinstance(before, dict) else {}), "")
    then = asked.links.page("source", str(earlier.report)) if earlier else ""
    return {"source": sources.beside(asked, row, report, set(one.figures), asked.links.page("finding", one.id),
                                     finding=one.id),
            "before_report": f"{then}?{urlencode({'mark': chosen})}" if then and chosen else then}


def _wrong(asked: Asked, identity: str) -> str:
    """Where to tell that something is wrong; empty where the contact is no mail address."""
    mail = _MAIL.search(asked.contact)
    subject = asked.t("report_wrong_subject", id=identity)
    return f"mailto:{mail[0]}?subject={quote(subject)}" if mail else ""


@view("/pack/{key}")
def pack(asked: Asked) -> Response:
    """The evidence pack, made on demand; one at a time, and for people who are known: it takes seconds."""
    from monitor.exports import pack as packs

    _, stored = finding_asked(asked)
    if asked.person.guest:
        return asked.notice("not_allowed", asked.t("pack_guests"), 403)
    if not _PACKING.acquire(timeout=10):
        response = asked.notice("pack_busy", asked.t("source_busy"), 503)
        response.headers["Retry-After"] = "10"
        return response
    try:
        with tempfile.NamedTemporaryFile(prefix="nianbao-pack-", suffix=".zip", delete=False) as held:
            target = Path(held.name)
        try:
            packs.build(asked.installation.store, asked.roster, asked.installation.evidence, target, asked.lang,
                        finding=stored.finding.id, force=True)
        except BaseException:
            target.unlink(missing_ok=True)
            raise
    finally:
        _PACKING.release()
    return FileResponse(target, media_type="application/zip", filename=f"{stored.finding.id}.zip",
                        background=BackgroundTask(target.unlink, missing_ok=True))
