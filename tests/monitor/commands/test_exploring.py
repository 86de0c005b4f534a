"""`search` and `explore` as somebody at a terminal meets them."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from monitor import cli
from tests.monitor.office import Office
from tests.monitor.web.library import shelve


@pytest.fixture
def office(tmp_path):
    made = Office(tmp_path)
    shelve(made, "edu", 2025, {1: "全年推送图解86篇。"}, index=False)
    shelve(made, "health", 2024, {1: "图解解读3篇。"}, index=False)
    return made


def run(office, *arguments):
    return cli.run(["--config", str(office.settings), *arguments])


def test_words_are_found_with_their_place_and_marked(office, capsys):
    assert run(office, "search", "图解") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("示例市教育局 2025  http://www.city.example/")
    assert "全年推送【图解】86篇。" in lines[1]
    assert lines[2].startswith("示例市卫生健康局 2024")


def test_json_filters_and_what_is_left(office, capsys):
    assert run(office, "search", "图解", "--limit", "1", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert [hit["body"] for hit in told["hits"]] == ["edu"]
    assert told["more"] is True
    assert {"text": "图解", "found": True} in told["hits"][0]["passages"][0]["pieces"]
    assert run(office, "search", "图解", "--under", "health", "--json") == 0
    assert [hit["year"] for hit in json.loads(capsys.readouterr().out)["hits"]] == [2024]
    assert run(office, "--lang", "en", "search", "图解", "--year", "2023") == 0
    assert "no report holds all of these" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["search", "。"], ["search", "图解", "--under", "nobody"]])
def test_wrong_questions_are_told(office, arguments, capsys):
    assert run(office, *arguments) == 2
    assert re.search("[\u4e00-\u9fff]", capsys.readouterr().err)


def test_exploring_without_the_package_says_what_to_install(office, capsys, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert run(office, "explore") == 2
    assert "nianbao[explore]" in capsys.readouterr().err


@pytest.mark.slow
def test_the_copy_is_served_to_this_machine_without_reviewers_and_goes_with_the_command(office, tmp_path):
    assert run(office, "search", "图解") == 0
    with office.store.read() as connection:
        finding = connection.execute("SELECT id FROM finding WHERE rule = 'ARI-01'").fetchone()[0]
    assert run(office, "review", "confirm", finding, "--author", "审核人甲", "--reason", "见原文") == 0
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    place = tmp_path / "temporary"
    place.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", "from monitor.cli import main; main()", "--config", str(office.settings), "explore",
         "--port", str(port)], env={**os.environ, "TMPDIR": str(place)})
    try:
        rows = _asked(port, "/nianbao/findings.json?_shape=array&_size=max")
        assert any(row["rule"] == "ARI-01" for row in rows)
        assert list(_asked(port, "/nianbao/search.json?_shape=array&q=%E5%9B%BE%E8%A7%A3"))
        tables = _asked(port, "/nianbao.json")["tables"]
        for name in [each["name"] for each in tables if not each["hidden"]]:
            assert "审核人甲" not in json.dumps(_asked(port, f"/nianbao/{name}.json?_shape=array&_size=max"),
                                            ensure_ascii=False)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert list(place.iterdir()) == []


def _asked(port, path):
    for _ in range(120):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
                return json.loads(answer.read())
        except ConnectionError:
            time.sleep(0.5)
        except urllib.error.URLError as fault:
            if not isinstance(fault.reason, ConnectionError):
                raise
            time.sleep(0.5)
    raise AssertionError("the copy isn't served")
