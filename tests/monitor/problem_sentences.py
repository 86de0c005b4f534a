"""Every sentence in which a reader may say what is wrong with a document, taken from the source of extract/."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import extract

ROOT = Path(extract.__file__).resolve().parent
SAID_IN = ("problem", "problems")
_VALUE = "7"
ENGLISH = re.compile(r"[A-Za-z']{2,} [A-Za-z']{2,}")
"""Two words of English that follow each other: a sentence of ours, no name of a format."""
Function: TypeAlias = ast.FunctionDef | ast.Module
Given: TypeAlias = tuple[str, Function, ast.expr]


def collected() -> dict[str, str]:
    """The sentences with a 7 for each value, and where each stands. What is given to a name `problems` is followed
    back through names, attributes and functions to the texts that it is made of."""
    source = _Source()
    found: dict[str, str] = {}
    waiting: list[Given] = [each for name in SAID_IN for each in source.given(name)]
    seen = set[int]()
    while waiting:
        path, within, node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        text = _text(node)
        if text is not None:
            if ENGLISH.search(text):
                found[text] = f"{path}:{node.lineno}"
            waiting += [(path, within, part.value) for part in ast.walk(node) if isinstance(part, ast.FormattedValue)]
        elif isinstance(node, ast.Name):
            waiting += source.given_within(path, within, node.id)
        elif isinstance(node, ast.Attribute):
            waiting += source.given(node.attr)
        elif isinstance(node, ast.Call):
            waiting += source.returned(node)
            if isinstance(node.func, ast.Attribute) and node.func.attr == "join":
                waiting += [(path, within, each) for each in node.args]
        elif isinstance(node, (ast.ListComp, ast.GeneratorExp)):
            waiting.append((path, within, node.elt))
        elif isinstance(node, (ast.List, ast.Tuple, ast.IfExp, ast.BoolOp, ast.Subscript, ast.Starred, ast.BinOp)):
            waiting += [(path, within, each) for each in ast.iter_child_nodes(node) if isinstance(each, ast.expr)]
    return found


def _text(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else f"'{_VALUE}'" if part.conversion == 114
                       else _VALUE for part in node.values)
    return None


class _Source:
    """What is given to names in extract/, and what its functions return."""

    def __init__(self) -> None:
        self._given: dict[str, list[Given]] = {}
        self._returned: dict[str, list[Given]] = {}
        for path in sorted(ROOT.rglob("*.py")):
            self._look(path.relative_to(ROOT.parent).as_posix(), ast.parse(path.read_text("utf-8")))

    def _look(self, path: str, within: Function) -> None:
        """Note what stands in one function or module; functions in it for themselves."""
        waiting: list[ast.AST] = list(ast.iter_child_nodes(within))
        while waiting:
            node = waiting.pop()
            if isinstance(node, ast.FunctionDef):
                self._look(path, node)
                continue
            waiting += ast.iter_child_nodes(node)
            for name, value in _assigned(node):
                self._given.setdefault(name, []).append((path, within, value))
            if isinstance(node, (ast.Return, ast.Yield)) and node.value and isinstance(within, ast.FunctionDef):
                self._returned.setdefault(within.name, []).append((path, within, node.value))

    def given(self, name: str) -> list[Given]:
        return self._given.get(name, [])

    def given_within(self, path: str, within: Function, name: str) -> list[Given]:
        """What a bare name holds: what its own function gave it, else a constant of some module."""
        own = [each for each in self.given(name) if each[:2] == (path, within)]
        return own or [each for each in self.given(name) if isinstance(each[1], ast.Module)]

    def returned(self, call: ast.Call) -> list[Given]:
        name = call.func.id if isinstance(call.func, ast.Name) else call.func.attr if isinstance(
            call.func, ast.Attribute) else ""
        return self._returned.get(name, [])


def _assigned(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Names and what a statement or call gives them: by =, +=, append, extend or as an argument's name."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield _name(target), node.value
    elif isinstance(node, (ast.AugAssign, ast.AnnAssign, ast.NamedExpr)) and node.value is not None:
        yield _name(node.target), node.value
    elif isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("append", "extend") and node.args:
            yield _name(node.func.value), node.args[0]
        for keyword in node.keywords:
            yield keyword.arg or "", keyword.value


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Subscript):
        return _name(node.value)
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
