"""The evidence pack: what it holds, that others can verify it, and that it is the same twice."""

import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from crawler import clock
from extract import configuration
from monitor import cli
from tests.monitor.captured import Pages
from tests.monitor.history import HOST, item

URL = f"{HOST}/nb/1.html"


@pytest.fixture
def unseen(tmp_path):
    past = Pages(tmp_path)
    past.look("2026-02-02T09:00")
    past.look("2026-02-09T09:00")
    past.judge("2026-02-10T09:00")
    past.install("2026-02-10T09:00")
    yield past
    configuration.use_office_folder(None)
    clock.simulate(None)


def nianbao(past, *arguments):
    return cli.run(["--config", str(past.settings), *map(str, arguments)])


def _records(path):
    with path.open("rb") as file:
        return [(each.rec_type, each.rec_headers, each.http_headers, each.content_stream().read())
                for each in ArchiveIterator(file)]


def _check(path):
    return subprocess.run([sys.executable, "-m", "warcio.cli", "check", "-v", path], capture_output=True, text=True,
                          check=False)


def test_the_pack_of_a_missing_report_holds_both_lists_and_can_be_verified_without_us(unseen, tmp_path, capsys):
    out = tmp_path / "pack"
    assert nianbao(unseen, "export", "evidence", "--finding", unseen.finding("PUB-01"), "--out", out, "--json") == 0
    assert json.loads(capsys.readouterr().out)["fetches"] == 2
    checked = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=out, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
    assert _check(out / "evidence.warc.gz").returncode == 0
    held = _records(out / "evidence.warc.gz")
    assert [kind for kind, *_ in held] == ["warcinfo", *["request", "response", "metadata"] * 2]
    answers = [(headers, told, body) for kind, headers, told, body in held if kind == "response"]
    assert [headers["WARC-Date"] for headers, *_ in answers] == ["2026-02-02T01:00:00Z", "2026-02-09T01:00:00Z"]
    assert answers[0][1]["X-Archive-Orig-Content-Encoding"] == "gzip"
    assert "栏目 r001" in answers[0][2].decode()
    request = next(told for kind, _, told, _ in held if kind == "request")
    assert request.to_str().startswith("GET /nb/ HTTP/1.1")
    assert "nianbao (+contact)" in request["User-Agent"]
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    assert manifest["finding"]["rule"] == "PUB-01"
    assert "示例市教育局" in manifest["about"]
    for fetch in manifest["fetches"]:
        assert hashlib.sha256((out / fetch["file"]).read_bytes()).hexdigest() == fetch["sha256"]
    assert "sha256sum -c SHA256SUMS" in (out / "about.txt").read_text("utf-8")


@pytest.mark.parametrize("name", ["one.zip", "one.warc.gz"])
def test_the_same_proof_gives_the_same_bytes(unseen, tmp_path, name):
    (tmp_path / "again").mkdir()
    for folder in (tmp_path, tmp_path / "again"):
        asked = ("export", "evidence", "--body", "示例市教育局", "--year", 2025)
        assert nianbao(unseen, *asked, "--out", folder / name) == 0
    assert (tmp_path / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
    if name.endswith(".zip"):
        assert {"SHA256SUMS", "manifest.json", "about.txt", "evidence.warc.gz"} < set(
            zipfile.ZipFile(tmp_path / name).namelist())
    else:
        sums = (tmp_path / f"{name}.SHA256SUMS").read_text().split()
        assert sums[0] == hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()
        assert _check(tmp_path / name).returncode == 0
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_what_is_lost_is_named_and_the_rest_is_written(unseen, tmp_path, capsys):
    sha256 = next(unseen.evidence.kept())[0]
    unseen.evidence.path(sha256).unlink()
    assert nianbao(unseen, "export", "evidence", "--body", "b", "--year", 2025, "--out", tmp_path / "pack") == 3
    assert sha256 in capsys.readouterr().out
    manifest = json.loads((tmp_path / "pack" / "manifest.json").read_text("utf-8"))
    assert len(manifest["absent"]) == 1
    assert _check(tmp_path / "pack" / "evidence.warc.gz").returncode == 0
    kinds = [kind for kind, *_ in _records(tmp_path / "pack" / "evidence.warc.gz")]
    assert kinds.count("response") == 1
    assert kinds.count("metadata") == 2


def test_the_proof_of_a_report_holds_its_page_attachment_and_the_list_that_dates_it(unseen, tmp_path):
    run = unseen.look("2026-02-16T09:00", item(day="2026-02-15"))
    with unseen.store.write() as connection:
        file = unseen.fetch(connection, run, f"{HOST}/nb/1.pdf", clock.parse("2026-02-16T09:01"))
    unseen.capture(run, URL, "2026-02-16T09:01", content="c1", parts=[
        {"role": "attachment", "url": f"{HOST}/nb/1.pdf", "fetch": file, "outcome": "ok"}])
    with unseen.store.write() as connection:
        page = connection.execute("SELECT id FROM fetch WHERE url = ?", (URL,)).fetchone()["id"]
        connection.execute("UPDATE capture SET parts = json_insert(parts, '$[#]', json(?))",
                           (json.dumps({"role": "page", "url": URL, "fetch": page}),))
    report = unseen.report(URL, "2026-02-16T09:01")
    assert nianbao(unseen, "export", "evidence", "--report", report, "--out", tmp_path / "pack") == 0
    shown = {headers["WARC-Target-URI"] for kind, headers, *_ in _records(tmp_path / "pack" / "evidence.warc.gz")
             if kind == "response"}
    assert shown == {URL, f"{HOST}/nb/1.pdf", f"{HOST}/nb/"}


@pytest.mark.parametrize(("arguments", "said"), [
    (["--finding", "nothing"], "no such finding"), (["--report", "nothing"], "no such report"), ([], "name one of"),
    (["--body", "b"], "--year"), (["--body", "nobody", "--year", "2025"], "no body of the roster"),
    (["--body", "b", "--year", "2019"], "nothing was captured")])
def test_what_cannot_be_exported_is_said(unseen, tmp_path, capsys, arguments, said):
    assert nianbao(unseen, "--lang", "en", "export", "evidence", *arguments, "--out", tmp_path / "pack") == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "pack").exists()


def test_what_stands_there_is_replaced_only_when_told(unseen, tmp_path, capsys):
    asked = ["export", "evidence", "--body", "b", "--year", "2025", "--out"]
    out = tmp_path / "pack"
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    assert nianbao(unseen, *asked, out) == 2
    assert "--force" in capsys.readouterr().err
    assert nianbao(unseen, *asked, out, "--force") == 0
    assert not (out / "mine.txt").exists()
    assert nianbao(unseen, *asked, tmp_path / "no" / "pack") == 2
    assert Path(out / "SHA256SUMS").is_file()
