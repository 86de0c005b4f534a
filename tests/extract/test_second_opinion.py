"""Before a PDF's figures are doubted, its reading is: by a second reader, and only where something is amiss."""

import pytest

from extract import report as reading
from extract.exceptions import UnreadableDocumentError
from extract.model import Hints
from extract.readers import pdf
from tests.documents import making


def made(seed=5, **changed):
    figures = making.figures_2021(seed) | changed
    return making.ReportText("示例县2021年政府信息公开工作年度报告", "示例县", 2021, figures)


def wrong_total(by):
    text = made()
    key = "applications.new.total"
    return made(**{key: text.figures[key] + by})


def test_a_file_that_adds_up_is_read_once(monkeypatch):
    def never(*_):
        raise AssertionError("read twice")

    monkeypatch.setattr(pdf, "read_by_reference", never)
    report = reading.read(making.pdf(made()))
    assert all(report.figures[key].confident for key in made().figures)


def test_where_both_readers_agree_the_fault_is_the_report_s():
    text = wrong_total(3)
    report = reading.read(making.pdf(text))
    assert report.figures["applications.new.total"].value == text.figures["applications.new.total"]
    assert all(report.figures[key].confident for key in text.figures)
    assert not any("two readers" in problem for problem in report.problems)


def test_figures_on_which_they_differ_are_unsure(monkeypatch):
    data, other = making.pdf(wrong_total(3)), making.pdf(wrong_total(4))
    read_by_reference = pdf.read_by_reference
    monkeypatch.setattr(pdf, "read_by_reference", lambda _, hints: read_by_reference(other, hints))
    report = reading.read(data)
    unsure = [key for key in wrong_total(3).figures if not report.figures[key].confident]
    assert unsure == ["applications.new.total"]
    assert "two readers of this PDF differ on 1 figures, which are not sure: applications.new.total" in report.problems


def test_the_reading_whose_sums_hold_is_taken(monkeypatch):
    whole, data = making.pdf(made()), making.pdf(wrong_total(3))
    read_by_reference = pdf.read_by_reference
    monkeypatch.setattr(pdf, "read_by_reference", lambda _, hints: read_by_reference(whole, hints))
    report = reading.read(data)
    assert report.figures["applications.new.total"].value == made().figures["applications.new.total"]
    assert not report.figures["applications.new.total"].confident
    assert report.sha256 == reading.read(data).sha256


def test_a_reference_that_fails_changes_nothing(monkeypatch):
    def fails(*_):
        raise UnreadableDocumentError("a.pdf: no")

    monkeypatch.setattr(pdf, "read_by_reference", fails)
    report = reading.read(making.pdf(wrong_total(3)))
    assert report.figures["applications.new.total"].confident


@pytest.mark.parametrize("options", [{}, {"borders": "none"}], ids=str)
def test_the_reference_alone_reads_the_same_figures(options):
    data = making.pdf(made(), **options)
    document = pdf.read_by_reference(data, Hints())
    document.medium = "application/pdf"
    report = reading.build(document)
    assert {key: report.figures[key].value for key in made().figures} == made().figures
