"""预审: drafts looked through before they are published; an opinion on the page and as a file, and nothing kept.

Promises: drafts are read in guarded children from the request itself and gone with it; what the page gives back for
the files is the opinion alone, signed, so that no opinion of ours can be made up; only earlier reports of the person's
remit are held beside a draft. Leaves alone: judging (precheck.py), how opinions are laid out (opinion_workbook,
opinion_paper).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import zlib
from dataclasses import asdict
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from extract.exceptions import ExtractError
from extract.limits import Guard
from extract.model import Hints, Report
from monitor import opinion_paper, opinion_workbook, precheck, wording
from monitor.commands.documents import Read
from monitor.exceptions import UsageError
from monitor.precheck import Aside, Entry, Opinion, Precheck
from monitor.web import figures
from monitor.web.views import view
from monitor.web.views.exports import FORMATS

if TYPE_CHECKING:
    from starlette.responses import Response

    from monitor.web.asked import Asked

MOST, LARGEST = 10, 60 << 20
"""Files, and bytes of all of them, that one form may carry."""
AT_ONCE = 2
_reading = threading.BoundedSemaphore(AT_ONCE)
_PAPER = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@view("/precheck")
def form(asked: Asked) -> Response:
    if asked.person.guest:
        from monitor.web import sessions

        return sessions.ask_to_log_in(asked)
    return asked.page("precheck", {"opinions": None, "most": MOST, "largest": LARGEST >> 20})


@view("/precheck", methods=("POST",), upload=LARGEST)
def looked_through(asked: Asked) -> Response:
    if asked.person.guest:
        return asked.notice("not_allowed", asked.t("not_allowed_text"), 403)
    listed = asked.form.getlist("file") if hasattr(asked.form, "getlist") else []
    files = [each for each in listed if not isinstance(each, str) and each.filename]
    if not files:
        raise UsageError("no file is chosen; choose the drafts to look through")
    if len(files) > MOST:
        raise UsageError(f"{len(files)} files are chosen; {MOST} may be looked through at once")
    year = asked.said("year")
    if year and not (year.isascii() and year.isdigit() and 2008 <= int(year) <= 2100):
        raise UsageError(f"year is {year[:20]!r}; write a report year like 2025, or leave it empty")
    if not _reading.acquire(timeout=20):
        answer = asked.notice("precheck_busy", asked.t("precheck_busy_text"), 503)
        answer.headers["Retry-After"] = "60"
        return answer
    try:
        read = _read([(PurePath(each.filename.replace("\\", "/")).name[:120], each.file.read()) for each in files])
    finally:
        _reading.release()
    found = {asked.roster.find(each.report.body) for each in read if each.report.body}
    bodies = {body.id for body in found if body is not None and asked.sees(body.id)}
    checked = precheck.check(read, asked.lang, year=int(year) if year else None,
                             earlier=precheck.Stored(asked.connection, asked.roster, bodies))
    return asked.page("precheck", _content(asked, checked, {each.file: each.report for each in read}))


def _read(files: list[tuple[str, bytes]]) -> list[Read]:
    """Each file as a report, or with its fault, under names that differ."""
    found: list[Read] = []
    taken: set[str] = set()
    with Guard() as guard:
        for number, (name, data) in enumerate(files, 1):
            shown = name if name not in taken else f"{number} {name}"
            taken.add(shown)
            try:
                found.append(Read(shown, guard.read(data, Hints(name=name))))
            except ExtractError as fault:
                said = str(fault).removeprefix(f"{name}: ")
                found.append(Read(shown, Report(title="", body=None, year=None, scope="unknown", form=None, medium="",
                                                sha256="", problems=[said]), said))
    return found


def _content(asked: Asked, checked: Precheck, reports: dict[str, Report]) -> dict[str, Any]:
    return {
        "most": MOST, "largest": LARGEST >> 20, "summary": precheck.summary(checked, asked.lang),
        "unread": checked.unread, "others": checked.others, "sealed": _sealed(asked, checked),
        "opinions": [{
            "title": precheck.title(opinion, asked.lang), "file": opinion.file, "last_year": opinion.last_year,
            "conclusion": precheck.conclusion(opinion, asked.lang), "passed": opinion.passed,
            "groups": [{"level": level, "name": wording.say(f"precheck_{level}", asked.lang),
                        "entries": opinion.of(level)} for level in precheck.LEVELS if opinion.of(level)],
            "tables": figures.tables(reports[opinion.file], (), asked.lang)} for opinion in checked.opinions]}


# ---------------------------------------------------------------- as a file
@view("/opinion", methods=("POST",), upload=4 << 20)
def opinion_file(asked: Asked) -> Response:
    """The opinion that a page gave, as a workbook or a paper."""
    checked = _unsealed(asked, asked.said("opinion"))
    if asked.said("as") == "docx":
        return asked.attachment(opinion_paper.paper(checked, asked.lang), f"{asked.t('precheck')}.docx", _PAPER)
    return asked.attachment(opinion_workbook.workbook(checked, asked.lang), f"{asked.t('precheck')}.xlsx",
                            FORMATS["xlsx"])


def _sealed(asked: Asked, checked: Precheck) -> str:
    packed = base64.b64encode(zlib.compress(json.dumps(asdict(checked), ensure_ascii=False).encode("utf-8", "replace"),
                                            9)).decode()
    return f"{_seal(asked, packed)}.{packed}"


def _unsealed(asked: Asked, text: str) -> Precheck:
    """The opinion a form brings back. Raises UsageError for one that this server didn't give to this person."""
    seal, _, packed = text.partition(".")
    if not hmac.compare_digest(seal.encode(), _seal(asked, packed).encode()):
        raise UsageError("the opinion is none that this page gave; look the drafts through again")
    held = json.loads(zlib.decompress(base64.b64decode(packed)))
    return Precheck(
        held["year"], held["at"], unread=[Aside(**each) for each in held["unread"]],
        others=[Aside(**each) for each in held["others"]],
        opinions=[Opinion(**{**each, "entries": [Entry(**{**entry, "rules": tuple(entry["rules"])})
                                                 for entry in each["entries"]]}) for each in held["opinions"]])


def _seal(asked: Asked, packed: str) -> str:
    told = f"precheck\n{asked.person.name}\n{packed}".encode("utf-8", "surrogatepass")
    return hmac.new(asked.request.app.state.door.secret, told, hashlib.sha256).hexdigest()
