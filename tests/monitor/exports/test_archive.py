"""The yearly archive: bytes as captured under readable names, indexes that open offline, nothing that runs."""

from __future__ import annotations

import json
import subprocess
import zipfile

import openpyxl
import pytest

from crawler import clock
from crawler.model import Body
from extract import configuration
from monitor import cli
from monitor.exports import archive
from tests.monitor.exports.county import County
from tests.monitor.history import HOST

PAGE = "<html><script>alert(1)</script><p>示例县财政局</p></html>"


@pytest.fixture
def county(tmp_path):
    past = County(tmp_path, (Body(id="evil", name="../../<img src=x onerror=alert(1)>=1+1", kind="department",
                                  level="county", parent="gov", portal="p"),))
    past.publish("fin", page=PAGE)
    past.publish("fin", 2024)
    past.publish("evil")
    attachment = past.evidence.put(b"%PDF-1.4 made")
    with past.store.write() as connection:
        connection.execute(
            "UPDATE capture SET parts = json_insert(parts, '$[#]', json(?)) WHERE url = ?",
            (json.dumps({"role": "attachment", "url": f"{HOST}/a.pdf", "name": "附件：年报.pdf.exe",
                         "sha256": attachment, "media_type": "application/pdf"}), f"{HOST}/nb/fin-own-2025.html"))
    past.judged()
    yield past
    configuration.use_office_folder(None)
    clock.simulate(None)


def nianbao(past, *arguments):
    return cli.run(["--config", str(past.settings), *map(str, arguments)])


def test_each_year_has_its_folder_with_the_bytes_as_captured(county, tmp_path, capsys):
    out = tmp_path / "档案"
    assert nianbao(county, "export", "archive", "--under", "gov", "--out", out, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["years"] == [2025, 2024]
    assert (out / "2025" / "示例县财政局" / "示例县财政局2025年度报告（页面）.html").read_text("utf-8") == PAGE
    attached = [path.name for path in (out / "2025" / "示例县财政局").iterdir()]
    assert "附件：年报.pdf.pdf" in attached
    assert subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=out, check=False).returncode == 0
    assert all(path.resolve().is_relative_to(out.resolve()) for path in out.rglob("*"))


def test_the_indexes_list_everybody_and_nothing_in_them_runs(county, tmp_path):
    out = tmp_path / "a"
    assert nianbao(county, "export", "archive", "--year", 2025, "--out", out) == 0
    assert not (out / "2024").exists()
    page = (out / "2025" / "index.html").read_text("utf-8")
    assert "<img" not in page
    assert "<script" not in page
    assert '<iframe name="view" sandbox' in page
    assert "http-equiv" in page
    rows = list(openpyxl.load_workbook(out / "2025" / "index.xlsx").active.iter_rows(min_row=2))
    said = {row[1].value: row for row in rows}
    assert "示例县教育局" in said
    assert said["示例县教育局"][7].value is None
    assert all(cell.data_type != "f" for row in rows for cell in row)
    assert sum(row[1].value == "示例县财政局" for row in rows) == 2


def test_every_version_is_kept_and_the_one_that_stands_comes_first(county, tmp_path):
    with county.store.write() as connection:
        connection.execute("UPDATE report SET last_seen = '2026-02-20T09:00:00+08:00' WHERE body = 'fin' "
                           "AND year = 2025")
    url = f"{HOST}/nb/fin-own-2025.html"
    old = county.evidence.put(b"<p>first</p>")
    county.capture("older", url, "2026-01-10T09:00", content="c0", parts=[
        {"role": "page", "url": url, "sha256": old, "media_type": "text/html"}])
    county.report(url, "2026-01-10T09:00", body="fin", content="c0", run="older")
    out = tmp_path / "a"
    assert nianbao(county, "export", "archive", "--year", 2025, "--out", out) == 0
    folders = sorted(path.name for path in (out / "2025").iterdir() if path.name.startswith("示例县财政局"))
    assert folders == ["示例县财政局", "示例县财政局（2026年1月10日所见版本）"]
    assert next((out / "2025" / folders[1]).iterdir()).read_bytes() == b"<p>first</p>"


def test_lost_bytes_are_named(county, tmp_path, capsys):
    for sha256, _ in list(county.evidence.kept())[:1]:
        county.evidence.path(sha256).unlink()
    for sha256 in [row[0] for row in county.evidence.kept()]:
        if county.evidence.get(sha256) == PAGE.encode():
            county.evidence.path(sha256).unlink()
    assert nianbao(county, "export", "archive", "--year", 2025, "--out", tmp_path / "a.zip") == 3
    assert "原件缺失" in capsys.readouterr().out
    with zipfile.ZipFile(tmp_path / "a.zip") as packed:
        assert "2025/index.html" in packed.namelist()


@pytest.mark.parametrize(("part", "suffix"), [
    ({"media_type": "application/pdf", "name": "a.exe", "url": "x"}, ".pdf"),
    ({"media_type": "", "name": "a.exe", "url": "x"}, ".bin"),
    ({"media_type": None, "name": "", "url": "u/a.HTA?x"}, ".bin"),
    ({"media_type": "", "name": "a.WPS", "url": "x"}, ".wps")])
def test_no_file_gets_an_ending_that_a_system_would_run(part, suffix):
    assert archive._suffix(part) == suffix


def test_where_nothing_is_held_it_is_said(county, tmp_path, capsys):
    assert nianbao(county, "--lang", "en", "export", "archive", "--under", "edu", "--out", tmp_path / "a") == 2
    assert "no report is held" in capsys.readouterr().err
    assert not (tmp_path / "a").exists()
