"""The registry: found by declaration, loaded only when needed, errors that help."""

import ast
import hashlib
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from extract import readers
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
