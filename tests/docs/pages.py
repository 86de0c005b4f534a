"""What the pages of docs/, README and CONTRIBUTING tell their readers to type, taken out of the Markdown.

Promises: every block of commands (`console`, `sh`, or without a language and with a call of nianbao), in order, with
the marks that stand above it as comments:

    <!-- commands: demo -->        once a page: where its commands are typed (see test_commands.py); default `empty`
    <!-- not run: reason -->       this block is not run, and why
    <!-- background -->            this block goes on running until the page ends
    <!-- exit: 3 -->               the code with which the block's last command ends; default 0
    <!-- product -->               CONTRIBUTING only: this file is part of what is shipped, not a test of it

In `sh` blocks every line is typed. A block with `title="FILE"` is what that file then holds; a TOML one changes the
settings it names and leaves the others, one with `add` is appended. Leaves alone: running them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_FENCE = re.compile(r"^(?P<indent> *)```(?P<info>[^\n`]*)\n(?P<text>.*?)^(?P=indent)```$", re.M | re.S)
_MARK = re.compile(r"<!-- (commands|not run|background|exit|product)(?:: ([^>]*?))? -->")
_CALL = re.compile(r"^(?:\$ )?(?:[A-Z_]+=\S+ )*(?:\S*/)?(?:nianbao|python3? -m \S+)(?: |$)", re.M)
_TITLE = re.compile(r'title="([^"]+)"')


@dataclass
class Block:
    """One fenced block: commands with what they print, or a file's text."""

    line: int
    text: str
    language: str = ""
    file: str = ""
    add: bool = False
    marks: dict[str, str] = field(default_factory=dict)

    @property
    def typed(self) -> list[tuple[str, list[str]]]:
        """(command, the lines that must come out) in order; a command's line that ends in \\ goes on in the next."""
        found: list[tuple[str, list[str]]] = []
        text = self.text.replace("\\\n", " ")
        console = self.language == "console"
        for line in text.splitlines():
            if console and not line.startswith("$ "):
                if found and line.strip():
                    found[-1][1].append(line.strip())
            elif (command := line.removeprefix("$ ").strip()) and not command.startswith("#"):
                found.append((command, []))
        return found


@dataclass
class Page:
    path: Path
    where: str
    blocks: list[Block]

    @property
    def name(self) -> str:
        return self.path.relative_to(ROOT).as_posix()


def page(path: Path) -> Page:
    """One page's blocks of commands and files."""
    text = path.read_text("utf-8")
    blocks, where, seen = [], "empty", 0
    for fence in _FENCE.finditer(text):
        marks = {key: (value or "").strip() for key, value in _MARK.findall(text[seen:fence.start()])}
        where = marks.pop("commands", where)
        seen = fence.end()
        language = fence["info"].split(" ")[0].strip()
        title = _TITLE.search(fence["info"])
        body = re.sub(rf"^{fence['indent']}", "", fence["text"], flags=re.M) if fence["indent"] else fence["text"]
        if title or language in ("console", "sh") or (not language and (_CALL.search(body) or marks)):
            line = text.count("\n", 0, fence.start()) + 2
            add = fence["info"].endswith(" add")
            blocks.append(Block(line, body, language, title[1] if title else "", add, marks))
    return Page(path, where, blocks)


def pages() -> Iterator[Page]:
    """Every page that tells people to type something; CONTRIBUTING, which changes the code, is test_walks.py's."""
    paths = [*sorted((ROOT / "docs").rglob("*.md")), *sorted(ROOT.glob("README*.md"))]
    for path in paths:
        found = page(path)
        if any(not block.file for block in found.blocks):
            yield found


def spoken(path: Path) -> Iterator[tuple[int, str]]:
    """(line, call) of every call of nianbao named in a page's prose as `nianbao …`."""
    text = path.read_text("utf-8")
    prose = _FENCE.sub(lambda fence: "\n" * fence[0].count("\n"), text)
    for found in re.finditer(r"`(?:[A-Z_]+=\S+ )*(nianbao [^`]+)`", prose):
        yield text.count("\n", 0, found.start()) + 1, re.sub(r"\s+", " ", found[1])
