"""Templates: what is committed, what is refused and how, that values are nothing but text."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path

import pytest
from docx import Document
from docx.shared import Mm, Pt
from hypothesis import given
from hypothesis import settings as speed
from hypothesis import strategies as st

from crawler import clock
from extract import configuration
from extract.exceptions import ConfigurationError
from monitor.exceptions import UsageError
from monitor.exports import letters
from monitor.settings import Settings
from tests.letters import make_templates
from tests.monitor.exports import papers as shared
from tests.monitor.office import NEXT_WEEK

KINDS = sorted(make_templates.PAPERS)
ODD = ["=HYPERLINK(\"http://x\")", "<w:p/>", "</w:t></w:r></w:p>", "&amp;&lt;", "{{ 7*7 }}", "{% for x in y %}", "]]>",
       "\x00\x0b\ud800坏", "甲\n乙\t丙", "'\"<!--", "\u202e反", "😀", "＜全角＞"]


@pytest.fixture
def facts(tmp_path: Path):
    (tmp_path / "templates").mkdir()
    configuration.use_office_folder(tmp_path)
    clock.simulate(NEXT_WEEK)
    yield tmp_path
    clock.simulate(None)
    configuration.use_office_folder(None)


def own(folder: Path, paper: str, text: str, *more: str) -> Path:
    document = Document()
    for each in (text, *more):
        document.add_paragraph(each)
    path = folder / "templates" / f"{paper}.docx"
    document.save(str(path))
    return path


# ---------------------------------------------------------------- what is committed
@pytest.mark.parametrize("paper", KINDS)
def test_every_template_is_as_its_script_makes_it(paper):
    made, held = (zipfile.ZipFile(io.BytesIO(data)) for data in (
        make_templates.PAPERS[paper]().bytes(), (make_templates.FOLDER / f"{paper}.docx").read_bytes()))
    assert made.namelist() == held.namelist()
    assert [name for name in made.namelist() if made.read(name) != held.read(name)] == []


def test_every_paper_has_a_template_and_every_template_a_paper():
    assert sorted(letters.papers().papers) == KINDS


@pytest.mark.parametrize("paper", KINDS)
def test_the_layout_is_that_of_the_standard(paper):
    document = Document(io.BytesIO(letters.make(paper, shared.sample(letters.papers().fields(paper)))))
    section = document.sections[0]
    def millimetres(*lengths):
        return tuple(round(each / Mm(1)) for each in lengths)  # Word counts in twentieths of a point

    assert millimetres(section.page_width, section.page_height, section.left_margin) == (210, 297, 28)
    if paper != "brief":
        assert millimetres(section.top_margin, section.bottom_margin, section.right_margin) == (37, 35, 26)
        body = document.styles["正文段"]
        assert (body.font.size, body.paragraph_format.line_spacing, body.paragraph_format.first_line_indent) == (
            Pt(16), Pt(28), Pt(32))
    title = document.styles["公文标题"]
    assert title.font.size == Pt(22)
    for style, font in (("公文标题", "方正小标宋简体"), ("正文段", "仿宋"), ("一级标题", "黑体"), ("二级标题", "楷体")):
        fonts = document.styles[style].element.rPr.rFonts
        assert fonts.get("{http://schemas.openxmlformats.org/wordprocessingml/2006/main}eastAsia") == font
    assert "".join(run.text for run in section.footer.paragraphs[0].runs).replace("PAGE", "").split() == ["—", "1", "—"]
    assert section.header.paragraphs[0].text == "文字"


@pytest.mark.parametrize("paper", KINDS)
def test_no_field_is_left_over_and_nothing_of_the_template_marks(paper):
    data = letters.make(paper, shared.sample(letters.papers().fields(paper)))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        for name in archive.namelist():
            if name.endswith(".xml"):
                assert b"{{" not in archive.read(name)
                assert b"{%" not in archive.read(name)


def test_every_field_is_described_and_documented():
    page = (Path(letters.__file__).resolve().parents[2] / "docs" / "letters.md").read_text("utf-8")
    for name, paper in letters.papers().papers.items():
        for field in letters.listed({**letters.papers().common, **paper.fields}):
            assert f"`{field}`" in page, f"{name}: {field}"


# ---------------------------------------------------------------- an office's own
def test_the_office_s_own_template_wins(facts):
    own(facts, "reply", "致{{ letter_name }}：{% if text %}{{ text }}{% endif %}")
    data = letters.make("reply", {**shared.sample(letters.papers().fields("reply")), "letter_name": "某局"})
    assert shared.texts(data) == ["致某局：文字"]


def test_a_field_cut_into_runs_by_word_is_found_all_the_same(facts):
    document = Document()
    paragraph = document.add_paragraph("致{{ let")
    paragraph.add_run("ter_na").bold = True
    paragraph.add_run("me }}")
    document.save(str(facts / "templates" / "reply.docx"))
    assert "致文字" in shared.said(letters.make("reply", shared.sample(letters.papers().fields("reply"))))


@pytest.mark.parametrize(("paper", "text", "named"), [
    ("reply", "{{ unknown_field }}", "unknown_field"),
    ("reminder", "{% for item in errors %}{{ item.txet }}{% endfor %}", "item.txet"),
    ("circular", "{% for p in problems %}{% for line in p.lnies %}{{ line }}{% endfor %}{% endfor %}", "p.lnies"),
    ("comparison", "{% for t in texts %}{% for s in t.segments %}{{ s.colour }}{% endfor %}{% endfor %}", "s.colour"),
    ("reply", "{% if whatever %}x{% endif %}", "whatever"),
    ("reminder", "{% for item in errors %}{% endfor %}{{ item.text }}", "item")])
def test_an_unknown_field_is_named_with_those_there_are(facts, paper, text, named):
    path = own(facts, paper, text)
    with pytest.raises(ConfigurationError) as refused:
        letters.template(paper)
    assert str(refused.value).startswith(f"{path}: word/document.xml: unknown field {named}; known are ")
    assert "letter_name" in str(refused.value) or paper in ("circular", "comparison")


def test_names_a_template_sets_itself_are_known(facts):
    own(facts, "reminder", "{% set n = count_errors %}{{ n }}{% for item in errors %}{{ loop.index }}{{ item['text'] }}"
                           "{% endfor %}{{ title|upper }}")
    assert "1文字2文字" in shared.said(letters.make("reminder", shared.sample(letters.papers().fields("reminder"))))


@pytest.mark.parametrize(("text", "said"), [
    ("{{ text", "word/document.xml"), ("{% if text %}", "word/document.xml"), ("{{ text|nosuch }}", "nosuch"),
    ("{% include 'a' %}", "word/document.xml"), ("{{ ''.__class__.__mro__[1].__subclasses__() }}", "unsafe"),
    ("{{ title.__init__.__globals__ }}", "unsafe"), ("{{ range(9) }}", "unknown field range")])
def test_broken_or_dangerous_marks_are_refused_with_their_place(facts, text, said):
    path = own(facts, "reply", text)
    with pytest.raises(ConfigurationError, match=re.escape(str(path))) as refused:
        letters.make("reply", shared.sample(letters.papers().fields("reply")))
    assert said in str(refused.value)


def test_a_loop_that_cuts_through_a_paragraph_is_refused(facts):
    own(facts, "reminder", "{% for item in errors %}", "{{ item.text }}", "{% if title %}{%p endfor %}{% endif %}")
    with pytest.raises(ConfigurationError):
        letters.make("reminder", shared.sample(letters.papers().fields("reminder")))


def test_a_template_with_a_damaged_member_is_refused(facts):
    path = facts / "templates" / "reply.docx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", "<a/>" * 200)
    whole, name = path.read_bytes(), b"word/document.xml"
    begin = whole.index(name) + len(name)
    path.write_bytes(whole[:begin] + b"\xff" * 8 + whole[begin + 8:])
    with pytest.raises(ConfigurationError, match="no Word document"):
        letters.template("reply")


@pytest.mark.parametrize("data", [b"", b"no zip", b"PK\x03\x04broken", "zip without document"])
def test_what_is_no_word_document_is_refused(facts, data):
    path = facts / "templates" / "reply.docx"
    if isinstance(data, str):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("other.xml", "<a/>")
    else:
        path.write_bytes(data)
    with pytest.raises(ConfigurationError, match="no Word document"):
        letters.template("reply")


def test_macros_and_bombs_are_refused(facts):
    path = own(facts, "reply", "x")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("word/vbaProject.bin", b"x")
    with pytest.raises(ConfigurationError, match="macros"):
        letters.template("reply")
    path = own(facts, "correction", "x")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/media/big.bin", b"0" * (letters.LARGEST + 1))
    with pytest.raises(ConfigurationError, match="larger than"):
        letters.template("correction")


def test_a_template_changed_meanwhile_is_read_anew(facts):
    own(facts, "reply", "一{{ text }}")
    assert "一文字" in shared.said(letters.make("reply", shared.sample(letters.papers().fields("reply"))))
    own(facts, "reply", "二{{ text }}长一些")
    assert "二文字长一些" in shared.said(letters.make("reply", shared.sample(letters.papers().fields("reply"))))


# ---------------------------------------------------------------- values are text
@pytest.mark.parametrize("text", ODD)
@pytest.mark.parametrize("paper", KINDS)
def test_nothing_in_a_value_becomes_structure(paper, text):
    plain = letters.make(paper, shared.sample(letters.papers().fields(paper)))
    odd = letters.make(paper, shared.sample(letters.papers().fields(paper), text))
    assert len(shared.texts(odd)) == len(shared.texts(plain))
    assert re.sub(r"[\x00-\x1f\ud800-\udfff]", " ", text) in shared.said(odd)


def test_safe_gives_no_way_around(facts):
    own(facts, "reply", "{{ text|safe }}")
    data = letters.make("reply", {**shared.sample(letters.papers().fields("reply")), "text": "<w:br/>甲"})
    assert shared.texts(data) == ["<w:br/>甲"]


@given(st.text(max_size=60))
@speed(max_examples=60)
def test_any_text_comes_back_as_it_was(text):
    data = letters.make("reply", {**shared.sample(letters.papers().fields("reply")), "text": f"始{text}终"})
    unprintable = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
    printable = "".join(" " if unprintable.fullmatch(each) else each for each in text)
    assert f"始{printable}终" in shared.texts(data)
    assert Document(io.BytesIO(data)).core_properties.title == "文字"


# ---------------------------------------------------------------- who writes
@pytest.mark.parametrize(("said", "contact", "phone"), [
    ("张科长 0100-1234567", "张科长", "0100-1234567"),
    ("政务公开科，(0100)1234567 转8", "政务公开科", "(0100)1234567 转8"),
    ("", "", ""), ("只有名字", "只有名字", ""), ("13000000000", "", "13000000000")])
def test_contact_and_telephone_are_told_apart(said, contact, phone):
    made = letters.common(Settings.model_construct(**{**Settings().__dict__, "general": Settings().general.model_copy(
        update={"contact": said})}))
    assert (made["contact"], made["phone"]) == (contact, phone)


# ---------------------------------------------------------------- files
def test_what_could_not_be_written_is_refused_first(tmp_path):
    for path, text in ((tmp_path / "a.doc", "written as .docx"), (tmp_path / "no" / "a.docx", "does not exist")):
        with pytest.raises(UsageError, match=text):
            letters.ready(path, ".docx", False)
    (tmp_path / "d.docx").mkdir()
    with pytest.raises(UsageError, match="is a folder"):
        letters.ready(tmp_path / "d.docx", ".docx", False)


def test_without_libreoffice_pdf_is_refused_in_words(tmp_path, monkeypatch):
    monkeypatch.setattr(letters, "office_program", lambda: None)
    with pytest.raises(UsageError, match="LibreOffice"):
        letters.ready(tmp_path / "a.docx", ".docx", True)
    letters.ready(tmp_path / "a.docx", ".docx", False)


def test_a_conversion_that_fails_says_why(tmp_path, monkeypatch):
    monkeypatch.setattr(letters, "office_program", lambda: "/bin/false")
    with pytest.raises(UsageError, match=r"wrote no a\.pdf"):
        letters.as_pdf([tmp_path / "a.docx"], tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("paper", KINDS)
def test_libreoffice_opens_every_paper(paper, tmp_path):
    assert letters.office_program(), "install libreoffice-writer: the papers are tried with it"
    path = tmp_path / f"{paper}.docx"
    path.write_bytes(letters.make(paper, shared.sample(letters.papers().fields(paper))))
    made = letters.as_pdf([path], tmp_path)
    from pypdfium2 import PdfDocument

    with PdfDocument(made[0]) as document:
        assert len(document) >= 1
        assert document[0].get_size()[0] == pytest.approx(595, abs=1)


# ---------------------------------------------------------------- the command
def test_the_check_names_every_template_and_fails_for_one_that_is_wrong(tmp_path, capsys):
    city = shared.office(tmp_path)
    session = shared.session(city)
    letters.check(session, as_json=True)
    told = json.loads(capsys.readouterr().out)["templates"]
    assert [each["paper"] for each in told if each["fault"]] == []
    assert sorted(each["paper"] for each in told) == KINDS
    (tmp_path / "facts" / "templates").mkdir()
    own(tmp_path / "facts", "reply", "{{ nothing_of_ours }}")
    with pytest.raises(ConfigurationError, match="nothing_of_ours"):
        letters.check(session, fields=True)
    out = capsys.readouterr().out
    assert "× reply" in out
    assert "errors[].text" in out
    configuration.use_office_folder(None)
