"""Every command the documentation tells people to type is typed, page by page, and prints what the page shows.

Slow: the pages' commands run against copies of one demo installation (its portals on loopback stay up) or an empty
folder. Fast: calls named in prose name commands and options that exist; blocks that cannot be run are counted.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from monitor.cli import tree
from tests import demo
from tests.docs import desk, screenshots
from tests.docs.pages import ROOT, Block, Page, page, pages, spoken
from tests.portals import world
from tests.portals.serving import Portals, free_port

PORTAL_PORT, MAIL_PORT = "8520", "8025"
"""Ports the pages name; each run takes free ones in their place, as for every `--port`."""
NOT_RUN = 12
"""How many blocks may carry `not run`; each says why. Raise it only for a block that can't be run anywhere."""
ELSEWHERE = {"docs/scale.md": "needs several machines; tests/monitor/ starts a scheduler and workers on loopback"}
"""Pages whose blocks say nothing of where they are typed because they can't be typed here, and what tests them."""
PAGES = [each for each in pages() if each.name not in ELSEWHERE]
# README speaks of no particular body, finding or file; these stand in for its placeholders.
PLACEHOLDERS = {
    "README.md": {
        "status --why BODY YEAR ": "status --why city-finance 2025 ", "nianbao watch ": "nianbao watch --plan ",
        " serve  ": " serve --help  ",
        "review ID confirm --author … --reason …": "review {finding} confirm --author 张三 --reason 核对原件",
        ".venv/bin/nianbao": "nianbao", "nianbao alerts send": "nianbao alerts queue"},
    "README.zh.md": {
        "status --why 单位 年度 ": "status --why city-finance 2025 ", "nianbao watch ": "nianbao watch --plan ",
        " serve  ": " serve --help  ",
        "review 编号 属实 --author … --reason …": "review {finding} confirm --author 张三 --reason 核对原件",
        ".venv/bin/nianbao": "nianbao", "nianbao alerts send": "nianbao alerts queue"},
}


# ---------------------------------------------------------------- without running anything
def parsed(call: str) -> str | None:
    """What is wrong with a call of nianbao as it stands in prose; None where it names a command and its options."""
    command: Any = tree()
    known = {name for each in command.params for name in each.opts}
    words = re.sub(r"[|…].*", "", call).replace("[", " ").replace("]", " ").split()[1:]
    for word in words:
        children = getattr(command, "commands", {})
        if word.startswith("-"):
            name = word.partition("=")[0].rstrip(",;.")
            if name not in known | {"--help", "-h"}:
                return f"no option {name}"
        elif children:
            # A value of a global option, a placeholder such as FILE, or a command.
            if word in children:
                command = children[word]
                known |= {name for each in command.params for name in each.opts}
            elif re.fullmatch(r"[a-z-]+", word) and word not in ("zh", "en"):
                return f"no command {word}"
    return None


@pytest.mark.parametrize("path", [*sorted((ROOT / "docs").rglob("*.md")), *sorted(ROOT.glob("*.md"))],
                         ids=lambda path: path.relative_to(ROOT).as_posix())
def test_calls_in_prose_name_commands_and_options_that_exist(path: Path) -> None:
    assert [(line, call, wrong) for line, call in spoken(path) if (wrong := parsed(call))] == []


def test_a_wrong_call_in_prose_would_be_seen() -> None:
    assert parsed("nianbao status --yaer 2025") == "no option --yaer"
    assert parsed("nianbao export ledgre --out F") == "no command ledgre"
    assert parsed("nianbao --lang en export ledger --out F") is None


def test_every_page_says_where_its_commands_are_typed() -> None:
    """`<!-- commands: empty -->` or `inside demo` at the top; see pages.py."""
    silent = [each.name for each in PAGES if each.path.parent != ROOT
              and not re.search(r"<!-- commands: (?:empty|inside demo) -->", each.path.read_text("utf-8"))]
    assert silent == []
    assert [name for name in ELSEWHERE if not (ROOT / name).is_file()] == []


def test_few_blocks_are_not_run_and_each_says_why() -> None:
    silent = [(each.name, block.line, block.marks["not run"]) for each in PAGES for block in each.blocks
              if "not run" in block.marks]
    assert len(silent) <= NOT_RUN, silent
    assert [each for each in silent if len(each[2]) < 8] == []


def test_the_operators_pages_tell_the_same_in_both_languages() -> None:
    """The same commands stand in a page and its Chinese version, up to the names people give."""
    for each in PAGES:
        other = each.path.with_suffix("").with_suffix(".zh.md")
        if each.path.name.endswith(".zh.md") or not other.is_file():
            continue
        mine, theirs = ([_shape(command) for block in found.blocks if not block.file for command, _ in block.typed]
                        for found in (each, page(other)))
        assert mine == theirs, each.name


def _shape(command: str) -> list[str]:
    """A command's program, subcommands and options, without its values and remarks."""
    words = shlex.split(command.replace("属实", "confirm").replace("--lang en ", ""), comments=True)
    return [word for word in words if re.fullmatch(r"(?:\S*/)?nianbao|[a-z]+|--[a-z-]+|[|>&]+", word)
            and word not in ("zh", "en")]


def test_every_picture_stands_on_a_page_and_comes_from_the_script() -> None:
    assert {path.name for path in screenshots.OUT.iterdir()} == {f"{name}.png" for name in screenshots.PICTURES}
    shown = {Path(found).name for path in (ROOT / "docs").rglob("*.md")
             for found in re.findall(r"!\[[^\]]+\]\(([^)]+\.png)\)", path.read_text("utf-8"))}
    assert shown == {f"{name}.png" for name in screenshots.PICTURES}


# ---------------------------------------------------------------- typing it all
class Demo:
    """A demo installation as `make demo` leaves it, made faster; its portals and its mail server stay up."""

    def __init__(self, folder: Path, portals: Portals, sink: demo.Sink, mail_port: int) -> None:
        self.folder, self.portals = folder, portals
        settings = demo.install(folder, portals.port, mail_port, delay=0.02)
        for day in world.SCANS:
            portals.day, sink.day = day, day.isoformat()
            demo.run("--config", str(settings), "scan", now=f"{day}T09:00", accept=(0, 3), capture_output=True)
        demo.run("--config", str(settings), "alerts", "send", now=f"{day}T09:30", capture_output=True)
        listed = demo.run("--config", str(settings), "findings", "--json", capture_output=True).stdout
        self.finding = re.search(r'"id": "(\w+)",\s+"fact"[^}]*?"rule": "ARI-01"', listed)[1]  # type: ignore[index]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("made")
    with world.portals() as portals, demo.mail_sink(folder / "demo" / "mails") as (sink, mail_port):
        yield Demo(folder / "demo", portals, sink, mail_port)


class Reader:
    """Somebody who types a page's commands, one after the other, in a folder of their own."""

    def __init__(self, page: Page, folder: Path, made: Demo) -> None:
        self.page, self.made, self.folder = page, made, folder
        if page.path.parent == ROOT:
            page.where = "beside demo"
        self.background: list[subprocess.Popen[str]] = []
        named = re.findall(r"--port[ =](\d{4,5})", "\n".join(block.text for block in page.blocks))
        self.ports = {port: str(free_port()) for port in dict.fromkeys((PORTAL_PORT, MAIL_PORT, *named))}
        if page.where != "empty":
            self.ports[PORTAL_PORT] = str(made.portals.port)
            made.portals.day = world.SCANS[-1]
            shutil.copytree(made.folder, folder / "demo")
        self.here = folder / "demo" if page.where == "inside demo" else folder
        for name in (".venv", "tests"):
            (folder / name).symlink_to(ROOT / name)
        desk.lay(self.here, int(self.ports[PORTAL_PORT]))
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("NIANBAO_")}
        programs = Path(sys.executable).parent
        self.environment |= {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "PYTHONUNBUFFERED": "1",
                             "PYTHONPATH": str(ROOT), "COLUMNS": "200", "USER": "zhangsan"}
        if page.where == "beside demo":
            self.environment["NIANBAO_CONFIG"] = "demo/settings.toml"
        if not page.name.endswith(".zh.md") and page.where != "empty":
            self.environment["NIANBAO_GENERAL__LANGUAGE"] = "en"

    def read(self) -> None:
        try:
            for block in self.page.blocks:
                if block.file:
                    self._write(block)
                elif "not run" not in block.marks:
                    self._type(block)
        finally:
            for process in self.background:
                os.killpg(process.pid, signal.SIGTERM)
                process.wait(20)

    def _write(self, block: Block) -> None:
        path = self.here / self._with_ports(block.file)
        path.parent.mkdir(parents=True, exist_ok=True)
        text = self._with_ports(block.text)
        if path.suffix == ".toml" and path.is_file():
            values, section = {}, ""
            for line in text.splitlines():
                if heading := re.match(r"\[(\w+)\]", line):
                    section = heading[1]
                elif setting := re.match(r"(\w+)\s*=\s*(\"[^\"]*\"|\[.*\]|[^\s#]+)", line):
                    values[f"{section}.{setting[1]}"] = setting[2]
            text = demo.with_values(path.read_text("utf-8"), values)
        path.write_text(text, "utf-8")

    def _type(self, block: Block) -> None:
        typed = block.typed
        for number, (command, shown) in enumerate(typed, 1):
            place = f"{self.page.name}:{block.line}: {command}"
            for old, new in PLACEHOLDERS.get(self.page.name, {}).items():
                command = (command + " ").replace(old, new.format(finding=self.made.finding)).rstrip()
            command = self._with_ports(command)
            stays = "background" in block.marks
            # Nobody reads what goes on running: a pipe would fill up and stop it.
            process = subprocess.Popen(["bash", "-c", command], cwd=self.here, env=self.environment, text=True,
                                       stdout=subprocess.DEVNULL if stays else subprocess.PIPE,
                                       stderr=subprocess.STDOUT, start_new_session=True)
            if stays:
                self.background.append(process)
                self._wait(process, command)
                continue
            said, _ = process.communicate(timeout=120)
            code = int(block.marks.get("exit") or 0) if number == len(typed) else 0
            # README's commands on the demo: a portal is down on purpose (3), and doctor may find something (2).
            allowed = {0, 3, 2 if " doctor" in command else 0} if self.page.path.parent == ROOT else {code}
            assert process.returncode in allowed, f"{place}\nended with {process.returncode}\n{said}"
            self._compare(place, said, shown)

    def _wait(self, process: subprocess.Popen[str], command: str) -> None:
        """Until what goes on running answers on the port it was given."""
        found = re.search(r"(?:--port[ =]|127\.0\.0\.1:)(\d+)", command)
        assert found, f"{command}: a background command names its port"
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", int(found[1]))) == 0:
                    return
            assert process.poll() is None, f"{command}: it ended at once"
            time.sleep(0.1)
        pytest.fail(f"{command}: nothing answers on port {found[1]}")

    def _compare(self, place: str, said: str, shown: list[str]) -> None:
        """Every line shown was printed, in that order; … stands for any text."""
        printed, at = [_plain(line) for line in said.splitlines()], 0
        for line in shown:
            if line == "…":
                continue
            pattern = re.compile(".*".join(map(re.escape, re.split("…+", _plain(self._with_ports(line))))))
            found = next((number for number in range(at, len(printed)) if pattern.fullmatch(printed[number])), None)
            assert found is not None, f"{place}\nshows a line that was not printed:\n{line}\nprinted was:\n{said}"
            at = found + 1

    def _with_ports(self, text: str) -> str:
        for named, real in self.ports.items():
            text = re.sub(rf"(?<!\d){named}(?!\d)", real, text)
        return text


def _plain(line: str) -> str:
    return re.sub(r"[ \u3000]+", " ", line).strip()


def _shown_elsewhere(each: Page) -> bool:
    """Whether the Chinese page has the very same commands and files, and this one shows nothing that they print: then
    typing both would try nothing twice over."""
    other = each.path.with_suffix("").with_suffix(".zh.md")
    if each.path.name.endswith(".zh.md") or not other.is_file():
        return False
    mine, theirs = ([(block.file, block.text if block.file else [command for command, _ in block.typed])
                     for block in found.blocks if "not run" not in block.marks] for found in (each, page(other)))
    shows = any(line != "…" for block in each.blocks if not block.file for _, shown in block.typed for line in shown)
    return mine == theirs and not shows


@pytest.mark.slow
@pytest.mark.parametrize("page", [each for each in PAGES if not _shown_elsewhere(each)], ids=lambda page: page.name)
def test_a_reader_can_type_the_whole_page(page: Page, tmp_path: Path, made: Demo) -> None:
    Reader(page, tmp_path, made).read()


@pytest.mark.slow
def test_every_picture_of_the_book_can_be_taken_again(tmp_path: Path, made: Demo) -> None:
    for picture in screenshots.take(made.folder, tmp_path / "pictures"):
        data = picture.read_bytes()
        assert data.startswith(b"\x89PNG"), picture.name
        assert len(data) > 10_000, f"{picture.name}: it shows nothing"
