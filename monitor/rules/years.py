"""YOY-01, 02, 03, 10 and ARI-09: what one year hands over to the next, in numbers.

Promises: both years' figures must be printed and read with confidence; a blank total is stood in for by its row, and a
gap that blank cells could close is uncertain; what the text tells of mergers, districts or the counting itself lowers
the severity. Reports of unknown scope and years without a report before them are not judged. Leaves alone: texts alike
from year to year (similarity.py), jumps (changes.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from extract import forms
from extract.model import Report
from monitor.model import Severity
from monitor.rules import cells, passages
from monitor.rules.catalogue import Verdict, Years, rule

Number = int | float
_APPLICANTS = ("natural_person", "business", "research", "public_interest", "legal_service", "other_organisation")
_DOCUMENTS = "disclosure.normative_documents"
_REGULATIONS = "disclosure.regulations"
_LITIGATION = ("disputes.litigation_direct", "disputes.litigation_after_reconsideration")
_ITEMS = ("licences", "other_services", "penalties", "coercive_measures", "fees")
# Said of bodies, functions and districts – and not of columns of a website.
_REFORM = re.compile(
    r"机构改革(?!(?:等|、)?[^，,。；]{0,8}(?:信息|专栏|专题|领域|情况公开))|行政区划(?:调整|变更)|区划调整|撤乡并镇|撤县设")
_MERGED = re.compile(r"合并|划转|划入|划出|划归|撤并|并入|承接|(?:职[能责]|业务)[^，,。；]{0,8}移交")
_BODIES = re.compile(r"机构|单位|部门|职能|职责|编制|人员|业务|[局委办镇乡]|街道|区划|辖区|园区|管委会")
_COUNTING = re.compile(
    r"(?:统计|计算|计数|数据|汇总|申报|填报)[^，,。；]{0,8}口径|口径[^，,。；]{0,6}(?:调整|变化|不同|不一致|差异|变更)"
    r"|漏[计报统记](?!率)|更正[^。；]{0,12}(?:数据|统计|件数|数量|结转|年报|年度报告)"
    r"|(?:数据|统计|件数|数量|结转|年报|年度报告)[^。；]{0,12}更正")
_CARRIED = re.compile(
    r"(?:上一?年度?|20\d\d年度?)[^。；]{0,12}(?:结转|转结|未办结|年报|年度报告)[^。；]{0,40}?(?:移交|移送|撤回|撤销|核减|剔除|不再计入|不一致"
    r"|有误|误[填报计]|重复(?:登记|计)|数[^，,。；]{0,8}调整)|(?:统计|数据|年报|填报)[^，,。；]{0,8}(?:有误|差错|误[填报计]|系统调整)"
    r"|(?:重复登记|重复计)[^。；]{0,12}(?:核减|剔除|扣除|不再计入)")
"""What became of requests carried over, or of last year's figures, that this year's count leaves out."""
_PERHAPS = re.compile(r"[并划撤移误错漏]|承接|改革|口径|更正|核减|剔除|计入|不一致|重复|调整")
_WEBSITE = re.compile(r"栏目|专栏|专题|网站|网页|页面|平台|账号|公众号|新媒体|频道|链接|目录")
_TABLES = ("disclosure.", "applications.", "disputes.")
_CLEANED = re.compile(r"清理|调整|宣布失效|失效")


# ---------------------------------------------------------------- what the text explains
def explained(report: Report) -> str:
    """The clause of sections 1, 5 or 6 that tells of a merger, a transfer, a reform, another district or another way of
    counting; empty where none does. Columns of websites that were merged explain nothing."""
    for _, sentence in passages.sentences(report, *passages.OWN_WORDS):
        if not _PERHAPS.search(sentence):
            continue
        if found := _COUNTING.search(sentence) or _CARRIED.search(sentence):
            return passages.quoted(sentence, *found.span())
        for clause in re.split(r"[，,]", sentence):
            merged = _MERGED.search(clause) and _BODIES.search(clause) and not _WEBSITE.search(clause)
            if merged or _REFORM.search(clause):
                return clause[:passages.PHRASE]
    return ""


def documents_explained(report: Report) -> str:
    """The clause that tells of 清理 or 调整 of normative documents; empty where none does."""
    for _, sentence in passages.sentences(report, *passages.OWN_WORDS):
        if "规范性文件" in sentence and (found := _CLEANED.search(sentence)):
            return passages.quoted(sentence, *found.span())
    return ""


# ---------------------------------------------------------------- one number of one year
@dataclass(slots=True)
class _Amount:
    """A figure of one year; `value` None where nothing is printed, `open` where blank cells leave room upwards."""

    value: Number | None = None
    keys: list[str] = field(default_factory=list)
    open: bool = False


def _request(report: Report, row: str, column: str = "total") -> _Amount:
    """A cell of table 3; for a blank total the sum of its row."""
    key = f"applications.{row}.{column}"
    figure = report.figures.get(key)
    if figure is None:
        return _Amount()
    if figure.value is not None:
        return _Amount(figure.value, [key])
    cells = [f"applications.{row}.{each}" for each in _APPLICANTS] if column == "total" else []
    held = [report.figures[each] for each in cells if each in report.figures]
    printed = [each.value for each in held if each.value is not None]
    if not printed:
        return _Amount() if figure.state == "absent" else _Amount(None, [key], True)
    return _Amount(sum(printed), [key, *cells], len(printed) < len(_APPLICANTS))


def _plain(report: Report, key: str) -> _Amount:
    figure = report.figures.get(key)
    if figure is None or figure.state == "absent":
        return _Amount()
    return _Amount(figure.value, [key], figure.value is None)


def _together(amounts: Sequence[_Amount]) -> _Amount:
    """Their sum; None where one of them is not printed at all."""
    if any(each.value is None for each in amounts):
        return _Amount(None, [key for each in amounts for key in each.keys], True)
    return _Amount(sum(each.value or 0 for each in amounts), [key for each in amounts for key in each.keys],
                   any(each.open for each in amounts))


# ---------------------------------------------------------------- YOY-01
@rule("YOY-01", over="years")
def judge_carry_over(years: Years) -> Iterator[Verdict]:
    """Requests carried in are those carried out the year before: the total E, each class of applicants W; after a
    merger those of the bodies merged too. W where the roster knows of a reorganisation, or sections 1,
    5 or 6 tell of mergers, districts or another way of counting."""
    previous = years.previous
    if previous is None:
        return
    reason = explained(years.report)
    severity: Severity | None = "W" if reason or years.reorganised else None
    for column in ("total", *_APPLICANTS):
        carried_in = _request(years.report, "carried_in", column)
        before = [_request(each, "carried_out", column) for each in (previous, *years.joined)]
        carried_out = _together(before)
        if (carried_in.value is None and carried_out.value is None) or not (carried_in.keys and before[0].keys):
            continue
        verdict = Verdict("pass", column, left=carried_in.value, right=carried_out.value, figures=carried_in.keys,
                          before=before[0].keys, parameters={
                              "y0": str(previous.year), "table": 3, "row": "applications.carried_in", "col": column})
        if carried_in.value is None or carried_out.value is None:
            # A blank beside a number may mean that very number, or 0.
            if column == "total" and (carried_in.value or carried_out.value):
                verdict.outcome, verdict.reason = "uncertain", "blanks"
                yield verdict
            continue
        verdict.expression = f"{carried_in.value} = {' + '.join(str(each.value) for each in before)}"
        verdict.difference = carried_in.value - carried_out.value
        if verdict.difference:
            verdict.outcome = "fail"
            verdict.severity = severity if column == "total" else "W"
            if column != "total":
                verdict.parameters["variant"] = "column"
            if reason:
                verdict.evidence["explained"] = reason
            if (carried_in.open and verdict.difference < 0) or (carried_out.open and verdict.difference > 0):
                verdict.outcome, verdict.reason = "uncertain", "blanks"
            elif years.unheld:
                verdict.outcome, verdict.reason = "uncertain", "not_held"
        yield verdict


# ---------------------------------------------------------------- YOY-02
@rule("YOY-02", over="years")
def judge_documents_in_force(years: Years) -> Iterator[Verdict]:
    """Normative documents (and regulations) in force are last year's, plus those issued, less those repealed: W own,
    I consolidated or where 清理 or 调整 of normative documents is told. Not evaluated where a year prints none."""
    previous = years.previous
    if previous is None:
        return
    for row in (_DOCUMENTS, _REGULATIONS):
        last = _plain(previous, f"{row}.in_force")
        issued, repealed, printed = (_plain(years.report, f"{row}.{column}")
                                     for column in ("issued", "repealed", "in_force"))
        if last.value is None or printed.value is None or not (issued.keys and repealed.keys):
            continue
        expected = last.value + (issued.value or 0) - (repealed.value or 0)
        verdict = Verdict(
            "pass", row.rpartition(".")[2], expression=f"{last.value} + {issued.value or 0} - {repealed.value or 0} = "
            f"{printed.value}", left=expected, right=printed.value, difference=expected - printed.value,
            figures=[*issued.keys, *repealed.keys, *printed.keys], before=last.keys, parameters={
                "y0": str(previous.year), "table": 2, "row": row, "prev": last.value, "issued": issued.value or 0,
                "repealed": repealed.value or 0, "sum": expected, "printed": printed.value})
        if verdict.difference:
            verdict.outcome = "fail"
            if reason := documents_explained(years.report):
                verdict.severity, verdict.evidence["explained"] = "I", reason
            if (issued.open and verdict.difference < 0) or (repealed.open and verdict.difference > 0):
                verdict.outcome, verdict.reason = "uncertain", "blanks"
        yield verdict


# ---------------------------------------------------------------- YOY-03
@rule("YOY-03", over="years")
def judge_pending(years: Years) -> Iterator[Verdict]:
    """Disputes pending at the end of last year are among this year's: no fewer reconsiderations in all than were
    pending, no fewer lawsuits, both routes together."""
    previous = years.previous
    if previous is None:
        return
    for subject, routes in (("reconsideration", ("disputes.reconsideration",)), ("litigation", _LITIGATION)):
        pending = _together([_plain(previous, f"{route}.pending") for route in routes])
        total = _together([_plain(years.report, f"{route}.total") for route in routes])
        if pending.value is None or total.value is None:
            continue
        verdict = Verdict("pass" if total.value >= pending.value else "fail", subject,
                          expression=f"{total.value} ≥ {pending.value}", left=total.value, right=pending.value,
                          difference=total.value - pending.value, figures=total.keys, before=pending.keys,
                          parameters={"y0": str(previous.year), "table": 4})
        if subject == "litigation":
            verdict.parameters["variant"] = "litigation"
        yield verdict


# ---------------------------------------------------------------- YOY-10
@rule("YOY-10", over="years")
def judge_items(years: Years) -> Iterator[Verdict]:
    """Form of 2019: last year's items and its change give the number this year calls last year's; the finding belongs
    to the later year."""
    previous = years.previous
    if previous is None:
        return
    for name in _ITEMS:
        row = f"disclosure.{name}"
        before, change = (_plain(previous, f"{row}.{column}") for column in ("items_last_year", "change"))
        now = _plain(years.report, f"{row}.items_last_year")
        if before.value is None or change.value is None or now.value is None:
            continue
        expected = before.value + change.value
        sign = "-" if change.value < 0 else "+"
        yield Verdict("pass" if expected == now.value else "fail", name,
                      expression=f"{before.value} {sign} {abs(change.value)} = {now.value}", left=expected,
                      right=now.value, difference=expected - now.value, figures=now.keys,
                      before=[*before.keys, *change.keys],
                      parameters={"y0": str(previous.year), "table": 2, "row": row, "sum": expected,
                                  "printed": now.value})


# ---------------------------------------------------------------- ARI-09
@rule("ARI-09", over="years")
def judge_all_zero(years: Years) -> Iterator[Verdict]:
    """Not every figure is zero in the consolidated report of a county or higher, nor in a department's whose last
    year's weren't; ignores tables not read, and own reports without a year before."""
    report, previous = years.report, years.previous
    zero = _all_zero(report)
    if zero is None:
        return
    if not zero:
        yield Verdict("pass", "tables")
        return
    consolidated = report.scope == "consolidated" and report.roster.get("level") != "township"
    other = previous is not None and _all_zero(previous) is False
    if not consolidated and not other:
        return
    keys = [key for key, figure in report.figures.items() if figure.value is not None and key.startswith(_TABLES)]
    verdict = Verdict("fail", "tables", figures=keys, parameters={"n": len(keys)})
    if other and previous is not None:
        verdict.parameters |= {"y0": str(previous.year)}
    elif consolidated:
        verdict.parameters["variant"] = "consolidated"
    if not all(report.figures[key].confident for key in verdict.figures):
        verdict.outcome, verdict.reason = "uncertain", "low_confidence"
    yield verdict


def _all_zero(report: Report) -> bool | None:
    """Whether every printed number of the three tables is zero; None where one of them was not read."""
    if report.form not in forms.eras() or report.damaged:
        return None
    figures = report.figures
    tables = [keys for _, keys in cells.tables_of(report)]
    read = sum(any(figures[key].value is not None for key in keys) for keys in tables)
    return None if read < len(_TABLES) else not any(figures[key].value for keys in tables for key in keys)
