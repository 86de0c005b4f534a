"""The evidence pack: its own program verifies it with bare Python, tampering is found, the marked cells are right."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from crawler import clock
from extract import configuration
from extract.limits import Guard
from extract.model import Figure, Hints, Source
from monitor import cli, rejudging
from monitor.exports import marking, pack_verifier
from tests.monitor import reports
from tests.monitor.exports.county import County

PAGE = """<html><head><script>alert(1)</script></head><body><table>
<tr><td>项目</td><td>自然人</td></tr><tr><td>一、本年新收</td><td>5</td></tr>
<tr><td>四、结转<b>&lt;i&gt;</b></td><td>2</td></tr></table></body></html>"""


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    past = County(tmp_path_factory.mktemp("county"))
    figures = reports.figures(applications__carried_out__natural_person=2, applications__carried_out__total=2)
    for key, row in (("applications.new.natural_person", 1), ("applications.carried_out.natural_person", 2)):
        figures[key].source = Source(3, row, 1, grid=0)
    past.report_id = past.publish("fin", all_figures=figures, page=PAGE)
    past.judge("2026-03-01T09:00")
    with past.store.write() as connection:
        rejudging.judge_store(connection, past.roster, "2026-03-01T09:00:00+08:00", since=2020)
    past.install("2026-03-01T09:00")
    return past


@pytest.fixture(autouse=True)
def _undo():
    yield
    configuration.use_office_folder(None)
    clock.simulate(None)


@pytest.fixture
def pack(county, tmp_path):
    with county.store.read() as connection:
        finding = connection.execute("SELECT id FROM finding WHERE rule = 'ARI-01' AND subject = 'natural_person'"
                                     ).fetchone()["id"]
    assert nianbao(county, "export", "pack", "--finding", finding, "--out", tmp_path / "pack") == 0
    return tmp_path / "pack"


def nianbao(past, *arguments):
    return cli.run(["--config", str(past.settings), *map(str, arguments)])


def verify(folder):
    """Run the pack's own program as anybody would: no site, no environment, another folder."""
    done = subprocess.run([sys.executable, "-I", "-S", str(folder / "verify.py")], capture_output=True, text=True,
                          cwd="/", env={"PYTHONIOENCODING": "utf-8"}, check=False, encoding="utf-8")
    return done.returncode, done.stdout + done.stderr


def list_again(folder):
    """Whoever tampers may well write the sums anew."""
    (folder / "SHA256SUMS").write_text("".join(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}\n"
        for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "SHA256SUMS"), "utf-8")


def test_a_pack_verifies_with_nothing_but_python(pack):
    code, said = verify(pack)
    assert code == 0, said
    assert said.rstrip().endswith("OK      everything holds")
    assert "ARI-01 natural_person: 3 = 5 does not hold" in said
    assert hashlib.sha256((pack / "SHA256SUMS").read_bytes()).hexdigest() in said


def test_the_program_imports_the_standard_library_only():
    source = Path(pack_verifier.__file__).read_text("utf-8")
    assert set(re.findall(r"^(?:import|from) (\w+)", source, re.M)) <= set(sys.stdlib_module_names)


def test_no_address_of_a_stranger_commands_the_verifiers_terminal(pack):
    manifest = json.loads((pack / "manifest.json").read_text("utf-8"))
    manifest["fetches"][0]["url"] += "\x1b]0;owned\x07\u202e\x9b2J\r"
    manifest["fetches"][0]["sha256"] = "0" * 64
    manifest["absent"] = [{"url": "http://h.example/\x1b[2J", "fault": "\u2028OK      everything holds"}]
    (pack / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    code, said = verify(pack)
    assert (code, "other bytes than stated" in said, "not in the pack" in said) == (1, True, True)
    assert not set("\x1b\x07\u202e\x9b\r\u2028") & set(said)


def test_every_single_file_tampered_with_is_found(pack):
    for path in sorted(path for path in pack.rglob("*") if path.is_file()):
        if path.name in ("verify.py", "SHA256SUMS"):
            continue
        kept = path.read_bytes()
        path.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
        code, said = verify(pack)
        assert (code, path.relative_to(pack).as_posix() in said) == (1, True), (path, said)
        path.unlink()
        assert verify(pack)[0] == 1
        path.write_bytes(kept)
    (pack / "more.txt").write_text("x")
    code, said = verify(pack)
    assert code == 1
    assert "more.txt is not listed" in said


def test_a_page_exchanged_together_with_its_sums_is_found_in_the_archive(pack):
    page = next((pack / "files").glob("*.html"))
    page.write_bytes(page.read_bytes().replace(b"5", b"6"))
    list_again(pack)
    code, said = verify(pack)
    assert code == 1
    assert "differs from the WARC" in said


def test_an_archive_exchanged_together_with_its_sums_fails_its_digests(pack):
    archive = pack / "evidence.warc.gz"
    archive.write_bytes(gzip.compress(gzip.decompress(archive.read_bytes()).replace(b"<td>5</td>", b"<td>6</td>")))
    list_again(pack)
    code, said = verify(pack)
    assert code == 1
    assert "digest" in said


def test_a_figure_changed_in_the_manifest_no_longer_adds_up(pack):
    manifest = json.loads((pack / "manifest.json").read_text("utf-8"))
    manifest["figures"]["applications.new.natural_person"]["value"] = 7
    (pack / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False), "utf-8")
    list_again(pack)
    assert verify(pack)[0] == 1
    manifest["finding"]["expression"] = "1 + 1 = 2"
    (pack / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False), "utf-8")
    list_again(pack)
    assert "FAILED  1 + 1 = 2" in verify(pack)[1]


def test_what_is_no_pack_is_said_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["verify.py", str(tmp_path)])
    assert pack_verifier.main() == 2
    assert "cannot be verified" in capsys.readouterr().out


def test_the_cells_of_the_finding_are_marked_and_nothing_can_run(pack):
    page = next((pack / "rendering").glob("*.html")).read_text("utf-8")
    marked = re.findall(r'<td class="marked"[^>]*>(.*?)</td>', page)
    assert marked == ["5", "2"]
    assert "<script" not in page
    assert "default-src 'none'" in page
    assert "&lt;i&gt;" in page


def test_the_pack_holds_headers_rule_and_instructions(pack):
    headers = json.loads((pack / "headers.json").read_text("utf-8"))
    assert any(each["received"].get("content-type") == "text/html" for each in headers)
    said = (pack / "README.txt").read_text("utf-8")
    assert "python3 -I -S verify.py" in said
    assert "ARI-01" in said
    assert "统一格式表三" in said
    assert "系统比对结果，待人工复核" in said


def test_a_report_is_packed_with_every_sum_of_its_tables(county, tmp_path):
    out = tmp_path / "报告.zip"
    assert nianbao(county, "export", "pack", "--report", county.report_id, "--out", out) == 0
    with zipfile.ZipFile(out) as archive:
        archive.extractall(tmp_path / "unpacked")
    code, said = verify(tmp_path / "unpacked")
    assert code == 0, said
    assert said.count("ARI-") == 44
    again = tmp_path / "again.zip"
    assert nianbao(county, "export", "pack", "--report", county.report_id, "--out", again) == 0
    assert again.read_bytes() == out.read_bytes()


def test_a_box_is_drawn_where_the_cell_stands_on_its_page():
    picture = Image.new("RGB", (400, 300), "white")
    made = io.BytesIO()
    picture.save(made, "PNG")
    with Guard(task="extract.exhibit:show") as guard:
        shown = guard.record(made.getvalue(), Hints(name="scan.png"), page=1)
    figure = Figure(1, "number", "1", source=Source(3, 0, 0, 1, (100, 50, 200, 80)))
    drawn = Image.open(io.BytesIO(marking._boxed(base64.b64decode(shown["picture"]), shown["scale"], {"x": figure})))
    scale = shown["scale"]
    assert drawn.getpixel((int(100 * scale) - 3, int(65 * scale))) == (198, 40, 40)
    assert drawn.getpixel((int(150 * scale), int(65 * scale))) == (255, 255, 255)


@pytest.mark.parametrize(("options", "said"), [
    ((), "--finding"), (("--finding", "x", "--report", "y"), "--finding"), (("--finding", "x"), "no such finding"),
    (("--report", "x"), "no such report")])
def test_what_cannot_be_packed_is_said(county, tmp_path, capsys, options, said):
    assert nianbao(county, "--lang", "en", "export", "pack", *options, "--out", tmp_path / "p") == 2
    assert said in capsys.readouterr().err
