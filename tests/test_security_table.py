"""docs/security.md names, for every attack, tests that try it: they exist, under the names the table gives."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")
NAMED = re.findall(r"tests/[\w/]+\.py(?:::\w+)*", PAGE)
ROWS = [line for line in PAGE.partition("## The table")[2].partition("## Permissions")[0].splitlines()
        if line.startswith("|") and not re.match(r"\|[-|\s]+$|\| attack \|", line)]


@cache
def defined(path: str) -> set[str]:
    """Tests of a file as name and Class::name; inherited tests under the class that has them."""
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    found = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            found |= {f"{node.name}::{inner.name}" for inner in node.body
                      if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef)}
    return found


@pytest.mark.parametrize("named", sorted(set(NAMED)))
def test_every_test_the_table_names_exists(named):
    path, _, name = named.partition("::")
    assert (ROOT / path).is_file(), f"{path}: no such file"
    if name:
        assert name in defined(path), f"{path} has no {name}"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip()[:60])
def test_every_attack_has_its_guard_and_its_test(row):
    cells = [cell.strip() for cell in row.strip("|").split(" | ")]
    assert len(cells) == 3, row
    attack, guard, tests = cells
    assert attack
    assert guard
    assert re.search(r"tests/[\w/]+\.py", tests), f"no test tries: {attack}"


def test_modules_the_table_names_exist():
    modules = {path.stem for room in ("crawler", "extract", "monitor") for path in (ROOT / room).rglob("*.py")}
    for name in re.findall(r"\(`([a-z_.]+)`\)", PAGE):
        assert name.split(".")[0] in {*modules, "extract", "crawler", "alerts", "exports", "spiders", "families"}, name


def test_all_that_tries_attacks_is_in_the_table():
    for path in sorted((ROOT / "tests" / "security").glob("test_*.py")):
        assert f"tests/security/{path.name}" in PAGE
