"""What offices hand in and take away: facts, lists, returned ledgers, workbooks and files named after what strangers
wrote."""

from __future__ import annotations

import ast
import io
import re
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from crawler import tables
from crawler.exceptions import ImportingError
from crawler.store import Store
from extract import configuration
from extract.exceptions import ConfigurationError
from monitor import review
from monitor.exceptions import UsageError
from monitor.exports import data, placing, returned
from monitor.records import monitor_schema
from tests.fuzz import small_documents as small
from tests.fuzz.harnesses.offices import ledger_sheet

ROOT = Path(__file__).resolve().parents[2]
SECRET = "nianbao-canary-4711"


class Anything(BaseModel):
    model_config = ConfigDict(extra="forbid")
    a: dict[str, object] = {}


# ---------------------------------------------------------------- facts
@pytest.mark.parametrize("text", [
    "a: !!python/object/apply:os.system ['touch {place}']", "a: !!python/name:os.system", "!!python/module:os {{}}",
    "a: !!python/object/new:os.system ['touch {place}']", "a: !!binary x", "a: !include /etc/passwd",
])
def test_facts_make_no_objects(tmp_path, text):
    place = tmp_path / "made"
    (tmp_path / "f.yaml").write_text(text.format(place=place))
    with pytest.raises(ConfigurationError, match=r"f\.yaml"):
        configuration.load_path(tmp_path / "f.yaml", Anything)
    assert not place.exists()


@pytest.mark.parametrize("key", ["a", "unknown"])
def test_aliases_upon_aliases_end(tmp_path, key):
    """A few lines that stand for ten thousand million entries."""
    lines = ["x0: &x0 [l, l, l, l, l, l, l, l, l, l]",
             *(f"x{step}: &x{step} [{', '.join([f'*x{step - 1}'] * 10)}]" for step in range(1, 10)), f"{key}: *x9"]
    (tmp_path / "f.yaml").write_text("\n".join(lines))
    before = time.process_time()
    with pytest.raises(ConfigurationError):
        configuration.load_path(tmp_path / "f.yaml", Anything)
    assert time.process_time() - before < 10


# ---------------------------------------------------------------- lists and ledgers
LAUGHS = '<!DOCTYPE x [<!ENTITY e0 "ha">' + "".join(
    f'<!ENTITY e{step} "{f"&e{step - 1};" * 10}">' for step in range(1, 10)) + '<!ENTITY e "&e9;">]>'


def workbook(tmp_path, doctype, sheet=None, more=None):
    """A ledger with a document type in its sheet, and the entity where a cell's text stands."""
    text = (sheet or ledger_sheet()).decode()
    text = '<?xml version="1.0"?>' + doctype + text.replace("核实", "&e;" if doctype else "核实")
    path = tmp_path / "ledger.xlsx"
    path.write_bytes(small.stored({**small.xlsx(), "xl/worksheets/sheet1.xml": text.encode(), **(more or {})}))
    return path


def read_back(path, **limits):
    try:
        return str(list(returned.rows(path, **limits)))
    except UsageError as refusal:
        return f"refused: {refusal}"


def test_a_ledger_brings_in_no_file_and_no_flood(tmp_path):
    (tmp_path / "secret").write_text(SECRET)
    plain = read_back(workbook(tmp_path, ""))
    assert "核实" in plain
    for doctype in (f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{tmp_path}/secret">]>', LAUGHS):
        before = time.process_time()
        said = read_back(workbook(tmp_path, doctype))
        assert SECRET not in said
        assert len(said) < 100_000
        assert time.process_time() - before < 10


def test_macros_and_links_of_a_ledger_are_not_followed(tmp_path):
    (tmp_path / "secret").write_text(SECRET)
    more = {"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0" + bytes(600),
            "xl/externalLinks/externalLink1.xml": f'<a href="file://{tmp_path}/secret"/>'.encode()}
    said = read_back(workbook(tmp_path, "", more=more))
    assert "核实" in said
    assert SECRET not in said


def test_a_ledger_of_another_kind_and_size_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(returned, "LARGEST", 1 << 20)
    path = tmp_path / "ledger.xlsx"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in small.xlsx().items():
            archive.writestr(name, content)
        archive.writestr("xl/media/big.bin", bytes(5 << 20))
    path.write_bytes(buffer.getvalue())
    assert "inflates" in read_back(path, inflated=4 << 20)
    with path.open("wb") as file:
        file.truncate(returned.LARGEST + 1)
    assert "larger" in read_back(path)


@pytest.mark.parametrize("identity", ["f1", "' OR 1=1 --", "x'); DROP TABLE finding; --", "\x00", "%", "*", "../../x",
                                      "一" * 999])
def test_forged_ids_name_nothing(tmp_path, identity):
    store = Store(tmp_path / "n.db")
    store.migrate(monitor_schema)
    with store.write() as connection:
        assert not list(review.list_findings(connection, ids=[identity], cleared=True))
        path = workbook(tmp_path, "", ledger_sheet().replace(b">f1<", f">{identity.replace(chr(0), '')}<".encode())
                        .replace(b">' OR", b">&apos; OR"))
        answers = returned.take(connection, path, "zh", author="x").answers
        assert all(answer.verdict == "invalid" for answer in answers)
        assert connection.execute("SELECT count(*) FROM finding").fetchone()[0] == 0


@pytest.mark.parametrize("doctype", [f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{ROOT}/pyproject.toml">]>', LAUGHS])
def test_a_list_of_bodies_brings_in_no_file_and_no_flood(tmp_path, doctype):
    path = workbook(tmp_path, doctype)
    try:
        said = str(tables.read(path))
    except ImportingError as refusal:
        said = str(refusal)
    assert "hatchling" not in said
    assert len(said) < 100_000


# ---------------------------------------------------------------- workbooks and tables we write
def test_every_workbook_is_made_with_texts_that_stay_texts():
    """xlsxwriter takes '=1+1' for a formula and 'http://…' for a link unless it is told not to."""
    made = 0
    for path in (ROOT / "monitor").rglob("*.py"):
        text = path.read_text("utf-8")
        for node in ast.walk(ast.parse(text if "xlsxwriter.Workbook(" in text else "")):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("xlsxwriter.Workbook"):
                made += 1
                pairs = zip(node.args[1].keys, node.args[1].values, strict=True)
                options = {key.value: value.value for key, value in pairs
                           if isinstance(key, ast.Constant) and isinstance(value, ast.Constant)}
                assert options.get("strings_to_formulas") is False, path
                assert options.get("strings_to_urls") is False, path
    assert made


def test_every_table_of_text_is_written_where_formulas_are_guarded():
    """Rooms that write CSV, each with the tests that show what becomes of =1+1; a new one must be thought about."""
    rooms = {str(path.relative_to(ROOT)) for path in (ROOT / "monitor").rglob("*.py")
             if re.search(r"\bcsv\.(Dict)?[wW]riter\(", path.read_text("utf-8"))}
    assert rooms <= {
        "monitor/exports/data.py",  # guarded()
        "monitor/exports/changes.py",  # cells of two packages that data.py wrote
        "monitor/exports/reminder.py",  # _csv
        "monitor/web/views/exports.py",  # guarded()
    }, rooms


@given(st.text(alphabet="=+-@\t\r'\"A1(){}|!cmd \u200b\n", max_size=12))
def test_no_cell_of_ours_is_a_formula_whatever_leads_it(text):
    assert not re.match(r"[=+\-@\t\r]", data.guarded(text))
    assert data.unguarded(data.guarded(text)) == text


# ---------------------------------------------------------------- names of files
@given(st.text(max_size=300) | st.sampled_from(["..", ".", "", "/", "a/../b", "CON", "nul.txt", "-rf", "~", "$(id)",
                                                   "a\nb"]))
def test_no_name_leads_out_of_its_folder(text):
    """Titles, names of attachments and of bodies become names of files in exports, archives and packs."""
    name = placing.safe(text)
    assert name
    assert name not in (".", "..")
    assert not re.search(r"[/\\\x00-\x1f\x7f]", name)
    assert not name.startswith(("-", "~", "."))
    assert len(name.encode()) <= 255
    assert (Path("/folder") / name).resolve().parent == Path("/folder")
