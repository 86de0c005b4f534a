"""The release script refuses what must not be released, with the reason and what to do; nothing is built for that."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "release", tmp_path / ".ci" / "release")
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "nianbao"\nversion = "0.2.0"\n', "utf-8")
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## 0.2.0 – unreleased\n- More.\n", "utf-8")
    git(tmp_path, "init", "-q")
    commit(tmp_path)
    return tmp_path


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments], cwd=folder, check=True)


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "x")


def refused(folder: Path, *arguments: str) -> str:
    ended = subprocess.run([folder / ".ci" / "release", *arguments], cwd=folder, text=True, capture_output=True,
                           check=False, env={"PATH": "/usr/bin:/bin", "PYTHON": "false"})
    assert ended.returncode == 2, ended.stdout + ended.stderr
    assert not (folder / "dist").exists()
    return ended.stderr


def test_what_must_not_be_released_is_refused_with_its_reason(checkout: Path) -> None:
    assert "say the version" in refused(checkout)
    assert "say the version" in refused(checkout, "v0.2")
    assert "version is 0.2.0; write 0.3.0" in refused(checkout, "0.3.0")
    assert "names no day" in refused(checkout, "0.2.0")
    (checkout / "CHANGELOG.md").write_text("# Changelog\n\n## 0.1.0 – 2026-01-01\n", "utf-8")
    assert "not committed" in refused(checkout, "0.2.0")
    commit(checkout)
    assert "no entry '## 0.2.0" in refused(checkout, "0.2.0")
    (checkout / "CHANGELOG.md").write_text("# Changelog\n\n## 0.2.0 – 2026-01-01\n", "utf-8")
    commit(checkout)
    git(checkout, "tag", "v0.2.0")
    assert "tag v0.2.0 exists" in refused(checkout, "0.2.0")
