"""The unit and the container file: they start a command that exists, with paths that belong together."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from monitor.cli import tree
from monitor.settings import Watch

DEPLOY = Path(__file__).resolve().parents[2] / "docs" / "deploy"


def unit(name="nianbao-watch.service"):
    parsed = configparser.RawConfigParser(strict=False, interpolation=None)
    parsed.optionxform = str
    parsed.read_string((DEPLOY / name).read_text("utf-8"))
    return parsed


def commands():
    return tree().commands


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


def container() -> list[str]:
    """The instructions of the container file, continued lines joined, comments left out."""
    text = (DEPLOY / "Containerfile").read_text("utf-8").replace("\\\n", " ")
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def test_the_container_runs_as_nobody_of_importance_and_without_a_shell():
    last = container()[max(number for number, line in enumerate(container()) if line.startswith("FROM ")):]
    assert [line for line in last if line.startswith("USER ")] == ["USER 10001"]
    users = [number for number, line in enumerate(last) if line.startswith("USER ")]
    assert not [line for line in last[users[0]:] if line.startswith("RUN ")]
    for line in last:
        if line.startswith(("ENTRYPOINT", "CMD")):
            assert line.split(" ", 1)[1].startswith("["), f"{line}: a shell would stand between"
    assert any("-perm /6000" in line for line in last)
    assert not [line for line in container() if re.search(r"\b(ENV|ARG)\b.*(PASSWORD|SECRET|TOKEN)", line, re.I)]
    assert any("--require-hashes" in line for line in container())


def test_the_container_is_meant_to_run_read_only_and_without_capabilities():
    text = (DEPLOY / "Containerfile").read_text("utf-8")
    for option in ("--read-only", "--cap-drop all", "no-new-privileges", "--tmpfs /tmp:rw,noexec,nosuid,nodev"):
        assert option in text


SERVICES = sorted(DEPLOY.glob("*.service"))


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_a_unit_shuts_what_it_does_not_need(path):
    """What systemd-analyze counts, checked without it."""
    service = unit(path.name)["Service"]
    wanted = {"NoNewPrivileges": "yes", "ProtectSystem": "strict", "ProtectHome": "yes", "PrivateTmp": "yes",
              "PrivateDevices": "yes", "PrivateUsers": "yes", "ProtectKernelTunables": "yes", "UMask": "0077",
              "ProtectKernelModules": "yes", "ProtectKernelLogs": "yes", "ProtectControlGroups": "yes",
              "ProtectProc": "invisible", "RestrictNamespaces": "yes", "RestrictSUIDSGID": "yes",
              "LockPersonality": "yes", "CapabilityBoundingSet": "", "AmbientCapabilities": "",
              "SystemCallArchitectures": "native", "RemoveIPC": "yes", "RestrictRealtime": "yes"}
    assert {name: service.get(name) for name in wanted} == wanted
    assert "~@privileged" in path.read_text("utf-8")
    assert "link-local" in service["IPAddressDeny"]
    assert service["User"] not in ("", "root")
    assert "NIANBAO_MAIL__PASSWORD=" not in "".join(line for line in path.read_text("utf-8").splitlines()
                                                    if not line.startswith("#"))


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze isn't here")
@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_systemd_itself_finds_little_exposed(path):
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=25", "--no-pager", str(path)],
                          capture_output=True, text=True, timeout=60, check=False)
    if "nknown" in done.stderr and "offline" in done.stderr:
        pytest.skip("this systemd-analyze can't look at a file")
    assert done.returncode == 0, done.stdout[-600:] + done.stderr
