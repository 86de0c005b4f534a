"""`scan`: its line of progress, its table of outcomes, and how it ends when it is told to."""

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from crawler import scan
from crawler.roster import Roster
from crawler.scan import ScanResult
from crawler.store import Store
from monitor.commands import progress, scanning
from monitor.patrol import Progress
from tests.crawler.small_portals import Case, World, article, listing, name_of

ROOT = Path(__file__).parents[3]


class Terminal(io.StringIO):
    def isatty(self):
        return True


def told(monkeypatch, steps, stream, lang="zh", pace=10.0):
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(sys, "stderr", stream)
    teller = progress.Teller(lang)
    for step in steps:
        teller(step)
        now[0] += pace
    return stream.getvalue()


def steps(*done, total=8):
    return [Progress("scan", each, total, f"p{each} ok") for each in done]


def test_nothing_is_told_where_nobody_watches(monkeypatch):
    assert told(monkeypatch, steps(0, 1, 8), io.StringIO()) == ""


def test_one_line_is_rewritten_with_the_time_left(monkeypatch):
    lines = told(monkeypatch, steps(0, 1, 2, 8), Terminal()).split("\r\x1b[2K")
    assert [line.split()[0] for line in lines[1:]] == ["巡查站点"] * 4
    assert "约剩1:10" in lines[2]
    assert "约剩1:00" in lines[3]
    assert lines[-1].endswith("\n")
    assert "约剩" not in lines[-1]


def test_a_resumed_scan_reckons_from_what_it_finished_itself(monkeypatch):
    said = told(monkeypatch, steps(1000, 1001, total=1010), Terminal(), lang="en")
    assert "about 1:30 left" in said
    assert "portals 1001/1010" in said


def test_progress_is_not_written_faster_than_anyone_reads(monkeypatch):
    said = told(monkeypatch, [Progress("read", each, 1000) for each in range(1001)], Terminal(), pace=0.001)
    assert said.count("\r") <= 10


@pytest.mark.parametrize(("seconds", "face"), [(0.4, "0:00"), (42, "0:42"), (725.4, "12:05"), (12_000, "3:20:00")])
def test_time_left(seconds, face):
    assert progress.clock_face(seconds) == face


def test_the_table_counts_outcomes_and_names_only_what_needs_somebody(capsys):
    outcomes = {"ok": [f"p{number}" for number in range(2500)], "timeout": [f"t{number}" for number in range(30)],
                "unknown_shape": ["u1"]}
    reasons = {"u1": "c: no list was found on the page", "p7": "c: page 9 of 12 did not come"}
    scanning._print_portals(ScanResult("r", "incomplete", outcomes, reasons), Roster.of([], []), "zh")
    said = capsys.readouterr().out
    lines = [line for line in said.splitlines() if line]
    assert any(line.split()[:2] == ["正常", "2499"] or "2499" in line.split() for line in lines)
    assert sum(line.startswith("t") for line in lines) == scanning.LISTED
    assert any("另有10个" in line for line in lines)
    assert any(line.startswith("p7") and "page 9 of 12" in line for line in lines)
    assert any(line.startswith("u1") and "no list" in line for line in lines)
    assert "p8" not in said
    assert len(lines) < 35


@pytest.mark.slow
def test_sigterm_ends_the_command_soon_and_says_how_to_go_on(tmp_path):
    years = range(2010, 2024)
    pages = {f"p{number}": Case({"/nb/": listing(name_of(f"p{number}"), years),
                                 **{f"/nb/t{year + 1}0115_{year}.html": article(str(year)) for year in years}})
             for number in range(4)}
    with World(tmp_path, pages) as world:
        (tmp_path / "settings.toml").write_text(
            '[facts]\nfolder = "facts"\n[scan]\ncontact = "t@office.example"\ndelay = 0.5\n'
            'allow_private_addresses = true\n[monitoring]\nrequire_confirmation = false\n', "utf-8")
        command = [sys.executable, "-c", "from monitor.cli import main; main()", "--config",
                   str(tmp_path / "settings.toml"), "--lang", "en", "scan"]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 60
        while len(world.portals.log) < 10:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        begun = time.monotonic()
        os.kill(process.pid, signal.SIGTERM)
        out, err = process.communicate(timeout=60)
        assert time.monotonic() - begun < 30
        assert (process.returncode, out) == (3, "")
        assert "scan --resume" in err
        assert "Traceback" not in err
        run = scan.unfinished_run(Store(tmp_path / "nianbao.db"))
        assert run
        done = subprocess.run([*command, "--resume"], cwd=ROOT, capture_output=True, text=True, timeout=120,
                              check=False)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        assert scan.unfinished_run(Store(tmp_path / "nianbao.db")) is None
