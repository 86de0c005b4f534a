"""FMT-01, 04, 05, 06, 13: are the parts of the form there, in the form of the year?

Promises: what a reader could not find is stated as missing only where the medium shows everything it holds (HTML and
Word); in text dumps, PDF, images and damaged files it is `uncertain`. Leaves alone: years before the six-part form,
titles and order of the sections, and how severe a gap is in which year (rules.yaml).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from extract import configuration, forms
from extract.forms import Form, SectionFact
from extract.labels import core
from extract.model import Report, Section, TableReading
from monitor.rules.catalogue import Verdict, rule

_FAITHFUL = ("html", "word", "wps", "opendocument.text", "rtf")
"""Parts of media types in which what isn't read isn't there."""
_PREFIX = {2: "disclosure.", 3: "applications.", 4: "disputes."}
_ENOUGH = 3
"""Sections without which a document is hardly a report; then structure can't be judged."""
_LISTED = 3
"""A sentence that names this many sections lists the form's parts (…由六个部分组成) and is no heading."""
_PROSE_OF_ONE = 200
"""Characters before the first heading that make up a section 1 whose heading is gone."""
_NUMERALS = (re.compile(r"^(?:第(?=.部分))?([一二三四五六])(?:部分)?\s*[、.．:：\s]\s*(?=[\u4e00-\u9fff])"),
             re.compile(r"^[（(]([一二三四五六])[）)]\s*(?=[\u4e00-\u9fff])"))
"""How a report numbers its sections, one way throughout: 一、 or 第一部分, or （一）."""
_LONGEST_HEADING = 30
_NOTE = re.compile(r"^(?:注|说明|备注|填表|单位[:：])|^[^\u4e00-\u9fff]*$")


# ---------------------------------------------------------------- sections
@rule("FMT-01", over="report")
def judge_sections(report: Report) -> Iterator[Verdict]:
    """Each of the six sections is there by its heading, its table, its title's words or its numeral at its place;
    ignores order, exact titles and sentences that merely list the parts."""
    form = _form_due(report)
    if form is None or not report.sections:
        return
    missing = [fact.number for fact in form.sections if not _section_stands(report, form, fact)]
    if not missing:
        yield Verdict("pass", "sections")
        return
    verdict = Verdict("fail", "sections", parameters={"list": [f"section.{number}" for number in missing]})
    if len(form.sections) - len(missing) < _ENOUGH:
        verdict.outcome, verdict.reason = "uncertain", "structure"
    elif not _faithful(report):
        verdict.outcome, verdict.reason = "uncertain", "medium"
    elif any(fact.table and fact.number in missing and not _told(report, fact.table) for fact in form.sections):
        verdict.outcome, verdict.reason = "uncertain", "no_tables"
    yield verdict


def _section_stands(report: Report, form: Form, fact: SectionFact) -> bool:
    if report.section(fact.number) is not None:
        return True
    if fact.table and (_prints(report, fact.table) or _image(report, fact.table)):
        return True
    if fact.number == 1 and len(_without_list(report.section(0), form)) >= _PROSE_OF_ONE:
        return True
    titles = [core(title) for title in (fact.title, *fact.variants)]
    for section in report.prose():
        for paragraph in section.text.splitlines():
            if _lists_parts(paragraph, form):
                continue
            bare, head = core(paragraph), core(re.split(r"[。：:；]", paragraph.strip(), maxsplit=1)[0][:40])
            if any(title in bare for title in titles) or _names(head, fact):
                return True
    return unknown_heading(report, fact.number) is not None


def unknown_heading(report: Report, number: int) -> str | None:
    """A heading that carries the section's own numeral at its place, under a title the form doesn't know: the section
    stands, under another name (FMT-02). None where there is none, or the sections around it aren't numbered so."""
    neighbours = [section for section in report.sections if section.number and abs(section.number - number) == 1]
    styles = [pattern for pattern in _NUMERALS
              if neighbours and all(pattern.match(section.title.strip()) for section in neighbours)]
    if not styles:
        return None
    held = next((section for section in neighbours if section.number == number - 1), report.section(0))
    for line in held.text.splitlines() if held else ():
        found = styles[0].match(line.strip())
        if found and "一二三四五六".find(found[1]) + 1 == number and len(line.strip()) <= _LONGEST_HEADING \
                and not re.search(r"[。；;，,：:]", line):
            return line.strip()
    return None


def _names(text: str, fact: SectionFact) -> bool:
    return (any(all(word in text for word in words) for words in fact.keywords)
            and not any(word in text for word in fact.without))


def _lists_parts(text: str, form: Form) -> bool:
    bare = core(text)
    return sum(core(fact.title) in bare or any(core(variant) in bare for variant in fact.variants)
               for fact in form.sections) >= _LISTED


def _without_list(section: Section | None, form: Form) -> str:
    if section is None:
        return ""
    return "".join(line.strip() for line in section.text.splitlines() if not _lists_parts(line, form))


# ---------------------------------------------------------------- tables
@rule("FMT-04", over="report")
def judge_tables(report: Report) -> Iterator[Verdict]:
    """Each of the three tables is there; ignores tables of a section that is missing as a whole (FMT-01)."""
    form = _form_due(report)
    if form is None:
        return
    some = any(_prints(report, fact.table) for fact in form.tables)
    for fact in form.sections:
        number = fact.table
        if number is None or not _told(report, number):
            continue
        parameters = {"table": number, "section": fact.number}
        subject = f"table.{number}"
        if _prints(report, number):
            yield Verdict("pass", subject, parameters=parameters)
        elif report.sections and report.section(fact.number) is None and not _image(report, number):
            yield Verdict("not_applicable", subject, reason="no_sections")
        else:
            reason = _doubt(report, form, number, some)
            yield Verdict("uncertain" if reason else "fail", subject, parameters=parameters, reason=reason)


def _doubt(report: Report, form: Form, number: int, others_found: bool) -> str:
    """Why a table that was not found may stand there all the same; empty where nothing speaks for it."""
    if _image(report, number):
        return "image"
    if report.damaged or any(said.startswith(f"table {number} ") for said in report.problems):
        return "damaged"  # it may stand in a part that was not read, e.g. a file that hangs on the page
    if not _faithful(report) and not (report.medium == "application/pdf" and others_found):
        return "medium"
    if _labels_in_prose(report, form, number):
        return "unreadable_table"
    return ""


def _labels_in_prose(report: Report, form: Form, number: int) -> bool:
    """Whether two column headings or more of the table stand in one section's text: then it is there, as text."""
    labels = [core(column.label) for column in form.table(number).columns if len(core(column.label)) > 2]
    return any(sum(label in core(section.text) for label in labels) > 1 for section in report.sections)


def further(labels: Iterable[str]) -> list[str]:
    """Of labels that the form doesn't know those of rows and columns, without notes and labels of no Chinese word."""
    return [label for label in labels if not _NOTE.match(label.strip())]


@rule("FMT-05", over="report")
def judge_rows_and_columns(report: Report) -> Iterator[Verdict]:
    """Each table has the rows and columns of its form, no more and no fewer; （六）其他处理 as one row is only an old
    habit (I). Ignores tables in another era's form (FMT-06), notes below tables, and labels without a Chinese word."""
    form = _form_due(report)
    if form is None:
        return
    known = {fact.table for fact in form.tables}
    for table in report.tables:
        if not table.found or table.form not in ("", form.era) or table.table not in known:
            continue
        closed = _closed_rows(form, table)
        missing = [*(row for row in table.rows_missing if row not in closed),
                   *(_column_key(column) for column in table.columns_missing)]
        extra = [label for label in further((*table.rows_extra, *table.columns_extra)) if label not in closed]
        missing, extra = _without_printed(form, table, missing, extra)
        subject = f"table.{table.table}"
        if missing or extra:
            yield _differing(report, table, subject, missing, extra)
        elif not closed:
            yield Verdict("pass", subject)
        if closed:
            yield Verdict("fail", f"{subject}.closed", severity="I",
                          parameters={"table": table.table, "variant": "one_row_closed"})


def _without_printed(form: Form, table: TableReading, missing: list[str],
                     extra: list[str]) -> tuple[list[str], list[str]]:
    """The same without rows whose own label is among the extra ones: printed, but under another group of the form, as
    where a row above was taken out and the group's cell now reaches too far."""
    fact = form.table(table.table)
    labels = {f"{fact.prefix}.{row.key}": core(row.label) for row in fact.rows}
    printed = {core(label) for label in extra}
    there = {labels[key] for key in missing if labels.get(key) in printed}
    return ([key for key in missing if labels.get(key) not in there],
            [label for label in extra if core(label) not in there])


def _differing(report: Report, table: TableReading, subject: str, missing: list[str], extra: list[str]) -> Verdict:
    parameters: dict[str, object] = {"table": table.table, "missing": missing, "extra": extra}
    if not (missing and extra):
        parameters["variant"] = "missing_only" if missing else "extra_only"
    verdict = Verdict("fail", subject, parameters=parameters)
    if not _faithful(report):
        verdict.outcome, verdict.reason = "uncertain", "medium"
    elif missing and len(missing) <= len(extra):
        # As many unknown labels as lost ones: more likely misprints of the same rows than other rows.
        verdict.outcome, verdict.reason = "uncertain", "unreadable_table"
    return verdict


def _closed_rows(form: Form, table: TableReading) -> set[str]:
    """Rows that one printed row stands in for, where the form has them apart; empty where it is as the form has it."""
    if not table.one_row_closed:
        return set()
    fact = form.table(table.table)
    return {f"{fact.prefix}.{key}" for row in fact.rows if row.instead_of for key in (row.key, *row.instead_of)}


def _column_key(column: str) -> str:
    return f"column.{column.rpartition('.')[2]}"


@rule("FMT-06", over="report")
def judge_era(report: Report) -> Iterator[Verdict]:
    """The labels of the proactive-disclosure table are of the era that governs the report year; ignores tables 3 and 4,
    which the eras share but for one row."""
    due = _form_due(report)
    if due is None:
        return
    found = [table.form for table in _readings(report, 2) if table.found and table.form]
    used = found[0] if found else report.form if not report.tables and _prints(report, 2) else _listed(report)
    if not used or used not in forms.eras():
        return
    if used == due.era:
        yield Verdict("pass", "form")
        return
    phrase = _telling_label(report, forms.form(used), due)
    yield Verdict("fail", "form", parameters={"form_due": due.era, "form_used": used,
                                              **({"phrase": phrase} if phrase else {"variant": "no_phrase"})})


def _listed(report: Report) -> str | None:
    """The era of a statistics form printed in place of the three tables, if one is."""
    if any(_prints(report, number) or _image(report, number) for number in _PREFIX):
        return None
    return next((table.form for table in report.tables if table.found and table.table not in _PREFIX), None)


def _telling_label(report: Report, used: Form, due: Form) -> str:
    """A column heading that only the form used prints, of a column that was read."""
    if 2 not in {table.table for table in used.tables}:
        return ""
    read = {key.rpartition(".")[2] for key, figure in report.figures.items()
            if key.startswith(_PREFIX[2]) and figure.state != "absent"}
    others = {column.key for column in due.table(2).columns}
    return next((column.label for column in used.table(2).columns if column.key in read - others), "")


# ---------------------------------------------------------------- the processing fee
_SUBJECT = re.compile(r"申请|信息公开")
_FEE = re.compile(r"收费|收取[^。，；]{0,16}费|处理费|缴费")
_ENOUGH_ALONE = re.compile(r"信息处理费|收费通知")
_SENTENCES, _BLANKS = re.compile(r"[。！？；\n]"), re.compile(r"[ \t\u3000]+")
_OTHER_FEES = re.compile(r"(?:行政)?事业性收费|涉企收费|收费(?:项目|标准|目录|清单)")


@rule("FMT-13", over="report")
def judge_fee_statement(report: Report) -> Iterator[Verdict]:
    """From 2021 on, some sentence of the prose speaks of the processing fee; ignores tables, whose own labels do, and
    fees that have nothing to do with requests."""
    form = _form_due(report)
    if form is None or report.year is None or report.year < 2021 or not any(each.number for each in report.sections):
        return
    office = configuration.office_folder()
    for section in report.prose():
        for sentence in _SENTENCES.split(_BLANKS.sub("", section.text)) if "费" in section.text else ():
            if "费" not in sentence:
                continue
            text = _OTHER_FEES.sub("", sentence)
            if _ENOUGH_ALONE.search(text) or (_SUBJECT.search(text) and _FEE.search(text)):
                # A row of table 3 that a text dump left in the prose is no statement.
                bare = core(text)
                if len(bare) > 5 and any(label.startswith(bare[:12]) for label in _fee_labels(form.era, office)):
                    continue
                yield Verdict("pass", "processing_fee")
                return
    verdict = Verdict("fail", "processing_fee")
    whole = _faithful(report) or all(report.section(fact.number) for fact in form.sections)
    if report.damaged:
        verdict.outcome, verdict.reason = "uncertain", "damaged"
    elif report.section(6) is None or not whole:
        # The statement may stand in the part that was not found.
        verdict.outcome, verdict.reason = "uncertain", "medium"
    yield verdict


@functools.lru_cache(maxsize=64)
def _fee_labels(era: str, office: Path | None) -> tuple[str, ...]:
    """The form's own labels that speak of it; another office's folder may hold another form."""
    return tuple(core(row.label) for row in forms.form(era).table(3).rows if _ENOUGH_ALONE.search(row.label))


# ---------------------------------------------------------------- what was read
def _form_due(report: Report) -> Form | None:
    return None if report.year is None else _form_of(report.year, configuration.office_folder())


@functools.lru_cache(maxsize=64)
def _form_of(year: int, office: Path | None) -> Form | None:
    era = forms.era_of_year(year)
    if era is None:
        return None
    form = forms.form(era)
    # The six-part form only: earlier statistics forms have neither its sections nor its three tables.
    return form if form.sections and {table.table for table in form.tables} >= set(_PREFIX) else None


def _faithful(report: Report) -> bool:
    return not report.damaged and any(part in report.medium for part in _FAITHFUL)


def _readings(report: Report, table: int) -> list[TableReading]:
    return [each for each in report.tables if each.table == table]


def _image(report: Report, table: int) -> bool:
    return any(each.image for each in _readings(report, table))


def _told(report: Report, table: int) -> bool:
    """Whether the record says anything of this table."""
    return bool(_readings(report, table)) or _prints(report, table)


def _prints(report: Report, table: int) -> bool:
    return any(each.found for each in _readings(report, table)) or any(
        key.startswith(_PREFIX[table]) and figure.state != "absent" for key, figure in report.figures.items())
