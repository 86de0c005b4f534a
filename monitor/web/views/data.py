"""数据: what there is to take along – tables, the data package, the ledger, the feed, the interface for programs.

Promises: what would take long isn't made while somebody waits: the page then names the command that makes it; nobody
gets more than their remit. Leaves alone: what the files hold (exports/), the interface itself (api.py).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.responses import StreamingResponse

from monitor.exports import open_tables
from monitor.web import api
from monitor.web.asked import AbsentError
from monitor.web.board import Filter
from monitor.web.views import exports, view

if TYPE_CHECKING:
    from starlette.responses import Response

    from monitor.web.asked import Asked

SMALL = 3000
"""Statuses up to which a package or ledger is made while its reader waits."""
_TABLES = ("overview", "reports", "findings", "bodies", "rules", "deadlines")
_EXAMPLE = "curl -H 'Authorization: Bearer nbt_…' {origin}/api/v1/statuses?year={year}"


@view("/data")
def data_page(asked: Asked) -> Response:
    facts, board, zh = open_tables.facts(), asked.installation.board, asked.lang == "zh"
    declared = api.api()
    small = _statuses(asked) <= SMALL
    origin = asked.settings.general.link.rstrip("/") or str(asked.request.base_url).rstrip("/")
    return asked.page("data", {
        "as_of": board.at[:16], "description": facts.description.say(asked.lang), "resources": None,
        "licence": facts.licence.name, "citation": facts.citation.say(asked.lang).format(
            title=facts.title.say(asked.lang), t=board.at[:10] or "—", version=_version()),
        "tables": [{"title": asked.t(f"table_{name}"), "files": exports.files(asked, name)} for name in _TABLES
                   if not (name == "findings" and asked.person.guest)],
        "package": f"{asked.links.root}files/nianbao-data.zip" if small else "",
        "ledger": f"{asked.links.root}files/ledger.xlsx" if small and asked.person.may("reviewer") else "",
        "commands": [] if small else ["nianbao export data --out nianbao-data.zip", "nianbao export ledger --out "
                                      "ledger.xlsx"],
        "feed": f"{asked.links.root}feed.atom", "calendar": f"{asked.links.root}due.ics",
        "login": asked.request.app.state.login, "document": f"{api.ROOT}/openapi.json?lang={asked.lang}",
        "about": declared.description.say(asked.lang),
        "example": _EXAMPLE.format(origin=origin, year=board.newest or ""),
        "operations": [{"method": each.method, "path": api.ROOT + each.path, "text": each.zh if zh else each.en,
                        "parameters": [(name, declared.parameters[name].zh if zh else declared.parameters[name].en)
                                       for name in each.query]}
                       for each in declared.operations.values() if asked.person.may(each.role)]})


def _statuses(asked: Asked) -> int:
    board = asked.installation.board
    picked = board.pick(Filter(), asked.reach)
    return int((board.status[picked.counted] >= 0).sum())


def _version() -> str:
    from importlib import metadata

    return metadata.version("nianbao")


# ---------------------------------------------------------------- files
@view("/files/{key}")
def file(asked: Asked) -> Response:
    if asked.key not in _FILES or _statuses(asked) > SMALL:
        raise AbsentError(asked.key)
    role, media_type, write = _FILES[asked.key]
    if not asked.person.may(role):
        return asked.notice("not_allowed", asked.t("not_allowed_text"), 403)
    with exports.turn() as mine:
        if not mine:
            return exports.busy(asked)
        with tempfile.TemporaryDirectory(prefix="nianbao-") as folder:
            path = Path(folder) / asked.key
            write(asked, path)
            made = path.open("rb")  # stays readable when the folder is gone
            size = path.stat().st_size
    return StreamingResponse(exports.pieces(made), media_type=media_type, headers={
        "Content-Length": str(size), "Content-Disposition": f'attachment; filename="{asked.key}"'})


def _package(asked: Asked, path: Path) -> None:
    from monitor.exports import data

    data.write(data.extract_of(asked.connection, asked.roster, asked.reach), path)


def _ledger(asked: Asked, path: Path) -> None:
    from monitor.exports import ledger_book

    ledger_book.write(asked.installation.store, asked.roster, asked.settings, path, asked.lang, bodies=asked.reach)


_FILES: dict[str, tuple[str, str, Callable[[Any, Path], None]]] = {
    "nianbao-data.zip": ("viewer", "application/zip", _package),
    "ledger.xlsx": ("reviewer", exports.FORMATS["xlsx"], _ledger)}
