"""Captured documents with the cells marked that a finding or report speaks of: pictures of pages, tables as HTML.

Promises: a page's picture with a box around each cell (PDF, scans), or the tables as the reader saw them with the cells
highlighted (every other medium), standing alone, without scripts and without anything loaded; foreign documents are
only opened under the guard. Leaves alone: which cells they are.
"""

from __future__ import annotations

import base64
import html
import io
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extract.exceptions import ExtractError
from extract.limits import Guard
from extract.model import Hints
from monitor import wording

if TYPE_CHECKING:
    from extract.model import Figure, Report
    from monitor.wording import Lang

_MARGIN = 3
"""Pixels a box stands off the cell."""
_PAGE = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>{title}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<style>body{{font:14px/1.5 sans-serif;margin:2em;color:#222}}table{{border-collapse:collapse;margin:1em 0}}
td{{border:1px solid #999;padding:2px 6px;vertical-align:top}}
mark,td.marked{{background:#ffd54d;outline:2px solid #c62828}}
pre{{white-space:pre-wrap}}dt{{font-weight:bold}}</style></head><body><h1>{title}</h1><p>{about}</p>
{content}</body></html>
"""


@dataclass(frozen=True, slots=True)
class Marked:
    """One rendering: its file, the document it shows, the page, the keys marked; `fault` where it couldn't be made."""

    file: str
    sha256: str
    page: int | None
    keys: tuple[str, ...]
    fault: str = ""


def render(folder: Path, report: Report, figures: Mapping[str, Figure], get: Callable[[str], bytes],
           names: Mapping[str, str], phrase: str, about: str, lang: Lang) -> list[Marked]:
    """Write the renderings into `folder`/rendering. `get` gives captured bytes by hash, `names` their files in the
    pack; `phrase` is marked in the report's prose."""
    target = folder / "rendering"
    target.mkdir()
    groups: dict[tuple[str, int | None], dict[str, Figure]] = defaultdict(dict)
    for key, figure in figures.items():
        source = figure.source
        if source.box or source.grid is not None or source.span:
            groups[source.document or report.sha256, source.page if source.box else None][key] = figure
    made: list[Marked] = []
    with Guard(task="extract.exhibit:show") as guard:
        for number, ((sha256, page), marked) in enumerate(sorted(groups.items(), key=lambda one: (
                one[0][0], one[0][1] or 0)), 1):
            stem = f"rendering/{number:03}{f'-page{page}' if page else ''}"
            try:
                shown = guard.record(get(sha256), Hints(name=names.get(sha256, sha256[:12])), page=page)
            except (ExtractError, OSError, ValueError) as fault:
                made.append(Marked("", sha256, page, tuple(marked), str(fault)))
                continue
            made += _written(folder, stem, sha256, page, shown, marked, about, lang)
    if phrase and (section := next((each for each in report.sections if phrase in each.text), None)):
        before, _, after = section.text.partition(phrase)
        text = f"<pre>{html.escape(before)}<mark>{html.escape(phrase)}</mark>{html.escape(after)}</pre>"
        file = f"rendering/{len(made) + 1:03}-text.html"
        (folder / file).write_text(_PAGE.format(title=html.escape(report.title), about=html.escape(about),
                                                content=f"<h2>{html.escape(section.title)}</h2>{text}"), "utf-8")
        made.append(Marked(file, report.sha256, None, ()))
    if not any(target.iterdir()):
        target.rmdir()
    return made


def _written(folder: Path, stem: str, sha256: str, page: int | None, shown: dict[str, Any], marked: dict[str, Figure],
             about: str, lang: Lang) -> list[Marked]:
    keys = tuple(marked)
    told = "".join(f"<dt>{html.escape(wording.figure(key, lang))}</dt><dd>{html.escape(figure.raw or '')}</dd>"
                   for key, figure in marked.items())
    if shown["picture"]:
        picture = _boxed(base64.b64decode(shown["picture"]), shown["scale"], marked)
        (folder / f"{stem}.png").write_bytes(picture)
        content = f'<img alt="" src="data:image/png;base64,{base64.b64encode(picture).decode("ascii")}">'
        files = [f"{stem}.png"]
    elif shown["grids"]:
        content, files = _tables(shown["grids"], marked), []
    else:
        content, files = _spans(shown["text"], marked), []
    (folder / f"{stem}.html").write_text(_PAGE.format(
        title=html.escape(sha256[:12]), about=html.escape(about), content=f"{content}<dl>{told}</dl>"), "utf-8")
    return [Marked(file, sha256, page, keys) for file in (*files, f"{stem}.html")]


def _boxed(picture: bytes, scale: float, marked: dict[str, Figure]) -> bytes:
    from PIL import Image, ImageDraw

    image = Image.open(io.BytesIO(picture)).convert("RGB")
    pen = ImageDraw.Draw(image)
    for figure in marked.values():
        if figure.source.box:
            left, top, right, bottom = (each * scale for each in figure.source.box)
            pen.rectangle((left - _MARGIN, top - _MARGIN, right + _MARGIN, bottom + _MARGIN), outline=(198, 40, 40),
                          width=2)
    made = io.BytesIO()
    image.save(made, "PNG")
    return made.getvalue()


def _tables(grids: list[dict[str, Any]], marked: dict[str, Figure]) -> str:
    places = {(one.source.grid, one.source.row, one.source.column) for one in marked.values()}
    parts = []
    for number, grid in enumerate(grids):
        wanted = {(row, column) for which, row, column in places if which == number}
        if not wanted:
            continue
        rows: dict[int, list[str]] = defaultdict(list)
        for cell in sorted(grid["cells"], key=lambda one: (one["row"], one["column"])):
            inside = any(cell["row"] <= (row or 0) < cell["row"] + cell["rowspan"]
                         and cell["column"] <= (column or 0) < cell["column"] + cell["colspan"]
                         for row, column in wanted)
            spans = "".join(f' {name}="{int(cell[name])}"' for name in ("rowspan", "colspan") if cell[name] > 1)
            mark = ' class="marked"' if inside else ""
            rows[cell["row"]].append(f"<td{mark}{spans}>{html.escape(cell['text'])}</td>")
        parts.append("<table>" + "".join(f"<tr>{''.join(rows.get(row, ()))}</tr>" for row in range(grid["rows"]))
                     + "</table>")
    return "".join(parts)


def _spans(text: str, marked: dict[str, Figure]) -> str:
    at, parts = 0, []
    for start, end in sorted({one.source.span for one in marked.values() if one.source.span}):
        if start >= at:
            parts += [html.escape(text[at:start]), f"<mark>{html.escape(text[start:end])}</mark>"]
            at = end
    return f"<pre>{''.join(parts)}{html.escape(text[at:])}</pre>"
