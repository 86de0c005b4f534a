"""What was captured, as it can be looked at without harm: a report's documents, and the lists that showed no report.

Promises: a captured document stands in a frame without scripts and under a policy of its own that loads nothing; its
bytes are only handed out as a file to keep; each hash is reached only through a report or finding this person sees.
Leaves alone: making documents harmless (sanitising.py), keeping what was made (source.py).
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import mimetypes
import re
from collections.abc import Collection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.responses import HTMLResponse

from crawler.exceptions import EvidenceError
from crawler.store import row_dicts
from extract import sniffing
from monitor import messages, wording
from monitor.web import pages, source
from monitor.web.asked import AbsentError
from monitor.web.views import view
from monitor.web.views.findings import finding_asked
from monitor.web.views.reports import report_asked

if TYPE_CHECKING:
    from starlette.responses import Response

    from extract.model import Report
    from monitor.web.asked import Asked
    from monitor.web.views.reports import Seen

Row = dict[str, Any]
MOST_PAGES = 40
"""Page numbers shown at once."""
_STYLE = re.search(r"<style>(.*?)</style>", (pages.STYLE.parent / "captured.html").read_text("utf-8"), re.DOTALL)
assert _STYLE is not None
POLICY = ("sandbox; default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
          f"style-src 'sha256-{base64.b64encode(hashlib.sha256(_STYLE[1].encode()).digest()).decode()}'")
_KINDS = {sniffing.HTML: ".html", sniffing.PDF: ".pdf", sniffing.DOCX: ".docx", sniffing.XLSX: ".xlsx",
          sniffing.OFD: ".ofd", sniffing.DOC: ".doc", sniffing.XLS: ".xls", sniffing.PLAIN: ".txt"}


# ---------------------------------------------------------------- a report's documents
def beside(asked: Asked, row: Row, report: Report, concerned: Collection[str], here: str, finding: str = "") -> Row:
    """Content of exhibit.html for a report: which document and page are shown, and where else to look. `here`: the
    page that holds the frame; its query may name part, page and mark. `finding`: only its cells count as concerned."""
    captured = source.captured(asked.connection, row)
    chosen = asked.query("mark")
    part = _part(asked, captured, report, chosen or (next(iter(concerned), "") if finding else ""))
    document = captured.documents[part]
    page = asked.number("page", least=1, most=10**5) or (_page_of(report, document, chosen) if chosen else None) \
        or _first_page(report, document, concerned)
    count = _pages(asked, report, document)
    frame = asked.links.page("captured", row["id"])

    def to(base: str, **query: Any) -> str:
        return f"{base}?{urlencode({name: value for name, value in query.items() if value not in (None, '')})}"

    return {
        "frame": to(frame, part=part, page=page, mark=chosen if page else "", finding=finding)
        + ("" if page else _fragment(chosen or (min(concerned, default="") if finding else ""))),
        "at": captured.at, "missing": "" if asked.installation.evidence.has(document.sha256) else
        asked.t("source_gone"), "page": page, "pages": count, "part": part,
        "numbers": [{"number": each, "page": to(here, part=part, page=each)} for each in _numbers(count, page or 1)],
        "documents": [{"name": _named(captured, number, asked), "sha256": each.sha256, "chosen": number == part,
                       "page": to(here, part=number), "frame": frame, "alone": to(frame, part=number, page=page),
                       "download": to(asked.links.page("download", row["id"]), part=number)
                       if asked.installation.evidence.has(each.sha256) else ""}
                      for number, each in enumerate(captured.documents)]}


def places(asked: Asked, row: Row, report: Report) -> dict[str, str]:
    """The address within the frame at which each figure that was read stands, by key."""
    captured = source.captured(asked.connection, row)
    parts = {document.sha256: number for number, document in enumerate(captured.documents)}
    frame, found = asked.links.page("captured", row["id"]), {}
    for key, figure in report.figures.items():
        at, part = figure.source, parts.get(figure.source.document or report.sha256)
        if part is None or figure.state == "absent" or (at.grid is None and at.box is None and at.span is None):
            continue
        query = {"part": part, **({"page": at.page, "mark": key} if at.box and at.page else {})}
        found[key] = f"{frame}?{urlencode(query)}" + ("" if "page" in query else _fragment(key))
    return found


def _fragment(key: str) -> str:
    return f"#f-{key}" if re.fullmatch(r"[\w.]+", key, re.ASCII) else ""


def _part(asked: Asked, captured: source.Captured, report: Report, chosen: str) -> int:
    named = asked.number("part")
    if named is not None:
        if named >= len(captured.documents):
            raise AbsentError(named)
        return named
    figure = report.figures.get(chosen)
    wanted = (figure.source.document if figure else None) or report.sha256
    return next((number for number, each in enumerate(captured.documents) if each.sha256 == wanted), 0)


def _of(report: Report, document: source.Document) -> list[tuple[str, int]]:
    return [(key, figure.source.page) for key, figure in report.figures.items()
            if figure.source.box and figure.source.page
            and (figure.source.document or report.sha256) == document.sha256]


def _page_of(report: Report, document: source.Document, chosen: str) -> int | None:
    return next((page for key, page in _of(report, document) if key == chosen), None)


def _first_page(report: Report, document: source.Document, concerned: Collection[str]) -> int | None:
    """The first page that something is to be seen on; None for media without pages."""
    held = _of(report, document)
    return min((page for key, page in held if key in concerned), default=None) \
        or min((page for _, page in held), default=None) or (1 if _paged(document) else None)


def _paged(document: source.Document) -> bool:
    return document.media_type == sniffing.PDF or document.media_type.startswith("image/")


def _pages(asked: Asked, report: Report, document: source.Document) -> int:
    """As many as the document was found to have when it was last shown, else as many as figures tell of."""
    if not _paged(document):
        return 0
    known = source.showing(asked.installation).pages_of(document)
    return known or max([page for _, page in _of(report, document)], default=1)


def _numbers(count: int, page: int) -> list[int]:
    """Numbers of pages to choose from; 0 stands for those left out."""
    if count <= MOST_PAGES:
        return list(range(1, count + 1))
    near = [each for each in range(page - 3, page + 4) if 1 < each < count]
    return [1, 0, *near, 0, count]


def _named(captured: source.Captured, number: int, asked: Asked) -> str:
    document = captured.documents[number]
    if document.role == "attachment" and document.name:
        return document.name
    before = [each for each in captured.documents[:number] if each.role == document.role]
    return asked.t("source_page") + (f" {len(before) + 1}" if before else "")


@view("/source/{key}")
def source_page(asked: Asked) -> Response:
    seen = report_asked(asked)
    here, back = asked.links.page("source", asked.key), asked.links.page("report", asked.key)
    exhibit = beside(asked, seen.row, seen.report, seen.concerned, here)
    if exhibit["page"] and not exhibit["missing"] and exhibit["pages"] <= 1:
        # How many pages there are is only known once one was made; the frame will ask for this very one.
        _count(asked, seen, exhibit["part"], exhibit["page"])
        exhibit = beside(asked, seen.row, seen.report, seen.concerned, here)
    return asked.page("source", {"title": seen.row["title"] or seen.contents.name(seen.standing.body), "back": back,
                                 "at": asked.day(exhibit["at"][:16]), "source": exhibit})


def _count(asked: Asked, seen: Seen, part: int, page: int) -> None:
    captured = source.captured(asked.connection, seen.row)
    document = captured.documents[part]
    if not source.showing(asked.installation).pages_of(document):
        marks = source.marks_of(seen.report, document.sha256, seen.concerned, asked.query("mark"), page)
        with contextlib.suppress(source.BusyError, EvidenceError):
            source.showing(asked.installation).shown(document, marks, page, pictures=captured.pictures)


@view("/captured/{key}")
def captured_document(asked: Asked) -> Response:
    seen = report_asked(asked)
    captured = source.captured(asked.connection, seen.row)
    document = captured.documents[_part(asked, captured, seen.report, "")]
    page = asked.number("page", least=1, most=10**5) or (1 if _paged(document) else None)
    concerned = seen.concerned
    if named := asked.query("finding"):
        stored = seen.contents.findings.get(named)
        if stored is None:
            raise AbsentError(named)
        concerned = set(stored.finding.figures)
    marks = source.marks_of(seen.report, document.sha256, concerned, asked.query("mark"), page)
    return _framed(asked, document, marks, page, pictures=captured.pictures)


def _framed(asked: Asked, document: source.Document, marks: list[Row], page: int | None = None, *,
            pictures: Row | Any = None, whole: bool = False) -> Response:
    try:
        made = source.showing(asked.installation).shown(document, marks, page, pictures=pictures, whole=whole)
        status, fault = 200, messages.said(made["fault"], asked.lang) if "fault" in made else ""
    except source.BusyError:
        made, status, fault = {}, 503, asked.t("source_busy")
    except EvidenceError:
        made, status, fault = {}, 200, asked.t("source_gone")
    fault = fault and (asked.t("source_fault", fault=fault.rstrip(".")) if status == 200 and "fault" in made else fault)
    alt = asked.t("source_alt", page=str(page or 1), n=str(len(made.get("placed", ()))))
    text = pages.render("captured", {
        "title": asked.t("source_frame"), "fault": fault, "alt": alt, "picture": made.get("picture", ""),
        "body": Markup(made.get("body", "")), "rest": Markup(made.get("rest", "")), "cut": made.get("cut", False)},
        asked.lang, asked.links)
    response = HTMLResponse(text, status, headers={"Content-Security-Policy": POLICY})
    if status == 503:
        response.headers["Retry-After"] = "5"
    return response


@view("/download/{key}")
def download(asked: Asked) -> Response:
    seen = report_asked(asked)
    captured = source.captured(asked.connection, seen.row)
    return _file(asked, captured.documents[_part(asked, captured, seen.report, "")])


def _file(asked: Asked, document: source.Document) -> Response:
    try:
        data = asked.installation.evidence.get(document.sha256)
    except EvidenceError:
        return asked.notice("absent_page", asked.t("source_gone"), 404)
    true = sniffing.media_type(data, document.name, document.media_type)
    ending = _KINDS.get(true) or mimetypes.guess_extension(true) or ".bin"
    stem = re.sub(r"[^\w（）()\-]+", "_", document.name.rsplit(".", 1)[0] if document.role == "attachment" else "")
    response = asked.attachment(data, f"{stem.strip('_')[:60] or 'page'}-{document.sha256[:12]}{ending}",
                                "application/octet-stream")
    response.headers["Content-Security-Policy"] = POLICY
    return response


# ---------------------------------------------------------------- the lists that showed no report
def look_asked(asked: Asked) -> tuple[Row, list[Row]]:
    """The look at a column that the query names, and its captured pages; only those the finding rests on. Raises
    AbsentError."""
    contents, stored = finding_asked(asked)
    named = asked.number("listing", most=10**7)
    rows = [row for row in contents.listings(stored.finding) if row["id"] == named]
    if not rows:
        raise AbsentError(named)
    fetches = [each for each in json.loads(rows[0]["pages"]) if isinstance(each, int)]
    held = [row for each in fetches for row in row_dicts(asked.connection, "SELECT * FROM fetch WHERE id = ?", (each,))
            if row["sha256"]]
    return rows[0], held


@view("/look/{key}")
def look(asked: Asked) -> Response:
    listing, held = look_asked(asked)
    page = asked.number("page", 1, least=1) or 1
    frame, here = asked.links.page("looked", asked.key), asked.links.page("look", asked.key)
    query = {"listing": listing["id"]}
    shown = held[page - 1:page]
    exhibit = {
        "frame": f"{frame}?{urlencode({**query, 'page': page})}", "page": page, "pages": len(held),
        "missing": "" if shown and asked.installation.evidence.has(shown[0]["sha256"]) else asked.t("source_gone"),
        "numbers": [{"number": each, "page": f"{here}?{urlencode({**query, 'page': each})}"} if each else
                    {"number": 0, "page": ""} for each in _numbers(len(held), page)],
        "documents": [{"name": row["url"], "sha256": row["sha256"], "chosen": True, "page": "", "frame": frame,
                       "alone": f"{frame}?{urlencode({**query, 'page': page})}", "download": ""} for row in shown]}
    rows = row_dicts(asked.connection, "SELECT day, title, url FROM sighting WHERE listing = (SELECT holder "
                     "FROM listing WHERE id = ?) ORDER BY id LIMIT 500",
                     (listing["id"],))
    return asked.page("source", {
        "title": asked.t("look_head", t=asked.day(listing["at"][:16]), outcome=wording.outcome_words(
            listing["outcome"], asked.lang)[0], whole=asked.t("whole" if listing["complete"] else "part")),
        "back": asked.links.page("finding", asked.key), "at": asked.day(listing["at"][:16]), "source": exhibit,
        "rows": rows})


@view("/looked/{key}")
def looked(asked: Asked) -> Response:
    _, held = look_asked(asked)
    page = asked.number("page", 1, least=1) or 1
    if page > len(held):
        raise AbsentError(page)
    row = held[page - 1]
    document = source.Document("page", "", row["sha256"], row["media_type"] or "", row["final_url"] or row["url"])
    return _framed(asked, document, [], whole=True)


def snapshot_links(asked: Asked, identity: str, looks: list[Row]) -> None:
    """Give each look of a finding's page the address of its captured list."""
    for row in looks:
        row["page"] = f"{asked.links.page('look', identity)}?{urlencode({'listing': row['id']})}" \
            if row["hashes"] else ""


