"""`export site`: the web's pages as files that open offline, with the open data beside them.

Promises: every link between the pages leads somewhere; pages are written one by one into a folder that takes the place
of the old one only when complete; zh at the root and en under en/ (or the other way round). The same store gives the
same bytes. Leaves alone: what stands on the pages (monitor/web).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor import printing
from monitor.exceptions import UsageError
from monitor.session import Session

if TYPE_CHECKING:
    from monitor.exports.data import Package
    from monitor.web.contents import Contents
    from monitor.wording import Lang

FILES = "data"


@dataclass(slots=True)
class Written:
    """How many pages, and bytes of all files."""

    pages: int = 0
    size: int = 0


def register(group: typer.Typer) -> None:
    group.command("site")(site)


def site(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="a new folder")],
    under: Annotated[str | None, typer.Option("--under", metavar="BODY", help="only this body and those below")] = None,
    one_language: Annotated[bool, typer.Option("--one-language", help="only pages of the present language")] = False,
    force: Annotated[bool, typer.Option("--force", help="replace what stands there")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document on stdout")] = False,
) -> None:
    """Write static pages: overview, bodies, reports, findings, method, data, comparisons; they open offline."""
    from monitor import compliance, wording
    from monitor.commands.oversight import reach
    from monitor.exports import data
    from monitor.web.contents import Contents

    session: Session = context.obj
    if out.suffix == ".zip":
        raise UsageError(f"{out}: the pages are written as a folder; name one")
    data.refuse(out, force)
    roster, store = session.roster(), session.store()
    bodies = reach(roster, under)
    view = compliance.view(store, roster, session.settings, bodies=bodies)
    other: Lang = "en" if session.lang == "zh" else "zh"
    with store.read() as connection, data.building(out) as folder:
        (folder / FILES).mkdir()
        package = data.fill(data.extract_of(connection, roster, bodies), folder / FILES, under=under)
        contents = Contents(connection, view, roster, session.settings, bodies)
        written = write(contents, package, folder, (session.lang,) if one_language else (session.lang, other))
    if as_json:
        printing.document({"path": str(out), "pages": written.pages, "size": written.size})
    else:
        printing.line(wording.say("site_written", session.lang, path=out, pages=written.pages, size=said(written.size),
                                  index=out / "index.html"))


def write(contents: Contents, package: Package, folder: Path, languages: Iterable[Lang]) -> Written:
    """Every page of every language, the first language at the root."""
    from monitor.web import pages

    languages, written = list(languages), Written()
    shutil.copyfile(pages.STYLE, folder / "style.css")
    for path, kind, key in places(contents):
        up = "../" * path.count("/")
        for number, lang in enumerate(languages):
            inner = f"{lang}/" if number else ""
            base = up + ("../" if number else "")
            links = pages.Links(root=up, style=f"{base}style.css", files=f"{base}{FILES}/")
            if len(languages) > 1:
                links = replace(links, other=f"{base}{path}" if number else f"{base}{languages[1]}/{path}")
            target = folder / inner / path
            target.parent.mkdir(parents=True, exist_ok=True)
            made = pages.render(template_of(kind), content(contents, package, kind, key, lang), lang, links)
            target.write_text(made, "utf-8", errors="replace", newline="\n")
            written.pages += 1
    written.size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return written


def places(contents: Contents) -> Iterator[tuple[str, str, str]]:
    """Every page as (path, kind, key)."""
    from monitor.web.pages import slug

    yield from (("index.html", "overview", ""), ("method.html", "method", ""), ("data.html", "data", ""))
    # Body by body, so that a report is read once for its page and its comparisons.
    held: dict[str, list[tuple[str, str]]] = {body: [("body", body)] for body in contents.standings}
    for report, standing in contents.reports.items():
        held[standing.body].append(("report", report))
    for key, pair in contents.pairs.items():
        held[pair.body].append(("compare", key))
    for identity, stored in contents.findings.items():
        held.setdefault(stored.finding.body, []).append(("finding", identity))
    yield from ((f"{kind}/{slug(key)}.html", kind, key) for listed in held.values() for kind, key in listed)


def template_of(kind: str) -> str:
    return "comparison" if kind == "compare" else kind


def content(contents: Contents, package: Package, kind: str, key: str, lang: Lang) -> dict[str, Any]:
    """What stands on one page."""
    if kind == "overview":
        return contents.overview(lang)
    if kind == "method":
        return contents.method(lang)
    if kind == "data":
        return {**contents.page(), **offered(package, lang)}
    make = {"body": contents.body, "report": contents.report, "finding": contents.finding,
            "compare": contents.comparison}
    return make[kind](key, lang)


def offered(package: Package, lang: Lang) -> dict[str, Any]:
    """The data page, from the package's descriptor."""
    ending, told = ("" if lang == "zh" else "_en"), package.descriptor
    resources = [{"title": each[f"title{ending}"], "path": each["path"], "rows": each["rows"],
                  "size": said(each["bytes"])} for each in told["resources"]]
    return {"description": told[f"description{ending}"], "citation": told[f"citation{ending}"],
            "licence": told["licenses"][0]["name"], "resources": resources}


def said(size: int) -> str:
    """A size in words, e.g. 3.4 MB."""
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{max(size, 1) / 1e3:.1f} KB"
