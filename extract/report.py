"""Document → Report: the one place where everything read of a document comes together.

Promises: `read` and `build` always return a Report whose problems say what could not be read and why; nothing is
invented, nothing passes as absent when the medium couldn't show it. Leaves alone: judging (the monitor).

Confidence of a figure: 1.0 where a cell is named by printed row label and column header; 0.9–0.95 where a misprinted
label or counted blanks had to be interpreted; below 0.9 where order alone placed it; 0.6 at most where figures that
order placed break a sum of the form that a shift by one place would mend.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from extract import claims, dates, forms, readers, sniffing, titles, worksheets
from extract.completeness import readings, statistic_readings
from extract.crosscheck import bear_out, lower_shifted, settle
from extract.exceptions import UnreadableDocumentError
from extract.indicators import IndicatorReader
from extract.loose import LooseReader
from extract.model import Document, Grid, Hints, Image, Published, Report, Scope, TableReading, Text
from extract.printed import Printed
from extract.second_opinion import confirmed
from extract.sections import SectionSpan, split
from extract.tables import TableReader
from extract.titles import Title

VERSION = 9
_DUMP = "text/plain"
_SECTIONS = 6
_HANGING = re.compile(r"table \d+ was not found; (?P<count>\d+) files or frames hang on the page")
_MOST_NAMED = 3
_RECOGNISED = 0.85
"""At most, for a number in recognised prose: no sum of the form bears it out."""
_NO_TITLE = "no title was found"
_TITLE_BLOCKS = 12
"""How many paragraphs from the top a title may stand."""


def read(data: bytes, hints: Hints | None = None) -> Report:
    """One document's bytes as a Report, in this process (see limits.Guard for a guarded one).

    Raises UnreadableDocumentError when nothing can be read at all.
    """
    hints = hints or Hints()
    document = document_of(data, hints)
    return confirmed(build(document, hints), document, data, hints, build)


def document_of(data: bytes, hints: Hints) -> Document:
    """What the medium's reader saw, with what its pictures show. Raises UnreadableDocumentError."""
    media_type = sniffing.media_type(data, hints.name or "", hints.media_type or "")
    document = readers.read(data, media_type, hints)
    document.blocks = [part for block in document.blocks
                       for part in (worksheets.opened(block) if isinstance(block, Grid) else [block])]
    if any(isinstance(block, Image) and (block.data or hints.resources) for block in document.blocks):
        from extract.scans import read_pictures  # loads the recogniser, which most documents don't need

        read_pictures(document, hints.resources, hints.url or "")
    return document


def build(document: Document, hints: Hints | None = None) -> Report:
    """Everything a document says, as a Report."""
    hints = hints or Hints()
    spans = split(document)
    title, body, year, scope = _identity(document, spans, hints)
    sections = [span.section() for span in spans if span.number or span.text]
    period = claims.stated_period(sections)
    grids = [block for block in document.blocks if isinstance(block, Grid)]
    for number, grid in enumerate(grids):
        for cell in grid.cells:
            cell.place = number, cell.row, cell.column
    statistics, others = _indicators(grids, year)
    printed, used, tagged = _tables(others, spans, year, bool(statistics.rows))
    tables = [*statistic_readings(statistics, year, spans), *readings(printed, used, tagged, spans)]
    figures = statistics.figures | printed.figures
    if used:
        lower_shifted(figures, used)
    printed.problems += settle(figures, {id(form): form for form in used.values()}.values())
    if document.recognised:
        bear_out(figures, {id(form): form for form in used.values()}.values())
    told = claims.processing_fee(sections) | claims.narrative(sections, year)
    found = claims.find_claims(sections, year)
    if document.recognised:
        for figure in told.values():
            figure.confidence = min(figure.confidence, _RECOGNISED)
        for claim in found:
            claim.confidence = _RECOGNISED
    figures.update(told)
    form = tagged.get(2) or tagged.get(3) or next((table.form for table in tables if table.found and table.form), None)
    report = Report(
        title=title, body=body, year=year, scope=scope, form=form,
        medium=document.medium, sha256=document.sha256, reader=document.reader, version=VERSION,
        published=dates.publication(document, hints, year), sections=sections, tables=tables, figures=figures,
        claims=found, period=period, damaged=document.damaged)
    report.problems = [*document.problems, *statistics.problems, *printed.problems,
                       *_problems(document, tables, report)]
    return report


def combine(page: Report | Document, attachments: Sequence[Report | Document], hints: Hints | None = None) -> Report:
    """The report of a page and its attachments: the part that really is the report, with the page's date evidence.

    A part of the page's year wins, then one with four sections, then the one with most figures. Tables that only
    another part of the same year holds are taken from there, so that a page whose tables hang on it as a file is whole;
    their figures' sources name that document. A part left aside is a problem only where it gives other figures, or
    could not be read while something is missing; one that repeats the report, or holds none of it, is no doubt.
    """
    parts = [part if isinstance(part, Report) else build(part, hints) for part in (page, *attachments)]
    front = parts[0]
    chosen = max(parts, key=lambda part: (front.year is None or part.year in (None, front.year), *_weight(part),
                                          part is front))
    result = replace(chosen, problems=list(chosen.problems), figures=dict(chosen.figures), tables=list(chosen.tables))
    if chosen is not front:
        result.published = _merged_dates(front, chosen)
        if not titles.parse(chosen.title).accepted and titles.parse(front.title).accepted:
            result.title, result.scope = front.title, front.scope
            result.body, result.year = front.body or chosen.body, front.year or chosen.year
        result.body, result.year = result.body or front.body, result.year or front.year
    aside = []
    for part in parts:
        if part is chosen:
            continue
        taken = _adopt(result, part)
        if taken:
            result.problems = [said for said in result.problems
                               if not any(said.startswith(f"table {number} ") for number in taken)]
            result.problems += [said for said in part.problems if said not in (_NO_TITLE, *result.problems)
                                and (not said.startswith("table ")
                                     or any(said.startswith(f"table {number} ") for number in taken))]
        else:
            aside.append(part)
    result.problems = [said for said in result.problems if not _read_since(said, len(attachments))]
    for part in aside:
        doubt = _doubt_of(result, part)
        if doubt:
            name = "the page itself" if part is front else f"attachment {part.title or part.sha256[:12]!r}"
            result.problems.append(f"left aside: {name} ({part.medium}, {len(_sure(part))} figures, "
                                   f"{_section_count(part)} sections): {doubt}")
    return result


def _adopt(result: Report, part: Report) -> list[int]:
    """Move the tables into `result` that only another part of the same year holds; their numbers."""
    if part.year not in (None, result.year):
        return []
    taken = []
    for place, table in enumerate(result.tables):
        other = next((reading for reading in part.tables if reading.table == table.table), None)
        if table.found or other is None or not (other.found or other.image) or (table.image and not other.found):
            continue
        result.tables[place] = other
        for key, figure in part.figures.items():
            if figure.source.table == table.table:
                document = figure.source.document or part.sha256
                result.figures[key] = replace(figure, source=replace(figure.source, document=document))
        taken.append(table.table)
    if taken:
        result.form = result.form or part.form
        result.damaged = result.damaged or part.damaged
    return taken


def _read_since(problem: str, attachments: int) -> bool:
    """Whether a problem only says that files hang on the page, which have been read with it by now."""
    match = _HANGING.match(problem)
    return match is not None and int(match["count"]) <= attachments


def _doubt_of(result: Report, part: Report) -> str:
    """Why a part left aside casts doubt on the report; empty where it casts none."""
    if part.year not in (None, result.year):
        return ""
    differing = [key for key in _sure(part) if key in result.figures and result.figures[key].state != "absent"
                 and part.figures[key].value != result.figures[key].value]
    if differing:
        return f"{len(differing)} of its figures differ, first {differing[0]}"
    unread = part.damaged or any(table.image for table in part.tables) or (
        bool(part.problems) and not _sure(part) and not any(section.text for section in part.sections))
    whole = _section_count(result) >= _SECTIONS and all(table.found for table in result.tables)
    return "it could not be read, and the report lacks a part" if unread and not whole else ""


def is_report(report: Report) -> bool:
    """Whether the content is an annual report: at least four of the six sections."""
    return _section_count(report) >= 4


# ---------------------------------------------------------------- who and when
def _identity(document: Document, spans: list[SectionSpan],
              hints: Hints) -> tuple[str, str | None, int | None, Scope]:
    """Title, body, year and scope: from print, metadata, the medium's title, then hints. The title leaves section 0."""
    heading = _printed_title(spans)
    offered = [heading[0] if heading else "", document.meta.get("ArticleTitle", ""), document.title,
               hints.title or ""]
    parsed = [(text, titles.parse(text)) for text in (_clean(text) for text in offered) if text]
    accepted = [(text, said) for text, said in parsed if said.accepted]
    best = next(((text, said) for text, said in accepted if said.body and said.year), None)
    best = best or (accepted[0] if accepted else None) or (parsed[0] if parsed else None)
    if heading:
        _drop(spans[0], heading[1])
    if best is None:
        return "", hints.body, hints.year, hints.scope or "unknown"
    text, said = best
    others = [other for _, other in accepted]
    body = said.body or next((other.body for other in others if other.body), None) or hints.body
    year = said.year or next((other.year for other in others if other.year), None) or hints.year
    scope = said.scope if said.scope != "unknown" else hints.scope or "unknown"
    return text, body, year, scope


def _printed_title(spans: list[SectionSpan]) -> tuple[str, list[Text]] | None:
    """The title as the document prints it above section 1, perhaps over up to three paragraphs."""
    texts = [block for block in spans[0].blocks if isinstance(block, Text) and block.text.strip()][:_TITLE_BLOCKS]
    options: list[tuple[tuple[bool, int], str, list[Text], Title]] = []
    for start in range(len(texts)):
        for count in (1, 2, 3):
            part = texts[start:start + count]
            text = _one_line("".join(block.text for block in part))
            if len(part) < count or len(text) > 80 or any("。" in block.text for block in part):
                break
            said = titles.parse(text)
            if said.accepted:
                options.append(((not (said.body and said.year), start), text, part, said))
    if not options:
        return None
    _, text, part, _ = min(options, key=lambda option: (option[0], len(option[2])))
    same = [block for block in texts if titles.normalise(block.text) == titles.normalise(text)]
    return text, [*part, *same]


def _one_line(text: str) -> str:
    """One line without the blanks that layout puts between Chinese characters and digits."""
    return re.sub(r"(?<=[^\x21-\x2f\x3a-\x7e])\s+|\s+(?=[^\x21-\x2f\x3a-\x7e])", "", text.strip())


def _clean(text: str) -> str:
    """A title without the site's and column's names that pages append to it."""
    text = _one_line(text)
    whole = titles.parse(text)
    for mark in ("_", "|", "-", "—", "–"):
        for part in text.split(mark):
            said = titles.parse(part) if part != text else whole
            same = (said.body, said.year) == (whole.body, whole.year) and (said.body or mark in "_|")
            if part != text and said.accepted and (same or not whole.accepted):
                return part.strip()
    return text


def _drop(span: SectionSpan, blocks: Sequence[Text]) -> None:
    span.blocks = [block for block in span.blocks if not any(block is other for other in blocks)]


# ---------------------------------------------------------------- tables
def _indicators(grids: Sequence[Grid], year: int | None) -> tuple[Printed, list[Grid]]:
    """What tables of indicators print (the statistics form), and the grids that are none."""
    lists = [table for era in forms.eras() for table in forms.form(era).tables if table.layout == "list"]
    for fact in lists:
        reader = IndicatorReader(fact, year)
        chosen = reader.select(grids)
        if chosen:
            return reader.read(chosen), [grid for grid in grids if not any(grid is other for other in chosen)]
    return Printed(), list(grids)


def _tables(grids: Sequence[Grid], spans: Sequence[SectionSpan], year: int | None,
            listed: bool) -> tuple[Printed, dict[int, forms.Form], dict[int, str]]:
    """What the grids print, the form each table was read with, and the era each table's labels tell.

    Tables in sections 2 to 4 come first; grids elsewhere (statistics in the prose) serve for tables not found there.
    `listed`: the statistics form was found; then a year of that form owes no other table.
    """
    near = [grid for span in spans if span.number in (2, 3, 4) for grid in span.grids
            if any(grid is other for other in grids)]
    governing = forms.era_of_year(year) if year else None
    told = {number: forms.recognise(near, number) or forms.recognise(grids, number) for number in (2, 3, 4)}
    # What one table tells, or else the year, decides for those whose signs two forms share.
    likely = [era for era in (*told.values(), governing) if era]
    told = {number: era or forms.recognise(near, number, likely) or forms.recognise(grids, number, likely)
            for number, era in told.items()}
    if year and not governing and not told[2] and not told[3]:
        problems = [] if listed else [f"no form of the year {year} is on file; its tables were not read"]
        return Printed(problems=problems), {}, {}
    if governing and not _has_parts(governing):
        if not told[2] and not told[3]:
            return Printed(), {}, {}
        governing = None
    fallback = governing or next(era for era in reversed(forms.eras()) if _has_parts(era))
    eras = {2: told[2] or told[3] or fallback, 3: told[3] or told[2] or fallback}
    eras[4] = told[4] or eras[2]
    used = {number: forms.form(era) for number, era in eras.items()}
    printed = _printed(near, used)
    if len(near) < len(grids) and any(number not in printed.rows for number in used):
        _merge(printed, _printed(grids, used))
    for span in spans:
        if fact := next((form.table(span.number) for number, form in used.items() if number == span.number), None):
            for line in (span.title, *span.text.split("\n")):
                printed.note_unit_said(fact, line)
    tagged = {number: era for number, era in told.items() if era}
    if 3 not in tagged and printed.rows.get(3):
        tagged[3] = eras[3] if 2 in tagged or "closed" not in printed.rows[3] else _older(eras[3])
    if printed.rows.get(4):
        tagged[4] = eras[4]
    return printed, used, tagged


def _has_parts(era: str) -> bool:
    """Whether an era's form has the tables of the six-part report, and not a list of indicators."""
    return {2, 3, 4} <= {table.table for table in forms.form(era).tables}


def _printed(grids: Sequence[Grid], used: dict[int, forms.Form]) -> Printed:
    printed = TableReader(used).read(grid for grid in grids if not grid.loose)
    loose = [grid for grid in grids if grid.loose]
    if loose:
        _merge(printed, LooseReader(used).read(loose))
    printed.drop_strays(form.table(number) for number, form in used.items())
    return printed


def _older(era: str) -> str:
    """The era whose own table 3 has the one-row 其他处理 that was printed without any other sign of an era."""
    for name in filter(_has_parts, forms.eras()):
        if any(row.key == "closed" and not row.instead_of for row in forms.form(name).table(3).rows):
            return name
    return era


def _merge(printed: Printed, other: Printed) -> None:
    """Fill the tables that `printed` doesn't show from another reading: loose grids, or grids elsewhere."""
    for number, prefix in ((2, "disclosure."), (3, "applications."), (4, "disputes.")):
        if printed.rows.get(number):
            continue
        printed.figures.update({key: figure for key, figure in other.figures.items() if key.startswith(prefix)})
        for ours, theirs in ((printed.rows, other.rows), (printed.rows_extra, other.rows_extra),
                             (printed.columns_extra, other.columns_extra)):
            if number in theirs:
                ours[number] = theirs[number]
        if number in other.headed:
            printed.headed.add(number)
        if number in other.columns:
            printed.columns[number] = other.columns[number]
        if number in other.pages:
            printed.pages.setdefault(number, other.pages[number])
    printed.problems.extend(said for said in other.problems if said not in printed.problems)


# ---------------------------------------------------------------- what can't be told
def _problems(document: Document, tables: Sequence[TableReading], report: Report) -> list[str]:
    said = []
    for table in tables:
        figures = [key for key, figure in report.figures.items()
                   if figure.source.table == table.table and figure.state != "absent"]
        if table.image:
            said.append(f"table {table.table} is a picture; its figures were not read")
        elif table.found and not figures:
            said.append(f"table {table.table} was found but could not be read: its rows are lost")
        elif table.columns_missing and table.columns_extra and any(
                report.figures[key].confidence < 1 for key in figures):
            said.append(f"table {table.table}: {len(table.columns_missing)} columns were not read, for the headings "
                        f"over them could not be told apart: {', '.join(table.columns_extra[:_MOST_NAMED])[:200]}")
        elif not table.found and document.damaged:
            said.append(f"table {table.table} was not found; the file is damaged, so it may exist")
        elif not table.found and document.links:
            named = ", ".join(link.text or link.address for link in document.links[:_MOST_NAMED])
            said.append(f"table {table.table} was not found; {len(document.links)} files or frames hang on the page "
                        f"and were not read with it: {named[:200]}")
        elif not table.found and document.medium == _DUMP:
            said.append(f"table {table.table} was not found; a text dump can't prove that it is absent")
    if not report.title:
        said.append(_NO_TITLE)
    if any(isinstance(block, Image) for block in document.blocks) and not any(table.found for table in tables) \
            and not any(table.image for table in tables):
        said.append("the document holds pictures that may be its tables; they were not read")
    return said


def _merged_dates(front: Report, chosen: Report) -> Published | None:
    if front.published is None:
        return chosen.published
    hints = list(front.published.all)
    for hint in chosen.published.all if chosen.published else []:
        if hint not in hints:
            hints.append(hint)
    return replace(front.published, all=hints)


def _sure(report: Report) -> list[str]:
    return [key for key, figure in report.figures.items() if figure.source.table and figure.state != "absent"]


def _section_count(report: Report) -> int:
    return len({section.number for section in report.sections if section.number})


def _weight(report: Report) -> tuple[bool, int, bool, int]:
    pictured = any(table.image for table in report.tables)
    return is_report(report), len(_sure(report)), pictured, _section_count(report)


__all__ = ["VERSION", "UnreadableDocumentError", "build", "combine", "document_of", "is_report", "read"]
