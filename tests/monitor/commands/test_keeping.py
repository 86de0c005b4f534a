"""`evidence verify` and `tidy` as an office runs them."""

import json
import os
import time

import pytest

from crawler import clock
from extract import configuration
from monitor import cli
from tests.monitor.captured import Pages


@pytest.fixture
def past(tmp_path):
    made = Pages(tmp_path)
    for at in ("2022-02-02T09:00", "2022-02-09T09:00", "2022-02-16T09:00", "2026-02-02T09:00", "2026-02-09T09:00"):
        made.look(at)
    made.judge("2026-02-10T09:00:00+08:00")
    made.install("2026-02-10T09:00:00+08:00")
    for sha256, _ in made.evidence.kept():
        os.utime(made.evidence.path(sha256), (time.time() - 5 * 24 * 3600,) * 2)
    yield made
    configuration.use_office_folder(None)
    clock.simulate(None)


def nianbao(past, *arguments):
    return cli.run(["--config", str(past.settings), *arguments])


def test_whole_evidence_is_told_as_such(past, capsys):
    assert nianbao(past, "evidence", "verify") == 0
    assert "已校验5个留存文件，损坏或缺失0个" in capsys.readouterr().out


def test_damaged_missing_and_altered_files_are_named_with_their_page(past, capsys):
    names = [sha256 for sha256, _ in past.evidence.kept()]
    past.evidence.path(names[0]).unlink()
    past.evidence.path(names[1]).write_bytes(b"no gzip")
    past.evidence.path(names[2]).write_bytes(past.evidence.path(names[3]).read_bytes())
    assert nianbao(past, "evidence", "verify", "--json") == 4
    told = json.loads(capsys.readouterr().out)
    assert {each["sha256"] for each in told["faults"]} == set(names[:3])
    assert all(each["url"].startswith("http://") and each["at"] for each in told["faults"])
    assert nianbao(past, "--lang", "en", "evidence", "verify") == 4
    out = capsys.readouterr().out
    assert "restore it from a backup" in out
    assert "3 damaged or missing" in out


def test_lost_files_that_no_scan_fetched_are_named_too(past, capsys):
    """What a body sent with its reply, and a part of a page that is not read yet."""
    sent, part = (past.evidence.put(data) for data in (b"photo", b"attachment"))
    with past.store.write() as connection:
        link = connection.execute(
            "INSERT INTO reply_link (hash, body, findings, number, author, made, expires) VALUES "
            "('h', 'b', '[]', '1', 'x', '2026-02-10', '2026-03-10')").lastrowid
        connection.execute(
            "INSERT INTO reply (id, link, at, body, finding, fact, answer, text, fixed, contact, address) VALUES "
            "(1, ?, '2026-02-10', 'b', 'f', 'f', 'partly', 'x', '', '', '')", (link,))
        connection.execute("INSERT INTO reply_file (reply, sha256, name, media_type, size) VALUES "
                           "(1, ?, 'photo.jpg', 'image/jpeg', 5)", (sent,))
    past.capture("r001", "http://www.shili.example/nb/9.html", "2026-02-02T09:00", content="c9",
                 parts=[{"role": "attachment", "sha256": part}])
    for sha256 in (sent, part):
        past.evidence.path(sha256).unlink()
    assert nianbao(past, "evidence", "verify", "--json") == 4
    assert {each["sha256"] for each in json.loads(capsys.readouterr().out)["faults"]} >= {sent, part}


def test_tidy_says_first_what_it_would_do(past, capsys):
    before = sorted(past.evidence.kept())
    assert nianbao(past, "tidy", "--dry-run", "--json") == 0
    dry = json.loads(capsys.readouterr().out)
    assert sorted(past.evidence.kept()) == before
    assert nianbao(past, "tidy", "--json") == 0
    done = json.loads(capsys.readouterr().out)
    assert (dry["dry_run"], done["dry_run"]) == (True, False)
    assert dry["files"] == done["files"] == len(before) - len(list(past.evidence.kept())) > 0
    assert nianbao(past, "tidy") == 0
    assert "清理无引用的旧页面0个" in capsys.readouterr().out
    assert nianbao(past, "evidence", "verify") == 0


@pytest.mark.parametrize(("value", "code"), [("0", 0), ("399", 2), ("-1", 2)])
def test_a_season_always_stays(past, capsys, value, code):
    with past.settings.open("a", encoding="utf-8") as file:
        file.write(f"[retention]\nevidence = {value}\n")
    assert nianbao(past, "tidy", "--json") == code
    if code:
        assert "400 days" in capsys.readouterr().err
    else:
        assert json.loads(capsys.readouterr().out)["files"] == 0
