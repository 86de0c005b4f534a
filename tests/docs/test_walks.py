"""Each walk of CONTRIBUTING is walked: its files written into a copy of the repository, its checks run there.

The promise to strangers is held too: a family is one product file of under 100 lines, and the checks named in the walk
are those that complain where its tests are lacking.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, Block, page

PAGE = ROOT / "CONTRIBUTING.md"
PARTS = ("crawler", "extract", "monitor", "config", "tests", "docs", "pyproject.toml", "README.md")
HEADS = {PAGE.read_text("utf-8").count("\n", 0, found.start()) + 1: found[1]
         for found in re.finditer(r"^## (Add .*)$", PAGE.read_text("utf-8"), re.M)}
WALKS: dict[str, list[Block]] = {head: [] for head in HEADS.values()}
for _block in page(PAGE).blocks:
    _above = [head for line, head in HEADS.items() if line < _block.line]
    if _above:
        WALKS[_above[-1]].append(_block)


def test_what_is_promised_to_a_stranger() -> None:
    assert list(WALKS) == ["Add a family of portals", "Add a rule", "Add a form (an era)", "Add a medium",
                           "Add a chat channel"]
    product = [block for block in WALKS["Add a family of portals"] if "product" in block.marks]
    assert [block.file for block in product] == ["crawler/families/quhe.py"]
    assert len(product[0].text.splitlines()) < 100
    for name in ("Add a rule", "Add a medium", "Add a chat channel"):
        assert len([block for block in WALKS[name] if "product" in block.marks]) == 1


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkout")
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(ROOT / part, folder / part)
    return folder


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("NIANBAO_", "PYTEST_"))}
    return subprocess.run(["bash", "-c", command], cwd=folder, text=True, capture_output=True, check=False,
                          env={**environment, "PATH": path, "PYTHONPATH": str(folder)})


@pytest.mark.slow
@pytest.mark.parametrize("name", WALKS)
def test_the_walk_can_be_walked(name: str, checkout: Path) -> None:
    checked = 0
    for block in WALKS[name]:
        if block.file:
            path = checkout / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            held = path.read_text("utf-8") if block.add else ""
            path.write_text(held + block.text, "utf-8")
            continue
        for command, _ in block.typed:
            before = {each: (checkout / each).read_text("utf-8") for each in command.split()
                      if command.startswith("sed -i") and (checkout / each).is_file()}
            said = run(command, checkout)
            assert said.returncode == 0, f"CONTRIBUTING.md:{block.line}: {command}\n{said.stdout}{said.stderr}"
            for each, text in before.items():
                assert (checkout / each).read_text("utf-8") != text, f"CONTRIBUTING.md:{block.line}: {each} unchanged"
            checked += "pytest" in command
    assert checked


@pytest.mark.slow
def test_without_its_tests_a_family_is_refused(checkout: Path) -> None:
    product = next(block for block in WALKS["Add a family of portals"] if "product" in block.marks)
    (checkout / "crawler" / "families" / "quhe_twin.py").write_text(product.text, "utf-8")
    try:
        said = run("nianbao --lang en checkall --sources .", checkout)
    finally:
        (checkout / "crawler" / "families" / "quhe_twin.py").unlink()
    assert said.returncode != 0
    assert "tests/portals/quhe_twin.py" in said.stdout + said.stderr
    assert "tests/listings/quhe_twin/" in said.stdout + said.stderr
