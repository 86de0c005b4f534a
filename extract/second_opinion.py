"""A second reading of a PDF whose figures break the form's sums or whose tables lack rows.

Promises: before a report is doubted, the reading is: two readers that share no code for characters and rules look at
the same file. Where they agree, everything stays as sure as it was, and the fault is the report's; where they differ,
the reading that leaves fewer gaps and broken sums is taken, and the figures in question fall below confidence 0.9.
Leaves alone: files that add up (they are read once), scans (extract.crosscheck), and judging.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from extract import forms
from extract.crosscheck import UNCONFIRMED, broken
from extract.exceptions import UnreadableDocumentError
from extract.model import Document, Hints, Report

_MOST_NAMED = 5


def confirmed(report: Report, document: Document, data: bytes, hints: Hints,
              build: Callable[[Document, Hints], Report]) -> Report:
    """The report that `build` (extract.report.build) made of the document, or the better one of two readings."""
    if report.medium != "application/pdf" or any(figure.recognised for figure in report.figures.values()):
        return report
    if not any(_gaps(report)):
        return report
    from extract.readers import pdf

    try:
        again = pdf.read_by_reference(data, hints)
    except UnreadableDocumentError:
        return report
    other = build(replace(document, blocks=again.blocks, text=again.text), hints)
    chosen, rest = (other, report) if _gaps(other) < _gaps(report) and len(other.figures) >= len(report.figures) else (
        report, other)
    differing = [key for key, figure in chosen.figures.items()
                 if key in rest.figures and (figure.value, figure.state) != (rest.figures[key].value,
                                                                             rest.figures[key].state)]
    if not differing:
        return chosen
    figures = dict(chosen.figures)
    for key in differing:
        figures[key] = replace(figures[key], confidence=min(figures[key].confidence, UNCONFIRMED))
    named = ", ".join(differing[:_MOST_NAMED]) + (", …" if len(differing) > _MOST_NAMED else "")
    said = f"two readers of this PDF differ on {len(differing)} figures, which are not sure: {named}"
    return replace(chosen, figures=figures, problems=[*chosen.problems, said])


def _gaps(report: Report) -> tuple[int, int]:
    """Rows and columns that tables lack, and sums that don't hold."""
    lacking = sum(len(table.rows_missing) + len(table.columns_missing) for table in report.tables if table.found)
    eras = {table.form for table in report.tables if table.found and table.form}
    return lacking, len(broken(report.figures, [forms.form(era) for era in sorted(eras)]))
