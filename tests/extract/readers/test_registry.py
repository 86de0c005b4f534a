"""The registry: found by declaration, loaded only when needed, errors that help."""

import ast
import hashlib
import importlib
import mimetypes
import re
import subprocess
import sys
from pathlib import Path

import pytest

from crawler.articles import read_article
from extract import readers, sniffing, titles
from extract.exceptions import UnreadableDocumentError
from extract.model import Hints

ROOT = Path(__file__).resolve().parents[3]


def test_what_is_declared_is_what_registers():
    declared = dict(readers.modules())
    for media_type, module in declared.items():
        importlib.import_module(module)
        assert media_type in readers._registered
    assert set(readers._registered) == set(declared)


def test_every_reader_module_declares_literal_types():
    for module in set(readers.modules().values()):
        tree = ast.parse(Path(importlib.import_module(module).__file__).read_text("utf-8"))
        calls = [decorator for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)
                 for decorator in node.decorator_list
                 if isinstance(decorator, ast.Call) and getattr(decorator.func, "id", "") == "reader"]
        literals = {argument.value for call in calls for argument in call.args}
        assert literals == {kind for kind, name in readers.modules().items() if name == module}


# Pages and pictures are found in ways of their own; the others are named .doc or .xls.
HANG_NOWHERE = {"text/html", "application/xhtml+xml", "application/x-encrypted-office", sniffing.WORD_XML,
                sniffing.EXCEL_XML}


def test_files_of_every_medium_are_attachments_of_the_pages_they_hang_on():
    known = {*sniffing._BY_EXTENSION, *mimetypes.types_map}
    hanging = {sniffing._claimed(f"a{ending}", "") for ending in known if re.fullmatch(sniffing.ENDINGS, ending[1:])}
    owed = {kind for kind in readers.media_types() if not kind.startswith("image/")} - HANG_NOWHERE
    assert owed - hanging == set(), "sniffing.ENDINGS lacks the ending of these: nothing would fetch such a file"


@pytest.mark.parametrize("ending", ["pdf", "docm", "odt", "ods", "csv", "xlsb", "mht", "mhtml", "7z"])
def test_a_report_is_told_and_fetched_whatever_its_file_is_called(ending):
    name = f"示例县财政局2025年政府信息公开工作年度报告.{ending}"
    page = f"<html><body><div class='content'><p>年报见附件。</p><a href='/files/1.{ending}'>{name}</a></div></body>"
    address = f"http://a.example/files/1.{ending}"
    assert [each.url for each in read_article(page, "http://a.example/1.html").attached] == [address]
    assert [link.address for link in readers.read(page.encode(), "text/html").links] == [f"/files/1.{ending}"]
    assert titles.parse(name).accepted


def test_a_medium_without_reader_names_itself_and_the_way_out():
    with pytest.raises(UnreadableDocumentError, match=r"a\.ofd: there is no reader for application/x-none.*PDF"):
        readers.read(b"x", "application/x-none", Hints(name="a.ofd"))


def test_hash_medium_and_reader_are_set_for_every_medium():
    document = readers.read("一、总体情况\n正文。".encode(), "text/plain")
    assert document.sha256 == hashlib.sha256("一、总体情况\n正文。".encode()).hexdigest()
    assert (document.medium, document.reader) == ("text/plain", "plain")


def test_reading_a_page_does_not_load_the_pdf_library():
    code = ("import sys; from extract import report\n"
            "report.read(b'<html><body><p>x</p></body></html>')\n"
            "print([name for name in ('pdfplumber', 'pdfminer', 'scrapy', 'docx') if name in sys.modules])")
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert run.stdout.strip() == "[]"


def test_an_empty_file_is_called_empty():
    with pytest.raises(UnreadableDocumentError, match=r"a\.xlsx: the file is empty; fetch it again"):
        readers.read(b"", "application/x-empty", Hints(name="a.xlsx"))
