"""The unit and the container file: they start a command that exists, with paths that belong together."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

import typer

from monitor.cli import app
from monitor.settings import Watch

DEPLOY = Path(__file__).resolve().parents[2] / "docs" / "deploy"


def unit():
    parsed = configparser.RawConfigParser(strict=False, interpolation=None)
    parsed.optionxform = str
    parsed.read_string((DEPLOY / "nianbao-watch.service").read_text("utf-8"))
    return parsed


def commands():
    return typer.main.get_command(app).commands


def test_the_unit_starts_the_watch_as_it_is_called_today():
    words = unit()["Service"]["ExecStart"].split()
    assert words[0].endswith("/nianbao")
    assert words[1] == "--config"
    watch = commands()[words[3]]
    assert {option for parameter in watch.params for option in parameter.opts} >= set(words[4:])


def test_the_unit_may_write_where_its_settings_lie_and_nowhere_else():
    service = unit()["Service"]
    assert service["ProtectSystem"] == "strict"
    assert service["ReadWritePaths"] == service["WorkingDirectory"] == f"/var/lib/{service['StateDirectory']}"
    assert service["ExecStart"].split()[2].startswith(service["ReadWritePaths"])
    assert service["CapabilityBoundingSet"] == ""


def test_systemd_waits_longer_than_a_job_gets_to_end():
    assert int(unit()["Service"]["TimeoutStopSec"]) > Watch().stop_within


def test_the_container_copies_what_exists_and_starts_the_watch():
    text = (DEPLOY / "Containerfile").read_text("utf-8")
    root = DEPLOY.parents[1]
    for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.M):
        for name in line.split()[:-1]:
            assert (root / name).exists(), name
    assert re.search(r'CMD \["(\w+)"', text)[1] in commands()
    assert "USER nianbao" in text
