"""Documents to reports: identity, doubts, pages with attachments, and the corpus where it is at hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from extract import report
from extract.crosscheck import SHIFTED, lower_shifted
from extract.exceptions import UnreadableDocumentError
from extract.forms import form
from extract.model import CONFIDENT, Document, Figure, Hints, Image, Link, Report, Text
from tests.extract.form_tables import TITLES, document, html, numbers, table_four, table_three, table_two

TRUTH = numbers()
CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
needs_corpus = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus isn't shared beside this repository")


def full() -> Document:
    return document(table_two(TRUTH), table_three(TRUTH), table_four(TRUTH))


def test_title_wrapped_over_paragraphs_is_joined_and_leaves_section_zero():
    page = full()
    page.blocks[:1] = [Text("某某县人民政府办公室"), Text("2021年政府信息公开工作年度报告"),
                       Text("根据条例编制本报告。")]
    built = report.build(page)
    assert built.title == "某某县人民政府办公室2021年政府信息公开工作年度报告"
    assert (built.body, built.year) == ("某某县人民政府办公室", 2021)
    assert built.section(0).text == "根据条例编制本报告。"


def test_title_from_metadata_and_hints_where_the_body_prints_none():
    page = full()
    page.blocks = page.blocks[1:]
    page.title = "某县2022年政府信息公开工作年度报告_政府信息公开年报_某县人民政府"
    assert report.build(page).title == "某县2022年政府信息公开工作年度报告"
    page.title = "某县人民政府门户网站"
    built = report.build(page, Hints(title="某县2023年政府信息公开工作年度报告", scope="own"))
    assert (built.title, built.year, built.scope) == ("某县2023年政府信息公开工作年度报告", 2023, "own")
    assert report.build(Document("", "text/html", "test", [])).title == ""


def test_record_survives_a_round_trip():
    built = report.build(full())
    record = json.loads(json.dumps(built.to_record(), ensure_ascii=False))
    assert Report.from_record(record).to_record() == record
    assert record["reader"] == {"name": "test", "version": report.VERSION}


def test_pictures_where_tables_should_be():
    page = full()
    page.blocks = [Image("t.png", width=600) if not isinstance(block, Text) else block for block in page.blocks]
    built = report.build(page)
    assert [(reading.found, reading.image) for reading in built.tables] == [(False, True)] * 3
    page.blocks = [block for block in page.blocks if not (isinstance(block, Text) and block.text == TITLES[3])]
    assert [reading.image for reading in report.build(page).tables] == [True] * 3


def test_picture_in_section_one_stands_for_no_table():
    page = full()
    page.blocks = [block for block in page.blocks if isinstance(block, Text)]
    page.blocks.insert(2, Image("photo.png"))
    assert [reading.image for reading in report.build(page).tables] == [False] * 3


def test_scan_without_any_text_is_pictures():
    built = report.build(Document("", "application/pdf", "pdf", [Image("page 1", page=1)], pages=1))
    assert all(reading.image for reading in built.tables)


def test_damaged_file_never_proves_absence():
    page = full()
    page.blocks = [block for block in page.blocks if isinstance(block, Text)]
    page.damaged = True
    built = report.build(page)
    assert built.damaged
    assert sum("damaged" in problem for problem in built.problems) == 3


# ---------------------------------------------------------------- pages with attachments
def cover() -> Document:
    return Document("c" * 64, "text/html", "markup", [Text("某县2021年政府信息公开工作年度报告"), Text("详见附件。")],
                    meta={"PubDate": "2022-01-20"})


def test_attachment_that_is_the_report_wins_and_keeps_the_dates_of_the_page():
    built = report.combine(cover(), [full()])
    assert len(built.figures) >= 200
    assert built.published is not None
    assert (built.published.date, built.published.source) == ("2022-01-20", "meta:PubDate")
    assert not built.problems


def test_page_that_is_the_report_stays_it():
    other = Document("d" * 64, "text/html", "markup", [Text("某县2021年政府信息公开工作年报图解"), Text("一图读懂")])
    built = report.combine(full(), [other, cover()])
    assert built.sha256 == "0" * 64
    assert not built.problems
    assert report.is_report(built)
    assert not report.is_report(report.build(cover()))


def test_tables_that_hang_on_the_page_as_a_file_make_it_whole():
    page, sheets = full(), full()
    page.blocks = [block for block in page.blocks if isinstance(block, Text)]
    page.links = [Link("tables.docx", "附表.docx")]
    sheets.sha256 = "b" * 64
    sheets.blocks = [block for block in sheets.blocks if not isinstance(block, Text)]
    built = report.combine(page, [sheets])
    assert [section.number for section in built.sections if section.number] == [1, 2, 3, 4, 5, 6]
    assert sum(figure.source.table is not None for figure in built.figures.values()) == 200
    assert all(reading.found for reading in built.tables)
    assert built.form == "2021"
    assert not built.problems
    assert all(figure.source.document == "b" * 64 for figure in built.figures.values() if figure.source.table)
    assert Report.from_record(built.to_record()).figures == built.figures


def test_last_year_s_report_hung_on_the_page_lends_nothing():
    page, old = full(), full()
    page.blocks = [block for block in page.blocks if isinstance(block, Text)]
    old.blocks[0] = Text("某县2020年政府信息公开工作年度报告")
    built = report.combine(page, [old])
    assert built.year == 2021
    assert not any(reading.found for reading in built.tables)
    assert not built.problems


def test_files_and_frames_that_hang_on_a_page_are_a_doubt_until_they_are_read():
    page = full()
    page.blocks = [block for block in page.blocks if isinstance(block, Text)]
    page.links = [Link("a.pdf", "附件1：统计表.pdf"), Link("frame.html")]
    alone = report.build(page)
    assert sum("附件1：统计表.pdf" in problem for problem in alone.problems) == 3
    nothing = Document("d" * 64, "text/html", "markup", [Text("联系我们")])
    assert sum("hang on the page" in problem for problem in report.combine(page, [nothing]).problems) == 3
    assert not report.combine(page, [nothing, nothing]).problems
    whole = full()
    whole.links = page.links
    assert not report.build(whole).problems


def test_an_attachment_with_other_figures_is_a_doubt():
    other = numbers(start=102)
    second = document(table_two(other), table_three(TRUTH), table_four(TRUTH))
    second.sha256 = "d" * 64
    built = report.combine(full(), [second])
    assert [problem for problem in built.problems if problem.startswith("left aside: attachment")]
    assert "10 of its figures differ" in built.problems[0]
    assert not report.combine(full(), [full()]).problems


def test_an_unreadable_attachment_is_a_doubt_only_where_the_report_lacks_something():
    scan = Document("e" * 64, "application/pdf", "pdf", [Image("page 1", page=1)], pages=1)
    scan.damaged = True
    assert not report.combine(full(), [scan]).problems
    page = full()
    page.blocks = [block for block in page.blocks if not (isinstance(block, Text) and block.text == TITLES[6])]
    assert any("could not be read" in problem for problem in report.combine(page, [scan]).problems)


def test_scanned_attachment_of_a_cover_page_is_the_report():
    scan = Document("e" * 64, "application/pdf", "pdf", [Image("page 1", page=1)], pages=1)
    built = report.combine(cover(), [scan])
    assert built.medium == "application/pdf"
    assert built.title == "某县2021年政府信息公开工作年度报告"
    assert all(reading.image for reading in built.tables)


def test_attachment_without_a_title_takes_the_page_s():
    attachment = full()
    attachment.blocks = attachment.blocks[1:]
    built = report.combine(cover(), [attachment])
    assert (built.title, built.body, built.year) == ("某县2021年政府信息公开工作年度报告", "某县", 2021)


# ---------------------------------------------------------------- doubts
def consistent(confidence: float) -> dict[str, Figure]:
    """Table 3 with one applicant class filled and every sum right."""
    fact = form("2021").table(3)
    figures = {fact.key(row.key, column): Figure(0, "number", "0", confidence)
               for row in fact.proper_rows for column in fact.columns_of(row.key)}
    for row, value in {"new": 9, "carried_in": 2, "granted": 8, "concluded": 8, "carried_out": 3}.items():
        for column in ("business", "total"):
            figures[fact.key(row, column)].value = value
    return figures


def test_unsure_row_that_a_shift_would_mend_is_doubted():
    figures = consistent(0.85)
    for row in ("granted",):
        figures[f"applications.{row}.business"].value = 0
        figures[f"applications.{row}.natural_person"].value = 8
    lower_shifted(figures, {3: form("2021")})
    assert figures["applications.granted.natural_person"].confidence == SHIFTED


def test_sure_figures_stay_sure_though_their_sums_fail():
    figures = consistent(1.0)
    figures["applications.granted.business"].value = 7
    lower_shifted(figures, {3: form("2021")})
    assert {figure.confidence for figure in figures.values()} == {1.0}


def test_right_sums_are_left_alone():
    figures = consistent(0.85)
    lower_shifted(figures, {3: form("2021")})
    assert {figure.confidence for figure in figures.values()} == {0.85}


# ---------------------------------------------------------------- whole files
def test_read_knows_the_medium_by_content():
    page = "<html><body><div id=zoom>" + "".join(
        f"<p>{title}</p>" + {2: html(table_two(TRUTH)), 3: html(table_three(TRUTH)), 4: html(table_four(TRUTH))}.get(
            number, "<p>正文。</p>") for number, title in TITLES.items()) + "</div></body></html>"
    built = report.read(page.encode(), Hints(name="report.pdf", title="某县2021年政府信息公开工作年度报告"))
    assert built.medium == "text/html"
    assert sum(figure.source.table is not None for figure in built.figures.values()) == 200
    assert len(built.sha256) == 64


def test_unknown_media_are_refused_clearly():
    with pytest.raises(UnreadableDocumentError):
        report.read(b"\x00\x01\x02\x03" * 100, Hints(name="x.bin"))


def truths(folder: str, *patterns: str) -> list[Path]:
    if not CORPUS.is_dir():
        return []
    return sorted(path for pattern in patterns for path in (CORPUS / folder).glob(pattern)
                  if not path.name.endswith(".json"))


@needs_corpus
@pytest.mark.parametrize("path", [*truths("reports", "*.txt", "*.html", "*.pdf"),
                                  *truths("documents", "h*.html", "d*.docx")], ids=lambda path: path.name)
def test_corpus(path):
    truth_path = next(candidate for candidate in (path.with_name(path.name + ".truth.json"),
                                                  path.with_suffix(".truth.json")) if candidate.exists())
    truth = json.loads(truth_path.read_text("utf-8"))["figures"]
    built = report.read(path.read_bytes(), Hints(name=path.name))
    pictured = path.name.startswith(("h04", "h05"))
    for key, want in truth.items():
        figure = built.figures.get(key)
        if pictured:
            assert figure is None
        elif want is None:
            assert figure is not None
            assert figure.value is None
        elif want == 0 and figure.value is None:
            assert figure.state in ("blank", "dash")
        else:
            assert figure.value == want
    if pictured:
        assert all(reading.image and not reading.found for reading in built.tables)


@pytest.mark.parametrize(("printed", "title"), [
    ("白榆区水利局2023年政府信息公开年度报告-白榆区人民政府", "白榆区水利局2023年政府信息公开年度报告"),
    ("白榆区水利局2023年政府信息公开工作年度报告_年报_白榆区", "白榆区水利局2023年政府信息公开工作年度报告"),
])
def test_a_pages_title_is_told_without_the_sites_name(printed, title):
    page = f"<html><head><title>{printed}</title></head><body><p>一、总体情况</p><p>本局工作。</p></body></html>"
    assert report.read(page.encode(), Hints(media_type="text/html")).title == title


def test_numbers_of_recognised_prose_are_never_sure():
    page = full()
    page.blocks.insert(2, Text("2021年，全年主动公开政府信息300条，新收政府信息公开申请999件，其中予以公开50件。"))
    native = report.build(page)
    page.recognised = True
    scanned = report.build(page)
    assert native.figures["narrative.items_disclosed"].confidence == 1.0
    assert scanned.figures["narrative.items_disclosed"].confidence < CONFIDENT
    assert native.claims
    assert {claim.confidence for claim in native.claims} == {1.0}
    assert max(claim.confidence for claim in scanned.claims) < CONFIDENT
    record = scanned.to_record()
    assert [claim.confidence for claim in Report.from_record(record).claims] == [c.confidence for c in scanned.claims]
    assert all("confidence" not in claim for claim in native.to_record()["claims"])
